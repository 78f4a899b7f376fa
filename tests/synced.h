/* SPDX-License-Identifier: Apache-2.0 */
/* synced: what a test's program brings to the disk, and in which order. Linked into a test, its
 * fsync, rename and renameat stand before those of the C library: they do the same and remember
 * it. */
#ifndef SPPTRIAGE_TESTS_SYNCED_H
#define SPPTRIAGE_TESTS_SYNCED_H

#include <stdbool.h>

/* Forgets what was remembered. */
void synced_begin(void);

/* Lets the fsync of this number (from 1) fail as on a broken disk; 0: of none. */
void synced_fail(int number);

/* Was the file at `path` brought to the disk before it got that name, and the name, by its folder
 * (`folder`), after that? */
bool synced_in_order(const char *path, const char *folder);

#endif
