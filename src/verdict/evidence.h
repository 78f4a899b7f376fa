/* SPDX-License-Identifier: Apache-2.0 */
/* evidence: gathers what the case has of one machine into its dossier, and writes down what of it
 * is evidence on the update and on the licence. */
#ifndef SPPTRIAGE_VERDICT_EVIDENCE_H
#define SPPTRIAGE_VERDICT_EVIDENCE_H

#include "base/error.h"
#include "case/casedb.h"
#include "verdict/conclude.h"

/* Feeds all observations of the machine, then, when it has some, all its findings. -1 is
 * ERROR_RUN. */
int evidence_gather(struct casedb *db, int64_t machine_id, bool has_findings,
                    struct dossier *dossier, struct error *err);

#endif
