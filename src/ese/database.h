/* SPDX-License-Identifier: Apache-2.0 */
/* database: an ESE database file (EDB) without any library: its header, its pages with the nodes in
 * them, and its trees. Every offset is checked: whatever is told of a page stays inside its bytes.
 * Layout: libyal, "Extensible Storage Engine (ESE) Database File (EDB) format"; Microsoft's
 * published source of ESE (cpage, checksumu). A struct edb_database borrows the descriptor and owns
 * nothing. */
#ifndef SPPTRIAGE_ESE_DATABASE_H
#define SPPTRIAGE_ESE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "model/source.h"

#define EDB_PAGE_BYTES_MOST 32768u

#define EDB_VERSION 0x620u
/* The first revision that has pages of 16 and 32 KiB. */
#define EDB_REVISION_LARGE_PAGES 0x11u

/* The layout of what is read here and written for libesedb (ese/extract.h). Header: */
#define EDB_HEADER_SIGNATURE_AT 4u
#define EDB_HEADER_VERSION_AT 8u
#define EDB_HEADER_REVISION_AT 232u
#define EDB_HEADER_PAGE_SIZE_AT 236u
#define EDB_HEADER_FILE_TYPE_AT 667u
#define EDB_HEADER_BYTES 668u
#define EDB_HEADER_SIGNATURE 0x89ABCDEFu
/* What every checksum without ECC begins with. */
#define EDB_CHECKSUM_SEED 0x89ABCDEFu
/* Page header, and tags: */
#define EDB_PAGE_NEXT_AT 20u
#define EDB_PAGE_TAG_COUNT_AT 34u
#define EDB_PAGE_FLAGS_AT 36u
#define EDB_PAGE_HEADER_BYTES 40u
#define EDB_PAGE_LARGE_HEADER_BYTES 80u
#define EDB_TAG_BYTES 4u

/* Fixed places: the tree of the extents that the database owns, the catalog, its shadow. */
#define EDB_PAGE_EXTENTS 2u
#define EDB_PAGE_CATALOG 4u
#define EDB_PAGE_SHADOW 24u
#define EDB_OBJECT_DATABASE 1u
#define EDB_OBJECT_CATALOG 2u
#define EDB_OBJECT_SHADOW 3u

/* State in the header; with another one the database was not closed. */
#define EDB_STATE_CLEAN 3u

struct edb_database {
    int descriptor;
    uint64_t size_bytes; /* of the file, as far as it is there */
    uint32_t page_size_bytes;
    uint32_t revision;
    uint32_t state;      /* EDB_STATE_CLEAN or another number */
    uint32_t file_type;  /* 0: a database */
    uint32_t page_count; /* whole pages behind header and copy; page N lies at (N + 1) pages */
    bool is_large;       /* pages of 16 or 32 KiB: other header, tags and records */
};

/* Reads the header, or its copy where that alone is right (noted as damage). Returns -1
 * (ERROR_SOURCE) when neither can be gone by: no such file, or a page size, version or revision
 * that is not known. */
int edb_database_open(int descriptor, uint64_t size_bytes, struct edb_database *out,
                      struct source_facts *facts, struct error *err);

/* Where the page lies in the file, in bytes. */
uint64_t edb_page_offset(const struct edb_database *database, uint32_t number);

/* ---- Pages ---- */

enum edb_page_flag {
    EDB_PAGE_ROOT = 0x1,
    EDB_PAGE_LEAF = 0x2,
    EDB_PAGE_PARENT = 0x4, /* of leaves */
    EDB_PAGE_EMPTY = 0x8,
    EDB_PAGE_SPACE_TREE = 0x20,
    EDB_PAGE_INDEX = 0x40,
    EDB_PAGE_LONG_VALUES = 0x80,
    EDB_PAGE_NEW_RECORDS = 0x800,
    EDB_PAGE_NEW_CHECKSUM = 0x2000,
};

/* A page of which header and room for its tags are in bounds. Borrows the bytes it was read to. */
struct edb_page {
    uint32_t number;
    uint32_t flags; /* enum edb_page_flag, and others */
    uint32_t object_id;
    uint32_t next;      /* page on the right, 0 for none; of leaves alone */
    uint16_t tag_count; /* tag 0 is not a node */
    struct span body;   /* what tags point into */
    struct span tags;   /* the last tag first */
    bool is_large;      /* as of its database */
    bool checksum_is_wrong;
};

/* Reads the page to `buffer`, which has room for one. Returns -1 (ERROR_SOURCE, with the page's
 * offset) when it is not there, is unused (zeros) or has no sound header. */
int edb_page_read(const struct edb_database *database, uint32_t number, uint8_t *buffer,
                  struct edb_page *out, struct error *err);

struct edb_node {
    bool is_deleted;    /* then the rest is not looked at, */
    bool is_empty;      /* and neither where the tag has no bytes */
    struct span prefix; /* the key is this, shared with the page's prefix, and */
    struct span key;    /* this */
    struct span data;
};

/* The node of tag number `tag`, from 1. Returns -1 (ERROR_SOURCE) when it is out of bounds. */
int edb_page_node(const struct edb_page *page, uint16_t tag, struct edb_node *out,
                  struct error *err);

/* ---- Trees ---- */

/* A tree's nodes are met from left to right. No page is looked at twice, whatever branch pages say,
 * so a walk ends; what cannot be reached or is wrong is noted as damage, and the rest is walked all
 * the same. */
struct edb_tree {
    const char *name; /* for a person: "the catalog" */
    uint32_t root_page;
    uint32_t object_id;      /* what its pages bear */
    uint32_t kind;           /* EDB_PAGE_SPACE_TREE, or 0 for the rows of a table */
    uint64_t named_at_bytes; /* where in the file the root is named; 0: it has a fixed place */
};

/* Where a node lies. */
struct edb_node_place {
    uint32_t page;
    uint16_t tag;
    uint64_t offset_bytes; /* of it, or of its page where it is out of bounds */
};

struct edb_tree_visitor {
    void *context;
    /* Is called with each node of a leaf that is not deleted; `node` is NULL where it is out of
     * bounds (noted as damage already). The node is borrowed for the call. -1 ends the walk. */
    int (*node)(void *context, const struct edb_node_place *place, const struct edb_node *node,
                struct error *err);
};

/* Walks the tree. Returns -1 only when the visitor did. */
int edb_tree_walk(const struct edb_database *database, const struct edb_tree *tree,
                  const struct edb_tree_visitor *visitor, struct source_facts *facts,
                  struct error *err);

/* How many pages the database says it has: the highest key in the tree of the extents it owns.
 * 0 when that tree does not tell (noted as damage). */
uint32_t edb_database_count_owned_pages(const struct edb_database *database,
                                        struct source_facts *facts);

#endif
