/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the bytes are a chunk, filled up with zeros. Its records are walked and searched,
 * selected and decoded, and compared for repeats; libevtx has no part in it. Beside doing no harm,
 * selection must tell of each record what decoding tells. */
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
    struct repeats *repeats;
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

static void compare(const struct glance *glance)
{
    const struct observation *observation = &target.event.observation;
    const char *computer =
        glance->computer == GLANCE_NO_COMPUTER ? "" : target.facts.computers[glance->computer].name;

    expect(glance->event == incident_find_event(observation->provider, observation->event_id));
    expect(glance->event_filetime == observation->event_filetime);
    expect(glance->record_id == observation->record_id);
    expect(strcasecmp(computer, observation->computer) == 0);
    expect(glance->application == text_equal_ascii(observation->channel, "Application"));
}

static void decode(const struct chunk *chunk, const struct record *record,
                   const struct glance *glance)
{
    struct error err = {0};

    if (event_decode(&target.event, chunk, record, false, &err) == 0 && glance != NULL)
        compare(glance);
    error_clear(&err);
}

static void take(const struct record *record)
{
    struct error err = {0};
    struct glance glance;
    bool is_glanced = selector_glance(target.selector, record, &glance, &err) == 0;
    bool is_sound = record_is_sound(&target.chunk, record);

    expect(is_sound || !record_templates_match(&target.chunk, record));
    error_clear(&err);
    decode(&target.chunk, record, is_glanced ? &glance : NULL);
    if (is_glanced && glance.event != NULL)
        (void)repeats_take(target.repeats, &target.chunk, false, record, &glance);
}

static void read_chunk(void)
{
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    unsigned count = 0;
    struct error err = {0};
    struct record record;
    struct repeat repeat;

    selector_begin_chunk(target.selector, &target.chunk);
    while (count++ < RECORDS_MOST &&
           chunk_next_record(&target.chunk, &position_bytes, &record, &err) > 0)
        take(&record);
    error_clear(&err);
    while (count++ < RECORDS_MOST && chunk_find_record(&target.chunk, &position_bytes, &record))
        take(&record);
    while (repeats_next(target.repeats, &repeat))
        decode(&repeat.chunk, &repeat.record, NULL);
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
    target.repeats = repeats_create();
    (void)chunk_open(span_of(bytes, CHUNK_SIZE_BYTES, 0), 0, &target.chunk, &err);
    error_clear(&err);
    (void)chunk_check_records(&target.chunk, &err);
    error_clear(&err);
    read_chunk();
    repeats_free(target.repeats);
    free(bytes);
    return 0;
}
