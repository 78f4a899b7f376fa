/* SPDX-License-Identifier: Apache-2.0 */
/* The table is walked by our own code (updates/edb_tree.h), which notes damage; the records it
 * finds are given to libesedb in small databases made of them (updates/extract.h), which reads the
 * columns. Long values are kept in a tree of their own, which is not read: titles are far below the
 * 1023 bytes from which on ESE makes long values of them. */
#include "updates/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "base/utf16.h"
#include "updates/compressed.h"
#include "updates/edb_tree.h"
#include "updates/extract.h"

/* 1899-12-30 as a FILETIME: so many days after 1601-01-01. The last day is 9999-12-31. */
#define BASE_FILETIME (UINT64_C(109205) * FILETIME_DAY)
#define DAYS_END 2958466.0
#define DAY_SECONDS 86400.0

/* The columns that are read, and what of them. */
enum wanted {
    WANTED_ID,
    WANTED_DATE,
    WANTED_STATUS,
    WANTED_MAPPED_RESULT,
    WANTED_UNMAPPED_RESULT,
    WANTED_SERVER_SELECTION,
    WANTED_CLIENT_ID,
    WANTED_TITLE,
    WANTED_COUNT,
};

static const struct {
    const char *name;
    uint32_t type;
} wanted_columns[WANTED_COUNT] = {
    [WANTED_ID] = {"IdEvent", EDB_TYPE_INT32},
    [WANTED_DATE] = {"Date", EDB_TYPE_DATE},
    [WANTED_STATUS] = {FIELD_STATUS, EDB_TYPE_INT32},
    [WANTED_MAPPED_RESULT] = {FIELD_MAPPED_RESULT, EDB_TYPE_INT32},
    [WANTED_UNMAPPED_RESULT] = {FIELD_UNMAPPED_RESULT, EDB_TYPE_INT32},
    [WANTED_SERVER_SELECTION] = {FIELD_SERVER_SELECTION, EDB_TYPE_INT32},
    [WANTED_CLIENT_ID] = {FIELD_CLIENT_ID, EDB_TYPE_LONG_TEXT},
    [WANTED_TITLE] = {FIELD_TITLE, EDB_TYPE_LONG_TEXT},
};

/* What is kept of a record while it is in the extract. */
struct waiting {
    struct edb_place place;
    unsigned nulls; /* a bit for each wanted column that is of fixed size, and NULL */
};

struct history {
    const struct sink *sink;
    struct source_facts *facts;
    const struct edb *edb;
    const struct edb_table *table;
    size_t columns[WANTED_COUNT]; /* their numbers in the table; its column_count: not there */
    uint32_t last_id;             /* greatest id of them */
    struct extract *extract;
    struct waiting *waiting; /* owned: of the records in the extract, in their order */
    uint64_t unreadable_count;
};

/* A row as it was read. */
struct row {
    char *values[WANTED_COUNT]; /* owned, but for the date; "" for NULL; NULL: cannot be read */
    uint64_t filetime;
    const char *fault; /* why the title cannot be read, or NULL */
};

uint64_t history_filetime(double days)
{
    double seconds = days * DAY_SECONDS + 0.5;

    /* Comparisons with what is no number are false. */
    if (!(days > 0 && seconds < DAYS_END * DAY_SECONDS))
        return 0;
    return BASE_FILETIME + (uint64_t)seconds * FILETIME_SECOND;
}

/* --- values --- */

/* Reads the value of a wanted column of the row at hand; empty where there is none. */
static int take_value(struct history *history, const struct waiting *waiting, enum wanted wanted,
                      uint8_t *flags, struct span *value, struct error *err)
{
    *flags = 0;
    *value = (struct span){0};
    if (history->columns[wanted] == history->table->column_count ||
        (waiting->nulls & 1u << wanted) != 0)
        return 0;
    return extract_value(history->extract, history->columns[wanted], flags, value, err);
}

static int take_number(struct history *history, const struct waiting *waiting, enum wanted wanted,
                       struct row *row, struct error *err)
{
    struct span value;
    uint8_t flags;
    uint32_t number;

    if (take_value(history, waiting, wanted, &flags, &value, err) != 0)
        return -1;
    row->values[wanted] = span_u32(&value, &number) ? memory_format("%" PRId32, (int32_t)number)
                                                    : memory_copy_text("");
    return 0;
}

static int take_date(struct history *history, const struct waiting *waiting, struct row *row,
                     struct error *err)
{
    struct span value;
    uint8_t flags;
    uint64_t bits;
    double days;

    if (take_value(history, waiting, WANTED_DATE, &flags, &value, err) != 0)
        return -1;
    if (!span_u64(&value, &bits))
        return 0;
    memcpy(&days, &bits, sizeof(days));
    row->filetime = history_filetime(days);
    return 0;
}

/* Reads a text. Sets *fault, and no value, when it is there but cannot be read. */
static int take_text(struct history *history, const struct waiting *waiting, enum wanted wanted,
                     struct row *row, const char **fault, struct error *err)
{
    struct text plain = {0}, text = {0};
    struct span value;
    uint8_t flags;

    *fault = NULL;
    if (take_value(history, waiting, wanted, &flags, &value, err) != 0)
        return -1;
    if ((flags & EXTRACT_LONG_VALUE) != 0)
        *fault = "is a long value, kept outside of the row";
    else if ((flags & EXTRACT_SEVERAL) != 0)
        *fault = "has several values";
    else if ((flags & EXTRACT_COMPRESSED) != 0 && !compressed_unpack(value, &plain))
        *fault = "cannot be decompressed";
    if (*fault == NULL) {
        if ((flags & EXTRACT_COMPRESSED) != 0)
            value = span_of(text_get(&plain), plain.length_bytes, 0);
        text_add_utf16(&text, value);
        row->values[wanted] = text_take(&text);
    }
    text_free(&plain);
    return 0;
}

static int take_row(struct history *history, size_t index, struct row *row, struct error *err)
{
    const struct waiting *waiting = &history->waiting[index];
    const char *ignored;

    if (extract_take(history->extract, index, err) != 0 ||
        take_number(history, waiting, WANTED_ID, row, err) != 0 ||
        take_date(history, waiting, row, err) != 0)
        return -1;
    for (enum wanted wanted = WANTED_STATUS; wanted <= WANTED_SERVER_SELECTION; wanted++)
        if (take_number(history, waiting, wanted, row, err) != 0)
            return -1;
    return take_text(history, waiting, WANTED_CLIENT_ID, row, &ignored, err) != 0 ||
                   take_text(history, waiting, WANTED_TITLE, row, &row->fault, err) != 0
               ? -1
               : 0;
}

/* --- rows --- */

static const char *value_of(const struct row *row, enum wanted wanted)
{
    return row->values[wanted] != NULL ? row->values[wanted] : "";
}

/* Names the row by what could be read of it, and by where it lies. */
static void note_undecodable(struct history *history, const struct waiting *waiting,
                             const struct row *row, const char *what)
{
    struct text name = {0};

    text_add_format(&name, "row %u in page %" PRIu32 " at byte %" PRIu64, waiting->place.tag,
                    waiting->place.page, waiting->place.offset_bytes);
    if (*value_of(row, WANTED_ID) != '\0')
        text_add_format(&name, ", IdEvent %s", value_of(row, WANTED_ID));
    if (row->filetime != 0) {
        text_add(&name, " of ");
        filetime_add_text(&name, row->filetime);
    }
    history->unreadable_count++;
    source_facts_add_undecodable(history->facts, "%s (%s)", text_get(&name), what);
    text_free(&name);
}

static int hand_on_row(struct history *history, const struct row *row, struct error *err)
{
    static const enum wanted shown[] = {
        WANTED_STATUS,           WANTED_MAPPED_RESULT, WANTED_UNMAPPED_RESULT,
        WANTED_SERVER_SELECTION, WANTED_CLIENT_ID,     WANTED_TITLE,
    };
    struct finding_field fields[ARRAY_COUNT(shown)];
    struct finding finding = {.kind = FINDING_HISTORY_ROW,
                              .origin = ORIGIN_DATASTORE,
                              .host = "",
                              .filetime = row->filetime,
                              .fields = fields,
                              .field_count = ARRAY_COUNT(fields)};

    for (size_t index = 0; index < ARRAY_COUNT(shown); index++)
        fields[index] = (struct finding_field){.name = wanted_columns[shown[index]].name,
                                               .value = value_of(row, shown[index])};
    if (!text_parse_number(value_of(row, WANTED_ID), &finding.place))
        finding.place = 0;
    history->facts->selected_count++;
    return history->sink->finding(history->sink->context, &finding, err);
}

static int judge_row(struct history *history, const struct waiting *waiting, const struct row *row,
                     struct error *err)
{
    struct source_facts *facts = history->facts;

    if (row->filetime != 0) {
        if (facts->first_filetime == 0 || row->filetime < facts->first_filetime)
            facts->first_filetime = row->filetime;
        if (row->filetime > facts->last_filetime)
            facts->last_filetime = row->filetime;
    }
    if (row->fault != NULL) {
        char *what = memory_format("its title %s", row->fault);

        note_undecodable(history, waiting, row, what);
        free(what);
        return 0;
    }
    if (*value_of(row, WANTED_TITLE) == '\0')
        history->unreadable_count++;
    else if (incident_find_update(value_of(row, WANTED_TITLE)) != NULL)
        return hand_on_row(history, row, err);
    return 0;
}

static int read_row(struct history *history, size_t index, struct error *err)
{
    struct row row = {0};
    struct error wrong = {0};
    int result = 0;

    if (take_row(history, index, &row, &wrong) != 0)
        note_undecodable(history, &history->waiting[index], &row, wrong.message);
    else
        result = judge_row(history, &history->waiting[index], &row, err);
    error_clear(&wrong);
    for (size_t wanted = 0; wanted < WANTED_COUNT; wanted++)
        free(row.values[wanted]);
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
            note_undecodable(history, &history->waiting[index], &(struct row){0}, wrong.message);
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
            note_undecodable(history, waiting, &(struct row){0}, "it is too large");
            return 0;
        }
    }
    history->waiting = memory_grow(history->waiting, extract_count(history->extract) - 1,
                                   sizeof(*history->waiting));
    history->waiting[extract_count(history->extract) - 1] = *waiting;
    return 0;
}

static unsigned find_nulls(const struct history *history, const struct edb_record *record)
{
    unsigned nulls = 0;

    for (size_t wanted = 0; wanted < WANTED_COUNT; wanted++) {
        size_t column = history->columns[wanted];

        if (column < history->table->column_count &&
            history->table->columns[column].id < EDB_FIRST_VARIABLE &&
            edb_record_is_null(record, history->table->columns[column].id))
            nulls |= 1u << wanted;
    }
    return nulls;
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
    switch (edb_table_judge(history->table, &record, history->last_id)) {
    case EDB_FIT_BROKEN:
        note_broken(history, place, "has fixed columns that run out of it");
        return 0;
    case EDB_FIT_NOT:
        note_undecodable(history, &waiting, &(struct row){0},
                         "it has columns that libesedb would take for others");
        return 0;
    case EDB_FIT:
        break;
    }
    waiting.nulls = find_nulls(history, &record);
    return add_record(history, &waiting, &record, err);
}

/* Finds the wanted columns; one of another type than Windows gives it is as good as absent. */
static void find_columns(struct history *history)
{
    const struct edb_table *table = history->table;

    for (size_t wanted = 0; wanted < WANTED_COUNT; wanted++) {
        size_t number = edb_table_find_column(table, wanted_columns[wanted].name);
        bool is_text = wanted_columns[wanted].type == EDB_TYPE_LONG_TEXT;

        history->columns[wanted] = number;
        if (number < table->column_count &&
            table->columns[number].type == wanted_columns[wanted].type &&
            (is_text ? table->columns[number].code_page == EDB_CODE_PAGE_UTF16
                     : table->columns[number].id < EDB_FIRST_VARIABLE)) {
            if (table->columns[number].id > history->last_id)
                history->last_id = table->columns[number].id;
            continue;
        }
        history->columns[wanted] = table->column_count;
        if (number == table->column_count && wanted != WANTED_TITLE)
            source_facts_add_detail(history->facts, HISTORY_TABLE " has no column %s",
                                    wanted_columns[wanted].name);
        else
            source_facts_add_damage(history->facts, table->named_at_bytes,
                                    HISTORY_TABLE " has no column %s as Windows makes it",
                                    wanted_columns[wanted].name);
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
    struct error wrong = {0};
    int result;

    *unreadable_count = 0;
    if (edb_table_check_columns(table, &wrong) != 0) {
        source_facts_add_damage(facts, wrong.offset_bytes, HISTORY_TABLE ": %s", wrong.message);
        error_clear(&wrong);
        return 0;
    }
    find_columns(&history);
    history.extract = extract_create(edb, table);
    result = edb_tree_walk(edb, &tree, &visitor, facts, err);
    if (result == 0)
        result = read_extract(&history, err);
    *unreadable_count = history.unreadable_count;
    extract_free(history.extract);
    free(history.waiting);
    return result;
}
