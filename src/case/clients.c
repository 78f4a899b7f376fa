/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of KMS hosts: a row a name that the requests in the log of one of them bear. While their
 * source is open they are in memory; they are written at its end, as its computers are. */
#include "case/internal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/licences.h"

struct met_client {
    int64_t id;
    int64_t computer_id;
    char *name; /* owned: as it was met first; and behind it, folded */
    const char *folded_name;
    char client_machine_id[GUID_TEXT_BYTES];
    uint64_t request_count;
    bool is_windows_7;
    uint64_t last_filetime;
};

static const struct row_statement insert_client = INSERT_OF(&client_rows);
static const struct row_statement all_clients =
    SELECT_OF(&client_rows, "FROM kms_client AS k ORDER BY k.folded_name, k.id");

/* A place that has the content of another source has no rows of its own. Names of one machine are
 * one client; of those that are nobody's a short one is that of the one full name that it means.
 * What remnants alone name may be anything. */
static const char count_clients[] =
    "WITH named AS (SELECT folded_name AS name, machine_id AS owner, client_machine_id,"
    "  is_windows_7, request_count, substr(folded_name, 1, instr(folded_name || '.', '.') - 1) AS"
    "  label FROM kms_client"
    "  WHERE source_id = (SELECT coalesce(same_as, id) FROM source WHERE id = ?1)),"
    " meant AS (SELECT *, min(iif(name <> label, name, NULL)) OVER of_label AS least_full,"
    "  max(iif(name <> label, name, NULL)) OVER of_label AS greatest_full"
    "  FROM named WINDOW of_label AS (PARTITION BY label)),"
    " client AS (SELECT max(client_machine_id) AS client_machine_id,"
    "  max(is_windows_7) AS is_windows_7, max(request_count) AS request_count FROM meant"
    "  GROUP BY coalesce(owner, iif(name = label AND least_full = greatest_full, least_full, "
    "name)))"
    " SELECT (SELECT count(*) FROM client),"
    " (SELECT count(*) FROM client WHERE is_windows_7 = 0 AND request_count > 0),"
    " (SELECT coalesce(sum(names), 0) FROM (SELECT count(*) AS names FROM client"
    "  WHERE client_machine_id <> '' GROUP BY client_machine_id HAVING count(*) > 1))";

static int compare(const void *left_item, const void *right_item)
{
    const struct met_client *left = left_item, *right = right_item;
    int order = compare_i64(left->computer_id, right->computer_id);

    return order != 0 ? order : strcmp(left->folded_name, right->folded_name);
}

/* The items are freed by way of their list. */
static void keep(void *item)
{
    (void)item;
}

void clients_forget(struct met_clients *clients)
{
    tdestroy(clients->by_name, keep);
    for (size_t index = 0; index < clients->count; index++) {
        free(clients->items[index]->name);
        free(clients->items[index]);
    }
    free(clients->items);
    *clients = (struct met_clients){0};
}

/* Both texts in one piece of memory, as there are many. */
static char *join_names(const char *name, const char *folded_name)
{
    size_t name_bytes = strlen(name) + 1, folded_bytes = strlen(folded_name) + 1;
    char *joined = memory_allocate(name_bytes + folded_bytes, 1);

    memcpy(joined, name, name_bytes);
    memcpy(joined + name_bytes, folded_name, folded_bytes);
    return joined;
}

static struct met_client *find_or_add(struct casedb *db, int64_t computer_id, const char *name)
{
    struct met_clients *clients = &db->source.clients;
    char *folded_name = text_fold(name);
    struct met_client probe = {.computer_id = computer_id, .folded_name = folded_name};
    struct met_client **found = memory_require(tsearch(&probe, &clients->by_name, compare));
    struct met_client *client = *found;

    if (client == &probe) {
        *found = client = memory_allocate(1, sizeof(*client));
        *client = (struct met_client){
            .id = db->source.last.client + 1 + (int64_t)clients->count,
            .computer_id = computer_id,
            .name = join_names(name, folded_name),
        };
        client->folded_name = client->name + strlen(client->name) + 1;
        clients->items = memory_grow(clients->items, clients->count, sizeof(*clients->items));
        clients->items[clients->count++] = client;
    }
    free(folded_name);
    return client;
}

int64_t clients_meet(struct casedb *db, int64_t computer_id, const struct incident_event *event,
                     const struct observation *observation)
{
    struct met_client *client;
    struct kms_request request;
    char *name;

    if (event->use != EVENT_USE_KMS_SEEN)
        return 0;
    name = kms_request_client(observation);
    if (name == NULL)
        return 0;
    client = find_or_add(db, computer_id, name);
    free(name);
    request = kms_request_of(observation);
    if (!observation->recovered) {
        client->request_count++;
        client->is_windows_7 = client->is_windows_7 || kms_request_is_windows_7(&request);
        if (observation->event_filetime > client->last_filetime)
            client->last_filetime = observation->event_filetime;
    }
    if (request.client_machine_id[0] != '\0')
        memcpy(client->client_machine_id, request.client_machine_id, GUID_TEXT_BYTES);
    return client->id;
}

int client_write(struct casedb *db, const struct case_client *row, struct error *err)
{
    return query_run_row(db, &insert_client, row, err);
}

int clients_write(struct casedb *db, struct error *err)
{
    const struct met_clients *clients = &db->source.clients;
    int result = 0;

    for (size_t index = 0; index < clients->count && result == 0; index++) {
        const struct met_client *client = clients->items[index];
        const struct case_client row = {
            .id = client->id,
            .source_id = db->source.id,
            .computer_id = client->computer_id,
            .name = client->name,
            .folded_name = client->folded_name,
            .client_machine_id = client->client_machine_id,
            .request_count = client->request_count,
            .is_windows_7 = client->is_windows_7,
            .last_filetime = client->last_filetime,
        };

        result = client_write(db, &row, err);
    }
    return result;
}

int casedb_clients(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_clients, out, err);
}

int casedb_next_client(struct casedb_cursor *cursor, struct case_client *out, struct error *err)
{
    return cursor_next(cursor, out, err);
}

int casedb_count_clients(struct casedb *db, int64_t source_id, struct case_client_counts *counts,
                         struct error *err)
{
    struct query query = query_of(db, count_clients);
    struct row row;

    query_integer(&query, source_id);
    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    counts->all = row_number(&row);
    counts->other = row_number(&row);
    counts->clones = row_number(&row);
    query_end(&query);
    return 0;
}
