/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing the case file: whose it is, of which schema, and how SQLite is set up. */
#include "case/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* How long a process that looks into the case (the sqlite3 shell) is waited for. */
#define BUSY_TIMEOUT_MS 1000

/* Exclusive: two runs on one case would overwrite each other's work, and a write-ahead log then
 * needs no shared memory. The cache is 16 MiB. */
static const char set_up[] = "PRAGMA locking_mode = EXCLUSIVE;"
                             "PRAGMA synchronous = NORMAL;"
                             "PRAGMA page_size = 4096;"
                             "PRAGMA cache_size = -16384;";

/* Gives up the write-ahead log: what is in it goes into the file. */
static const char one_file[] = "PRAGMA journal_mode = DELETE";

static const char read_identity[] =
    "SELECT (SELECT application_id FROM pragma_application_id),"
    " (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)";

static int make_schema(struct casedb *db, struct error *err)
{
    if (casedb_execute(db, "BEGIN EXCLUSIVE", err) != 0 || schema_make(db, err) != 0 ||
        casedb_commit(db, err) != 0)
        return -1;
    db->in_order = true;
    db->knows_last = true; /* none */
    return 0;
}

/* A killed run can leave a file without anything in it: that is a case not yet begun. */
static int check_identity(struct casedb *db, bool create, struct error *err)
{
    struct query query = query_of(db, read_identity);
    struct row row;
    int64_t application, version, tables;

    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    application = row_integer(&row);
    version = row_integer(&row);
    tables = row_integer(&row);
    query_end(&query);
    if (create && application == 0 && version == 0 && tables == 0)
        return make_schema(db, err);
    db->has_derived = true;
    if (application != CASEDB_APPLICATION_ID)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s: this is not a case: it is a SQLite database of something else",
                         db->shown_path);
    if (version != CASEDB_SCHEMA_VERSION)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s: the case has schema version %lld, and this program needs %d; "
                         "read the logs into a new output folder",
                         db->shown_path, (long long)version, CASEDB_SCHEMA_VERSION);
    return 0;
}

/* A case can come from elsewhere: nothing in its schema may do more than hold rows. */
static int set_limits(struct casedb *db, struct error *err)
{
    if (sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS) != SQLITE_OK ||
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK)
        return casedb_fail(db, err);
    return 0;
}

static int open_file(struct casedb *db, bool create, struct error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

    if (create)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(db->path, &db->sqlite, flags, NULL) != SQLITE_OK)
        return casedb_fail(db, err);
    if (set_limits(db, err) != 0 || casedb_execute(db, set_up, err) != 0)
        return -1;
    return check_identity(db, create, err);
}

static int open_case(const char *path, const char *shown_path, bool is_finished, bool create,
                     struct casedb **out, struct error *err)
{
    struct casedb *db = memory_allocate(1, sizeof(*db));
    bool is_new = access(path, F_OK) != 0 && errno == ENOENT;

    *out = NULL;
    db->path = memory_copy_text(path);
    db->shown_path = memory_copy_text(shown_path);
    db->is_finished = is_finished;
    if (open_file(db, create, err) != 0) {
        casedb_close(db);
        if (create && is_new)
            unlink(path);
        return -1;
    }
    db->accepted = true;
    *out = db;
    return 0;
}

int casedb_open(const char *path, bool create, struct casedb **out, struct error *err)
{
    return open_case(path, path, false, create, out, err);
}

int casedb_open_finished(const char *path, const char *finished_path, struct casedb **out,
                         struct error *err)
{
    return open_case(path, finished_path, true, false, out, err);
}

void casedb_show_as(struct casedb *db, const struct casedb *other)
{
    free(db->shown_path);
    db->shown_path = memory_copy_text(other->shown_path);
    db->is_finished = other->is_finished;
}

/* Where the write-ahead log cannot be worked off (a full disk) it stays beside the case, and the
 * next casedb_open takes it up. */
void casedb_close(struct casedb *db)
{
    if (db == NULL)
        return;
    casedb_roll_back(db);
    for (size_t index = 0; index < db->kept_count; index++)
        sqlite3_finalize(db->kept[index].statement);
    if (db->accepted)
        sqlite3_exec(db->sqlite, one_file, NULL, NULL, NULL);
    sqlite3_close(db->sqlite);
    text_free(&db->strings);
    text_free(&db->names);
    free(db->kept);
    free(db->last_path);
    free(db->found);
    free(db->path);
    free(db->shown_path);
    free(db);
}

/* ---- Sealing ---- */

/* In the header of the file ("The Database File Format"): how often it was changed, and what that
 * number was when the version of SQLite beside it was noted. */
#define CHANGE_COUNTER_AT 24
#define VERSION_VALID_FOR_AT 92

/* How often a case was changed on its way depends on more than its content, so a sealed one counts
 * as changed once. */
static int count_one_change(struct casedb *db, struct error *err)
{
    static const uint8_t one[] = {0, 0, 0, 1};
    sqlite3_file *file = NULL;
    int result = sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (result == SQLITE_OK)
        result = file->pMethods->xWrite(file, one, sizeof(one), CHANGE_COUNTER_AT);
    if (result == SQLITE_OK)
        result = file->pMethods->xWrite(file, one, sizeof(one), VERSION_VALID_FOR_AT);
    if (result == SQLITE_OK)
        return 0;
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: cannot write the case: %s", db->path,
                     sqlite3_errstr(result));
}

int casedb_seal(struct casedb *db, struct error *err)
{
    struct query query = query_of(db, one_file);
    bool is_one_file = false;

    errno = 0;
    if (query_step(&query, err) != 1)
        return -1;
    is_one_file =
        sqlite3_stricmp((const char *)sqlite3_column_text(query.statement, 0), "delete") == 0;
    query_end(&query);
    if (!is_one_file)
        return casedb_fail(db, err);
    return count_one_change(db, err);
}
