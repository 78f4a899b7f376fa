/* SPDX-License-Identifier: Apache-2.0 */
/* A line of JSON reads back, in Python, as exactly what went in. */
#include "base/memory.h"
#include "report/format.h"

#include <check.h>
#include <stdlib.h>

#include "run.h"
#include "scratch.h"

static void expect_string(const char *value, const char *expected)
{
    struct text out = {0};

    json_add_string(&out, value);
    ck_assert_str_eq(text_get(&out), expected);
    text_free(&out);
}

START_TEST(strings_are_escaped)
{
    expect_string("", "\"\"");
    expect_string("C:\\a \"b\" / c", "\"C:\\\\a \\\"b\\\" / c\"");
    expect_string("a\r\n\tb\x01\x1B\x7F", "\"a\\u000d\\u000a\\u0009b\\u0001\\u001b\\u007f\"");
    expect_string("\xC3\xA9 \xF0\x9F\x98\x80", "\"\xC3\xA9 \xF0\x9F\x98\x80\"");
}
END_TEST

START_TEST(line_ends_of_unicode_are_escaped)
{
    expect_string("\xC2\x85|\xE2\x80\xA8|\xE2\x80\xA9", "\"\\u0085|\\u2028|\\u2029\"");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_written_in_hexadecimal)
{
    expect_string("a\xFF\xED\xA0\x80z", "\"a\\\\xFF\\\\xED\\\\xA0\\\\x80z\"");
}
END_TEST

START_TEST(objects_have_commas_between_members_and_end_their_line)
{
    char *bytes = NULL;
    size_t length;
    struct json_writer json = {.file = open_memstream(&bytes, &length)};

    for (int line = 0; line < 2; line++) {
        json_begin_object(&json);
        json_text(&json, "a", "b");
        json_begin_list(&json, "none");
        json_end_list(&json);
        json_begin_list(&json, "two");
        json_text(&json, NULL, "1");
        json_text(&json, NULL, "");
        json_end_list(&json);
        json_number(&json, "n", UINT64_MAX);
        json_signed(&json, "s", INT64_MIN);
        json_bool(&json, "t", true);
        json_bool(&json, "f", false);
        json_end_object(&json);
    }
    fclose(json.file);
    json_free_content(&json);
#define LINE                                                            \
    "{\"a\":\"b\",\"none\":[],\"two\":[\"1\",\"\"],"                    \
    "\"n\":18446744073709551615,\"s\":-9223372036854775808,\"t\":true," \
    "\"f\":false}\n"
    ck_assert_str_eq(bytes, LINE LINE);
    free(bytes);
}
END_TEST

static void expect_page_string(const char *value, const char *expected)
{
    struct text out = {0};

    json_add_page_string(&out, value);
    ck_assert_str_eq(text_get(&out), expected);
    text_free(&out);
}

/* In a block of the page nothing ends the block, and what a reader could not see is shown. */
START_TEST(strings_of_a_page_are_ascii_without_markup)
{
    expect_page_string("", "\"\"");
    expect_page_string("plain; text", "\"plain; text\"");
    expect_page_string("</script><!--&amp;\"\\", "\"\\u003c/script\\u003e\\u003c!--\\u0026amp;"
                                                 "\\\"\\\\\"");
    expect_page_string("\r\n\x1B\x7F", "\"\\u240d\\u240a\\u241b\\u2421\"");
    expect_page_string("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF4\x8F\xBF\xBD",
                       "\"\\u00e9\\u20ac\\ud83d\\ude00\\udbff\\udffd\"");
    expect_page_string("a\xE2\x80\xAE\xE2\x80\xA8", "\"a[U+202E][U+2028]\"");
    expect_page_string("\xFF<", "\"\\\\xFF\\u003c\"");
}
END_TEST

START_TEST(objects_and_lists_stand_in_each_other)
{
    char *bytes = NULL;
    size_t length;
    struct json_writer json = {.file = open_memstream(&bytes, &length), .for_page = true};

    json_begin_list(&json, NULL);
    json_begin_member(&json, NULL);
    json_begin_list(&json, "<a>");
    json_number(&json, NULL, 1);
    json_text(&json, NULL, "&");
    json_end_list(&json);
    json_begin_member(&json, "b");
    json_end_member(&json);
    json_end_member(&json);
    json_signed(&json, NULL, -1);
    json_end_list(&json);
    fclose(json.file);
    json_free_content(&json);
    ck_assert_str_eq(bytes, "[{\"\\u003ca\\u003e\":[1,\"\\u0026\"],\"b\":{}},-1]");
    free(bytes);
}
END_TEST

/* Every character below U+0100, and some above, one string each. */
static void write_characters(struct json_writer *json, struct text *expected)
{
    static const uint32_t others[] = {0x2028, 0x2029, 0x202E, 0xFEFF, 0xFFFD, 0x1F600, 0x10FFFF};
    struct text value = {0};

    json_begin_object(json);
    json_begin_list(json, "strings");
    for (uint32_t code_point = 1; code_point < 0x100 + ARRAY_COUNT(others); code_point++) {
        text_free(&value);
        text_add_character(&value, code_point < 0x100 ? code_point : others[code_point - 0x100]);
        json_text(json, NULL, text_get(&value));
        text_add(expected, text_get(&value));
    }
    json_end_list(json);
    json_end_object(json);
    text_free(&value);
}

static const char reader[] =
    "import json, sys\n"
    "lines = open(sys.argv[1], encoding='utf-8').read().splitlines()\n"
    "assert len(lines) == 1, lines\n"
    "sys.stdout.buffer.write(''.join(json.loads(lines[0])['strings']).encode())\n";

START_TEST(every_character_reads_back_in_python)
{
    struct json_writer json = {.file = fopen("characters.jsonl", "w")};
    struct text expected = {0};
    char *read_back;

    write_characters(&json, &expected);
    fclose(json.file);
    json_free_content(&json);
    read_back = scratch_python(reader, "characters.jsonl");
    if (read_back != NULL)
        ck_assert_str_eq(read_back, text_get(&expected));
    free(read_back);
    text_free(&expected);
}
END_TEST

static Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *cases = tcase_create("json");

    tcase_add_checked_fixture(cases, scratch_begin, scratch_end);
    tcase_add_test(cases, strings_are_escaped);
    tcase_add_test(cases, line_ends_of_unicode_are_escaped);
    tcase_add_test(cases, bytes_that_are_no_utf8_are_written_in_hexadecimal);
    tcase_add_test(cases, objects_have_commas_between_members_and_end_their_line);
    tcase_add_test(cases, strings_of_a_page_are_ascii_without_markup);
    tcase_add_test(cases, objects_and_lists_stand_in_each_other);
    tcase_add_test(cases, every_character_reads_back_in_python);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(json_suite());
}
