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

#include "ese/edb_table.h"

struct extract;

/* Returns owned: an empty extract for records of the table, whose columns fit together.
 * Borrows both for its life. */
struct extract *extract_create(const struct edb *edb, const struct edb_table *table);

/* Adds a copy of a record that edb_table_judge found to fit. Returns false when there is no room
 * any more; in an empty extract there is room for any record that lay in a page. */
bool extract_add(struct extract *extract, struct span record);

size_t extract_count(const struct extract *extract);

/* Opens what was added; ends with extract_clear. Returns -1 (ERROR_SOURCE) when libesedb does not
 * read it, or finds another number of records. */
int extract_open(struct extract *extract, struct error *err);

/* Goes to record number `index` in the order of adding. Returns -1 (ERROR_SOURCE) when libesedb
 * does not read it. */
int extract_take(struct extract *extract, size_t index, struct error *err);

enum extract_flag {
    EXTRACT_COMPRESSED = 0x2,
    EXTRACT_LONG_VALUE = 0x4, /* the value is the number of one that is kept elsewhere */
    EXTRACT_SEVERAL = 0x18,   /* more than one value */
};

/* The value of a column (its number in the table) of the record at hand, as it is stored: borrowed
 * until the next call. It is empty where there is none; so are columns that are explicitly empty.
 * Sets *flags to enum extract_flag, 0 for columns that are not tagged. Returns -1 (ERROR_SOURCE)
 * when libesedb does not read it. */
int extract_value(struct extract *extract, size_t column, uint8_t *flags, struct span *value,
                  struct error *err);

/* Closes and empties it. */
void extract_clear(struct extract *extract);

void extract_free(struct extract *extract);

#endif
