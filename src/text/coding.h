/* SPDX-License-Identifier: Apache-2.0 */
/* plaintext: is it text, and how are its characters written? Owns nothing. */
#ifndef SPPTRIAGE_TEXT_CODING_H
#define SPPTRIAGE_TEXT_CODING_H

#include <stdbool.h>
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

/* How the text that begins with `head` is written, or the first stretch of it. Sets *mark_bytes to
 * the length of its byte order mark, 0 without one. UTF-16 without a mark is known by its zero
 * bytes. */
enum text_coding plaintext_coding(struct span head, size_t *mark_bytes);

/* A text to which others were appended, each by another program, is written in stretches: `type`
 * writes bytes, PowerShell UTF-16, with a mark or without. */
struct text_stretch {
    enum text_coding coding;
    struct span bytes; /* without the mark */
};

/* Takes the next stretch, written so, off the front of *rest, and sets *coding to how the one
 * behind it is written; false at the end. Starts with plaintext_coding. UTF-16 ends where ASCII
 * with line ends begins, and begins where some of its units are ASCII; big-endian only behind a
 * mark. */
bool plaintext_next_stretch(struct span *rest, enum text_coding *coding, struct text_stretch *out);

/* Is the character one that no text has? Consoles leave backspaces and escape sequences, printers
 * form feeds, and DOS an end of file. */
bool plaintext_is_control(unsigned unit);

/* Adds UTF-16 as UTF-8 to its end, a U+0000 as a blank. */
void plaintext_add_utf16(struct text *out, struct span utf16, enum text_coding coding);

/* Makes LF of every line end in the text: CR LF, CR CR LF (what wmic's output becomes in a file),
 * CR alone. Where LF is in use, a CR at the very end ends no line: the text was cut there. */
void plaintext_end_lines(struct text *text);

/* Does in each line, which ends with LF, what a console does at a backspace: the next character is
 * written over the one before. */
void plaintext_apply_backspaces(struct text *text);

/* Takes byte order marks out of the lines that begin with one: those of texts that were appended.
 */
void plaintext_drop_marks(struct text *text);

#endif
