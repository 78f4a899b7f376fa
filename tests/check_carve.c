/* SPDX-License-Identifier: Apache-2.0 */
/* Carving: chunks in images made by hand, between other bytes, cut, overwritten, on the border of
 * two parts; and what only looks like a chunk. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/readers.h"
#include "fixtures/events.h"
#include "fixtures/evtx_damage.h"
#include "fixtures/evtx_writer.h"
#include "readout.h"
#include "run.h"

#define SECTOR 512u
#define MAGIC_BYTES 8u
#define PART (UINT64_C(64) * 1024 * 1024)
#define MIB (UINT64_C(1024) * 1024)

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static struct readout got;
static struct evtx_image *made; /* the log that chunks are taken from */
static int image = -1;
static uint64_t image_bytes;

static void begin(void)
{
    readout_clear(&got);
}

static void end(void)
{
    readout_clear(&got);
    evtx_image_free(made);
    made = NULL;
    if (image >= 0)
        close(image);
    image = -1;
}

static void begin_image(uint64_t size_bytes)
{
    if (image >= 0)
        close(image);
    image = readout_make_hole(size_bytes);
    image_bytes = size_bytes;
}

static void put(uint64_t offset_bytes, const void *bytes, size_t size_bytes)
{
    ck_assert_int_eq(pwrite(image, bytes, size_bytes, (off_t)offset_bytes), (ssize_t)size_bytes);
}

/* Puts a text that is no log there. */
static void put_text(uint64_t offset_bytes, size_t size_bytes)
{
    static const char line[] = "2019-01-08 11:02:17 Agent * START * ElfChnk ElfFile ** \n";
    char *text = malloc(size_bytes);

    for (size_t at = 0; at < size_bytes; at++)
        text[at] = line[at % (sizeof(line) - 1)];
    put(offset_bytes, text, size_bytes);
    free(text);
}

static const uint8_t *chunk_bytes(size_t chunk)
{
    return made->bytes + made->chunks[chunk].offset_bytes;
}

static void put_chunk(uint64_t offset_bytes, size_t chunk)
{
    put(offset_bytes, chunk_bytes(chunk), EVTX_CHUNK_SIZE);
}

static void carve(void)
{
    ck_assert_int_eq(readout_read(&got, &evtx_carve_reader, image, image_bytes), 0);
}

/* Where the record would be, if its chunk lay at `chunk_offset_bytes` of the image. */
static uint64_t place_of(size_t record, uint64_t chunk_offset_bytes)
{
    const struct evtx_record_place *place = &made->records[record];

    return chunk_offset_bytes + place->offset_bytes - made->chunks[place->chunk].offset_bytes;
}

static bool was_found(size_t record, uint64_t chunk_offset_bytes)
{
    return readout_has(&got, made->records[record].number, place_of(record, chunk_offset_bytes));
}

/* How many of the chunk's records were found of the chunk at that offset: those from the first on,
 * and no other. */
static size_t count_found(size_t chunk, uint64_t chunk_offset_bytes)
{
    const struct evtx_chunk_place *place = &made->chunks[chunk];
    size_t count = 0;

    while (count < place->record_count &&
           was_found(place->first_record + count, chunk_offset_bytes))
        count++;
    for (size_t index = count; index < place->record_count; index++)
        ck_assert(!was_found(place->first_record + index, chunk_offset_bytes));
    return count;
}

/* --- sound chunks --- */

START_TEST(chunks_between_other_bytes_are_found_at_any_sector)
{
    static const uint64_t places[] = {3 * SECTOR, 3 * SECTOR + EVTX_CHUNK_SIZE, 777 * SECTOR};

    made = readout_make_log(NULL, 3, 4, false);
    begin_image(MIB + 100);
    put_text(0, MIB + 100);
    for (size_t chunk = 0; chunk < 3; chunk++)
        put_chunk(places[chunk], chunk);
    got.verify = true;
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&got.facts.detail), "");
    ck_assert_uint_eq(got.facts.record_count, 12);
    ck_assert_uint_eq(got.facts.selected_count, 12);
    ck_assert_uint_eq(got.facts.first_filetime, READOUT_START);
    ck_assert_uint_eq(got.facts.last_filetime, READOUT_START + 11 * FILETIME_MINUTE);
    ck_assert_uint_eq(got.handed_count, 12);
    for (size_t chunk = 0; chunk < 3; chunk++)
        ck_assert_uint_eq(count_found(chunk, places[chunk]), 4);
}
END_TEST

START_TEST(chunk_beside_a_sectors_start_is_none)
{
    made = readout_make_log(NULL, 1, 4, false);
    begin_image(MIB);
    put_chunk(SECTOR / 2, 0);
    carve();
    ck_assert_uint_eq(got.facts.record_count, 0);
    readout_expect_detail(&got, "no chunk of an event log was found in it");
}
END_TEST

START_TEST(log_whose_file_header_is_destroyed_is_read_whole)
{
    made = readout_make_log(NULL, 3, 4, false);
    evtx_damage_file_header(made);
    begin_image(made->size_bytes);
    put(0, made->bytes, made->size_bytes);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.handed_count, 12);
    for (size_t chunk = 0; chunk < 3; chunk++)
        ck_assert_uint_eq(count_found(chunk, made->chunks[chunk].offset_bytes), 4);
}
END_TEST

START_TEST(each_computer_is_a_machine_of_its_own)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t index = 0; index < 4; index++) {
        struct event_stamp stamp = {.filetime = READOUT_START,
                                    .computer = index < 2 ? "OLD-PC" : "PC"};

        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    made = evtx_writer_finish(writer);
    begin_image(MIB);
    put_chunk(SECTOR, 0);
    carve();
    ck_assert_uint_eq(got.facts.computer_count, 2);
    for (size_t index = 0; index < 2; index++) {
        ck_assert(got.facts.computers[index].forwarded);
        ck_assert_uint_eq(got.facts.computers[index].record_count, 2);
    }
}
END_TEST

START_TEST(computer_of_remnants_alone_is_a_machine_of_its_own)
{
    uint8_t chunk[EVTX_CHUNK_SIZE];
    const char *name;

    made = readout_make_log(NULL, 1, 4, true);
    memcpy(chunk, chunk_bytes(0), sizeof(chunk));
    memset(chunk + CHUNK_OFFSET_FREE_SPACE, 0, 4);
    chunk[CHUNK_OFFSET_FREE_SPACE + 1] = CHUNK_OFFSET_RECORDS >> 8;
    begin_image(MIB);
    put(SECTOR, chunk, sizeof(chunk));
    carve();
    ck_assert_uint_eq(got.facts.record_count, 0);
    ck_assert_uint_eq(got.facts.recovered_count, 4);
    ck_assert_uint_eq(got.facts.computer_count, 1);
    name = got.facts.computers[0].name;
    ck_assert_str_eq(name, "PC");
    ck_assert(got.facts.computers[0].forwarded);
}
END_TEST

START_TEST(header_times_are_not_called_shifted)
{
    struct evtx_writer_options options = {.header_times_shifted = true};

    made = readout_make_log(&options, 2, 5, false);
    begin_image(MIB);
    put_chunk(SECTOR, 0);
    put_chunk(SECTOR + EVTX_CHUNK_SIZE, 1);
    carve();
    ck_assert_uint_eq(got.handed_count, 10);
    ck_assert(!got.facts.header_times_shifted);
    ck_assert_str_eq(text_get(&got.facts.detail), "");
}
END_TEST

START_TEST(chunk_without_records_is_one)
{
    made = evtx_writer_finish(evtx_writer_new(NULL));
    begin_image(PART + MIB);
    put_chunk(_i == 0 ? SECTOR : PART + SECTOR, 0);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&got.facts.detail), "");
}
END_TEST

/* --- cut and overwritten chunks --- */

START_TEST(chunk_that_the_end_of_the_image_cuts_is_read_as_far_as_it_goes)
{
    uint64_t start = 5 * SECTOR;

    made = readout_make_log(NULL, 1, 9, false);
    begin_image(place_of(4, start) + 20);
    put(start, chunk_bytes(0), (size_t)(image_bytes - start));
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(got.facts.damage.count, 1);
    readout_expect_detail(&got, "at byte 2560: chunk is cut: ");
    readout_expect_detail(&got, " of its 65536 bytes are there");
    ck_assert_uint_eq(got.facts.record_count, 4);
    ck_assert_uint_eq(got.handed_count, 4);
    ck_assert_uint_eq(count_found(0, start), 4);
}
END_TEST

START_TEST(chunk_of_which_only_unused_space_is_cut_is_whole)
{
    made = readout_make_log(NULL, 1, 9, false);
    begin_image(SECTOR + made->chunks[0].free_bytes);
    put(SECTOR, chunk_bytes(0), made->chunks[0].free_bytes);
    got.verify = true;
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.handed_count, 9);
    /* Without the size at its end, its last record is whole all the same. */
    image_bytes -= sizeof(uint32_t);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(count_found(0, SECTOR), 9);
    /* Without the end of its last string, it is gone. */
    image_bytes -= 16;
    carve();
    ck_assert_uint_eq(count_found(0, SECTOR), 8);
}
END_TEST

/* How many of the first chunk's records end before `size_bytes` of it. */
static size_t count_before(size_t size_bytes)
{
    size_t count = 0;

    while (count < made->chunks[0].record_count &&
           made->records[count].offset_bytes + made->records[count].size_bytes <=
               made->chunks[0].offset_bytes + size_bytes)
        count++;
    return count;
}

START_TEST(chunk_that_another_one_overwrites_is_read_up_to_there)
{
    size_t half = EVTX_CHUNK_SIZE / 2;
    size_t left;

    made = readout_make_log(NULL, 2, 150, false);
    left = count_before(half);
    ck_assert(left > 10 && left < 150);
    begin_image(MIB);
    put_chunk(SECTOR, 0);
    put_chunk(SECTOR + half, 1);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(got.facts.damage.count, 1);
    readout_expect_detail(&got, "at byte 512: chunk is cut: 32768 of its 65536 bytes are there");
    ck_assert_uint_eq(count_found(0, SECTOR), left);
    ck_assert_uint_eq(count_found(1, SECTOR + half), 150);
    ck_assert_uint_eq(got.handed_count, left + 150);
    ck_assert_uint_eq(got.facts.record_count, left + 150);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
}
END_TEST

START_TEST(chunk_in_anothers_unused_space_is_read_and_no_damage)
{
    uint64_t second = SECTOR + EVTX_CHUNK_SIZE / 2;

    made = readout_make_log(NULL, 2, 4, false);
    begin_image(MIB);
    put_chunk(SECTOR, 0);
    put_chunk(second, 1);
    got.verify = true;
    carve();
    ck_assert_uint_eq(count_found(0, SECTOR), 4);
    ck_assert_uint_eq(count_found(1, second), 4);
    ck_assert_uint_eq(got.handed_count, 8);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
}
END_TEST

START_TEST(chunk_whose_later_half_is_of_another_file_keeps_its_first)
{
    size_t half = EVTX_CHUNK_SIZE / 2;
    size_t left;

    made = readout_make_log(NULL, 1, 150, false);
    left = count_before(half);
    begin_image(MIB);
    put_chunk(SECTOR, 0);
    put_text(SECTOR + half, half);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "checksum of the records is wrong");
    ck_assert_uint_eq(count_found(0, SECTOR), left);
    ck_assert_uint_eq(got.handed_count, left);
}
END_TEST

START_TEST(chunk_whose_header_is_wrong_is_read_with_damage)
{
    uint8_t chunk[EVTX_CHUNK_SIZE];

    made = readout_make_log(NULL, 1, 4, false);
    memcpy(chunk, chunk_bytes(0), sizeof(chunk));
    memset(chunk + MAGIC_BYTES, 0xff, CHUNK_OFFSET_TABLES - MAGIC_BYTES);
    begin_image(MIB);
    put(SECTOR, chunk, sizeof(chunk));
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(count_found(0, SECTOR), 4);
}
END_TEST

/* Makes a chunk with records in which, at a sector's start, stands the magic of a chunk. Returns
 * where in the chunk. */
static size_t make_chunk_with_magic_inside(bool checksums)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = READOUT_START, .computer = "PC"};
    char text[4001];
    const char *strings[] = {text};
    size_t at;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t index = 0; index < 6; index++)
        events_add_spp(writer, &stamp, 8198, 0, 4, strings, 1);
    made = evtx_writer_finish(writer);
    at = made->records[1].offset_bytes - made->chunks[0].offset_bytes + 4000;
    at -= at % SECTOR;
    memcpy(made->bytes + made->chunks[0].offset_bytes + at, CHUNK_MAGIC, MAGIC_BYTES);
    evtx_image_seal_chunk(made, made->chunks[0].offset_bytes);
    if (!checksums)
        evtx_image_drop_checksums(made);
    return at;
}

/* Anywhere, and so that the magic stands behind the border of two parts. */
START_TEST(magic_within_the_records_of_a_whole_chunk_is_none)
{
    size_t inside = make_chunk_with_magic_inside(_i % 2 == 0);
    uint64_t start = _i < 2 ? SECTOR : PART - inside + (_i < 4 ? SECTOR : 0);

    begin_image(start + MIB);
    put_chunk(start, 0);
    carve();
    ck_assert_uint_eq(got.facts.record_count, 6);
    ck_assert_uint_eq(got.handed_count, 6);
    ck_assert_uint_eq(count_found(0, start), 6);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&got.facts.detail), "");
}
END_TEST

/* --- what is no chunk --- */

START_TEST(magic_in_other_bytes_is_no_chunk_and_no_damage)
{
    begin_image(MIB);
    put_text(0, MIB);
    for (uint64_t at = 0; at < MIB; at += 5 * SECTOR)
        put(at, CHUNK_MAGIC, MAGIC_BYTES);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&got.facts.detail), "no chunk of an event log was found in it");
    ck_assert_uint_eq(got.facts.record_count, 0);
}
END_TEST

START_TEST(magic_before_a_chunk_does_not_hide_it)
{
    made = readout_make_log(NULL, 1, 4, false);
    begin_image(MIB);
    put_text(0, MIB);
    put(SECTOR, CHUNK_MAGIC, MAGIC_BYTES);
    put_chunk(4 * SECTOR, 0);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(count_found(0, 4 * SECTOR), 4);
    ck_assert_uint_eq(got.handed_count, 4);
}
END_TEST

/* --- remnants --- */

/* Two chunks, one behind the other, the second of one record only; what follows it there stands in
 * the first one too. */
static void put_chunk_with_remnants(uint64_t offset_bytes)
{
    size_t first, second;
    uint32_t free_bytes;

    made = readout_make_log(NULL, 2, 5, true);
    first = made->chunks[0].offset_bytes;
    second = made->chunks[1].offset_bytes;
    free_bytes = (uint32_t)(made->records[6].offset_bytes - second);
    memcpy(made->bytes + second + free_bytes, made->bytes + first + free_bytes,
           EVTX_CHUNK_SIZE - free_bytes);
    made->bytes[second + CHUNK_OFFSET_FREE_SPACE] = (uint8_t)free_bytes;
    made->bytes[second + CHUNK_OFFSET_FREE_SPACE + 1] = (uint8_t)(free_bytes >> 8);
    evtx_image_seal_chunk(made, second);
    put_chunk(offset_bytes, 0);
    put_chunk(offset_bytes + EVTX_CHUNK_SIZE, 1);
}

static const uint64_t remnant_places[] = {SECTOR, PART - EVTX_CHUNK_SIZE,
                                          PART - EVTX_CHUNK_SIZE - SECTOR,
                                          PART - EVTX_CHUNK_SIZE + SECTOR};

START_TEST(remnant_of_the_chunk_before_is_not_recovered_twice)
{
    begin_image(PART + MIB);
    put_chunk_with_remnants(remnant_places[_i]);
    carve();
    ck_assert_uint_eq(got.facts.record_count, 6);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    ck_assert_uint_eq(count_found(0, remnant_places[_i]), 5);
}
END_TEST

/* What stands before is read by nobody: what it has in common with the chunk is not there yet. */
START_TEST(remnant_is_recovered_where_no_chunk_is_before)
{
    begin_image(PART + MIB);
    put_chunk_with_remnants(remnant_places[_i]);
    put(remnant_places[_i], "Xlf", 3);
    carve();
    ck_assert_uint_eq(got.facts.record_count, 1);
    ck_assert_uint_eq(got.facts.recovered_count, 4);
}
END_TEST

/* --- events that repeat --- */

static void add_licences(struct evtx_writer *writer, uint64_t minute, const char *licences)
{
    struct event_stamp stamp = {.filetime = READOUT_START + minute * FILETIME_MINUTE,
                                .computer = "PC"};

    events_add_spp_1003(writer, &stamp, INCIDENT_WINDOWS_APPLICATION_ID, licences);
}

#define LICENCE(state) \
    "1: ae2ee509-1b34-41c0-acb7-6d4650168915, 1, 1 [(0 [0x00000000, " state "], [(?)])]"

/* Chunks that another one cuts are read from a copy, in whose place the next one is read. The first
 * is longer than those behind it, and what it says comes again at last. */
START_TEST(repeats_of_cut_chunks_are_told_rightly)
{
    static const char *const licences[] = {LICENCE("1, 0"), LICENCE("0, 1"), LICENCE("0, 0"),
                                           LICENCE("1, 0")};
    static const uint64_t starts[] = {SECTOR, 25 * SECTOR, 33 * SECTOR, 41 * SECTOR};
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct text expected = {0};
    size_t records = 0;

    for (uint64_t minute = 0; minute < 4 * 40; minute++) {
        add_licences(writer, minute, licences[minute / 40]);
        if (minute % 40 == 39)
            evtx_writer_close_chunk(writer);
    }
    made = evtx_writer_finish(writer);
    begin_image(MIB);
    for (size_t chunk = 0; chunk < 4; chunk++)
        put_chunk(starts[chunk], chunk);
    carve();
    for (size_t chunk = 0; chunk < 4; chunk++) {
        size_t count = chunk < 3 ? count_before((size_t)(starts[chunk + 1] - starts[chunk])) : 40;
        size_t ends[] = {chunk * 40, chunk * 40 + count - 1};

        records += count;
        ck_assert(count > 2 && (chunk == 3 || count < 40));
        for (size_t index = 0; index < 2; index++) /* the first and the last */
            text_add_format(&expected, "1003 %zu %zu %s|%s\n", ends[index] + 1,
                            (size_t)place_of(ends[index], starts[chunk]),
                            INCIDENT_WINDOWS_APPLICATION_ID, licences[chunk]);
    }
    ck_assert_str_eq(text_get(&got.handed), text_get(&expected));
    ck_assert_uint_eq(got.facts.record_count, records);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    text_free(&expected);
}
END_TEST

/* --- parts --- */

static const uint64_t border_places[] = {PART - EVTX_CHUNK_SIZE,
                                         PART - EVTX_CHUNK_SIZE + SECTOR,
                                         PART - EVTX_CHUNK_SIZE / 2,
                                         PART - SECTOR,
                                         PART,
                                         PART + SECTOR};

START_TEST(chunk_at_the_border_of_parts_is_read_once)
{
    uint64_t start = border_places[_i];

    made = readout_make_log(NULL, 1, 150, false);
    begin_image(PART + MIB);
    ck_assert_uint_eq(evtx_carve_reader.count_parts(image_bytes), 2);
    put_chunk(start, 0);
    got.verify = true;
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.handed_count, 150);
    ck_assert_uint_eq(count_found(0, start), 150);
    /* Where the image ends with the chunk, too. */
    ck_assert_int_eq(ftruncate(image, (off_t)(start + EVTX_CHUNK_SIZE)), 0);
    image_bytes = start + EVTX_CHUNK_SIZE;
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.handed_count, 150);
}
END_TEST

START_TEST(chunks_at_the_border_that_overlap_are_both_read)
{
    uint64_t start = border_places[_i];
    size_t half = EVTX_CHUNK_SIZE / 2;

    made = readout_make_log(NULL, 2, 150, false);
    begin_image(PART + MIB);
    put_chunk(start, 0);
    put_chunk(start + half, 1);
    carve();
    ck_assert_uint_eq(count_found(0, start), count_before(half));
    ck_assert_uint_eq(count_found(1, start + half), 150);
    ck_assert_uint_eq(got.handed_count, count_before(half) + 150);
}
END_TEST

START_TEST(result_does_not_depend_on_who_reads_which_part)
{
    static const uint64_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    uint64_t places[] = {SECTOR, PART - EVTX_CHUNK_SIZE / 2, PART + EVTX_CHUNK_SIZE,
                         2 * PART - SECTOR, 2 * PART + EVTX_CHUNK_SIZE - 3 * SECTOR};
    char *whole, *joined;

    made = readout_make_log(NULL, 5, 60, false);
    begin_image(2 * PART + MIB);
    for (size_t chunk = 0; chunk < ARRAY_COUNT(places); chunk++)
        put_chunk(places[chunk], chunk);
    put_text(places[0] + 10000, 600);
    put_text(places[2] + 10000, 600);
    carve();
    whole = readout_text(&got);
    ck_assert_uint_gt(got.facts.damage.count, 1);
    ck_assert_uint_gt(got.handed_count, 250);
    readout_read_parts(&got, &evtx_carve_reader, image, image_bytes, orders[_i], 3);
    joined = readout_text(&got);
    ck_assert_str_eq(whole, joined);
    free(whole);
    free(joined);
}
END_TEST

/* --- the image as a file --- */

/* Reading a hole of a file in memory would give it pages. */
START_TEST(holes_are_skipped)
{
    uint64_t places[] = {10 * PART + 3 * EVTX_CHUNK_SIZE + 7 * SECTOR, 63 * PART - 3 * SECTOR};
    struct stat before, after;

    made = readout_make_log(NULL, 2, 4, false);
    begin_image(64 * PART);
    for (size_t chunk = 0; chunk < 2; chunk++)
        put_chunk(places[chunk], chunk);
    ck_assert_int_eq(fstat(image, &before), 0);
    carve();
    ck_assert_int_eq(fstat(image, &after), 0);
    ck_assert_uint_eq(got.handed_count, 8);
    for (size_t chunk = 0; chunk < 2; chunk++)
        ck_assert_uint_eq(count_found(chunk, places[chunk]), 4);
    ck_assert_int_lt(after.st_blocks - before.st_blocks, 1024);
}
END_TEST

START_TEST(image_that_becomes_shorter_keeps_what_was_read)
{
    static const uint64_t lengths[] = {2 * MIB, 3 * SECTOR + EVTX_CHUNK_SIZE + 40000, SECTOR, 0,
                                       PART + SECTOR};

    made = readout_make_log(NULL, 1, 150, false);
    begin_image(PART + MIB);
    put_chunk(SECTOR, 0);
    put_text(SECTOR + EVTX_CHUNK_SIZE, 2 * MIB);
    ck_assert_int_eq(ftruncate(image, (off_t)lengths[_i]), 0);
    carve();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "became shorter while it was read");
    ck_assert_uint_eq(got.handed_count, lengths[_i] > SECTOR ? 150 : 0);
}
END_TEST

START_TEST(image_that_cannot_be_read_is_an_error)
{
    int descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(readout_read(&got, &evtx_carve_reader, descriptor, 69632), -1);
    ck_assert_int_eq(got.err.kind, ERROR_SOURCE);
    close(descriptor);
}
END_TEST

START_TEST(empty_and_tiny_files_have_no_chunk)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 127, 511, 512, 513, 1024, 4096};
    char bytes[4096] = CHUNK_MAGIC;

    for (size_t index = 0; index < 2 * ARRAY_COUNT(sizes); index++) {
        image_bytes = sizes[index / 2];
        bytes[0] = index % 2 == 0 ? 'E' : 'x';
        if (image >= 0)
            close(image);
        image = readout_make_file(bytes, image_bytes);
        carve();
        ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
        ck_assert_uint_eq(got.facts.record_count, 0);
        ck_assert_str_eq(text_get(&got.facts.detail), "no chunk of an event log was found in it");
    }
}
END_TEST

START_TEST(sink_ends_the_run)
{
    made = readout_make_log(NULL, 2, 3, false);
    begin_image(MIB);
    put_chunk(SECTOR, 0);
    put_chunk(SECTOR + EVTX_CHUNK_SIZE, 1);
    got.sink_fails = true;
    ck_assert_int_eq(readout_read(&got, &evtx_carve_reader, image, image_bytes), -1);
    ck_assert_int_eq(got.err.kind, ERROR_RUN);
    ck_assert_uint_eq(got.handed_count, 1);
}
END_TEST

/* Flips bits of the byte in the image. */
static void flip(uint64_t offset_bytes, uint8_t bits)
{
    uint8_t byte;

    ck_assert_int_eq(pread(image, &byte, 1, (off_t)offset_bytes), 1);
    byte ^= bits;
    put(offset_bytes, &byte, 1);
}

/* In an image of two chunks that are overwritten and one that is cut, a byte of each takes another
 * value: whatever is then said of it, it is read to its end, and no record twice. */
START_TEST(changed_bytes_do_no_harm)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    static const uint64_t starts[] = {SECTOR, SECTOR + 4096, SECTOR + 8192};

    made = readout_make_log(NULL, 3, 3, true);
    begin_image(starts[2] + 4096);
    for (size_t chunk = 0; chunk < 3; chunk++)
        put_chunk(starts[chunk], chunk);
    ck_assert_int_eq(ftruncate(image, (off_t)image_bytes), 0);
    for (uint64_t at = 0; at < 4096; at += at < CHUNK_OFFSET_TABLES ? 1 : 5) {
        for (size_t chunk = 0; chunk < 3; chunk++)
            flip(starts[chunk] + at, changes[(at + chunk) % 3]);
        carve();
        ck_assert_uint_le(got.facts.record_count + got.facts.recovered_count, 9);
        for (size_t chunk = 0; chunk < 3; chunk++)
            flip(starts[chunk] + at, changes[(at + chunk) % 3]);
    }
}
END_TEST

static void add_tests_of_chunks(TCase *tests)
{
    tcase_add_test(tests, chunks_between_other_bytes_are_found_at_any_sector);
    tcase_add_test(tests, chunk_beside_a_sectors_start_is_none);
    tcase_add_test(tests, log_whose_file_header_is_destroyed_is_read_whole);
    tcase_add_test(tests, each_computer_is_a_machine_of_its_own);
    tcase_add_test(tests, computer_of_remnants_alone_is_a_machine_of_its_own);
    tcase_add_test(tests, header_times_are_not_called_shifted);
    tcase_add_loop_test(tests, chunk_without_records_is_one, 0, 2);
    tcase_add_test(tests, chunk_that_the_end_of_the_image_cuts_is_read_as_far_as_it_goes);
    tcase_add_test(tests, chunk_of_which_only_unused_space_is_cut_is_whole);
    tcase_add_test(tests, chunk_that_another_one_overwrites_is_read_up_to_there);
    tcase_add_test(tests, chunk_in_anothers_unused_space_is_read_and_no_damage);
    tcase_add_test(tests, chunk_whose_later_half_is_of_another_file_keeps_its_first);
    tcase_add_test(tests, chunk_whose_header_is_wrong_is_read_with_damage);
    tcase_add_loop_test(tests, magic_within_the_records_of_a_whole_chunk_is_none, 0, 6);
    tcase_add_test(tests, magic_in_other_bytes_is_no_chunk_and_no_damage);
    tcase_add_test(tests, magic_before_a_chunk_does_not_hide_it);
    tcase_add_loop_test(tests, remnant_of_the_chunk_before_is_not_recovered_twice, 0,
                        ARRAY_COUNT(remnant_places));
    tcase_add_loop_test(tests, remnant_is_recovered_where_no_chunk_is_before, 0,
                        ARRAY_COUNT(remnant_places));
    tcase_add_test(tests, repeats_of_cut_chunks_are_told_rightly);
}

static Suite *carve_suite(void)
{
    Suite *suite = suite_create("carve");
    TCase *tests = tcase_create("carve");

    tcase_add_checked_fixture(tests, begin, end);
    add_tests_of_chunks(tests);
    tcase_add_loop_test(tests, chunk_at_the_border_of_parts_is_read_once, 0,
                        ARRAY_COUNT(border_places));
    tcase_add_loop_test(tests, chunks_at_the_border_that_overlap_are_both_read, 0,
                        ARRAY_COUNT(border_places));
    tcase_add_loop_test(tests, result_does_not_depend_on_who_reads_which_part, 0, 3);
    tcase_add_test(tests, holes_are_skipped);
    tcase_add_loop_test(tests, image_that_becomes_shorter_keeps_what_was_read, 0, 5);
    tcase_add_test(tests, image_that_cannot_be_read_is_an_error);
    tcase_add_test(tests, empty_and_tiny_files_have_no_chunk);
    tcase_add_test(tests, sink_ends_the_run);
    tcase_add_test(tests, changed_bytes_do_no_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(carve_suite());
}
