/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of updates: wmic qfe, and Get-HotFix through Format-Table. Columns begin where their
 * headings do, but only as far as nothing before them is translated: characters of double width
 * shift what follows. So the host is found by its column (Caption before it is an address), an
 * update by its number. A row that was cut is not read: its last word can be another's beginning.
 */
#include <string.h>

#include "updates/parsers.h"

struct table {
    struct listing_tally tally;
    bool has_host;
    size_t host_at; /* position of the column, in bytes */
    bool id_is_first;
    size_t id_at;
    size_t column_count;
    size_t blanks; /* at least so many lie between cells */
};

static bool is_host_column(const struct line *word)
{
    return line_equals(word, "CSName") || line_equals(word, "Source") ||
           line_equals(word, "PSComputerName") || line_equals(word, "__SERVER");
}

static void read_header(struct table *table, const struct line *header)
{
    struct line rest = *header;
    struct line word;

    while (line_next_word(&rest, &word)) {
        size_t at = (size_t)(word.bytes - header->bytes);

        /* What is translated (Description) comes later. */
        if (!table->has_host && table->column_count < 2 && is_host_column(&word)) {
            table->has_host = true;
            table->host_at = at;
        }
        if (line_equals(&word, "HotFixID")) {
            table->id_at = at;
            table->id_is_first = at == 0;
        }
        table->column_count++;
    }
}

/* Does a cell begin at this position? Then takes its first word, and what follows. */
static bool take_word_at(const struct line *row, size_t position, struct line *word,
                         struct line *rest)
{
    if (position >= row->length_bytes || (unsigned char)row->bytes[position] <= ' ' ||
        (position > 0 && row->bytes[position - 1] != ' '))
        return false;
    *rest = line_from(*row, position);
    return line_next_word(rest, word);
}

/* Reads a row of wmic's table. False when the line is none. */
static bool read_wmic_row(const struct table *table, const struct line *row, struct line *host,
                          struct tally_entry *entry)
{
    struct line cells = *row;
    struct line rest;

    *host = (struct line){0};
    if (table->has_host && !take_word_at(row, table->host_at, host, &cells))
        return false;
    if (table->id_is_first) {
        if (!take_word_at(row, 0, &entry->name, &cells) || !update_is_name(&entry->name))
            return false;
        /* The one column: nothing else can tell a row from a heading. */
        if (table->column_count == 1 && !line_is_blank(&cells))
            return false;
    } else if (update_find_number(&cells, table->blanks, &entry->name)) {
        cells.length_bytes = (size_t)(cells.bytes + cells.length_bytes - entry->name.bytes);
        cells.bytes = entry->name.bytes;
    } else if (!take_word_at(row, table->id_at, &entry->name, &rest)) {
        /* An update without a number of its own, such as `File 1`: there is a row all the same. */
        if (!table->has_host)
            return false;
        entry->name = line_trim(*row);
    }
    entry->date = update_find_date(cells);
    return true;
}

/* wmic ends each line with CR CR LF. PowerShell, when it writes wmic's output to a file, makes two
 * line ends of that: then an empty line follows each line, and the listing ends with more. */
int wmic_table_read(struct listing_walk *walk, struct listing_out *out, struct error *err)
{
    struct table table = {.blanks = 2};
    struct lines after;
    struct line line;
    size_t empty_count = 0, empty_end = 1;
    bool last_ended;
    int result = 0;

    if (!lines_next(&walk->lines, &line))
        return 0;
    table.tally = (struct listing_tally){.origin = ORIGIN_WMIC, .line = line.number};
    read_header(&table, &line);
    last_ended = line.ended;
    after = walk->lines;
    if (lines_next(&after, &line) && line_is_blank(&line) && lines_next(&after, &line) &&
        !line_is_blank(&line))
        empty_end = 2;
    for (after = walk->lines; result == 0 && empty_count < empty_end && lines_next(&after, &line);
         walk->lines = after) {
        struct tally_entry entry = {.state = ""};
        struct line host;

        if (line_is_blank(&line)) {
            empty_count += line.ended;
            continue;
        }
        last_ended = line.ended;
        if (!line.ended || !read_wmic_row(&table, &line, &host, &entry))
            break;
        empty_count = 0;
        result = listing_tally_add(&table.tally, out, host, &entry, err);
    }
    if (!last_ended)
        listing_tally_say_cut(&table.tally, TALLY_CUT_IN_LINE);
    else if (empty_count < empty_end)
        listing_tally_say_cut(&table.tally, TALLY_CUT_AT_LINE);
    if (listing_tally_finish(&table.tally, out, err) != 0)
        result = -1;
    return result;
}

static bool is_ascii(const struct line *line)
{
    for (size_t index = 0; index < line->length_bytes; index++)
        if ((unsigned char)line->bytes[index] >= 0x80)
            return false;
    return true;
}

/* Reads a row of PowerShell's table. False when the line goes on with the row before. */
static bool read_hotfix_row(struct table *table, const struct line *row, struct line *host,
                            struct tally_entry *entry)
{
    struct line cells = *row;
    struct line rest;

    *host = (struct line){0};
    if (table->has_host && table->host_at == 0)
        take_word_at(row, 0, host, &cells);
    if (update_find_number(&cells, table->blanks, &entry->name)) {
        cells.length_bytes = (size_t)(cells.bytes + cells.length_bytes - entry->name.bytes);
        cells.bytes = entry->name.bytes;
        entry->date = update_find_date(cells);
        return true;
    }
    /* Another name, which stands under its heading when nothing before it is of double width. */
    if (!is_ascii(row) || !take_word_at(row, table->id_at, &entry->name, &rest))
        entry->name = line_trim(cells);
    return (unsigned char)*row->bytes > ' ';
}

int hotfix_table_read(struct listing_walk *walk, struct listing_out *out, struct error *err)
{
    struct table table = {.blanks = 1};
    bool last_ended = false, has_end = false;
    struct lines after;
    struct line line;
    int result = 0;

    if (!lines_next(&walk->lines, &line))
        return 0;
    table.tally = (struct listing_tally){.origin = ORIGIN_GET_HOTFIX, .line = line.number};
    read_header(&table, &line);
    if (lines_next(&walk->lines, &line)) /* the dashes */
        last_ended = line.ended;
    for (after = walk->lines; result == 0 && !has_end && lines_next(&after, &line);
         walk->lines = after) {
        struct tally_entry entry = {.state = ""};
        struct line host;

        if (line_is_blank(&line)) {
            has_end = line.ended;
            continue;
        }
        last_ended = line.ended;
        if (!line.ended || !read_hotfix_row(&table, &line, &host, &entry))
            continue;
        if (update_is_cut(&entry.name))
            listing_tally_say(&table.tally, UPDATE_ID_CUT);
        else
            result = listing_tally_add(&table.tally, out, host, &entry, err);
    }
    if (!last_ended)
        listing_tally_say_cut(&table.tally, TALLY_CUT_IN_LINE);
    else if (!has_end)
        listing_tally_say_cut(&table.tally, TALLY_CUT_AT_LINE);
    if (listing_tally_finish(&table.tally, out, err) != 0)
        result = -1;
    return result;
}
