/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/plaintext.h"

#include <string.h>

#include "base/utf16.h"

/* A text has at most one control character in so many bytes: a broken disk leaves some in it. */
#define BYTES_A_CONTROL 64u
/* Of the units of UTF-16 without a mark, at least this part is ASCII: labels and values, blanks. */
#define ASCII_PART 4u
#define SWAPPED_BYTES 4096u

static size_t count_controls(struct span head)
{
    size_t count = 0;
    uint8_t byte;

    while (span_u8(&head, &byte))
        count += (byte < 0x20 && strchr("\t\n\r\f\x1A", byte) == NULL) || byte == 0 || byte == 0x7F;
    return count;
}

/* Counts the units that are ASCII text when read in that order. */
static size_t count_ascii_units(struct span head, bool big_endian, size_t *controls)
{
    size_t count = 0;
    uint16_t unit;

    *controls = 0;
    while (span_u16(&head, &unit)) {
        if (big_endian)
            unit = (uint16_t)(unit << 8 | unit >> 8);
        count += (unit >= 0x20 && unit < 0x7F) || unit == '\r' || unit == '\n' || unit == '\t';
        *controls += unit < 0x20 && unit != '\r' && unit != '\n' && unit != '\t';
    }
    return count;
}

static bool is_utf16(struct span head, bool big_endian, bool marked)
{
    size_t units = head.left_bytes / sizeof(uint16_t);
    size_t controls;
    size_t ascii = count_ascii_units(head, big_endian, &controls);

    return controls <= units / BYTES_A_CONTROL &&
           (marked || (units > 0 && ascii >= units / ASCII_PART + 1 &&
                       memchr(head.bytes, '\0', head.left_bytes) != NULL));
}

enum text_coding plaintext_coding(struct span head, size_t *mark_bytes)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
        enum text_coding coding;
    } marks[] = {{"\xEF\xBB\xBF", 3, TEXT_CODING_UTF8},
                 {"\xFF\xFE", 2, TEXT_CODING_UTF16LE},
                 {"\xFE\xFF", 2, TEXT_CODING_UTF16BE},
                 {"", 0, TEXT_CODING_BYTES}};
    size_t row = 0;
    struct span text;

    *mark_bytes = 0;
    while (!span_starts_with(&head, marks[row].bytes, marks[row].size_bytes))
        row++;
    if (!span_at(&head, marks[row].size_bytes, &text) || text.left_bytes == 0)
        return TEXT_CODING_NONE;
    *mark_bytes = marks[row].size_bytes;
    if (marks[row].coding == TEXT_CODING_UTF16LE || marks[row].coding == TEXT_CODING_UTF16BE)
        return is_utf16(text, marks[row].coding == TEXT_CODING_UTF16BE, true) ? marks[row].coding
                                                                              : TEXT_CODING_NONE;
    if (count_controls(text) <= text.left_bytes / BYTES_A_CONTROL)
        return marks[row].coding;
    return *mark_bytes == 0 && is_utf16(text, false, false) ? TEXT_CODING_UTF16LE
                                                            : TEXT_CODING_NONE;
}

/* Adds the units up to the next U+0000, and a blank for that. */
static void add_stretch(struct text *out, struct span *utf16)
{
    size_t size_bytes = 0;
    uint16_t unit = 1;
    struct span stretch;

    while (unit != 0 && span_u16_at(utf16, size_bytes, &unit))
        size_bytes += sizeof(unit);
    if (size_bytes == 0 || !span_take(utf16, size_bytes, &stretch))
        return;
    text_add_utf16(out, stretch);
    if (unit == 0)
        text_add(out, " ");
}

static void add_little_endian(struct text *out, struct span utf16)
{
    while (utf16.left_bytes >= sizeof(uint16_t))
        add_stretch(out, &utf16);
}

void plaintext_add_utf16(struct text *out, struct span utf16, enum text_coding coding)
{
    uint8_t swapped[SWAPPED_BYTES];
    struct span stretch;

    if (coding == TEXT_CODING_UTF16LE) {
        add_little_endian(out, utf16);
        return;
    }
    while (utf16.left_bytes >= sizeof(uint16_t)) {
        size_t size_bytes =
            utf16.left_bytes < sizeof(swapped) ? utf16.left_bytes & ~(size_t)1 : sizeof(swapped);
        uint16_t last = 0;

        /* Both halves of a pair stay together. */
        if (size_bytes == sizeof(swapped) && span_u16_at(&utf16, size_bytes - 2, &last) &&
            (last & 0xFC) == 0xD8)
            size_bytes -= 2;
        if (!span_take(&utf16, size_bytes, &stretch))
            return;
        for (size_t index = 0; index < size_bytes; index++)
            swapped[index] = stretch.bytes[index ^ 1];
        add_little_endian(out, span_of(swapped, size_bytes, 0));
    }
}

void plaintext_end_lines(struct text *text)
{
    bool has_feeds = text->bytes != NULL && memchr(text->bytes, '\n', text->length_bytes) != NULL;
    size_t out = 0;
    size_t in = 0;

    while (in < text->length_bytes) {
        size_t returns = 0;

        while (in + returns < text->length_bytes && text->bytes[in + returns] == '\r')
            returns++;
        in += returns;
        /* A text that ends so was cut within its last line end. */
        if (returns > 0 && in == text->length_bytes && has_feeds)
            break;
        if (returns > 0 && (in == text->length_bytes || text->bytes[in] != '\n'))
            for (; returns > 0; returns--)
                text->bytes[out++] = '\n';
        else
            text->bytes[out++] = text->bytes[in++];
    }
    text->length_bytes = out;
    if (text->bytes != NULL)
        text->bytes[out] = '\0';
}
