/* SPDX-License-Identifier: Apache-2.0 */
/* A case can come from elsewhere, and then every byte of it may be hostile. Before anything in it
 * is believed: the file and its sidecar files are what SQLite may be let near; the connection does
 * nothing that a schema asks for; the schema is ours, object by object, text by text; and the pages
 * are a sound database, of rows of the types of that schema (STRICT). Values are checked as they
 * are read (column.c), references before a case is written anew (rewrite.c). */
#include "case/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* No row that this program writes comes near: the longest has the strings of an event, of a frame
 * of 1 MiB (worker/wire.h), as JSON. */
#define LENGTH_MOST_BYTES (64 * 1024 * 1024)

/* Steps of SQLite's machine between two looks at the budget; and the budget: so many steps at all,
 * and so many for each byte of the file. A row has a byte a column at least, and takes about five
 * steps a column to be checked. */
#define STEPS_AT_A_TIME 100000
#define STEPS_AT_LEAST (INT64_C(50) * 1000 * 1000)
#define STEPS_PER_BYTE 20

/* ---- The file ---- */

static const char *name_kind(mode_t mode)
{
    if (S_ISLNK(mode))
        return "a link, which is not followed";
    if (S_ISDIR(mode))
        return "a folder";
    return "not a regular file";
}

/* The journal of a transaction over several databases names, at its end, a file that SQLite would
 * delete ("The Database File Format", section 3; "Atomic Commit In SQLite", section 5). A case is
 * one database, so its journals never do. */
#define JOURNAL_MAGIC_BYTES 8
static bool names_super_journal(int descriptor, uint64_t size_bytes)
{
    static const uint8_t magic[JOURNAL_MAGIC_BYTES] = {0xd9, 0xd5, 0x05, 0xf9,
                                                       0x20, 0xa1, 0x63, 0xd7};
    uint8_t end[JOURNAL_MAGIC_BYTES];
    size_t got;

    /* The header begins with the same bytes, so one of that alone is none. */
    return size_bytes > JOURNAL_MAGIC_BYTES &&
           file_read_at(descriptor, end, sizeof(end), size_bytes - sizeof(end), &got) == 0 &&
           got == sizeof(end) && memcmp(end, magic, sizeof(end)) == 0;
}

static int check_sidecar(struct casedb *db, const char *end, struct error *err)
{
    char *path = memory_format("%s%s", db->path, end);
    const char *shown = db->shown_path;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    bool is_there = descriptor >= 0 || errno != ENOENT;
    struct stat status;

    if (is_there && (descriptor < 0 ? lstat(path, &status) : fstat(descriptor, &status)) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s%s: cannot be read: %m; make it readable, or remove it", shown, end);
    else if (is_there && !S_ISREG(status.st_mode))
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s%s: it is %s, and stands where SQLite keeps what a run had not finished; "
                  "remove it",
                  shown, end, name_kind(status.st_mode));
    else if (descriptor >= 0 && names_super_journal(descriptor, (uint64_t)status.st_size))
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s%s: it is the journal of several databases, which no run of this program "
                  "writes; remove it",
                  shown, end);
    else if (descriptor >= 0)
        db->size_bytes += (uint64_t)status.st_size; /* what is in it is read, too */
    if (descriptor >= 0)
        close(descriptor);
    free(path);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int guard_check_file(struct casedb *db, struct error *err)
{
    struct stat status;

    if (strcmp(db->path, CASEDB_IN_MEMORY) == 0)
        return 0;
    if (lstat(db->path, &status) != 0 && errno == ENOENT)
        return 0; /* SQLite has the words for one that is not there */
    if (lstat(db->path, &status) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s: cannot open the case: %m; name one that can be opened",
                         db->shown_path);
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_CASE, ERROR_NO_OFFSET,
                         "%s: cannot open the case: it is %s; name the file itself", db->shown_path,
                         name_kind(status.st_mode));
    db->size_bytes = (uint64_t)status.st_size;
    return db->only_look ||
                   (check_sidecar(db, "-journal", err) == 0 && check_sidecar(db, "-wal", err) == 0)
               ? 0
               : -1;
}

/* ---- The connection ---- */

/* Nothing is endless in a case that is sound, but what is not yet known to be can be: pages that
 * lead to each other. */
static int spend(void *context)
{
    struct casedb *db = context;

    db->steps_left -= STEPS_AT_A_TIME;
    return db->steps_left < 0;
}

int guard_connection(struct casedb *db, struct error *err)
{
    static const struct {
        int option;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };

    for (size_t index = 0; index < ARRAY_COUNT(settings); index++)
        if (sqlite3_db_config(db->sqlite, settings[index].option, settings[index].value, NULL) !=
            SQLITE_OK)
            return casedb_fail(db, err);
    sqlite3_limit(db->sqlite, SQLITE_LIMIT_LENGTH, LENGTH_MOST_BYTES);
    sqlite3_limit(db->sqlite, SQLITE_LIMIT_ATTACHED, 0);
    db->steps_left = STEPS_AT_LEAST + STEPS_PER_BYTE * (int64_t)db->size_bytes;
    sqlite3_progress_handler(db->sqlite, STEPS_AT_A_TIME, spend, db);
    return 0;
}

/* ---- The schema ---- */

/* Indexes are made late (rewrite.c), so none is missed. */
static const char all_objects[] =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
static const char needed_objects[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
                                     " WHERE type <> 'index' ORDER BY type, name";
static const char find_object[] =
    "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND tbl_name = ?3 AND sql IS ?4";

/* Says of the first of the objects in `one` that `other` has not: `what`, and its name. */
static int compare_objects(struct casedb *one, const char *objects, struct casedb *other,
                           struct text *what, struct error *err)
{
    struct query query = query_of(one, objects);
    int step;

    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);
        struct query found = query_of(other, find_object);
        const char *type = row_text(&row);
        const char *name = row_text(&row);

        query_text(&found, type);
        query_text(&found, name);
        query_text(&found, row_text(&row));
        query_text(&found, row_text_or_null(&row));
        step = query_step(&found, err);
        query_end(&found);
        if (step == 1)
            continue;
        if (step == 0)
            text_add_visible(what, name);
        query_end(&query);
        return step;
    }
    return step;
}

/* The schema as this program makes it, with all indexes. */
static int open_model(struct casedb *model, struct error *err)
{
    if (sqlite3_open(model->path, &model->sqlite) != SQLITE_OK)
        return casedb_fail(model, err);
    return schema_make(model, err) == 0 ? schema_make_indexes(model, err) : -1;
}

static int check_schema(struct casedb *db, struct error *err)
{
    char path[] = CASEDB_IN_MEMORY;
    struct casedb model = {.path = path, .shown_path = path};
    struct text strange = {0}, missing = {0};
    int result = open_model(&model, err);

    if (result == 0)
        result = compare_objects(db, all_objects, &model, &strange, err);
    if (result == 0 && strange.length_bytes == 0)
        result = compare_objects(&model, needed_objects, db, &missing, err);
    if (strange.length_bytes + missing.length_bytes > 0)
        result =
            error_set(err, ERROR_CASE, ERROR_NO_OFFSET,
                      "%s: this is not a case as this program writes them: its schema %s %s; "
                      "name another, or read the logs into a new output folder",
                      db->shown_path, strange.length_bytes > 0 ? "has another" : "does not have",
                      text_get(strange.length_bytes > 0 ? &strange : &missing));
    text_free(&strange);
    text_free(&missing);
    statements_finalize(&model);
    sqlite3_close(model.sqlite);
    return result;
}

/* ---- The content ---- */

static const char read_encoding[] = "SELECT encoding FROM pragma_encoding";
static const char read_soundness[] = "PRAGMA quick_check(1)";

/* quick_check says in a line before which database it is. */
static const char *last_line(const char *text)
{
    const char *line = strrchr(text, '\n');

    return line != NULL ? line + 1 : text;
}

/* Does the query of one text give this one? Else the case is damaged: `what`, and that text. */
static int expect_text(struct casedb *db, const char *sql, const char *expected, const char *what,
                       struct error *err)
{
    struct query query = query_of(db, sql);
    struct text says = {0};
    struct row row;
    int step = query_step(&query, err);

    if (step != 1)
        return step == 0 ? casedb_fail_content(db, what, err) : -1;
    row = row_of(query.statement);
    text_add(&says, last_line(row_text(&row)));
    query_end(&query);
    if (strcmp(text_get(&says), expected) != 0) {
        struct text line = {0};

        text_add(&line, what);
        text_add_visible(&line, text_get(&says));
        casedb_fail_content(db, text_get(&line), err);
        text_free(&line);
    }
    text_free(&says);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int guard_check_content(struct casedb *db, struct error *err)
{
    if (check_schema(db, err) != 0 ||
        expect_text(db, read_encoding, "UTF-8", "its texts are coded as ", err) != 0 ||
        (!db->only_look && expect_text(db, read_soundness, "ok", "", err) != 0))
        return -1;
    if (!db->only_look)
        sqlite3_progress_handler(db->sqlite, 0, NULL, NULL);
    return 0;
}
