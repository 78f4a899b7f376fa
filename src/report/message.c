/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence begins alike for every event; what one event has of its own to say depends on the
 * use of the event. */
#include "report/writers.h"

#include <string.h>

#include "model/incident.h"

/* Most providers begin with it, and it tells a person nothing. */
#define PROVIDER_PREFIX "Microsoft-Windows-"

/* `name` is what the event calls the code, or "". */
static void add_code(struct text *out, const char *name, uint32_t code)
{
    const char *meaning = incident_code_meaning(code);

    text_add_format(out, ", %s%s" CODE_FORMAT, name, *name != '\0' ? " " : "", code);
    if (meaning != NULL)
        text_add_format(out, " (%s)", meaning);
}

static void add_named_update(struct text *out, const struct observation *observation)
{
    const struct incident_update *update = incident_named_update(observation);

    if (update == NULL)
        return;
    text_add_format(out, ", %s", update->name);
    if (update->coincident)
        text_add(out, " (unrelated to the incident: it only came out the same day)");
}

/* What an installation or a package change failed with, under the name the event gives it. */
static void add_failure(struct text *out, const struct observation *observation, const char *name)
{
    const char *value = observation_named(observation, name);
    uint32_t code;

    if (value != NULL && code_parse(value, &code) && code != 0)
        add_code(out, "", code);
}

static void add_update(struct text *out, const struct observation *observation)
{
    add_named_update(out, observation);
    add_failure(out, observation, "errorCode");
}

static void add_package(struct text *out, const struct observation *observation)
{
    const char *state = event_package_state(observation);

    add_named_update(out, observation);
    if (state != NULL)
        text_add_format(out, ", state %s", state);
    add_failure(out, observation, "ErrorCode");
}

static void add_version(struct text *out, const struct observation *observation)
{
    for (size_t index = 0; index < 3 && index < observation->string_count; index++)
        text_add_format(out, "%s%s", index == 0 ? ", " : " ", observation->strings[index].value);
}

static void add_clock(struct text *out, const struct observation *observation)
{
    const char *new_time = observation_named(observation, "NewTime");
    const char *old_time = observation_named(observation, "OldTime");

    if (new_time != NULL && old_time != NULL)
        text_add_format(out, ", from %s to %s", old_time, new_time);
}

struct detail {
    void (*add)(struct text *out, const struct observation *observation);
    const char *recovery; /* said of one that is a recovery */
    bool is_fault;        /* one that is context is about something else, which is said */
    bool names_codes;     /* it has two, so their names are said */
};

static struct detail detail_of(enum event_use use)
{
    switch (use) {
    case EVENT_USE_SPP_8196:
    case EVENT_USE_SPP_8208:
    case EVENT_USE_SPP_8209:
    case EVENT_USE_SPP_FAULT:
    case EVENT_USE_SPP_CODE:
    case EVENT_USE_SPP_TAMPERED:
        return (struct detail){.is_fault = true};
    case EVENT_USE_KMS_ANSWER:
        return (struct detail){.recovery = ", activated"};
    case EVENT_USE_WAT_13:
        return (struct detail){
            .is_fault = true, .names_codes = true, .recovery = ", both codes 0: genuine"};
    case EVENT_USE_UPDATE_INSTALLED:
    case EVENT_USE_UPDATE_FAILED:
        return (struct detail){.add = add_update};
    case EVENT_USE_PACKAGE_REACHED:
    case EVENT_USE_PACKAGE_CHANGE:
        return (struct detail){.add = add_package};
    case EVENT_USE_OS_VERSION:
        return (struct detail){.add = add_version};
    case EVENT_USE_CLOCK:
        return (struct detail){.add = add_clock};
    case EVENT_USE_SPP_TICKET_ACQUIRED:
    case EVENT_USE_SPP_GENUINE:
    case EVENT_USE_KMS_REQUEST:
    case EVENT_USE_LICENCES:
    case EVENT_USE_WAT_OTHER:
    case EVENT_USE_SPP_RESET:
    case EVENT_USE_KEY_INSTALLED:
        return (struct detail){0};
    }
    return (struct detail){0};
}

void message_add(struct text *out, const struct observation *observation,
                 const struct judgement *judgement)
{
    const struct incident_event *event = judgement->event;
    struct detail detail;
    const char *provider = observation->provider;

    if (strncmp(provider, PROVIDER_PREFIX, strlen(PROVIDER_PREFIX)) == 0)
        provider += strlen(PROVIDER_PREFIX);
    text_add_format(out, "%s %u", provider, (unsigned)observation->event_id);
    if (event == NULL)
        return;
    text_add_format(out, ": %s", event->summary);
    detail = detail_of(event->use);
    for (size_t index = 0; index < judgement->code_count; index++)
        add_code(out, detail.names_codes ? judgement->code_names[index] : "",
                 judgement->codes[index]);
    if (detail.add != NULL)
        detail.add(out, observation);
    if (detail.recovery != NULL && judgement->role == ROLE_RECOVERY)
        text_add(out, detail.recovery);
    if (detail.is_fault && judgement->role == ROLE_CONTEXT)
        text_add(out, " (context only: not about the activation of this Windows 7)");
}
