/* SPDX-License-Identifier: Apache-2.0 */
/* edb_tree: the nodes of one tree of an ESE database, from left to right. No page is looked at
 * twice, whatever branch pages say, so a walk ends; what cannot be reached or is wrong is noted as
 * damage, and the rest is walked all the same. */
#ifndef SPPTRIAGE_ESE_EDB_TREE_H
#define SPPTRIAGE_ESE_EDB_TREE_H

#include "ese/edb.h"

struct edb_tree {
    const char *name; /* for a person: "the catalog" */
    uint32_t root_page;
    uint32_t object_id;      /* what its pages bear */
    uint32_t kind;           /* EDB_PAGE_SPACE_TREE, or 0 for the rows of a table */
    uint64_t named_at_bytes; /* where in the file the root is named; 0: it has a fixed place */
};

/* Where a node lies. */
struct edb_place {
    uint32_t page;
    uint16_t tag;
    uint64_t offset_bytes; /* of it, or of its page where it is out of bounds */
};

struct edb_visitor {
    void *context;
    /* Is called with each node of a leaf that is not deleted; `node` is NULL where it is out of
     * bounds (noted as damage already). The node is borrowed for the call. -1 ends the walk. */
    int (*node)(void *context, const struct edb_place *place, const struct edb_node *node,
                struct error *err);
};

/* Walks the tree. Returns -1 only when the visitor did. */
int edb_tree_walk(const struct edb *edb, const struct edb_tree *tree,
                  const struct edb_visitor *visitor, struct source_facts *facts, struct error *err);

/* How many pages the database says it has: the highest key in the tree of the extents it owns.
 * 0 when that tree does not tell (noted as damage). */
uint32_t edb_count_owned_pages(const struct edb *edb, struct source_facts *facts);

#endif
