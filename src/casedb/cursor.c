/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: rows stream out of the case one by one, and an observation's strings are fetched with
 * its row, into memory that serves every row again. */
#include "casedb/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Memory for a text, used again from row to row. */
struct reused_text {
    char *bytes;
    size_t capacity_bytes;
};

struct reused_string {
    struct reused_text name;
    struct reused_text value;
};

struct casedb_cursor {
    struct casedb *db;
    sqlite3_stmt *statement;
    sqlite3_stmt *strings; /* of cursors over observations, else NULL */
    struct reused_string *reused;
    struct observation_string *items; /* as many as `reused`, which they point into */
    size_t item_count;
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

/* ---- Cursors ---- */

void casedb_cursor_free(struct casedb_cursor *cursor)
{
    if (cursor == NULL)
        return;
    for (size_t index = 0; index < cursor->item_count; index++) {
        free(cursor->reused[index].name.bytes);
        free(cursor->reused[index].value.bytes);
    }
    free(cursor->reused);
    free(cursor->items);
    sqlite3_finalize(cursor->strings);
    sqlite3_finalize(cursor->statement);
    free(cursor);
}

int cursor_open(struct casedb *db, const char *sql, struct casedb_cursor **out, struct error *err)
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

int cursor_open_machine(struct casedb *db, const char *sql, int64_t machine_id,
                        struct casedb_cursor **out, struct error *err)
{
    if (cursor_open(db, sql, out, err) != 0)
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

/* ---- Observations ---- */

static int prepare_strings(struct casedb_cursor **cursor, struct error *err)
{
    struct casedb *db = (*cursor)->db;

    if (sqlite3_prepare_v2(db->sqlite, observation_strings, -1, &(*cursor)->strings, NULL) ==
        SQLITE_OK)
        return 0;
    casedb_fail(db, err);
    casedb_cursor_free(*cursor);
    *cursor = NULL;
    return -1;
}

int casedb_machine_observations(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                                struct error *err)
{
    if (cursor_open_machine(db, machine_observations, machine_id, out, err) != 0)
        return -1;
    return prepare_strings(out, err);
}

int casedb_timeline(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    if (cursor_open(db, all_observations, out, err) != 0)
        return -1;
    return prepare_strings(out, err);
}

int casedb_conflicts(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    if (cursor_open(db, all_conflicts, out, err) != 0)
        return -1;
    return prepare_strings(out, err);
}

static const char *reuse(struct reused_text *text, const char *bytes)
{
    size_t size = strlen(bytes) + 1;

    if (size > text->capacity_bytes) {
        text->bytes = memory_resize(text->bytes, size, 1);
        text->capacity_bytes = size;
    }
    return memcpy(text->bytes, bytes, size);
}

static void add_string(struct casedb_cursor *cursor, size_t index)
{
    struct row row = row_of(cursor->strings);

    if (index == cursor->item_count) {
        cursor->reused = memory_grow(cursor->reused, index, sizeof(*cursor->reused));
        cursor->items = memory_grow(cursor->items, index, sizeof(*cursor->items));
        cursor->reused[index] = (struct reused_string){0};
        cursor->item_count++;
    }
    cursor->items[index].name = reuse(&cursor->reused[index].name, row_text(&row));
    cursor->items[index].value = reuse(&cursor->reused[index].value, row_text(&row));
}

static int read_strings(struct casedb_cursor *cursor, int64_t observation_id,
                        struct observation *out, struct error *err)
{
    size_t count = 0;
    int step;

    sqlite3_bind_int64(cursor->strings, 1, observation_id);
    while ((step = sqlite3_step(cursor->strings)) == SQLITE_ROW)
        add_string(cursor, count++);
    if (step != SQLITE_DONE)
        casedb_fail(cursor->db, err);
    sqlite3_reset(cursor->strings);
    out->strings = cursor->items;
    out->string_count = count;
    return step == SQLITE_DONE ? 1 : -1;
}

static int read_verified(struct casedb *db, struct row *row, struct observation *out,
                         struct error *err)
{
    const char *name = row_text(row);

    out->other_reading = row_text_or_null(row);
    for (int verified = VERIFIED_NOT_ASKED; verified <= VERIFIED_CONFLICT; verified++)
        if (strcmp(verified_name((enum verified)verified), name) == 0) {
            out->verified = (enum verified)verified;
            return 1;
        }
    return casedb_fail_word(db, "an observation has no known `verified`", err);
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
