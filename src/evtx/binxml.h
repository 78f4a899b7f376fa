/* SPDX-License-Identifier: Apache-2.0 */
/* binxml: BinXML, the binary XML of events: its tokens, and the one walk over them, of which all
 * who read events are clients. Owns nothing: names, values and template instances are borrowed from
 * the chunk. Names and template definitions are referred to by their offset in the chunk; where the
 * offset is that of the very next byte, they stand there, at their first use.
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

/* A value: its enum value_type and its bytes. */
struct binxml_value {
    uint8_t type;
    struct span bytes;
};

/* Takes the next value off the front of the instance. Returns false at the end, where no descriptor
 * is left, and where the values run out of the fragment. */
static inline bool binxml_take_value(struct binxml_instance *instance, struct binxml_value *out)
{
    uint16_t size;
    uint8_t unused;

    return span_u16(&instance->descriptors, &size) && span_u8(&instance->descriptors, &out->type) &&
           span_u8(&instance->descriptors, &unused) &&
           span_take(&instance->values, size, &out->bytes);
}

/* Reads the instance that the fragment is; its values are then cut to what the descriptors say.
 * Returns false where it is not one, or its values run out of it. */
bool binxml_read_whole_instance(const struct chunk *chunk, struct span fragment,
                                struct binxml_instance *out) SPAN_CHECKED;

/* A name: next u32, hash u16, characters u16, UTF-16, two zero bytes. */
#define BINXML_NAME_OFFSET_LENGTH 6u
#define BINXML_NAME_OFFSET_TEXT 8u
#define BINXML_NAME_END_BYTES 2u

struct binxml_name {
    struct span text; /* UTF-16; a name whose length lies ends at its first U+0000 all the same */
    uint16_t length;  /* in characters, as the name says */
    uint32_t at;      /* where in the chunk it is referred to, if it is, */
    uint32_t behind;  /* and what is behind that, or behind the name, if it stands right there */
};

/* Reads the name at `offset` of the chunk: its text and length. Returns false where it passes the
 * chunk's end. */
bool binxml_read_name(const struct span *chunk, uint32_t offset,
                      struct binxml_name *out) SPAN_CHECKED;

/* A place in a fragment. */
struct binxml_cursor {
    const struct span *chunk;
    struct span in;
    bool in_definition; /* of a template: open elements have a dependency id there */
};

struct binxml_token {
    enum binxml_token_kind kind;
    struct binxml_name name;  /* of an element, attribute, entity, processing instruction */
    uint8_t value_type;       /* of a value; what a substitution announces */
    struct span value;        /* UTF-16: of a value, CDATA, processing instruction's data */
    uint16_t index;           /* of a substitution; the code unit of a character reference */
    uint64_t element_end;     /* of an open element: where in the chunk it ends, as it says, */
    uint32_t attributes_size; /* and the bytes of its attributes; 0: it has no list of them */
    struct binxml_instance instance;
};

/* Reads the next token; BINXML_END also at the end of the bytes, but not of a definition's: one
 * that runs out has a wrong size, and what it lacks would be lost in silence. Of an instance the
 * cursor then stands at the first value. Returns false with the reason, a constant, in *why, for
 * bytes that are not a token or cut short; the cursor is then of no use. */
bool binxml_next(struct binxml_cursor *cursor, struct binxml_token *out,
                 const char **why) SPAN_CHECKED;

/* --- the walk --- */

/* The walk goes through a fragment token by token: from a record into its template's definition,
 * from there into values that are BinXML themselves, and so on. What it meets it tells `take`, in
 * the order of the text that it stands for:
 *
 *     <Data      ELEMENT
 *     Name="     ATTRIBUTE
 *     a          VALUE, or what else can stand in it
 *     "          ATTRIBUTE_END
 *     >          CONTENT
 *     b          VALUE
 *     </Data>    ELEMENT_END; without content, too
 *
 * Every offset is checked, an element or attribute comes where one can be only, and nothing is
 * walked without end: nesting and tokens, those of values that are met again and again too, are
 * bounded. */
enum binxml_event_kind {
    BINXML_EVENT_ELEMENT,   /* begins: name, element_end */
    BINXML_EVENT_ATTRIBUTE, /* begins: name */
    BINXML_EVENT_ATTRIBUTE_END,
    BINXML_EVENT_CONTENT, /* of the element begins */
    BINXML_EVENT_ELEMENT_END,
    BINXML_EVENT_VALUE,        /* value, which may be VALUE_NULL; is_optional */
    BINXML_EVENT_SUBSTITUTION, /* in a definition that is walked alone: number, value.type */
    BINXML_EVENT_CHARACTER,    /* number: a code unit */
    BINXML_EVENT_ENTITY,       /* name */
    BINXML_EVENT_INSTRUCTION,  /* for another program, which is not part of the event: name */
};

struct binxml_event {
    enum binxml_event_kind kind;
    const struct binxml_name *name;
    uint64_t element_end;     /* where in the chunk the element ends, as it says, */
    uint32_t attributes_size; /* and the bytes of its attributes; 0: it has no list of them */
    struct binxml_value value;
    uint16_t number;
    bool is_optional; /* the value stands for an optional substitution: without it the element or
                         attribute is not there */
};

/* The values of the template instances that a walk is in. Starts as zeros; its memory (freed with
 * free(values)) serves one walk after the other. */
struct binxml_value_stack {
    struct binxml_value *values;
    size_t capacity;
};

struct binxml_walk {
    const struct span *chunk;
    struct binxml_value_stack *values; /* borrowed; a definition that is walked alone needs none */
    /* What is met. Returns whether the walk goes on; if not, `why` is for it to set. */
    bool (*take)(void *context, const struct binxml_event *event);
    void *context;
    const char *why; /* the walk failed: a constant */
    /* For `take` to read: */
    unsigned depth; /* of elements whose content the walk is in */
    bool in_start_tag;
    bool in_attribute;
    /* and to set: */
    bool stop;            /* the walk is to end here, without failing */
    bool skip_element;    /* of ELEMENT: it is stepped over by its size, its end is not told */
    bool skip_attributes; /* of ELEMENT: its attributes are, and none of them is told */
    /* The walk's own. */
    bool is_alone; /* a definition without values */
    unsigned fragments;
    unsigned tokens_left;
    size_t value_count;
};

/* Walks the record's BinXML, or the definition (its data) of a template without any values. All
 * but chunk, values, take and context is zeros before. Returns false with the reason in walk->why
 * where it cannot go on to the end, or an element is not ended there. */
bool binxml_walk_record(struct binxml_walk *walk, const struct record *record) SPAN_CHECKED;
bool binxml_walk_definition(struct binxml_walk *walk, struct span definition) SPAN_CHECKED;

/* --- what is looked for --- */

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

/* --- records --- */

/* The record's BinXML: all between its header and the copy of its size. */
static inline struct span binxml_of_record(const struct record *record)
{
    /* A record is RECORD_LEAST_BYTES long at least (chunk_read_record). */
    return span_of(record->bytes.bytes + RECORD_OFFSET_BINXML,
                   record->bytes.left_bytes - RECORD_LEAST_BYTES,
                   record->bytes.offset_bytes + RECORD_OFFSET_BINXML);
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

/* Does the record's BinXML end where its size says, but for a little that fills it up, and in
 * something else than zeros? */
bool record_is_whole(const struct chunk *chunk, const struct record *record);

/* Is the record sound, and do the template definitions that it refers to stand in the chunk, under
 * the ids that it names? What is left in the unused part of a chunk may refer to definitions that
 * were overwritten, and reads as another event then. False without a template instance. */
bool record_templates_match(const struct chunk *chunk, const struct record *record);

#endif
