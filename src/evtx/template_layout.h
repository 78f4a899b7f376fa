/* SPDX-License-Identifier: Apache-2.0 */
/* judge: where in a template definition the fields stand that selection needs, as literals or as
 * substitutions. Pure but for a memory of the names of the chunk at hand; borrows the chunk. */
#ifndef SPPTRIAGE_EVTX_TEMPLATE_LAYOUT_H
#define SPPTRIAGE_EVTX_TEMPLATE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "evtx/chunk.h"

/* Kept small: there are many of them. */
enum field_kind {
    FIELD_ABSENT,
    FIELD_LITERAL,
    FIELD_VALUE,
    FIELD_MIXED, /* several pieces: for the decoder */
};

struct field {
    uint8_t kind;           /* enum field_kind */
    uint16_t index;         /* of the value */
    uint32_t literal_start; /* of UTF-16, in the chunk */
    uint32_t literal_bytes;
};

enum field_name {
    FIELD_PROVIDER,
    FIELD_EVENT_ID,
    FIELD_TIME,
    FIELD_RECORD_ID,
    FIELD_CHANNEL,
    FIELD_COMPUTER,
    FIELD_COUNT,
};

struct fields {
    struct field of[FIELD_COUNT];
    bool has_rendering; /* RenderingInfo is there: a collector took the event over */
};

/* A name of the chunk that was looked up. */
struct judge_name {
    uint16_t offset;
    uint16_t length;    /* in characters */
    uint8_t word;       /* enum binxml_word */
    uint8_t generation; /* of the chunk; 0: none */
};

/* Names of a chunk that are remembered; what finds no place is looked up again. */
#define JUDGE_NAMES 256u

/* All that judging a definition of the usual form looked at: stretches of its bytes, each followed
 * by a name. What it found depends on nothing else; so a definition, of any chunk, in which all of
 * this is the same has the same fields, though it lies elsewhere and its names do. */
#define SHAPE_STRETCHES 48u
#define SHAPE_BYTES 1024u
struct shape_stretch {
    uint16_t start;  /* in the definition */
    uint16_t length; /* in bytes */
    /* The name whose offset stands behind the stretch, but for the last. */
    uint16_t name_length;
    uint8_t name_word;
    bool name_is_here; /* the name itself follows its offset */
};

struct shape {
    uint32_t data_size; /* of the definition; 0: the shape is not known */
    size_t stretch_count;
    struct shape_stretch stretches[SHAPE_STRETCHES];
    uint8_t bytes[SHAPE_BYTES]; /* of all stretches, one behind the other */
};

/* Starts as zeros. */
struct judge {
    const struct span *chunk;
    uint8_t generation; /* of the chunk; 0 is none */
    struct judge_name names[JUDGE_NAMES];
};

/* Begins a chunk. */
void judge_begin_chunk(struct judge *judge, const struct span *chunk);

/* Has the definition the shape? */
bool judge_has_shape(struct judge *judge, const struct span *definition, const struct shape *shape);

/* The literal that a field is. */
struct span judge_literal(const struct judge *judge, const struct field *field);

/* Finds the fields of the template `definition` (its data: a fragment); *out is zeros before.
 * Fills *shape, if the definition is of the usual form and not too large; otherwise its data size
 * is 0. Returns false where the records of the template cannot be read by their fields: System is
 * in a nested value, is there twice, or the definition does not end well. */
bool judge_template(struct judge *judge, struct span definition, struct fields *out,
                    struct shape *shape);

#endif
