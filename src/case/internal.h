/* SPDX-License-Identifier: Apache-2.0 */
/* internal: what the files of casedb share: the open case, and queries, which bind parameters in
 * the order of the statement and read columns in the order of its list. */
#ifndef SPPTRIAGE_CASE_INTERNAL_H
#define SPPTRIAGE_CASE_INTERNAL_H

#include <openssl/evp.h>
#include <sqlite3.h>

#include "base/member.h"
#include "case/casedb.h"

/* PRAGMA application_id of a case: "SPPt" in ASCII. */
#define CASEDB_APPLICATION_ID 0x53505074

/* What makes every table and marks the file as a case; NULL at the end. */
extern const char *const casedb_schema[];

struct kept_statement {
    const char *sql; /* constant: its address is the key */
    sqlite3_stmt *statement;
};

/* The computer that the observation before belonged to: nearly always that of the next, too. */
struct recent_computer {
    int64_t source_id; /* 0: none */
    int64_t id;
    char *name; /* as the event wrote it */
    char *folded_name;
};

struct casedb {
    char *path;
    sqlite3 *sqlite;
    struct kept_statement *kept;
    size_t kept_count;
    bool accepted; /* it is a case, and ours to change */
    bool writing;  /* the journal was chosen: see casedb_begin */
    struct recent_computer recent;
    char *found; /* the texts of the last casedb_find_source */
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
};

/* Says why SQLite failed: one line that names the case and says what to do now. Returns -1. */
int casedb_fail(struct casedb *db, struct error *err);
int casedb_fail_at(struct casedb *db, const char *path, struct error *err); /* names that file */

/* Says that a row has a word that no case has. Returns -1. */
int casedb_fail_word(struct casedb *db, const char *what, struct error *err);

/* Runs statements without parameters. */
int casedb_execute(struct casedb *db, const char *sql, struct error *err);

/* Opens a transaction that writes, commits it, and rolls back whatever is open. */
int casedb_begin(struct casedb *db, struct error *err);
int casedb_commit(struct casedb *db, struct error *err);
void casedb_roll_back(struct casedb *db);

/* Forgets the recent computer. */
void casedb_forget_computer(struct casedb *db);

/* ---- Queries ---- */

/* A kept statement on its way through one execution. What fails on the way there (preparing,
 * binding) is told by query_step or query_run, so that binding needs no checks. */
struct query {
    struct casedb *db;
    sqlite3_stmt *statement; /* NULL: could not be prepared */
    int bound;               /* parameters so far */
    int result;              /* of the first SQLite call that failed, or SQLITE_OK */
};

/* `sql` is a constant of one address: the statement is prepared once and kept for it. */
struct query query_of(struct casedb *db, const char *sql);

/* Bind the next parameter; what they are given must live until the query has ended. */
void query_text(struct query *query, const char *text); /* NULL gives NULL */
void query_bytes(struct query *query, const void *bytes, size_t size_bytes);
void query_integer(struct query *query, int64_t number);
void query_number(struct query *query, uint64_t number);                /* kept by its bits */
void query_unless(struct query *query, int64_t absent, int64_t number); /* NULL if it is that */

/* Binds the member of the struct at `owner`: a choice by its word, an absent number as NULL. */
void query_member(struct query *query, const struct member *member, const void *owner);

/* Returns 1 for a row, 0 at the end, -1. The query has ended after 0 and -1. */
int query_step(struct query *query, struct error *err);

/* Executes a query that gives no rows. */
int query_run(struct query *query, struct error *err);

/* Ends a query before its last row. */
void query_end(struct query *query);

/* ---- Rows ---- */

/* A row whose columns are read from left to right. Texts are borrowed until the next step. */
struct row {
    sqlite3_stmt *statement;
    int read;
};

struct row row_of(sqlite3_stmt *statement);
const char *row_text(struct row *row); /* "" for NULL */
const char *row_text_or_null(struct row *row);
int64_t row_integer(struct row *row); /* 0 for NULL */
uint64_t row_number(struct row *row);
int32_t row_unless(struct row *row, int32_t absent);
/* Sets the member of the struct at `owner`; false for a value that it cannot have. */
bool row_member(struct row *row, const struct member *member, void *owner);

/* ---- Cursors ---- */

int cursor_open(struct casedb *db, const char *sql, struct casedb_cursor **out, struct error *err);
/* The same for a statement whose one parameter is a machine. */
int cursor_open_machine(struct casedb *db, const char *sql, int64_t machine_id,
                        struct casedb_cursor **out, struct error *err);

/* Fills *row and returns 1, or 0 at the end, -1. */
int cursor_step(struct casedb_cursor *cursor, struct row *row, struct error *err);

/* Whose rows they are. */
struct casedb *cursor_case(const struct casedb_cursor *cursor);

/* ---- Identity ---- */

#define CASEDB_DIGEST_BYTES 16

/* What makes two observations say the same: equal folded computer, channel, EventRecordID, event
 * time, provider, id and string values. */
int identity_of(struct casedb *db, const struct observation *observation, const char *folded_name,
                uint8_t out[CASEDB_DIGEST_BYTES], struct error *err);

/* What makes two observations of one computer alike: equal provider, id and string values. */
int identity_of_content(struct casedb *db, const struct observation *observation,
                        uint8_t out[CASEDB_DIGEST_BYTES], struct error *err);

#endif
