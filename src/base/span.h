/* SPDX-License-Identifier: Apache-2.0 */
/* span: the one way to read input bytes. A span borrows bytes and cannot pass their end: every
 * reader returns whether the bytes were there, and moves nothing when they were not. All numbers
 * are little endian. */
#ifndef SPPTRIAGE_BASE_SPAN_H
#define SPPTRIAGE_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *bytes;  /* the next byte to read */
    size_t left_bytes;     /* how many are left */
    uint64_t offset_bytes; /* of the next byte, in the source */
};

#define SPAN_CHECKED __attribute__((warn_unused_result))

/* A span over `size_bytes` bytes that lie at `offset_bytes` of the source. */
struct span span_of(const void *bytes, size_t size_bytes, uint64_t offset_bytes);

bool span_u8(struct span *in, uint8_t *out) SPAN_CHECKED;
bool span_u16(struct span *in, uint16_t *out) SPAN_CHECKED;
bool span_u32(struct span *in, uint32_t *out) SPAN_CHECKED;
bool span_u64(struct span *in, uint64_t *out) SPAN_CHECKED;

/* Moves `size_bytes` on. */
bool span_skip(struct span *in, size_t size_bytes) SPAN_CHECKED;

/* Hands the next `size_bytes` out as a span of their own and moves past them. */
bool span_take(struct span *in, size_t size_bytes, struct span *out) SPAN_CHECKED;

/* Fills *out with what lies from `position_bytes` (counted from the span's next byte) to the
 * end; moves nothing. */
bool span_at(const struct span *in, size_t position_bytes, struct span *out) SPAN_CHECKED;

/* Does the span begin with these bytes? Moves nothing. */
bool span_starts_with(const struct span *in, const void *bytes, size_t size_bytes);

#endif
