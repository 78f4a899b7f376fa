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

/* Finishes a case of one log with these facts and an inventory, which has that name where it was
 * given to this run. Returns the exit status; standard output and standard error go to the files of
 * these names. */
static enum exit_status finish_case_with(struct source_facts *facts,
                                         const struct inventory *inventory,
                                         const char *inventory_path)
{
    char *templates = scratch_source_path("templates");
    struct options options = {
        .templates = templates, .window = incident_window, .inventory = inventory_path};
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
    ck_assert_int_eq(finish_store_inventory(db, inventory, &options, &err), 0);
    ck_assert_ptr_nonnull(freopen("out", "w", stdout));
    ck_assert_ptr_nonnull(freopen("err", "w", stderr));
    ck_assert_msg(finish_write(&directory, &db, &options, &status, &err) == 0, "%s", err.message);
    fflush(stderr);
    output_directory_close(&directory);
    free(templates);
    return status;
}

static enum exit_status finish_case(struct source_facts *facts)
{
    static const struct inventory none = {0};

    return finish_case_with(facts, &none, NULL);
}

/* Writes and reads that inventory, and stores it in a case; what is said goes to the file "err". */
static void store_inventory(const char *text, const struct options *options)
{
    struct inventory inventory;
    struct casedb *db = NULL;
    struct error err = {0};

    scratch_write(options->inventory, text, strlen(text));
    ck_assert_int_eq(inventory_read(options->inventory, &inventory, &err), 0);
    ck_assert_int_eq(casedb_open("case.db", true, &db, &err), 0);
    ck_assert_ptr_nonnull(freopen("err", "w", stderr));
    ck_assert_int_eq(finish_store_inventory(db, &inventory, options, &err), 0);
    fflush(stderr);
    casedb_close(db);
    inventory_free_content(&inventory);
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
        "see report/sources.csv\n",
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
    expect_in_file(
        "err", "sources with records that could not be decoded: 1; see report/sources.csv\n", true);
    expect_in_file("out", "  with records that could not be decoded              1\n", true);
}
END_TEST

START_TEST(damage_is_told_and_makes_it_incomplete)
{
    struct source_facts facts = {.record_count = 1};

    source_facts_add_damage(&facts, 4096, "bad");
    ck_assert_int_eq(finish_case(&facts), EXIT_STATUS_INCOMPLETE);
    expect_in_file("err", "sources that could not be read whole: 1; see report/sources.csv\n",
                   true);
}
END_TEST

static const char poor_inventory[] = "host,owner\nPC1,M\xFCller\nPC1,\npc1,\n,nobody\n";

START_TEST(remarks_on_an_inventory_name_it_and_say_what_to_do)
{
    static const struct options options = {.inventory = "my\n.csv"};
    char *found;

    store_inventory(poor_inventory, &options);
    found = scratch_read("err");
    ck_assert_str_eq(
        found, "spptriage: warning: my\\x0A.csv: not UTF-8: it was read as Windows-1252; save "
               "it as CSV in UTF-8\n"
               "spptriage: warning: my\\x0A.csv: rows left out that repeat a host: 2; keep one "
               "row a host\n"
               "spptriage: warning: my\\x0A.csv: rows left out that name no host: 1; fill in "
               "their cell of the host\n");
    free(found);
}
END_TEST

START_TEST(a_sound_inventory_and_quiet_give_no_remarks)
{
    static const struct options sound = {.inventory = "sound.csv"};
    static const struct options quiet = {.inventory = "poor.csv", .quiet = true};

    store_inventory("host,owner\nPC1,Ann\n", &sound);
    expect_in_file("err", "spptriage", false);
    store_inventory(poor_inventory, &quiet);
    expect_in_file("err", "spptriage", false);
}
END_TEST

/* The inventory may be one that an earlier run gave. */
START_TEST(rows_that_name_one_machine_are_told_with_the_file)
{
    static const char *const names[] = {"my.csv", NULL};
    static const char *const says[] = {
        "spptriage: warning: my.csv: rows left out, as another row names the same machine: 1; keep "
        "one row a machine\n",
        "spptriage: warning: the inventory of the case: rows left out, as another row names the "
        "same machine: 1; keep one row a machine\n"};
    struct source_facts facts = {.record_count = 1};
    struct inventory inventory = {.hosts = (char *[]){(char[]){"PC"}, (char[]){"PC.corp"}},
                                  .host_count = 2};

    finish_case_with(&facts, &inventory, names[_i]);
    expect_in_file("err", says[_i], true);
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
    tcase_add_test(cases, remarks_on_an_inventory_name_it_and_say_what_to_do);
    tcase_add_test(cases, a_sound_inventory_and_quiet_give_no_remarks);
    tcase_add_loop_test(cases, rows_that_name_one_machine_are_told_with_the_file, 0, 2);
    tcase_add_test(cases, case_and_reports_are_on_the_disk_before_they_get_their_names);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(finish_suite());
}
