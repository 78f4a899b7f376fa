/* SPDX-License-Identifier: Apache-2.0 */
/* A change is a row of the table at the end. What it changes is found through the places: where in
 * the log the numbers stand that a reader goes by. */
#include "mutant.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "chance.h"
#include "evtx/binxml.h"
#include "evtx/chunk.h"
#include "evtx/value.h"
#include "model/incident.h"
#include "stock.h"

/* Places beyond these are not looked for. */
#define PLACES_MOST 20000u
#define CHANGES_MOST 4u

enum place_kind {
    PLACE_RECORD, /* a whole record */
    PLACE_RECORD_SIZE,
    PLACE_SIZE_COPY,
    PLACE_TOKEN,
    PLACE_ELEMENT_SIZE,
    PLACE_ATTRIBUTES_SIZE,
    PLACE_NAME_OFFSET,
    PLACE_NAME_LENGTH,
    PLACE_TEXT_LENGTH,
    PLACE_TEXT,
    PLACE_INSTANCE_ID,
    PLACE_DEFINITION_OFFSET,
    PLACE_DATA_SIZE,
    PLACE_VALUE_COUNT,
    PLACE_VALUE_SIZE,
    PLACE_VALUE_TYPE,
    PLACE_SUBSTITUTION_INDEX,
    PLACE_SUBSTITUTION_TYPE,
    PLACE_KINDS,
};

/* Bytes of the log, from its start. */
struct mutant_place {
    enum place_kind kind;
    size_t at;
    size_t size_bytes;
};

struct mutant_making {
    uint64_t random;
    uint8_t *bytes;
    size_t size_bytes;
    size_t place_count;
    struct mutant_place places[PLACES_MOST];
    struct text story;
};

/* --- chance --- */

static size_t below(struct mutant_making *making, size_t limit)
{
    return (size_t)(chance_next(&making->random) >> 11) % limit;
}

/* A number that is likely to be wrong in an interesting way, where `right` stands. */
static uint64_t lie(struct mutant_making *making, uint64_t right)
{
    static const uint64_t lies[] = {0,        1,        2,          4,          7,
                                    8,        0x7f,     0x80,       0xff,       0x100,
                                    0x7fff,   0x8000,   0xfff8,     0xffff,     65536u,
                                    1u << 20, 1u << 30, 0x7fffffff, 0x80000000, 0xffffffff};
    uint64_t step = 1 + below(making, 16);

    switch (below(making, 5)) {
    case 0:
        return right + step;
    case 1:
        return right - step;
    case 2:
        return right + 8 * step;
    case 3:
        return lies[below(making, ARRAY_COUNT(lies))];
    default:
        return below(making, CHUNK_SIZE_BYTES);
    }
}

/* --- places --- */

static void add_place(struct mutant_making *making, enum place_kind kind, size_t at,
                      size_t size_bytes)
{
    if (making->place_count < PLACES_MOST && at + size_bytes <= making->size_bytes)
        making->places[making->place_count++] =
            (struct mutant_place){.kind = kind, .at = at, .size_bytes = size_bytes};
}

static size_t offset_of(const struct mutant_making *making, const uint8_t *at)
{
    return (size_t)(at - making->bytes);
}

/* What walks through the BinXML of a record, of definitions that stand in it, and of its values. */
struct place_search {
    struct mutant_making *making;
    const struct chunk *chunk;
    size_t chunk_at;
    unsigned depth;
};

static void find_fragment(struct place_search *finding, struct span in, bool in_definition);

static void find_instance(struct place_search *finding, size_t at,
                          const struct binxml_instance *found)
{
    struct mutant_making *making = finding->making;
    struct span descriptors = found->descriptors, values = found->values, value;
    uint16_t size;
    uint8_t type, unused;

    add_place(making, PLACE_INSTANCE_ID, at + 2, 4);
    add_place(making, PLACE_DEFINITION_OFFSET, at + 6, 4);
    add_place(making, PLACE_VALUE_COUNT, offset_of(making, descriptors.bytes) - 4, 4);
    if (found->definition_offset == at + 10 - finding->chunk_at) {
        add_place(making, PLACE_DATA_SIZE, at + 30, 4);
        find_fragment(finding, found->definition, true);
    }
    while (descriptors.left_bytes > 0) {
        size_t descriptor = offset_of(making, descriptors.bytes);

        if (!span_u16(&descriptors, &size) || !span_u8(&descriptors, &type) ||
            !span_u8(&descriptors, &unused) || !span_take(&values, size, &value))
            return;
        add_place(making, PLACE_VALUE_SIZE, descriptor, 2);
        add_place(making, PLACE_VALUE_TYPE, descriptor + 2, 1);
        add_place(making, PLACE_TEXT, offset_of(making, value.bytes), size);
        if (type == VALUE_BINXML)
            find_fragment(finding, value, false);
    }
}

static void find_token(struct place_search *finding, size_t at, bool in_definition,
                       const struct binxml_token *token)
{
    struct mutant_making *making = finding->making;
    size_t element = at + (in_definition ? 3 : 1);

    add_place(making, PLACE_TOKEN, at, 1);
    switch (token->kind) {
    case BINXML_OPEN_ELEMENT:
        add_place(making, PLACE_ELEMENT_SIZE, element, 4);
        add_place(making, PLACE_NAME_OFFSET, element + 4, 4);
        add_place(making, PLACE_NAME_LENGTH, offset_of(making, token->name.text.bytes) - 2, 2);
        if ((making->bytes[at] & BINXML_MORE) != 0)
            add_place(making, PLACE_ATTRIBUTES_SIZE, element + 8, 4);
        break;
    case BINXML_ATTRIBUTE:
    case BINXML_ENTITY_REFERENCE:
    case BINXML_PI_TARGET:
        add_place(making, PLACE_NAME_OFFSET, at + 1, 4);
        add_place(making, PLACE_NAME_LENGTH, offset_of(making, token->name.text.bytes) - 2, 2);
        break;
    case BINXML_VALUE:
    case BINXML_CDATA:
    case BINXML_PI_DATA:
        add_place(making, PLACE_TEXT_LENGTH, offset_of(making, token->value.bytes) - 2, 2);
        add_place(making, PLACE_TEXT, offset_of(making, token->value.bytes),
                  token->value.left_bytes);
        break;
    case BINXML_SUBSTITUTION:
    case BINXML_OPTIONAL_SUBSTITUTION:
        add_place(making, PLACE_SUBSTITUTION_INDEX, at + 1, 2);
        add_place(making, PLACE_SUBSTITUTION_TYPE, at + 3, 1);
        break;
    case BINXML_TEMPLATE_INSTANCE:
        find_instance(finding, at, &token->instance);
        break;
    case BINXML_END:
    case BINXML_CLOSE_START_TAG:
    case BINXML_CLOSE_EMPTY_ELEMENT:
    case BINXML_END_ELEMENT:
    case BINXML_CHARACTER_REFERENCE:
    case BINXML_FRAGMENT:
        break;
    }
}

static void find_fragment(struct place_search *finding, struct span in, bool in_definition)
{
    struct binxml_cursor cursor = {
        .chunk = &finding->chunk->bytes, .in = in, .in_definition = in_definition};
    struct binxml_token token;
    const char *why;
    bool more = finding->depth < 6;

    finding->depth++;
    while (more) {
        size_t at = offset_of(finding->making, cursor.in.bytes);

        more = cursor.in.left_bytes > 0 && binxml_next(&cursor, &token, &why) &&
               finding->making->place_count < PLACES_MOST;
        if (more)
            find_token(finding, at, in_definition, &token);
        more = more && token.kind != BINXML_END && token.kind != BINXML_TEMPLATE_INSTANCE;
    }
    finding->depth--;
}

/* Of one chunk, chosen by chance: a big log would have too many. */
static void find_places(struct mutant_making *making)
{
    size_t count = (making->size_bytes - FILE_HEADER_SIZE_BYTES) / CHUNK_SIZE_BYTES;
    size_t at = FILE_HEADER_SIZE_BYTES + below(making, count) * CHUNK_SIZE_BYTES;
    uint32_t position = CHUNK_OFFSET_RECORDS;
    struct error ignored = {0};
    struct record record;
    struct chunk chunk;
    struct place_search finding = {.making = making, .chunk = &chunk, .chunk_at = at};

    making->place_count = 0;
    chunk_open(span_of(making->bytes + at, CHUNK_SIZE_BYTES, at), 0, &chunk, &ignored);
    error_clear(&ignored);
    while (chunk_next_record(&chunk, &position, &record, &ignored) > 0) {
        size_t start = at + record.position_bytes;

        add_place(making, PLACE_RECORD, start, record.bytes.left_bytes);
        add_place(making, PLACE_RECORD_SIZE, start + RECORD_OFFSET_SIZE, 4);
        add_place(making, PLACE_SIZE_COPY, start + record.bytes.left_bytes - 4, 4);
        find_fragment(&finding, binxml_of_record(&record), false);
    }
    error_clear(&ignored);
}

/* A place of the kind, by chance; NULL: there is none. */
static const struct mutant_place *any_place(struct mutant_making *making, enum place_kind kind)
{
    size_t start;

    find_places(making);
    if (making->place_count == 0)
        return NULL;
    start = below(making, making->place_count);
    for (size_t step = 0; step < making->place_count; step++) {
        const struct mutant_place *place = &making->places[(start + step) % making->place_count];

        if (place->kind == kind)
            return place;
    }
    return NULL;
}

/* --- changes --- */

static uint64_t load(const struct mutant_making *making, size_t at, size_t size_bytes)
{
    uint64_t number = 0;

    for (size_t index = size_bytes; index > 0; index--)
        number = number << 8 | making->bytes[at + index - 1];
    return number;
}

static void store(struct mutant_making *making, size_t at, size_t size_bytes, uint64_t number)
{
    text_add_format(&making->story, " %zu=%" PRIu64 ">%" PRIu64, at, load(making, at, size_bytes),
                    number & (UINT64_MAX >> (64 - 8 * size_bytes)));
    for (size_t index = 0; index < size_bytes; index++)
        making->bytes[at + index] = (uint8_t)(number >> (8 * index));
}

/* The start of a chunk slot, by chance. */
static size_t any_chunk(struct mutant_making *making)
{
    size_t count = (making->size_bytes - FILE_HEADER_SIZE_BYTES) / CHUNK_SIZE_BYTES;

    return FILE_HEADER_SIZE_BYTES + below(making, count) * CHUNK_SIZE_BYTES;
}

static void flip_bytes(struct mutant_making *making)
{
    size_t chunk = any_chunk(making);
    size_t free_bytes = (size_t)load(making, chunk + CHUNK_OFFSET_FREE_SPACE, 4);
    size_t used = free_bytes >= CHUNK_OFFSET_RECORDS && free_bytes <= CHUNK_SIZE_BYTES
                      ? free_bytes
                      : CHUNK_SIZE_BYTES;

    for (size_t count = 1 + below(making, 8); count > 0; count--) {
        size_t at = chunk + below(making, used);

        store(making, at, 1, making->bytes[at] ^ (1u << below(making, 8)));
    }
}

/* Several neighbouring bytes become anything. */
static void spoil_stretch(struct mutant_making *making)
{
    size_t at = any_chunk(making) + below(making, CHUNK_SIZE_BYTES);

    for (size_t count = 1 + below(making, 64); count > 0 && at < making->size_bytes; count--, at++)
        making->bytes[at] = (uint8_t)chance_next(&making->random);
    text_add_format(&making->story, " to %zu", at);
}

static void cut_tail(struct mutant_making *making)
{
    making->size_bytes -= below(making, making->size_bytes);
    if (making->size_bytes < FILE_HEADER_SIZE_BYTES + CHUNK_SIZE_BYTES / 2)
        making->size_bytes = FILE_HEADER_SIZE_BYTES + CHUNK_SIZE_BYTES / 2;
    text_add_format(&making->story, " at %zu", making->size_bytes);
}

static void swap_chunks(struct mutant_making *making)
{
    uint8_t kept[CHUNK_SIZE_BYTES];
    size_t left = any_chunk(making), right = any_chunk(making);

    memcpy(kept, making->bytes + left, sizeof(kept));
    if (left != right)
        memcpy(making->bytes + left, making->bytes + right, sizeof(kept));
    if (below(making, 3) > 0)
        memcpy(making->bytes + right, kept, sizeof(kept));
    text_add_format(&making->story, " %zu %zu", left, right);
}

static void lie_at(struct mutant_making *making, enum place_kind kind)
{
    const struct mutant_place *place = any_place(making, kind);

    if (place != NULL)
        store(making, place->at, place->size_bytes,
              lie(making, load(making, place->at, place->size_bytes)));
}

static void lie_in_record_size(struct mutant_making *making)
{
    lie_at(making, below(making, 3) > 0 ? PLACE_RECORD_SIZE : PLACE_SIZE_COPY);
}

/* Size and copy agree on the lie. */
static void lie_in_both_sizes(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(making, PLACE_RECORD);
    uint64_t size;

    if (place == NULL)
        return;
    size = lie(making, place->size_bytes);
    store(making, place->at + RECORD_OFFSET_SIZE, 4, size);
    if (size >= RECORD_LEAST_BYTES && size <= making->size_bytes - place->at)
        store(making, place->at + (size_t)size - 4, 4, size);
}

static void lie_in_template(struct mutant_making *making)
{
    static const enum place_kind kinds[] = {PLACE_DATA_SIZE, PLACE_INSTANCE_ID,
                                            PLACE_DEFINITION_OFFSET};

    lie_at(making, kinds[below(making, ARRAY_COUNT(kinds))]);
}

static void lie_in_value(struct mutant_making *making)
{
    lie_at(making, below(making, 3) > 0 ? PLACE_VALUE_SIZE : PLACE_VALUE_COUNT);
}

static void change_value_type(struct mutant_making *making)
{
    static const uint8_t types[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                    0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11,
                                    0x12, 0x13, 0x14, 0x15, 0x21, 0x81, 0x88, 0x23, 0x7f};
    const struct mutant_place *place = any_place(making, PLACE_VALUE_TYPE);

    if (place != NULL)
        store(making, place->at, 1, types[below(making, sizeof(types))]);
}

static void lie_in_name(struct mutant_making *making)
{
    lie_at(making, below(making, 2) > 0 ? PLACE_NAME_LENGTH : PLACE_NAME_OFFSET);
}

static void lie_in_element(struct mutant_making *making)
{
    lie_at(making, below(making, 3) > 0 ? PLACE_ELEMENT_SIZE : PLACE_ATTRIBUTES_SIZE);
}

static void lie_in_text_length(struct mutant_making *making)
{
    lie_at(making, PLACE_TEXT_LENGTH);
}

static void change_token(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(making, PLACE_TOKEN);

    if (place != NULL)
        store(making, place->at, 1, below(making, 16) | (below(making, 2) > 0 ? 0x40 : 0));
}

static void change_substitution(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(
        making, below(making, 3) > 0 ? PLACE_SUBSTITUTION_INDEX : PLACE_SUBSTITUTION_TYPE);

    if (place != NULL)
        store(making, place->at, place->size_bytes, below(making, 40));
}

/* A text of the log becomes the name of a provider of the event table, or another's. */
static void substitute_provider(struct mutant_making *making)
{
    static const char *const providers[] = {INCIDENT_PROVIDER_SPP,
                                            INCIDENT_PROVIDER_WAT,
                                            INCIDENT_PROVIDER_UPDATE_CLIENT,
                                            INCIDENT_PROVIDER_SERVICING,
                                            INCIDENT_PROVIDER_EVENTLOG,
                                            INCIDENT_PROVIDER_KERNEL,
                                            "Microsoft-Windows-Security-SPQ",
                                            "X"};
    const char *provider = providers[below(making, ARRAY_COUNT(providers))];
    const struct mutant_place *place = NULL;

    for (unsigned tries = 0; tries < 8 && (place == NULL || place->size_bytes < 16); tries++)
        place = any_place(making, PLACE_TEXT);
    if (place == NULL || place->size_bytes < 2)
        return;
    for (size_t index = 0; index < place->size_bytes / 2; index++) {
        making->bytes[place->at + 2 * index] = (uint8_t)*provider;
        making->bytes[place->at + 2 * index + 1] = 0;
        provider += *provider != '\0' ? 1 : 0;
    }
    text_add_format(&making->story, " %zu", place->at);
}

/* What the text units of a value become. */
static void change_text(struct mutant_making *making)
{
    static const uint16_t units[] = {0,      1,      '\n',   '&',    '<',    0x7f,  0x80,
                                     0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfeff, 0xffff};
    const struct mutant_place *place = any_place(making, PLACE_TEXT);

    if (place == NULL || place->size_bytes < 2)
        return;
    for (size_t count = 1 + below(making, 3); count > 0; count--)
        store(making, place->at + 2 * below(making, place->size_bytes / 2), 2,
              units[below(making, ARRAY_COUNT(units))]);
}

static void zero_block(struct mutant_making *making)
{
    static const size_t sizes[] = {4, 8, 64, 512, 4096, CHUNK_SIZE_BYTES};
    size_t at = any_chunk(making) + below(making, CHUNK_SIZE_BYTES / 8) * 8;
    size_t size_bytes = sizes[below(making, ARRAY_COUNT(sizes))];

    if (size_bytes >= 512)
        at = (at & ~(size_bytes - 1)) + FILE_HEADER_SIZE_BYTES % size_bytes;
    if (size_bytes > making->size_bytes - at)
        size_bytes = making->size_bytes - at;
    memset(making->bytes + at, 0, size_bytes);
    text_add_format(&making->story, " %zu+%zu", at, size_bytes);
}

static void lie_in_chunk_header(struct mutant_making *making)
{
    static const struct {
        size_t at;
        size_t size_bytes;
    } fields[] = {{0, 8},
                  {CHUNK_OFFSET_FIRST_NUMBER, 8},
                  {CHUNK_OFFSET_LAST_NUMBER, 8},
                  {CHUNK_OFFSET_FIRST_ID, 8},
                  {CHUNK_OFFSET_LAST_ID, 8},
                  {CHUNK_OFFSET_HEADER_SIZE, 4},
                  {CHUNK_OFFSET_LAST_RECORD, 4},
                  {CHUNK_OFFSET_RECORDS_CHECKSUM, 4},
                  {CHUNK_OFFSET_FLAGS, 4},
                  {CHUNK_OFFSET_CHECKSUM, 4}};
    size_t chunk = any_chunk(making);
    size_t field = below(making, ARRAY_COUNT(fields) + 4);
    size_t at = CHUNK_OFFSET_TABLES + 4 * below(making, 96);

    if (field < ARRAY_COUNT(fields))
        store(making, chunk + fields[field].at, fields[field].size_bytes,
              lie(making, load(making, chunk + fields[field].at, fields[field].size_bytes)));
    else
        store(making, chunk + at, 4, lie(making, load(making, chunk + at, 4)));
}

static void lie_in_free_space(struct mutant_making *making)
{
    size_t at = any_chunk(making) + CHUNK_OFFSET_FREE_SPACE;

    store(making, at, 4, lie(making, load(making, at, 4)));
}

/* The free space begins where a record does: what follows are remnants. */
static void free_records(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(making, PLACE_RECORD);
    size_t in_chunk, chunk;

    if (place == NULL)
        return;
    in_chunk = (place->at - FILE_HEADER_SIZE_BYTES) % CHUNK_SIZE_BYTES;
    chunk = place->at - in_chunk;
    store(making, chunk + CHUNK_OFFSET_FREE_SPACE, 4, in_chunk);
}

/* A nested or outer instance whose definition is itself, or whatever else is in the chunk. */
static void point_at_itself(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(making, PLACE_DEFINITION_OFFSET);
    size_t in_chunk;

    if (place == NULL)
        return;
    in_chunk = (place->at - FILE_HEADER_SIZE_BYTES) % CHUNK_SIZE_BYTES;
    store(making, place->at, 4, in_chunk - 6 + below(making, 12));
}

/* One instance is given the definition of another. */
static void exchange_definition(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(making, PLACE_DEFINITION_OFFSET);
    struct mutant_place kept;
    uint64_t offset;

    if (place == NULL)
        return;
    kept = *place;
    place = &making->places[below(making, making->place_count)];
    while (place->kind != PLACE_DEFINITION_OFFSET)
        place = place + 1 < making->places + making->place_count ? place + 1 : making->places;
    offset = load(making, place->at, 4);
    store(making, kept.at, 4, offset);
}

static void lie_in_file_header(struct mutant_making *making)
{
    size_t at =
        below(making, 2) > 0 ? below(making, FILE_HEADER_USED_BYTES) : FILE_HEADER_OFFSET_FLAGS;

    store(making, at, 1, below(making, 2) > 0 ? 4 : chance_next(&making->random) & 0xff);
}

/* A stretch, or a record, stands at another place, too. */
static void copy_stretch(struct mutant_making *making)
{
    const struct mutant_place *place = any_place(making, PLACE_RECORD);
    size_t to = any_chunk(making) + below(making, CHUNK_SIZE_BYTES / 8) * 8;
    size_t from = any_chunk(making) + below(making, CHUNK_SIZE_BYTES / 8) * 8;
    size_t size_bytes = 8 + below(making, 2048);

    if (place != NULL && below(making, 2) > 0) {
        from = place->at;
        size_bytes = place->size_bytes;
    }
    if (from + size_bytes > making->size_bytes || to + size_bytes > making->size_bytes)
        return;
    memmove(making->bytes + to, making->bytes + from, size_bytes);
    text_add_format(&making->story, " %zu+%zu to %zu", from, size_bytes, to);
}

static const struct {
    const char *name;
    void (*change)(struct mutant_making *making);
} changes[] = {
    {"flipped", flip_bytes},
    {"spoilt", spoil_stretch},
    {"cut", cut_tail},
    {"swapped chunks", swap_chunks},
    {"record size", lie_in_record_size},
    {"both record sizes", lie_in_both_sizes},
    {"template", lie_in_template},
    {"value", lie_in_value},
    {"value type", change_value_type},
    {"name", lie_in_name},
    {"element size", lie_in_element},
    {"text length", lie_in_text_length},
    {"token", change_token},
    {"substitution", change_substitution},
    {"provider", substitute_provider},
    {"text", change_text},
    {"zeros", zero_block},
    {"chunk header", lie_in_chunk_header},
    {"free space", lie_in_free_space},
    {"freed records", free_records},
    {"own definition", point_at_itself},
    {"other definition", exchange_definition},
    {"file header", lie_in_file_header},
    {"copied", copy_stretch},
};

/* Makes the checksums of all chunks right again, so that nothing shows there. */
static void seal(struct mutant_making *making)
{
    for (size_t at = FILE_HEADER_SIZE_BYTES; at + CHUNK_SIZE_BYTES <= making->size_bytes;
         at += CHUNK_SIZE_BYTES) {
        uint8_t *chunk = making->bytes + at;
        size_t free_bytes = (size_t)load(making, at + CHUNK_OFFSET_FREE_SPACE, 4);
        size_t kept = making->story.length_bytes;
        uint32_t checksum;

        if (free_bytes < CHUNK_OFFSET_RECORDS || free_bytes > CHUNK_SIZE_BYTES)
            continue;
        store(making, at + CHUNK_OFFSET_RECORDS_CHECKSUM, 4,
              libdeflate_crc32(0, chunk + CHUNK_OFFSET_RECORDS, free_bytes - CHUNK_OFFSET_RECORDS));
        checksum = libdeflate_crc32(0, chunk, CHUNK_OFFSET_FLAGS);
        store(making, at + CHUNK_OFFSET_CHECKSUM, 4,
              libdeflate_crc32(checksum, chunk + CHUNK_OFFSET_TABLES,
                               CHUNK_OFFSET_RECORDS - CHUNK_OFFSET_TABLES));
        making->story.length_bytes = kept;
        making->story.bytes[kept] = '\0';
    }
    text_add(&making->story, "; sealed");
}

void mutant_make(const struct stock *stock, uint64_t seed, uint64_t number, struct mutant *out)
{
    struct mutant_making *making = memory_allocate(1, sizeof(*making));
    const struct stock_log *log;

    making->random = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ (number + 1) << 20;
    for (unsigned turn = 0; turn < 8; turn++)
        chance_next(&making->random);
    /* Three in four have what is compared. */
    log = stock->selected_count > 0 && below(making, 4) > 0
              ? &stock->logs[stock->selected[below(making, stock->selected_count)]]
              : &stock->logs[below(making, stock->log_count)];
    making->size_bytes = log->size_bytes;
    making->bytes = memory_allocate(log->size_bytes, 1);
    memcpy(making->bytes, log->bytes, log->size_bytes);
    text_add(&making->story, log->name);
    for (size_t count = 1 + below(making, CHANGES_MOST);
         count > 0 && making->size_bytes >= FILE_HEADER_SIZE_BYTES + CHUNK_SIZE_BYTES; count--) {
        size_t change = below(making, ARRAY_COUNT(changes));

        text_add_format(&making->story, "; %s", changes[change].name);
        changes[change].change(making);
    }
    if (below(making, 2) > 0)
        seal(making);
    *out = (struct mutant){.bytes = making->bytes,
                           .size_bytes = making->size_bytes,
                           .story = text_take(&making->story)};
    free(making);
}

void mutant_free_content(struct mutant *mutant)
{
    free(mutant->bytes);
    free(mutant->story);
    *mutant = (struct mutant){0};
}
