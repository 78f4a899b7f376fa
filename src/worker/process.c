/* SPDX-License-Identifier: Apache-2.0 */
/* A process that parses keeps nothing of the parent but its end of the socket and a pipe as its
 * standard error (for the last words of the allocators and sanitizers). It dies with the parent:
 * the kernel kills it (PR_SET_PDEATHSIG), and the socket is closed. The pipe blocks neither: what
 * finds no room in it is lost, and it is read when the process has ended. */
#include "worker/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/say.h"

/* Where a reader has its socket. */
#define SOCKET_DESCRIPTOR (STDERR_FILENO + 1)

/* A process that hung up is given so long to end by itself, so that its status tells why. */
#define END_TRIES 100
#define END_PAUSE_NS 1000000

/* Of what a process says on standard error, so much is shown: a sanitizer's report is that long. */
#define SAID_MOST_BYTES ((size_t)8 * 1024)

#define MIB (UINT64_C(1024) * 1024)

/* ---- Starting ---- */

static void close_ends(const int *ends)
{
    close(ends[0]);
    close(ends[1]);
}

int process_fork(struct process *process, int socket_type, const char *purpose, struct error *err)
{
    pid_t parent = getpid();
    int sockets[2], pipes[2];
    pid_t pid = -1;

    if (socketpair(AF_UNIX, socket_type | SOCK_CLOEXEC, 0, sockets) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "cannot start a %s: %m; -j 1 takes the fewest processes", purpose);
    if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "cannot start a %s: %m; -j 1 takes the fewest processes", purpose);
        close_ends(sockets);
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
            _exit(EXIT_FAILURE);
        *process = (struct process){.socket = sockets[1], .said = pipes[1]};
        return 0;
    }
    if (pid < 0) {
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "cannot start a %s: %m; -j 1 takes the fewest processes", purpose);
        close_ends(sockets);
        close_ends(pipes);
        return -1;
    }
    close(sockets[1]);
    close(pipes[1]);
    *process = (struct process){.pid = pid, .socket = sockets[0], .said = pipes[0]};
    return 1;
}

void process_begin(struct process *process, const char *name)
{
    if (dup2(process->said, STDERR_FILENO) < 0)
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, name);
    signal(SIGPIPE, SIG_IGN);
    memory_end_at_once(PROCESS_OUT_OF_MEMORY);
}

static _Noreturn void become_reader(struct process *process, const struct sandbox *sandbox,
                                    const struct reader *const *readers, struct hash *hash)
{
    struct sandbox_entry entry = {.socket = SOCKET_DESCRIPTOR,
                                  .memory_bytes = sandbox->memory_bytes};

    /* Out of the way of the two places first. */
    process->said = fcntl(process->said, F_DUPFD_CLOEXEC, SOCKET_DESCRIPTOR + 1);
    if (process->socket != SOCKET_DESCRIPTOR && dup2(process->socket, SOCKET_DESCRIPTOR) < 0)
        _exit(EXIT_FAILURE);
    process_begin(process, "spptriage-read");
    closefrom(SOCKET_DESCRIPTOR + 1);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    loop_run(SOCKET_DESCRIPTOR, sandbox_enter(sandbox, &entry), readers, hash);
}

int process_start(struct process *process, const struct sandbox *sandbox,
                  const struct reader *const *readers, struct hash *hash, struct error *err)
{
    int forked = process_fork(process, SOCK_STREAM, "reader process", err);

    if (forked < 0)
        return -1;
    if (forked == 0)
        become_reader(process, sandbox, readers, hash);
    process->memory_bytes = sandbox->is_off ? 0 : sandbox->memory_bytes;
    process->memory_option = "reader-memory";
    fcntl(process->socket, F_SETFL, O_NONBLOCK);
    return 0;
}

uint64_t process_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t process_time_ms(const struct process *process)
{
    struct timespec taken;
    clockid_t clock;

    if (clock_getcpuclockid(process->pid, &clock) != 0 || clock_gettime(clock, &taken) != 0)
        return 0;
    return (uint64_t)taken.tv_sec * 1000 + (uint64_t)taken.tv_nsec / 1000000;
}

/* ---- Talking ---- */

int process_send(const struct process *process, const struct pack *message, int descriptor)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } beside = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec place = {message->bytes, message->length_bytes};
    struct msghdr header = {.msg_iov = &place,
                            .msg_iovlen = 1,
                            .msg_control = &beside,
                            .msg_controllen = sizeof(beside)};
    ssize_t sent;

    memcpy(CMSG_DATA(&beside.header), &descriptor, sizeof(descriptor));
    do {
        sent = sendmsg(process->socket, &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS))
        return 0;
    /* The kernel takes a short message whole; half of one would be of no use. */
    return sent == (ssize_t)message->length_bytes ? 1 : -1;
}

/* ---- Ending ---- */

static void show_line(const char *line, size_t length)
{
    char *raw = memory_copy_bytes(line, length);

    if (length > 0)
        say_note("reader said: %s", raw);
    free(raw);
}

/* Shows what the process has said, line by line. */
static void show_said(const struct process *process)
{
    char said[SAID_MOST_BYTES], rest[SAID_MOST_BYTES];
    size_t length = 0, rest_bytes = 0;
    ssize_t got;

    while (length < sizeof(said) &&
           (got = read(process->said, said + length, sizeof(said) - length)) > 0)
        length += (size_t)got;
    while ((got = read(process->said, rest, sizeof(rest))) > 0)
        rest_bytes += (size_t)got;
    for (size_t at = 0; at < length;) {
        const char *end = memchr(said + at, '\n', length - at);
        size_t line = end != NULL ? (size_t)(end - said) - at : length - at;

        show_line(said + at, line);
        at += line + 1;
    }
    if (rest_bytes > 0)
        say_note("reader said: and %zu bytes more", rest_bytes);
}

static char *describe_status(const struct process *process, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return memory_copy_text("called what its sandbox does not allow");
    if (WIFSIGNALED(status))
        return memory_format("signal %d, %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) == PROCESS_OUT_OF_MEMORY && process->memory_bytes > 0)
        return memory_format("used more memory than %" PRIu64 " MiB (--limit %s)",
                             process->memory_bytes / MIB, process->memory_option);
    return memory_format("exit status %d", WEXITSTATUS(status));
}

/* Has it ended within its time? */
static bool has_ended(pid_t pid, int *status)
{
    const struct timespec pause = {.tv_nsec = END_PAUSE_NS};

    for (unsigned tries = 0; tries < END_TRIES; tries++) {
        if (waitpid(pid, status, WNOHANG) == pid)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

char *process_end(struct process *process, const char *fault)
{
    pid_t pid = process->pid;
    int status;

    if (fault == NULL && has_ended(pid, &status)) {
        char *end = describe_status(process, status);

        process->pid = 0;
        process_stop(process);
        return end;
    }
    process_stop(process);
    return memory_copy_text(fault != NULL ? fault : "it hung up");
}

void process_stop(struct process *process)
{
    if (process->pid != 0) {
        kill(process->pid, SIGKILL);
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (process->said > 0) {
        show_said(process);
        close(process->said);
    }
    if (process->socket > 0)
        close(process->socket);
    *process = (struct process){0};
}
