/* SPDX-License-Identifier: Apache-2.0 */
/* listing_text: the bytes of a listing as lines of UTF-8. A wrong guess at the code page changes
 * only words: what decides (update numbers, package names, GUIDs, keys, codes) is ASCII. */
#ifndef SPPTRIAGE_TEXT_LISTING_TEXT_H
#define SPPTRIAGE_TEXT_LISTING_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/text.h"

struct listing_text {
    struct text text; /* owned: UTF-8, lines end with LF, no NUL but the last */
    const char
        *encoding;     /* of its first stretch: "UTF-8", "UTF-16LE", "UTF-16BE", or a code page */
    bool has_controls; /* control characters that no listing has, such as NUL: something was */
    uint64_t control_offset_bytes; /* overwritten, first at this offset in the source */
    bool is_torn; /* text in another encoding begins within a line (which is ended there), */
    uint64_t tear_offset_bytes; /* first at this offset */
};

/* Decodes all of the text, each stretch as it is written (text/plaintext.h); a character that was
 * cut at the end of one becomes U+FFFD. */
void listing_text_decode(struct span bytes, struct listing_text *out);

void listing_text_free_content(struct listing_text *text);

#endif
