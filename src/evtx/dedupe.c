/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx/dedupe.h"

#include <stdlib.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/value.h"

/* Statements that are remembered; a machine's licences change a few times in its life. */
#define STATEMENTS_MOST 32u
/* A template of EventData has a tenth of it. */
#define DESCRIPTION_BYTES_MOST 4096u

/* In the order in which the case looks for first and last. */
struct event_rank {
    uint64_t event_filetime;
    uint64_t record_id;
    uint64_t offset_bytes;
};

struct deduped_statement {
    size_t computer;
    const struct incident_event *event;
    struct text template; /* of EventData, see describe_template */
    struct text values;   /* of EventData, behind their descriptors */
    struct event_rank first;
    struct event_rank last;
    bool first_waits; /* it was not handed on yet: it stands in first_record */
    bool last_waits;
    struct held_record first_record;
    struct held_record last_record;
};

struct deduper {
    /* The template that was described last, which is mostly the one that is met next. */
    struct span described;
    struct text description;
    bool can_be_described;
    size_t statement_count;
    size_t next; /* statement to look at in deduper_next */
    struct deduped_statement statements[STATEMENTS_MOST];
};

struct deduper *deduper_create(void)
{
    return memory_allocate(1, sizeof(struct deduper));
}

void deduper_free(struct deduper *deduper)
{
    if (deduper == NULL)
        return;
    for (size_t index = 0; index < deduper->statement_count; index++) {
        text_free(&deduper->statements[index].values);
        text_free(&deduper->statements[index].template);
    }
    text_free(&deduper->description);
    free(deduper);
}

/* Values that are BinXML refer to places in their chunk, and can be equal without saying the
 * same. */
static bool has_binxml_value(struct binxml_instance instance)
{
    struct binxml_value value = {.type = VALUE_NULL};

    while ((value.type & ~VALUE_ARRAY) != VALUE_BINXML && binxml_take_value(&instance, &value))
        ;
    return (value.type & ~VALUE_ARRAY) == VALUE_BINXML;
}

/* Finds the template instance that is the record's only value of BinXML. */
static bool find_content(const struct chunk *chunk, const struct record *record,
                         struct binxml_instance *out)
{
    struct binxml_instance outer;
    struct binxml_value value;
    struct span content = {0};

    if (!record_read_instance(chunk, record, &outer))
        return false;
    while (outer.descriptors.left_bytes > 0) {
        if (!binxml_take_value(&outer, &value) ||
            (value.type == VALUE_BINXML && content.bytes != NULL))
            return false;
        if (value.type == VALUE_BINXML)
            content = value.bytes;
    }
    return content.bytes != NULL && binxml_read_whole_instance(chunk, content, out) &&
           !has_binxml_value(*out);
}

static void add_span(struct text *out, const struct span *bytes)
{
    uint32_t length = (uint32_t)bytes->left_bytes;

    text_add_bytes(out, (const char *)&length, sizeof(length));
    text_add_bytes(out, (const char *)bytes->bytes, bytes->left_bytes);
}

/* Adds what is met in a definition to the text. */
static bool describe_event(void *context, const struct binxml_event *event)
{
    struct text *out = context;
    uint8_t head[] = {(uint8_t)event->kind, (uint8_t)event->number, (uint8_t)(event->number >> 8),
                      event->value.type, event->is_optional};

    text_add_bytes(out, (const char *)head, sizeof(head));
    add_span(out, event->name != NULL ? &event->name->text : &event->value.bytes);
    return out->length_bytes <= DESCRIPTION_BYTES_MOST;
}

/* Writes down what the definition of a template says, wherever it lies and whatever its chunk has
 * for offsets. Returns false for one that does not end well or is not a simple one. */
static bool describe_template(const struct chunk *chunk, struct span definition, struct text *out)
{
    struct binxml_walk walk = {.chunk = &chunk->bytes, .take = describe_event, .context = out};

    text_clear(out);
    return binxml_walk_definition(&walk, definition);
}

/* Describes the template in deduper->description, if it is not there already. */
static bool describe(struct deduper *deduper, const struct chunk *chunk,
                     const struct binxml_instance *content)
{
    if (deduper->described.bytes != content->definition.bytes ||
        deduper->described.left_bytes != content->definition.left_bytes) {
        deduper->can_be_described =
            describe_template(chunk, content->definition, &deduper->description);
        deduper->described = content->definition;
    }
    return deduper->can_be_described;
}

static int compare_ranks(const struct event_rank *left, const struct event_rank *right)
{
    if (left->event_filetime != right->event_filetime)
        return left->event_filetime < right->event_filetime ? -1 : 1;
    if (left->record_id != right->record_id)
        return left->record_id < right->record_id ? -1 : 1;
    return left->offset_bytes < right->offset_bytes   ? -1
           : left->offset_bytes > right->offset_bytes ? 1
                                                      : 0;
}

static bool statement_fits(const struct deduped_statement *statement, const struct text *template,
                           const struct binxml_instance *content,
                           const struct record_summary *summary)
{
    size_t head_bytes = content->descriptors.left_bytes;

    return statement->computer == summary->computer && statement->event == summary->event &&
           statement->template.length_bytes == template->length_bytes &&
           memory_equal(statement->template.bytes, template->bytes, template->length_bytes) &&
           statement->values.length_bytes == head_bytes + content->values.left_bytes &&
           memory_equal(statement->values.bytes, content->descriptors.bytes, head_bytes) &&
           memory_equal(text_get(&statement->values) + head_bytes, content->values.bytes,
                        content->values.left_bytes);
}

static void statement_add(struct deduper *deduper, const struct binxml_instance *content,
                          const struct record_summary *summary, const struct event_rank *rank)
{
    struct deduped_statement *statement;

    if (deduper->statement_count == STATEMENTS_MOST)
        return;
    statement = &deduper->statements[deduper->statement_count++];
    *statement = (struct deduped_statement){
        .computer = summary->computer,
        .event = summary->event,
        .first = *rank,
        .last = *rank,
    };
    text_add_bytes(&statement->template, deduper->description.bytes,
                   deduper->description.length_bytes);
    text_add_bytes(&statement->values, (const char *)content->descriptors.bytes,
                   content->descriptors.left_bytes);
    text_add_bytes(&statement->values, (const char *)content->values.bytes,
                   content->values.left_bytes);
}

void deduper_begin_chunk(struct deduper *deduper)
{
    deduper->described = (struct span){0};
}

bool deduper_take(struct deduper *deduper, const struct chunk *chunk, bool chunk_is_cut,
                  const struct record *record, const struct record_summary *summary)
{
    struct event_rank rank = {.event_filetime = summary->event_filetime,
                              .record_id = summary->record_id,
                              .offset_bytes = record->bytes.offset_bytes};
    struct held_record held = {
        .chunk = *chunk, .chunk_is_cut = chunk_is_cut, .record = *record, .event = summary->event};
    struct binxml_instance content;
    struct deduped_statement *statement = NULL;

    if (!find_content(chunk, record, &content) || content.id != content.defined_id ||
        !describe(deduper, chunk, &content))
        return false;
    for (size_t index = 0; index < deduper->statement_count && statement == NULL; index++)
        if (statement_fits(&deduper->statements[index], &deduper->description, &content, summary))
            statement = &deduper->statements[index];
    if (statement == NULL) {
        statement_add(deduper, &content, summary, &rank);
        return false;
    }
    if (compare_ranks(&rank, &statement->first) < 0) {
        statement->first = rank;
        statement->first_record = held;
        statement->first_waits = true;
    } else if (compare_ranks(&rank, &statement->last) > 0) {
        statement->last = rank;
        statement->last_record = held;
        statement->last_waits = true;
    }
    return true;
}

bool deduper_next(struct deduper *deduper, struct held_record *out)
{
    for (; deduper->next < deduper->statement_count; deduper->next++) {
        struct deduped_statement *statement = &deduper->statements[deduper->next];

        if (statement->first_waits) {
            statement->first_waits = false;
            *out = statement->first_record;
            return true;
        }
        if (statement->last_waits) {
            statement->last_waits = false;
            *out = statement->last_record;
            return true;
        }
    }
    deduper->next = 0;
    return false;
}
