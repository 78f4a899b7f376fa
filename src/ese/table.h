/* SPDX-License-Identifier: Apache-2.0 */
/* edb_table: what the catalog of an ESE database says of one table: its root page and its columns.
 * Layout: libyal's EDB format document, "Catalog"; Microsoft's published source of ESE (cat). */
#ifndef SPPTRIAGE_ESE_EDB_TABLE_H
#define SPPTRIAGE_ESE_EDB_TABLE_H

#include "ese/edb.h"
#include "ese/edb_record.h"

/* Column types (JET_coltyp). */
enum edb_column_type {
    EDB_TYPE_INT32 = 4,
    EDB_TYPE_DATE = 8,
    EDB_TYPE_TEXT = 10,
    EDB_TYPE_LONG_TEXT = 12,
};

#define EDB_CODE_PAGE_UTF16 1200u

/* ESE's own limit of names (JET_cbNameMost). */
#define EDB_NAME_BYTES_MOST 64u

/* The columns of one table, more than any update history has. */
#define EDB_COLUMNS_MOST 256u

struct edb_column {
    uint32_t id; /* fixed ones from 1, variable ones from 128, tagged ones from 256 */
    uint32_t type;
    uint32_t size_bytes; /* of fixed columns */
    uint32_t code_page;
    size_t offset_bytes; /* of fixed columns, in the record */
    char *name;          /* owned: 1 to EDB_NAME_BYTES_MOST bytes */
};

struct edb_table {
    bool is_found;
    bool is_certain; /* the catalog was read without damage: what is not in it is not there */
    uint32_t object_id;
    uint32_t root_page;
    uint64_t named_at_bytes;    /* where the catalog names it */
    struct edb_column *columns; /* owned: in order of their ids */
    size_t column_count;
    bool columns_fit; /* a record can be taken apart: its fixed columns have known sizes, and lie
                       * one behind the other */
};

/* Looks the table up in the catalog, or in its shadow where the catalog is damaged
 * (noted). Names
 * compare without ASCII case. Owned by the caller: edb_table_free_content. */
void edb_table_find(const struct edb *edb, const char *name, struct source_facts *facts,
                    struct edb_table *out);

/* The number of the column of that name; column_count where there is none. */
size_t edb_table_find_column(const struct edb_table *table, const char *name);

/* What libesedb makes of a sound record. */
enum edb_fit {
    EDB_FIT,        /* reads it right */
    EDB_FIT_BROKEN, /* its fixed columns are not as long as the table's: it is damaged */
    EDB_FIT_NOT,    /* it is sound, but libesedb would take columns for others */
};

/* Tells whether libesedb can be given the record. It needs every column up to `last_id` to be in
 * the catalog, and no value that is empty or explicitly NULL. */
enum edb_fit edb_table_judge(const struct edb_table *table, const struct edb_record *record,
                             uint32_t last_id);

void edb_table_free_content(struct edb_table *table);

#endif
