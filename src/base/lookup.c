/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
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
        if (word_set_has(members, (unsigned)index))
            text_add_item(&out, set->words[index]);
    return text_take(&out);
}

bool word_set_find_list(const struct word_set *set, const char *list, uint32_t *members)
{
    uint32_t found = 0;

    while (*list != '\0') {
        const char *end = strstr(list, TEXT_SEPARATOR);
        char *word = memory_copy_bytes(list, end != NULL ? (size_t)(end - list) : strlen(list));
        unsigned member;
        bool known = word_set_find(set, word, &member);

        free(word);
        if (!known)
            return false;
        found |= 1u << member;
        list = end != NULL ? end + strlen(TEXT_SEPARATOR) : "";
    }
    *members = found;
    return true;
}
