/* SPDX-License-Identifier: Apache-2.0 */
/* libevtx behind a plain interface: one chunk as a log in memory, its records as XML text. */
#include "evtx/check/reference.h"

#include <libbfio.h>
#include <libdeflate.h>
#include <libevtx.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/value.h"

/* The text of one event. A chunk full of characters with every one escaped, or of empty strings
 * with an element for each, stays below it. */
#define TEXT_BYTES_MOST (4u * 1024 * 1024)
/* libevtx's messages, one line for each of its functions on the way to the failure. */
#define BACKTRACE_BYTES 16384u

/* Of libevtx, that of Debian 12: characters past U+FFFF come out wrong of it, and attributes
 * without escapes. Of 20240504, that of Debian 13, they come out right, and escaped [both seen]. */
#define VERSION_OLDER 20181227u

/* Records are so aligned. */
#define RECORD_ALIGNMENT_BYTES 8u

/* How often, in one chunk, a search can come to a record that libevtx does not even name, before it
 * finds nothing any more: each can cost as much as one that it reads. */
#define UNNAMED_MOST 4096u

struct reference {
    uint8_t *log; /* owned: file header and chunk */
    libbfio_handle_t *handle;
    libevtx_file_t *file; /* NULL while no chunk is open */
    size_t count;         /* of its records */
    size_t cursor;        /* where reference_find looks first */
    unsigned unnamed;     /* records that it came to without being told where they lie */
    struct binxml_value_stack values;
    char *text; /* owned: the last record's */
    size_t text_capacity;
    char backtrace[BACKTRACE_BYTES];
};

static void write_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void write_u32(uint8_t *at, uint32_t value)
{
    write_u16(at, (uint16_t)value);
    write_u16(at + 2, (uint16_t)(value >> 16));
}

/* Puts the record's position into its number. */
static void write_position(uint8_t *chunk, uint32_t position_bytes)
{
    write_u32(chunk + position_bytes + RECORD_OFFSET_NUMBER, position_bytes);
    write_u32(chunk + position_bytes + RECORD_OFFSET_NUMBER + 4, 0);
}

/* A file header that announces one chunk; it stays the same for every chunk. */
static void write_file_header(uint8_t *log)
{
    memcpy(log, FILE_HEADER_MAGIC, sizeof(FILE_HEADER_MAGIC));
    write_u32(log + FILE_HEADER_OFFSET_HEADER_SIZE, FILE_HEADER_USED_BYTES);
    write_u16(log + FILE_HEADER_OFFSET_MINOR_VERSION, 1);
    write_u16(log + FILE_HEADER_OFFSET_MAJOR_VERSION, 3);
    write_u16(log + FILE_HEADER_OFFSET_BLOCK_SIZE, FILE_HEADER_SIZE_BYTES);
    write_u16(log + FILE_HEADER_OFFSET_CHUNK_COUNT, 1);
    write_u32(log + FILE_HEADER_OFFSET_CHECKSUM,
              libdeflate_crc32(0, log, FILE_HEADER_OFFSET_FLAGS));
}

static bool is_older_version(void)
{
    return strtoul(libevtx_get_version(), NULL, 10) <= VERSION_OLDER;
}

bool reference_spoils_supplementary(void)
{
    return is_older_version();
}

bool reference_escapes_attributes(void)
{
    return !is_older_version();
}

struct reference *reference_create(void)
{
    struct reference *reference = memory_allocate(1, sizeof(*reference));
    size_t size_bytes = FILE_HEADER_SIZE_BYTES + CHUNK_SIZE_BYTES;

    reference->log = memory_allocate(1, size_bytes);
    write_file_header(reference->log);
    if (libbfio_memory_range_initialize(&reference->handle, NULL) != 1 ||
        libbfio_memory_range_set(reference->handle, reference->log, size_bytes, NULL) != 1)
        abort();
    return reference;
}

static void reference_close(struct reference *reference)
{
    if (reference->file != NULL) {
        libevtx_file_close(reference->file, NULL);
        libevtx_file_free(&reference->file, NULL);
    }
    reference->count = 0;
    reference->cursor = 0;
    reference->unnamed = 0;
}

void reference_free(struct reference *reference)
{
    if (reference == NULL)
        return;
    reference_close(reference);
    libbfio_handle_free(&reference->handle, NULL);
    free(reference->values.values);
    free(reference->log);
    free(reference->text);
    free(reference);
}

/* Fills *err from libevtx's error and frees that. Its backtrace begins with the function that
 * failed first; the rest is of no use to a reader. */
static int reference_fail(struct reference *reference, libevtx_error_t **evtx_error,
                          struct error *err)
{
    char *reason = reference->backtrace;

    if (*evtx_error == NULL ||
        libevtx_error_backtrace_sprint(*evtx_error, reason, BACKTRACE_BYTES) == -1)
        memcpy(reason, "unknown", sizeof("unknown"));
    libevtx_error_free(evtx_error);
    return error_set_library(err, "libevtx", reason);
}

/* Copies the chunk and rewrites what libevtx goes by in its header. */
static void copy_chunk(struct reference *reference, const struct chunk *chunk)
{
    uint8_t *copy = reference->log + FILE_HEADER_SIZE_BYTES;

    memcpy(copy, chunk->bytes.bytes, CHUNK_SIZE_BYTES);
    memcpy(copy, CHUNK_MAGIC, sizeof(CHUNK_MAGIC));
    write_u32(copy + CHUNK_OFFSET_HEADER_SIZE, CHUNK_HEADER_SIZE);
    write_u32(copy + CHUNK_OFFSET_LAST_RECORD, 0);
    write_u32(copy + CHUNK_OFFSET_FREE_SPACE, CHUNK_OFFSET_RECORDS);
}

/* Covers a gap by one made-up record, whose BinXML ends right behind its fragment header; a gap
 * that is too small for that holds no record. */
static void cover_gap(struct reference *reference, uint32_t start, uint32_t end)
{
    static const uint8_t made_up_binxml[] = {0x0f, 0x01, 0x01, 0x00, 0x00};
    uint8_t *copy = reference->log + FILE_HEADER_SIZE_BYTES;

    /* libevtx does not take a record that ends exactly at the chunk's end. */
    if (end == CHUNK_SIZE_BYTES && start < end)
        end -= RECORD_ALIGNMENT_BYTES;
    if (start + sizeof(made_up_binxml) + RECORD_LEAST_BYTES > end) {
        memset(copy + start, 0, end > start ? end - start : 0);
        return;
    }
    memcpy(copy + start, RECORD_MAGIC, RECORD_MAGIC_BYTES);
    write_u32(copy + start + RECORD_OFFSET_SIZE, end - start);
    memcpy(copy + start + RECORD_OFFSET_BINXML, made_up_binxml, sizeof(made_up_binxml));
    write_u32(copy + end - sizeof(uint32_t), end - start);
    write_position(copy, start);
}

/* What an element, attribute or value is to libevtx besides its characters, and a value that could
 * be expanded once more in a place where our walk does not. */
#define EXPANDED_ITEM_BYTES 64u
#define EXPANDED_BINXML_TIMES 16u

static bool add_expanded(void *context, const struct binxml_event *event)
{
    uint64_t *expanded_bytes = context;

    *expanded_bytes += EXPANDED_ITEM_BYTES;
    if (event->name != NULL)
        *expanded_bytes += event->name->text.left_bytes;
    if (event->kind == BINXML_EVENT_VALUE)
        *expanded_bytes += (uint64_t)event->value.bytes.left_bytes *
                           (event->value.type == VALUE_BINXML ? EXPANDED_BINXML_TIMES : 1);
    return *expanded_bytes <= REFERENCE_EXPANDED_MOST;
}

bool reference_can_read(const struct chunk *chunk, const struct record *record,
                        struct binxml_value_stack *values, bool *is_too_much)
{
    uint64_t expanded_bytes = 0;
    bool can_read;
    struct binxml_walk walk = {
        .chunk = &chunk->bytes, .values = values, .take = add_expanded, .context = &expanded_bytes};

    can_read = record_is_sound(chunk, record) && binxml_walk_record(&walk, record);
    if (is_too_much != NULL)
        *is_too_much = expanded_bytes > REFERENCE_EXPANDED_MOST;
    return can_read;
}

/* Can libevtx be given what looks like a record at `position`? */
static bool can_read_at(struct reference *reference, const struct chunk *chunk, uint32_t position)
{
    struct span at;
    struct record record = {.position_bytes = position};
    uint32_t size;

    return span_at(&chunk->bytes, position, &at) && span_u32_at(&at, RECORD_OFFSET_SIZE, &size) &&
           size >= RECORD_LEAST_BYTES && span_take(&at, size, &record.bytes) &&
           reference_can_read(chunk, &record, &reference->values, NULL);
}

/* Gives whatever looks like a record from `start` on its position, and hides what libevtx cannot be
 * given; it looks at other places than multiples of eight, too. */
static void mark_rest(struct reference *reference, const struct chunk *chunk, uint32_t start)
{
    uint8_t *copy = reference->log + FILE_HEADER_SIZE_BYTES;
    uint8_t *at = copy + start;
    uint8_t *end = copy + CHUNK_SIZE_BYTES - RECORD_LEAST_BYTES;

    while (at < end && (at = memmem(at, (size_t)(end - at) + RECORD_MAGIC_BYTES, RECORD_MAGIC,
                                    RECORD_MAGIC_BYTES)) != NULL) {
        if (can_read_at(reference, chunk, (uint32_t)(at - copy))) {
            write_position(copy, (uint32_t)(at - copy));
            at += RECORD_OFFSET_BINXML;
        } else {
            *at++ = 0;
        }
    }
}

static void mark_records(struct reference *reference, const struct chunk *chunk,
                         const struct record *records, size_t count, uint32_t shown_from)
{
    uint8_t *copy = reference->log + FILE_HEADER_SIZE_BYTES;
    uint32_t done = CHUNK_OFFSET_RECORDS;

    for (size_t index = 0; index < count; index++) {
        cover_gap(reference, done, records[index].position_bytes);
        write_position(copy, records[index].position_bytes);
        done = records[index].position_bytes + (uint32_t)records[index].bytes.left_bytes;
    }
    cover_gap(reference, done, shown_from);
    mark_rest(reference, chunk, shown_from);
}

int reference_open(struct reference *reference, const struct chunk *chunk,
                   const struct record *records, size_t count, uint32_t shown_from,
                   struct error *err)
{
    libevtx_error_t *evtx_error = NULL;
    int found = 0;

    reference_close(reference);
    copy_chunk(reference, chunk);
    mark_records(reference, chunk, records, count, shown_from);
    if (libevtx_file_initialize(&reference->file, &evtx_error) != 1 ||
        libevtx_file_open_file_io_handle(reference->file, reference->handle, LIBEVTX_OPEN_READ,
                                         &evtx_error) != 1 ||
        libevtx_file_get_number_of_recovered_records(reference->file, &found, &evtx_error) != 1) {
        reference_fail(reference, &evtx_error, err);
        reference_close(reference);
        return -1;
    }
    reference->count = (size_t)found;
    return 0;
}

size_t reference_count(const struct reference *reference)
{
    return reference->count;
}

/* Fills the text buffer with the record's XML. */
static int reference_take_text(struct reference *reference, libevtx_record_t *record,
                               struct reference_record *out, libevtx_error_t **evtx_error,
                               struct error *err)
{
    size_t size_bytes = 0;

    if (libevtx_record_get_utf8_xml_string_size(record, &size_bytes, evtx_error) != 1)
        return reference_fail(reference, evtx_error, err);
    if (size_bytes > TEXT_BYTES_MOST)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "text of %zu bytes is too long",
                         size_bytes);
    if (size_bytes + 1 > reference->text_capacity) {
        reference->text_capacity = 2 * (size_bytes + 1);
        reference->text = memory_resize(reference->text, reference->text_capacity, 1);
    }
    memset(reference->text, 0, size_bytes + 1);
    if (libevtx_record_get_utf8_xml_string(record, (uint8_t *)reference->text, size_bytes,
                                           evtx_error) != 1)
        return reference_fail(reference, evtx_error, err);
    out->text = reference->text;
    out->length_bytes = size_bytes > 0 ? size_bytes - 1 : 0; /* without the NUL that ends it */
    return 0;
}

/* The record, to be freed by the caller; NULL with *evtx_error where there is none. */
static libevtx_record_t *reference_get(struct reference *reference, size_t index,
                                       libevtx_error_t **evtx_error)
{
    libevtx_record_t *record = NULL;

    if (libevtx_file_get_recovered_record_by_index(reference->file, (int)index, &record,
                                                   evtx_error) != 1 &&
        record != NULL)
        libevtx_record_free(&record, NULL);
    return record;
}

/* The position that the record bears in the place of its number; false where it cannot be had. */
static bool reference_position(struct reference *reference, size_t index, uint64_t *position)
{
    libevtx_error_t *ignored = NULL;
    libevtx_record_t *record = reference_get(reference, index, &ignored);
    bool known = record != NULL && libevtx_record_get_identifier(record, position, &ignored) == 1;

    if (record != NULL)
        libevtx_record_free(&record, NULL);
    libevtx_error_free(&ignored);
    return known;
}

/* libevtx has the records in the order in which they lie, and reads one to name it. So the search
 * goes on from where the last one ended, and stops where the record would have to be: asked in
 * their order, all are found with a few steps each, there or not. */
bool reference_find(struct reference *reference, uint32_t position_bytes, size_t *index)
{
    size_t at = reference->cursor < reference->count ? reference->cursor : 0;
    uint64_t position;
    int step = 0;

    for (; at < reference->count && reference->unnamed < UNNAMED_MOST; at += (size_t)step) {
        if (!reference_position(reference, at, &position)) {
            reference->unnamed++;
            step = step != 0 ? step : 1;
            continue;
        }
        if (position == position_bytes) {
            reference->cursor = at + 1;
            *index = at;
            return true;
        }
        if (step == (position < position_bytes ? -1 : 1))
            return false;
        step = position < position_bytes ? 1 : -1;
        reference->cursor = at;
    }
    return false;
}

int reference_read(struct reference *reference, size_t index, struct reference_record *out,
                   struct error *err)
{
    libevtx_error_t *evtx_error = NULL;
    libevtx_record_t *record = reference_get(reference, index, &evtx_error);
    uint64_t position = 0;
    int result;

    *out = (struct reference_record){0};
    if (record == NULL || libevtx_record_get_identifier(record, &position, &evtx_error) != 1) {
        result = reference_fail(reference, &evtx_error, err);
    } else {
        out->position_bytes = (uint32_t)position;
        result = reference_take_text(reference, record, out, &evtx_error, err);
    }
    if (record != NULL)
        libevtx_record_free(&record, NULL);
    return result;
}
