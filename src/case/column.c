/* SPDX-License-Identifier: Apache-2.0 */
/* Row types: what their tables of columns make. SQL is composed of the constants of these tables
 * alone; what is in the rows only ever goes into parameters. */
#include "case/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* In CREATE TABLE. */
static const char *const sql_types[] = {
    [COLUMN_TEXT] = "TEXT NOT NULL",      [COLUMN_TEXT_OR_NULL] = "TEXT",
    [COLUMN_BOOL] = "INTEGER NOT NULL",   [COLUMN_U16] = "INTEGER NOT NULL",
    [COLUMN_I32_OR_NULL] = "INTEGER",     [COLUMN_I64] = "INTEGER NOT NULL",
    [COLUMN_U64] = "INTEGER NOT NULL",    [COLUMN_NUMBER] = "INTEGER",
    [COLUMN_KEY] = "INTEGER PRIMARY KEY", [COLUMN_ID] = "INTEGER NOT NULL",
    [COLUMN_ID_OR_NULL] = "INTEGER",      [COLUMN_WORD] = "TEXT NOT NULL",
    [COLUMN_WORDS] = "TEXT NOT NULL",
};
static_assert(ARRAY_COUNT(sql_types) == COLUMN_TYPE_COUNT, "the SQL of every type");
static_assert(sizeof(enum column_type) == sizeof(unsigned), "enums are kept as unsigned");

/* ---- Columns ---- */

static size_t count_columns(const struct row_type *type)
{
    return type->column_count + (type->members != NULL ? type->members->count : 0);
}

static enum column_type type_of_member(const struct member *member)
{
    switch (member->type) {
    case MEMBER_BOOL:
        return COLUMN_BOOL;
    case MEMBER_U64:
        return COLUMN_U64;
    case MEMBER_NUMBER:
        return COLUMN_NUMBER;
    case MEMBER_CHOICE:
        return COLUMN_WORD;
    case MEMBER_U16:
        return COLUMN_U16;
    case MEMBER_I32:
        return COLUMN_I32_OR_NULL;
    case MEMBER_TEXT:
    case MEMBER_OWNED_TEXT:
        break;
    }
    return COLUMN_TEXT;
}

/* Columns that are members of another table of members are made from that, in *made. */
static const struct column *column_at(const struct row_type *type, size_t index,
                                      struct column *made)
{
    const struct member *member;

    if (index < type->column_count)
        return &type->columns[index];
    member = &type->members->rows[index - type->column_count];
    *made = (struct column){.name = member->name,
                            .type = type_of_member(member),
                            .offset_bytes = type->members_offset_bytes + member->offset_bytes,
                            .words = member->words,
                            .least = member->least,
                            .greatest = member->greatest};
    return made;
}

/* Columns that are only read have another table's, or an expression. */
static bool is_stored(const struct column *column)
{
    return column->from == NULL;
}

/* ---- SQL ---- */

static void add_separator(struct text *sql, bool *needed, const char *separator)
{
    if (*needed)
        text_add(sql, separator);
    *needed = true;
}

/* The end of a line of a table that has so many more. A comment ends its line, so the comma stands
 * before it. */
static void end_line(struct text *sql, size_t *left, const char *comment)
{
    text_add(sql, --*left > 0 ? "," : "");
    if (comment != NULL)
        text_add_format(sql, " -- %s", comment);
    text_add(sql, "\n");
}

static void add_column(struct text *sql, const struct column *column, size_t *left)
{
    text_add_format(sql, "  %s %s", column->name, sql_types[column->type]);
    if (column->constraint != NULL)
        text_add_format(sql, " %s", column->constraint);
    end_line(sql, left, column->comment);
}

/* A FILETIME as text; whole seconds, NULL for no time. 11644473600 s lie between 1601-01-01, where
 * FILETIME begins, and 1970-01-01. */
static void add_utc(struct text *sql, const struct column *column, size_t *left)
{
    text_add_format(sql,
                    "  %s TEXT AS (strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', nullif(%s, 0) / 10000000"
                    " - 11644473600, 'unixepoch')) VIRTUAL",
                    column->utc, column->name);
    end_line(sql, left, NULL);
}

static char *table_text(const struct row_type *type)
{
    struct text sql = {0};
    struct column made;
    size_t left = type->last_lines != NULL ? 1 : 0; /* until the end */

    for (size_t index = 0; index < count_columns(type); index++) {
        const struct column *column = column_at(type, index, &made);

        left += is_stored(column) + (column->utc != NULL);
    }
    text_add_format(&sql, "CREATE TABLE %s (\n  -- %s\n", type->table, type->comment);
    for (size_t index = 0; index < count_columns(type); index++)
        if (is_stored(column_at(type, index, &made)))
            add_column(&sql, column_at(type, index, &made), &left);
    for (size_t index = 0; index < type->column_count; index++)
        if (type->columns[index].utc != NULL)
            add_utc(&sql, &type->columns[index], &left);
    if (type->last_lines != NULL)
        text_add_format(&sql, "  %s\n", type->last_lines);
    text_add_format(&sql, ") STRICT%s", type->without_rowid ? ", WITHOUT ROWID" : "");
    return text_take(&sql);
}

int row_type_create(struct casedb *db, const struct row_type *type, struct error *err)
{
    char *sql = table_text(type);
    int result = casedb_execute(db, sql, err);

    free(sql);
    return result;
}

static void add_insert(struct text *sql, const struct row_type *type)
{
    struct text parameters = {0};
    struct column made;
    bool needs_comma = false;

    text_add_format(sql, "INSERT INTO %s (", type->table);
    for (size_t index = 0; index < count_columns(type); index++) {
        const struct column *column = column_at(type, index, &made);

        if (!is_stored(column))
            continue;
        text_add(&parameters, needs_comma ? ", ?" : "?");
        add_separator(sql, &needs_comma, ", ");
        text_add(sql, column->name);
    }
    text_add_format(sql, ") VALUES (%s)", text_get(&parameters));
    text_free(&parameters);
}

static void add_columns(struct text *sql, const struct row_type *type, bool *needs_comma)
{
    struct column made;

    for (size_t index = 0; index < count_columns(type); index++) {
        const struct column *column = column_at(type, index, &made);

        if (column->unread)
            continue;
        add_separator(sql, needs_comma, ", ");
        if (is_stored(column))
            text_add_format(sql, "%s.%s", type->alias, column->name);
        else
            text_add(sql, column->from);
    }
}

static void add_select(struct text *sql, const struct row_statement *statement)
{
    bool needs_comma = false;

    text_add(sql, "SELECT ");
    add_columns(sql, statement->type, &needs_comma);
    if (statement->joined != NULL)
        add_columns(sql, statement->joined, &needs_comma);
}

char *row_statement_text(const struct row_statement *statement)
{
    struct text sql = {0};

    switch (statement->form) {
    case ROW_INSERT:
        add_insert(&sql, statement->type);
        break;
    case ROW_SELECT:
        add_select(&sql, statement);
    }
    if (statement->rest != NULL)
        text_add_format(&sql, " %s", statement->rest);
    return text_take(&sql);
}

/* ---- Binding ---- */

static void bind_words(struct query *query, const struct column *column, uint32_t members)
{
    char *list = word_set_list(column->words, members);

    query_text_copied(query, list);
    free(list);
}

static void bind_column(struct query *query, const struct column *column, const void *member)
{
    switch (column->type) {
    case COLUMN_TEXT:
    case COLUMN_TEXT_OR_NULL:
        query_text(query, *(const char *const *)member);
        break;
    case COLUMN_BOOL:
        query_integer(query, *(const bool *)member);
        break;
    case COLUMN_U16:
        query_integer(query, *(const uint16_t *)member);
        break;
    case COLUMN_I32_OR_NULL:
        query_unless(query, OBSERVATION_ABSENT, *(const int32_t *)member);
        break;
    case COLUMN_I64:
    case COLUMN_ID:
        query_integer(query, *(const int64_t *)member);
        break;
    case COLUMN_U64:
        query_number(query, *(const uint64_t *)member);
        break;
    case COLUMN_NUMBER:
        query_unless(query, MEMBER_ABSENT, *(const int64_t *)member);
        break;
    case COLUMN_KEY:
    case COLUMN_ID_OR_NULL:
        query_unless(query, 0, *(const int64_t *)member);
        break;
    case COLUMN_WORD:
        assert(*(const unsigned *)member < column->words->count);
        query_text(query, column->words->words[*(const unsigned *)member]);
        break;
    case COLUMN_WORDS:
        bind_words(query, column, *(const uint32_t *)member);
        break;
    case COLUMN_TYPE_COUNT:
        break;
    }
}

void query_row(struct query *query, const struct row_type *type, const void *row)
{
    struct column made;

    for (size_t index = 0; index < count_columns(type); index++) {
        const struct column *column = column_at(type, index, &made);

        if (is_stored(column))
            bind_column(query, column, (const char *)row + column->offset_bytes);
    }
}

int query_run_row(struct casedb *db, const struct row_statement *statement, const void *row,
                  struct error *err)
{
    struct query query = query_of_rows(db, statement);

    query_row(&query, statement->type, row);
    return query_run(&query, err);
}

/* ---- Reading ---- */

static bool read_word(const struct column *column, const char *word, unsigned *out)
{
    *out = 0;
    return word == NULL || word_set_find(column->words, word, out);
}

/* A text with a NUL in it would end there. */
static bool read_text(struct row *row, const struct column *column, const char **out)
{
    int place = row->read;
    const char *text = row_text_or_null(row);

    *out = text == NULL && column->type == COLUMN_TEXT ? "" : text;
    return text == NULL || strlen(text) == (size_t)sqlite3_column_bytes(row->statement, place);
}

static bool read_bool(struct row *row, bool *out)
{
    int64_t number = row_integer(row);

    *out = number != 0;
    return number_is_in_range(number, 0, 1);
}

static bool read_u16(struct row *row, uint16_t *out)
{
    int64_t number = row_integer(row);

    *out = (uint16_t)number;
    return number_is_in_range(number, 0, UINT16_MAX);
}

static bool read_i32(struct row *row, const struct column *column, int32_t *out)
{
    int64_t number = row_integer_unless_null(row, OBSERVATION_ABSENT);

    *out = (int32_t)number;
    return number == OBSERVATION_ABSENT ||
           number_is_in_range(number, column->least, column->greatest);
}

static bool read_u64(struct row *row, const struct column *column, uint64_t *out)
{
    *out = row_number(row);
    return number_is_not_too_great(*out, column->greatest);
}

static bool read_number(struct row *row, const struct column *column, int64_t *out)
{
    *out = row_integer_unless_null(row, MEMBER_ABSENT);
    return *out == MEMBER_ABSENT || number_is_in_range(*out, column->least, column->greatest);
}

/* Returns false for what is never written. */
static bool read_column(struct row *row, const struct column *column, void *member)
{
    switch (column->type) {
    case COLUMN_TEXT:
    case COLUMN_TEXT_OR_NULL:
        return read_text(row, column, member);
    case COLUMN_BOOL:
        return read_bool(row, member);
    case COLUMN_U16:
        return read_u16(row, member);
    case COLUMN_I32_OR_NULL:
        return read_i32(row, column, member);
    case COLUMN_I64:
    case COLUMN_KEY:
    case COLUMN_ID:
    case COLUMN_ID_OR_NULL:
        *(int64_t *)member = row_integer(row);
        return true;
    case COLUMN_U64:
        return read_u64(row, column, member);
    case COLUMN_NUMBER:
        return read_number(row, column, member);
    case COLUMN_WORD:
        return read_word(column, row_text_or_null(row), member);
    case COLUMN_WORDS:
        return word_set_find_list(column->words, row_text(row), member);
    case COLUMN_TYPE_COUNT:
        break;
    }
    return false;
}

static int fail_column(struct casedb *db, const struct row_type *type, const struct column *column,
                       struct error *err)
{
    struct text what = {0};

    text_add_format(&what, "%s.%s has a value that no case has", type->table, column->name);
    casedb_fail_content(db, text_get(&what), err);
    text_free(&what);
    return -1;
}

int row_fill(struct casedb *db, struct row *row, const struct row_type *type, void *out,
             struct error *err)
{
    struct column made;

    for (size_t index = 0; index < count_columns(type); index++) {
        const struct column *column = column_at(type, index, &made);

        if (!column->unread && !read_column(row, column, (char *)out + column->offset_bytes))
            return fail_column(db, type, column, err);
    }
    return 1;
}
