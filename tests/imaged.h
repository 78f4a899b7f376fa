/* SPDX-License-Identifier: Apache-2.0 */
/* imaged: disk images taken apart as a whole, for tests; and the tools that make some. */
#ifndef SPPTRIAGE_TESTS_IMAGED_H
#define SPPTRIAGE_TESTS_IMAGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "container/unpacker.h"

struct imaged_member {
    char *path; /* owned, as all of it */
    uint8_t *bytes;
    size_t size_bytes;
    int64_t mtime_ns;
    char *why_unread; /* that it says, or the error that came of reading */
    enum container_member_type type;
};

struct imaged {
    char *error; /* why it could not be opened, or NULL */
    char *notes; /* "" for none */
    bool is_incomplete;
    struct imaged_member *members;
    size_t count;
};

/* Reads the image in the file or files; all members have their sizes, or the test fails. */
void imaged_read(enum source_kind kind, const char *const *paths, size_t count, bool carve,
                 struct imaged *out);
/* The same of one that lies in memory. */
void imaged_read_bytes(enum source_kind kind, const uint8_t *bytes, size_t size_bytes, bool carve,
                       struct imaged *out);
void imaged_free_content(struct imaged *imaged);

/* The member of that path, or NULL. */
const struct imaged_member *imaged_find(const struct imaged *imaged, const char *path);

/* Returns owned: the paths, a line each. */
char *imaged_paths(const struct imaged *imaged);

/* Runs a program of PATH, or of the folders of the administrator, with arguments that are separated
 * by blanks. The test fails when it fails. False, with "SKIP: ..." on standard output, where it is
 * not there. */
bool imaged_run(const char *command);

#endif
