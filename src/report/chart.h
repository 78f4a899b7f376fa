/* SPDX-License-Identifier: Apache-2.0 */
/* chart: counts over time, and the pictures of them on the page. Times are FILETIMEs; nothing that
 * was read from an input gets into a picture but numbers and times. The same counts give the same
 * bytes. */
#ifndef SPPTRIAGE_REPORT_CHART_H
#define SPPTRIAGE_REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"
#include "case/casedb.h"
#include "model/incident.h"

/* ---- The steps of an axis of time (chart_time.c) ---- */

enum chart_unit {
    CHART_HOUR,
    CHART_DAY,
    CHART_MONTH,
    CHART_YEAR,
    CHART_UNIT_COUNT,
};

/* So many units at once, which begin where their number since 1601 (months and years: since the
 * year 0) is a multiple of that: seven days are a week from Monday on. */
struct chart_step {
    enum chart_unit unit;
    unsigned count;
};

/* From the start on, before the end; both up to the first day of the year 10000. */
struct chart_span {
    uint64_t start_filetime;
    uint64_t end_filetime;
};

/* Which of all steps the time is in; and when one begins (the first ones: 0, those behind the year
 * 9999: then). */
uint64_t chart_step_index(const struct chart_step *step, uint64_t filetime);
uint64_t chart_step_start(const struct chart_step *step, uint64_t index);

/* How many steps the span reaches into; it is not empty. */
uint64_t chart_step_count(const struct chart_step *step, const struct chart_span *span);

/* The least step of that unit or a greater one, of which the span has at most `most`, 12 or more.
 */
const struct chart_step *chart_step_for(const struct chart_span *span, enum chart_unit least,
                                        uint64_t most);

/* Adds it in words: "hour", "6 hours", "week". */
void chart_step_add_words(struct text *out, const struct chart_step *step);

/* Adds the time as far as the unit tells it: 2019-01-08 11:00, 2019-01-08, 2019-01, 2019. */
void chart_add_time(struct text *out, uint64_t filetime, enum chart_unit unit);

/* ---- Counts (chart_time.c) ---- */

/* What the events of a case are counted by: roles of timeline.csv. */
enum chart_event {
    CHART_STRONG,
    CHART_WEAK,
    CHART_FAULT,
    CHART_RECOVERY,
    CHART_EVENT_COUNT,
};

/* What machines that the incident affected are counted by. */
enum chart_turn {
    CHART_ONSET,
    CHART_RECOVERED, /* and not broken again */
    CHART_TURN_COUNT,
};

#define CHART_SERIES_MOST 4

/* What was counted in one unit of time. */
struct chart_cell {
    uint64_t start_filetime;
    uint64_t counts[CHART_SERIES_MOST];
};

/* Counts by hour, of at most CHART_CELLS_MOST hours with something in them; of more, by day, then
 * by year. Starts as zeros. */
#define CHART_CELLS_MOST 16384
struct chart_counts {
    struct chart_cell *cells; /* owned; in order of time, none without a count */
    size_t cell_count;
    enum chart_unit unit;
    uint64_t timeless[CHART_SERIES_MOST]; /* at no time that is known */
};

/* Counts one more. 0, and what is above FILETIME_MAX, is no time. */
void chart_counts_add(struct chart_counts *counts, uint64_t filetime, size_t series);
void chart_counts_free_content(struct chart_counts *counts);

/* Finds the span that a picture of the counts shows, false where none has a time. Wrong clocks put
 * events centuries away: the span has all but one in 200 at either end (of three and more events),
 * and of those what is no farther from the others than these reach, or than a year; and at least
 * whole days. */
bool chart_counts_span(const struct chart_counts *counts, struct chart_span *out);

#define CHART_BINS_MOST 240

/* Counts in the steps of a span, and of what is outside of it. */
struct chart_bins {
    const struct chart_step *step;
    size_t count;
    uint64_t starts[CHART_BINS_MOST + 1]; /* the last one is the end */
    uint64_t counts[CHART_BINS_MOST][CHART_SERIES_MOST];
    uint64_t before[CHART_SERIES_MOST];
    uint64_t after[CHART_SERIES_MOST];
    uint64_t timeless[CHART_SERIES_MOST];
};

/* Makes bins without counts: the least steps, of that unit at least, of which the span has at most
 * `most`, 12 to CHART_BINS_MOST. */
void chart_bins_begin(struct chart_bins *out, const struct chart_span *span, enum chart_unit least,
                      size_t most);

/* Counts one more, as chart_counts_add. */
void chart_bins_add(struct chart_bins *bins, uint64_t filetime, size_t series);

/* The same of all that was counted; the bins are not of a lesser unit than the cells. */
void chart_bins_add_counts(struct chart_bins *bins, const struct chart_counts *counts);

/* All of a series within the bins. */
uint64_t chart_bins_sum(const struct chart_bins *bins, size_t series);

/* ---- Pictures (chart_svg.c): each a whole <svg>. `id` is that of its figure, in which ID-title is
 * what has the title in words; ids in the picture are made from it, too. `title` and `description`
 * (not escaped) are its text alternative ---- */

struct chart_labels {
    const char *id;
    const char *title;
    const char *description;
};

/* Bars of events (enum chart_event): signals and faults on each other, recoveries below on a scale
 * of their own. */
void chart_put_bars(FILE *file, const struct chart_labels *labels, const struct chart_bins *bins,
                    const struct window *window);

/* What is drawn of affected machines, by their counts (enum chart_turn). */
enum chart_line {
    CHART_LINE_AFFECTED,
    CHART_LINE_RECOVERED,
    CHART_LINE_BROKEN, /* at that time: affected, and not recovered */
    CHART_LINE_COUNT,
};

/* How many there were up to the start of each bin, and at [count] up to the end of the last. */
struct chart_lines {
    uint64_t counts[CHART_BINS_MOST + 1][CHART_LINE_COUNT];
};
void chart_lines_fill(struct chart_lines *out, const struct chart_bins *bins);

void chart_put_lines(FILE *file, const struct chart_labels *labels, const struct chart_bins *bins,
                     const struct window *window);

/* ---- What a case has to show (chart.c) ---- */

/* Starts as zeros. */
struct charts {
    struct chart_bins incident; /* the window, and six hours before and after it */
    struct chart_counts events; /* all of them */
    struct chart_counts turns;  /* of the machines that are affected by the incident */
    uint64_t affected_count;    /* these */
};

/* Counts the case: the rows of timeline.csv that are signals, faults or recoveries, by the time
 * that they count as of, and the machines. -1 is ERROR_RUN; *out is to be freed all the same. */
int charts_read(struct casedb *db, const struct window *window, struct charts *out,
                struct error *err);
void charts_free_content(struct charts *charts);

#endif
