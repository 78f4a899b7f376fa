/* SPDX-License-Identifier: Apache-2.0 */
/* When findings were collected. */
#include "verdict/item.h"

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* What one container says of one matter. */
struct zone_claim {
    char *container; /* owned: its path, as finding_zones_note cuts it off */
    enum finding_matter matter;
    uint64_t newest_filetime;
    uint64_t newest_broken_filetime; /* 0: nothing says so */
};

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

/* ---- Times without a zone ---- */

const char *zone_end_text(enum zone_end end)
{
    switch (end) {
    case ZONE_END_NONE:
        break;
    case ZONE_END_EARLIEST:
        return "the earliest that a time without a zone can be";
    case ZONE_END_LATEST:
        return "the latest that a time without a zone can be";
    }
    return "";
}

enum finding_matter finding_matter_of(enum finding_kind kind)
{
    switch (kind) {
    case FINDING_HISTORY:
    case FINDING_HISTORY_ROW:
    case FINDING_LISTING:
    case FINDING_ENTRY:
    case FINDING_VALIDATION:
    case FINDING_REMEDIATION:
        return FINDING_ON_UPDATE;
    case FINDING_LICENCE:
    case FINDING_SYSTEM:
    case FINDING_COMPUTER:
        break;
    }
    return FINDING_ON_LICENCE;
}

void finding_zones_free_content(struct finding_zones *zones)
{
    for (size_t index = 0; index < zones->count; index++)
        free(zones->claims[index].container);
    free(zones->claims);
    *zones = (struct finding_zones){0};
}

static struct zone_claim *find_claim(const struct finding_zones *zones, const char *path,
                                     enum finding_matter matter)
{
    size_t length = source_path_container_length(path);

    for (size_t index = 0; index < zones->count; index++) {
        struct zone_claim *claim = &zones->claims[index];

        if (claim->matter == matter && strlen(claim->container) == length &&
            memcmp(claim->container, path, length) == 0)
            return claim;
    }
    return NULL;
}

void finding_zones_note(struct finding_zones *zones, const char *path, enum finding_matter matter,
                        uint64_t filetime, bool leaves_broken)
{
    struct zone_claim *claim = find_claim(zones, path, matter);

    if (claim == NULL) {
        zones->claims = memory_grow(zones->claims, zones->count, sizeof(*zones->claims));
        claim = &zones->claims[zones->count++];
        *claim = (struct zone_claim){
            .container = memory_copy_bytes(path, source_path_container_length(path)),
            .matter = matter,
        };
    }
    if (filetime > claim->newest_filetime)
        claim->newest_filetime = filetime;
    if (leaves_broken && filetime > claim->newest_broken_filetime)
        claim->newest_broken_filetime = filetime;
}

enum zone_end finding_zones_end(const struct finding_zones *zones, const char *path,
                                enum finding_matter matter)
{
    const struct zone_claim *claim = find_claim(zones, path, matter);

    if (claim == NULL)
        return ZONE_END_NONE;
    return claim->newest_broken_filetime != 0 &&
                   claim->newest_filetime - claim->newest_broken_filetime < ROUND_LENGTH
               ? ZONE_END_LATEST
               : ZONE_END_EARLIEST;
}
