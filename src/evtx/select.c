/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records by what was judged of their templates. Nothing is allocated for a record, no
 * text is converted; what costs is paid once a template and chunk. */
#include "evtx/select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/decode.h"
#include "evtx/judge.h"
#include "evtx/value.h"
#include "incident.h"

/* A field's number of substitution is below it, or the record is decoded; Windows has 20 or so. */
#define VALUES_MOST 32u
/* As many definitions as there are records can be in a chunk. */
#define JUDGED_MOST CHUNK_RECORDS_MOST
/* The literal name of a computer that was met last. */
#define NAME_BYTES_MOST 512u
/* What a record of a template begins with: fragment header, template instance, unknown 1. */
#define INSTANCE_START "\x0f\x01\x01\x00\x0c\x01"
#define INSTANCE_START_BYTES 6u

/* A template definition as judged. */
struct judged {
    uint32_t definition_offset;
    bool plain;          /* its records can be read by the fields; otherwise they are decoded */
    bool literal;        /* provider, channel and computer are literals, or not there */
    uint8_t value_count; /* one more than the greatest number of a value that is read */
    struct fields fields;
    /* What the literals say; where a field is a value, its record tells. */
    const struct incident_provider *provider; /* or NULL: of no interest */
    size_t computer;
    bool application;
};

struct selector {
    struct source_facts *facts;
    const struct chunk *chunk;
    struct event event; /* for records that have to be decoded */
    struct judge judge;
    /* By offset in the chunk: one more than the index of the judged definition there, 0: none. */
    uint16_t judged_at[CHUNK_SIZE_BYTES];
    size_t judged_count;
    struct judged judged[JUDGED_MOST];
    /* The computer whose name, as a literal, was met last: mostly it is the same in every
     * template. */
    uint8_t name[NAME_BYTES_MOST];
    size_t name_bytes;
    size_t name_computer;
};

struct selector *selector_create(struct source_facts *facts)
{
    struct selector *selector = memory_allocate(1, sizeof(*selector));

    selector->facts = facts;
    return selector;
}

void selector_free(struct selector *selector)
{
    if (selector == NULL)
        return;
    event_free_content(&selector->event);
    free(selector);
}

void selector_begin_chunk(struct selector *selector, const struct chunk *chunk)
{
    for (size_t index = 0; index < selector->judged_count; index++)
        selector->judged_at[selector->judged[index].definition_offset] = 0;
    selector->judged_count = 0;
    selector->chunk = chunk;
    judge_begin_chunk(&selector->judge, &chunk->bytes);
}

/* --- what the fields say --- */

static size_t find_computer(struct selector *selector, const char *name)
{
    if (*name == '\0')
        return GLANCE_NO_COMPUTER;
    return (size_t)(source_facts_computer(selector->facts, name) - selector->facts->computers);
}

static size_t find_computer_utf16(struct selector *selector, struct span name)
{
    struct text text = {0};
    size_t found;

    if (name.left_bytes > 0 && name.left_bytes == selector->name_bytes &&
        memcmp(name.bytes, selector->name, name.left_bytes) == 0)
        return selector->name_computer;
    value_add_utf16(&text, name);
    found = find_computer(selector, text_get(&text));
    text_free(&text);
    if (name.left_bytes > 0 && name.left_bytes <= sizeof(selector->name)) {
        memcpy(selector->name, name.bytes, name.left_bytes);
        selector->name_bytes = name.left_bytes;
        selector->name_computer = found;
    }
    return found;
}

/* How many characters the UTF-16 text has: up to a U+0000 behind `most` of them, else all. */
static size_t utf16_length(struct span utf16, size_t most)
{
    uint16_t unit = 1;
    size_t length = utf16.left_bytes / sizeof(unit);

    /* A literal has no U+0000 at its end, a value has one or none. */
    if (length > most && span_u16_at(&utf16, most * sizeof(unit), &unit) && unit == 0)
        length = most;
    return length;
}

/* Is the UTF-16 text, which ends at its first U+0000, this ASCII text? */
static bool utf16_is(struct span utf16, const char *text, size_t length, bool fold_case)
{
    uint16_t unit = 0;

    if (utf16_length(utf16, length) != length)
        return false;
    for (size_t index = length; index > 0; index--)
        if (!span_u16_at(&utf16, (index - 1) * sizeof(unit), &unit) ||
            (fold_case ? unit >= 0x80 || tolower(unit) != tolower((unsigned char)text[index - 1])
                       : unit != (unsigned char)text[index - 1]))
            return false;
    return true;
}

#define CHANNEL_APPLICATION "Application"

static bool is_application(struct span channel)
{
    return utf16_is(channel, CHANNEL_APPLICATION, sizeof(CHANNEL_APPLICATION) - 1, true);
}

static const struct incident_provider *find_provider(struct span name)
{
    for (size_t index = 0; index < incident_provider_count; index++)
        if (utf16_is(name, incident_providers[index].name, incident_providers[index].name_length,
                     false))
            return &incident_providers[index];
    return NULL;
}

/* --- templates --- */

/* Can records be read by these fields? Sets what is needed for it. */
static bool take_fields(struct selector *selector, struct judged *judged)
{
    const struct field *fields = judged->fields.of;

    judged->literal = true;
    for (size_t index = 0; index < FIELD_COUNT; index++) {
        bool is_value = fields[index].kind == FIELD_VALUE;

        if (fields[index].kind == FIELD_MIXED || (is_value && fields[index].index >= VALUES_MOST))
            return false;
        if (is_value && fields[index].index >= judged->value_count)
            judged->value_count = (uint8_t)(fields[index].index + 1);
    }
    /* Of these a literal is as good as none is: let the decoder see to it. */
    if (fields[FIELD_EVENT_ID].kind != FIELD_VALUE || fields[FIELD_TIME].kind != FIELD_VALUE ||
        fields[FIELD_RECORD_ID].kind != FIELD_VALUE)
        return false;
    judged->literal = fields[FIELD_PROVIDER].kind != FIELD_VALUE &&
                      fields[FIELD_CHANNEL].kind != FIELD_VALUE &&
                      fields[FIELD_COMPUTER].kind != FIELD_VALUE;
    judged->computer = GLANCE_NO_COMPUTER;
    if (fields[FIELD_PROVIDER].kind == FIELD_LITERAL)
        judged->provider = find_provider(fields[FIELD_PROVIDER].literal);
    if (fields[FIELD_CHANNEL].kind == FIELD_LITERAL)
        judged->application = is_application(fields[FIELD_CHANNEL].literal);
    if (fields[FIELD_COMPUTER].kind == FIELD_LITERAL)
        judged->computer = find_computer_utf16(selector, fields[FIELD_COMPUTER].literal);
    return true;
}

/* Judges the definition of the record, which is an instance of it. */
static const struct judged *judge_record(struct selector *selector, const struct record *record)
{
    struct binxml_instance instance;
    struct judged *judged;

    if (!record_read_instance(selector->chunk, record, &instance) ||
        selector->judged_count == JUDGED_MOST)
        return NULL;
    judged = &selector->judged[selector->judged_count++];
    *judged = (struct judged){.definition_offset = instance.definition_offset};
    selector->judged_at[instance.definition_offset] = (uint16_t)selector->judged_count;
    judged->plain = judge_template(&selector->judge, instance.definition, &judged->fields) &&
                    take_fields(selector, judged);
    return judged;
}

/* --- records --- */

/* The first values of a record. */
struct values {
    struct span all; /* the values, one behind the other */
    uint8_t types[VALUES_MOST];
    uint16_t sizes[VALUES_MOST];
    uint32_t positions[VALUES_MOST]; /* in `all` */
};

/* Reads the descriptors of the first `count` values, which stand at *in. */
static inline bool read_values(struct span *in, size_t count, struct values *out)
{
    uint32_t value_count, position = 0;
    struct span descriptors;

    if (!span_u32(in, &value_count) || value_count < count ||
        value_count > in->left_bytes / BINXML_DESCRIPTOR_BYTES ||
        !span_take(in, value_count * BINXML_DESCRIPTOR_BYTES, &descriptors))
        return false;
    for (size_t index = 0; index < count; index++) {
        uint32_t descriptor;

        if (!span_u32(&descriptors, &descriptor))
            return false;
        out->sizes[index] = (uint16_t)descriptor;
        out->types[index] = (uint8_t)(descriptor >> 16);
        out->positions[index] = position;
        position += out->sizes[index];
    }
    out->all = *in;
    return position <= in->left_bytes;
}

/* Reads a field that is a number of this type; false where it is of another. */
static inline bool read_number(const struct values *values, const struct field *field,
                               enum value_type type, size_t size_bytes, uint64_t *out)
{
    uint32_t position = values->positions[field->index];
    uint16_t number;

    if (values->types[field->index] != type || values->sizes[field->index] != size_bytes)
        return false;
    if (size_bytes == sizeof(uint64_t))
        return span_u64_at(&values->all, position, out);
    if (!span_u16_at(&values->all, position, &number))
        return false;
    *out = number;
    return true;
}

/* Reads a field that is a string, or empty; false where it is of another type. */
static bool read_text(const struct values *values, const struct field *field, struct span *out)
{
    struct span at;
    uint8_t type = values->types[field->index];

    *out = (struct span){0};
    if (type == VALUE_NULL)
        return true;
    return type == VALUE_STRING && span_at(&values->all, values->positions[field->index], &at) &&
           span_take(&at, values->sizes[field->index], out);
}

/* Reads provider, channel and computer where they are no literals. */
static bool glance_at_texts(struct selector *selector, const struct judged *judged,
                            const struct values *values, const struct incident_provider **provider,
                            struct glance *out)
{
    const struct field *fields = judged->fields.of;
    struct span text;

    if (fields[FIELD_PROVIDER].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[FIELD_PROVIDER], &text))
            return false;
        *provider = find_provider(text);
    }
    if (fields[FIELD_CHANNEL].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[FIELD_CHANNEL], &text))
            return false;
        out->application = is_application(text);
    }
    if (fields[FIELD_COMPUTER].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[FIELD_COMPUTER], &text))
            return false;
        out->computer = find_computer_utf16(selector, text);
    }
    return true;
}

/* Reads the record by its template, whose instance's values begin at *in; false where it has to be
 * decoded. */
static inline bool glance_by_template(struct selector *selector, const struct judged *judged,
                                      struct span *in, struct glance *out)
{
    const struct field *fields = judged->fields.of;
    const struct incident_provider *provider = judged->provider;
    struct values values;
    uint64_t event_id;

    if (!judged->plain || !read_values(in, judged->value_count, &values) ||
        !read_number(&values, &fields[FIELD_EVENT_ID], VALUE_UINT16, sizeof(uint16_t), &event_id) ||
        !read_number(&values, &fields[FIELD_TIME], VALUE_FILETIME, sizeof(uint64_t),
                     &out->event_filetime) ||
        !read_number(&values, &fields[FIELD_RECORD_ID], VALUE_UINT64, sizeof(uint64_t),
                     &out->record_id))
        return false;
    if (out->event_filetime > FILETIME_MAX)
        out->event_filetime = 0;
    out->computer = judged->computer;
    out->application = judged->application;
    out->forwarded = judged->fields.has_rendering;
    if (!judged->literal && !glance_at_texts(selector, judged, &values, &provider, out))
        return false;
    out->event = provider != NULL ? incident_provider_event(provider, (uint16_t)event_id) : NULL;
    return true;
}

static int glance_by_decoding(struct selector *selector, const struct record *record,
                              struct glance *out, struct error *err)
{
    const struct observation *observation = &selector->event.observation;
    bool is_forwarded = record_is_forwarded(record);

    if (event_decode(&selector->event, selector->chunk, record, is_forwarded, err) != 0)
        return -1;
    out->event = incident_find_event(observation->provider, observation->event_id);
    out->event_filetime = observation->event_filetime;
    out->record_id = observation->record_id;
    out->computer = find_computer(selector, observation->computer);
    out->application = text_equal_ascii(observation->channel, CHANNEL_APPLICATION);
    out->forwarded = is_forwarded || selector->event.has_rendering;
    return 0;
}

int selector_glance(struct selector *selector, const struct record *record, struct glance *out,
                    struct error *err)
{
    struct span in = binxml_of_record(selector->chunk, record).in;
    const struct judged *judged = NULL;
    uint32_t id, definition_offset, data_size;

    if (!span_starts_with(&in, INSTANCE_START, INSTANCE_START_BYTES) ||
        !span_skip(&in, INSTANCE_START_BYTES) || !span_u32(&in, &id) ||
        !span_u32(&in, &definition_offset) || definition_offset >= CHUNK_SIZE_BYTES)
        return glance_by_decoding(selector, record, out, err);
    judged = selector->judged_at[definition_offset] != 0
                 ? &selector->judged[selector->judged_at[definition_offset] - 1]
                 : judge_record(selector, record);
    /* The definition stands right here where it is used first. */
    if (selector->chunk->bytes.bytes + definition_offset == in.bytes &&
        (!span_u32_at(&in, BINXML_DEFINITION_OFFSET_DATA_SIZE, &data_size) ||
         !span_skip(&in, BINXML_DEFINITION_OFFSET_DATA) || !span_skip(&in, data_size)))
        judged = NULL;
    if (judged != NULL && glance_by_template(selector, judged, &in, out))
        return 0;
    return glance_by_decoding(selector, record, out, err);
}
