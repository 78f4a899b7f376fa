/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of the page: a picture with its caption, and its numbers as a table; a sentence where
 * there is nothing to show. */
#include "report/chart.h"

#include <inttypes.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "report/format.h"
#include "report/page_parts.h"
#include "verdict/signal.h"

#define AROUND_WINDOW (6 * FILETIME_HOUR)
/* Bars of a picture, and rows of a table. */
#define BARS_MOST 60

/* ---- Counting ---- */

/* What events of the role are counted by; CHART_EVENT_COUNT: they are not. */
static enum chart_event event_of(enum role role)
{
    switch (role) {
    case ROLE_SIGNAL_STRONG:
        return CHART_STRONG;
    case ROLE_SIGNAL_WEAK:
        return CHART_WEAK;
    case ROLE_FAULT:
        return CHART_FAULT;
    case ROLE_RECOVERY:
        return CHART_RECOVERY;
    case ROLE_BY_ITSELF:
    case ROLE_RESET:
    case ROLE_UPDATE:
    case ROLE_LICENCE:
    case ROLE_CONTEXT:
        break;
    }
    return CHART_EVENT_COUNT;
}

static struct chart_span span_around(const struct window *window)
{
    struct chart_span span = {.end_filetime = FILETIME_MAX + 1};

    if (window->start_filetime > AROUND_WINDOW)
        span.start_filetime = window->start_filetime - AROUND_WINDOW;
    if (window->end_filetime < FILETIME_MAX - AROUND_WINDOW)
        span.end_filetime = window->end_filetime + AROUND_WINDOW;
    return span;
}

static int read_events(struct casedb *db, struct charts *out, struct error *err)
{
    struct casedb_cursor *observations = NULL;
    struct case_observation found;
    int next;

    if (casedb_unordered_timeline(db, &observations, err) != 0)
        return -1;
    while ((next = casedb_next_observation(observations, &found, err)) == 1) {
        struct judgement judgement = judgement_of(&found.observation);
        enum chart_event event = event_of(timeline_role(&found, &judgement));

        if (event == CHART_EVENT_COUNT)
            continue;
        chart_bins_add(&out->incident, found.placed_filetime, event);
        chart_counts_add(&out->events, found.placed_filetime, event);
    }
    casedb_cursor_free(observations);
    return next;
}

static void count_machine(const struct case_verdict *verdict, struct charts *out)
{
    if (verdict->classification != CLASSIFICATION_AFFECTED)
        return;
    out->affected_count++;
    chart_counts_add(&out->turns, verdict->first_fault_filetime, CHART_ONSET);
    if (verdict->state == ACTIVATION_STATE_RECOVERED)
        chart_counts_add(&out->turns,
                         verdict->first_fault_filetime != 0 ? verdict->recovered_filetime : 0,
                         CHART_RECOVERED);
}

static int read_machines(struct casedb *db, struct charts *out, struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int next;

    if (casedb_machines(db, &machines, err) != 0)
        return -1;
    while ((next = casedb_next_machine(machines, &machine, err)) == 1)
        if (machine.has_verdict)
            count_machine(&machine.verdict, out);
    casedb_cursor_free(machines);
    return next;
}

int charts_read(struct casedb *db, const struct window *window, struct charts *out,
                struct error *err)
{
    struct chart_span span = span_around(window);

    chart_bins_begin(&out->incident, &span, CHART_HOUR, BARS_MOST);
    if (read_events(db, out, err) != 0)
        return -1;
    return read_machines(db, out, err);
}

void charts_free_content(struct charts *charts)
{
    chart_counts_free_content(&charts->events);
    chart_counts_free_content(&charts->turns);
}

/* ---- Figures ---- */

static void put_figure_start(FILE *file, const char *id, const char *title, const char *caption)
{
    fprintf(file, "<figure class=\"chart\" id=\"%s\">\n<figcaption><strong id=\"%s-title\">", id,
            id);
    html_put(file, title);
    fputs(".</strong> ", file);
    html_put_sentence(file, caption);
    fputs("</figcaption>\n", file);
}

/* A figure that has nothing to show. */
static void put_empty(FILE *file, const char *id, const char *title, const char *sentence)
{
    put_figure_start(file, id, title, sentence);
    fputs("</figure>\n", file);
}

static void put_picture_start(FILE *file, const char *title)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", file);
    html_put(file, title);
    fputs(", picture\">\n", file);
}

static void put_table_start(FILE *file, const char *title, const char *const *heads, size_t count)
{
    fputs("</div>\n<details>\n<summary>The numbers</summary>\n"
          "<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" aria-label=\"",
          file);
    html_put(file, title);
    fputs(", numbers\">\n<table>\n<thead><tr>", file);
    for (size_t index = 0; index < count; index++) {
        fprintf(file, "<th scope=\"col\"%s>", index == 0 ? "" : " class=\"number\"");
        html_put(file, heads[index]);
        fputs("</th>", file);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
}

static void put_row(FILE *file, const char *head, const uint64_t *numbers, size_t count)
{
    fputs("<tr><th scope=\"row\">", file);
    html_put(file, head);
    fputs("</th>", file);
    for (size_t index = 0; index < count; index++)
        fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", numbers[index]);
    fputs("</tr>\n", file);
}

static void put_bin_row(FILE *file, uint64_t filetime, enum chart_unit unit,
                        const uint64_t *numbers, size_t count)
{
    struct text head = {0};

    chart_add_time(&head, filetime, unit);
    put_row(file, text_get(&head), numbers, count);
    text_free(&head);
}

static void put_figure_end(FILE *file)
{
    fputs("</tbody>\n</table>\n</div>\n</details>\n</figure>\n", file);
}

static uint64_t sum_of(const uint64_t *numbers, size_t count)
{
    uint64_t sum = 0;

    for (size_t index = 0; index < count; index++)
        sum += numbers[index];
    return sum;
}

/* "from 2019-01-08 04:00 to 2019-01-09 11:00 UTC" */
static void add_reach(struct text *out, const struct chart_bins *bins)
{
    text_add(out, "from ");
    chart_add_time(out, bins->starts[0], CHART_HOUR);
    text_add(out, " to ");
    chart_add_time(out, bins->starts[bins->count], CHART_HOUR);
    text_add(out, " UTC");
}

/* What a caption calls what the picture does not show. */
struct left_out {
    const char *outside;
    const char *remark;   /* on these */
    const char *timeless; /* NULL: these are told by themselves */
};

static void add_timeless(struct text *out, const char *what, uint64_t count)
{
    if (count > 0)
        text_add_format(out, " %s at no known time: %" PRIu64 ".", what, count);
}

/* Adds how much of so many series is not in the picture; nothing where all is. */
static void add_left_out(struct text *out, const struct chart_bins *bins, size_t count,
                         const struct left_out *words)
{
    uint64_t outside = sum_of(bins->before, count) + sum_of(bins->after, count);

    if (outside > 0)
        text_add_format(out, " %s outside of these times: %" PRIu64 " (%s).", words->outside,
                        outside, words->remark);
    if (words->timeless != NULL)
        add_timeless(out, words->timeless, sum_of(bins->timeless, count));
}

/* ---- Events ---- */

static bool is_empty(const uint64_t *numbers)
{
    return sum_of(numbers, CHART_EVENT_COUNT) == 0;
}

static void describe_events(struct text *out, const struct chart_bins *bins)
{
    size_t busiest = 0;

    text_add_format(out,
                    "Strong signals: %" PRIu64 "; weak signals: %" PRIu64 "; other faults: %" PRIu64
                    "; events that say that activation works: %" PRIu64 "; ",
                    chart_bins_sum(bins, CHART_STRONG), chart_bins_sum(bins, CHART_WEAK),
                    chart_bins_sum(bins, CHART_FAULT), chart_bins_sum(bins, CHART_RECOVERY));
    add_reach(out, bins);
    for (size_t bin = 1; bin < bins->count; bin++)
        if (sum_of(bins->counts[bin], CHART_RECOVERY) >
            sum_of(bins->counts[busiest], CHART_RECOVERY))
            busiest = bin;
    text_add(out, ". Most signals and faults in one ");
    chart_step_add_words(out, bins->step);
    text_add_format(out, ": %" PRIu64 ", from ", sum_of(bins->counts[busiest], CHART_RECOVERY));
    chart_add_time(out, bins->starts[busiest], CHART_HOUR);
    text_add(out, ".");
}

static void put_events_table(FILE *file, const char *title, const struct chart_bins *bins)
{
    static const char *const heads[] = {"From (UTC)", "Strong signals", "Weak signals",
                                        "Other faults", "Activation works"};
    const struct {
        const char *head;
        const uint64_t *numbers;
    } outside[] = {
        {"Before", bins->before}, {"After", bins->after}, {"At no known time", bins->timeless}};
    uint64_t all[CHART_EVENT_COUNT];

    for (size_t event = 0; event < CHART_EVENT_COUNT; event++)
        all[event] = chart_bins_sum(bins, event);
    put_table_start(file, title, heads, ARRAY_COUNT(heads));
    for (size_t bin = 0; bin < bins->count; bin++)
        if (!is_empty(bins->counts[bin]))
            put_bin_row(file, bins->starts[bin], bins->step->unit, bins->counts[bin],
                        CHART_EVENT_COUNT);
    for (size_t index = 0; index < ARRAY_COUNT(outside); index++) {
        const uint64_t *numbers = outside[index].numbers;

        for (size_t event = 0; event < CHART_EVENT_COUNT; event++)
            all[event] += numbers[event];
        if (!is_empty(numbers))
            put_row(file, outside[index].head, numbers, CHART_EVENT_COUNT);
    }
    put_row(file, "In all", all, CHART_EVENT_COUNT);
    put_figure_end(file);
}

static void put_events(FILE *file, const char *id, const char *title, const struct chart_bins *bins,
                       const struct window *window, const char *outside)
{
    struct text caption = {0}, description = {0};
    struct chart_labels labels = {.id = id, .title = title};

    text_add(&caption, "Events per ");
    chart_step_add_words(&caption, bins->step);
    text_add(&caption, ", ");
    add_reach(&caption, bins);
    text_add_format(&caption,
                    ". Below, on a scale of their own: events that say that activation works "
                    "(`recovery` in `timeline.csv`).%s",
                    outside);
    describe_events(&description, bins);
    labels.description = text_get(&description);
    put_figure_start(file, id, title, text_get(&caption));
    put_picture_start(file, title);
    chart_put_bars(file, &labels, bins, window);
    put_events_table(file, title, bins);
    text_free(&caption);
    text_free(&description);
}

int page_put_chart_incident(void *context, FILE *file, struct error *err)
{
    static const char id[] = "chart-incident";
    static const char title[] = "The incident";
    const struct page *page = context;
    const struct chart_bins *bins = &page->charts.incident;
    struct text sentence = {0};
    uint64_t shown = 0;

    (void)err;
    for (size_t event = 0; event < CHART_EVENT_COUNT; event++)
        shown += chart_bins_sum(bins, event);
    if (shown > 0) {
        put_events(file, id, title, bins, page->window, "");
        return 0;
    }
    text_add(&sentence, "No signal, fault or recovery is known ");
    add_reach(&sentence, bins);
    text_add(&sentence, ".");
    put_empty(file, id, title, text_get(&sentence));
    text_free(&sentence);
    return 0;
}

int page_put_chart_case(void *context, FILE *file, struct error *err)
{
    static const char id[] = "chart-case";
    static const char title[] = "The whole case";
    static const struct left_out words = {
        .outside = "Events",
        .remark = "too far from the others to be shown",
        .timeless = "Events",
    };
    const struct page *page = context;
    const struct chart_counts *counts = &page->charts.events;
    struct chart_bins bins = {0};
    struct chart_span span;
    struct text outside = {0};

    (void)err;
    if (chart_counts_span(counts, &span)) {
        chart_bins_begin(&bins, &span, counts->unit, BARS_MOST);
        chart_bins_add_counts(&bins, counts);
        add_left_out(&outside, &bins, CHART_EVENT_COUNT, &words);
        put_events(file, id, title, &bins, page->window, text_get(&outside));
    } else {
        text_add(&outside, "No signal, fault or recovery has a known time.");
        put_empty(file, id, title, text_get(&outside));
    }
    text_free(&outside);
    return 0;
}

/* ---- Machines ---- */

static void put_machines_table(FILE *file, const char *title, const struct chart_span *span,
                               const struct chart_counts *counts)
{
    static const char *const heads[] = {"Up to (UTC)", "Affected", "Recovered", "Broken then"};
    struct chart_bins bins;
    struct chart_lines lines;

    chart_bins_begin(&bins, span, counts->unit, BARS_MOST);
    chart_bins_add_counts(&bins, counts);
    chart_lines_fill(&lines, &bins);
    put_table_start(file, title, heads, ARRAY_COUNT(heads));
    for (size_t at = 0; at <= bins.count; at++)
        if (at == 0 || memcmp(lines.counts[at], lines.counts[at - 1], sizeof(*lines.counts)) != 0)
            put_bin_row(file, bins.starts[at], bins.step->unit, lines.counts[at], CHART_LINE_COUNT);
    put_figure_end(file);
}

static void put_machines(FILE *file, const struct chart_labels *labels,
                         const struct chart_counts *counts, const struct chart_span *span,
                         const struct window *window)
{
    static const struct left_out words = {
        .outside = "Onsets and recoveries",
        .remark = "those before count from the start on",
    };
    struct chart_bins bins;
    struct chart_lines lines;
    struct text caption = {0}, description = {0};
    struct chart_labels described = *labels;
    const uint64_t *ends;

    chart_bins_begin(&bins, span, counts->unit, CHART_BINS_MOST);
    chart_bins_add_counts(&bins, counts);
    chart_lines_fill(&lines, &bins);
    ends = lines.counts[bins.count];
    text_add(&caption,
             "How many were affected up to each time, by their first signal; how many had "
             "recovered, of those that are not broken again; and how many were broken then, ");
    add_reach(&caption, &bins);
    text_add(&caption, ".");
    add_left_out(&caption, &bins, CHART_TURN_COUNT, &words);
    add_timeless(&caption, "First signals", bins.timeless[CHART_ONSET]);
    add_timeless(&caption, "Recoveries", bins.timeless[CHART_RECOVERED]);
    text_add_format(&description,
                    "Affected at the end: %" PRIu64 "; recovered: %" PRIu64 "; broken: %" PRIu64
                    "; ",
                    ends[CHART_LINE_AFFECTED], ends[CHART_LINE_RECOVERED], ends[CHART_LINE_BROKEN]);
    add_reach(&description, &bins);
    text_add(&description, ".");
    described.description = text_get(&description);
    put_figure_start(file, labels->id, labels->title, text_get(&caption));
    put_picture_start(file, labels->title);
    chart_put_lines(file, &described, &bins, window);
    put_machines_table(file, labels->title, span, counts);
    text_free(&caption);
    text_free(&description);
}

int page_put_chart_onsets(void *context, FILE *file, struct error *err)
{
    static const struct chart_labels labels = {
        .id = "chart-onsets",
        .title = "Machines affected by the incident",
    };
    const struct page *page = context;
    const struct chart_counts *counts = &page->charts.turns;
    struct chart_span span;

    (void)err;
    if (chart_counts_span(counts, &span))
        put_machines(file, &labels, counts, &span, page->window);
    else
        put_empty(file, labels.id, labels.title,
                  page->charts.affected_count == 0
                      ? "No machine was affected."
                      : "Of none of them the time of the first signal is known.");
    return 0;
}
