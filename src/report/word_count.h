/* SPDX-License-Identifier: Apache-2.0 */
/* tally: how often each of a few words was met. A struct tally starts as zeros and owns its
 * words. Words are in the order in which they were first named. */
#ifndef SPPTRIAGE_REPORT_WORD_COUNT_H
#define SPPTRIAGE_REPORT_WORD_COUNT_H

#include <stddef.h>
#include <stdint.h>

struct tally_row {
    char *word;
    uint64_t count;
};

struct tally {
    struct tally_row *rows;
    size_t row_count;
};

/* Adds `more` to the word's count; with 0 the word only gets its place. */
void tally_add(struct tally *tally, const char *word, uint64_t more);

/* The word's count, 0 where it was never met. */
uint64_t tally_get(const struct tally *tally, const char *word);

void tally_free_content(struct tally *tally);

#endif
