/* SPDX-License-Identifier: Apache-2.0 */
/* verdict: makes the verdicts of a whole case. Reads sources, observations and findings of the
 * case, and writes evidence and verdicts into it. */
#ifndef SPPTRIAGE_VERDICT_VERDICT_H
#define SPPTRIAGE_VERDICT_VERDICT_H

#include "base/error.h"
#include "case/casedb.h"

/* Derives everything anew, in one transaction: machines (identity/assign.h), then for each its
 * evidence and its verdict. On failure (ERROR_RUN) the case is as it was. */
int verdict_derive(struct casedb *db, const struct window *window, struct error *err);

#endif
