/* SPDX-License-Identifier: Apache-2.0 */
/* Disk images: which files of a volume are members and what their bytes are, however they are
 * stored; where volumes are found; what is said of those that are not read. The volumes are made
 * here (tests/fixtures/ntfs_writer.h); those that other programs make are in
 * tests/check_image_formats.c. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "chance.h"
#include "fixtures/layout.h"
#include "fixtures/ntfs_writer.h"
#include "imaged.h"
#include "run.h"

#define LOGS "Windows/System32/winevt/Logs/"
#define CONFIG "Windows/System32/config/"
#define SECTOR_BYTES 512u
#define MIB_BYTES ((size_t)1024 * 1024)

static struct ntfs_writer *writer;
static struct imaged imaged;

static void begin(void)
{
    writer = ntfs_writer_new();
}

static void end(void)
{
    imaged_free_content(&imaged);
    ntfs_writer_free(writer);
}

static void read_volume(void)
{
    size_t size_bytes;
    uint8_t *volume = ntfs_writer_finish(writer, &size_bytes);

    imaged_free_content(&imaged);
    imaged_read_bytes(SOURCE_KIND_RAW_IMAGE, volume, size_bytes, false, &imaged);
    free(volume);
}

static void add(const char *path)
{
    ntfs_writer_add_path(writer, path, path, strlen(path), NTFS_RESIDENT);
}

static void expect_paths(const char *expected)
{
    char *paths = imaged_paths(&imaged);

    ck_assert_ptr_null(imaged.error);
    ck_assert_str_eq(paths, expected);
    free(paths);
}

static void expect_note(const char *part, bool is_incomplete)
{
    ck_assert_msg(strstr(imaged.notes, part) != NULL, "%s: %s", part, imaged.notes);
    ck_assert_int_eq(imaged.is_incomplete, is_incomplete);
}

/* ---- Files ---- */

/* Bytes that do not shrink, those that do, zeros; each a unit of compression long. */
static uint8_t *make_bytes(size_t size_bytes)
{
    uint8_t *bytes = memory_allocate(1, size_bytes);
    uint64_t chance = 20190108;

    for (size_t index = 0; index < size_bytes; index++) {
        size_t unit = index / 65536 % 4;

        bytes[index] = unit == 0   ? (uint8_t)(chance_next(&chance) >> 56)
                       : unit == 1 ? (uint8_t)"text that repeats itself, "[index % 26]
                       : unit == 2 ? 0
                                   : (uint8_t)(index / 1000);
    }
    return bytes;
}

START_TEST(bytes_are_the_files_own_however_they_are_stored)
{
    static const struct {
        const char *path;
        size_t size_bytes;
        enum ntfs_storage storage;
    } files[] = {
        {LOGS "Resident.evtx", 300, NTFS_RESIDENT},
        {LOGS "Plain.evtx", 300000, NTFS_PLAIN},
        {LOGS "Pieces.evtx", 150001, NTFS_PIECES},
        {LOGS "Holes.evtx", 150001, NTFS_HOLES},
        {LOGS "Compressed.evtx", 700003, NTFS_COMPRESSED},
        {LOGS "Empty.evtx", 0, NTFS_RESIDENT},
        {CONFIG "SYSTEM", 65537, NTFS_COMPRESSED},
        {CONFIG "SOFTWARE", 131072, NTFS_COMPRESSED},
    };
    uint8_t *bytes = make_bytes(700003);

    for (size_t index = 0; index < ARRAY_COUNT(files); index++)
        ntfs_writer_add_path(writer, files[index].path, bytes, files[index].size_bytes,
                             files[index].storage);
    read_volume();
    ck_assert_uint_eq(imaged.count, ARRAY_COUNT(files));
    for (size_t index = 0; index < ARRAY_COUNT(files); index++) {
        const struct imaged_member *member = imaged_find(&imaged, files[index].path);

        ck_assert_ptr_nonnull(member);
        ck_assert_ptr_null(member->why_unread);
        ck_assert_uint_eq(member->size_bytes, files[index].size_bytes);
        ck_assert(memory_equal(member->bytes, bytes, member->size_bytes));
    }
    ck_assert_str_eq(imaged.notes, "");
    free(bytes);
}
END_TEST

START_TEST(what_was_never_written_of_a_file_reads_as_zeros)
{
    uint8_t *bytes = make_bytes(100000);
    ntfs_node node = ntfs_writer_add_path(writer, LOGS "A.evtx", bytes, 100000, NTFS_PLAIN);

    ntfs_writer_set_valid_size(writer, node, 30001);
    read_volume();
    ck_assert_uint_eq(imaged.members[0].size_bytes, 100000);
    memset(bytes + 30001, 0, 100000 - 30001);
    ck_assert_mem_eq(imaged.members[0].bytes, bytes, 100000);
    free(bytes);
}
END_TEST

START_TEST(times_are_those_of_the_files)
{
    ntfs_node first = ntfs_writer_add_path(writer, LOGS "A.evtx", "a", 1, NTFS_RESIDENT);
    ntfs_node second = ntfs_writer_add_path(writer, LOGS "B.evtx", "b", 1, NTFS_RESIDENT);

    ntfs_writer_set_times(writer, first, FILETIME_OF_1970 + 12345678901234567);
    ntfs_writer_set_times(writer, second, UINT64_MAX);
    read_volume();
    ck_assert_int_eq(imaged.members[0].mtime_ns, 1234567890123456700);
    ck_assert_int_eq(imaged.members[1].mtime_ns, 0);
}
END_TEST

START_TEST(paths_of_interest_are_members_and_no_others)
{
    static const char *const others[] = {
        "Windows/System32/winevt/Application.evtx",
        "Windows/System32/winevt/Logs/Application.txt",
        "Windows/System32/winevt/Logs/below/Application.evtx",
        "Windows/System32/config/SOFTWARE.LOG1",
        "Windows/System32/config/SAM",
        "Windows/System32/config/RegBack/SYSTEM",
        "Windows/SoftwareDistribution/DataStore/Logs/edb.log",
        "Windows/Logs/CBS/CBS.log",
        "Users/user/copy/Windows/System32/config/SYSTEM",
        "Users/client_info.json",
        "Users/x/Application.evtx",
        "$Recycle.Bin/C/Windows/System32/config/SYSTEM",
        "Application.evtx",
    };

    for (size_t index = 0; index < ARRAY_COUNT(others); index++)
        add(others[index]);
    add("WINDOWS/system32/WinEvt/logs/application.EVTX");
    add("Windows/Logs/spptriage-Application.evtx");
    add("Windows/Logs/spptriage-remediation-20190109-0807-2.log");
    add("Windows/Logs/spptriage-remediation.log");
    add("Windows/SoftwareDistribution/DataStore/DataStore.edb");
    add("Windows/SoftwareDistribution/ReportingEvents.log");
    add("Windows/System32/config/SOFTWARE");
    add("Windows/System32/config/system");
    add("Windows/System32/winevt/Logs/Application.evtx");
    add("Windows.old/Windows/System32/config/SYSTEM");
    add("Windows.old.000/Windows/System32/config/SYSTEM");
    read_volume();
    expect_paths("WINDOWS/system32/WinEvt/logs/application.EVTX\n"
                 "Windows/Logs/spptriage-Application.evtx\n"
                 "Windows/Logs/spptriage-remediation-20190109-0807-2.log\n"
                 "Windows/Logs/spptriage-remediation.log\n"
                 "Windows/SoftwareDistribution/DataStore/DataStore.edb\n"
                 "Windows/SoftwareDistribution/ReportingEvents.log\n"
                 "Windows/System32/config/SOFTWARE\n"
                 "Windows/System32/config/system\n"
                 "Windows/System32/winevt/Logs/Application.evtx\n"
                 "Windows.old/Windows/System32/config/SYSTEM\n"
                 "Windows.old.000/Windows/System32/config/SYSTEM\n");
    ck_assert_str_eq(imaged.notes, "");
}
END_TEST

START_TEST(folders_of_collectors_are_gone_through)
{
    static const char *const roots[] = {
        "C",
        "C%3A",
        "HOST/C",
        "HOST/C$",
        "HOST/C/Windows.old(1)",
        "KAPE/HOST/C",
        "KAPE/HOST/uploads/lazy_ntfs/%5C%5C.%5CC%3A/Windows.old.000",
        "PCS/PC4",
        "uploads/file/C%3A",
        "uploads/ntfs/%5C%5C.%5CC%3A",
        "HOST/uploads/ntfs/%5C%5C.%5CC%3A",
        "HOST/vss001",
        "HOST/uploads/auto/C%3A",
        "HOST/uploads/ntfs_vss/%5C%5C%3F%5CGLOBALROOT%5CDevice%5CHarddiskVolumeShadowCopy1",
        "PC2",
        "fs/$fs$/fs0",
        "fs/c_",
        "vss001/C",
    };
    static const char *const files[] = {
        "PC3_20190109-0807/Application.evtx",
        "PC3_20190109-0807/qfe.txt",
        "ROUND/PC3_20190109-0807/Application.evtx",
        "client_info.json",
        "HOST/client_info.json",
        "KAPE/HOST/client_info.json",
    };
    struct text expected = {0};

    for (size_t index = 0; index < ARRAY_COUNT(roots); index++) {
        char *path = memory_format("%s/" LOGS "A.evtx", roots[index]);

        add(path);
        text_add_format(&expected, "%s\n", path);
        free(path);
    }
    for (size_t index = 0; index < ARRAY_COUNT(files); index++) {
        add(files[index]);
        text_add_format(&expected, "%s\n", files[index]);
    }
    add("PC3/client_info.json");
    add("PC3/deeper/still/" LOGS "A.evtx");
    add("C/C/C/C/C/C/C/" LOGS "A.evtx");
    read_volume();
    for (size_t index = 0; index < imaged.count; index++)
        ck_assert_msg(strstr(text_get(&expected), imaged.members[index].path) != NULL, "%s",
                      imaged.members[index].path);
    ck_assert_uint_eq(imaged.count, ARRAY_COUNT(roots) + ARRAY_COUNT(files));
    ck_assert_str_eq(imaged.notes, "");
    text_free(&expected);
}
END_TEST

START_TEST(large_folders_are_read_whole)
{
    for (unsigned number = 0; number < 100; number++) {
        char *path = memory_format(LOGS "Log%02u%%4Operational.evtx", number);

        add(path);
        free(path);
    }
    read_volume();
    ck_assert_uint_eq(imaged.count, 100);
}
END_TEST

/* Sets the size of the index of each folder that has one outside of its record. */
static void enlarge_indexes(uint8_t *volume, uint64_t size_bytes)
{
    for (size_t number = 0; number < 256; number++) {
        uint8_t *record = volume + NTFS_MFT_BYTES + number * NTFS_RECORD_BYTES;
        size_t at = layout_load(record + 20, 2), length;

        for (; memcmp(record, "FILE", 4) == 0 && layout_load(record + at, 4) != UINT32_MAX;
             at += length) {
            length = layout_load(record + at + 4, 4);
            if (layout_load(record + at, 4) == 0xA0)
                layout_store(record + at + 48, size_bytes, 8);
        }
    }
}

START_TEST(folder_that_is_too_large_is_said_and_costs_no_other)
{
    size_t size_bytes;
    uint8_t *volume;

    for (unsigned number = 0; number < 30; number++) {
        char *path = memory_format(LOGS "Log%02u.evtx", number);

        add(path);
        free(path);
    }
    add(CONFIG "SYSTEM");
    volume = ntfs_writer_finish(writer, &size_bytes);
    enlarge_indexes(volume, (uint64_t)16 * 1024 * 1024 + 1);
    imaged_read_bytes(SOURCE_KIND_RAW_IMAGE, volume, size_bytes, false, &imaged);
    free(volume);
    expect_paths(CONFIG "SYSTEM\n");
    expect_note("/Windows/System32/winevt/Logs of volume 1: has too many entries", true);
}
END_TEST

/* It is no collector's, as far as is known, so there is nothing missing. */
START_TEST(unknown_folder_that_is_too_large_is_passed_over)
{
    size_t size_bytes;
    uint8_t *volume;

    for (unsigned number = 0; number < 30; number++) {
        char *path = memory_format("Data/Photos/Photo%02u.jpg", number);

        add(path);
        free(path);
    }
    add(CONFIG "SYSTEM");
    add("KAPE/HOST/C/" CONFIG "SYSTEM");
    volume = ntfs_writer_finish(writer, &size_bytes);
    enlarge_indexes(volume, (uint64_t)16 * 1024 * 1024 + 1);
    imaged_read_bytes(SOURCE_KIND_RAW_IMAGE, volume, size_bytes, false, &imaged);
    free(volume);
    expect_paths(CONFIG "SYSTEM\nKAPE/HOST/C/" CONFIG "SYSTEM\n");
    ck_assert_str_eq(imaged.notes,
                     "1 folders of volume 1 were not looked through, for their size or number");
    ck_assert(!imaged.is_incomplete);
}
END_TEST

START_TEST(what_is_deleted_or_a_link_is_not_followed_and_a_file_is_one_member)
{
    ntfs_node file = ntfs_writer_add_path(writer, LOGS "First.evtx", "a", 1, NTFS_RESIDENT);
    ntfs_node logs = file - 1, link;

    ntfs_writer_add_name(writer, file, logs, "Second.evtx");
    ntfs_writer_delete(writer,
                       ntfs_writer_add_file(writer, logs, "Odd.evtx", "a", 1, NTFS_RESIDENT));
    ntfs_writer_delete(writer,
                       ntfs_writer_add_file(writer, logs, "Even.evtx", "a", 1, NTFS_RESIDENT));
    link = ntfs_writer_add_folder(writer, NTFS_WRITER_ROOT, "C");
    ntfs_writer_set_reparse_tag(writer, link, 0xA0000003);
    add("C/" LOGS "Beyond.evtx");
    read_volume();
    expect_paths(LOGS "First.evtx\n");
}
END_TEST

START_TEST(files_that_cannot_be_read_are_members_that_say_why)
{
    ntfs_node node = ntfs_writer_add_path(writer, LOGS "Elsewhere.evtx", "", 0, NTFS_RESIDENT);

    ntfs_writer_set_reparse_tag(writer, node, 0x9000001A);
    node = ntfs_writer_add_path(writer, LOGS "Encrypted.evtx", "a", 1, NTFS_RESIDENT);
    ntfs_writer_set_attributes(writer, node, 0x4000);
    read_volume();
    ck_assert_uint_eq(imaged.count, 2);
    ck_assert_ptr_nonnull(strstr(imaged.members[0].why_unread, "0x9000001A"));
    ck_assert_ptr_nonnull(strstr(imaged.members[1].why_unread, "EFS"));
}
END_TEST

START_TEST(volume_without_paths_of_interest_is_said)
{
    add("Users/x/y.txt");
    read_volume();
    ck_assert_uint_eq(imaged.count, 0);
    expect_note("none of the paths", false);
}
END_TEST

START_TEST(medium_is_the_last_member_where_it_is_wanted)
{
    size_t size_bytes;
    uint8_t *volume;

    add(LOGS "A.evtx");
    add(LOGS "B.evtx");
    volume = ntfs_writer_finish(writer, &size_bytes);
    imaged_read_bytes(SOURCE_KIND_RAW_IMAGE, volume, size_bytes, true, &imaged);
    ck_assert_uint_eq(imaged.count, 3);
    ck_assert_int_eq(imaged.members[2].type, MEMBER_MEDIUM);
    ck_assert_str_eq(imaged.members[2].path, "");
    ck_assert_uint_eq(imaged.members[2].size_bytes, size_bytes);
    ck_assert_mem_eq(imaged.members[2].bytes, volume, size_bytes);
    free(volume);
}
END_TEST

/* ---- Volumes ---- */

/* A disk of 16 MiB; volumes are put where a test wants them. */
static uint8_t *disk;
#define DISK_BYTES (16 * MIB_BYTES)

static void put_volume(size_t offset_bytes, const char *path)
{
    size_t size_bytes;
    uint8_t *volume;

    add(path);
    volume = ntfs_writer_finish(writer, &size_bytes);
    ck_assert_uint_le(offset_bytes + size_bytes, DISK_BYTES);
    memcpy(disk + offset_bytes, volume, size_bytes);
    free(volume);
    ntfs_writer_free(writer);
    writer = ntfs_writer_new();
}

static void begin_disk(void)
{
    begin();
    disk = memory_allocate(1, DISK_BYTES);
    disk[510] = 0x55;
    disk[511] = 0xAA;
}

static void end_disk(void)
{
    free(disk);
    end();
}

/* Sectors are counted from the beginning of the disk, or of the extended partition. */
static void put_mbr_entry(size_t table_bytes, size_t number, uint8_t type, uint32_t start,
                          uint32_t count)
{
    uint8_t *entry = disk + table_bytes + 446 + 16 * number;

    disk[table_bytes + 510] = 0x55;
    disk[table_bytes + 511] = 0xAA;
    entry[4] = type;
    layout_store(entry + 8, start, 4);
    layout_store(entry + 12, count, 4);
}

static void read_disk(void)
{
    imaged_free_content(&imaged);
    imaged_read_bytes(SOURCE_KIND_RAW_IMAGE, disk, DISK_BYTES, false, &imaged);
}

START_TEST(volumes_of_an_mbr_are_found)
{
    put_volume(MIB_BYTES, LOGS "A.evtx");
    put_volume(2 * MIB_BYTES, "Users/x.txt");
    put_volume(3 * MIB_BYTES, LOGS "B.evtx");
    put_mbr_entry(0, 0, 7, 3 * 2048, 2048);
    put_mbr_entry(0, 1, 7, 2048, 2048);
    put_mbr_entry(0, 2, 7, 2 * 2048, 2048);
    read_disk();
    expect_paths("volume1/" LOGS "A.evtx\nvolume3/" LOGS "B.evtx\n");
    ck_assert_str_eq(imaged.notes, "");
    /* One alone with members is not counted. */
    memset(disk + 446, 0, 16);
    read_disk();
    expect_paths(LOGS "A.evtx\n");
}
END_TEST

START_TEST(logical_drives_are_found)
{
    size_t extended = 4 * MIB_BYTES;

    put_volume(extended + MIB_BYTES, LOGS "A.evtx");
    put_volume(extended + 3 * MIB_BYTES, LOGS "B.evtx");
    put_mbr_entry(0, 0, 0x0F, 4 * 2048, 8 * 2048);
    put_mbr_entry(extended, 0, 7, 2048, 1024);
    put_mbr_entry(extended, 1, 5, 2 * 2048, 2 * 2048);
    put_mbr_entry(extended + 2 * MIB_BYTES, 0, 7, 2048, 1024);
    read_disk();
    expect_paths("volume1/" LOGS "A.evtx\nvolume2/" LOGS "B.evtx\n");
    /* A chain that leads back ends. */
    put_mbr_entry(extended + 2 * MIB_BYTES, 1, 5, 0, 2048);
    read_disk();
    expect_paths("volume1/" LOGS "A.evtx\nvolume2/" LOGS "B.evtx\n");
    expect_note("partition table", true);
}
END_TEST

START_TEST(volumes_of_disks_with_large_sectors_are_found)
{
    put_volume(MIB_BYTES, LOGS "A.evtx");
    put_mbr_entry(0, 0, 7, 256, 256);
    read_disk();
    expect_paths(LOGS "A.evtx\n");
}
END_TEST

#define GUID_DATA "\xA2\xA0\xD0\xEB\xE5\xB9\x33\x44\x87\xC0\x68\xB6\xB7\x26\x99\xC7"
#define GUID_RESERVED "\x16\xE3\xC9\xE3\x5C\x0B\xB8\x4D\x81\x7D\xF9\x2D\xF0\x02\x15\xAE"
#define GUID_DYNAMIC "\xA0\x60\x9B\xAF\x31\x14\x62\x4F\xBC\x68\x33\x11\x71\x4A\x69\xAD"

static void put_gpt(size_t header_bytes, size_t sector_bytes)
{
    memcpy(disk + header_bytes, "EFI PART", 8);
    layout_store(disk + header_bytes + 72, 2, 8);
    layout_store(disk + header_bytes + 80, 128, 4);
    layout_store(disk + header_bytes + 84, 128, 4);
    put_mbr_entry(0, 0, 0xEE, 1, UINT32_MAX);
    memset(disk + 2 * sector_bytes, 0, (size_t)128 * 128);
}

static void put_gpt_entry(size_t sector_bytes, size_t number, const char *guid, size_t start_bytes,
                          size_t size_bytes)
{
    uint8_t *entry = disk + 2 * sector_bytes + 128 * number;

    memcpy(entry, guid, 16);
    layout_store(entry + 32, start_bytes / sector_bytes, 8);
    layout_store(entry + 40, (start_bytes + size_bytes) / sector_bytes - 1, 8);
}

START_TEST(volumes_of_a_gpt_are_found)
{
    static const struct {
        size_t header_bytes, sector_bytes;
    } cases[] = {{512, 512}, {4096, 4096}, {DISK_BYTES - 512, 512}};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        size_t sector_bytes = cases[index].sector_bytes;

        memset(disk, 0, DISK_BYTES);
        put_volume(2 * MIB_BYTES, LOGS "A.evtx");
        put_gpt(cases[index].header_bytes, sector_bytes);
        put_gpt_entry(sector_bytes, 0, GUID_RESERVED, MIB_BYTES, MIB_BYTES);
        put_gpt_entry(sector_bytes, 3, GUID_DATA, 2 * MIB_BYTES, MIB_BYTES);
        read_disk();
        expect_paths(LOGS "A.evtx\n");
        ck_assert_str_eq(imaged.notes, "");
    }
}
END_TEST

/* Of a disk that was partitioned anew: the GPT, or its copy alone, names what lay there before. */
START_TEST(gpt_counts_where_the_mbr_says_so)
{
    static const size_t headers[] = {512, DISK_BYTES - 512};

    put_volume(MIB_BYTES, LOGS "A.evtx");
    put_volume(4 * MIB_BYTES, LOGS "B.evtx");
    for (size_t index = 0; index < ARRAY_COUNT(headers); index++) {
        memset(disk, 0, MIB_BYTES);
        put_gpt(headers[index], 512);
        put_gpt_entry(512, 0, GUID_DATA, 4 * MIB_BYTES, MIB_BYTES);
        read_disk();
        expect_paths(LOGS "B.evtx\n");
        ck_assert_str_eq(imaged.notes, "");
        put_mbr_entry(0, 0, 7, 2048, 2048);
        read_disk();
        expect_paths(LOGS "A.evtx\n");
        expect_note("has a GPT, too, which its MBR does not protect: not used", false);
        /* Beside others the entry does it as well; and there need not be an MBR. */
        put_mbr_entry(0, 3, 0xEE, 1, 2047);
        read_disk();
        expect_paths(LOGS "B.evtx\n");
        memset(disk, 0, 512);
        read_disk();
        expect_paths(LOGS "B.evtx\n");
        ck_assert_str_eq(imaged.notes, "");
    }
}
END_TEST

START_TEST(other_table_is_read_where_one_names_nothing_known)
{
    put_volume(MIB_BYTES, LOGS "A.evtx");
    put_gpt(512, 512);
    put_gpt_entry(512, 0, GUID_DATA, MIB_BYTES, MIB_BYTES);
    put_mbr_entry(0, 0, 7, 5 * 2048, 2048);
    read_disk();
    expect_paths(LOGS "A.evtx\n");
    expect_note("its MBR names no known volume: those of a GPT are read", true);
    memset(disk + 446, 0, 16);
    read_disk();
    expect_paths(LOGS "A.evtx\n");
    expect_note("its MBR names no known volume", false);
    put_mbr_entry(0, 0, 0xEE, 1, UINT32_MAX);
    put_mbr_entry(0, 1, 7, 2048, 2048);
    put_gpt_entry(512, 0, GUID_DATA, 5 * MIB_BYTES, MIB_BYTES);
    read_disk();
    expect_paths(LOGS "A.evtx\n");
    expect_note("its GPT names no known volume: those of its MBR are read", true);
    /* Nothing known in either: what is said is said of the one that counts. */
    memset(disk + 446 + 16, 0, 16);
    read_disk();
    expect_paths("");
    expect_note("the partition at byte 5242880 has no known file system", true);
}
END_TEST

START_TEST(parts_of_dynamic_disks_are_said)
{
    put_volume(4 * MIB_BYTES, LOGS "A.evtx");
    put_gpt(512, 512);
    put_gpt_entry(512, 0, GUID_DYNAMIC, MIB_BYTES, MIB_BYTES);
    put_gpt_entry(512, 1, GUID_DATA, 4 * MIB_BYTES, MIB_BYTES);
    read_disk();
    expect_paths(LOGS "A.evtx\n");
    expect_note("byte 1048576 is part of a dynamic disk", true);
}
END_TEST

START_TEST(file_systems_that_are_not_read_are_said)
{
    static const struct {
        size_t offset_bytes;
        const char *magic, *note;
        bool is_incomplete_beside_ntfs;
    } cases[] = {
        {3, "-FVE-FS-", "is encrypted (BitLocker)", true},
        {3, "ReFS\0\0\0", "ReFS", true},
        {3, "EXFAT   ", "", false},
        {82, "FAT32   ", "", false},
        {1080, "\x53\xEF", "", false},
        {4000, "something", "has no known file system", true},
        {4000, "", "has no known file system", false},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        memset(disk, 0, DISK_BYTES);
        put_volume(2 * MIB_BYTES, LOGS "A.evtx");
        strcpy((char *)disk + MIB_BYTES + cases[index].offset_bytes, cases[index].magic);
        put_mbr_entry(0, 0, 7, 2048, 2048);
        put_mbr_entry(0, 1, 7, 2 * 2048, 2048);
        read_disk();
        expect_paths(LOGS "A.evtx\n");
        expect_note(cases[index].note, cases[index].is_incomplete_beside_ntfs);
        /* Alone it is all that there is. */
        memset(disk + 446 + 16, 0, 16);
        read_disk();
        expect_paths("");
        expect_note("byte 1048576", true);
    }
}
END_TEST

START_TEST(disks_without_volumes_are_said)
{
    read_disk();
    expect_note("partition table is empty", true);
    memset(disk, 'x', DISK_BYTES);
    read_disk();
    expect_note("no partition table", true);
    memcpy(disk + 3, "-FVE-FS-", 8);
    read_disk();
    expect_note("volume at byte 0 is encrypted (BitLocker)", true);
}
END_TEST

START_TEST(image_that_ends_early_is_said)
{
    size_t size_bytes;
    uint8_t *volume;

    ntfs_writer_add_path(writer, LOGS "A.evtx", disk, 100000, NTFS_PLAIN);
    volume = ntfs_writer_finish(writer, &size_bytes);
    imaged_read_bytes(SOURCE_KIND_RAW_IMAGE, volume, size_bytes - 65536, false, &imaged);
    expect_note("the image ends within the volume at byte 0", true);
    ck_assert_uint_eq(imaged.count, 1);
    ck_assert_ptr_nonnull(imaged.members[0].why_unread);
    free(volume);
}
END_TEST

static Suite *image_suite(void)
{
    Suite *suite = suite_create("image");
    TCase *files = tcase_create("files");
    TCase *volumes = tcase_create("volumes");

    tcase_add_checked_fixture(files, begin, end);
    tcase_add_test(files, bytes_are_the_files_own_however_they_are_stored);
    tcase_add_test(files, what_was_never_written_of_a_file_reads_as_zeros);
    tcase_add_test(files, times_are_those_of_the_files);
    tcase_add_test(files, paths_of_interest_are_members_and_no_others);
    tcase_add_test(files, folders_of_collectors_are_gone_through);
    tcase_add_test(files, large_folders_are_read_whole);
    tcase_add_test(files, folder_that_is_too_large_is_said_and_costs_no_other);
    tcase_add_test(files, unknown_folder_that_is_too_large_is_passed_over);
    tcase_add_test(files, what_is_deleted_or_a_link_is_not_followed_and_a_file_is_one_member);
    tcase_add_test(files, files_that_cannot_be_read_are_members_that_say_why);
    tcase_add_test(files, volume_without_paths_of_interest_is_said);
    tcase_add_test(files, medium_is_the_last_member_where_it_is_wanted);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(volumes, begin_disk, end_disk);
    tcase_add_test(volumes, volumes_of_an_mbr_are_found);
    tcase_add_test(volumes, logical_drives_are_found);
    tcase_add_test(volumes, volumes_of_disks_with_large_sectors_are_found);
    tcase_add_test(volumes, volumes_of_a_gpt_are_found);
    tcase_add_test(volumes, gpt_counts_where_the_mbr_says_so);
    tcase_add_test(volumes, other_table_is_read_where_one_names_nothing_known);
    tcase_add_test(volumes, parts_of_dynamic_disks_are_said);
    tcase_add_test(volumes, file_systems_that_are_not_read_are_said);
    tcase_add_test(volumes, disks_without_volumes_are_said);
    tcase_add_test(volumes, image_that_ends_early_is_said);
    suite_add_tcase(suite, volumes);
    return suite;
}

int main(void)
{
    return run_suite(image_suite());
}
