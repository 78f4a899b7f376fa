/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/logset.h"

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "identity/machine.h"

bool computer_is_remnant(const struct case_computer *computer)
{
    return computer->record_count == 0 && computer->name[0] != '\0';
}

static int compare_rows(const void *left_item, const void *right_item, void *context)
{
    const struct logset *set = context;
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;
    const struct case_computer *a = &set->computers[left];
    const struct case_computer *b = &set->computers[right];

    if (a->source_id != b->source_id)
        return a->source_id < b->source_id ? -1 : 1;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (left > right) - (left < right);
}

/* ---- Logs of an earlier installation ---- */

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Returns owned: the paths of all logs of present installations that have a name, in order. */
static const char **list_present(const struct logset *set, size_t *count)
{
    const char **paths = memory_allocate(set->count, sizeof(char *));
    size_t root_length;

    *count = 0;
    for (size_t row = 0; row < set->count; row++) {
        const struct case_computer *computer = &set->computers[row];

        if (computer->name[0] != '\0' && computer->record_count > 0 &&
            !machine_path_is_old(computer->path, &root_length))
            paths[(*count)++] = computer->path;
    }
    qsort(paths, *count, sizeof(char *), compare_paths);
    return paths;
}

/* Does one of the paths lie in the folder that the first `length` bytes of `path` are? */
static bool is_in_folder(const char **paths, size_t count, const char *path, size_t length)
{
    char *folder = memory_format("%.*s%s", (int)length, path, length > 0 ? "/" : "");
    const char *sought = folder;
    size_t first = array_lower_bound(paths, count, sizeof(char *), &sought, compare_paths);
    bool is = first < count && strncmp(paths[first], folder, strlen(folder)) == 0;

    free(folder);
    return is;
}

/* Puts the rows of logs behind the others of which all places are those of an earlier installation,
 * in a folder with logs of the present one. */
static void keep_aside(struct logset *set)
{
    size_t *aside = memory_allocate(set->count, sizeof(*aside));
    size_t aside_count = 0, present_count;
    const char **present = list_present(set, &present_count);

    set->ordered_count = 0;
    for (size_t first = 0, end; first < set->count; first = end) {
        int64_t source_id = set->computers[set->order[first]].source_id;
        bool is_aside = true;

        for (end = first;
             end < set->count && set->computers[set->order[end]].source_id == source_id; end++) {
            const char *path = set->computers[set->order[end]].path;
            size_t root_length;

            is_aside = is_aside && machine_path_is_old(path, &root_length) &&
                       is_in_folder(present, present_count, path, root_length);
        }
        for (size_t row = first; row < end; row++) {
            if (is_aside)
                aside[aside_count++] = set->order[row];
            else
                set->order[set->ordered_count++] = set->order[row];
        }
    }
    memcpy(&set->order[set->ordered_count], aside, aside_count * sizeof(*aside));
    free(present);
    free(aside);
}

/* ---- Names ---- */

static void read_names(struct logset *set, const struct case_computer *computers, size_t count)
{
    set->computers = computers;
    set->count = count;
    set->keys = memory_allocate(count, sizeof(*set->keys));
    set->meanings = memory_allocate(count, sizeof(*set->meanings));
    set->order = memory_allocate(count, sizeof(*set->order));
    for (size_t row = 0; row < count; row++) {
        set->order[row] = row;
        set->keys[row] = NAME_NONE;
        set->meanings[row] = NAME_NONE;
    }
    qsort_r(set->order, count, sizeof(*set->order), compare_rows, set);
    keep_aside(set);
    for (size_t index = 0; index < set->ordered_count; index++) {
        const struct case_computer *computer = &computers[set->order[index]];

        if (computer->name[0] != '\0' && !computer_is_remnant(computer))
            name_table_add(&set->names, computer->name);
    }
    name_table_seal(&set->names);
    for (size_t index = 0; index < set->ordered_count; index++) {
        size_t row = set->order[index];

        if (!computer_is_remnant(&computers[row]))
            set->keys[row] = name_table_find(&set->names, computers[row].name);
    }
    set->spellings = memory_allocate(set->names.count, sizeof(*set->spellings));
    set->spelling_filetimes = memory_allocate(set->names.count, sizeof(*set->spelling_filetimes));
}

void logset_free_content(struct logset *set)
{
    for (size_t log = 0; log < set->log_count; log++)
        free(set->logs[log].runs);
    free(set->logs);
    free(set->keys);
    free(set->meanings);
    free(set->order);
    free(set->spellings);
    free(set->spelling_filetimes);
    name_table_free_content(&set->names);
}

size_t log_row(const struct logset *set, const struct log *log, size_t row)
{
    return set->order[log->first_row + row];
}

/* Is this the first place's row of its name? */
static bool row_is_first(const struct logset *set, const struct log *log, size_t row)
{
    return row == 0 || set->computers[log_row(set, log, row)].id !=
                           set->computers[log_row(set, log, row - 1)].id;
}

static int compare_keys(const void *left_item, const void *right_item)
{
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;

    return (left > right) - (left < right);
}

/* What a name in a log means: a short one the full one of the same log, where the log has several
 * of them none of these, where it has none the one of the case. `keys` are the log's, ascending. */
static size_t meaning_in_log(const struct logset *set, const size_t *keys, size_t key_count,
                             size_t key)
{
    struct name_range full = name_table_full_names(&set->names, key);
    size_t first;

    if (full.first == full.end)
        return key;
    first = array_lower_bound(keys, key_count, sizeof(*keys), &full.first, compare_keys);
    if (first == key_count || keys[first] >= full.end)
        return name_table_meaning(&set->names, key);
    return first + 1 == key_count || keys[first + 1] >= full.end ? keys[first] : key;
}

/* Adds what the row says to the run of that name. `runs` has, of each key, the number of its run in
 * the log, counted from 1, or 0. */
static void add_to_run(struct log *log, size_t *runs, size_t key, const struct case_computer *row)
{
    struct name_run *run;

    if (runs[key] == 0) {
        log->runs = memory_grow(log->runs, log->run_count, sizeof(*log->runs));
        log->runs[log->run_count++] = (struct name_run){.key = key};
        runs[key] = log->run_count;
    }
    run = &log->runs[runs[key] - 1];
    if (row->last_filetime > run->last_filetime)
        run->last_filetime = row->last_filetime;
    if (run->record_count == 0 || row->first_number < run->first_number) {
        run->first_number = row->first_number;
        run->first_number_filetime = row->first_number_filetime;
    }
    if (run->record_count == 0 || row->last_number > run->last_number) {
        run->last_number = row->last_number;
        run->last_number_filetime = row->last_number_filetime;
    }
    run->record_count += row->record_count;
}

/* The newest log's spelling is shown; of logs that end together, that of the first path. */
static void note_spelling(struct logset *set, const struct log *log, size_t row)
{
    size_t key = set->keys[row];
    const struct case_computer *old = set->spellings[key];

    if (old != NULL &&
        (set->spelling_filetimes[key] > log->last_filetime ||
         (set->spelling_filetimes[key] == log->last_filetime && strcmp(old->path, log->path) <= 0)))
        return;
    set->spellings[key] = &set->computers[row];
    set->spelling_filetimes[key] = log->last_filetime;
}

/* `runs` is zeros, before and after: one a key. */
static void read_log_names(struct logset *set, struct log *log, size_t *runs)
{
    size_t *keys = memory_allocate(log->row_count, sizeof(*keys));
    size_t key_count = 0;

    log->path = set->computers[log_row(set, log, 0)].path;
    for (size_t row = 0; row < log->row_count; row++) {
        const struct case_computer *computer = &set->computers[log_row(set, log, row)];
        size_t key = set->keys[log_row(set, log, row)];

        if (strcmp(computer->path, log->path) < 0)
            log->path = computer->path;
        if (computer->last_filetime > log->last_filetime)
            log->last_filetime = computer->last_filetime;
        if (key != NAME_NONE && row_is_first(set, log, row))
            keys[key_count++] = key;
    }
    qsort(keys, key_count, sizeof(*keys), compare_keys);
    for (size_t row = 0; row < log->row_count; row++) {
        size_t index = log_row(set, log, row);

        if (set->keys[index] == NAME_NONE)
            continue;
        set->meanings[index] = meaning_in_log(set, keys, key_count, set->keys[index]);
        if (row_is_first(set, log, row)) {
            add_to_run(log, runs, set->meanings[index], &set->computers[index]);
            note_spelling(set, log, index);
        }
    }
    for (size_t run = 0; run < log->run_count; run++)
        runs[log->runs[run].key] = 0;
    free(keys);
}

/* ---- Whose log it is ---- */

/* Short forms come first, then in the order of writing. */
static int compare_runs(const void *left_item, const void *right_item)
{
    const struct name_run *left = left_item;
    const struct name_run *right = right_item;

    if (left->short_form != right->short_form)
        return left->short_form ? -1 : 1;
    if (left->last_number != right->last_number)
        return left->last_number < right->last_number ? -1 : 1;
    return (left->key > right->key) - (left->key < right->key);
}

/* A machine that moved to another domain keeps its short name, which is written beside the full
 * ones all along: its records are not runs of a name of their own. */
static void mark_short_forms(const struct logset *set, struct log *log)
{
    for (size_t index = 0; index < log->run_count; index++) {
        struct name_run *run = &log->runs[index];
        struct name_range full = name_table_full_names(&set->names, run->key);

        for (size_t other = 0; full.first < full.end && other < log->run_count; other++)
            if (name_range_has(full, log->runs[other].key))
                run->short_form = true;
    }
}

/* At the first boot after sysprep a machine writes under its old and its new name in turn (DESIGN
 * section 3). */
#define FIRST_BOOT_RECORDS_MOST 64
#define FIRST_BOOT_MOST FILETIME_HOUR
#define FIRST_BOOT_OF_LOG_MOST FILETIME_DAY

/* Are both there only between that record of the newer name and the last one of the older, close to
 * each other? Where a log begins so, with its very first record, the clock is set in between: there
 * they may be further apart, if most records are of the older name: a day, or, where the log goes
 * on for long under the newer name, as far as a clock was wrong. */
static bool is_first_boot(const struct name_run *older, const struct name_run *newer)
{
    uint64_t count = older->last_number - newer->first_number + 1;
    bool begins_log = newer->first_number == 1 && count - older->record_count < older->record_count;

    return count <= FIRST_BOOT_RECORDS_MOST && older->last_number_filetime != 0 &&
           newer->first_number_filetime != 0 &&
           ((begins_log && newer->record_count > FIRST_BOOT_RECORDS_MOST) ||
            filetime_distance(older->last_number_filetime, newer->first_number_filetime) <=
                (begins_log ? FIRST_BOOT_OF_LOG_MOST : FIRST_BOOT_MOST));
}

static bool runs_overlap(const struct name_run *left, const struct name_run *right)
{
    return left->first_number <= right->last_number && right->first_number <= left->last_number;
}

/* Do the two names alternate, other than around a change from one to the other? */
static bool runs_alternate(const struct name_run *left, const struct name_run *right)
{
    bool left_is_older = left->last_number < right->last_number;

    return runs_overlap(left, right) &&
           !is_first_boot(left_is_older ? left : right, left_is_older ? right : left);
}

/* Does the run alternate with one of those before it, which end earlier? Past the first of them
 * that ends before it begins, none does. */
static bool alternates_with_earlier(const struct log *log, size_t run)
{
    const struct name_run *own = &log->runs[run];

    for (size_t other = run;
         other-- > 0 && !log->runs[other].short_form && runs_overlap(&log->runs[other], own);)
        if (runs_alternate(&log->runs[other], own) || run - other > FIRST_BOOT_RECORDS_MOST)
            return true;
    return false;
}

/* Is the short form among the records of a machine with another label? */
static bool short_form_alternates(const struct logset *set, const struct log *log,
                                  const struct name_run *run)
{
    struct name_range full = name_table_full_names(&set->names, run->key);

    for (size_t other = 0; other < log->run_count; other++)
        if (&log->runs[other] != run && !name_range_has(full, log->runs[other].key) &&
            runs_alternate(run, &log->runs[other]))
            return true;
    return false;
}

/* Did one machine write the log? Sorts the runs. */
static bool log_is_own(const struct logset *set, struct log *log)
{
    for (size_t row = 0; row < log->row_count; row++)
        if (set->computers[log_row(set, log, row)].forwarded ||
            !source_kind_is(set->computers[log_row(set, log, row)].kind, SOURCE_IS_LOG))
            return false;
    if (log->run_count < 2)
        return true;
    mark_short_forms(set, log);
    qsort(log->runs, log->run_count, sizeof(*log->runs), compare_runs);
    for (size_t run = 0; run < log->run_count; run++)
        if (log->runs[run].short_form ? short_form_alternates(set, log, &log->runs[run])
                                      : alternates_with_earlier(log, run))
            return false;
    return true;
}

size_t log_newest_key(const struct log *log)
{
    return log->run_count > 0 ? log->runs[log->run_count - 1].key : NAME_NONE;
}

static void find_logs(struct logset *set)
{
    size_t *runs = memory_allocate(set->names.count, sizeof(*runs));

    for (size_t row = 0, first = 0; row < set->ordered_count; row++) {
        const struct case_computer *computer = &set->computers[set->order[row]];
        struct log *log;

        if (row + 1 < set->ordered_count &&
            set->computers[set->order[row + 1]].source_id == computer->source_id)
            continue;
        set->logs = memory_grow(set->logs, set->log_count, sizeof(*set->logs));
        log = &set->logs[set->log_count++];
        *log = (struct log){.first_row = first, .row_count = row + 1 - first};
        read_log_names(set, log, runs);
        log->own = log_is_own(set, log);
        log->owner_key = log->own ? log_newest_key(log) : NAME_NONE;
        first = row + 1;
    }
    free(runs);
}

void logset_read(struct logset *set, const struct case_computer *computers, size_t count)
{
    *set = (struct logset){0};
    read_names(set, computers, count);
    find_logs(set);
}
