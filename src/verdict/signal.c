/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signals of DESIGN section 6. A judge gets a judgement that says "context" and
 * changes it only when every string it goes by is there and readable. Layouts of the strings:
 * FACTS.md, "The events, as they are stored". */
#include "verdict/signal.h"

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* Qualifiers tell a message's severity. 8196 is the scheduler's message of Windows 7 with 0x4000
 * and another one in Windows 8 and later; the fault events have 0xC000 [sppsvc]. */
#define QUALIFIERS_INFORMATION 0x4000
#define QUALIFIERS_ERROR 0xC000

/* Reads the code in the string at `index`. */
static bool read_code(const struct observation *observation, size_t index, uint32_t *out)
{
    const char *value = observation_value(observation, index);

    return value != NULL && code_parse(value, out);
}

/* Is the string at `index` that GUID? */
static bool is_guid(const struct observation *observation, size_t index, const char *guid)
{
    const char *value = observation_value(observation, index);

    return value != NULL && guid_equal(value, guid);
}

static void add_code(struct judgement *out, const char *name, uint32_t code)
{
    if (code == 0)
        return;
    out->code_names[out->code_count] = name;
    out->codes[out->code_count++] = code;
}

/* A code that says non-genuine is a signal; another one a fault. */
static void judge_code(const struct observation *observation, int32_t qualifiers,
                       struct judgement *out)
{
    uint32_t code;

    if (observation->qualifiers != qualifiers || !read_code(observation, 0, &code) || code == 0)
        return;
    if (incident_is_non_genuine(code)) {
        out->role = ROLE_SIGNAL_WEAK;
        out->incident_consistent = true;
    } else {
        out->role = ROLE_FAULT;
        out->failure_to_ask = !incident_is_refusal(code);
    }
    add_code(out, "code", code);
}

/* Without qualifiers only a code that says non-genuine tells that it is the message of Windows 7.
 */
static void judge_8196(const struct observation *observation, struct judgement *out)
{
    uint32_t code;

    if (observation->qualifiers != OBSERVATION_ABSENT)
        judge_code(observation, QUALIFIERS_INFORMATION, out);
    else if (read_code(observation, 0, &code) && incident_is_non_genuine(code))
        judge_code(observation, OBSERVATION_ABSENT, out);
}

static void judge_by_code(const struct observation *observation, struct judgement *out)
{
    judge_code(observation, QUALIFIERS_ERROR, out);
}

static void judge_8208(const struct observation *observation, struct judgement *out)
{
    uint32_t code;

    if (!read_code(observation, 0, &code) || code == 0 ||
        !is_guid(observation, 1, INCIDENT_WINDOWS7_TEMPLATE_ID))
        return;
    if (incident_is_refusal(code)) {
        out->role = ROLE_SIGNAL_STRONG;
        out->incident_consistent = code == INCIDENT_CODE_REFUSED;
    } else {
        out->role = ROLE_FAULT;
        out->failure_to_ask = true;
    }
    add_code(out, "hr", code);
}

static void judge_8209(const struct observation *observation, struct judgement *out)
{
    uint32_t code;

    if (!is_guid(observation, 1, INCIDENT_WINDOWS_APPLICATION_ID))
        return;
    out->role = ROLE_SIGNAL_WEAK;
    out->incident_consistent = true;
    if (read_code(observation, 0, &code))
        add_code(out, "code", code);
}

/* 8193, 8194 and 8195 are the scheduler's own failures: whatever their code is, they are no signal.
 */
static void judge_fault(const struct observation *observation, struct judgement *out)
{
    judge_code(observation, QUALIFIERS_ERROR, out);
    if (out->role == ROLE_SIGNAL_WEAK)
        out->role = ROLE_FAULT;
    out->incident_consistent = false;
}

/* 1022 gives a code, 1064 none. */
static void judge_tampered(const struct observation *observation, struct judgement *out)
{
    uint32_t code;

    out->role = ROLE_FAULT;
    if (read_code(observation, 0, &code))
        add_code(out, "hr", code);
}

static void judge_genuine(const struct observation *observation, struct judgement *out)
{
    if (!is_guid(observation, 0, INCIDENT_WINDOWS_APPLICATION_ID))
        return;
    out->role = ROLE_RECOVERY;
    out->status = LICENSING_STATUS_LICENSED;
}

#define EVENT_ID_REARMED 12306

/* A token store is that of all; a rearm is of one application. */
static void judge_reset(const struct observation *observation, struct judgement *out)
{
    if (observation->event_id != EVENT_ID_REARMED ||
        is_guid(observation, 0, INCIDENT_WINDOWS_APPLICATION_ID))
        out->role = ROLE_RESET;
}

static void judge_key_installed(const struct observation *observation, struct judgement *out)
{
    const char *id = observation_value(observation, 0);
    char guid[GUID_TEXT_BYTES];

    if (id != NULL && guid_read(id, strlen(id), guid) && !incident_is_office(guid))
        out->role = ROLE_LICENCE;
}

/* ---- KMS ---- */

/* A code other than 0 is a fault, whatever else the event says. */
static void judge_hr(uint32_t hr, struct judgement *out)
{
    if (hr == 0)
        return;
    out->role = ROLE_FAULT;
    out->failure_to_ask = !incident_is_refusal(hr);
    add_code(out, "hr", hr);
}

/* What the state of a licence is, of an event that can be a fault by a code already. */
static void judge_status(enum licensing_status status, struct judgement *out)
{
    out->status = status;
    switch (status) {
    case LICENSING_STATUS_NON_GENUINE_GRACE:
        out->role = ROLE_SIGNAL_WEAK;
        out->incident_consistent = true;
        out->failure_to_ask = false;
        break;
    case LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE:
    case LICENSING_STATUS_NOTIFICATION:
    case LICENSING_STATUS_EXTENDED_GRACE:
        out->role = ROLE_FAULT;
        out->status_is_fault = true;
        break;
    case LICENSING_STATUS_LICENSED:
    case LICENSING_STATUS_UNLICENSED:
    case LICENSING_STATUS_INITIAL_GRACE:
    case LICENSING_STATUS_NOT_TOLD:
        break;
    }
}

static void judge_kms_request(const struct observation *observation, struct judgement *out)
{
    struct kms_request request = kms_request_of(observation);

    if (incident_is_office(request.activation_id)) {
        out->is_office = true;
        return;
    }
    out->role = ROLE_LICENCE;
    if (request.has_hr)
        judge_hr(request.hr, out);
    judge_status(request.status, out);
    if (out->status == LICENSING_STATUS_LICENSED && out->role == ROLE_LICENCE)
        out->role = ROLE_RECOVERY;
}

/* What it says of the client depends on the requests before and behind it (requests.c). */
static void judge_kms_seen(const struct observation *observation, struct judgement *out)
{
    struct kms_request request = kms_request_of(observation);
    char *client = kms_request_client(observation);

    out->is_office = incident_is_office(request.activation_id);
    if (client != NULL && !out->is_office) {
        out->role = ROLE_LICENCE;
        out->status = request.status;
        if (request.has_hr)
            judge_hr(request.hr, out);
    }
    free(client);
}

static void judge_kms_answer(const struct observation *observation, struct judgement *out)
{
    struct kms_answer answer = kms_answer_of(observation);

    if (!answer.has_hr)
        return;
    judge_hr(answer.hr, out);
    if (answer.hr == 0 && answer.activated == '1') {
        out->is_activation = true;
        out->role = ROLE_LICENCE;
    }
}

static void judge_licences(const struct observation *observation, struct judgement *out)
{
    struct licence_statement said = licence_statement_of(observation);

    if (!said.is_windows)
        return;
    out->role = ROLE_LICENCE;
    if (incident_is_non_genuine(said.reason_code)) {
        out->status = said.status;
        out->role = ROLE_SIGNAL_WEAK;
        out->incident_consistent = true;
    } else {
        judge_status(said.status, out);
    }
    if (said.status == LICENSING_STATUS_NOTIFICATION || out->role == ROLE_SIGNAL_WEAK)
        add_code(out, "reason", said.reason_code);
}

static void judge_wat_13(const struct observation *observation, struct judgement *out)
{
    uint32_t offline, online;

    if (!read_code(observation, 0, &offline) || !read_code(observation, 1, &online))
        return;
    if (incident_is_refusal(offline) || incident_is_refusal(online)) {
        out->role = ROLE_SIGNAL_STRONG;
        out->incident_consistent = offline == 0 && online == INCIDENT_CODE_REFUSED;
    } else if (offline == 0 && online == 0) {
        out->role = ROLE_RECOVERY;
        out->status = LICENSING_STATUS_LICENSED;
    } else {
        out->role = ROLE_FAULT;
        out->failure_to_ask = true;
    }
    add_code(out, "hrOffline", offline);
    add_code(out, "hrOnline", online);
}

/* ---- By use ---- */

/* What an event is by itself, and the judge that goes by its strings. */
struct use_rule {
    enum role role;
    void (*judge)(const struct observation *observation, struct judgement *out); /* or NULL */
};

static struct use_rule rule_of(enum event_use use)
{
    switch (use) {
    case EVENT_USE_SPP_8196:
        return (struct use_rule){ROLE_CONTEXT, judge_8196};
    case EVENT_USE_SPP_8208:
        return (struct use_rule){ROLE_CONTEXT, judge_8208};
    case EVENT_USE_SPP_8209:
        return (struct use_rule){ROLE_CONTEXT, judge_8209};
    case EVENT_USE_SPP_FAULT:
        return (struct use_rule){ROLE_CONTEXT, judge_fault};
    case EVENT_USE_SPP_CODE:
        return (struct use_rule){ROLE_CONTEXT, judge_by_code};
    case EVENT_USE_SPP_TAMPERED:
        return (struct use_rule){ROLE_CONTEXT, judge_tampered};
    case EVENT_USE_SPP_RESET:
        return (struct use_rule){ROLE_CONTEXT, judge_reset};
    case EVENT_USE_KEY_INSTALLED:
        return (struct use_rule){ROLE_CONTEXT, judge_key_installed};
    case EVENT_USE_SPP_GENUINE:
        return (struct use_rule){ROLE_CONTEXT, judge_genuine};
    case EVENT_USE_KMS_REQUEST:
        return (struct use_rule){ROLE_CONTEXT, judge_kms_request};
    case EVENT_USE_KMS_ANSWER:
        return (struct use_rule){ROLE_CONTEXT, judge_kms_answer};
    case EVENT_USE_KMS_SEEN:
        return (struct use_rule){ROLE_CONTEXT, judge_kms_seen};
    case EVENT_USE_LICENCES:
        return (struct use_rule){ROLE_CONTEXT, judge_licences};
    case EVENT_USE_WAT_13:
        return (struct use_rule){ROLE_CONTEXT, judge_wat_13};
    case EVENT_USE_WAT_OTHER:
    case EVENT_USE_UPDATE_INSTALLED:
    case EVENT_USE_UPDATE_FAILED:
    case EVENT_USE_PACKAGE_REACHED:
    case EVENT_USE_PACKAGE_CHANGE:
        return (struct use_rule){ROLE_UPDATE, NULL};
    case EVENT_USE_SPP_TICKET_ACQUIRED:
    case EVENT_USE_OS_VERSION:
    case EVENT_USE_CLOCK:
        return (struct use_rule){ROLE_CONTEXT, NULL};
    }
    return (struct use_rule){ROLE_CONTEXT, NULL};
}

struct judgement judgement_of(const struct observation *observation)
{
    struct judgement judgement = {
        .event = incident_find_event(observation->provider, observation->event_id),
        .role = ROLE_CONTEXT,
        .status = LICENSING_STATUS_NOT_TOLD,
    };
    struct use_rule rule;

    if (judgement.event == NULL)
        return judgement;
    rule = rule_of(judgement.event->use);
    judgement.role = rule.role;
    if (rule.judge != NULL)
        rule.judge(observation, &judgement);
    return judgement;
}

bool licensing_status_is_lost(enum licensing_status status)
{
    switch (status) {
    case LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE:
    case LICENSING_STATUS_NON_GENUINE_GRACE:
    case LICENSING_STATUS_NOTIFICATION:
    case LICENSING_STATUS_EXTENDED_GRACE:
        return true;
    case LICENSING_STATUS_UNLICENSED:
    case LICENSING_STATUS_LICENSED:
    case LICENSING_STATUS_INITIAL_GRACE:
    case LICENSING_STATUS_NOT_TOLD:
        break;
    }
    return false;
}

enum verified judgement_verified(const struct judgement *judgement, enum verified said)
{
    switch (judgement->role) {
    case ROLE_SIGNAL_STRONG:
    case ROLE_SIGNAL_WEAK:
    case ROLE_RECOVERY:
        break;
    case ROLE_FAULT:
    case ROLE_LICENCE:
        if (judgement->event->use == EVENT_USE_KMS_SEEN)
            break;
        return VERIFIED_NOT_ASKED;
    case ROLE_BY_ITSELF:
    case ROLE_RESET:
    case ROLE_UPDATE:
    case ROLE_CONTEXT:
        return VERIFIED_NOT_ASKED;
    }
    return said == VERIFIED_NOT_ASKED ? VERIFIED_NO : said;
}

struct judged_event judged_event_of(const struct case_observation *seen,
                                    const struct window *window)
{
    const struct observation *observation = &seen->observation;
    struct judgement judgement = judgement_of(observation);

    return (struct judged_event){
        .filetime = observation->event_filetime,
        .counts_filetime = seen->placed_filetime,
        .wrong_clock = seen->wrong_clock,
        .in_window = seen->wrong_clock ? seen->placed_in_window
                                       : window_contains(window, observation->event_filetime),
        .observation_id = seen->id,
        .event_id = observation->event_id,
        .judgement = judgement,
        .verified = judgement_verified(&judgement, observation->verified),
    };
}

struct judged_event judged_event_of_day(const char *listing, uint64_t day_filetime,
                                        const struct window *window)
{
    bool in_window = day_filetime <= window->end_filetime &&
                     day_filetime + FILETIME_DAY > window->start_filetime;
    struct judged_event event = {
        .filetime = day_filetime,
        .counts_filetime = day_filetime,
        .in_window = in_window,
        .event_id = 13,
        .listing = listing,
        .judgement = {.event = incident_find_event(INCIDENT_PROVIDER_WAT, 13),
                      .role = ROLE_SIGNAL_WEAK,
                      .incident_consistent = true,
                      .status = LICENSING_STATUS_NOT_TOLD},
    };

    if (in_window && day_filetime < window->start_filetime)
        event.counts_filetime = window->start_filetime;
    add_code(&event.judgement, "hrOnline", INCIDENT_CODE_REFUSED);
    return event;
}

const char *event_package_state(const struct observation *observation)
{
    const char *state = observation_named(observation, "IntendedPackageStateTextized");

    return state != NULL ? state : observation_named(observation, "IntendedPackageState");
}
