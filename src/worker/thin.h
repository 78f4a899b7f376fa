/* SPDX-License-Identifier: Apache-2.0 */
/* thin: lets the first and the last through of many equal observations. The list of a machine's
 * licences (Security-SPP 1003) is in a log a thousand times, mostly the same, and the case keeps
 * the first and the last of equal ones (EVENT_KEEP_FIRST_AND_LAST): the others of a part need not
 * be sent, nor be put into the case and taken out again.
 *
 * First and last are by (event time, EventRecordID, offset), as in the case. What is held is sent
 * when the part is read; the case does not care in what order equal ones come. */
#ifndef SPPTRIAGE_WORKER_THIN_H
#define SPPTRIAGE_WORKER_THIN_H

#include <stdbool.h>

#include "incident.h"
#include "worker/pack.h"

/* So many different ones are held at a time, none longer than this; others go on at once. */
#define THIN_KINDS_MOST 64
#define THIN_LONGEST_BYTES (32 * 1024)

struct thin;

struct thin *thin_new(void);
void thin_free(struct thin *thin);

/* Holds the observation, or drops it as neither first nor last, and returns true; false: it is to
 * be sent at once. */
bool thin_hold(struct thin *thin, const struct incident_event *event,
               const struct observation *observation);

/* Adds the frames of what is held (worker/wire.h), which is then forgotten. */
void thin_release(struct thin *thin, struct pack *out);

#endif
