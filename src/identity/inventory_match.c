/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/inventory_match.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/earlier_names.h"
#include "identity/name.h"

/* Names of machines and hosts as keys of one table. */
struct matcher {
    struct name_table names;
    size_t *machine_of; /* of each key: the machine with that newest name, or MACHINE_NONE */
    size_t *owner_of;   /* of each key: the machine that has the name in whatever form; behind the
                           machines' numbers, a host without one; or MACHINE_NONE */
    bool *taken;        /* of each machine */
};

static void matcher_begin(struct matcher *matcher, const struct inventory_host *hosts,
                          size_t host_count, const struct machines *machines)
{
    for (size_t machine = 0; machine < machines->count; machine++) {
        name_table_add(&matcher->names, machines->items[machine].name);
        for (size_t alias = 0; alias < machines->items[machine].alias_count; alias++)
            name_table_add(&matcher->names, machines->items[machine].aliases[alias]);
    }
    for (size_t host = 0; host < host_count; host++)
        name_table_add(&matcher->names, hosts[host].name);
    name_table_seal(&matcher->names);
    matcher->machine_of = memory_allocate(matcher->names.count, sizeof(*matcher->machine_of));
    matcher->taken = memory_allocate(machines->count, sizeof(*matcher->taken));
    for (size_t key = 0; key < matcher->names.count; key++)
        matcher->machine_of[key] = MACHINE_NONE;
    for (size_t machine = 0; machine < machines->count; machine++) {
        size_t key = name_table_find(&matcher->names, machines->items[machine].name);

        matcher->machine_of[key] = machine;
        if (name_table_is_shared(&matcher->names, key))
            machines->items[machine].shared_name = true;
    }
}

static void matcher_end(struct matcher *matcher)
{
    free(matcher->machine_of);
    free(matcher->owner_of);
    free(matcher->taken);
    name_table_free_content(&matcher->names);
}

static size_t find_exact(const struct matcher *matcher, const char *host)
{
    return matcher->machine_of[name_table_find(&matcher->names, host)];
}

/* For a host with no machine of that very name: that of the one full name that a short one means,
 * or of the short name that means this full one. */
static size_t find_other_form(const struct matcher *matcher, const char *host)
{
    size_t key = name_table_find(&matcher->names, host);
    size_t label_length = strcspn(host, ".");
    size_t found = matcher->machine_of[name_table_meaning(&matcher->names, key)];

    if (found == MACHINE_NONE && host[label_length] == '.' && label_length > 0) {
        char *label = memory_copy_bytes(host, label_length);
        size_t label_key = name_table_find(&matcher->names, label);

        free(label);
        if (label_key != NAME_NONE && name_table_meaning(&matcher->names, label_key) == key)
            found = matcher->machine_of[label_key];
    }
    return found;
}

/* Tells whose the names are, once hosts were matched by their short and full forms. */
static void find_owners(struct matcher *matcher, const struct inventory_host *hosts,
                        size_t host_count, const struct machines *machines)
{
    size_t count = matcher->names.count;

    matcher->owner_of = memory_allocate(count, sizeof(*matcher->owner_of));
    for (size_t key = 0; key < count; key++)
        matcher->owner_of[key] = matcher->machine_of[key];
    for (size_t host = 0; host < host_count; host++) {
        size_t key = name_table_find(&matcher->names, hosts[host].name);

        matcher->owner_of[key] = hosts[host].machine != MACHINE_NONE
                                     ? hosts[host].machine
                                     : machines->count + name_table_meaning(&matcher->names, key);
    }
}

/* For a host of which no form is a machine's name: the one machine whose NetBIOS name that is. */
static size_t find_cut_off(const struct matcher *matcher, struct inventory_host *host,
                           const struct machines *machines)
{
    size_t key = name_table_find(&matcher->names, host->name);
    struct name_range full = name_table_full_names(&matcher->names, key);
    size_t owner;

    if (full.end > full.first) {
        host->shared = name_table_is_shared(&matcher->names, key);
        return MACHINE_NONE;
    }
    owner = name_table_netbios_owner(&matcher->names, matcher->owner_of, host->name, &host->shared);
    return owner < machines->count ? owner : MACHINE_NONE;
}

static char *make_reason(const struct matcher *matcher, const struct inventory_host *host,
                         const struct machines *machines, const struct earlier_names *earlier)
{
    size_t own_key = name_table_find(&matcher->names, host->name);
    size_t key = name_table_meaning(&matcher->names, own_key);
    struct text owners = {0};
    struct text out = {0};

    text_add(&out, "nothing was collected for this host");
    if (host->shared)
        text_add(&out, name_table_is_shared(&matcher->names, own_key)
                           ? "; several fully qualified names begin with this one"
                           : "; several longer names begin with this one");
    earlier_names_add_owners(earlier, matcher->names.folded[key], machines, &owners);
    if (owners.length_bytes > 0)
        text_add_format(&out, "; it is an earlier name of %s", text_get(&owners));
    text_free(&owners);
    return text_take(&out);
}

static void take(struct matcher *matcher, struct inventory_host *host)
{
    if (host->machine == MACHINE_NONE)
        return;
    host->repeated = matcher->taken[host->machine];
    matcher->taken[host->machine] = true;
}

void inventory_match(struct inventory_host *hosts, size_t host_count, struct machines *machines)
{
    struct matcher matcher = {0};
    struct earlier_names earlier = {0};

    if (host_count == 0)
        return;
    matcher_begin(&matcher, hosts, host_count, machines);
    earlier_names_list(&earlier, machines);
    for (size_t index = 0; index < host_count; index++) {
        hosts[index].machine = find_exact(&matcher, hosts[index].name);
        take(&matcher, &hosts[index]);
    }
    for (size_t index = 0; index < host_count; index++) {
        if (hosts[index].machine != MACHINE_NONE)
            continue;
        hosts[index].machine = find_other_form(&matcher, hosts[index].name);
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
            host->reason = make_reason(&matcher, host, machines, &earlier);
    }
    earlier_names_free_content(&earlier);
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
