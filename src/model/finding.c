/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include <string.h>

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = {
        [FINDING_HISTORY] = "history", [FINDING_HISTORY_ROW] = "history-row",
        [FINDING_LISTING] = "listing", [FINDING_ENTRY] = "entry",
        [FINDING_LICENCE] = "licence", [FINDING_SYSTEM] = "system",
    };

    return names[kind];
}

const char *finding_value(const struct finding *finding, const char *name)
{
    for (size_t index = 0; index < finding->field_count; index++)
        if (strcmp(finding->fields[index].name, name) == 0)
            return finding->fields[index].value;
    return "";
}
