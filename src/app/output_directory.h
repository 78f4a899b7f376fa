/* SPDX-License-Identifier: Apache-2.0 */
/* output_directory: the output folder and the case in it. While a run works, the case is
 * `case.db.partial`; it becomes `case.db` together with the reports made from it. A run that was
 * ended leaves the partial case, and the next run of the same command goes on with it.
 * One run at a time: the folder is locked. */
#ifndef SPPTRIAGE_APP_OUTPUT_DIRECTORY_H
#define SPPTRIAGE_APP_OUTPUT_DIRECTORY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "case/casedb.h"

struct report_options;

struct output_directory {
    char *path;         /* owned */
    char *case_path;    /* owned: PATH/case.db */
    char *partial_path; /* owned: PATH/case.db.partial */
    char *copy_path;    /* owned: a copy of the case, until it is complete */
    int descriptor;     /* of the folder, locked; -1 when not open */
    bool created;       /* by this run */
    bool partial_made;  /* the partial case was made by this run */
    bool resumed;       /* it is one of an earlier run, which had begun */
    bool case_moved;    /* to copy_path, where it was written anew */
    struct stat status;
};

/* The path of the case in an output folder; returned owned. */
char *output_directory_case_of(const char *path);

/* Opens and locks the folder, making it where there is none (its parent must exist). ERROR_RUN
 * when it cannot be made, is not a folder, is in use by another run, or holds something else than
 * an earlier report. */
int output_directory_open(const char *path, struct output_directory *out, struct error *err);

/* Unlocks the folder; removes it again when this run made it and nothing is in it. */
void output_directory_close(struct output_directory *directory);

/* Opens the case to work on: the partial one of an earlier run, else a copy of the complete one,
 * else a new one. *old says whether there was one. ERROR_CASE when that one is none, is of another
 * version of the program, or is damaged: the partial one can be given up then. ERROR_RUN when the
 * complete one is a link, or not a file. */
int output_directory_open_case(struct output_directory *directory, struct casedb **out, bool *old,
                               struct error *err);

/* Opens a copy of the complete case at `case_path`, wherever it lies, as the case to work on. */
int output_directory_copy_case(struct output_directory *directory, const char *case_path,
                               struct casedb **out, struct error *err);

/* Opens such a copy under a name of its own, so that what is left of a killed run is no unfinished
 * case to go on with. */
int output_directory_copy_for_report(struct output_directory *directory, const char *case_path,
                                     struct casedb **out, struct error *err);

/* Has an earlier run left a case that it had begun? */
bool output_directory_is_unfinished(const struct output_directory *directory);

/* Removes the partial case, whoever made it: it is of no use. */
void output_directory_give_up(struct output_directory *directory);

/* Removes the partial case when this run made it: for a run that has read nothing yet. */
void output_directory_drop_partial(struct output_directory *directory);

/* Readies the case, which was read, for what is derived (casedb_settle). */
int output_directory_settle(struct output_directory *directory, struct casedb **db,
                            struct error *err);

/* Writes the reports of the case and gives reports and case their final names. Closes *db and
 * sets it to NULL, also on failure; the partial case is then left for the next run. */
int output_directory_finish(struct output_directory *directory, struct casedb **db,
                            const struct report_options *reports, struct error *err);

#endif
