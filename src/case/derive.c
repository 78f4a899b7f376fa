/* SPDX-License-Identifier: Apache-2.0 */
/* What is derived from the sources: machines, evidence and verdicts, all in one transaction. */
#include "case/internal.h"

#include <stdlib.h>

static const struct row_statement insert_machine = INSERT_OF(&machine_rows);
static const struct row_statement insert_machine_name = INSERT_OF(&machine_name_rows);
static const struct row_statement insert_host_place = INSERT_OF(&host_place_rows);
static const struct row_statement insert_update_evidence = INSERT_OF(&update_evidence_rows);
static const struct row_statement insert_licence_evidence = INSERT_OF(&licence_evidence_rows);
static const struct row_statement insert_kms_sight = INSERT_OF(&kms_sight_rows);
static const struct row_statement insert_episode = INSERT_OF(&episode_rows);
static const struct row_statement insert_covered_time = INSERT_OF(&covered_time_rows);
static const struct row_statement insert_verdict = INSERT_OF(&verdict_rows);

static const char assign_computer[] =
    "UPDATE source_computer SET machine_id = ?1, decides = ?2 WHERE id = ?3";

static const char assign_client[] = "UPDATE kms_client SET machine_id = ?1 WHERE id = ?2";

static const char hide_observation[] = "UPDATE observation SET hidden = 1 WHERE id = ?1";

static const char set_role[] = "UPDATE observation SET role = ?1 WHERE id = ?2";

/* A wrong clock's records lie close together in time, while a machine can have many such stretches:
 * so they are found by their times. */
static const char place_observations[] =
    "UPDATE observation SET wrong_clock = 1, placed_filetime = ?1, placed_in_window = ?2"
    " WHERE event_filetime BETWEEN ?7 AND ?8 AND record_id BETWEEN ?5 AND ?6"
    " AND channel_id = (SELECT id FROM text WHERE value = ?4)"
    " AND +computer_id IN"
    "  (SELECT id FROM source_computer WHERE machine_id = ?3 AND decides = 1"
    "    AND ?9 IN (0, source_id))";

/* Few events are alike in time and EventRecordID, so only those are compared. What a KMS host saw
 * is of its client, whoever the host is: that of its first label. */
static const char mark_duplicates[] =
    "WITH alike AS MATERIALIZED (SELECT event_filetime, record_id FROM observation"
    " GROUP BY event_filetime, record_id HAVING count(*) > 1)"
    "UPDATE observation SET duplicate = 1 WHERE id IN (SELECT id FROM ("
    " SELECT o.id, row_number() OVER (PARTITION BY o.client_id IS NULL,"
    "  iif(o.client_id IS NULL, c.machine_id, k.machine_id), iif(o.client_id IS NULL, "
    "c.folded_name,"
    "  substr(c.folded_name, 1, instr(c.folded_name || '.', '.') - 1)), o.channel_id,"
    "  o.record_id, o.event_filetime, o.provider_id, o.event_id, o.strings"
    "  ORDER BY c.decides DESC, c.forwarded, o.verified <> 'yes', s.path, o.offset_bytes, o.id)"
    "  AS place"
    " FROM alike JOIN observation AS o USING (event_filetime, record_id)"
    " JOIN source_computer AS c ON c.id = o.computer_id JOIN source AS s ON s.id = c.source_id"
    " LEFT JOIN kms_client AS k ON k.id = o.client_id"
    " WHERE iif(o.client_id IS NULL, c.machine_id, k.machine_id) IS NOT NULL) WHERE place > 1)";

int casedb_begin_derived(struct casedb *db, struct error *err)
{
    if (casedb_begin(db, err) != 0)
        return -1;
    if (db->has_derived && schema_delete_derived(db, err) != 0) {
        casedb_roll_back(db);
        return -1;
    }
    db->in_order = db->in_order && db->is_settled && !db->has_derived;
    db->has_derived = true;
    return 0;
}

int casedb_commit_derived(struct casedb *db, struct error *err)
{
    if (casedb_check_references(db, err) != 0)
        return -1;
    return casedb_commit(db, err);
}

void casedb_abandon_derived(struct casedb *db)
{
    casedb_roll_back(db);
}

int casedb_add_machine(struct casedb *db, const char *name, bool collected, bool shared_name,
                       int64_t inventory_id, int64_t *machine_id, struct error *err)
{
    char *folded = text_fold(name);
    struct case_machine machine = {.name = name,
                                   .folded_name = folded,
                                   .collected = collected,
                                   .shared_name = shared_name,
                                   .inventory_id = inventory_id};
    int result = query_run_row(db, &insert_machine, &machine, err);

    *machine_id = sqlite3_last_insert_rowid(db->sqlite);
    free(folded);
    return result;
}

int casedb_add_machine_alias(struct casedb *db, int64_t machine_id, size_t position,
                             const char *name, struct error *err)
{
    struct text_item item = {.owner_id = machine_id, .position = position, .text = name};

    return query_run_row(db, &insert_machine_name, &item, err);
}

int casedb_assign_computer(struct casedb *db, int64_t computer_id, int64_t machine_id, bool decides,
                           struct error *err)
{
    struct query query = query_of(db, assign_computer);

    query_unless(&query, 0, machine_id);
    query_integer(&query, decides);
    query_integer(&query, computer_id);
    return query_run(&query, err);
}

int casedb_assign_client(struct casedb *db, int64_t client_id, int64_t machine_id,
                         struct error *err)
{
    struct query query = query_of(db, assign_client);

    query_unless(&query, 0, machine_id);
    query_integer(&query, client_id);
    return query_run(&query, err);
}

int casedb_assign_source_host(struct casedb *db, const struct case_source_host *host,
                              const struct case_host_place *place, struct error *err)
{
    struct host_place_row row = {.host_id = host->id, .place_id = host->place_id, .said = *place};

    return query_run_row(db, &insert_host_place, &row, err);
}

int casedb_place_observations(struct casedb *db, int64_t machine_id,
                              const struct case_placement *placement, struct error *err)
{
    struct query query = query_of(db, place_observations);

    query_number(&query, placement->placed_filetime);
    query_integer(&query, placement->in_window);
    query_integer(&query, machine_id);
    query_text(&query, placement->channel);
    query_number(&query, placement->first_record_id);
    query_number(&query, placement->last_record_id);
    query_number(&query, placement->first_filetime);
    query_number(&query, placement->last_filetime);
    query_integer(&query, placement->source_id);
    return query_run(&query, err);
}

int casedb_mark_duplicates(struct casedb *db, struct error *err)
{
    struct query query = query_of(db, mark_duplicates);

    return query_run(&query, err);
}

int casedb_hide_observation(struct casedb *db, int64_t observation_id, struct error *err)
{
    struct query query = query_of(db, hide_observation);

    query_integer(&query, observation_id);
    return query_run(&query, err);
}

int casedb_add_kms_sight(struct casedb *db, const struct case_kms_sight *sight, struct error *err)
{
    return query_run_row(db, &insert_kms_sight, sight, err);
}

int casedb_set_role(struct casedb *db, int64_t observation_id, enum role role, struct error *err)
{
    struct query query = query_of(db, set_role);

    query_text(&query, role_word(role));
    query_integer(&query, observation_id);
    return query_run(&query, err);
}

int casedb_add_update_evidence(struct casedb *db, const struct case_update_evidence *evidence,
                               struct error *err)
{
    return query_run_row(db, &insert_update_evidence, evidence, err);
}

int casedb_add_licence_evidence(struct casedb *db, const struct case_licence_evidence *evidence,
                                struct error *err)
{
    return query_run_row(db, &insert_licence_evidence, evidence, err);
}

int casedb_add_episode(struct casedb *db, const struct case_episode *episode, struct error *err)
{
    return query_run_row(db, &insert_episode, episode, err);
}

int casedb_add_covered_time(struct casedb *db, const struct case_covered_time *time,
                            struct error *err)
{
    return query_run_row(db, &insert_covered_time, time, err);
}

int casedb_add_verdict(struct casedb *db, const struct case_verdict *verdict, struct error *err)
{
    return query_run_row(db, &insert_verdict, verdict, err);
}
