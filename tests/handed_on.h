/* SPDX-License-Identifier: Apache-2.0 */
/* judge: what the reader hands on of a log, against what libevtx reads of its chunks. */
#ifndef SPPTRIAGE_TESTS_JUDGE_H
#define SPPTRIAGE_TESTS_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/source.h"

/* What the reader handed on, copied, in its order. Starts as zeros. */
struct judged_log {
    struct handed *handed; /* owned */
    size_t count;
    struct source_facts facts;
    struct error err; /* where it could not be read at all */
};

/* Has the log reader read the bytes as a file. */
void judge_read(const uint8_t *bytes, size_t size_bytes, bool skip_reference,
                struct judged_log *out);
void judge_free_content(struct judged_log *log);

struct judgement {
    uint64_t compared;    /* events that both read */
    uint64_t undecodable; /* events of libevtx that our reader calls undecodable */
    uint64_t repeats;     /* that lie between two that were handed on */
    uint64_t excused;     /* read otherwise, where libevtx is known to be wrong */
    struct text faults;   /* what must not be, or empty */
};

/* Compares chunk by chunk. `ours` was read without libevtx, `whole` with it. */
void judge_compare(const uint8_t *bytes, size_t size_bytes, const struct judged_log *ours,
                   const struct judged_log *whole, struct judgement *out);

#endif
