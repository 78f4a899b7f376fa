/* SPDX-License-Identifier: Apache-2.0 */
/* pool: reader processes, and the jobs that they do. The parent (this process) opens sources and
 * writes the case; the readers parse (worker/process.h). A reader is forked when there is a job for
 * it and then does job after job, so that small sources do not cost a process each.
 *
 * How to use it: add jobs in the order in which their results are to come, as long as the pool has
 * room; wait; take the oldest jobs' observations and results, and remove them. A job that is not
 * the oldest gathers its observations up to POOL_GATHERED_BYTES and then stands still until it is
 * drained, so memory is bounded. The oldest job has always been handed out, or is the next to be,
 * and never waits for another one: as long as the caller drains it, all goes on.
 *
 * A reader that ends, or says what is malformed (worker/wire.h), has crashed: it is killed and
 * replaced, and its job is tried once more without libevtx (skip_reference). What the caller has
 * drained already is then skipped by count, as the order of observations is always the same; what
 * it has not drained is forgotten. When that fails, too, the job is given up.
 *
 * So has one that takes more time for its job than the sandbox (worker/sandbox.h) allows: processor
 * time, so that a busy machine does no harm, and, for one that sleeps, time that the parent spent
 * waiting for it. A job that stands still until it is drained costs neither.
 *
 * Readers die with the parent, however that ends. */
#ifndef SPPTRIAGE_WORKER_POOL_H
#define SPPTRIAGE_WORKER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/reader.h"
#include "worker/hash.h"
#include "worker/sandbox.h"

/* Observations that a job gathers before it has to be drained; a few messages more may come. */
#define POOL_GATHERED_BYTES ((size_t)256 * 1024)

#define POOL_READERS_MOST 256

struct pool;
struct pool_job;

/* Makes a pool of up to `reader_count` readers, none of which is forked yet. `readers` is an array
 * by enum reader_id, NULL for those that there are not, and borrowed as long as the pool lives, as
 * are the sandbox and the options (which have no byte sink). -1 (ERROR_RUN) where libcrypto has no
 * SHA-256. */
int pool_new(size_t reader_count, const struct reader *const *readers, struct sandbox *sandbox,
             const struct reader_options *options, struct pool **out, struct error *err);

/* Ends the readers and frees all jobs. Accepts NULL. */
void pool_free(struct pool *pool);

/* How many jobs there can be at a time, four at least, and is there room for one more? */
size_t pool_capacity(const struct pool *pool);
bool pool_has_room(const struct pool *pool);

/* How many bytes the readers have hashed so far, as hash_all_bytes. */
uint64_t pool_hashed_bytes(const struct pool *pool);

/* What is to be done. The source and the descriptor are borrowed until the job is removed. */
struct pool_order {
    const struct source *source;
    int descriptor;
    uint64_t part;
    bool read;           /* the part */
    bool hash;           /* the whole source */
    uint64_t work_bytes; /* about so many bytes are looked at */
};

/* Adds a job; there must be room. It is the pool's; see pool_remove. */
struct pool_job *pool_add(struct pool *pool, const struct pool_order *order);

/* Hands jobs to readers and takes what they say; with `block`, waits until one says something (some
 * job is at work then, and the oldest is not full). -1 is ERROR_RUN: no
 * process can be started. */
int pool_wait(struct pool *pool, bool block, struct error *err);

/* Whoever waits also wakes when something comes to this descriptor (borrowed; -1 for none), and,
 * where `wants_room`, when it takes something. */
void pool_watch(struct pool *pool, int descriptor, bool wants_room);

/* How long the pool has waited for that descriptor since something came to it, or none was watched,
 * while there was nothing else to wait for. */
uint64_t pool_watched_ms(const struct pool *pool);

enum pool_state {
    POOL_STATE_WORKING,
    POOL_STATE_FULL, /* drain it: it stands still */
    POOL_STATE_DONE,
};
enum pool_state pool_job_state(const struct pool_job *job);

/* Hands the observations gathered so far to the sink, and forgets them. -1 when the sink says so.
 */
int pool_drain(struct pool *pool, struct pool_job *job, const struct sink *sink, struct error *err);

/* What came of a job. */
struct pool_result {
    struct source_facts facts;  /* of the part; nothing when given up */
    struct error read_err;      /* why the part could not be read at all: ERROR_SOURCE, or none */
    struct error hash_err;      /* why there is no hash, though one was asked for */
    char sha256[HASH_HEX_SIZE]; /* "" without one */
    unsigned crash_count;       /* readers that ended over it: 0, 1 (then it was done without
                                 * libevtx), or 2 (given up) */
    char *crash;                /* owned: why the last of them ended, or NULL */
};

/* The result of a job that is done; the caller may take what it owns. Borrowed until removed. */
struct pool_result *pool_job_result(struct pool_job *job);

/* Forgets a job that is done. */
void pool_remove(struct pool *pool, struct pool_job *job);

#endif
