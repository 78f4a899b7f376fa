/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_machine: one made-up machine of a fleet and what stands in its Application log: noise, and
 * what licensing wrote at its times. All of it follows from the machine's number.
 *
 * The log spans a year from June 2018, so that the incident's window lies inside, whatever its
 * size. The machine is a KMS client. Affected machines are refused in
 * the window and say so until the end, a third of them until they were mended. */
#ifndef SPPTRIAGE_BENCH_FLEET_MACHINE_H
#define SPPTRIAGE_BENCH_FLEET_MACHINE_H

#include <stdint.h>

#include "fixtures/evtx_writer.h"

struct fleet_machine;

/* What the machines of a fleet have in common. */
struct fleet_plan {
    unsigned affected_percent; /* so many in a hundred are affected, evenly spread */
    unsigned renewal_days;     /* between two renewals of the activation at a KMS host; 0: none */
    unsigned licence_checks;   /* a day, each of which finds another time left (1003) */
};

/* Returns owned: the machine of that number (from 1). */
struct fleet_machine *fleet_machine_new(unsigned number, const struct fleet_plan *fleet);

void fleet_machine_free(struct fleet_machine *machine);

/* Borrowed from the machine: the folder's name, and the classification that it must get. */
const char *fleet_machine_name(const struct fleet_machine *machine);
const char *fleet_machine_computer(const struct fleet_machine *machine);
const char *fleet_machine_classification(const struct fleet_machine *machine);

/* Says that so many chunks are still to be written: the times to come are spread over them. */
void fleet_machine_pace(struct fleet_machine *machine, uint64_t chunks_left);

/* Writes the machine's next event as the next record. */
void fleet_machine_add_next(struct fleet_machine *machine, struct evtx_writer *writer);

/* Takes back the event written last, which is then written again (once; not further back). */
void fleet_machine_step_back(struct fleet_machine *machine);

#endif
