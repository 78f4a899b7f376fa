/* SPDX-License-Identifier: Apache-2.0 */
/* inventory: which hosts of an inventory are which machines (DESIGN sections 3 and 8). Pure. */
#ifndef SPPTRIAGE_IDENTITY_INVENTORY_MATCH_H
#define SPPTRIAGE_IDENTITY_INVENTORY_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity/machine.h"

/* A host of the inventory. */
struct inventory_host {
    int64_t id;
    char *name;     /* owned */
    size_t machine; /* filled in: the machine it is, or MACHINE_NONE: nothing was collected */
    bool repeated;  /* filled in: another host of the list is that machine already */
    bool shared;    /* filled in: a short or NetBIOS name that several machines could have */
    char *reason;   /* filled in, owned: for one that was not collected, else NULL */
};

/* Matches the hosts, in the order of the file, with the machines by newest name: first those that
 * have the very name, then the short and fully qualified forms, last the NetBIOS names that fit one
 * machine, and no host without one. A machine whose short name several fully qualified hosts share
 * is marked as such. */
void inventory_match(struct inventory_host *hosts, size_t host_count, struct machines *machines);

void inventory_free(struct inventory_host *hosts, size_t host_count);

#endif
