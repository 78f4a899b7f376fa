/* SPDX-License-Identifier: Apache-2.0 */
/* mutant: changed copies of logs, one to four changes each, for trying the reader on. A number and
 * a seed give the same mutant each time, whatever was made before it. */
#ifndef SPPTRIAGE_TESTS_MUTANT_H
#define SPPTRIAGE_TESTS_MUTANT_H

#include <stddef.h>
#include <stdint.h>

/* The seed that a run has unless MUTANT_SEED in the environment says another. */
#define MUTANT_SEED 20190108

/* What mutants are made of. Starts as zeros. */
struct stock {
    struct stock_log *logs; /* owned */
    size_t log_count;
    size_t *selected; /* owned: of the logs, those with records of the event table */
    size_t selected_count;
};

/* Adds the log, cut into logs of a few chunks each. A copy is made. */
void stock_add(struct stock *stock, const char *name, const uint8_t *bytes, size_t size_bytes);

/* Adds every log in or below the folder, in order of their paths; 0: there was none. */
size_t stock_add_folder(struct stock *stock, const char *folder);

/* Adds logs made by tests/fixtures: events of interest in every manner of writing, values of every
 * type, wrapped logs with remnants (tests/made.h). */
void stock_add_made(struct stock *stock);

void stock_free_content(struct stock *stock);

struct mutant {
    uint8_t *bytes; /* owned */
    size_t size_bytes;
    char *story; /* owned: of which log, and what was done to it */
};

void mutant_make(const struct stock *stock, uint64_t seed, uint64_t number, struct mutant *out);
void mutant_free_content(struct mutant *mutant);

#endif
