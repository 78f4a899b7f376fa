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

static int judge_machine(struct derivation *derivation, size_t index, struct error *err)
{
    const struct assigned_machine *machine = &derivation->assignment.machines[index];
    const struct machine_matter matter = {machine->id, machine->has_findings,
                                          machine->has_requests};
    struct evidence evidence;
    struct finished_verdict finished = {0};
    int result = -1;

    evidence_begin(&evidence, &derivation->window, &derivation->circumstances[index]);
    if (evidence_gather(derivation->db, &matter, &evidence, err) == 0) {
        evidence_finish(&evidence, &finished);
        finished.verdict.machine_id = machine->id;
        result = casedb_add_verdict(derivation->db, &finished.verdict, err);
    }
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
