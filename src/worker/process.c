/* SPDX-License-Identifier: Apache-2.0 */
/* The reader process keeps nothing of the parent but standard error (for the last words of the
 * allocators and sanitizers) and its end of the socket. It dies with the parent: the kernel kills
 * it (PR_SET_PDEATHSIG), and the socket is closed. */
#include "worker/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

/* Where the reader has its socket. */
#define SOCKET_DESCRIPTOR (STDERR_FILENO + 1)

/* A process that hung up is given so long to end by itself, so that its status tells why. */
#define END_TRIES 100
#define END_PAUSE_NS 1000000

static _Noreturn void become_reader(int socket, pid_t parent, const struct reader *const *readers,
                                    struct hash *hash)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
        (socket != SOCKET_DESCRIPTOR && dup2(socket, SOCKET_DESCRIPTOR) < 0))
        _exit(EXIT_FAILURE);
    prctl(PR_SET_NAME, "spptriage-read");
    signal(SIGPIPE, SIG_IGN);
    closefrom(SOCKET_DESCRIPTOR + 1);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    loop_run(SOCKET_DESCRIPTOR, readers, hash);
}

int process_start(struct process *process, const struct reader *const *readers, struct hash *hash,
                  struct error *err)
{
    pid_t parent = getpid();
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot start a reader process: %m");
    pid = fork();
    if (pid == 0)
        become_reader(ends[1], parent, readers, hash);
    if (pid < 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot start a reader process: %m");
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *process = (struct process){.pid = pid, .socket = ends[0]};
    return 0;
}

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

static char *describe_status(int status)
{
    if (WIFSIGNALED(status))
        return memory_format("signal %d, %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
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
        process->pid = 0;
        process_stop(process);
        return describe_status(status);
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
    if (process->socket > 0)
        close(process->socket);
    *process = (struct process){0};
}
