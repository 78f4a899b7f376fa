/* SPDX-License-Identifier: Apache-2.0 */
/* From computers to machines: what names each log has and whether one machine wrote it
 * (logset.c), which logs with another newest name belong to a renamed machine (rename.c), then the
 * machines with their aliases, and last the logs without a name.
 * Names are keys of a table until a machine is made. */
#include "identity/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "identity/logset.h"

void machines_free_content(struct machines *machines)
{
    for (size_t index = 0; index < machines->count; index++) {
        struct machine *machine = &machines->items[index];

        for (size_t alias = 0; alias < machine->alias_count; alias++)
            free(machine->aliases[alias]);
        free(machine->aliases);
        free(machine->alias_filetimes);
        memory_free_texts(machine->folded, machine->alias_count + 1);
        free(machine->name);
    }
    machine_places_free_content(&machines->places);
    earlier_names_free_content(&machines->earlier);
    free(machines->items);
    free(machines->owners);
    free(machines->own_log);
    free(machines->decides);
    *machines = (struct machines){0};
}

/* ---- Logs of renamed machines ---- */

/* Where its places disagree, the log belongs to none of the machines but stays one of its own. */
static void settle_log(struct log *log, const struct rename_place *place)
{
    size_t newest = log_newest_key(log);

    if (place->shared || (place->owner_key != newest && log->owner_key != newest &&
                          place->owner_key != log->owner_key))
        log->shared = true;
    if (place->owner_key != newest)
        log->owner_key = place->owner_key;
    if (place->circular)
        log->circular = true;
}

static struct rename_place *list_places(const struct logset *set, size_t *count)
{
    struct rename_place *places = memory_allocate(set->count, sizeof(*places));

    *count = 0;
    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];
        int64_t id = set->computers[log_row(set, log, 0)].id;

        /* Every place has a row of each name: one name's rows list them. */
        for (size_t row = 0; log->own && log->run_count > 0 && row < log->row_count; row++) {
            const struct case_computer *computer = &set->computers[log_row(set, log, row)];

            if (computer->id == id)
                places[(*count)++] = (struct rename_place){
                    .path = computer->path,
                    .log = index,
                    .key = log_newest_key(log),
                    .last_filetime = log->last_filetime,
                };
        }
    }
    return places;
}

static struct rename_pair *list_pairs(const struct logset *set, size_t *count)
{
    struct rename_pair *pairs = NULL;

    *count = 0;
    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];

        for (size_t run = 0; log->own && run + 1 < log->run_count; run++) {
            pairs = memory_grow(pairs, *count, sizeof(*pairs));
            pairs[(*count)++] = (struct rename_pair){log->runs[run].key, log_newest_key(log)};
        }
    }
    return pairs;
}

/* A machine that was renamed writes no more under the old name; a day is for clocks. Where a log
 * goes on under it, another machine may have taken the name over. */
#define NAME_USED_LATER_LEAST FILETIME_DAY

/* The latest time at which logs of that owner say they still had the earlier name `key`. */
static uint64_t last_time_of_name(const struct logset *set, size_t owner_key, size_t key)
{
    uint64_t last = 0;

    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];

        for (size_t run = 0; log->own && log->owner_key == owner_key && run + 1 < log->run_count;
             run++)
            if (log->runs[run].key == key && log->runs[run].last_filetime > last)
                last = log->runs[run].last_filetime;
    }
    return last;
}

static void note_names_used_later(struct logset *set)
{
    for (size_t index = 0; index < set->log_count; index++) {
        struct log *log = &set->logs[index];
        size_t newest = log_newest_key(log);
        uint64_t last;

        if (!log->own || newest == NAME_NONE || log->owner_key == newest)
            continue;
        last = last_time_of_name(set, log->owner_key, newest);
        log->used_later = last != 0 && log->last_filetime > last &&
                          log->last_filetime - last > NAME_USED_LATER_LEAST;
    }
}

static void join_renamed(struct logset *set)
{
    size_t place_count, pair_count;
    struct rename_place *places = list_places(set, &place_count);
    struct rename_pair *pairs = list_pairs(set, &pair_count);

    rename_resolve(places, place_count, pairs, pair_count);
    for (size_t place = 0; place < place_count; place++)
        settle_log(&set->logs[places[place].log], &places[place]);
    for (size_t log = 0; log < set->log_count; log++)
        if (set->logs[log].shared)
            set->logs[log].owner_key = log_newest_key(&set->logs[log]);
    note_names_used_later(set);
    free(pairs);
    free(places);
}

/* ---- Machines and aliases ---- */

/* The machine's earlier names while they are put in order. */
struct alias_list {
    struct name_run *names; /* of each: key and last_filetime */
    size_t count;
};

static size_t find_alias(const struct alias_list *list, size_t key)
{
    size_t place = 0;

    while (place < list->count && list->names[place].key != key)
        place++;
    return place;
}

static bool runs_before(const struct log *log, size_t run, size_t key)
{
    for (size_t index = 0; index < run; index++)
        if (log->runs[index].key == key)
            return true;
    return false;
}

/* Is the name no earlier one, but the machine's newest, or a short form of that? */
static bool is_newest_name(const struct logset *set, size_t key, size_t machine_key)
{
    return key == machine_key ||
           name_range_has(name_table_full_names(&set->names, key), machine_key);
}

/* Puts the earlier names of a log into the list. Within a log the order of writing holds; names
 * that only different logs have go by their last event. */
static void add_aliases(const struct logset *set, struct alias_list *list, const struct log *log,
                        size_t machine_key)
{
    size_t limit = list->count; /* the place of the name that follows in this log */

    for (size_t run = log->run_count; run > 0; run--) {
        const struct name_run *name = &log->runs[run - 1];
        size_t place = find_alias(list, name->key);

        if (name->short_form || is_newest_name(set, name->key, machine_key))
            continue;
        if (place < list->count) {
            if (name->last_filetime > list->names[place].last_filetime)
                list->names[place].last_filetime = name->last_filetime;
            limit = place < limit ? place : limit;
            continue;
        }
        for (place = limit; place > 0; place--)
            if (list->names[place - 1].last_filetime <= name->last_filetime ||
                runs_before(log, run - 1, list->names[place - 1].key))
                break;
        list->names = memory_grow(list->names, list->count, sizeof(*list->names));
        memmove(&list->names[place + 1], &list->names[place],
                (list->count - place) * sizeof(*list->names));
        list->names[place] = *name;
        list->count++;
        limit = place;
    }
}

static int compare_logs_by_owner(const void *left_item, const void *right_item)
{
    const struct log *left = *(const struct log *const *)left_item;
    const struct log *right = *(const struct log *const *)right_item;

    if (left->owner_key != right->owner_key)
        return left->owner_key < right->owner_key ? -1 : 1;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    if (left->last_filetime != right->last_filetime)
        return left->last_filetime > right->last_filetime ? -1 : 1;
    return strcmp(left->path, right->path);
}

static void name_machine(const struct logset *set, size_t key, struct machine *machine)
{
    machine->name = memory_copy_text(set->spellings[key]->name);
    machine->shared_name = name_table_is_shared(&set->names, key);
}

/* The machines of each name: several where installations of it were told apart, those numbers up;
 * records of that name that its machines did not write themselves are of one more then. */
struct name_machines {
    size_t first;    /* index of the first machine */
    size_t count;    /* 0: the name is none */
    bool has_others; /* some records are not in a log of the machine itself */
    size_t part_count;
};

static size_t machine_of_log(const struct name_machines *names, const struct log *log)
{
    return names[log->owner_key].first + log->part;
}

/* Gives each machine the aliases of its logs, the newest log first. Earlier installations name
 * nothing. */
static void name_aliases(const struct logset *set, const struct name_machines *names,
                         struct machines *out)
{
    const struct log **logs = memory_allocate(set->log_count, sizeof(struct log *));
    size_t count = 0;

    for (size_t log = 0; log < set->log_count; log++)
        if (set->logs[log].owner_key != NAME_NONE && !set->logs[log].earlier)
            logs[count++] = &set->logs[log];
    qsort(logs, count, sizeof(*logs), compare_logs_by_owner);
    for (size_t log = 0; log < count;) {
        size_t key = logs[log]->owner_key, part = logs[log]->part;
        struct machine *machine = &out->items[machine_of_log(names, logs[log])];
        struct alias_list list = {0};

        for (; log < count && logs[log]->owner_key == key && logs[log]->part == part; log++) {
            add_aliases(set, &list, logs[log], key);
            machine->shared_name = machine->shared_name || logs[log]->shared ||
                                   logs[log]->circular || logs[log]->used_later;
        }
        machine->aliases = memory_allocate(list.count, sizeof(*machine->aliases));
        machine->alias_filetimes = memory_allocate(list.count, sizeof(*machine->alias_filetimes));
        for (size_t alias = 0; alias < list.count; alias++) {
            machine->alias_filetimes[alias] = list.names[alias].last_filetime;
            machine->aliases[machine->alias_count++] =
                memory_copy_text(set->spellings[list.names[alias].key]->name);
        }
        free(list.names);
    }
    free(logs);
}

/* A short newest name can mean a full one that no log of its machine has, as it is only an earlier
 * name of another machine: it may then mean a third one as well. */
static void note_borrowed_names(const struct logset *set, const struct name_machines *names,
                                struct machines *out)
{
    bool *own = memory_allocate(set->names.count, sizeof(*own));
    bool *earlier = memory_allocate(set->names.count, sizeof(*earlier));

    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];

        for (size_t row = 0; row < log->row_count; row++) {
            size_t key = set->keys[log_row(set, log, row)];

            if (key != NAME_NONE && (!log->own || log->owner_key == key))
                own[key] = true;
        }
        for (size_t run = 0; log->own && run < log->run_count; run++)
            if (log->runs[run].key != log->owner_key)
                earlier[log->runs[run].key] = true;
    }
    for (size_t key = 0; key < set->names.count; key++)
        for (size_t part = 0; earlier[key] && !own[key] && part < names[key].count; part++)
            out->items[names[key].first + part].shared_name = true;
    free(earlier);
    free(own);
}

/* The key of the machine whose the row is, NAME_NONE when its log has no name, and for a name met
 * in remnants alone. */
static size_t row_owner_key(const struct logset *set, const struct log *log, size_t row)
{
    if (computer_is_remnant(&set->computers[row]))
        return NAME_NONE;
    return log->own ? log->owner_key : set->meanings[row];
}

/* Counts the machines of each name. Returns owned, by key. */
static struct name_machines *count_machines(const struct logset *set)
{
    struct name_machines *names = memory_allocate(set->names.count, sizeof(*names));

    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];

        for (size_t row = 0; row < log->row_count; row++) {
            size_t key = row_owner_key(set, log, log_row(set, log, row));

            if (key == NAME_NONE)
                continue;
            if (log->own && log->part >= names[key].part_count)
                names[key].part_count = log->part + 1;
            names[key].has_others = names[key].has_others || !log->own;
        }
    }
    for (size_t key = 0; key < set->names.count; key++)
        names[key].count = names[key].part_count == 1
                               ? 1
                               : names[key].part_count + (names[key].has_others ? 1 : 0);
    return names;
}

/* Makes the named machines, and owners of all rows but those of logs without a name. */
static void make_machines(const struct logset *set, struct machines *out)
{
    struct name_machines *names = count_machines(set);

    for (size_t key = 0; key < set->names.count; key++) {
        names[key].first = out->count;
        for (size_t part = 0; part < names[key].count; part++) {
            struct machine *machine;

            out->items = memory_grow(out->items, out->count, sizeof(*out->items));
            machine = &out->items[out->count++];
            *machine = (struct machine){0};
            name_machine(set, key, machine);
            machine->shared_name = machine->shared_name || names[key].count > 1;
        }
    }
    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];

        for (size_t at = 0; at < log->row_count; at++) {
            size_t row = log_row(set, log, at);
            size_t key = row_owner_key(set, log, row);

            out->own_log[row] = log->own;
            out->decides[row] = !log->earlier;
            if (key != NAME_NONE)
                out->owners[row] =
                    log->own ? machine_of_log(names, log) : names[key].first + names[key].count - 1;
        }
    }
    name_aliases(set, names, out);
    for (size_t machine = 0; machine < out->count; machine++)
        machine_fold_names(&out->items[machine]);
    note_borrowed_names(set, names, out);
    free(names);
}

/* ---- What names no machine ---- */

static void list_machine_places(const struct logset *set, struct machines *out)
{
    struct machine_places *places = &out->places;

    for (size_t row = 0; row < set->count; row++)
        if (out->owners[row] != MACHINE_NONE)
            machine_places_add(places, set->computers[row].path, out->owners[row],
                               out->own_log[row]);
    machine_places_sort(places);
}

size_t machines_add(struct machines *machines, const char *name)
{
    machines->items = memory_grow(machines->items, machines->count, sizeof(*machines->items));
    machines->items[machines->count] = (struct machine){.name = memory_copy_text(name)};
    machine_fold_names(&machines->items[machines->count]);
    return machines->count++;
}

size_t machines_of_host(struct machines *machines, struct host_table *hosts, const char *name)
{
    size_t meaning = name_table_meaning(&hosts->names, name_table_find(&hosts->names, name));
    size_t machine = host_table_machine(hosts, name);

    if (machine != MACHINE_NONE)
        return machine;
    machine = machines_add(machines,
                           hosts->spellings[meaning] != NULL ? hosts->spellings[meaning] : name);
    machines->items[machine].shared_name =
        name_table_is_shared(&hosts->names, meaning) || host_table_is_several(hosts, meaning);
    hosts->is_several[meaning] = false;
    hosts->machine_of[meaning] = machine;
    return machine;
}

/* Names of folders are keys of a table of their own: a folder called `pc1.old` is not
 * a fully qualified name that PC1 could mean. */
struct folder_matcher {
    struct host_table hosts;   /* newest names of machines */
    struct host_table folders; /* names of folders that are not among these */
};

/* Is it a row of a log without a name, that no machine was found for? */
static bool row_is_nameless(const struct logset *set, const struct machines *machines, size_t row)
{
    return machines->owners[row] == MACHINE_NONE && set->computers[row].name[0] == '\0';
}

static void list_folders(const struct logset *set, const struct machines *machines,
                         struct folder_matcher *matcher)
{
    for (size_t machine = 0; machine < machines->count; machine++)
        name_table_add(&matcher->hosts.names, machines->items[machine].name);
    host_table_seal(&matcher->hosts);
    for (size_t machine = 0; machine < machines->count; machine++)
        host_table_set(&matcher->hosts, machines->items[machine].name, machine);
    for (size_t row = 0; row < set->count; row++) {
        char *name;

        if (!row_is_nameless(set, machines, row))
            continue;
        name = machine_folder_name(set->computers[row].path);
        name_table_add(&matcher->folders.names, name);
        free(name);
    }
    host_table_seal(&matcher->folders);
}

/* The machine that the name of the folder means, made where there is none. A name that may mean
 * several machines is that of none of them. */
static size_t machine_of_folder(struct machines *machines, struct folder_matcher *matcher,
                                const char *path)
{
    char *name = machine_folder_name(path);
    size_t host_key = host_table_find(&matcher->hosts, name);
    size_t *machine;

    if (host_key != NAME_NONE && !matcher->hosts.is_several[host_key]) {
        machine = &matcher->hosts.machine_of[host_key];
    } else {
        machine = &matcher->folders.machine_of[name_table_find(&matcher->folders.names, name)];
        if (*machine == MACHINE_NONE) {
            *machine = machines_add(machines, name);
            machines->items[*machine].shared_name =
                host_key != NAME_NONE || name_table_means_several(&matcher->hosts.names, name);
        }
    }
    free(name);
    return *machine;
}

/* Of several machines that have logs in the folder whose path has so many bytes, or below it: the
 * one that has, or had, the name; MACHINE_NONE for none or several. */
static size_t machine_with_name(const struct machines *machines, const char *path, size_t length,
                                bool or_below, const char *name)
{
    const struct machine_place *place;
    size_t found = MACHINE_NONE, at = 0;

    while ((place = machine_places_next(&machines->places, &at, path, length)) != NULL) {
        if ((!or_below && machine_folder_length(place->path) != length) ||
            place->machine == found || !machine_answers_to(&machines->items[place->machine], name))
            continue;
        if (found != MACHINE_NONE)
            return MACHINE_NONE;
        found = place->machine;
    }
    return found;
}

/* A name met in remnants alone is that of the log's own machine, or of one that has a log in the
 * same folder, where that has, or had, the name. */
static size_t machine_of_remnant(const struct machines *machines, const struct log *log,
                                 size_t log_owner, const struct case_computer *computer)
{
    if (log->own && log_owner != MACHINE_NONE &&
        machine_answers_to(&machines->items[log_owner], computer->name))
        return log_owner;
    return machine_with_name(machines, computer->path, machine_folder_length(computer->path), false,
                             computer->name);
}

static void own_remnants(const struct logset *set, struct machines *out)
{
    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];
        size_t log_owner = MACHINE_NONE;

        for (size_t at = 0; at < log->row_count; at++) {
            size_t row = log_row(set, log, at);

            if (!computer_is_remnant(&set->computers[row]) && out->owners[row] != MACHINE_NONE)
                log_owner = out->owners[row];
        }
        for (size_t at = 0; at < log->row_count; at++) {
            size_t row = log_row(set, log, at);
            const struct case_computer *computer = &set->computers[row];

            if (!computer_is_remnant(computer))
                continue;
            out->owners[row] =
                at > 0 && set->computers[log_row(set, log, at - 1)].id == computer->id
                    ? out->owners[log_row(set, log, at - 1)]
                    : machine_of_remnant(out, log, log_owner, computer);
            out->decides[row] = out->decides[row] && out->owners[row] != MACHINE_NONE;
        }
    }
}

/* Logs of earlier installations that were kept aside are those of the machine that the folder is
 * of; where that is of several, of the one that has, or had, the name. */
static void own_aside(const struct logset *set, struct machines *out)
{
    static const struct machine_places none = {0};

    for (size_t index = set->ordered_count; index < set->count; index++) {
        size_t row = set->order[index];
        const struct case_computer *computer = &set->computers[row];
        struct near near = machines_near_named(out, &none, computer->path);
        size_t root_length = 0;

        machine_path_is_old(computer->path, &root_length);
        out->owners[row] =
            near.machine != MACHINE_NONE && near.folder_length >= root_length
                ? near.machine
                : machine_with_name(out, computer->path, root_length, true, computer->name);
        if (index > set->ordered_count && set->computers[set->order[index - 1]].id == computer->id)
            out->owners[row] = out->owners[set->order[index - 1]];
    }
}

/* Rows of one computer id are one machine's, that of the first place. Remnants make none. */
static void own_nameless(const struct logset *set, struct machines *out)
{
    struct folder_matcher matcher = {0};

    list_folders(set, out, &matcher);
    for (size_t index = 0; index < set->ordered_count; index++) {
        size_t row = set->order[index];
        const struct case_computer *computer = &set->computers[row];

        if (!row_is_nameless(set, out, row))
            continue;
        if (index > 0 && set->computers[set->order[index - 1]].id == computer->id)
            out->owners[row] = out->owners[set->order[index - 1]];
        else
            out->owners[row] = machines_near(out, computer->path);
        if (out->owners[row] == MACHINE_NONE && computer->record_count > 0)
            out->owners[row] = machine_of_folder(out, &matcher, computer->path);
    }
    host_table_free_content(&matcher.hosts);
    host_table_free_content(&matcher.folders);
}

void machines_find(const struct case_computer *computers, size_t count,
                   const struct installation_signs *signs, struct machines *out)
{
    struct logset set = {0};

    *out = (struct machines){
        .owners = memory_allocate(count, sizeof(*out->owners)),
        .own_log = memory_allocate(count, sizeof(*out->own_log)),
        .decides = memory_allocate(count, sizeof(*out->decides)),
    };
    for (size_t row = 0; row < count; row++)
        out->owners[row] = MACHINE_NONE;
    logset_read(&set, computers, count);
    join_renamed(&set);
    logset_tell_apart(&set, signs);
    make_machines(&set, out);
    list_machine_places(&set, out);
    own_nameless(&set, out);
    own_remnants(&set, out);
    own_aside(&set, out);
    earlier_names_list(&out->earlier, out);
    logset_free_content(&set);
}
