/* SPDX-License-Identifier: Apache-2.0 */
/* unpack: a process of its own takes a container apart and hands its members on, each as an
 * anonymous file (memfd): they never touch the disk. It has the container's descriptors and the
 * socket, nothing else.
 *
 *     process to parent:  what was refused of its sandbox (u32), first of all; then
 *                         UNPACK_MEMBER with the file beside it, whole or streamed; UNPACK_FILLED
 *                         and UNPACK_FILLED_ALL of a streamed one; UNPACK_UNREAD of a member that
 *                         cannot be read; UNPACK_CONTAINER at the end of each container, the
 *                         outermost one last of all
 *     parent to process:  how many bytes of members are not needed any more
 *
 * One message is one packet. The files that were handed out and not given back are bounded
 * (unpack_limits): the process waits. A member that is larger is streamed, where its reader goes
 * through it part by part: it is filled from its start to its end, and what was read is given back
 * as holes.
 *
 * The process can have been taken over by what it unpacks: the parent checks every message as it
 * does those of reader processes. */
#ifndef SPPTRIAGE_WORKER_UNPACK_H
#define SPPTRIAGE_WORKER_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "container/unpacker.h"
#include "model/reader.h"
#include "worker/hash.h"
#include "worker/process.h"
#include "worker/sandbox.h"

/* What a container may cost. Of each, what is beyond is not read, which is said. */
struct unpack_limits {
    uint64_t depth;        /* containers in containers: 3 opens one in one in one */
    uint64_t members;      /* of a container, with all that lie in it */
    uint64_t size_bytes;   /* unpacked, of the same */
    uint64_t member_bytes; /* of one member */
    uint64_t ratio;        /* unpacked to packed, of one member and of all */
    uint64_t memory_bytes; /* of members that are held at a time; see unpack_memory_most */
};
extern const struct unpack_limits unpack_default_limits;

/* What members that are held, and what unpacks them, may take together. */
static inline uint64_t unpack_memory_most(const struct unpack_limits *limits)
{
    return limits->memory_bytes / 6 * 11;
}

/* The longest name of a member that is taken: paths in Windows are shorter. */
#define UNPACK_NAME_MOST_BYTES 4096

/* What a streamed member needs to be there before and behind the part at hand: readers look at
 * the start of the file, a little before the part (large pages), and a little behind it. */
#define UNPACK_HEAD_BYTES (UINT64_C(1024) * 1024)
#define UNPACK_BEFORE_BYTES (UINT64_C(4) * 1024 * 1024)
#define UNPACK_BEHIND_BYTES (UINT64_C(1024) * 1024)

enum unpack_says {
    UNPACK_MEMBER,
    UNPACK_FILLED,
    UNPACK_FILLED_ALL,
    UNPACK_UNREAD,
    UNPACK_CONTAINER,
    UNPACK_SAYS_COUNT,
};

/* A message; what does not belong to what it says is 0 or "". */
struct unpack_message {
    enum unpack_says says;
    const char *path; /* of member or container below the outermost one, whose own is "" */
    enum source_kind kind;
    enum source_status status; /* of a container, or of what is not read */
    uint64_t size_bytes;
    int64_t mtime_ns;
    bool mtime_is_local;
    bool is_streamed;
    uint64_t filled_bytes; /* of a streamed member, from its start */
    const char *sha256;    /* of a member that was all read, or "" */
    const char *detail;    /* of a container: for sources.csv; why a member is not, or not all,
                            * read; or "" */
};

/* What is to be unpacked. All is borrowed as long as the process is started. */
struct unpack_order {
    const struct container_input *input;
    const struct unpack_limits *limits;
    struct sandbox *sandbox;
    const struct reader *const *readers; /* by enum reader_id: what is taken */
    struct hash *hash;
};

/* Zeros: there is none. */
struct unpack {
    struct process process;
    const struct unpack_limits *limits; /* borrowed, as are the next */
    const struct reader *const *readers;
    struct sandbox *sandbox;
    uint64_t container_bytes; /* as it lies there */
    uint64_t heard_ms;        /* the process's time when it said something last */
    bool has_begun;           /* it said so */
    char *overdue;            /* owned: what it took too much of, or NULL */
    uint64_t unsaid_bytes;    /* given back, and not told yet */
    uint8_t *packet;          /* owned: the last message */
};

/* Starts the process. -1 (ERROR_RUN) when there can be no more processes. */
int unpack_start(struct unpack *unpack, const struct unpack_order *order, struct error *err);

/* Takes the next message: 1, with *descriptor owned by the caller (-1 for none); 0 when there is
 * none yet; -1 when the process hung up, said what is malformed, or has said nothing for longer
 * than the sandbox allows, which *fault then tells (NULL for the first). `waited_ms` is how long it
 * was waited for in vain and for nothing else. *out borrows from the process until the next call.
 */
int unpack_take(struct unpack *unpack, uint64_t waited_ms, struct unpack_message *out,
                int *descriptor, const char **fault);

/* Tells the process that so many bytes are not needed any more. */
void unpack_give_back(struct unpack *unpack, uint64_t size_bytes);

/* Ends the process; returns owned how it ended, as process_end does. */
char *unpack_end(struct unpack *unpack, const char *fault);

/* Ends the process without asking. */
void unpack_stop(struct unpack *unpack);

/* What the process does (unpack_loop.c). Returns when all is unpacked; ends the process where the
 * parent hung up. */
void unpack_run(int socket, const struct unpack_order *order);

/* ---- Between unpack.c and unpack_loop.c ---- */

/* Read of a member at a time: it can pass a limit by so much. */
#define UNPACK_BUFFER_BYTES ((size_t)256 * 1024)
#define UNPACK_PACKET_MOST_BYTES ((size_t)64 * 1024)
#define UNPACK_DETAIL_MOST_BYTES ((size_t)8 * 1024)
extern const struct members unpack_message_members;

#endif
