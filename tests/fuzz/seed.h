/* SPDX-License-Identifier: Apache-2.0 */
/* seed: files that a fuzz target begins with. */
#ifndef SPPTRIAGE_FUZZ_SEED_H
#define SPPTRIAGE_FUZZ_SEED_H

#include <stddef.h>

/* Writes the seed of that number to the folder; ends the program when it cannot. */
void seed_write(const char *folder, unsigned number, const void *bytes, size_t size_bytes);

#endif
