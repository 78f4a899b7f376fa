/* SPDX-License-Identifier: Apache-2.0 */
/* judge: where in a template definition the fields stand that selection needs, as literals or as
 * substitutions. Pure but for a memory of the names of the chunk at hand; borrows the chunk. */
#ifndef SPPTRIAGE_EVTX_JUDGE_H
#define SPPTRIAGE_EVTX_JUDGE_H

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
    uint8_t word;       /* enum binxml_word */
    uint8_t generation; /* of the chunk; 0: none */
};

/* Names of a chunk that are remembered; what finds no place is looked up again. */
#define JUDGE_NAMES 256u

/* Starts as zeros. */
struct judge {
    const struct span *chunk;
    uint8_t generation; /* of the chunk; 0 is none */
    struct judge_name names[JUDGE_NAMES];
};

/* Begins a chunk. */
void judge_begin_chunk(struct judge *judge, const struct span *chunk);

/* The literal that a field is. */
struct span judge_literal(const struct judge *judge, const struct field *field);

/* Finds the fields of the template `definition` (its data: a fragment); *out is zeros before.
 * Returns false where its
 * records cannot be read by them: System is in a nested value, is there twice, or the definition
 * does not end well. */
bool judge_template(struct judge *judge, struct span definition, struct fields *out);

#endif
