/* SPDX-License-Identifier: Apache-2.0 */
#include "ese/table.h"

/* The first byte: kind, and for 7-bit values how many bits of the last byte are used, less 1. */
#define KIND_SHIFT 3
#define KIND_7BIT_ASCII 1u /* 7 bits a byte */
#define KIND_7BIT_UTF16 2u /* 7 bits a UTF-16 unit */
#define KIND_XPRESS 3u
#define LAST_BITS_MASK 0x7u

/* Plain LZ77 of [MS-XCA]: a match is this much longer than its number says. */
#define MATCH_LEAST 3u
#define LENGTH_BITS 3
#define LENGTH_MASK 0x7u
#define NIBBLE_MASK 0xFu
#define NIBBLE_BITS 4
#define FLAGS 32u

/* --- 7 bits --- */

/* Bits are packed from the lowest. */
static bool unpack_7bit(struct span packed, unsigned last_bits, bool is_utf16, struct text *out)
{
    size_t left_bits = packed.left_bytes > 0 ? (packed.left_bytes - 1) * 8 + last_bits : 0;
    uint32_t bits = 0;
    unsigned count = 0;
    uint8_t byte;

    if (left_bits % 7 != 0)
        return false;
    for (; left_bits > 0; left_bits -= 7) {
        char unit[2] = {0};

        if (count < 7) {
            if (!span_u8(&packed, &byte))
                return false;
            bits |= (uint32_t)byte << count;
            count += 8;
        }
        unit[0] = (char)(bits & 0x7F);
        text_add_bytes(out, unit, is_utf16 ? 2 : 1);
        bits >>= 7;
        count -= 7;
    }
    return true;
}

/* --- XPRESS --- */

struct unpacking {
    struct span packed;
    struct text *out;
    size_t start_bytes; /* of the plain bytes in *out */
    size_t size_bytes;  /* that they have in the end */
    bool has_half;      /* half of a byte of lengths is left: */
    uint8_t half;
};

/* Reads how long the match is whose lowest bits are `length`. */
static bool take_length(struct unpacking *unpacking, size_t length, size_t *out)
{
    uint8_t byte;
    uint16_t number;
    uint32_t large;

    if (length == LENGTH_MASK) {
        if (unpacking->has_half) {
            length += unpacking->half;
        } else {
            if (!span_u8(&unpacking->packed, &byte))
                return false;
            length += byte & NIBBLE_MASK;
            unpacking->half = byte >> NIBBLE_BITS;
        }
        unpacking->has_half = !unpacking->has_half;
    }
    if (length == LENGTH_MASK + NIBBLE_MASK) {
        if (!span_u8(&unpacking->packed, &byte))
            return false;
        length += byte;
        if (byte == UINT8_MAX) {
            if (!span_u16(&unpacking->packed, &number))
                return false;
            length = number;
            if (number == 0) {
                if (!span_u32(&unpacking->packed, &large))
                    return false;
                length = large;
            }
        }
    }
    *out = length + MATCH_LEAST;
    return true;
}

/* Repeats bytes from before; they can reach into what they make. */
static bool unpack_match(struct unpacking *unpacking)
{
    size_t done = unpacking->out->length_bytes - unpacking->start_bytes;
    uint16_t match;
    size_t back, length;

    if (!span_u16(&unpacking->packed, &match) ||
        !take_length(unpacking, match & LENGTH_MASK, &length))
        return false;
    back = (size_t)(match >> LENGTH_BITS) + 1;
    if (back > done || length > unpacking->size_bytes - done)
        return false;
    for (; length > 0; length--) {
        char byte = unpacking->out->bytes[unpacking->out->length_bytes - back];

        text_add_bytes(unpacking->out, &byte, 1);
    }
    return true;
}

static bool unpack_xpress(struct span packed, struct text *out)
{
    struct unpacking unpacking = {.out = out, .start_bytes = out->length_bytes};
    uint16_t size_bytes;

    if (!span_u16(&packed, &size_bytes))
        return false;
    unpacking.packed = packed;
    unpacking.size_bytes = size_bytes;
    while (out->length_bytes - unpacking.start_bytes < size_bytes) {
        uint32_t flags;

        if (!span_u32(&unpacking.packed, &flags))
            return false;
        for (unsigned index = 0;
             index < FLAGS && out->length_bytes - unpacking.start_bytes < size_bytes; index++) {
            bool is_match = (flags >> (FLAGS - 1 - index) & 1) != 0;
            uint8_t byte;

            if (is_match ? !unpack_match(&unpacking) : !span_u8(&unpacking.packed, &byte))
                return false;
            if (!is_match)
                text_add_bytes(out, (const char *)&byte, 1);
        }
    }
    return true;
}

bool edb_value_decompress(struct span bytes, struct text *out)
{
    uint8_t first;

    if (!span_u8(&bytes, &first))
        return false;
    switch (first >> KIND_SHIFT) {
    case KIND_7BIT_ASCII:
        return unpack_7bit(bytes, (first & LAST_BITS_MASK) + 1, false, out);
    case KIND_7BIT_UTF16:
        return unpack_7bit(bytes, (first & LAST_BITS_MASK) + 1, true, out);
    case KIND_XPRESS:
        return unpack_xpress(bytes, out);
    }
    return false;
}
