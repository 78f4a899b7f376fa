/* SPDX-License-Identifier: Apache-2.0 */
/* The glue between the case and the rules: once the machines are known (identity/assign.h), each
 * machine's observations stream through its dossier. Memory holds one dossier at a time. */
#include "verdict/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "identity/assign.h"
#include "verdict/dossier.h"
#include "verdict/evidence.h"

struct derivation {
    struct casedb *db;
    struct window window;
    struct assignment assignment;
    bool *damaged; /* of each machine: note log-damaged */
};

static void derivation_free_content(struct derivation *derivation)
{
    assignment_free_content(&derivation->assignment);
    free(derivation->damaged);
}

/* ---- Damaged logs ---- */

/* Can something of the source not be read? Until a record can be decoded, it may be the one that
 * decides. */
static bool source_is_damaged(enum source_status status, uint64_t undecodable_count)
{
    return status == SOURCE_STATUS_DAMAGED || status == SOURCE_STATUS_UNREADABLE ||
           status == SOURCE_STATUS_CRASHED || undecodable_count > 0;
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
static void note_damaged_logs(struct derivation *derivation)
{
    const struct assigned_computer *computers = derivation->assignment.computers;
    size_t count = derivation->assignment.computer_count;
    bool may_be_application = false;

    for (size_t index = 0; index < count; index++) {
        const struct case_computer *said = computers[index].said;

        if (index == 0 || said->place_id != computers[index - 1].said->place_id) {
            size_t end = index + 1;

            while (end < count && computers[end].said->place_id == said->place_id)
                end++;
            may_be_application = log_may_be_application(&computers[index], end - index);
        }
        if (!said->carved && source_is_damaged(said->status, said->undecodable_count) &&
            (said->application_count > 0 || (said->record_count == 0 && may_be_application)))
            derivation->damaged[computers[index].machine] = true;
    }
}

/* May a source of that kind be a log? What could not be opened may. */
static bool kind_is_of_logs(const char *kind)
{
    return strcmp(kind, SOURCE_KIND_CARVED) != 0 && strcmp(kind, SOURCE_KIND_DATABASE) != 0 &&
           strcmp(kind, SOURCE_KIND_LISTING) != 0 && strcmp(kind, SOURCE_KIND_UNKNOWN) != 0 &&
           strcmp(kind, SOURCE_KIND_FOLDER) != 0;
}

/* A damaged log that names no machine may be an Application log of the one it lies beside. */
static int note_damaged_sources(struct derivation *derivation, struct error *err)
{
    const struct assignment *assignment = &derivation->assignment;
    size_t place_count = assignment->computer_count;
    int64_t *places = memory_allocate(place_count, sizeof(*places));
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    int result = -1;

    for (size_t index = 0; index < place_count; index++)
        places[index] = assignment->computers[index].said->place_id;
    qsort(places, place_count, sizeof(*places), compare_ids);
    if (casedb_sources(derivation->db, &cursor, err) != 0)
        goto out;
    while ((result = casedb_next_source(cursor, &source, err)) == 1) {
        size_t machine;

        if (!kind_is_of_logs(source.kind) ||
            !source_is_damaged(source.status, source.undecodable_count) ||
            bsearch(&source.id, places, place_count, sizeof(*places), compare_ids) != NULL)
            continue;
        if (assignment_near(assignment, source.path, &machine))
            derivation->damaged[machine] = true;
    }
out:
    casedb_cursor_free(cursor);
    free(places);
    return result;
}

/* ---- Coverage ---- */

/* Adds what a computer's row says of an Application log: the names of one log are one stretch, from
 * the record with the least EventRecordID to that with the greatest. */
static void add_coverage(struct coverage_log *log, const struct case_computer *computer, bool first)
{
    if (first || computer->application_first_record_id < log->first_record_id) {
        log->first_record_id = computer->application_first_record_id;
        log->first_filetime = computer->application_first_filetime;
    }
    if (first || computer->application_last_record_id > log->last_record_id) {
        log->last_record_id = computer->application_last_record_id;
        log->last_filetime = computer->application_last_filetime;
    }
}

static enum coverage find_coverage(const struct derivation *derivation,
                                   const struct assigned_machine *machine)
{
    struct coverage_log *logs = memory_allocate(machine->computer_count, sizeof(*logs));
    size_t log_count = 0;
    int64_t source_id = 0;
    bool own_records = false, other_application_records = false;
    enum coverage coverage = COVERAGE_NONE;

    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct assigned_computer *computer =
            &derivation->assignment.computers[machine->computers[index]];
        const struct case_computer *said = computer->said;
        bool own = computer->own_log;
        bool first = log_count == 0 || said->source_id != source_id;

        own_records = own_records || (own && said->record_count > 0);
        other_application_records =
            other_application_records || (!own && said->application_count > 0);
        if (!own || said->application_count == 0)
            continue;
        log_count += first;
        source_id = said->source_id;
        add_coverage(&logs[log_count - 1], said, first);
    }
    if (log_count > 0)
        coverage = coverage_of(logs, log_count, &derivation->window);
    else if (machine->computer_count > 0 && (!own_records || other_application_records))
        coverage = COVERAGE_UNKNOWN;
    free(logs);
    return coverage;
}

/* ---- Verdicts ---- */

/* Of its last event, whatever that is. */
static uint64_t find_last_time(const struct derivation *derivation,
                               const struct assigned_machine *machine)
{
    uint64_t last = 0;

    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct case_computer *said =
            derivation->assignment.computers[machine->computers[index]].said;

        if (said->last_filetime > last)
            last = said->last_filetime;
    }
    return last;
}

static int judge_machine(struct derivation *derivation, size_t index, struct error *err)
{
    const struct assigned_machine *machine = &derivation->assignment.machines[index];
    struct dossier dossier;
    struct conclusion conclusion = {0};
    int result = -1;

    dossier_begin(&dossier, &derivation->window);
    dossier.circumstances = (struct circumstances){
        .coverage = find_coverage(derivation, machine),
        .log_damaged = derivation->damaged[index],
        .shared_name = machine->shared_name,
        .last_filetime = find_last_time(derivation, machine),
    };
    if (evidence_gather(derivation->db, machine->id, machine->has_findings, &dossier, err) == 0) {
        dossier_conclude(&dossier, &conclusion);
        conclusion.verdict.machine_id = machine->id;
        result = casedb_add_verdict(derivation->db, &conclusion.verdict, err);
    }
    conclusion_free_content(&conclusion);
    dossier_free_content(&dossier);
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
        struct conclusion conclusion;

        conclude_not_collected(host->reason, host->shared_name, &conclusion);
        conclusion.verdict.machine_id = host->machine_id;
        if (casedb_add_verdict(derivation->db, &conclusion.verdict, err) != 0)
            return -1;
    }
    return 0;
}

static int derive(struct derivation *derivation, struct error *err)
{
    struct assignment *assignment = &derivation->assignment;

    if (assign_sources(derivation->db, assignment, err) != 0)
        return -1;
    derivation->damaged = memory_allocate(assignment->machine_count, sizeof(*derivation->damaged));
    note_damaged_logs(derivation);
    if (note_damaged_sources(derivation, err) != 0 || judge_machines(derivation, err) != 0 ||
        judge_missing(derivation, err) != 0)
        return -1;
    return 0;
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
