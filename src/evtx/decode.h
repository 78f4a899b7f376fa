/* SPDX-License-Identifier: Apache-2.0 */
/* decode: our own reading of one event: the System fields and the strings, from BinXML with its
 * templates, literals, substitutions of every type and nested values. Of hostile events too
 * nothing is read twice without end: nesting, tokens and text are bounded. */
#ifndef SPPTRIAGE_EVTX_DECODE_H
#define SPPTRIAGE_EVTX_DECODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "evtx/binxml.h"
#include "evtx/chunk.h"
#include "model/observation.h"

/* A string of the event while it is read: places in the text, which may still move. */
struct event_string_place {
    size_t name;
    size_t value;
};

/* Starts as zeros; its memory is used again for each event. */
struct event {
    struct observation observation; /* what the event says; borrows the rest */
    bool has_event_id;              /* an EventID that is a number */
    bool has_rendering;             /* RenderingInfo is there: a collector took the event over */
    struct text text;               /* owned: every text of the observation */
    struct event_string_place *places;
    size_t place_capacity;
    struct observation_string *strings; /* owned */
    size_t string_capacity;
    struct binxml_value_stack values; /* its memory is owned */
};

/* Reads the record's event into event->observation: the System fields and, as strings, the values
 * of EventData/Data and the leaves of UserData. With `system_only` reading stops behind System.
 * Where it was read from (offset, record number, recovered) is set too. Returns -1 (ERROR_SOURCE)
 * when it is not an event with an EventID, or a bound is passed; *event is then of no use but for
 * the next call. */
int event_decode(struct event *event, const struct chunk *chunk, const struct record *record,
                 bool system_only, struct error *err);

void event_free_content(struct event *event);

#endif
