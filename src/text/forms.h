/* SPDX-License-Identifier: Apache-2.0 */
/* listingmark: how listings of updates, packages, licences and systems begin. Marks are of ASCII
 * and of values, never of words that are translated, so they are found in text of any code page.
 * They stand at the start of a line: what is quoted or indented is no listing. Owns nothing. Facts:
 * FACTS.md, Text listings. */
#ifndef SPPTRIAGE_TEXT_FORMS_H
#define SPPTRIAGE_TEXT_FORMS_H

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

enum listing_presence {
    LISTING_ABSENT,  /* no listing begins in it */
    LISTING_QUOTED,  /* one does, but it is a page, mail, script or manual that quotes it */
    LISTING_PRESENT, /* it is a listing, or has some, with whatever before and behind */
};

/* Are there listings in the text that begins with these lines? */
enum listing_presence listing_presence_in(struct lines head);

/* The separator of the line as one of CSV that has a cell HotFixID, or '\0'. */
char listing_csv_separator(const struct line *line);

#endif
