/* SPDX-License-Identifier: Apache-2.0 */
/* pending: one source on its way into the case. It is opened ahead of its turn, its jobs are handed
 * to the reader processes, and when its turn comes their results are put into the case: part by
 * part, in one transaction, or not at all where it turns out that the case has it already, or has
 * another source with its content. */
#ifndef SPPTRIAGE_APP_INGEST_QUEUE_H
#define SPPTRIAGE_APP_INGEST_QUEUE_H

#include <stdbool.h>

#include "app/options.h"
#include "base/error.h"
#include "case/casedb.h"
#include "intake/content_index.h"
#include "intake/walk.h"
#include "worker/pool.h"

/* What all sources of a run share. */
struct reading {
    struct casedb *db;
    const struct options *options;
    const struct reader *const *readers; /* ends with NULL */
    char *read_options;                  /* owned: what a source has to be read again for */
    struct twins *twins;
    struct pool *pool;
};

struct pending;

/* Opens the entry's file and finds out what is to be done; the entry is borrowed. *out is owned.
 * -1 is ERROR_RUN; what goes wrong with the file is noted in the case when its turn comes. */
int pending_open(struct reading *reading, const struct walk_entry *entry, struct pending **out,
                 struct error *err);
void pending_free(struct pending *pending);

/* Has the source a job that was not added to the pool? */
bool pending_has_job(const struct pending *pending);

/* Adds the next one; the pool has room for it. */
void pending_add_job(struct reading *reading, struct pending *pending);

enum pending_step {
    PENDING_WAITS,   /* a job of it has more to do first */
    PENDING_GOES_ON, /* something was done; call it again */
    PENDING_DONE,    /* it is in the case */
};

/* Takes the next step of the source whose turn it is: of two sources, the one that was opened
 * first is brought to its end first. -1 is ERROR_RUN; nothing is left open then. */
int pending_advance(struct reading *reading, struct pending *pending, enum pending_step *step,
                    struct error *err);

#endif
