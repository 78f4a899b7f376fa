/* SPDX-License-Identifier: Apache-2.0 */
/* summary: the numbers of a case, for the table on standard output and for the page. */
#ifndef SPPTRIAGE_REPORT_SUMMARY_H
#define SPPTRIAGE_REPORT_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "case/casedb.h"
#include "model/words.h"

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

#endif
