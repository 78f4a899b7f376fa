/* SPDX-License-Identifier: Apache-2.0 */
#include "ese/table.h"

#define LAST_FIXED_MOST 127u
#define VARIABLE_NULL 0x8000u
#define TAGGED_BYTES 4u
#define TAGGED_MASK 0x1FFFu
#define TAGGED_LARGE_MASK 0x7FFFu
#define TAGGED_HAS_FLAGS 0x4000u
#define TAGGED_NULL 0x2000u

/* --- variable columns --- */

/* Where the column ends, counted from the first one's start, and whether it is NULL. */
static bool variable_end(const struct edb_record *record, uint32_t id, size_t *end, bool *is_null)
{
    uint16_t number;

    if (!span_u16_at(&record->bytes,
                     record->ends_at + (size_t)(id - EDB_FIRST_VARIABLE) * sizeof(number), &number))
        return false;
    *end = number & ~VARIABLE_NULL;
    *is_null = (number & VARIABLE_NULL) != 0;
    return true;
}

/* Finds where the variable columns end: there the tagged ones begin. */
static bool open_variable(struct edb_record *record)
{
    size_t count = (size_t)record->last_variable + 1 - EDB_FIRST_VARIABLE;
    size_t left = record->bytes.left_bytes - record->ends_at;
    size_t last_end = 0;

    if (count * sizeof(uint16_t) > left)
        return false;
    left -= count * sizeof(uint16_t);
    record->variable_at = record->ends_at + count * sizeof(uint16_t);
    for (uint32_t id = EDB_FIRST_VARIABLE; id <= record->last_variable; id++) {
        size_t end;
        bool is_null;

        if (!variable_end(record, id, &end, &is_null) || end < last_end || end > left ||
            (is_null && end != last_end))
            return false;
        last_end = end;
    }
    record->tagged_at = record->variable_at + last_end;
    return true;
}

/* --- tagged columns --- */

static bool tagged_numbers(const struct edb_record *record, size_t index, uint16_t *id,
                           uint16_t *offset)
{
    size_t at = record->tagged_at + index * TAGGED_BYTES;

    return span_u16_at(&record->bytes, at, id) &&
           span_u16_at(&record->bytes, at + sizeof(*id), offset);
}

static uint16_t tagged_mask(const struct edb_record *record)
{
    return record->is_large ? TAGGED_LARGE_MASK : TAGGED_MASK;
}

/* The first value begins where the numbers end, so its offset tells how many there are. */
static bool open_tagged(struct edb_record *record)
{
    size_t left = record->bytes.left_bytes - record->tagged_at;
    uint16_t mask = tagged_mask(record);
    uint16_t id, offset, last_id = EDB_FIRST_TAGGED - 1, last_offset;

    if (left == 0)
        return true;
    if (!tagged_numbers(record, 0, &id, &offset))
        return false;
    last_offset = offset & mask;
    if (last_offset == 0 || last_offset % TAGGED_BYTES != 0 || last_offset > left)
        return false;
    record->tagged_count = last_offset / TAGGED_BYTES;
    for (size_t index = 0; index < record->tagged_count; index++) {
        if (!tagged_numbers(record, index, &id, &offset) || id <= last_id ||
            (offset & mask) < last_offset || (offset & mask) > left)
            return false;
        last_id = id;
        last_offset = offset & mask;
    }
    return true;
}

struct edb_tagged edb_record_tagged(const struct edb_record *record, size_t index)
{
    struct edb_tagged tagged = {0};
    uint16_t mask = tagged_mask(record), offset, next_id, next;
    size_t start, end;

    if (!tagged_numbers(record, index, &tagged.id, &offset))
        return tagged;
    start = record->tagged_at + (offset & mask);
    end = record->bytes.left_bytes;
    if (index + 1 < record->tagged_count && tagged_numbers(record, index + 1, &next_id, &next))
        end = record->tagged_at + (next & mask);
    tagged.has_flags = record->is_large || (offset & TAGGED_HAS_FLAGS) != 0;
    tagged.is_null = !record->is_large && (offset & TAGGED_NULL) != 0;
    if (end < start || !span_at(&record->bytes, start, &tagged.bytes) ||
        !span_take(&tagged.bytes, end - start, &tagged.bytes))
        tagged.bytes = (struct span){0};
    return tagged;
}

/* --- the record --- */

int edb_record_open(struct span bytes, bool is_large, struct edb_record *out, struct error *err)
{
    struct edb_record record = {.bytes = bytes, .is_large = is_large};
    struct span header = bytes;
    uint16_t ends_at;
    size_t nulls_bytes;

    if (!span_u8(&header, &record.last_fixed) || !span_u8(&header, &record.last_variable) ||
        !span_u16(&header, &ends_at))
        return error_set(err, ERROR_SOURCE, bytes.offset_bytes, "is cut short");
    nulls_bytes = ((size_t)record.last_fixed + 7) / 8;
    if (record.last_fixed > LAST_FIXED_MOST || record.last_variable < EDB_FIRST_VARIABLE - 1 ||
        ends_at > bytes.left_bytes || ends_at < EDB_RECORD_HEADER_BYTES + nulls_bytes)
        return error_set(err, ERROR_SOURCE, bytes.offset_bytes,
                         "has fixed columns that run out of it");
    record.ends_at = ends_at;
    record.nulls_at = ends_at - nulls_bytes;
    if (!open_variable(&record))
        return error_set(err, ERROR_SOURCE, bytes.offset_bytes,
                         "has variable columns that run out of it");
    if (!open_tagged(&record))
        return error_set(err, ERROR_SOURCE, bytes.offset_bytes,
                         "has tagged columns that run out of it");
    *out = record;
    return 0;
}

bool edb_record_is_null(const struct edb_record *record, uint32_t id)
{
    struct span at;
    uint8_t bits;

    return id == 0 || id > record->last_fixed ||
           !span_at(&record->bytes, record->nulls_at + (id - 1) / 8, &at) || !span_u8(&at, &bits) ||
           (bits & 1u << (id - 1) % 8) != 0;
}

bool edb_record_fixed(const struct edb_record *record, uint32_t id, size_t offset_bytes,
                      size_t size_bytes, struct span *out)
{
    struct span at;

    return !edb_record_is_null(record, id) && offset_bytes <= record->nulls_at &&
           size_bytes <= record->nulls_at - offset_bytes &&
           span_at(&record->bytes, offset_bytes, &at) && span_take(&at, size_bytes, out);
}

bool edb_record_variable(const struct edb_record *record, uint32_t id, struct span *out)
{
    size_t start = 0, end;
    bool is_null;
    struct span at;

    if (id < EDB_FIRST_VARIABLE || id > record->last_variable ||
        !variable_end(record, id, &end, &is_null) || is_null)
        return false;
    if (id > EDB_FIRST_VARIABLE && !variable_end(record, id - 1, &start, &is_null))
        return false;
    return end >= start && span_at(&record->bytes, record->variable_at + start, &at) &&
           span_take(&at, end - start, out);
}

/* --- values --- */

bool edb_record_is_of_table(const struct edb_record *record, const struct edb_table *table)
{
    size_t end = EDB_RECORD_HEADER_BYTES;

    for (size_t index = 0; index < table->column_count; index++)
        if (table->columns[index].id <= record->last_fixed)
            end += table->columns[index].size_bytes;
    return end <= record->nulls_at;
}

static bool tagged_value(const struct edb_record *record, uint32_t id, struct edb_value *out)
{
    size_t index = 0;
    struct edb_tagged tagged;

    while (index < record->tagged_count && edb_record_tagged(record, index).id != id)
        index++;
    if (index == record->tagged_count)
        return false;
    tagged = edb_record_tagged(record, index);
    *out = (struct edb_value){.bytes = tagged.bytes};
    if (tagged.has_flags && !span_u8(&out->bytes, &out->flags))
        out->flags = 0;
    return !tagged.is_null && (!record->is_large || (out->flags & EDB_VALUE_NULL) == 0);
}

bool edb_record_value(const struct edb_record *record, const struct edb_table *table, size_t column,
                      struct edb_value *out)
{
    const struct edb_column *of = &table->columns[column];

    *out = (struct edb_value){0};
    if (of->id < EDB_FIRST_VARIABLE)
        return edb_record_fixed(record, of->id, of->offset_bytes, of->size_bytes, &out->bytes);
    return of->id >= EDB_FIRST_TAGGED && tagged_value(record, of->id, out);
}
