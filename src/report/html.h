/* SPDX-License-Identifier: Apache-2.0 */
/* html: the one way text gets into the page. */
#ifndef SPPTRIAGE_REPORT_HTML_H
#define SPPTRIAGE_REPORT_HTML_H

#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

/* Adds `raw` escaped for HTML text and for quoted attributes. What a reader could not see, or
 * what would turn the text around it (control characters, characters of no width, those that set
 * the direction of writing), is made visible: U+0001 to U+001F and U+007F as their pictures
 * (U+2401 and on), the others as [U+202E]. Bytes that are not UTF-8 become \xNN. */
void html_add_escaped(struct text *out, const char *raw);

/* Writes `raw` (NULL is empty) escaped. */
void html_put(FILE *file, const char *raw);

/* Writes `before`, `raw` escaped, and `after`; nothing where `raw` is NULL or empty. */
void html_put_between(FILE *file, const char *before, const char *raw, const char *after);

/* Writes a sentence of model/words.h escaped, with its `...` as code. */
void html_put_sentence(FILE *file, const char *sentence);

/* Writes a table cell of that class (a constant) with `raw` escaped. */
void html_put_cell(FILE *file, const char *class, const char *raw);

/* Writes a time. */
void html_put_time(FILE *file, uint64_t filetime);

#endif
