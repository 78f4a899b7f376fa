/* SPDX-License-Identifier: Apache-2.0 */
/* reader: the one interface of all readers, and the sink that takes what they find. */
#ifndef SPPTRIAGE_MODEL_READER_H
#define SPPTRIAGE_MODEL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "model/finding.h"
#include "model/incident.h"
#include "model/observation.h"
#include "model/source.h"

/* Where a reader puts its observations and findings. A callback returns -1 (ERROR_RUN) to end the
 * run. */
struct sink {
    void *context;
    int (*observation)(void *context, const struct incident_event *event,
                       const struct observation *observation, struct error *err);
    int (*finding)(void *context, const struct finding *finding, struct error *err);
};

/* Is handed the bytes of a source. */
struct byte_sink {
    void *context;
    void (*take)(void *context, const void *bytes, size_t size_bytes);
};

struct reader_options {
    struct window window;
    bool verify;         /* check every checksum, not only those of chunks that hold something */
    bool skip_reference; /* do not ask the second reader (it ended a reader process) */
    const struct byte_sink *byte_sink; /* NULL, or: gets every byte of the part once, in order */
};

/* The one interface of all readers. A source is read in parts, each on its own and in any order,
 * by any process; what they say is put together in order of parts. How a source is parted depends
 * on its size alone, so that the result does not depend on who reads what. The parts together
 * are the whole source, byte for byte. */
struct reader {
    /* How many parts a source of this size has, 1 at least. */
    uint64_t (*count_parts)(uint64_t size_bytes);
    /* Reads a part (from 0) of the open `descriptor` (borrowed; what lies in it may change or
     * vanish meanwhile) and hands every observation and finding that the case keeps to the sink, in
     * the order of the file. Of the source only size and kind are looked at. Fills *facts, also on
     * failure, with what was learnt so far. Returns -1 with ERROR_SOURCE when the part cannot be
     * read at all, ERROR_RUN when the sink ended it; damage is not a failure, but noted in *facts.
     */
    int (*read_part)(const struct source *source, int descriptor, uint64_t part,
                     const struct reader_options *options, const struct sink *sink,
                     struct source_facts *facts, struct error *err);
    /* Joins the part that follows (source_facts_join, and the partial state). Takes what *part
     * owns. */
    void (*join)(struct source_facts *whole, struct source_facts *part);
    /* Adds what can be told once all parts are joined, and completes the detail. */
    void (*finish)(struct source_facts *facts);
    /* How long a part is, but for what lies before the first one; 0: a source is one part. */
    uint64_t part_bytes;
    /* May a source of SOURCE_KIND_UNKNOWN that begins with `head` (PLAINTEXT_HEAD_BYTES at least,
     * where it has so many) be what it reads? NULL: it takes all. */
    bool (*takes)(struct span head);
    const char *reference; /* "libevtx": the second, independent reader that it asks, unless told to
                            * skip that, as a second try is; NULL for none */
};

/* Hands every byte of a source of one part to the byte sink, if there is one: for readers that look
 * here and there in it. It is read once more for that. */
void reader_feed_byte_sink(const struct source *source, int descriptor,
                           const struct reader_options *options, struct source_facts *facts);

/* Reads the whole source, part by part, in this process. -1 as read_part, when no part can be read
 * at all. A part that cannot be read while others can is damage. */
int reader_read(const struct reader *reader, const struct source *source, int descriptor,
                const struct reader_options *options, const struct sink *sink,
                struct source_facts *facts, struct error *err);

#endif
