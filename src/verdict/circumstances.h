/* SPDX-License-Identifier: Apache-2.0 */
/* circumstances: what the logs of a machine tell as such, beside their events: do those of its
 * Application channel cover the window (DESIGN section 6, window_coverage), are they whole. */
#ifndef SPPTRIAGE_VERDICT_CIRCUMSTANCES_H
#define SPPTRIAGE_VERDICT_CIRCUMSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "case/casedb.h"
#include "identity/assign.h"
#include "model/incident.h"

struct circumstances {
    enum coverage coverage;
    bool log_damaged;
    bool shared_name;
    uint64_t last_filetime; /* of its last event of any kind; what the logs say of themselves to
                             * begin with, which recovered events can be later than */
};

/* Fills *out with those of all machines, in the order of the assignment: returned owned, freed with
 * free. -1 is ERROR_RUN. */
int circumstances_find(struct casedb *db, const struct window *window,
                       const struct assignment *assignment, struct circumstances **out,
                       struct error *err);

/* One Application log: its least and greatest EventRecordID, and the event times of these two
 * records. So the first time is later than the last where the clock ran backwards. */
struct coverage_log {
    uint64_t first_filetime;
    uint64_t last_filetime;
    uint64_t first_record_id;
    uint64_t last_record_id;
};

/* How much of the window the logs cover. Two logs make one stretch when they overlap in time, or
 * when one begins with the EventRecordID after the other's last (archived logs follow each other
 * without a gap). What lies between two stretches is not covered. A log that ends before it begins
 * covers nothing and joins nothing: which of its times are right cannot be told.
 * Sorts and changes the array of logs. Pure. */
enum coverage coverage_of(struct coverage_log *logs, size_t count, const struct window *window);

#endif
