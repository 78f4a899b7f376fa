/* SPDX-License-Identifier: Apache-2.0 */
/* sparse: Velociraptor leaves the holes of a sparse file out of what it stores as NAME, and says in
 * NAME.idx where its pieces belong: JSON, `ranges` in their order, each with original_offset and
 * length in the file, file_offset and file_length in what is stored (file_length 0: a hole); what
 * is missing there is 0. */
#ifndef SPPTRIAGE_CONTAINER_SPARSE_H
#define SPPTRIAGE_CONTAINER_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What the name of a map has behind that of its file; the largest map that is read. */
#define SPARSE_SUFFIX ".idx"
#define SPARSE_MAP_MOST_BYTES ((size_t)4 * 1024 * 1024)

struct sparse_range {
    uint64_t start_bytes; /* in the file */
    uint64_t size_bytes;  /* likewise */
    bool is_hole;
};

/* The ranges of a file, in order and without gaps. */
struct sparse_map {
    char *path;                  /* owned: of the file, as its container has it */
    struct sparse_range *ranges; /* owned */
    size_t count;
    uint64_t size_bytes;   /* of the file */
    uint64_t stored_bytes; /* of what is stored of it */
};

/* Is it the name of a map? */
bool sparse_is_map_name(const char *path);

/* Reads a map from its text. False where it is none, or none that can be followed; then *out is
 * empty. `path` is the map's own. */
bool sparse_map_parse(const char *text, size_t length, const char *path, struct sparse_map *out);
void sparse_map_free_content(struct sparse_map *map);

/* How many bytes of the file there are from `position_bytes` on that are of one range, and whether
 * they are a hole; 0 at its end. */
uint64_t sparse_map_run(const struct sparse_map *map, uint64_t position_bytes, bool *is_hole);

#endif
