/* SPDX-License-Identifier: Apache-2.0 */
/* listingmark: how listings of updates, packages, licences and systems begin. Marks are of ASCII
 * and of values, never of words that are translated, so they are found in text of any code page.
 * They stand at the start of a line: what is quoted or indented is no listing. Owns nothing.
 *
 * Facts: FACTS.md, Text listings; property names: Microsoft, Win32_QuickFixEngineering. */
#ifndef SPPTRIAGE_INTAKE_LISTINGMARK_H
#define SPPTRIAGE_INTAKE_LISTINGMARK_H

#include <stdbool.h>

#include "base/lines.h"

enum listing_form {
    LISTING_FORM_NONE,
    LISTING_FORM_WMIC_TABLE,     /* wmic qfe: a header of property names, fixed columns */
    LISTING_FORM_WMIC_CSV,       /* the same with /format:csv: Node, then property names */
    LISTING_FORM_WMIC_LIST,      /* the same with /format:list: `HotFixID=KB971033` */
    LISTING_FORM_HOTFIX_TABLE,   /* Get-HotFix: a header and a line of dashes */
    LISTING_FORM_HOTFIX_CSV,     /* the same through Export-Csv */
    LISTING_FORM_HOTFIX_LIST,    /* the same through Format-List: `HotFixID : KB971033` */
    LISTING_FORM_DISM,           /* dism /get-packages as list or table */
    LISTING_FORM_SLMGR,          /* slmgr /dlv and /dli: one product */
    LISTING_FORM_SYSTEMINFO,     /* systeminfo */
    LISTING_FORM_SYSTEMINFO_CSV, /* systeminfo /fo csv, with or without its header */
    LISTING_FORM_COUNT,
};

/* A walk through a text in search of listings. Starts with the lines and zeros; `lines` is moved on
 * by whoever walks, forward only. The rest remembers what was seen ahead, so that no line is looked
 * at time and again. */
struct listing_walk {
    struct lines lines;
    uint64_t package_line;   /* the number of the next line with a package, */
    bool package_is_known;   /* where that was looked for; without one, 0 */
    uint64_t no_fields_line; /* up to this line no list of fields begins */
};

/* The form of the listing that begins with the next line, or NONE. Looks at a few lines more. */
enum listing_form listing_form_at(struct listing_walk *walk);

/* Is the text that begins with these lines a listing, or several with headings between them, and
 * no script, page, mail or report that quotes one? */
bool listing_begins_text(struct lines head);

/* Is it a property name of the class, as wmic has them? Or, else, one that PowerShell adds? */
bool listing_is_property(const struct line *word);
bool listing_is_added_property(const struct line *word);

/* Is it all of a package identity, `NAME~TOKEN~ARCHITECTURE~LANGUAGE~VERSION`? */
bool listing_is_identity(const struct line *word);

/* The value of a line `LABEL : IDENTITY`, or the first cell of `IDENTITY | STATE | ...`. */
bool listing_package_in_list(const struct line *line, struct line *identity);
bool listing_package_in_table(const struct line *line, struct line *identity);

/* Is it a GUID, with or without braces? */
bool listing_is_guid(const struct line *word);

/* Does the product description name a channel: `..., VOLUME_KMSCLIENT channel`? */
bool listing_names_channel(const struct line *description);

/* The separator of the line as one of CSV that has a cell HotFixID, or '\0'. */
char listing_csv_separator(const struct line *line);

/* Is it a version as systeminfo has it: `6.1.7601 Service Pack 1 Build 7601`? */
bool listing_is_system_version(const struct line *value);

#endif
