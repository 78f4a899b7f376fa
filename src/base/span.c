/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"

#include <string.h>

struct span span_of(const void *bytes, size_t size_bytes, uint64_t offset_bytes)
{
    return (struct span){.bytes = bytes, .left_bytes = size_bytes, .offset_bytes = offset_bytes};
}

/* Reads a little endian number of `size_bytes` (at most 8). */
static bool span_number(struct span *in, size_t size_bytes, uint64_t *out)
{
    uint64_t number = 0;
    size_t index;

    if (size_bytes > in->left_bytes)
        return false;
    for (index = size_bytes; index > 0; index--)
        number = number << 8 | in->bytes[index - 1];
    *out = number;
    return span_skip(in, size_bytes);
}

bool span_u8(struct span *in, uint8_t *out)
{
    uint64_t number;

    if (!span_number(in, sizeof(*out), &number))
        return false;
    *out = (uint8_t)number;
    return true;
}

bool span_u16(struct span *in, uint16_t *out)
{
    uint64_t number;

    if (!span_number(in, sizeof(*out), &number))
        return false;
    *out = (uint16_t)number;
    return true;
}

bool span_u32(struct span *in, uint32_t *out)
{
    uint64_t number;

    if (!span_number(in, sizeof(*out), &number))
        return false;
    *out = (uint32_t)number;
    return true;
}

bool span_u64(struct span *in, uint64_t *out)
{
    return span_number(in, sizeof(*out), out);
}

bool span_skip(struct span *in, size_t size_bytes)
{
    if (size_bytes > in->left_bytes)
        return false;
    in->bytes += size_bytes;
    in->left_bytes -= size_bytes;
    in->offset_bytes += size_bytes;
    return true;
}

bool span_take(struct span *in, size_t size_bytes, struct span *out)
{
    struct span taken = span_of(in->bytes, size_bytes, in->offset_bytes);

    if (!span_skip(in, size_bytes))
        return false;
    *out = taken;
    return true;
}

bool span_at(const struct span *in, size_t position_bytes, struct span *out)
{
    struct span moved = *in;

    if (!span_skip(&moved, position_bytes))
        return false;
    *out = moved;
    return true;
}

bool span_starts_with(const struct span *in, const void *bytes, size_t size_bytes)
{
    return size_bytes <= in->left_bytes && memcmp(in->bytes, bytes, size_bytes) == 0;
}
