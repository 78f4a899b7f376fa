/* SPDX-License-Identifier: Apache-2.0 */
/* joined: the columns of the inventory, which are joined to what a report says of a machine. */
#ifndef SPPTRIAGE_REPORT_JOINED_H
#define SPPTRIAGE_REPORT_JOINED_H

#include "case/casedb.h"

/* Owns its names. */
struct joined {
    char **columns; /* as named in the file, in its order */
    size_t column_count;
};

/* Reads the columns of the case's inventory; there are none where the case has none. */
int joined_read(struct casedb *db, struct joined *out, struct error *err);
void joined_free_content(struct joined *joined);

/* Sets *values to one value a column, "" for all where the machine is not in the inventory;
 * returned owned, freed with joined_free_values. */
int joined_read_values(const struct joined *joined, struct casedb *db,
                       const struct case_machine *machine, char ***values, struct error *err);
void joined_free_values(const struct joined *joined, char **values);

#endif
