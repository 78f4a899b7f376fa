/* SPDX-License-Identifier: Apache-2.0 */
/* main: commands and dispatch. Prints the error that a command ends with: one line, what and where.
 * Warnings and progress are printed by the command while it runs, and base/memory ends the process
 * when there is none. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "app/options.h"
#include "app/stop.h"
#include "base/memory.h"
#include "base/say.h"

static const struct command *const commands[] = {&analyze_command, &report_command};

/* On one screen of 24 lines by 80 columns. */
static void show_help(void)
{
    puts("spptriage: which machines the activation incident of 8/9 January 2019\n"
         "(KB 4487266) broke, with evidence, and what to do on each\n");
    for (size_t index = 0; index < ARRAY_COUNT(commands); index++)
        printf("  spptriage %s %s\n      %s\n", commands[index]->name, commands[index]->synopsis,
               commands[index]->summary);
    puts("\nFor example:\n"
         "  spptriage analyze -o report collected/\n"
         "  spptriage report --inventory machines.csv report\n"
         "\nOpen report.html of the output folder first.\n"
         "\nExit status: 0 all was read; 1 nothing was done, one line says why;\n"
         "2 the reports are complete, but some source was not read whole (sources.csv).\n"
         "\nspptriage COMMAND --help shows the options of a command; --version the version.");
}

static enum exit_status run_command(const struct command *command, int argc, char **argv)
{
    enum exit_status status = EXIT_STATUS_NOTHING_DONE;
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct options options;

    switch (options_read(command, argc, argv, &options, &err)) {
    case OPTIONS_RUN:
        status = command->run(&options, &err);
        break;
    case OPTIONS_HELP_SHOWN:
        status = EXIT_STATUS_OK;
        break;
    case OPTIONS_WRONG:
        break;
    }
    if (err.kind != ERROR_NONE)
        say_error(err.message);
    error_clear(&err);
    options_free_content(&options);
    return status;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};

    stop_prepare();
    setlocale(LC_MESSAGES, "C");
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        show_help();
        return EXIT_STATUS_OK;
    }
    if (strcmp(word, "--version") == 0) {
        options_show_version();
        return EXIT_STATUS_OK;
    }
    for (size_t index = 0; index < ARRAY_COUNT(commands); index++)
        if (strcmp(word, commands[index]->name) == 0)
            return (int)run_command(commands[index], argc - 1, argv + 1);
    error_set(&err, ERROR_RUN, ERROR_NO_OFFSET, "%s%s; see spptriage --help", word,
              *word == '\0' ? "no command given" : ": no such command");
    say_error(err.message);
    error_clear(&err);
    return EXIT_STATUS_NOTHING_DONE;
}
