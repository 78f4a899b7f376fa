/* SPDX-License-Identifier: Apache-2.0 */
/* Edition and channel from 12288 and 1003. Layouts of their strings: FACTS.md, "The events, as
 * they are stored". */
#include "verdict/item.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Of the comma-separated fields of 12288, counted from 0 [VATR]. */
#define KMS_FIELD_ACTIVATION_ID 8

/* A licence of 1003 that says so has no product key: it is not installed. */
#define CODE_NO_PRODUCT_KEY UINT32_C(0xC004F014)

#define GUID_LENGTH 36

/* Returns owned: the GUID that the text of that length is, in lower case and without blanks and
 * braces around it, or NULL when it is none. */
static char *read_guid(const char *text, size_t length)
{
    char *guid;

    for (; length > 0 && strchr(" \t\r\n{", *text) != NULL; length--)
        text++;
    while (length > 0 && strchr(" \t\r\n}", text[length - 1]) != NULL)
        length--;
    if (length != GUID_LENGTH)
        return NULL;
    guid = memory_copy_bytes(text, length);
    for (size_t index = 0; index < GUID_LENGTH; index++) {
        bool dash = index == 8 || index == 13 || index == 18 || index == 23;

        if (dash ? guid[index] != '-' : !isxdigit((unsigned char)guid[index])) {
            free(guid);
            return NULL;
        }
        guid[index] = (char)tolower((unsigned char)guid[index]);
    }
    return guid;
}

/* ---- 12288 ---- */

/* Only a KMS client sends it, so the channel is known whatever the id is. An id that says nothing
 * leaves the edition to older evidence: the request shows no change of it. */
static void read_kms_request(const struct observation *observation, struct licence_item *out)
{
    const char *field = observation_value(observation, 0);
    const struct incident_licence *licence;
    char *guid = NULL;

    for (size_t index = 0; field != NULL && index < KMS_FIELD_ACTIVATION_ID; index++) {
        field = strchr(field, ',');
        if (field != NULL)
            field++;
    }
    if (field != NULL)
        guid = read_guid(field, strcspn(field, ","));
    out->decides_channel = true;
    out->channel = LICENCE_CHANNEL_VOLUME_KMS;
    if (guid == NULL) {
        out->activation_id = memory_copy_text("");
        out->detail = memory_copy_text("KMS client, without a readable activation id");
        return;
    }
    out->activation_id = guid;
    licence = incident_find_known_licence(guid);
    if (licence == NULL) {
        out->detail = memory_copy_text("KMS client, with an unknown activation id");
        return;
    }
    out->decides_edition = true;
    out->edition = licence->edition;
    out->not_windows_7 = licence->not_windows_7;
    out->detail = memory_format("KMS client of %s",
                                licence->edition != NULL ? licence->edition->name : licence->name);
}

void kms_request_items(const struct observation *observation, struct meaning *out)
{
    out->on_licence = true;
    out->origin.kind = EVIDENCE_KMS_REQUEST;
    read_kms_request(observation, &out->licence);
}

/* ---- 1003 ---- */

enum licence_line {
    LICENCE_LINE_UNREADABLE,
    LICENCE_LINE_NOT_INSTALLED, /* or an add-on, which says nothing of the system's licence */
    LICENCE_LINE_INSTALLED,
};

/* Reads the code of the first group that is not empty: the groups are `(0 )(1 )(2 [0x00000000, 0,
 * 1], [...])`. *code is 0 when all of them are empty. */
static bool read_first_code(const char *text, const char *end, uint32_t *code)
{
    char field[16];
    size_t length;

    *code = 0;
    while (text < end && *text == '(') {
        for (text++; text < end && isdigit((unsigned char)*text); text++)
            ;
        for (; text < end && *text == ' '; text++)
            ;
        if (text == end || (*text != ')' && *text != '['))
            return false;
        if (*text == ')') {
            text++;
            continue;
        }
        text++;
        length = strcspn(text, ",]");
        if (length >= sizeof(field) || text + length >= end)
            return false;
        memcpy(field, text, length);
        field[length] = '\0';
        return code_parse(field, code);
    }
    return text < end && *text == ']';
}

/* Reads one line, `N: activation id, a, b [(0 ..)(1 ..)(2 ..)]`, up to `end`. *guid is returned
 * owned unless the line is unreadable. */
static enum licence_line read_line(const char *line, const char *end, char **guid)
{
    const char *at = line;
    const char *id;
    uint32_t code;

    for (; at < end && isdigit((unsigned char)*at); at++)
        ;
    if (at == line || at == end || *at != ':' || end[-1] != ']')
        return LICENCE_LINE_UNREADABLE;
    id = at + 1;
    at = memchr(id, ',', (size_t)(end - id));
    if (at == NULL)
        return LICENCE_LINE_UNREADABLE;
    *guid = read_guid(id, (size_t)(at - id));
    at = memchr(at, '[', (size_t)(end - at));
    if (*guid == NULL || at == NULL || !read_first_code(at + 1, end, &code)) {
        free(*guid);
        return LICENCE_LINE_UNREADABLE;
    }
    return code == CODE_NO_PRODUCT_KEY || incident_find_licence(*guid)->is_add_on
               ? LICENCE_LINE_NOT_INSTALLED
               : LICENCE_LINE_INSTALLED;
}

struct licence_list {
    size_t line_count;
    size_t unreadable_count;
    size_t installed_count;
    char *installed; /* owned: the first installed one's id */
};

static void read_list(const char *text, struct licence_list *out)
{
    while (*text != '\0') {
        const char *end = text + strcspn(text, "\r\n");
        const char *next = end + strspn(end, "\r\n");
        char *guid = NULL;

        for (; text < end && (*text == ' ' || *text == '\t'); text++)
            ;
        for (; text < end && (end[-1] == ' ' || end[-1] == '\t'); end--)
            ;
        if (text < end) {
            enum licence_line line = read_line(text, end, &guid);

            out->line_count++;
            out->unreadable_count += line == LICENCE_LINE_UNREADABLE;
            out->installed_count += line == LICENCE_LINE_INSTALLED;
            if (line == LICENCE_LINE_INSTALLED && out->installed == NULL)
                out->installed = guid;
            else if (line != LICENCE_LINE_UNREADABLE)
                free(guid);
        }
        text = next;
    }
}

/* A list with a line that cannot be read may hide the installed licence: it decides nothing. Of
 * several installed ones nothing tells which is in use (FACTS.md): what was known before is so no
 * more. */
static void read_licences(const struct observation *observation, struct licence_item *out)
{
    const char *text = observation_value(observation, 1);
    struct licence_list list = {0};

    if (text != NULL)
        read_list(text, &list);
    out->decides_channel = list.unreadable_count == 0 && list.installed_count > 0;
    out->decides_edition = out->decides_channel;
    if (out->decides_channel && list.installed_count == 1) {
        const struct incident_licence *licence = incident_find_licence(list.installed);

        out->channel = licence->channel;
        out->edition = licence->edition;
        out->not_windows_7 = licence->not_windows_7;
        out->activation_id = list.installed;
        out->detail = memory_format(
            "installed: %s", licence->edition != NULL ? licence->edition->name : licence->name);
        return;
    }
    free(list.installed);
    out->activation_id = memory_copy_text("");
    if (list.unreadable_count > 0)
        out->detail = memory_format("%zu of %zu licence lines cannot be read",
                                    list.unreadable_count, list.line_count);
    else if (list.installed_count > 1)
        out->detail = memory_format("%zu licences are installed", list.installed_count);
    else
        out->detail = memory_format("none of %zu licences is installed", list.line_count);
}

void licences_items(const struct observation *observation, struct meaning *out)
{
    out->on_licence = true;
    out->origin.kind = EVIDENCE_LICENCES;
    read_licences(observation, &out->licence);
}
