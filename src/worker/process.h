/* SPDX-License-Identifier: Apache-2.0 */
/* process: one reader process and the socket to it. */
#ifndef SPPTRIAGE_WORKER_PROCESS_H
#define SPPTRIAGE_WORKER_PROCESS_H

#include <sys/types.h>

#include "base/error.h"
#include "model/reader.h"
#include "worker/hash.h"
#include "worker/wire.h"

/* Zeros: there is none. */
struct process {
    pid_t pid;
    int socket; /* owned: this end, which never blocks */
};

/* Forks a reader process, which runs loop_run with the readers, an array by enum reader_id, and the
 * hash. -1 (ERROR_RUN) when there can be no more processes. */
int process_start(struct process *process, const struct reader *const *readers, struct hash *hash,
                  struct error *err);

/* Sends a message with an open file beside it: 1, 0 when there is no room for it now, -1 when the
 * process is gone. */
int process_send(const struct process *process, const struct pack *message, int descriptor);

/* Waits for a process that hung up, or kills it, and returns owned why it ended: "signal 11,
 * Segmentation fault". With `fault`, which says what it did wrong, that is returned. */
char *process_end(struct process *process, const char *fault);

/* Kills a process that is not needed any more. */
void process_stop(struct process *process);

/* What the process does (loop.c): works off the jobs that come over the socket (worker/wire.h).
 * `hash` is borrowed. Ends the process: with status 0 when the parent has hung up. */
_Noreturn void loop_run(int socket, const struct reader *const *readers, struct hash *hash);

#endif
