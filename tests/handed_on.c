/* SPDX-License-Identifier: Apache-2.0 */
#include "handed_on.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/check/reference.h"
#include "evtx/check/verify.h"
#include "evtx/chunk.h"
#include "evtx/decode.h"
#include "evtx/readers.h"
#include "evtx/select.h"
#include "evtx/value.h"
#include "model/licences.h"

struct handed {
    const struct incident_event *event;
    struct observation observation; /* owns its texts and strings */
};

/* --- reading --- */

/* Returns the observation with texts of its own. */
static struct observation copy_observation(const struct observation *from)
{
    struct observation copy = *from;
    struct observation_string *strings = memory_allocate(from->string_count + 1, sizeof(*strings));

    copy.provider = memory_copy_text(from->provider);
    copy.channel = memory_copy_text(from->channel);
    copy.computer = memory_copy_text(from->computer);
    copy.user_sid = memory_copy_text(from->user_sid);
    copy.other_reading = memory_copy_text(from->other_reading);
    for (size_t index = 0; index < from->string_count; index++)
        strings[index] = (struct observation_string){
            .name = memory_copy_text(from->strings[index].name),
            .value = memory_copy_text(from->strings[index].value),
        };
    copy.strings = strings;
    return copy;
}

static void free_observation(struct observation *observation)
{
    free((void *)observation->provider);
    free((void *)observation->channel);
    free((void *)observation->computer);
    free((void *)observation->user_sid);
    free((void *)observation->other_reading);
    for (size_t index = 0; index < observation->string_count; index++) {
        free((void *)observation->strings[index].name);
        free((void *)observation->strings[index].value);
    }
    free((void *)observation->strings);
}

static int take(void *context, const struct incident_event *event,
                const struct observation *observation, struct error *err)
{
    struct handed_log *log = context;

    (void)err;
    log->handed = memory_grow(log->handed, log->count, sizeof(*log->handed));
    log->handed[log->count++] =
        (struct handed){.event = event, .observation = copy_observation(observation)};
    return 0;
}

void handed_on_read(const uint8_t *bytes, size_t size_bytes, bool skip_reference,
                    struct handed_log *out)
{
    int descriptor = memfd_create("log", MFD_CLOEXEC);
    struct source source = {.kind = SOURCE_KIND_EVTX, .size_bytes = size_bytes};
    struct reader_options options = {
        .window = incident_window, .verify = true, .skip_reference = skip_reference};
    struct sink sink = {.context = out, .observation = take};

    if (descriptor < 0 || write(descriptor, bytes, size_bytes) != (ssize_t)size_bytes)
        abort();
    reader_read(&evtx_log_reader, &source, descriptor, &options, &sink, &out->facts, &out->err);
    close(descriptor);
}

void handed_on_free_content(struct handed_log *log)
{
    for (size_t index = 0; index < log->count; index++)
        free_observation(&log->handed[index].observation);
    free(log->handed);
    source_facts_free_content(&log->facts);
    error_clear(&log->err);
    *log = (struct handed_log){0};
}

/* --- comparing --- */

struct handed_check {
    const struct handed_log *ours;
    const struct handed_log *whole;
    struct handed_on_result *out;
    struct chunk chunk;
    size_t walked_count; /* of those that libevtx can be asked for without harm */
    struct record walked[CHUNK_RECORDS_MOST];
    uint32_t walk_end_bytes;
    struct reference *reference;
    struct event event; /* our reading of a record, from bytes whose bounds a sanitizer knows */
    struct eventtext theirs;
    struct text difference;
    /* What selection finds, beside the reader under trial. */
    struct source_facts facts;
    struct selector *selector;
    uint64_t record_count; /* of the walks */
    uint64_t unreadable_count;
};

static const struct observation *find_handed(const struct handed_log *log, uint64_t offset_bytes)
{
    for (size_t index = 0; index < log->count; index++)
        if (log->handed[index].observation.offset_bytes == offset_bytes)
            return &log->handed[index].observation;
    return NULL;
}

static void add_fault(struct handed_check *check, const struct record *record, const char *words)
{
    text_add_format(&check->out->faults, "\n  byte %" PRIu64 ": %s", record->bytes.offset_bytes,
                    words);
}

static void add_missing(struct handed_check *check, const struct record *record)
{
    const struct observation *theirs = &check->theirs.observation;
    char *what = memory_format("an event that libevtx reads is missing: %s %u of %s",
                               theirs->provider, (unsigned)theirs->event_id, theirs->computer);

    add_fault(check, record, what);
    free(what);
}

static bool states_the_same(const struct observation *observation,
                            const struct licence_statement *statement)
{
    const struct licence_statement other = licence_statement_of(observation);

    return licence_statements_equal(&other, statement);
}

/* Of events of one computer and application that state the same in a row, the first and the last
 * are handed on (evtx/dedupe.h): does this one lie between two neighbours that do, in order of the
 * file and of the ids? One of the two can turn out to be undecodable, and is then told of as such.
 */
static bool lies_between(const struct handed_check *check, const struct observation *theirs)
{
    const struct licence_statement statement = licence_statement_of(theirs);
    const struct handed_log *log = check->whole;
    const struct observation *before = NULL, *behind = NULL;
    bool is_behind, is_before;

    for (size_t index = 0; index < log->count; index++) {
        const struct observation *other = &log->handed[index].observation;

        if (other->recovered || other->event_id != theirs->event_id ||
            strcmp(other->provider, theirs->provider) != 0 ||
            !text_equal_ascii(other->computer, theirs->computer) ||
            licence_statement_of(other).is_windows != statement.is_windows)
            continue;
        if (other->offset_bytes < theirs->offset_bytes &&
            (before == NULL || other->offset_bytes > before->offset_bytes))
            before = other;
        if (other->offset_bytes > theirs->offset_bytes &&
            (behind == NULL || other->offset_bytes < behind->offset_bytes))
            behind = other;
    }
    is_behind = before != NULL && before->record_id < theirs->record_id &&
                states_the_same(before, &statement);
    is_before = behind != NULL && behind->record_id > theirs->record_id &&
                states_the_same(behind, &statement);
    return (is_behind && is_before) ||
           ((is_behind || is_before) && log->facts.undecodable_count > 0);
}

/* --- where libevtx is wrong, and only there: of records that are damaged so --- */

/* A search in all that a record consists of. */
struct oddity_search {
    const struct span *chunk;
    bool found;
};

/* Does the name not end with the zeros behind it? libevtx then takes that unit for one more letter.
 */
static bool is_endless(const struct span *chunk, const struct binxml_name *name)
{
    size_t end = (size_t)(name->text.bytes - chunk->bytes) + name->text.left_bytes;
    uint16_t unit;

    return !span_u16_at(chunk, end, &unit) || unit != 0;
}

static bool look_for_endless(void *context, const struct binxml_event *event)
{
    struct oddity_search *search = context;

    search->found = event->name != NULL && is_endless(search->chunk, event->name);
    return !search->found;
}

/* Has the record a name without an end? */
static bool has_endless_name(const struct handed_check *check, const struct record *record)
{
    struct oddity_search search = {.chunk = &check->chunk.bytes};
    struct binxml_value_stack values = {0};
    struct binxml_walk walk = {
        .chunk = search.chunk, .values = &values, .take = look_for_endless, .context = &search};

    (void)!binxml_walk_record(&walk, record);
    free(values.values);
    return search.found;
}

/* A search among the places of a definition. */
struct place_search {
    struct binxml_instance instance;
    bool found;
};

static bool look_for_other_type(void *context, const struct binxml_event *event)
{
    struct place_search *search = context;
    struct binxml_instance instance = search->instance;
    struct binxml_value value;
    unsigned left = event->number + 1u;

    if (event->kind != BINXML_EVENT_SUBSTITUTION)
        return true;
    while (left > 0 && binxml_take_value(&instance, &value))
        left--;
    search->found = left == 0 && value.type != event->value.type;
    return !search->found;
}

/* Has one of the record's values that are BinXML a value of another type than its template tells,
 * or a template that only a later record defines? libevtx (20240504) then writes some values, as
 * arrays, as if they were empty. */
static bool has_odd_template(const struct handed_check *check, const struct record *record)
{
    struct place_search search = {0};
    struct binxml_instance instance;
    struct binxml_value value;

    if (!record_read_instance(&check->chunk, record, &instance))
        return false;
    while (!search.found && binxml_take_value(&instance, &value)) {
        struct binxml_walk walk = {
            .chunk = &check->chunk.bytes, .take = look_for_other_type, .context = &search};

        if (value.type != VALUE_BINXML ||
            !binxml_read_whole_instance(&check->chunk, value.bytes, &search.instance))
            continue;
        (void)!binxml_walk_definition(&walk, search.instance.definition);
        if (search.instance.definition_offset >= record->position_bytes + record->bytes.left_bytes)
            search.found = true;
    }
    return search.found;
}

/* Has the record a value of that type (at most that large)? */
static bool has_value(const struct handed_check *check, const struct record *record,
                      enum value_type type, size_t most_bytes)
{
    struct binxml_instance instance;
    struct binxml_value value;
    bool found = false;

    if (!record_read_instance(&check->chunk, record, &instance))
        return false;
    while (!found && binxml_take_value(&instance, &value))
        found = value.type == type && value.bytes.left_bytes <= most_bytes;
    return found;
}

/* Does the record have a value that is BinXML and empty? libevtx reads what stands behind it, which
 * is another value, as that. */
static bool has_empty_fragment(const struct handed_check *check, const struct record *record)
{
    return has_value(check, record, VALUE_BINXML, 0);
}

/* Is a field of System binary? libevtx writes it in hexadecimal digits, which its text does not
 * tell from decimal ones. */
static bool has_binary_field(const struct handed_check *check, const struct record *record)
{
    return has_value(check, record, VALUE_BINARY, SIZE_MAX);
}

/* Does something like another record stand in the record? In the copy that libevtx reads, its
 * position is written over what would be its number (evtx/check/reference.h). */
static bool holds_a_record(const struct record *record)
{
    return memmem(record->bytes.bytes + RECORD_OFFSET_BINXML,
                  record->bytes.left_bytes - RECORD_OFFSET_BINXML, RECORD_MAGIC,
                  sizeof(RECORD_MAGIC)) != NULL;
}

/* Is the record damaged in a way in which libevtx is known to go wrong? */
static bool is_excused(const struct handed_check *check, const struct record *record)
{
    return has_empty_fragment(check, record) || has_binary_field(check, record) ||
           holds_a_record(record) || has_endless_name(check, record) ||
           (reference_escapes_attributes() && has_odd_template(check, record));
}

static void compare_handed(struct handed_check *check, const struct record *record,
                           const struct observation *handed)
{
    const struct observation *theirs = &check->theirs.observation;
    struct text *difference = &check->difference;

    observations_agree(handed, theirs, difference);
    /* A binary value is no number (ours has none then), but can look like one in libevtx's text. */
    if (handed->level != theirs->level && handed->level != OBSERVATION_ABSENT)
        text_add_format(difference, "; level %d for %d", handed->level, theirs->level);
    if (handed->event_filetime != theirs->event_filetime)
        text_add_format(difference, "; time %" PRIu64 " for %" PRIu64, handed->event_filetime,
                        theirs->event_filetime);
    if (handed->record_id != theirs->record_id)
        text_add_format(difference, "; record id %" PRIu64 " for %" PRIu64, handed->record_id,
                        theirs->record_id);
    if (strcmp(handed->user_sid, theirs->user_sid) != 0)
        text_add_format(difference, "; user %s for %s", handed->user_sid, theirs->user_sid);
    check->out->compared++;
    if (difference->length_bytes > 0 && is_excused(check, record))
        check->out->excused++;
    else if (difference->length_bytes > 0)
        add_fault(check, record, text_get(difference));
}

static bool is_used(const struct handed_check *check, const struct record *record)
{
    return check->chunk.free_space_known && record->position_bytes < check->chunk.free_space_offset;
}

/* Does our reader call the record undecodable, for this reason or that? Of the unused part it says
 * nothing of such records. */
static bool is_undecodable(struct handed_check *check, const struct record *record, bool is_walked)
{
    struct error ignored = {0};
    bool is = event_decode(&check->event, &check->chunk, record, false, &ignored) != 0 ||
              (!is_walked && !record_templates_match(&check->chunk, record));

    error_clear(&ignored);
    return is;
}

/* Checks a record that libevtx has read into check->theirs. */
static void check_record(struct handed_check *check, const struct record *record, bool is_walked)
{
    struct observation *theirs = &check->theirs.observation;
    const struct observation *handed = find_handed(check->whole, record->bytes.offset_bytes);
    const struct incident_event *event = incident_find_event(theirs->provider, theirs->event_id);

    theirs->offset_bytes = record->bytes.offset_bytes;
    if (handed != NULL)
        compare_handed(check, record, handed);
    else if (event == NULL || !incident_keeps(event, theirs, &incident_window))
        return;
    else if (is_undecodable(check, record, is_walked))
        check->out->undecodable += is_walked || is_used(check, record);
    else if (event->keep == EVENT_KEEP_FIRST_AND_LAST && lies_between(check, theirs))
        check->out->duplicates++;
    else
        add_missing(check, record);
}

static bool read_theirs(struct handed_check *check, const struct record *record)
{
    size_t index;
    struct reference_record decoded;
    struct error ignored = {0};
    bool read = record_is_sound(&check->chunk, record) &&
                reference_find(check->reference, record->position_bytes, &index) &&
                reference_read(check->reference, index, &decoded, &ignored) == 0 &&
                eventtext_parse(&check->theirs, decoded.text, decoded.length_bytes, &ignored) == 0;

    error_clear(&ignored);
    return read;
}

static void check_walked(struct handed_check *check)
{
    for (size_t place = 0; place < check->walked_count; place++)
        if (read_theirs(check, &check->walked[place]))
            check_record(check, &check->walked[place], true);
}

/* Has the record selected and decoded, whatever it is. */
static void try_record(struct handed_check *check, const struct record *record)
{
    struct error ignored = {0};
    struct record_summary summary;

    check->record_count++;
    if (selector_summarise(check->selector, record, &summary, &ignored) != 0)
        check->unreadable_count++;
    error_clear(&ignored);
    (void)event_decode(&check->event, &check->chunk, record, false, &ignored);
    error_clear(&ignored);
}

/* A record of the used part that the walk does not reach, and libevtx reads, is found without
 * libevtx, too. */
static void check_found_alone(struct handed_check *check, const struct record *record)
{
    const struct observation *theirs = &check->theirs.observation;
    const struct incident_event *event = incident_find_event(theirs->provider, theirs->event_id);

    if (event != NULL && event->keep == EVENT_KEEP_ALL && is_used(check, record) &&
        !is_undecodable(check, record, false) &&
        find_handed(check->ours, record->bytes.offset_bytes) == NULL)
        add_fault(check, record, "an event of the used part is found by libevtx alone");
}

/* What is behind the place where the walk broke, as far as it is a record by its sizes. */
static void check_recovered(struct handed_check *check)
{
    uint32_t position = check->walk_end_bytes;
    struct record record;

    while (chunk_find_record(&check->chunk, &position, &record))
        if (read_theirs(check, &record)) {
            check_record(check, &record, false);
            check_found_alone(check, &record);
        }
}

static void check_chunk(struct handed_check *check)
{
    uint32_t position = CHUNK_OFFSET_RECORDS;
    struct error ignored = {0};
    struct record record;
    int got;

    check->walked_count = 0;
    selector_begin_chunk(check->selector, &check->chunk);
    while ((got = chunk_next_record(&check->chunk, &position, &record, &ignored)) > 0) {
        try_record(check, &record);
        if (record_is_sound(&check->chunk, &record))
            check->walked[check->walked_count++] = record;
    }
    error_clear(&ignored);
    check->walk_end_bytes = position;
    if (reference_open(check->reference, &check->chunk, check->walked, check->walked_count,
                       got < 0 ? position : CHUNK_SIZE_BYTES, &ignored) == 0) {
        check_walked(check);
        if (got < 0)
            check_recovered(check);
    }
    error_clear(&ignored);
}

/* All that our reader hands on alone, it hands on with libevtx behind it. */
static void check_totals(struct handed_check *check)
{
    const struct handed_log *ours = check->ours, *whole = check->whole;

    if (ours->facts.record_count != whole->facts.record_count ||
        ours->facts.undecodable_count != whole->facts.undecodable_count ||
        ours->facts.damage.count != whole->facts.damage.count || ours->err.kind != whole->err.kind)
        text_add(&check->out->faults, "\n  libevtx changes what the reader tells of the log");
    for (size_t index = 0; index < ours->count; index++)
        if (find_handed(whole, ours->handed[index].observation.offset_bytes) == NULL)
            text_add(&check->out->faults, "\n  libevtx makes the reader hand on less");
    if (whole->facts.undecodable_count < check->out->undecodable)
        text_add(&check->out->faults, "\n  undecodable records were not told of");
    if (whole->err.kind == ERROR_NONE && (whole->facts.record_count < check->record_count ||
                                          whole->facts.undecodable_count < check->unreadable_count))
        text_add(&check->out->faults, "\n  records of the walk were not counted");
}

void handed_on_compare(const uint8_t *bytes, size_t size_bytes, const struct handed_log *ours,
                       const struct handed_log *whole, struct handed_on_result *out)
{
    struct handed_check *check = memory_allocate(1, sizeof(*check));
    uint8_t *slot = memory_allocate(CHUNK_SIZE_BYTES, 1);
    struct error ignored = {0};

    check->ours = ours;
    check->whole = whole;
    check->out = out;
    check->selector = selector_create(&check->facts);
    check->reference = reference_create();
    for (size_t at = FILE_HEADER_SIZE_BYTES; at < size_bytes; at += CHUNK_SIZE_BYTES) {
        size_t here = size_bytes - at < CHUNK_SIZE_BYTES ? size_bytes - at : CHUNK_SIZE_BYTES;

        memcpy(slot, bytes + at, here);
        memset(slot + here, 0, CHUNK_SIZE_BYTES - here);
        chunk_open(span_of(slot, CHUNK_SIZE_BYTES, at), 0, &check->chunk, &ignored);
        error_clear(&ignored);
        check_chunk(check);
    }
    check_totals(check);
    reference_free(check->reference);
    event_free_content(&check->event);
    selector_free(check->selector);
    source_facts_free_content(&check->facts);
    eventtext_free_content(&check->theirs);
    text_free(&check->difference);
    free(check);
    free(slot);
}
