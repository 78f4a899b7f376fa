/* SPDX-License-Identifier: Apache-2.0 */
/* All evidence on KB 971033 of a machine, weighed and in words. */
#include "verdict/update.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

void update_evidence_free_content(struct update_evidence *evidence)
{
    groups_free_content(&evidence->groups);
    groups_free_content(&evidence->unrelated);
    free(evidence->installed.path);
    free(evidence->absent.path);
    *evidence = (struct update_evidence){0};
}

/* ---- Weighing ---- */

/* Below 0 when the left one is older; one that does not exist is older than all. */
static int compare_age(const struct update_mention *left, const struct update_mention *right)
{
    if (left->exists != right->exists)
        return left->exists ? 1 : -1;
    if (left->with_collection != right->with_collection)
        return left->with_collection ? 1 : -1;
    return (left->filetime > right->filetime) - (left->filetime < right->filetime);
}

/* Of pieces of one time the first one stays. */
static void note_mention(struct update_mention *newest, const struct update_piece *piece)
{
    struct update_mention mention = {
        .exists = true,
        .kind = piece->kind,
        .number = piece->number,
        .with_collection = piece->with_collection,
        .filetime = piece->filetime,
    };

    if (compare_age(&mention, newest) <= 0)
        return;
    free(newest->path);
    mention.path = memory_copy_text(piece->path);
    *newest = mention;
}

static void feed_groups(struct groups *groups, const struct update_piece *piece, const char *says)
{
    groups_feed(groups, &(struct group_piece){
                            .says = says,
                            .kind = piece->kind,
                            .number = piece->number,
                            .unit = piece->unit,
                            .with_collection = piece->with_collection,
                            .filetime = piece->filetime,
                            .path = piece->path,
                            .detail = piece->detail,
                        });
}

void update_evidence_feed(struct update_evidence *evidence, const struct update_piece *piece)
{
    if (piece->update->coincident) {
        char *says = memory_format("%s %s", piece->update->name, update_says_word(piece->says));

        feed_groups(&evidence->unrelated, piece, says);
        free(says);
        return;
    }
    feed_groups(&evidence->groups, piece, update_says_word(piece->says));
    if (piece->says == UPDATE_SAYS_INSTALLED)
        note_mention(&evidence->installed, piece);
    else if (piece->says == UPDATE_SAYS_ABSENT)
        note_mention(&evidence->absent, piece);
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

/* ---- In words ---- */

static void add_mention(struct text *out, const struct update_mention *mention)
{
    text_add(out, mention->kind);
    if (mention->number != 0)
        text_add_format(out, " %" PRIu16, mention->number);
    if (mention->with_collection) {
        text_add_format(out, " in %s", mention->path);
    } else {
        text_add(out, " at ");
        filetime_add_text(out, mention->filetime);
    }
}

void update_evidence_add_conflict(struct text *out, const struct update_evidence *evidence)
{
    if (!evidence->installed.exists || !evidence->absent.exists)
        return;
    if (update_evidence_conflicts(evidence)) {
        text_add(out, "update-evidence-conflict: " INCIDENT_UPDATE " installed by ");
        add_mention(out, &evidence->installed);
        text_add(out, ", absent by ");
        add_mention(out, &evidence->absent);
    } else if (update_evidence_status(evidence) == UPDATE_STATUS_REMOVED) {
        text_add(out, INCIDENT_UPDATE " removed: absent by ");
        add_mention(out, &evidence->absent);
        text_add(out, ", installed before by ");
        add_mention(out, &evidence->installed);
    } else {
        text_add(out, INCIDENT_UPDATE " installed by ");
        add_mention(out, &evidence->installed);
        text_add(out, ", absent before by ");
        add_mention(out, &evidence->absent);
    }
}

char *update_evidence_text(const struct update_evidence *evidence)
{
    return groups_text(&evidence->groups);
}

char *update_evidence_unrelated_text(const struct update_evidence *evidence)
{
    return groups_text(&evidence->unrelated);
}
