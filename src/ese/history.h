/* SPDX-License-Identifier: Apache-2.0 */
/* history: tbHistory, the update history of Windows: a row for each operation on an update, each
 * with its title. Rows are read by our own code; those that name an update, once more by libesedb.
 * Names and types of the columns: esedb-kb, "Windows Update". */
#ifndef SPPTRIAGE_ESE_HISTORY_H
#define SPPTRIAGE_ESE_HISTORY_H

#include "ese/extract.h"
#include "ese/table.h"
#include "model/finding.h"
#include "model/reader.h"

#define HISTORY_TABLE "tbHistory"

/* Reads every row of the table (none where its columns do not fit together) and hands on those
 * whose title names an update of the incident. Fills the counts and times of *facts, and sets
 * *unreadable_count to how many rows have no title that can be read. Rows that are damaged are
 * damage, others whose title is there but cannot be read are undecodable; either is named by where
 * it lies, and so are rows that libesedb reads differently; with `skip_reference` libesedb is not
 * asked. Returns -1 (ERROR_RUN) only when the sink ended the run. */
int history_read(const struct edb_database *database, const struct edb_table *table,
                 bool skip_reference, const struct sink *sink, struct source_facts *facts,
                 uint64_t *unreadable_count, struct error *err);

/* ---- Columns ---- */

enum row_column {
    ROW_ID,
    ROW_DATE,
    ROW_STATUS,
    ROW_MAPPED_RESULT,
    ROW_UNMAPPED_RESULT,
    ROW_SERVER_SELECTION,
    ROW_CLIENT_ID,
    ROW_TITLE,
    ROW_COLUMN_COUNT,
};

/* The name of the column in the table. */
const char *row_column_name(enum row_column column);

/* The columns as a table has them. */
struct row_layout {
    const struct edb_table *table;    /* borrowed */
    size_t numbers[ROW_COLUMN_COUNT]; /* in the table; its column_count: not there, or of a type
                                       * that Windows does not give it */
    uint32_t last_id;                 /* greatest id of them */
};

struct row_layout row_layout_of(const struct edb_table *table);

bool row_layout_has(const struct row_layout *layout, enum row_column column);

/* ---- Rows ---- */

/* What was read of a row. */
struct history_row {
    bool is_null[ROW_COLUMN_COUNT];    /* also of columns that the table lacks */
    int64_t numbers[ROW_COLUMN_COUNT]; /* of 32 bits with a sign, or FINDING_ABSENT for NULL */
    char *texts[ROW_COLUMN_COUNT];     /* owned; NULL for NULL */
    uint64_t filetime;                 /* the date, 0 for none */
    const char *title_fault; /* why the title cannot be read though it is there, or NULL */
};

/* Reads a record of the table. Owned by the caller: history_row_free_content. */
void history_row_read(const struct row_layout *layout, const struct edb_record *record,
                      struct history_row *out);

/* Has libesedb read the record again that is number `index` of the opened extract, and tells
 * whether it reads the same; of a conflict adds the columns that it reads differently, as it reads
 * them, to *difference. Columns that are NULL are not compared where libesedb does not tell that
 * they are (extract.h). */
enum verified history_row_verify(const struct row_layout *layout, struct extract *extract,
                                 size_t index, const struct history_row *row,
                                 struct text *difference);

/* "" for NULL. Borrowed. */
const char *history_row_text(const struct history_row *row, enum row_column column);

void history_row_free_content(struct history_row *row);

/* The time of a column Date: days since 1899-12-30T00:00:00Z, rounded to the second (Microsoft,
 * [MS-UAMG], IUpdateHistoryEntry). 0 for what is not a number, for times before and at that day's
 * start (unset dates), and for times past the year 9999. */
uint64_t history_row_filetime(double days);

#endif
