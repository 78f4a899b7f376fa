/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: rows stream out of the case one by one. An observation's strings are fetched with its
 * row, into memory that serves every row again; what a finding says, from the table of its kind. */
#include "case/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Memory for a text, used again from row to row. */
struct reused_text {
    char *bytes;
    size_t capacity_bytes;
};

struct reused_pair {
    struct reused_text name;
    struct reused_text value;
};

struct casedb_cursor {
    struct casedb *db;
    const struct row_type *type; /* of the rows, where there is one */
    sqlite3_stmt *statement;
    sqlite3_stmt *pairs; /* of a row: its strings; NULL where rows have none */
    sqlite3_stmt *contents[FINDING_KIND_COUNT]; /* of a finding; NULL until one of that kind came */
    sqlite3_stmt *content;                      /* that of the row, NULL for none */
    struct reused_pair *reused;
    size_t reused_count;
    struct observation_string *strings; /* point into `reused` */
    bool ended;
};

#define SELECT_OBSERVATIONS                                                                      \
    "SELECT o.id, o.provider, o.event_id, o.qualifiers, o.level, o.event_filetime, o.record_id," \
    " o.channel, o.computer, o.user_sid, o.offset_bytes, o.record_number, o.recovered,"          \
    " o.verified, o.other_reading, m.name, m.id, s.id, s.path"                                   \
    " FROM observation AS o JOIN source_computer AS c ON c.id = o.computer_id"                   \
    " JOIN source AS s ON s.id = c.source_id JOIN machine AS m ON m.id = c.machine_id"
#define WHICH_COUNT " WHERE o.duplicate = 0"
#define ORDER_OF_OBSERVATIONS \
    " ORDER BY o.event_filetime, o.record_id, s.path, o.offset_bytes, o.id"

static const char all_observations[] = SELECT_OBSERVATIONS WHICH_COUNT ORDER_OF_OBSERVATIONS;
static const char machine_observations[] =
    SELECT_OBSERVATIONS WHICH_COUNT " AND c.machine_id = ?1" ORDER_OF_OBSERVATIONS;
static const char all_conflicts[] =
    SELECT_OBSERVATIONS " WHERE o.verified = 'conflict'" ORDER_OF_OBSERVATIONS;
static const char observation_strings[] =
    "SELECT name, value FROM observation_string WHERE observation_id = ?1 ORDER BY position";

/* Of the places of a source that are the machine's, the first counts. */
static const char machine_findings[] =
    "SELECT f.id, f.kind, f.origin, h.name, f.place, f.filetime, f.verified, where_said.place_id,"
    " where_said.path, where_said.is_guess"
    " FROM (SELECT said.host_id, said.place_id, p.path, said.is_guess,"
    "  row_number() OVER (PARTITION BY said.host_id ORDER BY p.path) AS rank"
    "  FROM host_place AS said JOIN source AS p ON p.id = said.place_id"
    "  WHERE said.machine_id = ?1) AS where_said"
    " JOIN source_host AS h ON h.id = where_said.host_id"
    " JOIN finding AS f ON f.host_id = h.id"
    " WHERE where_said.rank = 1 ORDER BY where_said.path, f.id";

/* The id of the finding, then its members. */
static const char *const finding_content_of[] = {
    [FINDING_HISTORY] = "SELECT * FROM finding_history WHERE finding_id = ?1",
    [FINDING_HISTORY_ROW] = "SELECT * FROM finding_history_row WHERE finding_id = ?1",
    [FINDING_LISTING] = "SELECT * FROM finding_listing WHERE finding_id = ?1",
    [FINDING_ENTRY] = "SELECT * FROM finding_entry WHERE finding_id = ?1",
    [FINDING_LICENCE] = "SELECT * FROM finding_licence WHERE finding_id = ?1",
    [FINDING_SYSTEM] = "SELECT * FROM finding_system WHERE finding_id = ?1",
};
_Static_assert(ARRAY_COUNT(finding_content_of) == FINDING_KIND_COUNT, "a kind has no table");

/* ---- Cursors ---- */

void casedb_cursor_free(struct casedb_cursor *cursor)
{
    if (cursor == NULL)
        return;
    for (size_t index = 0; index < cursor->reused_count; index++) {
        free(cursor->reused[index].name.bytes);
        free(cursor->reused[index].value.bytes);
    }
    free(cursor->reused);
    free(cursor->strings);
    for (size_t kind = 0; kind < FINDING_KIND_COUNT; kind++)
        sqlite3_finalize(cursor->contents[kind]);
    sqlite3_finalize(cursor->pairs);
    sqlite3_finalize(cursor->statement);
    free(cursor);
}

static int open_text(struct casedb *db, const char *sql, struct casedb_cursor **out,
                     struct error *err)
{
    struct casedb_cursor *cursor = memory_allocate(1, sizeof(*cursor));

    *out = NULL;
    cursor->db = db;
    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &cursor->statement, NULL) != SQLITE_OK) {
        casedb_cursor_free(cursor);
        return casedb_fail(db, err);
    }
    *out = cursor;
    return 0;
}

static int open_text_machine(struct casedb *db, const char *sql, int64_t machine_id,
                             struct casedb_cursor **out, struct error *err)
{
    if (open_text(db, sql, out, err) != 0)
        return -1;
    sqlite3_bind_int64((*out)->statement, 1, machine_id);
    return 0;
}

int cursor_open(struct casedb *db, const struct row_statement *statement,
                struct casedb_cursor **out, struct error *err)
{
    char *sql = row_statement_text(statement);
    int result = open_text(db, sql, out, err);

    free(sql);
    if (result == 0)
        (*out)->type = statement->type;
    return result;
}

int cursor_open_machine(struct casedb *db, const struct row_statement *statement,
                        int64_t machine_id, struct casedb_cursor **out, struct error *err)
{
    if (cursor_open(db, statement, out, err) != 0)
        return -1;
    sqlite3_bind_int64((*out)->statement, 1, machine_id);
    return 0;
}

struct casedb *cursor_case(const struct casedb_cursor *cursor)
{
    return cursor->db;
}

int cursor_step(struct casedb_cursor *cursor, struct row *row, struct error *err)
{
    int step = cursor->ended ? SQLITE_DONE : sqlite3_step(cursor->statement);

    *row = row_of(cursor->statement);
    cursor->ended = step != SQLITE_ROW;
    if (step == SQLITE_ROW)
        return 1;
    return step == SQLITE_DONE ? 0 : casedb_fail(cursor->db, err);
}

int cursor_next(struct casedb_cursor *cursor, void *out, struct error *err)
{
    struct row row;
    int step = cursor_step(cursor, &row, err);

    return step == 1 ? row_fill(cursor->db, &row, cursor->type, out, err) : step;
}

/* ---- Strings ---- */

static int prepare_pairs(struct casedb_cursor **cursor, const char *sql, struct error *err)
{
    struct casedb *db = (*cursor)->db;

    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &(*cursor)->pairs, NULL) == SQLITE_OK)
        return 0;
    casedb_fail(db, err);
    casedb_cursor_free(*cursor);
    *cursor = NULL;
    return -1;
}

static void reuse(struct reused_text *text, const char *bytes)
{
    size_t size = strlen(bytes) + 1;

    if (size > text->capacity_bytes) {
        text->bytes = memory_resize(text->bytes, size, 1);
        text->capacity_bytes = size;
    }
    memcpy(text->bytes, bytes, size);
}

static void add_pair(struct casedb_cursor *cursor, size_t index)
{
    struct row row = row_of(cursor->pairs);

    if (index == cursor->reused_count) {
        cursor->reused = memory_grow(cursor->reused, index, sizeof(*cursor->reused));
        cursor->strings = memory_grow(cursor->strings, index, sizeof(*cursor->strings));
        cursor->reused[index] = (struct reused_pair){0};
        cursor->reused_count++;
    }
    reuse(&cursor->reused[index].name, row_text(&row));
    reuse(&cursor->reused[index].value, row_text(&row));
}

/* Reads the pairs of the row with that id. */
static int read_pairs(struct casedb_cursor *cursor, int64_t id, size_t *count, struct error *err)
{
    int step;

    *count = 0;
    sqlite3_bind_int64(cursor->pairs, 1, id);
    while ((step = sqlite3_step(cursor->pairs)) == SQLITE_ROW)
        add_pair(cursor, (*count)++);
    if (step != SQLITE_DONE)
        casedb_fail(cursor->db, err);
    sqlite3_reset(cursor->pairs);
    return step == SQLITE_DONE ? 1 : -1;
}

/* ---- Observations ---- */

int casedb_machine_observations(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                                struct error *err)
{
    if (open_text_machine(db, machine_observations, machine_id, out, err) != 0)
        return -1;
    return prepare_pairs(out, observation_strings, err);
}

int casedb_timeline(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    if (open_text(db, all_observations, out, err) != 0)
        return -1;
    return prepare_pairs(out, observation_strings, err);
}

int casedb_conflicts(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    if (open_text(db, all_conflicts, out, err) != 0)
        return -1;
    return prepare_pairs(out, observation_strings, err);
}

static int read_strings(struct casedb_cursor *cursor, int64_t id, struct observation *out,
                        struct error *err)
{
    int result = read_pairs(cursor, id, &out->string_count, err);

    for (size_t index = 0; index < out->string_count; index++)
        cursor->strings[index] = (struct observation_string){cursor->reused[index].name.bytes,
                                                             cursor->reused[index].value.bytes};
    out->strings = cursor->strings;
    return result;
}

static int read_verified(struct casedb *db, struct row *row, struct observation *out,
                         struct error *err)
{
    unsigned verified;

    if (!word_set_find(&verified_words, row_text(row), &verified))
        return casedb_fail_content(db, "an observation has no known `verified`", err);
    out->verified = (enum verified)verified;
    out->other_reading = row_text_or_null(row);
    return 1;
}

int casedb_next_observation(struct casedb_cursor *cursor, struct case_observation *out,
                            struct error *err)
{
    struct observation *observation = &out->observation;
    struct row row;
    int step = cursor_step(cursor, &row, err);
    int64_t id;

    if (step != 1)
        return step;
    id = row_integer(&row);
    observation->provider = row_text(&row);
    observation->event_id = (uint16_t)row_integer(&row);
    observation->qualifiers = row_unless(&row, OBSERVATION_ABSENT);
    observation->level = row_unless(&row, OBSERVATION_ABSENT);
    observation->event_filetime = row_number(&row);
    observation->record_id = row_number(&row);
    observation->channel = row_text(&row);
    observation->computer = row_text(&row);
    observation->user_sid = row_text(&row);
    observation->offset_bytes = row_number(&row);
    observation->record_number = row_number(&row);
    observation->recovered = row_integer(&row) != 0;
    observation->reference_only = false; /* a case does not keep it */
    if (read_verified(cursor->db, &row, observation, err) < 0)
        return -1;
    out->machine = row_text(&row);
    out->machine_id = row_integer(&row);
    out->source_id = row_integer(&row);
    out->path = row_text(&row);
    return read_strings(cursor, id, observation, err);
}

/* ---- Findings ---- */

int casedb_machine_findings(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err)
{
    return open_text_machine(db, machine_findings, machine_id, out, err);
}

/* Reads kind, origin and the rest of the row up to `verified`. */
static int read_finding(struct casedb_cursor *cursor, struct row *row, struct finding *out,
                        struct error *err)
{
    unsigned kind, origin, verified;

    if (!word_set_find(&finding_kind_words, row_text(row), &kind))
        return casedb_fail_content(cursor->db, "a finding has no known kind", err);
    if (!word_set_find(&finding_origin_words, row_text(row), &origin))
        return casedb_fail_content(cursor->db, "a finding has no known origin", err);
    *out = finding_of((enum finding_kind)kind, (enum finding_origin)origin);
    out->host = row_text(row);
    out->place = row_number(row);
    out->filetime = row_number(row);
    if (!word_set_find(&verified_words, row_text(row), &verified))
        return casedb_fail_content(cursor->db, "a finding has no known `verified`", err);
    out->verified = (enum verified)verified;
    return 0;
}

/* Reads what the finding says; its texts are borrowed from that row. */
static int read_content(struct casedb_cursor *cursor, int64_t id, struct finding *out,
                        struct error *err)
{
    const struct members *members = &finding_members[out->kind];
    sqlite3_stmt **statement = &cursor->contents[out->kind];
    struct row row;

    if (*statement == NULL && sqlite3_prepare_v2(cursor->db->sqlite, finding_content_of[out->kind],
                                                 -1, statement, NULL) != SQLITE_OK)
        return casedb_fail(cursor->db, err);
    cursor->content = *statement;
    sqlite3_bind_int64(*statement, 1, id);
    switch (sqlite3_step(*statement)) {
    case SQLITE_ROW:
        break;
    case SQLITE_DONE:
        return casedb_fail_content(cursor->db, "a finding says nothing", err);
    default:
        return casedb_fail(cursor->db, err);
    }
    row = row_of(*statement);
    row_integer(&row); /* the id */
    for (size_t index = 0; index < members->count; index++)
        if (!row_member(&row, &members->rows[index], finding_content(out)))
            return casedb_fail_content(cursor->db, "a finding says what none can say", err);
    return 0;
}

int casedb_next_finding(struct casedb_cursor *cursor, struct case_finding *out, struct error *err)
{
    struct row row;
    int64_t id;
    int step;

    sqlite3_reset(cursor->content);
    step = cursor_step(cursor, &row, err);
    if (step != 1)
        return step;
    id = row_integer(&row);
    if (read_finding(cursor, &row, &out->finding, err) != 0)
        return -1;
    out->place_id = row_integer(&row);
    out->path = row_text(&row);
    out->is_guess = row_integer(&row) != 0;
    return read_content(cursor, id, &out->finding, err) == 0 ? 1 : -1;
}
