/* SPDX-License-Identifier: Apache-2.0 */
/* The small shared pieces: error, span, text, filetime, memory. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "base/span.h"
#include "base/text.h"
#include "run.h"

START_TEST(first_message_stays)
{
    struct error err = {.source = "a.evtx"};

    ck_assert_int_eq(error_set(&err, ERROR_SOURCE, 512, "size %d", 7), -1);
    ck_assert_int_eq(error_set(&err, ERROR_RUN, 0, "later"), -1);
    ck_assert_str_eq(err.message, "size 7");
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_uint_eq(err.offset_bytes, 512);
    error_clear(&err);
    ck_assert_ptr_null(err.message);
    ck_assert_str_eq(err.source, "a.evtx");
}
END_TEST

/* Of the function and of the lines behind the first a reader has nothing. */
START_TEST(library_errors_are_said_in_their_own_words)
{
    static const struct {
        char text[64];
        const char *message;
    } cases[] = {
        {"libevtx_io_read: unable to read.\nlibevtx_file_open: failed.", "libevtx: unable to read"},
        {"invalid handle", "libevtx: invalid handle"},
        {"libevtx_io_read: .", "libevtx: "},
        {"", "libevtx: "},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct error err = {0};
        char text[sizeof(cases[index].text)];

        memcpy(text, cases[index].text, sizeof(text));
        ck_assert_int_eq(error_set_library(&err, "libevtx", text), -1);
        ck_assert_str_eq(err.message, cases[index].message);
        ck_assert_int_eq(err.kind, ERROR_SOURCE);
        error_clear(&err);
    }
}
END_TEST

START_TEST(span_readers_stop_at_the_end_and_move_nothing)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct span in = span_of(bytes, sizeof(bytes), 100);
    struct span part;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    uint8_t u8;

    ck_assert(span_u64(&in, &u64));
    ck_assert_uint_eq(u64, UINT64_C(0x0807060504030201));
    ck_assert_uint_eq(in.offset_bytes, 108);
    ck_assert(!span_u16(&in, &u16));
    ck_assert(!span_u32(&in, &u32));
    ck_assert(!span_skip(&in, 2));
    ck_assert(!span_skip(&in, SIZE_MAX));
    ck_assert(!span_take(&in, 2, &part));
    ck_assert_uint_eq(in.left_bytes, 1);
    ck_assert(span_u8(&in, &u8));
    ck_assert_uint_eq(u8, 9);
    ck_assert(!span_u8(&in, &u8));
    ck_assert_uint_eq(in.offset_bytes, 109);
}
END_TEST

START_TEST(span_at_moves_nothing_and_checks_its_position)
{
    static const uint8_t bytes[] = {1, 2, 3, 4};
    struct span in = span_of(bytes, sizeof(bytes), 0);
    struct span at;

    ck_assert(span_at(&in, 4, &at));
    ck_assert_uint_eq(at.left_bytes, 0);
    ck_assert(!span_at(&in, 5, &at));
    ck_assert_uint_eq(in.left_bytes, 4);
    ck_assert(span_starts_with(&in, "\1\2", 2));
    ck_assert(!span_starts_with(&in, "\1\2\3\4\5", 5));
}
END_TEST

START_TEST(text_grows_and_is_taken)
{
    struct text text = {0};

    ck_assert_str_eq(text_get(&text), "");
    for (int index = 0; index < 1000; index++)
        text_add_format(&text, "%03d", index);
    ck_assert_uint_eq(text.length_bytes, 3000);
    ck_assert_uint_eq(strlen(text_get(&text)), 3000);
    ck_assert(strncmp(text_get(&text) + 2997, "999", 3) == 0);
    char *taken = text_take(&text);
    ck_assert_uint_eq(strlen(taken), 3000);
    ck_assert_str_eq(text_get(&text), "");
    free(taken);
    text_add_item(&text, "a");
    text_add_item(&text, "b");
    ck_assert_str_eq(text_get(&text), "a; b");
    text_free(&text);
}
END_TEST

/* A member has no separator in it, wherever it is from. */
START_TEST(list_can_be_split_into_its_members)
{
    struct text list = {0};
    struct text other = {0};

    text_add_items(&list, "");
    text_add_item(&list, "a; b");
    text_add_item(&list, "c;");
    text_add_item(&list, ";d");
    ck_assert_str_eq(text_get(&list), "a\\x3B b; c\\x3B; \\x3Bd");
    text_add_items(&other, text_get(&list));
    text_add_items(&other, text_get(&list));
    text_add_items(&other, "");
    ck_assert_str_eq(text_get(&other), "a\\x3B b; c\\x3B; \\x3Bd; a\\x3B b; c\\x3B; \\x3Bd");
    text_clear(&list);
    text_add_item_content(&list, "");
    text_add_item_content(&list, "e;f");
    ck_assert_str_eq(text_get(&list), "e\\x3Bf");
    text_clear(&list);
    text_add_item(&list, "a\\x3B b");
    text_add_item(&list, "C:\\xampp\\");
    text_add_item(&list, "\\\\x5C");
    ck_assert_str_eq(text_get(&list), "a\\x5Cx3B b; C:\\xampp\\; \\\\x5Cx5C");
    text_free(&list);
    text_free(&other);
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_made_visible)
{
    static const struct {
        const char *raw;
        const char *visible;
    } cases[] = {
        {"plain", "plain"},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"a\x80z", "a\\x80z"},
        {"\xC0\xAF", "\\xC0\\xAF"},                   /* overlong */
        {"\xED\xA0\x80", "\\xED\\xA0\\x80"},          /* surrogate */
        {"\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"}, /* above U+10FFFF */
        {"\xE2\x82", "\\xE2\\x82"},                   /* cut short */
        {"\xFF", "\\xFF"},
        {"a\nb\033[0m", "a\\x0Ab\\x1B[0m"},
        {"\xC2\x85\x7F", "\\xC2\\x85\\x7F"},
        {"a\xE2\x80\xAE"
         "b\xE2\x81\xA6",
         "a\\u202Eb\\u2066"},                           /* bidi */
        {"\xE2\x80\xA8\xE2\x80\x8B", "\\u2028\\u200B"}, /* a line end, no width */
        {"\xEF\xB8\x8F\xEF\xBB\xBF", "\\uFE0F\\uFEFF"}, /* a variation, a mark */
        {"\xF3\xA0\x81\x81", "\\U000E0041"},            /* a tag */
        {"\xD8\x9C\xC2\xAD", "\\u061C\\u00AD"},
        {"\xC2\xA0\xEE\x80\x80", "\xC2\xA0\xEE\x80\x80"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct text text = {0};

        text_add_visible(&text, cases[index].raw);
        ck_assert_str_eq(text_get(&text), cases[index].visible);
        text_free(&text);
    }
}
END_TEST

/* Each byte at each place of texts of lengths around those that are looked at together. */
START_TEST(plain_bytes_end_at_the_first_that_is_not)
{
    static const size_t lengths[] = {0, 1, 31, 32, 33, 63, 64, 65, 511, 512, 513, 1100};
    char text[1101];

    for (size_t index = 0; index < ARRAY_COUNT(lengths); index++) {
        memset(text, 'p', lengths[index]);
        text[lengths[index]] = '\0';
        ck_assert_uint_eq(text_plain_length(text, ""), lengths[index]);
        ck_assert_uint_eq(text_plain_length(text, "\"\\"), lengths[index]);
        for (size_t at = 0; at < lengths[index]; at += lengths[index] > 100 ? 17 : 1)
            for (int byte = 1; byte < 256; byte++) {
                bool is_plain = byte >= ' ' && byte <= '~';
                bool is_except = byte == '"' || byte == '\\';

                text[at] = (char)byte;
                ck_assert_uint_eq(text_plain_length(text, ""), is_plain ? lengths[index] : at);
                ck_assert_uint_eq(text_plain_length(text, "\""),
                                  is_plain && byte != '"' ? lengths[index] : at);
                ck_assert_uint_eq(text_plain_length(text, "\"\\"),
                                  is_plain && !is_except ? lengths[index] : at);
                text[at] = 'p';
            }
    }
}
END_TEST

START_TEST(numbers_are_added_in_decimal)
{
    struct text text = {0};

    text_add_number(&text, 0);
    text_add(&text, " ");
    text_add_number(&text, 1234567890);
    text_add(&text, " ");
    text_add_number(&text, UINT64_MAX);
    ck_assert_str_eq(text_get(&text), "0 1234567890 18446744073709551615");
    text_free(&text);
}
END_TEST

/* Whatever room there is: none, just enough, or one byte too few. */
START_TEST(what_is_formatted_is_added_whole)
{
    char word[200];

    for (size_t before = 0; before < 70; before++)
        for (size_t length = 0; length < sizeof(word); length++) {
            struct text text = {0};

            memset(word, 'w', length);
            word[length] = '\0';
            for (size_t index = 0; index < before; index++)
                text_add(&text, "b");
            text_add_format(&text, "%s", word);
            ck_assert_uint_eq(text.length_bytes, before + length);
            ck_assert_uint_eq(strlen(text_get(&text)), before + length);
            ck_assert_str_eq(text_get(&text) + before, word);
            text_free(&text);
        }
}
END_TEST

START_TEST(folding_is_for_every_script)
{
    char *folded = text_fold("M\xC3\x9CLLER-\xD0\x9F\xD0\x9A.Corp");

    ck_assert_str_eq(folded, "m\xC3\xBCller-\xD0\xBF\xD0\xBA.corp");
    free(folded);
    ck_assert(text_equal_ascii("Host", "hOST"));
    ck_assert(!text_equal_ascii("Host", "Hosts"));
}
END_TEST

static bool are_one_name(const char *left, const char *right)
{
    char *folded_left = text_fold(left);
    char *folded_right = text_fold(right);
    bool equal = strcmp(folded_left, folded_right) == 0;

    free(folded_left);
    free(folded_right);
    return equal;
}

/* Letter by letter, and composed and decomposed letters alike. */
START_TEST(folding_goes_by_unicode_and_not_by_the_locale)
{
    static const char *const pairs[][2] = {
        {"PC\u00C4", "pc\u00E4"},
        {"STRA\u1E9EE-1", "stra\u00DFe-1"},
        {"\u039F\u0394\u039F\u03A3", "\u03BF\u03B4\u03BF\u03C2"},
        {"B\u00DCRO", "bu\u0308ro"},
        {"\u0130", "I\u0307"},
        {"\u1F88", "\u1F00\u0345"},
        {"\U00010400", "\U00010428"},
    };
    char *before = memory_copy_text(setlocale(LC_ALL, NULL));

    for (unsigned turn = 0; turn < 2; turn++) {
        for (size_t pair = 0; pair < ARRAY_COUNT(pairs); pair++)
            ck_assert_msg(are_one_name(pairs[pair][0], pairs[pair][1]), "%s", pairs[pair][0]);
        ck_assert(!are_one_name("PC\u00C4", "PCA"));
        ck_assert(!are_one_name("\u0131", "I"));
        ck_assert(!are_one_name("\u0130", "i"));
        ck_assert(!are_one_name("WEISS-PC", "wei\u00DF-PC"));
        ck_assert(!are_one_name("\uFB01", "fi"));
        setlocale(LC_ALL, "tr_TR.UTF-8");
    }
    setlocale(LC_ALL, before);
    free(before);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_folded_to_themselves)
{
    ck_assert(are_one_name("PC\xC4\u00C4", "pc\xC4\u00E4"));
    ck_assert(!are_one_name("PC\xC4", "PC\xD6"));
    ck_assert(!are_one_name("PC\xC4", "PC\xE4"));
}
END_TEST

START_TEST(cut_text_ends_between_two_characters)
{
    const char *text = "a\xC3\xA4\xE2\x82\xAC"
                       "b"; /* of one, two, three and one bytes */
    static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6};

    for (size_t most_bytes = 0; most_bytes < ARRAY_COUNT(lengths); most_bytes++)
        ck_assert_uint_eq(text_cut_length(text, most_bytes), lengths[most_bytes]);
}
END_TEST

START_TEST(update_number_is_not_found_in_a_longer_one)
{
    ck_assert(text_has_number_word("Update (KB971033)", "KB971033"));
    ck_assert(text_has_number_word("kb971033", "KB971033"));
    ck_assert(text_has_number_word("KB9710331 and KB971033", "KB971033"));
    ck_assert(!text_has_number_word("KB9710331", "KB971033"));
    ck_assert(!text_has_number_word("KB97103", "KB971033"));
    ck_assert(!text_has_number_word("", "KB971033"));
}
END_TEST

START_TEST(distance_of_filetimes_does_not_depend_on_their_order)
{
    ck_assert_uint_eq(filetime_distance(5, 5), 0);
    ck_assert_uint_eq(filetime_distance(FILETIME_DAY, 1), FILETIME_DAY - 1);
    ck_assert_uint_eq(filetime_distance(1, FILETIME_DAY), FILETIME_DAY - 1);
    ck_assert_uint_eq(filetime_distance(0, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(filetimes_become_text)
{
    static const struct {
        uint64_t filetime;
        const char *text;
    } cases[] = {
        {0, ""},
        {UINT64_C(131914152000000000), "2019-01-08T10:00:00Z"},
        {UINT64_C(131914818000000000), "2019-01-09T04:30:00Z"},
        {UINT64_C(131914152000000001), "2019-01-08T10:00:00.0000001Z"},
        {1 * FILETIME_SECOND, "1601-01-01T00:00:01Z"},
        {FILETIME_MAX, "9999-12-31T23:59:59.9999999Z"},
        {FILETIME_MAX + 1, ""},
        {UINT64_MAX, ""},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        char *text = filetime_text(cases[index].filetime);

        ck_assert_str_eq(text, cases[index].text);
        free(text);
    }
}
END_TEST

START_TEST(times_of_files_become_nanoseconds_or_are_too_far)
{
    static const struct {
        struct timespec time;
        int64_t nanoseconds;
    } cases[] = {
        {{0, 0}, 0},
        {{-1, 999999999}, -1},
        {{INT64_C(9223372036), 854775806}, INT64_MAX - 1},
        {{INT64_C(9223372036), 854775808}, TIME_TOO_FAR},
        {{INT64_C(-9223372036), 0}, INT64_C(-9223372036000000000)},
        {{INT64_C(-9223372038), 0}, TIME_TOO_FAR},
        {{INT64_C(13569465600), 0}, TIME_TOO_FAR},  /* 2400-01-01 */
        {{INT64_C(-62135596800), 0}, TIME_TOO_FAR}, /* 0001-01-01 */
        {{INT64_MAX, 999999999}, TIME_TOO_FAR},
        {{INT64_MIN, 0}, TIME_TOO_FAR},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++)
        ck_assert_int_eq(time_to_nanoseconds(&cases[index].time), cases[index].nanoseconds);
}
END_TEST

START_TEST(every_day_of_a_cycle_of_400_years_survives_the_round_trip)
{
    for (uint64_t day = 1; day < 146097 * 2; day++) {
        char *text = filetime_text(day * FILETIME_DAY);
        uint64_t back = 0;

        ck_assert_msg(filetime_parse(text, &back), "%s", text);
        ck_assert_uint_eq(back, day * FILETIME_DAY);
        free(text);
    }
}
END_TEST

START_TEST(times_that_do_not_exist_are_refused)
{
    static const char *const wrong[] = {
        "",
        "2019-01-08",
        "2019-01-08T10:00:00",
        "2019-01-08T10:00:00Zx",
        "2019-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "2019-13-01T10:00:00Z",
        "2019-00-01T10:00:00Z",
        "2019-01-00T10:00:00Z",
        "2019-01-08T24:00:00Z",
        "2019-01-08T10:60:00Z",
        "2019-01-08T10:00:60Z",
        "2019-01-08T10:00:00.Z",
        "1600-12-31T23:59:59Z",
        "19-01-08T10:00:00Z",
        " 2019-01-08T10:00:00Z",
    };
    uint64_t time = 77;

    for (size_t index = 0; index < ARRAY_COUNT(wrong); index++)
        ck_assert_msg(!filetime_parse(wrong[index], &time), "%s", wrong[index]);
    ck_assert_uint_eq(time, 77);
    ck_assert(filetime_parse("2000-02-29T10:00Z", &time));
    ck_assert(filetime_parse("2019-01-08 10:00:00.123456789Z", &time));
    ck_assert_uint_eq(time, UINT64_C(131914152001234567));
}
END_TEST

START_TEST(arrays_grow_one_item_at_a_time)
{
    size_t *items = NULL;

    for (size_t count = 0; count < 1000; count++) {
        items = memory_grow(items, count, sizeof(*items));
        items[count] = count;
    }
    for (size_t count = 0; count < 1000; count++)
        ck_assert_uint_eq(items[count], count);
    free(items);
}
END_TEST

static Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *cases = tcase_create("base");

    tcase_add_test(cases, first_message_stays);
    tcase_add_test(cases, library_errors_are_said_in_their_own_words);
    tcase_add_test(cases, span_readers_stop_at_the_end_and_move_nothing);
    tcase_add_test(cases, span_at_moves_nothing_and_checks_its_position);
    tcase_add_test(cases, text_grows_and_is_taken);
    tcase_add_test(cases, list_can_be_split_into_its_members);
    tcase_add_test(cases, bytes_that_are_no_utf8_are_made_visible);
    tcase_add_test(cases, plain_bytes_end_at_the_first_that_is_not);
    tcase_add_test(cases, numbers_are_added_in_decimal);
    tcase_add_test(cases, what_is_formatted_is_added_whole);
    tcase_add_test(cases, folding_is_for_every_script);
    tcase_add_test(cases, folding_goes_by_unicode_and_not_by_the_locale);
    tcase_add_test(cases, bytes_that_are_no_text_are_folded_to_themselves);
    tcase_add_test(cases, cut_text_ends_between_two_characters);
    tcase_add_test(cases, update_number_is_not_found_in_a_longer_one);
    tcase_add_test(cases, distance_of_filetimes_does_not_depend_on_their_order);
    tcase_add_test(cases, filetimes_become_text);
    tcase_add_test(cases, times_of_files_become_nanoseconds_or_are_too_far);
    tcase_add_test(cases, every_day_of_a_cycle_of_400_years_survives_the_round_trip);
    tcase_add_test(cases, times_that_do_not_exist_are_refused);
    tcase_add_test(cases, arrays_grow_one_item_at_a_time);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(base_suite());
}
