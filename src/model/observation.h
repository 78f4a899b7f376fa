/* SPDX-License-Identifier: Apache-2.0 */
/* observation: one decoded event of interest, with where it was read from. This is what readers
 * hand on, what the case keeps, and what the verdict is made of. Open data: whoever made an
 * observation owns what it points to; a receiver borrows it for the call. */
#ifndef SPPTRIAGE_MODEL_OBSERVATION_H
#define SPPTRIAGE_MODEL_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/words.h"

/* A number that the event does not have (qualifiers, level). */
#define OBSERVATION_ABSENT (-1)
/* The greatest that they can be otherwise. */
#define OBSERVATION_QUALIFIERS_MAX UINT16_MAX
#define OBSERVATION_LEVEL_MAX UINT8_MAX

/* One EventData/Data value or UserData leaf, in the order of the event. */
struct observation_string {
    const char *name;  /* Data's Name attribute or the leaf's element name; "" where it has none */
    const char *value; /* as read, control characters included; "" for an empty one */
};

struct observation {
    const char *provider;    /* System/Provider Name */
    uint16_t event_id;       /* System/EventID */
    int32_t qualifiers;      /* EventID's Qualifiers, or OBSERVATION_ABSENT */
    int32_t level;           /* System/Level, or OBSERVATION_ABSENT */
    uint64_t event_filetime; /* System/TimeCreated, never the record header's; 0 when unreadable */
    uint64_t record_id;      /* System/EventRecordID */
    const char *channel;     /* System/Channel, "" where there is none */
    const char *computer;    /* System/Computer as the event says it */
    const char *user_sid;    /* System/Security UserID, "" where there is none */
    const struct observation_string *strings;
    size_t string_count;
    uint64_t offset_bytes;  /* of the record in its source */
    uint64_t record_number; /* the record header's own number */
    bool recovered;         /* found in the unused part of a chunk */
    bool reference_only;    /* libevtx alone takes it for a record (evtx/check/verify.h) */
    enum verified verified;
    const char *other_reading; /* of a conflict: the fields that libevtx reads differently, as it
                                * reads them, for a person; else NULL */
};

/* The value at `index` (from 0), or NULL where the event has fewer strings. Borrowed. */
const char *observation_value(const struct observation *observation, size_t index);

/* The value of that name (exact), or NULL. Borrowed. */
const char *observation_named(const struct observation *observation, const char *name);

#endif
