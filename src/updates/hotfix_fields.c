/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of updates, a field a line: wmic qfe list full (`HotFixID=KB971033`), and Get-HotFix
 * through Format-List (`HotFixID    : KB971033`). Property names are never translated. A record
 * ends where its first property comes again. Records lie apart by empty lines, and more of them
 * than between two records end the listing. */
#include <string.h>

#include "updates/parsers.h"

struct record {
    struct line first; /* the name of the first property */
    struct line host;
    struct tally_entry entry;
    size_t field_count;
};

struct fields {
    struct listing_tally tally;
    char separator;
    struct record record;
    size_t whole_count; /* fields of the first record */
};

static bool read_field(char separator, const struct line *line, struct line *name,
                       struct line *value)
{
    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, separator, name, value) &&
           (listing_is_property(name) || listing_is_added_property(name));
}

static bool same_text(const struct line *left, const struct line *right)
{
    return left->length_bytes == right->length_bytes &&
           memcmp(left->bytes, right->bytes, left->length_bytes) == 0;
}

static int end_record(struct fields *fields, struct listing_out *out, struct error *err)
{
    struct record *record = &fields->record;
    int result = 0;

    if (record->field_count == 0)
        return 0;
    if (fields->whole_count == 0)
        fields->whole_count = record->field_count;
    if (record->entry.name.length_bytes > 0 && update_is_cut(&record->entry.name))
        listing_tally_say(&fields->tally, UPDATE_ID_CUT);
    else if (record->entry.name.length_bytes > 0)
        result = listing_tally_add(&fields->tally, out, record->host, &record->entry, err);
    return result;
}

static int take_field(struct fields *fields, const struct line *name, const struct line *value,
                      struct listing_out *out, struct error *err)
{
    struct record *record = &fields->record;
    int result = 0;

    if (record->field_count > 0 && same_text(name, &record->first)) {
        result = end_record(fields, out, err);
        *record = (struct record){0};
    }
    if (record->field_count++ == 0)
        *record = (struct record){.first = *name, .field_count = 1, .entry = {.state = ""}};
    if (line_equals(name, "HotFixID"))
        record->entry.name = *value;
    else if (line_equals(name, "InstalledOn"))
        record->entry.date = *value;
    else if (line_equals(name, "CSName") || line_equals(name, "Source") ||
             line_equals(name, "PSComputerName"))
        record->host = *value;
    return result;
}

static int read_fields(struct listing_walk *walk, struct fields *fields, struct listing_out *out,
                       struct error *err)
{
    struct lines after = walk->lines;
    size_t empty_count = 0, most_empty = 0;
    struct line line, name, value;
    bool last_ended = true;
    int result = 0;

    for (; result == 0 && lines_next(&after, &line); walk->lines = after) {
        if (line_is_blank(&line)) {
            empty_count += line.ended;
        } else if (read_field(fields->separator, &line, &name, &value)) {
            result = take_field(fields, &name, &value, out, err);
            most_empty = empty_count > most_empty ? empty_count : most_empty;
            empty_count = 0;
            last_ended = line.ended;
        } else if (empty_count > 0 || (unsigned char)*line.bytes > ' ') {
            break; /* else the value before goes on */
        }
    }
    if (result == 0 && fields->record.field_count < fields->whole_count)
        listing_tally_say_cut(&fields->tally, "it is cut: its last entry is not whole");
    if (result == 0)
        result = end_record(fields, out, err);
    if (!last_ended)
        listing_tally_say_cut(&fields->tally, TALLY_CUT_IN_LINE);
    else if (empty_count <= most_empty)
        listing_tally_say_cut(&fields->tally, TALLY_CUT_AT_LINE);
    if (listing_tally_finish(&fields->tally, out, err) != 0)
        result = -1;
    return result;
}

int wmic_list_read(struct listing_walk *walk, struct listing_out *out, struct error *err)
{
    struct fields fields = {.tally = {.origin = ORIGIN_WMIC, .line = walk->lines.number + 1},
                            .separator = '='};

    return read_fields(walk, &fields, out, err);
}

int hotfix_list_read(struct listing_walk *walk, struct listing_out *out, struct error *err)
{
    struct fields fields = {.tally = {.origin = ORIGIN_GET_HOTFIX, .line = walk->lines.number + 1},
                            .separator = ':'};

    return read_fields(walk, &fields, out, err);
}
