/* SPDX-License-Identifier: Apache-2.0 */
/* plaintext: is it text, and how are its characters written? Owns nothing. */
#ifndef SPPTRIAGE_INTAKE_PLAINTEXT_H
#define SPPTRIAGE_INTAKE_PLAINTEXT_H

#include <stddef.h>

#include "base/span.h"
#include "base/text.h"

enum text_coding {
    TEXT_CODING_NONE, /* it is no text */
    TEXT_CODING_UTF8, /* with byte order mark */
    TEXT_CODING_UTF16LE,
    TEXT_CODING_UTF16BE,
    TEXT_CODING_BYTES, /* ASCII and more: UTF-8 or a code page */
};

/* How the text that begins with `head` is written. Sets *mark_bytes to the length of its byte order
 * mark, 0 without one. UTF-16 without a mark is known by its zero bytes. */
enum text_coding plaintext_coding(struct span head, size_t *mark_bytes);

/* Adds UTF-16 as UTF-8 to its end, a U+0000 as a blank. */
void plaintext_add_utf16(struct text *out, struct span utf16, enum text_coding coding);

/* Makes LF of every line end in the text: CR LF, CR CR LF (what wmic's output becomes in a file),
 * CR alone. Where LF is in use, a CR at the very end ends no line: the text was cut there. */
void plaintext_end_lines(struct text *text);

#endif
