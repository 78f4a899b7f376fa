/* SPDX-License-Identifier: Apache-2.0 */
/* Chunk bounds, checksums and the record walk, on bytes made here. */
#include <check.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/chunk.h"
#include "run.h"

#define CHUNK_AT 69632u /* where the chunk lies in its made-up file */

static uint8_t bytes[CHUNK_SIZE_BYTES];
static uint8_t header_bytes[FILE_HEADER_SIZE_BYTES];
static uint32_t log_flags; /* of the file header */

static void put(uint8_t *at, uint64_t number, size_t size_bytes)
{
    for (size_t index = 0; index < size_bytes; index++)
        at[index] = (uint8_t)(number >> (8 * index));
}

static void put_record(uint32_t position, uint32_t size_bytes, uint64_t number)
{
    memcpy(bytes + position, RECORD_MAGIC, 4);
    put(bytes + position + RECORD_OFFSET_SIZE, size_bytes, 4);
    put(bytes + position + RECORD_OFFSET_NUMBER, number, 8);
    put(bytes + position + RECORD_OFFSET_WRITTEN, 1000 + number, 8);
    put(bytes + position + size_bytes - 4, size_bytes, 4);
}

/* Makes both checksums right. */
static void seal(void)
{
    uint32_t free_space = bytes[48] | (uint32_t)bytes[49] << 8 | (uint32_t)bytes[50] << 16;
    uint32_t checksum = 0;

    if (free_space >= CHUNK_OFFSET_RECORDS && free_space <= CHUNK_SIZE_BYTES)
        checksum = libdeflate_crc32(0, bytes + 512, free_space - 512);
    put(bytes + CHUNK_OFFSET_RECORDS_CHECKSUM, checksum, 4);
    checksum = libdeflate_crc32(0, bytes, 120);
    put(bytes + CHUNK_OFFSET_CHECKSUM, libdeflate_crc32(checksum, bytes + 128, 384), 4);
}

/* A sound chunk with records of 40, 64 and 28 bytes, and a sound file header. */
static void make_chunk(void)
{
    log_flags = 0;
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, CHUNK_MAGIC, sizeof(CHUNK_MAGIC));
    put(bytes + CHUNK_OFFSET_HEADER_SIZE, CHUNK_HEADER_SIZE, 4);
    put(bytes + CHUNK_OFFSET_FREE_SPACE, 512 + 40 + 64 + 28, 4);
    put_record(512, 40, 7);
    put_record(552, 64, 8);
    put_record(616, 28, 9);
    seal();
    memset(header_bytes, 0, sizeof(header_bytes));
    memcpy(header_bytes, FILE_HEADER_MAGIC, sizeof(FILE_HEADER_MAGIC));
    put(header_bytes + FILE_HEADER_OFFSET_HEADER_SIZE, FILE_HEADER_USED_BYTES, 4);
    put(header_bytes + FILE_HEADER_OFFSET_BLOCK_SIZE, FILE_HEADER_SIZE_BYTES, 2);
    put(header_bytes + FILE_HEADER_OFFSET_CHUNK_COUNT, 5, 2);
    put(header_bytes + FILE_HEADER_OFFSET_CHECKSUM, libdeflate_crc32(0, header_bytes, 120), 4);
}

/* Opens the chunk; NULL: it is sound, else what has to be in the message. */
static struct chunk open_chunk(const char *complaint)
{
    struct chunk chunk;
    struct error err = {0};
    int result = chunk_open(span_of(bytes, sizeof(bytes), CHUNK_AT), log_flags, &chunk, &err);

    if (complaint == NULL) {
        ck_assert_int_eq(result, 0);
    } else {
        ck_assert_int_eq(result, -1);
        ck_assert_int_eq(err.kind, ERROR_SOURCE);
        ck_assert_ptr_nonnull(strstr(err.message, complaint));
    }
    error_clear(&err);
    return chunk;
}

/* Walks the chunk: how many records, and where and why it ends (NULL: at the free space). */
static void walk(const struct chunk *chunk, size_t wanted_count, uint32_t wanted_end,
                 const char *complaint)
{
    struct error err = {0};
    struct record record;
    uint32_t position = CHUNK_OFFSET_RECORDS;
    size_t count = 0;
    int got;

    while ((got = chunk_next_record(chunk, &position, &record, &err)) > 0)
        ck_assert_uint_lt(count++, CHUNK_RECORDS_MOST);
    ck_assert_uint_eq(count, wanted_count);
    ck_assert_uint_eq(position, wanted_end);
    ck_assert_int_eq(got, complaint == NULL ? 0 : -1);
    if (complaint != NULL) {
        ck_assert_ptr_nonnull(strstr(err.message, complaint));
        ck_assert_uint_eq(err.offset_bytes, CHUNK_AT + wanted_end);
    }
    error_clear(&err);
}

START_TEST(sound_chunk_is_walked_to_its_free_space)
{
    struct chunk chunk = open_chunk(NULL);
    struct error err = {0};
    struct record record;
    uint32_t position = CHUNK_OFFSET_RECORDS;

    walk(&chunk, 3, 644, NULL);
    ck_assert_int_eq(chunk_check_records(&chunk, &err), 0);
    ck_assert_int_eq(chunk_next_record(&chunk, &position, &record, &err), 1);
    ck_assert_int_eq(chunk_next_record(&chunk, &position, &record, &err), 1);
    ck_assert_uint_eq(record.position_bytes, 552);
    ck_assert_uint_eq(record.bytes.offset_bytes, CHUNK_AT + 552);
    ck_assert_uint_eq(record.bytes.left_bytes, 64);
    ck_assert_uint_eq(record.number, 8);
    ck_assert_uint_eq(record.written_filetime, 1008);
}
END_TEST

START_TEST(record_may_end_at_the_end_of_the_chunk)
{
    struct chunk chunk;

    put_record(644, CHUNK_SIZE_BYTES - 644, 10);
    put(bytes + CHUNK_OFFSET_FREE_SPACE, CHUNK_SIZE_BYTES, 4);
    seal();
    chunk = open_chunk(NULL);
    walk(&chunk, 4, CHUNK_SIZE_BYTES, NULL);
}
END_TEST

START_TEST(chunk_without_records_is_sound)
{
    struct chunk chunk;

    put(bytes + CHUNK_OFFSET_FREE_SPACE, CHUNK_OFFSET_RECORDS, 4);
    seal();
    chunk = open_chunk(NULL);
    walk(&chunk, 0, CHUNK_OFFSET_RECORDS, NULL);
}
END_TEST

START_TEST(record_counts_and_last_record_are_not_believed)
{
    struct chunk chunk;

    put(bytes + CHUNK_OFFSET_FIRST_NUMBER, 500, 8);
    put(bytes + CHUNK_OFFSET_LAST_NUMBER, 2, 8);
    put(bytes + CHUNK_OFFSET_LAST_RECORD, 60000, 4);
    seal();
    chunk = open_chunk(NULL);
    walk(&chunk, 3, 644, NULL);
}
END_TEST

/* A record of the sound chunk gets these numbers; the walk has to stop before it. */
static const struct {
    uint32_t position;
    uint32_t at; /* what is overwritten, from the record's start */
    uint32_t value;
    size_t walked;
    const char *complaint;
} bad_records[] = {
    {512, 0, 0, 0, "no record where one should begin"},
    {552, 0, 0x2a2a2a2a, 1, "no record where one should begin"},
    {552, RECORD_OFFSET_SIZE, 0, 1, "size 0 is too small"},
    {552, RECORD_OFFSET_SIZE, 27, 1, "size 27 is too small"},
    {552, RECORD_OFFSET_SIZE, 93, 1, "passes the end of the records"},
    {552, RECORD_OFFSET_SIZE, 65536, 1, "passes the end of the records"},
    {552, RECORD_OFFSET_SIZE, 0xffffffff, 1, "passes the end of the records"},
    {552, RECORD_OFFSET_SIZE, 60, 1, "its copy disagree"},
    {552, 60, 65, 1, "its copy disagree"},
    {616, RECORD_OFFSET_SIZE, 29, 2, "passes the end of the records"},
};

START_TEST(walk_stops_at_a_bad_record_and_says_why)
{
    struct chunk chunk;

    put(bytes + bad_records[_i].position + bad_records[_i].at, bad_records[_i].value, 4);
    seal();
    chunk = open_chunk(NULL);
    walk(&chunk, bad_records[_i].walked, bad_records[_i].position, bad_records[_i].complaint);
}
END_TEST

START_TEST(record_header_cut_by_the_free_space_is_damage)
{
    struct chunk chunk;

    put(bytes + CHUNK_OFFSET_FREE_SPACE, 644 + 10, 4);
    seal();
    chunk = open_chunk(NULL);
    walk(&chunk, 3, 644, "no record where one should begin");
}
END_TEST

START_TEST(record_header_cut_by_the_chunk_is_damage)
{
    struct chunk chunk;

    put_record(644, CHUNK_SIZE_BYTES - 644 - 8, 10);
    memcpy(bytes + CHUNK_SIZE_BYTES - 8, RECORD_MAGIC, 4);
    put(bytes + CHUNK_OFFSET_FREE_SPACE, CHUNK_SIZE_BYTES, 4);
    seal();
    chunk = open_chunk(NULL);
    walk(&chunk, 4, CHUNK_SIZE_BYTES - 8, "record header is cut short");
}
END_TEST

/* Numbers of the chunk header; records are walked all the same, to the free space or, where that
 * is not known, to where no record begins. */
static const struct {
    uint32_t at;
    uint32_t value;
    bool seal; /* is the checksum made right again? */
    const char *complaint;
} bad_headers[] = {
    {0, 0, true, "chunk header has no magic"},
    {4, 0x00000000, true, "chunk header has no magic"},
    {CHUNK_OFFSET_HEADER_SIZE, 512, true, "gives its size as 512"},
    {CHUNK_OFFSET_FREE_SPACE, 511, true, "free space offset 511 is outside"},
    {CHUNK_OFFSET_FREE_SPACE, 65537, true, "free space offset 65537 is outside"},
    {CHUNK_OFFSET_FREE_SPACE, 0xffffffff, true, "free space offset 4294967295 is outside"},
    {CHUNK_OFFSET_FIRST_ID, 1, false, "chunk header checksum is wrong"},
    {CHUNK_OFFSET_TABLES, 1, false, "chunk header checksum is wrong"},
    {508, 1, false, "chunk header checksum is wrong"},
};

START_TEST(bad_chunk_header_is_damage_but_walked)
{
    struct chunk chunk;

    put(bytes + bad_headers[_i].at, bad_headers[_i].value, 4);
    if (bad_headers[_i].seal)
        seal();
    chunk = open_chunk(bad_headers[_i].complaint);
    walk(&chunk, 3, 644, NULL);
}
END_TEST

START_TEST(flags_are_not_covered_by_the_header_checksum)
{
    put(bytes + CHUNK_OFFSET_FLAGS, LOG_FLAG_DIRTY, 4);
    open_chunk(NULL);
}
END_TEST

START_TEST(checksums_that_are_not_kept_are_not_checked)
{
    struct error err = {0};
    struct chunk chunk;

    if (_i == 0)
        put(bytes + CHUNK_OFFSET_FLAGS, LOG_FLAG_NO_CHECKSUMS, 4);
    else
        log_flags = LOG_FLAG_NO_CHECKSUMS;
    put(bytes + CHUNK_OFFSET_CHECKSUM, 0, 4);
    put(bytes + CHUNK_OFFSET_RECORDS_CHECKSUM, 0, 4);
    chunk = open_chunk(NULL);
    ck_assert_int_eq(chunk_check_records(&chunk, &err), 0);
}
END_TEST

/* Where a byte is changed, and whether the checksum of the records notices. */
static const struct {
    uint32_t at;
    bool noticed;
} changed_bytes[] = {{512 + 25, true}, {643, true}, {644, false}, {CHUNK_SIZE_BYTES - 1, false}};

START_TEST(records_checksum_covers_the_records_alone)
{
    struct error err = {0};
    struct chunk chunk;

    bytes[changed_bytes[_i].at] ^= 1;
    chunk = open_chunk(NULL);
    ck_assert_int_eq(chunk_check_records(&chunk, &err), changed_bytes[_i].noticed ? -1 : 0);
    error_clear(&err);
}
END_TEST

START_TEST(short_span_is_no_chunk)
{
    struct chunk chunk;
    struct error err = {0};

    for (size_t size = 0; size < sizeof(bytes); size += 511) {
        ck_assert_int_eq(chunk_open(span_of(bytes, size, 0), 0, &chunk, &err), -1);
        error_clear(&err);
    }
}
END_TEST

START_TEST(only_zeros_are_an_unused_slot)
{
    memset(bytes, 0, sizeof(bytes));
    ck_assert(chunk_is_unused(span_of(bytes, sizeof(bytes), 0)));
    bytes[CHUNK_SIZE_BYTES - 1] = 1;
    ck_assert(!chunk_is_unused(span_of(bytes, sizeof(bytes), 0)));
    bytes[CHUNK_SIZE_BYTES - 1] = 0;
    bytes[0] = 1;
    ck_assert(!chunk_is_unused(span_of(bytes, sizeof(bytes), 0)));
}
END_TEST

START_TEST(search_finds_sound_records_only)
{
    struct chunk chunk = open_chunk(NULL);
    struct record record;
    uint32_t position = 644;

    put_record(1000, 48, 1);
    put_record(2000, 48, 2);
    put(bytes + 2044, 47, 4); /* size copy */
    put_record(CHUNK_SIZE_BYTES - 40, 40, 3);
    ck_assert(chunk_find_record(&chunk, &position, &record));
    ck_assert_uint_eq(record.number, 1);
    ck_assert_uint_eq(position, 1048);
    ck_assert(chunk_find_record(&chunk, &position, &record));
    ck_assert_uint_eq(record.number, 3);
    ck_assert(!chunk_find_record(&chunk, &position, &record));
    ck_assert(!chunk_find_record(&chunk, &position, &record));
}
END_TEST

static int open_file_header(size_t size_bytes, struct file_header *header, struct error *err)
{
    return file_header_open(span_of(header_bytes, size_bytes, 0), header, err);
}

START_TEST(sound_file_header_opens)
{
    struct file_header header;
    struct error err = {0};

    put(header_bytes + FILE_HEADER_OFFSET_FLAGS, LOG_FLAG_DIRTY, 4);
    ck_assert_int_eq(open_file_header(sizeof(header_bytes), &header, &err), 0);
    ck_assert_uint_eq(header.flags, LOG_FLAG_DIRTY);
    ck_assert_uint_eq(header.chunk_count, 5);
}
END_TEST

static const struct {
    uint32_t at;
    uint32_t value;
    const char *complaint;
} bad_file_headers[] = {
    {0, 0, "no magic"},
    {FILE_HEADER_OFFSET_HEADER_SIZE, 127, "gives its size as 127"},
    {FILE_HEADER_OFFSET_BLOCK_SIZE, 8192, "gives its block as 8192 bytes"},
    {24, 77, "checksum is wrong"},
};

START_TEST(bad_file_header_is_damage)
{
    struct file_header header;
    struct error err = {0};

    put(header_bytes + bad_file_headers[_i].at, bad_file_headers[_i].value,
        bad_file_headers[_i].at == FILE_HEADER_OFFSET_BLOCK_SIZE ? 2 : 4);
    ck_assert_int_eq(open_file_header(sizeof(header_bytes), &header, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, bad_file_headers[_i].complaint));
    error_clear(&err);
}
END_TEST

START_TEST(file_header_without_checksums_opens)
{
    struct file_header header;
    struct error err = {0};

    put(header_bytes + FILE_HEADER_OFFSET_FLAGS, LOG_FLAG_NO_CHECKSUMS, 4);
    put(header_bytes + FILE_HEADER_OFFSET_CHECKSUM, 0, 4);
    ck_assert_int_eq(open_file_header(sizeof(header_bytes), &header, &err), 0);
}
END_TEST

START_TEST(short_file_header_is_damage)
{
    struct file_header header;
    struct error err = {0};

    for (size_t size = 0; size < sizeof(header_bytes); size += 13) {
        ck_assert_int_eq(open_file_header(size, &header, &err), -1);
        ck_assert_ptr_nonnull(strstr(err.message, "cut short"));
        error_clear(&err);
    }
}
END_TEST

static Suite *chunk_suite(void)
{
    Suite *suite = suite_create("chunk");
    TCase *tests = tcase_create("chunk");

    tcase_add_checked_fixture(tests, make_chunk, NULL);
    tcase_add_test(tests, sound_chunk_is_walked_to_its_free_space);
    tcase_add_test(tests, record_may_end_at_the_end_of_the_chunk);
    tcase_add_test(tests, chunk_without_records_is_sound);
    tcase_add_test(tests, record_counts_and_last_record_are_not_believed);
    tcase_add_loop_test(tests, walk_stops_at_a_bad_record_and_says_why, 0,
                        ARRAY_COUNT(bad_records));
    tcase_add_test(tests, record_header_cut_by_the_free_space_is_damage);
    tcase_add_test(tests, record_header_cut_by_the_chunk_is_damage);
    tcase_add_loop_test(tests, bad_chunk_header_is_damage_but_walked, 0, ARRAY_COUNT(bad_headers));
    tcase_add_test(tests, flags_are_not_covered_by_the_header_checksum);
    tcase_add_loop_test(tests, checksums_that_are_not_kept_are_not_checked, 0, 2);
    tcase_add_loop_test(tests, records_checksum_covers_the_records_alone, 0,
                        ARRAY_COUNT(changed_bytes));
    tcase_add_test(tests, short_span_is_no_chunk);
    tcase_add_test(tests, only_zeros_are_an_unused_slot);
    tcase_add_test(tests, search_finds_sound_records_only);
    tcase_add_test(tests, sound_file_header_opens);
    tcase_add_loop_test(tests, bad_file_header_is_damage, 0, ARRAY_COUNT(bad_file_headers));
    tcase_add_test(tests, file_header_without_checksums_opens);
    tcase_add_test(tests, short_file_header_is_damage);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(chunk_suite());
}
