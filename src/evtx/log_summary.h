/* SPDX-License-Identifier: Apache-2.0 */
/* log_summary: what a log says as a whole, from its walked records in the order of the file: the
 * number of records, first and last event time, the computers, their spans, and whether the times
 * in the record headers are shifted. Owns nothing: it writes into the facts of the source's part,
 * which it borrows; what lies across two parts is told when these are joined.
 *
 * Shifted times. When Windows exports a log (wevtutil epl, Event Viewer), the header of each
 * record bears the time of the NEXT record's event, and 0 in the last one; otherwise a header
 * bears the time of its own event, or a little later. So each record whose own and next event time
 * lie apart can tell, and does so when its header is next to just one of them; a header of 0 tells
 * too, as nothing else writes one. The majority decides: where a wrapped log begins anew, and where
 * the service wrote an event late, single records tell wrongly. */
#ifndef SPPTRIAGE_EVTX_LOG_SUMMARY_H
#define SPPTRIAGE_EVTX_LOG_SUMMARY_H

#include "evtx/chunk.h"
#include "evtx/select.h"
#include "model/reader.h"

/* Counts one walked record in. */
void log_summary_add_record(struct source_facts *facts, const struct record *record,
                            const struct record_summary *summary);

/* Counts one walked record in that could not be decoded. */
void log_summary_add_undecodable(struct source_facts *facts);

/* Joins the partial state of the part that follows, before source_facts_join. */
void log_summary_join(struct source_facts *whole, const struct source_facts *part);

/* Decides about the header times, once all parts are joined. */
void log_summary_finish(struct source_facts *facts);

/* ---- How the records follow each other (log_spans.c, log_cuts.c) ---- */

struct log_spans;

/* Begins a part. Returns owned (log_spans_free); the facts are borrowed. Where there are too many
 * spans, those far from the window are the first to be joined. */
struct log_spans *log_spans_create(struct source_facts *facts, const struct window *window)
    __attribute__((warn_unused_result));
void log_spans_free(struct log_spans *spans);

/* Counts one record in, walked or recovered, if it has time, EventRecordID, channel and computer.
 * Its channel is borrowed until the part is finished. */
void log_spans_add(struct log_spans *spans, const struct record_summary *summary, bool recovered);

/* Puts the spans of the part into the facts, RECORD_SPANS_MOST at most. */
void log_spans_finish_part(struct log_spans *spans);

/* Joins what the parts say, once that is in the facts, so that the spans are in order of (computer,
 * channel, recovered, first record id), and RECORD_SPANS_MOST at most. */
void log_spans_finish(struct source_facts *facts);

/* Cuts records whose times run back, in order of their ids, so that of two pieces all records
 * contradict each other or none do: sets begins[N] where record N begins a piece. Beyond a thousand
 * steps back it cuts at these alone. Returns false where some pieces are not so. */
bool log_spans_cut(const uint64_t *filetimes, size_t count, bool *begins);

/* ---- Marks (log_marks.c) ---- */

/* Adds the marks of the records of a span without gaps, of which `filetimes` are the times, to
 * those of the part: of ids that *distance divides. It is 1 for the first span of a part, and
 * grows. */
void log_marks_add(struct source_facts *facts, const struct record_span *span, const char *channel,
                   const uint64_t *filetimes, uint64_t *distance);

/* Puts the marks of all parts in order of (computer, record id): RECORD_MARKS_MOST at most. */
void log_marks_finish(struct source_facts *facts);

#endif
