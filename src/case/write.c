/* SPDX-License-Identifier: Apache-2.0 */
/* Sources and what is read from them: one transaction a source. */
#include "case/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char find_id[] = "SELECT id FROM source WHERE path = ?1";

/* Takes with it all that was read from the source, and the places that have its content. */
static const char delete_source[] = "DELETE FROM source WHERE id = ?1";

static const struct row_statement insert_source = {ROW_INSERT, &source_rows, NULL, NULL};
static const struct row_statement update_source = {ROW_UPDATE, &source_rows, NULL, NULL};

static const char all_paths[] = "SELECT id, path FROM source ORDER BY path";

static const char find_computer[] =
    "SELECT id FROM source_computer WHERE source_id = ?1 AND folded_name = ?2";

static const struct row_statement insert_computer = {ROW_INSERT, &source_computer_rows, NULL, NULL};
static const struct row_statement update_computer = {ROW_UPDATE, &source_computer_rows, NULL, NULL};

static const char find_alike[] =
    "SELECT id, (event_filetime, record_id, offset_bytes) < (?3, ?4, ?5) FROM observation"
    " WHERE computer_id = ?1 AND likeness = ?2 ORDER BY event_filetime, record_id, offset_bytes";

static const char delete_observation[] = "DELETE FROM observation WHERE id = ?1";

static const char insert_observation[] =
    "INSERT INTO observation (id, computer_id, offset_bytes, record_number, recovered, provider,"
    " event_id, qualifiers, level, event_filetime, record_id, channel, computer, user_sid,"
    " identity, likeness, verified, other_reading)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

static const char insert_string[] =
    "INSERT INTO observation_string (observation_id, position, name, value)"
    " VALUES (?1, ?2, ?3, ?4)";

static const char find_host[] =
    "SELECT id FROM source_host WHERE source_id = ?1 AND folded_name = ?2";

static const struct row_statement insert_host = {ROW_INSERT, &source_host_rows, NULL, NULL};

static const char insert_finding[] =
    "INSERT INTO finding (host_id, kind, origin, place, filetime, verified)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/* The id of the finding, then its members. */
static const char *const insert_content[] = {
    [FINDING_HISTORY] = "INSERT INTO finding_history VALUES (?1, ?2, ?3, ?4)",
    [FINDING_HISTORY_ROW] =
        "INSERT INTO finding_history_row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [FINDING_LISTING] = "INSERT INTO finding_listing VALUES (?1, ?2, ?3, ?4, ?5)",
    [FINDING_ENTRY] = "INSERT INTO finding_entry VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [FINDING_LICENCE] = "INSERT INTO finding_licence VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [FINDING_SYSTEM] = "INSERT INTO finding_system VALUES (?1, ?2, ?3)",
};
_Static_assert(ARRAY_COUNT(insert_content) == FINDING_KIND_COUNT, "a kind has no table");

/* ---- Sources ---- */

static int run_with_id(struct casedb *db, const char *sql, int64_t id, struct error *err)
{
    struct query query = query_of(db, sql);

    query_integer(&query, id);
    return query_run(&query, err);
}

/* Deletes the source at the path, if any, and sets *id to the one it had, or 0. */
static int make_way(struct casedb *db, const char *path, int64_t *id, struct error *err)
{
    struct query query = query_of(db, find_id);
    struct row row;
    int step;

    *id = 0;
    query_text(&query, path);
    step = query_step(&query, err);
    if (step <= 0)
        return step;
    row = row_of(query.statement);
    *id = row_integer(&row);
    query_end(&query);
    return run_with_id(db, delete_source, *id, err);
}

static void forget_computer(struct casedb *db)
{
    free(db->recent.name);
    free(db->recent.folded_name);
    db->recent = (struct recent_computer){0};
}

static void forget_source(struct casedb *db)
{
    free(db->source.path);
    free(db->source.sha256);
    free(db->source.read_options);
    db->source = (struct open_source){0};
}

void casedb_forget_open(struct casedb *db)
{
    forget_source(db);
    forget_computer(db);
}

/* The row of the open source, with what is known of it by now. */
static struct case_source row_of_source(const struct open_source *source)
{
    return (struct case_source){.id = source->id,
                                .path = source->path,
                                .kind = source->kind,
                                .size_bytes = source->size_bytes,
                                .mtime_ns = source->mtime_ns,
                                .sha256 = source->sha256,
                                .read_options = source->read_options,
                                .status = SOURCE_STATUS_UNREADABLE,
                                .detail = ""};
}

static int add_source(struct casedb *db, const struct source *source, const char *read_options,
                      struct error *err)
{
    struct open_source *open = &db->source;
    struct case_source row;

    *open = (struct open_source){.path = memory_copy_text(source->path),
                                 .kind = source->kind,
                                 .size_bytes = source->size_bytes,
                                 .mtime_ns = source->mtime_ns,
                                 .sha256 = memory_copy_text(source->sha256),
                                 .read_options = memory_copy_text(read_options)};
    if (make_way(db, source->path, &open->id, err) != 0)
        return -1;
    row = row_of_source(open);
    if (query_run_row(db, &insert_source, &row, err) != 0)
        return -1;
    open->id = sqlite3_last_insert_rowid(db->sqlite);
    return 0;
}

int casedb_begin_source(struct casedb *db, const struct source *source, const char *read_options,
                        int64_t *id, struct error *err)
{
    casedb_forget_open(db);
    if (casedb_begin(db, err) != 0)
        return -1;
    if (add_source(db, source, read_options, err) != 0) {
        casedb_roll_back(db);
        return -1;
    }
    *id = db->source.id;
    return 0;
}

void casedb_set_source_content(struct casedb *db, enum source_kind kind, const char *sha256)
{
    free(db->source.sha256);
    db->source.kind = kind;
    db->source.sha256 = memory_copy_text(sha256);
}

void casedb_abandon_source(struct casedb *db)
{
    casedb_roll_back(db);
}

int casedb_keep_only_sources(struct casedb *db, const char *const *paths, size_t path_count,
                             size_t *deleted, struct error *err)
{
    struct query query = query_of(db, all_paths);
    int64_t *doomed = NULL;
    size_t doomed_count = 0;
    size_t next = 0;
    int step;

    *deleted = 0;
    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);
        int64_t id = row_integer(&row);
        const char *path = row_text(&row);

        while (next < path_count && strcmp(paths[next], path) < 0)
            next++;
        if (next < path_count && strcmp(paths[next], path) == 0)
            continue;
        doomed = memory_grow(doomed, doomed_count, sizeof(*doomed));
        doomed[doomed_count++] = id;
    }
    if (step == 0 && doomed_count > 0)
        step = casedb_begin(db, err);
    for (size_t index = 0; index < doomed_count && step == 0; index++)
        step = run_with_id(db, delete_source, doomed[index], err);
    if (step == 0 && doomed_count > 0)
        step = casedb_commit(db, err);
    if (step == 0)
        *deleted = doomed_count;
    else
        casedb_roll_back(db);
    free(doomed);
    return step;
}

/* ---- Computers of a source ---- */

/* A name of the source, of a computer or of a host: 1 and its id, 0 where there is none, -1. */
static int find_name(struct casedb *db, const char *find, int64_t source_id,
                     const char *folded_name, int64_t *id, struct error *err)
{
    struct query query = query_of(db, find);
    int step;

    query_integer(&query, source_id);
    query_text(&query, folded_name);
    step = query_step(&query, err);
    if (step == 1) {
        struct row row = row_of(query.statement);

        *id = row_integer(&row);
        query_end(&query);
    }
    return step;
}

/* Makes the computer of that name the recent one. */
static int meet_computer(struct casedb *db, int64_t source_id, const char *name, struct error *err)
{
    struct recent_computer *recent = &db->recent;
    struct case_computer row;
    int found;

    if (recent->source_id == source_id && strcmp(recent->name, name) == 0)
        return 0;
    forget_computer(db);
    recent->name = memory_copy_text(name);
    recent->folded_name = text_fold(name);
    found = find_name(db, find_computer, source_id, recent->folded_name, &recent->id, err);
    row = (struct case_computer){
        .source_id = source_id, .name = name, .folded_name = recent->folded_name};
    if (found < 0 || (found == 0 && query_run_row(db, &insert_computer, &row, err) != 0))
        return -1;
    if (found == 0)
        recent->id = sqlite3_last_insert_rowid(db->sqlite);
    recent->source_id = source_id;
    return 0;
}

static int note_computer(struct casedb *db, int64_t source_id, const struct computer_facts *facts,
                         struct error *err)
{
    struct case_computer row;

    if (meet_computer(db, source_id, facts->name, err) != 0)
        return -1;
    row = (struct case_computer){
        .id = db->recent.id,
        .source_id = source_id,
        .name = facts->name,
        .folded_name = db->recent.folded_name,
        .record_count = facts->record_count,
        .first_number = facts->first_number,
        .last_number = facts->last_number,
        .last_filetime = facts->last_filetime,
        .forwarded = facts->forwarded,
        .application_count = facts->application_count,
        .application_first_filetime = facts->application_first_filetime,
        .application_last_filetime = facts->application_last_filetime,
        .application_first_record_id = facts->application_first_record_id,
        .application_last_record_id = facts->application_last_record_id,
    };
    return query_run_row(db, &update_computer, &row, err);
}

int casedb_finish_source(struct casedb *db, int64_t source_id, const struct source_facts *facts,
                         int64_t same_as, struct error *err)
{
    struct case_source row = row_of_source(&db->source);

    row.same_as = same_as;
    row.status = facts->status;
    row.record_count = facts->record_count;
    row.recovered_count = facts->recovered_count;
    row.selected_count = facts->selected_count;
    row.undecodable_count = facts->undecodable_count;
    row.conflict_count = facts->conflict_count;
    row.first_filetime = facts->first_filetime;
    row.last_filetime = facts->last_filetime;
    row.detail = text_get(&facts->detail);
    if (query_run_row(db, &update_source, &row, err) != 0)
        return -1;
    for (size_t index = 0; index < facts->computer_count && same_as == 0; index++)
        if (note_computer(db, source_id, &facts->computers[index], err) != 0)
            return -1;
    return casedb_commit(db, err);
}

/* ---- Observations ---- */

static int add_strings(struct casedb *db, int64_t observation_id,
                       const struct observation *observation, struct error *err)
{
    for (size_t index = 0; index < observation->string_count; index++) {
        struct query query = query_of(db, insert_string);

        query_integer(&query, observation_id);
        query_number(&query, index);
        query_text(&query, observation->strings[index].name);
        query_text(&query, observation->strings[index].value);
        if (query_run(&query, err) != 0)
            return -1;
    }
    return 0;
}

/* Adds the observation under `id`, or under the next one for 0. */
static int insert(struct casedb *db, int64_t id, const struct observation *observation,
                  const uint8_t *likeness, struct error *err)
{
    uint8_t identity[CASEDB_DIGEST_BYTES];
    struct query query = query_of(db, insert_observation);

    if (identity_of(db, observation, db->recent.folded_name, identity, err) != 0)
        return -1;
    query_unless(&query, 0, id);
    query_integer(&query, db->recent.id);
    query_number(&query, observation->offset_bytes);
    query_number(&query, observation->record_number);
    query_integer(&query, observation->recovered);
    query_text(&query, observation->provider);
    query_integer(&query, observation->event_id);
    query_unless(&query, OBSERVATION_ABSENT, observation->qualifiers);
    query_unless(&query, OBSERVATION_ABSENT, observation->level);
    query_number(&query, observation->event_filetime);
    query_number(&query, observation->record_id);
    query_text(&query, observation->channel);
    query_text(&query, observation->computer);
    query_text(&query, observation->user_sid);
    query_bytes(&query, identity, sizeof(identity));
    query_bytes(&query, likeness, likeness != NULL ? CASEDB_DIGEST_BYTES : 0);
    query_text(&query, verified_word(observation->verified));
    query_text(&query,
               observation->verified == VERIFIED_CONFLICT ? observation->other_reading : NULL);
    if (query_run(&query, err) != 0)
        return -1;
    return add_strings(db, sqlite3_last_insert_rowid(db->sqlite), observation, err);
}

/* What adding one more of those that are kept first and last displaces. */
struct displaced {
    bool newcomer; /* the one to be added: it lies between the two */
    int64_t id;    /* of the one that gives way, or 0: there was no pair yet */
};

static int find_displaced(struct casedb *db, const struct observation *observation,
                          const uint8_t *likeness, struct displaced *out, struct error *err)
{
    struct query query = query_of(db, find_alike);
    int64_t ids[2] = {0};
    bool before[2] = {false}; /* do they lie before the newcomer? */
    size_t count = 0;
    int step;

    query_integer(&query, db->recent.id);
    query_bytes(&query, likeness, CASEDB_DIGEST_BYTES);
    query_number(&query, observation->event_filetime);
    query_number(&query, observation->record_id);
    query_number(&query, observation->offset_bytes);
    while ((step = query_step(&query, err)) == 1 && count < 2) {
        struct row row = row_of(query.statement);

        ids[count] = row_integer(&row);
        before[count++] = row_integer(&row) != 0;
    }
    query_end(&query);
    if (step < 0)
        return -1;
    *out = (struct displaced){0};
    if (count == 2) {
        out->newcomer = before[0] && !before[1];
        out->id = before[1] ? ids[1] : ids[0];
    }
    return 0;
}

/* The one that gives way leaves its id behind, so that ids stay without gaps (copy.c). */
static int add_first_or_last(struct casedb *db, const struct observation *observation,
                             struct error *err)
{
    uint8_t likeness[CASEDB_DIGEST_BYTES];
    struct displaced displaced;

    if (identity_of_content(db, observation, likeness, err) != 0 ||
        find_displaced(db, observation, likeness, &displaced, err) != 0)
        return -1;
    if (displaced.newcomer)
        return 0;
    if (displaced.id != 0 && run_with_id(db, delete_observation, displaced.id, err) != 0)
        return -1;
    return insert(db, displaced.id, observation, likeness, err);
}

int casedb_add_observation(struct casedb *db, int64_t source_id, const struct incident_event *event,
                           const struct observation *observation, struct error *err)
{
    if (meet_computer(db, source_id, observation->computer, err) != 0)
        return -1;
    if (event->keep == EVENT_KEEP_FIRST_AND_LAST)
        return add_first_or_last(db, observation, err);
    return insert(db, 0, observation, NULL, err);
}

/* ---- Findings ---- */

static int add_content(struct casedb *db, int64_t finding_id, const struct finding *finding,
                       struct error *err)
{
    const struct members *members = &finding_members[finding->kind];
    struct query query = query_of(db, insert_content[finding->kind]);

    query_integer(&query, finding_id);
    for (size_t index = 0; index < members->count; index++)
        query_member(&query, &members->rows[index], finding_content(finding));
    return query_run(&query, err);
}

static int meet_host(struct casedb *db, int64_t source_id, const char *name, int64_t *id,
                     struct error *err)
{
    char *folded_name = text_fold(name);
    struct case_source_host row = {
        .source_id = source_id, .name = name, .folded_name = folded_name};
    int found = find_name(db, find_host, source_id, folded_name, id, err);

    if (found == 0 && query_run_row(db, &insert_host, &row, err) != 0)
        found = -1;
    else if (found == 0)
        *id = sqlite3_last_insert_rowid(db->sqlite);
    free(folded_name);
    return found < 0 ? -1 : 0;
}

int casedb_add_finding(struct casedb *db, int64_t source_id, const struct finding *finding,
                       struct error *err)
{
    struct query query;
    int64_t host_id;

    if (meet_host(db, source_id, finding->host, &host_id, err) != 0)
        return -1;
    query = query_of(db, insert_finding);
    query_integer(&query, host_id);
    query_text(&query, finding_kind_word(finding->kind));
    query_text(&query, finding_origin_word(finding->origin));
    query_number(&query, finding->place);
    query_number(&query, finding->filetime);
    query_text(&query, verified_word(finding->verified));
    if (query_run(&query, err) != 0)
        return -1;
    return add_content(db, sqlite3_last_insert_rowid(db->sqlite), finding, err);
}
