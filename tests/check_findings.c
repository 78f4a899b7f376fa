/* SPDX-License-Identifier: Apache-2.0 */
/* What sources without events say, in the case: findings, the hosts they are of, and whose these
 * are in each place. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "casework.h"
#include "run.h"
#include "same.h"

/* Assigns the host of that name to a machine of its own in each place, and says so in `out`. */
static void assign_source_hosts(const char *remark, struct text *out)
{
    struct casedb_cursor *cursor;
    struct case_source_host host;

    must(casedb_source_hosts(db, &cursor, &err));
    while (casedb_next_source_host(cursor, &host, &err) == 1) {
        char *name = memory_format("%s in %s", host.name, host.path);
        struct case_host_place place = {.remark = remark, .decides = true};

        must(casedb_add_machine(db, name, true, false, 0, &place.machine_id, &err));
        must(casedb_assign_source_host(db, &host, &place, &err));
        text_add_item(out, name);
        free(name);
    }
    casedb_cursor_free(cursor);
}

/* Takes the list. */
static void expect_list(char *list, const char *expected)
{
    ck_assert_str_eq(list, expected);
    free(list);
}

START_TEST(a_host_is_judged_in_every_place_by_itself)
{
    int64_t id = add_listing("a/list");
    struct text names = {0};
    struct case_source copy;
    char *list;

    add_copy("b/list", id);
    must(casedb_begin_derived(db, &err));
    assign_source_hosts("remark", &names);
    must(casedb_commit_derived(db, &err));
    ck_assert_str_eq(text_get(&names), " in a/list; Host in a/list;  in b/list; Host in b/list");
    text_free(&names);
    id = find_machine(" in b/list");
    must(casedb_machine_sources(db, id, &list, &err));
    expect_list(list, "b/list");
    ck_assert_int_eq(casedb_find_source(db, "b/list", &copy, &err), 1);
    must(casedb_source_machines(db, copy.id, &list, &err));
    expect_list(list, " in b/list; Host in b/list");
    must(casedb_source_remarks(db, copy.id, &list, &err));
    expect_list(list, "remark");
}
END_TEST

START_TEST(findings_come_back_with_every_member)
{
    struct text names = {0};
    struct casedb_cursor *cursor;
    struct case_finding back;
    struct finding expected;

    add_listing("a");
    must(casedb_begin_derived(db, &err));
    assign_source_hosts("", &names);
    must(casedb_commit_derived(db, &err));
    text_free(&names);
    casework_reopen();
    must(casedb_machine_findings(db, find_machine(" in a"), &cursor, &err));
    ck_assert_int_eq(casedb_next_finding(cursor, &back, &err), 1);
    expected = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);
    expect_finding(&back.finding, &expected);
    ck_assert_str_eq(back.path, "a");
    ck_assert(!back.is_guess);
    ck_assert_int_eq(casedb_next_finding(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
    must(casedb_machine_findings(db, find_machine("Host in a"), &cursor, &err));
    for (unsigned kind = 0; kind < FINDING_KIND_COUNT; kind++) {
        ck_assert_int_eq(casedb_next_finding(cursor, &back, &err), 1);
        expected = sample_finding((enum finding_kind)kind);
        expect_finding(&back.finding, &expected);
    }
    ck_assert_int_eq(casedb_next_finding(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(a_finding_in_two_places_of_one_machine_counts_once)
{
    int64_t id = add_listing("a/list");
    struct casedb_cursor *cursor;
    struct case_source_host host;
    struct case_finding back;
    struct case_host_place place = {.remark = "", .is_guess = true, .decides = true};

    add_copy("b/list", id);
    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", true, false, 0, &place.machine_id, &err));
    must(casedb_source_hosts(db, &cursor, &err));
    while (casedb_next_source_host(cursor, &host, &err) == 1)
        must(casedb_assign_source_host(db, &host, &place, &err));
    casedb_cursor_free(cursor);
    must(casedb_commit_derived(db, &err));
    must(casedb_machine_findings(db, place.machine_id, &cursor, &err));
    for (int index = 0; index < 1 + FINDING_KIND_COUNT; index++) {
        ck_assert_int_eq(casedb_next_finding(cursor, &back, &err), 1);
        ck_assert_str_eq(back.path, "a/list");
        ck_assert(back.is_guess);
    }
    ck_assert_int_eq(casedb_next_finding(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(a_source_read_again_leaves_no_finding_behind)
{
    struct text names = {0};

    add_listing("a");
    add_listing("b");
    must(casedb_begin_derived(db, &err));
    assign_source_hosts("", &names);
    must(casedb_commit_derived(db, &err));
    add_log("a", "PC", 1);
    text_clear(&names);
    must(casedb_begin_derived(db, &err));
    assign_source_hosts("", &names);
    must(casedb_commit_derived(db, &err));
    ck_assert_str_eq(text_get(&names), " in b; Host in b");
    text_free(&names);
}
END_TEST

static Suite *findings_suite(void)
{
    Suite *suite = suite_create("findings");
    TCase *cases = tcase_create("findings");

    tcase_add_checked_fixture(cases, casework_begin, casework_end);
    tcase_add_test(cases, a_host_is_judged_in_every_place_by_itself);
    tcase_add_test(cases, findings_come_back_with_every_member);
    tcase_add_test(cases, a_finding_in_two_places_of_one_machine_counts_once);
    tcase_add_test(cases, a_source_read_again_leaves_no_finding_behind);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(findings_suite());
}
