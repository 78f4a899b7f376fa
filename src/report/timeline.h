/* SPDX-License-Identifier: Apache-2.0 */
/* timeline: timeline.csv and timeline.jsonl, one row an observation. */
#ifndef SPPTRIAGE_REPORT_TIMELINE_H
#define SPPTRIAGE_REPORT_TIMELINE_H

#include "casedb/casedb.h"
#include "report/outdir.h"

/* Writes both. *seen (all false at first) is set for each update, by its index in
 * incident_updates, that some row names. */
int timeline_write(struct casedb *db, const struct window *window, struct outdir *out, bool *seen,
                   struct error *err);

#endif
