/* SPDX-License-Identifier: Apache-2.0 */
/* dedupe: of events that the case keeps first and last only (SPP 1003: the licences of a machine,
 * written several times a day and nearly always the same), finds the ones in between by their
 * bytes, so that they need not be decoded. The verdict goes by what they say and by the newest of
 * them; so what lies between two that say the same tells it nothing.
 *
 * Two records say the same when computer and row of the event table are equal, and their EventData
 * are instances of templates that say the same, with the same values, byte for byte. That is
 * narrower than what the case goes by (the strings): whatever is not found here, the case finds. */
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

/* Does the record say once more what others say, between whom it lies or may yet lie? Then it is
 * remembered if need be and must not be handed on now. False: hand it on. */
bool deduper_take(struct deduper *deduper, const struct chunk *chunk, bool chunk_is_cut,
                  const struct record *record, const struct record_summary *summary);

/* At the end of the part, or before what was remembered goes: takes the next record that is the
 * first or the last of those that say the same, and was not handed on yet. Returns false when there
 * is none left; what is taken afterwards is asked for anew. */
bool deduper_next(struct deduper *deduper, struct held_record *out);

#endif
