/* SPDX-License-Identifier: Apache-2.0 */
/* The class SoftwareLicensingProduct as CSV: Get-CimInstance through Export-Csv or ConvertTo-Csv,
 * one row a product, of one machine or, by its column PSComputerName, of many. wmic's own CSV does
 * not quote the commas of its cells: its rows have more of them than the header, and are said to be
 * left out. */

#include <stdlib.h>

#include "base/memory.h"
#include "text/forms.h"
#include "text/tokens.h"

struct product_table {
    char separator;
    struct line header;
    struct csv_cells names; /* owned: of the columns */
    struct csv_cells row;   /* owned */
    uint64_t unread_count;  /* lines that should be rows and are not */
};

static bool has_column(const struct product_table *table, const char *name)
{
    for (size_t column = 0; column < table->names.count; column++) {
        struct line cell = csv_cells_at(&table->names, &table->header, column);

        if (line_equals(&cell, name))
            return true;
    }
    return false;
}

static int take_row(struct product_table *table, const struct line *line, struct emitter *emitter,
                    struct error *err)
{
    struct listed_licence licence = {.origin = FINDING_ORIGIN_LICENSING_PRODUCT,
                                     .line = line->number};
    struct line hosts[HOST_COLUMNS] = {{0}};

    for (size_t column = 0; column < table->names.count; column++) {
        struct line name = csv_cells_at(&table->names, &table->header, column);
        struct line *property = licence_property(&licence, &name);
        struct line cell = csv_cells_at(&table->row, line, column);
        size_t host = host_column_of(&name);

        if (property != NULL)
            *property = cell;
        else if (host < HOST_COLUMNS && host_cell_is_plausible(&cell))
            hosts[host] = cell;
    }
    licence.host = host_cells_choose(hosts);
    return licence_add(emitter, &licence, err);
}

/* Reads up to the next listing, a line that is not of a table, or the end of the text. */
static int read_rows(struct listing_walk *walk, struct product_table *table,
                     struct emitter *emitter, struct error *err)
{
    struct lines after = walk->lines;
    struct line line;
    int result = 0;

    for (; result == 0 && lines_next(&after, &line); walk->lines = after) {
        if (line_is_blank(&line))
            continue;
        if (!line_has_byte(&line, table->separator) || listing_form_at(walk) != LISTING_FORM_NONE)
            break;
        if (line.ended && csv_cells_split(&table->row, &line, table->separator) &&
            table->row.count == table->names.count)
            result = take_row(table, &line, emitter, err);
        else
            table->unread_count++;
    }
    return result;
}

static void remark(const struct product_table *table, struct emitter *emitter)
{
    char *reason;

    if (!has_column(table, "PartialProductKey"))
        emitter_remark(emitter, table->header.number, FINDING_ORIGIN_LICENSING_PRODUCT, "",
                       LICENCE_KEY_UNKNOWN);
    if (table->unread_count == 0)
        return;
    reason =
        memory_format(LISTING_ROWS_UNREAD, table->unread_count, text_plural(table->unread_count));
    emitter_remark(emitter, table->header.number, FINDING_ORIGIN_LICENSING_PRODUCT, "", reason);
    free(reason);
}

int product_csv_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct product_table table = {0};
    int result = 0;

    if (!lines_next(&walk->lines, &table.header))
        return 0;
    table.separator = product_csv_separator(&table.header);
    if (csv_cells_split(&table.names, &table.header, table.separator) &&
        table.names.count <= CSV_CELLS_MOST) {
        result = read_rows(walk, &table, emitter, err);
        remark(&table, emitter);
    }
    csv_cells_free_content(&table.names);
    csv_cells_free_content(&table.row);
    return result;
}
