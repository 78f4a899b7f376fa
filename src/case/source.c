/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: one transaction each. The rows of a source and of its computers are written once, at its
 * end, when all is known of them; their ids are given out before. */
#include "case/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char find_id[] = "SELECT id FROM source WHERE path = ?1";
static const char last_ids[] = "SELECT (SELECT max(id) FROM source),"
                               " (SELECT max(id) FROM source_computer),"
                               " (SELECT max(id) FROM kms_client)";
static const char set_unreadable[] = "UPDATE source SET status = ?2, detail = ?3 WHERE id = ?1";
static const char all_paths[] = "SELECT id, path FROM source ORDER BY path";

/* Takes with it all that was read from the source, and the places that have its content. */
static const char delete_one[] = "DELETE FROM source WHERE id = ?1";
static const char delete_copy[] = "DELETE FROM source WHERE id = ?1 AND same_as IS NOT NULL";
static const char find_copy[] = "SELECT id, path, mtime_ns, mtime_is_local FROM source"
                                " WHERE same_as = ?1 ORDER BY path LIMIT 1";
static const char take_place[] =
    "UPDATE source SET path = ?2, mtime_ns = ?3, mtime_is_local = ?4 WHERE id = ?1";

static const struct row_statement insert_source = INSERT_OF(&source_rows);
static const struct row_statement insert_computer = INSERT_OF(&source_computer_rows);
static const struct row_statement insert_span = INSERT_OF(&span_rows);
static const struct row_statement insert_mark = INSERT_OF(&mark_rows);

static int run_on(struct casedb *db, const char *sql, int64_t id, struct error *err)
{
    struct query query = query_of(db, sql);

    query_integer(&query, id);
    return query_run(&query, err);
}

/* A place that has the content of the source takes it over, where there is one: it may be one that
 * cannot be looked at today, and what is known of it is this. *handed says whether it was so. */
static int hand_on(struct casedb *db, int64_t id, bool *handed, struct error *err)
{
    struct query query = query_of(db, find_copy);
    int64_t copy_id, mtime_ns, mtime_is_local;
    struct row row;
    char *path;
    int result;

    query_integer(&query, id);
    result = query_step(&query, err);
    *handed = result == 1;
    if (result != 1)
        return result;
    row = row_of(query.statement);
    copy_id = row_integer(&row);
    path = memory_copy_text(row_text(&row));
    mtime_ns = row_integer(&row);
    mtime_is_local = row_integer(&row);
    query_end(&query);
    result = run_on(db, delete_one, copy_id, err);
    if (result == 0) {
        query = query_of(db, take_place);
        query_integer(&query, id);
        query_text(&query, path);
        query_integer(&query, mtime_ns);
        query_integer(&query, mtime_is_local);
        result = query_run(&query, err);
    }
    free(path);
    return result;
}

/* What is derived does not hold any more. *handed, of the last one: see hand_on. */
static int delete_sources(struct casedb *db, const int64_t *ids, size_t count, bool *handed,
                          struct error *err)
{
    int result = db->has_derived ? schema_delete_derived(db, err) : 0;

    for (size_t index = 0; index < count && result == 0; index++)
        result = run_on(db, delete_copy, ids[index], err);
    for (size_t index = 0; index < count && result == 0; index++) {
        result = hand_on(db, ids[index], handed, err);
        if (result == 0 && !*handed)
            result = run_on(db, delete_one, ids[index], err);
    }
    return result;
}

/* ---- Beginning ---- */

void casedb_forget_open(struct casedb *db)
{
    free(db->source.path);
    free(db->source.sha256);
    free(db->source.read_options);
    source_facts_free_content(&db->source.met);
    clients_forget(&db->source.clients);
    db->source = (struct open_source){0};
    first_last_forget(&db->first_last);
}

bool source_is_behind_all(const struct casedb *db, const char *path)
{
    return db->in_order && (db->last_path == NULL || strcmp(db->last_path, path) < 0);
}

/* Sets *id to that of the source at the path, or 0. */
static int find_source(struct casedb *db, const char *path, int64_t *id, struct error *err)
{
    struct query query = query_of(db, find_id);
    int step;

    *id = 0;
    query_text(&query, path);
    step = query_step(&query, err);
    if (step == 1) {
        struct row row = row_of(query.statement);

        *id = row_integer(&row);
        query_end(&query);
    }
    return step < 0 ? -1 : 0;
}

/* Where other processes wrote, the ids that they gave out are looked up. */
static int find_last_ids(struct casedb *db, struct error *err)
{
    struct query query;
    struct row row;

    if (db->knows_last)
        return 0;
    query = query_of(db, last_ids);
    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    db->last.source = row_integer(&row);
    db->last.computer = row_integer(&row);
    db->last.client = row_integer(&row);
    query_end(&query);
    db->knows_last = true;
    return 0;
}

/* Deletes what an earlier run read from the path; its id, unless another place has it then, is that
 * of the source to be added. */
static int make_way(struct casedb *db, const char *path, int64_t *id, struct error *err)
{
    bool handed = false;

    *id = 0;
    if (source_is_behind_all(db, path))
        return casedb_begin(db, err);
    db->in_order = false;
    if (find_source(db, path, id, err) != 0 || (*id != 0 && casedb_allow_deletions(db, err) != 0) ||
        casedb_begin(db, err) != 0)
        return -1;
    if (*id == 0 || delete_sources(db, id, 1, &handed, err) == 0) {
        *id = handed ? 0 : *id;
        return 0;
    }
    casedb_roll_back(db);
    return -1;
}

int casedb_begin_source(struct casedb *db, const struct source *source, const char *read_options,
                        int64_t *id, struct error *err)
{
    casedb_forget_open(db);
    if (find_last_ids(db, err) != 0 || make_way(db, source->path, id, err) != 0)
        return -1;
    if (*id == 0)
        *id = db->last.source + 1;
    db->is_settled = false;
    db->source = (struct open_source){.last = db->last,
                                      .id = *id,
                                      .path = memory_copy_text(source->path),
                                      .kind = source->kind,
                                      .size_bytes = source->size_bytes,
                                      .mtime_ns = source->mtime_ns,
                                      .mtime_is_local = source->mtime_is_local,
                                      .sha256 = memory_copy_text(source->sha256),
                                      .read_options = memory_copy_text(read_options)};
    return 0;
}

void casedb_set_source_content(struct casedb *db, enum source_kind kind, const char *sha256)
{
    free(db->source.sha256);
    db->source.kind = kind;
    db->source.sha256 = memory_copy_text(sha256);
}

void casedb_let_read_again(struct casedb *db)
{
    free(db->source.read_options);
    db->source.read_options = memory_copy_text("");
}

void casedb_abandon_source(struct casedb *db)
{
    casedb_roll_back(db);
}

/* The case does not tell how observations and findings of one source came in turn. */
void source_keep_order(struct casedb *db)
{
    if (db->source.has_findings && db->source.met.computer_count > 0)
        db->in_order = false;
}

/* ---- Finishing ---- */

int source_write_computer(struct casedb *db, const struct case_computer *row, struct error *err)
{
    return query_run_row(db, &insert_computer, row, err);
}

int source_write_span(struct casedb *db, const struct case_span *span, struct error *err)
{
    struct span_row row = {.span = *span};

    if (texts_id(db, span->channel, &row.channel_id, err) != 0)
        return -1;
    return query_run_row(db, &insert_span, &row, err);
}

int source_write_mark(struct casedb *db, const struct case_mark *mark, struct error *err)
{
    struct mark_row row = {.mark = *mark};

    if (texts_id(db, mark->channel, &row.channel_id, err) != 0)
        return -1;
    return query_run_row(db, &insert_mark, &row, err);
}

int source_end(struct casedb *db, const struct case_source *row, size_t computer_count,
               size_t client_count, struct error *err)
{
    struct open_source *open = &db->source;

    if (query_run_row(db, &insert_source, row, err) != 0 || casedb_commit(db, err) != 0)
        return -1;
    if (open->id > db->last.source)
        db->last.source = open->id;
    db->last.computer += (int64_t)computer_count;
    db->last.client += (int64_t)client_count;
    free(db->last_path);
    db->last_path = open->path;
    open->path = NULL;
    casedb_forget_open(db);
    return 0;
}

/* What is known of a computer that was met: nothing where only recovered or searched records have
 * its name. */
static int write_computer(struct casedb *db, int64_t id, const struct computer_facts *facts,
                          struct error *err)
{
    char *folded_name = text_fold(facts->name);
    struct case_computer row = {
        .id = id,
        .source_id = db->source.id,
        .name = facts->name,
        .folded_name = folded_name,
        .record_count = facts->record_count,
        .first_number = facts->first_number,
        .last_number = facts->last_number,
        .first_number_filetime = facts->first_number_filetime,
        .last_number_filetime = facts->last_number_filetime,
        .last_filetime = facts->last_filetime,
        .forwarded = facts->forwarded,
        .application_count = facts->application_count,
    };
    int result = source_write_computer(db, &row, err);

    free(folded_name);
    return result;
}

/* Which of the facts each computer that was met is known by, or NULL. Returns owned. */
static const struct computer_facts **match_facts(struct source_facts *met,
                                                 const struct source_facts *facts)
{
    const struct computer_facts **known;

    for (size_t index = 0; index < facts->computer_count; index++)
        source_facts_computer(met, facts->computers[index].name);
    known = memory_allocate(met->computer_count, sizeof(struct computer_facts *));
    for (size_t index = 0; index < facts->computer_count; index++) {
        const struct computer_facts *fact = &facts->computers[index];

        known[source_facts_computer(met, fact->name) - met->computers] = fact;
    }
    return known;
}

static int write_computers(struct casedb *db, const struct source_facts *facts, struct error *err)
{
    struct source_facts *met = &db->source.met;
    const struct computer_facts **known = match_facts(met, facts);
    int result = 0;

    for (size_t index = 0; index < met->computer_count && result == 0; index++)
        result = write_computer(db, db->source.last.computer + 1 + (int64_t)index,
                                known[index] != NULL ? known[index] : &met->computers[index], err);
    free(known);
    return result;
}

/* Computers that were met have their ids by their place among those. */
static int64_t id_of_computer(struct casedb *db, const struct source_facts *facts, uint64_t number)
{
    struct source_facts *met = &db->source.met;
    const struct computer_facts *computer =
        source_facts_computer(met, facts->computers[number].name);

    return db->source.last.computer + 1 + (computer - met->computers);
}

static int write_spans(struct casedb *db, const struct source_facts *facts, struct error *err)
{
    int result = 0;

    for (size_t index = 0; index < facts->span_count && result == 0; index++) {
        const struct record_span *span = &facts->spans[index];
        struct case_span row = {
            .computer_id = id_of_computer(db, facts, span->computer),
            .channel = span->channel,
            .recovered = span->recovered,
            .first_record_id = span->first_record_id,
            .last_record_id = span->last_record_id,
            .record_count = span->record_count,
            .first_filetime = span->first_filetime,
            .last_filetime = span->last_filetime,
        };

        result = source_write_span(db, &row, err);
    }
    return result;
}

static int write_marks(struct casedb *db, const struct source_facts *facts, struct error *err)
{
    int result = 0;

    for (size_t index = 0; index < facts->mark_count && result == 0; index++) {
        const struct record_mark *mark = &facts->marks[index];
        struct case_mark row = {
            .computer_id = id_of_computer(db, facts, mark->computer),
            .channel = mark->channel,
            .record_id = mark->record_id,
            .event_filetime = mark->event_filetime,
        };

        result = source_write_mark(db, &row, err);
    }
    return result;
}

/* Events of names that there was no room for are nobody's, and not kept. */
static void add_left_out(uint64_t count, struct case_source *row, struct text *detail)
{
    if (count == 0)
        return;
    if (row->status == SOURCE_STATUS_OK)
        row->status = SOURCE_STATUS_DAMAGED;
    text_add_item_format(detail, "%llu event%s of further computer names left out",
                         (unsigned long long)count, text_plural(count));
}

int casedb_finish_source(struct casedb *db, int64_t source_id, const struct source_facts *facts,
                         int64_t same_as, struct error *err)
{
    const struct open_source *open = &db->source;
    struct text detail = {0};
    int result = 0;
    struct case_source row = {
        .id = open->id,
        .path = open->path,
        .kind = open->kind,
        .size_bytes = open->size_bytes,
        .mtime_ns = open->mtime_ns,
        .mtime_is_local = open->mtime_is_local,
        .sha256 = open->sha256,
        .same_as = same_as,
        .read_options = open->read_options,
        .status = facts->status,
        .record_count = facts->record_count,
        .recovered_count = facts->recovered_count,
        .selected_count = facts->selected_count,
        .undecodable_count = facts->undecodable_count,
        .conflict_count = facts->conflict_count,
        .first_filetime = facts->first_filetime,
        .last_filetime = facts->last_filetime,
    };

    assert(source_id == open->id);
    text_add_items(&detail, text_get(&facts->detail));
    add_left_out(open->left_out_count, &row, &detail);
    row.detail = text_get(&detail);
    if (first_last_finish(db, err) != 0 ||
        (same_as == 0 && (write_computers(db, facts, err) != 0 || clients_write(db, err) != 0 ||
                          write_spans(db, facts, err) != 0 || write_marks(db, facts, err) != 0)))
        result = -1;
    else
        result = source_end(db, &row, open->met.computer_count, open->clients.count, err);
    text_free(&detail);
    return result;
}

int casedb_note_unreadable(struct casedb *db, int64_t id, const char *detail, struct error *err)
{
    struct query query;
    int result;

    if (casedb_begin(db, err) != 0)
        return -1;
    db->is_settled = false;
    result = db->has_derived ? schema_delete_derived(db, err) : 0;
    if (result == 0) {
        query = query_of(db, set_unreadable);
        query_integer(&query, id);
        query_text(&query, source_status_word(SOURCE_STATUS_UNREADABLE));
        query_text(&query, detail);
        result = query_run(&query, err);
    }
    if (result == 0 && casedb_commit(db, err) == 0)
        return 0;
    casedb_roll_back(db);
    return -1;
}

/* ---- The order of places ---- */

/* What a place is known by changes hands between the first place with a content and the one that
 * was read; a path that is unique stands between for a moment. */
static const char exchange_places[] =
    "CREATE TEMP TABLE exchange AS"
    " WITH first AS (SELECT same_as AS read_id, id AS first_id, min(path) AS path FROM source"
    "  WHERE same_as IS NOT NULL GROUP BY same_as)"
    " SELECT first.read_id, first.first_id FROM first JOIN source AS read ON read.id = "
    "first.read_id"
    " WHERE first.path < read.path;"
    "CREATE TEMP TABLE place AS"
    " SELECT e.read_id AS id, s.path, s.mtime_ns, s.mtime_is_local FROM temp.exchange AS e"
    " JOIN source AS s ON s.id = e.first_id UNION ALL"
    " SELECT e.first_id, s.path, s.mtime_ns, s.mtime_is_local FROM temp.exchange AS e"
    " JOIN source AS s ON s.id = e.read_id;"
    "UPDATE source SET path = char(0) || id WHERE id IN (SELECT id FROM temp.place);"
    "UPDATE source SET (path, mtime_ns, mtime_is_local) ="
    " (SELECT p.path, p.mtime_ns, p.mtime_is_local FROM temp.place AS p WHERE p.id = source.id)"
    " WHERE id IN (SELECT id FROM temp.place);"
    "DROP TABLE temp.place; DROP TABLE temp.exchange";

int casedb_order_places(struct casedb *db, struct error *err)
{
    db->in_order = false;
    if (casedb_begin(db, err) != 0)
        return -1;
    if (casedb_execute(db, exchange_places, err) == 0 && casedb_commit(db, err) == 0)
        return 0;
    casedb_roll_back(db);
    return -1;
}

/* ---- Deleting ---- */

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Does it lie below a folder, or in a container, of which all is to be kept? */
static bool lies_in_kept(const char *path, const char *const *paths, size_t path_count)
{
    bool is_kept = false;

    for (const char *at = path; path_count > 0 && !is_kept && (at = strchr(at, '/')) != NULL;
         at++) {
        char *above = memory_copy_bytes(path, (size_t)(at + 1 - path));

        is_kept = bsearch(&above, paths, path_count, sizeof(*paths), compare_paths) != NULL;
        free(above);
    }
    return is_kept;
}

/* Collects the ids of the sources that are not among the paths: returned owned. */
static int find_vanished(struct casedb *db, const char *const *paths, size_t path_count,
                         int64_t **vanished, size_t *count, struct error *err)
{
    struct query query = query_of(db, all_paths);
    size_t next = 0;
    int step;

    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);
        int64_t id = row_integer(&row);
        const char *path = row_text(&row);

        while (next < path_count && strcmp(paths[next], path) < 0)
            next++;
        if ((next < path_count && strcmp(paths[next], path) == 0) ||
            lies_in_kept(path, paths, path_count))
            continue;
        *vanished = memory_grow(*vanished, *count, sizeof(**vanished));
        (*vanished)[(*count)++] = id;
    }
    return step;
}

static int delete_all(struct casedb *db, const int64_t *ids, size_t count, struct error *err)
{
    bool handed;

    if (casedb_allow_deletions(db, err) != 0 || casedb_begin(db, err) != 0)
        return -1;
    if (delete_sources(db, ids, count, &handed, err) == 0 && casedb_commit(db, err) == 0)
        return 0;
    casedb_roll_back(db);
    return -1;
}

int casedb_keep_only_sources(struct casedb *db, const char *const *paths, size_t path_count,
                             size_t *deleted, struct error *err)
{
    int64_t *vanished = NULL;
    size_t count = 0;
    int result = find_vanished(db, paths, path_count, &vanished, &count, err);

    *deleted = 0;
    if (result == 0 && count > 0)
        result = delete_all(db, vanished, count, err);
    if (result == 0)
        *deleted = count;
    free(vanished);
    return result;
}
