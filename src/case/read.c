/* SPDX-License-Identifier: Apache-2.0 */
/* Sources, computers, machines and evidence, each in the one order that verdicts and reports
 * have. */
#include "case/internal.h"

#include <string.h>

#include "base/memory.h"

#define WITH_SAME_AS "FROM source AS s LEFT JOIN source AS read ON read.id = s.same_as"
static const struct row_statement one_source =
    SELECT_OF(&source_rows, WITH_SAME_AS " WHERE s.path = ?1");
static const struct row_statement all_sources =
    SELECT_OF(&source_rows, WITH_SAME_AS " ORDER BY s.path");

/* A place joined with the computers, or hosts, of the source that has its content and was read. */
static const struct row_statement all_computers = SELECT_OF(
    &source_computer_rows,
    "FROM source AS place JOIN source AS read ON read.id = coalesce(place.same_as, place.id)"
    " JOIN source_computer AS c ON c.source_id = read.id"
    " ORDER BY place.path, c.first_number, c.folded_name");
static const struct row_statement all_spans = SELECT_OF(
    &span_rows, "FROM record_span AS r LEFT JOIN text AS channel ON channel.id = r.channel_id"
                " ORDER BY r.computer_id, channel.value, r.recovered, r.first_record_id, r.rowid");
static const struct row_statement all_source_hosts = SELECT_OF(
    &source_host_rows,
    "FROM source AS place JOIN source_host AS h ON h.source_id = coalesce(place.same_as, place.id)"
    " ORDER BY place.path, h.folded_name");

/* Names are compared by their first label; whose logs they are is known later. */
#define FIRST_LABEL "substr(c.folded_name, 1, instr(c.folded_name || '.', '.') - 1)"

/* Only names that have a channel in two sources are looked at; of these few ids stand for several
 * events, so only those are compared. The order of the tables is that in which they are the least
 * work. Of marks, those of the newest name in a log are compared: earlier names are often those of
 * an image. Two logs contradict each other where they do in the greatest id that both have, and in
 * at least half of all: fewer ids stand for two events where a machine was set back, or a copy is
 * damaged. A computer has marks of one channel. */
static const char id_clashes[] =
    "WITH twice AS MATERIALIZED (SELECT " FIRST_LABEL " AS name, r.channel_id AS channel_id"
    "  FROM record_span AS r JOIN source_computer AS c ON c.id = r.computer_id"
    "  WHERE r.recovered = 0 GROUP BY 1, 2 HAVING min(c.source_id) < max(c.source_id)),"
    " said AS MATERIALIZED (SELECT c.id AS computer_id, c.source_id, twice.name, o.channel_id,"
    "  o.record_id, o.event_filetime, o.provider_id, o.event_id"
    "  FROM observation AS o CROSS JOIN source_computer AS c CROSS JOIN twice"
    "  WHERE c.id = o.computer_id AND twice.name = " FIRST_LABEL
    "  AND twice.channel_id = o.channel_id AND o.recovered = 0),"
    " doubtful AS MATERIALIZED (SELECT name, channel_id, record_id FROM said GROUP BY 1, 2, 3"
    "  HAVING min(event_filetime) < max(event_filetime) OR min(provider_id) < max(provider_id)"
    "  OR min(event_id) < max(event_id)),"
    " marked AS MATERIALIZED (SELECT c.id AS computer_id, c.source_id, twice.name, k.channel_id,"
    "  k.record_id, k.event_filetime"
    "  FROM record_mark AS k CROSS JOIN source_computer AS c CROSS JOIN twice"
    "  WHERE c.id = k.computer_id AND twice.name = " FIRST_LABEL
    "  AND twice.channel_id = k.channel_id AND c.last_number = (SELECT max(n.last_number)"
    "  FROM source_computer AS n WHERE n.source_id = c.source_id)),"
    " contradicted AS MATERIALIZED (SELECT DISTINCT name, channel_id FROM (SELECT name, channel_id"
    "  FROM marked GROUP BY name, channel_id, record_id"
    "  HAVING min(event_filetime) < max(event_filetime))),"
    " holders AS MATERIALIZED (SELECT DISTINCT computer_id, source_id, name, channel_id"
    "  FROM contradicted CROSS JOIN marked USING (name, channel_id))"
    " SELECT DISTINCT a.computer_id, b.computer_id"
    " FROM doubtful CROSS JOIN said AS a USING (name, channel_id, record_id)"
    " CROSS JOIN said AS b USING (name, channel_id, record_id)"
    " WHERE a.source_id < b.source_id AND (a.event_filetime <> b.event_filetime"
    "  OR a.provider_id <> b.provider_id OR a.event_id <> b.event_id)"
    " UNION ALL SELECT a.computer_id, b.computer_id"
    " FROM holders AS a CROSS JOIN holders AS b USING (name, channel_id)"
    " WHERE a.source_id < b.source_id AND (SELECT x.event_filetime <> y.event_filetime"
    "  FROM record_mark AS x CROSS JOIN record_mark AS y WHERE x.computer_id = a.computer_id"
    "  AND y.computer_id = b.computer_id AND y.record_id = x.record_id"
    "  ORDER BY x.record_id DESC LIMIT 1) AND (SELECT 2 * sum(x.event_filetime <>"
    "  y.event_filetime) >= count(*) FROM record_mark AS x CROSS JOIN record_mark AS y"
    "  WHERE x.computer_id = a.computer_id AND y.computer_id = b.computer_id"
    "  AND y.record_id = x.record_id)"
    " LIMIT ?1";

static const struct row_statement all_inventory_hosts =
    SELECT_OF(&inventory_host_rows, "FROM inventory_host AS i ORDER BY i.id");

static const struct row_statement all_machines = {
    .form = ROW_SELECT,
    .type = &machine_rows,
    .rest = "FROM machine AS m LEFT JOIN verdict AS v ON v.machine_id = m.id"
            " ORDER BY m.folded_name, m.name, m.id",
    .joined = &verdict_rows};

static const struct row_statement class_machines = {
    .form = ROW_SELECT,
    .type = &machine_rows,
    .rest = "FROM machine AS m JOIN verdict AS v ON v.machine_id = m.id"
            " WHERE v.classification = ?1 ORDER BY m.folded_name, m.name, m.id",
    .joined = &verdict_rows};

#define OF_MACHINE_IN_ORDER \
    " WHERE e.machine_id = ?1 ORDER BY e.with_collection, e.filetime, s.path, e.kind, e.rowid"
static const struct row_statement all_kms_sights = SELECT_OF(
    &kms_sight_rows, "FROM kms_sight AS g JOIN machine AS m ON m.id = g.machine_id"
                     " JOIN verdict AS v ON v.machine_id = m.id"
                     " LEFT JOIN machine AS h ON h.id = g.host_id"
                     " ORDER BY coalesce(h.folded_name, g.computer), coalesce(h.name, g.computer),"
                     " g.host_id, v.confidence <> 'suspected', m.folded_name, m.name, m.id");
static const struct row_statement machine_update_evidence = SELECT_OF(
    &update_evidence_rows,
    "FROM update_evidence AS e JOIN source AS s ON s.id = e.source_id" OF_MACHINE_IN_ORDER);
static const struct row_statement machine_licence_evidence = SELECT_OF(
    &licence_evidence_rows,
    "FROM licence_evidence AS e JOIN source AS s ON s.id = e.source_id" OF_MACHINE_IN_ORDER);

static const struct row_statement machine_episodes =
    SELECT_OF(&episode_rows, "FROM episode AS e WHERE e.machine_id = ?1 ORDER BY e.rowid");
static const struct row_statement machine_covered_times = SELECT_OF(
    &covered_time_rows, "FROM covered_time AS t WHERE t.machine_id = ?1 ORDER BY t.rowid");

static const char update_machines[] = "SELECT count(DISTINCT machine_id) FROM update_evidence"
                                      " WHERE update_name = ?1 AND says = ?2";

/* ---- Sources ---- */

/* Moves the texts of *out from the row into memory that outlives it. */
static void keep_found(struct casedb *db, struct case_source *out)
{
    const char **texts[] = {&out->path, &out->sha256, &out->same_as_path, &out->read_options,
                            &out->detail};
    size_t total = 0;
    char *at;

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        total += *texts[index] != NULL ? strlen(*texts[index]) + 1 : 0;
    db->found = memory_resize(db->found, total, 1);
    at = db->found;
    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        size_t size = *texts[index] != NULL ? strlen(*texts[index]) + 1 : 0;

        if (size == 0)
            continue;
        *texts[index] = memcpy(at, *texts[index], size);
        at += size;
    }
}

int casedb_find_source(struct casedb *db, const char *path, struct case_source *out,
                       struct error *err)
{
    struct query query;
    struct row row;
    int step;

    if (source_is_behind_all(db, path))
        return 0;
    query = query_of_rows(db, &one_source);
    query_text(&query, path);
    step = query_step(&query, err);
    if (step != 1)
        return step;
    row = row_of(query.statement);
    step = row_fill(db, &row, &source_rows, out, err);
    if (step == 1)
        keep_found(db, out);
    query_end(&query);
    return step;
}

int casedb_sources(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_sources, out, err);
}

int casedb_next_source(struct casedb_cursor *cursor, struct case_source *out, struct error *err)
{
    return cursor_next(cursor, out, err);
}

/* ---- Computers and hosts ---- */

int casedb_computers(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_computers, out, err);
}

int casedb_next_computer(struct casedb_cursor *cursor, struct case_computer *out, struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_spans(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_spans, out, err);
}

int casedb_next_span(struct casedb_cursor *cursor, struct case_span *out, struct error *err)
{
    struct span_row row;
    int step = cursor_next(cursor, &row, err);

    if (step == 1)
        *out = row.span;
    return step;
}

int casedb_read_id_clashes(struct casedb *db, struct case_id_clash **out, size_t *count,
                           struct error *err)
{
    struct query query = query_of(db, id_clashes);
    int step;

    *out = NULL;
    *count = 0;
    query_integer(&query, CASEDB_CLASHES_MOST);
    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);
        struct case_id_clash clash = {.left_id = row_integer(&row)};

        clash.right_id = row_integer(&row);
        *out = memory_grow(*out, *count, sizeof(**out));
        (*out)[(*count)++] = clash;
    }
    return step;
}

int casedb_source_hosts(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_source_hosts, out, err);
}

int casedb_next_source_host(struct casedb_cursor *cursor, struct case_source_host *out,
                            struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_inventory(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_inventory_hosts, out, err);
}

int casedb_next_inventory_host(struct casedb_cursor *cursor, struct case_inventory_host *out,
                               struct error *err)
{
    return cursor_next(cursor, out, err);
}

/* ---- Machines ---- */

int casedb_machines(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_machines, out, err);
}

int casedb_machines_of_class(struct casedb *db, enum classification classification,
                             struct casedb_cursor **out, struct error *err)
{
    if (cursor_open(db, &class_machines, out, err) != 0)
        return -1;
    sqlite3_bind_text((*out)->statement, 1, classification_word(classification), -1, SQLITE_STATIC);
    return 0;
}

int casedb_next_machine(struct casedb_cursor *cursor, struct case_machine *out, struct error *err)
{
    struct casedb *db = cursor->db;
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    step = row_fill(db, &row, &machine_rows, out, err);
    return step == 1 ? row_fill(db, &row, &verdict_rows, &out->verdict, err) : step;
}

int casedb_kms_sights(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_kms_sights, out, err);
}

int casedb_next_kms_sight(struct casedb_cursor *cursor, struct case_kms_sight *out,
                          struct error *err)
{
    return cursor_next(cursor, out, err);
}

/* ---- Evidence ---- */

int casedb_update_evidence(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                           struct error *err)
{
    return cursor_open_of(db, &machine_update_evidence, machine_id, out, err);
}

int casedb_next_update_evidence(struct casedb_cursor *cursor, struct case_update_evidence *out,
                                struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_licence_evidence(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err)
{
    return cursor_open_of(db, &machine_licence_evidence, machine_id, out, err);
}

int casedb_next_licence_evidence(struct casedb_cursor *cursor, struct case_licence_evidence *out,
                                 struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_episodes(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                    struct error *err)
{
    return cursor_open_of(db, &machine_episodes, machine_id, out, err);
}

int casedb_next_episode(struct casedb_cursor *cursor, struct case_episode *out, struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_covered_times(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                         struct error *err)
{
    return cursor_open_of(db, &machine_covered_times, machine_id, out, err);
}

int casedb_next_covered_time(struct casedb_cursor *cursor, struct case_covered_time *out,
                             struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_count_update_machines(struct casedb *db, enum update_id update, uint64_t *count,
                                 struct error *err)
{
    struct query query = query_of(db, update_machines);
    struct row row;

    query_text(&query, update_id_word(update));
    query_text(&query, update_says_word(UPDATE_SAYS_INSTALLED));
    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    *count = row_number(&row);
    query_end(&query);
    return 0;
}
