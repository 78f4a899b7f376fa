/* SPDX-License-Identifier: Apache-2.0 */
/* measure: runs a command and writes what it took: measure FILE COMMAND ARGUMENTS...
 * FILE gets one line: wall time in ns, user and system time in us, the greatest resident set of
 * any of its processes in KiB (mapped pages of files counted in), exit status or 128 + signal. It
 * is a program of its own because a process inherits the greatest resident set of the one that
 * started it, and that of an interpreter is larger than that of what is measured here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 3) {
        fprintf(stderr, "use: measure FILE COMMAND ARGUMENTS...\n");
        return 1;
    }
    int64_t begun_ns = now_ns();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        return 1;
    }
    int64_t wall_ns = now_ns() - begun_ns;
    FILE *file = fopen(argv[1], "w");
    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 " %ld %d\n", wall_ns,
            microseconds(usage.ru_utime), microseconds(usage.ru_stime), usage.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return fclose(file) == 0 ? 0 : 1;
}
