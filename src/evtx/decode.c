/* SPDX-License-Identifier: Apache-2.0 */
/* An event is read token by token: from the record into its template's definition, from there into
 * values that are BinXML themselves, and so on. What stands between the tags (literals,
 * substitutions, references) is a piece; the pieces of the innermost element or attribute are
 * put together as text, which becomes a field or a string when the element or attribute ends.
 *
 *     Event                     depth 0
 *       System                  depth 1: a section
 *         EventID Qualifiers=   depth 2: a field
 *       EventData
 *         Data Name=            a string
 *       UserData
 *         CbsPackageChangeState
 *           PackageIdentifier   a leaf, whatever its depth: a string
 */
#include "evtx/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/utf16.h"
#include "evtx/binxml.h"

/* Fragments in each other: record, template, value, template, ... Windows has four. */
#define FRAGMENTS_MOST 8u
/* Elements in each other; one bit each in decoder.has_children. */
#define DEPTH_MOST 64u
/* A token takes a byte at least, so these many fill a chunk; substitutions that stand for one
 * value again and again could make it more. */
#define TOKENS_MOST CHUNK_SIZE_BYTES
/* A chunk full of binary values, or of empty strings, stays below these. */
#define TEXT_BYTES_MOST (4 * CHUNK_SIZE_BYTES)
#define STRINGS_MOST CHUNK_SIZE_BYTES

/* A text of the observation, as its place in event->text; that of an empty text is 0. */
#define PLACE_EMPTY 0u

struct event_value {
    uint8_t type;
    struct span bytes;
};

struct decoder {
    struct event *event;
    const struct span *chunk;
    bool system_only;
    bool ended; /* behind System, with system_only */
    const char *why;
    unsigned tokens_left;
    unsigned fragments;    /* being read */
    unsigned depth;        /* of open elements */
    uint64_t has_children; /* a bit for each open element */
    enum event_section section;
    size_t value_count; /* in event->values */
    bool too_many_strings;
    /* The innermost element. */
    struct span name;
    enum binxml_word word;
    bool in_start_tag;
    size_t name_place; /* of its attribute Name */
    /* The attribute being read. */
    bool in_attribute;
    enum binxml_word attribute;
    /* The pieces of the innermost element or attribute. */
    size_t start; /* of their text */
    size_t piece_count;
    struct event_value piece; /* the last */
    bool array_waits;         /* it is an array whose text was not added yet */
    bool lacks_value;         /* an optional substitution has none: nor is the element there */
    /* What the observation will borrow. */
    size_t provider_place;
    size_t channel_place;
    size_t computer_place;
    size_t user_place;
};

static int fail(struct decoder *decoder, const char *why)
{
    decoder->why = why;
    return -1;
}

/* --- pieces --- */

static void pieces_begin(struct decoder *decoder)
{
    decoder->start = decoder->event->text.length_bytes;
    decoder->piece_count = 0;
    decoder->array_waits = false;
    decoder->lacks_value = false;
}

/* Forgets the text of the pieces. */
static void pieces_drop(struct decoder *decoder)
{
    decoder->event->text.length_bytes = decoder->start;
    decoder->event->text.bytes[decoder->start] = '\0';
    decoder->piece_count = 0;
    decoder->array_waits = false;
}

/* Ends the text of the pieces and returns its place. */
static size_t pieces_keep(struct decoder *decoder)
{
    size_t place = decoder->start;

    if (decoder->event->text.length_bytes == place)
        return PLACE_EMPTY;
    text_add_bytes(&decoder->event->text, "", 1);
    return place;
}

/* An array that is alone in its element becomes several strings (take_strings): it is not made into
 * text before it is known not to be alone. */
static bool is_taken_apart(const struct decoder *decoder, uint8_t type, struct span bytes)
{
    return !decoder->in_attribute && decoder->piece_count == 0 &&
           (decoder->section == SECTION_EVENT_DATA || decoder->section == SECTION_USER_DATA) &&
           value_is_array(type, bytes);
}

static int add_piece(struct decoder *decoder, uint8_t type, struct span bytes)
{
    if (!decoder->in_attribute && decoder->in_start_tag)
        return fail(decoder, "a value between attributes");
    if (decoder->array_waits)
        value_add_text(&decoder->event->text, decoder->piece.type, decoder->piece.bytes);
    decoder->array_waits = is_taken_apart(decoder, type, bytes);
    if (!decoder->array_waits)
        value_add_text(&decoder->event->text, type, bytes);
    decoder->piece_count++;
    decoder->piece = (struct event_value){.type = type, .bytes = bytes};
    return 0;
}

static int add_text_piece(struct decoder *decoder, const char *text)
{
    if (!decoder->in_attribute && decoder->in_start_tag)
        return fail(decoder, "a reference between attributes");
    if (decoder->array_waits)
        value_add_text(&decoder->event->text, decoder->piece.type, decoder->piece.bytes);
    decoder->array_waits = false;
    decoder->piece_count++;
    decoder->piece = (struct event_value){.type = VALUE_NULL};
    text_add(&decoder->event->text, text);
    return 0;
}

static int add_character(struct decoder *decoder, uint16_t unit)
{
    struct text character = {0};
    int result;

    text_add_character(&character, unit != 0 ? unit : 0xFFFD);
    result = add_text_piece(decoder, text_get(&character));
    text_free(&character);
    return result;
}

static int add_entity(struct decoder *decoder, struct span name)
{
    static const struct {
        const char *name;
        const char *text;
    } entities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    struct text word = {0};
    const char *text = NULL;
    int result;

    text_add_utf16(&word, name);
    for (size_t index = 0; index < ARRAY_COUNT(entities) && text == NULL; index++)
        if (strcmp(entities[index].name, text_get(&word)) == 0)
            text = entities[index].text;
    result = text != NULL ? add_text_piece(decoder, text) : fail(decoder, "an unknown entity");
    text_free(&word);
    return result;
}

/* The one piece as a number; of an array, its one item. */
static bool piece_number(const struct event_value *piece, uint64_t *out)
{
    struct span rest = piece->bytes, item;

    if (!value_is_array(piece->type, piece->bytes))
        return value_number(piece->type, piece->bytes, out);
    return value_take_item(piece->type, &rest, &item) && rest.left_bytes == 0 &&
           value_number(piece->type & ~VALUE_ARRAY & 0xffu, item, out);
}

/* Is the one piece of a type that is not written in decimal digits? What does not fit its type is
 * written in hexadecimal ones, which can look the same. */
static bool piece_is_no_text(const struct decoder *decoder)
{
    return decoder->piece_count == 1 && decoder->piece.type != VALUE_STRING &&
           decoder->piece.type != VALUE_NULL && decoder->piece.type != VALUE_SIZE;
}

/* The pieces as a number: of one typed value, or written in digits. */
static bool pieces_number(const struct decoder *decoder, uint64_t most, uint64_t *out)
{
    uint64_t number;

    if (!(decoder->piece_count == 1 && piece_number(&decoder->piece, &number)) &&
        !(decoder->piece_count > 0 && !piece_is_no_text(decoder) &&
          text_parse_number(text_get(&decoder->event->text) + decoder->start, &number)))
        return false;
    if (number > most)
        return false;
    *out = number;
    return true;
}

static int32_t pieces_small_number(const struct decoder *decoder, uint64_t most)
{
    uint64_t number;

    return pieces_number(decoder, most, &number) ? (int32_t)number : OBSERVATION_ABSENT;
}

/* --- fields and strings --- */

static void take_system_field(struct decoder *decoder)
{
    struct observation *observation = &decoder->event->observation;
    uint64_t number;

    if (decoder->word == WORD_EVENT_ID && pieces_number(decoder, UINT16_MAX, &number)) {
        observation->event_id = (uint16_t)number;
        decoder->event->has_event_id = true;
    } else if (decoder->word == WORD_LEVEL) {
        observation->level = pieces_small_number(decoder, UINT8_MAX);
    } else if (decoder->word == WORD_EVENT_RECORD_ID &&
               pieces_number(decoder, UINT64_MAX, &number)) {
        observation->record_id = number;
    } else if (decoder->word == WORD_CHANNEL) {
        decoder->channel_place = pieces_keep(decoder);
        return;
    } else if (decoder->word == WORD_COMPUTER) {
        decoder->computer_place = pieces_keep(decoder);
        return;
    }
    pieces_drop(decoder);
}

static void take_system_attribute(struct decoder *decoder)
{
    struct observation *observation = &decoder->event->observation;

    if (decoder->word == WORD_PROVIDER && decoder->attribute == WORD_NAME) {
        decoder->provider_place = pieces_keep(decoder);
        return;
    }
    if (decoder->word == WORD_SECURITY && decoder->attribute == WORD_USER_ID) {
        decoder->user_place = pieces_keep(decoder);
        return;
    }
    if (decoder->word == WORD_EVENT_ID && decoder->attribute == WORD_QUALIFIERS)
        observation->qualifiers = pieces_small_number(decoder, UINT16_MAX);
    if (decoder->word == WORD_TIME_CREATED && decoder->attribute == WORD_SYSTEM_TIME &&
        !(decoder->piece_count == 1 &&
          value_filetime(decoder->piece.type, decoder->piece.bytes, &observation->event_filetime)))
        observation->event_filetime = 0;
    pieces_drop(decoder);
}

static void end_attribute(struct decoder *decoder)
{
    if (!decoder->in_attribute)
        return;
    decoder->in_attribute = false;
    if (decoder->section == SECTION_SYSTEM && decoder->depth == DEPTH_FIELD)
        take_system_attribute(decoder);
    else if (decoder->section == SECTION_EVENT_DATA && decoder->depth == DEPTH_FIELD &&
             decoder->attribute == WORD_NAME)
        decoder->name_place = pieces_keep(decoder);
    else
        pieces_drop(decoder);
    pieces_begin(decoder);
}

static void store_string(struct decoder *decoder, size_t name, size_t value)
{
    struct event *event = decoder->event;
    size_t *count = &event->observation.string_count;

    if (*count == STRINGS_MOST) {
        decoder->too_many_strings = true;
        return;
    }
    if (*count == event->place_capacity) {
        event->place_capacity = event->place_capacity > 0 ? 2 * event->place_capacity : 16;
        event->places = memory_resize(event->places, event->place_capacity, sizeof(*event->places));
    }
    event->places[(*count)++] = (struct event_string_place){.name = name, .value = value};
}

/* Stores the pieces under the name: as one string, but an array as a string for each item, as the
 * element of an array stands for one of each ([MS-EVEN6] 2.2.12, array types). */
static void take_strings(struct decoder *decoder, size_t name)
{
    uint8_t type = decoder->piece.type;
    struct span array = decoder->piece.bytes;
    struct span item;

    if (decoder->piece_count == 0 && decoder->lacks_value)
        return;
    if (decoder->piece_count != 1 || !value_is_array(type, array)) {
        store_string(decoder, name, pieces_keep(decoder));
        return;
    }
    pieces_drop(decoder);
    while (!decoder->too_many_strings && value_take_item(type, &array, &item)) {
        pieces_begin(decoder);
        value_add_text(&decoder->event->text, type & ~VALUE_ARRAY & 0xffu, item);
        store_string(decoder, name, pieces_keep(decoder));
    }
}

/* Adds the name of the innermost element in front of its pieces and returns the name's place. */
static size_t keep_element_name(struct decoder *decoder)
{
    struct event_value piece = decoder->piece;
    size_t count = decoder->piece_count;
    bool lacks_value = decoder->lacks_value;
    struct text value = {0};
    size_t place;

    text_add_bytes(&value, decoder->event->text.bytes + decoder->start,
                   decoder->event->text.length_bytes - decoder->start);
    pieces_drop(decoder);
    text_add_utf16(&decoder->event->text, decoder->name);
    place = pieces_keep(decoder);
    pieces_begin(decoder);
    text_add_bytes(&decoder->event->text, text_get(&value), value.length_bytes);
    text_free(&value);
    decoder->piece = piece;
    decoder->piece_count = count;
    decoder->lacks_value = lacks_value;
    return place;
}

/* Takes the innermost element, which has no elements inside and just ended. */
static void take_leaf(struct decoder *decoder)
{
    if (decoder->section == SECTION_SYSTEM && decoder->depth == DEPTH_FIELD)
        take_system_field(decoder);
    else if (decoder->section == SECTION_EVENT_DATA && decoder->depth == DEPTH_FIELD &&
             decoder->word == WORD_DATA)
        take_strings(decoder, decoder->name_place);
    else if (decoder->section == SECTION_USER_DATA && decoder->depth >= DEPTH_FIELD)
        take_strings(decoder, keep_element_name(decoder));
    else
        pieces_drop(decoder);
}

/* --- elements --- */

static int begin_element(struct decoder *decoder, struct span name)
{
    if (decoder->in_start_tag)
        return fail(decoder, "an element in a start tag");
    if (decoder->depth == DEPTH_MOST)
        return fail(decoder, "its elements are nested too deep");
    if (decoder->depth > 0)
        decoder->has_children |= UINT64_C(1) << (decoder->depth - 1);
    pieces_drop(decoder);
    decoder->name = name;
    decoder->word = binxml_word_of(&name);
    decoder->name_place = PLACE_EMPTY;
    decoder->in_start_tag = true;
    if (decoder->depth == DEPTH_EVENT && decoder->word != WORD_EVENT)
        return fail(decoder, "its element is not an Event");
    if (decoder->depth == DEPTH_SECTION)
        decoder->section = decoder->word == WORD_SYSTEM       ? SECTION_SYSTEM
                           : decoder->word == WORD_EVENT_DATA ? SECTION_EVENT_DATA
                           : decoder->word == WORD_USER_DATA  ? SECTION_USER_DATA
                                                              : SECTION_NONE;
    if (decoder->depth == DEPTH_SECTION && decoder->word == WORD_RENDERING_INFO)
        decoder->event->has_rendering = true;
    return 0;
}

static int begin_attribute(struct decoder *decoder, struct span name)
{
    if (!decoder->in_start_tag)
        return fail(decoder, "an attribute outside of a start tag");
    end_attribute(decoder);
    decoder->in_attribute = true;
    decoder->attribute = binxml_word_of(&name);
    pieces_begin(decoder);
    return 0;
}

static int end_start_tag(struct decoder *decoder, bool is_empty)
{
    if (!decoder->in_start_tag)
        return fail(decoder, "the end of no start tag");
    end_attribute(decoder);
    decoder->in_start_tag = false;
    pieces_begin(decoder);
    if (is_empty) {
        take_leaf(decoder);
        pieces_begin(decoder);
        return 0;
    }
    decoder->has_children &= ~(UINT64_C(1) << decoder->depth);
    decoder->depth++;
    return 0;
}

static int end_element(struct decoder *decoder)
{
    if (decoder->depth == 0 || decoder->in_start_tag)
        return fail(decoder, "the end of no element");
    decoder->depth--;
    if ((decoder->has_children >> decoder->depth & 1) == 0)
        take_leaf(decoder);
    else
        pieces_drop(decoder);
    pieces_begin(decoder);
    if (decoder->depth == DEPTH_SECTION && decoder->section == SECTION_SYSTEM)
        decoder->ended = decoder->system_only;
    return 0;
}

/* --- fragments --- */

/* The values that the substitutions of a fragment stand for, in event->values. */
struct value_range {
    size_t first;
    size_t count;
};

static int decode_fragment(struct decoder *decoder, struct binxml_cursor cursor,
                           struct value_range values);

/* Puts the values of an instance behind those of the fragments around it. */
static int push_values(struct decoder *decoder, struct binxml_instance *instance,
                       struct value_range *out)
{
    struct event *event = decoder->event;
    struct event_value value;
    uint16_t size;
    uint8_t unused;

    *out = (struct value_range){
        .first = decoder->value_count,
        .count = instance->descriptors.left_bytes / BINXML_DESCRIPTOR_BYTES,
    };
    /* A value that is asked for again and again brings all of its own along each time. */
    if (out->count > decoder->tokens_left)
        return fail(decoder, "it has too many values");
    decoder->tokens_left -= (unsigned)out->count;
    if (event->value_capacity < out->first + out->count) {
        event->value_capacity = 2 * (out->first + out->count);
        event->values = memory_resize(event->values, event->value_capacity, sizeof(*event->values));
    }
    for (size_t index = 0; index < out->count; index++) {
        if (!span_u16(&instance->descriptors, &size) ||
            !span_u8(&instance->descriptors, &value.type) ||
            !span_u8(&instance->descriptors, &unused) ||
            !span_take(&instance->values, size, &value.bytes))
            return fail(decoder, "its values run out of it");
        event->values[decoder->value_count++] = value;
    }
    return 0;
}

static int decode_instance(struct decoder *decoder, struct binxml_instance *instance)
{
    struct binxml_cursor definition = {
        .chunk = decoder->chunk, .in = instance->definition, .in_definition = true};
    struct value_range values;
    int result = push_values(decoder, instance, &values);

    if (result == 0)
        result = decode_fragment(decoder, definition, values);
    decoder->value_count = values.first;
    return result;
}

static int decode_substitution(struct decoder *decoder, uint16_t index, bool is_optional,
                               struct value_range values)
{
    struct event_value value;

    if (index >= values.count)
        return fail(decoder, "it lacks a value that its template asks for");
    value = decoder->event->values[values.first + index];
    if (value.type == VALUE_BINXML && !decoder->in_start_tag)
        return decode_fragment(decoder,
                               (struct binxml_cursor){.chunk = decoder->chunk, .in = value.bytes},
                               (struct value_range){0});
    if (value.type != VALUE_NULL)
        return add_piece(decoder, value.type, value.bytes);
    decoder->lacks_value = decoder->lacks_value || is_optional;
    return 0;
}

static int decode_token(struct decoder *decoder, struct binxml_token *token,
                        struct value_range values)
{
    switch (token->kind) {
    case BINXML_OPEN_ELEMENT:
        return begin_element(decoder, token->name);
    case BINXML_ATTRIBUTE:
        return begin_attribute(decoder, token->name);
    case BINXML_CLOSE_START_TAG:
        return end_start_tag(decoder, false);
    case BINXML_CLOSE_EMPTY_ELEMENT:
        return end_start_tag(decoder, true);
    case BINXML_END_ELEMENT:
        return end_element(decoder);
    case BINXML_VALUE:
    case BINXML_CDATA:
        return add_piece(decoder, VALUE_STRING, token->value);
    case BINXML_CHARACTER_REFERENCE:
        return add_character(decoder, token->index);
    case BINXML_ENTITY_REFERENCE:
        return add_entity(decoder, token->name);
    case BINXML_SUBSTITUTION:
    case BINXML_OPTIONAL_SUBSTITUTION:
        return decode_substitution(decoder, token->index,
                                   token->kind == BINXML_OPTIONAL_SUBSTITUTION, values);
    case BINXML_TEMPLATE_INSTANCE:
        return decode_instance(decoder, &token->instance);
    case BINXML_END:
    case BINXML_FRAGMENT:
    case BINXML_PI_TARGET:
    case BINXML_PI_DATA:
        return 0;
    }
    return 0;
}

/* Reads a fragment up to its end, or up to the end of the template instance that it is. */
static int decode_fragment(struct decoder *decoder, struct binxml_cursor cursor,
                           struct value_range values)
{
    struct binxml_token token;
    bool more = true;
    int result = 0;

    if (decoder->fragments == FRAGMENTS_MOST)
        return fail(decoder, "its values are nested too deep");
    decoder->fragments++;
    while (result == 0 && more && !decoder->ended) {
        if (decoder->tokens_left-- == 0) {
            decoder->tokens_left = 0;
            result = fail(decoder, "it has too many tokens");
        } else if (!binxml_next(&cursor, &token, &decoder->why)) {
            result = -1;
        } else {
            more = token.kind != BINXML_END && token.kind != BINXML_TEMPLATE_INSTANCE;
            result = decode_token(decoder, &token, values);
            if (decoder->event->text.length_bytes > TEXT_BYTES_MOST || decoder->too_many_strings)
                result = fail(decoder, "its text is too long");
        }
    }
    decoder->fragments--;
    return result;
}

/* --- the event --- */

/* Nothing moves any more: the places become pointers. */
static void set_pointers(struct decoder *decoder)
{
    struct event *event = decoder->event;
    struct observation *observation = &event->observation;
    const char *text = event->text.bytes;

    observation->provider = text + decoder->provider_place;
    observation->channel = text + decoder->channel_place;
    observation->computer = text + decoder->computer_place;
    observation->user_sid = text + decoder->user_place;
    if (observation->string_count > event->string_capacity) {
        event->string_capacity = event->place_capacity;
        event->strings =
            memory_resize(event->strings, event->string_capacity, sizeof(*event->strings));
    }
    for (size_t index = 0; index < observation->string_count; index++)
        event->strings[index] = (struct observation_string){
            .name = text + event->places[index].name,
            .value = text + event->places[index].value,
        };
    observation->strings = event->strings;
}

int event_decode(struct event *event, const struct chunk *chunk, const struct record *record,
                 bool system_only, struct error *err)
{
    struct decoder decoder = {
        .event = event,
        .chunk = &chunk->bytes,
        .system_only = system_only,
        .tokens_left = TOKENS_MOST,
    };
    int result;

    text_clear(&event->text);
    text_add_bytes(&event->text, "", 1); /* PLACE_EMPTY */
    pieces_begin(&decoder);
    event->has_event_id = false;
    event->has_rendering = false;
    event->observation = (struct observation){
        .qualifiers = OBSERVATION_ABSENT,
        .level = OBSERVATION_ABSENT,
        .offset_bytes = record->bytes.offset_bytes,
        .record_number = record->number,
    };
    result = decode_fragment(&decoder, binxml_of_record(chunk, record), (struct value_range){0});
    if (result == 0 && !decoder.ended && (decoder.depth > 0 || decoder.in_start_tag))
        result = fail(&decoder, "an element without an end");
    if (result == 0 && !event->has_event_id)
        result = fail(&decoder, "it has no readable EventID");
    if (result != 0)
        return error_set(err, ERROR_SOURCE, record->bytes.offset_bytes, "%s", decoder.why);
    set_pointers(&decoder);
    return 0;
}

void event_free_content(struct event *event)
{
    text_free(&event->text);
    free(event->places);
    free(event->strings);
    free(event->values);
    *event = (struct event){0};
}
