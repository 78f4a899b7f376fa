/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of KMS clients: what the one string of 12288, 12289 and 12290 says, and what those that
 * KMS hosts saw of one machine say beside each other, on both sides of each boundary. What they
 * amount to is in tests/cases/verdict-kms.txt. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "run.h"
#include "verdict/evidence.h"

#define ENTERPRISE "ae2ee509-1b34-41c0-acb7-6d4650168915"
#define WINDOWS_10 "73111121-5638-40f6-bc11-f1d7b0d64300"
#define OFFICE "6f327760-8c5c-417c-9b61-836a98287e0c"
#define CLIENT_MACHINE "36f27b39-2fd5-440b-be67-a09996d27a38"
#define OTHER_MACHINE "99999999-2fd5-440b-be67-a09996d27a38"

/* ---- The string ---- */

static struct observation observation_of(const char *text, struct observation_string *string)
{
    *string = (struct observation_string){"", text};
    return (struct observation){.strings = string, .string_count = text != NULL ? 1 : 0};
}

static struct kms_request request_of(const char *text)
{
    struct observation_string string;
    struct observation observation = observation_of(text, &string);

    return kms_request_of(&observation);
}

static const struct {
    const char *text;
    const char *hr; /* NULL: it cannot be read */
    const char *client_machine_id;
    int status; /* -1: not told */
    char digit;
    const char *activation_id;
} requests[] = {
    {"0x0,25,pc01.corp.example," CLIENT_MACHINE ",2019/1/8 21:46,0,5,0," ENTERPRISE, "0x00000000",
     CLIENT_MACHINE, 5, '5', ENTERPRISE},
    {"0xC004F06C, 0x0, kms:1688, {36F27B39-2FD5-440B-BE67-A09996D27A38}, 2019/01/08 21:46, 0, 1, "
     "259200, {AE2EE509-1B34-41C0-ACB7-6D4650168915}, 25",
     "0xC004F06C", CLIENT_MACHINE, 1, '1', ENTERPRISE},
    {"\thr=0xC004F038\r\n,25,PC, " CLIENT_MACHINE "\t,,, 4 ,, " ENTERPRISE "\r\n", "0xC004F038",
     CLIENT_MACHINE, 4, '4', ENTERPRISE},
    {" hr = 0xc004f038 ,,,,,,0,,", "0xC004F038", "", 0, '0', ""},
    {"0,,,,,,2,,", NULL, "", 2, '2', ""},
    {"-1073422280,,,,,,3,,", NULL, "", 3, '3', ""},
    {"0xC004F0380,,,,,,6,,", NULL, "", 6, '6', ""},
    {"0xC004F038 0xC004F038,,,,,,7,,", NULL, "", -1, '7', ""},
    {"0x000000000000000000000000000000,,,,,,8,,", NULL, "", -1, '8', ""}, /* 32 bytes */
    {",,,,,,9,,", NULL, "", -1, '9', ""},
    {"0x0,,,,,,10,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,05,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,-1,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,x,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,/,,", "0x00000000", "", -1, '\0', ""}, /* beside the digits in ASCII */
    {"0x0,,,,,,:,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,1 5,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,", "0x00000000", "", -1, '\0', ""},
    {"0x0,,,,,,5", "0x00000000", "", 5, '5', ""},
    {"0x0", "0x00000000", "", -1, '\0', ""},
    {"", NULL, "", -1, '\0', ""},
    {NULL, NULL, "", -1, '\0', ""},
    {"0x0,,," CLIENT_MACHINE "0,,,5,," ENTERPRISE "0", "0x00000000", "", 5, '5', ""},
    {"0x0,,,36f27b39-2fd5-440b-be67-a09996d27a3,,,5,,ae2ee509 1b34-41c0-acb7-6d4650168915",
     "0x00000000", "", 5, '5', ""},
    {"0x0,,,36f27b39-2fd5-440b-be67-a09996d27a3g,,,5,,ae2ee509-1b34-41c0-acb7-6d46501689-5",
     "0x00000000", "", 5, '5', ""},
    /* Quotes are nothing: fields are counted by commas alone. */
    {"0x0,25,\"PC,1\"," CLIENT_MACHINE ",,0,1,0," ENTERPRISE, "0x00000000", "", 0, '0', ""},
};

START_TEST(request_is_read_field_by_field)
{
    struct kms_request request = request_of(requests[_i].text);
    char *hr = memory_format("0x%08X", request.hr);

    ck_assert_int_eq(request.has_hr, requests[_i].hr != NULL);
    ck_assert_str_eq(hr, requests[_i].hr != NULL ? requests[_i].hr : "0x00000000");
    ck_assert_str_eq(request.client_machine_id, requests[_i].client_machine_id);
    ck_assert_int_eq(request.status, requests[_i].status >= 0 ? requests[_i].status
                                                              : (int)LICENSING_STATUS_NOT_TOLD);
    ck_assert_int_eq(request.status_digit, requests[_i].digit);
    ck_assert_str_eq(request.activation_id, requests[_i].activation_id);
    free(hr);
}
END_TEST

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define NAME_OF_250 FIFTY FIFTY FIFTY FIFTY FIFTY

static const struct {
    const char *field;
    const char *name; /* NULL: none */
} clients[] = {
    {"pc01.corp.example", "pc01.corp.example"},
    {"PC01", "PC01"},
    {" \tPC 01\r\n ", "PC 01"},
    {"pc01.corp.example.", "pc01.corp.example"},
    {"PC01.", "PC01"},
    {"", NULL},
    {" \t ", NULL},
    {".", NULL},
    {" . ", NULL},
    {NAME_OF_250 "12345", NAME_OF_250 "12345"},
    {NAME_OF_250 "123456", NULL},
    {NAME_OF_250 "1234.", NAME_OF_250 "1234"},
    {NAME_OF_250 "12345.", NULL},
    {"  " NAME_OF_250 "12345  ", NAME_OF_250 "12345"},
    {"=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"},
    {"../../x\\y", "../../x\\y"},
    {"<b>\"\x01\xFF", "<b>\"\x01\xFF"},
};

START_TEST(client_is_named_without_what_is_around_the_name)
{
    char *texts[] = {
        memory_format("0x0,25,%s," CLIENT_MACHINE ",,0,1,0," ENTERPRISE, clients[_i].field),
        memory_format("0x0, 25, %s", clients[_i].field),
    };

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        struct observation_string string;
        struct observation observation = observation_of(texts[index], &string);
        char *name = kms_request_client(&observation);

        ck_assert_pstr_eq(name, clients[_i].name);
        free(name);
        free(texts[index]);
    }
}
END_TEST

START_TEST(no_field_no_client)
{
    static const char *const texts[] = {NULL, "", "0x0", "0x0,25", "0x0,25,"};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        struct observation_string string;
        struct observation observation = observation_of(texts[index], &string);

        ck_assert_ptr_null(kms_request_client(&observation));
    }
}
END_TEST

START_TEST(answer_is_read_field_by_field)
{
    static const struct {
        const char *text;
        bool has_hr;
        uint32_t hr;
        char activated;
    } answers[] = {
        {"0x0, 0x0, 1, 0, 50, 120, 10080, 2019/01/08 21:46", true, 0, '1'},
        {"0x0,0x0,1", true, 0, '1'},
        {"hr=0xC004F06C, 0x0, 0, 0", true, 0xC004F06C, '0'},
        {"0x0, 0x0, \t2\r\n, 0", true, 0, '2'},
        {"0x0, 0x0, 11, 0", true, 0, '\0'},
        {"0x0, 0x0, , 0", true, 0, '\0'},
        {"0x0, 0x0", true, 0, '\0'},
        {"activated, 0x0, 1", false, 0, '1'},
        {"", false, 0, '\0'},
        {NULL, false, 0, '\0'},
    };

    for (size_t index = 0; index < ARRAY_COUNT(answers); index++) {
        struct observation_string string;
        struct observation observation = observation_of(answers[index].text, &string);
        struct kms_answer answer = kms_answer_of(&observation);

        ck_assert_int_eq(answer.has_hr, answers[index].has_hr);
        ck_assert_uint_eq(answer.hr, answers[index].hr);
        ck_assert_int_eq(answer.activated, answers[index].activated);
    }
}
END_TEST

/* Those of FACTS.md; the other licences of Windows 7 that the table has ask no KMS host as a rule,
 * but say which system it is. */
START_TEST(clients_of_windows_7_are_known_by_what_they_ask_for)
{
    static const struct {
        const char *id;
        bool is_windows_7;
    } ids[] = {
        {"9abf5984-9c16-46f2-ad1e-7fe15931a8dd", true},  /* MAK */
        {"68531fb9-5511-4989-97be-d11a0f55633f", false}, /* a server */
        {WINDOWS_10, false},
        {OFFICE, false},
        {"00000000-0000-0000-0000-000000000000", false},
        {"", false},
        {"AE2EE509-1B34-41C0-ACB7-6D4650168915", true},
    };

    for (size_t index = 0; index < EDITION_COUNT; index++) {
        struct kms_request request = {0};

        memcpy(request.activation_id, incident_editions[index].activation_id, GUID_TEXT_BYTES);
        ck_assert_msg(kms_request_is_windows_7(&request), "%s", incident_editions[index].slug);
    }
    for (size_t index = 0; index < ARRAY_COUNT(ids); index++) {
        struct kms_request request = {0};

        memcpy(request.activation_id, ids[index].id, strlen(ids[index].id) + 1);
        ck_assert_msg(kms_request_is_windows_7(&request) == ids[index].is_windows_7, "%s",
                      ids[index].id);
    }
}
END_TEST

/* ---- Beside each other ---- */

static struct seen_requests seen;
static int64_t last_id;

static void begin(void)
{
    seen = (struct seen_requests){0};
    last_id = 0;
}

static void end(void)
{
    seen_requests_free_content(&seen);
}

/* A request, by default one that KMS01 saw: `status time` with such words behind it. */
struct made_request {
    struct case_observation seen;
    const char *client_machine_id;
    const char *activation_id;
    const char *hr;
};

static void read_word(struct made_request *request, const char *word)
{
    if (strcmp(word, "own") == 0)
        request->seen.observation.event_id = 12288;
    else if (strcmp(word, "office") == 0)
        request->activation_id = OFFICE;
    else if (strcmp(word, "windows10") == 0)
        request->activation_id = WINDOWS_10;
    else if (strcmp(word, "other") == 0)
        request->client_machine_id = OTHER_MACHINE;
    else if (strcmp(word, "upper") == 0)
        request->client_machine_id = "{36F27B39-2FD5-440B-BE67-A09996D27A38}";
    else if (strcmp(word, "without") == 0)
        request->client_machine_id = "x";
    else if (strcmp(word, "refused") == 0)
        request->hr = "0xC004F06C";
    else if (strcmp(word, "KMS02") == 0)
        request->seen.observation.computer = "KMS02";
    else if (word[0] == '#')
        request->seen.writer_id = atoll(word + 1);
    else if (word[0] == '@') {
        request->seen.wrong_clock = true;
        request->seen.placed_in_window = word[1] == 'w';
        if (!filetime_parse(word + 2, &request->seen.placed_filetime))
            request->seen.placed_filetime = 0;
    } else
        ck_abort_msg("no such word: %s", word);
}

static void add_request(char *line)
{
    struct made_request request = {.seen = {.id = ++last_id,
                                            .client_id = 1,
                                            .observation = {.provider = INCIDENT_PROVIDER_SPP,
                                                            .event_id = 12290,
                                                            .computer = "KMS01",
                                                            .string_count = 1}},
                                   .client_machine_id = CLIENT_MACHINE,
                                   .activation_id = ENTERPRISE,
                                   .hr = "0x0"};
    char *rest = NULL;
    const char *status = strtok_r(line, " ", &rest);
    const char *time = strtok_r(NULL, " ", &rest);
    struct observation_string string = {"", NULL};
    char *text;

    if (strcmp(time, "never") != 0)
        ck_assert_msg(filetime_parse(time, &request.seen.observation.event_filetime), "%s", time);
    request.seen.placed_filetime = request.seen.observation.event_filetime;
    for (const char *word; (word = strtok_r(NULL, " ", &rest)) != NULL;)
        read_word(&request, word);
    string.value = text = memory_format("%s,25,PC,%s,,0,%s,0,%s", request.hr,
                                        request.client_machine_id, status, request.activation_id);
    request.seen.observation.strings = &string;
    seen_requests_add(&seen, &request.seen, &incident_window);
    free(text);
}

static void add_requests(const char *lines)
{
    char *copy = memory_copy_text(lines);
    char *rest = NULL;

    for (char *line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        add_request(line);
    free(copy);
}

/* Of each request, with blanks between: c it counts, a it is alone, o the own log has it, r it says
 * what those beside it say, < and the number of that since which the licence was lost; or -. */
static void expect_requests(const char *expected)
{
    struct text text = {0};

    seen_requests_settle(&seen);
    for (size_t index = 0; index < seen.count; index++) {
        const struct seen_request *request = &seen.items[index];
        bool any = request->counts || request->is_alone || request->is_own || request->is_repeat;

        text_add_format(&text, "%s%s%s%s%s%s", index > 0 ? " " : "", any ? "" : "-",
                        request->counts ? "c" : "", request->is_alone ? "a" : "",
                        request->is_own ? "o" : "", request->is_repeat ? "r" : "");
        if (request->lost_since != NULL)
            text_add_format(&text, "<%d", (int)(request->lost_since - seen.items));
    }
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

static const struct {
    const char *requests;
    const char *expected;
} settled[] = {
    {"", ""},
    /* 1 and 4 count by themselves, the others by the next one. */
    {"1 2019-01-08T11:00:00Z", "c"},
    {"4 2019-01-08T11:00:00Z", "c"},
    {"5 2019-01-08T11:00:00Z", "a"},
    {"0 2019-01-08T11:00:00Z\n0 2019-01-08T13:00:00Z", "c -"},
    {"2 2019-01-08T11:00:00Z\n3 2019-01-08T13:00:00Z", "c -"},
    {"3 2019-01-08T11:00:00Z\n6 2019-01-08T13:00:00Z", "c -"},
    {"6 2019-01-08T11:00:00Z\n0 2019-01-08T13:00:00Z", "c -"},
    {"5 2019-01-08T11:00:00Z\n4 2019-01-08T13:00:00Z", "c c"},
    {"5 2019-01-08T11:00:00Z\n1 2019-01-08T13:00:00Z", "a c"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T13:00:00Z\n1 2019-01-08T14:00:00Z", "c - c"},
    {"0 2019-01-08T11:00:00Z\n1 2019-01-08T13:00:00Z", "a c"},
    {"2 2019-01-08T11:00:00Z\n1 2019-01-08T13:00:00Z", "a c"},
    {"3 2019-01-08T11:00:00Z\n1 2019-01-08T13:00:00Z", "a c"},
    {"6 2019-01-08T11:00:00Z\n1 2019-01-08T13:00:00Z", "a c"},
    /* 24 hours to the next one, on any host. */
    {"5 2019-01-08T11:00:00Z\n5 2019-01-09T11:00:00Z", "c -"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-09T11:00:00.0000001Z", "a a"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-09T11:00:00Z KMS02", "c -"},
    {"5 2019-01-08T11:00:00Z\n1 2019-01-08T12:00:00Z KMS02\n5 2019-01-08T13:00:00Z", "a c a"},
    /* What is not told stands between none, nor does what Office asks for. */
    {"5 2019-01-08T11:00:00Z\nx 2019-01-08T12:00:00Z\n5 2019-01-08T13:00:00Z", "c - -"},
    {"5 2019-01-08T11:00:00Z\n7 2019-01-08T12:00:00Z\n5 2019-01-08T13:00:00Z", "c - -"},
    {"5 2019-01-08T11:00:00Z\n1 never\n5 2019-01-08T13:00:00Z", "c - -"},
    {"5 2019-01-08T11:00:00Z\n1 2019-01-08T12:00:00Z office\n5 2019-01-08T13:00:00Z", "c - -"},
    /* Within a minute it is the same asking. */
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T11:01:00Z", "a -"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T11:01:00.0000001Z", "c -"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T11:00:01Z KMS02\n5 2019-01-08T13:00:00Z", "c c -"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T11:00:01Z\n1 2019-01-08T13:00:00Z", "a - c"},
    /* Another installation is another machine; what cannot be read is none. */
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T13:00:00Z other", "a -"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T13:00:00Z without", "c -"},
    {"1 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z other", "c c"},
    {"1 2019-01-07T09:00:00Z without\n4 2019-01-08T13:00:00Z other", "c c<0"},
    {"1 2019-01-07T09:00:00Z\n5 2019-01-08T14:00:00Z other\n5 2019-01-08T16:00:00Z other\n"
     "1 2019-01-08T18:00:00Z other",
     "c c - c"},
    /* Those of Office repeat by themselves. */
    {"1 2019-01-01T00:00:00Z office\n1 2019-01-02T00:00:00Z\n1 2019-01-03T00:00:00Z office\n"
     "1 2019-01-04T00:00:00Z\n1 2019-01-05T00:00:00Z office\n1 2019-01-06T00:00:00Z office",
     "- c - c r -"},
    {"4 never\n5 never", "- -"},
    /* Alone: behind a licensed one, and a day or more behind another. */
    {"1 2019-01-08T11:00:00Z\n5 2019-01-08T13:00:00Z", "c a"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T13:00:00Z\n5 2019-01-09T13:00:00Z", "c c -"},
    {"5 2019-01-08T11:00:00Z\n5 2019-01-08T13:00:00Z\n5 2019-01-09T13:00:00.0000001Z", "c - a"},
    /* Lost: from 1 or 2 to a counting 4 or 5, for a Windows 7 both times. */
    {"1 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z", "c c<0"},
    {"1 2019-01-07T09:00:00Z\n5 2019-01-08T13:00:00Z\n5 2019-01-08T15:00:00Z", "c c<0 -"},
    {"2 2019-01-07T09:00:00Z\n5 2019-01-08T13:00:00Z\n5 2019-01-08T15:00:00Z", "a c<0 -"},
    {"2 2019-01-08T09:00:00Z\n4 2019-01-08T13:00:00Z", "c c<0"},
    {"1 2019-01-07T09:00:00Z\n5 2019-01-08T13:00:00Z", "c a"},
    {"1 2019-01-07T09:00:00Z\n3 2019-01-08T13:00:00Z\n3 2019-01-08T15:00:00Z", "c c -"},
    {"1 2019-01-07T09:00:00Z\n6 2019-01-08T13:00:00Z\n6 2019-01-08T15:00:00Z", "c c -"},
    {"1 2019-01-07T09:00:00Z\n0 2019-01-08T13:00:00Z\n0 2019-01-08T15:00:00Z", "c c -"},
    {"1 2019-01-07T09:00:00Z\n2 2019-01-08T13:00:00Z\n2 2019-01-08T15:00:00Z", "c c -"},
    {"0 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z", "a c"},
    {"3 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z", "a c"},
    {"4 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z", "c c"},
    {"5 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z", "a c"},
    {"6 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z", "a c"},
    {"1 2019-01-07T09:00:00Z windows10\n4 2019-01-08T13:00:00Z", "c c"},
    {"1 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z windows10", "c c"},
    /* Directly before, whichever host saw it; what is not told is passed over. */
    {"1 2019-01-07T09:00:00Z KMS02\n4 2019-01-08T13:00:00Z", "c c<0"},
    {"1 2019-01-07T09:00:00Z\n5 2019-01-07T13:00:00Z\n4 2019-01-08T13:00:00Z", "c c<0 c"},
    {"1 2019-01-07T09:00:00Z\n5 2019-01-07T13:00:00Z\n4 2019-01-08T13:00:00.0000001Z", "c a c"},
    {"1 2019-01-07T09:00:00Z\nx 2019-01-07T13:00:00Z\n4 2019-01-08T13:00:00Z", "c - c<0"},
    {"1 2019-01-07T09:00:00Z\n5 never\n4 2019-01-08T13:00:00Z", "c - c<0"},
    {"1 2019-01-07T09:00:00Z\n5 2019-01-07T13:00:00Z office\n4 2019-01-08T13:00:00Z", "c - c<0"},
    /* Fifteen days. */
    {"1 2018-12-25T13:00:00Z\n4 2019-01-09T13:00:00Z", "c c<0"},
    {"1 2018-12-25T13:00:00Z\n4 2019-01-09T13:00:00.0000001Z", "c c"},
    /* The own log has it: an hour, either way, by the client machine id in whatever form. */
    {"5 2019-01-08T12:00:00Z own\n4 2019-01-08T13:00:00Z", "co"},
    {"5 2019-01-08T12:00:00Z own\n4 2019-01-08T13:00:00.0000001Z", "c"},
    {"5 2019-01-08T13:00:00Z own\n4 2019-01-08T12:00:00Z", "co"},
    {"5 2019-01-08T13:00:00.0000001Z own\n4 2019-01-08T12:00:00Z", "c"},
    {"5 2019-01-08T12:00:00Z own other\n4 2019-01-08T12:00:00Z", "c"},
    {"5 2019-01-08T12:00:00Z own upper\n4 2019-01-08T12:00:00Z", "co"},
    {"5 2019-01-08T12:00:00Z own\n4 2019-01-08T12:00:00Z upper", "co"},
    {"5 2019-01-08T12:00:00Z own without\n4 2019-01-08T12:00:00Z without", "c"},
    {"5 2019-01-08T12:00:00Z own office\n4 2019-01-08T12:00:00Z", "c"},
    {"5 never own\n4 2019-01-08T12:00:00Z", "c"},
    {"5 2019-01-08T12:00:00Z own\n4 never", "-"},
    /* Of many the nearest behind an hour before, whatever their order. */
    {"5 2019-01-08T12:30:00Z own\n5 2019-01-08T15:00:00Z own\n5 2019-01-08T09:00:00Z own\n"
     "5 2019-01-08T12:20:00Z own other\n4 2019-01-08T12:00:00Z\n4 2019-01-08T10:00:00Z other",
     "co c"},
    /* One that the own log has is never lost by, but since; and goes on as the next. */
    {"1 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z\n5 2019-01-08T13:00:00Z own", "c co"},
    {"1 2019-01-07T09:00:00Z\n4 2019-01-08T13:00:00Z\n1 2019-01-07T09:00:00Z own", "co c<0"},
    {"5 2019-01-08T09:00:00Z\n5 2019-01-08T13:00:00Z\n5 2019-01-08T13:00:00Z own", "c o"},
    /* A wrong clock: the time that it counts as of. */
    {"1 2019-01-07T09:00:00Z\n4 2015-01-01T00:00:00Z @w2019-01-08T12:00:00Z", "c c<0"},
    {"1 2018-12-25T13:00:00Z\n4 2015-01-01T00:00:00Z @w2019-01-09T13:00:00.0000001Z", "c c"},
    {"1 2019-01-07T09:00:00Z\n4 2019-01-08T09:00:00Z @-none", "c -"},
    /* Of those that follow each other and say the same, the first two and the last are shown. */
    {"1 2019-01-01T00:00:00Z\n1 2019-01-02T00:00:00Z\n1 2019-01-03T00:00:00Z", "c c c"},
    {"1 2019-01-01T00:00:00Z\n1 2019-01-02T00:00:00Z\n1 2019-01-03T00:00:00Z\n"
     "1 2019-01-04T00:00:00Z\n1 2019-01-05T00:00:00Z",
     "c c cr cr c"},
    {"1 2019-01-01T00:00:00Z\n1 2019-01-02T00:00:00Z\n1 2019-01-03T00:00:00Z refused\n"
     "1 2019-01-04T00:00:00Z refused\n1 2019-01-05T00:00:00Z refused\n1 2019-01-06T00:00:00Z "
     "refused\n1 2019-01-07T00:00:00Z",
     "c c c c cr c c"},
    {"4 2019-01-01T00:00:00Z\n4 2019-01-02T00:00:00Z\n1 2019-01-03T00:00:00Z\n"
     "4 2019-01-04T00:00:00Z\n4 2019-01-05T00:00:00Z",
     "c c c c<2 c"},
    {"1 2019-01-01T00:00:00Z\n1 2019-01-02T00:00:00Z KMS02\n1 2019-01-03T00:00:00Z\n"
     "1 2019-01-04T00:00:00Z windows10",
     "c c cr c"},
};

START_TEST(requests_are_settled_beside_each_other)
{
    add_requests(settled[_i].requests);
    expect_requests(settled[_i].expected);
}
END_TEST

START_TEST(requests_are_gone_through_in_their_order)
{
    add_requests("1 2019-01-01T00:00:00Z\n1 2019-01-02T00:00:00Z own\n5 2019-01-03T00:00:00Z\n"
                 "1 2019-01-04T00:00:00Z office\n4 2019-01-05T00:00:00Z");
    seen_requests_settle(&seen);
    ck_assert_uint_eq(seen.count, 4);
    for (int64_t id = 1; id <= last_id; id++) {
        const struct seen_request *next = seen_requests_next(&seen, id);

        if (id == 2)
            ck_assert_ptr_null(next);
        else
            ck_assert_int_eq(next->observation_id, id);
    }
    ck_assert_ptr_null(seen_requests_next(&seen, 5));
    ck_assert_uint_eq(seen.last_filetime, seen.items[3].filetime);
}
END_TEST

/* ---- What each host saw ---- */

/* "host: before/within/after requests first last; ". */
static void expect_sights(const char *expected)
{
    struct text text = {0};

    for (size_t index = 0; index < seen.sight_count; index++) {
        const struct case_kms_sight *sight = seen.sights[index];
        char *first = filetime_text(sight->first_filetime);
        char *last = filetime_text(sight->last_filetime);

        text_add_format(&text, "%s#%d: %s/%s/%s %d %s %s; ", sight->host, (int)sight->host_id,
                        licensing_status_word(sight->before), licensing_status_word(sight->within),
                        licensing_status_word(sight->after), (int)sight->request_count, first,
                        last);
        free(first);
        free(last);
    }
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(a_sight_has_the_last_status_of_each_part_of_time)
{
    add_requests("2 2019-01-01T00:00:00Z\n1 2019-01-08T09:59:59Z\n3 2019-01-08T10:00:00Z\n"
                 "5 2019-01-09T04:30:00Z\nx 2019-01-09T04:30:00Z\n6 2019-01-09T04:30:01Z\n"
                 "4 2019-02-01T00:00:00Z");
    expect_sights("KMS01#0: licensed/notification/non-genuine grace 7 2019-01-01T00:00:00Z "
                  "2019-02-01T00:00:00Z; ");
}
END_TEST

START_TEST(a_sight_lacks_the_parts_without_a_status)
{
    add_requests("1 never\nx 2019-01-08T09:00:00Z\n5 2019-01-08T11:00:00Z\n"
                 "4 2019-01-20T00:00:00Z office\n1 2019-01-20T00:00:00Z own");
    expect_sights("KMS01#0: /notification/ 3 2019-01-08T09:00:00Z 2019-01-08T11:00:00Z; ");
}
END_TEST

START_TEST(a_wrong_clock_counts_in_the_part_in_which_it_is_placed)
{
    add_requests("1 2015-01-01T00:00:00Z @w2019-01-08T12:00:00Z\n"
                 "5 2019-01-08T13:00:00Z @-2019-02-01T00:00:00Z");
    expect_sights("KMS01#0: /licensed/notification 2 2019-01-08T12:00:00Z 2019-02-01T00:00:00Z; ");
    add_requests("4 2015-01-01T00:00:00Z @-2019-01-09T04:00:00Z"); /* its other neighbour is not */
    expect_sights("KMS01#0: /licensed/non-genuine grace 3 2019-01-08T12:00:00Z "
                  "2019-01-09T04:00:00Z; ");
}
END_TEST

START_TEST(each_host_has_a_sight_of_its_own)
{
    add_requests("1 2019-01-01T00:00:00Z\n5 2019-01-02T00:00:00Z KMS02\n1 2019-01-03T00:00:00Z\n"
                 "2 2019-01-04T00:00:00Z #7\n3 2019-01-05T00:00:00Z #7 KMS02\n"
                 "4 2019-01-06T00:00:00Z #8");
    expect_sights("KMS01#0: licensed// 2 2019-01-01T00:00:00Z 2019-01-03T00:00:00Z; "
                  "KMS02#0: notification// 1 2019-01-02T00:00:00Z 2019-01-02T00:00:00Z; "
                  "KMS01#7: out-of-tolerance grace// 2 2019-01-04T00:00:00Z 2019-01-05T00:00:00Z; "
                  "KMS01#8: non-genuine grace// 1 2019-01-06T00:00:00Z 2019-01-06T00:00:00Z; ");
}
END_TEST

static Suite *requests_suite(void)
{
    Suite *suite = suite_create("requests");
    TCase *strings = tcase_create("strings");
    TCase *beside = tcase_create("beside each other");

    tcase_add_loop_test(strings, request_is_read_field_by_field, 0, ARRAY_COUNT(requests));
    tcase_add_loop_test(strings, client_is_named_without_what_is_around_the_name, 0,
                        ARRAY_COUNT(clients));
    tcase_add_test(strings, no_field_no_client);
    tcase_add_test(strings, answer_is_read_field_by_field);
    tcase_add_test(strings, clients_of_windows_7_are_known_by_what_they_ask_for);
    tcase_add_checked_fixture(beside, begin, end);
    tcase_add_loop_test(beside, requests_are_settled_beside_each_other, 0, ARRAY_COUNT(settled));
    tcase_add_test(beside, requests_are_gone_through_in_their_order);
    tcase_add_test(beside, a_sight_has_the_last_status_of_each_part_of_time);
    tcase_add_test(beside, a_sight_lacks_the_parts_without_a_status);
    tcase_add_test(beside, a_wrong_clock_counts_in_the_part_in_which_it_is_placed);
    tcase_add_test(beside, each_host_has_a_sight_of_its_own);
    suite_add_tcase(suite, strings);
    suite_add_tcase(suite, beside);
    return suite;
}

int main(void)
{
    return run_suite(requests_suite());
}
