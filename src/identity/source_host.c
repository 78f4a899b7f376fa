/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the hosts of sources without events are: first those that are named in them, then those
 * that the names of their files tell (naming.c), since both tell of whom a folder is to the others.
 * Names of machines and hosts are keys of one table, paths of folders of another: a folder called
 * `pc1.old` is not a fully qualified name that PC1 could mean, and two folders called `live` are of
 * two machines. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/machine.h"
#include "model/hostname.h"
#include "model/source.h"

struct source_matcher {
    struct machines *machines;
    struct host_table hosts;
    struct host_table folders;
    char **folder_paths;          /* owned: of each host without a name, or NULL */
    char **folder_hosts;          /* owned: of each host: what namings_of_folders tells, and */
    size_t *folder_lengths;       /* the length of that folder's path */
    char **last_parts;            /* owned: the folded names of the folders, in order */
    struct machine_places named;  /* of hosts that are named */
    struct machine_places naming; /* the same, and of those that the names of their files tell */
    struct machine_trees trees;
    struct machine_trees copies; /* that only a copy of a hive names */
    struct namings namings;
    size_t log_count; /* machines that there are logs of, their own or of KMS hosts; the others
                       * stand behind them */
};

bool source_host_is_named(const struct source_host *host)
{
    return *host->said.name != '\0' && !hostname_is_cut_off(host->said.name);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void list_last_parts(struct source_matcher *matcher)
{
    size_t count = matcher->folders.names.count;

    matcher->last_parts = memory_allocate(count, sizeof(char *));
    for (size_t key = 0; key < count; key++) {
        const char *folder = matcher->folders.names.folded[key];
        char *title = machine_title(folder, strlen(folder));

        matcher->last_parts[key] = text_fold(title);
        free(title);
    }
    if (count > 0)
        qsort(matcher->last_parts, count, sizeof(char *), compare_texts);
}

/* Names that have to be in the table before it is sealed: those of machines, those that sources
 * say, those of the inventory, and those that names of files and folders tell. */
static void list_names(struct source_matcher *matcher, const struct source_host *hosts,
                       size_t count, const struct inventory_host *inventory, size_t inventory_count)
{
    struct name_table *names = &matcher->hosts.names;
    const struct machines *machines = matcher->machines;

    for (size_t machine = 0; machine < machines->count; machine++)
        name_table_add(names, machines->items[machine].name);
    for (size_t index = 0; index < inventory_count; index++)
        name_table_add(names, inventory[index].name);
    for (size_t index = 0; index < count; index++) {
        if (source_host_is_named(&hosts[index])) {
            name_table_add(names, hosts[index].said.name);
            continue;
        }
        if (matcher->namings.items[index].host != NULL)
            name_table_add(names, matcher->namings.items[index].host);
        if (matcher->folder_hosts[index] != NULL)
            name_table_add(names, matcher->folder_hosts[index]);
        name_table_add(&matcher->folders.names, matcher->folder_paths[index]);
    }
    host_table_seal(&matcher->hosts);
    host_table_seal(&matcher->folders);
}

/* How names are written that are no machine's yet. */
static void list_spellings(struct source_matcher *matcher, const struct source_host *hosts,
                           size_t count, const struct inventory_host *inventory,
                           size_t inventory_count)
{
    for (size_t index = 0; index < count; index++) {
        if (source_host_is_named(&hosts[index]))
            host_table_spell(&matcher->hosts, hosts[index].said.name);
        else
            host_table_spell(&matcher->folders, matcher->folder_paths[index]);
    }
    for (size_t index = 0; index < inventory_count; index++)
        host_table_spell(&matcher->hosts, inventory[index].name);
    for (size_t index = 0; index < count; index++) {
        if (matcher->namings.items[index].host != NULL)
            host_table_spell(&matcher->hosts, matcher->namings.items[index].host);
        if (matcher->folder_hosts[index] != NULL)
            host_table_spell(&matcher->hosts, matcher->folder_hosts[index]);
    }
}

static void matcher_begin(struct source_matcher *matcher, const struct source_host *hosts,
                          size_t count, const struct inventory_host *inventory,
                          size_t inventory_count)
{
    const struct machines *machines = matcher->machines;

    namings_find(&matcher->namings, machines, hosts, count, inventory, inventory_count);
    matcher->folder_paths = memory_allocate(count, sizeof(char *));
    matcher->folder_hosts = memory_allocate(count, sizeof(char *));
    matcher->folder_lengths = memory_allocate(count, sizeof(*matcher->folder_lengths));
    for (size_t index = 0; index < count; index++) {
        const char *path = hosts[index].said.path;

        if (source_host_is_named(&hosts[index]))
            continue;
        matcher->folder_paths[index] = machine_folder_path(path);
        matcher->folder_hosts[index] =
            namings_of_folders(&matcher->namings, path, &matcher->folder_lengths[index]);
    }
    list_names(matcher, hosts, count, inventory, inventory_count);
    for (size_t machine = 0; machine < machines->count; machine++)
        host_table_set(&matcher->hosts, machines->items[machine].name, machine);
    list_spellings(matcher, hosts, count, inventory, inventory_count);
    list_last_parts(matcher);
}

static void matcher_end(struct source_matcher *matcher, size_t count)
{
    memory_free_texts(matcher->folder_paths, count);
    memory_free_texts(matcher->folder_hosts, count);
    free(matcher->folder_lengths);
    memory_free_texts(matcher->last_parts, matcher->folders.names.count);
    host_table_free_content(&matcher->hosts);
    host_table_free_content(&matcher->folders);
    machine_places_free_content(&matcher->named);
    machine_places_free_content(&matcher->naming);
    machine_trees_free_content(&matcher->trees);
    machine_trees_free_content(&matcher->copies);
    namings_free_content(&matcher->namings);
}

/* Have several folders that name? */
static bool is_name_of_several(const struct source_matcher *matcher, const char *name)
{
    size_t count = matcher->folders.names.count;
    char **parts = matcher->last_parts;
    char *folded = text_fold(name);
    size_t first = array_lower_bound(parts, count, sizeof(*parts), &folded, compare_texts);
    bool several = first + 1 < count && compare_texts(&parts[first], &folded) == 0 &&
                   compare_texts(&parts[first + 1], &folded) == 0;

    free(folded);
    return several;
}

/* The machine that answers to the name of the folder at `folder`, in which the file lies, made
 * where there is none. Where several folders have the name, it is the path; a name that is that of
 * no machine, or of several, may stand in no list of scripts. */
static size_t machine_of_folder(struct source_matcher *matcher, const char *folder,
                                const char *path)
{
    struct host_table *hosts = &matcher->hosts;
    struct host_table *folders = &matcher->folders;
    size_t key = name_table_find(&folders->names, folder);
    char *name = machine_folder_name(path);
    size_t host_key = host_table_find(hosts, name);
    size_t *machine = &folders->machine_of[key];

    if (*machine == MACHINE_NONE && host_key != NAME_NONE)
        *machine = machines_of_host(matcher->machines, hosts, hosts->names.folded[host_key]);
    if (*machine == MACHINE_NONE) {
        bool shared = strcmp(folder, path) == 0 || strcmp(folder, MACHINE_WORKING_FOLDER) == 0 ||
                      machines_share_folder(matcher->machines, path) ||
                      name_table_means_several(&hosts->names, name);

        *machine = machines_add(matcher->machines,
                                is_name_of_several(matcher, name) ? folders->spellings[key] : name);
        matcher->machines->items[*machine].shared_name = shared;
    }
    free(name);
    return *machine;
}

/* The machine of the name: that which it lies beside where that has this name, in whatever form;
 * else the one that has it elsewhere; else that which it lies beside, where it had the name earlier
 * or the name may be cut off; else one of its own. */
static size_t choose_machine(struct source_matcher *matcher, const char *name, size_t near)
{
    struct machine *beside = near != MACHINE_NONE ? &matcher->machines->items[near] : NULL;
    size_t known;
    bool several;

    if (beside != NULL && machine_is_named(beside, name))
        return near;
    known = host_table_machine(&matcher->hosts, name);
    if (known != MACHINE_NONE)
        return known;
    if (beside != NULL && machine_answers_to(beside, name))
        return near;
    known =
        name_table_netbios_owner(&matcher->hosts.names, matcher->hosts.machine_of, name, &several);
    return known != MACHINE_NONE ? known
                                 : machines_of_host(matcher->machines, &matcher->hosts, name);
}

/* Says of a machine that there are no logs of, where its name was that of another once. */
static void remark_on_earlier_name(const struct source_matcher *matcher, struct source_host *host)
{
    struct text owners = {0};

    if (host->machine < matcher->log_count && !matcher->machines->items[host->machine].is_client)
        return;
    machines_add_renamed(matcher->machines, host->said.name, &owners);
    if (owners.length_bytes > 0)
        host->remark = memory_format("it names the host %s, which is an earlier name of %s: it "
                                     "counts for a machine of its own",
                                     host->said.name, text_get(&owners));
    text_free(&owners);
}

/* Is it of an earlier installation of the machine that it lies beside? */
static bool is_of_earlier_installation(const char *path, const struct near *near)
{
    size_t root_length;

    return near->machine != MACHINE_NONE && machine_path_is_old(path, &root_length) &&
           near->folder_length >= root_length;
}

/* Its own name wins; where it contradicts the place, that is said. */
static void match_named(struct source_matcher *matcher, struct source_host *host)
{
    static const struct machine_places none = {0};
    const struct case_source_host *said = &host->said;
    struct near near = machines_near_named(matcher->machines, &none, said->path);

    if (is_of_earlier_installation(said->path, &near)) {
        host->machine = near.machine;
        return;
    }
    host->machine = choose_machine(matcher, said->name, near.machine);
    if (near.machine != MACHINE_NONE && near.machine != host->machine)
        host->remark =
            memory_format("it names the host %s, but lies among logs of %s: the name counts",
                          said->name, matcher->machines->items[near.machine].name);
    else
        remark_on_earlier_name(matcher, host);
}

/* What is of an earlier state of the tree's machine, as a copy of its hive or one of an earlier
 * installation is, can have an earlier name of it. Where nothing else names the tree, a copy does.
 */
static void match_earlier_state(struct source_matcher *matcher, struct source_host *host)
{
    const char *path = host->said.path;
    size_t folder_length;
    bool is_in_it;
    const struct machine_tree *tree =
        machine_trees_find(&matcher->trees, path, &is_in_it, &folder_length);

    if (tree != NULL && is_in_it && !tree->is_of_several &&
        (machine_path_is_old(path, &folder_length) ||
         !machine_path_is_other_disk(path, tree->path))) {
        host->machine = tree->machine;
        return;
    }
    match_named(matcher, host);
    if (!machine_path_is_old(path, &folder_length))
        machine_trees_add(&matcher->copies, path, host->machine, false);
}

/* Is it of an earlier state of the machine of its tree? */
static bool names_earlier_state(const struct case_source_host *said)
{
    size_t root_length;

    return said->names_tree &&
           (machine_path_is_copy(said->path) || machine_path_is_old(said->path, &root_length));
}

static void note_named(struct source_matcher *matcher, const struct source_host *host)
{
    const char *path = host->said.path;

    machine_places_add(&matcher->named, path, host->machine, false);
    machine_places_add(&matcher->naming, path, host->machine, false);
}

/* Finds whose those are that are named, and which trees they name. */
static void match_all_named(struct source_matcher *matcher, struct source_host *hosts, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        hosts[index].machine = MACHINE_NONE;
        if (!source_host_is_named(&hosts[index]) || names_earlier_state(&hosts[index].said))
            continue;
        match_named(matcher, &hosts[index]);
        note_named(matcher, &hosts[index]);
        if (hosts[index].said.names_tree)
            machine_trees_add(&matcher->trees, hosts[index].said.path, hosts[index].machine,
                              hosts[index].said.names_all);
    }
    machine_trees_sort(&matcher->trees);
    for (size_t index = 0; index < count; index++) {
        if (!source_host_is_named(&hosts[index]) || !names_earlier_state(&hosts[index].said))
            continue;
        match_earlier_state(matcher, &hosts[index]);
        note_named(matcher, &hosts[index]);
    }
    machine_trees_sort(&matcher->copies);
    machine_places_sort(&matcher->named);
    machine_places_sort(&matcher->naming);
}

/* Is a host that the file names this machine? */
static bool is_named_in(const struct source_host *of_file, size_t count, size_t machine)
{
    for (size_t index = 0; index < count; index++)
        if (source_host_is_named(&of_file[index]) && of_file[index].machine == machine)
            return true;
    return false;
}

/* Does the name of the file have another host than this machine? */
static bool file_name_contradicts(const struct naming *naming, const struct machine *machine)
{
    return naming->kind == NAMING_SEVERAL ||
           ((naming->kind == NAMING_KNOWN || naming->kind == NAMING_WITHIN ||
             naming->kind == NAMING_PATTERN) &&
            !machine_answers_to(machine, naming->host));
}

/* What is in one file with the listing of a named host is that host's. */
static bool match_with_file(struct source_host *host, const struct source_host *of_file,
                            size_t count)
{
    size_t found = MACHINE_NONE;
    bool several = false;

    for (size_t index = 0; index < count; index++) {
        if (!source_host_is_named(&of_file[index]))
            continue;
        several = several || (found != MACHINE_NONE && found != of_file[index].machine);
        found = of_file[index].machine;
    }
    if (several)
        host->remark = memory_copy_text("some of it names no host, and the rest several");
    host->machine = several ? MACHINE_NONE : found;
    return host->machine != MACHINE_NONE;
}

/* Does the name begin so, in whatever case? */
static bool fits(const char *name, const char *cut_off)
{
    char *folded_cut_off = text_fold(cut_off);
    char *folded = text_fold(name);
    bool is = hostname_fits_cut_off(folded, folded_cut_off);

    free(folded);
    free(folded_cut_off);
    return is;
}

/* A name that was cut off is that of the machine in its file, beside it, or of its folder, where
 * that begins so; else that of one of its own, which is kept apart from those of other files. */
static void match_cut_off(struct source_matcher *matcher, struct source_host *host,
                          const char *folder, const struct source_host *of_file, size_t count)
{
    const struct case_source_host *said = &host->said;
    struct machines *machines = matcher->machines;
    size_t near = machines_near_named(machines, &matcher->named, said->path).machine;
    char *folder_name = machine_folder_name(said->path);
    char *name;

    if (match_with_file(host, of_file, count) &&
        fits(machines->items[host->machine].name, said->name)) {
        free(folder_name);
        return;
    }
    free(host->remark);
    host->remark = NULL;
    if (near != MACHINE_NONE && fits(machines->items[near].name, said->name)) {
        host->machine = near;
    } else if (fits(folder_name, said->name)) {
        host->machine = machine_of_folder(matcher, folder, said->path);
    } else {
        name = memory_format("%s in %s", said->name, said->path);
        host->machine = machines_add(machines, name);
        machines->items[host->machine].shared_name = true;
        host->remark = memory_format("the host's name is cut off in it: %s", said->name);
        free(name);
    }
    free(folder_name);
}

/* The machine that a file with several hosts is of: of these the one that its name tells, else the
 * one that its place tells; or none. */
static size_t choose_of_several(const struct source_matcher *matcher, const struct naming *naming,
                                size_t near, const struct source_host *of_file, size_t count)
{
    for (size_t index = 0; index < count && naming->host != NULL; index++)
        if (source_host_is_named(&of_file[index]) &&
            machine_answers_to(&matcher->machines->items[of_file[index].machine], naming->host))
            return of_file[index].machine;
    return near != MACHINE_NONE && is_named_in(of_file, count, near) ? near : MACHINE_NONE;
}

/* What is in one file with listings of several hosts is that one's of them which the name of the
 * file or the place tells, else nobody's: one of its own, that stands in no list of scripts. */
static void match_with_several(struct source_matcher *matcher, struct source_host *host,
                               const struct naming *naming, size_t near,
                               const struct source_host *of_file, size_t count)
{
    host->machine = choose_of_several(matcher, naming, near, of_file, count);
    host->is_guess = host->machine != MACHINE_NONE;
    if (host->is_guess)
        return;
    host->machine = machines_add(matcher->machines, host->said.path);
    matcher->machines->items[host->machine].shared_name = true;
}

/* Does the name of the file's own folder contradict that of the file? Where several machines have
 * logs in the folder, its name is none of theirs. */
static bool folder_contradicts(struct source_matcher *matcher, size_t index, const char *path,
                               size_t machine)
{
    const char *folder_host = matcher->folder_hosts[index];
    enum naming_kind kind = matcher->namings.items[index].kind;

    return (kind == NAMING_KNOWN || kind == NAMING_WITHIN || kind == NAMING_SEVERAL) &&
           folder_host != NULL &&
           matcher->folder_lengths[index] >= strlen(matcher->folder_paths[index]) &&
           !machines_share_folder(matcher->machines, path) &&
           !machine_answers_to(&matcher->machines->items[machine], folder_host);
}

/* Is there more than collectors' folders between the container that names the host and the file? */
static bool lies_apart_in_container(const struct naming *naming, const char *path)
{
    return machine_path_below(path, naming->container_length, naming->host) != BELOW_NOTHING;
}

/* By the name of the file, which says so for sure where it begins or ends with the one host that is
 * known or the files beside it are named so, too. */
static void match_file_name(struct source_matcher *matcher, struct source_host *host, size_t index,
                            size_t near)
{
    static const char *const whys[] = {
        [NAMING_NONE] = "",
        [NAMING_KNOWN] = "which its file's name begins or ends with",
        [NAMING_WITHIN] = "which is in its file's name",
        [NAMING_SEVERAL] = "the first of several hosts in its file's name",
        [NAMING_PATTERN] = "which its file's name has where those beside it have their hosts",
        [NAMING_FOLDERS] = ("which its file's name begins with, as folders beside it have the "
                            "names of their hosts"),
        [NAMING_CONTAINER] = "which its container's name has",
        [NAMING_SPELLED] = "which is what its file's name differs in from those beside it",
    };
    const struct naming *naming = &matcher->namings.items[index];
    const char *path = host->said.path;

    host->machine = choose_machine(matcher, naming->host, near);
    host->is_guess = naming->kind != NAMING_KNOWN && naming->kind != NAMING_PATTERN &&
                     (naming->kind != NAMING_CONTAINER || naming->is_guess ||
                      lies_apart_in_container(naming, path));
    if (!folder_contradicts(matcher, index, path, host->machine)) {
        host->remark =
            memory_format("no host is named in it: taken for %s, %s",
                          matcher->machines->items[host->machine].name, whys[naming->kind]);
        return;
    }
    host->remark = memory_format("no host is named in it: its file's name is that of %s, its "
                                 "folder's that of %s, so it is taken for neither",
                                 naming->host, matcher->folder_hosts[index]);
    host->machine = machines_add(matcher->machines, path);
    host->is_guess = true;
    matcher->machines->items[host->machine].shared_name = true;
}

static bool has_digit(const char *name)
{
    return strpbrk(name, "0123456789") != NULL;
}

/* Can what the name of a file spells be a host like this machine: another one, and with digits
 * where its own name has some? */
static bool spells_another(const struct naming *naming, const struct machine *machine)
{
    return naming->kind == NAMING_SPELLED && !machine_answers_to(machine, naming->host) &&
           (has_digit(naming->host) || !has_digit(machine->name));
}

/* Why it is not sure that what lies in the folder of this machine's logs is of it; or NULL. */
static char *doubt(const struct source_matcher *matcher, size_t index,
                   const struct machine *machine)
{
    const struct naming *naming = &matcher->namings.items[index];
    const char *folder_host = matcher->folder_hosts[index];

    if (folder_host != NULL && !machine_answers_to(machine, folder_host))
        return memory_format("whose logs lie there, in a folder with the name of %s", folder_host);
    if (naming->kind == NAMING_CONTAINER && !machine_answers_to(machine, naming->host))
        return memory_format("whose logs lie there, in a container with the name of %s",
                             naming->host);
    if (spells_another(naming, machine))
        return memory_format("whose logs lie there, though its file's name differs from those "
                             "beside it in %s",
                             naming->host);
    return NULL;
}

/* By the logs, or hosts that are named, beside it. */
static void match_near(struct source_matcher *matcher, struct source_host *host, size_t index,
                       const struct near *near)
{
    static const char *const whys[] = {
        [BELONGING_SURE] = "",
        [BELONGING_AMONG_OTHERS] = "whose logs lie there, as do files of other hosts",
        [BELONGING_WITHIN] =
            ("whose logs lie outside of the container, or the folder of a disk's copy, "
             "that it lies in"),
        [BELONGING_BESIDE] = "whose logs lie in another folder beside it",
        [BELONGING_LISTED] = "which is named in what lies beside it",
    };
    const struct machine *machine = &matcher->machines->items[near->machine];
    enum belonging belonging =
        machines_belonging(matcher->machines, &matcher->naming, host->said.path, near);
    char *why = belonging == BELONGING_SURE ? doubt(matcher, index, machine)
                                            : memory_copy_text(whys[belonging]);

    host->machine = near->machine;
    host->is_guess = why != NULL;
    if (host->is_guess)
        host->remark =
            memory_format("no host is named in it: taken for %s, %s", machine->name, why);
    free(why);
}

/* By the name of a folder: the innermost one that is called as a known host is, and not only begins
 * or ends so, or its own. */
static void match_folder(struct source_matcher *matcher, struct source_host *host, size_t index)
{
    const char *path = host->said.path;
    const char *known = matcher->folder_hosts[index];
    size_t length = matcher->folder_lengths[index];
    char *title = known != NULL ? machine_title(path, length) : NULL;
    bool is_called_so =
        known != NULL && strcmp(title, known) == 0 &&
        (machine_path_below(path, length, known) == BELOW_NOTHING || !machine_path_is_disk(path));

    free(title);
    host->machine = is_called_so ? choose_machine(matcher, known, MACHINE_NONE)
                                 : machine_of_folder(matcher, matcher->folder_paths[index], path);
    host->is_guess = true;
    host->remark =
        memory_format("no host is named in it, nor exactly one beside it: taken for that "
                      "of the folder's name, %s",
                      matcher->machines->items[host->machine].name);
}

/* What the name of its file does not tell: by its place. What lies in a folder with the name of
 * another known host is never of the machine beside it, and a guess where the logs lie there, too.
 */
static void match_place(struct source_matcher *matcher, struct source_host *host, size_t index,
                        const struct near *near)
{
    const char *folder_host = matcher->folder_hosts[index];
    size_t length = matcher->folder_lengths[index];

    if (near->machine != MACHINE_NONE &&
        (folder_host == NULL || length < near->folder_length ||
         machine_answers_to(&matcher->machines->items[near->machine], folder_host)))
        match_near(matcher, host, index, near);
    else if (matcher->namings.items[index].kind == NAMING_SPELLED &&
             (folder_host == NULL || length < strlen(matcher->folder_paths[index])))
        match_file_name(matcher, host, index, MACHINE_NONE);
    else
        match_folder(matcher, host, index);
}

/* What is in one file with the listing of a named host is that one's by a guess where the name of
 * the file has another. */
static void doubt_file(const struct source_matcher *matcher, struct source_host *host,
                       const struct naming *naming)
{
    const struct machine *machine = &matcher->machines->items[host->machine];

    host->is_guess = file_name_contradicts(naming, machine);
    if (host->is_guess)
        host->remark = memory_format("some of it names no host: taken for %s, which the rest "
                                     "names, though its file's name has another host",
                                     machine->name);
}

/* Hosts from `first` up to `end` are those of one file. */
struct file_range {
    size_t first, end;
};

/* `of_file` are the hosts of its file. */
static void match_nameless(struct source_matcher *matcher, struct source_host *hosts, size_t index,
                           struct file_range of_file)
{
    struct source_host *host = &hosts[index];
    size_t count = of_file.end - of_file.first;
    struct near near;

    if (host->machine != MACHINE_NONE)
        return;
    if (match_with_file(host, &hosts[of_file.first], count)) {
        doubt_file(matcher, host, &matcher->namings.items[index]);
        return;
    }
    near = machines_near_named(matcher->machines, &matcher->named, host->said.path);
    if (host->remark != NULL)
        match_with_several(matcher, host, &matcher->namings.items[index], near.machine,
                           &hosts[of_file.first], count);
    else
        match_place(matcher, host, index, &near);
}

/* The hosts of the file of that one: they are in order of paths. */
static struct file_range file_at(const struct source_host *hosts, size_t count, size_t first)
{
    struct file_range file = {first, first + 1};

    while (file.end < count && strcmp(hosts[file.end].said.path, hosts[first].said.path) == 0)
        file.end++;
    return file;
}

static bool file_names_host(const struct source_host *hosts, struct file_range file)
{
    for (size_t index = file.first; index < file.end; index++)
        if (*hosts[index].said.name != '\0')
            return true;
    return false;
}

/* Is what stands within the name of the file no other host than the one that the place tells? */
static bool place_agrees(const struct source_matcher *matcher, size_t index, size_t near)
{
    const struct naming *naming = &matcher->namings.items[index];
    const char *folder_host = matcher->folder_hosts[index];
    const struct machine *machine;

    if (naming->kind != NAMING_WITHIN || near == MACHINE_NONE)
        return false;
    machine = &matcher->machines->items[near];
    return machine_answers_to(machine, naming->host) &&
           (folder_host == NULL || machine_answers_to(machine, folder_host));
}

/* The tree that what lies at a path is in. */
struct in_tree {
    const struct machine_tree *tree; /* or NULL */
    bool is_of_copy;                 /* only a copy of a hive names the machine */
    bool is_of_disk;                 /* it is that of its disk */
    bool is_of_other_disk;           /* what names the machine lies in Windows on another disk */
    bool is_in_it;                   /* see machine_trees_find */
    size_t folder_length;
};

static struct in_tree find_tree(const struct source_matcher *matcher, const char *path)
{
    struct in_tree in = {0};

    in.tree = machine_trees_find(&matcher->trees, path, &in.is_in_it, &in.folder_length);
    if (in.tree == NULL) {
        in.tree = machine_trees_find(&matcher->copies, path, &in.is_in_it, &in.folder_length);
        in.is_of_copy = in.tree != NULL;
    }
    if (in.tree != NULL) {
        in.is_of_disk = in.is_in_it && in.folder_length > machine_tree_length(path);
        in.is_of_other_disk = machine_path_is_other_disk(path, in.tree->path);
    }
    return in;
}

/* Does something else than the tree tell of another host: the name of the file or of a folder, or
 * what lies in a folder between? */
static bool tree_is_contradicted(const struct source_matcher *matcher, size_t index,
                                 const struct in_tree *in, const struct near *near)
{
    const struct machine *machine = &matcher->machines->items[in->tree->machine];
    const struct naming *naming = &matcher->namings.items[index];
    const char *folder_host = matcher->folder_hosts[index];

    if (naming->kind == NAMING_CONTAINER && naming->container_length > in->folder_length &&
        !machine_answers_to(machine, naming->host))
        return true;
    return file_name_contradicts(naming, machine) ||
           (folder_host != NULL && !machine_answers_to(machine, folder_host) &&
            !(in->is_of_disk && matcher->folder_lengths[index] <= in->folder_length)) ||
           ((!in->is_in_it || in->is_of_other_disk) && near->machine != MACHINE_NONE &&
            near->machine != in->tree->machine && near->folder_length > in->folder_length);
}

/* Lies anything of another machine in the folder that the first `length` bytes of the path are? */
static bool lies_among_others(const struct source_matcher *matcher, const char *path, size_t length,
                              size_t machine)
{
    const struct machine_places *const lists[] = {&matcher->machines->places, &matcher->named};

    for (size_t list = 0; list < ARRAY_COUNT(lists); list++) {
        const struct machine_place *place;
        size_t at = 0;

        while ((place = machine_places_next(lists[list], &at, path, length)) != NULL)
            if (place->machine != machine)
                return true;
    }
    return false;
}

/* It is sure but in a folder below the tree's, of which nothing is known, or in a container there,
 * and where logs of another machine lie in the tree, or sources that name one. What speaks for the
 * folders below does so for those of its collector. */
static bool tree_is_doubtful(const struct source_matcher *matcher, const char *path,
                             const struct in_tree *in, const struct near *near)
{
    bool is_near = near->machine == in->tree->machine;
    enum below below = machine_path_below(path, in->folder_length,
                                          matcher->machines->items[in->tree->machine].name);

    if (below == BELOW_CONTAINER || in->is_of_other_disk ||
        (below == BELOW_FOLDER && (in->tree->covers_all || machine_path_is_disk(path))))
        return true;
    if (in->is_of_disk)
        return lies_among_others(matcher, path, in->folder_length, in->tree->machine);
    if (!in->is_in_it && !in->tree->covers_all)
        return !is_near || !near->by_logs;
    return near->machine == MACHINE_NONE || (!is_near && near->folder_length >= in->folder_length);
}

/* By what names the machine of its folder tree. */
static void match_tree(struct source_matcher *matcher, struct source_host *host, size_t index)
{
    const struct in_tree in = find_tree(matcher, host->said.path);
    struct near near;

    if (in.tree == NULL || in.tree->is_of_several)
        return;
    near = machines_near_named(matcher->machines, &matcher->named, host->said.path);
    if (tree_is_contradicted(matcher, index, &in, &near) ||
        (in.is_of_copy && near.by_logs && near.machine != MACHINE_NONE &&
         near.folder_length >= machine_tree_length(host->said.path)))
        return;
    host->machine = in.tree->machine;
    host->is_guess = tree_is_doubtful(matcher, host->said.path, &in, &near);
    host->remark = memory_format("no host is named in it: taken for %s, which %s names",
                                 matcher->machines->items[host->machine].name, in.tree->path);
}

/* Finds whose those are that name no host and lie in such a tree. */
static void match_trees(struct source_matcher *matcher, struct source_host *hosts, size_t count)
{
    for (struct file_range file = {0}; file.end < count;) {
        file = file_at(hosts, count, file.end);
        if (!file_names_host(hosts, file))
            match_tree(matcher, &hosts[file.first], file.first);
    }
}

/* Does the name of the folder, or of a container in it, that the copy of the disk lies in come
 * before that of the container? */
static bool folder_counts(const struct naming *naming, const char *path)
{
    char *title;
    bool counts;

    if (!machine_path_is_disk(path) || !lies_apart_in_container(naming, path))
        return false;
    title = machine_folder_name(path);
    counts = !container_title_is_word(title);
    free(title);
    return counts;
}

/* Is nothing in the container named otherwise: the logs in it, the folder in it that the file lies
 * in, or the tree? */
static bool container_counts(const struct source_matcher *matcher, size_t index, const char *path)
{
    const struct naming *naming = &matcher->namings.items[index];
    const struct machine_places *places = &matcher->machines->places;
    const char *folder_host = matcher->folder_hosts[index];
    const struct in_tree in = find_tree(matcher, path);
    const struct machine_place *log;
    size_t place = 0;

    if (folder_counts(naming, path))
        return false;
    if (folder_host != NULL && matcher->folder_lengths[index] > naming->container_length &&
        !names_are_one_host(folder_host, naming->host))
        return false;
    if (in.tree != NULL && in.folder_length >= naming->container_length &&
        (in.tree->is_of_several || in.is_of_other_disk ||
         !machine_answers_to(&matcher->machines->items[in.tree->machine], naming->host)))
        return false;
    while ((log = machine_places_next(places, &place, path, naming->container_length)) != NULL)
        if (log->own && !machine_answers_to(&matcher->machines->items[log->machine], naming->host))
            return false;
    return true;
}

/* Finds whose those are that only the name of their file, or of their container, tells of. */
static void match_file_names(struct source_matcher *matcher, struct source_host *hosts,
                             size_t count)
{
    for (struct file_range file = {0}; file.end < count;) {
        struct source_host *host = &hosts[file.end];
        enum naming_kind kind = matcher->namings.items[file.end].kind;
        size_t near;

        file = file_at(hosts, count, file.end);
        if (host->machine != MACHINE_NONE || file_names_host(hosts, file) || kind == NAMING_NONE ||
            kind == NAMING_SPELLED)
            continue;
        near = machines_near(matcher->machines, host->said.path);
        if (place_agrees(matcher, file.first, near) ||
            (kind == NAMING_CONTAINER && !container_counts(matcher, file.first, host->said.path)))
            continue;
        match_file_name(matcher, host, file.first, near);
        machine_places_add(&matcher->naming, host->said.path, host->machine, false);
    }
    machine_places_sort(&matcher->naming);
}

static void match_all_nameless(struct source_matcher *matcher, struct source_host *hosts,
                               size_t count)
{
    for (struct file_range file = {0}; file.end < count;) {
        file = file_at(hosts, count, file.end);
        for (size_t index = file.first; index < file.end; index++)
            if (hostname_is_cut_off(hosts[index].said.name))
                match_cut_off(matcher, &hosts[index], matcher->folder_paths[index],
                              &hosts[file.first], file.end - file.first);
            else if (!source_host_is_named(&hosts[index]))
                match_nameless(matcher, hosts, index, file);
    }
}

/* Notes which are of an earlier installation of the machine that they are of. */
static void note_earlier_installations(struct source_host *hosts, size_t count)
{
    size_t root_length;

    for (size_t index = 0; index < count; index++)
        hosts[index].earlier_installation =
            machine_path_is_old(hosts[index].said.path, &root_length);
}

void source_hosts_match(struct source_host *hosts, size_t count,
                        const struct inventory_host *inventory, size_t inventory_count,
                        struct machines *machines)
{
    struct source_matcher matcher = {.machines = machines, .log_count = machines->count};

    if (count == 0)
        return;
    matcher_begin(&matcher, hosts, count, inventory, inventory_count);
    match_all_named(&matcher, hosts, count);
    match_trees(&matcher, hosts, count);
    match_file_names(&matcher, hosts, count);
    match_all_nameless(&matcher, hosts, count);
    note_earlier_installations(hosts, count);
    matcher_end(&matcher, count);
}

void source_hosts_free(struct source_host *hosts, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        free((char *)hosts[index].said.path);
        free((char *)hosts[index].said.name);
        free(hosts[index].remark);
    }
    free(hosts);
}
