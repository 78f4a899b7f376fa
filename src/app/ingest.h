/* SPDX-License-Identifier: Apache-2.0 */
/* reading: takes the files of a walk into the case, each through the reader of its kind. Every
 * entry gets its row, whatever becomes of it. */
#ifndef SPPTRIAGE_APP_INGEST_H
#define SPPTRIAGE_APP_INGEST_H

#include "app/options.h"
#include "base/error.h"
#include "case/casedb.h"
#include "intake/walk.h"

/* Reads all entries in order, each by the reader of its kind or, with --carve, by that of the kind
 * "carved"; `readers` ends with NULL. A source that the case has already, read under the same
 * options and unchanged since (size, time, SHA-256 where hashing is on), stays as it is. -1 is
 * ERROR_RUN; sources read before it stay in the case. */
int reading_run_with(const struct reader *const *readers, struct casedb *db,
                     const struct walk *walk, const struct options *options, struct error *err);

/* The same with the readers that there are. */
int reading_run(struct casedb *db, const struct walk *walk, const struct options *options,
                struct error *err);

#endif
