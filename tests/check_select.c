/* SPDX-License-Identifier: Apache-2.0 */
/* Selection tells of a record what decoding it tells, by templates in every manner of writing. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "craft.h"
#include "evtx/decode.h"
#include "evtx/select.h"
#include "evtx/value.h"
#include "fixtures/events.h"
#include "made.h"
#include "model/incident.h"
#include "run.h"

#define START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */

static struct craft craft;
static struct source_facts facts;
static struct selector *selector;
static struct record_summary summary;
static struct error err;
static struct chunk chunk; /* borrowed by the selector */
static size_t chunk_begun; /* the offset of the chunk that was begun last; 0: none */

static void begin(void)
{
    selector = selector_create(&facts);
    chunk_begun = 0;
}

static void end(void)
{
    selector_free(selector);
    source_facts_free_content(&facts);
    craft_end(&craft);
    error_clear(&err);
}

/* Glances at the record; a chunk is begun when the record is not of the one before. */
static int look(size_t index)
{
    struct chunk opened;
    struct record record;

    craft_open(&craft, index, &opened, &record);
    if (opened.bytes.offset_bytes != chunk_begun) {
        chunk = opened;
        chunk_begun = (size_t)opened.bytes.offset_bytes;
        selector_begin_chunk(selector, &chunk);
    }
    error_clear(&err);
    return selector_summarise(selector, &record, &summary, &err);
}

static const char *computer(void)
{
    return summary.computer == RECORD_SUMMARY_NO_COMPUTER ? ""
                                                          : facts.computers[summary.computer].name;
}

/* --- manners --- */

static const struct {
    bool provider_substituted, forwarded, rendered;
} manners[] = {
    {false, false, false}, {true, false, false}, {false, true, false}, {false, true, true}};

START_TEST(classic_event_is_told_in_every_manner)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START,
                                .record_id = 5000,
                                .computer = "PC.corp.example",
                                .provider_substituted = manners[_i].provider_substituted,
                                .forwarded = manners[_i].forwarded,
                                .rendering_message = manners[_i].rendered ? "text" : NULL};

    events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    craft_take(&craft, evtx_writer_finish(writer));
    ck_assert_int_eq(look(0), 0);
    ck_assert_ptr_eq(summary.event, incident_find_event(INCIDENT_PROVIDER_WAT, 13));
    ck_assert_uint_eq(summary.event_filetime, START);
    ck_assert_uint_eq(summary.record_id, 5000);
    ck_assert_str_eq(computer(), "PC.corp.example");
    ck_assert(summary.application);
    ck_assert_int_eq(summary.forwarded, manners[_i].forwarded);
}
END_TEST

START_TEST(manifest_event_is_told_by_substituted_provider_and_channel)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};

    events_add_update_installed(writer, &stamp, "Update (KB971033)");
    events_add_kernel_1(writer, &stamp, START, START + FILETIME_HOUR);
    craft_take(&craft, evtx_writer_finish(writer));
    ck_assert_int_eq(look(0), 0);
    ck_assert_ptr_eq(summary.event, incident_find_event(INCIDENT_PROVIDER_UPDATE_CLIENT, 19));
    ck_assert(!summary.application);
    /* By the same template, as everything but the computer is a value there. */
    ck_assert_int_eq(look(1), 0);
    ck_assert_ptr_eq(summary.event, incident_find_event(INCIDENT_PROVIDER_KERNEL, 1));
}
END_TEST

START_TEST(events_of_no_interest_are_told_with_their_computer_and_time)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};

    for (uint64_t number = 0; number < 8; number++)
        events_add_noise(writer, &stamp, number);
    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < 8; index++) {
        ck_assert_int_eq(look(index), 0);
        ck_assert_ptr_null(summary.event);
        ck_assert_uint_eq(summary.event_filetime, START);
        ck_assert_str_eq(computer(), "PC");
    }
    ck_assert_uint_eq(facts.computer_count, 1);
}
END_TEST

/* Of every record of the made logs: the same as decoding. */
START_TEST(summary_tells_what_decoding_tells)
{
    struct event event = {0};

    craft_take(&craft, made_logs[_i].make());
    for (size_t index = 0; index < craft.image->record_count; index++) {
        const struct observation *observation = &event.observation;
        struct chunk opened;
        struct record record;
        struct error ignored = {0};

        craft_open(&craft, index, &opened, &record);
        ck_assert_int_eq(event_decode(&event, &opened, &record, false, &ignored), 0);
        ck_assert_int_eq(look(index), 0);
        ck_assert_ptr_eq(summary.event,
                         incident_find_event(observation->provider, observation->event_id));
        ck_assert_uint_eq(summary.event_filetime, observation->event_filetime);
        ck_assert_uint_eq(summary.record_id, observation->record_id);
        ck_assert_str_eq(computer(), observation->computer);
        ck_assert_int_eq(summary.application, strcmp(observation->channel, "Application") == 0);
    }
    event_free_content(&event);
}
END_TEST

/* --- definitions --- */

/* Two chunks that are alike but for the text of literals: the definitions have equal offsets. */
START_TEST(layout_is_found_anew_in_each_chunk)
{
    static const char *const providers[] = {
        INCIDENT_PROVIDER_WAT, "Xindows Activation Technologies", INCIDENT_PROVIDER_WAT};
    static const char *const computers[] = {"PC-A", "PC-B", "PC-C"};
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t index = 0; index < 3; index++) {
        struct evtx_string string = {.text = "0x00000000"};
        struct evtx_event event = {.provider = providers[index],
                                   .event_id = 13,
                                   .event_filetime = START,
                                   .channel = index < 2 ? "Application" : "Xpplication",
                                   .computer = computers[index],
                                   .strings = &string,
                                   .string_count = 1};

        evtx_writer_add(writer, &event);
        evtx_writer_add(writer, &event);
        evtx_writer_close_chunk(writer);
    }
    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < 6; index++) {
        ck_assert_int_eq(look(index), 0);
        ck_assert_str_eq(computer(), computers[index / 2]);
        ck_assert_int_eq(summary.event != NULL, index / 2 != 1);
        ck_assert_int_eq(summary.application, index / 2 != 2);
    }
}
END_TEST

START_TEST(names_of_computers_compare_without_case)
{
    static const char *const names[] = {"pc-a", "PC-A", "PC-B", "Pc-A"};
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        struct event_stamp stamp = {.filetime = START, .computer = names[index]};

        events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    }
    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        ck_assert_int_eq(look(index), 0);
        ck_assert_uint_eq(summary.computer, index == 2 ? 1 : 0);
    }
    ck_assert_uint_eq(facts.computer_count, 2);
}
END_TEST

static void put_nested(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "nested";

    (void)context;
    binxml_put_fragment_header(out);
    if (binxml_template_begin(out, guid)) {
        craft_open_element(out, "Event");
        binxml_substitution(out, false, 0, VALUE_BINXML);
        binxml_end(out);
        binxml_template_end(out);
    }
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;
    binxml_put_fragment_header(out);
    made_put_system(out);
    binxml_put_end_of_stream(out);
    binxml_values_add(out, &values, VALUE_BINXML, at);
    binxml_put_end_of_stream(out);
}

START_TEST(system_in_a_nested_value_is_found)
{
    craft_begin(&craft);
    craft_add(&craft, put_nested, NULL);
    craft_finish(&craft);
    ck_assert_int_eq(look(0), 0);
    ck_assert_ptr_eq(summary.event, incident_find_event(INCIDENT_PROVIDER_WAT, 18));
    ck_assert_uint_eq(summary.event_filetime, START);
    ck_assert_uint_eq(summary.record_id, 7);
    ck_assert_str_eq(computer(), "PC");
    ck_assert(!summary.forwarded);
}
END_TEST

/* What is special about the event that put_special writes; id, time and record id are values, as
 * they mostly are. */
enum special {
    SPECIAL_MIXED,  /* the provider's name is a literal and a value */
    SPECIAL_HALF,   /* the provider's name is a value that has one byte more than its characters */
    SPECIAL_NESTED, /* what stands behind EventRecordID in System is one value of BinXML */
};

static void put_value_element(struct binxml *out, const char *name, uint16_t index, uint8_t type)
{
    craft_open_element(out, name);
    binxml_substitution(out, false, index, type);
    binxml_end(out);
}

static void put_special_system(struct binxml *out, enum special special)
{
    craft_open_element(out, "System");
    binxml_open(out, "Provider", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "Name");
    if (special != SPECIAL_HALF)
        binxml_value(out, special == SPECIAL_MIXED ? "Windows Activation " : INCIDENT_PROVIDER_WAT);
    if (special != SPECIAL_NESTED)
        binxml_substitution(out, false, 3, VALUE_STRING);
    binxml_close_empty(out);
    put_value_element(out, "EventID", 0, VALUE_UINT16);
    binxml_open(out, "TimeCreated", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "SystemTime");
    binxml_substitution(out, false, 1, VALUE_FILETIME);
    binxml_close_empty(out);
    put_value_element(out, "EventRecordID", 2, VALUE_UINT64);
    if (special == SPECIAL_NESTED)
        binxml_substitution(out, false, 3, VALUE_BINXML);
    binxml_end(out);
}

static void put_special(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "special";
    enum special special = *(const enum special *)context;

    binxml_put_fragment_header(out);
    binxml_template_begin(out, guid);
    craft_open_element(out, "Event");
    put_special_system(out, special);
    binxml_end(out);
    binxml_template_end(out);
    struct binxml_values values = binxml_values_begin(out, 4);
    size_t at = out->position;
    binxml_put_number(out, 18, 2);
    binxml_values_add(out, &values, VALUE_UINT16, at);
    at = out->position;
    binxml_put_number(out, START, 8);
    binxml_values_add(out, &values, VALUE_FILETIME, at);
    at = out->position;
    binxml_put_number(out, 5000, 8);
    binxml_values_add(out, &values, VALUE_UINT64, at);
    at = out->position;
    if (special == SPECIAL_MIXED) {
        binxml_put_utf16(out, "Technologies");
    } else if (special == SPECIAL_HALF) {
        binxml_put_utf16(out, INCIDENT_PROVIDER_WAT);
        binxml_put_number(out, 'x', 1);
    } else {
        craft_put_text(out, "Channel", "Application");
        craft_put_text(out, "Computer", "PC");
        binxml_put_end_of_stream(out);
    }
    binxml_values_add(out, &values, special == SPECIAL_NESTED ? VALUE_BINXML : VALUE_STRING, at);
    binxml_put_end_of_stream(out);
}

static void look_at_special(enum special special)
{
    craft_begin(&craft);
    craft_add(&craft, put_special, &special);
    craft_finish(&craft);
    ck_assert_int_eq(look(0), 0);
    ck_assert_ptr_eq(summary.event, incident_find_event(INCIDENT_PROVIDER_WAT, 18));
    ck_assert_uint_eq(summary.event_filetime, START);
    ck_assert_uint_eq(summary.record_id, 5000);
}

START_TEST(field_of_several_pieces_is_put_together)
{
    look_at_special(SPECIAL_MIXED);
    ck_assert_uint_eq(summary.computer, RECORD_SUMMARY_NO_COMPUTER);
}
END_TEST

START_TEST(name_that_ends_in_half_a_character_is_found)
{
    look_at_special(SPECIAL_HALF);
}
END_TEST

START_TEST(fields_in_a_value_of_system_are_found)
{
    look_at_special(SPECIAL_NESTED);
    ck_assert_str_eq(computer(), "PC");
    ck_assert(summary.application);
}
END_TEST

/* --- what cannot be read --- */

START_TEST(record_without_its_values_is_undecodable)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};

    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    craft_take(&craft, evtx_writer_finish(writer));
    /* Behind the fragment header and the instance: one value instead of 20. */
    memcpy(craft_bytes(&craft, 1) + RECORD_OFFSET_BINXML + 14, "\1\0\0", 4);
    ck_assert_int_eq(look(0), 0);
    ck_assert_int_eq(look(1), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "lacks a value"));
}
END_TEST

START_TEST(bytes_that_are_no_binxml_are_undecodable)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};

    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    craft_take(&craft, evtx_writer_finish(writer));
    memset(craft_bytes(&craft, 0) + RECORD_OFFSET_BINXML, 0xff, 16);
    ck_assert_int_eq(look(0), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "no BinXML token"));
}
END_TEST

static Suite *select_suite(void)
{
    Suite *suite = suite_create("select");
    TCase *tests = tcase_create("select");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, classic_event_is_told_in_every_manner, 0, ARRAY_COUNT(manners));
    tcase_add_test(tests, manifest_event_is_told_by_substituted_provider_and_channel);
    tcase_add_test(tests, events_of_no_interest_are_told_with_their_computer_and_time);
    tcase_add_loop_test(tests, summary_tells_what_decoding_tells, 0, (int)made_log_count);
    tcase_add_test(tests, layout_is_found_anew_in_each_chunk);
    tcase_add_test(tests, names_of_computers_compare_without_case);
    tcase_add_test(tests, system_in_a_nested_value_is_found);
    tcase_add_test(tests, field_of_several_pieces_is_put_together);
    tcase_add_test(tests, name_that_ends_in_half_a_character_is_found);
    tcase_add_test(tests, fields_in_a_value_of_system_are_found);
    tcase_add_test(tests, record_without_its_values_is_undecodable);
    tcase_add_test(tests, bytes_that_are_no_binxml_are_undecodable);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(select_suite());
}
