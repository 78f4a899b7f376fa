/* SPDX-License-Identifier: Apache-2.0 */
/* inventory: the CSV file of --inventory, a list of hosts with whatever columns its owner keeps.
 * The first row names the columns. That of the hosts is `host`, else `Hostname`, `ComputerName`,
 * `Computer` or `Name`, in any case: the first of these that is there. Comma, semicolon and tab are
 * met as separators: the one that the first line has most of counts, unless one above it,
 * Excel's, names it (`sep=;`); the one that PowerShell begins with (`#TYPE`) does not count. UTF-8,
 * UTF-16, else Windows-1252. */
#ifndef SPPTRIAGE_INTAKE_INVENTORY_H
#define SPPTRIAGE_INTAKE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct inventory {
    char **columns; /* owned: the other columns' names, in order */
    size_t column_count;
    char **hosts;  /* owned, in the order of the file; without white space around them, and of an
                      account's name (`CORP\PC1$`, `CN=PC1,OU=..`) that of its host, without the dot
                      of the root (`PC1.corp.`). Rows without are left out */
    char **values; /* owned: column_count of them for each host, row after row */
    size_t host_count;
    size_t rows_without_host;
    bool is_ansi; /* it was read as Windows-1252, which is a guess */
};

/* The largest inventory that is read. */
#define INVENTORY_MAX_BYTES (64 * 1024 * 1024)

void inventory_free_content(struct inventory *inventory);

/* Reads the file at `path`. ERROR_RUN, with the row, when it cannot be read, is not text, has no
 * column of hosts, a row with more cells than the first one, or a quote that does not end. */
int inventory_read(const char *path, struct inventory *out, struct error *err);

#endif
