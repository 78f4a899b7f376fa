/* SPDX-License-Identifier: Apache-2.0 */
/* licence: edition and licence channel of a machine (DESIGN section 6, the columns edition and
 * licence_channel). Pieces of evidence are made from events and listings and fed in time order,
 * those of listings last. Pure. */
#ifndef SPPTRIAGE_VERDICT_LICENCE_H
#define SPPTRIAGE_VERDICT_LICENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/finding.h"
#include "model/incident.h"
#include "model/observation.h"
#include "verdict/item.h"

/* One piece of evidence. Owns id and detail. What makes one leaves its path "". */
struct licence_piece {
    const char *kind;     /* constant: "SPP 12288", "SPP 1003", "slmgr" */
    bool with_collection; /* a listing: newer than all that has a time */
    uint64_t filetime;    /* 0 with the collection */
    const char *path;     /* borrowed: of the source */
    bool decides_channel; /* a piece that decides neither is kept for a person only */
    bool decides_edition; /* also where it says that the edition is unknown */
    char *activation_id;  /* lower case without braces, "" where it is not known */
    enum licence_channel channel;
    const struct incident_edition *edition; /* or NULL */
    bool not_windows_7;
    char *detail; /* for a person */
};

void licence_piece_free_content(struct licence_piece *piece);

/* Makes the piece that a 12288, or a 1003 of Windows' own application id, is. Returns false for
 * every other event. */
bool licence_piece_of_event(const struct observation *observation, struct licence_piece *out);

/* Is it a finding of slmgr on a licence of Windows, not of Office? `slmgr /dli` gives no
 * application id: there the product's name tells. */
bool licence_is_of_windows(const struct finding *finding);

/* Makes the piece that a finding of slmgr on a Windows licence is. Returns false for every other.
 */
bool licence_piece_of_finding(const struct finding *finding, struct licence_piece *out);

/* Pieces less than this apart must not name different editions (DESIGN section 6). */
#define LICENCE_CONFLICT_SPAN FILETIME_DAY

/* The newest piece of one edition. */
struct licence_mention {
    const struct incident_edition *edition; /* NULL: none yet */
    const char *kind;
    bool with_collection;
    uint64_t filetime; /* with the collection: the time of the machine's last event */
};

#define LICENCE_EDITION_COUNT_MOST 16

/* The newest piece that decides the channel. */
struct licence_channel_mention {
    enum licence_channel channel;
    const char *kind; /* NULL: none yet */
    bool with_collection;
    uint64_t filetime;
};

/* Starts as zeros; owns its groups. */
struct licence_evidence {
    struct groups groups;
    struct licence_channel_mention channel;       /* of the newest piece that decides it */
    struct licence_channel_mention event_channel; /* of the newest event that does */
    bool channel_conflict;                        /* listings give different channels: */
    enum licence_channel other_channel;           /* this one, too */
    bool system_conflict;                         /* listings name Windows 7 and another system */
    bool listing_is_windows_7;
    bool listing_is_other;
    struct licence_mention newest; /* that decides the edition, which may be NULL: unknown */
    bool not_windows_7;            /* as that piece has it */
    struct licence_mention mentions[LICENCE_EDITION_COUNT_MOST]; /* in order of incident_editions */
};

void licence_evidence_free_content(struct licence_evidence *evidence);

/* Takes the next piece in; of those with equal times the last one counts as the newest. A listing
 * is of the time of collection, which is no earlier than the machine's last event, whose time that
 * is. */
void licence_evidence_feed(struct licence_evidence *evidence, const struct licence_piece *piece,
                           uint64_t last_event_filetime);

/* Do pieces of about the newest time name different editions, or listings different channels or
 * systems? */
bool licence_evidence_conflicts(const struct licence_evidence *evidence);

/* The channel; unknown where listings contradict each other. */
enum licence_channel licence_evidence_channel(const struct licence_evidence *evidence);

/* The edition, or NULL where it is unknown or pieces contradict each other. */
const struct incident_edition *licence_evidence_edition(const struct licence_evidence *evidence);

/* Adds, for the reason, that a listing gives another channel than the events before it; nothing
 * where it does not, or where listings contradict each other anyway. */
void licence_evidence_add_change(struct text *out, const struct licence_evidence *evidence);

/* Adds the contradiction for the reason: `Windows 7 Enterprise by SPP 1003 at TIME against ...`;
 * nothing without one. */
void licence_evidence_add_conflict(struct text *out, const struct licence_evidence *evidence);

/* Returns owned: all pieces for a person, in groups (verdict/item.h). */
char *licence_evidence_text(const struct licence_evidence *evidence)
    __attribute__((warn_unused_result));

#endif
