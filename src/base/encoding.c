/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encoding.h"

#include <string.h>

/* A text has at most one control character in so many bytes: a broken disk leaves some in it. */
#define BYTES_A_CONTROL 64u
/* Of the units of UTF-16 without a mark, at least this part is ASCII: labels and values, blanks. */
#define ASCII_PART 4u
#define SWAPPED_BYTES 4096u

bool encoding_is_control(unsigned unit)
{
    return unit < 0x20 && (unit == 0 || strchr("\t\n\r\f\b\x1A\x1B", (int)unit) == NULL);
}

static size_t count_controls(struct span head)
{
    size_t count = 0;
    uint8_t byte;

    while (span_u8(&head, &byte))
        count += encoding_is_control(byte);
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
        *controls += encoding_is_control(unit);
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

static const struct mark {
    const char *bytes;
    size_t size_bytes;
    enum text_coding coding;
} marks[] = {{TEXT_BYTE_ORDER_MARK, 3, TEXT_CODING_UTF8},
             {"\xFF\xFE", 2, TEXT_CODING_UTF16LE},
             {"\xFE\xFF", 2, TEXT_CODING_UTF16BE},
             {"", 0, TEXT_CODING_BYTES}};

/* The mark that the bytes begin with; the last one is none. */
static const struct mark *find_mark(const struct span *bytes)
{
    size_t row = 0;

    while (!span_starts_with(bytes, marks[row].bytes, marks[row].size_bytes))
        row++;
    return &marks[row];
}

bool encoding_is_wide(enum text_coding coding)
{
    return coding == TEXT_CODING_UTF16LE || coding == TEXT_CODING_UTF16BE;
}

static bool is_ascii(uint8_t byte)
{
    return (byte >= 0x20 && byte < 0x7F) || byte == '\r' || byte == '\n' || byte == '\t';
}

/* So many bytes of ASCII at the start of a text are not UTF-16, or so many with a line end: bytes
 * of East Asian characters can look like a few. */
#define NARROW_LETTERS_LEAST 16
#define NARROW_LINE_LEAST 4

static bool begins_narrow(struct span text)
{
    size_t count = 0;

    while (count < text.left_bytes && is_ascii(text.bytes[count]))
        count++;
    return count >= NARROW_LETTERS_LEAST ||
           (count >= NARROW_LINE_LEAST && memchr(text.bytes, '\n', count) != NULL);
}

/* Is it text when stretches of UTF-16 in it are left out? */
static bool is_mixed(struct span text)
{
    enum text_coding coding = TEXT_CODING_BYTES;
    struct text_stretch stretch;
    size_t controls = 0, wide_bytes = 0, size_bytes = text.left_bytes;

    while (encoding_next_stretch(&text, &coding, &stretch))
        if (encoding_is_wide(stretch.coding))
            wide_bytes += stretch.bytes.left_bytes;
        else
            controls += count_controls(stretch.bytes);
    return wide_bytes > 0 && controls <= size_bytes / BYTES_A_CONTROL;
}

/* So many units of ASCII tell UTF-16. */
#define UNITS_LEAST 3

/* Do units of ASCII stand there, or a line end? */
static bool are_units(const struct span *bytes, size_t at, bool big_endian)
{
    uint8_t before = 0;

    for (unsigned unit = 0; unit < UNITS_LEAST; unit++, at += 2) {
        uint8_t byte;

        if (at + 1 >= bytes->left_bytes || bytes->bytes[at + !big_endian] != 0 ||
            !is_ascii(bytes->bytes[at + big_endian]))
            return false;
        byte = bytes->bytes[at + big_endian];
        if (before == '\r' && byte == '\n')
            return true;
        before = byte;
    }
    return true;
}

enum text_coding encoding_of(struct span head)
{
    const struct mark *mark = find_mark(&head);
    struct span text;

    if (!span_at(&head, mark->size_bytes, &text) || text.left_bytes == 0)
        return TEXT_CODING_NONE;
    if (encoding_is_wide(mark->coding))
        return is_utf16(text, mark->coding == TEXT_CODING_UTF16BE, true) ? mark->coding
                                                                         : TEXT_CODING_NONE;
    if (count_controls(text) <= text.left_bytes / BYTES_A_CONTROL)
        return mark->coding;
    if (mark->size_bytes == 0 && !begins_narrow(text) && is_utf16(text, false, false))
        return TEXT_CODING_UTF16LE;
    if (mark->size_bytes == 0 && are_units(&text, 0, true) && is_utf16(text, true, false))
        return TEXT_CODING_UTF16BE;
    return is_mixed(text) ? mark->coding : TEXT_CODING_NONE;
}

/* ---- Stretches ---- */

/* Bytes without a zero that are not UTF-16: so many, and this part of them ASCII, when their lines
 * end with LF alone. */
#define NARROW_BYTES_LEAST 64
#define NARROW_PART 8
#define WINDOW_BYTES 4096u
#define TURNS_MOST 3

/* Where UTF-16 of which the byte at `zero` is the first zero begins: at the start of its line, when
 * a mark stands there, or letters that are not ASCII; else with that unit, as behind a prompt. */
static size_t find_wide_start(const struct span *bytes, size_t zero)
{
    const uint8_t *feed = memrchr(bytes->bytes, '\n', zero - 1);
    size_t start = feed != NULL ? (size_t)(feed - bytes->bytes) + 1 : 0;
    struct span line;

    if (!span_at(bytes, start, &line) || encoding_is_wide(find_mark(&line)->coding))
        return start;
    return (zero - 1 - start) % 2 == 0 && !(is_ascii(line.bytes[0]) && is_ascii(line.bytes[1]))
               ? start
               : zero - 1;
}

/* Looks for UTF-16 of which the first zero lies in that range. */
static bool find_wide(const struct span *bytes, size_t from, size_t to, size_t *start,
                      enum text_coding *coding)
{
    const uint8_t *zero = bytes->bytes + from;
    const uint8_t *end = bytes->bytes + to;
    struct span rest;

    for (; zero < end && (zero = memchr(zero, 0, (size_t)(end - zero))) != NULL; zero++) {
        size_t at = (size_t)(zero - bytes->bytes);

        *start = at >= 2 ? at - 2 : at;
        if (span_at(bytes, *start, &rest) && find_mark(&rest)->coding == TEXT_CODING_UTF16BE &&
            are_units(bytes, at, true)) {
            *coding = TEXT_CODING_UTF16BE;
            return true;
        }
        if (at >= 1 && are_units(bytes, at - 1, false)) {
            *start = find_wide_start(bytes, at);
            *coding = TEXT_CODING_UTF16LE;
            return true;
        }
    }
    return false;
}

/* How many bytes are not UTF-16, nor text with a mark of UTF-8 behind one in a code page; sets
 * *next to the coding of what follows. It goes on window by window: what is not there is not looked
 * for in all of the rest each time. */
static size_t count_narrow(const struct span *bytes, enum text_coding *next)
{
    static const char marked_line[] = "\n" TEXT_BYTE_ORDER_MARK;
    size_t mark_bytes = sizeof(marked_line) - 1;

    *next = TEXT_CODING_BYTES;
    for (size_t from = 0; from < bytes->left_bytes; from += WINDOW_BYTES) {
        size_t left_bytes = bytes->left_bytes - from;
        size_t window_bytes = left_bytes < WINDOW_BYTES ? left_bytes : WINDOW_BYTES;
        size_t more_bytes =
            left_bytes - window_bytes < mark_bytes ? left_bytes - window_bytes : mark_bytes;
        size_t start;
        bool found = find_wide(bytes, from, from + window_bytes, &start, next);
        const uint8_t *mark =
            memmem(bytes->bytes + from, window_bytes + more_bytes, marked_line, mark_bytes);

        if (mark != NULL && (!found || (size_t)(mark - bytes->bytes) < start)) {
            *next = TEXT_CODING_UTF8;
            return (size_t)(mark - bytes->bytes) + 1;
        }
        if (found)
            return start;
    }
    return bytes->left_bytes;
}

/* Is this, which lies between two zeros in UTF-16, text of another coding? */
static bool is_narrow(const uint8_t *bytes, size_t length)
{
    size_t others = 0;

    if (length < 2)
        return false;
    if (memmem(bytes, length, "\r\n", 2) != NULL)
        return true;
    if (length < NARROW_BYTES_LEAST || memchr(bytes, '\n', length) == NULL)
        return false;
    for (size_t at = 0; at < length; at++)
        others += !is_ascii(bytes[at]);
    return others <= length / NARROW_PART;
}

/* How many bytes are UTF-16 in that order; sets *next to the coding of what follows. Its lines have
 * zeros, if only in their ends, so what lies between two of them tells other text. */
static size_t count_wide(const struct span *bytes, enum text_coding coding, enum text_coding *next)
{
    bool big_endian = coding == TEXT_CODING_UTF16BE;
    enum text_coding other = big_endian ? TEXT_CODING_UTF16LE : TEXT_CODING_UTF16BE;
    size_t start = 0;

    *next = TEXT_CODING_BYTES;
    while (start < bytes->left_bytes) {
        const uint8_t *at = bytes->bytes + start;
        const uint8_t *zero = memchr(at, 0, bytes->left_bytes - start);
        size_t length = zero != NULL ? (size_t)(zero - at) : bytes->left_bytes - start;
        size_t end = start + (big_endian && start > 0); /* of the units before */
        struct span behind;

        if (is_narrow(at, length))
            return end;
        if (start > 0 && span_at(bytes, end, &behind) &&
            (find_mark(&behind)->coding == other || are_units(bytes, end, !big_endian))) {
            *next = other;
            return end;
        }
        start += length + 1;
    }
    return bytes->left_bytes;
}

bool encoding_next_stretch(struct span *rest, enum text_coding *coding, struct text_stretch *out)
{
    size_t size_bytes = 0;
    enum text_coding next;

    /* UTF-16 of no bytes is followed by others, and these by others again. */
    for (unsigned turn = 0; size_bytes == 0 && turn < TURNS_MOST; turn++) {
        out->coding = *coding;
        size_bytes = encoding_is_wide(*coding) ? count_wide(rest, *coding, &next)
                                               : count_narrow(rest, &next);
        *coding = next;
    }
    if (size_bytes == 0) {
        out->coding = TEXT_CODING_BYTES;
        size_bytes = rest->left_bytes;
    }
    return size_bytes > 0 && span_take(rest, size_bytes, &out->bytes) &&
           (find_mark(&out->bytes)->coding != out->coding ||
            span_skip(&out->bytes, find_mark(&out->bytes)->size_bytes));
}

/* ---- UTF-16 ---- */

#define HIGH_SURROGATE_FIRST 0xD800u
#define LOW_SURROGATE_FIRST 0xDC00u
#define SURROGATE_LAST 0xDFFFu
#define SURROGATE_BITS 10u
#define FIRST_SUPPLEMENTARY 0x10000u
/* ASCII is collected here before it is added. */
#define COLLECTED_BYTES 256u

/* Takes the next character; a surrogate without its other half is U+FFFD. */
static uint32_t take_character(struct span *utf16, uint16_t unit)
{
    uint16_t low;

    if (unit < HIGH_SURROGATE_FIRST || unit > SURROGATE_LAST)
        return unit;
    if (unit >= LOW_SURROGATE_FIRST || !span_u16_at(utf16, 0, &low) || low < LOW_SURROGATE_FIRST ||
        low > SURROGATE_LAST || !span_skip(utf16, sizeof(low)))
        return TEXT_REPLACEMENT_CHARACTER;
    return FIRST_SUPPLEMENTARY + ((uint32_t)(unit - HIGH_SURROGATE_FIRST) << SURROGATE_BITS) +
           (low - LOW_SURROGATE_FIRST);
}

/* Collects the ASCII characters at the start of *utf16, and moves past them. */
static size_t collect_ascii(struct span *utf16, char *out, size_t most)
{
    size_t count = 0;
    uint16_t unit;

    while (count < most && span_u16_at(utf16, count * sizeof(unit), &unit) && unit - 1u < 0x7Fu)
        out[count++] = (char)unit;
    return span_skip(utf16, count * sizeof(unit)) ? count : 0;
}

void text_add_utf16(struct text *out, struct span utf16)
{
    char collected[COLLECTED_BYTES];
    size_t count;
    uint16_t unit;

    do {
        count = collect_ascii(&utf16, collected, sizeof(collected));
        text_add_bytes(out, collected, count);
        if (count == sizeof(collected))
            continue;
        if (!span_u16(&utf16, &unit) || unit == 0)
            return;
        text_add_character(out, take_character(&utf16, unit));
    } while (utf16.left_bytes > 0);
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

void encoding_add_wide(struct text *out, struct span utf16, enum text_coding coding)
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
