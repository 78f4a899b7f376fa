/* SPDX-License-Identifier: Apache-2.0 */
/* When the case is written. Observations and findings gather with their jobs (worker/pool.h), and a
 * source is begun in the case only when they are too many, or when all is known of it, the hash
 * included: most sources that turn out to be there already never touch the case. A source that had
 * to be begun earlier is rolled back then.
 *
 * Without hashes (--no-hash) both questions are answered before anything is read; but where it is
 * not known whether a source is read at all, as it may be text without listings, they are answered
 * afterwards. */
#include "app/ingest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/say.h"
#include "container/sparse.h"
#include "intake/segments.h"

/* Crashes of one source that the detail names; the others are counted. */
#define CRASHES_LISTED 8

/* What is said of a file that is not read; what it is follows. */
#define NOT_READ "no event log, update database or listing: "

struct ingest_item {
    const struct walk_entry *entry; /* NULL for what lies in a container */
    struct source source;
    int descriptor;
    /* A source that is not read: */
    enum source_status status;
    char *why;        /* owned, or NULL */
    bool why_is_list; /* a "; " list, for sources.csv as it is */
    bool is_fault;    /* the system's: what an earlier run read of it stays */
    /* One that is: */
    const struct reader *reader;
    uint64_t part_count;
    uint64_t added_count;            /* parts given to the pool */
    uint64_t taken_count;            /* and taken from it */
    struct pool_job **parts;         /* owned: a ring of those between the two */
    struct pool_job *hash_job;       /* of several parts: a job of its own, or NULL */
    bool is_unknown;                 /* its reader tells what kind it is of */
    bool is_compared;                /* without hashes: with others and with the case */
    bool unchanged;                  /* without hashes: the case has it as it is */
    const struct indexed_file *same; /* the source with this content that came first, or NULL */
    struct indexed_file *own;        /* what others are compared with, or NULL */
    /* Once its turn has come: */
    bool started;
    bool old_is_alike; /* the case has had it, all but the hash as it is now, and then: */
    bool old_is_whole; /* the same, but for what is wrong with it today and was yesterday */
    int64_t old_id;
    int64_t old_same_as;
    enum source_kind old_kind;
    char *old_sha256; /* owned, or NULL */
    bool begun;       /* its transaction is open */
    int64_t id;
    struct source_facts facts;
    uint64_t unreadable_count; /* parts */
    char *unreadable;          /* owned: why the first of them is */
    uint64_t crash_count;
    bool is_changed;       /* while it was read */
    struct error hash_err; /* why not all of its bytes could be read; owned */
    char *hash_crash;      /* owned: the same, when the readers ended over it */
    char *hash_doubt;      /* owned: what is to be said of a hash that another file has, too */
    /* A container: */
    bool is_container;
    bool is_sparse; /* of one file: it lies there without its holes */
    /* A member of one: */
    uint64_t container;         /* the number of it */
    bool is_of_known;           /* it is as it was in an earlier run */
    char *member_sha256;        /* owned: it was hashed when it was unpacked; NULL: not all was */
    char *why_broken;           /* owned: why not all of it is there, or NULL */
    bool is_streamed;           /* it is filled while it is read */
    bool is_filled;             /* no more will come */
    uint64_t filled_bytes;      /* from its start */
    uint64_t given_back_bytes;  /* of these */
    uint64_t punched_end_bytes; /* up to there, but for its head, it is holes again */
};

/* ---- Opening ---- */

static const struct reader *find_reader(const struct ingest *ingest, enum source_kind kind)
{
    return ingest->readers[source_kind_reader(kind)];
}

/* With --carve, files that no reader takes, and devices, get another kind, which has one. */
static const struct reader *choose_reader(const struct ingest *ingest,
                                          const struct walk_entry *entry, struct source *source)
{
    bool is_device = entry != NULL && entry->is_device;
    const struct reader *reader = is_device ? NULL : find_reader(ingest, source->kind);

    if (reader != NULL || !ingest->options->carve || source->size_bytes == 0)
        return reader;
    source->kind = SOURCE_KIND_CARVED;
    return find_reader(ingest, source->kind);
}

/* Has the case this source, as it is now, but for the hash, for what it is the same as, and for a
 * kind that is not known yet? */
static bool is_of_now(const struct ingest *ingest, const struct ingest_item *item,
                      const struct case_source *old)
{
    const struct source *source = &item->source;

    return old->size_bytes == source->size_bytes && old->mtime_ns == source->mtime_ns &&
           old->mtime_is_local == source->mtime_is_local &&
           (item->is_unknown || old->kind == source->kind) &&
           strcmp(old->read_options, ingest->read_options) == 0;
}

/* The same of one that need not be tried again. */
static bool is_alike(const struct ingest *ingest, const struct ingest_item *item,
                     const struct case_source *old)
{
    return is_of_now(ingest, item, old) && old->status != SOURCE_STATUS_UNREADABLE &&
           old->status != SOURCE_STATUS_CRASHED;
}

/* Would the source's time be another one if it was changed? A device does not tell when it was, and
 * neither does a time that is too far away. */
static bool has_telling_time(const struct ingest_item *item)
{
    return (item->entry == NULL || !item->entry->is_device) &&
           item->source.mtime_ns != TIME_TOO_FAR;
}

int ingest_item_is_known(struct ingest *ingest, const struct ingest_item *item, struct error *err)
{
    struct case_source old;
    int found = casedb_find_source(ingest->db, item->source.path, &old, err);

    return found == 1 ? is_of_now(ingest, item, &old) : found;
}

/* Looks for an earlier file with the content of this one, and remembers it where there is none.
 * Returns the path of one that only has the same hash, to be made sure of; or NULL. */
static const char *compare_content(struct ingest *ingest, struct ingest_item *item, bool is_sure)
{
    struct content content = {.source = &item->source,
                              .descriptor = item->descriptor,
                              .is_sure = is_sure,
                              .is_there = item->entry != NULL};
    const char *rival;

    item->same = content_index_find(ingest->index, &content, &rival);
    if (item->same == NULL && (rival == NULL || is_sure))
        item->own = content_index_add(ingest->index, &content);
    return rival;
}

/* Answers both questions without hashes. Where there is no earlier source with its content, the
 * row of a source does not change before its turn, so it can be looked at now. */
static int compare_without_hash(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    struct case_source old;
    int found;

    item->is_compared = true;
    compare_content(ingest, item, false);
    if (item->same != NULL)
        return 0;
    found = casedb_find_source(ingest->db, item->source.path, &old, err);
    if (found == 1 && old.same_as == 0 && old.sha256 == NULL && has_telling_time(item) &&
        is_alike(ingest, item, &old)) {
        item->unchanged = true;
        indexed_file_set_source(item->own, old.id, old.kind);
    }
    return found < 0 ? -1 : 0;
}

/* The source is to be read by that reader. */
static void set_reader(const struct ingest *ingest, struct ingest_item *item,
                       const struct reader *reader)
{
    item->reader = reader;
    item->is_unknown = item->source.kind == SOURCE_KIND_UNKNOWN;
    item->part_count = reader->count_parts(item->source.size_bytes);
    item->parts = memory_allocate(pool_capacity(ingest->pool), sizeof(*item->parts));
}

/* A file that is read by a reader as it is, or is skipped as what it is. */
static int open_plain(struct ingest *ingest, struct ingest_item *item, const char *name,
                      struct error *err)
{
    const struct reader *reader = choose_reader(ingest, item->entry, &item->source);

    if (reader == NULL) {
        item->status = SOURCE_STATUS_SKIPPED;
        item->why = memory_format(NOT_READ "%s", name);
        return 0;
    }
    set_reader(ingest, item, reader);
    if (ingest->options->hash || (item->is_unknown && !ingest->options->carve))
        return 0;
    return compare_without_hash(ingest, item, err);
}

/* Does its map lie beside it? */
static bool has_map(const struct ingest *ingest, const struct ingest_item *item)
{
    char *map = memory_format("%s" SPARSE_SUFFIX, item->source.path);
    const struct walk_entry *entry =
        item->source.size_bytes > 0 ? walk_find(ingest->walk, map) : NULL;

    free(map);
    return entry != NULL && entry->problem == NULL;
}

int ingest_item_read_as_it_is(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    item->is_container = item->is_sparse = false;
    return open_plain(ingest, item, source_kind_name(item->source.kind), err);
}

bool ingest_item_is_sparse(const struct ingest_item *item)
{
    return item->is_sparse;
}

static int open_content(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    struct error source_err = {.source = item->entry->path, .offset_bytes = ERROR_NO_OFFSET};
    const struct walk_entry *first;
    const char *name = NULL;

    if (content_open(item->entry, ingest->options->carve, &item->descriptor, &item->source, &name,
                     &source_err) != 0) {
        item->status = SOURCE_STATUS_UNREADABLE;
        item->is_fault = true;
        item->why = memory_copy_text(source_err.message);
        error_clear(&source_err);
        return 0;
    }
    first = segments_find_first(ingest->walk, item->entry, item->source.kind, &ingest->segments);
    if (first != NULL) {
        item->status = SOURCE_STATUS_OK;
        item->why = memory_format("segment of %s", first->path);
        return 0;
    }
    item->is_sparse =
        !source_kind_is(item->source.kind, SOURCE_IS_CONTAINER) && has_map(ingest, item);
    item->is_container =
        item->is_sparse ||
        (source_kind_is(item->source.kind, SOURCE_IS_CONTAINER) && !item->entry->is_device);
    return item->is_container ? 0 : open_plain(ingest, item, name, err);
}

int ingest_item_open(struct ingest *ingest, const struct walk_entry *entry,
                     struct ingest_item **out, struct error *err)
{
    struct ingest_item *item = memory_allocate(1, sizeof(*item));

    *out = item;
    item->entry = entry;
    item->descriptor = -1;
    if (entry->problem == NULL)
        return open_content(ingest, item, err);
    item->source =
        (struct source){.path = memory_copy_text(entry->path),
                        .kind = entry->is_folder ? SOURCE_KIND_FOLDER : SOURCE_KIND_NONE};
    item->status = entry->status;
    item->is_fault = entry->hides;
    item->why = memory_copy_text(entry->problem);
    return 0;
}

/* Of what was unpacked, all that was not given back yet. */
static void give_back(struct ingest *ingest, struct ingest_item *item, uint64_t size_bytes)
{
    item->given_back_bytes += size_bytes;
    ingest_container_give_back(ingest, item->container, size_bytes);
}

void ingest_item_free(struct ingest *ingest, struct ingest_item *item)
{
    if (item == NULL)
        return;
    if (item->filled_bytes > item->given_back_bytes)
        give_back(ingest, item, item->filled_bytes - item->given_back_bytes);
    if (item->descriptor >= 0)
        close(item->descriptor);
    source_free_content(&item->source);
    source_facts_free_content(&item->facts);
    free(item->why);
    free(item->parts);
    free(item->old_sha256);
    free(item->unreadable);
    error_clear(&item->hash_err);
    free(item->hash_crash);
    free(item->hash_doubt);
    free(item->member_sha256);
    free(item->why_broken);
    free(item);
}

/* ---- What lies in containers ---- */

bool ingest_item_is_container(const struct ingest_item *item)
{
    return item->is_container;
}

void ingest_item_hash_container(struct ingest *ingest, struct ingest_item *item)
{
    struct pool_order order = {.source = &item->source,
                               .descriptor = item->descriptor,
                               .hash = true,
                               .work_bytes = item->source.size_bytes};

    if (ingest->options->hash && source_kind_is(item->source.kind, SOURCE_IS_ARCHIVE))
        item->hash_job = pool_add(ingest->pool, &order);
}

int ingest_item_descriptor(const struct ingest_item *item)
{
    return item->descriptor;
}

const struct source *ingest_item_source(const struct ingest_item *item)
{
    return &item->source;
}

uint64_t ingest_item_found_bytes(const struct ingest_item *item)
{
    return item->entry != NULL ? item->entry->size_bytes : 0;
}

uint64_t ingest_item_taken_bytes(const struct ingest_item *item)
{
    uint64_t part_bytes = item->part_count > 1 ? item->reader->part_bytes : 0;
    uint64_t size_bytes = ingest_item_found_bytes(item);

    return item->taken_count < item->part_count && item->taken_count * part_bytes < size_bytes
               ? item->taken_count * part_bytes
               : size_bytes;
}

uint64_t ingest_item_hashed_bytes(const struct ingest_item *item)
{
    return item->source.sha256 != NULL ? ingest_item_found_bytes(item) : 0;
}

/* Makes a source of a plain image, of which the rest is to be searched, or of a container that
 * cannot be opened. */
static void search_rest(struct ingest *ingest, struct ingest_item *item)
{
    item->is_container = false;
    item->source.kind = SOURCE_KIND_CARVED;
    set_reader(ingest, item, find_reader(ingest, SOURCE_KIND_CARVED));
}

void ingest_item_settle_container(struct ingest *ingest, struct ingest_item *item,
                                  enum source_status status, const char *detail)
{
    bool is_skipped = status == SOURCE_STATUS_SKIPPED;

    item->status = status;
    item->why_is_list = true;
    item->why = is_skipped ? memory_format(NOT_READ "%s%s%s", source_kind_name(item->source.kind),
                                           *detail != '\0' ? "; " : "", detail)
                           : memory_copy_text(detail);
    if (item->entry != NULL && ingest->options->carve &&
        (item->source.kind == SOURCE_KIND_RAW_IMAGE || status == SOURCE_STATUS_UNREADABLE))
        search_rest(ingest, item);
}

static void take_member(struct ingest *ingest, struct ingest_item *item,
                        const struct unpack_message *message, int descriptor)
{
    item->descriptor = descriptor;
    item->container = ingest_container_number(ingest);
    item->is_streamed = message->is_streamed;
    item->is_filled = !message->is_streamed;
    item->filled_bytes = message->is_streamed ? 0 : item->source.size_bytes;
    if (*message->sha256 != '\0')
        item->member_sha256 = memory_copy_text(message->sha256);
    if (*message->detail != '\0')
        item->why_broken = memory_copy_text(message->detail);
    set_reader(ingest, item, find_reader(ingest, item->source.kind));
}

struct ingest_item *ingest_item_of_member(struct ingest *ingest,
                                          const struct unpack_message *message, char *path,
                                          int descriptor)
{
    struct ingest_item *item = memory_allocate(1, sizeof(*item));

    item->descriptor = -1;
    item->is_of_known = ingest_container_is_known(ingest);
    item->source =
        (struct source){.path = path,
                        .kind = message->kind,
                        .size_bytes = message->size_bytes,
                        .mtime_ns = message->mtime_ns != 0 ? message->mtime_ns : TIME_TOO_FAR,
                        .mtime_is_local = message->mtime_is_local};
    if (message->says == UNPACK_MEMBER)
        take_member(ingest, item, message, descriptor);
    else if (message->says == UNPACK_CONTAINER)
        ingest_item_settle_container(ingest, item, message->status, message->detail);
    else
        item->status = message->status;
    if (message->says == UNPACK_UNREAD)
        item->why = memory_copy_text(message->detail);
    return item;
}

bool ingest_item_fill(struct ingest_item *item, uint64_t filled_bytes)
{
    if (filled_bytes <= item->filled_bytes || filled_bytes > item->source.size_bytes)
        return false;
    item->filled_bytes = filled_bytes;
    return true;
}

void ingest_item_fill_all(struct ingest_item *item, uint64_t filled_bytes, const char *sha256,
                          const char *detail)
{
    (void)ingest_item_fill(item, filled_bytes);
    item->is_filled = true;
    /* What is missing is no part of it. Of what is there, a part that is not the last was added
     * only when all of it was. */
    if (item->filled_bytes < item->source.size_bytes) {
        item->source.size_bytes = item->filled_bytes;
        item->part_count = item->reader->count_parts(item->filled_bytes);
    }
    if (*sha256 != '\0')
        item->member_sha256 = memory_copy_text(sha256);
    if (*detail != '\0')
        item->why_broken = memory_copy_text(detail);
}

void ingest_item_break_off(struct ingest_item *item)
{
    if (ftruncate(item->descriptor, (off_t)item->filled_bytes) != 0)
        item->filled_bytes = 0;
    ingest_item_fill_all(item, item->filled_bytes, "",
                         "the process that unpacks it ended before all of it was there");
}

/* Is as much of a streamed member there as its next part needs? */
static bool has_next_part(const struct ingest_item *item)
{
    uint64_t end_bytes;

    if (!item->is_streamed || item->is_filled)
        return true;
    end_bytes = (item->added_count + 1) * item->reader->part_bytes + UNPACK_BEHIND_BYTES;
    return item->filled_bytes >=
           (end_bytes < item->source.size_bytes ? end_bytes : item->source.size_bytes);
}

/* What was read of a streamed member is given back, but for what the next parts look at. */
static void punch(struct ingest *ingest, struct ingest_item *item)
{
    uint64_t start_bytes =
        item->punched_end_bytes > UNPACK_HEAD_BYTES ? item->punched_end_bytes : UNPACK_HEAD_BYTES;
    uint64_t end_bytes = item->taken_count * (item->reader != NULL ? item->reader->part_bytes : 0);

    if (!item->is_streamed || end_bytes < start_bytes + UNPACK_BEFORE_BYTES)
        return;
    end_bytes -= UNPACK_BEFORE_BYTES;
    if (end_bytes > item->filled_bytes)
        end_bytes = item->filled_bytes;
    if (end_bytes <= start_bytes ||
        fallocate(item->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start_bytes,
                  (off_t)(end_bytes - start_bytes)) != 0)
        return;
    item->punched_end_bytes = end_bytes;
    give_back(ingest, item, end_bytes - start_bytes);
}

/* ---- Jobs ---- */

static bool is_read(const struct ingest_item *item)
{
    return item->reader != NULL && !item->unchanged && item->same == NULL;
}

bool ingest_item_has_job(const struct ingest_item *item)
{
    return is_read(item) && item->added_count < item->part_count && has_next_part(item);
}

static struct pool_job **place_of(const struct ingest *ingest, const struct ingest_item *item,
                                  uint64_t part)
{
    return &item->parts[part % pool_capacity(ingest->pool)];
}

/* Is it to be hashed by a reader? What is streamed is gone before all of it was there: it was
 * hashed when it was unpacked. Other members are hashed by this process, as they are compared by
 * that alone. */
static bool hashes(const struct ingest *ingest, const struct ingest_item *item)
{
    return item->entry != NULL && ingest->options->hash;
}

/* A source of one part is hashed on the way. Otherwise the hash is a job of its own, which comes
 * first because it takes longest. */
void ingest_item_add_job(struct ingest *ingest, struct ingest_item *item)
{
    const struct source *source = &item->source;
    bool is_single = item->part_count == 1;
    struct pool_order order = {.source = source, .descriptor = item->descriptor};

    if (hashes(ingest, item) && !is_single && item->hash_job == NULL) {
        order.hash = true;
        order.work_bytes = source->size_bytes;
        item->hash_job = pool_add(ingest->pool, &order);
        return;
    }
    order.part = item->added_count;
    order.read = true;
    order.hash = hashes(ingest, item) && is_single;
    order.work_bytes = source->size_bytes / item->part_count;
    *place_of(ingest, item, item->added_count++) = pool_add(ingest->pool, &order);
}

/* ---- Into the case ---- */

static void print_source(const struct ingest *ingest, const struct source *source,
                         const char *status, const struct source_facts *facts)
{
    if (!ingest->options->verbose || ingest->options->quiet)
        return;
    if (facts != NULL)
        say_line("%s: %s, %" PRIu64 " records, %" PRIu64 " selected", source->path, status,
                 facts->record_count, facts->selected_count);
    else
        say_line("%s: %s", source->path, status);
}

/* Puts a source that is not read, or cannot be, into the case with the reason. */
static int note_source(struct ingest *ingest, const struct ingest_item *item,
                       enum source_status status, const char *why, int64_t same_as,
                       struct error *err)
{
    const struct source *source = &item->source;
    struct source_facts facts = {.status = status};
    int64_t id;
    int result;

    if (why != NULL && item->why_is_list)
        text_add_items(&facts.detail, why);
    else if (why != NULL)
        source_facts_add_detail(&facts, "%s", why);
    result = casedb_begin_source(ingest->db, source, ingest->read_options, &id, err);
    if (result == 0 && casedb_finish_source(ingest->db, id, &facts, same_as, err) != 0) {
        casedb_abandon_source(ingest->db);
        result = -1;
    }
    if (result == 0 && item->own != NULL)
        indexed_file_set_source(item->own, id, source->kind);
    if (result == 0)
        print_source(ingest, source,
                     same_as != 0 ? "same content as another" : source_status_word(status), NULL);
    source_facts_free_content(&facts);
    return result;
}

/* Was something read of the source, in whatever run it was? */
static bool was_read(const struct case_source *source)
{
    return (source->status != SOURCE_STATUS_UNREADABLE &&
            source->status != SOURCE_STATUS_CRASHED) ||
           source->record_count > 0 || source->sha256 != NULL;
}

static void keep_id(struct ingest *ingest, int64_t id)
{
    ingest->kept_ids =
        memory_grow(ingest->kept_ids, ingest->kept_id_count, sizeof(*ingest->kept_ids));
    ingest->kept_ids[ingest->kept_id_count++] = id;
}

static bool is_kept(const struct ingest *ingest, int64_t id)
{
    for (size_t index = 0; index < ingest->kept_id_count; index++)
        if (ingest->kept_ids[index] == id)
            return true;
    return false;
}

/* Says of a source that it cannot be read now: what an earlier run read of it stays in the case,
 * for it says as much as it did then. */
static int note_fault(struct ingest *ingest, const struct ingest_item *item, const char *why,
                      struct error *err)
{
    struct case_source old;
    struct text detail = {0};
    int found = casedb_find_source(ingest->db, item->source.path, &old, err);
    enum source_kind old_kind;
    int64_t old_content;
    int result;

    if (found < 0)
        return -1;
    ingest_keep_members(ingest, item->source.path);
    if (found == 0 || !was_read(&old))
        return note_source(ingest, item, SOURCE_STATUS_UNREADABLE, why, 0, err);
    keep_id(ingest, old.id);
    old_content = old.same_as != 0 ? old.same_as : old.id;
    old_kind = old.kind;
    if (item->why_is_list)
        text_add_items(&detail, why);
    else
        text_add_item(&detail, why);
    text_add_item(&detail,
                  "what an earlier run read of it is kept, and the same command tries again");
    result = casedb_note_unreadable(ingest->db, old.id, text_get(&detail), err);
    text_free(&detail);
    if (result == 0 && item->own != NULL)
        indexed_file_set_source(item->own, old_content, old_kind);
    if (result == 0)
        print_source(ingest, &item->source, source_status_word(SOURCE_STATUS_UNREADABLE), NULL);
    return result;
}

/* Looks up what the case has at the path, before anything is done about it. */
static int start(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    struct case_source old;
    int found = casedb_find_source(ingest->db, item->source.path, &old, err);

    if (found < 0)
        return -1;
    item->started = true;
    item->old_is_alike = found == 1 && is_alike(ingest, item, &old);
    item->old_is_whole =
        found == 1 && is_of_now(ingest, item, &old) && old.status != SOURCE_STATUS_CRASHED;
    if (item->old_is_alike) {
        item->old_kind = old.kind;
        item->old_id = old.id;
        item->old_same_as = old.same_as;
        item->old_sha256 = memory_copy_text(old.sha256);
    }
    return 0;
}

static int begin(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    if (item->begun)
        return 0;
    if (casedb_begin_source(ingest->db, &item->source, ingest->read_options, &item->id, err) != 0)
        return -1;
    item->begun = true;
    return 0;
}

static void abandon(struct ingest *ingest, struct ingest_item *item)
{
    if (item->begun)
        casedb_abandon_source(ingest->db);
    item->begun = false;
}

/* What a sink needs to put an observation into the case. */
struct destination {
    struct casedb *db;
    struct progress *progress;
    int64_t source_id;
};

static int keep_observation(void *context, const struct incident_event *event,
                            const struct observation *observation, struct error *err)
{
    const struct destination *destination = context;

    progress_look_at(destination->progress, observation);
    return casedb_add_observation(destination->db, destination->source_id, event, observation, err);
}

static int keep_finding(void *context, const struct finding *finding, struct error *err)
{
    const struct destination *destination = context;

    return casedb_add_finding(destination->db, destination->source_id, finding, err);
}

/* Puts what a job has gathered into the case. */
static int drain(struct ingest *ingest, struct ingest_item *item, struct pool_job *job,
                 struct error *err)
{
    struct destination destination = {.db = ingest->db, .progress = ingest->progress};
    struct sink sink = {
        .context = &destination, .observation = keep_observation, .finding = keep_finding};

    if (begin(ingest, item, err) != 0)
        return -1;
    destination.source_id = item->id;
    return pool_drain(ingest->pool, job, &sink, err);
}

/* ---- What came of the parts ---- */

/* The part, for a person; "" for the only one. Returned owned. */
static char *name_part(const struct ingest_item *item)
{
    if (item->part_count == 1)
        return memory_copy_text("");
    return memory_format("part %" PRIu64 " of %" PRIu64 ": ", item->taken_count + 1,
                         item->part_count);
}

static void note_crash(struct ingest_item *item, const struct pool_result *result)
{
    char *part;

    if (result->crash_count == 0 || item->crash_count++ >= CRASHES_LISTED)
        return;
    part = name_part(item);
    if (result->crash_count == 1 && item->reader->reference != NULL)
        source_facts_add_detail(&item->facts,
                                "%sits reader process ended (%s), it seems by %s: read again "
                                "without that, so nothing in it is verified",
                                part, result->crash, item->reader->reference);
    else if (result->crash_count == 1)
        source_facts_add_detail(&item->facts, "%sits reader process ended (%s): read again", part,
                                result->crash);
    else
        source_facts_add_detail(&item->facts,
                                "%sits reader process ended twice (%s), so it was given up and "
                                "what lies beside it was kept, and the same command tries again",
                                part, result->crash);
    free(part);
}

/* A part that cannot be read while others can is damage. */
static void note_unreadable(struct ingest_item *item, struct pool_result *result)
{
    const struct error *err = &result->read_err;

    if (err->kind == ERROR_NONE)
        return;
    if (item->unreadable == NULL)
        item->unreadable = memory_copy_text(err->message);
    item->unreadable_count++;
    source_facts_add_damage(&result->facts,
                            err->offset_bytes != ERROR_NO_OFFSET ? err->offset_bytes : 0, "%s",
                            err->message);
}

/* Keeps the first reason why not all bytes could be read. */
static void take_fault(struct ingest_item *item, struct pool_result *result)
{
    if (item->hash_err.kind == ERROR_NONE) {
        item->hash_err = result->hash_err;
        result->hash_err = (struct error){0};
    }
}

/* Joins the facts of the part whose turn it is, and lets the job go. */
static void take_part(struct ingest *ingest, struct ingest_item *item, struct pool_job *job)
{
    struct pool_result *result = pool_job_result(job);

    take_fault(item, result);
    note_unreadable(item, result);
    if (item->taken_count == 0) {
        item->facts = result->facts;
        result->facts = (struct source_facts){0};
    } else {
        item->reader->join(&item->facts, &result->facts);
    }
    note_crash(item, result);
    pool_remove(ingest->pool, job);
    item->taken_count++;
    punch(ingest, item);
}

/* Is it a member that is all there, until its turn is over? The process that unpacked it cannot
 * change it any more (worker/unpack.c). */
static bool is_held(const struct ingest_item *item)
{
    return item->entry == NULL && item->reader != NULL && !item->is_streamed;
}

/* The hash, made by this process: returned owned; or NULL, with hash_err. To hash is not to parse,
 * whatever the bytes are. */
static char *hash_here(struct ingest *ingest, struct ingest_item *item)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint8_t digest[HASH_BYTES];
    char hex[HASH_HEX_SIZE];

    if (hash_file(ingest->hash, item->descriptor, item->source.size_bytes, &item->hash_err) != 0)
        return NULL;
    if (hash_finish(ingest->hash, digest, &err) != 0) {
        item->hash_err = err;
        return NULL;
    }
    hash_write_hex(digest, hex);
    return memory_copy_text(hex);
}

/* Did the reader find nothing to read in it? Of such a source there is no hash. */
static bool is_unread(struct pool_job *job)
{
    return source_facts_tell_unread(&pool_job_result(job)->facts);
}

/* Takes the hash, wherever it was made; `job` is the last part's, NULL for a container. */
static void take_hash(struct ingest *ingest, struct ingest_item *item, struct pool_job *job)
{
    struct pool_result *result = pool_job_result(item->hash_job != NULL ? item->hash_job : job);
    bool is_whole;

    take_fault(item, result);
    if (job != NULL)
        take_fault(item, pool_job_result(job));
    is_whole = item->why_broken == NULL && item->hash_err.kind == ERROR_NONE &&
               (job == NULL || !is_unread(job));
    if (is_whole && is_held(item))
        item->source.sha256 = hash_here(ingest, item);
    else if (is_whole && result->sha256[0] != '\0')
        item->source.sha256 = memory_copy_text(result->sha256);
    if (item->hash_job == NULL)
        return;
    if (result->crash_count == 2)
        item->hash_crash = memory_copy_text(result->crash);
    pool_remove(ingest->pool, item->hash_job);
    item->hash_job = NULL;
}

/* ---- The end of a source ---- */

/* Says that there is no hash, and why. What kept a source from being hashed mostly kept it from
 * being read whole, and was said then. */
static void note_missing_hash(struct ingest_item *item, bool wants_hash)
{
    const struct error *err = &item->hash_err;

    if (err->kind != ERROR_NONE && item->facts.damage.count == 0)
        source_facts_add_damage(&item->facts, err->offset_bytes, "%s", err->message);
    if (err->kind != ERROR_NONE && wants_hash)
        source_facts_add_detail(&item->facts, "no SHA-256, as not all of it can be read");
    if (item->hash_crash == NULL)
        return;
    item->crash_count++;
    source_facts_add_detail(&item->facts,
                            "no SHA-256: the reader process ended twice (%s), and the same command "
                            "tries again",
                            item->hash_crash);
}

/* Completes the facts, to which all parts are joined. */
static void complete_facts(struct ingest_item *item, bool wants_hash)
{
    struct source_facts *facts = &item->facts;

    if (item->unreadable_count == item->part_count) {
        source_facts_free_content(facts);
        facts->status = SOURCE_STATUS_UNREADABLE;
        source_facts_add_detail(facts, "%s", item->unreadable);
        return;
    }
    if (item->crash_count > CRASHES_LISTED)
        source_facts_add_detail(facts, "and %" PRIu64 " more such parts",
                                item->crash_count - CRASHES_LISTED);
    if (item->hash_doubt != NULL)
        source_facts_add_detail(facts, "%s", item->hash_doubt);
    note_missing_hash(item, wants_hash);
    if (item->why != NULL) { /* an image was unpacked as well */
        text_add_items(&facts->detail, item->why);
        if (facts->status == SOURCE_STATUS_OK && item->status != SOURCE_STATUS_OK &&
            item->status != SOURCE_STATUS_SKIPPED)
            facts->status = SOURCE_STATUS_DAMAGED;
    }
    if (item->why_broken != NULL)
        source_facts_add_damage(facts, item->filled_bytes, "%s", item->why_broken);
    /* A file that is being written, as a log of a running machine may be, gives a mixed picture. */
    item->is_changed =
        item->entry != NULL && !content_is_unchanged(item->entry, item->descriptor, &item->source);
    if (item->is_changed)
        source_facts_add_damage(facts, 0, "the file was changed while it was read");
    item->reader->finish(facts);
    if (item->crash_count > 0)
        facts->status = SOURCE_STATUS_CRASHED;
}

static int finish(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    complete_facts(item, ingest->options->hash);
    if (begin(ingest, item, err) != 0)
        return -1;
    casedb_set_source_content(ingest->db, item->source.kind, item->source.sha256);
    if (item->hash_err.kind != ERROR_NONE || item->is_changed)
        casedb_let_read_again(ingest->db);
    if (casedb_finish_source(ingest->db, item->id, &item->facts, 0, err) != 0)
        return -1;
    item->begun = false;
    if (item->own != NULL)
        indexed_file_set_source(item->own, item->id, item->source.kind);
    print_source(ingest, &item->source, source_status_word(item->facts.status), &item->facts);
    return 0;
}

/* Takes the kind that a source of unknown kind turned out to be of; none where it could not be
 * told. */
static void learn_kind(const struct ingest *ingest, struct ingest_item *item, enum source_kind kind)
{
    if (!item->is_unknown)
        return;
    if (kind != SOURCE_KIND_NONE)
        item->source.kind = kind;
    else if (ingest->options->carve)
        item->source.kind = SOURCE_KIND_CARVED;
    item->old_is_alike = item->old_is_alike && item->old_kind == item->source.kind;
}

/* Once the source was read, is it one that the case has already? Without hashes, that is asked of
 * those alone that were not compared before. */
static bool is_unchanged(const struct ingest *ingest, const struct ingest_item *item)
{
    int64_t same_as = item->same != NULL ? indexed_file_id(item->same) : 0;

    if (item->same == NULL && is_kept(ingest, item->old_same_as))
        same_as = item->old_same_as; /* that one cannot be looked at now, and nothing changed */
    if (!item->old_is_alike || item->old_same_as != same_as)
        return false;
    if (!ingest->options->hash && item->entry == NULL)
        return false; /* sizes and times of members are often alike */
    if (!ingest->options->hash)
        return !item->is_compared && item->old_sha256 == NULL && has_telling_time(item);
    return item->old_sha256 != NULL && item->source.sha256 != NULL &&
           strcmp(item->old_sha256, item->source.sha256) == 0;
}

/* The source stays as the case has it. */
static void keep_old(struct ingest *ingest, struct ingest_item *item)
{
    abandon(ingest, item);
    if (item->own != NULL)
        indexed_file_set_source(item->own,
                                item->old_same_as != 0 ? item->old_same_as : item->old_id,
                                item->source.kind);
    print_source(ingest, &item->source, "unchanged", NULL);
}

/* The kind that the reader found, in the first part that tells it; or none. */
static enum source_kind kind_found(const struct ingest_item *item, struct pool_job *last_job)
{
    return item->facts.kind != SOURCE_KIND_NONE ? item->facts.kind
                                                : pool_job_result(last_job)->facts.kind;
}

/* Ends a source whose reader found nothing to read in it. */
static int note_skipped(struct ingest *ingest, struct ingest_item *item, struct pool_job *job,
                        struct error *err)
{
    item->status = SOURCE_STATUS_SKIPPED;
    item->why = memory_format(NOT_READ "%s", text_get(&pool_job_result(job)->facts.detail));
    pool_remove(ingest->pool, job);
    return note_source(ingest, item, item->status, item->why, 0, err);
}

/* A hash that a reader told is that of an earlier file, whose bytes are others: one of the two is a
 * lie. This one is made anew. */
static void make_sure(struct ingest *ingest, struct ingest_item *item, const char *rival)
{
    char *sha256 = hash_here(ingest, item);
    bool is_lie = sha256 != NULL && strcmp(sha256, item->source.sha256) != 0;

    free(item->source.sha256);
    item->source.sha256 = sha256;
    item->crash_count += is_lie;
    if (is_lie)
        item->hash_doubt = memory_format(
            "its reader process said that it has the SHA-256 of %s, which is not so: what else it "
            "said is not to be relied on, and the same command tries again",
            rival);
    if (sha256 == NULL)
        return;
    rival = compare_content(ingest, item, true);
    if (item->same == NULL && rival != NULL && !is_lie)
        item->hash_doubt = memory_format(
            "%s is listed with the same SHA-256, and does not have the same bytes now", rival);
}

/* Finds an earlier source with the same content. A hash that a process said which unpacks is none
 * to compare by: it may have been taken over. */
static void find_same(struct ingest *ingest, struct ingest_item *item)
{
    if (item->source.sha256 != NULL ||
        (item->entry != NULL && !ingest->options->hash && !item->is_compared)) {
        const char *rival = compare_content(ingest, item, is_held(item));

        if (rival != NULL && !is_held(item))
            make_sure(ingest, item, rival);
    }
    if (item->entry == NULL && item->is_streamed)
        item->source.sha256 = memory_copy_text(item->member_sha256);
    if (!ingest->options->hash) {
        free(item->source.sha256);
        item->source.sha256 = NULL;
    }
}

/* Ends a source of which not all could be read, where the case has all of it, or where it is not
 * even known what it is. */
static int keep_whole(struct ingest *ingest, struct ingest_item *item, struct pool_job *job,
                      struct error *err)
{
    char *why = memory_format("not all of it can be read: at byte %" PRIu64 ": %s",
                              item->hash_err.offset_bytes, item->hash_err.message);
    int result;

    pool_remove(ingest->pool, job);
    abandon(ingest, item);
    result = note_fault(ingest, item, why, err);
    free(why);
    return result;
}

static int look_at_observation(void *context, const struct incident_event *event,
                               const struct observation *observation, struct error *err)
{
    (void)event;
    (void)err;
    progress_look_at(context, observation);
    return 0;
}

static int pass_over_finding(void *context, const struct finding *finding, struct error *err)
{
    (void)context;
    (void)finding;
    (void)err;
    return 0;
}

/* What was read of a source that the case has already counts as signals so far, too. */
static void look_at_signals(struct ingest *ingest, struct pool_job *job)
{
    struct sink sink = {.context = ingest->progress,
                        .observation = look_at_observation,
                        .finding = pass_over_finding};
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};

    if (ingest->progress != NULL)
        (void)pool_drain(ingest->pool, job, &sink, &err); /* neither fails */
}

/* Takes the last part, and decides what the source is. */
static int settle(struct ingest *ingest, struct ingest_item *item, struct pool_job *job,
                  struct error *err)
{
    learn_kind(ingest, item, kind_found(item, job));
    take_hash(ingest, item, job);
    if (item->hash_err.kind != ERROR_NONE && (item->old_is_whole || is_unread(job)))
        return keep_whole(ingest, item, job, err);
    if (is_unread(job))
        return note_skipped(ingest, item, job, err);
    find_same(ingest, item);
    if (is_unchanged(ingest, item)) {
        look_at_signals(ingest, job);
        pool_remove(ingest->pool, job);
        keep_old(ingest, item);
        return 0;
    }
    if (item->same != NULL) {
        pool_remove(ingest->pool, job);
        abandon(ingest, item);
        return note_source(ingest, item, SOURCE_STATUS_OK, NULL, indexed_file_id(item->same), err);
    }
    if (drain(ingest, item, job, err) != 0)
        return -1;
    take_part(ingest, item, job);
    return finish(ingest, item, err);
}

/* Ends a container: behind its members, and hashed. */
static int note_container(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    int known = ingest_item_is_known(ingest, item, err);

    if (known < 0)
        return -1;
    if (known == 1 && item->status != SOURCE_STATUS_OK && item->status != SOURCE_STATUS_SKIPPED)
        ingest_keep_members(ingest, item->source.path);
    if (item->hash_job != NULL)
        take_hash(ingest, item, NULL);
    if (item->source.sha256 != NULL)
        find_same(ingest, item);
    return note_source(ingest, item, item->status, item->why,
                       item->same != NULL ? indexed_file_id(item->same) : 0, err);
}

/* Ends a source that is not read. */
static int note_unread(struct ingest *ingest, struct ingest_item *item, struct error *err)
{
    int64_t same_as;

    if (item->is_container)
        return note_container(ingest, item, err);
    if (item->is_fault || (item->is_of_known && item->status == SOURCE_STATUS_UNREADABLE))
        return note_fault(ingest, item, item->why, err);
    if (item->reader == NULL)
        return note_source(ingest, item, item->status, item->why, 0, err);
    same_as = item->same != NULL ? indexed_file_id(item->same) : 0;
    if (item->same != NULL)
        learn_kind(ingest, item, indexed_file_kind(item->same));
    if (item->unchanged ||
        (item->old_is_alike && item->old_sha256 == NULL && item->old_same_as == same_as)) {
        print_source(ingest, &item->source, "unchanged", NULL);
        return 0;
    }
    return note_source(ingest, item, SOURCE_STATUS_OK, NULL, same_as, err);
}

static bool is_all_there(const struct ingest_item *item)
{
    return !item->is_streamed || item->is_filled;
}

static int take_step(struct ingest *ingest, struct ingest_item *item, enum ingest_step *step,
                     struct error *err)
{
    bool is_last = item->taken_count + 1 == item->part_count;
    struct pool_job *job;
    enum pool_state state;

    *step = INGEST_STEP_DONE;
    if (item->reader != NULL && !item->started && start(ingest, item, err) != 0)
        return -1;
    if (item->is_container && item->hash_job != NULL &&
        pool_job_state(item->hash_job) != POOL_STATE_DONE) {
        *step = INGEST_STEP_WAITS;
        return 0;
    }
    if (!is_read(item))
        return note_unread(ingest, item, err);
    *step = INGEST_STEP_WAITS;
    if (item->taken_count == item->added_count)
        return 0; /* more of it is to be unpacked first */
    job = *place_of(ingest, item, item->taken_count);
    state = pool_job_state(job);
    if (state == POOL_STATE_WORKING ||
        (state == POOL_STATE_DONE && is_last && !is_all_there(item)) ||
        (state == POOL_STATE_DONE && is_last && item->hash_job != NULL &&
         pool_job_state(item->hash_job) != POOL_STATE_DONE))
        return 0;
    if (state == POOL_STATE_DONE && is_last) {
        *step = INGEST_STEP_DONE;
        return settle(ingest, item, job, err);
    }
    *step = INGEST_STEP_GOES_ON;
    if (drain(ingest, item, job, err) != 0)
        return -1;
    if (state == POOL_STATE_DONE)
        take_part(ingest, item, job);
    return 0;
}

int ingest_item_advance(struct ingest *ingest, struct ingest_item *item, enum ingest_step *step,
                        struct error *err)
{
    if (take_step(ingest, item, step, err) == 0)
        return 0;
    abandon(ingest, item);
    return -1;
}
