/* SPDX-License-Identifier: Apache-2.0 */
/* Items in words: what hosts.csv and the page show of the evidence. */
#include "verdict/item.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* Owns its texts and numbers. */
struct group {
    unsigned saying;
    enum evidence_kind kind;
    bool with_collection;
    enum zone_end zone_end;
    char *path;
    char *detail;        /* of the first item, and: */
    bool details_vary;   /* others have another */
    uint16_t *event_ids; /* distinct, ascending */
    size_t event_id_count;
    uint64_t item_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
};

void groups_free_content(struct groups *groups)
{
    for (size_t index = 0; index < groups->count; index++) {
        struct group *group = &groups->items[index];

        free(group->path);
        free(group->detail);
        free(group->event_ids);
    }
    free(groups->items);
    *groups = (struct groups){0};
}

/* Returns owned: the detail as a part of one item of a "; " list. */
static char *copy_detail(const char *detail)
{
    char *copy = memory_copy_text(detail != NULL ? detail : "");

    for (char *at = copy; (at = strstr(at, TEXT_SEPARATOR)) != NULL; at++)
        *at = ',';
    return copy;
}

static struct group *find_group(struct groups *groups, unsigned saying,
                                const struct item_origin *origin, const char *detail)
{
    struct group *group;

    for (size_t index = groups->count; index > 0; index--) {
        group = &groups->items[index - 1];
        if (group->saying == saying && group->kind == origin->kind &&
            group->with_collection == origin->with_collection &&
            strcmp(group->path, origin->path) == 0)
            return group;
    }
    groups->items = memory_grow(groups->items, groups->count, sizeof(*groups->items));
    group = &groups->items[groups->count++];
    *group = (struct group){
        .saying = saying,
        .kind = origin->kind,
        .with_collection = origin->with_collection,
        .zone_end = origin->zone_end,
        .path = memory_copy_text(origin->path),
        .detail = copy_detail(detail),
        .first_filetime = origin->filetime,
        .last_filetime = origin->filetime,
    };
    return group;
}

static void add_event_id(struct group *group, uint16_t event_id)
{
    size_t place = 0;

    while (place < group->event_id_count && group->event_ids[place] < event_id)
        place++;
    if (event_id == 0 || (place < group->event_id_count && group->event_ids[place] == event_id))
        return;
    group->event_ids =
        memory_grow(group->event_ids, group->event_id_count, sizeof(*group->event_ids));
    memmove(&group->event_ids[place + 1], &group->event_ids[place],
            (group->event_id_count - place) * sizeof(*group->event_ids));
    group->event_ids[place] = event_id;
    group->event_id_count++;
}

void groups_feed(struct groups *groups, unsigned saying, const struct item_origin *origin,
                 const char *detail)
{
    struct group *group = find_group(groups, saying, origin, detail);

    add_event_id(group, origin->event_id);
    group->item_count++;
    if (!group->details_vary) {
        char *copy = copy_detail(detail);

        group->details_vary = strcmp(group->detail, copy) != 0;
        free(copy);
    }
    if (origin->filetime < group->first_filetime)
        group->first_filetime = origin->filetime;
    if (origin->filetime > group->last_filetime)
        group->last_filetime = origin->filetime;
}

static int compare_sayings(const struct groups *groups, unsigned left, unsigned right)
{
    struct text left_text = {0}, right_text = {0};
    int order;

    groups->add_saying(&left_text, left);
    groups->add_saying(&right_text, right);
    order = strcmp(text_get(&left_text), text_get(&right_text));
    text_free(&left_text);
    text_free(&right_text);
    return order;
}

static int compare_groups(const void *left_item, const void *right_item, void *context)
{
    const struct group *left = left_item;
    const struct group *right = right_item;
    int order = (int)left->with_collection - (int)right->with_collection;

    if (order == 0)
        order = (left->first_filetime > right->first_filetime) -
                (left->first_filetime < right->first_filetime);
    if (order == 0)
        order = strcmp(left->path, right->path);
    if (order == 0)
        order = strcmp(evidence_kind_word(left->kind), evidence_kind_word(right->kind));
    return order != 0 ? order : compare_sayings(context, left->saying, right->saying);
}

/* Of the collection: when at the latest it was taken, its file tells. */
static void add_file_time(struct text *out, const struct group *group)
{
    if (group->last_filetime == 0)
        return;
    text_add(out, " with the collection (file of ");
    filetime_add_text(out, group->last_filetime - group->last_filetime % FILETIME_SECOND);
    text_add(out, ")");
}

static void add_group_times(struct text *out, const struct group *group)
{
    if (group->with_collection) {
        add_file_time(out, group);
    } else if (group->last_filetime == 0) {
        text_add(out, " without a readable time");
    } else if (group->first_filetime == group->last_filetime) {
        text_add(out, " at ");
        filetime_add_text(out, group->last_filetime);
    } else {
        text_add(out, " from ");
        filetime_add_text(out, group->first_filetime);
        text_add(out, " to ");
        filetime_add_text(out, group->last_filetime);
    }
}

static void add_group(struct text *out, const struct groups *groups, const struct group *group)
{
    const char *unit = evidence_kind_unit(group->kind);

    groups->add_saying(out, group->saying);
    text_add_format(out, ": %s", evidence_kind_label(group->kind));
    for (size_t index = 0; index < group->event_id_count; index++)
        text_add_format(out, "%s%" PRIu16, index == 0 ? " " : ", ", group->event_ids[index]);
    if (*unit != '\0')
        text_add_format(out, " (%" PRIu64 " %s%s)", group->item_count, unit,
                        text_plural(group->item_count));
    add_group_times(out, group);
    if (group->zone_end != ZONE_END_NONE)
        text_add_format(out, " (%s)", zone_end_text(group->zone_end));
    text_add_format(out, " in %s", group->path);
    if (group->details_vary)
        text_add(out, ": for several reasons");
    else if (*group->detail != '\0')
        text_add_format(out, ": %s", group->detail);
}

char *groups_text(const struct groups *groups)
{
    struct group *sorted = memory_allocate(groups->count, sizeof(*sorted));
    struct text item = {0};
    struct text out = {0};

    if (groups->count > 0)
        memcpy(sorted, groups->items, groups->count * sizeof(*sorted));
    qsort_r(sorted, groups->count, sizeof(*sorted), compare_groups, (void *)groups);
    for (size_t index = 0; index < groups->count; index++) {
        text_clear(&item);
        add_group(&item, groups, &sorted[index]);
        text_add_item(&out, text_get(&item));
    }
    text_free(&item);
    free(sorted);
    return text_take(&out);
}
