/* SPDX-License-Identifier: Apache-2.0 */
/* The second reader: what it is asked, what counts as agreeing with it, and what it recovers. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "craft.h"
#include "evtx/check/reference.h"
#include "evtx/check/verify.h"
#include "evtx/decode.h"
#include "evtx/value.h"
#include "fixtures/events.h"
#include "model/incident.h"
#include "run.h"

#define START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static struct craft craft;
static struct verifier *verifier;
static struct event event;

static void begin(void)
{
    verifier = verifier_create();
}

static void end(void)
{
    verifier_free(verifier);
    event_free_content(&event);
    craft_end(&craft);
}

/* Three WAT 13, the second forwarded. */
static void make_log(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};

    for (int index = 0; index < 3; index++) {
        stamp.forwarded = index == 1;
        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    craft_take(&craft, evtx_writer_finish(writer));
}

/* Decodes the record, lets `change` falsify what we read, and has it checked. */
static void check(size_t index, void (*change)(struct observation *observation))
{
    struct chunk chunk;
    struct record record;
    struct error err = {0};

    craft_open(&craft, index, &chunk, &record);
    ck_assert_int_eq(event_decode(&event, &chunk, &record, false, &err), 0);
    if (change != NULL)
        change(&event.observation);
    event.observation.other_reading = "of another record";
    verifier_begin_chunk(verifier, &chunk, &record, 1);
    verifier_check(verifier, &record, &event.observation);
}

START_TEST(what_libevtx_reads_the_same_is_verified)
{
    make_log();
    check(0, NULL);
    ck_assert_int_eq(event.observation.verified, VERIFIED_YES);
    ck_assert_ptr_null(event.observation.other_reading);
    check(2, NULL);
    ck_assert_int_eq(event.observation.verified, VERIFIED_YES);
}
END_TEST

START_TEST(what_libevtx_cannot_read_is_not_verified)
{
    make_log();
    check(1, NULL);
    ck_assert_int_eq(event.observation.verified, VERIFIED_NO);
    /* It would read the values of this one past the record. */
    memcpy(craft_bytes(&craft, 2) + RECORD_OFFSET_BINXML + 14, "\0\0\0\x40", 4);
    check(0, NULL);
    ck_assert_int_eq(event.observation.verified, VERIFIED_YES);
}
END_TEST

START_TEST(unsound_record_is_not_asked_for)
{
    struct chunk chunk;
    struct record record;
    struct observation observation = {.provider = "", .computer = "", .channel = ""};

    make_log();
    memcpy(craft_bytes(&craft, 2) + RECORD_OFFSET_BINXML + 14, "\0\0\0\x40", 4);
    craft_open(&craft, 2, &chunk, &record);
    verifier_begin_chunk(verifier, &chunk, &record, 1);
    verifier_check(verifier, &record, &observation);
    ck_assert_int_eq(observation.verified, VERIFIED_NO);
}
END_TEST

/* A text of 20,000 characters, as often in the event as *context says. */
static void put_times(struct binxml *out, const void *context)
{
    craft_open_element(out, "EventData");
    for (unsigned index = 0; index < *(const unsigned *)context; index++) {
        craft_open_element(out, "Data");
        binxml_substitution(out, false, 0, VALUE_STRING);
        binxml_end(out);
    }
    binxml_end(out);
}

static void put_long_text(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    (void)context;
    for (unsigned index = 0; index < 20000; index++)
        binxml_put_utf16(out, "x");
    binxml_values_add(out, &values, VALUE_STRING, at);
}

/* Values of instances in each other, each the next one `times` times: nested-values.evtx of issue
 * 14 made libevtx take 1.4 GB of 21 KB. */
static void put_next(struct binxml *out, unsigned level, unsigned times)
{
    uint8_t guid[16] = "next";
    struct binxml_values values;
    size_t at;

    guid[15] = (uint8_t)level;
    binxml_put_fragment_header(out);
    if (level == 0) {
        craft_put_text(out, "Data", "x");
        binxml_put_end_of_stream(out);
        return;
    }
    binxml_template_begin(out, guid);
    for (unsigned index = 0; index < times; index++)
        binxml_substitution(out, false, 0, VALUE_BINXML);
    binxml_template_end(out);
    values = binxml_values_begin(out, 1);
    at = out->position;
    put_next(out, level - 1, times);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

static void put_instance(struct binxml *out, const void *context)
{
    (void)context;
    craft_open_element(out, "UserData");
    binxml_substitution(out, false, 0, VALUE_BINXML);
    binxml_end(out);
}

static void put_nested(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    put_next(out, 2, *(const unsigned *)context);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

/* How often, and can libevtx be asked? */
static const struct {
    craft_write *content, *values;
    unsigned times;
    bool can_ask;
} expansions[] = {
    {put_times, put_long_text, 1, true},     {put_times, put_long_text, 25, true},
    {put_times, put_long_text, 27, false},   {put_times, put_long_text, 500, false},
    {put_instance, put_nested, 20, true},    {put_instance, put_nested, 150, false},
    {put_instance, put_nested, 2000, false},
};

START_TEST(what_expands_to_too_much_is_not_asked_for)
{
    unsigned times = expansions[_i].times;
    bool is_too_much;
    struct craft_event crafted = {.name = "expansion",
                                  .content = expansions[_i].content,
                                  .values = expansions[_i].values,
                                  .context = &times};
    struct chunk chunk;
    struct record record;

    craft_begin(&craft);
    craft_add(&craft, craft_write_event, &crafted);
    craft_finish(&craft);
    craft_open(&craft, 0, &chunk, &record);
    ck_assert(record_is_sound(&chunk, &record));
    ck_assert_int_eq(verifier_can_ask(verifier, &chunk, &record, &is_too_much),
                     expansions[_i].can_ask);
    ck_assert_int_eq(is_too_much, !expansions[_i].can_ask);
    if (times > 1)
        return; /* our own reader does not take it either */
    check(0, NULL);
    ck_assert_int_eq(event.observation.verified, VERIFIED_YES);
}
END_TEST

static void change_provider(struct observation *observation)
{
    observation->provider = "X";
}

static void change_event_id(struct observation *observation)
{
    observation->event_id = 14;
}

static void change_qualifiers(struct observation *observation)
{
    observation->qualifiers = OBSERVATION_ABSENT;
}

static void change_computer(struct observation *observation)
{
    observation->computer = "pc";
}

static void change_channel(struct observation *observation)
{
    observation->channel = "";
}

static void change_string(struct observation *observation)
{
    ((struct observation_string *)observation->strings)[1].value = "0xC004C4A3";
}

static void change_string_name(struct observation *observation)
{
    ((struct observation_string *)observation->strings)[0].name = "hr";
}

static void change_string_count(struct observation *observation)
{
    observation->string_count = 1;
}

static const struct {
    void (*change)(struct observation *observation);
    const char *reading; /* what libevtx says otherwise */
} changes[] = {
    {change_provider, "provider Windows Activation Technologies"},
    {change_event_id, "event id 13"},
    {change_qualifiers, "qualifiers 0"},
    {change_computer, "computer PC"},
    {change_channel, "channel Application"},
    {change_string, "string 2 0xC004C4A2"},
    {change_string_name, "string 1 name "},
    {change_string_count, "strings, count 2"},
};

START_TEST(disagreement_is_a_conflict_that_shows_the_other_reading)
{
    make_log();
    check(0, changes[_i].change);
    ck_assert_int_eq(event.observation.verified, VERIFIED_CONFLICT);
    ck_assert_str_eq(event.observation.other_reading, changes[_i].reading);
    /* The next one is none. */
    check(2, NULL);
    ck_assert_int_eq(event.observation.verified, VERIFIED_YES);
    ck_assert_ptr_null(event.observation.other_reading);
}
END_TEST

START_TEST(each_chunk_is_read_for_itself)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};

    for (int index = 0; index < 3; index++) {
        events_add_wat_13(writer, &stamp, "0x00000000", index == 1 ? "0x00000001" : "0x00000002");
        evtx_writer_close_chunk(writer);
    }
    craft_take(&craft, evtx_writer_finish(writer));
    for (size_t index = 0; index < 3; index++) {
        check(index, NULL);
        ck_assert_int_eq(event.observation.verified, VERIFIED_YES);
    }
}
END_TEST

/* What libevtx is known to get wrong (evtx/check/reference.h), and what is near to it and is not.
 */
#define OF_OLDER 2
static const struct {
    const char *ours;
    const char *theirs;
    int agree; /* or OF_OLDER: only of one that spoils characters past U+FFFF */
} readings[] = {
    {"same", "same", true},
    {"one", "two", false},
    {"", "x", false},
    {"x", "", false},
    {"\n", "", true},
    {"\n\n", "", false},
    {"\xEF\xBB\xBFx", "x", true}, /* byte order mark */
    {"x\xEF\xBB\xBF", "x", false},
    {"\xF0\x90\x80\x80", "\xEF\xB0\x81", OF_OLDER}, /* U+10000 as U+FC01 */
    {"\xF0\x90\x8F\xBE", "\xEF\xBF\xBF", OF_OLDER}, /* U+103FE as U+FFFF */
    {"\xF0\x90\x80\x80", "\xF0\x90\x80\x80", true},
    {"\xF0\x90\x8F\xBF", "\xF0\x90\x80\x80", false}, /* U+103FF has been put right */
    {"x\xEF\xBF\xBDyz", "x\xEF\xBF\xBDz", true},     /* half a pair took a unit along */
    {"x\xEF\xBF\xBDyz", "x\xEF\xBF\xBDyz", true},
    {"\xEF\xBF\xBD\xEF\xBF\xBDyz", "\xEF\xBF\xBD\xEF\xBF\xBDz", true},
    {"x\xEF\xBF\xBDzz", "x\xEF\xBF\xBDz", true},
    {"\xEF\xBF\xBDx\xEF\xBF\xBDx", "\xEF\xBF\xBD\xEF\xBF\xBD", true},
    {"x\xEF\xBF\xBDyz", "x\xEF\xBF\xBD", false}, /* but not two */
    {"xyz", "xz", false},
    {"-2147188641", "-295007", true}, /* its sign bit is left out */
    {"-1", "-127", true},
    {"-1", "-32767", true},
    {"-1", "-1", true},
    {"-5", "-6", false},
    {"5", "-5", false},
    {"1.500000", "1.500000e+000", true},
    {"-1.500000", "-1.500000e+000", true},
    {"123456789.000000", "1.234568e+008", true},
    {"0.000000", "1.000000e-010", true},
    {"1.500000", "1.500100e+000", false},
    {"1.500000", "-1.500000e+000", false},
    {"1.500000", "1.5e+000", false},
    {"1.5", "1.500000e+000", false},
    {"0x3221100807860125", "(0x32211008 0x07860125)", true},
    {"0x3221100807860125", "(0x32211008 0x07860126)", false},
    {"0129-66-03T1024:37:257.1926Z", "(0x0020 0x0010 0x0040 0x0001 0x0049 0x01e1 0x0402 0x0c88)",
     true},
    {"2019-01-08T10:00:00.000Z", "(0x0020 0x0010 0x0040 0x0001 0x0049 0x01e1 0x0402 0x0c88)",
     false},
    {"2019-01-08T10:01:02.123Z", "2019-01-08T10:01:02.123000000Z", true}, /* a newer one's */
    {"2019-01-08T10:01:02.123Z", "2019-01-08T10:01:02.124000000Z", false},
    {"2019-01-08T10:01:02.123Z", "2019-01-08T10:01:02.123000001Z", false},
    {"2019-01-08T10:01:02.123Z", "2019-01-08T10:01:02.1230000000Z", false},
    {"Z", "000000Z", false},
};

START_TEST(known_faults_of_libevtx_are_no_conflict)
{
    struct observation_string our_string = {.name = "", .value = readings[_i].ours};
    struct observation_string their_string = {.name = "", .value = readings[_i].theirs};
    struct observation ours = {.provider = "", .computer = "", .channel = "", .string_count = 1};
    struct observation theirs = ours;
    bool agree =
        readings[_i].agree == OF_OLDER ? reference_spoils_supplementary() : readings[_i].agree != 0;
    struct text difference = {0};

    ours.strings = &our_string;
    theirs.strings = &their_string;
    ck_assert_int_eq(observations_agree(&ours, &theirs, &difference), agree);
    ck_assert_int_eq(difference.length_bytes == 0, agree);
    text_free(&difference);
}
END_TEST

/* --- what libevtx recovers --- */

static bool is_known(const void *context, uint32_t position_bytes)
{
    return position_bytes < *(const uint32_t *)context;
}

START_TEST(recovered_records_are_those_that_are_not_known)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC", .self_contained = true};
    struct observation observation;
    struct chunk chunk;
    struct record record;
    uint32_t known, walk_end;

    for (int index = 0; index < 4; index++)
        events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    craft_take(&craft, evtx_writer_finish(writer));
    /* The walk cannot pass the second one; the third is known by a search of our own. */
    craft_bytes(&craft, 1)[0] = 0;
    craft_open(&craft, 3, &chunk, &record);
    known = record.position_bytes;
    walk_end = (uint32_t)(craft_bytes(&craft, 1) - chunk.bytes.bytes);
    verifier_begin_chunk(verifier, &chunk, NULL, 0);
    ck_assert(verifier_next_recovered(verifier, walk_end, is_known, &known, &observation));
    ck_assert_uint_eq(observation.offset_bytes, record.bytes.offset_bytes);
    ck_assert_uint_eq(observation.event_id, 13);
    ck_assert_int_eq(observation.verified, VERIFIED_NO);
    ck_assert(!verifier_next_recovered(verifier, walk_end, is_known, &known, &observation));
}
END_TEST

static Suite *verify_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *tests = tcase_create("verify");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, what_libevtx_reads_the_same_is_verified);
    tcase_add_test(tests, what_libevtx_cannot_read_is_not_verified);
    tcase_add_test(tests, unsound_record_is_not_asked_for);
    tcase_add_loop_test(tests, what_expands_to_too_much_is_not_asked_for, 0,
                        ARRAY_COUNT(expansions));
    tcase_add_loop_test(tests, disagreement_is_a_conflict_that_shows_the_other_reading, 0,
                        ARRAY_COUNT(changes));
    tcase_add_test(tests, each_chunk_is_read_for_itself);
    tcase_add_loop_test(tests, known_faults_of_libevtx_are_no_conflict, 0, ARRAY_COUNT(readings));
    tcase_add_test(tests, recovered_records_are_those_that_are_not_known);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(verify_suite());
}
