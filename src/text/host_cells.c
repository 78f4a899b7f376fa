/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/hostname.h"

/* CSName is what the machine calls itself, and so is Source; the others are what it was asked by,
 * which can be an address. Name is a property of updates, too, which is empty. */
static const char *const host_columns[HOST_COLUMNS] = {
    "CSName", "Source", "ComputerName", "PSComputerName", "Node", "__SERVER", "Name"};

size_t host_column_of(const struct line *heading)
{
    struct line name = token_without_zero(*heading);
    size_t column = 0;

    while (column < HOST_COLUMNS && !line_equals(&name, host_columns[column]))
        column++;
    return column;
}

bool host_column_is_certain(size_t column)
{
    return column < HOST_COLUMNS - 1;
}

/* No name of a host has one of these, and an address only the colon. */
#define NOT_IN_HOSTS "\"'<>|*?=,;()[]{}\\/+~^&%$"

bool host_cell_is_plausible(const struct line *cell)
{
    struct line rest = *cell;
    struct line word;
    bool has_letters = false;

    if (!line_next_word(&rest, &word) || !line_is_blank(&rest) || line_ends_with(&word, ":"))
        return false;
    for (size_t index = 0; index < word.length_bytes; index++) {
        unsigned char byte = (unsigned char)word.bytes[index];

        if (strchr(NOT_IN_HOSTS, byte) != NULL)
            return false;
        has_letters = has_letters || byte >= 0x80 || isalnum(byte);
    }
    return has_letters || line_equals(&word, ".");
}

static bool is_address(const struct line *word)
{
    size_t digits = line_count_of(word, "0123456789.");

    return digits == word->length_bytes ? line_contains(word, ".")
                                        : line_contains(word, ":") || line_starts_with(word, "[");
}

static bool is_name(const struct line *cell)
{
    return cell->length_bytes > 0 && !line_equals(cell, ".") && !is_address(cell) &&
           !line_equals_ascii(cell, "localhost");
}

/* Only a name with a dot is worth folding: every row of a listing is asked. */
static bool is_full_form(const struct line *name, const struct line *full)
{
    char *folded_name, *folded_full;
    bool is;

    if (!line_contains(full, "."))
        return false;
    folded_name = text_fold_bytes(name->bytes, name->length_bytes);
    folded_full = text_fold_bytes(full->bytes, full->length_bytes);
    is = hostname_is_full_form(folded_full, folded_name);
    free(folded_name);
    free(folded_full);
    return is;
}

struct line host_cells_choose(const struct line cells[HOST_COLUMNS])
{
    struct line chosen = {0};

    for (size_t column = 0; column < HOST_COLUMNS; column++)
        if (is_name(&cells[column]) &&
            (chosen.length_bytes == 0 || is_full_form(&chosen, &cells[column])))
            chosen = cells[column];
    return chosen;
}
