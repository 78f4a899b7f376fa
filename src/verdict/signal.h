/* SPDX-License-Identifier: Apache-2.0 */
/* signal: what one observation means for the verdict (DESIGN section 6, the table of signals).
 * Pure: no state, no case. */
#ifndef SPPTRIAGE_VERDICT_SIGNAL_H
#define SPPTRIAGE_VERDICT_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "case/casedb.h"
#include "model/incident.h"
#include "model/licences.h"
#include "model/observation.h"

#define JUDGEMENT_CODES 2

/* By itself: what comes before and behind an event can make another of it (episode.h). */
struct judgement {
    const struct incident_event *event; /* its row, or NULL for an event of no interest */
    enum role role;
    bool incident_consistent; /* of signals */
    bool failure_to_ask;      /* of faults, not signals: none of its codes is a refusal */
    bool status_is_fault;     /* a 12288 or 1003 whose `status` is a fault, outside an episode */
    enum licensing_status status;    /* what it says of the licence, or NOT_TOLD */
    bool is_activation;              /* a 12289 that says so: hr 0, activated 1 */
    bool is_office;                  /* a 12288 or 12290 of Office */
    uint32_t codes[JUDGEMENT_CODES]; /* the codes of a fault or signal that are not 0, in order */
    const char *code_names[JUDGEMENT_CODES]; /* constant: what the event calls each of them */
    size_t code_count;
};

static inline bool role_is_signal(enum role role)
{
    return role == ROLE_SIGNAL_STRONG || role == ROLE_SIGNAL_WEAK;
}

/* Is it that of a licence that ran out, or was taken away? A new machine's is another. */
bool licensing_status_is_lost(enum licensing_status status);

/* Judges an observation of the event table. */
struct judgement judgement_of(const struct observation *observation);

/* What the second reader says of an event that was judged so, as reports show it: whether it reads
 * the same is asked of what can decide, signals, recoveries and requests that a KMS host saw, and
 * one of these that it was not asked about is as good as one that it cannot read. */
enum verified judgement_verified(const struct judgement *judgement, enum verified said);

/* A request of the machine that a KMS host saw, in its place among all of these (requests.c). */
struct seen_request {
    int64_t observation_id;
    const char *host;  /* as its log calls the KMS host; borrowed */
    uint64_t filetime; /* that it counts as of; 0 where that is not known */
    enum licensing_status status;
    enum verified verified; /* as judgement_verified */
    bool is_office;         /* it says nothing of Windows, and what follows is not told of it */
    bool is_windows_7;
    bool is_own; /* the machine's own log has it: it says nothing more */
    bool
        counts; /* its status is the machine's state, and not of the moment before it is licensed */
    bool is_alone;  /* it does not count, nor does the one before it by this one */
    bool is_repeat; /* it says what those before and behind it say */
    /* The one directly before it, where that was licensed or in grace, this one counts and is not,
     * and there are at most fifteen days between them; else NULL. Borrowed. */
    const struct seen_request *lost_since;
};

/* A judged observation with what names it in a sentence. Plain data, owns nothing. */
struct judged_event {
    uint64_t filetime;        /* event time; 0 when it has no readable one */
    uint64_t counts_filetime; /* the time that it counts as of: another one where its clock was
                               * wrong, then 0 where none is known */
    bool wrong_clock;
    bool in_window;
    int64_t observation_id; /* in the case */
    uint16_t event_id;
    struct judgement judgement;
    enum verified verified; /* as judgement_verified */
    const char
        *listing; /* constant: no event, but what a listing of that kind has of one; or NULL */
    const struct seen_request *seen; /* borrowed: of a request that a KMS host saw; else NULL */
    bool by_script; /* no event, but a line of our scripts' log: then the judgement has none */
};

/* The last genuine validation (WAT 13), as a listing of that kind (constant) has it: refused with
 * the code of the incident, on the day that begins at the time. It is in the window where the
 * window has a part of the day: the day is one of local time. */
struct judged_event judged_event_of_day(const char *listing, uint64_t day_filetime,
                                        const struct window *window);

struct judged_event judged_event_of(const struct case_observation *seen,
                                    const struct window *window);

/* The state that a Servicing 2 says its package reached, or NULL: newer systems have the word in
 * IntendedPackageStateTextized, older ones in IntendedPackageState (FACTS.md, Servicing 2). */
const char *event_package_state(const struct observation *observation);

#endif
