/* SPDX-License-Identifier: Apache-2.0 */
/* The least database that libesedb reads: two equal headers, and pages of which only flags, tag
 * count and tags are set; page 4 is the catalog. Keys are empty: records are asked for by their
 * number. */
#include "ese/extract.h"

#include <endian.h>
#include <libbfio.h>
#include <libesedb.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* As many leaves of the table as a database is opened for, which takes a millisecond. */
#define LEAVES_MOST 64u

/* Pages. libesedb expects page 24, the shadow catalog, to be there; it can be zeros. */
#define PAGE_TABLE (EDB_PAGE_SHADOW + 1)
#define PAGE_LEAVES (PAGE_TABLE + 1)

#define TABLE_NAME "rows"
#define TABLE_OBJECT 6u

#define PAGE_PREVIOUS_AT 16u
/* Length of the key, of which there is none. */
#define NODE_HEAD_BYTES 2u

/* A catalog record: fixed columns up to the code page, a byte that says which of them are NULL, and
 * the name. */
#define CATALOG_ENDS_AT (EDB_CATALOG_CODE_PAGE_AT + sizeof(uint32_t) + 1)
#define CATALOG_RECORD_BYTES (CATALOG_ENDS_AT + 2 + EDB_NAME_BYTES_MOST)
#define TYPE_BINARY 9u
#define TYPE_LONG_BINARY 11u

/* The first u16 of a record's tagged part is a number that libesedb masks so in both forms. */
#define LIBESEDB_TAGGED_MASK 0x3FFFu

/* A page that records are added to, as far as it is filled. */
struct extract_leaf {
    uint32_t number;
    uint16_t tag_count; /* 0: not begun */
    size_t used_bytes;  /* of the room between header and tags */
};

struct extract {
    const struct edb_database *database;
    const struct edb_table *table;
    uint32_t last_id; /* of the columns that will be asked for */
    uint8_t *bytes;   /* owned: the database */
    size_t size_bytes;
    struct extract_leaf leaf;
    size_t count;
    libbfio_handle_t *handle;
    libesedb_file_t *file;
    libesedb_table_t *rows;
    libesedb_record_t *record;
    uint8_t *value; /* owned: the last one asked for, a page at most */
};

static void write_u16(uint8_t *at, size_t value)
{
    uint16_t number = htole16((uint16_t)value);

    memcpy(at, &number, sizeof(number));
}

static void write_u32(uint8_t *at, uint32_t value)
{
    uint32_t number = htole32(value);

    memcpy(at, &number, sizeof(number));
}

/* --- pages --- */

static uint8_t *page_at(const struct extract *extract, uint32_t number)
{
    return extract->bytes + (size_t)edb_page_offset(extract->database, number);
}

static void page_begin(struct extract *extract, struct extract_leaf *leaf, uint32_t number,
                       uint32_t flags)
{
    uint8_t *page = page_at(extract, number);

    memset(page, 0, extract->database->page_size_bytes);
    write_u32(page + EDB_PAGE_FLAGS_AT, flags | EDB_PAGE_NEW_RECORDS);
    /* Tag 0 is not a node; it stays empty. */
    write_u16(page + EDB_PAGE_TAG_COUNT_AT, 1);
    *leaf = (struct extract_leaf){.number = number, .tag_count = 1};
}

/* Goes on with the leaf on the right. libesedb 20181229 finds leaves by the branch page over them,
 * 20240420 by the links from one to the next (libesedb_page_tree_get_number_of_leaf_values), so
 * both are there. */
static void page_begin_next(struct extract *extract, struct extract_leaf *leaf)
{
    uint32_t number = leaf->number + 1;

    write_u32(page_at(extract, leaf->number) + EDB_PAGE_NEXT_AT, number);
    page_begin(extract, leaf, number, EDB_PAGE_LEAF);
    write_u32(page_at(extract, number) + PAGE_PREVIOUS_AT, number - 1);
}

/* Adds a node. Returns false, and changes nothing, where there is no room. */
static bool page_add(struct extract *extract, struct extract_leaf *leaf, const void *data,
                     size_t size_bytes)
{
    uint32_t page_size_bytes = extract->database->page_size_bytes;
    uint8_t *page = page_at(extract, leaf->number);
    size_t header_bytes =
        extract->database->is_large ? EDB_PAGE_LARGE_HEADER_BYTES : EDB_PAGE_HEADER_BYTES;
    size_t tags_bytes = ((size_t)leaf->tag_count + 1) * EDB_TAG_BYTES;
    uint8_t *node = page + header_bytes + leaf->used_bytes;
    uint8_t *tag = page + page_size_bytes - tags_bytes;

    if (header_bytes + leaf->used_bytes + NODE_HEAD_BYTES + size_bytes + tags_bytes >
        page_size_bytes)
        return false;
    memcpy(node + NODE_HEAD_BYTES, data, size_bytes);
    write_u16(tag, NODE_HEAD_BYTES + size_bytes);
    write_u16(tag + 2, leaf->used_bytes);
    leaf->used_bytes += NODE_HEAD_BYTES + size_bytes;
    write_u16(page + EDB_PAGE_TAG_COUNT_AT, ++leaf->tag_count);
    return true;
}

/* A root page over leaves that follow each other. */
static void write_root(struct extract *extract, uint32_t number, uint32_t first, uint32_t count)
{
    struct extract_leaf root;

    page_begin(extract, &root, number, EDB_PAGE_ROOT | EDB_PAGE_PARENT);
    for (uint32_t index = 0; index < count; index++) {
        uint8_t child[sizeof(uint32_t)];

        write_u32(child, first + index);
        page_add(extract, &root, child, sizeof(child));
    }
}

/* --- header and catalog --- */

static void write_header(struct extract *extract)
{
    uint32_t checksum = 0;
    uint8_t *header = extract->bytes;

    write_u32(header + EDB_HEADER_SIGNATURE_AT, EDB_HEADER_SIGNATURE);
    write_u32(header + EDB_HEADER_VERSION_AT, EDB_VERSION);
    write_u32(header + EDB_HEADER_REVISION_AT, EDB_REVISION_LARGE_PAGES);
    write_u32(header + EDB_HEADER_PAGE_SIZE_AT, extract->database->page_size_bytes);
    for (size_t at = sizeof(checksum); at < EDB_HEADER_BYTES; at += sizeof(checksum)) {
        uint32_t word;

        memcpy(&word, header + at, sizeof(word));
        checksum ^= le32toh(word);
    }
    write_u32(header, EDB_CHECKSUM_SEED ^ checksum);
    memcpy(header + extract->database->page_size_bytes, header, extract->database->page_size_bytes);
}

/* Types that the reader asks for stay; for libesedb all others are bytes. */
static uint32_t plain_type(const struct edb_column *column)
{
    switch (column->type) {
    case EDB_TYPE_INT32:
    case EDB_TYPE_DATE:
    case EDB_TYPE_TEXT:
    case EDB_TYPE_LONG_TEXT:
        return column->type;
    }
    return column->id < EDB_FIRST_TAGGED ? TYPE_BINARY : TYPE_LONG_BINARY;
}

static void catalog_add(struct extract *extract, struct extract_leaf *leaf, uint32_t entry,
                        uint32_t id, uint32_t type, const struct edb_column *column)
{
    const char *name = column != NULL ? column->name : TABLE_NAME;
    size_t name_bytes = strlen(name);
    uint8_t record[CATALOG_RECORD_BYTES] = {EDB_CATALOG_CODE_PAGE, EDB_CATALOG_NAME,
                                            CATALOG_ENDS_AT};

    write_u32(record + EDB_CATALOG_TABLE_AT, TABLE_OBJECT);
    write_u16(record + EDB_CATALOG_TYPE_AT, entry);
    write_u32(record + EDB_CATALOG_ID_AT, id);
    write_u32(record + EDB_CATALOG_COLUMN_TYPE_AT, type);
    if (column != NULL) {
        write_u32(record + EDB_CATALOG_SIZE_AT, column->size_bytes);
        write_u32(record + EDB_CATALOG_CODE_PAGE_AT, column->code_page);
    }
    write_u16(record + CATALOG_ENDS_AT, name_bytes);
    memcpy(record + CATALOG_ENDS_AT + 2, name, name_bytes);
    if (!page_add(extract, leaf, record, CATALOG_ENDS_AT + 2 + name_bytes)) {
        page_begin_next(extract, leaf);
        page_add(extract, leaf, record, CATALOG_ENDS_AT + 2 + name_bytes);
    }
}

static void write_catalog(struct extract *extract)
{
    const struct edb_table *table = extract->table;
    uint32_t first = PAGE_LEAVES + LEAVES_MOST;
    struct extract_leaf leaf;

    page_begin(extract, &leaf, first, EDB_PAGE_LEAF);
    catalog_add(extract, &leaf, EDB_ENTRY_TABLE, TABLE_OBJECT, PAGE_TABLE, NULL);
    for (size_t index = 0; index < table->column_count; index++) {
        const struct edb_column *column = &table->columns[index];

        catalog_add(extract, &leaf, EDB_ENTRY_COLUMN, column->id, plain_type(column), column);
    }
    write_root(extract, EDB_PAGE_CATALOG, first, leaf.number - first + 1);
}

struct extract *extract_create(const struct edb_database *database, const struct edb_table *table,
                               uint32_t last_id)
{
    struct extract *extract = memory_allocate(1, sizeof(*extract));
    /* The catalog's records, at their longest, and what is lost at the end of each page. */
    size_t catalog_bytes =
        (table->column_count + 1) * (CATALOG_RECORD_BYTES + NODE_HEAD_BYTES + EDB_TAG_BYTES);
    size_t catalog_pages =
        catalog_bytes /
            (database->page_size_bytes - EDB_PAGE_LARGE_HEADER_BYTES - 2 * CATALOG_RECORD_BYTES) +
        1;

    *extract = (struct extract){.database = database, .table = table, .last_id = last_id};
    extract->size_bytes =
        (2 + PAGE_LEAVES - 1 + LEAVES_MOST + catalog_pages) * (size_t)database->page_size_bytes;
    extract->bytes = memory_allocate(extract->size_bytes, 1);
    extract->value = memory_allocate(database->page_size_bytes, 1);
    write_header(extract);
    write_catalog(extract);
    if (libbfio_memory_range_initialize(&extract->handle, NULL) != 1 ||
        libbfio_memory_range_set(extract->handle, extract->bytes, extract->size_bytes, NULL) != 1)
        abort();
    return extract;
}

/* --- what libesedb reads right --- */

static bool has_column(const struct edb_table *table, uint32_t id)
{
    for (size_t index = 0; index < table->column_count; index++)
        if (table->columns[index].id == id)
            return true;
    return false;
}

/* libesedb goes on to the next tagged column only when it meets the column in the catalog, and
 * takes a value without bytes for all the bytes that are left. */
static bool reads_tagged(const struct extract *extract, const struct edb_record *record)
{
    if (record->tagged_count * 4 > LIBESEDB_TAGGED_MASK)
        return false;
    for (size_t index = 0; index < record->tagged_count; index++) {
        struct edb_tagged tagged = edb_record_tagged(record, index);

        if (tagged.is_null || (tagged.bytes.left_bytes == 0 && index + 1 < record->tagged_count) ||
            (tagged.id < extract->last_id && !has_column(extract->table, tagged.id)))
            return false;
    }
    return true;
}

static bool reads_record(const struct extract *extract, const struct edb_record *record)
{
    for (uint32_t id = EDB_FIRST_VARIABLE; id <= record->last_variable; id++)
        if (!has_column(extract->table, id))
            return false;
    return reads_tagged(extract, record);
}

/* --- records --- */

enum extract_added extract_add(struct extract *extract, const struct edb_record *record)
{
    struct extract_leaf *leaf = &extract->leaf;
    struct span bytes = record->bytes;

    if (!reads_record(extract, record))
        return EXTRACT_UNFIT;
    if (leaf->tag_count == 0)
        page_begin(extract, leaf, PAGE_LEAVES, EDB_PAGE_LEAF);
    if (!page_add(extract, leaf, bytes.bytes, bytes.left_bytes)) {
        if (leaf->number + 1 == PAGE_LEAVES + LEAVES_MOST)
            return EXTRACT_FULL;
        page_begin_next(extract, leaf);
        if (!page_add(extract, leaf, bytes.bytes, bytes.left_bytes))
            return EXTRACT_FULL;
    }
    extract->count++;
    return EXTRACT_ADDED;
}

size_t extract_count(const struct extract *extract)
{
    return extract->count;
}

/* Fills *err from libesedb's error and frees that. */
static int extract_fail(libesedb_error_t **cause, struct error *err)
{
    char reason[1024] = "unknown";

    if (*cause != NULL && libesedb_error_sprint(*cause, reason, sizeof(reason)) == -1)
        memcpy(reason, "unknown", sizeof("unknown"));
    libesedb_error_free(cause);
    return error_set_library(err, "libesedb", reason);
}

int extract_open(struct extract *extract, struct error *err)
{
    libesedb_error_t *cause = NULL;
    int count = 0;

    write_root(extract, PAGE_TABLE, PAGE_LEAVES, extract->leaf.number - PAGE_LEAVES + 1);
    if (libesedb_file_initialize(&extract->file, &cause) != 1 ||
        libesedb_file_open_file_io_handle(extract->file, extract->handle, LIBESEDB_OPEN_READ,
                                          &cause) != 1 ||
        libesedb_file_get_table(extract->file, 0, &extract->rows, &cause) != 1 ||
        libesedb_table_get_number_of_records(extract->rows, &count, &cause) != 1)
        return extract_fail(&cause, err);
    if (count < 0 || (size_t)count != extract->count)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "libesedb finds %d of %zu records",
                         count, extract->count);
    return 0;
}

int extract_take(struct extract *extract, size_t index, struct error *err)
{
    libesedb_error_t *cause = NULL;

    if (extract->record != NULL)
        libesedb_record_free(&extract->record, NULL);
    extract->record = NULL;
    if (libesedb_table_get_record(extract->rows, (int)index, &extract->record, &cause) != 1)
        return extract_fail(&cause, err);
    return 0;
}

int extract_value(struct extract *extract, size_t column, struct edb_value *out, struct error *err)
{
    bool is_tagged = extract->table->columns[column].id >= EDB_FIRST_TAGGED;
    libesedb_error_t *cause = NULL;
    size_t size_bytes = 0;

    *out = (struct edb_value){0};
    if ((is_tagged && libesedb_record_get_value_data_flags(extract->record, (int)column,
                                                           &out->flags, &cause) != 1) ||
        libesedb_record_get_value_data_size(extract->record, (int)column, &size_bytes, &cause) != 1)
        return extract_fail(&cause, err);
    if (size_bytes == 0)
        return 0;
    if (size_bytes > extract->database->page_size_bytes)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "libesedb: a value of %zu bytes",
                         size_bytes);
    if (libesedb_record_get_value_data(extract->record, (int)column, extract->value, size_bytes,
                                       &cause) != 1)
        return extract_fail(&cause, err);
    out->bytes = span_of(extract->value, size_bytes, 0);
    return 0;
}

void extract_clear(struct extract *extract)
{
    if (extract->record != NULL)
        libesedb_record_free(&extract->record, NULL);
    if (extract->rows != NULL)
        libesedb_table_free(&extract->rows, NULL);
    if (extract->file != NULL) {
        libesedb_file_close(extract->file, NULL);
        libesedb_file_free(&extract->file, NULL);
    }
    extract->leaf = (struct extract_leaf){0};
    extract->count = 0;
}

void extract_free(struct extract *extract)
{
    if (extract == NULL)
        return;
    extract_clear(extract);
    libbfio_handle_free(&extract->handle, NULL);
    free(extract->value);
    free(extract->bytes);
    free(extract);
}
