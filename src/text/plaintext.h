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
    bool is_raw;       /* bytes in a code page stand in it as they are */
    bool has_controls; /* characters that no text has, such as NUL: something was overwritten, */
    uint64_t control_offset_bytes; /* first at this offset in the source */
    bool is_torn; /* text in another encoding begins within a line (which is ended there), */
    uint64_t tear_offset_bytes; /* first at this offset */
};

/* Decodes all of the text, each stretch as it is written; a character that was cut at the end of
 * one becomes U+FFFD. Without `with_codepage`, what is in a code page stays as it is: the choice of
 * one takes longer than all else, and is not needed to find out what the text is. False, and *out
 * is empty, when the bytes are not text. */
bool plaintext_decode(struct span bytes, bool with_codepage, struct plaintext *out);

void plaintext_free_content(struct plaintext *text);

/* The code page (base/encoding.h) that the bytes are most likely in, by the words in them; the
 * usual one where no word tells. */
size_t codepage_choose(struct span bytes);

#endif
