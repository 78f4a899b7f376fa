/* SPDX-License-Identifier: Apache-2.0 */
/* Updates as CSV: wmic qfe list /format:csv, whose first column Node is the host asked, and
 * Get-HotFix through Export-Csv. One file can have many hosts. Between the rows can be lines that
 * are none: error messages, and rows in which a separator or a quote stands in a cell, which wmic
 * does not quote. Such a line makes the listing incomplete, and an update of the incident is looked
 * for in its cells all the same. */
#include <stdlib.h>

#include "base/memory.h"
#include "model/incident.h"
#include "text/forms.h"
#include "text/tokens.h"

#define NO_COLUMN SIZE_MAX

struct csv_listing {
    struct update_listing updates;
    char separator;
    struct csv_cells row; /* owned */
    size_t column_count;
    size_t id;
    size_t date;
    size_t description;
    size_t status;
    size_t hosts[HOST_COLUMNS]; /* NO_COLUMN for those that are not there */
    bool has_host;
    size_t empty_end;       /* so many empty lines are more than lie between rows */
    size_t empty_count;     /* behind the row before */
    uint64_t heading_count; /* lines that do not matter unless a row follows */
    uint64_t unread_count;  /* lines that are not rows where rows should be */
};

static bool read_header(struct csv_listing *listing, const struct line *line)
{
    struct csv_cells *row = &listing->row;

    listing->id = listing->date = listing->description = listing->status = NO_COLUMN;
    for (size_t column = 0; column < HOST_COLUMNS; column++)
        listing->hosts[column] = NO_COLUMN;
    if (!csv_cells_split(row, line, listing->separator) || row->count > CSV_CELLS_MOST)
        return false;
    listing->column_count = row->count;
    for (size_t index = row->count; index-- > 0;) {
        struct line heading = csv_cells_at(row, line, index);
        struct line name = token_without_zero(heading);
        size_t host = host_column_of(&heading);

        if (host < HOST_COLUMNS) {
            listing->hosts[host] = index;
            listing->has_host = listing->has_host || host_column_is_certain(host);
        }
        if (token_is_update_heading(&heading))
            listing->id = index;
        if (line_equals(&name, "InstalledOn"))
            listing->date = index;
        if (line_equals(&name, "Description"))
            listing->description = index;
        if (line_equals(&name, "Status"))
            listing->status = index;
    }
    return listing->id != NO_COLUMN;
}

/* ---- Rows ---- */

/* The status of an update is empty in the class that is asked; scripts tell there of updates that
 * are missing or failed. */
static void read_state(const struct csv_listing *listing, const struct line *line,
                       struct listed_update *entry)
{
    entry->state_text = csv_cells_at(&listing->row, line, listing->status);
    if (entry->state_text.length_bytes > 0)
        entry->state = line_equals_ascii(&entry->state_text, "Installed") ? PACKAGE_STATE_INSTALLED
                                                                          : PACKAGE_STATE_UNKNOWN;
}

/* A row has as many cells as the header, an update and, where there is such a column, a host. */
static bool read_row(const struct csv_listing *listing, const struct line *line, struct line *host,
                     struct listed_update *entry)
{
    const struct csv_cells *row = &listing->row;
    struct line cells[HOST_COLUMNS] = {{0}};
    bool has_cell = !listing->has_host;

    if (row->count != listing->column_count)
        return false;
    entry->name = csv_cells_at(row, line, listing->id);
    entry->date = csv_cells_at(row, line, listing->date);
    entry->description = csv_cells_at(row, line, listing->description);
    read_state(listing, line, entry);
    for (size_t column = 0; column < HOST_COLUMNS; column++) {
        struct line cell = csv_cells_at(row, line, listing->hosts[column]);
        bool is_plausible = cell.length_bytes > 0 && host_cell_is_plausible(&cell);

        if (cell.length_bytes > 0 && !is_plausible && host_column_is_certain(column))
            return false;
        if (is_plausible)
            cells[column] = cell;
        has_cell = has_cell || cell.length_bytes > 0;
    }
    *host = host_cells_choose(cells);
    return has_cell && (entry->name.length_bytes == 0 || hotfix_is_name(&entry->name) ||
                        hotfix_is_cut(&entry->name));
}

/* ---- Lines that are not rows ---- */

static bool is_of_table(const struct line *cell)
{
    for (size_t index = 0; index < UPDATE_ID_COUNT; index++)
        if (line_equals(cell, incident_updates[index].name))
            return true;
    return false;
}

/* The host of a line that is not a row, going by the cells before the update's in so far as they
 * are in their columns: the first one always is, the others when the update is. */
static bool find_host(const struct csv_listing *listing, const struct line *line, size_t id,
                      struct line *host)
{
    struct line cells[HOST_COLUMNS] = {{0}};
    struct line rest = *line;
    struct line cell;

    for (size_t index = 0; index < id && line_next_cell(&rest, listing->separator, &cell); index++)
        for (size_t column = 0; column < HOST_COLUMNS; column++)
            if (listing->hosts[column] == index && (index == 0 || id == listing->id) &&
                host_cell_is_plausible(&cell))
                cells[column] = cell;
    *host = host_cells_choose(cells);
    return host->length_bytes > 0 || !listing->has_host;
}

/* Looks for an update of the incident among the cells. */
static int take_unread(struct csv_listing *listing, const struct line *line,
                       struct emitter *emitter, struct error *err)
{
    struct listed_update entry = {.state = PACKAGE_STATE_NOT_TOLD};
    struct line rest = *line;
    struct line host;

    listing->unread_count++;
    for (size_t index = 0; line_next_cell(&rest, listing->separator, &entry.name); index++) {
        if (!is_of_table(&entry.name))
            continue;
        if (index >= listing->id && find_host(listing, line, index, &host))
            return update_listing_add(&listing->updates, emitter, host, &entry, err);
        update_listing_leave_out(emitter, line->number);
        break;
    }
    return 0;
}

/* What can stand behind a listing without concerning it: a rule with words in it, a prompt, and the
 * line that Export-Csv begins the next one with. */
static bool is_heading(const struct line *line)
{
    return line_count_of(line, "=-#*_") >= 2 || line_starts_with(line, "#TYPE ") ||
           (line_has_byte(line, '>') &&
            (line_starts_with(line, "PS ") || line_contains(line, ":\\")));
}

static bool is_error(struct line line)
{
    line = line_trim(line);
    return line_ends_with(&line, ":") || line_starts_with(&line, "Node - ") ||
           line_starts_with(&line, "WARNING") || line_starts_with(&line, "ERROR");
}

/* Takes the line if it is a row. */
static bool take_row(struct csv_listing *listing, const struct line *line, struct emitter *emitter,
                     int *result, struct error *err)
{
    struct listed_update entry = {.state = PACKAGE_STATE_NOT_TOLD};
    struct line host;

    if (!line_has_byte(line, listing->separator) ||
        !csv_cells_split(&listing->row, line, listing->separator) ||
        !read_row(listing, line, &host, &entry))
        return false;
    listing->unread_count += listing->heading_count;
    listing->heading_count = 0;
    listing->empty_count = 0;
    if (hotfix_is_cut(&entry.name))
        update_listing_mark_incomplete(&listing->updates, LISTING_NAME_CUT);
    else if (entry.name.length_bytes > 0)
        *result = update_listing_add(&listing->updates, emitter, host, &entry, err);
    return true;
}

/* Takes another line. */
static int take_other(struct csv_listing *listing, const struct line *line, struct emitter *emitter,
                      struct error *err)
{
    bool is_behind_end = listing->heading_count > 0 || listing->empty_count >= listing->empty_end;

    if (line_has_byte(line, listing->separator))
        return take_unread(listing, line, emitter, err);
    if (is_heading(line) || (is_behind_end && !is_error(*line)))
        listing->heading_count++;
    else
        listing->unread_count++;
    return 0;
}

/* Reads up to the next listing, or the end of the text. */
static int read_rows(struct listing_walk *walk, struct csv_listing *listing,
                     struct emitter *emitter, struct error *err)
{
    struct lines after = walk->lines;
    bool last_ended = true;
    struct line line;
    int result = 0;

    for (; result == 0 && lines_next(&after, &line); walk->lines = after) {
        if (line_is_blank(&line)) {
            listing->empty_count++;
            continue;
        }
        last_ended = line.ended;
        if (!line.ended || take_row(listing, &line, emitter, &result, err))
            continue;
        if (listing_form_at(walk) != LISTING_FORM_NONE)
            break;
        result = take_other(listing, &line, emitter, err);
    }
    if (!last_ended)
        update_listing_mark_cut(&listing->updates, LISTING_CUT_IN_LINE);
    if (listing->unread_count > 0) {
        char *reason = memory_format(LISTING_ROWS_UNREAD, listing->unread_count,
                                     text_plural(listing->unread_count));

        update_listing_mark_incomplete(&listing->updates, reason);
        free(reason);
    }
    return result;
}

static int read_csv(struct listing_walk *walk, enum finding_origin origin, struct emitter *emitter,
                    struct error *err)
{
    struct csv_listing listing = {.updates = {.origin = origin}, .empty_end = 1};
    struct line header;
    int result = 0;

    if (!lines_next(&walk->lines, &header))
        return 0;
    listing.updates.line = header.number;
    listing.separator = listing_csv_separator(&header);
    if (lines_are_doubled(walk->lines))
        listing.empty_end = 2;
    if (read_header(&listing, &header)) {
        if (!header.ended)
            update_listing_mark_incomplete(&listing.updates, LISTING_CUT_IN_LINE);
        result = read_rows(walk, &listing, emitter, err);
        update_listing_finish(&listing.updates, emitter);
    }
    csv_cells_free_content(&listing.row);
    return result;
}

int wmic_csv_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    return read_csv(walk, FINDING_ORIGIN_WMIC, emitter, err);
}

int hotfix_csv_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    return read_csv(walk, FINDING_ORIGIN_GET_HOTFIX, emitter, err);
}
