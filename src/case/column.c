/* SPDX-License-Identifier: Apache-2.0 */
/* Row types: what their tables of columns make. SQL is composed of the constants of these tables
 * alone; what is in the rows only ever goes into parameters. */
#include "case/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* In CREATE TABLE. */
static const char *const sql_types[] = {
    [COLUMN_TEXT] = "TEXT NOT NULL",    [COLUMN_TEXT_OR_NULL] = "TEXT",
    [COLUMN_BOOL] = "INTEGER NOT NULL", [COLUMN_U16] = "INTEGER NOT NULL",
    [COLUMN_I32_OR_NULL] = "INTEGER",   [COLUMN_I64] = "INTEGER NOT NULL",
    [COLUMN_U64] = "INTEGER NOT NULL",  [COLUMN_KEY] = "INTEGER PRIMARY KEY",
    [COLUMN_ID] = "INTEGER NOT NULL",   [COLUMN_ID_OR_NULL] = "INTEGER",
    [COLUMN_WORD] = "TEXT NOT NULL",    [COLUMN_WORDS] = "TEXT NOT NULL",
};
static_assert(ARRAY_COUNT(sql_types) == COLUMN_TYPE_COUNT, "the SQL of every type");
static_assert(sizeof(enum column_type) == sizeof(unsigned), "enums are kept as unsigned");

/* ---- SQL ---- */

/* Columns that are only read have another table's, or an expression. */
static bool is_stored(const struct column *column)
{
    return column->from == NULL;
}

static void add_separator(struct text *sql, bool *needed, const char *separator)
{
    if (*needed)
        text_add(sql, separator);
    *needed = true;
}

/* A comment ends its line, so the comma behind a column stands before the comment. */
static void add_column(struct text *sql, const struct column *column, bool is_last)
{
    text_add_format(sql, "  %s %s%s%s%s", column->name, sql_types[column->type],
                    column->constraint != NULL ? " " : "",
                    column->constraint != NULL ? column->constraint : "", is_last ? "" : ",");
    if (column->comment != NULL)
        text_add_format(sql, " -- %s", column->comment);
    text_add(sql, "\n");
}

/* A FILETIME as text; whole seconds, NULL for no time. 11644473600 s lie between 1601-01-01, where
 * FILETIME begins, and 1970-01-01. */
static void add_utc(struct text *sql, const struct column *column, bool is_last)
{
    text_add_format(sql,
                    "  %s TEXT AS (strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', nullif(%s, 0) / 10000000"
                    " - 11644473600, 'unixepoch')) VIRTUAL%s\n",
                    column->utc, column->name, is_last ? "" : ",");
}

static char *table_text(const struct row_type *type)
{
    struct text sql = {0};
    size_t left = type->constraint != NULL ? 1 : 0; /* lines until the end */

    for (size_t index = 0; index < type->column_count; index++)
        left += is_stored(&type->columns[index]) + (type->columns[index].utc != NULL);
    text_add_format(&sql, "CREATE TABLE %s (\n  -- %s\n", type->table, type->comment);
    for (size_t index = 0; index < type->column_count; index++)
        if (is_stored(&type->columns[index]))
            add_column(&sql, &type->columns[index], --left == 0);
    for (size_t index = 0; index < type->column_count; index++)
        if (type->columns[index].utc != NULL)
            add_utc(&sql, &type->columns[index], --left == 0);
    if (type->constraint != NULL)
        text_add_format(&sql, "  %s\n", type->constraint);
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
    bool needs_comma = false;

    text_add_format(sql, "INSERT INTO %s (", type->table);
    for (size_t index = 0; index < type->column_count; index++) {
        if (!is_stored(&type->columns[index]))
            continue;
        text_add(&parameters, needs_comma ? ", ?" : "?");
        add_separator(sql, &needs_comma, ", ");
        text_add(sql, type->columns[index].name);
    }
    text_add_format(sql, ") VALUES (%s)", text_get(&parameters));
    text_free(&parameters);
}

/* The key is the first parameter, so the others are numbered from 2. */
static void add_update(struct text *sql, const struct row_type *type)
{
    bool needs_comma = false;
    unsigned parameter = 2;

    text_add_format(sql, "UPDATE %s SET ", type->table);
    for (size_t index = 1; index < type->column_count; index++) {
        if (!is_stored(&type->columns[index]))
            continue;
        add_separator(sql, &needs_comma, ", ");
        text_add_format(sql, "%s = ?%u", type->columns[index].name, parameter++);
    }
    text_add_format(sql, " WHERE %s = ?1", type->columns[0].name);
}

static void add_columns(struct text *sql, const struct row_type *type, bool *needs_comma)
{
    for (size_t index = 0; index < type->column_count; index++) {
        const struct column *column = &type->columns[index];

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
    case ROW_UPDATE:
        add_update(&sql, statement->type);
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
    for (size_t index = 0; index < type->column_count; index++) {
        const struct column *column = &type->columns[index];

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

static bool read_u16(struct row *row, uint16_t *out)
{
    int64_t number = row_integer(row);

    *out = (uint16_t)number;
    return number >= 0 && number <= UINT16_MAX;
}

/* Returns false for what is never written. */
static bool read_column(struct row *row, const struct column *column, void *member)
{
    switch (column->type) {
    case COLUMN_TEXT:
        *(const char **)member = row_text(row);
        return true;
    case COLUMN_TEXT_OR_NULL:
        *(const char **)member = row_text_or_null(row);
        return true;
    case COLUMN_BOOL:
        *(bool *)member = row_integer(row) != 0;
        return true;
    case COLUMN_U16:
        return read_u16(row, member);
    case COLUMN_I32_OR_NULL:
        *(int32_t *)member = row_unless(row, OBSERVATION_ABSENT);
        return true;
    case COLUMN_I64:
    case COLUMN_KEY:
    case COLUMN_ID:
    case COLUMN_ID_OR_NULL:
        *(int64_t *)member = row_integer(row);
        return true;
    case COLUMN_U64:
        *(uint64_t *)member = row_number(row);
        return true;
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
    for (size_t index = 0; index < type->column_count; index++) {
        const struct column *column = &type->columns[index];

        if (!read_column(row, column, (char *)out + column->offset_bytes))
            return fail_column(db, type, column, err);
    }
    return 1;
}
