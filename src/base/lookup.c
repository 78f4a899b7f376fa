/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lookup.h"

#include <assert.h>
#include <string.h>

const char *lookup_word(const struct word_table *table, unsigned value)
{
    assert(value < table->count);
    return *(const char *const *)((const char *)table->first + value * table->row_bytes);
}

bool lookup_value(const struct word_table *table, const char *word, unsigned *value)
{
    for (unsigned index = 0; index < table->count; index++)
        if (strcmp(lookup_word(table, index), word) == 0) {
            *value = index;
            return true;
        }
    return false;
}
