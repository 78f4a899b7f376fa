/* SPDX-License-Identifier: Apache-2.0 */
/* What the user said: the window and the inputs of the run, and the inventory. */
#include "case/internal.h"

#include <stdlib.h>

#include "base/memory.h"

static const struct row_statement read_run = SELECT_OF(&run_rows, "FROM run");
static const struct row_statement insert_run = INSERT_OF(&run_rows);
static const struct row_statement insert_input = INSERT_OF(&run_input_rows);
static const char count_settings[] = "SELECT count(*) FROM run";
static const char count_inventory[] = "SELECT count(*) FROM inventory_host";
static const char delete_run[] = "DELETE FROM run";
static const char delete_inputs[] = "DELETE FROM run_input";
static const char read_inputs[] = "SELECT path FROM run_input ORDER BY position";

static const struct row_statement insert_inventory_column = INSERT_OF(&inventory_column_rows);
static const struct row_statement insert_inventory_host = {
    .form = ROW_INSERT,
    .type = &inventory_host_rows,
    .rest = "ON CONFLICT (folded_host) DO NOTHING"};
static const struct row_statement insert_inventory_value = INSERT_OF(&inventory_value_rows);
static const char delete_inventory_columns[] = "DELETE FROM inventory_column";
static const char delete_inventory_hosts[] = "DELETE FROM inventory_host";
static const char count_inventory_columns[] = "SELECT count(*) FROM inventory_column";
static const char read_inventory_columns[] = "SELECT name FROM inventory_column ORDER BY position";
static const char read_inventory_values[] =
    "SELECT value FROM inventory_value WHERE host_id = ?1 ORDER BY position";

/* ---- Lists of texts ---- */

/* Reads the one column of the query: owned texts. */
static int read_texts(struct query *query, char ***texts, size_t *count, struct error *err)
{
    char **items = NULL;
    size_t item_count = 0;
    int step;

    while ((step = query_step(query, err)) == 1) {
        struct row row = row_of(query->statement);

        items = memory_grow(items, item_count, sizeof(*items));
        items[item_count++] = memory_copy_text(row_text(&row));
    }
    if (step < 0) {
        memory_free_texts(items, item_count);
        return -1;
    }
    *texts = items;
    *count = item_count;
    return 0;
}

/* Adds the texts, which are the owner's, with their positions. */
static int add_texts(struct casedb *db, const struct row_statement *insert, int64_t owner_id,
                     const char *const *texts, size_t count, struct error *err)
{
    for (size_t index = 0; index < count; index++) {
        struct text_item item = {.owner_id = owner_id, .position = index, .text = texts[index]};

        if (query_run_row(db, insert, &item, err) != 0)
            return -1;
    }
    return 0;
}

static int run(struct casedb *db, const char *sql, struct error *err)
{
    struct query query = query_of(db, sql);

    return query_run(&query, err);
}

/* Does the statement count any? 1 or 0, or -1. */
static int has_any(struct casedb *db, const char *count, struct error *err)
{
    struct query query = query_of(db, count);
    struct row row;
    int64_t counted;

    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    counted = row_integer(&row);
    query_end(&query);
    return counted > 0;
}

/* ---- The run ---- */

void case_settings_free_content(struct case_settings *settings)
{
    memory_free_texts(settings->inputs, settings->input_count);
    free(settings->folder);
    *settings = (struct case_settings){0};
}

int casedb_read_settings(struct casedb *db, struct case_settings *out, struct error *err)
{
    struct query query = query_of_rows(db, &read_run);
    int step = query_step(&query, err);
    struct run_row found;
    struct row row;

    *out = (struct case_settings){0};
    if (step != 1)
        return step;
    row = row_of(query.statement);
    if (row_fill(db, &row, &run_rows, &found, err) != 1) {
        query_end(&query);
        return -1;
    }
    if (found.window_start_filetime == 0 ||
        found.window_start_filetime > found.window_end_filetime) {
        query_end(&query);
        return casedb_fail_content(db, "its window does not end after it has begun", err);
    }
    out->window.start_filetime = found.window_start_filetime;
    out->window.end_filetime = found.window_end_filetime;
    out->folder = memory_copy_text(found.folder);
    query_end(&query);
    query = query_of(db, read_inputs);
    return read_texts(&query, &out->inputs, &out->input_count, err) == 0 ? 1 : -1;
}

static int write_settings(struct casedb *db, const struct case_settings *settings,
                          struct error *err)
{
    struct run_row row = {.id = 1,
                          .window_start_filetime = settings->window.start_filetime,
                          .window_end_filetime = settings->window.end_filetime,
                          .folder = settings->folder != NULL ? settings->folder : ""};

    if (run(db, delete_run, err) != 0 || run(db, delete_inputs, err) != 0 ||
        query_run_row(db, &insert_run, &row, err) != 0)
        return -1;
    return add_texts(db, &insert_input, 0, (const char *const *)settings->inputs,
                     settings->input_count, err);
}

int casedb_write_settings(struct casedb *db, const struct case_settings *settings,
                          struct error *err)
{
    int is_replaced = has_any(db, count_settings, err);

    db->in_order = db->in_order && is_replaced == 0;
    if (is_replaced < 0 || casedb_begin(db, err) != 0)
        return -1;
    if (write_settings(db, settings, err) != 0 || casedb_commit(db, err) != 0) {
        casedb_roll_back(db);
        return -1;
    }
    return 0;
}

/* ---- The inventory ---- */

int casedb_begin_inventory(struct casedb *db, const char *const *columns, size_t column_count,
                           struct error *err)
{
    int is_replaced = has_any(db, count_inventory, err);

    if (is_replaced < 0 || (is_replaced > 0 && casedb_allow_deletions(db, err) != 0) ||
        casedb_begin(db, err) != 0)
        return -1;
    if (run(db, delete_inventory_columns, err) != 0 || run(db, delete_inventory_hosts, err) != 0 ||
        add_texts(db, &insert_inventory_column, 0, columns, column_count, err) != 0) {
        casedb_roll_back(db);
        return -1;
    }
    return 0;
}

static int count_columns(struct casedb *db, size_t *count, struct error *err)
{
    struct query query = query_of(db, count_inventory_columns);
    struct row row;

    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    *count = (size_t)row_number(&row);
    query_end(&query);
    return 0;
}

static int add_inventory_values(struct casedb *db, int64_t host_id, const char *const *values,
                                struct error *err)
{
    size_t count = 0;

    if (count_columns(db, &count, err) != 0)
        return -1;
    return add_texts(db, &insert_inventory_value, host_id, values, count, err);
}

int casedb_add_inventory_host(struct casedb *db, const char *host, const char *const *values,
                              bool *added, struct error *err)
{
    char *folded = text_fold(host);
    struct case_inventory_host row = {.host = host, .folded_host = folded};
    int result = query_run_row(db, &insert_inventory_host, &row, err);

    *added = result == 0 && sqlite3_changes(db->sqlite) > 0;
    if (*added)
        result = add_inventory_values(db, sqlite3_last_insert_rowid(db->sqlite), values, err);
    free(folded);
    return result;
}

int inventory_copy(struct casedb *from, struct casedb *to, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_inventory_host host;
    char **columns = NULL, **values;
    size_t column_count = 0, value_count;
    bool added;
    int step = casedb_read_inventory_columns(from, &columns, &column_count, err);

    if (step == 0)
        step = casedb_begin_inventory(to, (const char *const *)columns, column_count, err);
    if (step == 0)
        step = casedb_inventory(from, &cursor, err);
    while (step == 0 && (step = casedb_next_inventory_host(cursor, &host, err)) == 1) {
        step = casedb_read_inventory_values(from, host.id, &values, &value_count, err);
        if (step == 0 && value_count != column_count) {
            memory_free_texts(values, value_count);
            step =
                casedb_fail_content(from, "a host of the inventory has not a value a column", err);
        }
        if (step != 0)
            break;
        step = casedb_add_inventory_host(to, host.host, (const char *const *)values, &added, err);
        memory_free_texts(values, value_count);
    }
    casedb_cursor_free(cursor);
    memory_free_texts(columns, column_count);
    if (step == 0)
        step = casedb_finish_inventory(to, err);
    if (step != 0)
        casedb_abandon_inventory(to);
    return step;
}

int casedb_finish_inventory(struct casedb *db, struct error *err)
{
    return casedb_commit(db, err);
}

void casedb_abandon_inventory(struct casedb *db)
{
    casedb_roll_back(db);
}

int casedb_read_inventory_columns(struct casedb *db, char ***columns, size_t *column_count,
                                  struct error *err)
{
    struct query query = query_of(db, read_inventory_columns);

    return read_texts(&query, columns, column_count, err);
}

int casedb_read_inventory_values(struct casedb *db, int64_t inventory_id, char ***values,
                                 size_t *value_count, struct error *err)
{
    struct query query = query_of(db, read_inventory_values);

    query_integer(&query, inventory_id);
    return read_texts(&query, values, value_count, err);
}
