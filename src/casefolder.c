/* SPDX-License-Identifier: Apache-2.0 */
#include "casefolder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/report.h"

#define CASE_NAME "case.db"
#define PARTIAL_NAME "case.db.partial"
#define COMPLETE_NAME ".case.db.complete"

/* What a report folder may hold; temporary names begin with a dot and end in .partial. */
static const char *const report_names[] = {
    CASE_NAME,      PARTIAL_NAME,     PARTIAL_NAME "-journal", COMPLETE_NAME, "hosts.csv",
    "timeline.csv", "timeline.jsonl", "sources.csv",           "report.html", "remediation",
};

static bool is_report_name(const char *name)
{
    size_t length = strlen(name);

    if (name[0] == '.' && length > strlen(".partial") &&
        strcmp(name + length - strlen(".partial"), ".partial") == 0)
        return true;
    for (size_t index = 0; index < sizeof(report_names) / sizeof(report_names[0]); index++)
        if (strcmp(name, report_names[index]) == 0)
            return true;
    return false;
}

/* Sets *foreign (owned) to the name of something that is no part of a report, or to NULL. */
static int look_into(const struct casefolder *folder, char **foreign, bool *empty,
                     struct error *err)
{
    DIR *listing = opendir(folder->path);
    const struct dirent *entry;
    bool has_case = false;

    *foreign = NULL;
    *empty = true;
    if (listing == NULL)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot read the output folder %s: %m",
                         folder->path);
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

static int check_content(const struct casefolder *folder, struct error *err)
{
    char *foreign;
    bool empty;

    if (look_into(folder, &foreign, &empty, err) != 0)
        return -1;
    if (foreign != NULL)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "the output folder %s holds something else than an earlier report (%s); name an "
                  "empty or a new folder with -o",
                  folder->path, foreign);
    free(foreign);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int casefolder_open(const char *path, struct casefolder *out, struct error *err)
{
    *out = (struct casefolder){.path = memory_copy_text(path),
                               .case_path = memory_format("%s/" CASE_NAME, path),
                               .partial_path = memory_format("%s/" PARTIAL_NAME, path),
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

void casefolder_close(struct casefolder *folder)
{
    if (folder->created)
        rmdir(folder->path); /* only succeeds when nothing is in it */
    if (folder->descriptor >= 0)
        close(folder->descriptor);
    free(folder->path);
    free(folder->case_path);
    free(folder->partial_path);
    *folder = (struct casefolder){.descriptor = -1};
}

int casefolder_copy_case(struct casefolder *folder, const char *case_path, struct casedb **out,
                         struct error *err)
{
    struct casedb *complete = NULL;
    int result = casedb_open(case_path, false, &complete, err);

    folder->partial_made = result == 0;
    if (result == 0)
        result = casedb_copy(complete, folder->partial_path, err);
    casedb_close(complete);
    if (result == 0)
        result = casedb_open(folder->partial_path, false, out, err);
    return result;
}

int casefolder_open_case(struct casefolder *folder, struct casedb **out, bool *old,
                         struct error *err)
{
    bool has_partial = access(folder->partial_path, F_OK) == 0;
    bool has_case = access(folder->case_path, F_OK) == 0;

    *old = has_partial || has_case;
    if (has_case && !has_partial)
        return casefolder_copy_case(folder, folder->case_path, out, err);
    folder->partial_made = !has_partial;
    return casedb_open(folder->partial_path, !has_partial, out, err);
}

void casefolder_drop_partial(struct casefolder *folder)
{
    if (folder->partial_made)
        unlink(folder->partial_path);
}

int casefolder_finish(struct casefolder *folder, struct casedb **db, const char *templates,
                      const struct window *window, struct error *err)
{
    char *complete_path = memory_format("%s/" COMPLETE_NAME, folder->path);
    struct report_options options = {
        .output_path = folder->path, .templates_path = templates, .window = *window};
    int result;

    unlink(complete_path);
    result = casedb_copy(*db, complete_path, err);
    if (result == 0)
        result = report_write(*db, &options, err);
    casedb_close(*db);
    *db = NULL;
    if (result == 0 && rename(complete_path, folder->case_path) != 0)
        result =
            error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write %s: %m", folder->case_path);
    if (result == 0)
        unlink(folder->partial_path);
    else
        unlink(complete_path);
    free(complete_path);
    return result;
}
