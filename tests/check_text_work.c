/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a hostile text says, reading it is work in proportion to its length. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "listed.h"
#include "run.h"
#include "work.h"

/* Both are longer than the head, which is looked at for itself. */
#define SHORT_BYTES ((size_t)128 * 1024)
#define LONG_BYTES (2 * SHORT_BYTES)
/* Sorting hosts takes a little more than twice the work for twice as many. */
#define GROWTH_MOST 2.2
#define WORK_A_BYTE_MOST 2000

/* A head, and what is said again and again behind it. */
static const struct {
    const char *head;
    const char *unit;
} cases[] = {
    {"", "\n"},
    {"", "\r"},
    {"", "a: b\n"},
    {"", "a:1.1.1.1\n"},
    {"", "Name=\n"},
    {"", "Source:\nSource:\nSource:\nSource:\nSource:\nSource:\nx\n"},
    {"HotFixID\n", "KB971033\n"},
    {"", "HotFixID\n"},
    {"Node,HotFixID\n", ","},
    {"Node,HotFixID\n", "\""},
    {"HotFixID\n", "\xB0"},
    {"", "\x81"},
    {"\xEF\xBB\xBF", "\xF0"},
    {"\xFF\xFE", "a\xD8"},
    {"", "N: a\nD: x, RETAIL channel\n"},
    {"", "H: a\nO: Windows\nV: 6.1.1 1\n"},
    {"H: a\nO: Windows\nV: 6.1.1 1\n", "\n"},
    {"H: a\nO: Windows\nV: 6.1.1 1\n", "[01]: x\n\n\n\n"},
    {"", "V: 1.1.1.1\nP : a~0123456789abcdef~a~~1.1.1.1\n"},
    {"V: 1.1.1.1\nP : a~0123456789abcdef~a~~1.1.1.1\n", "\n"},
    {"N: a\nD: x, RETAIL channel\n", "\n"},
    {"", "\"a\",\"Windows\",\"6.1.1 1\",,,,,,,\n"},
    {"", "a "},
    {"", "x\n\xEF\xBB\xBF"},
    {"", "xyz\b\b\xC3\xA4"},
    {"", "x\b"},
    {"HotFixID\n", "KB971033 \n"},
    {"Source  HotFixID\n------  --------\n", "x\n"},
    {"Source  HotFixID\n------  --------\n", "PC1     KB971033\n\n"},
    {"Node,HotFixID\n", "x\n"},
    {"Node,HotFixID\n", "PC1,KB971033,\n"},
    {"", "KB971033\n"},
    {"", "CSName=\n"},
    {"", "HotFixID=KB971033\nx\n"},
    {"", "V: 1.1.1.1\nP : a~0123456789abcdef~a~~1.1.1.1\nx\n"},
};

static uint64_t work_on(const struct text *text)
{
    struct listed listed = {0};
    uint64_t before = work_count();

    listed_read(&listed, text_get(text), text->length_bytes);
    listed_free_content(&listed);
    return work_count() - before;
}

/* Behind a listing, so that all is read, or not. */
static uint64_t work_on_case(size_t index, bool is_read, size_t size_bytes)
{
    struct text text = {0};
    uint64_t work;

    text_add(&text, is_read ? "HotFixID\nKB2534111\n\n" : "");
    text_add(&text, cases[index].head);
    while (text.length_bytes < size_bytes)
        text_add(&text, cases[index].unit);
    work = work_on(&text);
    text_free(&text);
    return work;
}

static void expect_proportion(uint64_t work_on_short, uint64_t work_on_long)
{
    ck_assert_uint_gt(work_on_short, SHORT_BYTES / 16);
    ck_assert_msg(work_on_short <= WORK_A_BYTE_MOST * SHORT_BYTES &&
                      (double)work_on_long <= GROWTH_MOST * (double)work_on_short,
                  "%" PRIu64 ", of twice as much %" PRIu64, work_on_short, work_on_long);
}

START_TEST(no_text_takes_more_work_than_its_length)
{
    work_on_case((size_t)_i, true, SHORT_BYTES); /* makes tables of code pages, once */
    for (int is_read = 0; is_read < 2; is_read++)
        expect_proportion(work_on_case((size_t)_i, is_read, SHORT_BYTES),
                          work_on_case((size_t)_i, is_read, LONG_BYTES));
}
END_TEST

static uint64_t work_on_wide(size_t offset, size_t size_bytes)
{
    static const char wide[] = "a\0b\0c\0\r\0\n\0de\r\n";
    struct text text = {0};
    uint64_t work;

    text_add(&text, "HotFixID\nKB2534111\n\n");
    while (text.length_bytes < size_bytes)
        text_add_bytes(&text, wide + offset, sizeof(wide) - 1 - offset);
    work = work_on(&text);
    text_free(&text);
    return work;
}

START_TEST(no_turn_of_the_encoding_takes_more_work_than_its_length)
{
    expect_proportion(work_on_wide((size_t)_i, SHORT_BYTES), work_on_wide((size_t)_i, LONG_BYTES));
}
END_TEST

/* Long commands, and hosts below them. */
static uint64_t work_on_commands(size_t size_bytes)
{
    struct text text = {0};
    uint64_t work;

    while (text.length_bytes < size_bytes / 5) {
        text_add(&text, "wmic ");
        for (unsigned count = 0; count < 8180; count++)
            text_add(&text, "q");
        text_add(&text, "\n");
    }
    text_add(&text, "Node,HotFixID\n");
    for (unsigned host = 0; text.length_bytes < size_bytes; host++)
        text_add_format(&text, "H%u,KB2534111\n", host);
    work = work_on(&text);
    text_free(&text);
    return work;
}

START_TEST(commands_above_many_hosts_take_no_more_work_than_their_length)
{
    expect_proportion(work_on_commands(SHORT_BYTES), work_on_commands(LONG_BYTES));
}
END_TEST

static Suite *text_work_suite(void)
{
    Suite *suite = suite_create("text_work");
    TCase *tests = tcase_create("text_work");

    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, no_text_takes_more_work_than_its_length, 0, ARRAY_COUNT(cases));
    tcase_add_loop_test(tests, no_turn_of_the_encoding_takes_more_work_than_its_length, 0, 2);
    tcase_add_test(tests, commands_above_many_hosts_take_no_more_work_than_their_length);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    if (run_leaves_out())
        return EXIT_SUCCESS;
    return run_suite(text_work_suite());
}
