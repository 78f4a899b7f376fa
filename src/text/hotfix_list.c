/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of updates, a field a line: wmic qfe list full (`HotFixID=KB971033`), and Get-HotFix
 * through Format-List (`HotFixID    : KB971033`). Property names are never translated. A record
 * ends where its first property comes again. Records lie apart by empty lines, and more of them
 * than between its first two end the listing; any other line before that interrupts it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/incident.h"
#include "text/forms.h"
#include "text/tokens.h"

struct hotfix_record {
    struct line first; /* the name of the first property */
    struct line hosts[HOST_COLUMNS];
    struct listed_update entry;
    bool has_host;
    uint64_t last_line;
    size_t field_count;
};

struct hotfix_list {
    struct update_listing updates;
    char separator;
    enum listing_form form;
    size_t most_empty; /* lines between two records: as many as between the first two, if more */
    struct hotfix_record record;
    size_t whole_count;  /* fields of the first record */
    size_t empty_count;  /* lines behind the field before */
    bool has_host;       /* as a record before has one */
    bool is_interrupted; /* by lines that are not fields; those that follow are read all the same */
    bool has_end;        /* such lines came behind its end: further fields are another list's */
};

static bool read_field(char separator, const struct line *line, struct line *name,
                       struct line *value)
{
    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, separator, name, value) &&
           (token_is_property(name) || token_is_added_property(name));
}

static void interrupt(struct hotfix_list *list)
{
    if (!list->is_interrupted)
        update_listing_mark_incomplete(&list->updates, LISTING_INTERRUPTED);
    list->is_interrupted = true;
}

static int end_record(struct hotfix_list *list, struct emitter *emitter, struct error *err)
{
    const struct hotfix_record *record = &list->record;
    const struct line *name = &record->entry.name;
    char *text;

    if (record->field_count == 0)
        return 0;
    if (list->whole_count == 0)
        list->whole_count = record->field_count;
    if (name->length_bytes == 0)
        return 0;
    if (hotfix_is_cut(name)) {
        update_listing_mark_incomplete(&list->updates, LISTING_NAME_CUT);
        return 0;
    }
    text = line_copy(name, LISTING_VALUE_MOST_BYTES);
    if (incident_names_kb971033(text)) /* and so can its other fields */
        emitter_take_lines(emitter, record->first.number, record->last_line);
    free(text);
    if (list->has_host && !record->has_host) {
        update_listing_leave_out(emitter, name->number);
        interrupt(list);
        return 0;
    }
    list->has_host = record->has_host;
    return update_listing_add(&list->updates, emitter, host_cells_choose(record->hosts),
                              &record->entry, err);
}

/* Has the record an update, or such a host, already? Then lines are missing between. */
static bool has_field(const struct hotfix_record *record, const struct line *name)
{
    size_t host = host_column_of(name);

    return host < HOST_COLUMNS ? record->hosts[host].bytes != NULL
                               : line_equals(name, "HotFixID") && record->entry.name.bytes != NULL;
}

static int take_field(struct hotfix_list *list, const struct line *name, const struct line *value,
                      struct emitter *emitter, struct error *err)
{
    struct hotfix_record *record = &list->record;
    size_t host = host_column_of(name);
    int result = 0;

    if (record->field_count > 0 && (line_same(name, &record->first) || has_field(record, name))) {
        if (!line_same(name, &record->first))
            interrupt(list);
        result = end_record(list, emitter, err);
        *record = (struct hotfix_record){0};
    }
    if (record->field_count++ == 0)
        *record = (struct hotfix_record){
            .first = *name, .field_count = 1, .entry = {.state = PACKAGE_STATE_NOT_TOLD}};
    record->last_line = name->number;
    if (line_equals(name, "HotFixID"))
        record->entry.name = *value;
    else if (line_equals(name, "InstalledOn"))
        record->entry.date = *value;
    else if (line_equals(name, "Description"))
        record->entry.description = *value;
    else if (host < HOST_COLUMNS)
        record->hosts[host] = *value;
    record->has_host = record->has_host || (host < HOST_COLUMNS && host_column_is_certain(host));
    return result;
}

/* Takes a line that is not blank and is none of the fields. */
static void take_other(struct hotfix_list *list, const struct line *line)
{
    bool goes_on = list->empty_count == 0 && (unsigned char)*line->bytes <= ' ';

    if (goes_on || list->is_interrupted)
        return;
    if (list->empty_count > list->most_empty) {
        list->has_end = true;
        return;
    }
    interrupt(list);
}

/* Reads up to what ends the list, or the end of the text. */
static int read_lines(struct listing_walk *walk, struct hotfix_list *list, struct emitter *emitter,
                      bool *last_ended, struct error *err)
{
    struct lines after = walk->lines;
    struct line line, name, value;
    enum listing_form form;
    int result = 0;

    for (; result == 0 && lines_next(&after, &line); walk->lines = after) {
        if (line_is_blank(&line)) {
            list->empty_count += line.ended;
            continue;
        }
        form = listing_form_at(walk);
        if (form != LISTING_FORM_NONE && form != list->form)
            break;
        if (!read_field(list->separator, &line, &name, &value)) {
            take_other(list, &line);
            continue;
        }
        if (list->has_end || (list->whole_count > 0 && list->empty_count > list->most_empty))
            break;
        if (line.ended) /* a value that was cut is another one */
            result = take_field(list, &name, &value, emitter, err);
        if (list->whole_count > 0 && list->empty_count > list->most_empty)
            list->most_empty = list->empty_count;
        list->empty_count = 0;
        *last_ended = line.ended;
    }
    return result;
}

static int read_fields(struct listing_walk *walk, struct hotfix_list *list, struct emitter *emitter,
                       struct error *err)
{
    bool last_ended = true;
    int result = read_lines(walk, list, emitter, &last_ended, err);

    /* Of the first entry nothing but an empty line behind it tells that it is whole. */
    if (result == 0 && (list->record.field_count < list->whole_count ||
                        (list->whole_count == 0 && list->empty_count == 0)))
        update_listing_mark_cut(&list->updates, "it is cut: its last entry is not whole");
    if (result == 0)
        result = end_record(list, emitter, err);
    if (!last_ended)
        update_listing_mark_cut(&list->updates, LISTING_CUT_IN_LINE);
    update_listing_finish(&list->updates, emitter);
    return result;
}

int wmic_list_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct hotfix_list list = {
        .updates = {.origin = FINDING_ORIGIN_WMIC, .line = walk->lines.number + 1},
        .separator = '=',
        .form = LISTING_FORM_WMIC_LIST,
        .most_empty = 2};

    return read_fields(walk, &list, emitter, err);
}

int hotfix_list_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct hotfix_list list = {
        .updates = {.origin = FINDING_ORIGIN_GET_HOTFIX, .line = walk->lines.number + 1},
        .separator = ':',
        .form = LISTING_FORM_HOTFIX_LIST,
        .most_empty = 1};

    return read_fields(walk, &list, emitter, err);
}
