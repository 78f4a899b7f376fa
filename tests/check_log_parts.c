/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of several parts: what lies across the border of two parts is told as if there were none.
 * The logs are mostly hole. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/readers.h"
#include "fixtures/events.h"
#include "fixtures/evtx_writer.h"
#include "readout.h"
#include "run.h"

#define PART_SLOTS 1024u

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static struct readout got;
static struct evtx_image *made; /* what chunks and file header are taken from */
static int file = -1;
static uint64_t file_bytes;

static void begin(void)
{
    readout_clear(&got);
}

static void end(void)
{
    readout_clear(&got);
    evtx_image_free(made);
    made = NULL;
    if (file >= 0)
        close(file);
    file = -1;
}

static uint64_t slot_at(uint64_t slot)
{
    return EVTX_FILE_HEADER_SIZE + slot * EVTX_CHUNK_SIZE;
}

static void put(uint64_t offset_bytes, const void *bytes, size_t size_bytes)
{
    ck_assert_int_eq(pwrite(file, bytes, size_bytes, (off_t)offset_bytes), (ssize_t)size_bytes);
}

/* Begins a log of so many slots, with `made`'s file header, which counts `counted` chunks. */
static void begin_log(uint64_t slots, uint16_t counted)
{
    file_bytes = slot_at(slots);
    file = readout_make_hole(file_bytes);
    made->bytes[FILE_HEADER_OFFSET_CHUNK_COUNT] = (uint8_t)counted;
    made->bytes[FILE_HEADER_OFFSET_CHUNK_COUNT + 1] = (uint8_t)(counted >> 8);
    evtx_image_seal_file(made);
    put(0, made->bytes, EVTX_FILE_HEADER_SIZE);
}

static void put_chunk(uint64_t slot, size_t chunk)
{
    put(slot_at(slot), made->bytes + made->chunks[chunk].offset_bytes, EVTX_CHUNK_SIZE);
}

static void read_log(void)
{
    ck_assert_int_eq(readout_read(&got, &evtx_log_reader, file, file_bytes), 0);
}

START_TEST(parts_read_in_any_order_and_joined_are_the_log)
{
    static const uint64_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    static const uint64_t slots[] = {0, 1023, 1024, 1025, 2048};
    char *whole, *joined;

    made = readout_make_log(NULL, ARRAY_COUNT(slots), 20, true);
    begin_log(2 * PART_SLOTS + 6, 2 * PART_SLOTS + 3);
    for (size_t chunk = 0; chunk < ARRAY_COUNT(slots); chunk++)
        put_chunk(slots[chunk], chunk);
    /* Damaged records in two of the parts, too. */
    put(slot_at(0) + 3000, "damaged", 7);
    put(slot_at(1025) + 3000, "damaged", 7);
    read_log();
    whole = readout_text(&got);
    ck_assert_uint_eq(got.facts.record_count, 100);
    ck_assert_uint_eq(got.facts.undecodable_count, 2);
    ck_assert_uint_eq(got.handed_count, 98);
    ck_assert_uint_eq(got.facts.damage.count, 5);
    readout_expect_detail(&got, "at byte 69632: 1022 chunks of zeros where chunks were written");
    readout_expect_detail(&got, "at byte 67244032: 1022 chunks of zeros where chunks were written");
    readout_expect_detail(&got, "at byte 134287360: 2 chunks of zeros where chunks were written");
    readout_read_parts(&got, &evtx_log_reader, file, file_bytes, orders[_i], 3);
    joined = readout_text(&got);
    ck_assert_str_eq(whole, joined);
    free(whole);
    free(joined);
}
END_TEST

/* What a small log of the same chunks tells, a large one tells, wherever they lie. */
START_TEST(place_of_the_chunks_changes_nothing_but_offsets)
{
    char *small, *large;

    made = readout_make_log(NULL, 4, 30, false);
    ck_assert_int_eq(readout_read(&got, &evtx_log_reader,
                                  file = readout_make_file(made->bytes, made->size_bytes),
                                  made->size_bytes),
                     0);
    text_clear(&got.handed);
    small = readout_text(&got);
    close(file);
    begin_log(PART_SLOTS + 2, 0);
    for (size_t chunk = 0; chunk < 4; chunk++)
        put_chunk(PART_SLOTS - 2 + chunk, chunk);
    read_log();
    ck_assert_uint_eq(got.handed_count, 120);
    for (size_t index = 0; index < 120; index++) {
        const struct evtx_record_place *place = &made->records[index];

        ck_assert(
            readout_has(&got, place->number,
                        slot_at(PART_SLOTS - 2) + place->offset_bytes - EVTX_FILE_HEADER_SIZE));
    }
    /* But for the empty slots before them. */
    readout_expect_detail(&got, "at byte 4096: 1022 chunks of zeros where chunks were written");
    ck_assert_uint_eq(got.facts.damage.count, 1);
    got.facts.status = SOURCE_STATUS_OK;
    text_clear(&got.facts.detail);
    text_clear(&got.handed);
    large = readout_text(&got);
    ck_assert_str_eq(small, large);
    free(small);
    free(large);
}
END_TEST

static const struct {
    uint64_t slots, first, second; /* slots of the two chunks; second 0: there is none */
    uint16_t counted;
    const char *detail; /* all of it */
} gaps[] = {
    {1030, 1, 1028, 0,
     "at byte 4096: 1 chunk of zeros where chunks were written; "
     "at byte 135168: 1026 chunks of zeros where chunks were written"},
    {1030, 0, 1024, 0, "at byte 69632: 1023 chunks of zeros where chunks were written"},
    {1030, 1023, 1025, 0,
     "at byte 4096: 1023 chunks of zeros where chunks were written; "
     "at byte 67112960: 1 chunk of zeros where chunks were written"},
    {1030, 1022, 1024, 0,
     "at byte 4096: 1022 chunks of zeros where chunks were written; "
     "at byte 67047424: 1 chunk of zeros where chunks were written"},
    {1030, 0, 0, 1, ""},
    {1030, 0, 0, 1027, "at byte 69632: 1026 chunks of zeros where chunks were written"},
    {1030, 1023, 0, 1025,
     "at byte 4096: 1023 chunks of zeros where chunks were written; "
     "at byte 67112960: 1 chunk of zeros where chunks were written"},
    {2060, 0, 2050, 0, "at byte 69632: 2049 chunks of zeros where chunks were written"},
};

START_TEST(empty_slots_across_the_border_are_one_damage)
{
    made = readout_make_log(NULL, 2, 1, false);
    begin_log(gaps[_i].slots, gaps[_i].counted);
    put_chunk(gaps[_i].first, 0);
    if (gaps[_i].second > 0)
        put_chunk(gaps[_i].second, 1);
    read_log();
    ck_assert_str_eq(text_get(&got.facts.detail), gaps[_i].detail);
    ck_assert_uint_eq(got.facts.record_count, gaps[_i].second > 0 ? 2 : 1);
}
END_TEST

/* The last record of a part tells with the first of the next; of two records, it is the only one
 * that can. The others outvote it. */
static const struct {
    uint64_t late; /* minutes from the first event to its header time; the next one is 10 later */
    size_t count;  /* of records, one in the first part */
    bool is_shifted;
} votes[] = {{10, 2, true}, {0, 2, false}, {10, 5, false}};

START_TEST(header_times_are_voted_on_by_all_parts_and_at_their_border)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (uint64_t index = 0; index < votes[_i].count; index++) {
        struct evtx_string string = {.text = "0x00000000"};
        struct evtx_event event = {.provider = INCIDENT_PROVIDER_WAT,
                                   .event_id = 18,
                                   .event_filetime = READOUT_START + index * 10 * FILETIME_MINUTE,
                                   .channel = "Application",
                                   .computer = "PC",
                                   .strings = &string,
                                   .string_count = 1};

        event.written_filetime =
            event.event_filetime + (index == 0 ? votes[_i].late * FILETIME_MINUTE : 0);
        evtx_writer_add(writer, &event);
        if (index == 0)
            evtx_writer_close_chunk(writer);
    }
    made = evtx_writer_finish(writer);
    begin_log(PART_SLOTS + 1, 0);
    put_chunk(PART_SLOTS - 1, 0);
    put_chunk(PART_SLOTS, 1);
    read_log();
    ck_assert_uint_eq(got.facts.record_count, votes[_i].count);
    ck_assert_uint_eq(got.facts.partial.shifted_votes + got.facts.partial.own_votes,
                      votes[_i].count - 1);
    ck_assert_int_eq(got.facts.header_times_shifted, votes[_i].is_shifted);
}
END_TEST

/* The second chunk keeps one record; behind it stands what the slot before has there. */
START_TEST(remnant_of_the_slot_before_the_border_is_not_recovered_twice)
{
    uint8_t *first, *second;
    uint32_t free_bytes;

    made = readout_make_log(NULL, 2, 5, true);
    first = made->bytes + made->chunks[0].offset_bytes;
    second = made->bytes + made->chunks[1].offset_bytes;
    free_bytes = (uint32_t)(made->records[6].offset_bytes - made->chunks[1].offset_bytes);
    memcpy(second + free_bytes, first + free_bytes, EVTX_CHUNK_SIZE - free_bytes);
    second[CHUNK_OFFSET_FREE_SPACE] = (uint8_t)free_bytes;
    second[CHUNK_OFFSET_FREE_SPACE + 1] = (uint8_t)(free_bytes >> 8);
    evtx_image_seal_chunk(made, made->chunks[1].offset_bytes);
    begin_log(PART_SLOTS + 1, 0);
    put_chunk(PART_SLOTS - 1, 0);
    put_chunk(PART_SLOTS, 1);
    read_log();
    ck_assert_uint_eq(got.facts.record_count, 6);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    /* Where it does not stand before, it is. */
    second[free_bytes + RECORD_OFFSET_WRITTEN] ^= 1;
    put_chunk(PART_SLOTS, 1);
    read_log();
    ck_assert_uint_eq(got.facts.recovered_count, 1);
}
END_TEST

START_TEST(first_and_last_of_equal_events_are_handed_on_by_each_part)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (uint64_t minute = 0; minute < 10; minute++) {
        struct event_stamp stamp = {.filetime = READOUT_START + minute * FILETIME_MINUTE,
                                    .computer = "PC"};

        if (minute == 5)
            evtx_writer_close_chunk(writer);
        events_add_spp_1003(writer, &stamp, INCIDENT_WINDOWS_APPLICATION_ID, "1: a");
    }
    made = evtx_writer_finish(writer);
    begin_log(PART_SLOTS + 1, 0);
    put_chunk(PART_SLOTS - 1, 0);
    put_chunk(PART_SLOTS, 1);
    read_log();
    ck_assert_uint_eq(got.facts.selected_count, 10);
    ck_assert_uint_eq(got.handed_count, 4);
    ck_assert(readout_has(&got, 1, slot_at(PART_SLOTS - 1) + EVTX_CHUNK_HEADER_SIZE));
    ck_assert(readout_has(&got, 10,
                          slot_at(PART_SLOTS) + made->records[9].offset_bytes -
                              made->chunks[1].offset_bytes));
}
END_TEST

/* The header's flags hold for the chunks of every part. */
START_TEST(log_without_checksums_has_none_in_any_part)
{
    made = readout_make_log(NULL, 2, 3, false);
    made->bytes[made->chunks[1].offset_bytes + CHUNK_OFFSET_CHECKSUM] ^= 1;
    begin_log(PART_SLOTS + 1, 0);
    put(FILE_HEADER_OFFSET_FLAGS, "\x04\0\0\0\0\0\0\0", 8);
    put_chunk(PART_SLOTS - 1, 0);
    put_chunk(PART_SLOTS, 1);
    got.verify = true;
    read_log();
    ck_assert_uint_eq(got.handed_count, 6);
    ck_assert_uint_eq(got.facts.damage.count, 1); /* the empty slots */
}
END_TEST

START_TEST(log_that_becomes_shorter_in_either_part_keeps_what_was_read)
{
    static const struct {
        uint64_t present_slots;
        size_t handed;
    } lengths[] = {{PART_SLOTS, 3}, {PART_SLOTS + 1, 6}, {PART_SLOTS - 1, 0}};

    made = readout_make_log(NULL, 2, 3, false);
    begin_log(PART_SLOTS + 3, 0);
    put_chunk(PART_SLOTS - 1, 0);
    put_chunk(PART_SLOTS, 1);
    ck_assert_int_eq(ftruncate(file, (off_t)slot_at(lengths[_i].present_slots)), 0);
    read_log();
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "became shorter while it was read");
    ck_assert_uint_eq(got.handed_count, lengths[_i].handed);
}
END_TEST

static void count_bytes(void *context, const void *bytes, size_t size_bytes)
{
    (void)bytes;
    *(uint64_t *)context += size_bytes;
}

static int take_none(void *context, const struct incident_event *event,
                     const struct observation *observation, struct error *err)
{
    (void)context;
    (void)event;
    (void)observation;
    (void)err;
    return 0;
}

static const struct {
    uint64_t first_chunk;
    uint64_t size_bytes;
} extents[] = {
    {4096, 4096 + PART_SLOTS *EVTX_CHUNK_SIZE},
    {4096, 4097 + PART_SLOTS *EVTX_CHUNK_SIZE},
    {0, PART_SLOTS *EVTX_CHUNK_SIZE},
    {0, 4096 + PART_SLOTS *EVTX_CHUNK_SIZE},
    {0, 4097 + PART_SLOTS *EVTX_CHUNK_SIZE},
    {65536, 4096 + PART_SLOTS *EVTX_CHUNK_SIZE},
    {65536, 4097 + PART_SLOTS *EVTX_CHUNK_SIZE},
    {65536, 65537 + PART_SLOTS *EVTX_CHUNK_SIZE},
};

/* Wherever the first chunk begins, the parts are the whole log. */
START_TEST(parts_hand_on_every_byte_once)
{
    uint64_t seen = 0;
    struct byte_sink byte_sink = {.context = &seen, .take = count_bytes};
    struct reader_options options = {.window = incident_window, .byte_sink = &byte_sink};
    struct sink sink = {.observation = take_none};
    struct source source = {.path = (char[]){"made"}, .size_bytes = extents[_i].size_bytes};

    made = readout_make_log(NULL, 1, 3, true);
    file = readout_make_hole(extents[_i].size_bytes);
    if (extents[_i].first_chunk == EVTX_FILE_HEADER_SIZE)
        put(0, made->bytes, EVTX_FILE_HEADER_SIZE);
    put(extents[_i].first_chunk, made->bytes + EVTX_FILE_HEADER_SIZE, EVTX_CHUNK_SIZE);
    ck_assert_int_eq(
        reader_read(&evtx_log_reader, &source, file, &options, &sink, &got.facts, &got.err), 0);
    ck_assert_uint_eq(seen, extents[_i].size_bytes);
    ck_assert_uint_eq(got.facts.record_count, 3);
}
END_TEST

static Suite *log_parts_suite(void)
{
    Suite *suite = suite_create("log_parts");
    TCase *tests = tcase_create("log_parts");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests, parts_read_in_any_order_and_joined_are_the_log, 0, 3);
    tcase_add_test(tests, place_of_the_chunks_changes_nothing_but_offsets);
    tcase_add_loop_test(tests, parts_hand_on_every_byte_once, 0, ARRAY_COUNT(extents));
    tcase_add_loop_test(tests, empty_slots_across_the_border_are_one_damage, 0, ARRAY_COUNT(gaps));
    tcase_add_loop_test(tests, header_times_are_voted_on_by_all_parts_and_at_their_border, 0,
                        ARRAY_COUNT(votes));
    tcase_add_test(tests, remnant_of_the_slot_before_the_border_is_not_recovered_twice);
    tcase_add_test(tests, first_and_last_of_equal_events_are_handed_on_by_each_part);
    tcase_add_test(tests, log_without_checksums_has_none_in_any_part);
    tcase_add_loop_test(tests, log_that_becomes_shorter_in_either_part_keeps_what_was_read, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(log_parts_suite());
}
