/* SPDX-License-Identifier: Apache-2.0 */
/* Disk images as other programs write them: an NTFS volume of mkntfs, filled by libntfs-3g, in each
 * format of qemu-img and of ewfacquirestream, whole and in segments, and what lacks something. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "chance.h"
#include "imaged.h"
#include "run.h"
#include "scratch.h"

#define LOGS "Windows/System32/winevt/Logs/"
#define CONFIG "Windows/System32/config/"
#define VOLUME_MIB "24"
/* Some of the clusters of every file are holes, and some shrink. */
#define UNIT_BYTES 65536u

static const struct {
    const char *path;
    size_t size_bytes;
} files[] = {
    {LOGS "Resident.evtx", 200},
    {LOGS "Plain%4Operational.evtx", 400000},
    {LOGS "frag-1.evtx", 2400001},
    {LOGS "frag-2.evtx", 2400000},
    {CONFIG "SOFTWARE", 1500000}, /* compressed, as this folder is */
    {CONFIG "SYSTEM", 65536},
    {"Windows/SoftwareDistribution/DataStore/DataStore.edb", 5000000},
    {"Windows.old/Windows/System32/config/SYSTEM", 10000},
};

/* libewf leaks the pieces that it cannot read; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libewf\n";
}

static bool is_made; /* are the tools there that make volume.raw? */

static uint8_t *make_bytes(size_t size_bytes, uint64_t chance)
{
    uint8_t *bytes = memory_allocate(1, size_bytes);

    for (size_t index = 0; index < size_bytes; index++)
        switch (index / UNIT_BYTES % 3) {
        case 0:
            bytes[index] = (uint8_t)"text that repeats itself, "[(index + size_bytes) % 26];
            break;
        case 1:
            bytes[index] = (uint8_t)(chance_next(&chance) >> 56);
            break;
        }
    return bytes;
}

static void make_folders(const char *path)
{
    char *copy = memory_copy_text(path);

    for (char *slash = strchr(copy, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0777);
        *slash = '/';
    }
    free(copy);
}

static void make_volume(void)
{
    char *filler = scratch_source_path("tests/fixtures/fill_ntfs.py"), *command;

    scratch_begin();
    for (size_t index = 0; index < ARRAY_COUNT(files); index++) {
        char *path = memory_format("folder/%s", files[index].path);
        uint8_t *bytes = make_bytes(files[index].size_bytes, index + 1);

        make_folders(path);
        scratch_write(path, bytes, files[index].size_bytes);
        free(bytes);
        free(path);
    }
    scratch_write("volume.raw", "", 0);
    ck_assert_int_eq(truncate("volume.raw", atoi(VOLUME_MIB) * 1048576L), 0);
    command = memory_format("%s %s volume.raw folder Windows/System32/config",
                            scratch_python_path(), filler);
    is_made = imaged_run("mkntfs -F -q -f volume.raw") && imaged_run(command);
    free(command);
    free(filler);
}

static void expect_files(const struct imaged *imaged)
{
    ck_assert_msg(imaged->error == NULL, "%s", imaged->error);
    ck_assert_str_eq(imaged->notes, "");
    ck_assert_uint_eq(imaged->count, ARRAY_COUNT(files));
    for (size_t index = 0; index < ARRAY_COUNT(files); index++) {
        const struct imaged_member *member = imaged_find(imaged, files[index].path);
        uint8_t *bytes = make_bytes(files[index].size_bytes, index + 1);

        ck_assert_msg(member != NULL, "%s", files[index].path);
        ck_assert_uint_eq(member->size_bytes, files[index].size_bytes);
        ck_assert_mem_eq(member->bytes, bytes, member->size_bytes);
        free(bytes);
    }
}

/* Paths are separated by blanks. */
static void read_files(enum source_kind kind, const char *paths, struct imaged *out)
{
    char *copy = memory_copy_text(paths), *rest = copy, *path;
    const char *list[16];
    size_t count = 0;

    while ((path = strsep(&rest, " ")) != NULL)
        list[count++] = path;
    imaged_read(kind, list, count, false, out);
    free(copy);
}

static void expect_same(enum source_kind kind, const char *paths)
{
    struct imaged imaged;

    read_files(kind, paths, &imaged);
    expect_files(&imaged);
    imaged_free_content(&imaged);
}

static void expect_error(enum source_kind kind, const char *paths, const char *part)
{
    struct imaged imaged;

    read_files(kind, paths, &imaged);
    ck_assert_msg(imaged.error != NULL && strstr(imaged.error, part) != NULL, "%s: %s", part,
                  imaged.error);
    imaged_free_content(&imaged);
}

START_TEST(volume_of_another_writer_is_read)
{
    if (is_made)
        expect_same(SOURCE_KIND_RAW_IMAGE, "volume.raw");
}
END_TEST

START_TEST(every_format_gives_the_same)
{
    static const struct {
        enum source_kind kind;
        const char *arguments, *paths;
    } cases[] = {
        {SOURCE_KIND_VHD, "-O vpc volume.raw dynamic.vhd", "dynamic.vhd"},
        {SOURCE_KIND_VHD, "-O vpc -o subformat=fixed,force_size=on volume.raw fixed.vhd",
         "fixed.vhd"},
        {SOURCE_KIND_VHDX, "-O vhdx volume.raw dynamic.vhdx", "dynamic.vhdx"},
        {SOURCE_KIND_VHDX, "-O vhdx -o subformat=fixed volume.raw fixed.vhdx", "fixed.vhdx"},
        {SOURCE_KIND_QCOW, "-O qcow2 volume.raw plain.qcow2", "plain.qcow2"},
        {SOURCE_KIND_QCOW, "-O qcow2 -c volume.raw packed.qcow2", "packed.qcow2"},
        {SOURCE_KIND_QCOW, "-O qcow2 -o compat=0.10 volume.raw old.qcow2", "old.qcow2"},
        {SOURCE_KIND_VMDK, "-O vmdk volume.raw sparse.vmdk", "sparse.vmdk"},
        {SOURCE_KIND_VMDK, "-O vmdk -o subformat=streamOptimized volume.raw stream.vmdk",
         "stream.vmdk"},
        {SOURCE_KIND_VMDK, "-O vmdk -o subformat=monolithicFlat volume.raw flat.vmdk",
         "flat.vmdk flat-flat.vmdk"},
        {SOURCE_KIND_VMDK, "-O vmdk -o subformat=twoGbMaxExtentSparse volume.raw split.vmdk",
         "split.vmdk split-s001.vmdk"},
        {SOURCE_KIND_VMDK, "-O vmdk -o subformat=twoGbMaxExtentFlat volume.raw pieces.vmdk",
         "pieces.vmdk pieces-f001.vmdk"},
    };

    for (size_t index = 0; is_made && index < ARRAY_COUNT(cases); index++) {
        char *command = memory_format("qemu-img convert -f raw %s", cases[index].arguments);

        if (imaged_run(command))
            expect_same(cases[index].kind, cases[index].paths);
        free(command);
    }
}
END_TEST

START_TEST(extents_are_told_by_their_names)
{
    if (!is_made ||
        !imaged_run(
            "qemu-img convert -f raw -O vmdk -o subformat=monolithicFlat volume.raw a.vmdk"))
        return;
    expect_error(SOURCE_KIND_VMDK, "a.vmdk", "a-flat.vmdk is missing");
    expect_error(SOURCE_KIND_VMDK, "a.vmdk volume.raw", "a-flat.vmdk is missing");
    ck_assert_int_eq(rename("a-flat.vmdk", "A-FLAT.vmdk"), 0);
    expect_same(SOURCE_KIND_VMDK, "a.vmdk volume.raw A-FLAT.vmdk");
    /* A disk in one file names that file as it was called first. */
    ck_assert(imaged_run("qemu-img convert -f raw -O vmdk volume.raw b.vmdk"));
    ck_assert_int_eq(rename("b.vmdk", "c.vmdk"), 0);
    expect_same(SOURCE_KIND_VMDK, "c.vmdk");
}
END_TEST

START_TEST(images_that_need_another_or_a_key_say_so)
{
    static const struct {
        enum source_kind kind;
        const char *arguments, *path, *part;
    } cases[] = {
        {SOURCE_KIND_QCOW, "create -q -f qcow2 -b base.qcow2 -F qcow2 child.qcow2", "child.qcow2",
         "needs its parent"},
        {SOURCE_KIND_VMDK, "create -q -f vmdk -b base.vmdk -F vmdk child.vmdk", "child.vmdk",
         "needs its parent"},
        {SOURCE_KIND_QCOW,
         "create -q -f qcow2 --object secret,id=key,data=word -o "
         "encrypt.format=aes,encrypt.key-secret=key locked.qcow2 8M",
         "locked.qcow2", "is encrypted"},
        {SOURCE_KIND_QCOW, "convert -c -O qcow2 -o compression_type=zstd volume.raw zstd.qcow2",
         "zstd.qcow2", "features 0x8"},
    };

    if (!is_made || !imaged_run("qemu-img convert -O qcow2 volume.raw base.qcow2") ||
        !imaged_run("qemu-img convert -O vmdk volume.raw base.vmdk"))
        return;
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        char *command = memory_format("qemu-img %s", cases[index].arguments);

        ck_assert(imaged_run(command));
        expect_error(cases[index].kind, cases[index].path, cases[index].part);
        free(command);
    }
}
END_TEST

/* Sets the type of a VHD in both of its footers: 4 is one that has a parent. */
START_TEST(differencing_vhd_needs_its_parent)
{
    size_t size_bytes;
    struct stat status;
    char *bytes;

    if (!is_made || !imaged_run("qemu-img convert -f raw -O vpc volume.raw a.vhd"))
        return;
    ck_assert_int_eq(stat("a.vhd", &status), 0);
    size_bytes = (size_t)status.st_size;
    bytes = scratch_read("a.vhd");
    bytes[63] = 4;
    bytes[size_bytes - 512 + 63] = 4;
    scratch_write("a.vhd", bytes, size_bytes);
    free(bytes);
    expect_error(SOURCE_KIND_VHD, "a.vhd", "needs its parent");
}
END_TEST

START_TEST(log_of_a_vhdx_is_said)
{
    struct imaged imaged;
    struct stat status;
    char *bytes;

    if (!is_made || !imaged_run("qemu-img convert -f raw -O vhdx volume.raw a.vhdx"))
        return;
    ck_assert_int_eq(stat("a.vhdx", &status), 0);
    bytes = scratch_read("a.vhdx");
    memset(bytes + 64 * 1024 + 48, 1, 16);
    memset(bytes + 128 * 1024 + 48, 1, 16);
    scratch_write("a.vhdx", bytes, (size_t)status.st_size);
    free(bytes);
    read_files(SOURCE_KIND_VHDX, "a.vhdx", &imaged);
    ck_assert(imaged.is_incomplete || imaged.error != NULL);
    imaged_free_content(&imaged);
}
END_TEST

START_TEST(segments_of_ewf_are_one_medium_and_a_missing_one_is_said)
{
    struct imaged imaged;

    if (!is_made || !imaged_run("ewfacquirestream -q -t image -S 2097152 -c none <volume.raw"))
        return;
    expect_same(SOURCE_KIND_EWF,
                "image.E01 image.E02 image.E03 image.E04 image.E05 image.E06 image.E07 image.E08 "
                "image.E09 image.E10 image.E11 image.E12 image.E13");
    read_files(SOURCE_KIND_EWF, "image.E01 image.E02", &imaged);
    ck_assert_ptr_nonnull(strstr(imaged.notes, "the segment behind image.E02 is missing"));
    ck_assert(imaged.is_incomplete);
    imaged_free_content(&imaged);
    expect_error(SOURCE_KIND_EWF, "image.E02", "libewf");
    expect_error(SOURCE_KIND_EWF, "image.E01 image.E03", "libewf");
}
END_TEST

START_TEST(split_files_are_one_medium)
{
    struct imaged imaged;

    if (!is_made || !imaged_run("split -b 7M -d -a 3 --numeric-suffixes=1 volume.raw raw."))
        return;
    expect_same(SOURCE_KIND_RAW_IMAGE, "raw.001 raw.002 raw.003 raw.004");
    read_files(SOURCE_KIND_RAW_IMAGE, "raw.001 raw.002 raw.003", &imaged);
    ck_assert_ptr_nonnull(strstr(imaged.notes, "the image ends within the volume at byte 0"));
    imaged_free_content(&imaged);
}
END_TEST

START_TEST(partitions_of_sfdisk_are_found)
{
    static const char *const labels[] = {"dos", "gpt"};

    for (size_t index = 0; is_made && index < ARRAY_COUNT(labels); index++) {
        char *script =
            memory_format("label: %s\nstart=2048, size=" VOLUME_MIB "MiB\n", labels[index]);

        scratch_write("disk.raw", "", 0);
        ck_assert_int_eq(truncate("disk.raw", 32 * 1048576L), 0);
        scratch_write("script", script, strlen(script));
        free(script);
        if (!imaged_run("sfdisk -q disk.raw <script") ||
            !imaged_run("dd if=volume.raw of=disk.raw bs=1M seek=1 conv=notrunc"))
            return;
        expect_same(SOURCE_KIND_RAW_IMAGE, "disk.raw");
    }
}
END_TEST

static Suite *image_formats_suite(void)
{
    Suite *suite = suite_create("image_formats");
    TCase *formats = tcase_create("formats");

    tcase_set_timeout(formats, 120);
    tcase_add_unchecked_fixture(formats, make_volume, scratch_end);
    tcase_add_test(formats, volume_of_another_writer_is_read);
    tcase_add_test(formats, every_format_gives_the_same);
    tcase_add_test(formats, extents_are_told_by_their_names);
    tcase_add_test(formats, images_that_need_another_or_a_key_say_so);
    tcase_add_test(formats, differencing_vhd_needs_its_parent);
    tcase_add_test(formats, log_of_a_vhdx_is_said);
    tcase_add_test(formats, segments_of_ewf_are_one_medium_and_a_missing_one_is_said);
    tcase_add_test(formats, split_files_are_one_medium);
    tcase_add_test(formats, partitions_of_sfdisk_are_found);
    suite_add_tcase(suite, formats);
    return suite;
}

int main(void)
{
    return run_suite(image_formats_suite());
}
