/* SPDX-License-Identifier: Apache-2.0 */
/* report: writes every report of DESIGN section 7, and the summary, from the case alone. */
#ifndef SPPTRIAGE_REPORT_REPORT_H
#define SPPTRIAGE_REPORT_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "case/casedb.h"
#include "model/words.h"

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

/* ---- The numbers of a case, for the table on standard output and for the page ---- */

struct kind_count {
    enum source_kind kind;
    uint64_t count;
};

/* Starts as zeros. */
struct summary {
    uint64_t host_count;
    uint64_t classes[CLASSIFICATION_COUNT];       /* hosts by classification */
    uint64_t not_covered[CLASSIFICATION_COUNT];   /* of these, hosts whose logs cannot exclude the
                                                   * incident */
    uint64_t confidences[CONFIDENCE_COUNT];       /* hosts by confidence */
    uint64_t actions[ACTION_COUNT];               /* hosts by action */
    uint64_t source_count;                        /* places, copies included */
    uint64_t statuses[SOURCE_STATUS_COUNT];       /* sources by status */
    struct kind_count skipped[SOURCE_KIND_COUNT]; /* skipped sources, in order of first meeting */
    size_t skipped_count;                         /* kinds met */
    uint64_t undecodable_count; /* sources with records that could not be decoded */
    uint64_t conflict_count;    /* sources with records that the two readers read differently */
};

/* Counts the case. */
int summary_read(struct casedb *db, struct summary *out, struct error *err);

/* Writes the short summary table of standard output. */
int report_summary(struct casedb *db, FILE *out, struct error *err);

#endif
