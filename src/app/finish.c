/* SPDX-License-Identifier: Apache-2.0 */
#include "app/finish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/progress.h"
#include "app/stop.h"
#include "base/memory.h"
#include "base/say.h"
#include "base/text.h"
#include "report/report.h"
#include "verdict/verdict.h"

/* What a warning about the inventory calls it: that of this run, or the one that the case has of an
 * earlier one. */
static const char *inventory_name(const struct options *options)
{
    return options->inventory != NULL ? options->inventory : "the inventory of the case";
}

static void warn_of_rows(const struct options *options, size_t count, const char *which,
                         const char *advice)
{
    if (count > 0)
        say_warning("%s: rows left out%s: %zu; %s", inventory_name(options), which, count, advice);
}

/* Puts the option in front of the message. */
static int name_option(const char *option, struct error *err)
{
    char *message = memory_format("%s: %s", option, err->message);

    free(err->message);
    err->message = message;
    return -1;
}

int finish_prepare(const struct options *options, struct inventory *out, struct error *err)
{
    if (report_check_templates(options->templates, err) != 0)
        return name_option("--templates", err);
    if (options->inventory != NULL && inventory_read(options->inventory, out, err) != 0)
        return name_option("--inventory", err);
    return 0;
}

int finish_store_inventory(struct casedb *db, const struct inventory *inventory,
                           const struct options *options, struct error *err)
{
    size_t repeated = 0;
    bool added;
    int result = casedb_begin_inventory(db, (const char *const *)inventory->columns,
                                        inventory->column_count, err);

    for (size_t index = 0; result == 0 && index < inventory->host_count; index++) {
        result = casedb_add_inventory_host(
            db, inventory->hosts[index],
            (const char *const *)inventory->values + index * inventory->column_count, &added, err);
        repeated += result == 0 && !added;
    }
    if (result == 0)
        result = casedb_finish_inventory(db, err);
    else
        casedb_abandon_inventory(db);
    if (result != 0 || options->quiet)
        return result;
    if (inventory->is_ansi)
        say_warning("%s: not UTF-8: it was read as Windows-1252; save it as CSV in UTF-8",
                    inventory_name(options));
    warn_of_rows(options, repeated, " that repeat a host", "keep one row a host");
    warn_of_rows(options, inventory->rows_without_host, " that name no host",
                 "fill in their cell of the host");
    return 0;
}

/* Of the containers that could not be opened, and of the folders that could not be listed, so many
 * are named. */
#define CONTAINERS_NAMED 8
#define FOLDERS_NAMED 8

/* What became of the sources and of the inventory, counted. */
struct source_counts {
    size_t skipped;
    size_t not_followed;   /* links and special files */
    size_t repeated_hosts; /* of the inventory */
    size_t logs;
    size_t not_whole; /* damaged, unreadable or crashed */
    size_t unopened;  /* containers among these */
    size_t unlisted;  /* folders among these */
    size_t undecodable;
    size_t conflicting; /* with records that the two readers read differently */
};

/* Names a container that could not be opened: what lies in it may have been all of a machine. */
static void warn_of_container(const struct case_source *source, const struct options *options,
                              struct source_counts *out)
{
    if (source->status != SOURCE_STATUS_UNREADABLE ||
        !source_kind_is(source->kind, SOURCE_IS_CONTAINER) || out->unopened++ >= CONTAINERS_NAMED ||
        options->quiet)
        return;
    say_warning("%s could not be opened: %s: %s", source_kind_name(source->kind), source->path,
                source->detail);
}

/* Names a folder that could not be listed, or is empty: it could hold any number of machines. */
static void warn_of_folder(const struct case_source *source, const struct options *options,
                           struct source_counts *out)
{
    if (source->kind != SOURCE_KIND_FOLDER || out->unlisted++ >= FOLDERS_NAMED || options->quiet)
        return;
    say_warning("%s: %s", source->path, source->detail);
}

static int count_sources(struct casedb *db, const struct options *options,
                         struct source_counts *out, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    int next = casedb_sources(db, &cursor, err) == 0 ? 1 : -1;

    while (next == 1 && (next = casedb_next_source(cursor, &source, err)) == 1) {
        out->undecodable += source.undecodable_count > 0;
        out->conflicting += source.conflict_count > 0;
        out->logs += source.status != SOURCE_STATUS_SKIPPED &&
                     source_kind_is(source.kind, SOURCE_IS_OF_LOGS);
        switch (source.status) {
        case SOURCE_STATUS_OK:
            break;
        case SOURCE_STATUS_SKIPPED:
            out->skipped += source.kind != SOURCE_KIND_NONE;
            out->not_followed += source.kind == SOURCE_KIND_NONE;
            break;
        case SOURCE_STATUS_DAMAGED:
        case SOURCE_STATUS_UNREADABLE:
        case SOURCE_STATUS_CRASHED:
            out->not_whole++;
            warn_of_container(&source, options, out);
            warn_of_folder(&source, options, out);
        }
    }
    casedb_cursor_free(cursor);
    return next;
}

static void warn(size_t count, const char *what, const char *folder)
{
    if (count > 0)
        say_warning("%s: %zu; see %s/sources.csv", what, count, folder);
}

/* Warns of what was not read; `folder` is that of the reports. */
static void warn_of_sources(const struct source_counts *counts, const char *folder,
                            const struct options *options)
{
    if (counts->logs == 0)
        say_warning("no event log was among the files; see %s/sources.csv", folder);
    warn(counts->skipped, "files skipped in which there is nothing to read", folder);
    warn(counts->not_followed, "links not followed, and special files", folder);
    if (counts->unopened > CONTAINERS_NAMED)
        warn(counts->unopened - CONTAINERS_NAMED, "more containers that could not be opened",
             folder);
    if (counts->unlisted > FOLDERS_NAMED)
        warn(counts->unlisted - FOLDERS_NAMED, "more folders that could not be listed", folder);
    warn(counts->not_whole, "sources that could not be read whole", folder);
    warn_of_rows(options, counts->repeated_hosts, ", as another row names the same machine",
                 "keep one row a machine");
    warn(counts->undecodable, "sources with records that could not be decoded", folder);
    warn(counts->conflicting, "sources with records read differently by a second reader", folder);
}

static enum exit_status judge_sources(const struct source_counts *counts)
{
    return counts->not_whole > 0 || counts->undecodable > 0 || counts->conflicting > 0
               ? EXIT_STATUS_INCOMPLETE
               : EXIT_STATUS_OK;
}

/* How many different ones there are; puts them in order. */
static size_t count_distinct(int64_t *ids, size_t count)
{
    size_t distinct = 0;

    if (count > 0)
        qsort(ids, count, sizeof(*ids), compare_i64_items);
    for (size_t index = 0; index < count; index++)
        distinct += index == 0 || ids[index] != ids[index - 1];
    return distinct;
}

/* Hosts of the inventory that are no machine of their own: another row names the same machine. One
 * can be several machines, which share its name. */
static int count_repeated_hosts(struct casedb *db, size_t *out, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_inventory_host host;
    struct case_machine machine;
    int64_t *named = NULL;
    size_t named_count = 0;
    int next = casedb_inventory(db, &cursor, err) == 0 ? 1 : -1;

    *out = 0;
    while (next == 1 && (next = casedb_next_inventory_host(cursor, &host, err)) == 1)
        *out += 1;
    casedb_cursor_free(cursor);
    cursor = NULL;
    if (next == 0)
        next = casedb_machines(db, &cursor, err) == 0 ? 1 : -1;
    while (next == 1 && (next = casedb_next_machine(cursor, &machine, err)) == 1) {
        if (machine.inventory_id == 0)
            continue;
        named = memory_grow(named, named_count, sizeof(*named));
        named[named_count++] = machine.inventory_id;
    }
    casedb_cursor_free(cursor);
    *out -= count_distinct(named, named_count);
    free(named);
    return next;
}

/* Lines of the summary whose numbers matter most, where they are not 0. */
static const struct {
    const char *word;
    enum say_colour colour;
} coloured_lines[] = {{"still broken", SAY_BAD}, {"not excluded", SAY_WARNING}};

static enum say_colour colour_of(const char *line, size_t length)
{
    const char *word = line + strspn(line, " ");
    bool is_zero = length < 2 || strncmp(line + length - 2, " 0", 2) == 0;

    for (size_t index = 0; index < ARRAY_COUNT(coloured_lines) && !is_zero; index++)
        if (strncmp(word, coloured_lines[index].word, strlen(coloured_lines[index].word)) == 0)
            return coloured_lines[index].colour;
    return SAY_PLAIN;
}

static void print_table(const char *summary)
{
    for (const char *line = summary; *line != '\0';) {
        size_t length = strcspn(line, "\n");

        say_put(stdout, colour_of(line, length), line, length);
        putchar('\n');
        line += length + (line[length] == '\n');
    }
}

/* The reports are what the exit status is about: a summary that nobody takes (a closed or full
 * standard output, a pipe whose reader is gone) changes nothing in them, so it is said, and the
 * status stays the one that they have. */
static void print_summary(const char *summary, const char *path)
{
    struct text line = {0};

    text_add_visible(&line, path);
    print_table(summary);
    printf("\nreports: %s\n", text_get(&line));
    printf("page: %s/report.html\n", text_get(&line));
    printf("lists and scripts: %s/remediation\n", text_get(&line));
    if (fflush(stdout) != 0 || ferror(stdout))
        say_warning("the reports are complete in %s, but their summary could not be written to "
                    "standard output: %m",
                    path);
    text_free(&line);
}

int finish_write(struct output_directory *directory, struct casedb **db,
                 const struct options *options, enum exit_status *status, struct error *err)
{
    struct source_counts counts = {0};
    char *summary = NULL;
    size_t summary_bytes = 0;
    FILE *memory = open_memstream(&summary, &summary_bytes);
    const struct report_options reports = {.output_path = directory->path,
                                           .templates_path = options->templates,
                                           .window = options->window,
                                           .wave_count = options->waves,
                                           .ecs = options->ecs};
    int result;

    if (memory == NULL)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot make the summary: %m");
    else
        result = output_directory_settle(directory, db, err);
    progress_show_step(options, "making the verdicts");
    if (result == 0)
        result = verdict_derive(*db, &options->window, err);
    if (result == 0)
        result = count_sources(*db, options, &counts, err);
    if (result == 0)
        result = count_repeated_hosts(*db, &counts.repeated_hosts, err);
    if (result == 0)
        result = report_summary(*db, memory, err);
    if (memory != NULL)
        fclose(memory);
    progress_show_step(options, "writing the reports");
    if (result == 0)
        result = output_directory_finish(directory, db, &reports, err);
    if (result == 0)
        stop_set_words("the reports are complete");
    casedb_close(*db);
    *db = NULL;
    say_progress("");
    if (result == 0)
        *status = judge_sources(&counts);
    if (result == 0 && !options->quiet) {
        warn_of_sources(&counts, directory->path, options);
        print_summary(summary, directory->path);
    }
    free(summary);
    return result;
}
