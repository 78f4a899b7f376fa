/* SPDX-License-Identifier: Apache-2.0 */
/* systeminfo. Host, system and version come first; the updates are a numbered list under a line
 * that says how many there are:
 *
 *     Host Name:                 PC1
 *     OS Name:                   Microsoft Windows 7 Enterprise
 *     OS Version:                6.1.7601 Service Pack 1 Build 7601
 *     ...
 *     Hotfix(s):                 2 Hotfix(s) Installed.
 *                                [01]: KB2534111
 *                                [02]: KB2999226
 *
 * Windows 7 cuts that list off when it gets long: public listings announce 294 entries and end
 * after `[245]: KB3020369` with `[24`. As CSV all of it is one cell, entries with commas. Labels
 * are translated, and so is the sentence about the count. Processors and network cards are numbered
 * alike. */
#include <stdlib.h>

#include "text/forms.h"
#include "text/tokens.h"

#define DIGITS "0123456789"
/* So many lines lie between the version and the product id, and the updates, at most. */
#define LINES_BEFORE_ID_MOST 16
#define LINES_BEFORE_LIST_MOST 200

struct systeminfo {
    struct update_listing updates;
    struct line host;
};

/* What comes before the updates. */
struct described_system {
    struct line host;
    struct line name;
    struct line version;
    struct line product_id; /* empty where it is not found */
};

static int hand_on_system(struct emitter *emitter, const struct described_system *system,
                          struct error *err)
{
    char *host_text = line_copy(&system->host, LISTING_VALUE_MOST_BYTES);
    char *name = line_copy(&system->name, LISTING_VALUE_MOST_BYTES);
    char *version = line_copy(&system->version, LISTING_VALUE_MOST_BYTES);
    char *product_id = line_copy(&system->product_id, LISTING_VALUE_MOST_BYTES);
    struct finding finding = finding_of(FINDING_SYSTEM, FINDING_ORIGIN_SYSTEMINFO);
    int result;

    finding.host = host_text;
    finding.place = system->host.number;
    finding.system.os_name = name;
    finding.system.os_version = version;
    finding.system.product_id = product_id;
    result = emitter_add(emitter, &finding, err);
    free(host_text);
    free(name);
    free(version);
    free(product_id);
    return result;
}

/* The value of a line behind the version that has the form of a product id; its label is
 * translated. */
static struct line find_product_id(struct listing_walk walk)
{
    struct line line, label, value;

    for (unsigned count = 0; count < LINES_BEFORE_ID_MOST; count++) {
        if (listing_form_at(&walk) != LISTING_FORM_NONE || !lines_next_filled(&walk.lines, &line))
            break;
        if (line.ended && line_split(&line, ':', &label, &value) && token_is_product_id(&value))
            return value;
    }
    return (struct line){0};
}

/* Reads `[07]: KB2534111`. False when the line is none; a line that was cut is none. */
static bool read_item(struct line line, uint64_t *number, struct line *value)
{
    line = line_trim(line);
    if (!line_starts_with(&line, "["))
        return false;
    line = line_from(line, 1);
    if (!line_take_number(&line, number))
        return false;
    if (!line_starts_with(&line, "]:"))
        return false;
    *value = line_trim(line_from(line, 2));
    return value->length_bytes > 0;
}

/* The first number in the text: how many entries are announced. */
static bool read_count(struct line text, uint64_t *count)
{
    while (text.length_bytes > 0 && line_count_of(&text, DIGITS) == 0)
        text = line_from(text, 1);
    return line_take_number(&text, count);
}

/* Takes the next item of a list, which has the number that follows. */
static bool next_item(struct lines *lines, uint64_t *number, struct line *item, bool *ended)
{
    struct lines after = *lines;
    struct line line;
    uint64_t own;

    if (!lines_next_filled(&after, &line) || !read_item(line, &own, item) || own != *number + 1)
        return false;
    *number = own;
    *ended = line.ended;
    *lines = after;
    return true;
}

/* Is the list that begins there one of updates? Leaves *lines behind it when it is not. */
static bool is_list_of_updates(struct lines *lines)
{
    struct lines at = *lines;
    uint64_t number = 0;
    struct line item, found;
    bool ended;

    while (next_item(&at, &number, &item, &ended))
        if (hotfix_find_number(&item, 1, &found) && found.bytes == item.bytes)
            return true;
    if (number > 0)
        *lines = at;
    return false;
}

static int read_list(struct listing_walk *walk, struct systeminfo *system, struct emitter *emitter,
                     struct error *err)
{
    struct listed_update entry = {.state = PACKAGE_STATE_NOT_TOLD};
    uint64_t number = 0;
    bool ended = true;
    int result = 0;

    while (result == 0 && next_item(&walk->lines, &number, &entry.name, &ended)) {
        if (!ended) { /* its last digit may be missing */
            update_listing_mark_incomplete(&system->updates, LISTING_CUT_IN_LINE);
            break;
        }
        result = update_listing_add(&system->updates, emitter, system->host, &entry, err);
    }
    return result;
}

/* Looks for the list of updates, and reads it. */
static int find_list(struct listing_walk *walk, struct systeminfo *system, struct emitter *emitter,
                     struct error *err)
{
    struct line line = {0}, label, value = {0};

    for (unsigned count = 0; count < LINES_BEFORE_LIST_MOST; count++) {
        lines_skip_blank(&walk->lines);
        if (is_list_of_updates(&walk->lines)) {
            system->updates.is_announced = read_count(value, &system->updates.announced_count);
            if (!system->updates.is_announced)
                update_listing_mark_incomplete(&system->updates,
                                               "it does not say how many entries it has");
            return read_list(walk, system, emitter, err);
        }
        if (listing_form_at(walk) != LISTING_FORM_NONE || !lines_next(&walk->lines, &line))
            return 0;
        if (!line_split(&line, ':', &label, &value))
            value = (struct line){0};
    }
    return 0;
}

/* A host's name is handed on though nothing else is known of it. */
static void finish(struct systeminfo *system, struct emitter *emitter)
{
    if (system->updates.host_count == 0)
        update_listing_add_host(&system->updates, system->host);
    update_listing_finish(&system->updates, emitter);
}

int systeminfo_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct systeminfo system = {.updates = {.origin = FINDING_ORIGIN_SYSTEMINFO}};
    struct described_system described = {0};
    struct line line, label;
    int result;

    if (!lines_next_filled(&walk->lines, &line) ||
        !line_split(&line, ':', &label, &described.host) ||
        !lines_next_filled(&walk->lines, &line) ||
        !line_split(&line, ':', &label, &described.name) ||
        !lines_next_filled(&walk->lines, &line) ||
        !line_split(&line, ':', &label, &described.version))
        return 0;
    described.product_id = find_product_id(*walk);
    system.host = described.host;
    system.updates.line = system.host.number;
    result = hand_on_system(emitter, &described, err);
    if (result == 0)
        result = find_list(walk, &system, emitter, err);
    finish(&system, emitter);
    return result;
}

/* ---- As CSV ---- */

/* Reads the cell `2 Hotfix(s) Installed.,[01]: KB2534111,[02]: KB2999226`. False when it is
 * another. */
static bool read_cell(struct systeminfo *system, struct line cell, struct emitter *emitter,
                      int *result, struct error *err)
{
    struct line rest = cell, after, head, part, found;
    struct listed_update entry = {.state = PACKAGE_STATE_NOT_TOLD};
    uint64_t number;

    if (!line_next_cell(&rest, ',', &head))
        return false;
    after = rest;
    if (!line_next_cell(&after, ',', &part) || !read_item(part, &number, &entry.name) ||
        number != 1 || !hotfix_find_number(&entry.name, 1, &found))
        return false;
    system->updates.is_announced = read_count(head, &system->updates.announced_count);
    while (*result == 0 && line_next_cell(&rest, ',', &part)) {
        if (!read_item(part, &number, &entry.name))
            continue;
        entry.name.number = cell.number;
        *result = update_listing_add(&system->updates, emitter, system->host, &entry, err);
    }
    return true;
}

static int read_row(struct emitter *emitter, const struct csv_cells *row, const struct line *line,
                    struct error *err)
{
    struct described_system described = {.host = csv_cells_at(row, line, 0),
                                         .name = csv_cells_at(row, line, 1),
                                         .version = csv_cells_at(row, line, 2)};
    struct systeminfo system = {
        .updates = {.origin = FINDING_ORIGIN_SYSTEMINFO, .line = line->number},
        .host = described.host};
    int result;

    for (size_t index = 3; described.product_id.length_bytes == 0 && index < row->count; index++) {
        struct line cell = csv_cells_at(row, line, index);

        if (token_is_product_id(&cell))
            described.product_id = cell;
    }
    result = hand_on_system(emitter, &described, err);

    for (size_t index = 3; result == 0 && index < row->count; index++)
        if (read_cell(&system, csv_cells_at(row, line, index), emitter, &result, err))
            break;
    if (!line->ended)
        update_listing_mark_incomplete(&system.updates, LISTING_CUT_IN_LINE);
    if (system.updates.host_count > 0 && !system.updates.is_announced)
        update_listing_mark_incomplete(&system.updates, "it does not say how many entries it has");
    finish(&system, emitter);
    return result;
}

int systeminfo_csv_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct csv_cells row = {0};
    struct lines after = walk->lines;
    struct line line, version;
    int result = 0;

    /* The header, then a row for each host. */
    for (bool first = true; result == 0 && lines_next(&after, &line); walk->lines = after) {
        if (line_is_blank(&line))
            continue;
        if (!csv_cells_split(&row, &line, ',')) {
            walk->lines = after;
            break;
        }
        version = csv_cells_at(&row, &line, 2);
        if (token_is_system_version(&version))
            result = read_row(emitter, &row, &line, err);
        else if (!first)
            break;
        first = false;
    }
    csv_cells_free_content(&row);
    return result;
}
