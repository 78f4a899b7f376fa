/* SPDX-License-Identifier: Apache-2.0 */
/* All evidence on edition and channel of a machine, weighed. */
#include "verdict/evidence.h"

#include "base/filetime.h"

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
    *evidence = (struct licence_evidence){0};
}

/* As evidence keeps it: what its path points to does not live as long. */
static struct item_origin origin_to_keep(const struct item_origin *origin)
{
    struct item_origin kept = *origin;

    kept.path = "";
    return kept;
}

static void feed_channel(struct licence_evidence *evidence, const struct licence_item *item,
                         const struct item_origin *origin)
{
    struct channel_latest latest = {
        .exists = true,
        .channel = item->channel,
        .origin = origin_to_keep(origin),
    };

    if (origin->with_collection && evidence->channel.origin.with_collection &&
        item->channel != evidence->channel.channel && !evidence->channel_conflict) {
        evidence->channel_conflict = true;
        evidence->other_channel = evidence->channel.channel;
    }
    evidence->channel = latest;
    if (!origin->with_collection)
        evidence->event_channel = latest;
}

/* Events of one machine can be of a server's time before it was set up anew; listings cannot. */
static void feed_system(struct licence_evidence *evidence, const struct licence_item *item,
                        const struct item_origin *origin)
{
    evidence->not_windows_7 = item->not_windows_7;
    if (!origin->with_collection)
        return;
    if (item->not_windows_7)
        evidence->listing_is_other = true;
    else
        evidence->listing_is_windows_7 = true;
    evidence->system_conflict = evidence->listing_is_other && evidence->listing_is_windows_7;
    if (evidence->system_conflict)
        evidence->not_windows_7 = false;
}

void licence_evidence_feed(struct licence_evidence *evidence, const struct licence_item *item,
                           const struct item_origin *origin, uint64_t last_event_filetime)
{
    struct edition_latest latest = {.edition = item->edition, .origin = origin_to_keep(origin)};

    groups_feed(&evidence->groups, saying_of(item), origin, item->detail);
    if (item->decides_channel)
        feed_channel(evidence, item, origin);
    if (!item->decides_edition)
        return;
    if (origin->with_collection)
        latest.origin.filetime = last_event_filetime;
    evidence->newest = latest;
    feed_system(evidence, item, origin);
    if (latest.edition != NULL)
        evidence->editions[latest.edition - incident_editions] = latest;
}

const struct edition_latest *licence_evidence_other_edition(const struct licence_evidence *evidence)
{
    const struct edition_latest *newest = &evidence->newest;

    for (size_t index = 0; newest->edition != NULL && index < EDITION_COUNT; index++) {
        const struct edition_latest *other = &evidence->editions[index];

        if (other->edition != NULL && other->edition != newest->edition &&
            filetime_distance(newest->origin.filetime, other->origin.filetime) < CONFLICT_SPAN)
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

const struct incident_edition *licence_evidence_edition(const struct licence_evidence *evidence)
{
    return licence_evidence_conflicts(evidence) ? NULL : evidence->newest.edition;
}
