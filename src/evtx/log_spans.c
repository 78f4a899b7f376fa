/* SPDX-License-Identifier: Apache-2.0 */
/* Spans: how the records of a log follow each other (model/computer.h, struct record_span).
 *
 * The records of a part are gathered as stretches: of one computer and channel, the EventRecordIDs
 * without a gap, no time more than RECORD_SPAN_STEP_BACK_MOST before an earlier one. Mostly that is
 * one stretch, and a record costs a comparison and eight bytes, for its time. At the end stretches
 * are put in order of their ids; ids met twice count once. Where their times are in that order,
 * too, those that follow each other are one span. Where some time runs back, a clock was wrong, and
 * the verdict will look for the longest run of records in order: so that it can take whole spans,
 * these are cut (log_cuts.c).
 *
 * What is in one order: the records of a channel that one machine wrote, under all its names; of
 * forwarded ones, those of each computer. The wrong clock of a machine may have been put right
 * under another name. */
#include "evtx/log_summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* So many are gathered at a time, of a part that has more; that is 4 MiB. */
#define STRETCHES_MOST 16384u
#define TIMES_MOST 262144u

struct id_stretch {
    struct record_span span; /* without its channel, which is */
    const char *channel;     /* borrowed */
    uint64_t order;          /* 0, or another number for each computer of forwarded records */
    size_t first_time;       /* where the times of its records begin, while these are known */
    bool is_free;            /* no other of its order contradicts it */
    uint64_t distance;       /* from the window, in time */
};

struct id_stretches {
    struct id_stretch *items; /* owned */
    size_t count;
};

struct log_spans {
    struct source_facts *facts;
    struct window window;
    struct id_stretches gathered;
    struct id_stretch *last; /* of these, or NULL */
    uint64_t *times;         /* owned: room for TIMES_MOST */
    size_t time_count;
    uint64_t mark_distance;
    struct id_stretches settled; /* of what was gathered before */
};

struct log_spans *log_spans_create(struct source_facts *facts, const struct window *window)
{
    struct log_spans *spans = memory_allocate(1, sizeof(*spans));

    spans->facts = facts;
    spans->window = *window;
    spans->mark_distance = 1;
    spans->times = memory_resize(NULL, TIMES_MOST, sizeof(*spans->times));
    return spans;
}

void log_spans_free(struct log_spans *spans)
{
    if (spans == NULL)
        return;
    free(spans->gathered.items);
    free(spans->settled.items);
    free(spans->times);
    free(spans);
}

static struct id_stretch *stretches_add(struct id_stretches *stretches,
                                        const struct id_stretch *stretch)
{
    stretches->items = memory_grow(stretches->items, stretches->count, sizeof(*stretches->items));
    stretches->items[stretches->count] = *stretch;
    return &stretches->items[stretches->count++];
}

static uint64_t count_ids(const struct record_span *span)
{
    return span->last_record_id - span->first_record_id + 1;
}

/* ---- Orders ---- */

static int compare_channels(const struct id_stretch *left, const struct id_stretch *right)
{
    int order = left->channel == right->channel ? 0 : strcmp(left->channel, right->channel);

    return order != 0 ? order : compare_u64(left->span.recovered, right->span.recovered);
}

static int compare_ids(const struct id_stretch *left, const struct id_stretch *right)
{
    int order = compare_u64(left->span.first_record_id, right->span.first_record_id);

    if (order == 0)
        order = compare_u64(left->span.computer, right->span.computer);
    return order != 0 ? order : compare_u64(left->first_time, right->first_time);
}

/* That of the spans of a source: by computer, channel, whether recovered, and id. */
static int compare_by_computer(const void *left, const void *right)
{
    const struct id_stretch *one = left, *other = right;
    int order = compare_u64(one->span.computer, other->span.computer);

    if (order == 0)
        order = compare_channels(one, other);
    return order != 0 ? order : compare_ids(one, other);
}

/* What is in one order stands together, by id. */
static int compare_by_order(const void *left, const void *right)
{
    const struct id_stretch *one = left, *other = right;
    int order = compare_channels(one, other);

    if (order == 0)
        order = compare_u64(one->order, other->order);
    return order != 0 ? order : compare_ids(one, other);
}

static bool is_same_computer(const struct id_stretch *left, const struct id_stretch *right)
{
    return left->span.computer == right->span.computer && compare_channels(left, right) == 0;
}

static bool is_same_order(const struct id_stretch *left, const struct id_stretch *right)
{
    return left->order == right->order && compare_channels(left, right) == 0;
}

/* Mostly they are in order already. */
static void sort(struct id_stretches *all, int (*compare)(const void *, const void *))
{
    for (size_t index = 1; index < all->count; index++)
        if (compare(&all->items[index - 1], &all->items[index]) > 0) {
            qsort(all->items, all->count, sizeof(*all->items), compare);
            return;
        }
}

static void set_orders(struct id_stretches *all, const struct source_facts *facts)
{
    for (size_t index = 0; index < all->count; index++) {
        struct id_stretch *stretch = &all->items[index];

        stretch->order =
            facts->computers[stretch->span.computer].forwarded ? stretch->span.computer + 1 : 0;
    }
}

/* How many stand in one order with the first, at the start of `count`. */
static size_t count_in_order(const struct id_stretch *first, size_t count)
{
    size_t same = 1;

    while (same < count && is_same_order(first, &first[same]))
        same++;
    return same;
}

/* ---- Ids that were met twice ---- */

/* Sets the times of a stretch whose ids were set, by those of its records. */
static void set_times(struct id_stretch *stretch, const uint64_t *times)
{
    struct record_span *span = &stretch->span;

    span->first_filetime = span->last_filetime = times[stretch->first_time];
    for (size_t index = 1; index < span->record_count; index++)
        if (times[stretch->first_time + index] > span->last_filetime)
            span->last_filetime = times[stretch->first_time + index];
}

/* Takes the first ids away. Without times the first one left stays what it was: that much is
 * covered by whom the ids are taken from. */
static void drop_first(struct id_stretch *stretch, uint64_t dropped, const uint64_t *times)
{
    struct record_span *span = &stretch->span;
    bool has_gaps = record_span_has_gaps(span);
    uint64_t id_count;

    span->first_record_id += dropped;
    id_count = count_ids(span);
    if (!has_gaps)
        span->record_count = id_count;
    else if (span->record_count >= id_count)
        span->record_count = id_count > 1 ? id_count - 1 : 1;
    if (times == NULL)
        return;
    stretch->first_time += (size_t)dropped;
    set_times(stretch, times);
}

/* The stretches are in order of their computers. */
static void drop_equal_ids(struct id_stretches *all, const uint64_t *times)
{
    size_t kept = 0;

    for (size_t index = 0; index < all->count; index++) {
        struct id_stretch stretch = all->items[index];
        const struct record_span *last = kept > 0 ? &all->items[kept - 1].span : NULL;

        if (last != NULL && is_same_computer(&all->items[kept - 1], &stretch)) {
            if (stretch.span.last_record_id <= last->last_record_id)
                continue;
            if (stretch.span.first_record_id <= last->last_record_id)
                drop_first(&stretch, last->last_record_id - stretch.span.first_record_id + 1,
                           times);
        }
        all->items[kept++] = stretch;
    }
    all->count = kept;
}

/* ---- Times that run back ---- */

static bool has_step_back(const struct id_stretch *stretches, size_t count)
{
    uint64_t greatest = 0;

    for (size_t index = 0; index < count; index++) {
        if (record_span_is_step_back(greatest, stretches[index].span.first_filetime))
            return true;
        if (stretches[index].span.last_filetime > greatest)
            greatest = stretches[index].span.last_filetime;
    }
    return false;
}

/* Adds the pieces of a stretch: each begins at a record that is marked, or is the first. */
static void add_pieces(const uint64_t *times, const struct id_stretch *stretch, const bool *begins,
                       struct id_stretches *out)
{
    size_t count = (size_t)stretch->span.record_count;

    for (size_t first = 0, end; first < count; first = end) {
        struct id_stretch piece = *stretch;

        for (end = first + 1; end < count && !begins[end]; end++)
            ;
        piece.span.first_record_id += first;
        piece.span.record_count = end - first;
        piece.span.last_record_id = piece.span.first_record_id + piece.span.record_count - 1;
        piece.first_time += first;
        set_times(&piece, times);
        stretches_add(out, &piece);
    }
}

/* Adds what becomes of stretches in one order. */
static void add_order(struct log_spans *spans, const struct id_stretch *stretches, size_t count)
{
    const uint64_t *times = spans->times;
    uint64_t *in_order = NULL;
    bool *begins = NULL;
    size_t total = 0, at = 0;

    if (!has_step_back(stretches, count)) {
        for (size_t index = 0; index < count; index++)
            stretches_add(&spans->settled, &stretches[index]);
        return;
    }
    for (size_t index = 0; index < count; index++)
        total += (size_t)stretches[index].span.record_count;
    in_order = memory_resize(NULL, total, sizeof(*in_order));
    begins = memory_allocate(total, sizeof(*begins));
    for (size_t index = 0; index < count; at += (size_t)stretches[index++].span.record_count)
        memcpy(in_order + at, times + stretches[index].first_time,
               (size_t)stretches[index].span.record_count * sizeof(*in_order));
    if (!log_spans_cut(in_order, total, begins))
        spans->facts->spans_are_rough = true;
    at = 0;
    for (size_t index = 0; index < count; at += (size_t)stretches[index++].span.record_count)
        add_pieces(times, &stretches[index], begins + at, &spans->settled);
    free(in_order);
    free(begins);
}

/* ---- Joining ---- */

/* Which of those in one order does no other contradict? */
static void find_free(struct id_stretch *stretches, size_t count)
{
    uint64_t greatest = 0, least = UINT64_MAX;

    for (size_t index = 0; index < count; index++) {
        const struct record_span *span = &stretches[index].span;

        stretches[index].is_free = !record_span_is_step_back(greatest, span->first_filetime);
        if (span->last_filetime > greatest)
            greatest = span->last_filetime;
    }
    for (size_t index = count; index-- > 0;) {
        const struct record_span *span = &stretches[index].span;

        if (least != UINT64_MAX && record_span_is_step_back(span->last_filetime, least))
            stretches[index].is_free = false;
        if (span->first_filetime < least)
            least = span->first_filetime;
    }
}

static void join(struct record_span *span, const struct record_span *next)
{
    span->last_record_id = next->last_record_id;
    span->record_count += next->record_count;
    if (next->last_filetime > span->last_filetime)
        span->last_filetime = next->last_filetime;
}

static bool can_join(const struct id_stretch *stretch, const struct id_stretch *next)
{
    return is_same_computer(stretch, next) && stretch->is_free && next->is_free &&
           stretch->span.last_record_id + 1 == next->span.first_record_id &&
           !record_span_has_gaps(&stretch->span) && !record_span_has_gaps(&next->span);
}

/* The stretches are in order of their computers. */
static void join_free(struct id_stretches *all)
{
    size_t kept = 0;

    for (size_t index = 0; index < all->count; index++) {
        if (kept > 0 && can_join(&all->items[kept - 1], &all->items[index]))
            join(&all->items[kept - 1].span, &all->items[index].span);
        else
            all->items[kept++] = all->items[index];
    }
    all->count = kept;
}

/* ---- Not too many ---- */

/* How far the time from the one's beginning to the other's end is from the window. */
static uint64_t find_distance(const struct record_span *span, const struct record_span *next,
                              const struct window *window)
{
    uint64_t first =
        span->first_filetime < next->first_filetime ? span->first_filetime : next->first_filetime;
    uint64_t last =
        span->last_filetime > next->last_filetime ? span->last_filetime : next->last_filetime;

    if (last < window->start_filetime)
        return window->start_filetime - last;
    return first > window->end_filetime ? first - window->end_filetime : 0;
}

/* A stretch and the next one. */
struct joint {
    uint64_t distance;
    size_t index;
};

static int compare_joints(const void *left, const void *right)
{
    const struct joint *one = left, *other = right;
    int order = compare_u64(other->distance, one->distance);

    return order != 0 ? order : compare_u64(one->index, other->index);
}

/* Marks, as not free, so many stretches that are to be joined with the one before, those farthest
 * from the window first. */
static void mark_joints(struct id_stretches *all, size_t excess, const struct window *window)
{
    struct joint *joints = memory_resize(NULL, all->count, sizeof(*joints));
    size_t joint_count = 0;

    for (size_t index = 0; index < all->count; index++) {
        all->items[index].is_free = true;
        if (index > 0 && is_same_computer(&all->items[index - 1], &all->items[index]))
            joints[joint_count++] = (struct joint){
                find_distance(&all->items[index - 1].span, &all->items[index].span, window), index};
    }
    qsort(joints, joint_count, sizeof(*joints), compare_joints);
    for (size_t index = 0; index < joint_count && index < excess; index++)
        all->items[joints[index].index].is_free = false;
    free(joints);
}

/* Joins what was marked. That ids are missing is said of it in any case: that times are not in
 * order is as bad. */
static void join_marked(struct id_stretches *all)
{
    size_t kept = 0;

    for (size_t index = 0; index < all->count; index++) {
        struct record_span *last = kept > 0 ? &all->items[kept - 1].span : NULL;

        if (last == NULL || all->items[index].is_free) {
            all->items[kept++] = all->items[index];
            continue;
        }
        join(last, &all->items[index].span);
        if (!record_span_has_gaps(last))
            last->record_count--;
    }
    all->count = kept;
}

static int compare_distances(const void *left, const void *right)
{
    const struct id_stretch *one = left, *other = right;
    int order = compare_u64(one->distance, other->distance);

    return order != 0 ? order : compare_by_computer(left, right);
}

/* The stretches are in order of their computers, and stay so. */
static void limit(struct id_stretches *all, struct source_facts *facts, const struct window *window)
{
    if (all->count <= RECORD_SPANS_MOST)
        return;
    facts->spans_are_rough = true;
    mark_joints(all, all->count - RECORD_SPANS_MOST, window);
    join_marked(all);
    if (all->count <= RECORD_SPANS_MOST)
        return;
    /* So many computers, or channels: some cannot be told of. */
    for (size_t index = 0; index < all->count; index++)
        all->items[index].distance =
            find_distance(&all->items[index].span, &all->items[index].span, window);
    qsort(all->items, all->count, sizeof(*all->items), compare_distances);
    all->count = RECORD_SPANS_MOST;
    sort(all, compare_by_computer);
}

/* ---- All of it ---- */

/* Settles stretches whose times are not known any more. */
static void settle(struct id_stretches *all, struct source_facts *facts,
                   const struct window *window)
{
    set_orders(all, facts);
    sort(all, compare_by_computer);
    drop_equal_ids(all, NULL);
    sort(all, compare_by_order);
    for (size_t index = 0, count; index < all->count; index += count) {
        count = count_in_order(&all->items[index], all->count - index);
        find_free(&all->items[index], count);
    }
    sort(all, compare_by_computer);
    join_free(all);
    limit(all, facts, window);
}

/* Adds the marks of what was gathered, whose times are known. */
static void mark_gathered(struct log_spans *spans)
{
    for (size_t index = 0; index < spans->gathered.count; index++) {
        const struct id_stretch *stretch = &spans->gathered.items[index];

        if (stretch->order == 0 && !stretch->span.recovered)
            log_marks_add(spans->facts, &stretch->span, stretch->channel,
                          spans->times + stretch->first_time, &spans->mark_distance);
    }
}

/* Moves what was gathered to what is settled. */
static void settle_gathered(struct log_spans *spans)
{
    struct id_stretches *gathered = &spans->gathered;

    set_orders(gathered, spans->facts);
    mark_gathered(spans);
    sort(gathered, compare_by_computer);
    drop_equal_ids(gathered, spans->times);
    sort(gathered, compare_by_order);
    for (size_t index = 0, count; index < gathered->count; index += count) {
        count = count_in_order(&gathered->items[index], gathered->count - index);
        add_order(spans, &gathered->items[index], count);
    }
    gathered->count = 0;
    spans->last = NULL;
    spans->time_count = 0;
    settle(&spans->settled, spans->facts, &spans->window);
}

/* Begins a stretch. Kept out of what is done for each record. */
static __attribute__((noinline)) void begin(struct log_spans *spans,
                                            const struct record_summary *summary, bool recovered)
{
    struct id_stretch stretch = {
        .span = {.computer = summary->computer,
                 .recovered = recovered,
                 .first_record_id = summary->record_id,
                 .last_record_id = summary->record_id,
                 .record_count = 1,
                 .first_filetime = summary->event_filetime,
                 .last_filetime = summary->event_filetime},
        .channel = summary->channel,
    };

    if (summary->event_filetime == 0 || summary->record_id == 0 || summary->channel == NULL ||
        summary->computer == RECORD_SUMMARY_NO_COMPUTER)
        return;
    if (spans->gathered.count == STRETCHES_MOST || spans->time_count == TIMES_MOST)
        settle_gathered(spans);
    stretch.first_time = spans->time_count;
    spans->last = stretches_add(&spans->gathered, &stretch);
    spans->times[spans->time_count++] = summary->event_filetime;
}

/* What cannot be counted in goes on with nothing, either. */
void log_spans_add(struct log_spans *spans, const struct record_summary *summary, bool recovered)
{
    struct id_stretch *last = spans->last;
    uint64_t filetime = summary->event_filetime;

    if (last == NULL || last->span.last_record_id + 1 != summary->record_id ||
        summary->record_id == 0 || last->span.computer != summary->computer ||
        last->channel != summary->channel || last->span.recovered != recovered ||
        record_span_is_step_back(last->span.last_filetime, filetime) ||
        spans->time_count == TIMES_MOST) {
        begin(spans, summary, recovered);
        return;
    }
    last->span.last_record_id++;
    last->span.record_count++;
    if (filetime > last->span.last_filetime)
        last->span.last_filetime = filetime;
    spans->times[spans->time_count++] = filetime;
}

/* Puts the stretches into the facts, as their spans. */
static void hand_on(const struct id_stretches *all, struct source_facts *facts)
{
    for (size_t index = 0; index < all->count; index++) {
        struct record_span span = all->items[index].span;

        span.channel = memory_copy_text(all->items[index].channel);
        source_facts_add_span(facts, &span);
    }
}

void log_spans_finish_part(struct log_spans *spans)
{
    settle_gathered(spans);
    hand_on(&spans->settled, spans->facts);
    spans->settled.count = 0;
}

void log_spans_finish(struct source_facts *facts)
{
    struct source_facts parts = {.spans = facts->spans, .span_count = facts->span_count};
    struct id_stretches all = {0};

    for (size_t index = 0; index < parts.span_count; index++)
        stretches_add(&all, &(struct id_stretch){.span = parts.spans[index],
                                                 .channel = parts.spans[index].channel,
                                                 .first_time = index});
    facts->spans = NULL;
    facts->span_count = 0;
    settle(&all, facts, &incident_window);
    log_marks_finish(facts);
    hand_on(&all, facts);
    free(all.items);
    source_facts_free_content(&parts);
}
