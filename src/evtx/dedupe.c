/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx/dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/value.h"

/* Kinds that are remembered; a machine's licences change a few times in its life. */
#define KINDS_MOST 32u
/* A template of EventData has a tenth of it. */
#define DESCRIPTION_BYTES_MOST 4096u

/* In the order in which the case looks for first and last. */
struct rank {
    uint64_t event_filetime;
    uint64_t record_id;
    uint64_t offset_bytes;
};

struct kind {
    size_t computer;
    const struct incident_event *event;
    struct text template; /* of EventData, see describe_template */
    uint8_t *bytes;       /* owned: descriptors and values of EventData */
    size_t size_bytes;
    struct rank first;
    struct rank last;
    bool first_waits; /* it was not handed on yet: it stands in first_record */
    bool last_waits;
    struct repeat first_record;
    struct repeat last_record;
};

struct repeats {
    /* The template that was described last, which is mostly the one that is met next. */
    struct span described;
    struct text description;
    bool can_be_described;
    size_t kind_count;
    size_t next; /* kind to look at in repeats_next */
    struct kind kinds[KINDS_MOST];
};

struct repeats *repeats_create(void)
{
    return memory_allocate(1, sizeof(struct repeats));
}

void repeats_free(struct repeats *repeats)
{
    if (repeats == NULL)
        return;
    for (size_t index = 0; index < repeats->kind_count; index++) {
        free(repeats->kinds[index].bytes);
        text_free(&repeats->kinds[index].template);
    }
    text_free(&repeats->description);
    free(repeats);
}

/* Values that are BinXML refer to places in their chunk, and can be equal without saying the
 * same. */
static bool has_binxml_value(const struct binxml_instance *instance)
{
    struct span descriptors = instance->descriptors;
    uint16_t size;
    uint8_t type = VALUE_NULL, unused;

    while ((type & ~VALUE_ARRAY) != VALUE_BINXML && span_u16(&descriptors, &size) &&
           span_u8(&descriptors, &type) && span_u8(&descriptors, &unused))
        ;
    return (type & ~VALUE_ARRAY) == VALUE_BINXML;
}

/* Finds the template instance that is the record's only value of BinXML. */
static bool find_content(const struct chunk *chunk, const struct record *record,
                         struct binxml_instance *out)
{
    struct binxml_instance outer;
    struct span value, content = {0};
    uint16_t size;
    uint8_t type, unused;

    if (!record_read_instance(chunk, record, &outer))
        return false;
    while (outer.descriptors.left_bytes > 0) {
        if (!span_u16(&outer.descriptors, &size) || !span_u8(&outer.descriptors, &type) ||
            !span_u8(&outer.descriptors, &unused) || !span_take(&outer.values, size, &value) ||
            (type == VALUE_BINXML && content.bytes != NULL))
            return false;
        if (type == VALUE_BINXML)
            content = value;
    }
    return content.bytes != NULL && binxml_read_whole_instance(chunk, content, out) &&
           !has_binxml_value(out);
}

static void add_span(struct text *out, const struct span *bytes)
{
    uint32_t length = (uint32_t)bytes->left_bytes;

    text_add_bytes(out, (const char *)&length, sizeof(length));
    text_add_bytes(out, (const char *)bytes->bytes, bytes->left_bytes);
}

/* Writes down what the definition of a template says, wherever it lies and whatever its chunk has
 * for offsets. Returns false for one that does not end well or is not a simple one. */
static bool describe_template(const struct chunk *chunk, struct span definition, struct text *out)
{
    struct binxml_cursor cursor = {.chunk = &chunk->bytes, .in = definition, .in_definition = true};
    struct binxml_token token = {.kind = BINXML_FRAGMENT};
    const char *why;

    text_clear(out);
    while (token.kind != BINXML_END) {
        token = (struct binxml_token){0};
        if (!binxml_next(&cursor, &token, &why) || token.kind == BINXML_TEMPLATE_INSTANCE ||
            out->length_bytes > DESCRIPTION_BYTES_MOST)
            return false;
        text_add_bytes(out, (const char *)&token.kind, sizeof(token.kind));
        text_add_bytes(out, (const char *)&token.index, sizeof(token.index));
        text_add_bytes(out, (const char *)&token.value_type, sizeof(token.value_type));
        add_span(out, &token.name);
        add_span(out, &token.value);
    }
    return true;
}

/* Describes the template in repeats->description, if it is not there already. */
static bool describe(struct repeats *repeats, const struct chunk *chunk,
                     const struct binxml_instance *content)
{
    if (repeats->described.bytes != content->definition.bytes ||
        repeats->described.left_bytes != content->definition.left_bytes) {
        repeats->can_be_described =
            describe_template(chunk, content->definition, &repeats->description);
        repeats->described = content->definition;
    }
    return repeats->can_be_described;
}

static int compare_ranks(const struct rank *left, const struct rank *right)
{
    if (left->event_filetime != right->event_filetime)
        return left->event_filetime < right->event_filetime ? -1 : 1;
    if (left->record_id != right->record_id)
        return left->record_id < right->record_id ? -1 : 1;
    return left->offset_bytes < right->offset_bytes   ? -1
           : left->offset_bytes > right->offset_bytes ? 1
                                                      : 0;
}

static bool kind_fits(const struct kind *kind, const struct text *template,
                      const struct binxml_instance *content, const struct glance *glance)
{
    size_t head_bytes = content->descriptors.left_bytes;

    return kind->computer == glance->computer && kind->event == glance->event &&
           kind->template.length_bytes == template->length_bytes &&
           memcmp(kind->template.bytes, template->bytes, template->length_bytes) == 0 &&
           kind->size_bytes == head_bytes + content->values.left_bytes &&
           memcmp(kind->bytes, content->descriptors.bytes, head_bytes) == 0 &&
           memcmp(kind->bytes + head_bytes, content->values.bytes, content->values.left_bytes) == 0;
}

static void kind_add(struct repeats *repeats, const struct binxml_instance *content,
                     const struct glance *glance, const struct rank *rank)
{
    size_t head_bytes = content->descriptors.left_bytes;
    struct kind *kind;

    if (repeats->kind_count == KINDS_MOST)
        return;
    kind = &repeats->kinds[repeats->kind_count++];
    *kind = (struct kind){
        .computer = glance->computer,
        .event = glance->event,
        .size_bytes = head_bytes + content->values.left_bytes,
        .first = *rank,
        .last = *rank,
    };
    text_add_bytes(&kind->template, repeats->description.bytes, repeats->description.length_bytes);
    kind->bytes = memory_allocate(kind->size_bytes, 1);
    memcpy(kind->bytes, content->descriptors.bytes, head_bytes);
    memcpy(kind->bytes + head_bytes, content->values.bytes, content->values.left_bytes);
}

void repeats_begin_chunk(struct repeats *repeats)
{
    repeats->described = (struct span){0};
}

bool repeats_take(struct repeats *repeats, const struct chunk *chunk, bool chunk_is_cut,
                  const struct record *record, const struct glance *glance)
{
    struct rank rank = {.event_filetime = glance->event_filetime,
                        .record_id = glance->record_id,
                        .offset_bytes = record->bytes.offset_bytes};
    struct repeat repeat = {
        .chunk = *chunk, .chunk_is_cut = chunk_is_cut, .record = *record, .event = glance->event};
    struct binxml_instance content;
    struct kind *kind = NULL;

    if (!find_content(chunk, record, &content) || content.id != content.defined_id ||
        !describe(repeats, chunk, &content))
        return false;
    for (size_t index = 0; index < repeats->kind_count && kind == NULL; index++)
        if (kind_fits(&repeats->kinds[index], &repeats->description, &content, glance))
            kind = &repeats->kinds[index];
    if (kind == NULL) {
        kind_add(repeats, &content, glance, &rank);
        return false;
    }
    if (compare_ranks(&rank, &kind->first) < 0) {
        kind->first = rank;
        kind->first_record = repeat;
        kind->first_waits = true;
    } else if (compare_ranks(&rank, &kind->last) > 0) {
        kind->last = rank;
        kind->last_record = repeat;
        kind->last_waits = true;
    }
    return true;
}

bool repeats_next(struct repeats *repeats, struct repeat *out)
{
    for (; repeats->next < repeats->kind_count; repeats->next++) {
        struct kind *kind = &repeats->kinds[repeats->next];

        if (kind->first_waits) {
            kind->first_waits = false;
            *out = kind->first_record;
            return true;
        }
        if (kind->last_waits) {
            kind->last_waits = false;
            *out = kind->last_record;
            return true;
        }
    }
    repeats->next = 0;
    return false;
}
