/* SPDX-License-Identifier: Apache-2.0 */
/* Carving: images, memory dumps and the like are looked through at every sector's start for the
 * magic of a chunk. A chunk is self-contained, so whatever is found is read like a chunk of a log
 * (evtx/chunkread.h); what is said of it bears its offset in the image. Nothing of the file system
 * in the image is looked at: chunks of deleted logs are found like others, and chunks whose pieces
 * lie apart are found as far as they hang together. */
#include "evtx/carve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mapping.h"
#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/chunkread.h"

#define SECTOR_BYTES 512u
#define MAGIC_BYTES 8u
/* Holes are asked for at multiples of it. */
#define HOLE_STEP_BYTES CHUNK_SIZE_BYTES
/* A part: what one process takes at a time, and is mapped at a time. */
#define PART_BYTES (UINT64_C(64) * 1024 * 1024)

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

/* How far a chunk at `offset_bytes` can reach: its size, the end of the source, or, where its
 * records are not what its header says, the next chunk that begins within it. */
static uint64_t find_end(const struct carving *carving, uint64_t offset_bytes)
{
    uint64_t end = offset_bytes + CHUNK_SIZE_BYTES;
    struct error ignored = {0};
    struct chunk chunk;
    bool is_whole;

    if (end > carving->source_end)
        end = carving->source_end;
    for (uint64_t at = offset_bytes + SECTOR_BYTES; at + SECTOR_BYTES <= end; at += SECTOR_BYTES) {
        if (!begins_chunk(carving, at))
            continue;
        is_whole = end - offset_bytes == CHUNK_SIZE_BYTES &&
                   chunk_open(mapping_span(&carving->mapping, offset_bytes, CHUNK_SIZE_BYTES), 0,
                              &chunk, &ignored) == 0 &&
                   (chunk.flags & LOG_FLAG_NO_CHECKSUMS) == 0 &&
                   chunk_check_records(&chunk, &ignored) == 0;
        error_clear(&ignored);
        return is_whole ? end : at;
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

/* Reads what of a chunk lies in [offset_bytes, end). Sets *next to where the search goes on. */
static int carve_chunk(struct carving *carving, uint64_t offset_bytes, uint64_t end, uint64_t *next,
                       struct error *err)
{
    size_t size_bytes = (size_t)(end - offset_bytes);
    struct chunk_place place = {.is_carved = true, .is_cut = size_bytes < CHUNK_SIZE_BYTES};
    struct span bytes = mapping_span(&carving->mapping, offset_bytes, size_bytes);

    *next = offset_bytes + SECTOR_BYTES;
    if (place.is_cut) {
        memcpy(carving->cut, bytes.bytes, size_bytes);
        memset(carving->cut + size_bytes, 0, CHUNK_SIZE_BYTES - size_bytes);
        bytes = span_of(carving->cut, CHUNK_SIZE_BYTES, offset_bytes);
    }
    if (!is_chunk(bytes))
        return 0;
    *next = end;
    if (place.is_cut)
        source_facts_add_damage(carving->facts, offset_bytes,
                                "chunk is cut: %zu of its %u bytes are there", size_bytes,
                                CHUNK_SIZE_BYTES);
    if (offset_bytes >= carving->map_start + CHUNK_SIZE_BYTES)
        place.before =
            mapping_span(&carving->mapping, offset_bytes - CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES);
    if (chunkread_read(carving->chunks, bytes, &place, err) != 0)
        return -1;
    /* What it holds back must not refer to the filled-up copy any more. */
    return place.is_cut ? chunkread_finish(carving->chunks, err) : 0;
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

/* Notes where the image could not be read; it reads as zeros there. */
static void check_mapping(const struct carving *carving)
{
    uint64_t offset_bytes;

    if (mapping_find_fault(&carving->mapping, &offset_bytes))
        source_facts_add_damage(carving->facts, offset_bytes,
                                "cannot be read, or became shorter while it was read");
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

/* Searches [start, end), of which all is mapped and more. */
static int carve_part(struct carving *carving, uint64_t start, uint64_t end, struct error *err)
{
    uint64_t at = find_magic(carving, start, end);
    int result = 0;

    while (result == 0 && at < end) {
        result = carve_chunk(carving, at, find_end(carving, at), &at, err);
        at = find_magic(carving, at, end);
    }
    if (result == 0)
        result = chunkread_finish(carving->chunks, err);
    check_mapping(carving);
    return result;
}

static uint64_t carve_count_parts(uint64_t size_bytes)
{
    return size_bytes == 0 ? 1 : (size_bytes + PART_BYTES - 1) / PART_BYTES;
}

static int carve_read_part(const struct source *source, int descriptor, uint64_t part,
                           const struct reader_options *options, const struct sink *sink,
                           struct source_facts *facts, struct error *err)
{
    uint64_t start = part * PART_BYTES;
    uint64_t end =
        source->size_bytes - start < PART_BYTES ? source->size_bytes : start + PART_BYTES;
    struct carving carving = {.descriptor = descriptor,
                              .facts = facts,
                              .map_start = start > 0 ? start - CHUNK_SIZE_BYTES : 0,
                              .source_end = source->size_bytes};
    int result;

    if (source->size_bytes == 0 || skip_hole(&carving, start) >= end)
        return 0;
    carving.map_end =
        source->size_bytes - end < CHUNK_SIZE_BYTES ? source->size_bytes : end + CHUNK_SIZE_BYTES;
    if (mapping_open(descriptor, carving.map_start, (size_t)(carving.map_end - carving.map_start),
                     &carving.mapping, err) != 0)
        return -1;
    carving.cut = memory_allocate(CHUNK_SIZE_BYTES, 1);
    carving.chunks = chunkread_create(options, sink, facts);
    result = carve_part(&carving, start, end, err);
    chunkread_free(carving.chunks);
    free(carving.cut);
    mapping_close(&carving.mapping);
    return result;
}

static void carve_finish(struct source_facts *facts)
{
    if (facts->record_count == 0 && facts->recovered_count == 0 && facts->damage.count == 0)
        source_facts_add_detail(facts, "no chunk of an event log was found in it");
    source_facts_finish(facts);
}

const struct reader evtx_carve_reader = {
    .kind = SOURCE_KIND_CARVED,
    .count_parts = carve_count_parts,
    .read_part = carve_read_part,
    .join = source_facts_join,
    .finish = carve_finish,
};
