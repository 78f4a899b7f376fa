/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the bytes are a chunk, filled up with zeros. Its records are walked and searched,
 * selected and decoded, and compared for duplicates; libevtx has no part in it. Beside doing no
 * harm, selection must tell of each record what decoding tells. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "evtx/binxml.h"
#include "evtx/chunk.h"
#include "evtx/decode.h"
#include "evtx/dedupe.h"
#include "evtx/select.h"

/* Each can take long, as hostile records do; more of them tell nothing new. */
#define RECORDS_MOST 100u
/* For as many the same selector is used. */
#define INPUTS_MOST 200u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct target {
    struct chunk chunk;
    struct source_facts facts;
    struct selector *selector;
    struct deduper *deduper;
    struct event event;
};

/* Selectors are large: one serves for many inputs, as it does for the chunks of a log. */
static struct target target;
static unsigned inputs_left; /* at 0 a new one is made */

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void compare(const struct record_summary *summary)
{
    const struct observation *observation = &target.event.observation;
    const char *computer = summary->computer == RECORD_SUMMARY_NO_COMPUTER
                               ? ""
                               : target.facts.computers[summary->computer].name;

    expect(summary->event == incident_find_event(observation->provider, observation->event_id));
    expect(summary->event_filetime == observation->event_filetime);
    expect(summary->record_id == observation->record_id);
    expect(strcasecmp(computer, observation->computer) == 0);
    expect(summary->application == text_equal_ascii(observation->channel, "Application"));
}

static void decode(const struct chunk *chunk, const struct record *record,
                   const struct record_summary *summary)
{
    struct error err = {0};

    if (event_decode(&target.event, chunk, record, false, &err) == 0 && summary != NULL)
        compare(summary);
    error_clear(&err);
}

static void take(const struct record *record)
{
    struct error err = {0};
    struct record_summary summary;
    bool is_summarised = selector_summarise(target.selector, record, &summary, &err) == 0;
    bool is_sound = record_is_sound(&target.chunk, record);

    expect(is_sound || !record_templates_match(&target.chunk, record));
    error_clear(&err);
    decode(&target.chunk, record, is_summarised ? &summary : NULL);
    if (is_summarised && summary.event != NULL)
        (void)deduper_take(target.deduper, &target.chunk, false, record, &summary);
}

static void read_chunk(void)
{
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    unsigned count = 0;
    struct error err = {0};
    struct record record;
    struct held_record held;

    selector_begin_chunk(target.selector, &target.chunk);
    while (count++ < RECORDS_MOST &&
           chunk_next_record(&target.chunk, &position_bytes, &record, &err) > 0)
        take(&record);
    error_clear(&err);
    while (count++ < RECORDS_MOST && chunk_find_record(&target.chunk, &position_bytes, &record))
        take(&record);
    while (deduper_next(target.deduper, &held))
        decode(&held.chunk, &held.record, NULL);
}

static void renew_target(void)
{
    selector_free(target.selector);
    event_free_content(&target.event);
    source_facts_free_content(&target.facts);
    target = (struct target){0};
    target.selector = selector_create(&target.facts);
    inputs_left = INPUTS_MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = memory_allocate(CHUNK_SIZE_BYTES, 1);
    struct error err = {0};

    if (inputs_left-- == 0)
        renew_target();
    memcpy(bytes, data, size < CHUNK_SIZE_BYTES ? size : CHUNK_SIZE_BYTES);
    target.deduper = deduper_create();
    (void)chunk_open(span_of(bytes, CHUNK_SIZE_BYTES, 0), 0, &target.chunk, &err);
    error_clear(&err);
    (void)chunk_check_records(&target.chunk, &err);
    error_clear(&err);
    read_chunk();
    deduper_free(target.deduper);
    free(bytes);
    return 0;
}
