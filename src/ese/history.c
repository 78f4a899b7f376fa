/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of tbHistory, the update history of Windows: one for each operation on an update, each
 * with its title. Our own code walks the table, notes damage and reads the rows; those whose title
 * names an update of the incident are read once more by libesedb, out of small databases made of
 * them (ese/extract.h), before they are handed on. Long values are kept in a tree of their own,
 * which is not read: titles are far below the 1023 bytes from which on ESE makes long values of
 * them. */
#include "ese/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* So much waits for libesedb, at most: the texts of a row can unpack to far more than a page. */
#define WAITING_TEXT_BYTES_MOST (1024u * 1024)
#define WAITING_ROWS_MOST 4096u

/* A row that names an update, until libesedb has read it again. */
struct waiting_row {
    struct edb_node_place place;
    struct history_row row;
    const struct incident_update *update;
    bool is_in_extract; /* else libesedb is not asked */
};

struct history_reading {
    const struct sink *sink;
    struct source_facts *facts;
    const struct edb_database *database;
    struct row_layout layout;
    struct extract *extract;     /* NULL: libesedb is not asked at all */
    struct waiting_row *waiting; /* owned: in order of the table */
    size_t waiting_count;
    size_t waiting_text_bytes;
    uint64_t unreadable_count;
};

/* --- words --- */

/* Names the row by what could be read of it, and by where it lies. Returned owned. */
static char *name_row(const struct edb_node_place *place, const struct history_row *row)
{
    struct text name = {0};

    text_add_format(&name, "row %u in page %" PRIu32 " at byte %" PRIu64, place->tag, place->page,
                    place->offset_bytes);
    if (row->numbers[ROW_ID] != FINDING_ABSENT)
        text_add_format(&name, ", IdEvent %" PRId64, row->numbers[ROW_ID]);
    if (row->filetime != 0) {
        text_add(&name, " of ");
        filetime_add_text(&name, row->filetime);
    }
    return text_take(&name);
}

static void note_broken(struct history_reading *reading, const struct edb_node_place *place,
                        const char *what)
{
    reading->unreadable_count++;
    source_facts_add_damage(reading->facts, place->offset_bytes,
                            "row %u in page %" PRIu32 " of " HISTORY_TABLE " %s", place->tag,
                            place->page, what);
}

static void note_title(struct history_reading *reading, const struct edb_node_place *place,
                       const struct history_row *row)
{
    char *name = name_row(place, row);

    reading->unreadable_count++;
    source_facts_add_undecodable(reading->facts, "%s (its title %s)", name, row->title_fault);
    free(name);
}

static void note_conflict(struct history_reading *reading, const struct waiting_row *waiting,
                          const char *difference)
{
    char *name = name_row(&waiting->place, &waiting->row);

    source_facts_add_conflict(reading->facts, "%s (%s)", name, difference);
    free(name);
}

/* --- rows that name an update --- */

static int hand_on(struct history_reading *reading, const struct waiting_row *waiting,
                   enum verified verified, const char *difference, struct error *err)
{
    struct finding finding = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);
    const struct history_row *row = &waiting->row;

    finding.filetime = row->filetime;
    if (row->numbers[ROW_ID] > 0)
        finding.place = (uint64_t)row->numbers[ROW_ID];
    finding.verified = verified;
    finding.history_row = (struct finding_history_row){
        .status = row->numbers[ROW_STATUS],
        .mapped_result = row->numbers[ROW_MAPPED_RESULT],
        .unmapped_result = row->numbers[ROW_UNMAPPED_RESULT],
        .server_selection = row->numbers[ROW_SERVER_SELECTION],
        .update_id = waiting->update->id,
        .client_id = history_row_text(row, ROW_CLIENT_ID),
        .title = history_row_text(row, ROW_TITLE),
        .offset_bytes = waiting->place.offset_bytes,
        .other_reading = difference,
    };
    reading->facts->selected_count++;
    return reading->sink->finding(reading->sink->context, &finding, err);
}

/* Has libesedb read again what is in the extract, hands on what waits, and empties both. */
static int hand_on_waiting(struct history_reading *reading, struct error *err)
{
    struct error ignored = {0};
    bool is_open = reading->extract != NULL && extract_count(reading->extract) > 0 &&
                   extract_open(reading->extract, &ignored) == 0;
    size_t asked = 0;
    int result = 0;

    for (size_t index = 0; index < reading->waiting_count; index++) {
        struct waiting_row *waiting = &reading->waiting[index];
        enum verified verified = VERIFIED_NO;
        struct text difference = {0};

        if (is_open && waiting->is_in_extract)
            verified = history_row_verify(&reading->layout, reading->extract, asked++,
                                          &waiting->row, &difference);
        if (verified == VERIFIED_CONFLICT)
            note_conflict(reading, waiting, text_get(&difference));
        if (result == 0)
            result = hand_on(reading, waiting, verified, text_get(&difference), err);
        text_free(&difference);
        history_row_free_content(&waiting->row);
    }
    reading->waiting_count = 0;
    reading->waiting_text_bytes = 0;
    if (reading->extract != NULL)
        extract_clear(reading->extract);
    error_clear(&ignored);
    return result;
}

static bool is_enough(const struct history_reading *reading)
{
    return reading->waiting_count == WAITING_ROWS_MOST ||
           reading->waiting_text_bytes > WAITING_TEXT_BYTES_MOST;
}

/* Takes what *row owns. */
static int add_waiting(struct history_reading *reading, const struct edb_node_place *place,
                       const struct edb_record *record, struct history_row *row,
                       const struct incident_update *update, struct error *err)
{
    struct waiting_row waiting = {.place = *place, .row = *row, .update = update};
    enum extract_added added = EXTRACT_UNFIT;
    int result = is_enough(reading) ? hand_on_waiting(reading, err) : 0;

    if (reading->extract != NULL)
        added = extract_add(reading->extract, record);
    if (result == 0 && added == EXTRACT_FULL) {
        result = hand_on_waiting(reading, err);
        added = extract_add(reading->extract, record);
    }
    waiting.is_in_extract = added == EXTRACT_ADDED;
    reading->waiting =
        memory_grow(reading->waiting, reading->waiting_count, sizeof(*reading->waiting));
    reading->waiting[reading->waiting_count++] = waiting;
    reading->waiting_text_bytes +=
        strlen(history_row_text(row, ROW_TITLE)) + strlen(history_row_text(row, ROW_CLIENT_ID));
    return result;
}

/* --- the table --- */

static void note_time(struct source_facts *facts, uint64_t filetime)
{
    if (filetime == 0)
        return;
    if (facts->first_filetime == 0 || filetime < facts->first_filetime)
        facts->first_filetime = filetime;
    if (filetime > facts->last_filetime)
        facts->last_filetime = filetime;
}

static int take_record(struct history_reading *reading, const struct edb_node_place *place,
                       const struct edb_record *record, struct error *err)
{
    const struct incident_update *update;
    struct history_row row;

    history_row_read(&reading->layout, record, &row);
    note_time(reading->facts, row.filetime);
    update = incident_find_update(history_row_text(&row, ROW_TITLE));
    if (row.title_fault == NULL && update != NULL)
        return add_waiting(reading, place, record, &row, update, err);
    if (row.title_fault != NULL)
        note_title(reading, place, &row);
    else if (*history_row_text(&row, ROW_TITLE) == '\0')
        reading->unreadable_count++;
    history_row_free_content(&row);
    return 0;
}

static int take_node(void *context, const struct edb_node_place *place, const struct edb_node *node,
                     struct error *err)
{
    struct history_reading *reading = context;
    struct edb_record record;
    struct error wrong = {0};

    reading->facts->record_count++;
    if (node == NULL) {
        reading->unreadable_count++;
        return 0;
    }
    if (edb_record_open(node->data, reading->database->is_large, &record, &wrong) != 0) {
        note_broken(reading, place, wrong.message);
        error_clear(&wrong);
        return 0;
    }
    if (!edb_record_is_of_table(&record, reading->layout.table)) {
        note_broken(reading, place, "has fixed columns that run out of it");
        return 0;
    }
    return take_record(reading, place, &record, err);
}

/* A column of another type than Windows gives it is damage, and so is a table without titles; that
 * another column is absent is worth a word. */
static void note_absent_columns(struct history_reading *reading)
{
    const struct edb_table *table = reading->layout.table;

    for (enum row_column column = 0; column < ROW_COLUMN_COUNT; column++) {
        const char *name = row_column_name(column);

        if (row_layout_has(&reading->layout, column))
            continue;
        if (column == ROW_TITLE || edb_table_find_column(table, name) < table->column_count)
            source_facts_add_damage(reading->facts, table->named_at_bytes,
                                    HISTORY_TABLE " has no column %s as Windows makes it", name);
        else
            source_facts_add_detail(reading->facts, HISTORY_TABLE " has no column %s", name);
    }
}

int history_read(const struct edb_database *database, const struct edb_table *table,
                 bool skip_reference, const struct sink *sink, struct source_facts *facts,
                 uint64_t *unreadable_count, struct error *err)
{
    struct history_reading reading = {.sink = sink, .facts = facts, .database = database};
    struct edb_tree tree = {.name = HISTORY_TABLE,
                            .root_page = table->root_page,
                            .object_id = table->object_id,
                            .named_at_bytes = table->named_at_bytes};
    struct edb_tree_visitor visitor = {.context = &reading, .node = take_node};
    int result;

    *unreadable_count = 0;
    if (!table->columns_fit)
        return 0;
    reading.layout = row_layout_of(table);
    note_absent_columns(&reading);
    if (!skip_reference)
        reading.extract = extract_create(database, table, reading.layout.last_id);
    result = edb_tree_walk(database, &tree, &visitor, facts, err);
    if (result == 0)
        result = hand_on_waiting(&reading, err);
    *unreadable_count = reading.unreadable_count;
    extract_free(reading.extract);
    for (size_t index = 0; index < reading.waiting_count; index++)
        history_row_free_content(&reading.waiting[index].row);
    free(reading.waiting);
    return result;
}
