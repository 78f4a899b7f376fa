/* SPDX-License-Identifier: Apache-2.0 */
#include "report/word_count.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct tally_row *find_row(const struct tally *tally, const char *word)
{
    for (size_t index = 0; index < tally->row_count; index++)
        if (strcmp(tally->rows[index].word, word) == 0)
            return &tally->rows[index];
    return NULL;
}

void tally_add(struct tally *tally, const char *word, uint64_t more)
{
    struct tally_row *row = find_row(tally, word);

    if (row == NULL) {
        tally->rows = memory_grow(tally->rows, tally->row_count, sizeof(*tally->rows));
        row = &tally->rows[tally->row_count++];
        *row = (struct tally_row){.word = memory_copy_text(word)};
    }
    row->count += more;
}

uint64_t tally_get(const struct tally *tally, const char *word)
{
    const struct tally_row *row = find_row(tally, word);

    return row != NULL ? row->count : 0;
}

void tally_free_content(struct tally *tally)
{
    for (size_t index = 0; index < tally->row_count; index++)
        free(tally->rows[index].word);
    free(tally->rows);
    *tally = (struct tally){0};
}
