/* SPDX-License-Identifier: Apache-2.0 */
/* analyze: from inputs to reports. What the user named is collected and checked before anything
 * is written; then sources go into the case, and verdicts and reports are made from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/finish.h"
#include "app/ingest.h"
#include "app/options.h"
#include "app/output_directory.h"
#include "app/stop.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/text.h"
#include "intake/inventory.h"
#include "intake/walk.h"
#include "report/report.h"

#define DEFAULT_OUTPUT "spptriage-report"

struct analysis {
    struct options options; /* the window may become the case's */
    struct output_directory directory;
    struct casedb *db;
    char **inputs; /* owned: what was named, sorted, each once */
    size_t input_count;
    char *working_folder; /* owned: where relative inputs lie; "" without any */
    struct walk walk;
    struct inventory inventory;
};

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort_inputs(char **inputs, size_t *count)
{
    size_t kept = 0;

    if (*count == 0)
        return;
    qsort(inputs, *count, sizeof(*inputs), compare_texts);
    for (size_t index = 0; index < *count; index++) {
        if (kept > 0 && strcmp(inputs[kept - 1], inputs[index]) == 0)
            free(inputs[index]);
        else
            inputs[kept++] = inputs[index];
    }
    *count = kept;
}

static void find_working_folder(struct analysis *analysis)
{
    bool relative = false;

    for (size_t index = 0; index < analysis->input_count; index++)
        relative = relative || analysis->inputs[index][0] != '/';
    free(analysis->working_folder);
    analysis->working_folder = relative ? getcwd(NULL, 0) : NULL;
    if (analysis->working_folder == NULL)
        analysis->working_folder = memory_copy_text("");
}

/* `folder/` and `folder` are one input. */
static void drop_last_slashes(char *path)
{
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
        path[length - 1] = '\0';
}

static int collect_inputs(struct analysis *analysis, struct error *err)
{
    const struct options *options = &analysis->options;
    int result = 0;

    for (size_t index = 0; result == 0 && index < options->argument_count; index++) {
        const char *argument = options->arguments[index];

        if (strcmp(argument, "-") == 0) {
            result = walk_read_list(stdin, "paths", &analysis->inputs, &analysis->input_count, err);
            continue;
        }
        if (*argument == '\0')
            return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                             "an input is an empty path; name a file or a folder");
        analysis->inputs =
            memory_grow(analysis->inputs, analysis->input_count, sizeof(*analysis->inputs));
        analysis->inputs[analysis->input_count++] = memory_copy_text(argument);
    }
    for (size_t index = 0; index < analysis->input_count; index++)
        drop_last_slashes(analysis->inputs[index]);
    sort_inputs(analysis->inputs, &analysis->input_count);
    if (result == 0 && analysis->input_count == 0)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "no input given; see spptriage analyze --help");
    return result;
}

/* Nothing to read is an error, with the first reason there is. */
static int check_walk(const struct analysis *analysis, struct error *err)
{
    const struct walk *walk = &analysis->walk;

    if (walk->file_count > 0)
        return 0;
    if (walk->entry_count > 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s: %s; there is no other file to read: name the files or folders "
                         "that were collected",
                         walk->entries[0].path, walk->entries[0].problem);
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "%s holds no file to read: name the files or folders that were collected",
                     analysis->inputs[0]);
}

static void walk_inputs(struct analysis *analysis)
{
    walk_free_content(&analysis->walk);
    walk_collect((const char *const *)analysis->inputs, analysis->input_count,
                 &analysis->directory.status, analysis->options.carve, &analysis->walk);
}

static bool inputs_equal(const struct analysis *analysis, const struct case_settings *settings)
{
    if (analysis->input_count != settings->input_count)
        return false;
    for (size_t index = 0; index < analysis->input_count; index++)
        if (strcmp(analysis->inputs[index], settings->inputs[index]) != 0)
            return false;
    return true;
}

static bool windows_equal(const struct window *left, const struct window *right)
{
    return left->start_filetime == right->start_filetime &&
           left->end_filetime == right->end_filetime;
}

/* Adds the inputs of the case to those of this run. */
static void join_inputs(struct analysis *analysis, const struct case_settings *settings)
{
    for (size_t index = 0; index < settings->input_count; index++) {
        analysis->inputs =
            memory_grow(analysis->inputs, analysis->input_count, sizeof(*analysis->inputs));
        analysis->inputs[analysis->input_count++] = memory_copy_text(settings->inputs[index]);
    }
    sort_inputs(analysis->inputs, &analysis->input_count);
}

/* Refuses a case in the output folder, with what to do about it, and about the unfinished case of
 * another run. */
static int refuse_case(const struct analysis *analysis, const char *what, struct error *err)
{
    const struct output_directory *directory = &analysis->directory;

    if (directory->partial_made)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "the output folder %s holds a case %s, or name another folder with -o",
                         directory->path, what);
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "the output folder %s holds the unfinished case %s, or name another folder "
                     "with -o; deleting %s gives the unfinished run up",
                     directory->path, what, directory->partial_path);
}

/* Sets mark[I] for every input that the path is or lies below; `inputs` are sorted. */
static void mark_inputs(const struct analysis *analysis, const char *path, bool *mark)
{
    char *above = memory_copy_text(path);
    size_t length = strlen(above);

    while (length > 0) {
        char *const *found;

        above[length] = '\0';
        found = bsearch(&above, analysis->inputs, analysis->input_count, sizeof(*analysis->inputs),
                        compare_texts);
        if (found != NULL)
            mark[found - analysis->inputs] = true;
        /* To the last slash; "/" is an input, too. */
        for (length--; length > 0 && above[length] != '/'; length--)
            ;
        if (length == 0 && above[0] == '/' && above[1] != '\0')
            length = 1;
    }
    free(above);
}

/* An input that has nothing any more (a share that is not mounted) would silently take its sources
 * out of the case. */
static int check_inputs_are_there(struct analysis *analysis, struct error *err)
{
    bool *had = memory_allocate(analysis->input_count, sizeof(*had));
    bool *has = memory_allocate(analysis->input_count, sizeof(*has));
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    int next = casedb_sources(analysis->db, &cursor, err) == 0 ? 1 : -1;

    while (next == 1 && (next = casedb_next_source(cursor, &source, err)) == 1)
        if (source_kind_is(source.kind, SOURCE_IS_FILE))
            mark_inputs(analysis, source.path, had);
    casedb_cursor_free(cursor);
    for (size_t index = 0; index < analysis->walk.entry_count; index++)
        if (analysis->walk.entries[index].problem == NULL || analysis->walk.entries[index].hides)
            mark_inputs(analysis, analysis->walk.entries[index].path, has);
    for (size_t index = 0; next == 0 && index < analysis->input_count; index++)
        if (had[index] && !has[index])
            next = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                             "%s: nothing to read is there any more, but the case has sources of "
                             "it: bring it back, or begin a new case with -o",
                             analysis->inputs[index]);
    free(had);
    free(has);
    return next;
}

/* Relative inputs are other inputs in another working folder. */
static int check_working_folder(const struct analysis *analysis,
                                const struct case_settings *settings, struct error *err)
{
    bool differs = *settings->folder != '\0' && *analysis->working_folder != '\0' &&
                   strcmp(settings->folder, analysis->working_folder) != 0;

    if (differs)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "the inputs of the case in %s are relative to %s: run the command there, "
                         "or name another folder with -o",
                         analysis->directory.path, settings->folder);
    return 0;
}

/* Refuses another case, or joins this run's inputs to it (--add): then all inputs of the case are
 * walked, so that the result is that of one run over all of them. A run with --add and without
 * --window takes the case's window. */
static int agree_with_case(struct analysis *analysis, const struct case_settings *settings,
                           struct error *err)
{
    struct options *options = &analysis->options;

    if (check_working_folder(analysis, settings, err) != 0)
        return -1;
    if (!options->add && !inputs_equal(analysis, settings))
        return refuse_case(analysis, "of other inputs; use --add when these belong to it", err);
    if (!options->add && !windows_equal(&options->window, &settings->window))
        return refuse_case(analysis, "with another window; use --add to give the case this window",
                           err);
    if (!options->window_given)
        options->window = settings->window;
    if (!inputs_equal(analysis, settings)) {
        join_inputs(analysis, settings);
        find_working_folder(analysis);
        walk_inputs(analysis);
    }
    return check_inputs_are_there(analysis, err);
}

/* Deletes from the case the sources that are not among the inputs any more. What lies in containers
 * is known only once they are unpacked, and what a folder holds that cannot be listed today is not:
 * it stays. */
static int drop_vanished(struct analysis *analysis, struct error *err)
{
    const struct walk *walk = &analysis->walk;
    size_t count = 0;
    char **paths = memory_allocate(3 * walk->entry_count, sizeof(*paths));
    size_t deleted = 0;
    int result;

    for (size_t index = 0; index < walk->entry_count; index++) {
        const struct walk_entry *entry = &walk->entries[index];

        paths[count++] = memory_copy_text(entry->path);
        paths[count++] = memory_format("%s" SOURCE_MEMBER_MARK, entry->path);
        if (entry->hides)
            paths[count++] = memory_format("%s/", entry->path);
    }
    qsort(paths, count, sizeof(*paths), compare_texts);
    result =
        casedb_keep_only_sources(analysis->db, (const char *const *)paths, count, &deleted, err);
    if (result == 0 && deleted > 0 && !analysis->options.quiet)
        say_note("sources of the case that are gone from the inputs and left out: %zu", deleted);
    memory_free_texts(paths, count);
    return result;
}

/* Says that the run goes on with what an earlier one has read. */
static int tell_resumed(const struct analysis *analysis, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    size_t count = 0;
    int next = casedb_sources(analysis->db, &cursor, err) == 0 ? 1 : -1;

    while (next == 1 && (next = casedb_next_source(cursor, &source, err)) == 1)
        count++;
    casedb_cursor_free(cursor);
    if (next == 0 && count > 0 && !analysis->options.quiet)
        say_note("goes on with an earlier run: %zu sources are read already", count);
    return next;
}

static int open_case(struct analysis *analysis, struct error *err)
{
    struct case_settings settings = {0};
    bool old;
    int found = 0;
    int result = output_directory_open_case(&analysis->directory, &analysis->db, &old, err);

    if (result == 0 && old)
        found = casedb_read_settings(analysis->db, &settings, err);
    if (found == 1)
        result = agree_with_case(analysis, &settings, err);
    else if (found < 0)
        result = -1;
    if (result == 0 && analysis->directory.resumed)
        result = tell_resumed(analysis, err);
    if (result == 0 && found == 1)
        result = drop_vanished(analysis, err);
    if (result == 0) {
        struct case_settings joined = {.window = analysis->options.window,
                                       .inputs = analysis->inputs,
                                       .folder = analysis->working_folder,
                                       .input_count = analysis->input_count};

        result = casedb_write_settings(analysis->db, &joined, err);
    }
    case_settings_free_content(&settings);
    return result;
}

/* Can the unfinished case be done without? With --add it is all that tells which other inputs
 * belong to the case: who gives it up has to say so, by deleting it. */
static bool is_of_no_use(const struct analysis *analysis, const struct error *err)
{
    return err->kind == ERROR_CASE && analysis->directory.resumed && !analysis->options.add;
}

/* What an earlier run left may be of another version of this program, or not whole: it would be in
 * the way of every run to come. */
static void give_up_unfinished(struct analysis *analysis, struct error *err)
{
    if (!analysis->options.quiet)
        say_warning("an earlier run left a case that is of no use, and is begun anew: %s",
                    err->message);
    error_clear(err);
    casedb_close(analysis->db);
    analysis->db = NULL;
    output_directory_give_up(&analysis->directory);
}

static int open_some_case(struct analysis *analysis, struct error *err)
{
    int result = open_case(analysis, err);

    if (result == 0 || !is_of_no_use(analysis, err))
        return result;
    give_up_unfinished(analysis, err);
    return open_case(analysis, err);
}

/* Everything between the checks and the reports. */
static int fill_case(struct analysis *analysis, struct error *err)
{
    int result;

    if (analysis->options.sandbox.is_off)
        say_warning("--no-sandbox: what parses the inputs has all rights of the user and any "
                    "memory");
    result = ingest_run(analysis->db, &analysis->walk, &analysis->options, err);

    if (result == 0 && analysis->options.inventory != NULL)
        result =
            finish_store_inventory(analysis->db, &analysis->inventory, &analysis->options, err);
    return result;
}

/* Collects and checks what the user named; writes nothing but the folder and an empty case. */
static int prepare(struct analysis *analysis, struct error *err)
{
    const struct options *options = &analysis->options;

    if (collect_inputs(analysis, err) != 0 ||
        finish_prepare(options, &analysis->inventory, err) != 0 ||
        output_directory_open(options->output != NULL ? options->output : DEFAULT_OUTPUT,
                              &analysis->directory, err) != 0)
        return -1;
    find_working_folder(analysis);
    walk_inputs(analysis);
    if (check_walk(analysis, err) != 0)
        return -1;
    if (open_some_case(analysis, err) == 0)
        return 0;
    casedb_close(analysis->db);
    analysis->db = NULL;
    output_directory_drop_partial(&analysis->directory);
    return -1;
}

static enum exit_status analyze_run(const struct options *options, struct error *err)
{
    struct analysis analysis = {.options = *options, .directory = {.descriptor = -1}};
    enum exit_status status = EXIT_STATUS_NOTHING_DONE;
    struct text shown = {0};
    int result = prepare(&analysis, err);

    if (result == 0) {
        text_add_visible(&shown, analysis.directory.partial_path);
        stop_set_case(text_get(&shown));
        result = fill_case(&analysis, err);
    }
    if (result == 0)
        finish_write(&analysis.directory, &analysis.db, &analysis.options, &status, err);
    stop_set_words("the same command goes on");
    text_free(&shown);
    casedb_close(analysis.db);
    if (is_of_no_use(&analysis, err)) {
        output_directory_give_up(&analysis.directory);
        say_warning("the unfinished case is of no use and was removed: the same command begins "
                    "anew");
    }
    output_directory_close(&analysis.directory);
    walk_free_content(&analysis.walk);
    inventory_free_content(&analysis.inventory);
    memory_free_texts(analysis.inputs, analysis.input_count);
    free(analysis.working_folder);
    return err->kind == ERROR_NONE ? status : EXIT_STATUS_NOTHING_DONE;
}

const struct command analyze_command = {
    .name = "analyze",
    .letters = "ojwcVHPLSiaWEtpqvhn",
    .synopsis = "[options] INPUT...",
    .summary = "Reads what was collected and writes the reports.",
    .details = "INPUT is a file or a folder, or - for a list of paths on standard input: event\n"
               "logs, update databases, registry hives, listings, and archives and disk images\n"
               "of these. The same command goes on with a run that was stopped.\n",
    .run = analyze_run,
};
