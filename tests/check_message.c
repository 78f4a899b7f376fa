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
     "Security-SPP 8208: acquisition of genuine ticket failed, 0xC004C4A2 (product key blocked, "
     "says the "
     "validation server: the code of the incident)"},
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
     12289,
     0x4000,
     {{"", "0x00000000, 0x02, 1, 0, 50, 120, 10080, 2019/01/10 08:00"}},
     "Security-SPP 12289: KMS client processed the answer of its KMS host, activated"},
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

static Suite *message_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *cases = tcase_create("sentences");

    tcase_add_loop_test(cases, sentence_says_what_matters_of_the_event, 0, ARRAY_COUNT(sentences));
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(message_suite());
}
