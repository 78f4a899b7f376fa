/* SPDX-License-Identifier: Apache-2.0 */
/* tokens: what words, cells and single lines of listings are: names and values that are the same in
 * every language. All are questions about one line or word; what they hand out borrows it.
 *
 * Facts: FACTS.md, Text listings; property names: Microsoft, Win32_QuickFixEngineering. */
#ifndef SPPTRIAGE_TEXT_TOKENS_H
#define SPPTRIAGE_TEXT_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/lines.h"
#include "base/text.h"
#include "model/finding.h"

/* Splits a line that begins with a label, of sensible length, at its first colon. */
bool token_split_label(const struct line *line, struct line *label, struct line *value);

/* Is it letters, digits and underlines, and does not begin with a digit? */
bool token_is_identifier(const struct line *word);

/* Splits `NAME : VALUE`, of which the name is such. */
bool token_split_property(const struct line *line, char separator, struct line *name,
                          struct line *value);

/* The name without the 0 that ends each column of Configuration Manager's database. */
struct line token_without_zero(struct line name);

/* Is it a property name of the class, as wmic has them? Or, else, one that PowerShell adds? */
bool token_is_property(const struct line *word);
bool token_is_added_property(const struct line *word);

/* Is it the heading of a column with the names of updates, as one of those tools has it, or as
 * scripts do? */
bool token_is_update_heading(const struct line *word);

/* Is it the heading of a column of tables of updates, whoever made them? */
bool token_is_heading(const struct line *word);

/* Is it all of a package identity, `NAME~TOKEN~ARCHITECTURE~LANGUAGE~VERSION`? */
bool token_is_package(const struct line *word);

/* The value of a line `LABEL : IDENTITY`, or the first cell of `IDENTITY | STATE | ...`. */
bool token_package_of_line(const struct line *line, struct line *identity);
bool token_package_of_row(const struct line *line, struct line *identity);

/* Is it a GUID, with or without braces? */
bool token_is_guid(const struct line *word);

/* Does the product description name a channel: `..., VOLUME_KMSCLIENT channel`? */
bool token_names_channel(const struct line *description);

/* Is it a version of four numbers: `6.1.7600.16385`? */
bool token_is_version(const struct line *value);

/* Is it a version as systeminfo has it: `6.1.7601 Service Pack 1 Build 7601`? */
bool token_is_system_version(const struct line *value);

/* Is it a product id of Windows: `00392-918-5000002-85123`, `00371-OEM-8992671-00524`? */
bool token_is_product_id(const struct line *value);

/* ---- Hotfixes (hotfix_names.c) ---- */

/* Finds the first word of the line that is an update number, KB and digits and perhaps a suffix
 * (KB2899189_Microsoft-Windows-...), at its start or behind so many blanks. */
bool hotfix_find_number(const struct line *line, size_t blanks, struct line *number);

/* Is the line a row of wmic's full table, told by the address that each begins with: `http://
 * support.microsoft.com/?kbid=971033  PC1  Update  KB971033  ...`? *host is empty where no cell
 * stands there but one, which is the description. */
bool hotfix_find_row(const struct line *line, struct line *host, struct line *number);

/* Is it the name of an update: KB2534111 and perhaps a suffix, 982861, Q147222, {GUID}, or
 * `File 1`? */
bool hotfix_is_name(const struct line *cell);

/* Was the name of an update, or a row in which none was found, cut off so that its number is not
 * known? PowerShell writes three dots, or one character of three, at the end of such a cell. */
bool hotfix_is_cut(const struct line *name);

/* The first word that is a date as listings have it, 1/22/2019 or 22.01.2019; else empty. */
struct line hotfix_find_date(struct line line);

/* ---- Hosts (host_cells.c) ---- */

/* Columns and fields that tell whose an update is, the best first. */
#define HOST_COLUMNS 7

/* The column of that heading: 0 for the best one; HOST_COLUMNS for another heading. */
size_t host_column_of(const struct line *heading);

/* Has such a column a host in each row? `Name` can be empty, or that of something else. */
bool host_column_is_certain(size_t column);

/* Can the cell be what such a column has: one word, a name or an address? */
bool host_cell_is_plausible(const struct line *cell);

/* The best of the cells (empty ones where there is no such column) that names a machine, or its
 * fully qualified form where another has that: what a machine calls itself is often short, and
 * another's name in another domain. An empty line when none does. */
struct line host_cells_choose(const struct line cells[HOST_COLUMNS]);

/* ---- CSV (csv_cells.c) ---- */

/* More cells than any row of a listing has; further ones are counted, not kept. */
#define CSV_CELLS_MOST 128

/* One line of CSV as cells, through libcsv: rows of listings have no line breaks in their cells.
 * Starts as zeros. */
struct csv_cells {
    struct text bytes; /* owned: all cells, each ended by a NUL */
    size_t starts[CSV_CELLS_MOST + 1];
    size_t count;
};

/* Splits the line; what *cells had before is gone. False when it is not a row: a quote that does
 * not end, or no memory for libcsv. */
bool csv_cells_split(struct csv_cells *cells, const struct line *line, char separator);

/* The cell, trimmed, or an empty line past the last one. Borrowed until the next split; bears the
 * number of `line`. */
struct line csv_cells_at(const struct csv_cells *cells, const struct line *line, size_t index);

void csv_cells_free_content(struct csv_cells *cells);

/* ---- Commands (command.c) ---- */

/* So many lines lie between a command, or a heading, and its listing at most; longer lines are
 * neither. */
#define LINES_ABOVE_MOST 12
#define COMMAND_MOST_BYTES 8191 /* of cmd.exe */

/* Takes the line before *at, which is the start of a line of the text, and moves there; false at
 * the start of the text. */
bool line_above(const char *text, const char **at, struct line *out);

/* Is the line a command as a console echoes it, behind a prompt or not, or as PowerShell's errors
 * quote it? */
bool command_is(struct line line);

/* Does the nearest command above `at` in the text that makes such a listing leave entries out:
 * `Get-HotFix | where ...`, `wmic qfe where ...`, `dism ... | findstr ...`? Looks at a few lines;
 * false where there is none. `at` is the start of a line. */
bool command_above_selects(const char *text, const char *at, enum finding_origin origin);

/* Is the line a command that calls slmgr? *host is the machine that it asks, empty for its own. */
bool command_slmgr_host(struct line line, struct line *host);

/* ---- Headings (heading.c) ---- */

/* The host that the lines of the text from `from` up to the listing at `at`, the starts of lines,
 * name as that of the listing; empty for none. Where a line or a command says that it is a host,
 * *is_sure is true; else it is a heading of one word that looks like one. */
struct line heading_host(const char *from, const char *at, bool *is_sure);

#endif
