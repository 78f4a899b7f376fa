/* SPDX-License-Identifier: Apache-2.0 */
/* eventtext: reads the text that libevtx makes of an event into an observation. That text is not
 * quite XML: & < > are escaped in string values only, nothing is in attributes, control characters
 * stay, and each element stands on a line of its own, indented by its depth. So this is a small
 * tolerant scanner of its own, without recursion.
 *
 * libevtx gives every character past U+FFFF 0x3FF too low (it takes DFFF for the first low
 * surrogate). All that it writes at or past U+10000 is such a character and is put right here;
 * U+10000 to U+103FE come out as U+FC01 to U+FFFF, where they cannot be told from the characters
 * that belong there, and stay wrong. */
#ifndef SPPTRIAGE_EVTX_CHECK_EVENTTEXT_H
#define SPPTRIAGE_EVTX_CHECK_EVENTTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/observation.h"

/* Starts as zeros; its memory is used again for each event. */
struct eventtext {
    struct observation observation; /* what the event says; borrows the two below */
    bool has_rendering;             /* RenderingInfo is there: a collector took the event over */
    struct observation_string *strings; /* owned */
    char *storage;                      /* owned: every text of the observation */
    size_t storage_capacity;
    size_t storage_used;
};

/* Reads the event in `text` (`length_bytes` of it, with a NUL behind) into event->observation: the
 * System fields and, as strings, the values of EventData/Data and the leaves of UserData.
 * Where it was read from (offset, record number, recovered) is left 0 for the caller. Returns -1
 * (ERROR_SOURCE) when the text is not an event with an EventID; *event is then of no use but for
 * the next call. */
int eventtext_parse(struct eventtext *event, const char *text, size_t length_bytes,
                    struct error *err);

void eventtext_free_content(struct eventtext *event);

#endif
