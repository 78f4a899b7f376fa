/* SPDX-License-Identifier: Apache-2.0 */
/* binxml: the tokens of BinXML, the binary XML of events, one at a time. Owns nothing: names,
 * values and template instances are borrowed from the chunk. Names and template definitions are
 * referred to by their offset in the chunk; where the offset is that of the very next byte, they
 * stand there, at their first use.
 * Layout: libyal format document "Windows XML Event Log (EVTX)", "Binary XML"; FACTS.md. */
#ifndef SPPTRIAGE_EVTX_BINXML_H
#define SPPTRIAGE_EVTX_BINXML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "evtx/chunk.h"

/* Every fragment (a record's event, a template's data, a value that is BinXML) begins with it. */
#define BINXML_FRAGMENT_HEADER "\x0f\x01\x01" /* four bytes with the NUL that ends the literal */
#define BINXML_FRAGMENT_HEADER_BYTES 4u

enum binxml_token_kind {
    BINXML_END = 0x00,
    BINXML_OPEN_ELEMENT = 0x01,
    BINXML_CLOSE_START_TAG = 0x02,
    BINXML_CLOSE_EMPTY_ELEMENT = 0x03,
    BINXML_END_ELEMENT = 0x04,
    BINXML_VALUE = 0x05,
    BINXML_ATTRIBUTE = 0x06,
    BINXML_CDATA = 0x07,
    BINXML_CHARACTER_REFERENCE = 0x08,
    BINXML_ENTITY_REFERENCE = 0x09,
    BINXML_PI_TARGET = 0x0a,
    BINXML_PI_DATA = 0x0b,
    BINXML_TEMPLATE_INSTANCE = 0x0c,
    BINXML_SUBSTITUTION = 0x0d,
    BINXML_OPTIONAL_SUBSTITUTION = 0x0e,
    BINXML_FRAGMENT = 0x0f,
};
#define BINXML_MORE 0x40u /* set in a token: more of the same follows, or attributes */

/* A template definition: next u32, GUID (its first four bytes are the id), data size u32, data. */
#define BINXML_DEFINITION_OFFSET_ID 4u
#define BINXML_DEFINITION_OFFSET_DATA_SIZE 20u
#define BINXML_DEFINITION_OFFSET_DATA 24u

/* A template instance: which definition, and the values that its substitutions stand for. */
struct binxml_instance {
    uint32_t id;                /* of the definition, as the instance says, */
    uint32_t defined_id;        /* and as the definition says */
    uint32_t definition_offset; /* in the chunk */
    struct span definition;     /* its data: a fragment */
    struct span descriptors;    /* BINXML_DESCRIPTOR_BYTES a value */
    struct span values;         /* from the first value to the end of the fragment around it */
};

/* A value's descriptor: size u16, type u8, unused. */
#define BINXML_DESCRIPTOR_BYTES 4u

/* Reads the instance whose token byte lies just before *in, and moves *in to its first value.
 * `chunk` is the whole chunk. Returns false when it is cut short, or its definition lies outside
 * of the chunk. */
bool binxml_read_instance(const struct span *chunk, struct span *in,
                          struct binxml_instance *out) SPAN_CHECKED;

/* Finds the value at `index` (from 0). Returns false where there is no such value, or where the
 * values run out of the fragment. */
bool binxml_instance_value(const struct binxml_instance *instance, size_t index, uint8_t *type,
                           struct span *value) SPAN_CHECKED;

/* Reads the instance that the fragment is; its values are then cut to what the descriptors say.
 * Returns false where it is none, or its values run out of it. */
bool binxml_read_whole_instance(const struct chunk *chunk, struct span fragment,
                                struct binxml_instance *out) SPAN_CHECKED;

/* A name: next u32, hash u16, characters u16, UTF-16, two zero bytes. */
#define BINXML_NAME_OFFSET_LENGTH 6u
#define BINXML_NAME_OFFSET_TEXT 8u
#define BINXML_NAME_END_BYTES 2u

/* Takes the text of the name that begins at *name and gives its length as `length` characters. A
 * name whose length lies ends at its first U+0000 all the same. */
bool binxml_name_text(const struct span *name, uint16_t length, struct span *out) SPAN_CHECKED;

/* A place in a fragment. */
struct binxml_cursor {
    const struct span *chunk;
    struct span in;
    bool in_definition; /* of a template: open elements have a dependency id there */
};

struct binxml_token {
    enum binxml_token_kind kind;
    struct span name;      /* UTF-16: of an element, attribute, entity, processing instruction */
    uint8_t value_type;    /* of a value; what a substitution announces */
    struct span value;     /* UTF-16: of a value, CDATA, processing instruction's data */
    uint16_t index;        /* of a substitution; the code unit of a character reference */
    uint32_t element_size; /* of an open element: bytes from behind this field to its end */
    struct binxml_instance instance;
};

/* Reads the next token; BINXML_END also at the end of the bytes, but not of a definition's: one
 * that runs out has a wrong size, and what it lacks would be lost in silence. Of an instance the
 * cursor then stands at the first value. Returns false with the reason, a constant, in *why, for
 * bytes that are no token or cut short; the cursor is then of no use. */
bool binxml_next(struct binxml_cursor *cursor, struct binxml_token *out,
                 const char **why) SPAN_CHECKED;

/* Moves the cursor past the fragment header, if it stands at one. */
void binxml_skip_fragment_header(struct binxml_cursor *cursor);

/* The names of elements and attributes that are looked for. */
enum binxml_word {
    WORD_OTHER,
    WORD_CHANNEL,
    WORD_COMPUTER,
    WORD_DATA,
    WORD_EVENT,
    WORD_EVENT_DATA,
    WORD_EVENT_ID,
    WORD_EVENT_RECORD_ID,
    WORD_LEVEL,
    WORD_NAME,
    WORD_PROVIDER,
    WORD_QUALIFIERS,
    WORD_RENDERING_INFO,
    WORD_SECURITY,
    WORD_SYSTEM,
    WORD_SYSTEM_TIME,
    WORD_TIME_CREATED,
    WORD_USER_DATA,
    WORD_USER_ID,
};
enum binxml_word binxml_word_of(const struct span *name);

/* How many elements are open around one of an event. */
#define DEPTH_EVENT 0u   /* Event itself */
#define DEPTH_SECTION 1u /* System, EventData, ... */
#define DEPTH_FIELD 2u   /* what is in them */

/* Where in the event an element stands, by its ancestor below Event. */
enum event_section {
    SECTION_NONE,
    SECTION_SYSTEM,
    SECTION_EVENT_DATA,
    SECTION_USER_DATA,
};

/* The record's BinXML: all between its header and the copy of its size. */
static inline struct binxml_cursor binxml_of_record(const struct chunk *chunk,
                                                    const struct record *record)
{
    /* A record is RECORD_LEAST_BYTES long at least (chunk_read_record). */
    return (struct binxml_cursor){
        .chunk = &chunk->bytes,
        .in = span_of(record->bytes.bytes + RECORD_OFFSET_BINXML,
                      record->bytes.left_bytes - RECORD_LEAST_BYTES,
                      record->bytes.offset_bytes + RECORD_OFFSET_BINXML),
    };
}

/* Has the record's BinXML an instance of a template behind its fragment header? Fills *out. Records
 * that a collector took over from another machine (forwarded ones) have none. */
bool record_read_instance(const struct chunk *chunk, const struct record *record,
                          struct binxml_instance *out) SPAN_CHECKED;

/* Is the record a forwarded one: an element instead of a template instance behind its fragment
 * header? */
bool record_is_forwarded(const struct record *record);

/* Do the values of the record's template instance, and of those in its values, lie within it, a
 * few levels deep at most? libevtx does not look before it reads. True for a record without a
 * template instance. */
bool record_is_sound(const struct chunk *chunk, const struct record *record);

/* Is the record sound, and do the template definitions that it refers to stand in the chunk, under
 * the ids that it names? What is left in the unused part of a chunk may refer to definitions that
 * were overwritten, and reads as another event then. False without a template instance. */
bool record_templates_match(const struct chunk *chunk, const struct record *record);

#endif
