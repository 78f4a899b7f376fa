/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts: when two are one, and tables of them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/name.h"
#include "model/hostname.h"
#include "run.h"

/* ---- Two names ---- */

START_TEST(short_and_full_form_are_one)
{
    static const struct {
        const char *left;
        const char *right;
        bool is_form;
    } rows[] = {
        {"pc", "pc", true},
        {"pc", "pc.corp", true},
        {"pc.corp.example", "pc", true},
        {"pc.corp", "pc.corp.example", false},
        {"pc", "pc1", false},
        {"pc", "pc-1.corp", false},
        {"pc", "pc.", false},
        {"", ".corp", false},
        {"pc.a", "pc.b", false},
    };

    for (size_t row = 0; row < ARRAY_COUNT(rows); row++)
        ck_assert_msg(hostname_is_form(rows[row].left, rows[row].right) == rows[row].is_form,
                      "%s and %s", rows[row].left, rows[row].right);
}
END_TEST

START_TEST(netbios_name_has_fifteen_characters)
{
    ck_assert(hostname_is_netbios_of("laptop-accounts", "laptop-accounts-1"));
    ck_assert(hostname_is_netbios_of("laptop-accounts", "laptop-accounts1.corp"));
    ck_assert(!hostname_is_netbios_of("laptop-accounts", "laptop-accounts.corp"));
    ck_assert(!hostname_is_netbios_of("laptop-account", "laptop-accounts"));
    ck_assert(!hostname_is_netbios_of("laptop.accounts", "laptop.accounts-1"));
    /* Not bytes. */
    ck_assert(hostname_is_netbios_of("b\u00FCro-k\u00F6ln-mitte", "b\u00FCro-k\u00F6ln-mitte-1"));
    ck_assert(!hostname_is_netbios_of("b\u00FCro-k\u00F6ln-mit", "b\u00FCro-k\u00F6ln-mitte-1"));
}
END_TEST

START_TEST(name_that_was_cut_off_fits_what_begins_so)
{
    ck_assert(hostname_is_cut_off("corplap" HOSTNAME_CUT_OFF));
    ck_assert(!hostname_is_cut_off("corplap"));
    ck_assert(!hostname_is_cut_off(HOSTNAME_CUT_OFF));
    ck_assert(hostname_fits_cut_off("corplaptop-1", "corplap" HOSTNAME_CUT_OFF));
    ck_assert(!hostname_fits_cut_off("corpla", "corplap" HOSTNAME_CUT_OFF));
}
END_TEST

START_TEST(name_stands_alone_between_what_is_neither_letter_nor_digit)
{
    static const struct {
        const char *before;
        const char *after;
        bool alone;
    } rows[] = {
        {"", "", true},        {"20190110_", "", true},    {"", "-dism.txt", true},
        {"x", "", false},      {"", "1", false},           {"\u00C4", "", false},
        {"", "\u00E4", false}, {"\u2013", "\u2013", true}, {"\xC4", "", false},
        {"", "\xC4", false},   {"(", ")", true},           {"", "\u0661", false},
    };

    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        struct text text = {0};
        size_t start, end;

        text_add(&text, rows[row].before);
        start = text.length_bytes;
        text_add(&text, "pc1");
        end = text.length_bytes;
        text_add(&text, rows[row].after);
        ck_assert_msg(name_stands_alone(text_get(&text), start, end) == rows[row].alone, "%s",
                      text_get(&text));
        text_free(&text);
    }
}
END_TEST

/* ---- Tables ---- */

static struct name_table make_names(const char *const *names, size_t count)
{
    struct name_table table = {0};

    for (size_t index = 0; index < count; index++)
        name_table_add(&table, names[index]);
    name_table_seal(&table);
    return table;
}

START_TEST(names_are_one_whatever_their_case)
{
    static const char *const names[] = {"PC", "pc", "Pc", "BÜRO", "büro", "x"};
    struct name_table table = make_names(names, ARRAY_COUNT(names));

    ck_assert_uint_eq(table.count, 3);
    ck_assert_uint_eq(name_table_find(&table, "pC"), name_table_find(&table, "PC"));
    ck_assert_uint_eq(name_table_find(&table, "BüRO"), name_table_find(&table, "büro"));
    ck_assert_uint_eq(name_table_find(&table, "y"), NAME_NONE);
    name_table_free_content(&table);
}
END_TEST

START_TEST(short_name_means_the_one_full_name)
{
    static const char *const names[] = {"pc",   "pc-2.corp", "PC.corp", "pc2.corp",
                                        "pcx",  "two",       "two.a",   "two.b",
                                        "dot.", "dot",       "a.b",     "a.b.c"};
    struct name_table table = make_names(names, ARRAY_COUNT(names));
    size_t pc = name_table_find(&table, "pc");
    size_t full = name_table_find(&table, "pc.corp");
    size_t two = name_table_find(&table, "two");
    size_t dot = name_table_find(&table, "dot");

    ck_assert_uint_eq(name_table_meaning(&table, pc), full);
    ck_assert_uint_eq(name_table_meaning(&table, full), full);
    ck_assert(!name_table_is_shared(&table, pc));
    ck_assert_uint_eq(name_table_meaning(&table, two), two);
    ck_assert(name_table_is_shared(&table, two));
    ck_assert_uint_eq(name_table_meaning(&table, dot), dot);
    ck_assert_uint_eq(name_table_meaning(&table, name_table_find(&table, "a.b")),
                      name_table_find(&table, "a.b"));
    name_table_free_content(&table);
}
END_TEST

START_TEST(netbios_name_is_that_of_one_owner)
{
    static const char *const names[] = {"LAPTOP-ACCOUNTS-1.corp", "laptop-accounts-1", "other",
                                        "LAPTOP-ACCOUNTS.corp",   "laptop-accounts",   "LAPTOP-B"};
    struct name_table table = make_names(names, ARRAY_COUNT(names));
    size_t owner_of[ARRAY_COUNT(names)];
    bool several;

    for (size_t key = 0; key < table.count; key++)
        owner_of[key] = NAME_NONE;
    owner_of[name_table_find(&table, names[0])] = 7;
    owner_of[name_table_find(&table, names[3])] = 8;
    ck_assert_uint_eq(name_table_netbios_owner(&table, owner_of, "Laptop-Accounts", &several), 7);
    ck_assert(!several);
    owner_of[name_table_find(&table, names[1])] = 7;
    ck_assert_uint_eq(name_table_netbios_owner(&table, owner_of, "Laptop-Accounts", &several), 7);
    owner_of[name_table_find(&table, names[1])] = 9;
    ck_assert_uint_eq(name_table_netbios_owner(&table, owner_of, "Laptop-Accounts", &several),
                      NAME_NONE);
    ck_assert(several);
    ck_assert_uint_eq(name_table_netbios_owner(&table, owner_of, "Laptop-Account", &several),
                      NAME_NONE);
    ck_assert(!several);
    name_table_free_content(&table);
}
END_TEST

START_TEST(empty_table_knows_no_name)
{
    struct name_table table = make_names(NULL, 0);

    ck_assert_uint_eq(name_table_find(&table, "pc"), NAME_NONE);
    name_table_free_content(&table);
}
END_TEST

START_TEST(short_name_is_that_of_the_full_one_it_means)
{
    static const char *const names[] = {"pc", "PC.corp", "two", "two.a", "two.b", "alone.corp"};
    struct name_table table = make_names(names, ARRAY_COUNT(names));

    ck_assert_uint_eq(name_table_short_name(&table, name_table_find(&table, "pc.corp")),
                      name_table_find(&table, "pc"));
    ck_assert_uint_eq(name_table_short_name(&table, name_table_find(&table, "two.a")), NAME_NONE);
    ck_assert_uint_eq(name_table_short_name(&table, name_table_find(&table, "alone.corp")),
                      NAME_NONE);
    ck_assert_uint_eq(name_table_short_name(&table, name_table_find(&table, "pc")), NAME_NONE);
    name_table_free_content(&table);
}
END_TEST

/* ---- Names of files ---- */

static bool is_listed(const void *context, const char *name)
{
    return name_table_find(context, name) != NAME_NONE;
}

/* At one place the longest name counts; a name in a file's name stands alone. */
START_TEST(name_of_a_file_has_those_of_known_hosts)
{
    static const struct {
        const char *file;
        const char *host; /* or NULL */
        bool at_end, several;
    } rows[] = {
        {"pc1-dism.txt", "pc1", true, false},
        {"pc1-x_dism.txt", "pc1-x", true, false},
        {"dism_PC1-X.txt", "PC1-X", true, false},
        {"PC1.corp.example.txt", "PC1", true, false},
        {"pc1", "pc1", true, false},
        {"pc1x.txt", NULL, false, false},
        {"xpc1.txt", NULL, false, false},
        {"pc1\u00E4.txt", NULL, false, false},
        {"pc1\u2013dism.txt", "pc1", true, false},
        {"B\u00DCRO.txt", "B\u00DCRO", true, false},
        {"BU\u0308RO2-dlv.txt", "BU\u0308RO2", true, false},
        {"2019-01-10_pc1_dism.txt", "pc1", true, false},
        {"dism_pc1_20190110T1130Z.txt", "pc1", true, false},
        {"20190110.txt", "20190110", true, false},
        {"20190110_dism.txt", NULL, false, false},
        {"slmgr_PC1_dlv.txt", "PC1", true, false},
        {"slmgr_PC1 (1).txt", "PC1", true, false},
        {"slmgr_PC1_2.txt", "PC1", true, false},
        {"slmgr-PC1.log.txt", "PC1", true, false},
        {"CORP_PC1_slmgr.txt", "PC1", true, false},
        {"dlv_PC1_jdoe.txt", "PC1", true, false},
        {"CORP_PC1_jdoe.txt", "PC1", false, false},
        {"slmgr_on_PC1_today.txt", "PC1", false, false},
        {"a_pc1_b.txt", "pc1", false, false},
        {"pc1_to_pc1-x.txt", "pc1", true, true},
        {"x-pc1-x-y-pc1.txt", "pc1-x", true, true},
        {"pc1_is_PC1.txt", "pc1", true, false},
        {"c3_dism.txt", "c3", true, false},
        {"x_c3_y.txt", NULL, false, false},
        {"pc1_dism_c3.txt", "pc1", true, false},
        {"new.txt", "new", true, false},
        {"dism_new_pc1.txt", "pc1", true, false},
    };
    static const char *const names[] = {"PC1",      "pc1-x", "b\u00FCro", "bu\u0308ro2",
                                        "20190110", "C3",    "NEW"};
    struct name_table known = make_names(names, ARRAY_COUNT(names));

    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        struct known_naming found = file_name_known_hosts(rows[row].file, is_listed, &known);

        ck_assert_msg((found.host == NULL) == (rows[row].host == NULL) &&
                          (found.host == NULL || strcmp(found.host, rows[row].host) == 0),
                      "%s: %s", rows[row].file, found.host);
        ck_assert_msg(found.at_end == rows[row].at_end && found.several == rows[row].several,
                      "%s: at_end %d, several %d", rows[row].file, found.at_end, found.several);
        free(found.host);
    }
    name_table_free_content(&known);
}
END_TEST

START_TEST(name_of_a_file_spells_a_host)
{
    static const struct {
        const char *file;
        enum name_side side;
        const char *host; /* or NULL */
    } rows[] = {
        {"PC-0102_slmgr.txt", NAME_SIDE_BEGIN, "PC-0102"},
        {"PC-0102_Get-HotFix.csv", NAME_SIDE_BEGIN, "PC-0102"},
        {"PC-0102.corp.example-dism2.txt", NAME_SIDE_BEGIN, "PC-0102.corp.example"},
        {"PC-0102.txt", NAME_SIDE_BEGIN, "PC-0102"},
        {"PC-0102 (dism).txt", NAME_SIDE_BEGIN, "PC-0102"},
        {"PC-0102_2019-01-10.txt", NAME_SIDE_BEGIN, "PC-0102"},
        {"20190110_1130_PC-0102_x_dism.txt", NAME_SIDE_BEGIN, "PC-0102_x"},
        {"PC-0102_10.01.2019.txt", NAME_SIDE_BEGIN, "PC-0102"},
        {"PC-20191301_dism.txt", NAME_SIDE_BEGIN, "PC-20191301"},
        {"slmgr_PC-0102.txt", NAME_SIDE_BEGIN, NULL},
        {"DataStore.edb", NAME_SIDE_BEGIN, NULL},
        {"20190110.txt", NAME_SIDE_BEGIN, NULL},
        {"12_dism.txt", NAME_SIDE_BEGIN, NULL},
        {"a.txt", NAME_SIDE_BEGIN, NULL},
        {"ab.txt", NAME_SIDE_BEGIN, "ab"},
        {"slmgr_PC-0102.txt", NAME_SIDE_END, "PC-0102"},
        {"slmgr_PC-0102_20190110.txt", NAME_SIDE_END, "PC-0102"},
        {"slmgr_PC-0102_dlv.txt", NAME_SIDE_END, NULL},
        {"slmgr_PC-0102_dlv.txt", NAME_SIDE_ANY, "PC-0102"},
        {"kb971033_1.txt", NAME_SIDE_ANY, NULL},
        {"", NAME_SIDE_ANY, NULL},
        {".txt", NAME_SIDE_ANY, NULL},
        {"\xFF\xFE_slmgr.txt", NAME_SIDE_BEGIN, "\xFF\xFE"},
    };

    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        char *host = file_name_host(rows[row].file, rows[row].side);

        ck_assert_msg((host == NULL) == (rows[row].host == NULL) &&
                          (host == NULL || strcmp(host, rows[row].host) == 0),
                      "%s: %s", rows[row].file, host);
        free(host);
    }
}
END_TEST

START_TEST(name_of_a_file_has_a_host_in_whatever_form)
{
    static const struct {
        const char *file;
        const char *host;
        bool begins, ends;
    } rows[] = {
        {"PC1_Application.evtx", "pc1.corp.example", true, false},
        {"PC1.corp.example_Application.evtx", "PC1", true, false},
        {"PC1.corp.example_Application.evtx", "PC1.corp.example", true, false},
        {"20190110-PC1-Application.evtx", "PC1", true, false},
        {"PC1x_Application.evtx", "PC1", false, false},
        {"Application-PC1.evtx", "PC1", false, true},
        {"Application_PC1_20190110.evtx", "PC1", false, true},
        {"PC1.evtx", "PC1", true, true},
        {"CORPLAPTOP-ACCO_a.evtx", "CorpLaptop-Accounting-01.corp.example", true, false},
        {"Application.evtx", "PC1", false, false},
    };

    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        ck_assert_msg(file_name_has_host(rows[row].file, rows[row].host, NAME_SIDE_BEGIN) ==
                          rows[row].begins,
                      "%s begins", rows[row].file);
        ck_assert_msg(file_name_has_host(rows[row].file, rows[row].host, NAME_SIDE_END) ==
                          rows[row].ends,
                      "%s ends", rows[row].file);
    }
}
END_TEST

static Suite *name_suite(void)
{
    Suite *suite = suite_create("name");
    TCase *two = tcase_create("two names");
    TCase *tables = tcase_create("tables");
    TCase *files = tcase_create("names of files");

    tcase_add_test(two, short_and_full_form_are_one);
    tcase_add_test(two, netbios_name_has_fifteen_characters);
    tcase_add_test(two, name_that_was_cut_off_fits_what_begins_so);
    tcase_add_test(two, name_stands_alone_between_what_is_neither_letter_nor_digit);
    tcase_add_test(tables, names_are_one_whatever_their_case);
    tcase_add_test(tables, short_name_means_the_one_full_name);
    tcase_add_test(tables, short_name_is_that_of_the_full_one_it_means);
    tcase_add_test(tables, netbios_name_is_that_of_one_owner);
    tcase_add_test(tables, empty_table_knows_no_name);
    tcase_add_test(files, name_of_a_file_has_those_of_known_hosts);
    tcase_add_test(files, name_of_a_file_spells_a_host);
    tcase_add_test(files, name_of_a_file_has_a_host_in_whatever_form);
    suite_add_tcase(suite, two);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, tables);
    return suite;
}

int main(void)
{
    return run_suite(name_suite());
}
