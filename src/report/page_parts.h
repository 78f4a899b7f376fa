/* SPDX-License-Identifier: Apache-2.0 */
/* page_parts: what fills the places of templates/report.html; for page.c alone. A part is called
 * with the struct page as its context (report/template.h). */
#ifndef SPPTRIAGE_REPORT_PAGE_PARTS_H
#define SPPTRIAGE_REPORT_PAGE_PARTS_H

#include <stdio.h>

#include "case/casedb.h"
#include "report/report.h"
#include "report/writers.h"

/* What the parts of one page are made from. */
struct page {
    struct casedb *db;
    const struct window *window;
    struct summary summary;
    struct joined joined;
};

/* Parts that need the case; they fail with an ERROR_RUN of it. */
int page_put_hosts(void *context, FILE *file, struct error *err);
int page_put_conflicts(void *context, FILE *file, struct error *err);
int page_put_unrelated(void *context, FILE *file, struct error *err);
int page_put_impaired(void *context, FILE *file, struct error *err);

/* Parts that cannot fail. */
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
