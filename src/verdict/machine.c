/* SPDX-License-Identifier: Apache-2.0 */
/* From computers to machines in four steps: (1) the names of each log, with the runs of records
 * they have in it; (2) whether one machine wrote the log, and its newest name; (3) which logs with
 * another newest name belong to a renamed machine (verdict/rename.h); (4) the machines with their
 * aliases. Names are keys of a table until a machine is made. */
#include "verdict/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "verdict/name.h"
#include "verdict/rename.h"

/* One name in one log: the records of all its spellings, short and full. */
struct run {
    size_t key; /* what the name means; see meaning_in_log */
    uint64_t record_count;
    uint64_t first_number;
    uint64_t last_number;
    uint64_t last_filetime;
};

struct log {
    size_t first_row; /* its rows in `order`: those of one computer id stand together */
    size_t row_count;
    const char *path; /* of its first place */
    struct run *runs; /* owned; when `own`, oldest first */
    size_t run_count;
    bool own; /* one machine wrote all of it */
    uint64_t last_filetime;
    size_t owner_key; /* the newest name of its machine, when `own` and named */
    bool shared;
};

struct finder {
    const struct case_computer *computers;
    size_t *keys;     /* of each computer: its name as it is, NAME_NONE for an empty one */
    size_t *meanings; /* of each computer: what its name means, or NAME_NONE */
    size_t *order;    /* indexes of computers by (source, computer id, place) */
    size_t count;
    struct name_table names;
    struct log *logs; /* by source id */
    size_t log_count;
    const struct case_computer **spellings; /* of each key: the row whose spelling is shown */
    uint64_t *spelling_filetimes;           /* of the log it is from */
};

void machines_free_content(struct machines *machines)
{
    for (size_t index = 0; index < machines->count; index++) {
        struct machine *machine = &machines->items[index];

        for (size_t alias = 0; alias < machine->alias_count; alias++)
            free(machine->aliases[alias]);
        free(machine->aliases);
        free(machine->name);
    }
    for (size_t index = 0; index < machines->place_count; index++)
        free(machines->places[index].path);
    free(machines->items);
    free(machines->owners);
    free(machines->own_log);
    free(machines->places);
    *machines = (struct machines){0};
}

/* ---- Step 1: the names of each log ---- */

static int compare_rows(const void *left_item, const void *right_item, void *context)
{
    const struct finder *finder = context;
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;
    const struct case_computer *a = &finder->computers[left];
    const struct case_computer *b = &finder->computers[right];

    if (a->source_id != b->source_id)
        return a->source_id < b->source_id ? -1 : 1;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (left > right) - (left < right);
}

static void finder_begin(struct finder *finder, const struct case_computer *computers, size_t count)
{
    finder->computers = computers;
    finder->count = count;
    finder->keys = memory_allocate(count, sizeof(*finder->keys));
    finder->meanings = memory_allocate(count, sizeof(*finder->meanings));
    finder->order = memory_allocate(count, sizeof(*finder->order));
    for (size_t row = 0; row < count; row++) {
        finder->order[row] = row;
        if (computers[row].name[0] != '\0')
            name_table_add(&finder->names, computers[row].name);
    }
    name_table_seal(&finder->names);
    for (size_t row = 0; row < count; row++)
        finder->keys[row] = name_table_find(&finder->names, computers[row].name);
    qsort_r(finder->order, count, sizeof(*finder->order), compare_rows, finder);
    finder->spellings = memory_allocate(finder->names.count, sizeof(*finder->spellings));
    finder->spelling_filetimes =
        memory_allocate(finder->names.count, sizeof(*finder->spelling_filetimes));
}

static void finder_end(struct finder *finder)
{
    for (size_t log = 0; log < finder->log_count; log++)
        free(finder->logs[log].runs);
    free(finder->logs);
    free(finder->keys);
    free(finder->meanings);
    free(finder->order);
    free(finder->spellings);
    free(finder->spelling_filetimes);
    name_table_free_content(&finder->names);
}

/* The index into computers of the log's row number `row`. */
static size_t log_row(const struct finder *finder, const struct log *log, size_t row)
{
    return finder->order[log->first_row + row];
}

/* Is this the first place's row of its name? */
static bool row_is_first(const struct finder *finder, const struct log *log, size_t row)
{
    return row == 0 || finder->computers[log_row(finder, log, row)].id !=
                           finder->computers[log_row(finder, log, row - 1)].id;
}

static int compare_keys(const void *left_item, const void *right_item)
{
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;

    return (left > right) - (left < right);
}

/* What a name in a log means: a short one the full one of the same log, where the log has several
 * of them none of these, where it has none the one of the case. `keys` are the log's, ascending. */
static size_t meaning_in_log(const struct finder *finder, const size_t *keys, size_t key_count,
                             size_t key)
{
    struct name_range full = name_table_full_names(&finder->names, key);
    size_t first = 0, end = key_count;

    if (full.first == full.end)
        return key;
    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (keys[middle] < full.first)
            first = middle + 1;
        else
            end = middle;
    }
    if (first == key_count || keys[first] >= full.end)
        return name_table_meaning(&finder->names, key);
    return first + 1 == key_count || keys[first + 1] >= full.end ? keys[first] : key;
}

/* Adds what the row says to the run of that name. */
static void add_to_run(struct log *log, size_t key, const struct case_computer *row)
{
    struct run *run = NULL;

    for (size_t index = log->run_count; index > 0 && run == NULL; index--)
        if (log->runs[index - 1].key == key)
            run = &log->runs[index - 1];
    if (run == NULL) {
        log->runs = memory_grow(log->runs, log->run_count, sizeof(*log->runs));
        run = &log->runs[log->run_count++];
        *run = (struct run){.key = key, .first_number = UINT64_MAX};
    }
    if (row->last_filetime > run->last_filetime)
        run->last_filetime = row->last_filetime;
    if (row->record_count == 0)
        return;
    run->record_count += row->record_count;
    if (row->first_number < run->first_number)
        run->first_number = row->first_number;
    if (row->last_number > run->last_number)
        run->last_number = row->last_number;
}

/* The newest log's spelling is shown; of logs that end together, that of the first path. */
static void note_spelling(struct finder *finder, const struct log *log, size_t row)
{
    size_t key = finder->keys[row];
    const struct case_computer *old = finder->spellings[key];

    if (old != NULL && (finder->spelling_filetimes[key] > log->last_filetime ||
                        (finder->spelling_filetimes[key] == log->last_filetime &&
                         strcmp(old->path, log->path) <= 0)))
        return;
    finder->spellings[key] = &finder->computers[row];
    finder->spelling_filetimes[key] = log->last_filetime;
}

static void read_log_names(struct finder *finder, struct log *log)
{
    size_t *keys = memory_allocate(log->row_count, sizeof(*keys));
    size_t key_count = 0;

    log->path = finder->computers[log_row(finder, log, 0)].path;
    for (size_t row = 0; row < log->row_count; row++) {
        const struct case_computer *computer = &finder->computers[log_row(finder, log, row)];
        size_t key = finder->keys[log_row(finder, log, row)];

        if (strcmp(computer->path, log->path) < 0)
            log->path = computer->path;
        if (computer->last_filetime > log->last_filetime)
            log->last_filetime = computer->last_filetime;
        if (key != NAME_NONE && row_is_first(finder, log, row))
            keys[key_count++] = key;
    }
    qsort(keys, key_count, sizeof(*keys), compare_keys);
    for (size_t row = 0; row < log->row_count; row++) {
        size_t index = log_row(finder, log, row);

        finder->meanings[index] = NAME_NONE;
        if (finder->keys[index] == NAME_NONE)
            continue;
        finder->meanings[index] = meaning_in_log(finder, keys, key_count, finder->keys[index]);
        if (row_is_first(finder, log, row)) {
            add_to_run(log, finder->meanings[index], &finder->computers[index]);
            note_spelling(finder, log, index);
        }
    }
    free(keys);
}

/* ---- Step 2: whose log it is ---- */

/* Names known from recovered records only come first, then in the order of writing. */
static int compare_runs(const void *left_item, const void *right_item)
{
    const struct run *left = left_item;
    const struct run *right = right_item;
    uint64_t a = left->record_count > 0 ? left->first_number : left->last_filetime;
    uint64_t b = right->record_count > 0 ? right->first_number : right->last_filetime;

    if ((left->record_count > 0) != (right->record_count > 0))
        return left->record_count > 0 ? 1 : -1;
    if (a != b)
        return a < b ? -1 : 1;
    return (left->key > right->key) - (left->key < right->key);
}

/* Did one machine write the log? Sorts the runs. */
static bool log_is_own(const struct finder *finder, struct log *log)
{
    for (size_t row = 0; row < log->row_count; row++)
        if (finder->computers[log_row(finder, log, row)].forwarded)
            return false;
    if (log->run_count < 2)
        return true;
    qsort(log->runs, log->run_count, sizeof(*log->runs), compare_runs);
    if (log->runs[log->run_count - 1].record_count == 0)
        return false;
    for (size_t run = 1; run < log->run_count; run++)
        if (log->runs[run - 1].record_count > 0 &&
            log->runs[run].first_number <= log->runs[run - 1].last_number)
            return false;
    return true;
}

static size_t log_newest_key(const struct log *log)
{
    return log->run_count > 0 ? log->runs[log->run_count - 1].key : NAME_NONE;
}

static void find_logs(struct finder *finder)
{
    for (size_t row = 0, first = 0; row < finder->count; row++) {
        const struct case_computer *computer = &finder->computers[finder->order[row]];
        struct log *log;

        if (row + 1 < finder->count &&
            finder->computers[finder->order[row + 1]].source_id == computer->source_id)
            continue;
        finder->logs = memory_grow(finder->logs, finder->log_count, sizeof(*finder->logs));
        log = &finder->logs[finder->log_count++];
        *log = (struct log){.first_row = first, .row_count = row + 1 - first};
        read_log_names(finder, log);
        log->own = log_is_own(finder, log);
        log->owner_key = log->own ? log_newest_key(log) : NAME_NONE;
        first = row + 1;
    }
}

/* ---- Step 3: logs of renamed machines ---- */

/* Where its places disagree, the log belongs to none of the machines but stays one of its own. */
static void settle_log(struct log *log, const struct rename_place *place)
{
    size_t newest = log_newest_key(log);

    if (place->shared || (place->owner_key != newest && log->owner_key != newest &&
                          place->owner_key != log->owner_key))
        log->shared = true;
    if (place->owner_key != newest)
        log->owner_key = place->owner_key;
}

static struct rename_place *list_places(const struct finder *finder, size_t *count)
{
    struct rename_place *places = memory_allocate(finder->count, sizeof(*places));

    *count = 0;
    for (size_t index = 0; index < finder->log_count; index++) {
        const struct log *log = &finder->logs[index];
        int64_t id = finder->computers[log_row(finder, log, 0)].id;

        /* Every place has a row of each name: one name's rows list them. */
        for (size_t row = 0; log->own && log->run_count > 0 && row < log->row_count; row++) {
            const struct case_computer *computer = &finder->computers[log_row(finder, log, row)];

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

static struct rename_pair *list_pairs(const struct finder *finder, size_t *count)
{
    struct rename_pair *pairs = NULL;

    *count = 0;
    for (size_t index = 0; index < finder->log_count; index++) {
        const struct log *log = &finder->logs[index];

        for (size_t run = 0; log->own && run + 1 < log->run_count; run++) {
            pairs = memory_grow(pairs, *count, sizeof(*pairs));
            pairs[(*count)++] = (struct rename_pair){log->runs[run].key, log_newest_key(log)};
        }
    }
    return pairs;
}

static void join_renamed(struct finder *finder)
{
    size_t place_count, pair_count;
    struct rename_place *places = list_places(finder, &place_count);
    struct rename_pair *pairs = list_pairs(finder, &pair_count);

    rename_resolve(places, place_count, pairs, pair_count);
    for (size_t place = 0; place < place_count; place++)
        settle_log(&finder->logs[places[place].log], &places[place]);
    for (size_t log = 0; log < finder->log_count; log++)
        if (finder->logs[log].shared)
            finder->logs[log].owner_key = log_newest_key(&finder->logs[log]);
    free(pairs);
    free(places);
}

/* ---- Step 4: machines and aliases ---- */

/* The machine's earlier names while they are put in order. */
struct alias_list {
    struct run *names; /* of each: key and last_filetime */
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

/* Puts the earlier names of a log into the list. Within a log the order of writing holds; names
 * that only different logs have go by their last event. */
static void add_aliases(struct alias_list *list, const struct log *log, size_t machine_key)
{
    size_t limit = list->count; /* the place of the name that follows in this log */

    for (size_t run = log->run_count; run > 0; run--) {
        const struct run *name = &log->runs[run - 1];
        size_t place = find_alias(list, name->key);

        if (name->key == machine_key)
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
    if (left->last_filetime != right->last_filetime)
        return left->last_filetime > right->last_filetime ? -1 : 1;
    return strcmp(left->path, right->path);
}

static void name_machine(const struct finder *finder, size_t key, struct machine *machine)
{
    machine->name = memory_copy_text(finder->spellings[key]->name);
    machine->shared_name = name_table_is_shared(&finder->names, key);
}

/* Gives each machine the aliases of its logs, the newest log first. `items` is by key. */
static void name_aliases(const struct finder *finder, struct machine **items)
{
    const struct log **logs = memory_allocate(finder->log_count, sizeof(struct log *));
    size_t count = 0;

    for (size_t log = 0; log < finder->log_count; log++)
        if (finder->logs[log].owner_key != NAME_NONE)
            logs[count++] = &finder->logs[log];
    qsort(logs, count, sizeof(*logs), compare_logs_by_owner);
    for (size_t log = 0; log < count;) {
        size_t key = logs[log]->owner_key;
        struct machine *machine = items[key];
        struct alias_list list = {0};

        for (; log < count && logs[log]->owner_key == key; log++) {
            add_aliases(&list, logs[log], key);
            machine->shared_name = machine->shared_name || logs[log]->shared;
        }
        machine->aliases = memory_allocate(list.count, sizeof(*machine->aliases));
        for (size_t alias = 0; alias < list.count; alias++)
            machine->aliases[machine->alias_count++] =
                memory_copy_text(finder->spellings[list.names[alias].key]->name);
        free(list.names);
    }
    free(logs);
}

/* The key of the machine whose the row is, NAME_NONE when its log has no name. */
static size_t row_owner_key(const struct finder *finder, const struct log *log, size_t row)
{
    return log->own ? log->owner_key : finder->meanings[row];
}

/* Makes the named machines, and owners of all rows but those of logs without a name. */
static void make_machines(const struct finder *finder, struct machines *out)
{
    size_t *items = memory_allocate(finder->names.count, sizeof(*items));
    bool *wanted = memory_allocate(finder->names.count, sizeof(*wanted));
    struct machine **machines = memory_allocate(finder->names.count, sizeof(struct machine *));

    for (size_t index = 0; index < finder->log_count; index++) {
        const struct log *log = &finder->logs[index];

        for (size_t row = 0; row < log->row_count; row++) {
            size_t key = row_owner_key(finder, log, log_row(finder, log, row));

            out->own_log[log_row(finder, log, row)] = log->own;
            out->owners[log_row(finder, log, row)] = key; /* its machine comes below */
            if (key != NAME_NONE)
                wanted[key] = true;
        }
    }
    for (size_t key = 0; key < finder->names.count; key++) {
        if (!wanted[key])
            continue;
        out->items = memory_grow(out->items, out->count, sizeof(*out->items));
        out->items[out->count] = (struct machine){0};
        name_machine(finder, key, &out->items[out->count]);
        items[key] = out->count++;
    }
    for (size_t key = 0; key < finder->names.count; key++)
        machines[key] = &out->items[items[key]];
    for (size_t row = 0; row < finder->count; row++)
        out->owners[row] = out->owners[row] != NAME_NONE ? items[out->owners[row]] : MACHINE_NONE;
    name_aliases(finder, machines);
    free(machines);
    free(wanted);
    free(items);
}

/* ---- Logs without a name ---- */

static int compare_machine_places(const void *left_item, const void *right_item)
{
    const struct machine_place *left = left_item;
    const struct machine_place *right = right_item;
    int order = strcmp(left->path, right->path);

    return order != 0 ? order : (left->machine > right->machine) - (left->machine < right->machine);
}

static void list_machine_places(const struct finder *finder, struct machines *out)
{
    out->places = memory_allocate(finder->count, sizeof(*out->places));
    for (size_t row = 0; row < finder->count; row++)
        if (out->owners[row] != MACHINE_NONE)
            out->places[out->place_count++] = (struct machine_place){
                memory_copy_text(finder->computers[row].path), out->owners[row]};
    qsort(out->places, out->place_count, sizeof(*out->places), compare_machine_places);
}

/* The first place whose path is not below the first `length` bytes of `path` and a slash. */
static size_t find_place(const struct machines *machines, const char *path, size_t length)
{
    size_t first = 0, end = machines->place_count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = strncmp(machines->places[middle].path, path, length);

        if (order < 0 || (order == 0 && (unsigned char)machines->places[middle].path[length] < '/'))
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

size_t machines_near(const struct machines *machines, const char *path)
{
    size_t length = strlen(path);

    while (length > 0) {
        size_t found = MACHINE_NONE;
        size_t place;

        for (length--; length > 0 && path[length] != '/'; length--)
            ;
        if (length == 0)
            return MACHINE_NONE;
        for (place = find_place(machines, path, length);
             place < machines->place_count &&
             strncmp(machines->places[place].path, path, length) == 0 &&
             machines->places[place].path[length] == '/';
             place++) {
            if (found != MACHINE_NONE && found != machines->places[place].machine)
                return MACHINE_NONE;
            found = machines->places[place].machine;
        }
        if (found != MACHINE_NONE)
            return found;
    }
    return MACHINE_NONE;
}

/* The machine with the name of the folder that the path lies in; made where there is none. */
static size_t machine_of_folder(struct machines *machines, const char *path)
{
    size_t end = rename_folder_length(path), start = end;
    char *name, *folded;
    size_t found = MACHINE_NONE;

    for (; start > 0 && path[start - 1] != '/'; start--)
        ;
    name = end > start ? memory_copy_bytes(path + start, end - start) : memory_copy_text(path);
    folded = text_fold(name);
    for (size_t item = 0; item < machines->count && found == MACHINE_NONE; item++) {
        char *other = text_fold(machines->items[item].name);

        if (strcmp(other, folded) == 0)
            found = item;
        free(other);
    }
    free(folded);
    if (found != MACHINE_NONE) {
        free(name);
        return found;
    }
    machines->items = memory_grow(machines->items, machines->count, sizeof(*machines->items));
    machines->items[machines->count] = (struct machine){.name = name};
    return machines->count++;
}

/* Rows of one computer id are one machine's, that of the first place. */
static void own_nameless(const struct finder *finder, struct machines *out)
{
    for (size_t index = 0; index < finder->count; index++) {
        size_t row = finder->order[index];
        const struct case_computer *computer = &finder->computers[row];

        if (out->owners[row] != MACHINE_NONE)
            continue;
        if (index > 0 && finder->computers[finder->order[index - 1]].id == computer->id)
            out->owners[row] = out->owners[finder->order[index - 1]];
        else
            out->owners[row] = machines_near(out, computer->path);
        if (out->owners[row] == MACHINE_NONE)
            out->owners[row] = machine_of_folder(out, computer->path);
    }
}

void machines_find(const struct case_computer *computers, size_t count, struct machines *out)
{
    struct finder finder = {0};

    *out = (struct machines){
        .owners = memory_allocate(count, sizeof(*out->owners)),
        .own_log = memory_allocate(count, sizeof(*out->own_log)),
    };
    finder_begin(&finder, computers, count);
    find_logs(&finder);
    join_renamed(&finder);
    make_machines(&finder, out);
    list_machine_places(&finder, out);
    own_nameless(&finder, out);
    finder_end(&finder);
}
