/* SPDX-License-Identifier: Apache-2.0 */
/* file: reading and writing an open file, going on after short counts and signals; making sure that
 * it is on the disk; mapping it as memory. */
#ifndef SPPTRIAGE_BASE_FILE_H
#define SPPTRIAGE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

/* Reads up to `size_bytes` at `offset_bytes`. *read_bytes is how many there were: fewer at the end
 * of the file, and where reading failed. Returns 0; -1 with errno set. */
int file_read_at(int descriptor, void *buffer, size_t size_bytes, uint64_t offset_bytes,
                 size_t *read_bytes) __attribute__((warn_unused_result));

/* How many readings failed so far in this process. Whoever says that all of a file was read
 * compares the number before and after. */
uint64_t file_fault_count(void);

/* Writes all of the bytes at the file's position. Returns 0; -1 with errno set. */
int file_write(int descriptor, const void *bytes, size_t size_bytes)
    __attribute__((warn_unused_result));

/* Returns once the open file or folder is on the disk: what is renamed later is then whole, even
 * if the power fails. Where folders cannot be synced (some network shares) their file system
 * decides; that is no failure. Returns 0; -1 with errno set. */
int file_sync(int descriptor) __attribute__((warn_unused_result));

/* ---- A stretch of a file or device as memory, without copying. A mapped file can become shorter,
 * or fail to be read, while it is looked at; the kernel then raises SIGBUS. Here such a page
 * becomes zeros instead, and the mapping remembers that: ask mapping_find_fault after reading and
 * before believing. One thread only; SIGBUS of anything else ends the process as always ---- */

/* As zeros it maps nothing. */
struct mapping {
    uint8_t *bytes; /* owned; from start_bytes of the file on, which is at or before the stretch */
    size_t size_bytes;
    uint64_t start_bytes;
};

/* How many mappings can be open at a time. */
#define MAPPING_MOST 4

/* Maps what there is of [start_bytes, start_bytes + size_bytes) of the open file, read only.
 * size_bytes is not 0. Returns -1 (ERROR_SOURCE) when it cannot be mapped. */
int mapping_open(int descriptor, uint64_t start_bytes, size_t size_bytes, struct mapping *out,
                 struct error *err);

/* The stretch from `offset_bytes` of the file on, which must lie in the mapping. */
struct span mapping_span(const struct mapping *mapping, uint64_t offset_bytes, size_t size_bytes);

/* Has a page of the mapping failed to be read? Sets *offset_bytes to the first such, in the
 * file. */
bool mapping_find_fault(const struct mapping *mapping, uint64_t *offset_bytes);

/* How many pages of all mappings so far were made zeros. Whoever passes mapped bytes on, to a hash
 * say, compares the number before and after. */
uint64_t mapping_fault_count(void);

void mapping_close(struct mapping *mapping);

#endif
