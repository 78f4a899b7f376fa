/* SPDX-License-Identifier: Apache-2.0 */
/* Each file is written through its own open folder, so that nothing that is renamed or linked
 * meanwhile can lead a write elsewhere. A write error is kept with the file from where it
 * happened: stdio alone would tell at the end that there was one, but no longer which. */
#include "report/staging.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define TEMPORARY_PREFIX "."
#define TEMPORARY_SUFFIX ".partial"
#define SCRATCH_NAME TEMPORARY_PREFIX "scratch" TEMPORARY_SUFFIX

struct staging_folder {
    char *name; /* relative to the output folder; "" for itself */
    int descriptor;
    bool made; /* by this staging, which removes it again when it gives up */
};

struct staged_file {
    struct staging *out;
    char *name;    /* relative to the output folder */
    size_t folder; /* its index in out->folders */
    char *temporary;
    int descriptor;
    FILE *stream;    /* NULL once closed */
    int write_errno; /* of the first write that failed, or 0 */
};

struct staging {
    const char *path;
    struct staging_folder *folders; /* the first is the output folder */
    size_t folder_count;
    struct staged_file **files; /* each of its own: its stream refers to it */
    size_t file_count;
    struct staged_file *scratch; /* without a name, or NULL */
};

#define ADVICE "; mend that, or name another folder with -o"

static int fail_write(const struct staging *out, const char *name, struct error *err)
{
    const char *slash = *name != '\0' ? "/" : "";

    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s%s%s: %m" ADVICE, out->path,
                     slash, name);
}

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash != NULL ? slash + 1 : name;
}

static size_t add_folder(struct staging *out, const char *name, int descriptor, bool made)
{
    out->folders = memory_grow(out->folders, out->folder_count, sizeof(*out->folders));
    out->folders[out->folder_count] = (struct staging_folder){
        .name = memory_copy_text(name), .descriptor = descriptor, .made = made};
    return out->folder_count++;
}

int staging_begin(const char *path, struct staging **out, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (descriptor < 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s: %m" ADVICE, path);
    *out = memory_allocate(1, sizeof(**out));
    (*out)->path = path;
    add_folder(*out, "", descriptor, false);
    return 0;
}

/* Finds or makes the folder `name`, which lies in the folder `parent`. */
static int open_folder(struct staging *out, size_t parent, const char *name, size_t *folder,
                       struct error *err)
{
    int parent_descriptor = out->folders[parent].descriptor;
    const char *part = last_part(name);
    bool made;
    int descriptor;

    for (*folder = 0; *folder < out->folder_count; (*folder)++)
        if (strcmp(out->folders[*folder].name, name) == 0)
            return 0;
    made = mkdirat(parent_descriptor, part, 0777) == 0;
    if (!made && errno != EEXIST)
        return fail_write(out, name, err);
    descriptor = openat(parent_descriptor, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return fail_write(out, name, err);
    *folder = add_folder(out, name, descriptor, made);
    return 0;
}

/* Opens the folders on the way to the file `name`; *folder is the one it lies in. */
static int open_way(struct staging *out, const char *name, size_t *folder, struct error *err)
{
    const char *slash = name;

    *folder = 0;
    while ((slash = strchr(slash, '/')) != NULL) {
        char *way = memory_copy_bytes(name, (size_t)(slash - name));
        int result = open_folder(out, *folder, way, folder, err);

        free(way);
        if (result != 0)
            return -1;
        slash++;
    }
    return 0;
}

/* The write function of a file's stream. By fopencookie's rule it returns 0 for a failure. */
static ssize_t write_file(void *cookie, const char *bytes, size_t size_bytes)
{
    struct staged_file *file = cookie;

    if (file->write_errno == 0 && file_write(file->descriptor, bytes, size_bytes) != 0)
        file->write_errno = errno;
    return file->write_errno == 0 ? (ssize_t)size_bytes : 0;
}

/* Opens the temporary file anew: what stands in its place, a killed run's file or a link, is
 * removed and never opened. */
static int open_temporary(struct staging *out, struct staged_file *file)
{
    int folder = out->folders[file->folder].descriptor;

    if (unlinkat(folder, file->temporary, 0) != 0 && errno != ENOENT)
        return -1;
    file->descriptor =
        openat(folder, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->descriptor < 0)
        return -1;
    file->stream = fopencookie(file, "w", (cookie_io_functions_t){.write = write_file});
    return file->stream != NULL ? 0 : -1;
}

int staging_create(struct staging *out, const char *name, FILE **stream, struct error *err)
{
    struct staged_file *file;
    size_t folder;

    if (open_way(out, name, &folder, err) != 0)
        return -1;
    file = memory_allocate(1, sizeof(*file));
    *file = (struct staged_file){
        .out = out,
        .name = memory_copy_text(name),
        .folder = folder,
        .temporary = memory_format(TEMPORARY_PREFIX "%s" TEMPORARY_SUFFIX, last_part(name)),
        .descriptor = -1,
    };
    out->files = memory_grow(out->files, out->file_count, sizeof(*out->files));
    out->files[out->file_count++] = file;
    if (open_temporary(out, file) != 0)
        return fail_write(out, name, err);
    *stream = file->stream;
    return 0;
}

/* The other functions of the scratch file's stream: it is read back. */
static ssize_t read_scratch(void *cookie, char *bytes, size_t size_bytes)
{
    const struct staged_file *file = cookie;
    ssize_t count;

    do
        count = read(file->descriptor, bytes, size_bytes);
    while (count < 0 && errno == EINTR);
    return count;
}

static int seek_scratch(void *cookie, off64_t *position, int whence)
{
    const struct staged_file *file = cookie;

    *position = lseek(file->descriptor, *position, whence);
    return *position >= 0 ? 0 : -1;
}

int staging_scratch(struct staging *out, FILE **stream, struct error *err)
{
    static const cookie_io_functions_t functions = {
        .read = read_scratch, .write = write_file, .seek = seek_scratch};
    int folder = out->folders[0].descriptor;
    struct staged_file *file;

    assert(out->scratch == NULL);
    file = memory_allocate(1, sizeof(*file));
    *file = (struct staged_file){.out = out, .descriptor = -1};
    out->scratch = file;
    if (unlinkat(folder, SCRATCH_NAME, 0) == 0 || errno == ENOENT)
        file->descriptor =
            openat(folder, SCRATCH_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->descriptor >= 0 && unlinkat(folder, SCRATCH_NAME, 0) == 0)
        file->stream = fopencookie(file, "w+", functions);
    if (file->stream == NULL)
        return fail_write(out, SCRATCH_NAME, err);
    *stream = file->stream;
    return 0;
}

int staging_check_scratch(struct staging *out, struct error *err)
{
    struct staged_file *file = out->scratch;

    if (fflush(file->stream) != 0 && file->write_errno == 0)
        file->write_errno = errno;
    errno = file->write_errno;
    return file->write_errno == 0 ? 0 : fail_write(out, SCRATCH_NAME, err);
}

static void free_scratch(struct staging *out)
{
    if (out->scratch == NULL)
        return;
    if (out->scratch->stream != NULL)
        fclose(out->scratch->stream);
    if (out->scratch->descriptor >= 0)
        close(out->scratch->descriptor);
    free(out->scratch);
}

/* Writes what the stream still has. Returns -1 with errno set when not all could be written. */
static int close_stream(struct staged_file *file)
{
    if (file->stream != NULL && fclose(file->stream) != 0 && file->write_errno == 0)
        file->write_errno = errno;
    file->stream = NULL;
    errno = file->write_errno;
    return file->write_errno == 0 ? 0 : -1;
}

/* Makes sure that the file is on the disk, and closes it. */
static int finish_file(const struct staging *out, struct staged_file *file, struct error *err)
{
    int result = file_sync(file->descriptor);

    if (close(file->descriptor) != 0)
        result = -1;
    file->descriptor = -1;
    return result == 0 ? 0 : fail_write(out, file->name, err);
}

int staging_close(struct staging *out, FILE *stream, struct error *err)
{
    size_t index = 0;

    while (index < out->file_count && out->files[index]->stream != stream)
        index++;
    assert(index < out->file_count);
    if (close_stream(out->files[index]) != 0)
        return fail_write(out, out->files[index]->name, err);
    /* On the way to the disk while the next one is written: their syncs then have little to wait
     * for. One that cannot begin early is no failure. */
    sync_file_range(out->files[index]->descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
    return 0;
}

static void free_files(struct staging *out)
{
    free_scratch(out);
    for (size_t index = 0; index < out->file_count; index++) {
        free(out->files[index]->name);
        free(out->files[index]->temporary);
        free(out->files[index]);
    }
    for (size_t index = 0; index < out->folder_count; index++) {
        close(out->folders[index].descriptor);
        free(out->folders[index].name);
    }
    free(out->files);
    free(out->folders);
    free(out);
}

void staging_abandon(struct staging *out)
{
    if (out == NULL)
        return;
    for (size_t index = 0; index < out->file_count; index++) {
        struct staged_file *file = out->files[index];

        close_stream(file);
        if (file->descriptor >= 0)
            close(file->descriptor);
        unlinkat(out->folders[file->folder].descriptor, file->temporary, 0);
    }
    /* The deepest first; one that holds something else stays. */
    for (size_t index = out->folder_count; index > 0; index--)
        if (out->folders[index - 1].made)
            unlinkat(out->folders[0].descriptor, out->folders[index - 1].name, AT_REMOVEDIR);
    free_files(out);
}

/* Can the file get its final name? Asked of all before the first is renamed: a folder in the way
 * is the one thing that a rename in one folder fails on. */
static int check_place(const struct staging *out, const struct staged_file *file, struct error *err)
{
    struct stat found;

    if (fstatat(out->folders[file->folder].descriptor, last_part(file->name), &found,
                AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return 0;
        return fail_write(out, file->name, err);
    }
    if (!S_ISDIR(found.st_mode))
        return 0;
    errno = EISDIR;
    return fail_write(out, file->name, err);
}

static int rename_file(const struct staging *out, const struct staged_file *file, struct error *err)
{
    int folder = out->folders[file->folder].descriptor;

    if (renameat(folder, file->temporary, folder, last_part(file->name)) != 0)
        return fail_write(out, file->name, err);
    return 0;
}

static bool matches(const struct staging_leftovers *leftovers, const char *name)
{
    for (size_t index = 0; index < leftovers->pattern_count; index++) {
        const char *pattern = leftovers->patterns[index];
        char *temporary = memory_format(TEMPORARY_PREFIX "%s" TEMPORARY_SUFFIX, pattern);
        bool matched =
            fnmatch(pattern, name, FNM_PERIOD) == 0 || fnmatch(temporary, name, FNM_PERIOD) == 0;

        free(temporary);
        if (matched)
            return true;
    }
    return false;
}

static bool was_written(const struct staging *out, const char *subfolder, const char *entry)
{
    char *name = strcmp(subfolder, ".") == 0 ? memory_copy_text(entry)
                                             : memory_format("%s/%s", subfolder, entry);
    bool written = false;

    for (size_t index = 0; index < out->file_count && !written; index++)
        written = strcmp(out->files[index]->name, name) == 0;
    free(name);
    return written;
}

/* Opens a folder below the output folder, part by part, following no link. Returns -1 with errno
 * where there is none. */
static int open_existing(const struct staging *out, const char *subfolder)
{
    int folder = openat(out->folders[0].descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *way = memory_copy_text(subfolder);
    char *rest = way;
    char *part;

    while (folder >= 0 && (part = strsep(&rest, "/")) != NULL) {
        int next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int reason = errno;

        close(folder);
        folder = next;
        errno = reason;
    }
    free(way);
    return folder;
}

static int remove_leftovers(const struct staging *out, const struct staging_leftovers *leftovers,
                            struct error *err)
{
    int descriptor = open_existing(out, leftovers->subfolder);
    DIR *entries;
    struct dirent *entry;
    int result = 0;

    if (descriptor < 0)
        return errno == ENOENT ? 0 : fail_write(out, leftovers->subfolder, err);
    entries = fdopendir(descriptor);
    if (entries == NULL) {
        close(descriptor);
        return fail_write(out, leftovers->subfolder, err);
    }
    while (result == 0 && (entry = readdir(entries)) != NULL)
        if (matches(leftovers, entry->d_name) &&
            !was_written(out, leftovers->subfolder, entry->d_name) &&
            unlinkat(descriptor, entry->d_name, 0) != 0 && errno != EISDIR)
            result = fail_write(out, leftovers->subfolder, err);
    closedir(entries);
    return result;
}

int staging_commit(struct staging *out, const struct staging_leftovers *leftovers,
                   struct error *err)
{
    int result = 0;

    for (size_t index = 0; index < out->file_count; index++)
        assert(out->files[index]->stream == NULL);
    for (size_t index = 0; index < out->file_count && result == 0; index++)
        result = check_place(out, out->files[index], err);
    for (size_t index = 0; index < out->file_count && result == 0; index++)
        result = finish_file(out, out->files[index], err);
    for (size_t index = 0; index < out->file_count && result == 0; index++)
        result = rename_file(out, out->files[index], err);
    for (; leftovers != NULL && leftovers->subfolder != NULL && result == 0; leftovers++)
        result = remove_leftovers(out, leftovers, err);
    for (size_t index = 0; index < out->folder_count && result == 0; index++)
        if (file_sync(out->folders[index].descriptor) != 0)
            result = fail_write(out, out->folders[index].name, err);
    if (result == 0)
        free_files(out);
    else
        staging_abandon(out);
    return result;
}
