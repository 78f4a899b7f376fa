/* SPDX-License-Identifier: Apache-2.0 */
/* chunkread: all that is done with one chunk, of a log or of an image: checks, the walk with
 * selection, the search of what the walk does not reach, decoding, the second reader, and what the
 * facts of the part are told. */
#ifndef SPPTRIAGE_EVTX_CHUNKREAD_H
#define SPPTRIAGE_EVTX_CHUNKREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "model/reader.h"

struct chunkread;

/* Returns owned (chunkread_free). All is borrowed for as long. */
struct chunkread *chunkread_create(const struct reader_options *options, const struct sink *sink,
                                   struct source_facts *facts) __attribute__((warn_unused_result));
void chunkread_free(struct chunkread *reading);

/* What surrounds a chunk. */
struct chunk_place {
    struct span before; /* the slot before it, or empty: remnants are compared with it */
    uint32_t log_flags; /* the file header's (LOG_FLAG_) */
    bool is_cut;        /* the source ends in it, which is damage already; the rest is zeros */
    bool is_carved;     /* it was found in an image: each computer is a machine of its own */
};

/* Reads the chunk in `bytes`, CHUNK_SIZE_BYTES of them, which stay where they are until
 * chunkread_finish. Returns -1 only when the sink ended the run. */
int chunkread_read(struct chunkread *reading, struct span bytes, const struct chunk_place *place,
                   struct error *err);

/* Hands on what was held back (evtx/dedupe.h), and tells the facts the spans of the records. -1 as
 * above. */
int chunkread_finish(struct chunkread *reading, struct error *err);

#endif
