/* SPDX-License-Identifier: Apache-2.0 */
/* The strings of an observation as JSON arrays, which json_each reads (docs/reports.md, case.db).
 * Strings are any bytes but NUL, and come back as they went in: control characters are escaped as
 * JSON has it, and a byte that is not UTF-8 becomes \udc with its value as , half of a surrogate
 * pair, which no UTF-8 has. Python's surrogateescape makes the same bytes of it. */
#include "case/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BYTE_ESCAPE 0xDC00u /* plus the byte, which is 0x80 at least */

/* ---- Writing ---- */

static const char *short_escape(uint32_t code_point)
{
    switch (code_point) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void add_character(struct text *out, const char **at)
{
    const char *start = *at;
    uint32_t code_point;

    if (!text_next_character(at, &code_point))
        text_add_format(out, "\\u%04x", BYTE_ESCAPE | (unsigned char)*start);
    else if (short_escape(code_point) != NULL)
        text_add(out, short_escape(code_point));
    else if (code_point < ' ')
        text_add_format(out, "\\u%04x", (unsigned)code_point);
    else
        text_add_bytes(out, start, (size_t)(*at - start));
}

static void add_string(struct text *out, const char *value)
{
    text_add_bytes(out, "\"", 1);
    for (;;) {
        size_t plain = text_plain_length(value, "\"\\");

        text_add_bytes(out, value, plain);
        value += plain;
        if (*value == '\0')
            break;
        add_character(out, &value);
    }
    text_add_bytes(out, "\"", 1);
}

void strings_add_values(struct text *out, const struct observation *observation)
{
    text_add_bytes(out, "[", 1);
    for (size_t index = 0; index < observation->string_count; index++) {
        text_add_bytes(out, ",", index > 0 ? 1 : 0);
        add_string(out, observation->strings[index].value);
    }
    text_add_bytes(out, "]", 1);
}

void strings_add_names(struct text *out, const struct observation *observation)
{
    text_add_bytes(out, "[", 1);
    for (size_t index = 0; index < observation->string_count; index++) {
        text_add_bytes(out, ",", index > 0 ? 1 : 0);
        add_string(out, observation->strings[index].name);
    }
    text_add_bytes(out, "]", 1);
}

/* ---- Reading ---- */

static bool read_hex(const char *digits, unsigned *out)
{
    *out = 0;
    for (size_t index = 0; index < 4; index++) {
        const char *found =
            digits[index] != '\0' ? strchr("0123456789abcdef", digits[index]) : NULL;

        if (found == NULL)
            return false;
        *out = *out << 4 | (unsigned)(found - "0123456789abcdef");
    }
    return true;
}

/* Reads what is not plain at *from: an escape, into the byte that it stands for, or a byte of a
 * character that is not ASCII. False at the end, and for other escapes than are written. */
static bool read_byte(char **from, char *out)
{
    static const char letters[] = "\"\\nrt";
    static const char bytes[] = "\"\\\n\r\t";
    const char *letter;
    unsigned code;

    if (**from != '\\') {
        *out = *(*from)++;
        return *out != '\0';
    }
    letter = (*from)[1] != '\0' ? strchr(letters, (*from)[1]) : NULL;
    if (letter != NULL) {
        *out = bytes[letter - letters];
        *from += 2;
        return true;
    }
    if ((*from)[1] != 'u' || !read_hex(*from + 2, &code) ||
        !((code > 0 && code < ' ') || (code >= BYTE_ESCAPE + 0x80 && code <= BYTE_ESCAPE + 0xFF)))
        return false;
    *out = (char)code;
    *from += 6;
    return true;
}

/* Reads the string at *at in place, which works as it is never longer than it is written. NULL when
 * there is none. */
static char *read_string(char **at)
{
    char *start = *at + 1;
    char *from = start;
    char *to = start;

    if (**at != '"')
        return NULL;
    for (;;) {
        size_t plain = text_plain_length(from, "\"\\");

        if (to != from)
            memmove(to, from, plain);
        to += plain;
        from += plain;
        if (*from == '"')
            break;
        if (!read_byte(&from, to++))
            return NULL;
    }
    *to = '\0';
    *at = from + 1;
    return start;
}

static bool add_item(struct string_list *list, char *item)
{
    if (list->count == list->capacity) {
        list->items = memory_grow(list->items, list->count, sizeof(*list->items));
        list->capacity++;
    }
    list->items[list->count++] = item;
    return item != NULL;
}

bool strings_read(struct string_list *list, const char *json)
{
    char *at;

    list->count = 0;
    text_clear(&list->json);
    text_add(&list->json, json);
    at = list->json.bytes;
    if (*at++ != '[')
        return false;
    while (*at != ']') {
        if (list->count > 0 && *at++ != ',')
            return false;
        if (!add_item(list, read_string(&at)))
            return false;
    }
    return at[1] == '\0';
}

void strings_free(struct string_list *list)
{
    text_free(&list->json);
    free(list->items);
    *list = (struct string_list){0};
}
