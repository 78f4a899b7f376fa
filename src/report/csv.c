/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <csv.h>
#include <inttypes.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* A spreadsheet runs a cell that begins with one of these (DESIGN section 7). */
static const char formula_starts[] = "=+-@\t\r";

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F) ||
           code_point == 0x2028 || code_point == 0x2029;
}

static void add_cell_text(struct text *cell, const char *value)
{
    uint32_t code_point;

    if (*value != '\0' && strchr(formula_starts, *value) != NULL)
        text_add(cell, "'");
    for (;;) {
        size_t plain = text_plain_length(value, "");

        text_add_bytes(cell, value, plain);
        value += plain;
        if (*value == '\0')
            return;
        if (value[0] == '\r' && value[1] == '\n')
            value++;
        if (!text_next_character(&value, &code_point))
            text_add_byte(cell, value[-1]);
        else
            text_add_character(cell, is_control(code_point) ? ' ' : code_point);
    }
}

void csv_cell(struct csv_writer *csv, const char *value)
{
    struct text cell = {0}, quoted = {0};

    add_cell_text(&cell, value);
    if (csv->in_row)
        putc(CSV_COMMA, csv->file);
    quoted.length_bytes = csv_write2(NULL, 0, text_get(&cell), cell.length_bytes, CSV_QUOTE);
    quoted.bytes = memory_allocate(quoted.length_bytes, 1);
    csv_write2(quoted.bytes, quoted.length_bytes, text_get(&cell), cell.length_bytes, CSV_QUOTE);
    fwrite(quoted.bytes, 1, quoted.length_bytes, csv->file);
    text_free(&quoted);
    csv->in_row = true;
    text_free(&cell);
}

void csv_number(struct csv_writer *csv, uint64_t number)
{
    struct text cell = {0};

    text_add_format(&cell, "%" PRIu64, number);
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
