/* SPDX-License-Identifier: Apache-2.0 */
/* system: the Windows version and the clock of a machine, from its events and from systeminfo
 * (DESIGN section 6, the columns os_version and clock). Pure. */
#ifndef SPPTRIAGE_VERDICT_SYSTEM_H
#define SPPTRIAGE_VERDICT_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/incident.h"
#include "model/observation.h"

/* Starts as zeros but for the window; owns the version's text. */
struct system_facts {
    struct window window;
    char *os_version; /* "6.1.7601 Service Pack 1", or NULL while unknown */
    uint64_t os_version_filetime;
    bool other_than_6_1;  /* the version is known and none of Windows 7 or Server 2008 R2 */
    bool named_windows_7; /* a systeminfo calls it so, */
    bool named_other;     /* or by another name, or gives another version */
    bool clock_changed;
};

void system_facts_free_content(struct system_facts *facts);

/* Takes the next observation in; of those with equal times the last one counts. */
void system_facts_feed_event(struct system_facts *facts, const struct observation *observation);

/* Do listings of systeminfo contradict each other, or themselves? */
bool system_facts_conflict(const struct system_facts *facts);

/* Takes a finding of systeminfo in, once all events are: it is newer than they are. */
void system_facts_feed_finding(struct system_facts *facts, const struct finding *finding);

#endif
