/* SPDX-License-Identifier: Apache-2.0 */
/* differential: our own reader against a full decode by libevtx, record by record. */
#ifndef SPPTRIAGE_TESTS_DIFFERENTIAL_H
#define SPPTRIAGE_TESTS_DIFFERENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* What the comparison of a log found. Starts as zeros. */
struct differential {
    uint64_t both;        /* records that both readers decode, with the same result */
    uint64_t ours_only;   /* that libevtx cannot decode */
    uint64_t theirs_only; /* that only libevtx decodes, */
    uint64_t different;   /* or reads otherwise: these two must stay 0 */
    uint64_t neither;
    struct text remarks; /* on the last two kinds, a line each */
};

/* Walks every chunk of the log in `bytes` and has both readers decode every record of the walk:
 * all fields and strings of the event, and what selection tells of it (its row of the event
 * table, times, computer). `name` is used in remarks. */
void differential_compare(const char *name, const uint8_t *bytes, size_t size_bytes,
                          struct differential *out);

#endif
