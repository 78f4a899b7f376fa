/* SPDX-License-Identifier: Apache-2.0 */
/* circumstances: what the logs of a machine tell as such, beside their events: in which of their
 * records the clock was wrong, and do those of its Application channel cover the window, are they
 * whole (DESIGN section 6, "Time that runs back" and window_coverage). */
#ifndef SPPTRIAGE_VERDICT_CIRCUMSTANCES_H
#define SPPTRIAGE_VERDICT_CIRCUMSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "case/casedb.h"
#include "identity/assign.h"
#include "identity/logset.h"
#include "model/incident.h"

/* ---- What logs cover (pure) ---- */

/* What is covered without a gap. */
struct covered_time {
    uint64_t first_filetime;
    uint64_t last_filetime;
};

/* Starts as zeros; owns its list. */
struct covered {
    struct covered_time *items; /* in order of time, apart from each other */
    size_t count;
    bool filtered; /* ids are missing between records of one log */
};

void covered_free_content(struct covered *covered);

/* What the machine's own logs among the stretches of its Application channel cover, once their
 * clocks are known. Recovered records fill gaps and make none. */
void coverage_find(const struct stretch *stretches, size_t count, struct covered *out);

/* Is all of this time covered, ends included? */
bool covered_has(const struct covered *covered, uint64_t first_filetime, uint64_t last_filetime);

/* How much of the window is. */
enum coverage coverage_of(const struct covered *covered, const struct window *window);

/* ---- Of a machine ---- */

/* Owns what covered does, and its list. */
struct circumstances {
    enum coverage coverage;
    struct covered covered; /* by its Application logs */
    bool has_application_log;
    bool has_system_log;
    bool wrong_clock;           /* in some record, */
    bool wrong_clock_in_window; /* that lies in the window by its own time or by its place */
    bool log_damaged;
    int64_t *damaged_ids; /* of its sources of which something cannot be read: ascending */
    size_t damaged_count;
    bool shared_name;
    bool is_seen_alone; /* by KMS hosts: nothing was collected of it */
    bool in_inventory;
    bool earlier_installation; /* it has sources of one */
    uint64_t last_filetime;    /* of its last event of any kind whose clock was right; what the logs
                                * say of themselves, which recovered events can be later than */
};

/* Fills *out with those of all machines, in the order of the assignment: returned owned, freed with
 * circumstances_free. Places observations of a wrong clock in the case. -1 is ERROR_RUN. */
int circumstances_find(struct casedb *db, const struct window *window,
                       const struct assignment *assignment, struct circumstances **out,
                       struct error *err);

/* Can something of that source not be read? */
bool circumstances_have_damaged(const struct circumstances *circumstances, int64_t source_id);

void circumstances_free(struct circumstances *circumstances, size_t count);

#endif
