/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the incident against the facts, written out a second time. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "model/incident.h"
#include "run.h"

static uint64_t at(const char *text)
{
    uint64_t time = 0;

    ck_assert_msg(filetime_parse(text, &time), "%s", text);
    return time;
}

START_TEST(window_has_both_its_ends)
{
    ck_assert_uint_eq(incident_window.start_filetime, at("2019-01-08T10:00:00Z"));
    ck_assert_uint_eq(incident_window.end_filetime, at("2019-01-09T04:30:00Z"));
    ck_assert(window_contains(&incident_window, at("2019-01-08T10:00:00Z")));
    ck_assert(window_contains(&incident_window, at("2019-01-09T04:30:00Z")));
    ck_assert(!window_contains(&incident_window, at("2019-01-08T09:59:59Z")));
    ck_assert(!window_contains(&incident_window, at("2019-01-09T04:30:01Z")));
    ck_assert(!window_contains(&(struct window){0, UINT64_MAX}, 0));
}
END_TEST

START_TEST(refusals_are_the_codes_of_licensing)
{
    ck_assert(incident_is_refusal(0xC004C4A2));
    ck_assert(incident_is_refusal(0xC0040000));
    ck_assert(incident_is_refusal(0xC004FFFF));
    ck_assert(!incident_is_refusal(0xC0050000));
    ck_assert(!incident_is_refusal(0xC003FFFF));
    ck_assert(!incident_is_refusal(0x80072EE7));
    ck_assert(!incident_is_refusal(0));
}
END_TEST

/* slerror.h; a code that is not there would be met without a word. */
START_TEST(codes_are_spelled_out)
{
    static const uint32_t others[] = {
        0xC004C4A1, 0xC004C4A4, 0xC004C4A5, 0xC004C4A7, 0xC004C4A8, 0xC004C4AB, 0xC004F064,
        0xC004F067, 0xC004F065, 0x4004F065, 0x4004F068, 0xC004F009, 0xC004F014, 0xC004F00F,
        0xC004F074, 0xC004F038, 0xC004F039, 0xC004F041, 0xC004F042, 0xC004F06C, 0xC004F035,
        0xC004F050, 0xC004F051, 0xC004C001, 0xC004C003, 0xC004C008, 0xC004C020, 0x8007232B,
        0x8007232A, 0x8007251D, 0x80072EE7, 0x80072EE2, 0x80072EFD, 0x80072EFE, 0x800706BA,
        0x80070005, 0xC004F034, 0xC004F056};

    ck_assert_str_eq(incident_code_meaning(0xC004F200), "non-genuine");
    ck_assert_str_eq(incident_code_meaning(0xC004C4A2),
                     "product key blocked, says the validation server: the code of the incident");
    for (size_t index = 0; index < ARRAY_COUNT(others); index++)
        ck_assert_msg(incident_code_meaning(others[index]) != NULL, "0x%08X", others[index]);
    ck_assert_ptr_null(incident_code_meaning(0xDEADBEEF));
    ck_assert_ptr_null(incident_code_meaning(0));
}
END_TEST

START_TEST(event_table_names_what_the_facts_name)
{
    static const struct {
        const char *provider;
        uint16_t id;
        int use; /* -1: not in the table */
    } cases[] = {
        {INCIDENT_PROVIDER_SPP, 8196, EVENT_USE_SPP_8196},
        {INCIDENT_PROVIDER_SPP, 8208, EVENT_USE_SPP_8208},
        {INCIDENT_PROVIDER_SPP, 8209, EVENT_USE_SPP_8209},
        {INCIDENT_PROVIDER_SPP, 12304, EVENT_USE_SPP_TICKET_ACQUIRED},
        {INCIDENT_PROVIDER_SPP, 12305, EVENT_USE_SPP_GENUINE},
        {INCIDENT_PROVIDER_SPP, 12288, EVENT_USE_KMS_REQUEST},
        {INCIDENT_PROVIDER_SPP, 12289, EVENT_USE_KMS_ANSWER},
        {INCIDENT_PROVIDER_SPP, 1003, EVENT_USE_LICENCES},
        {INCIDENT_PROVIDER_SPP, 1014, EVENT_USE_SPP_CODE},
        {INCIDENT_PROVIDER_SPP, 8193, EVENT_USE_SPP_FAULT},
        {INCIDENT_PROVIDER_SPP, 8194, EVENT_USE_SPP_FAULT},
        {INCIDENT_PROVIDER_SPP, 8195, EVENT_USE_SPP_FAULT},
        {INCIDENT_PROVIDER_SPP, 8198, EVENT_USE_SPP_CODE},
        {INCIDENT_PROVIDER_SPP, 8200, EVENT_USE_SPP_CODE},
        {INCIDENT_PROVIDER_SPP, 1016, EVENT_USE_KEY_INSTALLED},
        {INCIDENT_PROVIDER_SPP, 1022, EVENT_USE_SPP_TAMPERED},
        {INCIDENT_PROVIDER_SPP, 1064, EVENT_USE_SPP_TAMPERED},
        {INCIDENT_PROVIDER_SPP, 8205, EVENT_USE_SPP_RESET},
        {INCIDENT_PROVIDER_SPP, 8206, EVENT_USE_SPP_RESET},
        {INCIDENT_PROVIDER_SPP, 12306, EVENT_USE_SPP_RESET},
        {INCIDENT_PROVIDER_SPP, 12307, -1},
        {INCIDENT_PROVIDER_SPP, 8197, -1},
        {INCIDENT_PROVIDER_SPP, 902, -1},
        {INCIDENT_PROVIDER_WAT, 13, EVENT_USE_WAT_13},
        {INCIDENT_PROVIDER_WAT, 1, EVENT_USE_WAT_OTHER},
        {INCIDENT_PROVIDER_WAT, 65535, EVENT_USE_WAT_OTHER},
        {INCIDENT_PROVIDER_UPDATE_CLIENT, 19, EVENT_USE_UPDATE_INSTALLED},
        {INCIDENT_PROVIDER_UPDATE_CLIENT, 20, EVENT_USE_UPDATE_FAILED},
        {INCIDENT_PROVIDER_UPDATE_CLIENT, 21, -1},
        {INCIDENT_PROVIDER_SERVICING, 1, EVENT_USE_PACKAGE_CHANGE},
        {INCIDENT_PROVIDER_SERVICING, 2, EVENT_USE_PACKAGE_REACHED},
        {INCIDENT_PROVIDER_SERVICING, 3, EVENT_USE_PACKAGE_CHANGE},
        {INCIDENT_PROVIDER_SERVICING, 4, EVENT_USE_PACKAGE_CHANGE},
        {INCIDENT_PROVIDER_SERVICING, 5, -1},
        {INCIDENT_PROVIDER_EVENTLOG, 6009, EVENT_USE_OS_VERSION},
        {INCIDENT_PROVIDER_KERNEL, 1, EVENT_USE_CLOCK},
        {"Software Protection Platform Service", 8209, -1},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        const struct incident_event *event =
            incident_find_event(cases[index].provider, cases[index].id);

        ck_assert_msg((event == NULL ? -1 : (int)event->use) == cases[index].use, "%s %u",
                      cases[index].provider, cases[index].id);
    }
}
END_TEST

START_TEST(editions_have_the_keys_of_the_article)
{
    static const char *const facts[][3] = {
        {"Windows 7 Professional", "FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4",
         "b92e9980-b9d5-4821-9c94-140f632f6312"},
        {"Windows 7 Professional N", "MRPKT-YTG23-K7D7T-X2JMM-QY7MG",
         "54a09a0d-d57b-4c10-8b69-a842d6590ad5"},
        {"Windows 7 Professional E", "W82YF-2Q76Y-63HXB-FGJG9-GF7QX",
         "5a041529-fef8-4d07-b06f-b59b573b32d2"},
        {"Windows 7 Enterprise", "33PXH-7Y6KF-2VJC9-XBBR8-HVTHH",
         "ae2ee509-1b34-41c0-acb7-6d4650168915"},
        {"Windows 7 Enterprise N", "YDRBP-3D83W-TY26F-D46B2-XCKRJ",
         "1cb6d605-11b3-4e14-bb30-da91c8e3983a"},
        {"Windows 7 Enterprise E", "C29WB-22CC8-VJ326-GHFJW-H9DH4",
         "46bbed08-9c7b-48fc-a614-95250573f4ea"},
    };

    ck_assert_uint_eq(EDITION_COUNT, ARRAY_COUNT(facts));
    for (size_t index = 0; index < EDITION_COUNT; index++) {
        const struct incident_edition *edition = incident_find_edition(facts[index][0]);
        const struct incident_licence *licence = incident_find_licence(facts[index][2]);

        ck_assert_ptr_nonnull(edition);
        ck_assert_str_eq(edition->kms_client_key, facts[index][1]);
        ck_assert_str_eq(edition->activation_id, facts[index][2]);
        ck_assert_ptr_eq(licence->edition, edition);
        ck_assert_int_eq(licence->channel, LICENCE_CHANNEL_VOLUME_KMS);
        for (size_t other = 0; other < index; other++) {
            ck_assert_str_ne(incident_editions[other].slug, incident_editions[index].slug);
            ck_assert_str_ne(incident_editions[other].registry, incident_editions[index].registry);
        }
    }
    ck_assert_ptr_null(incident_find_edition("Windows 7 Ultimate"));
}
END_TEST

START_TEST(licences_tell_the_channel)
{
    static const struct {
        const char *id;
        enum licence_channel channel;
        bool not_windows_7;
    } cases[] = {
        {"{9ABF5984-9C16-46F2-AD1E-7FE15931A8DD}", LICENCE_CHANNEL_VOLUME_MAK, false},
        {"d188820a-cb63-4bad-a9a2-40b843ee23b7", LICENCE_CHANNEL_KMS_HOST, false},
        {"8dffd6e4-0497-4c35-b7d7-e47cf464cf30", LICENCE_CHANNEL_OTHER, false},
        {"68531fb9-5511-4989-97be-d11a0f55633f", LICENCE_CHANNEL_VOLUME_KMS, true},
        {"00000000-0000-0000-0000-000000000000", LICENCE_CHANNEL_OTHER, false},
        {"", LICENCE_CHANNEL_OTHER, false},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        const struct incident_licence *licence = incident_find_licence(cases[index].id);

        ck_assert_msg(licence->channel == cases[index].channel, "%s", cases[index].id);
        ck_assert_msg(licence->not_windows_7 == cases[index].not_windows_7, "%s", cases[index].id);
        ck_assert_ptr_null(licence->edition);
    }
}
END_TEST

START_TEST(guids_compare_without_case_and_braces)
{
    ck_assert(guid_equal("{55C92734-D682-4D71-983E-D6EC3F16059F}",
                         " 55c92734-d682-4d71-983e-d6ec3f16059f\r\n"));
    ck_assert(!guid_equal("55c92734-d682-4d71-983e-d6ec3f16059f",
                          "55c92734-d682-4d71-983e-d6ec3f16059e"));
    ck_assert(!guid_equal("55c92734", "55c92734-d682-4d71-983e-d6ec3f16059f"));
    ck_assert(!guid_equal("", ""));
    ck_assert(!guid_equal("{}", ""));
}
END_TEST

static struct observation clock_step(struct observation_string strings[2], const char *new_time,
                                     const char *old_time)
{
    strings[0] = (struct observation_string){"NewTime", new_time};
    strings[1] = (struct observation_string){"OldTime", old_time};
    return (struct observation){
        .provider = INCIDENT_PROVIDER_KERNEL, .event_id = 1, .strings = strings, .string_count = 2};
}

START_TEST(clock_steps_count_when_they_touch_the_window)
{
    static const struct {
        const char *new_time, *old_time;
        bool counts;
    } cases[] = {
        {"2019-01-08T11:00:00Z", "2019-01-08T11:05:00Z", false}, /* not more than 5 minutes */
        {"2019-01-08T11:00:00Z", "2019-01-08T11:05:00.0000001Z", true},
        {"2019-01-08T12:00:00Z", "2019-01-08T11:00:00Z", false}, /* forward */
        {"2019-01-08T09:00:00Z", "2019-01-08T10:00:00Z", true},  /* old time at the start */
        {"2019-01-08T09:00:00Z", "2019-01-08T09:59:59Z", false},
        {"2019-01-09T04:30:00Z", "2019-01-09T06:00:00Z", true}, /* new time at the end */
        {"2019-01-09T04:30:01Z", "2019-01-09T06:00:00Z", false},
        {"2019-01-01T00:00:00Z", "2019-02-01T00:00:00Z", true}, /* jumps over it */
        {"nonsense", "2019-02-01T00:00:00Z", false},
    };
    struct observation_string strings[2];

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct observation step = clock_step(strings, cases[index].new_time, cases[index].old_time);

        ck_assert_msg(incident_is_clock_change(&step, &incident_window) == cases[index].counts,
                      "%s", cases[index].old_time);
        ck_assert(incident_keeps(incident_find_event(step.provider, 1), &step, &incident_window) ==
                  cases[index].counts);
    }
    ck_assert(!incident_is_clock_change(&(struct observation){0}, &incident_window));
}
END_TEST

START_TEST(updates_are_kept_only_when_they_are_named)
{
    struct observation_string title = {"updateTitle", "Update for Windows 7 (KB971033)"};
    struct observation update = {.provider = INCIDENT_PROVIDER_UPDATE_CLIENT,
                                 .event_id = 19,
                                 .strings = &title,
                                 .string_count = 1};
    const struct incident_event *event = incident_find_event(update.provider, 19);

    ck_assert(incident_keeps(event, &update, &incident_window));
    ck_assert_str_eq(incident_named_update(&update)->name, "KB971033");
    title.value = "Microsoft-Windows-Security-WindowsActivationTechnologies-package~"
                  "31bf3856ad364e35~amd64~~7.1.7600.16395";
    ck_assert(incident_keeps(event, &update, &incident_window));
    ck_assert(incident_names_kb971033(title.value));
    title.value = "Security update (KB4480970)";
    ck_assert(!incident_names_kb971033(title.value));
    ck_assert(incident_keeps(event, &update, &incident_window));
    ck_assert(incident_named_update(&update)->coincident);
    title.value = "Update (KB9710331)";
    ck_assert(!incident_keeps(event, &update, &incident_window));
}
END_TEST

static Suite *incident_suite(void)
{
    Suite *suite = suite_create("incident");
    TCase *cases = tcase_create("incident");

    tcase_add_test(cases, window_has_both_its_ends);
    tcase_add_test(cases, refusals_are_the_codes_of_licensing);
    tcase_add_test(cases, codes_are_spelled_out);
    tcase_add_test(cases, event_table_names_what_the_facts_name);
    tcase_add_test(cases, editions_have_the_keys_of_the_article);
    tcase_add_test(cases, licences_tell_the_channel);
    tcase_add_test(cases, guids_compare_without_case_and_braces);
    tcase_add_test(cases, clock_steps_count_when_they_touch_the_window);
    tcase_add_test(cases, updates_are_kept_only_when_they_are_named);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(incident_suite());
}
