/* SPDX-License-Identifier: Apache-2.0 */
/* ingest: takes the files of a walk into the case, each through the reader of its kind. Every
 * entry gets its row, whatever becomes of it. It knows intake, readers' processes and the case, so
 * it stands behind all of them. */
#ifndef SPPTRIAGE_APP_INGEST_H
#define SPPTRIAGE_APP_INGEST_H

#include "app/options.h"
#include "base/error.h"
#include "case/casedb.h"
#include "intake/content.h"
#include "intake/walk.h"
#include "worker/pool.h"

/* Reads all entries in order, each by the reader of its kind; files that no magic tells have one,
 * of SOURCE_KIND_UNKNOWN, that finds out what they are. With --carve, what has no reader is read by
 * READER_CARVE. `readers` is by enum reader_id, NULL for those that there are not. A source that
 * the case has already, read under the same options and unchanged since (size, time, SHA-256 where
 * hashing is on), stays as it is. -1 is ERROR_RUN; sources read before it stay in the case. */
int ingest_run_with(const struct reader *const *readers, struct casedb *db, const struct walk *walk,
                    const struct options *options, struct error *err);

/* Reads files that no magic tells when they are to be searched (--carve): listings, else images. */
extern const struct reader ingest_image_reader;

/* The same with the readers that there are. */
int ingest_run(struct casedb *db, const struct walk *walk, const struct options *options,
               struct error *err);

/* ---- Between ingest.c and ingest_item.c ---- */

/* What all sources of a run share. */
struct ingest {
    struct casedb *db;
    const struct options *options;
    const struct reader *const *readers; /* by enum reader_id */
    char *read_options;                  /* owned: what a source has to be read again for */
    struct content_index *index;
    struct pool *pool;
};

/* One source on its way into the case. It is opened ahead of its turn, its jobs are handed to the
 * reader processes, and when its turn comes their results are put into the case: part by part, in
 * one transaction, or not at all where it turns out that the case has it already, or has another
 * source with its content. */
struct ingest_item;

/* Opens the entry's file and finds out what is to be done; the entry is borrowed. *out is owned.
 * -1 is ERROR_RUN; what goes wrong with the file is noted in the case when its turn comes. */
int ingest_item_open(struct ingest *ingest, const struct walk_entry *entry,
                     struct ingest_item **out, struct error *err);
void ingest_item_free(struct ingest_item *item);

/* Has the source a job that was not added to the pool? */
bool ingest_item_has_job(const struct ingest_item *item);

/* Adds the next one; the pool has room for it. */
void ingest_item_add_job(struct ingest *ingest, struct ingest_item *item);

enum ingest_step {
    INGEST_STEP_WAITS,   /* a job of it has more to do first */
    INGEST_STEP_GOES_ON, /* something was done; call it again */
    INGEST_STEP_DONE,    /* it is in the case */
};

/* Takes the next step of the source whose turn it is: of two sources, the one that was opened
 * first is brought to its end first. -1 is ERROR_RUN; nothing is left open then. */
int ingest_item_advance(struct ingest *ingest, struct ingest_item *item, enum ingest_step *step,
                        struct error *err);

#endif
