/* SPDX-License-Identifier: Apache-2.0 */
/* twins: finds, among the files that were met so far, one with the same content (DESIGN 3). By
 * SHA-256 where hashing is on; without it by size, a checksum of the beginning, and then all
 * bytes. */
#ifndef SPPTRIAGE_INTAKE_CONTENT_INDEX_H
#define SPPTRIAGE_INTAKE_CONTENT_INDEX_H

#include <stdint.h>

#include "model/source.h"

struct twins;
struct twin;

struct twins *twins_new(void);
void twins_free(struct twins *twins);

/* Returns the earlier file with the content of this one. One that has none is remembered under
 * `source->path`: then NULL is returned, and *added is it. Twins live as long as all of them. The
 * descriptor is borrowed. */
const struct twin *twins_find_or_add(struct twins *twins, const struct source *source,
                                     int descriptor, struct twin **added);

/* The id of the source in the case, as it was set, or 0. */
int64_t twin_id(const struct twin *twin);
void twin_set_id(struct twin *twin, int64_t id);

#endif
