/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of update histories is made of, each part for itself: pages and checksums,
 * records, compressed values, dates; and the extracts, which must give libesedb the same values
 * that it reads from the whole database. Real databases are read when the folder of them is at
 * hand. */
#include <check.h>
#include <libbfio.h>
#include <libesedb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "ese/database.h"
#include "ese/extract.h"
#include "ese/history.h"
#include "ese/table.h"
#include "fixtures/ese_writer.h"
#include "readout.h"
#include "real.h"
#include "run.h"

#define START READOUT_START

static const uint32_t page_sizes[] = {4096, 8192, 16384, 32768};

/* libesedb leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libesedb\n";
}

/* --- a database: made, or real --- */

struct whole {
    struct text bytes;
    int descriptor;
    struct edb_database database;
    struct source_facts facts;
};

static void whole_open(struct whole *whole, const void *bytes, size_t size_bytes)
{
    struct error err = {0};

    *whole = (struct whole){0};
    text_add_bytes(&whole->bytes, bytes, size_bytes);
    whole->descriptor = readout_make_file(bytes, size_bytes);
    ck_assert_int_eq(
        edb_database_open(whole->descriptor, size_bytes, &whole->database, &whole->facts, &err), 0);
}

static void whole_close(struct whole *whole)
{
    close(whole->descriptor);
    text_free(&whole->bytes);
    source_facts_free_content(&whole->facts);
}

/* Rows of every manner: NULLs, long values, compressed, deleted. */
static struct ese_image *make_image(uint32_t page_size_bytes)
{
    static const char *const tables[] = {"tbFiles", "tbPerMachine"};
    struct ese_writer_options options = {.page_size_bytes = page_size_bytes,
                                         .other_tables = tables,
                                         .other_table_count = ARRAY_COUNT(tables),
                                         .most_rows_per_leaf = 7,
                                         .most_pages_per_branch = 5};
    struct ese_history_row rows[200] = {0};

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        struct ese_history_row *row = &rows[index];

        row->id_event = (int32_t)index + 1;
        row->status = 1;
        row->date_filetime = START + index * FILETIME_HOUR;
        row->update_id = "9482f4b4-e343-43b6-b170-9a65bc822c77";
        row->null_columns = index % 3 == 0   ? ESE_NULL(ESE_HISTORY_STATUS)
                            : index % 3 == 1 ? ESE_NULL(ESE_HISTORY_FLAGS)
                                             : 0;
        row->client_id.text = index % 4 == 0 ? NULL : "AutomaticUpdates";
        row->title.text = "Update for Windows 7 (KB971033)";
        row->title.form = index % 5 == 0   ? ESE_TEXT_LONG_VALUE
                          : index % 5 == 1 ? ESE_TEXT_7BIT_UTF16
                                           : ESE_TEXT_PLAIN;
        row->description.text = index % 2 == 0 ? "A description" : NULL;
        row->is_deleted = index % 50 == 49;
    }
    return ese_write_datastore(rows, ARRAY_COUNT(rows), &options);
}

/* --- pages --- */

static size_t check_pages(struct whole *whole)
{
    uint8_t buffer[EDB_PAGE_BYTES_MOST];
    size_t count = 0;

    for (uint32_t number = 1; number <= whole->database.page_count; number++) {
        struct edb_page page;
        struct error err = {0};

        if (edb_page_read(&whole->database, number, buffer, &page, &err) == 0) {
            ck_assert_msg(!page.checksum_is_wrong, "checksum of page %u", number);
            count++;
        } else {
            ck_assert_str_eq(err.message, "is zeros");
            error_clear(&err);
        }
    }
    return count;
}

START_TEST(checksums_of_made_pages_are_right)
{
    struct ese_image *image = make_image(page_sizes[_i]);
    struct whole whole;

    whole_open(&whole, image->bytes, image->size_bytes);
    ck_assert_uint_gt(check_pages(&whole), 50);
    whole_close(&whole);
    ese_image_free(image);
}
END_TEST

START_TEST(checksums_of_real_pages_are_right)
{
    struct text bytes = {0};
    struct whole whole;

    if (!real_read_database(&bytes))
        return;
    whole_open(&whole, bytes.bytes, bytes.length_bytes);
    ck_assert_uint_eq(check_pages(&whole), 209);
    ck_assert_uint_eq(whole.facts.damage.count, 0);
    ck_assert_uint_eq(edb_database_count_owned_pages(&whole.database, &whole.facts), 512);
    ck_assert_uint_eq(whole.database.page_count, 768);
    whole_close(&whole);
    text_free(&bytes);
}
END_TEST

/* --- extracts, beside libesedb on the whole database --- */

struct comparison {
    const struct edb_database *database;
    const struct edb_table *table;
    libesedb_table_t *rows;
    struct extract *extract;
    int next; /* row of libesedb */
    struct {
        int number;
        struct text bytes;
    } waiting[1024]; /* records in the extract */
    size_t compared, unfit;
};

/* Our own reading of the column must be the value that libesedb gives; variable columns are read in
 * the catalog alone, and of a fixed one that is NULL libesedb gives some bytes or other. */
static void compare_own(const struct comparison *comparison, const struct edb_record *record,
                        size_t column, const struct edb_value *theirs)
{
    uint32_t id = comparison->table->columns[column].id;
    struct edb_value ours;
    bool is_there = edb_record_value(record, comparison->table, column, &ours);

    if ((id >= EDB_FIRST_VARIABLE && id < EDB_FIRST_TAGGED) ||
        (id < EDB_FIRST_VARIABLE && !is_there))
        return;
    ck_assert_uint_eq(is_there ? ours.bytes.left_bytes : 0, theirs->bytes.left_bytes);
    if (theirs->bytes.left_bytes == 0)
        return;
    ck_assert_mem_eq(ours.bytes.bytes, theirs->bytes.bytes, theirs->bytes.left_bytes);
    ck_assert_uint_eq(ours.flags, theirs->flags);
}

static void compare_record(struct comparison *comparison, size_t index)
{
    const struct text *bytes = &comparison->waiting[index].bytes;
    libesedb_record_t *record = NULL;
    struct edb_record own;
    struct error err = {0};

    ck_assert_int_eq(edb_record_open(span_of(bytes->bytes, bytes->length_bytes, 0),
                                     comparison->database->is_large, &own, &err),
                     0);
    ck_assert_int_eq(extract_take(comparison->extract, index, &err), 0);
    ck_assert_int_eq(libesedb_table_get_record(comparison->rows, comparison->waiting[index].number,
                                               &record, NULL),
                     1);
    for (size_t column = 0; column < comparison->table->column_count; column++) {
        uint8_t their_flags = 0;
        uint8_t their_value[EDB_PAGE_BYTES_MOST];
        size_t their_bytes = 0;
        struct edb_value value;

        ck_assert_int_eq(extract_value(comparison->extract, column, &value, &err), 0);
        compare_own(comparison, &own, column, &value);
        ck_assert_int_eq(
            libesedb_record_get_value_data_size(record, (int)column, &their_bytes, NULL), 1);
        ck_assert_uint_eq(value.bytes.left_bytes, their_bytes);
        if (their_bytes == 0)
            continue;
        ck_assert_int_eq(
            libesedb_record_get_value_data_flags(record, (int)column, &their_flags, NULL), 1);
        if (comparison->table->columns[column].id >= EDB_FIRST_TAGGED)
            ck_assert_uint_eq(value.flags, their_flags);
        ck_assert_int_eq(
            libesedb_record_get_value_data(record, (int)column, their_value, their_bytes, NULL), 1);
        ck_assert_mem_eq(value.bytes.bytes, their_value, their_bytes);
    }
    libesedb_record_free(&record, NULL);
    comparison->compared++;
}

static void compare_extract(struct comparison *comparison)
{
    struct error err = {0};
    size_t count = extract_count(comparison->extract);

    if (count > 0)
        ck_assert_msg(extract_open(comparison->extract, &err) == 0, "%s", err.message);
    for (size_t index = 0; index < count; index++)
        compare_record(comparison, index);
    for (size_t index = 0; index < count; index++)
        text_free(&comparison->waiting[index].bytes);
    extract_clear(comparison->extract);
}

static int take_row(void *context, const struct edb_node_place *place, const struct edb_node *node,
                    struct error *err)
{
    struct comparison *comparison = context;
    enum extract_added added;
    struct edb_record record;
    int number = comparison->next++;
    size_t last;

    ck_assert_ptr_nonnull(node);
    (void)place;
    ck_assert_int_eq(edb_record_open(node->data, comparison->database->is_large, &record, err), 0);
    ck_assert(edb_record_is_of_table(&record, comparison->table));
    if (extract_count(comparison->extract) == ARRAY_COUNT(comparison->waiting))
        compare_extract(comparison);
    added = extract_add(comparison->extract, &record);
    if (added == EXTRACT_FULL) {
        compare_extract(comparison);
        added = extract_add(comparison->extract, &record);
    }
    if (added == EXTRACT_UNFIT) {
        comparison->unfit++;
        return 0;
    }
    ck_assert_int_eq(added, EXTRACT_ADDED);
    last = extract_count(comparison->extract) - 1;
    comparison->waiting[last].number = number;
    text_add_bytes(&comparison->waiting[last].bytes, (const char *)node->data.bytes,
                   node->data.left_bytes);
    return 0;
}

/* Compares one table; adds how many records were compared, and how many libesedb cannot be given.
 */
static void compare_table(struct whole *whole, libesedb_table_t *rows, const char *name,
                          size_t *compared, size_t *unfit)
{
    struct edb_table table;
    struct comparison comparison = {.database = &whole->database, .table = &table, .rows = rows};
    struct edb_tree_visitor visitor = {.context = &comparison, .node = take_row};
    struct edb_tree tree = {.name = name};
    struct error err = {0};
    int count = 0;

    edb_catalog_find_table(&whole->database, name, &whole->facts, &table);
    ck_assert(table.is_found && table.is_certain && table.columns_fit);
    comparison.extract = extract_create(&whole->database, &table, UINT16_MAX);
    tree.root_page = table.root_page;
    tree.object_id = table.object_id;
    ck_assert_int_eq(edb_tree_walk(&whole->database, &tree, &visitor, &whole->facts, &err), 0);
    compare_extract(&comparison);
    ck_assert_int_eq(libesedb_table_get_number_of_records(rows, &count, NULL), 1);
    ck_assert_int_eq(comparison.next, count);
    *compared += comparison.compared;
    *unfit += comparison.unfit;
    extract_free(comparison.extract);
    edb_table_free_content(&table);
}

static void compare_whole(struct whole *whole, size_t *compared, size_t *unfit)
{
    libbfio_handle_t *handle = NULL;
    libesedb_file_t *file = NULL;
    int table_count = 0;

    ck_assert_int_eq(libbfio_memory_range_initialize(&handle, NULL), 1);
    ck_assert_int_eq(libbfio_memory_range_set(handle, (uint8_t *)whole->bytes.bytes,
                                              whole->bytes.length_bytes, NULL),
                     1);
    ck_assert_int_eq(libesedb_file_initialize(&file, NULL), 1);
    ck_assert_int_eq(libesedb_file_open_file_io_handle(file, handle, LIBESEDB_OPEN_READ, NULL), 1);
    ck_assert_int_eq(libesedb_file_get_number_of_tables(file, &table_count, NULL), 1);
    for (int index = 0; index < table_count; index++) {
        libesedb_table_t *rows = NULL;
        char name[EDB_NAME_BYTES_MOST + 1];

        ck_assert_int_eq(libesedb_file_get_table(file, index, &rows, NULL), 1);
        ck_assert_int_eq(libesedb_table_get_utf8_name(rows, (uint8_t *)name, sizeof(name), NULL),
                         1);
        /* Of its own tables ESE writes no offsets of columns that could be compared. */
        if (strncmp(name, "MSysObjects", strlen("MSysObjects")) != 0)
            compare_table(whole, rows, name, compared, unfit);
        libesedb_table_free(&rows, NULL);
    }
    libesedb_file_close(file, NULL);
    libesedb_file_free(&file, NULL);
    libbfio_handle_free(&handle, NULL);
    ck_assert_uint_eq(whole->facts.damage.count, 0);
}

START_TEST(extracts_of_made_databases_say_what_the_whole_says)
{
    struct ese_image *image = make_image(page_sizes[_i]);
    size_t compared = 0, unfit = 0;
    struct whole whole;

    whole_open(&whole, image->bytes, image->size_bytes);
    compare_whole(&whole, &compared, &unfit);
    ck_assert_uint_gt(compared, 200);
    ck_assert_uint_eq(unfit, 0);
    whole_close(&whole);
    ese_image_free(image);
}
END_TEST

START_TEST(extracts_of_a_real_database_say_what_the_whole_says)
{
    size_t compared = 0, unfit = 0;
    struct text bytes = {0};
    struct whole whole;

    if (!real_read_database(&bytes))
        return;
    whole_open(&whole, bytes.bytes, bytes.length_bytes);
    compare_whole(&whole, &compared, &unfit);
    ck_assert_uint_eq(compared, 3497);
    ck_assert_uint_eq(unfit, 0);
    whole_close(&whole);
    text_free(&bytes);
}
END_TEST

/* --- records --- */

/* A row as Windows writes it (FACTS-ese.md, Records): two fixed columns of 4 bytes, a variable one,
 * two tagged ones in the small form. */
static const uint8_t sound_record[] = {
    2, 128, 13,  0,                            /* last columns, end of the fixed ones */
    1, 0,   0,   0,    2,   0, 0,  0,    0xFC, /* values, NULL bits */
    3, 0,   'a', 'b',  'c',                    /* end of the variable column, value */
    0, 1,   8,   0x40, 1,   1, 11, 0x40,       /* ids and offsets of the tagged ones */
    1, 'w', 'u', 1,    't',
};

static const struct {
    size_t at;
    uint8_t byte;
    const char *fault; /* NULL: none */
} record_changes[] = {
    {0, 2, NULL},         {0, 9, NULL}, /* two bytes of NULL bits, the first of them a value's */
    {0, 128, "fixed"},                  /* no such column */
    {1, 126, "fixed"},                  /* neither fixed nor variable */
    {1, 255, "variable"},               /* more ends than bytes */
    {2, 4, "fixed"},                    /* NULL bits before the values */
    {2, 200, "fixed"},    {13, 100, "variable"}, {14, 0x80, "variable"}, /* NULL, but of a size */
    {20, 0, "tagged"},    {20, 6, "tagged"}, /* no multiple of a number's size */
    {20, 60, "tagged"},   {22, 0, "tagged"}, /* the same id twice */
    {24, 7, "tagged"},    {24, 14, "tagged"},
};

START_TEST(record_whose_parts_do_not_fit_is_refused)
{
    uint8_t bytes[sizeof(sound_record)];
    struct edb_record record;
    struct error err = {0};
    const char *fault = record_changes[_i].fault;

    memcpy(bytes, sound_record, sizeof(bytes));
    bytes[record_changes[_i].at] = record_changes[_i].byte;
    if (fault == NULL) {
        ck_assert_int_eq(edb_record_open(span_of(bytes, sizeof(bytes), 0), false, &record, &err),
                         0);
        return;
    }
    ck_assert_int_eq(edb_record_open(span_of(bytes, sizeof(bytes), 0), false, &record, &err), -1);
    ck_assert_msg(strstr(err.message, fault) != NULL, "%s", err.message);
    error_clear(&err);
}
END_TEST

START_TEST(record_that_is_cut_anywhere_is_refused_or_shorter)
{
    for (size_t size_bytes = 0; size_bytes < sizeof(sound_record); size_bytes++) {
        struct edb_record record;
        struct error err = {0};

        if (edb_record_open(span_of(sound_record, size_bytes, 0), false, &record, &err) == 0) {
            struct edb_tagged last = edb_record_tagged(&record, 1);

            /* Cut within its last value, or before all tagged ones. */
            ck_assert(size_bytes == 18 || size_bytes > 28);
            ck_assert_uint_lt(last.bytes.left_bytes, 2);
        }
        error_clear(&err);
    }
}
END_TEST

START_TEST(columns_of_a_record_are_found)
{
    struct edb_record record;
    struct edb_tagged tagged;
    struct span value;
    struct error err = {0};
    uint32_t number;

    ck_assert_int_eq(
        edb_record_open(span_of(sound_record, sizeof(sound_record), 0), false, &record, &err), 0);
    ck_assert(!edb_record_is_null(&record, 1));
    ck_assert(!edb_record_is_null(&record, 2));
    ck_assert(edb_record_is_null(&record, 3));
    ck_assert(edb_record_fixed(&record, 2, 8, 4, &value) && span_u32(&value, &number));
    ck_assert_uint_eq(number, 2);
    ck_assert(!edb_record_fixed(&record, 2, 8, 5, &value));
    ck_assert(edb_record_variable(&record, 128, &value));
    ck_assert_uint_eq(value.left_bytes, 3);
    ck_assert_mem_eq(value.bytes, "abc", 3);
    ck_assert(!edb_record_variable(&record, 129, &value));
    ck_assert_uint_eq(record.tagged_count, 2);
    tagged = edb_record_tagged(&record, 0);
    ck_assert_uint_eq(tagged.id, 256);
    ck_assert(tagged.has_flags && !tagged.is_null);
    ck_assert_uint_eq(tagged.bytes.left_bytes, 3);
    tagged = edb_record_tagged(&record, 1);
    ck_assert_uint_eq(tagged.id, 257);
    ck_assert_mem_eq(tagged.bytes.bytes, "\1t", 2);
}
END_TEST

/* --- compressed values --- */

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
    const char *packed;
    size_t packed_bytes;
    const char *plain; /* NULL: refused */
    size_t plain_bytes;
} compressed[] = {
    {BYTES("\x10\x61"), NULL, 0}, /* one bit of a unit */
    {BYTES("\x16\x61"), BYTES("a\0")},
    {BYTES("\x15\x61\x31"), BYTES("a\0b\0")},   /* 0x61 | 0x62 << 7, 14 bits */
    {BYTES("\x0D\x10\x02"), BYTES("\x10\x04")}, /* U+0410, as bytes of 7 bits */
    {BYTES("\x10"), BYTES("")},
    {BYTES(""), NULL, 0},
    {BYTES("\x20\x61"), NULL, 0}, /* a kind that is not known */
    {BYTES("\x18"), NULL, 0},
    {BYTES("\x18\x00\x00"), BYTES("")},
    {BYTES("\x18\x03\x00\x00\x00\x00\x00"
           "abc"),
     BYTES("abc")},
    {BYTES("\x18\x04\x00\x00\x00\x00\x00"
           "abc"),
     NULL, 0}, /* one byte lacks */
    /* "ab", then a match 2 back of 6 bytes: [MS-XCA]'s length 3. */
    {BYTES("\x18\x08\x00\x00\x00\x00\x20"
           "ab\x0B\x00"),
     BYTES("abababab")},
    {BYTES("\x18\x08\x00\x00\x00\x00\x20"
           "ab\x13\x00"),
     NULL, 0}, /* 3 back: before the start */
    {BYTES("\x18\x07\x00\x00\x00\x00\x20"
           "ab\x0B\x00"),
     NULL, 0}, /* longer than it says */
    /* A match 1 back of 10 + 4 bytes: length 7, and 4 in half a byte. */
    {BYTES("\x18\x0F\x00\x00\x00\x00\x40"
           "a\x07\x00\x04"),
     BYTES("aaaaaaaaaaaaaaa")},
    /* Two of them share the byte. */
    {BYTES("\x18\x1A\x00\x00\x00\x00\x60"
           "a\x07\x00\x14\x07\x00"),
     BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaa")},
    {BYTES("\x18\x0F\x00\x00\x00\x00\x40"
           "a\x07\x00"),
     NULL, 0},
    {BYTES("\x18\xFF\xFF\x00\x00\x00\x40"
           "a\x07\x00\x0F\xFF\x00\x00\xFF\xFF\xFF\xFF"),
     NULL, 0},
};

START_TEST(compressed_value_is_unpacked_or_refused)
{
    struct text out = {0};
    bool is_unpacked =
        edb_value_decompress(span_of(compressed[_i].packed, compressed[_i].packed_bytes, 0), &out);

    ck_assert_int_eq(is_unpacked, compressed[_i].plain != NULL);
    if (is_unpacked) {
        ck_assert_uint_eq(out.length_bytes, compressed[_i].plain_bytes);
        ck_assert_mem_eq(text_get(&out), compressed[_i].plain, compressed[_i].plain_bytes);
    }
    text_free(&out);
}
END_TEST

/* --- dates --- */

static const struct {
    double days;
    const char *utc;
} dates[] = {
    {43473.5, "2019-01-08T12:00:00Z"},
    {43473.999999, "2019-01-09T00:00:00Z"}, /* 0.09 seconds before midnight */
    {43473.99999, "2019-01-08T23:59:59Z"},
    {1.0, "1899-12-31T00:00:00Z"},
    {2958465.5, "9999-12-31T12:00:00Z"},
    {2958465.9999999, ""}, /* rounds to the year 10000 */
    {2958466.0, ""},
    {0.0, ""},
    {-1.0, ""},
    {1e300, ""},
    {__builtin_inf(), ""},
    {-__builtin_inf(), ""},
    {__builtin_nan(""), ""},
};

START_TEST(date_is_rounded_to_the_second_or_none)
{
    char *utc = filetime_text(history_row_filetime(dates[_i].days));

    ck_assert_str_eq(utc, dates[_i].utc);
    free(utc);
}
END_TEST

static Suite *ese_suite(void)
{
    Suite *suite = suite_create("ese");
    TCase *tests = tcase_create("ese");

    tcase_add_loop_test(tests, checksums_of_made_pages_are_right, 0, ARRAY_COUNT(page_sizes));
    tcase_add_test(tests, checksums_of_real_pages_are_right);
    tcase_add_loop_test(tests, extracts_of_made_databases_say_what_the_whole_says, 0,
                        ARRAY_COUNT(page_sizes));
    tcase_add_test(tests, extracts_of_a_real_database_say_what_the_whole_says);
    tcase_add_loop_test(tests, record_whose_parts_do_not_fit_is_refused, 0,
                        ARRAY_COUNT(record_changes));
    tcase_add_test(tests, record_that_is_cut_anywhere_is_refused_or_shorter);
    tcase_add_test(tests, columns_of_a_record_are_found);
    tcase_add_loop_test(tests, compressed_value_is_unpacked_or_refused, 0, ARRAY_COUNT(compressed));
    tcase_add_loop_test(tests, date_is_rounded_to_the_second_or_none, 0, ARRAY_COUNT(dates));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(ese_suite());
}
