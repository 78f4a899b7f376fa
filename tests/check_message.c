/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence of an event, as a person reads it in a timeline. */
#include "base/memory.h"
#include "report/writers.h"

#include <check.h>
#include <stdlib.h>

#include "model/incident.h"
#include "run.h"

struct sentence {
    const char *provider;
    uint16_t event_id;
    int32_t qualifiers;
    struct observation_string strings[3];
    const char *expected;
};

static const struct sentence sentences[] = {
    {INCIDENT_PROVIDER_SPP,
     8208,
     0xC000,
     {{"", "hr=0xC004C4A2"}, {"", INCIDENT_WINDOWS7_TEMPLATE_ID}},
     "Security-SPP 8208: acquisition of genuine ticket failed, 0xC004C4A2 (product key "
     "blocked, says the validation server: the code of the incident)"},
    {INCIDENT_PROVIDER_SPP,
     8208,
     0xC000,
     {{"", "hr=0xC004C4A2"}, {"", "99c92734-d682-4d71-983e-d6ec3f16059f"}},
     "Security-SPP 8208: acquisition of genuine ticket failed (context only: not about the "
     "activation of this Windows 7)"},
    {INCIDENT_PROVIDER_SPP,
     8196,
     0x4000,
     {{"", "0xC004FFFF"}},
     "Security-SPP 8196: licence activation scheduler could not activate, 0xC004FFFF"},
    {INCIDENT_PROVIDER_WAT,
     13,
     0,
     {{"", "0x80072EE7"}, {"", "0xC004C4A2"}},
     "Windows Activation Technologies 13: genuine validation result, hrOffline 0x80072EE7 (server "
     "name not resolved), hrOnline 0xC004C4A2 (product key blocked, says the validation server: "
     "the code of the "
     "incident)"},
    {INCIDENT_PROVIDER_WAT,
     13,
     0,
     {{"", "0x00000000"}, {"", "0x00000000"}},
     "Windows Activation Technologies 13: genuine validation result, both codes 0: genuine"},
    {INCIDENT_PROVIDER_SPP,
     1016,
     0x4000,
     {{"", "{AE2EE509-1B34-41C0-ACB7-6D4650168915}"}, {"", "00392-918-5000002-85000"}},
     "Security-SPP 1016: product key installed, Windows 7 Enterprise (KMS client)"},
    {INCIDENT_PROVIDER_SPP,
     1016,
     0x4000,
     {{"", "9abf5984-9c16-46f2-ad1e-7fe15931a8dd"}},
     "Security-SPP 1016: product key installed, Windows 7 volume editions, MAK"},
    {INCIDENT_PROVIDER_SPP,
     1016,
     0x4000,
     {{"", "00000000-0000-0000-0000-000000000000"}},
     "Security-SPP 1016: product key installed, activation id "
     "00000000-0000-0000-0000-000000000000"},
    {INCIDENT_PROVIDER_SPP,
     1016,
     0x4000,
     {{NULL, NULL}},
     "Security-SPP 1016: product key installed"},
    {INCIDENT_PROVIDER_SPP,
     8206,
     0x4000,
     {{NULL, NULL}},
     "Security-SPP 8206: token store not found, an empty one made"},
    {INCIDENT_PROVIDER_SPP,
     8205,
     0xC000,
     {{NULL, NULL}},
     "Security-SPP 8205: token store corrupt, an empty one made"},
    {INCIDENT_PROVIDER_SPP,
     12306,
     0x4000,
     {{"", INCIDENT_WINDOWS_APPLICATION_ID}, {"", "(null)"}, {"", "1"}},
     "Security-SPP 12306: rearmed, 1 rearm left"},
    {INCIDENT_PROVIDER_UPDATE_CLIENT,
     19,
     OBSERVATION_ABSENT,
     {{"updateTitle", "Update for Windows 7 (KB971033)"}},
     "WindowsUpdateClient 19: update installed, KB971033"},
    {INCIDENT_PROVIDER_UPDATE_CLIENT,
     20,
     OBSERVATION_ABSENT,
     {{"errorCode", "0x80070005"}, {"updateTitle", "Security update (KB4480960)"}},
     "WindowsUpdateClient 20: update failed to install, KB4480960 (unrelated to the incident: it "
     "only came out the same day), 0x80070005 (access denied)"},
    {INCIDENT_PROVIDER_SERVICING,
     2,
     OBSERVATION_ABSENT,
     {{"PackageIdentifier", "KB971033"}, {"IntendedPackageState", "Absent"}, {"ErrorCode", "0x0"}},
     "Servicing 2: package reached a state, KB971033, state Absent"},
    {INCIDENT_PROVIDER_EVENTLOG,
     6009,
     0x8000,
     {{"", "6.01."}, {"", "7601"}, {"", "Service Pack 1"}},
     "EventLog 6009: Windows version at start, 6.01. 7601 Service Pack 1"},
    {INCIDENT_PROVIDER_KERNEL,
     1,
     OBSERVATION_ABSENT,
     {{"NewTime", "2019-01-08T09:00:00Z"}, {"OldTime", "2019-01-08T12:00:00Z"}},
     "Kernel-General 1: system time changed, from 2019-01-08T12:00:00Z to 2019-01-08T09:00:00Z"},
    {INCIDENT_PROVIDER_WAT,
     11,
     0,
     {{NULL, NULL}},
     "Windows Activation Technologies 11: ran, so KB971033 is installed"},
    {"Another-Provider", 7, OBSERVATION_ABSENT, {{NULL, NULL}}, "Another-Provider 7"},
};

START_TEST(sentence_says_what_matters_of_the_event)
{
    const struct sentence *sentence = &sentences[_i];
    struct observation observation = {.provider = sentence->provider,
                                      .event_id = sentence->event_id,
                                      .qualifiers = sentence->qualifiers,
                                      .strings = sentence->strings};
    struct judgement judgement;
    struct text out = {0};

    while (observation.string_count < 3 &&
           sentence->strings[observation.string_count].value != NULL)
        observation.string_count++;
    judgement = judgement_of(&observation);
    message_add(&out, &observation, &judgement);
    ck_assert_str_eq(text_get(&out), sentence->expected);
    text_free(&out);
}
END_TEST

/* ---- Of licences, whatever the verdict takes the event for ---- */

#define INSTALLED "1: ae2ee509-1b34-41c0-acb7-6d4650168915, 1, 1 [%s]\r\n"
#define REQUEST "hr, flags, kms:1688, id, time, 0, "
#define ENTERPRISE ", Windows 7 Enterprise (KMS client)"
#define AS_1003 "Security-SPP 1003: licensing status check completed"
#define AS_12288 "Security-SPP 12288: KMS client sent an activation request"
#define AS_12289 "Security-SPP 12289: KMS client processed the answer of its KMS host"

/* A code that is not 0 is one of the judgement. */
struct of_licence {
    uint16_t event_id;
    enum role role;
    uint32_t code;
    const char *value; /* the one string; of 1003 the groups of the installed licence */
    const char *expected;
};

static const struct of_licence of_licences[] = {
    {1003, ROLE_LICENCE, 0, "(0 [0x00000000, 1, 0], [(?)( 1 0x00000000)])(1 )",
     AS_1003 ENTERPRISE ", licensed"},
    {1003, ROLE_LICENCE, 0, "(0 )(2 [0x00000000, 0, 1], [(?)( 5 0x00000000 10 14400)(?)])",
     AS_1003 ENTERPRISE ", grace"},
    {1003, ROLE_SIGNAL_WEAK, 0xC004F065, "(2 [0x00000000, 0, 1], [( 5 0xC004F065 10 0)])",
     AS_1003 ENTERPRISE ", grace, reason 0xC004F065 (running within the non-genuine period)"},
    {1003, ROLE_FAULT, 0xC004F056, "(3 [0x00000000, 0, 0], [( 11 0x00000000 0xC004F056)])",
     AS_1003 ENTERPRISE ", notification, reason 0xC004F056 (KMS client not activated)"},
    {1003, ROLE_LICENCE, 0, "(0 [0xC004E003, 0, 0], [(?)])(1 )",
     AS_1003 ENTERPRISE ", no state told"},
    {1003, ROLE_LICENCE, 0, "(0 [0xC004F014, 0, 0], [(?)])(1 )", AS_1003 ", 0 licences installed"},
    {1003, ROLE_LICENCE, 0, "(0 ", AS_1003 ", 1 of 1 licence lines cannot be read"},
    {12288, ROLE_RECOVERY, 0, REQUEST "1, 259200, ae2ee509-1b34-41c0-acb7-6d4650168915, 25",
     AS_12288 ", licensing status 1: licensed" ENTERPRISE},
    {12288, ROLE_FAULT, 0xC004F074, REQUEST "5, 0, {AE2EE509-1B34-41C0-ACB7-6D4650168915}, 25",
     AS_12288
     ", 0xC004F074 (no KMS could be contacted), licensing status 5: notification" ENTERPRISE},
    {12288, ROLE_LICENCE, 0, REQUEST "6", AS_12288 ", licensing status 6: extended grace"},
    {12288, ROLE_LICENCE, 0, REQUEST "7, 0, , 25", AS_12288 ", licensing status 7"},
    {12288, ROLE_LICENCE, 0, "0x00000000, 0x00000000", AS_12288},
    {12288, ROLE_CONTEXT, 0, REQUEST "1, 0, 6f327760-8c5c-417c-9b61-836a98287e0c, 5",
     AS_12288 ", licensing status 1: licensed, activation id 6f327760-8c5c-417c-9b61-836a98287e0c "
              "(context only: not about the activation of this Windows 7)"},
    {12289, ROLE_CONTEXT, 0, "0x00000000, 0x02, 1, 0, 50, 120, 10080, 2019/01/10 08:00",
     AS_12289 ", activated"},
    {12289, ROLE_FAULT, 0xC004F038, "0xC004F038, 0x02, 0 , 0, 5",
     AS_12289 ", 0xC004F038 (KMS count insufficient), not activated"},
    {12289, ROLE_CONTEXT, 0, "0x00000000, 0x02", AS_12289},
    {1022, ROLE_FAULT, 0xC004D401, "0xC004D401",
     "Security-SPP 1022: the system was tampered with, 0xC004D401"},
    {1064, ROLE_FAULT, 0, "",
     "Security-SPP 1064: activation needed after tampering with the trusted "
     "store"},
    {12306, ROLE_CONTEXT, 0, "59a52881-a989-479d-af46-f275c6370663",
     "Security-SPP 12306: rearmed (context only: not about the activation of this Windows 7)"},
};

START_TEST(sentence_says_what_an_event_tells_of_the_licence)
{
    const struct of_licence *row = &of_licences[_i];
    char *lines = memory_format(INSTALLED, row->value);
    const struct observation_string plain[] = {{"", row->value}};
    const struct observation_string listed[] = {{"", INCIDENT_WINDOWS_APPLICATION_ID}, {"", lines}};
    const bool has_lines = row->event_id == 1003;
    const struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                            .event_id = row->event_id,
                                            .strings = has_lines ? listed : plain,
                                            .string_count = has_lines ? 2 : 1};
    const struct judgement judgement = {
        .event = incident_find_event(INCIDENT_PROVIDER_SPP, row->event_id),
        .role = row->role,
        .codes = {row->code},
        .code_names = {"hr"},
        .code_count = row->code != 0};
    struct text out = {0};

    message_add(&out, &observation, &judgement);
    ck_assert_str_eq(text_get(&out), row->expected);
    text_free(&out);
    free(lines);
}
END_TEST

static Suite *message_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *cases = tcase_create("sentences");

    tcase_add_loop_test(cases, sentence_says_what_matters_of_the_event, 0, ARRAY_COUNT(sentences));
    tcase_add_loop_test(cases, sentence_says_what_an_event_tells_of_the_licence, 0,
                        ARRAY_COUNT(of_licences));
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(message_suite());
}
