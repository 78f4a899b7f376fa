/* SPDX-License-Identifier: Apache-2.0 */
/* The one walk over BinXML. What is bounded here is what damage or malice can make endless; whether
 * the elements make an event is for those who take them. */
#include "evtx/binxml.h"

#include "base/memory.h"
#include "evtx/value.h"

/* Fragments in each other: record, template, value, template, ... Windows has four. */
#define FRAGMENTS_MOST 8u
/* Elements in each other; their takers have a bit for each. */
#define DEPTH_MOST 64u
/* A token takes a byte at least, so these many fill a chunk; substitutions that stand for one
 * value again and again could make it more. */
#define TOKENS_MOST CHUNK_SIZE_BYTES

/* A fragment, and the values that its substitutions stand for, which are in walk->values. */
struct binxml_fragment {
    struct binxml_cursor cursor;
    size_t first_value;
    size_t value_count;
};

static bool walk_fragment(struct binxml_walk *walk, struct binxml_fragment *fragment);

static bool fail(struct binxml_walk *walk, const char *why)
{
    walk->why = why;
    return false;
}

static bool tell(struct binxml_walk *walk, const struct binxml_event *event)
{
    return walk->take(walk->context, event);
}

/* --- elements --- */

/* Moves behind the element, and looks that something ends there. */
static bool skip_element(struct binxml_walk *walk, struct span *in, uint64_t element_end)
{
    uint64_t at = (uint64_t)(in->bytes - walk->chunk->bytes);
    uint8_t last;

    walk->skip_element = false;
    walk->in_start_tag = false;
    if (element_end <= at || !span_skip(in, (size_t)(element_end - at - 1)) ||
        !span_u8(in, &last) || (last != BINXML_END_ELEMENT && last != BINXML_CLOSE_EMPTY_ELEMENT))
        return fail(walk, "an element whose size is wrong");
    return true;
}

/* Moves behind the attributes, and looks that the start tag ends there. */
static bool skip_attributes(struct binxml_walk *walk, struct span *in, uint32_t attributes_size)
{
    walk->skip_attributes = false;
    if (!span_skip(in, attributes_size) || in->left_bytes == 0 ||
        (in->bytes[0] != BINXML_CLOSE_START_TAG && in->bytes[0] != BINXML_CLOSE_EMPTY_ELEMENT))
        return fail(walk, "an attribute list whose size is wrong");
    return true;
}

static bool begin_element(struct binxml_walk *walk, struct binxml_fragment *fragment,
                          const struct binxml_token *token)
{
    if (walk->in_start_tag)
        return fail(walk, "an element in a start tag");
    if (walk->depth == DEPTH_MOST)
        return fail(walk, "its elements are nested too deep");
    walk->in_start_tag = true;
    if (!tell(walk, &(struct binxml_event){.kind = BINXML_EVENT_ELEMENT,
                                           .name = &token->name,
                                           .element_end = token->element_end,
                                           .attributes_size = token->attributes_size}))
        return false;
    if (walk->skip_attributes &&
        !skip_attributes(walk, &fragment->cursor.in, token->attributes_size))
        return false;
    return !walk->skip_element || skip_element(walk, &fragment->cursor.in, token->element_end);
}

static bool end_attribute(struct binxml_walk *walk)
{
    if (!walk->in_attribute)
        return true;
    walk->in_attribute = false;
    return tell(walk, &(struct binxml_event){.kind = BINXML_EVENT_ATTRIBUTE_END});
}

static bool begin_attribute(struct binxml_walk *walk, const struct binxml_token *token)
{
    if (!walk->in_start_tag)
        return fail(walk, "an attribute outside of a start tag");
    if (!end_attribute(walk))
        return false;
    walk->in_attribute = true;
    return tell(walk, &(struct binxml_event){.kind = BINXML_EVENT_ATTRIBUTE, .name = &token->name});
}

static bool end_start_tag(struct binxml_walk *walk)
{
    if (!walk->in_start_tag)
        return fail(walk, "the end of a start tag that did not begin");
    if (!end_attribute(walk))
        return false;
    walk->in_start_tag = false;
    if (!tell(walk, &(struct binxml_event){.kind = BINXML_EVENT_CONTENT}))
        return false;
    walk->depth++;
    return true;
}

static bool end_element(struct binxml_walk *walk)
{
    if (walk->depth == 0 || walk->in_start_tag)
        return fail(walk, "the end of an element that did not begin");
    walk->depth--;
    return tell(walk, &(struct binxml_event){.kind = BINXML_EVENT_ELEMENT_END});
}

/* --- what stands in them --- */

static bool tell_value(struct binxml_walk *walk, const struct binxml_value *value, bool is_optional)
{
    if (value->type != VALUE_NULL && walk->in_start_tag && !walk->in_attribute)
        return fail(walk, "a value between attributes");
    return tell(walk, &(struct binxml_event){
                          .kind = BINXML_EVENT_VALUE, .value = *value, .is_optional = is_optional});
}

static bool tell_reference(struct binxml_walk *walk, enum binxml_event_kind kind,
                           const struct binxml_token *token)
{
    if (walk->in_start_tag && !walk->in_attribute)
        return fail(walk, "a reference between attributes");
    return tell(walk,
                &(struct binxml_event){.kind = kind, .name = &token->name, .number = token->index});
}

static bool walk_substitution(struct binxml_walk *walk, const struct binxml_fragment *fragment,
                              const struct binxml_token *token)
{
    bool is_optional = token->kind == BINXML_OPTIONAL_SUBSTITUTION;
    struct binxml_value value;

    if (walk->is_alone)
        return tell(walk, &(struct binxml_event){.kind = BINXML_EVENT_SUBSTITUTION,
                                                 .value = {.type = token->value_type},
                                                 .number = token->index,
                                                 .is_optional = is_optional});
    if (token->index >= fragment->value_count)
        return fail(walk, "it lacks a value that its template asks for");
    value = walk->values->values[fragment->first_value + token->index];
    if (value.type == VALUE_BINXML && !walk->in_start_tag) {
        struct binxml_fragment inner = {.cursor = {.chunk = walk->chunk, .in = value.bytes}};

        return walk_fragment(walk, &inner);
    }
    return tell_value(walk, &value, is_optional);
}

/* --- fragments --- */

/* Puts the values of an instance behind those of the fragments around it. */
static bool push_values(struct binxml_walk *walk, struct binxml_instance instance, size_t count)
{
    struct binxml_value_stack *values = walk->values;

    /* A value that is asked for again and again brings all of its own along each time. */
    if (count > walk->tokens_left)
        return fail(walk, "it has too many values");
    walk->tokens_left -= (unsigned)count;
    if (values->capacity < walk->value_count + count) {
        values->capacity = 2 * (walk->value_count + count);
        values->values = memory_resize(values->values, values->capacity, sizeof(*values->values));
    }
    for (; count > 0; count--)
        if (!binxml_take_value(&instance, &values->values[walk->value_count++]))
            return fail(walk, "its values run out of it");
    return true;
}

static bool walk_instance(struct binxml_walk *walk, const struct binxml_instance *instance)
{
    struct binxml_fragment definition = {
        .cursor = {.chunk = walk->chunk, .in = instance->definition, .in_definition = true},
        .first_value = walk->value_count,
        .value_count = instance->descriptors.left_bytes / BINXML_DESCRIPTOR_BYTES,
    };
    bool walked;

    if (walk->is_alone)
        return fail(walk, "a template in a template");
    walked =
        push_values(walk, *instance, definition.value_count) && walk_fragment(walk, &definition);
    walk->value_count = definition.first_value;
    return walked;
}

static bool walk_token(struct binxml_walk *walk, struct binxml_fragment *fragment,
                       const struct binxml_token *token)
{
    switch (token->kind) {
    case BINXML_OPEN_ELEMENT:
        return begin_element(walk, fragment, token);
    case BINXML_ATTRIBUTE:
        return begin_attribute(walk, token);
    case BINXML_CLOSE_START_TAG:
        return end_start_tag(walk);
    case BINXML_CLOSE_EMPTY_ELEMENT:
        return end_start_tag(walk) && end_element(walk);
    case BINXML_END_ELEMENT:
        return end_element(walk);
    case BINXML_VALUE:
    case BINXML_CDATA:
        return tell_value(walk, &(struct binxml_value){.type = VALUE_STRING, .bytes = token->value},
                          false);
    case BINXML_CHARACTER_REFERENCE:
        return tell_reference(walk, BINXML_EVENT_CHARACTER, token);
    case BINXML_ENTITY_REFERENCE:
        return tell_reference(walk, BINXML_EVENT_ENTITY, token);
    case BINXML_PI_TARGET:
        return tell(walk,
                    &(struct binxml_event){.kind = BINXML_EVENT_INSTRUCTION, .name = &token->name});
    case BINXML_SUBSTITUTION:
    case BINXML_OPTIONAL_SUBSTITUTION:
        return walk_substitution(walk, fragment, token);
    case BINXML_TEMPLATE_INSTANCE:
        return walk_instance(walk, &token->instance);
    case BINXML_END:
    case BINXML_FRAGMENT:
    case BINXML_PI_DATA:
        return true;
    }
    return true;
}

/* Walks up to the end of the fragment, or of the template instance that it is. */
static bool walk_fragment(struct binxml_walk *walk, struct binxml_fragment *fragment)
{
    struct binxml_token token = {.kind = BINXML_FRAGMENT};
    bool goes_on = true;

    if (walk->fragments == FRAGMENTS_MOST)
        return fail(walk, "its values are nested too deep");
    walk->fragments++;
    while (goes_on && !walk->stop && token.kind != BINXML_END &&
           token.kind != BINXML_TEMPLATE_INSTANCE) {
        if (walk->tokens_left == 0)
            return fail(walk, "it has too many tokens");
        walk->tokens_left--;
        goes_on = binxml_next(&fragment->cursor, &token, &walk->why) &&
                  walk_token(walk, fragment, &token);
    }
    walk->fragments--;
    return goes_on;
}

static bool walk_whole(struct binxml_walk *walk, struct span in, bool in_definition)
{
    struct binxml_fragment fragment = {
        .cursor = {.chunk = walk->chunk, .in = in, .in_definition = in_definition}};

    walk->is_alone = in_definition;
    walk->tokens_left = TOKENS_MOST;
    if (!walk_fragment(walk, &fragment))
        return false;
    if (!walk->stop && (walk->depth > 0 || walk->in_start_tag))
        return fail(walk, "an element without an end");
    return true;
}

bool binxml_walk_record(struct binxml_walk *walk, const struct record *record)
{
    return walk_whole(walk, binxml_of_record(record), false);
}

bool binxml_walk_definition(struct binxml_walk *walk, struct span definition)
{
    return walk_whole(walk, definition, true);
}
