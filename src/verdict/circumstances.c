/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/circumstances.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- Damaged logs ---- */

/* Can something of the source not be read? Until a record can be decoded, it may be the one that
 * decides. */
static bool source_is_damaged(enum source_status status, uint64_t undecodable_count)
{
    switch (status) {
    case SOURCE_STATUS_OK:
    case SOURCE_STATUS_SKIPPED:
        return undecodable_count > 0;
    case SOURCE_STATUS_DAMAGED:
    case SOURCE_STATUS_UNREADABLE:
    case SOURCE_STATUS_CRASHED:
        return true;
    }
    return true;
}

static int compare_ids(const void *left_item, const void *right_item)
{
    int64_t left = *(const int64_t *)left_item;
    int64_t right = *(const int64_t *)right_item;

    return (left > right) - (left < right);
}

/* Is the log, whose computers these are, one of channel Application, as far as can be told? Where
 * no record could be walked, nothing tells. */
static bool log_may_be_application(const struct assigned_computer *computers, size_t count)
{
    bool walked = false;

    for (size_t index = 0; index < count; index++) {
        if (computers[index].said->application_count > 0)
            return true;
        walked = walked || computers[index].said->record_count > 0;
    }
    return !walked;
}

/* A name known from recovered records only goes by the rest of the log. What was searched for
 * chunks is passed over: it is made of remains, some of which always are beyond reading, and takes
 * nothing away from what the logs show; a machine without logs has coverage `unknown`. */
static void note_damaged_logs(const struct assignment *assignment, struct circumstances *all)
{
    const struct assigned_computer *computers = assignment->computers;
    size_t count = assignment->computer_count;
    bool may_be_application = false;

    for (size_t index = 0; index < count; index++) {
        const struct case_computer *said = computers[index].said;

        if (index == 0 || said->place_id != computers[index - 1].said->place_id) {
            size_t end = index + 1;

            while (end < count && computers[end].said->place_id == said->place_id)
                end++;
            may_be_application = log_may_be_application(&computers[index], end - index);
        }
        if (source_kind_is(said->kind, SOURCE_DAMAGE_IS_OF_LOG) &&
            source_is_damaged(said->status, said->undecodable_count) &&
            (said->application_count > 0 || (said->record_count == 0 && may_be_application)))
            all[computers[index].machine].log_damaged = true;
    }
}

/* A damaged log that names no machine may be an Application log of the one it lies beside. */
static int note_damaged_sources(struct casedb *db, const struct assignment *assignment,
                                struct circumstances *all, struct error *err)
{
    size_t place_count = assignment->computer_count;
    int64_t *places = memory_allocate(place_count, sizeof(*places));
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    int result = -1;

    for (size_t index = 0; index < place_count; index++)
        places[index] = assignment->computers[index].said->place_id;
    qsort(places, place_count, sizeof(*places), compare_ids);
    if (casedb_sources(db, &cursor, err) != 0)
        goto out;
    while ((result = casedb_next_source(cursor, &source, err)) == 1) {
        size_t machine;

        if (!source_kind_is(source.kind, SOURCE_DAMAGE_IS_OF_LOG) ||
            !source_is_damaged(source.status, source.undecodable_count) ||
            bsearch(&source.id, places, place_count, sizeof(*places), compare_ids) != NULL)
            continue;
        if (assignment_near(assignment, source.path, &machine))
            all[machine].log_damaged = true;
    }
out:
    casedb_cursor_free(cursor);
    free(places);
    return result;
}

/* ---- Coverage ---- */

/* The spans of one computer of a source. */
struct computer_spans {
    const struct case_span *first;
    size_t count;
};

static int compare_computers(const void *item, const void *key)
{
    const struct case_span *span = item;
    int64_t id = *(const int64_t *)key;

    return (span->computer_id > id) - (span->computer_id < id);
}

static struct computer_spans spans_of(const struct assignment *assignment, int64_t computer_id)
{
    size_t first = array_lower_bound(assignment->spans, assignment->span_count,
                                     sizeof(*assignment->spans), &computer_id, compare_computers);
    struct computer_spans spans = {.first = &assignment->spans[first]};

    while (first + spans.count < assignment->span_count &&
           spans.first[spans.count].computer_id == computer_id)
        spans.count++;
    return spans;
}

static enum coverage find_coverage(const struct assignment *assignment,
                                   const struct assigned_machine *machine,
                                   const struct window *window)
{
    struct coverage_log *logs = NULL;
    size_t log_count = 0;
    bool own_records = false, other_application_records = false;
    enum coverage coverage = COVERAGE_NONE;

    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct assigned_computer *computer =
            &assignment->computers[machine->computers[index]];
        const struct case_computer *said = computer->said;
        struct computer_spans spans = spans_of(assignment, said->id);
        bool own = computer->own_log;

        own_records = own_records || (own && said->record_count > 0);
        other_application_records =
            other_application_records || (!own && said->application_count > 0);
        if (!own)
            continue;
        for (size_t span = 0; span < spans.count; span++) {
            const struct case_span *of = &spans.first[span];

            if (strcmp(of->channel, "Application") != 0)
                continue;
            logs = memory_grow(logs, log_count, sizeof(*logs));
            logs[log_count++] = (struct coverage_log){of->first_filetime, of->last_filetime,
                                                      of->first_record_id, of->last_record_id};
        }
    }
    if (log_count > 0)
        coverage = coverage_of(logs, log_count, window);
    else if (machine->computer_count > 0 && (!own_records || other_application_records))
        coverage = COVERAGE_UNKNOWN;
    free(logs);
    return coverage;
}

/* ---- All of them ---- */

/* Of its last event, whatever that is. */
static uint64_t find_last_time(const struct assignment *assignment,
                               const struct assigned_machine *machine)
{
    uint64_t last = 0;

    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct case_computer *said = assignment->computers[machine->computers[index]].said;

        if (said->last_filetime > last)
            last = said->last_filetime;
    }
    return last;
}

int circumstances_find(struct casedb *db, const struct window *window,
                       const struct assignment *assignment, struct circumstances **out,
                       struct error *err)
{
    struct circumstances *all = memory_allocate(assignment->machine_count, sizeof(*all));

    for (size_t index = 0; index < assignment->machine_count; index++) {
        const struct assigned_machine *machine = &assignment->machines[index];

        all[index] = (struct circumstances){
            .coverage = find_coverage(assignment, machine, window),
            .shared_name = machine->shared_name,
            .last_filetime = find_last_time(assignment, machine),
        };
    }
    note_damaged_logs(assignment, all);
    *out = all;
    return note_damaged_sources(db, assignment, all, err);
}
