/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: rows stream out of the case one by one. */
#include "case/internal.h"

#include <stdlib.h>

#include "base/memory.h"

void casedb_cursor_free(struct casedb_cursor *cursor)
{
    if (cursor == NULL)
        return;
    for (size_t kind = 0; kind < FINDING_KIND_COUNT; kind++)
        casedb_cursor_free(cursor->contents[kind]);
    statement_return(cursor->db, cursor->statement);
    strings_free(&cursor->strings);
    strings_free(&cursor->names);
    free(cursor->pairs);
    free(cursor);
}

int cursor_open(struct casedb *db, const struct row_statement *statement,
                struct casedb_cursor **out, struct error *err)
{
    sqlite3_stmt *taken = statement_take(db, statement);

    *out = NULL;
    if (taken == NULL)
        return casedb_fail(db, err);
    *out = memory_allocate(1, sizeof(**out));
    (*out)->db = db;
    (*out)->of = statement;
    (*out)->statement = taken;
    return 0;
}

int cursor_open_of(struct casedb *db, const struct row_statement *statement, int64_t id,
                   struct casedb_cursor **out, struct error *err)
{
    if (cursor_open(db, statement, out, err) != 0)
        return -1;
    sqlite3_bind_int64((*out)->statement, 1, id);
    return 0;
}

void cursor_restart(struct casedb_cursor *cursor, int64_t id)
{
    sqlite3_reset(cursor->statement);
    sqlite3_bind_int64(cursor->statement, 1, id);
    cursor->ended = false;
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

    return step == 1 ? row_fill(cursor->db, &row, cursor->of->type, out, err) : step;
}
