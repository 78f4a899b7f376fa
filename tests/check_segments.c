/* SPDX-License-Identifier: Apache-2.0 */
/* Images of disks among other files: how they are recognised, and which files are one image. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "fixtures/layout.h"
#include "intake/content.h"
#include "intake/segments.h"
#include "run.h"
#include "scratch.h"

#define IMAGE_BYTES 16384u

/* ---- Recognition ---- */

static uint8_t head[IMAGE_BYTES];

static enum source_kind kind_of(const void *bytes, size_t size_bytes)
{
    struct walk_entry entry = {.path = (char[]){"file"}, .named = true};
    struct error err = {0};
    struct source source;
    enum source_kind kind;
    const char *name;
    int file;

    scratch_write(entry.path, bytes, size_bytes);
    ck_assert_int_eq(content_open(&entry, false, &file, &source, &name, &err), 0);
    close(file);
    kind = source.kind;
    source_free_content(&source);
    return kind;
}

static void put_entry(size_t number, uint8_t status, uint8_t type, uint32_t start, uint32_t count)
{
    uint8_t *entry = head + 446 + 16 * number;

    head[510] = 0x55;
    head[511] = 0xAA;
    entry[0] = status;
    entry[4] = type;
    layout_store(entry + 8, start, 4);
    layout_store(entry + 12, count, 4);
}

START_TEST(formats_are_known_by_their_magic)
{
    static const struct {
        const char *magic;
        size_t size_bytes;
        enum source_kind kind;
    } cases[] = {
        {"EVF\x09\r\n\xFF\0", 8, SOURCE_KIND_EWF},
        {"EVF2\r\n\x81\0", 8, SOURCE_KIND_EWF},
        {"LVF\x09\r\n\xFF\0", 8, SOURCE_KIND_UNKNOWN},
        {"vhdxfile", 8, SOURCE_KIND_VHDX},
        {"conectix", 8, SOURCE_KIND_VHD},
        {"KDMV", 4, SOURCE_KIND_VMDK},
        {"# Disk DescriptorFile\nversion=1\n", 32, SOURCE_KIND_VMDK},
        {"QFI\xFB", 4, SOURCE_KIND_QCOW},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        memset(head, 0, sizeof(head));
        memcpy(head, cases[index].magic, cases[index].size_bytes);
        ck_assert_uint_eq(kind_of(head, sizeof(head)), cases[index].kind);
    }
}
END_TEST

START_TEST(volumes_and_disks_are_images)
{
    static const char *const volumes[] = {"NTFS    ", "-FVE-FS-", "ReFS\0\0\0\0"};

    for (size_t index = 0; index < ARRAY_COUNT(volumes); index++) {
        memset(head, 0, sizeof(head));
        memcpy(head + 3, volumes[index], 8);
        ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_UNKNOWN);
        head[510] = 0x55;
        head[511] = 0xAA;
        ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_RAW_IMAGE);
        /* BOOTSECT.BAK is a copy of the first sectors. */
        ck_assert_uint_eq(kind_of(head, 8192), SOURCE_KIND_UNKNOWN);
    }
    memset(head, 0, sizeof(head));
    memcpy(head + 4096, "EFI PART", 8);
    ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_RAW_IMAGE);
}
END_TEST

START_TEST(partition_table_must_be_one)
{
    static const struct {
        uint8_t status, type;
        uint32_t start, count;
        enum source_kind kind;
    } cases[] = {
        {0x80, 7, 2048, 4096, SOURCE_KIND_RAW_IMAGE},
        {0x00, 0xEE, 1, 0xFFFFFFFF, SOURCE_KIND_RAW_IMAGE},
        {0x81, 7, 2048, 4096, SOURCE_KIND_UNKNOWN},
        {0x00, 7, 0, 4096, SOURCE_KIND_UNKNOWN},
        {0x00, 7, 2048, 0, SOURCE_KIND_UNKNOWN},
        {0x00, 0, 2048, 4096, SOURCE_KIND_UNKNOWN},
        {0x00, 0, 0, 0, SOURCE_KIND_UNKNOWN},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        memset(head, 0, sizeof(head));
        put_entry(1, cases[index].status, cases[index].type, cases[index].start,
                  cases[index].count);
        ck_assert_uint_eq(kind_of(head, sizeof(head)), cases[index].kind);
    }
    memset(head, 0, sizeof(head));
    put_entry(0, 0x80, 7, 2048, 2048);
    put_entry(1, 0x80, 7, 4096, 2048);
    ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_UNKNOWN);
    memset(head, 'x', sizeof(head));
    head[510] = 0x55;
    head[511] = 0xAA;
    ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_UNKNOWN);
}
END_TEST

START_TEST(fixed_vhd_is_known_by_its_end)
{
    memset(head, 0, sizeof(head));
    put_entry(0, 0x80, 7, 2048, 2048);
    memcpy(head + sizeof(head) - 512, "conectix", 8);
    ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_VHD);
    head[510] = 0;
    ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_UNKNOWN);
}
END_TEST

/* ---- Segments ---- */

static struct segments segments;
static struct error err;
static struct walk walk;
static struct segments_found known;

static void end(void)
{
    segments_free_found(&known);
    segments_free_content(&segments);
    error_clear(&err);
    walk_free_content(&walk);
    scratch_end();
}

static void write_ewf(const char *path)
{
    scratch_write(path, "EVF\x09\r\n\xFF\0", 8);
}

static void write_raw(const char *path)
{
    memset(head, 0, sizeof(head));
    put_entry(0, 0x80, 7, 2048, 2048);
    scratch_write(path, head, sizeof(head));
}

/* Names are separated by blanks. */
static void expect_segments(const char *path, enum source_kind kind, const char *expected)
{
    struct text found = {0};

    segments_free_content(&segments);
    ck_assert_int_eq(segments_find(path, kind, &segments, &err), 0);
    for (size_t index = 0; index < segments.count; index++)
        text_add_format(&found, "%s%s", index > 0 ? " " : "", segments.paths[index]);
    ck_assert_str_eq(text_get(&found), expected);
    text_free(&found);
}

/* What the file is a segment of: "" where it is none. */
static void expect_first(const char *path, enum source_kind kind, const char *expected)
{
    static const char *const inputs[] = {"."};
    const struct walk_entry *first = NULL;
    char *walked = memory_format("./%s", path);

    walk_free_content(&walk);
    walk_collect(inputs, 1, NULL, false, &walk);
    for (size_t index = 0; index < walk.entry_count; index++)
        if (strcmp(walk.entries[index].path, walked) == 0)
            first = segments_find_first(&walk, &walk.entries[index], kind, &known);
    ck_assert_str_eq(first != NULL ? first->path + 2 : "", expected);
    free(walked);
}

START_TEST(segments_of_ewf_are_found_by_their_numbers)
{
    static const char *const names[] = {"a.E01",  "a.E02",  "a.E03", "b.e01",    "b.e02",
                                        "c.Ex01", "c.Ex02", "d.E01", "a.E01.txt"};

    for (size_t index = 0; index < ARRAY_COUNT(names); index++)
        write_ewf(names[index]);
    expect_segments("a.E01", SOURCE_KIND_EWF, "a.E01 a.E02 a.E03");
    expect_segments("b.e01", SOURCE_KIND_EWF, "b.e01 b.e02");
    expect_segments("c.Ex01", SOURCE_KIND_EWF, "c.Ex01 c.Ex02");
    expect_segments("d.E01", SOURCE_KIND_EWF, "d.E01");
    /* A later one, named alone, has no others. */
    expect_segments("a.E02", SOURCE_KIND_EWF, "a.E02");
    expect_first("a.E03", SOURCE_KIND_EWF, "a.E01");
    expect_first("c.Ex02", SOURCE_KIND_EWF, "c.Ex01");
    expect_first("a.E01", SOURCE_KIND_EWF, "");
    expect_first("a.E01.txt", SOURCE_KIND_EWF, "");
}
END_TEST

START_TEST(segments_go_on_with_letters_behind_99)
{
    static const struct {
        unsigned number;
        const char *extension;
    } cases[] = {{99, "E99"},  {100, "EAA"}, {101, "EAB"}, {126, "EBA"},
                 {775, "EZZ"}, {776, "FAA"}, {777, "FAB"}};

    for (unsigned number = 1; number < 778; number++) {
        unsigned behind = number - 100;
        char *path = number < 100
                         ? memory_format("a.E%02u", number)
                         : memory_format("a.%c%c%c", (int)('E' + behind / 676),
                                         (int)('A' + behind / 26 % 26), (int)('A' + behind % 26));

        write_ewf(path);
        free(path);
    }
    ck_assert_int_eq(segments_find("a.E01", SOURCE_KIND_EWF, &segments, &err), 0);
    ck_assert_uint_eq(segments.count, 777);
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++)
        ck_assert_str_eq(segments.paths[cases[index].number - 1] + 2, cases[index].extension);
    expect_first("a.EZZ", SOURCE_KIND_EWF, "a.E01");
    expect_first("a.FAB", SOURCE_KIND_EWF, "a.E01");
}
END_TEST

START_TEST(missing_segment_is_named)
{
    write_ewf("a.E01");
    write_ewf("a.E02");
    write_ewf("a.E05");
    ck_assert_int_eq(segments_find("a.E01", SOURCE_KIND_EWF, &segments, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_str_eq(err.message, "its segment a.E03 is missing: put it beside the others");
    ck_assert_uint_eq(segments.count, 0);
}
END_TEST

START_TEST(split_raw_images_are_found_by_their_numbers)
{
    write_raw("a.001");
    scratch_write("a.002", "x", 1);
    scratch_write("a.003", "x", 1);
    write_raw("b.000");
    scratch_write("b.001", "x", 1);
    write_raw("c.2018");
    write_raw("c.2019");
    scratch_write("d.001", "text", 4);
    scratch_write("d.002", "text", 4);
    expect_segments("a.001", SOURCE_KIND_RAW_IMAGE, "a.001 a.002 a.003");
    expect_segments("b.000", SOURCE_KIND_RAW_IMAGE, "b.000 b.001");
    expect_segments("c.2018", SOURCE_KIND_RAW_IMAGE, "c.2018");
    expect_first("a.003", SOURCE_KIND_UNKNOWN, "a.001");
    expect_first("b.001", SOURCE_KIND_UNKNOWN, "b.000");
    expect_first("c.2019", SOURCE_KIND_RAW_IMAGE, "");
    /* The first one is not an image. */
    expect_first("d.002", SOURCE_KIND_UNKNOWN, "");
}
END_TEST

/* Begins as an event log does. */
static void write_log(const char *path)
{
    memset(head, 0, sizeof(head));
    memcpy(head, "ElfFile", 8);
    scratch_write(path, head, sizeof(head));
}

START_TEST(what_is_something_of_its_own_is_no_segment)
{
    write_raw("a.001");
    write_raw("a.002");
    scratch_write("a.003", "x", 1);
    write_raw("b.001");
    scratch_write("b.002", "x", 1);
    write_log("b.003");
    scratch_write("b.004", "x", 1);
    write_ewf("c.E01");
    write_ewf("c.E02");
    write_log("c.E03");
    write_raw("d.000");
    write_raw("d.001");
    scratch_write("d.002", "x", 1);
    expect_segments("a.001", SOURCE_KIND_RAW_IMAGE, "a.001");
    expect_first("a.002", SOURCE_KIND_RAW_IMAGE, "");
    expect_first("a.003", SOURCE_KIND_UNKNOWN, "");
    expect_segments("b.001", SOURCE_KIND_RAW_IMAGE, "b.001 b.002");
    expect_first("b.002", SOURCE_KIND_UNKNOWN, "b.001");
    expect_first("b.003", SOURCE_KIND_EVTX, "");
    expect_first("b.004", SOURCE_KIND_UNKNOWN, "");
    expect_segments("c.E01", SOURCE_KIND_EWF, "c.E01 c.E02");
    expect_segments("d.000", SOURCE_KIND_RAW_IMAGE, "d.000");
    expect_first("d.001", SOURCE_KIND_RAW_IMAGE, "");
    expect_first("d.002", SOURCE_KIND_UNKNOWN, "d.001");
}
END_TEST

/* Two images, each of one segment, and each with the other's name but for the number. */
START_TEST(first_segment_of_another_image_is_no_later_one)
{
    scratch_write("a.E01", "EVF\x09\r\n\xFF\0\1\1\0\0\0", 13);
    scratch_write("a.E02", "EVF\x09\r\n\xFF\0\1\1\0\0\0", 13);
    scratch_write("b.E01", "EVF\x09\r\n\xFF\0\1\1\0\0\0", 13);
    scratch_write("b.E02", "EVF\x09\r\n\xFF\0\1\2\0\0\0", 13);
    scratch_write("c.Ex01", "EVF2\r\n\x81\0\2\1\1\0\1\0\0\0", 16);
    scratch_write("c.Ex02", "EVF2\r\n\x81\0\2\1\1\0\1\0\0\0", 16);
    scratch_write("d.Ex01", "EVF2\r\n\x81\0\2\1\1\0\1\0\0\0", 16);
    scratch_write("d.Ex02", "EVF2\r\n\x81\0\2\1\1\0\2\0\0\0", 16);
    expect_segments("a.E01", SOURCE_KIND_EWF, "a.E01");
    expect_first("a.E02", SOURCE_KIND_EWF, "");
    expect_segments("b.E01", SOURCE_KIND_EWF, "b.E01 b.E02");
    expect_first("b.E02", SOURCE_KIND_EWF, "b.E01");
    expect_segments("c.Ex01", SOURCE_KIND_EWF, "c.Ex01");
    expect_first("c.Ex02", SOURCE_KIND_EWF, "");
    expect_segments("d.Ex01", SOURCE_KIND_EWF, "d.Ex01 d.Ex02");
}
END_TEST

/* Behind a gap, too; parts that are nothing of their own are not read without the others. */
START_TEST(what_is_something_of_its_own_fills_no_gap)
{
    write_raw("a.001");
    write_raw("a.003");
    write_raw("b.001");
    scratch_write("b.003", "x", 1);
    write_log("b.004");
    expect_segments("a.001", SOURCE_KIND_RAW_IMAGE, "a.001");
    expect_first("a.003", SOURCE_KIND_RAW_IMAGE, "");
    segments_free_content(&segments);
    ck_assert_int_eq(segments_find("b.001", SOURCE_KIND_RAW_IMAGE, &segments, &err), -1);
    expect_first("b.003", SOURCE_KIND_UNKNOWN, "b.001");
    expect_first("b.004", SOURCE_KIND_EVTX, "");
}
END_TEST

/* The image was split within a log: there is a chunk of it, but no header. */
START_TEST(part_that_begins_within_a_log_is_a_segment)
{
    write_raw("a.001");
    memset(head, 0, sizeof(head));
    memcpy(head + 4096, "ElfChnk", 8);
    scratch_write("a.002", head, sizeof(head));
    ck_assert_uint_eq(kind_of(head, sizeof(head)), SOURCE_KIND_EVTX);
    expect_segments("a.001", SOURCE_KIND_RAW_IMAGE, "a.001 a.002");
    expect_first("a.002", SOURCE_KIND_EVTX, "a.001");
}
END_TEST

#define DESCRIPTOR "# Disk DescriptorFile\nversion=1\n"

START_TEST(extents_are_found_by_the_names_in_the_descriptor)
{
    static const char text[] = DESCRIPTOR "RW 4192256 SPARSE \"a-s001.vmdk\"\r\n"
                                          "RW 4192256 SPARSE \"C:\\VMs\\A-S002.vmdk\"\r\n"
                                          "RW 100 ZERO\r\n"
                                          "parentFileNameHint=\"a-s003.vmdk\"\n"
                                          "RW 1 FLAT \"../other.vmdk\" 0\n"
                                          "RW 1 FLAT \"..\" 0\n"
                                          "RW 1 FLAT \"lost.vmdk\" 0\n";

    scratch_write("a.vmdk", text, strlen(text));
    scratch_write("a-s001.vmdk", "KDMV", 4);
    scratch_write("a-s002.vmdk", "KDMV", 4);
    scratch_write("a-s003.vmdk", "KDMV", 4);
    scratch_write("other.vmdk", "x", 1);
    expect_segments("a.vmdk", SOURCE_KIND_VMDK, "a.vmdk a-s001.vmdk a-s002.vmdk other.vmdk");
    expect_segments("a-s001.vmdk", SOURCE_KIND_VMDK, "a-s001.vmdk");
    expect_first("a-s001.vmdk", SOURCE_KIND_VMDK, "a.vmdk");
    expect_first("a-s002.vmdk", SOURCE_KIND_VMDK, "a.vmdk");
    expect_first("a-s003.vmdk", SOURCE_KIND_VMDK, "");
    expect_first("a.vmdk", SOURCE_KIND_VMDK, "");
}
END_TEST

START_TEST(flat_extent_is_no_image_of_its_own)
{
    static const char text[] = DESCRIPTOR "RW 4192256 FLAT \"a-flat.vmdk\" 0\n";

    scratch_write("a.vmdk", text, strlen(text));
    write_raw("a-flat.vmdk");
    write_raw("b-flat.vmdk");
    expect_first("a-flat.vmdk", SOURCE_KIND_RAW_IMAGE, "a.vmdk");
    expect_first("b-flat.vmdk", SOURCE_KIND_RAW_IMAGE, "");
}
END_TEST

static Suite *segments_suite(void)
{
    Suite *suite = suite_create("segments");
    TCase *recognition = tcase_create("recognition");
    TCase *files = tcase_create("files");

    tcase_add_checked_fixture(recognition, scratch_begin, scratch_end);
    tcase_add_test(recognition, formats_are_known_by_their_magic);
    tcase_add_test(recognition, volumes_and_disks_are_images);
    tcase_add_test(recognition, partition_table_must_be_one);
    tcase_add_test(recognition, fixed_vhd_is_known_by_its_end);
    suite_add_tcase(suite, recognition);
    tcase_add_checked_fixture(files, scratch_begin, end);
    tcase_add_test(files, segments_of_ewf_are_found_by_their_numbers);
    tcase_add_test(files, segments_go_on_with_letters_behind_99);
    tcase_add_test(files, missing_segment_is_named);
    tcase_add_test(files, split_raw_images_are_found_by_their_numbers);
    tcase_add_test(files, what_is_something_of_its_own_is_no_segment);
    tcase_add_test(files, first_segment_of_another_image_is_no_later_one);
    tcase_add_test(files, what_is_something_of_its_own_fills_no_gap);
    tcase_add_test(files, part_that_begins_within_a_log_is_a_segment);
    tcase_add_test(files, extents_are_found_by_the_names_in_the_descriptor);
    tcase_add_test(files, flat_extent_is_no_image_of_its_own);
    suite_add_tcase(suite, files);
    return suite;
}

int main(void)
{
    return run_suite(segments_suite());
}
