/* SPDX-License-Identifier: Apache-2.0 */
/* table: one table of an ESE database: what the catalog says of it (its root page and its columns),
 * and its records, taken apart. A record borrows its bytes. Layout: libyal's EDB format document,
 * "Catalog" and "Data definition"; Microsoft's published source of ESE (cat, tagfld). */
#ifndef SPPTRIAGE_ESE_TABLE_H
#define SPPTRIAGE_ESE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "base/text.h"
#include "ese/database.h"

/* ---- Columns ---- */

/* Ids: columns of fixed size have those from 1 on, variable ones from here, tagged ones from here.
 */
#define EDB_FIRST_VARIABLE 128u
#define EDB_FIRST_TAGGED 256u
/* Where the first fixed column lies in a record. */
#define EDB_RECORD_HEADER_BYTES 4u

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
    uint32_t id;
    uint32_t type;
    uint32_t size_bytes; /* of fixed columns */
    uint32_t code_page;
    size_t offset_bytes; /* of fixed columns, in the record; set where the columns fit */
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

/* Columns of the catalog, and where the fixed ones lie in its records. */
enum edb_catalog_column {
    EDB_CATALOG_TABLE = 1,
    EDB_CATALOG_TYPE = 2, /* of the record: EDB_ENTRY_... */
    EDB_CATALOG_ID = 3,
    EDB_CATALOG_COLUMN_TYPE = 4, /* of a table: its root page */
    EDB_CATALOG_SIZE = 5,
    EDB_CATALOG_CODE_PAGE = 7,
    EDB_CATALOG_RECORD_OFFSET = 9,
    EDB_CATALOG_NAME = EDB_FIRST_VARIABLE,
};
#define EDB_CATALOG_TABLE_AT 4u
#define EDB_CATALOG_TYPE_AT 8u
#define EDB_CATALOG_ID_AT 10u
#define EDB_CATALOG_COLUMN_TYPE_AT 14u
#define EDB_CATALOG_SIZE_AT 18u
#define EDB_CATALOG_CODE_PAGE_AT 26u
#define EDB_CATALOG_RECORD_OFFSET_AT 31u
#define EDB_ENTRY_TABLE 1u
#define EDB_ENTRY_COLUMN 2u

/* Looks the table up in the catalog, or in its shadow where the catalog is damaged (noted). Names
 * compare without ASCII case. Owned by the caller: edb_table_free_content. */
void edb_catalog_find_table(const struct edb_database *database, const char *name,
                            struct source_facts *facts, struct edb_table *out);

/* The number of the column of that name; column_count where there is none. */
size_t edb_table_find_column(const struct edb_table *table, const char *name);

void edb_table_free_content(struct edb_table *table);

/* ---- Records ---- */

/* A record of which all parts are in bounds and in order. */
struct edb_record {
    struct span bytes;
    uint8_t last_fixed;    /* id of the last fixed column that is stored, 0 for none */
    uint8_t last_variable; /* the same, EDB_FIRST_VARIABLE - 1 for none */
    bool is_large;         /* of a database with large pages */
    size_t nulls_at;       /* end of the fixed columns: a bit each, set for NULL */
    size_t ends_at;        /* of the ends of the variable columns */
    size_t variable_at;
    size_t tagged_at;
    size_t tagged_count;
};

/* Returns -1 (ERROR_SOURCE) when a part is out of bounds or of order. */
int edb_record_open(struct span bytes, bool is_large, struct edb_record *out, struct error *err);

/* Is the fixed column NULL, or not stored? */
bool edb_record_is_null(const struct edb_record *record, uint32_t id);

/* The bytes of a column; false when it is NULL, not stored or, of a fixed one, out of bounds. The
 * offset of a fixed column is counted from the start of the record. */
bool edb_record_fixed(const struct edb_record *record, uint32_t id, size_t offset_bytes,
                      size_t size_bytes, struct span *out);
bool edb_record_variable(const struct edb_record *record, uint32_t id, struct span *out);

/* A tagged column as it is stored: with its flag byte, where it has one. */
struct edb_tagged {
    uint16_t id;
    bool has_flags; /* the first byte is flags */
    bool is_null;   /* explicitly, in the small form; in the large one the flag byte says so */
    struct span bytes;
};

/* Number `index`, below tagged_count. */
struct edb_tagged edb_record_tagged(const struct edb_record *record, size_t index);

/* ---- Values ---- */

/* The flag byte of a tagged column (Microsoft's published source of ESE, tagfld). */
enum edb_value_flag {
    EDB_VALUE_COMPRESSED = 0x2,
    EDB_VALUE_LONG = 0x4,     /* it is the number of a value that is kept in another tree */
    EDB_VALUE_SEVERAL = 0x18, /* more than one value */
    EDB_VALUE_NULL = 0x20,    /* explicitly, in the large form */
};

struct edb_value {
    uint8_t flags;     /* enum edb_value_flag, and others; 0 for columns of fixed size */
    struct span bytes; /* without the flag byte */
};

/* Are the fixed columns that the record stores as long as those of the table, whose columns fit? If
 * not, the record is damaged. */
bool edb_record_is_of_table(const struct edb_record *record, const struct edb_table *table);

/* The value of a fixed or tagged column (its number in the table) of a record of the table; false
 * when it is NULL or not stored. */
bool edb_record_value(const struct edb_record *record, const struct edb_table *table, size_t column,
                      struct edb_value *out);

/* libesedb's own decoder is not asked: it writes past the end of what a crafted value unpacks to,
 * and takes UTF-16 of which every byte is 7-bit (Cyrillic, Greek) for plain bytes when their number
 * comes out odd. Layout: Microsoft's published source of ESE (compression); [MS-XCA], "Plain LZ77".
 *
 * Adds the plain bytes of a compressed UTF-16 value to *out, which then holds bytes, not text: 64
 * KiB at most. Returns false when the kind of the value is not known or it runs out of bounds. */
bool edb_value_decompress(struct span bytes, struct text *out);

#endif
