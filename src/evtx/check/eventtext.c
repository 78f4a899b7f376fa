/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner of libevtx's event text. It goes from tag to tag, keeps the depth and the section
 * of the event it is in, and looks the elements it needs up in a table. */
#include "evtx/check/reference.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "evtx/binxml.h"

/* A part of the text, not ended by a NUL. */
struct text_part {
    const char *start;
    size_t length;
};

/* An element's start tag, and its text if it is a leaf. */
struct text_element {
    struct text_part name;
    struct text_part attributes; /* as they stand */
    struct text_part value;      /* of a leaf */
    bool leaf;                   /* no elements inside: its end tag is read as well */
};

struct text_scanner {
    struct eventtext *event;
    const char *text;
    const char *at;
    const char *end;
    size_t depth; /* of open elements */
    enum event_section section;
    bool has_event_id;
};

static int scan_fail(const struct text_scanner *scanner, struct error *err, const char *what)
{
    return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "event text, character %zu: %s",
                     (size_t)(scanner->at - scanner->text), what);
}

static bool part_is(const struct text_part *part, const char *text)
{
    return part->length == strlen(text) && memcmp(part->start, text, part->length) == 0;
}

/* --- storage --- */

/* Room for everything: bytes that are not UTF-8 become three each, and the markup around a value
 * is longer than the NUL it needs. The strings number at most one for each four characters
 * (`<a/>`). So nothing moves while an event is read. */
static void event_reserve(struct eventtext *event, size_t length_bytes)
{
    size_t room_bytes = 3 * length_bytes + 1;

    event->storage_used = 0;
    if (room_bytes <= event->storage_capacity)
        return;
    event->storage_capacity = room_bytes;
    event->storage = memory_resize(event->storage, event->storage_capacity, 1);
}

static void store_bytes(struct eventtext *event, const char *bytes, size_t length)
{
    memcpy(event->storage + event->storage_used, bytes, length);
    event->storage_used += length;
}

/* Copies the character at *at and moves past it. */
static void store_character(struct eventtext *event, const char **at)
{
    const char *start = *at;
    struct text changed = {0};
    uint32_t code_point;

    text_next_character(at, &code_point);
    if (code_point >= REFERENCE_SUPPLEMENTARY_FIRST && reference_spoils_supplementary())
        text_add_character(&changed, code_point + REFERENCE_SUPPLEMENTARY_ERROR);
    else if (code_point == 0 || code_point == TEXT_REPLACEMENT_CHARACTER)
        text_add_character(&changed, TEXT_REPLACEMENT_CHARACTER); /* text here has no U+0000 */
    if (changed.length_bytes > 0)
        store_bytes(event, changed.bytes, changed.length_bytes);
    else
        store_bytes(event, start, (size_t)(*at - start));
    text_free(&changed);
}

/* The character that an escape at `at` stands for, and the escape's length; 0 for none. */
static size_t read_escape(const char *at, const char *end, char *out)
{
    static const struct {
        const char *escape;
        char character;
    } escapes[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}};

    for (size_t index = 0; index < ARRAY_COUNT(escapes); index++) {
        size_t length = strlen(escapes[index].escape);

        if (length <= (size_t)(end - at) && memcmp(at, escapes[index].escape, length) == 0) {
            *out = escapes[index].character;
            return length;
        }
    }
    return 0;
}

/* Copies the part into the storage, escapes resolved where there are any, characters past U+FFFF
 * put right. */
static const char *store(struct eventtext *event, struct text_part part, bool escaped)
{
    char *stored = event->storage + event->storage_used;
    const char *at = part.start;
    const char *end = part.start + part.length;
    size_t length;

    while (at < end) {
        char *next = event->storage + event->storage_used;

        length = escaped && *at == '&' ? read_escape(at, end, next) : 0;
        if (length > 0) {
            event->storage_used++;
            at += length;
        } else if (*at != '\0' && (unsigned char)*at < 0x80) {
            event->storage[event->storage_used++] = *at++;
        } else {
            store_character(event, &at);
        }
    }
    event->storage[event->storage_used++] = '\0';
    return stored;
}

static const char *store_attribute(struct eventtext *event, struct text_part part)
{
    return store(event, part, reference_escapes_attributes());
}

static void store_string(struct eventtext *event, struct text_part name, struct text_part value)
{
    struct observation *observation = &event->observation;
    struct observation_string string = {.name = "", .value = ""};

    if (name.length > 0)
        string.name = store_attribute(event, name);
    if (value.length > 0)
        string.value = store(event, value, true);
    event->strings = memory_grow(event->strings, observation->string_count, sizeof(string));
    event->strings[observation->string_count++] = string;
}

/* --- tags --- */

/* Finds the attribute's value. Quotes in it are not escaped: the one that ends it is the first
 * that a blank or the end of the tag follows. */
static bool find_attribute(const struct text_element *element, const char *name,
                           struct text_part *out)
{
    const char *at = element->attributes.start;
    const char *end = at + element->attributes.length;
    struct text_part found, value;

    while (at < end) {
        while (at < end && *at == ' ')
            at++;
        found.start = at;
        while (at < end && *at != '=')
            at++;
        found.length = (size_t)(at - found.start);
        if (end - at < 2 || at[1] != '"')
            return false;
        at += 2;
        value.start = at;
        while (at < end && !(*at == '"' && (at + 1 == end || at[1] == ' ')))
            at++;
        value.length = (size_t)(at - value.start);
        if (part_is(&found, name)) {
            *out = value;
            return true;
        }
        at++;
    }
    return false;
}

/* Finds the end of the start tag whose attributes begin at scanner->at: `>` or `/>`, directly
 * behind the name or behind a quote. Sets the attributes, moves past the tag. */
static bool scan_attributes(struct text_scanner *scanner, struct text_element *element, bool *empty)
{
    const char *at = scanner->at;

    for (; at < scanner->end; at++) {
        const char *mark = at[0] == '/' ? at + 1 : at;

        if (mark < scanner->end && *mark == '>' && (at == scanner->at || at[-1] == '"')) {
            *empty = mark != at;
            element->attributes =
                (struct text_part){.start = scanner->at, .length = (size_t)(at - scanner->at)};
            scanner->at = mark + 1;
            return true;
        }
    }
    return false;
}

/* Do elements follow, each on a line of its own, rather than the text of a leaf? */
static bool scan_has_children(const struct text_scanner *scanner)
{
    const char *at = scanner->at;

    if (at == scanner->end || *at != '\n')
        return false;
    for (at++; at < scanner->end && *at == ' '; at++)
        ;
    return at < scanner->end && *at == '<';
}

/* Takes a leaf's text and moves past its end tag. Strings have their < escaped, but values of
 * other types do not, so the text ends at the first end tag of its name. */
static int scan_leaf_text(struct text_scanner *scanner, struct text_element *element,
                          struct error *err)
{
    const char *at = scanner->at;
    size_t name_length = element->name.length;
    size_t tag_length = name_length + strlen("</>");

    while ((size_t)(scanner->end - at) >= tag_length) {
        if (at[0] == '<' && at[1] == '/' && at[2 + name_length] == '>' &&
            memcmp(at + 2, element->name.start, name_length) == 0) {
            element->value =
                (struct text_part){.start = scanner->at, .length = (size_t)(at - scanner->at)};
            scanner->at = at + tag_length;
            return 0;
        }
        at++;
    }
    return scan_fail(scanner, err, "element without an end");
}

static bool is_name_character(char character)
{
    return character != '\0' && strchr(" \t\r\n<>/=\"", character) == NULL;
}

/* Moves to the next tag. Returns 1 with *element for a start tag, 2 for an end tag, 0 at the end
 * of the text, -1 for anything else. */
#define SCAN_END_TAG 2
static int scan_next(struct text_scanner *scanner, struct text_element *element, struct error *err)
{
    bool empty;

    *element = (struct text_element){0};
    while (scanner->at < scanner->end && isspace((unsigned char)*scanner->at))
        scanner->at++;
    if (scanner->at == scanner->end)
        return 0;
    if (*scanner->at != '<')
        return scan_fail(scanner, err, "text between elements");
    scanner->at++;
    if (scanner->at < scanner->end && *scanner->at == '/') {
        while (scanner->at < scanner->end && *scanner->at != '>')
            scanner->at++;
        if (scanner->at == scanner->end)
            return scan_fail(scanner, err, "end tag without an end");
        scanner->at++;
        return SCAN_END_TAG;
    }
    element->name.start = scanner->at;
    while (scanner->at < scanner->end && is_name_character(*scanner->at))
        scanner->at++;
    element->name.length = (size_t)(scanner->at - element->name.start);
    /* CDATA sections and processing instructions begin with these; no event at hand has one. */
    if (element->name.length == 0 || strchr("!?", element->name.start[0]) != NULL)
        return scan_fail(scanner, err, "markup that is not an element");
    if (!scan_attributes(scanner, element, &empty))
        return scan_fail(scanner, err, "start tag without an end");
    element->leaf = empty || !scan_has_children(scanner);
    if (element->leaf && !empty && scan_leaf_text(scanner, element, err) != 0)
        return -1;
    return 1;
}

/* --- fields of System --- */

/* Reads a decimal number up to `most`. */
static bool part_number(struct text_part part, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;

    for (size_t index = 0; index < part.length; index++) {
        if (!isdigit((unsigned char)part.start[index]) ||
            __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(part.start[index] - '0'), &value))
            return false;
    }
    if (part.length == 0 || value > most)
        return false;
    *out = value;
    return true;
}

static int32_t part_small_number(struct text_part part, uint64_t most)
{
    uint64_t value;

    return part_number(part, most, &value) ? (int32_t)value : OBSERVATION_ABSENT;
}

static void take_provider(struct text_scanner *scanner, const struct text_element *element)
{
    struct text_part name;

    if (find_attribute(element, "Name", &name))
        scanner->event->observation.provider = store_attribute(scanner->event, name);
}

static void take_event_id(struct text_scanner *scanner, const struct text_element *element)
{
    struct text_part qualifiers;
    uint64_t value;

    if (part_number(element->value, UINT16_MAX, &value)) {
        scanner->event->observation.event_id = (uint16_t)value;
        scanner->has_event_id = true;
    }
    if (find_attribute(element, "Qualifiers", &qualifiers))
        scanner->event->observation.qualifiers = part_small_number(qualifiers, UINT16_MAX);
}

static void take_level(struct text_scanner *scanner, const struct text_element *element)
{
    scanner->event->observation.level = part_small_number(element->value, UINT8_MAX);
}

static void take_time(struct text_scanner *scanner, const struct text_element *element)
{
    struct text_part time;

    if (find_attribute(element, "SystemTime", &time) &&
        !filetime_parse(store_attribute(scanner->event, time),
                        &scanner->event->observation.event_filetime))
        scanner->event->observation.event_filetime = 0;
}

static void take_record_id(struct text_scanner *scanner, const struct text_element *element)
{
    uint64_t value;

    if (part_number(element->value, UINT64_MAX, &value))
        scanner->event->observation.record_id = value;
}

static void take_channel(struct text_scanner *scanner, const struct text_element *element)
{
    scanner->event->observation.channel = store(scanner->event, element->value, true);
}

static void take_computer(struct text_scanner *scanner, const struct text_element *element)
{
    scanner->event->observation.computer = store(scanner->event, element->value, true);
}

static void take_user(struct text_scanner *scanner, const struct text_element *element)
{
    struct text_part sid;

    if (find_attribute(element, "UserID", &sid))
        scanner->event->observation.user_sid = store_attribute(scanner->event, sid);
}

struct system_field {
    const char *name;
    void (*take)(struct text_scanner *scanner, const struct text_element *element);
};

static const struct system_field system_fields[] = {
    {"Provider", take_provider}, {"EventID", take_event_id}, {"Level", take_level},
    {"TimeCreated", take_time},  {"Channel", take_channel},  {"EventRecordID", take_record_id},
    {"Computer", take_computer}, {"Security", take_user},
};

/* --- the event --- */

static void take_section(struct text_scanner *scanner, const struct text_element *element)
{
    scanner->section = part_is(&element->name, "System")      ? SECTION_SYSTEM
                       : part_is(&element->name, "EventData") ? SECTION_EVENT_DATA
                       : part_is(&element->name, "UserData")  ? SECTION_USER_DATA
                                                              : SECTION_NONE;
    if (part_is(&element->name, "RenderingInfo"))
        scanner->event->has_rendering = true;
}

static void take_element(struct text_scanner *scanner, const struct text_element *element)
{
    struct text_part name = {0};

    switch (scanner->section) {
    case SECTION_SYSTEM:
        for (size_t index = 0; index < ARRAY_COUNT(system_fields); index++)
            if (scanner->depth == DEPTH_FIELD && part_is(&element->name, system_fields[index].name))
                system_fields[index].take(scanner, element);
        break;
    case SECTION_EVENT_DATA:
        if (scanner->depth != DEPTH_FIELD || !element->leaf || !part_is(&element->name, "Data"))
            break;
        find_attribute(element, "Name", &name);
        store_string(scanner->event, name, element->value);
        break;
    case SECTION_USER_DATA:
        if (element->leaf)
            store_string(scanner->event, element->name, element->value);
        break;
    case SECTION_NONE:
        break;
    }
}

static int scan_event(struct text_scanner *scanner, struct error *err)
{
    struct text_element element;
    int got;

    while ((got = scan_next(scanner, &element, err)) > 0) {
        if (got == SCAN_END_TAG) {
            if (scanner->depth == 0)
                return scan_fail(scanner, err, "end tag of nothing");
            scanner->depth--;
            continue;
        }
        if (scanner->depth == DEPTH_EVENT && !part_is(&element.name, "Event"))
            return scan_fail(scanner, err, "the element is not an Event");
        if (scanner->depth == DEPTH_SECTION)
            take_section(scanner, &element);
        else if (scanner->depth >= DEPTH_FIELD)
            take_element(scanner, &element);
        scanner->depth += element.leaf ? 0 : 1;
    }
    if (got == 0 && scanner->depth > 0)
        return scan_fail(scanner, err, "element without an end");
    return got;
}

int eventtext_parse(struct eventtext *event, const char *text, size_t length_bytes,
                    struct error *err)
{
    struct text_scanner scanner = {
        .event = event, .text = text, .at = text, .end = text + length_bytes};

    event_reserve(event, length_bytes);
    event->has_rendering = false;
    event->observation = (struct observation){
        .provider = "",
        .qualifiers = OBSERVATION_ABSENT,
        .level = OBSERVATION_ABSENT,
        .channel = "",
        .computer = "",
        .user_sid = "",
    };
    if (scan_event(&scanner, err) != 0)
        return -1;
    if (!scanner.has_event_id)
        return scan_fail(&scanner, err, "no readable EventID");
    event->observation.strings = event->strings;
    return 0;
}

void eventtext_free_content(struct eventtext *event)
{
    free(event->strings);
    free(event->storage);
    *event = (struct eventtext){0};
}
