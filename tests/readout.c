/* SPDX-License-Identifier: Apache-2.0 */
#include "readout.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "fixtures/events.h"

static int take(void *context, const struct incident_event *event,
                const struct observation *observation, struct error *err)
{
    struct readout *readout = context;

    ck_assert_ptr_eq(event, incident_find_event(observation->provider, observation->event_id));
    text_add_format(&readout->handed, "%u %" PRIu64 " %" PRIu64 " ", observation->event_id,
                    observation->record_number, observation->offset_bytes);
    for (size_t index = 0; index < observation->string_count; index++)
        text_add_format(&readout->handed, "%s%s", index > 0 ? "|" : "",
                        observation->strings[index].value);
    text_add(&readout->handed, observation->string_count > 0 ? "\n" : "-\n");
    readout->handed_count++;
    readout->recovered_count += observation->recovered ? 1 : 0;
    readout->verified_counts[observation->verified]++;
    return readout->sink_fails ? error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "no more") : 0;
}

/* Forgets what was told. */
static void clear_told(struct readout *readout)
{
    text_free(&readout->handed);
    source_facts_free_content(&readout->facts);
    error_clear(&readout->err);
    readout->handed_count = 0;
    readout->recovered_count = 0;
    memset(readout->verified_counts, 0, sizeof(readout->verified_counts));
}

void readout_clear(struct readout *readout)
{
    clear_told(readout);
    *readout = (struct readout){0};
}

static struct source made_source(uint64_t size_bytes)
{
    static char path[] = "made";

    return (struct source){.path = path, .size_bytes = size_bytes};
}

int readout_read(struct readout *readout, const struct reader *reader, int descriptor,
                 uint64_t size_bytes)
{
    struct source source = made_source(size_bytes);
    struct reader_options options = {.window = incident_window, .verify = readout->verify};
    struct sink sink = {.context = readout, .observation = take};

    clear_told(readout);
    return reader_read(reader, &source, descriptor, &options, &sink, &readout->facts,
                       &readout->err);
}

void readout_read_parts(struct readout *readout, const struct reader *reader, int descriptor,
                        uint64_t size_bytes, const uint64_t *order, size_t count)
{
    struct source source = made_source(size_bytes);
    struct reader_options options = {.window = incident_window, .verify = readout->verify};
    struct readout *parts = memory_allocate(count, sizeof(*parts));

    clear_told(readout);
    ck_assert_uint_eq(reader->count_parts(size_bytes), count);
    for (size_t index = 0; index < count; index++) {
        struct readout *part = &parts[order[index]];
        struct sink sink = {.context = part, .observation = take};

        ck_assert_int_eq(reader->read_part(&source, descriptor, order[index], &options, &sink,
                                           &part->facts, &part->err),
                         0);
    }
    for (size_t index = 0; index < count; index++) {
        text_add(&readout->handed, text_get(&parts[index].handed));
        readout->handed_count += parts[index].handed_count;
        readout->recovered_count += parts[index].recovered_count;
        for (size_t said = 0; said < VERIFIED_COUNT; said++)
            readout->verified_counts[said] += parts[index].verified_counts[said];
        if (index == 0) {
            readout->facts = parts[0].facts;
            parts[0].facts = (struct source_facts){0};
        } else {
            reader->join(&readout->facts, &parts[index].facts);
        }
        readout_clear(&parts[index]);
    }
    reader->finish(&readout->facts);
    free(parts);
}

/* Adds a line: `computer channel ids first last records count times first last`. */
static void readout_add_span(const struct source_facts *facts, const struct record_span *span,
                             struct text *out)
{
    text_add_format(
        out,
        "%s %s%s ids %" PRIu64 " %" PRIu64 " records %" PRIu64 " times %" PRIu64 " %" PRIu64 "\n",
        facts->computers[span->computer].name, span->channel, span->recovered ? " recovered" : "",
        span->first_record_id, span->last_record_id, span->record_count, span->first_filetime,
        span->last_filetime);
}

char *readout_text(const struct readout *readout)
{
    const struct source_facts *facts = &readout->facts;
    struct text out = {0};

    text_add_format(&out,
                    "%s records %" PRIu64 " recovered %" PRIu64 " selected %" PRIu64
                    " undecodable %" PRIu64 " conflicts %" PRIu64 " times %" PRIu64 " %" PRIu64
                    " shifted %d\n%s\n",
                    source_status_word(facts->status), facts->record_count, facts->recovered_count,
                    facts->selected_count, facts->undecodable_count, facts->conflict_count,
                    facts->first_filetime, facts->last_filetime, facts->header_times_shifted,
                    text_get(&facts->detail));
    for (size_t index = 0; index < facts->computer_count; index++) {
        const struct computer_facts *computer = &facts->computers[index];

        text_add_format(&out,
                        "%s records %" PRIu64 " numbers %" PRIu64 " %" PRIu64 " last %" PRIu64
                        " forwarded %d application %" PRIu64 "\n",
                        computer->name, computer->record_count, computer->first_number,
                        computer->last_number, computer->last_filetime, computer->forwarded,
                        computer->application_count);
    }
    for (size_t index = 0; index < facts->span_count; index++)
        readout_add_span(facts, &facts->spans[index], &out);
    text_add(&out, text_get(&readout->handed));
    return text_take(&out);
}

bool readout_has(const struct readout *readout, uint64_t number, uint64_t offset_bytes)
{
    char *part = memory_format(" %" PRIu64 " %" PRIu64 " ", number, offset_bytes);
    bool found = strstr(text_get(&readout->handed), part) != NULL;

    free(part);
    return found;
}

void readout_expect_detail(const struct readout *readout, const char *part)
{
    const char *detail = text_get(&readout->facts.detail);

    ck_assert_msg(strstr(detail, part) != NULL, "\"%s\" is not in \"%s\"", part, detail);
}

void readout_expect_no_detail(const struct readout *readout, const char *part)
{
    const char *detail = text_get(&readout->facts.detail);

    ck_assert_msg(strstr(detail, part) == NULL, "\"%s\" is in \"%s\"", part, detail);
}

int readout_make_hole(uint64_t size_bytes)
{
    int descriptor = memfd_create("made", MFD_CLOEXEC);

    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(ftruncate(descriptor, (off_t)size_bytes), 0);
    return descriptor;
}

int readout_make_file(const void *bytes, size_t size_bytes)
{
    int descriptor = readout_make_hole(0);

    if (size_bytes > 0)
        ck_assert_int_eq(write(descriptor, bytes, size_bytes), (ssize_t)size_bytes);
    return descriptor;
}

struct evtx_image *readout_make_log(const struct evtx_writer_options *options, size_t chunks,
                                    size_t per_chunk, bool self_contained)
{
    struct evtx_writer *writer = evtx_writer_new(options);

    for (size_t index = 0; index < chunks * per_chunk; index++) {
        struct event_stamp stamp = {.filetime = READOUT_START + index * FILETIME_MINUTE,
                                    .computer = "PC",
                                    .self_contained = self_contained};

        if (index > 0 && index % per_chunk == 0)
            evtx_writer_close_chunk(writer);
        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    return evtx_writer_finish(writer);
}
