/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/unpack.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
    {MEMBER(struct unpack_message, path)},
    {MEMBER(struct unpack_message, kind), .words = &source_kind_words},
    {MEMBER(struct unpack_message, status), .words = &source_status_words},
    {MEMBER(struct unpack_message, size_bytes), .greatest = INT64_MAX},
    {MEMBER(struct unpack_message, mtime_ns), .least = INT64_MIN, .greatest = INT64_MAX},
    {MEMBER(struct unpack_message, mtime_is_local)},
    {MEMBER(struct unpack_message, is_streamed)},
    {MEMBER(struct unpack_message, filled_bytes), .greatest = INT64_MAX},
    {MEMBER(struct unpack_message, sha256)},
    {MEMBER(struct unpack_message, detail)},
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

/* What the libraries allocate is bounded, beside what was there when the process was forked: where
 * there is no more, they say so. Sanitizers need more than any limit. */
static void bound_memory(uint64_t most_bytes)
{
#if !defined(__SANITIZE_ADDRESS__)
    FILE *sizes = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    struct rlimit limit;

    if (sizes == NULL || fscanf(sizes, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
        pages = 0;
    if (sizes != NULL)
        fclose(sizes);
    if (pages == 0)
        return;
    limit.rlim_cur = limit.rlim_max =
        (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)most_bytes;
    setrlimit(RLIMIT_DATA, &limit);
#else
    (void)most_bytes;
#endif
}

/* Names of members are UTF-8 to libarchive, and times without a zone come out as they stand. */
static _Noreturn void become_unpacker(int socket, pid_t parent, const struct unpack_order *order)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, "spptriage-unpack");
    signal(SIGPIPE, SIG_IGN);
    close_others(socket, order->input);
    bound_memory(unpack_memory_most(order->limits));
    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    tzset();
    unpack_run(socket, order);
    _exit(EXIT_SUCCESS);
}

int unpack_start(struct unpack *unpack, const struct unpack_order *order, struct error *err)
{
    pid_t parent = getpid();
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot start a process to unpack: %m");
    pid = fork();
    if (pid == 0)
        become_unpacker(ends[1], parent, order);
    if (pid < 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot start a process to unpack: %m");
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    *unpack = (struct unpack){.process = {.pid = pid, .socket = ends[0]},
                              .limits = order->limits,
                              .readers = order->readers,
                              .packet = memory_allocate(UNPACK_PACKET_MOST_BYTES, 1)};
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

/* Is it a member as it is asked for: of a kind that is read, and a file of the size that it says?
 * Only what is read part by part is streamed. */
static bool is_wanted(const struct unpack *unpack, const struct unpack_message *message, int file)
{
    const struct reader *reader = unpack->readers[source_kind_reader(message->kind)];
    struct stat status;

    return reader != NULL && (!message->is_streamed || reader->part_bytes != 0) &&
           (message->is_streamed || message->size_bytes <= unpack->limits->memory_bytes) &&
           fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
           (uint64_t)status.st_size == message->size_bytes;
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

/* ECONNRESET only says that the process ended without hearing all that it was told: what it said
 * last is still there. */
int unpack_take(struct unpack *unpack, struct unpack_message *out, int *descriptor,
                const char **fault)
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
    struct span packet;
    bool is_odd;

    *descriptor = -1;
    *fault = NULL;
    unpack_give_back(unpack, 0);
    do
        received = recvmsg(unpack->process.socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (received < 0 && (errno == EINTR || errno == ECONNRESET));
    if (received < 0 && errno == EAGAIN)
        return 0;
    if (received <= 0)
        return -1;
    *descriptor = take_file(&header, &is_odd);
    packet = span_of(unpack->packet, (size_t)received, 0);
    *out = (struct unpack_message){0};
    if (unpack_members(&packet, &unpack_message_members, out) && packet.left_bytes == 0 &&
        !is_odd && is_sound(unpack, out, *descriptor))
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
    free(unpack->packet);
    *unpack = (struct unpack){0};
}
