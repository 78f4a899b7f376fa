/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "fixtures/evtx_layout.h"
#include "fixtures/evtx_writer.h"

#define PART_CHUNKS 64 /* 4 MiB */

struct fleet_log {
    struct fleet_machine *machine;
    size_t chunks_left;
    uint64_t next_number;
    struct evtx_image *part; /* NULL before the first */
};

struct fleet_log *fleet_log_open(struct fleet_machine *machine, size_t chunk_count,
                                 uint64_t first_record_number)
{
    struct fleet_log *log = memory_allocate(1, sizeof *log);

    log->machine = machine;
    log->chunks_left = chunk_count;
    log->next_number = first_record_number;
    return log;
}

void fleet_log_free(struct fleet_log *log)
{
    if (log == NULL)
        return;
    evtx_image_free(log->part);
    free(log);
}

/* Fills so many chunks. The record that no longer fits is taken back, and left in a chunk of its
 * own that nobody takes. */
static struct evtx_image *fill_part(struct fleet_log *log, size_t chunk_count)
{
    struct evtx_writer_options options = {.first_record_number = log->next_number};
    struct evtx_writer *writer = evtx_writer_new(&options);
    size_t size = evtx_writer_size(writer);
    size_t filled = 0;

    fleet_machine_pace(log->machine, log->chunks_left);
    while (filled < chunk_count) {
        fleet_machine_add_next(log->machine, writer);
        if (evtx_writer_size(writer) == size)
            continue;
        size = evtx_writer_size(writer);
        filled++;
        if (filled < log->chunks_left)
            fleet_machine_pace(log->machine, log->chunks_left - filled);
    }
    fleet_machine_step_back(log->machine);
    return evtx_writer_finish(writer);
}

/* The writer counts records from the part's first one, a log from its own. */
static void number_chunk(struct evtx_image *part, size_t offset_bytes)
{
    uint8_t *header = part->bytes + offset_bytes;

    memcpy(header + CHUNK_FIRST_NUMBER_AT, header + CHUNK_FIRST_ID_AT, 8);
    memcpy(header + CHUNK_LAST_NUMBER_AT, header + CHUNK_LAST_ID_AT, 8);
    evtx_image_seal_chunk_header(part, offset_bytes);
}

size_t fleet_log_next(struct fleet_log *log, const uint8_t **bytes)
{
    size_t count = log->chunks_left < PART_CHUNKS ? log->chunks_left : PART_CHUNKS;

    if (count == 0)
        return 0;
    evtx_image_free(log->part);
    log->part = fill_part(log, count);
    for (size_t chunk = 0; chunk < count; chunk++)
        number_chunk(log->part, log->part->chunks[chunk].offset_bytes);
    log->next_number = log->part->records[log->part->chunks[count].first_record].number;
    log->chunks_left -= count;
    *bytes = log->part->bytes + EVTX_FILE_HEADER_SIZE;
    return count;
}

static int write_at(int file, const uint8_t *bytes, size_t size_bytes, size_t offset_bytes)
{
    while (size_bytes > 0) {
        ssize_t written = pwrite(file, bytes, size_bytes, (off_t)offset_bytes);
        if (written < 0)
            return -1;
        bytes += written;
        offset_bytes += (size_t)written;
        size_bytes -= (size_t)written;
    }
    return 0;
}

static int write_chunks(int file, const uint8_t *bytes, size_t count, size_t slot)
{
    return write_at(file, bytes, count * EVTX_CHUNK_SIZE,
                    EVTX_FILE_HEADER_SIZE + slot * EVTX_CHUNK_SIZE);
}

static int write_header(int file, size_t chunk_count, size_t first_slot, uint64_t next_number)
{
    uint8_t bytes[EVTX_FILE_HEADER_SIZE] = {0};
    struct evtx_image header = {.bytes = bytes, .size_bytes = sizeof bytes};

    memcpy(bytes, FILE_MAGIC, sizeof FILE_MAGIC);
    layout_store(bytes + FILE_FIRST_CHUNK_AT, first_slot, 8);
    layout_store(bytes + FILE_LAST_CHUNK_AT, (first_slot + chunk_count - 1) % chunk_count, 8);
    layout_store(bytes + FILE_NEXT_RECORD_AT, next_number, 8);
    layout_store(bytes + FILE_HEADER_SIZE_AT, HEADER_SIZE, 4);
    layout_store(bytes + FILE_MINOR_VERSION_AT, 1, 2);
    layout_store(bytes + FILE_MAJOR_VERSION_AT, 3, 2);
    layout_store(bytes + FILE_BLOCK_SIZE_AT, EVTX_FILE_HEADER_SIZE, 2);
    layout_store(bytes + FILE_CHUNK_COUNT_AT, chunk_count, 2);
    evtx_image_seal_file(&header);
    return write_at(file, bytes, sizeof bytes, 0);
}

/* Writes part after part into the ring. */
static int write_ring(struct fleet_log *log, size_t chunk_count, size_t slot, int file)
{
    const uint8_t *bytes;
    size_t count;

    while ((count = fleet_log_next(log, &bytes)) > 0) {
        size_t before_end = chunk_count - slot < count ? chunk_count - slot : count;

        if (write_chunks(file, bytes, before_end, slot) != 0 ||
            write_chunks(file, bytes + before_end * EVTX_CHUNK_SIZE, count - before_end, 0) != 0)
            return -1;
        slot = (slot + count) % chunk_count;
    }
    return 0;
}

int fleet_log_write(struct fleet_machine *machine, size_t chunk_count, uint64_t first_record_number,
                    size_t first_slot, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (file < 0)
        return -1;
    struct fleet_log *log = fleet_log_open(machine, chunk_count, first_record_number);
    int result = write_ring(log, chunk_count, first_slot, file);
    if (result == 0)
        result = write_header(file, chunk_count, first_slot, log->next_number);
    if (close(file) != 0)
        result = -1;
    fleet_log_free(log);
    return result;
}
