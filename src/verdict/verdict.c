/* SPDX-License-Identifier: Apache-2.0 */
/* The glue between the case and the rules: what the case says of computers becomes machines, then
 * each machine's observations stream through its dossier. Memory holds the computers of all logs
 * and one dossier at a time. */
#include "verdict/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "identity/inventory_match.h"
#include "identity/machine.h"
#include "identity/source_host.h"
#include "verdict/dossier.h"
#include "verdict/evidence.h"

struct derivation {
    struct casedb *db;
    struct window window;
    struct case_computer *computers; /* texts owned */
    size_t computer_count;
    struct witness *witnesses;
    size_t witness_count;
    struct inventory_host *hosts;
    size_t host_count;
    struct machines machines;
    int64_t *machine_ids;   /* in the case, of each machine */
    int64_t *inventory_ids; /* of each machine: the inventory host it is, or 0 */
    bool *damaged;          /* of each machine: note log-damaged */
    bool *has_findings;     /* of each machine */
    size_t *by_machine;     /* indexes of computers, by (machine, source) */
};

static void derivation_free_content(struct derivation *derivation)
{
    for (size_t index = 0; index < derivation->computer_count; index++) {
        free((char *)derivation->computers[index].path);
        free((char *)derivation->computers[index].name);
    }
    free(derivation->computers);
    witnesses_free(derivation->witnesses, derivation->witness_count);
    inventory_free(derivation->hosts, derivation->host_count);
    machines_free_content(&derivation->machines);
    free(derivation->machine_ids);
    free(derivation->inventory_ids);
    free(derivation->damaged);
    free(derivation->has_findings);
    free(derivation->by_machine);
}

/* ---- Reading ---- */

static int read_computers(struct derivation *derivation, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_computer computer;
    int result;

    if (casedb_computers(derivation->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_computer(cursor, &computer, err)) == 1) {
        computer.path = memory_copy_text(computer.path);
        computer.name = memory_copy_text(computer.name);
        derivation->computers = memory_grow(derivation->computers, derivation->computer_count,
                                            sizeof(*derivation->computers));
        derivation->computers[derivation->computer_count++] = computer;
    }
    casedb_cursor_free(cursor);
    return result;
}

static int read_witnesses(struct derivation *derivation, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_witness said;
    int result;

    if (casedb_witnesses(derivation->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_witness(cursor, &said, err)) == 1) {
        said.path = memory_copy_text(said.path);
        said.name = memory_copy_text(said.name);
        derivation->witnesses = memory_grow(derivation->witnesses, derivation->witness_count,
                                            sizeof(*derivation->witnesses));
        derivation->witnesses[derivation->witness_count++] = (struct witness){.said = said};
    }
    casedb_cursor_free(cursor);
    return result;
}

static int read_inventory(struct derivation *derivation, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_inventory_host host;
    int result;

    if (casedb_inventory(derivation->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_inventory_host(cursor, &host, err)) == 1) {
        derivation->hosts =
            memory_grow(derivation->hosts, derivation->host_count, sizeof(*derivation->hosts));
        derivation->hosts[derivation->host_count++] =
            (struct inventory_host){.id = host.id, .name = memory_copy_text(host.host)};
    }
    casedb_cursor_free(cursor);
    return result;
}

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

/* Is the log, whose rows these are, one of channel Application, as far as can be told? Where no
 * record could be walked, nothing tells. */
static bool log_may_be_application(const struct case_computer *rows, size_t count)
{
    bool walked = false;

    for (size_t row = 0; row < count; row++) {
        if (rows[row].application_count > 0)
            return true;
        walked = walked || rows[row].record_count > 0;
    }
    return !walked;
}

/* A name known from recovered records only goes by the rest of the log. What was searched for
 * chunks is passed over: it is made of remains, some of which always are beyond reading, and takes
 * nothing away from what the logs show; a machine without logs has coverage `unknown`. */
static void note_damaged_logs(struct derivation *derivation)
{
    const struct case_computer *computers = derivation->computers;
    bool may_be_application = false;

    for (size_t row = 0; row < derivation->computer_count; row++) {
        const struct case_computer *computer = &computers[row];

        if (row == 0 || computer->place_id != computers[row - 1].place_id) {
            size_t end = row + 1;

            while (end < derivation->computer_count &&
                   computers[end].place_id == computer->place_id)
                end++;
            may_be_application = log_may_be_application(computer, end - row);
        }
        if (!computer->carved && source_is_damaged(computer->status, computer->undecodable_count) &&
            (computer->application_count > 0 ||
             (computer->record_count == 0 && may_be_application)))
            derivation->damaged[derivation->machines.owners[row]] = true;
    }
}

/* May a source of that kind be a log? What could not be opened may. */
static bool kind_is_of_logs(const char *kind)
{
    return strcmp(kind, SOURCE_KIND_CARVED) != 0 && strcmp(kind, SOURCE_KIND_DATABASE) != 0 &&
           strcmp(kind, SOURCE_KIND_LISTING) != 0 && strcmp(kind, SOURCE_KIND_FOLDER) != 0;
}

/* A damaged log that names no machine may be an Application log of the one it lies beside. */
static int note_damaged_sources(struct derivation *derivation, struct error *err)
{
    int64_t *places = memory_allocate(derivation->computer_count, sizeof(*places));
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    int result = -1;

    for (size_t row = 0; row < derivation->computer_count; row++)
        places[row] = derivation->computers[row].place_id;
    qsort(places, derivation->computer_count, sizeof(*places), compare_ids);
    if (casedb_sources(derivation->db, &cursor, err) != 0)
        goto out;
    while ((result = casedb_next_source(cursor, &source, err)) == 1) {
        size_t machine;

        if (!kind_is_of_logs(source.kind) ||
            !source_is_damaged(source.status, source.undecodable_count) ||
            bsearch(&source.id, places, derivation->computer_count, sizeof(*places), compare_ids) !=
                NULL)
            continue;
        machine = machines_near(&derivation->machines, source.path);
        if (machine != MACHINE_NONE)
            derivation->damaged[machine] = true;
    }
out:
    casedb_cursor_free(cursor);
    free(places);
    return result;
}

/* ---- Machines ---- */

static int write_machine(struct derivation *derivation, size_t index, struct error *err)
{
    const struct machine *machine = &derivation->machines.items[index];
    int64_t *id = &derivation->machine_ids[index];

    if (casedb_add_machine(derivation->db, machine->name, true, machine->shared_name,
                           derivation->inventory_ids[index], id, err) != 0)
        return -1;
    for (size_t alias = 0; alias < machine->alias_count; alias++)
        if (casedb_add_machine_alias(derivation->db, *id, alias, machine->aliases[alias], err) != 0)
            return -1;
    return 0;
}

static int write_machines(struct derivation *derivation, struct error *err)
{
    for (size_t machine = 0; machine < derivation->machines.count; machine++)
        if (write_machine(derivation, machine, err) != 0)
            return -1;
    for (size_t row = 0; row < derivation->computer_count; row++)
        if (casedb_assign_computer(derivation->db, derivation->computers[row].id,
                                   derivation->machine_ids[derivation->machines.owners[row]],
                                   err) != 0)
            return -1;
    for (size_t index = 0; index < derivation->witness_count; index++) {
        const struct witness *witness = &derivation->witnesses[index];

        if (casedb_assign_witness(
                derivation->db, &witness->said, derivation->machine_ids[witness->machine],
                witness->remark != NULL ? witness->remark : "", witness->is_guess, err) != 0)
            return -1;
    }
    return casedb_mark_duplicates(derivation->db, err);
}

static int compare_by_machine(const void *left_item, const void *right_item, void *context)
{
    const struct derivation *derivation = context;
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;
    size_t a = derivation->machines.owners[left], b = derivation->machines.owners[right];

    if (a != b)
        return a < b ? -1 : 1;
    a = (size_t)derivation->computers[left].source_id;
    b = (size_t)derivation->computers[right].source_id;
    if (a != b)
        return a < b ? -1 : 1;
    return (left > right) - (left < right);
}

static void sort_by_machine(struct derivation *derivation)
{
    derivation->by_machine =
        memory_allocate(derivation->computer_count, sizeof(*derivation->by_machine));
    for (size_t row = 0; row < derivation->computer_count; row++)
        derivation->by_machine[row] = row;
    qsort_r(derivation->by_machine, derivation->computer_count, sizeof(*derivation->by_machine),
            compare_by_machine, derivation);
}

/* Adds what a row says of an Application log: the names of one log are one stretch, from the
 * record with the least EventRecordID to that with the greatest. */
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

/* Goes by the machine's rows, `count` of them from `rows` on. */
static enum coverage find_coverage(const struct derivation *derivation, const size_t *rows,
                                   size_t count)
{
    struct coverage_log *logs = memory_allocate(count, sizeof(*logs));
    size_t log_count = 0;
    int64_t source_id = 0;
    bool own_records = false, other_application_records = false;
    enum coverage coverage = COVERAGE_NONE;

    for (size_t index = 0; index < count; index++) {
        const struct case_computer *computer = &derivation->computers[rows[index]];
        bool own = derivation->machines.own_log[rows[index]];
        bool first = log_count == 0 || computer->source_id != source_id;

        own_records = own_records || (own && computer->record_count > 0);
        other_application_records =
            other_application_records || (!own && computer->application_count > 0);
        if (!own || computer->application_count == 0)
            continue;
        log_count += first;
        source_id = computer->source_id;
        add_coverage(&logs[log_count - 1], computer, first);
    }
    if (log_count > 0)
        coverage = coverage_of(logs, log_count, &derivation->window);
    else if (count > 0 && (!own_records || other_application_records))
        coverage = COVERAGE_UNKNOWN;
    free(logs);
    return coverage;
}

/* ---- Verdicts ---- */

/* Of its last event, whatever that is. */
static uint64_t find_last_time(const struct derivation *derivation, const size_t *rows,
                               size_t count)
{
    uint64_t last = 0;

    for (size_t index = 0; index < count; index++)
        if (derivation->computers[rows[index]].last_filetime > last)
            last = derivation->computers[rows[index]].last_filetime;
    return last;
}

/* Judges the machine, whose rows are `row_count` from `rows` on. */
static int judge_machine(struct derivation *derivation, size_t machine, const size_t *rows,
                         size_t row_count, struct error *err)
{
    int64_t machine_id = derivation->machine_ids[machine];
    struct dossier dossier;
    struct conclusion conclusion = {0};
    int result = -1;

    dossier_begin(&dossier, &derivation->window);
    dossier.circumstances = (struct circumstances){
        .coverage = find_coverage(derivation, rows, row_count),
        .log_damaged = derivation->damaged[machine],
        .shared_name = derivation->machines.items[machine].shared_name,
        .last_filetime = find_last_time(derivation, rows, row_count),
    };
    if (evidence_gather(derivation->db, machine_id, derivation->has_findings[machine], &dossier,
                        err) == 0) {
        dossier_conclude(&dossier, &conclusion);
        conclusion.verdict.machine_id = machine_id;
        result = casedb_add_verdict(derivation->db, &conclusion.verdict, err);
    }
    conclusion_free_content(&conclusion);
    dossier_free_content(&dossier);
    return result;
}

static int judge_machines(struct derivation *derivation, struct error *err)
{
    size_t row = 0;

    for (size_t machine = 0; machine < derivation->machines.count; machine++) {
        size_t first = row;

        while (row < derivation->computer_count &&
               derivation->machines.owners[derivation->by_machine[row]] == machine)
            row++;
        if (judge_machine(derivation, machine, &derivation->by_machine[first], row - first, err) !=
            0)
            return -1;
    }
    return 0;
}

static int write_not_collected(struct derivation *derivation, struct error *err)
{
    for (size_t index = 0; index < derivation->host_count; index++) {
        const struct inventory_host *host = &derivation->hosts[index];
        struct conclusion conclusion;

        if (host->machine != MACHINE_NONE)
            continue;
        conclude_not_collected(host->reason, host->shared, &conclusion);
        if (casedb_add_machine(derivation->db, host->name, false, host->shared, host->id,
                               &conclusion.verdict.machine_id, err) != 0 ||
            casedb_add_verdict(derivation->db, &conclusion.verdict, err) != 0)
            return -1;
    }
    return 0;
}

static void find_machines(struct derivation *derivation)
{
    struct machines *machines = &derivation->machines;

    machines_find(derivation->computers, derivation->computer_count, machines);
    witnesses_match(derivation->witnesses, derivation->witness_count, machines);
    inventory_match(derivation->hosts, derivation->host_count, machines);
    derivation->machine_ids = memory_allocate(machines->count, sizeof(*derivation->machine_ids));
    derivation->inventory_ids =
        memory_allocate(machines->count, sizeof(*derivation->inventory_ids));
    derivation->damaged = memory_allocate(machines->count, sizeof(*derivation->damaged));
    derivation->has_findings = memory_allocate(machines->count, sizeof(*derivation->has_findings));
    for (size_t index = 0; index < derivation->witness_count; index++)
        derivation->has_findings[derivation->witnesses[index].machine] = true;
    for (size_t index = 0; index < derivation->host_count; index++) {
        const struct inventory_host *host = &derivation->hosts[index];

        if (host->machine != MACHINE_NONE && !host->repeated)
            derivation->inventory_ids[host->machine] = host->id;
    }
    sort_by_machine(derivation);
}

static int derive(struct derivation *derivation, struct error *err)
{
    if (read_computers(derivation, err) != 0 || read_witnesses(derivation, err) != 0 ||
        read_inventory(derivation, err) != 0)
        return -1;
    find_machines(derivation);
    note_damaged_logs(derivation);
    if (note_damaged_sources(derivation, err) != 0 || write_machines(derivation, err) != 0 ||
        judge_machines(derivation, err) != 0 || write_not_collected(derivation, err) != 0)
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
