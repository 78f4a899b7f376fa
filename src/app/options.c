/* SPDX-License-Identifier: Apache-2.0 */
/* Every option is a row of the table: its letter (which stands for a long-only option too), its
 * words in --help, and what it does. */
#include "app/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "intake/walk.h"
#include "report/report.h"

#define JOBS_MOST 256
#define MIB (UINT64_C(1024) * 1024)
#define HELP_LETTER 'h'
#define HELP_COLUMNS 79
#define HELP_TEXT_COLUMN 28
#define VERSION_LETTER 'n'

static int take_window(const char *text, struct options *out, struct error *err)
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
                         "--window %s: expected START/END in UTC, such as "
                         "2019-01-08T10:00:00Z/2019-01-09T04:30:00Z",
                         text);
    out->window = window;
    out->window_given = true;
    return 0;
}

static int take_progress(const char *text, struct options *out, struct error *err)
{
    static const char *const words[] = {
        [PROGRESS_AUTO] = "auto", [PROGRESS_ALWAYS] = "always", [PROGRESS_NEVER] = "never"};

    for (size_t index = 0; index < ARRAY_COUNT(words); index++) {
        if (strcmp(text, words[index]) == 0) {
            out->progress = (enum progress_mode)index;
            return 0;
        }
    }
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "--progress %s: expected auto, always or never", text);
}

static int take_output(const char *value, struct options *out, struct error *err)
{
    (void)err;
    out->output = value;
    return 0;
}

/* Takes a decimal number from 1 to `most`. */
static int take_number(const char *option, const char *value, size_t most, size_t *out,
                       struct error *err)
{
    uint64_t number = 0;

    if (!text_parse_number(value, &number) || number == 0 || number > most)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "--%s %s: expected a number, 1 to %zu",
                         option, value, most);
    *out = (size_t)number;
    return 0;
}

static int take_jobs(const char *value, struct options *out, struct error *err)
{
    return take_number("jobs", value, JOBS_MOST, &out->jobs, err);
}

static int take_waves(const char *value, struct options *out, struct error *err)
{
    return take_number("waves", value, REPORT_WAVES_MOST, &out->waves, err);
}

static int take_carve(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->carve = true;
    return 0;
}

/* Passwords are lines: blanks at their ends are theirs. */
static int take_password_file(const char *value, struct options *out, struct error *err)
{
    FILE *file = fopen(value, "re");
    int result;

    if (file == NULL)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "--password-file %s: cannot be opened: %m; name a file of passwords",
                         value);
    result = walk_read_list(file, "passwords", &out->passwords, &out->password_count, err);
    fclose(file);
    if (result == 0 && out->password_count == 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "--password-file %s: there is no password in it; write one a line", value);
    return result;
}

/* What a container and a source may cost, each by its name on the command line. */
static const struct {
    const char *name;
    size_t offset_bytes; /* in struct options */
    uint64_t unit;
    uint64_t least, most; /* in units */
} limit_rows[] = {
    {"depth", offsetof(struct options, limits.depth), 1, 1, 16},
    {"members", offsetof(struct options, limits.members), 1, 1, UINT64_C(1000000000)},
    {"size", offsetof(struct options, limits.size_bytes), MIB, 1, UINT64_C(1) << 40},
    {"member-size", offsetof(struct options, limits.member_bytes), MIB, 1, UINT64_C(1) << 40},
    {"ratio", offsetof(struct options, limits.ratio), 1, 1, UINT64_C(1000000)},
    {"memory", offsetof(struct options, limits.memory_bytes), MIB, 8, UINT64_C(1) << 24},
    {"time", offsetof(struct options, sandbox.time_ms), 1000, 1, UINT64_C(1000000)},
    {"reader-memory", offsetof(struct options, sandbox.memory_bytes), MIB, 16, UINT64_C(1) << 24},
};

static int take_limit(const char *value, struct options *out, struct error *err)
{
    const char *equals = strchr(value, '=');
    size_t length = equals != NULL ? (size_t)(equals - value) : 0;
    uint64_t number = 0;

    for (size_t index = 0; index < ARRAY_COUNT(limit_rows) && equals != NULL; index++) {
        if (strlen(limit_rows[index].name) != length ||
            strncmp(limit_rows[index].name, value, length) != 0)
            continue;
        if (!text_parse_number(equals + 1, &number) || number < limit_rows[index].least ||
            number > limit_rows[index].most)
            return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                             "--limit %s: expected a number, %" PRIu64 " to %" PRIu64, value,
                             limit_rows[index].least, limit_rows[index].most);
        *(uint64_t *)((char *)out + limit_rows[index].offset_bytes) =
            number * limit_rows[index].unit;
        return 0;
    }
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "--limit %s: expected depth=N, members=N, size=MIB, member-size=MIB, ratio=N, "
                     "memory=MIB, time=SECONDS or reader-memory=MIB",
                     value);
}

static int take_inventory(const char *value, struct options *out, struct error *err)
{
    (void)err;
    out->inventory = value;
    return 0;
}

static int take_templates(const char *value, struct options *out, struct error *err)
{
    (void)err;
    out->templates = value;
    return 0;
}

static int take_verify(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->verify = true;
    return 0;
}

static int take_no_hash(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->hash = false;
    return 0;
}

static int take_add(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->add = true;
    return 0;
}

static int take_ecs(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->ecs = true;
    return 0;
}

static int take_no_sandbox(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->sandbox.is_off = true;
    return 0;
}

static int take_quiet(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->quiet = true;
    return 0;
}

static int take_verbose(const char *value, struct options *out, struct error *err)
{
    (void)value;
    (void)err;
    out->verbose = true;
    return 0;
}

struct option_row {
    char letter;
    bool letter_shown; /* can be given as -x */
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    int (*take)(const char *value, struct options *out, struct error *err);
};

static const struct option_row rows[] = {
    {'o', true, "output", "DIR",
     "the output folder; default: spptriage-report, for report the folder of the case",
     take_output},
    {'j', true, "jobs", "N", "reader processes, 1 to 256; default: one a core", take_jobs},
    {'w', false, "window", "START/END", "another window, ISO 8601 in UTC", take_window},
    {'c', false, "carve", NULL,
     "search files that are not logs, and block devices, for chunks of event logs", take_carve},
    {'V', false, "verify", NULL,
     "check every checksum, not only those of chunks that hold something of interest", take_verify},
    {'H', false, "no-hash", NULL, "leave SHA-256 out; equal files are met by size and content",
     take_no_hash},
    {'P', false, "password-file", "FILE", "passwords for encrypted archives, one a line",
     take_password_file},
    {'L', false, "limit", "NAME=N",
     "what a container may cost: depth, members, ratio, and in MiB size, member-size, memory; and "
     "a source: time (s), reader-memory (MiB)",
     take_limit},
    {'S', false, "no-sandbox", NULL,
     "let the processes that parse do all that the user may, and take any memory", take_no_sandbox},
    {'i', false, "inventory", "FILE",
     "CSV with a column host: joined to the reports, hosts without a source are not-collected",
     take_inventory},
    {'a', false, "add", NULL, "these inputs belong to the case that the output folder holds",
     take_add},
    {'W', false, "waves", "N",
     "split the host lists of the scripts into a pilot and waves, 1 to 99", take_waves},
    {'E', false, "ecs", NULL,
     "write the timeline with the names of the Elastic Common Schema, too: timeline-ecs.jsonl",
     take_ecs},
    {'t', false, "templates", "DIR", "the folder of other templates for page and scripts",
     take_templates},
    {'p', false, "progress", "WHEN",
     "auto (on a terminal), always (elsewhere a line every 10 s) or never", take_progress},
    {'q', true, "quiet", NULL, "print errors only", take_quiet},
    {'v', true, "verbose", NULL, "print a line for every source", take_verbose},
    {HELP_LETTER, true, "help", NULL, "show this help", NULL},
    {VERSION_LETTER, false, "version", NULL, "show the version", NULL},
};

void options_show_version(void)
{
    puts("spptriage " PACKAGE_VERSION);
}

static bool row_is_taken(const struct option_row *row, const struct command *command)
{
    return strchr(command->letters, row->letter) != NULL;
}

/* Prints the words from that column on, over as many lines as it takes. */
static void print_wrapped(const char *words, size_t column)
{
    size_t used = column;

    for (const char *at = words; *at != '\0';) {
        size_t length = strcspn(at, " ");

        if (used > column && used + 1 + length > HELP_COLUMNS) {
            printf("\n%*s", (int)column, "");
            used = column;
        } else if (used > column) {
            putchar(' ');
            used++;
        }
        printf("%.*s", (int)length, at);
        used += length;
        at += length + strspn(at + length, " ");
    }
    putchar('\n');
}

static void show_help(const struct command *command)
{
    printf("usage: spptriage %s %s\n\n%s\n\n%s\n", command->name, command->synopsis,
           command->summary, command->details);
    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        char *words;

        if (!row_is_taken(&rows[index], command))
            continue;
        words = memory_format("--%s%s%s", rows[index].name, rows[index].argument != NULL ? " " : "",
                              rows[index].argument != NULL ? rows[index].argument : "");
        printf("  %c%c%c %-21s ", rows[index].letter_shown ? '-' : ' ',
               rows[index].letter_shown ? rows[index].letter : ' ',
               rows[index].letter_shown ? ',' : ' ', words);
        print_wrapped(rows[index].help, HELP_TEXT_COLUMN);
        free(words);
    }
}

static int take_option(int letter, const char *value, struct options *out, struct error *err)
{
    for (size_t index = 0; index < ARRAY_COUNT(rows); index++)
        if (rows[index].letter == letter)
            return rows[index].take(value, out, err);
    return 0; /* getopt gives only letters of the table */
}

/* Makes getopt's tables of the rows that the command takes. */
static void make_getopt_tables(const struct command *command, struct option *names,
                               struct text *letters)
{
    size_t count = 0;

    text_add(letters, ":");
    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
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

/* getopt names a short option by its letter; a long one is the word before the next. Without `why`,
 * one that it knows was given a value. */
static void refuse_option(const struct command *command, char **argv, const char *why,
                          struct error *err)
{
    bool is_short = optopt != 0 && strncmp(argv[optind - 1], "--", 2) != 0;
    char *given = is_short ? memory_format("-%c", optopt) : memory_copy_text(argv[optind - 1]);

    if (why == NULL)
        why = !is_short && optopt != 0 ? "takes no value" : "no such option";
    error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: %s; see spptriage %s --help", given, why,
              command->name);
    free(given);
}

enum options_outcome options_read(const struct command *command, int argc, char **argv,
                                  struct options *out, struct error *err)
{
    struct option names[ARRAY_COUNT(rows) + 1];
    struct text letters = {0};
    enum options_outcome outcome = OPTIONS_RUN;
    int letter;

    *out = (struct options){.hash = true,
                            .window = incident_window,
                            .limits = unpack_default_limits,
                            .sandbox = sandbox_default,
                            .templates = TEMPLATES_DIR};
    make_getopt_tables(command, names, &letters);
    opterr = 0;
    while (outcome == OPTIONS_RUN &&
           (letter = getopt_long(argc, argv, text_get(&letters), names, NULL)) != -1) {
        if (letter == HELP_LETTER) {
            show_help(command);
            outcome = OPTIONS_HELP_SHOWN;
        } else if (letter == VERSION_LETTER) {
            options_show_version();
            outcome = OPTIONS_HELP_SHOWN;
        } else if (letter == '?' || letter == ':') {
            refuse_option(command, argv, letter == ':' ? "a value is missing" : NULL, err);
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

void options_free_content(struct options *options)
{
    memory_free_texts(options->passwords, options->password_count);
}
