/* SPDX-License-Identifier: Apache-2.0 */
/* tally: what a log says as a whole, from its walked records in the order of the file: the number
 * of records, first and last event time, the computers, and whether the times in the record
 * headers are shifted. Owns nothing: it writes into the source's facts, which it borrows.
 *
 * Shifted times. When Windows exports a log (wevtutil epl, Event Viewer), the header of each
 * record bears the time of the NEXT record's event, and 0 in the last one; otherwise a header
 * bears the time of its own event, or a little later. So each record whose own and next event time
 * lie apart can tell, and does so when its header is next to just one of them; a header of 0 tells
 * too, as nothing else writes one. The majority decides: at the seams of a wrapped log, and where
 * the service wrote an event late, single records tell wrongly. */
#ifndef SPPTRIAGE_EVTX_TALLY_H
#define SPPTRIAGE_EVTX_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "source.h"

/* Starts as zeros but for `facts`. */
struct tally {
    struct source_facts *facts;
    uint64_t previous_event_filetime; /* of the record before, 0 when it cannot tell */
    uint64_t previous_written_filetime;
    uint64_t shifted_votes;
    uint64_t own_votes;
};

/* Counts one walked record in; `forwarded`: a collector took it over. */
void tally_add_record(struct tally *tally, const struct observation *observation,
                      uint64_t written_filetime, bool forwarded);

/* Counts one walked record in that could not be decoded. */
void tally_add_undecodable(struct tally *tally);

/* Decides about the header times. Call it once, at the end of the log. */
void tally_finish(struct tally *tally);

#endif
