/* SPDX-License-Identifier: Apache-2.0 */
/* content: opens the files of a walk, tells by their first bytes, never by their names, what they
 * are, and compares what is in them. */
#ifndef SPPTRIAGE_INTAKE_CONTENT_H
#define SPPTRIAGE_INTAKE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "intake/walk.h"
#include "model/source.h"

/* So many bytes of the start of a file tell what it is; fewer when the file has no more. */
#define CONTENT_HEAD_BYTES 8192

/* The kind of the file that begins with `head`, and what it is for a person: "empty zip archive". A
 * log whose file header is destroyed is known by its first chunk. */
enum source_kind content_recognise(struct span head, const char **name);

/* Opens the file of an entry for reading, never waiting for a writer, and fills *source (owned by
 * the caller; its sha256 is left NULL) with path, kind, size and time, and *name with what it is
 * for a person. ERROR_SOURCE when it vanished or cannot be opened, or is not any more what the walk
 * found. */
int content_open(const struct walk_entry *entry, int *descriptor, struct source *source,
                 const char **name, struct error *err);

/* Are size and time of the open file still those of the source? */
bool content_is_unchanged(const struct walk_entry *entry, int descriptor,
                          const struct source *source);

/* Have the open file and the file at `path` the same bytes? A file that cannot be read has not. */
bool content_equals_file(int descriptor, const char *path);

#endif
