/* SPDX-License-Identifier: Apache-2.0 */
/* history: the rows of tbHistory, the update history of Windows: one for each operation on an
 * update, each with its title. Names of the columns: esedb-kb, "Windows Update". */
#ifndef SPPTRIAGE_ESE_HISTORY_H
#define SPPTRIAGE_ESE_HISTORY_H

#include "ese/edb_table.h"
#include "model/reader.h"

#define HISTORY_TABLE "tbHistory"

/* Reads every row of the table (none where its columns do not fit together) and hands on those
 * whose title names an update of the incident. Fills the counts and times of *facts, and sets
 * *unreadable_count to how many rows have no title that can be read. Rows that are damaged are
 * damage, others whose title is there but cannot be read are undecodable; either is named by where
 * it lies. Returns -1 (ERROR_RUN) only when the sink ended the run. */
int history_read(const struct edb *edb, const struct edb_table *table, const struct sink *sink,
                 struct source_facts *facts, uint64_t *unreadable_count, struct error *err);

#endif
