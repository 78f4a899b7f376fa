/* SPDX-License-Identifier: Apache-2.0 */
/* Each type is a row: the size its values must have, and how one is written. */
#include "evtx/value.h"

#include <inttypes.h>

#include "base/encoding.h"
#include "base/filetime.h"
#include "base/memory.h"

/* A SID: revision u8, count u8, authority of six bytes (big endian), sub authorities u32. */
#define SID_HEAD_BYTES 8u
#define SID_AUTHORITY_BYTES 6u
#define GUID_BYTES 16u
/* A number of a value in decimal. */
#define DECIMAL_BYTES 20u
/* The time that is 0, which filetime_add_text takes for none. */
#define FIRST_TIME "1601-01-01T00:00:00Z"
/* The longest text that can be a time. */
#define TIME_TEXT_BYTES 40u

/* What an 8-bit string says beyond ASCII depends on a code page that is not told: that of Western
 * Europe, as libevtx has it. Where it is not Latin-1: */
static const uint16_t windows_1252[] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
};

static void add_ansi(struct text *out, struct span value)
{
    uint8_t byte;

    while (span_u8(&value, &byte) && byte != 0)
        text_add_character(out, byte >= 0x80 && byte < 0x80 + ARRAY_COUNT(windows_1252)
                                    ? windows_1252[byte - 0x80]
                                    : byte);
}

/* Reads a number of one to eight bytes. */
static uint64_t take_number(struct span value)
{
    uint64_t number = 0;

    for (size_t index = value.left_bytes; index > 0; index--)
        number = number << 8 | value.bytes[index - 1];
    return number;
}

static void add_unsigned(struct text *out, struct span value)
{
    text_add_number(out, take_number(value));
}

static void add_signed(struct text *out, struct span value)
{
    unsigned shift = (unsigned)(64 - 8 * value.left_bytes);

    text_add_format(out, "%" PRId64, (int64_t)(take_number(value) << shift) >> shift);
}

static void add_double(struct text *out, struct span value)
{
    uint64_t bits = take_number(value);
    double number;

    memcpy(&number, &bits, sizeof(number));
    text_add_format(out, "%f", number);
}

static void add_float(struct text *out, struct span value)
{
    uint32_t bits = (uint32_t)take_number(value);
    float number;

    if (value.left_bytes == sizeof(double)) {
        add_double(out, value);
        return;
    }
    memcpy(&number, &bits, sizeof(number));
    text_add_format(out, "%f", (double)number);
}

static void add_bool(struct text *out, struct span value)
{
    text_add(out, take_number(value) != 0 ? "true" : "false");
}

static void add_hexadecimal(struct text *out, struct span value)
{
    text_add_format(out, "0x%0*" PRIx64, (int)(2 * value.left_bytes), take_number(value));
}

static void add_binary(struct text *out, struct span value)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t byte;

    while (span_u8(&value, &byte)) {
        char pair[] = {digits[byte >> 4], digits[byte & 15]};

        text_add_bytes(out, pair, sizeof(pair));
    }
}

static void add_guid(struct text *out, struct span value)
{
    const uint8_t *rest = value.bytes + 8;
    uint32_t first = 0;
    uint16_t second = 0, third = 0;

    if (!span_u32_at(&value, 0, &first) || !span_u16_at(&value, 4, &second) ||
        !span_u16_at(&value, 6, &third))
        return;
    text_add_format(out, "{%08" PRIX32 "-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", first,
                    second, third, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6],
                    rest[7]);
}

/* As libevtx writes it: nine digits of a second. */
static void add_filetime(struct text *out, struct span value)
{
    uint64_t filetime = take_number(value);
    struct text time = {0};

    filetime_add_text(&time, filetime - filetime % FILETIME_SECOND);
    if (filetime < FILETIME_SECOND)
        text_add(&time, FIRST_TIME);
    if (time.length_bytes > 0) {
        text_add_bytes(out, time.bytes, time.length_bytes - 1);
        text_add_format(out, ".%07u00Z", (unsigned)(filetime % FILETIME_SECOND));
    } else {
        text_add_format(out, "0x%016" PRIx64, filetime);
    }
    text_free(&time);
}

/* Year, month, day of the week, day, hour, minute, second, millisecond. */
static void add_systemtime(struct text *out, struct span value)
{
    uint16_t fields[8];

    for (size_t index = 0; index < ARRAY_COUNT(fields); index++)
        if (!span_u16(&value, &fields[index]))
            return;
    text_add_format(out, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", fields[0], fields[1], fields[3],
                    fields[4], fields[5], fields[6], fields[7]);
}

/* The size of the SID that the value begins with; 0: it is cut short. */
static size_t sid_size(struct span value)
{
    size_t size_bytes = value.left_bytes < SID_HEAD_BYTES
                            ? SID_HEAD_BYTES
                            : SID_HEAD_BYTES + sizeof(uint32_t) * (size_t)value.bytes[1];

    return size_bytes <= value.left_bytes ? size_bytes : 0;
}

static void add_sid(struct text *out, struct span value)
{
    uint64_t authority = 0;
    uint32_t part;

    for (size_t index = 0; index < SID_AUTHORITY_BYTES; index++)
        authority = authority << 8 | value.bytes[2 + index];
    text_add_format(out, "S-%u-%" PRIu64, (unsigned)value.bytes[0], authority);
    if (!span_skip(&value, SID_HEAD_BYTES))
        return;
    while (span_u32(&value, &part))
        text_add_format(out, "-%" PRIu32, part);
}

/* A number of whatever type is one of the size that it has (libevtx takes it so, too). */
static bool is_number_size(size_t size_bytes)
{
    return size_bytes == 1 || size_bytes == 2 || size_bytes == 4 || size_bytes == 8;
}

enum size_rule {
    SIZE_ANY,
    SIZE_NUMBER, /* is_number_size */
    SIZE_FLOAT,  /* four or eight */
    SIZE_LEAST,  /* what is more is not looked at */
    SIZE_OWN,    /* a SID tells its own */
};

struct type_row {
    uint8_t size_bytes; /* of an item of an array; 0: there are no arrays of it */
    enum size_rule rule;
    void (*add)(struct text *out, struct span value);
};

static const struct type_row types[] = {
    [VALUE_STRING] = {.add = text_add_utf16},
    [VALUE_ANSI_STRING] = {.add = add_ansi},
    [VALUE_INT8] = {.size_bytes = 1, .rule = SIZE_NUMBER, .add = add_signed},
    [VALUE_UINT8] = {.size_bytes = 1, .rule = SIZE_NUMBER, .add = add_unsigned},
    [VALUE_INT16] = {.size_bytes = 2, .rule = SIZE_NUMBER, .add = add_signed},
    [VALUE_UINT16] = {.size_bytes = 2, .rule = SIZE_NUMBER, .add = add_unsigned},
    [VALUE_INT32] = {.size_bytes = 4, .rule = SIZE_NUMBER, .add = add_signed},
    [VALUE_UINT32] = {.size_bytes = 4, .rule = SIZE_NUMBER, .add = add_unsigned},
    [VALUE_INT64] = {.size_bytes = 8, .rule = SIZE_NUMBER, .add = add_signed},
    [VALUE_UINT64] = {.size_bytes = 8, .rule = SIZE_NUMBER, .add = add_unsigned},
    [VALUE_FLOAT] = {.size_bytes = 4, .rule = SIZE_FLOAT, .add = add_float},
    [VALUE_DOUBLE] = {.size_bytes = 8, .rule = SIZE_FLOAT, .add = add_float},
    [VALUE_BOOL] = {.size_bytes = 4, .rule = SIZE_NUMBER, .add = add_bool},
    [VALUE_BINARY] = {.add = add_binary},
    [VALUE_GUID] = {.size_bytes = GUID_BYTES, .rule = SIZE_LEAST, .add = add_guid},
    [VALUE_SIZE] = {.size_bytes = 4, .rule = SIZE_NUMBER, .add = add_unsigned},
    [VALUE_FILETIME] = {.size_bytes = 8, .rule = SIZE_LEAST, .add = add_filetime},
    [VALUE_SYSTEMTIME] = {.size_bytes = 16, .rule = SIZE_LEAST, .add = add_systemtime},
    [VALUE_SID] = {.rule = SIZE_OWN, .add = add_sid},
    [VALUE_HEX32] = {.size_bytes = 4, .rule = SIZE_NUMBER, .add = add_hexadecimal},
    [VALUE_HEX64] = {.size_bytes = 8, .rule = SIZE_NUMBER, .add = add_hexadecimal},
};

/* How much of the value its type speaks of; 0: the size does not fit. */
static size_t size_that_fits(const struct type_row *row, struct span value)
{
    size_t size_bytes = value.left_bytes;

    switch (row->rule) {
    case SIZE_ANY:
        return size_bytes;
    case SIZE_NUMBER:
        return is_number_size(size_bytes) ? size_bytes : 0;
    case SIZE_FLOAT:
        return size_bytes == sizeof(float) || size_bytes == sizeof(double) ? size_bytes : 0;
    case SIZE_LEAST:
        return size_bytes >= row->size_bytes ? row->size_bytes : 0;
    case SIZE_OWN:
        return sid_size(value);
    }
    return 0;
}

static const struct type_row *row_of(uint8_t type)
{
    return type < ARRAY_COUNT(types) && types[type].add != NULL ? &types[type] : NULL;
}

static void add_one(struct text *out, const struct type_row *row, struct span value)
{
    size_t size_bytes = size_that_fits(row, value);
    struct span fitting;

    if (size_bytes > 0 && span_take(&value, size_bytes, &fitting))
        row->add(out, fitting);
    else
        add_binary(out, value);
}

static void add_array(struct text *out, uint8_t type, const struct type_row *row, struct span value)
{
    struct span item;
    bool more = false;

    if (!value_is_array(type | VALUE_ARRAY, value)) {
        add_binary(out, value);
        return;
    }
    for (; value_take_item(type | VALUE_ARRAY, &value, &item); more = true) {
        text_add(out, more ? " " : "");
        add_one(out, row, item);
    }
}

void value_add_text(struct text *out, uint8_t type, struct span value)
{
    const struct type_row *row = row_of(type & ~VALUE_ARRAY & 0xffu);

    if (row == NULL)
        return;
    if ((type & VALUE_ARRAY) != 0)
        add_array(out, type & ~VALUE_ARRAY & 0xffu, row, value);
    else
        add_one(out, row, value);
}

bool value_is_array(uint8_t type, struct span value)
{
    const struct type_row *row = row_of(type & ~VALUE_ARRAY & 0xffu);

    return (type & VALUE_ARRAY) != 0 && row != NULL && value.left_bytes > 0 &&
           (row->add == text_add_utf16 || row->add == add_ansi ||
            (row->size_bytes > 0 && value.left_bytes % row->size_bytes == 0));
}

/* Takes the next string of an array of 8-bit strings, each ended by a NUL. */
static bool take_ansi_string(struct span *array, struct span *out)
{
    const uint8_t *end = memchr(array->bytes, 0, array->left_bytes);
    size_t length_bytes = end != NULL ? (size_t)(end - array->bytes) : array->left_bytes;

    return array->left_bytes > 0 && span_take(array, length_bytes, out) &&
           (end == NULL || span_skip(array, 1));
}

bool value_take_item(uint8_t type, struct span *array, struct span *out)
{
    const struct type_row *row = row_of(type & ~VALUE_ARRAY & 0xffu);

    if (row == NULL || row->add == text_add_utf16)
        return value_take_string(array, out);
    if (row->add == add_ansi)
        return take_ansi_string(array, out);
    return row->size_bytes > 0 && span_take(array, row->size_bytes, out);
}

bool value_take_string(struct span *array, struct span *out)
{
    size_t length_bytes = 0;
    uint16_t unit;

    if (array->left_bytes < sizeof(unit))
        return false;
    while (span_u16_at(array, length_bytes, &unit) && unit != 0)
        length_bytes += sizeof(unit);
    if (!span_take(array, length_bytes, out))
        return false;
    /* Past the U+0000, or half of one at the end. */
    if (!span_skip(array, sizeof(unit)))
        array->left_bytes = 0;
    return true;
}

/* Copies the first ASCII characters of a text value; false when it has others or is longer. */
static bool take_ascii(struct span value, char *out, size_t size_bytes)
{
    size_t length = 0;
    uint16_t unit;

    while (span_u16(&value, &unit) && unit != 0) {
        if (unit >= 0x80 || length + 1 >= size_bytes)
            return false;
        out[length++] = (char)unit;
    }
    out[length] = '\0';
    return true;
}

bool value_number(uint8_t type, struct span value, uint64_t *out)
{
    bool is_integer = type >= VALUE_INT8 && type <= VALUE_UINT64;
    bool is_signed = is_integer && types[type].add == add_signed;
    char digits[DECIMAL_BYTES + 1];

    if (type == VALUE_STRING)
        return take_ascii(value, digits, sizeof(digits)) && text_parse_number(digits, out);
    if (!is_integer || !is_number_size(value.left_bytes) ||
        (is_signed && value.bytes[value.left_bytes - 1] >= 0x80))
        return false;
    *out = take_number(value);
    return true;
}

bool value_filetime(uint8_t type, struct span value, uint64_t *out)
{
    struct text time = {0};
    char ascii[TIME_TEXT_BYTES];
    bool found = false;

    if (type == VALUE_FILETIME) {
        found = span_u64(&value, out);
    } else if (type == VALUE_STRING) {
        found = take_ascii(value, ascii, sizeof(ascii)) && filetime_parse(ascii, out);
    } else if (type == VALUE_SYSTEMTIME) {
        add_systemtime(&time, value);
        found = filetime_parse(text_get(&time), out);
        text_free(&time);
    }
    return found && *out != 0 && *out <= FILETIME_MAX;
}
