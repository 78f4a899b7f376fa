/* SPDX-License-Identifier: Apache-2.0 */
/* edb_record: one record of an ESE database, taken apart: columns of fixed size in order of their
 * ids, variable ones (from 128 on), tagged ones (from 256 on). Borrows its bytes. Layout: libyal's
 * EDB format document, "Data definition"; Microsoft's published source of ESE (tagfld). */
#ifndef SPPTRIAGE_ESE_EDB_RECORD_H
#define SPPTRIAGE_ESE_EDB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

#define EDB_FIRST_VARIABLE 128u
#define EDB_FIRST_TAGGED 256u
/* Where the first fixed column lies. */
#define EDB_RECORD_HEADER_BYTES 4u

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
    bool has_flags; /* the first byte of the value is flags */
    bool is_null;   /* explicitly, in the small form; in the large one the flag byte says so */
    struct span value;
};

/* Number `index`, below tagged_count. */
struct edb_tagged edb_record_tagged(const struct edb_record *record, size_t index);

#endif
