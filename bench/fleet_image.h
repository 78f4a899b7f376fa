/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_image: a raw image to carve, as of a disk or of its unallocated space: the chunks of many
 * machines' logs in runs of a few, at boundaries of 512 bytes and mostly not of 4096, between
 * bytes of other kinds: noise, zeros, text, and words of the format where they mean nothing. About
 * a tenth of the image is chunks. */
#ifndef SPPTRIAGE_BENCH_FLEET_IMAGE_H
#define SPPTRIAGE_BENCH_FLEET_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fleet_machine.h"

/* Writes an image of `size_mib` MiB. The machines are those of a fleet, from number 1, each with
 * a log of 16 chunks, all of it in the image but for the last machine's; `listing` gets a line for
 * each of the others (make_fleet.c). Returns 0, or -1 with errno set. */
int fleet_image_write(const char *path, size_t size_mib, const struct fleet_plan *plan,
                      FILE *listing);

#endif
