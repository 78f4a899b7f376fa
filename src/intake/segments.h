/* SPDX-License-Identifier: Apache-2.0 */
/* segments: images of disks that lie in several files of one folder. NAME.E01, .E02 ... .E99, .EAA
 * and so on; NAME.001, .002 of a raw image; a VMDK's descriptor and the extents that it names. */
#ifndef SPPTRIAGE_INTAKE_SEGMENTS_H
#define SPPTRIAGE_INTAKE_SEGMENTS_H

#include "base/error.h"
#include "intake/walk.h"

struct segments {
    char **paths; /* owned, each of them; in order, the first is the path that was asked for */
    size_t count;
};

/* Finds the files that belong to the image at `path`, which is of that kind: it alone where there
 * are no others. What has the next number, but is something of its own by its content, is none. -1
 * (ERROR_SOURCE) and *out empty when one in between is missing: the message names it. (A last one
 * that is missing is told by what reads the image; so is an extent.) Free it with
 * segments_free_content. */
int segments_find(const char *path, enum source_kind kind, struct segments *out, struct error *err);
void segments_free_content(struct segments *segments);

/* The segments of the image that was asked about last, so that an image of many is not looked for
 * anew with each of them. Zeros before the first time; free it with segments_free_found. */
struct segments_found {
    char *first; /* owned: the path, */
    struct segments segments;
    bool has_gap; /* and one of them is missing */
    size_t at;
};

void segments_free_found(struct segments_found *found);

/* The entry of the walk that the file is a later segment of, or NULL where it is none: for those
 * entries that are no sources of their own. `kind` is the file's. */
const struct walk_entry *segments_find_first(const struct walk *walk,
                                             const struct walk_entry *entry, enum source_kind kind,
                                             struct segments_found *found);

#endif
