/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <inttypes.h>

static bool is_escaped(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F) ||
           code_point == 0x2028 || code_point == 0x2029;
}

static void add_escape(struct text *out, uint32_t code_point)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[] = {
        '\\', 'u', '0', '0', digits[code_point >> 4 & 0xF], digits[code_point & 0xF]};

    if (code_point > 0xFF)
        text_add_format(out, "\\u%04" PRIx32, code_point);
    else
        text_add_bytes(out, escape, sizeof(escape));
}

void json_add_string(struct text *out, const char *value)
{
    uint32_t code_point;

    text_add(out, "\"");
    for (;;) {
        size_t plain = text_plain_length(value, "\"\\");

        text_add_bytes(out, value, plain);
        value += plain;
        if (*value == '\0')
            break;
        if (!text_next_character(&value, &code_point)) {
            text_add(out, "\\");
            text_add_byte(out, value[-1]);
            continue;
        }
        if (is_escaped(code_point)) {
            add_escape(out, code_point);
            continue;
        }
        if (code_point == '"' || code_point == '\\')
            text_add(out, "\\");
        text_add_character(out, code_point);
    }
    text_add(out, "\"");
}

/* Characters of ASCII that stand for themselves in a block of the page. */
static bool is_page_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\' && byte != '<' &&
           byte != '>' && byte != '&';
}

static size_t page_plain_length(const char *value)
{
    size_t length = 0;

    while (is_page_plain((unsigned char)value[length]))
        length++;
    return length;
}

/* Adds a character of a block of the page: beyond the Basic Multilingual Plane as a pair of UTF-16
 * (RFC 8259, section 7). */
static void add_page_character(struct text *out, uint32_t code_point)
{
    if (code_point == '"' || code_point == '\\')
        text_add_format(out, "\\%c", (char)code_point);
    else if (code_point > 0xFFFF)
        text_add_format(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xD7C0 + (code_point >> 10),
                        0xDC00 + (code_point & 0x3FF));
    else
        text_add_format(out, "\\u%04" PRIx32, code_point);
}

void json_add_page_string(struct text *out, const char *value)
{
    uint32_t code_point;

    text_add(out, "\"");
    for (;;) {
        size_t plain = page_plain_length(value);

        text_add_bytes(out, value, plain);
        value += plain;
        if (*value == '\0')
            break;
        if (!text_next_character(&value, &code_point)) {
            text_add(out, "\\");
            text_add_byte(out, value[-1]);
        } else if (html_visible(code_point) != 0) {
            add_page_character(out, html_visible(code_point));
        } else {
            text_add_format(out, "[U+%04" PRIX32 "]", code_point);
        }
    }
    text_add(out, "\"");
}

static void write_string(struct json_writer *json, const char *value)
{
    size_t plain = json->for_page ? page_plain_length(value) : text_plain_length(value, "\"\\");

    if (value[plain] == '\0') {
        putc_unlocked('"', json->file);
        fwrite_unlocked(value, 1, plain, json->file);
        putc_unlocked('"', json->file);
        return;
    }
    text_clear(&json->string);
    if (json->for_page)
        json_add_page_string(&json->string, value);
    else
        json_add_string(&json->string, value);
    fwrite_unlocked(text_get(&json->string), 1, json->string.length_bytes, json->file);
}

void json_free_content(struct json_writer *json)
{
    text_free(&json->string);
}

static void write_number(struct json_writer *json, uint64_t number)
{
    text_clear(&json->string);
    text_add_number(&json->string, number);
    fwrite_unlocked(text_get(&json->string), 1, json->string.length_bytes, json->file);
}

/* Begins a member, or an item where it has no name. */
static void begin_value(struct json_writer *json, const char *name)
{
    if (json->needs_comma)
        putc_unlocked(',', json->file);
    json->needs_comma = true;
    if (name == NULL)
        return;
    write_string(json, name);
    putc_unlocked(':', json->file);
}

void json_begin_object(struct json_writer *json)
{
    putc_unlocked('{', json->file);
    json->needs_comma = false;
}

void json_end_object(struct json_writer *json)
{
    fputs("}\n", json->file);
}

void json_text(struct json_writer *json, const char *name, const char *value)
{
    begin_value(json, name);
    write_string(json, value);
}

void json_number(struct json_writer *json, const char *name, uint64_t number)
{
    begin_value(json, name);
    write_number(json, number);
}

void json_signed(struct json_writer *json, const char *name, int64_t number)
{
    begin_value(json, name);
    if (number < 0)
        putc_unlocked('-', json->file);
    write_number(json, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void json_bool(struct json_writer *json, const char *name, bool value)
{
    begin_value(json, name);
    fputs(value ? "true" : "false", json->file);
}

static void begin_nested(struct json_writer *json, const char *name, char start)
{
    begin_value(json, name);
    putc_unlocked(start, json->file);
    json->needs_comma = false;
}

static void end_nested(struct json_writer *json, char end)
{
    putc_unlocked(end, json->file);
    json->needs_comma = true;
}

void json_begin_list(struct json_writer *json, const char *name)
{
    begin_nested(json, name, '[');
}

void json_end_list(struct json_writer *json)
{
    end_nested(json, ']');
}

void json_begin_member(struct json_writer *json, const char *name)
{
    begin_nested(json, name, '{');
}

void json_end_member(struct json_writer *json)
{
    end_nested(json, '}');
}
