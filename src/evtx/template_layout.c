/* SPDX-License-Identifier: Apache-2.0 */
/* A chunk has a dozen or two definitions of templates; so finding layouts is what selection spends
 * its time on, beside walking. Elements of no interest, and Event's attributes, are therefore
 * stepped over by their size, unless sizes are wrong, and a definition that was met in another
 * chunk is known again by its fingerprint. */
#include "evtx/template_layout.h"

#include <string.h>

#include "evtx/binxml.h"
#include "evtx/value.h"

/* Of a stretch that no name follows: the last, and one that ends where something is stepped over.
 */
#define FINGERPRINT_NO_NAME UINT8_MAX

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

/* A definition whose layout is being found. */
struct layout_reading {
    struct binxml_walk walk;
    size_t definition; /* where in the chunk it begins */
    struct template_layout *layout;
    bool in_system;
    bool met_system;
    enum binxml_word word;      /* of the innermost element, while nothing in it ended */
    enum binxml_word attribute; /* the last of its start tag */
    /* What was looked at; NULL: nothing is stepped over, and no fingerprint taken. */
    struct layout_fingerprint *fingerprint;
    size_t stretch_start; /* of the stretch that is being looked at, in the chunk */
    size_t used_bytes;    /* of the fingerprint's */
    bool has_fingerprint; /* none that is too large, or of a form that it does not provide for */
};

/* --- fingerprints --- */

/* Ends the stretch at `end`; `name`, which is `word`, follows it, or nothing (NULL). */
static void end_stretch(struct layout_reading *reading, size_t end, const struct binxml_name *name,
                        uint8_t word)
{
    struct layout_fingerprint *fingerprint = reading->fingerprint;
    size_t length = end - reading->stretch_start;
    struct fingerprint_stretch *stretch;

    if (fingerprint->stretch_count == FINGERPRINT_STRETCHES ||
        length > sizeof(fingerprint->bytes) - reading->used_bytes)
        reading->has_fingerprint = false;
    if (!reading->has_fingerprint)
        return;
    stretch = &fingerprint->stretches[fingerprint->stretch_count++];
    *stretch = (struct fingerprint_stretch){
        .start = (uint16_t)(reading->stretch_start - reading->definition),
        .length = (uint16_t)length,
        .name_word = word,
    };
    if (name != NULL) {
        stretch->name_length = name->length;
        stretch->name_is_here = name->behind != name->at + sizeof(uint32_t);
    }
    memcpy(fingerprint->bytes + reading->used_bytes,
           reading->walk.chunk->bytes + reading->stretch_start, length);
    reading->used_bytes += length;
}

/* Notes that the name was looked at. Returns what it is. */
static enum binxml_word note_name(struct layout_reading *reading, const struct binxml_name *name)
{
    enum binxml_word word = binxml_word_of(&name->text);

    if (reading->fingerprint != NULL)
        end_stretch(reading, name->at, name, (uint8_t)word);
    reading->stretch_start = name->behind;
    return word;
}

/* Of an element that is stepped over, what stands at its end is looked at again. */
static void step_over(struct layout_reading *reading, uint64_t element_end)
{
    reading->walk.skip_element = true;
    reading->stretch_start = (size_t)element_end - 1;
}

/* Of Event's attributes, which say nothing that is looked for, only their size matters: what is
 * damaged in them is left to the decoder, which meets it in the records that are selected. */
static void step_over_attributes(struct layout_reading *reading, const struct binxml_event *event)
{
    size_t attributes_start = event->name->behind + sizeof(event->attributes_size);

    if (event->attributes_size == 0)
        return;
    reading->walk.skip_attributes = true;
    end_stretch(reading, attributes_start, NULL, FINGERPRINT_NO_NAME);
    reading->stretch_start = attributes_start + event->attributes_size;
}

/* --- layouts --- */

static bool fail(struct layout_reading *reading)
{
    reading->walk.why = "its records cannot be read by their fields";
    return false;
}

static void add_place(struct field_place *field, struct field_place piece)
{
    if (field == NULL)
        return;
    if (field->kind != FIELD_ABSENT)
        piece.kind = FIELD_MIXED;
    *field = piece;
}

/* The field whose value the attribute is; LAYOUT_FIELD_COUNT for none. */
static enum layout_field field_of_attribute(enum binxml_word element, enum binxml_word attribute)
{
    return element == WORD_PROVIDER && attribute == WORD_NAME              ? LAYOUT_PROVIDER
           : element == WORD_TIME_CREATED && attribute == WORD_SYSTEM_TIME ? LAYOUT_TIME
                                                                           : LAYOUT_FIELD_COUNT;
}

/* The field whose value the element's content is; LAYOUT_FIELD_COUNT for none. */
static enum layout_field field_of_content(enum binxml_word element)
{
    return element == WORD_EVENT_ID          ? LAYOUT_EVENT_ID
           : element == WORD_EVENT_RECORD_ID ? LAYOUT_RECORD_ID
           : element == WORD_CHANNEL         ? LAYOUT_CHANNEL
           : element == WORD_COMPUTER        ? LAYOUT_COMPUTER
                                             : LAYOUT_FIELD_COUNT;
}

static bool has_field(enum binxml_word element)
{
    return element == WORD_PROVIDER || element == WORD_TIME_CREATED ||
           field_of_content(element) != LAYOUT_FIELD_COUNT;
}

/* The field that what is met here belongs to, or NULL. */
static struct field_place *field_here(struct layout_reading *reading)
{
    const struct binxml_walk *walk = &reading->walk;
    enum layout_field field = LAYOUT_FIELD_COUNT;

    if (reading->in_system && walk->in_start_tag && walk->depth == DEPTH_FIELD)
        field = field_of_attribute(reading->word, reading->attribute);
    else if (reading->in_system && !walk->in_start_tag && walk->depth == DEPTH_FIELD + 1)
        field = field_of_content(reading->word);
    return field != LAYOUT_FIELD_COUNT ? &reading->layout->fields[field] : NULL;
}

/* Begins System, EventData, ... */
static bool begin_section(struct layout_reading *reading, enum binxml_word word)
{
    if (word == WORD_SYSTEM && reading->met_system)
        return fail(reading);
    reading->in_system = word == WORD_SYSTEM;
    reading->met_system = reading->met_system || reading->in_system;
    if (word == WORD_RENDERING_INFO)
        reading->layout->has_rendering = true;
    return true;
}

static bool begin_element(struct layout_reading *reading, const struct binxml_event *event)
{
    unsigned depth = reading->walk.depth;
    bool matters;

    reading->word = note_name(reading, event->name);
    reading->attribute = WORD_OTHER;
    if ((depth == DEPTH_EVENT && reading->word != WORD_EVENT) ||
        (reading->in_system && depth > DEPTH_FIELD) ||
        (depth == DEPTH_SECTION && !begin_section(reading, reading->word)))
        return fail(reading);
    if (depth == DEPTH_EVENT && reading->fingerprint != NULL)
        step_over_attributes(reading, event);
    matters = reading->in_system ? depth != DEPTH_FIELD || has_field(reading->word)
                                 : !reading->met_system;
    if (!matters && reading->fingerprint != NULL)
        step_over(reading, event->element_end);
    return true;
}

static void end_element(struct layout_reading *reading)
{
    reading->word = WORD_OTHER;
    if (reading->walk.depth == DEPTH_SECTION)
        reading->in_system = false;
}

/* A value that is BinXML can have elements that matter, unless System is behind us. */
static bool take_substitution(struct layout_reading *reading, const struct binxml_event *event)
{
    if (event->value.type == VALUE_BINXML && (reading->in_system || !reading->met_system))
        return fail(reading);
    add_place(field_here(reading),
              (struct field_place){.kind = FIELD_VALUE, .index = event->number});
    return true;
}

static void take_literal(struct layout_reading *reading, const struct span *literal)
{
    add_place(field_here(reading),
              (struct field_place){
                  .kind = FIELD_LITERAL,
                  .literal_start = (uint32_t)(literal->bytes - reading->walk.chunk->bytes),
                  .literal_bytes = (uint32_t)literal->left_bytes,
              });
}

static bool take(void *context, const struct binxml_event *event)
{
    struct layout_reading *reading = context;

    switch (event->kind) {
    case BINXML_EVENT_ELEMENT:
        return begin_element(reading, event);
    case BINXML_EVENT_ATTRIBUTE:
        reading->attribute = note_name(reading, event->name);
        return true;
    case BINXML_EVENT_ATTRIBUTE_END:
    case BINXML_EVENT_CONTENT:
        return true;
    case BINXML_EVENT_ELEMENT_END:
        end_element(reading);
        return true;
    case BINXML_EVENT_VALUE:
        take_literal(reading, &event->value.bytes);
        return true;
    case BINXML_EVENT_SUBSTITUTION:
        return take_substitution(reading, event);
    case BINXML_EVENT_CHARACTER:
    case BINXML_EVENT_ENTITY:
        add_place(field_here(reading), (struct field_place){.kind = FIELD_MIXED});
        reading->has_fingerprint = false;
        return true;
    case BINXML_EVENT_INSTRUCTION:
        reading->has_fingerprint = false;
        return true;
    }
    return true;
}

/* Reads the definition; what is of no interest is stepped over where there is a fingerprint to be
 * filled. */
static bool read_definition(const struct layout_reader *reader, const struct span *definition,
                            struct template_layout *out, struct layout_fingerprint *fingerprint)
{
    size_t start = (size_t)(definition->bytes - reader->chunk->bytes);
    struct layout_reading reading = {
        .walk = {.chunk = reader->chunk, .take = take},
        .definition = start,
        .layout = out,
        .fingerprint = fingerprint,
        .stretch_start = start,
        .has_fingerprint = true,
    };

    *out = (struct template_layout){0};
    reading.walk.context = &reading;
    if (!binxml_walk_definition(&reading.walk, *definition) || !reading.met_system)
        return false;
    if (fingerprint != NULL)
        end_stretch(&reading, start + definition->left_bytes, NULL, FINGERPRINT_NO_NAME);
    if (fingerprint != NULL && reading.has_fingerprint)
        fingerprint->data_size = (uint32_t)definition->left_bytes;
    return true;
}

bool template_layout_read_whole(const struct layout_reader *reader, struct span definition,
                                struct template_layout *out)
{
    return read_definition(reader, &definition, out, NULL);
}

bool template_layout_read(const struct layout_reader *reader, struct span definition,
                          struct template_layout *out, struct layout_fingerprint *fingerprint)
{
    fingerprint->data_size = 0;
    fingerprint->stretch_count = 0;
    return read_definition(reader, &definition, out, fingerprint) ||
           template_layout_read_whole(reader, definition, out);
}

/* --- known again --- */

/* Finds the name at `offset` of the chunk among those that were looked up, or looks it up. Returns
 * NULL where it passes the chunk's end. */
static const struct known_name *find_name(struct layout_reader *reader, uint32_t offset)
{
    struct known_name *place = &reader->names[(offset >> 1 ^ offset >> 9) % LAYOUT_NAMES];
    struct binxml_name name;

    if (place->offset == offset && place->generation == reader->generation)
        return place;
    if (!binxml_read_name(reader->chunk, offset, &name))
        return NULL;
    *place = (struct known_name){.offset = (uint16_t)offset,
                                 .length = name.length,
                                 .word = (uint8_t)binxml_word_of(&name.text),
                                 .generation = reader->generation};
    return place;
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
    const struct span *chunk = reader->chunk;
    size_t start = (size_t)(definition->bytes - chunk->bytes);
    const uint8_t *expected = fingerprint->bytes;

    if (fingerprint->data_size == 0 || fingerprint->data_size != definition->left_bytes)
        return false;
    /* The stretches, and the offsets of names behind them, lie in a definition of this size. */
    for (size_t index = 0; index < fingerprint->stretch_count; index++) {
        const struct fingerprint_stretch *stretch = &fingerprint->stretches[index];
        size_t at = start + stretch->start + stretch->length;
        const struct known_name *name;
        uint32_t offset;

        if (!bytes_equal(chunk->bytes + start + stretch->start, expected, stretch->length))
            return false;
        expected += stretch->length;
        if (stretch->name_word == FINGERPRINT_NO_NAME)
            continue;
        if (!span_u32_at(chunk, at, &offset) || (name = find_name(reader, offset)) == NULL ||
            name->word != stretch->name_word || name->length != stretch->name_length ||
            (offset == at + sizeof(offset)) != stretch->name_is_here)
            return false;
    }
    return true;
}
