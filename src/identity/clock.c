/* SPDX-License-Identifier: Apache-2.0 */
/* The sane records of a channel: the longest run in order of ids whose times are in order, none
 * more than five minutes before an earlier one. Stretches were cut where times of others begin and
 * end (evtx/log_summary.h), so that each is in the run as a whole or not at all. */
#include "identity/logset.h"

#include <stdlib.h>

#include "base/memory.h"

/* By id; of those that begin with one, the longest first. */
static int compare_stretches(const void *left_item, const void *right_item)
{
    const struct stretch *left = left_item;
    const struct stretch *right = right_item;
    int order = compare_u64(left->first_record_id, right->first_record_id);

    if (order == 0)
        order = compare_u64(right->last_record_id, left->last_record_id);
    if (order == 0)
        order = (int)left->recovered - (int)right->recovered;
    if (order == 0)
        order = (int)right->own - (int)left->own;
    if (order == 0)
        order = compare_u64(left->first_filetime, right->first_filetime);
    return order != 0 ? order
                      : (left->source_id > right->source_id) - (left->source_id < right->source_id);
}

/* ---- What two sources have both ---- */

/* Walked records of the machine's own logs tell more than others of the same ids. */
static unsigned weight(const struct stretch *stretch)
{
    return 2u * !stretch->recovered + stretch->own;
}

static void lose_records(struct stretch *stretch, uint64_t lost)
{
    stretch->record_count = stretch->record_count > lost ? stretch->record_count - lost : 1;
}

/* What is left of the later one begins behind the earlier one. */
static void cut_front(struct stretch *later, const struct stretch *earlier)
{
    lose_records(later, earlier->last_record_id - later->first_record_id + 1);
    later->first_record_id = earlier->last_record_id + 1;
    if (earlier->last_filetime > later->first_filetime)
        later->first_filetime = earlier->last_filetime < later->last_filetime
                                    ? earlier->last_filetime
                                    : later->last_filetime;
}

/* What is left of the earlier one ends before the later one. */
static void cut_back(struct stretch *earlier, const struct stretch *later)
{
    lose_records(earlier, earlier->last_record_id - later->first_record_id + 1);
    earlier->last_record_id = later->first_record_id - 1;
    if (later->first_filetime < earlier->last_filetime)
        earlier->last_filetime = later->first_filetime > earlier->first_filetime
                                     ? later->first_filetime
                                     : earlier->first_filetime;
}

/* Makes ids belong to one stretch each. */
static size_t drop_repeated(struct stretch *stretches, size_t count)
{
    size_t kept = 0;

    for (size_t index = 0; index < count; index++) {
        struct stretch stretch = stretches[index];
        struct stretch *last = kept > 0 ? &stretches[kept - 1] : NULL;

        if (last != NULL && weight(last) < weight(&stretch) &&
            stretch.first_record_id <= last->last_record_id) {
            if (last->first_record_id == stretch.first_record_id)
                kept--;
            else
                cut_back(last, &stretch);
        } else if (last != NULL && stretch.last_record_id <= last->last_record_id) {
            continue;
        } else if (last != NULL && stretch.first_record_id <= last->last_record_id) {
            cut_front(&stretch, last);
        }
        stretches[kept++] = stretch;
    }
    return kept;
}

/* Can a stretch that begins at this time follow records of `greatest`? */
static bool follows(uint64_t first_filetime, uint64_t greatest)
{
    return first_filetime + RECORD_SPAN_STEP_BACK_MOST >= greatest;
}

/* ---- Where one log goes on with the ids of another ---- */

/* The longest of the stretches up to the last one that are of its source: its clock was right. */
static const struct stretch *longest_of_source(const struct stretch *stretches, size_t last)
{
    const struct stretch *longest = &stretches[last];

    for (size_t index = last; index-- > 0 && stretches[index].source_id == longest->source_id;)
        if (stretches[index].record_count > longest->record_count)
            longest = &stretches[index];
    return longest;
}

/* Each log was cut by its own times alone. Where one begins with a clock that was wrong for a
 * while, and by itself is in order, only what it wrote after the other log had ended contradicts
 * nothing. */
static void trim_seams(struct stretch *stretches, size_t count)
{
    for (size_t index = 1; index < count; index++) {
        const struct stretch *before = &stretches[index - 1];
        struct stretch *stretch = &stretches[index];

        if (before->source_id == stretch->source_id || before->recovered || stretch->recovered ||
            before->last_record_id + 1 != stretch->first_record_id)
            continue;
        before = longest_of_source(stretches, index - 1);
        if (stretch->last_filetime >= before->last_filetime &&
            !follows(stretch->first_filetime, before->last_filetime)) {
            stretch->doubtful_filetime = stretch->first_filetime;
            stretch->first_filetime = before->last_filetime;
        }
    }
}

/* ---- The longest run ---- */

static bool is_in_order(const struct stretch *stretches, size_t count)
{
    uint64_t greatest = 0;

    for (size_t index = 0; index < count; index++) {
        if (!follows(stretches[index].first_filetime, greatest))
            return false;
        if (stretches[index].last_filetime > greatest)
            greatest = stretches[index].last_filetime;
    }
    return true;
}

/* How a run can go on depends on its greatest time alone: of all runs with the same one only the
 * longest is kept, at the place of that time among all of them. The places are the leaves of a
 * tree, so that a million stretches cost little more than so many comparisons: a stretch adds its
 * records to the runs of some places side by side, and itself goes on from the longest of others.
 */
struct best_run {
    int64_t record_count; /* negative: there is none */
    size_t place;
};

#define NO_RUN (INT64_MIN / 2)

struct run_node {
    struct best_run best; /* of the places below it; of equally long ones that of later times */
    int64_t added;        /* to each of them, in `best` already */
};

struct runs {
    uint64_t *filetimes; /* owned: of each place, in order */
    size_t *tops; /* owned: of each place, the stretch that has the greatest time of its run */
    size_t place_count;
    struct run_node *nodes; /* owned: the root is 1, below each are 2n and 2n + 1 */
    size_t leaf_count;
    size_t *before; /* owned: of each stretch, the one with the greatest time before it, or RUN_NONE
                     */
};

#define RUN_NONE SIZE_MAX

struct places {
    size_t first;
    size_t end;
};

static struct best_run better_run(struct best_run earlier, struct best_run later)
{
    return later.record_count >= earlier.record_count ? later : earlier;
}

/* The halves of what is below a node. */
static struct places half_of(struct places below, unsigned half)
{
    size_t middle = below.first + (below.end - below.first) / 2;

    return half == 0 ? (struct places){below.first, middle} : (struct places){middle, below.end};
}

/* The longest of the runs of these places, of those below the node. */
static struct best_run find_best(const struct runs *runs, size_t node, struct places below,
                                 struct places sought)
{
    struct best_run best;

    if (sought.end <= below.first || below.end <= sought.first)
        return (struct best_run){.record_count = NO_RUN};
    if (sought.first <= below.first && below.end <= sought.end)
        return runs->nodes[node].best;
    best = better_run(find_best(runs, 2 * node, half_of(below, 0), sought),
                      find_best(runs, 2 * node + 1, half_of(below, 1), sought));
    best.record_count += runs->nodes[node].added;
    return best;
}

static void add_records(struct runs *runs, size_t node, struct places below, struct places to,
                        int64_t record_count)
{
    struct run_node *own = &runs->nodes[node];

    if (to.end <= below.first || below.end <= to.first)
        return;
    if (to.first <= below.first && below.end <= to.end) {
        own->best.record_count += record_count;
        own->added += record_count;
        return;
    }
    add_records(runs, 2 * node, half_of(below, 0), to, record_count);
    add_records(runs, 2 * node + 1, half_of(below, 1), to, record_count);
    own->best = better_run(runs->nodes[2 * node].best, runs->nodes[2 * node + 1].best);
    own->best.record_count += own->added;
}

static void begin_runs(struct runs *runs, const struct stretch *stretches, size_t count)
{
    *runs = (struct runs){.filetimes = memory_allocate(count, sizeof(*runs->filetimes)),
                          .tops = memory_allocate(count, sizeof(*runs->tops)),
                          .before = memory_allocate(count, sizeof(*runs->before)),
                          .leaf_count = 1};
    for (size_t index = 0; index < count; index++)
        runs->filetimes[index] = stretches[index].last_filetime;
    qsort(runs->filetimes, count, sizeof(*runs->filetimes), compare_u64_items);
    for (size_t index = 0; index < count; index++)
        if (index == 0 || runs->filetimes[index] != runs->filetimes[runs->place_count - 1])
            runs->filetimes[runs->place_count++] = runs->filetimes[index];
    while (runs->leaf_count < runs->place_count)
        runs->leaf_count *= 2;
    runs->nodes = memory_allocate(2 * runs->leaf_count, sizeof(*runs->nodes));
    for (size_t node = 1; node < 2 * runs->leaf_count; node++)
        runs->nodes[node].best =
            (struct best_run){NO_RUN, node >= runs->leaf_count ? node - runs->leaf_count : 0};
}

static void free_runs(struct runs *runs)
{
    free(runs->filetimes);
    free(runs->tops);
    free(runs->nodes);
    free(runs->before);
}

/* How many places have an earlier time. */
static size_t count_earlier(const struct runs *runs, uint64_t filetime)
{
    return array_lower_bound(runs->filetimes, runs->place_count, sizeof(*runs->filetimes),
                             &filetime, compare_u64_items);
}

/* Takes the stretch, which comes behind all that were taken, into each run that it can follow. */
static void extend_runs(struct runs *runs, const struct stretch *stretches, size_t index)
{
    const struct stretch *stretch = &stretches[index];
    const struct places all = {0, runs->leaf_count};
    size_t place = count_earlier(runs, stretch->last_filetime);
    size_t end = count_earlier(runs, stretch->first_filetime + RECORD_SPAN_STEP_BACK_MOST + 1);
    int64_t record_count = (int64_t)stretch->record_count, known;
    struct best_run from = find_best(runs, 1, all, (struct places){0, end < place ? end : place});

    add_records(runs, 1, all, (struct places){place, end}, record_count);
    if (from.record_count > 0)
        record_count += from.record_count;
    known = find_best(runs, 1, all, (struct places){place, place + 1}).record_count;
    if (record_count <= known)
        return;
    add_records(runs, 1, all, (struct places){place, place + 1}, record_count - known);
    runs->before[index] = from.record_count > 0 ? runs->tops[from.place] : RUN_NONE;
    runs->tops[place] = index;
}

/* Is the stretch in a run whose greatest time is that of `top`, which comes before it? */
static bool is_beside(const struct stretch *stretch, const struct stretch *top)
{
    return stretch->last_filetime <= top->last_filetime &&
           follows(stretch->first_filetime, top->last_filetime);
}

/* All are wrong but those of the run that ends in `top`. */
static void mark_wrong(struct stretch *stretches, size_t count, const struct runs *runs, size_t top)
{
    size_t next = count;

    for (size_t index = 0; index < count; index++)
        stretches[index].wrong_clock = true;
    for (; top != RUN_NONE; next = top, top = runs->before[top]) {
        stretches[top].wrong_clock = false;
        for (size_t index = top + 1; index < next; index++)
            if (is_beside(&stretches[index], &stretches[top]))
                stretches[index].wrong_clock = false;
    }
}

static void find_longest_run(struct stretch *stretches, size_t count)
{
    struct runs runs;

    begin_runs(&runs, stretches, count);
    for (size_t index = 0; index < count; index++)
        extend_runs(&runs, stretches, index);
    mark_wrong(stretches, count, &runs, runs.tops[runs.nodes[1].best.place]);
    free_runs(&runs);
}

/* Between which sane records those of a wrong clock lie. */
static void place_wrong(struct stretch *stretches, size_t count)
{
    uint64_t after = 0, before = 0;

    for (size_t index = 0; index < count; index++) {
        if (stretches[index].wrong_clock)
            stretches[index].after_filetime = after;
        else if (stretches[index].last_filetime > after)
            after = stretches[index].last_filetime;
    }
    for (size_t index = count; index-- > 0;) {
        if (stretches[index].wrong_clock)
            stretches[index].before_filetime = before;
        else if (before == 0 || stretches[index].first_filetime < before)
            before = stretches[index].first_filetime;
    }
}

size_t clock_find(struct stretch *stretches, size_t count)
{
    if (count == 0)
        return 0;
    qsort(stretches, count, sizeof(*stretches), compare_stretches);
    count = drop_repeated(stretches, count);
    trim_seams(stretches, count);
    if (is_in_order(stretches, count))
        return count;
    find_longest_run(stretches, count);
    place_wrong(stretches, count);
    return count;
}
