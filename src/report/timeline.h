/* SPDX-License-Identifier: Apache-2.0 */
/* timeline: timeline.csv and timeline.jsonl, one row an observation. */
#ifndef SPPTRIAGE_REPORT_TIMELINE_H
#define SPPTRIAGE_REPORT_TIMELINE_H

#include "case/casedb.h"
#include "report/staging.h"

/* Writes both. */
int timeline_write(struct casedb *db, const struct window *window, struct staging *out,
                   struct error *err);

#endif
