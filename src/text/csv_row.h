/* SPDX-License-Identifier: Apache-2.0 */
/* csv_row: one line of CSV as cells, through libcsv. Rows of listings have no line breaks in their
 * cells. */
#ifndef SPPTRIAGE_TEXT_CSV_ROW_H
#define SPPTRIAGE_TEXT_CSV_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/lines.h"
#include "base/text.h"

/* More cells than any row of a listing has; further ones are counted, not kept. */
#define CSV_CELLS_MOST 128

/* Starts as zeros. */
struct csv_row {
    struct text bytes; /* owned: all cells, each ended by a NUL */
    size_t starts[CSV_CELLS_MOST + 1];
    size_t count;
};

/* Splits the line; what *row had before is gone. False when it is no row: a quote that does not
 * end, or no memory for libcsv. */
bool csv_row_split(struct csv_row *row, const struct line *line, char separator);

/* The cell, trimmed, or an empty line past the last one. Borrowed until the next split; bears the
 * number of `line`. */
struct line csv_row_cell(const struct csv_row *row, const struct line *line, size_t index);

void csv_row_free_content(struct csv_row *row);

#endif
