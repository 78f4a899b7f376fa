/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_log: the chunks of a machine's Application log, a few MiB at a time, so that a log of any
 * size is made in little memory. Record numbers go on from part to part. A full log is a ring:
 * its oldest chunk stands somewhere in the middle of the file. */
#ifndef SPPTRIAGE_BENCH_FLEET_LOG_H
#define SPPTRIAGE_BENCH_FLEET_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "fleet_machine.h"

/* A log's header counts its chunks in 16 bits, so this is the most: just under 4 GiB. */
#define FLEET_LOG_CHUNKS_MAX 65535u

struct fleet_log;

/* Returns owned: the log of the machine, of `chunk_count` chunks (1 to the most). Borrows the
 * machine, which is to be a new one. */
struct fleet_log *fleet_log_open(struct fleet_machine *machine, size_t chunk_count,
                                 uint64_t first_record_number);

/* Makes the next chunks, oldest first. Returns how many, 0 at the end; *bytes is borrowed until
 * the next call. */
size_t fleet_log_next(struct fleet_log *log, const uint8_t **bytes);

void fleet_log_free(struct fleet_log *log);

/* Writes the whole log of a new machine to a file, its oldest chunk in slot `first_slot`. Returns
 * 0, or -1 with errno set. */
int fleet_log_write(struct fleet_machine *machine, size_t chunk_count, uint64_t first_record_number,
                    size_t first_slot, const char *path);

#endif
