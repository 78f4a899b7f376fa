/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/memory.h"

#define CAPACITY_LEAST 32u

/* Makes room for so many bytes more, and a NUL. */
static void reserve(struct text *text, size_t length_bytes)
{
    size_t needed_bytes = text->length_bytes + length_bytes + 1;
    size_t capacity = text->capacity_bytes > 0 ? text->capacity_bytes : CAPACITY_LEAST;

    if (needed_bytes <= text->capacity_bytes)
        return;
    while (capacity < needed_bytes)
        capacity *= 2;
    text->bytes = memory_resize(text->bytes, capacity, 1);
    text->capacity_bytes = capacity;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length_bytes)
{
    reserve(text, length_bytes);
    if (length_bytes > 0)
        memcpy(text->bytes + text->length_bytes, bytes, length_bytes);
    text->length_bytes += length_bytes;
    text->bytes[text->length_bytes] = '\0';
}

void text_add(struct text *text, const char *more)
{
    text_add_bytes(text, more, strlen(more));
}

void text_add_character(struct text *text, uint32_t code_point)
{
    char bytes[4];
    size_t length;

    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        code_point = TEXT_REPLACEMENT_CHARACTER;
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        length = 1;
    } else if (code_point < 0x800) {
        bytes[0] = (char)(0xC0 | code_point >> 6);
        length = 2;
    } else if (code_point < 0x10000) {
        bytes[0] = (char)(0xE0 | code_point >> 12);
        length = 3;
    } else {
        bytes[0] = (char)(0xF0 | code_point >> 18);
        length = 4;
    }
    for (size_t index = 1; index < length; index++)
        bytes[index] = (char)(0x80 | (code_point >> (6 * (length - 1 - index)) & 0x3F));
    text_add_bytes(text, bytes, length);
}

/* Writes behind the text as much as there is room for, and returns how much there is to write. */
__attribute__((format(printf, 2, 0))) static size_t
write_format(struct text *text, const char *format, va_list arguments)
{
    int length = vsnprintf(text->bytes + text->length_bytes,
                           text->capacity_bytes - text->length_bytes, format, arguments);

    if (length < 0)
        memory_require(NULL);
    return (size_t)length;
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    size_t length;

    reserve(text, CAPACITY_LEAST);
    va_start(arguments, format);
    length = write_format(text, format, arguments);
    va_end(arguments);
    if (length >= text->capacity_bytes - text->length_bytes) {
        reserve(text, length);
        va_start(arguments, format);
        length = write_format(text, format, arguments);
        va_end(arguments);
    }
    text->length_bytes += length;
}

/* Would a reader of the list take it for a byte that was escaped? */
static bool looks_escaped(const char *at)
{
    return at[1] == 'x' && (strncmp(at + 2, "3B", 2) == 0 || strncmp(at + 2, "5C", 2) == 0);
}

void text_add_item_content(struct text *text, const char *item)
{
    for (;;) {
        size_t length = strcspn(item, ";\\");

        text_add_bytes(text, item, length);
        item += length;
        if (*item == '\0')
            return;
        if (*item == ';' || looks_escaped(item))
            text_add_byte(text, *item);
        else
            text_add_bytes(text, item, 1);
        item++;
    }
}

static void add_separator(struct text *text)
{
    if (text->length_bytes > 0)
        text_add(text, TEXT_SEPARATOR);
}

void text_add_number(struct text *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void text_add_item(struct text *text, const char *item)
{
    add_separator(text);
    text_add_item_content(text, item);
}

void text_add_item_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    char *item;

    va_start(arguments, format);
    item = memory_format_list(format, arguments);
    va_end(arguments);
    text_add_item(text, item);
    free(item);
}

void text_add_items(struct text *text, const char *items)
{
    if (*items == '\0')
        return;
    add_separator(text);
    text_add(text, items);
}

const char *text_get(const struct text *text)
{
    return text->bytes != NULL ? text->bytes : "";
}

char *text_take(struct text *text)
{
    char *taken = text->bytes != NULL ? text->bytes : memory_copy_text("");

    *text = (struct text){0};
    return taken;
}

void text_clear(struct text *text)
{
    text->length_bytes = 0;
    if (text->bytes != NULL)
        text->bytes[0] = '\0';
}

const char *text_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void text_free(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

/* Bytes that are looked at together, in a loop that the compiler makes a few instructions of; and
 * how far ahead the end of a text is looked for. */
#define PLAIN_BLOCK_BYTES 32
#define PLAIN_STRETCH_BYTES ((size_t)16 * PLAIN_BLOCK_BYTES)

static bool block_is_plain(const char bytes[PLAIN_BLOCK_BYTES], const char except[2])
{
    unsigned char others = 0;

    for (size_t index = 0; index < PLAIN_BLOCK_BYTES; index++) {
        unsigned char byte = (unsigned char)bytes[index];

        others |= (unsigned char)(byte - ' ') > '~' - ' ';
        others |= byte == (unsigned char)except[0];
        others |= byte == (unsigned char)except[1];
    }
    return others == 0;
}

/* The same for the last bytes before the end of a stretch. */
static bool rest_is_plain(const char *bytes, size_t length, const char except[2])
{
    char block[PLAIN_BLOCK_BYTES];

    if (length == 0)
        return true;
    memset(block, bytes[0], sizeof(block));
    memcpy(block, bytes, length);
    return block_is_plain(block, except);
}

/* Counts up to the first byte that is not plain, where there is one. */
static size_t count_plain(const char *text, size_t length, const char except[2])
{
    size_t count = 0;

    while (count < length && text[count] >= ' ' && text[count] <= '~' && text[count] != except[0] &&
           text[count] != except[1])
        count++;
    return count;
}

/* The plain bytes at the start of so many. */
static size_t count_stretch(const char *text, size_t length, const char except[2])
{
    size_t count = 0;

    while (length - count >= PLAIN_BLOCK_BYTES && block_is_plain(text + count, except))
        count += PLAIN_BLOCK_BYTES;
    if (length - count < PLAIN_BLOCK_BYTES && rest_is_plain(text + count, length - count, except))
        return length;
    return count + count_plain(text + count, length - count, except);
}

size_t text_plain_length(const char *text, const char *except)
{
    const char both[2] = {except[0], except[0] != '\0' ? except[1] : '\0'};
    size_t length = 0;

    for (;;) {
        size_t there = strnlen(text + length, PLAIN_STRETCH_BYTES);
        size_t plain = count_stretch(text + length, there, both);

        length += plain;
        if (plain < there || there < PLAIN_STRETCH_BYTES)
            return length;
    }
}

bool text_next_character(const char **at, uint32_t *code_point)
{
    ucs4_t character = (unsigned char)**at;
    int length = character < 0x80 ? 1 : u8_strmbtouc(&character, (const uint8_t *)*at);

    *code_point = length > 0 ? character : TEXT_REPLACEMENT_CHARACTER;
    *at += length > 0 ? length : 1;
    return length > 0;
}

size_t text_utf8_length(const char *bytes, size_t length_bytes, bool *is_cut)
{
    const uint8_t *start = (const uint8_t *)bytes;
    const uint8_t *bad = u8_check(start, length_bytes);
    size_t good_bytes = bad != NULL ? (size_t)(bad - start) : length_bytes;
    ucs4_t character;

    *is_cut = bad != NULL && u8_mbtoucr(&character, bad, length_bytes - good_bytes) == -2;
    return good_bytes;
}

size_t text_cut_length(const char *bytes, size_t most_bytes)
{
    while (most_bytes > 0 && text_is_within_character(bytes[most_bytes]))
        most_bytes--;
    return most_bytes;
}

void text_add_byte(struct text *text, char byte)
{
    text_add_format(text, "\\x%02X", (unsigned char)byte);
}

/* Unicode 15.0, DerivedCoreProperties.txt and DerivedGeneralCategory.txt. */
static const struct code_points {
    uint32_t first;
    uint32_t last;
} unseen[] = {
    {0x0080, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},
    {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
    {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
    {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool text_is_unseen(uint32_t code_point)
{
    for (size_t index = 0; index < ARRAY_COUNT(unseen); index++)
        if (code_point >= unseen[index].first && code_point <= unseen[index].last)
            return true;
    return false;
}

void text_add_visible(struct text *text, const char *raw)
{
    while (*raw != '\0') {
        const char *start = raw;
        uint32_t code_point;
        bool is_text = text_next_character(&raw, &code_point);
        bool is_byte = !is_text || code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);

        if (!is_byte && text_is_unseen(code_point))
            text_add_format(text, code_point > 0xFFFF ? "\\U%08X" : "\\u%04X", code_point);
        else if (!is_byte)
            text_add_bytes(text, start, (size_t)(raw - start));
        else
            for (; start < raw; start++)
                text_add_byte(text, *start);
    }
}

bool text_is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F) ||
           code_point == 0x2028 || code_point == 0x2029;
}

void text_add_path(struct text *text, const char *path)
{
    while (*path != '\0') {
        const char *start = path;
        uint32_t code_point;

        text_next_character(&path, &code_point);
        if (!text_is_control(code_point))
            text_add_bytes(text, start, (size_t)(path - start));
        else
            for (; start < path; start++)
                text_add_byte(text, *start);
    }
}

static char lower_ascii(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

/* How many bytes at the start are ASCII. */
static size_t ascii_length(const char *bytes, size_t length_bytes)
{
    size_t length = 0;

    while (length < length_bytes && (unsigned char)bytes[length] < 0x80)
        length++;
    return length;
}

static void add_folded_ascii(struct text *folded, const char *bytes, size_t length_bytes)
{
    size_t start = folded->length_bytes;

    text_add_bytes(folded, bytes, length_bytes);
    for (size_t at = start; at < folded->length_bytes; at++)
        folded->bytes[at] = lower_ascii(folded->bytes[at]);
}

/* Full case folding makes of one character three at most (CaseFolding.txt of Unicode). */
#define FOLDED_CHARACTERS_MOST 3

/* Simple case folding: what full case folding makes several characters of stays, but for a capital
 * of such a letter (U+1E9E is one of U+00DF). The lower case of U+0130, `i`, is another letter's.
 */
static ucs4_t fold_character(ucs4_t character)
{
    uint32_t folded[FOLDED_CHARACTERS_MOST];
    size_t count = ARRAY_COUNT(folded);
    ucs4_t lower = uc_tolower(character);

    memory_require(u32_casefold(&character, 1, NULL, NULL, folded, &count));
    if (count == 1)
        return folded[0];
    return lower >= 0x80 ? lower : character;
}

static void add_composed(struct text *composed, const char *bytes, size_t length_bytes)
{
    size_t composed_bytes;
    uint8_t *more = memory_require(
        u8_normalize(UNINORM_NFC, (const uint8_t *)bytes, length_bytes, NULL, &composed_bytes));

    text_add_bytes(composed, (const char *)more, composed_bytes);
    free(more);
}

/* Composed before, for which letters are folded as one, and after. */
static void add_folded_unicode(struct text *folded, const char *bytes, size_t length_bytes)
{
    struct text composed = {0}, simple = {0};
    const char *at;
    uint32_t character;

    add_composed(&composed, bytes, length_bytes);
    for (at = text_get(&composed); at < text_get(&composed) + composed.length_bytes;) {
        text_next_character(&at, &character);
        text_add_character(&simple, fold_character(character));
    }
    add_composed(folded, text_get(&simple), simple.length_bytes);
    text_free(&composed);
    text_free(&simple);
}

char *text_fold_bytes(const char *bytes, size_t length_bytes)
{
    struct text folded = {0};

    if (ascii_length(bytes, length_bytes) == length_bytes) {
        add_folded_ascii(&folded, bytes, length_bytes);
        return text_take(&folded);
    }
    while (length_bytes > 0) {
        bool is_cut;
        size_t good_bytes = text_utf8_length(bytes, length_bytes, &is_cut);
        size_t taken_bytes = good_bytes + (good_bytes < length_bytes);

        if (good_bytes > 0)
            add_folded_unicode(&folded, bytes, good_bytes);
        text_add_bytes(&folded, bytes + good_bytes, taken_bytes - good_bytes);
        bytes += taken_bytes;
        length_bytes -= taken_bytes;
    }
    return text_take(&folded);
}

char *text_fold(const char *text)
{
    return text_fold_bytes(text, strlen(text));
}

bool text_equal_ascii_bytes(const char *left, const char *right, size_t length_bytes)
{
    for (size_t at = 0; at < length_bytes; at++) {
        if (lower_ascii(left[at]) != lower_ascii(right[at]))
            return false;
        if (left[at] == '\0')
            break;
    }
    return true;
}

bool text_equal_ascii(const char *left, const char *right)
{
    return text_equal_ascii_bytes(left, right, SIZE_MAX);
}

bool text_parse_number(const char *text, uint64_t *out)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (!isdigit((unsigned char)*text) || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
            return false;
    *out = number;
    return true;
}

bool text_has_number_word(const char *haystack, const char *needle)
{
    size_t length = strlen(needle);
    const char *at = haystack;

    while ((at = strcasestr(at, needle)) != NULL) {
        if (!isdigit((unsigned char)at[length]))
            return true;
        at++;
    }
    return false;
}
