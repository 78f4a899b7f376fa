/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the end of a run: which sources make it incomplete, and what it says of them. */
#include "app/finish.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run.h"
#include "scratch.h"
#include "synced.h"

/* Finishes a case of one log with these facts. Returns the exit status; standard output and
 * standard error go to the files of these names. */
static enum exit_status finish_case(struct source_facts *facts)
{
    char *templates = scratch_source_path("templates");
    struct options options = {.templates = templates, .window = incident_window};
    struct source source = {.path = (char[]){"a.evtx"}, .kind = SOURCE_KIND_EVTX};
    struct output_directory directory = {0};
    struct casedb *db = NULL;
    struct error err = {0};
    enum exit_status status = EXIT_STATUS_NOTHING_DONE;
    bool old;
    int64_t id;

    ck_assert_int_eq(output_directory_open("report", &directory, &err), 0);
    ck_assert_int_eq(output_directory_open_case(&directory, &db, &old, &err), 0);
    ck_assert_int_eq(casedb_begin_source(db, &source, "", &id, &err), 0);
    source_facts_computer(facts, "PC")->record_count = 1;
    source_facts_finish(facts, "libevtx");
    ck_assert_int_eq(casedb_finish_source(db, id, facts, 0, &err), 0);
    source_facts_free_content(facts);
    ck_assert_ptr_nonnull(freopen("out", "w", stdout));
    ck_assert_ptr_nonnull(freopen("err", "w", stderr));
    ck_assert_msg(finish_write(&directory, &db, &options, &status, &err) == 0, "%s", err.message);
    fflush(stderr);
    output_directory_close(&directory);
    free(templates);
    return status;
}

static void expect_in_file(const char *path, const char *expected, bool there)
{
    char *found = scratch_read(path);

    ck_assert_msg((strstr(found, expected) != NULL) == there, "%s in %s: %s", expected, path,
                  found);
    free(found);
}

START_TEST(whole_source_is_a_whole_run)
{
    struct source_facts facts = {.record_count = 1};

    ck_assert_int_eq(finish_case(&facts), EXIT_STATUS_OK);
    expect_in_file("err", "warning", false);
    expect_in_file("out", "libevtx", false);
}
END_TEST

START_TEST(conflict_of_the_readers_is_told_and_makes_it_incomplete)
{
    struct source_facts facts = {.record_count = 1};

    source_facts_add_conflict(&facts, "record 1");
    ck_assert_int_eq(finish_case(&facts), EXIT_STATUS_INCOMPLETE);
    expect_in_file(
        "err",
        "spptriage: warning: sources with records read differently by a second reader: 1; "
        "see sources.csv\n",
        true);
    expect_in_file("out", "  with records read differently by a second reader        1\n", true);
    expect_in_file("report/sources.csv", "1 record read differently by libevtx: record 1", true);
}
END_TEST

START_TEST(undecodable_record_is_told_and_makes_it_incomplete)
{
    struct source_facts facts = {.record_count = 1};

    source_facts_add_undecodable(&facts, "record 1");
    ck_assert_int_eq(finish_case(&facts), EXIT_STATUS_INCOMPLETE);
    expect_in_file("err", "sources with records that could not be decoded: 1; see sources.csv\n",
                   true);
    expect_in_file("out", "  with records that could not be decoded              1\n", true);
}
END_TEST

START_TEST(damage_is_told_and_makes_it_incomplete)
{
    struct source_facts facts = {.record_count = 1};

    source_facts_add_damage(&facts, 4096, "bad");
    ck_assert_int_eq(finish_case(&facts), EXIT_STATUS_INCOMPLETE);
    expect_in_file("err", "sources that could not be read whole: 1; see sources.csv\n", true);
}
END_TEST

START_TEST(case_and_reports_are_on_the_disk_before_they_get_their_names)
{
    struct source_facts facts = {.record_count = 1};

    synced_begin();
    finish_case(&facts);
    ck_assert(synced_in_order("report/case.db", "report"));
    ck_assert(synced_in_order("report/hosts.csv", "report"));
    ck_assert(synced_in_order("report/remediation/not-collected.csv", "report/remediation"));
}
END_TEST

static Suite *finish_suite(void)
{
    Suite *suite = suite_create("finish");
    TCase *cases = tcase_create("finish");

    tcase_add_checked_fixture(cases, scratch_begin, scratch_end);
    tcase_add_test(cases, whole_source_is_a_whole_run);
    tcase_add_test(cases, conflict_of_the_readers_is_told_and_makes_it_incomplete);
    tcase_add_test(cases, undecodable_record_is_told_and_makes_it_incomplete);
    tcase_add_test(cases, damage_is_told_and_makes_it_incomplete);
    tcase_add_test(cases, case_and_reports_are_on_the_disk_before_they_get_their_names);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(finish_suite());
}
