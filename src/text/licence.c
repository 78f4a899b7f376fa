/* SPDX-License-Identifier: Apache-2.0 */
/* What licences are, whatever form they are listed in: slmgr has the status in words, which are
 * translated, and the code of a reason in hexadecimal; the classes of WMI have numbers. */
#include <ctype.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/incident.h"
#include "text/emitter.h"
#include "text/tokens.h"

#define DIGITS "0123456789"
#define CODE_DIGITS 8
#define CODE_DECIMAL_DIGITS_MOST 10

/* As slmgr.vbs has them in English; the third is followed by what brought it about. */
static const struct {
    const char *words;
    enum licensing_status status;
} statuses[] = {
    {"Unlicensed", LICENSING_STATUS_UNLICENSED},
    {"Licensed", LICENSING_STATUS_LICENSED},
    {"Initial grace period", LICENSING_STATUS_INITIAL_GRACE},
    {"Additional grace period", LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE},
    {"Non-genuine grace period", LICENSING_STATUS_NON_GENUINE_GRACE},
    {"Notification", LICENSING_STATUS_NOTIFICATION},
    {"Extended grace period", LICENSING_STATUS_EXTENDED_GRACE},
};

static bool is_digits(const struct line *value)
{
    return value->length_bytes > 0 && line_count_of(value, DIGITS) == value->length_bytes;
}

bool licence_read_code(const struct line *value, uint32_t *code)
{
    bool is_decimal = is_digits(value);
    struct line digits = is_decimal ? *value : line_from(*value, value->length_bytes > 2 ? 2 : 0);
    unsigned long long number;
    char *text;

    if (is_decimal ? value->length_bytes > CODE_DECIMAL_DIGITS_MOST
                   : !line_starts_with_ascii(value, "0x") ||
                         line_count_of(&digits, DIGITS "abcdefABCDEF") != CODE_DIGITS)
        return false;
    text = line_copy(&digits, is_decimal ? CODE_DECIMAL_DIGITS_MOST : CODE_DIGITS);
    number = strtoull(text, NULL, is_decimal ? 10 : 16);
    free(text);
    if (number > UINT32_MAX)
        return false;
    *code = (uint32_t)number;
    return true;
}

/* By the words, without what is said behind them in parentheses, or by the number. */
static enum licensing_status status_of(struct line value)
{
    struct line rest;

    if (is_digits(&value))
        return value.length_bytes == 1 && *value.bytes - '0' < LICENSING_STATUS_NOT_TOLD
                   ? (enum licensing_status)(*value.bytes - '0')
                   : LICENSING_STATUS_NOT_TOLD;
    line_split(&value, '(', &value, &rest);
    if (line_ends_with(&value, "."))
        value.length_bytes--;
    for (size_t index = 0; index < ARRAY_COUNT(statuses); index++)
        if (line_equals_ascii(&value, statuses[index].words))
            return statuses[index].status;
    return LICENSING_STATUS_NOT_TOLD;
}

struct line *licence_property(struct listed_licence *licence, const struct line *name)
{
    static const struct {
        const char *name;
        size_t offset_bytes;
    } properties[] = {
        {"Name", offsetof(struct listed_licence, name)},
        {"Description", offsetof(struct listed_licence, description)},
        {"ID", offsetof(struct listed_licence, activation_id)},
        {"ApplicationID", offsetof(struct listed_licence, application_id)},
        {"PartialProductKey", offsetof(struct listed_licence, partial_key)},
        {LICENCE_STATUS_PROPERTY, offsetof(struct listed_licence, status)},
        {"LicenseStatusReason", offsetof(struct listed_licence, reason)},
    };

    for (size_t index = 0; index < ARRAY_COUNT(properties); index++)
        if (line_equals(name, properties[index].name))
            return (struct line *)(void *)((char *)licence + properties[index].offset_bytes);
    return NULL;
}

char *licence_copy_guid(const struct line *value)
{
    struct line guid = *value;
    char *text;

    if (guid.length_bytes >= 2 && line_starts_with(&guid, "{")) {
        guid = line_from(guid, 1);
        guid.length_bytes--;
    }
    text = line_copy(&guid, LISTING_VALUE_MOST_BYTES);
    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

/* Returns owned: the description, put together again where it was wrapped. */
static char *copy_description(const struct listed_licence *licence)
{
    char *start = line_copy(&licence->description, LISTING_VALUE_MOST_BYTES);
    char *rest = line_copy(&licence->description_rest, LISTING_VALUE_MOST_BYTES);
    char *whole = memory_format("%s%s", start, rest);

    free(start);
    free(rest);
    return whole;
}

/* A finding whose texts are owned, as those of a copy. */
static struct finding make_finding(const struct listed_licence *licence)
{
    struct finding finding = finding_of(FINDING_LICENCE, licence->origin);
    struct finding_licence *said = &finding.licence;
    uint32_t code = 0;

    finding.host = line_copy(&licence->host, LISTING_VALUE_MOST_BYTES);
    finding.place = licence->line;
    said->name = line_copy(&licence->name, LISTING_VALUE_MOST_BYTES);
    said->description = copy_description(licence);
    said->activation_id = licence_copy_guid(&licence->activation_id);
    said->application_id = licence_copy_guid(&licence->application_id);
    said->partial_product_key = line_copy(&licence->partial_key, LISTING_VALUE_MOST_BYTES);
    said->license_status = line_copy(&licence->status, LISTING_VALUE_MOST_BYTES);
    said->notification_reason = line_copy(&licence->reason, LISTING_VALUE_MOST_BYTES);
    said->status = status_of(licence->status);
    /* 0 is no reason. */
    if (licence_read_code(&licence->reason, &code) && code != 0)
        said->notification_code = code;
    /* slmgr gives a reason for that status alone. */
    if (said->status == LICENSING_STATUS_NOT_TOLD && said->notification_code != FINDING_ABSENT &&
        !is_digits(&licence->status))
        said->status = LICENSING_STATUS_NOTIFICATION;
    return finding;
}

static int hand_on(struct emitter *emitter, const struct finding *finding, struct error *err)
{
    emitter->facts->record_count++;
    if (finding->licence.status == LICENSING_STATUS_NOT_TOLD &&
        *finding->licence.license_status != '\0')
        emitter_remark(emitter, finding->place, finding->origin, finding->host,
                       "its licensing status is not a known one");
    return *finding->host != '\0' ? emitter_add(emitter, finding, err)
                                  : emitter_add_below(emitter, finding, err);
}

int licence_add(struct emitter *emitter, const struct listed_licence *licence, struct error *err)
{
    struct finding finding;
    int result = 0;

    if (licence->partial_key.length_bytes == 0)
        return 0;
    finding = make_finding(licence);
    if (*finding.licence.application_id == '\0' ||
        guid_equal(finding.licence.application_id, INCIDENT_WINDOWS_APPLICATION_ID))
        result = hand_on(emitter, &finding, err);
    finding_free_copy(&finding);
    return result;
}
