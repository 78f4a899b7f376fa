/* SPDX-License-Identifier: Apache-2.0 */
/* Which hosts of an inventory are which machines. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/machine.h"

struct inventory_matcher {
    struct host_table hosts; /* newest names of machines, and all other names without one */
    size_t *owner_of;        /* of each key: the machine that has the name in whatever form; behind
                                the machines' numbers, a host without one; or MACHINE_NONE */
    bool *taken;             /* of each machine */
};

/* The machine of that very name; of several, the first. */
static size_t find_exact(const struct inventory_matcher *matcher, const char *host)
{
    return matcher->hosts.machine_of[name_table_find(&matcher->hosts.names, host)];
}

static void matcher_begin(struct inventory_matcher *matcher, const struct inventory_host *hosts,
                          size_t host_count, const struct machines *machines)
{
    for (size_t machine = 0; machine < machines->count; machine++) {
        name_table_add(&matcher->hosts.names, machines->items[machine].name);
        for (size_t alias = 0; alias < machines->items[machine].alias_count; alias++)
            name_table_add(&matcher->hosts.names, machines->items[machine].aliases[alias]);
    }
    for (size_t host = 0; host < host_count; host++)
        name_table_add(&matcher->hosts.names, hosts[host].name);
    host_table_seal(&matcher->hosts);
    matcher->taken = memory_allocate(machines->count, sizeof(*matcher->taken));
    for (size_t machine = 0; machine < machines->count; machine++) {
        const char *name = machines->items[machine].name;

        if (find_exact(matcher, name) == MACHINE_NONE)
            host_table_set(&matcher->hosts, name, machine);
        if (name_table_is_shared(&matcher->hosts.names,
                                 name_table_find(&matcher->hosts.names, name)))
            machines->items[machine].shared_name = true;
    }
}

static void matcher_end(struct inventory_matcher *matcher)
{
    free(matcher->owner_of);
    free(matcher->taken);
    host_table_free_content(&matcher->hosts);
}

/* Tells whose the names are, once hosts were matched by their short and full forms. */
static void find_owners(struct inventory_matcher *matcher, const struct inventory_host *hosts,
                        size_t host_count, const struct machines *machines)
{
    size_t count = matcher->hosts.names.count;

    matcher->owner_of = memory_allocate(count, sizeof(*matcher->owner_of));
    for (size_t key = 0; key < count; key++)
        matcher->owner_of[key] = matcher->hosts.machine_of[key];
    for (size_t host = 0; host < host_count; host++) {
        size_t key = name_table_find(&matcher->hosts.names, hosts[host].name);

        matcher->owner_of[key] =
            hosts[host].machine != MACHINE_NONE
                ? hosts[host].machine
                : machines->count + name_table_meaning(&matcher->hosts.names, key);
    }
}

/* For a host of which no form is a machine's name: the one machine whose NetBIOS name that is. */
static size_t find_cut_off(const struct inventory_matcher *matcher, struct inventory_host *host,
                           const struct machines *machines)
{
    size_t key = name_table_find(&matcher->hosts.names, host->name);
    struct name_range full = name_table_full_names(&matcher->hosts.names, key);
    size_t owner;

    if (full.end > full.first) {
        host->shared = name_table_is_shared(&matcher->hosts.names, key);
        return MACHINE_NONE;
    }
    owner = name_table_netbios_owner(&matcher->hosts.names, matcher->owner_of, host->name,
                                     &host->shared);
    return owner < machines->count ? owner : MACHINE_NONE;
}

static char *make_reason(const struct inventory_matcher *matcher, const struct inventory_host *host,
                         const struct machines *machines)
{
    size_t own_key = name_table_find(&matcher->hosts.names, host->name);
    size_t key = name_table_meaning(&matcher->hosts.names, own_key);
    struct text owners = {0};
    struct text out = {0};

    text_add(&out, "nothing was collected for this host");
    if (host->shared)
        text_add(&out, name_table_is_shared(&matcher->hosts.names, own_key)
                           ? "; several fully qualified names begin with this one"
                           : "; several longer names begin with this one");
    machines_add_renamed(machines, matcher->hosts.names.folded[key], &owners);
    if (owners.length_bytes > 0)
        text_add_format(&out, "; it is an earlier name of %s", text_get(&owners));
    text_free(&owners);
    return text_take(&out);
}

static void take(struct inventory_matcher *matcher, struct inventory_host *host)
{
    if (host->machine == MACHINE_NONE)
        return;
    host->repeated = matcher->taken[host->machine];
    matcher->taken[host->machine] = true;
}

void inventory_match(struct inventory_host *hosts, size_t host_count, struct machines *machines)
{
    struct inventory_matcher matcher = {0};

    if (host_count == 0)
        return;
    matcher_begin(&matcher, hosts, host_count, machines);
    for (size_t index = 0; index < host_count; index++) {
        hosts[index].machine = find_exact(&matcher, hosts[index].name);
        take(&matcher, &hosts[index]);
    }
    for (size_t index = 0; index < host_count; index++) {
        if (hosts[index].machine != MACHINE_NONE)
            continue;
        hosts[index].machine = host_table_machine(&matcher.hosts, hosts[index].name);
        take(&matcher, &hosts[index]);
    }
    find_owners(&matcher, hosts, host_count, machines);
    for (size_t index = 0; index < host_count; index++) {
        struct inventory_host *host = &hosts[index];

        if (host->machine != MACHINE_NONE)
            continue;
        host->machine = find_cut_off(&matcher, host, machines);
        take(&matcher, host);
        if (host->machine == MACHINE_NONE)
            host->reason = make_reason(&matcher, host, machines);
    }
    matcher_end(&matcher);
}

void inventory_free(struct inventory_host *hosts, size_t host_count)
{
    for (size_t index = 0; index < host_count; index++) {
        free(hosts[index].name);
        free(hosts[index].reason);
    }
    free(hosts);
}
