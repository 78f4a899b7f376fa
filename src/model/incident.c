/* SPDX-License-Identifier: Apache-2.0 */
/* The incident as data. Sources of the rows: Microsoft KB 4487266 (window, codes, keys, package),
 * the message table of sppsvc.exe 6.1.7600 (events), the Volume Activation Technical Reference
 * (12288, 12289), public activation id tables (licences). */
#include "model/incident.h"

#include <ctype.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"

/* A step back of the clock counts when it is longer than this (DESIGN section 6). */
#define CLOCK_STEP_LEAST (5 * FILETIME_MINUTE)

/* 131914152000000000 is 2019-01-08T10:00:00Z, 131914818000000000 2019-01-09T04:30:00Z. */
const struct window incident_window = {
    .start_filetime = UINT64_C(131914152000000000),
    .end_filetime = UINT64_C(131914818000000000),
};

bool window_contains(const struct window *window, uint64_t filetime)
{
    return filetime != 0 && filetime >= window->start_filetime && filetime <= window->end_filetime;
}

bool incident_is_refusal(uint32_t code)
{
    return code >> 16 == 0xC004 && code != INCIDENT_CODE_NO_KMS;
}

bool incident_is_non_genuine(uint32_t code)
{
    static const uint32_t codes[] = {
        INCIDENT_CODE_NON_GENUINE, 0xC004F064, 0xC004F065, 0x4004F065, 0xC004F067, 0x4004F068};

    for (size_t index = 0; index < ARRAY_COUNT(codes); index++)
        if (codes[index] == code)
            return true;
    return false;
}

struct code_meaning {
    uint32_t code;
    const char *meaning;
};

/* slerror.h of the SDK, and the message tables of Windows. */
static const struct code_meaning code_meanings[] = {
    {0xC004F200, "non-genuine"},
    {0xC004C4A2, "product key blocked, says the validation server: the code of the incident"},
    {0xC004C4A1, "genuine validation: hash of a file invalid (tampering)"},
    {0xC004C4A4, "genuine validation: type of the product key invalid"},
    {0xC004C4A5, "genuine validation: product key invalid"},
    {0xC004C4A7, "genuine validation: OEM or volume binding data invalid"},
    {0xC004C4A8, "genuine validation: licence state invalid"},
    {0xC004C4AB, "genuine validation: activation exploit detected"},
    {0xC004F064, "non-genuine grace period expired"},
    {0xC004F067, "non-genuine grace period expired"},
    {0xC004F065, "running within the non-genuine period"},
    {0x4004F065, "running within the non-genuine grace period"},
    {0x4004F068, "running within the non-genuine grace period"},
    {0xC004F009, "grace period expired"},
    {0xC004F034, "not licensed"},
    {0xC004F056, "KMS client not activated"},
    {0xC004F014, "product key not available"},
    {0xC004F00F, "hardware out of tolerance"},
    {0xC004F074, "no KMS could be contacted"},
    {0xC004F038, "KMS count insufficient"},
    {0xC004F039, "KMS not enabled"},
    {0xC004F041, "KMS host not activated"},
    {0xC004F042, "this KMS cannot be used"},
    {0xC004F06C, "KMS: request time stamp invalid"},
    {0xC004F035, "not activatable with a volume key"},
    {0xC004F050, "product key invalid"},
    {0xC004F051, "product key blocked"},
    {0xC004C001, "product key invalid"},
    {0xC004C003, "product key blocked"},
    {0xC004C008, "product key over its activation count"},
    {0xC004C020, "MAK over its activation limit"},
    {0x8007232B, "DNS name does not exist"},
    {0x8007232A, "DNS server failure"},
    {0x8007251D, "no DNS record"},
    {0x80072EE7, "server name not resolved"},
    {0x80072EE2, "time-out"},
    {0x80072EFD, "no connection"},
    {0x80072EFE, "connection broken"},
    {0x800706BA, "RPC server unavailable"},
    {0x80070005, "access denied"},
};

const char *incident_code_meaning(uint32_t code)
{
    for (size_t index = 0; index < ARRAY_COUNT(code_meanings); index++)
        if (code_meanings[index].code == code)
            return code_meanings[index].meaning;
    return NULL;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

bool code_parse(const char *text, uint32_t *out)
{
    uint32_t value = 0;
    size_t digits = 0;

    text = skip_blanks(text);
    if (strncmp(text, "hr", 2) == 0) {
        text = skip_blanks(text + 2);
        if (*text != '=')
            return false;
        text = skip_blanks(text + 1);
    }
    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
        return false;
    for (text += 2; isxdigit((unsigned char)*text); text++, digits++) {
        int letter = tolower((unsigned char)*text);

        value = value << 4 | (uint32_t)(isdigit(letter) ? letter - '0' : letter - 'a' + 10);
    }
    if (digits == 0 || digits > 8 || *skip_blanks(text) != '\0')
        return false;
    *out = value;
    return true;
}

/* The event table, by provider. Rows that name an id stand before a row of EVENT_ANY_ID. */
static const struct incident_event spp_events[] = {
    {INCIDENT_PROVIDER_SPP, 8196, EVENT_USE_SPP_8196, EVENT_KEEP_ALL,
     "licence activation scheduler could not activate"},
    {INCIDENT_PROVIDER_SPP, 8208, EVENT_USE_SPP_8208, EVENT_KEEP_ALL,
     "acquisition of genuine ticket failed"},
    {INCIDENT_PROVIDER_SPP, 8209, EVENT_USE_SPP_8209, EVENT_KEEP_ALL,
     "genuine state set to non-genuine"},
    {INCIDENT_PROVIDER_SPP, 1014, EVENT_USE_SPP_CODE, EVENT_KEEP_ALL,
     "acquisition of end user licence failed"},
    {INCIDENT_PROVIDER_SPP, 8193, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence activation scheduler failed"},
    {INCIDENT_PROVIDER_SPP, 8194, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence activation scheduler failed"},
    {INCIDENT_PROVIDER_SPP, 8195, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence activation scheduler failed"},
    {INCIDENT_PROVIDER_SPP, 8198, EVENT_USE_SPP_CODE, EVENT_KEEP_ALL, "licence activation failed"},
    {INCIDENT_PROVIDER_SPP, 8200, EVENT_USE_SPP_CODE, EVENT_KEEP_ALL,
     "licence acquisition failure details"},
    {INCIDENT_PROVIDER_SPP, 12304, EVENT_USE_SPP_TICKET_ACQUIRED, EVENT_KEEP_ALL,
     "genuine ticket acquired"},
    {INCIDENT_PROVIDER_SPP, 12305, EVENT_USE_SPP_GENUINE, EVENT_KEEP_ALL,
     "genuine state set to genuine"},
    {INCIDENT_PROVIDER_SPP, 12288, EVENT_USE_KMS_REQUEST, EVENT_KEEP_ALL,
     "KMS client sent an activation request"},
    {INCIDENT_PROVIDER_SPP, 12289, EVENT_USE_KMS_ANSWER, EVENT_KEEP_ALL,
     "KMS client processed the answer of its KMS host"},
    {INCIDENT_PROVIDER_SPP, 12290, EVENT_USE_KMS_SEEN, EVENT_KEEP_ALL,
     "KMS host got an activation request"},
    {INCIDENT_PROVIDER_SPP, 1003, EVENT_USE_LICENCES, EVENT_KEEP_FIRST_AND_LAST,
     "licensing status check completed"},
    {INCIDENT_PROVIDER_SPP, 1016, EVENT_USE_KEY_INSTALLED, EVENT_KEEP_ALL, "product key installed"},
    {INCIDENT_PROVIDER_SPP, 1022, EVENT_USE_SPP_TAMPERED, EVENT_KEEP_ALL,
     "the system was tampered with"},
    {INCIDENT_PROVIDER_SPP, 1064, EVENT_USE_SPP_TAMPERED, EVENT_KEEP_ALL,
     "activation needed after tampering with the trusted store"},
    {INCIDENT_PROVIDER_SPP, 8205, EVENT_USE_SPP_RESET, EVENT_KEEP_ALL,
     "token store corrupt, an empty one made"},
    {INCIDENT_PROVIDER_SPP, 8206, EVENT_USE_SPP_RESET, EVENT_KEEP_ALL,
     "token store not found, an empty one made"},
    {INCIDENT_PROVIDER_SPP, 12306, EVENT_USE_SPP_RESET, EVENT_KEEP_ALL, "rearmed"},
};

static const struct incident_event slc_events[] = {
    {INCIDENT_PROVIDER_SLC, 12290, EVENT_USE_KMS_SEEN, EVENT_KEEP_ALL,
     "KMS host got an activation request"},
};

static const struct incident_event wat_events[] = {
    {INCIDENT_PROVIDER_WAT, 13, EVENT_USE_WAT_13, EVENT_KEEP_ALL, "genuine validation result"},
    {INCIDENT_PROVIDER_WAT, EVENT_ANY_ID, EVENT_USE_WAT_OTHER, EVENT_KEEP_ALL,
     "ran, so " INCIDENT_UPDATE " is installed"},
};

static const struct incident_event update_client_events[] = {
    {INCIDENT_PROVIDER_UPDATE_CLIENT, 19, EVENT_USE_UPDATE_INSTALLED, EVENT_KEEP_NAMED_UPDATES,
     "update installed"},
    {INCIDENT_PROVIDER_UPDATE_CLIENT, 20, EVENT_USE_UPDATE_FAILED, EVENT_KEEP_NAMED_UPDATES,
     "update failed to install"},
};

static const struct incident_event servicing_events[] = {
    {INCIDENT_PROVIDER_SERVICING, 1, EVENT_USE_PACKAGE_CHANGE, EVENT_KEEP_NAMED_UPDATES,
     "package change begins"},
    {INCIDENT_PROVIDER_SERVICING, 2, EVENT_USE_PACKAGE_REACHED, EVENT_KEEP_NAMED_UPDATES,
     "package reached a state"},
    {INCIDENT_PROVIDER_SERVICING, 3, EVENT_USE_PACKAGE_CHANGE, EVENT_KEEP_NAMED_UPDATES,
     "package change failed"},
    {INCIDENT_PROVIDER_SERVICING, 4, EVENT_USE_PACKAGE_CHANGE, EVENT_KEEP_NAMED_UPDATES,
     "package change waits for a restart"},
};

static const struct incident_event eventlog_events[] = {
    {INCIDENT_PROVIDER_EVENTLOG, 6009, EVENT_USE_OS_VERSION, EVENT_KEEP_ALL,
     "Windows version at start"},
};

static const struct incident_event kernel_events[] = {
    {INCIDENT_PROVIDER_KERNEL, 1, EVENT_USE_CLOCK, EVENT_KEEP_CLOCK_STEPS, "system time changed"},
};

#define PROVIDER(provider_name, rows) \
    {.name = (provider_name), .events = (rows), .event_count = ARRAY_COUNT(rows)}

const struct incident_provider incident_providers[] = {
    PROVIDER(INCIDENT_PROVIDER_SPP, spp_events),
    PROVIDER(INCIDENT_PROVIDER_SLC, slc_events),
    PROVIDER(INCIDENT_PROVIDER_WAT, wat_events),
    PROVIDER(INCIDENT_PROVIDER_UPDATE_CLIENT, update_client_events),
    PROVIDER(INCIDENT_PROVIDER_SERVICING, servicing_events),
    PROVIDER(INCIDENT_PROVIDER_EVENTLOG, eventlog_events),
    PROVIDER(INCIDENT_PROVIDER_KERNEL, kernel_events),
};
const size_t incident_provider_count = ARRAY_COUNT(incident_providers);

const struct incident_event *incident_provider_event(const struct incident_provider *provider,
                                                     uint16_t event_id)
{
    for (size_t index = 0; index < provider->event_count; index++)
        if (provider->events[index].event_id == event_id ||
            provider->events[index].event_id == EVENT_ANY_ID)
            return &provider->events[index];
    return NULL;
}

const struct incident_event *incident_find_event(const char *provider, uint16_t event_id)
{
    for (size_t index = 0; index < incident_provider_count; index++)
        if (strcmp(incident_providers[index].name, provider) == 0)
            return incident_provider_event(&incident_providers[index], event_id);
    return NULL;
}

MAKE_WORDS(update_id, UPDATES, UPDATE_ID_COUNT)

#define UPDATE_ROW(id, name, package, coincident) [id] = {id, name, package, coincident},

const struct incident_update incident_updates[UPDATE_ID_COUNT] = {UPDATES(UPDATE_ROW)};

static bool text_names_update(const char *text, const struct incident_update *update)
{
    return text_has_number_word(text, update->name) ||
           (update->package != NULL && strcasestr(text, update->package) != NULL);
}

bool incident_names_kb971033(const char *text)
{
    return text_names_update(text, &incident_updates[UPDATE_ID_KB971033]);
}

const struct incident_update *incident_find_update(const char *text)
{
    for (size_t update = 0; update < UPDATE_ID_COUNT; update++)
        if (text_names_update(text, &incident_updates[update]))
            return &incident_updates[update];
    return NULL;
}

const struct incident_update *incident_named_update(const struct observation *observation)
{
    for (size_t update = 0; update < UPDATE_ID_COUNT; update++)
        for (size_t index = 0; index < observation->string_count; index++)
            if (text_names_update(observation->strings[index].value, &incident_updates[update]))
                return &incident_updates[update];
    return NULL;
}

bool incident_is_clock_change(const struct observation *observation, const struct window *window)
{
    const char *new_text = observation_named(observation, "NewTime");
    const char *old_text = observation_named(observation, "OldTime");
    uint64_t new_time, old_time;

    if (new_text == NULL || old_text == NULL || !filetime_parse(new_text, &new_time) ||
        !filetime_parse(old_text, &old_time))
        return false;
    if (old_time <= new_time || old_time - new_time <= CLOCK_STEP_LEAST)
        return false;
    return window_contains(window, old_time) || window_contains(window, new_time) ||
           (new_time < window->start_filetime && old_time > window->end_filetime);
}

bool incident_keeps(const struct incident_event *event, const struct observation *observation,
                    const struct window *window)
{
    switch (event->keep) {
    case EVENT_KEEP_ALL:
    case EVENT_KEEP_FIRST_AND_LAST:
        return true;
    case EVENT_KEEP_NAMED_UPDATES:
        return incident_named_update(observation) != NULL;
    case EVENT_KEEP_CLOCK_STEPS:
        return incident_is_clock_change(observation, window);
    }
    return true;
}

bool incident_may_decide(const struct incident_event *event)
{
    static const bool decides[] = {EVENT_USES(WORDS_WORD)};

    static_assert(ARRAY_COUNT(decides) == EVENT_USE_COUNT, "an answer for each use");
    return decides[event->use];
}

#define EDITION_ROW(enumerator, ...) [enumerator] = {__VA_ARGS__},

const struct incident_edition incident_editions[EDITION_COUNT] = {EDITIONS(EDITION_ROW)};

const struct incident_edition *incident_find_edition(const char *name)
{
    for (size_t index = 0; index < EDITION_COUNT; index++)
        if (strcmp(incident_editions[index].name, name) == 0)
            return &incident_editions[index];
    return NULL;
}

const struct incident_edition *incident_find_partial_key(const char *partial_key)
{
    for (size_t index = 0; index < EDITION_COUNT; index++) {
        const char *last_group = strrchr(incident_editions[index].kms_client_key, '-') + 1;

        if (text_equal_ascii(last_group, partial_key))
            return &incident_editions[index];
    }
    return NULL;
}

#define KMS_CLIENT(enumerator, ...) \
    {.edition = &incident_editions[enumerator], .channel = LICENCE_CHANNEL_VOLUME_KMS},
#define SERVER(id, label)                   \
    {.activation_id = (id),                 \
     .channel = LICENCE_CHANNEL_VOLUME_KMS, \
     .not_windows_7 = true,                 \
     .name = (label)}
#define ADD_ON(id, label) \
    {.activation_id = (id), .channel = LICENCE_CHANNEL_UNKNOWN, .is_add_on = true, .name = (label)}

/* KMS client licences take id and name from their edition. Add-ons: Microsoft, "Obtaining Extended
 * Security Updates for eligible Windows devices", activation ids. */
static const struct incident_licence licences[] = {
    {.activation_id = INCIDENT_MAK_ID,
     .channel = LICENCE_CHANNEL_VOLUME_MAK,
     .name = "Windows 7 volume editions, MAK"},
    {.activation_id = INCIDENT_KMS_HOST_ID,
     .channel = LICENCE_CHANNEL_KMS_HOST,
     .name = "Windows 7 KMS host"},
    {.activation_id = "8dffd6e4-0497-4c35-b7d7-e47cf464cf30",
     .channel = LICENCE_CHANNEL_OTHER,
     .name = "Windows 7 Enterprise evaluation"},
    SERVER("68531fb9-5511-4989-97be-d11a0f55633f", "Windows Server 2008 R2 Standard"),
    SERVER("620e2b3d-09e7-42fd-802a-17a13652fe7a", "Windows Server 2008 R2 Enterprise"),
    SERVER("7482e61b-c589-4b7f-8ecc-46d455ac3b87", "Windows Server 2008 R2 Datacenter"),
    SERVER("a78b8bd9-8017-4df5-b86a-09f756affa7c", "Windows Server 2008 R2 Web"),
    SERVER("cda18cf3-c196-46ad-b289-60c072869994", "Windows Server 2008 R2 HPC"),
    SERVER("8a26851c-1c7e-48d3-a687-fbca9b9ac16b", "Windows Server 2008 R2 for Itanium"),
    SERVER("f772515c-0e87-48d5-a676-e6962c3e1195", "Windows MultiPoint Server 2010"),
    ADD_ON("77db037b-95c3-48d7-a3ab-a9c6d41093e0", "Windows 7 ESU, year 1"),
    ADD_ON("0e00c25d-8795-4fb7-9572-3803d91b6880", "Windows 7 ESU, year 2"),
    ADD_ON("4220f546-f522-46df-8202-4d07afd26454", "Windows 7 ESU, year 3"),
    EDITIONS(KMS_CLIENT)};

static const struct incident_licence other_licence = {
    .activation_id = "", .channel = LICENCE_CHANNEL_OTHER, .name = "a licence of another kind"};

const struct incident_licence *incident_find_known_licence(const char *activation_id)
{
    char guid[GUID_TEXT_BYTES];

    if (!guid_read(activation_id, strlen(activation_id), guid))
        return NULL;
    for (size_t index = 0; index < ARRAY_COUNT(licences); index++) {
        const struct incident_licence *licence = &licences[index];
        const char *id =
            licence->edition != NULL ? licence->edition->activation_id : licence->activation_id;

        if (strcmp(id, guid) == 0)
            return licence;
    }
    return NULL;
}

const struct incident_licence *incident_find_licence(const char *activation_id)
{
    const struct incident_licence *known = incident_find_known_licence(activation_id);

    return known != NULL ? known : &other_licence;
}

/* Activation ids of KMS clients of Office, from the public tables of KMS products. */
static const char *const office_ids[] = {
    /* Office 2010 */
    "8ce7e872-188c-4b98-9d90-f8f90b7aad02",
    "cee5d470-6e3b-4fcc-8c2b-d17428568a9f",
    "8947d0b8-c33b-43e1-8c56-9b674c052832",
    "ca6b6639-4ad6-40ae-a575-14dee07f6430",
    "09ed9640-f020-400a-acd8-d7d867dfd9c2",
    "ef3d4e49-a53d-4d81-a2b1-2ca6c2556b2c",
    "ab586f5c-5256-4632-962f-fefd8b49e6f4",
    "ecb7c192-73ab-4ded-acf4-2399b095d0cc",
    "45593b1d-dfb1-4e91-bbfb-2d5d0ce2227a",
    "6f327760-8c5c-417c-9b61-836a98287e0c",
    "df133ff7-bf14-4f95-afe3-7b48e7e331ef",
    "5dc7bf61-5ec9-4996-9ccb-df806a2d0efe",
    "b50c4f75-599b-43e8-8dcd-1081a7967241",
    "ea509e87-07a1-4a45-9edc-eba5a39f36af",
    "9da2a678-fb6b-4e67-ab84-60dd6a9c819a",
    "92236105-bb67-494f-94c7-7f7a607929bd",
    "e558389c-83c3-4b29-adfe-5e4d7f46c358",
    "9ed833ff-4f92-4f36-b370-8683a4f13275",
    "2d0882e7-a4e7-423b-8ccc-70d91e0158b1",
    /* Office 2013 */
    "6ee7622c-18d8-4005-9fb7-92db644a279b",
    "f7461d52-7c2b-43b2-8744-ea958e0bd09a",
    "a30b8040-d68a-423f-b0b5-9ce292ea5a8f",
    "1b9f11e3-c85c-4e1b-bb29-879ad2c909e3",
    "dc981c6b-fc8e-420f-aa43-f8f33e5c0923",
    "efe1f3e6-aea2-4144-a208-32aa872b6545",
    "771c3afa-50c5-443f-b151-ff2546d863a0",
    "8c762649-97d1-4953-ad27-b7e2c25b972e",
    "b322da9c-a2e2-4058-9e4e-f59a6970bd69",
    "4a5d124a-e620-44ba-b6ff-658961b33b9a",
    "427a28d1-d17c-4abf-b717-32c780ba6f07",
    "00c79ff1-6850-443d-bf61-71cde0de305f",
    "b13afb38-cd79-4ae5-9f7f-eed058d750ca",
    "e13ac10e-75d0-4aff-a0cd-764982cf541c",
    "ac4efaf0-f81f-4f61-bdf7-ea32b02ab117",
    "d9f5b1c6-5386-495a-88f9-9ad6b41ac9b3",
    /* Office 2013 preview */
    "44b538e2-fb34-4732-81e4-644c17d2e746",
    "9373bfa0-97b3-4587-ab73-30934461d55c",
    "aa286eb4-556f-4eeb-967c-c1b771b7673e",
    "7ccc8256-fbaa-49c6-b2a9-f5afb4257cd2",
    "c53dfe17-cc00-4967-b188-a088a965494d",
    "2816a87d-e1ed-4097-b311-e2341c57b179",
    "67c0f908-184f-4f64-8250-12db797ab3c3",
    "7bce4e7a-dd80-4682-98fa-f993725803d2",
    "1ec10c0a-54f6-453e-b85a-6fa1bbfea9b7",
    "87d2b5bf-d47b-41fb-af62-71c382f5cc85",
    "3cfe50a9-0e03-4b29-9754-9f193f07b71f",
    "39e49e57-ae68-4ee3-b098-26480df3da96",
    "15aa2117-8f79-49a8-8317-753026d6a054",
    "cfbfd60e-0b5f-427d-917c-a4df42a80e44",
    "7012cc81-8887-42e9-b17d-4e5e42760f0d",
    "de9c7eb6-5a85-420d-9703-fff11bdd4d43",
    /* Office 2016 */
    "67c0fc0c-deba-401b-bf8b-9c8ad8395804",
    "c3e65d36-141f-4d2f-a303-a842ee756a29",
    "9caabccb-61b1-4b4b-8bec-d10a3c3ac2ce",
    "e914ea6e-a5fa-4439-a394-a9bb3293ca09",
    "d8cace59-33d2-4ac7-9b1b-9b72339c51c8",
    "ec9d9265-9d1e-4ed0-838a-cdc20f2551a1",
    "d70b1bba-b893-4544-96e2-b7a318091c33",
    "d450596f-894d-49e0-966a-fd39ed4c4c64",
    "4f414197-0fc2-4c01-b68a-86cbb9ac254c",
    "829b8110-0e6f-4349-bca4-42803577788d",
    "da7ddabc-3fbe-4447-9e01-6ab7440b4cd4",
    "cbbaca45-556a-4416-ad03-bda598eaa7c8",
    "041a06cb-c5b8-4772-809f-416d03d16654",
    "83e04ee1-fa8d-436d-8994-d31a862cab77",
    "dedfa23d-6ed1-45a6-85dc-63cae0546de6",
    "6bf301c1-b94a-43e9-ba31-d494598c47fb",
    "b234abe3-0857-4f9c-b05a-4dc314f85557",
    "aa2a7821-1827-4c2c-8f1d-4513a34dda97",
    "361fe620-64f4-41b5-ba77-84f8e079b1f7",
    "bb11badf-d8aa-470e-9311-20eaf80fe5cc",
    /* Office 2019 */
    "0bc88885-718c-491d-921f-6f214349e79c",
    "fc7c4d0c-2e85-4bb9-afd4-01ed1476b5e9",
    "500f6619-ef93-4b75-bcb4-82819998a3ca",
    "9e9bceeb-e736-4f26-88de-763f87dcc485",
    "237854e9-79fc-4497-a0c1-a70969691c6b",
    "c8f8a301-19f5-4132-96ce-2de9d4adbd33",
    "3131fd61-5e4f-4308-8d6d-62be1987c92c",
    "85dd8b5f-eaa4-4af3-a628-cce9e77c9a03",
    "2ca2bf3f-949e-446a-82c7-e25a15ec78c4",
    "1777f0e3-7392-4198-97ea-8ae4de6f6381",
    "9d3e4cca-e172-46f1-a2f4-1d2107051444",
    "734c6c6e-b0ba-4298-a891-671772b2bd1b",
    "6912a74b-a5fb-401a-bfdb-2e3ab46f4b02",
    "5b5cf08f-b81a-431d-b080-3450d8620565",
    "e06d7df3-aad0-419d-8dfb-0ac37e2bdf39",
    "059834fe-a8ea-4bff-b67b-4d006b5447d3",
};

bool incident_is_office(const char *activation_id)
{
    char guid[GUID_TEXT_BYTES];

    if (!guid_read(activation_id, strlen(activation_id), guid))
        return false;
    for (size_t index = 0; index < ARRAY_COUNT(office_ids); index++)
        if (strcmp(office_ids[index], guid) == 0)
            return true;
    return false;
}

/* Narrows [*text, *text + *length) to what stands between blanks and braces. */
static void guid_trim(const char **text, size_t *length)
{
    while (*length > 0 && strchr(" \t\r\n{", **text) != NULL) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && strchr(" \t\r\n}", (*text)[*length - 1]) != NULL)
        (*length)--;
}

bool guid_equal(const char *left, const char *right)
{
    size_t left_length = strlen(left);
    size_t right_length = strlen(right);

    guid_trim(&left, &left_length);
    guid_trim(&right, &right_length);
    if (left_length == 0 || left_length != right_length)
        return false;
    for (size_t index = 0; index < left_length; index++)
        if (tolower((unsigned char)left[index]) != tolower((unsigned char)right[index]))
            return false;
    return true;
}

bool guid_read(const char *text, size_t length, char out[GUID_TEXT_BYTES])
{
    guid_trim(&text, &length);
    if (length != GUID_TEXT_BYTES - 1)
        return false;
    for (size_t index = 0; index < length; index++) {
        bool dash = index == 8 || index == 13 || index == 18 || index == 23;

        if (dash ? text[index] != '-' : !isxdigit((unsigned char)text[index]))
            return false;
        out[index] = (char)tolower((unsigned char)text[index]);
    }
    out[length] = '\0';
    return true;
}
