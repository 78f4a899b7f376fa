/* SPDX-License-Identifier: Apache-2.0 */
/* Sources are opened and their jobs handed out ahead of the one whose turn it is, as far as the
 * pool has room. Their turns come in the order of the walk, so what the case gets does not depend
 * on how many readers there are, or how fast they are. */
#include "app/ingest.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/ingest_queue.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "ese/datastore.h"
#include "evtx/carve.h"
#include "evtx/log.h"
#include "text/listing.h"

/* Sources that were opened, in the order of their turns: a ring. */
struct queue {
    struct pending **places; /* owned */
    size_t capacity;
    size_t first;
    size_t count;
};

static struct pending *queue_at(const struct queue *queue, size_t index)
{
    return queue->places[(queue->first + index) % queue->capacity];
}

static void queue_add(struct queue *queue, struct pending *pending)
{
    queue->places[(queue->first + queue->count++) % queue->capacity] = pending;
}

/* Frees the first one. */
static void queue_drop(struct queue *queue)
{
    pending_free(queue_at(queue, 0));
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
}

/* Opens sources and hands out their jobs as far as there is room; *opened counts the entries. */
static int fill(struct reading *reading, const struct walk *walk, struct queue *queue,
                size_t *opened, struct error *err)
{
    while (pool_has_room(reading->pool)) {
        struct pending *last = queue->count > 0 ? queue_at(queue, queue->count - 1) : NULL;
        int result;

        if (last != NULL && pending_has_job(last)) {
            pending_add_job(reading, last);
            continue;
        }
        if (queue->count == queue->capacity || *opened == walk->entry_count)
            break;
        result = pending_open(reading, &walk->entries[(*opened)++], &last, err);
        queue_add(queue, last);
        if (result != 0)
            return -1;
    }
    return 0;
}

static bool wants_progress(const struct options *options)
{
    return !options->quiet && (options->progress == PROGRESS_ALWAYS ||
                               (options->progress == PROGRESS_AUTO && isatty(STDERR_FILENO)));
}

static int read_all(struct reading *reading, const struct walk *walk, struct queue *queue,
                    struct error *err)
{
    bool show_progress = wants_progress(reading->options);
    size_t opened = 0, done = 0;
    int result = 0;

    while (result == 0 && done < walk->entry_count) {
        enum pending_step step = PENDING_DONE;

        result = fill(reading, walk, queue, &opened, err);
        if (result == 0)
            result = pending_advance(reading, queue_at(queue, 0), &step, err);
        if (result == 0 && step == PENDING_DONE) {
            queue_drop(queue);
            done++;
            if (show_progress)
                fprintf(stderr, "\rreading %zu of %zu", done, walk->entry_count);
        }
        /* While there is something to do, readers that have done theirs get more all the same. */
        if (result == 0 && done < walk->entry_count)
            result = pool_wait(reading->pool, step == PENDING_WAITS, err);
    }
    if (show_progress)
        fputc('\n', stderr);
    return result;
}

/* The window decides which clock steps are kept, --verify what counts as damage, --carve what is
 * read at all. */
static char *describe_read_options(const struct options *options)
{
    struct text text = {0};

    filetime_add_text(&text, options->window.start_filetime);
    text_add(&text, "/");
    filetime_add_text(&text, options->window.end_filetime);
    text_add(&text, options->verify ? " every checksum" : "");
    text_add(&text, options->carve ? " carve" : "");
    return text_take(&text);
}

/* As many as were asked for, or one a core that this process may run on. */
static size_t count_readers(const struct options *options)
{
    cpu_set_t cores;
    size_t count = 1;

    if (options->jobs > 0)
        return options->jobs;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0 && CPU_COUNT(&cores) > 0)
        count = (size_t)CPU_COUNT(&cores);
    return count < POOL_READERS_MOST ? count : POOL_READERS_MOST;
}

int reading_run_with(const struct reader *const *readers, struct casedb *db,
                     const struct walk *walk, const struct options *options, struct error *err)
{
    struct reader_options reader_options = {.window = options->window, .verify = options->verify};
    struct reading reading = {.db = db, .options = options, .readers = readers};
    struct queue queue = {0};
    int result;

    if (pool_new(count_readers(options), readers, &reader_options, &reading.pool, err) != 0)
        return -1;
    reading.read_options = describe_read_options(options);
    reading.twins = twins_new();
    queue.capacity = pool_capacity(reading.pool);
    queue.places = memory_allocate(queue.capacity, sizeof(struct pending *));
    result = read_all(&reading, walk, &queue, err);
    pool_free(reading.pool);
    while (queue.count > 0)
        queue_drop(&queue);
    free(queue.places);
    twins_free(reading.twins);
    free(reading.read_options);
    return result;
}

int reading_run(struct casedb *db, const struct walk *walk, const struct options *options,
                struct error *err)
{
    static const struct reader *const readers[] = {&evtx_log_reader, &evtx_carve_reader,
                                                   &datastore_reader, &listing_reader, NULL};

    listing_prepare();
    return reading_run_with(readers, db, walk, options, err);
}
