/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: a row each, and what it says in the table of its kind. */
#include "case/internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"

static const char find_host[] =
    "SELECT id FROM source_host WHERE source_id = ?1 AND folded_name = ?2";
static const struct row_statement insert_host = INSERT_OF(&source_host_rows);
static const struct row_statement insert_finding = INSERT_OF(&finding_rows);

/* Of the places of a source that are the machine's, the first counts. */
static const struct row_statement machine_findings = SELECT_OF(
    &finding_rows, "FROM (SELECT said.host_id, said.place_id, p.path, p.mtime_ns, p.mtime_is_local,"
                   "  said.is_guess,"
                   "  row_number() OVER (PARTITION BY said.host_id, p.mtime_ns, p.mtime_is_local"
                   "  ORDER BY said.is_guess, p.path) AS rank"
                   "  FROM host_place AS said JOIN source AS p ON p.id = said.place_id"
                   "  WHERE said.machine_id = ?1 AND said.decides = 1) AS where_said"
                   " JOIN source_host AS h ON h.id = where_said.host_id"
                   " JOIN finding AS f ON f.host_id = h.id"
                   " WHERE where_said.rank = 1 ORDER BY where_said.path, f.id");

#define INSERT_CONTENT(kind, word, name) [kind] = INSERT_OF(&finding_content_rows[kind]),
static const struct row_statement insert_content[FINDING_KIND_COUNT] = {
    FINDING_KINDS(INSERT_CONTENT)};

#define SELECT_CONTENT(kind, word, name)            \
    [kind] = SELECT_OF(&finding_content_rows[kind], \
                       "FROM finding_" #name " AS said WHERE said.finding_id = ?1"),
static const struct row_statement select_content[FINDING_KIND_COUNT] = {
    FINDING_KINDS(SELECT_CONTENT)};

/* ---- Writing ---- */

/* Finds or adds the host of that name in the open source. */
static int meet_host(struct casedb *db, const char *name, int64_t *id, struct error *err)
{
    char *folded_name = text_fold(name);
    struct case_source_host host = {
        .source_id = db->source.id, .name = name, .folded_name = folded_name};
    struct query query = query_of(db, find_host);
    int step;

    query_integer(&query, host.source_id);
    query_text(&query, folded_name);
    step = query_step(&query, err);
    if (step == 1) {
        struct row row = row_of(query.statement);

        *id = row_integer(&row);
        query_end(&query);
    } else if (step == 0) {
        step = query_run_row(db, &insert_host, &host, err);
        *id = sqlite3_last_insert_rowid(db->sqlite);
    }
    free(folded_name);
    return step < 0 ? -1 : 0;
}

int casedb_add_finding(struct casedb *db, int64_t source_id, const struct finding *finding,
                       struct error *err)
{
    struct finding_row row = {.said.finding = *finding};

    assert(source_id == db->source.id);
    db->source.has_findings = true;
    source_keep_order(db);
    if (meet_host(db, finding->host, &row.host_id, err) != 0 ||
        query_run_row(db, &insert_finding, &row, err) != 0)
        return -1;
    row.id = sqlite3_last_insert_rowid(db->sqlite);
    return query_run_row(db, &insert_content[finding->kind], &row, err);
}

/* ---- Reading ---- */

int casedb_machine_findings(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err)
{
    return cursor_open_of(db, &machine_findings, machine_id, out, err);
}

int finding_read(struct casedb_cursor *cursor, struct finding_row *row, struct error *err)
{
    struct casedb_cursor **content;
    int step = cursor_next(cursor, row, err);

    if (step != 1)
        return step;
    content = &cursor->contents[row->said.finding.kind];
    if (*content != NULL)
        cursor_restart(*content, row->id);
    else if (cursor_open_of(cursor->db, &select_content[row->said.finding.kind], row->id, content,
                            err) != 0)
        return -1;
    step = cursor_next(*content, row, err);
    return step != 0 ? step : casedb_fail_content(cursor->db, "a finding says nothing", err);
}

int casedb_next_finding(struct casedb_cursor *cursor, struct case_finding *out, struct error *err)
{
    struct finding_row row = {0};
    int step = finding_read(cursor, &row, err);

    *out = row.said;
    return step;
}
