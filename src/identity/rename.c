/* SPDX-License-Identifier: Apache-2.0 */
/* In each folder the names that logs end with are joined to groups, each named by its newest
 * name. A name that is an earlier one of machines of exactly one other group joins that group;
 * this is done until nothing changes, so that a name whose several later names turned out to be
 * one machine's joins too. Joining never takes a choice away from another name, so the order in
 * which names are looked at does not matter, but for names that are earlier than each other: such
 * a circle is one machine, named by the log with the latest event, and marked. Only a node that
 * stands for its group joins another one, so that a circle always leads through such a node: the
 * last one, or one at the moment that it joins. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "identity/logset.h"
#include "identity/machine.h"

/* One name that logs of the folder end with. */
struct rename_node {
    size_t key;
    size_t parent;                     /* towards the node that stands for its group */
    const struct rename_place *latest; /* of the logs that end with this name */
    bool circular;                     /* a circle of names leads through it */
};

struct rename_folder {
    struct rename_node *nodes; /* ascending by key */
    size_t node_count;
    const struct rename_pair *pairs; /* ascending, distinct */
    size_t pair_count;
};

static int compare_folders(const struct rename_place *left, const struct rename_place *right)
{
    size_t left_length = left->tree_length, right_length = right->tree_length;
    size_t length = left_length < right_length ? left_length : right_length;
    int order = memcmp(left->path, right->path, length);

    return order != 0 ? order : (left_length > right_length) - (left_length < right_length);
}

static int compare_places(const void *left_item, const void *right_item)
{
    const struct rename_place *left = left_item;
    const struct rename_place *right = right_item;
    int order = compare_folders(left, right);

    if (order == 0)
        order = (left->key > right->key) - (left->key < right->key);
    return order != 0 ? order : strcmp(left->path, right->path);
}

static int compare_pairs(const void *left_item, const void *right_item)
{
    const struct rename_pair *left = left_item;
    const struct rename_pair *right = right_item;
    int order = (left->earlier > right->earlier) - (left->earlier < right->earlier);

    return order != 0 ? order : (left->later > right->later) - (left->later < right->later);
}

/* The later names of that earlier one: *count pairs from the returned one on. */
static const struct rename_pair *find_later(const struct rename_folder *folder, size_t earlier,
                                            size_t *count)
{
    struct rename_pair sought = {.earlier = earlier};
    size_t first = array_lower_bound(folder->pairs, folder->pair_count, sizeof(*folder->pairs),
                                     &sought, compare_pairs);
    size_t end;

    for (end = first; end < folder->pair_count && folder->pairs[end].earlier == earlier; end++)
        ;
    *count = end - first;
    return &folder->pairs[first];
}

static int compare_nodes(const void *left_item, const void *right_item)
{
    const struct rename_node *left = left_item;
    const struct rename_node *right = right_item;

    return (left->key > right->key) - (left->key < right->key);
}

static struct rename_node *find_node(const struct rename_folder *folder, size_t key)
{
    struct rename_node sought = {.key = key};

    return bsearch(&sought, folder->nodes, folder->node_count, sizeof(sought), compare_nodes);
}

static size_t find_group(const struct rename_folder *folder, size_t node)
{
    while (folder->nodes[node].parent != node)
        node = folder->nodes[node].parent;
    return node;
}

struct rename_choice {
    size_t count;    /* of other groups of which the name is an earlier one; 2 or more: several */
    size_t group;    /* the last of them */
    bool own_circle; /* it is also earlier than a name of its own group */
};

/* Notes that the node's name is an earlier one of `other`, which may be NULL. */
static void note_later(const struct rename_folder *folder, size_t own,
                       const struct rename_node *other, struct rename_choice *choice)
{
    size_t group;

    if (other == NULL)
        return;
    group = find_group(folder, (size_t)(other - folder->nodes));
    if (group == own) {
        choice->own_circle = true;
    } else if (choice->count == 0 || group != choice->group) {
        choice->group = group;
        choice->count++;
    }
}

/* The name of an image is an earlier one of every clone in the case, while a host's own folder
 * has a few names; a flat folder can have all of them: so the shorter list is gone through. */
static struct rename_choice find_choice(const struct rename_folder *folder, size_t node)
{
    struct rename_choice choice = {0};
    size_t own = find_group(folder, node);
    size_t count;
    const struct rename_pair *later = find_later(folder, folder->nodes[node].key, &count);

    for (size_t index = 0; count <= folder->node_count && index < count; index++)
        note_later(folder, own, find_node(folder, later[index].later), &choice);
    for (size_t index = 0; count > folder->node_count && index < folder->node_count; index++) {
        struct rename_pair pair = {folder->nodes[node].key, folder->nodes[index].key};

        if (bsearch(&pair, later, count, sizeof(pair), compare_pairs) != NULL)
            note_later(folder, own, &folder->nodes[index], &choice);
    }
    return choice;
}

static void join_groups(struct rename_folder *folder)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t node = 0; node < folder->node_count; node++) {
            struct rename_choice choice = find_choice(folder, node);

            if (choice.count != 1)
                continue;
            folder->nodes[node].circular = choice.own_circle;
            folder->nodes[find_group(folder, node)].parent = choice.group;
            changed = true;
        }
    }
}

static bool place_is_later(const struct rename_place *left, const struct rename_place *right)
{
    return left->last_filetime != right->last_filetime ? left->last_filetime > right->last_filetime
                                                       : strcmp(left->path, right->path) < 0;
}

/* Marks the node that stands for a group with a circle. */
static void mark_circles(struct rename_folder *folder)
{
    for (size_t node = 0; node < folder->node_count; node++) {
        size_t group = find_group(folder, node);

        if (folder->nodes[node].circular || (group == node && find_choice(folder, node).own_circle))
            folder->nodes[group].circular = true;
    }
}

/* The name of each group, in an array by the node that stands for it. */
static size_t *name_groups(const struct rename_folder *folder)
{
    size_t *names = memory_allocate(folder->node_count, sizeof(*names));
    const struct rename_place **latest = memory_allocate(folder->node_count, sizeof(*latest));

    for (size_t node = 0; node < folder->node_count; node++) {
        size_t group = find_group(folder, node);

        if (latest[group] == NULL || place_is_later(folder->nodes[node].latest, latest[group]))
            latest[group] = folder->nodes[node].latest;
    }
    for (size_t node = 0; node < folder->node_count; node++)
        names[node] = find_group(folder, node) == node && find_choice(folder, node).own_circle
                          ? latest[node]->key
                          : folder->nodes[node].key;
    free(latest);
    return names;
}

/* Resolves the places of one folder. */
static void resolve_folder(struct rename_place *places, size_t place_count,
                           const struct rename_pair *pairs, size_t pair_count)
{
    struct rename_folder folder = {
        .nodes = memory_allocate(place_count, sizeof(*folder.nodes)),
        .pairs = pairs,
        .pair_count = pair_count,
    };
    size_t *names;

    for (size_t place = 0; place < place_count; place++) {
        struct rename_node *node = &folder.nodes[folder.node_count];

        if (place > 0 && places[place].key == places[place - 1].key) {
            node--;
            if (place_is_later(&places[place], node->latest))
                node->latest = &places[place];
            continue;
        }
        *node = (struct rename_node){
            .key = places[place].key, .parent = folder.node_count, .latest = &places[place]};
        folder.node_count++;
    }
    join_groups(&folder);
    mark_circles(&folder);
    names = name_groups(&folder);
    for (size_t place = 0; place < place_count; place++) {
        size_t node = (size_t)(find_node(&folder, places[place].key) - folder.nodes);

        places[place].owner_key = names[find_group(&folder, node)];
        places[place].circular = folder.nodes[find_group(&folder, node)].circular;
        places[place].shared = find_choice(&folder, node).count > 1;
    }
    free(names);
    free(folder.nodes);
}

void rename_resolve(struct rename_place *places, size_t place_count, struct rename_pair *pairs,
                    size_t pair_count)
{
    size_t first = 0, kept = 0;

    if (place_count == 0)
        return;
    for (size_t place = 0; place < place_count; place++)
        places[place].tree_length = machine_tree_length(places[place].path);
    qsort(places, place_count, sizeof(*places), compare_places);
    if (pair_count > 0)
        qsort(pairs, pair_count, sizeof(*pairs), compare_pairs);
    for (size_t pair = 0; pair < pair_count; pair++)
        if (kept == 0 || compare_pairs(&pairs[kept - 1], &pairs[pair]) != 0)
            pairs[kept++] = pairs[pair];
    for (size_t place = 1; place <= place_count; place++)
        if (place == place_count || compare_folders(&places[first], &places[place]) != 0) {
            resolve_folder(&places[first], place - first, pairs, kept);
            first = place;
        }
}
