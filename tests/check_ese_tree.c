/* SPDX-License-Identifier: Apache-2.0 */
/* The databases of the ESE writer of tests/fixtures, walked by a reader of this file's own that
 * goes by the format alone: every tree is whole and in order, every page belongs to one tree or is
 * available, the catalog agrees with its indexes and its shadow. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixtures/ese_layout.h"
#include "fixtures/ese_record.h"
#include "fixtures/ese_writer.h"
#include "run.h"

static const uint32_t page_sizes[] = {4096, 8192, 16384, 32768};

/* ---- the walk ---- */

struct node {
    struct text key; /* owned, as is data */
    struct text data;
};

struct tree {
    const struct ese_image *image;
    uint32_t object;
    uint32_t previous_leaf;
    uint32_t next_leaf; /* as the previous leaf says */
    struct node *nodes; /* owned: of its leaves */
    size_t count;
    bool *pages; /* owned: is the page, by its number, one of this tree? */
};

/* Was the page, by its number, met in any tree? */
static bool *met;

static void meet(struct tree *tree, uint32_t page)
{
    ck_assert_msg(!met[page], "page %u belongs to two", page);
    met[page] = tree->pages[page] = true;
}

static int compare(const struct text *left, const struct text *right)
{
    size_t least =
        left->length_bytes < right->length_bytes ? left->length_bytes : right->length_bytes;
    int order = memcmp(text_get(left), text_get(right), least);

    if (order != 0)
        return order;
    return (left->length_bytes > right->length_bytes) - (left->length_bytes < right->length_bytes);
}

/* The header's counts agree with the tags, which lie one behind the other. */
static void check_counts(const struct ese_page *page)
{
    size_t header = ese_page_header_size(page->size_bytes), end = 0;
    size_t tags = ese_page_tag_count(page);

    for (size_t tag = 0; tag < tags; tag++) {
        size_t size;

        ck_assert_ptr_eq(ese_page_tag(page, tag, &size), page->bytes + header + end);
        end += size;
    }
    ck_assert_uint_eq(layout_load(page->bytes + ESE_PAGE_END_AT, 2), end);
    ck_assert_uint_eq(layout_load(page->bytes + ESE_PAGE_FREE_AT, 2),
                      page->size_bytes - header - end - 4 * tags);
    ck_assert_uint_le(header + end + 4 * tags, page->size_bytes);
}

/* The node's whole key and its data, owned. `prefix` is tag 0 of the page. */
static struct node read_node(const struct ese_page *page, size_t tag, const uint8_t *prefix,
                             size_t prefix_size)
{
    bool is_large = page->size_bytes > 8192;
    size_t size, shared = 0, at = 0;
    const uint8_t *bytes = ese_page_tag(page, tag, &size);
    uint64_t flags =
        is_large ? layout_load(bytes, 2) : layout_load(ese_page_tag_entry(page, tag) + 2, 2);
    struct node node = {0};

    if ((flags & 0x8000) != 0) {
        shared = layout_load(bytes, 2) & 0x1FFF;
        at = 2;
    }
    size_t own = layout_load(bytes + at, 2) & 0x1FFF;

    ck_assert_uint_le(shared, prefix_size);
    ck_assert_uint_le(at + 2 + own, size);
    text_add_bytes(&node.key, (const char *)prefix, shared);
    text_add_bytes(&node.key, (const char *)bytes + at + 2, own);
    text_add_bytes(&node.data, (const char *)bytes + at + 2 + own, size - at - 2 - own);
    return node;
}

static void check_header(struct tree *tree, const struct ese_page *page, bool is_root)
{
    uint64_t flags = layout_load(page->bytes + ESE_PAGE_FLAGS_AT, 4);
    uint64_t previous = layout_load(page->bytes + ESE_PAGE_PREVIOUS_AT, 4);
    uint64_t next = layout_load(page->bytes + ESE_PAGE_NEXT_AT, 4);

    meet(tree, page->number);
    check_counts(page);
    ck_assert_uint_eq(layout_load(page->bytes + ESE_PAGE_OBJECT_AT, 4), tree->object);
    ck_assert(((flags & ESE_PAGE_ROOT) != 0) == is_root);
    ck_assert((flags & ESE_PAGE_ALWAYS) == ESE_PAGE_ALWAYS);
    ck_assert((flags & ESE_PAGE_SPACE_TREE) == 0);
    if ((flags & ESE_PAGE_LEAF) == 0) {
        ck_assert(previous == 0 && next == 0);
        return;
    }
    ck_assert_uint_eq(previous, tree->previous_leaf);
    ck_assert(tree->next_leaf == 0 || tree->next_leaf == page->number);
    tree->previous_leaf = page->number;
    tree->next_leaf = (uint32_t)next;
}

/* Walks the page and those below it. Its keys are not below `least`, and below `most` where that
 * is not empty. Returns the levels from here down: 1 for a leaf. */
static unsigned walk(struct tree *tree, uint32_t number, bool is_root, const struct text *least,
                     const struct text *most)
{
    struct ese_page page = ese_image_page(tree->image, number);
    uint64_t flags = layout_load(page.bytes + ESE_PAGE_FLAGS_AT, 4);
    bool is_leaf = (flags & ESE_PAGE_LEAF) != 0;
    struct text before = {0};
    size_t prefix_size;
    const uint8_t *prefix = ese_page_tag(&page, 0, &prefix_size);
    unsigned below = 0;

    check_header(tree, &page, is_root);
    text_add_bytes(&before, text_get(least), least->length_bytes);
    for (size_t tag = 1; tag < ese_page_tag_count(&page); tag++) {
        struct node node = read_node(&page, tag, prefix, is_root ? 0 : prefix_size);
        bool is_last = tag + 1 == ese_page_tag_count(&page);

        if (is_leaf) {
            ck_assert_int_le(compare(&before, &node.key), 0);
            ck_assert(most->length_bytes == 0 || compare(&node.key, most) < 0);
            tree->nodes = memory_grow(tree->nodes, tree->count, sizeof(*tree->nodes));
            tree->nodes[tree->count++] = node;
            text_clear(&before);
            text_add_bytes(&before, text_get(&node.key), node.key.length_bytes);
            continue;
        }
        uint32_t child = (uint32_t)layout_load((const uint8_t *)node.data.bytes, 4);
        unsigned levels;

        ck_assert_uint_eq(node.data.length_bytes, 4);
        ck_assert(is_last ? compare(&node.key, most) == 0 : compare(&before, &node.key) < 0);
        levels = walk(tree, child, false, &before, &node.key);
        ck_assert(below == 0 || below == levels);
        below = levels;
        text_free(&before);
        before = node.key;
        text_free(&node.data);
    }
    text_free(&before);
    ck_assert(((flags & ESE_PAGE_PARENT_OF_LEAVES) != 0) == (below == 1));
    return below + 1;
}

/* Marks the pages of the extents in a space tree, none of which is marked yet. */
static void read_extents(struct tree *tree, uint32_t number, bool *marked)
{
    struct ese_page page = ese_image_page(tree->image, number);

    meet(tree, number);
    check_counts(&page);
    ck_assert_uint_eq(layout_load(page.bytes + ESE_PAGE_OBJECT_AT, 4), tree->object);
    ck_assert_uint_eq(layout_load(page.bytes + ESE_PAGE_FLAGS_AT, 4) & 0x27, 0x23);
    for (size_t tag = 1; tag < ese_page_tag_count(&page); tag++) {
        struct node node = read_node(&page, tag, NULL, 0);
        const uint8_t *key = (const uint8_t *)node.key.bytes;
        uint32_t last =
            (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
        uint32_t count = (uint32_t)layout_load((const uint8_t *)node.data.bytes, 4);

        ck_assert_uint_eq(node.key.length_bytes + node.data.length_bytes, 8);
        ck_assert(count > 0 && count <= last && last <= tree->image->page_count);
        for (uint32_t at = last - count + 1; at <= last; at++) {
            ck_assert(!marked[at]);
            marked[at] = true;
        }
        text_free(&node.key);
        text_free(&node.data);
    }
}

/* The tree owns its pages; what is available is owned, met in no tree, and zeros. */
static void read_space(struct tree *tree, uint32_t root, uint32_t space_at)
{
    size_t count = tree->image->page_count + 1;
    bool *owned = memory_allocate(count, sizeof(*owned));
    bool *available = memory_allocate(count, sizeof(*available));

    owned[root] = space_at == 0;
    if (space_at != 0) {
        read_extents(tree, space_at, owned);
        read_extents(tree, space_at + 1, available);
    }
    for (uint32_t number = 1; number < count; number++) {
        ck_assert_msg(owned[number] || !tree->pages[number], "page %u is not owned", number);
        if (!available[number])
            continue;
        ck_assert(owned[number]);
        ck_assert_uint_eq(
            layout_load(ese_image_page(tree->image, number).bytes + ESE_PAGE_FLAGS_AT, 4), 0);
        meet(tree, number);
    }
    free(owned);
    free(available);
}

/* Returns owned (free_tree) the tree at `root`. */
static struct tree read_tree(const struct ese_image *image, uint32_t root, uint32_t object,
                             uint32_t parent)
{
    static const struct text nothing;
    struct tree tree = {.image = image, .object = object};
    struct ese_page page = ese_image_page(image, root);
    size_t size;
    const uint8_t *space = ese_page_tag(&page, 0, &size);
    uint32_t space_at = (uint32_t)layout_load(space + 12, 4);

    tree.pages = memory_allocate(image->page_count + (size_t)1, sizeof(*tree.pages));
    ck_assert_uint_eq(size, 16);
    ck_assert_uint_eq(layout_load(space + 4, 4), parent);
    ck_assert_uint_eq(layout_load(space + 8, 4), space_at != 0);
    walk(&tree, root, true, &nothing, &nothing);
    ck_assert_uint_eq(tree.next_leaf, 0);
    read_space(&tree, root, space_at);
    return tree;
}

static void free_tree(struct tree *tree)
{
    for (size_t index = 0; index < tree->count; index++) {
        text_free(&tree->nodes[index].key);
        text_free(&tree->nodes[index].data);
    }
    free(tree->nodes);
    free(tree->pages);
}

/* ---- the catalog ---- */

/* A number of a row of the catalog: 1 ObjidTable, 2 Type, 3 Id, 4 column type or root page. */
static uint32_t catalog_number(const struct node *row, unsigned column)
{
    static const uint8_t places[][2] = {{0, 0}, {4, 4}, {8, 2}, {10, 4}, {14, 4}};

    return (uint32_t)layout_load((const uint8_t *)row->data.bytes + places[column][0],
                                 places[column][1]);
}

/* Walks the trees of the rows that have a root page of their own, but the catalog's. */
static void walk_tables(const struct ese_image *image, const struct tree *catalog)
{
    uint32_t table_root = 0;

    for (size_t index = 0; index < catalog->count; index++) {
        const struct node *row = &catalog->nodes[index];
        uint32_t type = catalog_number(row, 2), object = catalog_number(row, 3);
        uint32_t root = catalog_number(row, 4);

        if (type == 1)
            table_root = root;
        if (object < ESE_OBJECT_FIRST_FREE || type == 2 || (type == 3 && root == table_root))
            continue;
        struct tree tree = read_tree(image, root, object, type == 1 ? 1 : table_root);

        free_tree(&tree);
    }
}

/* Every row of the catalog is in the index over the names, once. */
static void check_names(const struct tree *catalog, const struct tree *names)
{
    ck_assert_uint_eq(names->count, catalog->count);
    for (size_t index = 0; index < catalog->count; index++) {
        size_t found = 0;

        for (size_t at = 0; at < names->count; at++)
            found += compare(&names->nodes[at].data, &catalog->nodes[index].key) == 0;
        ck_assert_uint_eq(found, 1);
    }
}

static void check_same(const struct tree *left, const struct tree *right)
{
    ck_assert_uint_eq(left->count, right->count);
    for (size_t index = 0; index < left->count; index++) {
        ck_assert_int_eq(compare(&left->nodes[index].key, &right->nodes[index].key), 0);
        ck_assert_int_eq(compare(&left->nodes[index].data, &right->nodes[index].data), 0);
    }
}

/* A database with everything: every page is met once. */
static void walk_database(const struct ese_image *image, size_t tables)
{
    struct tree database, catalog, names, roots, shadow;

    met = memory_allocate(image->page_count + (size_t)1, sizeof(*met));
    catalog = read_tree(image, ESE_CATALOG_ROOT, ESE_OBJECT_CATALOG, 1);
    names = read_tree(image, ESE_CATALOG_NAME_ROOT, ESE_OBJECT_NAME_INDEX, ESE_CATALOG_ROOT);
    roots = read_tree(image, ESE_CATALOG_ROOTS_ROOT, ESE_OBJECT_ROOTS_INDEX, ESE_CATALOG_ROOT);
    shadow = read_tree(image, ESE_SHADOW_ROOT, ESE_OBJECT_SHADOW, 1);
    walk_tables(image, &catalog);
    database = read_tree(image, ESE_DATABASE_ROOT, ESE_OBJECT_DATABASE, 0);
    ck_assert_uint_eq(roots.count, tables + 2);
    check_names(&catalog, &names);
    check_same(&catalog, &shadow);
    for (uint32_t number = 1; number <= image->page_count; number++)
        ck_assert_msg(met[number], "page %u belongs to nothing", number);
    free_tree(&database);
    free_tree(&catalog);
    free_tree(&names);
    free_tree(&roots);
    free_tree(&shadow);
    free(met);
}

/* ---- the tests ---- */

static const struct shape {
    size_t rows;
    size_t most_rows_per_leaf;
    size_t most_pages_per_branch;
    size_t other_tables;
    size_t long_value_bytes;
    uint32_t levels; /* 0: as the page size has it */
} shapes[] = {
    {0, 0, 0, 0, 0, 1},     {1, 0, 0, 0, 0, 1},  {7, 3, 0, 0, 0, 2},  {40, 2, 4, 0, 0, 4},
    {900, 0, 0, 0, 0, 2},   {3, 0, 0, 6, 0, 1},  {3, 0, 0, 0, 10, 1}, {20, 1, 2, 2, 2000, 6},
    {4, 0, 0, 0, 70000, 1}, {64, 1, 8, 0, 0, 3}, {30, 1, 0, 0, 1, 2},
};

static struct ese_image *write_shape(const struct shape *shape, uint32_t page_size_bytes)
{
    static const char *const others[] = {"tbA", "tbB", "tbC", "tbD", "tbE", "tbF"};
    struct ese_writer_options options = {
        .page_size_bytes = page_size_bytes,
        .most_rows_per_leaf = shape->most_rows_per_leaf,
        .most_pages_per_branch = shape->most_pages_per_branch,
        .other_tables = others,
        .other_table_count = shape->other_tables,
    };
    struct ese_history_row *rows = memory_allocate(shape->rows + 1, sizeof(*rows));
    char *text = memory_allocate(shape->long_value_bytes + 1, 1);
    struct ese_image *image;

    memset(text, 'x', shape->long_value_bytes);
    for (size_t index = 0; index < shape->rows; index++) {
        rows[index].id_event = (int32_t)(index * 100) - 300;
        rows[index].title.text = "a title of some length, for the record";
        if (shape->long_value_bytes > 0)
            rows[index].description = (struct ese_text){.text = text, .form = ESE_TEXT_LONG_VALUE};
    }
    image = ese_write_datastore(rows, shape->rows, &options);
    free(rows);
    free(text);
    return image;
}

START_TEST(every_page_belongs_to_one_tree_or_is_available)
{
    const struct shape *shape = &shapes[_i / (int)ARRAY_COUNT(page_sizes)];
    struct ese_image *image = write_shape(shape, page_sizes[_i % (int)ARRAY_COUNT(page_sizes)]);

    if (shape->levels != 0)
        ck_assert_uint_eq(image->history_level_count, shape->levels);
    walk_database(image, shape->other_tables + 1);
    ese_image_free(image);
}
END_TEST

START_TEST(database_without_history_is_whole)
{
    static const char *const others[] = {"tbA", "tbB"};
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i],
                                         .lacks_history = true,
                                         .other_tables = others,
                                         .other_table_count = 2};
    struct ese_image *image = ese_write_datastore(NULL, 0, &options);

    ck_assert_uint_eq(image->history_root, 0);
    walk_database(image, 2);
    ese_image_free(image);
}
END_TEST

START_TEST(highest_event_comes_first)
{
    static const struct ese_history_row rows[] = {
        {.id_event = 3}, {.id_event = -5}, {.id_event = 2000000000}, {.id_event = 0}};
    static const int32_t expected[] = {2000000000, 3, 0, -5};
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i],
                                         .most_rows_per_leaf = 1};
    struct ese_image *image = ese_write_datastore(rows, ARRAY_COUNT(rows), &options);
    struct tree tree;

    met = memory_allocate(image->page_count + (size_t)1, sizeof(*met));
    tree = read_tree(image, image->history_root, ESE_OBJECT_FIRST_FREE, 1);
    ck_assert_uint_eq(tree.count, ARRAY_COUNT(rows));
    for (size_t index = 0; index < tree.count; index++) {
        const uint8_t *record = (const uint8_t *)tree.nodes[index].data.bytes;

        ck_assert_int_eq((int32_t)layout_load(record + 4, 4), expected[index]);
    }
    free_tree(&tree);
    ese_image_free(image);
    free(met);
}
END_TEST

/* A text of more than 1023 bytes is a long value: its root, then chunks that a page holds. */
START_TEST(long_text_is_a_long_value_in_chunks)
{
    size_t full = page_sizes[_i] - (page_sizes[_i] > 8192 ? 122 : 82);
    struct ese_history_row row = {.id_event = 1};
    struct text text = {0};
    struct ese_image *image;
    struct tree tree;

    for (size_t index = 0; index < page_sizes[_i]; index++)
        text_add_bytes(&text, &"abcdefg"[index % 7], 1);
    row.title.text = text_get(&text);
    image = ese_write_datastore(&row, 1,
                                &(struct ese_writer_options){.page_size_bytes = page_sizes[_i]});
    met = memory_allocate(image->page_count + (size_t)1, sizeof(*met));
    tree = read_tree(image, image->long_value_root, ESE_OBJECT_FIRST_FREE + 1, image->history_root);
    ck_assert_uint_eq(tree.count, 4);
    ck_assert_mem_eq(tree.nodes[0].key.bytes, "\0\0\0\1", 4);
    ck_assert_uint_eq(layout_load((const uint8_t *)tree.nodes[0].data.bytes + 4, 4),
                      2 * page_sizes[_i]);
    ck_assert_uint_eq(tree.nodes[1].data.length_bytes, full);
    ck_assert_uint_eq(tree.nodes[2].data.length_bytes, full);
    ck_assert_uint_eq(tree.nodes[3].data.length_bytes, 2 * page_sizes[_i] - 2 * full);
    ck_assert_int_eq(tree.nodes[2].data.bytes[0], "abcdefg"[full / 2 % 7]);
    free_tree(&tree);
    ese_image_free(image);
    free(met);
    text_free(&text);
}
END_TEST

START_TEST(text_of_1022_bytes_is_in_the_record)
{
    char text[512] = {0};
    struct ese_history_row row = {.id_event = 1, .title.text = text};
    struct ese_image *image;

    memset(text, 'x', sizeof(text) - 1);
    image = ese_write_datastore(&row, 1, NULL);
    ck_assert_uint_eq(image->long_value_root, 0);
    ese_image_free(image);
}
END_TEST

static Suite *ese_tree_suite(void)
{
    const int sizes = (int)ARRAY_COUNT(page_sizes);
    Suite *suite = suite_create("ese tree");
    TCase *walked = tcase_create("walked");

    tcase_add_loop_test(walked, every_page_belongs_to_one_tree_or_is_available, 0,
                        (int)ARRAY_COUNT(shapes) * sizes);
    tcase_add_loop_test(walked, database_without_history_is_whole, 0, sizes);
    tcase_add_loop_test(walked, highest_event_comes_first, 0, sizes);
    tcase_add_loop_test(walked, long_text_is_a_long_value_in_chunks, 0, sizes);
    tcase_add_test(walked, text_of_1022_bytes_is_in_the_record);
    suite_add_tcase(suite, walked);
    return suite;
}

int main(void)
{
    return run_suite(ese_tree_suite());
}
