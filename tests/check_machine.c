/* SPDX-License-Identifier: Apache-2.0 */
/* Machines without a case: independence of the order in which sources were read, and the nearest
 * machine of a folder; and the order of its records. The rules themselves are in
 * tests/cases/verdict-machines.txt. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "identity/logset.h"
#include "identity/machine.h"
#include "run.h"

/* Logs of a case: a renamed machine, a stale log of it, two clones, names that alternate. */
static const struct case_computer logs[] = {
    {.source_id = 1,
     .kind = SOURCE_KIND_EVTX,
     .path = "A/a",
     .name = "OLD",
     .record_count = 5,
     .first_number = 1,
     .last_number = 5,
     .last_filetime = 10},
    {.source_id = 1,
     .kind = SOURCE_KIND_EVTX,
     .path = "A/a",
     .name = "NEW",
     .record_count = 5,
     .first_number = 6,
     .last_number = 10,
     .last_filetime = 20},
    {.source_id = 2,
     .kind = SOURCE_KIND_EVTX,
     .path = "A/b",
     .name = "old",
     .record_count = 5,
     .first_number = 1,
     .last_number = 5,
     .last_filetime = 9},
    {.source_id = 3,
     .kind = SOURCE_KIND_EVTX,
     .path = "B/a",
     .name = "OLD",
     .record_count = 5,
     .first_number = 1,
     .last_number = 5,
     .last_filetime = 10},
    {.source_id = 3,
     .kind = SOURCE_KIND_EVTX,
     .path = "B/a",
     .name = "Clone",
     .record_count = 5,
     .first_number = 6,
     .last_number = 10,
     .last_filetime = 20},
    {.source_id = 4,
     .kind = SOURCE_KIND_EVTX,
     .path = "B/b",
     .name = "OLD",
     .record_count = 5,
     .first_number = 1,
     .last_number = 5,
     .last_filetime = 9},
    {.source_id = 5,
     .kind = SOURCE_KIND_EVTX,
     .path = "C/a",
     .name = "one",
     .record_count = 5,
     .first_number = 1,
     .last_number = 5,
     .last_filetime = 9},
    {.source_id = 5,
     .kind = SOURCE_KIND_EVTX,
     .path = "C/a",
     .name = "TWO",
     .record_count = 5,
     .first_number = 5,
     .last_number = 9,
     .last_filetime = 9},
    {.source_id = 6,
     .kind = SOURCE_KIND_EVTX,
     .path = "D/a",
     .name = "ONE",
     .record_count = 5,
     .first_number = 1,
     .last_number = 5,
     .last_filetime = 8},
};
#define LOG_COUNT ARRAY_COUNT(logs)

static const struct installation_signs no_signs;

/* Returns owned: `name(alias; alias) ...` and the machine's name of each computer. */
static char *describe(const struct machines *machines, size_t count)
{
    struct text out = {0};

    for (size_t index = 0; index < machines->count; index++) {
        struct text aliases = {0};

        for (size_t alias = 0; alias < machines->items[index].alias_count; alias++)
            text_add_item(&aliases, machines->items[index].aliases[alias]);
        text_add_format(&out, "%s(%s) ", machines->items[index].name, text_get(&aliases));
        text_free(&aliases);
    }
    for (size_t row = 0; row < count; row++)
        text_add_format(&out, "%s%s", row == 0 ? ": " : ",",
                        machines->items[machines->owners[row]].name);
    return text_take(&out);
}

START_TEST(ids_of_sources_do_not_matter)
{
    struct case_computer rows[LOG_COUNT];
    struct machines machines;
    char *got;

    memcpy(rows, logs, sizeof(rows));
    for (size_t row = 0; row < LOG_COUNT; row++) {
        rows[row].source_id = rows[row].source_id * (_i + 1) % 7;
        rows[row].place_id = rows[row].source_id;
        rows[row].id = (int64_t)(row * (size_t)(_i + 1) % 11);
    }
    machines_find(rows, LOG_COUNT, &no_signs, &machines);
    got = describe(&machines, LOG_COUNT);
    ck_assert_str_eq(got, "Clone(OLD) NEW(OLD) one() TWO() "
                          ": NEW,NEW,NEW,Clone,Clone,Clone,one,TWO,one");
    free(got);
    machines_free_content(&machines);
}
END_TEST

START_TEST(nearest_folder_that_names_one_machine)
{
    static const struct {
        const char *path;
        const char *machine;
    } rows[] = {
        {"A/x", "NEW"}, {"A/deep/er/x", "NEW"}, {"B/x", "Clone"}, {"C/x", NULL}, {"x", NULL},
        {"AA/x", NULL}, {"D/x", "one"},         {"/x", NULL},     {"", NULL},
    };
    struct case_computer computers[LOG_COUNT];
    struct machines machines;

    memcpy(computers, logs, sizeof(computers));
    for (size_t row = 0; row < LOG_COUNT; row++)
        computers[row].id = (int64_t)row;
    machines_find(computers, LOG_COUNT, &no_signs, &machines);
    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        size_t found = machines_near(&machines, rows[row].path);

        if (rows[row].machine == NULL)
            ck_assert_msg(found == MACHINE_NONE, "%s", rows[row].path);
        else
            ck_assert_str_eq(machines.items[found].name, rows[row].machine);
    }
    machines_free_content(&machines);
}
END_TEST

START_TEST(no_logs_no_machines)
{
    struct inventory_host *hosts = memory_allocate(1, sizeof(*hosts));
    struct machines machines;

    hosts[0].name = memory_copy_text("PC");
    machines_find(NULL, 0, &no_signs, &machines);
    ck_assert_uint_eq(machines.count, 0);
    inventory_match(hosts, 1, &machines);
    ck_assert_uint_eq(hosts[0].machine, MACHINE_NONE);
    ck_assert_str_eq(hosts[0].reason, "nothing was collected for this host");
    inventory_free(hosts, 1);
    machines_free_content(&machines);
}
END_TEST

/* As many stretches as a few filtered logs have of a machine, one in a thousand of a wrong clock.
 */
START_TEST(a_wrong_clock_is_found_among_many_stretches)
{
    const size_t count = 50000;
    struct stretch *stretches = memory_allocate(count, sizeof(*stretches));

    for (size_t index = 0; index < count; index++) {
        uint64_t minutes = index % 1000 == 500 ? 1 + index / 1000 : 1000000 + index;

        stretches[index] = (struct stretch){.own = true,
                                            .first_record_id = 2 * index + 1,
                                            .last_record_id = 2 * index + 1,
                                            .record_count = 1,
                                            .first_filetime = minutes * FILETIME_MINUTE,
                                            .last_filetime = minutes * FILETIME_MINUTE};
    }
    ck_assert_uint_eq(clock_find(stretches, count), count);
    for (size_t index = 0; index < count; index++)
        ck_assert_int_eq(stretches[index].wrong_clock, index % 1000 == 500);
    free(stretches);
}
END_TEST

static Suite *machine_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *cases = tcase_create("identity");

    tcase_add_loop_test(cases, ids_of_sources_do_not_matter, 0, 6);
    tcase_add_test(cases, nearest_folder_that_names_one_machine);
    tcase_add_test(cases, no_logs_no_machines);
    tcase_add_test(cases, a_wrong_clock_is_found_among_many_stretches);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(machine_suite());
}
