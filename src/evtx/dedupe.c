/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx/dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/decode.h"
#include "evtx/value.h"
#include "model/licences.h"

/* Runs that are followed at a time: one or two a computer, of which a collector's log has many. */
#define RUNS_MOST 512u
/* Of the values that later records are compared with, those of all runs. */
#define KEPT_BYTES_MOST (4u << 20)
/* Last records of runs that wait to be handed on. */
#define HELD_MOST 1024u
/* A template of EventData has a tenth of it. */
#define DESCRIPTION_BYTES_MOST 4096u

/* Records in a row that state the same, of one computer and application. */
struct deduped_run {
    size_t computer;
    const struct incident_event *event;
    struct licence_statement statement;
    struct text template; /* of EventData, see describe_template; of a record of the run, */
    struct text values;   /* with its values behind their descriptors; or both empty */
    uint64_t last_record_id;
    bool last_waits; /* the last one was not handed on yet: it stands in last_record */
    struct held_record last_record;
};

struct deduper {
    /* The template that was described last, which is mostly the one that is met next. */
    struct span described;
    struct text description;
    bool can_be_described;
    struct event event; /* of the record whose statement is read */
    size_t run_count;
    struct deduped_run runs[RUNS_MOST];
    size_t kept_bytes;
    struct held_record *ended; /* owned: the last ones of runs that ended */
    size_t ended_count;
    size_t waiting_count; /* runs whose last one waits; there is room for all in `ended` */
    size_t next;          /* of those that ended, then of the runs, to look at in deduper_next */
};

struct deduper *deduper_create(void)
{
    struct deduper *deduper = memory_allocate(1, sizeof(*deduper));

    deduper->ended = memory_resize(NULL, HELD_MOST, sizeof(*deduper->ended));
    return deduper;
}

void deduper_free(struct deduper *deduper)
{
    if (deduper == NULL)
        return;
    for (size_t index = 0; index < deduper->run_count; index++) {
        text_free(&deduper->runs[index].values);
        text_free(&deduper->runs[index].template);
    }
    event_free_content(&deduper->event);
    text_free(&deduper->description);
    free(deduper->ended);
    free(deduper);
}

/* ---- Values ---- */

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

/* ---- Values that state the same ---- */

/* UTF-16 at work: units from `at` on, before `end`. */
struct units {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
};

static bool has_unit(const struct units *units)
{
    return units->end - units->at >= 2;
}

static unsigned unit_at(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static bool is_digit_at(const uint8_t *at)
{
    return unit_at(at) >= '0' && unit_at(at) <= '9';
}

static bool is_blank_at(const uint8_t *at)
{
    return unit_at(at) == ' ' || unit_at(at) == '\t';
}

/* Moves from within a decimal number to its end. False where it is not a number of a rule, such as
 * the minutes that are left: those stand behind a blank that is not behind a comma, and before a
 * blank or a parenthesis. Nothing that a statement is made of stands so (model/licences.h): flags
 * are behind a comma, codes and ids are hexadecimal, groups and lines begin with their numbers. */
static bool skip_number(struct units *units)
{
    const uint8_t *begin = units->at;
    const uint8_t *before;

    while (begin - units->start >= 2 && is_digit_at(begin - 2))
        begin -= 2;
    for (before = begin; before - units->start >= 2 && is_blank_at(before - 2);)
        before -= 2;
    while (has_unit(units) && is_digit_at(units->at))
        units->at += 2;
    return units->at > begin && before < begin && before > units->start &&
           unit_at(before - 2) != ',' && has_unit(units) &&
           (is_blank_at(units->at) || unit_at(units->at) == ')');
}

/* Moves past what is equal, in steps of several units first: that is nearly all. */
static void skip_equal(struct units *one, struct units *other)
{
    uint64_t left, right;

    for (; one->end - one->at >= 8 && other->end - other->at >= 8; one->at += 8, other->at += 8) {
        memcpy(&left, one->at, sizeof(left));
        memcpy(&right, other->at, sizeof(right));
        if (left != right)
            break;
    }
    for (; has_unit(one) && has_unit(other) && unit_at(one->at) == unit_at(other->at);
         one->at += 2, other->at += 2)
        ;
}

/* Are the two texts equal but for numbers that change from day to day? */
static bool texts_state_the_same(struct span left, struct span right)
{
    struct units one = {left.bytes, left.bytes, left.bytes + left.left_bytes};
    struct units other = {right.bytes, right.bytes, right.bytes + right.left_bytes};

    skip_equal(&one, &other);
    for (; has_unit(&one) && has_unit(&other); skip_equal(&one, &other))
        if ((!is_digit_at(one.at) && !is_digit_at(other.at)) || !skip_number(&one) ||
            !skip_number(&other))
            return false;
    return one.at == one.end && other.at == other.end;
}

static bool values_state_the_same(struct binxml_instance left, struct binxml_instance right)
{
    struct binxml_value one, other;

    if (left.descriptors.left_bytes != right.descriptors.left_bytes)
        return false;
    while (left.descriptors.left_bytes > 0) {
        if (!binxml_take_value(&left, &one) || !binxml_take_value(&right, &other) ||
            one.type != other.type)
            return false;
        if ((one.type & ~VALUE_ARRAY) == VALUE_STRING
                ? !texts_state_the_same(one.bytes, other.bytes)
                : one.bytes.left_bytes != other.bytes.left_bytes ||
                      !memory_equal(one.bytes.bytes, other.bytes.bytes, one.bytes.left_bytes))
            return false;
    }
    return true;
}

/* The values that the run keeps. */
static struct binxml_instance kept_values(const struct deduped_run *run, size_t descriptors_bytes)
{
    const uint8_t *bytes = (const uint8_t *)text_get(&run->values);

    return (struct binxml_instance){
        .descriptors = span_of(bytes, descriptors_bytes, 0),
        .values =
            span_of(bytes + descriptors_bytes, run->values.length_bytes - descriptors_bytes, 0)};
}

static bool run_fits(const struct deduped_run *run, const struct text *template,
                     const struct binxml_instance *content, const struct record_summary *summary)
{
    size_t descriptors_bytes = content->descriptors.left_bytes;

    return run->computer == summary->computer && run->event == summary->event &&
           run->values.length_bytes > 0 && run->values.length_bytes >= descriptors_bytes &&
           run->template.length_bytes == template->length_bytes &&
           memory_equal(run->template.bytes, template->bytes, template->length_bytes) &&
           values_state_the_same(kept_values(run, descriptors_bytes), *content);
}

/* Keeps the values to compare others with, if there is room for them; without content, none. */
static void keep_values(struct deduper *deduper, struct deduped_run *run,
                        const struct binxml_instance *content)
{
    deduper->kept_bytes -= run->template.length_bytes + run->values.length_bytes;
    text_clear(&run->template);
    text_clear(&run->values);
    if (content == NULL || deduper->kept_bytes + deduper->description.length_bytes +
                                   content->descriptors.left_bytes + content->values.left_bytes >
                               KEPT_BYTES_MOST)
        return;
    text_add_bytes(&run->template, deduper->description.bytes, deduper->description.length_bytes);
    text_add_bytes(&run->values, (const char *)content->descriptors.bytes,
                   content->descriptors.left_bytes);
    text_add_bytes(&run->values, (const char *)content->values.bytes, content->values.left_bytes);
    deduper->kept_bytes += run->template.length_bytes + run->values.length_bytes;
}

/* ---- Runs ---- */

static struct deduped_run *find_run_that_fits(struct deduper *deduper,
                                              const struct binxml_instance *content,
                                              const struct record_summary *summary)
{
    for (size_t index = 0; index < deduper->run_count; index++)
        if (run_fits(&deduper->runs[index], &deduper->description, content, summary))
            return &deduper->runs[index];
    return NULL;
}

/* That of the computer and application, or NULL. */
static struct deduped_run *find_run(struct deduper *deduper, const struct record_summary *summary,
                                    bool is_windows)
{
    for (size_t index = 0; index < deduper->run_count; index++) {
        struct deduped_run *run = &deduper->runs[index];

        if (run->computer == summary->computer && run->event == summary->event &&
            run->statement.is_windows == is_windows)
            return run;
    }
    return NULL;
}

/* Reads what the record states, and finds or adds the run that it belongs to: NULL where there is
 * no room for one, or the record cannot be decoded. *is_same: it states what the run does. */
static struct deduped_run *find_run_of_statement(struct deduper *deduper, const struct chunk *chunk,
                                                 const struct record *record,
                                                 const struct record_summary *summary,
                                                 const struct binxml_instance *content,
                                                 bool *is_same)
{
    struct licence_statement statement;
    struct error ignored = {0};
    struct deduped_run *run;

    if (event_decode(&deduper->event, chunk, record, false, &ignored) != 0) {
        error_clear(&ignored);
        return NULL;
    }
    statement = licence_statement_of(&deduper->event.observation);
    run = find_run(deduper, summary, statement.is_windows);
    *is_same = run != NULL && licence_statements_equal(&run->statement, &statement);
    if (run == NULL && deduper->run_count < RUNS_MOST) {
        run = &deduper->runs[deduper->run_count++];
        *run = (struct deduped_run){.computer = summary->computer, .event = summary->event};
    }
    if (run != NULL) {
        run->statement = statement;
        keep_values(deduper, run, content);
    }
    return run;
}

/* The record begins the run anew; the last one of what the run was before has to be handed on. */
static void begin_run(struct deduper *deduper, struct deduped_run *run)
{
    if (!run->last_waits)
        return;
    deduper->ended[deduper->ended_count++] = run->last_record;
    deduper->waiting_count--;
    run->last_waits = false;
}

void deduper_begin_chunk(struct deduper *deduper)
{
    deduper->described = (struct span){0};
}

bool deduper_take(struct deduper *deduper, const struct chunk *chunk, bool chunk_is_cut,
                  const struct record *record, const struct record_summary *summary)
{
    struct binxml_instance content;
    bool can_compare = find_content(chunk, record, &content) && content.id == content.defined_id &&
                       describe(deduper, chunk, &content);
    struct deduped_run *run = can_compare ? find_run_that_fits(deduper, &content, summary) : NULL;
    bool is_same = run != NULL;
    bool is_later;

    if (run == NULL)
        run = find_run_of_statement(deduper, chunk, record, summary, can_compare ? &content : NULL,
                                    &is_same);
    if (run == NULL)
        return false;
    is_later = summary->record_id > run->last_record_id;
    run->last_record_id = summary->record_id;
    if (!is_same || !is_later) {
        begin_run(deduper, run);
        return false;
    }
    if (!run->last_waits && deduper->ended_count + deduper->waiting_count == HELD_MOST)
        return false;
    deduper->waiting_count += run->last_waits ? 0 : 1;
    run->last_waits = true;
    run->last_record = (struct held_record){
        .chunk = *chunk, .chunk_is_cut = chunk_is_cut, .record = *record, .event = summary->event};
    return true;
}

bool deduper_next(struct deduper *deduper, struct held_record *out)
{
    for (; deduper->next < deduper->ended_count + deduper->run_count; deduper->next++) {
        struct deduped_run *run;

        if (deduper->next < deduper->ended_count) {
            *out = deduper->ended[deduper->next++];
            return true;
        }
        run = &deduper->runs[deduper->next - deduper->ended_count];
        if (run->last_waits) {
            run->last_waits = false;
            *out = run->last_record;
            return true;
        }
    }
    deduper->next = 0;
    deduper->ended_count = 0;
    deduper->waiting_count = 0;
    return false;
}
