/* SPDX-License-Identifier: Apache-2.0 */
/* Statements on the case: what they fail with, transactions, and the kept queries. */
#include "case/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum failure_of {
    FAILURE_OF_FILE,
    FAILURE_OF_SYSTEM, /* of the file, and the system's own word for it belongs there */
    FAILURE_OF_CONTENT,
};

/* What a person has to know and to do, by SQLite's primary result code. */
struct failure {
    int code;
    enum failure_of of;
    const char *what;
    const char *advice; /* NULL: that of damage */
};

static const struct failure failures[] = {
    {SQLITE_BUSY, FAILURE_OF_FILE, "the case is in use by another process",
     "run again when that has ended"},
    {SQLITE_FULL, FAILURE_OF_FILE, "no space left on the disk", "make room and run again"},
    {SQLITE_READONLY, FAILURE_OF_FILE, "the case cannot be written",
     "allow that, or work on a copy of it"},
    {SQLITE_CORRUPT, FAILURE_OF_CONTENT, "the case is damaged", NULL},
    {SQLITE_NOTADB, FAILURE_OF_CONTENT, "this is not a case", "name one, or another output folder"},
    {SQLITE_INTERRUPT, FAILURE_OF_CONTENT, "the case is damaged: reading it finds no end", NULL},
    {SQLITE_TOOBIG, FAILURE_OF_CONTENT, "the case is damaged: a value is too long", NULL},
    {SQLITE_CANTOPEN, FAILURE_OF_SYSTEM, "cannot open the case", "name one that can be opened"},
    {SQLITE_IOERR, FAILURE_OF_SYSTEM, "cannot read or write the case", "mend that and run again"},
};

/* What to do about a case whose content is damaged. A copy of a finished one would be damaged
 * again. */
static const char *damage_advice(const struct casedb *db)
{
    return db->is_finished ? "read the logs into a new output folder" : "delete it and run again";
}

static int fail_with(struct casedb *db, int code, struct error *err)
{
    int number = sqlite3_system_errno(db->sqlite);

    if (number == 0)
        number = errno; /* SQLite does not note it when COMMIT fails */
    for (size_t index = 0; index < ARRAY_COUNT(failures); index++) {
        const struct failure *failure = &failures[index];
        bool system = failure->of == FAILURE_OF_SYSTEM && number != 0;

        if (failure->code == code)
            return error_set(err, failure->of == FAILURE_OF_CONTENT ? ERROR_CASE : ERROR_RUN,
                             ERROR_NO_OFFSET, "%s: %s%s%s; %s",
                             failure->of == FAILURE_OF_CONTENT ? db->shown_path : db->path,
                             failure->what, system ? ": " : "", system ? strerror(number) : "",
                             failure->advice != NULL ? failure->advice : damage_advice(db));
    }
    /* A table or a column is not there. */
    return error_set(err, code == SQLITE_ERROR ? ERROR_CASE : ERROR_RUN, ERROR_NO_OFFSET,
                     "%s: the case cannot be used: %s; %s", db->shown_path,
                     sqlite3_errmsg(db->sqlite), damage_advice(db));
}

int casedb_fail(struct casedb *db, struct error *err)
{
    return fail_with(db, sqlite3_errcode(db->sqlite) & 0xFF, err); /* without its extension */
}

int casedb_fail_content(struct casedb *db, const char *what, struct error *err)
{
    return error_set(err, ERROR_CASE, ERROR_NO_OFFSET, "%s: the case is damaged: %s; %s",
                     db->shown_path, what, damage_advice(db));
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
    if (sqlite3_db_readonly(db->sqlite, "main") > 0)
        return fail_with(db, SQLITE_READONLY, err); /* or it would only be told at a row */
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
    texts_forget(&db->texts);
    if (db->sqlite != NULL && sqlite3_get_autocommit(db->sqlite) == 0)
        sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

/* Foreign keys are on from the first deletion on. A fresh case is filled with them off: its rows
 * stand before those that they refer to, and for each of these SQLite would look through all rows
 * that may refer to it, without an index. (With ten machines that is 6 percent of the parent's
 * work, and it grows with their square; looking through all references once, as
 * casedb_commit_derived does at the end, is 1.5 percent.) */
int casedb_allow_deletions(struct casedb *db, struct error *err)
{
    db->in_order = false;
    if (db->can_delete)
        return 0;
    if (casedb_begin(db, err) != 0)
        return -1;
    if (schema_make_indexes(db, err) != 0 || casedb_commit(db, err) != 0) {
        casedb_roll_back(db);
        return -1;
    }
    db->can_delete = true;
    return casedb_execute(db, "PRAGMA foreign_keys = ON", err);
}

static struct kept_statement *find_kept(struct casedb *db, const void *key)
{
    for (size_t index = 0; index < db->kept_count; index++)
        if (db->kept[index].key == key)
            return &db->kept[index];
    return NULL;
}

static sqlite3_stmt *prepare(struct casedb *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    return statement;
}

static sqlite3_stmt *prepare_rows(struct casedb *db, const struct row_statement *statement)
{
    char *sql = row_statement_text(statement);
    sqlite3_stmt *prepared = prepare(db, sql);

    free(sql);
    return prepared;
}

static void keep(struct casedb *db, const void *key, sqlite3_stmt *statement, bool in_use)
{
    if (statement == NULL)
        return;
    db->kept = memory_grow(db->kept, db->kept_count, sizeof(*db->kept));
    db->kept[db->kept_count++] =
        (struct kept_statement){.key = key, .statement = statement, .in_use = in_use};
}

struct query query_of(struct casedb *db, const char *sql)
{
    const struct kept_statement *kept = find_kept(db, sql);
    struct query query = {.db = db, .statement = kept != NULL ? kept->statement : prepare(db, sql)};

    if (kept == NULL)
        keep(db, sql, query.statement, false);
    query.result = query.statement != NULL ? SQLITE_OK : sqlite3_errcode(db->sqlite);
    return query;
}

struct query query_of_rows(struct casedb *db, const struct row_statement *statement)
{
    const struct kept_statement *kept = find_kept(db, statement);
    struct query query = {
        .db = db, .statement = kept != NULL ? kept->statement : prepare_rows(db, statement)};

    if (kept == NULL)
        keep(db, statement, query.statement, false);
    query.result = query.statement != NULL ? SQLITE_OK : sqlite3_errcode(db->sqlite);
    return query;
}

/* A statement that another cursor has is prepared once more. */
sqlite3_stmt *statement_take(struct casedb *db, const struct row_statement *statement)
{
    struct kept_statement *kept = find_kept(db, statement);
    sqlite3_stmt *taken;

    if (kept != NULL && !kept->in_use) {
        kept->in_use = true;
        return kept->statement;
    }
    taken = prepare_rows(db, statement);
    if (kept == NULL)
        keep(db, statement, taken, true);
    return taken;
}

void statement_return(struct casedb *db, sqlite3_stmt *statement)
{
    for (size_t index = 0; index < db->kept_count; index++)
        if (db->kept[index].statement == statement) {
            sqlite3_reset(statement);
            db->kept[index].in_use = false;
            return;
        }
    sqlite3_finalize(statement);
}

void statements_finalize(struct casedb *db)
{
    for (size_t index = 0; index < db->kept_count; index++)
        sqlite3_finalize(db->kept[index].statement);
    free(db->kept);
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

int64_t row_integer_unless_null(struct row *row, int64_t absent)
{
    int column = row->read++;

    if (sqlite3_column_type(row->statement, column) == SQLITE_NULL)
        return absent;
    return sqlite3_column_int64(row->statement, column);
}

/* ---- References ---- */

static const char find_loose_reference[] =
    "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1";

int casedb_check_references(struct casedb *db, struct error *err)
{
    struct query query = query_of(db, find_loose_reference);
    int step = query_step(&query, err);
    struct text what = {0};
    struct row row;

    if (step != 1)
        return step;
    row = row_of(query.statement);
    text_add_format(&what, "a row of %s ", row_text(&row));
    text_add_format(&what, "refers to one of %s that is not there", row_text(&row));
    query_end(&query);
    casedb_fail_content(db, text_get(&what), err);
    text_free(&what);
    return -1;
}
