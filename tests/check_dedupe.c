/* SPDX-License-Identifier: Apache-2.0 */
/* Of events that say the same, the first and the last are handed on; the verdict lives on them. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "craft.h"
#include "evtx/dedupe.h"
#include "evtx/select.h"
#include "evtx/value.h"
#include "fixtures/events.h"
#include "made.h"
#include "model/incident.h"
#include "run.h"

#define START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */

static struct craft craft;
static struct deduper *deduper;
static struct selector *selector;
static struct source_facts facts;
static struct evtx_writer *writer;

static void begin(void)
{
    deduper = deduper_create();
    selector = selector_create(&facts);
    writer = evtx_writer_new(NULL);
}

static void end(void)
{
    deduper_free(deduper);
    selector_free(selector);
    source_facts_free_content(&facts);
    craft_end(&craft);
}

/* Adds SPP 1003 of that minute. */
static void add(uint64_t minute, const char *computer, const char *licences)
{
    struct event_stamp stamp = {.filetime = START + minute * FILETIME_MINUTE, .computer = computer};

    events_add_spp_1003(writer, &stamp, INCIDENT_WINDOWS_APPLICATION_ID, licences);
}

/* Gives the record of that index to the deduper. */
static bool take(size_t index)
{
    struct chunk chunk;
    struct record record;
    struct record_summary summary;
    struct error err = {0};

    craft_open(&craft, index, &chunk, &record);
    selector_begin_chunk(selector, &chunk);
    ck_assert_int_eq(selector_summarise(selector, &record, &summary, &err), 0);
    return deduper_take(deduper, &chunk, false, &record, &summary);
}

/* Asks for what was remembered, as its numbers. */
static void add_remembered(struct text *handed)
{
    struct held_record held;

    text_add(handed, "|");
    while (deduper_next(deduper, &held)) {
        text_add_format(handed, " %" PRIu64, held.record.number);
        ck_assert_ptr_eq(held.event, incident_find_event(INCIDENT_PROVIDER_SPP, 1003));
    }
}

/* Takes all records; those handed on at once, then at the end, as their numbers. */
static void expect_handed(const char *expected)
{
    struct text handed = {0};

    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < craft.image->record_count; index++)
        if (!take(index))
            text_add_format(&handed, "%zu ", index + 1);
    add_remembered(&handed);
    ck_assert_str_eq(text_get(&handed), expected);
    text_free(&handed);
}

START_TEST(first_and_last_of_equal_events_are_handed_on)
{
    for (uint64_t minute = 0; minute < 6; minute++)
        add(minute, "PC", "1: a");
    expect_handed("1 | 6");
}
END_TEST

START_TEST(single_event_is_handed_on_once)
{
    add(0, "PC", "1: a");
    expect_handed("1 |");
}
END_TEST

START_TEST(two_equal_events_are_first_and_last)
{
    add(0, "PC", "1: a");
    add(1, "PC", "1: a");
    expect_handed("1 | 2");
}
END_TEST

START_TEST(changed_content_is_another_statement)
{
    add(0, "PC", "1: a");
    add(1, "PC", "1: a");
    add(2, "PC", "1: b");
    add(3, "PC", "1: b");
    add(4, "PC", "1: a");
    expect_handed("1 3 | 5 4");
}
END_TEST

START_TEST(other_computer_is_another_statement)
{
    add(0, "PC-A", "1: a");
    add(1, "PC-B", "1: a");
    add(2, "PC-A", "1: a");
    add(3, "pc-b", "1: a"); /* the same name */
    expect_handed("1 2 | 3 4");
}
END_TEST

/* In a wrapped log the oldest records stand behind the newest. */
START_TEST(first_and_last_are_by_time_not_by_place)
{
    add(10, "PC", "1: a");
    add(11, "PC", "1: a");
    add(12, "PC", "1: a");
    add(2, "PC", "1: a");
    add(1, "PC", "1: a");
    add(3, "PC", "1: a");
    expect_handed("1 | 5 3");
}
END_TEST

START_TEST(equal_times_are_told_apart_by_record_id)
{
    add(0, "PC", "1: a");
    add(0, "PC", "1: a");
    add(0, "PC", "1: a");
    expect_handed("1 | 3");
}
END_TEST

START_TEST(equal_events_of_other_chunks_are_one_statement)
{
    for (uint64_t minute = 0; minute < 6; minute++) {
        add(minute, "PC", "1: a");
        evtx_writer_close_chunk(writer);
    }
    expect_handed("1 | 6");
}
END_TEST

/* As carving does, before the bytes of a chunk go. */
START_TEST(what_is_remembered_can_be_asked_for_in_between)
{
    struct text handed = {0};

    for (uint64_t minute = 0; minute < 9; minute++)
        add(minute, "PC", minute == 4 ? "1: b" : "1: a");
    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < 9; index++) {
        if (!take(index))
            text_add_format(&handed, "%zu ", index + 1);
        if (index % 3 == 2)
            add_remembered(&handed);
    }
    add_remembered(&handed);
    ck_assert_str_eq(text_get(&handed), "1 | 35 | 6| 9|");
    text_free(&handed);
}
END_TEST

/* More statements than are remembered: those beyond are handed on each time. */
START_TEST(too_many_statements_are_all_handed_on)
{
    struct text expected = {0};

    for (uint64_t minute = 0; minute < 40; minute++) {
        char *licences = memory_format("1: %02u", (unsigned)minute);

        add(minute, "PC", licences);
        add(minute, "PC", licences);
        text_add_format(&expected, minute < 32 ? "%u " : "%u %u ", (unsigned)(2 * minute + 1),
                        (unsigned)(2 * minute + 2));
        free(licences);
    }
    text_add(&expected, "|");
    for (unsigned index = 0; index < 32; index++)
        text_add_format(&expected, " %u", 2 * index + 2);
    expect_handed(text_get(&expected));
    text_free(&expected);
}
END_TEST

/* --- what is never taken --- */

START_TEST(forwarded_events_are_handed_on)
{
    struct event_stamp stamp = {.filetime = START, .computer = "PC", .forwarded = true};

    for (int count = 0; count < 3; count++)
        events_add_spp_1003(writer, &stamp, INCIDENT_WINDOWS_APPLICATION_ID, "1: a");
    expect_handed("1 2 3 |");
}
END_TEST

START_TEST(instance_that_names_another_template_is_handed_on)
{
    size_t content;

    for (uint64_t minute = 0; minute < 3; minute++)
        add(minute, "PC", "1: a");
    craft_take(&craft, evtx_writer_finish(writer));
    /* The last fragment header of the record is that of EventData; the id stands two behind it. */
    for (content = craft.image->records[1].size_bytes - 8;
         memcmp(craft_bytes(&craft, 1) + content, "\x0f\x01\x01\x00\x0c", 5) != 0; content--)
        ;
    craft_bytes(&craft, 1)[content + 6] ^= 1;
    ck_assert(!take(0));
    ck_assert(!take(1));
    ck_assert(take(2));
}
END_TEST

static void put_content(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "content";

    (void)context;
    binxml_put_fragment_header(out);
    if (binxml_template_begin(out, guid)) {
        craft_open_element(out, "EventData");
        binxml_substitution(out, false, 0, VALUE_BINXML);
        binxml_end(out);
        binxml_template_end(out);
    }
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;
    binxml_put_fragment_header(out);
    craft_put_text(out, "Data", "1: a");
    binxml_put_end_of_stream(out);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

static void put_values(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    put_content(out, context);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

static void put_event_data(struct binxml *out, const void *context)
{
    (void)context;
    binxml_substitution(out, false, 0, VALUE_BINXML);
}

/* A value that is BinXML refers to its chunk: equal bytes may say another thing elsewhere. */
START_TEST(values_of_binxml_are_never_compared)
{
    struct craft_event event = {.name = "event", .content = put_event_data, .values = put_values};

    for (int count = 0; count < 3; count++)
        made_add(writer, craft_write_event, &event);
    expect_handed("1 2 3 |");
}
END_TEST

/* A template that says nothing, of no values. */
static void put_nothing(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "nothing";
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    (void)context;
    binxml_put_fragment_header(out);
    if (binxml_template_begin(out, guid))
        binxml_template_end(out);
    (void)binxml_values_begin(out, 0);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

START_TEST(events_that_say_nothing_are_equal)
{
    struct craft_event event = {.name = "event", .content = put_event_data, .values = put_nothing};

    for (int count = 0; count < 3; count++)
        made_add(writer, craft_write_event, &event);
    craft_take(&craft, evtx_writer_finish(writer));
    ck_assert(!take(0));
    ck_assert(take(1));
    ck_assert(take(2));
}
END_TEST

static Suite *dedupe_suite(void)
{
    Suite *suite = suite_create("dedupe");
    TCase *tests = tcase_create("dedupe");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, first_and_last_of_equal_events_are_handed_on);
    tcase_add_test(tests, single_event_is_handed_on_once);
    tcase_add_test(tests, two_equal_events_are_first_and_last);
    tcase_add_test(tests, changed_content_is_another_statement);
    tcase_add_test(tests, other_computer_is_another_statement);
    tcase_add_test(tests, first_and_last_are_by_time_not_by_place);
    tcase_add_test(tests, equal_times_are_told_apart_by_record_id);
    tcase_add_test(tests, equal_events_of_other_chunks_are_one_statement);
    tcase_add_test(tests, what_is_remembered_can_be_asked_for_in_between);
    tcase_add_test(tests, too_many_statements_are_all_handed_on);
    tcase_add_test(tests, forwarded_events_are_handed_on);
    tcase_add_test(tests, instance_that_names_another_template_is_handed_on);
    tcase_add_test(tests, values_of_binxml_are_never_compared);
    tcase_add_test(tests, events_that_say_nothing_are_equal);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(dedupe_suite());
}
