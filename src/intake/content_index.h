/* SPDX-License-Identifier: Apache-2.0 */
/* content_index: finds, among the files that were met so far, one with the same content (DESIGN 3).
 * By SHA-256 where hashing is on; without it by size, a checksum of the beginning, and then all
 * bytes. */
#ifndef SPPTRIAGE_INTAKE_CONTENT_INDEX_H
#define SPPTRIAGE_INTAKE_CONTENT_INDEX_H

#include <stdint.h>

#include "model/source.h"

struct content_index;
struct indexed_file;

struct content_index *content_index_new(void);
void content_index_free(struct content_index *index);

/* Returns the earlier file with the content of this one. One that has none is remembered under
 * `source->path`: then NULL is returned, and *added is it. Both live as long as the index. The
 * descriptor is borrowed. */
const struct indexed_file *content_index_find_or_add(struct content_index *index,
                                                     const struct source *source, int descriptor,
                                                     struct indexed_file **added);

/* The source in the case, as it was set: its id, or 0, and its kind. */
int64_t indexed_file_id(const struct indexed_file *file);
enum source_kind indexed_file_kind(const struct indexed_file *file);
void indexed_file_set_source(struct indexed_file *file, int64_t id, enum source_kind kind);

#endif
