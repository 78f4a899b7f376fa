/* SPDX-License-Identifier: Apache-2.0 */
#include "report/word_count.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct word_count *find_row(const struct word_counts *counts, const char *word)
{
    for (size_t index = 0; index < counts->row_count; index++)
        if (strcmp(counts->rows[index].word, word) == 0)
            return &counts->rows[index];
    return NULL;
}

void word_counts_add(struct word_counts *counts, const char *word, uint64_t more)
{
    struct word_count *row = find_row(counts, word);

    if (row == NULL) {
        counts->rows = memory_grow(counts->rows, counts->row_count, sizeof(*counts->rows));
        row = &counts->rows[counts->row_count++];
        *row = (struct word_count){.word = memory_copy_text(word)};
    }
    row->count += more;
}

uint64_t word_counts_get(const struct word_counts *counts, const char *word)
{
    const struct word_count *row = find_row(counts, word);

    return row != NULL ? row->count : 0;
}

void word_counts_free_content(struct word_counts *counts)
{
    for (size_t index = 0; index < counts->row_count; index++)
        free(counts->rows[index].word);
    free(counts->rows);
    *counts = (struct word_counts){0};
}
