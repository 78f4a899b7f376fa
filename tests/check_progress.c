/* SPDX-License-Identifier: Apache-2.0 */
/* The line of progress: what it says of the numbers, and what it leaves out where there is less
 * room. */
#include "app/progress.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)
#define ANY_WIDTH SIZE_MAX

static const struct progress_facts whole = {.sources_done = 812,
                                            .sources_known = 1204,
                                            .bytes_done = 34 * GIB / 10,
                                            .bytes_known = 10 * GIB,
                                            .rate_bytes = 118 * MIB,
                                            .left_seconds = 58,
                                            .machine_count = 37,
                                            .item = "images/server.E01",
                                            .item_done_bytes = 3 * GIB,
                                            .item_bytes = 24 * GIB};

static void expect_line(const struct progress_facts *facts, size_t columns, const char *expected)
{
    struct text line = {0};

    progress_add_line(&line, facts, columns);
    ck_assert_str_eq(text_get(&line), expected);
    text_free(&line);
}

START_TEST(all_there_is_to_say)
{
    expect_line(&whole, ANY_WIDTH,
                "812/1204 sources, 3.4/10 GiB, 118 MiB/s, 58 s left, 37 machines with signals in "
                "the window so far, server.E01 12 %");
}
END_TEST

START_TEST(what_matters_less_is_left_out_first)
{
    static const char *const lines[] = {
        ("812/1204 sources, 3.4/10 GiB, 118 MiB/s, 58 s left, 37 with signals in window, "
         "server.E01 12 %"),
        "812/1204 sources, 3.4/10 GiB, 58 s left, 37 with signals in window, server.E01 12 %",
        "812/1204 sources, 3.4/10 GiB, 58 s left, server.E01 12 %",
        "812/1204 sources, 3.4/10 GiB, 58 s left",
        "812/1204 sources, 3.4/10 GiB",
        "812/1204 sources",
        "",
    };

    for (size_t index = 0; index < ARRAY_COUNT(lines); index++) {
        expect_line(&whole, strlen(lines[index]), lines[index]);
        if (index + 1 < ARRAY_COUNT(lines))
            expect_line(&whole, strlen(lines[index]) - 1, lines[index + 1]);
    }
}
END_TEST

START_TEST(no_line_is_longer_than_the_terminal)
{
    for (size_t columns = 0; columns < 200; columns++) {
        struct text line = {0};

        progress_add_line(&line, &whole, columns);
        ck_assert_uint_le(line.length_bytes, columns);
        text_free(&line);
    }
}
END_TEST

START_TEST(what_is_not_known_is_not_said)
{
    struct progress_facts facts = {.sources_known = 2, .bytes_known = 1536};

    expect_line(&facts, ANY_WIDTH,
                "0/2 sources, 0/1.5 KiB, 0 machines with signals in the window so far");
    facts.machine_count = 1;
    facts.item = "disk.vhd";
    facts.item_done_bytes = 12 * GIB / 10;
    expect_line(&facts, ANY_WIDTH,
                "0/2 sources, 0/1.5 KiB, 1 machine with signals in the window so far, disk.vhd "
                "1.2 GiB read");
}
END_TEST

START_TEST(time_left_is_rounded_up)
{
    static const struct {
        uint64_t seconds;
        const char *words;
    } rows[] = {{1, "1 s left"},       {99, "99 s left"},      {100, "2 min left"},
                {3600, "60 min left"}, {5999, "100 min left"}, {6000, "2 h left"},
                {7201, "3 h left"}};

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        struct progress_facts facts = {.left_seconds = rows[index].seconds};
        struct text line = {0};

        progress_add_line(&line, &facts, ANY_WIDTH);
        ck_assert_msg(strstr(text_get(&line), rows[index].words) != NULL, "%s", text_get(&line));
        text_free(&line);
    }
}
END_TEST

START_TEST(names_of_a_source_are_cut_and_have_one_column_a_character)
{
    struct progress_facts facts = {.item = "a/\x1B[31m\xC3\xA9 b", .item_bytes = GIB};

    expect_line(&facts, ANY_WIDTH,
                "0/0 sources, 0/0 KiB, 0 machines with signals in the window so far, ?[31m???b "
                "0 %");
    facts.item = "folder/0123456789012345678901234567890123456789.evtx";
    expect_line(&facts, ANY_WIDTH,
                "0/0 sources, 0/0 KiB, 0 machines with signals in the window so far, "
                "...8901234567890123456789.evtx 0 %");
}
END_TEST

static Suite *progress_suite(void)
{
    Suite *suite = suite_create("progress");
    TCase *cases = tcase_create("progress");

    tcase_add_test(cases, all_there_is_to_say);
    tcase_add_test(cases, what_matters_less_is_left_out_first);
    tcase_add_test(cases, no_line_is_longer_than_the_terminal);
    tcase_add_test(cases, what_is_not_known_is_not_said);
    tcase_add_test(cases, time_left_is_rounded_up);
    tcase_add_test(cases, names_of_a_source_are_cut_and_have_one_column_a_character);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(progress_suite());
}
