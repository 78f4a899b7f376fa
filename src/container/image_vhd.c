/* SPDX-License-Identifier: Apache-2.0 */
/* VHD that grow as they are written to: a table says where each block lies. libvhdi looks for every
 * sector in a list of all of its block's, which takes some twenty times as long as to read it; so
 * this format, a table and nothing more, is read here. Which sectors of a block were written is
 * not looked at: the others are zeros. [Virtual Hard Disk Image Format Specification], numbers are
 * big endian. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/span.h"
#include "container/image_medium.h"

#define SECTOR_BYTES 512u
#define FOOTER_BYTES 512u
#define FOOTER_OFFSET_HEADER 16u
#define FOOTER_OFFSET_SIZE 48u
#define FOOTER_OFFSET_TYPE 60u
#define TYPE_DYNAMIC 3u
#define HEADER_BYTES 1024u
#define HEADER_OFFSET_TABLE 16u
#define HEADER_OFFSET_ENTRIES 28u
#define HEADER_OFFSET_BLOCK_BYTES 32u
#define BLOCK_BYTES_MOST (256u * 1024 * 1024)
#define NOT_STORED UINT32_MAX

struct dynamic_vhd {
    struct image_bytes file;
    uint64_t table_bytes; /* where it lies */
    uint32_t block_bytes;
    uint32_t bitmap_bytes; /* in front of each block */
};

static uint64_t read_number(const uint8_t *bytes, size_t offset_bytes, size_t size_bytes)
{
    uint64_t number = 0;

    for (size_t index = 0; index < size_bytes; index++)
        number = number << 8 | bytes[offset_bytes + index];
    return number;
}

static int read_in_block(const struct dynamic_vhd *vhd, uint64_t block, uint32_t within,
                         void *buffer, size_t size_bytes, struct error *err)
{
    uint8_t entry[sizeof(uint32_t)];
    uint64_t sector;

    if (image_read(&vhd->file, vhd->table_bytes + block * sizeof(entry), entry, sizeof(entry),
                   err) != 0)
        return -1;
    sector = read_number(entry, 0, sizeof(entry));
    if (sector == NOT_STORED) {
        memset(buffer, 0, size_bytes);
        return 0;
    }
    return image_read(&vhd->file, sector * SECTOR_BYTES + vhd->bitmap_bytes + within, buffer,
                      size_bytes, err);
}

static int dynamic_read(void *state, uint64_t offset_bytes, void *buffer, size_t size_bytes,
                        struct error *err)
{
    const struct dynamic_vhd *vhd = state;
    uint8_t *out = buffer;

    while (size_bytes > 0) {
        uint32_t within = (uint32_t)(offset_bytes % vhd->block_bytes);
        size_t here = vhd->block_bytes - within;

        if (here > size_bytes)
            here = size_bytes;
        if (read_in_block(vhd, offset_bytes / vhd->block_bytes, within, out, here, err) != 0)
            return -1;
        out += here;
        offset_bytes += here;
        size_bytes -= here;
    }
    return 0;
}

/* Takes the header; false where its numbers cannot be. */
static bool take_header(struct dynamic_vhd *vhd, const uint8_t *header, uint64_t size_bytes)
{
    uint64_t entries = read_number(header, HEADER_OFFSET_ENTRIES, sizeof(uint32_t));

    vhd->table_bytes = read_number(header, HEADER_OFFSET_TABLE, sizeof(uint64_t));
    vhd->block_bytes = (uint32_t)read_number(header, HEADER_OFFSET_BLOCK_BYTES, sizeof(uint32_t));
    if (memcmp(header, "cxsparse", 8) != 0 || vhd->block_bytes < SECTOR_BYTES ||
        vhd->block_bytes % SECTOR_BYTES != 0 || vhd->block_bytes > BLOCK_BYTES_MOST ||
        vhd->table_bytes > vhd->file.size_bytes ||
        size_bytes > entries * (uint64_t)vhd->block_bytes)
        return false;
    vhd->bitmap_bytes = vhd->block_bytes / SECTOR_BYTES / 8;
    vhd->bitmap_bytes = (vhd->bitmap_bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    return true;
}

bool vhd_open_dynamic(const struct container_file *file, struct medium *out)
{
    struct dynamic_vhd vhd = {.file = image_bytes_of_file(file)}, *kept;
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint8_t footer[FOOTER_BYTES], header[HEADER_BYTES];
    bool is_sound =
        image_read(&vhd.file, 0, footer, sizeof(footer), &err) == 0 &&
        memcmp(footer, "conectix", 8) == 0 &&
        read_number(footer, FOOTER_OFFSET_TYPE, sizeof(uint32_t)) == TYPE_DYNAMIC &&
        image_read(&vhd.file, read_number(footer, FOOTER_OFFSET_HEADER, sizeof(uint64_t)), header,
                   sizeof(header), &err) == 0 &&
        take_header(&vhd, header, read_number(footer, FOOTER_OFFSET_SIZE, sizeof(uint64_t)));

    error_clear(&err);
    if (!is_sound)
        return false;
    kept = memory_allocate(1, sizeof(*kept));
    *kept = vhd;
    *out = (struct medium){
        .bytes = {.size_bytes = read_number(footer, FOOTER_OFFSET_SIZE, sizeof(uint64_t)),
                  .state = kept,
                  .read = dynamic_read},
        .close = free};
    return true;
}
