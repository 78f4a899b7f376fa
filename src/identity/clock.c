/* SPDX-License-Identifier: Apache-2.0 */
/* The sane records of a channel: the longest run in order of ids whose times are in order, none
 * more than five minutes before an earlier one. Stretches were cut where times of others begin and
 * end (evtx/log_summary.h), so that each is in the run as a whole or not at all. */
#include "identity/logset.h"

#include <stdlib.h>

#include "base/memory.h"

static int compare_numbers(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

/* By id; of those that begin with one, the longest first. */
static int compare_stretches(const void *left_item, const void *right_item)
{
    const struct stretch *left = left_item;
    const struct stretch *right = right_item;
    int order = compare_numbers(left->first_record_id, right->first_record_id);

    if (order == 0)
        order = compare_numbers(right->last_record_id, left->last_record_id);
    if (order == 0)
        order = (int)left->recovered - (int)right->recovered;
    if (order == 0)
        order = (int)right->own - (int)left->own;
    if (order == 0)
        order = compare_numbers(left->first_filetime, right->first_filetime);
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

/* The best run whose greatest time is that of the stretch. */
struct run {
    uint64_t record_count;
    size_t before; /* the stretch that had the greatest time before it, or RUN_NONE */
};

#define RUN_NONE SIZE_MAX

/* Is the stretch in a run whose greatest time is that of `top`, which comes before it? */
static bool is_beside(const struct stretch *stretch, const struct stretch *top)
{
    return stretch->last_filetime <= top->last_filetime &&
           follows(stretch->first_filetime, top->last_filetime);
}

/* Is a run of so many records that comes from `top` better than the one that is known? Of equally
 * long ones that of later times. */
static bool is_better(const struct stretch *stretches, uint64_t record_count, size_t top,
                      const struct run *known)
{
    if (record_count != known->record_count || known->before == RUN_NONE)
        return record_count > known->record_count;
    return stretches[top].last_filetime > stretches[known->before].last_filetime;
}

/* Goes on from the run that ends in `top`: with each later stretch that raises the greatest time.
 * Returns how many records the run has that stays below it to the end. */
static uint64_t extend_run(const struct stretch *stretches, size_t count, struct run *runs,
                           size_t top)
{
    uint64_t record_count = runs[top].record_count;

    for (size_t next = top + 1; next < count; next++) {
        const struct stretch *stretch = &stretches[next];

        if (is_beside(stretch, &stretches[top])) {
            record_count += stretch->record_count;
        } else if (stretch->last_filetime > stretches[top].last_filetime &&
                   follows(stretch->first_filetime, stretches[top].last_filetime) &&
                   is_better(stretches, record_count + stretch->record_count, top, &runs[next])) {
            runs[next].record_count = record_count + stretch->record_count;
            runs[next].before = top;
        }
    }
    return record_count;
}

/* All are wrong but those of the run that ends in `top`. */
static void mark_wrong(struct stretch *stretches, size_t count, const struct run *runs, size_t top)
{
    size_t next = count;

    for (size_t index = 0; index < count; index++)
        stretches[index].wrong_clock = true;
    for (; top != RUN_NONE; next = top, top = runs[top].before) {
        stretches[top].wrong_clock = false;
        for (size_t index = top + 1; index < next; index++)
            if (is_beside(&stretches[index], &stretches[top]))
                stretches[index].wrong_clock = false;
    }
}

static void find_longest_run(struct stretch *stretches, size_t count)
{
    struct run *runs = memory_allocate(count, sizeof(*runs));
    uint64_t most = 0;
    size_t best = 0;

    for (size_t index = 0; index < count; index++)
        runs[index] = (struct run){stretches[index].record_count, RUN_NONE};
    for (size_t index = 0; index < count; index++) {
        uint64_t record_count = extend_run(stretches, count, runs, index);

        if (record_count > most || (record_count == most && stretches[index].last_filetime >
                                                                stretches[best].last_filetime)) {
            most = record_count;
            best = index;
        }
    }
    mark_wrong(stretches, count, runs, best);
    free(runs);
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
    if (is_in_order(stretches, count) || count > CLOCK_STRETCHES_MOST)
        return count;
    find_longest_run(stretches, count);
    place_wrong(stretches, count);
    return count;
}
