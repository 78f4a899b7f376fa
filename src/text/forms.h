/* SPDX-License-Identifier: Apache-2.0 */
/* forms: the forms of listings of updates, packages, licences and systems: how each begins, and its
 * parser. Marks of a beginning are of ASCII and of values, never of words that are translated, so
 * they are found in text of any code page. They stand at the start of a line: what is quoted or
 * indented is not a listing, but for slmgr's, which people paste as they like. Owns nothing. Facts:
 * FACTS.md, Text listings.
 *
 * A new form is a row here, how it begins (forms.c), and a parser. */
#ifndef SPPTRIAGE_TEXT_FORMS_H
#define SPPTRIAGE_TEXT_FORMS_H

#include <stdbool.h>

#include "base/lines.h"
#include "base/lookup.h"
#include "text/emitter.h"

/* In the order in which they are looked for; enumerator, what the first line of such a listing must
 * have (forms.c), and the name of which begins_NAME there and the parser NAME_parse are made. */
#define LISTING_FORMS(ROW)                                                                        \
    /* what our own scripts wrote: their log, and their values in the registry */                 \
    ROW(LISTING_FORM_SCRIPT_LOG, SPPTRIAGE, script_log)                                           \
    ROW(LISTING_FORM_SCRIPT_VALUES, SPPTRIAGE, script_values)                                     \
    /* Get-HotFix: a header and a line of dashes */                                               \
    ROW(LISTING_FORM_HOTFIX_TABLE, UPDATES, hotfix_table)                                         \
    /* wmic qfe: a header of property names, fixed columns */                                     \
    ROW(LISTING_FORM_WMIC_TABLE, UPDATES, wmic_table)                                             \
    /* the same with /format:csv: Node, then property names */                                    \
    ROW(LISTING_FORM_WMIC_CSV, UPDATES, wmic_csv)                                                 \
    ROW(LISTING_FORM_HOTFIX_CSV, UPDATES, hotfix_csv) /* Get-HotFix through Export-Csv */         \
    ROW(LISTING_FORM_WMIC_LIST, EQUALS, wmic_list)    /* /format:list: `HotFixID=KB971033` */     \
    /* systeminfo /fo csv, with or without its header */                                          \
    ROW(LISTING_FORM_SYSTEMINFO_CSV, QUOTE, systeminfo_csv)                                       \
    /* Get-HotFix through Format-List: `HotFixID : KB971033` */                                   \
    ROW(LISTING_FORM_HOTFIX_LIST, COLON, hotfix_list)                                             \
    ROW(LISTING_FORM_DISM, COLON, dism)       /* dism /get-packages as list or table */           \
    ROW(LISTING_FORM_MGADIAG, COLON, mgadiag) /* MGADiag's report, with slmgr's text in it */     \
    /* SoftwareLicensingProduct through Format-List, wmic's /value, Export-Csv */                 \
    ROW(LISTING_FORM_PRODUCT_LIST, COLON, product_list)                                           \
    ROW(LISTING_FORM_PRODUCT_VALUES, EQUALS, product_values)                                      \
    ROW(LISTING_FORM_PRODUCT_CSV, LICENSE_STATUS, product_csv)                                    \
    /* slmgr /dlv and /dli: one product; a list of properties can begin like it */                \
    ROW(LISTING_FORM_SLMGR, COLON_ANYWHERE, slmgr)                                                \
    ROW(LISTING_FORM_SLMGR_ANSWER, WINDOWS_7, slmgr_answer) /* slmgr /ato and /xpr */             \
    ROW(LISTING_FORM_SYSTEMINFO, COLON, systeminfo)                                               \
    /* lines of wmic's table and of dism that a filter let through without what stands above them \
     */                                                                                           \
    ROW(LISTING_FORM_WMIC_ROWS, UPDATES, wmic_rows)                                               \
    ROW(LISTING_FORM_DISM_LINES, TILDE, dism_lines)                                               \
    ROW(LISTING_FORM_REPORTING_EVENTS, BRACE, reporting_events)                                   \
    ROW(LISTING_FORM_CLIENT_INFO, BRACE, client_info) /* Velociraptor's: whose collection it is */

enum listing_form { LISTING_FORMS(WORDS_ENUMERATOR) LISTING_FORM_NONE };

/* A walk through a text in search of listings. Starts with the lines and zeros; `lines` is moved on
 * by whoever walks, forward only. The rest remembers what was seen ahead, so that no line is looked
 * at time and again. */
struct listing_walk {
    struct lines lines;
    uint64_t package_line;    /* the number of the next line with a package, */
    bool package_is_known;    /* where that was looked for; without one, 0 */
    uint64_t no_fields_line;  /* up to this line no list of fields begins, */
    uint64_t no_product_line; /* and no list of a product's */
};

/* The form of the listing that begins with the next line, or NONE. Looks at a few lines more. */
enum listing_form listing_form_at(struct listing_walk *walk);

enum listing_presence {
    LISTING_ABSENT,  /* no listing begins in it */
    LISTING_QUOTED,  /* one does, but it is a page, mail, script or manual that quotes it */
    LISTING_PRESENT, /* it is a listing, or has some, with whatever before and behind */
};

/* Are there listings in the text that begins with these lines? */
enum listing_presence listing_presence_in(struct lines head);

/* The separator of the line as one of CSV that has a column of updates, or '\0'. */
char listing_csv_separator(const struct line *line);

/* The same of a line that has a cell LicenseStatus. */
char product_csv_separator(const struct line *line);

/* ---- Parsers ---- */

/* Reads the listing of that form that begins with the next line of the walk (listing_form_at said
 * so), hands on what it says, and leaves the walk behind it. Parsers know nothing of files. -1
 * (ERROR_RUN) when the sink ended the run. */
typedef int listing_parser(struct listing_walk *walk, struct emitter *emitter, struct error *err);

#define LISTING_PARSER(form, mark, name) extern listing_parser name##_parse;
LISTING_FORMS(LISTING_PARSER)

/* Are the lines a whole client_info.json? */
bool client_info_is_at(struct lines lines);

/* Do the lines begin with what slmgr /ato or /xpr say? */
bool slmgr_answer_is_at(struct lines lines);

/* Does the line begin as those of our scripts' log do? Is it the key of their values? */
bool script_log_is_at(const struct line *line);
bool script_values_are_at(const struct line *line, struct lines after);

/* Reads a time of ReportingEvents.log, `2019-01-23 09:45:55:528-0500`. */
bool reporting_events_read_time(const struct line *cell, uint64_t *filetime);

/* slmgr_parse, of a text that is of another origin. */
int slmgr_parse_as(enum finding_origin origin, struct listing_walk *walk, struct emitter *emitter,
                   struct error *err);

/* Calls the parser of the form. */
int listing_parse(enum listing_form form, struct listing_walk *walk, struct emitter *emitter,
                  struct error *err);

#endif
