/* SPDX-License-Identifier: Apache-2.0 */
/* page_parts: what fills the places of templates/report.html; for page.c alone. A part is called
 * with the struct page as its context (report/template.h). */
#ifndef SPPTRIAGE_REPORT_PAGE_PARTS_H
#define SPPTRIAGE_REPORT_PAGE_PARTS_H

#include <stdio.h>

#include "case/casedb.h"
#include "report/report.h"
#include "report/writers.h"

/* ---- What KMS hosts saw (page_kms.c) ---- */

enum kms_part {
    KMS_PART_BEFORE,
    KMS_PART_WITHIN,
    KMS_PART_AFTER,
    KMS_PART_COUNT,
};

struct kms_host {
    int64_t id; /* of its machine, or 0 */
    char *name; /* owned */
    uint64_t client_count;
    uint64_t suspected_count;
    /* Clients by the status in which they asked last in each part of time. */
    uint64_t counts[KMS_PART_COUNT][LICENSING_STATUS_COUNT];
};

/* In the order of casedb_kms_sights. Starts as zeros. */
struct kms_hosts {
    struct kms_host *items; /* owned */
    size_t count;
};

/* Counts what the case has. -1 is ERROR_RUN; *out is to be freed all the same. */
int kms_hosts_read(struct casedb *db, struct kms_hosts *out, struct error *err);
void kms_hosts_free_content(struct kms_hosts *hosts);

/* What the parts of one page are made from. */
struct page {
    struct casedb *db;
    const struct window *window;
    struct summary summary;
    struct joined joined;
    struct kms_hosts kms_hosts;
};

/* ---- Pieces that several parts have ---- */

/* Puts a "; " list, or the words of some members of a set, as an HTML list of that tag and class;
 * nothing for an empty one. */
void page_put_list(FILE *file, const char *tag, const char *class, const char *list);
void page_put_members(FILE *file, const char *tag, const char *class, const struct word_set *set,
                      uint32_t members);

/* Puts a row: a word, how many are so, and the sentence on it. */
void page_put_count_row(FILE *file, const char *word, uint64_t count, const char *sentence);

/* ---- Parts ---- */

/* Parts that need the case; they fail with an ERROR_RUN of it. */
int page_put_hosts(void *context, FILE *file, struct error *err);
int page_put_rollout(void *context, FILE *file, struct error *err);
int page_put_kms_hosts(void *context, FILE *file, struct error *err);
int page_put_conflicts(void *context, FILE *file, struct error *err);
int page_put_unrelated(void *context, FILE *file, struct error *err);
int page_put_impaired(void *context, FILE *file, struct error *err);

/* Parts that cannot fail. */
int page_put_rollout_link(void *context, FILE *file, struct error *err);
int page_put_kms_hosts_link(void *context, FILE *file, struct error *err);
int page_put_conflicts_link(void *context, FILE *file, struct error *err);
int page_put_host_count(void *context, FILE *file, struct error *err);
int page_put_tiles(void *context, FILE *file, struct error *err);
int page_put_classes(void *context, FILE *file, struct error *err);
int page_put_actions(void *context, FILE *file, struct error *err);
int page_put_window(void *context, FILE *file, struct error *err);
int page_put_host_columns(void *context, FILE *file, struct error *err);
int page_put_statuses(void *context, FILE *file, struct error *err);
int page_put_skipped(void *context, FILE *file, struct error *err);
int page_put_classification_words(void *context, FILE *file, struct error *err);
int page_put_state_words(void *context, FILE *file, struct error *err);
int page_put_review_words(void *context, FILE *file, struct error *err);

#endif
