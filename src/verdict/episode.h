/* SPDX-License-Identifier: Apache-2.0 */
/* episode: a machine's activation history as the verdict tells it (DESIGN section 6). Fed with
 * every judged event of one machine in (event time, record id) order, it finds the episodes and
 * what they amount to. Pure; what it keeps does not grow with the number of events but for the set
 * of distinct codes. */
#ifndef SPPTRIAGE_VERDICT_EPISODE_H
#define SPPTRIAGE_VERDICT_EPISODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/incident.h"
#include "verdict/signal.h"

/* From a genuineness signal to the recovery that ends it, or to the end of the log. */
struct episode {
    bool exists;
    struct judged_event first;          /* the signal that opened it */
    uint64_t earlier_recovery_filetime; /* that closed the episode before it, 0 for none */
    bool signal_in_window;              /* some signal of it lies in the window */
    bool strong_in_window;              /* some strong one does: */
    struct judged_event first_strong;   /* the first of those */
    struct judged_event recovery;       /* what closed it, when `closed` */
    bool closed;
    bool recovery_of_other_kind; /* closed by other than 12289, or one of those followed */
};

/* Starts as zeros but for the window. Owns codes and path. */
struct activation_history {
    struct window window;
    uint64_t event_count;
    struct episode current;        /* the last episode so far */
    struct episode first_incident; /* of those before `current` */
    struct episode
        first_beside;           /* of those: with a signal in the window, yet not of the incident */
    enum confidence confidence; /* the best of the incident episodes before `current` */
    struct judged_event confirmed_by;
    char *listing_path;   /* owned: of the first listing that gives non-genuine, or NULL */
    uint64_t fault_count; /* faults and signals */
    bool has_untimed_signal;
    bool every_fault_failed_to_ask;
    struct judged_event first_fault;
    uint64_t last_fault_filetime;
    uint64_t in_window_events;
    uint64_t events_8196;
    uint64_t events_8208;
    uint64_t events_8209;
    uint64_t events_13;
    uint32_t *codes; /* owned: distinct, ascending */
    size_t code_count;
};

void activation_history_free_content(struct activation_history *history);

/* Takes the next event in. A signal or recovery without a readable time cannot be put into an
 * episode: such a signal is a fault only, such a recovery closes nothing. */
void activation_history_feed(struct activation_history *history, const struct judged_event *event);

/* Takes in, once all events are, that a listing says non-genuine: a fault of unknown time, newer
 * than every event. `path` is that of the listing. */
void activation_history_feed_listing(struct activation_history *history, const char *path);

/* What the history amounts to. Times are 0 where there is none. */
struct activation_outcome {
    enum classification classification;
    enum confidence confidence;
    enum activation_state state;
    uint64_t first_fault_filetime;
    uint64_t last_fault_filetime;
    uint64_t recovered_filetime;
    bool reactivated;         /* the deciding episode was ended by a 12289 only */
    bool could_not_ask;       /* its only faults are failures to ask */
    bool listing_non_genuine; /* an slmgr listing says so */
};

/* Ends the history. */
struct activation_outcome activation_history_finish(struct activation_history *history);

#endif
