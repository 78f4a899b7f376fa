/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds and checksums of EVTX chunks and the walk over their records. Bytes are read through
 * struct span alone; every loop moves forward at each turn. */
#include "evtx/chunk.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>

#define MAGIC_BYTES 8u

int file_header_open(struct span bytes, struct file_header *out, struct error *err)
{
    uint64_t offset = bytes.offset_bytes;
    uint32_t header_size, flags, stored;
    uint16_t block_size, chunk_count;

    *out = (struct file_header){0};
    if (!span_u32_at(&bytes, FILE_HEADER_OFFSET_HEADER_SIZE, &header_size) ||
        !span_u16_at(&bytes, FILE_HEADER_OFFSET_BLOCK_SIZE, &block_size) ||
        !span_u16_at(&bytes, FILE_HEADER_OFFSET_CHUNK_COUNT, &chunk_count) ||
        !span_u32_at(&bytes, FILE_HEADER_OFFSET_FLAGS, &flags) ||
        !span_u32_at(&bytes, FILE_HEADER_OFFSET_CHECKSUM, &stored))
        return error_set(err, ERROR_SOURCE, offset, "file header is cut short");
    if (!span_starts_with(&bytes, FILE_HEADER_MAGIC, MAGIC_BYTES))
        return error_set(err, ERROR_SOURCE, offset, "file header has no magic");
    out->flags = flags;
    out->chunk_count = chunk_count;
    if (header_size != FILE_HEADER_USED_BYTES)
        return error_set(err, ERROR_SOURCE, offset + FILE_HEADER_OFFSET_HEADER_SIZE,
                         "file header gives its size as %" PRIu32, header_size);
    if (block_size != FILE_HEADER_SIZE_BYTES)
        return error_set(err, ERROR_SOURCE, offset + FILE_HEADER_OFFSET_BLOCK_SIZE,
                         "file header gives its block as %u bytes", (unsigned)block_size);
    if ((flags & LOG_FLAG_NO_CHECKSUMS) == 0 &&
        libdeflate_crc32(0, bytes.bytes, FILE_HEADER_OFFSET_FLAGS) != stored)
        return error_set(err, ERROR_SOURCE, offset, "file header checksum is wrong");
    if (bytes.left_bytes < FILE_HEADER_SIZE_BYTES)
        return error_set(err, ERROR_SOURCE, offset + bytes.left_bytes, "file header is cut short");
    return 0;
}

static uint32_t chunk_header_checksum(const struct span *bytes)
{
    uint32_t checksum = libdeflate_crc32(0, bytes->bytes, CHUNK_OFFSET_FLAGS);

    return libdeflate_crc32(checksum, bytes->bytes + CHUNK_OFFSET_TABLES,
                            CHUNK_OFFSET_RECORDS - CHUNK_OFFSET_TABLES);
}

int chunk_open(struct span bytes, uint32_t log_flags, struct chunk *out, struct error *err)
{
    uint64_t offset = bytes.offset_bytes;
    uint32_t header_size, flags, free_space, stored, records_checksum;

    *out = (struct chunk){.bytes = bytes, .free_space_offset = (uint32_t)bytes.left_bytes};
    if (bytes.left_bytes != CHUNK_SIZE_BYTES ||
        !span_u32_at(&bytes, CHUNK_OFFSET_HEADER_SIZE, &header_size) ||
        !span_u32_at(&bytes, CHUNK_OFFSET_FREE_SPACE, &free_space) ||
        !span_u32_at(&bytes, CHUNK_OFFSET_RECORDS_CHECKSUM, &records_checksum) ||
        !span_u32_at(&bytes, CHUNK_OFFSET_FLAGS, &flags) ||
        !span_u32_at(&bytes, CHUNK_OFFSET_CHECKSUM, &stored))
        return error_set(err, ERROR_SOURCE, offset, "chunk is cut short");
    out->flags = flags | log_flags;
    out->records_checksum = records_checksum;
    out->magic_sound = span_starts_with(&bytes, CHUNK_MAGIC, MAGIC_BYTES);
    out->free_space_known = free_space >= CHUNK_OFFSET_RECORDS && free_space <= CHUNK_SIZE_BYTES;
    if (out->free_space_known)
        out->free_space_offset = free_space;
    if (!out->magic_sound)
        return error_set(err, ERROR_SOURCE, offset, "chunk header has no magic");
    if (header_size != CHUNK_HEADER_SIZE)
        return error_set(err, ERROR_SOURCE, offset + CHUNK_OFFSET_HEADER_SIZE,
                         "chunk header gives its size as %" PRIu32, header_size);
    if (!out->free_space_known)
        return error_set(err, ERROR_SOURCE, offset + CHUNK_OFFSET_FREE_SPACE,
                         "free space offset %" PRIu32 " is outside the chunk", free_space);
    if ((out->flags & LOG_FLAG_NO_CHECKSUMS) == 0 && chunk_header_checksum(&bytes) != stored)
        return error_set(err, ERROR_SOURCE, offset, "chunk header checksum is wrong");
    return 0;
}

int chunk_check_records(const struct chunk *chunk, struct error *err)
{
    size_t size_bytes = chunk->free_space_offset - CHUNK_OFFSET_RECORDS;
    uint64_t offset = chunk->bytes.offset_bytes + CHUNK_OFFSET_RECORDS;

    if ((chunk->flags & LOG_FLAG_NO_CHECKSUMS) != 0 || !chunk->free_space_known ||
        !chunk->magic_sound)
        return 0;
    if (libdeflate_crc32(0, chunk->bytes.bytes + CHUNK_OFFSET_RECORDS, size_bytes) !=
        chunk->records_checksum)
        return error_set(err, ERROR_SOURCE, offset, "checksum of the records is wrong");
    return 0;
}

/* All of chunk_read_record but for the copy of the size. */
static int read_record(const struct chunk *chunk, uint32_t position_bytes, uint32_t end_bytes,
                       struct record *out, struct error *err)
{
    uint64_t offset = chunk->bytes.offset_bytes + position_bytes;
    struct span at, whole;
    struct record record = {.position_bytes = position_bytes};
    uint32_t size;

    if (!span_at(&chunk->bytes, position_bytes, &at) ||
        !span_u32_at(&at, RECORD_OFFSET_SIZE, &size) ||
        !span_u64_at(&at, RECORD_OFFSET_NUMBER, &record.number) ||
        !span_u64_at(&at, RECORD_OFFSET_WRITTEN, &record.written_filetime))
        return error_set(err, ERROR_SOURCE, offset, "record header is cut short");
    if (!span_starts_with(&at, RECORD_MAGIC, RECORD_MAGIC_BYTES))
        return error_set(err, ERROR_SOURCE, offset, "no record where one should begin");
    if (size < RECORD_LEAST_BYTES)
        return error_set(err, ERROR_SOURCE, offset, "record size %" PRIu32 " is too small", size);
    if (position_bytes > end_bytes || size > end_bytes - position_bytes ||
        !span_take(&at, size, &whole))
        return error_set(err, ERROR_SOURCE, offset,
                         "record size %" PRIu32 " passes the end of the records", size);
    record.bytes = whole;
    *out = record;
    return 0;
}

static bool copy_is_right(const struct record *record)
{
    uint32_t copy;

    return span_u32_at(&record->bytes, record->bytes.left_bytes - sizeof(copy), &copy) &&
           copy == record->bytes.left_bytes;
}

int chunk_read_record(const struct chunk *chunk, uint32_t position_bytes, uint32_t end_bytes,
                      struct record *out, struct error *err)
{
    struct record record;

    if (read_record(chunk, position_bytes, end_bytes, &record, err) != 0)
        return -1;
    if (!copy_is_right(&record))
        return error_set(err, ERROR_SOURCE, record.bytes.offset_bytes,
                         "record size %zu and its copy disagree", record.bytes.left_bytes);
    *out = record;
    return 0;
}

bool chunk_read_miscopied(const struct chunk *chunk, uint32_t position_bytes, uint32_t end_bytes,
                          struct record *out)
{
    struct error ignored = {0};
    struct span behind;
    bool is_read = read_record(chunk, position_bytes, end_bytes, out, &ignored) == 0;

    error_clear(&ignored);
    return is_read && !copy_is_right(out) &&
           (position_bytes + out->bytes.left_bytes == end_bytes ||
            (span_at(&chunk->bytes, position_bytes + out->bytes.left_bytes, &behind) &&
             span_starts_with(&behind, RECORD_MAGIC, RECORD_MAGIC_BYTES)));
}

int chunk_next_record_slowly(const struct chunk *chunk, uint32_t *position_bytes,
                             struct record *out, struct error *err)
{
    struct span at;

    if (*position_bytes >= chunk->free_space_offset)
        return 0;
    if (!chunk->free_space_known && (!span_at(&chunk->bytes, *position_bytes, &at) ||
                                     !span_starts_with(&at, RECORD_MAGIC, RECORD_MAGIC_BYTES)))
        return 0;
    if (chunk_read_record(chunk, *position_bytes, chunk->free_space_offset, out, err) != 0)
        return -1;
    *position_bytes += (uint32_t)out->bytes.left_bytes;
    return 1;
}

bool chunk_find_record(const struct chunk *chunk, uint32_t *position_bytes, struct record *out)
{
    struct error ignored = {0};
    struct span at;
    bool found = false;

    while (!found && span_at(&chunk->bytes, *position_bytes, &at) && at.left_bytes > 0) {
        const uint8_t *magic = memchr(at.bytes, RECORD_MAGIC[0], at.left_bytes);

        if (magic == NULL)
            return false;
        *position_bytes += (uint32_t)(magic - at.bytes);
        found = chunk_read_record(chunk, *position_bytes, CHUNK_SIZE_BYTES, out, &ignored) == 0;
        error_clear(&ignored);
        *position_bytes += found ? (uint32_t)out->bytes.left_bytes : 1;
    }
    return found;
}
