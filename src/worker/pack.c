/* SPDX-License-Identifier: Apache-2.0 */
/* Structs as bytes, and back, by the tables of their members. Unpacking trusts nothing. */
#include "worker/wire.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define LEAST_CAPACITY_BYTES 256
/* What stands for the rest of a text that was cut. */
#define CUT_OFF "..."

/* ---- The buffer ---- */

void pack_reserve(struct pack *pack, size_t size_bytes)
{
    size_t needed = pack->length_bytes + size_bytes;
    size_t capacity =
        pack->capacity_bytes > LEAST_CAPACITY_BYTES ? pack->capacity_bytes : LEAST_CAPACITY_BYTES;

    if (needed <= pack->capacity_bytes)
        return;
    while (capacity < needed)
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

/* Put together with its caller, a copy of known length is one instruction. */
static inline void put(struct pack *pack, const void *bytes, size_t size_bytes)
{
    if (size_bytes > pack->capacity_bytes - pack->length_bytes)
        pack_reserve(pack, size_bytes);
    memcpy(pack->bytes + pack->length_bytes, bytes, size_bytes);
    pack->length_bytes += size_bytes;
}

void pack_bytes(struct pack *pack, const void *bytes, size_t size_bytes)
{
    if (size_bytes > 0)
        put(pack, bytes, size_bytes);
}

/* ---- Packing ---- */

static inline void pack_u8(struct pack *pack, uint8_t number)
{
    put(pack, &number, sizeof(number));
}

static inline void pack_u16(struct pack *pack, uint16_t number)
{
    number = htole16(number);
    put(pack, &number, sizeof(number));
}

void pack_u32(struct pack *pack, uint32_t number)
{
    number = htole32(number);
    put(pack, &number, sizeof(number));
}

static inline void pack_u64(struct pack *pack, uint64_t number)
{
    number = htole64(number);
    put(pack, &number, sizeof(number));
}

static bool is_utf8(const char *bytes, size_t length_bytes)
{
    bool is_cut;

    return text_utf8_length(bytes, length_bytes, &is_cut) == length_bytes;
}

/* Adds a text that a library took from its input as it is there. */
static void pack_repaired(struct pack *pack, const char *text)
{
    struct text repaired = {0};
    uint32_t character;

    while (*text != '\0') {
        text_next_character(&text, &character);
        text_add_character(&repaired, character);
    }
    pack_u32(pack, (uint32_t)repaired.length_bytes);
    put(pack, text_get(&repaired), repaired.length_bytes + 1);
    text_free(&repaired);
}

/* A text is far shorter than 4 GiB: whoever packs it keeps to the limit of a frame. */
static void pack_text(struct pack *pack, const struct member *member, const char *text)
{
    size_t length;

    if (member->or_null)
        pack_u8(pack, text != NULL);
    if (member->or_null && text == NULL)
        return;
    length = strlen(text);
    if (!member->or_bytes && !is_utf8(text, length)) {
        pack_repaired(pack, text);
        return;
    }
    pack_u32(pack, (uint32_t)length);
    put(pack, text, length + 1);
}

static void pack_owned_text(struct pack *pack, const struct member *member, const char *text)
{
    size_t most = (size_t)member->greatest;
    char *cut;

    if (most == 0 || text == NULL || strnlen(text, most + 1) <= most) {
        pack_text(pack, member, text);
        return;
    }
    cut = memory_format("%.*s" CUT_OFF, (int)text_cut_length(text, most - sizeof(CUT_OFF)), text);
    pack_text(pack, member, cut);
    free(cut);
}

static void pack_member(struct pack *pack, const struct member *member, const void *owner)
{
    const void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        pack_u8(pack, *(const bool *)at);
        break;
    case MEMBER_U16:
        pack_u16(pack, *(const uint16_t *)at);
        break;
    case MEMBER_I32:
        pack_u32(pack, (uint32_t)*(const int32_t *)at);
        break;
    case MEMBER_U64:
    case MEMBER_NUMBER:
        pack_u64(pack, *(const uint64_t *)at);
        break;
    case MEMBER_CHOICE:
        pack_u8(pack, (uint8_t)*(const unsigned *)at);
        break;
    case MEMBER_TEXT:
        pack_text(pack, member, *(const char *const *)at);
        break;
    case MEMBER_OWNED_TEXT:
        pack_owned_text(pack, member, *(const char *const *)at);
        break;
    }
}

void pack_members(struct pack *pack, const struct members *members, const void *owner)
{
    for (size_t index = 0; index < members->count; index++)
        pack_member(pack, &members->rows[index], owner);
}

/* ---- Unpacking ---- */

/* A number of one byte, below `end`. */
static bool unpack_u8_below(struct span *in, size_t end, unsigned *out)
{
    uint8_t number;

    if (!span_u8(in, &number) || number >= end)
        return false;
    *out = number;
    return true;
}

static bool unpack_bool(struct span *in, bool *out)
{
    unsigned number;

    if (!unpack_u8_below(in, 2, &number))
        return false;
    *out = number == 1;
    return true;
}

static bool unpack_u64(struct span *in, const struct member *member, uint64_t *out)
{
    return span_u64(in, out) && number_is_not_too_great(*out, member->greatest);
}

static bool unpack_i32(struct span *in, const struct member *member, int32_t *out)
{
    uint32_t bits;

    if (!span_u32(in, &bits))
        return false;
    *out = (int32_t)bits;
    return number_is_in_range(*out, member->least, member->greatest);
}

static bool unpack_number(struct span *in, const struct member *member, int64_t *out)
{
    uint64_t bits;

    if (!span_u64(in, &bits))
        return false;
    *out = (int64_t)bits;
    return *out == MEMBER_ABSENT || number_is_in_range(*out, member->least, member->greatest);
}

/* A text of UTF-8 without a NUL in it. */
static bool unpack_text(struct span *in, const struct member *member, const char **out)
{
    struct span taken;
    uint32_t length;
    bool is_there;

    *out = NULL;
    if (member->or_null && !unpack_bool(in, &is_there))
        return false;
    if (member->or_null && !is_there)
        return true;
    if (!span_u32(in, &length) || length >= in->left_bytes ||
        (member->greatest != 0 && length > member->greatest) ||
        !span_take(in, (size_t)length + 1, &taken) ||
        memchr(taken.bytes, '\0', (size_t)length + 1) != taken.bytes + length ||
        (!member->or_bytes && !is_utf8((const char *)taken.bytes, length)))
        return false;
    *out = (const char *)taken.bytes;
    return true;
}

static bool unpack_owned_text(struct span *in, const struct member *member, char **out)
{
    const char *text;

    if (!unpack_text(in, member, &text))
        return false;
    *out = memory_copy_text(text);
    return true;
}

static bool unpack_member(struct span *in, const struct member *member, void *owner)
{
    void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        return unpack_bool(in, at);
    case MEMBER_U16:
        return span_u16(in, at);
    case MEMBER_U64:
        return unpack_u64(in, member, at);
    case MEMBER_I32:
        return unpack_i32(in, member, at);
    case MEMBER_NUMBER:
        return unpack_number(in, member, at);
    case MEMBER_CHOICE:
        return unpack_u8_below(in, member->words->count, at);
    case MEMBER_TEXT:
        return unpack_text(in, member, at);
    case MEMBER_OWNED_TEXT:
        return unpack_owned_text(in, member, at);
    }
    return false;
}

bool unpack_members(struct span *in, const struct members *members, void *owner)
{
    for (size_t index = 0; index < members->count; index++)
        if (!unpack_member(in, &members->rows[index], owner))
            return false;
    return true;
}
