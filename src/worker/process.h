/* SPDX-License-Identifier: Apache-2.0 */
/* process: one process that parses, the socket to it, and what it says on its standard error. */
#ifndef SPPTRIAGE_WORKER_PROCESS_H
#define SPPTRIAGE_WORKER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "model/reader.h"
#include "worker/hash.h"
#include "worker/sandbox.h"
#include "worker/wire.h"

/* Its exit status where the memory that it may have was not enough. */
#define PROCESS_OUT_OF_MEMORY 12

/* Zeros: there is none. */
struct process {
    pid_t pid;
    int socket;                /* owned: this end, which never blocks */
    int said;                  /* owned: what it writes to standard error */
    uint64_t memory_bytes;     /* that it may have; 0: any */
    const char *memory_option; /* that says so: the NAME of --limit */
};

/* Forks a reader process, which runs loop_run with the readers, an array by enum reader_id, and the
 * hash. -1 (ERROR_RUN) when there can be no more processes. */
int process_start(struct process *process, const struct sandbox *sandbox,
                  const struct reader *const *readers, struct hash *hash, struct error *err);

/* What starts a process of any kind: makes the socket, of that type, and the pipe, and forks. In
 * the new process 0 is returned, and *process has its ends of both; its standard error is the pipe
 * once process_begin was called. In this one 1; -1 as process_start. */
int process_fork(struct process *process, int socket_type, const char *purpose, struct error *err);

/* Begins the life of a new process: it dies with its parent, writes to the pipe, is called `name`,
 * and waits for no signal that only tells it of an error. */
void process_begin(struct process *process, const char *name);

/* The time of a clock that only goes on. */
uint64_t process_clock_ms(void);

/* The processor time that it has taken so far. */
uint64_t process_time_ms(const struct process *process);

/* Sends a message with an open file beside it: 1, 0 when there is no room for it now, -1 when the
 * process is gone. */
int process_send(const struct process *process, const struct pack *message, int descriptor);

/* Waits for a process that hung up, or kills it, and returns owned why it ended: "signal 11,
 * Segmentation fault". With `fault`, which says what it did wrong, that is returned. What it said
 * on standard error is shown on ours, made visible and bounded. */
char *process_end(struct process *process, const char *fault);

/* Kills a process that is not needed any more; shows what it said as well. */
void process_stop(struct process *process);

/* What the process does (loop.c): works off the jobs that come over the socket (worker/wire.h).
 * `hash` is borrowed. Says first what was refused of the sandbox. Ends the process: with status 0
 * when the parent has hung up. */
_Noreturn void loop_run(int socket, unsigned refused, const struct reader *const *readers,
                        struct hash *hash);

#endif
