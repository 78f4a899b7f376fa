/* SPDX-License-Identifier: Apache-2.0 */
/* extract: some records of a table as a small ESE database in memory, for libesedb to read. The
 * records are those of the source, byte for byte; header, catalog and pages around them are made
 * here, so of all that libesedb does not check (branch pages that lead back to themselves, tags,
 * keys, catalog records) nothing of the source reaches it, and one bad page or record costs no
 * other. What it costs does not depend on the size of the source.
 *
 * Records are added until there is no room, the extract is opened, each record taken in turn, and
 * the extract cleared for the next ones. */
#ifndef SPPTRIAGE_ESE_EXTRACT_H
#define SPPTRIAGE_ESE_EXTRACT_H

#include "ese/table.h"

struct extract;

/* Returns owned: an empty extract for records of the table, whose columns fit together and of which
 * those up to `last_id` will be asked for. Borrows database and table for its life. */
struct extract *extract_create(const struct edb_database *database, const struct edb_table *table,
                               uint32_t last_id);

enum extract_added {
    EXTRACT_ADDED,
    EXTRACT_FULL,  /* there is no room any more; an empty extract has room for any record of a page
                    */
    EXTRACT_UNFIT, /* libesedb would take columns of it for others */
};

/* Adds a copy of a record of the table. */
enum extract_added extract_add(struct extract *extract, const struct edb_record *record);

size_t extract_count(const struct extract *extract);

/* Opens what was added; ends with extract_clear. Returns -1 (ERROR_SOURCE) when libesedb does not
 * read it, or finds another number of records. */
int extract_open(struct extract *extract, struct error *err);

/* Goes to record number `index` in the order of adding. Returns -1 (ERROR_SOURCE) when libesedb
 * does not read it. */
int extract_take(struct extract *extract, size_t index, struct error *err);

/* The value of a column (its number in the table) of the record at hand, as it is stored: borrowed
 * until the next call. It has no bytes where the column is NULL, which libesedb does not tell from
 * an empty one, but for fixed columns before the last stored one: these have some bytes or other.
 * Returns -1 (ERROR_SOURCE) when libesedb does not read it. */
int extract_value(struct extract *extract, size_t column, struct edb_value *out, struct error *err);

/* Closes and empties it. */
void extract_clear(struct extract *extract);

void extract_free(struct extract *extract);

#endif
