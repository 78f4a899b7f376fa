/* SPDX-License-Identifier: Apache-2.0 */
/* page: report.html, one self-contained page from templates/report.html. */
#ifndef SPPTRIAGE_REPORT_PAGE_H
#define SPPTRIAGE_REPORT_PAGE_H

#include "case/casedb.h"
#include "report/staging.h"

int page_write(struct casedb *db, const struct window *window, const char *templates_path,
               struct staging *out, struct error *err);

/* Fails (ERROR_RUN) when the template is missing or cannot be filled. */
int page_check_template(const char *templates_path, struct error *err);

#endif
