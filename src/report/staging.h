/* SPDX-License-Identifier: Apache-2.0 */
/* staging: the files of the output folder as one change. Files are written under temporary names
 * beside their places (`.NAME.partial`) and get their final names together, once all of them are
 * complete; what fails leaves the folder as it was. A file is on the disk before it gets its name,
 * and the names are when the commit ends, so a power cut leaves no half file. No symbolic link
 * below the folder is followed. Every failure is an ERROR_RUN that names the file and says why
 * (%m). */
#ifndef SPPTRIAGE_REPORT_STAGING_H
#define SPPTRIAGE_REPORT_STAGING_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct staging;

/* Starts on the existing folder `path` (borrowed for the life of the staging). */
int staging_begin(const char *path, struct staging **out, struct error *err);

/* Opens a new file whose final name is `name`, relative to the folder, with "/" between parts;
 * folders on the way are made. Names are the program's own, never from input, and each is given
 * once. *file stays the staging's: close it with staging_close, which notices write errors such as
 * a full disk; what is still open at the end is closed by staging_abandon. */
int staging_create(struct staging *out, const char *name, FILE **file, struct error *err);
int staging_close(struct staging *out, FILE *file, struct error *err);

/* Opens an empty file of the output folder that has no name, to be written and read back; once for
 * a staging, whose it stays, and with which it is gone. Whether all could be written is told when
 * that is asked, before it is read. */
int staging_scratch(struct staging *out, FILE **file, struct error *err);
int staging_check_scratch(struct staging *out, struct error *err);

/* Files that an earlier report may have left: those in `subfolder` ("." for the output folder)
 * whose names match one of the fnmatch patterns (as do their temporary names). */
struct staging_leftovers {
    const char *subfolder;
    const char *const *patterns;
    size_t pattern_count;
};

/* Gives every file its final name and removes those of the leftovers (an array that ends with one
 * without a subfolder; NULL for none) that were not written this time. Every file must have been
 * closed. Frees *out, also on failure, and then has removed the temporary files. */
int staging_commit(struct staging *out, const struct staging_leftovers *leftovers,
                   struct error *err);

/* Removes the temporary files and the folders that were made for them, and frees *out. NULL is
 * accepted. */
void staging_abandon(struct staging *out);

#endif
