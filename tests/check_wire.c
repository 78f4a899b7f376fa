/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "run.h"
#include "same.h"
#include "worker/sandbox.h"
#include "worker/wire.h"

static struct pack out;

static void free_out(void)
{
    pack_free(&out);
}

/* The frame at `*at`, which must be whole and of the type; moves past it. */
static struct span take_frame(struct span *at, enum wire_type type)
{
    struct wire_frame frame;

    ck_assert_int_eq(wire_next_frame(at, &frame), 1);
    ck_assert_int_eq(frame.type, type);
    return frame.payload;
}

static struct span only_frame(enum wire_type type)
{
    struct span at = span_of(out.bytes, out.length_bytes, 0);
    struct span payload = take_frame(&at, type);

    ck_assert_uint_eq(at.left_bytes, 0);
    return payload;
}

/* ---- What is sent ---- */

static const struct observation_string strings[] = {
    {"", "0x00000000"}, {"name", ""}, {"a\x01", "tab\tand \xC3\xA9"}};

static const struct observation full = {
    .provider = INCIDENT_PROVIDER_WAT,
    .event_id = 13,
    .qualifiers = 0xC000,
    .level = 255,
    .event_filetime = FILETIME_MAX,
    .record_id = UINT64_MAX - 1,
    .channel = "Application",
    .computer = "PC",
    .user_sid = "S-1-5-18",
    .strings = strings,
    .string_count = ARRAY_COUNT(strings),
    .offset_bytes = UINT64_C(1) << 40,
    .record_number = 7,
    .recovered = true,
    .reference_only = true,
    .verified = VERIFIED_CONFLICT,
    .other_reading = "id 14",
};

static const struct observation bare = {
    .provider = INCIDENT_PROVIDER_SPP,
    .event_id = 8209,
    .qualifiers = OBSERVATION_ABSENT,
    .level = OBSERVATION_ABSENT,
    .channel = "",
    .computer = "",
    .user_sid = "",
};

static struct wire_job sample_job(void)
{
    return (struct wire_job){.read = true,
                             .hash = true,
                             .path = "logs/\xFF.evtx",
                             .kind = SOURCE_KIND_EVTX,
                             .size_bytes = UINT64_MAX,
                             .part = 3,
                             .window = {1, 2},
                             .verify = true,
                             .skip_reference = true};
}

static struct wire_result sample_result(void)
{
    struct wire_result result = {.has_hash = true};
    struct source_facts *facts = &result.facts;

    facts->kind = SOURCE_KIND_LISTING;
    facts->record_count = 1;
    facts->recovered_count = 2;
    facts->selected_count = 3;
    facts->first_filetime = 4;
    facts->last_filetime = 5;
    facts->header_times_shifted = true;
    facts->spans_are_rough = true;
    *source_facts_computer(facts, "one") =
        (struct computer_facts){facts->computers[0].name, 1, 2, 3, 4, 5, 6, true, 7};
    source_facts_computer(facts, "two");
    source_facts_add_span(facts, &(struct record_span){1, memory_copy_text("Application"), true, 3,
                                                       UINT64_MAX - 1, 2, 5, FILETIME_MAX});
    source_facts_add_span(facts, &(struct record_span){.channel = memory_copy_text(""),
                                                       .record_count = 1,
                                                       .first_filetime = 1,
                                                       .last_filetime = 1});
    source_facts_add_mark(
        facts, &(struct record_mark){1, memory_copy_text("Application"), UINT64_MAX, FILETIME_MAX});
    for (uint64_t index = 0; index < 10; index++)
        source_facts_add_damage(facts, index, "damage");
    source_facts_add_undecodable(facts, "undecodable");
    source_facts_add_conflict(facts, "conflict");
    source_facts_add_detail(facts, "detail");
    facts->partial = (struct partial_state){true, 1, 2, 3, 4, 5, true, 6, 7, 8, 9, 10};
    error_set(&result.read_err, ERROR_SOURCE, 11, "why");
    error_set(&result.hash_err, ERROR_SOURCE, ERROR_NO_OFFSET, "no hash");
    memset(result.hash, 0xAB, sizeof(result.hash));
    return result;
}

/* ---- There and back ---- */

START_TEST(observations_arrive_with_every_field)
{
    struct wire_observation read = {0};
    struct span at;

    ck_assert(wire_add_observation(&out, &full));
    ck_assert(wire_add_observation(&out, &bare));
    at = span_of(out.bytes, out.length_bytes, 0);
    ck_assert(wire_read_observation(take_frame(&at, WIRE_OBSERVATION), &read));
    expect_observation(&read.observation, &full);
    ck_assert_ptr_eq(read.event, incident_find_event(INCIDENT_PROVIDER_WAT, 13));
    ck_assert(wire_read_observation(take_frame(&at, WIRE_OBSERVATION), &read));
    expect_observation(&read.observation, &bare);
    ck_assert_uint_eq(at.left_bytes, 0);
    wire_observation_free_content(&read);
}
END_TEST

START_TEST(jobs_arrive_with_every_field)
{
    struct wire_job job = sample_job();
    struct wire_job read;

    wire_add_job(&out, &job);
    ck_assert(wire_read_job(only_frame(WIRE_JOB), &read));
    ck_assert(read.read && read.hash && read.verify && read.skip_reference);
    ck_assert_str_eq(read.path, job.path);
    ck_assert_uint_eq(read.kind, job.kind);
    ck_assert_uint_eq(read.size_bytes, job.size_bytes);
    ck_assert_uint_eq(read.part, job.part);
    ck_assert_uint_eq(read.window.start_filetime, 1);
    ck_assert_uint_eq(read.window.end_filetime, 2);
}
END_TEST

static void expect_remarks(const struct remarks *found, const struct remarks *expected)
{
    ck_assert_uint_eq(found->count, expected->count);
    for (size_t index = 0; index < SOURCE_REMARKS_LISTED; index++)
        ck_assert_pstr_eq(found->listed[index], expected->listed[index]);
}

static void expect_computer(const struct computer_facts *found,
                            const struct computer_facts *expected)
{
    ck_assert_str_eq(found->name, expected->name);
    ck_assert_uint_eq(found->record_count, expected->record_count);
    ck_assert_uint_eq(found->first_number, expected->first_number);
    ck_assert_uint_eq(found->last_number, expected->last_number);
    ck_assert_uint_eq(found->first_number_filetime, expected->first_number_filetime);
    ck_assert_uint_eq(found->last_number_filetime, expected->last_number_filetime);
    ck_assert_uint_eq(found->last_filetime, expected->last_filetime);
    ck_assert(found->forwarded == expected->forwarded);
    ck_assert_uint_eq(found->application_count, expected->application_count);
}

static void expect_span(const struct record_span *found, const struct record_span *expected)
{
    ck_assert_uint_eq(found->computer, expected->computer);
    ck_assert_str_eq(found->channel, expected->channel);
    ck_assert(found->recovered == expected->recovered);
    ck_assert_uint_eq(found->first_record_id, expected->first_record_id);
    ck_assert_uint_eq(found->last_record_id, expected->last_record_id);
    ck_assert_uint_eq(found->record_count, expected->record_count);
    ck_assert_uint_eq(found->first_filetime, expected->first_filetime);
    ck_assert_uint_eq(found->last_filetime, expected->last_filetime);
}

static void expect_mark(const struct record_mark *found, const struct record_mark *expected)
{
    ck_assert_uint_eq(found->computer, expected->computer);
    ck_assert_str_eq(found->channel, expected->channel);
    ck_assert_uint_eq(found->record_id, expected->record_id);
    ck_assert_uint_eq(found->event_filetime, expected->event_filetime);
}

static void expect_partial_state(const struct partial_state *found,
                                 const struct partial_state *expected)
{
    ck_assert(found->has_records == expected->has_records);
    ck_assert_uint_eq(found->first_filetime, expected->first_filetime);
    ck_assert_uint_eq(found->last_filetime, expected->last_filetime);
    ck_assert_uint_eq(found->last_written_filetime, expected->last_written_filetime);
    ck_assert_uint_eq(found->own_votes, expected->own_votes);
    ck_assert_uint_eq(found->shifted_votes, expected->shifted_votes);
    ck_assert(found->has_chunks == expected->has_chunks);
    ck_assert_uint_eq(found->leading_empty, expected->leading_empty);
    ck_assert_uint_eq(found->trailing_empty, expected->trailing_empty);
    ck_assert_uint_eq(found->leading_empty_offset_bytes, expected->leading_empty_offset_bytes);
    ck_assert_uint_eq(found->trailing_empty_offset_bytes, expected->trailing_empty_offset_bytes);
    ck_assert_uint_eq(found->chunk_count, expected->chunk_count);
}

static void expect_facts(const struct source_facts *found, const struct source_facts *expected)
{
    ck_assert_int_eq(found->status, expected->status);
    ck_assert_uint_eq(found->kind, expected->kind);
    ck_assert_uint_eq(found->record_count, expected->record_count);
    ck_assert_uint_eq(found->recovered_count, expected->recovered_count);
    ck_assert_uint_eq(found->selected_count, expected->selected_count);
    ck_assert_uint_eq(found->undecodable_count, expected->undecodable_count);
    ck_assert_uint_eq(found->conflict_count, expected->conflict_count);
    ck_assert_uint_eq(found->first_filetime, expected->first_filetime);
    ck_assert_uint_eq(found->last_filetime, expected->last_filetime);
    ck_assert(found->header_times_shifted == expected->header_times_shifted);
    ck_assert(found->spans_are_rough == expected->spans_are_rough);
    expect_remarks(&found->damage, &expected->damage);
    expect_remarks(&found->undecodable, &expected->undecodable);
    expect_remarks(&found->conflicts, &expected->conflicts);
    expect_partial_state(&found->partial, &expected->partial);
    ck_assert_str_eq(text_get(&found->detail), text_get(&expected->detail));
}

static void expect_error(const struct error *found, const struct error *expected)
{
    ck_assert_int_eq(found->kind, expected->kind);
    ck_assert_uint_eq(found->offset_bytes, expected->offset_bytes);
    ck_assert_str_eq(found->message, expected->message);
}

START_TEST(results_arrive_with_every_field)
{
    struct wire_result result = sample_result();
    struct computer_facts computer;
    struct record_span span;
    struct record_mark mark;
    struct wire_result read;
    struct span at;

    wire_add_result(&out, &result);
    at = span_of(out.bytes, out.length_bytes, 0);
    for (size_t index = 0; index < 2; index++) {
        ck_assert(wire_read_computer(take_frame(&at, WIRE_COMPUTER), &computer));
        expect_computer(&computer, &result.facts.computers[index]);
        free(computer.name);
    }
    for (size_t index = 0; index < 2; index++) {
        ck_assert(wire_read_span(take_frame(&at, WIRE_SPAN), 2, &span));
        expect_span(&span, &result.facts.spans[index]);
        free(span.channel);
    }
    ck_assert(wire_read_mark(take_frame(&at, WIRE_MARK), 2, &mark));
    expect_mark(&mark, &result.facts.marks[0]);
    free(mark.channel);
    ck_assert(wire_read_result(take_frame(&at, WIRE_RESULT), &read));
    ck_assert_uint_eq(at.left_bytes, 0);
    expect_facts(&read.facts, &result.facts);
    ck_assert_uint_eq(read.computer_count, 2);
    ck_assert_uint_eq(read.span_count, 2);
    ck_assert_uint_eq(read.mark_count, 1);
    expect_error(&read.read_err, &result.read_err);
    expect_error(&read.hash_err, &result.hash_err);
    ck_assert(read.has_hash);
    ck_assert_mem_eq(read.hash, result.hash, HASH_BYTES);
    wire_result_free_content(&read);
    wire_result_free_content(&result);
}
END_TEST

/* Whoever adds a field sends it, too, looks at it in the tests above, and corrects the size. */
START_TEST(findings_arrive_with_every_field)
{
    for (unsigned kind = 0; kind < FINDING_KIND_COUNT; kind++) {
        const struct finding whole = sample_finding((enum finding_kind)kind);
        const struct finding bare_one = finding_of((enum finding_kind)kind, FINDING_ORIGIN_DISM);
        struct finding read;
        struct span at;

        out.length_bytes = 0;
        ck_assert(wire_add_finding(&out, &whole));
        ck_assert(wire_add_finding(&out, &bare_one));
        at = span_of(out.bytes, out.length_bytes, 0);
        ck_assert(wire_read_finding(take_frame(&at, WIRE_FINDING), &read));
        expect_finding(&read, &whole);
        ck_assert(wire_read_finding(take_frame(&at, WIRE_FINDING), &read));
        expect_finding(&read, &bare_one);
        ck_assert_uint_eq(at.left_bytes, 0);
    }
}
END_TEST

START_TEST(no_field_was_added_that_is_not_sent)
{
    ck_assert_uint_eq(offsetof(struct finding, history), 40);
    ck_assert_uint_eq(sizeof(struct observation), 112);
    ck_assert_uint_eq(sizeof(struct computer_facts), 72);
    ck_assert_uint_eq(sizeof(struct record_span), 64);
    ck_assert_uint_eq(sizeof(struct record_mark), 32);
    ck_assert_uint_eq(sizeof(struct partial_state), 96);
    ck_assert_uint_eq(offsetof(struct source_facts, computers), 72);
}
END_TEST

/* ---- What is wrong ---- */

/* Reads the payload as what it is said to be. What is read must make sense, whatever the bytes. */
static bool reads(enum wire_type type, struct span payload)
{
    struct wire_observation observation = {0};
    struct finding finding;
    struct computer_facts computer = {0};
    struct record_span span;
    struct record_mark mark;
    struct wire_result result;
    struct wire_job job;
    uint32_t refused;
    bool is_read = false;

    switch (type) {
    case WIRE_BEGIN:
        is_read = wire_read_begin(payload, &refused);
        if (is_read)
            ck_assert_uint_lt(refused, 1u << SANDBOX_PART_COUNT);
        return is_read;
    case WIRE_JOB:
        return wire_read_job(payload, &job);
    case WIRE_OBSERVATION:
        is_read = wire_read_observation(payload, &observation);
        if (is_read) {
            ck_assert_int_le(observation.observation.verified, VERIFIED_CONFLICT);
            ck_assert_int_ge(observation.observation.qualifiers, OBSERVATION_ABSENT);
            ck_assert_int_le(observation.observation.qualifiers, UINT16_MAX);
            ck_assert_ptr_nonnull(observation.event);
        }
        wire_observation_free_content(&observation);
        return is_read;
    case WIRE_FINDING:
        is_read = wire_read_finding(payload, &finding);
        if (is_read)
            expect_finding(&finding, &finding);
        return is_read;
    case WIRE_COMPUTER:
        is_read = wire_read_computer(payload, &computer);
        free(computer.name);
        return is_read;
    case WIRE_SPAN:
        is_read = wire_read_span(payload, 2, &span);
        if (is_read)
            ck_assert_uint_le(span.record_count - 1, span.last_record_id - span.first_record_id);
        free(span.channel);
        return is_read;
    case WIRE_MARK:
        is_read = wire_read_mark(payload, 2, &mark);
        free(mark.channel);
        return is_read;
    case WIRE_RESULT:
        is_read = wire_read_result(payload, &result);
        if (is_read) {
            ck_assert_int_le(result.facts.status, SOURCE_STATUS_CRASHED);
            ck_assert_int_ne(result.read_err.kind, ERROR_RUN);
            wire_result_free_content(&result);
        }
        return is_read;
    }
    return false;
}

/* One frame of each type, and of each kind of finding, one behind the other. */
static void add_samples(void)
{
    struct wire_job job = sample_job();
    struct wire_result result = sample_result();

    wire_add_job(&out, &job);
    wire_add_observation(&out, &full);
    wire_add_observation(&out, &bare);
    for (unsigned kind = 0; kind < FINDING_KIND_COUNT; kind++) {
        const struct finding finding = sample_finding((enum finding_kind)kind);

        wire_add_finding(&out, &finding);
    }
    wire_add_result(&out, &result);
    wire_add_begin(&out, (1u << SANDBOX_PART_COUNT) - 1);
    wire_result_free_content(&result);
}

/* Copies, so that a sanitizer sees a read past the end. */
static struct span copy_of(struct span bytes, size_t length)
{
    return span_of(memory_copy_bytes((const char *)bytes.bytes, length), length, 0);
}

START_TEST(a_frame_cut_anywhere_is_waited_for_and_its_payload_is_malformed)
{
    struct wire_frame frame;
    struct span at;

    add_samples();
    at = span_of(out.bytes, out.length_bytes, 0);
    while (at.left_bytes > 0) {
        struct span start = at;

        ck_assert_int_eq(wire_next_frame(&at, &frame), 1);
        ck_assert(reads(frame.type, frame.payload));
        for (size_t length = 0; length < frame.payload.left_bytes + WIRE_HEADER_BYTES; length++) {
            struct wire_frame cut_frame;
            struct span cut = copy_of(start, length);
            struct span received = cut;

            ck_assert_int_eq(wire_next_frame(&received, &cut_frame), 0);
            ck_assert_uint_eq(received.left_bytes, length);
            free((void *)cut.bytes);
        }
        for (size_t length = 0; length < frame.payload.left_bytes; length++) {
            struct span cut = copy_of(frame.payload, length);

            ck_assert(!reads(frame.type, cut));
            free((void *)cut.bytes);
        }
    }
}
END_TEST

START_TEST(bytes_left_over_are_malformed)
{
    struct wire_frame frame;
    struct span at;

    add_samples();
    at = span_of(out.bytes, out.length_bytes, 0);
    while (at.left_bytes > 0) {
        struct span longer;

        ck_assert_int_eq(wire_next_frame(&at, &frame), 1);
        longer =
            span_of(memory_copy_bytes((const char *)frame.payload.bytes, frame.payload.left_bytes),
                    frame.payload.left_bytes + 1, 0);
        ck_assert(!reads(frame.type, longer));
        free((void *)longer.bytes);
    }
}
END_TEST

START_TEST(a_flipped_bit_gives_sense_or_is_malformed)
{
    struct wire_frame frame;
    struct span at;

    add_samples();
    at = span_of(out.bytes, out.length_bytes, 0);
    while (at.left_bytes > 0) {
        ck_assert_int_eq(wire_next_frame(&at, &frame), 1);
        for (size_t bit = 0; bit < 8 * frame.payload.left_bytes; bit++) {
            struct span flipped = copy_of(frame.payload, frame.payload.left_bytes);

            ((uint8_t *)flipped.bytes)[bit / 8] ^= (uint8_t)(1 << bit % 8);
            (void)!reads(frame.type, flipped);
            free((void *)flipped.bytes);
        }
    }
}
END_TEST

START_TEST(headers_of_no_type_or_of_too_long_frames_are_malformed)
{
    static const struct {
        uint32_t type;
        uint32_t length;
        int result;
    } headers[] = {
        {0, 0, -1},
        {WIRE_BEGIN + 1, 0, -1},
        {UINT32_MAX, 4, -1},
        {WIRE_RESULT, WIRE_PAYLOAD_MAX_BYTES + 1, -1},
        {WIRE_RESULT, UINT32_MAX, -1},
        {WIRE_RESULT, WIRE_PAYLOAD_MAX_BYTES, 0},
        {WIRE_RESULT, 0, 1},
    };

    for (size_t index = 0; index < ARRAY_COUNT(headers); index++) {
        struct wire_frame frame;
        struct span at;

        out.length_bytes = 0;
        pack_u32(&out, headers[index].type);
        pack_u32(&out, headers[index].length);
        at = span_of(out.bytes, out.length_bytes, 0);
        ck_assert_int_eq(wire_next_frame(&at, &frame), headers[index].result);
    }
}
END_TEST

/* Puts the number where the frame has the text or the number, counted from the payload's start. */
static void lie(size_t position_bytes, uint32_t number)
{
    struct pack at = {out.bytes, WIRE_HEADER_BYTES + position_bytes, out.capacity_bytes};

    pack_u32(&at, number);
}

START_TEST(counts_and_lengths_that_lie_are_malformed)
{
    static const uint32_t lies[] = {4,         1000,       WIRE_PAYLOAD_MAX_BYTES,
                                    INT32_MAX, UINT32_MAX, UINT32_MAX - 1};
    size_t strings_at;

    ck_assert(wire_add_observation(&out, &bare));
    strings_at = out.length_bytes - WIRE_HEADER_BYTES - sizeof(uint32_t);
    for (size_t index = 0; index < ARRAY_COUNT(lies); index++) {
        lie(strings_at, lies[index]); /* how many strings */
        ck_assert(!reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)));
    }
    lie(strings_at, 0);
    ck_assert(reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)));
    for (size_t index = 0; index < ARRAY_COUNT(lies); index++) {
        lie(0, lies[index]); /* length of the provider */
        ck_assert(!reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)));
    }
}
END_TEST

START_TEST(a_nul_within_a_text_is_malformed)
{
    struct wire_job job = sample_job();

    wire_add_job(&out, &job);
    ck_assert(reads(WIRE_JOB, only_frame(WIRE_JOB)));
    out.bytes[WIRE_HEADER_BYTES + 2 + 4] = '\0'; /* the first byte of the path */
    ck_assert(!reads(WIRE_JOB, only_frame(WIRE_JOB)));
    out.bytes[WIRE_HEADER_BYTES + 2 + 4] = 'l';
    out.bytes[WIRE_HEADER_BYTES + 2 + 4 + strlen(job.path)] = 'x'; /* its NUL */
    ck_assert(!reads(WIRE_JOB, only_frame(WIRE_JOB)));
}
END_TEST

START_TEST(what_is_not_utf8_in_a_text_is_malformed)
{
    struct observation other = bare;
    struct wire_observation read = {0};

    other.computer = "P\xC3-01";
    ck_assert(wire_add_observation(&out, &other)); /* a reader sends no such text */
    ck_assert(wire_read_observation(only_frame(WIRE_OBSERVATION), &read));
    ck_assert_str_eq(read.observation.computer, "P\xEF\xBF\xBD-01");
    out.bytes[WIRE_HEADER_BYTES + 4] = 0x80; /* the first byte of the provider */
    ck_assert(!wire_read_observation(only_frame(WIRE_OBSERVATION), &read));
    wire_observation_free_content(&read);
}
END_TEST

/* It is only shown. */
START_TEST(a_path_may_have_any_bytes)
{
    struct wire_job job = sample_job(), read;

    job.path = "logs/P\xC3";
    wire_add_job(&out, &job);
    ck_assert(wire_read_job(only_frame(WIRE_JOB), &read));
    ck_assert_str_eq(read.path, job.path);
}
END_TEST

START_TEST(an_observation_with_a_number_that_none_has_is_malformed)
{
    static const struct {
        uint64_t event_filetime, offset_bytes;
        int32_t level;
        bool is_good;
    } cases[] = {{FILETIME_MAX, INT64_MAX, UINT8_MAX, true},
                 {FILETIME_MAX + 1, 0, 0, false},
                 {0, UINT64_MAX, 0, false},
                 {0, 0, UINT8_MAX + 1, false},
                 {0, 0, OBSERVATION_ABSENT - 1, false}};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct observation other = bare;

        other.event_filetime = cases[index].event_filetime;
        other.offset_bytes = cases[index].offset_bytes;
        other.level = cases[index].level;
        out.length_bytes = 0;
        ck_assert(wire_add_observation(&out, &other));
        ck_assert(reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)) == cases[index].is_good);
    }
}
END_TEST

START_TEST(an_observation_of_no_event_of_the_table_is_malformed)
{
    struct observation other = bare;

    other.event_id = 1;
    ck_assert(wire_add_observation(&out, &other));
    ck_assert(!reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)));
    out.length_bytes = 0;
    other.event_id = bare.event_id;
    other.qualifiers = 0x10000;
    ck_assert(wire_add_observation(&out, &other));
    ck_assert(!reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)));
}
END_TEST

/* ---- What is too long ---- */

static char *long_text(size_t length)
{
    char *text = memory_allocate(length + 1, 1);

    memset(text, 'x', length);
    return text;
}

START_TEST(an_observation_too_long_for_a_frame_is_not_added)
{
    char *value = long_text(WIRE_PAYLOAD_MAX_BYTES);
    const struct observation_string string = {"", value};
    struct observation observation = bare;

    ck_assert(wire_add_observation(&out, &bare));
    observation.strings = &string;
    observation.string_count = 1;
    ck_assert(!wire_add_observation(&out, &observation));
    ck_assert(reads(WIRE_OBSERVATION, only_frame(WIRE_OBSERVATION)));
    free(value);
}
END_TEST

START_TEST(a_finding_too_long_for_a_frame_is_not_added)
{
    char *value = long_text(WIRE_PAYLOAD_MAX_BYTES);
    struct finding finding = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);

    ck_assert(wire_add_finding(&out, &finding));
    finding.history_row.title = value;
    ck_assert(!wire_add_finding(&out, &finding));
    ck_assert(reads(WIRE_FINDING, only_frame(WIRE_FINDING)));
    free(value);
}
END_TEST

START_TEST(a_finding_that_lies_is_malformed)
{
    static const struct {
        size_t place; /* in the payload */
        uint8_t greatest;
    } choices[] = {{0, FINDING_KIND_COUNT - 1},
                   {1, FINDING_ORIGIN_COUNT - 1},
                   {23, VERIFIED_COUNT - 1},
                   {24, UPDATE_ID_COUNT - 1}};
    struct finding finding = finding_of(FINDING_ENTRY, FINDING_ORIGIN_DISM);

    ck_assert(wire_add_finding(&out, &finding));
    for (size_t index = 0; index < ARRAY_COUNT(choices); index++) {
        uint8_t *choice = &out.bytes[WIRE_HEADER_BYTES + choices[index].place];
        uint8_t kept = *choice;

        *choice = (uint8_t)(choices[index].greatest + 1);
        ck_assert(!reads(WIRE_FINDING, only_frame(WIRE_FINDING)));
        *choice = UINT8_MAX;
        ck_assert(!reads(WIRE_FINDING, only_frame(WIRE_FINDING)));
        *choice = kept;
        ck_assert(reads(WIRE_FINDING, only_frame(WIRE_FINDING)));
    }
}
END_TEST

/* Each is sound but for one thing; the first two are sound. */
static const struct {
    struct record_span span;
    bool is_good;
} sent_spans[] = {
    {{1, NULL, false, 5, 9, 5, 100, 100}, true},
    {{1, NULL, true, 5, 9, 1, 100, FILETIME_MAX}, true},
    {{2, NULL, false, 5, 9, 5, 100, 100}, false},
    {{1, NULL, false, 5, 4, 1, 100, 100}, false},
    {{1, NULL, false, 5, 9, 6, 100, 100}, false},
    {{1, NULL, false, 5, 9, 0, 100, 100}, false},
    {{1, NULL, false, 0, UINT64_MAX, UINT64_MAX, 100, 100}, false},
    {{1, NULL, false, 5, 9, 5, 0, 100}, false},
    {{1, NULL, false, 5, 9, 5, 100, 99}, false},
    {{1, NULL, false, 5, 9, 5, 100, FILETIME_MAX + 1}, false},
};

START_TEST(a_span_that_no_log_has_is_malformed)
{
    struct wire_result result = {0};
    struct wire_frame frame;
    struct span at;

    source_facts_computer(&result.facts, "a");
    source_facts_computer(&result.facts, "b");
    source_facts_computer(&result.facts, "c"); /* the receiver knows of two */
    result.facts.spans = memory_allocate(1, sizeof(struct record_span));
    result.facts.span_count = 1;
    *result.facts.spans = sent_spans[_i].span;
    result.facts.spans->channel = memory_copy_text("Application");
    wire_add_result(&out, &result);
    at = span_of(out.bytes, out.length_bytes, 0);
    do
        ck_assert_int_eq(wire_next_frame(&at, &frame), 1);
    while (frame.type == WIRE_COMPUTER);
    ck_assert_int_eq(frame.type, WIRE_SPAN);
    ck_assert(reads(WIRE_SPAN, frame.payload) == sent_spans[_i].is_good);
    wire_result_free_content(&result);
}
END_TEST

/* The first two are sound. */
static const struct {
    struct record_mark mark;
    bool is_good;
} sent_marks[] = {
    {{1, NULL, 1, 1}, true},  {{0, NULL, UINT64_MAX, FILETIME_MAX}, true},
    {{2, NULL, 1, 1}, false}, {{1, NULL, 0, 1}, false},
    {{1, NULL, 1, 0}, false}, {{1, NULL, 1, FILETIME_MAX + 1}, false},
};

START_TEST(a_mark_that_no_log_has_is_malformed)
{
    struct wire_result result = {0};
    struct wire_frame frame;
    struct span at;

    source_facts_computer(&result.facts, "a");
    source_facts_computer(&result.facts, "b");
    source_facts_computer(&result.facts, "c"); /* the receiver knows of two */
    source_facts_add_mark(&result.facts, &sent_marks[_i].mark);
    result.facts.marks->channel = memory_copy_text("Application");
    wire_add_result(&out, &result);
    at = span_of(out.bytes, out.length_bytes, 0);
    do
        ck_assert_int_eq(wire_next_frame(&at, &frame), 1);
    while (frame.type == WIRE_COMPUTER);
    ck_assert_int_eq(frame.type, WIRE_MARK);
    ck_assert(reads(WIRE_MARK, frame.payload) == sent_marks[_i].is_good);
    wire_result_free_content(&result);
}
END_TEST

/* What is left out counts as not covered, so nothing is said of it. */
START_TEST(spans_too_many_for_the_wire_are_left_out)
{
    struct wire_result result = {0};
    struct wire_frame frame;
    struct wire_result read;
    size_t count = 0;
    struct span at;

    source_facts_computer(&result.facts, "PC");
    for (uint64_t index = 0; index < RECORD_SPANS_MOST + 2; index++)
        source_facts_add_span(&result.facts,
                              &(struct record_span){.channel = memory_copy_text("Application"),
                                                    .first_record_id = 2 * index,
                                                    .last_record_id = 2 * index,
                                                    .record_count = 1,
                                                    .first_filetime = 1,
                                                    .last_filetime = 1});
    wire_add_result(&out, &result);
    at = span_of(out.bytes, out.length_bytes, 0);
    while (wire_next_frame(&at, &frame) == 1 && frame.type != WIRE_RESULT)
        count += frame.type == WIRE_SPAN;
    ck_assert_uint_eq(count, RECORD_SPANS_MOST);
    ck_assert(wire_read_result(frame.payload, &read));
    ck_assert_uint_eq(read.span_count, RECORD_SPANS_MOST);
    ck_assert_int_eq(read.facts.status, SOURCE_STATUS_OK);
    wire_result_free_content(&read);
    wire_result_free_content(&result);
}
END_TEST

START_TEST(a_number_of_a_finding_is_in_its_range_or_absent)
{
    static const struct {
        int64_t number;
        bool is_good;
    } cases[] = {{FINDING_ABSENT, true},
                 {INT32_MIN, true},
                 {INT32_MAX, true},
                 {INT64_MAX, false},
                 {INT32_MAX + INT64_C(1), false},
                 {INT32_MIN - INT64_C(1), false},
                 {FINDING_ABSENT + 1, false}};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct finding finding = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);

        finding.history_row.mapped_result = cases[index].number;
        out.length_bytes = 0;
        ck_assert(wire_add_finding(&out, &finding));
        ck_assert(reads(WIRE_FINDING, only_frame(WIRE_FINDING)) == cases[index].is_good);
    }
}
END_TEST

START_TEST(remarks_that_are_too_long_are_cut_between_characters)
{
    char *remark = long_text(WIRE_REMARK_MAX_BYTES + 100);
    struct wire_result result = {0};
    struct wire_result read;

    memcpy(remark + WIRE_REMARK_MAX_BYTES - 5, "\xC3\xA9", 2);
    for (size_t index = 0; index < SOURCE_REMARKS_LISTED; index++) {
        source_facts_add_damage(&result.facts, 0, "%s", remark);
        source_facts_add_conflict(&result.facts, "%s", remark);
        source_facts_add_undecodable(&result.facts, "%s", remark);
    }
    source_facts_add_detail(&result.facts, "%s", remark);
    wire_add_result(&out, &result);
    ck_assert(wire_read_result(only_frame(WIRE_RESULT), &read));
    ck_assert_uint_eq(strlen(text_get(&read.facts.detail)), WIRE_REMARK_MAX_BYTES - 5 + 3);
    ck_assert_str_eq(strrchr(text_get(&read.facts.detail), 'x'), "x...");
    wire_result_free_content(&read);
    wire_result_free_content(&result);
    free(remark);
}
END_TEST

START_TEST(computers_too_many_for_the_wire_are_left_out_and_told_of)
{
    char *name = long_text(WIRE_PAYLOAD_MAX_BYTES / 2);
    struct wire_result result = {0};
    struct wire_frame frame = {0};
    struct wire_result read;
    size_t count = 0;
    struct span at;

    result.facts.computer_count = 26;
    result.facts.computers = memory_allocate(26, sizeof(struct computer_facts));
    for (size_t index = 0; index < 26; index++)
        result.facts.computers[index].name = memory_copy_text(name);
    wire_add_result(&out, &result);
    at = span_of(out.bytes, out.length_bytes, 0);
    while (wire_next_frame(&at, &frame) == 1 && frame.type == WIRE_COMPUTER)
        count++;
    ck_assert_uint_eq(count, 15);
    ck_assert_uint_eq(at.left_bytes, 0);
    ck_assert(wire_read_result(frame.payload, &read));
    ck_assert_uint_eq(read.computer_count, 15);
    ck_assert_int_eq(read.facts.status, SOURCE_STATUS_DAMAGED);
    wire_result_free_content(&read);
    wire_result_free_content(&result);
    free(name);
}
END_TEST

static Suite *wire_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *cases = tcase_create("wire");

    tcase_add_checked_fixture(cases, NULL, free_out);
    tcase_add_test(cases, observations_arrive_with_every_field);
    tcase_add_test(cases, findings_arrive_with_every_field);
    tcase_add_test(cases, jobs_arrive_with_every_field);
    tcase_add_test(cases, results_arrive_with_every_field);
    tcase_add_test(cases, no_field_was_added_that_is_not_sent);
    tcase_add_test(cases, a_frame_cut_anywhere_is_waited_for_and_its_payload_is_malformed);
    tcase_add_test(cases, bytes_left_over_are_malformed);
    tcase_add_test(cases, a_flipped_bit_gives_sense_or_is_malformed);
    tcase_add_test(cases, headers_of_no_type_or_of_too_long_frames_are_malformed);
    tcase_add_test(cases, counts_and_lengths_that_lie_are_malformed);
    tcase_add_test(cases, a_nul_within_a_text_is_malformed);
    tcase_add_test(cases, what_is_not_utf8_in_a_text_is_malformed);
    tcase_add_test(cases, a_path_may_have_any_bytes);
    tcase_add_test(cases, an_observation_with_a_number_that_none_has_is_malformed);
    tcase_add_test(cases, an_observation_of_no_event_of_the_table_is_malformed);
    tcase_add_test(cases, an_observation_too_long_for_a_frame_is_not_added);
    tcase_add_test(cases, a_finding_too_long_for_a_frame_is_not_added);
    tcase_add_test(cases, a_finding_that_lies_is_malformed);
    tcase_add_test(cases, a_number_of_a_finding_is_in_its_range_or_absent);
    tcase_add_loop_test(cases, a_span_that_no_log_has_is_malformed, 0, ARRAY_COUNT(sent_spans));
    tcase_add_test(cases, spans_too_many_for_the_wire_are_left_out);
    tcase_add_loop_test(cases, a_mark_that_no_log_has_is_malformed, 0, ARRAY_COUNT(sent_marks));
    tcase_add_test(cases, remarks_that_are_too_long_are_cut_between_characters);
    tcase_add_test(cases, computers_too_many_for_the_wire_are_left_out_and_told_of);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(wire_suite());
}
