/* SPDX-License-Identifier: Apache-2.0 */
/* Every option is a row of the table: its letter (which stands for a long-only option too), its
 * words in --help, and where its value goes. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

struct option_row {
    char letter;
    bool letter_shown; /* can be given as -x */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
};

static const struct option_row rows[] = {
    {'o', true, "output", "DIR", "the output folder"},
    {'w', false, "window", "START/END", "another window, ISO 8601 in UTC"},
    {'V', false, "verify", NULL,
     "check every checksum, not only those of chunks that hold something of interest"},
    {'H', false, "no-hash", NULL, "leave SHA-256 out; equal files are met by size and content"},
    {'i', false, "inventory", "FILE",
     "CSV with a column host: joined to the reports, hosts without a source are not-collected"},
    {'a', false, "add", NULL, "these inputs belong to the case that the output folder holds"},
    {'t', false, "templates", "DIR", "other templates"},
    {'p', false, "progress", "WHEN", "auto, always or never"},
    {'q', true, "quiet", NULL, "print errors only"},
    {'v', true, "verbose", NULL, "print a line for every source"},
    {'h', true, "help", NULL, "show this help"},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool row_is_taken(const struct option_row *row, const struct command *command)
{
    return strchr(command->letters, row->letter) != NULL;
}

static void show_help(const struct command *command)
{
    printf("usage: spptriage %s %s\n%s\n\n", command->name, command->synopsis, command->purpose);
    for (size_t index = 0; index < ROW_COUNT; index++) {
        char *words;

        if (!row_is_taken(&rows[index], command))
            continue;
        words = memory_format("--%s%s%s", rows[index].name, rows[index].argument != NULL ? " " : "",
                              rows[index].argument != NULL ? rows[index].argument : "");
        printf("  %c%c%c %-22s %s\n", rows[index].letter_shown ? '-' : ' ',
               rows[index].letter_shown ? rows[index].letter : ' ',
               rows[index].letter_shown ? ',' : ' ', words, rows[index].help);
        free(words);
    }
}

static int read_window(const char *text, struct window *out, struct error *err)
{
    const char *slash = strchr(text, '/');
    char *start = memory_copy_bytes(text, slash != NULL ? (size_t)(slash - text) : strlen(text));
    struct window window = {0};
    bool is_window = slash != NULL && filetime_parse(start, &window.start_filetime) &&
                     filetime_parse(slash + 1, &window.end_filetime) &&
                     window.start_filetime != 0 && window.start_filetime <= window.end_filetime;

    free(start);
    if (!is_window)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "--window %s: wanted START/END in UTC, such as "
                         "2019-01-08T10:00:00Z/2019-01-09T04:30:00Z",
                         text);
    *out = window;
    return 0;
}

static int read_progress(const char *text, enum progress_mode *out, struct error *err)
{
    static const char *const words[] = {
        [PROGRESS_AUTO] = "auto", [PROGRESS_ALWAYS] = "always", [PROGRESS_NEVER] = "never"};

    for (size_t index = 0; index < sizeof(words) / sizeof(words[0]); index++) {
        if (strcmp(text, words[index]) == 0) {
            *out = (enum progress_mode)index;
            return 0;
        }
    }
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "--progress %s: wanted auto, always or never",
                     text);
}

static int take_option(int letter, const char *value, struct options *out, struct error *err)
{
    switch (letter) {
    case 'o':
        out->output = value;
        return 0;
    case 'w':
        out->window_given = true;
        return read_window(value, &out->window, err);
    case 'V':
        out->verify = true;
        return 0;
    case 'H':
        out->hash = false;
        return 0;
    case 'i':
        out->inventory = value;
        return 0;
    case 'a':
        out->add = true;
        return 0;
    case 't':
        out->templates = value;
        return 0;
    case 'p':
        return read_progress(value, &out->progress, err);
    case 'q':
        out->quiet = true;
        return 0;
    default: /* 'v': getopt gives only letters of the table */
        out->verbose = true;
        return 0;
    }
}

/* Makes getopt's tables of the rows that the command takes. */
static void make_getopt_tables(const struct command *command, struct option *names,
                               struct text *letters)
{
    size_t count = 0;

    text_add(letters, ":");
    for (size_t index = 0; index < ROW_COUNT; index++) {
        if (!row_is_taken(&rows[index], command))
            continue;
        names[count++] = (struct option){.name = rows[index].name,
                                         .has_arg = rows[index].argument != NULL ? required_argument
                                                                                 : no_argument,
                                         .val = rows[index].letter};
        if (rows[index].letter_shown)
            text_add_format(letters, "%c%s", rows[index].letter,
                            rows[index].argument != NULL ? ":" : "");
    }
    names[count] = (struct option){0};
}

static int refuse(const struct command *command, const char *given, const char *why,
                  struct error *err)
{
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: %s; see spptriage %s --help", given, why,
                     command->name);
}

enum options_outcome options_read(const struct command *command, int argc, char **argv,
                                  struct options *out, struct error *err)
{
    struct option names[ROW_COUNT + 1];
    struct text letters = {0};
    enum options_outcome outcome = OPTIONS_RUN;
    int letter;

    *out = (struct options){.hash = true, .window = incident_window, .templates = TEMPLATES_DIR};
    make_getopt_tables(command, names, &letters);
    opterr = 0;
    while (outcome == OPTIONS_RUN &&
           (letter = getopt_long(argc, argv, text_get(&letters), names, NULL)) != -1) {
        if (letter == 'h') {
            show_help(command);
            outcome = OPTIONS_HELP_SHOWN;
        } else if (letter == '?' || letter == ':') {
            refuse(command, argv[optind - 1],
                   letter == ':' ? "a value is missing" : "no such option", err);
            outcome = OPTIONS_WRONG;
        } else if (take_option(letter, optarg, out, err) != 0) {
            outcome = OPTIONS_WRONG;
        }
    }
    text_free(&letters);
    out->arguments = argv + optind;
    out->argument_count = (size_t)(argc - optind);
    return outcome;
}
