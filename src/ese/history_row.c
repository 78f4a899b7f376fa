/* SPDX-License-Identifier: Apache-2.0 */
/* Values are made text here, those that libesedb gives too: it is asked for bytes, since its own
 * conversion takes an odd number of bytes for ASCII and misreads surrogates, each version in its
 * own way. */
#include "ese/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/filetime.h"
#include "base/memory.h"

/* 1899-12-30 as a FILETIME: so many days after 1601-01-01. The last day is 9999-12-31. */
#define BASE_FILETIME (UINT64_C(109205) * FILETIME_DAY)
#define DAYS_END 2958466.0
#define DAY_SECONDS 86400.0

static const struct {
    const char *name;
    enum edb_column_type type;
} columns[] = {
    [ROW_ID] = {"IdEvent", EDB_TYPE_INT32},
    [ROW_DATE] = {"Date", EDB_TYPE_DATE},
    [ROW_STATUS] = {"Status", EDB_TYPE_INT32},
    [ROW_MAPPED_RESULT] = {"MappedResult", EDB_TYPE_INT32},
    [ROW_UNMAPPED_RESULT] = {"UnmappedResult", EDB_TYPE_INT32},
    [ROW_SERVER_SELECTION] = {"ServerSelection", EDB_TYPE_INT32},
    [ROW_CLIENT_ID] = {"ClientId", EDB_TYPE_LONG_TEXT},
    [ROW_TITLE] = {"Title", EDB_TYPE_LONG_TEXT},
};
_Static_assert(ARRAY_COUNT(columns) == ROW_COLUMN_COUNT, "a column has no name");

const char *row_column_name(enum row_column column)
{
    return columns[column].name;
}

/* --- layout --- */

static bool is_as_expected(const struct edb_column *column, enum edb_column_type type)
{
    if (column->type != type)
        return false;
    return type == EDB_TYPE_LONG_TEXT
               ? column->code_page == EDB_CODE_PAGE_UTF16 && column->id >= EDB_FIRST_TAGGED
               : column->id < EDB_FIRST_VARIABLE;
}

struct row_layout row_layout_of(const struct edb_table *table)
{
    struct row_layout layout = {.table = table};

    for (size_t index = 0; index < ROW_COLUMN_COUNT; index++) {
        size_t number = edb_table_find_column(table, columns[index].name);
        const struct edb_column *column = &table->columns[number];

        layout.numbers[index] = table->column_count;
        if (number == table->column_count || !is_as_expected(column, columns[index].type))
            continue;
        layout.numbers[index] = number;
        if (column->id > layout.last_id)
            layout.last_id = column->id;
    }
    return layout;
}

bool row_layout_has(const struct row_layout *layout, enum row_column column)
{
    return layout->numbers[column] < layout->table->column_count;
}

/* --- values --- */

static struct history_row row_empty(void)
{
    struct history_row row = {0};

    for (size_t index = 0; index < ROW_COLUMN_COUNT; index++) {
        row.is_null[index] = true;
        row.numbers[index] = FINDING_ABSENT;
    }
    return row;
}

/* Returns NULL, or why the text cannot be read though it is there. */
static const char *read_text(const struct edb_value *value, struct text *out)
{
    struct text plain = {0};
    const char *fault = NULL;

    if ((value->flags & EDB_VALUE_LONG) != 0)
        fault = "is a long value, kept outside of the row";
    else if ((value->flags & EDB_VALUE_SEVERAL) != 0)
        fault = "has several values";
    else if ((value->flags & EDB_VALUE_COMPRESSED) == 0)
        text_add_utf16(out, value->bytes);
    else if (edb_value_decompress(value->bytes, &plain))
        text_add_utf16(out, span_of(text_get(&plain), plain.length_bytes, 0));
    else
        fault = "cannot be decompressed";
    text_free(&plain);
    return fault;
}

static void set_date(struct history_row *row, struct span bytes)
{
    uint64_t bits;
    double days;

    if (!span_u64(&bytes, &bits))
        return;
    memcpy(&days, &bits, sizeof(days));
    row->filetime = history_row_filetime(days);
}

/* Sets the column, which is not NULL. */
static void set_value(struct history_row *row, enum row_column column,
                      const struct edb_value *value)
{
    struct span bytes = value->bytes;
    struct text text = {0};
    uint32_t number;
    const char *fault;

    row->is_null[column] = false;
    switch (columns[column].type) {
    case EDB_TYPE_INT32:
        if (span_u32(&bytes, &number))
            row->numbers[column] = (int32_t)number;
        break;
    case EDB_TYPE_DATE:
        set_date(row, bytes);
        break;
    case EDB_TYPE_TEXT:
    case EDB_TYPE_LONG_TEXT:
        fault = read_text(value, &text);
        if (column == ROW_TITLE)
            row->title_fault = fault;
        row->texts[column] = text_take(&text);
        break;
    }
}

void history_row_read(const struct row_layout *layout, const struct edb_record *record,
                      struct history_row *out)
{
    struct edb_value value;

    *out = row_empty();
    for (enum row_column column = 0; column < ROW_COLUMN_COUNT; column++)
        if (row_layout_has(layout, column) &&
            edb_record_value(record, layout->table, layout->numbers[column], &value))
            set_value(out, column, &value);
}

const char *history_row_text(const struct history_row *row, enum row_column column)
{
    return row->texts[column] != NULL ? row->texts[column] : "";
}

void history_row_free_content(struct history_row *row)
{
    for (size_t index = 0; index < ROW_COLUMN_COUNT; index++)
        free(row->texts[index]);
    *row = row_empty();
}

uint64_t history_row_filetime(double days)
{
    double seconds = days * DAY_SECONDS + 0.5;

    /* Comparisons with what is not a number are false. */
    if (!(days > 0 && seconds < DAYS_END * DAY_SECONDS))
        return 0;
    return BASE_FILETIME + (uint64_t)seconds * FILETIME_SECOND;
}

/* --- the second reading --- */

/* Reads what libesedb says of the columns that `ours` has; false where it cannot read one. */
static bool read_theirs(const struct row_layout *layout, struct extract *extract, size_t index,
                        const struct history_row *ours, struct history_row *theirs)
{
    struct error ignored = {0};
    bool is_read = extract_take(extract, index, &ignored) == 0;

    for (enum row_column column = 0; is_read && column < ROW_COLUMN_COUNT; column++) {
        bool is_tagged = columns[column].type == EDB_TYPE_LONG_TEXT;
        struct edb_value value;

        if (!row_layout_has(layout, column) || (ours->is_null[column] && !is_tagged))
            continue;
        is_read = extract_value(extract, layout->numbers[column], &value, &ignored) == 0;
        if (is_read && value.bytes.left_bytes > 0)
            set_value(theirs, column, &value);
    }
    error_clear(&ignored);
    return is_read;
}

static void add_value(struct text *out, const struct history_row *row, enum row_column column)
{
    if (columns[column].type == EDB_TYPE_DATE)
        filetime_add_text(out, row->filetime);
    else if (columns[column].type != EDB_TYPE_INT32)
        text_add(out, history_row_text(row, column));
    else if (row->numbers[column] != FINDING_ABSENT)
        text_add_format(out, "%" PRId64, row->numbers[column]);
}

/* Adds the column as `theirs` has it, where that is not as `ours` has it. */
static void compare_column(struct text *difference, enum row_column column,
                           const struct history_row *ours, const struct history_row *theirs)
{
    struct text our_value = {0}, their_value = {0};

    add_value(&our_value, ours, column);
    add_value(&their_value, theirs, column);
    if (strcmp(text_get(&our_value), text_get(&their_value)) != 0)
        text_add_item_format(difference, "%s %s", columns[column].name,
                             their_value.length_bytes > 0 ? text_get(&their_value) : "(empty)");
    text_free(&our_value);
    text_free(&their_value);
}

enum verified history_row_verify(const struct row_layout *layout, struct extract *extract,
                                 size_t index, const struct history_row *row,
                                 struct text *difference)
{
    struct history_row theirs = row_empty();
    enum verified verified = VERIFIED_NO;

    if (read_theirs(layout, extract, index, row, &theirs)) {
        for (enum row_column column = 0; column < ROW_COLUMN_COUNT; column++)
            compare_column(difference, column, row, &theirs);
        verified = difference->length_bytes == 0 ? VERIFIED_YES : VERIFIED_CONFLICT;
    }
    history_row_free_content(&theirs);
    return verified;
}
