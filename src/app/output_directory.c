/* SPDX-License-Identifier: Apache-2.0 */
#include "app/output_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/report.h"

#define CASE_NAME "case.db"
#define PARTIAL_NAME "case.db.partial"
#define COPY_NAME ".case.db.copy" /* of a case, until it is complete */

/* What a report folder may hold beside a case, its copies and their sidecar files;
 * temporary names of reports begin with a dot and end in .partial. */
static const char *const report_names[] = {
    "hosts.csv", "timeline.csv", "timeline.jsonl", "sources.csv", "report.html", "remediation",
};

/* What the names of the sidecar files end in, which SQLite keeps beside a case. */
static const char *const sidecar_ends[] = {"-journal", "-wal", "-shm"};

static bool is_case_name(const char *name)
{
    static const char *const stems[] = {CASE_NAME, PARTIAL_NAME, COPY_NAME};

    for (size_t stem = 0; stem < ARRAY_COUNT(stems); stem++) {
        size_t length = strlen(stems[stem]);

        if (strcmp(name, stems[stem]) == 0)
            return true;
        for (size_t end = 0; end < ARRAY_COUNT(sidecar_ends); end++)
            if (strncmp(name, stems[stem], length) == 0 &&
                strcmp(name + length, sidecar_ends[end]) == 0)
                return true;
    }
    return false;
}

static bool is_report_name(const char *name)
{
    size_t length = strlen(name);

    if (name[0] == '.' && length > strlen(".partial") &&
        strcmp(name + length - strlen(".partial"), ".partial") == 0)
        return true;
    for (size_t index = 0; index < ARRAY_COUNT(report_names); index++)
        if (strcmp(name, report_names[index]) == 0)
            return true;
    return is_case_name(name);
}

/* Sets *foreign (owned) to the name of something that is no part of a report, or to NULL. */
static int look_into(const struct output_directory *directory, char **foreign, bool *empty,
                     struct error *err)
{
    DIR *listing = opendir(directory->path);
    const struct dirent *entry;
    bool has_case = false;

    *foreign = NULL;
    *empty = true;
    if (listing == NULL)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot read the output folder %s: %m",
                         directory->path);
    while ((entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        *empty = false;
        has_case = has_case || strncmp(entry->d_name, CASE_NAME, strlen(CASE_NAME)) == 0;
        if (*foreign == NULL && !is_report_name(entry->d_name))
            *foreign = memory_copy_text(entry->d_name);
    }
    closedir(listing);
    if (*foreign == NULL && !*empty && !has_case)
        *foreign = memory_copy_text("reports without their " CASE_NAME);
    return 0;
}

static int check_content(const struct output_directory *directory, struct error *err)
{
    char *foreign;
    bool empty;

    if (look_into(directory, &foreign, &empty, err) != 0)
        return -1;
    if (foreign != NULL)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "the output folder %s holds something else than an earlier report (%s); name an "
                  "empty or a new folder with -o",
                  directory->path, foreign);
    free(foreign);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int output_directory_open(const char *path, struct output_directory *out, struct error *err)
{
    *out = (struct output_directory){.path = memory_copy_text(path),
                                     .case_path = memory_format("%s/" CASE_NAME, path),
                                     .partial_path = memory_format("%s/" PARTIAL_NAME, path),
                                     .copy_path = memory_format("%s/" COPY_NAME, path),
                                     .descriptor = -1};
    if (mkdir(path, 0777) == 0)
        out->created = true;
    else if (errno != EEXIST)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot make the output folder %s: %m",
                         path);
    out->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->descriptor < 0 || fstat(out->descriptor, &out->status) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot open the output folder %s: %m",
                         path);
    if (flock(out->descriptor, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "another run is writing to the output folder %s", path);
    if (faccessat(out->descriptor, ".", W_OK | X_OK, 0) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot write to the output folder %s: %m", path);
    return check_content(out, err);
}

static void remove_sidecars(const char *path)
{
    for (size_t end = 0; end < ARRAY_COUNT(sidecar_ends); end++) {
        char *name = memory_format("%s%s", path, sidecar_ends[end]);

        unlink(name);
        free(name);
    }
}

/* Removes a case with its sidecar files. */
static void remove_case(const char *path)
{
    unlink(path);
    remove_sidecars(path);
}

void output_directory_close(struct output_directory *directory)
{
    if (directory->case_moved)
        remove_case(directory->copy_path);
    if (directory->created)
        rmdir(directory->path); /* only succeeds when nothing is in it */
    if (directory->descriptor >= 0)
        close(directory->descriptor);
    free(directory->path);
    free(directory->case_path);
    free(directory->partial_path);
    free(directory->copy_path);
    *directory = (struct output_directory){.descriptor = -1};
}

/* Makes sure that the file is on the disk. */
static int sync_file(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    int result = descriptor < 0 ? -1 : file_sync(descriptor);

    if (descriptor >= 0)
        close(descriptor);
    return result;
}

/* Gives the case another name: it is on the disk before, and so is the name then. Sidecar files of
 * a case that had that name are none of this one: SQLite would take what they say into it. */
static int rename_case(const struct output_directory *directory, const char *from, const char *to,
                       struct error *err)
{
    remove_sidecars(to);
    if (sync_file(from) == 0 && rename(from, to) == 0 && file_sync(directory->descriptor) == 0)
        return 0;
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s: %m", to);
}

/* Copies the bytes of a file of `size_bytes`. */
static int copy_bytes(int from, int to, off_t size_bytes)
{
    ssize_t sent = 1;

    while (size_bytes > 0 && sent > 0) {
        sent = sendfile(to, from, NULL, (size_t)size_bytes);
        size_bytes -= sent > 0 ? sent : 0;
    }
    if (sent == 0)
        errno = EIO; /* it became shorter */
    return size_bytes > 0 ? -1 : 0;
}

/* A case that is complete is one file, and it may be one that can only be read: its copy to work
 * on is one of bytes. */
static int copy_file(const char *path, const char *copy_path, struct error *err)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(copy_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    struct stat status;

    if (from < 0 || fstat(from, &status) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot read %s: %m", path);
    else if (to < 0 || copy_bytes(from, to, status.st_size) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s: %m", copy_path);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int output_directory_copy_case(struct output_directory *directory, const char *case_path,
                               struct casedb **out, struct error *err)
{
    remove_case(directory->copy_path); /* of a run that was killed */
    if (copy_file(case_path, directory->copy_path, err) != 0 ||
        rename_case(directory, directory->copy_path, directory->partial_path, err) != 0) {
        remove_case(directory->copy_path);
        return -1;
    }
    directory->partial_made = true;
    return casedb_open_finished(directory->partial_path, case_path, out, err);
}

/* Opens the case once: of a process that was killed as it changed the case, what it had not
 * finished is undone then, and what it had finished taken in. */
static int work_off_sidecars(const char *case_path, struct error *err)
{
    struct casedb *db = NULL;
    int result = casedb_open_finished(case_path, case_path, &db, err);

    casedb_close(db);
    return result;
}

/* Of a case without a byte nothing was begun. */
static bool is_empty(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_size == 0;
}

int output_directory_open_case(struct output_directory *directory, struct casedb **out, bool *old,
                               struct error *err)
{
    bool has_case = access(directory->case_path, F_OK) == 0;
    bool has_partial = access(directory->partial_path, F_OK) == 0 &&
                       (!has_case || !is_empty(directory->partial_path));

    *old = has_partial || has_case;
    if (has_case && !has_partial)
        return work_off_sidecars(directory->case_path, err) == 0
                   ? output_directory_copy_case(directory, directory->case_path, out, err)
                   : -1;
    directory->partial_made = !has_partial;
    return casedb_open(directory->partial_path, true, out, err);
}

void output_directory_drop_partial(struct output_directory *directory)
{
    if (directory->partial_made)
        remove_case(directory->partial_path);
}

int output_directory_settle(struct output_directory *directory, struct casedb **db,
                            struct error *err)
{
    remove_case(directory->copy_path); /* of a run that was killed */
    return casedb_settle(db, directory->copy_path, &directory->case_moved, err);
}

/* Everything is written before anything gets its final name; the case is the last: a case.db
 * stands for reports that are there. */
int output_directory_finish(struct output_directory *directory, struct casedb **db,
                            const struct report_options *reports, struct error *err)
{
    const char *written = directory->case_moved ? directory->copy_path : directory->partial_path;
    int result = casedb_seal(*db, err);

    if (result == 0)
        result = report_write(*db, reports, err);
    casedb_close(*db);
    *db = NULL;
    if (result == 0)
        result = rename_case(directory, written, directory->case_path, err);
    if (result == 0)
        remove_case(directory->partial_path);
    return result;
}
