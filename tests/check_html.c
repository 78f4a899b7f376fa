/* SPDX-License-Identifier: Apache-2.0 */
/* No text can leave its place in the page, hide in it, or turn it around. */
#include "report/format.h"
#include "run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void expect_escaped(const char *raw, const char *expected)
{
    struct text out = {0};

    html_add_escaped(&out, raw);
    ck_assert_str_eq(text_get(&out), expected);
    text_free(&out);
}

START_TEST(markup_is_escaped_for_text_and_attributes)
{
    expect_escaped("", "");
    expect_escaped("<script>alert(\"1\" & '2')</script>",
                   "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    expect_escaped("&amp;", "&amp;amp;");
}
END_TEST

START_TEST(control_characters_are_shown)
{
    expect_escaped("a\r\n\tb\x1B\x7F", "a\xE2\x90\x8D\xE2\x90\x8A\xE2\x90\x89"
                                       "b\xE2\x90\x9B\xE2\x90\xA1");
    expect_escaped("\xC2\x80\xC2\x9F", "[U+0080][U+009F]");
}
END_TEST

START_TEST(characters_that_turn_or_hide_text_are_shown)
{
    expect_escaped("PC\xE2\x80\xAE"
                   "1-CP",
                   "PC[U+202E]1-CP");
    expect_escaped("\xE2\x81\xA6\xE2\x81\xA9\xD8\x9C\xE2\x80\x8F",
                   "[U+2066][U+2069][U+061C][U+200F]");
    expect_escaped("PC\xE2\x80\x8B\xC2\xAD\xEF\xBB\xBF\xE2\x80\xA8",
                   "PC[U+200B][U+00AD][U+FEFF][U+2028]");
    expect_escaped("\xF3\xA0\x81\x81\xEF\xB8\x8F", "[U+E0041][U+FE0F]");
}
END_TEST

START_TEST(every_script_stays_as_it_is)
{
    const char *names = "M\xC3\xBCller \xD0\x9F\xD0\x9A \xE6\x9D\xB1 \xD7\xA9 \xF0\x9F\x98\x80";

    expect_escaped(names, names);
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_written_in_hexadecimal)
{
    expect_escaped("a\xFF<\xC3", "a\\xFF&lt;\\xC3");
}
END_TEST

/* Whatever the bytes, nothing that HTML would read as its own comes out. */
START_TEST(no_byte_comes_out_as_markup)
{
    char raw[256];
    struct text out = {0};

    for (int byte = 1; byte < 256; byte++)
        raw[byte - 1] = (char)byte;
    raw[255] = '\0';
    html_add_escaped(&out, raw);
    ck_assert_ptr_null(strpbrk(text_get(&out), "<>\"'\r\n\t\v\f\x1B\x7F"));
    text_free(&out);
}
END_TEST

static Suite *html_suite(void)
{
    Suite *suite = suite_create("html");
    TCase *cases = tcase_create("escaping");

    tcase_add_test(cases, markup_is_escaped_for_text_and_attributes);
    tcase_add_test(cases, control_characters_are_shown);
    tcase_add_test(cases, characters_that_turn_or_hide_text_are_shown);
    tcase_add_test(cases, every_script_stays_as_it_is);
    tcase_add_test(cases, bytes_that_are_no_utf8_are_written_in_hexadecimal);
    tcase_add_test(cases, no_byte_comes_out_as_markup);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(html_suite());
}
