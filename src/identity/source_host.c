/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the hosts of sources without events are: first those that are named, since they tell of
 * whom a folder is to those that are not. Names of machines and hosts are keys of one table, paths
 * of folders of another: a folder called `pc1.old` is not a fully qualified name that PC1 could
 * mean, and two folders called `live` are of two machines. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/machine.h"
#include "model/hostname.h"

struct source_matcher {
    struct machines *machines;
    struct host_table hosts;
    struct host_table folders;
    char **folder_paths;         /* owned: of each host without a name, or NULL */
    char **last_parts;           /* owned: the folded names of the folders, in order */
    struct machine_places named; /* of hosts that are named */
    size_t log_count;            /* machines that there are logs of; the others stand behind them */
};

/* A name that was cut off tells less than the place does: it only has to fit. */
static bool is_named(const struct source_host *host)
{
    return *host->said.name != '\0' && !hostname_is_cut_off(host->said.name);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void list_last_parts(struct source_matcher *matcher)
{
    size_t count = matcher->folders.names.count;

    matcher->last_parts = memory_allocate(count, sizeof(char *));
    for (size_t key = 0; key < count; key++)
        matcher->last_parts[key] = memory_copy_text(last_part(matcher->folders.names.folded[key]));
    if (count > 0)
        qsort(matcher->last_parts, count, sizeof(char *), compare_texts);
}

static void matcher_begin(struct source_matcher *matcher, const struct source_host *hosts,
                          size_t count)
{
    const struct machines *machines = matcher->machines;

    matcher->folder_paths = memory_allocate(count, sizeof(char *));
    for (size_t machine = 0; machine < machines->count; machine++)
        name_table_add(&matcher->hosts.names, machines->items[machine].name);
    for (size_t index = 0; index < count; index++) {
        if (is_named(&hosts[index])) {
            name_table_add(&matcher->hosts.names, hosts[index].said.name);
            continue;
        }
        matcher->folder_paths[index] = machine_folder_path(hosts[index].said.path);
        name_table_add(&matcher->folders.names, matcher->folder_paths[index]);
    }
    host_table_seal(&matcher->hosts);
    host_table_seal(&matcher->folders);
    for (size_t machine = 0; machine < machines->count; machine++)
        host_table_set(&matcher->hosts, machines->items[machine].name, machine);
    for (size_t index = 0; index < count; index++) {
        if (is_named(&hosts[index]))
            host_table_spell(&matcher->hosts, hosts[index].said.name);
        else
            host_table_spell(&matcher->folders, matcher->folder_paths[index]);
    }
    list_last_parts(matcher);
}

static void matcher_end(struct source_matcher *matcher, size_t count)
{
    for (size_t index = 0; index < count; index++)
        free(matcher->folder_paths[index]);
    free(matcher->folder_paths);
    for (size_t key = 0; key < matcher->folders.names.count; key++)
        free(matcher->last_parts[key]);
    free(matcher->last_parts);
    host_table_free_content(&matcher->hosts);
    host_table_free_content(&matcher->folders);
    machine_places_free_content(&matcher->named);
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

    if (host->machine < matcher->log_count)
        return;
    machines_add_renamed(matcher->machines, host->said.name, &owners);
    if (owners.length_bytes > 0)
        host->remark = memory_format("it names the host %s, which is an earlier name of %s: it "
                                     "counts for a machine of its own",
                                     host->said.name, text_get(&owners));
    text_free(&owners);
}

/* Its own name wins; where it contradicts the place, that is said. */
static void match_named(struct source_matcher *matcher, struct source_host *host)
{
    const struct case_source_host *said = &host->said;
    size_t near = machines_near(matcher->machines, said->path);

    host->machine = choose_machine(matcher, said->name, near);
    if (near != MACHINE_NONE && near != host->machine)
        host->remark =
            memory_format("it names the host %s, but lies among logs of %s: the name counts",
                          said->name, matcher->machines->items[near].name);
    else
        remark_on_earlier_name(matcher, host);
}

/* Is a host that the file names this machine? */
static bool is_named_in(const struct source_host *of_file, size_t count, size_t machine)
{
    for (size_t index = 0; index < count; index++)
        if (is_named(&of_file[index]) && of_file[index].machine == machine)
            return true;
    return false;
}

/* What is in one file with the listing of a named host is that host's. */
static bool match_with_file(struct source_host *host, const struct source_host *of_file,
                            size_t count)
{
    size_t found = MACHINE_NONE;
    bool several = false;

    for (size_t index = 0; index < count; index++) {
        if (!is_named(&of_file[index]))
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

/* What is in one file with listings of several hosts is that one's of them which the place tells,
 * else nobody's: one of its own, that stands in no list of scripts. */
static void match_with_several(struct source_matcher *matcher, struct source_host *host,
                               size_t near, const struct source_host *of_file, size_t count)
{
    host->machine = near;
    host->is_guess = near != MACHINE_NONE && is_named_in(of_file, count, near);
    if (host->is_guess)
        return;
    host->machine = machines_add(matcher->machines, host->said.path);
    matcher->machines->items[host->machine].shared_name = true;
}

/* The machine that the file's name begins with, or none: so, too, in a folder with a host's name.
 */
static size_t machine_of_file_name(const struct source_matcher *matcher, const char *path)
{
    char *folder_name = machine_folder_name(path);
    bool is_of_host = host_table_find(&matcher->hosts, folder_name) != NAME_NONE;

    free(folder_name);
    return is_of_host ? MACHINE_NONE : host_table_machine_of_file(&matcher->hosts, last_part(path));
}

/* By its place, else by the file's name, else by what lies beside its folder, else by the name of
 * that. All but the first is said. */
static void match_place(struct source_matcher *matcher, struct source_host *host,
                        const char *folder, const struct near *near)
{
    const char *path = host->said.path;
    bool is_near = near->machine != MACHINE_NONE && !near->is_beside;
    size_t named = is_near ? MACHINE_NONE : machine_of_file_name(matcher, path);

    host->machine = named != MACHINE_NONE           ? named
                    : near->machine != MACHINE_NONE ? near->machine
                                                    : machine_of_folder(matcher, folder, path);
    host->is_guess = named != MACHINE_NONE || near->is_beside;
    if (named != MACHINE_NONE)
        host->remark =
            memory_format("no host is named in it: taken for %s, which its file's name begins with",
                          matcher->machines->items[host->machine].name);
    else if (near->machine == MACHINE_NONE)
        host->remark = memory_format(
            "no host is named in it, nor exactly one beside it: taken for that of the "
            "folder's name, %s",
            matcher->machines->items[host->machine].name);
    else if (near->is_beside)
        host->remark = memory_format("no host is named in it: taken for %s, whose logs lie in "
                                     "another folder beside it",
                                     matcher->machines->items[host->machine].name);
}

/* `of_file` are the `count` hosts of its file. */
static void match_nameless(struct source_matcher *matcher, struct source_host *host,
                           const char *folder, const struct source_host *of_file, size_t count)
{
    struct near near;

    if (match_with_file(host, of_file, count))
        return;
    near = machines_near_named(matcher->machines, &matcher->named, host->said.path);
    if (host->remark != NULL)
        match_with_several(matcher, host, near.machine, of_file, count);
    else
        match_place(matcher, host, folder, &near);
}

static void add_named_place(struct source_matcher *matcher, const struct source_host *host)
{
    struct machine_places *named = &matcher->named;

    named->items = memory_grow(named->items, named->count, sizeof(*named->items));
    named->items[named->count++] =
        (struct machine_place){.path = memory_copy_text(host->said.path), .machine = host->machine};
}

/* They are in order of paths: those of one file stand together. */
static void match_all_nameless(struct source_matcher *matcher, struct source_host *hosts,
                               size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1;
             end < count && strcmp(hosts[end].said.path, hosts[first].said.path) == 0; end++)
            ;
        for (size_t index = first; index < end; index++)
            if (hostname_is_cut_off(hosts[index].said.name))
                match_cut_off(matcher, &hosts[index], matcher->folder_paths[index], &hosts[first],
                              end - first);
            else if (!is_named(&hosts[index]))
                match_nameless(matcher, &hosts[index], matcher->folder_paths[index], &hosts[first],
                               end - first);
    }
}

void source_hosts_match(struct source_host *hosts, size_t count, struct machines *machines)
{
    struct source_matcher matcher = {.machines = machines, .log_count = machines->count};

    if (count == 0)
        return;
    matcher_begin(&matcher, hosts, count);
    for (size_t index = 0; index < count; index++)
        if (is_named(&hosts[index])) {
            match_named(&matcher, &hosts[index]);
            add_named_place(&matcher, &hosts[index]);
        }
    machine_places_sort(&matcher.named);
    match_all_nameless(&matcher, hosts, count);
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
