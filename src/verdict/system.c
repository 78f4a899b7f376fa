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

/* Of those with equal times the last one counts; listings, which come behind all events, are
 * newer. */
static void take_version(struct system_evidence *evidence, const struct system_item *item,
                         const struct item_origin *origin)
{
    if (evidence->os_version != NULL && !origin->with_collection &&
        origin->filetime < evidence->os_version_filetime)
        return;
    free(evidence->os_version);
    evidence->os_version = memory_copy_text(item->os_version);
    evidence->os_version_filetime = origin->filetime;
    evidence->other_than_6_1 = item->other_than_6_1;
}

void system_evidence_feed(struct system_evidence *evidence, const struct system_item *item,
                          const struct item_origin *origin)
{
    if (item->os_version != NULL)
        take_version(evidence, item, origin);
    evidence->names_windows_7 = evidence->names_windows_7 || item->names_windows_7;
    evidence->names_other = evidence->names_other || item->names_other;
    evidence->clock_changed = evidence->clock_changed || item->clock_changed;
}

bool system_evidence_conflicts(const struct system_evidence *evidence)
{
    return evidence->names_windows_7 && evidence->names_other;
}
