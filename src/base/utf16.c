/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf16.h"

#define HIGH_SURROGATE_FIRST 0xD800u
#define LOW_SURROGATE_FIRST 0xDC00u
#define SURROGATE_LAST 0xDFFFu
#define SURROGATE_BITS 10u
#define FIRST_SUPPLEMENTARY 0x10000u
/* ASCII is collected here before it is added. */
#define COLLECTED_BYTES 256u

/* Takes the next character; a surrogate without its other half is U+FFFD. */
static uint32_t take_character(struct span *utf16, uint16_t unit)
{
    uint16_t low;

    if (unit < HIGH_SURROGATE_FIRST || unit > SURROGATE_LAST)
        return unit;
    if (unit >= LOW_SURROGATE_FIRST || !span_u16_at(utf16, 0, &low) || low < LOW_SURROGATE_FIRST ||
        low > SURROGATE_LAST || !span_skip(utf16, sizeof(low)))
        return TEXT_REPLACEMENT_CHARACTER;
    return FIRST_SUPPLEMENTARY + ((uint32_t)(unit - HIGH_SURROGATE_FIRST) << SURROGATE_BITS) +
           (low - LOW_SURROGATE_FIRST);
}

/* Collects the ASCII characters at the start of *utf16, and moves past them. */
static size_t collect_ascii(struct span *utf16, char *out, size_t most)
{
    size_t count = 0;
    uint16_t unit;

    while (count < most && span_u16_at(utf16, count * sizeof(unit), &unit) && unit - 1u < 0x7Fu)
        out[count++] = (char)unit;
    return span_skip(utf16, count * sizeof(unit)) ? count : 0;
}

void text_add_utf16(struct text *out, struct span utf16)
{
    char collected[COLLECTED_BYTES];
    size_t count;
    uint16_t unit;

    do {
        count = collect_ascii(&utf16, collected, sizeof(collected));
        text_add_bytes(out, collected, count);
        if (count == sizeof(collected))
            continue;
        if (!span_u16(&utf16, &unit) || unit == 0)
            return;
        text_add_character(out, take_character(&utf16, unit));
    } while (utf16.left_bytes > 0);
}
