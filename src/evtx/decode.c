/* SPDX-License-Identifier: Apache-2.0 */
/* A client of the walk over BinXML (evtx/binxml.h). What stands between the tags (literals,
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

#include "base/encoding.h"
#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/value.h"

/* A chunk full of binary values, or of empty strings, stays below these. */
#define TEXT_BYTES_MOST (4 * CHUNK_SIZE_BYTES)
#define STRINGS_MOST CHUNK_SIZE_BYTES

/* A text of the observation, as its place in event->text; that of an empty text is 0. */
#define PLACE_EMPTY 0u

struct decoder {
    struct binxml_walk walk;
    struct event *event;
    bool system_only;
    uint64_t has_children; /* a bit for each element whose content the walk is in */
    enum event_section section;
    bool too_many_strings;
    /* The innermost element. */
    struct span name;
    enum binxml_word word;
    size_t name_place;          /* of its attribute Name */
    enum binxml_word attribute; /* the one being read, if any is */
    /* The pieces of the innermost element or attribute. */
    size_t start; /* of their text */
    size_t piece_count;
    struct binxml_value piece; /* the last */
    bool array_waits;          /* it is an array whose text was not added yet */
    bool lacks_value;          /* an optional substitution has none: nor is the element there */
    /* What the observation will borrow. */
    size_t provider_place;
    size_t channel_place;
    size_t computer_place;
    size_t user_place;
};

static bool fail(struct decoder *decoder, const char *why)
{
    decoder->walk.why = why;
    return false;
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
    return !decoder->walk.in_attribute && decoder->piece_count == 0 &&
           (decoder->section == SECTION_EVENT_DATA || decoder->section == SECTION_USER_DATA) &&
           value_is_array(type, bytes);
}

/* Begins one more piece: an array is then not alone, and becomes text. */
static void begin_piece(struct decoder *decoder, uint8_t type, struct span bytes)
{
    if (decoder->array_waits)
        value_add_text(&decoder->event->text, decoder->piece.type, decoder->piece.bytes);
    decoder->array_waits = is_taken_apart(decoder, type, bytes);
    decoder->piece_count++;
    decoder->piece = (struct binxml_value){.type = type, .bytes = bytes};
}

static void add_value(struct decoder *decoder, const struct binxml_event *event)
{
    if (event->value.type == VALUE_NULL) {
        decoder->lacks_value = decoder->lacks_value || event->is_optional;
        return;
    }
    begin_piece(decoder, event->value.type, event->value.bytes);
    if (!decoder->array_waits)
        value_add_text(&decoder->event->text, event->value.type, event->value.bytes);
}

static void add_character(struct decoder *decoder, uint16_t unit)
{
    begin_piece(decoder, VALUE_NULL, (struct span){0});
    text_add_character(&decoder->event->text, unit != 0 ? unit : TEXT_REPLACEMENT_CHARACTER);
}

static bool add_entity(struct decoder *decoder, const struct span *name)
{
    static const struct {
        const char *name;
        const char *text;
    } entities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    struct text word = {0};
    const char *text = NULL;

    text_add_utf16(&word, *name);
    for (size_t index = 0; index < ARRAY_COUNT(entities) && text == NULL; index++)
        if (strcmp(entities[index].name, text_get(&word)) == 0)
            text = entities[index].text;
    text_free(&word);
    if (text == NULL)
        return fail(decoder, "an unknown entity");
    begin_piece(decoder, VALUE_NULL, (struct span){0});
    text_add(&decoder->event->text, text);
    return true;
}

/* The one piece as a number; of an array, its one item. */
static bool piece_number(const struct binxml_value *piece, uint64_t *out)
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
    if (decoder->section == SECTION_SYSTEM && decoder->walk.depth == DEPTH_FIELD)
        take_system_attribute(decoder);
    else if (decoder->section == SECTION_EVENT_DATA && decoder->walk.depth == DEPTH_FIELD &&
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
    struct binxml_value piece = decoder->piece;
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
    if (decoder->section == SECTION_SYSTEM && decoder->walk.depth == DEPTH_FIELD)
        take_system_field(decoder);
    else if (decoder->section == SECTION_EVENT_DATA && decoder->walk.depth == DEPTH_FIELD &&
             decoder->word == WORD_DATA)
        take_strings(decoder, decoder->name_place);
    else if (decoder->section == SECTION_USER_DATA && decoder->walk.depth >= DEPTH_FIELD)
        take_strings(decoder, keep_element_name(decoder));
    else
        pieces_drop(decoder);
}

/* --- elements --- */

static bool begin_element(struct decoder *decoder, const struct binxml_name *name)
{
    unsigned depth = decoder->walk.depth;

    if (depth > 0)
        decoder->has_children |= UINT64_C(1) << (depth - 1);
    pieces_drop(decoder);
    decoder->name = name->text;
    decoder->word = binxml_word_of(&name->text);
    decoder->name_place = PLACE_EMPTY;
    if (depth == DEPTH_EVENT && decoder->word != WORD_EVENT)
        return fail(decoder, "its element is not an Event");
    if (depth == DEPTH_SECTION)
        decoder->section = decoder->word == WORD_SYSTEM       ? SECTION_SYSTEM
                           : decoder->word == WORD_EVENT_DATA ? SECTION_EVENT_DATA
                           : decoder->word == WORD_USER_DATA  ? SECTION_USER_DATA
                                                              : SECTION_NONE;
    if (depth == DEPTH_SECTION && decoder->word == WORD_RENDERING_INFO)
        decoder->event->has_rendering = true;
    return true;
}

static void begin_attribute(struct decoder *decoder, const struct binxml_name *name)
{
    decoder->attribute = binxml_word_of(&name->text);
    pieces_begin(decoder);
}

static void begin_content(struct decoder *decoder)
{
    decoder->has_children &= ~(UINT64_C(1) << decoder->walk.depth);
    pieces_begin(decoder);
}

static void end_element(struct decoder *decoder)
{
    unsigned depth = decoder->walk.depth;

    if ((decoder->has_children >> depth & 1) == 0)
        take_leaf(decoder);
    else
        pieces_drop(decoder);
    pieces_begin(decoder);
    if (depth == DEPTH_SECTION && decoder->section == SECTION_SYSTEM)
        decoder->walk.stop = decoder->system_only;
}

static bool take_event(struct decoder *decoder, const struct binxml_event *event)
{
    switch (event->kind) {
    case BINXML_EVENT_ELEMENT:
        return begin_element(decoder, event->name);
    case BINXML_EVENT_ATTRIBUTE:
        begin_attribute(decoder, event->name);
        return true;
    case BINXML_EVENT_ATTRIBUTE_END:
        end_attribute(decoder);
        return true;
    case BINXML_EVENT_CONTENT:
        begin_content(decoder);
        return true;
    case BINXML_EVENT_ELEMENT_END:
        end_element(decoder);
        return true;
    case BINXML_EVENT_VALUE:
        add_value(decoder, event);
        return true;
    case BINXML_EVENT_CHARACTER:
        add_character(decoder, event->number);
        return true;
    case BINXML_EVENT_ENTITY:
        return add_entity(decoder, &event->name->text);
    case BINXML_EVENT_SUBSTITUTION: /* of a definition without values alone */
    case BINXML_EVENT_INSTRUCTION:
        return true;
    }
    return true;
}

static bool take(void *context, const struct binxml_event *event)
{
    struct decoder *decoder = context;

    if (!take_event(decoder, event))
        return false;
    return (decoder->event->text.length_bytes <= TEXT_BYTES_MOST && !decoder->too_many_strings) ||
           fail(decoder, "its text is too long");
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
        .walk = {.chunk = &chunk->bytes, .values = &event->values, .take = take},
        .event = event,
        .system_only = system_only,
    };

    decoder.walk.context = &decoder;
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
    if (!binxml_walk_record(&decoder.walk, record) ||
        (!event->has_event_id && !fail(&decoder, "it has no readable EventID")))
        return error_set(err, ERROR_SOURCE, record->bytes.offset_bytes, "%s", decoder.walk.why);
    set_pointers(&decoder);
    return 0;
}

void event_free_content(struct event *event)
{
    text_free(&event->text);
    free(event->places);
    free(event->strings);
    free(event->values.values);
    *event = (struct event){0};
}
