/* SPDX-License-Identifier: Apache-2.0 */
#include "model/reader.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

/* Read at a time for the byte sink. */
#define BYTE_SINK_BYTES (256u * 1024)

/* Joins one part, read or not, to the whole. */
static void take_part(const struct reader *reader, uint64_t part, struct source_facts *facts,
                      struct source_facts *read, struct error *part_err)
{
    if (part_err->kind == ERROR_SOURCE)
        source_facts_add_damage(
            read, part_err->offset_bytes != ERROR_NO_OFFSET ? part_err->offset_bytes : 0, "%s",
            part_err->message);
    if (part == 0)
        *facts = *read;
    else
        reader->join(facts, read);
    *read = (struct source_facts){0};
    error_clear(part_err);
}

void reader_feed_byte_sink(const struct source *source, int descriptor,
                           const struct reader_options *options, struct source_facts *facts)
{
    uint64_t done = 0;
    uint8_t *bytes;

    if (options->byte_sink == NULL)
        return;
    bytes = memory_allocate(BYTE_SINK_BYTES, 1);
    while (done < source->size_bytes) {
        uint64_t left_bytes = source->size_bytes - done;
        size_t got;
        int result = file_read_at(
            descriptor, bytes, left_bytes < BYTE_SINK_BYTES ? (size_t)left_bytes : BYTE_SINK_BYTES,
            done, &got);

        if (result != 0)
            source_facts_add_damage(facts, done + got, "cannot be read: %m");
        if (result != 0 || got == 0)
            break;
        options->byte_sink->take(options->byte_sink->context, bytes, got);
        done += got;
    }
    free(bytes);
}

int reader_read(const struct reader *reader, const struct source *source, int descriptor,
                const struct reader_options *options, const struct sink *sink,
                struct source_facts *facts, struct error *err)
{
    uint64_t part_count = reader->count_parts(source->size_bytes);
    int result = 0;

    for (uint64_t part = 0; result == 0 && part < part_count; part++) {
        struct source_facts read = {0};
        struct error part_err = {.source = source->path, .offset_bytes = ERROR_NO_OFFSET};

        if (reader->read_part(source, descriptor, part, options, sink, &read, &part_err) != 0 &&
            (part_err.kind == ERROR_RUN || part_count == 1))
            result = error_set(err, part_err.kind, part_err.offset_bytes, "%s", part_err.message);
        if (result != 0)
            error_clear(&part_err);
        take_part(reader, part, facts, &read, &part_err);
    }
    reader->finish(facts);
    return result;
}
