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
    return code >> 16 == 0xC004;
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

/* The event table, by provider. Rows that name an id stand before a row of EVENT_ANY_ID. */
static const struct incident_event spp_events[] = {
    {INCIDENT_PROVIDER_SPP, 8196, EVENT_USE_SPP_8196, EVENT_KEEP_ALL,
     "licence activation scheduler could not activate"},
    {INCIDENT_PROVIDER_SPP, 8208, EVENT_USE_SPP_8208, EVENT_KEEP_ALL,
     "acquisition of genuine ticket failed"},
    {INCIDENT_PROVIDER_SPP, 8209, EVENT_USE_SPP_8209, EVENT_KEEP_ALL,
     "genuine state set to non-genuine"},
    {INCIDENT_PROVIDER_SPP, 1014, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "acquisition of end user licence failed"},
    {INCIDENT_PROVIDER_SPP, 8193, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence activation scheduler failed"},
    {INCIDENT_PROVIDER_SPP, 8194, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence activation scheduler failed"},
    {INCIDENT_PROVIDER_SPP, 8195, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence activation scheduler failed"},
    {INCIDENT_PROVIDER_SPP, 8198, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL, "licence activation failed"},
    {INCIDENT_PROVIDER_SPP, 8200, EVENT_USE_SPP_FAULT, EVENT_KEEP_ALL,
     "licence acquisition failure details"},
    {INCIDENT_PROVIDER_SPP, 12304, EVENT_USE_SPP_TICKET_ACQUIRED, EVENT_KEEP_ALL,
     "genuine ticket acquired"},
    {INCIDENT_PROVIDER_SPP, 12305, EVENT_USE_SPP_GENUINE, EVENT_KEEP_ALL,
     "genuine state set to genuine"},
    {INCIDENT_PROVIDER_SPP, 12288, EVENT_USE_KMS_REQUEST, EVENT_KEEP_ALL,
     "KMS client sent an activation request"},
    {INCIDENT_PROVIDER_SPP, 12289, EVENT_USE_KMS_ANSWER, EVENT_KEEP_ALL,
     "KMS client processed the answer of its KMS host"},
    {INCIDENT_PROVIDER_SPP, 1003, EVENT_USE_LICENCES, EVENT_KEEP_FIRST_AND_LAST,
     "licensing status check completed"},
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
    {.activation_id = "9abf5984-9c16-46f2-ad1e-7fe15931a8dd",
     .channel = LICENCE_CHANNEL_VOLUME_MAK,
     .name = "Windows 7 volume editions, MAK"},
    {.activation_id = "d188820a-cb63-4bad-a9a2-40b843ee23b7",
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
    for (size_t index = 0; index < ARRAY_COUNT(licences); index++) {
        const struct incident_licence *licence = &licences[index];
        const char *id =
            licence->edition != NULL ? licence->edition->activation_id : licence->activation_id;

        if (guid_equal(id, activation_id))
            return licence;
    }
    return NULL;
}

const struct incident_licence *incident_find_licence(const char *activation_id)
{
    const struct incident_licence *known = incident_find_known_licence(activation_id);

    return known != NULL ? known : &other_licence;
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
