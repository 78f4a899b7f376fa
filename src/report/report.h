/* SPDX-License-Identifier: Apache-2.0 */
/* report: writes every report of DESIGN section 7 from the case alone. */
#ifndef SPPTRIAGE_REPORT_REPORT_H
#define SPPTRIAGE_REPORT_REPORT_H

#include <stdio.h>

#include "base/error.h"
#include "case/casedb.h"

struct report_options {
    const char *output_path;    /* the output folder; it exists */
    const char *templates_path; /* the folder of report.html and the scripts */
    struct window window;
};

/* Fails (ERROR_RUN) with a line that names it when a template is missing or unreadable, or has a
 * placeholder that no report fills: called before a run begins, so that nothing is done in vain. */
int report_check_templates(const char *templates_path, struct error *err);

/* Writes all reports into the output folder, each under a temporary name and renamed once all are
 * complete; files of an earlier report that this one does not have (scripts no longer needed) are
 * removed then. On failure (ERROR_RUN) the folder holds what it held. */
int report_write(struct casedb *db, const struct report_options *options, struct error *err);

/* Writes the short summary table of standard output. */
int report_summary(struct casedb *db, FILE *out, struct error *err);

#endif
