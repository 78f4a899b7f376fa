/* SPDX-License-Identifier: Apache-2.0 */
/* All evidence on KB 971033 of a machine, weighed. */
#include "verdict/evidence.h"

#include <stdlib.h>

#include "base/memory.h"

static void add_saying(struct text *out, unsigned saying)
{
    text_add(out, update_says_word((enum update_says)saying));
}

/* What an item on an unrelated update says, as a number. */
static unsigned unrelated_saying(const struct update_item *item)
{
    return item->update * UPDATE_SAYS_COUNT + item->says;
}

static void add_unrelated_saying(struct text *out, unsigned saying)
{
    text_add_format(out, "%s %s", incident_updates[saying / UPDATE_SAYS_COUNT].name,
                    update_says_word((enum update_says)(saying % UPDATE_SAYS_COUNT)));
}

void update_evidence_begin(struct update_evidence *evidence)
{
    *evidence = (struct update_evidence){
        .groups = {.add_saying = add_saying},
        .unrelated = {.add_saying = add_unrelated_saying},
    };
}

void update_evidence_free_content(struct update_evidence *evidence)
{
    groups_free_content(&evidence->groups);
    groups_free_content(&evidence->unrelated);
    free((char *)evidence->installed.origin.path);
    free((char *)evidence->absent.origin.path);
    *evidence = (struct update_evidence){0};
}

/* Below 0 when the left one is older. */
static int compare_times(const struct item_origin *left, const struct item_origin *right)
{
    if (left->with_collection != right->with_collection)
        return left->with_collection ? 1 : -1;
    return (left->filetime > right->filetime) - (left->filetime < right->filetime);
}

/* The same; one that does not exist is older than all. */
static int compare_age(const struct update_latest *left, const struct update_latest *right)
{
    if (left->exists != right->exists)
        return left->exists ? 1 : -1;
    return compare_times(&left->origin, &right->origin);
}

/* Of items of one time the first one stays. */
static void note_latest(struct update_latest *latest, const struct item_origin *origin)
{
    if (latest->exists && compare_times(origin, &latest->origin) <= 0)
        return;
    free((char *)latest->origin.path);
    *latest = (struct update_latest){.exists = true, .origin = *origin};
    latest->origin.path = memory_copy_text(origin->path);
}

void update_evidence_feed(struct update_evidence *evidence, const struct update_item *item,
                          const struct item_origin *origin)
{
    if (incident_updates[item->update].coincident) {
        groups_feed(&evidence->unrelated, unrelated_saying(item), origin, item->detail);
        return;
    }
    groups_feed(&evidence->groups, item->says, origin, item->detail);
    switch (item->says) {
    case UPDATE_SAYS_INSTALLED:
        note_latest(&evidence->installed, origin);
        break;
    case UPDATE_SAYS_ABSENT:
        note_latest(&evidence->absent, origin);
        break;
    case UPDATE_SAYS_NEITHER:
        break;
    }
}

enum update_status update_evidence_status(const struct update_evidence *evidence)
{
    if (!evidence->installed.exists && !evidence->absent.exists)
        return UPDATE_STATUS_UNKNOWN;
    if (compare_age(&evidence->installed, &evidence->absent) >= 0)
        return UPDATE_STATUS_INSTALLED;
    return evidence->installed.exists ? UPDATE_STATUS_REMOVED : UPDATE_STATUS_ABSENT;
}

bool update_evidence_conflicts(const struct update_evidence *evidence)
{
    return evidence->installed.exists && compare_age(&evidence->installed, &evidence->absent) == 0;
}
