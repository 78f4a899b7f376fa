/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the seeds of the fuzz target fuzz_select: chunks of made logs, and small ones of a single
 * record each.
 * Usage: fuzz-seeds-select FOLDER */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/evtx_layout.h"
#include "made.h"
#include "seed.h"

static void write_seed(const char *folder, unsigned number, const uint8_t *bytes, size_t size_bytes)
{
    while (size_bytes > 0 && bytes[size_bytes - 1] == 0)
        size_bytes--; /* the target adds the zeros again */
    seed_write(folder, number, bytes, size_bytes);
}

/* The first record of the chunk alone: it has its templates with it. */
static void write_first_record(const char *folder, unsigned number, const struct evtx_image *image,
                               const struct evtx_chunk_place *chunk)
{
    uint8_t bytes[EVTX_CHUNK_SIZE] = {0};
    size_t end = EVTX_CHUNK_HEADER_SIZE + image->records[chunk->first_record].size_bytes;

    memcpy(bytes, image->bytes + chunk->offset_bytes, end);
    layout_store(bytes + CHUNK_FREE_SPACE_AT, end, 4);
    write_seed(folder, number, bytes, sizeof(bytes));
}

int main(int count, char **arguments)
{
    unsigned number = 0;

    if (count != 2) {
        fputs("Usage: fuzz-seeds-select FOLDER\n", stderr);
        return EXIT_FAILURE;
    }
    for (size_t log = 0; log < made_log_count; log++) {
        struct evtx_image *image = made_logs[log].make();

        for (size_t index = 0; index < image->chunk_count; index++) {
            const struct evtx_chunk_place *chunk = &image->chunks[index];

            write_seed(arguments[1], number++, image->bytes + chunk->offset_bytes, EVTX_CHUNK_SIZE);
            if (chunk->record_count > 0)
                write_first_record(arguments[1], number++, image, chunk);
        }
        evtx_image_free(image);
    }
    printf("%u seeds\n", number);
    return EXIT_SUCCESS;
}
