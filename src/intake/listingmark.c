/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/listingmark.h"

#include <string.h>
#include <strings.h>

#include "base/array.h"

/* So many lines are looked at for what a listing must have near its beginning. */
#define NEAR_LINES 24
/* A label is at most so long; a longer line with a colon is prose. */
#define LABEL_MOST_BYTES 96
#define CSV_CELLS_LEAST 10
#define DIGITS "0123456789"
#define HEX_DIGITS "0123456789abcdefABCDEF"
#define TOKEN_LENGTH 16

static bool is_any_of(const struct line *word, const char *const *names, size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (line_equals(word, names[index]))
            return true;
    return false;
}

bool listing_is_property(const struct line *word)
{
    static const char *const names[] = {
        "Caption",     "CSName",      "Description", "FixComments", "HotFixID",
        "InstallDate", "InstalledBy", "InstalledOn", "Name",        "ServicePackInEffect",
        "Status"};

    return is_any_of(word, names, ARRAY_COUNT(names));
}

bool listing_is_added_property(const struct line *word)
{
    static const char *const names[] = {"Source",
                                        "PSComputerName",
                                        "PSStatus",
                                        "PSShowComputerName",
                                        "RunspaceId",
                                        "__GENUS",
                                        "__CLASS",
                                        "__SUPERCLASS",
                                        "__DYNASTY",
                                        "__RELPATH",
                                        "__PROPERTY_COUNT",
                                        "__DERIVATION",
                                        "__SERVER",
                                        "__NAMESPACE",
                                        "__PATH",
                                        "Scope",
                                        "Path",
                                        "Options",
                                        "ClassPath",
                                        "Properties",
                                        "SystemProperties",
                                        "Qualifiers",
                                        "Site",
                                        "Container"};

    return is_any_of(word, names, ARRAY_COUNT(names));
}

/* ---- Values ---- */

bool listing_is_guid(const struct line *word)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    struct line guid = *word;

    if (guid.length_bytes == sizeof(form) + 1 && *guid.bytes == '{' && line_ends_with(&guid, "}")) {
        guid = line_from(guid, 1);
        guid.length_bytes--;
    }
    if (guid.length_bytes != sizeof(form) - 1)
        return false;
    for (size_t index = 0; index < guid.length_bytes; index++)
        if (form[index] == '-'
                ? guid.bytes[index] != '-'
                : guid.bytes[index] == '\0' || strchr(HEX_DIGITS, guid.bytes[index]) == NULL)
            return false;
    return true;
}

/* Takes digits off the front of *rest, and what stands behind them if it is `end`. */
static bool take_digits(struct line *rest, char end)
{
    size_t count = line_count_of(rest, DIGITS);

    if (count == 0 || (end != '\0' && (count == rest->length_bytes || rest->bytes[count] != end)))
        return false;
    *rest = line_from(*rest, count + (end != '\0' ? 1 : 0));
    return true;
}

static bool take_version(struct line *rest)
{
    return take_digits(rest, '.') && take_digits(rest, '.') && take_digits(rest, '.') &&
           take_digits(rest, '\0');
}

bool listing_is_identity(const struct line *word)
{
    struct line left, rest, architecture, language;

    if (!line_split(word, '~', &left, &rest) || left.length_bytes == 0 ||
        line_count_of(&rest, HEX_DIGITS) != TOKEN_LENGTH || rest.length_bytes == TOKEN_LENGTH ||
        rest.bytes[TOKEN_LENGTH] != '~')
        return false;
    rest = line_from(rest, TOKEN_LENGTH + 1);
    return line_split(&rest, '~', &architecture, &rest) && architecture.length_bytes > 0 &&
           line_split(&rest, '~', &language, &rest) && take_version(&rest) &&
           rest.length_bytes == 0;
}

/* Splits a line that begins with a label at its first colon. */
static bool split_label(const struct line *line, struct line *label, struct line *value)
{
    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, ':', label, value) && label->length_bytes > 0 &&
           label->length_bytes <= LABEL_MOST_BYTES;
}

bool listing_package_in_list(const struct line *line, struct line *identity)
{
    struct line label;

    return split_label(line, &label, identity) && listing_is_identity(identity);
}

bool listing_package_in_table(const struct line *line, struct line *identity)
{
    struct line rest;

    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, '|', identity, &rest) && listing_is_identity(identity);
}

bool listing_names_channel(const struct line *description)
{
    static const char *const channels[] = {", VOLUME_", ", RETAIL", ", OEM_", ", TIMEBASED_",
                                           ", VIRTUAL_MACHINE_ACTIVATION"};

    for (size_t index = 0; index < ARRAY_COUNT(channels); index++)
        if (line_contains(description, channels[index]))
            return true;
    return false;
}

bool listing_is_system_version(const struct line *value)
{
    struct line rest = *value;
    struct line build;

    if (!take_digits(&rest, '.') || !take_digits(&rest, '.'))
        return false;
    build = rest;
    build.length_bytes = line_count_of(&rest, DIGITS);
    rest = line_from(rest, build.length_bytes);
    if (build.length_bytes == 0 || build.length_bytes >= rest.length_bytes || *rest.bytes != ' ')
        return false;
    rest = line_from(rest, rest.length_bytes - build.length_bytes - 1);
    return rest.bytes[0] == ' ' && memcmp(rest.bytes + 1, build.bytes, build.length_bytes) == 0;
}

/* ---- Listings of updates ---- */

static bool is_table_header(const struct line *line)
{
    struct line rest = *line;
    struct line word;
    bool has_id = false;

    if (line->length_bytes == 0 || *line->bytes == ' ' || !line_contains(line, "HotFixID"))
        return false;
    while (line_next_word(&rest, &word)) {
        if (!listing_is_property(&word) && !listing_is_added_property(&word))
            return false;
        has_id = has_id || line_equals(&word, "HotFixID");
    }
    return has_id;
}

static bool is_dashes(const struct line *line)
{
    return line_starts_with(line, "--") && line_count_of(line, "- ") == line->length_bytes;
}

static enum listing_form table_form(const struct line *line, struct lines after)
{
    struct line next;

    if (!is_table_header(line))
        return LISTING_FORM_NONE;
    if (lines_next(&after, &next)) {
        next = line_trim(next);
        if (is_dashes(&next))
            return LISTING_FORM_HOTFIX_TABLE;
    }
    return line_starts_with(line, "Source") || line_starts_with(line, "PS")
               ? LISTING_FORM_NONE
               : LISTING_FORM_WMIC_TABLE;
}

/* Cuts the next cell off *rest; quotes around it are no part of it. */
static bool next_cell(struct line *rest, char separator, struct line *cell)
{
    struct line left, right;

    if (rest->bytes == NULL)
        return false;
    if (line_split(rest, separator, &left, &right)) {
        *rest = right;
    } else {
        left = line_trim(*rest);
        *rest = (struct line){0};
    }
    if (left.length_bytes >= 2 && *left.bytes == '"' && line_ends_with(&left, "\"")) {
        left = line_from(left, 1);
        left.length_bytes--;
    }
    *cell = left;
    return true;
}

static bool has_property_cells(const struct line *line, char separator)
{
    struct line rest = *line;
    struct line cell;
    size_t count = 0;
    bool has_id = false;

    while (next_cell(&rest, separator, &cell)) {
        if (!listing_is_property(&cell) && !listing_is_added_property(&cell) &&
            !(count == 0 && line_equals(&cell, "Node")))
            return false;
        has_id = has_id || line_equals(&cell, "HotFixID");
        count++;
    }
    return has_id && count >= 2;
}

char listing_csv_separator(const struct line *line)
{
    static const char separators[] = ",;\t";

    if (!line_contains(line, "HotFixID"))
        return '\0';
    for (const char *separator = separators; *separator != '\0'; separator++)
        if (memchr(line->bytes, *separator, line->length_bytes) != NULL &&
            has_property_cells(line, *separator))
            return *separator;
    return '\0';
}

static enum listing_form csv_form(const struct line *line)
{
    char separator = listing_csv_separator(line);
    struct line node, rest;

    if (separator == '\0')
        return LISTING_FORM_NONE;
    return line_split(line, separator, &node, &rest) && line_equals(&node, "Node")
               ? LISTING_FORM_WMIC_CSV
               : LISTING_FORM_HOTFIX_CSV;
}

static bool is_field(const struct line *line, char separator, struct line *name)
{
    struct line value;

    return line->length_bytes > 0 && *line->bytes != ' ' &&
           line_split(line, separator, name, &value) &&
           (listing_is_property(name) || listing_is_added_property(name));
}

/* Is the line a field, and so are those that follow, and one of them names the update? */
static bool begins_fields(struct listing_walk *walk, const struct line *line, struct lines after,
                          char separator)
{
    struct line at = *line;
    struct line name;

    if (line->number <= walk->no_fields_line)
        return false;
    for (size_t count = 0; count < NEAR_LINES && is_field(&at, separator, &name); count++) {
        if (line_equals(&name, "HotFixID"))
            return true;
        if (!lines_next_filled(&after, &at))
            break;
        /* Whatever begins before that line comes to it, too. */
        walk->no_fields_line = at.number - 1;
    }
    return false;
}

/* ---- The others ---- */

static uint64_t find_package_line(struct lines lines)
{
    struct line line, identity;

    while (lines_next(&lines, &line))
        if (listing_package_in_list(&line, &identity) || listing_package_in_table(&line, &identity))
            return line.number;
    return 0;
}

/* dism says its version, `Version: 6.1.7600.16385`, before it says anything else. */
static bool begins_dism(struct listing_walk *walk, const struct line *line, struct lines after)
{
    struct line label, value;

    if (!split_label(line, &label, &value) || !take_version(&value) || value.length_bytes > 0)
        return false;
    if (!walk->package_is_known ||
        (walk->package_line != 0 && walk->package_line <= line->number)) {
        walk->package_line = find_package_line(after);
        walk->package_is_known = true;
    }
    return walk->package_line != 0 && walk->package_line - line->number <= NEAR_LINES;
}

/* A product's name and description. */
static bool begins_slmgr(const struct line *line, struct lines after)
{
    struct line label, value, next;

    return split_label(line, &label, &value) && value.length_bytes > 0 &&
           lines_next_filled(&after, &next) && split_label(&next, &label, &value) &&
           listing_names_channel(&value);
}

static bool is_one_word(struct line text)
{
    struct line word;

    return line_next_word(&text, &word) && !line_next_word(&text, &word);
}

/* Host, system, version: each under a label. */
static bool begins_systeminfo(const struct line *line, struct lines after)
{
    struct line label, value, next;

    return split_label(line, &label, &value) && is_one_word(value) &&
           lines_next_filled(&after, &next) && split_label(&next, &label, &value) &&
           line_contains(&value, "Windows") && lines_next_filled(&after, &next) &&
           split_label(&next, &label, &value) && listing_is_system_version(&value);
}

static bool is_systeminfo_row(const struct line *line)
{
    struct line rest = *line;
    struct line cell;
    size_t count = 0;

    while (next_cell(&rest, ',', &cell)) {
        struct line text = line_trim(cell);

        if (count == 0 ? !is_one_word(text)
                       : (count == 1 && !line_contains(&text, "Windows")) ||
                             (count == 2 && !listing_is_system_version(&text)))
            return false;
        if (++count >= CSV_CELLS_LEAST)
            return true;
    }
    return false;
}

static bool begins_systeminfo_csv(const struct line *line, struct lines after)
{
    struct line next;

    if (!line_starts_with(line, "\""))
        return false;
    return is_systeminfo_row(line) || (lines_next_filled(&after, &next) &&
                                       line_starts_with(&next, "\"") && is_systeminfo_row(&next));
}

enum listing_form listing_form_at(struct listing_walk *walk)
{
    struct lines after = walk->lines;
    struct line line;
    enum listing_form form;

    if (!lines_next(&after, &line) || line.length_bytes == 0 || (unsigned char)*line.bytes <= ' ')
        return LISTING_FORM_NONE;
    form = table_form(&line, after);
    if (form == LISTING_FORM_NONE)
        form = csv_form(&line);
    if (form != LISTING_FORM_NONE)
        return form;
    if (begins_fields(walk, &line, after, '='))
        return LISTING_FORM_WMIC_LIST;
    if (begins_fields(walk, &line, after, ':'))
        return LISTING_FORM_HOTFIX_LIST;
    if (begins_dism(walk, &line, after))
        return LISTING_FORM_DISM;
    if (begins_slmgr(&line, after))
        return LISTING_FORM_SLMGR;
    if (begins_systeminfo(&line, after))
        return LISTING_FORM_SYSTEMINFO;
    return begins_systeminfo_csv(&line, after) ? LISTING_FORM_SYSTEMINFO_CSV : LISTING_FORM_NONE;
}

/* ---- Texts that quote listings ---- */

/* Headings of a collecting script, its echoed commands, banners: more stands before no listing. And
 * of so many words are lines of prose, of which a letter or a manual has several. */
#define HEADING_LINES_MOST 40
#define PROSE_WORDS 9
#define PROSE_LINES 3

/* How lines of scripts, pages, mails and programs begin: ASCII, without regard to case. */
static bool is_foreign(const struct line *line)
{
    static const char *const starts[] = {
        "<",        "```",       "~~~",          "| ",           "@echo",
        "@rem",     "rem ",      "::",           "#!",           "#include",
        "/*",       "//",        "import ",      "from:",        "to:",
        "subject:", "received:", "return-path:", "mime-version", "content-type",
        "param(",   "function ", "setlocal",     "{\\rtf",       "{\"",
        "[{"};

    for (size_t index = 0; index < ARRAY_COUNT(starts); index++)
        if (strlen(starts[index]) <= line->length_bytes &&
            strncasecmp(line->bytes, starts[index], strlen(starts[index])) == 0)
            return true;
    return false;
}

static bool is_prose(struct line line)
{
    struct line word;
    size_t words = 0;

    while (words < PROSE_WORDS && line_next_word(&line, &word))
        words++;
    return words == PROSE_WORDS;
}

bool listing_begins_text(struct lines head)
{
    struct listing_walk walk = {.lines = head};
    size_t headings = 0, prose = 0;
    struct line line;

    while (listing_form_at(&walk) == LISTING_FORM_NONE) {
        if (!lines_next(&walk.lines, &line))
            return false;
        headings += !line_is_blank(&line);
        prose += is_prose(line);
        if (headings > HEADING_LINES_MOST || prose >= PROSE_LINES)
            return false;
    }
    while (lines_next(&head, &line)) {
        line = line_trim(line);
        if (is_foreign(&line))
            return false;
    }
    return true;
}
