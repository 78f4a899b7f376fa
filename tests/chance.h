/* SPDX-License-Identifier: Apache-2.0 */
/* chance: numbers at random that are the same on every machine. */
#ifndef SPPTRIAGE_TESTS_CHANCE_H
#define SPPTRIAGE_TESTS_CHANCE_H

#include <stdint.h>

/* The next number; *state is not 0. Marsaglia's xorshift64*. */
static inline uint64_t chance_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

#endif
