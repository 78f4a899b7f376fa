/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* What makes a text of what follows. */
#define FORMULA_GUARD "'"

/* What parts cells, too. */
#define CELL_SEPARATOR ';'

/* What a formula begins with; where Chinese or Japanese is written, the full-width form does, too.
 */
static const char *const formula_starts[] = {
    "=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0",
};

static bool is_formula(const char *at)
{
    for (size_t index = 0; index < ARRAY_COUNT(formula_starts); index++)
        if (strncmp(at, formula_starts[index], strlen(formula_starts[index])) == 0)
            return true;
    return false;
}

/* Passes what is shown as a space. */
static const char *skip_spaces(const char *at)
{
    const char *behind = at;
    uint32_t code_point = ' ';

    while (code_point == ' ' || text_is_control(code_point)) {
        at = behind;
        if (*at == '\0' || !text_next_character(&behind, &code_point))
            break;
    }
    return at;
}

/* Is it a dash that is all of the cell? */
static bool is_lone_dash(const char *at)
{
    const char *behind = skip_spaces(at + 1);

    return *at == '-' && (*behind == '\0' || *behind == CELL_SEPARATOR);
}

/* Where the cell that begins there needs the guard, or NULL. */
static const char *find_guarded(const char *start, bool is_behind_separator)
{
    const char *first = skip_spaces(start), *at = first;

    if (*start == '\t' || *start == '\r')
        return start;
    while (*at == '"')
        at = skip_spaces(at + 1);
    if (!is_formula(at) || (is_behind_separator && is_lone_dash(at)))
        return NULL;
    return first;
}

static bool has_formula(const char *value)
{
    const char *guarded = find_guarded(value, false);

    while (guarded == NULL && (value = strchr(value, CELL_SEPARATOR)) != NULL)
        guarded = find_guarded(++value, true);
    return guarded != NULL;
}

/* Adds what the cell shows of the value: see csv_cell. */
static void add_shown(struct text *cell, const char *value)
{
    const char *guarded = find_guarded(value, false);
    uint32_t code_point;

    while (*value != '\0') {
        const char *start = value;
        size_t plain = text_plain_length(value, ";");

        if (value == guarded)
            text_add(cell, FORMULA_GUARD);
        else if (guarded != NULL && value < guarded && value + plain > guarded)
            plain = (size_t)(guarded - value);
        text_add_bytes(cell, value, plain);
        value += plain;
        if (plain > 0)
            continue;
        if (value[0] == '\r' && value[1] == '\n')
            value++;
        if (!text_next_character(&value, &code_point))
            text_add_byte(cell, value[-1]);
        else if (text_is_control(code_point))
            text_add(cell, " ");
        else
            text_add_bytes(cell, start, (size_t)(value - start));
        if (*start == CELL_SEPARATOR)
            guarded = find_guarded(value, true);
    }
}

void csv_free_content(struct csv_writer *csv)
{
    text_free(&csv->shown);
    free(csv->quoted);
}

/* Writes the cell quoted, and all quotes in it twice: with these it has that many bytes at most. */
static void write_quoted(struct csv_writer *csv, const char *cell, size_t length_bytes)
{
    size_t most_bytes = 2 * length_bytes + 2;
    size_t quoted_bytes;

    if (most_bytes > csv->quoted_capacity) {
        csv->quoted_capacity = 2 * most_bytes;
        csv->quoted = memory_resize(csv->quoted, csv->quoted_capacity, 1);
    }
    quoted_bytes = csv_write2(csv->quoted, most_bytes, cell, length_bytes, CSV_QUOTE);
    fwrite_unlocked(csv->quoted, 1, quoted_bytes, csv->file);
}

void csv_cell(struct csv_writer *csv, const char *value)
{
    size_t plain = text_plain_length(value, "");

    if (csv->in_row)
        putc_unlocked(CSV_COMMA, csv->file);
    csv->in_row = true;
    if (value[plain] == '\0' && !has_formula(value)) {
        write_quoted(csv, value, plain);
        return;
    }
    text_clear(&csv->shown);
    add_shown(&csv->shown, value);
    write_quoted(csv, text_get(&csv->shown), csv->shown.length_bytes);
}

void csv_path(struct csv_writer *csv, const char *path)
{
    struct text shown = {0};

    text_add_path(&shown, path);
    csv_cell(csv, text_get(&shown));
    text_free(&shown);
}

void csv_number(struct csv_writer *csv, uint64_t number)
{
    struct text cell = {0};

    text_add_number(&cell, number);
    csv_cell(csv, text_get(&cell));
    text_free(&cell);
}

void csv_time(struct csv_writer *csv, uint64_t filetime)
{
    struct text cell = {0};

    filetime_add_text(&cell, filetime);
    csv_cell(csv, text_get(&cell));
    text_free(&cell);
}

void csv_end_row(struct csv_writer *csv)
{
    fputs("\r\n", csv->file);
    csv->in_row = false;
}

void csv_row(struct csv_writer *csv, const char *const *values, size_t count)
{
    for (size_t index = 0; index < count; index++)
        csv_cell(csv, values[index]);
    csv_end_row(csv);
}
