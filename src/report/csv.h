/* SPDX-License-Identifier: Apache-2.0 */
/* csv: the one way text gets into a CSV report (DESIGN section 7): RFC 4180 through libcsv, CRLF,
 * every cell quoted, UTF-8. A writer borrows its file. Write errors show when the file is closed
 * (staging_close). */
#ifndef SPPTRIAGE_REPORT_CSV_H
#define SPPTRIAGE_REPORT_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

struct csv_writer {
    FILE *file;
    bool in_row; /* a cell of this row was written */
};

/* Writes one cell. A cell whose first character a spreadsheet would run as a formula (= + - @,
 * tab, CR) gets a leading '. A line break (CR LF, CR, LF, U+2028, U+2029) and every other control
 * character (U+0001 to U+001F, U+007F to U+009F) become one space each; bytes that are not UTF-8
 * become \xNN. */
void csv_cell(struct csv_writer *csv, const char *value);

/* Writes a number in decimal. */
void csv_number(struct csv_writer *csv, uint64_t number);

/* Writes a time as ISO 8601 UTC, an empty cell for 0. */
void csv_time(struct csv_writer *csv, uint64_t filetime);

/* Ends the row. */
void csv_end_row(struct csv_writer *csv);

/* Writes a whole row of constant or computed texts, ended. */
void csv_row(struct csv_writer *csv, const char *const *values, size_t count);

#endif
