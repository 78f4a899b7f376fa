/* SPDX-License-Identifier: Apache-2.0 */
/* sources: sources.csv, one row a place a source lies in. */
#ifndef SPPTRIAGE_REPORT_SOURCES_H
#define SPPTRIAGE_REPORT_SOURCES_H

#include "base/text.h"
#include "case/casedb.h"
#include "report/staging.h"

/* Makes the row of a source whole: a copy gets what was read of its content, under the path it
 * was read from. *detail then holds the cell `detail`; source->detail borrows it. *remarked (or
 * NULL) says whether it is not plain whose the source is, which the detail explains. */
int sources_complete(struct casedb *db, struct case_source *source, struct text *detail,
                     bool *remarked, struct error *err);

int sources_write(struct casedb *db, struct staging *out, struct error *err);

#endif
