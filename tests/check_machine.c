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

/* Five records of a computer in a log, from that number on; the last of them of that time. */
#define FIVE_RECORDS(computer_id, source, log, computer, first, last_time) \
    {.id = (computer_id),                                                  \
     .source_id = (source),                                                \
     .place_id = (source),                                                 \
     .path = (log),                                                        \
     .kind = SOURCE_KIND_EVTX,                                             \
     .name = (computer),                                                   \
     .record_count = 5,                                                    \
     .first_number = (first),                                              \
     .last_number = (first) + 4,                                           \
     .last_filetime = (last_time)}

/* Logs of a case: a renamed machine, a stale log of it, two clones, names that alternate. */
static const struct case_computer logs[] = {
    FIVE_RECORDS(0, 1, "A/a", "OLD", 1, 10),   FIVE_RECORDS(0, 1, "A/a", "NEW", 6, 20),
    FIVE_RECORDS(0, 2, "A/b", "old", 1, 9),    FIVE_RECORDS(0, 3, "B/a", "OLD", 1, 10),
    FIVE_RECORDS(0, 3, "B/a", "Clone", 6, 20), FIVE_RECORDS(0, 4, "B/b", "OLD", 1, 9),
    FIVE_RECORDS(0, 5, "C/a", "one", 1, 9),    FIVE_RECORDS(0, 5, "C/a", "TWO", 5, 9),
    FIVE_RECORDS(0, 6, "D/a", "ONE", 1, 8),
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

/* ---- Clients of KMS hosts ---- */

static struct kms_client client_of(const char *name)
{
    return (struct kms_client){.name = memory_copy_text(name),
                               .has_row = true,
                               .is_known = true,
                               .decides = true,
                               .machine = MACHINE_NONE};
}

/* "client:machine ", counted from 0, -1 for nobody's; the machines, with `!` where the name is
 * shared.
 */
static void expect_owners(const struct kms_client *clients, size_t count,
                          const struct machines *machines, const char *expected)
{
    struct text text = {0};

    for (size_t index = 0; index < count; index++)
        text_add_format(&text, "%s:%d ", clients[index].name,
                        clients[index].machine != MACHINE_NONE ? (int)clients[index].machine : -1);
    for (size_t machine = 0; machine < machines->count; machine++)
        text_add_format(&text, "%s%s ", machines->items[machine].name,
                        machines->items[machine].shared_name ? "!" : "");
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

#define CLIENTS_MOST 6

/* Machines by name; clients in the order of casedb_clients: `-` before one that makes no row of its
 * own, `?` before one of remnants alone, `!` before one whose host decides nothing. Whose each is;
 * the machines, `!` where the name is shared.
 */
static const struct {
    const char *machines[3];
    const char *clients[CLIENTS_MOST];
    const char *expected;
} matches[] = {
    {{"Pc1"}, {"PC1", "pc1", "PC1.corp.example"}, "PC1:0 pc1:0 PC1.corp.example:0 Pc1 "},
    {{"Pc1.Corp.Example"},
     {"PC1", "PC1.CORP.EXAMPLE", "PC1.other.example"},
     "PC1:1 PC1.CORP.EXAMPLE:0 PC1.other.example:2 Pc1.Corp.Example PC1! PC1.other.example "},
    {{"Pc1.Corp.Example"},
     {"PC1", "PC1.CORP.EXAMPLE"},
     "PC1:0 PC1.CORP.EXAMPLE:0 Pc1.Corp.Example "},
    {{NULL}, {"PC1", "PC1"}, "PC1:0 PC1:0 PC1 "},
    {{NULL}, {"pc1", "PC1.corp.example"}, "pc1:0 PC1.corp.example:0 PC1.corp.example "},
    {{NULL}, {"PC\xC3\x84", "pc\xC3\xA4"}, "PC\xC3\x84:0 pc\xC3\xA4:0 PC\xC3\x84 "},
    {{NULL}, {"PC1", "PC10", "PC10.x"}, "PC1:0 PC10:1 PC10.x:1 PC1 PC10.x "},
    /* Two full forms: the short one is neither. */
    {{NULL},
     {"PC2", "PC2.a.example", "PC2.b.example"},
     "PC2:0 PC2.a.example:1 PC2.b.example:2 PC2! PC2.a.example PC2.b.example "},
    {{NULL},
     {"PC2.a.example", "PC2.b.example"},
     "PC2.a.example:0 PC2.b.example:1 PC2.a.example PC2.b.example "},
    {{"PC2"},
     {"PC2.a.example", "PC2.b.example"},
     "PC2.a.example:1 PC2.b.example:2 PC2! PC2.a.example PC2.b.example "},
    {{"PC2", "PC2.a.example"},
     {"PC2", "PC2.a.example"},
     "PC2:0 PC2.a.example:1 PC2 PC2.a.example "},
    {{"PC2.a.example", "PC2.b.example"},
     {"-PC2", "PC2.a.example"},
     "PC2:-1 PC2.a.example:0 PC2.a.example PC2.b.example "},
    /* No row, or only remnants: that of the machine there is, or nobody's. */
    {{"PC1"}, {"-PC1", "-PC2"}, "PC1:0 PC2:-1 PC1 "},
    {{"PC1"}, {"?PC1.corp.example", "?PC2"}, "PC1.corp.example:0 PC2:-1 PC1 "},
    {{NULL}, {"-PC1", "PC1.corp.example"}, "PC1:0 PC1.corp.example:0 PC1.corp.example "},
    {{NULL}, {"PC1", "-PC1.corp.example"}, "PC1:0 PC1.corp.example:0 PC1 "},
    /* Names of those that make none do not change what a short one means. */
    {{"PC1"},
     {"PC1.corp.example", "-PC1.other.example", "?PC1.old.example"},
     "PC1.corp.example:0 PC1.other.example:-1 PC1.old.example:-1 PC1 "},
    /* Those whose host decides nothing make none either. */
    {{"PC1"}, {"!PC1", "!PC2"}, "PC1:0 PC2:-1 PC1 "},
    {{NULL}, {"?PC1", "PC1"}, "PC1:0 PC1:0 PC1 "},
    /* Hostile names are names. */
    {{NULL}, {"../x", "=1+1"}, "../x:0 =1+1:1 ../x =1+1 "},
};

/* They are asked about twice, as a machine can be that of a later one. */
START_TEST(clients_are_the_machines_of_their_names)
{
    struct kms_client clients[CLIENTS_MOST];
    struct machines machines = {0};
    size_t count = 0;

    for (size_t index = 0; index < 3 && matches[_i].machines[index] != NULL; index++)
        machines_add(&machines, matches[_i].machines[index]);
    for (; count < CLIENTS_MOST && matches[_i].clients[count] != NULL; count++) {
        const char *name = matches[_i].clients[count];

        clients[count] = client_of(name + strspn(name, "-?!"));
        clients[count].has_row = *name != '-';
        clients[count].is_known = *name != '?';
        clients[count].decides = *name != '!';
    }
    kms_clients_match(clients, count, &machines);
    kms_clients_match(clients, count, &machines);
    expect_owners(clients, count, &machines, matches[_i].expected);
    for (size_t index = 0; index < count; index++)
        free(clients[index].name);
    machines_free_content(&machines);
}
END_TEST

/* Of two machines of that name it is neither; it makes one of its own, of the same name. */
START_TEST(a_client_is_none_of_several_machines_of_its_name)
{
    struct kms_client clients[] = {client_of("PC1"), client_of("Pc1")};
    struct machines machines = {0};

    machines_add(&machines, "PC1");
    machines_add(&machines, "pc1");
    kms_clients_match(clients, 2, &machines);
    expect_owners(clients, 2, &machines, "PC1:2 Pc1:2 PC1 pc1 PC1! ");
    free(clients[0].name);
    free(clients[1].name);
    machines_free_content(&machines);
}
END_TEST

/* Two machines have the full name: a short one is neither, and as it is given. */
START_TEST(a_short_name_of_machines_that_share_the_full_one_is_one_of_its_own)
{
    struct kms_client clients[] = {client_of("PC1")};
    struct machines machines = {0};

    machines_add(&machines, "PC1.corp.example");
    machines_add(&machines, "PC1.corp.example");
    kms_clients_match(clients, 1, &machines);
    expect_owners(clients, 1, &machines, "PC1:2 PC1.corp.example PC1.corp.example PC1! ");
    free(clients[0].name);
    machines_free_content(&machines);
}
END_TEST

/* The same of a full name where two machines have the short one. */
START_TEST(a_full_name_of_machines_that_share_the_short_one_is_shared)
{
    struct kms_client clients[] = {client_of("PC1.corp.example")};
    struct machines machines = {0};

    machines_add(&machines, "PC1");
    machines_add(&machines, "PC1");
    kms_clients_match(clients, 1, &machines);
    expect_owners(clients, 1, &machines, "PC1.corp.example:2 PC1 PC1 PC1.corp.example! ");
    free(clients[0].name);
    machines_free_content(&machines);
}
END_TEST

/* A name that is in use later is that of another machine, in all logs. */
START_TEST(a_name_in_use_later_is_none_of_the_machine_that_had_it)
{
    struct kms_client clients[] = {client_of("OLD"), client_of("OLD")};
    struct case_computer computers[] = {
        FIVE_RECORDS(1, 1, "A/a", "OLD", 1, 10),
        FIVE_RECORDS(2, 1, "A/a", "NEW", 6, 20),
    };
    struct machines machines;

    machines_find(computers, ARRAY_COUNT(computers), &no_signs, &machines);
    clients[0].last_filetime = 10;
    clients[1].last_filetime = 10 + 2 * FILETIME_DAY;
    kms_clients_match(clients, 2, &machines);
    expect_owners(clients, 2, &machines, "OLD:1 OLD:1 NEW OLD ");
    free(clients[0].name);
    free(clients[1].name);
    machines_free_content(&machines);
}
END_TEST

/* OLD was the name of one machine until 10, of which NEW is the newest; BOTH of two. */
START_TEST(a_client_is_the_machine_that_had_its_name_then)
{
    static const struct {
        const char *name;
        uint64_t last_filetime;
        bool has_row;
        const char *machine; /* NULL: none */
    } cases[] = {
        {"OLD", 10, true, "NEW"},
        {"old", 10 + FILETIME_DAY, true, "NEW"},
        {"OLD", 10 + FILETIME_DAY, false, "NEW"},
        {"OLD.corp.example", 10, true, "NEW"},
        {"OLD", 11 + FILETIME_DAY, true, "OLD"},
        {"OLD", 11 + FILETIME_DAY, false, NULL},
        {"OLD", 0, true, "NEW"},
        {"NEW", 11 + FILETIME_DAY, true, "NEW"},
        {"BOTH", 10, true, "BOTH"},
        {"BOTH", 10, false, NULL},
        {"OTHER", 10, true, "OTHER"},
    };
    static const struct case_computer computers[] = {
        FIVE_RECORDS(1, 1, "A/a", "OLD", 1, 10),  FIVE_RECORDS(2, 1, "A/a", "NEW", 6, 20),
        FIVE_RECORDS(3, 2, "B/a", "BOTH", 1, 10), FIVE_RECORDS(4, 2, "B/a", "ONE", 6, 20),
        FIVE_RECORDS(5, 3, "C/a", "BOTH", 1, 10), FIVE_RECORDS(6, 3, "C/a", "TWO", 6, 20),
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct kms_client client = client_of(cases[index].name);
        struct case_computer rows[ARRAY_COUNT(computers)];
        struct machines machines;

        memcpy(rows, computers, sizeof(rows));
        machines_find(rows, ARRAY_COUNT(rows), &no_signs, &machines);
        client.last_filetime = cases[index].last_filetime;
        client.has_row = cases[index].has_row;
        kms_clients_match(&client, 1, &machines);
        ck_assert_pstr_eq(client.machine != MACHINE_NONE ? machines.items[client.machine].name
                                                         : NULL,
                          cases[index].machine);
        free(client.name);
        machines_free_content(&machines);
    }
}
END_TEST

START_TEST(clients_of_the_inventory_have_a_row)
{
    static const struct {
        const char *host;
        const char *client;
        bool is_listed;
    } cases[] = {
        {"PC1", "pc1", true},
        {"PC1", "PC1.corp.example", true},
        {"pc1.corp.example", "PC1", true},
        {"PC1.CORP.EXAMPLE", "pc1.corp.example", true},
        {"PC1", "PC10", false},
        {"PC10", "PC1", false},
        {"PC1.a.example", "PC1.b.example", false},
        {"PC", "PC.", true}, /* its first label is */
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct inventory_host host = {.name = memory_copy_text(cases[index].host)};
        struct kms_client clients[] = {client_of(cases[index].client), client_of("OTHER")};

        clients[0].has_row = false;
        kms_clients_note_inventory(clients, 2, &host, 1);
        ck_assert_msg(clients[0].has_row == cases[index].is_listed, "%s of %s", cases[index].client,
                      cases[index].host);
        ck_assert(clients[1].has_row); /* a Windows 7 */
        free(clients[0].name);
        free(clients[1].name);
        free(host.name);
    }
}
END_TEST

START_TEST(no_clients_no_machines)
{
    struct machines machines = {0};

    kms_clients_match(NULL, 0, &machines);
    kms_clients_note_inventory(NULL, 0, NULL, 0);
    kms_clients_free(NULL, 0);
    ck_assert_uint_eq(machines.count, 0);
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
    tcase_add_loop_test(cases, clients_are_the_machines_of_their_names, 0, ARRAY_COUNT(matches));
    tcase_add_test(cases, a_short_name_of_machines_that_share_the_full_one_is_one_of_its_own);
    tcase_add_test(cases, a_full_name_of_machines_that_share_the_short_one_is_shared);
    tcase_add_test(cases, a_name_in_use_later_is_none_of_the_machine_that_had_it);
    tcase_add_test(cases, a_client_is_none_of_several_machines_of_its_name);
    tcase_add_test(cases, a_client_is_the_machine_that_had_its_name_then);
    tcase_add_test(cases, clients_of_the_inventory_have_a_row);
    tcase_add_test(cases, no_clients_no_machines);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(machine_suite());
}
