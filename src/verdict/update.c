/* SPDX-License-Identifier: Apache-2.0 */
/* All evidence on KB 971033 of a machine, weighed. */
#include "verdict/evidence.h"

#include <stdlib.h>

#include "base/filetime.h"
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

/* Has what it is from an order of its own: a log of events, or of our scripts? */
static bool has_order(const struct item_origin *origin)
{
    return origin->event_id != 0 || origin->kind == EVIDENCE_SCRIPT;
}

/* Are they of one time, so that nothing tells which is newer? Of those of one log the order does.
 */
static bool is_one_time(const struct item_origin *left, const struct item_origin *right)
{
    if (left->with_collection || right->with_collection)
        return left->with_collection && right->with_collection && left->round == right->round;
    if (has_order(left) && left->kind == right->kind)
        return false;
    return left->filetime / FILETIME_SECOND == right->filetime / FILETIME_SECOND;
}

/* Below 0 when the left one is older; 0 when they are of one time. */
static int compare_times(const struct update_latest *left, const struct update_latest *right)
{
    const struct item_origin *a = &left->origin, *b = &right->origin;

    if (is_one_time(a, b))
        return 0;
    if (a->with_collection != b->with_collection)
        return a->with_collection ? 1 : -1;
    if (a->with_collection)
        return a->round < b->round ? -1 : 1;
    if (a->filetime != b->filetime)
        return a->filetime < b->filetime ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}

/* The same; one that does not exist is older than all. */
static int compare_age(const struct update_latest *left, const struct update_latest *right)
{
    if (left->exists != right->exists)
        return left->exists ? 1 : -1;
    return left->exists ? compare_times(left, right) : 0;
}

/* Of items of one time the first one stays. */
static void note_latest(struct update_latest *latest, const struct item_origin *origin,
                        uint64_t number)
{
    struct update_latest next = {.exists = true, .number = number, .origin = *origin};

    if (latest->exists && compare_times(&next, latest) <= 0)
        return;
    free((char *)latest->origin.path);
    *latest = next;
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
    evidence->item_count++;
    switch (item->says) {
    case UPDATE_SAYS_INSTALLED:
        note_latest(&evidence->installed, origin, evidence->item_count);
        break;
    case UPDATE_SAYS_ABSENT:
        note_latest(&evidence->absent, origin, evidence->item_count);
        evidence->was_removed = evidence->was_removed || item->is_removal;
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
    return evidence->installed.exists || evidence->was_removed ? UPDATE_STATUS_REMOVED
                                                               : UPDATE_STATUS_ABSENT;
}

const struct item_origin *update_evidence_origin(const struct update_evidence *evidence)
{
    switch (update_evidence_status(evidence)) {
    case UPDATE_STATUS_UNKNOWN:
        return NULL;
    case UPDATE_STATUS_INSTALLED:
        return &evidence->installed.origin;
    case UPDATE_STATUS_REMOVED:
    case UPDATE_STATUS_ABSENT:
        return &evidence->absent.origin;
    }
    return NULL;
}

bool update_evidence_conflicts(const struct update_evidence *evidence)
{
    return evidence->installed.exists && compare_age(&evidence->installed, &evidence->absent) == 0;
}
