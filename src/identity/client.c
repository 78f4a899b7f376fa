/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the requests in the log of a KMS host are: it names its clients, each of which is a machine
 * (DESIGN section 6, "What the KMS host saw"). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/machine.h"
#include "model/hostname.h"

/* Does it make a machine where there is none? */
static bool makes_machine(const struct kms_client *client)
{
    return client->has_row && client->is_known && client->decides;
}

/* Others tell nothing of what a short name means. */
static void list_names(struct host_table *hosts, const struct kms_client *clients, size_t count,
                       const struct machines *machines)
{
    for (size_t machine = 0; machine < machines->count; machine++)
        name_table_add(&hosts->names, machines->items[machine].name);
    for (size_t index = 0; index < count; index++)
        if (makes_machine(&clients[index]))
            name_table_add(&hosts->names, clients[index].name);
    host_table_seal(hosts);
    for (size_t machine = 0; machine < machines->count; machine++)
        host_table_set(hosts, machines->items[machine].name, machine);
    for (size_t index = 0; index < count; index++)
        if (makes_machine(&clients[index]))
            host_table_spell(hosts, clients[index].name);
}

/* A short name of a machine can mean either of two clients. */
static void note_shared_names(const struct host_table *hosts, struct machines *machines)
{
    for (size_t machine = 0; machine < machines->count; machine++) {
        struct machine *item = &machines->items[machine];

        if (name_table_is_shared(&hosts->names, name_table_find(&hosts->names, item->name)))
            item->shared_name = true;
    }
}

/* What the name means, as a text that compares as such; returned owned. */
static char *meaning_of(const struct host_table *hosts, const char *name)
{
    size_t key = host_table_find(hosts, name);

    return key != NAME_NONE
               ? memory_copy_text(hosts->names.folded[name_table_meaning(&hosts->names, key)])
               : text_fold(name);
}

/* When a name was met last, in any log. */
struct met_name {
    char *meaning; /* owned */
    uint64_t last_filetime;
};

static int compare_met(const void *left, const void *right)
{
    return strcmp(((const struct met_name *)left)->meaning,
                  ((const struct met_name *)right)->meaning);
}

/* Returns owned: the names of the clients that have no machine yet, in order, each once. */
static struct met_name *list_met(const struct host_table *hosts, const struct kms_client *clients,
                                 size_t count, size_t *met_count)
{
    struct met_name *met = memory_allocate(count, sizeof(*met));
    size_t listed = 0, kept = 0;

    for (size_t index = 0; index < count; index++)
        if (clients[index].machine == MACHINE_NONE && clients[index].decides)
            met[listed++] = (struct met_name){meaning_of(hosts, clients[index].name),
                                              clients[index].last_filetime};
    qsort(met, listed, sizeof(*met), compare_met);
    for (size_t index = 0; index < listed; index++) {
        if (kept == 0 || strcmp(met[kept - 1].meaning, met[index].meaning) != 0) {
            met[kept++] = met[index];
            continue;
        }
        if (met[index].last_filetime > met[kept - 1].last_filetime)
            met[kept - 1].last_filetime = met[index].last_filetime;
        free(met[index].meaning);
    }
    *met_count = kept;
    return met;
}

/* Gives those their machines that had, when they asked last, the earlier name of one: of one name
 * that is in use later than that, none. */
static void match_earlier_names(struct kms_client *clients, size_t count,
                                const struct host_table *hosts, const struct machines *machines)
{
    size_t met_count;
    struct met_name *met;

    if (machines->earlier.count == 0)
        return;
    met = list_met(hosts, clients, count, &met_count);
    for (size_t index = 0; index < count; index++) {
        struct kms_client *client = &clients[index];
        struct met_name sought = {0};
        const struct met_name *found;

        if (client->machine != MACHINE_NONE)
            continue;
        sought.meaning = meaning_of(hosts, client->name);
        found = bsearch(&sought, met, met_count, sizeof(*met), compare_met);
        if (found != NULL)
            client->machine = machine_of_earlier_name(machines, client->name, found->last_filetime);
        free(sought.meaning);
    }
    for (size_t index = 0; index < met_count; index++)
        free(met[index].meaning);
    free(met);
}

static void match_names(struct kms_client *clients, size_t count, const struct host_table *hosts)
{
    for (size_t index = 0; index < count; index++)
        if (clients[index].machine == MACHINE_NONE)
            clients[index].machine = host_table_machine(hosts, clients[index].name);
}

static void make_machines(struct kms_client *clients, size_t count, struct host_table *hosts,
                          struct machines *machines)
{
    for (size_t index = 0; index < count; index++) {
        struct kms_client *client = &clients[index];
        size_t known = machines->count;

        if (client->machine != MACHINE_NONE || !makes_machine(client))
            continue;
        client->machine = machines_of_host(machines, hosts, client->name);
        if (client->machine >= known)
            machines->items[client->machine].is_client = true;
    }
}

void kms_clients_match(struct kms_client *clients, size_t count, struct machines *machines)
{
    struct host_table hosts = {0};

    if (count == 0)
        return;
    list_names(&hosts, clients, count, machines);
    note_shared_names(&hosts, machines);
    match_names(clients, count, &hosts);
    match_earlier_names(clients, count, &hosts, machines);
    make_machines(clients, count, &hosts, machines);
    host_table_free_content(&hosts);
}

/* Is it a name of the table, in either form? */
static bool is_listed(const struct name_table *names, const char *name)
{
    char *label = memory_copy_bytes(name, hostname_label_bytes(name));
    bool is = name_table_find(names, name) != NAME_NONE ||
              name_table_find_full(names, name) != NAME_NONE ||
              name_table_find(names, label) != NAME_NONE;

    free(label);
    return is;
}

void kms_clients_note_inventory(struct kms_client *clients, size_t count,
                                const struct inventory_host *inventory, size_t inventory_count)
{
    struct name_table names = {0};

    if (count == 0)
        return;
    for (size_t index = 0; index < inventory_count; index++)
        name_table_add(&names, inventory[index].name);
    name_table_seal(&names);
    for (size_t index = 0; index < count; index++)
        clients[index].has_row = clients[index].has_row || is_listed(&names, clients[index].name);
    name_table_free_content(&names);
}

void kms_clients_free(struct kms_client *clients, size_t count)
{
    for (size_t index = 0; index < count; index++)
        free(clients[index].name);
    free(clients);
}
