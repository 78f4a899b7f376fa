/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fixtures/evtx_writer.h"
#include "fleet_log.h"
#include "fleet_random.h"

#define SECTOR 512u
#define MACHINE_CHUNKS 16
#define RUN_CHUNKS_MAX 8
/* Between two runs of chunks; its mean is nine times that of a run (4.5 chunks). */
#define GAP_SECTORS_MAX (2 * 9 * 9 * EVTX_CHUNK_SIZE / 2 / SECTOR)

struct image {
    FILE *file;
    uint64_t random;
    size_t sectors_left;
    struct fleet_plan plan;
    unsigned machine_number; /* of the log that chunks are taken from */
    FILE *listing;
    uint8_t chunks[MACHINE_CHUNKS * EVTX_CHUNK_SIZE];
    size_t chunks_left; /* of that log */
};

enum filling {
    FILLING_NOISE,
    FILLING_ZEROS,
    FILLING_TEXT,
    FILLING_MAGIC, /* the magic of a chunk where none is */
    FILLING_COUNT,
};

static void fill_sector(uint8_t *sector, enum filling filling, uint64_t *random)
{
    static const char text[] = "2019-01-08 11:02:17:345  940 d90 Agent * START * ElfChnk ElfFile\n";

    switch (filling) {
    case FILLING_NOISE:
    case FILLING_MAGIC:
        for (size_t at = 0; at < SECTOR; at += sizeof *random) {
            uint64_t number = random_next(random);
            memcpy(sector + at, &number, sizeof number);
        }
        if (filling == FILLING_MAGIC && random_below(random, 8) == 0)
            memcpy(sector, "ElfChnk", 8);
        break;
    case FILLING_TEXT:
        for (size_t at = 0; at < SECTOR; at++)
            sector[at] = (uint8_t)text[at % (sizeof text - 1)];
        break;
    case FILLING_ZEROS:
    case FILLING_COUNT:
        memset(sector, 0, SECTOR);
        break;
    }
}

/* Magics without a chunk are rare; of the other kinds there is about as much. */
static enum filling pick_filling(uint64_t *random)
{
    if (random_below(random, 32) == 0)
        return FILLING_MAGIC;
    return (enum filling)random_below(random, FILLING_MAGIC);
}

static int put_gap(struct image *image, size_t sectors)
{
    uint8_t sector[SECTOR];
    enum filling filling = FILLING_NOISE;

    for (size_t done = 0; done < sectors; done++) {
        if (done % 64 == 0)
            filling = pick_filling(&image->random);
        fill_sector(sector, filling, &image->random);
        if (fwrite(sector, SECTOR, 1, image->file) != 1)
            return -1;
    }
    image->sectors_left -= sectors;
    return 0;
}

static void next_machine(struct image *image)
{
    struct fleet_machine *machine = fleet_machine_new(++image->machine_number, &image->plan);
    struct fleet_log *log = fleet_log_open(machine, MACHINE_CHUNKS, 1);
    const uint8_t *bytes;
    size_t count;
    size_t filled = 0;

    while ((count = fleet_log_next(log, &bytes)) > 0) {
        memcpy(image->chunks + filled * EVTX_CHUNK_SIZE, bytes, count * EVTX_CHUNK_SIZE);
        filled += count;
    }
    image->chunks_left = filled;
    fleet_log_free(log);
    fleet_machine_free(machine);
}

static void list_machine(const struct image *image)
{
    struct fleet_machine *machine = fleet_machine_new(image->machine_number, &image->plan);

    fprintf(image->listing, "%s,%s\n", fleet_machine_computer(machine),
            fleet_machine_classification(machine));
    fleet_machine_free(machine);
}

static int put_chunk(struct image *image)
{
    if (image->chunks_left == 0)
        next_machine(image);
    const uint8_t *chunk =
        image->chunks + (MACHINE_CHUNKS - image->chunks_left) * (size_t)EVTX_CHUNK_SIZE;
    if (fwrite(chunk, EVTX_CHUNK_SIZE, 1, image->file) != 1)
        return -1;
    image->sectors_left -= EVTX_CHUNK_SIZE / SECTOR;
    if (--image->chunks_left == 0)
        list_machine(image);
    return 0;
}

static int put_all(struct image *image)
{
    while (image->sectors_left > 0) {
        size_t gap = random_below(&image->random, GAP_SECTORS_MAX);
        size_t run = 1 + random_below(&image->random, RUN_CHUNKS_MAX);

        if (gap + run * (EVTX_CHUNK_SIZE / SECTOR) > image->sectors_left) {
            gap = image->sectors_left;
            run = 0;
        }
        if (put_gap(image, gap) != 0)
            return -1;
        while (run-- > 0)
            if (put_chunk(image) != 0)
                return -1;
    }
    return 0;
}

int fleet_image_write(const char *path, size_t size_mib, const struct fleet_plan *plan,
                      FILE *listing)
{
    struct image *image = memory_allocate(1, sizeof *image);

    image->file = fopen(path, "wb");
    image->sectors_left = size_mib * (1024 * 1024 / SECTOR);
    image->plan = *plan;
    image->listing = listing;
    int result = image->file != NULL ? put_all(image) : -1;
    if (image->file != NULL && fclose(image->file) != 0)
        result = -1;
    free(image);
    return result;
}
