/* SPDX-License-Identifier: Apache-2.0 */
/* The glue between the case and the rules of names: what the case says of computers and hosts is
 * read, the rules find the machines, and these are written. Memory holds the computers of all logs
 * and the hosts of all other sources. */
#include "identity/assign.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "identity/logset.h"
#include "identity/machine.h"

struct assignment_work {
    struct casedb *db;
    struct case_computer *computers; /* texts owned */
    size_t computer_count;
    struct case_id_clash *clashes;
    size_t clash_count;
    struct kms_client *clients; /* in the order of casedb_clients */
    size_t client_count;
    struct source_host *source_hosts;
    size_t source_host_count;
    struct inventory_host *hosts;
    size_t host_count;
    struct machines machines;
    size_t *by_machine; /* indexes of computers, by (machine, source, place) */
};

static void work_free(struct assignment_work *work)
{
    if (work == NULL)
        return;
    for (size_t index = 0; index < work->computer_count; index++) {
        free((char *)work->computers[index].path);
        free((char *)work->computers[index].name);
    }
    free(work->computers);
    free(work->clashes);
    kms_clients_free(work->clients, work->client_count);
    source_hosts_free(work->source_hosts, work->source_host_count);
    inventory_free(work->hosts, work->host_count);
    machines_free_content(&work->machines);
    free(work->by_machine);
    free(work);
}

void assignment_free_content(struct assignment *assignment)
{
    work_free(assignment->work);
    free(assignment->computers);
    free(assignment->machines);
    free(assignment->clients);
    free(assignment->missing);
    for (size_t index = 0; index < assignment->span_count; index++)
        free((char *)assignment->spans[index].channel);
    free(assignment->spans);
    *assignment = (struct assignment){0};
}

/* ---- Reading ---- */

static int read_computers(struct assignment_work *work, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_computer computer;
    int result;

    if (casedb_computers(work->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_computer(cursor, &computer, err)) == 1) {
        computer.path = memory_copy_text(computer.path);
        computer.name = memory_copy_text(computer.name);
        work->computers =
            memory_grow(work->computers, work->computer_count, sizeof(*work->computers));
        work->computers[work->computer_count++] = computer;
    }
    casedb_cursor_free(cursor);
    return result;
}

static int read_spans(struct assignment_work *work, struct assignment *out, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_span span;
    int result;

    if (casedb_spans(work->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_span(cursor, &span, err)) == 1) {
        span.channel = memory_copy_text(span.channel);
        out->spans = memory_grow(out->spans, out->span_count, sizeof(*out->spans));
        out->spans[out->span_count++] = span;
    }
    casedb_cursor_free(cursor);
    return result;
}

static int read_clients(struct assignment_work *work, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_client client;
    int result;

    if (casedb_clients(work->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_client(cursor, &client, err)) == 1) {
        work->clients = memory_grow(work->clients, work->client_count, sizeof(*work->clients));
        work->clients[work->client_count++] =
            (struct kms_client){.id = client.id,
                                .source_id = client.source_id,
                                .computer_id = client.computer_id,
                                .name = memory_copy_text(client.name),
                                .has_row = client.is_windows_7,
                                .is_known = client.request_count > 0,
                                .last_filetime = client.last_filetime,
                                .machine = MACHINE_NONE};
    }
    casedb_cursor_free(cursor);
    return result;
}

static int read_source_hosts(struct assignment_work *work, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_source_host said;
    int result;

    if (casedb_source_hosts(work->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_source_host(cursor, &said, err)) == 1) {
        said.path = memory_copy_text(said.path);
        said.name = memory_copy_text(said.name);
        work->source_hosts =
            memory_grow(work->source_hosts, work->source_host_count, sizeof(*work->source_hosts));
        work->source_hosts[work->source_host_count++] = (struct source_host){.said = said};
    }
    casedb_cursor_free(cursor);
    return result;
}

static int read_inventory(struct assignment_work *work, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_inventory_host host;
    int result;

    if (casedb_inventory(work->db, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_inventory_host(cursor, &host, err)) == 1) {
        work->hosts = memory_grow(work->hosts, work->host_count, sizeof(*work->hosts));
        work->hosts[work->host_count++] =
            (struct inventory_host){.id = host.id, .name = memory_copy_text(host.host)};
    }
    casedb_cursor_free(cursor);
    return result;
}

/* ---- Finding ---- */

static int compare_by_machine(const void *left_item, const void *right_item, void *context)
{
    const struct assignment_work *work = context;
    size_t left = *(const size_t *)left_item;
    size_t right = *(const size_t *)right_item;
    size_t a = work->machines.owners[left], b = work->machines.owners[right];

    if (a != b)
        return a < b ? -1 : 1;
    a = (size_t)work->computers[left].source_id;
    b = (size_t)work->computers[right].source_id;
    if (a != b)
        return a < b ? -1 : 1;
    return (left > right) - (left < right);
}

static void sort_by_machine(struct assignment_work *work)
{
    work->by_machine = memory_allocate(work->computer_count, sizeof(*work->by_machine));
    for (size_t row = 0; row < work->computer_count; row++)
        work->by_machine[row] = row;
    qsort_r(work->by_machine, work->computer_count, sizeof(*work->by_machine), compare_by_machine,
            work);
}

/* Notes which machines have sources without events, sources of an earlier installation, and
 * requests that KMS hosts saw. */
static void note_sources(const struct assignment_work *work, struct assignment *out)
{
    for (size_t index = 0; index < work->source_host_count; index++) {
        const struct source_host *host = &work->source_hosts[index];
        struct assigned_machine *machine = &out->machines[host->machine];

        machine->has_findings = true;
        machine->earlier_installation = machine->earlier_installation || host->earlier_installation;
    }
    for (size_t index = 0; index < out->computer_count; index++) {
        const struct assigned_computer *computer = &out->computers[index];

        if (computer->machine != MACHINE_NONE && !computer->decides)
            out->machines[computer->machine].earlier_installation = true;
    }
    for (size_t index = 0; index < work->client_count; index++) {
        const struct kms_client *client = &work->clients[index];

        if (client->machine == MACHINE_NONE || !client->decides)
            continue;
        out->machines[client->machine].has_requests = true;
        out->clients = memory_grow(out->clients, out->client_count, sizeof(*out->clients));
        out->clients[out->client_count++] =
            (struct assigned_client){client->machine, client->source_id};
    }
    for (size_t index = 0; index < out->machine_count; index++) {
        struct assigned_machine *machine = &out->machines[index];

        machine->is_seen_alone =
            machine->has_requests && !machine->has_findings && machine->computer_count == 0;
    }
}

/* Fills in all but what the case gives: the ids. */
static void list_machines(const struct assignment_work *work, struct assignment *out)
{
    size_t row = 0;

    out->computer_count = work->computer_count;
    out->computers = memory_allocate(out->computer_count, sizeof(*out->computers));
    for (size_t index = 0; index < out->computer_count; index++)
        out->computers[index] = (struct assigned_computer){
            .said = &work->computers[index],
            .machine = work->machines.owners[index],
            .own_log = work->machines.own_log[index],
            .decides = work->machines.decides[index],
        };
    out->machine_count = work->machines.count;
    out->machines = memory_allocate(out->machine_count, sizeof(*out->machines));
    for (size_t index = 0; index < out->machine_count; index++) {
        struct assigned_machine *machine = &out->machines[index];

        machine->shared_name = work->machines.items[index].shared_name;
        machine->computers = &work->by_machine[row];
        for (; row < work->computer_count && work->machines.owners[work->by_machine[row]] == index;
             row++)
            machine->computer_count++;
    }
    note_sources(work, out);
}

/* A computer of a log, whether what is in it decides. */
struct deciding_computer {
    int64_t id;
    bool decides;
};

static int compare_deciding(const void *left_item, const void *right_item)
{
    const struct deciding_computer *left = left_item, *right = right_item;

    return compare_i64(left->id, right->id);
}

/* What a KMS host saw decides where the rest of its log does: not what an earlier installation of
 * it left, nor what is in remnants of nobody. */
static void note_deciding_clients(struct assignment_work *work)
{
    size_t count = work->computer_count;
    struct deciding_computer *computers;

    if (work->client_count == 0)
        return;
    computers = memory_allocate(count, sizeof(*computers));
    for (size_t index = 0; index < count; index++)
        computers[index] = (struct deciding_computer){
            work->computers[index].id,
            work->machines.decides[index] && work->machines.owners[index] != MACHINE_NONE};
    qsort(computers, count, sizeof(*computers), compare_deciding);
    for (size_t index = 0; index < work->client_count; index++) {
        struct deciding_computer sought = {.id = work->clients[index].computer_id};
        const struct deciding_computer *found =
            bsearch(&sought, computers, count, sizeof(*computers), compare_deciding);

        work->clients[index].decides = found != NULL && found->decides;
    }
    free(computers);
}

static void find_machines(struct assignment_work *work, const struct assignment *out)
{
    const struct installation_signs signs = {out->spans, out->span_count, work->clashes,
                                             work->clash_count};

    machines_find(work->computers, work->computer_count, &signs, &work->machines);
    note_deciding_clients(work);
    kms_clients_note_inventory(work->clients, work->client_count, work->hosts, work->host_count);
    kms_clients_match(work->clients, work->client_count, &work->machines);
    source_hosts_match(work->source_hosts, work->source_host_count, work->hosts, work->host_count,
                       &work->machines);
    kms_clients_match(work->clients, work->client_count, &work->machines);
    inventory_match(work->hosts, work->host_count, &work->machines);
    sort_by_machine(work);
}

bool assignment_near(const struct assignment *assignment, const char *path, size_t *machine)
{
    *machine = machines_near(&assignment->work->machines, path);
    return *machine != MACHINE_NONE;
}

/* ---- Writing ---- */

/* Of each machine the inventory host that it is, or 0: one host for all that share its name. */
static int64_t *list_inventory_ids(const struct assignment_work *work)
{
    int64_t *ids = memory_allocate(work->machines.count, sizeof(*ids));

    for (size_t index = 0; index < work->host_count; index++) {
        const struct inventory_host *host = &work->hosts[index];

        if (host->machine != MACHINE_NONE && !host->repeated)
            ids[host->machine] = host->id;
    }
    for (size_t index = 1; index < work->machines.count; index++)
        if (ids[index] == 0 &&
            strcmp(work->machines.items[index].name, work->machines.items[index - 1].name) == 0)
            ids[index] = ids[index - 1];
    return ids;
}

static int write_machine(struct casedb *db, const struct machine *machine, int64_t inventory_id,
                         struct assigned_machine *out, struct error *err)
{
    out->in_inventory = inventory_id != 0;
    if (casedb_add_machine(db, machine->name, !out->is_seen_alone, machine->shared_name,
                           inventory_id, &out->id, err) != 0)
        return -1;
    for (size_t alias = 0; alias < machine->alias_count; alias++)
        if (casedb_add_machine_alias(db, out->id, alias, machine->aliases[alias], err) != 0)
            return -1;
    return 0;
}

static int write_machines(const struct assignment_work *work, struct assignment *out,
                          struct error *err)
{
    int64_t *inventory_ids = list_inventory_ids(work);
    int result = 0;

    for (size_t index = 0; result == 0 && index < out->machine_count; index++)
        result = write_machine(work->db, &work->machines.items[index], inventory_ids[index],
                               &out->machines[index], err);
    free(inventory_ids);
    return result;
}

static int write_clients(const struct assignment_work *work, const struct assignment *out,
                         struct error *err)
{
    for (size_t index = 0; index < work->client_count; index++) {
        const struct kms_client *client = &work->clients[index];

        if (client->machine != MACHINE_NONE &&
            casedb_assign_client(work->db, client->id, out->machines[client->machine].id, err) != 0)
            return -1;
    }
    return 0;
}

/* Says whose everything is. */
static int write_owners(const struct assignment_work *work, const struct assignment *out,
                        struct error *err)
{
    for (size_t index = 0; index < out->computer_count; index++) {
        const struct assigned_computer *computer = &out->computers[index];
        int64_t machine_id =
            computer->machine != MACHINE_NONE ? out->machines[computer->machine].id : 0;

        if (casedb_assign_computer(work->db, computer->said->id, machine_id, computer->decides,
                                   err) != 0)
            return -1;
    }
    for (size_t index = 0; index < work->source_host_count; index++) {
        const struct source_host *host = &work->source_hosts[index];
        const struct case_host_place place = {
            .machine_id = out->machines[host->machine].id,
            .remark = host->remark != NULL ? host->remark : "",
            .is_guess = host->is_guess,
            .decides = !host->earlier_installation,
        };

        if (casedb_assign_source_host(work->db, &host->said, &place, err) != 0)
            return -1;
    }
    return write_clients(work, out, err) != 0 ? -1 : casedb_mark_duplicates(work->db, err);
}

static int write_missing(const struct assignment_work *work, struct assignment *out,
                         struct error *err)
{
    for (size_t index = 0; index < work->host_count; index++) {
        const struct inventory_host *host = &work->hosts[index];
        struct missing_host missing = {.shared_name = host->shared, .reason = host->reason};

        if (host->machine != MACHINE_NONE)
            continue;
        if (casedb_add_machine(work->db, host->name, false, host->shared, host->id,
                               &missing.machine_id, err) != 0)
            return -1;
        out->missing = memory_grow(out->missing, out->missing_count, sizeof(*out->missing));
        out->missing[out->missing_count++] = missing;
    }
    return 0;
}

int assign_sources(struct casedb *db, struct assignment *out, struct error *err)
{
    struct assignment_work *work = memory_allocate(1, sizeof(*work));

    *out = (struct assignment){.work = work};
    work->db = db;
    if (read_computers(work, err) != 0 || read_spans(work, out, err) != 0 ||
        casedb_read_id_clashes(db, &work->clashes, &work->clash_count, err) != 0 ||
        read_clients(work, err) != 0 || read_source_hosts(work, err) != 0 ||
        read_inventory(work, err) != 0)
        return -1;
    find_machines(work, out);
    list_machines(work, out);
    if (write_machines(work, out, err) != 0 || write_owners(work, out, err) != 0 ||
        write_missing(work, out, err) != 0)
        return -1;
    return 0;
}
