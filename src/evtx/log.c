/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of EVTX logs. Every 64 KiB slot behind the file header is looked at, whatever the
 * headers count: mapped (base/file.h), checked and walked (evtx/chunk.h), its records selected
 * (evtx/select.h), those that matter decoded (evtx/decode.h), and what can decide a verdict read a
 * second time by libevtx (evtx/check/verify.h). What is done with one chunk is evtx/chunkread.h's;
 * here is what makes a log of chunks: parts, slots, header, end. */
#include "evtx/readers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/chunkread.h"
#include "evtx/log_summary.h"

/* A part is mapped from a little before it: its first slot is compared with the one before, and
 * the kernel maps large pages only at multiples of their size. */
#define MAP_BEFORE_BYTES (UINT64_C(2) * 1024 * 1024)

struct log_reading {
    const struct source *source;
    int descriptor;
    const struct reader_options *options;
    struct source_facts *facts;
    struct chunkread *chunks;
    struct file_header header;
    size_t first_chunk_bytes; /* where the slots begin: behind the file header, mostly */
    struct mapping mapping;
    uint64_t end_bytes; /* of the part, as far as the file reaches */
    bool fault_noted;
    bool ended;         /* the file became shorter: nothing more can be read */
    struct span before; /* the slot before the one at hand, to be compared with; or empty */
    uint8_t *cut;       /* owned: the last slot of a cut log, filled up with zeros */
};

/* --- the file --- */

/* Notes that the file cannot be read from `offset_bytes` on. */
static void log_note_unreadable(struct log_reading *reading, uint64_t offset_bytes,
                                const char *reason)
{
    source_facts_add_damage(reading->facts, offset_bytes, "%s%s",
                            reason == NULL ? "became shorter while it was read"
                                           : "cannot be read: ",
                            reason == NULL ? "" : reason);
    reading->ended = reason == NULL;
}

/* Looks whether a page of the mapping could not be read. */
static void log_check_mapping(struct log_reading *reading)
{
    uint64_t offset_bytes;

    if (reading->fault_noted || !mapping_find_fault(&reading->mapping, &offset_bytes))
        return;
    reading->fault_noted = true;
    log_note_unreadable(reading, offset_bytes,
                        source_present_size(reading->descriptor, reading->source->size_bytes) <=
                                offset_bytes
                            ? NULL
                            : strerror(EIO));
}

static void log_hand_to_byte_sink(const struct log_reading *reading, const void *bytes,
                                  size_t size_bytes)
{
    const struct byte_sink *byte_sink = reading->options->byte_sink;

    if (byte_sink != NULL)
        byte_sink->take(byte_sink->context, bytes, size_bytes);
}

/* Where the first chunk begins that is whole: behind the file header, if that is there or none
 * begins at a page. */
static size_t find_first_chunk(struct span start)
{
    struct span page;

    if (span_starts_with(&start, FILE_HEADER_MAGIC, sizeof(FILE_HEADER_MAGIC)))
        return FILE_HEADER_SIZE_BYTES;
    for (size_t at = 0; span_at(&start, at, &page) && page.left_bytes > 0; at += LOG_PAGE_BYTES)
        if (span_starts_with(&page, CHUNK_MAGIC, sizeof(CHUNK_MAGIC)))
            return at;
    return FILE_HEADER_SIZE_BYTES;
}

/* Notes what is wrong with the file header, and what lies before the first chunk without one. */
static void log_note_header(struct log_reading *reading, struct error *damage)
{
    if (reading->first_chunk_bytes != FILE_HEADER_SIZE_BYTES)
        source_facts_add_damage(reading->facts, 0,
                                "log without its first pages: the first chunk begins at byte %zu",
                                reading->first_chunk_bytes);
    else if (damage->kind != ERROR_NONE)
        source_facts_add_damage(reading->facts, damage->offset_bytes, "%s", damage->message);
    if ((reading->header.flags & LOG_FLAG_DIRTY) != 0)
        source_facts_add_detail(reading->facts,
                                "dirty: copied from a running system or not closed");
}

/* Reads the start of the file into `bytes`: the file header, which tells every part whether
 * checksums are kept, or, where it is not there, as far as the first chunk can lie. The first part
 * notes what is wrong with it. Returns -1 when nothing could be read. */
static int log_read_start(struct log_reading *reading, uint8_t *bytes, bool first_part,
                          struct error *err)
{
    uint64_t size_bytes = reading->source->size_bytes;
    size_t most = size_bytes < LOG_START_BYTES ? (size_t)size_bytes : LOG_START_BYTES;
    size_t expected_bytes = most < FILE_HEADER_SIZE_BYTES ? most : FILE_HEADER_SIZE_BYTES;
    struct error damage = {0};
    size_t got;

    if (file_read_at(reading->descriptor, bytes, expected_bytes, 0, &got) != 0)
        return error_set(err, ERROR_SOURCE, got, "cannot be read: %m");
    if (got == 0)
        return error_set(err, ERROR_SOURCE, 0, "became shorter while it was read");
    if (memcmp(bytes, FILE_HEADER_MAGIC, sizeof(FILE_HEADER_MAGIC)) != 0 &&
        file_read_at(reading->descriptor, bytes, most, 0, &got) != 0)
        return error_set(err, ERROR_SOURCE, got, "cannot be read: %m");
    reading->first_chunk_bytes = find_first_chunk(span_of(bytes, got, 0));
    if (reading->first_chunk_bytes > FILE_HEADER_SIZE_BYTES)
        expected_bytes = reading->first_chunk_bytes;
    if (got > expected_bytes)
        got = expected_bytes;
    file_header_open(span_of(bytes, got, 0), &reading->header, &damage);
    reading->facts->partial.chunk_count = reading->header.chunk_count;
    if (first_part) {
        log_note_header(reading, &damage);
        log_hand_to_byte_sink(reading, bytes,
                              got < reading->first_chunk_bytes ? got : reading->first_chunk_bytes);
        if (got < expected_bytes)
            log_note_unreadable(reading, got, NULL);
    }
    error_clear(&damage);
    return 0;
}

/* --- empty slots: room not used yet, or something lost --- */

static void facts_note_lost(struct source_facts *facts, uint64_t offset_bytes, uint64_t lost_count)
{
    if (lost_count > 0)
        source_facts_add_damage(facts, offset_bytes,
                                "%" PRIu64 " chunk%s of zeros where chunks were written",
                                lost_count, text_plural(lost_count));
}

static void log_count_empty(struct log_reading *reading, uint64_t offset_bytes)
{
    struct partial_state *partial = &reading->facts->partial;

    if (!partial->has_chunks && partial->leading_empty++ == 0)
        partial->leading_empty_offset_bytes = offset_bytes;
    else if (partial->has_chunks && partial->trailing_empty++ == 0)
        partial->trailing_empty_offset_bytes = offset_bytes;
}

/* Where a chunk follows empty slots, something was lost. */
static void log_end_empty(struct log_reading *reading)
{
    struct partial_state *partial = &reading->facts->partial;

    if (partial->has_chunks)
        facts_note_lost(reading->facts, partial->trailing_empty_offset_bytes,
                        partial->trailing_empty);
    partial->has_chunks = true;
    partial->trailing_empty = 0;
}

/* Joins the run of empty slots that goes over from one part to the next. */
static void join_empty(struct source_facts *whole, const struct source_facts *part)
{
    const struct partial_state *from = &part->partial;
    struct partial_state *into = &whole->partial;
    uint64_t run = into->trailing_empty + from->leading_empty;

    if (into->trailing_empty == 0)
        into->trailing_empty_offset_bytes = from->leading_empty_offset_bytes;
    into->trailing_empty = run;
    if (!from->has_chunks)
        return;
    facts_note_lost(whole, into->trailing_empty_offset_bytes, run);
    into->trailing_empty = from->trailing_empty;
    into->trailing_empty_offset_bytes = from->trailing_empty_offset_bytes;
}

/* At the end of the log, where the file header counts them as used, something was lost. */
static void finish_empty(struct source_facts *facts)
{
    const struct partial_state *partial = &facts->partial;
    uint64_t first, lost;

    if (partial->trailing_empty == 0)
        return;
    first = (partial->trailing_empty_offset_bytes - FILE_HEADER_SIZE_BYTES) / CHUNK_SIZE_BYTES;
    lost = partial->chunk_count > first ? partial->chunk_count - first : 0;
    facts_note_lost(facts, partial->trailing_empty_offset_bytes,
                    lost < partial->trailing_empty ? lost : partial->trailing_empty);
}

/* --- slots --- */

/* Reads the slot at `offset_bytes`. Returns -1 only when the sink ended the run. */
static int log_read_slot(struct log_reading *reading, struct span slot, struct error *err)
{
    uint64_t offset_bytes = slot.offset_bytes;
    bool is_empty = chunk_is_unused(slot); /* zeros at the end need not be a whole slot */
    bool is_cut = !is_empty && slot.left_bytes < CHUNK_SIZE_BYTES;
    int result = 0;

    log_hand_to_byte_sink(reading, slot.bytes, slot.left_bytes);
    if (is_cut) {
        if (!reading->ended)
            source_facts_add_damage(reading->facts, offset_bytes,
                                    "log is cut: %zu of the %u bytes of a chunk are there",
                                    slot.left_bytes, CHUNK_SIZE_BYTES);
        reading->cut = memory_allocate(CHUNK_SIZE_BYTES, 1);
        memcpy(reading->cut, slot.bytes, slot.left_bytes);
        slot = span_of(reading->cut, CHUNK_SIZE_BYTES, offset_bytes);
    }
    if (is_empty) {
        log_count_empty(reading, offset_bytes);
    } else {
        struct chunk_place place = {
            .before = reading->before, .log_flags = reading->header.flags, .is_cut = is_cut};

        log_end_empty(reading);
        result = chunkread_read(reading->chunks, slot, &place, err);
    }
    reading->before = slot;
    log_check_mapping(reading);
    return result;
}

/* Reads the slots of the part that begins at `start_bytes`, which is not the first slot of all
 * where there is a slot before it. */
static int log_read_slots(struct log_reading *reading, uint64_t start_bytes, struct error *err)
{
    uint64_t map_start = start_bytes > MAP_BEFORE_BYTES
                             ? (start_bytes - MAP_BEFORE_BYTES) & ~(MAP_BEFORE_BYTES - 1)
                             : 0;
    int result = 0;

    if (mapping_open(reading->descriptor, map_start, (size_t)(reading->end_bytes - map_start),
                     &reading->mapping, err) != 0)
        return -1;
    if (start_bytes >= reading->first_chunk_bytes + CHUNK_SIZE_BYTES)
        reading->before =
            mapping_span(&reading->mapping, start_bytes - CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES);
    for (uint64_t at = start_bytes; result == 0 && at < reading->end_bytes;
         at += CHUNK_SIZE_BYTES) {
        uint64_t left_bytes = reading->end_bytes - at;
        struct span slot =
            mapping_span(&reading->mapping, at,
                         left_bytes < CHUNK_SIZE_BYTES ? (size_t)left_bytes : CHUNK_SIZE_BYTES);

        result = log_read_slot(reading, slot, err);
        if (reading->fault_noted && reading->ended)
            break;
    }
    if (result == 0)
        result = chunkread_finish(reading->chunks, err);
    mapping_close(&reading->mapping);
    return result;
}

static uint64_t evtx_log_count_parts(uint64_t size_bytes)
{
    if (size_bytes <= FILE_HEADER_SIZE_BYTES + EVTX_PART_BYTES)
        return 1;
    return (size_bytes - FILE_HEADER_SIZE_BYTES + EVTX_PART_BYTES - 1) / EVTX_PART_BYTES;
}

/* Reads part number `part`: where it lies, and whether the file still reaches so far. The last one
 * has what there is, whether the slots begin at the usual place or not. */
static int log_read_part(struct log_reading *reading, uint64_t part, struct error *err)
{
    uint64_t size_bytes = reading->source->size_bytes;
    uint64_t present_bytes = source_present_size(reading->descriptor, size_bytes);
    bool is_last = part + 1 == evtx_log_count_parts(size_bytes);
    uint8_t start[LOG_START_BYTES];
    uint64_t start_bytes, expected_bytes;

    if (size_bytes == 0)
        return 0;
    if (log_read_start(reading, start, part == 0, err) != 0)
        return -1;
    start_bytes = reading->first_chunk_bytes + part * EVTX_PART_BYTES;
    expected_bytes = is_last || size_bytes < start_bytes + EVTX_PART_BYTES
                         ? size_bytes
                         : start_bytes + EVTX_PART_BYTES;
    reading->end_bytes = expected_bytes < present_bytes ? expected_bytes : present_bytes;
    if (reading->end_bytes < expected_bytes && !reading->ended)
        log_note_unreadable(reading, reading->end_bytes, NULL);
    /* Empty slots in front of the log's first chunk are lost ones. */
    reading->facts->partial.has_chunks = part == 0;
    return reading->end_bytes > start_bytes ? log_read_slots(reading, start_bytes, err) : 0;
}

/* --- the reader --- */

static int evtx_log_read_part(const struct source *source, int descriptor, uint64_t part,
                              const struct reader_options *options, const struct sink *sink,
                              struct source_facts *facts, struct error *err)
{
    struct log_reading reading = {
        .source = source,
        .descriptor = descriptor,
        .options = options,
        .facts = facts,
        .chunks = chunkread_create(options, sink, facts),
    };
    int result = log_read_part(&reading, part, err);

    chunkread_free(reading.chunks);
    free(reading.cut);
    return result;
}

static void evtx_log_join(struct source_facts *whole, struct source_facts *part)
{
    log_summary_join(whole, part);
    join_empty(whole, part);
    source_facts_join(whole, part);
}

static void evtx_log_finish(struct source_facts *facts)
{
    finish_empty(facts);
    log_summary_finish(facts);
    log_spans_finish(facts);
    source_facts_finish(facts, evtx_log_reader.reference);
}

const struct reader evtx_log_reader = {
    .count_parts = evtx_log_count_parts,
    .read_part = evtx_log_read_part,
    .join = evtx_log_join,
    .finish = evtx_log_finish,
    .part_bytes = EVTX_PART_BYTES,
    .reference = "libevtx",
};
