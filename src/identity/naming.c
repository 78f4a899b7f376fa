/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts that the names of files and folders tell. A name is searched for hosts that are known; else
 * what it has where the files beside it have theirs is a host; else, where files that nothing else
 * is known of differ in it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/machine.h"
#include "model/hostname.h"

/* Where the names of files in a folder have that of their host. */
struct name_pattern {
    char *folder; /* owned: its path, "" for the working folder */
    bool begins, ends;
    bool folders; /* folders in it have the very names of their hosts */
};

/* What the name of a file may be of a host, while nothing says so yet. */
struct spelled_name {
    const char *path; /* borrowed */
    char *host;       /* owned */
    char *folded;     /* owned */
    size_t item;
};

const char *path_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static char *copy_folder(const char *path)
{
    return memory_copy_bytes(path, machine_folder_length(path));
}

/* Returns owned: the name of the folder, of a container as that of a file. */
static char *copy_folder_name(const char *folder)
{
    const char *name = path_last_part(folder);
    size_t length = strlen(name);

    return container_is_name(name, length) ? container_file_name(name, length)
                                           : memory_copy_text(name);
}

/* ---- Hosts that are known ---- */

static bool is_known(const void *context, const char *name)
{
    const struct namings *namings = context;
    bool several;

    return name_table_find(&namings->known, name) != NAME_NONE ||
           name_table_find_full(&namings->known, name) != NAME_NONE ||
           name_table_means_several(&namings->known, name) ||
           name_table_netbios_owner(&namings->known, namings->keys, name, &several) != NAME_NONE ||
           several;
}

static struct naming name_by_known(const struct namings *namings, const char *file_name)
{
    struct known_naming known = file_name_known_hosts(file_name, is_known, namings);
    enum naming_kind kind = known.at_end ? NAMING_KNOWN : NAMING_WITHIN;

    if (known.several)
        kind = NAMING_SEVERAL;
    return (struct naming){.kind = known.host != NULL ? kind : NAMING_NONE, .host = known.host};
}

/* Names that a KMS host has from the network are none of these: they may be any. */
static void list_known(struct namings *namings, const struct machines *machines,
                       const struct source_host *hosts, size_t count,
                       const struct inventory_host *inventory, size_t inventory_count)
{
    for (size_t machine = 0; machine < machines->count; machine++)
        if (!machines->items[machine].is_client)
            name_table_add(&namings->known, machines->items[machine].name);
    for (size_t index = 0; index < count; index++)
        if (source_host_is_named(&hosts[index]))
            name_table_add(&namings->known, hosts[index].said.name);
    for (size_t index = 0; index < inventory_count; index++)
        name_table_add(&namings->known, inventory[index].name);
    name_table_seal(&namings->known);
    namings->keys = memory_allocate(namings->known.count, sizeof(*namings->keys));
    for (size_t key = 0; key < namings->known.count; key++)
        namings->keys[key] = key;
}

char *namings_of_folders(const struct namings *namings, const char *path, size_t *folder_length)
{
    char *folder = copy_folder(path);
    char *host = NULL;

    while (*folder != '\0' && host == NULL) {
        *folder_length = strlen(folder);
        char *name = copy_folder_name(folder);

        host = file_name_known_hosts(name, is_known, namings).host;
        free(name);
        folder[machine_folder_length(folder)] = '\0';
    }
    free(folder);
    return host;
}

/* ---- Patterns ---- */

static int compare_patterns(const void *left, const void *right)
{
    return strcmp(((const struct name_pattern *)left)->folder,
                  ((const struct name_pattern *)right)->folder);
}

struct name_patterns {
    struct name_pattern *items; /* owned; once sorted, one a folder */
    size_t count;
};

static void add_pattern(struct name_patterns *patterns, const struct name_pattern *pattern)
{
    patterns->items = memory_grow(patterns->items, patterns->count, sizeof(*patterns->items));
    patterns->items[patterns->count++] = *pattern;
}

static void note_name(struct name_patterns *patterns, const char *path, const char *file_name,
                      const char *host)
{
    struct name_pattern pattern = {.begins = file_name_has_host(file_name, host, NAME_SIDE_BEGIN),
                                   .ends = file_name_has_host(file_name, host, NAME_SIDE_END)};

    if (!pattern.begins && !pattern.ends)
        return;
    pattern.folder = copy_folder(path);
    add_pattern(patterns, &pattern);
}

/* Notes what the names of the file and of the containers that it lies in have of its host. */
static void note_file(struct name_patterns *patterns, const char *path, const char *host)
{
    char *container = copy_folder(path);

    note_name(patterns, path, path_last_part(path), host);
    for (; *container != '\0'; container[machine_folder_length(container)] = '\0') {
        char *name = copy_folder_name(container);

        if (container_is_name(container, strlen(container)))
            note_name(patterns, container, name, host);
        free(name);
    }
    free(container);
}

/* Notes the folders of the path that have the machine's name. */
static void note_folders(struct name_patterns *patterns, const char *path,
                         const struct machine *machine)
{
    char *folder = copy_folder(path);

    while (*folder != '\0') {
        char *title = machine_title(folder, strlen(folder));
        bool is_named = machine_answers_to(machine, title);

        free(title);

        folder[machine_folder_length(folder)] = '\0';
        if (is_named)
            add_pattern(patterns, &(struct name_pattern){.folder = memory_copy_text(folder),
                                                         .folders = true});
    }
    free(folder);
}

static void sort_patterns(struct name_patterns *patterns)
{
    size_t kept = 0;

    if (patterns->count == 0)
        return;
    qsort(patterns->items, patterns->count, sizeof(*patterns->items), compare_patterns);
    for (size_t index = 1; index < patterns->count; index++) {
        struct name_pattern *last = &patterns->items[kept], *next = &patterns->items[index];

        if (compare_patterns(last, next) != 0) {
            patterns->items[++kept] = *next;
            continue;
        }
        last->begins = last->begins || next->begins;
        last->ends = last->ends || next->ends;
        last->folders = last->folders || next->folders;
        free(next->folder);
    }
    patterns->count = kept + 1;
}

static struct name_patterns find_patterns(const struct machines *machines,
                                          const struct source_host *hosts, size_t count)
{
    struct name_patterns patterns = {0};

    for (size_t index = 0; index < machines->places.count; index++) {
        const struct machine_place *place = &machines->places.items[index];
        const struct machine *machine = &machines->items[place->machine];

        note_file(&patterns, place->path, machine->name);
        for (size_t alias = 0; alias < machine->alias_count; alias++)
            note_file(&patterns, place->path, machine->aliases[alias]);
        note_folders(&patterns, place->path, machine);
    }
    for (size_t index = 0; index < count; index++)
        if (source_host_is_named(&hosts[index]))
            note_file(&patterns, hosts[index].said.path, hosts[index].said.name);
    sort_patterns(&patterns);
    return patterns;
}

static void free_patterns(struct name_patterns *patterns)
{
    for (size_t index = 0; index < patterns->count; index++)
        free(patterns->items[index].folder);
    free(patterns->items);
}

/* What the name of the file has where those of the files, or folders, beside it have their hosts.
 */
static struct naming name_by_pattern(const struct name_patterns *patterns, const char *path,
                                     const char *file_name)
{
    struct name_pattern sought = {.folder = copy_folder(path)};
    const struct name_pattern *pattern = NULL;
    struct naming naming = {.kind = NAMING_PATTERN};

    if (patterns->count > 0)
        pattern =
            bsearch(&sought, patterns->items, patterns->count, sizeof(sought), compare_patterns);
    free(sought.folder);
    if (pattern != NULL && pattern->begins)
        naming.host = file_name_host(file_name, NAME_SIDE_BEGIN);
    if (pattern != NULL && pattern->ends && naming.host == NULL)
        naming.host = file_name_host(file_name, NAME_SIDE_END);
    if (pattern != NULL && pattern->folders && naming.host == NULL &&
        file_name_has_tool(file_name)) {
        naming.kind = NAMING_FOLDERS;
        naming.host = file_name_host(file_name, NAME_SIDE_BEGIN);
    }
    if (naming.host == NULL)
        naming.kind = NAMING_NONE;
    return naming;
}

/* ---- Containers ---- */

static char *copy_with(const char *name, char old, char mark)
{
    char *copy = memory_copy_text(name);

    for (char *at = copy; (at = strchr(at, old)) != NULL; at++)
        *at = mark;
    return copy;
}

static void set_host(struct container_host *host, char *name, bool is_sure)
{
    free(host->name);
    host->name = name;
    host->is_sure = is_sure;
}

/* Takes the name in that other way of writing it, where it is known so. */
static bool take_known(const struct namings *namings, struct container_host *host, char old,
                       char mark)
{
    char *name = copy_with(host->name, old, mark);

    if (is_known(namings, name)) {
        set_host(host, name, true);
        return true;
    }
    free(name);
    return false;
}

/* What stands behind a `_` is a guess where it is known, and the whole is not. */
static void take_known_end(const struct namings *namings, struct container_host *host)
{
    for (const char *at = host->name; (at = strchr(at, '_')) != NULL;) {
        at++;
        if (is_known(namings, at)) {
            set_host(host, memory_copy_text(at), false);
            return;
        }
    }
}

/* The host that its collector put into the name of a container, as it is known: Velociraptor writes
 * `_` for both `.` and `_`. A full name is in doubt where its short form is known otherwise. */
static struct container_host host_by_collector(const struct namings *namings,
                                               const char *container_name)
{
    struct container_host host = container_host(container_name, strlen(container_name));
    char *label;

    if (host.name == NULL || take_known(namings, &host, '.', '_') ||
        take_known(namings, &host, '.', '.') || take_known(namings, &host, '_', '.'))
        return host;
    label = memory_copy_bytes(host.name, hostname_label_bytes(host.name));
    host.is_sure = host.is_sure && !(strchr(host.name, '.') != NULL && is_known(namings, label));
    free(label);
    if (host.may_have_name_before)
        take_known_end(namings, &host);
    return host;
}

/* The host that the name of a container has; none where there is none. */
static struct naming name_in_container(const struct namings *namings,
                                       const struct name_patterns *patterns, const char *container)
{
    struct container_host host = host_by_collector(namings, path_last_part(container));
    struct naming naming;
    char *name;

    if (host.name != NULL)
        return (struct naming){
            .kind = NAMING_CONTAINER, .host = host.name, .is_guess = !host.is_sure};
    name = copy_folder_name(container);
    naming = name_by_known(namings, name);
    if (naming.kind != NAMING_KNOWN) {
        free(naming.host);
        naming = name_by_pattern(patterns, container, name);
    }
    free(name);
    return naming;
}

/* By the innermost container of the file whose name has a host. */
static struct naming name_by_container(const struct namings *namings,
                                       const struct name_patterns *patterns, const char *path)
{
    char *container = copy_folder(path);
    struct naming naming = {.kind = NAMING_NONE};

    for (; *container != '\0' && naming.host == NULL;
         container[machine_folder_length(container)] = '\0') {
        size_t length = strlen(container);

        if (container_is_name(container, length))
            naming = name_in_container(namings, patterns, container);
        naming.container_length = length;
    }
    free(container);
    if (naming.host != NULL)
        naming.kind = NAMING_CONTAINER;
    return naming;
}

/* ---- Names that differ ---- */

static int compare_folder_bytes(const char *left, const char *right)
{
    size_t left_length = machine_folder_length(left), right_length = machine_folder_length(right);
    int order = memcmp(left, right, left_length < right_length ? left_length : right_length);

    return order != 0 ? order : (left_length > right_length) - (left_length < right_length);
}

static int compare_spelled(const void *left_item, const void *right_item)
{
    const struct spelled_name *left = left_item;
    const struct spelled_name *right = right_item;
    int order = compare_folder_bytes(left->path, right->path);

    return order != 0 ? order : strcmp(left->folded, right->folded);
}

/* Where files that nothing tells of have several names in one folder, these are their hosts. */
static void name_by_difference(struct namings *namings, const struct source_host *hosts)
{
    struct spelled_name *names = NULL;
    size_t count = 0;

    for (size_t index = 0; index < namings->count; index++) {
        const char *path = hosts[index].said.path;
        char *host = NULL;

        if (*hosts[index].said.name == '\0' && namings->items[index].kind == NAMING_NONE)
            host = file_name_host(path_last_part(path), NAME_SIDE_ANY);
        if (host == NULL)
            continue;
        names = memory_grow(names, count, sizeof(*names));
        names[count++] = (struct spelled_name){path, host, text_fold(host), index};
    }
    if (count > 0)
        qsort(names, count, sizeof(*names), compare_spelled);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1;
             end < count && compare_folder_bytes(names[first].path, names[end].path) == 0; end++)
            ;
        for (size_t name = first; name < end; name++)
            if (strcmp(names[first].folded, names[end - 1].folded) != 0)
                namings->items[names[name].item] = (struct naming){
                    .kind = NAMING_SPELLED, .host = memory_copy_text(names[name].host)};
    }
    for (size_t name = 0; name < count; name++) {
        free(names[name].host);
        free(names[name].folded);
    }
    free(names);
}

/* ---- All of them ---- */

void namings_find(struct namings *namings, const struct machines *machines,
                  const struct source_host *hosts, size_t count,
                  const struct inventory_host *inventory, size_t inventory_count)
{
    struct name_patterns patterns = find_patterns(machines, hosts, count);

    *namings =
        (struct namings){.items = memory_allocate(count, sizeof(*namings->items)), .count = count};
    list_known(namings, machines, hosts, count, inventory, inventory_count);
    for (size_t index = 0; index < count; index++) {
        const char *path = hosts[index].said.path;
        struct naming *naming = &namings->items[index];

        if (*hosts[index].said.name != '\0')
            continue;
        *naming = name_by_known(namings, path_last_part(path));
        if (naming->kind == NAMING_NONE)
            *naming = name_by_pattern(&patterns, path, path_last_part(path));
        if (naming->kind == NAMING_NONE)
            *naming = name_by_container(namings, &patterns, path);
    }
    name_by_difference(namings, hosts);
    free_patterns(&patterns);
}

void namings_free_content(struct namings *namings)
{
    for (size_t index = 0; index < namings->count; index++)
        free(namings->items[index].host);
    free(namings->items);
    free(namings->keys);
    name_table_free_content(&namings->known);
}
