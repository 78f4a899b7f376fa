/* SPDX-License-Identifier: Apache-2.0 */
/* verify: has libevtx, the independent second reader, read records that our own reader decoded,
 * and compares. What libevtx is known to get wrong (evtx/check/reference.h) is not a disagreement.
 */
#ifndef SPPTRIAGE_EVTX_CHECK_VERIFY_H
#define SPPTRIAGE_EVTX_CHECK_VERIFY_H

#include "base/text.h"
#include "evtx/chunk.h"
#include "model/observation.h"

struct verifier;

/* Returns owned (verifier_free). */
struct verifier *verifier_create(void) __attribute__((warn_unused_result));
void verifier_free(struct verifier *verifier);

/* Can libevtx be asked for the record without harm, and if not, is it that it expands to too much
 * (evtx/check/reference.h)? */
bool verifier_can_ask(struct verifier *verifier, const struct chunk *chunk,
                      const struct record *record, bool *is_too_much);

/* Begins a chunk and says which of its records will be asked for, in ascending order and none in
 * another, and only such that it can be asked for; all is borrowed until the next chunk begins. It
 * costs nothing until one of them is asked for: libevtx opens the chunk once, then. */
void verifier_begin_chunk(struct verifier *verifier, const struct chunk *chunk,
                          const struct record *records, size_t count);

/* Has libevtx read the record and sets observation->verified and other_reading (borrowed until the
 * next call): the two must agree on provider, event id, qualifiers, computer, channel, and on
 * names and values of the strings (DESIGN section 4). */
void verifier_check(struct verifier *verifier, const struct record *record,
                    struct observation *observation);

/* Takes the next record that libevtx recovers from the chunk behind `start_bytes`, where our own
 * walk ended, and which `is_known`, given `context`, does not know by its position in the chunk.
 * *out is borrowed until the next call. Returns false when there is none left. To be called until
 * then, after all of verifier_check. */
bool verifier_next_recovered(struct verifier *verifier, uint32_t start_bytes,
                             bool (*is_known)(const void *context, uint32_t position_bytes),
                             const void *context, struct observation *out);

/* Do both observations say the same, but for what libevtx gets wrong? `ours` is our own
 * reader's. Adds what `theirs` says otherwise to *difference. */
bool observations_agree(const struct observation *ours, const struct observation *theirs,
                        struct text *difference);

#endif
