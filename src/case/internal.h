/* SPDX-License-Identifier: Apache-2.0 */
/* internal: what the files of casedb share: the open case; the row types, whose tables of columns
 * make SQL, bind and read; and queries, which bind parameters in the order of the statement and
 * read columns in the order of its list. */
#ifndef SPPTRIAGE_CASE_INTERNAL_H
#define SPPTRIAGE_CASE_INTERNAL_H

#include <sqlite3.h>

#include "base/lookup.h"
#include "case/casedb.h"
#include "model/words.h"

/* PRAGMA application_id of a case: "SPPt" in ASCII. */
#define CASEDB_APPLICATION_ID 0x53505074

struct kept_statement {
    const void *key; /* the address of its SQL, or of its struct row_statement: both constant */
    sqlite3_stmt *statement;
    bool in_use; /* by a cursor */
};

/* The ids given out last. */
struct last_ids {
    int64_t source;
    int64_t computer;
    int64_t client;
};

/* Clients of KMS hosts that the open source names (clients.c). */
struct met_clients {
    struct met_client **items; /* owned: in order of first meeting */
    size_t count;
    void *by_name; /* owned: the same, a tree of <search.h> */
};

/* The source whose transaction is open. */
struct open_source {
    struct last_ids last; /* before it, and with it */
    int64_t id;
    char *path; /* this and the other texts are owned */
    enum source_kind kind;
    uint64_t size_bytes;
    int64_t mtime_ns;
    bool mtime_is_local;
    char *sha256; /* or NULL */
    char *read_options;
    struct source_facts met; /* its computers so far: that at N has the id last.computer + 1 + N */
    struct met_clients clients; /* the same: last.client + 1 + N */
    bool has_findings;
    uint64_t left_out_count; /* observations of names beyond those that a source may have */
};

/* Texts that were looked up lately (texts.c). */
#define TEXTS_CACHED 256
struct text_cache {
    struct {
        char *text; /* owned, or NULL */
        int64_t id;
    } places[TEXTS_CACHED];
};

/* Observations that are kept first and last, until their source is finished (first_last.c). */
struct first_last {
    struct held **items; /* owned: in order of first meeting */
    size_t count;
    void *by_content; /* owned: the same, a tree of <search.h> */
    size_t held_bytes;
    bool is_over; /* they were too many: they are in the case now, and thinned out at the end */
    struct thinned_kind {
        int64_t provider_id;
        uint16_t event_id;
    } *kinds; /* owned: which, then */
    size_t kind_count;
};

struct casedb {
    char *path;       /* owned */
    char *shown_path; /* owned: which case messages name where its content is wrong */
    bool is_finished; /* that one is: see casedb_open_finished */
    sqlite3 *sqlite;
    struct kept_statement *kept;
    size_t kept_count;
    bool only_look;      /* it is read where it lies, as it lies: see casedb_look */
    uint64_t size_bytes; /* of the file and what lies beside it, when it was opened */
    int64_t steps_left;  /* of SQLite's machine, until the case is known to be sound */
    bool accepted;       /* it is a case, and ours to change */
    bool writing;        /* the journal was chosen: see casedb_begin */
    /* All that is in it was written by this process, in order of paths, and nothing was deleted or
     * replaced: its bytes are those that any case of that content has (rewrite.c). */
    bool in_order;
    bool can_delete; /* see casedb_allow_deletions */
    bool is_settled;
    bool has_derived; /* rows, or may have */
    bool knows_last;
    struct last_ids last; /* once that is known */
    char *last_path;      /* owned: of the source added last, or NULL */
    struct open_source source;
    struct text_cache texts;
    struct first_last first_last;
    struct text strings; /* of the observation being added; and their names */
    struct text names;
    char *found; /* owned: the texts of the last casedb_find_source */
};

/* Says why SQLite failed: one line that names the case and says what to do now. Returns -1. */
int casedb_fail(struct casedb *db, struct error *err);

/* Says that the case holds what no case holds. Returns -1. */
int casedb_fail_content(struct casedb *db, const char *what, struct error *err);

/* From now on messages about the content of the case, which is from another one, name that. */
void casedb_show_as(struct casedb *db, const struct casedb *other);

/* Fails where a row of the case refers to another that is not there (see casedb_allow_deletions).
 */
int casedb_check_references(struct casedb *db, struct error *err);

/* ---- What a case has to be (guard.c) ---- */

/* A case that is not kept. */
#define CASEDB_IN_MEMORY ":memory:"

/* Is the file, where there is one, a regular one, and no link; and what lies beside it nothing that
 * SQLite must not be let near? */
int guard_check_file(struct casedb *db, struct error *err);

/* Sets the connection up so that a schema can do nothing but hold rows, within bounds. */
int guard_connection(struct casedb *db, struct error *err);

/* Is the schema that of this program, and, of a case that is worked on, every page sound and every
 * value of the type of its column? */
int guard_check_content(struct casedb *db, struct error *err);

/* Runs statements without parameters. */
int casedb_execute(struct casedb *db, const char *sql, struct error *err);

/* Opens a transaction that writes, commits it, and rolls back whatever is open. */
int casedb_begin(struct casedb *db, struct error *err);
int casedb_commit(struct casedb *db, struct error *err);
void casedb_roll_back(struct casedb *db);

/* Readies a case for deleting rows that others refer to: these go with them, and are found by the
 * indexes, which are made where there are none yet. No transaction is open. */
int casedb_allow_deletions(struct casedb *db, struct error *err);

/* Forgets the open source. */
void casedb_forget_open(struct casedb *db);

/* Frees the kept statements. */
void statements_finalize(struct casedb *db);

/* ---- The schema ---- */

/* Makes every table and marks the file as a case; makes every index that is not there. In a
 * transaction that is open. */
int schema_make(struct casedb *db, struct error *err);
int schema_make_indexes(struct casedb *db, struct error *err);

/* Deletes all that is derived. */
int schema_delete_derived(struct casedb *db, struct error *err);

/* ---- Row types ---- */

/* How a member of a struct is kept. Texts are any bytes but NUL. A number that is not of the type,
 * or not in its range, is damage. */
enum column_type {
    COLUMN_TEXT,         /* const char *, not NULL; NULL is read as "" */
    COLUMN_TEXT_OR_NULL, /* const char * */
    COLUMN_BOOL,         /* bool as 0 or 1 */
    COLUMN_U16,          /* uint16_t */
    COLUMN_I32_OR_NULL,  /* int32_t; -1 (OBSERVATION_ABSENT) is NULL; has a range */
    COLUMN_I64,          /* int64_t */
    COLUMN_U64,          /* uint64_t, kept by its bits; at most `greatest`, where that is not 0 */
    COLUMN_NUMBER,       /* int64_t; MEMBER_ABSENT is NULL; has a range */
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
    bool unread;      /* it is only written */
    const char *constraint;  /* in CREATE TABLE, or NULL */
    const char *comment;     /* for a person who looks at the schema, or NULL */
    const char *utc;         /* of a time: the virtual column that shows it as text, or NULL */
    int64_t least, greatest; /* of a number: its range */
};

/* Begins a column that has the name of its member, and the type that a member of that C type mostly
 * has (enums are unsigned); one of another type; and one of another name. */
#define COLUMN(owner, member) COLUMN_NAMED(#member, owner, member)
#define COLUMN_NAMED(column_name, owner, member)                           \
    .name = (column_name), .offset_bytes = offsetof(struct owner, member), \
    .type = _Generic(((struct owner *)NULL)->member,                       \
        const char *: COLUMN_TEXT,                                         \
        bool: COLUMN_BOOL,                                                 \
        uint16_t: COLUMN_U16,                                              \
        int32_t: COLUMN_I32_OR_NULL,                                       \
        int64_t: COLUMN_ID,                                                \
        uint64_t: COLUMN_U64,                                              \
        unsigned: COLUMN_WORD)
#define COLUMN_AS(owner, member, column_type) \
    .name = #member, .offset_bytes = offsetof(struct owner, member), .type = (column_type)

/* Counts and sizes, and times, which are 0 where there is none. */
#define COLUMN_COUNT(owner, member) COLUMN(owner, member), .greatest = INT64_MAX
#define COLUMN_FILETIME(owner, member) COLUMN(owner, member), .greatest = FILETIME_MAX

/* The rows of a table. What is read with them of other tables are columns, too. */
struct row_type {
    const struct column *columns;
    size_t column_count;
    const char *table;
    const char *alias; /* of the table in SELECT */
    const char *comment;
    const char *last_lines; /* in CREATE TABLE, behind the columns; or NULL */
    bool without_rowid;
    const struct members *members; /* further columns: the members of a struct */
    size_t members_offset_bytes;   /* that lies there in the struct of the row */
};

#define COLUMNS_OF(table_of_columns) \
    .columns = (table_of_columns), .column_count = ARRAY_COUNT(table_of_columns)

extern const struct row_type run_rows, run_input_rows;
extern const struct row_type source_rows, source_computer_rows, span_rows, mark_rows;
extern const struct row_type source_host_rows, client_rows, kms_sight_rows;
extern const struct row_type text_rows, observation_rows;
extern const struct row_type finding_rows, finding_content_rows[FINDING_KIND_COUNT];
extern const struct row_type inventory_column_rows, inventory_host_rows, inventory_value_rows;
extern const struct row_type machine_rows, machine_name_rows, host_place_rows;
extern const struct row_type episode_rows, covered_time_rows;
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
struct text_row {
    int64_t id;
    const char *value;
};
struct host_place_row {
    int64_t host_id;
    int64_t place_id;
    struct case_host_place said;
};
struct observation_row {
    int64_t id;
    int64_t computer_id;
    struct case_observation seen; /* but for its strings; its client_id is written */
    const char *strings;          /* their values as a JSON array (strings.c) */
    const char *names;            /* their names as another, or NULL when none has one */
    int64_t provider_id;          /* the texts: only written */
    int64_t channel_id;
    int64_t computer_name_id;
    int64_t user_sid_id;
    int64_t names_id;
    bool duplicate; /* only written */
    bool hidden;    /* the same */
};
struct span_row {
    int64_t channel_id; /* the text: only written */
    struct case_span span;
};
struct mark_row {
    int64_t channel_id; /* the text: only written */
    struct case_mark mark;
};
struct finding_row {
    int64_t id;
    int64_t host_id;
    struct case_finding said;
};

/* A statement on a row type, composed of its column table and constant texts alone. */
enum row_statement_form {
    ROW_INSERT, /* INSERT INTO table (columns) VALUES (parameters) */
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

#define INSERT_OF(row_type) {.form = ROW_INSERT, .type = (row_type)}
#define SELECT_OF(row_type, text) {.form = ROW_SELECT, .type = (row_type), .rest = (text)}

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
void query_integer(struct query *query, int64_t number);
void query_number(struct query *query, uint64_t number);                /* kept by its bits */
void query_unless(struct query *query, int64_t absent, int64_t number); /* NULL if it is that */

/* Bind all columns of the table, as the row has them. */
void query_row(struct query *query, const struct row_type *type, const void *row);

/* Returns 1 for a row, 0 at the end, -1. The query has ended after 0 and -1. */
int query_step(struct query *query, struct error *err);

/* Executes a query that gives no rows. */
int query_run(struct query *query, struct error *err);

/* Adds the row; its id is then sqlite3_last_insert_rowid. */
int query_run_row(struct casedb *db, const struct row_statement *statement, const void *row,
                  struct error *err);

/* Ends a query before its last row. */
void query_end(struct query *query);

/* Takes a statement for a cursor, which gives it back: NULL on failure. */
sqlite3_stmt *statement_take(struct casedb *db, const struct row_statement *statement);
void statement_return(struct casedb *db, sqlite3_stmt *statement);

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
int64_t row_integer_unless_null(struct row *row, int64_t absent);
/* Fills the struct at `out` with all columns of the row type: 1, or -1. */
int row_fill(struct casedb *db, struct row *row, const struct row_type *type, void *out,
             struct error *err);

/* ---- Cursors ---- */

struct casedb_cursor {
    struct casedb *db;
    const struct row_statement *of;
    sqlite3_stmt *statement;
    bool ended;
    /* Of observations: memory for the strings, which serves every row again. */
    struct string_list {
        struct text json; /* taken apart in place */
        char **items;     /* owned: point into it */
        size_t count;
        size_t capacity;
    } strings, names;
    struct observation_string *pairs; /* owned */
    size_t pair_capacity;
    /* Of findings: what the row says, from the table of its kind. */
    struct casedb_cursor *contents[FINDING_KIND_COUNT]; /* NULL until one of that kind came */
};

int cursor_open(struct casedb *db, const struct row_statement *statement,
                struct casedb_cursor **out, struct error *err);
/* The same for a statement whose one parameter is the id of a row. */
int cursor_open_of(struct casedb *db, const struct row_statement *statement, int64_t id,
                   struct casedb_cursor **out, struct error *err);

/* Begins with another id. */
void cursor_restart(struct casedb_cursor *cursor, int64_t id);

/* Fills *row and returns 1, or 0 at the end, -1. */
int cursor_step(struct casedb_cursor *cursor, struct row *row, struct error *err);

/* Reads the next row into the struct of the statement's row type: 1, or 0 at the end, -1. */
int cursor_next(struct casedb_cursor *cursor, void *out, struct error *err);

/* ---- Sources ---- */

/* Is the path behind those of all sources, as the case was written in order of them? */
bool source_is_behind_all(const struct casedb *db, const char *path);

/* Notes that an observation or a finding of the open source came. */
void source_keep_order(struct casedb *db);

/* Adds the row of a computer of the open source. */
int source_write_computer(struct casedb *db, const struct case_computer *row, struct error *err);

/* Adds the row of a span of a computer of it. */
int source_write_span(struct casedb *db, const struct case_span *span, struct error *err);

/* Adds the row of a mark of a computer of it. */
int source_write_mark(struct casedb *db, const struct case_mark *mark, struct error *err);

/* Adds the row of the open source, which has so many computers and clients, and commits. */
int source_end(struct casedb *db, const struct case_source *row, size_t computer_count,
               size_t client_count, struct error *err);

/* ---- Clients of KMS hosts ---- */

/* The id of the client that the observation, in the log of that computer, is about: 0 for none. */
int64_t clients_meet(struct casedb *db, int64_t computer_id, const struct incident_event *event,
                     const struct observation *observation);

/* Adds the rows of those that were met. */
int clients_write(struct casedb *db, struct error *err);

/* Adds the row of one. */
int client_write(struct casedb *db, const struct case_client *row, struct error *err);

void clients_forget(struct met_clients *clients);

/* ---- Texts that stand once ---- */

/* Finds or adds the text; "" and NULL have the id 0. */
int texts_id(struct casedb *db, const char *text, int64_t *id, struct error *err);

void texts_forget(struct text_cache *cache);

/* ---- Strings of an observation ---- */

/* Adds the values of the strings, or their names, as a JSON array. */
void strings_add_values(struct text *out, const struct observation *observation);
void strings_add_names(struct text *out, const struct observation *observation);

/* Takes apart such an array: false when it is none. */
bool strings_read(struct string_list *list, const char *json);
void strings_free(struct string_list *list);

/* ---- Observations ---- */

/* Joins the texts that stand once. */
#define OBSERVATION_TEXT(name) " LEFT JOIN text AS " name " ON " name ".id = o." name "_id"
#define OBSERVATION_TEXTS             \
    OBSERVATION_TEXT("provider")      \
    OBSERVATION_TEXT("channel")       \
    OBSERVATION_TEXT("computer_name") \
    OBSERVATION_TEXT("user_sid")      \
    OBSERVATION_TEXT("names")

/* Observations with their sources and machines: that of the client, of what a KMS host saw. */
#define OBSERVATIONS_OF_MACHINES                                                \
    "FROM observation AS o JOIN source_computer AS c ON c.id = o.computer_id"   \
    " JOIN source AS s ON s.id = c.source_id"                                   \
    " LEFT JOIN kms_client AS k ON k.id = o.client_id"                          \
    " LEFT JOIN machine AS m ON m.id = iif(o.client_id IS NULL, c.machine_id, " \
    "k.machine_id)" OBSERVATION_TEXTS

/* The time that an observation counts as of. */
#define OBSERVATION_COUNTS_FILETIME "iif(o.wrong_clock, o.placed_filetime, o.event_filetime)"

/* Adds the row, whose computer has its id; the ids of its texts are found here. */
int observation_insert(struct casedb *db, struct observation_row *row, struct error *err);

/* Adds one of those of which first and last are kept. */
int first_last_add(struct casedb *db, struct observation_row *row, struct error *err);

/* Puts what is held into the case, at the end of its source. */
int first_last_finish(struct casedb *db, struct error *err);

void first_last_forget(struct first_last *first_last);

/* ---- Findings ---- */

/* Reads the next row of a cursor of findings, whose other columns stay: 1, or 0 at the end, -1. */
int finding_read(struct casedb_cursor *cursor, struct finding_row *row, struct error *err);

/* ---- The inventory ---- */

/* Copies it into another case, which has none. */
int inventory_copy(struct casedb *from, struct casedb *to, struct error *err);

#endif
