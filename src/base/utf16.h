/* SPDX-License-Identifier: Apache-2.0 */
/* utf16: text as Windows stores it. Owns nothing. */
#ifndef SPPTRIAGE_BASE_UTF16_H
#define SPPTRIAGE_BASE_UTF16_H

#include "base/span.h"
#include "base/text.h"

/* Adds UTF-16 as UTF-8, up to its first U+0000; half a surrogate pair becomes U+FFFD. */
void text_add_utf16(struct text *out, struct span utf16);

#endif
