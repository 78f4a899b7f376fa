/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what a reader notes of a source: its computers by name, and what sources.csv says. */
#include "model/source.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run.h"

#define COMPUTERS 100000

static struct source_facts facts;

static void begin(void)
{
    facts = (struct source_facts){0};
}

static void end(void)
{
    source_facts_free_content(&facts);
}

/* The computers as text: "name:count ". */
static void expect_computers(const char *expected)
{
    struct text found = {0};

    for (size_t index = 0; index < facts.computer_count; index++)
        text_add_format(&found, "%s:%d ", facts.computers[index].name,
                        (int)facts.computers[index].record_count);
    ck_assert_str_eq(text_get(&found), expected);
    text_free(&found);
}

static void meet(struct source_facts *where, const char *const *names, size_t count)
{
    for (size_t index = 0; index < count; index++)
        source_facts_computer(where, names[index])->record_count++;
}

/* ---- Computers ---- */

START_TEST(computers_come_in_order_of_first_meeting)
{
    static const char *const names[] = {"b", "a", "b", "b", "c", "a", "", "c", "b", ""};

    meet(&facts, names, ARRAY_COUNT(names));
    expect_computers("b:4 a:2 c:2 :2 ");
}
END_TEST

/* Adds a part with the names from the first number on, each with a span. */
static void join_names(size_t first, size_t count)
{
    struct source_facts part = {0};

    for (size_t index = 0; index < count; index++) {
        char *name = memory_format("PC-%zu", first + index);
        struct record_span span = {.computer = index, .channel = memory_copy_text("Application")};

        source_facts_computer(&part, name)->record_count = 1;
        source_facts_add_span(&part, &span);
        free(name);
    }
    source_facts_join(&facts, &part);
}

/* Memory does not grow with what logs say, and what is cut is nobody else's. */
START_TEST(names_beyond_the_bound_are_cut_with_what_they_say)
{
    join_names(0, SOURCE_COMPUTERS_MOST);
    ck_assert_int_eq(facts.status, SOURCE_STATUS_OK);
    join_names(SOURCE_COMPUTERS_MOST - 2, 5);
    ck_assert_uint_eq(facts.computer_count, SOURCE_COMPUTERS_MOST);
    ck_assert_uint_eq(facts.span_count, SOURCE_COMPUTERS_MOST + 2);
    ck_assert_uint_eq(facts.computers[SOURCE_COMPUTERS_MOST - 1].record_count, 2);
    ck_assert_int_eq(facts.status, SOURCE_STATUS_DAMAGED);
    source_facts_finish(&facts, "");
    ck_assert_ptr_nonnull(strstr(text_get(&facts.detail), "more computer names than the 100000"));
}
END_TEST

START_TEST(names_of_too_many_bytes_are_cut)
{
    char *name = memory_allocate(1, 1024 * 1024 + 1);

    memset(name, 'x', 1024 * 1024);
    for (char letter = 'a'; letter <= 'z'; letter++) {
        name[0] = letter;
        ck_assert_int_eq(source_facts_meet(&facts, name) != NULL, letter <= 'h');
    }
    ck_assert_ptr_nonnull(source_facts_meet(&facts, name + 1024 * 1024)); /* "" */
    ck_assert(facts.computers_are_cut);
    free(name);
}
END_TEST

START_TEST(names_that_differ_by_case_are_one_spelled_as_first_met)
{
    /* U+00C9 and U+00E9; U+212A folds to an ASCII k; bytes that are not UTF-8 stand for
     * themselves. */
    static const char *const names[] = {
        "Pc1", "PC1", "pc1",           "\xC3\x89", "\xC3\xA9", "\xC3\x89", "\xE2\x84\xAA",
        "k",   "K",   "\xE2\x84\xAAx", "Pc1",      "\xFF",     "\xFE",     "\xEF\xBF\xBD"};

    meet(&facts, names, ARRAY_COUNT(names));
    expect_computers(
        "Pc1:4 \xC3\x89:3 \xE2\x84\xAA:3 \xE2\x84\xAAx:1 \xFF:1 \xFE:1 \xEF\xBF\xBD:1 ");
}
END_TEST

START_TEST(computers_of_parts_are_joined_by_name)
{
    static const char *const first[] = {"b", "A"};
    static const char *const second[] = {"c", "a", "B", "d"};
    static const char *const later[] = {"D", "e", "b"};
    struct source_facts part = {0};

    meet(&facts, first, ARRAY_COUNT(first));
    meet(&part, second, ARRAY_COUNT(second));
    source_facts_join(&facts, &part);
    meet(&facts, later, ARRAY_COUNT(later));
    expect_computers("b:3 A:2 c:1 d:2 e:1 ");
}
END_TEST

/* Facts that come over a wire need no index with them. */
START_TEST(computers_listed_by_other_ways_are_found)
{
    static const char *const names[] = {"B", "a", "c"};

    facts.computers = memory_allocate(4, sizeof(*facts.computers));
    facts.computers[0].name = memory_copy_text("A");
    facts.computers[1].name = memory_copy_text("b");
    facts.computer_count = 2;
    meet(&facts, names, ARRAY_COUNT(names));
    expect_computers("A:1 b:1 c:1 ");
}
END_TEST

/* The names of a forwarded log alternate, so that no shortcut helps. A search through all of them
 * takes minutes here. */
START_TEST(many_computers_in_turn_cost_little)
{
    for (int round = 0; round < 4; round++)
        for (int number = 0; number < COMPUTERS; number++) {
            char *name = memory_format("%s-%05d.corp.example", round % 2 ? "HOST" : "host", number);

            source_facts_computer(&facts, name)->record_count++;
            free(name);
        }
    ck_assert_uint_eq(facts.computer_count, COMPUTERS);
    for (int number = 0; number < COMPUTERS; number++) {
        char *name = memory_format("host-%05d.corp.example", number);

        ck_assert_str_eq(facts.computers[number].name, name);
        ck_assert_uint_eq(facts.computers[number].record_count, 4);
        free(name);
    }
}
END_TEST

/* ---- Remarks ---- */

START_TEST(detail_lists_damage_then_what_was_not_decoded_then_conflicts)
{
    source_facts_add_conflict(&facts, "record 7 at byte 5632: string 2");
    source_facts_add_undecodable(&facts, "record 9 at byte 6144: no template");
    source_facts_add_damage(&facts, 4096, "bad checksum");
    source_facts_finish(&facts, "libevtx");
    ck_assert_int_eq(facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_str_eq(text_get(&facts.detail),
                     "at byte 4096: bad checksum; 1 record could not be decoded: record 9 at byte "
                     "6144: no template; 1 record read differently by libevtx: record 7 at byte "
                     "5632: string 2");
}
END_TEST

START_TEST(conflicts_of_parts_are_counted_and_the_first_are_listed)
{
    struct source_facts part = {0};

    for (int number = 0; number < 5; number++)
        source_facts_add_conflict(&facts, "%d", number);
    for (int number = 5; number < 11; number++)
        source_facts_add_conflict(&part, "%d", number);
    source_facts_join(&facts, &part);
    source_facts_finish(&facts, "libevtx");
    ck_assert_uint_eq(facts.conflict_count, 11);
    ck_assert_int_eq(facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&facts.detail), "11 records read differently by libevtx: "
                                              "0; 1; 2; 3; 4; 5; 6; 7; and 3 more");
}
END_TEST

static Suite *source_suite(void)
{
    Suite *suite = suite_create("source");
    TCase *cases = tcase_create("source");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, computers_come_in_order_of_first_meeting);
    tcase_add_test(cases, names_beyond_the_bound_are_cut_with_what_they_say);
    tcase_add_test(cases, names_of_too_many_bytes_are_cut);
    tcase_add_test(cases, names_that_differ_by_case_are_one_spelled_as_first_met);
    tcase_add_test(cases, computers_of_parts_are_joined_by_name);
    tcase_add_test(cases, computers_listed_by_other_ways_are_found);
    tcase_add_test(cases, many_computers_in_turn_cost_little);
    tcase_add_test(cases, detail_lists_damage_then_what_was_not_decoded_then_conflicts);
    tcase_add_test(cases, conflicts_of_parts_are_counted_and_the_first_are_listed);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(source_suite());
}
