/* SPDX-License-Identifier: Apache-2.0 */
/* What is derived from the sources: machines, evidence and verdicts, all in one transaction. */
#include "case/internal.h"

#include <stdlib.h>

static const char delete_derived[] =
    "UPDATE source_computer SET machine_id = NULL WHERE machine_id IS NOT NULL;"
    "UPDATE observation SET duplicate = 0 WHERE duplicate <> 0;"
    "DELETE FROM machine;"; /* takes names, evidence and verdicts with it */

static const char insert_machine[] =
    "INSERT INTO machine (name, folded_name, collected, shared_name, inventory_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

static const char insert_machine_name[] =
    "INSERT INTO machine_name (machine_id, position, name) VALUES (?1, ?2, ?3)";

static const char assign_computer[] = "UPDATE source_computer SET machine_id = ?1 WHERE id = ?2";

static const char assign_witness[] =
    "INSERT INTO host_place (host_id, place_id, machine_id, remark, is_guess)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

static const char mark_duplicates[] =
    "UPDATE observation SET duplicate = 1 WHERE id IN ("
    " SELECT id FROM ("
    "  SELECT o.id, row_number() OVER ("
    "   PARTITION BY c.machine_id, o.identity ORDER BY s.path, o.offset_bytes, o.id) AS place"
    "  FROM observation AS o JOIN source_computer AS c ON c.id = o.computer_id"
    "  JOIN source AS s ON s.id = c.source_id WHERE c.machine_id IS NOT NULL)"
    " WHERE place > 1)";

static const char insert_update_evidence[] =
    "INSERT INTO update_evidence (machine_id, update_name, kind, says, with_collection, filetime,"
    " detail, source_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

static const char insert_licence_evidence[] =
    "INSERT INTO licence_evidence (machine_id, kind, activation_id, edition, licence_channel,"
    " with_collection, filetime, detail, source_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

static const char insert_verdict[] =
    "INSERT INTO verdict (machine_id, classification, confidence, reason, review, state,"
    " first_fault_filetime, last_fault_filetime, recovered_filetime, in_window_events,"
    " events_8196, events_8208, events_8209, events_13, codes, window_coverage, kb971033,"
    " kb971033_evidence, unrelated_updates, edition, licence_channel, licence_evidence, os_version,"
    " clock, action, kms_client_key, verified)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)";

int casedb_begin_derived(struct casedb *db, struct error *err)
{
    if (casedb_begin(db, err) != 0)
        return -1;
    if (casedb_execute(db, delete_derived, err) != 0) {
        casedb_roll_back(db);
        return -1;
    }
    return 0;
}

int casedb_commit_derived(struct casedb *db, struct error *err)
{
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
    struct query query = query_of(db, insert_machine);
    int result;

    query_text(&query, name);
    query_text(&query, folded);
    query_integer(&query, collected);
    query_integer(&query, shared_name);
    query_unless(&query, 0, inventory_id);
    result = query_run(&query, err);
    *machine_id = sqlite3_last_insert_rowid(db->sqlite);
    free(folded);
    return result;
}

int casedb_add_machine_alias(struct casedb *db, int64_t machine_id, size_t position,
                             const char *name, struct error *err)
{
    struct query query = query_of(db, insert_machine_name);

    query_integer(&query, machine_id);
    query_number(&query, position);
    query_text(&query, name);
    return query_run(&query, err);
}

int casedb_assign_computer(struct casedb *db, int64_t computer_id, int64_t machine_id,
                           struct error *err)
{
    struct query query = query_of(db, assign_computer);

    query_integer(&query, machine_id);
    query_integer(&query, computer_id);
    return query_run(&query, err);
}

int casedb_assign_witness(struct casedb *db, const struct case_witness *witness, int64_t machine_id,
                          const char *remark, bool is_guess, struct error *err)
{
    struct query query = query_of(db, assign_witness);

    query_integer(&query, witness->id);
    query_integer(&query, witness->place_id);
    query_integer(&query, machine_id);
    query_text(&query, remark);
    query_integer(&query, is_guess);
    return query_run(&query, err);
}

int casedb_mark_duplicates(struct casedb *db, struct error *err)
{
    struct query query = query_of(db, mark_duplicates);

    return query_run(&query, err);
}

int casedb_add_update_evidence(struct casedb *db, const struct case_update_evidence *evidence,
                               struct error *err)
{
    struct query query = query_of(db, insert_update_evidence);

    query_integer(&query, evidence->machine_id);
    query_text(&query, evidence->update_name);
    query_text(&query, evidence->kind);
    query_text(&query, evidence->says);
    query_integer(&query, evidence->with_collection);
    query_number(&query, evidence->filetime);
    query_text(&query, evidence->detail);
    query_integer(&query, evidence->source_id);
    return query_run(&query, err);
}

int casedb_add_licence_evidence(struct casedb *db, const struct case_licence_evidence *evidence,
                                struct error *err)
{
    struct query query = query_of(db, insert_licence_evidence);

    query_integer(&query, evidence->machine_id);
    query_text(&query, evidence->kind);
    query_text(&query, evidence->activation_id);
    query_text(&query, evidence->edition);
    query_text(&query, evidence->licence_channel);
    query_integer(&query, evidence->with_collection);
    query_number(&query, evidence->filetime);
    query_text(&query, evidence->detail);
    query_integer(&query, evidence->source_id);
    return query_run(&query, err);
}

int casedb_add_verdict(struct casedb *db, const struct case_verdict *verdict, struct error *err)
{
    struct query query = query_of(db, insert_verdict);

    query_integer(&query, verdict->machine_id);
    query_text(&query, verdict->classification);
    query_text(&query, verdict->confidence);
    query_text(&query, verdict->reason);
    query_text(&query, verdict->review);
    query_text(&query, verdict->state);
    query_number(&query, verdict->first_fault_filetime);
    query_number(&query, verdict->last_fault_filetime);
    query_number(&query, verdict->recovered_filetime);
    query_number(&query, verdict->in_window_events);
    query_number(&query, verdict->events_8196);
    query_number(&query, verdict->events_8208);
    query_number(&query, verdict->events_8209);
    query_number(&query, verdict->events_13);
    query_text(&query, verdict->codes);
    query_text(&query, verdict->window_coverage);
    query_text(&query, verdict->kb971033);
    query_text(&query, verdict->kb971033_evidence);
    query_text(&query, verdict->unrelated_updates);
    query_text(&query, verdict->edition);
    query_text(&query, verdict->licence_channel);
    query_text(&query, verdict->licence_evidence);
    query_text(&query, verdict->os_version);
    query_text(&query, verdict->clock);
    query_text(&query, verdict->action);
    query_text(&query, verdict->kms_client_key);
    query_text(&query, verdict->verified);
    return query_run(&query, err);
}
