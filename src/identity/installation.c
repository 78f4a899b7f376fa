/* SPDX-License-Identifier: Apache-2.0 */
/* Installations of one name (DESIGN section 3): one after the other on one machine, so that ids
 * began again, or two machines at the same time. What each log has of each channel is compared with
 * that of the others of its name. Logs that cannot be of one machine stay apart; those that can be
 * are joined by what they have in common and by the folders that they lie in, the nearest first,
 * unless they could as well be joined to others that they cannot have both. */
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "identity/logset.h"
#include "identity/machine.h"

/* Logs overlap in time where they do so by more than that. */
#define OVERLAP_MOST FILETIME_HOUR

/* Of more groups of logs of one name each stays one of its own. */
#define GROUPS_MOST 64
/* More pairs of logs are not kept: the machines that they are of are known to share their name by
 * then. */
#define PAIRS_MOST (UINT64_C(1) << 20)

/* What a log has of a channel. */
struct channel_range {
    size_t log;
    const char *channel;    /* borrowed */
    struct stretch stretch; /* of one part of it, while it is put together */
    uint64_t first_record_id, last_record_id;
    /* Of the records whose clock was right: */
    uint64_t first_sane_id, last_sane_id;
    uint64_t begin_filetime, end_filetime;
};

/* Two logs, left below right. */
struct log_pair {
    size_t left, right;
};

struct log_pairs {
    struct log_pair *items; /* owned; once sorted, distinct and ascending */
    size_t count;
};

struct telling {
    struct logset *set;
    struct channel_range *ranges;
    size_t range_count;
    struct log_pairs apart;    /* they are not of one machine */
    struct log_pairs together; /* of names of several machines: they have the same records */
    bool *is_shared;           /* of each name: it has logs that are not of one machine */
};

/* ---- Pairs ---- */

static int compare_pairs(const void *left_item, const void *right_item)
{
    const struct log_pair *left = left_item;
    const struct log_pair *right = right_item;
    int order = (left->left > right->left) - (left->left < right->left);

    return order != 0 ? order : (left->right > right->right) - (left->right < right->right);
}

static void add_pair(struct log_pairs *pairs, size_t left, size_t right)
{
    if (pairs->count == PAIRS_MOST)
        return;
    pairs->items = memory_grow(pairs->items, pairs->count, sizeof(*pairs->items));
    pairs->items[pairs->count++] =
        left < right ? (struct log_pair){left, right} : (struct log_pair){right, left};
}

static void sort_pairs(struct log_pairs *pairs)
{
    if (pairs->count > 0)
        qsort(pairs->items, pairs->count, sizeof(*pairs->items), compare_pairs);
}

static bool has_pair(const struct log_pairs *pairs, size_t left, size_t right)
{
    struct log_pair sought =
        left < right ? (struct log_pair){left, right} : (struct log_pair){right, left};

    return pairs->count > 0 &&
           bsearch(&sought, pairs->items, pairs->count, sizeof(sought), compare_pairs) != NULL;
}

/* ---- What each log has of each channel ---- */

/* Whose log a computer is of. */
struct computer_log {
    int64_t computer_id;
    size_t log;
};

struct computer_logs {
    struct computer_log *items; /* owned, by computer id */
    size_t count;
};

static int compare_computer_logs(const void *left_item, const void *right_item)
{
    const struct computer_log *left = left_item;
    const struct computer_log *right = right_item;

    return (left->computer_id > right->computer_id) - (left->computer_id < right->computer_id);
}

static struct computer_logs list_computer_logs(const struct logset *set)
{
    struct computer_logs list = {memory_allocate(set->count, sizeof(*list.items)), 0};

    for (size_t index = 0; index < set->log_count; index++) {
        const struct log *log = &set->logs[index];

        for (size_t row = 0; log->owner_key != NAME_NONE && row < log->row_count; row++)
            list.items[list.count++] =
                (struct computer_log){set->computers[log_row(set, log, row)].id, index};
    }
    qsort(list.items, list.count, sizeof(*list.items), compare_computer_logs);
    return list;
}

/* The log that one machine wrote and the computer is of; NAME_NONE for others. */
static size_t log_of_computer(const struct computer_logs *list, int64_t computer_id)
{
    struct computer_log sought = {.computer_id = computer_id};
    const struct computer_log *found =
        bsearch(&sought, list->items, list->count, sizeof(sought), compare_computer_logs);

    return found != NULL ? found->log : NAME_NONE;
}

static int compare_ranges(const void *left_item, const void *right_item, void *context)
{
    const struct logset *set = context;
    const struct channel_range *left = left_item;
    const struct channel_range *right = right_item;
    size_t a = set->logs[left->log].owner_key, b = set->logs[right->log].owner_key;
    int order = (a > b) - (a < b);

    if (order == 0)
        order = strcmp(left->channel, right->channel);
    return order != 0 ? order : (left->log > right->log) - (left->log < right->log);
}

static bool is_same_channel(const struct logset *set, const struct channel_range *left,
                            const struct channel_range *right)
{
    return set->logs[left->log].owner_key == set->logs[right->log].owner_key &&
           strcmp(left->channel, right->channel) == 0;
}

static struct stretch stretch_of(const struct case_span *span)
{
    return (struct stretch){.own = true,
                            .first_record_id = span->first_record_id,
                            .last_record_id = span->last_record_id,
                            .record_count = span->record_count,
                            .first_filetime = span->first_filetime,
                            .last_filetime = span->last_filetime};
}

/* What the stretches of one log and channel reach over: times that a wrong clock gave do not count.
 */
static struct channel_range range_of_log(const struct channel_range *parts, size_t count)
{
    struct channel_range range = parts[0];
    struct stretch *stretches = memory_allocate(count, sizeof(*stretches));

    for (size_t index = 0; index < count; index++)
        stretches[index] = parts[index].stretch;
    count = clock_find(stretches, count);
    range.first_record_id = stretches[0].first_record_id;
    range.last_record_id = stretches[count - 1].last_record_id;
    range.first_sane_id = UINT64_MAX;
    range.begin_filetime = UINT64_MAX;
    range.end_filetime = 0;
    for (size_t index = 0; index < count; index++) {
        if (stretches[index].wrong_clock)
            continue;
        if (range.first_sane_id == UINT64_MAX)
            range.first_sane_id = stretches[index].first_record_id;
        range.last_sane_id = stretches[index].last_record_id;
        if (stretches[index].first_filetime < range.begin_filetime)
            range.begin_filetime = stretches[index].first_filetime;
        if (stretches[index].last_filetime > range.end_filetime)
            range.end_filetime = stretches[index].last_filetime;
    }
    free(stretches);
    return range;
}

static int compare_logs_of_ranges(const void *left, const void *right)
{
    size_t a = ((const struct channel_range *)left)->log;
    size_t b = ((const struct channel_range *)right)->log;

    return (a > b) - (a < b);
}

/* A log of several channels was put together by somebody: its ids are those of no channel. Returns
 * how many ranges are left, in their order. */
static size_t drop_mixed_logs(struct channel_range *ranges, size_t count)
{
    struct channel_range *by_log = memory_allocate(count, sizeof(*by_log));
    size_t kept = 0;

    if (count > 0)
        memcpy(by_log, ranges, count * sizeof(*by_log));
    qsort(by_log, count, sizeof(*by_log), compare_logs_of_ranges);
    for (size_t index = 0; index < count; index++) {
        size_t first = array_lower_bound(by_log, count, sizeof(*by_log), &ranges[index],
                                         compare_logs_of_ranges);

        if (first + 1 == count || by_log[first + 1].log != ranges[index].log)
            ranges[kept++] = ranges[index];
    }
    free(by_log);
    return kept;
}

/* One range a log and channel, by owner, channel and log. */
static void list_ranges(struct telling *telling, const struct installation_signs *signs,
                        const struct computer_logs *logs)
{
    size_t kept = 0;

    telling->ranges = memory_allocate(signs->span_count, sizeof(*telling->ranges));
    for (size_t index = 0; index < signs->span_count; index++) {
        const struct case_span *span = &signs->spans[index];
        size_t log = log_of_computer(logs, span->computer_id);

        if (!span->recovered && log != NAME_NONE)
            telling->ranges[telling->range_count++] = (struct channel_range){
                .log = log, .channel = span->channel, .stretch = stretch_of(span)};
    }
    qsort_r(telling->ranges, telling->range_count, sizeof(*telling->ranges), compare_ranges,
            telling->set);
    for (size_t first = 0, end; first < telling->range_count; first = end) {
        for (end = first + 1;
             end < telling->range_count && telling->ranges[end].log == telling->ranges[first].log &&
             strcmp(telling->ranges[end].channel, telling->ranges[first].channel) == 0;
             end++)
            ;
        telling->ranges[kept++] = range_of_log(&telling->ranges[first], end - first);
    }
    telling->range_count = drop_mixed_logs(telling->ranges, kept);
}

/* ---- Comparing them ---- */

/* Did the later log begin after the earlier one had ended, with ids that do not go on? */
static bool is_out_of_order(const struct channel_range *earlier, const struct channel_range *later)
{
    return later->begin_filetime > earlier->end_filetime &&
           later->first_sane_id <= earlier->last_sane_id;
}

static uint64_t common_time(const struct channel_range *left, const struct channel_range *right)
{
    uint64_t begin =
        left->begin_filetime > right->begin_filetime ? left->begin_filetime : right->begin_filetime;
    uint64_t end =
        left->end_filetime < right->end_filetime ? left->end_filetime : right->end_filetime;

    return end < begin ? 0 : end - begin;
}

static bool ids_overlap(const struct channel_range *left, const struct channel_range *right)
{
    return left->first_record_id <= right->last_record_id &&
           right->first_record_id <= left->last_record_id;
}

static bool is_of_other_numbering(const struct channel_range *left,
                                  const struct channel_range *right)
{
    return common_time(left, right) > OVERLAP_MOST && !ids_overlap(left, right);
}

/* Both lie in one folder, and the ids of the higher one go on where those of the lower one end, as
 * its times do at last: was the clock only wrong for a while? */
static bool is_seam(const struct telling *telling, const struct channel_range *lower,
                    const struct channel_range *higher)
{
    const char *path = telling->set->logs[lower->log].path;
    const char *other = telling->set->logs[higher->log].path;
    size_t length = machine_folder_length(path);

    return lower->last_record_id + 1 == higher->first_record_id &&
           higher->end_filetime >= lower->end_filetime && machine_folder_length(other) == length &&
           strncmp(path, other, length) == 0;
}

/* Does the log go on with the numbering of the earlier one, while the later one, which begins with
 * the first id, numbers anew? */
static bool goes_on_beside(const struct channel_range *log, const struct channel_range *earlier,
                           const struct channel_range *later)
{
    bool goes_on = log->last_record_id > earlier->last_record_id &&
                   (log->first_record_id > earlier->last_record_id
                        ? log->begin_filetime + OVERLAP_MOST >= earlier->end_filetime
                        : log->begin_filetime <= earlier->end_filetime);

    return goes_on && log->end_filetime > later->begin_filetime &&
           (log->begin_filetime <= later->begin_filetime || is_of_other_numbering(log, later));
}

/* Did the ids begin again from 1 after the earlier log had ended, and no log of its numbering is
 * there beside the later one? */
static bool ids_restarted(const struct telling *telling, const struct channel_range *earlier,
                          const struct channel_range *later)
{
    const struct channel_range *ranges = telling->ranges;
    size_t first = (size_t)(earlier - ranges);

    if (telling->set->logs[earlier->log].earlier || later->first_record_id != 1 ||
        !is_out_of_order(earlier, later))
        return false;
    while (first > 0 && is_same_channel(telling->set, &ranges[first - 1], earlier))
        first--;
    for (; first < telling->range_count && is_same_channel(telling->set, &ranges[first], earlier);
         first++)
        if (goes_on_beside(&ranges[first], earlier, later))
            return false;
    return true;
}

static void mark_restarted(struct telling *telling, const struct channel_range *left,
                           const struct channel_range *right)
{
    if (ids_restarted(telling, left, right))
        telling->set->logs[left->log].earlier = true;
    if (ids_restarted(telling, right, left))
        telling->set->logs[right->log].earlier = true;
}

static bool are_present(const struct telling *telling, const struct channel_range *left,
                        const struct channel_range *right)
{
    return !telling->set->logs[left->log].earlier && !telling->set->logs[right->log].earlier;
}

static void add_apart(struct telling *telling, size_t left, size_t right)
{
    add_pair(&telling->apart, left, right);
    telling->is_shared[telling->set->logs[left].owner_key] = true;
}

/* One machine cannot have written the two, where the one that begins after the other has ended has
 * no higher ids. Machines that are set back to an earlier state do so, and stay one: this counts in
 * the channel that has the signals, where the times of one log would be taken for wrong. */
static bool contradict_each_other(const struct channel_range *left,
                                  const struct channel_range *right)
{
    return text_equal_ascii(left->channel, "Application") &&
           (is_out_of_order(left, right) || is_out_of_order(right, left));
}

static void find_apart(struct telling *telling, const struct channel_range *left,
                       const struct channel_range *right)
{
    if (are_present(telling, left, right) && !is_seam(telling, left, right) &&
        !is_seam(telling, right, left) &&
        (is_of_other_numbering(left, right) || contradict_each_other(left, right)))
        add_apart(telling, left->log, right->log);
}

static void find_together(struct telling *telling, const struct channel_range *left,
                          const struct channel_range *right)
{
    if (telling->is_shared[telling->set->logs[left->log].owner_key] &&
        are_present(telling, left, right) && common_time(left, right) > 0 &&
        ids_overlap(left, right))
        add_pair(&telling->together, left->log, right->log);
}

/* Compares each two ranges of one owner and channel. */
static void each_two(struct telling *telling,
                     void (*compare)(struct telling *, const struct channel_range *,
                                     const struct channel_range *))
{
    for (size_t left = 0; left < telling->range_count; left++)
        for (size_t right = left + 1;
             right < telling->range_count &&
             is_same_channel(telling->set, &telling->ranges[left], &telling->ranges[right]);
             right++)
            compare(telling, &telling->ranges[left], &telling->ranges[right]);
}

/* Gives back all logs that end with the name `key` and were taken for the renamed machine's: there
 * are several that had it. */
static void give_back_name(struct logset *set, size_t owner_key, size_t key)
{
    for (size_t index = 0; index < set->log_count; index++) {
        struct log *log = &set->logs[index];

        if (log->owner_key == owner_key && log_newest_key(log) == key) {
            log->owner_key = key;
            log->shared = true;
        }
    }
}

/* A log that contradicts one of the machine that it was joined to by an earlier name is not that
 * machine's. */
static void part_renamed(struct telling *telling, const struct installation_signs *signs,
                         const struct computer_logs *list)
{
    struct logset *set = telling->set;

    for (size_t index = 0; index < signs->clash_count; index++) {
        size_t both[] = {log_of_computer(list, signs->clashes[index].left_id),
                         log_of_computer(list, signs->clashes[index].right_id)};
        size_t owner_key;

        if (both[0] == NAME_NONE || both[1] == NAME_NONE || both[0] == both[1] ||
            set->logs[both[0]].earlier || set->logs[both[1]].earlier ||
            set->logs[both[0]].owner_key != set->logs[both[1]].owner_key)
            continue;
        owner_key = set->logs[both[0]].owner_key;
        for (size_t side = 0; side < 2; side++)
            if (log_newest_key(&set->logs[both[side]]) != owner_key)
                give_back_name(set, owner_key, log_newest_key(&set->logs[both[side]]));
    }
    qsort_r(telling->ranges, telling->range_count, sizeof(*telling->ranges), compare_ranges, set);
}

static void add_clashes(struct telling *telling, const struct installation_signs *signs,
                        const struct computer_logs *list)
{
    const struct log *logs = telling->set->logs;

    for (size_t index = 0; index < signs->clash_count; index++) {
        size_t left = log_of_computer(list, signs->clashes[index].left_id);
        size_t right = log_of_computer(list, signs->clashes[index].right_id);

        if (left != NAME_NONE && right != NAME_NONE && left != right &&
            logs[left].owner_key == logs[right].owner_key && !logs[left].earlier &&
            !logs[right].earlier)
            add_apart(telling, left, right);
    }
}

/* ---- Groups ---- */

/* The logs of one name while they are put into groups. */
struct grouping {
    const struct telling *telling;
    const size_t *logs; /* borrowed: by path */
    size_t *groups;     /* owned: of each of these, its group */
    size_t count;
    size_t group_count;
    size_t *nearness; /* owned: of each two groups; 0 for none */
    bool *apart;      /* owned: of each two groups */
    bool *present;    /* owned: of each group: has it logs of a present installation? */
    bool *joined;     /* owned: of each group: it is a part of another now */
};

/* How many bytes of the paths of their folders the two have in common, up to a slash. */
static size_t common_folder(const char *left, const char *right)
{
    size_t common = 0;

    for (size_t at = 0; left[at] == right[at] && left[at] != '\0'; at++)
        if (left[at] == '/')
            common = at + 1;
    return common;
}

static size_t two_groups(const struct grouping *grouping, size_t left, size_t right)
{
    return left * grouping->group_count + right;
}

static void note_nearness(struct grouping *grouping, size_t left, size_t right, size_t nearness)
{
    size_t *known = &grouping->nearness[two_groups(grouping, left, right)];

    if (nearness > *known)
        *known = grouping->nearness[two_groups(grouping, right, left)] = nearness;
}

static void note_apart(struct grouping *grouping, size_t left, size_t right)
{
    grouping->apart[two_groups(grouping, left, right)] = true;
    grouping->apart[two_groups(grouping, right, left)] = true;
}

/* Logs of one folder, that stand together, are of one group where none of them have to be apart. */
static void join_folders(struct grouping *grouping)
{
    const struct log *logs = grouping->telling->set->logs;

    for (size_t first = 0, end; first < grouping->count; first = end) {
        const char *path = logs[grouping->logs[first]].path;
        size_t length = machine_folder_length(path);
        bool apart = false;

        for (end = first + 1; end < grouping->count; end++) {
            const char *other = logs[grouping->logs[end]].path;

            if (machine_folder_length(other) != length || strncmp(path, other, length) != 0)
                break;
            for (size_t index = first; index < end; index++)
                apart = apart || has_pair(&grouping->telling->apart, grouping->logs[index],
                                          grouping->logs[end]);
        }
        for (size_t index = first; index < end; index++)
            grouping->groups[index] =
                apart || index == first ? grouping->group_count++ : grouping->group_count - 1;
    }
}

static void compare_groups(struct grouping *grouping)
{
    const struct telling *telling = grouping->telling;
    const struct log *logs = telling->set->logs;
    size_t group_count = grouping->group_count;

    grouping->nearness = memory_allocate(group_count * group_count, sizeof(*grouping->nearness));
    grouping->apart = memory_allocate(group_count * group_count, sizeof(*grouping->apart));
    grouping->present = memory_allocate(group_count, sizeof(*grouping->present));
    grouping->joined = memory_allocate(group_count, sizeof(*grouping->joined));
    for (size_t left = 0; left < grouping->count; left++) {
        size_t log = grouping->logs[left];

        if (!logs[log].earlier)
            grouping->present[grouping->groups[left]] = true;
        for (size_t right = left + 1; right < grouping->count; right++) {
            size_t other = grouping->logs[right];

            note_nearness(grouping, grouping->groups[left], grouping->groups[right],
                          has_pair(&telling->together, log, other)
                              ? SIZE_MAX
                              : common_folder(logs[log].path, logs[other].path));
            if (has_pair(&telling->apart, log, other))
                note_apart(grouping, grouping->groups[left], grouping->groups[right]);
        }
    }
}

static void join(struct grouping *grouping, size_t into, size_t from)
{
    for (size_t index = 0; index < grouping->count; index++)
        if (grouping->groups[index] == from)
            grouping->groups[index] = into;
    for (size_t other = 0; other < grouping->group_count; other++) {
        note_nearness(grouping, into, other, grouping->nearness[two_groups(grouping, from, other)]);
        if (grouping->apart[two_groups(grouping, from, other)])
            note_apart(grouping, into, other);
    }
    grouping->present[into] = grouping->present[into] || grouping->present[from];
    grouping->joined[from] = true;
}

/* Could one of the two as well be joined to a third group, which is as near, and not be of the
 * other then? */
static bool is_torn(const struct grouping *grouping, size_t left, size_t right)
{
    size_t nearness = grouping->nearness[two_groups(grouping, left, right)];

    for (size_t other = 0; other < grouping->group_count; other++) {
        size_t with_left = two_groups(grouping, left, other);
        size_t with_right = two_groups(grouping, right, other);

        if (grouping->joined[other] || other == left || other == right)
            continue;
        if ((grouping->nearness[with_left] >= nearness && grouping->apart[with_right]) ||
            (grouping->nearness[with_right] >= nearness && grouping->apart[with_left]))
            return true;
    }
    return false;
}

/* Joins the two nearest groups that can be joined; false where there are none. */
static bool join_nearest(struct grouping *grouping)
{
    size_t best = 0, best_left = 0, best_right = 0;

    for (size_t left = 0; left < grouping->group_count; left++)
        for (size_t right = left + 1; right < grouping->group_count; right++) {
            size_t both = two_groups(grouping, left, right);

            if (grouping->joined[left] || grouping->joined[right] || grouping->apart[both] ||
                grouping->nearness[both] <= best || is_torn(grouping, left, right))
                continue;
            best = grouping->nearness[both];
            best_left = left;
            best_right = right;
        }
    if (best > 0)
        join(grouping, best_left, best_right);
    return best > 0;
}

/* What is left of earlier installations goes to the nearest group of a present one: it makes no
 * machine of its own. */
static void join_earlier(struct grouping *grouping)
{
    for (size_t group = 0; group < grouping->group_count; group++) {
        size_t into = group;

        for (size_t other = 0; other < grouping->group_count; other++)
            if (other != group && grouping->present[other] && !grouping->joined[other] &&
                (into == group || grouping->nearness[two_groups(grouping, group, other)] >
                                      grouping->nearness[two_groups(grouping, group, into)]))
                into = other;
        if (!grouping->joined[group] && !grouping->present[group] && into != group)
            join(grouping, into, group);
    }
}

/* Numbers the groups of the logs of one name, in order of paths. */
static void part_logs(const struct telling *telling, const size_t *logs, size_t count)
{
    struct grouping grouping = {.telling = telling, .logs = logs, .count = count};
    size_t *parts, part_count = 0;

    grouping.groups = memory_allocate(count, sizeof(*grouping.groups));
    join_folders(&grouping);
    if (grouping.group_count <= GROUPS_MOST) {
        compare_groups(&grouping);
        while (join_nearest(&grouping))
            ;
        join_earlier(&grouping);
    }
    parts = memory_allocate(grouping.group_count, sizeof(*parts)); /* counted from 1 */
    for (size_t index = 0; index < count; index++) {
        size_t *part = &parts[grouping.groups[index]];

        if (*part == 0)
            *part = ++part_count;
        telling->set->logs[logs[index]].part = *part - 1;
    }
    free(parts);
    free(grouping.groups);
    free(grouping.nearness);
    free(grouping.apart);
    free(grouping.present);
    free(grouping.joined);
}

/* ---- All names ---- */

static int compare_logs(const void *left_item, const void *right_item, void *context)
{
    const struct logset *set = context;
    const struct log *left = &set->logs[*(const size_t *)left_item];
    const struct log *right = &set->logs[*(const size_t *)right_item];

    if (left->owner_key != right->owner_key)
        return left->owner_key < right->owner_key ? -1 : 1;
    return strcmp(left->path, right->path);
}

static void part_all(const struct telling *telling)
{
    struct logset *set = telling->set;
    size_t *logs = memory_allocate(set->log_count, sizeof(*logs));
    size_t count = 0;

    for (size_t log = 0; log < set->log_count; log++)
        if (set->logs[log].owner_key != NAME_NONE && telling->is_shared[set->logs[log].owner_key])
            logs[count++] = log;
    qsort_r(logs, count, sizeof(*logs), compare_logs, set);
    for (size_t first = 0, end; first < count; first = end) {
        size_t key = set->logs[logs[first]].owner_key;

        for (end = first + 1; end < count && set->logs[logs[end]].owner_key == key; end++)
            ;
        part_logs(telling, &logs[first], end - first);
    }
    free(logs);
}

/* A log that lies below the folder for it is of an earlier installation, even where no log of the
 * present one is there. */
static void mark_old_paths(struct logset *set)
{
    for (size_t index = 0; index < set->log_count; index++) {
        struct log *log = &set->logs[index];
        bool is_old = true;
        size_t root_length;

        for (size_t row = 0; row < log->row_count && is_old; row++)
            is_old = machine_path_is_old(set->computers[log_row(set, log, row)].path, &root_length);
        log->earlier = is_old;
    }
}

void logset_tell_apart(struct logset *set, const struct installation_signs *signs)
{
    struct telling telling = {
        .set = set, .is_shared = memory_allocate(set->names.count, sizeof(*telling.is_shared))};
    struct computer_logs logs = list_computer_logs(set);

    mark_old_paths(set);
    list_ranges(&telling, signs, &logs);
    each_two(&telling, mark_restarted);
    part_renamed(&telling, signs, &logs);
    each_two(&telling, find_apart);
    add_clashes(&telling, signs, &logs);
    each_two(&telling, find_together);
    sort_pairs(&telling.apart);
    sort_pairs(&telling.together);
    part_all(&telling);
    free(logs.items);
    free(telling.is_shared);
    free(telling.ranges);
    free(telling.apart.items);
    free(telling.together.items);
}
