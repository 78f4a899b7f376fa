/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/pack.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define LEAST_CAPACITY_BYTES 256

void pack_reserve(struct pack *pack, size_t size_bytes)
{
    size_t wanted = pack->length_bytes + size_bytes;
    size_t capacity =
        pack->capacity_bytes > LEAST_CAPACITY_BYTES ? pack->capacity_bytes : LEAST_CAPACITY_BYTES;

    if (wanted <= pack->capacity_bytes)
        return;
    while (capacity < wanted)
        capacity *= 2;
    pack->bytes = memory_resize(pack->bytes, capacity, 1);
    pack->capacity_bytes = capacity;
}

void pack_free(struct pack *pack)
{
    free(pack->bytes);
    *pack = (struct pack){0};
}

void pack_drop(struct pack *pack, size_t size_bytes)
{
    pack->length_bytes -= size_bytes;
    if (size_bytes > 0 && pack->length_bytes > 0)
        memmove(pack->bytes, pack->bytes + size_bytes, pack->length_bytes);
}

void pack_bytes(struct pack *pack, const void *bytes, size_t size_bytes)
{
    pack_reserve(pack, size_bytes);
    if (size_bytes > 0)
        memcpy(pack->bytes + pack->length_bytes, bytes, size_bytes);
    pack->length_bytes += size_bytes;
}

void pack_u8(struct pack *pack, uint8_t number)
{
    pack_bytes(pack, &number, sizeof(number));
}

void pack_u16(struct pack *pack, uint16_t number)
{
    number = htole16(number);
    pack_bytes(pack, &number, sizeof(number));
}

void pack_u32(struct pack *pack, uint32_t number)
{
    number = htole32(number);
    pack_bytes(pack, &number, sizeof(number));
}

void pack_u64(struct pack *pack, uint64_t number)
{
    number = htole64(number);
    pack_bytes(pack, &number, sizeof(number));
}

void pack_bool(struct pack *pack, bool truth)
{
    pack_u8(pack, truth ? 1 : 0);
}

/* A text is far shorter than 4 GiB: whoever packs it keeps to the limit of a frame. */
void pack_text(struct pack *pack, const char *text)
{
    size_t length = strlen(text);

    pack_u32(pack, (uint32_t)length);
    pack_bytes(pack, text, length + 1);
}

void pack_text_or_null(struct pack *pack, const char *text)
{
    pack_bool(pack, text != NULL);
    if (text != NULL)
        pack_text(pack, text);
}

bool unpack_choice(struct span *in, unsigned greatest, unsigned *out)
{
    uint8_t number;

    if (!span_u8(in, &number) || number > greatest)
        return false;
    *out = number;
    return true;
}

bool unpack_bool(struct span *in, bool *out)
{
    unsigned number;

    if (!unpack_choice(in, 1, &number))
        return false;
    *out = number == 1;
    return true;
}

bool unpack_u32_to(struct span *in, uint32_t greatest, uint32_t *out)
{
    return span_u32(in, out) && *out <= greatest;
}

bool unpack_u64_to(struct span *in, uint64_t greatest, uint64_t *out)
{
    return span_u64(in, out) && *out <= greatest;
}

bool unpack_text(struct span *in, const char **out)
{
    struct span taken;
    uint32_t length;

    if (!span_u32(in, &length) || length >= in->left_bytes ||
        !span_take(in, (size_t)length + 1, &taken) ||
        memchr(taken.bytes, '\0', (size_t)length + 1) != taken.bytes + length)
        return false;
    *out = (const char *)taken.bytes;
    return true;
}

bool unpack_text_or_null(struct span *in, const char **out)
{
    bool is_there;

    *out = NULL;
    if (!unpack_bool(in, &is_there))
        return false;
    return !is_there || unpack_text(in, out);
}
