/* SPDX-License-Identifier: Apache-2.0 */
/* pack: numbers and texts as bytes, and back. Numbers are little endian. A text is its length
 * (u32), its bytes, and a NUL, so that what is unpacked can be borrowed from where it lies.
 * Unpacking trusts nothing: every function says whether the bytes were there and made sense, and
 * moves nothing, or only forward, when not. */
#ifndef SPPTRIAGE_WORKER_PACK_H
#define SPPTRIAGE_WORKER_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* The least bytes that a packed text has. */
#define PACK_TEXT_LEAST_BYTES 5

/* A growing buffer of bytes. Starts as zeros; owns its bytes. */
struct pack {
    uint8_t *bytes;
    size_t length_bytes;
    size_t capacity_bytes;
};

/* Makes room for so many bytes more behind those that are there. */
void pack_reserve(struct pack *pack, size_t size_bytes);
void pack_free(struct pack *pack);

/* Takes the first `size_bytes` bytes away. */
void pack_drop(struct pack *pack, size_t size_bytes);

void pack_bytes(struct pack *pack, const void *bytes, size_t size_bytes);
void pack_u8(struct pack *pack, uint8_t number);
void pack_u16(struct pack *pack, uint16_t number);
void pack_u32(struct pack *pack, uint32_t number);
void pack_u64(struct pack *pack, uint64_t number);
void pack_bool(struct pack *pack, bool truth);
void pack_text(struct pack *pack, const char *text);
void pack_text_or_null(struct pack *pack, const char *text);

/* A byte that is 0 or 1. */
bool unpack_bool(struct span *in, bool *out) SPAN_CHECKED;
/* A number of one byte, at most `greatest`. */
bool unpack_choice(struct span *in, unsigned greatest, unsigned *out) SPAN_CHECKED;
/* A number, at most `greatest`. */
bool unpack_u32_to(struct span *in, uint32_t greatest, uint32_t *out) SPAN_CHECKED;
bool unpack_u64_to(struct span *in, uint64_t greatest, uint64_t *out) SPAN_CHECKED;
/* A text without a NUL in it; *out is borrowed from the span's bytes. */
bool unpack_text(struct span *in, const char **out) SPAN_CHECKED;
bool unpack_text_or_null(struct span *in, const char **out) SPAN_CHECKED;

#endif
