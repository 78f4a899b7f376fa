/* SPDX-License-Identifier: Apache-2.0 */
/* options: what stands on the command line (DESIGN section 8). Options borrow argv. */
#ifndef SPPTRIAGE_APP_OPTIONS_H
#define SPPTRIAGE_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/incident.h"
#include "worker/sandbox.h"
#include "worker/unpack.h"

/* Exit statuses (DESIGN section 8). */
enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_NOTHING_DONE = 1,
    EXIT_STATUS_INCOMPLETE = 2, /* reports complete, but some source was not read whole */
};

enum progress_mode {
    PROGRESS_AUTO, /* where standard error is a terminal */
    PROGRESS_ALWAYS,
    PROGRESS_NEVER,
};

struct options {
    const char *output;    /* NULL: the command's default */
    const char *inventory; /* NULL: none given */
    const char *templates;
    struct window window;
    bool window_given;
    size_t waves; /* of the host lists; 0: not given */
    size_t jobs;  /* reader processes; 0: not given, one a core */
    struct unpack_limits limits;
    struct sandbox sandbox;
    char **passwords; /* owned: of encrypted archives */
    size_t password_count;
    bool carve;
    bool verify;
    bool hash;
    bool add;
    bool ecs;
    bool quiet;
    bool verbose;
    enum progress_mode progress;
    char *const *arguments; /* what is not an option */
    size_t argument_count;
};

/* One command of the program: a row of the table in main.c. */
struct command {
    const char *name;
    const char *letters;  /* the options that it takes, each by its letter (options.c) */
    const char *synopsis; /* "[options] INPUT..." */
    const char *summary;  /* what it does, in one line of --help */
    const char *details;  /* lines of its own --help, each ended */
    enum exit_status (*run)(const struct options *options, struct error *err);
};

extern const struct command analyze_command;
extern const struct command report_command;

enum options_outcome {
    OPTIONS_RUN,
    OPTIONS_HELP_SHOWN, /* or the version */
    OPTIONS_WRONG,      /* *err says what */
};

/* Reads the options of a command from argv (argv[0] is the command's name). */
enum options_outcome options_read(const struct command *command, int argc, char **argv,
                                  struct options *out, struct error *err);

void options_free_content(struct options *options);

/* Prints the program's name and version. */
void options_show_version(void);

#endif
