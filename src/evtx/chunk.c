/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds and checksums of EVTX chunks and the walk over their records. Bytes are read through
 * struct span alone; every loop moves forward at each turn. */
#include "evtx/chunk.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>

#define MAGIC_BYTES 8u
#define RECORD_MAGIC_BYTES 4u

/* BinXML (FACTS.md, EVTX in one page): fragment header, token of a template instance, and the
 * type of a value that is BinXML itself. */
#define FRAGMENT_HEADER "\x0f\x01\x01" /* four bytes with the NUL that ends the literal */
#define FRAGMENT_HEADER_BYTES 4u
#define TOKEN_OPEN_ELEMENT 0x01u
#define TOKEN_TEMPLATE_INSTANCE 0x0cu
#define TOKEN_MORE 0x40u /* set in a token: more of the same follows */
#define VALUE_TYPE_BINXML 0x21u
/* A template definition: next u32, GUID (its first four bytes are the id), data size u32. */
#define DEFINITION_OFFSET_ID 4u
#define DEFINITION_OFFSET_DATA_SIZE 20u
#define DEFINITION_OFFSET_DATA 24u
/* Of template instances in each other's values; Windows has two, Event and EventData. */
#define TEMPLATE_DEPTH_MOST 3u

/* Reads the number at `position_bytes` of `bytes`, which must not move. */
static bool read_u16(const struct span *bytes, size_t position_bytes, uint16_t *out)
{
    struct span at;

    return span_at(bytes, position_bytes, &at) && span_u16(&at, out);
}

static bool read_u32(const struct span *bytes, size_t position_bytes, uint32_t *out)
{
    struct span at;

    return span_at(bytes, position_bytes, &at) && span_u32(&at, out);
}

static bool read_u64(const struct span *bytes, size_t position_bytes, uint64_t *out)
{
    struct span at;

    return span_at(bytes, position_bytes, &at) && span_u64(&at, out);
}

int file_header_open(struct span bytes, struct file_header *out, struct error *err)
{
    uint64_t offset = bytes.offset_bytes;
    uint32_t header_size, flags, stored;
    uint16_t block_size, chunk_count;

    *out = (struct file_header){0};
    if (!read_u32(&bytes, FILE_HEADER_OFFSET_HEADER_SIZE, &header_size) ||
        !read_u16(&bytes, FILE_HEADER_OFFSET_BLOCK_SIZE, &block_size) ||
        !read_u16(&bytes, FILE_HEADER_OFFSET_CHUNK_COUNT, &chunk_count) ||
        !read_u32(&bytes, FILE_HEADER_OFFSET_FLAGS, &flags) ||
        !read_u32(&bytes, FILE_HEADER_OFFSET_CHECKSUM, &stored))
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

bool chunk_is_unused(struct span bytes)
{
    return bytes.left_bytes == 0 ||
           (bytes.bytes[0] == 0 && memcmp(bytes.bytes, bytes.bytes + 1, bytes.left_bytes - 1) == 0);
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
        !read_u32(&bytes, CHUNK_OFFSET_HEADER_SIZE, &header_size) ||
        !read_u32(&bytes, CHUNK_OFFSET_FREE_SPACE, &free_space) ||
        !read_u32(&bytes, CHUNK_OFFSET_RECORDS_CHECKSUM, &records_checksum) ||
        !read_u32(&bytes, CHUNK_OFFSET_FLAGS, &flags) ||
        !read_u32(&bytes, CHUNK_OFFSET_CHECKSUM, &stored))
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

int chunk_read_record(const struct chunk *chunk, uint32_t position_bytes, uint32_t end_bytes,
                      struct record *out, struct error *err)
{
    uint64_t offset = chunk->bytes.offset_bytes + position_bytes;
    struct span at, whole;
    struct record record = {.position_bytes = position_bytes};
    uint32_t size, copy;

    if (!span_at(&chunk->bytes, position_bytes, &at) || !read_u32(&at, RECORD_OFFSET_SIZE, &size) ||
        !read_u64(&at, RECORD_OFFSET_NUMBER, &record.number) ||
        !read_u64(&at, RECORD_OFFSET_WRITTEN, &record.written_filetime))
        return error_set(err, ERROR_SOURCE, offset, "record header is cut short");
    if (!span_starts_with(&at, RECORD_MAGIC, RECORD_MAGIC_BYTES))
        return error_set(err, ERROR_SOURCE, offset, "no record where one should begin");
    if (size < RECORD_LEAST_BYTES)
        return error_set(err, ERROR_SOURCE, offset, "record size %" PRIu32 " is too small", size);
    if (position_bytes > end_bytes || size > end_bytes - position_bytes ||
        !span_take(&at, size, &whole))
        return error_set(err, ERROR_SOURCE, offset,
                         "record size %" PRIu32 " passes the end of the records", size);
    if (!read_u32(&whole, size - sizeof(copy), &copy) || copy != size)
        return error_set(err, ERROR_SOURCE, offset, "record size %" PRIu32 " and its copy disagree",
                         size);
    record.bytes = whole;
    *out = record;
    return 0;
}

int chunk_next_record(const struct chunk *chunk, uint32_t *position_bytes, struct record *out,
                      struct error *err)
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

    for (; !found && span_at(&chunk->bytes, *position_bytes, &at) && at.left_bytes > 0;
         *position_bytes += 1) {
        if (!span_starts_with(&at, RECORD_MAGIC, RECORD_MAGIC_BYTES))
            continue;
        found = chunk_read_record(chunk, *position_bytes, CHUNK_SIZE_BYTES, out, &ignored) == 0;
        error_clear(&ignored);
        if (found)
            *position_bytes += (uint32_t)out->bytes.left_bytes - 1;
    }
    return found;
}

/* Moves *at past a fragment header, if it is there, and the token of a template instance. */
static bool template_begins(struct span *at)
{
    uint8_t token;

    if (span_starts_with(at, FRAGMENT_HEADER, FRAGMENT_HEADER_BYTES) &&
        !span_skip(at, FRAGMENT_HEADER_BYTES))
        return false;
    return span_u8(at, &token) && token == TOKEN_TEMPLATE_INSTANCE;
}

bool record_has_template(const struct record *record)
{
    struct span at;

    return span_at(&record->bytes, RECORD_OFFSET_BINXML, &at) &&
           span_starts_with(&at, FRAGMENT_HEADER, FRAGMENT_HEADER_BYTES) && template_begins(&at);
}

bool record_is_forwarded(const struct record *record)
{
    struct span at;
    uint8_t token;

    return span_at(&record->bytes, RECORD_OFFSET_BINXML, &at) &&
           span_starts_with(&at, FRAGMENT_HEADER, FRAGMENT_HEADER_BYTES) &&
           span_skip(&at, FRAGMENT_HEADER_BYTES) && span_u8(&at, &token) &&
           (token & ~TOKEN_MORE) == TOKEN_OPEN_ELEMENT;
}

/* Reads a template instance's reference at *at and moves *at to the instance's values. */
static bool template_read_reference(const struct chunk *chunk, struct span *at, bool compare_ids)
{
    uint8_t unknown;
    uint32_t id, definition_offset, defined_id, data_size;
    struct span definition;

    if (!span_u8(at, &unknown) || !span_u32(at, &id) || !span_u32(at, &definition_offset) ||
        !span_at(&chunk->bytes, definition_offset, &definition) ||
        !read_u32(&definition, DEFINITION_OFFSET_ID, &defined_id) ||
        !read_u32(&definition, DEFINITION_OFFSET_DATA_SIZE, &data_size))
        return false;
    if (compare_ids && defined_id != id)
        return false;
    /* The definition stands right here where it is used first. */
    if (definition.bytes == at->bytes)
        return span_skip(at, DEFINITION_OFFSET_DATA) && span_skip(at, data_size);
    return true;
}

/* Follows the template instance in `binxml` and those in its values, `depth` levels of them. A
 * value can also be elements without a template (UserData). */
static bool template_check(const struct chunk *chunk, struct span binxml, unsigned depth,
                           bool compare_ids)
{
    struct span descriptors, value;
    uint32_t count;
    uint16_t size;
    uint8_t type, unknown;

    if (!template_begins(&binxml))
        return true;
    if (depth == 0 || !template_read_reference(chunk, &binxml, compare_ids) ||
        !span_u32(&binxml, &count) || count > binxml.left_bytes / sizeof(uint32_t) ||
        !span_take(&binxml, count * sizeof(uint32_t), &descriptors))
        return false;
    while (descriptors.left_bytes > 0) {
        if (!span_u16(&descriptors, &size) || !span_u8(&descriptors, &type) ||
            !span_u8(&descriptors, &unknown) || !span_take(&binxml, size, &value))
            return false;
        if (type == VALUE_TYPE_BINXML && !template_check(chunk, value, depth - 1, compare_ids))
            return false;
    }
    return true;
}

bool record_is_sound(const struct chunk *chunk, const struct record *record)
{
    struct span at;

    return span_at(&record->bytes, RECORD_OFFSET_BINXML, &at) &&
           template_check(chunk, at, TEMPLATE_DEPTH_MOST, false);
}

bool record_templates_match(const struct chunk *chunk, const struct record *record)
{
    struct span at;

    return record_has_template(record) && span_at(&record->bytes, RECORD_OFFSET_BINXML, &at) &&
           template_check(chunk, at, TEMPLATE_DEPTH_MOST, true);
}
