/* SPDX-License-Identifier: Apache-2.0 */
/* lines: text line by line, and what is asked of one line. A line borrows the text, is not ended by
 * a NUL, and can have any length. Lines end with LF; blanks are spaces and control characters.
 * A cursor is copied to look ahead. */
#ifndef SPPTRIAGE_BASE_LINES_H
#define SPPTRIAGE_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
    const char *at;
    const char *end;
    uint64_t number; /* of the line before, from 1; 0 at the start */
};

struct line {
    const char *bytes;
    size_t length_bytes;
    uint64_t number; /* in the text, from 1 */
    bool ended;      /* by a line end, not by the end of the text */
};

struct lines lines_of(const char *bytes, size_t length_bytes);

/* Takes the next line; false at the end of the text. */
bool lines_next(struct lines *lines, struct line *out);

/* The same for the next line that is not blank. */
bool lines_next_filled(struct lines *lines, struct line *out);

/* Moves past blank lines. */
void lines_skip_blank(struct lines *lines);

/* Is the next line blank and the one behind it not? Behind the first line of a listing, that tells
 * a text of which each line end was made two. */
bool lines_are_doubled(struct lines lines);

bool line_is_blank(const struct line *line);

/* The line without blanks at both ends, and from a position on (at most its length). */
struct line line_trim(struct line line);
struct line line_from(struct line line, size_t position_bytes);

/* Takes the next word, a stretch without blanks, off the front of *rest; false when there is none.
 * What lies between is blank. */
bool line_next_word(struct line *rest, struct line *word);

/* Splits at the first `separator`, both sides trimmed; false, and nothing changed, when there is
 * none. `line` may be one of the sides. */
bool line_split(const struct line *line, char separator, struct line *left, struct line *right);

/* Cuts the next cell, up to `separator` or the end, off the front of *rest, trimmed and without
 * quotes around it; false when there is none any more. For lines in which quotes protect nothing.
 */
bool line_next_cell(struct line *rest, char separator, struct line *cell);

/* Have they the same bytes? */
bool line_same(const struct line *left, const struct line *right);

bool line_equals(const struct line *line, const char *text);
bool line_starts_with(const struct line *line, const char *text);
bool line_ends_with(const struct line *line, const char *text);
bool line_contains(const struct line *line, const char *text);
bool line_has_byte(const struct line *line, char byte);

/* The same without regard to the case of ASCII letters. */
bool line_equals_ascii(const struct line *line, const char *text);
bool line_starts_with_ascii(const struct line *line, const char *text);

/* How many bytes at the start of the line are one of `these` (ASCII). */
size_t line_count_of(const struct line *line, const char *these);

/* Reads the decimal number of at most nine digits that the line begins with, and takes it off the
 * front of *rest; false, and nothing changed, when there is none. */
bool line_take_number(struct line *rest, uint64_t *number);

/* Returns an owned copy of its first `most_bytes` bytes, never half a character of UTF-8. */
char *line_copy(const struct line *line, size_t most_bytes) __attribute__((warn_unused_result));

#endif
