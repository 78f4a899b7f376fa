/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, jobs and observations; what a reader says at the end of a job is in wire_result.c. */
#include "worker/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "worker/wire_frame.h"

/* Numbers that can be absent (-1) go as one more than they are. */
#define QUALIFIERS_MAX 0xFFFF
#define LEVEL_MAX 0xFF

int wire_next_frame(struct span *received, struct wire_frame *out)
{
    struct span at = *received;
    uint32_t type, length;

    if (!span_u32(&at, &type) || !span_u32(&at, &length))
        return 0;
    if (type < WIRE_JOB || type > WIRE_RESULT || length > WIRE_PAYLOAD_MAX_BYTES)
        return -1;
    if (!span_take(&at, length, &out->payload))
        return 0;
    out->type = (enum wire_type)type;
    *received = at;
    return 1;
}

size_t wire_begin_frame(struct pack *out, enum wire_type type)
{
    size_t start = out->length_bytes;

    pack_u32(out, type);
    pack_u32(out, 0);
    return start;
}

bool wire_end_frame(struct pack *out, size_t start)
{
    size_t length = out->length_bytes - start - WIRE_HEADER_BYTES;
    struct pack header = {
        .bytes = out->bytes, .length_bytes = start + 4, .capacity_bytes = out->capacity_bytes};

    if (length > WIRE_PAYLOAD_MAX_BYTES) {
        out->length_bytes = start;
        return false;
    }
    pack_u32(&header, (uint32_t)length);
    return true;
}

/* ---- Jobs ---- */

void wire_add_job(struct pack *out, const struct wire_job *job)
{
    size_t start = wire_begin_frame(out, WIRE_JOB);

    pack_bool(out, job->read);
    pack_bool(out, job->hash);
    pack_text(out, job->path);
    pack_u8(out, (uint8_t)job->kind);
    pack_u64(out, job->size_bytes);
    pack_u64(out, job->part);
    pack_u64(out, job->window.start_filetime);
    pack_u64(out, job->window.end_filetime);
    pack_bool(out, job->verify);
    pack_bool(out, job->skip_reference);
    wire_end_frame(out, start);
}

bool wire_read_job(struct span payload, struct wire_job *out)
{
    unsigned kind;

    if (!unpack_bool(&payload, &out->read) || !unpack_bool(&payload, &out->hash) ||
        !unpack_text(&payload, &out->path) ||
        !unpack_choice(&payload, SOURCE_KIND_COUNT - 1, &kind))
        return false;
    out->kind = (enum source_kind)kind;
    return span_u64(&payload, &out->size_bytes) && span_u64(&payload, &out->part) &&
           span_u64(&payload, &out->window.start_filetime) &&
           span_u64(&payload, &out->window.end_filetime) && unpack_bool(&payload, &out->verify) &&
           unpack_bool(&payload, &out->skip_reference) && payload.left_bytes == 0;
}

/* Reads a count of items, each of which is two texts at least: one that lies is found before memory
 * is taken for it. */
static bool read_pair_count(struct span *in, uint32_t *out)
{
    return unpack_u32_to(in, WIRE_PAYLOAD_MAX_BYTES, out) &&
           *out <= in->left_bytes / (2 * PACK_TEXT_LEAST_BYTES);
}

/* ---- Observations ---- */

bool wire_add_observation(struct pack *out, const struct observation *observation)
{
    size_t start = wire_begin_frame(out, WIRE_OBSERVATION);

    pack_text(out, observation->provider);
    pack_u16(out, observation->event_id);
    pack_u32(out, (uint32_t)(observation->qualifiers + 1));
    pack_u32(out, (uint32_t)(observation->level + 1));
    pack_u64(out, observation->event_filetime);
    pack_u64(out, observation->record_id);
    pack_text(out, observation->channel);
    pack_text(out, observation->computer);
    pack_text(out, observation->user_sid);
    pack_u64(out, observation->offset_bytes);
    pack_u64(out, observation->record_number);
    pack_bool(out, observation->recovered);
    pack_bool(out, observation->reference_only);
    pack_u8(out, (uint8_t)observation->verified);
    pack_text_or_null(out, observation->other_reading);
    pack_u32(out, (uint32_t)observation->string_count);
    for (size_t index = 0; index < observation->string_count; index++) {
        pack_text(out, observation->strings[index].name);
        pack_text(out, observation->strings[index].value);
    }
    return wire_end_frame(out, start);
}

void wire_observation_free_content(struct wire_observation *observation)
{
    free(observation->strings);
    *observation = (struct wire_observation){0};
}

static bool read_absent(struct span *in, uint32_t greatest, int32_t *out)
{
    uint32_t number;

    if (!unpack_u32_to(in, greatest + 1, &number))
        return false;
    *out = (int32_t)number - 1;
    return true;
}

static bool read_strings(struct span *in, struct wire_observation *out)
{
    uint32_t count;

    if (!read_pair_count(in, &count))
        return false;
    if (count > out->capacity) {
        out->strings = memory_resize(out->strings, count, sizeof(*out->strings));
        out->capacity = count;
    }
    for (uint32_t index = 0; index < count; index++)
        if (!unpack_text(in, &out->strings[index].name) ||
            !unpack_text(in, &out->strings[index].value))
            return false;
    out->observation.strings = out->strings;
    out->observation.string_count = count;
    return true;
}

bool wire_read_observation(struct span payload, struct wire_observation *out)
{
    struct observation *observation = &out->observation;
    unsigned verified;

    if (!unpack_text(&payload, &observation->provider) ||
        !span_u16(&payload, &observation->event_id) ||
        !read_absent(&payload, QUALIFIERS_MAX, &observation->qualifiers) ||
        !read_absent(&payload, LEVEL_MAX, &observation->level) ||
        !span_u64(&payload, &observation->event_filetime) ||
        !span_u64(&payload, &observation->record_id) ||
        !unpack_text(&payload, &observation->channel) ||
        !unpack_text(&payload, &observation->computer) ||
        !unpack_text(&payload, &observation->user_sid) ||
        !span_u64(&payload, &observation->offset_bytes) ||
        !span_u64(&payload, &observation->record_number) ||
        !unpack_bool(&payload, &observation->recovered) ||
        !unpack_bool(&payload, &observation->reference_only) ||
        !unpack_choice(&payload, VERIFIED_COUNT - 1, &verified) ||
        !unpack_text_or_null(&payload, &observation->other_reading) ||
        !read_strings(&payload, out) || payload.left_bytes != 0)
        return false;
    observation->verified = (enum verified)verified;
    out->event = incident_find_event(observation->provider, observation->event_id);
    return out->event != NULL;
}

/* ---- Findings ---- */

static void add_member(struct pack *out, const struct member *member, const void *owner)
{
    const void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        pack_bool(out, *(const bool *)at);
        break;
    case MEMBER_U64:
    case MEMBER_NUMBER:
        pack_u64(out, *(const uint64_t *)at);
        break;
    case MEMBER_CHOICE:
        pack_u8(out, (uint8_t) * (const unsigned *)at);
        break;
    case MEMBER_TEXT:
        pack_text(out, *(const char *const *)at);
        break;
    }
}

static bool read_number(struct span *in, const struct member *member, int64_t *out)
{
    uint64_t bits;

    if (!span_u64(in, &bits))
        return false;
    *out = (int64_t)bits;
    return *out == MEMBER_ABSENT || member_is_in_range(member, *out);
}

static bool read_member(struct span *in, const struct member *member, void *owner)
{
    void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        return unpack_bool(in, at);
    case MEMBER_U64:
        return span_u64(in, at);
    case MEMBER_NUMBER:
        return read_number(in, member, at);
    case MEMBER_CHOICE:
        return unpack_choice(in, member->words->count - 1, at);
    case MEMBER_TEXT:
        return unpack_text(in, at);
    }
    return false;
}

bool wire_add_finding(struct pack *out, const struct finding *finding)
{
    const struct finding_members *members = &finding_members[finding->kind];
    size_t start = wire_begin_frame(out, WIRE_FINDING);

    pack_u8(out, (uint8_t)finding->kind);
    pack_u8(out, (uint8_t)finding->origin);
    pack_text(out, finding->host);
    pack_u64(out, finding->place);
    pack_u64(out, finding->filetime);
    pack_u8(out, (uint8_t)finding->verified);
    for (size_t index = 0; index < members->count; index++)
        add_member(out, &members->rows[index], finding_content(finding));
    return wire_end_frame(out, start);
}

bool wire_read_finding(struct span payload, struct finding *out)
{
    unsigned kind, origin, verified;

    if (!unpack_choice(&payload, FINDING_KIND_COUNT - 1, &kind) ||
        !unpack_choice(&payload, FINDING_ORIGIN_COUNT - 1, &origin))
        return false;
    *out = (struct finding){.kind = (enum finding_kind)kind, .origin = (enum finding_origin)origin};
    if (!unpack_text(&payload, &out->host) || !span_u64(&payload, &out->place) ||
        !span_u64(&payload, &out->filetime) ||
        !unpack_choice(&payload, VERIFIED_COUNT - 1, &verified))
        return false;
    out->verified = (enum verified)verified;
    for (size_t index = 0; index < finding_members[kind].count; index++)
        if (!read_member(&payload, &finding_members[kind].rows[index], finding_content(out)))
            return false;
    return payload.left_bytes == 0;
}
