/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures. A unit of a picture is a tenth of a pixel at its natural width, so that all
 * coordinates are whole numbers. Tones are classes that templates/report.css colours; patterns,
 * dashes and words tell the same without them.
 *
 *        legend
 *                      label of the window
 *      y |  bars       ::::::::::::::::::      plot (for bars: two plots, the second one lower)
 *        +------------------------------- x, with labels in two lines                          */
#include "report/chart.h"

#include <inttypes.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "report/format.h"

#define PICTURE_WIDTH 7200
#define TEXT_SIZE 120
/* About what a character of such a text takes. */
#define LETTER_WIDTH 66

#define PLOT_LEFT 560
#define BARS_RIGHT 6880
#define LINES_RIGHT 5600

/* Heights from the top of the picture. */
#define LEGEND_BASELINE 130
#define LEGEND_LEFT 140
#define LEGEND_COLUMN 1740
#define SWATCH 130
#define BARS_LABEL_BASELINE 360
#define BARS_TOP 420
#define BARS_BOTTOM 1920
#define RECOVERIES_TOP 2080
#define RECOVERIES_BOTTOM 2480
#define BARS_HEIGHT 2860
#define LINES_LABEL_BASELINE 130
#define LINES_TOP 210
#define LINES_BOTTOM 1710
#define LINES_HEIGHT 2090

/* So that one event among a million is seen. */
#define BAR_LEAST_HEIGHT 16
#define BAR_GAP 12
#define X_LABELS_MOST 12
#define Y_STEPS_MOST 4

struct plot {
    FILE *file;
    const char *id;
    struct chart_span span;
    uint64_t right;
};

struct scale {
    uint64_t step; /* between two lines of the grid */
    uint64_t most; /* at the top */
    uint64_t top;
    uint64_t bottom;
};

/* ---- Places ---- */

/* Seconds are as fine as a picture gets, and their number times its width fits. */
static uint64_t x_of(const struct plot *plot, uint64_t filetime)
{
    uint64_t seconds = (plot->span.end_filetime - plot->span.start_filetime) / FILETIME_SECOND;

    if (filetime <= plot->span.start_filetime)
        return PLOT_LEFT;
    if (filetime >= plot->span.end_filetime)
        return plot->right;
    return PLOT_LEFT + (filetime - plot->span.start_filetime) / FILETIME_SECOND *
                           (plot->right - PLOT_LEFT) / seconds;
}

static uint64_t height_of(const struct scale *scale, uint64_t count)
{
    return (uint64_t)((scale->bottom - scale->top) * (__uint128_t)count / scale->most);
}

static uint64_t y_of(const struct scale *scale, uint64_t count)
{
    return scale->bottom - height_of(scale, count);
}

/* A scale from 0 on whose lines are at 1, 2 or 5 times a power of ten, or multiples of that. */
static struct scale scale_for(uint64_t most, uint64_t lines_most, uint64_t top, uint64_t bottom)
{
    static const uint64_t digits[] = {1, 2, 5};
    struct scale scale = {.step = 1, .top = top, .bottom = bottom};
    uint64_t power = 1;
    size_t digit = 0;

    while (most / scale.step + (most % scale.step != 0) > lines_most) {
        digit = (digit + 1) % ARRAY_COUNT(digits);
        power *= digit == 0 ? 10 : 1;
        scale.step = digits[digit] * power;
    }
    scale.most = (most / scale.step + (most % scale.step != 0)) * scale.step;
    if (scale.most == 0)
        scale.most = scale.step;
    return scale;
}

/* ---- Text ---- */

static void put_text(const struct plot *plot, const char *class, const char *anchor, uint64_t x,
                     uint64_t y, const char *text)
{
    fprintf(plot->file,
            "<text class=\"%s\" text-anchor=\"%s\" x=\"%" PRIu64 "\" y=\"%" PRIu64 "\">", class,
            anchor, x, y);
    html_put(plot->file, text);
    fputs("</text>\n", plot->file);
}

/* In the middle of that place, but not over `left` or `right`. */
static void put_centred(const struct plot *plot, const char *class, uint64_t x, uint64_t left,
                        uint64_t right, uint64_t y, const char *text)
{
    uint64_t half = strlen(text) * LETTER_WIDTH / 2;

    if (x < left + half)
        x = left + half;
    if (x + half > right)
        x = right - half;
    put_text(plot, class, "middle", x, y, text);
}

static void add_day(struct text *out, uint64_t filetime)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct filetime_date date = filetime_date_of(filetime);

    text_add_format(out, "%u %s", date.day, months[date.month - 1]);
}

static void add_clock(struct text *out, uint64_t filetime)
{
    unsigned minutes = (unsigned)(filetime % FILETIME_DAY / FILETIME_MINUTE);

    text_add_format(out, "%02u:%02u", minutes / 60, minutes % 60);
}

/* The sizes of text stand on a group, as tidy knows no font-size of an svg. */
static void put_start(const struct plot *plot, const struct chart_labels *labels, unsigned height)
{
    fprintf(
        plot->file,
        "<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-labelledby=\"%s-title %s-desc\">\n<title>",
        PICTURE_WIDTH, height, plot->id, plot->id);
    html_put(plot->file, labels->title);
    fprintf(plot->file, "</title>\n<desc id=\"%s-desc\">", plot->id);
    html_put(plot->file, labels->description);
    fprintf(plot->file, "</desc>\n<g font-size=\"%d\">\n", TEXT_SIZE);
}

static void put_end(const struct plot *plot)
{
    fputs("</g>\n</svg>\n", plot->file);
}

/* ---- Axes ---- */

static void put_line(const struct plot *plot, const char *class, uint64_t x1, uint64_t y1,
                     uint64_t x2, uint64_t y2)
{
    fprintf(plot->file,
            "<line class=\"%s\" stroke-width=\"8\" x1=\"%" PRIu64 "\" y1=\"%" PRIu64
            "\" x2=\"%" PRIu64 "\" y2=\"%" PRIu64 "\"/>\n",
            class, x1, y1, x2, y2);
}

static void put_scale(const struct plot *plot, const struct scale *scale)
{
    for (uint64_t count = 0; count <= scale->most; count += scale->step) {
        uint64_t y = y_of(scale, count);
        struct text label = {0};

        if (count >= 10000 && count % 1000 == 0)
            text_add_format(&label, "%" PRIu64 "k", count / 1000);
        else
            text_add_number(&label, count);
        put_line(plot, count == 0 ? "axis" : "grid", PLOT_LEFT, y, plot->right, y);
        put_text(plot, "minor", "end", PLOT_LEFT - 70, y + TEXT_SIZE / 3, text_get(&label));
        text_free(&label);
    }
}

/* What stands below a place on the axis: *upper at each, *lower where it changes. */
static void add_x_labels(uint64_t filetime, enum chart_unit unit, struct text *upper,
                         struct text *lower)
{
    struct text day = {0};

    add_day(&day, filetime);
    switch (unit) {
    case CHART_HOUR:
        add_clock(upper, filetime);
        text_add_format(lower, "%s %u", text_get(&day), filetime_date_of(filetime).year);
        break;
    case CHART_DAY:
        text_add(upper, text_get(&day));
        chart_add_time(lower, filetime, CHART_YEAR);
        break;
    case CHART_MONTH:
        text_add(upper, strchr(text_get(&day), ' ') + 1);
        chart_add_time(lower, filetime, CHART_YEAR);
        break;
    case CHART_YEAR:
    case CHART_UNIT_COUNT:
        chart_add_time(upper, filetime, CHART_YEAR);
        break;
    }
    text_free(&day);
}

/* Labels the time of a step; the line below only where it tells something new. A date on the first
 * label would run into that on the next one, where the day changes there. */
static void put_time(const struct plot *plot, const struct chart_step *step, uint64_t index,
                     bool is_first, uint64_t bottom)
{
    uint64_t filetime = chart_step_start(step, index);
    uint64_t x = x_of(plot, filetime);
    struct text upper = {0}, lower = {0}, beside = {0}, unused = {0};
    bool is_new;

    add_x_labels(filetime, step->unit, &upper, &lower);
    add_x_labels(chart_step_start(step, is_first ? index + 1 : index - 1), step->unit, &unused,
                 &beside);
    is_new = (strcmp(text_get(&lower), text_get(&beside)) != 0) != is_first;
    put_line(plot, "axis", x, bottom, x, bottom + 50);
    put_centred(plot, "minor", x, 0, PICTURE_WIDTH, bottom + 170, text_get(&upper));
    if (lower.length_bytes > 0 && is_new)
        put_centred(plot, "minor", x, 0, PICTURE_WIDTH, bottom + 310, text_get(&lower));
    text_free(&upper);
    text_free(&lower);
    text_free(&beside);
    text_free(&unused);
}

static void put_times(const struct plot *plot, uint64_t bottom)
{
    const struct chart_step *step = chart_step_for(&plot->span, CHART_HOUR, X_LABELS_MOST);
    uint64_t first = chart_step_index(step, plot->span.start_filetime);

    first += chart_step_start(step, first) < plot->span.start_filetime;
    for (uint64_t index = first; chart_step_start(step, index) < plot->span.end_filetime; index++)
        put_time(plot, step, index, index == first, bottom);
    put_text(plot, "minor", "start", 0, bottom + 170, "UTC");
}

/* Shades the window, and labels it above the plot; nothing where it is not in the picture. */
static void put_window(const struct plot *plot, const struct window *window, uint64_t baseline,
                       uint64_t top, uint64_t bottom)
{
    uint64_t left = x_of(plot, window->start_filetime);
    uint64_t right = x_of(plot, window->end_filetime);
    struct text label = {0};

    if (window->start_filetime >= plot->span.end_filetime ||
        window->end_filetime < plot->span.start_filetime)
        return;
    fprintf(plot->file,
            "<rect class=\"window\" x=\"%" PRIu64 "\" y=\"%" PRIu64 "\" width=\"%" PRIu64
            "\" height=\"%" PRIu64 "\"/>\n",
            left, top, right - left, bottom - top);
    if (window->start_filetime >= plot->span.start_filetime)
        put_line(plot, "window-edge", left, top - 30, left, bottom);
    if (window->end_filetime <= plot->span.end_filetime)
        put_line(plot, "window-edge", right, top - 30, right, bottom);
    text_add(&label, "window: ");
    add_day(&label, window->start_filetime);
    text_add(&label, " ");
    add_clock(&label, window->start_filetime);
    text_add(&label, " to ");
    add_day(&label, window->end_filetime);
    text_add(&label, " ");
    add_clock(&label, window->end_filetime);
    put_centred(plot, "label", (left + right) / 2, PLOT_LEFT, plot->right, baseline,
                text_get(&label));
    text_free(&label);
}

/* ---- Bars ---- */

/* A dark pattern over the tone of its class, which is bright enough for it; none: the tone alone.
 */
struct bar_style {
    const char *class;
    const char *legend;
    const char *pattern;
};

static const struct bar_style bar_styles[] = {
    [CHART_STRONG] = {"strong", "Strong signal", NULL},
    [CHART_WEAK] = {"weak", "Weak signal",
                    "<path fill=\"none\" stroke=\"#1c2128\" stroke-width=\"14\" d=\"M-20 20L20 "
                    "-20M0 80L80 0M60 100L100 60\"/>"},
    [CHART_FAULT] = {"fault", "Other fault",
                     "<circle fill=\"#1c2128\" cx=\"40\" cy=\"40\" r=\"13\"/>"},
    [CHART_RECOVERY] =
        {"recovery", "Activation works",
         "<path fill=\"none\" stroke=\"#1c2128\" stroke-width=\"10\" d=\"M40 0V80\"/>"},
};
_Static_assert(ARRAY_COUNT(bar_styles) == CHART_EVENT_COUNT, "a style for each kind of event");

static void put_patterns(const struct plot *plot)
{
    fputs("<defs>\n", plot->file);
    for (size_t series = 0; series < CHART_EVENT_COUNT; series++)
        if (bar_styles[series].pattern != NULL)
            fprintf(plot->file,
                    "<pattern id=\"%s-%s\" patternUnits=\"userSpaceOnUse\" width=\"80\" "
                    "height=\"80\"><rect class=\"%s\" width=\"80\" height=\"80\"/>%s</pattern>\n",
                    plot->id, bar_styles[series].class, bar_styles[series].class,
                    bar_styles[series].pattern);
    fputs("</defs>\n", plot->file);
}

static void put_box(const struct plot *plot, size_t series, uint64_t x, uint64_t y, uint64_t width,
                    uint64_t height)
{
    const struct bar_style *style = &bar_styles[series];

    if (style->pattern == NULL)
        fprintf(plot->file, "<rect class=\"%s\"", style->class);
    else
        fprintf(plot->file, "<rect fill=\"url(#%s-%s)\"", plot->id, style->class);
    fprintf(plot->file,
            " x=\"%" PRIu64 "\" y=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"%" PRIu64 "\"/>\n",
            x, y, width, height);
}

static void put_legend(const struct plot *plot, const struct chart_bins *bins)
{
    for (size_t series = 0; series < CHART_EVENT_COUNT; series++) {
        uint64_t x = LEGEND_LEFT + series * LEGEND_COLUMN;
        struct text label = {0};

        text_add_format(&label, "%s: %" PRIu64, bar_styles[series].legend,
                        chart_bins_sum(bins, series));
        put_box(plot, series, x, LEGEND_BASELINE - SWATCH + 20, SWATCH, SWATCH);
        put_text(plot, "label", "start", x + SWATCH + 60, LEGEND_BASELINE, text_get(&label));
        text_free(&label);
    }
}

/* Puts the series on each other, up to but without `end`. */
static void put_stack(const struct plot *plot, const struct scale *scale,
                      const struct chart_bins *bins, size_t bin, size_t first, size_t end)
{
    uint64_t x = x_of(plot, bins->starts[bin]);
    uint64_t width = x_of(plot, bins->starts[bin + 1]) - x;
    uint64_t gap = width > 4 * BAR_GAP ? BAR_GAP : 0;
    uint64_t y = scale->bottom;

    for (size_t series = first; series < end; series++) {
        uint64_t height = height_of(scale, bins->counts[bin][series]);

        if (bins->counts[bin][series] == 0)
            continue;
        if (height < BAR_LEAST_HEIGHT)
            height = BAR_LEAST_HEIGHT;
        y -= height;
        put_box(plot, series, x + gap, y, width > 2 * gap ? width - 2 * gap : 1, height);
    }
}

/* What a pointer that rests on the bin is told. */
static void put_bin_title(const struct plot *plot, const struct chart_bins *bins, size_t bin)
{
    uint64_t x = x_of(plot, bins->starts[bin]);
    struct text title = {0};

    chart_add_time(&title, bins->starts[bin], bins->step->unit);
    for (size_t series = 0; series < CHART_EVENT_COUNT; series++)
        text_add_format(&title, "%s%s %" PRIu64, series == 0 ? ": " : ", ",
                        bar_styles[series].legend, bins->counts[bin][series]);
    fprintf(plot->file,
            "<rect fill=\"none\" pointer-events=\"all\" x=\"%" PRIu64 "\" y=\"%d\" width=\"%" PRIu64
            "\" height=\"%d\"><title>",
            x, BARS_TOP, x_of(plot, bins->starts[bin + 1]) - x, RECOVERIES_BOTTOM - BARS_TOP);
    html_put(plot->file, text_get(&title));
    fputs("</title></rect>\n", plot->file);
    text_free(&title);
}

static uint64_t stack_of(const struct chart_bins *bins, size_t bin)
{
    return bins->counts[bin][CHART_STRONG] + bins->counts[bin][CHART_WEAK] +
           bins->counts[bin][CHART_FAULT];
}

static struct plot plot_of(FILE *file, const struct chart_labels *labels,
                           const struct chart_bins *bins, uint64_t right)
{
    return (struct plot){
        .file = file,
        .id = labels->id,
        .span = {bins->starts[0], bins->starts[bins->count]},
        .right = right,
    };
}

void chart_put_bars(FILE *file, const struct chart_labels *labels, const struct chart_bins *bins,
                    const struct window *window)
{
    struct plot plot = plot_of(file, labels, bins, BARS_RIGHT);
    uint64_t highest = 0, recoveries = 0;
    struct scale upper, lower;

    for (size_t bin = 0; bin < bins->count; bin++) {
        if (stack_of(bins, bin) > highest)
            highest = stack_of(bins, bin);
        if (bins->counts[bin][CHART_RECOVERY] > recoveries)
            recoveries = bins->counts[bin][CHART_RECOVERY];
    }
    upper = scale_for(highest, Y_STEPS_MOST, BARS_TOP, BARS_BOTTOM);
    lower = scale_for(recoveries, 1, RECOVERIES_TOP, RECOVERIES_BOTTOM);
    put_start(&plot, labels, BARS_HEIGHT);
    put_patterns(&plot);
    put_legend(&plot, bins);
    put_window(&plot, window, BARS_LABEL_BASELINE, BARS_TOP, RECOVERIES_BOTTOM);
    put_scale(&plot, &upper);
    put_scale(&plot, &lower);
    for (size_t bin = 0; bin < bins->count; bin++) {
        put_stack(&plot, &upper, bins, bin, CHART_STRONG, CHART_RECOVERY);
        put_stack(&plot, &lower, bins, bin, CHART_RECOVERY, CHART_EVENT_COUNT);
        put_bin_title(&plot, bins, bin);
    }
    put_times(&plot, RECOVERIES_BOTTOM);
    put_end(&plot);
}

/* ---- Lines ---- */

static const struct line_style {
    const char *class;
    const char *dashes;
    const char *label;
} line_styles[] = {
    [CHART_LINE_AFFECTED] = {"affected-line", "none", "affected"},
    [CHART_LINE_RECOVERED] = {"recovered-line", "90 50", "recovered"},
    [CHART_LINE_BROKEN] = {"broken-line", "15 45", "broken"},
};
_Static_assert(ARRAY_COUNT(line_styles) == CHART_LINE_COUNT, "a style for each line");

/* Writes the steps of a line as path data. */
static void put_steps(const struct plot *plot, const struct scale *scale,
                      const struct chart_bins *bins, const struct chart_lines *lines, size_t line)
{
    uint64_t last = y_of(scale, lines->counts[0][line]);

    fprintf(plot->file, "M%" PRIu64 " %" PRIu64, x_of(plot, bins->starts[0]), last);
    for (size_t at = 1; at <= bins->count; at++) {
        uint64_t y = y_of(scale, lines->counts[at][line]);

        if (y != last || at == bins->count)
            fprintf(plot->file, "H%" PRIu64, x_of(plot, bins->starts[at]));
        if (y != last)
            fprintf(plot->file, "V%" PRIu64, y);
        last = y;
    }
}

static void put_line_paths(const struct plot *plot, const struct scale *scale,
                           const struct chart_bins *bins, const struct chart_lines *lines)
{
    fputs("<path class=\"broken-area\" d=\"", plot->file);
    put_steps(plot, scale, bins, lines, CHART_LINE_BROKEN);
    fprintf(plot->file, "V%" PRIu64 "H%dZ\"/>\n", scale->bottom, PLOT_LEFT);
    for (size_t line = CHART_LINE_COUNT; line-- > 0;) {
        fprintf(plot->file,
                "<path class=\"%s\" fill=\"none\" stroke-width=\"28\" stroke-dasharray=\"%s\" "
                "d=\"",
                line_styles[line].class, line_styles[line].dashes);
        put_steps(plot, scale, bins, lines, line);
        fputs("\"/>\n", plot->file);
    }
}

/* Labels the ends of the lines, each as near to its end as the others let it: from the lowest up,
 * so the order of the lines is that of the labels. */
static void put_line_ends(const struct plot *plot, const struct scale *scale,
                          const struct chart_bins *bins, const struct chart_lines *lines)
{
    static const size_t upward[][CHART_LINE_COUNT] = {
        {CHART_LINE_BROKEN, CHART_LINE_RECOVERED, CHART_LINE_AFFECTED},
        {CHART_LINE_RECOVERED, CHART_LINE_BROKEN, CHART_LINE_AFFECTED},
    };
    const uint64_t *ends = lines->counts[bins->count];
    const size_t *order = upward[ends[CHART_LINE_BROKEN] > ends[CHART_LINE_RECOVERED]];
    uint64_t lowest = scale->bottom;

    for (size_t at = 0; at < CHART_LINE_COUNT; at++) {
        uint64_t end = y_of(scale, ends[order[at]]);
        uint64_t y = end < lowest ? end : lowest;
        struct text label = {0};

        text_add_format(&label, "%" PRIu64 " %s", ends[order[at]], line_styles[order[at]].label);
        fprintf(plot->file,
                "<path class=\"%s\" fill=\"none\" stroke-width=\"28\" stroke-dasharray=\"%s\" "
                "d=\"M%" PRIu64 " %" PRIu64 "L%" PRIu64 " %" PRIu64 "h160\"/>\n",
                line_styles[order[at]].class, line_styles[order[at]].dashes, plot->right, end,
                plot->right + 80, y);
        put_text(plot, "label", "start", plot->right + 300, y + TEXT_SIZE / 3, text_get(&label));
        lowest = y - TEXT_SIZE - 30;
        text_free(&label);
    }
}

void chart_lines_fill(struct chart_lines *out, const struct chart_bins *bins)
{
    uint64_t hit = bins->before[CHART_ONSET], recovered = bins->before[CHART_RECOVERED];

    for (size_t at = 0; at <= bins->count; at++) {
        out->counts[at][CHART_LINE_AFFECTED] = hit;
        out->counts[at][CHART_LINE_RECOVERED] = recovered;
        out->counts[at][CHART_LINE_BROKEN] = hit > recovered ? hit - recovered : 0;
        if (at < bins->count) {
            hit += bins->counts[at][CHART_ONSET];
            recovered += bins->counts[at][CHART_RECOVERED];
        }
    }
}

void chart_put_lines(FILE *file, const struct chart_labels *labels, const struct chart_bins *bins,
                     const struct window *window)
{
    struct plot plot = plot_of(file, labels, bins, LINES_RIGHT);
    struct chart_lines lines;
    struct scale scale;
    uint64_t most;

    chart_lines_fill(&lines, bins);
    most = lines.counts[bins->count][CHART_LINE_AFFECTED];
    if (lines.counts[bins->count][CHART_LINE_RECOVERED] > most)
        most = lines.counts[bins->count][CHART_LINE_RECOVERED];
    scale = scale_for(most, Y_STEPS_MOST, LINES_TOP, LINES_BOTTOM);
    put_start(&plot, labels, LINES_HEIGHT);
    put_window(&plot, window, LINES_LABEL_BASELINE, LINES_TOP, LINES_BOTTOM);
    put_scale(&plot, &scale);
    put_line_paths(&plot, &scale, bins, &lines);
    put_line_ends(&plot, &scale, bins, &lines);
    put_times(&plot, LINES_BOTTOM);
    put_end(&plot);
}
