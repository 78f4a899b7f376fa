/* SPDX-License-Identifier: Apache-2.0 */
/* The glue between the case and the rules: once the machines are known (identity/assign.h), each
 * machine's evidence is gathered and judged. Memory holds the evidence on one machine at a time. */
#include "verdict/verdict.h"

#include <stdlib.h>

#include "identity/assign.h"
#include "verdict/conclude.h"

struct derivation {
    struct casedb *db;
    struct window window;
    struct assignment assignment;
    struct circumstances *circumstances; /* owned: of each machine */
};

static void derivation_free_content(struct derivation *derivation)
{
    circumstances_free(derivation->circumstances, derivation->assignment.machine_count);
    assignment_free_content(&derivation->assignment);
}

/* Where the episodes of a machine go. */
struct episode_writing {
    struct casedb *db;
    int64_t machine_id;
    struct error *err;
    int result; /* of the first that could not be written */
};

static enum episode_end end_of(const struct episode *episode)
{
    if (!episode->closed)
        return EPISODE_END_NONE;
    if (episode->closed_by_listing)
        return EPISODE_END_LISTING;
    return episode->recovery.by_script ? EPISODE_END_SCRIPT : EPISODE_END_EVENT;
}

/* The time that a signal or recovery counts as of, where it has one. */
static uint64_t counted_time(const struct judged_event *event)
{
    return event->wrong_clock && event->counts_filetime != 0 ? event->counts_filetime
                                                             : event->filetime;
}

static void write_episode(void *context, const struct episode *episode)
{
    struct episode_writing *writing = context;
    enum episode_end end = end_of(episode);
    struct case_episode row = {.machine_id = writing->machine_id,
                               .first_filetime = counted_time(&episode->first),
                               .end = end,
                               .provider = "",
                               .is_incident = episode_is_incident(episode)};

    if (end == EPISODE_END_LISTING)
        row.end_filetime = episode->closed_filetime;
    else if (end != EPISODE_END_NONE)
        row.end_filetime = counted_time(&episode->recovery);
    if (end == EPISODE_END_EVENT) {
        row.provider = episode->recovery.judgement.event->provider;
        row.event_id = episode->recovery.event_id;
    }
    if (writing->result == 0)
        writing->result = casedb_add_episode(writing->db, &row, writing->err);
}

static int write_coverage(struct casedb *db, int64_t machine_id, const struct covered *covered,
                          struct error *err)
{
    for (size_t index = 0; index < covered->count; index++) {
        const struct case_covered_time row = {.machine_id = machine_id,
                                              .first_filetime =
                                                  covered->items[index].first_filetime,
                                              .last_filetime = covered->items[index].last_filetime};

        if (casedb_add_covered_time(db, &row, err) != 0)
            return -1;
    }
    return 0;
}

static int judge_machine(struct derivation *derivation, size_t index, struct error *err)
{
    const struct assigned_machine *machine = &derivation->assignment.machines[index];
    const struct machine_matter matter = {machine->id, machine->has_findings,
                                          machine->has_requests};
    struct evidence evidence;
    const struct circumstances *circumstances = &derivation->circumstances[index];
    struct episode_writing writing = {.db = derivation->db, .machine_id = machine->id, .err = err};
    struct finished_verdict finished = {0};
    int result = -1;

    evidence_begin(&evidence, &derivation->window, circumstances);
    evidence.history.taker = (struct episode_taker){write_episode, &writing};
    if (evidence_gather(derivation->db, &matter, &evidence, err) == 0 && writing.result == 0) {
        evidence_finish(&evidence, &finished);
        finished.verdict.machine_id = machine->id;
        result = casedb_add_verdict(derivation->db, &finished.verdict, err);
    }
    if (result == 0)
        result = writing.result;
    if (result == 0)
        result = write_coverage(derivation->db, machine->id, &circumstances->covered, err);
    finished_verdict_free_content(&finished);
    evidence_free_content(&evidence);
    return result;
}

static int judge_machines(struct derivation *derivation, struct error *err)
{
    for (size_t index = 0; index < derivation->assignment.machine_count; index++)
        if (judge_machine(derivation, index, err) != 0)
            return -1;
    return 0;
}

static int judge_missing(struct derivation *derivation, struct error *err)
{
    const struct assignment *assignment = &derivation->assignment;

    for (size_t index = 0; index < assignment->missing_count; index++) {
        const struct missing_host *host = &assignment->missing[index];
        struct finished_verdict finished;

        finish_not_collected(host->reason, host->shared_name, &finished);
        finished.verdict.machine_id = host->machine_id;
        if (casedb_add_verdict(derivation->db, &finished.verdict, err) != 0)
            return -1;
    }
    return 0;
}

static int derive(struct derivation *derivation, struct error *err)
{
    if (assign_sources(derivation->db, &derivation->assignment, err) != 0 ||
        circumstances_find(derivation->db, &derivation->window, &derivation->assignment,
                           &derivation->circumstances, err) != 0)
        return -1;
    return judge_machines(derivation, err) != 0 || judge_missing(derivation, err) != 0 ? -1 : 0;
}

int verdict_derive(struct casedb *db, const struct window *window, struct error *err)
{
    struct derivation derivation = {.db = db, .window = *window};
    int result = casedb_begin_derived(db, err);

    if (result == 0) {
        result = derive(&derivation, err);
        if (result == 0)
            result = casedb_commit_derived(db, err);
        if (result != 0)
            casedb_abandon_derived(db);
    }
    derivation_free_content(&derivation);
    return result;
}
