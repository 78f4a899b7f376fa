/* SPDX-License-Identifier: Apache-2.0 */
/* Facts, computers, errors and hashes: what a reader says at the end of a job. */
#include "worker/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "worker/wire_frame.h"

void wire_result_free_content(struct wire_result *result)
{
    source_facts_free_content(&result->facts);
    error_clear(&result->read_err);
    error_clear(&result->hash_err);
    *result = (struct wire_result){0};
}

/* ---- Remarks ---- */

/* A text for a person, cut where it is too long, between two characters. */
static void add_remark(struct pack *out, const char *remark)
{
    size_t length = strnlen(remark, WIRE_REMARK_MAX_BYTES + 1);
    char *cut;

    if (length <= WIRE_REMARK_MAX_BYTES) {
        pack_text(out, remark);
        return;
    }
    length = text_cut_length(remark, WIRE_REMARK_MAX_BYTES - 4);
    cut = memory_format("%.*s...", (int)length, remark);
    pack_text(out, cut);
    free(cut);
}

static bool read_remark(struct span *in, const char **out)
{
    return unpack_text(in, out) && strlen(*out) <= WIRE_REMARK_MAX_BYTES;
}

static bool read_remark_owned(struct span *in, char **out)
{
    const char *remark;

    if (!read_remark(in, &remark))
        return false;
    *out = memory_copy_text(remark);
    return true;
}

static uint64_t listed_of(uint64_t count)
{
    return count < SOURCE_REMARKS_LISTED ? count : SOURCE_REMARKS_LISTED;
}

static void add_remarks(struct pack *out, const struct remarks *remarks)
{
    pack_u64(out, remarks->count);
    for (uint64_t index = 0; index < listed_of(remarks->count); index++)
        add_remark(out, remarks->listed[index]);
}

static bool read_remarks(struct span *in, struct remarks *out)
{
    uint64_t count;

    if (!unpack_u64_to(in, WIRE_COUNT_MAX, &count))
        return false;
    for (uint64_t index = 0; index < listed_of(count); index++)
        if (!read_remark_owned(in, &out->listed[index]))
            return false;
    out->count = count;
    return true;
}

static void add_error(struct pack *out, const struct error *err)
{
    pack_bool(out, err->kind != ERROR_NONE);
    if (err->kind == ERROR_NONE)
        return;
    pack_u64(out, err->offset_bytes);
    add_remark(out, err->message);
}

/* A reader has no say over the run: whatever its error is, it concerns the source. */
static bool read_error(struct span *in, struct error *out)
{
    uint64_t offset_bytes;
    const char *message;
    bool is_error;

    if (!unpack_bool(in, &is_error))
        return false;
    if (!is_error)
        return true;
    if (!span_u64(in, &offset_bytes) || !read_remark(in, &message))
        return false;
    error_set(out, ERROR_SOURCE, offset_bytes, "%s", message);
    return true;
}

/* ---- Computers ---- */

static bool add_computer(struct pack *out, const struct computer_facts *computer)
{
    size_t start = wire_begin_frame(out, WIRE_COMPUTER);

    pack_text(out, computer->name);
    pack_u64(out, computer->record_count);
    pack_u64(out, computer->first_number);
    pack_u64(out, computer->last_number);
    pack_u64(out, computer->last_filetime);
    pack_bool(out, computer->forwarded);
    pack_u64(out, computer->application_count);
    pack_u64(out, computer->application_first_filetime);
    pack_u64(out, computer->application_last_filetime);
    pack_u64(out, computer->application_first_record_id);
    pack_u64(out, computer->application_last_record_id);
    return wire_end_frame(out, start);
}

bool wire_read_computer(struct span payload, struct computer_facts *out)
{
    const char *name;

    *out = (struct computer_facts){0};
    if (!unpack_text(&payload, &name) ||
        !unpack_u64_to(&payload, WIRE_COUNT_MAX, &out->record_count) ||
        !span_u64(&payload, &out->first_number) || !span_u64(&payload, &out->last_number) ||
        !span_u64(&payload, &out->last_filetime) || !unpack_bool(&payload, &out->forwarded) ||
        !unpack_u64_to(&payload, WIRE_COUNT_MAX, &out->application_count) ||
        !span_u64(&payload, &out->application_first_filetime) ||
        !span_u64(&payload, &out->application_last_filetime) ||
        !span_u64(&payload, &out->application_first_record_id) ||
        !span_u64(&payload, &out->application_last_record_id) || payload.left_bytes != 0)
        return false;
    out->name = memory_copy_text(name);
    return true;
}

/* Returns how many were added. */
static uint32_t add_computers(struct pack *out, struct source_facts *facts)
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
    return (uint32_t)added;
}

/* ---- Partial states ---- */

static void add_partial_state(struct pack *out, const struct partial_state *partial)
{
    pack_bool(out, partial->has_records);
    pack_u64(out, partial->first_filetime);
    pack_u64(out, partial->last_filetime);
    pack_u64(out, partial->last_written_filetime);
    pack_u64(out, partial->own_votes);
    pack_u64(out, partial->shifted_votes);
    pack_bool(out, partial->has_chunks);
    pack_u64(out, partial->leading_empty);
    pack_u64(out, partial->trailing_empty);
    pack_u64(out, partial->leading_empty_offset_bytes);
    pack_u64(out, partial->trailing_empty_offset_bytes);
    pack_u16(out, partial->chunk_count);
}

static bool read_partial_state(struct span *in, struct partial_state *out)
{
    return unpack_bool(in, &out->has_records) && span_u64(in, &out->first_filetime) &&
           span_u64(in, &out->last_filetime) && span_u64(in, &out->last_written_filetime) &&
           unpack_u64_to(in, WIRE_COUNT_MAX, &out->own_votes) &&
           unpack_u64_to(in, WIRE_COUNT_MAX, &out->shifted_votes) &&
           unpack_bool(in, &out->has_chunks) &&
           unpack_u64_to(in, WIRE_COUNT_MAX, &out->leading_empty) &&
           unpack_u64_to(in, WIRE_COUNT_MAX, &out->trailing_empty) &&
           span_u64(in, &out->leading_empty_offset_bytes) &&
           span_u64(in, &out->trailing_empty_offset_bytes) && span_u16(in, &out->chunk_count);
}

/* ---- Results ---- */

static void add_facts(struct pack *out, const struct source_facts *facts)
{
    pack_u8(out, (uint8_t)facts->status);
    pack_u8(out, (uint8_t)facts->kind);
    pack_u64(out, facts->record_count);
    pack_u64(out, facts->recovered_count);
    pack_u64(out, facts->selected_count);
    pack_u64(out, facts->undecodable_count);
    pack_u64(out, facts->conflict_count);
    pack_u64(out, facts->first_filetime);
    pack_u64(out, facts->last_filetime);
    pack_bool(out, facts->header_times_shifted);
    add_remarks(out, &facts->damage);
    add_remarks(out, &facts->undecodable);
    add_remarks(out, &facts->conflicts);
    add_partial_state(out, &facts->partial);
    add_remark(out, text_get(&facts->detail));
}

static bool read_facts(struct span *in, struct source_facts *out)
{
    const char *detail;
    unsigned status, kind;

    if (!unpack_choice(in, SOURCE_STATUS_COUNT - 1, &status) ||
        !unpack_choice(in, SOURCE_KIND_COUNT - 1, &kind) ||
        !unpack_u64_to(in, WIRE_COUNT_MAX, &out->record_count) ||
        !unpack_u64_to(in, WIRE_COUNT_MAX, &out->recovered_count) ||
        !unpack_u64_to(in, WIRE_COUNT_MAX, &out->selected_count) ||
        !unpack_u64_to(in, WIRE_COUNT_MAX, &out->undecodable_count) ||
        !unpack_u64_to(in, WIRE_COUNT_MAX, &out->conflict_count) ||
        !span_u64(in, &out->first_filetime) || !span_u64(in, &out->last_filetime) ||
        !unpack_bool(in, &out->header_times_shifted) || !read_remarks(in, &out->damage) ||
        !read_remarks(in, &out->undecodable) || !read_remarks(in, &out->conflicts) ||
        !read_partial_state(in, &out->partial) || !read_remark(in, &detail))
        return false;
    out->status = (enum source_status)status;
    out->kind = (enum source_kind)kind;
    if (out->kind != SOURCE_KIND_NONE && !source_kind_is(out->kind, SOURCE_IS_FOUND))
        return false;
    if (*detail != '\0')
        text_add(&out->detail, detail);
    return true;
}

void wire_add_result(struct pack *out, struct wire_result *result)
{
    size_t start;

    result->computer_count = add_computers(out, &result->facts);
    start = wire_begin_frame(out, WIRE_RESULT);
    add_facts(out, &result->facts);
    pack_u32(out, result->computer_count);
    add_error(out, &result->read_err);
    add_error(out, &result->hash_err);
    pack_bool(out, result->has_hash);
    if (result->has_hash)
        pack_bytes(out, result->hash, HASH_BYTES);
    wire_end_frame(out, start);
}

static bool read_hash(struct span *in, struct wire_result *out)
{
    struct span digest;

    if (!unpack_bool(in, &out->has_hash))
        return false;
    if (!out->has_hash)
        return true;
    if (!span_take(in, HASH_BYTES, &digest))
        return false;
    memcpy(out->hash, digest.bytes, HASH_BYTES);
    return true;
}

bool wire_read_result(struct span payload, struct wire_result *out)
{
    *out = (struct wire_result){0};
    if (read_facts(&payload, &out->facts) && span_u32(&payload, &out->computer_count) &&
        read_error(&payload, &out->read_err) && read_error(&payload, &out->hash_err) &&
        read_hash(&payload, out) && payload.left_bytes == 0)
        return true;
    wire_result_free_content(out);
    return false;
}
