/* SPDX-License-Identifier: Apache-2.0 */
/* Containers are unpacked one after the other, each by a process of its own (worker/unpack.h),
 * ahead of the turns of what lies in them. Its members are sources like others from then on. */
#include "app/ingest.h"

#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "container/sparse.h"
#include "intake/segments.h"

struct ingest_container {
    uint64_t number;              /* from 1 */
    struct ingest_item *item;     /* owned until it is handed on: its own row */
    struct segments segments;     /* owned: its files, */
    struct container_file *files; /* and what is open of them; owned but for the first's */
    struct container_input input;
    struct unpack unpack;
    uint64_t member_count;        /* that were handed on */
    bool is_known;                /* it is as it was in an earlier run */
    char *end;                    /* owned: how the process ended before it was done, or NULL */
    struct ingest_item *streamed; /* borrowed: the last one, as long as it is filled; or NULL */
    uint64_t *read_bytes;         /* shared with the process, which counts there; owned, or NULL */
};

/* ---- Paths ---- */

/* A path, and how many members of that name there were. */
struct met_path {
    char *path; /* owned */
    unsigned count;
};

struct ingest_paths {
    void *tree;              /* of those of `items` */
    struct met_path **items; /* owned, each of them */
    size_t count;
};

static int compare_met(const void *left, const void *right)
{
    return strcmp(((const struct met_path *)left)->path, ((const struct met_path *)right)->path);
}

static int compare_items(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

struct ingest_paths *ingest_paths_new(void)
{
    return memory_allocate(1, sizeof(struct ingest_paths));
}

static void forget_path(void *path)
{
    (void)path; /* `items` has them */
}

void ingest_paths_free(struct ingest_paths *paths)
{
    if (paths == NULL)
        return;
    tdestroy(paths->tree, forget_path);
    for (size_t index = 0; index < paths->count; index++) {
        free(paths->items[index]->path);
        free(paths->items[index]);
    }
    free(paths->items);
    free(paths);
}

static struct met_path *find_met(const struct ingest_paths *paths, const char *path)
{
    const struct met_path sought = {.path = (char *)path}; /* only compared */
    struct met_path *const *found = tfind(&sought, &paths->tree, compare_met);

    return found != NULL ? *found : NULL;
}

static void remember(struct ingest_paths *paths, const char *path)
{
    struct met_path *met = memory_allocate(1, sizeof(*met));

    *met = (struct met_path){.path = memory_copy_text(path), .count = 1};
    paths->items = memory_grow(paths->items, paths->count, sizeof(*paths->items));
    paths->items[paths->count++] = met;
    memory_require(tsearch(met, &paths->tree, compare_met));
}

/* An archive can have several members of one name, and a folder can be called as a container is. */
char *ingest_paths_add(struct ingest_paths *paths, const struct walk *walk, char *path)
{
    struct met_path *met = find_met(paths, path);
    char *own = path;

    if (met == NULL && walk_find(walk, path) != NULL) {
        remember(paths, path);
        met = find_met(paths, path);
    }
    while (met != NULL && (find_met(paths, own) != NULL || walk_find(walk, own) != NULL)) {
        if (own != path)
            free(own);
        own = memory_format("%s#%u", path, ++met->count);
    }
    if (own != path)
        free(path);
    remember(paths, own);
    return own;
}

static void keep(struct ingest *ingest, const char *path, const char *mark)
{
    ingest->kept = memory_grow(ingest->kept, ingest->kept_count, sizeof(*ingest->kept));
    ingest->kept[ingest->kept_count++] = memory_format("%s%s", path, mark);
}

void ingest_keep_members(struct ingest *ingest, const char *path)
{
    keep(ingest, path, SOURCE_MEMBER_MARK);
}

int ingest_settle_members(struct ingest *ingest, const struct walk *walk, struct error *err)
{
    struct ingest_paths *members = ingest->members;
    size_t met = walk->entry_count + members->count, deleted;
    const char **paths;
    int result;

    for (size_t index = 0; index < walk->entry_count; index++)
        if (walk->entries[index].hides)
            keep(ingest, walk->entries[index].path, "/");
    paths = memory_allocate(met + ingest->kept_count, sizeof(*paths));
    for (size_t index = 0; index < walk->entry_count; index++)
        paths[index] = walk->entries[index].path;
    for (size_t index = 0; index < members->count; index++)
        paths[walk->entry_count + index] = members->items[index]->path;
    for (size_t index = 0; index < ingest->kept_count; index++)
        paths[met + index] = ingest->kept[index];
    qsort(paths, met + ingest->kept_count, sizeof(*paths), compare_items);
    result = casedb_keep_only_sources(ingest->db, paths, met + ingest->kept_count, &deleted, err);
    if (result == 0 && ingest->container_count > 0)
        result = casedb_order_places(ingest->db, err);
    free(paths);
    return result;
}

/* ---- Unpacking ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Of a sparse file, its map. */
static int find_segments(struct ingest_container *container, struct error *err)
{
    const struct source *source = ingest_item_source(container->item);
    struct segments *segments = &container->segments;

    if (!ingest_item_is_sparse(container->item))
        return segments_find(source->path, source->kind, segments, err);
    segments->count = 2;
    segments->paths = memory_allocate(segments->count, sizeof(*segments->paths));
    segments->paths[0] = memory_copy_text(source->path);
    segments->paths[1] = memory_format("%s" SPARSE_SUFFIX, source->path);
    return 0;
}

/* Opens the files that the container consists of: that of the item, and the segments behind it. */
static int open_files(struct ingest_container *container, struct error *err)
{
    const struct source *source = ingest_item_source(container->item);

    if (find_segments(container, err) != 0)
        return -1;
    container->files = memory_allocate(container->segments.count, sizeof(*container->files));
    container->files[0] =
        (struct container_file){.descriptor = ingest_item_descriptor(container->item),
                                .size_bytes = source->size_bytes,
                                .name = last_part(source->path),
                                .read_bytes = container->read_bytes};
    container->input.files = container->files;
    for (container->input.file_count = 1; container->input.file_count < container->segments.count;
         container->input.file_count++) {
        struct container_file *file = &container->files[container->input.file_count];
        const char *path = container->segments.paths[container->input.file_count];
        struct stat status;

        file->name = last_part(path);
        file->read_bytes = container->read_bytes;
        file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (file->descriptor < 0)
            return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                             "its segment %s: cannot be opened: %m", path);
        if (fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
            close(file->descriptor);
            return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                             "its segment %s is not a regular file", path);
        }
        file->size_bytes = (uint64_t)status.st_size;
    }
    return 0;
}

/* Forgets the container, whose process has ended, and hands its own item on. */
static struct ingest_item *end_container(struct ingest *ingest)
{
    struct ingest_container *container = ingest->container;
    struct ingest_item *item = container->item;

    for (size_t index = 1; index < container->input.file_count; index++)
        close(container->files[index].descriptor);
    memory_unshare_count(container->read_bytes);
    free(container->end);
    free(container->files);
    segments_free_content(&container->segments);
    free(container);
    ingest->container = NULL;
    return item;
}

void ingest_container_progress(const struct ingest *ingest, struct progress_item *out)
{
    const struct ingest_container *container = ingest->container;
    const struct source *source = ingest_item_source(container->item);

    *out = (struct progress_item){.path = source->path,
                                  .is_partial = source_kind_is(source->kind, SOURCE_IS_IMAGE) &&
                                                !container->input.carve};
    for (size_t index = 0; index < container->input.file_count; index++)
        out->size_bytes += container->files[index].size_bytes;
    if (container->read_bytes != NULL)
        out->done_bytes = __atomic_load_n(container->read_bytes, __ATOMIC_RELAXED);
}

int ingest_container_begin(struct ingest *ingest, struct ingest_item *item,
                           struct ingest_item **out, struct error *err)
{
    struct ingest_container *container = memory_allocate(1, sizeof(*container));
    const struct source *source = ingest_item_source(item);
    struct error source_err = {.source = source->path, .offset_bytes = ERROR_NO_OFFSET};
    struct unpack_order order = {.input = &container->input,
                                 .limits = &ingest->options->limits,
                                 .sandbox = &ingest->sandbox,
                                 .readers = ingest->readers,
                                 .hash = ingest->hash};
    int result = 0;

    *out = NULL;
    ingest->container = container;
    container->is_known = ingest_item_is_known(ingest, item, err) == 1;
    if (err->kind != ERROR_NONE)
        return -1;
    container->number = ++ingest->container_count;
    container->read_bytes = memory_share_count();
    container->item = item;
    container->input = (struct container_input){
        .kind = ingest_item_is_sparse(item) ? SOURCE_KIND_NONE : source->kind,
        .is_sparse = ingest_item_is_sparse(item),
        .carve = ingest->options->carve,
        .passwords = (const char *const *)ingest->options->passwords,
        .password_count = ingest->options->password_count};
    if (open_files(container, &source_err) == 0) {
        /* A plain image is searched where it lies. */
        if (source->kind == SOURCE_KIND_RAW_IMAGE && container->input.file_count == 1)
            container->input.carve = false;
        ingest_item_hash_container(ingest, item);
        pool_watch(ingest->pool, -1, false); /* whoever was waited for before, it was not this */
        result = unpack_start(&container->unpack, &order, err);
    } else {
        struct text detail = {0};

        text_add_item(&detail, source_err.message);
        ingest_item_settle_container(ingest, item, SOURCE_STATUS_UNREADABLE, text_get(&detail));
        text_free(&detail);
        *out = end_container(ingest);
    }
    error_clear(&source_err);
    return result;
}

int ingest_container_descriptor(const struct ingest *ingest)
{
    return ingest->container != NULL ? ingest->container->unpack.process.socket : -1;
}

bool ingest_container_is_known(const struct ingest *ingest)
{
    return ingest->container->is_known;
}

bool ingest_container_wants_room(const struct ingest *ingest)
{
    return ingest->container != NULL && ingest->container->unpack.unsaid_bytes > 0;
}

uint64_t ingest_container_number(const struct ingest *ingest)
{
    return ingest->container->number;
}

void ingest_container_give_back(struct ingest *ingest, uint64_t number, uint64_t size_bytes)
{
    if (ingest->container != NULL && ingest->container->number == number)
        unpack_give_back(&ingest->container->unpack, size_bytes);
}

/* What was unpacked before the process ended stays. What was being filled has jobs first, so the
 * container's own item comes with the next call. */
static struct ingest_item *end_crashed(struct ingest *ingest, const char *fault)
{
    struct ingest_container *container = ingest->container;
    struct text detail = {0};

    if (container->end == NULL)
        container->end = unpack_end(&container->unpack, fault);
    if (container->streamed != NULL) {
        ingest_item_break_off(container->streamed);
        container->streamed = NULL;
        return NULL;
    }
    if (container->input.is_sparse && container->member_count > 0) {
        ingest_item_free(ingest, end_container(ingest)); /* its member is the source */
        return NULL;
    }
    text_add_item_format(&detail,
                         "the process that unpacks it ended (%s): what was unpacked before is "
                         "read, and the same command tries again",
                         container->end);
    ingest_item_settle_container(ingest, container->item, SOURCE_STATUS_CRASHED, text_get(&detail));
    text_free(&detail);
    return end_container(ingest);
}

/* A member without a time of its own was written before its container, at the latest. */
static void date_member(struct unpack_message *message, const struct source *container)
{
    if (message->mtime_ns != 0)
        return;
    message->mtime_ns = container->mtime_ns;
    message->mtime_is_local = false;
}

static struct ingest_item *make_item(struct ingest *ingest, struct unpack_message *message,
                                     int descriptor)
{
    struct ingest_container *container = ingest->container;
    const struct source *source = ingest_item_source(container->item);
    char *path = container->input.is_sparse
                     ? memory_copy_text(source->path)
                     : ingest_paths_add(ingest->members, ingest->walk,
                                        memory_format("%s!/%s", source->path, message->path));
    struct ingest_item *item;

    date_member(message, source);
    item = ingest_item_of_member(ingest, message, path, descriptor);
    container->member_count++;
    if (!container->input.is_sparse) /* else it is the file itself */
        progress_add_source(ingest->progress);
    container->streamed =
        message->says == UNPACK_MEMBER && message->is_streamed ? item : container->streamed;
    return item;
}

/* Ends the container whose process has said its last. A sparse file is not a source besides its
 * member; where its map is none, it is one as it is, and where no reader takes what it is, too. */
static int end_well(struct ingest *ingest, const struct unpack_message *message,
                    struct ingest_item **out, struct error *err)
{
    struct ingest_container *container = ingest->container;
    bool is_sparse = container->input.is_sparse;
    bool is_taken = container->member_count > 0;

    if (!is_sparse)
        ingest_item_settle_container(ingest, container->item, message->status, message->detail);
    unpack_stop(&container->unpack);
    *out = end_container(ingest);
    if (!is_sparse)
        return 0;
    if (!is_taken)
        return ingest_item_read_as_it_is(ingest, *out, err);
    ingest_item_free(ingest, *out);
    *out = NULL;
    return 0;
}

/* A member that is filled comes to its end before anything else does. Each member has one row at
 * most, and is counted by the process: beyond the limit there is only the container's own. */
static bool is_in_turn(const struct ingest *ingest, const struct unpack_message *message)
{
    const struct ingest_container *container = ingest->container;
    bool is_of_streamed = message->says == UNPACK_FILLED || message->says == UNPACK_FILLED_ALL;
    bool is_own = message->says == UNPACK_CONTAINER && *message->path == '\0';

    return is_of_streamed == (container->streamed != NULL) &&
           (is_of_streamed || is_own || container->member_count < ingest->options->limits.members);
}

int ingest_container_next(struct ingest *ingest, struct ingest_item **out, struct error *err)
{
    struct ingest_container *container = ingest->container;
    struct unpack_message message;
    const char *fault;
    int descriptor;
    int taken;

    *out = NULL;
    if (container->end != NULL) {
        *out = end_crashed(ingest, NULL);
        return 1;
    }
    taken = unpack_take(&container->unpack, pool_watched_ms(ingest->pool), &message, &descriptor,
                        &fault);
    if (taken == 0)
        return 0;
    if (taken > 0 && !is_in_turn(ingest, &message)) {
        if (descriptor >= 0)
            close(descriptor);
        taken = -1;
        fault = "it said what was not its turn";
    }
    if (taken < 0) {
        *out = end_crashed(ingest, fault);
        return 1;
    }
    switch (message.says) {
    case UNPACK_FILLED:
        if (!ingest_item_fill(container->streamed, message.filled_bytes))
            *out = end_crashed(ingest, "it filled a member without getting on");
        break;
    case UNPACK_FILLED_ALL:
        ingest_item_fill_all(container->streamed, message.filled_bytes, message.sha256,
                             message.detail);
        container->streamed = NULL;
        break;
    case UNPACK_CONTAINER:
        if (*message.path != '\0')
            *out = make_item(ingest, &message, descriptor);
        else
            return end_well(ingest, &message, out, err) != 0 ? -1 : 1;
        break;
    case UNPACK_MEMBER:
    case UNPACK_UNREAD:
    case UNPACK_SAYS_COUNT:
        *out = make_item(ingest, &message, descriptor);
        break;
    }
    return 1;
}

void ingest_container_stop(struct ingest *ingest)
{
    if (ingest->container == NULL)
        return;
    unpack_stop(&ingest->container->unpack);
    ingest_item_free(ingest, end_container(ingest));
}
