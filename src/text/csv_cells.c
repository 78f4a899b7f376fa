/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#include <csv.h>

static void take_cell(void *bytes, size_t length_bytes, void *context)
{
    struct csv_cells *row = context;

    if (row->count < CSV_CELLS_MOST) {
        text_add_bytes(&row->bytes, bytes, length_bytes);
        text_add_bytes(&row->bytes, "", 1);
        row->starts[row->count + 1] = row->bytes.length_bytes;
    }
    row->count++;
}

static void take_row(int ending, void *context)
{
    (void)ending;
    (void)context;
}

bool csv_cells_split(struct csv_cells *row, const struct line *line, char separator)
{
    struct csv_parser csv;
    bool is_row;

    text_clear(&row->bytes);
    row->count = 0;
    row->starts[0] = 0;
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return false;
    csv_set_delim(&csv, (unsigned char)separator);
    is_row = csv_parse(&csv, line->bytes, line->length_bytes, take_cell, take_row, row) ==
                 line->length_bytes &&
             csv_fini(&csv, take_cell, take_row, row) == 0;
    csv_free(&csv);
    return is_row;
}

struct line csv_cells_at(const struct csv_cells *row, const struct line *line, size_t index)
{
    struct line cell = {.bytes = "", .number = line->number};

    if (index >= row->count || index >= CSV_CELLS_MOST)
        return cell;
    cell.bytes = row->bytes.bytes + row->starts[index];
    cell.length_bytes = row->starts[index + 1] - row->starts[index] - 1;
    return line_trim(cell);
}

void csv_cells_free_content(struct csv_cells *row)
{
    text_free(&row->bytes);
}
