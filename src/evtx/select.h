/* SPDX-License-Identifier: Apache-2.0 */
/* select: finds the few records that matter without decoding the others, and what a log as a
 * whole is asked for (times, computers) of every record.
 *
 * A record is an instance of a template: the definition has the event's elements, the record the
 * values. So the layout of a definition is found once (evtx/template_layout.h): where in it stands
 * each of the six fields that matter (provider, event id, event time, EventRecordID, channel,
 * computer), as a literal or as the substitution number N. Of a record of that template then only
 * these N values are looked at, straight in the record: a short cut past the walk over BinXML
 * (evtx/binxml.h), which would go through every token of the definition for each record. Records
 * that cannot be taken so (no template, fields in nested values or put together of several pieces)
 * are walked, too: their System element is decoded (evtx/decode.h), which gives the same. */
#ifndef SPPTRIAGE_EVTX_SELECT_H
#define SPPTRIAGE_EVTX_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "evtx/chunk.h"
#include "model/reader.h"

#define RECORD_SUMMARY_NO_COMPUTER SIZE_MAX

/* What selection reads of a record. */
struct record_summary {
    const struct incident_event *event; /* its row of the event table, or NULL: of no interest */
    uint64_t event_filetime;            /* TimeCreated, 0 for none that is readable */
    uint64_t record_id;                 /* EventRecordID, 0 where there is none */
    size_t computer;     /* index in facts->computers, or RECORD_SUMMARY_NO_COMPUTER */
    const char *channel; /* or NULL; borrowed from the selector, one text for a channel of which
                          * events write the name in upper or lower case */
    bool application;    /* its channel is Application */
    bool forwarded;      /* no template instance, or RenderingInfo */
};

struct selector;

/* Returns owned (selector_free). New computers are added to `facts`, which is borrowed. */
struct selector *selector_create(struct source_facts *facts) __attribute__((warn_unused_result));
void selector_free(struct selector *selector);

/* Begins a chunk, which is borrowed until the next one begins. */
void selector_begin_chunk(struct selector *selector, const struct chunk *chunk);

/* Reads what matters of a record of the chunk. Returns -1 (ERROR_SOURCE) with the reason where
 * provider or event id cannot be read: the record is undecodable. */
int selector_summarise(struct selector *selector, const struct record *record,
                       struct record_summary *out, struct error *err);

#endif
