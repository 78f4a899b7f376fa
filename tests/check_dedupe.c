/* SPDX-License-Identifier: Apache-2.0 */
/* Of events in a row that state the same, the first and the last are handed on; the verdict lives
 * on them. */
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
static bool is_crafted;

static void begin(void)
{
    deduper = deduper_create();
    selector = selector_create(&facts);
    writer = evtx_writer_new(NULL);
    is_crafted = false;
}

static void end(void)
{
    deduper_free(deduper);
    selector_free(selector);
    source_facts_free_content(&facts);
    craft_end(&craft);
}

#define ENTERPRISE "ae2ee509-1b34-41c0-acb7-6d4650168915"
#define PROFESSIONAL "b92e9980-b9d5-4821-9c94-140f632f6312"
#define OFFICE_APPLICATION_ID "59a52881-a989-479d-af46-f275c6370663"

/* What a 1003 says: an installed licence and its groups. */
#define LICENCE(id, groups)                                                                     \
    "\r\n1: 358fb95b-0090-44fb-883a-75734e060c30, 1, 0 [(0 [0xC004F014, 0, 0], [(?)])(1 )]\r\n" \
    "2: " id ", 1, 1 [" groups "]\r\n"
#define LICENSED(minutes)                                                                  \
    LICENCE(ENTERPRISE, "(0 [0x00000000, 1, 0], [(?)( 1 0x00000000)(?)( 2 0x00000000 0 0 " \
                        "msft:rm/algorithm/volume/1.0 0x00000000 " minutes ")(?)])(1 )(2 )")
#define NOTIFICATION(code) \
    LICENCE(ENTERPRISE,    \
            "(0 )(1 )(2 [0x00000000, 0, 0], [(?)( 5 " code " 10 0)( 9 0x00000000 " code ")])")

static void add_of(uint64_t minute, const char *computer, const char *application,
                   const char *licences)
{
    struct event_stamp stamp = {.filetime = START + minute * FILETIME_MINUTE, .computer = computer};

    events_add_spp_1003(writer, &stamp, application, licences);
}

/* Adds SPP 1003 of that minute. */
static void add(uint64_t minute, const char *computer, const char *licences)
{
    add_of(minute, computer, INCIDENT_WINDOWS_APPLICATION_ID, licences);
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
    if (is_crafted) /* then all have the same id */
        summary.record_id += index;
    return deduper_take(deduper, &chunk, false, &record, &summary);
}

/* Asks for what was remembered, as its numbers. */
static void add_remembered(struct text *handed)
{
    struct held_record held;

    text_add(handed, "|");
    while (deduper_next(deduper, &held)) {
        text_add_format(handed, " %" PRIu64, held.record.number);
        ck_assert_ptr_nonnull(held.event);
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
        add(minute, "PC", LICENSED("259200"));
    expect_handed("1 | 6");
}
END_TEST

START_TEST(single_event_is_handed_on_once)
{
    add(0, "PC", LICENSED("259200"));
    expect_handed("1 |");
}
END_TEST

START_TEST(two_equal_events_are_first_and_last)
{
    add(0, "PC", LICENSED("259200"));
    add(1, "PC", LICENSED("259200"));
    expect_handed("1 | 2");
}
END_TEST

START_TEST(changed_statement_begins_a_run)
{
    add(0, "PC", LICENSED("259200"));
    add(1, "PC", LICENSED("259200"));
    add(2, "PC", NOTIFICATION("0xC004F056"));
    add(3, "PC", NOTIFICATION("0xC004F056"));
    add(4, "PC", LICENSED("259200"));
    expect_handed("1 3 5 | 2 4");
}
END_TEST

START_TEST(changed_reason_begins_a_run)
{
    add(0, "PC", NOTIFICATION("0xC004F056"));
    add(1, "PC", NOTIFICATION("0xC004F056"));
    add(2, "PC", NOTIFICATION("0xC004F200"));
    add(3, "PC", NOTIFICATION("0xC004F200"));
    expect_handed("1 3 | 2 4");
}
END_TEST

START_TEST(changed_licence_begins_a_run)
{
    add(0, "PC", LICENCE(ENTERPRISE, "(0 [0x00000000, 1, 0], [(?)])"));
    add(1, "PC", LICENCE(PROFESSIONAL, "(0 [0x00000000, 1, 0], [(?)])"));
    add(2, "PC", LICENCE(PROFESSIONAL, "(0 [0x00000000, 1, 0], [(?)])"));
    expect_handed("1 2 | 3");
}
END_TEST

/* What changes from day to day: the minutes that are left. */
START_TEST(other_minutes_are_no_other_statement)
{
    static const char *const left[] = {LICENSED("259200"), LICENSED("257760"), LICENSED("9999"),
                                       LICENSED("10000"), LICENSED("259200")};

    for (uint64_t minute = 0; minute < ARRAY_COUNT(left); minute++)
        add(minute, "PC", left[minute]);
    expect_handed("1 | 5");
}
END_TEST

/* Nothing of it is equal but the statement, for which it has to be read. */
START_TEST(another_text_of_the_same_statement_goes_on)
{
    add(0, "PC", LICENCE(ENTERPRISE, "(0 [0x00000000, 1, 0], [(?)])"));
    add(1, "PC", LICENCE(ENTERPRISE, "(0 [0xC004E003, 0, 0], [(?)])(1 [0x00000000, 1, 0], [])"));
    add(2, "PC", LICENCE(ENTERPRISE, "(0 [0xC004E003, 0, 0], [(?)])(1 [0x00000000, 1, 0], [])"));
    expect_handed("1 | 3");
}
END_TEST

/* Digits that a statement is made of; each changes something else. */
static const char *const digits[][2] = {
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 1, 0], [])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [])")},
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 1], [])")},
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 1, 0], [])"),
     LICENCE(ENTERPRISE, "(0 [0x00000001, 1, 0], [])")},
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 0xC004F009 0)])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 0xC004F000 0)])")},
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 0xC004F009 0)])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 0xC004F009 0x1)])")},
    {LICENCE(ENTERPRISE, "(0 [0xC004F014, 0, 0], [])"),
     LICENCE(ENTERPRISE, "(0 [0xC004F015, 0, 0], [])")},
    /* Blanks can be anywhere, and where one is a number may begin or end. */
    {LICENCE(ENTERPRISE, "(0 [0x00000000,  1 , 0], [])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000,  0 , 0], [])")},
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 0xC004F009 0)])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 1xC004F009 0)])")},
    /* What follows the number differs. */
    {LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 12 0xC004F009)])"),
     LICENCE(ENTERPRISE, "(0 [0x00000000, 0, 0], [( 5 12)( 0xC004F200)])")},
};

START_TEST(digits_of_a_statement_count)
{
    add(0, "PC", digits[_i][0]);
    add(1, "PC", digits[_i][0]);
    add(2, "PC", digits[_i][1]);
    add(3, "PC", digits[_i][1]);
    expect_handed("1 3 | 2 4");
}
END_TEST

START_TEST(applications_do_not_part_each_others_runs)
{
    for (uint64_t minute = 0; minute < 4; minute++) {
        add(minute, "PC", LICENSED("259200"));
        add_of(minute, "PC", OFFICE_APPLICATION_ID, LICENSED("100"));
    }
    expect_handed("1 2 | 7 8");
}
END_TEST

START_TEST(other_computer_has_its_own_runs)
{
    add(0, "PC-A", LICENSED("259200"));
    add(1, "PC-B", LICENSED("259200"));
    add(2, "PC-A", LICENSED("259200"));
    add(3, "pc-b", LICENSED("259200")); /* the same name */
    expect_handed("1 2 | 3 4");
}
END_TEST

/* In a wrapped log the oldest records stand behind the newest. */
START_TEST(a_run_ends_where_the_ids_go_back)
{
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};
    static const uint64_t ids[] = {10, 11, 12, 12, 2, 3, 4};

    for (size_t index = 0; index < ARRAY_COUNT(ids); index++) {
        stamp.record_id = ids[index];
        events_add_spp_1003(writer, &stamp, INCIDENT_WINDOWS_APPLICATION_ID, LICENSED("259200"));
    }
    expect_handed("1 4 5 | 3 7");
}
END_TEST

START_TEST(equal_events_of_other_chunks_are_one_run)
{
    for (uint64_t minute = 0; minute < 6; minute++) {
        add(minute, "PC", LICENSED("259200"));
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
        add(minute, "PC", minute == 4 ? NOTIFICATION("0xC004F056") : LICENSED("259200"));
    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < 9; index++) {
        if (!take(index))
            text_add_format(&handed, "%zu ", index + 1);
        if (index % 3 == 2)
            add_remembered(&handed);
    }
    add_remembered(&handed);
    ck_assert_str_eq(text_get(&handed), "1 | 35 6 | 4| 9|");
    text_free(&handed);
}
END_TEST

/* More runs than are followed: those beyond are handed on whole. */
START_TEST(too_many_runs_are_handed_on)
{
    struct text expected = {0};

    for (unsigned number = 0; number < 514; number++) {
        char *computer = memory_format("PC-%03u", number);

        add(number, computer, LICENSED("259200"));
        add(number, computer, LICENSED("259200"));
        text_add_format(&expected, number < 512 ? "%u " : "%u %u ", 2 * number + 1, 2 * number + 2);
        free(computer);
    }
    text_add(&expected, "|");
    for (unsigned number = 0; number < 512; number++)
        text_add_format(&expected, " %u", 2 * number + 2);
    expect_handed(text_get(&expected));
    text_free(&expected);
}
END_TEST

/* More runs end than can be remembered: from there on all is handed on. */
START_TEST(too_many_ends_of_runs_are_handed_on)
{
    struct text expected = {0};

    for (unsigned number = 0; number < 1030; number++) {
        const char *licences = number % 2 == 0 ? LICENSED("259200") : NOTIFICATION("0xC004F056");

        add(number, "PC", licences);
        add(number, "PC", licences);
        text_add_format(&expected, number < 1024 ? "%u " : "%u %u ", 2 * number + 1,
                        2 * number + 2);
    }
    text_add(&expected, "|");
    for (unsigned number = 0; number < 1024; number++)
        text_add_format(&expected, " %u", 2 * number + 2);
    expect_handed(text_get(&expected));
    text_free(&expected);
}
END_TEST

/* There is nothing to compare: they are decoded. */
START_TEST(forwarded_events_are_runs_too)
{
    struct event_stamp stamp = {.filetime = START, .computer = "PC", .forwarded = true};

    for (int count = 0; count < 4; count++)
        events_add_spp_1003(writer, &stamp, INCIDENT_WINDOWS_APPLICATION_ID,
                            count < 3 ? LICENSED("259200") : NOTIFICATION("0xC004F056"));
    expect_handed("1 4 | 3");
}
END_TEST

/* --- what is never compared as it lies there --- */

START_TEST(instance_that_names_another_template_is_decoded)
{
    size_t content;

    for (uint64_t minute = 0; minute < 3; minute++)
        add(minute, "PC", LICENSED("259200"));
    craft_take(&craft, evtx_writer_finish(writer));
    /* The last fragment header of the record is that of EventData; the id stands two behind it. */
    for (content = craft.image->records[1].size_bytes - 8;
         memcmp(craft_bytes(&craft, 1) + content, "\x0f\x01\x01\x00\x0c", 5) != 0; content--)
        ;
    craft_bytes(&craft, 1)[content + 6] ^= 1;
    ck_assert(!take(0));
    ck_assert(take(1));
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
    craft_put_text(out, "Data", LICENSED("259200"));
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

    is_crafted = true;
    for (int count = 0; count < 3; count++)
        made_add(writer, craft_write_event, &event);
    expect_handed("1 | 3"); /* they are decoded */
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

    is_crafted = true;
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
    tcase_add_test(tests, changed_statement_begins_a_run);
    tcase_add_test(tests, changed_reason_begins_a_run);
    tcase_add_test(tests, changed_licence_begins_a_run);
    tcase_add_test(tests, other_minutes_are_no_other_statement);
    tcase_add_test(tests, another_text_of_the_same_statement_goes_on);
    tcase_add_loop_test(tests, digits_of_a_statement_count, 0, ARRAY_COUNT(digits));
    tcase_add_test(tests, applications_do_not_part_each_others_runs);
    tcase_add_test(tests, other_computer_has_its_own_runs);
    tcase_add_test(tests, a_run_ends_where_the_ids_go_back);
    tcase_add_test(tests, equal_events_of_other_chunks_are_one_run);
    tcase_add_test(tests, what_is_remembered_can_be_asked_for_in_between);
    tcase_add_test(tests, too_many_runs_are_handed_on);
    tcase_add_test(tests, too_many_ends_of_runs_are_handed_on);
    tcase_add_test(tests, forwarded_events_are_runs_too);
    tcase_add_test(tests, instance_that_names_another_template_is_decoded);
    tcase_add_test(tests, values_of_binxml_are_never_compared);
    tcase_add_test(tests, events_that_say_nothing_are_equal);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(dedupe_suite());
}
