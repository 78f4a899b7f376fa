/* SPDX-License-Identifier: Apache-2.0 */
/* What our own scripts wrote, as the reader of texts reads it: their log and their values in the
 * registry (src/text/remediation.c). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "listed.h"
#include "run.h"

#define OF_RUN "PC-17 1-remove-kb971033 20190120T100000Z-12345 "
#define AT(time) "spptriage/1 " time " "
#define LINE AT("2019-01-20T10:00:07Z") OF_RUN
#define SAID(line, time, says)                                                 \
    "remediation|spptriage-remediation.log|PC-17|" line "|" time "|says=" says \
    "|script=1-remove-kb971033|run=20190120T100000Z-12345|exit_status="
#define SAID_IN_IT(line, says) SAID(line, "2019-01-20T10:00:07Z", says)
#define KEY "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\spptriage\r\n"
#define VALUE(name, value) "    " name "    REG_SZ    " value "\r\n"

static struct listed listed;

static void read_text(const char *text)
{
    listed_read(&listed, text, strlen(text));
}

static void free_listed(void)
{
    listed_free_content(&listed);
}

/* ---- The log ---- */

START_TEST(each_line_says_what_its_step_means)
{
    static const char *const said[] = {
        SAID_IN_IT("4", "removed"),
        SAID_IN_IT("5", "absent"),
        SAID_IN_IT("6", "still installed"),
        SAID_IN_IT("7", "rebuilt"),
        SAID_IN_IT("8", "activated"),
        SAID_IN_IT("9", "activated"),
        SAID_IN_IT("10", "put back"),
        SAID_IN_IT("11", "not all put back"),
        SAID_IN_IT("12", "ended") "-1073741510",
    };
    char *text;

    read_text(AT("2019-01-20T10:00:00Z") OF_RUN
              "start begin - spptriage 1.0\r\n"
              "ERROR: The system was unable to find the specified registry key or value.\r\n" LINE
              "package info 0 Package_for_KB971033~31bf3856ad364e35~amd64~~6.1.1.0\r\n" LINE
              "remove ok 3010 with words, \"quotes\" and KB971033: all of them free\r\n" LINE
              "absent ok 0\r\n" LINE "remove failed 20\r\n" LINE "rebuild ok -\r\n" LINE
              "activate ok -\r\n" LINE "activated ok -\r\n" LINE "put-back ok -\r\n" LINE
              "put-back failed 5\r\n" LINE "end failed -1073741510\r\n");
    text = memory_copy_text(text_get(&listed.findings));
    ck_assert_str_eq(strtok(text, "\n"), SAID("1", "2019-01-20T10:00:00Z", "begun"));
    for (size_t index = 0; index < ARRAY_COUNT(said); index++)
        ck_assert_str_eq(strtok(NULL, "\n"), said[index]);
    ck_assert_ptr_null(strtok(NULL, "\n"));
    free(text);
    ck_assert_int_eq(listed.facts.kind, SOURCE_KIND_LISTING);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    ck_assert_uint_eq(listed.facts.record_count, 11);
    ck_assert_uint_eq(listed.facts.selected_count, 10);
}
END_TEST

START_TEST(a_script_that_knew_no_name_names_no_host)
{
    read_text(AT("2019-01-20T10:00:07Z") "- 1-remove-kb971033 r1 end ok 0\r\n");
    listed_expect(&listed,
                  "remediation|spptriage-remediation.log||1|2019-01-20T10:00:07Z|says=ended"
                  "|script=1-remove-kb971033|run=r1|exit_status=0\n");
}
END_TEST

START_TEST(other_steps_and_results_only_tell_that_it_was_at_work)
{
    static const char *const steps[] = {
        "remove warning 0",  "remove ok 1",      "remove ok -",       "absent failed 0",
        "rebuild failed 30", "activate begin -", "activate failed 5", "put-back info -",
        "end info 0",        "licence ok 1",     "removed ok 0"};

    for (size_t index = 0; index < ARRAY_COUNT(steps); index++) {
        char *text = memory_format(LINE "%s\r\n", steps[index]);

        read_text(text);
        ck_assert_msg(strcmp(text_get(&listed.findings),
                             SAID("1", "2019-01-20T10:00:07Z", "begun") "\n") == 0,
                      "%s: %s", steps[index], text_get(&listed.findings));
        ck_assert_str_eq(text_get(&listed.facts.detail), "");
        free(text);
    }
}
END_TEST

START_TEST(a_line_that_is_not_wholly_as_it_should_be_says_nothing)
{
    static const char *const lines[] = {
        "spptriage/1 \n",
        "spptriage/1 2019-01-20T10:00:07Z\n",
        AT("2019-02-29T10:00:07Z") OF_RUN "remove ok 0\n",
        AT("2019-01-20T24:00:07Z") OF_RUN "remove ok 0\n",
        AT("2019-01-20 10:00:07Z") OF_RUN "remove ok 0\n",
        AT("2019-01-20T10:00:07.5Z") OF_RUN "remove ok 0\n",
        AT("2019-01-20T10:00:07") OF_RUN "remove ok 0\n",
        AT("1600-01-20T10:00:07Z") OF_RUN "remove ok 0\n",
        AT("2019-01-20T10:00:07Z") " " OF_RUN "remove ok 0\n",
        AT("2019-01-20T10:00:07Z") "<b> 1-remove-kb971033 r remove ok 0\n",
        AT("2019-01-20T10:00:07Z") ". 1-remove-kb971033 r remove ok 0\n",
        AT("2019-01-20T10:00:07Z") "PC-17 =1+1 r remove ok 0\n",
        AT("2019-01-20T10:00:07Z") "PC-17 ..\\x r remove ok 0\n",
        AT("2019-01-20T10:00:07Z") "PC-17 1-remove-kb971033 r;s remove ok 0\n",
        LINE "Remove ok 0\n",
        LINE "remove OK 0\n",
        LINE "remove done 0\n",
        LINE "remove ok\n",
        LINE "remove ok \n",
        LINE "remove ok 0x0\n",
        LINE "remove ok 1234567890123456789\n",
        LINE "end ok -\n",
        LINE "end ok 2147483648\n",
        LINE "end ok -2147483649\n",
        LINE "remove  ok 0\n",
        "spptriage/1\t2019-01-20T10:00:07Z\tPC-17\ts\tr\tremove\tok\t0\n",
    };

    for (size_t index = 0; index < ARRAY_COUNT(lines); index++) {
        char *text = memory_format("%s" LINE "end ok 0\n", lines[index]);

        read_text(text);
        ck_assert_msg(listed_count(&listed, "\n") == 1, "%s: %s", lines[index],
                      text_get(&listed.findings));
        listed_expect(&listed, SAID("2", "2019-01-20T10:00:07Z", "ended") "0\n");
        if (strncmp(lines[index], "spptriage/1 ", 12) == 0)
            ck_assert_str_eq(text_get(&listed.facts.detail),
                             "line 1: spptriage-remediation.log: 1 line of it could not be read");
        free(text);
    }
}
END_TEST

START_TEST(a_line_that_was_cut_says_nothing)
{
    read_text(LINE "remove ok 3010\r\n" LINE "end ok 30");
    ck_assert_str_eq(text_get(&listed.findings),
                     SAID("1", "2019-01-20T10:00:07Z",
                          "begun") "\n" SAID("1", "2019-01-20T10:00:07Z", "removed") "\n");
    listed_expect_detail(&listed, "line 2: spptriage-remediation.log: 1 line of it could not be");
}
END_TEST

START_TEST(a_time_that_was_not_told_is_none)
{
    read_text(AT("-") "PC-17 2-rebuild -12345 start begin -\r\n" AT(
        "-") "PC-17 2-rebuild -12345 rebuild ok -\r\n");
    ck_assert_str_eq(text_get(&listed.findings),
                     "remediation|spptriage-remediation.log|PC-17|1||says=begun|script=2-rebuild|"
                     "run=-12345|exit_status=\n"
                     "remediation|spptriage-remediation.log|PC-17|2||says=rebuilt|script=2-rebuild|"
                     "run=-12345|exit_status=\n");
}
END_TEST

START_TEST(runs_and_machines_are_told_apart)
{
    read_text(
        LINE
        "remove ok 0\n" LINE
        "end ok 0\n" AT("2019-01-20T10:01:00Z") "PC-17 2-rebuild r2 rebuild ok -\n" AT(
            "2019-01-20T10:01:00Z") "PC-18 2-rebuild r2 rebuild ok -\n" AT("2019-01-20T10:01:"
                                                                           "00Z") "PC-18 "
                                                                                  "2-rebuild "
                                                                                  "r2 end ok "
                                                                                  "0\n" AT(
                                                                                      "20"
                                                                                      "19"
                                                                                      "-0"
                                                                                      "1-"
                                                                                      "20"
                                                                                      "T1"
                                                                                      "0:"
                                                                                      "01"
                                                                                      ":0"
                                                                                      "0"
                                                                                      "Z") "PC-18 "
                                                                                           "2-"
                                                                                           "rebuild"
                                                                                           " r3 "
                                                                                           "end "
                                                                                           "refused"
                                                                                           " 13\n");
    ck_assert_uint_eq(listed_count(&listed, "|PC-17|"), 5);
    ck_assert_uint_eq(listed_count(&listed, "|PC-18|"), 4);
    ck_assert_uint_eq(listed_count(&listed, "says=begun"), 3);
    listed_expect(&listed, "|PC-18|6|2019-01-20T10:01:00Z|says=ended|script=2-rebuild|run=r3|"
                           "exit_status=13\n");
}
END_TEST

/* slmgr's words of a licence that the run found, say, are not of the time of the file. */
#define ANSWER                                                                            \
    "Activating Windows(R) 7, Enterprise edition (ae2ee509-1b34-41c0-acb7-6d4650168915) " \
    "...\r\nProduct activated successfully.\r\n"

START_TEST(what_stands_within_a_run_is_of_its_programs)
{
    read_text(LINE "start begin -\r\n" ANSWER LINE "end ok 0\r\n");
    ck_assert_uint_eq(listed_count(&listed, "licence|"), 0);
    ck_assert_uint_eq(listed_count(&listed, "remediation|"), 2);
    read_text(LINE "start begin -\r\n" ANSWER);
    ck_assert_uint_eq(listed_count(&listed, "licence|"), 0);
    read_text(LINE "end ok 0\r\n\r\n" ANSWER LINE "end ok 0\r\n");
    ck_assert_uint_eq(listed_count(&listed, "licence|"), 1);
    ck_assert_uint_eq(listed_count(&listed, "remediation|"), 2);
}
END_TEST

START_TEST(a_line_of_any_length_is_read)
{
    struct text text = {0};

    text_add(&text, LINE "remove ok 0 ");
    for (size_t count = 0; count < 200000; count++)
        text_add(&text, "words ");
    text_add(&text, "\n" AT("2019-01-20T10:00:07Z"));
    for (size_t count = 0; count < 200000; count++)
        text_add(&text, "P");
    text_add(&text, " s r remove ok 0\n");
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_uint_eq(listed_count(&listed, "\n"), 2);
    listed_expect(&listed, "says=removed");
    listed_expect_detail(&listed, "1 line of it could not be read");
    text_free(&text);
}
END_TEST

START_TEST(it_is_read_in_any_encoding)
{
    static const char text[] = LINE "end ok 0\r\n";
    char wide[2 + 2 * sizeof(text)] = "\xFF\xFE";

    for (size_t index = 0; index < sizeof(text) - 1; index++) {
        wide[2 + 2 * index] = text[index];
        wide[3 + 2 * index] = '\0';
    }
    listed_read(&listed, wide, sizeof(text) * 2);
    listed_expect(&listed, SAID("1", "2019-01-20T10:00:07Z", "ended") "0\n");
}
END_TEST

START_TEST(a_manual_that_quotes_it_is_none)
{
    read_text("# The log\n\n```\n" LINE "end ok 0\n```\n");
    ck_assert_str_eq(text_get(&listed.findings), "");
    read_text("    " LINE "end ok 0\n");
    ck_assert_str_eq(text_get(&listed.findings), "");
    read_text("spptriage/2 2019-01-20T10:00:07Z " OF_RUN "end ok 0\n");
    ck_assert_str_eq(text_get(&listed.findings), "");
}
END_TEST

/* ---- The values in the registry ---- */

START_TEST(the_values_tell_the_last_run)
{
    read_text(KEY VALUE("Script", "2-rebuild") VALUE("Version", "1.1.0") VALUE("Machine", "PC-17")
                  VALUE("Run", "20190120T100000Z-7") VALUE("Time", "2019-01-20T10:00:09Z")
                      VALUE("Step", "end") VALUE("ExitStatus", "31") VALUE("Rebuild", "31")
                          VALUE("Found", "") "\r\n");
    ck_assert_str_eq(text_get(&listed.findings),
                     "remediation|spptriage.txt|PC-17|3|2019-01-20T10:00:09Z|says=ended|"
                     "script=2-rebuild|run=20190120T100000Z-7|exit_status=31\n");
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    read_text(KEY "\tScript\tREG_SZ\t2-rebuild\r\n\tRun\tREG_SZ\tr1\r\n\tTime\tREG_SZ\t-\r\n"
                  "\tExitStatus\tREG_SZ\t0\r\n");
    ck_assert_str_eq(text_get(&listed.findings),
                     "remediation|spptriage.txt||3||says=ended|script=2-rebuild|run=r1|"
                     "exit_status=0\n");
}
END_TEST

#define OF_LAST_RUN                                                               \
    KEY VALUE("Machine", "PC-17") VALUE("Script", "2-rebuild") VALUE("Run", "r1") \
        VALUE("Time", "2019-01-20T10:00:09Z")

START_TEST(a_run_without_a_status_or_unfinished_has_not_ended)
{
    static const char *const texts[] = {OF_LAST_RUN, OF_LAST_RUN VALUE("ExitStatus", ""),
                                        OF_LAST_RUN VALUE("ExitStatus", "0")
                                            VALUE("Unfinished", "r1"),
                                        OF_LAST_RUN "    ExitStatus    REG_SZ    30"};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        read_text(texts[index]);
        listed_expect(&listed, "|2019-01-20T10:00:09Z|says=begun|script=2-rebuild|run=r1|"
                               "exit_status=\n");
    }
    read_text(OF_LAST_RUN VALUE("ExitStatus", "17") VALUE("Unfinished", "r0"));
    listed_expect(&listed, "|says=ended|script=2-rebuild|run=r1|exit_status=17\n");
}
END_TEST

START_TEST(values_that_are_not_as_they_should_be_say_nothing)
{
    static const char *const texts[] = {
        KEY VALUE("Script", "2-rebuild") VALUE("Time", "2019-01-20T10:00:09Z"),
        KEY VALUE("Run", "r1") VALUE("Time", "2019-01-20T10:00:09Z"),
        KEY VALUE("Script", "2-rebuild") VALUE("Run", "r1"),
        KEY VALUE("Script", "2-rebuild") VALUE("Run", "r1") VALUE("Time", "2019-13-20T10:00:09Z"),
        KEY VALUE("Script", "a b") VALUE("Run", "r1") VALUE("Time", "-"),
        OF_LAST_RUN VALUE("ExitStatus", "none"),
        OF_LAST_RUN VALUE("ExitStatus", "99999999999"),
        KEY VALUE("Machine", "<b>") VALUE("Script", "2-rebuild") VALUE("Run", "r1")
            VALUE("Time", "-")};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        read_text(texts[index]);
        ck_assert_str_eq(text_get(&listed.findings), "");
        listed_expect_detail(&listed,
                             "line 2: spptriage.txt: its values do not tell a run of a script");
    }
    read_text(KEY);
    ck_assert_int_eq(listed.facts.kind, SOURCE_KIND_TEXT);
}
END_TEST

START_TEST(of_values_of_one_name_the_first_counts)
{
    read_text(OF_LAST_RUN VALUE("Machine", "PC-18") VALUE("Script", "1-remove-kb971033")
                  VALUE("exitstatus", "30") VALUE("ExitStatus", "0"));
    listed_expect(&listed, "|PC-17|4|2019-01-20T10:00:09Z|says=ended|script=2-rebuild|run=r1|"
                           "exit_status=30\n");
}
END_TEST

static Suite *script_log_suite(void)
{
    Suite *suite = suite_create("script_log");
    TCase *cases = tcase_create("texts");

    tcase_add_checked_fixture(cases, NULL, free_listed);
    tcase_add_test(cases, each_line_says_what_its_step_means);
    tcase_add_test(cases, a_script_that_knew_no_name_names_no_host);
    tcase_add_test(cases, other_steps_and_results_only_tell_that_it_was_at_work);
    tcase_add_test(cases, a_line_that_is_not_wholly_as_it_should_be_says_nothing);
    tcase_add_test(cases, a_line_that_was_cut_says_nothing);
    tcase_add_test(cases, a_time_that_was_not_told_is_none);
    tcase_add_test(cases, runs_and_machines_are_told_apart);
    tcase_add_test(cases, what_stands_within_a_run_is_of_its_programs);
    tcase_add_test(cases, a_line_of_any_length_is_read);
    tcase_add_test(cases, it_is_read_in_any_encoding);
    tcase_add_test(cases, a_manual_that_quotes_it_is_none);
    tcase_add_test(cases, the_values_tell_the_last_run);
    tcase_add_test(cases, a_run_without_a_status_or_unfinished_has_not_ended);
    tcase_add_test(cases, values_that_are_not_as_they_should_be_say_nothing);
    tcase_add_test(cases, of_values_of_one_name_the_first_counts);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(script_log_suite());
}
