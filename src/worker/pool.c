/* SPDX-License-Identifier: Apache-2.0 */
/* Handing out. A reader that is idle gets the oldest waiting job; one that has yet to be forked
 * does, too. Where all are busy, a job is sent to a reader that still works on another one, so
 * that it does not wait for the parent in between; but only where both are short, as an idle
 * reader cannot take it over, and only behind an older job: a reader's jobs are in the order of
 * adding, so that the oldest of all is never behind one that stands still. */
#include "worker/pool.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "worker/process.h"
#include "worker/wire.h"

#define JOBS_A_READER 8 /* that there can be at a time, over all readers */
#define JOBS_LEAST 4
#define JOBS_MOST 512
#define JOBS_SENT_MOST 2 /* to one reader */
#define RETRY_MS 50      /* until a job that found no room is sent again */
#define TICK_MS 200      /* until the time of those at work is looked at again */
#define SHORT_WORK_BYTES (UINT64_C(64) * 1024 * 1024)
#define RECEIVE_BYTES ((size_t)128 * 1024)
#define DESCRIPTORS_ENOUGH 2048
#define DESCRIPTORS_OF_OTHERS 24 /* the case, the output folder, what is opened for a while */

/* No source has more observations than one in so many bytes, and more findings than one in so many
 * and a few on it as a whole. */
#define OBSERVATION_LEAST_BYTES 16
#define FINDING_LEAST_BYTES 4
#define FINDINGS_ON_WHOLE 16
/* Both together are no longer than so many times the source, and a few that stand for it as a
 * whole. */
#define SAID_TIMES_MOST 64
#define SAID_FREE_BYTES (UINT64_C(16) * 1024 * 1024)

/* A reader that gets this share of a core at least does not sleep. */
#define SLEEP_SHARE 64

/* Without a job a reader waits. One that worked all the same was taken over by its last job, and
 * gets no other source to see. */
#define UNASKED_MOST_MS 500

/* So many readers may end in a row before they have done anything. */
#define FALSE_STARTS_MOST 16

struct pool_job {
    struct pool_order order;
    uint64_t number; /* in the order of adding */
    bool done;
    bool drained;       /* at least once: its observations cannot be forgotten any more */
    struct pack frames; /* owned: observations and findings that were not drained, as they came */
    /* Of these, but for those that libevtx alone finds, which a second try does without: */
    uint64_t kept_count;       /* taken from all readers that worked on it, */
    uint64_t skip_count;       /* those that the reader at work will say again, */
    uint64_t counted_count;    /* and those that it has said */
    uint64_t received_count;   /* all that it has said, */
    uint64_t received_bytes;   /* and how long it was */
    size_t computers_bytes;    /* that it has said */
    struct pool_result result; /* its facts' computers, until it is done */
};

struct worker {
    struct process process;
    struct pack received;                  /* not looked at yet: less than a frame */
    struct pool_job *sent[JOBS_SENT_MOST]; /* to it, and not done; the first is at work */
    size_t sent_count;
    bool has_begun; /* it said so */
    /* Of the job at work, or of its rest since the last one: */
    uint64_t start_ms; /* its processor time then, */
    uint64_t seen_ms;  /* and when it was looked at last */
    uint64_t slept_ms;
};

struct pool {
    const struct reader *const *readers;
    struct sandbox *sandbox;
    const struct reader_options *options;
    struct hash *hash;
    struct worker *workers;
    size_t worker_count;
    struct pool_job **jobs; /* owned: all that were added and not removed */
    size_t job_count;
    size_t capacity;
    struct pool_job **waiting; /* those that were not handed out, by number */
    size_t waiting_count;
    uint64_t next_number;
    unsigned false_starts;
    struct error start_err; /* why no reader could be started */
    struct pack message;
    struct wire_observation observation;
    struct finding finding;
    struct pollfd *polled;
    struct worker **polled_workers;
    int watched; /* -1: nothing */
    short watched_events;
    uint64_t watched_ms;
    uint64_t looked_ms; /* when the time of those at work was looked at last */
};

/* Allows as many open files as it takes, and returns how many of them are to spare. */
static size_t allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < DESCRIPTORS_ENOUGH) {
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS_ENOUGH ? limit.rlim_max : DESCRIPTORS_ENOUGH;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur > DESCRIPTORS_OF_OTHERS ? limit.rlim_cur - DESCRIPTORS_OF_OTHERS : 0;
}

static size_t between(size_t least, size_t count, size_t most)
{
    if (count > most)
        count = most;
    return count < least ? least : count;
}

/* Each reader has a socket, and each job a file open. */
static void choose_counts(struct pool *pool, size_t reader_count)
{
    size_t spare = allow_descriptors();

    pool->worker_count = between(1, reader_count, spare / 2);
    pool->capacity = between(JOBS_LEAST, pool->worker_count * JOBS_A_READER, JOBS_MOST);
    pool->capacity = between(JOBS_LEAST, pool->capacity, spare - spare / 2);
}

int pool_new(size_t reader_count, const struct reader *const *readers, struct sandbox *sandbox,
             const struct reader_options *options, struct pool **out, struct error *err)
{
    struct hash *hash = hash_new(err);
    struct pool *pool;

    *out = NULL;
    if (hash == NULL)
        return -1;
    signal(SIGCHLD, SIG_DFL); /* whoever started us may have it ignored */
    pool = memory_allocate(1, sizeof(*pool));
    pool->readers = readers;
    pool->sandbox = sandbox;
    pool->options = options;
    pool->hash = hash;
    choose_counts(pool, reader_count);
    pool->workers = memory_allocate(pool->worker_count, sizeof(*pool->workers));
    pool->polled = memory_allocate(pool->worker_count + 1, sizeof(*pool->polled));
    pool->watched = -1;
    pool->polled_workers = memory_allocate(pool->worker_count, sizeof(struct worker *));
    pool->jobs = memory_allocate(pool->capacity, sizeof(*pool->jobs));
    pool->waiting = memory_allocate(pool->capacity, sizeof(*pool->waiting));
    *out = pool;
    return 0;
}

static void free_job(struct pool_job *job)
{
    source_facts_free_content(&job->result.facts);
    error_clear(&job->result.read_err);
    error_clear(&job->result.hash_err);
    free(job->result.crash);
    pack_free(&job->frames);
    free(job);
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (size_t index = 0; index < pool->worker_count; index++) {
        process_stop(&pool->workers[index].process);
        pack_free(&pool->workers[index].received);
    }
    for (size_t index = 0; index < pool->job_count; index++)
        free_job(pool->jobs[index]);
    wire_observation_free_content(&pool->observation);
    pack_free(&pool->message);
    error_clear(&pool->start_err);
    hash_free(pool->hash);
    free(pool->polled_workers);
    free(pool->polled);
    free(pool->waiting);
    free(pool->jobs);
    free(pool->workers);
    free(pool);
}

size_t pool_capacity(const struct pool *pool)
{
    return pool->capacity;
}

uint64_t pool_hashed_bytes(const struct pool *pool)
{
    return hash_all_bytes(pool->hash);
}

bool pool_has_room(const struct pool *pool)
{
    return pool->job_count < pool->capacity;
}

/* ---- Crashes ---- */

/* Lets a job wait, in its place by number. */
static void let_wait(struct pool *pool, struct pool_job *job)
{
    size_t place = pool->waiting_count++;

    for (; place > 0 && pool->waiting[place - 1]->number > job->number; place--)
        pool->waiting[place] = pool->waiting[place - 1];
    pool->waiting[place] = job;
}

/* Takes `crash`: how the reader ended that worked on the job. */
static void crash_job(struct pool *pool, struct pool_job *job, char *crash)
{
    struct pool_result *result = &job->result;

    free(result->crash);
    result->crash = crash;
    result->crash_count++;
    source_facts_free_content(&result->facts);
    job->computers_bytes = 0;
    job->received_count = 0;
    job->received_bytes = 0;
    job->counted_count = 0;
    job->done = result->crash_count == 2;
    if (job->done)
        return;
    if (!job->drained) {
        job->frames.length_bytes = 0;
        job->kept_count = 0;
    }
    job->skip_count = job->kept_count;
    let_wait(pool, job);
}

/* Ends a reader that hung up, or did wrong. Only the job at work is to blame. */
static void end_worker(struct pool *pool, struct worker *worker, const char *fault)
{
    char *crash = process_end(&worker->process, fault);

    worker->received.length_bytes = 0;
    for (size_t index = 1; index < worker->sent_count; index++)
        let_wait(pool, worker->sent[index]);
    if (worker->sent_count > 0)
        crash_job(pool, worker->sent[0], crash);
    else
        free(crash);
    worker->sent_count = 0;
    worker->has_begun = false;
    worker->start_ms = 0;
}

/* ---- Handing out ---- */

static bool is_short(const struct pool_job *job)
{
    return job->order.work_bytes <= SHORT_WORK_BYTES && job->result.crash_count == 0;
}

static bool can_queue(const struct worker *worker, const struct pool_job *job)
{
    const struct pool_job *last =
        worker->sent_count > 0 ? worker->sent[worker->sent_count - 1] : NULL;

    return last != NULL && worker->sent_count < JOBS_SENT_MOST && last->number < job->number &&
           is_short(last) && is_short(job);
}

/* Ends an idle reader that did not rest. */
static bool end_restless(struct pool *pool, struct worker *worker)
{
    if (process_time_ms(&worker->process) - worker->start_ms <= UNASKED_MOST_MS)
        return false;
    end_worker(pool, worker, "worked without a job");
    return true;
}

/* The reader that is to get the job, or NULL. Forks it if need be. */
static struct worker *choose_worker(struct pool *pool, const struct pool_job *job)
{
    struct worker *unborn = NULL;

    for (size_t index = 0; index < pool->worker_count; index++) {
        struct worker *worker = &pool->workers[index];

        if (worker->process.pid != 0 && worker->sent_count == 0 && !end_restless(pool, worker))
            return worker;
        if (worker->process.pid == 0 && unborn == NULL)
            unborn = worker;
    }
    error_clear(&pool->start_err);
    if (unborn != NULL && pool->false_starts < FALSE_STARTS_MOST &&
        process_start(&unborn->process, pool->sandbox, pool->readers, pool->hash,
                      &pool->start_err) == 0)
        return unborn;
    for (size_t index = 0; index < pool->worker_count; index++)
        if (can_queue(&pool->workers[index], job))
            return &pool->workers[index];
    return NULL;
}

static void pack_job(struct pool *pool, const struct pool_job *job)
{
    struct wire_job message = {.read = job->order.read,
                               .hash = job->order.hash,
                               .path = job->order.source->path,
                               .kind = job->order.source->kind,
                               .size_bytes = job->order.source->size_bytes,
                               .part = job->order.part,
                               .window = pool->options->window,
                               .verify = pool->options->verify,
                               .skip_reference =
                                   job->result.crash_count > 0 || pool->options->skip_reference};

    pool->message.length_bytes = 0;
    wire_add_job(&pool->message, &message);
}

/* From now on the first job of those that were sent is at work, or none is. */
static void begin_job(struct worker *worker)
{
    worker->start_ms = worker->seen_ms = process_time_ms(&worker->process);
    worker->slept_ms = 0;
}

/* Hands waiting jobs out until there is none, or no reader for the oldest. */
static void hand_out(struct pool *pool)
{
    struct worker *worker;

    while (pool->waiting_count > 0 && (worker = choose_worker(pool, pool->waiting[0])) != NULL) {
        struct pool_job *job = pool->waiting[0];
        int sent;

        pack_job(pool, job);
        sent = process_send(&worker->process, &pool->message, job->order.descriptor);
        /* One that is gone may have said all about the jobs that it had: that is heard first. */
        if (sent == 0 || (sent < 0 && worker->sent_count > 0))
            return;
        if (sent < 0) {
            /* It ended while it was idle: the job is not at fault. */
            pool->false_starts++;
            end_worker(pool, worker, NULL);
            continue;
        }
        worker->sent[worker->sent_count++] = job;
        if (worker->sent_count == 1)
            begin_job(worker);
        pool->waiting_count--;
        memmove(pool->waiting, pool->waiting + 1, pool->waiting_count * sizeof(*pool->waiting));
    }
}

struct pool_job *pool_add(struct pool *pool, const struct pool_order *order)
{
    struct pool_job *job = memory_allocate(1, sizeof(*job));

    assert(pool_has_room(pool));
    job->order = *order;
    job->number = pool->next_number++;
    pool->jobs[pool->job_count++] = job;
    let_wait(pool, job);
    hand_out(pool);
    return job;
}

/* ---- Receiving ---- */

/* Keeps a frame for pool_drain, unless it was kept when an earlier reader said it. */
static void keep_frame(struct pool_job *job, const struct wire_frame *frame)
{
    job->counted_count++;
    if (job->counted_count <= job->skip_count)
        return;
    job->kept_count++;
    wire_add_frame(&job->frames, frame);
}

/* What the reader of the source can find. Of what is still to be told, either. */
static bool can_hold(const struct pool_job *job, enum wire_type what)
{
    switch (source_kind_reader(job->order.source->kind)) {
    case READER_LOG:
    case READER_CARVE:
        return what == WIRE_OBSERVATION;
    case READER_DATASTORE:
    case READER_HIVE:
        return what == WIRE_FINDING;
    case READER_TEXT:
        return true;
    case READER_NONE:
    case READER_COUNT:
        break;
    }
    return false;
}

/* Can the job's reader say that, and so much? */
static bool may_say(struct pool_job *job, const struct wire_frame *frame, uint64_t most)
{
    job->received_bytes += frame->payload.left_bytes;
    return job->order.read && can_hold(job, frame->type) && job->received_count++ <= most &&
           (job->received_bytes <= SAID_FREE_BYTES ||
            (job->received_bytes - SAID_FREE_BYTES) / SAID_TIMES_MOST <=
                job->order.source->size_bytes);
}

static bool take_observation(struct pool *pool, struct pool_job *job,
                             const struct wire_frame *frame)
{
    if (!may_say(job, frame, job->order.source->size_bytes / OBSERVATION_LEAST_BYTES) ||
        !wire_read_observation(frame->payload, &pool->observation))
        return false;
    /* Without libevtx the second try says the same but for what libevtx alone found. */
    if (pool->observation.observation.reference_only)
        wire_add_frame(&job->frames, frame);
    else
        keep_frame(job, frame);
    return true;
}

static bool take_finding(struct pool *pool, struct pool_job *job, const struct wire_frame *frame)
{
    if (!may_say(job, frame,
                 job->order.source->size_bytes / FINDING_LEAST_BYTES + FINDINGS_ON_WHOLE) ||
        !wire_read_finding(frame->payload, &pool->finding))
        return false;
    keep_frame(job, frame);
    return true;
}

/* Of what records are, only what holds events has anything; all of it together is bounded. */
static bool may_describe(struct pool_job *job, struct span payload)
{
    job->computers_bytes += WIRE_HEADER_BYTES + payload.left_bytes;
    return job->order.read && can_hold(job, WIRE_OBSERVATION) &&
           job->computers_bytes <= WIRE_COMPUTERS_MAX_BYTES;
}

static bool take_computer(struct pool_job *job, struct span payload)
{
    struct source_facts *facts = &job->result.facts;
    struct computer_facts computer;

    if (!may_describe(job, payload) || !wire_read_computer(payload, &computer))
        return false;
    facts->computers =
        memory_grow(facts->computers, facts->computer_count, sizeof(*facts->computers));
    facts->computers[facts->computer_count++] = computer;
    return true;
}

static bool take_span(struct pool_job *job, struct span payload)
{
    struct source_facts *facts = &job->result.facts;
    struct record_span span;

    if (!may_describe(job, payload) || facts->span_count == RECORD_SPANS_MOST ||
        !wire_read_span(payload, facts->computer_count, &span))
        return false;
    source_facts_add_span(facts, &span);
    return true;
}

static bool take_mark(struct pool_job *job, struct span payload)
{
    struct source_facts *facts = &job->result.facts;
    struct record_mark mark;

    if (!may_describe(job, payload) || facts->mark_count == RECORD_MARKS_MOST ||
        !wire_read_mark(payload, facts->computer_count, &mark))
        return false;
    source_facts_add_mark(facts, &mark);
    return true;
}

/* Moves what the reader said to the job's result. */
static void keep_result(struct pool_job *job, struct wire_result *said)
{
    struct pool_result *result = &job->result;

    said->facts.computers = result->facts.computers;
    said->facts.computer_count = result->facts.computer_count;
    said->facts.spans = result->facts.spans;
    said->facts.span_count = result->facts.span_count;
    said->facts.marks = result->facts.marks;
    said->facts.mark_count = result->facts.mark_count;
    result->facts = said->facts;
    result->read_err = said->read_err;
    result->hash_err = said->hash_err;
    if (said->has_hash)
        hash_write_hex(said->hash, result->sha256);
}

/* Is the result one of the job? A reader tells the kind of sources alone of which it was not known,
 * and says nothing else of those that are not read. */
static bool is_result_of(const struct pool_job *job, const struct wire_result *said)
{
    bool is_unread = source_facts_tell_unread(&said->facts);

    return said->computer_count == job->result.facts.computer_count &&
           said->span_count == job->result.facts.span_count &&
           said->mark_count == job->result.facts.mark_count &&
           said->has_hash == (job->order.hash && said->hash_err.kind == ERROR_NONE && !is_unread) &&
           (said->facts.kind == SOURCE_KIND_NONE ||
            job->order.source->kind == SOURCE_KIND_UNKNOWN) &&
           (!is_unread ||
            (said->facts.status == SOURCE_STATUS_SKIPPED && job->received_count == 0));
}

static bool take_result(struct pool *pool, struct worker *worker, struct span payload)
{
    struct pool_job *job = worker->sent[0];
    struct wire_result said;

    if (!wire_read_result(payload, &said))
        return false;
    if (!is_result_of(job, &said)) {
        wire_result_free_content(&said);
        return false;
    }
    keep_result(job, &said);
    job->done = true;
    pool->false_starts = 0;
    worker->sent_count--;
    memmove(worker->sent, worker->sent + 1, worker->sent_count * sizeof(worker->sent[0]));
    begin_job(worker);
    return true;
}

static bool take_begin(struct pool *pool, struct worker *worker, const struct wire_frame *frame)
{
    uint32_t refused;

    if (frame->type != WIRE_BEGIN || !wire_read_begin(frame->payload, &refused))
        return false;
    sandbox_tell_refused(pool->sandbox, refused);
    worker->has_begun = true;
    return true;
}

/* Takes a frame. Returns false when it is none that the reader may send now. */
static bool take_frame(struct pool *pool, struct worker *worker, const struct wire_frame *frame)
{
    if (!worker->has_begun)
        return take_begin(pool, worker, frame);
    if (worker->sent_count == 0)
        return false;
    switch (frame->type) {
    case WIRE_JOB:
    case WIRE_BEGIN:
        return false;
    case WIRE_OBSERVATION:
        return take_observation(pool, worker->sent[0], frame);
    case WIRE_FINDING:
        return take_finding(pool, worker->sent[0], frame);
    case WIRE_COMPUTER:
        return take_computer(worker->sent[0], frame->payload);
    case WIRE_SPAN:
        return take_span(worker->sent[0], frame->payload);
    case WIRE_MARK:
        return take_mark(worker->sent[0], frame->payload);
    case WIRE_RESULT:
        return take_result(pool, worker, frame->payload);
    }
    return false;
}

/* Takes all frames that have arrived whole. Returns false when one is malformed. */
static bool take_frames(struct pool *pool, struct worker *worker)
{
    struct pack *received = &worker->received;
    struct span at = span_of(received->bytes, received->length_bytes, 0);
    struct wire_frame frame;
    int next;

    while ((next = wire_next_frame(&at, &frame)) == 1)
        if (!take_frame(pool, worker, &frame))
            return false;
    pack_drop(received, received->length_bytes - at.left_bytes);
    return next == 0;
}

static void receive(struct pool *pool, struct worker *worker)
{
    struct pack *received = &worker->received;
    ssize_t got;

    pack_reserve(received, RECEIVE_BYTES);
    got = recv(worker->process.socket, received->bytes + received->length_bytes, RECEIVE_BYTES, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        end_worker(pool, worker, NULL);
        return;
    }
    received->length_bytes += (size_t)got;
    if (!take_frames(pool, worker))
        end_worker(pool, worker, "a malformed message");
}

/* Is the reader to be heard? Not while its job stands still. */
static bool is_heard(const struct worker *worker)
{
    return worker->process.pid != 0 &&
           (worker->sent_count == 0 || pool_job_state(worker->sent[0]) != POOL_STATE_FULL);
}

/* ---- Time ---- */

static bool is_at_work(const struct worker *worker)
{
    return is_heard(worker) && worker->sent_count > 0;
}

/* Looks how much time the reader has taken for the job at work, and ends it where that is too
 * much. */
static void look_at_time(struct pool *pool, struct worker *worker)
{
    const struct pool_job *job = worker->sent[0];
    uint64_t time_ms = sandbox_time_ms(pool->sandbox, job->order.work_bytes);
    uint64_t sleep_ms = sandbox_sleep_ms(pool->sandbox, job->order.work_bytes);
    uint64_t taken_ms = process_time_ms(&worker->process);
    uint64_t awake_ms = (taken_ms - worker->seen_ms) * SLEEP_SHARE;
    char *fault = NULL;

    worker->seen_ms = taken_ms;
    worker->slept_ms -= awake_ms < worker->slept_ms ? awake_ms : worker->slept_ms;
    if (taken_ms - worker->start_ms > time_ms)
        fault = memory_format("took longer than %g s of processor time (--limit time)",
                              (double)time_ms / 1000);
    else if (worker->slept_ms > sleep_ms)
        fault = memory_format("did nothing for %g s (--limit time)", (double)sleep_ms / 1000);
    if (fault != NULL)
        end_worker(pool, worker, fault);
    free(fault);
}

static void look_at_times(struct pool *pool)
{
    uint64_t now = process_clock_ms();

    if (now - pool->looked_ms < TICK_MS)
        return;
    pool->looked_ms = now;
    for (size_t index = 0; index < pool->worker_count; index++)
        if (is_at_work(&pool->workers[index]))
            look_at_time(pool, &pool->workers[index]);
}

/* Adds the time that the parent has waited; what a machine slept, or a stopped process, is not
 * theirs. */
static void add_waited(struct pool *pool, size_t polled_count, uint64_t waited_ms)
{
    bool is_watched_alone = pool->watched >= 0;

    if (waited_ms > 2 * TICK_MS)
        waited_ms = 2 * TICK_MS;
    for (size_t index = 0; index < polled_count; index++)
        if (is_at_work(pool->polled_workers[index])) {
            pool->polled_workers[index]->slept_ms += waited_ms;
            is_watched_alone = false;
        }
    if (is_watched_alone)
        pool->watched_ms += waited_ms;
}

/* ---- Waiting ---- */

void pool_watch(struct pool *pool, int descriptor, bool wants_room)
{
    if (descriptor < 0)
        pool->watched_ms = 0;
    pool->watched = descriptor;
    pool->watched_events = (short)(wants_room ? POLLIN | POLLOUT : POLLIN);
}

uint64_t pool_watched_ms(const struct pool *pool)
{
    return pool->watched_ms;
}

/* Polls the readers that are heard, and what is watched; returns how many readers, or -1. */
static ssize_t poll_all(struct pool *pool, bool block, struct error *err)
{
    bool is_watching = pool->watched >= 0;
    uint64_t start_ms = process_clock_ms();
    size_t count = 0;
    int timeout_ms = pool->waiting_count > 0 ? RETRY_MS : TICK_MS;

    for (size_t index = 0; index < pool->worker_count; index++) {
        struct worker *worker = &pool->workers[index];

        if (!is_heard(worker))
            continue;
        pool->polled[count] = (struct pollfd){.fd = worker->process.socket, .events = POLLIN};
        pool->polled_workers[count++] = worker;
    }
    if (count == 0 && block && !is_watching)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s",
                         pool->start_err.kind != ERROR_NONE
                             ? pool->start_err.message
                             : "reader processes end as soon as they are started");
    pool->polled[count] = (struct pollfd){.fd = pool->watched, .events = pool->watched_events};
    if (poll(pool->polled, count + is_watching, block ? timeout_ms : 0) < 0) {
        if (errno != EINTR)
            return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot wait for the readers: %m");
        return 0;
    }
    if (pool->polled[count].revents != 0)
        pool->watched_ms = 0;
    add_waited(pool, count, process_clock_ms() - start_ms);
    return (ssize_t)count;
}

int pool_wait(struct pool *pool, bool block, struct error *err)
{
    ssize_t count;

    hand_out(pool);
    count = poll_all(pool, block, err);
    if (count < 0)
        return -1;
    for (ssize_t index = 0; index < count; index++)
        if (pool->polled[index].revents != 0)
            receive(pool, pool->polled_workers[index]);
    look_at_times(pool);
    hand_out(pool);
    return 0;
}

/* ---- Taking ---- */

enum pool_state pool_job_state(const struct pool_job *job)
{
    if (job->done)
        return POOL_STATE_DONE;
    return job->frames.length_bytes >= POOL_GATHERED_BYTES ? POOL_STATE_FULL : POOL_STATE_WORKING;
}

/* All were found well formed when they came. */
static int hand_on(struct pool *pool, const struct wire_frame *frame, const struct sink *sink,
                   struct error *err)
{
    struct wire_observation *observation = &pool->observation;

    if (frame->type == WIRE_FINDING && wire_read_finding(frame->payload, &pool->finding))
        return sink->finding(sink->context, &pool->finding, err);
    if (frame->type == WIRE_OBSERVATION && wire_read_observation(frame->payload, observation))
        return sink->observation(sink->context, observation->event, &observation->observation, err);
    return 0;
}

int pool_drain(struct pool *pool, struct pool_job *job, const struct sink *sink, struct error *err)
{
    struct span at = span_of(job->frames.bytes, job->frames.length_bytes, 0);
    struct wire_frame frame;
    int result = 0;

    while (result == 0 && wire_next_frame(&at, &frame) == 1)
        result = hand_on(pool, &frame, sink, err);
    job->drained = true;
    job->frames.length_bytes = 0;
    return result;
}

struct pool_result *pool_job_result(struct pool_job *job)
{
    return &job->result;
}

void pool_remove(struct pool *pool, struct pool_job *job)
{
    size_t place = 0;

    assert(job->done);
    while (pool->jobs[place] != job)
        place++;
    pool->jobs[place] = pool->jobs[--pool->job_count];
    free_job(job);
}
