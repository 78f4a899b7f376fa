/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, names and instances. Every token moves the cursor on by one byte at least, and nothing is
 * read but through spans of the chunk. */
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

bool binxml_read_name(const struct span *chunk, uint32_t offset, struct binxml_name *out)
{
    struct span at;
    size_t length_bytes = 0;

    if (!span_at(chunk, offset, &at) ||
        !span_u16_at(&at, BINXML_NAME_OFFSET_LENGTH, &out->length) ||
        !span_skip(&at, BINXML_NAME_OFFSET_TEXT) ||
        !span_take(&at, 2u * (size_t)out->length, &out->text))
        return false;
    while (length_bytes < out->text.left_bytes &&
           (out->text.bytes[length_bytes] | out->text.bytes[length_bytes + 1]) != 0)
        length_bytes += 2;
    out->text.left_bytes = length_bytes;
    return true;
}

/* Where in the chunk the bytes begin, which are of it. */
static uint32_t chunk_offset(const struct binxml_cursor *cursor)
{
    return (uint32_t)(cursor->in.bytes - cursor->chunk->bytes);
}

/* Reads a name's offset and, where the name stands here, moves past it. */
static bool read_name(struct binxml_cursor *cursor, struct binxml_name *out)
{
    uint32_t offset;

    out->at = chunk_offset(cursor);
    if (!span_u32(&cursor->in, &offset) || !binxml_read_name(cursor->chunk, offset, out) ||
        (offset == chunk_offset(cursor) &&
         !span_skip(&cursor->in,
                    BINXML_NAME_OFFSET_TEXT + 2u * (size_t)out->length + BINXML_NAME_END_BYTES)))
        return false;
    out->behind = chunk_offset(cursor);
    return true;
}

static bool read_open_element(struct binxml_cursor *cursor, bool has_attributes,
                              struct binxml_token *out)
{
    uint16_t dependency_id;
    uint32_t size;

    if ((cursor->in_definition && !span_u16(&cursor->in, &dependency_id)) ||
        !span_u32(&cursor->in, &size))
        return false;
    out->element_end = (uint64_t)chunk_offset(cursor) + size;
    out->attributes_size = 0;
    return read_name(cursor, &out->name) &&
           (!has_attributes || span_u32(&cursor->in, &out->attributes_size));
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

struct word_row {
    const char *text;
    size_t length;
    enum binxml_word word;
};

#define WORD(name, which) {.text = (name), .length = sizeof(name) - 1, .word = WORD_##which}

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

/* --- records --- */

/* The token behind the record's fragment header; BINXML_END without such a header. */
static enum binxml_token_kind first_token(const struct record *record)
{
    struct span in = binxml_of_record(record);

    if (!span_starts_with(&in, BINXML_FRAGMENT_HEADER, BINXML_FRAGMENT_HEADER_BYTES) ||
        in.left_bytes == BINXML_FRAGMENT_HEADER_BYTES)
        return BINXML_END;
    return (enum binxml_token_kind)(in.bytes[BINXML_FRAGMENT_HEADER_BYTES] & ~BINXML_MORE & 0xffu);
}

/* Moves past the fragment header, if it is there, and the token of a template instance. */
static bool skip_to_instance(struct span *in)
{
    uint8_t token;

    if (span_starts_with(in, BINXML_FRAGMENT_HEADER, BINXML_FRAGMENT_HEADER_BYTES) &&
        !span_skip(in, BINXML_FRAGMENT_HEADER_BYTES))
        return false;
    return span_u8(in, &token) && token == BINXML_TEMPLATE_INSTANCE;
}

bool record_read_instance(const struct chunk *chunk, const struct record *record,
                          struct binxml_instance *out)
{
    struct span in = binxml_of_record(record);

    return first_token(record) == BINXML_TEMPLATE_INSTANCE && skip_to_instance(&in) &&
           binxml_read_instance(&chunk->bytes, &in, out);
}

bool binxml_read_whole_instance(const struct chunk *chunk, struct span fragment,
                                struct binxml_instance *out)
{
    struct binxml_instance rest;
    struct binxml_value value;

    if (!skip_to_instance(&fragment) || !binxml_read_instance(&chunk->bytes, &fragment, out))
        return false;
    rest = *out;
    while (rest.descriptors.left_bytes > 0)
        if (!binxml_take_value(&rest, &value))
            return false;
    return span_take(&out->values, (size_t)(rest.values.bytes - out->values.bytes), &out->values);
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
    struct binxml_instance instance;
    struct binxml_value value;

    if (!skip_to_instance(&binxml))
        return true;
    if (depth == 0 || !binxml_read_instance(&chunk->bytes, &binxml, &instance) ||
        (compare_ids && instance.id != instance.defined_id))
        return false;
    while (instance.descriptors.left_bytes > 0)
        if (!binxml_take_value(&instance, &value) ||
            (value.type == VALUE_BINXML &&
             !instance_is_sound(chunk, value.bytes, depth - 1, compare_ids)))
            return false;
    return true;
}

bool record_is_sound(const struct chunk *chunk, const struct record *record)
{
    return instance_is_sound(chunk, binxml_of_record(record), INSTANCE_DEPTH_MOST, false);
}

/* What is left behind the values of the record's template instance, or behind its first element,
 * whose size is told in it. */
static bool find_rest(const struct chunk *chunk, const struct record *record, struct span *rest)
{
    struct binxml_instance instance;
    struct binxml_value value;
    uint32_t size;

    if (record_read_instance(chunk, record, &instance)) {
        while (instance.descriptors.left_bytes > 0)
            if (!binxml_take_value(&instance, &value))
                return false;
        *rest = instance.values;
        return true;
    }
    *rest = binxml_of_record(record);
    return record_is_forwarded(record) &&
           span_skip(rest, BINXML_FRAGMENT_HEADER_BYTES + sizeof(uint8_t)) &&
           span_u32(rest, &size) && span_skip(rest, size);
}

/* Is the text's last unit a zero? One more ends it. */
static bool text_is_zeroed(const struct span *text)
{
    uint16_t unit;

    return text->left_bytes < 2 * sizeof(unit) ||
           !span_u16_at(text, text->left_bytes - 2 * sizeof(unit), &unit) || unit == 0;
}

/* The end of a fragment is a byte, and records are multiples of eight. */
#define FILLING_MOST 16u

/* Does nearly all of the value belong to the template instance in it? */
static bool instance_fills(const struct binxml_value *value, const struct binxml_instance *content)
{
    const uint8_t *end = content->values.bytes + content->values.left_bytes;

    return (size_t)(value->bytes.bytes + value->bytes.left_bytes - end) <= FILLING_MOST;
}

/* Do the values end in zeros that may not be theirs? Where the end of a record was overwritten with
 * zeros, or is not there, its last text seems to end earlier, or empty ones to follow, or BinXML
 * has fewer values, or none. A number that is 0 tells nothing: what is before it does. True, too,
 * where nothing tells. */
static bool is_zeroed(const struct chunk *chunk, struct binxml_instance instance, unsigned depth)
{
    struct binxml_instance content;
    struct binxml_value value;
    bool zeroed = true;

    while (instance.descriptors.left_bytes > 0 && binxml_take_value(&instance, &value)) {
        if (value.bytes.left_bytes == 0)
            continue;
        if (value.type == VALUE_BINXML)
            zeroed = depth == 0 || !binxml_read_whole_instance(chunk, value.bytes, &content) ||
                     !instance_fills(&value, &content) || is_zeroed(chunk, content, depth - 1);
        else if ((value.type & ~VALUE_ARRAY) == VALUE_STRING)
            zeroed = text_is_zeroed(&value.bytes);
        else if (!span_is_zero(value.bytes))
            zeroed = false;
    }
    return zeroed;
}

bool record_is_whole(const struct chunk *chunk, const struct record *record)
{
    struct binxml_instance instance;
    struct span rest;

    return find_rest(chunk, record, &rest) && rest.left_bytes <= FILLING_MOST &&
           (!record_read_instance(chunk, record, &instance) ||
            !is_zeroed(chunk, instance, INSTANCE_DEPTH_MOST));
}

bool record_templates_match(const struct chunk *chunk, const struct record *record)
{
    return first_token(record) == BINXML_TEMPLATE_INSTANCE &&
           instance_is_sound(chunk, binxml_of_record(record), INSTANCE_DEPTH_MOST, true);
}
