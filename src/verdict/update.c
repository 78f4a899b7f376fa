/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence on KB 971033 from events. Which event proves what: FACTS.md, "The events, as they are
 * stored". */
#include "verdict/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "incident.h"
#include "verdict/signal.h"

const char *update_says_name(enum update_says says)
{
    static const char *const names[] = {
        [UPDATE_SAYS_NEITHER] = "neither",
        [UPDATE_SAYS_INSTALLED] = "installed",
        [UPDATE_SAYS_ABSENT] = "absent",
    };

    return names[says];
}

const char *update_status_name(enum update_status status)
{
    static const char *const names[] = {
        [UPDATE_STATUS_UNKNOWN] = "unknown",
        [UPDATE_STATUS_INSTALLED] = "installed",
        [UPDATE_STATUS_REMOVED] = "removed",
        [UPDATE_STATUS_ABSENT] = "absent",
    };

    return names[status];
}

/* The string of that name, or else the one at `index`: a rewritten log may have lost the names. */
static const char *named_or_at(const struct observation *observation, const char *name,
                               size_t index)
{
    const char *value = observation_named(observation, name);

    return value != NULL ? value : observation_value(observation, index);
}

static bool title_is_of_update(const char *title)
{
    return title != NULL && incident_names_kb971033(title);
}

static bool judge_update_installed(const struct observation *observation, struct update_piece *out)
{
    if (!title_is_of_update(named_or_at(observation, "updateTitle", 0)))
        return false;
    out->says = UPDATE_SAYS_INSTALLED;
    return true;
}

static bool judge_update_failed(const struct observation *observation, struct update_piece *out)
{
    out->detail = "the installation failed";
    return title_is_of_update(named_or_at(observation, "updateTitle", 1));
}

static bool package_is_of_update(const struct observation *observation)
{
    const char *package = observation_named(observation, "PackageIdentifier");

    return package != NULL && incident_names_kb971033(package);
}

static bool judge_package_change(const struct observation *observation, struct update_piece *out)
{
    out->detail = "no state was reached";
    return package_is_of_update(observation);
}

/* Newer systems give the state's word in IntendedPackageStateTextized, older ones in
 * IntendedPackageState. */
static bool judge_package_reached(const struct observation *observation, struct update_piece *out)
{
    const char *state = observation_named(observation, "IntendedPackageStateTextized");
    const char *error = observation_named(observation, "ErrorCode");
    uint32_t code;

    if (state == NULL)
        state = observation_named(observation, "IntendedPackageState");
    if (!package_is_of_update(observation))
        return false;
    if (error == NULL || !code_parse(error, &code) || code != 0)
        out->detail = "with an error, or without a readable code";
    else if (state != NULL && text_equal_ascii(state, "Installed"))
        out->says = UPDATE_SAYS_INSTALLED;
    else if (state != NULL && text_equal_ascii(state, "Absent"))
        out->says = UPDATE_SAYS_ABSENT;
    else
        out->detail = "another state than Installed or Absent";
    return true;
}

bool update_piece_of(const struct observation *observation, struct update_piece *out)
{
    const struct incident_event *event =
        incident_find_event(observation->provider, observation->event_id);
    bool (*judge)(const struct observation *, struct update_piece *) = NULL;

    if (event == NULL)
        return false;
    *out = (struct update_piece){
        .kind = provider_label(observation->provider),
        .number = observation->event_id,
        .says = UPDATE_SAYS_NEITHER,
        .filetime = observation->event_filetime,
        .path = "",
        .detail = "",
    };
    /* The source exists only where the update is. */
    if (event->use == EVENT_USE_WAT_13 || event->use == EVENT_USE_WAT_OTHER) {
        out->says = UPDATE_SAYS_INSTALLED;
        return true;
    }
    if (event->use == EVENT_USE_UPDATE_INSTALLED)
        judge = judge_update_installed;
    else if (event->use == EVENT_USE_UPDATE_FAILED)
        judge = judge_update_failed;
    else if (event->use == EVENT_USE_PACKAGE_REACHED)
        judge = judge_package_reached;
    else if (event->use == EVENT_USE_PACKAGE_CHANGE)
        judge = judge_package_change;
    return judge != NULL && judge(observation, out);
}

/* ---- All evidence of a machine ---- */

/* Pieces of one kind that say the same, from one source. */
struct update_group {
    const char *kind; /* constant */
    enum update_says says;
    char *path;
    uint16_t *numbers; /* distinct, ascending */
    size_t number_count;
    uint64_t piece_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
};

void update_evidence_free_content(struct update_evidence *evidence)
{
    for (size_t index = 0; index < evidence->group_count; index++) {
        free(evidence->groups[index].path);
        free(evidence->groups[index].numbers);
    }
    free(evidence->groups);
    *evidence = (struct update_evidence){0};
}

static struct update_group *find_group(struct update_evidence *evidence,
                                       const struct update_piece *piece)
{
    struct update_group *group;

    for (size_t index = evidence->group_count; index > 0; index--) {
        group = &evidence->groups[index - 1];
        if (group->says == piece->says && strcmp(group->kind, piece->kind) == 0 &&
            strcmp(group->path, piece->path) == 0)
            return group;
    }
    evidence->groups =
        memory_grow(evidence->groups, evidence->group_count, sizeof(*evidence->groups));
    group = &evidence->groups[evidence->group_count++];
    *group = (struct update_group){
        .kind = piece->kind,
        .says = piece->says,
        .path = memory_copy_text(piece->path),
        .first_filetime = piece->filetime,
        .last_filetime = piece->filetime,
    };
    return group;
}

static void add_number(struct update_group *group, uint16_t number)
{
    size_t place = 0;

    while (place < group->number_count && group->numbers[place] < number)
        place++;
    if (place < group->number_count && group->numbers[place] == number)
        return;
    group->numbers = memory_grow(group->numbers, group->number_count, sizeof(*group->numbers));
    memmove(&group->numbers[place + 1], &group->numbers[place],
            (group->number_count - place) * sizeof(*group->numbers));
    group->numbers[place] = number;
    group->number_count++;
}

void update_evidence_feed(struct update_evidence *evidence, const struct update_piece *piece)
{
    struct update_group *group = find_group(evidence, piece);

    add_number(group, piece->number);
    group->piece_count++;
    if (piece->filetime < group->first_filetime)
        group->first_filetime = piece->filetime;
    if (piece->filetime > group->last_filetime)
        group->last_filetime = piece->filetime;

    if (piece->says == UPDATE_SAYS_NEITHER)
        return;
    if (piece->says == UPDATE_SAYS_INSTALLED)
        evidence->was_installed = true;
    if (!evidence->decided || piece->filetime > evidence->newest_filetime) {
        evidence->newest_filetime = piece->filetime;
        evidence->newest_says = piece->says;
        evidence->conflict = false;
        evidence->decided = true;
    } else if (piece->filetime == evidence->newest_filetime &&
               piece->says != evidence->newest_says) {
        evidence->newest_says = UPDATE_SAYS_INSTALLED;
        evidence->conflict = true;
    }
}

enum update_status update_evidence_status(const struct update_evidence *evidence)
{
    if (!evidence->decided)
        return UPDATE_STATUS_UNKNOWN;
    if (evidence->newest_says == UPDATE_SAYS_INSTALLED)
        return UPDATE_STATUS_INSTALLED;
    return evidence->was_installed ? UPDATE_STATUS_REMOVED : UPDATE_STATUS_ABSENT;
}

static int compare_groups(const void *left_item, const void *right_item)
{
    const struct update_group *left = left_item;
    const struct update_group *right = right_item;
    int order = (left->first_filetime > right->first_filetime) -
                (left->first_filetime < right->first_filetime);

    if (order == 0)
        order = strcmp(left->path, right->path);
    if (order == 0)
        order = strcmp(left->kind, right->kind);
    return order != 0 ? order : (int)left->says - (int)right->says;
}

static void add_group(struct text *out, const struct update_group *group)
{
    text_add_format(out, "%s: %s", update_says_name(group->says), group->kind);
    for (size_t index = 0; index < group->number_count; index++)
        text_add_format(out, "%s%" PRIu16, index == 0 ? " " : ", ", group->numbers[index]);
    text_add_format(out, " (%" PRIu64 " event%s) ", group->piece_count,
                    group->piece_count == 1 ? "" : "s");
    if (group->last_filetime == 0) {
        text_add(out, "without a readable time");
    } else if (group->first_filetime == group->last_filetime) {
        text_add(out, "at ");
        filetime_add_text(out, group->last_filetime);
    } else {
        text_add(out, "from ");
        filetime_add_text(out, group->first_filetime);
        text_add(out, " to ");
        filetime_add_text(out, group->last_filetime);
    }
    text_add_format(out, " in %s", group->path);
}

char *update_evidence_text(const struct update_evidence *evidence)
{
    struct update_group *sorted = memory_allocate(evidence->group_count, sizeof(*sorted));
    struct text out = {0};

    if (evidence->group_count > 0)
        memcpy(sorted, evidence->groups, evidence->group_count * sizeof(*sorted));
    qsort(sorted, evidence->group_count, sizeof(*sorted), compare_groups);
    for (size_t index = 0; index < evidence->group_count; index++) {
        if (index > 0)
            text_add(&out, "; ");
        add_group(&out, &sorted[index]);
    }
    free(sorted);
    return text_take(&out);
}
