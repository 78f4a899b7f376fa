/* SPDX-License-Identifier: Apache-2.0 */
/* file: reading and writing an open file, going on after short counts and signals, and making sure
 * that it is on the disk. */
#ifndef SPPTRIAGE_BASE_FILE_H
#define SPPTRIAGE_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to `size_bytes` at `offset_bytes`. Returns how many there were, fewer at the end of the
 * file only; -1 with errno set. */
ssize_t file_read_at(int descriptor, void *buffer, size_t size_bytes, uint64_t offset_bytes)
    __attribute__((warn_unused_result));

/* Writes all of the bytes at the file's position. Returns 0; -1 with errno set. */
int file_write(int descriptor, const void *bytes, size_t size_bytes)
    __attribute__((warn_unused_result));

/* Returns once the open file or folder is on the disk: what is renamed later is then whole, even
 * if the power fails. Where folders cannot be synced (some network shares) their file system
 * decides; that is no failure. Returns 0; -1 with errno set. */
int file_sync(int descriptor) __attribute__((warn_unused_result));

#endif
