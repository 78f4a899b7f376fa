/* SPDX-License-Identifier: Apache-2.0 */
/* A chunk has a used part, up to the free space offset, and an unused one. Records of the used part
 * count, whether the walk reaches them or, behind a place where it cannot go on, the search. What
 * the search finds in the unused part are remnants of older records. */
#include "evtx/chunkread.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/check/verify.h"
#include "evtx/chunk.h"
#include "evtx/decode.h"
#include "evtx/dedupe.h"
#include "evtx/log_summary.h"
#include "evtx/select.h"

#define FETCH_LINE_BYTES 64u
#define FETCH_AHEAD_BYTES 4096u

/* A record of the event table. */
struct selected_record {
    struct record record;
    struct record_summary summary;
    bool recovered;
};

struct chunkread {
    const struct reader_options *options;
    const struct sink *sink;
    struct source_facts *facts;
    struct selector *selector;
    struct log_spans *spans; /* of a log; carved records cover nothing */
    struct deduper *deduper;
    struct verifier *verifier;
    struct event event;
    /* The chunk at hand. */
    struct chunk chunk;
    struct chunk_place place;
    bool walk_broke;
    bool wants_check;  /* something of it was handed on, or could not be decoded */
    bool told_unasked; /* that the second reader is not asked for something */
    size_t selected_count;
    struct selected_record *selected; /* owned, like all that follow: room for a chunk */
    struct record *deciding;          /* those that the second reader is asked for */
    uint32_t *found;                  /* positions of records that the search found, ascending */
    size_t found_count;
    uint32_t walk_end_bytes;
    uint64_t *checked; /* offsets of the chunks whose records checksum was looked at */
    size_t checked_count;
};

struct chunkread *chunkread_create(const struct reader_options *options, const struct sink *sink,
                                   struct source_facts *facts)
{
    struct chunkread *reading = memory_allocate(1, sizeof(*reading));

    reading->options = options;
    reading->sink = sink;
    reading->facts = facts;
    reading->selector = selector_create(facts);
    reading->spans = log_spans_create(facts, &options->window);
    reading->deduper = deduper_create();
    reading->verifier = verifier_create();
    reading->selected = memory_resize(NULL, CHUNK_RECORDS_MOST, sizeof(*reading->selected));
    reading->deciding = memory_resize(NULL, CHUNK_RECORDS_MOST, sizeof(*reading->deciding));
    reading->found = memory_resize(NULL, CHUNK_RECORDS_MOST, sizeof(*reading->found));
    return reading;
}

void chunkread_free(struct chunkread *reading)
{
    if (reading == NULL)
        return;
    log_spans_free(reading->spans);
    selector_free(reading->selector);
    deduper_free(reading->deduper);
    verifier_free(reading->verifier);
    event_free_content(&reading->event);
    free(reading->selected);
    free(reading->deciding);
    free(reading->found);
    free(reading->checked);
    free(reading);
}

/* Notes what `err` says as damage, at its offset or else at `offset_bytes`, and clears it. */
static void note_damage(struct chunkread *reading, uint64_t offset_bytes, struct error *err)
{
    if (err->offset_bytes != ERROR_NO_OFFSET)
        offset_bytes = err->offset_bytes;
    source_facts_add_damage(reading->facts, offset_bytes, "%s", err->message);
    error_clear(err);
}

/* Counts a record that cannot be decoded; none is without its number and offset. */
static void note_undecodable(struct chunkread *reading, const struct record *record,
                             const char *reason)
{
    reading->wants_check = true;
    source_facts_add_undecodable(reading->facts, "%" PRIu64 " at byte %" PRIu64 " (%s)",
                                 record->number, record->bytes.offset_bytes, reason);
}

static void note_miscopied(struct chunkread *reading, const struct record *record)
{
    reading->wants_check = true;
    source_facts_add_damage(reading->facts, record->bytes.offset_bytes,
                            "record size %zu and its copy disagree, and nothing else",
                            record->bytes.left_bytes);
}

/* --- selection --- */

static void select_record(struct chunkread *reading, const struct record *record,
                          const struct record_summary *summary, bool recovered)
{
    if (summary->event == NULL)
        return;
    reading->facts->selected_count += recovered ? 0 : 1;
    reading->selected[reading->selected_count++] =
        (struct selected_record){.record = *record, .summary = *summary, .recovered = recovered};
}

/* Takes a record of the used part. */
static void take_used(struct chunkread *reading, const struct record *record)
{
    struct error reason = {0};
    struct record_summary summary;

    if (selector_summarise(reading->selector, record, &summary, &reason) != 0) {
        log_summary_add_undecodable(reading->facts);
        note_undecodable(reading, record, reason.message);
        error_clear(&reason);
        return;
    }
    summary.forwarded = summary.forwarded || reading->place.is_carved;
    log_summary_add_record(reading->facts, record, &summary);
    if (!reading->place.is_carved)
        log_spans_add(reading->spans, &summary, false);
    select_record(reading, record, &summary, false);
}

/* Takes a record of the unused part. One that cannot be read is just a remnant. */
static void take_remnant(struct chunkread *reading, const struct record *record)
{
    struct error ignored = {0};
    struct record_summary summary;

    if (selector_summarise(reading->selector, record, &summary, &ignored) == 0) {
        reading->facts->recovered_count++;
        if (reading->place.is_carved && summary.computer != RECORD_SUMMARY_NO_COMPUTER)
            reading->facts->computers[summary.computer].forwarded = true;
        if (!reading->place.is_carved)
            log_spans_add(reading->spans, &summary, true);
        select_record(reading, record, &summary, true);
    }
    error_clear(&ignored);
}

/* --- the walk and the search --- */

static bool is_used(const struct chunkread *reading, const struct record *record)
{
    return reading->chunk.free_space_known &&
           record->position_bytes < reading->chunk.free_space_offset;
}

/* Does the slot before have the same record in the same place, readable there? Windows writes
 * chunks from one buffer that it does not empty, so what follows a chunk's last record is often
 * what stood there in the chunk before, byte for byte. */
static bool stands_before(const struct chunkread *reading, const struct record *record)
{
    const struct span *before = &reading->place.before;
    struct chunk chunk = {.bytes = *before};
    struct record same = *record;

    if (before->left_bytes != CHUNK_SIZE_BYTES)
        return false;
    same.bytes = span_of(before->bytes + record->position_bytes, record->bytes.left_bytes,
                         before->offset_bytes + record->position_bytes);
    return memcmp(same.bytes.bytes, record->bytes.bytes, record->bytes.left_bytes) == 0 &&
           (record_is_forwarded(&same) || record_templates_match(&chunk, &same));
}

/* Is there a record at `position_bytes` of which the copy of the size alone is wrong? Its BinXML
 * has to be whole, and to end where it should. */
static bool read_miscopied(struct chunkread *reading, uint32_t position_bytes, struct record *out)
{
    const struct chunk *chunk = &reading->chunk;
    struct error ignored = {0};
    bool is_whole = chunk_read_miscopied(chunk, position_bytes, chunk->free_space_offset, out) &&
                    record_is_whole(chunk, out) &&
                    (record_is_forwarded(out) || record_templates_match(chunk, out)) &&
                    event_decode(&reading->event, chunk, out, false, &ignored) == 0;

    error_clear(&ignored);
    return is_whole;
}

/* Takes such a record of the used part that lies in front of `end_bytes`, where the search goes on,
 * if there is one, and moves the search behind it. */
static bool take_miscopied(struct chunkread *reading, uint32_t *position_bytes, uint32_t end_bytes)
{
    struct record record;
    struct span at;

    if (!reading->chunk.free_space_known)
        return false;
    for (uint32_t position = *position_bytes;
         position < end_bytes && span_at(&reading->chunk.bytes, position, &at); position++) {
        const uint8_t *magic = memchr(at.bytes, RECORD_MAGIC[0], end_bytes - position);

        if (magic == NULL)
            return false;
        position += (uint32_t)(magic - at.bytes);
        if (!read_miscopied(reading, position, &record))
            continue;
        note_miscopied(reading, &record);
        take_used(reading, &record);
        reading->found[reading->found_count++] = position;
        *position_bytes = position + (uint32_t)record.bytes.left_bytes;
        return true;
    }
    return false;
}

/* Finds the next record behind *position_bytes; what lies before it and is miscopied is taken. */
static bool find_record(struct chunkread *reading, uint32_t *position_bytes, struct record *out)
{
    uint32_t next;
    bool found;

    do {
        next = *position_bytes;
        found = chunk_find_record(&reading->chunk, &next, out);
    } while (
        take_miscopied(reading, position_bytes, found ? out->position_bytes : CHUNK_SIZE_BYTES));
    *position_bytes = next;
    return found;
}

/* Searches what the walk did not reach. Where a template definition that a record refers to was
 * overwritten, it would be read by whatever stands there now: such a record is undecodable in the
 * used part, and a mere remnant in the rest. */
static void search_chunk(struct chunkread *reading, uint32_t position_bytes)
{
    struct record record;

    reading->found_count = 0;
    while (find_record(reading, &position_bytes, &record)) {
        bool can_be_read =
            record_is_forwarded(&record) || record_templates_match(&reading->chunk, &record);

        reading->found[reading->found_count++] = record.position_bytes;
        if (is_used(reading, &record) && can_be_read) {
            take_used(reading, &record);
        } else if (is_used(reading, &record)) {
            log_summary_add_undecodable(reading->facts);
            note_undecodable(reading, &record, "its template was overwritten");
        } else if (can_be_read && !stands_before(reading, &record)) {
            take_remnant(reading, &record);
        }
    }
}

/* Has the processor fetch what the walk will come to: it reads a little of each record, in leaps
 * that no processor foresees. `position` is where the walk is. */
static void fetch_ahead(const struct span *bytes, uint32_t position, uint32_t *fetched)
{
    uint32_t end = position + FETCH_AHEAD_BYTES;

    for (; *fetched < end && *fetched < bytes->left_bytes; *fetched += FETCH_LINE_BYTES)
        __builtin_prefetch(bytes->bytes + *fetched);
}

/* Goes on to the next record: false at the end, and, with *err filled, where the walk breaks. */
static inline bool walk_on(struct chunkread *reading, uint32_t *position_bytes,
                           struct record *record, struct error *err)
{
    int step = chunk_next_record(&reading->chunk, position_bytes, record, err);

    if (step >= 0 || !read_miscopied(reading, *position_bytes, record))
        return step > 0;
    error_clear(err);
    note_miscopied(reading, record);
    *position_bytes += (uint32_t)record->bytes.left_bytes;
    return true;
}

/* Walks the records of the chunk at hand, and searches what the walk does not reach. */
static void walk_chunk(struct chunkread *reading)
{
    struct error err = {0};
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    uint32_t fetched = 0;
    struct record record;

    selector_begin_chunk(reading->selector, &reading->chunk);
    deduper_begin_chunk(reading->deduper);
    while (walk_on(reading, &position_bytes, &record, &err)) {
        fetch_ahead(&reading->chunk.bytes, position_bytes, &fetched);
        take_used(reading, &record);
    }
    reading->walk_broke = err.kind != ERROR_NONE;
    reading->walk_end_bytes = position_bytes;
    /* A cut chunk cannot be walked to its free space, and is damage already. */
    if (reading->walk_broke && !reading->place.is_cut)
        note_damage(reading, reading->chunk.bytes.offset_bytes + position_bytes, &err);
    error_clear(&err);
    search_chunk(reading, position_bytes);
}

/* --- decoding --- */

static void note_conflict(struct chunkread *reading, const struct observation *observation)
{
    source_facts_add_conflict(reading->facts, "%" PRIu64 " at byte %" PRIu64 " (libevtx: %s)",
                              observation->record_number, observation->offset_bytes,
                              observation->other_reading);
}

/* Decodes the record and hands its observation on, if the case keeps it. */
static int hand_on(struct chunkread *reading, const struct chunk *chunk,
                   const struct record *record, const struct incident_event *event, bool recovered,
                   struct error *err)
{
    struct observation *observation = &reading->event.observation;
    struct error reason = {0};

    if (event_decode(&reading->event, chunk, record, false, &reason) != 0) {
        if (!recovered)
            note_undecodable(reading, record, reason.message);
        error_clear(&reason);
        return 0;
    }
    observation->recovered = recovered;
    if (!incident_keeps(event, observation, &reading->options->window))
        return 0;
    if (incident_may_decide(event)) {
        if (reading->options->skip_reference)
            observation->verified = VERIFIED_NO;
        else
            verifier_check(reading->verifier, record, observation);
    }
    if (observation->verified == VERIFIED_CONFLICT)
        note_conflict(reading, observation);
    return reading->sink->observation(reading->sink->context, event, observation, err);
}

/* Is the second reader to be asked for the record, and can it be? Of one that is not sound, or
 * expands to too much, libevtx can be harmed: the latter would read like any other and is said.
 * What our own walk does not get through cannot be decoded, which is said elsewhere. */
static bool is_to_verify(struct chunkread *reading, const struct chunk *chunk,
                         const struct record *record, const struct incident_event *event)
{
    bool is_too_much;

    if (reading->options->skip_reference || !incident_may_decide(event) ||
        record_is_forwarded(record) || !record_is_sound(chunk, record))
        return false;
    if (verifier_can_ask(reading->verifier, chunk, record, &is_too_much))
        return true;
    if (!is_too_much)
        return false;
    if (!reading->told_unasked)
        source_facts_add_detail(reading->facts,
                                "from byte %" PRIu64 " on there are records that libevtx is not "
                                "asked for, as they expand to too much: not verified",
                                record->bytes.offset_bytes);
    reading->told_unasked = true;
    return false;
}

/* Tells the second reader which records of the chunk at hand it can be asked for. */
static void begin_verifying(struct chunkread *reading)
{
    size_t count = 0;

    for (size_t index = 0; index < reading->selected_count; index++) {
        const struct record *record = &reading->selected[index].record;

        if (is_to_verify(reading, &reading->chunk, record, reading->selected[index].summary.event))
            reading->deciding[count++] = *record;
    }
    verifier_begin_chunk(reading->verifier, &reading->chunk, reading->deciding, count);
}

static int hand_on_selected(struct chunkread *reading, struct error *err)
{
    for (size_t index = 0; index < reading->selected_count; index++) {
        const struct selected_record *selected = &reading->selected[index];
        const struct incident_event *event = selected->summary.event;

        if (event->keep == EVENT_KEEP_FIRST_AND_LAST && !selected->recovered &&
            deduper_take(reading->deduper, &reading->chunk, reading->place.is_cut,
                         &selected->record, &selected->summary))
            continue;
        reading->wants_check = true;
        if (hand_on(reading, &reading->chunk, &selected->record, event, selected->recovered, err) !=
            0)
            return -1;
    }
    return 0;
}

/* --- what libevtx recovers besides --- */

static bool is_known(const void *context, uint32_t position_bytes)
{
    const struct chunkread *reading = context;

    if (position_bytes < reading->walk_end_bytes)
        return true;
    for (size_t index = 0; index < reading->found_count; index++)
        if (reading->found[index] == position_bytes)
            return true;
    return false;
}

/* Where the walk broke, libevtx may take for a record what our search does not. */
static int add_recovered(struct chunkread *reading, struct error *err)
{
    struct observation observation;

    while (verifier_next_recovered(reading->verifier, reading->walk_end_bytes, is_known, reading,
                                   &observation)) {
        const struct incident_event *event =
            incident_find_event(observation.provider, observation.event_id);

        reading->facts->recovered_count++;
        observation.recovered = true;
        if (*observation.computer != '\0')
            source_facts_computer(reading->facts, observation.computer)->forwarded |=
                reading->place.is_carved;
        if (event == NULL || !incident_keeps(event, &observation, &reading->options->window))
            continue;
        reading->wants_check = true;
        if (!incident_may_decide(event))
            observation.verified = VERIFIED_NOT_ASKED;
        if (reading->sink->observation(reading->sink->context, event, &observation, err) != 0)
            return -1;
    }
    return 0;
}

/* --- the chunk --- */

/* Checks the checksum of the chunk's records, once a chunk. */
static void check_records(struct chunkread *reading, const struct chunk *chunk)
{
    struct error damage = {0};

    for (size_t index = 0; index < reading->checked_count; index++)
        if (reading->checked[index] == chunk->bytes.offset_bytes)
            return;
    reading->checked =
        memory_grow(reading->checked, reading->checked_count, sizeof(*reading->checked));
    reading->checked[reading->checked_count++] = chunk->bytes.offset_bytes;
    if (chunk_check_records(chunk, &damage) != 0)
        note_damage(reading, chunk->bytes.offset_bytes, &damage);
}

int chunkread_read(struct chunkread *reading, struct span bytes, const struct chunk_place *place,
                   struct error *err)
{
    struct error damage = {0};

    reading->place = *place;
    reading->wants_check = false;
    reading->selected_count = 0;
    if (chunk_open(bytes, place->log_flags, &reading->chunk, &damage) != 0)
        note_damage(reading, bytes.offset_bytes, &damage);
    walk_chunk(reading);
    begin_verifying(reading);
    if (hand_on_selected(reading, err) != 0)
        return -1;
    if (reading->walk_broke && !reading->options->skip_reference &&
        add_recovered(reading, err) != 0)
        return -1;
    if ((reading->wants_check || reading->options->verify) && !place->is_cut)
        check_records(reading, &reading->chunk);
    return 0;
}

int chunkread_finish(struct chunkread *reading, struct error *err)
{
    struct held_record held;

    log_spans_finish_part(reading->spans);
    while (deduper_next(reading->deduper, &held)) {
        /* Its chunk is mostly not the one that was begun last. */
        verifier_begin_chunk(reading->verifier, &held.chunk, &held.record,
                             is_to_verify(reading, &held.chunk, &held.record, held.event) ? 1 : 0);
        if (hand_on(reading, &held.chunk, &held.record, held.event, false, err) != 0)
            return -1;
        if (!held.chunk_is_cut)
            check_records(reading, &held.chunk);
    }
    return 0;
}
