/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches of files as memory, and what becomes of them when the file is cut meanwhile. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "run.h"

#define FILE_BYTES (5u * 65536)

static int descriptor;
static struct mapping mapping;
static struct error err;

/* A file whose bytes say where they are: the number of their 256-byte block. */
static void begin(void)
{
    uint8_t block[256];

    descriptor = memfd_create("mapped", MFD_CLOEXEC);
    ck_assert_int_ge(descriptor, 0);
    for (unsigned number = 0; number < FILE_BYTES / sizeof(block); number++) {
        memset(block, (int)(1 + number % 251), sizeof(block));
        ck_assert_int_eq(write(descriptor, block, sizeof(block)), sizeof(block));
    }
}

static void end(void)
{
    mapping_close(&mapping);
    error_clear(&err);
    close(descriptor);
}

static uint8_t byte_at(uint64_t offset_bytes)
{
    return (uint8_t)(1 + offset_bytes / 256 % 251);
}

static void expect_bytes(uint64_t offset_bytes, size_t size_bytes)
{
    struct span span = mapping_span(&mapping, offset_bytes, size_bytes);

    ck_assert_uint_eq(span.offset_bytes, offset_bytes);
    ck_assert_uint_eq(span.left_bytes, size_bytes);
    for (size_t index = 0; index < size_bytes; index++)
        ck_assert_uint_eq(span.bytes[index], byte_at(offset_bytes + index));
}

START_TEST(stretch_is_mapped_wherever_it_begins)
{
    uint64_t offset_bytes;

    ck_assert_int_eq(mapping_open(descriptor, 4096 + 512, 70000, &mapping, &err), 0);
    expect_bytes(4096 + 512, 70000);
    expect_bytes(70000, 256);
    mapping_close(&mapping);
    ck_assert_int_eq(mapping_open(descriptor, 0, FILE_BYTES, &mapping, &err), 0);
    expect_bytes(0, FILE_BYTES);
    ck_assert(!mapping_find_fault(&mapping, &offset_bytes));
}
END_TEST

START_TEST(file_that_shrinks_is_zeros_and_told)
{
    uint64_t offset_bytes;
    struct span span;

    ck_assert_int_eq(mapping_open(descriptor, 65536, 4 * 65536, &mapping, &err), 0);
    expect_bytes(65536, 65536);
    ck_assert_int_eq(ftruncate(descriptor, 3 * 65536), 0);
    expect_bytes(2 * 65536, 65536);
    ck_assert(!mapping_find_fault(&mapping, &offset_bytes));
    /* The later page is looked at first; the first that failed is told. */
    span = mapping_span(&mapping, 3 * 65536 + 4096, 2 * 4096);
    ck_assert_uint_eq(span.bytes[4096], 0);
    ck_assert(mapping_find_fault(&mapping, &offset_bytes));
    ck_assert_uint_eq(offset_bytes, 3 * 65536 + 2 * 4096);
    for (size_t index = 0; index < span.left_bytes; index++)
        ck_assert_uint_eq(span.bytes[index], 0);
    ck_assert(mapping_find_fault(&mapping, &offset_bytes));
    ck_assert_uint_eq(offset_bytes, 3 * 65536 + 4096);
    expect_bytes(2 * 65536, 65536);
}
END_TEST

START_TEST(fault_of_one_mapping_is_no_fault_of_another)
{
    struct mapping other;
    uint64_t offset_bytes;

    ck_assert_int_eq(mapping_open(descriptor, 0, 65536, &mapping, &err), 0);
    ck_assert_int_eq(mapping_open(descriptor, 65536, 65536, &other, &err), 0);
    ck_assert_int_eq(ftruncate(descriptor, 65536), 0);
    ck_assert_uint_eq(mapping_span(&other, 65536, 1).bytes[0], 0);
    ck_assert(mapping_find_fault(&other, &offset_bytes));
    ck_assert(!mapping_find_fault(&mapping, &offset_bytes));
    mapping_close(&other);
    /* What is mapped next has no fault of its own. */
    ck_assert_int_eq(mapping_open(descriptor, 0, 65536, &other, &err), 0);
    ck_assert(!mapping_find_fault(&other, &offset_bytes));
    mapping_close(&other);
}
END_TEST

START_TEST(as_many_can_be_open_as_said_again_and_again)
{
    struct mapping several[MAPPING_MOST];

    for (int turn = 0; turn < 3; turn++) {
        for (size_t index = 0; index < MAPPING_MOST; index++)
            ck_assert_int_eq(mapping_open(descriptor, index * 4096, 4096, &several[index], &err),
                             0);
        for (size_t index = 0; index < MAPPING_MOST; index++)
            mapping_close(&several[index]);
    }
    mapping_close(&several[0]); /* closed already: nothing happens */
}
END_TEST

START_TEST(what_cannot_be_mapped_is_an_error)
{
    int ends[2];
    uint64_t offset_bytes;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(mapping_open(ends[0], 0, 4096, &mapping, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot be read"));
    ck_assert(!mapping_find_fault(&mapping, &offset_bytes));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* SIGBUS of anything else ends the process as it always did. */
START_TEST(other_memory_is_left_to_the_system)
{
    int other = memfd_create("other", MFD_CLOEXEC);
    volatile const uint8_t *bytes;

    ck_assert_int_eq(mapping_open(descriptor, 0, 4096, &mapping, &err), 0);
    bytes = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0); /* the file is empty */
    ck_assert_ptr_ne((const void *)bytes, MAP_FAILED);
    ck_assert_uint_eq(bytes[0], 0);
}
END_TEST

static Suite *mapping_suite(void)
{
    Suite *suite = suite_create("mapping");
    TCase *tests = tcase_create("mapping");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, stretch_is_mapped_wherever_it_begins);
    tcase_add_test(tests, file_that_shrinks_is_zeros_and_told);
    tcase_add_test(tests, fault_of_one_mapping_is_no_fault_of_another);
    tcase_add_test(tests, as_many_can_be_open_as_said_again_and_again);
    tcase_add_test(tests, what_cannot_be_mapped_is_an_error);
    tcase_add_test_raise_signal(tests, other_memory_is_left_to_the_system, SIGBUS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(mapping_suite());
}
