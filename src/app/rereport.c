/* SPDX-License-Identifier: Apache-2.0 */
/* report: makes verdicts and reports again from a case, into its own folder or another. */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/finish.h"
#include "app/options.h"
#include "app/output_directory.h"
#include "app/stop.h"
#include "base/memory.h"
#include "intake/inventory.h"
#include "report/report.h"

struct rereport {
    struct options options;
    char *case_path; /* owned */
    char *output;    /* owned */
    struct output_directory directory;
    struct casedb *db;
    struct inventory inventory;
};

/* What was named is the folder of a report, or its case. */
static int find_case(struct rereport *rereport, const char *named, struct error *err)
{
    struct stat status;

    if (stat(named, &status) != 0 || !S_ISDIR(status.st_mode)) {
        rereport->case_path = memory_copy_text(named);
        return 0;
    }
    rereport->case_path = output_directory_case_of(named);
    if (lstat(rereport->case_path, &status) == 0 || errno != ENOENT)
        return 0;
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "%s: there is no case.db in this folder: name the output folder of an "
                     "analyze command that came to its end, or a case.db",
                     named);
}

static int check_arguments(struct rereport *rereport, struct error *err)
{
    const struct options *options = &rereport->options;
    char *path;

    if (options->argument_count != 1)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "expected one case: the folder of a report, or its case.db; see spptriage "
                         "report --help");
    if (*options->arguments[0] == '\0')
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "the case is an empty path; name the folder of a report, or its case.db");
    if (find_case(rereport, options->arguments[0], err) != 0)
        return -1;
    path = memory_copy_text(rereport->case_path);
    rereport->output = memory_copy_text(options->output != NULL ? options->output : dirname(path));
    free(path);
    return 0;
}

/* Another report in the output folder is overwritten only when it is one of the same case. */
static int check_folder(struct rereport *rereport, const struct case_settings *settings,
                        struct error *err)
{
    struct casedb *there = NULL;
    struct case_settings other = {0};
    bool same = true;
    int found = 0;

    if (output_directory_is_unfinished(&rereport->directory))
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s is the case of a run that did not finish: run its analyze command "
                         "again first",
                         rereport->directory.partial_path);
    if (access(rereport->directory.case_path, F_OK) != 0)
        return 0;
    if (casedb_look(rereport->directory.case_path, &there, err) == 0)
        found = casedb_read_settings(there, &other, err);
    casedb_close(there);
    if (found == 1) {
        same = other.input_count == settings->input_count &&
               strcmp(other.folder, settings->folder) == 0;
        for (size_t index = 0; same && index < other.input_count; index++)
            same = strcmp(other.inputs[index], settings->inputs[index]) == 0;
    }
    case_settings_free_content(&other);
    if (!same)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "the output folder %s holds the report of another case; name another folder "
                  "with -o",
                  rereport->directory.path);
    return err->kind == ERROR_NONE ? 0 : -1;
}

static int open_case(struct rereport *rereport, struct error *err)
{
    struct case_settings settings = {0};
    struct casedb *original = NULL;
    int found = -1;

    if (casedb_look(rereport->case_path, &original, err) == 0)
        found = casedb_read_settings(original, &settings, err);
    casedb_close(original);
    if (found == 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s: the case is empty: no run wrote into it; run analyze first",
                  rereport->case_path);
    rereport->options.window = settings.window;
    if (found == 1 && output_directory_open(rereport->output, &rereport->directory, err) == 0 &&
        check_folder(rereport, &settings, err) == 0)
        output_directory_copy_for_report(&rereport->directory, rereport->case_path, &rereport->db,
                                         err);
    case_settings_free_content(&settings);
    return err->kind == ERROR_NONE ? 0 : -1;
}

static int prepare(struct rereport *rereport, struct error *err)
{
    const struct options *options = &rereport->options;

    if (check_arguments(rereport, err) != 0 ||
        finish_prepare(options, &rereport->inventory, err) != 0 || open_case(rereport, err) != 0)
        return -1;
    if (options->inventory != NULL)
        return finish_store_inventory(rereport->db, &rereport->inventory, options, err);
    return 0;
}

static enum exit_status rereport_run(const struct options *options, struct error *err)
{
    struct rereport rereport = {.options = *options, .directory = {.descriptor = -1}};
    enum exit_status status = EXIT_STATUS_NOTHING_DONE;

    stop_set_words("the same command works");
    if (prepare(&rereport, err) == 0)
        finish_write(&rereport.directory, &rereport.db, &rereport.options, &status, err);
    casedb_close(rereport.db);
    if (err->kind != ERROR_NONE)
        output_directory_drop_partial(&rereport.directory);
    output_directory_close(&rereport.directory);
    inventory_free_content(&rereport.inventory);
    free(rereport.case_path);
    free(rereport.output);
    return err->kind == ERROR_NONE ? status : EXIT_STATUS_NOTHING_DONE;
}

const struct command report_command = {
    .name = "report",
    .letters = "oiWEtqhn",
    .synopsis = "[options] FOLDER|CASE.DB",
    .summary = "Makes verdicts and reports again from the case of a report.",
    .details = "FOLDER is that of a report, CASE.DB its case.db, wherever it lies. The window\n"
               "is the case's. The reports go into the case's folder, or another with -o.\n",
    .run = rereport_run,
};
