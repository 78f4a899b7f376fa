/* SPDX-License-Identifier: Apache-2.0 */
/* walk: turns what the user named into a list of files, in order. Folders are walked without
 * following symbolic links; a link, a device or a folder that cannot be read is in the list too,
 * with the reason why it is not read, and so is a folder named as an input that holds no file, or
 * one whose list ends in an error: nothing is left out silently. */
#ifndef SPPTRIAGE_INTAKE_WALK_H
#define SPPTRIAGE_INTAKE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "model/source.h"

struct walk_entry {
    char *path;                /* owned: as named, or below a folder as named */
    char *problem;             /* owned: why it is not to be read, or NULL for a file to read */
    enum source_status status; /* with a problem: skipped or unreadable */
    uint64_t size_bytes;       /* of a file to read, when it was found */
    bool named;                /* named itself, not found in a folder */
    bool is_device;            /* a block device */
    bool is_folder;            /* a folder: one that cannot be listed, or an input without a file */
    bool hides;                /* with a problem: what lies at the path or below it is not known */
};

struct walk {
    struct walk_entry *entries; /* sorted by path, bytes, each path once */
    size_t entry_count;
    size_t file_count; /* entries to read */
};

void walk_free_content(struct walk *walk);

/* Collects the files of the inputs (paths of files and folders, without a slash at the end).
 * `exclude` is a folder that is not walked into (the output folder), nor in the list when it is an
 * input itself, or NULL. With `devices`, a block device is read that is itself an input; devices in
 * folders never are. Fills *out, owned by the caller. */
void walk_collect(const char *const *inputs, size_t input_count, const struct stat *exclude,
                  bool devices, struct walk *out);

/* The entry of that path, or NULL. */
const struct walk_entry *walk_find(const struct walk *walk, const char *path);

/* Reads a list of `what` ("paths"), separated by NUL if there is one in it, else by line ends, and
 * adds them to the owned array *inputs. ERROR_RUN when it cannot be read or is longer than
 * WALK_LIST_MAX_BYTES. */
#define WALK_LIST_MAX_BYTES (256 * 1024 * 1024)
int walk_read_list(FILE *list, const char *what, char ***inputs, size_t *input_count,
                   struct error *err);

#endif
