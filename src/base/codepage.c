/* SPDX-License-Identifier: Apache-2.0 */
/* A character has one byte or two. All that a code page has are asked of iconv once, at the first
 * text in it, and kept: asking for each byte of a long text that is no text would take minutes. */
#include "base/encoding.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

#define BYTE_VALUES 256u
#define FIRST_OTHER 0x80u
/* ASCII is collected here before it is added. */
#define COLLECTED_BYTES 256u

/* The OEM and ANSI code pages of Windows' languages ([MS-UCODEREF] 2.2.1). */
static const char *const names[] = {"CP850",  "CP437", "CP1252", "CP932", "CP936",
                                    "CP949",  "CP950", "CP866",  "CP852", "CP1251",
                                    "CP1250", "CP737", "CP1253", "CP857", "CP1254"};
const size_t codepage_count = ARRAY_COUNT(names);

static struct codepage {
    bool is_open;
    iconv_t converter;
    bool is_filled;
    uint32_t single[BYTE_VALUES]; /* 0: no character of one byte */
    uint32_t *pairs[BYTE_VALUES]; /* by the first byte, NULL when it begins none */
} codepages[ARRAY_COUNT(names)];

const char *codepage_name(size_t codepage)
{
    return names[codepage];
}

size_t codepage_find(const char *name)
{
    size_t codepage = 0;

    while (strcmp(names[codepage], name) != 0)
        codepage++;
    return codepage;
}

static void open_codepage(size_t codepage)
{
    struct codepage *page = &codepages[codepage];

    if (page->is_open)
        return;
    page->converter = iconv_open("UTF-32LE", names[codepage]);
    page->is_open = true;
}

void codepage_prepare(void)
{
    for (size_t index = 0; index < codepage_count; index++)
        open_codepage(index);
}

/* The one character that these bytes are, or 0. */
static uint32_t ask(iconv_t converter, const char *bytes, size_t size_bytes)
{
    char *in = (char *)bytes; /* iconv's prototype lacks a const */
    uint32_t characters[2];
    char *out = (char *)characters;
    size_t left_bytes = sizeof(characters);

    if (converter == (iconv_t)-1)
        return 0;
    iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &in, &size_bytes, &out, &left_bytes) == (size_t)-1 ||
        left_bytes != sizeof(characters[0]))
        return 0;
    return le32toh(characters[0]);
}

static void fill_pairs(struct codepage *page, unsigned first)
{
    uint32_t pairs[BYTE_VALUES] = {0};
    bool begins_any = false;

    for (unsigned second = 0x20; second < BYTE_VALUES; second++) {
        pairs[second] = ask(page->converter, (char[]){(char)first, (char)second}, 2);
        begins_any = begins_any || pairs[second] != 0;
    }
    if (!begins_any)
        return;
    page->pairs[first] = memory_allocate(BYTE_VALUES, sizeof(uint32_t));
    memcpy(page->pairs[first], pairs, sizeof(pairs));
}

static void fill(struct codepage *page)
{
    for (unsigned byte = 0; byte < BYTE_VALUES; byte++) {
        page->single[byte] =
            byte < FIRST_OTHER ? byte : ask(page->converter, (char[]){(char)byte}, 1);
        if (page->single[byte] == 0 && byte >= FIRST_OTHER)
            fill_pairs(page, byte);
    }
    page->single[0] = ' ';
    page->is_filled = true;
}

static uint32_t take_character(const struct codepage *page, struct span *bytes, uint8_t first)
{
    const uint32_t *pairs = page->pairs[first];
    uint32_t character = page->single[first];
    uint8_t second;

    if (character == 0 && pairs != NULL &&
        span_u8(&(struct span){bytes->bytes, bytes->left_bytes, 0}, &second) &&
        pairs[second] != 0) {
        character = pairs[second];
        if (!span_skip(bytes, 1))
            return TEXT_REPLACEMENT_CHARACTER;
    }
    return character != 0 ? character : TEXT_REPLACEMENT_CHARACTER;
}

void codepage_add_text(struct text *out, size_t codepage, struct span bytes)
{
    struct codepage *page = &codepages[codepage];
    char collected[COLLECTED_BYTES];
    size_t count = 0;
    uint8_t byte;

    open_codepage(codepage);
    if (!page->is_filled)
        fill(page);
    while (span_u8(&bytes, &byte)) {
        if (byte < FIRST_OTHER)
            collected[count++] = (char)page->single[byte];
        if (byte < FIRST_OTHER && count < sizeof(collected))
            continue;
        text_add_bytes(out, collected, count);
        count = 0;
        if (byte >= FIRST_OTHER)
            text_add_character(out, take_character(page, &bytes, byte));
    }
    text_add_bytes(out, collected, count);
}
