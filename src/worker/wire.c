/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, and the tables of what is in them. */
#include "worker/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "worker/sandbox.h"

/* No count comes near it, and sums of counts stay far from an overflow. */
#define COUNT_MAX (INT64_C(1) << 48)

/* The least bytes that a packed text has. */
#define TEXT_LEAST_BYTES 5

/* A choice is one byte. */
static_assert(SOURCE_KIND_COUNT <= 256 && sizeof(enum source_kind) == sizeof(unsigned),
              "the largest set fits, and enums are unsigned");

/* ---- Frames ---- */

int wire_next_frame(struct span *received, struct wire_frame *out)
{
    struct span at = *received;
    uint32_t type, length;

    if (!span_u32(&at, &type) || !span_u32(&at, &length))
        return 0;
    if (type < WIRE_JOB || type > WIRE_BEGIN || length > WIRE_PAYLOAD_MAX_BYTES)
        return -1;
    if (!span_take(&at, length, &out->payload))
        return 0;
    out->type = (enum wire_type)type;
    *received = at;
    return 1;
}

void wire_add_frame(struct pack *out, const struct wire_frame *frame)
{
    pack_u32(out, frame->type);
    pack_u32(out, (uint32_t)frame->payload.left_bytes);
    pack_bytes(out, frame->payload.bytes, frame->payload.left_bytes);
}

/* Writes the header of a frame, and returns where it lies. */
static size_t begin_frame(struct pack *out, enum wire_type type)
{
    size_t start = out->length_bytes;

    pack_u32(out, type);
    pack_u32(out, 0);
    return start;
}

/* Completes the header. A frame that is too long is taken away again, and false returned. */
static bool end_frame(struct pack *out, size_t start)
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

/* ---- The first ---- */

void wire_add_begin(struct pack *out, uint32_t refused)
{
    size_t start = begin_frame(out, WIRE_BEGIN);

    pack_u32(out, refused);
    end_frame(out, start);
}

bool wire_read_begin(struct span payload, uint32_t *refused)
{
    return span_u32(&payload, refused) && payload.left_bytes == 0 && sandbox_is_refusal(*refused);
}

/* ---- Jobs ---- */

static const struct member job_rows[] = {
    {MEMBER(struct wire_job, read)},
    {MEMBER(struct wire_job, hash)},
    {MEMBER(struct wire_job, path), .or_bytes = true},
    {MEMBER(struct wire_job, kind), .words = &source_kind_words},
    {MEMBER(struct wire_job, size_bytes)},
    {MEMBER(struct wire_job, part)},
    {MEMBER(struct wire_job, window.start_filetime)},
    {MEMBER(struct wire_job, window.end_filetime)},
    {MEMBER(struct wire_job, verify)},
    {MEMBER(struct wire_job, skip_reference)},
};
static const struct members job_members = MEMBERS(job_rows);

void wire_add_job(struct pack *out, const struct wire_job *job)
{
    size_t start = begin_frame(out, WIRE_JOB);

    pack_members(out, &job_members, job);
    end_frame(out, start);
}

bool wire_read_job(struct span payload, struct wire_job *out)
{
    return unpack_members(&payload, &job_members, out) && payload.left_bytes == 0;
}

/* ---- Observations ---- */

#define MEMBER_OR_ABSENT(member, most) \
    MEMBER(struct observation, member), .least = OBSERVATION_ABSENT, .greatest = (most)

static const struct member observation_rows[] = {
    {MEMBER(struct observation, provider)},
    {MEMBER(struct observation, event_id)},
    {MEMBER_OR_ABSENT(qualifiers, OBSERVATION_QUALIFIERS_MAX)},
    {MEMBER_OR_ABSENT(level, OBSERVATION_LEVEL_MAX)},
    {MEMBER(struct observation, event_filetime), .greatest = FILETIME_MAX},
    {MEMBER(struct observation, record_id)},
    {MEMBER(struct observation, channel)},
    {MEMBER(struct observation, computer)},
    {MEMBER(struct observation, user_sid)},
    {MEMBER(struct observation, offset_bytes), .greatest = INT64_MAX},
    {MEMBER(struct observation, record_number)},
    {MEMBER(struct observation, recovered)},
    {MEMBER(struct observation, reference_only)},
    {MEMBER(struct observation, verified), .words = &verified_words},
    {MEMBER(struct observation, other_reading), .or_null = true},
};
static const struct members observation_members = MEMBERS(observation_rows);

/* Of these there are as many as there are, behind their number. */
static const struct member string_rows[] = {
    {MEMBER(struct observation_string, name)},
    {MEMBER(struct observation_string, value)},
};
static const struct members string_members = MEMBERS(string_rows);

bool wire_add_observation(struct pack *out, const struct observation *observation)
{
    size_t start = begin_frame(out, WIRE_OBSERVATION);

    pack_members(out, &observation_members, observation);
    pack_u32(out, (uint32_t)observation->string_count);
    for (size_t index = 0; index < observation->string_count; index++)
        pack_members(out, &string_members, &observation->strings[index]);
    return end_frame(out, start);
}

void wire_observation_free_content(struct wire_observation *observation)
{
    free(observation->strings);
    *observation = (struct wire_observation){0};
}

/* A count that lies is found before memory is taken for it. */
static bool read_strings(struct span *in, struct wire_observation *out)
{
    uint32_t count;

    if (!span_u32(in, &count) || count > in->left_bytes / (string_members.count * TEXT_LEAST_BYTES))
        return false;
    if (count > out->capacity) {
        out->strings = memory_resize(out->strings, count, sizeof(*out->strings));
        out->capacity = count;
    }
    for (uint32_t index = 0; index < count; index++)
        if (!unpack_members(in, &string_members, &out->strings[index]))
            return false;
    out->observation.strings = out->strings;
    out->observation.string_count = count;
    return true;
}

bool wire_read_observation(struct span payload, struct wire_observation *out)
{
    struct observation *observation = &out->observation;

    if (!unpack_members(&payload, &observation_members, observation) ||
        !read_strings(&payload, out) || payload.left_bytes != 0)
        return false;
    out->event = incident_find_event(observation->provider, observation->event_id);
    return out->event != NULL;
}

/* ---- Findings ---- */

/* What all kinds have; the members of its kind follow (model/finding.h). */
static const struct member finding_rows[] = {
    {MEMBER(struct finding, kind), .words = &finding_kind_words},
    {MEMBER(struct finding, origin), .words = &finding_origin_words},
    {MEMBER(struct finding, host)},
    {MEMBER(struct finding, place)},
    {MEMBER(struct finding, filetime), .greatest = FILETIME_MAX},
    {MEMBER(struct finding, verified), .words = &verified_words},
};
static const struct members common_members = MEMBERS(finding_rows);

bool wire_add_finding(struct pack *out, const struct finding *finding)
{
    size_t start = begin_frame(out, WIRE_FINDING);

    pack_members(out, &common_members, finding);
    pack_members(out, &finding_members[finding->kind], finding_content(finding));
    return end_frame(out, start);
}

bool wire_read_finding(struct span payload, struct finding *out)
{
    return unpack_members(&payload, &common_members, out) &&
           unpack_members(&payload, &finding_members[out->kind], finding_content(out)) &&
           payload.left_bytes == 0;
}

/* ---- Computers ---- */

static const struct member computer_rows[] = {
    {MEMBER(struct computer_facts, name)},
    {MEMBER(struct computer_facts, record_count), .greatest = COUNT_MAX},
    {MEMBER(struct computer_facts, first_number)},
    {MEMBER(struct computer_facts, last_number)},
    {MEMBER(struct computer_facts, first_number_filetime), .greatest = FILETIME_MAX},
    {MEMBER(struct computer_facts, last_number_filetime), .greatest = FILETIME_MAX},
    {MEMBER(struct computer_facts, last_filetime), .greatest = FILETIME_MAX},
    {MEMBER(struct computer_facts, forwarded)},
    {MEMBER(struct computer_facts, application_count), .greatest = COUNT_MAX},
};
static const struct members computer_members = MEMBERS(computer_rows);

static bool add_computer(struct pack *out, const struct computer_facts *computer)
{
    size_t start = begin_frame(out, WIRE_COMPUTER);

    pack_members(out, &computer_members, computer);
    return end_frame(out, start);
}

/* Returns how many were added. */
static uint64_t add_computers(struct pack *out, struct source_facts *facts)
{
    size_t start = out->length_bytes;
    size_t added = 0;

    for (; added < facts->computer_count; added++) {
        size_t before = out->length_bytes;

        if (!add_computer(out, &facts->computers[added]))
            break;
        if (out->length_bytes - start > WIRE_COMPUTERS_MAX_BYTES) {
            out->length_bytes = before;
            break;
        }
    }
    if (added < facts->computer_count)
        source_facts_add_damage(facts, 0,
                                "it bears %zu computer names, which is too many: only the first "
                                "%zu count",
                                facts->computer_count, added);
    return added;
}

bool wire_read_computer(struct span payload, struct computer_facts *out)
{
    *out = (struct computer_facts){0};
    if (unpack_members(&payload, &computer_members, out) && payload.left_bytes == 0)
        return true;
    free(out->name);
    out->name = NULL;
    return false;
}

/* ---- Spans ---- */

static const struct member span_rows[] = {
    {MEMBER(struct record_span, computer)},
    {MEMBER(struct record_span, channel)},
    {MEMBER(struct record_span, recovered)},
    {MEMBER(struct record_span, first_record_id)},
    {MEMBER(struct record_span, last_record_id)},
    {MEMBER(struct record_span, record_count), .greatest = COUNT_MAX},
    {MEMBER(struct record_span, first_filetime), .greatest = FILETIME_MAX},
    {MEMBER(struct record_span, last_filetime), .greatest = FILETIME_MAX},
};
static const struct members span_members = MEMBERS(span_rows);

/* Returns how many were added, of those of the first computers; `start` is where the computers
 * begin. */
static uint64_t add_spans(struct pack *out, size_t start, const struct source_facts *facts,
                          uint64_t computer_count)
{
    uint64_t added = 0;

    for (size_t index = 0; index < facts->span_count; index++) {
        size_t before = out->length_bytes;

        if (facts->spans[index].computer >= computer_count)
            continue;
        begin_frame(out, WIRE_SPAN);
        pack_members(out, &span_members, &facts->spans[index]);
        if (!end_frame(out, before) || added == RECORD_SPANS_MOST ||
            out->length_bytes - start > WIRE_COMPUTERS_MAX_BYTES) {
            out->length_bytes = before;
            break;
        }
        added++;
    }
    return added;
}

/* Can there be such a stretch of records? */
static bool span_is_sound(const struct record_span *span, uint64_t computer_count)
{
    return span->computer < computer_count && span->first_record_id <= span->last_record_id &&
           span->record_count > 0 &&
           span->record_count - 1 <= span->last_record_id - span->first_record_id &&
           span->first_filetime != 0 && span->first_filetime <= span->last_filetime;
}

bool wire_read_span(struct span payload, uint64_t computer_count, struct record_span *out)
{
    *out = (struct record_span){0};
    if (unpack_members(&payload, &span_members, out) && payload.left_bytes == 0 &&
        span_is_sound(out, computer_count))
        return true;
    free(out->channel);
    out->channel = NULL;
    return false;
}

/* ---- Marks ---- */

static const struct member mark_rows[] = {
    {MEMBER(struct record_mark, computer)},
    {MEMBER(struct record_mark, channel)},
    {MEMBER(struct record_mark, record_id)},
    {MEMBER(struct record_mark, event_filetime), .greatest = FILETIME_MAX},
};
static const struct members mark_members = MEMBERS(mark_rows);

/* Returns how many were added; otherwise as with spans. */
static uint64_t add_marks(struct pack *out, size_t start, const struct source_facts *facts,
                          uint64_t computer_count)
{
    uint64_t added = 0;

    for (size_t index = 0; index < facts->mark_count; index++) {
        size_t before = out->length_bytes;

        if (facts->marks[index].computer >= computer_count)
            continue;
        begin_frame(out, WIRE_MARK);
        pack_members(out, &mark_members, &facts->marks[index]);
        if (!end_frame(out, before) || added == RECORD_MARKS_MOST ||
            out->length_bytes - start > WIRE_COMPUTERS_MAX_BYTES) {
            out->length_bytes = before;
            break;
        }
        added++;
    }
    return added;
}

bool wire_read_mark(struct span payload, uint64_t computer_count, struct record_mark *out)
{
    *out = (struct record_mark){0};
    if (unpack_members(&payload, &mark_members, out) && payload.left_bytes == 0 &&
        out->computer < computer_count && out->record_id != 0 && out->event_filetime != 0)
        return true;
    free(out->channel);
    out->channel = NULL;
    return false;
}

/* ---- Results ---- */

#define FACT(member) MEMBER(struct wire_result, facts.member)
#define FACT_COUNT(member) FACT(member), .greatest = COUNT_MAX
#define FACT_FILETIME(member) FACT(member), .greatest = FILETIME_MAX
/* A text for a person, or NULL. */
#define REMARK(member) \
    MEMBER(struct wire_result, member), .greatest = WIRE_REMARK_MAX_BYTES, .or_null = true
#define REMARKS(member)                                                     \
    {FACT_COUNT(member.count)}, {REMARK(facts.member.listed[0])},           \
        {REMARK(facts.member.listed[1])}, {REMARK(facts.member.listed[2])}, \
        {REMARK(facts.member.listed[3])}, {REMARK(facts.member.listed[4])}, \
        {REMARK(facts.member.listed[5])}, {REMARK(facts.member.listed[6])}, \
    {                                                                       \
        REMARK(facts.member.listed[7])                                      \
    }
static_assert(SOURCE_REMARKS_LISTED == 8, "REMARKS has a row for each");

/* An error is one that has a message. */
static const struct member result_rows[] = {
    {FACT(status), .words = &source_status_words},
    {FACT(kind), .words = &source_kind_words},
    {FACT_COUNT(record_count)},
    {FACT_COUNT(recovered_count)},
    {FACT_COUNT(selected_count)},
    {FACT_COUNT(undecodable_count)},
    {FACT_COUNT(conflict_count)},
    {FACT_FILETIME(first_filetime)},
    {FACT_FILETIME(last_filetime)},
    {FACT(header_times_shifted)},
    {FACT(spans_are_rough)},
    REMARKS(damage),
    REMARKS(undecodable),
    REMARKS(conflicts),
    {FACT(partial.has_records)},
    {FACT_FILETIME(partial.first_filetime)},
    {FACT_FILETIME(partial.last_filetime)},
    {FACT(partial.last_written_filetime)},
    {FACT_COUNT(partial.own_votes)},
    {FACT_COUNT(partial.shifted_votes)},
    {FACT(partial.has_chunks)},
    {FACT_COUNT(partial.leading_empty)},
    {FACT_COUNT(partial.trailing_empty)},
    {FACT(partial.leading_empty_offset_bytes)},
    {FACT(partial.trailing_empty_offset_bytes)},
    {FACT(partial.chunk_count)},
    {REMARK(facts.detail.bytes)},
    {MEMBER(struct wire_result, computer_count)},
    {MEMBER(struct wire_result, span_count)},
    {MEMBER(struct wire_result, mark_count)},
    {MEMBER(struct wire_result, read_err.offset_bytes)},
    {REMARK(read_err.message)},
    {MEMBER(struct wire_result, hash_err.offset_bytes)},
    {REMARK(hash_err.message)},
    {MEMBER(struct wire_result, has_hash)},
};
static const struct members result_members = MEMBERS(result_rows);

void wire_result_free_content(struct wire_result *result)
{
    source_facts_free_content(&result->facts);
    error_clear(&result->read_err);
    error_clear(&result->hash_err);
    *result = (struct wire_result){0};
}

void wire_add_result(struct pack *out, struct wire_result *result)
{
    size_t start = out->length_bytes;

    result->computer_count = add_computers(out, &result->facts);
    result->span_count = add_spans(out, start, &result->facts, result->computer_count);
    result->mark_count = add_marks(out, start, &result->facts, result->computer_count);
    start = begin_frame(out, WIRE_RESULT);
    pack_members(out, &result_members, result);
    pack_bytes(out, result->hash, HASH_BYTES);
    end_frame(out, start);
}

/* A reader has no say over the run: whatever its error is, it concerns the source. */
static void complete_error(struct error *err)
{
    err->kind = err->message != NULL ? ERROR_SOURCE : ERROR_NONE;
}

static bool read_result(struct span payload, struct wire_result *out)
{
    struct source_facts *facts = &out->facts;
    struct span digest;

    if (!unpack_members(&payload, &result_members, out) ||
        !span_take(&payload, HASH_BYTES, &digest) || payload.left_bytes != 0 ||
        (facts->kind != SOURCE_KIND_NONE && !source_kind_is(facts->kind, SOURCE_IS_FOUND)))
        return false;
    memcpy(out->hash, digest.bytes, HASH_BYTES);
    complete_error(&out->read_err);
    complete_error(&out->hash_err);
    if (facts->detail.bytes != NULL) {
        facts->detail.length_bytes = strlen(facts->detail.bytes);
        facts->detail.capacity_bytes = facts->detail.length_bytes + 1;
    }
    return true;
}

bool wire_read_result(struct span payload, struct wire_result *out)
{
    *out = (struct wire_result){0};
    if (read_result(payload, out))
        return true;
    wire_result_free_content(out);
    return false;
}
