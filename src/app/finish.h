/* SPDX-License-Identifier: Apache-2.0 */
/* finish: the end that analyze and report have in common: verdicts, reports, summary, exit
 * status. */
#ifndef SPPTRIAGE_APP_FINISH_H
#define SPPTRIAGE_APP_FINISH_H

#include "app/options.h"
#include "app/output_directory.h"
#include "intake/inventory.h"

/* Checks the templates and reads the inventory of the options, where they name one, before anything
 * is written; the errors (ERROR_RUN) name the option. *out is owned by the caller. */
int finish_prepare(const struct options *options, struct inventory *out, struct error *err);

/* Replaces the case's inventory by this one, that of the options, with warnings on standard error
 * about a guessed encoding and rows that do not count. */
int finish_store_inventory(struct casedb *db, const struct inventory *inventory,
                           const struct options *options, struct error *err);

/* Derives the verdicts of the case in `directory`, writes the reports, prints the summary and sets
 * the exit status that the sources ask for. Closes *db and sets it to NULL, also on failure. */
int finish_write(struct output_directory *directory, struct casedb **db,
                 const struct options *options, enum exit_status *status, struct error *err);

#endif
