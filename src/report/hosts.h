/* SPDX-License-Identifier: Apache-2.0 */
/* hosts: hosts.csv, one row a machine. */
#ifndef SPPTRIAGE_REPORT_HOSTS_H
#define SPPTRIAGE_REPORT_HOSTS_H

#include "case/casedb.h"
#include "report/staging.h"

int hosts_write(struct casedb *db, struct staging *out, struct error *err);

#endif
