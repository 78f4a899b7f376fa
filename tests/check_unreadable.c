/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that does not give all of a file. This program's mmap and pread stand before those of the
 * C library: of the broken page, pread fails as it does on a bad sector, and a mapping raises
 * SIGBUS there, as the kernel's own does. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/ingest.h"
#include "base/memory.h"
#include "casework.h"
#include "fixtures/ese_writer.h"
#include "fixtures/evtx_writer.h"
#include "intake/content.h"
#include "readout.h"
#include "run.h"
#include "scratch.h"
#include "text/text_reader.h"
#include "worker/hash.h"

#define BROKEN_PATH "in/broken"
#define PAGE_BYTES 4096u

/* ---- The disk ---- */

static bool disk_is_broken;
static ino_t broken_file;
static off_t broken_start; /* of the page, in that file */

static bool is_broken(int descriptor)
{
    struct stat status;

    return disk_is_broken && descriptor >= 0 && fstat(descriptor, &status) == 0 &&
           status.st_ino == broken_file;
}

ssize_t pread(int descriptor, void *buffer, size_t size_bytes, off_t start)
{
    if (is_broken(descriptor) && start < broken_start + (off_t)PAGE_BYTES &&
        start + (off_t)size_bytes > broken_start) {
        if (start >= broken_start) {
            errno = EIO;
            return -1;
        }
        size_bytes = (size_t)(broken_start - start);
    }
    return syscall(SYS_pread64, descriptor, buffer, size_bytes, start);
}

/* The page is mapped from an empty file, which is what raises SIGBUS. */
static void break_mapping(uint8_t *bytes, size_t size_bytes, off_t start)
{
    int empty = memfd_create("empty", MFD_CLOEXEC);

    if (broken_start >= start && broken_start < start + (off_t)size_bytes)
        syscall(SYS_mmap, bytes + (broken_start - start), PAGE_BYTES, PROT_READ,
                MAP_SHARED | MAP_FIXED, empty, (off_t)0);
    close(empty);
}

void *mmap(void *address, size_t size_bytes, int protection, int flags, int descriptor, off_t start)
{
    void *bytes =
        (void *)syscall(SYS_mmap, address, size_bytes, protection, flags, descriptor, start);

    if (bytes != MAP_FAILED && is_broken(descriptor))
        break_mapping(bytes, size_bytes, start);
    return bytes;
}

/* From now on the page of the file in which the byte lies cannot be read. */
static void break_disk(size_t offset_bytes)
{
    struct stat status;

    ck_assert_int_eq(stat(BROKEN_PATH, &status), 0);
    broken_file = status.st_ino;
    broken_start = (off_t)(offset_bytes / PAGE_BYTES * PAGE_BYTES);
    disk_is_broken = true;
}

/* ---- The fixture ---- */

static struct options options;

static void begin(void)
{
    casework_begin();
    /* The readers break their mappings themselves, with what no sandbox allows. */
    options = (struct options){.window = incident_window,
                               .sandbox = {.is_off = true},
                               .hash = true,
                               .jobs = 1,
                               .quiet = true};
    disk_is_broken = false;
    ck_assert_int_eq(mkdir("in", 0777), 0);
}

static void read_input(struct case_source *source)
{
    const char *inputs[] = {"in"};
    struct walk walk;

    walk_collect(inputs, 1, NULL, false, &walk);
    ck_assert_msg(ingest_run(db, &walk, &options, &err) == 0, "%s", err.message);
    walk_free_content(&walk);
    ck_assert_int_eq(casedb_find_source(db, BROKEN_PATH, source, &err), 1);
}

/* A log of four chunks. */
static struct evtx_image *write_log(void)
{
    struct evtx_image *image = readout_make_log(NULL, 4, 3, false);

    ck_assert_int_eq(evtx_image_write(image, BROKEN_PATH), 0);
    return image;
}

#define NO_HASH "no SHA-256, as not all of it can be read"

static void expect_no_hash(const struct case_source *source, enum source_status status,
                           size_t offset_bytes)
{
    char *damage = memory_format("at byte %zu: cannot be read: Input/output error; ", offset_bytes);

    ck_assert_int_eq(source->status, status);
    ck_assert_msg(source->sha256 == NULL, "%s", source->sha256);
    ck_assert_msg(strncmp(source->detail, damage, strlen(damage)) == 0, "%s", source->detail);
    ck_assert_msg(strstr(source->detail, NO_HASH) != NULL, "%s", source->detail);
    free(damage);
}

/* ---- Sources of each kind ---- */

START_TEST(log_with_a_page_that_cannot_be_read_has_no_hash)
{
    struct evtx_image *image = write_log();
    size_t start = image->chunks[_i].offset_bytes;
    struct case_source source;

    /* In the free space of a chunk: all records are there, and the zeros of a page that could not
     * be read would be no other than those of the file. */
    break_disk(start + EVTX_CHUNK_SIZE - 1);
    read_input(&source);
    expect_no_hash(&source, SOURCE_STATUS_DAMAGED, start + EVTX_CHUNK_SIZE - PAGE_BYTES);
    ck_assert_uint_eq(source.record_count, 12);
    evtx_image_free(image);
}
END_TEST

START_TEST(the_same_log_on_a_sound_disk_has_its_hash)
{
    struct evtx_image *image = write_log();
    struct case_source source;

    read_input(&source);
    ck_assert_int_eq(source.status, SOURCE_STATUS_OK);
    ck_assert_ptr_nonnull(source.sha256);
    ck_assert_str_eq(source.detail, "");
    evtx_image_free(image);
}
END_TEST

START_TEST(image_with_a_page_that_cannot_be_read_has_no_hash)
{
    struct evtx_image *image = write_log();
    struct case_source source;

    memset(image->bytes, 'x', EVTX_FILE_HEADER_SIZE + 8);
    ck_assert_int_eq(evtx_image_write(image, BROKEN_PATH), 0);
    options.carve = true;
    break_disk(image->chunks[2].offset_bytes - 1);
    read_input(&source);
    ck_assert_uint_eq(source.kind, SOURCE_KIND_CARVED);
    expect_no_hash(&source, SOURCE_STATUS_DAMAGED, image->chunks[2].offset_bytes - PAGE_BYTES);
    evtx_image_free(image);
}
END_TEST

START_TEST(listing_with_a_page_that_cannot_be_read_is_not_read_and_has_no_hash)
{
    static const char listing[] = "HotFixID   InstalledOn\r\n"
                                  "KB971033   1/9/2019\r\n";
    static char text[40 * PAGE_BYTES];
    struct case_source source;

    memset(text, '\n', sizeof(text));
    memcpy(text, listing, sizeof(listing) - 1);
    scratch_write(BROKEN_PATH, text, sizeof(text));
    break_disk(sizeof(text) - 1);
    read_input(&source);
    ck_assert_uint_eq(source.kind, SOURCE_KIND_LISTING);
    ck_assert_int_eq(source.status, SOURCE_STATUS_UNREADABLE);
    ck_assert_ptr_null(source.sha256);
    ck_assert_str_eq(source.detail, "cannot be read: Input/output error");
}
END_TEST

/* In the midst of a block that is read at once. */
START_TEST(database_with_a_page_that_cannot_be_read_names_it)
{
    struct ese_writer_options options_of_database = {.unused_pages = 100};
    struct ese_image *image = ese_write_datastore(NULL, 0, &options_of_database);
    struct case_source source;

    ck_assert_int_eq(ese_image_write(image, BROKEN_PATH), 0);
    break_disk(image->size_bytes - 50 * PAGE_BYTES);
    read_input(&source);
    ck_assert_uint_eq(source.kind, SOURCE_KIND_DATABASE);
    expect_no_hash(&source, SOURCE_STATUS_DAMAGED, (size_t)broken_start);
    ese_image_free(image);
}
END_TEST

static char zeros[1000 * PAGE_BYTES];

/* Where in a file of that size the broken page is: one of them in each test. */
static const size_t broken_bytes[] = {PAGE_BYTES - 1, 13 * PAGE_BYTES, 299 * PAGE_BYTES + 1,
                                      sizeof(zeros) - 1};

START_TEST(text_names_the_byte_at_which_reading_failed)
{
    static const char listing[] = "HotFixID   InstalledOn\r\n"
                                  "KB971033   1/9/2019\r\n";
    struct readout got = {0};
    char *text = memory_allocate(sizeof(zeros), 1);
    int descriptor;

    memset(text, '\n', sizeof(zeros));
    memcpy(text, listing, sizeof(listing) - 1);
    scratch_write(BROKEN_PATH, text, sizeof(zeros));
    break_disk(broken_bytes[_i]);
    descriptor = open(BROKEN_PATH, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(readout_read(&got, &text_reader, descriptor, sizeof(zeros)), -1);
    ck_assert_uint_eq(got.err.offset_bytes, (uint64_t)broken_start);
    ck_assert_str_eq(got.err.message, "cannot be read: Input/output error");
    close(descriptor);
    readout_clear(&got);
    free(text);
}
END_TEST

START_TEST(the_head_of_a_file_names_the_byte_at_which_reading_failed)
{
    struct walk_entry entry = {.path = memory_copy_text(BROKEN_PATH), .named = true};
    struct source source = {0};
    const char *name;
    int descriptor = -1;

    scratch_write(BROKEN_PATH, zeros, sizeof(zeros));
    break_disk(PAGE_BYTES);
    ck_assert_int_eq(content_open(&entry, false, &descriptor, &source, &name, &err), -1);
    ck_assert_uint_eq(err.offset_bytes, PAGE_BYTES);
    ck_assert_str_eq(err.message, "cannot be read: Input/output error");
    error_clear(&err);
    close(descriptor);
    source_free_content(&source);
    free(entry.path);
}
END_TEST

START_TEST(hash_names_the_byte_at_which_reading_failed)
{
    struct hash *hash = hash_new(&err);
    int descriptor;

    scratch_write(BROKEN_PATH, zeros, sizeof(zeros));
    break_disk(broken_bytes[_i]);
    descriptor = open(BROKEN_PATH, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(hash_file(hash, descriptor, sizeof(zeros), &err), -1);
    ck_assert_uint_eq(err.offset_bytes, (uint64_t)broken_start);
    ck_assert_str_eq(err.message, "cannot be read: Input/output error");
    error_clear(&err);
    disk_is_broken = false;
    ck_assert_int_eq(hash_file(hash, descriptor, sizeof(zeros), &err), 0);
    ck_assert_int_eq(hash_file(hash, descriptor, sizeof(zeros) + 1, &err), -1);
    ck_assert_uint_eq(err.offset_bytes, sizeof(zeros));
    ck_assert_str_eq(err.message, "became shorter while it was read");
    close(descriptor);
    hash_free(hash);
}
END_TEST

static Suite *unreadable_suite(void)
{
    Suite *suite = suite_create("unreadable");
    TCase *cases = tcase_create("unreadable");

    tcase_add_checked_fixture(cases, begin, casework_end);
    tcase_add_loop_test(cases, log_with_a_page_that_cannot_be_read_has_no_hash, 0, 4);
    tcase_add_test(cases, the_same_log_on_a_sound_disk_has_its_hash);
    tcase_add_test(cases, image_with_a_page_that_cannot_be_read_has_no_hash);
    tcase_add_test(cases, listing_with_a_page_that_cannot_be_read_is_not_read_and_has_no_hash);
    tcase_add_test(cases, database_with_a_page_that_cannot_be_read_names_it);
    tcase_add_loop_test(cases, text_names_the_byte_at_which_reading_failed, 0,
                        ARRAY_COUNT(broken_bytes));
    tcase_add_test(cases, the_head_of_a_file_names_the_byte_at_which_reading_failed);
    tcase_add_loop_test(cases, hash_names_the_byte_at_which_reading_failed, 0,
                        ARRAY_COUNT(broken_bytes));
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(unreadable_suite());
}
