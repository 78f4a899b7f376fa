/* SPDX-License-Identifier: Apache-2.0 */
/* The compacted copy of a case. VACUUM INTO writes equal rows as equal bytes; for equal content
 * to be equal rows, the keys must not tell in which order things were read, read again or
 * deleted. So what was read is numbered in order of paths first, where it is not already: a run
 * that read everything in one go, in order of paths, numbered it so. */
#include "case/internal.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"

/* The order of the keys: by path, and within a source by the order of adding. */
#define RANKED_SOURCES "(SELECT id, row_number() OVER (ORDER BY path) AS place FROM source)"
#define RANKED_COMPUTERS                                               \
    "(SELECT c.id, row_number() OVER (ORDER BY s.path, c.id) AS place" \
    " FROM source_computer AS c JOIN source AS s ON s.id = c.source_id)"
#define RANKED_OBSERVATIONS                                                    \
    "(SELECT o.id, row_number() OVER (ORDER BY s.path, o.id) AS place"         \
    " FROM observation AS o JOIN source_computer AS c ON c.id = o.computer_id" \
    " JOIN source AS s ON s.id = c.source_id)"
#define RANKED_HOSTS                                                   \
    "(SELECT h.id, row_number() OVER (ORDER BY s.path, h.id) AS place" \
    " FROM source_host AS h JOIN source AS s ON s.id = h.source_id)"
#define RANKED_FINDINGS                                                \
    "(SELECT f.id, row_number() OVER (ORDER BY s.path, f.id) AS place" \
    " FROM finding AS f JOIN source_host AS h ON h.id = f.host_id"     \
    " JOIN source AS s ON s.id = h.source_id)"

static const char is_in_order[] =
    "SELECT NOT EXISTS (SELECT 1 FROM " RANKED_SOURCES " WHERE id <> place)"
    " AND NOT EXISTS (SELECT 1 FROM " RANKED_COMPUTERS " WHERE id <> place)"
    " AND NOT EXISTS (SELECT 1 FROM " RANKED_OBSERVATIONS " WHERE id <> place)"
    " AND NOT EXISTS (SELECT 1 FROM " RANKED_HOSTS " WHERE id <> place)"
    " AND NOT EXISTS (SELECT 1 FROM " RANKED_FINDINGS " WHERE id <> place)";

/* By way of negative keys, so that no key is taken twice on the way. */
#define PUT_IN_ORDER(table, ranked)                                     \
    "UPDATE " table " SET id = -ranked.place FROM " ranked " AS ranked" \
    " WHERE ranked.id = " table ".id AND ranked.place <> " table ".id;" \
    "UPDATE " table " SET id = -id WHERE id < 0;"

static const char *const put_in_order[] = {
    PUT_IN_ORDER("source", RANKED_SOURCES),
    PUT_IN_ORDER("source_computer", RANKED_COMPUTERS),
    PUT_IN_ORDER("observation", RANKED_OBSERVATIONS),
    PUT_IN_ORDER("source_host", RANKED_HOSTS),
    PUT_IN_ORDER("finding", RANKED_FINDINGS),
};

static const char vacuum_into[] = "VACUUM INTO ?1";

static int renumber(struct casedb *db, struct error *err)
{
    struct query query = query_of(db, is_in_order);
    struct row row;
    bool in_order;

    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    in_order = row_integer(&row) != 0;
    query_end(&query);
    if (in_order)
        return 0;
    if (casedb_begin(db, err) != 0)
        return -1;
    for (size_t table = 0; table < ARRAY_COUNT(put_in_order); table++)
        if (casedb_execute(db, put_in_order[table], err) != 0) {
            casedb_roll_back(db);
            return -1;
        }
    if (casedb_commit(db, err) == 0)
        return 0;
    casedb_roll_back(db);
    return -1;
}

/* The copy counts one change of the schema more than the case, so a copy of a copy would differ:
 * all copies get the same count. */
static int settle_schema_version(const char *path)
{
    sqlite3 *copy = NULL;
    int result = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_exec(copy, "PRAGMA journal_mode = OFF; PRAGMA schema_version = 1", NULL,
                              NULL, NULL);
    sqlite3_close(copy);
    return result;
}

int casedb_copy(struct casedb *db, const char *path, struct error *err)
{
    struct stat there;
    struct query query;
    int result;

    if (stat(path, &there) == 0 && there.st_size > 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: there is a file already", path);
    if (renumber(db, err) != 0)
        return -1;
    query = query_of(db, vacuum_into);
    query_text(&query, path);
    result = query.result == SQLITE_OK ? sqlite3_step(query.statement) : query.result;
    if (result != SQLITE_DONE) {
        casedb_fail_at(db, path, err);
        unlink(path);
    }
    query_end(&query);
    if (result == SQLITE_DONE && settle_schema_version(path) != SQLITE_OK) {
        unlink(path);
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot write the copy %s: %m", path);
    }
    return result == SQLITE_DONE ? 0 : -1;
}
