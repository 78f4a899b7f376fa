/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a hive: its base block and the headers of its bins, checked and mended. */
#include "hive/registry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/filetime.h"
#include "base/memory.h"

static uint32_t get_u32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

/* Neither 0 nor all ones is ever written. */
static uint32_t checksum_of(const uint8_t *base_block)
{
    uint32_t checksum = 0;

    for (size_t at = 0; at < HIVE_BASE_CHECKSUM_AT; at += sizeof(checksum))
        checksum ^= get_u32(base_block + at);
    if (checksum == UINT32_MAX)
        return UINT32_MAX - 1;
    return checksum == 0 ? 1 : checksum;
}

/* ---- Reading ---- */

uint64_t hive_image_size(const struct hive_image *image)
{
    return HIVE_BASE_BLOCK_BYTES + image->bins_bytes;
}

static bool read_file(const struct hive_image *image, uint64_t offset_bytes, uint8_t *buffer,
                      size_t size_bytes)
{
    size_t got;

    memset(buffer, 0, size_bytes);
    return offset_bytes >= image->present_bytes ||
           file_read_at(image->descriptor, buffer, size_bytes, offset_bytes, &got) == 0;
}

/* Puts what `bytes`, which lie at that offset, have of the stretch into it. */
static void lay_over(uint64_t offset_bytes, uint8_t *buffer, size_t size_bytes, uint64_t at,
                     const uint8_t *bytes, size_t count)
{
    uint64_t start = at > offset_bytes ? at : offset_bytes;
    uint64_t end = at + count < offset_bytes + size_bytes ? at + count : offset_bytes + size_bytes;

    if (start < end)
        memcpy(buffer + (start - offset_bytes), bytes + (start - at), (size_t)(end - start));
}

static int compare_end_with_offset(const void *patch, const void *offset_bytes)
{
    uint64_t end = ((const struct hive_patch *)patch)->offset_bytes + HIVE_BIN_HEADER_BYTES;

    return end <= *(const uint64_t *)offset_bytes ? -1 : 1;
}

bool hive_image_read(const struct hive_image *image, uint64_t offset_bytes, void *buffer,
                     size_t size_bytes)
{
    uint64_t image_bytes = hive_image_size(image);
    size_t patch;

    if (offset_bytes > image_bytes || size_bytes > image_bytes - offset_bytes ||
        !read_file(image, offset_bytes, buffer, size_bytes))
        return false;
    lay_over(offset_bytes, buffer, size_bytes, 0, image->base_block, HIVE_BASE_BLOCK_BYTES);
    patch = array_lower_bound(image->patches, image->patch_count, sizeof(*image->patches),
                              &offset_bytes, compare_end_with_offset);
    for (; patch < image->patch_count &&
           image->patches[patch].offset_bytes < offset_bytes + size_bytes;
         patch++)
        lay_over(offset_bytes, buffer, size_bytes, image->patches[patch].offset_bytes,
                 image->patches[patch].bytes, HIVE_BIN_HEADER_BYTES);
    return true;
}

/* ---- The base block ---- */

/* What is announced can be made up where the checksum is wrong. */
static void read_bins_size(struct hive_image *image, bool is_trusted, struct source_facts *facts)
{
    uint64_t there = image->present_bytes - HIVE_BASE_BLOCK_BYTES;
    uint64_t bins_bytes = get_u32(image->base_block + HIVE_BASE_BINS_SIZE_AT);
    bool is_possible = bins_bytes > 0 && bins_bytes % HIVE_BIN_UNIT_BYTES == 0 &&
                       bins_bytes <= HIVE_BINS_BYTES_MOST;

    if (!is_possible || (!is_trusted && bins_bytes > there)) {
        source_facts_add_damage(facts, HIVE_BASE_BINS_SIZE_AT,
                                "base block has an impossible size of the bins");
        bins_bytes = there / HIVE_BIN_UNIT_BYTES * HIVE_BIN_UNIT_BYTES;
    } else if (bins_bytes > there) {
        source_facts_add_damage(facts, image->present_bytes,
                                "file is cut: %" PRIu64 " of the %" PRIu64
                                " bytes of the bins are there",
                                there, bins_bytes);
    }
    image->bins_bytes = bins_bytes;
    put_u32(image->base_block + HIVE_BASE_BINS_SIZE_AT, (uint32_t)bins_bytes);
}

static void read_last_write(struct hive_image *image, bool is_trusted)
{
    uint64_t filetime = (uint64_t)get_u32(image->base_block + HIVE_BASE_LAST_WRITE_AT + 4) << 32 |
                        get_u32(image->base_block + HIVE_BASE_LAST_WRITE_AT);

    image->last_write_filetime = is_trusted && filetime <= FILETIME_MAX ? filetime : 0;
}

static int read_base_block(struct hive_image *image, struct source_facts *facts, struct error *err)
{
    uint8_t *block = image->base_block;
    bool is_trusted;
    size_t got;

    if (file_read_at(image->descriptor, block, HIVE_BASE_BLOCK_BYTES, 0, &got) != 0)
        return error_set(err, ERROR_SOURCE, got, "cannot be read: %m");
    if (got < HIVE_BASE_CHECKSUM_AT + sizeof(uint32_t) ||
        memcmp(block, HIVE_BASE_SIGNATURE, strlen(HIVE_BASE_SIGNATURE)) != 0)
        return error_set(err, ERROR_SOURCE, got, "base block of the hive is cut short");
    image->type = get_u32(block + HIVE_BASE_TYPE_AT);
    if (image->type != 0)
        return 0;
    if (got < HIVE_BASE_BLOCK_BYTES)
        return error_set(err, ERROR_SOURCE, got, "base block of the hive is cut short");
    is_trusted = get_u32(block + HIVE_BASE_CHECKSUM_AT) == checksum_of(block);
    if (!is_trusted)
        source_facts_add_damage(facts, HIVE_BASE_CHECKSUM_AT, "base block has a wrong checksum");
    image->is_dirty =
        get_u32(block + HIVE_BASE_SEQUENCE_AT) != get_u32(block + HIVE_BASE_OTHER_SEQUENCE_AT);
    read_last_write(image, is_trusted);
    read_bins_size(image, is_trusted, facts);
    put_u32(block + HIVE_BASE_CHECKSUM_AT, checksum_of(block));
    return 0;
}

uint64_t hive_image_root(const struct hive_image *image)
{
    return HIVE_BASE_BLOCK_BYTES + (uint64_t)get_u32(image->base_block + HIVE_BASE_ROOT_AT) +
           HIVE_CELL_SIZE_BYTES;
}

/* ---- Bins ---- */

/* The size of the bin that begins there; 0 where none does. */
static uint64_t bin_size_at(const struct hive_image *image, uint64_t offset_bytes)
{
    uint64_t own_offset = offset_bytes - HIVE_BASE_BLOCK_BYTES;
    uint8_t header[HIVE_BIN_HEADER_BYTES];
    uint32_t size_bytes;

    if (!read_file(image, offset_bytes, header, sizeof(header)) ||
        memcmp(header, HIVE_BIN_SIGNATURE, strlen(HIVE_BIN_SIGNATURE)) != 0 ||
        get_u32(header + HIVE_BIN_OFFSET_AT) != own_offset)
        return 0;
    size_bytes = get_u32(header + HIVE_BIN_SIZE_AT);
    return size_bytes % HIVE_BIN_UNIT_BYTES == 0 && size_bytes <= image->bins_bytes - own_offset
               ? size_bytes
               : 0;
}

/* Makes one bin of what lies there up to the next one. Returns its size. */
static uint64_t mend_bin(struct hive_image *image, uint64_t offset_bytes)
{
    uint64_t end = offset_bytes + HIVE_BIN_UNIT_BYTES;
    struct hive_patch patch = {.offset_bytes = offset_bytes};

    while (end < hive_image_size(image) && bin_size_at(image, end) == 0)
        end += HIVE_BIN_UNIT_BYTES;
    memcpy(patch.bytes, HIVE_BIN_SIGNATURE, strlen(HIVE_BIN_SIGNATURE));
    put_u32(patch.bytes + HIVE_BIN_OFFSET_AT, (uint32_t)(offset_bytes - HIVE_BASE_BLOCK_BYTES));
    put_u32(patch.bytes + HIVE_BIN_SIZE_AT, (uint32_t)(end - offset_bytes));
    image->patches = memory_grow(image->patches, image->patch_count, sizeof(*image->patches));
    image->patches[image->patch_count++] = patch;
    return end - offset_bytes;
}

static void check_bins(struct hive_image *image, struct source_facts *facts)
{
    uint64_t end = hive_image_size(image);

    for (uint64_t at = HIVE_BASE_BLOCK_BYTES; at < end;) {
        uint64_t size_bytes = bin_size_at(image, at);

        if (size_bytes == 0) {
            if (at < image->present_bytes)
                source_facts_add_damage(facts, at, "header of a bin is wrong");
            size_bytes = mend_bin(image, at);
        }
        at += size_bytes;
    }
}

int hive_image_open(int descriptor, uint64_t size_bytes, struct hive_image *out,
                    struct source_facts *facts, struct error *err)
{
    *out = (struct hive_image){.descriptor = descriptor, .present_bytes = size_bytes};
    if (read_base_block(out, facts, err) != 0)
        return -1;
    if (out->type == 0)
        check_bins(out, facts);
    return 0;
}

void hive_image_free_content(struct hive_image *image)
{
    free(image->patches);
    *image = (struct hive_image){0};
}
