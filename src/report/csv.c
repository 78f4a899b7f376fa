/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <csv.h>
#include <string.h>

#include "base/filetime.h"

/* A spreadsheet runs a cell that begins with one of these (DESIGN section 7). */
static const char formula_starts[] = "=+-@\t\r";

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F) ||
           code_point == 0x2028 || code_point == 0x2029;
}

static void write_byte(FILE *file, char byte)
{
    struct text shown = {0};

    text_add_byte(&shown, byte);
    fputs_unlocked(text_get(&shown), file);
    text_free(&shown);
}

/* Writes the character at *value, or the byte that is none, and moves on. */
static void write_character(FILE *file, const char **value)
{
    const char *start = *value;
    uint32_t code_point;

    if (start[0] == '\r' && start[1] == '\n')
        *value += 1;
    if (!text_next_character(value, &code_point))
        write_byte(file, *start);
    else if (code_point == CSV_QUOTE)
        fputs_unlocked("\"\"", file);
    else if (is_control(code_point))
        putc_unlocked(' ', file);
    else
        fwrite_unlocked(start, 1, (size_t)(*value - start), file);
}

void csv_cell(struct csv_writer *csv, const char *value)
{
    if (csv->in_row)
        putc_unlocked(CSV_COMMA, csv->file);
    putc_unlocked(CSV_QUOTE, csv->file);
    if (*value != '\0' && strchr(formula_starts, *value) != NULL)
        putc_unlocked('\'', csv->file);
    for (;;) {
        size_t plain = text_plain_length(value, "\"");

        fwrite_unlocked(value, 1, plain, csv->file);
        value += plain;
        if (*value == '\0')
            break;
        write_character(csv->file, &value);
    }
    putc_unlocked(CSV_QUOTE, csv->file);
    csv->in_row = true;
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
