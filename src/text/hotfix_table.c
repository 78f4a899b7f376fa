/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of updates: wmic qfe, and Get-HotFix through Format-Table. Cells begin where their
 * headings do, counted in characters or, on consoles of East Asia, in columns, of which some
 * characters take two. A line is a row when an update's name stands under its heading and, where
 * there is such a column, a host. Any other line interrupts the table: it is an error message or a
 * prompt, and rows may be missing; those that follow are read all the same. A row that was cut is
 * not read: its last word can be another's beginning. */
#include "base/text.h"
#include "text/forms.h"
#include "text/tokens.h"

/* Properties of updates and those that PowerShell adds. */
#define COLUMNS_MOST 48
#define NO_COLUMN SIZE_MAX

struct hotfix_table {
    struct update_listing updates;
    size_t column_count;
    size_t starts[COLUMNS_MOST]; /* positions, in columns */
    size_t id_at;
    size_t description_at;         /* NO_COLUMN when it is not there */
    size_t hosts_at[HOST_COLUMNS]; /* NO_COLUMN for those that are not there */
    bool has_host;
    bool is_wmic;
    size_t empty_end;   /* so many empty lines end it */
    size_t empty_count; /* behind the row before */
    bool goes_on;       /* the line before was a row, or went on with one */
    bool is_interrupted;
};

enum line_kind {
    LINE_NONE,       /* of its own */
    LINE_ROW,        /* of the table */
    LINE_GOES_ON,    /* with the row before, of which cells were wrapped */
    LINE_WRAPS_NAME, /* the same, and one of them is that of the update */
};

static void read_header(struct hotfix_table *table, const struct line *header)
{
    struct line rest = *header;
    struct line word;

    table->description_at = NO_COLUMN;
    for (size_t column = 0; column < HOST_COLUMNS; column++)
        table->hosts_at[column] = NO_COLUMN;
    while (table->column_count < COLUMNS_MOST && line_next_word(&rest, &word)) {
        size_t at = (size_t)(word.bytes - header->bytes);
        size_t host = host_column_of(&word);

        table->starts[table->column_count++] = at;
        if (host < HOST_COLUMNS) {
            table->hosts_at[host] = at;
            table->has_host = table->has_host || host_column_is_certain(host);
        }
        if (token_is_update_heading(&word))
            table->id_at = at;
        if (line_equals(&word, "Description"))
            table->description_at = at;
    }
}

/* Finds the cell that begins at this position: what stands from there on. */
static bool find_cell(const struct line *row, size_t position, bool is_wide, struct line *cell)
{
    size_t at = 0, columns = 0;

    while (at < row->length_bytes && columns < position) {
        unsigned char byte = (unsigned char)row->bytes[at++];

        /* Of UTF-8, characters of three bytes and more are those of double width. */
        columns += is_wide && byte >= 0xE0 ? 2 : 1;
        while (at < row->length_bytes && text_is_within_character(row->bytes[at]))
            at++;
    }
    if (columns != position || at >= row->length_bytes || (unsigned char)row->bytes[at] <= ' ' ||
        (at > 0 && row->bytes[at - 1] != ' '))
        return false;
    *cell = line_from(*row, at);
    return true;
}

/* Takes the first word of the cell off *rest; false when no gap follows it. */
static bool take_word(const struct hotfix_table *table, struct line *rest, struct line *word)
{
    size_t blanks = table->is_wmic ? 2 : 1;

    return line_next_word(rest, word) &&
           (line_is_blank(rest) || line_count_of(rest, " ") >= blanks);
}

/* ---- Rows ---- */

/* Finds the host; both ways of counting must not find different ones. False when there is none
 * though the table has such columns. */
static bool find_host(const struct hotfix_table *table, const struct line *row, struct line *host)
{
    struct line cells[HOST_COLUMNS] = {{0}};
    bool has_cell = false;

    for (size_t column = 0; column < HOST_COLUMNS; column++)
        for (int wide = 0; wide < 2 && table->hosts_at[column] != NO_COLUMN; wide++) {
            struct line rest, word;

            if (!find_cell(row, table->hosts_at[column], wide, &rest))
                continue;
            if (!take_word(table, &rest, &word) || !host_cell_is_plausible(&word) ||
                (cells[column].length_bytes > 0 && cells[column].bytes != word.bytes)) {
                if (host_column_is_certain(column))
                    return false;
                continue;
            }
            cells[column] = word;
            has_cell = true;
        }
    *host = host_cells_choose(cells);
    return has_cell || !table->has_host;
}

/* Takes the update's name off the front of the cell. */
static bool take_name(const struct hotfix_table *table, struct line *rest, struct line *name)
{
    struct line cell = *rest;
    struct line file, number;

    if (!line_next_word(rest, name))
        return false;
    if (line_starts_with(&cell, "File ") && line_next_word(rest, &number)) {
        file = cell;
        file.length_bytes = (size_t)(number.bytes - cell.bytes) + number.length_bytes;
        *name = file;
    }
    if (!hotfix_is_name(name) && !hotfix_is_cut(name))
        return false;
    /* The one column: nothing else can tell a row from a heading. */
    return table->column_count > 1 || line_is_blank(rest);
}

/* Finds the update's name, and what stands behind it. It can stand off its heading by as many
 * characters as are not ASCII before it: they can be of double width, or of another code page. */
static bool find_name(const struct hotfix_table *table, const struct line *row, struct line *name,
                      struct line *rest)
{
    size_t position = 0, others = 0, at = 0;
    struct line host;

    while (at < row->length_bytes && position <= table->id_at + others) {
        bool begins = (unsigned char)row->bytes[at] > ' ' && (at == 0 || row->bytes[at - 1] == ' ');

        *rest = line_from(*row, at);
        if (begins && position + others >= table->id_at && take_name(table, rest, name))
            return true;
        others += (unsigned char)row->bytes[at++] >= 0x80;
        while (at < row->length_bytes && text_is_within_character(row->bytes[at]))
            at++;
        position++;
    }
    /* A row is told by its host, too, and by wide gaps: a longer cell may have moved the rest, as
     * when names were replaced. */
    if (!table->has_host || !find_host(table, row, &host) || !hotfix_find_number(row, 2, name))
        return false;
    *rest = line_from(*row, (size_t)(name->bytes - row->bytes) + name->length_bytes);
    return line_is_blank(rest) || line_count_of(rest, " ") >= 2;
}

static bool is_under_heading(const struct hotfix_table *table, const struct line *row)
{
    struct line rest = *row, word, cell;

    if (!line_next_word(&rest, &word))
        return false;
    for (size_t column = 1; column < table->column_count; column++)
        if (find_cell(row, table->starts[column], false, &cell) && cell.bytes == word.bytes)
            return true;
    return false;
}

static enum line_kind read_line(const struct hotfix_table *table, const struct line *row,
                                struct emitter *emitter, struct line *host,
                                struct listed_update *entry)
{
    struct line rest;

    if (find_name(table, row, &entry->name, &rest)) {
        if (find_host(table, row, host)) {
            entry->date = hotfix_find_date(rest);
            if (table->description_at != NO_COLUMN)
                find_cell(row, table->description_at, false, &entry->description);
            return LINE_ROW;
        }
        update_listing_leave_out(emitter, row->number);
        return LINE_NONE;
    }
    if (table->is_wmic || !table->goes_on || (unsigned char)*row->bytes > ' ' ||
        !is_under_heading(table, row))
        return LINE_NONE;
    return find_cell(row, table->id_at, false, &rest) ? LINE_WRAPS_NAME : LINE_GOES_ON;
}

/* ---- The table ---- */

/* `ERROR:`, in any language: what wmic says when it could not go on. */
static bool is_error(struct line line)
{
    struct line word;

    line = line_trim(line);
    if (!line_ends_with(&line, ":"))
        return false;
    line.length_bytes--;
    return line_next_word(&line, &word) && line_is_blank(&line);
}

static void interrupt(struct hotfix_table *table)
{
    if (!table->is_interrupted)
        update_listing_mark_incomplete(&table->updates, LISTING_INTERRUPTED);
    table->is_interrupted = true;
}

/* Takes a line that is not blank. */
static int take_line(struct hotfix_table *table, const struct line *line, struct emitter *emitter,
                     struct error *err)
{
    struct listed_update entry = {.state = PACKAGE_STATE_NOT_TOLD};
    bool has_end = table->empty_count >= table->empty_end;
    struct line host = {0};
    enum line_kind kind = read_line(table, line, emitter, &host, &entry);

    table->goes_on = kind != LINE_NONE;
    if (kind == LINE_NONE ? !has_end || is_error(*line) : has_end)
        interrupt(table);
    if (kind != LINE_NONE)
        table->empty_count = 0;
    if (kind == LINE_WRAPS_NAME || (kind == LINE_ROW && hotfix_is_cut(&entry.name)))
        update_listing_mark_incomplete(&table->updates, LISTING_NAME_CUT);
    else if (kind == LINE_ROW)
        return update_listing_add(&table->updates, emitter, host, &entry, err);
    return 0;
}

/* The rows of wmic's table could be such as have no heading. */
static bool begins_another(const struct hotfix_table *table, struct listing_walk *walk)
{
    enum listing_form form = listing_form_at(walk);

    return form != LISTING_FORM_NONE && !(table->is_wmic && form == LISTING_FORM_WMIC_ROWS);
}

/* Reads up to the next listing, or the end of the text: rows can follow what seemed to be the end.
 * A name alone, in a table of one column, is not a row there. */
static int read_rows(struct hotfix_table *table, struct listing_walk *walk, bool last_ended,
                     struct emitter *emitter, struct error *err)
{
    struct lines after = walk->lines;
    struct line line;
    int result = 0;

    for (; result == 0 && lines_next(&after, &line); walk->lines = after) {
        if (line_is_blank(&line)) {
            table->empty_count += line.ended;
            table->goes_on = false;
            continue;
        }
        if (begins_another(table, walk) || (table->column_count == 1 && !table->is_interrupted &&
                                            table->empty_count >= table->empty_end))
            break;
        if (line.ended)
            result = take_line(table, &line, emitter, err);
        last_ended = line.ended || table->empty_count >= table->empty_end;
    }
    if (!last_ended)
        update_listing_mark_cut(&table->updates, LISTING_CUT_IN_LINE);
    update_listing_finish(&table->updates, emitter);
    return result;
}

/* wmic ends each line with CR CR LF. PowerShell, when it writes wmic's output to a file, makes two
 * line ends of that: then an empty line follows each line, and the listing ends with more. */
int wmic_table_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct hotfix_table table = {.is_wmic = true, .empty_end = 1};
    struct line line;

    if (!lines_next(&walk->lines, &line))
        return 0;
    table.updates = (struct update_listing){.origin = FINDING_ORIGIN_WMIC, .line = line.number};
    read_header(&table, &line);
    if (lines_are_doubled(walk->lines))
        table.empty_end = 2;
    return read_rows(&table, walk, line.ended, emitter, err);
}

int hotfix_table_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct hotfix_table table = {.empty_end = 1};
    struct line line;

    if (!lines_next(&walk->lines, &line))
        return 0;
    table.updates =
        (struct update_listing){.origin = FINDING_ORIGIN_GET_HOTFIX, .line = line.number};
    read_header(&table, &line);
    if (lines_are_doubled(walk->lines))
        table.empty_end = 2;
    lines_next_filled(&walk->lines, &line); /* the dashes */
    return read_rows(&table, walk, line.ended, emitter, err);
}

/* ---- Rows without a heading ---- */

/* What `wmic qfe | find "971033"` leaves. */
int wmic_rows_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct update_listing updates = {.origin = FINDING_ORIGIN_WMIC, .line = walk->lines.number + 1};
    struct listed_update entry = {.state = PACKAGE_STATE_NOT_TOLD};
    struct lines after = walk->lines;
    struct line line, host;
    int result = 0;

    for (; result == 0 && lines_next_filled(&after, &line) && line.ended &&
           hotfix_find_row(&line, &host, &entry.name);
         walk->lines = after) {
        entry.date = hotfix_find_date(line);
        result = update_listing_add(&updates, emitter,
                                    host_cells_choose((const struct line[HOST_COLUMNS]){host}),
                                    &entry, err);
    }
    update_listing_mark_incomplete(&updates, LISTING_WITHOUT_HEADING);
    update_listing_finish(&updates, emitter);
    return result;
}
