/* SPDX-License-Identifier: Apache-2.0 */
/* The ESE writer of tests/fixtures: its checksums are those of databases that Windows wrote, its
 * records are byte for byte what Windows lays out, and each switch for damage does what it says
 * and nothing else. Its trees are walked in check_ese_tree; another reader reads them in
 * whole_ese.sh. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fixtures/ese_damage.h"
#include "fixtures/ese_history.h"
#include "fixtures/ese_layout.h"
#include "fixtures/ese_record.h"
#include "real.h"
#include "run.h"

#define NOON_2019_01_08 UINT64_C(131914224000000000)
#define SOME_UPDATE "00010203-0405-0607-0809-0a0b0c0d0e0f"
#define WINDOWS_UPDATE "9482f4b4-e343-43b6-b170-9a65bc822c77"

static const uint32_t page_sizes[] = {4096, 8192, 16384, 32768};

/* A row with every number set. */
static const struct ese_history_row plain_row = {
    .id_event = 1,
    .status = 1,
    .server_selection = 3,
    .update_id = SOME_UPDATE,
    .update_revision = 100,
    .server_id = WINDOWS_UPDATE,
    .date_filetime = NOON_2019_01_08,
    .flags = 1,
    .client_id = {.text = "wu"},
    .title = {.text = "(KB971033)"},
};

static struct ese_image *write_one(const struct ese_history_row *row, uint32_t page_size_bytes)
{
    struct ese_writer_options options = {.page_size_bytes = page_size_bytes};

    return ese_write_datastore(row, 1, &options);
}

/* Enough rows for two levels of branch pages. */
static struct ese_image *write_many(size_t count, const struct ese_writer_options *options)
{
    struct ese_history_row *rows = memory_allocate(count, sizeof(*rows));
    struct ese_image *image;

    for (size_t index = 0; index < count; index++) {
        rows[index] = plain_row;
        rows[index].id_event = (int32_t)index + 1;
    }
    image = ese_write_datastore(rows, count, options);
    free(rows);
    return image;
}

/* ---- checksums ---- */

/* FACTS-ese.md, Page: an empty space tree page of a database that Windows wrote. */
START_TEST(checksum_of_a_known_page_is_what_windows_wrote)
{
    static const uint8_t no_header[16];
    uint8_t bytes[4096];
    struct ese_page page = {.bytes = bytes, .size_bytes = sizeof(bytes), .number = 12};
    struct ese_page_header header = {.object = 5, .flags = 0xA863};

    ese_page_begin(&page, &header);
    ese_page_add(&page, 0, no_header, sizeof(no_header));
    layout_store(bytes + ESE_PAGE_TIME_AT, 98, 8);
    ese_page_seal(&page);
    ck_assert_uint_eq(layout_load(bytes + ESE_PAGE_FREE_AT, 2), 4036);
    ck_assert_uint_eq(layout_load(bytes + ESE_PAGE_CHECKSUM_AT, 8), UINT64_C(0x7E787E780001A7CC));
    ck_assert(ese_page_is_sealed(&page));
}
END_TEST

static bool is_zero(const uint8_t *bytes, size_t size_bytes)
{
    for (size_t index = 0; index < size_bytes; index++)
        if (bytes[index] != 0)
            return false;
    return true;
}

/* The header and its copy come first, each as long as a page. */
#define REAL_PAGE_BYTES 4096u

START_TEST(pages_of_a_real_database_have_these_checksums)
{
    struct text database = {0};
    uint8_t *bytes;
    size_t used = 0;

    if (!real_read_database(&database))
        return;
    bytes = (uint8_t *)database.bytes;
    ck_assert_uint_eq(layout_load(bytes, 4), ese_header_checksum(bytes, REAL_PAGE_BYTES));
    for (uint32_t number = 1; (number + 2) * REAL_PAGE_BYTES <= database.length_bytes; number++) {
        struct ese_page page = {.bytes = bytes + (number + 1) * REAL_PAGE_BYTES,
                                .size_bytes = REAL_PAGE_BYTES,
                                .number = number};

        if (is_zero(page.bytes, page.size_bytes))
            continue;
        used++;
        ck_assert_msg(ese_page_is_sealed(&page), "page %u", number);
    }
    ck_assert_uint_eq(used, 209);
    text_free(&database);
}
END_TEST

/* How many pages in use have a wrong checksum. */
static size_t count_unsealed(const struct ese_image *image)
{
    size_t count = 0;

    for (uint32_t number = 1; number <= image->page_count; number++) {
        struct ese_page page = ese_image_page(image, number);

        count += !is_zero(page.bytes, page.size_bytes) && !ese_page_is_sealed(&page);
    }
    return count;
}

static bool headers_are_sealed(const struct ese_image *image)
{
    for (size_t index = 0; index < 2; index++) {
        const uint8_t *header = image->bytes + index * image->page_size_bytes;

        if (layout_load(header, 4) != ese_header_checksum(header, image->page_size_bytes))
            return false;
    }
    return true;
}

START_TEST(every_checksum_is_right)
{
    struct ese_writer_options options = {
        .page_size_bytes = page_sizes[_i], .most_rows_per_leaf = 2, .most_pages_per_branch = 3};
    struct ese_image *image = write_many(30, &options);

    ck_assert_uint_eq(image->history_level_count, 4);
    ck_assert_uint_eq(count_unsealed(image), 0);
    ck_assert(headers_are_sealed(image));
    ck_assert_mem_eq(image->bytes, image->bytes + page_sizes[_i], page_sizes[_i]);
    ck_assert_uint_eq(image->size_bytes, (image->page_count + 2) * (size_t)page_sizes[_i]);
    ese_image_free(image);
}
END_TEST

START_TEST(every_bit_of_a_page_counts)
{
    struct ese_image *image = write_one(&plain_row, page_sizes[_i]);
    struct ese_page page = ese_image_page(image, image->history_root);

    for (size_t at = 0; at < page.size_bytes; at += 61) {
        page.bytes[at] ^= 0x10;
        ck_assert_msg(!ese_page_is_sealed(&page), "byte %zu", at);
        page.bytes[at] ^= 0x10;
    }
    ck_assert(ese_page_is_sealed(&page));
    ese_image_free(image);
}
END_TEST

/* ---- the header ---- */

START_TEST(header_says_whether_it_was_shut_down)
{
    struct ese_writer_options options = {.is_dirty = _i == 1};
    struct ese_image *image = ese_write_datastore(&plain_row, 1, &options);
    const uint8_t *header = image->bytes;
    bool has_end = layout_load(header + ESE_HEADER_CLEAN_POSITION_AT, 8) != 0 &&
                   layout_load(header + ESE_HEADER_CLEAN_TIME_AT, 8) != 0 &&
                   layout_load(header + ESE_HEADER_DETACH_TIME_AT, 8) != 0;

    ck_assert_uint_eq(layout_load(header + 4, 4), 0x89ABCDEF);
    ck_assert_uint_eq(layout_load(header + 8, 4), 0x620);
    ck_assert_uint_eq(layout_load(header + 52, 4), _i == 1 ? 2 : 3);
    ck_assert(has_end == (_i == 0));
    ck_assert_uint_eq(layout_load(header + 212, 4), 6);
    ck_assert_uint_eq(layout_load(header + 232, 4), 0x11);
    ck_assert_uint_eq(layout_load(header + 236, 4), 4096);
    ck_assert_uint_eq(header[667], 1);
    ck_assert(is_zero(header + ESE_HEADER_END, 4096 - ESE_HEADER_END));
    ese_image_free(image);
}
END_TEST

/* ---- records ---- */

/* The bytes of a dump: two digits each, blanks between them, text in '...'. Returns how many. */
static size_t read_dump(const char *dump, uint8_t *out)
{
    size_t count = 0;

    while (*dump != '\0') {
        unsigned byte;

        if (*dump == '\'') {
            for (dump++; *dump != '\''; dump++)
                out[count++] = (uint8_t)*dump;
            dump++;
        } else if (*dump == ' ') {
            dump++;
        } else {
            ck_assert_int_eq(sscanf(dump, "%2x", &byte), 1);
            out[count++] = (uint8_t)byte;
            dump += 2;
        }
    }
    return count;
}

/* Is the node the one of the dump: key, then record? */
static void assert_node(const struct ese_image *image, uint32_t number, size_t tag,
                        const char *dump)
{
    struct ese_page page = ese_image_page(image, number);
    uint8_t expected[1024];
    size_t expected_size = read_dump(dump, expected), size;
    const uint8_t *node = ese_page_tag(&page, tag, &size);

    ck_assert_uint_eq(size, expected_size);
    ck_assert_mem_eq(node, expected, size);
}

/* FACTS-ese.md, Catalog, has this row; there the ids are left out. */
START_TEST(row_is_laid_out_as_windows_does)
{
    struct ese_image *image = write_one(&plain_row, 4096);

    assert_node(image, image->rows[0].page, image->rows[0].tag,
                "05 00 80 7f ff ff fe "
                "09 7f 4a 00 01 00 00 00 01 00 00 00 03 00 00 00 00 00 00 00 00 00 00 00 "
                "03 02 01 00 05 04 07 06 08 09 0a 0b 0c 0d 0e 0f 64 00 00 00 "
                "b4 f4 82 94 43 e3 b6 43 b1 70 9a 65 bc 82 2c 77 "
                "00 00 00 00 30 3a e5 40 01 00 00 00 00 fe "
                "00 01 08 40 01 01 0d 40 01 'w' 00 'u' 00 "
                "01 '(' 00 'K' 00 'B' 00 '9' 00 '7' 00 '1' 00 '0' 00 '3' 00 '3' 00 ')' 00");
    ck_assert_uint_eq(image->rows[0].page, 29);
    ck_assert_uint_eq(image->rows[0].tag, 1);
    ese_image_free(image);
}
END_TEST

/* In the large form the flag byte is always there, and the offsets say nothing about it. */
START_TEST(large_row_has_no_flags_in_its_offsets)
{
    struct ese_image *image = write_one(&plain_row, 16384);
    struct ese_page page = ese_image_page(image, image->rows[0].page);
    uint8_t expected[64];
    size_t expected_size =
        read_dump("00 01 08 00 01 01 0d 00 01 'w' 00 'u' 00 01 '(' 00", expected);
    size_t size;
    const uint8_t *node = ese_page_tag(&page, image->rows[0].tag, &size);

    ck_assert_mem_eq(node + 7 + 0x4a, expected, expected_size);
    ese_image_free(image);
}
END_TEST

static bool has_bytes(const struct ese_image *image, const char *dump)
{
    uint8_t expected[256];
    size_t size = read_dump(dump, expected);
    const uint8_t *from = ese_image_page(image, ESE_CATALOG_ROOT).bytes;
    size_t catalog_size = (ESE_CATALOG_LAST - ESE_CATALOG_ROOT + 1) * image->page_size_bytes;

    return memmem(from, catalog_size, expected, size) != NULL;
}

/* FACTS-ese.md, Catalog: a table, a fixed column, a tagged one. The last two are by the same rules:
 * the column behind all other fixed ones, and the index, whose key descends. */
START_TEST(catalog_is_laid_out_as_windows_does)
{
    struct ese_image *image = write_one(&plain_row, 4096);

    ck_assert(has_bytes(image, "08 80 20 00 06 00 00 00 01 00 06 00 00 00 1d 00 00 00 50 00 00 00 "
                               "00 00 00 00 01 00 00 00 ff 00 09 00 'tbHistory'"));
    ck_assert(has_bytes(image, "09 80 23 00 06 00 00 00 02 00 06 00 00 00 09 00 00 00 14 00 00 00 "
                               "00 00 00 00 00 00 00 00 2a 18 00 80 fe 08 00 'UpdateId'"));
    ck_assert(has_bytes(image, "07 80 1f 00 06 00 00 00 02 00 01 01 00 00 0c 00 00 00 00 00 00 00 "
                               "00 00 00 00 b0 04 00 00 80 05 00 'Title'"));
    ck_assert(has_bytes(image, "09 80 23 00 06 00 00 00 02 00 09 00 00 00 04 00 00 00 04 00 00 00 "
                               "00 00 00 00 00 00 00 00 2a 44 00 80 fe 05 00 'Flags'"));
    ck_assert(has_bytes(image, "0a 84 27 00 06 00 00 00 03 00 06 00 00 00 1d 00 00 00 50 00 00 00 "
                               "2f 00 01 00 09 04 00 00 2a 2a 2a 01 04 03 00 80 fd "
                               "07 00 07 80 07 80 07 80 0b 00 'primary' 40 00 01 00"));
    ese_image_free(image);
}
END_TEST

START_TEST(null_columns_are_filler_or_not_stored)
{
    struct ese_history_row row = {
        .id_event = -2,
        .mapped_result = INT32_MIN,
        .null_columns = ESE_NULL(ESE_HISTORY_STATUS) | ESE_NULL(ESE_HISTORY_SERVER_SELECTION) |
                        ESE_NULL(ESE_HISTORY_UNMAPPED_RESULT) | ESE_NULL(ESE_HISTORY_DATE) |
                        ESE_NULL(ESE_HISTORY_FLAGS),
    };
    struct ese_image *image = write_one(&row, 4096);

    assert_node(image, image->rows[0].page, image->rows[0].tag,
                "05 00 80 80 00 00 01 04 7f 15 00 fe ff ff ff 2a 2a 2a 2a 2a 2a 2a 2a 00 00 00 80 "
                "f6");
    ese_image_free(image);
}
END_TEST

static const struct {
    const char *name;
    uint32_t page_size_bytes;
    struct ese_text text;
    const char *tagged; /* the tagged part of the record */
} texts[] = {
    {"empty", 4096, {.text = ""}, "01 01 04 40 01"},
    {"explicit NULL", 4096, {.form = ESE_TEXT_NULL}, "01 01 04 20"},
    {"explicit NULL, large", 16384, {.form = ESE_TEXT_NULL}, "01 01 04 00 21"},
    {"long value", 4096, {.text = "x", .form = ESE_TEXT_LONG_VALUE}, "01 01 04 40 05 01 00 00 00"},
    {"supplementary", 4096, {.text = "\xf0\x9f\x98\x80"}, "01 01 04 40 01 3d d8 00 de"},
    {"lone surrogate", 4096, {.text = "\xed\xa0\xbd"}, "01 01 04 40 01 3d d8"},
    {"raw",
     4096,
     {.form = ESE_TEXT_RAW, .raw = "abc", .raw_bytes = 3, .raw_flags = 7},
     "01 01 04 40 07 'abc'"},
    /* 21 bits in 3 bytes, 5 of them in the last: 0x61 | 0x62 << 7 | 0x63 << 14 */
    {"7 bits a unit",
     4096,
     {.text = "abc", .form = ESE_TEXT_7BIT_UTF16},
     "01 01 04 40 03 14 61 f1 18"},
    /* 28 bits in 4 bytes, 4 of them in the last: 0x61 | 0x62 << 14 */
    {"7 bits a byte",
     4096,
     {.text = "ab", .form = ESE_TEXT_7BIT_ASCII},
     "01 01 04 40 03 0b 61 80 18 00"},
};

START_TEST(texts_are_kept_in_their_form)
{
    struct ese_history_row row = {.id_event = 7, .null_columns = ~0u ^ ESE_NULL(1)};
    char *dump =
        memory_format("05 00 80 7f ff ff f8 01 7f 09 00 07 00 00 00 fe %s", texts[_i].tagged);
    struct ese_image *image;

    row.title = texts[_i].text;
    image = write_one(&row, texts[_i].page_size_bytes);
    assert_node(image, image->rows[0].page, image->rows[0].tag, dump);
    ese_image_free(image);
    free(dump);
}
END_TEST

START_TEST(text_behind_a_null_is_found)
{
    struct ese_history_row row = {
        .id_event = 7,
        .null_columns = ~0u ^ ESE_NULL(1),
        .client_id = {.form = ESE_TEXT_NULL},
        .title = {.text = "x"},
        .categories = {.text = "y"},
    };
    struct ese_image *image = write_one(&row, 4096);

    assert_node(image, image->rows[0].page, image->rows[0].tag,
                "05 00 80 7f ff ff f8 01 7f 09 00 07 00 00 00 fe "
                "00 01 0c 20 01 01 0c 40 06 01 0f 40 01 'x' 00 01 'y' 00");
    ese_image_free(image);
    image = write_one(&row, 16384);
    assert_node(image, image->rows[0].page, image->rows[0].tag,
                "05 00 80 7f ff ff f8 01 7f 09 00 07 00 00 00 fe "
                "00 01 0c 00 01 01 0d 00 06 01 10 00 21 01 'x' 00 01 'y' 00");
    ese_image_free(image);
}
END_TEST

START_TEST(flags_of_a_row_are_in_its_tag)
{
    struct ese_history_row row = plain_row;
    bool is_large = ese_is_large(page_sizes[_i]);
    struct ese_image *image;
    struct ese_page page;
    size_t size;

    row.is_deleted = row.has_version = true;
    image = write_one(&row, page_sizes[_i]);
    page = ese_image_page(image, image->rows[0].page);
    ck_assert_uint_eq(layout_load(ese_page_tag_entry(&page, 1) + 2, 2), is_large ? 16 : 0x6010);
    ck_assert_uint_eq(layout_load(ese_page_tag(&page, 1, &size), 2), is_large ? 0x6005 : 5);
    ese_image_free(image);
}
END_TEST

/* ---- damage ---- */

START_TEST(damage_is_what_it_says_and_nothing_else)
{
    const struct ese_damage *damage = &ese_damages[_i / (int)ARRAY_COUNT(page_sizes)];
    struct ese_writer_options options = {
        .page_size_bytes = page_sizes[_i % (int)ARRAY_COUNT(page_sizes)],
        .most_rows_per_leaf = 2,
        .most_pages_per_branch = 4,
    };
    struct ese_image *sound = write_many(20, &options), *image = write_many(20, &options);
    size_t unsealed;

    ck_assert_uint_ge(sound->history_level_count, damage->least_levels);
    damage->apply(image);
    ck_assert_msg(image->size_bytes < sound->size_bytes ||
                      memcmp(image->bytes, sound->bytes, sound->size_bytes) != 0,
                  "%s", damage->name);
    unsealed = count_unsealed(image) + !headers_are_sealed(image);
    ck_assert_msg(unsealed == (damage->spoils_checksum && image->size_bytes == sound->size_bytes),
                  "%s: %zu", damage->name, unsealed);
    ese_image_free(image);
    ese_image_free(sound);
}
END_TEST

START_TEST(no_damage_is_there_twice)
{
    for (size_t index = 0; index < ese_damage_count; index++)
        for (size_t other = 0; other < index; other++)
            ck_assert_str_ne(ese_damages[index].name, ese_damages[other].name);
}
END_TEST

static Suite *ese_writer_suite(void)
{
    const int sizes = (int)ARRAY_COUNT(page_sizes);
    Suite *suite = suite_create("ese writer");
    TCase *written = tcase_create("written");
    TCase *damaged = tcase_create("damaged");

    tcase_add_test(written, checksum_of_a_known_page_is_what_windows_wrote);
    tcase_add_test(written, pages_of_a_real_database_have_these_checksums);
    tcase_add_loop_test(written, every_checksum_is_right, 0, sizes);
    tcase_add_loop_test(written, every_bit_of_a_page_counts, 0, sizes);
    tcase_add_loop_test(written, header_says_whether_it_was_shut_down, 0, 2);
    tcase_add_test(written, row_is_laid_out_as_windows_does);
    tcase_add_test(written, large_row_has_no_flags_in_its_offsets);
    tcase_add_test(written, catalog_is_laid_out_as_windows_does);
    tcase_add_test(written, null_columns_are_filler_or_not_stored);
    tcase_add_loop_test(written, texts_are_kept_in_their_form, 0, (int)ARRAY_COUNT(texts));
    tcase_add_test(written, text_behind_a_null_is_found);
    tcase_add_loop_test(written, flags_of_a_row_are_in_its_tag, 0, sizes);
    suite_add_tcase(suite, written);

    tcase_add_loop_test(damaged, damage_is_what_it_says_and_nothing_else, 0,
                        (int)ese_damage_count * sizes);
    tcase_add_test(damaged, no_damage_is_there_twice);
    suite_add_tcase(suite, damaged);
    return suite;
}

int main(void)
{
    return run_suite(ese_writer_suite());
}
