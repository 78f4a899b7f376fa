/* SPDX-License-Identifier: Apache-2.0 */
#include "app/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/say.h"

#define DIGITS_MOST 20

static const struct ending {
    int number;
    const char *name;
} endings[] = {{SIGINT, "Ctrl-C"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

/* What the handler says, all of it made before. */
static struct {
    pid_t process; /* a reader that was forked says nothing */
    const char *words;
    const char *case_path;
    volatile size_t done;
    volatile size_t all;
} left = {.words = "nothing was read yet"};

static void say(const char *text)
{
    if (file_write(STDERR_FILENO, text, strlen(text)) != 0)
        return; /* nobody can be told */
}

static void say_number(size_t number)
{
    char digits[DIGITS_MOST + 1] = "";
    size_t at = DIGITS_MOST;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(digits + at);
}

static void say_what_is_left(void)
{
    if (left.case_path == NULL) {
        say(left.words);
        return;
    }
    say_number(left.done);
    say(" of ");
    say_number(left.all);
    say(" sources are in ");
    say(left.case_path);
    say("; the same command goes on");
}

/* The signal is let through once this returns: its action is the default one by then. */
static void handle(int number)
{
    int error_number = errno;

    for (size_t index = 0; index < ARRAY_COUNT(endings) && getpid() == left.process; index++) {
        if (endings[index].number != number)
            continue;
        say(say_progress_end());
        say("spptriage: stopped by ");
        say(endings[index].name);
        say(": ");
        say_what_is_left();
        say("\n");
    }
    raise(number);
    errno = error_number;
}

static void hold_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0)
            continue;
        /* The lowest free one is taken, which this is. */
        if (open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            _exit(EXIT_FAILURE);
    }
}

void stop_prepare(void)
{
    hold_standard_descriptors();
    left.process = getpid();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t index = 0; index < ARRAY_COUNT(endings); index++) {
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESETHAND | SA_RESTART};
        struct sigaction before;

        /* nohup has it ignored. */
        if (sigaction(endings[index].number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(endings[index].number, &action, NULL);
    }
}

void stop_set_words(const char *words)
{
    left.words = words;
    left.case_path = NULL;
}

void stop_set_case(const char *path)
{
    left.case_path = path;
}

void stop_count_sources(size_t done, size_t all)
{
    left.done = done;
    left.all = all;
}
