/* SPDX-License-Identifier: Apache-2.0 */
/* summary: the numbers of a case, for the table on standard output and for the page. */
#ifndef SPPTRIAGE_REPORT_SUMMARY_H
#define SPPTRIAGE_REPORT_SUMMARY_H

#include <stdint.h>

#include "case/casedb.h"
#include "report/word_count.h"

/* The classifications of DESIGN section 6. */
#define CLASS_AFFECTED "affected-by-incident"
#define CLASS_OTHER_FAULT "other-activation-fault"
#define CLASS_NO_FAULT "no-activation-fault"
#define CLASS_NOT_COLLECTED "not-collected"

/* Starts as zeros. */
struct summary {
    uint64_t host_count;
    struct word_counts classes;     /* hosts by classification, all four named */
    struct word_counts not_covered; /* of these, hosts whose logs cannot exclude the incident */
    struct word_counts confidences; /* hosts by confidence, `confirmed` before `probable` */
    struct word_counts actions;     /* hosts by action, those that need most first */
    uint64_t source_count;          /* places, copies included */
    struct word_counts statuses;    /* sources by status */
    struct word_counts skipped;     /* skipped sources by kind */
    uint64_t undecodable_count;     /* sources with records that could not be decoded */
    uint64_t conflict_count;        /* sources with records that the two readers read differently */
};

/* Counts the case; on failure *out is still to be freed. */
int summary_read(struct casedb *db, struct summary *out, struct error *err);
void summary_free_content(struct summary *summary);

#endif
