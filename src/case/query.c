/* SPDX-License-Identifier: Apache-2.0 */
/* Statements on the case: what they fail with, transactions, and the kept queries. */
#include "case/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"

/* What a person has to know and to do, by SQLite's primary result code. */
struct failure {
    int code;
    bool system; /* the system's own word for it belongs there */
    const char *what;
    const char *advice;
};

static const struct failure failures[] = {
    {SQLITE_BUSY, false, "the case is in use by another process", "run again when that has ended"},
    {SQLITE_FULL, false, "no space left on the disk", "make room and run again"},
    {SQLITE_READONLY, false, "the case cannot be written", "allow that, or work on a copy of it"},
    {SQLITE_CORRUPT, false, "the case is damaged", "delete it and run again"},
    {SQLITE_NOTADB, false, "this is no case", "name one, or another output folder"},
    {SQLITE_CANTOPEN, true, "cannot open the case", "name one that can be opened"},
    {SQLITE_IOERR, true, "cannot read or write the case", "mend that and run again"},
};

int casedb_fail_at(struct casedb *db, const char *path, struct error *err)
{
    int code = sqlite3_errcode(db->sqlite) & 0xFF; /* without its extension */
    int number = sqlite3_system_errno(db->sqlite);

    if (number == 0)
        number = errno; /* SQLite does not note it when COMMIT fails */
    for (size_t index = 0; index < ARRAY_COUNT(failures); index++) {
        const struct failure *failure = &failures[index];
        bool system = failure->system && number != 0;

        if (failure->code == code)
            return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: %s%s%s; %s", path, failure->what,
                             system ? ": " : "", system ? strerror(number) : "", failure->advice);
    }
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: the case cannot be used: %s", path,
                     sqlite3_errmsg(db->sqlite));
}

int casedb_fail(struct casedb *db, struct error *err)
{
    return casedb_fail_at(db, db->path, err);
}

int casedb_fail_content(struct casedb *db, const char *what, struct error *err)
{
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "%s: the case is damaged: %s; delete it and run again", db->path, what);
}

int casedb_execute(struct casedb *db, const char *sql, struct error *err)
{
    errno = 0;
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return casedb_fail(db, err);
    return 0;
}

/* The journal. A killed process must leave whole sources, and so must a power cut: a case that
 * quietly lost half a source would give wrong verdicts. A rollback journal gives that only with
 * two syncs of the disk a source, which is a minute for thousands of sources on a slow disk; a
 * write-ahead log gives it with none (synchronous = NORMAL: a power cut may cost the last few
 * sources, each of them whole, and they are read again). It is chosen at the first write, so that
 * a case that is only read stays as it is byte for byte, and given up again in casedb_close, so
 * that the case is one file. Where it cannot be had, the rollback journal does. */
int casedb_begin(struct casedb *db, struct error *err)
{
    if (!db->writing)
        sqlite3_exec(db->sqlite, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    db->writing = true;
    return casedb_execute(db, "BEGIN IMMEDIATE", err);
}

int casedb_commit(struct casedb *db, struct error *err)
{
    return casedb_execute(db, "COMMIT", err);
}

/* After some failures (a full disk) SQLite has rolled back already. */
void casedb_roll_back(struct casedb *db)
{
    casedb_forget_open(db);
    if (db->sqlite != NULL && sqlite3_get_autocommit(db->sqlite) == 0)
        sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static struct kept_statement *find_kept(struct casedb *db, const void *key)
{
    for (size_t index = 0; index < db->kept_count; index++)
        if (db->kept[index].key == key)
            return &db->kept[index];
    return NULL;
}

static int prepare_kept(struct casedb *db, const void *key, const char *sql, sqlite3_stmt **out)
{
    int result = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    if (result != SQLITE_OK)
        return result;
    db->kept = memory_grow(db->kept, db->kept_count, sizeof(*db->kept));
    db->kept[db->kept_count++] = (struct kept_statement){.key = key, .statement = *out};
    return result;
}

struct query query_of(struct casedb *db, const char *sql)
{
    const struct kept_statement *kept = find_kept(db, sql);
    struct query query = {.db = db, .result = SQLITE_OK};

    if (kept != NULL)
        query.statement = kept->statement;
    else
        query.result = prepare_kept(db, sql, sql, &query.statement);
    return query;
}

struct query query_of_rows(struct casedb *db, const struct row_statement *statement)
{
    const struct kept_statement *kept = find_kept(db, statement);
    struct query query = {.db = db, .result = SQLITE_OK};

    if (kept != NULL) {
        query.statement = kept->statement;
    } else {
        char *sql = row_statement_text(statement);

        query.result = prepare_kept(db, statement, sql, &query.statement);
        free(sql);
    }
    return query;
}

static void query_note(struct query *query, int result)
{
    query->bound++;
    if (query->result == SQLITE_OK)
        query->result = result;
}

void query_text(struct query *query, const char *text)
{
    if (query->result == SQLITE_OK)
        query_note(query,
                   sqlite3_bind_text(query->statement, query->bound + 1, text, -1, SQLITE_STATIC));
}

void query_text_copied(struct query *query, const char *text)
{
    if (query->result == SQLITE_OK)
        query_note(query, sqlite3_bind_text(query->statement, query->bound + 1, text, -1,
                                            SQLITE_TRANSIENT));
}

void query_bytes(struct query *query, const void *bytes, size_t size_bytes)
{
    if (query->result == SQLITE_OK)
        query_note(query, sqlite3_bind_blob64(query->statement, query->bound + 1, bytes, size_bytes,
                                              SQLITE_STATIC));
}

void query_integer(struct query *query, int64_t number)
{
    if (query->result == SQLITE_OK)
        query_note(query, sqlite3_bind_int64(query->statement, query->bound + 1, number));
}

void query_number(struct query *query, uint64_t number)
{
    query_integer(query, (int64_t)number);
}

void query_unless(struct query *query, int64_t absent, int64_t number)
{
    if (number != absent)
        query_integer(query, number);
    else if (query->result == SQLITE_OK)
        query_note(query, sqlite3_bind_null(query->statement, query->bound + 1));
}

void query_member(struct query *query, const struct member *member, const void *owner)
{
    const void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        query_integer(query, *(const bool *)at);
        break;
    case MEMBER_U64:
        query_number(query, *(const uint64_t *)at);
        break;
    case MEMBER_NUMBER:
        query_unless(query, MEMBER_ABSENT, *(const int64_t *)at);
        break;
    case MEMBER_CHOICE:
        query_text(query, word_set_word(member->words, *(const unsigned *)at));
        break;
    case MEMBER_TEXT:
    case MEMBER_OWNED_TEXT:
        query_text(query, *(const char *const *)at);
        break;
    case MEMBER_U16:
        query_integer(query, *(const uint16_t *)at);
        break;
    case MEMBER_I32:
        query_integer(query, *(const int32_t *)at);
        break;
    }
}

int query_step(struct query *query, struct error *err)
{
    int step = query->result;

    if (step == SQLITE_OK)
        step = sqlite3_step(query->statement);
    if (step == SQLITE_ROW)
        return 1;
    if (step != SQLITE_DONE)
        casedb_fail(query->db, err);
    query_end(query);
    return step == SQLITE_DONE ? 0 : -1;
}

int query_run(struct query *query, struct error *err)
{
    int step = query_step(query, err);

    query_end(query);
    return step < 0 ? -1 : 0;
}

void query_end(struct query *query)
{
    if (query->statement == NULL)
        return;
    sqlite3_reset(query->statement);
    sqlite3_clear_bindings(query->statement);
}

struct row row_of(sqlite3_stmt *statement)
{
    return (struct row){.statement = statement};
}

const char *row_text_or_null(struct row *row)
{
    return (const char *)sqlite3_column_text(row->statement, row->read++);
}

const char *row_text(struct row *row)
{
    const char *text = row_text_or_null(row);

    return text != NULL ? text : "";
}

int64_t row_integer(struct row *row)
{
    return sqlite3_column_int64(row->statement, row->read++);
}

uint64_t row_number(struct row *row)
{
    return (uint64_t)row_integer(row);
}

int32_t row_unless(struct row *row, int32_t absent)
{
    int column = row->read++;

    if (sqlite3_column_type(row->statement, column) == SQLITE_NULL)
        return absent;
    return sqlite3_column_int(row->statement, column);
}

bool row_member(struct row *row, const struct member *member, void *owner)
{
    bool is_null = sqlite3_column_type(row->statement, row->read) == SQLITE_NULL;
    void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        *(bool *)at = row_integer(row) != 0;
        return true;
    case MEMBER_U64:
        *(uint64_t *)at = row_number(row);
        return true;
    case MEMBER_NUMBER:
        *(int64_t *)at = row_integer(row);
        if (is_null)
            *(int64_t *)at = MEMBER_ABSENT;
        return is_null || member_is_in_range(member, *(int64_t *)at);
    case MEMBER_CHOICE:
        return word_set_find(member->words, row_text(row), at);
    case MEMBER_TEXT:
        *(const char **)at = row_text(row);
        return true;
    case MEMBER_U16:
    case MEMBER_I32:
    case MEMBER_OWNED_TEXT:
        break; /* rows have none of these */
    }
    return false;
}
