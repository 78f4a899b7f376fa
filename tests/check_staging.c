/* SPDX-License-Identifier: Apache-2.0 */
/* The output folder changes as a whole or not at all, and no planted link is followed. */
#include "report/staging.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "run.h"
#include "scratch.h"
#include "synced.h"

#define ADVICE "; mend that, or name another folder with -o"

static struct error err;
static struct staging *out;

static void begin(void)
{
    scratch_begin();
    ck_assert_int_eq(mkdir("out", 0700), 0);
    err = (struct error){0};
    ck_assert_int_eq(staging_begin("out", &out, &err), 0);
}

static void end(void)
{
    error_clear(&err);
    scratch_end();
}

static void put(const char *path, const char *content)
{
    scratch_write(path, content, strlen(content));
}

static void expect_content(const char *path, const char *content)
{
    char *found = scratch_read(path);

    ck_assert_str_eq(found, content);
    free(found);
}

static void write_file(const char *name, const char *content)
{
    FILE *file;

    ck_assert_int_eq(staging_create(out, name, &file, &err), 0);
    fputs(content, file);
    ck_assert_int_eq(staging_close(out, file, &err), 0);
}

/* It is written and read back, and nothing of it is ever seen. */
START_TEST(scratch_file_has_no_name_and_is_read_back)
{
    char bytes[16] = "";
    FILE *file;

    put("out/.scratch.partial", "of a killed run");
    ck_assert_int_eq(staging_scratch(out, &file, &err), 0);
    ck_assert(!scratch_exists("out/.scratch.partial"));
    fputs("first", file);
    ck_assert_int_eq(ftello(file), 5);
    fputs(" second", file);
    ck_assert_int_eq(staging_check_scratch(out, &err), 0);
    for (int turn = 0; turn < 2; turn++) {
        rewind(file);
        ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes), file), 12);
        ck_assert_str_eq(bytes, "first second");
    }
    ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    ck_assert_int_eq(rmdir("out"), 0);
}
END_TEST

START_TEST(files_get_their_names_only_at_commit)
{
    put("out/hosts.csv", "old");
    write_file("hosts.csv", "new");
    write_file("remediation/scripts/1.cmd", "script");
    expect_content("out/hosts.csv", "old");
    expect_content("out/.hosts.csv.partial", "new");
    ck_assert(!scratch_exists("out/remediation/scripts/1.cmd"));
    ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    expect_content("out/hosts.csv", "new");
    expect_content("out/remediation/scripts/1.cmd", "script");
    ck_assert(!scratch_exists("out/.hosts.csv.partial"));
}
END_TEST

START_TEST(abandon_leaves_nothing)
{
    FILE *file;

    put("out/hosts.csv", "old");
    write_file("hosts.csv", "new");
    write_file("remediation/scripts/1.cmd", "script");
    ck_assert_int_eq(staging_create(out, "timeline.csv", &file, &err), 0);
    fputs("half", file);
    staging_abandon(out);
    expect_content("out/hosts.csv", "old");
    ck_assert(!scratch_exists("out/.hosts.csv.partial"));
    ck_assert(!scratch_exists("out/.timeline.csv.partial"));
    ck_assert(!scratch_exists("out/remediation"));
}
END_TEST

START_TEST(abandon_keeps_folders_that_were_there)
{
    ck_assert_int_eq(mkdir("out/remediation", 0700), 0);
    write_file("remediation/scripts/1.cmd", "script");
    staging_abandon(out);
    ck_assert(scratch_exists("out/remediation"));
    ck_assert(!scratch_exists("out/remediation/scripts"));
}
END_TEST

START_TEST(leftover_of_a_killed_run_is_replaced)
{
    put("out/.hosts.csv.partial", "a longer half-written leftover");
    write_file("hosts.csv", "new");
    ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    expect_content("out/hosts.csv", "new");
    ck_assert(!scratch_exists("out/.hosts.csv.partial"));
}
END_TEST

START_TEST(planted_links_are_replaced_not_followed)
{
    put("victim", "safe");
    ck_assert_int_eq(symlink("../victim", "out/.hosts.csv.partial"), 0);
    ck_assert_int_eq(symlink("../victim", "out/hosts.csv"), 0);
    write_file("hosts.csv", "new");
    ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    expect_content("victim", "safe");
    expect_content("out/hosts.csv", "new");
}
END_TEST

START_TEST(linked_folder_is_refused)
{
    FILE *file;

    ck_assert_int_eq(mkdir("elsewhere", 0700), 0);
    ck_assert_int_eq(symlink("../elsewhere", "out/remediation"), 0);
    ck_assert_int_eq(staging_create(out, "remediation/scripts/1.cmd", &file, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message, "cannot write out/remediation: Not a directory" ADVICE);
    staging_abandon(out);
    ck_assert(!scratch_exists("elsewhere/scripts"));
    ck_assert(scratch_exists("out/remediation"));
}
END_TEST

START_TEST(folder_under_a_final_name_stops_every_rename)
{
    put("out/a.csv", "old");
    ck_assert_int_eq(mkdir("out/b.csv", 0700), 0);
    write_file("a.csv", "new");
    write_file("b.csv", "new");
    ck_assert_int_eq(staging_commit(out, NULL, &err), -1);
    ck_assert_str_eq(err.message, "cannot write out/b.csv: Is a directory" ADVICE);
    expect_content("out/a.csv", "old");
    ck_assert(!scratch_exists("out/.a.csv.partial"));
    ck_assert(!scratch_exists("out/.b.csv.partial"));
}
END_TEST

/* A limit on file size fails a write as a full disk does, with another reason. */
START_TEST(full_disk_is_told_with_path_and_reason)
{
    struct rlimit limit = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
    FILE *file;

    put("out/timeline.csv", "old");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(staging_create(out, "timeline.csv", &file, &err), 0);
    for (int line = 0; line < 20000; line++)
        fputs("0123456789\n", file);
    errno = 0;
    ck_assert_int_eq(staging_close(out, file, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message, "cannot write out/timeline.csv: File too large" ADVICE);
    staging_abandon(out);
    expect_content("out/timeline.csv", "old");
    ck_assert(!scratch_exists("out/.timeline.csv.partial"));
}
END_TEST

/* The last bytes are written only at the close. */
START_TEST(full_disk_at_the_last_byte_is_told)
{
    struct rlimit limit = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
    FILE *file;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(staging_create(out, "hosts.csv", &file, &err), 0);
    fputs("0123456789\n", file);
    ck_assert_int_eq(staging_close(out, file, &err), -1);
    ck_assert_str_eq(err.message, "cannot write out/hosts.csv: File too large" ADVICE);
    staging_abandon(out);
    ck_assert(!scratch_exists("out/.hosts.csv.partial"));
}
END_TEST

START_TEST(full_disk_is_told_of_the_scratch_file)
{
    struct rlimit limit = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
    FILE *file;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(staging_scratch(out, &file, &err), 0);
    for (int line = 0; line < 20000; line++)
        fputs("0123456789\n", file);
    errno = 0;
    ck_assert_int_eq(staging_check_scratch(out, &err), -1);
    ck_assert_str_eq(err.message, "cannot write out/.scratch.partial: File too large" ADVICE);
    staging_abandon(out);
    ck_assert_int_eq(rmdir("out"), 0);
}
END_TEST

static const char *const patterns[] = {"1-remove.cmd", "2-rebuild*.cmd"};
static const char *const top_patterns[] = {"timeline-ecs.jsonl"};
static const struct staging_leftovers leftovers[] = {
    {"remediation/scripts", patterns, ARRAY_COUNT(patterns)},
    {".", top_patterns, ARRAY_COUNT(top_patterns)},
    {NULL, NULL, 0},
};

START_TEST(scripts_of_an_earlier_report_are_removed_and_no_others)
{
    ck_assert_int_eq(mkdir("out/remediation", 0700), 0);
    ck_assert_int_eq(mkdir("out/remediation/scripts", 0700), 0);
    put("out/remediation/scripts/2-rebuild-enterprise.cmd", "old");
    put("out/remediation/scripts/.2-rebuild.cmd.partial", "old");
    put("out/remediation/scripts/1-remove.cmd", "old");
    put("out/remediation/scripts/notes.txt", "mine");
    put("out/remediation/scripts/my-2-rebuild.cmd", "mine");
    put("out/2-rebuild-top.cmd", "mine");
    ck_assert_int_eq(mkdir("out/remediation/scripts/2-rebuild-folder.cmd", 0700), 0);
    write_file("remediation/scripts/1-remove.cmd", "new");
    ck_assert_int_eq(staging_commit(out, leftovers, &err), 0);
    expect_content("out/remediation/scripts/1-remove.cmd", "new");
    ck_assert(!scratch_exists("out/remediation/scripts/2-rebuild-enterprise.cmd"));
    ck_assert(!scratch_exists("out/remediation/scripts/.2-rebuild.cmd.partial"));
    expect_content("out/remediation/scripts/notes.txt", "mine");
    expect_content("out/remediation/scripts/my-2-rebuild.cmd", "mine");
    expect_content("out/2-rebuild-top.cmd", "mine");
    ck_assert(scratch_exists("out/remediation/scripts/2-rebuild-folder.cmd"));
}
END_TEST

START_TEST(files_of_an_earlier_report_are_removed_unless_written_again)
{
    put("out/timeline-ecs.jsonl", "old");
    put("out/.timeline-ecs.jsonl.partial", "old");
    put("out/my-timeline-ecs.jsonl", "mine");
    write_file("timeline-ecs.jsonl", "new");
    ck_assert_int_eq(staging_commit(out, leftovers, &err), 0);
    expect_content("out/timeline-ecs.jsonl", "new");
    ck_assert(!scratch_exists("out/.timeline-ecs.jsonl.partial"));
    ck_assert_int_eq(staging_begin("out", &out, &err), 0);
    ck_assert_int_eq(staging_commit(out, leftovers, &err), 0);
    ck_assert(!scratch_exists("out/timeline-ecs.jsonl"));
    expect_content("out/my-timeline-ecs.jsonl", "mine");
}
END_TEST

START_TEST(no_scripts_folder_means_no_leftovers)
{
    write_file("hosts.csv", "new");
    ck_assert_int_eq(staging_commit(out, leftovers, &err), 0);
    ck_assert(!scratch_exists("out/remediation"));
}
END_TEST

START_TEST(missing_output_folder_is_told)
{
    struct staging *other = NULL;

    ck_assert_int_eq(staging_begin("no/such", &other, &err), -1);
    ck_assert_str_eq(err.message, "cannot write no/such: No such file or directory" ADVICE);
    staging_abandon(out);
    staging_abandon(NULL);
}
END_TEST

START_TEST(files_are_on_the_disk_before_they_get_their_names)
{
    synced_begin();
    write_file("hosts.csv", "new");
    write_file("remediation/scripts/1.cmd", "script");
    ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    ck_assert(synced_in_order("out/hosts.csv", "out"));
    ck_assert(synced_in_order("out/remediation/scripts/1.cmd", "out/remediation/scripts"));
}
END_TEST

/* Of two files and three folders. */
START_TEST(disk_that_fails_is_told_with_path_and_reason)
{
    static const char *const failing[] = {"/hosts.csv", "/remediation/scripts/1.cmd", "",
                                          "/remediation", "/remediation/scripts"};
    char *message = memory_format("cannot write out%s: Input/output error" ADVICE, failing[_i]);
    int result = 0;

    put("out/hosts.csv", "old");
    synced_begin();
    synced_fail(_i + 1);
    for (size_t index = 0; result == 0 && index < 2; index++) {
        FILE *file;

        ck_assert_int_eq(staging_create(out, failing[index] + 1, &file, &err), 0);
        fputs("new", file);
        result = staging_close(out, file, &err);
    }
    if (result != 0)
        staging_abandon(out);
    else
        result = staging_commit(out, NULL, &err);
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message, message);
    ck_assert(!scratch_exists("out/.hosts.csv.partial"));
    /* Where a folder fails, all files have their names. */
    expect_content("out/hosts.csv", _i < 2 ? "old" : "new");
    free(message);
}
END_TEST

static Suite *staging_suite(void)
{
    Suite *suite = suite_create("staging");
    TCase *cases = tcase_create("staging");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, scratch_file_has_no_name_and_is_read_back);
    tcase_add_test(cases, full_disk_is_told_of_the_scratch_file);
    tcase_add_test(cases, files_get_their_names_only_at_commit);
    tcase_add_test(cases, abandon_leaves_nothing);
    tcase_add_test(cases, abandon_keeps_folders_that_were_there);
    tcase_add_test(cases, leftover_of_a_killed_run_is_replaced);
    tcase_add_test(cases, planted_links_are_replaced_not_followed);
    tcase_add_test(cases, linked_folder_is_refused);
    tcase_add_test(cases, folder_under_a_final_name_stops_every_rename);
    tcase_add_test(cases, full_disk_is_told_with_path_and_reason);
    tcase_add_test(cases, full_disk_at_the_last_byte_is_told);
    tcase_add_test(cases, scripts_of_an_earlier_report_are_removed_and_no_others);
    tcase_add_test(cases, no_scripts_folder_means_no_leftovers);
    tcase_add_test(cases, files_of_an_earlier_report_are_removed_unless_written_again);
    tcase_add_test(cases, missing_output_folder_is_told);
    tcase_add_test(cases, files_are_on_the_disk_before_they_get_their_names);
    tcase_add_loop_test(cases, disk_that_fails_is_told_with_path_and_reason, 0, 5);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(staging_suite());
}
