/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says as a whole: times, computers, shifted header times. */
#include "evtx/log_summary.h"

#include "base/filetime.h"

/* Classic events have whole seconds, headers parts of them. */
#define SAME_TIME_MOST FILETIME_SECOND
/* Event times that lie further apart than this cannot both be next to one header time. */
#define APART_LEAST (2 * FILETIME_SECOND)

static inline void times_extend(uint64_t filetime, uint64_t *first, uint64_t *last)
{
    if (filetime == 0)
        return;
    if (*first == 0 || filetime < *first)
        *first = filetime;
    if (filetime > *last)
        *last = filetime;
}

static inline void computer_add(struct computer_facts *computer, uint64_t number,
                                const struct record_summary *summary)
{
    if (computer->record_count == 0 || number < computer->first_number) {
        computer->first_number = number;
        computer->first_number_filetime = summary->event_filetime;
    }
    if (computer->record_count == 0 || number > computer->last_number) {
        computer->last_number = number;
        computer->last_number_filetime = summary->event_filetime;
    }
    computer->record_count++;
    if (summary->event_filetime > computer->last_filetime)
        computer->last_filetime = summary->event_filetime;
    if (summary->forwarded)
        computer->forwarded = true;
    if (summary->application && summary->event_filetime != 0)
        computer->application_count++;
}

/* Lets the last record vote, now that the event time after it is known. */
static inline void vote(struct partial_state *partial, uint64_t next_filetime)
{
    uint64_t own = partial->last_filetime;
    uint64_t written = partial->last_written_filetime;

    if (own == 0 || next_filetime == 0 || filetime_distance(own, next_filetime) <= APART_LEAST)
        return;
    if (filetime_distance(written, own) <= SAME_TIME_MOST)
        partial->own_votes++;
    else if (filetime_distance(written, next_filetime) <= SAME_TIME_MOST)
        partial->shifted_votes++;
}

/* The record becomes the last one; times of 0 cannot tell. */
static inline void partial_state_add(struct partial_state *partial, uint64_t event_filetime,
                                     uint64_t written_filetime)
{
    vote(partial, event_filetime);
    if (!partial->has_records)
        partial->first_filetime = event_filetime;
    partial->has_records = true;
    partial->last_filetime = written_filetime != 0 ? event_filetime : 0;
    partial->last_written_filetime = written_filetime;
}

void log_summary_add_record(struct source_facts *facts, const struct record *record,
                            const struct record_summary *summary)
{
    facts->record_count++;
    times_extend(summary->event_filetime, &facts->first_filetime, &facts->last_filetime);
    if (summary->computer != RECORD_SUMMARY_NO_COMPUTER)
        computer_add(&facts->computers[summary->computer], record->number, summary);
    if (record->written_filetime == 0)
        facts->partial.shifted_votes++;
    partial_state_add(&facts->partial, summary->event_filetime, record->written_filetime);
}

void log_summary_add_undecodable(struct source_facts *facts)
{
    facts->record_count++;
    partial_state_add(&facts->partial, 0, 0);
}

void log_summary_join(struct source_facts *whole, const struct source_facts *part)
{
    const struct partial_state *from = &part->partial;
    struct partial_state *into = &whole->partial;

    into->own_votes += from->own_votes;
    into->shifted_votes += from->shifted_votes;
    if (!from->has_records)
        return;
    vote(into, from->first_filetime);
    if (!into->has_records)
        into->first_filetime = from->first_filetime;
    into->has_records = true;
    into->last_filetime = from->last_filetime;
    into->last_written_filetime = from->last_written_filetime;
}

void log_summary_finish(struct source_facts *facts)
{
    facts->header_times_shifted = facts->partial.shifted_votes > facts->partial.own_votes;
}
