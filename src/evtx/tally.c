/* SPDX-License-Identifier: Apache-2.0 */
/* What a log says as a whole: times, computers, shifted header times. */
#include "evtx/tally.h"

#include "base/filetime.h"
#include "base/text.h"

/* Classic events have whole seconds, headers parts of them. */
#define SAME_TIME_MOST FILETIME_SECOND
/* Event times that lie further apart than this cannot both be next to one header time. */
#define APART_LEAST (2 * FILETIME_SECOND)

static uint64_t time_distance(uint64_t left, uint64_t right)
{
    return left > right ? left - right : right - left;
}

static void times_extend(uint64_t filetime, uint64_t *first, uint64_t *last)
{
    if (filetime == 0)
        return;
    if (*first == 0 || filetime < *first)
        *first = filetime;
    if (filetime > *last)
        *last = filetime;
}

/* What the log covers goes from its first to its last record: a time in between that is earlier or
 * later than both was written by a clock that was wrong. */
static void computer_add_application(struct computer_facts *computer,
                                     const struct observation *observation)
{
    if (observation->event_filetime == 0)
        return;
    if (computer->application_count == 0 ||
        observation->record_id < computer->application_first_record_id) {
        computer->application_first_record_id = observation->record_id;
        computer->application_first_filetime = observation->event_filetime;
    }
    if (computer->application_count == 0 ||
        observation->record_id > computer->application_last_record_id) {
        computer->application_last_record_id = observation->record_id;
        computer->application_last_filetime = observation->event_filetime;
    }
    computer->application_count++;
}

static void computer_add(struct computer_facts *computer, const struct observation *observation,
                         bool forwarded)
{
    uint64_t unused_first = observation->event_filetime;

    if (computer->record_count == 0 || observation->record_number < computer->first_number)
        computer->first_number = observation->record_number;
    if (observation->record_number > computer->last_number)
        computer->last_number = observation->record_number;
    computer->record_count++;
    times_extend(observation->event_filetime, &unused_first, &computer->last_filetime);
    if (forwarded)
        computer->forwarded = true;
    if (text_equal_ascii(observation->channel, "Application"))
        computer_add_application(computer, observation);
}

/* Lets the record before vote, now that the event time after it is known. */
static void tally_vote(struct tally *tally, uint64_t next_filetime)
{
    uint64_t own = tally->previous_event_filetime;
    uint64_t written = tally->previous_written_filetime;

    if (own == 0 || next_filetime == 0 || time_distance(own, next_filetime) <= APART_LEAST)
        return;
    if (time_distance(written, own) <= SAME_TIME_MOST)
        tally->own_votes++;
    else if (time_distance(written, next_filetime) <= SAME_TIME_MOST)
        tally->shifted_votes++;
}

void tally_add_record(struct tally *tally, const struct observation *observation,
                      uint64_t written_filetime, bool forwarded)
{
    tally->facts->record_count++;
    times_extend(observation->event_filetime, &tally->facts->first_filetime,
                 &tally->facts->last_filetime);
    if (observation->computer[0] != '\0')
        computer_add(source_facts_computer(tally->facts, observation->computer), observation,
                     forwarded);
    tally_vote(tally, observation->event_filetime);
    if (written_filetime == 0)
        tally->shifted_votes++;
    tally->previous_event_filetime = written_filetime != 0 ? observation->event_filetime : 0;
    tally->previous_written_filetime = written_filetime;
}

void tally_add_undecodable(struct tally *tally)
{
    tally->facts->record_count++;
    tally->previous_event_filetime = 0;
}

void tally_finish(struct tally *tally)
{
    tally->facts->header_times_shifted = tally->shifted_votes > tally->own_votes;
}
