/* SPDX-License-Identifier: Apache-2.0 */
/* The tokenizer. Every token moves the cursor on by one byte at least, and nothing is read but
 * through spans of the chunk. */
#include "evtx/binxml.h"

#include "evtx/value.h"

/* Of template instances in each other's values; Windows has two, Event and EventData. */
#define INSTANCE_DEPTH_MOST 3u

bool binxml_read_instance(const struct span *chunk, struct span *in, struct binxml_instance *out)
{
    uint8_t unknown;
    uint32_t data_size, count;
    struct span definition;

    if (!span_u8(in, &unknown) || !span_u32(in, &out->id) ||
        !span_u32(in, &out->definition_offset) ||
        !span_at(chunk, out->definition_offset, &definition) ||
        !span_u32_at(&definition, BINXML_DEFINITION_OFFSET_ID, &out->defined_id) ||
        !span_u32_at(&definition, BINXML_DEFINITION_OFFSET_DATA_SIZE, &data_size))
        return false;
    /* The definition stands right here where it is used first. */
    if (definition.bytes == in->bytes &&
        (!span_skip(in, BINXML_DEFINITION_OFFSET_DATA) || !span_skip(in, data_size)))
        return false;
    if (!span_skip(&definition, BINXML_DEFINITION_OFFSET_DATA) ||
        !span_take(&definition, data_size, &out->definition) || !span_u32(in, &count) ||
        count > in->left_bytes / BINXML_DESCRIPTOR_BYTES ||
        !span_take(in, count * BINXML_DESCRIPTOR_BYTES, &out->descriptors))
        return false;
    out->values = *in;
    return true;
}

bool binxml_instance_value(const struct binxml_instance *instance, size_t index, uint8_t *type,
                           struct span *value)
{
    struct span descriptors = instance->descriptors;
    struct span values = instance->values;
    size_t position_bytes = 0;
    uint16_t size = 0;

    if (index >= descriptors.left_bytes / BINXML_DESCRIPTOR_BYTES)
        return false;
    for (size_t before = 0; before < index; before++) {
        if (!span_u16(&descriptors, &size) || !span_skip(&descriptors, sizeof(uint16_t)))
            return false;
        position_bytes += size;
    }
    return span_u16(&descriptors, &size) && span_u8(&descriptors, type) &&
           span_skip(&values, position_bytes) && span_take(&values, size, value);
}

bool binxml_name_text(const struct span *name, uint16_t length, struct span *out)
{
    struct span at;

    if (!span_at(name, BINXML_NAME_OFFSET_TEXT, &at) || !span_take(&at, 2u * (size_t)length, out))
        return false;
    for (size_t index = 0; index + 1 < out->left_bytes; index += 2)
        if (out->bytes[index] == 0 && out->bytes[index + 1] == 0)
            out->left_bytes = index;
    return true;
}

/* Reads a name's offset and, where the name stands here, moves past it. */
static bool read_name(struct binxml_cursor *cursor, struct span *out)
{
    uint32_t offset;
    uint16_t length;
    struct span at;

    if (!span_u32(&cursor->in, &offset) || !span_at(cursor->chunk, offset, &at) ||
        !span_u16_at(&at, BINXML_NAME_OFFSET_LENGTH, &length))
        return false;
    if (at.bytes == cursor->in.bytes &&
        !span_skip(&cursor->in, BINXML_NAME_OFFSET_TEXT + 2u * length + BINXML_NAME_END_BYTES))
        return false;
    return binxml_name_text(&at, length, out);
}

static bool read_open_element(struct binxml_cursor *cursor, bool has_attributes,
                              struct binxml_token *out)
{
    uint16_t dependency_id;
    uint32_t attributes_size;

    return (!cursor->in_definition || span_u16(&cursor->in, &dependency_id)) &&
           span_u32(&cursor->in, &out->element_size) && read_name(cursor, &out->name) &&
           (!has_attributes || span_u32(&cursor->in, &attributes_size));
}

/* A count of characters and so much UTF-16. */
static bool read_counted(struct span *in, struct span *out)
{
    uint16_t length;

    return span_u16(in, &length) && span_take(in, 2u * (size_t)length, out);
}

static bool read_value(struct span *in, struct binxml_token *out)
{
    return span_u8(in, &out->value_type) && out->value_type == VALUE_STRING &&
           read_counted(in, &out->value);
}

/* Reads what belongs to the token `out->kind`. */
static bool read_rest(struct binxml_cursor *cursor, bool more, struct binxml_token *out)
{
    switch (out->kind) {
    case BINXML_OPEN_ELEMENT:
        return read_open_element(cursor, more, out);
    case BINXML_VALUE:
        return read_value(&cursor->in, out);
    case BINXML_ATTRIBUTE:
    case BINXML_ENTITY_REFERENCE:
    case BINXML_PI_TARGET:
        return read_name(cursor, &out->name);
    case BINXML_CDATA:
    case BINXML_PI_DATA:
        return read_counted(&cursor->in, &out->value);
    case BINXML_CHARACTER_REFERENCE:
        return span_u16(&cursor->in, &out->index);
    case BINXML_TEMPLATE_INSTANCE:
        return binxml_read_instance(cursor->chunk, &cursor->in, &out->instance);
    case BINXML_SUBSTITUTION:
    case BINXML_OPTIONAL_SUBSTITUTION:
        return span_u16(&cursor->in, &out->index) && span_u8(&cursor->in, &out->value_type);
    case BINXML_FRAGMENT:
        return span_skip(&cursor->in, BINXML_FRAGMENT_HEADER_BYTES - 1);
    case BINXML_END:
    case BINXML_CLOSE_START_TAG:
    case BINXML_CLOSE_EMPTY_ELEMENT:
    case BINXML_END_ELEMENT:
        return true;
    }
    return false;
}

bool binxml_next(struct binxml_cursor *cursor, struct binxml_token *out, const char **why)
{
    uint8_t token;

    out->kind = BINXML_END;
    if (!span_u8(&cursor->in, &token)) {
        if (cursor->in_definition)
            *why = "a template definition without an end";
        return !cursor->in_definition;
    }
    if ((token & ~BINXML_MORE) > BINXML_FRAGMENT) {
        *why = "no BinXML token where one should be";
        return false;
    }
    out->kind = (enum binxml_token_kind)(token & ~BINXML_MORE);
    if (read_rest(cursor, (token & BINXML_MORE) != 0, out))
        return true;
    *why = out->kind == BINXML_TEMPLATE_INSTANCE ? "its template or its values run out of bounds"
                                                 : "a BinXML token runs out of bounds";
    return false;
}

void binxml_skip_fragment_header(struct binxml_cursor *cursor)
{
    struct span moved = cursor->in;

    if (span_starts_with(&moved, BINXML_FRAGMENT_HEADER, BINXML_FRAGMENT_HEADER_BYTES) &&
        span_skip(&moved, BINXML_FRAGMENT_HEADER_BYTES))
        cursor->in = moved;
}

struct word_row {
    const char *text;
    size_t length;
    enum binxml_word word;
};

#define WORD(name, which)                                                \
    {                                                                    \
        .text = (name), .length = sizeof(name) - 1, .word = WORD_##which \
    }

/* In order of length. */
static const struct word_row words[] = {
    WORD("Name", NAME),
    WORD("Data", DATA),
    WORD("Event", EVENT),
    WORD("Level", LEVEL),
    WORD("System", SYSTEM),
    WORD("UserID", USER_ID),
    WORD("EventID", EVENT_ID),
    WORD("Channel", CHANNEL),
    WORD("Provider", PROVIDER),
    WORD("Computer", COMPUTER),
    WORD("Security", SECURITY),
    WORD("UserData", USER_DATA),
    WORD("EventData", EVENT_DATA),
    WORD("Qualifiers", QUALIFIERS),
    WORD("SystemTime", SYSTEM_TIME),
    WORD("TimeCreated", TIME_CREATED),
    WORD("EventRecordID", EVENT_RECORD_ID),
    WORD("RenderingInfo", RENDERING_INFO),
};

#define WORD_LENGTH_MOST 13u

/* For each length, the first row that has it or is longer. */
static const uint8_t first_of_length[WORD_LENGTH_MOST + 2] = {0, 0,  0,  0,  0,  2,  4, 6,
                                                              8, 12, 13, 15, 16, 16, 18};

static bool is_word(const struct span *name, const struct word_row *row)
{
    for (size_t index = 0; index < row->length; index++)
        if (name->bytes[2 * index] != (uint8_t)row->text[index] || name->bytes[2 * index + 1] != 0)
            return false;
    return true;
}

enum binxml_word binxml_word_of(const struct span *name)
{
    size_t length = name->left_bytes / 2;

    if (length > WORD_LENGTH_MOST)
        return WORD_OTHER;
    for (size_t row = first_of_length[length]; row < first_of_length[length + 1]; row++)
        if (is_word(name, &words[row]))
            return words[row].word;
    return WORD_OTHER;
}

bool record_read_instance(const struct chunk *chunk, const struct record *record,
                          struct binxml_instance *out)
{
    struct span in = binxml_of_record(chunk, record).in;
    uint8_t token;

    return span_starts_with(&in, BINXML_FRAGMENT_HEADER, BINXML_FRAGMENT_HEADER_BYTES) &&
           span_skip(&in, BINXML_FRAGMENT_HEADER_BYTES) && span_u8(&in, &token) &&
           token == BINXML_TEMPLATE_INSTANCE && binxml_read_instance(&chunk->bytes, &in, out);
}

bool binxml_read_whole_instance(const struct chunk *chunk, struct span fragment,
                                struct binxml_instance *out)
{
    struct binxml_cursor cursor = {.chunk = &chunk->bytes, .in = fragment};
    struct span descriptors, all;
    size_t size_bytes = 0;
    uint16_t size;
    uint8_t token;

    binxml_skip_fragment_header(&cursor);
    if (!span_u8(&cursor.in, &token) || token != BINXML_TEMPLATE_INSTANCE ||
        !binxml_read_instance(&chunk->bytes, &cursor.in, out))
        return false;
    descriptors = out->descriptors;
    while (span_u16(&descriptors, &size) && span_skip(&descriptors, sizeof(uint16_t)))
        size_bytes += size;
    all = out->values;
    return span_take(&all, size_bytes, &out->values);
}

/* The token behind the record's fragment header; BINXML_END without such a header. */
static enum binxml_token_kind first_token(const struct record *record)
{
    struct span in;

    if (!span_at(&record->bytes, RECORD_OFFSET_BINXML, &in) ||
        !span_starts_with(&in, BINXML_FRAGMENT_HEADER, BINXML_FRAGMENT_HEADER_BYTES) ||
        !span_skip(&in, BINXML_FRAGMENT_HEADER_BYTES) || in.left_bytes == 0)
        return BINXML_END;
    return (enum binxml_token_kind)(in.bytes[0] & ~BINXML_MORE & 0xffu);
}

bool record_is_forwarded(const struct record *record)
{
    return first_token(record) == BINXML_OPEN_ELEMENT;
}

/* Follows the template instance in `binxml` and those in its values, `depth` levels of them. A
 * value can also be elements without a template (UserData). */
static bool instance_is_sound(const struct chunk *chunk, struct span binxml, unsigned depth,
                              bool compare_ids)
{
    struct binxml_cursor cursor = {.chunk = &chunk->bytes, .in = binxml};
    struct binxml_instance instance;
    struct span values, value;
    uint16_t size;
    uint8_t token, type, unknown;

    binxml_skip_fragment_header(&cursor);
    if (!span_u8(&cursor.in, &token) || token != BINXML_TEMPLATE_INSTANCE)
        return true;
    if (depth == 0 || !binxml_read_instance(&chunk->bytes, &cursor.in, &instance) ||
        (compare_ids && instance.id != instance.defined_id))
        return false;
    values = instance.values;
    while (instance.descriptors.left_bytes > 0) {
        if (!span_u16(&instance.descriptors, &size) || !span_u8(&instance.descriptors, &type) ||
            !span_u8(&instance.descriptors, &unknown) || !span_take(&values, size, &value))
            return false;
        if (type == VALUE_BINXML && !instance_is_sound(chunk, value, depth - 1, compare_ids))
            return false;
    }
    return true;
}

bool record_is_sound(const struct chunk *chunk, const struct record *record)
{
    return instance_is_sound(chunk, binxml_of_record(chunk, record).in, INSTANCE_DEPTH_MOST, false);
}

bool record_templates_match(const struct chunk *chunk, const struct record *record)
{
    return first_token(record) == BINXML_TEMPLATE_INSTANCE &&
           instance_is_sound(chunk, binxml_of_record(chunk, record).in, INSTANCE_DEPTH_MOST, true);
}
