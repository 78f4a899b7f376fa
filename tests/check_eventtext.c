/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner of libevtx's event text, on texts as libevtx writes them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "evtx/check/reference.h"
#include "run.h"

static struct eventtext event;

static void clear_event(void)
{
    event = (struct eventtext){0};
}

static void free_event(void)
{
    eventtext_free_content(&event);
}

static const struct observation *parse(const char *text)
{
    struct error err = {0};

    ck_assert_msg(eventtext_parse(&event, text, strlen(text), &err) == 0, "%s", err.message);
    return &event.observation;
}

static void refuse(const char *text, size_t length_bytes, const char *complaint)
{
    struct error err = {0};

    ck_assert_int_eq(eventtext_parse(&event, text, length_bytes, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_msg(strstr(err.message, complaint) != NULL, "%s", err.message);
    error_clear(&err);
}

static void expect_string(const struct observation *observation, size_t index, const char *name,
                          const char *value)
{
    ck_assert_uint_lt(index, observation->string_count);
    ck_assert_str_eq(observation->strings[index].name, name);
    ck_assert_str_eq(observation->strings[index].value, value);
}

#define BEGIN "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\n"
#define SYSTEM(id)                                         \
    "  <System>\n"                                         \
    "    <Provider Name=\"P\"/>\n"                         \
    "    <EventID Qualifiers=\"16384\">" id "</EventID>\n" \
    "  </System>\n"
#define END "</Event>\n"

static const char classic[] =
    BEGIN "  <System>\n"
          "    <Provider Name=\"Microsoft-Windows-Security-SPP\" "
          "Guid=\"{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}\" "
          "EventSourceName=\"Software Protection Platform Service\"/>\n"
          "    <EventID Qualifiers=\"49152\">8208</EventID>\n"
          "    <Version>0</Version>\n"
          "    <Level>2</Level>\n"
          "    <Task>0</Task>\n"
          "    <Opcode>0</Opcode>\n"
          "    <Keywords>0x0080000000000000</Keywords>\n"
          "    <TimeCreated SystemTime=\"2019-01-08T11:02:17.000000000Z\"/>\n"
          "    <EventRecordID>18446744073709551615</EventRecordID>\n"
          "    <Correlation/>\n"
          "    <Execution ProcessID=\"0\" ThreadID=\"0\"/>\n"
          "    <Channel>Application</Channel>\n"
          "    <Computer>PC-1.corp.example</Computer>\n"
          "    <Security UserID=\"S-1-5-18\"/>\n"
          "  </System>\n"
          "  <EventData>\n"
          "    <Data>hr=0xC004C4A2</Data>\n"
          "    <Data>66c92734-d682-4d71-983e-d6ec3f16059f</Data>\n"
          "  </EventData>\n" END;

START_TEST(classic_event_is_read_whole)
{
    const struct observation *observation = parse(classic);
    uint64_t time;

    ck_assert(filetime_parse("2019-01-08T11:02:17Z", &time));
    ck_assert_str_eq(observation->provider, "Microsoft-Windows-Security-SPP");
    ck_assert_uint_eq(observation->event_id, 8208);
    ck_assert_int_eq(observation->qualifiers, 49152);
    ck_assert_int_eq(observation->level, 2);
    ck_assert_uint_eq(observation->event_filetime, time);
    ck_assert_uint_eq(observation->record_id, UINT64_MAX);
    ck_assert_str_eq(observation->channel, "Application");
    ck_assert_str_eq(observation->computer, "PC-1.corp.example");
    ck_assert_str_eq(observation->user_sid, "S-1-5-18");
    ck_assert_uint_eq(observation->string_count, 2);
    expect_string(observation, 0, "", "hr=0xC004C4A2");
    expect_string(observation, 1, "", "66c92734-d682-4d71-983e-d6ec3f16059f");
    ck_assert(!event.has_rendering);
}
END_TEST

static void expect_only_an_id(const struct observation *observation)
{
    ck_assert_str_eq(observation->provider, "");
    ck_assert_uint_eq(observation->event_id, 5);
    ck_assert_int_eq(observation->qualifiers, OBSERVATION_ABSENT);
    ck_assert_int_eq(observation->level, OBSERVATION_ABSENT);
    ck_assert_uint_eq(observation->event_filetime, 0);
    ck_assert_uint_eq(observation->record_id, 0);
    ck_assert_str_eq(observation->channel, "");
    ck_assert_str_eq(observation->computer, "");
    ck_assert_str_eq(observation->user_sid, "");
    ck_assert_uint_eq(observation->string_count, 0);
}

static const char only_an_id[] = BEGIN "  <System>\n    <EventID>5</EventID>\n  </System>\n" END;

START_TEST(what_an_event_lacks_is_told_as_lacking)
{
    expect_only_an_id(parse(only_an_id));
}
END_TEST

START_TEST(nothing_stays_from_the_event_before)
{
    parse(classic);
    expect_only_an_id(parse(only_an_id));
}
END_TEST

START_TEST(data_keep_order_names_and_emptiness)
{
    const struct observation *observation =
        parse(BEGIN SYSTEM("1") "  <EventData>\n"
                                "    <Data Name=\"updateTitle\">first</Data>\n"
                                "    <Data Name=\"empty\"/>\n"
                                "    <Data/>\n"
                                "    <Data></Data>\n"
                                "    <Binary>0102</Binary>\n"
                                "    <Data Name=\"last\">x</Data>\n"
                                "  </EventData>\n" END);

    ck_assert_uint_eq(observation->string_count, 5);
    expect_string(observation, 0, "updateTitle", "first");
    expect_string(observation, 1, "empty", "");
    expect_string(observation, 2, "", "");
    expect_string(observation, 3, "", "");
    expect_string(observation, 4, "last", "x");
}
END_TEST

START_TEST(user_data_gives_its_leaves)
{
    const struct observation *observation = parse(
        BEGIN SYSTEM("2") "  <UserData>\n"
                          "    <CbsPackageChangeState xmlns=\"http://manifests.microsoft.com/x\">\n"
                          "      <PackageIdentifier>KB971033</PackageIdentifier>\n"
                          "      <Deep>\n"
                          "        <Leaf>in</Leaf>\n"
                          "      </Deep>\n"
                          "      <ErrorCode/>\n"
                          "    </CbsPackageChangeState>\n"
                          "  </UserData>\n" END);

    ck_assert_uint_eq(observation->string_count, 3);
    expect_string(observation, 0, "PackageIdentifier", "KB971033");
    expect_string(observation, 1, "Leaf", "in");
    expect_string(observation, 2, "ErrorCode", "");
}
END_TEST

START_TEST(rendering_info_marks_a_forwarded_event)
{
    const struct observation *observation =
        parse(BEGIN SYSTEM("3") "  <EventData/>\n"
                                "  <RenderingInfo Culture=\"en-US\">\n"
                                "    <Message>text</Message>\n"
                                "    <Channel>not this one</Channel>\n"
                                "  </RenderingInfo>\n" END);

    ck_assert(event.has_rendering);
    ck_assert_str_eq(observation->channel, "");
    ck_assert_uint_eq(observation->string_count, 0);
    parse(BEGIN SYSTEM("3") END);
    ck_assert(!event.has_rendering);
}
END_TEST

/* A value as it stands in the text, and what it is. */
static const struct {
    const char *written;
    const char *value;
} values[] = {
    {"&lt;b&gt; &amp;amp; &quot;", "<b> &amp; &quot;"},
    {"  blanks at both ends  ", "  blanks at both ends  "},
    {"line\r\nline\n", "line\r\nline\n"},
    {"\n  indented, but no element", "\n  indented, but no element"},
    {"\x01\x1f\x7f", "\x01\x1f\x7f"},
    {"\"'=/>", "\"'=/>"},
    {"an ANSI <b> </c> is not escaped", "an ANSI <b> </c> is not escaped"},
    {"\xC3\xA9\xE2\x82\xAC", "\xC3\xA9\xE2\x82\xAC"},
    /* U+1F600 comes as U+1F201, U+103FF (the first that comes past U+FFFF) as U+10000, U+10FFFF
     * as U+10FC00, where libevtx spoils them; what comes below stays as it is. */
    {"\xF0\x9F\x88\x81", "\xF0\x9F\x98\x80"},
    {"\xF0\x90\x80\x80", "\xF0\x90\x8F\xBF"},
    {"\xF4\x8F\xB0\x80", "\xF4\x8F\xBF\xBF"},
    {"\xEF\xB0\x81", "\xEF\xB0\x81"},
    /* No UTF-8. */
    {"a\xFFz", "a\xEF\xBF\xBDz"},
    {"a\xC3", "a\xEF\xBF\xBD"},
    {"\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD"},
};

/* What is made of a value: what a character past U+FFFF stands for, where libevtx spoils these. */
static const char *read_value(const char *written, const char *where_spoilt)
{
    const char *at = written;
    uint32_t character;

    while (*at != '\0' && text_next_character(&at, &character))
        if (character >= REFERENCE_SUPPLEMENTARY_FIRST)
            return reference_spoils_supplementary() ? where_spoilt : written;
    return where_spoilt;
}

START_TEST(value_is_kept_faithfully)
{
    struct text text = {0};

    text_add_format(&text,
                    BEGIN SYSTEM("4") "  <EventData>\n    <Data>%s</Data>\n"
                                      "    <Data>after</Data>\n  </EventData>\n" END,
                    values[_i].written);
    parse(text_get(&text));
    ck_assert_uint_eq(event.observation.string_count, 2);
    expect_string(&event.observation, 0, "", read_value(values[_i].written, values[_i].value));
    expect_string(&event.observation, 1, "", "after");
    text_free(&text);
}
END_TEST

START_TEST(attributes_are_not_escaped)
{
    const struct observation *observation =
        parse(BEGIN "  <System>\n"
                    "    <Provider Guid=\"{x}\" Name=\"a & <b> \"c\" d\xF0\x90\x80\x80\"/>\n"
                    "    <EventID>1</EventID>\n"
                    "  </System>\n"
                    "  <EventData>\n"
                    "    <Data Name=\"n>m/\">v</Data>\n"
                    "    <Data Name=\"\">w</Data>\n"
                    "    <Data Other=\"x\" Name=\"y\"/>\n"
                    "    <Data Other=\"x\">z</Data>\n"
                    "  </EventData>\n" END);

    ck_assert_str_eq(observation->provider, "a & <b> \"c");
    expect_string(observation, 0, "n>m/", "v");
    expect_string(observation, 1, "", "w");
    expect_string(observation, 2, "y", "");
    expect_string(observation, 3, "", "z");
}
END_TEST

START_TEST(a_newer_libevtx_escapes_attributes)
{
    const struct observation *observation =
        parse(BEGIN SYSTEM("4") "  <EventData>\n"
                                "    <Data Name=\"&lt;&amp;&gt;\"&amp;lt;\">v</Data>\n"
                                "  </EventData>\n" END);

    expect_string(observation, 0,
                  reference_escapes_attributes() ? "<&>\"&lt;" : "&lt;&amp;&gt;\"&amp;lt;", "v");
}
END_TEST

START_TEST(provider_name_gets_its_characters_put_right)
{
    ck_assert_str_eq(parse(BEGIN "  <System>\n    <Provider Name=\"\xF0\x90\x80\x80\"/>\n"
                                 "    <EventID>1</EventID>\n  </System>\n" END)
                         ->provider,
                     read_value("\xF0\x90\x80\x80", "\xF0\x90\x8F\xBF"));
}
END_TEST

START_TEST(system_fields_count_only_in_system)
{
    const struct observation *observation =
        parse(BEGIN SYSTEM("7") "  <UserData>\n"
                                "    <EventID>8</EventID>\n"
                                "    <Computer>other</Computer>\n"
                                "  </UserData>\n"
                                "  <EventData>\n"
                                "    <EventID>9</EventID>\n"
                                "  </EventData>\n" END);

    ck_assert_uint_eq(observation->event_id, 7);
    ck_assert_str_eq(observation->computer, "");
    ck_assert_uint_eq(observation->string_count, 2);
}
END_TEST

static const char *const unreadable_times[] = {"",
                                               "Not set (0)",
                                               "2019-01-08",
                                               "0x01d4a74d",
                                               "2019-13-08T11:02:17.0Z",
                                               "1600-01-01T00:00:00Z"};

START_TEST(unreadable_time_is_no_time)
{
    struct text text = {0};

    text_add_format(&text,
                    BEGIN "  <System>\n    <EventID>1</EventID>\n"
                          "    <TimeCreated SystemTime=\"%s\"/>\n  </System>\n" END,
                    unreadable_times[_i]);
    ck_assert_uint_eq(parse(text_get(&text))->event_filetime, 0);
    text_free(&text);
}
END_TEST

static const struct {
    const char *text;
    const char *complaint;
} bad_texts[] = {
    {"", "no readable EventID"},
    {"\n", "no readable EventID"},
    {"text", "text between elements"},
    {"<Event", "start tag without an end"},
    {"<Event>", "element without an end"},
    {"<Event></Event>", "no readable EventID"},
    {"</Event>", "end tag of nothing"},
    {"</Event", "end tag without an end"},
    {"<Other/>", "the element is not an Event"},
    {"<>", "markup that is not an element"},
    {"<?xml version=\"1.0\"?>", "markup that is not an element"},
    {"<Event>\n  <![CDATA[x]]>\n</Event>", "markup that is not an element"},
    {"<Event>\n  <System>\n", "element without an end"},
    {"<Event>\n  <System>\n    <EventID>1</EventI", "element without an end"},
    {"<Event>\n  <System>\n    <EventID a=\"1>", "start tag without an end"},
    {BEGIN "  <System>\n    <EventID></EventID>\n  </System>\n" END, "no readable EventID"},
    {BEGIN "  <System>\n    <EventID>-1</EventID>\n  </System>\n" END, "no readable EventID"},
    {BEGIN "  <System>\n    <EventID>65536</EventID>\n  </System>\n" END, "no readable EventID"},
    {BEGIN "  <System>\n    <EventID>18446744073709551617</EventID>\n  </System>\n" END,
     "no readable EventID"},
    {BEGIN "  <System>\n    <EventID>1 </EventID>\n  </System>\n" END, "no readable EventID"},
    {BEGIN "  <EventData>\n    <EventID>1</EventID>\n  </EventData>\n" END, "no readable EventID"},
};

START_TEST(text_that_is_no_event_is_refused)
{
    refuse(bad_texts[_i].text, strlen(bad_texts[_i].text), bad_texts[_i].complaint);
}
END_TEST

/* Every cut of a text, in memory of its exact size, where a sanitizer sees a step too far. */
START_TEST(cut_text_is_refused_and_not_read_past_its_end)
{
    for (size_t length = 0; length < sizeof(classic) - strlen("</Event>\n"); length++) {
        char *cut = malloc(length + 1);

        memcpy(cut, classic, length);
        cut[length] = '\0';
        refuse(cut, length, "");
        free(cut);
    }
}
END_TEST

START_TEST(zero_bytes_do_not_end_a_value)
{
    static const char text[] = BEGIN SYSTEM("1") "  <EventData>\n    <Data>a\0b</Data>\n"
                                                 "  </EventData>\n" END;
    struct error err = {0};

    ck_assert_int_eq(eventtext_parse(&event, text, sizeof(text) - 1, &err), 0);
    expect_string(&event.observation, 0, "",
                  "a\xEF\xBF\xBD"
                  "b");
}
END_TEST

START_TEST(deep_and_long_texts_are_read_in_one_pass)
{
    struct text text = {0};
    size_t count = 50000;

    text_add(&text, BEGIN SYSTEM("1") "  <UserData>\n");
    for (size_t index = 0; index < count; index++)
        text_add(&text, "<a>\n <");
    text_add(&text, "b/>\n");
    for (size_t index = 0; index < count; index++)
        text_add(&text, "</a>\n");
    text_add(&text, "  </UserData>\n" END);
    refuse(text_get(&text), text.length_bytes, "markup that is not an element");
    text_free(&text);

    text_add(&text, BEGIN SYSTEM("1") "  <UserData>\n");
    for (size_t index = 0; index < count; index++)
        text_add(&text, "<a>\n ");
    text_add(&text, "<b/>\n");
    for (size_t index = 0; index < count; index++)
        text_add(&text, "</a>\n");
    for (size_t index = 0; index < count; index++)
        text_add(&text, "<c/>\n");
    text_add(&text, "  </UserData>\n" END);
    ck_assert_uint_eq(parse(text_get(&text))->string_count, count + 1);
    text_free(&text);
}
END_TEST

static Suite *eventtext_suite(void)
{
    Suite *suite = suite_create("eventtext");
    TCase *tests = tcase_create("eventtext");

    tcase_add_checked_fixture(tests, clear_event, free_event);
    tcase_add_test(tests, classic_event_is_read_whole);
    tcase_add_test(tests, what_an_event_lacks_is_told_as_lacking);
    tcase_add_test(tests, nothing_stays_from_the_event_before);
    tcase_add_test(tests, data_keep_order_names_and_emptiness);
    tcase_add_test(tests, user_data_gives_its_leaves);
    tcase_add_test(tests, rendering_info_marks_a_forwarded_event);
    tcase_add_loop_test(tests, value_is_kept_faithfully, 0, ARRAY_COUNT(values));
    tcase_add_test(tests, attributes_are_not_escaped);
    tcase_add_test(tests, a_newer_libevtx_escapes_attributes);
    tcase_add_test(tests, provider_name_gets_its_characters_put_right);
    tcase_add_test(tests, system_fields_count_only_in_system);
    tcase_add_loop_test(tests, unreadable_time_is_no_time, 0, ARRAY_COUNT(unreadable_times));
    tcase_add_loop_test(tests, text_that_is_no_event_is_refused, 0, ARRAY_COUNT(bad_texts));
    tcase_add_test(tests, cut_text_is_refused_and_not_read_past_its_end);
    tcase_add_test(tests, zero_bytes_do_not_end_a_value);
    tcase_add_test(tests, deep_and_long_texts_are_read_in_one_pass);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(eventtext_suite());
}
