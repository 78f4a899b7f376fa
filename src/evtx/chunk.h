/* SPDX-License-Identifier: Apache-2.0 */
/* chunk: bounds and checksums of an EVTX log's file header and of its 64 KiB chunks, and the walk
 * over a chunk's records. Owns nothing: all of it borrows the bytes it was opened on. No count of
 * a header is believed; a chunk header's free space offset is, while it lies within the chunk.
 * Layout: libyal format document "Windows XML Event Log (EVTX)"; FACTS.md, EVTX in one page. */
#ifndef SPPTRIAGE_EVTX_CHUNK_H
#define SPPTRIAGE_EVTX_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

/* The file header; chunks follow it without a gap. CRC32 is the zlib polynomial everywhere. */
#define FILE_HEADER_MAGIC "ElfFile"          /* at 0, eight bytes with its NUL */
#define FILE_HEADER_OFFSET_HEADER_SIZE 32u   /* u32: 128 */
#define FILE_HEADER_OFFSET_MINOR_VERSION 36u /* u16: 1, 2 in newer Windows */
#define FILE_HEADER_OFFSET_MAJOR_VERSION 38u /* u16: 3 */
#define FILE_HEADER_OFFSET_BLOCK_SIZE 40u    /* u16: 4096, where the first chunk is */
#define FILE_HEADER_OFFSET_CHUNK_COUNT 42u   /* u16: stale in a dirty log */
#define FILE_HEADER_OFFSET_FLAGS 120u        /* u32: LOG_FLAG_ */
#define FILE_HEADER_OFFSET_CHECKSUM 124u     /* u32: CRC32 of the bytes before the flags */
#define FILE_HEADER_USED_BYTES 128u          /* the rest of the block is empty */
#define FILE_HEADER_SIZE_BYTES 4096u

/* A log that lost its first pages begins anywhere in a chunk: the first one that is whole lies at a
 * multiple of a page among the first LOG_START_BYTES. */
#define LOG_PAGE_BYTES 4096u
#define LOG_START_BYTES (FILE_HEADER_SIZE_BYTES + CHUNK_SIZE_BYTES)

/* The chunk header; flags as in the file header. */
#define CHUNK_MAGIC "ElfChnk"             /* at 0, eight bytes with its NUL */
#define CHUNK_OFFSET_FIRST_NUMBER 8u      /* u64: record numbers, */
#define CHUNK_OFFSET_LAST_NUMBER 16u      /* u64 */
#define CHUNK_OFFSET_FIRST_ID 24u         /* u64: record ids */
#define CHUNK_OFFSET_LAST_ID 32u          /* u64 */
#define CHUNK_OFFSET_HEADER_SIZE 40u      /* u32: 128 */
#define CHUNK_OFFSET_LAST_RECORD 44u      /* u32: offset in the chunk */
#define CHUNK_OFFSET_FREE_SPACE 48u       /* u32: offset in the chunk */
#define CHUNK_OFFSET_RECORDS_CHECKSUM 52u /* u32: CRC32 from 512 to the free space */
#define CHUNK_OFFSET_FLAGS 120u           /* u32 */
#define CHUNK_OFFSET_CHECKSUM 124u        /* u32: CRC32 of bytes 0..119 and 128..511 */
#define CHUNK_OFFSET_TABLES 128u          /* string and template tables */
#define CHUNK_OFFSET_RECORDS 512u
#define CHUNK_HEADER_SIZE 128u /* what both header size fields say */
#define CHUNK_SIZE_BYTES 65536u

#define LOG_FLAG_DIRTY 1u
#define LOG_FLAG_FULL 2u
#define LOG_FLAG_NO_CHECKSUMS 4u

/* A record; its size is repeated in its last four bytes. */
#define RECORD_MAGIC "**\0" /* four bytes with the NUL that ends the literal */
#define RECORD_MAGIC_BYTES 4u
#define RECORD_OFFSET_SIZE 4u
#define RECORD_OFFSET_NUMBER 8u
#define RECORD_OFFSET_WRITTEN 16u
#define RECORD_OFFSET_BINXML 24u
#define RECORD_LEAST_BYTES 28u
/* How many records fit into a chunk. */
#define CHUNK_RECORDS_MOST ((CHUNK_SIZE_BYTES - CHUNK_OFFSET_RECORDS) / RECORD_LEAST_BYTES)

struct file_header {
    uint32_t flags;       /* LOG_FLAG_; 0 where the header cannot be believed */
    uint16_t chunk_count; /* as the header says, which decides nothing */
};

/* Checks the file header at the start of `bytes` (the first block of the file, or what there is
 * of it) and fills *out. Returns -1 (ERROR_SOURCE) for the first thing that is wrong: cut short,
 * magic, header size, block size, or checksum unless the flags say that none is kept. */
int file_header_open(struct span bytes, struct file_header *out, struct error *err);

struct chunk {
    struct span bytes;          /* the whole chunk; its offset_bytes is the chunk's in the file */
    uint32_t flags;             /* LOG_FLAG_, its own and the file header's */
    uint32_t free_space_offset; /* in the chunk: where the walk has to end */
    bool free_space_known;     /* false: the header's was out of bounds, the one above is the end */
    uint32_t records_checksum; /* as the header says */
    bool magic_sound;
};

/* Is the slot empty, all zeros? Such slots are room not used yet, and no damage. */
static inline bool chunk_is_unused(struct span bytes)
{
    return span_is_zero(bytes);
}

/* Checks the header of the chunk in `bytes` (CHUNK_SIZE_BYTES of them) and fills *out, so that it
 * can be walked, in any case. Returns -1 (ERROR_SOURCE) for the first thing that is wrong: magic,
 * header size, free space offset, or checksum unless its flags or `log_flags`, the file header's,
 * say that none is kept. */
int chunk_open(struct span bytes, uint32_t log_flags, struct chunk *out, struct error *err);

/* Checks the checksum of the records. Returns -1 (ERROR_SOURCE) when it is wrong; a chunk whose
 * flags say that none is kept passes, and so does one whose magic or free space offset is wrong:
 * its header tells no checksum. */
int chunk_check_records(const struct chunk *chunk, struct error *err);

struct record {
    struct span bytes;         /* the whole record */
    uint32_t position_bytes;   /* in the chunk */
    uint64_t number;           /* the header's own */
    uint64_t written_filetime; /* the header's; in exported logs the next record's */
};

/* Reads the record at `position_bytes` of the chunk. Returns -1 (ERROR_SOURCE) and leaves *out
 * alone when it has no magic, its size is below RECORD_LEAST_BYTES or passes `end_bytes`, or the
 * copy of the size disagrees. */
int chunk_read_record(const struct chunk *chunk, uint32_t position_bytes, uint32_t end_bytes,
                      struct record *out, struct error *err);

/* The same of a record of which the copy alone is wrong, and behind which another begins or
 * `end_bytes` is reached. Whether it is one, its BinXML tells (record_is_whole). */
bool chunk_read_miscopied(const struct chunk *chunk, uint32_t position_bytes, uint32_t end_bytes,
                          struct record *out);

/* Where the walk of chunk_next_record meets anything but a sound record. */
int chunk_next_record_slowly(const struct chunk *chunk, uint32_t *position_bytes,
                             struct record *out, struct error *err);

/* The walk: reads the record at *position_bytes (CHUNK_OFFSET_RECORDS at first) and moves it past
 * the record. Returns 1 for a record, 0 at the free space, -1 (ERROR_SOURCE) where the walk cannot
 * go on; *position_bytes then stays. Where the free space is not known the walk ends with 0 at the
 * first place without a record magic. */
static inline int chunk_next_record(const struct chunk *chunk, uint32_t *position_bytes,
                                    struct record *out, struct error *err)
{
    uint32_t end_bytes = chunk->free_space_offset;
    uint32_t position = *position_bytes;
    uint32_t size, copy;
    struct span at;

    if (position >= end_bytes || !span_at(&chunk->bytes, position, &at) ||
        at.left_bytes < RECORD_LEAST_BYTES ||
        memcmp(at.bytes, RECORD_MAGIC, RECORD_MAGIC_BYTES) != 0 ||
        !span_u32_at(&at, RECORD_OFFSET_SIZE, &size) || size < RECORD_LEAST_BYTES ||
        size > end_bytes - position || !span_u32_at(&at, size - sizeof(copy), &copy) ||
        copy != size || !span_u64_at(&at, RECORD_OFFSET_NUMBER, &out->number) ||
        !span_u64_at(&at, RECORD_OFFSET_WRITTEN, &out->written_filetime))
        return chunk_next_record_slowly(chunk, position_bytes, out, err);
    out->bytes = span_of(at.bytes, size, at.offset_bytes);
    out->position_bytes = position;
    *position_bytes = position + size;
    return 1;
}

/* The search: finds the next record at or behind *position_bytes that is one by its magic, size and
 * size copy, wherever in the chunk it ends, and moves *position_bytes past it. Returns false when
 * there is none. */
bool chunk_find_record(const struct chunk *chunk, uint32_t *position_bytes, struct record *out);

#endif
