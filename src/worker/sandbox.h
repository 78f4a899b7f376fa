/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: what a process that parses may do, and what it may cost. A process enters it before it
 * sees the first byte of a source; what the kernel refuses of it, the process tells its parent, and
 * the parent the user, once a run. */
#ifndef SPPTRIAGE_WORKER_SANDBOX_H
#define SPPTRIAGE_WORKER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Of a run; borrowed by all of its processes. */
struct sandbox {
    bool is_off;           /* --no-sandbox: only the limits of time hold, which are the parent's */
    uint64_t memory_bytes; /* that a reader may take; what unpacks has a budget of its own */
    uint64_t time_ms;      /* of processor time, for a part of a source; 0: by its size */
    uint64_t sleep_ms;     /* that the parent waits for it in vain; 0: some times that */
    unsigned told;         /* what the user was told that the kernel refuses */
};
extern const struct sandbox sandbox_default;

/* What a job that looks at so many bytes may take. */
uint64_t sandbox_time_ms(const struct sandbox *sandbox, uint64_t work_bytes);
uint64_t sandbox_sleep_ms(const struct sandbox *sandbox, uint64_t work_bytes);

/* Who enters. */
struct sandbox_entry {
    int socket;            /* to the parent: the one descriptor that it writes to */
    bool unpacks;          /* makes anonymous files, and hands them on */
    uint64_t memory_bytes; /* that it may take beside what was there when it was forked, */
    uint64_t file_bytes;   /* and a file that it writes */
};

enum sandbox_part {
    SANDBOX_LIMITS,
    SANDBOX_PRIVILEGES,
    SANDBOX_LANDLOCK,
    SANDBOX_SECCOMP,
    SANDBOX_PART_COUNT,
};

/* Enters, in the process itself. Returns what the kernel refused: a bit 1 << part for each. Nothing
 * is done when it is off. */
unsigned sandbox_enter(const struct sandbox *sandbox, const struct sandbox_entry *entry)
    __attribute__((warn_unused_result));

/* Is it what sandbox_enter can have returned? */
static inline bool sandbox_is_refusal(uint32_t refused)
{
    return refused < 1u << SANDBOX_PART_COUNT;
}

/* Tells the user once of each part that the kernel refused. */
void sandbox_tell_refused(struct sandbox *sandbox, unsigned refused);

#endif
