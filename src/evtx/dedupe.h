/* SPDX-License-Identifier: Apache-2.0 */
/* dedupe: of events that the case keeps first and last only (SPP 1003: the licences of a machine,
 * written several times a day) finds the ones in between, so that they need not be handed on. Those
 * that follow each other and state the same (model/licences.h) are a run: of one computer, in order
 * of EventRecordID. What lies between the first and the last of a run tells the verdict nothing.
 *
 * Most say what the one before said but for the minutes that are left, which is seen in their
 * values as they lie there. Others are decoded and their statement read. A run is no longer than
 * the order of the file: where that goes back, and where too much had to be remembered, more is
 * handed on than need be; what is not found here, the case finds. */
#ifndef SPPTRIAGE_EVTX_DEDUPE_H
#define SPPTRIAGE_EVTX_DEDUPE_H

#include <stdbool.h>

#include "evtx/chunk.h"
#include "evtx/select.h"

struct deduper;

/* A record that has to be handed on after all, if no other takes its place. */
struct held_record {
    struct chunk chunk; /* borrowed bytes, like those of the record: they stay for the part */
    bool chunk_is_cut;
    struct record record;
    const struct incident_event *event;
};

/* Returns owned (deduper_free). */
struct deduper *deduper_create(void) __attribute__((warn_unused_result));
void deduper_free(struct deduper *deduper);

/* Begins a chunk: another can have lain in its place. */
void deduper_begin_chunk(struct deduper *deduper);

/* Does the record state what the one before stated? Then it is remembered, as it may be the last
 * one, and must not be handed on now. False: hand it on. */
bool deduper_take(struct deduper *deduper, const struct chunk *chunk, bool chunk_is_cut,
                  const struct record *record, const struct record_summary *summary);

/* At the end of the part, or before what was remembered goes: takes the next record that is the
 * last of its run and was not handed on yet. Returns false when there is none left; what is taken
 * afterwards is asked for anew. */
bool deduper_next(struct deduper *deduper, struct held_record *out);

#endif
