/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a zip a member lies that is stored in it as it is (PKWARE APPNOTE.TXT 6.3, sections
 * 4.3 and 4.5.3): libarchive reads members from their start to their end alone, and an image, or
 * the directory of an inner zip, wants more. A place is looked for once a container in a container,
 * and whatever is not as it should be is no place. */
#include "container/zip_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"

#define END_MAGIC UINT32_C(0x06054B50)
#define END_BYTES 22u
#define COMMENT_MOST_BYTES 65535u
#define END64_PLACE_MAGIC UINT32_C(0x07064B50)
#define END64_PLACE_BYTES 20u
#define END64_MAGIC UINT32_C(0x06064B50)
#define END64_BYTES 56u
#define ENTRY_MAGIC UINT32_C(0x02014B50)
#define ENTRY_BYTES 46u
#define LOCAL_MAGIC UINT32_C(0x04034B50)
#define LOCAL_BYTES 30u
#define EXTRA_ZIP64 1u
#define FLAG_ENCRYPTED 1u
#define METHOD_STORED 0u
#define IN_ZIP64 UINT32_C(0xFFFFFFFF)
/* A directory of more is not looked through. */
#define DIRECTORY_MOST_BYTES ((uint64_t)64 * 1024 * 1024)

/* Reads just so many bytes. */
static bool read_bytes(const struct container_file *file, uint64_t offset_bytes, void *out,
                       size_t size_bytes)
{
    size_t got;

    return offset_bytes <= file->size_bytes && size_bytes <= file->size_bytes - offset_bytes &&
           container_file_read(file, offset_bytes, out, size_bytes, &got) == 0 && got == size_bytes;
}

/* Where the directory lies. */
struct zip_directory {
    uint64_t start_bytes;
    uint64_t size_bytes;
};

/* Replaces what does not fit into the usual end by what its long form says, which lies before it.
 */
static bool read_long_end(const struct container_file *file, uint64_t end_offset_bytes,
                          struct zip_directory *out)
{
    uint8_t place[END64_PLACE_BYTES], end[END64_BYTES];
    struct span at = span_of(place, sizeof(place), 0);
    uint64_t offset_bytes;
    uint32_t magic, disk;

    if (end_offset_bytes < sizeof(place) ||
        !read_bytes(file, end_offset_bytes - sizeof(place), place, sizeof(place)) ||
        !span_u32(&at, &magic) || magic != END64_PLACE_MAGIC || !span_u32(&at, &disk) ||
        !span_u64(&at, &offset_bytes) || !read_bytes(file, offset_bytes, end, sizeof(end)))
        return false;
    at = span_of(end, sizeof(end), 0);
    return span_u32(&at, &magic) && magic == END64_MAGIC && span_skip(&at, 36) &&
           span_u64(&at, &out->size_bytes) && span_u64(&at, &out->start_bytes);
}

/* Finds the end of the directory, behind which there may be a comment. */
static bool find_directory(const struct container_file *file, struct zip_directory *out)
{
    static uint8_t tail[END_BYTES + COMMENT_MOST_BYTES];
    size_t tail_bytes = file->size_bytes < sizeof(tail) ? (size_t)file->size_bytes : sizeof(tail);
    uint64_t tail_offset_bytes = file->size_bytes - tail_bytes;

    if (!read_bytes(file, tail_offset_bytes, tail, tail_bytes))
        return false;
    for (size_t from_end = END_BYTES; from_end <= tail_bytes; from_end++) {
        struct span at = span_of(tail + tail_bytes - from_end, from_end, 0);
        uint32_t magic, size_bytes, start_bytes;

        if (!span_u32(&at, &magic) || magic != END_MAGIC || !span_skip(&at, 8) ||
            !span_u32(&at, &size_bytes) || !span_u32(&at, &start_bytes))
            continue;
        *out = (struct zip_directory){.start_bytes = start_bytes, .size_bytes = size_bytes};
        if (size_bytes != IN_ZIP64 && start_bytes != IN_ZIP64)
            return true;
        return read_long_end(file, file->size_bytes - from_end, out);
    }
    return false;
}

/* An entry of the directory. */
struct zip_entry {
    uint16_t flags, method;
    uint64_t packed_bytes, size_bytes, local_offset_bytes;
    struct span name;
};

/* Takes the long forms of what does not fit, which stand in this order. */
static bool take_long_numbers(struct span extra, struct zip_entry *entry)
{
    uint64_t *const numbers[] = {&entry->size_bytes, &entry->packed_bytes,
                                 &entry->local_offset_bytes};
    struct span field;
    uint16_t id, size_bytes;

    while (span_u16(&extra, &id) && span_u16(&extra, &size_bytes) &&
           span_take(&extra, size_bytes, &field)) {
        if (id != EXTRA_ZIP64)
            continue;
        for (size_t index = 0; index < ARRAY_COUNT(numbers); index++)
            if (*numbers[index] == IN_ZIP64 && !span_u64(&field, numbers[index]))
                return false;
        return true;
    }
    return entry->size_bytes != IN_ZIP64 && entry->packed_bytes != IN_ZIP64 &&
           entry->local_offset_bytes != IN_ZIP64;
}

static bool take_entry(struct span *directory, struct zip_entry *out)
{
    uint32_t magic, packed_bytes, size_bytes, local_offset_bytes;
    uint16_t name_bytes, extra_bytes, comment_bytes;
    struct span extra;

    if (!span_u32(directory, &magic) || magic != ENTRY_MAGIC || !span_skip(directory, 4) ||
        !span_u16(directory, &out->flags) || !span_u16(directory, &out->method) ||
        !span_skip(directory, 8) || !span_u32(directory, &packed_bytes) ||
        !span_u32(directory, &size_bytes) || !span_u16(directory, &name_bytes) ||
        !span_u16(directory, &extra_bytes) || !span_u16(directory, &comment_bytes) ||
        !span_skip(directory, 8) || !span_u32(directory, &local_offset_bytes) ||
        !span_take(directory, name_bytes, &out->name) ||
        !span_take(directory, extra_bytes, &extra) || !span_skip(directory, comment_bytes))
        return false;
    out->packed_bytes = packed_bytes;
    out->size_bytes = size_bytes;
    out->local_offset_bytes = local_offset_bytes;
    return take_long_numbers(extra, out);
}

static bool has_name(const struct zip_entry *entry, const char *name)
{
    return entry->name.left_bytes == strlen(name) &&
           memory_equal(entry->name.bytes, name, entry->name.left_bytes);
}

/* Where the bytes of the entry begin, if all of them lie in the file as they are. */
static bool find_bytes(const struct container_file *file, const struct zip_entry *entry,
                       uint64_t *start_bytes)
{
    uint8_t local[LOCAL_BYTES];
    struct span at = span_of(local, sizeof(local), 0);
    uint16_t name_bytes, extra_bytes;
    uint32_t magic;

    if ((entry->flags & FLAG_ENCRYPTED) != 0 || entry->method != METHOD_STORED ||
        entry->packed_bytes != entry->size_bytes ||
        !read_bytes(file, entry->local_offset_bytes, local, sizeof(local)) ||
        !span_u32(&at, &magic) || magic != LOCAL_MAGIC || !span_skip(&at, 22) ||
        !span_u16(&at, &name_bytes) || !span_u16(&at, &extra_bytes))
        return false;
    *start_bytes = entry->local_offset_bytes + LOCAL_BYTES + name_bytes + extra_bytes;
    return *start_bytes <= file->size_bytes && entry->size_bytes <= file->size_bytes - *start_bytes;
}

/* The only entry of that name and size. */
static bool find_entry(struct span directory, const char *name, uint64_t size_bytes,
                       struct zip_entry *out)
{
    struct zip_entry entry;
    unsigned count = 0;

    while (count < 2 && take_entry(&directory, &entry))
        if (entry.size_bytes == size_bytes && has_name(&entry, name)) {
            *out = entry;
            count++;
        }
    return count == 1;
}

bool zip_find_stored(const struct container_file *file, const char *name, uint64_t size_bytes,
                     uint64_t *start_bytes)
{
    struct zip_directory directory;
    struct zip_entry entry = {0};
    uint8_t *bytes;
    bool is_found;

    if (!find_directory(file, &directory) || directory.size_bytes > DIRECTORY_MOST_BYTES ||
        directory.size_bytes > file->size_bytes)
        return false;
    bytes = memory_allocate(directory.size_bytes > 0 ? (size_t)directory.size_bytes : 1, 1);
    is_found =
        read_bytes(file, directory.start_bytes, bytes, (size_t)directory.size_bytes) &&
        find_entry(span_of(bytes, (size_t)directory.size_bytes, 0), name, size_bytes, &entry) &&
        find_bytes(file, &entry, start_bytes);
    free(bytes);
    return is_found;
}
