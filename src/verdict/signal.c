/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signals of DESIGN section 6. A judge gets a judgement that says "context" and
 * changes it only when every string it goes by is there and readable. Layouts of the strings:
 * FACTS.md, "The events, as they are stored". */
#include "verdict/signal.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/filetime.h"

/* Qualifiers tell a message's severity. 8196 is the scheduler's message of Windows 7 with 0x4000
 * and another one in Windows 8 and later; the fault events have 0xC000 [sppsvc]. */
#define QUALIFIERS_INFORMATION 0x4000
#define QUALIFIERS_ERROR 0xC000

enum verified role_verified(enum role role, enum verified said)
{
    switch (role) {
    case ROLE_SIGNAL_STRONG:
    case ROLE_SIGNAL_WEAK:
    case ROLE_RECOVERY:
        return said == VERIFIED_NOT_ASKED ? VERIFIED_NO : said;
    case ROLE_FAULT:
    case ROLE_UPDATE:
    case ROLE_LICENCE:
    case ROLE_CONTEXT:
        return VERIFIED_NOT_ASKED;
    }
    return VERIFIED_NOT_ASKED;
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

static void judge_8196(const struct observation *observation, struct judgement *out)
{
    uint32_t code;

    if (!read_code(observation, 0, &code) || code == 0)
        return;
    if (code == INCIDENT_CODE_NON_GENUINE) {
        out->role = ROLE_SIGNAL_WEAK;
        out->incident_consistent = true;
    } else if (observation->qualifiers == QUALIFIERS_INFORMATION) {
        out->role = ROLE_FAULT;
        out->failure_to_ask = !incident_is_refusal(code);
    } else {
        return;
    }
    add_code(out, "code", code);
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

static void judge_fault(const struct observation *observation, struct judgement *out)
{
    uint32_t code;

    if (observation->qualifiers != QUALIFIERS_ERROR || !read_code(observation, 0, &code) ||
        code == 0)
        return;
    out->role = ROLE_FAULT;
    out->failure_to_ask = !incident_is_refusal(code);
    add_code(out, "code", code);
}

static void judge_genuine(const struct observation *observation, struct judgement *out)
{
    if (is_guid(observation, 0, INCIDENT_WINDOWS_APPLICATION_ID))
        out->role = ROLE_RECOVERY;
}

/* String 1 is `hr, flags, activated, ...` [VATR]. */
static void judge_kms_answer(const struct observation *observation, struct judgement *out)
{
    const char *list = observation_value(observation, 0);
    char field[32] = "";
    size_t length = list != NULL ? strcspn(list, ",") : 0;
    uint32_t code;

    if (length == 0 || length >= sizeof(field))
        return;
    memcpy(field, list, length);
    if (!code_parse(field, &code) || code != 0 || list[length] != ',')
        return;
    list += length + 1;
    list += strcspn(list, ",");
    if (*list != ',')
        return;
    list = skip_blanks(list + 1);
    if (*list == '1' && strchr(",", *skip_blanks(list + 1)) != NULL)
        out->role = ROLE_RECOVERY;
}

static void judge_licences(const struct observation *observation, struct judgement *out)
{
    if (is_guid(observation, 0, INCIDENT_WINDOWS_APPLICATION_ID))
        out->role = ROLE_LICENCE;
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
    } else {
        out->role = ROLE_FAULT;
        out->failure_to_ask = true;
    }
    add_code(out, "hrOffline", offline);
    add_code(out, "hrOnline", online);
}

/* What an event is by itself, and the judge that goes by its strings. */
struct use_rule {
    enum role role;
    void (*judge)(const struct observation *observation, struct judgement *out);
};

static const struct use_rule use_rules[] = {
    [EVENT_USE_SPP_8196] = {ROLE_CONTEXT, judge_8196},
    [EVENT_USE_SPP_8208] = {ROLE_CONTEXT, judge_8208},
    [EVENT_USE_SPP_8209] = {ROLE_CONTEXT, judge_8209},
    [EVENT_USE_SPP_FAULT] = {ROLE_CONTEXT, judge_fault},
    [EVENT_USE_SPP_TICKET_ACQUIRED] = {ROLE_CONTEXT, NULL},
    [EVENT_USE_SPP_GENUINE] = {ROLE_CONTEXT, judge_genuine},
    [EVENT_USE_KMS_REQUEST] = {ROLE_LICENCE, NULL},
    [EVENT_USE_KMS_ANSWER] = {ROLE_CONTEXT, judge_kms_answer},
    [EVENT_USE_LICENCES] = {ROLE_CONTEXT, judge_licences},
    [EVENT_USE_WAT_13] = {ROLE_CONTEXT, judge_wat_13},
    [EVENT_USE_WAT_OTHER] = {ROLE_UPDATE, NULL},
    [EVENT_USE_UPDATE_INSTALLED] = {ROLE_UPDATE, NULL},
    [EVENT_USE_UPDATE_FAILED] = {ROLE_UPDATE, NULL},
    [EVENT_USE_PACKAGE_REACHED] = {ROLE_UPDATE, NULL},
    [EVENT_USE_PACKAGE_CHANGE] = {ROLE_UPDATE, NULL},
    [EVENT_USE_OS_VERSION] = {ROLE_CONTEXT, NULL},
    [EVENT_USE_CLOCK] = {ROLE_CONTEXT, NULL},
};

struct judgement judgement_of(const struct observation *observation)
{
    struct judgement judgement = {
        .event = incident_find_event(observation->provider, observation->event_id),
        .role = ROLE_CONTEXT,
    };

    if (judgement.event == NULL)
        return judgement;
    judgement.role = use_rules[judgement.event->use].role;
    if (use_rules[judgement.event->use].judge != NULL)
        use_rules[judgement.event->use].judge(observation, &judgement);
    return judgement;
}

struct sighting sighting_of(const struct observation *observation)
{
    struct judgement judgement = judgement_of(observation);

    return (struct sighting){
        .filetime = observation->event_filetime,
        .event_id = observation->event_id,
        .judgement = judgement,
        .verified = role_verified(judgement.role, observation->verified),
    };
}

const char *provider_label(const char *provider)
{
    static const char *const labels[][2] = {
        {INCIDENT_PROVIDER_SPP, "SPP"},
        {INCIDENT_PROVIDER_WAT, "WAT"},
        {INCIDENT_PROVIDER_UPDATE_CLIENT, "WindowsUpdateClient"},
        {INCIDENT_PROVIDER_SERVICING, "Servicing"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(labels); index++)
        if (strcmp(labels[index][0], provider) == 0)
            return labels[index][1];
    return provider;
}

void sighting_add_name(struct text *out, const struct sighting *sighting)
{
    text_add_format(out, "%s %" PRIu16, provider_label(sighting->judgement.event->provider),
                    sighting->event_id);
}

void sighting_add_codes(struct text *out, const struct sighting *sighting)
{
    const struct judgement *judgement = &sighting->judgement;

    for (size_t index = 0; index < judgement->code_count; index++) {
        const char *meaning = incident_code_meaning(judgement->codes[index]);

        text_add_format(out, "%s %s 0x%08" PRIX32, index == 0 ? ":" : ",",
                        judgement->code_names[index], judgement->codes[index]);
        if (meaning != NULL)
            text_add_format(out, " (%s)", meaning);
    }
}

void sighting_add_text(struct text *out, const struct sighting *sighting)
{
    sighting_add_name(out, sighting);
    if (sighting->filetime != 0) {
        text_add(out, " at ");
        filetime_add_text(out, sighting->filetime);
    } else {
        text_add(out, " without a readable time");
    }
    sighting_add_codes(out, sighting);
}
