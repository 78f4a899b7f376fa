/* SPDX-License-Identifier: Apache-2.0 */
/* First the witnesses that name their host, since they tell of whom a folder is to those that do
 * not. Names of machines and hosts are keys of one table, those of folders of another: a folder
 * called `pc1.old` is no fully qualified name that PC1 could mean. */
#include "verdict/witness.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "verdict/name.h"

/* Names with the machines they stand for. */
struct named_machines {
    struct name_table names;
    size_t *machine_of;     /* of each key: the machine, or MACHINE_NONE */
    const char **spellings; /* of each key: as it is first written */
};

struct matcher {
    struct machines *machines;
    struct named_machines hosts;
    struct named_machines folders;
    char **folder_names;         /* owned: of each witness without a name, or NULL */
    struct machine_places named; /* of witnesses that name their host */
};

static void named_machines_seal(struct named_machines *named)
{
    name_table_seal(&named->names);
    named->machine_of = memory_allocate(named->names.count, sizeof(*named->machine_of));
    named->spellings = memory_allocate(named->names.count, sizeof(char *));
    for (size_t key = 0; key < named->names.count; key++)
        named->machine_of[key] = MACHINE_NONE;
}

static void named_machines_free_content(struct named_machines *named)
{
    free(named->machine_of);
    free(named->spellings);
    name_table_free_content(&named->names);
}

static void spell(struct named_machines *named, const char *name)
{
    size_t key = name_table_find(&named->names, name);

    if (named->spellings[key] == NULL)
        named->spellings[key] = name;
}

static bool names_its_host(const struct witness *witness)
{
    return *witness->said.name != '\0';
}

static void matcher_begin(struct matcher *matcher, const struct witness *witnesses, size_t count)
{
    const struct machines *machines = matcher->machines;

    matcher->folder_names = memory_allocate(count, sizeof(char *));
    for (size_t machine = 0; machine < machines->count; machine++)
        name_table_add(&matcher->hosts.names, machines->items[machine].name);
    for (size_t index = 0; index < count; index++) {
        if (names_its_host(&witnesses[index])) {
            name_table_add(&matcher->hosts.names, witnesses[index].said.name);
            continue;
        }
        matcher->folder_names[index] = machine_folder_name(witnesses[index].said.path);
        name_table_add(&matcher->folders.names, matcher->folder_names[index]);
    }
    named_machines_seal(&matcher->hosts);
    named_machines_seal(&matcher->folders);
    for (size_t machine = 0; machine < machines->count; machine++)
        matcher->hosts
            .machine_of[name_table_find(&matcher->hosts.names, machines->items[machine].name)] =
            machine;
    for (size_t index = 0; index < count; index++) {
        if (names_its_host(&witnesses[index]))
            spell(&matcher->hosts, witnesses[index].said.name);
        else
            spell(&matcher->folders, matcher->folder_names[index]);
    }
}

static void matcher_end(struct matcher *matcher, size_t count)
{
    for (size_t index = 0; index < count; index++)
        free(matcher->folder_names[index]);
    free(matcher->folder_names);
    named_machines_free_content(&matcher->hosts);
    named_machines_free_content(&matcher->folders);
    machine_places_free_content(&matcher->named);
}

/* For a fully qualified name without a machine: that of the short name which means it, or none. */
static size_t machine_of_label(const struct named_machines *hosts, size_t key, const char *name)
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

/* The machine of that name, or of the other form of it, made where there is none. */
static size_t machine_of_host(struct matcher *matcher, const char *name)
{
    struct named_machines *hosts = &matcher->hosts;
    size_t key = name_table_find(&hosts->names, name);
    size_t meaning = name_table_meaning(&hosts->names, key);
    size_t machine = hosts->machine_of[key];

    if (machine == MACHINE_NONE)
        machine = hosts->machine_of[meaning];
    if (machine == MACHINE_NONE)
        machine = machine_of_label(hosts, key, name);
    if (machine != MACHINE_NONE)
        return machine;
    machine = machines_add(matcher->machines, hosts->spellings[meaning]);
    matcher->machines->items[machine].shared_name = name_table_is_shared(&hosts->names, meaning);
    hosts->machine_of[meaning] = machine;
    return machine;
}

/* The machine that answers to the name of a folder, made where there is none. */
static size_t machine_of_folder(struct matcher *matcher, const char *name)
{
    struct named_machines *hosts = &matcher->hosts;
    struct named_machines *folders = &matcher->folders;
    size_t key = name_table_find(&folders->names, name);
    size_t host_key = name_table_find(&hosts->names, name);

    if (folders->machine_of[key] != MACHINE_NONE)
        return folders->machine_of[key];
    if (host_key == NAME_NONE)
        host_key = name_table_find_full(&hosts->names, name);
    if (host_key != NAME_NONE)
        folders->machine_of[key] = machine_of_host(matcher, hosts->names.folded[host_key]);
    else
        folders->machine_of[key] = machines_add(matcher->machines, folders->spellings[key]);
    return folders->machine_of[key];
}

/* Its own name wins; where it contradicts the place, that is said. */
static void match_named(struct matcher *matcher, struct witness *witness)
{
    const struct case_witness *said = &witness->said;
    size_t near = machines_near(matcher->machines, said->path);

    if (near != MACHINE_NONE && machine_answers_to(&matcher->machines->items[near], said->name)) {
        witness->machine = near;
        return;
    }
    witness->machine = machine_of_host(matcher, said->name);
    if (near != MACHINE_NONE && near != witness->machine)
        witness->remark =
            memory_format("it names the host %s, but lies among logs of %s: the name counts",
                          said->name, matcher->machines->items[near].name);
}

static void match_nameless(struct matcher *matcher, struct witness *witness, const char *folder)
{
    witness->machine = machines_near_named(matcher->machines, &matcher->named, witness->said.path);
    if (witness->machine != MACHINE_NONE)
        return;
    witness->machine = machine_of_folder(matcher, folder);
    witness->remark = memory_format("no host is named in it, nor exactly one beside it: taken for "
                                    "that of the folder's name, %s",
                                    matcher->machines->items[witness->machine].name);
}

static void add_named_place(struct matcher *matcher, const struct witness *witness)
{
    struct machine_places *named = &matcher->named;

    named->items = memory_grow(named->items, named->count, sizeof(*named->items));
    named->items[named->count++] = (struct machine_place){
        .path = memory_copy_text(witness->said.path), .machine = witness->machine};
}

void witnesses_match(struct witness *witnesses, size_t count, struct machines *machines)
{
    struct matcher matcher = {.machines = machines};

    if (count == 0)
        return;
    matcher_begin(&matcher, witnesses, count);
    for (size_t index = 0; index < count; index++)
        if (names_its_host(&witnesses[index])) {
            match_named(&matcher, &witnesses[index]);
            add_named_place(&matcher, &witnesses[index]);
        }
    machine_places_sort(&matcher.named);
    for (size_t index = 0; index < count; index++)
        if (!names_its_host(&witnesses[index]))
            match_nameless(&matcher, &witnesses[index], matcher.folder_names[index]);
    matcher_end(&matcher, count);
}

void witnesses_free(struct witness *witnesses, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        free((char *)witnesses[index].said.path);
        free((char *)witnesses[index].said.name);
        free(witnesses[index].remark);
    }
    free(witnesses);
}
