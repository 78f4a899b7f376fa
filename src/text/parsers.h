/* SPDX-License-Identifier: Apache-2.0 */
/* parsers: one for each form of listing. Each reads the listing that begins with the next line of
 * the walk (listing_form_at said so), hands on what it says, and leaves the walk behind it. They
 * know nothing of files. -1 (ERROR_RUN) when the sink ended the run. */
#ifndef SPPTRIAGE_TEXT_PARSERS_H
#define SPPTRIAGE_TEXT_PARSERS_H

#include "text/forms.h"
#include "text/listing_tally.h"
#include "text/tokens.h"

int wmic_table_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int wmic_csv_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int wmic_list_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int hotfix_table_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int hotfix_csv_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int hotfix_list_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int packages_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int slmgr_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int systeminfo_read(struct listing_walk *walk, struct listing_out *out, struct error *err);
int systeminfo_csv_read(struct listing_walk *walk, struct listing_out *out, struct error *err);

/* ---- Words of hosts ---- */

/* Columns and fields that tell whose an update is, the best first. */
#define HOST_COLUMNS 5

/* The column of that heading: 0 for the best one; HOST_COLUMNS for another heading. */
size_t host_column_of(const struct line *heading);

/* Can the cell be what such a column has: one word, a name or an address? */
bool host_is_plausible(const struct line *cell);

/* Does it name a machine: is it neither empty nor an address, `localhost` or `.`? */
bool host_is_name(const struct line *cell);

/* The best of the cells (empty ones where there is no such column) that names a machine, or its
 * fully qualified form where another has that: what a machine calls itself is often short, and
 * another's name in another domain. An empty line when none does. */
struct line host_choose(const struct line cells[HOST_COLUMNS]);

#define HOST_NOT_TOLD "whose update it is cannot be told"

/* ---- Words of updates ---- */

/* Finds the first word of the line that is an update number, KB and digits and perhaps a suffix
 * (KB2899189_Microsoft-Windows-...), at its start or behind so many blanks. */
bool update_find_number(const struct line *line, size_t blanks, struct line *number);

/* Is it the name of an update: KB2534111 and perhaps a suffix, 982861, Q147222, {GUID}, or
 * `File 1`? */
bool update_is_name(const struct line *cell);

/* Was the name of an update, or a row in which none was found, cut off so that its number is not
 * known? PowerShell writes three dots, or one character of three, at the end of such a cell. */
bool update_is_cut(const struct line *name);

/* The first word that is a date as listings have it, 1/22/2019 or 22.01.2019; else empty. */
struct line update_find_date(struct line line);

#define UPDATE_ID_CUT "a cell with an update number is cut off"

/* Of a listing: between its rows, or behind them where its end should be, are lines that are none
 * (errors, prompts); rows behind them are read all the same. */
#define LISTING_INTERRUPTED "lines that are none of its rows interrupt it"

#endif
