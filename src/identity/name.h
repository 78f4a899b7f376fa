/* SPDX-License-Identifier: Apache-2.0 */
/* name: computer names as DESIGN section 3 compares them: without regard to case, and a short
 * name may mean a fully qualified one. A table gives each distinct name a key; keys are in the
 * order of the folded names. Windows' own listings, and what knows machines by them, have the
 * NetBIOS name: the first label, cut off after 15 bytes. */
#ifndef SPPTRIAGE_IDENTITY_NAME_H
#define SPPTRIAGE_IDENTITY_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as zeros; owns its names. Names are added, then the table is sealed, then asked. */
struct name_table {
    char **folded; /* once sealed: distinct, ascending by bytes */
    size_t count;
};

#define NAME_NONE ((size_t)-1)

void name_table_free_content(struct name_table *table);
void name_table_add(struct name_table *table, const char *name);
void name_table_seal(struct name_table *table);

/* The key of the name, or NAME_NONE. */
size_t name_table_find(const struct name_table *table, const char *name);

/* The key of the one fully qualified name whose first label is this short name, which need not be
 * in the table itself; NAME_NONE where there is none or are several, or for a name with a dot. */
size_t name_table_find_full(const struct name_table *table, const char *name);

/* Keys from `first` up to but without `end`. */
struct name_range {
    size_t first;
    size_t end;
};

/* The fully qualified names whose first label is this short name; none for a name that is fully
 * qualified itself. */
struct name_range name_table_full_names(const struct name_table *table, size_t key);

/* What the name means: the one fully qualified name with that first label, where there is exactly
 * one; else itself. */
size_t name_table_meaning(const struct name_table *table, size_t key);

/* Does a short name mean neither of several fully qualified ones? */
bool name_table_is_shared(const struct name_table *table, size_t key);

/* Is the folded `host` the NetBIOS name, cut off, of the one with the folded name? */
bool name_is_netbios_of(const char *name, const char *host);

/* The one number that `owner_of` has for the keys of which `host` is the NetBIOS name, cut off;
 * NAME_NONE, which is also that of keys without an owner, where there is none or are several, which
 * *several tells. */
size_t name_table_netbios_owner(const struct name_table *table, const size_t *owner_of,
                                const char *host, bool *several);

#endif
