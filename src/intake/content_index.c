/* SPDX-License-Identifier: Apache-2.0 */
/* A tree (tsearch) of files by key; files of one key are chained: there can be several without
 * hashes, and where a hash is a lie. Logs of equal size are the rule (20 MiB is the limit of an
 * Application log), so the key without hashes has a checksum of the beginning, where the first
 * records lie. */
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
    bool is_sure;
    bool is_there;
    bool is_refuted;           /* its hash is not its own, or it cannot be read any more */
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

static struct indexed_file *make_file(const struct content *content)
{
    const struct source *source = content->source;
    struct indexed_file *file = memory_allocate(1, sizeof(*file));

    file->size_bytes = source->size_bytes;
    file->sha256 = memory_copy_text(source->sha256);
    file->path = memory_copy_text(source->path);
    file->is_sure = content->is_sure && source->sha256 != NULL;
    file->is_there = content->is_there;
    if (source->sha256 == NULL)
        file->beginning_crc32 = beginning_crc32(content->descriptor);
    return file;
}

/* Has the earlier file, of the same key, the same content? *is_told says whether that can be told
 * by what is at hand. */
static bool is_same(const struct indexed_file *file, const struct content *content, bool *is_told)
{
    bool is_sure = file->is_sure && content->is_sure;

    *is_told = is_sure || file->is_there;
    return is_sure || (file->is_there && content_equals_file(content->descriptor, file->path));
}

const struct indexed_file *content_index_find(struct content_index *index,
                                              const struct content *content, const char **rival)
{
    struct indexed_file *key = make_file(content);
    struct indexed_file *const *place = tfind(key, &index->tree, compare_files);
    bool is_hashed = content->source->sha256 != NULL;
    struct indexed_file *file = place != NULL ? *place : NULL;

    free_file(key);
    *rival = NULL;
    for (; file != NULL; file = file->next) {
        bool is_told;

        if (file->is_refuted)
            continue;
        if (is_same(file, content, &is_told))
            return file;
        if (!is_hashed)
            continue;
        *rival = file->path;
        if (!content->is_sure)
            return NULL;
        file->is_refuted = is_told;
    }
    return NULL;
}

struct indexed_file *content_index_add(struct content_index *index, const struct content *content)
{
    struct indexed_file *file = make_file(content);
    struct indexed_file *const *place = memory_require(tsearch(file, &index->tree, compare_files));

    if (*place != file) {
        file->next = (*place)->next;
        (*place)->next = file;
    }
    return file;
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
