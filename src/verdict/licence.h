/* SPDX-License-Identifier: Apache-2.0 */
/* licence: edition and licence channel of a machine (DESIGN section 6, the columns edition and
 * licence_channel). Pieces of evidence are made from events and fed in time order. Pure; what it
 * keeps does not grow with their number. */
#ifndef SPPTRIAGE_VERDICT_LICENCE_H
#define SPPTRIAGE_VERDICT_LICENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "incident.h"
#include "observation.h"

/* One piece of evidence. Owns id and detail. */
struct licence_piece {
    const char *kind; /* constant: "SPP 12288", "SPP 1003" */
    uint64_t filetime;
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
bool licence_piece_of(const struct observation *observation, struct licence_piece *out);

/* Pieces less than this apart must not name different editions (DESIGN section 6). */
#define LICENCE_CONFLICT_SPAN FILETIME_DAY

/* The newest piece of one edition. */
struct licence_mention {
    const struct incident_edition *edition; /* NULL: none yet */
    const char *kind;
    uint64_t filetime;
};

#define LICENCE_EDITION_COUNT_MOST 16

/* Starts as zeros. */
struct licence_evidence {
    enum licence_channel channel;  /* of the newest piece that decides it */
    struct licence_mention newest; /* that decides the edition, which may be NULL: unknown */
    bool not_windows_7;            /* as that piece has it */
    struct licence_mention mentions[LICENCE_EDITION_COUNT_MOST]; /* in order of incident_editions */
};

/* Takes the next piece in; of those with equal times the last one counts as the newest. */
void licence_evidence_feed(struct licence_evidence *evidence, const struct licence_piece *piece);

/* The mention of another edition that contradicts the newest one, or NULL. Borrowed. */
const struct licence_mention *licence_evidence_conflict(const struct licence_evidence *evidence);

/* The edition, or NULL where it is unknown or pieces contradict each other. */
const struct incident_edition *licence_evidence_edition(const struct licence_evidence *evidence);

/* Adds the contradiction for the reason: `Windows 7 Enterprise by SPP 1003 at TIME against ...`;
 * nothing without one. */
void licence_evidence_add_conflict(struct text *out, const struct licence_evidence *evidence);

#endif
