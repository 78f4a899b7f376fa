/* SPDX-License-Identifier: Apache-2.0 */
#include "ese/database.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Branch pages hold hundreds of children each: no tree in a file is higher than a few levels. */
#define LEVELS_MOST 16u

#define KINDS (EDB_PAGE_SPACE_TREE | EDB_PAGE_INDEX | EDB_PAGE_LONG_VALUES)

struct tree_walk {
    const struct edb_database *database;
    const struct edb_tree *tree;
    const struct edb_tree_visitor *visitor;
    struct source_facts *facts;
    uint8_t *visited;              /* owned: a bit a page */
    uint8_t *buffers[LEVELS_MOST]; /* owned: a page for each level */
    uint32_t left_leaf;            /* the leaf before, 0 where none or not known */
    uint32_t left_leaf_next;       /* and which leaf it says to follow */
};

static void note(struct tree_walk *walk, uint64_t offset_bytes, uint32_t page, const char *what)
{
    source_facts_add_damage(walk->facts, offset_bytes, "page %" PRIu32 " of %s %s", page,
                            walk->tree->name, what);
    walk->left_leaf = 0;
}

/* Marks the page as seen. Returns false when it was. */
static bool mark(struct tree_walk *walk, uint32_t page)
{
    uint8_t bit = (uint8_t)(1u << (page % 8));

    if ((walk->visited[page / 8] & bit) != 0)
        return false;
    walk->visited[page / 8] |= bit;
    return true;
}

/* Reads a page that is met at `met_at_bytes`. Returns false when it cannot be used, which is noted.
 */
static bool take_page(struct tree_walk *walk, uint32_t number, unsigned level,
                      uint64_t met_at_bytes, struct edb_page *page)
{
    struct error wrong = {0};

    if (number == 0 || number > walk->database->page_count) {
        note(walk, met_at_bytes, number, "is not in the file");
        return false;
    }
    if (level >= LEVELS_MOST) {
        note(walk, met_at_bytes, number, "lies deeper than any tree reaches");
        return false;
    }
    if (!mark(walk, number)) {
        note(walk, met_at_bytes, number, "is met twice: branch pages lead back to it");
        return false;
    }
    if (walk->buffers[level] == NULL)
        walk->buffers[level] = memory_allocate(1, walk->database->page_size_bytes);
    if (edb_page_read(walk->database, number, walk->buffers[level], page, &wrong) != 0) {
        note(walk, wrong.offset_bytes, number, wrong.message);
        error_clear(&wrong);
        return false;
    }
    if (page->object_id != walk->tree->object_id || (page->flags & KINDS) != walk->tree->kind) {
        note(walk, edb_page_offset(walk->database, number), number, "belongs to another tree");
        return false;
    }
    if (page->checksum_is_wrong)
        note(walk, edb_page_offset(walk->database, number), number, "has a wrong checksum");
    return true;
}

enum step {
    STEP_NODE,
    STEP_BROKEN, /* a node out of bounds, noted */
    STEP_NONE,   /* deleted, or none at all */
};

/* Reads a node. Tags of no bytes are counted. */
static enum step take_node(struct tree_walk *walk, const struct edb_page *page, uint16_t tag,
                           struct edb_node *node, unsigned *empty_count)
{
    struct error wrong = {0};

    if (edb_page_node(page, tag, node, &wrong) != 0) {
        source_facts_add_damage(walk->facts, wrong.offset_bytes,
                                "node %u in page %" PRIu32 " of %s %s", tag, page->number,
                                walk->tree->name, wrong.message);
        error_clear(&wrong);
        return STEP_BROKEN;
    }
    *empty_count += node->is_empty ? 1 : 0;
    return node->is_deleted || node->is_empty ? STEP_NONE : STEP_NODE;
}

static void note_empty(struct tree_walk *walk, const struct edb_page *page, unsigned empty_count)
{
    if (empty_count > 0)
        source_facts_add_damage(walk->facts, edb_page_offset(walk->database, page->number),
                                "page %" PRIu32 " of %s counts %u node%s too many", page->number,
                                walk->tree->name, empty_count, text_plural(empty_count));
}

/* Leaves are linked: where one names another follower than the tree has, the tree misses pages or
 * has too many. */
static void check_link(struct tree_walk *walk, const struct edb_page *leaf)
{
    if (walk->left_leaf != 0 && walk->left_leaf_next != leaf->number)
        source_facts_add_damage(
            walk->facts, edb_page_offset(walk->database, walk->left_leaf),
            "page %" PRIu32 " of %s names page %" PRIu32 " as the next, the tree has page %" PRIu32,
            walk->left_leaf, walk->tree->name, walk->left_leaf_next, leaf->number);
    walk->left_leaf = leaf->number;
    walk->left_leaf_next = leaf->next;
}

static int walk_leaf(struct tree_walk *walk, const struct edb_page *page, struct error *err)
{
    unsigned empty_count = 0;
    int result = 0;

    check_link(walk, page);
    for (uint16_t tag = 1; result == 0 && tag < page->tag_count; tag++) {
        struct edb_node node = {0};
        enum step step = take_node(walk, page, tag, &node, &empty_count);
        struct edb_node_place place = {
            .page = page->number,
            .tag = tag,
            .offset_bytes = step == STEP_NODE ? node.data.offset_bytes
                                              : edb_page_offset(walk->database, page->number),
        };

        if (step != STEP_NONE)
            result = walk->visitor->node(walk->visitor->context, &place,
                                         step == STEP_NODE ? &node : NULL, err);
    }
    note_empty(walk, page, empty_count);
    return result;
}

static int walk_page(struct tree_walk *walk, uint32_t number, unsigned level, uint64_t met_at_bytes,
                     struct error *err)
{
    struct edb_page page;
    unsigned empty_count = 0;
    int result = 0;

    if (!take_page(walk, number, level, met_at_bytes, &page) || (page.flags & EDB_PAGE_EMPTY) != 0)
        return 0;
    if ((page.flags & EDB_PAGE_LEAF) != 0)
        return walk_leaf(walk, &page, err);
    for (uint16_t tag = 1; result == 0 && tag < page.tag_count; tag++) {
        struct edb_node node = {0};
        enum step step = take_node(walk, &page, tag, &node, &empty_count);
        uint32_t child;

        if (step == STEP_BROKEN)
            walk->left_leaf = 0;
        else if (step == STEP_NODE && !span_u32_at(&node.data, 0, &child))
            note(walk, node.data.offset_bytes, number, "has a node that names no child");
        else if (step == STEP_NODE)
            result = walk_page(walk, child, level + 1, node.data.offset_bytes, err);
    }
    note_empty(walk, &page, empty_count);
    return result;
}

int edb_tree_walk(const struct edb_database *database, const struct edb_tree *tree,
                  const struct edb_tree_visitor *visitor, struct source_facts *facts,
                  struct error *err)
{
    struct tree_walk walk = {.database = database,
                             .tree = tree,
                             .visitor = visitor,
                             .facts = facts,
                             .visited = memory_allocate((size_t)database->page_count / 8 + 1, 1)};
    int result = walk_page(&walk, tree->root_page, 0, tree->named_at_bytes, err);

    if (result == 0 && walk.left_leaf != 0 && walk.left_leaf_next != 0)
        source_facts_add_damage(facts, edb_page_offset(database, walk.left_leaf),
                                "page %" PRIu32 " of %s is the last in the tree, but names page "
                                "%" PRIu32 " as the next",
                                walk.left_leaf, tree->name, walk.left_leaf_next);
    for (size_t level = 0; level < LEVELS_MOST; level++)
        free(walk.buffers[level]);
    free(walk.visited);
    return result;
}

/* --- the extents of the database --- */

/* The key of an extent is its last page, big endian. */
static int take_extent(void *context, const struct edb_node_place *place,
                       const struct edb_node *node, struct error *err)
{
    uint32_t *highest = context;
    uint8_t key[sizeof(uint32_t)];
    uint32_t last;

    (void)place;
    (void)err;
    if (node == NULL || node->prefix.left_bytes > sizeof(key) ||
        node->prefix.left_bytes + node->key.left_bytes != sizeof(key))
        return 0;
    if (node->prefix.left_bytes > 0)
        memcpy(key, node->prefix.bytes, node->prefix.left_bytes);
    if (node->key.left_bytes > 0)
        memcpy(key + node->prefix.left_bytes, node->key.bytes, node->key.left_bytes);
    memcpy(&last, key, sizeof(last));
    last = be32toh(last);
    if (last > *highest)
        *highest = last;
    return 0;
}

uint32_t edb_database_count_owned_pages(const struct edb_database *database,
                                        struct source_facts *facts)
{
    static const struct edb_tree extents = {.name = "the owned extents",
                                            .root_page = EDB_PAGE_EXTENTS,
                                            .object_id = EDB_OBJECT_DATABASE,
                                            .kind = EDB_PAGE_SPACE_TREE};
    uint32_t highest = 0;
    struct edb_tree_visitor visitor = {.context = &highest, .node = take_extent};
    struct error ignored = {0};

    edb_tree_walk(database, &extents, &visitor, facts, &ignored);
    error_clear(&ignored);
    return highest;
}
