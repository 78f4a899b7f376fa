/* SPDX-License-Identifier: Apache-2.0 */
#include "report/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/format.h"

#define AT(member) offsetof(struct case_verdict, member)

/* The columns of DESIGN section 7, in its order. */
static const struct hosts_column columns[] = {
    {"host", HOSTS_HOST, 0, NULL},
    {"aliases", HOSTS_ALIASES, 0, NULL},
    {"classification", HOSTS_WORD, AT(classification), &classification_words},
    {"confidence", HOSTS_WORD, AT(confidence), &confidence_words},
    {"reason", HOSTS_TEXT, AT(reason), NULL},
    {"review", HOSTS_WORDS, AT(review), &review_note_words},
    {"state", HOSTS_WORD, AT(state), &activation_state_words},
    {"first_fault_utc", HOSTS_TIME, AT(first_fault_filetime), NULL},
    {"last_fault_utc", HOSTS_TIME, AT(last_fault_filetime), NULL},
    {"recovered_utc", HOSTS_TIME, AT(recovered_filetime), NULL},
    {"in_window_events", HOSTS_NUMBER, AT(in_window_events), NULL},
    {"events_8196", HOSTS_NUMBER, AT(events_8196), NULL},
    {"events_8208", HOSTS_NUMBER, AT(events_8208), NULL},
    {"events_8209", HOSTS_NUMBER, AT(events_8209), NULL},
    {"events_13", HOSTS_NUMBER, AT(events_13), NULL},
    {"codes", HOSTS_TEXT, AT(codes), NULL},
    {"window_coverage", HOSTS_WORD, AT(window_coverage), &coverage_words},
    {"kb971033", HOSTS_WORD, AT(kb971033), &update_status_words},
    {"kb971033_evidence", HOSTS_TEXT, AT(kb971033_evidence), NULL},
    {"edition", HOSTS_TEXT, AT(edition), NULL},
    {"licence_channel", HOSTS_WORD, AT(licence_channel), &licence_channel_words},
    {"os_version", HOSTS_TEXT, AT(os_version), NULL},
    {"clock", HOSTS_WORD, AT(clock), &clock_state_words},
    {"action", HOSTS_WORD, AT(action), &action_words},
    {"kms_client_key", HOSTS_TEXT, AT(kms_client_key), NULL},
    {"remediation", HOSTS_TEXT, AT(remediation), NULL},
    {"sources", HOSTS_SOURCES, 0, NULL},
};

/* What the page has beside these. */
static const struct hosts_column page_columns[] = {
    {"unrelated_updates", HOSTS_TEXT, AT(unrelated_updates), NULL},
    {"licence_evidence", HOSTS_TEXT, AT(licence_evidence), NULL},
    {"rollout", HOSTS_WORD, AT(rollout), &rollout_result_words},
    {"rollout_trace", HOSTS_TEXT, AT(rollout_trace), NULL},
};

const struct hosts_column *hosts_find_column(const char *name)
{
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        if (strcmp(columns[index].name, name) == 0)
            return &columns[index];
    for (size_t index = 0; index < ARRAY_COUNT(page_columns); index++)
        if (strcmp(page_columns[index].name, name) == 0)
            return &page_columns[index];
    return NULL;
}

const void *hosts_column_value(const struct hosts_column *column,
                               const struct case_verdict *verdict)
{
    return (const char *)verdict + column->offset_bytes;
}

bool hosts_has_column(const char *name)
{
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        if (text_equal_ascii(columns[index].name, name))
            return true;
    return false;
}

static void write_header(struct csv_writer *csv, const struct joined *joined)
{
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        csv_cell(csv, columns[index].name);
    joined_write_names(joined, csv);
    csv_end_row(csv);
}

/* Writes the list that `read` gives of the machine. */
static int write_list(struct csv_writer *csv, struct casedb *db, int64_t machine_id,
                      int (*read)(struct casedb *, int64_t, char **, struct error *),
                      struct error *err)
{
    char *list = NULL;

    if (read(db, machine_id, &list, err) != 0)
        return -1;
    csv_cell(csv, list);
    free(list);
    return 0;
}

static void write_members(struct csv_writer *csv, const struct word_set *set, uint32_t members)
{
    char *list = word_set_list(set, members);

    csv_cell(csv, list);
    free(list);
}

static int write_column(struct csv_writer *csv, struct casedb *db,
                        const struct case_machine *machine, const struct hosts_column *column,
                        struct error *err)
{
    const void *member = hosts_column_value(column, &machine->verdict);

    if (column->kind >= HOSTS_TEXT && !machine->has_verdict) {
        csv_cell(csv, "");
        return 0;
    }
    switch (column->kind) {
    case HOSTS_HOST:
        csv_cell(csv, machine->name);
        return 0;
    case HOSTS_ALIASES:
        return write_list(csv, db, machine->id, casedb_machine_aliases, err);
    case HOSTS_SOURCES:
        return write_list(csv, db, machine->id, casedb_machine_sources, err);
    case HOSTS_TEXT:
        csv_cell(csv, *(const char *const *)member);
        return 0;
    case HOSTS_WORD:
        csv_cell(csv, word_set_word(column->words, *(const unsigned *)member));
        return 0;
    case HOSTS_WORDS:
        write_members(csv, column->words, *(const uint32_t *)member);
        return 0;
    case HOSTS_NUMBER:
        csv_number(csv, *(const uint64_t *)member);
        return 0;
    case HOSTS_TIME:
        csv_time(csv, *(const uint64_t *)member);
        return 0;
    }
    return 0;
}

static int write_machine(struct csv_writer *csv, struct casedb *db, const struct joined *joined,
                         const struct case_machine *machine, struct error *err)
{
    char **values = NULL;

    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        if (write_column(csv, db, machine, &columns[index], err) != 0)
            return -1;
    if (joined_read_values(joined, db, machine, &values, err) != 0)
        return -1;
    joined_write_values(joined, values, csv);
    csv_end_row(csv);
    joined_free_values(joined, values);
    return 0;
}

int hosts_write(struct casedb *db, struct staging *out, struct error *err)
{
    struct joined joined = {0};
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    struct csv_writer csv = {0};
    int result = -1;
    int found;

    if (joined_read(db, &joined, err) != 0 || casedb_machines(db, &machines, err) != 0 ||
        staging_create(out, "hosts.csv", &csv.file, err) != 0)
        goto out;
    write_header(&csv, &joined);
    while ((found = casedb_next_machine(machines, &machine, err)) == 1)
        if (write_machine(&csv, db, &joined, &machine, err) != 0)
            goto out;
    if (found == 0)
        result = staging_close(out, csv.file, err);
out:
    csv_free_content(&csv);
    casedb_cursor_free(machines);
    joined_free_content(&joined);
    return result;
}
