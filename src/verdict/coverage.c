/* SPDX-License-Identifier: Apache-2.0 */
/* What logs cover: from the first to the last sane time of records whose EventRecordIDs follow each
 * other without a gap. */
#include "verdict/circumstances.h"

#include <stdlib.h>

#include "base/memory.h"

void covered_free_content(struct covered *covered)
{
    free(covered->items);
    *covered = (struct covered){0};
}

/* Records without a gap, while they are put together. */
struct covering {
    bool exists;
    uint64_t last_record_id;
    struct covered_time time; /* 0 until a sane record came */
};

static void end_covering(const struct covering *covering, struct covered *out)
{
    if (!covering->exists || covering->time.first_filetime == 0)
        return;
    out->items = memory_grow(out->items, out->count, sizeof(*out->items));
    out->items[out->count++] = covering->time;
}

static void add_stretch(struct covering *covering, const struct stretch *stretch)
{
    struct covered_time *time = &covering->time;

    covering->exists = true;
    covering->last_record_id = stretch->last_record_id;
    if (stretch->wrong_clock)
        return;
    if (time->first_filetime == 0)
        time->first_filetime = stretch->first_filetime;
    if (stretch->last_filetime > time->last_filetime)
        time->last_filetime = stretch->last_filetime;
}

/* The ids that the machine's own walked records reach over: what remnants tell outside of them is
 * of a log that is not there. */
struct id_range {
    bool exists;
    uint64_t first;
    uint64_t last;
};

static bool is_walked(const struct stretch *stretch)
{
    return stretch->own && !stretch->recovered;
}

static struct id_range find_range(const struct stretch *stretches, size_t count)
{
    struct id_range range = {0};

    for (size_t index = 0; index < count; index++) {
        if (!is_walked(&stretches[index]))
            continue;
        if (!range.exists)
            range.first = stretches[index].first_record_id;
        range.exists = true;
        range.last = stretches[index].last_record_id;
    }
    return range;
}

static int compare_sources(const void *left_item, const void *right_item, void *context)
{
    const struct stretch *stretches = context;
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;

    if (stretches[left].source_id != stretches[right].source_id)
        return stretches[left].source_id < stretches[right].source_id ? -1 : 1;
    return (left > right) - (left < right);
}

/* Returns owned: of each stretch, the last one of a log that has records before or in it. Where
 * that lies behind a gap, the gap is within a log. */
static size_t *find_reach(const struct stretch *stretches, size_t count)
{
    size_t *order = memory_allocate(count, sizeof(*order));
    size_t *reach = memory_allocate(count, sizeof(*reach));
    size_t walked = 0, last = 0;

    for (size_t index = 0; index < count; index++)
        if (is_walked(&stretches[index]))
            order[walked++] = index;
    qsort_r(order, walked, sizeof(*order), compare_sources, (void *)stretches);
    for (size_t place = walked; place-- > 0;) {
        if (place + 1 == walked ||
            stretches[order[place]].source_id != stretches[order[place + 1]].source_id)
            last = order[place];
        reach[order[place]] = last;
    }
    for (size_t index = 1; index < count; index++)
        if (reach[index - 1] > reach[index])
            reach[index] = reach[index - 1];
    free(order);
    return reach;
}

/* Does the stretch go on where that which is put together ends? */
static bool goes_on(const struct covering *covering, const struct stretch *stretch)
{
    return covering->exists && covering->last_record_id != UINT64_MAX &&
           stretch->first_record_id == covering->last_record_id + 1;
}

/* Recovered records can fill gaps only. */
static bool can_cover(const struct stretch *stretch, const struct id_range *range)
{
    return stretch->own && (!stretch->recovered || (!stretch->wrong_clock && !stretch->has_gaps &&
                                                    stretch->first_record_id > range->first &&
                                                    stretch->last_record_id < range->last));
}

void coverage_find(const struct stretch *stretches, size_t count, struct covered *out)
{
    struct id_range range = find_range(stretches, count);
    size_t *reach = find_reach(stretches, count);
    struct covering covering = {0};
    bool begun = false;

    *out = (struct covered){0};
    for (size_t index = 0; index < count; index++) {
        const struct stretch *stretch = &stretches[index];

        if (!can_cover(stretch, &range))
            continue;
        if (!goes_on(&covering, stretch) || stretch->has_gaps) {
            out->filtered = out->filtered || stretch->has_gaps ||
                            (begun && index > 0 && reach[index - 1] >= index);
            end_covering(&covering, out);
            covering = (struct covering){0};
        }
        begun = true;
        if (stretch->has_gaps)
            covering.last_record_id = UINT64_MAX;
        else
            add_stretch(&covering, stretch);
    }
    end_covering(&covering, out);
    free(reach);
}

bool covered_has(const struct covered *covered, uint64_t first_filetime, uint64_t last_filetime)
{
    for (size_t index = 0; index < covered->count; index++)
        if (covered->items[index].first_filetime <= first_filetime &&
            covered->items[index].last_filetime >= last_filetime)
            return true;
    return false;
}

enum coverage coverage_of(const struct covered *covered, const struct window *window)
{
    if (covered_has(covered, window->start_filetime, window->end_filetime))
        return COVERAGE_FULL;
    for (size_t index = 0; index < covered->count; index++)
        if (covered->items[index].first_filetime <= window->end_filetime &&
            covered->items[index].last_filetime >= window->start_filetime)
            return COVERAGE_PARTIAL;
    return COVERAGE_NONE;
}
