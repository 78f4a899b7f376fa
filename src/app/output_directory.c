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
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/report.h"

#define CASE_NAME "case.db"
#define PARTIAL_NAME "case.db.partial"
#define COPY_NAME ".case.db.copy"     /* of a case, until it is complete */
#define REPORT_NAME ".case.db.report" /* the case that reports are made of again */

/* What to do about an output folder that will not do. */
#define OR_OTHER_FOLDER ", or name another folder with -o"
#define OTHER_FOLDER "; name another folder with -o"

/* So often the lock of the folder is tried for: a second in all. */
#define LOCK_TRIES 51
#define LOCK_PAUSE_NS 20000000

/* What a report folder may hold beside a case, its copies and their sidecar files;
 * temporary names of reports begin with a dot and end in .partial. */
static const char *const report_names[] = {
    "hosts.csv",   "timeline.csv", "timeline.jsonl", "timeline-ecs.jsonl",
    "sources.csv", "report.html",  "remediation",
};

/* What the names of the sidecar files end in, which SQLite keeps beside a case. */
static const char *const sidecar_ends[] = {"-journal", "-wal", "-shm"};
/* Those that hold something of the case. */
static const char *const copied_ends[] = {"-journal", "-wal"};

static bool is_case_name(const char *name)
{
    static const char *const stems[] = {CASE_NAME, PARTIAL_NAME, COPY_NAME, REPORT_NAME};

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
    for (size_t index = 0; index < ARRAY_COUNT(report_names); index++)
        if (strcmp(name, report_names[index]) == 0)
            return true;
    return false;
}

/* The temporary name of a report: what a killed run leaves. */
static bool is_temporary_name(const char *name)
{
    size_t length = strlen(name);

    return name[0] == '.' && length > strlen(".partial") &&
           strcmp(name + length - strlen(".partial"), ".partial") == 0;
}

/* Sets *foreign (owned) to the name of something that is no part of a report, or to NULL. Reports
 * stand beside the case that they are made of: without any, not even one that a killed run had just
 * begun, they are somebody's copies. */
static int look_into(const struct output_directory *directory, char **foreign, struct error *err)
{
    DIR *listing = opendir(directory->path);
    const struct dirent *entry;
    bool has_case = false, has_report = false;

    *foreign = NULL;
    if (listing == NULL)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot read the output folder %s: %m" OTHER_FOLDER, directory->path);
    while ((errno = 0, entry = readdir(listing)) != NULL) {
        bool is_case = is_case_name(entry->d_name), is_report = is_report_name(entry->d_name);

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        has_case = has_case || is_case;
        has_report = has_report || is_report;
        if (*foreign == NULL && !is_case && !is_report && !is_temporary_name(entry->d_name))
            *foreign = memory_copy_text(entry->d_name);
    }
    if (errno != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "cannot read the output folder %s: %m" OTHER_FOLDER, directory->path);
    closedir(listing);
    if (*foreign == NULL && has_report && !has_case)
        *foreign = memory_copy_text("reports without their " CASE_NAME);
    return err->kind == ERROR_NONE ? 0 : -1;
}

static int check_content(const struct output_directory *directory, struct error *err)
{
    char *foreign;

    if (look_into(directory, &foreign, err) == 0 && foreign != NULL)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "the output folder %s holds something else than an earlier report (%s); name an "
                  "empty or a new folder with -o",
                  directory->path, foreign);
    free(foreign);
    return err->kind == ERROR_NONE ? 0 : -1;
}

/* Locks the folder. The readers of a run that was killed die with it, but a moment later, and one
 * that was just forked has the lock until then. */
static int lock_folder(int descriptor)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
    int result = -1;

    for (unsigned tries = 0; tries < LOCK_TRIES && result != 0; tries++) {
        if (tries > 0)
            nanosleep(&pause, NULL);
        result = flock(descriptor, LOCK_EX | LOCK_NB);
    }
    return result;
}

/* Returns owned the path of a folder without slashes at its end, which would stand twice in what is
 * made of it. */
static char *folder_path(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return memory_copy_bytes(path, length);
}

char *output_directory_case_of(const char *path)
{
    char *folder = folder_path(path);
    char *result = memory_format("%s/" CASE_NAME, folder);

    free(folder);
    return result;
}

int output_directory_open(const char *named, struct output_directory *out, struct error *err)
{
    char *path = folder_path(named);

    *out = (struct output_directory){.path = path,
                                     .case_path = output_directory_case_of(path),
                                     .partial_path = memory_format("%s/" PARTIAL_NAME, path),
                                     .copy_path = memory_format("%s/" COPY_NAME, path),
                                     .descriptor = -1};
    if (mkdir(path, 0777) == 0)
        out->created = true;
    else if (errno != EEXIST)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot make the output folder %s: %m" OTHER_FOLDER, path);
    out->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->descriptor < 0 || fstat(out->descriptor, &out->status) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot open the output folder %s: %m" OTHER_FOLDER, path);
    if (lock_folder(out->descriptor) != 0)
        return error_set(
            err, ERROR_RUN, ERROR_NO_OFFSET,
            "another run is writing to the output folder %s; wait for its end" OR_OTHER_FOLDER,
            path);
    if (faccessat(out->descriptor, ".", W_OK | X_OK, 0) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot write to the output folder %s: %m" OTHER_FOLDER, path);
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

/* SQLite takes what it finds in the place of its own files, and refuses what is none. Beside a case
 * that is complete such a thing is refused (casedb_open): it may be somebody's. */
static void remove_strange_sidecars(const char *path)
{
    for (size_t end = 0; end < ARRAY_COUNT(sidecar_ends); end++) {
        char *name = memory_format("%s%s", path, sidecar_ends[end]);
        struct stat status;

        if (lstat(name, &status) == 0 && !S_ISREG(status.st_mode))
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
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s: %m" OTHER_FOLDER, to);
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

/* The bytes that SQLite locks ("The Database File Format" and its os.h: pending, reserved and
 * shared bytes). */
#define LOCKED_START 0x40000000
#define LOCKED_LENGTH 512

/* Opens the file to be copied: a regular one, no link, in which no other process writes. Returns
 * -1 with errno where it cannot be opened, and -1 with *err for another reason. */
static int open_original(const char *path, struct stat *status, struct error *err)
{
    struct flock lock = {.l_type = F_RDLCK, .l_start = LOCKED_START, .l_len = LOCKED_LENGTH};
    int from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int failure;

    if (from < 0)
        return -1;
    if (fstat(from, status) != 0 || !S_ISREG(status->st_mode))
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "cannot read %s: it is not a regular file; name the case.db of a report", path);
    else if (fcntl(from, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES))
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s: the case is in use by another process; run again when that has ended", path);
    if (err->kind == ERROR_NONE)
        return from;
    failure = errno;
    close(from);
    errno = failure;
    return -1;
}

/* 1 when it was copied, 0 when there is none, -1. */
static int copy_file(const char *path, const char *copy_path, struct error *err)
{
    struct stat status;
    int from = open_original(path, &status, err);
    int to = -1;

    if (from < 0 && err->kind != ERROR_NONE)
        return -1;
    if (from < 0 && errno == ENOENT)
        return 0;
    if (from < 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot read %s: %s", path,
                         errno == ELOOP
                             ? "it is a link, which is not followed; name the case.db itself"
                             : strerror(errno));
    to = open(copy_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (to < 0 || copy_bytes(from, to, status.st_size) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s: %m" OTHER_FOLDER, copy_path);
    close(from);
    if (to >= 0)
        close(to);
    return err->kind == ERROR_NONE ? 1 : -1;
}

/* Opens the copy once: of a process that was killed as it changed the case, what it had not
 * finished is undone then, and what it had finished taken in. */
static int work_off_sidecars(const char *path, const char *case_path, struct error *err)
{
    struct casedb *db = NULL;
    int result = casedb_open_finished(path, case_path, &db, err);

    casedb_close(db);
    return result;
}

/* A case that is complete is one file, and it may be one that can only be read, or comes from
 * elsewhere: its copy to work on is one of bytes, and so are those of its sidecar files, where
 * there are some. Nothing is changed where it lies. */
static int copy_case(const char *path, const char *copy_path, struct error *err)
{
    bool has_sidecars = false;
    int copied = copy_file(path, copy_path, err);

    if (copied == 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot read %s: %s; name the folder of a report, or its case.db", path,
                         strerror(ENOENT));
    for (size_t end = 0; copied > 0 && end < ARRAY_COUNT(copied_ends); end++) {
        char *from = memory_format("%s%s", path, copied_ends[end]);
        char *to = memory_format("%s%s", copy_path, copied_ends[end]);
        int result = copy_file(from, to, err);

        has_sidecars = has_sidecars || result > 0;
        copied = result < 0 ? -1 : copied;
        free(from);
        free(to);
    }
    if (copied < 0)
        return -1;
    return has_sidecars ? work_off_sidecars(copy_path, path, err) : 0;
}

int output_directory_copy_case(struct output_directory *directory, const char *case_path,
                               struct casedb **out, struct error *err)
{
    remove_case(directory->copy_path); /* of a run that was killed */
    if (copy_case(case_path, directory->copy_path, err) != 0 ||
        rename_case(directory, directory->copy_path, directory->partial_path, err) != 0) {
        remove_case(directory->copy_path);
        return -1;
    }
    directory->partial_made = true;
    return casedb_open_finished(directory->partial_path, case_path, out, err);
}

int output_directory_copy_for_report(struct output_directory *directory, const char *case_path,
                                     struct casedb **out, struct error *err)
{
    free(directory->partial_path);
    directory->partial_path = memory_format("%s/" REPORT_NAME, directory->path);
    remove_case(directory->partial_path); /* of a run that was killed */
    return output_directory_copy_case(directory, case_path, out, err);
}

/* Of a case without a byte nothing was begun. What else stands in its place than a file, a link
 * say, is none of this program's. */
bool output_directory_is_unfinished(const struct output_directory *directory)
{
    struct stat status;

    return lstat(directory->partial_path, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_size > 0;
}

void output_directory_give_up(struct output_directory *directory)
{
    remove_case(directory->partial_path);
    directory->resumed = false;
}

/* Is there a complete case? No link is followed to one: nothing is written elsewhere. */
static int find_case(const struct output_directory *directory, bool *found, struct error *err)
{
    struct stat status;

    *found = lstat(directory->case_path, &status) == 0;
    if (*found && !S_ISREG(status.st_mode))
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s is a link, or not a file: put the case itself there" OR_OTHER_FOLDER,
                         directory->case_path);
    return 0;
}

int output_directory_open_case(struct output_directory *directory, struct casedb **out, bool *old,
                               struct error *err)
{
    bool has_case;

    if (find_case(directory, &has_case, err) != 0)
        return -1;
    remove_strange_sidecars(directory->partial_path);
    directory->resumed = output_directory_is_unfinished(directory);
    *old = directory->resumed || has_case;
    if (!directory->resumed)
        remove_case(directory->partial_path);
    if (has_case && !directory->resumed)
        return output_directory_copy_case(directory, directory->case_path, out, err);
    directory->partial_made = !directory->resumed;
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

/* Removes the case of a `report` that was killed. */
static void remove_killed_report(const struct output_directory *directory)
{
    char *path = memory_format("%s/" REPORT_NAME, directory->path);

    remove_case(path);
    free(path);
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
    if (result == 0) {
        remove_case(directory->partial_path);
        remove_killed_report(directory);
    }
    return result;
}
