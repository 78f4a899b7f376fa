/* SPDX-License-Identifier: Apache-2.0 */
/* The second string of a 1003 has a line a licence: `N: activation id, a, b [(0 ..)(1 ..)(2 ..)]`.
 * A group is empty, `(0 )`, or `(2 [hr, licensed, grace], [rules])`, a rule `(?)` or
 * `( 5 0xC004F009 ...)` (FACTS-more.md, "What 1003 says of the licence"). */
#include "model/licences.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* A licence that says so has no product key: it is not installed; nor is one that says this. */
#define CODE_NO_PRODUCT_KEY UINT32_C(0xC004F014)
#define CODE_NOT_APPLICABLE UINT32_C(0xC004F055)

/* A part of the text. */
struct licence_text {
    const char *at;
    const char *end;
};

/* What the groups of a line say together. */
struct line_state {
    uint32_t first_code; /* of the first group that is not empty */
    bool has_group;
    bool licensed;
    bool grace;
    bool notification;
    uint32_t grace_reason; /* a non-genuine code in the rules of a grace, or the last code there */
    uint32_t notification_reason;
};

static void skip_blanks(struct licence_text *part)
{
    while (part->at < part->end && (*part->at == ' ' || *part->at == '\t'))
        part->at++;
}

static bool take(struct licence_text *part, char mark)
{
    skip_blanks(part);
    if (part->at == part->end || *part->at != mark)
        return false;
    part->at++;
    return true;
}

static bool take_digits(struct licence_text *part)
{
    const char *start;

    skip_blanks(part);
    for (start = part->at; part->at < part->end && isdigit((unsigned char)*part->at); part->at++)
        ;
    return part->at > start;
}

/* A code of eight digits: `0xC004F014`. */
static bool take_code(struct licence_text *part, uint32_t *code)
{
    size_t digits = 0;

    skip_blanks(part);
    if (part->end - part->at < 2 || part->at[0] != '0' ||
        (part->at[1] != 'x' && part->at[1] != 'X'))
        return false;
    *code = 0;
    for (part->at += 2; part->at < part->end && isxdigit((unsigned char)*part->at);
         part->at++, digits++) {
        int letter = tolower((unsigned char)*part->at);

        *code = *code << 4 | (uint32_t)(isdigit(letter) ? letter - '0' : letter - 'a' + 10);
    }
    return digits > 0 && digits <= 8;
}

/* 0 or 1 behind a comma. */
static bool take_flag(struct licence_text *part, bool *flag)
{
    if (!take(part, ','))
        return false;
    skip_blanks(part);
    *flag = part->at < part->end && *part->at == '1';
    return take_digits(part);
}

/* The last code of the rules, but a non-genuine one of a grace first. */
static uint32_t find_reason(struct licence_text rules, bool is_grace)
{
    uint32_t reason = 0;

    while (rules.at < rules.end) {
        uint32_t code;

        if (*rules.at != '0' || !take_code(&rules, &code)) {
            rules.at++;
            continue;
        }
        if (is_grace && incident_is_non_genuine(code))
            return code;
        reason = code;
    }
    return reason;
}

/* Where the group that begins behind its parenthesis ends: at the one that closes it. */
static const char *find_group_end(const struct licence_text *group)
{
    size_t depth = 1;

    for (const char *at = group->at; at < group->end; at++) {
        depth += *at == '(';
        depth -= *at == ')';
        if (depth == 0)
            return at;
    }
    return NULL;
}

static bool read_group(struct licence_text group, struct line_state *line)
{
    bool licensed, grace;
    uint32_t hr;

    if (!take_digits(&group))
        return false;
    skip_blanks(&group);
    if (group.at == group.end)
        return true;
    if (!take(&group, '[') || !take_code(&group, &hr))
        return false;
    if (!line->has_group)
        line->first_code = hr;
    line->has_group = true;
    if (hr != 0)
        return true;
    if (!take_flag(&group, &licensed) || !take_flag(&group, &grace) || !take(&group, ']'))
        return false;
    if (licensed) {
        line->licensed = true;
    } else if (grace) {
        line->grace = true;
        line->grace_reason = find_reason(group, true);
    } else {
        line->notification = true;
        line->notification_reason = find_reason(group, false);
    }
    return true;
}

static bool read_groups(struct licence_text groups, struct line_state *line)
{
    while (take(&groups, '(')) {
        const char *end = find_group_end(&groups);

        if (end == NULL || !read_group((struct licence_text){groups.at, end}, line))
            return false;
        groups.at = end + 1;
    }
    return groups.at < groups.end && *groups.at == ']';
}

/* Reads one line; *guid is that of the licence. */
static bool read_line(struct licence_text line, char guid[GUID_TEXT_BYTES],
                      struct line_state *state)
{
    const char *comma, *bracket;

    *state = (struct line_state){0};
    if (!take_digits(&line) || !take(&line, ':') || line.end[-1] != ']')
        return false;
    comma = memchr(line.at, ',', (size_t)(line.end - line.at));
    if (comma == NULL || !guid_read(line.at, (size_t)(comma - line.at), guid))
        return false;
    bracket = memchr(comma, '[', (size_t)(line.end - comma));
    return bracket != NULL && read_groups((struct licence_text){bracket + 1, line.end}, state);
}

/* The licence of a line without a product key, and an add-on, say nothing of the system's. */
static bool is_installed(const struct line_state *line, const char *guid)
{
    return line->first_code != CODE_NO_PRODUCT_KEY && line->first_code != CODE_NOT_APPLICABLE &&
           !incident_find_licence(guid)->is_add_on;
}

static void note_state(const struct line_state *line, struct licence_statement *out)
{
    if (line->licensed) {
        out->status = LICENSING_STATUS_LICENSED;
    } else if (line->grace) {
        out->status = LICENSING_STATUS_INITIAL_GRACE;
        out->reason_code = line->grace_reason;
    } else if (line->notification) {
        out->status = LICENSING_STATUS_NOTIFICATION;
        out->reason_code = line->notification_reason;
    }
}

static void add_line(struct licence_text text, struct licence_statement *out)
{
    char guid[GUID_TEXT_BYTES];
    struct line_state line;

    out->line_count++;
    if (!read_line(text, guid, &line)) {
        out->unreadable_count++;
    } else if (is_installed(&line, guid)) {
        if (out->installed_count++ == 0) {
            memcpy(out->installed_id, guid, sizeof(guid));
            note_state(&line, out);
        }
    }
}

struct licence_statement licence_statement_of(const struct observation *observation)
{
    const char *application = observation_value(observation, 0);
    const char *text = observation_value(observation, 1);
    struct licence_statement out = {.status = LICENSING_STATUS_NOT_TOLD};

    out.is_windows =
        application != NULL && guid_equal(application, INCIDENT_WINDOWS_APPLICATION_ID);
    if (!out.is_windows || text == NULL)
        return out;
    while (*text != '\0') {
        struct licence_text line = {text, text + strcspn(text, "\r\n")};

        text = line.end + strspn(line.end, "\r\n");
        skip_blanks(&line);
        while (line.end > line.at && (line.end[-1] == ' ' || line.end[-1] == '\t'))
            line.end--;
        if (line.at < line.end)
            add_line(line, &out);
    }
    if (out.installed_count != 1 || out.unreadable_count > 0) {
        out.status = LICENSING_STATUS_NOT_TOLD;
        out.reason_code = 0;
    }
    return out;
}

/* What is installed, as far as it matters: nothing, one licence, or several; or that cannot be
 * told.
 */
enum installed {
    INSTALLED_NONE,
    INSTALLED_ONE,
    INSTALLED_SEVERAL,
    INSTALLED_UNREADABLE,
};

static enum installed installed_of(const struct licence_statement *statement)
{
    if (statement->unreadable_count > 0)
        return INSTALLED_UNREADABLE;
    return statement->installed_count == 0   ? INSTALLED_NONE
           : statement->installed_count == 1 ? INSTALLED_ONE
                                             : INSTALLED_SEVERAL;
}

bool licence_statements_equal(const struct licence_statement *left,
                              const struct licence_statement *right)
{
    enum installed installed = installed_of(left);

    return left->is_windows == right->is_windows && installed == installed_of(right) &&
           (installed != INSTALLED_ONE || strcmp(left->installed_id, right->installed_id) == 0) &&
           left->status == right->status && left->reason_code == right->reason_code;
}
