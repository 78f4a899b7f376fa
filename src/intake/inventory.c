/* SPDX-License-Identifier: Apache-2.0 */
/* Reading is libcsv's; what stands here is how the file is written, the first row, what a cell
 * means, and the limits. libcsv calls back for each cell and row, so the parser's state is a struct
 * of its own. */
#include "intake/inventory.h"

#include <csv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/hostname.h"

#define NO_COLUMN SIZE_MAX

/* Headings of the column of hosts, without regard to case. The first of them that is there counts;
 * the others are columns like any: `Name` can be a person's. */
static const char *const host_headings[] = {"host", "Hostname", "ComputerName", "Computer", "Name"};

struct inventory_parser {
    struct inventory *inventory;
    struct error *err;
    const char *path;
    char separator;    /* that a line names, or NUL */
    size_t row;        /* counted from 1 */
    size_t header_row; /* the first one, or that behind the lines of programs */
    char **cells;      /* owned: of the row so far */
    size_t cell_count;
    size_t header_count; /* cells of the first row */
    size_t host_column;
};

void inventory_free_content(struct inventory *inventory)
{
    memory_free_texts(inventory->columns, inventory->column_count);
    memory_free_texts(inventory->hosts, inventory->host_count);
    memory_free_texts(inventory->values, inventory->host_count * inventory->column_count);
    *inventory = (struct inventory){0};
}

static void add_to_list(char ***list, size_t *count, char *item)
{
    *list = memory_grow(*list, *count, sizeof(**list));
    (*list)[(*count)++] = item;
}

static void free_cells(struct inventory_parser *parser)
{
    for (size_t index = 0; index < parser->cell_count; index++)
        free(parser->cells[index]);
    parser->cell_count = 0;
}

static void on_cell(void *bytes, size_t length, void *context)
{
    struct inventory_parser *parser = context;

    add_to_list(&parser->cells, &parser->cell_count, memory_copy_bytes(bytes, length));
}

/* ---- Cells ---- */

/* White space of any kind, and what is written with no width at all. */
static bool is_blank(ucs4_t character)
{
    return uc_is_property_white_space(character) || character == 0x200B || character == 0x2060 ||
           character == 0xFEFF;
}

/* Returns owned: the text, which is UTF-8, without blanks at both ends. */
static char *copy_trimmed(const char *text)
{
    const uint8_t *start = (const uint8_t *)text;
    const uint8_t *end = start + strlen(text);
    const uint8_t *before;
    ucs4_t character;

    while (start < end && u8_mbtouc(&character, start, (size_t)(end - start)) > 0 &&
           is_blank(character))
        start = u8_next(&character, start);
    while (end > start && (before = u8_prev(&character, end, start)) != NULL && is_blank(character))
        end = before;
    return memory_copy_bytes((const char *)start, (size_t)(end - start));
}

/* Returns owned: the host that the cell means. */
static char *copy_host(const char *cell)
{
    char *account = copy_trimmed(cell);
    char *name = hostname_of_account(account);
    char *host = copy_trimmed(name);

    host[hostname_rootless_bytes(host)] = '\0';
    free(account);
    free(name);
    return host;
}

/* ---- Rows ---- */

static bool is_heading(const char *cell, const char *heading)
{
    char *trimmed = copy_trimmed(cell);
    bool is = text_equal_ascii(trimmed, heading);

    free(trimmed);
    return is;
}

static size_t find_host_column(const struct inventory_parser *parser)
{
    for (size_t heading = 0; heading < ARRAY_COUNT(host_headings); heading++)
        for (size_t index = 0; index < parser->cell_count; index++)
            if (is_heading(parser->cells[index], host_headings[heading]))
                return index;
    return NO_COLUMN;
}

/* A separator that the file does not have makes one name of all. */
static void refuse_header(const struct inventory_parser *parser)
{
    struct text remark = {0};

    if (parser->separator == '\t')
        text_add(&remark, "; the line sep= above it makes a tab the separator");
    else if (parser->separator != '\0')
        text_add_format(&remark, "; the line sep= above it makes \"%c\" the separator",
                        parser->separator);
    error_set(parser->err, ERROR_RUN, ERROR_NO_OFFSET,
              "%s: row %zu: no column is named host (nor Hostname, ComputerName, Computer or "
              "Name); the first row must name the columns%s",
              parser->path, parser->row, text_get(&remark));
    text_free(&remark);
}

static void take_header(struct inventory_parser *parser)
{
    struct inventory *inventory = parser->inventory;

    parser->header_count = parser->cell_count;
    parser->host_column = find_host_column(parser);
    if (parser->host_column == NO_COLUMN)
        refuse_header(parser);
    for (size_t index = 0; index < parser->cell_count; index++)
        if (index != parser->host_column)
            add_to_list(&inventory->columns, &inventory->column_count,
                        memory_copy_text(parser->cells[index]));
}

static void take_host(struct inventory_parser *parser)
{
    struct inventory *inventory = parser->inventory;
    size_t values = inventory->host_count * inventory->column_count;
    char *host = copy_host(
        parser->host_column < parser->cell_count ? parser->cells[parser->host_column] : "");

    if (*host == '\0') {
        inventory->rows_without_host++;
        free(host);
        return;
    }
    for (size_t index = 0; index < parser->header_count; index++)
        if (index != parser->host_column)
            add_to_list(&inventory->values, &values,
                        memory_copy_text(index < parser->cell_count ? parser->cells[index] : ""));
    add_to_list(&inventory->hosts, &inventory->host_count, host);
}

static void on_row(int ending, void *context)
{
    struct inventory_parser *parser = context;

    (void)ending;
    parser->row++;
    if (parser->err->kind != ERROR_NONE)
        ;
    else if (parser->row == parser->header_row)
        take_header(parser);
    else if (parser->cell_count > parser->header_count)
        error_set(parser->err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s: row %zu has %zu cells, the first row names %zu; save it as CSV "
                  "anew, with as many cells in each row",
                  parser->path, parser->row, parser->cell_count, parser->header_count);
    else
        take_host(parser);
    free_cells(parser);
}

/* ---- Lines above the names of the columns ---- */

/* What Export-Csv of PowerShell writes first. */
static bool take_type_line(const char **bytes)
{
    static const char word[] = "#TYPE ";

    if (strncmp(*bytes, word, sizeof(word) - 1) != 0)
        return false;
    *bytes += strcspn(*bytes, "\r\n");
    return true;
}

/* The line with which Excel is told the separator, `sep=;`, in quotes or not. Who saves such a file
 * as a table fills the line up with separators. */
static bool take_separator_line(const char **bytes, char *separator)
{
    static const char word[] = "sep=";
    bool is_quoted = **bytes == '"';
    const char *at = *bytes + is_quoted;
    char named;

    if (!text_equal_ascii_bytes(at, word, sizeof(word) - 1))
        return false;
    named = at[sizeof(word) - 1];
    if (named == '\0' || strchr(",;\t|", named) == NULL)
        return false;
    at += sizeof(word);
    if (is_quoted && *at++ != '"')
        return false;
    at += strspn(at, (const char[]){named, '\0'});
    if (*at != '\r' && *at != '\n')
        return false;
    *separator = named;
    *bytes = at;
    return true;
}

/* Passes these lines, each there at most once, in either order, and the ends of lines behind them.
 * Returns how many there were. */
static size_t take_lines_of_programs(const char **bytes, char *separator)
{
    bool has_type = false, has_separator = false, is_line;

    do {
        is_line = (!has_type && (has_type = take_type_line(bytes))) ||
                  (!has_separator && (has_separator = take_separator_line(bytes, separator)));
        *bytes += strspn(*bytes, "\r\n");
    } while (is_line);
    return (size_t)has_type + has_separator;
}

/* The separator that the first line has most of. */
static char find_separator(const char *bytes)
{
    static const char separators[] = ",;\t";
    size_t counts[sizeof(separators) - 1] = {0};
    size_t best = 0;

    for (; *bytes != '\0' && *bytes != '\n' && *bytes != '\r'; bytes++)
        for (size_t index = 0; index < ARRAY_COUNT(counts); index++)
            counts[index] += *bytes == separators[index];
    for (size_t index = 1; index < ARRAY_COUNT(counts); index++)
        if (counts[index] > counts[best])
            best = index;
    return separators[best];
}

/* ---- The file ---- */

/* What Excel saves as `CSV` on Windows is in an ANSI code page, which nothing tells: that of
 * Western Europe and America is taken. */
#define ANSI_CODEPAGE "CP1252"

/* Adds the text as UTF-8, without its byte order mark. */
static int decode(const char *path, struct span bytes, struct inventory *inventory,
                  struct text *out, struct error *err)
{
    enum text_coding coding = encoding_of(bytes);
    struct text_stretch stretch;
    bool is_cut;

    if (coding == TEXT_CODING_NONE && bytes.left_bytes > 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s: the inventory is not text: save it as CSV in UTF-8", path);
    while (encoding_next_stretch(&bytes, &coding, &stretch)) {
        const char *text = (const char *)stretch.bytes.bytes;
        size_t size_bytes = stretch.bytes.left_bytes;

        if (encoding_is_wide(stretch.coding)) {
            encoding_add_wide(out, stretch.bytes, stretch.coding);
        } else if (text_utf8_length(text, size_bytes, &is_cut) == size_bytes) {
            text_add_bytes(out, text, size_bytes);
        } else {
            codepage_add_text(out, codepage_find(ANSI_CODEPAGE), stretch.bytes);
            inventory->is_ansi = true;
        }
    }
    if (strlen(text_get(out)) != out->length_bytes)
        return error_set(err, ERROR_RUN, strlen(text_get(out)),
                         "%s: a NUL stands behind byte %zu: save the inventory as CSV in UTF-8",
                         path, strlen(text_get(out)));
    return 0;
}

static int parse(const char *path, const char *bytes, struct inventory *out, struct error *err)
{
    struct inventory_parser parser = {.inventory = out, .err = err, .path = path};
    struct csv_parser csv;
    char separator;

    parser.row = take_lines_of_programs(&bytes, &parser.separator);
    parser.header_row = parser.row + 1;
    separator = parser.separator != '\0' ? parser.separator : find_separator(bytes);
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "out of memory for libcsv");
    csv_set_delim(&csv, (unsigned char)separator);
    if (csv_parse(&csv, bytes, strlen(bytes), on_cell, on_row, &parser) != strlen(bytes) ||
        csv_fini(&csv, on_cell, on_row, &parser) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: row %zu: %s", path, parser.row + 1,
                  csv_strerror(csv_error(&csv)));
    else if (parser.row < parser.header_row)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s: the inventory is empty; it takes a first row with a column host", path);
    csv_free(&csv);
    free_cells(&parser);
    free(parser.cells);
    return err->kind == ERROR_NONE ? 0 : -1;
}

static int read_file(const char *path, struct text *out, struct error *err)
{
    FILE *file = fopen(path, "re");
    char buffer[65536];
    size_t got;
    int result = 0;

    if (file == NULL)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "%s: cannot open the inventory: %m; name a CSV file", path);
    while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0 &&
           out->length_bytes <= INVENTORY_MAX_BYTES)
        text_add_bytes(out, buffer, got);
    if (ferror(file))
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "%s: cannot read the inventory: %m; name a CSV file", path);
    else if (out->length_bytes > INVENTORY_MAX_BYTES)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "%s: the inventory is longer than %d bytes; leave out columns", path,
                           INVENTORY_MAX_BYTES);
    fclose(file);
    return result;
}

int inventory_read(const char *path, struct inventory *out, struct error *err)
{
    struct text raw = {0}, all = {0};
    int result;

    *out = (struct inventory){0};
    result = read_file(path, &raw, err);
    if (result == 0)
        result = decode(path, span_of((const uint8_t *)text_get(&raw), raw.length_bytes, 0), out,
                        &all, err);
    if (result == 0)
        result = parse(path, text_get(&all), out, err);
    text_free(&raw);
    text_free(&all);
    if (result != 0)
        inventory_free_content(out);
    return result;
}
