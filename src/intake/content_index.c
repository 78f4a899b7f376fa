/* SPDX-License-Identifier: Apache-2.0 */
/* A tree (tsearch) of files by key; without hashes several files can have one key, and are then
 * chained. Logs of equal size are the rule (20 MiB is the limit of an Application log), so the
 * key without hashes has a checksum of the beginning, where the first records lie. */
#include "intake/content_index.h"

#include <libdeflate.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "intake/content.h"

/* File header and first chunk of a log. */
#define BEGINNING_BYTES (4096 + 65536)

struct twin {
    uint64_t size_bytes;
    uint32_t beginning_crc32; /* 0 where there is a hash */
    char *sha256;             /* owned, or NULL */
    char *path;               /* owned */
    int64_t id;
    struct twin *next; /* of the same key */
};

struct twins {
    void *tree;
};

static int compare_twins(const void *left, const void *right)
{
    const struct twin *a = left, *b = right;

    if (a->size_bytes != b->size_bytes)
        return a->size_bytes < b->size_bytes ? -1 : 1;
    if (a->beginning_crc32 != b->beginning_crc32)
        return a->beginning_crc32 < b->beginning_crc32 ? -1 : 1;
    return a->sha256 == NULL || b->sha256 == NULL ? 0 : strcmp(a->sha256, b->sha256);
}

struct twins *twins_new(void)
{
    return memory_allocate(1, sizeof(struct twins));
}

static void free_twin(void *chain)
{
    struct twin *twin = chain;

    while (twin != NULL) {
        struct twin *next = twin->next;

        free(twin->sha256);
        free(twin->path);
        free(twin);
        twin = next;
    }
}

void twins_free(struct twins *twins)
{
    if (twins == NULL)
        return;
    tdestroy(twins->tree, free_twin);
    free(twins);
}

static uint32_t beginning_crc32(int descriptor)
{
    uint8_t *beginning = memory_allocate(BEGINNING_BYTES, 1);
    ssize_t got = pread(descriptor, beginning, BEGINNING_BYTES, 0);
    uint32_t sum = got > 0 ? libdeflate_crc32(0, beginning, (size_t)got) : 0;

    free(beginning);
    return sum;
}

const struct twin *twins_find_or_add(struct twins *twins, const struct source *source,
                                     int descriptor, struct twin **added)
{
    struct twin *twin = memory_allocate(1, sizeof(*twin));
    struct twin *const *place;

    *added = NULL;
    twin->size_bytes = source->size_bytes;
    twin->sha256 = memory_copy_text(source->sha256);
    twin->path = memory_copy_text(source->path);
    if (source->sha256 == NULL)
        twin->beginning_crc32 = beginning_crc32(descriptor);
    place = memory_require(tsearch(twin, &twins->tree, compare_twins));
    for (struct twin *other = *place; *place != twin && other != NULL; other = other->next) {
        if (source->sha256 != NULL || content_equals_file(descriptor, other->path)) {
            free_twin(twin);
            return other;
        }
    }
    if (*place != twin) {
        twin->next = (*place)->next;
        (*place)->next = twin;
    }
    *added = twin;
    return NULL;
}

int64_t twin_id(const struct twin *twin)
{
    return twin->id;
}

void twin_set_id(struct twin *twin, int64_t id)
{
    twin->id = id;
}
