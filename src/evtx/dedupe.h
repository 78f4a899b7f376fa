/* SPDX-License-Identifier: Apache-2.0 */
/* repeat: of events that the case keeps first and last only (SPP 1003: the licences of a machine,
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
#include <stddef.h>

#include "evtx/chunk.h"
#include "evtx/select.h"

struct repeats;

/* A record that will be wanted after all, if no other takes its place. */
struct repeat {
    struct chunk chunk; /* borrowed bytes, like those of the record: they stay for the part */
    bool chunk_is_cut;
    struct record record;
    const struct incident_event *event;
};

/* Returns owned (repeats_free). */
struct repeats *repeats_create(void) __attribute__((warn_unused_result));
void repeats_free(struct repeats *repeats);

/* Begins a chunk: another can have lain in its place. */
void repeats_begin_chunk(struct repeats *repeats);

/* Is the record one more of its kind, which lies between two others or may yet do so? Then it is
 * remembered if need be and must not be handed on now. False: hand it on. */
bool repeats_take(struct repeats *repeats, const struct chunk *chunk, bool chunk_is_cut,
                  const struct record *record, const struct glance *glance);

/* At the end of the part, or before what was remembered goes: takes the next record that is the
 * first or last of its kind so far and was not handed on yet. Returns false when there is none
 * left; what is taken afterwards is asked for anew. */
bool repeats_next(struct repeats *repeats, struct repeat *out);

#endif
