/* SPDX-License-Identifier: Apache-2.0 */
/* The sentence begins alike for every event; what one event has of its own to say depends on the
 * use of the event. */
#include "report/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/incident.h"
#include "model/licences.h"

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

/* ---- Licences ---- */

static void add_licence(struct text *out, const char *activation_id)
{
    const struct incident_licence *licence = incident_find_known_licence(activation_id);

    if (licence != NULL && licence->edition != NULL)
        text_add_format(out, ", %s (KMS client)", licence->edition->name);
    else if (licence != NULL)
        text_add_format(out, ", %s", licence->name);
    else if (*activation_id != '\0')
        text_add_format(out, ", activation id %s", activation_id);
}

static void add_kms_request(struct text *out, const struct observation *observation)
{
    struct kms_request request = kms_request_of(observation);

    if (request.status_digit != '\0')
        text_add_format(out, ", licensing status %c", request.status_digit);
    if (request.status != LICENSING_STATUS_NOT_TOLD)
        text_add_format(out, ": %s", licensing_status_word(request.status));
    add_licence(out, request.activation_id);
}

/* The name of the client is of the network, and of any length: it stands last. */
static void add_kms_seen(struct text *out, const struct observation *observation)
{
    char *client = kms_request_client(observation);

    text_add_format(out, ", host %s", observation->computer);
    add_kms_request(out, observation);
    if (client != NULL)
        text_add_format(out, ", client %s", client);
    free(client);
}

static void add_kms_answer(struct text *out, const struct observation *observation)
{
    struct kms_answer answer = kms_answer_of(observation);

    if (answer.activated != '\0')
        text_add(out, answer.activated == '1' ? ", activated" : ", not activated");
}

/* Why a 1003 states nothing. */
static void add_no_statement(struct text *out, const struct licence_statement *said)
{
    if (said->unreadable_count > 0)
        text_add_format(out, ", %zu of %zu licence lines cannot be read", said->unreadable_count,
                        said->line_count);
    else if (said->installed_count != 1)
        text_add_format(out, ", %zu licences installed", said->installed_count);
    else
        text_add(out, ", no state told");
}

static void add_statement(struct text *out, const struct observation *observation)
{
    const struct licence_statement said = licence_statement_of(observation);

    if (!said.is_windows)
        return;
    if (said.installed_count == 1)
        add_licence(out, said.installed_id);
    if (said.status == LICENSING_STATUS_NOT_TOLD)
        add_no_statement(out, &said);
    else if (said.status == LICENSING_STATUS_INITIAL_GRACE)
        text_add(out, ", grace"); /* the first or a later one: the event does not tell */
    else
        text_add_format(out, ", %s", licensing_status_word(said.status));
    if (said.reason_code != 0)
        add_code(out, "reason", said.reason_code);
}

static void add_installed_key(struct text *out, const struct observation *observation)
{
    const char *activation_id = observation_value(observation, 0);

    if (activation_id != NULL)
        add_licence(out, activation_id);
}

/* Only 12306, rearmed, has a third string. */
static void add_rearms_left(struct text *out, const struct observation *observation)
{
    const char *left = observation_value(observation, 2);
    uint64_t count;

    if (left != NULL && text_parse_number(left, &count))
        text_add_format(out, ", %" PRIu64 " rearm%s left", count, text_plural(count));
}

/* ---- By use ---- */

struct detail {
    void (*add)(struct text *out, const struct observation *observation);
    const char *recovery; /* said of one that is a recovery */
    bool of_windows;      /* one that is context is about something else, which is said */
    bool names_codes;     /* it has two, so their names are said */
    bool adds_codes;      /* `add` says them */
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
    case EVENT_USE_SPP_GENUINE:
        return (struct detail){.of_windows = true};
    case EVENT_USE_SPP_RESET:
        return (struct detail){.add = add_rearms_left, .of_windows = true};
    case EVENT_USE_KMS_REQUEST:
        return (struct detail){.add = add_kms_request, .of_windows = true};
    case EVENT_USE_KMS_SEEN:
        return (struct detail){.add = add_kms_seen, .of_windows = true};
    case EVENT_USE_KMS_ANSWER:
        return (struct detail){.add = add_kms_answer};
    case EVENT_USE_LICENCES:
        return (struct detail){.add = add_statement, .of_windows = true, .adds_codes = true};
    case EVENT_USE_KEY_INSTALLED:
        return (struct detail){.add = add_installed_key};
    case EVENT_USE_WAT_13:
        return (struct detail){
            .of_windows = true, .names_codes = true, .recovery = ", both codes 0: genuine"};
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
    case EVENT_USE_WAT_OTHER:
        return (struct detail){0};
    }
    return (struct detail){0};
}

void message_add_name(struct text *out, const char *provider, uint16_t event_id)
{
    if (strncmp(provider, PROVIDER_PREFIX, strlen(PROVIDER_PREFIX)) == 0)
        provider += strlen(PROVIDER_PREFIX);
    text_add_format(out, "%s %u", provider, (unsigned)event_id);
}

void message_add_said(struct text *out, const struct observation *observation,
                      const struct judgement *judgement)
{
    const struct incident_event *event = judgement->event;
    struct detail detail;

    if (event == NULL)
        return;
    text_add(out, event->summary);
    detail = detail_of(event->use);
    for (size_t index = 0; !detail.adds_codes && index < judgement->code_count; index++)
        add_code(out, detail.names_codes ? judgement->code_names[index] : "",
                 judgement->codes[index]);
    if (detail.add != NULL)
        detail.add(out, observation);
    if (detail.recovery != NULL && judgement->role == ROLE_RECOVERY)
        text_add(out, detail.recovery);
    if (detail.of_windows && judgement->role == ROLE_CONTEXT)
        text_add(out, " (context only: not about the activation of this Windows 7)");
}

void message_add(struct text *out, const struct observation *observation,
                 const struct judgement *judgement)
{
    message_add_name(out, observation->provider, observation->event_id);
    if (judgement->event != NULL)
        text_add(out, ": ");
    message_add_said(out, observation, judgement);
}
