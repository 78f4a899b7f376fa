/* SPDX-License-Identifier: Apache-2.0 */
/* coverage: do a machine's Application logs cover the window (DESIGN section 6, the column
 * window_coverage). Pure. */
#ifndef SPPTRIAGE_VERDICT_COVERAGE_H
#define SPPTRIAGE_VERDICT_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#include "model/incident.h"

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
 * Sorts and changes the array of logs. */
enum coverage coverage_of(struct coverage_log *logs, size_t count, const struct window *window);

#endif
