/* SPDX-License-Identifier: Apache-2.0 */
/* episode: a machine's activation history as the verdict tells it (DESIGN section 6). Fed with
 * every judged event of one machine in the order of its logs, and with what listings say of the
 * licence where their time puts it, it finds the episodes, the state of the licence, and what they
 * amount to. Pure; what it keeps does not grow with the number of events but for the set of
 * distinct codes. */
#ifndef SPPTRIAGE_VERDICT_EPISODE_H
#define SPPTRIAGE_VERDICT_EPISODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/incident.h"
#include "verdict/circumstances.h"
#include "verdict/item.h"
#include "verdict/signal.h"

/* What was said of the licence last. */
struct statement {
    enum licensing_status status; /* NOT_TOLD: nothing yet */
    uint64_t filetime;
    bool in_window;
    bool is_non_genuine;             /* a listing says so, whatever the status */
    const struct seen_request *seen; /* by which a KMS host told it; borrowed, or NULL */
};

/* What tells what the machine was: */
enum witness_kind {
    WITNESS_CHANNEL, /* volume-licensed, or otherwise */
    WITNESS_VERSION, /* of Windows: 6.1, or another one */
    WITNESS_PRODUCT, /* Windows 7, or another one */
    WITNESS_COUNT,
};

struct witness {
    bool exists;
    bool is_other;             /* than a volume-licensed Windows 7 */
    bool is_other_of_61;       /* another product of the same version: Server 2008 R2 */
    struct item_origin origin; /* without path */
};

/* From a genuineness signal to the recovery that ends it, or to the end of the log. */
struct episode {
    bool exists;
    struct judged_event first;            /* the signal that opened it */
    bool is_later;                        /* an episode before it is over: */
    struct judged_event earlier_recovery; /* by this, or, without a time, by a listing */
    bool signal_in_window;                /* some signal of it lies in the window */
    bool strong_in_window;                /* some strong one does: */
    struct judged_event first_strong;     /* the first of those */
    /* How it was when it began: */
    bool faults_before;      /* other faults had come */
    bool onset_covered;      /* the logs show the window up to then, or that all was well in it */
    bool was_unlicensed;     /* before the window it was said not to be licensed: */
    struct statement before; /* so */
    bool update_was_absent;  /* the newest evidence on KB 971033 was of absence */
    struct witness witness_before[WITNESS_COUNT]; /* the newest of each kind; and then: */
    struct witness witness_after[WITNESS_COUNT];  /* the first since */
    bool witness_ended; /* a new key, or a reset: what follows tells nothing of that time */
    /* Since: */
    bool said_not_licensed; /* a 1003 said so */
    bool is_reset;          /* the activation files were made anew: */
    struct judged_event reset;
    bool closed;                  /* and by what: */
    bool closed_by_listing;       /* then only the time of the recovery is known: */
    uint64_t closed_filetime;     /* of that listing; 0: of the time of collection */
    struct judged_event recovery; /* else this event */
    bool reactivated;             /* it was an activation, or came in a reset */
};

/* What KMS hosts saw of the machine (DESIGN section 6). Of what its own log has, too, only those
 * that say licensed. */
struct seen_by_hosts {
    uint64_t count; /* of requests whose status is told; else 1 for some without */
    struct judged_event last;
    struct judged_event last_counting; /* by which its state is known, */
    bool has_counting;
    bool is_unclear; /* the last one is not licensed and alone: nothing later tells its state */
    bool is_refused; /* the host answered the last one with a code, */
    bool refusal_is_open;                  /* and nothing later says licensed */
    bool licence_was_lost;                 /* over the window, first between these: */
    const struct seen_request *lost_since; /* borrowed */
    struct judged_event lost_by;
};

/* What is left of a repair of the activation files, whoever made it, after a fault and since the
 * window began: they were made anew, and then, in this order, each step needs the one before: a
 * product key was installed (1016), a KMS host asked (12288), and the answer activated (12289). */
enum repair_step {
    REPAIR_NONE,
    REPAIR_RESET,
    REPAIR_KEY,
    REPAIR_ASKED,
    REPAIR_ACTIVATED,
    REPAIR_STEP_COUNT,
};
struct repair {
    enum repair_step step; /* the last one that was seen */
    uint64_t filetime;     /* of the reset */
    uint16_t event_ids[REPAIR_STEP_COUNT];
};

/* A machine whose episodes are of the incident has one or two. */
#define INCIDENTS_MOST 8u

/* Is given each episode once nothing can change it any more, in their order. */
struct episode_taker {
    void (*take)(void *context, const struct episode *episode);
    void *context;
};

/* Starts as activation_history_begin makes it. Owns codes and path. */
struct activation_history {
    struct window window;
    struct episode_taker taker;    /* borrowed; without one, nobody is given any */
    const struct covered *covered; /* borrowed */
    uint64_t event_count;
    struct episode current; /* the last episode so far */
    /* Of those before it: */
    struct episode incidents[INCIDENTS_MOST]; /* of the incident, if the machine was what it needs;
                                               * of more the last is one that shows most */
    size_t incident_count;
    struct episode first_beside;     /* with a signal in the window, yet not of the incident */
    struct judged_event near_window; /* a consistent strong signal close to the window, */
    bool has_near_window;
    bool strong_in_window;
    /* The state of the licence: */
    struct statement statement;
    struct judged_event last_request; /* 12288 */
    bool has_request;
    bool well_in_window; /* a recovery, or a request of a licensed or new machine, in the window */
    enum listed_state listed; /* by the newest listing, until something else says more */
    uint32_t listed_reason;
    bool listed_is_guess;
    bool listed_licensed;     /* a listing since the last signal says so */
    char *listed_path;        /* owned: of the listing, or NULL */
    uint64_t listed_filetime; /* 0: of the time of collection */
    enum zone_end listed_zone_end;
    uint64_t renewed_filetime;    /* of the last new key or reset; 0 for none */
    uint64_t licensed_filetime;   /* the newest statement that says so; 0 for none, */
    uint64_t unlicensed_filetime; /* and the first since that says that it is not; 0 for none */
    struct seen_by_hosts seen;
    struct repair repair; /* the last one */
    uint64_t
        at_work_filetime; /* since when a script of ours is at work that did not end; 0: none */
    char
        *activated_run; /* owned: the last run of a script of ours that saw it activated; or NULL */
    /* Faults: */
    uint64_t fault_count; /* faults and signals, and what listings say */
    bool has_untimed_signal;
    bool every_fault_failed_to_ask;
    bool fault_is_open;              /* one is not over */
    struct judged_event first_fault; /* of events */
    bool has_fault_event;
    bool first_fault_is_listed;          /* a listing has one that is before it */
    struct judged_event last_open_fault; /* of events; nothing where only a listing has one */
    struct judged_event over_by;         /* what said last that a fault is over */
    uint64_t first_fault_filetime;       /* of events and listings */
    uint64_t last_fault_filetime;
    /* A request of a machine that is not licensed: a fault, unless it is activated at once. */
    struct judged_event asked;
    bool has_asked;
    bool licensed_since_asked;
    uint64_t faults_before_asked;
    int64_t excused_id; /* of the observation of such a request that was no fault; else 0 */
    uint64_t in_window_events;
    uint64_t events_8196;
    uint64_t events_8208;
    uint64_t events_8209;
    uint64_t events_13;
    bool wrong_clock_decides; /* a signal, fault or recovery has a wrong time */
    uint32_t *codes;          /* owned: distinct, ascending */
    size_t code_count;
    bool update_is_absent;                   /* by now */
    struct witness witnesses[WITNESS_COUNT]; /* the newest so far */
    bool version_is_newest;                  /* of what tells the system */
    bool product_is_doubtful;                /* since then several licences were installed */
};

/* `covered` is what the machine's Application logs cover; borrowed. */
void activation_history_begin(struct activation_history *history, const struct window *window,
                              const struct covered *covered);
void activation_history_free_content(struct activation_history *history);

/* Takes the next event in, and gives it the role that it has in its place. A signal or recovery
 * without a readable time cannot be put into an episode: such a signal is a fault only, such a
 * recovery closes nothing. */
void activation_history_feed(struct activation_history *history, struct judged_event *event);

/* Takes in what a listing says of the licence, where its time puts it. */
struct licence_listed {
    enum listed_state state;
    enum licensing_status status;
    uint32_t reason_code; /* or 0 */
    uint64_t filetime;    /* of its file; 0 when unknown */
    bool at_collection;   /* it is behind every event */
    bool is_outdone; /* another one of that time counts, which leaves the machine no less broken */
    bool is_guess;   /* that it is of this machine */
    enum zone_end zone_end;
    const char *path;
};
void activation_history_feed_listing(struct activation_history *history,
                                     const struct licence_listed *listed);

/* Takes in what a script of ours saw at a time that it tells, where that puts it: a rebuild is a
 * reset, and an activation a statement that says licensed, which closes an episode that is reset.
 * One run's activation is of what it rebuilt, whichever it says first. */
void activation_history_feed_script(struct activation_history *history,
                                    const struct script_item *said);

/* Notes whether KB 971033 is absent by what is known by now, and what the machine is by now. */
void activation_history_note_update(struct activation_history *history, bool is_absent);
void activation_history_note_witness(struct activation_history *history, enum witness_kind kind,
                                     const struct witness *witness);

/* Does the newest evidence so far say that the machine is another Windows? */
bool activation_history_not_windows_7(const struct activation_history *history);

/* What the history amounts to. Times are 0 where there is none. */
struct activation_outcome {
    enum classification classification;
    enum confidence confidence;
    enum activation_state state;
    uint64_t first_fault_filetime;
    uint64_t last_fault_filetime;
    uint64_t recovered_filetime;
    bool onset_not_covered;
    bool near_window;
    bool fault_before;
    bool reactivated;
    bool could_not_ask; /* its only faults are failures to ask */
    bool weak_without_update;
    bool listing_licensed; /* a listing newer than its last signal says so */
    bool is_by_hosts;      /* the classification is what KMS hosts saw */
    /* The first incident episode of a volume-licensed Windows 7, for all that is known; else the
     * first; or NULL. Borrowed from the history. */
    const struct episode *incident;
    struct witness other;                    /* exists: by this one it was no such Windows then */
    const struct judged_event *confirmed_by; /* borrowed from it, too: the first strong signal of
                                              * the first confirmed episode, or NULL */
};

/* ---- For outcome.c ---- */

static inline bool activation_history_is_open(const struct activation_history *history)
{
    return history->current.exists && !history->current.closed;
}

/* Adds a code to those of its faults. */
void activation_history_add_code(struct activation_history *history, uint32_t code);

/* Settles what was left open, and judges the last episode. */
void activation_history_close(struct activation_history *history);

/* Is it one of the incident, if the machine was what that needs (DESIGN section 6)? */
bool episode_is_incident(const struct episode *episode);

/* Does the incident's own code in the window confirm it, and nothing speak against that? */
bool episode_is_confirmed(const struct episode *episode);

/* Ends the history. The codes of what decides are in it then. */
struct activation_outcome activation_history_finish(struct activation_history *history);

#endif
