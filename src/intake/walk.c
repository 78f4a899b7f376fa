/* SPDX-License-Identifier: Apache-2.0 */
/* Folders are walked physically: a link is never followed, so no walk leaves its tree or runs in
 * circles. What a link inside the tree points to is met under its own path. fts(3) would do but for
 * one thing: it takes an error in the middle of a folder for the folder's end. */
#include "intake/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

void walk_free_content(struct walk *walk)
{
    for (size_t index = 0; index < walk->entry_count; index++) {
        free(walk->entries[index].path);
        free(walk->entries[index].problem);
    }
    free(walk->entries);
    *walk = (struct walk){0};
}

/* Takes `problem`. */
static void add_entry(struct walk *out, const char *path, bool named, enum source_status status,
                      char *problem)
{
    out->entries = memory_grow(out->entries, out->entry_count, sizeof(*out->entries));
    out->entries[out->entry_count++] = (struct walk_entry){
        .path = memory_copy_text(path), .problem = problem, .status = status, .named = named};
}

/* A link is never followed below an input. That its target is gone, or that it goes in circles,
 * is of no interest then but for the person who looks for what is missing. One that is named itself
 * comes here only then, and is as good as a path that is missing. */
static void add_link(struct walk *out, const char *path, bool named)
{
    char *target = realpath(path, NULL);
    const char *reason = target != NULL ? "name its target as an input" : strerror(errno);

    add_entry(out, path, named, named ? SOURCE_STATUS_UNREADABLE : SOURCE_STATUS_SKIPPED,
              memory_format("symbolic link%s: %s", named ? " that leads nowhere" : ", not followed",
                            reason));
    free(target);
}

/* One walk over an input. */
struct walking {
    struct walk *out;
    const struct stat *exclude; /* a folder, or NULL */
    bool devices;
};

/* A folder on the way down. */
struct level {
    const struct level *above; /* NULL for the input's own */
    dev_t device;
    ino_t number;
};

/* What cannot be looked at: it may be a folder, and what lies below it is not known. */
static void add_unseen(struct walk *out, const char *path, bool named, bool is_folder,
                       const char *what, int reason)
{
    bool is_gone = reason == ENOENT || reason == ENOTDIR;

    add_entry(out, path, named, SOURCE_STATUS_UNREADABLE,
              memory_format("%s%s%s", what, strerror(reason),
                            is_gone ? "" : ", and the same command tries again"));
    out->entries[out->entry_count - 1].is_folder = is_folder;
    out->entries[out->entry_count - 1].hides = !is_gone;
}

/* What is neither file, folder nor link. */
static void add_special(const struct walking *walking, const char *path, const struct stat *status,
                        bool named)
{
    struct walk *out = walking->out;
    bool is_device = named && S_ISBLK(status->st_mode);

    if (is_device && walking->devices)
        add_entry(out, path, named, SOURCE_STATUS_OK, NULL);
    else
        add_entry(out, path, named, SOURCE_STATUS_SKIPPED,
                  memory_copy_text(is_device ? "block device: it is read with --carve only"
                                             : "not a regular file"));
    out->entries[out->entry_count - 1].is_device = is_device;
}

static bool is_excluded(const struct walking *walking, const struct stat *folder)
{
    const struct stat *exclude = walking->exclude;

    return exclude != NULL && folder->st_dev == exclude->st_dev &&
           folder->st_ino == exclude->st_ino;
}

/* An input that is a folder without a file may be a share that is not mounted, or a level that was
 * mistyped. `first` is where its entries begin. What is unreadable in it is told of already. */
static void check_folder(struct walk *out, const char *path, size_t first)
{
    for (size_t index = first; index < out->entry_count; index++)
        if (out->entries[index].status != SOURCE_STATUS_SKIPPED)
            return;
    add_entry(out, path, true, SOURCE_STATUS_UNREADABLE,
              memory_copy_text(out->entry_count == first
                                   ? "the folder holds no file"
                                   : "the folder holds no file, only links or special files: name "
                                     "the target of a link as an input"));
    out->entries[out->entry_count - 1].is_folder = true;
}

static bool is_dot_name(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static char *path_below(const char *folder, const char *name)
{
    size_t length = strlen(folder);

    return memory_format("%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/",
                         name);
}

/* What a folder has. */
struct listed {
    char *path; /* owned */
    bool is_folder;
};

/* Lists what is in the open folder, which is closed then. The list may be cut by an error at any
 * place: returns its errno, or 0. */
static int list_folder(DIR *listing, const char *folder, struct listed **out, size_t *count)
{
    const struct dirent *entry;
    int reason;

    while ((errno = 0, entry = readdir(listing)) != NULL) {
        if (is_dot_name(entry->d_name))
            continue;
        *out = memory_grow(*out, *count, sizeof(**out));
        (*out)[(*count)++] = (struct listed){.path = path_below(folder, entry->d_name),
                                             .is_folder = entry->d_type == DT_DIR};
    }
    reason = errno;
    closedir(listing);
    return reason;
}

/* Opens a folder that was seen to be one. A link that has taken its place is not followed, unless
 * the input itself is one. */
static DIR *open_folder(const char *path, bool named)
{
    int descriptor =
        open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (named ? 0 : O_NOFOLLOW));
    DIR *listing = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    int reason = errno;

    if (listing == NULL && descriptor >= 0)
        close(descriptor);
    errno = reason;
    return listing;
}

/* Some file systems have a folder lie in itself. */
static bool is_on_the_way(const struct level *level, const struct stat *folder)
{
    while (level != NULL && (level->device != folder->st_dev || level->number != folder->st_ino))
        level = level->above;
    return level != NULL;
}

static void add_found(const struct walking *walking, const struct level *above,
                      const struct listed *found);

static void add_folder(const struct walking *walking, const struct level *above, const char *path,
                       const struct stat *status)
{
    const struct level level = {.above = above, .device = status->st_dev, .number = status->st_ino};
    bool named = above == NULL;
    DIR *listing = open_folder(path, named);
    struct listed *listed = NULL;
    size_t count = 0;
    int reason = errno;

    if (listing == NULL) {
        add_unseen(walking->out, path, named, true, "the folder cannot be opened: ", reason);
        return;
    }
    reason = list_folder(listing, path, &listed, &count);
    for (size_t index = 0; index < count; index++) {
        add_found(walking, &level, &listed[index]);
        free(listed[index].path);
    }
    free(listed);
    if (reason != 0)
        add_unseen(walking->out, path, named, true,
                   "the folder cannot be listed to its end, so it can hold more: ", reason);
}

/* Is that what a link says whose target is gone, or that goes in circles? */
static bool leads_nowhere(int reason)
{
    return reason == ENOENT || reason == ENOTDIR || reason == ELOOP;
}

/* Adds what is at the path: a file, or all that lies below a folder. Folders are as deep as a path
 * is long, at the most. */
static void add_found(const struct walking *walking, const struct level *above,
                      const struct listed *found)
{
    const char *path = found->path;
    struct walk *out = walking->out;
    bool named = above == NULL;
    size_t first = out->entry_count;
    struct stat status;

    if ((named ? stat(path, &status) : lstat(path, &status)) != 0) {
        int reason = errno;

        if (named && leads_nowhere(reason) && lstat(path, &status) == 0)
            add_link(out, path, named);
        else
            add_unseen(out, path, named, found->is_folder, "", reason);
    } else if (S_ISLNK(status.st_mode)) {
        add_link(out, path, named);
    } else if (S_ISREG(status.st_mode)) {
        add_entry(out, path, named, SOURCE_STATUS_OK, NULL);
        out->entries[out->entry_count - 1].size_bytes = (uint64_t)status.st_size;
    } else if (!S_ISDIR(status.st_mode) || is_on_the_way(above, &status)) {
        add_special(walking, path, &status, named);
    } else if (!is_excluded(walking, &status)) {
        add_folder(walking, above, path, &status);
        if (named)
            check_folder(out, path, first);
    }
}

static int compare_entries(const void *left, const void *right)
{
    const struct walk_entry *a = left, *b = right;
    int order = strcmp(a->path, b->path);

    /* Of one path met twice, the entry with a problem goes, but for that of a folder which one of
     * two walks could not list; the named one stays. */
    if (order == 0)
        order = (a->problem != NULL) - (b->problem != NULL);
    if (order == 0)
        order = b->hides - a->hides;
    return order != 0 ? order : b->named - a->named;
}

static void drop_repeated(struct walk *out)
{
    size_t kept = 0;

    for (size_t index = 0; index < out->entry_count; index++) {
        struct walk_entry *entry = &out->entries[index];

        if (kept > 0 && strcmp(out->entries[kept - 1].path, entry->path) == 0) {
            free(entry->path);
            free(entry->problem);
            continue;
        }
        if (entry->problem == NULL)
            out->file_count++;
        out->entries[kept++] = *entry;
    }
    out->entry_count = kept;
}

void walk_collect(const char *const *inputs, size_t input_count, const struct stat *exclude,
                  bool devices, struct walk *out)
{
    const struct walking walking = {.out = out, .exclude = exclude, .devices = devices};

    *out = (struct walk){0};
    for (size_t index = 0; index < input_count; index++)
        add_found(&walking, NULL, &(struct listed){.path = (char *)inputs[index]}); /* borrowed */
    if (out->entry_count > 0)
        qsort(out->entries, out->entry_count, sizeof(*out->entries), compare_entries);
    drop_repeated(out);
}

static int compare_entry(const void *path, const void *entry)
{
    return strcmp(path, ((const struct walk_entry *)entry)->path);
}

const struct walk_entry *walk_find(const struct walk *walk, const char *path)
{
    return walk->entry_count == 0 ? NULL
                                  : bsearch(path, walk->entries, walk->entry_count,
                                            sizeof(*walk->entries), compare_entry);
}

static void add_listed(char ***inputs, size_t *input_count, const char *path, size_t length,
                       bool is_line)
{
    if (is_line && length > 0 && path[length - 1] == '\r')
        length--;
    if (length == 0)
        return;
    *inputs = memory_grow(*inputs, *input_count, sizeof(**inputs));
    (*inputs)[(*input_count)++] = memory_copy_bytes(path, length);
}

int walk_read_list(FILE *list, const char *what, char ***inputs, size_t *input_count,
                   struct error *err)
{
    struct text all = {0};
    char buffer[65536];
    size_t got;
    char separator;
    int result = 0;

    while ((got = fread(buffer, 1, sizeof(buffer), list)) > 0 &&
           all.length_bytes <= WALK_LIST_MAX_BYTES)
        text_add_bytes(&all, buffer, got);
    if (ferror(list))
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "cannot read the list of %s: %m; give another", what);
    else if (all.length_bytes > WALK_LIST_MAX_BYTES)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "the list of %s is longer than %d bytes; give a shorter one", what,
                           WALK_LIST_MAX_BYTES);
    separator =
        all.bytes != NULL && memchr(all.bytes, '\0', all.length_bytes) != NULL ? '\0' : '\n';
    for (size_t start = 0; result == 0 && start < all.length_bytes;) {
        const char *end = memchr(all.bytes + start, separator, all.length_bytes - start);
        size_t length = end != NULL ? (size_t)(end - all.bytes) - start : all.length_bytes - start;

        add_listed(inputs, input_count, all.bytes + start, length, separator == '\n');
        start += length + 1;
    }
    text_free(&all);
    return result;
}
