/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/log.h"
#include "intake/content.h"
#include "intake/twins.h"

static const struct reader *const readers[] = {&evtx_log_reader};

struct reading {
    struct casedb *db;
    const struct options *options;
    struct reader_options reader_options;
    char *read_options; /* owned: what a source has to be read again for */
    struct twins *twins;
    bool show_progress;
};

/* What a sink needs to put an observation into the case. */
struct destination {
    struct casedb *db;
    int64_t source_id;
};

static const struct reader *find_reader(const char *kind)
{
    for (size_t index = 0; index < ARRAY_COUNT(readers); index++)
        if (strcmp(readers[index]->kind, kind) == 0)
            return readers[index];
    return NULL;
}

static int keep_observation(void *context, const struct incident_event *event,
                            const struct observation *observation, struct error *err)
{
    struct destination *destination = context;

    return casedb_add_observation(destination->db, destination->source_id, event, observation, err);
}

/* Puts a source that is not read, or cannot be, into the case with the reason. */
static int note_source(struct reading *reading, const struct source *source,
                       enum source_status status, const char *why, int64_t same_as,
                       struct error *err)
{
    struct source_facts facts = {.status = status};
    int64_t id;
    int result;

    if (why != NULL)
        source_facts_add_detail(&facts, "%s", why);
    result = casedb_begin_source(reading->db, source, reading->read_options, &id, err);
    if (result == 0)
        result = casedb_finish_source(reading->db, id, &facts, same_as, err);
    source_facts_free_content(&facts);
    return result;
}

/* A file that is being written, as a log of the running machine may be, gives a mixed picture. */
static void check_unchanged(const struct source *source, int descriptor, struct source_facts *facts)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || (uint64_t)status.st_size != source->size_bytes ||
        status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec != source->mtime_ns)
        source_facts_add_damage(facts, 0, "the file was changed while it was read");
}

static void print_source(const struct source *source, const struct source_facts *facts)
{
    struct text path = {0};

    text_add_visible(&path, source->path);
    fprintf(stderr, "%s: %s, %" PRIu64 " records, %" PRIu64 " selected\n", text_get(&path),
            source_status_name(facts->status), facts->record_count, facts->selected_count);
    text_free(&path);
}

static int read_source(struct reading *reading, const struct reader *reader,
                       const struct source *source, int descriptor, struct error *err)
{
    struct destination destination = {.db = reading->db};
    struct sink sink = {.context = &destination, .observation = keep_observation};
    struct error source_err = {.source = source->path, .offset_bytes = ERROR_NO_OFFSET};
    struct source_facts facts = {0};
    int result = casedb_begin_source(reading->db, source, reading->read_options,
                                     &destination.source_id, err);

    if (result != 0)
        return result;
    result = reader_read(reader, source, descriptor, &reading->reader_options, &sink, &facts,
                         &source_err);
    if (result != 0 && source_err.kind == ERROR_SOURCE) {
        facts.status = SOURCE_STATUS_UNREADABLE;
        source_facts_add_detail(&facts, "%s", source_err.message);
        result = 0;
    } else if (result != 0) {
        error_set(err, source_err.kind, source_err.offset_bytes, "%s", source_err.message);
    } else {
        check_unchanged(source, descriptor, &facts);
    }
    if (result == 0)
        result = casedb_finish_source(reading->db, destination.source_id, &facts, 0, err);
    else
        casedb_abandon_source(reading->db);
    if (result == 0 && reading->options->verbose && !reading->options->quiet)
        print_source(source, &facts);
    twins_set_id(reading->twins, destination.source_id);
    error_clear(&source_err);
    source_facts_free_content(&facts);
    return result;
}

/* Has the case this source already, as it is now? Sets *unchanged. */
static int find_unchanged(struct reading *reading, const struct source *source, int64_t same_as,
                          bool *unchanged, struct error *err)
{
    struct case_source old;
    int found = casedb_find_source(reading->db, source->path, &old, err);

    *unchanged = false;
    if (found != 1)
        return found;
    *unchanged =
        old.size_bytes == source->size_bytes && old.mtime_ns == source->mtime_ns &&
        old.same_as == same_as && strcmp(old.kind, source->kind) == 0 &&
        strcmp(old.read_options, reading->read_options) == 0 &&
        old.status != SOURCE_STATUS_UNREADABLE &&
        (source->sha256 == NULL ? old.sha256 == NULL
                                : old.sha256 != NULL && strcmp(old.sha256, source->sha256) == 0);
    if (*unchanged && same_as == 0)
        twins_set_id(reading->twins, old.id);
    return 0;
}

/* Takes a log: reads it, unless the case has it or another place has the same content. */
static int take_log(struct reading *reading, const struct reader *reader, struct source *source,
                    int descriptor, struct error *err)
{
    struct error source_err = {.source = source->path, .offset_bytes = ERROR_NO_OFFSET};
    bool unchanged;
    int64_t twin;
    int result;

    if (reading->options->hash && content_hash(descriptor, source, &source_err) != 0) {
        result = source_err.kind == ERROR_RUN
                     ? error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s", source_err.message)
                     : note_source(reading, source, SOURCE_STATUS_UNREADABLE, source_err.message, 0,
                                   err);
        error_clear(&source_err);
        return result;
    }
    twin = twins_find_or_add(reading->twins, source, descriptor);
    if (find_unchanged(reading, source, twin, &unchanged, err) != 0)
        return -1;
    if (unchanged)
        return 0;
    if (twin != 0)
        return note_source(reading, source, SOURCE_STATUS_OK, NULL, twin, err);
    return read_source(reading, reader, source, descriptor, err);
}

static int take_file(struct reading *reading, const struct walk_entry *entry, struct error *err)
{
    struct error source_err = {.source = entry->path, .offset_bytes = ERROR_NO_OFFSET};
    const struct file_kind *kind = NULL;
    const struct reader *reader = NULL;
    struct source source;
    int descriptor = -1;
    int result;

    if (content_open(entry, &descriptor, &source, &kind, &source_err) != 0) {
        result =
            note_source(reading, &source, SOURCE_STATUS_UNREADABLE, source_err.message, 0, err);
    } else if ((reader = find_reader(source.kind)) == NULL) {
        char *why = memory_format("not an event log: %s", kind->name);

        result = note_source(reading, &source, SOURCE_STATUS_SKIPPED, why, 0, err);
        free(why);
    } else {
        result = take_log(reading, reader, &source, descriptor, err);
    }
    error_clear(&source_err);
    source_free_content(&source);
    if (descriptor >= 0)
        close(descriptor);
    return result;
}

static int take_entry(struct reading *reading, const struct walk_entry *entry, struct error *err)
{
    struct source source = {.path = entry->path, .kind = ""};

    if (entry->problem != NULL)
        return note_source(reading, &source, entry->status, entry->problem, 0, err);
    return take_file(reading, entry, err);
}

/* The window decides which clock steps are kept, --verify what counts as damage. */
static char *describe_read_options(const struct options *options)
{
    struct text text = {0};

    filetime_add_text(&text, options->window.start_filetime);
    text_add(&text, "/");
    filetime_add_text(&text, options->window.end_filetime);
    text_add(&text, options->verify ? " every checksum" : "");
    return text_take(&text);
}

int reading_run(struct casedb *db, const struct walk *walk, const struct options *options,
                struct error *err)
{
    struct reading reading = {
        .db = db,
        .options = options,
        .reader_options = {.window = options->window, .verify = options->verify},
        .read_options = describe_read_options(options),
        .twins = twins_new(),
        .show_progress =
            !options->quiet && (options->progress == PROGRESS_ALWAYS ||
                                (options->progress == PROGRESS_AUTO && isatty(STDERR_FILENO))),
    };
    int result = 0;

    for (size_t index = 0; result == 0 && index < walk->entry_count; index++) {
        if (reading.show_progress)
            fprintf(stderr, "\rreading %zu of %zu", index + 1, walk->entry_count);
        result = take_entry(&reading, &walk->entries[index], err);
    }
    if (reading.show_progress)
        fputc('\n', stderr);
    twins_free(reading.twins);
    free(reading.read_options);
    return result;
}
