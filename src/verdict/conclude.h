/* SPDX-License-Identifier: Apache-2.0 */
/* conclude: the verdict that the evidence on a machine ends in, its action and its reason (DESIGN
 * section 6). Pure. */
#ifndef SPPTRIAGE_VERDICT_CONCLUDE_H
#define SPPTRIAGE_VERDICT_CONCLUDE_H

#include <stdbool.h>

#include "case/casedb.h"
#include "verdict/evidence.h"

/* A verdict with the texts it was made of. */
struct finished_verdict {
    struct case_verdict verdict; /* without machine_id; texts are constant or those below */
    char *reason;
    char *codes;
    char *update_evidence;
    char *unrelated_updates;
    char *licence_evidence;
    char *remediation;
    char *rollout_trace;
};

void finished_verdict_free_content(struct finished_verdict *finished);

/* Ends the evidence in its verdict. *out borrows the evidence. */
void evidence_finish(struct evidence *evidence, struct finished_verdict *out);

/* The verdict on a host for which nothing was collected. Borrows the reason. */
void finish_not_collected(const char *reason, bool shared_name, struct finished_verdict *out);

/* ---- What has to be done (action.c) ---- */

/* What the action depends on. */
struct action_matter {
    enum classification classification;
    bool is_suspected; /* affected, by KMS hosts alone: nothing is sure enough to rebuild */
    enum activation_state state;
    enum update_status update;
    enum licence_channel channel;
    const struct incident_edition *edition; /* or NULL */
    bool edition_is_guess;                  /* it is told by what is the machine's by a guess */
    bool not_windows_7;                     /* known to be another system */
    bool not_excluded;                      /* the incident, by what the logs cover */
    bool listed_licensed;                   /* a listing newer than its last signal says so */
};

enum action action_of(const struct action_matter *matter);

/* Is the KMS client setup key of the edition given? Only for the machine's own edition, only where
 * the activation is to be rebuilt, and never where it would harm. */
bool action_gives_key(const struct action_matter *matter);

/* ---- Why (reason.c) ---- */

/* Returns owned: one sentence that can be checked (the deciding event, its time and its code), and
 * behind it what changed what the verdict says: what contradicts what, and what is the machine's by
 * a guess. The history is finished. */
char *reason_of(const struct evidence *evidence, const struct activation_outcome *outcome)
    __attribute__((warn_unused_result));

/* The worst that the second reader says of the events that it names. */
enum verified reason_verified(const struct activation_history *history,
                              const struct activation_outcome *outcome);

#endif
