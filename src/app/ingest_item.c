/* SPDX-License-Identifier: Apache-2.0 */
/* When the case is written. Observations and findings gather with their jobs (worker/pool.h), and a
 * source is begun in the case only when they are too many, or when all is known of it, the hash
 * included: most sources that turn out to be there already never touch the case. A source that had
 * to be begun earlier is rolled back then.
 *
 * Without hashes (--no-hash) both questions are answered before anything is read. */
#include "app/ingest_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/memory.h"
#include "intake/content.h"

/* Crashes of one source that the detail names; the others are counted. */
#define CRASHES_LISTED 8

struct pending {
    const struct walk_entry *entry;
    struct source source;
    int descriptor;
    /* A source that is not read: */
    enum source_status status;
    char *why; /* owned, or NULL */
    /* One that is: */
    const struct reader *reader;
    uint64_t part_count;
    uint64_t added_count;      /* parts given to the pool */
    uint64_t taken_count;      /* and taken from it */
    struct pool_job **parts;   /* owned: a ring of those between the two */
    struct pool_job *hash_job; /* of several parts: a job of its own, or NULL */
    bool unchanged;            /* without hashes: the case has it as it is */
    const struct twin *same;   /* the source with this content that came first, or NULL */
    struct twin *own;          /* what others are compared with, or NULL */
    /* Once its turn has come: */
    bool started;
    bool old_is_alike; /* the case has had it, all but the hash as it is now, and then: */
    int64_t old_id;
    int64_t old_same_as;
    char *old_sha256; /* owned, or NULL */
    bool begun;       /* its transaction is open, */
    bool hash_is_in;  /* with the hash already */
    int64_t id;
    struct source_facts facts;
    uint64_t unreadable_count; /* parts */
    char *unreadable;          /* owned: why the first of them is */
    uint64_t crash_count;
    struct error hash_err; /* why there is no hash, though wanted; owned */
    char *hash_crash;      /* owned: the same, when the readers ended over it */
};

/* ---- Opening ---- */

static const struct reader *find_reader(const struct reading *reading, const char *kind)
{
    for (const struct reader *const *reader = reading->readers; *reader != NULL; reader++)
        if (strcmp((*reader)->kind, kind) == 0)
            return *reader;
    return NULL;
}

/* With --carve, files that no reader takes, and devices, get another kind, which has one. */
static const struct reader *choose_reader(const struct reading *reading,
                                          const struct walk_entry *entry, struct source *source)
{
    const struct reader *reader = entry->is_device ? NULL : find_reader(reading, source->kind);

    if (reader != NULL || !reading->options->carve || source->size_bytes == 0)
        return reader;
    source->kind = SOURCE_KIND_CARVED;
    return find_reader(reading, source->kind);
}

/* Has the case this source, as it is now, but for the hash and for what it is the same as? One that
 * could not be read is tried again. */
static bool is_alike(const struct reading *reading, const struct source *source,
                     const struct case_source *old)
{
    return old->size_bytes == source->size_bytes && old->mtime_ns == source->mtime_ns &&
           strcmp(old->kind, source->kind) == 0 &&
           strcmp(old->read_options, reading->read_options) == 0 &&
           old->status != SOURCE_STATUS_UNREADABLE && old->status != SOURCE_STATUS_CRASHED;
}

/* Answers both questions without hashes. Where there is no earlier source with its content, the
 * row of a source does not change before its turn, so it can be looked at now. */
static int compare_without_hash(struct reading *reading, struct pending *pending, struct error *err)
{
    struct case_source old;
    int found;

    pending->same =
        twins_find_or_add(reading->twins, &pending->source, pending->descriptor, &pending->own);
    if (pending->same != NULL)
        return 0;
    found = casedb_find_source(reading->db, pending->source.path, &old, err);
    /* A device does not tell when it was changed. */
    if (found == 1 && old.same_as == 0 && old.sha256 == NULL && !pending->entry->is_device &&
        is_alike(reading, &pending->source, &old)) {
        pending->unchanged = true;
        twin_set_id(pending->own, old.id);
    }
    return found < 0 ? -1 : 0;
}

static int open_content(struct reading *reading, struct pending *pending, struct error *err)
{
    struct error source_err = {.source = pending->entry->path, .offset_bytes = ERROR_NO_OFFSET};
    const struct file_kind *kind = NULL;

    if (content_open(pending->entry, &pending->descriptor, &pending->source, &kind, &source_err) !=
        0) {
        pending->status = SOURCE_STATUS_UNREADABLE;
        pending->why = memory_copy_text(source_err.message);
        error_clear(&source_err);
        return 0;
    }
    pending->reader = choose_reader(reading, pending->entry, &pending->source);
    if (pending->reader == NULL) {
        pending->status = SOURCE_STATUS_SKIPPED;
        pending->why = memory_format("no event log, update database or listing: %s", kind->name);
        return 0;
    }
    pending->part_count = pending->reader->count_parts(pending->source.size_bytes);
    pending->parts = memory_allocate(pool_capacity(reading->pool), sizeof(*pending->parts));
    return reading->options->hash ? 0 : compare_without_hash(reading, pending, err);
}

int pending_open(struct reading *reading, const struct walk_entry *entry, struct pending **out,
                 struct error *err)
{
    struct pending *pending = memory_allocate(1, sizeof(*pending));

    *out = pending;
    pending->entry = entry;
    pending->descriptor = -1;
    if (entry->problem == NULL)
        return open_content(reading, pending, err);
    pending->source = (struct source){.path = memory_copy_text(entry->path),
                                      .kind = entry->is_folder ? SOURCE_KIND_FOLDER : ""};
    pending->status = entry->status;
    pending->why = memory_copy_text(entry->problem);
    return 0;
}

void pending_free(struct pending *pending)
{
    if (pending == NULL)
        return;
    if (pending->descriptor >= 0)
        close(pending->descriptor);
    source_free_content(&pending->source);
    source_facts_free_content(&pending->facts);
    free(pending->why);
    free(pending->parts);
    free(pending->old_sha256);
    free(pending->unreadable);
    error_clear(&pending->hash_err);
    free(pending->hash_crash);
    free(pending);
}

/* ---- Jobs ---- */

static bool is_read(const struct pending *pending)
{
    return pending->reader != NULL && !pending->unchanged && pending->same == NULL;
}

bool pending_has_job(const struct pending *pending)
{
    return is_read(pending) && pending->added_count < pending->part_count;
}

static struct pool_job **place_of(const struct reading *reading, const struct pending *pending,
                                  uint64_t part)
{
    return &pending->parts[part % pool_capacity(reading->pool)];
}

/* A source of one part is hashed on the way. Otherwise the hash is a job of its own, which comes
 * first because it takes longest. */
void pending_add_job(struct reading *reading, struct pending *pending)
{
    const struct source *source = &pending->source;
    bool is_single = pending->part_count == 1;
    struct pool_order order = {.source = source, .descriptor = pending->descriptor};

    if (reading->options->hash && !is_single && pending->hash_job == NULL) {
        order.hash = true;
        order.work_bytes = source->size_bytes;
        pending->hash_job = pool_add(reading->pool, &order);
        return;
    }
    order.part = pending->added_count;
    order.read = true;
    order.hash = reading->options->hash && is_single;
    order.work_bytes = source->size_bytes / pending->part_count;
    *place_of(reading, pending, pending->added_count++) = pool_add(reading->pool, &order);
}

/* ---- Into the case ---- */

static void print_source(const struct reading *reading, const struct source *source,
                         const char *status, const struct source_facts *facts)
{
    struct text path = {0};

    if (!reading->options->verbose || reading->options->quiet)
        return;
    text_add_visible(&path, source->path);
    fprintf(stderr, "%s: %s", text_get(&path), status);
    if (facts != NULL)
        fprintf(stderr, ", %" PRIu64 " records, %" PRIu64 " selected", facts->record_count,
                facts->selected_count);
    fputc('\n', stderr);
    text_free(&path);
}

/* Puts a source that is not read, or cannot be, into the case with the reason. */
static int note_source(struct reading *reading, const struct source *source,
                       enum source_status status, const char *why, int64_t same_as,
                       struct error *err)
{
    struct source_facts facts = {.status = status};
    int64_t id;
    int result;

    if (why != NULL)
        source_facts_add_detail(&facts, "%s", why);
    result = casedb_begin_source(reading->db, source, reading->read_options, &id, err);
    if (result == 0 && casedb_finish_source(reading->db, id, &facts, same_as, err) != 0) {
        casedb_abandon_source(reading->db);
        result = -1;
    }
    if (result == 0)
        print_source(reading, source,
                     same_as != 0 ? "same content as another" : source_status_name(status), NULL);
    source_facts_free_content(&facts);
    return result;
}

/* Looks up what the case has at the path, before anything is done about it. */
static int start(struct reading *reading, struct pending *pending, struct error *err)
{
    struct case_source old;
    int found = casedb_find_source(reading->db, pending->source.path, &old, err);

    if (found < 0)
        return -1;
    pending->started = true;
    pending->old_is_alike = found == 1 && is_alike(reading, &pending->source, &old);
    if (pending->old_is_alike) {
        pending->old_id = old.id;
        pending->old_same_as = old.same_as;
        pending->old_sha256 = memory_copy_text(old.sha256);
    }
    return 0;
}

static int begin(struct reading *reading, struct pending *pending, struct error *err)
{
    if (pending->begun)
        return 0;
    if (casedb_begin_source(reading->db, &pending->source, reading->read_options, &pending->id,
                            err) != 0)
        return -1;
    pending->begun = true;
    pending->hash_is_in = pending->source.sha256 != NULL;
    return 0;
}

static void abandon(struct reading *reading, struct pending *pending)
{
    if (pending->begun)
        casedb_abandon_source(reading->db);
    pending->begun = false;
}

/* What a sink needs to put an observation into the case. */
struct destination {
    struct casedb *db;
    int64_t source_id;
};

static int keep_observation(void *context, const struct incident_event *event,
                            const struct observation *observation, struct error *err)
{
    const struct destination *destination = context;

    return casedb_add_observation(destination->db, destination->source_id, event, observation, err);
}

static int keep_finding(void *context, const struct finding *finding, struct error *err)
{
    const struct destination *destination = context;

    return casedb_add_finding(destination->db, destination->source_id, finding, err);
}

/* Puts what a job has gathered into the case. */
static int drain(struct reading *reading, struct pending *pending, struct pool_job *job,
                 struct error *err)
{
    struct destination destination = {.db = reading->db};
    struct sink sink = {
        .context = &destination, .observation = keep_observation, .finding = keep_finding};

    if (begin(reading, pending, err) != 0)
        return -1;
    destination.source_id = pending->id;
    return pool_drain(reading->pool, job, &sink, err);
}

/* ---- What came of the parts ---- */

/* The part, for a person; "" for the only one. Returned owned. */
static char *name_part(const struct pending *pending)
{
    if (pending->part_count == 1)
        return memory_copy_text("");
    return memory_format("part %" PRIu64 " of %" PRIu64 ": ", pending->taken_count + 1,
                         pending->part_count);
}

static void note_crash(struct pending *pending, const struct pool_result *result)
{
    char *part;

    if (result->crash_count == 0 || pending->crash_count++ >= CRASHES_LISTED)
        return;
    part = name_part(pending);
    if (result->crash_count == 1)
        source_facts_add_detail(&pending->facts,
                                pending->reader->asks_reference
                                    ? "%sits reader process ended (%s), it seems by libevtx: read "
                                      "again without that, so no signal in it is verified"
                                    : "%sits reader process ended (%s): read again",
                                part, result->crash);
    else
        source_facts_add_detail(&pending->facts,
                                "%sits reader process ended twice (%s), so it was given up and "
                                "what lies beside it was kept; the same command tries again",
                                part, result->crash);
    free(part);
}

/* A part that cannot be read while others can is damage. */
static void note_unreadable(struct pending *pending, struct pool_result *result)
{
    const struct error *err = &result->read_err;

    if (err->kind == ERROR_NONE)
        return;
    if (pending->unreadable == NULL)
        pending->unreadable = memory_copy_text(err->message);
    pending->unreadable_count++;
    source_facts_add_damage(&result->facts,
                            err->offset_bytes != ERROR_NO_OFFSET ? err->offset_bytes : 0, "%s",
                            err->message);
}

/* Joins the facts of the part whose turn it is, and lets the job go. */
static void take_part(struct reading *reading, struct pending *pending, struct pool_job *job)
{
    struct pool_result *result = pool_job_result(job);

    note_unreadable(pending, result);
    if (pending->taken_count == 0) {
        pending->facts = result->facts;
        result->facts = (struct source_facts){0};
    } else {
        pending->reader->join(&pending->facts, &result->facts);
    }
    note_crash(pending, result);
    pool_remove(reading->pool, job);
    pending->taken_count++;
}

/* Takes the hash, wherever it was made. */
static void take_hash(struct reading *reading, struct pending *pending, struct pool_job *job)
{
    struct pool_result *result =
        pool_job_result(pending->hash_job != NULL ? pending->hash_job : job);

    if (result->sha256[0] != '\0')
        pending->source.sha256 = memory_copy_text(result->sha256);
    pending->hash_err = result->hash_err;
    result->hash_err = (struct error){0};
    if (pending->hash_job == NULL)
        return;
    if (result->crash_count == 2)
        pending->hash_crash = memory_copy_text(result->crash);
    pool_remove(reading->pool, pending->hash_job);
    pending->hash_job = NULL;
}

/* ---- The end of a source ---- */

/* Says why there is no hash. What kept a source from being hashed mostly kept it from being read
 * whole, and was said then. */
static void note_missing_hash(struct pending *pending)
{
    const struct error *err = &pending->hash_err;

    if (err->kind != ERROR_NONE && pending->facts.damage.count == 0)
        source_facts_add_damage(&pending->facts, err->offset_bytes, "%s", err->message);
    if (pending->hash_crash == NULL)
        return;
    pending->crash_count++;
    source_facts_add_detail(&pending->facts,
                            "no SHA-256: the reader process ended twice (%s); the same command "
                            "tries again",
                            pending->hash_crash);
}

/* Completes the facts, to which all parts are joined. */
static void complete_facts(struct pending *pending)
{
    struct source_facts *facts = &pending->facts;

    if (pending->unreadable_count == pending->part_count) {
        source_facts_free_content(facts);
        facts->status = SOURCE_STATUS_UNREADABLE;
        source_facts_add_detail(facts, "%s", pending->unreadable);
        return;
    }
    if (pending->crash_count > CRASHES_LISTED)
        source_facts_add_detail(facts, "and %" PRIu64 " more such parts",
                                pending->crash_count - CRASHES_LISTED);
    note_missing_hash(pending);
    /* A file that is being written, as a log of a running machine may be, gives a mixed picture. */
    if (!content_is_unchanged(pending->entry, pending->descriptor, &pending->source))
        source_facts_add_damage(facts, 0, "the file was changed while it was read");
    pending->reader->finish(facts);
    if (pending->crash_count > 0)
        facts->status = SOURCE_STATUS_CRASHED;
}

static int finish(struct reading *reading, struct pending *pending, struct error *err)
{
    complete_facts(pending);
    if (begin(reading, pending, err) != 0 ||
        (pending->source.sha256 != NULL && !pending->hash_is_in &&
         casedb_set_source_hash(reading->db, pending->id, pending->source.sha256, err) != 0) ||
        casedb_finish_source(reading->db, pending->id, &pending->facts, 0, err) != 0)
        return -1;
    pending->begun = false;
    if (pending->own != NULL)
        twin_set_id(pending->own, pending->id);
    print_source(reading, &pending->source, source_status_name(pending->facts.status),
                 &pending->facts);
    return 0;
}

/* With the hash, is the source one that the case has already? */
static bool is_unchanged(const struct pending *pending)
{
    int64_t same_as = pending->same != NULL ? twin_id(pending->same) : 0;

    return pending->old_is_alike && pending->old_same_as == same_as &&
           pending->old_sha256 != NULL && pending->source.sha256 != NULL &&
           strcmp(pending->old_sha256, pending->source.sha256) == 0;
}

/* The source stays as the case has it. */
static void keep_old(struct reading *reading, struct pending *pending)
{
    abandon(reading, pending);
    if (pending->own != NULL)
        twin_set_id(pending->own, pending->old_id);
    print_source(reading, &pending->source, "unchanged", NULL);
}

/* Takes the last part, and decides what the source is. */
static int settle(struct reading *reading, struct pending *pending, struct pool_job *job,
                  struct error *err)
{
    take_hash(reading, pending, job);
    if (pending->source.sha256 != NULL)
        pending->same =
            twins_find_or_add(reading->twins, &pending->source, pending->descriptor, &pending->own);
    if (is_unchanged(pending)) {
        pool_remove(reading->pool, job);
        keep_old(reading, pending);
        return 0;
    }
    if (pending->same != NULL) {
        pool_remove(reading->pool, job);
        abandon(reading, pending);
        return note_source(reading, &pending->source, SOURCE_STATUS_OK, NULL,
                           twin_id(pending->same), err);
    }
    if (drain(reading, pending, job, err) != 0)
        return -1;
    take_part(reading, pending, job);
    return finish(reading, pending, err);
}

/* Ends a source that is not read. */
static int note_unread(struct reading *reading, struct pending *pending, struct error *err)
{
    int64_t same_as;

    if (pending->reader == NULL)
        return note_source(reading, &pending->source, pending->status, pending->why, 0, err);
    same_as = pending->same != NULL ? twin_id(pending->same) : 0;
    if (pending->unchanged ||
        (pending->old_is_alike && pending->old_sha256 == NULL && pending->old_same_as == same_as)) {
        print_source(reading, &pending->source, "unchanged", NULL);
        return 0;
    }
    return note_source(reading, &pending->source, SOURCE_STATUS_OK, NULL, same_as, err);
}

static int take_step(struct reading *reading, struct pending *pending, enum pending_step *step,
                     struct error *err)
{
    bool is_last = pending->taken_count + 1 == pending->part_count;
    struct pool_job *job;
    enum pool_state state;

    *step = PENDING_DONE;
    if (pending->reader != NULL && !pending->started && start(reading, pending, err) != 0)
        return -1;
    if (!is_read(pending))
        return note_unread(reading, pending, err);
    job = *place_of(reading, pending, pending->taken_count);
    state = pool_job_state(job);
    *step = PENDING_WAITS;
    if (state == POOL_STATE_WORKING ||
        (state == POOL_STATE_DONE && is_last && pending->hash_job != NULL &&
         pool_job_state(pending->hash_job) != POOL_STATE_DONE))
        return 0;
    if (state == POOL_STATE_DONE && is_last) {
        *step = PENDING_DONE;
        return settle(reading, pending, job, err);
    }
    *step = PENDING_GOES_ON;
    if (drain(reading, pending, job, err) != 0)
        return -1;
    if (state == POOL_STATE_DONE)
        take_part(reading, pending, job);
    return 0;
}

int pending_advance(struct reading *reading, struct pending *pending, enum pending_step *step,
                    struct error *err)
{
    if (take_step(reading, pending, step, err) == 0)
        return 0;
    abandon(reading, pending);
    return -1;
}
