/* SPDX-License-Identifier: Apache-2.0 */
/* assign: the machines of a whole case, and whose each of its sources is. Reads computers, hosts of
 * sources and the inventory from the case, writes machines, aliases and whose what is into it, and
 * keeps what is known of each machine for those who judge it. */
#ifndef SPPTRIAGE_IDENTITY_ASSIGN_H
#define SPPTRIAGE_IDENTITY_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case/casedb.h"

#define ASSIGNED_TO_NOBODY ((size_t)-1)

/* A computer name in one place of a log. */
struct assigned_computer {
    const struct case_computer *said; /* borrowed */
    size_t machine; /* index of its machine; ASSIGNED_TO_NOBODY: remnants of nobody */
    bool own_log;   /* one machine wrote the whole log itself, so that it tells what it covers */
    bool decides;   /* false: it is of an earlier installation of the machine, or nobody's */
};

/* A machine that something was collected of, or that some KMS host saw. */
struct assigned_machine {
    int64_t id; /* in the case */
    bool shared_name;
    bool has_findings;  /* some source without events says something of it */
    bool has_requests;  /* some KMS host saw it, */
    bool is_seen_alone; /* and nothing was collected of it */
    bool in_inventory;
    bool earlier_installation; /* it has sources of one */
    const size_t *computers;   /* borrowed: indexes of its computers, by (source, place) */
    size_t computer_count;
};

/* A machine that the log of a KMS host names. */
struct assigned_client {
    size_t machine;    /* index of it */
    int64_t source_id; /* of the log */
};

/* A host of the inventory for which nothing was collected. It is a machine of the case, too. */
struct missing_host {
    int64_t machine_id; /* in the case */
    bool shared_name;
    const char *reason; /* borrowed */
};

struct assignment_work;

/* Starts as zeros; owns everything. */
struct assignment {
    struct assigned_computer *computers; /* in the order of casedb_computers */
    size_t computer_count;
    struct assigned_machine *machines;
    size_t machine_count;
    struct assigned_client *clients; /* whose requests decide */
    size_t client_count;
    struct missing_host *missing;
    size_t missing_count;
    struct case_span *spans; /* of all computers, in the order of casedb_spans */
    size_t span_count;
    struct assignment_work *work; /* what all of it was made from */
};

/* Finds the machines of the case and writes them, with all that is theirs, into the transaction
 * that casedb_begin_derived opened. -1 is ERROR_RUN; *out is then to be freed, too. */
int assign_sources(struct casedb *db, struct assignment *out, struct error *err);

void assignment_free_content(struct assignment *assignment);

/* Is there one machine near the path (machines_near)? Sets *machine to its index. */
bool assignment_near(const struct assignment *assignment, const char *path, size_t *machine);

#endif
