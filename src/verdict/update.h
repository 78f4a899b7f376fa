/* SPDX-License-Identifier: Apache-2.0 */
/* update: was KB 971033 on the machine (DESIGN section 6, the column kb971033). Each piece of
 * evidence is made from whatever it was found in and fed in any order; the newest decides. Pure;
 * what it keeps grows with the number of sources and distinct events, not with that of pieces. */
#ifndef SPPTRIAGE_VERDICT_UPDATE_H
#define SPPTRIAGE_VERDICT_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observation.h"

enum update_says {
    UPDATE_SAYS_NEITHER,
    UPDATE_SAYS_INSTALLED,
    UPDATE_SAYS_ABSENT,
};

/* neither, installed, absent */
const char *update_says_name(enum update_says says);

/* One piece of evidence. Borrows its texts. */
struct update_piece {
    const char *kind; /* of evidence: "WAT", "WindowsUpdateClient", "Servicing" */
    uint16_t number;  /* which of its kind: the event id */
    enum update_says says;
    uint64_t filetime;  /* 0 when unknown: older than all others */
    const char *path;   /* of the source */
    const char *detail; /* for a person: why it says neither, or "" */
};

/* Makes the piece that an event is, without its path. Returns false when the event tells nothing
 * of KB 971033, not even that something failed. */
bool update_piece_of(const struct observation *observation, struct update_piece *out);

enum update_status {
    UPDATE_STATUS_UNKNOWN,
    UPDATE_STATUS_INSTALLED,
    UPDATE_STATUS_REMOVED,
    UPDATE_STATUS_ABSENT,
};

/* unknown, installed, removed, absent */
const char *update_status_name(enum update_status status);

/* Starts as zeros; owns its groups. */
struct update_evidence {
    bool decided; /* some piece says installed or absent: */
    uint64_t newest_filetime;
    enum update_says newest_says;
    bool conflict; /* pieces of that time contradict each other */
    bool was_installed;
    struct update_group *groups;
    size_t group_count;
};

void update_evidence_free_content(struct update_evidence *evidence);

void update_evidence_feed(struct update_evidence *evidence, const struct update_piece *piece);

/* The status by what was fed so far. Pieces of the newest time that contradict each other mean
 * installed, with `conflict`. */
enum update_status update_evidence_status(const struct update_evidence *evidence);

/* Returns owned: all pieces for a person, grouped by kind, what they say and source, in order of
 * each group's first piece: `installed: WAT 1, 13 (7 events) from TIME to TIME in PATH; ...`. */
char *update_evidence_text(const struct update_evidence *evidence)
    __attribute__((warn_unused_result));

#endif
