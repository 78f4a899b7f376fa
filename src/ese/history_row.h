/* SPDX-License-Identifier: Apache-2.0 */
/* history_row: the columns of tbHistory that are read, and one row of it. Names and types of the
 * columns: esedb-kb, "Windows Update". */
#ifndef SPPTRIAGE_ESE_HISTORY_ROW_H
#define SPPTRIAGE_ESE_HISTORY_ROW_H

#include "ese/edb_table.h"
#include "ese/extract.h"

enum row_column {
    ROW_ID,
    ROW_DATE,
    ROW_STATUS,
    ROW_MAPPED_RESULT,
    ROW_UNMAPPED_RESULT,
    ROW_SERVER_SELECTION,
    ROW_CLIENT_ID,
    ROW_TITLE,
    ROW_COLUMNS,
};

/* The name of the column in the table. */
const char *row_column_name(enum row_column column);

/* The columns as a table has them. */
struct row_layout {
    size_t numbers[ROW_COLUMNS]; /* in the table; its column_count: not there, or of a type that
                                  * Windows does not give it */
    uint32_t last_id;            /* greatest id of them */
};

void row_layout_find(const struct edb_table *table, struct row_layout *out);

/* A bit for each column of fixed size that is NULL in the record; libesedb does not tell. */
unsigned row_find_nulls(const struct edb_table *table, const struct row_layout *layout,
                        const struct edb_record *record);

/* What was read of a row. */
struct row {
    int64_t numbers[ROW_COLUMNS]; /* of 32 bits with a sign, or FINDING_ABSENT for NULL */
    char *texts[ROW_COLUMNS];     /* owned; NULL until it was read, "" for NULL */
    uint64_t filetime;            /* the date, 0 for none */
    const char *title_fault;      /* why the title cannot be read though it is there, or NULL */
};

/* A row of which nothing was read. */
struct row row_empty(void);

/* Reads the record that the extract is at into *out, which is empty. Returns -1 (ERROR_SOURCE),
 * with *out filled as far as it was read, when libesedb does not read a value. */
int row_read(struct extract *extract, const struct edb_table *table,
             const struct row_layout *layout, unsigned nulls, struct row *out, struct error *err);

/* "" for NULL. Borrowed. */
const char *row_text_of(const struct row *row, enum row_column column);

void row_free_content(struct row *row);

/* The time of a column Date: days since 1899-12-30T00:00:00Z, rounded to the second (Microsoft,
 * [MS-UAMG], IUpdateHistoryEntry). 0 for what is no number, for times before and at that day's
 * start (unset dates), and for times past the year 9999. */
uint64_t row_filetime(double days);

#endif
