/* SPDX-License-Identifier: Apache-2.0 */
/* plaintext: the bytes of a text, however it is written, as lines of UTF-8. A wrong guess at the
 * code page changes only words: what decides (update numbers, package names, GUIDs, keys, codes)
 * is ASCII. */
#ifndef SPPTRIAGE_TEXT_PLAINTEXT_H
#define SPPTRIAGE_TEXT_PLAINTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/text.h"

/* So many bytes at its start tell whether a file is text, and how that is written. */
#define PLAINTEXT_HEAD_BYTES ((size_t)64 * 1024)

struct plaintext {
    struct text text; /* owned: UTF-8, lines end with LF, no NUL but the last */
    const char
        *encoding;     /* of its first stretch: "UTF-8", "UTF-16LE", "UTF-16BE", or a code page */
    bool has_controls; /* characters that no text has, such as NUL: something was overwritten, */
    uint64_t control_offset_bytes; /* first at this offset in the source */
    bool is_torn; /* text in another encoding begins within a line (which is ended there), */
    uint64_t tear_offset_bytes; /* first at this offset */
};

/* Decodes all of the text, each stretch as it is written; a character that was cut at the end of
 * one becomes U+FFFD. False, and *out is empty, when the bytes are not text. */
bool plaintext_decode(struct span bytes, struct plaintext *out);

void plaintext_free_content(struct plaintext *text);

/* ---- How it is written (encoding.c) ---- */

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

/* The code page (base/codepage.h) that the bytes are most likely in, by the words in them; the
 * usual one where no word tells. */
size_t codepage_choose(struct span bytes);

#endif
