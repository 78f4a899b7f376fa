/* SPDX-License-Identifier: Apache-2.0 */
/* Sources, computers, machines and evidence, each in the one order that verdicts and reports
 * have. */
#include "case/internal.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"

#define SELECT_SOURCES                                                                       \
    "SELECT s.id, s.path, s.kind, s.size_bytes, s.mtime_ns, s.sha256, s.same_as, read.path," \
    " s.read_options, s.status, s.record_count, s.recovered_count, s.selected_count,"        \
    " s.undecodable_count, s.conflict_count, s.first_filetime, s.last_filetime, s.detail"    \
    " FROM source AS s LEFT JOIN source AS read ON read.id = s.same_as"

static const char one_source[] = SELECT_SOURCES " WHERE s.path = ?1";
static const char all_sources[] = SELECT_SOURCES " ORDER BY s.path";

/* A place joined with the computers of the source that has its content and was read. */
static const char all_computers[] =
    "SELECT c.id, c.source_id, place.id, place.path, read.kind, read.status,"
    " read.undecodable_count, c.name, c.record_count, c.first_number, c.last_number, "
    "c.last_filetime, c.forwarded,"
    " c.application_count, c.application_first_filetime, c.application_last_filetime,"
    " c.application_first_record_id, c.application_last_record_id"
    " FROM source AS place JOIN source AS read ON read.id = coalesce(place.same_as, place.id)"
    " JOIN source_computer AS c ON c.source_id = read.id"
    " ORDER BY place.path, c.first_number, c.folded_name";

/* A place joined with the hosts of the source that has its content and was read. */
static const char all_witnesses[] =
    "SELECT h.id, place.id, place.path, h.name"
    " FROM source AS place JOIN source_host AS h ON h.source_id = coalesce(place.same_as, place.id)"
    " ORDER BY place.path, h.folded_name";

static const char all_inventory_hosts[] = "SELECT id, host FROM inventory_host ORDER BY id";

static const char all_machines[] =
    "SELECT m.id, m.name, m.collected, m.shared_name, m.inventory_id, v.classification,"
    " v.confidence, v.reason, v.review, v.state, v.first_fault_filetime, v.last_fault_filetime,"
    " v.recovered_filetime, v.in_window_events, v.events_8196, v.events_8208, v.events_8209,"
    " v.events_13, v.codes, v.window_coverage, v.kb971033, v.kb971033_evidence, "
    "v.unrelated_updates, v.edition,"
    " v.licence_channel, v.licence_evidence, v.os_version, v.clock, v.action, v.kms_client_key, "
    "v.verified"
    " FROM machine AS m LEFT JOIN verdict AS v ON v.machine_id = m.id"
    " ORDER BY m.folded_name, m.name, m.id";

static const char machine_update_evidence[] =
    "SELECT e.machine_id, e.update_name, e.kind, e.says, e.with_collection, e.filetime, e.detail,"
    " e.source_id, s.path FROM update_evidence AS e JOIN source AS s ON s.id = e.source_id"
    " WHERE e.machine_id = ?1 ORDER BY e.with_collection, e.filetime, s.path, e.kind, e.id";

static const char update_machines[] = "SELECT count(DISTINCT machine_id) FROM update_evidence"
                                      " WHERE update_name = ?1 AND says = 'installed'";

static const char machine_licence_evidence[] =
    "SELECT e.machine_id, e.kind, e.activation_id, e.edition, e.licence_channel, e.with_collection,"
    " e.filetime, e.detail, e.source_id, s.path"
    " FROM licence_evidence AS e JOIN source AS s ON s.id = e.source_id"
    " WHERE e.machine_id = ?1 ORDER BY e.with_collection, e.filetime, s.path, e.kind, e.id";

/* ---- Sources ---- */

static int read_status(struct casedb *db, struct row *row, enum source_status *out,
                       struct error *err)
{
    unsigned status;

    if (!word_set_find(&source_status_words, row_text(row), &status))
        return casedb_fail_word(db, "a source has no known status", err);
    *out = (enum source_status)status;
    return 0;
}

static int read_kind(struct casedb *db, struct row *row, enum source_kind *out, struct error *err)
{
    unsigned kind;

    if (!word_set_find(&source_kind_words, row_text(row), &kind))
        return casedb_fail_word(db, "a source has no known kind", err);
    *out = (enum source_kind)kind;
    return 0;
}

static int read_source(struct casedb *db, struct row row, struct case_source *out,
                       struct error *err)
{
    out->id = row_integer(&row);
    out->path = row_text(&row);
    if (read_kind(db, &row, &out->kind, err) != 0)
        return -1;
    out->size_bytes = row_number(&row);
    out->mtime_ns = row_integer(&row);
    out->sha256 = row_text_or_null(&row);
    out->same_as = row_integer(&row);
    out->same_as_path = row_text_or_null(&row);
    out->read_options = row_text(&row);
    if (read_status(db, &row, &out->status, err) != 0)
        return -1;
    out->record_count = row_number(&row);
    out->recovered_count = row_number(&row);
    out->selected_count = row_number(&row);
    out->undecodable_count = row_number(&row);
    out->conflict_count = row_number(&row);
    out->first_filetime = row_number(&row);
    out->last_filetime = row_number(&row);
    out->detail = row_text(&row);
    return 1;
}

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
    struct query query = query_of(db, one_source);
    int step;

    query_text(&query, path);
    step = query_step(&query, err);
    if (step != 1)
        return step;
    step = read_source(db, row_of(query.statement), out, err);
    if (step == 1)
        keep_found(db, out);
    query_end(&query);
    return step;
}

int casedb_sources(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, all_sources, out, err);
}

int casedb_next_source(struct casedb_cursor *cursor, struct case_source *out, struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    return step == 1 ? read_source(cursor_case(cursor), row, out, err) : step;
}

/* ---- Computers ---- */

int casedb_computers(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, all_computers, out, err);
}

int casedb_next_computer(struct casedb_cursor *cursor, struct case_computer *out, struct error *err)
{
    enum source_kind kind = SOURCE_KIND_NONE;
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    out->id = row_integer(&row);
    out->source_id = row_integer(&row);
    out->place_id = row_integer(&row);
    out->path = row_text(&row);
    if (read_kind(cursor_case(cursor), &row, &kind, err) != 0 ||
        read_status(cursor_case(cursor), &row, &out->status, err) != 0)
        return -1;
    out->carved = kind == SOURCE_KIND_CARVED;
    out->undecodable_count = row_number(&row);
    out->name = row_text(&row);
    out->record_count = row_number(&row);
    out->first_number = row_number(&row);
    out->last_number = row_number(&row);
    out->last_filetime = row_number(&row);
    out->forwarded = row_integer(&row) != 0;
    out->application_count = row_number(&row);
    out->application_first_filetime = row_number(&row);
    out->application_last_filetime = row_number(&row);
    out->application_first_record_id = row_number(&row);
    out->application_last_record_id = row_number(&row);
    return 1;
}

/* ---- Witnesses ---- */

int casedb_witnesses(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, all_witnesses, out, err);
}

int casedb_next_witness(struct casedb_cursor *cursor, struct case_witness *out, struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    out->id = row_integer(&row);
    out->place_id = row_integer(&row);
    out->path = row_text(&row);
    out->name = row_text(&row);
    return 1;
}

/* ---- The inventory ---- */

int casedb_inventory(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, all_inventory_hosts, out, err);
}

int casedb_next_inventory_host(struct casedb_cursor *cursor, struct case_inventory_host *out,
                               struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    out->id = row_integer(&row);
    out->host = row_text(&row);
    return 1;
}

/* ---- Machines ---- */

int casedb_machines(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, all_machines, out, err);
}

static void read_verdict(struct row *row, struct case_verdict *out)
{
    out->classification = row_text_or_null(row);
    out->confidence = row_text_or_null(row);
    out->reason = row_text_or_null(row);
    out->review = row_text_or_null(row);
    out->state = row_text_or_null(row);
    out->first_fault_filetime = row_number(row);
    out->last_fault_filetime = row_number(row);
    out->recovered_filetime = row_number(row);
    out->in_window_events = row_number(row);
    out->events_8196 = row_number(row);
    out->events_8208 = row_number(row);
    out->events_8209 = row_number(row);
    out->events_13 = row_number(row);
    out->codes = row_text_or_null(row);
    out->window_coverage = row_text_or_null(row);
    out->kb971033 = row_text_or_null(row);
    out->kb971033_evidence = row_text_or_null(row);
    out->unrelated_updates = row_text_or_null(row);
    out->edition = row_text_or_null(row);
    out->licence_channel = row_text_or_null(row);
    out->licence_evidence = row_text_or_null(row);
    out->os_version = row_text_or_null(row);
    out->clock = row_text_or_null(row);
    out->action = row_text_or_null(row);
    out->kms_client_key = row_text_or_null(row);
    out->verified = row_text_or_null(row);
}

int casedb_next_machine(struct casedb_cursor *cursor, struct case_machine *out, struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    out->id = row_integer(&row);
    out->name = row_text(&row);
    out->collected = row_integer(&row) != 0;
    out->shared_name = row_integer(&row) != 0;
    out->inventory_id = row_integer(&row);
    out->verdict.machine_id = out->id;
    read_verdict(&row, &out->verdict);
    return 1;
}

/* ---- Evidence ---- */

int casedb_update_evidence(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                           struct error *err)
{
    return cursor_open_machine(db, machine_update_evidence, machine_id, out, err);
}

int casedb_next_update_evidence(struct casedb_cursor *cursor, struct case_update_evidence *out,
                                struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    out->machine_id = row_integer(&row);
    out->update_name = row_text(&row);
    out->kind = row_text(&row);
    out->says = row_text(&row);
    out->with_collection = row_integer(&row) != 0;
    out->filetime = row_number(&row);
    out->detail = row_text(&row);
    out->source_id = row_integer(&row);
    out->path = row_text(&row);
    return 1;
}

int casedb_count_update_machines(struct casedb *db, const char *update_name, uint64_t *count,
                                 struct error *err)
{
    struct query query = query_of(db, update_machines);
    struct row row;

    query_text(&query, update_name);
    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    *count = row_number(&row);
    query_end(&query);
    return 0;
}

int casedb_licence_evidence(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err)
{
    return cursor_open_machine(db, machine_licence_evidence, machine_id, out, err);
}

int casedb_next_licence_evidence(struct casedb_cursor *cursor, struct case_licence_evidence *out,
                                 struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    if (step != 1)
        return step;
    out->machine_id = row_integer(&row);
    out->kind = row_text(&row);
    out->activation_id = row_text(&row);
    out->edition = row_text(&row);
    out->licence_channel = row_text(&row);
    out->with_collection = row_integer(&row) != 0;
    out->filetime = row_number(&row);
    out->detail = row_text(&row);
    out->source_id = row_integer(&row);
    out->path = row_text(&row);
    return 1;
}
