/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signals (DESIGN section 6) by role, codes and the two flags, and the reading of
 * codes. What the roles amount to is in tests/cases/verdict-signals.txt. */
#include <check.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "run.h"
#include "verdict/signal.h"

#define SPP INCIDENT_PROVIDER_SPP
#define WAT INCIDENT_PROVIDER_WAT
#define APP INCIDENT_WINDOWS_APPLICATION_ID
#define OFFICE "59a52881-a989-479d-af46-f275c6370663"
#define TEMPLATE INCIDENT_WINDOWS7_TEMPLATE_ID
#define TEMPLATE8 "99d92734-d682-4d71-983e-d6ec3f16059f"

enum flags {
    NO_FLAG = 0,
    CONSISTENT = 1,
    FAILED_TO_ASK = 2,
};

struct row {
    const char *provider;
    uint16_t event_id;
    int32_t qualifiers;
    const char *first; /* strings; NULL where there are no more */
    const char *second;
    enum role role;
    enum flags flags;
    uint32_t codes[JUDGEMENT_CODES];
};

static const struct row rows[] = {
    /* 8196: a signal by its code, a fault by its qualifiers. */
    {SPP, 8196, 0x4000, "0xC004F200", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F200}},
    {SPP, 8196, 0x4000, "hr=0xC004F200", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F200}},
    {SPP, 8196, 0xC000, "0xC004F200", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8196, -1, "0xC004F200", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F200}},
    {SPP, 8196, 0x4000, "0xC004F064", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F064}},
    {SPP, 8196, 0x4000, "0xC004F065", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F065}},
    {SPP, 8196, 0x4000, "0x4004F065", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0x4004F065}},
    {SPP, 8196, 0x4000, "0xC004F067", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F067}},
    {SPP, 8196, 0x4000, "0x4004F068", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0x4004F068}},
    {SPP, 8196, 0x4000, "0xC004F066", NULL, ROLE_FAULT, NO_FLAG, {0xC004F066}},
    {SPP, 8196, 0x4000, "0xC004F074", NULL, ROLE_FAULT, FAILED_TO_ASK, {0xC004F074}},
    {SPP, 8196, 0x4000, "0xC004F038", NULL, ROLE_FAULT, NO_FLAG, {0xC004F038}},
    {SPP, 8196, 0x4000, "0x8007232B", NULL, ROLE_FAULT, FAILED_TO_ASK, {0x8007232B}},
    {SPP, 8196, 0xC000, "0x8007232B", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8196, -1, "0x8007232B", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8196, 0x4000, "0x00000000", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8196, 0x4000, "non-genuine", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8196, 0x4000, NULL, NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    /* 8208 */
    {SPP, 8208, 0xC000, "hr=0xC004C4A2", TEMPLATE, ROLE_SIGNAL_STRONG, CONSISTENT, {0xC004C4A2}},
    {SPP,
     8208,
     0xC000,
     "0xc004c4a2",
     "{" TEMPLATE "}",
     ROLE_SIGNAL_STRONG,
     CONSISTENT,
     {0xC004C4A2}},
    {SPP, 8208, 0xC000, "hr=0xC004F200", TEMPLATE, ROLE_SIGNAL_STRONG, NO_FLAG, {0xC004F200}},
    {SPP, 8208, 0xC000, "hr=0xC0040000", TEMPLATE, ROLE_SIGNAL_STRONG, NO_FLAG, {0xC0040000}},
    {SPP, 8208, 0xC000, "hr=0xC003FFFF", TEMPLATE, ROLE_FAULT, FAILED_TO_ASK, {0xC003FFFF}},
    {SPP, 8208, 0xC000, "hr=0xC0050000", TEMPLATE, ROLE_FAULT, FAILED_TO_ASK, {0xC0050000}},
    {SPP, 8208, 0xC000, "hr=0x80072EE7", TEMPLATE, ROLE_FAULT, FAILED_TO_ASK, {0x80072EE7}},
    {SPP, 8208, 0xC000, "hr=0x00000000", TEMPLATE, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8208, 0xC000, "hr=0xC004C4A2", TEMPLATE8, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8208, 0xC000, "hr=0x80072EE7", TEMPLATE8, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8208, 0xC000, "hr=0xC004C4A2", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8208, 0xC000, "", TEMPLATE, ROLE_CONTEXT, NO_FLAG, {0}},
    /* 8209 */
    {SPP, 8209, 0xC000, "0x00000000", APP, ROLE_SIGNAL_WEAK, CONSISTENT, {0}},
    {SPP,
     8209,
     0xC000,
     "0xC004F009",
     "{55C92734-D682-4D71-983E-D6EC3F16059F}",
     ROLE_SIGNAL_WEAK,
     CONSISTENT,
     {0xC004F009}},
    {SPP, 8209, 0xC000, "", APP, ROLE_SIGNAL_WEAK, CONSISTENT, {0}},
    {SPP, 8209, 0xC000, "0x00000000", OFFICE, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8209, 0xC000, "0x00000000", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    /* Fault events: error messages only. */
    {SPP, 1014, 0xC000, "0xC004F074", NULL, ROLE_FAULT, FAILED_TO_ASK, {0xC004F074}},
    {SPP, 1014, 0xC000, "0xC004F200", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F200}},
    {SPP, 8193, 0xC000, "0xC004F200", NULL, ROLE_FAULT, NO_FLAG, {0xC004F200}},
    {SPP, 8193, 0xC000, "0x80070005", NULL, ROLE_FAULT, FAILED_TO_ASK, {0x80070005}},
    {SPP, 8194, 0xC000, "0x80070005", NULL, ROLE_FAULT, FAILED_TO_ASK, {0x80070005}},
    {SPP, 8195, 0xC000, "0x80070005", NULL, ROLE_FAULT, FAILED_TO_ASK, {0x80070005}},
    {SPP, 8198, 0xC000, "hr=0xC004F200", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0xC004F200}},
    {SPP, 8200, 0xC000, "hr=0x4004F065", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0x4004F065}},
    {SPP, 8200, 0xC000, "hr=0xC004C4A2", NULL, ROLE_FAULT, NO_FLAG, {0xC004C4A2}},
    {SPP, 8198, 0x4000, "0xC004F074", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8198, -1, "0xC004F074", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8198, 0xC000, "0x00000000", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 8198, 0xC000, NULL, NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    /* WAT 13: hrOffline, hrOnline. */
    {WAT, 13, 0, "0x00000000", "0xC004C4A2", ROLE_SIGNAL_STRONG, CONSISTENT, {0xC004C4A2}},
    {WAT, 13, 0, "0xC004C4A2", "0xC004C4A2", ROLE_SIGNAL_STRONG, NO_FLAG, {0xC004C4A2, 0xC004C4A2}},
    {WAT, 13, 0, "0xC004C4A2", "0x00000000", ROLE_SIGNAL_STRONG, NO_FLAG, {0xC004C4A2}},
    {WAT, 13, 0, "0x80070005", "0xC004C4A2", ROLE_SIGNAL_STRONG, NO_FLAG, {0x80070005, 0xC004C4A2}},
    {WAT, 13, 0, "0x00000000", "0xC004F200", ROLE_SIGNAL_STRONG, NO_FLAG, {0xC004F200}},
    {WAT, 13, 0, "0xC004F200", "0x80072EE2", ROLE_SIGNAL_STRONG, NO_FLAG, {0xC004F200, 0x80072EE2}},
    {WAT, 13, 0, "0x00000000", "0x80072EE2", ROLE_FAULT, FAILED_TO_ASK, {0x80072EE2}},
    {WAT, 13, 0, "0x80070005", "0x00000000", ROLE_FAULT, FAILED_TO_ASK, {0x80070005}},
    {WAT, 13, 0, "0x00000000", "0x00000000", ROLE_RECOVERY, NO_FLAG, {0}},
    {WAT, 13, 0, "0xC004C4A2", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {WAT, 13, 0, "0x00000000", "", ROLE_CONTEXT, NO_FLAG, {0}},
    {WAT, 13, 0, "", "0xC004C4A2", ROLE_CONTEXT, NO_FLAG, {0}},
    {WAT, 11, 0, NULL, NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {WAT, 999, 0, "0x00000000", "0xC004C4A2", ROLE_UPDATE, NO_FLAG, {0}},
    /* Recoveries */
    {SPP, 12305, 0x4000, APP, NULL, ROLE_RECOVERY, NO_FLAG, {0}},
    {SPP, 12305, 0x4000, OFFICE, NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12305, 0x4000, NULL, NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12304, 0x4000, TEMPLATE, NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0x00000000, 0x00000000, 1, 0, 50", NULL, ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0x0,0x0,1,0", NULL, ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0x0, 0x0, 1", NULL, ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0xC004F038, 0x0, 1, 0", NULL, ROLE_FAULT, NO_FLAG, {0xC004F038}},
    {SPP, 12289, 0x4000, "0xC004F074, 0x0, 1, 0", NULL, ROLE_FAULT, FAILED_TO_ASK, {0xC004F074}},
    {SPP, 12289, 0x4000, "0x0, 0x0, 0, 0", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0x0, 0x0, 12, 0", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0x0, 1", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "0x0", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, "", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 12289, 0x4000, ", , 1", NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP,
     12289,
     0x4000,
     "0x000000000000000000000000000000000000000000000000, 0x0, 1",
     NULL,
     ROLE_CONTEXT,
     NO_FLAG,
     {0}},
    /* What a repair leaves, and tampering */
    {SPP, 8206, 0x4000, NULL, NULL, ROLE_RESET, NO_FLAG, {0}},
    {SPP, 8205, 0xC000, NULL, NULL, ROLE_RESET, NO_FLAG, {0}},
    {SPP, 12306, 0x4000, APP, "(null)", ROLE_RESET, NO_FLAG, {0}},
    {SPP, 12306, 0x4000, OFFICE, "(null)", ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 1016, 0x4000, TEMPLATE, "0", ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 1016, 0x4000, "6f327760-8c5c-417c-9b61-836a98287e0c", "0", ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 1022, 0x8000, "0xC004D301", NULL, ROLE_FAULT, NO_FLAG, {0xC004D301}},
    {SPP, 1064, 0x4000, NULL, NULL, ROLE_FAULT, NO_FLAG, {0}},
    /* KMS requests: by hr and status */
    {SPP, 12288, 0x4000, "0x0, 0, k, c, t, 0, 1, 9", NULL, ROLE_RECOVERY, NO_FLAG, {0}},
    {SPP, 12288, 0x4000, "0x0, 0, k, c, t, 0, 2, 9", NULL, ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 12288, 0x4000, "0x0, 0, k, c, t, 0, 3, 9", NULL, ROLE_FAULT, NO_FLAG, {0}},
    {SPP, 12288, 0x4000, "0x0, 0, k, c, t, 0, 4, 9", NULL, ROLE_SIGNAL_WEAK, CONSISTENT, {0}},
    {SPP, 12288, 0x4000, "0x0, 0, k, c, t, 0, 5, 9", NULL, ROLE_FAULT, NO_FLAG, {0}},
    {SPP, 12288, 0x4000, "0x0, 0, k, c, t, 0, 7, 9", NULL, ROLE_LICENCE, NO_FLAG, {0}},
    {SPP,
     12288,
     0x4000,
     "0xC004F074, 0, k, c, t, 0, 1, 9",
     NULL,
     ROLE_FAULT,
     FAILED_TO_ASK,
     {0xC004F074}},
    {SPP,
     12288,
     0x4000,
     "0x0, 0, k, c, t, 0, 4, 9, 6f327760-8c5c-417c-9b61-836a98287e0c, 5",
     NULL,
     ROLE_CONTEXT,
     NO_FLAG,
     {0}},
    /* The rest of the event table */
    {SPP, 12288, 0x4000, "0x0", NULL, ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 1003, 0x4000, APP, "", ROLE_LICENCE, NO_FLAG, {0}},
    {SPP, 1003, 0x4000, OFFICE, "", ROLE_CONTEXT, NO_FLAG, {0}},
    {SPP, 1003, 0x4000, NULL, NULL, ROLE_CONTEXT, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_UPDATE_CLIENT, 19, -1, "KB971033", NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_UPDATE_CLIENT, 20, -1, "KB971033", NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_SERVICING, 1, -1, "KB971033", NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_SERVICING, 2, -1, "KB971033", NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_SERVICING, 3, -1, "KB971033", NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_SERVICING, 4, -1, "KB971033", NULL, ROLE_UPDATE, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_EVENTLOG, 6009, 0x8000, "6.01.", "7601", ROLE_CONTEXT, NO_FLAG, {0}},
    {INCIDENT_PROVIDER_KERNEL, 1, -1, "a", "b", ROLE_CONTEXT, NO_FLAG, {0}},
    /* No event of the table */
    {"Microsoft-Windows-Security-Auditing",
     8209,
     -1,
     "0x00000000",
     APP,
     ROLE_CONTEXT,
     NO_FLAG,
     {0}},
};

/* Fills *strings, which the observation borrows. */
static struct observation make_observation(const struct row *row,
                                           struct observation_string *strings)
{
    strings[0] = (struct observation_string){"", row->first};
    strings[1] = (struct observation_string){"", row->second};
    return (struct observation){
        .provider = row->provider,
        .event_id = row->event_id,
        .qualifiers = row->qualifiers,
        .event_filetime = incident_window.start_filetime,
        .strings = strings,
        .string_count = row->first == NULL    ? 0
                        : row->second == NULL ? 1
                                              : 2,
        .channel = "Application",
        .computer = "PC",
        .user_sid = "",
    };
}

START_TEST(event_is_judged_by_its_row)
{
    const struct row *row = &rows[_i];
    struct observation_string strings[2];
    struct observation observation = make_observation(row, strings);
    struct judgement judgement = judgement_of(&observation);
    size_t code_count = 0;

    ck_assert_msg(judgement.role == row->role, "row %d: %s %u is %s, not %s", _i, row->provider,
                  row->event_id, role_word(judgement.role), role_word(row->role));
    ck_assert_msg(judgement.incident_consistent == ((row->flags & CONSISTENT) != 0),
                  "row %d: consistent", _i);
    ck_assert_msg(judgement.failure_to_ask == ((row->flags & FAILED_TO_ASK) != 0),
                  "row %d: failure to ask", _i);
    while (code_count < JUDGEMENT_CODES && row->codes[code_count] != 0)
        code_count++;
    ck_assert_msg(judgement.code_count == code_count, "row %d: code count", _i);
    for (size_t code = 0; code < code_count; code++)
        ck_assert_msg(judgement.codes[code] == row->codes[code], "row %d: code", _i);
}
END_TEST

START_TEST(roles_have_the_words_of_the_timeline)
{
    static const char *const words[] = {"",       "signal-strong", "signal-weak",
                                        "fault",  "recovery",      "reset",
                                        "update", "licence",       "context"};

    for (size_t role = 0; role < ARRAY_COUNT(words); role++)
        ck_assert_str_eq(role_word((enum role)role), words[role]);
}
END_TEST

struct code_row {
    const char *text;
    bool readable;
    uint32_t code;
};

static const struct code_row code_rows[] = {
    {"0xC004F200", true, 0xC004F200},
    {"hr=0xC004F200", true, 0xC004F200},
    {"0xc004c4a2", true, 0xC004C4A2},
    {" hr=0XC004F200 \r\n", true, 0xC004F200},
    {"hr = 0xC004F200", true, 0xC004F200},
    {"0x0", true, 0},
    {"", false, 0},
    {"0x", false, 0},
    {"C004F200", false, 0},
    {"-2147024891", false, 0},
    {"hr0xC004F200", false, 0},
    {"hr=", false, 0},
    {"0xC004F2000", false, 0},
    {"0xC004F20G", false, 0},
    {"0xC004F200 and more", false, 0},
};

START_TEST(code_is_read_as_events_write_it)
{
    const struct code_row *row = &code_rows[_i];
    uint32_t code = 1;

    ck_assert_msg(code_parse(row->text, &code) == row->readable, "\"%s\"", row->text);
    ck_assert_uint_eq(code, row->readable ? row->code : 1);
}
END_TEST

static Suite *signal_suite(void)
{
    Suite *suite = suite_create("signal");
    TCase *cases = tcase_create("table");

    tcase_add_loop_test(cases, event_is_judged_by_its_row, 0, ARRAY_COUNT(rows));
    tcase_add_test(cases, roles_have_the_words_of_the_timeline);
    tcase_add_loop_test(cases, code_is_read_as_events_write_it, 0, ARRAY_COUNT(code_rows));
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(signal_suite());
}
