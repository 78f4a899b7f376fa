/* SPDX-License-Identifier: Apache-2.0 */
/* What SPP 1003 states of the licence: the rows of FACTS-more.md, texts that are not as they should
 * be, and all that the real logs beside the checkout have. */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "evtx/chunk.h"
#include "evtx/decode.h"
#include "model/licences.h"
#include "real.h"
#include "run.h"

#define ENTERPRISE "ae2ee509-1b34-41c0-acb7-6d4650168915"
#define PROFESSIONAL "b92e9980-b9d5-4821-9c94-140f632f6312"

/* A licence without a product key, and an installed one with these groups. */
#define ABSENT(number) \
    number ": 358fb95b-0090-44fb-883a-75734e060c30, 1, 0 [(0 [0xC004F014, 0, 0], [(?)(?)])(1 )]"
#define INSTALLED(id, groups) "2: " id ", 1, 1 [" groups "]"
#define LINES(groups) \
    "\r\n" ABSENT("1") "\r\n" INSTALLED(ENTERPRISE, groups) "\r\n" ABSENT("3") "\r\n"

static struct licence_statement state_of(const char *application, const char *text)
{
    const struct observation_string strings[] = {{"", application}, {"", text}};
    const struct observation observation = {.strings = strings,
                                            .string_count = text != NULL ? 2 : 1};

    return licence_statement_of(&observation);
}

static struct licence_statement windows_state(const char *text)
{
    return state_of(INCIDENT_WINDOWS_APPLICATION_ID, text);
}

/* ---- The groups of the installed licence ---- */

static const struct {
    const char *groups;
    enum licensing_status status;
    uint32_t reason_code;
} states[] = {
    /* A KMS client with 180 days left; an evaluation. */
    {"(0 [0x00000000, 1, 0], [(?)( 1 0x00000000)(?)( 2 0x00000000 0 0 msft:rm/algorithm/volume/1.0 "
     "0x00000000 259200)(?)(?)(?)])(1 )(2 )",
     LICENSING_STATUS_LICENSED, 0},
    {"(0 [0x00000000, 1, 0], [(?)(?)( 8 0x00000000 90 129600)(?)])(1 )(2 )",
     LICENSING_STATUS_LICENSED, 0},
    {"(2 [0x00000000, 0, 1], [(?)( 5 0x00000000 10 14400)(?)])", LICENSING_STATUS_INITIAL_GRACE, 0},
    {"(0 )(1 )(2 [0x00000000, 0, 0], [( 5 0xC004F009 10 0)(?)(?)( 9 0x00000000 0xC004F009)])",
     LICENSING_STATUS_NOTIFICATION, 0xC004F009},
    {"(0 [0xC004E003, 0, 0], [(?)( 2 0xC004F056 0 0)(?)])(1 )(2 )(3 [0x00000000, 0, 0], "
     "[( 6 0xC004F009 0 0)(?)( 11 0x00000000 0xC004F056)])",
     LICENSING_STATUS_NOTIFICATION, 0xC004F056},
    {"(1 )(2 [0x00000000, 0, 0], [(?)( 9 0x00000000 0xC004F034)])", LICENSING_STATUS_NOTIFICATION,
     0xC004F034},
    {"(2 [0x00000000, 0, 0], [(?)( 9 0x00000000 0xC004F200)])", LICENSING_STATUS_NOTIFICATION,
     INCIDENT_CODE_NON_GENUINE},
    {"(0 [0xC004E003, 0, 0], [(?)( 2 0xC004F056 0 0)])(1 )", LICENSING_STATUS_NOT_TOLD, 0},
    {"(0 )(1 )(2 )", LICENSING_STATUS_NOT_TOLD, 0},
    /* Grace for not being genuine, whatever comes behind that code. */
    {"(2 [0x00000000, 0, 1], [( 9 0x4004F065 0xC004F065)( 5 0x00000000 10 14400)])",
     LICENSING_STATUS_INITIAL_GRACE, 0x4004F065},
    /* The best of several groups. */
    {"(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F009)])(1 [0x00000000, 0, 1], [])"
     "(2 [0x00000000, 1, 0], [])",
     LICENSING_STATUS_LICENSED, 0},
    {"(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F009)])(1 [0x00000000, 0, 1], [])",
     LICENSING_STATUS_INITIAL_GRACE, 0},
    {"(2 [0x00000000, 0, 0], [])", LICENSING_STATUS_NOTIFICATION, 0},
};

START_TEST(groups_state_what_the_facts_say)
{
    char *text = memory_format("\r\n%s\r\n2: %s, 1, 1 [%s]\r\n%s\r\n", ABSENT("1"), ENTERPRISE,
                               states[_i].groups, ABSENT("3"));
    struct licence_statement statement = windows_state(text);

    ck_assert(statement.is_windows);
    ck_assert_uint_eq(statement.line_count, 3);
    ck_assert_uint_eq(statement.unreadable_count, 0);
    ck_assert_uint_eq(statement.installed_count, 1);
    ck_assert_str_eq(statement.installed_id, ENTERPRISE);
    ck_assert_int_eq(statement.status, states[_i].status);
    ck_assert_uint_eq(statement.reason_code, states[_i].reason_code);
    free(text);
}
END_TEST

/* ---- Which licence is installed ---- */

START_TEST(of_another_application_nothing_is_read)
{
    struct licence_statement statement =
        state_of("59a52881-a989-479d-af46-f275c6370663", LINES("(0 [0x00000000, 1, 0], [])"));

    ck_assert(!statement.is_windows);
    ck_assert_uint_eq(statement.line_count, 0);
    ck_assert_int_eq(statement.status, LICENSING_STATUS_NOT_TOLD);
    ck_assert(!state_of("", LINES("(0 [0x00000000, 1, 0], [])")).is_windows);
}
END_TEST

START_TEST(ids_are_read_in_braces_and_in_either_case)
{
    struct licence_statement statement =
        state_of("{55C92734-D682-4D71-983E-D6EC3F16059F}",
                 "1: {AE2EE509-1B34-41C0-ACB7-6D4650168915}, 1, 1 [(0 [0x00000000, 1, 0], [])]");

    ck_assert(statement.is_windows);
    ck_assert_uint_eq(statement.installed_count, 1);
    ck_assert_str_eq(statement.installed_id, ENTERPRISE);
    ck_assert_int_eq(statement.status, LICENSING_STATUS_LICENSED);
}
END_TEST

START_TEST(two_installed_licences_state_nothing)
{
    struct licence_statement statement =
        windows_state(INSTALLED(ENTERPRISE, "(0 [0x00000000, 1, 0], [])") "\r\n" INSTALLED(
            PROFESSIONAL, "(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F200)])"));

    ck_assert_uint_eq(statement.installed_count, 2);
    ck_assert_int_eq(statement.status, LICENSING_STATUS_NOT_TOLD);
    ck_assert_uint_eq(statement.reason_code, 0);
}
END_TEST

START_TEST(licences_that_are_not_installed_state_nothing)
{
    static const char *const groups[] = {"(0 [0xC004F014, 0, 0], [])(1 [0x00000000, 1, 0], [])",
                                         "(0 [0xC004F055, 0, 0], [])(1 [0x00000000, 1, 0], [])",
                                         "(0 )(1 [0xC004F014, 0, 0], [])"};

    for (size_t index = 0; index < ARRAY_COUNT(groups); index++) {
        char *text = memory_format(INSTALLED("%s", "%s"), ENTERPRISE, groups[index]);
        struct licence_statement statement = windows_state(text);

        ck_assert_uint_eq(statement.line_count, 1);
        ck_assert_uint_eq(statement.installed_count, 0);
        ck_assert_str_eq(statement.installed_id, "");
        ck_assert_int_eq(statement.status, LICENSING_STATUS_NOT_TOLD);
        free(text);
    }
}
END_TEST

/* ---- Texts that are not as they should be ---- */

static const char *const unreadable[] = {
    "x",
    "1",
    "1:",
    "1: []",
    "1: , 1, 1 []",
    "1: ae2ee509, 1, 1 [(0 )]",
    "1: " ENTERPRISE,
    "1: " ENTERPRISE ", 1, 1",
    "1: " ENTERPRISE ", 1, 1 [",
    "1: " ENTERPRISE ", 1, 1 [(]",
    "1: " ENTERPRISE ", 1, 1 [()]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000, 1, 0], [(?)]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000, 1, 0], [(?)])(1 ",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000, 1, 0], [(?)]))]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x000000000, 1, 0], [])]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x, 1, 0], [])]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000 1, 0], [])]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000, 1], [])]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000, 1, x], [])]",
    "1: " ENTERPRISE ", 1, 1 [(0 [0x00000000, 1, 0, [])]",
    "1: " ENTERPRISE ", 1, 1 [(x [0x00000000, 1, 0], [])]",
    ": " ENTERPRISE ", 1, 1 [(0 )]",
};

/* It may be the line of the installed licence, whatever the others say. */
START_TEST(unreadable_line_leaves_the_state_unknown)
{
    char *text = memory_format("%s\r\n%s", LINES("(0 [0x00000000, 1, 0], [])"), unreadable[_i]);
    struct licence_statement statement = windows_state(text);

    ck_assert_uint_eq(statement.line_count, 4);
    ck_assert_uint_eq(statement.unreadable_count, 1);
    ck_assert_uint_eq(statement.installed_count, 1);
    ck_assert_int_eq(statement.status, LICENSING_STATUS_NOT_TOLD);
    ck_assert_uint_eq(statement.reason_code, 0);
    free(text);
}
END_TEST

START_TEST(blank_lines_and_blanks_are_nothing)
{
    struct licence_statement statement =
        windows_state("\n\r\n  \t \n " INSTALLED(ENTERPRISE, " (0 [0x00000000, 1, 0], []) ") " \n");

    ck_assert_uint_eq(statement.line_count, 1);
    ck_assert_uint_eq(statement.unreadable_count, 0);
    ck_assert_int_eq(statement.status, LICENSING_STATUS_LICENSED);
    ck_assert_uint_eq(windows_state("").line_count, 0);
    ck_assert_uint_eq(windows_state(NULL).line_count, 0);
    ck_assert(windows_state(NULL).is_windows);
}
END_TEST

/* Each with a mark that comes a million times, closed and not. */
START_TEST(endless_texts_are_read_in_no_time)
{
    static const char marks[] = "([0,x:] )\r";
    enum { MANY = 1000000 };
    char *text = memory_allocate(MANY + 200, 1);
    int start = snprintf(text, 200, "1: %s, 1, 1 [(0 [0x00000000, 0, 0], [", ENTERPRISE);

    for (size_t mark = 0; mark < sizeof(marks) - 1; mark++) {
        memset(text + start, marks[mark], MANY);
        text[start + MANY] = '\0';
        windows_state(text);
        memcpy(text + start + MANY, "])]", 4);
        windows_state(text);
    }
    free(text);
}
END_TEST

/* ---- The same statement ---- */

START_TEST(statements_differ_by_licence_state_and_reason)
{
    static const char *const texts[] = {
        LINES("(0 [0x00000000, 1, 0], [( 2 0x00000000 259200)])"),
        LINES("(0 [0x00000000, 0, 1], [( 5 0x00000000 10 14400)])"),
        LINES("(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F009)])"),
        LINES("(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F200)])"),
        INSTALLED(PROFESSIONAL, "(0 [0x00000000, 1, 0], [])"),
        ABSENT("1"),
        "unreadable",
    };

    for (size_t left = 0; left < ARRAY_COUNT(texts); left++)
        for (size_t right = 0; right < ARRAY_COUNT(texts); right++) {
            struct licence_statement one = windows_state(texts[left]);
            struct licence_statement other = windows_state(texts[right]);

            ck_assert(licence_statements_equal(&one, &other) == (left == right));
        }
}
END_TEST

START_TEST(minutes_that_are_left_make_no_other_statement)
{
    struct licence_statement one =
        windows_state(LINES("(0 [0x00000000, 1, 0], [( 2 0x00000000 259200)])(1 )"));
    struct licence_statement other =
        windows_state(LINES("(0 [0x00000000, 1, 0], [( 2 0x00000000 250)])(1 )"));

    ck_assert(licence_statements_equal(&one, &other));
}
END_TEST

/* ---- Real logs ---- */

static struct {
    size_t of_windows;
    size_t of_others;
    size_t by_status[LICENSING_STATUS_COUNT];
} seen;

static void look_at(const struct observation *observation, const char *path)
{
    struct licence_statement statement = licence_statement_of(observation);

    if (!statement.is_windows) {
        seen.of_others++;
        return;
    }
    ck_assert_msg(statement.unreadable_count == 0, "%s: record %llu", path,
                  (unsigned long long)observation->record_number);
    ck_assert_uint_gt(statement.line_count, 0);
    ck_assert_uint_le(statement.installed_count, 1);
    seen.of_windows++;
    seen.by_status[statement.status]++;
}

static void look_at_chunk(struct event *event, struct span bytes, const char *path)
{
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    struct error err = {0};
    struct chunk chunk;
    struct record record;

    chunk_open(bytes, 0, &chunk, &err);
    error_clear(&err);
    while (chunk_next_record(&chunk, &position_bytes, &record, &err) > 0) {
        if (event_decode(event, &chunk, &record, false, &err) == 0 &&
            event->observation.event_id == 1003 &&
            strcmp(event->observation.provider, INCIDENT_PROVIDER_SPP) == 0)
            look_at(&event->observation, path);
        error_clear(&err);
    }
    error_clear(&err);
}

static int look_at_file(const char *path, const struct stat *status, int flag, struct FTW *place)
{
    struct event event = {0};
    uint8_t *bytes;
    int file;

    (void)place;
    if (flag != FTW_F || strstr(path, ".evtx") == NULL)
        return 0;
    file = open(path, O_RDONLY);
    ck_assert_int_ge(file, 0);
    bytes = mmap(NULL, (size_t)status->st_size, PROT_READ, MAP_PRIVATE, file, 0);
    ck_assert(bytes != MAP_FAILED);
    for (off_t at = FILE_HEADER_SIZE_BYTES; at + CHUNK_SIZE_BYTES <= status->st_size;
         at += CHUNK_SIZE_BYTES)
        look_at_chunk(&event, span_of(bytes + at, CHUNK_SIZE_BYTES, (uint64_t)at), path);
    munmap(bytes, (size_t)status->st_size);
    close(file);
    event_free_content(&event);
    return 0;
}

START_TEST(real_ones_are_readable)
{
    const char *folder = real_folder();

    if (folder == NULL)
        return;
    ck_assert_int_eq(nftw(folder, look_at_file, 16, FTW_PHYS), 0);
    ck_assert_uint_eq(seen.of_windows, 61);
    ck_assert_uint_eq(seen.of_others, 0);
    ck_assert_uint_eq(seen.by_status[LICENSING_STATUS_LICENSED], 17);
    ck_assert_uint_eq(seen.by_status[LICENSING_STATUS_INITIAL_GRACE], 32);
    ck_assert_uint_eq(seen.by_status[LICENSING_STATUS_NOTIFICATION], 12);
    ck_assert_uint_eq(seen.by_status[LICENSING_STATUS_NOT_TOLD], 0);
}
END_TEST

static Suite *licences_suite(void)
{
    Suite *suite = suite_create("licences");
    TCase *tests = tcase_create("licences");

    tcase_add_loop_test(tests, groups_state_what_the_facts_say, 0, ARRAY_COUNT(states));
    tcase_add_test(tests, of_another_application_nothing_is_read);
    tcase_add_test(tests, ids_are_read_in_braces_and_in_either_case);
    tcase_add_test(tests, two_installed_licences_state_nothing);
    tcase_add_test(tests, licences_that_are_not_installed_state_nothing);
    tcase_add_loop_test(tests, unreadable_line_leaves_the_state_unknown, 0,
                        ARRAY_COUNT(unreadable));
    tcase_add_test(tests, blank_lines_and_blanks_are_nothing);
    tcase_add_test(tests, endless_texts_are_read_in_no_time);
    tcase_add_test(tests, statements_differ_by_licence_state_and_reason);
    tcase_add_test(tests, minutes_that_are_left_make_no_other_statement);
    tcase_add_test(tests, real_ones_are_readable);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(licences_suite());
}
