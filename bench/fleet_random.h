/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_random: numbers that look random and are the same in every run (splitmix64). The state is
 * one number, so that a maker can be put back to an earlier state. */
#ifndef SPPTRIAGE_BENCH_FLEET_RANDOM_H
#define SPPTRIAGE_BENCH_FLEET_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* A number from 0 to `limit` - 1; `limit` is far below 2^64, so the tail does not matter. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return random_next(state) % limit;
}

#endif
