/* SPDX-License-Identifier: Apache-2.0 */
/* computer: what a log says of each computer name in it, and the computers of a source by their
 * names. Names equal but for case are one. */
#ifndef SPPTRIAGE_MODEL_COMPUTER_H
#define SPPTRIAGE_MODEL_COMPUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a log says of one computer name in it. Numbers are the record headers' (their order is
 * the order of writing); only walked records count for them, not recovered ones. */
struct computer_facts {
    char *name;             /* owned: as the events write it; names equal but for case are one */
    uint64_t record_count;  /* walked records of this name; 0 when only recovered ones have it */
    uint64_t first_number;  /* least record number */
    uint64_t last_number;   /* greatest */
    uint64_t last_filetime; /* latest event time of any channel */
    bool forwarded;         /* some record was forwarded: no template instance, or RenderingInfo */
    /* Of the walked records of channel Application that have a time, for window_coverage: */
    uint64_t application_count;
    uint64_t application_first_filetime; /* event times of the two records below */
    uint64_t application_last_filetime;
    uint64_t application_first_record_id; /* least and greatest EventRecordID */
    uint64_t application_last_record_id;
};

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
