/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/name.h"
#include "model/hostname.h"

void host_table_seal(struct host_table *hosts)
{
    name_table_seal(&hosts->names);
    hosts->machine_of = memory_allocate(hosts->names.count, sizeof(*hosts->machine_of));
    hosts->is_several = memory_allocate(hosts->names.count, sizeof(*hosts->is_several));
    hosts->spellings = memory_allocate(hosts->names.count, sizeof(char *));
    for (size_t key = 0; key < hosts->names.count; key++)
        hosts->machine_of[key] = NAME_NONE;
}

void host_table_free_content(struct host_table *hosts)
{
    free(hosts->machine_of);
    free(hosts->is_several);
    free(hosts->spellings);
    name_table_free_content(&hosts->names);
}

void host_table_set(struct host_table *hosts, const char *name, size_t machine)
{
    size_t key = name_table_find(&hosts->names, name);

    hosts->is_several[key] = hosts->is_several[key] || hosts->machine_of[key] != NAME_NONE;
    hosts->machine_of[key] = hosts->is_several[key] ? NAME_NONE : machine;
}

void host_table_spell(struct host_table *hosts, const char *name)
{
    size_t key = name_table_find(&hosts->names, name);

    if (hosts->spellings[key] == NULL)
        hosts->spellings[key] = name;
}

size_t host_table_find(const struct host_table *hosts, const char *name)
{
    size_t key = name_table_find(&hosts->names, name);

    return key != NAME_NONE ? key : name_table_find_full(&hosts->names, name);
}

/* The same of a key. */
static size_t machine_of_key(const struct host_table *hosts, size_t key)
{
    size_t meaning = name_table_meaning(&hosts->names, key);
    size_t short_key;

    if (hosts->machine_of[key] != NAME_NONE)
        return hosts->machine_of[key];
    if (hosts->machine_of[meaning] != NAME_NONE)
        return hosts->machine_of[meaning];
    short_key = name_table_short_name(&hosts->names, key);
    return short_key != NAME_NONE ? hosts->machine_of[short_key] : NAME_NONE;
}

/* Of a fully qualified name that is not in the table: the machine of the short one, which means no
 * other. */
static size_t machine_of_label(const struct host_table *hosts, const char *name)
{
    char *label = memory_copy_bytes(name, hostname_label_bytes(name));
    size_t key = name_table_find(&hosts->names, label);
    struct name_range full = {0};

    if (key != NAME_NONE)
        full = name_table_full_names(&hosts->names, key);
    free(label);
    return key != NAME_NONE && full.first == full.end ? hosts->machine_of[key] : NAME_NONE;
}

size_t host_table_machine(const struct host_table *hosts, const char *name)
{
    size_t key = host_table_find(hosts, name);

    return key != NAME_NONE ? machine_of_key(hosts, key) : machine_of_label(hosts, name);
}

bool host_table_is_several(const struct host_table *hosts, size_t key)
{
    size_t short_key = name_table_short_name(&hosts->names, key);

    return hosts->is_several[key] || (short_key != NAME_NONE && hosts->is_several[short_key]);
}
