/* SPDX-License-Identifier: Apache-2.0 */
/* encoding: how the characters of a text are written, told by its bytes; UTF-16 and code pages as
 * UTF-8. Owns nothing. */
#ifndef SPPTRIAGE_BASE_ENCODING_H
#define SPPTRIAGE_BASE_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "base/text.h"

enum text_coding {
    TEXT_CODING_NONE, /* it is not text */
    TEXT_CODING_UTF8, /* with byte order mark */
    TEXT_CODING_UTF16LE,
    TEXT_CODING_UTF16BE,
    TEXT_CODING_BYTES, /* ASCII and more: UTF-8 or a code page */
};

/* How the text that begins with `head` is written, or the first stretch of it. UTF-16 without a
 * byte order mark is known by its zero bytes. */
enum text_coding encoding_of(struct span head);

/* Is it UTF-16? */
bool encoding_is_wide(enum text_coding coding);

/* A text to which others were appended, each by another program, is written in stretches: `type`
 * writes bytes, PowerShell UTF-16, with a mark or without. */
struct text_stretch {
    enum text_coding coding;
    struct span bytes; /* without the mark */
};

/* Takes the next stretch, written so, off the front of *rest, and sets *coding to how the one
 * behind it is written; false at the end. Starts with encoding_of. UTF-16 ends where ASCII with
 * line ends begins, and begins where some of its units are ASCII; big-endian only behind a mark. */
bool encoding_next_stretch(struct span *rest, enum text_coding *coding, struct text_stretch *out);

/* Is the character one that no text has? Consoles leave backspaces and escape sequences, printers
 * form feeds, and DOS an end of file. */
bool encoding_is_control(unsigned unit);

/* Adds UTF-16 as UTF-8, up to its first U+0000; half a surrogate pair becomes U+FFFD. */
void text_add_utf16(struct text *out, struct span utf16);

/* Adds UTF-16 so written as UTF-8 to its end, a U+0000 as a blank. */
void encoding_add_wide(struct text *out, struct span utf16, enum text_coding coding);

/* ---- Text in the code pages of Windows consoles and editors, decoded by iconv. The C library
 * loads what it needs from files, which reader processes cannot: whoever starts them calls
 * codepage_prepare first. One thread only ---- */

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
