/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/group.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"

/* Owns its texts. */
struct group {
    char *says;
    char *kind;
    char *unit;
    char *path;
    bool with_collection;
    char *detail;      /* of the first piece, and: */
    bool details_vary; /* others have another */
    uint16_t *numbers; /* distinct, ascending */
    size_t number_count;
    uint64_t piece_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
};

void groups_free_content(struct groups *groups)
{
    for (size_t index = 0; index < groups->count; index++) {
        struct group *group = &groups->items[index];

        free(group->says);
        free(group->kind);
        free(group->unit);
        free(group->path);
        free(group->detail);
        free(group->numbers);
    }
    free(groups->items);
    *groups = (struct groups){0};
}

/* Returns owned: the detail as a part of one item of a "; " list. */
static char *copy_detail(const char *detail)
{
    char *copy = memory_copy_text(detail);

    for (char *at = copy; (at = strstr(at, "; ")) != NULL; at++)
        *at = ',';
    return copy;
}

static struct group *find_group(struct groups *groups, const struct group_piece *piece)
{
    struct group *group;

    for (size_t index = groups->count; index > 0; index--) {
        group = &groups->items[index - 1];
        if (group->with_collection == piece->with_collection &&
            strcmp(group->says, piece->says) == 0 && strcmp(group->kind, piece->kind) == 0 &&
            strcmp(group->unit, piece->unit) == 0 && strcmp(group->path, piece->path) == 0)
            return group;
    }
    groups->items = memory_grow(groups->items, groups->count, sizeof(*groups->items));
    group = &groups->items[groups->count++];
    *group = (struct group){
        .says = memory_copy_text(piece->says),
        .kind = memory_copy_text(piece->kind),
        .unit = memory_copy_text(piece->unit),
        .path = memory_copy_text(piece->path),
        .with_collection = piece->with_collection,
        .detail = copy_detail(piece->detail),
        .first_filetime = piece->filetime,
        .last_filetime = piece->filetime,
    };
    return group;
}

static void add_number(struct group *group, uint16_t number)
{
    size_t place = 0;

    while (place < group->number_count && group->numbers[place] < number)
        place++;
    if (number == 0 || (place < group->number_count && group->numbers[place] == number))
        return;
    group->numbers = memory_grow(group->numbers, group->number_count, sizeof(*group->numbers));
    memmove(&group->numbers[place + 1], &group->numbers[place],
            (group->number_count - place) * sizeof(*group->numbers));
    group->numbers[place] = number;
    group->number_count++;
}

void groups_feed(struct groups *groups, const struct group_piece *piece)
{
    struct group *group = find_group(groups, piece);

    add_number(group, piece->number);
    group->piece_count++;
    if (!group->details_vary) {
        char *detail = copy_detail(piece->detail);

        group->details_vary = strcmp(group->detail, detail) != 0;
        free(detail);
    }
    if (piece->filetime < group->first_filetime)
        group->first_filetime = piece->filetime;
    if (piece->filetime > group->last_filetime)
        group->last_filetime = piece->filetime;
}

static int compare_groups(const void *left_item, const void *right_item)
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
        order = strcmp(left->kind, right->kind);
    if (order == 0)
        order = strcmp(left->unit, right->unit);
    return order != 0 ? order : strcmp(left->says, right->says);
}

static void add_group_times(struct text *out, const struct group *group)
{
    if (group->with_collection)
        return;
    if (group->last_filetime == 0) {
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

static void add_group(struct text *out, const struct group *group)
{
    text_add_format(out, "%s: %s", group->says, group->kind);
    for (size_t index = 0; index < group->number_count; index++)
        text_add_format(out, "%s%" PRIu16, index == 0 ? " " : ", ", group->numbers[index]);
    if (*group->unit != '\0')
        text_add_format(out, " (%" PRIu64 " %s%s)", group->piece_count, group->unit,
                        text_plural(group->piece_count));
    add_group_times(out, group);
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
    qsort(sorted, groups->count, sizeof(*sorted), compare_groups);
    for (size_t index = 0; index < groups->count; index++) {
        text_clear(&item);
        add_group(&item, &sorted[index]);
        text_add_item(&out, text_get(&item));
    }
    text_free(&item);
    free(sorted);
    return text_take(&out);
}
