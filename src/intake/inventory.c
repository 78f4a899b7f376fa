/* SPDX-License-Identifier: Apache-2.0 */
/* Reading is libcsv's; what stands here is the first row, and the limits. libcsv calls back for
 * each cell and row, so the parser's state is a struct of its own. */
#include "intake/inventory.h"

#include <csv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/text.h"

#define NO_COLUMN SIZE_MAX

struct parser {
    struct inventory *inventory;
    struct error *err;
    const char *path;
    size_t row;   /* counted from 1 */
    char **cells; /* owned: of the row so far */
    size_t cell_count;
    size_t header_count; /* cells of the first row */
    size_t host_column;
};

void inventory_free_content(struct inventory *inventory)
{
    for (size_t index = 0; index < inventory->column_count; index++)
        free(inventory->columns[index]);
    for (size_t index = 0; index < inventory->host_count; index++)
        free(inventory->hosts[index]);
    for (size_t index = 0; index < inventory->host_count * inventory->column_count; index++)
        free(inventory->values[index]);
    free(inventory->columns);
    free(inventory->hosts);
    free(inventory->values);
    *inventory = (struct inventory){0};
}

static void add_to_list(char ***list, size_t *count, char *item)
{
    *list = memory_grow(*list, *count, sizeof(**list));
    (*list)[(*count)++] = item;
}

static void free_cells(struct parser *parser)
{
    for (size_t index = 0; index < parser->cell_count; index++)
        free(parser->cells[index]);
    parser->cell_count = 0;
}

static void on_cell(void *bytes, size_t length, void *context)
{
    struct parser *parser = context;

    add_to_list(&parser->cells, &parser->cell_count, memory_copy_bytes(bytes, length));
}

static void take_header(struct parser *parser)
{
    struct inventory *inventory = parser->inventory;

    parser->header_count = parser->cell_count;
    parser->host_column = NO_COLUMN;
    for (size_t index = 0; index < parser->cell_count; index++) {
        if (parser->host_column == NO_COLUMN && text_equal_ascii(parser->cells[index], "host"))
            parser->host_column = index;
        else
            add_to_list(&inventory->columns, &inventory->column_count,
                        memory_copy_text(parser->cells[index]));
    }
    if (parser->host_column == NO_COLUMN)
        error_set(parser->err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s: row 1: no column is named host; the first row must name the columns",
                  parser->path);
}

static void take_host(struct parser *parser)
{
    struct inventory *inventory = parser->inventory;
    size_t values = inventory->host_count * inventory->column_count;
    const char *host =
        parser->host_column < parser->cell_count ? parser->cells[parser->host_column] : "";

    if (*host == '\0') {
        inventory->rows_without_host++;
        return;
    }
    for (size_t index = 0; index < parser->header_count; index++)
        if (index != parser->host_column)
            add_to_list(&inventory->values, &values,
                        memory_copy_text(index < parser->cell_count ? parser->cells[index] : ""));
    add_to_list(&inventory->hosts, &inventory->host_count, memory_copy_text(host));
}

static void on_row(int ending, void *context)
{
    struct parser *parser = context;

    (void)ending;
    parser->row++;
    if (parser->err->kind != ERROR_NONE)
        ;
    else if (parser->row == 1)
        take_header(parser);
    else if (parser->cell_count > parser->header_count)
        error_set(parser->err, ERROR_RUN, ERROR_NO_OFFSET,
                  "%s: row %zu has %zu cells, the first row names %zu", parser->path, parser->row,
                  parser->cell_count, parser->header_count);
    else
        take_host(parser);
    free_cells(parser);
}

/* The separator that the first line has most of. */
static unsigned char find_separator(const char *bytes)
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
    return (unsigned char)separators[best];
}

static int check_text(const char *path, const struct text *all, struct error *err)
{
    const char *at = text_get(all);
    uint32_t code_point;
    const char *before;

    if (strlen(at) != all->length_bytes)
        return error_set(err, ERROR_RUN, strlen(at),
                         "%s: byte %zu is a NUL: save the inventory as CSV in UTF-8", path,
                         strlen(at));
    while (*at != '\0') {
        before = at;
        if (!text_next_character(&at, &code_point))
            return error_set(err, ERROR_RUN, (uint64_t)(before - text_get(all)),
                             "%s: byte %td is no UTF-8: save the inventory as CSV in UTF-8", path,
                             before - text_get(all));
    }
    return 0;
}

static int parse(const char *path, const struct text *all, struct inventory *out, struct error *err)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    struct parser parser = {.inventory = out, .err = err, .path = path};
    const char *bytes = text_get(all);
    struct csv_parser csv;

    if (check_text(path, all, err) != 0)
        return -1;
    if (strncmp(bytes, byte_order_mark, strlen(byte_order_mark)) == 0)
        bytes += strlen(byte_order_mark);
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "out of memory for libcsv");
    csv_set_delim(&csv, find_separator(bytes));
    if (csv_parse(&csv, bytes, strlen(bytes), on_cell, on_row, &parser) != strlen(bytes) ||
        csv_fini(&csv, on_cell, on_row, &parser) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: row %zu: %s", path, parser.row + 1,
                  csv_strerror(csv_error(&csv)));
    else if (parser.row == 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: the inventory is empty", path);
    csv_free(&csv);
    free_cells(&parser);
    free(parser.cells);
    return err->kind == ERROR_NONE ? 0 : -1;
}

int inventory_read(const char *path, struct inventory *out, struct error *err)
{
    FILE *file = fopen(path, "re");
    struct text all = {0};
    char buffer[65536];
    size_t got;
    int result = 0;

    *out = (struct inventory){0};
    if (file == NULL)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: cannot open the inventory: %m",
                         path);
    while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0 &&
           all.length_bytes <= INVENTORY_MAX_BYTES)
        text_add_bytes(&all, buffer, got);
    if (ferror(file))
        result =
            error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: cannot read the inventory: %m", path);
    else if (all.length_bytes > INVENTORY_MAX_BYTES)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                           "%s: the inventory is longer than %d bytes", path, INVENTORY_MAX_BYTES);
    else
        result = parse(path, &all, out, err);
    fclose(file);
    text_free(&all);
    if (result != 0)
        inventory_free_content(out);
    return result;
}
