/* SPDX-License-Identifier: Apache-2.0 */
/* action: what has to be done on a machine (DESIGN section 6, the table of actions). Pure. */
#ifndef SPPTRIAGE_VERDICT_ACTION_H
#define SPPTRIAGE_VERDICT_ACTION_H

#include <stdbool.h>

#include "model/incident.h"

/* What the action depends on. */
struct action_matter {
    enum classification classification;
    enum activation_state state;
    enum update_status update;
    enum licence_channel channel;
    const struct incident_edition *edition; /* or NULL */
    bool not_windows_7;                     /* known to be another system */
};

enum action action_of(const struct action_matter *matter);

/* Is the KMS client setup key of the edition given? Only for the machine's own edition, only where
 * the activation is to be rebuilt, and never where it would harm. */
bool action_gives_key(const struct action_matter *matter);

#endif
