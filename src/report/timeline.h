/* SPDX-License-Identifier: Apache-2.0 */
/* timeline: one observation as the files of the timeline have it (timeline.c), and its line with
 * the names of the Elastic Common Schema (ecs.c). */
#ifndef SPPTRIAGE_REPORT_TIMELINE_H
#define SPPTRIAGE_REPORT_TIMELINE_H

#include <stdbool.h>

#include "base/text.h"
#include "case/casedb.h"
#include "report/format.h"
#include "verdict/signal.h"

/* What all forms say of one observation. */
struct timeline_row {
    const struct case_observation *found; /* borrowed */
    struct judgement judgement;           /* of the event by itself */
    enum role role;                       /* in its place (timeline_role) */
    struct text message;
    struct text datetime; /* empty where the event has no time */
    struct text qualifiers;
    struct text strings; /* joined */
    struct text codes;   /* joined */
    bool in_window;
    const char *verified;
};

/* The time in ISO 8601, UTC, and what it is. What reads JSON wants one: an event without a time is
 * put at 1970, and the second says so. Borrowed. */
const char *timeline_datetime(const struct timeline_row *row);
const char *timeline_timestamp_desc(const struct timeline_row *row);

/* Members `codes` (none without one) and `strings`. */
void timeline_put_codes(struct json_writer *json, const struct judgement *judgement);
void timeline_put_strings(struct json_writer *json, const struct observation *observation);

/* Writes the line of timeline-ecs.jsonl. */
void ecs_write(struct json_writer *json, const struct timeline_row *row);

#endif
