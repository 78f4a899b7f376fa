/* SPDX-License-Identifier: Apache-2.0 */
/* rename: whose are logs that end with a name which another machine had earlier (DESIGN section
 * 3): such a log belongs to that machine when both lie in one folder. Pure; names are the keys of
 * a name table. */
#ifndef SPPTRIAGE_IDENTITY_RENAME_H
#define SPPTRIAGE_IDENTITY_RENAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A log in one of the places it lies in. */
struct rename_place {
    const char *path; /* borrowed */
    size_t log;       /* the caller's number of the log */
    size_t key;       /* its newest name */
    uint64_t last_filetime;
    size_t owner_key; /* filled in: the newest name of the machine it belongs to there */
    bool shared;      /* filled in: its name is an earlier one of several machines there */
    bool circular;    /* filled in: its machine has names that are earlier than each other, which
                         could also be machines that swapped theirs */
};

/* The machine with the newest name `later` had the name `earlier`. */
struct rename_pair {
    size_t earlier;
    size_t later;
};

/* Fills in owner_key, shared and circular of every place. Sorts both arrays. */
void rename_resolve(struct rename_place *places, size_t place_count, struct rename_pair *pairs,
                    size_t pair_count);

/* The length of the folder's part of a path, without the slash; 0 for a bare file name. */
size_t rename_folder_length(const char *path);

#endif
