/* SPDX-License-Identifier: Apache-2.0 */
/* compressed: values that ESE keeps compressed in the record. libesedb's own decoder is not asked:
 * it writes past the end of what a crafted value unpacks to, and takes UTF-16 of which every byte
 * is 7-bit (Cyrillic, Greek) for plain bytes when their number comes out odd. Layout: Microsoft's
 * published source of ESE (compression); [MS-XCA], "Plain LZ77". Owns nothing. */
#ifndef SPPTRIAGE_ESE_COMPRESSED_H
#define SPPTRIAGE_ESE_COMPRESSED_H

#include <stdbool.h>

#include "base/span.h"
#include "base/text.h"

/* Adds the plain bytes of a compressed UTF-16 value to *out, which then holds bytes, not text: 64
 * KiB at most. Returns false when the value is of no known kind or runs out of bounds. */
bool compressed_unpack(struct span value, struct text *out);

#endif
