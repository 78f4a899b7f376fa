/* SPDX-License-Identifier: Apache-2.0 */
/* witness: whose are the hosts of sources without events (DESIGN section 3). Pure. */
#ifndef SPPTRIAGE_IDENTITY_SOURCE_HOST_H
#define SPPTRIAGE_IDENTITY_SOURCE_HOST_H

#include <stddef.h>

#include "case/casedb.h"
#include "identity/machine.h"

/* A host of a source, in one place. */
struct witness {
    struct case_source_host said; /* texts owned */
    size_t machine;               /* filled in */
    char *remark;  /* filled in, owned: on how it was found where that is not plain, or
                    * NULL */
    bool is_guess; /* filled in: neither a name nor a folder of its own tells so */
};

/* Finds the machines of the witnesses. One that names its host is of the machine with that name,
 * short or fully qualified; of the machine it lies beside where that has, or had, the name; else of
 * a machine of its own. One that names none is of the machine it lies beside, else of one with the
 * name of its folder. Adds the machines that there are no logs of. */
void witnesses_match(struct witness *witnesses, size_t count, struct machines *machines);

void witnesses_free(struct witness *witnesses, size_t count);

#endif
