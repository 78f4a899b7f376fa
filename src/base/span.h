/* SPDX-License-Identifier: Apache-2.0 */
/* span: the one way to read input bytes. A span borrows bytes and cannot pass their end: every
 * reader returns whether the bytes were there, and moves nothing when they were not. All numbers
 * are little endian. They stand in the header because selection reads every record of every log
 * through them. */
#ifndef SPPTRIAGE_BASE_SPAN_H
#define SPPTRIAGE_BASE_SPAN_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *bytes;  /* the next byte to read */
    size_t left_bytes;     /* how many are left */
    uint64_t offset_bytes; /* of the next byte, in the source */
};

#define SPAN_CHECKED __attribute__((warn_unused_result))
/* Put together with its caller, checks of known lengths fold away and a span stays in registers. */
#define SPAN_INLINE static inline __attribute__((always_inline))

/* A span over `size_bytes` bytes that lie at `offset_bytes` of the source. */
SPAN_INLINE struct span span_of(const void *bytes, size_t size_bytes, uint64_t offset_bytes)
{
    return (struct span){.bytes = bytes, .left_bytes = size_bytes, .offset_bytes = offset_bytes};
}

/* Are all of its bytes zeros? So are those of an empty one. */
static inline bool span_is_zero(struct span bytes)
{
    return bytes.left_bytes == 0 ||
           (bytes.bytes[0] == 0 && memcmp(bytes.bytes, bytes.bytes + 1, bytes.left_bytes - 1) == 0);
}

/* Moves `size_bytes` on. */
SPAN_CHECKED SPAN_INLINE bool span_skip(struct span *in, size_t size_bytes)
{
    if (size_bytes > in->left_bytes)
        return false;
    in->bytes += size_bytes;
    in->left_bytes -= size_bytes;
    in->offset_bytes += size_bytes;
    return true;
}

/* Hands the next `size_bytes` out as a span of their own and moves past them. */
SPAN_CHECKED SPAN_INLINE bool span_take(struct span *in, size_t size_bytes, struct span *out)
{
    struct span taken = span_of(in->bytes, size_bytes, in->offset_bytes);

    if (!span_skip(in, size_bytes))
        return false;
    *out = taken;
    return true;
}

/* Fills *out with what lies from `position_bytes` (counted from the span's next byte) to the
 * end; moves nothing. */
SPAN_CHECKED SPAN_INLINE bool span_at(const struct span *in, size_t position_bytes,
                                      struct span *out)
{
    struct span moved = *in;

    if (!span_skip(&moved, position_bytes))
        return false;
    *out = moved;
    return true;
}

SPAN_CHECKED SPAN_INLINE bool span_u8(struct span *in, uint8_t *out)
{
    if (in->left_bytes < sizeof(*out))
        return false;
    *out = in->bytes[0];
    return span_skip(in, sizeof(*out));
}

SPAN_CHECKED SPAN_INLINE bool span_u16(struct span *in, uint16_t *out)
{
    uint16_t number;

    if (in->left_bytes < sizeof(number))
        return false;
    memcpy(&number, in->bytes, sizeof(number));
    *out = le16toh(number);
    return span_skip(in, sizeof(number));
}

SPAN_CHECKED SPAN_INLINE bool span_u32(struct span *in, uint32_t *out)
{
    uint32_t number;

    if (in->left_bytes < sizeof(number))
        return false;
    memcpy(&number, in->bytes, sizeof(number));
    *out = le32toh(number);
    return span_skip(in, sizeof(number));
}

SPAN_CHECKED SPAN_INLINE bool span_u64(struct span *in, uint64_t *out)
{
    uint64_t number;

    if (in->left_bytes < sizeof(number))
        return false;
    memcpy(&number, in->bytes, sizeof(number));
    *out = le64toh(number);
    return span_skip(in, sizeof(number));
}

/* Read the number at `position_bytes`; move nothing. */
SPAN_CHECKED SPAN_INLINE bool span_u16_at(const struct span *in, size_t position_bytes,
                                          uint16_t *out)
{
    struct span at;

    return span_at(in, position_bytes, &at) && span_u16(&at, out);
}

SPAN_CHECKED SPAN_INLINE bool span_u32_at(const struct span *in, size_t position_bytes,
                                          uint32_t *out)
{
    struct span at;

    return span_at(in, position_bytes, &at) && span_u32(&at, out);
}

SPAN_CHECKED SPAN_INLINE bool span_u64_at(const struct span *in, size_t position_bytes,
                                          uint64_t *out)
{
    struct span at;

    return span_at(in, position_bytes, &at) && span_u64(&at, out);
}

/* Does the span begin with these bytes? Moves nothing. */
SPAN_INLINE bool span_starts_with(const struct span *in, const void *bytes, size_t size_bytes)
{
    return size_bytes <= in->left_bytes && memcmp(in->bytes, bytes, size_bytes) == 0;
}

#endif
