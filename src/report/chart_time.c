/* SPDX-License-Identifier: Apache-2.0 */
/* The axis of time and what is counted along it. Memory is bounded, whatever times a case has. */
#include "report/chart.h"

#include <assert.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

#define YEAR_MONTHS 12u
#define FIRST_YEAR 1601u
#define END_YEAR 10000u

/* One event in so many, at either end, may be outside of the span without more ado. */
#define OUTERMOST_SHARE 200
#define NEAR_FILETIME (366 * FILETIME_DAY)

static const struct chart_step steps[] = {
    {CHART_HOUR, 1},    {CHART_HOUR, 2},  {CHART_HOUR, 3},   {CHART_HOUR, 6},   {CHART_HOUR, 12},
    {CHART_DAY, 1},     {CHART_DAY, 2},   {CHART_DAY, 7},    {CHART_MONTH, 1},  {CHART_MONTH, 3},
    {CHART_MONTH, 6},   {CHART_YEAR, 1},  {CHART_YEAR, 2},   {CHART_YEAR, 5},   {CHART_YEAR, 10},
    {CHART_YEAR, 20},   {CHART_YEAR, 50}, {CHART_YEAR, 100}, {CHART_YEAR, 200}, {CHART_YEAR, 500},
    {CHART_YEAR, 1000},
};

/* The units that are counted by, each of which is made of whole ones of the one before. */
static const enum chart_unit coarser[CHART_UNIT_COUNT] = {
    [CHART_HOUR] = CHART_DAY,
    [CHART_DAY] = CHART_YEAR,
    [CHART_MONTH] = CHART_YEAR,
    [CHART_YEAR] = CHART_YEAR,
};

/* ---- Steps ---- */

uint64_t chart_step_index(const struct chart_step *step, uint64_t filetime)
{
    struct filetime_date date;

    switch (step->unit) {
    case CHART_HOUR:
        return filetime / FILETIME_HOUR / step->count;
    case CHART_DAY:
        return filetime / FILETIME_DAY / step->count;
    case CHART_MONTH:
        date = filetime_date_of(filetime);
        return (date.year * YEAR_MONTHS + date.month - 1) / step->count;
    case CHART_YEAR:
    case CHART_UNIT_COUNT:
        break;
    }
    return filetime_date_of(filetime).year / step->count;
}

static uint64_t start_of_month(uint64_t month)
{
    struct filetime_date date = {.year = END_YEAR, .month = 1, .day = 1};

    if (month < FIRST_YEAR * YEAR_MONTHS)
        return 0;
    if (month < END_YEAR * YEAR_MONTHS) {
        date.year = (unsigned)(month / YEAR_MONTHS);
        date.month = (unsigned)(month % YEAR_MONTHS) + 1;
    }
    return filetime_of_date(&date);
}

static uint64_t not_after_end(uint64_t filetime)
{
    return filetime > FILETIME_MAX ? FILETIME_MAX + 1 : filetime;
}

uint64_t chart_step_start(const struct chart_step *step, uint64_t index)
{
    switch (step->unit) {
    case CHART_HOUR:
        return not_after_end(index * step->count * FILETIME_HOUR);
    case CHART_DAY:
        return not_after_end(index * step->count * FILETIME_DAY);
    case CHART_MONTH:
        return start_of_month(index * step->count);
    case CHART_YEAR:
    case CHART_UNIT_COUNT:
        break;
    }
    return start_of_month(index * step->count * YEAR_MONTHS);
}

uint64_t chart_step_count(const struct chart_step *step, const struct chart_span *span)
{
    return chart_step_index(step, span->end_filetime - 1) -
           chart_step_index(step, span->start_filetime) + 1;
}

const struct chart_step *chart_step_for(const struct chart_span *span, enum chart_unit least,
                                        uint64_t most)
{
    size_t index = 0;

    while (index + 1 < ARRAY_COUNT(steps) &&
           (steps[index].unit < least || chart_step_count(&steps[index], span) > most))
        index++;
    return &steps[index];
}

void chart_step_add_words(struct text *out, const struct chart_step *step)
{
    static const char *const words[CHART_UNIT_COUNT] = {"hour", "day", "month", "year"};

    if (step->unit == CHART_DAY && step->count == 7)
        text_add(out, "week");
    else if (step->count == 1)
        text_add(out, words[step->unit]);
    else
        text_add_format(out, "%u %ss", step->count, words[step->unit]);
}

void chart_add_time(struct text *out, uint64_t filetime, enum chart_unit unit)
{
    struct filetime_date date = filetime_date_of(filetime);
    unsigned minutes = (unsigned)(filetime % FILETIME_DAY / FILETIME_MINUTE);

    text_add_format(out, "%04u", date.year);
    if (unit < CHART_YEAR)
        text_add_format(out, "-%02u", date.month);
    if (unit < CHART_MONTH)
        text_add_format(out, "-%02u", date.day);
    if (unit < CHART_DAY)
        text_add_format(out, " %02u:%02u", minutes / 60, minutes % 60);
}

/* ---- Counts ---- */

static uint64_t cell_start(const struct chart_counts *counts, uint64_t filetime)
{
    const struct chart_step step = {counts->unit, 1};

    return chart_step_start(&step, chart_step_index(&step, filetime));
}

static uint64_t cell_end(const struct chart_counts *counts, const struct chart_cell *cell)
{
    const struct chart_step step = {counts->unit, 1};

    return chart_step_start(&step, chart_step_index(&step, cell->start_filetime) + 1);
}

static int compare_cell(const void *item, const void *key)
{
    return compare_u64(((const struct chart_cell *)item)->start_filetime, *(const uint64_t *)key);
}

static void add_series(uint64_t *counts, const uint64_t *more)
{
    for (size_t series = 0; series < CHART_SERIES_MOST; series++)
        counts[series] += more[series];
}

/* Counts by the next unit from now on. */
static void make_coarser(struct chart_counts *counts)
{
    size_t kept = 0;

    counts->unit = coarser[counts->unit];
    for (size_t index = 0; index < counts->cell_count; index++) {
        struct chart_cell cell = counts->cells[index];

        cell.start_filetime = cell_start(counts, cell.start_filetime);
        if (kept > 0 && counts->cells[kept - 1].start_filetime == cell.start_filetime)
            add_series(counts->cells[kept - 1].counts, cell.counts);
        else
            counts->cells[kept++] = cell;
    }
    counts->cell_count = kept;
}

/* The cell of the time, made where there is none. Most times come in order. */
static struct chart_cell *find_cell(struct chart_counts *counts, uint64_t filetime)
{
    uint64_t start = cell_start(counts, filetime);
    size_t count = counts->cell_count;
    size_t index = count;

    if (count > 0 && counts->cells[count - 1].start_filetime >= start)
        index =
            array_lower_bound(counts->cells, count, sizeof(*counts->cells), &start, compare_cell);
    if (index < count && counts->cells[index].start_filetime == start)
        return &counts->cells[index];
    if (count == CHART_CELLS_MOST && counts->unit != CHART_YEAR) {
        make_coarser(counts);
        return find_cell(counts, filetime);
    }
    counts->cells = memory_grow(counts->cells, count, sizeof(*counts->cells));
    memmove(counts->cells + index + 1, counts->cells + index,
            (count - index) * sizeof(*counts->cells));
    counts->cells[index] = (struct chart_cell){.start_filetime = start};
    counts->cell_count++;
    return &counts->cells[index];
}

static bool is_time(uint64_t filetime)
{
    return filetime != 0 && filetime <= FILETIME_MAX;
}

void chart_counts_add(struct chart_counts *counts, uint64_t filetime, size_t series)
{
    assert(series < CHART_SERIES_MOST);
    if (is_time(filetime))
        find_cell(counts, filetime)->counts[series]++;
    else
        counts->timeless[series]++;
}

void chart_counts_free_content(struct chart_counts *counts)
{
    free(counts->cells);
    *counts = (struct chart_counts){0};
}

static uint64_t sum_of(const uint64_t *counts)
{
    uint64_t sum = 0;

    for (size_t series = 0; series < CHART_SERIES_MOST; series++)
        sum += counts[series];
    return sum;
}

/* Widens the span from cell to cell as long as the next one is not farther than `reach`. */
static void widen(const struct chart_counts *counts, size_t first, size_t last, uint64_t reach,
                  struct chart_span *out)
{
    while (first > 0 && out->start_filetime - cell_end(counts, &counts->cells[first - 1]) <= reach)
        out->start_filetime = counts->cells[--first].start_filetime;
    while (last + 1 < counts->cell_count &&
           counts->cells[last + 1].start_filetime - out->end_filetime <= reach)
        out->end_filetime = cell_end(counts, &counts->cells[++last]);
}

bool chart_counts_span(const struct chart_counts *counts, struct chart_span *out)
{
    uint64_t all = 0, outermost, reach;
    size_t first = 0, last = counts->cell_count - 1;

    if (counts->cell_count == 0)
        return false;
    for (size_t index = 0; index < counts->cell_count; index++)
        all += sum_of(counts->cells[index].counts);
    outermost = all < 3 ? 0 : (all + OUTERMOST_SHARE - 1) / OUTERMOST_SHARE;
    for (uint64_t left = outermost; left >= sum_of(counts->cells[first].counts); first++)
        left -= sum_of(counts->cells[first].counts);
    for (uint64_t left = outermost; left >= sum_of(counts->cells[last].counts); last--)
        left -= sum_of(counts->cells[last].counts);
    out->start_filetime = counts->cells[first].start_filetime;
    out->end_filetime = cell_end(counts, &counts->cells[last]);
    reach = out->end_filetime - out->start_filetime;
    widen(counts, first, last, reach > NEAR_FILETIME ? reach : NEAR_FILETIME, out);
    if (out->end_filetime - out->start_filetime < FILETIME_DAY) {
        out->start_filetime -= out->start_filetime % FILETIME_DAY;
        out->end_filetime += FILETIME_DAY - 1;
        out->end_filetime -= out->end_filetime % FILETIME_DAY;
    }
    return true;
}

/* ---- Bins ---- */

void chart_bins_begin(struct chart_bins *out, const struct chart_span *span, enum chart_unit least,
                      size_t most)
{
    const struct chart_step *step = chart_step_for(span, least, most);
    uint64_t first = chart_step_index(step, span->start_filetime);

    assert(most <= CHART_BINS_MOST);
    *out = (struct chart_bins){.step = step, .count = (size_t)chart_step_count(step, span)};
    for (size_t index = 0; index <= out->count; index++)
        out->starts[index] = chart_step_start(step, first + index);
}

/* The place of the counts of a time; the first hour of 1601 begins at 0. */
static uint64_t *counts_at(struct chart_bins *bins, uint64_t filetime)
{
    if (filetime < bins->starts[0])
        return bins->before;
    if (filetime >= bins->starts[bins->count])
        return bins->after;
    return bins->counts[chart_step_index(bins->step, filetime) -
                        chart_step_index(bins->step, bins->starts[0])];
}

void chart_bins_add(struct chart_bins *bins, uint64_t filetime, size_t series)
{
    assert(series < CHART_SERIES_MOST);
    if (is_time(filetime))
        counts_at(bins, filetime)[series]++;
    else
        bins->timeless[series]++;
}

void chart_bins_add_counts(struct chart_bins *bins, const struct chart_counts *counts)
{
    for (size_t index = 0; index < counts->cell_count; index++)
        add_series(counts_at(bins, counts->cells[index].start_filetime),
                   counts->cells[index].counts);
    add_series(bins->timeless, counts->timeless);
}

uint64_t chart_bins_sum(const struct chart_bins *bins, size_t series)
{
    uint64_t sum = 0;

    for (size_t index = 0; index < bins->count; index++)
        sum += bins->counts[index][series];
    return sum;
}
