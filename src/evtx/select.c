/* SPDX-License-Identifier: Apache-2.0 */
/* Reading records by the layout of their templates. Nothing is allocated for a record, no
 * text is converted; what costs is paid once a template and chunk. */
#include "evtx/select.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/decode.h"
#include "evtx/template_layout.h"
#include "evtx/value.h"
#include "model/incident.h"

/* Definitions of a chunk that are remembered; real ones have 30 or so. The table that finds them by
 * their offset is small, to stay in the nearest cache. */
#define TEMPLATES_MOST 256u
#define TEMPLATE_SLOTS 1024u
/* Definitions of any chunk that are known again by their fingerprint: sets of KNOWN_WAYS. */
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
/* Channels of a part that are known; a collector's log has some of each of its machines. */
#define CHANNELS_MOST 256u
/* What the BinXML of a record of a template begins with: fragment header, template instance,
 * unknown 1 (six bytes), id u32, definition offset u32. */
#define INSTANCE_START UINT64_C(0x010c0001010f)
#define INSTANCE_START_MASK UINT64_C(0xffffffffffff)
#define INSTANCE_OFFSET_DEFINITION 10u
#define INSTANCE_HEAD_BYTES 14u

/* The numbers of a record, in the order in which they stand among its values. */
#define NUMBER_COUNT 3u
struct number_place {
    uint16_t index;      /* of the value */
    uint8_t kind;        /* enum record_number: which of them it is */
    uint32_t descriptor; /* what its descriptor must say: size and type */
};

enum record_number {
    NUMBER_EVENT_ID,
    NUMBER_TIME,
    NUMBER_RECORD_ID,
};

/* Size and type as the first three bytes of a descriptor. */
#define DESCRIPTOR(size, type) ((uint32_t)(size) | (uint32_t)(type) << 16)
#define DESCRIPTOR_MASK UINT32_C(0xFFFFFF)

/* A template of the chunk: its layout, and how records are read by it. */
struct chunk_template {
    uint32_t definition_offset;
    bool plain;   /* its records can be read by the fields; otherwise they are decoded */
    bool literal; /* provider, channel and computer are literals, or not there */
    struct number_place numbers[NUMBER_COUNT];
    /* Of the last record that was read: its first descriptors, and where its numbers were. */
    bool has_head;
    uint8_t head[HEAD_VALUES * BINXML_DESCRIPTOR_BYTES];
    uint32_t positions[NUMBER_COUNT]; /* behind the start of the values */
    struct template_layout layout;
    /* What the literals say; where a field is a value, its record tells. */
    const struct incident_provider *provider; /* or NULL: of no interest */
    size_t computer;
    const char *channel;
};

/* A template that was met in some chunk. */
struct known_template {
    uint64_t guid; /* the first half of it */
    struct layout_fingerprint fingerprint;
    struct chunk_template template;
};

/* A name of ASCII characters in UTF-16. */
struct utf16_name {
    uint8_t utf16[NAME_BYTES_MOST];
    size_t size_bytes;
};

struct selector {
    struct source_facts *facts;
    struct utf16_name providers[PROVIDERS_MOST]; /* of incident_providers */
    char *channels[CHANNELS_MOST];               /* owned; the first one is Application */
    size_t channel_count;
    const struct chunk *chunk;
    struct event event; /* for records that have to be decoded */
    struct layout_reader layouts;
    uint16_t slots[TEMPLATE_SLOTS]; /* one more than the index in `templates`, or 0 */
    size_t template_count;
    struct chunk_template templates[TEMPLATES_MOST];
    struct known_template *known[KNOWN_SETS][KNOWN_WAYS]; /* owned; NULL: none yet */
    uint8_t known_next[KNOWN_SETS];                       /* the way that gives its place up next */
    /* The computer whose name, as a literal, was met last: mostly it is the same in every
     * template. */
    struct utf16_name name;
    size_t name_computer;
    /* The same of its channel. */
    struct utf16_name channel_name;
    const char *channel;
};

static void set_name(struct utf16_name *name, const char *ascii)
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
    selector->channels[selector->channel_count++] = memory_copy_text("Application");
    return selector;
}

void selector_free(struct selector *selector)
{
    if (selector == NULL)
        return;
    event_free_content(&selector->event);
    for (size_t set = 0; set < KNOWN_SETS; set++)
        for (size_t way = 0; way < KNOWN_WAYS; way++)
            free(selector->known[set][way]);
    for (size_t index = 0; index < selector->channel_count; index++)
        free(selector->channels[index]);
    free(selector);
}

void selector_begin_chunk(struct selector *selector, const struct chunk *chunk)
{
    if (selector->template_count > 0)
        memset(selector->slots, 0, sizeof(selector->slots));
    selector->template_count = 0;
    selector->chunk = chunk;
    layout_reader_begin_chunk(&selector->layouts, &chunk->bytes);
}

/* --- what the fields say --- */

static size_t find_computer(struct selector *selector, const char *name)
{
    if (*name == '\0')
        return RECORD_SUMMARY_NO_COMPUTER;
    return (size_t)(source_facts_computer(selector->facts, name) - selector->facts->computers);
}

/* Is it, byte for byte, the name that was remembered? */
static bool is_same_name(struct span utf16, const struct utf16_name *name)
{
    return utf16.left_bytes > 0 && utf16.left_bytes == name->size_bytes &&
           memcmp(utf16.bytes, name->utf16, utf16.left_bytes) == 0;
}

/* Was there room for it? */
static bool remember_name(struct utf16_name *name, struct span utf16)
{
    if (utf16.left_bytes == 0 || utf16.left_bytes > sizeof(name->utf16))
        return false;
    memcpy(name->utf16, utf16.bytes, utf16.left_bytes);
    name->size_bytes = utf16.left_bytes;
    return true;
}

static size_t find_computer_utf16(struct selector *selector, struct span name)
{
    struct text text = {0};
    size_t found;

    if (is_same_name(name, &selector->name))
        return selector->name_computer;
    text_add_utf16(&text, name);
    found = find_computer(selector, text_get(&text));
    text_free(&text);
    if (remember_name(&selector->name, name))
        selector->name_computer = found;
    return found;
}

/* Channels compare without case. One that comes after too many others has none: its records count
 * for no span. */
static const char *find_channel(struct selector *selector, const char *name)
{
    if (*name == '\0')
        return NULL;
    for (size_t index = 0; index < selector->channel_count; index++)
        if (text_equal_ascii(name, selector->channels[index]))
            return selector->channels[index];
    if (selector->channel_count == CHANNELS_MOST)
        return NULL;
    selector->channels[selector->channel_count] = memory_copy_text(name);
    return selector->channels[selector->channel_count++];
}

static const char *find_channel_utf16(struct selector *selector, struct span name)
{
    struct text text = {0};
    const char *found;

    if (is_same_name(name, &selector->channel_name))
        return selector->channel;
    text_add_utf16(&text, name);
    found = find_channel(selector, text_get(&text));
    text_free(&text);
    if (remember_name(&selector->channel_name, name))
        selector->channel = found;
    return found;
}

/* Is the UTF-16 text, which ends at its first U+0000, this name? A byte behind its last unit says
 * nothing, to the decoder neither. */
static bool is_name(struct span utf16, const struct utf16_name *name)
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

/* --- templates --- */

/* Sorts the three numbers by where they stand; there are few ways to do so. */
static void sort_places(struct number_place *places)
{
    for (size_t pass = 1; pass < NUMBER_COUNT; pass++)
        for (size_t index = pass; index > 0 && places[index - 1].index > places[index].index;
             index--) {
            struct number_place moved = places[index];

            places[index] = places[index - 1];
            places[index - 1] = moved;
        }
}

/* Can records be read by these fields? Sets what is needed for it. Numbers that are literals, or
 * not there, are left to the decoder. */
static bool take_fields(struct selector *selector, struct chunk_template *template)
{
    const struct layout_reader *reader = &selector->layouts;
    const struct field_place *fields = template->layout.fields;
    struct number_place places[NUMBER_COUNT] = {
        {.index = fields[LAYOUT_EVENT_ID].index,
         .kind = NUMBER_EVENT_ID,
         .descriptor = DESCRIPTOR(sizeof(uint16_t), VALUE_UINT16)},
        {.index = fields[LAYOUT_TIME].index,
         .kind = NUMBER_TIME,
         .descriptor = DESCRIPTOR(sizeof(uint64_t), VALUE_FILETIME)},
        {.index = fields[LAYOUT_RECORD_ID].index,
         .kind = NUMBER_RECORD_ID,
         .descriptor = DESCRIPTOR(sizeof(uint64_t), VALUE_UINT64)},
    };

    for (size_t index = 0; index < LAYOUT_FIELD_COUNT; index++)
        if (fields[index].kind == FIELD_MIXED)
            return false;
    if (fields[LAYOUT_EVENT_ID].kind != FIELD_VALUE || fields[LAYOUT_TIME].kind != FIELD_VALUE ||
        fields[LAYOUT_RECORD_ID].kind != FIELD_VALUE)
        return false;
    sort_places(places);
    memcpy(template->numbers, places, sizeof(places));
    template->literal = fields[LAYOUT_PROVIDER].kind != FIELD_VALUE &&fields[LAYOUT_CHANNEL].kind !=
                        FIELD_VALUE &&fields[LAYOUT_COMPUTER].kind != FIELD_VALUE;
    template->provider = NULL;
    template->channel = NULL;
    template->computer = RECORD_SUMMARY_NO_COMPUTER;
    if (fields[LAYOUT_PROVIDER].kind == FIELD_LITERAL)
        template->provider =
            find_provider(selector, template_layout_literal(reader, &fields[LAYOUT_PROVIDER]));
    if (fields[LAYOUT_CHANNEL].kind == FIELD_LITERAL)
        template->channel =
            find_channel_utf16(selector, template_layout_literal(reader, &fields[LAYOUT_CHANNEL]));
    if (fields[LAYOUT_COMPUTER].kind == FIELD_LITERAL)
        template->computer = find_computer_utf16(
            selector, template_layout_literal(reader, &fields[LAYOUT_COMPUTER]));
    return true;
}

/* Finds the layout of the definition, or knows it again from another chunk. */
static void read_template(struct selector *selector, uint64_t guid, const struct span *definition,
                          struct chunk_template *template)
{
    size_t set = (guid ^ definition->left_bytes) * SPREAD >> 32 & (KNOWN_SETS - 1);
    struct known_template **place, *known;

    for (size_t way = 0; way < KNOWN_WAYS; way++) {
        known = selector->known[set][way];
        if (known != NULL && known->guid == guid &&
            layout_fingerprint_matches(&selector->layouts, definition, &known->fingerprint)) {
            *template = known->template;
            return;
        }
    }
    place = &selector->known[set][selector->known_next[set]++ % KNOWN_WAYS];
    if (*place == NULL)
        *place = memory_allocate(1, sizeof(**place));
    known = *place;
    known->guid = guid;
    *template = (struct chunk_template){0};
    template->plain = template_layout_read(&selector->layouts, *definition, &template->layout,
                                           &known->fingerprint) &&
                      take_fields(selector, template);
    known->template = *template;
}

/* Adds the template whose definition is at `offset` of the chunk and remembers it in the slot. */
static struct chunk_template *add_template(struct selector *selector, uint32_t offset,
                                           uint16_t *slot)
{
    const struct span *chunk = &selector->chunk->bytes;
    struct span definition;
    struct chunk_template *template;
    uint32_t data_size;
    uint64_t guid;

    if (!span_u64_at(chunk, offset + (size_t)BINXML_DEFINITION_OFFSET_ID, &guid) ||
        !span_u32_at(chunk, offset + (size_t)BINXML_DEFINITION_OFFSET_DATA_SIZE, &data_size) ||
        !span_at(chunk, offset + (size_t)BINXML_DEFINITION_OFFSET_DATA, &definition) ||
        !span_take(&definition, data_size, &definition) ||
        selector->template_count == TEMPLATES_MOST)
        return NULL;
    template = &selector->templates[selector->template_count++];
    *slot = (uint16_t)selector->template_count;
    read_template(selector, guid, &definition, template);
    template->definition_offset = offset;
    return template;
}

/* The template of the record, read now or before; NULL where its record has to be decoded. */
static inline struct chunk_template *find_template(struct selector *selector,
                                                   uint32_t definition_offset)
{
    size_t place = definition_offset / 2;
    uint16_t *slot = &selector->slots[place % TEMPLATE_SLOTS];

    /* There are more slots than can be taken. */
    for (; *slot != 0; slot = &selector->slots[++place % TEMPLATE_SLOTS])
        if (selector->templates[*slot - 1].definition_offset == definition_offset)
            return &selector->templates[*slot - 1];
    return add_template(selector, definition_offset, slot);
}

/* --- records --- */

/* Where the values of a record are. Positions are in `bytes`, the chunk up to the end of the
 * record; what stands up to `values` is there. */
struct record_values {
    struct span bytes;
    size_t descriptors;
    size_t count;
    size_t values;
};

/* Finds the values of the instance whose head ends at `position`. */
static inline bool find_values(struct record_values *out, uint32_t definition_offset,
                               size_t position)
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
static inline size_t add_sizes(const struct record_values *values, size_t first, size_t end)
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
static inline uint32_t descriptor_of(const struct record_values *values, size_t index)
{
    uint32_t descriptor;

    memcpy(&descriptor, values->bytes.bytes + values->descriptors + index * BINXML_DESCRIPTOR_BYTES,
           sizeof(descriptor));
    return le32toh(descriptor);
}

/* Finds out where the numbers of the record are, by enum record_number, and remembers it; false
 * where one of them is of another type. */
static bool find_numbers(const struct record_values *values, struct chunk_template *template)
{
    size_t position = 0, index = 0;

    template->has_head = false;
    if (template->numbers[NUMBER_COUNT - 1].index >= values->count)
        return false;
    for (size_t at = 0; at < NUMBER_COUNT; at++) {
        const struct number_place *place = &template->numbers[at];

        position += add_sizes(values, index, place->index);
        index = place->index;
        if ((descriptor_of(values, index) & DESCRIPTOR_MASK) != place->descriptor)
            return false;
        template->positions[place->kind] = (uint32_t)position;
    }
    template->has_head = index < HEAD_VALUES && values->count >= HEAD_VALUES;
    if (template->has_head)
        memcpy(template->head, values->bytes.bytes + values->descriptors, sizeof(template->head));
    return true;
}

/* Reads the numbers of the record; false as above. Most records of a template have the same
 * descriptors as the one before. */
static inline bool read_numbers(const struct record_values *values, struct chunk_template *template,
                                uint64_t *numbers)
{
    uint16_t event_id;

    if (!(template->has_head && values->count >= HEAD_VALUES &&
          memcmp(values->bytes.bytes + values->descriptors, template->head,
                 sizeof(template->head)) == 0) &&
        !find_numbers(values, template))
        return false;
    if (!span_u16_at(&values->bytes, values->values + template->positions[NUMBER_EVENT_ID],
                     &event_id) ||
        !span_u64_at(&values->bytes, values->values + template->positions[NUMBER_TIME],
                     &numbers[NUMBER_TIME]) ||
        !span_u64_at(&values->bytes, values->values + template->positions[NUMBER_RECORD_ID],
                     &numbers[NUMBER_RECORD_ID]))
        return false;
    numbers[NUMBER_EVENT_ID] = event_id;
    return true;
}

/* Reads a field that is a string, or empty; false where it is of another type. */
static bool read_text(const struct record_values *values, const struct field_place *field,
                      struct span *out)
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

/* Reads provider, channel and computer where they are not literals. */
static bool read_texts(struct selector *selector, const struct chunk_template *template,
                       const struct record_values *values,
                       const struct incident_provider **provider, struct record_summary *out)
{
    const struct field_place *fields = template->layout.fields;
    struct span text;

    if (fields[LAYOUT_PROVIDER].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[LAYOUT_PROVIDER], &text))
            return false;
        *provider = find_provider(selector, text);
    }
    if (fields[LAYOUT_CHANNEL].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[LAYOUT_CHANNEL], &text))
            return false;
        out->channel = find_channel_utf16(selector, text);
    }
    if (fields[LAYOUT_COMPUTER].kind == FIELD_VALUE) {
        if (!read_text(values, &fields[LAYOUT_COMPUTER], &text))
            return false;
        out->computer = find_computer_utf16(selector, text);
    }
    return true;
}

/* Reads the record by its template; false where it has to be decoded. */
static inline bool summarise_by_template(struct selector *selector, struct chunk_template *template,
                                         const struct record_values *values,
                                         struct record_summary *out)
{
    const struct incident_provider *provider = template->provider;
    uint64_t numbers[NUMBER_COUNT];

    if (!template->plain || !read_numbers(values, template, numbers))
        return false;
    out->event_filetime = numbers[NUMBER_TIME] <= FILETIME_MAX ? numbers[NUMBER_TIME] : 0;
    out->record_id = numbers[NUMBER_RECORD_ID];
    out->computer = template->computer;
    out->channel = template->channel;
    out->forwarded = template->layout.has_rendering;
    if (!template->literal && !read_texts(selector, template, values, &provider, out))
        return false;
    out->application = out->channel == selector->channels[0];
    out->event = provider != NULL
                     ? incident_provider_event(provider, (uint16_t)numbers[NUMBER_EVENT_ID])
                     : NULL;
    return true;
}

static int summarise_by_decoding(struct selector *selector, const struct record *record,
                                 struct record_summary *out, struct error *err)
{
    const struct observation *observation = &selector->event.observation;
    bool is_forwarded = record_is_forwarded(record);

    if (event_decode(&selector->event, selector->chunk, record, is_forwarded, err) != 0)
        return -1;
    out->event = incident_find_event(observation->provider, observation->event_id);
    out->event_filetime = observation->event_filetime;
    out->record_id = observation->record_id;
    out->computer = find_computer(selector, observation->computer);
    out->channel = find_channel(selector, observation->channel);
    out->application = out->channel == selector->channels[0];
    out->forwarded = is_forwarded || selector->event.has_rendering;
    return 0;
}

int selector_summarise(struct selector *selector, const struct record *record,
                       struct record_summary *out, struct error *err)
{
    const struct span *chunk = &selector->chunk->bytes;
    size_t position = record->position_bytes + (size_t)RECORD_OFFSET_BINXML;
    struct record_values values = {
        .bytes = span_of(chunk->bytes,
                         record->position_bytes + record->bytes.left_bytes - sizeof(uint32_t),
                         chunk->offset_bytes)};
    struct chunk_template *template;
    uint32_t definition_offset;
    uint64_t start;

    if (span_u64_at(&values.bytes, position, &start) &&
        (start & INSTANCE_START_MASK) == INSTANCE_START &&
        span_u32_at(&values.bytes, position + INSTANCE_OFFSET_DEFINITION, &definition_offset)) {
        template = find_template(selector, definition_offset);
        if (template != NULL &&
            find_values(&values, definition_offset, position + INSTANCE_HEAD_BYTES) &&
            summarise_by_template(selector, template, &values, out))
            return 0;
    }
    return summarise_by_decoding(selector, record, out, err);
}
