/* SPDX-License-Identifier: Apache-2.0 */
/* hosts: hosts.csv, one row a machine. */
#ifndef SPPTRIAGE_REPORT_HOSTS_H
#define SPPTRIAGE_REPORT_HOSTS_H

#include "case/casedb.h"
#include "report/outdir.h"

int hosts_write(struct casedb *db, struct outdir *out, struct error *err);

#endif
