/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of EVTX logs. Every 64 KiB slot behind the file header is looked at, whatever the
 * headers count: read with pread (a log that shrinks under us is then a short read, no signal),
 * checked and walked by evtx/chunk.h, decoded by evtx/reference.h. Memory stays the same however
 * long the log is: two chunks and one event. */
#include "evtx/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/eventtext.h"
#include "evtx/reference.h"
#include "evtx/tally.h"

struct log {
    const struct source *source;
    int descriptor;
    const struct reader_options *options;
    const struct sink *sink;
    struct source_facts *facts;
    struct tally tally;
    struct reference *reference;
    struct eventtext event;
    struct file_header header;
    bool something_read;
    bool ended;                  /* the file became shorter: nothing more can be read */
    uint64_t empty_count;        /* empty slots since the last used one */
    uint64_t empty_offset_bytes; /* of the first of them */
    uint8_t *chunk_bytes;        /* owned: the slot at hand */
    uint8_t *before_bytes;       /* owned: the slot before it */
    /* By position in the chunk: was the record there read, or counted as undecodable? */
    bool *chunk_met;        /* owned: of the slot at hand */
    bool *before_met;       /* owned: of the slot before it */
    struct chunk chunk;     /* the one at hand */
    bool chunk_is_cut;      /* the file ends in it; the rest is zeros */
    bool chunk_wants_check; /* it has a record of the event table, or one that may be */
    size_t walked_count;    /* of the chunk at hand */
    struct record walked[CHUNK_RECORDS_MOST];
    size_t found_count; /* by searching what the walk did not reach */
    struct record found[CHUNK_RECORDS_MOST];
    size_t reference_next[2]; /* what to ask libevtx for next, by enum reference_list */
};

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Reads `size_bytes` at `offset_bytes`. Returns how many bytes there were; where these are fewer,
 * *error_number tells why, 0 for the end of the file. */
static size_t log_try_bytes(struct log *log, uint8_t *out, size_t size_bytes, uint64_t offset_bytes,
                            int *error_number)
{
    size_t read_bytes = 0;
    ssize_t got = 1;

    *error_number = 0;
    while (read_bytes < size_bytes && got > 0) {
        got = pread(log->descriptor, out + read_bytes, size_bytes - read_bytes,
                    (off_t)(offset_bytes + read_bytes));
        if (got < 0 && errno == EINTR) {
            got = 1;
        } else if (got < 0) {
            *error_number = errno;
        } else {
            read_bytes += (size_t)got;
        }
    }
    if (read_bytes > 0)
        log->something_read = true;
    return read_bytes;
}

/* The same, with damage noted where there were fewer bytes. */
static size_t log_read_bytes(struct log *log, uint8_t *out, size_t size_bytes,
                             uint64_t offset_bytes)
{
    int error_number;
    size_t read_bytes = log_try_bytes(log, out, size_bytes, offset_bytes, &error_number);

    if (read_bytes == size_bytes)
        return read_bytes;
    log->ended = error_number == 0;
    source_facts_add_damage(log->facts, offset_bytes + read_bytes, "%s%s",
                            log->ended ? "became shorter while it was read" : "cannot be read: ",
                            log->ended ? "" : strerror(error_number));
    return read_bytes;
}

/* Notes what `err` says as damage, at its offset or else at `offset_bytes`, and clears it. */
static void log_note_damage(struct log *log, uint64_t offset_bytes, struct error *err)
{
    if (err->offset_bytes != ERROR_NO_OFFSET)
        offset_bytes = err->offset_bytes;
    source_facts_add_damage(log->facts, offset_bytes, "%s", err->message);
    error_clear(err);
}

/* Counts a walked record that cannot be decoded; no record is without its number and offset. */
static void log_note_undecodable(struct log *log, const struct record *record, const char *reason)
{
    tally_add_undecodable(&log->tally);
    log->chunk_met[record->position_bytes] = true;
    log->chunk_wants_check = true;
    source_facts_add_undecodable(log->facts, "%" PRIu64 " at byte %" PRIu64 " (%s)", record->number,
                                 record->bytes.offset_bytes, reason);
}

/* Completes the observation in log->event with where it lies, and hands it on if it is of the
 * event table and kept. */
static int log_hand_on(struct log *log, const struct record *record, bool recovered,
                       struct error *err)
{
    struct observation *observation = &log->event.observation;
    const struct incident_event *event =
        incident_find_event(observation->provider, observation->event_id);

    observation->offset_bytes = record->bytes.offset_bytes;
    observation->record_number = record->number;
    observation->recovered = recovered;
    log->chunk_met[record->position_bytes] = true;
    if (!recovered)
        tally_add_record(&log->tally, observation, record->written_filetime,
                         log->event.has_rendering);
    if (event == NULL)
        return 0;
    if (!recovered) {
        log->facts->selected_count++;
        log->chunk_wants_check = true;
    }
    if (!incident_keeps(event, observation, &log->options->window))
        return 0;
    return log->sink->observation(log->sink->context, event, observation, err);
}

/* Has libevtx decode the record into log->event. Its list has the same records in the same order,
 * but may lack some; one that fails does not tell its position and is taken to be this one. */
static int log_decode(struct log *log, enum reference_list list, const struct record *record,
                      struct error *reason)
{
    size_t *next = &log->reference_next[list];
    struct reference_record decoded;

    if (!record_is_sound(&log->chunk, record)) {
        *next += 1;
        return error_set(reason, ERROR_SOURCE, ERROR_NO_OFFSET, "its values run out of it");
    }
    while (*next < reference_count(log->reference, list)) {
        int result = reference_read(log->reference, list, *next, &decoded, reason);

        if (result == 0 && decoded.position_bytes > record->position_bytes)
            break;
        *next += 1;
        if (result != 0)
            return -1;
        if (decoded.position_bytes == record->position_bytes)
            return eventtext_parse(&log->event, decoded.text, decoded.length_bytes, reason);
    }
    return error_set(reason, ERROR_SOURCE, ERROR_NO_OFFSET, "not handed out by libevtx");
}

static const char *undecodable_reason(const struct record *record, const struct error *reason)
{
    return record_is_forwarded(record) ? "forwarded, without a template" : reason->message;
}

/* Hands a record of the used part of the chunk on, or counts it as undecodable. */
static int log_read_used(struct log *log, enum reference_list list, const struct record *record,
                         struct error *err)
{
    struct error reason = {0};
    int result = 0;

    if (log_decode(log, list, record, &reason) == 0)
        result = log_hand_on(log, record, false, err);
    else
        log_note_undecodable(log, record, undecodable_reason(record, &reason));
    error_clear(&reason);
    return result;
}

/* Hands a record of the unused part on. One that does not decode is just a remnant. */
static int log_read_remnant(struct log *log, const struct record *record, struct error *err)
{
    struct error reason = {0};
    int result = 0;

    if (log_decode(log, REFERENCE_LIST_RECOVERED, record, &reason) == 0) {
        log->facts->recovered_count++;
        if (log->event.observation.computer[0] != '\0')
            source_facts_computer(log->facts, log->event.observation.computer);
        result = log_hand_on(log, record, true, err);
    }
    error_clear(&reason);
    return result;
}

/* Is the record in the part that the header says is used? Behind a place where the walk could not
 * go on there are such records too. */
static bool log_is_used(const struct log *log, const struct record *record)
{
    return log->chunk.free_space_known && record->position_bytes < log->chunk.free_space_offset;
}

/* Was a remnant met in the slot before? Windows writes chunks from one buffer that it does not
 * empty, so what follows a chunk's last record is often what stood there in the chunk before, byte
 * for byte. */
static bool log_met_before(struct log *log, const struct record *record)
{
    if (!log->before_met[record->position_bytes] ||
        memcmp(record->bytes.bytes, log->before_bytes + record->position_bytes,
               record->bytes.left_bytes) != 0)
        return false;
    log->chunk_met[record->position_bytes] = true;
    return true;
}

/* Searches what the walk did not reach for records worth being told. Where a template definition
 * that a record refers to was overwritten, it would be read by whatever stands there now: such a
 * record is undecodable in the used part, and a mere remnant in the rest. */
static void log_search_chunk(struct log *log, uint32_t position_bytes)
{
    struct record record;

    log->found_count = 0;
    while (chunk_find_record(&log->chunk, &position_bytes, &record)) {
        bool used = log_is_used(log, &record);

        if (used && record_is_forwarded(&record))
            log_note_undecodable(log, &record, "forwarded, without a template");
        else if (used && !record_templates_match(&log->chunk, &record))
            log_note_undecodable(log, &record, "its template was overwritten");
        else if (used ||
                 (!log_met_before(log, &record) && record_templates_match(&log->chunk, &record)))
            log->found[log->found_count++] = record;
    }
}

/* Walks the records of the chunk at hand, and searches what the walk does not reach. */
static void log_walk_chunk(struct log *log)
{
    struct error err = {0};
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    struct record record;

    log->walked_count = 0;
    while (chunk_next_record(&log->chunk, &position_bytes, &record, &err) > 0)
        log->walked[log->walked_count++] = record;
    /* A cut chunk cannot be walked to its free space, and is damage already. */
    if (err.kind != ERROR_NONE && !log->chunk_is_cut)
        log_note_damage(log, log->chunk.bytes.offset_bytes + position_bytes, &err);
    error_clear(&err);
    log_search_chunk(log, position_bytes);
}

/* Has libevtx decode the records of the chunk at hand, in the order of the chunk. */
static int log_decode_chunk(struct log *log, struct error *err)
{
    struct error refusal = {0};

    memset(log->reference_next, 0, sizeof(log->reference_next));
    if (reference_open(log->reference, &log->chunk, log->walked, log->walked_count, log->found,
                       log->found_count, &refusal) != 0)
        log_note_damage(log, log->chunk.bytes.offset_bytes, &refusal);
    for (size_t index = 0; index < log->walked_count; index++)
        if (log_read_used(log, REFERENCE_LIST_WALKED, &log->walked[index], err) != 0)
            return -1;
    for (size_t index = 0; index < log->found_count; index++) {
        const struct record *found = &log->found[index];

        if ((log_is_used(log, found) ? log_read_used(log, REFERENCE_LIST_RECOVERED, found, err)
                                     : log_read_remnant(log, found, err)) != 0)
            return -1;
    }
    return 0;
}

/* Empty slots are room not used yet. Where chunks follow, or the file header counts them as used,
 * something was lost. */
static void log_note_empty(struct log *log, uint64_t lost_count)
{
    if (lost_count > 0)
        source_facts_add_damage(log->facts, log->empty_offset_bytes,
                                "%" PRIu64 " chunk%s of zeros where chunks were written",
                                lost_count, plural(lost_count));
    log->empty_count = 0;
}

/* At the end of the file. */
static void log_note_empty_end(struct log *log)
{
    uint64_t first = (log->empty_offset_bytes - FILE_HEADER_SIZE_BYTES) / CHUNK_SIZE_BYTES;
    uint64_t lost = log->header.chunk_count > first ? log->header.chunk_count - first : 0;

    if (log->empty_count > 0)
        log_note_empty(log, lost < log->empty_count ? lost : log->empty_count);
}

/* Reads the chunk in log->chunk_bytes, which lies at `offset_bytes`. Returns -1 only when the sink
 * ended the run. */
static int log_read_chunk(struct log *log, uint64_t offset_bytes, struct error *err)
{
    struct span bytes = span_of(log->chunk_bytes, CHUNK_SIZE_BYTES, offset_bytes);
    struct error damage = {0};

    memset(log->chunk_met, 0, CHUNK_SIZE_BYTES * sizeof(*log->chunk_met));
    if (chunk_is_unused(bytes)) {
        if (log->empty_count++ == 0)
            log->empty_offset_bytes = offset_bytes;
        return 0;
    }
    log_note_empty(log, log->empty_count);
    log->chunk_wants_check = false;
    if (chunk_open(bytes, log->header.flags, &log->chunk, &damage) != 0)
        log_note_damage(log, offset_bytes, &damage);
    log_walk_chunk(log);
    if (log_decode_chunk(log, err) != 0)
        return -1;
    if ((log->chunk_wants_check || log->options->verify) && !log->chunk_is_cut &&
        chunk_check_records(&log->chunk, &damage) != 0)
        log_note_damage(log, offset_bytes, &damage);
    return 0;
}

/* Reads all chunk slots up to the end of the file. */
static int log_read_chunks(struct log *log, struct error *err)
{
    uint64_t size_bytes = log->source->size_bytes;
    uint64_t offset_bytes = FILE_HEADER_SIZE_BYTES;

    for (; offset_bytes < size_bytes && !log->ended; offset_bytes += CHUNK_SIZE_BYTES) {
        uint64_t left_bytes = size_bytes - offset_bytes;
        size_t wanted_bytes = left_bytes < CHUNK_SIZE_BYTES ? left_bytes : CHUNK_SIZE_BYTES;
        size_t read_bytes = log_read_bytes(log, log->chunk_bytes, wanted_bytes, offset_bytes);
        uint8_t *swapped_bytes = log->before_bytes;
        bool *swapped_met = log->before_met;

        memset(log->chunk_bytes + read_bytes, 0, CHUNK_SIZE_BYTES - read_bytes);
        log->chunk_is_cut = read_bytes < CHUNK_SIZE_BYTES;
        if (wanted_bytes < CHUNK_SIZE_BYTES)
            source_facts_add_damage(log->facts, offset_bytes,
                                    "log is cut: %zu of the %u bytes of a chunk are there",
                                    wanted_bytes, CHUNK_SIZE_BYTES);
        if (log_read_chunk(log, offset_bytes, err) != 0)
            return -1;
        log->before_bytes = log->chunk_bytes;
        log->chunk_bytes = swapped_bytes;
        log->before_met = log->chunk_met;
        log->chunk_met = swapped_met;
    }
    log_note_empty_end(log);
    return 0;
}

static void log_read_header(struct log *log)
{
    uint64_t size_bytes = log->source->size_bytes;
    size_t wanted_bytes = size_bytes < FILE_HEADER_SIZE_BYTES ? size_bytes : FILE_HEADER_SIZE_BYTES;
    size_t read_bytes = log_read_bytes(log, log->chunk_bytes, wanted_bytes, 0);
    struct error damage = {0};

    if (read_bytes < wanted_bytes)
        return;
    if (file_header_open(span_of(log->chunk_bytes, read_bytes, 0), &log->header, &damage) != 0)
        log_note_damage(log, 0, &damage);
    if ((log->header.flags & LOG_FLAG_DIRTY) != 0)
        source_facts_add_detail(log->facts, "dirty: copied from a running system or not closed");
}

static void log_free(struct log *log)
{
    reference_free(log->reference);
    eventtext_free_content(&log->event);
    free(log->chunk_bytes);
    free(log->before_bytes);
    free(log->chunk_met);
    free(log->before_met);
    free(log);
}

static uint64_t evtx_log_count_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int evtx_log_read_part(const struct source *source, int descriptor, uint64_t part,
                              const struct reader_options *options, const struct sink *sink,
                              struct source_facts *facts, struct error *err)
{
    struct log *log = memory_allocate(1, sizeof(*log));
    int result = 0;

    log->source = source;
    log->descriptor = descriptor;
    log->options = options;
    log->sink = sink;
    log->facts = facts;
    log->tally.facts = facts;
    log->reference = reference_create();
    log->chunk_bytes = memory_allocate(CHUNK_SIZE_BYTES, 1);
    log->before_bytes = memory_allocate(CHUNK_SIZE_BYTES, 1);
    log->chunk_met = memory_allocate(CHUNK_SIZE_BYTES, sizeof(*log->chunk_met));
    log->before_met = memory_allocate(CHUNK_SIZE_BYTES, sizeof(*log->before_met));
    if (source->size_bytes > 0)
        log_read_header(log);
    if (source->size_bytes > FILE_HEADER_SIZE_BYTES)
        result = log_read_chunks(log, err);
    (void)part;
    tally_finish(&log->tally);
    if (result == 0 && source->size_bytes > 0 && !log->something_read)
        result = error_set(err, ERROR_SOURCE, 0, "%s", facts->damage.listed[0]);
    log_free(log);
    return result;
}

const struct reader evtx_log_reader = {
    .kind = "evtx",
    .count_parts = evtx_log_count_parts,
    .read_part = evtx_log_read_part,
    .join = source_facts_join,
    .finish = source_facts_finish,
};
