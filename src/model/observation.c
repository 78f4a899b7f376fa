/* SPDX-License-Identifier: Apache-2.0 */
#include "model/observation.h"

#include <string.h>

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
