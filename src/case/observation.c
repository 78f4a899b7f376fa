/* SPDX-License-Identifier: Apache-2.0 */
/* Observations: a row each, with its strings as JSON and texts that repeat referred to. */
#include "case/internal.h"

#include <assert.h>

#include "base/memory.h"

static const struct row_statement insert_observation = INSERT_OF(&observation_rows);

#define WHICH_COUNT " WHERE o.duplicate = 0"
#define IS_SHOWN " AND o.hidden = 0 AND (o.client_id IS NULL OR m.id NOTNULL)"
#define IN_ORDER " ORDER BY o.event_filetime, o.record_id, s.path, o.offset_bytes, o.id"

static const struct row_statement all_observations =
    SELECT_OF(&observation_rows, OBSERVATIONS_OF_MACHINES WHICH_COUNT IS_SHOWN IN_ORDER);
/* The same in the order of the file, which takes no sorting. */
static const struct row_statement unordered_observations =
    SELECT_OF(&observation_rows, OBSERVATIONS_OF_MACHINES WHICH_COUNT IS_SHOWN);
/* In order of ids a time can be up to five minutes before an earlier one: then that one counts.
 * Where ids and times disagree more, they are not those of one log: the time counts. */
static const struct row_statement machine_observations = SELECT_OF(
    &observation_rows, OBSERVATIONS_OF_MACHINES
    " JOIN (SELECT id AS sorted_id, iif(own > 0 AND greatest - own <= 3000000000, greatest, own) "
    "AS "
    "sort_filetime"
    "  FROM (SELECT id, own, max(own) OVER"
    "   (PARTITION BY channel_id, host_id ORDER BY record_id ROWS UNBOUNDED PRECEDING) AS greatest"
    "   FROM (SELECT o.id, o.channel_id, o.record_id, 0 AS host_id,"
    "    " OBSERVATION_COUNTS_FILETIME " AS own"
    "    FROM source_computer AS c JOIN observation AS o ON o.computer_id = c.id"
    "    WHERE c.machine_id = ?1 AND c.decides = 1 AND o.client_id IS NULL AND o.duplicate = 0"
    "    UNION ALL SELECT o.id, o.channel_id, o.record_id, o.computer_name_id,"
    "    " OBSERVATION_COUNTS_FILETIME
    "    FROM kms_client AS k JOIN observation AS o ON o.client_id = k.id"
    "    JOIN source_computer AS c ON c.id = o.computer_id"
    "    WHERE k.machine_id = ?1 AND c.decides = 1 AND o.duplicate = 0))) ON sorted_id = o.id"
    " ORDER BY sort_filetime, channel.value, o.record_id, s.path, o.offset_bytes, o.id");
static const struct row_statement earlier_observations =
    SELECT_OF(&observation_rows, OBSERVATIONS_OF_MACHINES WHICH_COUNT
              " AND c.machine_id = ?1 AND c.decides = 0 AND o.client_id IS NULL" IN_ORDER);
static const struct row_statement timeline_of_machine =
    SELECT_OF(&observation_rows, OBSERVATIONS_OF_MACHINES WHICH_COUNT IS_SHOWN
              " AND o.id IN (SELECT id FROM observation WHERE client_id IS NULL AND computer_id IN"
              "   (SELECT id FROM source_computer WHERE machine_id = ?1)"
              "  UNION ALL SELECT id FROM observation WHERE client_id IN"
              "   (SELECT id FROM kms_client WHERE machine_id = ?1))" IN_ORDER);
/* By the indexes alone: with those that do not count, too. */
static const char count_of_machine[] =
    "SELECT (SELECT count(*) FROM observation WHERE computer_id IN"
    "  (SELECT id FROM source_computer WHERE machine_id = ?1))"
    " + (SELECT count(*) FROM observation WHERE client_id IN"
    "  (SELECT id FROM kms_client WHERE machine_id = ?1))";
static const struct row_statement all_conflicts = SELECT_OF(
    &observation_rows, OBSERVATIONS_OF_MACHINES " WHERE o.verified = 'conflict'" IN_ORDER);

/* ---- Writing ---- */

int observation_insert(struct casedb *db, struct observation_row *row, struct error *err)
{
    const struct observation *observation = &row->seen.observation;

    if (texts_id(db, observation->provider, &row->provider_id, err) != 0 ||
        texts_id(db, observation->channel, &row->channel_id, err) != 0 ||
        texts_id(db, observation->computer, &row->computer_name_id, err) != 0 ||
        texts_id(db, observation->user_sid, &row->user_sid_id, err) != 0 ||
        texts_id(db, row->names, &row->names_id, err) != 0)
        return -1;
    return query_run_row(db, &insert_observation, row, err);
}

static bool has_names(const struct observation *observation)
{
    for (size_t index = 0; index < observation->string_count; index++)
        if (*observation->strings[index].name != '\0')
            return true;
    return false;
}

/* The id that the computer of that name has in the open source; 0 for one name too many. */
static int64_t computer_id(struct casedb *db, const char *name)
{
    struct source_facts *met = &db->source.met;
    const struct computer_facts *computer = source_facts_meet(met, name);

    return computer != NULL ? db->source.last.computer + 1 + (computer - met->computers) : 0;
}

int casedb_add_observation(struct casedb *db, int64_t source_id, const struct incident_event *event,
                           const struct observation *observation, struct error *err)
{
    struct observation_row row = {.computer_id = computer_id(db, observation->computer),
                                  .seen.observation = *observation};

    assert(source_id == db->source.id);
    if (row.computer_id == 0) {
        db->source.left_out_count++;
        return 0;
    }
    row.seen.client_id = clients_meet(db, row.computer_id, event, observation);
    source_keep_order(db);
    text_clear(&db->strings);
    strings_add_values(&db->strings, observation);
    row.strings = text_get(&db->strings);
    text_clear(&db->names);
    if (has_names(observation)) {
        strings_add_names(&db->names, observation);
        row.names = text_get(&db->names);
    }
    if (observation->verified != VERIFIED_CONFLICT)
        row.seen.observation.other_reading = NULL;
    switch (event->keep) {
    case EVENT_KEEP_ALL:
    case EVENT_KEEP_NAMED_UPDATES:
    case EVENT_KEEP_CLOCK_STEPS:
        break;
    case EVENT_KEEP_FIRST_AND_LAST:
        return first_last_add(db, &row, err);
    }
    return observation_insert(db, &row, err);
}

/* ---- Reading ---- */

int casedb_machine_observations(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                                struct error *err)
{
    return cursor_open_of(db, &machine_observations, machine_id, out, err);
}

int casedb_earlier_observations(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                                struct error *err)
{
    return cursor_open_of(db, &earlier_observations, machine_id, out, err);
}

int casedb_timeline(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_observations, out, err);
}

int casedb_unordered_timeline(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &unordered_observations, out, err);
}

int casedb_machine_timeline(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err)
{
    return cursor_open_of(db, &timeline_of_machine, machine_id, out, err);
}

int casedb_count_observations(struct casedb *db, int64_t machine_id, uint64_t *most,
                              struct error *err)
{
    struct query query = query_of(db, count_of_machine);
    struct row row;

    query_integer(&query, machine_id);
    if (query_step(&query, err) != 1)
        return -1;
    row = row_of(query.statement);
    *most = row_number(&row);
    query_end(&query);
    return 0;
}

int casedb_conflicts(struct casedb *db, struct casedb_cursor **out, struct error *err)
{
    return cursor_open(db, &all_conflicts, out, err);
}

/* Makes the pairs of name and value. */
static bool read_strings(struct casedb_cursor *cursor, const struct observation_row *row)
{
    struct string_list *names = &cursor->names;

    names->count = 0;
    if (!strings_read(&cursor->strings, row->strings) ||
        (row->names != NULL &&
         (!strings_read(names, row->names) || names->count != cursor->strings.count)))
        return false;
    if (cursor->strings.count > cursor->pair_capacity) {
        cursor->pair_capacity = cursor->strings.count;
        cursor->pairs = memory_resize(cursor->pairs, cursor->pair_capacity, sizeof(*cursor->pairs));
    }
    for (size_t index = 0; index < cursor->strings.count; index++)
        cursor->pairs[index] = (struct observation_string){
            row->names != NULL ? names->items[index] : "", cursor->strings.items[index]};
    return true;
}

int casedb_next_observation(struct casedb_cursor *cursor, struct case_observation *out,
                            struct error *err)
{
    struct observation_row row;
    int step = cursor_next(cursor, &row, err);

    if (step != 1)
        return step;
    if (!read_strings(cursor, &row))
        return casedb_fail_content(cursor->db, "the strings of an observation are not a list", err);
    *out = row.seen;
    out->id = row.id;
    out->observation.reference_only = false; /* a case does not keep it */
    out->observation.strings = cursor->pairs;
    out->observation.string_count = cursor->strings.count;
    return 1;
}
