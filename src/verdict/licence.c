/* SPDX-License-Identifier: Apache-2.0 */
/* All evidence on edition and channel of a machine, weighed. */
#include "verdict/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* Items less than this apart must not name different editions (DESIGN section 6). */
#define CONFLICT_SPAN FILETIME_DAY

/* What an item says as a number: the channel, where it decides that, and the edition. */
static unsigned saying_of(const struct licence_item *item)
{
    unsigned channel = item->decides_channel ? item->channel + 1u : 0;
    unsigned edition =
        item->edition != NULL ? (unsigned)(item->edition - incident_editions) + 1 : 0;

    return channel * (EDITION_COUNT + 1) + edition;
}

/* `volume-kms, Windows 7 Enterprise` */
static void add_saying(struct text *out, unsigned saying)
{
    unsigned channel = saying / (EDITION_COUNT + 1);
    unsigned edition = saying % (EDITION_COUNT + 1);

    if (channel > 0)
        text_add(out, licence_channel_word((enum licence_channel)(channel - 1)));
    if (edition > 0)
        text_add_format(out, ", %s", incident_editions[edition - 1].name);
    if (saying == 0)
        text_add(out, "undecided");
}

void licence_evidence_begin(struct licence_evidence *evidence)
{
    *evidence = (struct licence_evidence){.groups = {.add_saying = add_saying}};
}

void licence_evidence_free_content(struct licence_evidence *evidence)
{
    groups_free_content(&evidence->groups);
    free(evidence->edition_guess);
    free(evidence->channel_guess);
    *evidence = (struct licence_evidence){0};
}

/* As evidence keeps it: what its path points to does not live as long. */
static struct item_origin origin_to_keep(const struct item_origin *origin)
{
    struct item_origin kept = *origin;

    kept.path = "";
    return kept;
}

static void keep_guess(char **guess, const struct item_origin *origin)
{
    free(*guess);
    *guess = origin->is_guess ? memory_copy_text(origin->path) : NULL;
}

/* Are both listings, or hives, of one time: of one round of collection, or, before that, of one
 * second? */
static bool is_one_round_as(const struct item_origin *origin, const struct item_origin *former)
{
    if (origin->with_collection || former->with_collection)
        return origin->with_collection && former->with_collection && origin->round == former->round;
    return origin->event_id == 0 && former->event_id == 0 && origin->filetime != 0 &&
           origin->filetime / FILETIME_SECOND == former->filetime / FILETIME_SECOND;
}

static void feed_channel(struct licence_evidence *evidence, const struct licence_item *item,
                         const struct item_origin *origin)
{
    struct channel_latest latest = {
        .exists = true,
        .channel = item->channel,
        .origin = origin_to_keep(origin),
    };

    bool is_one_round = is_one_round_as(origin, &evidence->channel.origin);

    if (!is_one_round) {
        evidence->channel_conflict = false;
    } else if (item->channel != evidence->channel.channel && !evidence->channel_conflict) {
        evidence->channel_conflict = true;
        evidence->other_channel = evidence->channel.channel;
    }
    evidence->channel = latest;
    keep_guess(&evidence->channel_guess, origin);
    if (!origin->with_collection)
        evidence->event_channel = latest;
}

/* Events of one machine can be of a server's time before it was set up anew; listings cannot. */
static void feed_system(struct licence_evidence *evidence, const struct licence_item *item,
                        const struct item_origin *origin)
{
    if (!is_one_round_as(origin, &evidence->system_origin)) {
        evidence->listing_is_other = false;
        evidence->listing_is_windows_7 = false;
        evidence->system_conflict = false;
    }
    evidence->system_origin = origin_to_keep(origin);
    if (!origin->with_collection)
        return;
    if (item->not_windows_7)
        evidence->listing_is_other = true;
    else
        evidence->listing_is_windows_7 = true;
    evidence->system_conflict = evidence->listing_is_other && evidence->listing_is_windows_7;
}

void licence_evidence_feed(struct licence_evidence *evidence, const struct licence_item *item,
                           const struct item_origin *origin, uint64_t last_event_filetime)
{
    struct edition_latest latest = {.edition = item->edition, .origin = origin_to_keep(origin)};

    groups_feed(&evidence->groups, saying_of(item), origin, item->detail);
    if (item->decides_channel)
        feed_channel(evidence, item, origin);
    if (item->tells_system || item->decides_edition)
        feed_system(evidence, item, origin);
    if (origin->kind == EVIDENCE_KEY_INSTALLED)
        memset(evidence->editions, 0, sizeof(evidence->editions));
    if (!item->decides_edition)
        return;
    latest.last_event_filetime = last_event_filetime;
    evidence->newest = latest;
    keep_guess(&evidence->edition_guess, origin);
    if (latest.edition != NULL)
        evidence->editions[latest.edition - incident_editions][origin->event_id == 0] = latest;
}

/* How far apart two items are at the least. A listing of the time of collection is as near to an
 * event as the machine's last event is: the time of its file can be that of a later copy. */
static uint64_t distance(const struct edition_latest *newest, const struct edition_latest *other)
{
    uint64_t filetime = newest->origin.filetime;
    uint64_t apart, zones;

    if (newest->origin.with_collection && other->origin.event_id != 0)
        filetime = newest->last_event_filetime;
    apart = filetime_distance(filetime, other->origin.filetime);
    zones = newest->origin.has_no_zone || other->origin.has_no_zone ? 2 * FILETIME_ZONES : 0;
    return apart > zones ? apart - zones : 0;
}

const struct edition_latest *licence_evidence_other_edition(const struct licence_evidence *evidence)
{
    const struct edition_latest *newest = &evidence->newest;

    for (size_t index = 0; newest->edition != NULL && index < 2 * EDITION_COUNT; index++) {
        const struct edition_latest *other = &evidence->editions[index / 2][index % 2];

        if (other->edition != NULL && other->edition != newest->edition &&
            distance(newest, other) < CONFLICT_SPAN)
            return other;
    }
    return NULL;
}

bool licence_evidence_conflicts(const struct licence_evidence *evidence)
{
    return evidence->channel_conflict || evidence->system_conflict ||
           licence_evidence_other_edition(evidence) != NULL;
}

enum licence_channel licence_evidence_channel(const struct licence_evidence *evidence)
{
    return evidence->channel_conflict ? LICENCE_CHANNEL_UNKNOWN : evidence->channel.channel;
}

bool licence_evidence_is_guess(const struct licence_evidence *evidence)
{
    return evidence->newest.origin.is_guess || evidence->channel.origin.is_guess;
}

const struct incident_edition *licence_evidence_edition(const struct licence_evidence *evidence)
{
    return licence_evidence_conflicts(evidence) ? NULL : evidence->newest.edition;
}
