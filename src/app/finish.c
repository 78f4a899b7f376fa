/* SPDX-License-Identifier: Apache-2.0 */
#include "app/finish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/stop.h"
#include "base/text.h"
#include "report/report.h"
#include "verdict/verdict.h"

/* Begins the line of a warning about the inventory: that of this run, or the one that the case has
 * of an earlier one. */
static void name_inventory(const struct options *options)
{
    struct text name = {0};

    text_add_visible(&name,
                     options->inventory != NULL ? options->inventory : "the inventory of the case");
    fprintf(stderr, "spptriage: warning: %s: ", text_get(&name));
    text_free(&name);
}

static void warn_of_rows(const struct options *options, size_t count, const char *which,
                         const char *advice)
{
    if (count == 0)
        return;
    name_inventory(options);
    fprintf(stderr, "rows left out%s: %zu; %s\n", which, count, advice);
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
    if (inventory->is_ansi) {
        name_inventory(options);
        fputs("not UTF-8: it was read as Windows-1252; save it as CSV in UTF-8\n", stderr);
    }
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
    struct text line = {0};

    if (source->status != SOURCE_STATUS_UNREADABLE ||
        !source_kind_is(source->kind, SOURCE_IS_CONTAINER) || out->unopened++ >= CONTAINERS_NAMED ||
        options->quiet)
        return;
    text_add_visible(&line, source->path);
    text_add(&line, ": ");
    text_add_visible(&line, source->detail);
    fprintf(stderr, "spptriage: warning: %s could not be opened: %s\n",
            source_kind_name(source->kind), text_get(&line));
    text_free(&line);
}

/* Names a folder that could not be listed, or is empty: it could hold any number of machines. */
static void warn_of_folder(const struct case_source *source, const struct options *options,
                           struct source_counts *out)
{
    struct text line = {0};

    if (source->kind != SOURCE_KIND_FOLDER || out->unlisted++ >= FOLDERS_NAMED || options->quiet)
        return;
    text_add_visible(&line, source->path);
    text_add(&line, ": ");
    text_add_visible(&line, source->detail);
    fprintf(stderr, "spptriage: warning: %s\n", text_get(&line));
    text_free(&line);
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

static void warn(size_t count, const char *what)
{
    if (count > 0)
        fprintf(stderr, "spptriage: warning: %s: %zu; see sources.csv\n", what, count);
}

static enum exit_status judge_sources(const struct source_counts *counts,
                                      const struct options *options)
{
    if (!options->quiet) {
        if (counts->logs == 0)
            fputs("spptriage: warning: no event log was among the files; see sources.csv\n",
                  stderr);
        warn(counts->skipped, "files skipped in which there is nothing to read");
        warn(counts->not_followed, "links not followed, and special files");
        if (counts->unopened > CONTAINERS_NAMED)
            warn(counts->unopened - CONTAINERS_NAMED, "more containers that could not be opened");
        if (counts->unlisted > FOLDERS_NAMED)
            warn(counts->unlisted - FOLDERS_NAMED, "more folders that could not be listed");
        warn(counts->not_whole, "sources that could not be read whole");
        warn_of_rows(options, counts->repeated_hosts, ", as another row names the same machine",
                     "keep one row a machine");
        warn(counts->undecodable, "sources with records that could not be decoded");
        warn(counts->conflicting, "sources with records read differently by a second reader");
    }
    return counts->not_whole > 0 || counts->undecodable > 0 || counts->conflicting > 0
               ? EXIT_STATUS_INCOMPLETE
               : EXIT_STATUS_OK;
}

/* Hosts of the inventory that are no machine of their own: another row names the same machine. */
static int count_repeated_hosts(struct casedb *db, size_t *out, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_inventory_host host;
    struct case_machine machine;
    int next = casedb_inventory(db, &cursor, err) == 0 ? 1 : -1;

    *out = 0;
    while (next == 1 && (next = casedb_next_inventory_host(cursor, &host, err)) == 1)
        *out += 1;
    casedb_cursor_free(cursor);
    cursor = NULL;
    if (next == 0)
        next = casedb_machines(db, &cursor, err) == 0 ? 1 : -1;
    while (next == 1 && (next = casedb_next_machine(cursor, &machine, err)) == 1)
        *out -= machine.inventory_id != 0;
    casedb_cursor_free(cursor);
    return next;
}

/* The reports are what the exit status is about: a summary that nobody takes (a closed or full
 * standard output, a pipe whose reader is gone) changes nothing in them, so it is said, and the
 * status stays the one that they have. */
static void print_summary(const char *summary, const char *path)
{
    struct text line = {0};

    text_add_visible(&line, path);
    printf("%s\nreports: %s\n", summary, text_get(&line));
    if (fflush(stdout) != 0 || ferror(stdout))
        fprintf(
            stderr,
            "spptriage: warning: the reports are complete in %s, but their summary could not be "
            "written to standard output: %m\n",
            text_get(&line));
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
                                           .wave_count = options->waves};
    int result;

    if (memory == NULL)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot make the summary: %m");
    else
        result = output_directory_settle(directory, db, err);
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
    if (result == 0)
        result = output_directory_finish(directory, db, &reports, err);
    if (result == 0)
        stop_set_words("the reports are complete");
    casedb_close(*db);
    *db = NULL;
    if (result == 0)
        *status = judge_sources(&counts, options);
    if (result == 0 && !options->quiet)
        print_summary(summary, directory->path);
    free(summary);
    return result;
}
