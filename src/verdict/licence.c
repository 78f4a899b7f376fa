/* SPDX-License-Identifier: Apache-2.0 */
/* All evidence on edition and channel of a machine, weighed. */
#include "verdict/licence.h"

#include <assert.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

void licence_piece_free_content(struct licence_piece *piece)
{
    free(piece->activation_id);
    free(piece->detail);
    *piece = (struct licence_piece){0};
}

void licence_evidence_free_content(struct licence_evidence *evidence)
{
    groups_free_content(&evidence->groups);
    *evidence = (struct licence_evidence){0};
}

/* In words, what it says of the channel and the edition: `volume-kms, Windows 7 Enterprise`. */
static void group_piece(struct licence_evidence *evidence, const struct licence_piece *piece)
{
    struct text says = {0};

    if (piece->decides_channel)
        text_add(&says, licence_channel_word(piece->channel));
    if (piece->edition != NULL)
        text_add_format(&says, ", %s", piece->edition->name);
    if (says.length_bytes == 0)
        text_add(&says, "undecided");
    groups_feed(&evidence->groups, &(struct group_piece){
                                       .says = text_get(&says),
                                       .kind = piece->kind,
                                       .unit = piece->with_collection ? "" : "event",
                                       .with_collection = piece->with_collection,
                                       .filetime = piece->filetime,
                                       .path = piece->path,
                                       .detail = piece->detail,
                                   });
    text_free(&says);
}

static void feed_channel(struct licence_evidence *evidence, const struct licence_piece *piece)
{
    struct licence_channel_mention mention = {
        .channel = piece->channel,
        .kind = piece->kind,
        .with_collection = piece->with_collection,
        .filetime = piece->filetime,
    };

    if (piece->with_collection && evidence->channel.with_collection &&
        piece->channel != evidence->channel.channel && !evidence->channel_conflict) {
        evidence->channel_conflict = true;
        evidence->other_channel = evidence->channel.channel;
    }
    evidence->channel = mention;
    if (!piece->with_collection)
        evidence->event_channel = mention;
}

/* Events of one machine can be of a server's time before it was set up anew; listings cannot. */
static void feed_system(struct licence_evidence *evidence, const struct licence_piece *piece)
{
    evidence->not_windows_7 = piece->not_windows_7;
    if (!piece->with_collection)
        return;
    if (piece->not_windows_7)
        evidence->listing_is_other = true;
    else
        evidence->listing_is_windows_7 = true;
    evidence->system_conflict = evidence->listing_is_other && evidence->listing_is_windows_7;
    if (evidence->system_conflict)
        evidence->not_windows_7 = false;
}

void licence_evidence_feed(struct licence_evidence *evidence, const struct licence_piece *piece,
                           uint64_t last_event_filetime)
{
    struct licence_mention mention = {
        .edition = piece->edition,
        .kind = piece->kind,
        .with_collection = piece->with_collection,
        .filetime = piece->with_collection ? last_event_filetime : piece->filetime,
    };

    group_piece(evidence, piece);
    if (piece->decides_channel)
        feed_channel(evidence, piece);
    if (!piece->decides_edition)
        return;
    assert(incident_edition_count <= LICENCE_EDITION_COUNT_MOST);
    evidence->newest = mention;
    feed_system(evidence, piece);
    if (mention.edition != NULL)
        evidence->mentions[mention.edition - incident_editions] = mention;
}

/* The mention of another edition that contradicts the newest one, or NULL. */
static const struct licence_mention *find_conflict(const struct licence_evidence *evidence)
{
    const struct licence_mention *newest = &evidence->newest;

    for (size_t index = 0; newest->edition != NULL && index < incident_edition_count; index++) {
        const struct licence_mention *other = &evidence->mentions[index];

        if (other->edition != NULL && other->edition != newest->edition &&
            filetime_distance(newest->filetime, other->filetime) < LICENCE_CONFLICT_SPAN)
            return other;
    }
    return NULL;
}

bool licence_evidence_conflicts(const struct licence_evidence *evidence)
{
    return evidence->channel_conflict || evidence->system_conflict ||
           find_conflict(evidence) != NULL;
}

enum licence_channel licence_evidence_channel(const struct licence_evidence *evidence)
{
    return evidence->channel_conflict ? LICENCE_CHANNEL_UNKNOWN : evidence->channel.channel;
}

const struct incident_edition *licence_evidence_edition(const struct licence_evidence *evidence)
{
    return licence_evidence_conflicts(evidence) ? NULL : evidence->newest.edition;
}

static void add_mention(struct text *out, const struct licence_mention *mention)
{
    text_add_format(out, "%s by %s", mention->edition->name, mention->kind);
    if (mention->with_collection)
        return;
    text_add(out, " at ");
    filetime_add_text(out, mention->filetime);
}

void licence_evidence_add_conflict(struct text *out, const struct licence_evidence *evidence)
{
    const struct licence_mention *other = find_conflict(evidence);

    if (other != NULL) {
        add_mention(out, &evidence->newest);
        text_add(out, " against ");
        add_mention(out, other);
    } else if (evidence->channel_conflict) {
        text_add_format(out, "%s against %s by listings",
                        licence_channel_word(evidence->channel.channel),
                        licence_channel_word(evidence->other_channel));
    } else if (evidence->system_conflict) {
        text_add(out, "Windows 7 against another system by listings");
    }
}

void licence_evidence_add_change(struct text *out, const struct licence_evidence *evidence)
{
    const struct licence_channel_mention *now = &evidence->channel;
    const struct licence_channel_mention *before = &evidence->event_channel;

    if (!now->with_collection || before->kind == NULL || evidence->channel_conflict ||
        now->channel == before->channel)
        return;
    text_add_format(out, "licence channel %s by %s, %s before by %s at ",
                    licence_channel_word(now->channel), now->kind,
                    licence_channel_word(before->channel), before->kind);
    filetime_add_text(out, before->filetime);
}

char *licence_evidence_text(const struct licence_evidence *evidence)
{
    return groups_text(&evidence->groups);
}
