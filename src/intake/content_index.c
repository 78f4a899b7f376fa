/* SPDX-License-Identifier: Apache-2.0 */
/* A tree (tsearch) of files by key; without hashes several files can have one key, and are then
 * chained. Logs of equal size are the rule (20 MiB is the limit of an Application log), so the
 * key without hashes has a checksum of the beginning, where the first records lie. */
#include "intake/content.h"

#include <libdeflate.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* File header and first chunk of a log. */
#define BEGINNING_BYTES (4096 + 65536)

struct indexed_file {
    uint64_t size_bytes;
    uint32_t beginning_crc32; /* 0 where there is a hash */
    char *sha256;             /* owned, or NULL */
    char *path;               /* owned */
    int64_t id;
    enum source_kind kind;
    struct indexed_file *next; /* of the same key */
};

struct content_index {
    void *tree;
};

static int compare_files(const void *left, const void *right)
{
    const struct indexed_file *a = left, *b = right;

    if (a->size_bytes != b->size_bytes)
        return a->size_bytes < b->size_bytes ? -1 : 1;
    if (a->beginning_crc32 != b->beginning_crc32)
        return a->beginning_crc32 < b->beginning_crc32 ? -1 : 1;
    return a->sha256 == NULL || b->sha256 == NULL ? 0 : strcmp(a->sha256, b->sha256);
}

struct content_index *content_index_new(void)
{
    return memory_allocate(1, sizeof(struct content_index));
}

static void free_file(void *chain)
{
    struct indexed_file *file = chain;

    while (file != NULL) {
        struct indexed_file *next = file->next;

        free(file->sha256);
        free(file->path);
        free(file);
        file = next;
    }
}

void content_index_free(struct content_index *index)
{
    if (index == NULL)
        return;
    tdestroy(index->tree, free_file);
    free(index);
}

static uint32_t beginning_crc32(int descriptor)
{
    uint8_t *beginning = memory_allocate(BEGINNING_BYTES, 1);
    uint32_t sum = 0;
    size_t got;

    if (file_read_at(descriptor, beginning, BEGINNING_BYTES, 0, &got) == 0)
        sum = libdeflate_crc32(0, beginning, got);

    free(beginning);
    return sum;
}

const struct indexed_file *content_index_find_or_add(struct content_index *index,
                                                     const struct source *source, int descriptor,
                                                     struct indexed_file **added)
{
    struct indexed_file *file = memory_allocate(1, sizeof(*file));
    struct indexed_file *const *place;

    *added = NULL;
    file->size_bytes = source->size_bytes;
    file->sha256 = memory_copy_text(source->sha256);
    file->path = memory_copy_text(source->path);
    if (source->sha256 == NULL)
        file->beginning_crc32 = beginning_crc32(descriptor);
    place = memory_require(tsearch(file, &index->tree, compare_files));
    for (struct indexed_file *other = *place; *place != file && other != NULL;
         other = other->next) {
        if (source->sha256 != NULL || content_equals_file(descriptor, other->path)) {
            free_file(file);
            return other;
        }
    }
    if (*place != file) {
        file->next = (*place)->next;
        (*place)->next = file;
    }
    *added = file;
    return NULL;
}

int64_t indexed_file_id(const struct indexed_file *file)
{
    return file->id;
}

enum source_kind indexed_file_kind(const struct indexed_file *file)
{
    return file->kind;
}

void indexed_file_set_source(struct indexed_file *file, int64_t id, enum source_kind kind)
{
    file->id = id;
    file->kind = kind;
}
