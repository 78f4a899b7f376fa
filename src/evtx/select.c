/* SPDX-License-Identifier: Apache-2.0 */
/* Judging templates and reading records by what was judged. Nothing is allocated for a record, no
 * text is converted; what costs is paid once a template and chunk. */
#include "evtx/select.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/decode.h"
#include "evtx/value.h"
#include "incident.h"

/* A field's number of substitution is below it, or the record is decoded; Windows has 20 or so. */
#define VALUES_MOST 32u
/* As many definitions as there are records can be in a chunk. */
#define JUDGED_MOST CHUNK_RECORDS_MOST
/* The literal name of a computer that was met last. */
#define NAME_BYTES_MOST 512u

#define DEPTH_SECTION 1u /* of open elements, where System stands */
#define DEPTH_FIELD 2u   /* where the fields stand, */
#define DEPTH_CONTENT 3u /* and what is in them */

enum field_kind {
    FIELD_ABSENT,
    FIELD_LITERAL,
    FIELD_VALUE,
    FIELD_MIXED, /* several pieces: for the decoder */
};

struct field {
    enum field_kind kind;
    uint16_t index;      /* of the value */
    struct span literal; /* UTF-16 */
};

enum field_name {
    FIELD_PROVIDER,
    FIELD_EVENT_ID,
    FIELD_TIME,
    FIELD_RECORD_ID,
    FIELD_CHANNEL,
    FIELD_COMPUTER,
    FIELD_COUNT,
};

/* A template definition as judged. */
struct judged {
    uint32_t definition_offset;
    bool plain; /* its records can be read by the fields; otherwise they are decoded */
    bool forwarded;
    uint8_t value_count; /* one more than the greatest number of a value that is read */
    struct field fields[FIELD_COUNT];
    /* What the literals say; where a field is a value, its record tells. */
    const char *provider; /* of the event table, or NULL: of no interest */
    size_t computer;
    bool application;
};

struct selector {
    struct source_facts *facts;
    const struct chunk *chunk;
    struct event event; /* for records that have to be decoded */
    /* By offset in the chunk: one more than the index of the judged definition there, 0: none. */
    uint16_t judged_at[CHUNK_SIZE_BYTES];
    size_t judged_count;
    struct judged judged[JUDGED_MOST];
    /* The computer whose name, as a literal, was met last: mostly it is the same in every
     * template. */
    uint8_t name[NAME_BYTES_MOST];
    size_t name_bytes;
    size_t name_computer;
};

struct selector *selector_create(struct source_facts *facts)
{
    struct selector *selector = memory_allocate(1, sizeof(*selector));

    selector->facts = facts;
    return selector;
}

void selector_free(struct selector *selector)
{
    if (selector == NULL)
        return;
    event_free_content(&selector->event);
    free(selector);
}

void selector_begin_chunk(struct selector *selector, const struct chunk *chunk)
{
    for (size_t index = 0; index < selector->judged_count; index++)
        selector->judged_at[selector->judged[index].definition_offset] = 0;
    selector->judged_count = 0;
    selector->chunk = chunk;
}

/* --- what the fields say --- */

static size_t find_computer(struct selector *selector, const char *name)
{
    if (*name == '\0')
        return GLANCE_NO_COMPUTER;
    return (size_t)(source_facts_computer(selector->facts, name) - selector->facts->computers);
}

static size_t find_computer_utf16(struct selector *selector, struct span name)
{
    struct text text = {0};
    size_t found;

    if (name.left_bytes > 0 && name.left_bytes == selector->name_bytes &&
        memcmp(name.bytes, selector->name, name.left_bytes) == 0)
        return selector->name_computer;
    value_add_utf16(&text, name);
    found = find_computer(selector, text_get(&text));
    text_free(&text);
    if (name.left_bytes <= sizeof(selector->name)) {
        memcpy(selector->name, name.bytes, name.left_bytes);
        selector->name_bytes = name.left_bytes;
        selector->name_computer = found;
    }
    return found;
}

static bool channel_is_application(const char *channel)
{
    return text_equal_ascii(channel, "Application");
}

static bool channel_is_application_utf16(struct span channel)
{
    struct text text = {0};
    bool is;

    value_add_utf16(&text, channel);
    is = channel_is_application(text_get(&text));
    text_free(&text);
    return is;
}

static const char *find_provider(struct span name)
{
    struct text text = {0};
    const char *found;

    value_add_utf16(&text, name);
    found = incident_find_provider(text_get(&text));
    text_free(&text);
    return found;
}

/* --- judging --- */

/* A definition on its way to being judged. */
struct judging {
    struct judged *judged;
    unsigned depth; /* of open elements */
    bool in_system;
    bool met_system;
    enum binxml_word word; /* of the innermost element, while nothing in it ended */
    bool in_start_tag;
    enum binxml_word attribute; /* WORD_OTHER outside of one */
};

static void field_add(struct field *field, enum field_kind kind, uint16_t index,
                      struct span literal)
{
    if (field->kind != FIELD_ABSENT)
        kind = FIELD_MIXED;
    *field = (struct field){.kind = kind, .index = index, .literal = literal};
}

/* The field that a piece at this place belongs to, or NULL. */
static struct field *judging_field(struct judging *judging)
{
    struct field *fields = judging->judged->fields;

    if (!judging->in_system)
        return NULL;
    if (judging->in_start_tag && judging->depth == DEPTH_FIELD) {
        if (judging->word == WORD_PROVIDER && judging->attribute == WORD_NAME)
            return &fields[FIELD_PROVIDER];
        if (judging->word == WORD_TIME_CREATED && judging->attribute == WORD_SYSTEM_TIME)
            return &fields[FIELD_TIME];
        return NULL;
    }
    if (judging->in_start_tag || judging->depth != DEPTH_CONTENT)
        return NULL;
    return judging->word == WORD_EVENT_ID          ? &fields[FIELD_EVENT_ID]
           : judging->word == WORD_EVENT_RECORD_ID ? &fields[FIELD_RECORD_ID]
           : judging->word == WORD_CHANNEL         ? &fields[FIELD_CHANNEL]
           : judging->word == WORD_COMPUTER        ? &fields[FIELD_COMPUTER]
                                                   : NULL;
}

static bool judge_open_element(struct judging *judging, const struct span *name)
{
    if (judging->in_start_tag || (judging->in_system && judging->depth > DEPTH_FIELD))
        return false;
    judging->word = binxml_word_of(name);
    judging->attribute = WORD_OTHER;
    judging->in_start_tag = true;
    if (judging->depth == 0 && judging->word != WORD_EVENT)
        return false;
    if (judging->depth == DEPTH_SECTION) {
        if (judging->word == WORD_SYSTEM && judging->met_system)
            return false;
        judging->in_system = judging->word == WORD_SYSTEM;
        judging->met_system = judging->met_system || judging->in_system;
        if (judging->word == WORD_RENDERING_INFO)
            judging->judged->forwarded = true;
    }
    return true;
}

static bool judge_end_element(struct judging *judging)
{
    if (judging->depth == 0 || judging->in_start_tag)
        return false;
    judging->depth--;
    judging->word = WORD_OTHER;
    if (judging->depth == DEPTH_SECTION)
        judging->in_system = false;
    return true;
}

/* A value that is BinXML can have elements that matter, unless System is behind us. */
static bool judge_substitution(struct judging *judging, const struct binxml_token *token)
{
    struct field *field = judging_field(judging);

    if (token->value_type == VALUE_BINXML && (judging->in_system || !judging->met_system))
        return false;
    if (field != NULL)
        field_add(field, FIELD_VALUE, token->index, (struct span){0});
    return true;
}

/* Returns whether the token leaves the template a plain one. */
static bool judge_token(struct judging *judging, const struct binxml_token *token)
{
    struct field *field;

    switch (token->kind) {
    case BINXML_OPEN_ELEMENT:
        return judge_open_element(judging, &token->name);
    case BINXML_ATTRIBUTE:
        judging->attribute = binxml_word_of(&token->name);
        return judging->in_start_tag;
    case BINXML_CLOSE_START_TAG:
        judging->depth += judging->in_start_tag ? 1 : 0;
        if (!judging->in_start_tag)
            return false;
        judging->in_start_tag = false;
        return true;
    case BINXML_CLOSE_EMPTY_ELEMENT:
        if (!judging->in_start_tag)
            return false;
        judging->in_start_tag = false;
        judging->word = WORD_OTHER;
        if (judging->depth == DEPTH_SECTION)
            judging->in_system = false;
        return true;
    case BINXML_END_ELEMENT:
        return judge_end_element(judging);
    case BINXML_VALUE:
    case BINXML_CDATA:
        field = judging_field(judging);
        if (field != NULL)
            field_add(field, FIELD_LITERAL, 0, token->value);
        return true;
    case BINXML_SUBSTITUTION:
    case BINXML_OPTIONAL_SUBSTITUTION:
        return judge_substitution(judging, token);
    case BINXML_CHARACTER_REFERENCE:
    case BINXML_ENTITY_REFERENCE:
        field = judging_field(judging);
        if (field != NULL)
            field_add(field, FIELD_MIXED, 0, (struct span){0});
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

/* Can records be read by these fields? Sets what is needed for it. */
static bool judge_fields(struct selector *selector, struct judged *judged)
{
    struct field *fields = judged->fields;

    for (size_t index = 0; index < FIELD_COUNT; index++) {
        if (fields[index].kind == FIELD_MIXED ||
            (fields[index].kind == FIELD_VALUE && fields[index].index >= VALUES_MOST))
            return false;
        if (fields[index].kind == FIELD_VALUE && fields[index].index >= judged->value_count)
            judged->value_count = (uint8_t)(fields[index].index + 1);
    }
    /* Of these a literal is as good as none is: let the decoder see to it. */
    if (fields[FIELD_EVENT_ID].kind != FIELD_VALUE || fields[FIELD_TIME].kind != FIELD_VALUE ||
        fields[FIELD_RECORD_ID].kind != FIELD_VALUE)
        return false;
    judged->computer = GLANCE_NO_COMPUTER;
    if (fields[FIELD_PROVIDER].kind == FIELD_LITERAL)
        judged->provider = find_provider(fields[FIELD_PROVIDER].literal);
    if (fields[FIELD_CHANNEL].kind == FIELD_LITERAL)
        judged->application = channel_is_application_utf16(fields[FIELD_CHANNEL].literal);
    if (fields[FIELD_COMPUTER].kind == FIELD_LITERAL)
        judged->computer = find_computer_utf16(selector, fields[FIELD_COMPUTER].literal);
    return true;
}

static void judge(struct selector *selector, struct span definition, struct judged *judged)
{
    struct binxml_cursor cursor = {
        .chunk = &selector->chunk->bytes, .in = definition, .in_definition = true};
    struct judging judging = {.judged = judged};
    struct binxml_token token = {.kind = BINXML_FRAGMENT};
    const char *why;

    judged->plain = true;
    while (judged->plain && token.kind != BINXML_END)
        judged->plain = binxml_next(&cursor, &token, &why) && judge_token(&judging, &token);
    judged->plain = judged->plain && judging.depth == 0 && !judging.in_start_tag &&
                    judging.met_system && judge_fields(selector, judged);
}

/* The template of the instance, judged now or before. */
static const struct judged *find_judged(struct selector *selector,
                                        const struct binxml_instance *instance)
{
    uint16_t *at = &selector->judged_at[instance->definition_offset];
    struct judged *judged;

    if (*at != 0)
        return &selector->judged[*at - 1];
    if (selector->judged_count == JUDGED_MOST)
        return NULL;
    judged = &selector->judged[selector->judged_count++];
    *judged = (struct judged){.definition_offset = instance->definition_offset};
    *at = (uint16_t)selector->judged_count;
    judge(selector, instance->definition, judged);
    return judged;
}

/* --- records --- */

/* The first values of a record. */
struct values {
    uint8_t types[VALUES_MOST];
    struct span bytes[VALUES_MOST];
};

static bool read_values(struct binxml_instance *instance, size_t count, struct values *out)
{
    uint16_t size;
    uint8_t unused;

    for (size_t index = 0; index < count; index++)
        if (!span_u16(&instance->descriptors, &size) ||
            !span_u8(&instance->descriptors, &out->types[index]) ||
            !span_u8(&instance->descriptors, &unused) ||
            !span_take(&instance->values, size, &out->bytes[index]))
            return false;
    return true;
}

/* A value that a field can be taken from without decoding: a string, or none. */
static bool is_text(const struct values *values, const struct field *field)
{
    return values->types[field->index] == VALUE_STRING || values->types[field->index] == VALUE_NULL;
}

static struct span text_of(const struct values *values, const struct field *field)
{
    struct span none = {0};

    return values->types[field->index] == VALUE_STRING ? values->bytes[field->index] : none;
}

/* Reads the record by its template; false where it has to be decoded. */
static bool glance_by_template(struct selector *selector, const struct judged *judged,
                               struct binxml_instance *instance, struct glance *out)
{
    const struct field *fields = judged->fields;
    const struct field *time = &fields[FIELD_TIME];
    const struct field *id = &fields[FIELD_EVENT_ID];
    const struct field *record_id = &fields[FIELD_RECORD_ID];
    const char *provider = judged->provider;
    struct values values;
    uint64_t event_id;

    if (!read_values(instance, judged->value_count, &values) ||
        !value_number(values.types[id->index], values.bytes[id->index], &event_id) ||
        event_id > UINT16_MAX ||
        !value_number(values.types[record_id->index], values.bytes[record_id->index],
                      &out->record_id))
        return false;
    if (!value_filetime(values.types[time->index], values.bytes[time->index], &out->event_filetime))
        out->event_filetime = 0;
    out->computer = judged->computer;
    out->application = judged->application;
    out->forwarded = judged->forwarded;
    if (fields[FIELD_PROVIDER].kind == FIELD_VALUE) {
        if (!is_text(&values, &fields[FIELD_PROVIDER]))
            return false;
        provider = find_provider(text_of(&values, &fields[FIELD_PROVIDER]));
    }
    if (fields[FIELD_CHANNEL].kind == FIELD_VALUE) {
        if (!is_text(&values, &fields[FIELD_CHANNEL]))
            return false;
        out->application = channel_is_application_utf16(text_of(&values, &fields[FIELD_CHANNEL]));
    }
    if (fields[FIELD_COMPUTER].kind == FIELD_VALUE) {
        if (!is_text(&values, &fields[FIELD_COMPUTER]))
            return false;
        out->computer = find_computer_utf16(selector, text_of(&values, &fields[FIELD_COMPUTER]));
    }
    out->event = provider != NULL ? incident_find_event(provider, (uint16_t)event_id) : NULL;
    return true;
}

static int glance_by_decoding(struct selector *selector, const struct record *record,
                              bool has_template, struct glance *out, struct error *err)
{
    const struct observation *observation = &selector->event.observation;

    if (event_decode(&selector->event, selector->chunk, record, !has_template, err) != 0)
        return -1;
    out->event = incident_find_event(observation->provider, observation->event_id);
    out->event_filetime = observation->event_filetime;
    out->record_id = observation->record_id;
    out->computer = find_computer(selector, observation->computer);
    out->application = channel_is_application(observation->channel);
    out->forwarded = !has_template || selector->event.has_rendering;
    return 0;
}

int selector_glance(struct selector *selector, const struct record *record, struct glance *out,
                    struct error *err)
{
    struct binxml_instance instance;
    const struct judged *judged = NULL;
    bool has_template = record_read_instance(selector->chunk, record, &instance);

    if (has_template)
        judged = find_judged(selector, &instance);
    if (judged != NULL && judged->plain &&
        glance_by_template(selector, judged, &instance, out))
        return 0;
    return glance_by_decoding(selector, record, has_template, out, err);
}
