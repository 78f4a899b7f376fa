/* SPDX-License-Identifier: Apache-2.0 */
/* The waves, the inventory, and what else the scripts are deployed with. What Ansible makes of it
 * is in whole_deployment.sh. */
#include "report/writers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/incident.h"
#include "run.h"
#include "scratch.h"

#define PROFESSIONAL (SCRIPT_REBUILD_EDITION + 0)
#define PROFESSIONAL_N (SCRIPT_REBUILD_EDITION + 1)

static char *templates;
static struct casedb *db;
static struct error err;
static bool committed;

static void begin_case(void)
{
    templates = scratch_source_path("templates");
    scratch_begin();
    ck_assert_int_eq(mkdir("out", 0700), 0);
    err = (struct error){0};
    committed = false;
    ck_assert_int_eq(casedb_open("case.db", true, &db, &err), 0);
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
}

static void end_case(void)
{
    casedb_close(db);
    error_clear(&err);
    scratch_end();
    free(templates);
}

/* Adds a machine of that action; edition is one of incident_editions, or NULL. */
static void add(const char *name, enum action action, const struct incident_edition *edition)
{
    struct case_verdict verdict = {
        .classification = CLASSIFICATION_AFFECTED,
        .reason = "",
        .codes = "",
        .kb971033_evidence = "",
        .unrelated_updates = "",
        .edition = edition != NULL ? edition->name : "unknown",
        .licence_evidence = "",
        .os_version = "",
        .action = action,
        .kms_client_key = edition != NULL ? edition->kms_client_key : "",
        .remediation = "",
        .rollout_trace = "",
    };

    ck_assert_int_eq(casedb_add_machine(db, name, true, false, 0, &verdict.machine_id, &err), 0);
    ck_assert_int_eq(casedb_add_verdict(db, &verdict, &err), 0);
}

/* Adds machines PREFIX01, PREFIX02 and so on. */
static void add_many(const char *prefix, size_t count, enum action action,
                     const struct incident_edition *edition)
{
    for (size_t number = 1; number <= count; number++) {
        char *name = memory_format("%s%02zu", prefix, number);

        add(name, action, edition);
        free(name);
    }
}

/* Nothing can be added any more after this. */
static int write_files(const char *folder, size_t wave_count)
{
    struct staging *out = NULL;
    int result;

    if (!committed)
        ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    committed = true;
    ck_assert_int_eq(staging_begin("out", &out, &err), 0);
    result = deployment_write(db, folder, wave_count, out, &err);
    if (result != 0)
        staging_abandon(out);
    else
        ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    return result;
}

static void expect_content(const char *name, const char *expected)
{
    char *path = memory_format("out/remediation/%s", name);
    char *bytes = scratch_read(path);

    ck_assert_str_eq(bytes, expected);
    free(bytes);
    free(path);
}

/* ---- Waves ---- */

static struct deployed_machine machines[4096];
static size_t machine_count;

static void hold(size_t count, bool removal, size_t rebuilding)
{
    for (size_t index = 0; index < count; index++)
        machines[machine_count++] =
            (struct deployed_machine){.removal = removal, .rebuilding = rebuilding, .wave = 1234};
}

static bool runs(const struct deployed_machine *machine, size_t script)
{
    return script == SCRIPT_REMOVE ? machine->removal : machine->rebuilding == script;
}

static size_t in_wave(size_t script, size_t wave)
{
    size_t count = 0;

    for (size_t index = 0; index < machine_count; index++)
        count += runs(&machines[index], script) && machines[index].wave == wave;
    return count;
}

static void expect_even(size_t script, size_t wave_count)
{
    size_t least = SIZE_MAX, most = 0;

    for (size_t wave = 1; wave <= wave_count; wave++) {
        size_t count = in_wave(script, wave);

        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    ck_assert_msg(most - least <= 1, "script %zu in %zu waves: %zu to %zu machines", script,
                  wave_count, least, most);
}

/* Whatever the numbers of those that need both, and of those that need one. */
START_TEST(waves_are_even_in_every_script)
{
    for (size_t round = 0; round < 400; round++) {
        size_t wave_count = 1 + round % 13;

        machine_count = 0;
        hold(round * 7 % 31, true, SCRIPT_NONE);
        hold(round * 11 % 23, true, PROFESSIONAL);
        hold(round * 5 % 29, false, PROFESSIONAL);
        hold(round * 3 % 19, true, PROFESSIONAL_N);
        hold(round * 13 % 17, false, PROFESSIONAL_N);
        hold(round * 17 % 37, true, SCRIPT_REBUILD);
        hold(round % 11, false, SCRIPT_REBUILD);
        waves_deal(machines, machine_count, wave_count);
        for (size_t script = 0; script < SCRIPT_COUNT; script++)
            expect_even(script, wave_count);
        for (size_t index = 0; index < machine_count; index++)
            ck_assert_uint_le(machines[index].wave, wave_count);
    }
}
END_TEST

START_TEST(the_pilot_is_a_small_share_of_each_kind)
{
    static const struct {
        size_t machines;
        size_t pilots;
    } rows[] = {{1, 1}, {2, 1}, {50, 1}, {51, 2}, {100, 2}, {101, 3}, {1000, 20}, {2000, 20}};

    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        machine_count = 0;
        hold(rows[row].machines, true, PROFESSIONAL);
        hold(3, true, SCRIPT_NONE);
        hold(3, false, PROFESSIONAL);
        waves_deal(machines, machine_count, 4);
        ck_assert_uint_eq(in_wave(SCRIPT_REMOVE, DEPLOYMENT_PILOT), rows[row].pilots + 1);
        ck_assert_uint_eq(in_wave(PROFESSIONAL, DEPLOYMENT_PILOT), rows[row].pilots + 1);
    }
}
END_TEST

START_TEST(the_pilot_is_spread_over_the_list)
{
    machine_count = 0;
    hold(200, true, SCRIPT_NONE);
    waves_deal(machines, machine_count, 2);
    for (size_t index = 0; index < machine_count; index++)
        ck_assert_int_eq(machines[index].wave == DEPLOYMENT_PILOT, index % 50 == 25);
}
END_TEST

/* ---- Files ---- */

START_TEST(wave_lists_stand_beside_the_script_and_none_is_empty)
{
    const struct incident_edition *edition = &incident_editions[0];

    add_many("B", 4, ACTION_REMOVE_REBUILD, edition);
    add("R1", ACTION_REBUILD, edition);
    add_many("U", 3, ACTION_REMOVE, NULL);
    ck_assert_int_eq(write_files(templates, 3), 0);
    expect_content("scripts/1-remove-kb971033.pilot.hosts.txt", "B03\r\nU02\r\n");
    expect_content("scripts/1-remove-kb971033.wave-1.hosts.txt", "B01\r\nU01\r\n");
    expect_content("scripts/1-remove-kb971033.wave-2.hosts.txt", "B02\r\nU03\r\n");
    expect_content("scripts/1-remove-kb971033.wave-3.hosts.txt", "B04\r\n");
    expect_content("scripts/2-rebuild-professional.pilot.hosts.txt", "B03\r\nR1\r\n");
    expect_content("scripts/2-rebuild-professional.wave-1.hosts.txt", "B01\r\n");
    expect_content("scripts/2-rebuild-professional.wave-3.hosts.txt", "B04\r\n");
    ck_assert(!scratch_exists("out/remediation/scripts/1-remove-kb971033.wave-4.hosts.txt"));
    ck_assert(!scratch_exists("out/remediation/scripts/2-rebuild.pilot.hosts.txt"));
}
END_TEST

START_TEST(a_wave_of_a_script_without_machines_has_no_list)
{
    add("PC1", ACTION_REMOVE, NULL);
    ck_assert_int_eq(write_files(templates, 2), 0);
    expect_content("scripts/1-remove-kb971033.pilot.hosts.txt", "PC1\r\n");
    ck_assert(!scratch_exists("out/remediation/scripts/1-remove-kb971033.wave-1.hosts.txt"));
    ck_assert(!scratch_exists("out/remediation/scripts/1-remove-kb971033.wave-2.hosts.txt"));
}
END_TEST

#define INVENTORY_HEAD                                                                 \
    "# The machines of the scripts for Ansible, in groups by what is to be done on "   \
    "them.\n# How it is used, with remediate.yml beside it, stands in README.txt.\n\n" \
    "[all:vars]\nansible_connection=winrm\n\n"

START_TEST(an_inventory_without_machines_has_its_groups)
{
    add("PC1", ACTION_VERIFY, NULL);
    ck_assert_int_eq(write_files(templates, 0), 0);
    expect_content("ansible-inventory.ini",
                   INVENTORY_HEAD "[remove_kb971033]\n\n[rebuild_activation:children]\n");
    ck_assert(!scratch_exists("out/remediation/scripts"));
}
END_TEST

START_TEST(an_inventory_has_groups_by_script_and_by_wave)
{
    add("a.corp.example", ACTION_REMOVE_REBUILD, &incident_editions[1]);
    add("B", ACTION_REBUILD, NULL);
    add("C", ACTION_CHECK, NULL);
    add("D E", ACTION_REMOVE, NULL);
    ck_assert_int_eq(write_files(templates, 2), 0);
    expect_content("ansible-inventory.ini", INVENTORY_HEAD
                   "[remove_kb971033]\na.corp.example\nC\n\n"
                   "[rebuild_activation:children]\nrebuild\nrebuild_professional_n\n\n"
                   "[rebuild]\nB\n\n[rebuild:vars]\nspptriage_rebuild=2-rebuild\n\n"
                   "[rebuild_professional_n]\na.corp.example\n\n"
                   "[rebuild_professional_n:vars]\n"
                   "spptriage_rebuild=2-rebuild-professional-n\n\n"
                   "[pilot]\na.corp.example\nB\nC\n\n[wave_1]\n\n[wave_2]\n");
}
END_TEST

START_TEST(names_that_tools_take_for_something_else_are_in_no_list)
{
    static const char *const bad[] = {
        "localhost",
        "LocalHost",
        "localhost.localdomain",
        "127.0.0.1",
        "10.0.0.7",
        "10",
        "127.1",
        "0x7f000001",
        "0X7F.1",
        "all",
        "ALL",
        "ungrouped",
        "pilot",
        "wave_1",
        "Wave_99",
        "rebuild",
        "wave_",
        "rebuild_activation",
        "rebuild_enterprise",
        "remove_kb971033",
    };
    static const char *const good[] = {
        "localhost1", "local",     "10-0-0-7", "7pc",    "0xpc",          "10.corp.example",
        "allpc",      "all.corp",  "wave-1",   "wave_a", "rebuild_other", "pilot.corp.example",
        "PC10",       "fe80beef1", "deadbeef", "x0",     "wave_1x",
    };

    for (size_t index = 0; index < ARRAY_COUNT(bad); index++) {
        ck_assert_msg(!remediation_is_plain_name(bad[index]), "%s", bad[index]);
        add(bad[index], ACTION_REMOVE, NULL);
    }
    for (size_t index = 0; index < ARRAY_COUNT(good); index++)
        ck_assert_msg(remediation_is_plain_name(good[index]), "%s", good[index]);
    ck_assert_int_eq(write_files(templates, 2), 0);
    ck_assert(!scratch_exists("out/remediation/scripts"));
    expect_content("ansible-inventory.ini",
                   INVENTORY_HEAD "[remove_kb971033]\n\n[rebuild_activation:children]\n\n"
                                  "[pilot]\n\n[wave_1]\n\n[wave_2]\n");
}
END_TEST

/* Fails unless each line of the text ends in CR LF, and nothing else is a line's end. */
static void expect_crlf(const char *bytes)
{
    size_t length = strlen(bytes);

    ck_assert_str_eq(bytes + length - 2, "\r\n");
    for (const char *at = bytes; *at != '\0'; at++) {
        ck_assert(*at != '\n' || at[-1] == '\r');
        ck_assert(*at != '\r' || at[1] == '\n');
        ck_assert_msg(*at == '\r' || *at == '\n' || (*at >= ' ' && *at <= '~'), "not ASCII: %s",
                      at);
    }
}

START_TEST(the_readme_counts_the_machines_of_each_script)
{
    char *bytes;

    add_many("B", 4, ACTION_REMOVE_REBUILD, &incident_editions[0]);
    add("D E", ACTION_REMOVE, NULL);
    add("localhost", ACTION_REBUILD, NULL);
    ck_assert_int_eq(write_files(templates, 2), 0);
    bytes = scratch_read("out/remediation/README.txt");
    expect_crlf(bytes);
    ck_assert_ptr_nonnull(strstr(bytes,
                                 "\r\n    1-remove-kb971033.cmd: 4 (pilot 1, waves 2 + 1)\r\n"
                                 "    2-rebuild-professional.cmd: 4 (pilot 1, waves 2 + 1)\r\n"));
    ck_assert_ptr_nonnull(strstr(bytes, "to a deployment tool: 2. "));
    free(bytes);
    ck_assert_int_eq(write_files(templates, 0), 0);
    bytes = scratch_read("out/remediation/README.txt");
    ck_assert_ptr_nonnull(strstr(bytes, "\r\n    1-remove-kb971033.cmd: 4\r\n"
                                        "    2-rebuild-professional.cmd: 4\r\n"));
    free(bytes);
}
END_TEST

/* The collector with the line ends of Windows; the playbook, braces and all, to the byte. */
START_TEST(the_collector_and_the_playbook_go_along)
{
    char *bytes, *copy = memory_format("cp -r '%s' t && chmod -R u+w t", templates);

    ck_assert_int_eq(pclose(popen(copy, "r")), 0);
    scratch_write("t/collect.cmd", "a\nb\r\nc", 6);
    ck_assert_int_eq(write_files("t", 0), 0);
    bytes = scratch_read("out/remediation/collect.cmd");
    ck_assert_str_eq(bytes, "a\r\nb\r\nc\r\n");
    ck_assert(scratch_is_same("out/remediation/remediate.yml", "t/remediate.yml"));
    free(bytes);
    free(copy);
}
END_TEST

START_TEST(a_missing_or_odd_template_is_named)
{
    static const char *const names[] = {"README.txt", "collect.cmd", "remediate.yml"};
    static const char text[] = "{{FROBNICATE}}\n";

    ck_assert_int_eq(deployment_check_templates(templates, &err), 0);
    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        char *copy = memory_format("rm -rf t && cp -r '%s' t && chmod -R u+w t && rm t/%s",
                                   templates, names[index]);

        ck_assert_int_eq(pclose(popen(copy, "r")), 0);
        free(copy);
        ck_assert_int_eq(deployment_check_templates("t", &err), -1);
        ck_assert_int_eq(err.kind, ERROR_RUN);
        ck_assert_ptr_nonnull(strstr(err.message, names[index]));
        error_clear(&err);
        ck_assert_int_eq(write_files("t", 0), -1);
        ck_assert(!scratch_exists("out/remediation"));
        error_clear(&err);
    }
    scratch_write("t/remediate.yml", text, strlen(text)); /* never filled: that is its own */
    scratch_write("t/README.txt", text, strlen(text));
    ck_assert_int_eq(deployment_check_templates("t", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "README.txt, line 1: nothing fills {{FROBNICATE}}"));
}
END_TEST

static Suite *deployment_suite(void)
{
    Suite *suite = suite_create("deployment");
    TCase *waves = tcase_create("waves");
    TCase *files = tcase_create("files");

    tcase_add_test(waves, waves_are_even_in_every_script);
    tcase_add_test(waves, the_pilot_is_a_small_share_of_each_kind);
    tcase_add_test(waves, the_pilot_is_spread_over_the_list);
    suite_add_tcase(suite, waves);
    tcase_add_checked_fixture(files, begin_case, end_case);
    tcase_add_test(files, wave_lists_stand_beside_the_script_and_none_is_empty);
    tcase_add_test(files, a_wave_of_a_script_without_machines_has_no_list);
    tcase_add_test(files, an_inventory_without_machines_has_its_groups);
    tcase_add_test(files, an_inventory_has_groups_by_script_and_by_wave);
    tcase_add_test(files, names_that_tools_take_for_something_else_are_in_no_list);
    tcase_add_test(files, the_readme_counts_the_machines_of_each_script);
    tcase_add_test(files, the_collector_and_the_playbook_go_along);
    tcase_add_test(files, a_missing_or_odd_template_is_named);
    suite_add_tcase(suite, files);
    return suite;
}

int main(void)
{
    return run_suite(deployment_suite());
}
