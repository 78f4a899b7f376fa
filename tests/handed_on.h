/* SPDX-License-Identifier: Apache-2.0 */
/* handed_on: what the reader hands on of a log, against what libevtx reads of its chunks. */
#ifndef SPPTRIAGE_TESTS_HANDED_ON_H
#define SPPTRIAGE_TESTS_HANDED_ON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/reader.h"

/* What the reader handed on, copied, in its order. Starts as zeros. */
struct handed_log {
    struct handed *handed; /* owned */
    size_t count;
    struct source_facts facts;
    struct error err; /* where it could not be read at all */
};

/* Has the log reader read the bytes as a file. */
void handed_on_read(const uint8_t *bytes, size_t size_bytes, bool skip_reference,
                    struct handed_log *out);
void handed_on_free_content(struct handed_log *log);

struct handed_on_result {
    uint64_t compared;    /* events that both read */
    uint64_t undecodable; /* events of libevtx that our reader calls undecodable */
    uint64_t duplicates;  /* that lie between two that were handed on */
    uint64_t excused;     /* read otherwise, where libevtx is known to be wrong */
    struct text faults;   /* what must not be, or empty */
};

/* Compares chunk by chunk. `ours` was read without libevtx, `whole` with it. */
void handed_on_compare(const uint8_t *bytes, size_t size_bytes, const struct handed_log *ours,
                       const struct handed_log *whole, struct handed_on_result *out);

#endif
