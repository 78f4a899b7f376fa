/* SPDX-License-Identifier: Apache-2.0 */
/* recognise: tells by its first bytes what a file is, never by its name. Owns nothing. */
#ifndef SPPTRIAGE_INTAKE_RECOGNISE_H
#define SPPTRIAGE_INTAKE_RECOGNISE_H

#include <stddef.h>

#include "base/span.h"

/* So many bytes of the start of a file decide what it is; fewer when the file has no more. */
#define RECOGNISE_HEAD_BYTES 65536

struct file_kind {
    const char *kind; /* as in sources.csv: "evtx", "zip", "listing", "text", "unknown", ... */
    const char *name; /* for a person: "zip archive" */
};

/* The kind of the file that begins with `head`; never NULL. A log whose file header is destroyed
 * is known by its first chunk, a listing by its marks (intake/listingmark.h). */
const struct file_kind *recognise(struct span head);

#endif
