/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into a CSV cell comes out of Python's csv module as DESIGN section 7 says. */
#include "base/memory.h"
#include "report/format.h"

#include <check.h>
#include <stdlib.h>

#include "run.h"
#include "scratch.h"

/* The bytes of a CSV with one row of this one cell, without the end of the row. */
static char *written_cell(const char *value)
{
    char *bytes = NULL;
    size_t length;
    struct csv_writer csv = {.file = open_memstream(&bytes, &length)};

    csv_cell(&csv, value);
    fclose(csv.file);
    csv_free_content(&csv);
    return bytes;
}

static void expect_cell(const char *value, const char *expected)
{
    char *bytes = written_cell(value);

    ck_assert_str_eq(bytes, expected);
    free(bytes);
}

START_TEST(every_cell_is_quoted_and_quotes_are_doubled)
{
    expect_cell("", "\"\"");
    expect_cell("plain", "\"plain\"");
    expect_cell("say \"so\", then", "\"say \"\"so\"\", then\"");
}
END_TEST

START_TEST(cells_a_spreadsheet_would_run_are_guarded)
{
    expect_cell("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
    expect_cell("+1", "\"'+1\"");
    expect_cell("-1", "\"'-1\"");
    expect_cell("@SUM(A1)", "\"'@SUM(A1)\"");
    expect_cell("\t=1", "\"' =1\"");
    expect_cell("\r=1", "\"' =1\"");
    expect_cell("a=1", "\"a=1\"");
}
END_TEST

/* Where columns are parted at `;`, what stands behind one in a cell is a cell of its own, unless
 * the cell is the first of its row. */
START_TEST(formulas_behind_a_semicolon_are_guarded)
{
    expect_cell("x;=1+1;y", "\"x;'=1+1;y\"");
    expect_cell("x;+1;-1;@a;b", "\"x;'+1;'-1;'@a;b\"");
    expect_cell("=1;=2", "\"'=1;'=2\"");
    expect_cell("x;\t=1;\r=1;\n=1", "\"x;' =1;' =1; '=1\"");
    expect_cell("x;\"=1", "\"x;'\"\"=1\"");
    expect_cell("x;\xC3\xA4;=1", "\"x;\xC3\xA4;'=1\"");
    expect_cell("x;\"", "\"x;\"\"\"");
    expect_cell("x;y=1", "\"x;y=1\"");
    expect_cell("x;;", "\"x;;\"");
    expect_cell("a; =b; -c", "\"a; '=b; '-c\"");
    expect_cell("a; \" \"@b", "\"a; '\"\" \"\"@b\"");
    /* Whatever is shown as a space is one. */
    expect_cell("\xC2\x85=1", "\" '=1\"");
    expect_cell("x;\xE2\x80\xA8+1;\"\xC2\x9F-1;\xC2\x80-", "\"x; '+1;'\"\" -1; -\"");
}
END_TEST

START_TEST(full_width_formulas_are_guarded)
{
    expect_cell("\xEF\xBC\x9D"
                "1+1",
                "\"'\xEF\xBC\x9D"
                "1+1\"");
    expect_cell("x;\xEF\xBC\x8B"
                "1; \xEF\xBC\x8D"
                "1;\xEF\xBC\xA0x",
                "\"x;'\xEF\xBC\x8B"
                "1; '\xEF\xBC\x8D"
                "1;'\xEF\xBC\xA0x\"");
    expect_cell("x;\xEF\xBC\xA1", "\"x;\xEF\xBC\xA1\"");
}
END_TEST

/* Lists of ours are joined with "; ". */
START_TEST(ordinary_lists_stay_as_they_are)
{
    static const char *const lists[] = {
        "remove-kb971033; restart; rebuild-activation",
        "installed; -",
        "installed; -; absent",
        "a; b;c",
        "0xC004F200; 0xC004F064",
        "PC-1; x=1; a+b; c@d",
    };

    for (size_t index = 0; index < ARRAY_COUNT(lists); index++) {
        char *expected = memory_format("\"%s\"", lists[index]);

        expect_cell(lists[index], expected);
        free(expected);
    }
}
END_TEST

START_TEST(a_path_has_one_line)
{
    char *bytes = NULL;
    size_t length;
    struct csv_writer csv = {.file = open_memstream(&bytes, &length)};

    csv_path(&csv, "in/a\nb\t\x7F\xE2\x80\xA8;\xFF");
    fclose(csv.file);
    csv_free_content(&csv);
    ck_assert_str_eq(bytes, "\"in/a\\x0Ab\\x09\\x7F\\xE2\\x80\\xA8;\\xFF\"");
    free(bytes);
}
END_TEST

START_TEST(line_breaks_and_control_characters_become_one_space_each)
{
    expect_cell("a\r\nb", "\"a b\"");
    expect_cell("a\rb\nc\n\rd", "\"a b c  d\"");
    expect_cell("a\xE2\x80\xA8"
                "b\xE2\x80\xA9"
                "c",
                "\"a b c\"");
    expect_cell("\x01\x1B[31m\x7F\xC2\x85\xC2\x9F", "\"  [31m   \"");
    expect_cell("\xC2\xA0", "\"\xC2\xA0\"");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_written_in_hexadecimal)
{
    expect_cell("a\xFF"
                "b\xC3",
                "\"a\\xFFb\\xC3\"");
}
END_TEST

START_TEST(rows_end_with_cr_lf_and_cells_are_parted_by_commas)
{
    char *bytes = NULL;
    size_t length;
    struct csv_writer csv = {.file = open_memstream(&bytes, &length)};

    csv_row(&csv, (const char *const[]){"a", "b"}, 2);
    csv_number(&csv, UINT64_MAX);
    csv_time(&csv, UINT64_C(131914152000000000));
    csv_time(&csv, 0);
    csv_end_row(&csv);
    fclose(csv.file);
    csv_free_content(&csv);
    ck_assert_str_eq(bytes, "\"a\",\"b\"\r\n"
                            "\"18446744073709551615\",\"2019-01-08T10:00:00Z\",\"\"\r\n");
    free(bytes);
}
END_TEST

/* What the cells must read back as, in one column. */
static const char *const nasty[][2] = {
    {"", ""},
    {" ", " "},
    {"\"", "\""},
    {"\",\"", "\",\""},
    {"';drop", "';drop"},
    {"=1+1", "'=1+1"},
    {"x;=1+1;y", "x;'=1+1;y"},
    {"x;\"=1;\"\"+2;\" @3", "x;'\"=1;'\"\"+2;'\" @3"},
    {"y;", "y;"},
    {";\"", ";\""},
    {";\";=4", ";\";'=4"},
    {" =5; \xEF\xBC\x9D"
     "6",
     " '=5; '\xEF\xBC\x9D"
     "6"},
    {"a\r\n\"b\"\tc", "a \"b\" c"},
    {"\xF0\x9F\x98\x80 \xD0\x9F\xD0\x9A", "\xF0\x9F\x98\x80 \xD0\x9F\xD0\x9A"},
    {"C:\\path\\", "C:\\path\\"},
    {"{{NAME}}", "{{NAME}}"},
    {"\xE2\x80\xAE"
     "exe.txt",
     "\xE2\x80\xAE"
     "exe.txt"},
};

static const char reader[] =
    "import csv, sys\n"
    "for row in csv.reader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True):\n"
    "    assert len(row) == 2 and row[1] == 'end', row\n"
    "    sys.stdout.buffer.write(row[0].encode() + b'\\n')\n"
    /* As it is, and as it is read where `;` parts cells. */
    "for delimiter in ',;':\n"
    "    with open(sys.argv[1], newline='', encoding='utf-8') as file:\n"
    "        for row in csv.reader(file, delimiter=delimiter):\n"
    "            for cell in row:\n"
    "                start = cell.lstrip(' \"')[:1]\n"
    "                assert not start or start not in '=+-@\\t\\r\\uff1d\\uff0b\\uff0d\\uff20', "
    "row\n";

START_TEST(nasty_cells_round_trip_through_python)
{
    struct csv_writer csv = {.file = fopen("nasty.csv", "w")};
    struct text expected = {0};
    char *read_back;

    for (size_t index = 0; index < ARRAY_COUNT(nasty); index++) {
        csv_row(&csv, (const char *const[]){nasty[index][0], "end"}, 2);
        text_add_format(&expected, "%s\n", nasty[index][1]);
    }
    fclose(csv.file);
    csv_free_content(&csv);
    read_back = scratch_python(reader, "nasty.csv");
    if (read_back != NULL)
        ck_assert_str_eq(read_back, text_get(&expected));
    free(read_back);
    text_free(&expected);
}
END_TEST

static Suite *csv_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *cases = tcase_create("cells");

    tcase_add_checked_fixture(cases, scratch_begin, scratch_end);
    tcase_add_test(cases, every_cell_is_quoted_and_quotes_are_doubled);
    tcase_add_test(cases, cells_a_spreadsheet_would_run_are_guarded);
    tcase_add_test(cases, formulas_behind_a_semicolon_are_guarded);
    tcase_add_test(cases, full_width_formulas_are_guarded);
    tcase_add_test(cases, ordinary_lists_stay_as_they_are);
    tcase_add_test(cases, a_path_has_one_line);
    tcase_add_test(cases, line_breaks_and_control_characters_become_one_space_each);
    tcase_add_test(cases, bytes_that_are_no_utf8_are_written_in_hexadecimal);
    tcase_add_test(cases, rows_end_with_cr_lf_and_cells_are_parted_by_commas);
    tcase_add_test(cases, nasty_cells_round_trip_through_python);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(csv_suite());
}
