/* SPDX-License-Identifier: Apache-2.0 */
/* Typed values as text, number and time: every type, sizes that do not fit, arrays. */
#include <check.h>

#include "base/encoding.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/value.h"
#include "run.h"

#define VALUE(value_type, value, words) \
    {.type = (value_type), .bytes = (value), .size_bytes = sizeof(value) - 1, .text = (words)}

static const struct {
    uint8_t type;
    const char *bytes;
    size_t size_bytes;
    const char *text;
} values[] = {
    VALUE(VALUE_NULL, "ab", ""),
    VALUE(VALUE_BINXML, "\x0f\x01\x01\x00", ""),
    VALUE(0x30, "ab", ""), /* no type */
    VALUE(VALUE_STRING, "a\0b\0", "ab"),
    VALUE(VALUE_STRING, "", ""),
    VALUE(VALUE_STRING, "a\0\0\0b\0", "a"),          /* ends at its first NUL */
    VALUE(VALUE_STRING, "a\0b", "a"),                /* half a unit is none */
    VALUE(VALUE_STRING, "\xac\x20", "\xE2\x82\xAC"), /* U+20AC */
    VALUE(VALUE_STRING, "\n\0", "\n"),
    VALUE(VALUE_STRING, "\x3d\xd8\x00\xde", "\xF0\x9F\x98\x80"), /* U+1F600 */
    VALUE(VALUE_STRING, "\x00\xd8\x00\xdc", "\xF0\x90\x80\x80"), /* U+10000 */
    VALUE(VALUE_STRING, "x\0\x00\xd8y\0", "x\xEF\xBF\xBDy"),     /* high half alone */
    VALUE(VALUE_STRING, "x\0\x00\xdcy\0", "x\xEF\xBF\xBDy"),     /* low half alone */
    VALUE(VALUE_STRING, "\x00\xd8", "\xEF\xBF\xBD"),             /* at the end */
    VALUE(VALUE_STRING, "\x00\xd8\x3d\xd8\x00\xde", "\xEF\xBF\xBD\xF0\x9F\x98\x80"),
    VALUE(VALUE_ANSI_STRING, "ab\0c", "ab"),
    VALUE(VALUE_ANSI_STRING, "\xe9\x80\x81", "\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBD"),
    VALUE(VALUE_INT8, "\x80", "-128"),
    VALUE(VALUE_UINT8, "\x80", "128"),
    VALUE(VALUE_INT16, "\x00\x80", "-32768"),
    VALUE(VALUE_UINT16, "\x00\x80", "32768"),
    VALUE(VALUE_INT32, "\x00\xf2\x04\xc0", "-1073417728"),
    VALUE(VALUE_UINT32, "\x00\xf2\x04\xc0", "3221549568"),
    VALUE(VALUE_INT64, "\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808"),
    VALUE(VALUE_UINT64, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
    VALUE(VALUE_UINT64, "\0\0\0\0\0\0\0\0", "0"),
    VALUE(VALUE_FLOAT, "\x00\x00\xc0\xbf", "-1.500000"),
    VALUE(VALUE_DOUBLE, "\x00\x00\x00\x00\x00\x00\xf8\x3f", "1.500000"),
    VALUE(VALUE_BOOL, "\x01\x00\x00\x00", "true"),
    VALUE(VALUE_BOOL, "\x00\x00\x00\x00", "false"),
    VALUE(VALUE_BOOL, "\x00\x00\x00\x02", "true"),
    VALUE(VALUE_BINARY, "\x00\xab\x7f", "00AB7F"),
    VALUE(VALUE_GUID, "\x34\x27\xc9\x55\x82\xd6\x71\x4d\x98\x3e\xd6\xec\x3f\x16\x05\x9f",
          "{55C92734-D682-4D71-983E-D6EC3F16059F}"),
    VALUE(VALUE_SIZE, "\x00\x02\x00\x00", "512"),
    VALUE(VALUE_SIZE, "\x00\x00\x00\x00\x01\x00\x00\x00", "4294967296"),
    VALUE(VALUE_FILETIME, "\x00\x80\x3e\xd5\xde\xb1\x9d\x01", "1970-01-01T00:00:00.000000000Z"),
    VALUE(VALUE_FILETIME, "\x07\x80\x3e\xd5\xde\xb1\x9d\x01", "1970-01-01T00:00:00.000000700Z"),
    VALUE(VALUE_FILETIME, "\x00\x00\x00\x00\x00\x00\x00\x00", "1601-01-01T00:00:00.000000000Z"),
    VALUE(VALUE_FILETIME, "\xff\xff\xff\xff\xff\xff\xff\x7f", "0x7fffffffffffffff"),
    VALUE(VALUE_SYSTEMTIME, "\xe3\x07\x01\x00\x02\x00\x08\x00\x0a\x00\x0b\x00\x0c\x00\x7b\x00",
          "2019-01-08T10:11:12.123Z"),
    VALUE(VALUE_SID, "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", "S-1-5-18"),
    VALUE(VALUE_SID, "\x01\x00\x01\x00\x00\x00\x00\x05", "S-1-1099511627781"),
    VALUE(VALUE_HEX32, "\xa2\xc4\x04\xc0", "0xc004c4a2"),
    VALUE(VALUE_HEX64, "\xa2\xc4\x04\xc0\0\0\0\0", "0x00000000c004c4a2"),
    /* Sizes that do not fit: a number is one all the same, a surplus is not looked at. */
    VALUE(VALUE_UINT16, "\x12", "18"),
    VALUE(VALUE_UINT16, "\x12\x00\x00\x01", "16777234"),
    VALUE(VALUE_INT64, "\xff", "-1"),
    VALUE(VALUE_UINT32, "\x12\x34\x56", "123456"),
    VALUE(VALUE_UINT8, "\1\2\3\4\5\6\7\10\11", "010203040506070809"),
    VALUE(VALUE_FLOAT, "\x00\x00\x00\x00\x00\x00\xf8\x3f", "1.500000"),
    VALUE(VALUE_FLOAT, "\x00\x00", "0000"),
    VALUE(VALUE_HEX32, "\xa2\xc4", "0xc4a2"),
    VALUE(VALUE_GUID, "\x34\x27\xc9\x55", "3427C955"),
    VALUE(VALUE_FILETIME, "\x00\x80\x3e\xd5\xde\xb1\x9d", "00803ED5DEB19D"),
    VALUE(VALUE_SYSTEMTIME, "\xe3\x07\x01\x00", "E3070100"),
    VALUE(VALUE_SID, "\x01\x02\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00",
          "010200000000000512000000"), /* tells two parts and has one */
    VALUE(VALUE_SID, "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00\xff", "S-1-5-18"),
    VALUE(VALUE_SID, "\x01", "01"),
    /* Arrays. */
    VALUE(VALUE_ARRAY | VALUE_STRING, "a\0\0\0b\0\0\0", "a b"),
    VALUE(VALUE_ARRAY | VALUE_UINT16, "\x01\x00\xff\xff", "1 65535"),
    VALUE(VALUE_ARRAY | VALUE_UINT16, "\x01\x00\xff", "0100FF"), /* no whole number of items */
    VALUE(VALUE_ARRAY | VALUE_SID, "\x01\x01", "0101"),          /* items of no known size */
    VALUE(VALUE_ARRAY | VALUE_UINT32, "", ""),
    VALUE(VALUE_ARRAY | 0x30, "ab", ""),
};

START_TEST(value_is_written_as_text)
{
    struct text text = {0};

    value_add_text(&text, values[_i].type, span_of(values[_i].bytes, values[_i].size_bytes, 0));
    ck_assert_str_eq(text_get(&text), values[_i].text);
    text_free(&text);
}
END_TEST

/* What is collected for ASCII has an end, which a longer text passes. */
START_TEST(long_text_is_written_whole)
{
    struct text text = {0};
    uint8_t utf16[2 * 1000];

    for (size_t index = 0; index < sizeof(utf16); index++)
        utf16[index] = index % 2 == 0 ? (uint8_t)('a' + index % 26) : 0;
    text_add_utf16(&text, span_of(utf16, sizeof(utf16), 0));
    ck_assert_uint_eq(text.length_bytes, 1000);
    for (size_t index = 0; index < 1000; index++)
        ck_assert_int_eq(text.bytes[index], utf16[2 * index]);
    text_free(&text);
}
END_TEST

static const struct {
    uint8_t type;
    const char *bytes;
    size_t size_bytes;
    bool is_number;
    uint64_t number;
} numbers[] = {
    {VALUE_UINT16, "\x0d\x20", 2, true, 8205},
    {VALUE_UINT8, "\xff", 1, true, 255},
    {VALUE_INT32, "\x0d\x00\x00\x00", 4, true, 13},
    {VALUE_INT32, "\x0d\x00\x00\x80", 4, false, 0}, /* negative */
    {VALUE_UINT32, "\x0d\x00\x00\x80", 4, true, 0x8000000d},
    {VALUE_UINT64, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, true, UINT64_MAX},
    {VALUE_UINT16, "\x0d", 1, true, 13},
    {VALUE_UINT16, "\x0d\x00\x00", 3, false, 0},
    {VALUE_UINT16, "", 0, false, 0},
    {VALUE_STRING, "1\0003\0", 4, true, 13},
    {VALUE_STRING, "1\0003\0\0\0", 6, true, 13},
    {VALUE_STRING, "1\0x\0", 4, false, 0},
    {VALUE_STRING, "1\000\xb3\x00", 4, false, 0},
    {VALUE_STRING, "", 0, false, 0},
    {VALUE_BINARY, "\x0d", 1, false, 0},
    {VALUE_HEX32, "\x0d\x00\x00\x00", 4, false, 0},
    {VALUE_NULL, "", 0, false, 0},
    {VALUE_ARRAY | VALUE_UINT16, "\x0d\x20", 2, false, 0},
};

START_TEST(value_is_read_as_number)
{
    uint64_t number = 0;

    ck_assert_int_eq(value_number(numbers[_i].type,
                                  span_of(numbers[_i].bytes, numbers[_i].size_bytes, 0), &number),
                     numbers[_i].is_number);
    ck_assert_uint_eq(number, numbers[_i].number);
}
END_TEST

#define UNIX_EPOCH UINT64_C(116444736000000000)

static const struct {
    uint8_t type;
    const char *bytes;
    size_t size_bytes;
    uint64_t filetime; /* 0: none */
} times[] = {
    {VALUE_FILETIME, "\x07\x80\x3e\xd5\xde\xb1\x9d\x01", 8, UNIX_EPOCH + 7},
    {VALUE_FILETIME, "\x00\x00\x00\x00\x00\x00\x00\x00", 8, 0},
    {VALUE_FILETIME, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8, 0}, /* behind the year 9999 */
    {VALUE_FILETIME, "\x07\x80\x3e\xd5\xde\xb1\x9d", 7, 0},
    {VALUE_SYSTEMTIME, "\xb2\x07\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\x02\x00", 16,
     UNIX_EPOCH + FILETIME_SECOND + 20000},
    {VALUE_SYSTEMTIME, "\xb2\x07\x02\x00\x00\x00\x1f\x00\x00\x00\x00\x00\x01\x00\x02\x00", 16, 0},
    {VALUE_SYSTEMTIME, "\xb2\x07\x01\x00", 4, 0},
    {VALUE_STRING,
     "1\0009\0007\0000\0-\0000\0001\0-\0000\0001\0T\0000\0000\0:\0000\0000\0:\0000\0001\0Z\0", 40,
     UNIX_EPOCH + FILETIME_SECOND},
    {VALUE_STRING, "1\0009\0007\0000\0", 8, 0},
    {VALUE_UINT64, "\x07\x80\x3e\xd5\xde\xb1\x9d\x01", 8, 0},
};

START_TEST(value_is_read_as_time)
{
    uint64_t filetime = 0;
    bool is_time = value_filetime(times[_i].type, span_of(times[_i].bytes, times[_i].size_bytes, 0),
                                  &filetime);

    ck_assert_int_eq(is_time, times[_i].filetime != 0);
    if (is_time)
        ck_assert_uint_eq(filetime, times[_i].filetime);
}
END_TEST

static void expect_items(uint8_t type, const char *bytes, size_t size_bytes, const char *expected)
{
    struct span array = span_of(bytes, size_bytes, 0), item;
    struct text text = {0};

    while (value_take_item(type, &array, &item)) {
        value_add_text(&text, type & 0x7f, item);
        text_add(&text, "|");
    }
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(array_is_taken_apart)
{
    expect_items(VALUE_ARRAY | VALUE_STRING, "a\0\0\0\0\0b\0", 8, "a||b|");
    expect_items(VALUE_ARRAY | VALUE_STRING, "a\0\0\0b\0\0\0", 8, "a|b|");
    expect_items(VALUE_ARRAY | VALUE_STRING, "\0\0", 2, "|");
    expect_items(VALUE_ARRAY | VALUE_STRING, "", 0, "");
    expect_items(VALUE_ARRAY | VALUE_ANSI_STRING, "a\0\0bc", 5, "a||bc|");
    expect_items(VALUE_ARRAY | VALUE_UINT8, "\x01\x02\x03", 3, "1|2|3|");
    expect_items(VALUE_ARRAY | VALUE_HEX32, "\x01\0\0\0\x02\0\0\0", 8, "0x00000001|0x00000002|");
    ck_assert(value_is_array(VALUE_ARRAY | VALUE_UINT16, span_of("\1\2", 2, 0)));
    ck_assert(!value_is_array(VALUE_ARRAY | VALUE_UINT16, span_of("\1\2\3", 3, 0)));
    ck_assert(!value_is_array(VALUE_ARRAY | VALUE_UINT16, span_of("", 0, 0)));
    ck_assert(!value_is_array(VALUE_UINT16, span_of("\1\2", 2, 0)));
    ck_assert(!value_is_array(VALUE_ARRAY | VALUE_SID, span_of("\1\2", 2, 0)));
}
END_TEST

static Suite *value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tests = tcase_create("value");

    tcase_add_loop_test(tests, value_is_written_as_text, 0, ARRAY_COUNT(values));
    tcase_add_test(tests, long_text_is_written_whole);
    tcase_add_loop_test(tests, value_is_read_as_number, 0, ARRAY_COUNT(numbers));
    tcase_add_loop_test(tests, value_is_read_as_time, 0, ARRAY_COUNT(times));
    tcase_add_test(tests, array_is_taken_apart);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(value_suite());
}
