/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of BinXML, template instances and their values, and which records are sound. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "craft.h"
#include "evtx/binxml.h"
#include "evtx/value.h"
#include "fixtures/events.h"
#include "run.h"

#define START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */
#define CHUNK_AT 69632u                    /* where the chunk lies in its made-up file */

static uint8_t bytes[CHUNK_SIZE_BYTES];
static struct span all; /* of them */

static void begin(void)
{
    memset(bytes, 0, sizeof(bytes));
    all = span_of(bytes, sizeof(bytes), CHUNK_AT);
}

static void put(uint8_t *at, uint64_t number, size_t size_bytes)
{
    for (size_t index = 0; index < size_bytes; index++)
        at[index] = (uint8_t)(number >> (8 * index));
}

/* --- tokens --- */

/* A name at the offset: next, hash, length, text, NUL. */
static void put_name(size_t offset, const char *name)
{
    put(bytes + offset + 6, strlen(name), 2);
    for (size_t index = 0; index < strlen(name); index++)
        put(bytes + offset + 8 + 2 * index, (uint8_t)name[index], 2);
}

static void expect_utf16(const struct span *utf16, const char *expected)
{
    struct text text = {0};

    text_add_utf16(&text, *utf16);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

/* Tokens at 1000, where the name "Data" is at 600; what is read of them. */
static const struct {
    const char *bytes;
    size_t size_bytes; /* of the token; less are cut short */
    bool in_definition;
    enum binxml_token_kind kind;
    const char *name;
    const char *value;
    uint16_t index;
} tokens[] = {
    {"\x00", 1, false, BINXML_END, NULL, NULL, 0},
    {"\x01\x10\0\0\0\x58\2\0\0", 9, false, BINXML_OPEN_ELEMENT, "Data", NULL, 0},
    {"\x41\x10\0\0\0\x58\2\0\0\4\0\0\0", 13, false, BINXML_OPEN_ELEMENT, "Data", NULL, 0},
    {"\x01\xff\xff\x10\0\0\0\x58\2\0\0", 11, true, BINXML_OPEN_ELEMENT, "Data", NULL, 0},
    {"\x02", 1, false, BINXML_CLOSE_START_TAG, NULL, NULL, 0},
    {"\x03", 1, false, BINXML_CLOSE_EMPTY_ELEMENT, NULL, NULL, 0},
    {"\x04", 1, false, BINXML_END_ELEMENT, NULL, NULL, 0},
    {"\x05\x01\2\0a\0b\0", 8, false, BINXML_VALUE, NULL, "ab", 0},
    {"\x45\x01\2\0a\0b\0", 8, false, BINXML_VALUE, NULL, "ab", 0},
    {"\x06\x58\2\0\0", 5, false, BINXML_ATTRIBUTE, "Data", NULL, 0},
    {"\x46\x58\2\0\0", 5, false, BINXML_ATTRIBUTE, "Data", NULL, 0},
    {"\x07\2\0a\0b\0", 7, false, BINXML_CDATA, NULL, "ab", 0},
    {"\x08\xac\x20", 3, false, BINXML_CHARACTER_REFERENCE, NULL, NULL, 0x20ac},
    {"\x09\x58\2\0\0", 5, false, BINXML_ENTITY_REFERENCE, "Data", NULL, 0},
    {"\x0a\x58\2\0\0", 5, false, BINXML_PI_TARGET, "Data", NULL, 0},
    {"\x0b\1\0c\0", 5, false, BINXML_PI_DATA, NULL, "c", 0},
    {"\x0d\3\1\6", 4, false, BINXML_SUBSTITUTION, NULL, NULL, 0x0103},
    {"\x0e\3\1\6", 4, false, BINXML_OPTIONAL_SUBSTITUTION, NULL, NULL, 0x0103},
    {"\x0f\1\1\0", 4, false, BINXML_FRAGMENT, NULL, NULL, 0},
};

static bool next_at_1000(size_t size_bytes, bool in_definition, struct binxml_token *token,
                         size_t *moved_bytes)
{
    struct binxml_cursor cursor = {.chunk = &all,
                                   .in = span_of(bytes + 1000, size_bytes, CHUNK_AT + 1000),
                                   .in_definition = in_definition};
    const char *why = NULL;
    bool read = binxml_next(&cursor, token, &why);

    ck_assert_int_eq(read, why == NULL);
    *moved_bytes = (size_t)(cursor.in.offset_bytes - CHUNK_AT - 1000);
    return read;
}

START_TEST(token_is_read)
{
    struct binxml_token token = {0};
    size_t moved_bytes;

    put_name(600, "Data");
    memcpy(bytes + 1000, tokens[_i].bytes, tokens[_i].size_bytes);
    ck_assert(
        next_at_1000(tokens[_i].size_bytes + 20, tokens[_i].in_definition, &token, &moved_bytes));
    ck_assert_int_eq(token.kind, tokens[_i].kind);
    ck_assert_uint_eq(moved_bytes, tokens[_i].size_bytes);
    if (tokens[_i].name != NULL)
        expect_utf16(&token.name.text, tokens[_i].name);
    if (tokens[_i].value != NULL)
        expect_utf16(&token.value, tokens[_i].value);
    if (tokens[_i].index != 0)
        ck_assert_uint_eq(token.index, tokens[_i].index);
    /* Cut short, it is none. */
    for (size_t size_bytes = 1; size_bytes < tokens[_i].size_bytes; size_bytes++)
        ck_assert(!next_at_1000(size_bytes, tokens[_i].in_definition, &token, &moved_bytes));
    ck_assert(next_at_1000(0, false, &token, &moved_bytes));
    ck_assert_int_eq(token.kind, BINXML_END);
    ck_assert(!next_at_1000(0, true, &token, &moved_bytes));
}
END_TEST

static const struct {
    char bytes[10];
    size_t size_bytes;
} no_tokens[] = {
    {"\x10", 20},
    {"\x80\1\1\0", 20},
    {"\xff", 20},
    {"\x05\x08\2\0a\0b\0", 20}, /* a literal that is no string */
    {"\x05\x01\xff\xff"
     "a\0b\0",
     20},                         /* longer than what is there */
    {"\x06\xff\xff\0\0", 20},     /* a name at the chunk's end, */
    {"\x06\xff\xff\xff\xff", 20}, /* and beyond */
};

START_TEST(bytes_that_are_no_token_are_refused)
{
    struct binxml_token token;
    size_t moved_bytes;

    memcpy(bytes + 1000, no_tokens[_i].bytes, sizeof(no_tokens[_i].bytes));
    ck_assert(!next_at_1000(no_tokens[_i].size_bytes, false, &token, &moved_bytes));
}
END_TEST

START_TEST(name_that_stands_here_is_passed)
{
    struct binxml_token token;
    size_t moved_bytes;

    put(bytes + 1000, BINXML_ATTRIBUTE, 1);
    put(bytes + 1001, 1005, 4);
    put_name(1005, "Name");
    ck_assert(next_at_1000(100, false, &token, &moved_bytes));
    expect_utf16(&token.name.text, "Name");
    ck_assert_uint_eq(moved_bytes, 5 + 8 + 8 + 2);
    ck_assert(!next_at_1000(5 + 8 + 8 + 1, false, &token, &moved_bytes));
}
END_TEST

/* Its length says more, or points behind the chunk. */
START_TEST(name_ends_at_its_nul)
{
    struct binxml_token token;
    size_t moved_bytes;

    put(bytes + 1000, BINXML_ATTRIBUTE, 1);
    put(bytes + 1001, 600, 4);
    put_name(600, "Data");
    put(bytes + 606, 30, 2);
    ck_assert(next_at_1000(100, false, &token, &moved_bytes));
    ck_assert_uint_eq(token.name.text.left_bytes, 8);
    put(bytes + 606, 0xffff, 2);
    ck_assert(!next_at_1000(100, false, &token, &moved_bytes));
}
END_TEST

/* --- words --- */

static const char *const word_texts[] = {
    [WORD_CHANNEL] = "Channel",
    [WORD_COMPUTER] = "Computer",
    [WORD_DATA] = "Data",
    [WORD_EVENT] = "Event",
    [WORD_EVENT_DATA] = "EventData",
    [WORD_EVENT_ID] = "EventID",
    [WORD_EVENT_RECORD_ID] = "EventRecordID",
    [WORD_LEVEL] = "Level",
    [WORD_NAME] = "Name",
    [WORD_PROVIDER] = "Provider",
    [WORD_QUALIFIERS] = "Qualifiers",
    [WORD_RENDERING_INFO] = "RenderingInfo",
    [WORD_SECURITY] = "Security",
    [WORD_SYSTEM] = "System",
    [WORD_SYSTEM_TIME] = "SystemTime",
    [WORD_TIME_CREATED] = "TimeCreated",
    [WORD_USER_DATA] = "UserData",
    [WORD_USER_ID] = "UserID",
};

static enum binxml_word word_of(const char *text)
{
    struct span name = span_of(bytes + 608, 2 * strlen(text), 0);

    put_name(600, text);
    return binxml_word_of(&name);
}

START_TEST(every_word_is_known)
{
    for (size_t word = WORD_OTHER + 1; word < ARRAY_COUNT(word_texts); word++)
        ck_assert_int_eq(word_of(word_texts[word]), word);
    ck_assert_int_eq(word_of("data"), WORD_OTHER);
    ck_assert_int_eq(word_of("Date"), WORD_OTHER);
    ck_assert_int_eq(word_of(""), WORD_OTHER);
    ck_assert_int_eq(word_of("EventRecordIDs"), WORD_OTHER);
    word_of("Data");
    bytes[609] = 1; /* the upper half of its first unit */
    ck_assert_int_eq(binxml_word_of(&(struct span){.bytes = bytes + 608, .left_bytes = 8}),
                     WORD_OTHER);
}
END_TEST

/* --- instances --- */

/* An instance at 1000, whose definition of eight bytes of data is at 1010 or elsewhere; two
 * values, of two bytes and of one. Returns where its values begin. */
static size_t put_whole_instance(uint32_t definition)
{
    size_t at = 1010;

    put(bytes + 1000, BINXML_TEMPLATE_INSTANCE | 1 << 8, 2);
    put(bytes + 1002, 0x11223344, 4);
    put(bytes + 1006, definition, 4);
    put(bytes + definition + 4, 0x11223344, 4);
    put(bytes + definition + 20, 8, 4);
    if (definition == 1010)
        at += 24 + 8;
    put(bytes + at, 2, 4);
    put(bytes + at + 4, 2 | VALUE_UINT16 << 16, 4);
    put(bytes + at + 8, 1 | VALUE_UINT8 << 16, 4);
    put(bytes + at + 12, 0x030201, 3);
    return at + 12;
}

START_TEST(instance_is_read_with_its_values)
{
    static const uint32_t definitions[] = {1010, 600};
    size_t values = put_whole_instance(definitions[_i]);
    struct binxml_token token;
    size_t moved_bytes;
    struct binxml_value value;

    ck_assert(next_at_1000(values + 3 - 1000, false, &token, &moved_bytes));
    ck_assert_int_eq(token.kind, BINXML_TEMPLATE_INSTANCE);
    ck_assert_uint_eq(moved_bytes, values - 1000);
    ck_assert_uint_eq(token.instance.id, 0x11223344);
    ck_assert_uint_eq(token.instance.defined_id, 0x11223344);
    ck_assert_uint_eq(token.instance.definition_offset, definitions[_i]);
    ck_assert_ptr_eq(token.instance.definition.bytes, bytes + definitions[_i] + 24);
    ck_assert_uint_eq(token.instance.definition.left_bytes, 8);
    ck_assert(binxml_take_value(&token.instance, &value));
    ck_assert_uint_eq(value.type, VALUE_UINT16);
    ck_assert_uint_eq(value.bytes.left_bytes, 2);
    ck_assert(binxml_take_value(&token.instance, &value));
    ck_assert_uint_eq(value.type, VALUE_UINT8);
    ck_assert_uint_eq(value.bytes.bytes[0], 3);
    ck_assert(!binxml_take_value(&token.instance, &value));
    /* Its values run out of what is around it. */
    ck_assert(next_at_1000(values + 2 - 1000, false, &token, &moved_bytes));
    ck_assert(binxml_take_value(&token.instance, &value));
    ck_assert(!binxml_take_value(&token.instance, &value));
    ck_assert(!next_at_1000(values - 1 - 1000, false, &token, &moved_bytes));
}
END_TEST

START_TEST(fragment_that_is_one_instance_is_read_whole)
{
    struct chunk chunk = {.bytes = all};
    struct binxml_instance instance;
    size_t values = put_whole_instance(600);
    struct span in;

    memcpy(bytes + 996, BINXML_FRAGMENT_HEADER, 4);
    in = span_of(bytes + 996, values + 10 - 996, CHUNK_AT + 996);
    ck_assert(binxml_read_whole_instance(&chunk, in, &instance));
    ck_assert_uint_eq(instance.values.left_bytes, 3);
    in.left_bytes -= 8;
    ck_assert(!binxml_read_whole_instance(&chunk, in, &instance));
    put(bytes + 1000, BINXML_OPEN_ELEMENT, 1);
    in.left_bytes += 8;
    ck_assert(!binxml_read_whole_instance(&chunk, in, &instance));
}
END_TEST

/* --- records --- */

static void put_record(uint32_t position, uint32_t size_bytes, uint64_t number)
{
    memcpy(bytes + position, RECORD_MAGIC, 4);
    put(bytes + position + RECORD_OFFSET_SIZE, size_bytes, 4);
    put(bytes + position + RECORD_OFFSET_NUMBER, number, 8);
    put(bytes + position + size_bytes - 4, size_bytes, 4);
}

/* A record of 120 bytes at 552 with a template instance whose definition is in the first one. */
static void put_instance(uint32_t id, uint32_t definition, uint32_t count, uint16_t value_size)
{
    static const uint8_t begin[] = {0x0f, 0x01, 0x01, 0x00, 0x0c, 0x01};
    uint8_t *at = bytes + 552 + RECORD_OFFSET_BINXML;

    put(bytes + 512 + 4, 0x11223344, 4); /* the GUID of the definition "at 512" */
    put_record(552, 120, 8);
    memcpy(at, begin, sizeof(begin));
    put(at + 6, id, 4);
    put(at + 10, definition, 4);
    put(at + 14, count, 4);
    put(at + 18, value_size, 2);
    put(at + 20, 0x01, 1);
}

static const struct {
    uint32_t id, definition, count;
    uint16_t value_size;
    bool sound, matches;
} instances[] = {
    {0x11223344, 512, 1, 8, true, true},
    {0x11223345, 512, 1, 8, true, false},
    {0x11223344, 65530, 1, 8, false, false},
    {0x11223344, 0xffffffff, 1, 8, false, false},
    {0x11223344, 512, 0x40000000, 8, false, false}, /* times four is 0 in 32 bits */
    {0x11223344, 512, 30, 8, false, false},
    {0x11223344, 512, 1, 0xffff, false, false},
};

START_TEST(values_that_run_out_of_their_record_are_not_sound)
{
    struct chunk chunk = {.bytes = all};
    struct error err = {0};
    struct binxml_instance instance;
    struct record record;

    put_instance(instances[_i].id, instances[_i].definition, instances[_i].count,
                 instances[_i].value_size);
    ck_assert_int_eq(chunk_read_record(&chunk, 552, CHUNK_SIZE_BYTES, &record, &err), 0);
    ck_assert(!record_is_forwarded(&record));
    ck_assert_int_eq(record_read_instance(&chunk, &record, &instance),
                     instances[_i].definition <= 512 && instances[_i].count == 1);
    ck_assert_int_eq(record_is_sound(&chunk, &record), instances[_i].sound);
    ck_assert_int_eq(record_templates_match(&chunk, &record), instances[_i].matches);
}
END_TEST

START_TEST(record_without_a_template_is_told)
{
    struct chunk chunk = {.bytes = all};
    struct error err = {0};
    struct binxml_instance instance;
    struct record record;

    put_instance(0x11223344, 512, 1, 8);
    bytes[552 + RECORD_OFFSET_BINXML + 4] = 0x41; /* forwarded: an element follows at once */
    ck_assert_int_eq(chunk_read_record(&chunk, 552, CHUNK_SIZE_BYTES, &record, &err), 0);
    ck_assert(record_is_forwarded(&record));
    ck_assert(!record_read_instance(&chunk, &record, &instance));
    ck_assert(record_is_sound(&chunk, &record));
    ck_assert(!record_templates_match(&chunk, &record));
}
END_TEST

/* --- instances in values --- */

static struct craft craft;

static void put_level(struct binxml *out, const void *context)
{
    unsigned levels = *(const unsigned *)context;
    uint8_t guid[16] = "level";

    guid[15] = (uint8_t)levels;
    binxml_put_fragment_header(out);
    binxml_template_begin(out, guid);
    craft_put_text(out, "Event", "");
    binxml_template_end(out);
    struct binxml_values values = binxml_values_begin(out, 1);
    size_t at = out->position;
    if (levels > 1) {
        levels--;
        put_level(out, &levels);
    }
    binxml_values_add(out, &values, levels > 1 || at != out->position ? VALUE_BINXML : VALUE_NULL,
                      at);
}

START_TEST(instances_in_values_are_followed_to_a_bound)
{
    unsigned levels = (unsigned)_i + 1;
    struct chunk chunk;
    struct record record;

    craft_begin(&craft);
    craft_add(&craft, put_level, &levels);
    craft_finish(&craft);
    craft_open(&craft, 0, &chunk, &record);
    ck_assert_int_eq(record_is_sound(&chunk, &record), levels <= 3);
    ck_assert_int_eq(record_templates_match(&chunk, &record), levels <= 3);
    craft_end(&craft);
}
END_TEST

START_TEST(nested_instance_must_match_its_template_too)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START, .computer = "PC"};
    struct chunk chunk;
    struct record record;
    size_t at;

    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    craft_take(&craft, evtx_writer_finish(writer));
    craft_open(&craft, 1, &chunk, &record);
    ck_assert(record_templates_match(&chunk, &record));
    for (at = record.bytes.left_bytes - 8;
         memcmp(craft_bytes(&craft, 1) + at, "\x0f\x01\x01\x00\x0c", 5) != 0; at--)
        ;
    craft_bytes(&craft, 1)[at + 6] ^= 1; /* the id in the instance of EventData */
    ck_assert(record_is_sound(&chunk, &record));
    ck_assert(!record_templates_match(&chunk, &record));
    craft_end(&craft);
}
END_TEST

static Suite *binxml_suite(void)
{
    Suite *suite = suite_create("binxml");
    TCase *tests = tcase_create("binxml");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_loop_test(tests, token_is_read, 0, ARRAY_COUNT(tokens));
    tcase_add_loop_test(tests, bytes_that_are_no_token_are_refused, 0, ARRAY_COUNT(no_tokens));
    tcase_add_test(tests, name_that_stands_here_is_passed);
    tcase_add_test(tests, name_ends_at_its_nul);
    tcase_add_test(tests, every_word_is_known);
    tcase_add_loop_test(tests, instance_is_read_with_its_values, 0, 2);
    tcase_add_test(tests, fragment_that_is_one_instance_is_read_whole);
    tcase_add_loop_test(tests, values_that_run_out_of_their_record_are_not_sound, 0,
                        ARRAY_COUNT(instances));
    tcase_add_test(tests, record_without_a_template_is_told);
    tcase_add_loop_test(tests, instances_in_values_are_followed_to_a_bound, 0, 5);
    tcase_add_test(tests, nested_instance_must_match_its_template_too);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(binxml_suite());
}
