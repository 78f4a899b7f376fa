/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run.h"
#include "worker/thin.h"
#include "worker/wire.h"

static struct thin *thin;
static struct pack out;
static const struct incident_event *licences;
static struct observation_string string;

static void begin(void)
{
    thin = thin_new();
    licences = incident_find_event(INCIDENT_PROVIDER_SPP, 1003);
    ck_assert_ptr_nonnull(licences);
    ck_assert_int_eq(licences->keep, EVENT_KEEP_FIRST_AND_LAST);
}

static void end(void)
{
    thin_free(thin);
    pack_free(&out);
}

static struct observation observe(const char *computer, const char *value, uint64_t filetime,
                                  uint64_t record_id)
{
    string = (struct observation_string){"", value};
    return (struct observation){.provider = INCIDENT_PROVIDER_SPP,
                                .event_id = 1003,
                                .qualifiers = OBSERVATION_ABSENT,
                                .level = 4,
                                .event_filetime = filetime,
                                .record_id = record_id,
                                .offset_bytes = 1000 + record_id,
                                .channel = "Application",
                                .computer = computer,
                                .user_sid = "",
                                .strings = &string,
                                .string_count = 1};
}

static bool hold(const char *computer, const char *value, uint64_t filetime, uint64_t record_id)
{
    struct observation observation = observe(computer, value, filetime, record_id);

    return thin_hold(thin, licences, &observation);
}

/* Releases; the record ids come as "1 2 ". */
static void expect_released(const char *wanted)
{
    struct wire_observation read = {0};
    struct wire_frame frame;
    struct text found = {0};
    struct span at;

    out.length_bytes = 0;
    thin_release(thin, &out);
    at = span_of(out.bytes, out.length_bytes, 0);
    while (wire_next_frame(&at, &frame) == 1) {
        ck_assert(wire_read_observation(frame.payload, &read));
        text_add_format(&found, "%lld ", (long long)read.observation.record_id);
    }
    ck_assert_uint_eq(at.left_bytes, 0);
    ck_assert_str_eq(text_get(&found), wanted);
    text_free(&found);
    wire_observation_free_content(&read);
}

START_TEST(of_equal_ones_the_first_and_the_last_are_held)
{
    static const uint64_t filetimes[] = {5, 3, 9, 3, 7, 9, 1, 8};

    for (uint64_t index = 0; index < 8; index++)
        ck_assert(hold("PC", "same", filetimes[index], index));
    expect_released("6 5 ");
    expect_released("");
    ck_assert(hold("PC", "same", 1, 1));
    expect_released("1 ");
}
END_TEST

/* As in the case, whose numbers have a sign. */
START_TEST(numbers_beyond_the_signed_ones_come_first)
{
    for (uint64_t index = 0; index < 4; index++)
        ck_assert(hold("PC", "same", index == 2 ? UINT64_MAX : index, index));
    expect_released("2 3 ");
}
END_TEST

START_TEST(different_ones_are_held_apart)
{
    struct observation other;

    ck_assert(hold("PC", "same", 1, 1));
    ck_assert(hold("PC2", "same", 2, 2));
    ck_assert(hold("PC", "other", 3, 3));
    other = observe("PC", "same", 4, 4);
    other.level = 2; /* no part of what makes them equal */
    ck_assert(thin_hold(thin, licences, &other));
    ck_assert(hold("PC", "same", 5, 5));
    expect_released("1 5 2 3 ");
}
END_TEST

START_TEST(what_the_case_keeps_all_of_is_not_held)
{
    struct observation observation = observe("PC", "same", 1, 1);

    observation.event_id = 8209;
    ck_assert(!thin_hold(thin, incident_find_event(INCIDENT_PROVIDER_SPP, 8209), &observation));
    expect_released("");
}
END_TEST

START_TEST(what_there_is_no_room_for_is_not_held)
{
    char *value = memory_allocate(THIN_LONGEST_BYTES + 1, 1);

    memset(value, 'x', THIN_LONGEST_BYTES);
    ck_assert(!hold("PC", value, 1, 1));
    free(value);
    for (uint64_t index = 0; index < THIN_KINDS_MOST + 5; index++) {
        char *name = memory_format("PC%llu", (unsigned long long)index);

        ck_assert_int_eq(hold(name, "same", 1, index), index < THIN_KINDS_MOST);
        free(name);
    }
    ck_assert(hold("PC3", "same", 2, 99));
}
END_TEST

static Suite *thin_suite(void)
{
    Suite *suite = suite_create("thin");
    TCase *cases = tcase_create("thin");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, of_equal_ones_the_first_and_the_last_are_held);
    tcase_add_test(cases, numbers_beyond_the_signed_ones_come_first);
    tcase_add_test(cases, different_ones_are_held_apart);
    tcase_add_test(cases, what_the_case_keeps_all_of_is_not_held);
    tcase_add_test(cases, what_there_is_no_room_for_is_not_held);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(thin_suite());
}
