/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

MAKE_WORDS(finding_kind, FINDING_KINDS, FINDING_KIND_COUNT)
MAKE_WORDS(finding_origin, FINDING_ORIGINS, FINDING_ORIGIN_COUNT)
MAKE_WORDS(package_state, PACKAGE_STATES, PACKAGE_STATE_COUNT)
MAKE_WORDS(script_says, SCRIPT_SAYINGS, SCRIPT_SAYS_COUNT)

/* ---- What the kinds consist of ---- */

/* A number of 32 bits in a row of a database. */
#define MEMBER_INT32(owner, member) MEMBER(owner, member), .least = INT32_MIN, .greatest = INT32_MAX

/* A count, or an offset. */
#define MEMBER_COUNT(owner, member) MEMBER(owner, member), .greatest = INT64_MAX

static const struct member history_members[] = {
    {MEMBER_COUNT(struct finding_history, row_count)},
    {MEMBER_COUNT(struct finding_history, unreadable_count)},
    {MEMBER(struct finding_history, missing)},
};

static const struct member history_row_members[] = {
    {MEMBER_INT32(struct finding_history_row, status)},
    {MEMBER_INT32(struct finding_history_row, mapped_result)},
    {MEMBER_INT32(struct finding_history_row, unmapped_result)},
    {MEMBER_INT32(struct finding_history_row, server_selection)},
    {MEMBER(struct finding_history_row, update_id), .words = &update_id_words},
    {MEMBER(struct finding_history_row, client_id)},
    {MEMBER(struct finding_history_row, title)},
    {MEMBER_COUNT(struct finding_history_row, offset_bytes)},
    {MEMBER(struct finding_history_row, other_reading)},
};

static const struct member listing_members[] = {
    {MEMBER(struct finding_listing, newest_date)},
    {MEMBER_COUNT(struct finding_listing, entry_count)},
    {MEMBER(struct finding_listing, announced_count), .greatest = INT32_MAX},
    {MEMBER(struct finding_listing, names_update)},
    {MEMBER(struct finding_listing, incomplete)},
};

static const struct member entry_members[] = {
    {MEMBER(struct finding_entry, update_id), .words = &update_id_words},
    {MEMBER(struct finding_entry, name)},
    {MEMBER(struct finding_entry, state), .words = &package_state_words},
    {MEMBER(struct finding_entry, state_text)},
    {MEMBER(struct finding_entry, date)},
};

static const struct member licence_members[] = {
    {MEMBER(struct finding_licence, name)},
    {MEMBER(struct finding_licence, description)},
    {MEMBER(struct finding_licence, activation_id)},
    {MEMBER(struct finding_licence, application_id)},
    {MEMBER(struct finding_licence, partial_product_key)},
    {MEMBER(struct finding_licence, status), .words = &licensing_status_words},
    {MEMBER(struct finding_licence, license_status)},
    {MEMBER(struct finding_licence, notification_reason)},
    {MEMBER(struct finding_licence, notification_code), .greatest = UINT32_MAX},
};

static const struct member system_members[] = {
    {MEMBER(struct finding_system, os_name)},    {MEMBER(struct finding_system, os_version)},
    {MEMBER(struct finding_system, edition_id)}, {MEMBER(struct finding_system, installation_type)},
    {MEMBER(struct finding_system, product_id)},
};

static const struct member computer_members[] = {
    {MEMBER(struct finding_computer, name)},
    {MEMBER(struct finding_computer, netbios_name)},
    {MEMBER(struct finding_computer, domain)},
};

static const struct member validation_members[] = {
    {MEMBER(struct finding_validation, hr_offline), .greatest = UINT32_MAX},
    {MEMBER(struct finding_validation, hr_online), .greatest = UINT32_MAX},
    {MEMBER(struct finding_validation, day)},
    {MEMBER(struct finding_validation, update_parts), .words = &update_says_words},
};

static const struct member remediation_members[] = {
    {MEMBER(struct finding_remediation, says), .words = &script_says_words},
    {MEMBER(struct finding_remediation, script)},
    {MEMBER(struct finding_remediation, run)},
    {MEMBER_INT32(struct finding_remediation, exit_status)},
};

#define MEMBERS_OF(kind, word, name) [kind] = MEMBERS(name##_members),

const struct members finding_members[FINDING_KIND_COUNT] = {FINDING_KINDS(MEMBERS_OF)};

/* ---- Findings ---- */

struct finding finding_of(enum finding_kind kind, enum finding_origin origin)
{
    const struct members *members = &finding_members[kind];
    struct finding finding = {.kind = kind, .origin = origin, .host = ""};

    for (size_t index = 0; index < members->count; index++) {
        void *member = member_at(&members->rows[index], finding_content(&finding));

        if (members->rows[index].type == MEMBER_TEXT)
            *(const char **)member = "";
        else if (members->rows[index].type == MEMBER_NUMBER)
            *(int64_t *)member = MEMBER_ABSENT;
    }
    if (kind == FINDING_LICENCE)
        finding.licence.status = LICENSING_STATUS_NOT_TOLD;
    return finding;
}

struct finding finding_copy(const struct finding *finding)
{
    const struct members *members = &finding_members[finding->kind];
    struct finding copy = *finding;

    copy.host = memory_copy_text(finding->host);
    for (size_t index = 0; index < members->count; index++)
        if (members->rows[index].type == MEMBER_TEXT) {
            const char **text = member_at(&members->rows[index], finding_content(&copy));

            *text = memory_copy_text(*text);
        }
    return copy;
}

void finding_free_copy(struct finding *copy)
{
    const struct members *members = &finding_members[copy->kind];

    free((char *)copy->host);
    for (size_t index = 0; index < members->count; index++)
        if (members->rows[index].type == MEMBER_TEXT)
            free(*(char **)member_at(&members->rows[index], finding_content(copy)));
}

/* ---- Dates ---- */

/* Reads up to four digits. */
static bool read_number(const char **at, unsigned *out)
{
    size_t digits = 0;

    for (*out = 0; isdigit((unsigned char)**at) && digits < 4; (*at)++, digits++)
        *out = *out * 10 + (unsigned)(**at - '0');
    return digits > 0 && !isdigit((unsigned char)**at);
}

static bool read_separator(const char **at)
{
    if (**at == '\0' || strchr("/.-", **at) == NULL)
        return false;
    (*at)++;
    return true;
}

/* The Buddhist calendar, in which Thai systems write dates, is 543 years ahead. */
#define YEAR_MOST 2399u

/* 0 where there is no such day. */
static uint64_t day_of(unsigned year, unsigned month, unsigned day)
{
    char *text = memory_format("%04u-%02u-%02uT00:00:00Z", year, month, day);
    uint64_t filetime = 0;

    if (year > YEAR_MOST || !filetime_parse(text, &filetime))
        filetime = 0;
    free(text);
    return filetime;
}

static uint64_t earlier_day(uint64_t left, uint64_t right)
{
    return left == 0 || (right != 0 && right < left) ? right : left;
}

uint64_t entry_day(const char *date)
{
    unsigned numbers[3];

    for (size_t index = 0; index < ARRAY_COUNT(numbers); index++)
        if ((index > 0 && !read_separator(&date)) || !read_number(&date, &numbers[index]))
            return 0;
    if (numbers[0] > 999)
        return day_of(numbers[0], numbers[1], numbers[2]);
    return earlier_day(day_of(numbers[2], numbers[0], numbers[1]),
                       day_of(numbers[2], numbers[1], numbers[0]));
}
