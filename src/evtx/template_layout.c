/* SPDX-License-Identifier: Apache-2.0 */
/* Windows writes the definitions of events all in one form, and a chunk has a dozen or two of
 * them; so finding layouts is what selection spends its time on, beside walking. A definition of
 * the usual form is read straight through, elements of no interest are stepped over by their size,
 * and names, which the definitions of a chunk share, are looked up once. Whatever is not of that
 * form is read token by token, which gives the same. */
#include "evtx/template_layout.h"

#include <string.h>

#include "evtx/binxml.h"
#include "evtx/value.h"

/* Of a stretch that no name follows. */
#define FINGERPRINT_NO_NAME UINT8_MAX

#define DEPTH_CONTENT (DEPTH_FIELD + 1) /* of open elements, within a field */

void layout_reader_begin_chunk(struct layout_reader *reader, const struct span *chunk)
{
    reader->chunk = chunk;
    if (reader->generation == UINT8_MAX) {
        memset(reader->names, 0, sizeof(reader->names));
        reader->generation = 0;
    }
    reader->generation++;
}

struct span template_layout_literal(const struct layout_reader *reader,
                                    const struct field_place *field)
{
    return span_of(reader->chunk->bytes + field->literal_start, field->literal_bytes,
                   reader->chunk->offset_bytes + field->literal_start);
}

SPAN_INLINE void field_add(struct field_place *field, struct field_place piece)
{
    if (field->kind != FIELD_ABSENT)
        piece.kind = FIELD_MIXED;
    *field = piece;
}

SPAN_INLINE void field_add_value(struct field_place *field, uint16_t index)
{
    field_add(field, (struct field_place){.kind = FIELD_VALUE, .index = index});
}

SPAN_INLINE void field_add_literal(const struct layout_reader *reader, struct field_place *field,
                                   const struct span *literal)
{
    field_add(field, (struct field_place){.kind = FIELD_LITERAL,
                                          .literal_start =
                                              (uint32_t)(literal->bytes - reader->chunk->bytes),
                                          .literal_bytes = (uint32_t)literal->left_bytes});
}

/* --- token by token --- */

/* A definition whose layout is being found. */
struct layout_reading {
    const struct layout_reader *reader;
    struct template_layout *layout;
    unsigned depth; /* of open elements */
    bool in_system;
    bool met_system;
    enum binxml_word word; /* of the innermost element, while nothing in it ended */
    bool in_start_tag;
    enum binxml_word attribute; /* WORD_OTHER outside of one */
};

/* The field that a piece at this place belongs to, or NULL. */
static struct field_place *layout_field_here(struct layout_reading *reading)
{
    struct field_place *fields = reading->layout->fields;

    if (!reading->in_system)
        return NULL;
    if (reading->in_start_tag && reading->depth == DEPTH_FIELD) {
        if (reading->word == WORD_PROVIDER && reading->attribute == WORD_NAME)
            return &fields[LAYOUT_PROVIDER];
        if (reading->word == WORD_TIME_CREATED && reading->attribute == WORD_SYSTEM_TIME)
            return &fields[LAYOUT_TIME];
        return NULL;
    }
    if (reading->in_start_tag || reading->depth != DEPTH_CONTENT)
        return NULL;
    return reading->word == WORD_EVENT_ID          ? &fields[LAYOUT_EVENT_ID]
           : reading->word == WORD_EVENT_RECORD_ID ? &fields[LAYOUT_RECORD_ID]
           : reading->word == WORD_CHANNEL         ? &fields[LAYOUT_CHANNEL]
           : reading->word == WORD_COMPUTER        ? &fields[LAYOUT_COMPUTER]
                                                   : NULL;
}

static bool layout_begin_element(struct layout_reading *reading, const struct span *name)
{
    if (reading->in_start_tag || (reading->in_system && reading->depth > DEPTH_FIELD))
        return false;
    reading->word = binxml_word_of(name);
    reading->attribute = WORD_OTHER;
    reading->in_start_tag = true;
    if (reading->depth == 0 && reading->word != WORD_EVENT)
        return false;
    if (reading->depth == DEPTH_SECTION) {
        if (reading->word == WORD_SYSTEM && reading->met_system)
            return false;
        reading->in_system = reading->word == WORD_SYSTEM;
        reading->met_system = reading->met_system || reading->in_system;
        if (reading->word == WORD_RENDERING_INFO)
            reading->layout->has_rendering = true;
    }
    return true;
}

static bool layout_end_element(struct layout_reading *reading)
{
    if (reading->depth == 0 || reading->in_start_tag)
        return false;
    reading->depth--;
    reading->word = WORD_OTHER;
    if (reading->depth == DEPTH_SECTION)
        reading->in_system = false;
    return true;
}

/* A value that is BinXML can have elements that matter, unless System is behind us. */
static bool layout_substitution(struct layout_reading *reading, const struct binxml_token *token)
{
    struct field_place *field = layout_field_here(reading);

    if (token->value_type == VALUE_BINXML && (reading->in_system || !reading->met_system))
        return false;
    if (field != NULL)
        field_add_value(field, token->index);
    return true;
}

/* Returns whether the token leaves the template a plain one. */
static bool layout_token(struct layout_reading *reading, const struct binxml_token *token)
{
    struct field_place *field;

    switch (token->kind) {
    case BINXML_OPEN_ELEMENT:
        return layout_begin_element(reading, &token->name);
    case BINXML_ATTRIBUTE:
        reading->attribute = binxml_word_of(&token->name);
        return reading->in_start_tag;
    case BINXML_CLOSE_START_TAG:
        reading->depth += reading->in_start_tag ? 1 : 0;
        if (!reading->in_start_tag)
            return false;
        reading->in_start_tag = false;
        return true;
    case BINXML_CLOSE_EMPTY_ELEMENT:
        if (!reading->in_start_tag)
            return false;
        reading->in_start_tag = false;
        reading->word = WORD_OTHER;
        if (reading->depth == DEPTH_SECTION)
            reading->in_system = false;
        return true;
    case BINXML_END_ELEMENT:
        return layout_end_element(reading);
    case BINXML_VALUE:
    case BINXML_CDATA:
        field = layout_field_here(reading);
        if (field != NULL)
            field_add_literal(reading->reader, field, &token->value);
        return true;
    case BINXML_SUBSTITUTION:
    case BINXML_OPTIONAL_SUBSTITUTION:
        return layout_substitution(reading, token);
    case BINXML_CHARACTER_REFERENCE:
    case BINXML_ENTITY_REFERENCE:
        field = layout_field_here(reading);
        if (field != NULL)
            field->kind = FIELD_MIXED;
        return true;
    case BINXML_TEMPLATE_INSTANCE:
        return false;
    case BINXML_END:
    case BINXML_FRAGMENT:
    case BINXML_PI_TARGET:
    case BINXML_PI_DATA:
        return true;
    }
    return false;
}

static bool read_tokens(struct layout_reader *reader, struct span definition,
                        struct template_layout *out)
{
    struct binxml_cursor cursor = {.chunk = reader->chunk, .in = definition, .in_definition = true};
    struct layout_reading reading = {.reader = reader, .layout = out};
    struct binxml_token token = {.kind = BINXML_FRAGMENT};
    bool plain = true;
    const char *why;

    while (plain && token.kind != BINXML_END)
        plain = binxml_next(&cursor, &token, &why) && layout_token(&reading, &token);
    return plain && reading.depth == 0 && !reading.in_start_tag && reading.met_system;
}

/* --- the usual form --- */

/* A definition that is read straight through, and what was looked at on the way. */
struct usual {
    struct layout_reader *reader;
    struct span bytes; /* the chunk up to the end of the definition */
    size_t at;         /* in `bytes` */
    size_t start;      /* of the definition */
    struct layout_fingerprint *fingerprint;
    bool too_large; /* for a fingerprint */
};

/* An element whose start tag was read up to its attributes. */
struct usual_element {
    enum binxml_word word;
    size_t end; /* where the element ends */
    bool has_attributes;
    uint32_t attributes_size;
};

/* Looks the name at `offset` of the chunk up. Returns NULL where it passes the chunk's end. */
static const struct known_name *look_up_name(struct layout_reader *reader, uint32_t offset,
                                             struct known_name *place)
{
    struct span name, text;
    enum binxml_word word;
    uint16_t length;

    if (!span_at(reader->chunk, offset, &name) ||
        !span_u16_at(&name, BINXML_NAME_OFFSET_LENGTH, &length) ||
        !span_at(&name, BINXML_NAME_OFFSET_TEXT, &text) ||
        !span_take(&text, 2u * (size_t)length, &text))
        return NULL;
    word = binxml_word_of(&text);
    /* It can be one that ends before its length says so. */
    if (word == WORD_OTHER && binxml_name_text(&name, length, &text))
        word = binxml_word_of(&text);
    *place = (struct known_name){.offset = (uint16_t)offset,
                                 .length = length,
                                 .word = (uint8_t)word,
                                 .generation = reader->generation};
    return place;
}

/* Finds the name at `offset` of the chunk among those that were looked up, or looks it up. */
SPAN_INLINE const struct known_name *find_name(struct layout_reader *reader, uint32_t offset)
{
    struct known_name *place = &reader->names[(offset >> 1 ^ offset >> 9) % LAYOUT_NAMES];

    return place->offset == offset && place->generation == reader->generation
               ? place
               : look_up_name(reader, offset, place);
}

/* Notes that the `length` bytes before in->at were looked at. */
SPAN_INLINE void fingerprint_add_bytes(struct usual *in, size_t length)
{
    struct layout_fingerprint *fingerprint = in->fingerprint;
    struct fingerprint_stretch *last = &fingerprint->stretches[fingerprint->stretch_count - 1];
    size_t start = in->at - length - in->start;

    if (last->length == 0) {
        last->start = (uint16_t)start;
    } else if (start != (size_t)last->start + last->length) {
        if (fingerprint->stretch_count == FINGERPRINT_STRETCHES) {
            in->too_large = true;
            return;
        }
        last = &fingerprint->stretches[fingerprint->stretch_count++];
        *last = (struct fingerprint_stretch){.start = (uint16_t)start,
                                             .name_word = FINGERPRINT_NO_NAME};
    }
    last->length = (uint16_t)(last->length + length);
}

/* Copies the bytes of the stretches. Returns whether they find room. */
static bool fingerprint_copy_bytes(const struct usual *in)
{
    struct layout_fingerprint *fingerprint = in->fingerprint;
    size_t used = 0;

    for (size_t index = 0; index < fingerprint->stretch_count; index++) {
        const struct fingerprint_stretch *stretch = &fingerprint->stretches[index];

        if (stretch->length > sizeof(fingerprint->bytes) - used)
            return false;
        memcpy(fingerprint->bytes + used, in->bytes.bytes + in->start + stretch->start,
               stretch->length);
        used += stretch->length;
    }
    return true;
}

/* Notes the name whose offset stands before in->at. */
static void fingerprint_add_name(struct usual *in, const struct known_name *name, bool is_here)
{
    struct layout_fingerprint *fingerprint = in->fingerprint;
    struct fingerprint_stretch *last = &fingerprint->stretches[fingerprint->stretch_count - 1];

    if (fingerprint->stretch_count == FINGERPRINT_STRETCHES || last->length == 0) {
        in->too_large = true;
        return;
    }
    last->name_word = name->word;
    last->name_length = name->length;
    last->name_is_here = is_here;
    fingerprint->stretches[fingerprint->stretch_count++] =
        (struct fingerprint_stretch){.name_word = FINGERPRINT_NO_NAME};
}

SPAN_INLINE bool usual_u8(struct usual *in, uint8_t *out)
{
    if (in->at >= in->bytes.left_bytes)
        return false;
    *out = in->bytes.bytes[in->at++];
    fingerprint_add_bytes(in, sizeof(*out));
    return true;
}

SPAN_INLINE bool usual_u16(struct usual *in, uint16_t *out)
{
    if (!span_u16_at(&in->bytes, in->at, out))
        return false;
    in->at += sizeof(*out);
    fingerprint_add_bytes(in, sizeof(*out));
    return true;
}

SPAN_INLINE bool usual_u32(struct usual *in, uint32_t *out)
{
    if (!span_u32_at(&in->bytes, in->at, out))
        return false;
    in->at += sizeof(*out);
    fingerprint_add_bytes(in, sizeof(*out));
    return true;
}

static bool usual_token(struct usual *in, enum binxml_token_kind kind)
{
    uint8_t token;

    return usual_u8(in, &token) && token == kind;
}

/* Reads a name's offset and, where the name stands here, moves past it. */
static bool usual_name(struct usual *in, enum binxml_word *out)
{
    const struct known_name *name;
    uint32_t offset;

    if (!span_u32_at(&in->bytes, in->at, &offset) || (name = find_name(in->reader, offset)) == NULL)
        return false;
    in->at += sizeof(offset);
    fingerprint_add_name(in, name, offset == in->at);
    if (offset == in->at)
        in->at += BINXML_NAME_OFFSET_TEXT + 2u * (size_t)name->length + BINXML_NAME_END_BYTES;
    *out = (enum binxml_word)name->word;
    return true;
}

static bool usual_open(struct usual *in, struct usual_element *out)
{
    uint16_t dependency_id;
    uint32_t size;
    uint8_t token;

    if (!usual_u8(in, &token) || (token & ~BINXML_MORE) != BINXML_OPEN_ELEMENT ||
        !usual_u16(in, &dependency_id) || !usual_u32(in, &size))
        return false;
    out->end = in->at + size;
    out->attributes_size = 0;
    out->has_attributes = (token & BINXML_MORE) != 0;
    return usual_name(in, &out->word) &&
           (!out->has_attributes || usual_u32(in, &out->attributes_size));
}

/* Steps over the attributes and the end of the start tag. */
static bool usual_content(struct usual *in, const struct usual_element *element)
{
    in->at += element->attributes_size;
    return usual_token(in, BINXML_CLOSE_START_TAG);
}

/* Reads one piece: a literal or a substitution. */
static bool usual_piece(struct usual *in, struct field_place *field)
{
    struct span literal;
    uint16_t count;
    uint8_t token, type;

    if (!usual_u8(in, &token))
        return false;
    if (token == BINXML_VALUE) {
        if (!usual_token(in, (enum binxml_token_kind)VALUE_STRING) || !usual_u16(in, &count) ||
            !span_at(&in->bytes, in->at, &literal) ||
            !span_take(&literal, 2u * (size_t)count, &literal))
            return false;
        in->at += 2u * (size_t)count;
        fingerprint_add_bytes(in, 2u * (size_t)count);
        field_add_literal(in->reader, field, &literal);
        return true;
    }
    if ((token != BINXML_SUBSTITUTION && token != BINXML_OPTIONAL_SUBSTITUTION) ||
        !usual_u16(in, &count) || !usual_u8(in, &type) || type == VALUE_BINXML)
        return false;
    field_add_value(field, count);
    return true;
}

/* Reads the attributes of an empty element, of which the one called `wanted` is the field. */
static bool usual_attributes(struct usual *in, enum binxml_word wanted, struct field_place *field)
{
    struct field_place unused = {0};
    enum binxml_word word;
    uint8_t token;

    do {
        if (!usual_u8(in, &token) || (token & ~BINXML_MORE) != BINXML_ATTRIBUTE ||
            !usual_name(in, &word) || !usual_piece(in, word == wanted ? field : &unused))
            return false;
    } while ((token & BINXML_MORE) != 0);
    return usual_token(in, BINXML_CLOSE_EMPTY_ELEMENT);
}

/* Steps to the end of an element of no interest, and looks that it is an end. */
static bool usual_skip(struct usual *in, const struct usual_element *element)
{
    uint8_t last;

    if (element->end <= in->at)
        return false;
    in->at = element->end - 1;
    return usual_u8(in, &last) &&
           (last == BINXML_END_ELEMENT || last == BINXML_CLOSE_EMPTY_ELEMENT);
}

/* The field that the content of an element in System is, or LAYOUT_FIELD_COUNT. */
static enum layout_field usual_field_name(enum binxml_word word)
{
    return word == WORD_EVENT_ID          ? LAYOUT_EVENT_ID
           : word == WORD_EVENT_RECORD_ID ? LAYOUT_RECORD_ID
           : word == WORD_CHANNEL         ? LAYOUT_CHANNEL
           : word == WORD_COMPUTER        ? LAYOUT_COMPUTER
                                          : LAYOUT_FIELD_COUNT;
}

/* Reads an element in System. */
static bool usual_field(struct usual *in, struct field_place *fields)
{
    struct usual_element element;
    enum layout_field name;

    if (!usual_open(in, &element))
        return false;
    if (element.word == WORD_PROVIDER)
        return element.has_attributes &&
               usual_attributes(in, WORD_NAME, &fields[LAYOUT_PROVIDER]) && in->at == element.end;
    if (element.word == WORD_TIME_CREATED)
        return element.has_attributes &&
               usual_attributes(in, WORD_SYSTEM_TIME, &fields[LAYOUT_TIME]) &&
               in->at == element.end;
    name = usual_field_name(element.word);
    if (name == LAYOUT_FIELD_COUNT)
        return usual_skip(in, &element);
    return usual_content(in, &element) && usual_piece(in, &fields[name]) &&
           usual_token(in, BINXML_END_ELEMENT) && in->at == element.end;
}

/* Is the next token the end of an element, or nothing there? It is read again afterwards. */
static bool usual_at_end(const struct usual *in)
{
    return in->at >= in->bytes.left_bytes || in->bytes.bytes[in->at] == BINXML_END_ELEMENT;
}

/* Reads what is behind System up to the end: values (EventData) and other elements. */
static bool usual_rest(struct usual *in, struct template_layout *out)
{
    struct usual_element element;

    while (!usual_at_end(in)) {
        uint8_t token = in->bytes.bytes[in->at];
        uint32_t substitution;

        if (token == BINXML_SUBSTITUTION || token == BINXML_OPTIONAL_SUBSTITUTION) {
            if (!usual_u32(in, &substitution)) /* token, number, type */
                return false;
            continue;
        }
        if (!usual_open(in, &element) || element.word == WORD_SYSTEM || !usual_skip(in, &element))
            return false;
        out->has_rendering = out->has_rendering || element.word == WORD_RENDERING_INFO;
    }
    return usual_token(in, BINXML_END_ELEMENT) && usual_token(in, BINXML_END);
}

/* Reads a definition of the usual form; false for any other. */
static bool read_usual(struct usual *in, struct template_layout *out)
{
    struct usual_element event, system;
    uint32_t header;

    if (!span_u32_at(&in->bytes, in->at, &header) ||
        memcmp(in->bytes.bytes + in->at, BINXML_FRAGMENT_HEADER, BINXML_FRAGMENT_HEADER_BYTES) !=
            0 ||
        !usual_u32(in, &header) || !usual_open(in, &event) || event.word != WORD_EVENT ||
        !usual_content(in, &event) || !usual_open(in, &system) || system.word != WORD_SYSTEM ||
        !usual_content(in, &system))
        return false;
    while (!usual_at_end(in))
        if (!usual_field(in, out->fields))
            return false;
    return usual_token(in, BINXML_END_ELEMENT) && in->at == system.end && usual_rest(in, out);
}

/* The definition as the chunk up to its end. */
SPAN_INLINE struct span up_to_end(const struct layout_reader *reader, const struct span *definition)
{
    return span_of(reader->chunk->bytes,
                   (size_t)(definition->bytes - reader->chunk->bytes) + definition->left_bytes,
                   reader->chunk->offset_bytes);
}

bool template_layout_read(struct layout_reader *reader, struct span definition,
                          struct template_layout *out, struct layout_fingerprint *fingerprint)
{
    size_t start = (size_t)(definition.bytes - reader->chunk->bytes);
    struct usual in = {.reader = reader,
                       .bytes = up_to_end(reader, &definition),
                       .at = start,
                       .start = start,
                       .fingerprint = fingerprint};

    fingerprint->data_size = 0;
    fingerprint->stretch_count = 1;
    fingerprint->stretches[0] = (struct fingerprint_stretch){.name_word = FINGERPRINT_NO_NAME};
    if (read_usual(&in, out)) {
        fingerprint->data_size =
            !in.too_large && fingerprint_copy_bytes(&in) ? (uint32_t)definition.left_bytes : 0;
        return true;
    }
    *out = (struct template_layout){0};
    return read_tokens(reader, definition, out);
}

/* Are two numbers' worth of bytes equal, of which the second pair may overlap the first? */
#define ENDS_EQUAL(type, left, right, length)                                                     \
    (memcmp((left), (right), sizeof(type)) == 0 &&                                                \
     memcmp((left) + (length) - sizeof(type), (right) + (length) - sizeof(type), sizeof(type)) == \
         0)

/* Are the bytes equal? Stretches are short, so that a call would take longer. */
SPAN_INLINE bool bytes_equal(const uint8_t *left, const uint8_t *right, size_t length)
{
    typedef struct {
        uint64_t halves[2];
    } block;

    if (length < sizeof(uint32_t)) {
        for (size_t index = 0; index < length; index++)
            if (left[index] != right[index])
                return false;
        return true;
    }
    if (length < sizeof(uint64_t))
        return ENDS_EQUAL(uint32_t, left, right, length);
    if (length <= sizeof(block))
        return ENDS_EQUAL(uint64_t, left, right, length);
    for (size_t index = 0; index + sizeof(block) < length; index += sizeof(block))
        if (memcmp(left + index, right + index, sizeof(block)) != 0)
            return false;
    return memcmp(left + length - sizeof(block), right + length - sizeof(block), sizeof(block)) ==
           0;
}

bool layout_fingerprint_matches(struct layout_reader *reader, const struct span *definition,
                                const struct layout_fingerprint *fingerprint)
{
    struct span bytes = up_to_end(reader, definition);
    size_t start = bytes.left_bytes - definition->left_bytes;
    const uint8_t *wanted = fingerprint->bytes;

    if (fingerprint->data_size == 0 || fingerprint->data_size != definition->left_bytes)
        return false;
    /* The stretches, and the offsets of names behind them, lie in a definition of this size. */
    for (size_t index = 0; index < fingerprint->stretch_count; index++) {
        const struct fingerprint_stretch *stretch = &fingerprint->stretches[index];
        size_t at = start + stretch->start + stretch->length;
        const struct known_name *name;
        uint32_t offset;

        if (!bytes_equal(bytes.bytes + start + stretch->start, wanted, stretch->length))
            return false;
        wanted += stretch->length;
        if (stretch->name_word == FINGERPRINT_NO_NAME)
            continue;
        if (!span_u32_at(&bytes, at, &offset) || (name = find_name(reader, offset)) == NULL ||
            name->word != stretch->name_word || name->length != stretch->name_length ||
            (offset == at + sizeof(offset)) != stretch->name_is_here)
            return false;
    }
    return true;
}
