/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of update histories on databases made by tests/fixtures: sound ones of every page
 * size, rows of every manner, each kind of damage, and files that are something else. */
#include <check.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <libbfio.h>
#include <libesedb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "ese/datastore.h"
#include "findings.h"
#include "fixtures/ese_damage.h"
#include "fixtures/ese_layout.h"
#include "fixtures/ese_writer.h"
#include "readout.h"
#include "run.h"

#define START READOUT_START
#define TITLE "Update for Windows 7 (KB971033)"
/* The end of the line of a row that libesedb reads in the same way. */
#define AGREED "|other_reading=|verified=yes\n"

static const uint32_t page_sizes[] = {4096, 8192, 16384, 32768};

/* libesedb leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libesedb\n";
}

/* --- a reading --- */

static struct {
    struct source_facts facts;
    struct text lines; /* tests/findings.h */
    struct error err;
} got;

static void clear_all(void)
{
    source_facts_free_content(&got.facts);
    text_free(&got.lines);
    error_clear(&got.err);
}

static bool verify; /* is every checksum asked for? */
static bool skip_reference;

static int read_with(int descriptor, uint64_t size_bytes, const struct byte_sink *byte_sink,
                     const struct sink *sink)
{
    static char path[] = "made";
    struct source source = {.path = path, .kind = SOURCE_KIND_DATABASE, .size_bytes = size_bytes};
    struct reader_options options = {.window = incident_window,
                                     .verify = verify,
                                     .skip_reference = skip_reference,
                                     .byte_sink = byte_sink};

    clear_all();
    return reader_read(&datastore_reader, &source, descriptor, &options, sink, &got.facts,
                       &got.err);
}

static int read_bytes(const void *bytes, size_t size_bytes)
{
    int descriptor = readout_make_file(bytes, size_bytes);
    struct sink sink = findings_sink(&got.lines);
    int result = read_with(descriptor, size_bytes, NULL, &sink);

    close(descriptor);
    return result;
}

static void read_image(const struct ese_image *image)
{
    ck_assert_int_eq(read_bytes(image->bytes, image->size_bytes), 0);
}

/* Makes a database of the rows, reads and frees it. */
static void read_rows(const struct ese_history_row *rows, size_t count,
                      const struct ese_writer_options *options)
{
    struct ese_image *image = ese_write_datastore(rows, count, options);

    read_image(image);
    ese_image_free(image);
}

static void expect(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part, text);
}

static void expect_detail(const char *part)
{
    expect(text_get(&got.facts.detail), part);
}

/* The line of the history as a whole. */
static void expect_history(uint64_t rows, uint64_t unreadable, const char *missing)
{
    char *end = memory_format("|row_count=%" PRIu64 "|unreadable_count=%" PRIu64 "|missing=%s\n",
                              rows, unreadable, missing);

    expect(text_get(&got.lines), end);
    ck_assert_uint_eq(got.facts.record_count, rows);
    free(end);
}

static void expect_sound(uint64_t rows)
{
    ck_assert_str_eq(text_get(&got.facts.detail), "");
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    expect_history(rows, 0, "");
}

/* --- libesedb, told to fail --- */

static struct {
    unsigned opened;       /* how often it was asked to open a database */
    bool refuses_database; /* of our making */
    int refused_record;    /* number in it, or -1 */
    int spoilt_column;     /* of which every value comes out wrong, or -1 */
} libesedb = {.refused_record = -1, .spoilt_column = -1};

static void restore_libesedb(void)
{
    libesedb.opened = 0;
    libesedb.refuses_database = false;
    libesedb.refused_record = -1;
    libesedb.spoilt_column = -1;
}

/* These stand before the functions of the library, which they call. */
int libesedb_file_open_file_io_handle(libesedb_file_t *file, libbfio_handle_t *handle, int flags,
                                      libesedb_error_t **err)
{
    int (*real)(libesedb_file_t *, libbfio_handle_t *, int, libesedb_error_t **) =
        (int (*)(libesedb_file_t *, libbfio_handle_t *, int, libesedb_error_t **))dlsym(RTLD_NEXT,
                                                                                        __func__);

    libesedb.opened++;
    return libesedb.refuses_database ? -1 : real(file, handle, flags, err);
}

int libesedb_table_get_record(libesedb_table_t *table, int number, libesedb_record_t **record,
                              libesedb_error_t **err)
{
    int (*real)(libesedb_table_t *, int, libesedb_record_t **, libesedb_error_t **) =
        (int (*)(libesedb_table_t *, int, libesedb_record_t **, libesedb_error_t **))dlsym(
            RTLD_NEXT, __func__);

    return number == libesedb.refused_record ? -1 : real(table, number, record, err);
}

int libesedb_record_get_value_data(libesedb_record_t *record, int column, uint8_t *bytes,
                                   size_t size_bytes, libesedb_error_t **err)
{
    int (*real)(libesedb_record_t *, int, uint8_t *, size_t, libesedb_error_t **) =
        (int (*)(libesedb_record_t *, int, uint8_t *, size_t, libesedb_error_t **))dlsym(RTLD_NEXT,
                                                                                         __func__);
    int result = real(record, column, bytes, size_bytes, err);

    if (column == libesedb.spoilt_column && size_bytes > 0)
        bytes[0] ^= 1;
    return result;
}

/* --- rows --- */

static struct ese_history_row row_at(int32_t id)
{
    return (struct ese_history_row){.id_event = id,
                                    .status = 1,
                                    .server_selection = 3,
                                    .flags = 1,
                                    .update_id = "9482f4b4-e343-43b6-b170-9a65bc822c77",
                                    .date_filetime = START + (uint64_t)id * FILETIME_MINUTE,
                                    .client_id = {.text = "AutomaticUpdates"},
                                    .title = {.text = TITLE}};
}

/* Returns owned: so many rows, every tenth of which names the update. */
static struct ese_history_row *make_rows(size_t count)
{
    struct ese_history_row *rows = memory_allocate(count, sizeof(*rows));

    for (size_t index = 0; index < count; index++) {
        rows[index] = row_at((int32_t)index + 1);
        if (index % 10 != 0)
            rows[index].title.text = "Definition Update (KB915597)";
    }
    return rows;
}

START_TEST(sound_history_is_read)
{
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i]};
    struct ese_history_row rows[] = {row_at(1), row_at(2), row_at(3), row_at(4)};

    rows[1].title.text = "Another update (KB9710331)";
    rows[2].status = 2;
    rows[2].mapped_result = (int32_t)0x80240017;
    rows[2].unmapped_result = -1;
    rows[2].client_id.text = NULL;
    rows[3].title.text = "Mise \xC3\xA0 jour \xF0\x9F\x98\x80 (kb971033)";
    read_rows(rows, ARRAY_COUNT(rows), &options);
    expect_sound(4);
    ck_assert_str_eq(
        text_get(&got.lines),
        "history-row|DataStore.edb||4|2019-01-08T10:04:00Z|status=1|mapped_result=0"
        "|unmapped_result=0|server_selection=3|update_id=KB971033|client_id=AutomaticUpdates"
        "|title=Mise \xC3\xA0 jour \xF0\x9F\x98\x80 (kb971033)" AGREED
        "history-row|DataStore.edb||3|2019-01-08T10:03:00Z|status=2"
        "|mapped_result=-2145124329|unmapped_result=-1|server_selection=3|update_id=KB971033|"
        "client_id="
        "|title=" TITLE AGREED
        "history-row|DataStore.edb||1|2019-01-08T10:01:00Z|status=1|mapped_result=0"
        "|unmapped_result=0|server_selection=3|update_id=KB971033|client_id=AutomaticUpdates|"
        "title=" TITLE AGREED
        "history|DataStore.edb||0|2019-01-08T10:04:00Z|row_count=4|unreadable_count=0"
        "|missing=\n");
    ck_assert_uint_eq(got.facts.selected_count, 3);
    ck_assert_uint_eq(got.facts.first_filetime, START + FILETIME_MINUTE);
    ck_assert_uint_eq(got.facts.last_filetime, START + 4 * FILETIME_MINUTE);
}
END_TEST

START_TEST(history_of_many_pages_is_read_whole)
{
    static const char *const tables[] = {"tbFiles", "tbUpdates"};
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i],
                                         .other_tables = tables,
                                         .other_table_count = ARRAY_COUNT(tables),
                                         .most_rows_per_leaf = 9,
                                         .most_pages_per_branch = 6};
    struct ese_history_row *rows = make_rows(3000);

    read_rows(rows, 3000, &options);
    expect_sound(3000);
    ck_assert_uint_eq(got.facts.selected_count, 300);
    expect(text_get(&got.lines), "|2991|");
    expect(text_get(&got.lines), "|1|");
    free(rows);
}
END_TEST

START_TEST(history_without_rows_is_read)
{
    read_rows(NULL, 0, NULL);
    expect_sound(0);
    ck_assert_str_eq(text_get(&got.lines),
                     "history|DataStore.edb||0||row_count=0|unreadable_count=0|missing=\n");
}
END_TEST

START_TEST(deleted_rows_are_no_rows)
{
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i]};
    struct ese_history_row rows[] = {row_at(1), row_at(2), row_at(3)};

    rows[1].is_deleted = true;
    rows[2].has_version = true;
    read_rows(rows, ARRAY_COUNT(rows), &options);
    expect_sound(2);
    ck_assert_uint_eq(got.facts.selected_count, 2);
}
END_TEST

START_TEST(null_numbers_are_empty)
{
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i]};
    struct ese_history_row row = row_at(7);

    row.null_columns = ESE_NULL(ESE_HISTORY_STATUS) | ESE_NULL(ESE_HISTORY_MAPPED_RESULT) |
                       ESE_NULL(ESE_HISTORY_UNMAPPED_RESULT);
    read_rows(&row, 1, &options);
    expect_sound(1);
    expect(text_get(&got.lines), "|7|2019-01-08T10:07:00Z|status=|mapped_result=|unmapped_result=|"
                                 "server_selection=3|");
    row.null_columns |= ESE_NULL(ESE_HISTORY_SERVER_SELECTION) | ESE_NULL(ESE_HISTORY_DATE) |
                        ESE_NULL(ESE_HISTORY_FLAGS);
    read_rows(&row, 1, &options);
    expect_sound(1);
    expect(text_get(&got.lines), "|7||status=|mapped_result=|unmapped_result=|server_selection=|");
    ck_assert_uint_eq(got.facts.first_filetime, 0);
}
END_TEST

START_TEST(date_that_is_none_is_no_time)
{
    static const double days[] = {0, -1, 1e300, 2958466, __builtin_inf(), __builtin_nan("")};

    for (size_t index = 0; index < ARRAY_COUNT(days); index++) {
        struct ese_history_row row = row_at(7);

        row.date_is_days = true;
        row.date_days = days[index];
        read_rows(&row, 1, NULL);
        expect_sound(1);
        expect(text_get(&got.lines), "history-row|DataStore.edb||7||status=1|");
    }
}
END_TEST

/* --- titles --- */

#define CYRILLIC "\xD0\x90\xD0\x91"
#define RAW(text) .form = ESE_TEXT_RAW, .raw = (text), .raw_bytes = sizeof(text) - 1, .raw_flags = 1

static const struct {
    struct ese_text title;
    const char *read; /* NULL: it is not handed on */
    uint64_t unreadable;
    const char *detail; /* a part of it; NULL: nothing is said, as nothing is wrong */
} titles[] = {
    {{.text = TITLE}, TITLE, 0, NULL},
    {{.text = TITLE, .form = ESE_TEXT_7BIT_UTF16}, TITLE, 0, NULL},
    {{.text = TITLE, .form = ESE_TEXT_7BIT_ASCII}, TITLE, 0, NULL},
    /* Bytes below 0x80 all, in numbers that fill the last byte each to another bit. */
    {{.text = CYRILLIC "KB971033", .form = ESE_TEXT_7BIT_ASCII}, CYRILLIC "KB971033", 0, NULL},
    {{.text = CYRILLIC "KB971033 ", .form = ESE_TEXT_7BIT_ASCII}, CYRILLIC "KB971033 ", 0, NULL},
    {{.text = CYRILLIC "KB971033  ", .form = ESE_TEXT_7BIT_ASCII}, CYRILLIC "KB971033  ", 0, NULL},
    {{.text = CYRILLIC "KB971033 x ", .form = ESE_TEXT_7BIT_ASCII},
     CYRILLIC "KB971033 x ",
     0,
     NULL},
    {{.text = "\xF0\x90\x80\x80 KB971033"}, "\xF0\x90\x80\x80 KB971033", 0, NULL},
    /* libesedb takes the character behind half a pair along. */
    {{.text = "\xED\xA0\x80KB971033"}, "\xEF\xBF\xBDKB971033", 0, NULL},
    {{.text = "KB971033 \xED\xB0\x80"}, "KB971033 \xEF\xBF\xBD", 0, NULL},
    /* An odd number of bytes, which libesedb takes for ASCII. */
    {{RAW("K\0B\0009\0007\0001\0000\0003\0003\0x")}, "KB971033", 0, NULL},
    {{RAW("K\0B\0009\0007\0001\0000\0003\0003\0\0\0x\0")}, "KB971033", 0, NULL},
    /* XPRESS: 16 plain bytes, all as they are. */
    {{.form = ESE_TEXT_RAW,
      .raw = "\x18\x10\0\0\0\0\0K\0B\0009\0007\0001\0000\0003\0003\0",
      .raw_bytes = 23,
      .raw_flags = 3},
     "KB971033",
     0,
     NULL},
    {{.text = NULL}, NULL, 1, NULL},
    {{.text = ""}, NULL, 1, NULL},
    {{.text = "KB9710331"}, NULL, 0, NULL},
    {{.text = TITLE, .form = ESE_TEXT_LONG_VALUE}, NULL, 1, "(its title is a long value"},
    {{.form = ESE_TEXT_RAW, .raw = "\x10\x61", .raw_bytes = 2, .raw_flags = 3},
     NULL,
     1,
     "(its title cannot be decompressed)"},
    {{.form = ESE_TEXT_RAW, .raw = "K\0", .raw_bytes = 2, .raw_flags = 9},
     NULL,
     1,
     "(its title has several values)"},
};

START_TEST(title_is_read_or_told_to_be_unreadable)
{
    int title = _i / (int)ARRAY_COUNT(page_sizes);
    struct ese_writer_options options = {.page_size_bytes =
                                             page_sizes[_i % (int)ARRAY_COUNT(page_sizes)]};
    struct ese_history_row row = row_at(7);
    const char *detail = titles[title].detail;

    row.title = titles[title].title;
    read_rows(&row, 1, &options);
    expect_history(1, titles[title].unreadable, "");
    ck_assert_uint_eq(got.facts.selected_count, titles[title].read != NULL);
    ck_assert_uint_eq(got.facts.undecodable_count, detail != NULL);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    if (titles[title].read != NULL) {
        char *end = memory_format("|title=%s" AGREED, titles[title].read);

        expect(text_get(&got.lines), end);
        free(end);
    }
    if (detail == NULL) {
        ck_assert_str_eq(text_get(&got.facts.detail), "");
    } else {
        expect_detail("IdEvent 7 of 2019-01-08T10:07:00Z");
        expect_detail(detail);
    }
}
END_TEST

/* libesedb refuses the record in the small form, and takes later values for others. */
START_TEST(explicit_null_is_read_though_libesedb_cannot)
{
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i]};
    struct ese_history_row rows[] = {row_at(1), row_at(2), row_at(3)};
    bool is_small = page_sizes[_i] < 16384;

    rows[1].client_id.form = ESE_TEXT_NULL;
    read_rows(rows, ARRAY_COUNT(rows), &options);
    expect_sound(3);
    ck_assert_uint_eq(got.facts.selected_count, 3);
    expect(text_get(&got.lines), is_small ? "|client_id=|title=" TITLE "|other_reading=|verified=no"
                                          : "|client_id=|title=" TITLE AGREED);
}
END_TEST

START_TEST(unreadable_client_id_does_not_matter)
{
    struct ese_history_row row = row_at(7);

    row.client_id.form = ESE_TEXT_LONG_VALUE;
    row.description.form = ESE_TEXT_LONG_VALUE;
    row.description.text = "A long story";
    read_rows(&row, 1, NULL);
    expect_sound(1);
    expect(text_get(&got.lines), "|client_id=|title=" TITLE AGREED);
}
END_TEST

/* --- the second reading --- */

static uint64_t count_lines(const char *end)
{
    uint64_t count = 0;

    for (const char *at = text_get(&got.lines); (at = strstr(at, end)) != NULL; at += strlen(end))
        count++;
    return count;
}

START_TEST(only_rows_that_name_an_update_are_read_again)
{
    struct ese_history_row *rows = make_rows(100);

    rows[0].title.text = "Definition Update (KB915597)";
    for (size_t index = 0; index < 100; index += 10)
        rows[index].title.text = rows[0].title.text;
    read_rows(rows, 100, NULL);
    expect_sound(100);
    ck_assert_uint_eq(libesedb.opened, 0);
    rows[50].title.text = TITLE;
    read_rows(rows, 100, NULL);
    ck_assert_uint_eq(libesedb.opened, 1);
    ck_assert_uint_eq(count_lines(AGREED), 1);
    free(rows);
}
END_TEST

/* A second try, after libesedb ended a reader process. */
START_TEST(without_libesedb_the_rows_are_the_same)
{
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i]};
    struct ese_history_row *rows = make_rows(500);

    skip_reference = true;
    read_rows(rows, 500, &options);
    skip_reference = false;
    expect_sound(500);
    ck_assert_uint_eq(libesedb.opened, 0);
    ck_assert_uint_eq(got.facts.selected_count, 50);
    ck_assert_uint_eq(count_lines("|title=" TITLE "|other_reading=|verified=no\n"), 50);
    free(rows);
}
END_TEST

START_TEST(row_that_libesedb_cannot_read_is_not_verified)
{
    struct ese_history_row *rows = make_rows(30);

    libesedb.refused_record = 1;
    read_rows(rows, 30, NULL);
    expect_sound(30);
    ck_assert_uint_eq(count_lines(AGREED), 2);
    ck_assert_uint_eq(count_lines("|verified=no\n"), 1);
    libesedb.refuses_database = true;
    read_rows(rows, 30, NULL);
    expect_sound(30);
    ck_assert_uint_eq(count_lines("|verified=no\n"), 3);
    free(rows);
}
END_TEST

static const struct {
    int column; /* in the catalog */
    const char *other_reading;
} disagreements[] = {
    {0, "IdEvent 6"},
    {1, "Status 0"},
    {3, "MappedResult 1"},
    {7, "Date 2019-01-08T10:07:00Z"}, /* its last bit is not a second */
    {9, "ClientId @utomaticUpdates"},
    {10, "Title Tpdate for Windows 7 (KB971033)"},
};

START_TEST(row_that_libesedb_reads_differently_is_a_conflict_with_both_readings)
{
    struct ese_history_row rows[] = {row_at(7), row_at(8)};
    bool is_seen = disagreements[_i].column != 7;
    char *end = memory_format("|title=" TITLE "|other_reading=%s|verified=conflict\n",
                              disagreements[_i].other_reading);
    char *detail =
        memory_format("IdEvent 7 of 2019-01-08T10:07:00Z (%s)", disagreements[_i].other_reading);

    rows[1].title.text = "Another update";
    libesedb.spoilt_column = disagreements[_i].column;
    read_rows(rows, ARRAY_COUNT(rows), NULL);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    expect_history(2, 0, "");
    ck_assert_uint_eq(got.facts.conflict_count, is_seen ? 1 : 0);
    ck_assert_uint_eq(count_lines(is_seen ? end : AGREED), 1);
    if (is_seen) {
        expect_detail("1 record read differently by libesedb: row 2 in page ");
        expect_detail(detail);
    }
    free(end);
    free(detail);
}
END_TEST

/* --- the file as a whole --- */

START_TEST(dirty_database_is_no_damage_but_told)
{
    struct ese_writer_options options = {.is_dirty = true};
    struct ese_history_row row = row_at(7);

    read_rows(&row, 1, &options);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    expect_detail("dirty: copied from a running system or not closed");
    expect_history(1, 0, "dirty: its newest rows can be in edb.log alone");
}
END_TEST

START_TEST(database_without_history_is_skipped)
{
    static const char *const tables[] = {"SystemIndex_Gthr", "tbHistoryOfOthers"};
    struct ese_writer_options options = {.page_size_bytes = page_sizes[_i],
                                         .lacks_history = true,
                                         .is_dirty = true,
                                         .other_tables = tables,
                                         .other_table_count = ARRAY_COUNT(tables)};
    struct ese_image *image = ese_write_datastore(NULL, 0, &options);

    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_SKIPPED);
    ck_assert_str_eq(text_get(&got.facts.detail),
                     "an ESE database without an update history (no table tbHistory)");
    ck_assert_str_eq(text_get(&got.lines), "");
    ese_damage_zero_page(image, ESE_CATALOG_ROOT);
    ese_damage_zero_page(image, ESE_SHADOW_ROOT);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    expect_detail("page 4 of the catalog is zeros");
    expect_detail("no table tbHistory in what can be read of the catalog");
    ck_assert_str_eq(text_get(&got.lines), "");
    ese_image_free(image);
}
END_TEST

START_TEST(checksums_of_other_tables_are_checked_when_asked_for)
{
    static const char *const tables[] = {"tbFiles"};
    struct ese_writer_options options = {
        .page_size_bytes = page_sizes[_i], .other_tables = tables, .other_table_count = 1};
    struct ese_history_row row = row_at(7);
    struct ese_image *image = ese_write_datastore(&row, 1, &options);

    ck_assert_uint_gt(image->history_root, ESE_FIRST_FREE);
    ese_damage_page_checksum(image, ESE_FIRST_FREE);
    read_image(image);
    expect_sound(1);
    verify = true;
    read_image(image);
    verify = false;
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(got.facts.damage.count, 1);
    expect_detail("page 29 of the database has a wrong checksum");
    expect_history(1, 0, "");
    ese_image_free(image);
}
END_TEST

START_TEST(file_of_another_type_is_skipped)
{
    struct ese_history_row row = row_at(7);
    struct ese_image *image = ese_write_datastore(&row, 1, NULL);

    image->bytes[12] = image->bytes[image->page_size_bytes + 12] = 1;
    ese_image_seal_headers(image);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_SKIPPED);
    expect_detail("an ESE file that is not a database (type 1)");
    image->bytes[12] = image->bytes[image->page_size_bytes + 12] = 0;
    image->bytes[ESE_HEADER_FILE_TYPE_AT] = 4;
    image->bytes[image->page_size_bytes + ESE_HEADER_FILE_TYPE_AT] = 4;
    ese_image_seal_headers(image);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_SKIPPED);
    expect_detail("an ESE file that is not a database (type 4)");
    ese_image_free(image);
}
END_TEST

static const struct {
    size_t at;
    uint8_t byte;
} header_changes[] = {
    {ESE_HEADER_SIGNATURE_AT, 0}, {ESE_HEADER_VERSION_AT, 0x23},       {ESE_HEADER_REVISION_AT, 2},
    {ESE_HEADER_PAGE_SIZE_AT, 1}, {ESE_HEADER_PAGE_SIZE_AT + 3, 0x80},
};

START_TEST(header_of_nothing_known_is_refused)
{
    struct ese_history_row row = row_at(7);
    struct ese_image *image = ese_write_datastore(&row, 1, NULL);

    image->bytes[header_changes[_i].at] = header_changes[_i].byte;
    image->bytes[image->page_size_bytes + header_changes[_i].at] = header_changes[_i].byte;
    ese_image_seal_headers(image);
    ck_assert_int_eq(read_bytes(image->bytes, image->size_bytes), -1);
    ck_assert_int_eq(got.err.kind, ERROR_SOURCE);
    expect(got.err.message, "header is not that of a known ESE database");
    ese_image_free(image);
}
END_TEST

START_TEST(file_cut_anywhere_is_damaged_or_refused)
{
    struct ese_history_row *rows = make_rows(100);
    struct ese_image *image = ese_write_datastore(rows, 100, NULL);

    for (size_t size_bytes = 0; size_bytes < image->size_bytes; size_bytes += 1021) {
        int result = read_bytes(image->bytes, size_bytes);

        ck_assert_int_eq(result, size_bytes < 240 ? -1 : 0);
        if (result == 0)
            ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
        if (strstr(text_get(&got.lines), "history|") != NULL)
            expect(text_get(&got.lines), "|missing=the file is cut");
    }
    ese_image_free(image);
    free(rows);
}
END_TEST

START_TEST(file_that_becomes_shorter_is_damaged)
{
    struct ese_history_row row = row_at(7);
    struct ese_image *image = ese_write_datastore(&row, 1, NULL);
    int descriptor = readout_make_file(image->bytes, image->size_bytes);
    struct sink sink = findings_sink(&got.lines);

    ck_assert_int_eq(read_with(descriptor, image->size_bytes + 4096, NULL, &sink), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    expect_detail("became shorter while it was read");
    expect_history(1, 0, "");
    close(descriptor);
    ese_image_free(image);
}
END_TEST

static void take_bytes(void *context, const void *bytes, size_t size_bytes)
{
    text_add_bytes(context, bytes, size_bytes);
}

START_TEST(byte_sink_gets_every_byte_once)
{
    struct ese_history_row *rows = make_rows(500);
    struct ese_image *image = ese_write_datastore(rows, 500, NULL);
    struct text bytes = {0};
    struct byte_sink byte_sink = {.context = &bytes, .take = take_bytes};
    struct sink sink = findings_sink(&got.lines);
    int descriptor = readout_make_file(image->bytes, image->size_bytes);

    ck_assert_int_eq(read_with(descriptor, image->size_bytes, &byte_sink, &sink), 0);
    ck_assert_uint_eq(bytes.length_bytes, image->size_bytes);
    ck_assert_mem_eq(bytes.bytes, image->bytes, image->size_bytes);
    text_free(&bytes);
    close(descriptor);
    ese_image_free(image);
    free(rows);
}
END_TEST

static int refuse(void *context, const struct finding *finding, struct error *err)
{
    (void)finding;
    ++*(int *)context;
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "no more");
}

START_TEST(sink_ends_the_run)
{
    struct ese_history_row rows[] = {row_at(1), row_at(2)};
    struct ese_image *image = ese_write_datastore(rows, ARRAY_COUNT(rows), NULL);
    int descriptor = readout_make_file(image->bytes, image->size_bytes), calls = 0;
    struct sink sink = {.context = &calls, .finding = refuse};

    ck_assert_int_eq(read_with(descriptor, image->size_bytes, NULL, &sink), -1);
    ck_assert_int_eq(got.err.kind, ERROR_RUN);
    ck_assert_int_eq(calls, 1);
    close(descriptor);
    ese_image_free(image);
}
END_TEST

/* --- damage: what is left, and what is said of it --- */

/* Of 31 rows, three to a leaf and branches of three where the damage wants levels. */
#define DAMAGED_ROWS 31

static const struct {
    const char *name;    /* of fixtures/ese_damage.h; none of them may be missing here */
    unsigned least_rows; /* that are handed on, of DAMAGED_ROWS, at least */
    unsigned most_rows;
    const char *detail; /* a part of it; NULL: there is none, the status is ok; "": see below */
} outcomes[] = {
    {"cut-after-root", 0, 0, "file is cut"},
    {"cut-before-last-leaf", 28, 30, "file is cut"},
    {"cut-inside-last-leaf", 0, 30, "file ends within a page"},
    {"header-checksum", 31, 31, "at byte 0: header of the database is wrong, its copy is used"},
    {"header-copy", 31, 31, "copy of the database's header is wrong"},
    {"header-tail", 31, 31, NULL},
    {"zero-catalog", 31, 31, "page 4 of the catalog is zeros; the shadow catalog is used instead"},
    {"zero-leaf", 0, 30, "of tbHistory is zeros"},
    {"page-checksum", 31, 31, "of tbHistory has a wrong checksum"},
    {"branch-to-itself", 28, 28, "is met twice: branch pages lead back to it"},
    {"branch-to-ancestor", 28, 28, "is met twice: branch pages lead back to it"},
    {"child-past-end", 28, 28, "of tbHistory is not in the file"},
    {"child-elsewhere", 28, 28, "of tbHistory belongs to another tree"},
    {"leaf-link", 31, 31, "as the next, the tree has page"},
    {"last-leaf-link", 31, 31, "is the last in the tree, but names page"},
    {"tag-offset", 30, 30, "of tbHistory lies out of the page"},
    {"tag-count", 31, 31, "nodes too many"},
    {"node-key", 30, 30, "of tbHistory has a key that runs out of it"},
    {"variable-offset", 30, 30, "of tbHistory has fixed columns that run out of it"},
    {"tagged-offset", 30, 30, "of tbHistory has tagged columns that run out of it"},
    {"long-value-id", 30, 30, "its title is a long value"},
    {"title-is-int32", 0, 0, "tbHistory has no column Title as Windows makes it"},
    {"date-is-int64", 31, 31, "tbHistory has no column Date as Windows makes it"},
    {"status-is-text", 31, 31,
     "does not follow the one before it; the shadow catalog is used instead"},
    {"type-unknown", 31, 31,
     "does not follow the one before it; the shadow catalog is used instead"},
    {"column-size", 31, 31,
     "does not follow the one before it; the shadow catalog is used instead"},
    {"column-name", 0, 0, "tbHistory has no column Title as Windows makes it"},
    {"column-name-end", 31, 31, "of the catalog has variable columns that run out of it"},
};

static struct ese_image *make_damaged(const struct ese_damage *damage, uint32_t page_size_bytes)
{
    struct ese_writer_options options = {.page_size_bytes = page_size_bytes};
    struct ese_history_row rows[DAMAGED_ROWS];
    struct ese_image *image;

    for (size_t index = 0; index < DAMAGED_ROWS; index++)
        rows[index] = row_at((int32_t)index + 1);
    options.most_rows_per_leaf = damage->least_levels > 1 ? 3 : 0;
    options.most_pages_per_branch = damage->least_levels > 2 ? 3 : 0;
    image = ese_write_datastore(rows, DAMAGED_ROWS, &options);
    damage->apply(image);
    return image;
}

static void check_outcome(size_t outcome, uint64_t selected, enum source_status status,
                          const char *detail)
{
    ck_assert_uint_ge(selected, outcomes[outcome].least_rows);
    ck_assert_uint_le(selected, outcomes[outcome].most_rows);
    if (outcomes[outcome].detail == NULL) {
        ck_assert_int_eq(status, SOURCE_STATUS_OK);
        ck_assert_str_eq(detail, "");
        return;
    }
    expect(detail, outcomes[outcome].detail);
    if (strcmp(outcomes[outcome].name, "long-value-id") != 0)
        ck_assert_int_eq(status, SOURCE_STATUS_DAMAGED);
}

START_TEST(damage_costs_what_it_hit_and_is_told)
{
    const struct ese_damage *damage = &ese_damages[_i];
    size_t outcome = 0;

    while (outcome < ARRAY_COUNT(outcomes) && strcmp(outcomes[outcome].name, damage->name) != 0)
        outcome++;
    for (size_t size = 0; size < ARRAY_COUNT(page_sizes); size++) {
        struct ese_image *image = make_damaged(damage, page_sizes[size]);
        int result = read_bytes(image->bytes, image->size_bytes);

        /* The page size that the header tells is right for some sizes, and is met below. */
        if (outcome == ARRAY_COUNT(outcomes))
            ck_assert_msg(strncmp(damage->name, "page-size-", 10) == 0, "%s", damage->name);
        else
            ck_assert_int_eq(result, 0);
        if (outcome < ARRAY_COUNT(outcomes))
            check_outcome(outcome, got.facts.selected_count, got.facts.status,
                          text_get(&got.facts.detail));
        ese_image_free(image);
    }
}
END_TEST

START_TEST(page_size_of_the_header_is_believed_when_it_can_be)
{
    struct ese_history_row row = row_at(7);
    struct ese_image *image = ese_write_datastore(&row, 1, NULL);

    ese_damage_page_size_field(image, 0);
    read_image(image);
    expect_sound(1);
    ese_damage_page_size_field(image, 8192);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_str_eq(text_get(&got.lines), "");
    ese_damage_page_size_field(image, 4097);
    ck_assert_int_eq(read_bytes(image->bytes, image->size_bytes), -1);
    ese_image_free(image);
}
END_TEST

static Suite *datastore_suite(void)
{
    Suite *suite = suite_create("datastore");
    TCase *tests = tcase_create("datastore");
    int sizes = ARRAY_COUNT(page_sizes);

    tcase_add_checked_fixture(tests, clear_all, clear_all);
    tcase_add_checked_fixture(tests, restore_libesedb, restore_libesedb);
    tcase_add_loop_test(tests, sound_history_is_read, 0, sizes);
    tcase_add_loop_test(tests, history_of_many_pages_is_read_whole, 0, sizes);
    tcase_add_test(tests, history_without_rows_is_read);
    tcase_add_loop_test(tests, deleted_rows_are_no_rows, 0, sizes);
    tcase_add_loop_test(tests, null_numbers_are_empty, 0, sizes);
    tcase_add_test(tests, date_that_is_none_is_no_time);
    tcase_add_loop_test(tests, title_is_read_or_told_to_be_unreadable, 0,
                        (int)ARRAY_COUNT(titles) * sizes);
    tcase_add_loop_test(tests, explicit_null_is_read_though_libesedb_cannot, 0, sizes);
    tcase_add_test(tests, unreadable_client_id_does_not_matter);
    tcase_add_test(tests, only_rows_that_name_an_update_are_read_again);
    tcase_add_loop_test(tests, without_libesedb_the_rows_are_the_same, 0, sizes);
    tcase_add_test(tests, row_that_libesedb_cannot_read_is_not_verified);
    tcase_add_loop_test(tests, row_that_libesedb_reads_differently_is_a_conflict_with_both_readings,
                        0, ARRAY_COUNT(disagreements));
    tcase_add_test(tests, dirty_database_is_no_damage_but_told);
    tcase_add_loop_test(tests, database_without_history_is_skipped, 0, sizes);
    tcase_add_loop_test(tests, checksums_of_other_tables_are_checked_when_asked_for, 0, sizes);
    tcase_add_test(tests, file_of_another_type_is_skipped);
    tcase_add_loop_test(tests, header_of_nothing_known_is_refused, 0, ARRAY_COUNT(header_changes));
    tcase_add_test(tests, file_cut_anywhere_is_damaged_or_refused);
    tcase_add_test(tests, file_that_becomes_shorter_is_damaged);
    tcase_add_test(tests, byte_sink_gets_every_byte_once);
    tcase_add_test(tests, sink_ends_the_run);
    tcase_add_loop_test(tests, damage_costs_what_it_hit_and_is_told, 0, (int)ese_damage_count);
    tcase_add_test(tests, page_size_of_the_header_is_believed_when_it_can_be);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(datastore_suite());
}
