/* SPDX-License-Identifier: Apache-2.0 */
/* Earlier names, to say of a host whose name it once was. */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "identity/machine.h"

static int compare(const void *left_item, const void *right_item)
{
    const struct earlier_name *left = left_item;
    const struct earlier_name *right = right_item;
    int order = strcmp(left->folded, right->folded);

    return order != 0 ? order : (left->machine > right->machine) - (left->machine < right->machine);
}

void earlier_names_list(struct earlier_names *names, const struct machines *machines)
{
    for (size_t machine = 0; machine < machines->count; machine++)
        for (size_t alias = 0; alias < machines->items[machine].alias_count; alias++) {
            names->items = memory_grow(names->items, names->count, sizeof(*names->items));
            names->items[names->count++] =
                (struct earlier_name){text_fold(machines->items[machine].aliases[alias]), machine};
        }
    if (names->count > 0)
        qsort(names->items, names->count, sizeof(*names->items), compare);
}

void earlier_names_free_content(struct earlier_names *names)
{
    for (size_t index = 0; index < names->count; index++)
        free(names->items[index].folded);
    free(names->items);
    *names = (struct earlier_names){0};
}

void machines_add_renamed(const struct machines *machines, const char *name, struct text *out)
{
    const struct earlier_names *names = &machines->earlier;
    char *folded = text_fold(name);
    struct earlier_name sought = {.folded = folded};
    size_t first =
        array_lower_bound(names->items, names->count, sizeof(*names->items), &sought, compare);

    for (size_t index = first;
         index < names->count && strcmp(names->items[index].folded, folded) == 0; index++)
        text_add_format(out, "%s%s", index > first ? ", " : "",
                        machines->items[names->items[index].machine].name);
    free(folded);
}
