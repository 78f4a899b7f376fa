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
                             "PRAGMA trusted_schema = OFF;"
                             "PRAGMA cell_size_check = ON;"
                             "PRAGMA mmap_size = 0;"
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
    if (create && application == 0 && version == 0 && tables == 0) {
        sqlite3_progress_handler(db->sqlite, 0, NULL, NULL);
        return make_schema(db, err);
    }
    db->has_derived = true;
    if (application != CASEDB_APPLICATION_ID)
        return error_set(err, ERROR_CASE, ERROR_NO_OFFSET,
                         "%s: this is not a case: it is a SQLite database of something else; "
                         "name the case.db of a report",
                         db->shown_path);
    if (version != CASEDB_SCHEMA_VERSION)
        return error_set(err, ERROR_CASE, ERROR_NO_OFFSET,
                         "%s: the case has schema version %lld, and this program needs %d; "
                         "read the logs into a new output folder",
                         db->shown_path, (long long)version, CASEDB_SCHEMA_VERSION);
    return guard_check_content(db, err);
}

/* The file at the path, in the words of SQLite: no link on the way to it is left, so that none is
 * followed at its end. Of a case that is only looked at, a URI that says that nothing changes it:
 * then SQLite takes no lock, and looks at no sidecar file. */
static char *name_file(const struct casedb *db)
{
    const char *slash = strrchr(db->path, '/');
    char *folder = slash == NULL ? memory_copy_text(".")
                                 : memory_copy_bytes(db->path, (size_t)(slash - db->path) + 1);
    char *whole = realpath(folder, NULL);
    struct text name = {0};

    free(folder);
    if (strcmp(db->path, CASEDB_IN_MEMORY) == 0 || whole == NULL) {
        free(whole);
        return memory_copy_text(db->path); /* which cannot be opened */
    }
    text_add_format(&name, "%s/%s", whole, slash == NULL ? db->path : slash + 1);
    free(whole);
    return text_take(&name);
}

/* Only of a whole path what follows "//" is no host, which SQLite would want to know. */
static char *name_to_look_at(const char *path)
{
    struct text uri = {0};

    text_add(&uri, *path == '/' ? "file://" : "file:");
    for (; *path != '\0'; path++)
        if (strchr("%?#", *path) != NULL)
            text_add_format(&uri, "%%%02x", *path);
        else
            text_add_bytes(&uri, path, 1);
    text_add(&uri, "?immutable=1");
    return text_take(&uri);
}

static int open_sqlite(struct casedb *db, bool create, struct error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    char *name = name_file(db);
    int result;

    if (db->only_look) {
        char *path = name;

        name = name_to_look_at(path);
        free(path);
        flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    } else {
        flags |= SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
    }
    result = sqlite3_open_v2(name, &db->sqlite, flags, NULL);
    free(name);
    return result == SQLITE_OK ? 0 : casedb_fail(db, err);
}

static int open_file(struct casedb *db, bool create, struct error *err)
{
    if (guard_check_file(db, err) != 0 || open_sqlite(db, create, err) != 0)
        return -1;
    if (sqlite3_busy_timeout(db->sqlite, BUSY_TIMEOUT_MS) != SQLITE_OK)
        return casedb_fail(db, err);
    if (guard_connection(db, err) != 0 || casedb_execute(db, set_up, err) != 0)
        return -1;
    return check_identity(db, create, err);
}

/* Opens the case, of which *db, taken over, has the names. */
static int open_case(const char *path, struct casedb *db, bool create, struct casedb **out,
                     struct error *err)
{
    bool is_new = access(path, F_OK) != 0 && errno == ENOENT;

    *out = NULL;
    if (open_file(db, create, err) != 0) {
        casedb_close(db);
        if (create && is_new)
            unlink(path);
        return -1;
    }
    db->accepted = !db->only_look;
    *out = db;
    return 0;
}

static struct casedb *name_case(const char *path, const char *shown_path)
{
    struct casedb *db = memory_allocate(1, sizeof(*db));

    db->path = memory_copy_text(path);
    db->shown_path = memory_copy_text(shown_path);
    return db;
}

int casedb_open(const char *path, bool create, struct casedb **out, struct error *err)
{
    return open_case(path, name_case(path, path), create, out, err);
}

int casedb_open_finished(const char *path, const char *finished_path, struct casedb **out,
                         struct error *err)
{
    struct casedb *db = name_case(path, finished_path);

    db->is_finished = true;
    return open_case(path, db, false, out, err);
}

int casedb_look(const char *path, struct casedb **out, struct error *err)
{
    struct casedb *db = name_case(path, path);

    db->is_finished = db->only_look = true;
    return open_case(path, db, false, out, err);
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
    statements_finalize(db);
    if (db->accepted)
        sqlite3_exec(db->sqlite, one_file, NULL, NULL, NULL);
    sqlite3_close(db->sqlite);
    text_free(&db->strings);
    text_free(&db->names);
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
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "%s: cannot write the case: %s; name another folder with -o", db->path,
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
