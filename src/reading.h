/* SPDX-License-Identifier: Apache-2.0 */
/* reading: takes the files of a walk into the case, each through the reader of its kind. Every
 * entry gets its row, whatever becomes of it. */
#ifndef SPPTRIAGE_READING_H
#define SPPTRIAGE_READING_H

#include "base/error.h"
#include "casedb/casedb.h"
#include "intake/walk.h"
#include "options.h"

/* Reads all entries in order. A source that the case has already, read under the same options and
 * unchanged since (size, time, SHA-256 where hashing is on), is not read again. -1 is ERROR_RUN;
 * sources read before it stay in the case. */
int reading_run(struct casedb *db, const struct walk *walk, const struct options *options,
                struct error *err);

#endif
