/* SPDX-License-Identifier: Apache-2.0 */
/* How the records of a log follow each other: gaps in their ids, times that run back, several parts
 * and computers, and no more spans than there may be. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "chance.h"
#include "evtx/log_summary.h"
#include "evtx/readers.h"
#include "fixtures/events.h"
#include "fixtures/evtx_damage.h"
#include "fixtures/evtx_writer.h"
#include "readout.h"
#include "run.h"

#define START UINT64_C(131914152000000000) /* the window's */
#define STEP RECORD_SPAN_STEP_BACK_MOST

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static const char application[] = "Application";
static const char system_channel[] = "System";

static struct source_facts facts; /* of all parts so far */
static struct source_facts part;  /* at hand */
static struct log_spans *spans;
static struct readout got;

static void begin_part(void)
{
    spans = log_spans_create(&part, &incident_window);
}

static void begin(void)
{
    facts = (struct source_facts){0};
    part = (struct source_facts){0};
    begin_part();
}

static void end_part(void)
{
    log_spans_finish_part(spans);
    log_spans_free(spans);
    spans = NULL;
    source_facts_join(&facts, &part);
}

static void end(void)
{
    log_spans_free(spans);
    spans = NULL;
    source_facts_free_content(&facts);
    source_facts_free_content(&part);
    readout_clear(&got);
}

/* Adds a record; times count in seconds from START on. */
static void add(const char *computer, const char *channel, uint64_t id, int64_t seconds)
{
    struct record_summary summary = {
        .event_filetime = START + (uint64_t)(seconds * (int64_t)FILETIME_SECOND),
        .record_id = id,
        .channel = channel,
        .computer = (size_t)(source_facts_computer(&part, computer) - part.computers)};

    log_spans_add(spans, &summary, false);
}

/* Adds records of "PC" in Application, their ids from `id` on, a minute apart from `minute` on. */
static void add_some(uint64_t id, size_t count, int64_t minute)
{
    for (size_t index = 0; index < count; index++)
        add("PC", application, id + index, 60 * (minute + (int64_t)index));
}

/* "computer channel first-last [of count] first..last; ", times in seconds from START on. */
static void describe(const struct source_facts *of, struct text *out)
{
    for (size_t index = 0; index < of->span_count; index++) {
        const struct record_span *span = &of->spans[index];

        text_add_format(out, "%s %s%s %" PRIu64 "-%" PRIu64, of->computers[span->computer].name,
                        span->channel, span->recovered ? " recovered" : "", span->first_record_id,
                        span->last_record_id);
        if (record_span_has_gaps(span))
            text_add_format(out, " of %" PRIu64, span->record_count);
        text_add_format(out, " %" PRId64 "..%" PRId64 "; ",
                        (int64_t)(span->first_filetime - START) / (int64_t)FILETIME_SECOND,
                        (int64_t)(span->last_filetime - START) / (int64_t)FILETIME_SECOND);
    }
}

static void expect(const char *expected)
{
    struct text text = {0};

    if (spans != NULL)
        end_part();
    log_spans_finish(&facts);
    describe(&facts, &text);
    ck_assert_str_eq(text_get(&text), expected);
    ck_assert(!facts.spans_are_rough);
    text_free(&text);
}

/* ---- Ids ---- */

START_TEST(log_in_order_is_one_span_a_channel)
{
    for (uint64_t id = 1; id <= 50; id++) {
        add("PC", application, id, (int64_t)id);
        add("PC", system_channel, 700 + id, (int64_t)id);
    }
    expect("PC Application 1-50 1..50; PC System 701-750 1..50; ");
}
END_TEST

START_TEST(missing_id_ends_a_span)
{
    add_some(1, 3, 0);
    add_some(5, 2, 4);
    expect("PC Application 1-3 0..120; PC Application 5-6 240..300; ");
}
END_TEST

/* Chunks of a wrapped log do not lie in order of age. */
START_TEST(order_of_the_file_is_of_no_account)
{
    add_some(20, 10, 20);
    add_some(10, 10, 10);
    add_some(30, 5, 30);
    expect("PC Application 10-34 600..2040; ");
}
END_TEST

START_TEST(ids_met_twice_count_once)
{
    add_some(1, 10, 0);
    add_some(1, 10, 0);
    add_some(5, 10, 4);
    add_some(3, 2, 2);
    expect("PC Application 1-14 0..780; ");
}
END_TEST

START_TEST(record_without_time_id_channel_or_computer_is_missing)
{
    struct record_summary bare = {.event_filetime = START, .record_id = 4, .channel = application};

    add_some(1, 3, 0);
    bare.event_filetime = 0;
    log_spans_add(spans, &bare, false);
    bare.event_filetime = START;
    bare.computer = RECORD_SUMMARY_NO_COMPUTER;
    log_spans_add(spans, &bare, false);
    bare.computer = 0;
    bare.channel = NULL;
    log_spans_add(spans, &bare, false);
    bare.channel = application;
    bare.record_id = 0;
    log_spans_add(spans, &bare, false);
    expect("PC Application 1-3 0..120; ");
}
END_TEST

START_TEST(recovered_records_have_spans_of_their_own)
{
    struct record_summary summary = {
        .event_filetime = START, .record_id = 4, .channel = application};

    add_some(1, 3, 0);
    log_spans_add(spans, &summary, true);
    add_some(4, 1, 3);
    expect("PC Application 1-4 0..180; PC Application recovered 4-4 0..0; ");
}
END_TEST

/* The greatest id is followed by none. */
START_TEST(ids_do_not_run_over)
{
    add("PC", application, UINT64_MAX - 1, 0);
    add("PC", application, UINT64_MAX, 1);
    add("PC", application, 1, 2);
    expect("PC Application 1-1 2..2; "
           "PC Application 18446744073709551614-18446744073709551615 0..1; ");
}
END_TEST

/* ---- Times that run back ---- */

START_TEST(a_little_step_back_is_none)
{
    add("PC", application, 1, 1000);
    add("PC", application, 2, 700);
    add("PC", application, 3, 1001);
    expect("PC Application 1-3 1000..1001; ");
}
END_TEST

START_TEST(a_longer_step_back_ends_a_span)
{
    add("PC", application, 1, 1000);
    add("PC", application, 2, 699);
    add("PC", application, 3, 1001);
    expect("PC Application 1-1 1000..1000; PC Application 2-2 699..699; "
           "PC Application 3-3 1001..1001; ");
}
END_TEST

START_TEST(small_steps_back_that_add_up_are_one)
{
    add("PC", application, 1, 1000);
    add("PC", application, 2, 800);
    add("PC", application, 3, 690);
    expect("PC Application 1-1 1000..1000; PC Application 2-2 800..800; "
           "PC Application 3-3 690..690; ");
}
END_TEST

START_TEST(a_clock_that_ran_ahead_for_a_while_is_a_span)
{
    add_some(1, 10, 0);
    add_some(11, 4, 100000);
    add_some(15, 10, 14);
    expect("PC Application 1-10 0..540; PC Application 11-14 6000000..6000180; "
           "PC Application 15-24 840..1380; ");
}
END_TEST

START_TEST(a_clock_that_was_behind_for_a_while_is_a_span)
{
    add_some(1, 10, 0);
    add_some(11, 4, -100000);
    add_some(15, 10, 14);
    expect("PC Application 1-10 0..540; PC Application 11-14 -6000000..-5999820; "
           "PC Application 15-24 840..1380; ");
}
END_TEST

/* Five minutes before the late one, records are in order with it, and not before. */
START_TEST(a_run_is_cut_where_it_comes_to_be_in_order)
{
    add("PC", application, 1, 1000);
    for (uint64_t id = 2; id <= 21; id++)
        add("PC", application, id, 100 * (int64_t)(id - 2));
    expect("PC Application 1-1 1000..1000; PC Application 2-8 0..600; "
           "PC Application 9-21 700..1900; ");
}
END_TEST

START_TEST(a_run_is_cut_where_it_ceases_to_be_in_order)
{
    for (uint64_t id = 1; id <= 20; id++)
        add("PC", application, id, 100 * (int64_t)id);
    add("PC", application, 21, 1000);
    expect("PC Application 1-13 100..1300; PC Application 14-20 1400..2000; "
           "PC Application 21-21 1000..1000; ");
}
END_TEST

/* An hour is there twice: nobody can tell which is the right one by spans larger than a record. */
START_TEST(records_whose_times_cross_are_single)
{
    for (uint64_t id = 0; id < 3; id++) {
        add("PC", application, 1 + id, 600 * (int64_t)id);
        add("PC", system_channel, 1 + id, 600 * (int64_t)id);
    }
    add("PC", application, 4, 0);
    add("PC", application, 5, 650);
    add("PC", application, 6, 9000);
    expect("PC Application 1-1 0..0; PC Application 2-2 600..600; PC Application 3-3 1200..1200; "
           "PC Application 4-4 0..0; PC Application 5-5 650..650; PC Application 6-6 9000..9000; "
           "PC System 1-3 0..1200; ");
}
END_TEST

/* The clock was put right when the machine had its new name. */
START_TEST(names_of_a_machine_are_in_one_order)
{
    for (uint64_t id = 1; id <= 9; id++)
        add(id < 6 ? "OLD" : "NEW", application, id,
            60 * (int64_t)(id + (id == 4 || id == 5 ? 5000 : 0)));
    expect("OLD Application 1-3 60..180; OLD Application 4-5 300240..300300; "
           "NEW Application 6-9 360..540; ");
}
END_TEST

START_TEST(forwarded_records_are_in_the_order_of_each_computer)
{
    source_facts_computer(&part, "A")->forwarded = true;
    source_facts_computer(&part, "B")->forwarded = true;
    for (uint64_t id = 1; id <= 5; id++) {
        add("A", application, 10 + id, 60 * (int64_t)id);
        add("B", application, 10 + id, 60 * (int64_t)id - 900000);
    }
    expect("A Application 11-15 60..300; B Application 11-15 -899940..-899700; ");
}
END_TEST

/* ---- The longest run of records is one of whole spans ---- */

/* Of records (or of spans of so many, from the least to the greatest of their times): how many the
 * longest run has, in which no time is more than STEP before an earlier one. */
static size_t find_longest(const uint64_t *least, const uint64_t *greatest, const size_t *counts,
                           size_t count)
{
    size_t best[64] = {0}; /* by the one that has the greatest time so far */
    size_t longest = 0;

    for (size_t index = 0; index < count; index++) {
        size_t own = counts[index];

        for (size_t before = 0; before < index; before++)
            if (least[index] + STEP >= greatest[before] && greatest[before] <= greatest[index] &&
                best[before] + counts[index] > own)
                own = best[before] + counts[index];
        for (size_t before = 0; before < index; before++)
            if (least[index] + STEP >= greatest[before] && greatest[before] > greatest[index])
                best[before] += counts[index];
        best[index] = own;
    }
    for (size_t index = 0; index < count; index++)
        if (best[index] > longest)
            longest = best[index];
    return longest;
}

START_TEST(longest_run_is_one_of_whole_pieces)
{
    uint64_t state = 971033 + (uint64_t)_i;
    uint64_t times[64], least[64], greatest[64];
    size_t ones[64], counts[64], pieces = 0;
    bool begins[64] = {false};
    size_t count = 1 + chance_next(&state) % 64;
    uint64_t now = START;

    for (size_t index = 0; index < count; index++) {
        uint64_t draw = chance_next(&state);

        now += draw % (UINT64_C(100) * FILETIME_SECOND);
        if (draw % 11 == 0)
            now -= chance_next(&state) % (UINT64_C(4000) * FILETIME_SECOND);
        if (draw % 13 == 0)
            now += chance_next(&state) % (UINT64_C(4000) * FILETIME_SECOND);
        times[index] = now;
        ones[index] = 1;
    }
    ck_assert(log_spans_cut(times, count, begins));
    ck_assert(begins[0]);
    for (size_t index = 0; index < count; index++) {
        if (begins[index]) {
            least[pieces] = greatest[pieces] = times[index];
            counts[pieces++] = 0;
        }
        counts[pieces - 1]++;
        if (times[index] < least[pieces - 1])
            least[pieces - 1] = times[index];
        if (times[index] > greatest[pieces - 1])
            greatest[pieces - 1] = times[index];
        ck_assert(!record_span_is_step_back(greatest[pieces - 1], times[index]));
    }
    ck_assert_uint_eq(find_longest(times, times, ones, count),
                      find_longest(least, greatest, counts, pieces));
}
END_TEST

/* ---- Several parts ---- */

START_TEST(spans_go_on_in_the_next_part)
{
    add_some(11, 10, 10);
    add("PC-2", system_channel, 1, 0);
    end_part();
    begin_part();
    add("PC-2", system_channel, 2, 1);
    add_some(21, 10, 20);
    add_some(40, 1, 40);
    end_part();
    begin_part();
    add_some(1, 10, 0);
    expect("PC Application 1-30 0..1740; PC Application 40-40 2400..2400; PC-2 System 1-2 0..1; ");
}
END_TEST

START_TEST(parts_that_contradict_each_other_stay_apart)
{
    add_some(1, 10, 0);
    add_some(11, 4, 100000);
    end_part();
    begin_part();
    add_some(15, 10, 14);
    end_part();
    begin_part();
    add_some(25, 10, 24);
    expect("PC Application 1-14 0..6000180; PC Application 15-24 840..1380; "
           "PC Application 25-34 1440..1980; ");
}
END_TEST

START_TEST(ids_met_in_two_parts_count_once)
{
    add_some(1, 10, 0);
    end_part();
    begin_part();
    add_some(6, 10, 5);
    end_part();
    begin_part();
    add_some(2, 3, 1);
    expect("PC Application 1-15 0..840; ");
}
END_TEST

/* So many that they are settled before the part ends. */
START_TEST(many_records_are_no_more_spans)
{
    for (uint64_t id = 1; id <= 700000; id++)
        add("PC", application, id, (int64_t)id);
    expect("PC Application 1-700000 1..700000; ");
}
END_TEST

START_TEST(computers_in_turn_have_a_span_each)
{
    source_facts_computer(&part, "A")->forwarded = true;
    source_facts_computer(&part, "B")->forwarded = true;
    for (uint64_t id = 1; id <= 50000; id++) {
        add("A", application, id, (int64_t)id);
        add("B", application, 5 * id, (int64_t)id - 10000);
        add("B", application, 5 * id + 1, (int64_t)id - 10000);
        add("B", application, 5 * id + 2, (int64_t)id - 10000);
        add("B", application, 5 * id + 3, (int64_t)id - 10000);
        add("B", application, 5 * id + 4, (int64_t)id - 10000);
    }
    expect("A Application 1-50000 1..50000; B Application 5-250004 -9999..40000; ");
}
END_TEST

/* ---- Too many ---- */

static uint64_t count_ids(const struct record_span *span)
{
    return span->last_record_id - span->first_record_id + 1;
}

/* Every second record is missing, an hour apart, from long before the window till long after. */
START_TEST(of_too_many_those_near_the_window_stay)
{
    enum { RECORDS = 50000 };
    size_t single = 0;
    uint64_t total = 0;

    for (uint64_t index = 0; index < RECORDS; index++)
        add("PC", application, 2 * index + 1, 3600 * ((int64_t)index - RECORDS / 2));
    end_part();
    log_spans_finish(&facts);
    ck_assert_uint_eq(facts.span_count, RECORD_SPANS_MOST);
    ck_assert(facts.spans_are_rough);
    for (size_t index = 0; index < facts.span_count; index++) {
        const struct record_span *span = &facts.spans[index];

        total += span->record_count;
        ck_assert(record_span_has_gaps(span) == (count_ids(span) > 1));
        if (index > 0)
            ck_assert_uint_lt(span[-1].last_record_id, span->first_record_id);
        if (count_ids(span) == 1)
            single++;
        /* The window is 18.5 hours long, at RECORDS / 2. */
        if (span->last_record_id > RECORDS - 1000 && span->first_record_id < RECORDS + 1000)
            ck_assert_uint_eq(span->record_count, 1);
    }
    ck_assert_uint_eq(total, RECORDS);
    ck_assert_uint_ge(single, RECORD_SPANS_MOST - 8);
}
END_TEST

/* Nothing is missing, but every second record has a wrong clock: two make a run, and what is joined
 * of several tells that it is not whole. */
START_TEST(what_was_joined_against_its_order_has_gaps)
{
    for (uint64_t index = 0; index < 10000; index++)
        add("PC", application, 1 + index,
            3600 * (int64_t)index - (index % 2 == 1 ? INT64_C(1000000000) : 0));
    end_part();
    log_spans_finish(&facts);
    ck_assert_uint_le(facts.span_count, RECORD_SPANS_MOST);
    for (size_t index = 0; index < facts.span_count; index++)
        ck_assert(record_span_has_gaps(&facts.spans[index]) ==
                  (count_ids(&facts.spans[index]) > 2));
}
END_TEST

START_TEST(of_too_many_computers_some_are_not_told_of)
{
    for (unsigned number = 0; number < RECORD_SPANS_MOST + 100; number++) {
        char *name = memory_format("PC-%05u", number);

        source_facts_computer(&part, name)->forwarded = true;
        add(name, application, 1, number < 100 ? -1000000 : 10);
        free(name);
    }
    end_part();
    log_spans_finish(&facts);
    ck_assert_uint_eq(facts.span_count, RECORD_SPANS_MOST);
    ck_assert_str_eq(facts.computers[facts.spans[0].computer].name, "PC-00100");
    ck_assert(facts.spans_are_rough);
}
END_TEST

/* A record of a wrong clock behind each two: so many that there are up to 1024 runs, or more. */
START_TEST(of_too_many_steps_back_it_is_said)
{
    for (uint64_t index = 0; index < 3000 + 150 * (uint64_t)_i; index++)
        add("PC", application, 1 + index,
            3600 * (int64_t)index - (index % 3 == 2 ? INT64_C(1000000000) : 0));
    end_part();
    log_spans_finish(&facts);
    ck_assert_uint_lt(facts.span_count, RECORD_SPANS_MOST);
    ck_assert_int_eq(facts.spans_are_rough, _i == 1);
}
END_TEST

/* The next part has no records. */
START_TEST(what_a_part_could_not_tell_stays_said)
{
    for (uint64_t id = 1; id <= 2 * RECORD_SPANS_MOST + 2; id += 2)
        add("PC", application, id, 60 * (int64_t)id);
    end_part();
    begin_part();
    end_part();
    log_spans_finish(&facts);
    source_facts_finish(&facts, "libevtx");
    ck_assert_str_eq(text_get(&facts.detail), "too many gaps or steps back in time: coverage and "
                                              "wrong clocks are told roughly");
}
END_TEST

/* ---- Through the reader ---- */

static void read_log(const struct evtx_image *image, const char *expected)
{
    int file = readout_make_file(image->bytes, image->size_bytes);
    struct text text = {0};

    ck_assert_int_eq(readout_read(&got, &evtx_log_reader, file, image->size_bytes), 0);
    close(file);
    describe(&got.facts, &text);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(zeroed_chunk_leaves_a_gap)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 10, true);

    read_log(image, "PC Application 1-30 0..1740; ");
    evtx_damage_zero_chunk(image, 1);
    read_log(image, "PC Application 1-10 0..540; PC Application 21-30 1200..1740; ");
    evtx_image_free(image);
}
END_TEST

START_TEST(undecodable_record_leaves_a_gap)
{
    struct evtx_image *image = readout_make_log(NULL, 1, 10, true);

    memset(image->bytes + image->records[4].offset_bytes + RECORD_OFFSET_BINXML, 0xff, 4);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    read_log(image, "PC Application 1-4 0..180; PC Application 6-10 300..540; ");
    evtx_image_free(image);
}
END_TEST

/* Its fifth chunk has one record and lies over the first, of which three are left. */
START_TEST(wrapped_log_is_one_span_and_its_leftovers_another)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_image *image;

    for (uint64_t index = 0; index < 17; index++) {
        struct event_stamp stamp = {
            .filetime = START + index * FILETIME_MINUTE, .computer = "PC", .self_contained = true};

        if (index > 0 && index % 4 == 0)
            evtx_writer_close_chunk(writer);
        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    image = evtx_writer_finish(writer);
    evtx_image_wrap(image, 4);
    read_log(image, "PC Application 5-17 240..960; PC Application recovered 2-4 60..180; ");
    evtx_image_free(image);
}
END_TEST

/* The channel is a literal of the template, a value, and text, and once in small letters. */
START_TEST(channels_are_known_however_they_are_written)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};
    struct evtx_image *image;

    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    stamp.record_id = 7;
    events_add_eventlog_6009(writer, &stamp, "6.01.", "7601", "");
    stamp.record_id = 8;
    events_add_kernel_1(writer, &stamp, START, START);
    stamp.record_id = 9;
    events_add_update_installed(writer, &stamp, "KB971033");
    stamp.record_id = 2;
    stamp.computer = "FORWARDED";
    stamp.forwarded = true;
    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    image = evtx_writer_finish(writer);
    read_log(image,
             "PC Application 1-1 0..0; PC System 7-9 0..0; FORWARDED Application 2-2 0..0; ");
    evtx_image_free(image);
}
END_TEST

/* ---- Marks ---- */

/* "computer channel:id time; ", times in seconds from START on. */
static void expect_marks(const char *expected)
{
    struct text text = {0};

    if (spans != NULL)
        end_part();
    log_spans_finish(&facts);
    for (size_t index = 0; index < facts.mark_count; index++) {
        const struct record_mark *mark = &facts.marks[index];

        text_add_format(&text, "%s %s:%" PRIu64 " %" PRIu64 "; ",
                        facts.computers[mark->computer].name, mark->channel, mark->record_id,
                        (mark->event_filetime - START) / FILETIME_SECOND);
    }
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(records_of_a_small_log_all_have_marks)
{
    add("NEW", application, 9, 9);
    add("OLD", application, 3, 3);
    add("OLD", application, 2, 1);
    expect_marks("NEW Application:9 9; OLD Application:2 1; OLD Application:3 3; ");
}
END_TEST

START_TEST(marks_of_a_greater_log_are_spread_over_its_ids)
{
    add_some(1001, 3000, 0);
    end_part();
    begin_part();
    add_some(4001, 3000, 3000);
    end_part();
    log_spans_finish(&facts);
    ck_assert_uint_eq(facts.mark_count, 94); /* 1024, 1088, ... 6976 */
    for (size_t index = 0; index < facts.mark_count; index++) {
        uint64_t id = 1024 + 64 * index;

        ck_assert_uint_eq(facts.marks[index].record_id, id);
        ck_assert_uint_eq(facts.marks[index].event_filetime,
                          START + 60 * FILETIME_SECOND * (id - 1001));
    }
}
END_TEST

START_TEST(an_id_of_several_times_has_no_mark)
{
    add("PC", application, 1, 1);
    add("PC", application, 2, 2);
    add("PC", application, 3, 3);
    end_part();
    begin_part();
    add("PC", application, 2, 5);
    add("PC", application, 3, 3);
    expect_marks("PC Application:1 1; PC Application:3 3; ");
}
END_TEST

START_TEST(one_id_again_and_again_has_no_mark)
{
    for (int64_t count = 0; count < 3 * RECORD_MARKS_MOST; count++)
        add("PC", application, 64, count);
    expect_marks("");
}
END_TEST

START_TEST(recovered_records_have_no_marks)
{
    struct record_summary summary = {
        .event_filetime = START, .record_id = 4, .channel = application};

    add("PC", application, 1, 1);
    log_spans_add(spans, &summary, true);
    expect_marks("PC Application:1 1; ");
}
END_TEST

START_TEST(a_record_without_a_time_has_no_mark)
{
    struct record_summary summary = {.event_filetime = 1, .record_id = 1, .channel = application};

    summary.computer = (size_t)(source_facts_computer(&part, "PC") - part.computers);
    log_spans_add(spans, &summary, false);
    summary.event_filetime = 0;
    summary.record_id = 2;
    log_spans_add(spans, &summary, false);
    end_part();
    log_spans_finish(&facts);
    ck_assert_uint_eq(facts.mark_count, 1);
    ck_assert_uint_eq(facts.marks[0].record_id, 1);
}
END_TEST

/* The later part tells that the computer's records are forwarded. */
START_TEST(forwarded_records_have_no_marks)
{
    add("A", application, 1, 1);
    add("B", application, 2, 2);
    end_part();
    begin_part();
    add("B", application, 3, 3);
    part.computers[0].forwarded = true;
    expect_marks("A Application:1 1; ");
}
END_TEST

START_TEST(a_log_of_several_channels_has_no_marks)
{
    add("PC", application, 1, 1);
    add("PC", system_channel, 2, 2);
    expect_marks("");
}
END_TEST

static Suite *log_spans_suite(void)
{
    Suite *suite = suite_create("log_spans");
    TCase *tests = tcase_create("log_spans");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, log_in_order_is_one_span_a_channel);
    tcase_add_test(tests, missing_id_ends_a_span);
    tcase_add_test(tests, order_of_the_file_is_of_no_account);
    tcase_add_test(tests, ids_met_twice_count_once);
    tcase_add_test(tests, record_without_time_id_channel_or_computer_is_missing);
    tcase_add_test(tests, recovered_records_have_spans_of_their_own);
    tcase_add_test(tests, ids_do_not_run_over);
    tcase_add_test(tests, a_little_step_back_is_none);
    tcase_add_test(tests, a_longer_step_back_ends_a_span);
    tcase_add_test(tests, small_steps_back_that_add_up_are_one);
    tcase_add_test(tests, a_clock_that_ran_ahead_for_a_while_is_a_span);
    tcase_add_test(tests, a_clock_that_was_behind_for_a_while_is_a_span);
    tcase_add_test(tests, a_run_is_cut_where_it_comes_to_be_in_order);
    tcase_add_test(tests, a_run_is_cut_where_it_ceases_to_be_in_order);
    tcase_add_test(tests, records_whose_times_cross_are_single);
    tcase_add_test(tests, names_of_a_machine_are_in_one_order);
    tcase_add_test(tests, forwarded_records_are_in_the_order_of_each_computer);
    tcase_add_loop_test(tests, longest_run_is_one_of_whole_pieces, 0, 300);
    tcase_add_test(tests, spans_go_on_in_the_next_part);
    tcase_add_test(tests, parts_that_contradict_each_other_stay_apart);
    tcase_add_test(tests, ids_met_in_two_parts_count_once);
    tcase_add_test(tests, many_records_are_no_more_spans);
    tcase_add_test(tests, computers_in_turn_have_a_span_each);
    tcase_add_test(tests, of_too_many_those_near_the_window_stay);
    tcase_add_test(tests, what_was_joined_against_its_order_has_gaps);
    tcase_add_test(tests, of_too_many_computers_some_are_not_told_of);
    tcase_add_loop_test(tests, of_too_many_steps_back_it_is_said, 0, 2);
    tcase_add_test(tests, what_a_part_could_not_tell_stays_said);
    tcase_add_test(tests, zeroed_chunk_leaves_a_gap);
    tcase_add_test(tests, undecodable_record_leaves_a_gap);
    tcase_add_test(tests, wrapped_log_is_one_span_and_its_leftovers_another);
    tcase_add_test(tests, channels_are_known_however_they_are_written);
    tcase_add_test(tests, records_of_a_small_log_all_have_marks);
    tcase_add_test(tests, marks_of_a_greater_log_are_spread_over_its_ids);
    tcase_add_test(tests, an_id_of_several_times_has_no_mark);
    tcase_add_test(tests, one_id_again_and_again_has_no_mark);
    tcase_add_test(tests, recovered_records_have_no_marks);
    tcase_add_test(tests, a_record_without_a_time_has_no_mark);
    tcase_add_test(tests, forwarded_records_have_no_marks);
    tcase_add_test(tests, a_log_of_several_channels_has_no_marks);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(log_spans_suite());
}
