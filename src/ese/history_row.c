/* SPDX-License-Identifier: Apache-2.0 */
/* Values are taken from libesedb as bytes and made text here: its own conversion takes an odd
 * number of bytes for ASCII, and misreads surrogates. */
#include "ese/history_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "ese/compressed.h"
#include "model/finding.h"

/* 1899-12-30 as a FILETIME: so many days after 1601-01-01. The last day is 9999-12-31. */
#define BASE_FILETIME (UINT64_C(109205) * FILETIME_DAY)
#define DAYS_END 2958466.0
#define DAY_SECONDS 86400.0

static const struct {
    const char *name;
    uint32_t type;
} columns[ROW_COLUMNS] = {
    [ROW_ID] = {"IdEvent", EDB_TYPE_INT32},
    [ROW_DATE] = {"Date", EDB_TYPE_DATE},
    [ROW_STATUS] = {"Status", EDB_TYPE_INT32},
    [ROW_MAPPED_RESULT] = {"MappedResult", EDB_TYPE_INT32},
    [ROW_UNMAPPED_RESULT] = {"UnmappedResult", EDB_TYPE_INT32},
    [ROW_SERVER_SELECTION] = {"ServerSelection", EDB_TYPE_INT32},
    [ROW_CLIENT_ID] = {"ClientId", EDB_TYPE_LONG_TEXT},
    [ROW_TITLE] = {"Title", EDB_TYPE_LONG_TEXT},
};

const char *row_column_name(enum row_column column)
{
    return columns[column].name;
}

/* --- layout --- */

static bool is_as_wanted(const struct edb_column *column, uint32_t type)
{
    if (column->type != type)
        return false;
    return type == EDB_TYPE_LONG_TEXT
               ? column->code_page == EDB_CODE_PAGE_UTF16 && column->id >= EDB_FIRST_TAGGED
               : column->id < EDB_FIRST_VARIABLE;
}

void row_layout_find(const struct edb_table *table, struct row_layout *out)
{
    *out = (struct row_layout){0};
    for (size_t index = 0; index < ROW_COLUMNS; index++) {
        size_t number = edb_table_find_column(table, columns[index].name);
        const struct edb_column *column;

        out->numbers[index] = table->column_count;
        if (number == table->column_count)
            continue;
        column = &table->columns[number];
        if (!is_as_wanted(column, columns[index].type))
            continue;
        out->numbers[index] = number;
        if (column->id > out->last_id)
            out->last_id = column->id;
    }
}

unsigned row_find_nulls(const struct edb_table *table, const struct row_layout *layout,
                        const struct edb_record *record)
{
    unsigned nulls = 0;

    for (size_t index = 0; index < ROW_COLUMNS; index++) {
        size_t number = layout->numbers[index];

        if (number < table->column_count && table->columns[number].id < EDB_FIRST_VARIABLE &&
            edb_record_is_null(record, table->columns[number].id))
            nulls |= 1u << index;
    }
    return nulls;
}

/* --- values --- */

struct reading {
    struct extract *extract;
    const struct edb_table *table;
    const struct row_layout *layout;
    unsigned nulls;
    struct row *row;
};

/* The value of a column; empty where there is none. */
static int take_value(const struct reading *reading, enum row_column column, uint8_t *flags,
                      struct span *value, struct error *err)
{
    size_t number = reading->layout->numbers[column];

    *flags = 0;
    *value = (struct span){0};
    if (number == reading->table->column_count || (reading->nulls & 1u << column) != 0)
        return 0;
    return extract_value(reading->extract, number, flags, value, err);
}

static int take_number(const struct reading *reading, enum row_column column, struct error *err)
{
    struct span value;
    uint8_t flags;
    uint32_t number;

    if (take_value(reading, column, &flags, &value, err) != 0)
        return -1;
    if (span_u32(&value, &number))
        reading->row->numbers[column] = (int32_t)number;
    return 0;
}

static int take_date(const struct reading *reading, struct error *err)
{
    struct span value;
    uint8_t flags;
    uint64_t bits;
    double days;

    if (take_value(reading, ROW_DATE, &flags, &value, err) != 0)
        return -1;
    if (!span_u64(&value, &bits))
        return 0;
    memcpy(&days, &bits, sizeof(days));
    reading->row->filetime = row_filetime(days);
    return 0;
}

/* Sets *fault, and no value, when the text is there but cannot be read. */
static int take_text(const struct reading *reading, enum row_column column, const char **fault,
                     struct error *err)
{
    struct text plain = {0}, text = {0};
    struct span value;
    uint8_t flags;

    if (take_value(reading, column, &flags, &value, err) != 0)
        return -1;
    if ((flags & EXTRACT_LONG_VALUE) != 0) {
        *fault = "is a long value, kept outside of the row";
    } else if ((flags & EXTRACT_SEVERAL) != 0) {
        *fault = "has several values";
    } else if ((flags & EXTRACT_COMPRESSED) == 0) {
        text_add_utf16(&text, value);
    } else if (compressed_unpack(value, &plain)) {
        text_add_utf16(&text, span_of(text_get(&plain), plain.length_bytes, 0));
    } else {
        *fault = "cannot be decompressed";
    }
    text_free(&plain);
    reading->row->texts[column] = text_take(&text);
    return 0;
}

int row_read(struct extract *extract, const struct edb_table *table,
             const struct row_layout *layout, unsigned nulls, struct row *out, struct error *err)
{
    const struct reading reading = {extract, table, layout, nulls, out};
    const char *ignored;

    if (take_number(&reading, ROW_ID, err) != 0 || take_date(&reading, err) != 0)
        return -1;
    for (enum row_column column = ROW_STATUS; column <= ROW_SERVER_SELECTION; column++)
        if (take_number(&reading, column, err) != 0)
            return -1;
    if (take_text(&reading, ROW_CLIENT_ID, &ignored, err) != 0)
        return -1;
    return take_text(&reading, ROW_TITLE, &out->title_fault, err);
}

struct row row_empty(void)
{
    struct row row = {0};

    for (size_t index = 0; index < ROW_COLUMNS; index++)
        row.numbers[index] = FINDING_ABSENT;
    return row;
}

const char *row_text_of(const struct row *row, enum row_column column)
{
    return row->texts[column] != NULL ? row->texts[column] : "";
}

void row_free_content(struct row *row)
{
    for (size_t index = 0; index < ROW_COLUMNS; index++)
        free(row->texts[index]);
    *row = row_empty();
}

uint64_t row_filetime(double days)
{
    double seconds = days * DAY_SECONDS + 0.5;

    /* Comparisons with what is no number are false. */
    if (!(days > 0 && seconds < DAYS_END * DAY_SECONDS))
        return 0;
    return BASE_FILETIME + (uint64_t)seconds * FILETIME_SECOND;
}
