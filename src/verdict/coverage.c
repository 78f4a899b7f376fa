/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/circumstances.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static int compare_numbers(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static int compare_logs(const void *left_item, const void *right_item)
{
    const struct coverage_log *left = left_item;
    const struct coverage_log *right = right_item;
    int order = compare_numbers(left->first_filetime, right->first_filetime);

    if (order == 0)
        order = compare_numbers(left->last_filetime, right->last_filetime);
    if (order == 0)
        order = compare_numbers(left->first_record_id, right->first_record_id);
    return order != 0 ? order : compare_numbers(left->last_record_id, right->last_record_id);
}

/* Does `later`, which does not begin before `earlier`, go on where that one ends? Records that
 * both have would make them overlap in time, so only the very next id is a continuation: a lower
 * one is a numbering that began anew, with a gap of unknown length before it. */
static bool goes_on(const struct coverage_log *earlier, const struct coverage_log *later)
{
    return later->first_filetime <= earlier->last_filetime ||
           (earlier->last_record_id != UINT64_MAX &&
            later->first_record_id == earlier->last_record_id + 1);
}

/* The log that stands for all of the stretch. */
static size_t stretch_find(size_t *parents, size_t log)
{
    while (parents[log] != log) {
        parents[log] = parents[parents[log]];
        log = parents[log];
    }
    return log;
}

/* Makes one span of each stretch; those of the logs that stand for no stretch stay as they are. */
static void join_stretches(struct coverage_log *logs, size_t count)
{
    size_t *parents = memory_allocate(count, sizeof(*parents));

    for (size_t log = 0; log < count; log++) {
        parents[log] = log;
        for (size_t earlier = 0; earlier < log; earlier++)
            if (goes_on(&logs[earlier], &logs[log]))
                parents[stretch_find(parents, log)] = stretch_find(parents, earlier);
    }
    for (size_t log = 0; log < count; log++) {
        struct coverage_log *stretch = &logs[stretch_find(parents, log)];

        if (logs[log].first_filetime < stretch->first_filetime)
            stretch->first_filetime = logs[log].first_filetime;
        if (logs[log].last_filetime > stretch->last_filetime)
            stretch->last_filetime = logs[log].last_filetime;
    }
    free(parents);
}

/* Leaves those out that end before they begin. Returns how many are left. */
static size_t drop_backward_logs(struct coverage_log *logs, size_t count)
{
    size_t kept = 0;

    for (size_t log = 0; log < count; log++)
        if (logs[log].first_filetime <= logs[log].last_filetime)
            logs[kept++] = logs[log];
    return kept;
}

enum coverage coverage_of(struct coverage_log *logs, size_t count, const struct window *window)
{
    enum coverage coverage = COVERAGE_NONE;

    count = drop_backward_logs(logs, count);
    qsort(logs, count, sizeof(*logs), compare_logs);
    join_stretches(logs, count);
    for (size_t log = 0; log < count; log++) {
        if (logs[log].first_filetime <= window->start_filetime &&
            logs[log].last_filetime >= window->end_filetime)
            return COVERAGE_FULL;
        if (logs[log].first_filetime <= window->end_filetime &&
            logs[log].last_filetime >= window->start_filetime)
            coverage = COVERAGE_PARTIAL;
    }
    return coverage;
}
