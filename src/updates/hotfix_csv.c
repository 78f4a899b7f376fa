/* SPDX-License-Identifier: Apache-2.0 */
/* Updates as CSV: wmic qfe list /format:csv, whose first column Node is the host asked, and
 * Get-HotFix through Export-Csv. One file can have many hosts. */
#include <string.h>

#include "updates/csv_row.h"
#include "updates/parsers.h"

#define NO_COLUMN SIZE_MAX

struct columns {
    size_t count;
    size_t id;
    size_t host;
    size_t date;
};

/* Names of host columns, the best first. */
static const char *const host_names[] = {"Node", "CSName", "PSComputerName", "__SERVER", "Source"};

static size_t find_column(const struct csv_row *header, const struct line *line, const char *name)
{
    for (size_t index = 0; index < header->count; index++) {
        struct line cell = csv_row_cell(header, line, index);

        if (line_equals(&cell, name))
            return index;
    }
    return NO_COLUMN;
}

static bool read_header(struct columns *columns, struct csv_row *row, const struct line *line,
                        char separator)
{
    if (!csv_row_split(row, line, separator) || row->count > CSV_CELLS_MOST)
        return false;
    columns->count = row->count;
    columns->id = find_column(row, line, "HotFixID");
    columns->date = find_column(row, line, "InstalledOn");
    columns->host = NO_COLUMN;
    for (size_t index = 0;
         index < sizeof(host_names) / sizeof(host_names[0]) && columns->host == NO_COLUMN; index++)
        columns->host = find_column(row, line, host_names[index]);
    return columns->id != NO_COLUMN;
}

/* A row has as many cells as the header, an update and a host: what comes after a listing can have
 * separators, too. */
static bool is_row(const struct columns *columns, const struct csv_row *row,
                   const struct line *line)
{
    struct line id = csv_row_cell(row, line, columns->id);
    struct line host = csv_row_cell(row, line, columns->host);
    struct line word;

    return row->count == columns->count &&
           (id.length_bytes == 0 || update_is_name(&id) || update_is_cut(&id)) &&
           (!line_next_word(&host, &word) || line_is_blank(&host));
}

/* Reads the rows up to what is none. */
static int read_rows(struct listing_walk *walk, struct listing_tally *tally,
                     const struct columns *columns, char separator, struct csv_row *row,
                     struct listing_out *out, struct error *err)
{
    struct lines after = walk->lines;
    bool last_ended = true;
    struct line line;
    int result = 0;

    for (; result == 0 && lines_next(&after, &line); walk->lines = after) {
        struct tally_entry entry = {.state = ""};

        if (line_is_blank(&line))
            continue;
        if (listing_csv_separator(&line) != '\0')
            break;
        last_ended = line.ended;
        if (!csv_row_split(row, &line, separator) || !is_row(columns, row, &line)) {
            /* A heading of what comes next, or a row of which not all is there. */
            if (memchr(line.bytes, separator, line.length_bytes) != NULL || !line.ended)
                listing_tally_say_cut(tally, "one of its rows is not whole");
            last_ended = true;
            break;
        }
        entry.name = csv_row_cell(row, &line, columns->id);
        entry.date = csv_row_cell(row, &line, columns->date);
        if (update_is_cut(&entry.name))
            listing_tally_say(tally, UPDATE_ID_CUT);
        else if (entry.name.length_bytes > 0)
            result =
                listing_tally_add(tally, out, csv_row_cell(row, &line, columns->host), &entry, err);
    }
    if (!last_ended)
        listing_tally_say_cut(tally, TALLY_CUT_IN_LINE);
    return result;
}

static int read_csv(struct listing_walk *walk, const char *origin, struct listing_out *out,
                    struct error *err)
{
    struct listing_tally tally = {.origin = origin};
    struct csv_row row = {0};
    struct columns columns;
    struct line header;
    char separator;
    int result = 0;

    if (!lines_next(&walk->lines, &header))
        return 0;
    tally.line = header.number;
    separator = listing_csv_separator(&header);
    if (read_header(&columns, &row, &header, separator)) {
        if (!header.ended)
            listing_tally_say(&tally, TALLY_CUT_IN_LINE);
        result = read_rows(walk, &tally, &columns, separator, &row, out, err);
        if (listing_tally_finish(&tally, out, err) != 0)
            result = -1;
    }
    csv_row_free_content(&row);
    return result;
}

int wmic_csv_read(struct listing_walk *walk, struct listing_out *out, struct error *err)
{
    return read_csv(walk, ORIGIN_WMIC, out, err);
}

int hotfix_csv_read(struct listing_walk *walk, struct listing_out *out, struct error *err)
{
    return read_csv(walk, ORIGIN_GET_HOTFIX, out, err);
}
