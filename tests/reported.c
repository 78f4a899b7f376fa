/* SPDX-License-Identifier: Apache-2.0 */
#include "reported.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "scratch.h"

#define WORDS_MOST 16
/* Of the child's own; a sanitizer ends it with another one. */
#define STATUS_BASE 100

static _Noreturn void run(const struct command *command, char *const *words, FILE *said)
{
    char *arguments[WORDS_MOST + 4] = {(char *)command->name, (char *)"--templates",
                                       scratch_source_path("templates"), (char *)"-q"};
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    int count = 4, nothing = open("/dev/null", O_WRONLY);
    enum exit_status status = EXIT_STATUS_NOTHING_DONE;
    struct options options;

    while (*words != NULL && count < WORDS_MOST + 4)
        arguments[count++] = *words++;
    dup2(nothing, STDOUT_FILENO);
    close(nothing);
    if (options_read(command, count, arguments, &options, &err) == OPTIONS_RUN)
        status = command->run(&options, &err);
    if (err.kind != ERROR_NONE)
        fputs(err.message, said);
    fflush(said);
    fflush(stdout);
    _exit(STATUS_BASE + (int)status);
}

int reported_status(const struct command *command, char *const *words, char **said)
{
    FILE *file = memory_require(tmpfile());
    char line[4096] = "";
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        run(command, words, file);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    rewind(file);
    line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
    fclose(file);
    if (said != NULL)
        *said = memory_copy_text(line);
    return WIFEXITED(status) && WEXITSTATUS(status) >= STATUS_BASE
               ? WEXITSTATUS(status) - STATUS_BASE
               : -1;
}

enum exit_status reported_run(const struct command *command, char *const *words, char **said)
{
    int status = reported_status(command, words, said);

    ck_assert_msg(status >= 0, "%s did not end by itself", command->name);
    return (enum exit_status)status;
}

void reported_make_case(const char *directory)
{
    char *sample = scratch_source_path("samples/collection");

    ck_assert_int_ne(REPORTED(analyze_command, NULL, (char *)"-o", (char *)directory, sample),
                     EXIT_STATUS_NOTHING_DONE);
    free(sample);
}
