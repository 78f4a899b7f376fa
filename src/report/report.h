/* SPDX-License-Identifier: Apache-2.0 */
/* report: writes every report of DESIGN section 7, and the summary, from the case alone. */
#ifndef SPPTRIAGE_REPORT_REPORT_H
#define SPPTRIAGE_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "case/casedb.h"
#include "model/words.h"

#define REPORT_WAVES_MOST 99

struct report_options {
    const char *output_path;    /* the output folder; it exists */
    const char *templates_path; /* the folder of what reports are filled into */
    struct window window;
    size_t wave_count; /* into so many waves the host lists are split, behind a pilot; 0: not */
    bool ecs;          /* timeline-ecs.jsonl, too */
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

/* Hosts of a class, or of all. */
struct class_counts {
    uint64_t hosts;
    uint64_t standings[STANDING_COUNT]; /* how many are so: summary_standings */
};

/* Starts as zeros. */
struct summary {
    struct class_counts classes[CLASSIFICATION_COUNT];
    struct class_counts all;
    uint64_t collected;                           /* hosts of which something was */
    uint64_t confidences[CONFIDENCE_COUNT];       /* hosts by confidence */
    uint64_t actions[ACTION_COUNT];               /* hosts by action */
    uint64_t rollout[ROLLOUT_RESULT_COUNT];       /* hosts by how far it came there */
    bool has_rollout;                             /* it left a trace on some host */
    uint64_t source_count;                        /* places, copies included */
    uint64_t read_bytes;                          /* of what was read, copies once */
    uint64_t record_count;                        /* the same */
    uint64_t first_filetime, last_filetime;       /* event times there; 0 for none */
    uint64_t statuses[SOURCE_STATUS_COUNT];       /* sources by status */
    struct kind_count skipped[SOURCE_KIND_COUNT]; /* skipped sources, in order of first meeting */
    size_t skipped_count;                         /* kinds met */
    uint64_t undecodable_count; /* sources with records that could not be decoded */
    uint64_t conflict_count;    /* sources with records that the two readers read differently */
};

/* Can the logs of the host not exclude the incident, or does a KMS host alone say that it was hit?
 * remediation/not-excluded.csv has these, and no others. */
bool summary_is_not_excluded(const struct case_verdict *verdict);

/* What the host counts as: a set of enum standing. One whose logs are damaged is shown to be clean
 * no more than one that is not excluded or that was not collected. */
uint32_t summary_standings(const struct case_verdict *verdict);

/* Counts the case. */
int summary_read(struct casedb *db, struct summary *out, struct error *err);

/* ---- The case in two sentences, for the end of a run and the top of the page (sentence.c) ---- */

/* Is given the sentence piece by piece; `filter` names the hosts that a number counts, as the part
 * of the page's address behind `#` (`class=not-collected`, `machines` for all); NULL for what
 * counts none. */
struct sentence_user {
    void (*put)(void *context, const char *piece, const char *filter);
    void *context;
};

/* How many hosts are still broken and by what, recovered, not excluded, clean and not collected. */
void sentence_hosts(const struct summary *summary, const struct sentence_user *user);

/* What that rests on: machines, sources and their bytes, records and their times, and the sources
 * that could not be read whole. */
void sentence_basis(const struct summary *summary, const struct sentence_user *user);

/* Writes the short summary table of standard output, and these sentences below it. */
int report_summary(struct casedb *db, FILE *out, struct error *err);

#endif
