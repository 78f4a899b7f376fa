/* SPDX-License-Identifier: Apache-2.0 */
/* Folders are walked by fts(3), physically: a link is never followed, so no walk leaves its tree
 * or runs in circles. What a link inside the tree points to is met under its own path. */
#include "intake/walk.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

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

/* What is neither file, folder nor link. */
static void add_special(struct walk *out, const FTSENT *found, bool devices)
{
    bool named = found->fts_level == FTS_ROOTLEVEL;
    bool is_device = named && S_ISBLK(found->fts_statp->st_mode);

    if (is_device && devices)
        add_entry(out, found->fts_path, named, SOURCE_STATUS_OK, NULL);
    else
        add_entry(out, found->fts_path, named, SOURCE_STATUS_SKIPPED,
                  memory_copy_text(is_device ? "block device: it is read with --carve only"
                                             : "not a regular file"));
    out->entries[out->entry_count - 1].is_device = is_device;
}

static bool is_excluded(const FTSENT *folder, const struct stat *exclude)
{
    return exclude != NULL && folder->fts_statp->st_dev == exclude->st_dev &&
           folder->fts_statp->st_ino == exclude->st_ino;
}

static void add_found(struct walk *out, FTS *tree, FTSENT *found, const struct stat *exclude,
                      bool devices)
{
    bool named = found->fts_level == FTS_ROOTLEVEL;

    switch (found->fts_info) {
    case FTS_D:
        if (is_excluded(found, exclude))
            fts_set(tree, found, FTS_SKIP);
        break;
    case FTS_F:
        add_entry(out, found->fts_path, named, SOURCE_STATUS_OK, NULL);
        break;
    case FTS_SL:
    case FTS_SLNONE:
        add_link(out, found->fts_path, named);
        break;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        add_entry(out, found->fts_path, named, SOURCE_STATUS_UNREADABLE,
                  memory_copy_text(strerror(found->fts_errno)));
        break;
    case FTS_DP:
    case FTS_DOT:
        break;
    default:
        add_special(out, found, devices);
    }
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

static void collect_input(struct walk *out, const char *input, const struct stat *exclude,
                          bool devices)
{
    char *path = memory_copy_text(input);
    char *const roots[] = {path, NULL};
    size_t first = out->entry_count;
    FTSENT *found;
    FTS *tree;

    /* A link that is named itself is followed: the user said so. */
    tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    if (tree == NULL)
        add_entry(out, path, true, SOURCE_STATUS_UNREADABLE, memory_copy_text(strerror(errno)));
    while (tree != NULL && (errno = 0, found = fts_read(tree)) != NULL) {
        add_found(out, tree, found, exclude, devices);
        if (found->fts_info == FTS_DP && found->fts_level == FTS_ROOTLEVEL &&
            !is_excluded(found, exclude))
            check_folder(out, path, first);
    }
    if (tree != NULL && errno != 0)
        add_entry(out, path, true, SOURCE_STATUS_UNREADABLE, memory_copy_text(strerror(errno)));
    if (tree != NULL)
        fts_close(tree);
    free(path);
}

static int compare_entries(const void *left, const void *right)
{
    const struct walk_entry *a = left, *b = right;
    int order = strcmp(a->path, b->path);

    /* Of one path met twice, the entry with a problem goes, the named one stays. */
    if (order == 0)
        order = (a->problem != NULL) - (b->problem != NULL);
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
    *out = (struct walk){0};
    for (size_t index = 0; index < input_count; index++)
        collect_input(out, inputs[index], exclude, devices);
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
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot read the list of %s: %m", what);
    else if (all.length_bytes > WALK_LIST_MAX_BYTES)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "the list of %s is longer than %d bytes", what, WALK_LIST_MAX_BYTES);
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
