/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures show what was counted, whatever times it has: every event is in a bar, or said to be
 * outside of it. */
#include "casework.h"
#include "report/page_parts.h"
#include "run.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "scratch.h"

#define BARS_MOST 60
#define FIGURES 3

static struct page page;

static uint64_t time_of(const char *text)
{
    uint64_t filetime = 0;

    ck_assert_msg(filetime_parse(text, &filetime), "%s", text);
    return filetime;
}

/* Counts so many events of that kind, as charts_read does. */
static void add(const char *time, enum chart_event event, size_t count)
{
    uint64_t filetime = *time == '\0' ? 0 : time_of(time);

    for (size_t index = 0; index < count; index++) {
        chart_bins_add(&page.charts.incident, filetime, event);
        chart_counts_add(&page.charts.events, filetime, event);
    }
}

static void begin(void)
{
    static const struct window window = {.start_filetime = UINT64_C(131914152000000000),
                                         .end_filetime = UINT64_C(131914818000000000)};
    struct chart_span span = {window.start_filetime - 6 * FILETIME_HOUR,
                              window.end_filetime + 6 * FILETIME_HOUR};

    ck_assert_uint_eq(window.start_filetime, incident_window.start_filetime);
    ck_assert_uint_eq(window.end_filetime, incident_window.end_filetime);
    casework_begin();
    page = (struct page){.window = &window};
    chart_bins_begin(&page.charts.incident, &span, CHART_HOUR, BARS_MOST);
}

static void end(void)
{
    charts_free_content(&page.charts);
    casework_end();
}

/* ---- Steps ---- */

static const char *const moments[] = {
    "1601-01-01T00:00:00.0000001Z", "1969-12-31T23:59:59Z", "2018-12-31T23:59:59.9999999Z",
    "2019-01-01T00:00:00Z",         "2019-01-08T11:02:17Z", "2020-02-29T12:00:00Z",
    "9999-12-31T23:59:59.9999999Z",
};

START_TEST(a_time_is_in_one_step_of_each_width)
{
    static const struct chart_step steps[] = {{CHART_HOUR, 1},  {CHART_HOUR, 6},   {CHART_DAY, 1},
                                              {CHART_DAY, 7},   {CHART_MONTH, 1},  {CHART_MONTH, 3},
                                              {CHART_YEAR, 20}, {CHART_YEAR, 1000}};
    uint64_t filetime = time_of(moments[_i]);

    for (size_t index = 0; index < ARRAY_COUNT(steps); index++) {
        uint64_t step = chart_step_index(&steps[index], filetime);

        ck_assert_uint_le(chart_step_start(&steps[index], step), filetime);
        ck_assert_uint_gt(chart_step_start(&steps[index], step + 1), filetime);
    }
}
END_TEST

static void expect_start(struct chart_step step, const char *time, const char *expected)
{
    ck_assert_uint_eq(chart_step_start(&step, chart_step_index(&step, time_of(time))),
                      time_of(expected));
}

START_TEST(weeks_begin_on_monday_and_quarters_in_january)
{
    expect_start((struct chart_step){CHART_DAY, 7}, "2019-01-13T23:59Z", "2019-01-07T00:00Z");
    expect_start((struct chart_step){CHART_MONTH, 3}, "2019-03-31T23:59Z", "2019-01-01T00:00Z");
    expect_start((struct chart_step){CHART_HOUR, 6}, "2019-03-31T23:59Z", "2019-03-31T18:00Z");
    expect_start((struct chart_step){CHART_YEAR, 10}, "2019-03-31T23:59Z", "2010-01-01T00:00Z");
}
END_TEST

static void expect_step(const char *start, const char *last, const char *words)
{
    struct chart_span span = {time_of(start), time_of(last) + 1};
    const struct chart_step *step = chart_step_for(&span, CHART_HOUR, BARS_MOST);
    struct text found = {0};

    chart_step_add_words(&found, step);
    ck_assert_str_eq(text_get(&found), words);
    ck_assert_uint_le(chart_step_count(step, &span), BARS_MOST);
    text_free(&found);
}

START_TEST(steps_fit_the_span)
{
    struct chart_span all = {0, FILETIME_MAX + 1};

    expect_step("2019-01-08T04:00Z", "2019-01-08T04:00Z", "hour");
    expect_step("2019-01-08T04:00Z", "2019-01-09T10:30Z", "hour");
    expect_step("2019-01-08T00:00Z", "2019-01-10T11:59:59Z", "hour");
    expect_step("2019-01-08T00:00Z", "2019-01-10T12:00Z", "2 hours");
    expect_step("2019-01-01T00:00Z", "2019-02-20T12:00Z", "day");
    expect_step("2018-06-01T00:00Z", "2019-02-20T12:00Z", "week");
    expect_step("2015-06-01T00:00Z", "2019-02-20T12:00Z", "month");
    expect_step("1970-01-01T00:00Z", "2019-02-20T12:00Z", "year");
    expect_step("1601-01-01T00:00Z", "9999-12-31T23:59Z", "200 years");
    ck_assert_uint_le(chart_step_count(chart_step_for(&all, CHART_HOUR, 12), &all), 12);
}
END_TEST

/* ---- Counts ---- */

static uint64_t count_cells(const struct chart_counts *counts)
{
    uint64_t sum = 0;

    for (size_t index = 0; index < counts->cell_count; index++)
        for (size_t series = 0; series < CHART_SERIES_MOST; series++)
            sum += counts->cells[index].counts[series];
    return sum;
}

START_TEST(memory_is_bounded_and_nothing_is_lost)
{
    struct chart_counts *counts = &page.charts.events;
    size_t added = 0;

    for (; added < 2 * CHART_CELLS_MOST; added++)
        chart_counts_add(counts, (added + 1) * FILETIME_HOUR, CHART_FAULT);
    ck_assert_int_eq(counts->unit, CHART_DAY);
    ck_assert_uint_le(counts->cell_count, CHART_CELLS_MOST);
    ck_assert_uint_eq(count_cells(counts), added);
    for (size_t day = 1; day <= 3 * CHART_CELLS_MOST; day++, added++)
        chart_counts_add(counts, (FILETIME_MAX / (3 * CHART_CELLS_MOST)) * day, CHART_WEAK);
    ck_assert_int_eq(counts->unit, CHART_YEAR);
    ck_assert_uint_le(counts->cell_count, 8399);
    ck_assert_uint_eq(count_cells(counts), added);
}
END_TEST

START_TEST(counts_do_not_depend_on_the_order)
{
    struct chart_counts backward = {0};

    for (size_t index = 0; index < 500; index++) {
        chart_counts_add(&page.charts.events, 1 + index * index * FILETIME_HOUR, index % 3);
        chart_counts_add(&backward, 1 + (499 - index) * (499 - index) * FILETIME_HOUR,
                         (499 - index) % 3);
    }
    ck_assert_uint_eq(backward.cell_count, page.charts.events.cell_count);
    ck_assert_int_eq(memcmp(backward.cells, page.charts.events.cells,
                            backward.cell_count * sizeof(*backward.cells)),
                     0);
    chart_counts_free_content(&backward);
}
END_TEST

static void expect_span(const char *start, const char *end_text)
{
    struct chart_span span;

    ck_assert(chart_counts_span(&page.charts.events, &span));
    ck_assert_uint_eq(span.start_filetime, time_of(start));
    ck_assert_uint_eq(span.end_filetime, time_of(end_text));
}

START_TEST(without_a_time_there_is_no_span)
{
    struct chart_span span;

    ck_assert(!chart_counts_span(&page.charts.events, &span));
    add("", CHART_WEAK, 3);
    chart_counts_add(&page.charts.events, FILETIME_MAX + 1, CHART_WEAK);
    ck_assert(!chart_counts_span(&page.charts.events, &span));
    ck_assert_uint_eq(page.charts.events.timeless[CHART_WEAK], 4);
}
END_TEST

START_TEST(few_events_have_a_span_of_whole_days)
{
    add("2019-01-08T12:30Z", CHART_STRONG, 1);
    expect_span("2019-01-08T00:00Z", "2019-01-09T00:00Z");
    add("2019-01-09T01:30Z", CHART_STRONG, 1);
    expect_span("2019-01-08T00:00Z", "2019-01-10T00:00Z");
    add("2018-06-09T01:30Z", CHART_STRONG, 1);
    expect_span("2018-06-09T01:00Z", "2019-01-09T02:00Z");
}
END_TEST

START_TEST(absurd_times_are_outside)
{
    add("1601-01-01T00:00:01Z", CHART_STRONG, 1);
    add("2019-01-08T12:30Z", CHART_STRONG, 198);
    add("2019-01-20T12:30Z", CHART_RECOVERY, 1);
    add("9999-12-31T23:59:59Z", CHART_STRONG, 1);
    expect_span("2019-01-08T12:00Z", "2019-01-20T13:00Z");
    add("2009-01-01T00:00Z", CHART_STRONG, 100);
    expect_span("2009-01-01T00:00Z", "2019-01-20T13:00Z");
}
END_TEST

/* ---- Figures ---- */

static int (*const figures[FIGURES])(void *, FILE *, struct error *) = {
    page_put_chart_incident, page_put_chart_case, page_put_chart_onsets};

/* Returns owned what the figures are. */
static char *put_figure(size_t first, size_t last)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&bytes, &length);

    ck_assert_ptr_nonnull(file);
    for (size_t index = first; index <= last; index++)
        ck_assert_int_eq(figures[index](&page, file, &err), 0);
    ck_assert_int_eq(fclose(file), 0);
    return bytes;
}

static void expect_words(size_t figure, const char *words)
{
    char *found = put_figure(figure, figure);

    ck_assert_msg(strstr(found, words) != NULL, "no %s in %s", words, found);
    free(found);
}

/* The numbers of the row of a table that begins so. */
static void read_row(const char *html, const char *head, uint64_t numbers[CHART_EVENT_COUNT])
{
    static const char cell[] = "<td class=\"number\">";
    char *row = memory_format("<tr><th scope=\"row\">%s</th>", head);
    const char *at = strstr(html, row);

    ck_assert_msg(at != NULL, "no row %s", head);
    for (size_t index = 0; index < CHART_EVENT_COUNT; index++) {
        at = strstr(at, cell) + strlen(cell);
        numbers[index] = strtoull(at, NULL, 10);
    }
    free(row);
}

static void expect_row(size_t figure, const char *head, uint64_t strong, uint64_t weak,
                       uint64_t fault, uint64_t recovery)
{
    char *html = put_figure(figure, figure);
    uint64_t numbers[CHART_EVENT_COUNT];

    read_row(html, head, numbers);
    ck_assert_uint_eq(numbers[CHART_STRONG], strong);
    ck_assert_uint_eq(numbers[CHART_WEAK], weak);
    ck_assert_uint_eq(numbers[CHART_FAULT], fault);
    ck_assert_uint_eq(numbers[CHART_RECOVERY], recovery);
    free(html);
}

static void add_turn(const char *onset, const char *recovered)
{
    page.charts.affected_count++;
    chart_counts_add(&page.charts.turns, *onset == '\0' ? 0 : time_of(onset), CHART_ONSET);
    if (*recovered != '\0')
        chart_counts_add(&page.charts.turns, time_of(recovered), CHART_RECOVERED);
}

/* A case with all that is shown, and with what is not. */
static void add_all(void)
{
    add("2018-12-01T08:00Z", CHART_RECOVERY, 7);
    add("2019-01-08T03:59:59Z", CHART_WEAK, 2);
    add("2019-01-08T04:00Z", CHART_FAULT, 3);
    add("2019-01-08T12:59:59.9999999Z", CHART_STRONG, 1000000);
    add("2019-01-08T13:00Z", CHART_WEAK, 1);
    add("2019-01-09T10:59:59Z", CHART_RECOVERY, 4);
    add("2019-01-09T11:00Z", CHART_RECOVERY, 5);
    add("", CHART_STRONG, 6);
    add("1601-01-01T00:00:01Z", CHART_FAULT, 8);
    add("9999-12-31T23:59:59Z", CHART_FAULT, 9);
    add_turn("2019-01-08T10:30Z", "");
    add_turn("2019-01-08T11:30Z", "2019-01-10T09:30Z");
    add_turn("2019-01-08T12:30Z", "2019-01-20T09:30Z");
    add_turn("", "");
}

START_TEST(each_event_is_in_its_bin)
{
    add_all();
    expect_row(0, "2019-01-08 04:00", 0, 0, 3, 0);
    expect_row(0, "2019-01-08 12:00", 1000000, 0, 0, 0);
    expect_row(0, "2019-01-08 13:00", 0, 1, 0, 0);
    expect_row(0, "2019-01-09 10:00", 0, 0, 0, 4);
    expect_row(0, "Before", 0, 2, 8, 7);
    expect_row(0, "After", 0, 0, 9, 5);
    expect_row(0, "At no known time", 6, 0, 0, 0);
    expect_row(0, "In all", 1000006, 3, 20, 16);
    expect_row(1, "2019-01-08", 1000000, 3, 3, 0);
    expect_row(1, "2019-01-09", 0, 0, 0, 9);
    expect_row(1, "Before", 0, 0, 8, 0);
    expect_row(1, "After", 0, 0, 9, 0);
    expect_row(1, "In all", 1000006, 3, 20, 16);
    expect_words(1, "Events outside of these times: 17 (");
    expect_words(1, "Events at no known time: 6.");
}
END_TEST

START_TEST(machines_are_counted_up_to_each_time)
{
    char *html;
    uint64_t numbers[CHART_EVENT_COUNT];

    add_all();
    html = put_figure(2, 2);
    read_row(html, "2019-01-08 18:00", numbers);
    ck_assert_uint_eq(numbers[CHART_LINE_AFFECTED], 3);
    ck_assert_uint_eq(numbers[CHART_LINE_RECOVERED], 0);
    ck_assert_uint_eq(numbers[CHART_LINE_BROKEN], 3);
    read_row(html, "2019-01-10 12:00", numbers);
    ck_assert_uint_eq(numbers[CHART_LINE_RECOVERED], 1);
    ck_assert_uint_eq(numbers[CHART_LINE_BROKEN], 2);
    ck_assert_ptr_nonnull(strstr(html, "Affected at the end: 3; recovered: 2; broken: 1; "));
    ck_assert_ptr_nonnull(strstr(html, "First signals at no known time: 1."));
    free(html);
}
END_TEST

START_TEST(machines_of_before_count_from_the_start_on)
{
    add_turn("1601-01-01T00:00:01Z", "2019-01-09T09:30Z");
    for (size_t index = 0; index < 5; index++)
        add_turn("2019-01-08T10:30Z", "");
    expect_words(2, "Affected at the end: 6; recovered: 1; broken: 5; ");
    expect_words(2, "Onsets and recoveries outside of these times: 1 (those before count");
}
END_TEST

START_TEST(where_there_is_nothing_a_sentence_says_so)
{
    char *html = put_figure(0, FIGURES - 1);

    ck_assert_ptr_null(strstr(html, "<svg"));
    ck_assert_ptr_null(strstr(html, "<table"));
    free(html);
    expect_words(0, "No signal, fault or recovery is known from 2019-01-08 04:00 to "
                    "2019-01-09 11:00 UTC.");
    expect_words(1, "No signal, fault or recovery has a known time.");
    expect_words(2, "No machine was affected.");
    add_turn("", "");
    expect_words(2, "Of none of them the time of the first signal is known.");
}
END_TEST

START_TEST(the_same_counts_give_the_same_bytes)
{
    char *left, *right;

    add_all();
    left = put_figure(0, FIGURES - 1);
    right = put_figure(0, FIGURES - 1);
    ck_assert_str_eq(left, right);
    free(left);
    free(right);
}
END_TEST

/* ---- The form of the figures ---- */

/* The value of the attribute in the tag, -1 where it has none. */
static long attribute(const char *tag, const char *name)
{
    char *words = memory_format(" %s=\"", name);
    const char *close = strchr(tag, '>');
    const char *at = strstr(tag, words);
    long value = at == NULL || at > close ? -1 : strtol(at + strlen(words), NULL, 10);

    free(words);
    return value;
}

START_TEST(nothing_is_drawn_outside_of_the_picture)
{
    char *html;

    add_all();
    html = put_figure(0, FIGURES - 1);
    for (const char *svg = strstr(html, "<svg viewBox=\"0 0 7200 "); svg != NULL;
         svg = strstr(svg + 1, "<svg viewBox=\"0 0 7200 ")) {
        const char *svg_end = strstr(svg, "</svg>");
        long height = strtol(svg + strlen("<svg viewBox=\"0 0 7200 "), NULL, 10);

        for (const char *at = strchr(svg + 1, '<'); at < svg_end; at = strchr(at + 1, '<')) {
            long bottom =
                attribute(at, "y") + (attribute(at, "height") > 0 ? attribute(at, "height") : 0);
            long right =
                attribute(at, "x") + (attribute(at, "width") > 0 ? attribute(at, "width") : 0);

            ck_assert_msg(right <= 7200 && bottom <= height, "%.120s", at);
            ck_assert_msg(attribute(at, "x2") <= 7200 && attribute(at, "y2") <= height, "%.120s",
                          at);
        }
    }
    free(html);
}
END_TEST

/* Reads the figures as XML, and fails for what the page's policy forbids. */
static const char form_reader[] =
    "import re, sys\n"
    "import xml.etree.ElementTree as tree\n"
    "text = open(sys.argv[1], encoding='ascii').read()\n"
    "root = tree.fromstring('<main>' + text + '</main>')\n"
    "ids = [e.get('id') for e in root.iter() if e.get('id')]\n"
    "assert len(ids) == len(set(ids)), ids\n"
    "for e in root.iter():\n"
    "    for name, value in e.attrib.items():\n"
    "        assert name != 'style' and not name.startswith('on'), name\n"
    "        for used in re.findall(r'url\\(#(.*?)\\)', value):\n"
    "            assert used in ids, used\n"
    "    for used in e.get('aria-labelledby', '').split():\n"
    "        assert used in ids, used\n"
    "pictures = list(root.iter('svg'))\n"
    "assert all(p.get('role') == 'img' for p in pictures)\n"
    "assert all(p.find('title').text and p.find('desc').text for p in pictures)\n"
    "assert [f.get('class') for f in root.findall('figure')] == ['chart'] * 3\n"
    "print(len(pictures))\n";

START_TEST(figures_are_well_formed)
{
    char *html, *found;

    if (_i > 0)
        add_all();
    html = put_figure(0, FIGURES - 1);
    scratch_write("figures.html", html, strlen(html));
    found = scratch_python(form_reader, "figures.html");
    if (found != NULL)
        ck_assert_str_eq(found, _i > 0 ? "3\n" : "0\n");
    free(found);
    free(html);
}
END_TEST

/* ---- What a case has ---- */

struct made_event {
    const char *provider;
    uint16_t event_id;
    const char *time;
    const char *strings[2];
};

/* In order of record ids, from 1. The clock of the second one is wrong. */
static const struct made_event made_events[] = {
    {INCIDENT_PROVIDER_WAT, 13, "2019-01-08T12:10Z", {"0x00000000", "0xC004C4A2"}},
    {INCIDENT_PROVIDER_WAT, 13, "2009-01-01T00:03Z", {"0x00000000", "0xC004C4A2"}},
    {INCIDENT_PROVIDER_SPP,
     8209,
     "2019-01-08T12:20Z",
     {"0xC004F200", INCIDENT_WINDOWS_APPLICATION_ID}},
    {INCIDENT_PROVIDER_SPP, 1022, "2019-01-08T13:20Z", {"0xC004D301", ""}},
    {INCIDENT_PROVIDER_SPP, 12306, "2019-01-08T14:20Z", {"", ""}},
    {INCIDENT_PROVIDER_WAT, 13, "2019-01-08T15:10Z", {"0x00000000", "0x00000000"}},
    {INCIDENT_PROVIDER_WAT, 13, "", {"0x00000000", "0x00000000"}},
};

static void add_made_event(int64_t log, const struct made_event *made, uint64_t record_id)
{
    struct observation_string strings[] = {{"", made->strings[0]}, {"", made->strings[1]}};
    struct observation observation = sample_observation("PC-1");

    observation.provider = made->provider;
    observation.event_id = made->event_id;
    observation.qualifiers = OBSERVATION_ABSENT;
    observation.event_filetime = *made->time == '\0' ? 0 : time_of(made->time);
    observation.record_id = record_id;
    observation.channel = "Application";
    observation.strings = strings;
    observation.string_count = ARRAY_COUNT(strings);
    add_observation(log, &observation);
}

static void place_second_event(int64_t machine)
{
    struct case_placement placement = {
        .channel = "Application",
        .first_record_id = 2,
        .last_record_id = 2,
        .last_filetime = FILETIME_MAX,
        .placed_filetime = time_of("2019-01-08T12:15Z"),
        .in_window = true,
    };

    must(casedb_place_observations(db, machine, &placement, &err));
}

static void add_affected(int64_t machine, const char *onset, const char *recovered,
                         enum activation_state state)
{
    struct case_verdict verdict = {
        .machine_id = machine,
        .classification = CLASSIFICATION_AFFECTED,
        .first_fault_filetime = time_of(onset),
        .recovered_filetime = *recovered != '\0' ? time_of(recovered) : 0,
        .state = state,
        .reason = "",
        .codes = "",
        .kb971033_evidence = "",
        .unrelated_updates = "",
        .edition = "unknown",
        .licence_evidence = "",
        .os_version = "",
        .kms_client_key = "",
        .remediation = "",
        .rollout_trace = "",
    };

    must(casedb_add_verdict(db, &verdict, &err));
}

START_TEST(a_case_is_counted_as_its_timeline_has_it)
{
    int64_t log = begin_log("a/Application.evtx");

    for (size_t index = 0; index < ARRAY_COUNT(made_events); index++)
        add_made_event(log, &made_events[index], index + 1);
    finish_log(log, "PC-1");
    derive_machines();
    place_second_event(find_machine("PC-1"));
    add_affected(find_machine("PC-1"), made_events[0].time, "2019-01-08T15:10Z",
                 ACTIVATION_STATE_RECOVERED);
    must(casedb_commit_derived(db, &err));
    must(charts_read(db, page.window, &page.charts, &err));
    expect_row(0, "2019-01-08 12:00", 2, 1, 0, 0);
    expect_row(0, "2019-01-08 13:00", 0, 0, 1, 0);
    expect_row(0, "In all", 2, 1, 1, 2);
    expect_row(0, "At no known time", 0, 0, 0, 1);
    expect_row(1, "In all", 2, 1, 1, 2);
    expect_words(2, "Affected at the end: 1; recovered: 1; broken: 0; ");
}
END_TEST

START_TEST(machines_that_are_broken_again_have_not_recovered)
{
    static const char *const names[] = {"PC-1", "PC-2", "PC-3", "PC-4"};

    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        char *path = memory_format("%s/Application.evtx", names[index]);

        finish_log(begin_log(path), names[index]);
        free(path);
    }
    derive_machines();
    add_affected(find_machine("PC-1"), "2019-01-08T12:00Z", "2019-01-08T15:10Z",
                 ACTIVATION_STATE_RECOVERED);
    add_affected(find_machine("PC-2"), "2019-01-08T12:00Z", "2019-01-08T15:10Z",
                 ACTIVATION_STATE_UNLICENSED);
    add_affected(find_machine("PC-3"), "2019-01-08T12:00Z", "", ACTIVATION_STATE_NON_GENUINE);
    add_affected(find_machine("PC-4"), "2019-01-08T12:00Z", "", ACTIVATION_STATE_RECOVERED);
    must(casedb_commit_derived(db, &err));
    must(charts_read(db, page.window, &page.charts, &err));
    expect_words(2, "Affected at the end: 4; recovered: 1; broken: 3; ");
    expect_words(2, " Recoveries at no known time: 1.");
}
END_TEST

START_TEST(any_window_can_be_chosen)
{
    static const struct window windows[] = {
        {1, 1}, {1, FILETIME_MAX}, {FILETIME_MAX, FILETIME_MAX}};

    charts_free_content(&page.charts);
    page.window = &windows[_i];
    must(charts_read(db, page.window, &page.charts, &err));
    ck_assert_uint_le(page.charts.incident.count, BARS_MOST);
    chart_bins_add(&page.charts.incident, windows[_i].start_filetime, CHART_STRONG);
    chart_bins_add(&page.charts.incident, windows[_i].end_filetime, CHART_STRONG);
    ck_assert_uint_eq(chart_bins_sum(&page.charts.incident, CHART_STRONG), 2);
    expect_words(0, "<svg");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chart");
    TCase *axis = tcase_create("axis"), *shown = tcase_create("figures");

    tcase_add_checked_fixture(axis, begin, end);
    tcase_add_loop_test(axis, a_time_is_in_one_step_of_each_width, 0, ARRAY_COUNT(moments));
    tcase_add_test(axis, weeks_begin_on_monday_and_quarters_in_january);
    tcase_add_test(axis, steps_fit_the_span);
    tcase_add_test(axis, memory_is_bounded_and_nothing_is_lost);
    tcase_add_test(axis, counts_do_not_depend_on_the_order);
    tcase_add_test(axis, without_a_time_there_is_no_span);
    tcase_add_test(axis, few_events_have_a_span_of_whole_days);
    tcase_add_test(axis, absurd_times_are_outside);
    suite_add_tcase(suite, axis);
    tcase_add_checked_fixture(shown, begin, end);
    tcase_add_test(shown, each_event_is_in_its_bin);
    tcase_add_test(shown, machines_are_counted_up_to_each_time);
    tcase_add_test(shown, machines_of_before_count_from_the_start_on);
    tcase_add_test(shown, where_there_is_nothing_a_sentence_says_so);
    tcase_add_test(shown, the_same_counts_give_the_same_bytes);
    tcase_add_test(shown, nothing_is_drawn_outside_of_the_picture);
    tcase_add_loop_test(shown, figures_are_well_formed, 0, 2);
    tcase_add_test(shown, a_case_is_counted_as_its_timeline_has_it);
    tcase_add_test(shown, machines_that_are_broken_again_have_not_recovered);
    tcase_add_loop_test(shown, any_window_can_be_chosen, 0, 3);
    suite_add_tcase(suite, shown);
    return run_suite(suite);
}
