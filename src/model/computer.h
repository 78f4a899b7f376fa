/* SPDX-License-Identifier: Apache-2.0 */
/* computer: what a log says of each computer name in it, the stretches of its records, and the
 * computers of a source by their names. Names equal but for case are one. */
#ifndef SPPTRIAGE_MODEL_COMPUTER_H
#define SPPTRIAGE_MODEL_COMPUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a log says of one computer name in it. Numbers are the record headers' (their order is
 * the order of writing); only walked records count for them, not recovered ones. */
struct computer_facts {
    char *name;            /* owned: as the events write it; names equal but for case are one */
    uint64_t record_count; /* walked records of this name; 0 when only recovered ones have it */
    uint64_t first_number; /* least record number */
    uint64_t last_number;  /* greatest */
    uint64_t first_number_filetime; /* event times of these two records, 0 where unreadable */
    uint64_t last_number_filetime;
    uint64_t last_filetime; /* latest event time of any channel */
    bool forwarded;         /* some record was forwarded: no template instance, or RenderingInfo */
    uint64_t application_count; /* walked records of channel Application that have a time */
};

/* Records of one computer and channel that follow each other by EventRecordID, the ids without a
 * gap unless record_count tells otherwise, the times in order (none more than
 * RECORD_SPAN_STEP_BACK_MOST before an earlier one): of what order and coverage are told (DESIGN
 * section 6). */
struct record_span {
    uint64_t computer; /* number of the computer in its source */
    char *channel;     /* owned */
    bool recovered;    /* of records found in unused parts of chunks */
    uint64_t first_record_id;
    uint64_t last_record_id;
    uint64_t record_count;   /* less than the ids make: records between them are missing */
    uint64_t first_filetime; /* event time of the first record, */
    uint64_t last_filetime;  /* and the greatest: that of the last, or a little later */
};

#define RECORD_SPAN_STEP_BACK_MOST (UINT64_C(5) * 60 * 10000000)
/* A source has no more of them: what would be more is joined to fewer that tell less. */
#define RECORD_SPANS_MOST 4096

/* One of the walked records that stand for all of a log: of two logs of one machine, those of equal
 * ids have equal times. */
struct record_mark {
    uint64_t computer; /* number of the computer in its source */
    char *channel;     /* owned */
    uint64_t record_id;
    uint64_t event_filetime;
};

/* A source has no more of them: where it has more records, only ids that a power of two divides
 * have marks. */
#define RECORD_MARKS_MOST 128

/* Does a time contradict an earlier record, of which that is the greatest time so far? */
static inline bool record_span_is_step_back(uint64_t greatest_filetime, uint64_t next_filetime)
{
    return next_filetime + RECORD_SPAN_STEP_BACK_MOST < greatest_filetime;
}

/* Are records missing between its first and its last? */
bool record_span_has_gaps(const struct record_span *span);

/* Adds what another part of the log says of the same computer. */
void computer_facts_join(struct computer_facts *whole, const struct computer_facts *part);

/* The computers of a source by their names: a forwarded log has hundreds, in turn. Starts as zeros.
 */
struct computer_index {
    void *by_name;        /* owned: a tree of <search.h> */
    void *by_folded_name; /* owned: the same */
    size_t count;         /* of the first computers, how many are in it */
    size_t recent;        /* nearly always that of the record before, where there is one */
};

void computer_index_free_content(struct computer_index *index);

/* The number of the computer of that name; `count` when there is none. The list, of which the index
 * learns first what it lacks, may only have grown since the last call. */
size_t computer_index_find(struct computer_index *index, const struct computer_facts *computers,
                           size_t count, const char *name);

#endif
