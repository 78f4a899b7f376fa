/* SPDX-License-Identifier: Apache-2.0 */
/* Members, one at a time: read within the limits, gathered or streamed, and handed on. */
#include "worker/unpack_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define MIB (UINT64_C(1024) * 1024)
/* So much of a member, and of all, is unpacked before the ratio counts: what is short and empty
 * shrinks to nothing. */
#define RATIO_FREE_BYTES (64 * MIB)
#define RATIO_FREE_TOTAL_BYTES (1024 * MIB)
/* How often the parent hears of a streamed member. */
#define FILLED_STEP_BYTES (4 * MIB)

/* ---- To the parent ---- */

static void say(struct unpack_loop *loop, const struct unpack_message *message, int file)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } beside = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec place;
    struct msghdr header = {.msg_iov = &place, .msg_iovlen = 1};
    ssize_t sent;

    loop->packet.length_bytes = 0;
    pack_members(&loop->packet, &unpack_message_members, message);
    place = (struct iovec){loop->packet.bytes, loop->packet.length_bytes};
    if (file >= 0) {
        memcpy(CMSG_DATA(&beside.header), &file, sizeof(file));
        header.msg_control = &beside;
        header.msg_controllen = sizeof(beside);
    }
    do
        sent = sendmsg(loop->socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != (ssize_t)loop->packet.length_bytes)
        _exit(EXIT_FAILURE);
}

/* Makes a message's texts fit, that are of a container and can have any length. */
void unpack_say(struct unpack_loop *loop, struct unpack_message *message, const char *detail)
{
    char *cut = NULL;

    if (strlen(detail) > UNPACK_DETAIL_MOST_BYTES)
        detail = cut = memory_copy_bytes(detail, text_cut_length(detail, UNPACK_DETAIL_MOST_BYTES));
    message->detail = detail;
    say(loop, message, -1);
    free(cut);
}

void unpack_take_back(struct unpack_loop *loop, bool wait)
{
    uint64_t size_bytes;
    ssize_t received;

    for (;; wait = false) {
        received = recv(loop->socket, &size_bytes, sizeof(size_bytes), wait ? 0 : MSG_DONTWAIT);
        if (received < 0 && errno == EINTR)
            continue;
        if (received < 0 && errno == EAGAIN)
            return;
        if (received != (ssize_t)sizeof(size_bytes) || size_bytes > loop->handed_out_bytes)
            _exit(EXIT_SUCCESS); /* the parent hung up */
        loop->handed_out_bytes -= size_bytes;
    }
}

uint64_t unpack_allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static uint64_t memory_left(const struct unpack_loop *loop)
{
    uint64_t limit = loop->limit_bytes;

    return limit > loop->held_bytes ? limit - loop->held_bytes : 0;
}

uint64_t unpack_measure_memory(struct unpack_loop *loop)
{
    uint64_t most_bytes = loop->order->limits->memory_bytes;
    uint64_t own_bytes = unpack_allocated_bytes();
    uint64_t whole_bytes = unpack_memory_most(loop->order->limits);

    own_bytes -= own_bytes < loop->own_start_bytes ? own_bytes : loop->own_start_bytes;
    loop->limit_bytes = own_bytes < whole_bytes ? whole_bytes - own_bytes : 0;
    if (loop->limit_bytes > most_bytes)
        loop->limit_bytes = most_bytes;
    return memory_left(loop);
}

/* Waits until so much more fits into the memory. False where it never will: as much is not given
 * back by anyone. `own_bytes` are those of what is handed out that the caller keeps. */
static bool make_room(struct unpack_loop *loop, uint64_t size_bytes, uint64_t own_bytes)
{
    uint64_t limit = loop->limit_bytes;

    unpack_take_back(loop, false);
    for (;;) {
        uint64_t used = loop->handed_out_bytes + loop->held_bytes;

        if (size_bytes <= limit && used <= limit - size_bytes)
            return true;
        if (loop->handed_out_bytes <= own_bytes)
            return false;
        unpack_take_back(loop, true);
    }
}

/* ---- Limits ---- */

/* Has the ratio been passed? Of what was read of the container and what came of it. */
static bool is_bomb(const struct unpack_level *level, const struct unpack_member *at)
{
    uint64_t ratio = level->loop->order->limits->ratio;
    uint64_t packed = level->notes.read_bytes;
    uint64_t packed_member = packed - at->packed_before_bytes;

    if (source_kind_is(level->input->kind, SOURCE_IS_IMAGE))
        return false;
    return (at->size_bytes > RATIO_FREE_BYTES &&
            (at->size_bytes - RATIO_FREE_BYTES) / ratio > packed_member) ||
           (level->unpacked_bytes > RATIO_FREE_TOTAL_BYTES &&
            (level->unpacked_bytes - RATIO_FREE_TOTAL_BYTES) / ratio > packed);
}

/* Reads on in the member at hand; holes that are not stored are zeros again. */
static int read_mapped(struct unpack_level *level, const struct unpack_member *at, void *buffer,
                       size_t most_bytes, size_t *got, struct error *err)
{
    struct unpacker *unpacker = &level->unpacker;
    bool is_hole = false;
    uint64_t run_bytes;

    if (at->map == NULL)
        return unpacker->read(unpacker->state, buffer, most_bytes, got, err);
    run_bytes = sparse_map_run(at->map, at->size_bytes, &is_hole);
    *got = run_bytes < most_bytes ? (size_t)run_bytes : most_bytes;
    if (is_hole)
        memset(buffer, 0, *got);
    if (is_hole || *got == 0)
        return 0;
    if (unpacker->read(unpacker->state, buffer, *got, got, err) != 0)
        return -1;
    return *got > 0 ? 0
                    : error_set(err, ERROR_SOURCE, at->size_bytes,
                                "ends before its map (" SPARSE_SUFFIX ") does");
}

int unpack_read_on(struct unpack_level *level, struct unpack_member *at, void *buffer,
                   size_t most_bytes, size_t *got, struct error *err)
{
    const struct unpack_limits *limits = level->loop->order->limits;

    if (read_mapped(level, at, buffer, most_bytes, got, err) != 0)
        return -1;
    at->size_bytes += *got;
    level->unpacked_bytes += *got;
    level->loop->unpacked_bytes += *got;
    at->is_beyond_limit = true;
    if (at->size_bytes > limits->member_bytes)
        return error_set(err, ERROR_SOURCE, at->size_bytes,
                         "is larger than %" PRIu64 " MiB (--limit member-size)",
                         limits->member_bytes / MIB);
    if (is_bomb(level, at))
        return error_set(err, ERROR_SOURCE, at->size_bytes,
                         "unpacks to more than %" PRIu64 " times its size (--limit ratio)",
                         limits->ratio);
    at->is_beyond_limit = level->loop->unpacked_bytes > limits->size_bytes;
    if (!at->is_beyond_limit)
        return 0;
    level->loop->is_cut = true;
    return error_set(err, ERROR_SOURCE, at->size_bytes,
                     "goes past the %" PRIu64 " MiB that a container may unpack to (--limit size)",
                     limits->size_bytes / MIB);
}

int unpack_read_full(struct unpack_level *level, struct unpack_member *at, uint8_t *buffer,
                     size_t size_bytes, size_t *filled, struct error *err)
{
    size_t got = 1;
    int result = 0;

    for (*filled = 0; result == 0 && got > 0 && *filled < size_bytes; *filled += got)
        result = unpack_read_on(level, at, buffer + *filled, size_bytes - *filled, &got, err);
    return result;
}

/* ---- Members that cannot be read ---- */

struct unpack_message unpack_message_of(const struct unpack_member *at, uint64_t size_bytes)
{
    return (struct unpack_message){.says = UNPACK_MEMBER,
                                   .path = at->path,
                                   .kind = at->kind,
                                   .size_bytes = size_bytes,
                                   .mtime_ns = at->member->mtime_ns,
                                   .mtime_is_local = at->member->mtime_is_local,
                                   .sha256 = "",
                                   .detail = ""};
}

void unpack_say_unread(struct unpack_level *level, const struct unpack_member *at, const char *why)
{
    uint64_t size_bytes =
        at->member->size_bytes != MEMBER_SIZE_UNKNOWN ? at->member->size_bytes : at->size_bytes;
    struct unpack_message message =
        unpack_message_of(at, size_bytes <= INT64_MAX ? size_bytes : INT64_MAX);

    message.says = UNPACK_UNREAD;
    message.status = SOURCE_STATUS_UNREADABLE;
    level->unread++;
    unpack_say(level->loop, &message, why);
}

/* ---- Handing on ---- */

static void finish_hash(struct unpack_loop *loop, char out[HASH_HEX_SIZE])
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint8_t digest[HASH_BYTES];

    if (hash_finish(loop->order->hash, digest, &err) != 0)
        _exit(EXIT_FAILURE);
    hash_write_hex(digest, out);
}

static int open_file(void)
{
    int file = memfd_create("member", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (file < 0)
        _exit(EXIT_FAILURE);
    return file;
}

/* Writes to the member's file; there is room for it. */
static void write_on(struct unpack_member *at, const void *bytes, size_t size_bytes)
{
    if (file_write(at->file, bytes, size_bytes) != 0)
        _exit(EXIT_FAILURE);
}

int unpack_gather(struct unpack_level *level, struct unpack_member *at, size_t head_bytes)
{
    struct unpack_loop *loop = level->loop;
    size_t got = head_bytes;

    at->file = open_file();
    for (uint64_t own_bytes = 0;;) {
        if (!make_room(loop, got, own_bytes)) {
            loop->handed_out_bytes -= own_bytes;
            close(at->file);
            at->file = -1;
            return -1;
        }
        own_bytes += got;
        loop->handed_out_bytes += got;
        write_on(at, loop->buffer, got);
        if (at->err.kind != ERROR_NONE)
            return 0;
        /* What came with an error is kept as well. */
        unpack_read_on(level, at, loop->buffer, UNPACK_BUFFER_BYTES, &got, &at->err);
        if (got == 0)
            return 0;
    }
}

/* Why not all of a member is there, for its detail; or "". Returned owned. */
static char *describe_break(const struct unpack_member *at, uint64_t kept_bytes)
{
    if (at->err.kind == ERROR_NONE)
        return memory_copy_text("");
    return memory_format("in its container it %s: the first %" PRIu64 " bytes are read",
                         at->err.message, kept_bytes);
}

static void hand_on_whole(struct unpack_level *level, struct unpack_member *at)
{
    struct unpack_message message;
    off_t size_bytes = lseek(at->file, 0, SEEK_CUR);
    char *detail = describe_break(at, (uint64_t)size_bytes);

    if (fcntl(at->file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0)
        _exit(EXIT_FAILURE);
    message = unpack_message_of(at, (uint64_t)size_bytes);
    level->broken += at->err.kind != ERROR_NONE;
    message.detail = detail;
    say(level->loop, &message, at->file);
    free(detail);
}

/* Says how far a streamed member is filled. */
static void say_filled(struct unpack_loop *loop, uint64_t filled_bytes)
{
    struct unpack_message message = {.says = UNPACK_FILLED,
                                     .path = "",
                                     .filled_bytes = filled_bytes,
                                     .sha256 = "",
                                     .detail = ""};

    say(loop, &message, -1);
}

static void say_filled_all(struct unpack_level *level, const struct unpack_member *at,
                           uint64_t filled_bytes)
{
    struct unpack_message message = {.says = UNPACK_FILLED_ALL,
                                     .path = "",
                                     .filled_bytes = filled_bytes,
                                     .sha256 = "",
                                     .detail = ""};
    char hash[HASH_HEX_SIZE] = "";
    char *detail = describe_break(at, filled_bytes);

    finish_hash(level->loop, hash);
    if (at->err.kind == ERROR_NONE)
        message.sha256 = hash;
    level->broken += at->err.kind != ERROR_NONE;
    unpack_say(level->loop, &message, detail);
    free(detail);
}

static void note_lie(struct unpack_member *at)
{
    error_set(&at->err, ERROR_SOURCE, at->size_bytes, "has more bytes than it says");
}

/* The member should be at its end now; its checksum is known only there. */
static void expect_end(struct unpack_level *level, struct unpack_member *at)
{
    size_t got;

    if (at->err.kind == ERROR_NONE &&
        unpack_read_on(level, at, level->loop->buffer, UNPACK_BUFFER_BYTES, &got, &at->err) == 0 &&
        got > 0)
        note_lie(at);
}

/* Hands the member on as it is unpacked, its first bytes first; beyond the limit it is cut off. */
static void stream(struct unpack_level *level, struct unpack_member *at, size_t head_bytes)
{
    struct unpack_loop *loop = level->loop;
    uint64_t most_bytes = loop->order->limits->member_bytes;
    uint64_t size_bytes = at->member->size_bytes < most_bytes ? at->member->size_bytes : most_bytes;
    uint64_t filled = 0, said = 0;
    struct unpack_message message = unpack_message_of(at, size_bytes);
    size_t got = head_bytes;

    at->file = open_file();
    if (ftruncate(at->file, (off_t)size_bytes) != 0)
        _exit(EXIT_FAILURE);
    message.is_streamed = true;
    hash_begin(loop->order->hash);
    say(loop, &message, at->file);
    while (got > 0) {
        if (got > size_bytes - filled) {
            note_lie(at);
            got = (size_t)(size_bytes - filled);
        }
        if (!make_room(loop, got, 0))
            _exit(EXIT_FAILURE); /* hand_on saw that there is room for what the parent keeps */
        loop->handed_out_bytes += got;
        hash_take(loop->order->hash, loop->buffer, got);
        write_on(at, loop->buffer, got);
        filled += got;
        if (filled - said >= FILLED_STEP_BYTES)
            say_filled(loop, said = filled);
        if (at->err.kind != ERROR_NONE || filled == size_bytes ||
            unpack_read_on(level, at, loop->buffer, UNPACK_BUFFER_BYTES, &got, &at->err) != 0)
            break;
    }
    if (filled < size_bytes && at->err.kind == ERROR_NONE)
        error_set(&at->err, ERROR_SOURCE, filled, "ends early");
    expect_end(level, at);
    if (filled < size_bytes && ftruncate(at->file, (off_t)filled) != 0)
        _exit(EXIT_FAILURE);
    say_filled_all(level, at, filled);
}

void unpack_say_too_large(struct unpack_level *level, struct unpack_member *at)
{
    char *why = memory_format("of its kind all has to be in memory at a time, which is more than "
                              "%" PRIu64 " MiB (--limit memory): raise that, or unpack it first",
                              memory_left(level->loop) / MIB);

    unpack_say_unread(level, at, why);
    free(why);
}

void unpack_hand_on(struct unpack_level *level, struct unpack_member *at,
                    const struct reader *reader, size_t head_bytes)
{
    uint64_t left_bytes = unpack_measure_memory(level->loop);
    uint64_t size_bytes = at->member->size_bytes;
    bool can_stream =
        reader->part_bytes != 0 && size_bytes != MEMBER_SIZE_UNKNOWN && size_bytes <= INT64_MAX &&
        left_bytes >= reader->part_bytes + UNPACK_HEAD_BYTES + UNPACK_BEFORE_BYTES +
                          UNPACK_BEHIND_BYTES + FILLED_STEP_BYTES + UNPACK_BUFFER_BYTES;

    if (can_stream && size_bytes > left_bytes / 2) {
        stream(level, at, head_bytes);
        level->handed_on++;
    } else if ((size_bytes == MEMBER_SIZE_UNKNOWN || size_bytes <= left_bytes) &&
               unpack_gather(level, at, head_bytes) == 0) {
        hand_on_whole(level, at);
        level->handed_on++;
    } else {
        unpack_say_too_large(level, at);
    }
    if (at->file >= 0)
        close(at->file);
    at->file = -1;
}
