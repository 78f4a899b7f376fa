/* SPDX-License-Identifier: Apache-2.0 */
/* format: the one way in which text gets into a CSV report, into timeline.jsonl and into the page:
 * what stands in a case stays as it was read, and is made safe here. */
#ifndef SPPTRIAGE_REPORT_FORMAT_H
#define SPPTRIAGE_REPORT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

/* ---- CSV (DESIGN section 7): RFC 4180 through libcsv, CRLF, every cell quoted, UTF-8. A writer
 * borrows its file, and owns the memory for the cell that it writes. Write errors show when the
 * file is closed (staging_close) ---- */

struct csv_writer {
    FILE *file;
    bool in_row;       /* a cell of this row was written */
    struct text shown; /* what the cell shows, where that is not the value as it is */
    char *quoted;
    size_t quoted_capacity;
};

void csv_free_content(struct csv_writer *csv);

/* Writes one cell. No cell begins with what a spreadsheet would run as a formula, neither as it is
 * written nor as those read it that part cells at `;`, where the decimal point is a comma: they
 * take
 * `"a","x;=1+1"` for the cells `a,"x` and `=1+1"`. So wherever a cell would begin, at the start of
 * the value and behind each `;` in it, and the first that is there besides spaces and quotes is one
 * of = + - @ or its full-width form (U+FF1D, U+FF0B, U+FF0D, U+FF20), a ' goes in front of that, or
 * of the quotes before it; so it does in front of a tab or CR that comes first. Behind a `;` a dash
 * that stands alone is the one of our own lists, and stays. Taking away each ' at such a place
 * gives the value again. A line break (CR LF, CR, LF, U+2028, U+2029) and every other control
 * character (U+0001 to U+001F, U+007F to U+009F) become one space each, so no tab parts cells
 * either; bytes that are not UTF-8 become \xNN. */
void csv_cell(struct csv_writer *csv, const char *value);

/* Writes a path, on one line (text_add_path). */
void csv_path(struct csv_writer *csv, const char *path);

/* Writes a number in decimal. */
void csv_number(struct csv_writer *csv, uint64_t number);

/* Writes a time as ISO 8601 UTC, an empty cell for 0. */
void csv_time(struct csv_writer *csv, uint64_t filetime);

/* Ends the row. */
void csv_end_row(struct csv_writer *csv);

/* Writes a whole row of constant or computed texts, ended. */
void csv_row(struct csv_writer *csv, const char *const *values, size_t count);

/* ---- JSON: RFC 8259, UTF-8, one object a line. A writer borrows its file, and owns the memory
 * for the string that it writes ---- */

struct json_writer {
    FILE *file;
    bool for_page;    /* strings are those of a block of the page: json_add_page_string */
    bool needs_comma; /* a member or item was written */
    struct text string;
};

void json_free_content(struct json_writer *json);

/* Adds the value as a JSON string. Control characters and the line ends of Unicode (U+0085,
 * U+2028, U+2029: some readers of lines break there) are written as \uXXXX; bytes that are not
 * UTF-8 become \xNN. Everything else reads back as it was. */
void json_add_string(struct text *out, const char *value);

/* Adds the value as a JSON string for a block of the page: made visible as html_add_escaped makes
 * it, and in ASCII without `<`, `>` and `&`, so that no markup begins or ends in it. */
void json_add_page_string(struct text *out, const char *value);

void json_begin_object(struct json_writer *json);

/* Ends the object and its line. */
void json_end_object(struct json_writer *json);

/* Members of the object, or, with NULL as the name, items of the list. */
void json_text(struct json_writer *json, const char *name, const char *value);
void json_number(struct json_writer *json, const char *name, uint64_t number);
void json_signed(struct json_writer *json, const char *name, int64_t number);
void json_bool(struct json_writer *json, const char *name, bool value);

/* Begin a list or an object as such a member or item, and end it. */
void json_begin_list(struct json_writer *json, const char *name);
void json_end_list(struct json_writer *json);
void json_begin_member(struct json_writer *json, const char *name);
void json_end_member(struct json_writer *json);

/* ---- HTML ---- */

/* What a reader of the page could not see, or what would turn the text around it (control
 * characters, characters of no width, those that set the direction of writing), is made visible:
 * U+0001 to U+001F and U+007F as their pictures (U+2401 and on), the others as [U+202E]. Returns
 * the character or its picture, 0 for one of the others. */
uint32_t html_visible(uint32_t code_point);

/* Adds `raw` escaped for HTML text and for quoted attributes, and made visible (html_visible).
 * Bytes that are not UTF-8 become \xNN. */
void html_add_escaped(struct text *out, const char *raw);

/* Writes `raw` (NULL is empty) escaped. */
void html_put(FILE *file, const char *raw);

/* Writes a path escaped, on one line (text_add_path). */
void html_put_path(FILE *file, const char *path);

/* Writes `before`, `raw` escaped, and `after`; nothing where `raw` is NULL or empty. */
void html_put_between(FILE *file, const char *before, const char *raw, const char *after);

/* Writes a sentence of model/words.h escaped, with its `...` as code. */
void html_put_sentence(FILE *file, const char *sentence);

/* Writes a table cell of that class (a constant) with `raw` escaped. */
void html_put_cell(FILE *file, const char *class, const char *raw);

/* Writes a time. */
void html_put_time(FILE *file, uint64_t filetime);

#endif
