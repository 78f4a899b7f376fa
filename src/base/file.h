/* SPDX-License-Identifier: Apache-2.0 */
/* file: reading an open file at a place, going on after short reads and signals. */
#ifndef SPPTRIAGE_BASE_FILE_H
#define SPPTRIAGE_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to `size_bytes` at `offset_bytes`. Returns how many there were, fewer at the end of the
 * file only; -1 with errno set. */
ssize_t file_read_at(int descriptor, void *buffer, size_t size_bytes, uint64_t offset_bytes)
    __attribute__((warn_unused_result));

#endif
