/* SPDX-License-Identifier: Apache-2.0 */
#include "text/forms.h"

#include <assert.h>
#include <ctype.h>

#include "base/memory.h"
#include "text/tokens.h"

/* So many lines are looked at for what a listing must have near its beginning. */
#define NEAR_LINES 24
#define CSV_CELLS_LEAST 10
/* The properties of a product are more. */
#define PRODUCT_LINES_MOST 128

/* ---- Listings of updates ---- */

static bool is_heading_of(const struct line *line, bool (*is_heading)(const struct line *word))
{
    struct line rest = *line;
    struct line word;
    bool has_id = false;

    if (line->length_bytes == 0 || *line->bytes == ' ')
        return false;
    while (line_next_word(&rest, &word)) {
        if (!is_heading(&word))
            return false;
        has_id = has_id || token_is_update_heading(&word);
    }
    return has_id;
}

static bool is_own_heading(const struct line *word)
{
    return token_is_property(word) || token_is_added_property(word);
}

static bool is_dashes(const struct line *line)
{
    return line_starts_with(line, "--") && line_count_of(line, "- ") == line->length_bytes;
}

static bool is_followed_by_dashes(struct lines after)
{
    struct line next;

    if (!lines_next_filled(&after, &next))
        return false;
    next = line_trim(next);
    return is_dashes(&next);
}

static bool begins_hotfix_table(struct listing_walk *walk, const struct line *line,
                                struct lines after)
{
    (void)walk;
    return is_heading_of(line, token_is_heading) && is_followed_by_dashes(after);
}

static bool begins_wmic_table(struct listing_walk *walk, const struct line *line,
                              struct lines after)
{
    (void)walk;
    (void)after;
    return line_contains(line, "HotFixID") && is_heading_of(line, is_own_heading) &&
           !line_starts_with(line, "Source") && !line_starts_with(line, "PS");
}

static bool has_property_cells(const struct line *line, char separator)
{
    struct line rest = *line;
    struct line cell;
    size_t count = 0;
    bool has_id = false;

    while (line_next_cell(&rest, separator, &cell)) {
        if (!token_is_heading(&cell) && !(count == 0 && line_equals(&cell, "Node")))
            return false;
        has_id = has_id || token_is_update_heading(&cell);
        count++;
    }
    return has_id && count >= 2;
}

/* The separator of the line as one of CSV that has such cells, or '\0'. */
static char find_separator(const struct line *line,
                           bool (*has_cells)(const struct line *line, char separator))
{
    static const char separators[] = ",;\t";

    for (const char *separator = separators; *separator != '\0'; separator++)
        if (line_has_byte(line, *separator) && has_cells(line, *separator))
            return *separator;
    return '\0';
}

char listing_csv_separator(const struct line *line)
{
    return find_separator(line, has_property_cells);
}

static bool begins_wmic_csv(struct listing_walk *walk, const struct line *line, struct lines after)
{
    char separator = listing_csv_separator(line);
    struct line node, rest;

    (void)walk;
    (void)after;
    return separator != '\0' && line_split(line, separator, &node, &rest) &&
           line_equals(&node, "Node");
}

static bool begins_hotfix_csv(struct listing_walk *walk, const struct line *line,
                              struct lines after)
{
    (void)walk;
    (void)after;
    return listing_csv_separator(line) != '\0';
}

static bool is_field(const struct line *line, char separator, struct line *name)
{
    struct line value;

    return line->length_bytes > 0 && *line->bytes != ' ' &&
           line_split(line, separator, name, &value) &&
           (token_is_property(name) || token_is_added_property(name));
}

/* Is the line a field, and so are those that follow, and one of them names the update? Asked of the
 * same line again, the answer is the same. */
static bool begins_fields(struct listing_walk *walk, const struct line *line, struct lines after,
                          char separator)
{
    struct line at = *line;
    struct line name;
    size_t count = 0;

    if (line->number <= walk->no_fields_line)
        return false;
    for (; count < NEAR_LINES && is_field(&at, separator, &name); count++) {
        if (line_equals(&name, "HotFixID"))
            return true;
        if (!lines_next_filled(&after, &at))
            break;
    }
    /* Whatever begins before that line comes to it, too. */
    if (count > 0)
        walk->no_fields_line = at.number - 1;
    return false;
}

static bool begins_wmic_list(struct listing_walk *walk, const struct line *line, struct lines after)
{
    return begins_fields(walk, line, after, '=');
}

static bool begins_hotfix_list(struct listing_walk *walk, const struct line *line,
                               struct lines after)
{
    return begins_fields(walk, line, after, ':');
}

/* ---- Packages, licences, systems ---- */

static uint64_t find_package_line(struct lines lines)
{
    struct line line, identity;

    while (lines_next(&lines, &line))
        if (token_package_of_line(&line, &identity) || token_package_of_row(&line, &identity))
            return line.number;
    return 0;
}

/* Is the line a property, and so are those that follow, and one of them the status of a licence?
 * Lines that begin with blanks go on with the one before. Asked of the same line again, the answer
 * is the same. */
static bool begins_product(struct listing_walk *walk, const struct line *line, struct lines after,
                           char separator)
{
    bool is_doubled = lines_are_doubled(after);
    struct line at = *line;
    struct line name = {0}, value;
    size_t count = 0;

    if (line->number <= walk->no_product_line)
        return false;
    while (count < PRODUCT_LINES_MOST &&
           (token_split_property(&at, separator, &name, &value) ||
            (count > 0 && at.length_bytes > 0 && (unsigned char)*at.bytes <= ' '))) {
        if (line_equals(&name, LICENCE_STATUS_PROPERTY))
            return true;
        count++;
        if (!(is_doubled ? lines_next_filled(&after, &at)
                         : lines_next(&after, &at) && !line_is_blank(&at)))
            break;
    }
    /* Whatever begins before that line comes to it, too. */
    if (count > 0)
        walk->no_product_line = at.number - 1;
    return false;
}

static bool is_one_word(struct line text)
{
    struct line word;

    return line_next_word(&text, &word) && !line_next_word(&text, &word);
}

/* dism says its version, `Version: 6.1.7600.16385`, before it says anything else. */
static bool begins_dism(struct listing_walk *walk, const struct line *line, struct lines after)
{
    struct line label, value;

    if (!token_split_label(line, &label, &value) || !token_is_version(&value))
        return false;
    if (!walk->package_is_known ||
        (walk->package_line != 0 && walk->package_line <= line->number)) {
        walk->package_line = find_package_line(after);
        walk->package_is_known = true;
    }
    return walk->package_line != 0 && walk->package_line - line->number <= NEAR_LINES;
}

/* The line's label and value, indented or not. */
static bool split_indented(struct line line, struct line *label, struct line *value)
{
    line = line_trim(line);
    return token_split_label(&line, label, value);
}

/* A product's name and description, which for products of Windows names it in any language. */
static bool begins_slmgr(struct listing_walk *walk, const struct line *line, struct lines after)
{
    struct line label, name, next, description;

    (void)walk;
    return split_indented(*line, &label, &name) && name.length_bytes > 0 &&
           lines_next_filled(&after, &next) && split_indented(next, &label, &description) &&
           line_contains(&description, "Windows") && token_names_channel(&description);
}

static bool begins_slmgr_answer(struct listing_walk *walk, const struct line *line,
                                struct lines after)
{
    (void)line;
    (void)after;
    return slmgr_answer_is_at(walk->lines);
}

static bool begins_mgadiag(struct listing_walk *walk, const struct line *line, struct lines after)
{
    (void)walk;
    (void)after;
    return line_starts_with(line, "Diagnostic Report (") && line_contains(line, "):");
}

static bool begins_product_list(struct listing_walk *walk, const struct line *line,
                                struct lines after)
{
    return begins_product(walk, line, after, ':');
}

static bool begins_product_values(struct listing_walk *walk, const struct line *line,
                                  struct lines after)
{
    return begins_product(walk, line, after, '=');
}

static bool has_identifier_cells(const struct line *line, char separator)
{
    struct line rest = *line;
    struct line cell;
    size_t count = 0;
    bool has_status = false;

    for (; line_next_cell(&rest, separator, &cell); count++) {
        if (!token_is_identifier(&cell))
            return false;
        has_status = has_status || line_equals(&cell, LICENCE_STATUS_PROPERTY);
    }
    return has_status && count >= 2;
}

char product_csv_separator(const struct line *line)
{
    return find_separator(line, has_identifier_cells);
}

static bool begins_product_csv(struct listing_walk *walk, const struct line *line,
                               struct lines after)
{
    (void)walk;
    (void)after;
    return product_csv_separator(line) != '\0';
}

/* Host (blanked in some), system, version. */
static bool begins_systeminfo(struct listing_walk *walk, const struct line *line,
                              struct lines after)
{
    struct line label, host, next, system, version;

    (void)walk;
    return token_split_label(line, &label, &host) &&
           (host.length_bytes == 0 || is_one_word(host)) && lines_next_filled(&after, &next) &&
           token_split_label(&next, &label, &system) && line_contains(&system, "Windows") &&
           lines_next_filled(&after, &next) && token_split_label(&next, &label, &version) &&
           token_is_system_version(&version);
}

static bool begins_wmic_rows(struct listing_walk *walk, const struct line *line, struct lines after)
{
    struct line host, number;

    (void)walk;
    (void)after;
    return line->ended && hotfix_find_row(line, &host, &number);
}

static bool begins_dism_lines(struct listing_walk *walk, const struct line *line,
                              struct lines after)
{
    struct line identity;

    (void)walk;
    (void)after;
    return line->ended &&
           (token_package_of_line(line, &identity) || token_package_of_row(line, &identity));
}

static bool begins_reporting_events(struct listing_walk *walk, const struct line *line,
                                    struct lines after)
{
    struct line rest = *line;
    struct line id, time;
    uint64_t filetime;

    (void)walk;
    (void)after;
    return line->ended && line_next_cell(&rest, '\t', &id) && token_is_guid(&id) &&
           line_next_cell(&rest, '\t', &time) && reporting_events_read_time(&time, &filetime);
}

static bool begins_client_info(struct listing_walk *walk, const struct line *line,
                               struct lines after)
{
    (void)line;
    (void)after;
    return walk->lines.number == 0 && client_info_is_at(walk->lines);
}

static bool is_systeminfo_row(const struct line *line)
{
    struct line rest = *line;
    struct line cell;
    size_t count = 0;

    while (line_next_cell(&rest, ',', &cell)) {
        struct line text = line_trim(cell);

        if (count == 0 ? !is_one_word(text)
                       : (count == 1 && !line_contains(&text, "Windows")) ||
                             (count == 2 && !token_is_system_version(&text)))
            return false;
        if (++count >= CSV_CELLS_LEAST)
            return true;
    }
    return false;
}

static bool begins_systeminfo_csv(struct listing_walk *walk, const struct line *line,
                                  struct lines after)
{
    struct line next;

    (void)walk;
    if (!line_has_byte(line, ','))
        return false;
    return is_systeminfo_row(line) || (lines_next_filled(&after, &next) &&
                                       line_starts_with(&next, "\"") && is_systeminfo_row(&next));
}

static bool begins_script_log(struct listing_walk *walk, const struct line *line,
                              struct lines after)
{
    (void)walk;
    (void)after;
    return script_log_is_at(line);
}

static bool begins_script_values(struct listing_walk *walk, const struct line *line,
                                 struct lines after)
{
    (void)walk;
    return script_values_are_at(line, after);
}

/* ---- The table ---- */

/* What the first line of a listing must have: a cheap question, as every line of every text is
 * asked. */
enum first_mark {
    FIRST_MARK_UPDATES = 1, /* the heading of a column of updates */
    FIRST_MARK_EQUALS = 2,
    FIRST_MARK_QUOTE = 4,           /* at its start */
    FIRST_MARK_COLON = 8,           /* and no quote at its start */
    FIRST_MARK_INDENTED_COLON = 16, /* behind blanks at its start */
    FIRST_MARK_COLON_ANYWHERE = FIRST_MARK_COLON | FIRST_MARK_INDENTED_COLON,
    FIRST_MARK_LICENSE_STATUS = 32,
    FIRST_MARK_TILDE = 64,
    FIRST_MARK_BRACE = 128, /* at its start */
    FIRST_MARK_WINDOWS_7 = 256,
    FIRST_MARK_SPPTRIAGE = 512,
};

static const struct {
    enum first_mark mark;
    bool (*begins)(struct listing_walk *walk, const struct line *line, struct lines after);
    listing_parser *parse;
} forms[] = {
#define FORM_ROW(form, mark, name) [form] = {FIRST_MARK_##mark, begins_##name, name##_parse},
    LISTING_FORMS(FORM_ROW)};

static unsigned marks_of(const struct line *line)
{
    bool is_quote = *line->bytes == '"';
    unsigned anywhere = line_contains(line, "Windows(R) 7, ") ? FIRST_MARK_WINDOWS_7 : 0u;

    if ((unsigned char)*line->bytes <= ' ')
        return line_has_byte(line, ':') ? FIRST_MARK_INDENTED_COLON | anywhere : anywhere;
    return anywhere |
           (line_contains(line, "HotFixID") || line_contains(line, "KB") ? FIRST_MARK_UPDATES
                                                                         : 0u) |
           (line_contains(line, LICENCE_STATUS_PROPERTY) ? FIRST_MARK_LICENSE_STATUS : 0u) |
           (line_has_byte(line, '=') ? FIRST_MARK_EQUALS : 0u) |
           (line_has_byte(line, '~') ? FIRST_MARK_TILDE : 0u) |
           (line_contains(line, "spptriage") ? FIRST_MARK_SPPTRIAGE : 0u) |
           (*line->bytes == '{' ? FIRST_MARK_BRACE : 0u) |
           (is_quote                   ? FIRST_MARK_QUOTE
            : line_has_byte(line, ':') ? FIRST_MARK_COLON
                                       : 0u);
}

enum listing_form listing_form_at(struct listing_walk *walk)
{
    struct lines after = walk->lines;
    struct line line;
    unsigned marks;

    if (!lines_next(&after, &line) || line.length_bytes == 0)
        return LISTING_FORM_NONE;
    marks = marks_of(&line);
    for (size_t index = 0; marks != 0 && index < ARRAY_COUNT(forms); index++)
        if ((marks & forms[index].mark) != 0 && forms[index].begins(walk, &line, after))
            return (enum listing_form)index;
    return LISTING_FORM_NONE;
}

int listing_parse(enum listing_form form, struct listing_walk *walk, struct emitter *emitter,
                  struct error *err)
{
    return forms[form].parse(walk, emitter, err);
}

/* ---- Texts that quote listings ---- */

/* Does the line begin with one of these: ASCII, without regard to case? */
static bool begins_with(const struct line *line, const char *const *starts, size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (line_starts_with_ascii(line, starts[index]))
            return true;
    return false;
}

/* How the first line of scripts, pages, sources and data begins. */
static bool begins_foreign(const struct line *line)
{
    static const char *const starts[] = {
        "| ",      "rem ",   "::",        "/*",   "//",       "{\"",    "[{",
        "import ", "param(", "function ", "def ", "require ", "class ", "[cmdletbinding"};

    return begins_with(line, starts, ARRAY_COUNT(starts));
}

/* How any line of them before a listing begins: a tag, a fence, a shell that is told what to do. */
static bool quotes(const struct line *line)
{
    static const char *const starts[] = {"```",      "~~~",    "@echo", "@rem", "#!", "#include",
                                         "setlocal", "{\\rtf", "<!",    "<?",   "</"};

    return begins_with(line, starts, ARRAY_COUNT(starts)) ||
           (line->length_bytes > 1 && *line->bytes == '<' &&
            isalpha((unsigned char)line->bytes[1]) && line_has_byte(line, '>'));
}

/* Of the headers of a mail, so many stand above it. */
#define MAIL_HEADERS_LEAST 2

static bool is_mail_header(const struct line *line)
{
    static const char *const starts[] = {
        "from:",        "to:",          "subject:",     "received:", "sent:",
        "return-path:", "mime-version", "content-type", "message-id"};

    return begins_with(line, starts, ARRAY_COUNT(starts));
}

enum listing_presence listing_presence_in(struct lines head)
{
    struct listing_walk walk = {.lines = head};
    bool is_first = true, is_quoted = false;
    unsigned mail_headers = 0;
    struct line line;

    while (listing_form_at(&walk) == LISTING_FORM_NONE) {
        if (!lines_next(&walk.lines, &line))
            return LISTING_ABSENT;
        line = line_trim(line);
        if (line.length_bytes == 0)
            continue;
        is_quoted = is_quoted || quotes(&line) || (is_first && begins_foreign(&line));
        mail_headers += is_mail_header(&line);
        is_first = false;
    }
    return is_quoted || mail_headers >= MAIL_HEADERS_LEAST ? LISTING_QUOTED : LISTING_PRESENT;
}
