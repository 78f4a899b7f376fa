/* SPDX-License-Identifier: Apache-2.0 */
/* host_table: names, of hosts or of folders, with the machines they stand for. */
#ifndef SPPTRIAGE_IDENTITY_HOST_TABLE_H
#define SPPTRIAGE_IDENTITY_HOST_TABLE_H

#include "identity/machine.h"
#include "identity/name.h"

/* Starts as zeros. Names are added to `names`; then the table is sealed, which leaves every key
 * without machine and spelling. */
struct host_table {
    struct name_table names;
    size_t *machine_of;     /* owned: of each key, or MACHINE_NONE */
    const char **spellings; /* owned: of each key, as it is first written; borrowed, or NULL */
};

void host_table_seal(struct host_table *hosts);
void host_table_free_content(struct host_table *hosts);

/* Keeps how a name of the table is written, unless that is known already. Borrows the name. */
void host_table_spell(struct host_table *hosts, const char *name);

/* The key of the name, or of the one fully qualified name that it means; or NAME_NONE. */
size_t host_table_find(const struct host_table *hosts, const char *name);

/* The machine of that name of the table, or of the other form of it; or MACHINE_NONE. */
size_t host_table_machine(const struct host_table *hosts, const char *name);

/* The same, made where there is none. */
size_t host_table_make_machine(struct host_table *hosts, struct machines *machines,
                               const char *name);

/* The machine, with that name or the other form of it, that the name of a file begins with:
 * `PC1-dism.txt`. Of several the longest name counts. MACHINE_NONE when there is none. */
size_t host_table_machine_of_file(const struct host_table *hosts, const char *file_name);

#endif
