/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records by what was judged of their templates. Nothing is allocated for a record, no
 * text is converted; what costs is paid once a template and chunk. */
#include "evtx/select.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/utf16.h"
#include "evtx/binxml.h"
#include "evtx/decode.h"
#include "evtx/template_layout.h"
#include "evtx/value.h"
#include "model/incident.h"

/* Definitions of a chunk that are remembered; real ones have 30 or so. The table that finds them by
 * their offset is small, to stay in the nearest cache. */
#define JUDGED_MOST 256u
#define JUDGED_SLOTS 1024u
/* Definitions of any chunk that are known again by their shape: sets of KNOWN_WAYS. */
#define KNOWN_SETS 128u
#define KNOWN_WAYS 2u
/* A number without a pattern, to spread keys by (2^64 divided by the golden ratio). */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)
/* The descriptors that are compared with those of the record before, so that they need not be
 * added up: those up to EventRecordID's. */
#define HEAD_VALUES 12u
/* Of a name in UTF-16: of a provider, or of the computer that was met last. */
#define NAME_BYTES_MOST 512u
#define PROVIDERS_MOST 8u
/* What the BinXML of a record of a template begins with: fragment header, template instance,
 * unknown 1 (six bytes), id u32, definition offset u32. */
#define INSTANCE_START UINT64_C(0x010c0001010f)
#define INSTANCE_START_MASK UINT64_C(0xffffffffffff)
#define INSTANCE_OFFSET_DEFINITION 10u
#define INSTANCE_HEAD_BYTES 14u

/* The numbers of a record, in the order in which they stand among its values. */
#define WANTED_COUNT 3u
struct wanted {
    uint16_t index;      /* of the value */
    uint8_t kind;        /* enum wanted_kind: which of them it is */
    uint32_t descriptor; /* what its descriptor must say: size and type */
};

enum wanted_kind {
    WANTED_EVENT_ID,
    WANTED_TIME,
    WANTED_RECORD_ID,
};

/* Size and type as the first three bytes of a descriptor. */
#define DESCRIPTOR(size, type) ((uint32_t)(size) | (uint32_t)(type) << 16)
#define DESCRIPTOR_MASK UINT32_C(0xFFFFFF)

/* A template definition as judged. */
struct judged {
    uint32_t definition_offset;
    bool plain;   /* its records can be read by the fields; otherwise they are decoded */
    bool literal; /* provider, channel and computer are literals, or not there */
    struct wanted wanted[WANTED_COUNT];
    /* Of the last record that was read: its first descriptors, and where its numbers were. */
    bool has_head;
    uint8_t head[HEAD_VALUES * BINXML_DESCRIPTOR_BYTES];
    uint32_t positions[WANTED_COUNT]; /* behind the start of the values */
    struct fields fields;
    /* What the literals say; where a field is a value, its record tells. */
    const struct incident_provider *provider; /* or NULL: of no interest */
    size_t computer;
    bool application;
};

/* A definition that was judged in some chunk. */
struct known {
    uint64_t guid; /* the first half of it */
    struct shape shape;
    struct judged judged;
};

/* A name of ASCII characters in UTF-16. */
struct name {
    uint8_t utf16[NAME_BYTES_MOST];
    size_t size_bytes;
};

struct selector {
    struct source_facts *facts;
    struct name providers[PROVIDERS_MOST]; /* of incident_providers */
    struct name application;
    const struct chunk *chunk;
    struct event event; /* for records that have to be decoded */
    struct judge judge;
    uint16_t slots[JUDGED_SLOTS]; /* one more than the index in `judged`, or 0 */
    size_t judged_count;
    struct judged judged[JUDGED_MOST];
    struct known known[KNOWN_SETS][KNOWN_WAYS];
    uint8_t known_next[KNOWN_SETS]; /* the way that gives its place up next */
    /* The computer whose name, as a literal, was met last: mostly it is the same in every
     * template. */
    struct name name;
    size_t name_computer;
};

static void set_name(struct name *name, const char *ascii)
{
    name->size_bytes = 2 * strlen(ascii);
    assert(name->size_bytes <= sizeof(name->utf16));
    for (size_t index = 0; index < strlen(ascii); index++)
        name->utf16[2 * index] = (uint8_t)ascii[index];
}

struct selector *selector_create(struct source_facts *facts)
{
    struct selector *selector = memory_allocate(1, sizeof(*selector));

    selector->facts = facts;
    assert(incident_provider_count <= PROVIDERS_MOST);
    for (size_t index = 0; index < incident_provider_count; index++)
        set_name(&selector->providers[index], incident_providers[index].name);
    set_name(&selector->application, "Application");
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
    if (selector->judged_count > 0)
        memset(selector->slots, 0, sizeof(selector->slots));
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

    if (name.left_bytes > 0 && name.left_bytes == selector->name.size_bytes &&
        memcmp(name.bytes, selector->name.utf16, name.left_bytes) == 0)
        return selector->name_computer;
    text_add_utf16(&text, name);
    found = find_computer(selector, text_get(&text));
    text_free(&text);
    if (name.left_bytes > 0 && name.left_bytes <= sizeof(selector->name.utf16)) {
        memcpy(selector->name.utf16, name.bytes, name.left_bytes);
        selector->name.size_bytes = name.left_bytes;
        selector->name_computer = found;
    }
    return found;
}

/* Is the UTF-16 text, which ends at its first U+0000, this name? A byte behind its last unit says
 * nothing, to the decoder neither. */
static bool is_name(struct span utf16, const struct name *name)
{
    uint16_t behind;

    if ((utf16.left_bytes & ~(size_t)1) != name->size_bytes &&
        (!span_u16_at(&utf16, name->size_bytes, &behind) || behind != 0))
        return false;
    return span_starts_with(&utf16, name->utf16, name->size_bytes);
}

static const struct incident_provider *find_provider(const struct selector *selector,
                                                     struct span name)
{
    for (size_t index = 0; index < incident_provider_count; index++)
        if (is_name(name, &selector->providers[index]))
            return &incident_providers[index];
    return NULL;
}

static bool is_application_text(const char *channel)
{
    return text_equal_ascii(channel, "Application");
}

/* Channels compare without case; mostly they are equal to the letter. */
static bool is_application(const struct selector *selector, struct span channel)
{
    struct text text = {0};
    bool is = is_name(channel, &selector->application);

    if (is || channel.left_bytes < selector->application.size_bytes)
        return is;
    text_add_utf16(&text, channel);
    is = is_application_text(text_get(&text));
    text_free(&text);
    return is;
}

/* --- templates --- */

/* Sorts the three numbers by where they stand; there are few ways to do so. */
static void sort_wanted(struct wanted *wanted)
{
    for (size_t pass = 1; pass < WANTED_COUNT; pass++)
        for (size_t index = pass; index > 0 && wanted[index - 1].index > wanted[index].index;
             index--) {
            struct wanted moved = wanted[index];

            wanted[index] = wanted[index - 1];
            wanted[index - 1] = moved;
        }
}

/* Can records be read by these fields? Sets what is needed for it. Numbers that are literals, or
 * not there, are left to the decoder. */
static bool take_fields(struct selector *selector, struct judged *judged)
{
    const struct judge *judge = &selector->judge;
    const struct field *fields = judged->fields.of;
    struct wanted wanted[WANTED_COUNT] = {
        {.index = fields[FIELD_EVENT_ID].index,
         .kind = WANTED_EVENT_ID,
         .descriptor = DESCRIPTOR(sizeof(uint16_t), VALUE_UINT16)},
        {.index = fields[FIELD_TIME].index,
         .kind = WANTED_TIME,
         .descriptor = DESCRIPTOR(sizeof(uint64_t), VALUE_FILETIME)},
        {.index = fields[FIELD_RECORD_ID].index,
         .kind = WANTED_RECORD_ID,
         .descriptor = DESCRIPTOR(sizeof(uint64_t), VALUE_UINT64)},
    };

    for (size_t index = 0; index < FIELD_COUNT; index++)
        if (fields[index].kind == FIELD_MIXED)
            return false;
    if (fields[FIELD_EVENT_ID].kind != FIELD_VALUE || fields[FIELD_TIME].kind != FIELD_VALUE ||
        fields[FIELD_RECORD_ID].kind != FIELD_VALUE)
        return false;
    sort_wanted(wanted);
    memcpy(judged->wanted, wanted, sizeof(wanted));
    judged->literal = fields[FIELD_PROVIDER].kind != FIELD_VALUE &&
                      fields[FIELD_CHANNEL].kind != FIELD_VALUE &&
                      fields[FIELD_COMPUTER].kind != FIELD_VALUE;
    judged->provider = NULL;
    judged->application = false;
    judged->computer = GLANCE_NO_COMPUTER;
    if (fields[FIELD_PROVIDER].kind == FIELD_LITERAL)
        judged->provider = find_provider(selector, judge_literal(judge, &fields[FIELD_PROVIDER]));
    if (fields[FIELD_CHANNEL].kind == FIELD_LITERAL)
        judged->application =
            is_application(selector, judge_literal(judge, &fields[FIELD_CHANNEL]));
    if (fields[FIELD_COMPUTER].kind == FIELD_LITERAL)
        judged->computer =
            find_computer_utf16(selector, judge_literal(judge, &fields[FIELD_COMPUTER]));
    return true;
}

/* Judges the definition, or knows it again from another chunk. */
static void judge_definition(struct selector *selector, uint64_t guid,
                             const struct span *definition, struct judged *judged)
{
    size_t set = (guid ^ definition->left_bytes) * SPREAD >> 32 & (KNOWN_SETS - 1);
    struct known *known;

    for (size_t way = 0; way < KNOWN_WAYS; way++) {
        known = &selector->known[set][way];
        if (known->guid == guid && judge_has_shape(&selector->judge, definition, &known->shape)) {
            *judged = known->judged;
            return;
        }
    }
    known = &selector->known[set][selector->known_next[set]++ % KNOWN_WAYS];
    *judged = (struct judged){0};
    known->guid = guid;
    judged->plain = judge_template(&selector->judge, *definition, &judged->fields, &known->shape) &&
                    take_fields(selector, judged);
    known->judged = *judged;
}

/* Judges the definition at `offset` of the chunk and remembers it in the slot. */
static struct judged *judge_at(struct selector *selector, uint32_t offset, uint16_t *slot)
{
    const struct span *chunk = &selector->chunk->bytes;
    struct span definition;
    struct judged *judged;
    uint32_t data_size;
    uint64_t guid;

    if (!span_u64_at(chunk, offset + (size_t)BINXML_DEFINITION_OFFSET_ID, &guid) ||
        !span_u32_at(chunk, offset + (size_t)BINXML_DEFINITION_OFFSET_DATA_SIZE, &data_size) ||
        !span_at(chunk, offset + (size_t)BINXML_DEFINITION_OFFSET_DATA, &definition) ||
        !span_take(&definition, data_size, &definition) || selector->judged_count == JUDGED_MOST)
        return NULL;
    judged = &selector->judged[selector->judged_count++];
    *slot = (uint16_t)selector->judged_count;
    judge_definition(selector, guid, &definition, judged);
    judged->definition_offset = offset;
    return judged;
}

/* The template of the record, judged now or before; NULL where its record has to be decoded. */
static inline struct judged *find_judged(struct selector *selector, uint32_t definition_offset)
{
    size_t place = definition_offset / 2;
    uint16_t *slot = &selector->slots[place % JUDGED_SLOTS];

    /* There are more slots than can be taken. */
    for (; *slot != 0; slot = &selector->slots[++place % JUDGED_SLOTS])
        if (selector->judged[*slot - 1].definition_offset == definition_offset)
            return &selector->judged[*slot - 1];
    return judge_at(selector, definition_offset, slot);
}

/* --- records --- */

/* Where the values of a record are. Positions are in `bytes`, the chunk up to the end of the
 * record; what stands up to `values` is there. */
struct values {
    struct span bytes;
    size_t descriptors;
    size_t count;
    size_t values;
};

/* Finds the values of the instance whose head ends at `position`. */
static inline bool find_values(struct values *out, uint32_t definition_offset, size_t position)
{
    uint32_t data_size, count;

    /* The definition stands right here where it is used first. */
    if (definition_offset == position) {
        if (!span_u32_at(&out->bytes, position + BINXML_DEFINITION_OFFSET_DATA_SIZE, &data_size))
            return false;
        position += BINXML_DEFINITION_OFFSET_DATA + (size_t)data_size;
    }
    if (!span_u32_at(&out->bytes, position, &count))
        return false;
    out->descriptors = position + sizeof(count);
    out->count = count;
    out->values = out->descriptors + out->count * BINXML_DESCRIPTOR_BYTES;
    return out->values <= out->bytes.left_bytes;
}

/* Adds up the sizes of the values from `first` to before `end`, which are among the count. */
static inline size_t add_sizes(const struct values *values, size_t first, size_t end)
{
    const uint8_t *descriptors = values->bytes.bytes + values->descriptors;
    size_t sum = 0;
    uint16_t size;

    for (size_t index = first; index < end; index++) {
        memcpy(&size, descriptors + index * BINXML_DESCRIPTOR_BYTES, sizeof(size));
        sum += le16toh(size);
    }
    return sum;
}

/* The descriptor of the value `index`, which is among the count. */
static inline uint32_t descriptor_of(const struct values *values, size_t index)
{
    uint32_t descriptor;

    memcpy(&descriptor, values->bytes.bytes + values->descriptors + index * BINXML_DESCRIPTOR_BYTES,
           sizeof(descriptor));
    return le32toh(descriptor);
}

/* Finds out where the numbers of the record are, by enum wanted_kind, and remembers it; false where
 * one of them is of another type. */
static bool find_numbers(const struct values *values, struct judged *judged)
{
    size_t position = 0, index = 0;

    judged->has_head = false;
    if (judged->wanted[WANTED_COUNT - 1].index >= values->count)
        return false;
    for (size_t at = 0; at < WANTED_COUNT; at++) {
        const struct wanted *wanted = &judged->wanted[at];

        position += add_sizes(values, index, wanted->index);
        index = wanted->index;
        if ((descriptor_of(values, index) & DESCRIPTOR_MASK) != wanted->descriptor)
            return false;
        judged->positions[wanted->kind] = (uint32_t)position;
    }
    judged->has_head = index < HEAD_VALUES && values->count >= HEAD_VALUES;
    if (judged->has_head)
        memcpy(judged->head, values->bytes.bytes + values->descriptors, sizeof(judged->head));
    return true;
}

/* Reads the numbers of the record; false as above. Most records of a template have the same
 * descriptors as the one before. */
static inline bool read_numbers(const struct values *values, struct judged *judged,
                                uint64_t *numbers)
{
    uint16_t event_id;

    if (!(judged->has_head && values->count >= HEAD_VALUES &&
          memcmp(values->bytes.bytes + values->descriptors, judged->head, sizeof(judged->head)) ==
              0) &&
        !find_numbers(values, judged))
        return false;
    if (!span_u16_at(&values->bytes, values->values + judged->positions[WANTED_EVENT_ID],
                     &event_id) ||
        !span_u64_at(&values->bytes, values->values + judged->positions[WANTED_TIME],
                     &numbers[WANTED_TIME]) ||
        !span_u64_at(&values->bytes, values->values + judged->positions[WANTED_RECORD_ID],
                     &numbers[WANTED_RECORD_ID]))
        return false;
    numbers[WANTED_EVENT_ID] = event_id;
    return true;
}

/* Reads a field that is a string, or empty; false where it is of another type. */
static bool read_text(const struct values *values, const struct field *field, struct span *out)
{
    struct span at;
    uint32_t descriptor;
    uint8_t type;

    if (field->index >= values->count)
        return false;
    descriptor = descriptor_of(values, field->index);
    type = (uint8_t)(descriptor >> 16);
    if ((type != VALUE_STRING && type != VALUE_NULL) ||
        !span_at(&values->bytes, values->values + add_sizes(values, 0, field->index), &at) ||
        !span_take(&at, type == VALUE_STRING ? (uint16_t)descriptor : 0, out))
        return false;
    return true;
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
        *provider = find_provider(selector, text);
    }
    if (fields[FIELD_CHANNEL].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[FIELD_CHANNEL], &text))
            return false;
        out->application = is_application(selector, text);
    }
    if (fields[FIELD_COMPUTER].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[FIELD_COMPUTER], &text))
            return false;
        out->computer = find_computer_utf16(selector, text);
    }
    return true;
}

/* Reads the record by its template; false where it has to be decoded. */
static inline bool glance_by_template(struct selector *selector, struct judged *judged,
                                      const struct values *values, struct glance *out)
{
    const struct incident_provider *provider = judged->provider;
    uint64_t numbers[WANTED_COUNT];

    if (!judged->plain || !read_numbers(values, judged, numbers))
        return false;
    out->event_filetime = numbers[WANTED_TIME] <= FILETIME_MAX ? numbers[WANTED_TIME] : 0;
    out->record_id = numbers[WANTED_RECORD_ID];
    out->computer = judged->computer;
    out->application = judged->application;
    out->forwarded = judged->fields.has_rendering;
    if (!judged->literal && !glance_at_texts(selector, judged, values, &provider, out))
        return false;
    out->event = provider != NULL
                     ? incident_provider_event(provider, (uint16_t)numbers[WANTED_EVENT_ID])
                     : NULL;
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
    out->application = is_application_text(observation->channel);
    out->forwarded = is_forwarded || selector->event.has_rendering;
    return 0;
}

int selector_glance(struct selector *selector, const struct record *record, struct glance *out,
                    struct error *err)
{
    const struct span *chunk = &selector->chunk->bytes;
    size_t position = record->position_bytes + (size_t)RECORD_OFFSET_BINXML;
    struct values values = {
        .bytes = span_of(chunk->bytes,
                         record->position_bytes + record->bytes.left_bytes - sizeof(uint32_t),
                         chunk->offset_bytes)};
    struct judged *judged;
    uint32_t definition_offset;
    uint64_t start;

    if (span_u64_at(&values.bytes, position, &start) &&
        (start & INSTANCE_START_MASK) == INSTANCE_START &&
        span_u32_at(&values.bytes, position + INSTANCE_OFFSET_DEFINITION, &definition_offset)) {
        judged = find_judged(selector, definition_offset);
        if (judged != NULL &&
            find_values(&values, definition_offset, position + INSTANCE_HEAD_BYTES) &&
            glance_by_template(selector, judged, &values, out))
            return 0;
    }
    return glance_by_decoding(selector, record, out, err);
}
