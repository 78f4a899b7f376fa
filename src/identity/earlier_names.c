/* SPDX-License-Identifier: Apache-2.0 */
/* Earlier names, to say of a host whose name it once was. */

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "identity/machine.h"
#include "model/hostname.h"

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
                (struct earlier_name){text_fold(machines->items[machine].aliases[alias]), machine,
                                      machines->items[machine].alias_filetimes[alias]};
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

/* Returns the first of that name; *count: how many there are. */
static const struct earlier_name *find(const struct earlier_names *names, const char *folded,
                                       size_t *count)
{
    struct earlier_name sought = {.folded = (char *)folded};
    size_t first =
        array_lower_bound(names->items, names->count, sizeof(*names->items), &sought, compare);

    *count = 0;
    while (first + *count < names->count &&
           strcmp(names->items[first + *count].folded, folded) == 0)
        (*count)++;
    return *count > 0 ? &names->items[first] : NULL;
}

void machines_add_renamed(const struct machines *machines, const char *name, struct text *out)
{
    char *folded = text_fold(name);
    size_t count;
    const struct earlier_name *first = find(&machines->earlier, folded, &count);

    for (size_t index = 0; index < count; index++)
        text_add_format(out, "%s%s", index > 0 ? ", " : "",
                        machines->items[first[index].machine].name);
    free(folded);
}

/* Of earlier names, while those are looked for that are one with a name. */
struct earlier_search {
    const struct earlier_names *names;
    size_t machine; /* whose they are; MACHINE_NONE: nobody's yet */
    bool several;
    uint64_t last_filetime;
};

static void take(struct earlier_search *search, const struct earlier_name *name)
{
    search->several =
        search->several || (search->machine != MACHINE_NONE && search->machine != name->machine);
    search->machine = name->machine;
    if (name->last_filetime > search->last_filetime)
        search->last_filetime = name->last_filetime;
}

static void search_name(struct earlier_search *search, const char *folded)
{
    size_t count;
    const struct earlier_name *first = find(search->names, folded, &count);

    for (size_t index = 0; index < count; index++)
        take(search, &first[index]);
}

/* The full forms of a short name come one after the other. */
static void search_full_forms(struct earlier_search *search, const char *folded)
{
    const struct earlier_names *names = search->names;
    char *start = memory_format("%s.", folded);
    struct earlier_name sought = {.folded = start};

    for (size_t index =
             array_lower_bound(names->items, names->count, sizeof(*names->items), &sought, compare);
         index < names->count && !search->several &&
         strncmp(names->items[index].folded, start, strlen(start)) == 0;
         index++)
        take(search, &names->items[index]);
    free(start);
}

/* A day is for clocks. */
size_t machine_of_earlier_name(const struct machines *machines, const char *name, uint64_t filetime)
{
    struct earlier_search search = {.names = &machines->earlier, .machine = MACHINE_NONE};
    char *folded = text_fold(name);

    search_name(&search, folded);
    if (strchr(folded, '.') == NULL) {
        search_full_forms(&search, folded);
    } else {
        folded[hostname_label_bytes(folded)] = '\0';
        search_name(&search, folded);
    }
    free(folded);
    return !search.several && filetime <= search.last_filetime + FILETIME_DAY ? search.machine
                                                                              : MACHINE_NONE;
}
