/* SPDX-License-Identifier: Apache-2.0 */
/* registry: keys and values of one hive, for the reader of hives. The keys are read by libregf,
 * behind a plain interface; libregf gives up on a hive of which the base block or the header of one
 * bin is wrong, and trusts lists of keys, so it is given a view in which base block and headers are
 * right (image.c), and asked for a list only once that was found to be whole (list.c). All damage
 * is noted in the facts of the source. Layout: libregf format document, "Windows NT Registry File".
 */
#ifndef SPPTRIAGE_HIVE_REGISTRY_H
#define SPPTRIAGE_HIVE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/source.h"

/* ---- The file (image.c) ---- */

#define HIVE_BASE_BLOCK_BYTES 4096u
#define HIVE_BASE_SIGNATURE "regf"
#define HIVE_BASE_SEQUENCE_AT 4u
#define HIVE_BASE_OTHER_SEQUENCE_AT 8u
#define HIVE_BASE_LAST_WRITE_AT 12u
#define HIVE_BASE_TYPE_AT 28u /* 0: a hive; else one of its transaction logs */
#define HIVE_BASE_ROOT_AT 36u
#define HIVE_BASE_BINS_SIZE_AT 40u
#define HIVE_BASE_CHECKSUM_AT 508u /* of what is before it */

/* Bins begin at multiples of this, and are as long. */
#define HIVE_BIN_UNIT_BYTES 4096u
#define HIVE_BIN_SIGNATURE "hbin"
#define HIVE_BIN_OFFSET_AT 4u /* of itself, from the first bin on; so are all offsets in a hive */
#define HIVE_BIN_SIZE_AT 8u
#define HIVE_BIN_HEADER_BYTES 32u

/* No hive is larger. */
#define HIVE_BINS_BYTES_MOST UINT64_C(0x7FFFE000)

/* The header of a bin as it should be. */
struct hive_patch {
    uint64_t offset_bytes; /* in the file */
    uint8_t bytes[HIVE_BIN_HEADER_BYTES];
};

struct hive_image {
    int descriptor;                            /* borrowed */
    uint64_t present_bytes;                    /* how far the file reaches */
    uint64_t bins_bytes;                       /* as the hive says; the file can be shorter */
    uint8_t base_block[HIVE_BASE_BLOCK_BYTES]; /* as it should be */
    uint32_t type;
    bool is_dirty;
    uint64_t last_write_filetime; /* 0: not set, or not to be trusted */
    struct hive_patch *patches;   /* owned, in order */
    size_t patch_count;
};

/* Reads and mends base block and bins, and notes what was wrong. -1 (ERROR_SOURCE) when there is no
 * base block. */
int hive_image_open(int descriptor, uint64_t size_bytes, struct hive_image *out,
                    struct source_facts *facts, struct error *err);
void hive_image_free_content(struct hive_image *image);

/* Where the key at the root lies in the file. */
uint64_t hive_image_root(const struct hive_image *image);

/* How far the view reaches. */
uint64_t hive_image_size(const struct hive_image *image);

/* Reads what the mended hive has there: zeros where the file is cut. false past its end, and where
 * the file cannot be read. */
bool hive_image_read(const struct hive_image *image, uint64_t offset_bytes, void *buffer,
                     size_t size_bytes) __attribute__((warn_unused_result));

/* Of a cell: its size, negative where it is in use, then what it holds. */
#define HIVE_CELL_SIZE_BYTES 4u

/* ---- Lists of keys (list.c) ---- */

/* A key of a list. */
struct hive_listed {
    uint64_t offset_bytes; /* of it, in the file */
    bool has_hash;
    uint32_t hash; /* of its name */
};

/* As many as no list has. */
#define HIVE_KEYS_MOST 1000000u

/* Fills the owned *keys with the list of the key at that offset. Returns false, with *damage_at set
 * to where it is not whole; also where the key has more values than its list of them can hold. */
bool hive_list_read(const struct hive_image *image, uint64_t key_offset_bytes,
                    struct hive_listed **keys, size_t *count, uint64_t *damage_at)
    __attribute__((warn_unused_result));

/* Can it be the name of a key with that hash? */
bool hive_listed_fits(const struct hive_listed *key, const char *name);

/* ---- Keys (registry.c) ---- */

struct hive;
struct hive_key;

/* Opens the hive; borrows image and facts until it is closed. -1 (ERROR_SOURCE) when libregf cannot
 * read it. */
int hive_open(struct hive_image *image, struct source_facts *facts, struct hive **out,
              struct error *err);
void hive_close(struct hive *hive);

/* Each returns owned. NULL where there is none, or where it cannot be read, which is noted; NULL
 * for NULL. Names compare without case. */
struct hive_key *hive_root(struct hive *hive);
struct hive_key *hive_key_find(struct hive_key *key, const char *name);
struct hive_key *hive_key_at(struct hive_key *key, size_t index);
void hive_key_free(struct hive_key *key);

/* The last key of a path whose names are separated by backslashes, below the key. */
struct hive_key *hive_key_find_path(struct hive_key *key, const char *path);

/* How many keys there are below it: none where the list is not whole, which is noted. */
size_t hive_key_count(struct hive_key *key);

/* Borrowed: its name. */
const char *hive_key_name(const struct hive_key *key);

/* Returns owned: the text of the value; "" where there is none, or another type. */
char *hive_key_text(struct hive_key *key, const char *value) __attribute__((warn_unused_result));

/* The number of the value: false where there is none, or another type. */
bool hive_key_number(struct hive_key *key, const char *value, uint32_t *out);

#endif
