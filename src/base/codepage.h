/* SPDX-License-Identifier: Apache-2.0 */
/* codepage: text in the code pages of Windows consoles and editors, decoded by iconv. The C library
 * loads what it needs from files, which reader processes cannot: whoever starts them calls
 * codepage_prepare first. One thread only. */
#ifndef SPPTRIAGE_BASE_CODEPAGE_H
#define SPPTRIAGE_BASE_CODEPAGE_H

#include <stddef.h>

#include "base/span.h"
#include "base/text.h"

/* How many there are; their order is that of preference, and the first is the usual one. */
extern const size_t codepage_count;

/* "CP850". */
const char *codepage_name(size_t codepage);

/* The one of that name, which is there. */
size_t codepage_find(const char *name);

/* Loads all of them. Those that this system does not have are known by their ASCII alone. */
void codepage_prepare(void);

/* Adds the text as UTF-8. What is not a character of the code page becomes U+FFFD, a NUL a blank.
 */
void codepage_add_text(struct text *out, size_t codepage, struct span bytes);

#endif
