/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/host_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void host_table_seal(struct host_table *hosts)
{
    name_table_seal(&hosts->names);
    hosts->machine_of = memory_allocate(hosts->names.count, sizeof(*hosts->machine_of));
    hosts->spellings = memory_allocate(hosts->names.count, sizeof(char *));
    for (size_t key = 0; key < hosts->names.count; key++)
        hosts->machine_of[key] = MACHINE_NONE;
}

void host_table_free_content(struct host_table *hosts)
{
    free(hosts->machine_of);
    free(hosts->spellings);
    name_table_free_content(&hosts->names);
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

/* For a fully qualified name without a machine: that of the short name which means it, or none. */
static size_t machine_of_label(const struct host_table *hosts, size_t key, const char *name)
{
    size_t label_length = strcspn(name, ".");
    size_t label_key = NAME_NONE;

    if (name[label_length] == '.' && label_length > 0) {
        char *label = memory_copy_bytes(name, label_length);

        label_key = name_table_find(&hosts->names, label);
        free(label);
    }
    if (label_key == NAME_NONE || name_table_meaning(&hosts->names, label_key) != key)
        return MACHINE_NONE;
    return hosts->machine_of[label_key];
}

size_t host_table_machine(const struct host_table *hosts, const char *name)
{
    size_t key = name_table_find(&hosts->names, name);
    size_t meaning = name_table_meaning(&hosts->names, key);

    if (hosts->machine_of[key] != MACHINE_NONE)
        return hosts->machine_of[key];
    if (hosts->machine_of[meaning] != MACHINE_NONE)
        return hosts->machine_of[meaning];
    return machine_of_label(hosts, key, name);
}

size_t host_table_make_machine(struct host_table *hosts, struct machines *machines,
                               const char *name)
{
    size_t meaning = name_table_meaning(&hosts->names, name_table_find(&hosts->names, name));
    size_t machine = host_table_machine(hosts, name);

    if (machine != MACHINE_NONE)
        return machine;
    machine = machines_add(machines, hosts->spellings[meaning]);
    machines->items[machine].shared_name = name_table_is_shared(&hosts->names, meaning);
    hosts->machine_of[meaning] = machine;
    return machine;
}

size_t host_table_machine_of_file(const struct host_table *hosts, const char *file_name)
{
    char *start = memory_copy_text(file_name);
    size_t found = MACHINE_NONE;
    size_t key;

    for (size_t end = strlen(start); found == MACHINE_NONE && end-- > 1;) {
        unsigned char byte = (unsigned char)start[end];

        if (byte >= 0x80 || isalnum(byte))
            continue;
        start[end] = '\0';
        key = host_table_find(hosts, start);
        if (key != NAME_NONE)
            found = host_table_machine(hosts, hosts->names.folded[key]);
    }
    free(start);
    return found;
}
