/* SPDX-License-Identifier: Apache-2.0 */
/* The log reader on logs made by tests/fixtures: sound ones, each kind of damage, what is left in
 * unused space, and files that cannot be read. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

#define START READOUT_START

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static struct readout got;

static void clear_all(void)
{
    readout_clear(&got);
}

static int read_bytes(const void *bytes, size_t size_bytes)
{
    int descriptor = readout_make_file(bytes, size_bytes);
    int result = readout_read(&got, &evtx_log_reader, descriptor, size_bytes);

    close(descriptor);
    return result;
}

static void read_image(const struct evtx_image *image)
{
    ck_assert_int_eq(read_bytes(image->bytes, image->size_bytes), 0);
}

/* Was this record handed on, from its place? */
static bool was_handed(const struct evtx_record_place *place)
{
    return readout_has(&got, place->number, place->offset_bytes);
}

static struct event_stamp stamp_at(uint64_t minute)
{
    return (struct event_stamp){
        .filetime = START + minute * FILETIME_MINUTE, .computer = "PC", .self_contained = false};
}

START_TEST(sound_log_is_read_whole)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 4, false);

    got.verify = true;
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_str_eq(text_get(&got.facts.detail), "");
    ck_assert_uint_eq(got.facts.record_count, 12);
    ck_assert_uint_eq(got.facts.selected_count, 12);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    ck_assert_uint_eq(got.facts.first_filetime, START);
    ck_assert_uint_eq(got.facts.last_filetime, START + 11 * FILETIME_MINUTE);
    ck_assert(!got.facts.header_times_shifted);
    ck_assert_uint_eq(got.handed_count, 12);
    for (size_t index = 0; index < image->record_count; index++)
        ck_assert(was_handed(&image->records[index]));
    evtx_image_free(image);
}
END_TEST

START_TEST(only_events_of_the_table_are_handed_on)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    for (uint64_t number = 0; number < 5; number++)
        events_add_noise(writer, &stamp, number);
    events_add_spp_8209(writer, &stamp, "0x00000000", INCIDENT_WINDOWS_APPLICATION_ID);
    events_add_update_installed(writer, &stamp, "Update (KB971033)");
    events_add_update_installed(writer, &stamp, "Another update (KB9710331)");
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_uint_eq(got.facts.record_count, 8);
    ck_assert_uint_eq(got.facts.selected_count, 3); /* the table names them all, one is not kept */
    ck_assert_uint_eq(got.handed_count, 2);
    evtx_image_free(image);
}
END_TEST

START_TEST(exported_log_is_told_by_its_header_times)
{
    struct evtx_writer_options options = {.header_times_shifted = true};
    struct evtx_image *image = readout_make_log(&options, 2, 5, false);

    read_image(image);
    ck_assert(got.facts.header_times_shifted);
    readout_expect_detail(&got, "header times shifted: exported log");
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.first_filetime, START);
    ck_assert_uint_eq(got.facts.last_filetime, START + 9 * FILETIME_MINUTE);
    evtx_image_free(image);
}
END_TEST

START_TEST(log_written_late_is_not_taken_for_an_exported_one)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_string string = {.text = "0x00000000"};
    struct evtx_image *image;

    /* Every third record is written ten minutes late, when the next event happens. */
    for (uint64_t index = 0; index < 9; index++) {
        struct evtx_event event = {.provider = INCIDENT_PROVIDER_WAT,
                                   .event_id = 18,
                                   .event_filetime = START + index * 10 * FILETIME_MINUTE,
                                   .channel = "Application",
                                   .computer = "PC",
                                   .strings = &string,
                                   .string_count = 1};

        event.written_filetime = event.event_filetime + (index % 3 == 0 ? 10 * FILETIME_MINUTE : 0);
        evtx_writer_add(writer, &event);
    }
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_uint_eq(got.facts.selected_count, 9);
    ck_assert(!got.facts.header_times_shifted);
    evtx_image_free(image);
}
END_TEST

START_TEST(dirty_log_is_no_damage_and_read_past_its_counts)
{
    struct evtx_image *image = readout_make_log(NULL, 4, 3, false);

    evtx_image_make_dirty(image, 1);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    readout_expect_detail(&got, "dirty: copied from a running system or not closed");
    ck_assert_uint_eq(got.facts.record_count, 12);
    ck_assert_uint_eq(got.handed_count, 12);
    evtx_image_free(image);
}
END_TEST

START_TEST(log_without_checksums_is_no_damage)
{
    struct evtx_image *image = readout_make_log(NULL, 2, 3, false);

    evtx_image_drop_checksums(image);
    got.verify = true;
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.handed_count, 6);
    evtx_image_free(image);
}
END_TEST

START_TEST(leftovers_of_a_wrapped_log_are_recovered_and_counted_apart)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_image *image;

    for (size_t index = 0; index < 41; index++) {
        struct event_stamp stamp = stamp_at(index);

        if (index > 0 && index % 10 == 0)
            evtx_writer_close_chunk(writer);
        stamp.self_contained = true;
        stamp.computer = index < 20 ? "OLD" : "NEW";
        events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    }
    image = evtx_writer_finish(writer);
    evtx_image_wrap(image, 4); /* the fifth chunk, of one record, lies over the first */
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_gt(image->leftover_count, 0);
    ck_assert_uint_eq(got.facts.recovered_count, image->leftover_count);
    ck_assert_uint_eq(got.recovered_count, image->leftover_count);
    for (size_t index = 0; index < image->leftover_count; index++)
        ck_assert(was_handed(&image->leftovers[index]));
    readout_expect_detail(&got, "recovered from unused space");
    ck_assert_uint_eq(got.facts.record_count, 31);
    ck_assert_uint_eq(got.facts.selected_count, 31);
    ck_assert_uint_eq(got.facts.first_filetime, START + 10 * FILETIME_MINUTE);
    ck_assert_uint_eq(source_facts_computer(&got.facts, "OLD")->record_count, 10);
    evtx_image_free(image);
}
END_TEST

START_TEST(what_stood_there_in_the_slot_before_is_not_recovered_twice)
{
    struct evtx_image *image = readout_make_log(NULL, 2, 5, true);
    size_t before = image->chunks[0].offset_bytes;
    size_t chunk = image->chunks[1].offset_bytes;
    uint32_t free_bytes = (uint32_t)(image->records[6].offset_bytes - chunk);

    /* The chunk keeps one record; behind it stands what the slot before has there. */
    memcpy(image->bytes + chunk + free_bytes, image->bytes + before + free_bytes,
           EVTX_CHUNK_SIZE - free_bytes);
    image->bytes[chunk + CHUNK_OFFSET_FREE_SPACE] = (uint8_t)free_bytes;
    image->bytes[chunk + CHUNK_OFFSET_FREE_SPACE + 1] = (uint8_t)(free_bytes >> 8);
    evtx_image_seal_chunk(image, chunk);
    got.verify = true;
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.record_count, 6);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    /* A byte of it changed, it is another record. */
    image->bytes[chunk + free_bytes + RECORD_OFFSET_WRITTEN] ^= 1;
    read_image(image);
    ck_assert_uint_eq(got.facts.recovered_count, 1);
    evtx_image_free(image);
}
END_TEST

/* Two equal chunks, each with records behind its free space: none may be dropped for the other. */
START_TEST(remnant_that_stands_in_every_slot_is_recovered)
{
    struct evtx_image *image = readout_make_log(NULL, 2, 5, true);
    uint8_t *chunk = image->bytes + image->chunks[0].offset_bytes;
    uint32_t free_bytes =
        (uint32_t)(image->records[1].offset_bytes - image->chunks[0].offset_bytes);

    chunk[CHUNK_OFFSET_FREE_SPACE] = (uint8_t)free_bytes;
    chunk[CHUNK_OFFSET_FREE_SPACE + 1] = (uint8_t)(free_bytes >> 8);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    memcpy(image->bytes + image->chunks[1].offset_bytes, chunk, EVTX_CHUNK_SIZE);
    read_image(image);
    ck_assert_uint_eq(got.facts.record_count, 2);
    ck_assert_uint_eq(got.facts.recovered_count, 4);
    evtx_image_free(image);
}
END_TEST

START_TEST(remnant_whose_template_is_gone_is_not_read_by_another)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    /* The two chunks are alike but for the computer's name, which is a literal of the template. */
    for (size_t index = 0; index < 4; index++) {
        stamp.computer = index < 2 ? "PC-A" : "PC-B";
        if (index == 2)
            evtx_writer_close_chunk(writer);
        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    image = evtx_writer_finish(writer);
    memcpy(image->bytes + image->chunks[0].offset_bytes + 40000,
           image->bytes + image->records[3].offset_bytes, image->records[3].size_bytes);
    read_image(image);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    ck_assert_uint_eq(got.facts.record_count, 4);
    /* One that refers to the chunk's own template is read. */
    memcpy(image->bytes + image->chunks[0].offset_bytes + 40000,
           image->bytes + image->records[1].offset_bytes, image->records[1].size_bytes);
    read_image(image);
    ck_assert_uint_eq(got.facts.recovered_count, 1);
    evtx_image_free(image);
}
END_TEST

/* --- damage: a log of three chunks with four records each; what is done to it, what is told of
 * it, and how many records are then handed on from the walk and by search --- */

static void destroy_file_header(struct evtx_image *image)
{
    evtx_damage_file_header(image);
}

static void spoil_chunk_magic(struct evtx_image *image)
{
    evtx_damage_chunk_magic(image, 1);
}

static void spoil_chunk_header_checksum(struct evtx_image *image)
{
    evtx_damage_chunk_header_checksum(image, 1);
}

static void spoil_records_checksum(struct evtx_image *image)
{
    evtx_damage_records_checksum(image, 1);
}

static void spoil_size_zero(struct evtx_image *image)
{
    evtx_damage_record_size(image, 5, EVTX_SIZE_ZERO);
}

static void spoil_size_past_chunk(struct evtx_image *image)
{
    evtx_damage_record_size(image, 5, EVTX_SIZE_PAST_CHUNK);
}

static void spoil_size_past_free(struct evtx_image *image)
{
    evtx_damage_record_size(image, 5, EVTX_SIZE_PAST_FREE);
}

static void spoil_size_copy(struct evtx_image *image)
{
    evtx_damage_record_size(image, 5, EVTX_SIZE_COPY);
}

static void spoil_record_magic(struct evtx_image *image)
{
    evtx_damage_record_magic(image, 5);
}

static void cut_last_chunk(struct evtx_image *image)
{
    evtx_damage_truncate(image, image->records[10].offset_bytes + 20);
}

static const struct {
    void (*damage)(struct evtx_image *image);
    const char *detail;
    size_t walked;
    size_t recovered;
} damages[] = {
    {destroy_file_header, "at byte 0: file header has no magic", 12, 0},
    {evtx_damage_file_checksum, "at byte 0: file header checksum is wrong", 12, 0},
    {spoil_chunk_magic, "at byte 69632: chunk header has no magic", 12, 0},
    {spoil_chunk_header_checksum, "at byte 69632: chunk header checksum is wrong", 12, 0},
    {spoil_records_checksum, "at byte 70144: checksum of the records is wrong", 12, 0},
    {spoil_size_zero, "record size 0 is too small", 11, 0},
    {spoil_size_past_chunk, "passes the end of the records", 11, 0},
    {spoil_size_past_free, "passes the end of the records", 11, 0},
    {spoil_size_copy, "and its copy disagree, and nothing else", 12, 0},
    {spoil_record_magic, "no record where one should begin", 11, 0},
    {cut_last_chunk, "at byte 135168: log is cut: ", 10, 0},
};

START_TEST(damage_is_noted_and_the_rest_is_read)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 4, true);

    damages[_i].damage(image);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, damages[_i].detail);
    ck_assert_uint_eq(got.facts.damage.count, 1);
    ck_assert_uint_eq(got.facts.record_count, damages[_i].walked);
    ck_assert_uint_eq(got.facts.recovered_count, damages[_i].recovered);
    ck_assert_uint_eq(got.handed_count, damages[_i].walked + damages[_i].recovered);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    evtx_image_free(image);
}
END_TEST

START_TEST(empty_slots_behind_the_last_chunk_are_no_damage)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 4, false);

    image->bytes = memory_resize(image->bytes, image->size_bytes + 2 * EVTX_CHUNK_SIZE, 1);
    memset(image->bytes + image->size_bytes, 0, 2 * EVTX_CHUNK_SIZE);
    image->size_bytes += 2 * EVTX_CHUNK_SIZE;
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.record_count, 12);
    evtx_image_free(image);
}
END_TEST

START_TEST(empty_slot_where_a_chunk_was_is_damage)
{
    static const char *const details[] = {"at byte 4096: 1 chunk of zeros",
                                          "at byte 69632: 1 chunk of zeros",
                                          "at byte 135168: 1 chunk of zeros"};
    struct evtx_image *image = readout_make_log(NULL, 3, 4, false);

    evtx_damage_zero_chunk(image, (size_t)_i);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, details[_i]);
    ck_assert_uint_eq(got.facts.record_count, 8);
    evtx_image_free(image);
}
END_TEST

/* Its checksum tells that what could not be read was damaged. */
START_TEST(undecodable_record_has_its_chunk_checked)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    for (uint64_t number = 0; number < 5; number++)
        events_add_noise(writer, &stamp, number);
    image = evtx_writer_finish(writer);
    memset(image->bytes + image->records[4].offset_bytes + 40, 0xff, 8);
    read_image(image);
    ck_assert_uint_eq(got.facts.undecodable_count, 1);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "checksum of the records is wrong");
    readout_expect_no_detail(&got, "forwarded");
    evtx_image_free(image);
}
END_TEST

START_TEST(slot_of_other_bytes_is_damage)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 4, false);

    memset(image->bytes + image->chunks[1].offset_bytes, 0x5a, EVTX_CHUNK_SIZE);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(got.facts.damage.count, 1);
    ck_assert_uint_eq(got.facts.record_count, 8);
    evtx_image_free(image);
}
END_TEST

START_TEST(records_checksum_is_checked_where_it_matters_or_is_asked_for)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    for (uint64_t number = 0; number < 5; number++)
        events_add_noise(writer, &stamp, number);
    image = evtx_writer_finish(writer);
    evtx_damage_records_checksum(image, 0);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    got.verify = true;
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    evtx_image_free(image);
}
END_TEST

/* --- records that libevtx cannot read --- */

/* libevtx does not hand such a record out. */
START_TEST(record_at_the_very_end_of_a_chunk_is_read)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_string string = {.text = "0x00000000"};
    struct evtx_event event = {.provider = INCIDENT_PROVIDER_WAT,
                               .event_id = 18,
                               .event_filetime = START,
                               .channel = "Application",
                               .computer = "PC",
                               .strings = &string,
                               .string_count = 1,
                               .fills_chunk = true};
    struct evtx_image *image;

    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    evtx_writer_add(writer, &event);
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.record_count, 2);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    ck_assert_uint_eq(got.facts.selected_count, 2);
    ck_assert(was_handed(&image->records[1]));
    evtx_image_free(image);
}
END_TEST

START_TEST(forwarded_records_are_read)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    stamp.forwarded = true;
    stamp.computer = "COLLECTED";
    events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    stamp.forwarded = false;
    stamp.computer = "PC";
    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_uint_eq(got.facts.record_count, 3);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    ck_assert_uint_eq(got.handed_count, 3);
    ck_assert(was_handed(&image->records[1]));
    ck_assert(source_facts_computer(&got.facts, "COLLECTED")->forwarded);
    ck_assert(!source_facts_computer(&got.facts, "PC")->forwarded);
    evtx_image_free(image);
}
END_TEST

/* --- records that cannot be decoded --- */

START_TEST(record_with_too_many_values_is_undecodable)
{
    struct evtx_image *image = readout_make_log(NULL, 1, 4, false);
    struct evtx_record_place *record = &image->records[2];

    /* Its values are counted behind the record header and the template instance's. */
    memcpy(image->bytes + record->offset_bytes + RECORD_OFFSET_BINXML + 14, "\0\0\0\x40", 4);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    read_image(image);
    ck_assert_uint_eq(got.facts.undecodable_count, 1);
    ck_assert_uint_eq(got.handed_count, 3);
    readout_expect_detail(&got, "3 at byte");
    readout_expect_detail(&got, "(its template or its values run out of bounds)");
    evtx_image_free(image);
}
END_TEST

/* Makes the value of Event's only attribute one that no BinXML has, wherever it stands. Returns
 * how many there were. */
static size_t spoil_event_attributes(struct evtx_image *image)
{
    static const char start[] = "h\0t\0t\0p\0:"; /* of the name space, in UTF-16 */
    uint8_t *at = image->bytes, *end = image->bytes + image->size_bytes;
    size_t count = 0;

    for (; (at = memmem(at, (size_t)(end - at), start, sizeof(start))) != NULL; at++) {
        ck_assert_int_eq(at[-3], EVTX_VALUE_STRING); /* the type; then the number of characters */
        at[-3] = 0xff;
        count++;
    }
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    return count;
}

/* What stands there says nothing that selection looks for: only what is selected is decoded. */
START_TEST(damaged_attribute_of_the_event_costs_the_selected_records_alone)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    for (uint64_t number = 0; number < 8; number++)
        events_add_noise(writer, &stamp, number);
    events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    image = evtx_writer_finish(writer);
    ck_assert_uint_gt(spoil_event_attributes(image), 1);
    read_image(image);
    ck_assert_uint_eq(got.facts.record_count, 9);
    ck_assert_uint_eq(got.facts.selected_count, 1);
    ck_assert_uint_eq(got.facts.undecodable_count, 1);
    ck_assert_uint_eq(got.handed_count, 0);
    readout_expect_detail(&got, "1 record could not be decoded: 9 at byte ");
    readout_expect_no_detail(&got, "libevtx");
    evtx_image_free(image);
}
END_TEST

START_TEST(only_the_first_undecodable_records_are_listed)
{
    struct evtx_image *image = readout_make_log(NULL, 1, 30, false);

    /* The first one holds the templates. */
    for (size_t index = 1; index < 30; index++)
        memset(image->bytes + image->records[index].offset_bytes + RECORD_OFFSET_BINXML, 0xff, 4);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    read_image(image);
    ck_assert_uint_eq(got.facts.undecodable_count, 29);
    readout_expect_detail(&got, "29 records could not be decoded: 2 at byte ");
    readout_expect_detail(&got, "; 9 at byte");
    readout_expect_no_detail(&got, "; 10 at byte");
    readout_expect_detail(&got, "; and 21 more");
    evtx_image_free(image);
}
END_TEST

/* --- a wrong copy of a record's size --- */

/* A log of one chunk with four records, the third forwarded. */
static struct evtx_image *make_four(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (uint64_t index = 0; index < 4; index++) {
        struct event_stamp stamp = stamp_at(index);

        stamp.forwarded = index == 2;
        stamp.self_contained = true;
        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    return evtx_writer_finish(writer);
}

/* Reads the log, of which the records at these places are handed on, as a string of digits. */
static void expect_read(const struct evtx_image *image, const char *places)
{
    read_image(image);
    for (size_t index = 0; index < image->record_count; index++)
        ck_assert(was_handed(&image->records[index]) == (strchr(places, '0' + (int)index) != NULL));
    ck_assert_uint_eq(got.facts.record_count, strlen(places));
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(got.facts.damage.count, 1);
}

START_TEST(record_of_which_only_the_size_copy_is_wrong_is_read)
{
    struct evtx_image *image = make_four();
    char *detail = memory_format("at byte %zu: record size %u and its copy disagree, and nothing "
                                 "else",
                                 image->records[_i].offset_bytes, image->records[_i].size_bytes);

    evtx_damage_record_size(image, (size_t)_i, EVTX_SIZE_COPY);
    expect_read(image, "0123");
    readout_expect_detail(&got, detail);
    free(detail);
    evtx_image_free(image);
}
END_TEST

/* The start of its BinXML, and the first token of its template's definition. */
static const size_t broken_places[] = {RECORD_OFFSET_BINXML, RECORD_OFFSET_BINXML + 42};

START_TEST(record_of_which_more_is_wrong_is_not_read)
{
    struct evtx_image *image = make_four();

    evtx_damage_record_size(image, 1, EVTX_SIZE_COPY);
    image->bytes[image->records[1].offset_bytes + broken_places[_i]] = 0xff;
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    expect_read(image, "023");
    readout_expect_detail(&got, "its copy disagree");
    readout_expect_no_detail(&got, "and nothing else");
    evtx_image_free(image);
}
END_TEST

/* However much of its end is zeros, no text of it is read short. */
START_TEST(record_whose_end_was_zeroed_is_not_read)
{
    struct evtx_image *image = make_four();
    struct evtx_record_place *place = &image->records[_i];
    char *expected = NULL;

    for (size_t zeros = 4; zeros < 200; zeros++) {
        memset(image->bytes + place->offset_bytes + place->size_bytes - zeros, 0, zeros);
        evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
        read_image(image);
        if (expected == NULL)
            expected = memory_copy_text(text_get(&got.handed));
        if (got.handed_count == 4)
            ck_assert_str_eq(text_get(&got.handed), expected);
        ck_assert(got.handed_count == 4 || zeros > 4);
        ck_assert(got.handed_count == 3 || zeros < 30);
    }
    free(expected);
    evtx_image_free(image);
}
END_TEST

START_TEST(record_that_ends_where_no_other_begins_is_not_read)
{
    struct evtx_image *image = make_four();
    uint32_t size = image->records[1].size_bytes + 8;

    memcpy(image->bytes + image->records[1].offset_bytes + RECORD_OFFSET_SIZE, &size, 4);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    expect_read(image, "023");
    evtx_image_free(image);
}
END_TEST

/* Its size reaches over the next record to the one behind, and its BinXML does not. */
START_TEST(record_that_swallows_the_next_is_not_read)
{
    struct evtx_image *image = make_four();
    uint32_t size = image->records[0].size_bytes + image->records[1].size_bytes;

    memcpy(image->bytes + image->records[0].offset_bytes + RECORD_OFFSET_SIZE, &size, 4);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    expect_read(image, "123");
    evtx_image_free(image);
}
END_TEST

START_TEST(behind_a_broken_place_a_wrong_size_copy_is_read_too)
{
    struct evtx_image *image = make_four();

    evtx_damage_record_magic(image, 0);
    evtx_damage_record_size(image, 1, EVTX_SIZE_COPY);
    evtx_damage_record_size(image, 3, EVTX_SIZE_COPY);
    read_image(image);
    ck_assert_uint_eq(got.facts.record_count, 3);
    ck_assert_uint_eq(got.handed_count, 3);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    ck_assert_uint_eq(got.facts.damage.count, 3);
    evtx_image_free(image);
}
END_TEST

/* What is left of older records was partly overwritten, so it is no wonder that a copy is wrong. */
START_TEST(remnant_with_a_wrong_size_copy_is_not_recovered)
{
    struct evtx_image *image = make_four();
    struct evtx_record_place *last = &image->records[3];
    uint32_t free_bytes = (uint32_t)(last->offset_bytes - image->chunks[0].offset_bytes);

    memcpy(image->bytes + image->chunks[0].offset_bytes + CHUNK_OFFSET_FREE_SPACE, &free_bytes, 4);
    evtx_image_seal_chunk(image, image->chunks[0].offset_bytes);
    read_image(image);
    ck_assert_uint_eq(got.facts.recovered_count, 1);
    memset(image->bytes + last->offset_bytes + last->size_bytes - 4, 0, 4);
    read_image(image);
    ck_assert_uint_eq(got.facts.recovered_count, 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    /* Where the free space begins is not known: so is what is in use. */
    evtx_damage_record_magic(image, 0);
    evtx_damage_record_size(image, 1, EVTX_SIZE_COPY);
    memset(image->bytes + image->chunks[0].offset_bytes + CHUNK_OFFSET_FREE_SPACE, 0xff, 4);
    read_image(image);
    ck_assert_uint_eq(got.facts.record_count, 0);
    ck_assert_uint_eq(got.facts.recovered_count, 1);
    evtx_image_free(image);
}
END_TEST

/* --- where the log begins and ends --- */

static const struct {
    size_t lost_bytes;
    size_t first_chunk; /* that is whole */
} beginnings[] = {{4096, 0}, {8192, 1}, {61440, 1}, {69632, 1}};

START_TEST(log_without_its_first_pages_is_read)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 4, true);
    size_t lost = beginnings[_i].lost_bytes;
    size_t first = 4 * beginnings[_i].first_chunk;
    char *detail =
        memory_format("at byte 0: log without its first pages: the first chunk begins at byte %zu",
                      image->chunks[beginnings[_i].first_chunk].offset_bytes - lost);

    ck_assert_int_eq(read_bytes(image->bytes + lost, image->size_bytes - lost), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, detail);
    ck_assert_uint_eq(got.facts.damage.count, 1);
    ck_assert_uint_eq(got.facts.record_count, 12 - first);
    for (size_t index = first; index < 12; index++)
        ck_assert(readout_has(&got, image->records[index].number,
                              image->records[index].offset_bytes - lost));
    free(detail);
    evtx_image_free(image);
}
END_TEST

/* Reads the log of three chunks with so many zeros behind it. */
static void read_with_zeros(const struct evtx_image *image, size_t zeros, uint8_t last_byte)
{
    uint8_t *bytes = memory_allocate(image->size_bytes + zeros, 1);

    memcpy(bytes, image->bytes, image->size_bytes);
    bytes[image->size_bytes + zeros - 1] = last_byte;
    ck_assert_int_eq(read_bytes(bytes, image->size_bytes + zeros), 0);
    ck_assert_uint_eq(got.facts.record_count, 12);
    free(bytes);
}

START_TEST(zeros_behind_the_log_are_no_damage)
{
    static const size_t zeros[] = {1, 4096, 65535, 65536, 65537, 3 * 65536 + 4096};
    struct evtx_image *image = readout_make_log(NULL, 3, 4, true);

    for (size_t index = 0; index < ARRAY_COUNT(zeros); index++) {
        read_with_zeros(image, zeros[index], 0);
        ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
        ck_assert_str_eq(text_get(&got.facts.detail), "");
    }
    read_with_zeros(image, 4096, 1);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "log is cut: 4096 of the 65536 bytes of a chunk are there");
    evtx_image_free(image);
}
END_TEST

START_TEST(zeros_where_the_header_counts_a_chunk_are_damage)
{
    struct evtx_image *image = readout_make_log(NULL, 3, 4, true);

    image->bytes[FILE_HEADER_OFFSET_CHUNK_COUNT] = 4;
    evtx_image_seal_file(image);
    read_with_zeros(image, 4096, 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "at byte 200704: 1 chunk of zeros where chunks were written");
    evtx_image_free(image);
}
END_TEST

/* --- computers --- */

START_TEST(computers_are_told_with_their_numbers)
{
    struct evtx_writer_options options = {.first_record_number = 100};
    struct evtx_writer *writer = evtx_writer_new(&options);
    struct evtx_image *image;
    const struct computer_facts *computer;

    for (uint64_t index = 0; index < 6; index++) {
        struct event_stamp stamp = stamp_at(index);

        stamp.computer = index < 2 ? "OLD-PC" : index < 4 ? "new-pc" : "NEW-PC";
        stamp.record_id = 5000 + index;
        if (index == 5)
            events_add_eventlog_6009(writer, &stamp, "6.01.", "7601", "Service Pack 1");
        else
            events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    }
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_uint_eq(got.facts.computer_count, 2);
    computer = &got.facts.computers[1];
    ck_assert_str_eq(computer->name, "new-pc");
    ck_assert_uint_eq(computer->record_count, 4);
    ck_assert_uint_eq(computer->first_number, 102);
    ck_assert_uint_eq(computer->last_number, 105);
    ck_assert_uint_eq(computer->last_filetime, START + 5 * FILETIME_MINUTE);
    ck_assert_uint_eq(computer->application_count, 3);
    ck_assert_uint_eq(computer->first_number_filetime, START + 2 * FILETIME_MINUTE);
    ck_assert_uint_eq(computer->last_number_filetime, START + 5 * FILETIME_MINUTE);
    ck_assert(!computer->forwarded);
    evtx_image_free(image);
}
END_TEST

/* --- strings --- */

static const struct {
    const char *written;
    const char *read;
} strings[] = {
    {"plain", "plain"},
    {"", ""},
    {"  blanks  ", "  blanks  "},
    {"a\r\nb", "a\r\nb"},
    {"<&>\"'", "<&>\"'"},
    {"\x01\x1f", "\x01\x1f"},
    {"\xC3\xA9\xE2\x82\xAC", "\xC3\xA9\xE2\x82\xAC"},
    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    {"\xF0\x90\x8F\xBF", "\xF0\x90\x8F\xBF"},
    {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
    {"\xF0\x90\x80\x80", "\xF0\x90\x80\x80"}, /* U+10000: libevtx has U+FC01 */
    {"\n", "\n"},                             /* libevtx takes one line feed for nothing */
    {"x\xED\xA0\x80yz", "x\xEF\xBF\xBDyz"},   /* libevtx: half a pair takes `y` along */
};

START_TEST(string_is_handed_on_as_written_and_is_no_conflict)
{
    const char *written[] = {strings[_i].written, "Z"};
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;
    char *expected;

    events_add_spp(writer, &stamp, 8196, 0x4000, 4, written, 2);
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_uint_eq(got.facts.undecodable_count, 0);
    ck_assert_uint_eq(got.facts.conflict_count, 0);
    expected = memory_format("8196 1 %zu %s|Z\n", image->records[0].offset_bytes, strings[_i].read);
    ck_assert_str_eq(text_get(&got.handed), expected);
    free(expected);
    evtx_image_free(image);
}
END_TEST

/* --- the second reader --- */

static const struct {
    uint16_t event_id;
    const char *strings[2];
    enum verified verified;
} asked[] = {
    {1003, {INCIDENT_WINDOWS_APPLICATION_ID, "1:"}, VERIFIED_YES},
    {1014, {"hr=0xC004F200", ""}, VERIFIED_YES},
    {8196, {"0xC004F200", ""}, VERIFIED_YES},
    {8198, {"hr=0xC004F200", ""}, VERIFIED_YES},
    {8200, {"hr=0xC004F200", ""}, VERIFIED_YES},
    {8208, {"hr=0xC004C4A2", INCIDENT_WINDOWS7_TEMPLATE_ID}, VERIFIED_YES},
    {8209, {"0x00000000", INCIDENT_WINDOWS_APPLICATION_ID}, VERIFIED_YES},
    {12288,
     {"0x00000000, 0x00000000, kms:1688, id, 2019/01/08 10:30, 0, 5, 0, id, 25", ""},
     VERIFIED_YES},
    {12289, {"0x00000000, 0x00000000, 1, 0, 50, 120, 10080, 2019/01/08 10:30", ""}, VERIFIED_YES},
    {12305, {INCIDENT_WINDOWS_APPLICATION_ID, ""}, VERIFIED_YES},
    {1016, {"id", "pid"}, VERIFIED_NOT_ASKED},
    {1022, {"hr=0xC004F200", ""}, VERIFIED_NOT_ASKED},
    {8193, {"hr=0xC004F200", ""}, VERIFIED_NOT_ASKED},
    {8206, {"", ""}, VERIFIED_NOT_ASKED},
    {12304, {INCIDENT_WINDOWS7_TEMPLATE_ID, ""}, VERIFIED_NOT_ASKED},
    {12306, {INCIDENT_WINDOWS_APPLICATION_ID, "(null)"}, VERIFIED_NOT_ASKED},
};

START_TEST(what_can_be_a_signal_or_a_recovery_is_read_twice)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = stamp_at(0);
    struct evtx_image *image;

    events_add_spp(writer, &stamp, asked[_i].event_id, 0x4000, 4, asked[_i].strings, 2);
    image = evtx_writer_finish(writer);
    read_image(image);
    ck_assert_uint_eq(got.handed_count, 1);
    ck_assert_uint_eq(got.verified_counts[asked[_i].verified], 1);
    evtx_image_free(image);
}
END_TEST

/* --- files --- */

START_TEST(empty_file_has_no_records)
{
    ck_assert_int_eq(read_bytes("", 0), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.record_count, 0);
}
END_TEST

START_TEST(log_of_a_header_alone_has_no_records)
{
    struct evtx_image *image = readout_make_log(NULL, 1, 1, false);

    ck_assert_int_eq(read_bytes(image->bytes, EVTX_FILE_HEADER_SIZE), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.record_count, 0);
    ck_assert_int_eq(read_bytes(image->bytes, EVTX_FILE_HEADER_SIZE - 1), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "file header is cut short");
    evtx_image_free(image);
}
END_TEST

START_TEST(log_without_events_is_read)
{
    struct evtx_image *image = evtx_writer_finish(evtx_writer_new(NULL));

    got.verify = true;
    read_image(image);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(got.facts.record_count, 0);
    evtx_image_free(image);
}
END_TEST

START_TEST(log_that_becomes_shorter_keeps_what_was_read)
{
    struct evtx_image *image = readout_make_log(NULL, 4, 3, false);
    int descriptor = readout_make_file(image->bytes, image->chunks[2].offset_bytes + 10);

    ck_assert_int_eq(readout_read(&got, &evtx_log_reader, descriptor, image->size_bytes), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    readout_expect_detail(&got, "became shorter while it was read");
    ck_assert_uint_eq(got.facts.record_count, 6);
    ck_assert_int_eq(ftruncate(descriptor, 0), 0);
    ck_assert_int_eq(readout_read(&got, &evtx_log_reader, descriptor, image->size_bytes), -1);
    ck_assert_int_eq(got.err.kind, ERROR_SOURCE);
    ck_assert_ptr_nonnull(strstr(got.err.message, "became shorter while it was read"));
    close(descriptor);
    evtx_image_free(image);
}
END_TEST

START_TEST(file_that_cannot_be_read_is_an_error)
{
    int descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(readout_read(&got, &evtx_log_reader, descriptor, 69632), -1);
    ck_assert_int_eq(got.err.kind, ERROR_SOURCE);
    ck_assert_ptr_nonnull(strstr(got.err.message, "cannot be read"));
    close(descriptor);
}
END_TEST

START_TEST(sink_ends_the_run)
{
    struct evtx_image *image = readout_make_log(NULL, 2, 3, false);

    got.sink_fails = true;
    ck_assert_int_eq(read_bytes(image->bytes, image->size_bytes), -1);
    ck_assert_int_eq(got.err.kind, ERROR_RUN);
    ck_assert_uint_eq(got.handed_count, 1);
    evtx_image_free(image);
}
END_TEST

/* Every byte of a small log's chunk header and first record takes a few other values: whatever is
 * then said of the log, it is read to its end without a sanitizer's complaint. */
START_TEST(changed_bytes_do_no_harm)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    struct evtx_image *image = readout_make_log(NULL, 1, 2, false);
    size_t first = image->chunks[0].offset_bytes;

    for (size_t at = 0; at < 1800; at += 7) {
        for (size_t index = 0; index < sizeof(changes); index++) {
            image->bytes[first + at] ^= changes[index];
            read_image(image);
            ck_assert_uint_le(got.facts.record_count, 2);
            image->bytes[first + at] ^= changes[index];
        }
    }
    evtx_image_free(image);
}
END_TEST

static Suite *log_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");

    tcase_add_checked_fixture(tests, clear_all, clear_all);
    tcase_add_test(tests, sound_log_is_read_whole);
    tcase_add_test(tests, only_events_of_the_table_are_handed_on);
    tcase_add_test(tests, exported_log_is_told_by_its_header_times);
    tcase_add_test(tests, log_written_late_is_not_taken_for_an_exported_one);
    tcase_add_test(tests, dirty_log_is_no_damage_and_read_past_its_counts);
    tcase_add_test(tests, log_without_checksums_is_no_damage);
    tcase_add_test(tests, leftovers_of_a_wrapped_log_are_recovered_and_counted_apart);
    tcase_add_test(tests, what_stood_there_in_the_slot_before_is_not_recovered_twice);
    tcase_add_test(tests, remnant_that_stands_in_every_slot_is_recovered);
    tcase_add_test(tests, remnant_whose_template_is_gone_is_not_read_by_another);
    tcase_add_loop_test(tests, damage_is_noted_and_the_rest_is_read, 0, ARRAY_COUNT(damages));
    tcase_add_test(tests, empty_slots_behind_the_last_chunk_are_no_damage);
    tcase_add_loop_test(tests, empty_slot_where_a_chunk_was_is_damage, 0, 3);
    tcase_add_test(tests, undecodable_record_has_its_chunk_checked);
    tcase_add_test(tests, slot_of_other_bytes_is_damage);
    tcase_add_test(tests, records_checksum_is_checked_where_it_matters_or_is_asked_for);
    tcase_add_test(tests, record_at_the_very_end_of_a_chunk_is_read);
    tcase_add_test(tests, forwarded_records_are_read);
    tcase_add_test(tests, record_with_too_many_values_is_undecodable);
    tcase_add_test(tests, damaged_attribute_of_the_event_costs_the_selected_records_alone);
    tcase_add_test(tests, only_the_first_undecodable_records_are_listed);
    tcase_add_loop_test(tests, record_of_which_only_the_size_copy_is_wrong_is_read, 0, 4);
    tcase_add_loop_test(tests, record_of_which_more_is_wrong_is_not_read, 0,
                        ARRAY_COUNT(broken_places));
    tcase_add_loop_test(tests, record_whose_end_was_zeroed_is_not_read, 0, 4);
    tcase_add_test(tests, record_that_ends_where_no_other_begins_is_not_read);
    tcase_add_test(tests, record_that_swallows_the_next_is_not_read);
    tcase_add_test(tests, behind_a_broken_place_a_wrong_size_copy_is_read_too);
    tcase_add_test(tests, remnant_with_a_wrong_size_copy_is_not_recovered);
    tcase_add_loop_test(tests, log_without_its_first_pages_is_read, 0, ARRAY_COUNT(beginnings));
    tcase_add_test(tests, zeros_behind_the_log_are_no_damage);
    tcase_add_test(tests, zeros_where_the_header_counts_a_chunk_are_damage);
    tcase_add_test(tests, computers_are_told_with_their_numbers);
    tcase_add_loop_test(tests, string_is_handed_on_as_written_and_is_no_conflict, 0,
                        ARRAY_COUNT(strings));
    tcase_add_loop_test(tests, what_can_be_a_signal_or_a_recovery_is_read_twice, 0,
                        ARRAY_COUNT(asked));
    tcase_add_test(tests, empty_file_has_no_records);
    tcase_add_test(tests, log_of_a_header_alone_has_no_records);
    tcase_add_test(tests, log_without_events_is_read);
    tcase_add_test(tests, log_that_becomes_shorter_keeps_what_was_read);
    tcase_add_test(tests, file_that_cannot_be_read_is_an_error);
    tcase_add_test(tests, sink_ends_the_run);
    tcase_add_test(tests, changed_bytes_do_no_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(log_suite());
}
