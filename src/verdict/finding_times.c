/* SPDX-License-Identifier: Apache-2.0 */
/* When findings were collected. */
#include "verdict/item.h"

#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

/* Less than this after the first file of a round is of that round. */
#define ROUND_LENGTH FILETIME_HOUR

void finding_times_free_content(struct finding_times *times)
{
    for (size_t index = 0; index < times->round_count; index++)
        finding_context_free_content(&times->rounds[index].context);
    free(times->rounds);
    free(times->filetimes);
    *times = (struct finding_times){0};
}

void finding_times_add(struct finding_times *times, uint64_t filetime)
{
    if (times->filetime_count > 0 && times->filetimes[times->filetime_count - 1] == filetime)
        return;
    times->filetimes =
        memory_grow(times->filetimes, times->filetime_count, sizeof(*times->filetimes));
    times->filetimes[times->filetime_count++] = filetime;
}

static void add_round(struct finding_times *times, uint64_t filetime)
{
    times->rounds = memory_grow(times->rounds, times->round_count, sizeof(*times->rounds));
    times->rounds[times->round_count] =
        (struct finding_round){.number = (unsigned)times->round_count, .first_filetime = filetime};
    times->round_count++;
}

void finding_times_settle(struct finding_times *times)
{
    if (times->filetime_count > 0)
        qsort(times->filetimes, times->filetime_count, sizeof(*times->filetimes),
              compare_u64_items);
    for (size_t index = 0; index < times->filetime_count; index++) {
        uint64_t filetime = times->filetimes[index];

        if (filetime != 0 &&
            (times->round_count == 0 ||
             filetime - times->rounds[times->round_count - 1].first_filetime >= ROUND_LENGTH))
            add_round(times, filetime);
    }
    if (times->round_count == 0)
        add_round(times, 0);
}

static int compare_rounds(const void *item, const void *key)
{
    const struct finding_round *round = item;
    uint64_t filetime = *(const uint64_t *)key;

    return round->first_filetime > filetime ? 1 : -1;
}

struct finding_round *finding_times_round(struct finding_times *times, uint64_t filetime)
{
    size_t behind = times->round_count;

    if (filetime != 0)
        behind = array_lower_bound(times->rounds, times->round_count, sizeof(*times->rounds),
                                   &filetime, compare_rounds);
    return &times->rounds[behind > 0 ? behind - 1 : 0];
}
