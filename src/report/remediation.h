/* SPDX-License-Identifier: Apache-2.0 */
/* remediation: the remediation lists and scripts of DESIGN section 7. Nothing that was read from
 * an input gets into a script, and into a host list only names of a few plain characters. */
#ifndef SPPTRIAGE_REPORT_REMEDIATION_H
#define SPPTRIAGE_REPORT_REMEDIATION_H

#include <stdbool.h>

#include "case/casedb.h"
#include "report/staging.h"

/* May this host name stand in a .hosts.txt? Only letters, digits, `-`, `_` and `.` (ASCII), not
 * empty, at most 255 bytes; it begins neither with `-` nor with `.`, and has no empty label. */
bool remediation_is_plain_name(const char *host);

/* Fails (ERROR_RUN) with a line that names it when a template of a script is missing or
 * unreadable, or has a placeholder that nothing fills. */
int remediation_check_templates(const char *templates_path, struct error *err);

/* Writes
 * remediation/(affected-by-incident|other-activation-fault|remove-kb971033|not-collected).csv
 * (always, with their header) and, in remediation/scripts/, each script that some machine with a
 * plain name needs, with its .hosts.txt. Reads the machines once; ERROR_RUN on any failure. */
int remediation_write(struct casedb *db, const char *templates_path, struct staging *out,
                      struct error *err);

#endif
