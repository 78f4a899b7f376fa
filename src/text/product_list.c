/* SPDX-License-Identifier: Apache-2.0 */
/* The class SoftwareLicensingProduct, a property a line: Get-WmiObject and Get-CimInstance through
 * Format-List (`LicenseStatus : 5`), wmic's /value (`LicenseStatus=5`). Property names are never
 * translated; which there are, and in which order, is up to who asked. A record ends at an empty
 * line, where its first property comes again, or at what is not a property. PowerShell goes on with
 * a long value on lines that begin with blanks. */
#include "text/forms.h"
#include "text/tokens.h"

struct product_record {
    struct listed_licence licence;
    struct line hosts[HOST_COLUMNS];
    struct line first;   /* the name of the first property */
    bool has_key_field;  /* though it may be empty */
    bool is_description; /* the property before is the description */
    bool is_doubled;     /* an empty line follows each line */
    bool is_cut;
};

/* Takes a line that goes on with the value before. */
static void take_rest(struct product_record *record, const struct line *line)
{
    if (record->is_description && record->licence.description_rest.length_bytes == 0)
        record->licence.description_rest = line_trim(*line);
    record->is_description = false;
}

static void take_property(struct product_record *record, const struct line *name,
                          const struct line *value)
{
    struct line *property = licence_property(&record->licence, name);
    size_t host = host_column_of(name);

    if (property != NULL)
        *property = *value;
    else if (host < HOST_COLUMNS)
        record->hosts[host] = *value;
    record->has_key_field = record->has_key_field || property == &record->licence.partial_key;
    record->is_description = property == &record->licence.description;
}

/* Takes the line if it is one of the record. */
static bool take_line(struct product_record *record, const struct line *line, char separator)
{
    struct line name, value;

    if (!line->ended) {
        record->is_cut = true; /* its value may be another's beginning */
        return true;
    }
    if (*line->bytes == ' ') {
        take_rest(record, line);
        return true;
    }
    if (!token_split_property(line, separator, &name, &value) || line_same(&name, &record->first))
        return false;
    if (record->first.length_bytes == 0)
        record->first = name;
    take_property(record, &name, &value);
    return true;
}

static void read_lines(struct listing_walk *walk, struct product_record *record, char separator)
{
    struct lines after = walk->lines;
    struct line line;

    while (lines_next(&after, &line) && !line_is_blank(&line) &&
           take_line(record, &line, separator)) {
        walk->lines = after;
        if (record->is_doubled && lines_next(&after, &line) && line_is_blank(&line))
            walk->lines = after;
        after = walk->lines;
    }
}

static int read_record(struct listing_walk *walk, char separator, struct emitter *emitter,
                       struct error *err)
{
    struct product_record record = {
        .licence = {.origin = FINDING_ORIGIN_LICENSING_PRODUCT, .line = walk->lines.number + 1}};
    struct lines after = walk->lines;
    struct line line;

    record.is_doubled = lines_next(&after, &line) && lines_are_doubled(after);
    read_lines(walk, &record, separator);
    record.licence.host = host_cells_choose(record.hosts);
    if (record.is_cut)
        emitter_remark(emitter, record.licence.line, record.licence.origin, "",
                       LISTING_CUT_IN_LINE);
    else if (!record.has_key_field)
        emitter_remark(emitter, record.licence.line, record.licence.origin, "",
                       LICENCE_KEY_UNKNOWN);
    return licence_add(emitter, &record.licence, err);
}

int product_list_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    return read_record(walk, ':', emitter, err);
}

int product_values_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    return read_record(walk, '=', emitter, err);
}
