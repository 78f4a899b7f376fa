/* SPDX-License-Identifier: Apache-2.0 */
/* inventory: the CSV file of --inventory, a list of hosts with whatever columns its owner keeps.
 * The first row names the columns; one of them is `host` (any case). Comma, semicolon and tab are
 * met as separators: the one that the first line has most of counts. */
#ifndef SPPTRIAGE_INTAKE_INVENTORY_H
#define SPPTRIAGE_INTAKE_INVENTORY_H

#include <stddef.h>

#include "base/error.h"

struct inventory {
    char **columns; /* owned: the other columns' names, in order */
    size_t column_count;
    char **hosts;  /* owned, in the order of the file; rows without a host are left out */
    char **values; /* owned: column_count of them for each host, row after row */
    size_t host_count;
    size_t rows_without_host;
};

/* The largest inventory that is read. */
#define INVENTORY_MAX_BYTES (64 * 1024 * 1024)

void inventory_free_content(struct inventory *inventory);

/* Reads the file at `path`. ERROR_RUN, with the line, when it cannot be read, is no UTF-8, has no
 * column `host`, a row with more cells than the first one, or a quote that does not end. */
int inventory_read(const char *path, struct inventory *out, struct error *err);

#endif
