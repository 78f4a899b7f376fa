/* SPDX-License-Identifier: Apache-2.0 */
/* readout: a reader at work on bytes that a test made, and all that it told of them. */
#ifndef SPPTRIAGE_TESTS_READOUT_H
#define SPPTRIAGE_TESTS_READOUT_H

#include "base/text.h"
#include "fixtures/evtx_writer.h"
#include "model/reader.h"

/* Starts as zeros; what was told of the reading before is cleared by the next one. */
struct readout {
    /* Of the readings to come: */
    bool verify;
    bool sink_fails;
    /* Of the last one. An observation is a line `id number offset strings`, with `|` between the
     * strings, or `-` without one. */
    struct text handed;
    size_t handed_count;
    size_t recovered_count;
    size_t verified_counts[VERIFIED_COUNT]; /* what the second reader said */
    struct source_facts facts;
    struct error err;
};

/* Clears all, settings too. */
void readout_clear(struct readout *readout);

/* Reads the open file as one of `size_bytes`. Returns what the reader returns. */
int readout_read(struct readout *readout, const struct reader *reader, int descriptor,
                 uint64_t size_bytes);

/* The same, but each part for itself, in the order given (all of them, each once), as several
 * processes would; what they tell is joined in the order of the parts. No part may fail. */
void readout_read_parts(struct readout *readout, const struct reader *reader, int descriptor,
                        uint64_t size_bytes, const uint64_t *order, size_t count);

/* Returns owned: all that was told, as text to be compared. */
char *readout_text(const struct readout *readout);

/* Was a record of this number handed on, from this offset? */
bool readout_has(const struct readout *readout, uint64_t number, uint64_t offset_bytes);

void readout_expect_detail(const struct readout *readout, const char *part);
void readout_expect_no_detail(const struct readout *readout, const char *part);

/* Returns the descriptor of a file in memory; of a size alone, it is all hole. */
int readout_make_file(const void *bytes, size_t size_bytes);
int readout_make_hole(uint64_t size_bytes);

/* Makes a log of `chunks` chunks with `per_chunk` WAT 13 of computer PC each, a minute apart from
 * READOUT_START on. */
#define READOUT_START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */
struct evtx_image *readout_make_log(const struct evtx_writer_options *options, size_t chunks,
                                    size_t per_chunk, bool self_contained);

#endif
