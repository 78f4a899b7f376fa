/* SPDX-License-Identifier: Apache-2.0 */
/* content: opens the files of a walk, tells by their first bytes, never by their names, what they
 * are, and finds those with the same content. */
#ifndef SPPTRIAGE_INTAKE_CONTENT_H
#define SPPTRIAGE_INTAKE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "intake/walk.h"
#include "model/source.h"

/* So many bytes of the start of a file tell what it is; fewer when the file has no more. Of what
 * they do not tell, so many tell a log that lost its first pages: the first whole chunk begins
 * among them (DESIGN 3). */
#define CONTENT_HEAD_BYTES (8 * 1024)
#define CONTENT_LONG_HEAD_BYTES (68 * 1024)

/* The kind of the file that begins with `head`, and what it is for a person: "empty zip archive". A
 * log whose first pages are destroyed or lost is known by its first chunk. */
enum source_kind content_recognise(struct span head, const char **name);

/* The same of the first bytes, CONTENT_LONG_HEAD_BYTES of them where there are so many. With
 * `carve`, what has chunks of a log but not its header is of no known kind: it can be a part of a
 * disk as well, and is searched as a whole. */
enum source_kind content_recognise_for(struct span head, bool carve, const char **name);

/* Opens the file of an entry for reading, never waiting for a writer, and fills *source (owned by
 * the caller; its sha256 is left NULL) with path, kind, size and time, and *name with what it is
 * for a person, as content_recognise_for tells. ERROR_SOURCE when it vanished or
 * cannot be opened, or is not any more what the walk found. */
int content_open(const struct walk_entry *entry, bool carve, int *descriptor, struct source *source,
                 const char **name, struct error *err);

/* Are size and time of the open file still those of the source? */
bool content_is_unchanged(const struct walk_entry *entry, int descriptor,
                          const struct source *source);

/* Have the open file and the file at `path` the same bytes? A file that cannot be read has not. */
bool content_equals_file(int descriptor, const char *path);

/* ---- Equal files (content_index.c) ---- */

/* The files that were met so far, by content (DESIGN 3): by size and SHA-256 where there is one;
 * without it by size and a checksum of the beginning; and then by all bytes. A process that reads
 * can have been taken over by what it read, and then says what hash it likes: to have another file
 * pass for a copy would hide what that one holds. Only of two files whose hashes this process made
 * itself equal hashes are enough. */
struct content_index;
struct indexed_file;

/* A file that is open. Nothing is owned. */
struct content {
    const struct source *source;
    int descriptor;
    bool is_sure;  /* this process made its hash */
    bool is_there; /* source->path still leads to it later: it is no member of a container */
};

struct content_index *content_index_new(void);
void content_index_free(struct content_index *index);

/* Returns the earlier file with the content of this one, which lives as long as the index; or NULL.
 * *rival is then NULL, or the path (borrowed) of an earlier file of equal size and hash that has
 * not these bytes, or whose bytes are gone: where this hash is not sure, it is to be made sure, and
 * the search to be made again. */
const struct indexed_file *content_index_find(struct content_index *index,
                                              const struct content *content, const char **rival);

/* Remembers the file; what is returned lives as long as the index. */
struct indexed_file *content_index_add(struct content_index *index, const struct content *content);

/* The source in the case, as it was set: its id, or 0, and its kind. */
int64_t indexed_file_id(const struct indexed_file *file);
enum source_kind indexed_file_kind(const struct indexed_file *file);
void indexed_file_set_source(struct indexed_file *file, int64_t id, enum source_kind kind);

#endif
