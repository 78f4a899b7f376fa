/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of single records: events in every manner of writing, the ways to say text, and the
 * bounds that hostile events run into. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "craft.h"
#include "evtx/binxml.h"
#include "evtx/decode.h"
#include "evtx/value.h"
#include "fixtures/events.h"
#include "made.h"
#include "model/incident.h"
#include "run.h"

#define START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */

static struct craft craft;
static struct event event;
static struct error err;

static void end(void)
{
    craft_end(&craft);
    event_free_content(&event);
    error_clear(&err);
}

static int decode(size_t index, bool system_only)
{
    struct chunk chunk;
    struct record record;

    craft_open(&craft, index, &chunk, &record);
    error_clear(&err);
    return event_decode(&event, &chunk, &record, system_only, &err);
}

static void expect_strings(const char *expected)
{
    struct text text = {0};

    for (size_t index = 0; index < event.observation.string_count; index++)
        text_add_format(&text, "%s=%s|", event.observation.strings[index].name,
                        event.observation.strings[index].value);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

static void expect_failure(const char *why)
{
    ck_assert_int_eq(decode(0, false), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_uint_eq(err.offset_bytes, craft.image->records[0].offset_bytes);
    ck_assert_msg(strstr(err.message, why) != NULL, "\"%s\" is not in \"%s\"", why, err.message);
}

/* Makes a log of one event whose content `write` writes (craft_write_event). */
static void make_event(craft_write *write, craft_write *values, const void *context)
{
    struct craft_event content = {
        .name = "event", .content = write, .values = values, .context = context};

    craft_begin(&craft);
    craft_add(&craft, craft_write_event, &content);
    craft_finish(&craft);
}

/* --- the fields --- */

START_TEST(event_is_the_same_in_every_manner)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    const struct observation *observation = &event.observation;

    for (int manner = 0; manner < 4; manner++) {
        struct event_stamp stamp = {.filetime = START,
                                    .record_id = 5000,
                                    .computer = "PC.corp.example",
                                    .user_sid = "S-1-5-18",
                                    .provider_substituted = manner == 1,
                                    .forwarded = manner >= 2,
                                    .rendering_message = manner == 3 ? "rendered" : NULL};

        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    craft_take(&craft, evtx_writer_finish(writer));
    ck_assert_int_eq(decode((size_t)_i, false), 0);
    ck_assert_str_eq(observation->provider, INCIDENT_PROVIDER_WAT);
    ck_assert_uint_eq(observation->event_id, 13);
    ck_assert_int_eq(observation->qualifiers, 0);
    ck_assert_uint_eq(observation->event_filetime, START);
    ck_assert_uint_eq(observation->record_id, 5000);
    ck_assert_str_eq(observation->channel, "Application");
    ck_assert_str_eq(observation->computer, "PC.corp.example");
    ck_assert_str_eq(observation->user_sid, "S-1-5-18");
    ck_assert_uint_eq(observation->offset_bytes, craft.image->records[_i].offset_bytes);
    ck_assert_uint_eq(observation->record_number, (uint64_t)_i + 1);
    ck_assert_uint_eq(observation->string_count, 2);
    ck_assert_str_eq(observation->strings[1].value, "0xC004C4A2");
    ck_assert_int_eq(event.has_rendering, _i == 3);
}
END_TEST

START_TEST(system_alone_is_read_when_asked)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC", .forwarded = _i == 1};

    events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    craft_take(&craft, evtx_writer_finish(writer));
    ck_assert_int_eq(decode(0, true), 0);
    ck_assert_uint_eq(event.observation.event_id, 13);
    ck_assert_str_eq(event.observation.computer, "PC");
    ck_assert_uint_eq(event.observation.string_count, 0);
}
END_TEST

static void decode_made(const char *name, size_t index)
{
    size_t log = 0;

    while (strcmp(made_logs[log].name, name) != 0)
        log++;
    craft_end(&craft);
    craft_take(&craft, made_logs[log].make());
    ck_assert_int_eq(decode(index, false), 0);
}

/* The logs `made optional`: three records for each number of strings, 1 of them classic. */
START_TEST(optional_value_that_is_absent_leaves_no_string)
{
    decode_made("made optional", 15); /* EventData with all five */
    expect_strings("Is=there|Empty=|Null=|Last=z|");
    decode_made("made optional", 16); /* UserData */
    expect_strings("Is=there|Empty=|Null=|Last=z|");
    decode_made("made optional", 17); /* no EventData at all */
    expect_strings("");
}
END_TEST

START_TEST(array_is_a_string_for_each_item)
{
    /* The last type of the table is an array of strings; a classic event, EventData, UserData. */
    for (size_t manner = 0; manner < 3; manner++) {
        decode_made("made values", 3 * (made_value_count - 1) + manner);
        expect_strings("0x81=a|0x81=|0x81=b|0x81=c|");
    }
}
END_TEST

/* --- text --- */

static void put_ways(struct binxml *out, const void *context)
{
    (void)context;
    craft_open_element(out, "EventData");
    binxml_open(out, "Data", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "Name");
    binxml_value(out, "N");
    binxml_entity(out, "lt");
    binxml_character(out, 'm');
    binxml_close_start(out);
    binxml_value(out, "a");
    binxml_cdata(out, "<b>");
    binxml_character(out, 0x20AC);
    binxml_entity(out, "amp");
    binxml_entity(out, "quot");
    binxml_entity(out, "apos");
    binxml_entity(out, "gt");
    binxml_instruction(out, "target", "data");
    binxml_character(out, 0);
    binxml_end(out);
    binxml_end(out);
}

START_TEST(text_is_put_together_of_all_its_pieces)
{
    make_event(put_ways, NULL, NULL);
    ck_assert_int_eq(decode(0, false), 0);
    expect_strings("N<m=a<b>\xE2\x82\xAC&\"'>\xEF\xBF\xBD|");
}
END_TEST

static void put_unknown_entity(struct binxml *out, const void *context)
{
    (void)context;
    binxml_entity(out, "nbsp");
}

START_TEST(unknown_entity_is_undecodable)
{
    make_event(put_unknown_entity, NULL, NULL);
    expect_failure("an unknown entity");
}
END_TEST

static void put_user_data(struct binxml *out, const void *context)
{
    (void)context;
    craft_open_element(out, "UserData");
    craft_open_element(out, "Outer");
    craft_put_text(out, "First", "1");
    craft_open_element(out, "Inner");
    craft_put_text(out, "Second", "2");
    binxml_end(out);
    binxml_open(out, "Third", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "Name");
    binxml_value(out, "is no matter");
    binxml_close_empty(out);
    binxml_end(out);
    binxml_end(out);
    craft_open_element(out, "EventData"); /* behind it, as nobody writes it */
    craft_put_text(out, "Data", "4");
    craft_put_text(out, "Binary", "00");
    binxml_end(out);
}

START_TEST(leaves_of_user_data_are_strings_at_any_depth)
{
    make_event(put_user_data, NULL, NULL);
    ck_assert_int_eq(decode(0, false), 0);
    expect_strings("First=1|Second=2|Third=|=4|");
}
END_TEST

/* --- System --- */

struct field_case {
    uint8_t type; /* of the value of EventID */
    const char *bytes;
    size_t size_bytes;
    int event_id; /* -1: undecodable */
};

static void put_event_id_alone(struct binxml *out, const void *context)
{
    const struct field_case *field = context;
    static const uint8_t guid[16] = "event id";

    binxml_put_fragment_header(out);
    binxml_template_begin(out, guid);
    craft_open_element(out, "Event");
    craft_open_element(out, "System");
    craft_open_element(out, "EventID");
    binxml_substitution(out, false, 0, field->type);
    binxml_end(out);
    binxml_end(out);
    binxml_end(out);
    binxml_template_end(out);
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;
    binxml_put_bytes(out, field->bytes, field->size_bytes);
    binxml_values_add(out, &values, field->type, at);
    binxml_put_end_of_stream(out);
}

static const struct field_case field_cases[] = {
    {VALUE_UINT16, "\x0d\x20", 2, 8205},
    {VALUE_STRING, "1\0008\0", 4, 18},
    {VALUE_UINT16, "\x12", 1, 18},
    {VALUE_UINT32, "\x12\0\0\0", 4, 18},
    {VALUE_UINT32, "\0\0\x01\0", 4, -1}, /* 65536 */
    {VALUE_BINARY, "\x18", 1, -1},       /* its digits look like 18 */
    {VALUE_UINT32, "\x18\0\0", 3, -1},   /* and here like 180000 */
    {VALUE_NULL, "", 0, -1},
    {VALUE_STRING, "x\0", 2, -1},
    {VALUE_INT16, "\xff\xff", 2, -1},
    {VALUE_ARRAY | VALUE_UINT16, "\x12\0", 2, 18},
    {VALUE_ARRAY | VALUE_STRING, "1\0008\0\0\0", 6, 18},
    {VALUE_ARRAY | VALUE_UINT16, "\x12\0\x12\0", 4, -1},
    {VALUE_ARRAY | VALUE_UINT16, "\x12", 1, -1},
};

START_TEST(event_id_is_a_number)
{
    craft_begin(&craft);
    craft_add(&craft, put_event_id_alone, &field_cases[_i]);
    craft_finish(&craft);
    if (field_cases[_i].event_id < 0) {
        expect_failure("it has no readable EventID");
        return;
    }
    ck_assert_int_eq(decode(0, false), 0);
    ck_assert_int_eq(event.observation.event_id, field_cases[_i].event_id);
    ck_assert_str_eq(event.observation.provider, "");
    ck_assert_int_eq(event.observation.level, OBSERVATION_ABSENT);
    ck_assert_int_eq(event.observation.qualifiers, OBSERVATION_ABSENT);
    ck_assert_uint_eq(event.observation.event_filetime, 0);
}
END_TEST

/* --- bounds --- */

static void put_deep(struct binxml *out, const void *context)
{
    unsigned depth = *(const unsigned *)context;

    for (unsigned level = 0; level < depth; level++)
        craft_open_element(out, "E");
    for (unsigned level = 0; level < depth; level++)
        binxml_end(out);
}

START_TEST(elements_may_be_nested_64_deep)
{
    unsigned depth = 63; /* within Event */

    make_event(put_deep, NULL, &depth);
    ck_assert_int_eq(decode(0, false), 0);
    craft_end(&craft);
    depth = 64;
    make_event(put_deep, NULL, &depth);
    expect_failure("nested too deep");
}
END_TEST

static void put_substitutions(struct binxml *out, const void *context)
{
    unsigned count = *(const unsigned *)context;

    craft_open_element(out, "EventData");
    for (unsigned index = 0; index < count; index++)
        binxml_substitution(out, false, 0, VALUE_BINXML);
    binxml_end(out);
}

/* A value that is `count` levels of template instances in each other. */
static void put_levels(struct binxml *out, unsigned count)
{
    uint8_t guid[16] = "level";

    guid[15] = (uint8_t)count;
    binxml_put_fragment_header(out);
    if (count == 0) {
        craft_put_text(out, "Data", "deep");
        binxml_put_end_of_stream(out);
        return;
    }
    binxml_template_begin(out, guid);
    binxml_substitution(out, false, 0, VALUE_BINXML);
    binxml_template_end(out);
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;
    put_levels(out, count - 1);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

static void put_level_values(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    put_levels(out, *(const unsigned *)context);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

static void put_one_substitution(struct binxml *out, const void *context)
{
    static const unsigned one = 1;

    (void)context;
    put_substitutions(out, &one);
}

START_TEST(values_may_be_nested_to_a_bound)
{
    unsigned levels = 2; /* Windows has one */

    make_event(put_one_substitution, put_level_values, &levels);
    ck_assert_int_eq(decode(0, false), 0);
    expect_strings("=deep|");
    craft_end(&craft);
    levels = 4;
    make_event(put_one_substitution, put_level_values, &levels);
    expect_failure("nested too deep");
}
END_TEST

/* The definition is an instance of itself. */
static void put_itself(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "itself";

    (void)context;
    binxml_put_fragment_header(out);
    binxml_template_begin(out, guid);
    uint32_t definition = (uint32_t)(out->template_size_at - 20);
    binxml_put_number(out, BINXML_TEMPLATE_INSTANCE, 1);
    binxml_put_number(out, 1, 1);
    binxml_put_bytes(out, guid, 4);
    binxml_put_number(out, definition, 4);
    binxml_put_number(out, 0, 4);
    binxml_template_end(out);
    binxml_values_begin(out, 0);
    binxml_put_end_of_stream(out);
}

START_TEST(template_that_is_an_instance_of_itself_is_undecodable)
{
    craft_begin(&craft);
    craft_add(&craft, put_itself, NULL);
    craft_finish(&craft);
    expect_failure("nested too deep");
}
END_TEST

/* A value of 15000 tokens, as often as the template says. */
static void put_many_tokens(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    (void)context;
    for (unsigned index = 0; index < 15000; index++)
        binxml_put_number(out, BINXML_CHARACTER_REFERENCE | 'x' << 8, 3);
    binxml_values_add(out, &values, VALUE_BINXML, at);
}

START_TEST(tokens_are_counted)
{
    unsigned times = 4;

    make_event(put_substitutions, put_many_tokens, &times);
    ck_assert_int_eq(decode(0, false), 0);
    craft_end(&craft);
    times = 5;
    make_event(put_substitutions, put_many_tokens, &times);
    expect_failure("too many tokens");
}
END_TEST

static void put_data_substitutions(struct binxml *out, const void *context)
{
    unsigned count = *(const unsigned *)context;

    craft_open_element(out, "EventData");
    for (unsigned index = 0; index < count; index++) {
        craft_open_element(out, "Data");
        binxml_substitution(out, false, 0, VALUE_BINARY);
        binxml_end(out);
    }
    binxml_end(out);
}

static void put_big_value(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;

    (void)context;
    binxml_put_zeros(out, 32768);
    binxml_values_add(out, &values, VALUE_BINARY, at);
}

START_TEST(text_has_a_greatest_size)
{
    unsigned times = 3;

    make_event(put_data_substitutions, put_big_value, &times);
    ck_assert_int_eq(decode(0, false), 0);
    ck_assert_uint_eq(strlen(event.observation.strings[2].value), 65536);
    craft_end(&craft);
    times = 5;
    make_event(put_data_substitutions, put_big_value, &times);
    expect_failure("its text is too long");
}
END_TEST

static void put_missing(struct binxml *out, const void *context)
{
    binxml_substitution(out, true, *(const uint16_t *)context, VALUE_STRING);
}

static void put_one_value(struct binxml *out, const void *context)
{
    struct binxml_values values = binxml_values_begin(out, 1);

    (void)context;
    binxml_values_add(out, &values, VALUE_NULL, out->position);
}

START_TEST(value_that_the_template_asks_for_must_be_there)
{
    uint16_t index = 0;

    make_event(put_missing, put_one_value, &index);
    ck_assert_int_eq(decode(0, false), 0);
    craft_end(&craft);
    index = 1;
    make_event(put_missing, put_one_value, &index);
    expect_failure("it lacks a value that its template asks for");
}
END_TEST

/* --- damage --- */

static void put_data(struct binxml *out, const void *context)
{
    (void)context;
    craft_open_element(out, "EventData");
    craft_put_text(out, "Data", "value");
    binxml_end(out);
}

/* Where the UTF-16 text stands in the first record. */
static uint8_t *find_utf16(const char *text)
{
    uint8_t *bytes = craft_bytes(&craft, 0);
    uint8_t expected[64];
    uint8_t *found;

    for (size_t index = 0; index < strlen(text); index++) {
        expected[2 * index] = (uint8_t)text[index];
        expected[2 * index + 1] = 0;
    }
    found = memmem(bytes, craft.image->records[0].size_bytes, expected, 2 * strlen(text));
    ck_assert_ptr_nonnull(found);
    return found;
}

START_TEST(name_ends_at_its_nul_whatever_its_length_says)
{
    struct craft_event content = {.name = "event", .content = put_data};

    craft_begin(&craft);
    craft_add(&craft, craft_write_event, &content);
    content.name = "other"; /* refers to the names of the first */
    craft_add(&craft, craft_write_event, &content);
    craft_finish(&craft);
    find_utf16("EventData")[-2] = 20;
    ck_assert_int_eq(decode(1, false), 0);
    expect_strings("=value|");
}
END_TEST

/* A byte of the record becomes another; the record is then undecodable, for this reason. */
static const struct {
    const char *behind; /* the text (UTF-16) that the byte stands behind */
    size_t at;
    uint8_t value;
    const char *why;
} damages[] = {
    {"value", 0, 0x10, "no BinXML token"},
    {"value", 0, 0x05, "out of bounds"},
    {"value", 0, 0x02, "of a start tag that did not begin"},
    {"value", 0, 0x06, "out of bounds"},
    {"value", 2, 0x00, "an element without an end"},
};

START_TEST(damaged_tokens_are_undecodable)
{
    make_event(put_data, NULL, NULL);
    find_utf16(damages[_i].behind)[2 * strlen(damages[_i].behind) + damages[_i].at] =
        damages[_i].value;
    expect_failure(damages[_i].why);
}
END_TEST

static void put_nothing(struct binxml *out, const void *context)
{
    (void)context;
    binxml_put_fragment_header(out);
    binxml_put_end_of_stream(out);
}

static void put_other_root(struct binxml *out, const void *context)
{
    (void)context;
    binxml_put_fragment_header(out);
    craft_put_text(out, "Events", "x");
    binxml_put_end_of_stream(out);
}

START_TEST(record_without_an_event_is_undecodable)
{
    craft_begin(&craft);
    craft_add(&craft, put_nothing, NULL);
    craft_finish(&craft);
    expect_failure("it has no readable EventID");
    craft_end(&craft);
    craft_begin(&craft);
    craft_add(&craft, put_other_root, NULL);
    craft_finish(&craft);
    expect_failure("its element is not an Event");
}
END_TEST

/* Every byte of an event takes other values: it is read, or undecodable, without harm. */
START_TEST(changed_bytes_do_no_harm)
{
    static const uint8_t changes[] = {0x01, 0x0c, 0x40, 0x80, 0xff};
    size_t size_bytes;

    make_event(put_ways, NULL, NULL);
    size_bytes = craft.image->records[0].size_bytes;
    for (size_t at = RECORD_OFFSET_BINXML; at + 4 < size_bytes; at++)
        for (size_t index = 0; index < sizeof(changes); index++) {
            craft_bytes(&craft, 0)[at] ^= changes[index];
            decode(0, false);
            craft_bytes(&craft, 0)[at] ^= changes[index];
        }
    ck_assert_int_eq(decode(0, false), 0);
}
END_TEST

static Suite *decode_suite(void)
{
    Suite *suite = suite_create("decode");
    TCase *tests = tcase_create("decode");

    tcase_add_checked_fixture(tests, NULL, end);
    tcase_add_loop_test(tests, event_is_the_same_in_every_manner, 0, 4);
    tcase_add_loop_test(tests, system_alone_is_read_when_asked, 0, 2);
    tcase_add_test(tests, optional_value_that_is_absent_leaves_no_string);
    tcase_add_test(tests, array_is_a_string_for_each_item);
    tcase_add_test(tests, text_is_put_together_of_all_its_pieces);
    tcase_add_test(tests, unknown_entity_is_undecodable);
    tcase_add_test(tests, leaves_of_user_data_are_strings_at_any_depth);
    tcase_add_loop_test(tests, event_id_is_a_number, 0, ARRAY_COUNT(field_cases));
    tcase_add_test(tests, elements_may_be_nested_64_deep);
    tcase_add_test(tests, values_may_be_nested_to_a_bound);
    tcase_add_test(tests, template_that_is_an_instance_of_itself_is_undecodable);
    tcase_add_test(tests, tokens_are_counted);
    tcase_add_test(tests, text_has_a_greatest_size);
    tcase_add_test(tests, value_that_the_template_asks_for_must_be_there);
    tcase_add_test(tests, name_ends_at_its_nul_whatever_its_length_says);
    tcase_add_loop_test(tests, damaged_tokens_are_undecodable, 0, ARRAY_COUNT(damages));
    tcase_add_test(tests, record_without_an_event_is_undecodable);
    tcase_add_test(tests, changed_bytes_do_no_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(decode_suite());
}
