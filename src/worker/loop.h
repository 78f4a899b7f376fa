/* SPDX-License-Identifier: Apache-2.0 */
/* loop: what a reader process does: take a job from the socket, read, answer, until the socket is
 * closed. It has nothing but that socket and the open file that comes with a job, on which it may
 * do what a reader does: fstat, pread, mmap. It opens no file, no connection and no case. */
#ifndef SPPTRIAGE_WORKER_LOOP_H
#define SPPTRIAGE_WORKER_LOOP_H

#include <stddef.h>

#include "model/reader.h"
#include "worker/hash.h"

/* Works off the jobs that come over the socket (worker/wire.h) with the readers, an array
 * by enum reader_id. `hash` is borrowed. Ends the process: with status 0 when the parent has hung
 * up. */
_Noreturn void loop_run(int socket, const struct reader *const *readers, struct hash *hash);

#endif
