/* SPDX-License-Identifier: Apache-2.0 */
/* ingest: takes the files of a walk into the case, each through the reader of its kind. Every
 * entry gets its row, whatever becomes of it. It knows intake, readers' processes and the case, so
 * it stands behind all of them. */
#ifndef SPPTRIAGE_APP_INGEST_H
#define SPPTRIAGE_APP_INGEST_H

#include "app/options.h"
#include "app/progress.h"
#include "base/error.h"
#include "case/casedb.h"
#include "intake/content.h"
#include "intake/segments.h"
#include "intake/walk.h"
#include "worker/pool.h"
#include "worker/unpack.h"

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

struct ingest_container;

/* What all sources of a run share. */
struct ingest {
    struct casedb *db;
    const struct options *options;
    const struct reader *const *readers; /* by enum reader_id */
    char *read_options;                  /* owned: what a source has to be read again for */
    struct content_index *index;
    struct sandbox sandbox; /* of the processes */
    struct pool *pool;
    struct hash *hash; /* of this process, and for those that unpack */
    const struct walk *walk;
    struct progress *progress;          /* or NULL */
    uint64_t hashed_bytes;              /* by readers, of sources that are in the case */
    struct segments_found segments;     /* of the image that was met last */
    struct ingest_container *container; /* that is unpacked at the time, or NULL */
    struct ingest_paths *members;       /* of all containers of this run */
    uint64_t container_count;           /* that were unpacked in it */
    char **kept; /* owned: `FOLDER/` and `CONTAINER!/` of those of which a fault hides what they
                  * hold: what the case has of them stays */
    size_t kept_count;
    int64_t *kept_ids; /* owned: of the sources that stay in the case though they cannot be read */
    size_t kept_id_count;
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
void ingest_item_free(struct ingest *ingest, struct ingest_item *item);

/* Is it a container that is to be unpacked? Then its own turn comes after those of its members. */
bool ingest_item_is_container(const struct ingest_item *item);

/* Is it a file that lies there without its holes, beside the map of them? Its one member is then
 * the source, in its place. */
bool ingest_item_is_sparse(const struct ingest_item *item);

/* The map was none, so the file is read as it is. -1 is ERROR_RUN. */
int ingest_item_read_as_it_is(struct ingest *ingest, struct ingest_item *item, struct error *err);

/* Has an archive hashed, by a job for which there is room: all its bytes are read. Of an image they
 * are not. */
void ingest_item_hash_container(struct ingest *ingest, struct ingest_item *item);

/* What is open of the item, borrowed: its file, and the source, of which `path` is the one that it
 * has in the case. */
int ingest_item_descriptor(const struct ingest_item *item);
const struct source *ingest_item_source(const struct ingest_item *item);

/* How many of the item's bytes were among those that the walk found, and how many of these were
 * read into the case so far. */
uint64_t ingest_item_found_bytes(const struct ingest_item *item);
uint64_t ingest_item_taken_bytes(const struct ingest_item *item);

/* How many a reader has hashed, once its turn is over. */
uint64_t ingest_item_hashed_bytes(const struct ingest_item *item);

/* Says what became of a container that was unpacked. `detail` is copied. A plain image is searched
 * as well, with --carve: then it has jobs from now on. */
void ingest_item_settle_container(struct ingest *ingest, struct ingest_item *item,
                                  enum source_status status, const char *detail);

/* Makes an item of what the process that unpacks said (UNPACK_MEMBER, UNPACK_UNREAD, or
 * UNPACK_CONTAINER of a container in it). `path` is its own, taken over, as is the descriptor. */
struct ingest_item *ingest_item_of_member(struct ingest *ingest,
                                          const struct unpack_message *message, char *path,
                                          int descriptor);

/* Says how far a streamed member is there now; and that no more will come, with its hash or "", and
 * why not all of it came, or "". The first returns whether that is more than before, and not too
 * much. */
bool ingest_item_fill(struct ingest_item *item, uint64_t filled_bytes);
void ingest_item_fill_all(struct ingest_item *item, uint64_t filled_bytes, const char *sha256,
                          const char *detail);

/* Has the source a job that was not added to the pool? */
bool ingest_item_has_job(const struct ingest_item *item);

/* Adds the next one; the pool has room for it. */
void ingest_item_add_job(struct ingest *ingest, struct ingest_item *item);

/* Says of a streamed member that the process ended which filled it. */
void ingest_item_break_off(struct ingest_item *item);

/* Is the source of an entry, but for what a fault of the system hides, as the case has it? 1 and 0,
 * or -1. */
int ingest_item_is_known(struct ingest *ingest, const struct ingest_item *item, struct error *err);

/* ---- Containers (ingest_container.c) ---- */

/* Begins to unpack the container that the item is, which is taken over. Where a part of it is
 * missing it ends at once, and *out is it again; else NULL. -1 is ERROR_RUN. */
int ingest_container_begin(struct ingest *ingest, struct ingest_item *item,
                           struct ingest_item **out, struct error *err);

/* Takes what the process that unpacks says next: -1 (ERROR_RUN); 1, and *out is the next item,
 * owned, or NULL where it was only about the last one; 0 when it says nothing now. With the last
 * item, that of the container itself, the container ends. */
int ingest_container_next(struct ingest *ingest, struct ingest_item **out, struct error *err);

/* Sets *out to how far that one is. An image of which files are taken is not read to its end. */
void ingest_container_progress(const struct ingest *ingest, struct progress_item *out);

/* Is the one that is unpacked at the time as it was in an earlier run? */
bool ingest_container_is_known(const struct ingest *ingest);

/* What is to be watched for more, or -1. */
int ingest_container_descriptor(const struct ingest *ingest);
/* Has it something to be told that found no room? */
bool ingest_container_wants_room(const struct ingest *ingest);

/* Tells the process of the container `number` that so many bytes are not needed any more. */
void ingest_container_give_back(struct ingest *ingest, uint64_t number, uint64_t size_bytes);
uint64_t ingest_container_number(const struct ingest *ingest);

/* Ends it, whatever it does. */
void ingest_container_stop(struct ingest *ingest);

/* The paths of members that were met in this run. */
struct ingest_paths *ingest_paths_new(void);
void ingest_paths_free(struct ingest_paths *paths);
/* Takes the path of a member, owned; where it was met already, or is that of a file, one with a
 * number behind it is returned in its place, owned. */
char *ingest_paths_add(struct ingest_paths *paths, const struct walk *walk, char *path);
/* What the case has of the container at the path stays, whether it is met or not. */
void ingest_keep_members(struct ingest *ingest, const char *path);
/* Once all was read: deletes from the case what lay in containers and was not met in this run, and
 * brings what was met in their order into that of the paths. */
int ingest_settle_members(struct ingest *ingest, const struct walk *walk, struct error *err);

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
