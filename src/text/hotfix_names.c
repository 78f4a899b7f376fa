/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#define DIGITS "0123456789"
/* KB and at least so many digits. */
#define NUMBER_DIGITS_LEAST 5

static bool is_number(const struct line *word)
{
    struct line digits;

    if (!line_starts_with_ascii(word, "KB"))
        return false;
    digits = line_from(*word, 2);
    return line_count_of(&digits, DIGITS) >= NUMBER_DIGITS_LEAST;
}

bool hotfix_find_number(const struct line *line, size_t blanks, struct line *number)
{
    struct line rest = *line;

    while (line_next_word(&rest, number)) {
        size_t before = 0;

        if (!is_number(number))
            continue;
        while (number->bytes - before > line->bytes && before < blanks &&
               number->bytes[-1 - (ptrdiff_t)before] == ' ')
            before++;
        if (number->bytes == line->bytes || before == blanks)
            return true;
    }
    return false;
}

/* Takes the next cell off the front of *rest: cells lie two blanks apart. */
static bool next_cell(struct line *rest, struct line *cell)
{
    size_t length = 0;

    *rest = line_from(*rest, line_count_of(rest, " "));
    while (length < rest->length_bytes &&
           (rest->bytes[length] != ' ' ||
            (length + 1 < rest->length_bytes && rest->bytes[length + 1] != ' ')))
        length++;
    *cell = *rest;
    cell->length_bytes = length;
    *rest = line_from(*rest, length);
    return length > 0;
}

bool hotfix_find_row(const struct line *line, struct line *host, struct line *number)
{
    struct line rest = *line;
    struct line cell;

    *host = (struct line){0};
    if (!line_starts_with_ascii(line, "http://") && !line_starts_with_ascii(line, "https://"))
        return false;
    if (!next_cell(&rest, &cell) || !next_cell(&rest, &cell))
        return false;
    *host = cell;
    if (!next_cell(&rest, number))
        return false;
    if (is_number(number)) {
        *host = (struct line){0};
        return true;
    }
    return host_cell_is_plausible(host) && next_cell(&rest, number) && is_number(number);
}

/* Is it digits, so many at least and at most, behind that letter (or '\0')? */
static bool is_digits(struct line word, char letter, size_t least, size_t most)
{
    if (letter != '\0' && word.length_bytes > 0 && (*word.bytes & ~0x20) == letter)
        word = line_from(word, 1);
    else if (letter != '\0')
        return false;
    return word.length_bytes >= least && word.length_bytes <= most &&
           line_count_of(&word, DIGITS) == word.length_bytes;
}

bool hotfix_is_name(const struct line *cell)
{
    struct line rest = *cell;
    struct line word;

    if (line_starts_with(cell, "File "))
        return is_digits(line_trim(line_from(rest, sizeof("File ") - 1)), '\0', 1, 8);
    return line_next_word(&rest, &word) && line_is_blank(&rest) &&
           (is_number(&word) || token_is_guid(&word) ||
            is_digits(word, '\0', NUMBER_DIGITS_LEAST, 8) ||
            is_digits(word, 'Q', NUMBER_DIGITS_LEAST, 8));
}

static bool starts_with_dots(const struct line *text)
{
    return line_starts_with(text, "...") || line_starts_with(text, "\xE2\x80\xA6");
}

bool hotfix_is_cut(const struct line *name)
{
    struct line rest;

    if (!is_number(name))
        return line_contains(name, "...") || line_contains(name, "\xE2\x80\xA6");
    rest = line_from(*name, 2);
    rest = line_from(rest, line_count_of(&rest, DIGITS));
    return starts_with_dots(&rest);
}

static bool is_date(struct line word)
{
    for (unsigned part = 0; part < 3; part++) {
        size_t digits = line_count_of(&word, DIGITS);

        if (digits == 0 || digits > 4)
            return false;
        word = line_from(word, digits);
        if (part < 2 && line_count_of(&word, "./-") == 0)
            return false;
        if (part < 2)
            word = line_from(word, 1);
    }
    return word.length_bytes == 0;
}

struct line hotfix_find_date(struct line line)
{
    struct line word;

    while (line_next_word(&line, &word))
        if (is_date(word))
            return word;
    return (struct line){0};
}
