/* SPDX-License-Identifier: Apache-2.0 */
#include "ese/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ese/database.h"

static const struct {
    size_t offset_bytes;
    size_t size_bytes;
} catalog_places[] = {
    [EDB_CATALOG_TABLE] = {EDB_CATALOG_TABLE_AT, sizeof(uint32_t)},
    [EDB_CATALOG_TYPE] = {EDB_CATALOG_TYPE_AT, sizeof(uint16_t)},
    [EDB_CATALOG_ID] = {EDB_CATALOG_ID_AT, sizeof(uint32_t)},
    [EDB_CATALOG_COLUMN_TYPE] = {EDB_CATALOG_COLUMN_TYPE_AT, sizeof(uint32_t)},
    [EDB_CATALOG_SIZE] = {EDB_CATALOG_SIZE_AT, sizeof(uint32_t)},
    [EDB_CATALOG_CODE_PAGE] = {EDB_CATALOG_CODE_PAGE_AT, sizeof(uint32_t)},
    [EDB_CATALOG_RECORD_OFFSET] = {EDB_CATALOG_RECORD_OFFSET_AT, sizeof(uint16_t)},
};

/* --- catalog records --- */

struct catalog_entry {
    uint32_t table;
    uint32_t type;
    struct edb_column column; /* its name is not set; of a table, `type` is the root page */
    uint32_t record_offset;   /* 0 for none */
    struct span name;
};

static bool catalog_number(const struct edb_record *record, enum edb_catalog_column column,
                           uint32_t *out)
{
    struct span bytes;
    uint16_t half;

    if (!edb_record_fixed(record, column, catalog_places[column].offset_bytes,
                          catalog_places[column].size_bytes, &bytes))
        return false;
    if (catalog_places[column].size_bytes == sizeof(*out))
        return span_u32(&bytes, out);
    if (!span_u16(&bytes, &half))
        return false;
    *out = half;
    return true;
}

static int entry_open(const struct edb_database *database, struct span bytes,
                      struct catalog_entry *out, struct error *err)
{
    struct edb_record record;
    struct catalog_entry entry = {0};

    if (edb_record_open(bytes, database->is_large, &record, err) != 0)
        return -1;
    if (!catalog_number(&record, EDB_CATALOG_TABLE, &entry.table) ||
        !catalog_number(&record, EDB_CATALOG_TYPE, &entry.type) ||
        !catalog_number(&record, EDB_CATALOG_ID, &entry.column.id) ||
        !catalog_number(&record, EDB_CATALOG_COLUMN_TYPE, &entry.column.type))
        return error_set(err, ERROR_SOURCE, bytes.offset_bytes, "lacks what a table is known by");
    if (!catalog_number(&record, EDB_CATALOG_SIZE, &entry.column.size_bytes))
        entry.column.size_bytes = 0;
    if (!catalog_number(&record, EDB_CATALOG_CODE_PAGE, &entry.column.code_page))
        entry.column.code_page = 0;
    if (!catalog_number(&record, EDB_CATALOG_RECORD_OFFSET, &entry.record_offset))
        entry.record_offset = 0;
    if (entry.type <= EDB_ENTRY_COLUMN &&
        (!edb_record_variable(&record, EDB_CATALOG_NAME, &entry.name) ||
         entry.name.left_bytes == 0 || entry.name.left_bytes > EDB_NAME_BYTES_MOST ||
         memchr(entry.name.bytes, '\0', entry.name.left_bytes) != NULL))
        return error_set(err, ERROR_SOURCE, bytes.offset_bytes, "has no name");
    *out = entry;
    return 0;
}

/* --- columns of fixed size --- */

/* Sizes of the types that have one (JET_coltyp); binary and text of fixed size have their own. */
static const uint8_t type_sizes[] = {
    [1] = 1, [2] = 1, [3] = 2,  [4] = 4,  [5] = 8,  [6] = 4,   [7] = 8,
    [8] = 8, [9] = 0, [10] = 0, [14] = 4, [15] = 8, [16] = 16, [17] = 2,
};
#define FIXED_BYTES_MOST 255u

static bool has_known_size(const struct edb_column *column)
{
    if (column->type >= ARRAY_COUNT(type_sizes) || column->size_bytes == 0 ||
        column->size_bytes > FIXED_BYTES_MOST)
        return false;
    return type_sizes[column->type] == column->size_bytes || column->type == 9 ||
           column->type == EDB_TYPE_TEXT;
}

/* Sets where the columns lie. Returns the first one that does not follow the one before it as it
 * should, or NULL. */
static const struct edb_column *place_columns(struct edb_table *table)
{
    size_t offset_bytes = EDB_RECORD_HEADER_BYTES;

    for (size_t index = 0; index < table->column_count; index++) {
        struct edb_column *column = &table->columns[index];

        if (column->id >= EDB_FIRST_VARIABLE)
            break;
        if (column->id != index + 1 || !has_known_size(column) ||
            (column->offset_bytes != 0 && column->offset_bytes != offset_bytes))
            return column;
        column->offset_bytes = offset_bytes;
        offset_bytes += column->size_bytes;
    }
    return NULL;
}

/* --- the search --- */

struct catalog_search {
    const struct edb_database *database;
    const char *catalog; /* what is searched, for a person */
    const char *name;
    struct source_facts *facts;
    struct edb_table *table;
};

static void note_entry(const struct catalog_search *search, const struct edb_node_place *place,
                       const char *what)
{
    source_facts_add_damage(search->facts, place->offset_bytes,
                            "record %u in page %" PRIu32 " of %s %s", place->tag, place->page,
                            search->catalog, what);
}

static void take_column(struct catalog_search *search, const struct edb_node_place *place,
                        const struct catalog_entry *entry, char **name)
{
    struct edb_table *table = search->table;
    struct edb_column column = entry->column;

    if (table->column_count == EDB_COLUMNS_MOST) {
        note_entry(search, place, "is a column too many of its table");
        return;
    }
    if (table->column_count > 0 && column.id <= table->columns[table->column_count - 1].id) {
        note_entry(search, place, "is a column out of order");
        return;
    }
    column.name = *name;
    *name = NULL;
    column.offset_bytes = entry->record_offset;
    table->columns = memory_grow(table->columns, table->column_count, sizeof(*table->columns));
    table->columns[table->column_count++] = column;
}

/* The key of the catalog is table, type, id: a table stands before its columns. */
static int take_entry(void *context, const struct edb_node_place *place,
                      const struct edb_node *node, struct error *err)
{
    struct catalog_search *search = context;
    struct edb_table *table = search->table;
    struct error wrong = {0};
    struct catalog_entry entry = {0};
    char *name;

    (void)err;
    if (node == NULL)
        return 0;
    if (entry_open(search->database, node->data, &entry, &wrong) != 0) {
        note_entry(search, place, wrong.message);
        error_clear(&wrong);
        return 0;
    }
    name = memory_copy_bytes((const char *)entry.name.bytes, entry.name.left_bytes);
    if (entry.type == EDB_ENTRY_TABLE && !table->is_found && text_equal_ascii(name, search->name)) {
        table->is_found = true;
        table->object_id = entry.table;
        table->root_page = entry.column.type;
        table->named_at_bytes = place->offset_bytes;
    } else if (entry.type == EDB_ENTRY_COLUMN && table->is_found &&
               entry.table == table->object_id) {
        take_column(search, place, &entry, &name);
    }
    free(name);
    return 0;
}

static void search_catalog(const struct edb_database *database, const struct edb_tree *catalog,
                           const char *name, struct source_facts *facts, struct edb_table *out)
{
    struct catalog_search search = {
        .database = database, .catalog = catalog->name, .name = name, .facts = facts, .table = out};
    struct edb_tree_visitor visitor = {.context = &search, .node = take_entry};
    uint64_t damage_count = facts->damage.count;
    const struct edb_column *misfit;
    struct error ignored = {0};

    edb_tree_walk(database, catalog, &visitor, facts, &ignored);
    error_clear(&ignored);
    misfit = place_columns(out);
    if (misfit != NULL)
        source_facts_add_damage(facts, out->named_at_bytes,
                                "column %" PRIu32 " of %s in %s does not follow the one before it",
                                misfit->id, name, catalog->name);
    out->columns_fit = misfit == NULL;
    out->is_certain = facts->damage.count == damage_count;
}

/* How much of use it is. */
static unsigned rank(const struct edb_table *table)
{
    if (table->is_certain)
        return 3;
    return table->is_found ? (table->columns_fit ? 2 : 1) : 0;
}

void edb_catalog_find_table(const struct edb_database *database, const char *name,
                            struct source_facts *facts, struct edb_table *out)
{
    static const struct edb_tree catalog = {
        .name = "the catalog", .root_page = EDB_PAGE_CATALOG, .object_id = EDB_OBJECT_CATALOG};
    static const struct edb_tree shadow = {
        .name = "the shadow catalog", .root_page = EDB_PAGE_SHADOW, .object_id = EDB_OBJECT_SHADOW};
    struct edb_table second = {0};

    *out = (struct edb_table){0};
    search_catalog(database, &catalog, name, facts, out);
    if (out->is_certain)
        return;
    search_catalog(database, &shadow, name, facts, &second);
    if (rank(&second) > rank(out)) {
        struct edb_table first = *out;

        *out = second;
        second = first;
        source_facts_add_detail(facts, "the shadow catalog is used instead");
    }
    edb_table_free_content(&second);
}

void edb_table_free_content(struct edb_table *table)
{
    for (size_t index = 0; index < table->column_count; index++)
        free(table->columns[index].name);
    free(table->columns);
    *table = (struct edb_table){0};
}

/* --- columns by name --- */

size_t edb_table_find_column(const struct edb_table *table, const char *name)
{
    size_t index = 0;

    while (index < table->column_count && !text_equal_ascii(table->columns[index].name, name))
        index++;
    return index;
}
