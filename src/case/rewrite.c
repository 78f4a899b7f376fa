/* SPDX-License-Identifier: Apache-2.0 */
/* Equal content is equal bytes, whatever was read again, deleted or added on the way. A new case
 * that was written in order of paths in one go, with nothing deleted or replaced, has the bytes
 * that its content gives: SQLite makes the same of the same statements. Any other case is written
 * anew in that way, into another file. Ids are then given out again in the order of writing, which
 * is that of the paths and, within a source, that of its rows; texts that nothing refers to, and
 * what is derived, are left behind. */
#include "case/internal.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Nothing that is written here outlives a failure, or a killed process. */
static const char be_quick[] = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF";

static const char all_ids[] = "SELECT id FROM source ORDER BY path";

#define OF_COMPUTERS                                                 \
    "FROM source AS place JOIN source AS read ON read.id = place.id" \
    " JOIN source_computer AS c ON c.source_id = place.id WHERE place.id = ?1 ORDER BY c.id"
static const struct row_statement computers_of_source =
    SELECT_OF(&source_computer_rows, OF_COMPUTERS);
static const struct row_statement observations_of_source =
    SELECT_OF(&observation_rows, OBSERVATIONS_OF_MACHINES " WHERE c.source_id = ?1 ORDER BY o.id");
static const struct row_statement clients_of_source =
    SELECT_OF(&client_rows, "FROM kms_client AS k WHERE k.source_id = ?1 ORDER BY k.id");
static const struct row_statement spans_of_source =
    SELECT_OF(&span_rows, "FROM source_computer AS c JOIN record_span AS r ON r.computer_id = c.id"
                          " LEFT JOIN text AS channel ON channel.id = r.channel_id"
                          " WHERE c.source_id = ?1 ORDER BY r.rowid");
static const struct row_statement marks_of_source =
    SELECT_OF(&mark_rows, "FROM source_computer AS c JOIN record_mark AS k ON k.computer_id = c.id"
                          " LEFT JOIN text AS channel ON channel.id = k.channel_id"
                          " WHERE c.source_id = ?1 ORDER BY k.rowid");
static const struct row_statement findings_of_source =
    SELECT_OF(&finding_rows, "FROM source_host AS h JOIN finding AS f ON f.host_id = h.id"
                             " JOIN (SELECT 0 AS place_id, '' AS path, 0 AS mtime_ns,"
                             "  0 AS mtime_is_local, 0 AS is_guess) AS where_said"
                             " WHERE h.source_id = ?1 ORDER BY f.id");

struct new_id {
    int64_t former;
    int64_t id;
};

struct id_list {
    struct new_id *ids; /* owned: in order of the former ones, once sorted */
    size_t count;
};

/* From one case to the other. */
struct rewrite {
    struct casedb *from;
    struct casedb *to;
    struct id_list sources;   /* all */
    struct id_list computers; /* of one source */
    struct id_list clients;   /* the same */
};

/* ---- Ids ---- */

static void add_id(struct id_list *list, int64_t former, int64_t id)
{
    list->ids = memory_grow(list->ids, list->count, sizeof(*list->ids));
    list->ids[list->count++] = (struct new_id){former, id};
}

static int compare_ids(const void *left, const void *right)
{
    int64_t one = ((const struct new_id *)left)->former;
    int64_t other = ((const struct new_id *)right)->former;

    return one < other ? -1 : one > other;
}

static void sort_ids(struct id_list *list)
{
    if (list->count > 0)
        qsort(list->ids, list->count, sizeof(*list->ids), compare_ids);
}

/* 0 for 0. */
static int64_t find_id(const struct id_list *list, int64_t former)
{
    struct new_id sought = {.former = former};
    const struct new_id *found =
        list->count > 0 ? bsearch(&sought, list->ids, list->count, sizeof(*list->ids), compare_ids)
                        : NULL;

    return found != NULL ? found->id : 0;
}

static int number_sources(struct rewrite *rewrite, struct error *err)
{
    struct query query = query_of(rewrite->from, all_ids);
    int step;

    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);

        add_id(&rewrite->sources, row_integer(&row), (int64_t)rewrite->sources.count + 1);
    }
    sort_ids(&rewrite->sources);
    return step;
}

/* Their order is that of their former ids. */
static int number_computers(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_computer computer;
    int step = cursor_open_of(rewrite->from, &computers_of_source, source_id, &cursor, err);

    rewrite->computers.count = 0;
    while (step == 0 && (step = cursor_next(cursor, &computer, err)) == 1) {
        add_id(&rewrite->computers, computer.id,
               rewrite->to->last.computer + 1 + (int64_t)rewrite->computers.count);
        step = 0;
    }
    casedb_cursor_free(cursor);
    return step;
}

static int number_clients(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_client client;
    int step = cursor_open_of(rewrite->from, &clients_of_source, source_id, &cursor, err);

    rewrite->clients.count = 0;
    while (step == 0 && (step = cursor_next(cursor, &client, err)) == 1) {
        add_id(&rewrite->clients, client.id,
               rewrite->to->last.client + 1 + (int64_t)rewrite->clients.count);
        step = 0;
    }
    casedb_cursor_free(cursor);
    return step;
}

/* ---- Rows ---- */

static int write_observations(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct observation_row row = {0};
    int step = cursor_open_of(rewrite->from, &observations_of_source, source_id, &cursor, err);

    while (step == 0 && (step = cursor_next(cursor, &row, err)) == 1) {
        row.id = 0;
        row.computer_id = find_id(&rewrite->computers, row.computer_id);
        row.seen.client_id = find_id(&rewrite->clients, row.seen.client_id);
        row.seen.role = ROLE_BY_ITSELF;
        row.seen.wrong_clock = false;
        row.seen.placed_filetime = 0;
        row.seen.placed_in_window = false;
        step = observation_insert(rewrite->to, &row, err);
    }
    casedb_cursor_free(cursor);
    return step;
}

static int write_findings(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct finding_row row = {0};
    int step = cursor_open_of(rewrite->from, &findings_of_source, source_id, &cursor, err);

    while (step == 0 && (step = finding_read(cursor, &row, err)) == 1)
        step = casedb_add_finding(rewrite->to, rewrite->to->source.id, &row.said.finding, err);
    casedb_cursor_free(cursor);
    return step;
}

static int write_computers(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_computer row;
    int step = cursor_open_of(rewrite->from, &computers_of_source, source_id, &cursor, err);

    while (step == 0 && (step = cursor_next(cursor, &row, err)) == 1) {
        row.id = find_id(&rewrite->computers, row.id);
        row.source_id = rewrite->to->source.id;
        row.machine_id = 0;
        row.decides = false;
        step = source_write_computer(rewrite->to, &row, err);
    }
    casedb_cursor_free(cursor);
    return step;
}

static int write_clients(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_client row;
    int step = cursor_open_of(rewrite->from, &clients_of_source, source_id, &cursor, err);

    while (step == 0 && (step = cursor_next(cursor, &row, err)) == 1) {
        row.id = find_id(&rewrite->clients, row.id);
        row.source_id = rewrite->to->source.id;
        row.computer_id = find_id(&rewrite->computers, row.computer_id);
        row.machine_id = 0;
        step = client_write(rewrite->to, &row, err);
    }
    casedb_cursor_free(cursor);
    return step;
}

static int write_spans(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct span_row row = {0};
    int step = cursor_open_of(rewrite->from, &spans_of_source, source_id, &cursor, err);

    while (step == 0 && (step = cursor_next(cursor, &row, err)) == 1) {
        row.span.computer_id = find_id(&rewrite->computers, row.span.computer_id);
        step = source_write_span(rewrite->to, &row.span, err);
    }
    casedb_cursor_free(cursor);
    return step;
}

static int write_marks(struct rewrite *rewrite, int64_t source_id, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct mark_row row = {0};
    int step = cursor_open_of(rewrite->from, &marks_of_source, source_id, &cursor, err);

    while (step == 0 && (step = cursor_next(cursor, &row, err)) == 1) {
        row.mark.computer_id = find_id(&rewrite->computers, row.mark.computer_id);
        step = source_write_mark(rewrite->to, &row.mark, err);
    }
    casedb_cursor_free(cursor);
    return step;
}

static int write_source(struct rewrite *rewrite, const struct case_source *former,
                        struct error *err)
{
    struct source source = {.path = (char *)former->path, .kind = former->kind};
    struct case_source row = *former;

    if (number_computers(rewrite, former->id, err) != 0 ||
        number_clients(rewrite, former->id, err) != 0 ||
        casedb_begin_source(rewrite->to, &source, former->read_options, &row.id, err) != 0)
        return -1;
    row.same_as = find_id(&rewrite->sources, former->same_as);
    if (write_observations(rewrite, former->id, err) != 0 ||
        write_findings(rewrite, former->id, err) != 0 ||
        write_computers(rewrite, former->id, err) != 0 ||
        write_clients(rewrite, former->id, err) != 0 ||
        write_spans(rewrite, former->id, err) != 0 || write_marks(rewrite, former->id, err) != 0)
        return -1;
    return source_end(rewrite->to, &row, rewrite->computers.count, rewrite->clients.count, err);
}

static int write_sources(struct rewrite *rewrite, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_source former;
    int step = number_sources(rewrite, err);

    if (step == 0)
        step = casedb_sources(rewrite->from, &cursor, err);
    while (step == 0 && (step = casedb_next_source(cursor, &former, err)) == 1)
        step = write_source(rewrite, &former, err);
    casedb_cursor_free(cursor);
    return step;
}

static int write_settings(struct rewrite *rewrite, struct error *err)
{
    struct case_settings settings;
    int result = casedb_read_settings(rewrite->from, &settings, err);

    if (result == 1)
        result = casedb_write_settings(rewrite->to, &settings, err);
    case_settings_free_content(&settings);
    return result;
}

/* ---- All ---- */

static int rewrite_into(struct casedb *from, struct casedb *to, struct error *err)
{
    struct rewrite rewrite = {.from = from, .to = to};
    int result = casedb_execute(to, be_quick, err);

    to->writing = true;
    if (result == 0)
        result = write_settings(&rewrite, err);
    if (result == 0)
        result = write_sources(&rewrite, err);
    if (result == 0)
        result = inventory_copy(from, to, err);
    free(rewrite.sources.ids);
    free(rewrite.computers.ids);
    free(rewrite.clients.ids);
    return result;
}

static int make_indexes(struct casedb *db, struct error *err)
{
    if (casedb_begin(db, err) != 0)
        return -1;
    if (schema_make_indexes(db, err) == 0 && casedb_commit(db, err) == 0)
        return 0;
    casedb_roll_back(db);
    return -1;
}

static int settle_elsewhere(struct casedb **db, const char *path, struct error *err)
{
    struct casedb *to = NULL;
    struct stat there;

    if (stat(path, &there) == 0 && there.st_size > 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: there is a file already; remove it",
                         path);
    /* What belongs to a row that is not there would be left behind, and silently. */
    if (make_indexes(*db, err) != 0 || casedb_check_references(*db, err) != 0 ||
        casedb_open(path, true, &to, err) != 0)
        return -1;
    casedb_show_as(to, *db);
    if (rewrite_into(*db, to, err) != 0 || make_indexes(to, err) != 0) {
        casedb_close(to);
        unlink(path);
        return -1;
    }
    casedb_close(*db);
    *db = to;
    return 0;
}

int casedb_settle(struct casedb **db, const char *path, bool *moved, struct error *err)
{
    *moved = !(*db)->in_order;
    if ((*moved ? settle_elsewhere(db, path, err) : make_indexes(*db, err)) != 0)
        return -1;
    (*db)->is_settled = true;
    return 0;
}
