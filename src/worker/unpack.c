/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/unpack.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lookup.h"
#include "base/memory.h"
#include "worker/wire.h"

#define MIB (UINT64_C(1024) * 1024)
/* Descriptors that find room beside a packet. */
#define FILES_ROOM 4

/* Collections of a whole machine have some 100,000 files. Logs shrink to a tenth when packed, those
 * that are mostly empty to a hundredth. */
const struct unpack_limits unpack_default_limits = {
    .depth = 3,
    .members = 500000,
    .size_bytes = 256 * 1024 * MIB,
    .member_bytes = 64 * 1024 * MIB,
    .ratio = 200,
    .memory_bytes = 96 * MIB,
};

static const char *const says_rows[] = {"member", "filled", "filled-all", "unread", "container"};
static_assert(ARRAY_COUNT(says_rows) == UNPACK_SAYS_COUNT, "a word for each");
static const struct word_set says_words = {says_rows, ARRAY_COUNT(says_rows)};

static const struct member message_rows[] = {
    {MEMBER(struct unpack_message, says), .words = &says_words},
    {MEMBER(struct unpack_message, path), .or_bytes = true},
    {MEMBER(struct unpack_message, kind), .words = &source_kind_words},
    {MEMBER(struct unpack_message, status), .words = &source_status_words},
    {MEMBER(struct unpack_message, size_bytes), .greatest = INT64_MAX},
    {MEMBER(struct unpack_message, mtime_ns), .least = INT64_MIN, .greatest = INT64_MAX},
    {MEMBER(struct unpack_message, mtime_is_local)},
    {MEMBER(struct unpack_message, is_streamed)},
    {MEMBER(struct unpack_message, filled_bytes), .greatest = INT64_MAX},
    {MEMBER(struct unpack_message, sha256)},
    {MEMBER(struct unpack_message, detail), .or_bytes = true},
};
const struct members unpack_message_members = MEMBERS(message_rows);

/* ---- The process ---- */

static int compare_descriptors(const void *left, const void *right)
{
    return *(const int *)left - *(const int *)right;
}

/* Closes all but standard error, the socket and the container's files. */
static void close_others(int socket, const struct container_input *input)
{
    int *kept = memory_allocate(input->file_count + 2, sizeof(*kept));
    size_t count = input->file_count + 2;
    int next = 0;

    kept[0] = STDERR_FILENO;
    kept[1] = socket;
    for (size_t index = 0; index < input->file_count; index++)
        kept[index + 2] = input->files[index].descriptor;
    qsort(kept, count, sizeof(*kept), compare_descriptors);
    for (size_t index = 0; index < count; index++) {
        if (kept[index] > next)
            close_range((unsigned)next, (unsigned)kept[index] - 1, 0);
        next = kept[index] + 1;
    }
    closefrom(next);
    free(kept);
}

/* Names of members are UTF-8 to libarchive, and times without a zone come out as they stand. */
static _Noreturn void become_unpacker(struct process *process, const struct unpack_order *order)
{
    struct sandbox_entry entry = {
        .socket = process->socket,
        .unpacks = true,
        .memory_bytes = unpack_memory_most(order->limits),
        .file_bytes = order->limits->member_bytes + UNPACK_BUFFER_BYTES,
    };
    uint32_t refused;

    process_begin(process, "spptriage-unpack");
    close_others(process->socket, order->input);
    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    refused = sandbox_enter(order->sandbox, &entry);
    if (file_write(process->socket, &refused, sizeof(refused)) != 0)
        _exit(EXIT_SUCCESS); /* the parent hung up */
    unpack_run(process->socket, order);
    _exit(EXIT_SUCCESS);
}

int unpack_start(struct unpack *unpack, const struct unpack_order *order, struct error *err)
{
    struct process process;
    int forked = process_fork(&process, SOCK_SEQPACKET, "process to unpack", err);

    if (forked < 0)
        return -1;
    if (forked == 0)
        become_unpacker(&process, order);
    process.memory_bytes = order->sandbox->is_off ? 0 : unpack_memory_most(order->limits);
    process.memory_option = "memory";
    *unpack = (struct unpack){.process = process,
                              .limits = order->limits,
                              .sandbox = order->sandbox,
                              .readers = order->readers,
                              .packet = memory_allocate(UNPACK_PACKET_MOST_BYTES, 1)};
    for (size_t index = 0; index < order->input->file_count; index++)
        unpack->container_bytes += order->input->files[index].size_bytes;
    return 0;
}

/* ---- Messages ---- */

/* Takes the file out of what came beside the packet. More than one is none: all are closed then. */
static int take_file(struct msghdr *header, bool *is_odd)
{
    int files[FILES_ROOM], kept = -1;
    size_t count = 0;

    for (struct cmsghdr *beside = CMSG_FIRSTHDR(header); beside != NULL;
         beside = CMSG_NXTHDR(header, beside)) {
        size_t found = (beside->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (beside->cmsg_level != SOL_SOCKET || beside->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t index = 0; index < found && count < FILES_ROOM; index++)
            memcpy(&files[count++], (const char *)CMSG_DATA(beside) + index * sizeof(int),
                   sizeof(int));
    }
    *is_odd = count > 1 || (header->msg_flags & MSG_CTRUNC) != 0;
    for (size_t index = 0; index < count; index++)
        if (*is_odd)
            close(files[index]);
        else
            kept = files[index];
    return kept;
}

/* Can nobody change the file any more? */
static bool is_sealed(int file)
{
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;

    return (fcntl(file, F_GET_SEALS) & seals) == seals;
}

/* Is it a member as it is asked for: of a kind that is read, and a file of the size that it says?
 * Only what is read part by part is streamed: the file of that is cut to what there is of it, which
 * can have happened by now. What is whole stays as it is. */
static bool is_wanted(const struct unpack *unpack, const struct unpack_message *message, int file)
{
    const struct reader *reader = unpack->readers[source_kind_reader(message->kind)];
    struct stat status;

    return reader != NULL && (!message->is_streamed || reader->part_bytes != 0) &&
           (message->is_streamed ||
            (message->size_bytes <= unpack->limits->memory_bytes && is_sealed(file))) &&
           fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
           (message->is_streamed ? (uint64_t)status.st_size <= message->size_bytes
                                 : (uint64_t)status.st_size == message->size_bytes);
}

/* Is it as the process says such a thing? */
static bool is_sound(const struct unpack *unpack, const struct unpack_message *message, int file)
{
    size_t hash_length = strlen(message->sha256);

    if (hash_length != 0 && (hash_length != HASH_HEX_SIZE - 1 ||
                             strspn(message->sha256, "0123456789abcdef") != hash_length))
        return false;
    if (strlen(message->path) > UNPACK_NAME_MOST_BYTES * 4 ||
        message->filled_bytes > unpack->limits->member_bytes + UNPACK_BUFFER_BYTES)
        return false;
    return message->says == UNPACK_MEMBER ? file >= 0 && is_wanted(unpack, message, file)
                                          : file < 0;
}

/* What is passed over without a word can be as much as the ratio allows. At 200 times its size that
 * takes a slow machine 2 s a packed MiB; so much more is left to it. */
#define UNPACKED_TIMES 5

/* Has it worked, or slept, for too long since it said something? How much work a message can be
 * depends on how much is packed: the ratio is bounded. */
static bool is_overdue(struct unpack *unpack, uint64_t waited_ms)
{
    uint64_t work_bytes = unpack->container_bytes > UINT64_MAX / UNPACKED_TIMES
                              ? UINT64_MAX
                              : unpack->container_bytes * UNPACKED_TIMES;
    uint64_t time_ms = sandbox_time_ms(unpack->sandbox, work_bytes);
    uint64_t sleep_ms = sandbox_sleep_ms(unpack->sandbox, work_bytes);

    if (process_time_ms(&unpack->process) - unpack->heard_ms > time_ms)
        unpack->overdue = memory_format("took longer than %g s of processor time without a word "
                                        "(--limit time)",
                                        (double)time_ms / 1000);
    else if (waited_ms > sleep_ms)
        unpack->overdue =
            memory_format("did nothing for %g s (--limit time)", (double)sleep_ms / 1000);
    return unpack->overdue != NULL;
}

/* ECONNRESET only says that the process ended without hearing all that it was told: what it said
 * last is still there. */
static ssize_t receive(struct unpack *unpack, int *descriptor, bool *is_odd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } beside;
    struct iovec place = {unpack->packet, UNPACK_PACKET_MOST_BYTES};
    struct msghdr header = {.msg_iov = &place,
                            .msg_iovlen = 1,
                            .msg_control = &beside,
                            .msg_controllen = sizeof(beside)};
    ssize_t received;

    do
        received = recvmsg(unpack->process.socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (received < 0 && (errno == EINTR || errno == ECONNRESET));
    if (received > 0)
        *descriptor = take_file(&header, is_odd);
    return received;
}

/* Takes the first packet. */
static bool take_begin(struct unpack *unpack, struct span packet)
{
    uint32_t refused;

    if (!span_u32(&packet, &refused) || packet.left_bytes != 0 || !sandbox_is_refusal(refused))
        return false;
    sandbox_tell_refused(unpack->sandbox, refused);
    unpack->has_begun = true;
    return true;
}

static bool take_message(struct unpack *unpack, struct span packet, int file,
                         struct unpack_message *out)
{
    *out = (struct unpack_message){0};
    return unpack_members(&packet, &unpack_message_members, out) && packet.left_bytes == 0 &&
           is_sound(unpack, out, file);
}

int unpack_take(struct unpack *unpack, uint64_t waited_ms, struct unpack_message *out,
                int *descriptor, const char **fault)
{
    bool is_odd = false, was_begun, is_taken;
    ssize_t received;
    struct span packet;

    unpack_give_back(unpack, 0);
    do {
        *descriptor = -1;
        *fault = NULL;
        received = receive(unpack, descriptor, &is_odd);
        if (received < 0 && errno == EAGAIN && !is_overdue(unpack, waited_ms))
            return 0;
        *fault = unpack->overdue;
        if (received <= 0)
            return -1;
        unpack->heard_ms = process_time_ms(&unpack->process);
        packet = span_of(unpack->packet, (size_t)received, 0);
        was_begun = unpack->has_begun;
        is_taken = !is_odd && (was_begun ? take_message(unpack, packet, *descriptor, out)
                                         : *descriptor < 0 && take_begin(unpack, packet));
    } while (is_taken && !was_begun);
    if (is_taken)
        return 1;
    *fault = "it said what makes no sense";
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
    return -1;
}

/* What finds no room now is told with the next. */
void unpack_give_back(struct unpack *unpack, uint64_t size_bytes)
{
    unpack->unsaid_bytes += size_bytes;
    if (unpack->unsaid_bytes > 0 && unpack->process.pid != 0 &&
        send(unpack->process.socket, &unpack->unsaid_bytes, sizeof(unpack->unsaid_bytes),
             MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(unpack->unsaid_bytes))
        unpack->unsaid_bytes = 0;
}

char *unpack_end(struct unpack *unpack, const char *fault)
{
    char *end = process_end(&unpack->process, fault);

    unpack_stop(unpack);
    return end;
}

void unpack_stop(struct unpack *unpack)
{
    process_stop(&unpack->process);
    free(unpack->overdue);
    free(unpack->packet);
    *unpack = (struct unpack){0};
}
