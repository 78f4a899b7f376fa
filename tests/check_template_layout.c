/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts of template definitions: read with a part stepped over against read whole, and the
 * fingerprints by which definitions are known again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "craft.h"
#include "evtx/binxml.h"
#include "evtx/template_layout.h"
#include "evtx/value.h"
#include "fixtures/events.h"
#include "made.h"
#include "readout.h"
#include "real.h"
#include "run.h"
#include "stock.h"

/* What was found of a definition in the chunk at hand. */
struct found_layout {
    bool plain;
    struct template_layout layout;
    struct layout_fingerprint fingerprint;
};

static uint8_t bytes[CHUNK_SIZE_BYTES]; /* the chunk at hand, */
static uint8_t sound[CHUNK_SIZE_BYTES]; /* and as it was before it was changed */
static struct span all;
static struct layout_reader reader;
static struct found_layout usual, other;

static void take_chunk(const uint8_t *chunk)
{
    memcpy(bytes, chunk, sizeof(bytes));
    memcpy(sound, chunk, sizeof(sound));
    all = span_of(bytes, sizeof(bytes), 0);
}

/* Names are remembered for a chunk that stays as it is; so it is begun anew each time. */
static void look(const struct span *definition, struct found_layout *out)
{
    layout_reader_begin_chunk(&reader, &all);
    out->plain = template_layout_read(&reader, *definition, &out->layout, &out->fingerprint);
}

static void look_at_whole(const struct span *definition, struct found_layout *out)
{
    layout_reader_begin_chunk(&reader, &all);
    out->plain = template_layout_read_whole(&reader, *definition, &out->layout);
}

static bool has_fingerprint(const struct span *definition,
                            const struct layout_fingerprint *fingerprint)
{
    layout_reader_begin_chunk(&reader, &all);
    return layout_fingerprint_matches(&reader, definition, fingerprint);
}

static bool field_is(const struct field_place *field, const struct field_place *expected)
{
    if (field->kind != expected->kind)
        return false;
    if (field->kind == FIELD_VALUE)
        return field->index == expected->index;
    return field->kind != FIELD_LITERAL ||
           (field->literal_start == expected->literal_start &&
            field->literal_bytes == expected->literal_bytes &&
            memcmp(bytes + field->literal_start, sound + field->literal_start,
                   field->literal_bytes) == 0);
}

/* Do both say the same of where the fields are, and the chunk of what literals are? */
static bool agree(const struct found_layout *left, const struct found_layout *right)
{
    if (!left->plain || !right->plain)
        return left->plain == right->plain;
    for (size_t index = 0; index < LAYOUT_FIELD_COUNT; index++)
        if (!field_is(&left->layout.fields[index], &right->layout.fields[index]))
            return false;
    return left->layout.has_rendering == right->layout.has_rendering;
}

/* Calls `use` with each definition of the log's records, once a chunk; the chunk is at hand. */
static void each_definition(const uint8_t *log, size_t size_bytes,
                            void (*use)(void *context, const struct span *definition),
                            void *context)
{
    static bool met[CHUNK_SIZE_BYTES];
    size_t at = EVTX_FILE_HEADER_SIZE;

    for (; at <= size_bytes && size_bytes - at >= sizeof(bytes); at += sizeof(bytes)) {
        uint32_t position = CHUNK_OFFSET_RECORDS;
        struct error ignored = {0};
        struct record record;
        struct chunk chunk;

        take_chunk(log + at);
        memset(met, 0, sizeof(met));
        chunk_open(all, 0, &chunk, &ignored);
        error_clear(&ignored);
        while (chunk_next_record(&chunk, &position, &record, &ignored) > 0) {
            struct binxml_instance instance;

            if (!record_read_instance(&chunk, &record, &instance) ||
                met[instance.definition_offset])
                continue;
            met[instance.definition_offset] = true;
            use(context, &instance.definition);
        }
        error_clear(&ignored);
    }
}

/* --- with elements that are stepped over, and without --- */

struct count {
    size_t definitions;
    size_t with_fingerprint;
};

static void compare_ways(void *context, const struct span *definition)
{
    struct count *count = context;

    look(definition, &usual);
    count->definitions++;
    count->with_fingerprint += usual.fingerprint.data_size != 0;
    ck_assert(usual.fingerprint.data_size == 0 || has_fingerprint(definition, &usual.fingerprint));
    look_at_whole(definition, &other);
    ck_assert(agree(&usual, &other));
}

START_TEST(both_ways_agree_on_made_logs)
{
    struct evtx_image *image = made_logs[_i].make();
    struct count count = {0};

    each_definition(image->bytes, image->size_bytes, compare_ways, &count);
    ck_assert_uint_gt(count.definitions, 0);
    ck_assert_uint_eq(count.with_fingerprint, count.definitions);
    evtx_image_free(image);
}
END_TEST

static void compare_log(void *context, const char *name, const uint8_t *log, size_t size_bytes)
{
    (void)name;
    each_definition(log, size_bytes, compare_ways, context);
}

START_TEST(both_ways_agree_on_real_logs)
{
    struct count count = {0};

    if (real_folder() == NULL)
        return;
    ck_assert_uint_gt(stock_each_log(real_folder(), compare_log, &count), 100);
    ck_assert_uint_gt(count.definitions, 1000);
    ck_assert_uint_gt(100 * count.with_fingerprint, 95 * count.definitions);
}
END_TEST

static void put_rendering(struct binxml *out, const void *context)
{
    (void)context;
    craft_open_element(out, "RenderingInfo");
    craft_put_text(out, "Message", "text");
    binxml_end(out);
}

/* A collector can also have written a template. */
START_TEST(rendering_is_met_in_both_ways)
{
    struct craft_event event = {.name = "event", .content = put_rendering};
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct count count = {0};
    struct evtx_image *made;

    made_add(writer, craft_write_event, &event);
    made = evtx_writer_finish(writer);
    each_definition(made->bytes, made->size_bytes, compare_ways, &count);
    ck_assert_uint_eq(count.with_fingerprint, 1);
    ck_assert(usual.plain && usual.layout.has_rendering && other.layout.has_rendering);
    evtx_image_free(made);
}
END_TEST

/* --- fingerprints --- */

static struct evtx_image *image;

static void end(void)
{
    evtx_image_free(image);
    image = NULL;
}

static struct evtx_writer *begin_log(void)
{
    return evtx_writer_new(NULL);
}

static void add_wat(struct evtx_writer *writer, bool self_contained)
{
    struct event_stamp stamp = {
        .filetime = READOUT_START, .computer = "PC", .self_contained = self_contained};

    events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
}

/* Takes the chunk of the record at `index`; its definition. */
static struct span take_definition(size_t index)
{
    const struct evtx_record_place *place = &image->records[index];
    struct error ignored = {0};
    struct binxml_instance instance;
    struct record record;
    struct chunk chunk;

    take_chunk(image->bytes + image->chunks[place->chunk].offset_bytes);
    ck_assert_int_eq(chunk_open(all, 0, &chunk, &ignored), 0);
    ck_assert_int_eq(chunk_read_record(
                         &chunk,
                         (uint32_t)(place->offset_bytes - image->chunks[place->chunk].offset_bytes),
                         CHUNK_SIZE_BYTES, &record, &ignored),
                     0);
    ck_assert(record_read_instance(&chunk, &record, &instance));
    return instance.definition;
}

/* The names stand in the definition itself (at 0), or somewhere before it. */
START_TEST(definition_is_known_again_at_another_place_of_another_chunk)
{
    bool names_inside = _i == 0;
    struct event_stamp stamp = {.filetime = READOUT_START, .computer = "PC"};
    struct evtx_writer *writer = begin_log();
    struct span definition;
    size_t first;

    events_add_installer_1033(writer, &stamp, "Product", "1.0");
    add_wat(writer, names_inside);
    evtx_writer_close_chunk(writer);
    events_add_update_installed(writer, &stamp, "Update (KB971033)");
    events_add_installer_1033(writer, &stamp, "Product", "1.0");
    add_wat(writer, names_inside);
    image = evtx_writer_finish(writer);
    definition = take_definition(1);
    first = (size_t)(definition.bytes - bytes);
    look(&definition, &usual);
    ck_assert(usual.plain && usual.fingerprint.data_size != 0);
    definition = take_definition(4);
    ck_assert_uint_ne((size_t)(definition.bytes - bytes), first);
    ck_assert(has_fingerprint(&definition, &usual.fingerprint));
    look(&definition, &other);
    ck_assert(other.plain);
    for (size_t index = 0; index < LAYOUT_FIELD_COUNT; index++) {
        ck_assert_int_eq(usual.layout.fields[index].kind, other.layout.fields[index].kind);
        ck_assert_uint_eq(usual.layout.fields[index].index, other.layout.fields[index].index);
        ck_assert_uint_eq(usual.layout.fields[index].literal_bytes,
                          other.layout.fields[index].literal_bytes);
    }
}
END_TEST

/* Flips each byte in [start, end) of the chunk in turn, in several ways: where the definition would
 * have another layout then, its fingerprint does not fit. */
static void flip_bytes(const struct span *definition, size_t start, size_t end, size_t *refused)
{
    static const uint8_t flips[] = {0x01, 0x40, 0xff};

    look(definition, &usual);
    ck_assert(usual.fingerprint.data_size != 0);
    for (size_t at = start; at < end; at++) {
        for (size_t index = 0; index < sizeof(flips); index++) {
            bool known;

            bytes[at] ^= flips[index];
            known = has_fingerprint(definition, &usual.fingerprint);
            look(definition, &other);
            ck_assert_msg(!known || agree(&usual, &other), "byte %zu", at);
            *refused += known ? 0 : 1;
            bytes[at] ^= flips[index];
        }
    }
}

static void flip_definition(void *context, const struct span *definition)
{
    size_t start = (size_t)(definition->bytes - bytes);
    size_t *count = context;
    size_t refused = 0;

    flip_bytes(definition, start, start + definition->left_bytes, &refused);
    ck_assert(refused > 0 && refused < 3 * definition->left_bytes);
    *count += 1;
}

START_TEST(changed_definition_is_not_known_where_its_fields_would_change)
{
    struct evtx_image *made = made_logs[_i].make();
    size_t count = 0;

    each_definition(made->bytes, made->size_bytes, flip_definition, &count);
    ck_assert_uint_gt(count, 0);
    evtx_image_free(made);
}
END_TEST

/* Its names stand in the record before. */
START_TEST(changed_name_elsewhere_is_not_taken_for_the_same)
{
    struct event_stamp stamp = {.filetime = READOUT_START, .computer = "PC"};
    struct evtx_writer *writer = begin_log();
    struct span definition;
    size_t refused = 0;

    events_add_installer_1033(writer, &stamp, "Product", "1.0");
    add_wat(writer, false);
    image = evtx_writer_finish(writer);
    definition = take_definition(1);
    flip_bytes(&definition, CHUNK_OFFSET_RECORDS, (size_t)(definition.bytes - bytes), &refused);
    ck_assert_uint_gt(refused, 100);
}
END_TEST

/* Where in the definition the name is referred to that begins with these letters and stands right
 * there. */
static size_t find_name_inside(const struct span *definition, const char *letters)
{
    size_t start = (size_t)(definition->bytes - bytes);
    size_t length = strlen(letters);

    for (size_t at = start; at < start + definition->left_bytes; at++) {
        size_t index = 0;

        while (index < length &&
               bytes[at + 4 + BINXML_NAME_OFFSET_TEXT + 2 * index] == (uint8_t)letters[index])
            index++;
        if (index == length && (bytes[at] | bytes[at + 1] << 8) == (int)at + 4)
            return at;
    }
    ck_abort_msg("no name %s", letters);
    return 0;
}

START_TEST(name_that_is_no_longer_here_is_not_the_same)
{
    struct evtx_writer *writer = begin_log();
    struct span definition;
    size_t at, elsewhere;

    add_wat(writer, true);
    add_wat(writer, true);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    elsewhere = find_name_inside(&definition, "EventID") + sizeof(uint32_t);
    definition = take_definition(1);
    look(&definition, &usual);
    ck_assert(has_fingerprint(&definition, &usual.fingerprint));
    at = find_name_inside(&definition, "EventID");
    bytes[at] = (uint8_t)elsewhere;
    bytes[at + 1] = (uint8_t)(elsewhere >> 8);
    ck_assert(!has_fingerprint(&definition, &usual.fingerprint));
}
END_TEST

/* Nothing can be stepped over by it then. */
START_TEST(wrong_size_of_an_element_changes_nothing)
{
    struct evtx_writer *writer = begin_log();
    struct span definition;

    add_wat(writer, true);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    look(&definition, &usual);
    ck_assert(usual.plain && usual.fingerprint.data_size != 0);
    bytes[find_name_inside(&definition, "Keywords") - sizeof(uint32_t)] ^= 1;
    look(&definition, &other);
    ck_assert_uint_eq(other.fingerprint.data_size, 0);
    ck_assert(agree(&usual, &other));
}
END_TEST

/* Each byte of them in turn: the name, what stands there of it, and the value. */
START_TEST(damaged_attributes_of_the_event_change_nothing)
{
    struct evtx_writer *writer = begin_log();
    struct span definition;
    size_t name, start, end;

    add_wat(writer, true);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    name = find_name_inside(&definition, "xmlns");
    start = name - 1; /* the token */
    end = find_name_inside(&definition, "System") - sizeof(uint32_t) - sizeof(uint16_t) - 2;
    ck_assert_int_eq(bytes[start], BINXML_ATTRIBUTE);
    ck_assert_int_eq(bytes[end], BINXML_CLOSE_START_TAG);
    look(&definition, &usual);
    ck_assert(usual.plain && usual.fingerprint.data_size != 0);
    for (size_t at = start; at < end; at++) {
        bytes[at] ^= 0xff;
        ck_assert(has_fingerprint(&definition, &usual.fingerprint));
        look(&definition, &other);
        ck_assert_msg(agree(&usual, &other), "byte %zu", at - start);
        bytes[at] ^= 0xff;
    }
}
END_TEST

/* Nothing can be stepped over by it then, and they are walked. */
START_TEST(wrong_size_of_the_attributes_of_the_event_changes_nothing)
{
    struct evtx_writer *writer = begin_log();
    struct span definition;
    size_t size_at;

    add_wat(writer, true);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    size_at = find_name_inside(&definition, "xmlns") - 1 - sizeof(uint32_t);
    look(&definition, &usual);
    for (size_t index = 0; index < sizeof(uint32_t); index++) {
        bytes[size_at + index] ^= 0xff;
        ck_assert(!has_fingerprint(&definition, &usual.fingerprint));
        look(&definition, &other);
        ck_assert_uint_eq(other.fingerprint.data_size, 0);
        ck_assert(other.plain && agree(&usual, &other));
        bytes[size_at + index] ^= 0xff;
    }
}
END_TEST

START_TEST(definition_of_another_size_is_another)
{
    struct evtx_writer *writer = begin_log();
    struct span definition, moved;

    add_wat(writer, false);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    look(&definition, &usual);
    ck_assert(has_fingerprint(&definition, &usual.fingerprint));
    moved = span_of(definition.bytes, definition.left_bytes - 1, definition.offset_bytes);
    ck_assert(!has_fingerprint(&moved, &usual.fingerprint));
    moved = span_of(definition.bytes, definition.left_bytes + 1, definition.offset_bytes);
    ck_assert(!has_fingerprint(&moved, &usual.fingerprint));
}
END_TEST

/* Nothing of such a fingerprint may be looked at: what it names need not lie in the chunk. */
START_TEST(fingerprint_that_is_not_known_fits_no_definition)
{
    struct evtx_writer *writer = begin_log();
    struct span definition, empty;

    add_wat(writer, false);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    bytes[definition.bytes - bytes] = 0xff; /* not a token */
    look(&definition, &usual);
    ck_assert_uint_eq(usual.fingerprint.data_size, 0);
    empty = span_of(definition.bytes, 0, definition.offset_bytes);
    ck_assert(!has_fingerprint(&empty, &usual.fingerprint));
}
END_TEST

static void put_many_elements(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "many";

    (void)context;
    binxml_put_fragment_header(out);
    binxml_template_begin(out, guid);
    craft_open_element(out, "Event");
    craft_open_element(out, "System");
    for (size_t index = 0; index < FINGERPRINT_STRETCHES; index++)
        craft_put_text(out, "Opcode", "0");
    craft_put_text(out, "Channel", "Application");
    craft_open_element(out, "EventID");
    binxml_substitution(out, true, 3, VALUE_UINT16);
    binxml_end(out);
    binxml_end(out);
    binxml_end(out);
    binxml_template_end(out);
    binxml_values_begin(out, 0);
    binxml_put_end_of_stream(out);
}

START_TEST(layout_of_a_definition_too_large_for_a_fingerprint_is_found)
{
    struct evtx_writer *writer = begin_log();
    struct span definition;

    made_add(writer, put_many_elements, NULL);
    image = evtx_writer_finish(writer);
    definition = take_definition(0);
    look(&definition, &usual);
    ck_assert_uint_eq(usual.fingerprint.data_size, 0);
    ck_assert(usual.plain);
    ck_assert_int_eq(usual.layout.fields[LAYOUT_CHANNEL].kind, FIELD_LITERAL);
    ck_assert_int_eq(usual.layout.fields[LAYOUT_EVENT_ID].kind, FIELD_VALUE);
    ck_assert_uint_eq(usual.layout.fields[LAYOUT_EVENT_ID].index, 3);
    ck_assert(!has_fingerprint(&definition, &usual.fingerprint));
}
END_TEST

static Suite *template_layout_suite(void)
{
    Suite *suite = suite_create("template_layout");
    TCase *tests = tcase_create("template_layout");

    tcase_add_checked_fixture(tests, NULL, end);
    tcase_add_loop_test(tests, both_ways_agree_on_made_logs, 0, (int)made_log_count);
    tcase_add_test(tests, both_ways_agree_on_real_logs);
    tcase_add_test(tests, rendering_is_met_in_both_ways);
    tcase_add_loop_test(tests, definition_is_known_again_at_another_place_of_another_chunk, 0, 2);
    tcase_add_loop_test(tests, changed_definition_is_not_known_where_its_fields_would_change, 0,
                        (int)made_log_count);
    tcase_add_test(tests, changed_name_elsewhere_is_not_taken_for_the_same);
    tcase_add_test(tests, name_that_is_no_longer_here_is_not_the_same);
    tcase_add_test(tests, wrong_size_of_an_element_changes_nothing);
    tcase_add_test(tests, damaged_attributes_of_the_event_change_nothing);
    tcase_add_test(tests, wrong_size_of_the_attributes_of_the_event_changes_nothing);
    tcase_add_test(tests, definition_of_another_size_is_another);
    tcase_add_test(tests, fingerprint_that_is_not_known_fits_no_definition);
    tcase_add_test(tests, layout_of_a_definition_too_large_for_a_fingerprint_is_found);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(template_layout_suite());
}
