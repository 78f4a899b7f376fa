/* SPDX-License-Identifier: Apache-2.0 */
/* internal: what the files of casedb share: the open case; the row types, whose tables of columns
 * make SQL, bind and read; and queries, which bind parameters in the order of the statement and
 * read columns in the order of its list. */
#ifndef SPPTRIAGE_CASE_INTERNAL_H
#define SPPTRIAGE_CASE_INTERNAL_H

#include <openssl/evp.h>
#include <sqlite3.h>

#include "base/member.h"
#include "case/casedb.h"
#include "model/words.h"

/* PRAGMA application_id of a case: "SPPt" in ASCII. */
#define CASEDB_APPLICATION_ID 0x53505074

/* Makes every table and marks the file as a case, in a transaction that is open. */
int schema_make(struct casedb *db, struct error *err);

struct kept_statement {
    const void *key; /* the address of its SQL, or of its struct row_statement: both constant */
    sqlite3_stmt *statement;
};

/* The computer that the observation before belonged to: nearly always that of the next, too. */
struct recent_computer {
    int64_t source_id; /* 0: none */
    int64_t id;
    char *name; /* as the event wrote it */
    char *folded_name;
};

/* The source whose transaction is open. */
struct open_source {
    int64_t id;
    char *path; /* this and the other texts are owned */
    enum source_kind kind;
    uint64_t size_bytes;
    int64_t mtime_ns;
    char *sha256; /* or NULL */
    char *read_options;
};

struct casedb {
    char *path;
    sqlite3 *sqlite;
    struct kept_statement *kept;
    size_t kept_count;
    bool accepted; /* it is a case, and ours to change */
    bool writing;  /* the journal was chosen: see casedb_begin */
    struct open_source source;
    struct recent_computer recent;
    char *found; /* the texts of the last casedb_find_source */
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
};

/* Says why SQLite failed: one line that names the case and says what to do now. Returns -1. */
int casedb_fail(struct casedb *db, struct error *err);
int casedb_fail_at(struct casedb *db, const char *path, struct error *err); /* names that file */

/* Says that the case holds what no case holds. Returns -1. */
int casedb_fail_content(struct casedb *db, const char *what, struct error *err);

/* Runs statements without parameters. */
int casedb_execute(struct casedb *db, const char *sql, struct error *err);

/* Opens a transaction that writes, commits it, and rolls back whatever is open. */
int casedb_begin(struct casedb *db, struct error *err);
int casedb_commit(struct casedb *db, struct error *err);
void casedb_roll_back(struct casedb *db);

/* Forgets the open source, and the recent computer. */
void casedb_forget_open(struct casedb *db);

/* ---- Row types ---- */

/* How a member of a struct is kept. Texts are any bytes but NUL. */
enum column_type {
    COLUMN_TEXT,         /* const char *, not NULL; NULL is read as "" */
    COLUMN_TEXT_OR_NULL, /* const char * */
    COLUMN_BOOL,         /* bool as 0 or 1 */
    COLUMN_U16,          /* uint16_t; greater numbers are damage */
    COLUMN_I32_OR_NULL,  /* int32_t; -1 (OBSERVATION_ABSENT) is NULL */
    COLUMN_I64,          /* int64_t */
    COLUMN_U64,          /* uint64_t, kept by its bits */
    COLUMN_KEY,          /* int64_t: the id of the row; the next one for 0 */
    COLUMN_ID,           /* int64_t: the id of another row */
    COLUMN_ID_OR_NULL,   /* int64_t; 0 is NULL */
    COLUMN_WORD,         /* an enum, as its word in `words`; another word is damage. NULL (of a row
                          * that a join did not find) is read as the first member */
    COLUMN_WORDS,        /* uint32_t: some members of `words`, as a "; " list of their words */
    COLUMN_TYPE_COUNT,
};

struct column {
    const char *name;
    enum column_type type;
    size_t offset_bytes;          /* of the member in the struct of the row */
    const struct word_set *words; /* of COLUMN_WORD and COLUMN_WORDS */
    const char *from; /* of a column that is only read: the expression; NULL: it is a column of
                       * the table, under its name */
    const char *constraint; /* in CREATE TABLE, or NULL */
    const char *comment;    /* for a person who looks at the schema, or NULL */
    const char *utc;        /* of a time: the virtual column that shows it as text, or NULL */
};

/* Begins a column that has the name of its member, and the type that a member of that C type mostly
 * has (enums are unsigned); one of another type; and one of another name. */
#define COLUMN(owner, member) COLUMN_NAMED(#member, owner, member)
#define COLUMN_NAMED(column_name, owner, member) \
    .name = (column_name), .offset_bytes = offsetof(struct owner, member), \
    .type = _Generic(((struct owner *)NULL)->member,                         \
        const char *: COLUMN_TEXT,                                           \
        bool: COLUMN_BOOL,                                                   \
        uint16_t: COLUMN_U16,                                                \
        int32_t: COLUMN_I32_OR_NULL,                                         \
        int64_t: COLUMN_ID,                                                  \
        uint64_t: COLUMN_U64,                                                \
        unsigned: COLUMN_WORD)
#define COLUMN_AS(owner, member, column_type) \
    .name = #member, .offset_bytes = offsetof(struct owner, member), .type = (column_type)

/* The rows of a table. What is read with them of other tables are columns, too. */
struct row_type {
    const struct column *columns;
    size_t column_count;
    const char *table;
    const char *alias; /* of the table in SELECT */
    const char *comment;
    const char *constraint; /* of the table, behind its columns; or NULL */
    bool without_rowid;
};

#define COLUMNS_OF(table_of_columns) \
    .columns = (table_of_columns), .column_count = ARRAY_COUNT(table_of_columns)

extern const struct row_type run_rows, run_input_rows;
extern const struct row_type source_rows, source_computer_rows, source_host_rows;
extern const struct row_type inventory_column_rows, inventory_host_rows, inventory_value_rows;
extern const struct row_type machine_rows, machine_name_rows, host_place_rows;
extern const struct row_type update_evidence_rows, licence_evidence_rows, verdict_rows;

/* The rows of those that casedb.h has no struct for. */
struct run_row {
    int64_t id;
    uint64_t window_start_filetime;
    uint64_t window_end_filetime;
    const char *folder;
};
struct text_item { /* of a list */
    int64_t owner_id;
    uint64_t position;
    const char *text;
};
struct host_place {
    int64_t host_id;
    int64_t place_id;
    int64_t machine_id;
    const char *remark;
    bool is_guess;
};

/* A statement on a row type, composed of its column table and constant texts alone. */
enum row_statement_form {
    ROW_INSERT, /* INSERT INTO table (columns) VALUES (parameters) */
    ROW_UPDATE, /* UPDATE table SET columns = parameters: the first is the key, which is where */
    ROW_SELECT, /* SELECT columns */
};
struct row_statement {
    enum row_statement_form form;
    const struct row_type *type;
    const char *rest;              /* what follows, or NULL */
    const struct row_type *joined; /* of SELECT: whose columns follow those of `type`; or NULL */
};

/* The statement as text: returned owned. */
char *row_statement_text(const struct row_statement *statement);

/* Makes the table. */
int row_type_create(struct casedb *db, const struct row_type *type, struct error *err);

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
struct query query_of_rows(struct casedb *db, const struct row_statement *statement);

/* Bind the next parameter; what they are given must live until the query has ended. */
void query_text(struct query *query, const char *text);        /* NULL gives NULL */
void query_text_copied(struct query *query, const char *text); /* need not live that long */
void query_bytes(struct query *query, const void *bytes, size_t size_bytes);
void query_integer(struct query *query, int64_t number);
void query_number(struct query *query, uint64_t number);                /* kept by its bits */
void query_unless(struct query *query, int64_t absent, int64_t number); /* NULL if it is that */

/* Bind all columns of the table, as the row has them. */
void query_row(struct query *query, const struct row_type *type, const void *row);

/* Binds the member of the struct at `owner`: a choice by its word, an absent number as NULL. */
void query_member(struct query *query, const struct member *member, const void *owner);

/* Returns 1 for a row, 0 at the end, -1. The query has ended after 0 and -1. */
int query_step(struct query *query, struct error *err);

/* Executes a query that gives no rows. */
int query_run(struct query *query, struct error *err);

/* Adds the row; its id is then sqlite3_last_insert_rowid. */
int query_run_row(struct casedb *db, const struct row_statement *statement, const void *row,
                  struct error *err);

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

/* Fills the struct at `out` with all columns of the row type: 1, or -1. */
int row_fill(struct casedb *db, struct row *row, const struct row_type *type, void *out,
             struct error *err);

/* ---- Cursors ---- */

int cursor_open(struct casedb *db, const struct row_statement *statement,
                struct casedb_cursor **out, struct error *err);
/* The same for a statement whose one parameter is a machine. */
int cursor_open_machine(struct casedb *db, const struct row_statement *statement,
                        int64_t machine_id, struct casedb_cursor **out, struct error *err);

/* Fills *row and returns 1, or 0 at the end, -1. */
int cursor_step(struct casedb_cursor *cursor, struct row *row, struct error *err);

/* Whose rows they are. */
struct casedb *cursor_case(const struct casedb_cursor *cursor);

/* Reads the next row into the struct of the statement's row type: 1, or 0 at the end, -1. */
int cursor_next(struct casedb_cursor *cursor, void *out, struct error *err);

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
