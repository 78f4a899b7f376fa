/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: all that is known of one machine, weighed: its activation history (episode.h), and what
 * items (item.h) amount to on KB 971033, on the licence and on the system. Pure but for
 * evidence_gather; what the verdict on it is: conclude.h. */
#ifndef SPPTRIAGE_VERDICT_EVIDENCE_H
#define SPPTRIAGE_VERDICT_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "case/casedb.h"
#include "verdict/circumstances.h"
#include "verdict/episode.h"
#include "verdict/item.h"

/* ---- Was KB 971033 on the machine (DESIGN section 6, kb971033)? The newest item decides. ---- */

/* The newest item that says one thing. */
struct update_latest {
    bool exists;
    uint64_t number;           /* of the item, in the order in which they came */
    struct item_origin origin; /* its path is owned */
};

/* Starts as update_evidence_begin makes it; owns its groups. */
struct update_evidence {
    struct update_latest installed;
    struct update_latest absent;
    bool was_removed; /* something saw it removed */
    uint64_t item_count;
    struct groups groups;
    struct groups unrelated; /* items on the other updates of that day */
};

void update_evidence_begin(struct update_evidence *evidence);
void update_evidence_free_content(struct update_evidence *evidence);

/* Takes an item in, those of one log in its order; one on another update is kept for a person only.
 */
void update_evidence_feed(struct update_evidence *evidence, const struct update_item *item,
                          const struct item_origin *origin);

/* The status by what was fed so far. Items of the newest time (of events: one second, in one log
 * the order) that contradict each other mean installed; update_evidence_conflicts says so. */
enum update_status update_evidence_status(const struct update_evidence *evidence);
bool update_evidence_conflicts(const struct update_evidence *evidence);

/* Where the item is from that decides the status; NULL without one. */
const struct item_origin *update_evidence_origin(const struct update_evidence *evidence);

/* ---- Edition and licence channel (DESIGN section 6) ---- */

/* The newest item that names one edition. */
struct edition_latest {
    const struct incident_edition *edition; /* NULL: none yet; of the newest item also: unknown */
    struct item_origin origin;              /* without a path */
    uint64_t last_event_filetime;           /* of the machine */
};

/* The newest item that decides the channel. */
struct channel_latest {
    bool exists;
    enum licence_channel channel;
    struct item_origin origin; /* without a path */
};

/* Starts as licence_evidence_begin makes it; owns its groups and guesses. */
struct licence_evidence {
    struct groups groups;
    struct channel_latest channel;
    struct channel_latest event_channel; /* of events alone */
    bool channel_conflict;               /* listings give different channels: */
    enum licence_channel other_channel;  /* this one, too */
    bool system_conflict;                /* listings name Windows 7 and another system */
    bool listing_is_windows_7;
    bool listing_is_other;
    struct item_origin system_origin; /* of the newest item that tells the system */
    struct edition_latest newest;     /* that decides the edition */
    char *edition_guess;              /* owned: its source, where that is a guess; or NULL */
    char *channel_guess;              /* owned: the same of the item that decides the channel */
    /* In order of incident_editions: the newest by events, and by listings. */
    struct edition_latest editions[EDITION_COUNT][2];
};

void licence_evidence_begin(struct licence_evidence *evidence);
void licence_evidence_free_content(struct licence_evidence *evidence);

/* Takes the next item in, in order of time; of those with equal times the last one counts as the
 * newest. A listing that is of the time of collection is no earlier than the machine's last event,
 * whose time that is. */
void licence_evidence_feed(struct licence_evidence *evidence, const struct licence_item *item,
                           const struct item_origin *origin, uint64_t last_event_filetime);

/* The newest item of another edition, less than a day from the newest of all; NULL without one. */
const struct edition_latest *
licence_evidence_other_edition(const struct licence_evidence *evidence);

/* Do items of about the newest time name different editions, or listings different channels or
 * systems? */
bool licence_evidence_conflicts(const struct licence_evidence *evidence);

/* The channel; unknown where listings contradict each other. */
enum licence_channel licence_evidence_channel(const struct licence_evidence *evidence);

/* Is what tells the edition or the channel the machine's by a guess? */
bool licence_evidence_is_guess(const struct licence_evidence *evidence);

/* The edition, or NULL where it is unknown or items contradict each other. */
const struct incident_edition *licence_evidence_edition(const struct licence_evidence *evidence);

/* ---- The system (DESIGN section 6, os_version and clock) ---- */

/* Starts as zeros. */
struct system_evidence {
    char *os_version;     /* owned: "6.1.7601 Service Pack 1", or NULL while unknown */
    bool with_collection; /* the newest item that names it, and of which round */
    unsigned round;
    bool names_windows_7; /* a systeminfo of it calls it so, */
    bool names_other;     /* or by another name, or gives another version */
    bool clock_changed;
};

void system_evidence_free_content(struct system_evidence *evidence);

/* Takes the next item in, those of listings last. */
void system_evidence_feed(struct system_evidence *evidence, const struct system_item *item,
                          const struct item_origin *origin);

/* Do listings of systeminfo contradict each other, or themselves? */
bool system_evidence_conflicts(const struct system_evidence *evidence);

/* ---- What KMS hosts saw of the machine (DESIGN section 6) ---- */

/* A request in the machine's own log. */
struct own_request {
    char client_machine_id[GUID_TEXT_BYTES];
    uint64_t filetime;
};

/* Requests of the machine that KMS hosts saw, of all of these in order of time. Starts as zeros;
 * owns its lists, and what the requests borrow. Of a machine's requests, all are in memory. */
struct seen_requests {
    struct seen_request *items;
    char (*client_machine_ids)[GUID_TEXT_BYTES]; /* of each */
    uint32_t *hrs;                               /* of each: 0 where it has none */
    size_t count;
    struct own_request *own;
    size_t own_count;
    struct case_kms_sight **sights; /* what each host saw; `host` is owned */
    size_t sight_count;
    void *sights_by_host; /* the same, a tree of <search.h> */
    size_t taken;         /* of the requests, when they are gone through again */
    uint64_t last_filetime;
};

void seen_requests_free_content(struct seen_requests *requests);

/* Takes in the machine's events, in order; what is no request is passed over. Then, when all are
 * there, tells what each request says. */
void seen_requests_add(struct seen_requests *requests, const struct case_observation *seen,
                       const struct window *window);
void seen_requests_settle(struct seen_requests *requests);

/* The next of the requests, which are gone through in the same order: that of the event; or NULL
 * for what is none. */
const struct seen_request *seen_requests_next(struct seen_requests *requests,
                                              int64_t observation_id);

/* ---- What our scripts did on the machine, and how far the roll-out came (rollout.c) ---- */

/* A run of a script. Owns its texts. */
struct script_run {
    bool exists;
    bool is_of_log; /* not only of the registry */
    bool has_ended;
    uint64_t filetime; /* of what is known of it last; 0: not told */
    int64_t exit_status;
    char *script;
    char *run;
};

/* Starts as zeros; owns the run. */
struct script_evidence {
    struct script_run last;
    struct script_run before; /* the last before that one */
    bool has_acted;           /* some run did more than refuse */
    bool was_said[SCRIPT_SAYS_COUNT];
    uint64_t said_filetime[SCRIPT_SAYS_COUNT]; /* the newest of each */
};

void script_evidence_free_content(struct script_evidence *evidence);

/* Takes the next thing in that was said, in order of time, what has none first. */
void script_evidence_feed(struct script_evidence *evidence, const struct script_item *said);

/* Returns owned: the last run as hosts.csv has it, `2-rebuild 2019-01-20T10:00:07Z 0`, with `-` for
 * a time that is not told and `not ended` for a run that is not known to have ended; "" for none.
 */
char *script_evidence_text(const struct script_evidence *evidence)
    __attribute__((warn_unused_result));

/* Returns owned: what is left of the roll-out on the machine, as a "; " list for a person; "" where
 * it left no trace. */
char *rollout_trace_text(const struct script_evidence *evidence, const struct repair *repair)
    __attribute__((warn_unused_result));

/* What that depends on. */
struct rollout_matter {
    bool was_hit;         /* it is affected by the incident, or had an episode */
    bool is_for_a_script; /* its action has a step that a script does */
    enum activation_state state;
    uint64_t well_filetime; /* of what said last that it is well; 0 for none */
    const struct script_evidence *scripts;
    const struct repair *repair;
};
enum rollout_result rollout_of(const struct rollout_matter *matter);

/* ---- All of it ---- */

struct evidence {
    const struct circumstances *circumstances; /* borrowed */
    uint64_t last_filetime; /* of the machine's last event, as far as its clock was right */
    struct seen_requests requests;
    struct activation_history history;
    struct update_evidence update;
    struct licence_evidence licence;
    struct system_evidence system;
    struct script_evidence scripts;
    bool earlier_signals; /* an earlier installation of it had some */
    char *guessed_path;   /* owned: the first source that is the machine's by a guess; or NULL */
};

/* Starts with what the logs as such tell, before any event; borrows it. */
void evidence_begin(struct evidence *evidence, const struct window *window,
                    const struct circumstances *circumstances);
void evidence_free_content(struct evidence *evidence);

/* What the case has of a machine beside its events. */
struct machine_matter {
    int64_t machine_id;
    bool has_findings;
    bool has_requests; /* that KMS hosts saw */
};

/* Takes in all observations of the machine that the case has, then, when it has some, all its
 * findings, and writes down in the case what of it is evidence on updates and licence, and what KMS
 * hosts saw. -1 is ERROR_RUN. */
int evidence_gather(struct casedb *db, const struct machine_matter *matter,
                    struct evidence *evidence, struct error *err);

#endif
