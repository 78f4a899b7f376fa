/* SPDX-License-Identifier: Apache-2.0 */
/* The Windows version and the clock of a machine (DESIGN section 6, os_version and clock). */
#include "verdict/evidence.h"

#include <stdlib.h>

#include "base/memory.h"

void system_evidence_free_content(struct system_evidence *evidence)
{
    free(evidence->os_version);
    *evidence = (struct system_evidence){0};
}

/* They come in order of time: the last one counts. */
static void take_version(struct system_evidence *evidence, const struct system_item *item)
{
    free(evidence->os_version);
    evidence->os_version = memory_copy_text(item->os_version);
}

/* Listings of one round can contradict each other; else the newest counts. */
static void take_name(struct system_evidence *evidence, const struct system_item *item,
                      const struct item_origin *origin)
{
    if (!origin->with_collection || !evidence->with_collection ||
        origin->round != evidence->round) {
        evidence->names_windows_7 = false;
        evidence->names_other = false;
    }
    evidence->with_collection = origin->with_collection;
    evidence->round = origin->round;
    evidence->names_windows_7 |= item->names_windows_7;
    evidence->names_other |= item->names_other;
}

void system_evidence_feed(struct system_evidence *evidence, const struct system_item *item,
                          const struct item_origin *origin)
{
    if (item->os_version != NULL)
        take_version(evidence, item);
    if (item->names_windows_7 || item->names_other)
        take_name(evidence, item, origin);
    evidence->clock_changed = evidence->clock_changed || item->clock_changed;
}

bool system_evidence_conflicts(const struct system_evidence *evidence)
{
    return evidence->names_windows_7 && evidence->names_other;
}
