/* SPDX-License-Identifier: Apache-2.0 */
/* The table is walked by our own code (ese/edb_tree.h), which notes damage; the records it
 * finds are given to libesedb in small databases made of them (ese/extract.h), which reads the
 * columns. Long values are kept in a tree of their own, which is not read: titles are far below the
 * 1023 bytes from which on ESE makes long values of them. */
#include "ese/history.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "ese/edb_tree.h"
#include "ese/extract.h"
#include "ese/history_row.h"

/* What is kept of a record while it is in the extract. */
struct waiting {
    struct edb_place place;
    unsigned nulls; /* row_find_nulls */
};

struct history {
    const struct sink *sink;
    struct source_facts *facts;
    const struct edb *edb;
    const struct edb_table *table;
    struct row_layout layout;
    struct extract *extract;
    struct waiting *waiting; /* owned: of the records in the extract, in their order */
    uint64_t unreadable_count;
};

/* --- rows --- */

/* Names the row by what could be read of it, and by where it lies. `row` is NULL when nothing was
 * read. */
static void note_undecodable(struct history *history, const struct waiting *waiting,
                             const struct row *row, const char *what)
{
    struct text name = {0};

    text_add_format(&name, "row %u in page %" PRIu32 " at byte %" PRIu64, waiting->place.tag,
                    waiting->place.page, waiting->place.offset_bytes);
    if (row != NULL && row->numbers[ROW_ID] != FINDING_ABSENT)
        text_add_format(&name, ", IdEvent %" PRId64, row->numbers[ROW_ID]);
    if (row != NULL && row->filetime != 0) {
        text_add(&name, " of ");
        filetime_add_text(&name, row->filetime);
    }
    history->unreadable_count++;
    source_facts_add_undecodable(history->facts, "%s (%s)", text_get(&name), what);
    text_free(&name);
}

static int hand_on_row(struct history *history, const struct row *row,
                       const struct incident_update *update, struct error *err)
{
    struct finding finding = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);

    finding.filetime = row->filetime;
    if (row->numbers[ROW_ID] > 0)
        finding.place = (uint64_t)row->numbers[ROW_ID];
    finding.history_row = (struct finding_history_row){
        .status = row->numbers[ROW_STATUS],
        .mapped_result = row->numbers[ROW_MAPPED_RESULT],
        .unmapped_result = row->numbers[ROW_UNMAPPED_RESULT],
        .server_selection = row->numbers[ROW_SERVER_SELECTION],
        .update_id = update->id,
        .client_id = row_text_of(row, ROW_CLIENT_ID),
        .title = row_text_of(row, ROW_TITLE),
    };
    history->facts->selected_count++;
    return history->sink->finding(history->sink->context, &finding, err);
}

static int judge_row(struct history *history, const struct waiting *waiting, const struct row *row,
                     struct error *err)
{
    struct source_facts *facts = history->facts;
    const struct incident_update *update = incident_find_update(row_text_of(row, ROW_TITLE));

    if (row->filetime != 0) {
        if (facts->first_filetime == 0 || row->filetime < facts->first_filetime)
            facts->first_filetime = row->filetime;
        if (row->filetime > facts->last_filetime)
            facts->last_filetime = row->filetime;
    }
    if (row->title_fault != NULL) {
        char *what = memory_format("its title %s", row->title_fault);

        note_undecodable(history, waiting, row, what);
        free(what);
        return 0;
    }
    if (*row_text_of(row, ROW_TITLE) == '\0')
        history->unreadable_count++;
    else if (update != NULL)
        return hand_on_row(history, row, update, err);
    return 0;
}

static int read_row(struct history *history, size_t index, struct error *err)
{
    const struct waiting *waiting = &history->waiting[index];
    struct row row = row_empty();
    struct error wrong = {0};
    int result = 0;

    if (extract_take(history->extract, index, &wrong) != 0 ||
        row_read(history->extract, history->table, &history->layout, waiting->nulls, &row,
                 &wrong) != 0)
        note_undecodable(history, waiting, &row, wrong.message);
    else
        result = judge_row(history, waiting, &row, err);
    error_clear(&wrong);
    row_free_content(&row);
    return result;
}

/* Reads what is in the extract, and empties it. */
static int read_extract(struct history *history, struct error *err)
{
    size_t count = extract_count(history->extract);
    struct error wrong = {0};
    int result = 0;

    if (count > 0 && extract_open(history->extract, &wrong) != 0) {
        for (size_t index = 0; index < count; index++)
            note_undecodable(history, &history->waiting[index], NULL, wrong.message);
        error_clear(&wrong);
        count = 0;
    }
    for (size_t index = 0; result == 0 && index < count; index++)
        result = read_row(history, index, err);
    extract_clear(history->extract);
    return result;
}

/* --- the table --- */

static void note_broken(struct history *history, const struct edb_place *place, const char *what)
{
    history->unreadable_count++;
    source_facts_add_damage(history->facts, place->offset_bytes,
                            "row %u in page %" PRIu32 " of " HISTORY_TABLE " %s", place->tag,
                            place->page, what);
}

static int add_record(struct history *history, const struct waiting *waiting,
                      const struct edb_record *record, struct error *err)
{
    if (!extract_add(history->extract, record->bytes)) {
        if (read_extract(history, err) != 0)
            return -1;
        if (!extract_add(history->extract, record->bytes)) {
            note_undecodable(history, waiting, NULL, "it is too large");
            return 0;
        }
    }
    history->waiting = memory_grow(history->waiting, extract_count(history->extract) - 1,
                                   sizeof(*history->waiting));
    history->waiting[extract_count(history->extract) - 1] = *waiting;
    return 0;
}

static int take_node(void *context, const struct edb_place *place, const struct edb_node *node,
                     struct error *err)
{
    struct history *history = context;
    struct waiting waiting = {.place = *place};
    struct edb_record record;
    struct error wrong = {0};

    history->facts->record_count++;
    if (node == NULL) {
        history->unreadable_count++;
        return 0;
    }
    if (edb_record_open(node->data, history->edb->is_large, &record, &wrong) != 0) {
        note_broken(history, place, wrong.message);
        error_clear(&wrong);
        return 0;
    }
    switch (edb_table_judge(history->table, &record, history->layout.last_id)) {
    case EDB_FIT_BROKEN:
        note_broken(history, place, "has fixed columns that run out of it");
        return 0;
    case EDB_FIT_NOT:
        note_undecodable(history, &waiting, NULL,
                         "it has columns that libesedb would take for others");
        return 0;
    case EDB_FIT:
        break;
    }
    waiting.nulls = row_find_nulls(history->table, &history->layout, &record);
    return add_record(history, &waiting, &record, err);
}

/* A column of another type than Windows gives it is damage, and so is a table without titles; that
 * another column is absent is worth a word. */
static void note_absent_columns(struct history *history)
{
    const struct edb_table *table = history->table;

    for (enum row_column column = 0; column < ROW_COLUMNS; column++) {
        const char *name = row_column_name(column);

        if (history->layout.numbers[column] < table->column_count)
            continue;
        if (column == ROW_TITLE || edb_table_find_column(table, name) < table->column_count)
            source_facts_add_damage(history->facts, table->named_at_bytes,
                                    HISTORY_TABLE " has no column %s as Windows makes it", name);
        else
            source_facts_add_detail(history->facts, HISTORY_TABLE " has no column %s", name);
    }
}

int history_read(const struct edb *edb, const struct edb_table *table, const struct sink *sink,
                 struct source_facts *facts, uint64_t *unreadable_count, struct error *err)
{
    struct history history = {.sink = sink, .facts = facts, .edb = edb, .table = table};
    struct edb_tree tree = {.name = HISTORY_TABLE,
                            .root_page = table->root_page,
                            .object_id = table->object_id,
                            .named_at_bytes = table->named_at_bytes};
    struct edb_visitor visitor = {.context = &history, .node = take_node};
    int result;

    *unreadable_count = 0;
    if (!table->columns_fit)
        return 0;
    row_layout_find(table, &history.layout);
    note_absent_columns(&history);
    history.extract = extract_create(edb, table);
    result = edb_tree_walk(edb, &tree, &visitor, facts, err);
    if (result == 0)
        result = read_extract(&history, err);
    *unreadable_count = history.unreadable_count;
    extract_free(history.extract);
    free(history.waiting);
    return result;
}
