/* SPDX-License-Identifier: Apache-2.0 */
/* template_layout: where in a template definition the fields stand that selection needs, as
 * literals or as substitutions. Pure but for a memory of the names of the chunk at hand; borrows
 * the chunk. */
#ifndef SPPTRIAGE_EVTX_TEMPLATE_LAYOUT_H
#define SPPTRIAGE_EVTX_TEMPLATE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "evtx/chunk.h"

/* Kept small: there are many of them. */
enum field_place_kind {
    FIELD_ABSENT,
    FIELD_LITERAL,
    FIELD_VALUE,
    FIELD_MIXED, /* several pieces: for the decoder */
};

struct field_place {
    uint8_t kind;           /* enum field_place_kind */
    uint16_t index;         /* of the value */
    uint32_t literal_start; /* of UTF-16, in the chunk */
    uint32_t literal_bytes;
};

enum layout_field {
    LAYOUT_PROVIDER,
    LAYOUT_EVENT_ID,
    LAYOUT_TIME,
    LAYOUT_RECORD_ID,
    LAYOUT_CHANNEL,
    LAYOUT_COMPUTER,
    LAYOUT_FIELD_COUNT,
};

struct template_layout {
    struct field_place fields[LAYOUT_FIELD_COUNT];
    bool has_rendering; /* RenderingInfo is there: a collector took the event over */
};

/* A name of the chunk that was looked up. */
struct known_name {
    uint16_t offset;
    uint16_t length;    /* in characters */
    uint8_t word;       /* enum binxml_word */
    uint8_t generation; /* of the chunk; 0: none */
};

/* Names of a chunk that are remembered; what finds no place is looked up again. */
#define LAYOUT_NAMES 256u

/* All that was looked at in a definition to find its layout: stretches of its bytes, each followed
 * by a name. What was found depends on nothing else; so a definition, of any chunk, in which all of
 * this is the same has the same layout, though it lies elsewhere and its names do. */
#define FINGERPRINT_STRETCHES 48u
#define FINGERPRINT_BYTES 1024u
struct fingerprint_stretch {
    uint16_t start;  /* in the definition */
    uint16_t length; /* in bytes */
    /* The name whose offset stands behind the stretch; none does behind the last, nor where
     * attributes are stepped over. */
    uint16_t name_length;
    uint8_t name_word;
    bool name_is_here; /* the name itself follows its offset */
};

struct layout_fingerprint {
    uint32_t data_size; /* of the definition; 0: the fingerprint is not known */
    size_t stretch_count;
    struct fingerprint_stretch stretches[FINGERPRINT_STRETCHES];
    uint8_t bytes[FINGERPRINT_BYTES]; /* of all stretches, one behind the other */
};

/* Starts as zeros. */
struct layout_reader {
    const struct span *chunk;
    uint8_t generation; /* of the chunk; 0 is none */
    struct known_name names[LAYOUT_NAMES];
};

/* Begins a chunk. */
void layout_reader_begin_chunk(struct layout_reader *reader, const struct span *chunk);

/* Is it the definition of the fingerprint? */
bool layout_fingerprint_matches(struct layout_reader *reader, const struct span *definition,
                                const struct layout_fingerprint *fingerprint);

/* The literal that a field is. */
struct span template_layout_literal(const struct layout_reader *reader,
                                    const struct field_place *field);

/* Finds the layout of the template `definition` (its data: a fragment), and its fingerprint; of one
 * that is too large, or damaged, the fingerprint's data size is 0. Returns false where the records
 * of the template cannot be read by their fields: System is in a nested value, is there twice, or
 * the definition does not end well. */
bool template_layout_read(const struct layout_reader *reader, struct span definition,
                          struct template_layout *out, struct layout_fingerprint *fingerprint);

/* The same, but steps over nothing, whatever size it says it has: what the former comes to where
 * sizes are wrong. */
bool template_layout_read_whole(const struct layout_reader *reader, struct span definition,
                                struct template_layout *out);

#endif
