/* SPDX-License-Identifier: Apache-2.0 */
/* earlier: the earlier names of all machines, to say of a host whose name it once was. */
#ifndef SPPTRIAGE_IDENTITY_EARLIER_NAMES_H
#define SPPTRIAGE_IDENTITY_EARLIER_NAMES_H

#include "base/text.h"
#include "identity/machine.h"

struct earlier_name {
    char *folded; /* owned */
    size_t machine;
};

/* Starts as zeros; in order of names, then of machines. */
struct earlier_names {
    struct earlier_name *items; /* owned */
    size_t count;
};

void earlier_names_list(struct earlier_names *names, const struct machines *machines);
void earlier_names_free_content(struct earlier_names *names);

/* Adds the machines that had the name earlier, "NEW, NEW2", to `out`; nothing where none had. */
void earlier_names_add_owners(const struct earlier_names *names, const char *name,
                              const struct machines *machines, struct text *out);

#endif
