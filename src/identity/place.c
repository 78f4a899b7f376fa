/* SPDX-License-Identifier: Apache-2.0 */
/* Where sources lie, and what that tells of the machine they are of. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/machine.h"
#include "identity/name.h"
#include "model/hostname.h"
#include "model/layout.h"
#include "model/source.h"

bool machine_is_named(const struct machine *machine, const char *name)
{
    char *folded_name = text_fold(name);
    char *folded = text_fold(machine->name);
    bool is = hostname_is_form(folded, folded_name);

    free(folded);
    free(folded_name);
    return is;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

void machine_fold_names(struct machine *machine)
{
    machine->folded = memory_allocate(machine->alias_count + 1, sizeof(*machine->folded));
    for (size_t alias = 0; alias < machine->alias_count; alias++)
        machine->folded[alias] = text_fold(machine->aliases[alias]);
    machine->folded[machine->alias_count] = text_fold(machine->name);
    qsort(machine->folded, machine->alias_count + 1, sizeof(*machine->folded), compare_texts);
}

/* All forms of a name begin with its first label. */
bool machine_answers_to(const struct machine *machine, const char *name)
{
    size_t count = machine->alias_count + 1, length;
    char *folded = text_fold(name);
    char *label = memory_copy_bytes(folded, hostname_label_bytes(folded));
    bool is = false;

    length = strlen(label);
    for (size_t at = array_lower_bound(machine->folded, count, sizeof(*machine->folded), &label,
                                       compare_texts);
         at < count && !is && strncmp(machine->folded[at], label, length) == 0; at++)
        is = hostname_is_form(machine->folded[at], folded) ||
             hostname_is_netbios_of(folded, machine->folded[at]);
    free(label);
    free(folded);
    return is;
}

static int compare_places(const void *left_item, const void *right_item)
{
    const struct machine_place *left = left_item;
    const struct machine_place *right = right_item;
    int order = strcmp(left->path, right->path);

    return order != 0 ? order : (left->machine > right->machine) - (left->machine < right->machine);
}

void machine_places_add(struct machine_places *places, const char *path, size_t machine, bool own)
{
    places->items = memory_grow(places->items, places->count, sizeof(*places->items));
    places->items[places->count++] =
        (struct machine_place){.path = memory_copy_text(path), .machine = machine, .own = own};
}

void machine_places_sort(struct machine_places *places)
{
    size_t kept = 0;

    if (places->count == 0)
        return;
    qsort(places->items, places->count, sizeof(*places->items), compare_places);
    for (size_t index = 1; index < places->count; index++) {
        struct machine_place *last = &places->items[kept], *next = &places->items[index];

        if (compare_places(last, next) != 0) {
            places->items[++kept] = *next;
            continue;
        }
        last->own = last->own || next->own;
        free(next->path);
    }
    places->count = kept + 1;
}

void machine_places_free_content(struct machine_places *places)
{
    for (size_t index = 0; index < places->count; index++)
        free(places->items[index].path);
    free(places->items);
    *places = (struct machine_places){0};
}

/* ---- Names of folders ---- */

size_t machine_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* In it, Windows keeps copies of the hives as they were some days ago, below `config`. */
#define REGISTRY_COPIES_FOLDER "RegBack"

/* Folders of Windows in which logs, databases and hives lie, below the one called Windows. */
static const char *const windows_folders[] = {
    "System32", "Sysnative",           "winevt", "Logs", "SoftwareDistribution", "DataStore",
    "config",   REGISTRY_COPIES_FOLDER};

/* The archive in which Velociraptor encrypts a collection. */
#define ENCRYPTED_COLLECTION "data.zip!"

/* In it, Velociraptor writes what it has found out. */
#define RESULTS_FOLDER "results"

/* A part of a path between slashes. */
struct part {
    const char *text;
    size_t length;
};

static bool part_is(const struct part *part, const char *word)
{
    return strlen(word) == part->length && text_equal_ascii_bytes(part->text, word, part->length);
}

static bool part_is_one_of(const struct part *part, const char *const *words, size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (part_is(part, words[index]))
            return true;
    return false;
}

static bool part_is_old_installation(const struct part *part)
{
    return layout_is_old_installation(part->text, part->length);
}

/* The last part of the path's first `length` bytes. */
static struct part last_part(const char *path, size_t length)
{
    size_t start = length;

    for (; start > 0 && path[start - 1] != '/'; start--)
        ;
    return (struct part){path + start, length - start};
}

/* The length of the path without its last part and the slash before that; 0 where it has no more.
 */
static size_t without_last(const char *path, size_t length)
{
    size_t start = length - last_part(path, length).length;

    return start > 0 ? start - 1 : 0;
}

/* Is the last part of a path what a collector calls a disk? What may be a host's name elsewhere is
 * known by where it lies: a volume directly in an image, and one of Acquire's in `$fs$`. */
static bool ends_with_disk(const char *path, size_t length)
{
    struct part part = last_part(path, length);
    struct part above = last_part(path, without_last(path, length));
    bool is = part.length > 0 && layout_is_disk(part.text, part.length);

    if (layout_is_numbered(part.text, part.length, "volume"))
        is = container_is_name(above.text, above.length);
    if (layout_is_numbered(part.text, part.length, "fs"))
        is = is || part_is(&above, "$fs$");
    return is;
}

/* Is it a folder in which collectors put the copies of disks? */
static bool ends_with_collector(const char *path, size_t length)
{
    struct part part = last_part(path, length);
    struct part above = last_part(path, without_last(path, length));

    return layout_is_collector(part.text, part.length) ||
           (part_is(&part, ENCRYPTED_COLLECTION) && container_is_name(above.text, above.length));
}

/* The length of the path of the folder that holds the copy of a disk, which may be 0, or that of
 * the folder itself. */
static size_t layout_root(const char *path, size_t length)
{
    size_t at = length;
    struct part part = last_part(path, at);

    while (at > 0 && part_is_one_of(&part, windows_folders, ARRAY_COUNT(windows_folders))) {
        at = without_last(path, at);
        part = last_part(path, at);
    }
    if (!part_is(&part, "Windows") && !part_is_old_installation(&part))
        return length;
    do {
        at = without_last(path, at);
        part = last_part(path, at);
    } while (at > 0 && (ends_with_disk(path, at) || part_is_old_installation(&part) ||
                        ends_with_collector(path, at)));
    return at;
}

/* The same, but where that folder has no name. */
static size_t leave_windows(const char *path, size_t length)
{
    size_t root = layout_root(path, length);

    return last_part(path, root).length > 0 ? root : length;
}

bool machine_path_is_old(const char *path, size_t *root_length)
{
    size_t folder_length = machine_folder_length(path);

    for (size_t end, start = 0; start < folder_length; start = end + 1) {
        struct part part = {path + start, strcspn(path + start, "/")};

        end = start + part.length;
        if (end > folder_length)
            break;
        if (part_is_old_installation(&part)) {
            *root_length = layout_root(path, end);
            return true;
        }
    }
    return false;
}

/* The length of the path of the folder whose name is a machine's; 0 where there is none. */
static size_t own_folder_length(const char *path)
{
    size_t length = leave_windows(path, machine_folder_length(path));
    struct part part = last_part(path, length);

    /* `.` and `..` are not names. */
    return part.length == 0 || part.length == strspn(part.text, ".") ? 0 : length;
}

/* The working folder, in which all paths lie that begin neither at the root nor above it. */
static bool lies_in_working_folder(const char *path)
{
    return path[0] != '/' && strncmp(path, "../", 3) != 0;
}

static bool is_bare(const char *path)
{
    return lies_in_working_folder(path) &&
           strchr(path + (strncmp(path, "./", 2) == 0 ? 2 : 0), '/') == NULL;
}

/* Returns owned: what stands for a folder without a name. */
static char *copy_nameless(const char *path)
{
    return memory_copy_text(is_bare(path) ? MACHINE_WORKING_FOLDER : path);
}

char *machine_folder_path(const char *path)
{
    size_t length = own_folder_length(path);

    return length > 0 ? memory_copy_bytes(path, length) : copy_nameless(path);
}

char *machine_title(const char *path, size_t length)
{
    struct part part = last_part(path, length);

    return container_is_name(part.text, part.length) ? container_title(part.text, part.length)
                                                     : memory_copy_bytes(part.text, part.length);
}

char *machine_folder_name(const char *path)
{
    size_t length = own_folder_length(path);

    return length > 0 ? machine_title(path, length) : copy_nameless(path);
}

size_t machine_tree_length(const char *path)
{
    return layout_root(path, machine_folder_length(path));
}

static bool ends_with_shadow_copy(const char *path, size_t length)
{
    struct part part = last_part(path, length);

    return layout_is_shadow_copy(part.text, part.length);
}

bool machine_path_is_shadow(const char *path)
{
    size_t length = machine_folder_length(path);
    size_t root = layout_root(path, length);

    for (; length > root; length = without_last(path, length))
        if (ends_with_shadow_copy(path, length))
            return true;
    return false;
}

bool machine_path_is_copy(const char *path)
{
    struct part folder = last_part(path, machine_folder_length(path));

    return machine_path_is_shadow(path) || part_is(&folder, REGISTRY_COPIES_FOLDER);
}

enum below machine_path_below(const char *path, size_t length, const char *own_name)
{
    size_t folder_length = machine_folder_length(path);
    bool is_in_disk = false;
    enum below below = BELOW_NOTHING;

    for (size_t start = length, end; start < folder_length; start = end) {
        struct part part;
        char *title;
        bool is_own;

        start += path[start] == '/';
        end = start + strcspn(path + start, "/");
        part = (struct part){path + start, end - start};
        is_in_disk = is_in_disk || ends_with_disk(path, end) || part_is(&part, "Windows");
        if (ends_with_collector(path, end) || part_is(&part, RESULTS_FOLDER) ||
            (is_in_disk && !container_is_name(part.text, part.length)))
            continue;
        title = machine_title(path, end);
        is_own = names_are_one_host(title, own_name);
        free(title);
        if (is_own)
            continue;
        if (container_is_name(part.text, part.length))
            return BELOW_CONTAINER;
        below = BELOW_FOLDER;
    }
    return below;
}

bool machine_path_is_disk(const char *path)
{
    size_t length = machine_folder_length(path);

    return layout_root(path, length) != length;
}

/* ---- Trees ---- */

/* Returns owned: the folder that the first `length` bytes of the path are; of those at the top the
 * root is one, and the working folder another. */
static char *copy_folder(const char *path, size_t length)
{
    return length > 0 ? memory_copy_bytes(path, length) : memory_copy_text(*path == '/' ? "/" : "");
}

/* Returns owned: what tells the disks of a tree apart, whichever way the collector read them: the
 * letter, or the name of the volume; "" where there is no folder for the disk, NULL for what does
 * not lie in Windows there, or in a shadow copy, which can be that of any. *disk_length is the
 * length of the path of the disk. */
static char *copy_disk(const char *path, size_t *disk_length)
{
    size_t at = machine_folder_length(path), root = layout_root(path, at);
    struct part part;
    char *name, *colon;

    if (root == at || machine_path_is_shadow(path))
        return NULL;
    while (at > root && !ends_with_disk(path, at))
        at = without_last(path, at);
    *disk_length = at;
    if (at <= root)
        return memory_copy_text("");
    part = last_part(path, at);
    name = layout_unescape(part.text, part.length);
    colon = strrchr(name, ':');
    if (colon != NULL && colon > name && colon[1] == '\0')
        memmove(name, colon - 1, 2);
    else if (colon != NULL && colon[1] != '\0')
        memmove(name, colon + 1, 2);
    if (colon != NULL || name[1] == '\0' || name[2] == '\0')
        name[1] = '\0';
    *name |= 0x20;
    return name;
}

/* Returns owned: what the tree of one Windows is found by, no path of a folder; or NULL. */
static char *copy_disk_folder(const char *path, size_t *disk_length)
{
    char *disk = copy_disk(path, disk_length);
    char *folder;

    if (disk == NULL)
        return NULL;
    folder = memory_format("%.*s//%s", (int)machine_tree_length(path), path, disk);
    free(disk);
    return folder;
}

bool machine_path_is_other_disk(const char *path, const char *other)
{
    size_t length;
    char *disk = copy_disk(path, &length), *other_disk = copy_disk(other, &length);
    bool is = disk != NULL && other_disk != NULL && strcmp(disk, other_disk) != 0;

    free(disk);
    free(other_disk);
    return is;
}

static int compare_trees(const void *left_item, const void *right_item)
{
    const struct machine_tree *left = left_item, *right = right_item;
    int order = strcmp(left->folder, right->folder);

    return order != 0 ? order : strcmp(left->path, right->path);
}

/* Takes ownership of the folder. */
static void add_tree(struct machine_trees *trees, char *folder, const struct machine_tree *tree)
{
    trees->items = memory_grow(trees->items, trees->count, sizeof(*trees->items));
    trees->items[trees->count] = *tree;
    trees->items[trees->count].folder = folder;
    trees->items[trees->count++].path = memory_copy_text(tree->path);
}

void machine_trees_add(struct machine_trees *trees, const char *path, size_t machine,
                       bool covers_all)
{
    const struct machine_tree tree = {
        .path = (char *)path, .machine = machine, .covers_all = covers_all};
    size_t length;
    char *disk_folder = copy_disk_folder(path, &length);

    add_tree(trees, copy_folder(path, machine_tree_length(path)), &tree);
    if (disk_folder != NULL)
        add_tree(trees, disk_folder, &tree);
}

static void tree_free_content(struct machine_tree *tree)
{
    free(tree->folder);
    free(tree->path);
}

void machine_trees_sort(struct machine_trees *trees)
{
    size_t kept = 0;

    if (trees->count == 0)
        return;
    qsort(trees->items, trees->count, sizeof(*trees->items), compare_trees);
    for (size_t index = 1; index < trees->count; index++) {
        struct machine_tree *last = &trees->items[kept], *next = &trees->items[index];

        if (strcmp(last->folder, next->folder) != 0) {
            trees->items[++kept] = *next;
            continue;
        }
        last->is_of_several =
            last->is_of_several || next->is_of_several || last->machine != next->machine;
        last->covers_all = last->covers_all || next->covers_all;
        tree_free_content(next);
    }
    trees->count = kept + 1;
}

static int compare_tree_folder(const void *folder, const void *tree)
{
    return strcmp(folder, ((const struct machine_tree *)tree)->folder);
}

static const struct machine_tree *find_tree_at(const struct machine_trees *trees,
                                               const char *folder)
{
    return trees->count == 0 ? NULL
                             : bsearch(folder, trees->items, trees->count, sizeof(*trees->items),
                                       compare_tree_folder);
}

static const struct machine_tree *find_tree(const struct machine_trees *trees, const char *path,
                                            size_t length)
{
    char *folder = copy_folder(path, length);
    const struct machine_tree *tree = find_tree_at(trees, folder);

    free(folder);
    return tree;
}

/* The tree of the same disk; *disk_length is the length of its path. */
static const struct machine_tree *find_tree_of_disk(const struct machine_trees *trees,
                                                    const char *path, size_t *disk_length)
{
    char *folder = copy_disk_folder(path, disk_length);
    const struct machine_tree *tree = folder != NULL ? find_tree_at(trees, folder) : NULL;

    free(folder);
    return tree;
}

const struct machine_tree *machine_trees_find(const struct machine_trees *trees, const char *path,
                                              bool *is_in_it, size_t *folder_length)
{
    size_t length = machine_folder_length(path);
    size_t root = layout_root(path, length);
    const struct machine_tree *of_disk = find_tree_of_disk(trees, path, folder_length);

    if (of_disk != NULL) {
        *is_in_it = true;
        return of_disk;
    }
    for (;; length = without_last(path, length)) {
        const struct machine_tree *tree =
            length > 0 || root == 0 ? find_tree(trees, path, length) : NULL;

        if (tree != NULL) {
            *folder_length = length;
            *is_in_it = length == root;
            return tree;
        }
        if (length == 0)
            return NULL;
    }
}

void machine_trees_free_content(struct machine_trees *trees)
{
    for (size_t index = 0; index < trees->count; index++)
        tree_free_content(&trees->items[index]);
    free(trees->items);
    *trees = (struct machine_trees){0};
}

/* ---- Nearness ---- */

/* `folder` is a part without the slash behind it. */
static int compare_with_folder(const void *item, const void *folder)
{
    const struct machine_place *place = item;
    const struct part *part = folder;
    int order = strncmp(place->path, part->text, part->length);

    return order != 0 ? order : (unsigned char)place->path[part->length] - '/';
}

/* The first place that does not come before what lies in the folder which the first `length` bytes
 * of `path` are. */
static size_t find_place(const struct machine_places *places, const char *path, size_t length)
{
    const struct part folder = {path, length};

    return array_lower_bound(places->items, places->count, sizeof(*places->items), &folder,
                             compare_with_folder);
}

/* Does the folder's name have the machine's short name in it, as `20190110_PC1` has? */
static bool folder_names_machine(const char *folder, const struct machine *machine)
{
    char *folded = text_fold(folder);
    char *label = text_fold(machine->name);
    size_t length = hostname_label_bytes(label);
    bool names = false;

    label[length] = '\0';
    for (const char *at = folded; length > 0 && !names && (at = strstr(at, label)) != NULL; at++) {
        size_t start = (size_t)(at - folded);

        names = name_stands_alone(folded, start, start + length);
    }
    free(label);
    free(folded);
    return names || machine_answers_to(machine, folder);
}

/* Where a file and a place lie in one folder: does the place lie in a folder below it that names
 * the machine, and the file does not? `length` is that of the folder's path, which both share. */
static bool lies_apart(const struct machine *machine, const char *place, const char *path,
                       size_t length)
{
    for (const char *start = place + length + 1, *end; (end = strchr(start, '/')) != NULL;
         start = end + 1) {
        size_t end_bytes = (size_t)(end - place);
        char *name = machine_title(place, end_bytes);
        bool is_own = folder_names_machine(name, machine);

        free(name);
        if (is_own)
            return strncmp(place, path, end_bytes) != 0 || path[end_bytes] != '/';
    }
    return false;
}

/* How many machines have places in the folder that the first `length` bytes of `path` are: none,
 * one, which *machine then is, or several. A machine whose places there are all in a folder of its
 * own name, beside that of the file, is as good as several: the folder is one of many machines. */
enum folder_holds {
    FOLDER_HOLDS_NONE,
    FOLDER_HOLDS_ONE,
    FOLDER_HOLDS_SEVERAL,
};

static enum folder_holds look_into(const struct machines *machines,
                                   const struct machine_places *places, const char *path,
                                   size_t length, size_t *machine)
{
    bool apart = strchr(path + length + 1, '/') != NULL;

    *machine = MACHINE_NONE;
    for (size_t place = find_place(places, path, length);
         place < places->count && strncmp(places->items[place].path, path, length) == 0 &&
         places->items[place].path[length] == '/';
         place++) {
        if (*machine != MACHINE_NONE && *machine != places->items[place].machine)
            return FOLDER_HOLDS_SEVERAL;
        *machine = places->items[place].machine;
        apart = apart &&
                lies_apart(&machines->items[*machine], places->items[place].path, path, length);
    }
    if (*machine == MACHINE_NONE)
        return FOLDER_HOLDS_NONE;
    return apart ? FOLDER_HOLDS_SEVERAL : FOLDER_HOLDS_ONE;
}

static bool lies_in_folder(const char *path, const char *folder_of, size_t length)
{
    if (length == 0)
        return lies_in_working_folder(path) == lies_in_working_folder(folder_of);
    return strncmp(path, folder_of, length) == 0 && path[length] == '/';
}

static enum folder_holds look_into_working_folder(const struct machine_places *places,
                                                  size_t *machine)
{
    *machine = MACHINE_NONE;
    for (size_t place = 0; place < places->count; place++) {
        if (!lies_in_working_folder(places->items[place].path))
            continue;
        if (*machine != MACHINE_NONE && *machine != places->items[place].machine)
            return FOLDER_HOLDS_SEVERAL;
        *machine = places->items[place].machine;
    }
    return *machine != MACHINE_NONE ? FOLDER_HOLDS_ONE : FOLDER_HOLDS_NONE;
}

/* For a file named without its folder: that of the files in it. */
static struct near near_bare_file(const struct machines *machines,
                                  const struct machine_places *named)
{
    struct near near = {.machine = MACHINE_NONE};
    enum folder_holds holds = look_into_working_folder(&machines->places, &near.machine);

    near.by_logs = holds != FOLDER_HOLDS_NONE;
    if (holds == FOLDER_HOLDS_NONE)
        holds = look_into_working_folder(named, &near.machine);
    if (holds != FOLDER_HOLDS_ONE)
        near.machine = MACHINE_NONE;
    return near;
}

/* Looks for the nearest enclosing folder of the path, with more than `above` bytes, in which there
 * are places: near->folder_length is then the length of its path. */
static enum folder_holds look_up(const struct machines *machines,
                                 const struct machine_places *places, const char *path,
                                 size_t above, struct near *near)
{
    for (size_t length = machine_folder_length(path); length > above;
         length = without_last(path, length)) {
        enum folder_holds holds = look_into(machines, places, path, length, &near->machine);

        near->folder_length = length;
        if (holds != FOLDER_HOLDS_NONE)
            return holds;
    }
    return FOLDER_HOLDS_NONE;
}

struct near machines_near_named(const struct machines *machines, const struct machine_places *named,
                                const char *path)
{
    struct near near = {.by_logs = true};
    enum folder_holds holds;

    if (is_bare(path))
        return near_bare_file(machines, named);
    holds = look_up(machines, &machines->places, path, 0, &near);
    if (holds != FOLDER_HOLDS_ONE) {
        near.by_logs = false;
        holds = look_up(machines, named, path,
                        holds == FOLDER_HOLDS_SEVERAL ? near.folder_length : 0, &near);
    }
    return holds == FOLDER_HOLDS_ONE ? near : (struct near){.machine = MACHINE_NONE};
}

size_t machines_near(const struct machines *machines, const char *path)
{
    static const struct machine_places none = {0};

    return machines_near_named(machines, &none, path).machine;
}

/* ---- Belonging that is sure ---- */

const struct machine_place *machine_places_next(const struct machine_places *places, size_t *at,
                                                const char *path, size_t length)
{
    if (*at == 0 && length > 0)
        *at = find_place(places, path, length);
    while (*at < places->count) {
        const struct machine_place *next = &places->items[(*at)++];

        if (lies_in_folder(next->path, path, length))
            return next;
        if (length > 0)
            break;
    }
    return NULL;
}

/* Looks for a log that the machine itself wrote among those in the folder which the first `length`
 * bytes of the path are, in whose own folder, or below which, the file lies: *root is then the
 * length of that folder's path. Returns false where logs of another machine lie there, too. */
static bool look_for_own_log(const struct machines *machines, const char *path, size_t machine,
                             size_t length, size_t *root)
{
    size_t file_root = layout_root(path, machine_folder_length(path));
    const struct machine_place *log;
    size_t place = 0;

    while ((log = machine_places_next(&machines->places, &place, path, length)) != NULL) {
        size_t log_root = layout_root(log->path, machine_folder_length(log->path));

        if (log->machine != machine)
            return false;
        if (log->own && log_root <= file_root && lies_in_folder(path, log->path, log_root))
            *root = log_root;
    }
    return true;
}

/* Does the file lie in the folder of a log that the machine itself wrote, or below it? *root is
 * then the length of that folder's path. */
static bool find_own_folder(const struct machines *machines, const char *path, size_t machine,
                            size_t *root)
{
    size_t length = machine_folder_length(path);

    *root = SIZE_MAX;
    while (look_for_own_log(machines, path, machine, length, root) && *root == SIZE_MAX &&
           length > 0)
        length = without_last(path, length);
    return *root != SIZE_MAX;
}

enum belonging machines_belonging(const struct machines *machines,
                                  const struct machine_places *naming, const char *path,
                                  const struct near *near)
{
    const struct machine_place *other;
    size_t length, place = 0;
    enum below below;

    if (!find_own_folder(machines, path, near->machine, &length))
        return near->by_logs ? BELONGING_BESIDE : BELONGING_LISTED;
    below = machine_path_below(path, length, machines->items[near->machine].name);
    if (below == BELOW_CONTAINER || (below == BELOW_FOLDER && machine_path_is_disk(path)))
        return BELONGING_WITHIN;
    while ((other = machine_places_next(naming, &place, path, length)) != NULL)
        if (other->machine != near->machine)
            return BELONGING_AMONG_OTHERS;
    return BELONGING_SURE;
}

bool machines_share_folder(const struct machines *machines, const char *path)
{
    size_t length = own_folder_length(path);
    size_t machine;

    return length > 0 &&
           look_into(machines, &machines->places, path, length, &machine) == FOLDER_HOLDS_SEVERAL;
}
