/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lookup.h"

#include <string.h>

#include "base/text.h"

const char *word_set_word(const struct word_set *set, unsigned member)
{
    assert(member < set->count);
    return set->words[member];
}

bool word_set_find(const struct word_set *set, const char *word, unsigned *member)
{
    for (size_t index = 0; index < set->count; index++)
        if (strcmp(set->words[index], word) == 0) {
            *member = (unsigned)index;
            return true;
        }
    return false;
}

char *word_set_list(const struct word_set *set, uint32_t members)
{
    struct text out = {0};

    for (size_t index = 0; index < set->count; index++)
        if ((members >> index & 1u) != 0)
            text_add_item(&out, set->words[index]);
    return text_take(&out);
}
