/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_loop: between the two halves of the process that unpacks: unpack_loop.c goes through
 * containers, unpack_member.c reads their members within the limits and hands them on. */
#ifndef SPPTRIAGE_WORKER_UNPACK_LOOP_H
#define SPPTRIAGE_WORKER_UNPACK_LOOP_H

#include "base/text.h"
#include "container/sparse.h"
#include "worker/unpack.h"
#include "worker/wire.h"

struct unpack_loop {
    int socket;
    const struct unpack_order *order;
    uint64_t limit_bytes;      /* of members that are held: the libraries take from it, too */
    uint64_t own_start_bytes;  /* allocated before there was anything to unpack */
    uint64_t handed_out_bytes; /* and not given back, */
    uint64_t held_bytes;       /* and of containers that lie in containers */
    uint64_t member_count;     /* of the outermost container, with all that lie in it */
    uint64_t unpacked_bytes;   /* likewise */
    bool is_cut;               /* a limit of these was met: nothing more is unpacked */
    uint8_t *buffer;           /* owned */
    struct pack packet;        /* owned */
};

/* A container that is gone through. */
struct unpack_level {
    struct unpack_loop *loop;
    const struct container_input *input;
    const char *prefix; /* of its members' paths: "", or "inner.zip!/" */
    int64_t mtime_ns;   /* of it, where it is a member itself; else 0 */
    bool mtime_is_local;
    unsigned depth; /* 1 for the outermost one */
    struct unpacker unpacker;
    struct container_notes notes;
    uint64_t count;      /* members but folders */
    uint64_t handed_on;  /* of these */
    uint64_t containers; /* of these that were opened */
    uint64_t encrypted;  /* that no password opens */
    uint64_t unread;     /* for this or another reason: each is listed */
    uint64_t broken;     /* of which not all is there: the same */
    uint64_t late_maps;
    uint64_t long_names;
    uint64_t others;                     /* links and devices */
    uint64_t of_kind[SOURCE_KIND_COUNT]; /* that no reader takes */
    uint64_t unpacked_bytes;             /* of all its members */
    struct sparse_map *maps;             /* owned: of members that are stored without their holes */
    size_t map_count;
    unsigned map_tries; /* members that are called as maps are, and were read for it */
    bool is_open;
    bool is_cut; /* what follows cannot be reached */
};

/* A member at hand. */
struct unpack_member {
    const struct container_member *member;
    const struct sparse_map *map; /* NULL, or where its holes belong */
    char *path;                   /* owned: below the outermost container */
    enum source_kind kind;
    int file;                     /* owned: where it is gathered, or -1 */
    uint64_t size_bytes;          /* so far */
    uint64_t packed_before_bytes; /* what was read of its container before it */
    struct error err;             /* why not all of it was read; owned */
    bool is_beyond_limit;         /* a limit is why */
};

/* ---- Messages ---- */

/* A message about a member, as UNPACK_MEMBER. */
struct unpack_message unpack_message_of(const struct unpack_member *at, uint64_t size_bytes);

/* Says it with a detail, which is cut where it is too long. */
void unpack_say(struct unpack_loop *loop, struct unpack_message *message, const char *detail);

/* Says that a member cannot be read, and why. */
void unpack_say_unread(struct unpack_level *level, const struct unpack_member *at, const char *why);
void unpack_say_too_large(struct unpack_level *level, struct unpack_member *at);

/* ---- Memory ---- */

/* Takes what the parent gave back; waits for something where `wait`. */
void unpack_take_back(struct unpack_loop *loop, bool wait);

/* What unpacks takes what it needs (a directory, a window to look back into) from the whole;
 * members have what is left, and their own limit at most. Measures that, for the member at hand,
 * and returns what is left of it beside the containers that are held. */
uint64_t unpack_measure_memory(struct unpack_loop *loop);

/* What this process has allocated. */
uint64_t unpack_allocated_bytes(void);

/* ---- Reading ---- */

/* Reads on in the member at hand, within the limits; holes that were left out are zeros again. -1
 * (ERROR_SOURCE) with what was read before it went wrong. */
int unpack_read_on(struct unpack_level *level, struct unpack_member *at, void *buffer,
                   size_t most_bytes, size_t *got, struct error *err);

/* Reads until the buffer is full or the member ends. */
int unpack_read_full(struct unpack_level *level, struct unpack_member *at, uint8_t *buffer,
                     size_t size_bytes, size_t *filled, struct error *err);

/* Gathers the member whole in at->file: its first bytes, which are in the loop's buffer, and what
 * follows. Returns -1 where the memory is too small for it, and then nothing of it is kept. What
 * broke off is kept as far as it goes. */
int unpack_gather(struct unpack_level *level, struct unpack_member *at, size_t head_bytes);

/* Hands on a member that the reader takes, of which the first bytes are in the loop's buffer. */
void unpack_hand_on(struct unpack_level *level, struct unpack_member *at,
                    const struct reader *reader, size_t head_bytes);

#endif
