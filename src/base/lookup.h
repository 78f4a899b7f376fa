/* SPDX-License-Identifier: Apache-2.0 */
/* lookup: the words of closed sets. An enum whose values are written to a file, a report or the
 * case has one table that is indexed by it and has their words; a struct word_table says how they
 * are found in it. Values that come from outside are read back through it, which is their range
 * check, too. */
#ifndef SPPTRIAGE_BASE_LOOKUP_H
#define SPPTRIAGE_BASE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"

struct word_table {
    const char *const *first; /* the word of value 0 */
    size_t row_bytes;         /* from one word to the next */
    unsigned count;           /* of the values */
};

/* The words in a table of texts, and those in the member `word` of a table of structs. */
#define WORDS_OF_LIST(words)                                                         \
    {                                                                                \
        .first = (words), .row_bytes = sizeof(*(words)), .count = ARRAY_COUNT(words) \
    }
#define WORDS_OF_ROWS(rows, word)                                                          \
    {                                                                                      \
        .first = &(rows)[0].word, .row_bytes = sizeof(*(rows)), .count = ARRAY_COUNT(rows) \
    }

/* The word of the value, which must be one of the set. */
const char *lookup_word(const struct word_table *table, unsigned value);

/* Sets *value to the one with that word, exactly; false, and leaves *value alone, when there is
 * none. */
bool lookup_value(const struct word_table *table, const char *word, unsigned *value);

#endif
