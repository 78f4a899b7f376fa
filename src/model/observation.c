/* SPDX-License-Identifier: Apache-2.0 */
#include "model/observation.h"

#include <string.h>

static const char *const verified_list[] = {
    [VERIFIED_NOT_ASKED] = "",
    [VERIFIED_YES] = "yes",
    [VERIFIED_NO] = "no",
    [VERIFIED_CONFLICT] = "conflict",
};
_Static_assert(ARRAY_COUNT(verified_list) == VERIFIED_COUNT, "a value has no word");
const struct word_table verified_words = WORDS_OF_LIST(verified_list);

const char *observation_value(const struct observation *observation, size_t index)
{
    return index < observation->string_count ? observation->strings[index].value : NULL;
}

const char *observation_named(const struct observation *observation, const char *name)
{
    for (size_t index = 0; index < observation->string_count; index++)
        if (strcmp(observation->strings[index].name, name) == 0)
            return observation->strings[index].value;
    return NULL;
}
