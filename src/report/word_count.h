/* SPDX-License-Identifier: Apache-2.0 */
/* word_count: how often each of a few words was met. Counts start as zeros and own their words,
 * which are in the order in which they were first named. */
#ifndef SPPTRIAGE_REPORT_WORD_COUNT_H
#define SPPTRIAGE_REPORT_WORD_COUNT_H

#include <stddef.h>
#include <stdint.h>

struct word_count {
    char *word;
    uint64_t count;
};

struct word_counts {
    struct word_count *rows;
    size_t row_count;
};

/* Adds `more` to the word's count; with 0 the word only gets its place. */
void word_counts_add(struct word_counts *counts, const char *word, uint64_t more);

/* The word's count, 0 where it was never met. */
uint64_t word_counts_get(const struct word_counts *counts, const char *word);

void word_counts_free_content(struct word_counts *counts);

#endif
