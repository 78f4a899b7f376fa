/* SPDX-License-Identifier: Apache-2.0 */
#include "differential.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/check/reference.h"
#include "evtx/check/verify.h"
#include "evtx/chunk.h"
#include "evtx/decode.h"
#include "evtx/select.h"

/* Remarks beyond these are only counted. */
#define REMARK_BYTES_MOST 65536u

struct record_comparison {
    const char *name;
    struct differential *out;
    struct source_facts facts;
    struct selector *selector;
    struct reference *reference;
    struct event ours;
    struct eventtext theirs;
    struct chunk chunk;
    size_t walked_count;
    struct record walked[CHUNK_RECORDS_MOST];
    size_t sound_count; /* of those that libevtx can be asked for without harm */
    struct record sound[CHUNK_RECORDS_MOST];
};

static void remark(struct record_comparison *comparison, const struct record *record,
                   const char *format, ...) __attribute__((format(printf, 3, 4)));

static void remark(struct record_comparison *comparison, const struct record *record,
                   const char *format, ...)
{
    struct text *remarks = &comparison->out->remarks;
    va_list arguments;
    char *words;

    if (remarks->length_bytes > REMARK_BYTES_MOST)
        return;
    va_start(arguments, format);
    words = memory_format_list(format, arguments);
    va_end(arguments);
    text_add_format(remarks, "%s, byte %" PRIu64 ": %s\n", comparison->name,
                    record->bytes.offset_bytes, words);
    free(words);
}

/* What observations_agree does not look at: no verdict goes by it. */
static void compare_rest(const struct observation *ours, const struct observation *theirs,
                         struct text *difference)
{
    if (ours->level != theirs->level)
        text_add_format(difference, "; level %d for %d", ours->level, theirs->level);
    if (ours->event_filetime != theirs->event_filetime)
        text_add_format(difference, "; time %" PRIu64 " for %" PRIu64, ours->event_filetime,
                        theirs->event_filetime);
    if (ours->record_id != theirs->record_id)
        text_add_format(difference, "; record id %" PRIu64 " for %" PRIu64, ours->record_id,
                        theirs->record_id);
    if (strcmp(ours->user_sid, theirs->user_sid) != 0)
        text_add_format(difference, "; user %s for %s", ours->user_sid, theirs->user_sid);
}

/* Selection must tell what decoding tells. */
static void compare_summary(struct record_comparison *comparison, const struct record *record,
                            struct text *difference)
{
    const struct observation *observation = &comparison->ours.observation;
    struct error ignored = {0};
    struct record_summary summary;
    const char *computer = "";

    if (selector_summarise(comparison->selector, record, &summary, &ignored) != 0) {
        text_add_format(difference, "; selection fails: %s", ignored.message);
        error_clear(&ignored);
        return;
    }
    if (summary.computer != RECORD_SUMMARY_NO_COMPUTER)
        computer = comparison->facts.computers[summary.computer].name;
    if (summary.event != incident_find_event(observation->provider, observation->event_id))
        text_add(difference, "; selected otherwise");
    if (summary.event_filetime != observation->event_filetime ||
        summary.record_id != observation->record_id)
        text_add(difference, "; selection has another time or record id");
    if (strcasecmp(computer, observation->computer) != 0)
        text_add_format(difference, "; selection has computer %s for %s", computer,
                        observation->computer);
    if (summary.application != text_equal_ascii(observation->channel, "Application"))
        text_add(difference, "; selection has another channel");
}

static void compare_record(struct record_comparison *comparison, const struct record *record,
                           bool theirs_read)
{
    struct differential *out = comparison->out;
    struct error reason = {0};
    struct text difference = {0};
    bool ours_read =
        event_decode(&comparison->ours, &comparison->chunk, record, false, &reason) == 0;

    if (ours_read && theirs_read) {
        observations_agree(&comparison->ours.observation, &comparison->theirs.observation,
                           &difference);
        compare_rest(&comparison->ours.observation, &comparison->theirs.observation, &difference);
        if (comparison->ours.has_rendering != comparison->theirs.has_rendering)
            text_add(&difference, "; RenderingInfo");
    }
    if (ours_read)
        compare_summary(comparison, record, &difference);
    if (difference.length_bytes > 0) {
        out->different++;
        remark(comparison, record, "read otherwise: %s", text_get(&difference));
    } else if (ours_read) {
        out->both += theirs_read;
        out->ours_only += !theirs_read;
    } else if (theirs_read) {
        out->theirs_only++;
        remark(comparison, record, "only libevtx reads it: %s", reason.message);
    } else {
        out->neither++;
    }
    text_free(&difference);
    error_clear(&reason);
}

/* Has libevtx decode the walked record number `place`. */
static bool read_theirs(struct record_comparison *comparison, size_t place)
{
    const struct record *record = &comparison->walked[place];
    struct reference_record decoded;
    struct error ignored = {0};
    size_t index;
    bool read;

    if (!record_is_sound(&comparison->chunk, record) ||
        !reference_find(comparison->reference, record->position_bytes, &index))
        return false;
    read = reference_read(comparison->reference, index, &decoded, &ignored) == 0 &&
           eventtext_parse(&comparison->theirs, decoded.text, decoded.length_bytes, &ignored) == 0;
    error_clear(&ignored);
    return read;
}

static void compare_chunk(struct record_comparison *comparison)
{
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    struct error ignored = {0};
    struct record record;
    bool opened;

    comparison->walked_count = 0;
    comparison->sound_count = 0;
    while (chunk_next_record(&comparison->chunk, &position_bytes, &record, &ignored) > 0) {
        comparison->walked[comparison->walked_count++] = record;
        if (record_is_sound(&comparison->chunk, &record))
            comparison->sound[comparison->sound_count++] = record;
    }
    error_clear(&ignored);
    opened = reference_open(comparison->reference, &comparison->chunk, comparison->sound,
                            comparison->sound_count, CHUNK_SIZE_BYTES, &ignored) == 0;
    error_clear(&ignored);
    selector_begin_chunk(comparison->selector, &comparison->chunk);
    for (size_t index = 0; index < comparison->walked_count; index++)
        compare_record(comparison, &comparison->walked[index],
                       opened && read_theirs(comparison, index));
}

void differential_compare(const char *name, const uint8_t *bytes, size_t size_bytes,
                          struct differential *out)
{
    struct record_comparison *comparison = memory_allocate(1, sizeof(*comparison));
    struct error ignored = {0};

    comparison->name = name;
    comparison->out = out;
    comparison->selector = selector_create(&comparison->facts);
    comparison->reference = reference_create();
    for (size_t at = FILE_HEADER_SIZE_BYTES; at + CHUNK_SIZE_BYTES <= size_bytes;
         at += CHUNK_SIZE_BYTES) {
        struct span slot = span_of(bytes + at, CHUNK_SIZE_BYTES, at);

        chunk_open(slot, 0, &comparison->chunk, &ignored);
        error_clear(&ignored);
        compare_chunk(comparison);
    }
    selector_free(comparison->selector);
    reference_free(comparison->reference);
    event_free_content(&comparison->ours);
    eventtext_free_content(&comparison->theirs);
    source_facts_free_content(&comparison->facts);
    free(comparison);
}
