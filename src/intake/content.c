/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/content.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/filetime.h"
#include "base/memory.h"

/* What a log begins with. */
#define LOG_HEADER_MAGIC "ElfFile"

/* [Virtual Hard Disk Image Format Specification], "Hard Disk Footer Format". */
#define VHD_END_BYTES 512u
#define VHD_END_MAGIC "conectix"

#define BUFFER_BYTES ((size_t)1024 * 1024)

/* A device says its size in its own way, and the time of its node means nothing. */
static int measure(const struct walk_entry *entry, int descriptor, struct source *source,
                   struct error *err)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "cannot be opened: %m");
    source->size_bytes = (uint64_t)status.st_size;
    source->mtime_ns = time_to_nanoseconds(&status.st_mtim);
    if (!entry->is_device && !S_ISREG(status.st_mode))
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "is not a regular file any more");
    if (!entry->is_device)
        return 0;
    source->mtime_ns = 0;
    if (!S_ISBLK(status.st_mode) || ioctl(descriptor, BLKGETSIZE64, &source->size_bytes) != 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "the size of the device is not known");
    return 0;
}

enum source_kind content_recognise_for(struct span head, bool carve, const char **name)
{
    enum source_kind kind = content_recognise(head, name);

    if (!carve || kind != SOURCE_KIND_EVTX ||
        span_starts_with(&head, LOG_HEADER_MAGIC, sizeof(LOG_HEADER_MAGIC)))
        return kind;
    *name = source_kind_name(SOURCE_KIND_UNKNOWN);
    return SOURCE_KIND_UNKNOWN;
}

/* Reads from the file for recognise, whose failures these are. */
static int read_at(int descriptor, void *buffer, size_t size_bytes, uint64_t offset_bytes,
                   size_t *got, struct error *err)
{
    if (file_read_at(descriptor, buffer, size_bytes, offset_bytes, got) != 0)
        return error_set(err, ERROR_SOURCE, offset_bytes + *got, "cannot be read: %m");
    return 0;
}

/* Tells whether the file has the end of a VHD of a fixed size: in front of that lie the bytes of
 * the disk. */
static int find_vhd_end(int descriptor, uint64_t size_bytes, bool *found, struct error *err)
{
    char end[VHD_END_BYTES];
    size_t got;

    *found = false;
    if (size_bytes <= sizeof(end))
        return 0;
    if (read_at(descriptor, end, sizeof(end), size_bytes - sizeof(end), &got, err) != 0)
        return -1;
    *found = got == sizeof(end) && memcmp(end, VHD_END_MAGIC, strlen(VHD_END_MAGIC)) == 0;
    return 0;
}

/* Tells the kind by the beginning of the file, and by more of it where that tells nothing. -1
 * (ERROR_SOURCE) where that cannot be read: it could be of any kind then. */
static int recognise(int descriptor, bool carve, struct source *source, const char **name,
                     struct error *err)
{
    uint8_t head[CONTENT_LONG_HEAD_BYTES];
    bool is_vhd = false;
    size_t got;

    if (read_at(descriptor, head, CONTENT_HEAD_BYTES, 0, &got, err) != 0)
        return -1;
    source->kind = content_recognise_for(span_of(head, got, 0), carve, name);
    if (source->kind == SOURCE_KIND_UNKNOWN && got == CONTENT_HEAD_BYTES) {
        if (read_at(descriptor, head, sizeof(head), 0, &got, err) != 0)
            return -1;
        source->kind = content_recognise_for(span_of(head, got, 0), carve, name);
    }
    if (source->kind == SOURCE_KIND_RAW_IMAGE &&
        find_vhd_end(descriptor, source->size_bytes, &is_vhd, err) != 0)
        return -1;
    if (is_vhd) {
        source->kind = SOURCE_KIND_VHD;
        *name = source_kind_name(source->kind);
    }
    return 0;
}

int content_open(const struct walk_entry *entry, bool carve, int *descriptor, struct source *source,
                 const char **name, struct error *err)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (entry->named ? 0 : O_NOFOLLOW);

    *source = (struct source){.path = memory_copy_text(entry->path)};
    *descriptor = open(entry->path, flags);
    if (*descriptor < 0 && errno == ENOENT)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "vanished during the run");
    if (*descriptor < 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "cannot be opened: %m");
    if (measure(entry, *descriptor, source, err) != 0)
        return -1;
    return recognise(*descriptor, carve, source, name, err);
}

bool content_is_unchanged(const struct walk_entry *entry, int descriptor,
                          const struct source *source)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct source now = {0};
    bool measured = measure(entry, descriptor, &now, &err) == 0;

    error_clear(&err);
    return measured && now.size_bytes == source->size_bytes && now.mtime_ns == source->mtime_ns;
}

/* Two names of one file. */
static bool is_one_file(int descriptor, int other)
{
    struct stat status, other_status;

    return fstat(descriptor, &status) == 0 && fstat(other, &other_status) == 0 &&
           status.st_dev == other_status.st_dev && status.st_ino == other_status.st_ino;
}

bool content_equals_file(int descriptor, const char *path)
{
    int other = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    uint8_t *buffers = memory_allocate(2, BUFFER_BYTES);
    uint64_t offset = 0;
    bool equal = other >= 0;
    size_t got = equal && is_one_file(descriptor, other) ? 0 : 1, got_other;

    while (equal && got > 0) {
        equal =
            file_read_at(descriptor, buffers, BUFFER_BYTES, offset, &got) == 0 &&
            file_read_at(other, buffers + BUFFER_BYTES, BUFFER_BYTES, offset, &got_other) == 0 &&
            got == got_other && memcmp(buffers, buffers + BUFFER_BYTES, got) == 0;
        offset += got;
    }
    free(buffers);
    if (other >= 0)
        close(other);
    return equal;
}
