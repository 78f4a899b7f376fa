/* SPDX-License-Identifier: Apache-2.0 */
/* Sources are opened and their jobs handed out ahead of the one whose turn it is, as far as the
 * pool has room. Their turns come in the order of the walk, and within a container in its own, so
 * what the case gets does not depend on how many readers there are, or how fast they are. */
#include "app/ingest.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/stop.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "ese/datastore.h"
#include "evtx/readers.h"
#include "hive/hive.h"
#include "text/text_reader.h"

/* Sources that were opened, in the order of their turns: a ring. */
struct ingest_queue {
    struct ingest_item **places; /* owned */
    size_t capacity;
    size_t first;
    size_t count;
};

static struct ingest_item *queue_at(const struct ingest_queue *queue, size_t index)
{
    return queue->places[(queue->first + index) % queue->capacity];
}

static void queue_add(struct ingest_queue *queue, struct ingest_item *item)
{
    queue->places[(queue->first + queue->count++) % queue->capacity] = item;
}

/* Frees the first one. */
static void queue_drop(struct ingest *ingest, struct ingest_queue *queue)
{
    ingest_item_free(ingest, queue_at(queue, 0));
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
}

/* How far the entries of the walk came. */
struct ingest_turn {
    size_t opened;
    bool waits_for_unpacking; /* what comes next is still to be unpacked */
};

/* Opens the next entry; a container begins to be unpacked. */
static int open_entry(struct ingest *ingest, const struct walk_entry *entry,
                      struct ingest_queue *queue, struct error *err)
{
    struct ingest_item *item;
    int result = ingest_item_open(ingest, entry, &item, err);

    if (result == 0 && ingest_item_is_container(item))
        result = ingest_container_begin(ingest, item, &item, err);
    if (item != NULL)
        queue_add(queue, item);
    return result;
}

/* Opens sources and hands out their jobs as far as there is room. */
static int fill(struct ingest *ingest, const struct walk *walk, struct ingest_queue *queue,
                struct ingest_turn *turn, struct error *err)
{
    turn->waits_for_unpacking = false;
    while (pool_has_room(ingest->pool)) {
        struct ingest_item *last = queue->count > 0 ? queue_at(queue, queue->count - 1) : NULL;

        if (last != NULL && ingest_item_has_job(last)) {
            ingest_item_add_job(ingest, last);
        } else if (queue->count == queue->capacity) {
            break;
        } else if (ingest->container != NULL) {
            int taken = ingest_container_next(ingest, &last, err);

            if (last != NULL)
                queue_add(queue, last);
            if (taken < 0)
                return -1;
            turn->waits_for_unpacking = taken == 0;
            if (taken == 0)
                break;
        } else if (turn->opened == walk->entry_count) {
            break;
        } else if (open_entry(ingest, &walk->entries[turn->opened++], queue, err) != 0) {
            return -1;
        }
    }
    pool_watch(ingest->pool, turn->waits_for_unpacking ? ingest_container_descriptor(ingest) : -1,
               ingest_container_wants_room(ingest));
    return 0;
}

static bool is_done(const struct ingest *ingest, const struct walk *walk,
                    const struct ingest_queue *queue, const struct ingest_turn *turn)
{
    return queue->count == 0 && ingest->container == NULL && turn->opened == walk->entry_count;
}

/* Takes the next step of the source whose turn it is, if there is one. */
static int advance(struct ingest *ingest, struct ingest_queue *queue, enum ingest_step *step,
                   struct error *err)
{
    *step = INGEST_STEP_WAITS;
    if (queue->count == 0)
        return 0;
    if (ingest_item_advance(ingest, queue_at(queue, 0), step, err) != 0)
        return -1;
    if (*step == INGEST_STEP_DONE) {
        ingest->hashed_bytes += ingest_item_hashed_bytes(queue_at(queue, 0));
        progress_count_done(ingest->progress, ingest_item_found_bytes(queue_at(queue, 0)));
        queue_drop(ingest, queue);
    }
    return 0;
}

/* How much of the source whose turn it is was done: where its bytes are hashed, too, half of it is
 * that, and of what readers have hashed ahead of the case, its own comes first. */
static uint64_t count_done_bytes(const struct ingest *ingest, const struct ingest_item *item)
{
    uint64_t taken_bytes = ingest_item_taken_bytes(item);
    uint64_t size_bytes = ingest_item_found_bytes(item);
    uint64_t all_bytes = pool_hashed_bytes(ingest->pool);
    uint64_t ahead_bytes = all_bytes > ingest->hashed_bytes ? all_bytes - ingest->hashed_bytes : 0;

    if (!ingest->options->hash)
        return taken_bytes;
    return (taken_bytes + (ahead_bytes < size_bytes ? ahead_bytes : size_bytes)) / 2;
}

/* Shows how far it all is: what is at work is the container that is unpacked, or the source whose
 * turn it is. */
static void show_progress(const struct ingest *ingest, const struct ingest_queue *queue)
{
    struct progress_item at_work = {0};

    if (ingest->progress == NULL)
        return;
    if (ingest->container != NULL) {
        ingest_container_progress(ingest, &at_work);
    } else if (queue->count > 0) {
        const struct ingest_item *item = queue_at(queue, 0);

        at_work = (struct progress_item){.path = ingest_item_source(item)->path,
                                         .done_bytes = count_done_bytes(ingest, item),
                                         .size_bytes = ingest_item_found_bytes(item)};
    }
    progress_show(ingest->progress, &at_work);
}

/* How many entries of the walk are in the case, at the least: members of containers stand in the
 * queue, too. */
static size_t count_done(const struct ingest *ingest, const struct ingest_queue *queue,
                         const struct ingest_turn *turn)
{
    size_t waiting = queue->count + (ingest->container != NULL ? 1 : 0);

    return turn->opened > waiting ? turn->opened - waiting : 0;
}

static int read_all(struct ingest *ingest, const struct walk *walk, struct ingest_queue *queue,
                    struct error *err)
{
    struct ingest_turn turn = {0};
    int result = 0;

    while (result == 0 && !is_done(ingest, walk, queue, &turn)) {
        enum ingest_step step;

        result = fill(ingest, walk, queue, &turn, err);
        if (result == 0)
            result = advance(ingest, queue, &step, err);
        show_progress(ingest, queue);
        stop_count_sources(count_done(ingest, queue, &turn), walk->entry_count);
        /* While there is something to do, readers that have done theirs get more all the same. */
        if (result == 0 && !is_done(ingest, walk, queue, &turn))
            result = pool_wait(ingest->pool, step == INGEST_STEP_WAITS, err);
    }
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

int ingest_run_with(const struct reader *const *readers, struct casedb *db, const struct walk *walk,
                    const struct options *options, struct error *err)
{
    struct reader_options reader_options = {.window = options->window, .verify = options->verify};
    struct ingest ingest = {.db = db,
                            .options = options,
                            .sandbox = options->sandbox,
                            .readers = readers,
                            .walk = walk};
    struct ingest_queue queue = {0};
    int result;

    if (pool_new(count_readers(options), readers, &ingest.sandbox, &reader_options, &ingest.pool,
                 err) != 0)
        return -1;
    ingest.hash = hash_new(err);
    ingest.read_options = describe_read_options(options);
    ingest.members = ingest_paths_new();
    ingest.index = content_index_new();
    queue.capacity = pool_capacity(ingest.pool);
    queue.places = memory_allocate(queue.capacity, sizeof(struct ingest_item *));
    ingest.progress = progress_new(options, walk);
    result = ingest.hash != NULL ? read_all(&ingest, walk, &queue, err) : -1;
    progress_end(ingest.progress);
    if (result == 0)
        result = ingest_settle_members(&ingest, walk, err);
    while (queue.count > 0)
        queue_drop(&ingest, &queue);
    ingest_container_stop(&ingest);
    pool_free(ingest.pool);
    ingest_paths_free(ingest.members);
    memory_free_texts(ingest.kept, ingest.kept_count);
    free(ingest.kept_ids);
    hash_free(ingest.hash);
    free(queue.places);
    content_index_free(ingest.index);
    segments_free_found(&ingest.segments);
    free(ingest.read_options);
    return result;
}

/* ---- With --carve, what has no listings is searched ---- */

/* The source is parted as an image is; of a listing the first part is all. */
static int image_read_part(const struct source *source, int descriptor, uint64_t part,
                           const struct reader_options *options, const struct sink *sink,
                           struct source_facts *facts, struct error *err)
{
    int result = part == 0
                     ? text_reader.read_part(source, descriptor, part, options, sink, facts, err)
                     : text_reader_tell_kind(source, descriptor, facts, err);

    if (result != 0 || !source_facts_tell_unread(facts))
        return result;
    source_facts_free_content(facts);
    result = evtx_carve_reader.read_part(source, descriptor, part, options, sink, facts, err);
    facts->kind = SOURCE_KIND_CARVED;
    return result;
}

static bool is_listing(const struct source_facts *facts)
{
    return facts->kind == SOURCE_KIND_LISTING;
}

static void image_join(struct source_facts *whole, struct source_facts *part)
{
    (is_listing(whole) ? text_reader.join : evtx_carve_reader.join)(whole, part);
}

static void image_finish(struct source_facts *facts)
{
    (is_listing(facts) ? text_reader.finish : evtx_carve_reader.finish)(facts);
}

static uint64_t image_count_parts(uint64_t size_bytes)
{
    return evtx_carve_reader.count_parts(size_bytes);
}

const struct reader ingest_image_reader = {
    .count_parts = image_count_parts,
    .read_part = image_read_part,
    .join = image_join,
    .finish = image_finish,
    .part_bytes = EVTX_PART_BYTES,
    .reference = "libevtx",
};

static const struct reader *choose_reader(enum reader_id id, bool carve)
{
    switch (id) {
    case READER_LOG:
        return &evtx_log_reader;
    case READER_CARVE:
        return &evtx_carve_reader;
    case READER_DATASTORE:
        return &datastore_reader;
    case READER_HIVE:
        return &hive_reader;
    case READER_TEXT:
        return carve ? &ingest_image_reader : &text_reader;
    case READER_NONE:
    case READER_COUNT:
        break;
    }
    return NULL;
}

int ingest_run(struct casedb *db, const struct walk *walk, const struct options *options,
               struct error *err)
{
    const struct reader *readers[READER_COUNT];

    for (unsigned id = 0; id < READER_COUNT; id++)
        readers[id] = choose_reader((enum reader_id)id, options->carve);
    text_reader_prepare();
    return ingest_run_with(readers, db, walk, options, err);
}
