/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "report/template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "run.h"
#include "scratch.h"

static const struct template_value values[] = {
    {.name = "HOST", .value = "PC-1 {{KEY}}"},
    {.name = "KEY_2", .value = ""},
};

static void expect_filled(const char *template, const char *expected)
{
    struct error err = {0};
    struct text out = {0};

    ck_assert_int_eq(template_fill("t.cmd", template, values, ARRAY_COUNT(values), &out, &err), 0);
    ck_assert_str_eq(text_get(&out), expected);
    text_free(&out);
}

static void expect_refused(const char *template, const char *message)
{
    static const char *const names[] = {"HOST", "KEY_2"};
    struct error err = {0};
    struct text out = {0};

    ck_assert_int_eq(template_fill("t.cmd", template, values, ARRAY_COUNT(values), &out, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message, message);
    error_clear(&err);
    ck_assert_int_eq(template_check("t.cmd", template, names, ARRAY_COUNT(names), &err), -1);
    ck_assert_str_eq(err.message, message);
    error_clear(&err);
    text_free(&out);
}

START_TEST(placeholders_are_filled_and_values_are_not_filled_again)
{
    expect_filled("", "");
    expect_filled("plain { } }} text", "plain { } }} text");
    expect_filled("{{HOST}}", "PC-1 {{KEY}}");
    expect_filled("a {{HOST}}{{KEY_2}} b {{HOST}}\r\n", "a PC-1 {{KEY}} b PC-1 {{KEY}}\r\n");
}
END_TEST

START_TEST(placeholder_without_a_value_is_refused_with_its_line)
{
    expect_refused("one\ntwo {{HOST}} {{OTHER}}\n",
                   "template t.cmd, line 2: nothing fills {{OTHER}}");
    expect_refused("{{HOS}}", "template t.cmd, line 1: nothing fills {{HOS}}");
    expect_refused("{{HOSTS}}", "template t.cmd, line 1: nothing fills {{HOSTS}}");
}
END_TEST

START_TEST(placeholder_that_does_not_end_is_refused)
{
    const char *message = "template t.cmd, line 3: {{ is not followed by a name and }}";

    expect_refused("\n\n{{", message);
    expect_refused("\n\n{{HOST", message);
    expect_refused("\n\n{{HOST}", message);
    expect_refused("\n\n{{}}", message);
    expect_refused("\n\n{{host}}", message);
}
END_TEST

static int write_host(void *context, FILE *file, struct error *err)
{
    (void)err;
    fputs(context, file);
    return 0;
}

static int fail_to_write(void *context, FILE *file, struct error *err)
{
    (void)context;
    (void)file;
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "the case is gone");
}

static const struct template_part parts[] = {
    {.name = "HOST", .write = write_host},
    {.name = "BAD", .write = fail_to_write},
};

START_TEST(parts_are_written_in_their_places)
{
    struct error err = {0};
    char host[] = "PC-1";
    char *bytes = NULL;
    size_t length;
    FILE *file = open_memstream(&bytes, &length);

    ck_assert_int_eq(template_write("t", "<{{HOST}}|{{HOST}}>", parts, 2, host, file, &err), 0);
    ck_assert_int_eq(template_write("t", "{{BAD}}", parts, 2, host, file, &err), -1);
    ck_assert_str_eq(err.message, "the case is gone");
    error_clear(&err);
    ck_assert_int_eq(template_write("t", "\n{{NO}}", parts, 2, host, file, &err), -1);
    ck_assert_str_eq(err.message, "template t, line 2: nothing fills {{NO}}");
    error_clear(&err);
    fclose(file);
    ck_assert_str_eq(bytes, "<PC-1|PC-1>\n");
    free(bytes);
}
END_TEST

static void expect_load_refused(const char *message)
{
    struct error err = {0};
    char *text = NULL;

    ck_assert_int_eq(template_load("folder", "t", &text, &err), -1);
    ck_assert_ptr_null(text);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message, message);
    error_clear(&err);
}

static void begin_folder(void)
{
    scratch_begin();
    ck_assert_int_eq(mkdir("folder", 0700), 0);
}

START_TEST(template_is_loaded_as_it_is)
{
    struct error err = {0};
    char *text = NULL;

    scratch_write("folder/t", "\xEF\xBF\xBD \xC3\xA9\r\n", 8);
    ck_assert_int_eq(template_load("folder", "t", &text, &err), 0);
    ck_assert_str_eq(text, "\xEF\xBF\xBD \xC3\xA9\r\n");
    free(text);
}
END_TEST

START_TEST(missing_large_or_undecodable_template_is_refused_by_path)
{
    size_t most = (size_t)1 << 20;
    char *large = memory_allocate(most + 1, 1);
    struct error err = {0};
    char *text = NULL;

    expect_load_refused("cannot read template folder/t: No such file or directory");
    scratch_write("folder/t", "a\0b", 3);
    expect_load_refused("template folder/t is not UTF-8 text");
    scratch_write("folder/t", "a\xFF", 2);
    expect_load_refused("template folder/t is not UTF-8 text");
    memset(large, 'x', most + 1);
    scratch_write("folder/t", large, most + 1);
    expect_load_refused("template folder/t is larger than 1 MiB");
    scratch_write("folder/t", large, most);
    ck_assert_int_eq(template_load("folder", "t", &text, &err), 0);
    ck_assert_uint_eq(strlen(text), most);
    free(text);
    free(large);
}
END_TEST

START_TEST(folder_in_place_of_a_template_is_refused)
{
    ck_assert_int_eq(mkdir("folder/t", 0700), 0);
    expect_load_refused("cannot read template folder/t: Is a directory");
}
END_TEST

static Suite *template_suite(void)
{
    Suite *suite = suite_create("template");
    TCase *fill = tcase_create("fill");
    TCase *load = tcase_create("load");

    tcase_add_test(fill, placeholders_are_filled_and_values_are_not_filled_again);
    tcase_add_test(fill, placeholder_without_a_value_is_refused_with_its_line);
    tcase_add_test(fill, placeholder_that_does_not_end_is_refused);
    tcase_add_test(fill, parts_are_written_in_their_places);
    tcase_add_checked_fixture(load, begin_folder, scratch_end);
    tcase_add_test(load, template_is_loaded_as_it_is);
    tcase_add_test(load, missing_large_or_undecodable_template_is_refused_by_path);
    tcase_add_test(load, folder_in_place_of_a_template_is_refused);
    suite_add_tcase(suite, fill);
    suite_add_tcase(suite, load);
    return suite;
}

int main(void)
{
    return run_suite(template_suite());
}
