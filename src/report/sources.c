/* SPDX-License-Identifier: Apache-2.0 */
#include "report/writers.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/format.h"

static const char *const columns[] = {
    "path",           "kind",    "bytes",    "sha256",
    "machines",       "records", "selected", "first_event_utc",
    "last_event_utc", "status",  "detail",
};

static int take_content(struct casedb *db, struct case_source *copy, struct text *detail,
                        struct error *err)
{
    struct case_source content;
    int found = casedb_find_source(db, copy->same_as_path, &content, err);

    if (found != 1)
        return found;
    if (copy->status != SOURCE_STATUS_UNREADABLE)
        copy->status = content.status;
    copy->record_count = content.record_count;
    copy->recovered_count = content.recovered_count;
    copy->selected_count = content.selected_count;
    copy->undecodable_count = content.undecodable_count;
    copy->conflict_count = content.conflict_count;
    copy->first_filetime = content.first_filetime;
    copy->last_filetime = content.last_filetime;
    text_add_items(detail, content.detail);
    return 0;
}

/* Clients that make no row are counted here. */
static int add_clients(struct casedb *db, const struct case_source *source, struct text *detail,
                       struct error *err)
{
    struct case_client_counts counts;

    if (source->selected_count == 0)
        return 0;
    if (casedb_count_clients(db, source->id, &counts, err) != 0)
        return -1;
    if (counts.all > 0)
        text_add_item_format(detail, "requests of %" PRIu64 " KMS client%s", counts.all,
                             text_plural(counts.all));
    if (counts.other > 0)
        text_add_item_format(detail,
                             "%" PRIu64 " of these clients not Windows 7 by what they asked for: "
                             "no row for them alone",
                             counts.other);
    if (counts.clones > 0)
        text_add_item_format(detail,
                             "%" PRIu64 " of these clients are clones, which have one client "
                             "machine id with others and do not count as several for the host",
                             counts.clones);
    return 0;
}

static void add_same_as(const struct case_source *source, struct text *detail)
{
    struct text path = {0};

    text_add_path(&path, source->same_as_path);
    text_add_item_format(detail, "same content as %s", text_get(&path));
    text_free(&path);
}

int sources_complete(struct casedb *db, struct case_source *source, struct text *detail,
                     bool *remarked, struct error *err)
{
    char *remarks = NULL;

    text_free(detail);
    if (source->same_as != 0) {
        add_same_as(source, detail);
        text_add_items(detail, source->detail); /* that it cannot be read any more */
        if (take_content(db, source, detail, err) != 0)
            return -1;
    } else {
        text_add(detail, source->detail);
    }
    if (add_clients(db, source, detail, err) != 0 ||
        casedb_source_remarks(db, source->id, &remarks, err) != 0)
        return -1;
    text_add_items(detail, remarks);
    if (remarked != NULL)
        *remarked = *remarks != '\0';
    free(remarks);
    source->detail = text_get(detail);
    return 0;
}

static int write_source(struct csv_writer *csv, struct casedb *db, const struct case_source *source,
                        struct error *err)
{
    char *machines = NULL;

    if (casedb_source_machines(db, source->id, &machines, err) != 0)
        return -1;
    csv_path(csv, source->path);
    csv_cell(csv, source_kind_word(source->kind));
    csv_number(csv, source->size_bytes);
    csv_cell(csv, source->sha256 != NULL ? source->sha256 : "");
    csv_cell(csv, machines);
    csv_number(csv, source->record_count);
    csv_number(csv, source->selected_count);
    csv_time(csv, source->first_filetime);
    csv_time(csv, source->last_filetime);
    csv_cell(csv, source_status_word(source->status));
    csv_cell(csv, source->detail);
    csv_end_row(csv);
    free(machines);
    return 0;
}

int sources_write(struct casedb *db, struct staging *out, struct error *err)
{
    struct casedb_cursor *sources = NULL;
    struct case_source source;
    struct text detail = {0};
    struct csv_writer csv = {0};
    int result = -1;
    int found;

    if (casedb_sources(db, &sources, err) != 0 ||
        staging_create(out, "sources.csv", &csv.file, err) != 0)
        goto out;
    csv_row(&csv, columns, ARRAY_COUNT(columns));
    while ((found = casedb_next_source(sources, &source, err)) == 1)
        if (sources_complete(db, &source, &detail, NULL, err) != 0 ||
            write_source(&csv, db, &source, err) != 0)
            goto out;
    if (found == 0)
        result = staging_close(out, csv.file, err);
out:
    csv_free_content(&csv);
    casedb_cursor_free(sources);
    text_free(&detail);
    return result;
}
