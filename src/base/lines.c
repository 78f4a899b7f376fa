/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lines.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define NUMBER_DIGITS_MOST 9

struct lines lines_of(const char *bytes, size_t length_bytes)
{
    return (struct lines){.at = bytes, .end = length_bytes > 0 ? bytes + length_bytes : bytes};
}

bool lines_next(struct lines *lines, struct line *out)
{
    size_t left_bytes = (size_t)(lines->end - lines->at);
    const char *line_end;

    if (left_bytes == 0)
        return false;
    line_end = memchr(lines->at, '\n', left_bytes);
    *out = (struct line){
        .bytes = lines->at,
        .length_bytes = line_end != NULL ? (size_t)(line_end - lines->at) : left_bytes,
        .number = ++lines->number,
        .ended = line_end != NULL,
    };
    lines->at = line_end != NULL ? line_end + 1 : lines->end;
    return true;
}

bool lines_next_filled(struct lines *lines, struct line *out)
{
    while (lines_next(lines, out))
        if (!line_is_blank(out))
            return true;
    return false;
}

void lines_skip_blank(struct lines *lines)
{
    struct lines after = *lines;
    struct line line;

    while (lines_next(&after, &line) && line_is_blank(&line))
        *lines = after;
}

bool lines_are_doubled(struct lines lines)
{
    struct line line;

    return lines_next(&lines, &line) && line_is_blank(&line) && lines_next(&lines, &line) &&
           !line_is_blank(&line);
}

static bool is_blank(char character)
{
    return (unsigned char)character <= ' ' || character == '\x7F';
}

bool line_is_blank(const struct line *line)
{
    for (size_t index = 0; index < line->length_bytes; index++)
        if (!is_blank(line->bytes[index]))
            return false;
    return true;
}

struct line line_from(struct line line, size_t position_bytes)
{
    if (position_bytes > 0)
        line.bytes += position_bytes;
    line.length_bytes -= position_bytes;
    return line;
}

struct line line_trim(struct line line)
{
    const char *start = line.bytes;
    const char *end = start + line.length_bytes;

    while (end > start && is_blank(end[-1]))
        end--;
    while (start < end && is_blank(*start))
        start++;
    line.bytes = start;
    line.length_bytes = (size_t)(end - start);
    return line;
}

bool line_next_word(struct line *rest, struct line *word)
{
    size_t length = 0;

    while (rest->length_bytes > 0 && is_blank(*rest->bytes))
        *rest = line_from(*rest, 1);
    while (length < rest->length_bytes && !is_blank(rest->bytes[length]))
        length++;
    *word = *rest;
    word->length_bytes = length;
    *rest = line_from(*rest, length);
    return length > 0;
}

bool line_split(const struct line *line, char separator, struct line *left, struct line *right)
{
    struct line whole = *line; /* which may be *left or *right */
    const char *at =
        whole.length_bytes > 0 ? memchr(whole.bytes, separator, whole.length_bytes) : NULL;
    size_t position;

    if (at == NULL)
        return false;
    position = (size_t)(at - whole.bytes);
    *right = line_trim((struct line){.bytes = at + 1,
                                     .length_bytes = whole.length_bytes - position - 1,
                                     .number = whole.number,
                                     .ended = whole.ended});
    *left = line_trim((struct line){.bytes = whole.bytes,
                                    .length_bytes = position,
                                    .number = whole.number,
                                    .ended = whole.ended});
    return true;
}

bool line_next_cell(struct line *rest, char separator, struct line *cell)
{
    struct line left, right;

    if (rest->bytes == NULL)
        return false;
    if (line_split(rest, separator, &left, &right)) {
        *rest = right;
    } else {
        left = line_trim(*rest);
        *rest = (struct line){0};
    }
    if (left.length_bytes >= 2 && *left.bytes == '"' && line_ends_with(&left, "\"")) {
        left = line_from(left, 1);
        left.length_bytes--;
    }
    *cell = left;
    return true;
}

bool line_same(const struct line *left, const struct line *right)
{
    return left->length_bytes == right->length_bytes &&
           memory_equal(left->bytes, right->bytes, left->length_bytes);
}

bool line_starts_with(const struct line *line, const char *text)
{
    size_t length = strlen(text);

    return length == 0 || (length <= line->length_bytes && memcmp(line->bytes, text, length) == 0);
}

bool line_equals(const struct line *line, const char *text)
{
    return strlen(text) == line->length_bytes && line_starts_with(line, text);
}

bool line_ends_with(const struct line *line, const char *text)
{
    size_t length = strlen(text);

    return length <= line->length_bytes &&
           memcmp(line->bytes + line->length_bytes - length, text, length) == 0;
}

bool line_contains(const struct line *line, const char *text)
{
    return memmem(line->bytes, line->length_bytes, text, strlen(text)) != NULL;
}

bool line_has_byte(const struct line *line, char byte)
{
    return line->length_bytes > 0 && memchr(line->bytes, byte, line->length_bytes) != NULL;
}

bool line_starts_with_ascii(const struct line *line, const char *text)
{
    size_t length = strlen(text);

    return length <= line->length_bytes && text_equal_ascii_bytes(line->bytes, text, length);
}

bool line_equals_ascii(const struct line *line, const char *text)
{
    return strlen(text) == line->length_bytes && line_starts_with_ascii(line, text);
}

size_t line_count_of(const struct line *line, const char *these)
{
    size_t count = 0;

    while (count < line->length_bytes && line->bytes[count] != '\0' &&
           strchr(these, line->bytes[count]) != NULL)
        count++;
    return count;
}

bool line_take_number(struct line *rest, uint64_t *number)
{
    size_t digits = line_count_of(rest, "0123456789");

    if (digits == 0 || digits > NUMBER_DIGITS_MOST)
        return false;
    *number = 0;
    for (size_t index = 0; index < digits; index++)
        *number = *number * 10 + (uint64_t)(rest->bytes[index] - '0');
    *rest = line_from(*rest, digits);
    return true;
}

char *line_copy(const struct line *line, size_t most_bytes)
{
    size_t length = line->length_bytes;

    if (length > most_bytes)
        length = text_cut_length(line->bytes, most_bytes);
    return length > 0 ? memory_copy_bytes(line->bytes, length) : memory_copy_text("");
}
