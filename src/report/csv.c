/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* A spreadsheet runs a cell that begins with one of these (DESIGN section 7). */
static const char formula_starts[] = "=+-@\t\r";

/* Before such a character it makes a text of the cell. */
#define FORMULA_GUARD "'"

/* What parts cells, too. */
#define CELL_SEPARATOR ';'

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F) ||
           code_point == 0x2028 || code_point == 0x2029;
}

static bool is_formula(const char *value)
{
    return *value != '\0' && strchr(formula_starts, *value) != NULL;
}

/* The same of what stands behind a `;`, of which many a spreadsheet makes a cell of its own: where
 * the decimal point is a comma, columns are parted so. A quote there, which is written twice,
 * begins and ends such a cell's empty first part. */
static bool is_formula_behind(const char *separator)
{
    return is_formula(separator + 1 + strspn(separator + 1, "\""));
}

static bool has_formula(const char *value)
{
    const char *separator = strchr(value, CELL_SEPARATOR);

    while (separator != NULL && !is_formula_behind(separator))
        separator = strchr(separator + 1, CELL_SEPARATOR);
    return separator != NULL || is_formula(value);
}

/* Adds what the cell shows of the value: see csv_cell. */
static void add_shown(struct text *cell, const char *value)
{
    uint32_t code_point;

    text_add(cell, is_formula(value) ? FORMULA_GUARD : "");
    for (;;) {
        size_t plain = text_plain_length(value, ";");

        text_add_bytes(cell, value, plain);
        value += plain;
        if (*value == '\0')
            return;
        if (*value == CELL_SEPARATOR) {
            text_add(cell, is_formula_behind(value) ? ";" FORMULA_GUARD : ";");
            value++;
            continue;
        }
        if (value[0] == '\r' && value[1] == '\n')
            value++;
        if (!text_next_character(&value, &code_point))
            text_add_byte(cell, value[-1]);
        else
            text_add_character(cell, is_control(code_point) ? ' ' : code_point);
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
