/* SPDX-License-Identifier: Apache-2.0 */
/* update: was KB 971033 on the machine (DESIGN section 6, the column kb971033). Each piece of
 * evidence is made from whatever it was found in and fed in any order; the newest decides. Pure. */
#ifndef SPPTRIAGE_VERDICT_UPDATE_H
#define SPPTRIAGE_VERDICT_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/finding.h"
#include "model/incident.h"
#include "model/observation.h"
#include "verdict/group.h"

/* One piece of evidence. Owns its detail and borrows the other texts. */
struct update_piece {
    const struct incident_update *update; /* what it is on: KB 971033, or an unrelated one */
    const char *kind; /* of evidence: "WAT", "WindowsUpdateClient", "DataStore.edb", "dism" */
    uint16_t number;  /* which of its kind: the event id; 0 for what is no event */
    const char *unit; /* constant: "event", "row"; "" where pieces are not counted */
    enum update_says says;
    bool with_collection; /* a listing: newer than all that has a time */
    uint64_t filetime;    /* 0 when unknown: older than all others; 0 with the collection */
    const char *path;     /* of the source */
    char *detail;         /* owned: for a person, such as why it says neither; or "" */
};

void update_piece_free_content(struct update_piece *piece);

/* Makes the piece that an event is, without its path. Returns false when the event tells nothing
 * of an update of the table, not even that something failed. */
bool update_piece_of_event(const struct observation *observation, struct update_piece *out);

/* What one finding on a machine must be seen beside. */
struct update_context {
    int64_t announced_count; /* the greatest number of updates that a systeminfo announces */
    uint64_t history_rows;   /* rows of update histories that name KB 971033 */
    bool is_undecided;       /* a listing has it in a state that decides nothing, such as pending */
};

/* Gathers what later findings are seen beside; every finding of the machine is shown to it first.
 */
void update_context_feed(struct update_context *context, const struct finding *finding);

/* Makes the piece that a finding is, without its path. Returns false when it tells nothing. A
 * listing without the update is evidence of absence when it is whole (FACTS.md, Text listings). */
bool update_piece_of_finding(const struct finding *finding, const struct update_context *context,
                             struct update_piece *out);

/* The newest piece that says one thing. */
struct update_mention {
    bool exists;
    const char *kind; /* constant, as it was given */
    uint16_t number;
    bool with_collection;
    uint64_t filetime;
    char *path; /* owned */
};

/* Starts as zeros; owns its groups. */
struct update_evidence {
    struct update_mention
        installed; /* the newest piece that says so, in whatever order they come */
    struct update_mention absent;
    struct groups groups;
    struct groups unrelated; /* pieces on the other updates of that day */
};

void update_evidence_free_content(struct update_evidence *evidence);

/* Takes a piece in; one on another update is kept for a person only. `kind` is kept, too. */
void update_evidence_feed(struct update_evidence *evidence, const struct update_piece *piece);

/* The status by what was fed so far. Pieces of the newest time that contradict each other mean
 * installed; update_evidence_conflicts says so. */
enum update_status update_evidence_status(const struct update_evidence *evidence);
bool update_evidence_conflicts(const struct update_evidence *evidence);

/* Adds, for the reason, what contradicts what: `KB971033 removed: absent by Servicing 2 at TIME,
 * installed before by WAT 13 at TIME`; nothing where all evidence says the same. */
void update_evidence_add_conflict(struct text *out, const struct update_evidence *evidence);

/* Returns owned: all pieces for a person, in groups (verdict/group.h). */
char *update_evidence_text(const struct update_evidence *evidence)
    __attribute__((warn_unused_result));

/* The same of the unrelated updates: `KB4480970 installed: DataStore.edb (1 row) at TIME in PATH`.
 */
char *update_evidence_unrelated_text(const struct update_evidence *evidence)
    __attribute__((warn_unused_result));

#endif
