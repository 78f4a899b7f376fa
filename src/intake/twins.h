/* SPDX-License-Identifier: Apache-2.0 */
/* twins: finds, among the files that were met so far, one with the same content (DESIGN 3). By
 * SHA-256 where hashing is on; without it by size, a checksum of the beginning, and then all
 * bytes. */
#ifndef SPPTRIAGE_INTAKE_TWINS_H
#define SPPTRIAGE_INTAKE_TWINS_H

#include <stdint.h>

#include "source.h"

struct twins;

struct twins *twins_new(void);
void twins_free(struct twins *twins);

/* Returns the id of an earlier file with the content of this one, or 0. A file that has none is
 * remembered under `source->path`; its id is set by twins_set_id. The descriptor is borrowed. */
int64_t twins_find_or_add(struct twins *twins, const struct source *source, int descriptor);

/* Sets the id of the file that was added last. */
void twins_set_id(struct twins *twins, int64_t id);

#endif
