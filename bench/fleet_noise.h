/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_noise: what fills an Application log of Windows 7: starts of the machine with the events
 * of its licensing service, installations, performance counters, crashes, group policy. Which
 * providers, how often, and the length of their strings are those of a real log of three years
 * (corpus: hayabusa-samples/many-events-application.evtx). Nothing here decides a verdict but the
 * 1003, which names the machine's licence. */
#ifndef SPPTRIAGE_BENCH_FLEET_NOISE_H
#define SPPTRIAGE_BENCH_FLEET_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fixtures/events.h"

/* Where in the noise a log is. A copy of it goes on in the same way; starts as zeros. */
struct noise_cursor {
    size_t sequence;
    size_t step; /* the next one of the sequence */
};

/* Moves to the next event; answers true when it begins a new sequence of them (a start of the
 * machine, an installation), so that time has passed. */
bool noise_advance(struct noise_cursor *cursor, uint64_t *random);

/* Does the event under the cursor have whole seconds as its time? Classic ones do. */
bool noise_has_whole_seconds(const struct noise_cursor *cursor);

/* Writes the event under the cursor as the next record. `licence_lines` is the second string of a
 * 1003. */
void noise_add(const struct noise_cursor *cursor, struct evtx_writer *writer,
               const struct event_stamp *stamp, const char *licence_lines, uint64_t *random);

#endif
