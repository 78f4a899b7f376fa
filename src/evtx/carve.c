/* SPDX-License-Identifier: Apache-2.0 */
/* Carving: images, memory dumps and the like are looked through at every sector's start for the
 * magic of a chunk. A chunk is self-contained, so whatever is found is read like a chunk of a log
 * (evtx/chunkread.h); what is said of it bears its offset in the image. Nothing of the file system
 * in the image is looked at: chunks of deleted logs are found like others, and chunks whose pieces
 * lie apart are found as far as they hang together. */
#include "evtx/readers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/chunkread.h"

#define SECTOR_BYTES 512u
#define MAGIC_BYTES 8u
/* Holes are asked for at multiples of it. */
#define HOLE_STEP_BYTES CHUNK_SIZE_BYTES

struct carving {
    int descriptor;
    struct source_facts *facts;
    struct chunkread *chunks;
    struct mapping mapping;
    uint64_t map_start; /* of what is mapped, */
    uint64_t map_end;   /* and where it ends: behind the part, as chunks pass its end */
    uint64_t source_end;
    uint8_t *cut; /* owned: a chunk of which not all is there, filled up with zeros */
};

static struct span bytes_at(const struct carving *carving, uint64_t offset_bytes)
{
    return mapping_span(&carving->mapping, offset_bytes, (size_t)(carving->map_end - offset_bytes));
}

static bool begins_chunk(const struct carving *carving, uint64_t offset_bytes)
{
    struct span at = bytes_at(carving, offset_bytes);

    return span_starts_with(&at, CHUNK_MAGIC, MAGIC_BYTES);
}

/* The chunk of which `size_bytes` are there: where it lies, or, when that is not all, a copy filled
 * up with zeros. The copy stays until the next one is made. */
static struct span filled_chunk(const struct carving *carving, uint64_t offset_bytes,
                                size_t size_bytes)
{
    struct span bytes = mapping_span(&carving->mapping, offset_bytes, size_bytes);

    if (size_bytes == CHUNK_SIZE_BYTES)
        return bytes;
    memcpy(carving->cut, bytes.bytes, size_bytes);
    memset(carving->cut + size_bytes, 0, CHUNK_SIZE_BYTES - size_bytes);
    return span_of(carving->cut, CHUNK_SIZE_BYTES, offset_bytes);
}

/* Are all the records there? Where no checksum is kept, the walk tells. */
static bool has_sound_records(const struct chunk *chunk, struct error *err)
{
    uint32_t position_bytes = CHUNK_OFFSET_RECORDS;
    struct record record;
    int result;

    if ((chunk->flags & LOG_FLAG_NO_CHECKSUMS) == 0)
        return chunk_check_records(chunk, err) == 0;
    do
        result = chunk_next_record(chunk, &position_bytes, &record, err);
    while (result > 0);
    return result == 0;
}

/* How many bytes of the chunk surely are its own: those up to its free space, if its header and its
 * records are what they should be. Whatever looks like a chunk in them is not one. Otherwise 0. */
static uint32_t count_sound_bytes(struct span bytes)
{
    struct error ignored = {0};
    struct chunk chunk;
    bool is_sound =
        chunk_open(bytes, 0, &chunk, &ignored) == 0 && has_sound_records(&chunk, &ignored);

    error_clear(&ignored);
    return is_sound ? chunk.free_space_offset : 0;
}

/* How far a chunk at `offset_bytes` can reach: its size, the end of the source, or the next chunk,
 * which overwrote its unused part or, where its records are not sound, some of them. */
static uint64_t find_end(const struct carving *carving, uint64_t offset_bytes)
{
    uint64_t end = offset_bytes + CHUNK_SIZE_BYTES;
    uint64_t sound_end = 0;
    bool sound_end_known = false;

    if (end > carving->source_end)
        end = carving->source_end;
    for (uint64_t at = offset_bytes + SECTOR_BYTES; at + SECTOR_BYTES <= end; at += SECTOR_BYTES) {
        if (!begins_chunk(carving, at))
            continue;
        if (!sound_end_known)
            sound_end = offset_bytes + count_sound_bytes(filled_chunk(
                                           carving, offset_bytes, (size_t)(end - offset_bytes)));
        sound_end_known = true;
        if (at >= sound_end)
            return at;
    }
    return end;
}

/* Is it a chunk, and not just its magic in a program or a text? Its header is right, or there is a
 * record in it. */
static bool is_chunk(struct span bytes)
{
    uint32_t position = CHUNK_OFFSET_RECORDS;
    struct error ignored = {0};
    struct record record;
    struct chunk chunk;
    bool is = chunk_open(bytes, 0, &chunk, &ignored) == 0 ||
              chunk_find_record(&chunk, &position, &record);

    error_clear(&ignored);
    return is;
}

/* Is the slot before the one at `offset_bytes` a chunk, and all of it? */
static bool has_chunk_before(const struct carving *carving, uint64_t offset_bytes)
{
    uint64_t before = offset_bytes - CHUNK_SIZE_BYTES;

    return offset_bytes >= carving->map_start + CHUNK_SIZE_BYTES && begins_chunk(carving, before) &&
           find_end(carving, before) == offset_bytes &&
           is_chunk(mapping_span(&carving->mapping, before, CHUNK_SIZE_BYTES));
}

/* Reads what of a chunk lies in [offset_bytes, end). Sets *next to where the search goes on. */
static int carve_chunk(struct carving *carving, uint64_t offset_bytes, uint64_t end, uint64_t *next,
                       struct error *err)
{
    size_t size_bytes = (size_t)(end - offset_bytes);
    bool is_copy = size_bytes < CHUNK_SIZE_BYTES;
    struct chunk_place place = {.is_carved = true};
    struct span bytes;

    if (has_chunk_before(carving, offset_bytes))
        place.before =
            mapping_span(&carving->mapping, offset_bytes - CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES);
    *next = offset_bytes + SECTOR_BYTES;
    bytes = filled_chunk(carving, offset_bytes, size_bytes);
    if (!is_chunk(bytes))
        return 0;
    *next = end;
    carving->facts->partial.has_chunks = true;
    place.is_cut = is_copy && count_sound_bytes(bytes) == 0;
    if (place.is_cut)
        source_facts_add_damage(carving->facts, offset_bytes,
                                "chunk is cut: %zu of its %u bytes are there", size_bytes,
                                CHUNK_SIZE_BYTES);
    if (chunkread_read(carving->chunks, bytes, &place, err) != 0)
        return -1;
    /* What it holds back must not refer to the copy any more when the next one is made. */
    return is_copy ? chunkread_finish(carving->chunks, err) : 0;
}

/* Where there are bytes again at or behind `offset_bytes`: images have holes, which read as zeros.
 * UINT64_MAX when there are none. */
static uint64_t skip_hole(const struct carving *carving, uint64_t offset_bytes)
{
    off_t data = lseek(carving->descriptor, (off_t)offset_bytes, SEEK_DATA);

    if (data >= 0)
        return (uint64_t)data & ~(uint64_t)(SECTOR_BYTES - 1);
    return errno == ENXIO ? UINT64_MAX : offset_bytes;
}

/* Notes where in [start, end) the image could not be read; it reads as zeros there. Of a hole
 * nothing tells but the size of the file that the image ends before it now. */
static void check_reading(const struct carving *carving, uint64_t start, uint64_t end)
{
    uint64_t present_bytes = source_present_size(carving->descriptor, carving->source_end);
    uint64_t offset_bytes;

    if (present_bytes < end)
        source_facts_add_damage(carving->facts, present_bytes > start ? present_bytes : start,
                                "became shorter while it was read");
    else if (mapping_find_fault(&carving->mapping, &offset_bytes))
        source_facts_add_damage(carving->facts, offset_bytes, "cannot be read: %s", strerror(EIO));
}

/* The first sector in [offset_bytes, end) that begins with a chunk's magic, or `end`. */
static uint64_t find_magic(const struct carving *carving, uint64_t offset_bytes, uint64_t end)
{
    for (uint64_t at = offset_bytes; at < end; at += SECTOR_BYTES) {
        if (at % HOLE_STEP_BYTES == 0)
            at = skip_hole(carving, at);
        if (at >= end)
            return end;
        if (begins_chunk(carving, at))
            return at;
    }
    return end;
}

/* Where the search of the part that begins at `start` begins: there, or behind the records of a
 * chunk of the part before, which reads it whole. */
static uint64_t find_start(const struct carving *carving, uint64_t start)
{
    for (uint64_t at = carving->map_start + SECTOR_BYTES; at < start; at += SECTOR_BYTES) {
        uint64_t left_bytes = carving->source_end - at;
        uint64_t end;

        if (!begins_chunk(carving, at))
            continue;
        end = at + count_sound_bytes(filled_chunk(
                       carving, at,
                       left_bytes < CHUNK_SIZE_BYTES ? (size_t)left_bytes : CHUNK_SIZE_BYTES));
        if (end > start)
            return (end + SECTOR_BYTES - 1) & ~(uint64_t)(SECTOR_BYTES - 1);
    }
    return start;
}

/* Searches [start, end), of which all is mapped and more. */
static int carve_part(struct carving *carving, uint64_t start, uint64_t end, struct error *err)
{
    uint64_t at = find_magic(carving, find_start(carving, start), end);
    int result = 0;

    while (result == 0 && at < end) {
        result = carve_chunk(carving, at, find_end(carving, at), &at, err);
        at = find_magic(carving, at, end);
    }
    return result == 0 ? chunkread_finish(carving->chunks, err) : result;
}

static uint64_t carve_count_parts(uint64_t size_bytes)
{
    return size_bytes == 0 ? 1 : (size_bytes + EVTX_PART_BYTES - 1) / EVTX_PART_BYTES;
}

static int carve_read_part(const struct source *source, int descriptor, uint64_t part,
                           const struct reader_options *options, const struct sink *sink,
                           struct source_facts *facts, struct error *err)
{
    uint64_t start = part * EVTX_PART_BYTES;
    uint64_t end =
        source->size_bytes - start < EVTX_PART_BYTES ? source->size_bytes : start + EVTX_PART_BYTES;
    struct carving carving = {.descriptor = descriptor,
                              .facts = facts,
                              .map_start = start > 0 ? start - CHUNK_SIZE_BYTES : 0,
                              .source_end = source->size_bytes};
    int result;

    if (source->size_bytes == 0)
        return 0;
    if (skip_hole(&carving, start) >= end) {
        check_reading(&carving, start, end);
        return 0;
    }
    carving.map_end =
        source->size_bytes - end < CHUNK_SIZE_BYTES ? source->size_bytes : end + CHUNK_SIZE_BYTES;
    if (mapping_open(descriptor, carving.map_start, (size_t)(carving.map_end - carving.map_start),
                     &carving.mapping, err) != 0)
        return -1;
    carving.cut = memory_allocate(CHUNK_SIZE_BYTES, 1);
    carving.chunks = chunkread_create(options, sink, facts);
    result = carve_part(&carving, start, end, err);
    check_reading(&carving, start, end);
    chunkread_free(carving.chunks);
    free(carving.cut);
    mapping_close(&carving.mapping);
    return result;
}

static void carve_join(struct source_facts *whole, struct source_facts *part)
{
    whole->partial.has_chunks = whole->partial.has_chunks || part->partial.has_chunks;
    source_facts_join(whole, part);
}

static void carve_finish(struct source_facts *facts)
{
    if (!facts->partial.has_chunks)
        source_facts_add_detail(facts, "no chunk of an event log was found in it");
    source_facts_finish(facts, evtx_carve_reader.reference);
}

const struct reader evtx_carve_reader = {
    .count_parts = carve_count_parts,
    .read_part = carve_read_part,
    .join = carve_join,
    .finish = carve_finish,
    .part_bytes = EVTX_PART_BYTES,
    .reference = "libevtx",
};
