/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of disk images on changed copies of images: of a volume made here, and where the tools
 * are, of that volume in each format. Each is read in a child process; whatever was changed, it
 * comes to its end in time and in bounded memory. Libraries read these formats, and a crash in one
 * costs the image in the program, not the run: some are excused here, and counted. MUTANTS and
 * MUTANT_SEED in the environment say how many and which. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "chance.h"
#include "container/unpacker.h"
#include "fixtures/layout.h"
#include "fixtures/ntfs_writer.h"
#include "imaged.h"
#include "mutant.h"
#include "run.h"
#include "scratch.h"
#include "trial.h"

#define MUTANTS_USUAL 2000u
#define BATCH 20u
/* Of processor time; a mutant takes some milliseconds. */
#define SECONDS_MOST 20
#define CHANGES_MOST 4u
/* Sizes are what a mutant says: the program has limits, and here there is this one, a member. */
#define MEMBER_BYTES_MOST ((uint64_t)16 * 1024 * 1024)
#define MEMBERS_MOST 64u
#define MEMORY_KIB_MOST (128u * 1024)
/* One mutant in so many may crash a library. */
#define CRASHES_ONE_IN 200u

/* Libraries leak where they give up in the middle of something. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libewf\nleak:libfsntfs\nleak:libvhdi\nleak:libvmdk\nleak:libqcow\n";
}

/* ---- What mutants are made of ---- */

struct original {
    enum source_kind kind;
    const char *name;
    uint8_t *bytes; /* owned */
    size_t size_bytes;
    size_t *places; /* owned: where structures begin */
    size_t place_count;
};

static struct original originals[12];
static size_t original_count;

static uint8_t *make_volume(size_t *size_bytes)
{
    static const enum ntfs_storage storages[] = {NTFS_RESIDENT, NTFS_PLAIN, NTFS_PIECES, NTFS_HOLES,
                                                 NTFS_COMPRESSED};
    struct ntfs_writer *writer = ntfs_writer_new();
    uint8_t *bytes = memory_allocate(1, 100000), *volume;
    ntfs_node node = 0;

    for (size_t index = 0; index < 100000; index++)
        bytes[index] = index / 4096 % 3 == 0 ? 0 : (uint8_t)(index % 251);
    for (unsigned number = 0; number < 40; number++) {
        enum ntfs_storage storage =
            number < ARRAY_COUNT(storages) ? storages[number] : NTFS_RESIDENT;
        char *path = memory_format("Windows/System32/winevt/Logs/Log%02u.evtx", number);

        node = ntfs_writer_add_path(writer, path, bytes, storage == NTFS_RESIDENT ? 200 : 70000,
                                    storage);
        free(path);
    }
    ntfs_writer_set_reparse_tag(writer, node, 0x80000017);
    ntfs_writer_add_path(writer, "C/Windows/System32/config/SYSTEM", bytes, 100000,
                         NTFS_COMPRESSED);
    volume = ntfs_writer_finish(writer, size_bytes);
    ntfs_writer_free(writer);
    free(bytes);
    return volume;
}

/* Structures begin with these; so do the tables at fixed places. */
static void find_places(struct original *original)
{
    static const char *const magics[] = {"FILE",    "INDX",    "conectix", "cxsparse",
                                         "head",    "regi",    "meta",     "KDMV",
                                         "EVF\x09", "QFI\xFB", "EFI PART", "# Disk"};
    size_t step = original->kind == SOURCE_KIND_EWF ? 1 : 512;

    for (size_t at = 0; at + 16 < original->size_bytes; at += step)
        for (size_t index = 0; index < ARRAY_COUNT(magics); index++) {
            bool is_section = original->kind == SOURCE_KIND_EWF && at % 4 == 1 &&
                              memcmp(original->bytes + at, "table", 5) == 0;

            if (!is_section &&
                memcmp(original->bytes + at, magics[index], strlen(magics[index])) != 0)
                continue;
            original->places =
                memory_grow(original->places, original->place_count, sizeof(*original->places));
            original->places[original->place_count++] = at;
            break;
        }
}

static void add_original(enum source_kind kind, const char *name, uint8_t *bytes, size_t size_bytes)
{
    struct original *original = &originals[original_count++];

    *original =
        (struct original){.kind = kind, .name = name, .bytes = bytes, .size_bytes = size_bytes};
    find_places(original);
}

static void add_file(enum source_kind kind, const char *path)
{
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    add_original(kind, path, (uint8_t *)scratch_read(path), (size_t)status.st_size);
}

/* A partition table in front of the volume, with a drive in an extended partition. */
static void add_disk(const uint8_t *volume, size_t size_bytes)
{
    size_t start_bytes = 64 * 512;
    uint8_t *disk = memory_allocate(1, start_bytes + size_bytes);

    memcpy(disk + start_bytes, volume, size_bytes);
    layout_store(disk + 446 + 4, 0x0F, 1);
    layout_store(disk + 446 + 8, 1, 4);
    layout_store(disk + 446 + 12, 1000, 4);
    layout_store(disk + 512 + 446 + 4, 7, 1);
    layout_store(disk + 512 + 446 + 8, 63, 4);
    layout_store(disk + 512 + 446 + 12, size_bytes / 512, 4);
    layout_store(disk + 510, 0xAA55, 2);
    layout_store(disk + 512 + 510, 0xAA55, 2);
    add_original(SOURCE_KIND_RAW_IMAGE, "disk", disk, start_bytes + size_bytes);
}

static void make_originals(void)
{
    static const struct {
        enum source_kind kind;
        const char *arguments, *path;
    } formats[] = {
        {SOURCE_KIND_VHDX, "-O vhdx", "image.vhdx"},
        {SOURCE_KIND_VHD, "-O vpc", "image.vhd"},
        {SOURCE_KIND_QCOW, "-O qcow2", "image.qcow2"},
        {SOURCE_KIND_QCOW, "-c -O qcow2", "packed.qcow2"},
        {SOURCE_KIND_VMDK, "-O vmdk", "image.vmdk"},
        {SOURCE_KIND_VMDK, "-O vmdk -o subformat=streamOptimized", "stream.vmdk"},
    };
    size_t size_bytes;
    uint8_t *volume = make_volume(&size_bytes);

    scratch_write("volume.raw", volume, size_bytes);
    add_disk(volume, size_bytes);
    add_original(SOURCE_KIND_RAW_IMAGE, "volume", volume, size_bytes);
    if (imaged_run("ewfacquirestream -q -t image -c fast <volume.raw"))
        add_file(SOURCE_KIND_EWF, "image.E01");
    for (size_t index = 0; index < ARRAY_COUNT(formats); index++) {
        char *command = memory_format("qemu-img convert -f raw %s volume.raw %s",
                                      formats[index].arguments, formats[index].path);

        if (imaged_run(command))
            add_file(formats[index].kind, formats[index].path);
        free(command);
    }
}

/* ---- A mutant ---- */

struct shared {
    uint64_t number;
    char story[256];
    uint64_t opened, refused, members, unread;
    int64_t memory_kib;
};

static uint64_t below(uint64_t *chance, uint64_t limit)
{
    return (chance_next(chance) >> 16) % limit;
}

static size_t choose_place(const struct original *original, uint64_t *chance)
{
    size_t within = (size_t)below(chance, below(chance, 2) == 0 ? 128 : 1024), place;

    switch (below(chance, 6)) {
    case 0: /* near the beginning */
        place = (size_t)below(chance, 8) * 512;
        break;
    case 1: /* near the end */
        place = original->size_bytes > 4096 ? original->size_bytes - 4096 : 0;
        break;
    case 2: /* a table that has no magic, at some round place */
        place = (size_t)below(chance, original->size_bytes / 4096 + 1) * 4096;
        break;
    default:
        place =
            original->place_count > 0 ? original->places[below(chance, original->place_count)] : 0;
    }
    return place + within;
}

static void change(const struct original *original, uint8_t *bytes, uint64_t *chance)
{
    static const uint64_t strange[] = {0,          1,          2,          0x7F,     0x80,
                                       0xFF,       0x7FFF,     0x8000,     0xFFFF,   0x7FFFFFFF,
                                       0x80000000, 0xFFFFFFFF, UINT64_MAX, INT64_MAX};
    size_t at = choose_place(original, chance), size_bytes = (size_t)1 << below(chance, 4);

    if (at + size_bytes > original->size_bytes)
        return;
    if (below(chance, 3) == 0)
        bytes[at] ^= (uint8_t)(1u << below(chance, 8));
    else
        layout_store(bytes + at, strange[below(chance, ARRAY_COUNT(strange))], size_bytes);
}

static void read_all(struct unpacker *unpacker, struct shared *shared)
{
    static uint8_t buffer[65536];
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct container_member member;

    for (unsigned count = 0; count < MEMBERS_MOST; count++) {
        uint64_t read_bytes = 0;
        size_t got = 1;

        if (unpacker->next(unpacker->state, &member, &err) != 1)
            break;
        shared->members++;
        while (member.why_unread == NULL && got > 0 && read_bytes < MEMBER_BYTES_MOST) {
            if (unpacker->read(unpacker->state, buffer, sizeof(buffer), &got, &err) != 0) {
                shared->unread++;
                break;
            }
            read_bytes += got;
        }
        error_clear(&err);
    }
}

static void try_mutant(struct shared *shared, const struct original *original, uint64_t seed)
{
    uint64_t chance = (seed + shared->number) * UINT64_C(0x9E3779B97F4A7C15) | 1;
    struct container_file file = {.descriptor = memfd_create("mutant", MFD_CLOEXEC),
                                  .size_bytes = original->size_bytes,
                                  .name = original->name};
    struct container_input input = {
        .kind = original->kind, .files = &file, .file_count = 1, .carve = true};
    uint8_t *bytes = memory_allocate(1, original->size_bytes);
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct container_notes notes = {0};
    struct unpacker unpacker;

    memcpy(bytes, original->bytes, original->size_bytes);
    for (uint64_t left = 1 + below(&chance, CHANGES_MOST); left > 0; left--)
        change(original, bytes, &chance);
    if (file_write(file.descriptor, bytes, original->size_bytes) != 0)
        abort();
    free(bytes);
    if (image_open(&input, &notes, &unpacker, &err) == 0) {
        shared->opened++;
        read_all(&unpacker, shared);
        unpacker.close(unpacker.state);
    } else {
        shared->refused++;
        if (err.kind != ERROR_SOURCE || err.message == NULL)
            abort();
    }
    error_clear(&err);
    text_free(&notes.detail);
    close(file.descriptor);
}

static void try_batch(struct shared *shared, uint64_t seed, uint64_t end)
{
    struct rusage usage;

    for (; shared->number < end; shared->number++) {
        struct itimerval limit = {.it_value.tv_sec = SECONDS_MOST};
        const struct original *original = &originals[shared->number % original_count];

        snprintf(shared->story, sizeof(shared->story), "%s", original->name);
        setitimer(ITIMER_PROF, &limit, NULL);
        try_mutant(shared, original, seed);
    }
    getrusage(RUSAGE_SELF, &usage);
    if (usage.ru_maxrss > shared->memory_kib)
        shared->memory_kib = usage.ru_maxrss;
}

/* ---- In the parent ---- */

START_TEST(mutants_are_read_to_their_end)
{
    uint64_t seed = trial_setting("MUTANT_SEED", MUTANT_SEED);
    uint64_t most = trial_mutants(MUTANTS_USUAL), crashes = 0, failures = 0;
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(shared, MAP_FAILED);
    make_originals();
    while (shared->number < most) {
        uint64_t end = shared->number + BATCH < most ? shared->number + BATCH : most;
        int status;
        pid_t child;

        fflush(NULL);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            try_batch(shared, seed, end);
            _exit(EXIT_SUCCESS);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        if (status == 0)
            continue;
        printf("mutant %" PRIu64 " (%s): status %d\n", shared->number, shared->story, status);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
            crashes++;
        else
            failures++;
        shared->number++;
    }
    printf("%" PRIu64 " mutants: %" PRIu64 " opened, %" PRIu64 " refused; %" PRIu64
           " members, %" PRIu64 " not whole; %" PRIu64 " crashes; %" PRId64 " KiB at most\n",
           shared->number, shared->opened, shared->refused, shared->members, shared->unread,
           crashes, shared->memory_kib);
    ck_assert_uint_eq(failures, 0);
    ck_assert_uint_le(crashes, most / CRASHES_ONE_IN);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_le(shared->memory_kib, MEMORY_KIB_MOST);
#endif
    munmap(shared, sizeof(*shared));
    for (size_t index = 0; index < original_count; index++) {
        free(originals[index].bytes);
        free(originals[index].places);
    }
}
END_TEST

static Suite *mutants_suite(void)
{
    Suite *suite = suite_create("image mutants");
    TCase *tests = tcase_create("image mutants");

    tcase_set_timeout(tests, 600);
    tcase_add_checked_fixture(tests, scratch_begin, scratch_end);
    tcase_add_test(tests, mutants_are_read_to_their_end);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(mutants_suite());
}
