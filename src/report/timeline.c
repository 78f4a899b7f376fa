/* SPDX-License-Identifier: Apache-2.0 */
/* Each observation is made into a row once, and the row is written in each form. What Timesketch
 * asks of the first two is from its importers (timesketch/lib/utils.py): every row needs message,
 * datetime and timestamp_desc, and one JSON line without a datetime ends the whole import. */
#include "report/timeline.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/format.h"
#include "report/writers.h"

/* 1970-01-01T00:00:00Z. */
#define UNIX_EPOCH_FILETIME INT64_C(116444736000000000)
#define UNIX_EPOCH_TEXT "1970-01-01T00:00:00Z"
#define FILETIME_MICROSECOND 10

/* Plaso's words, which Timesketch's searches and analyzers know: the first for TimeCreated of an
 * event log record, the second for an event without any time, the third for what such a record
 * is. */
#define TIME_CREATED "Creation Time"
#define TIME_NONE "Not a time"
#define DATA_TYPE "windows:evtx:record"

static const char *const columns[] = {
    "message",    "datetime", "timestamp_desc", "host",      "provider", "event_id",
    "qualifiers", "level",    "channel",        "record_id", "role",     "codes",
    "in_window",  "verified", "source",         "offset",    "strings",  "data_type",
};

static void row_free_content(struct timeline_row *row)
{
    text_free(&row->message);
    text_free(&row->datetime);
    text_free(&row->qualifiers);
    text_free(&row->strings);
    text_free(&row->codes);
}

void timeline_add_strings(struct text *out, const struct observation *observation)
{
    for (size_t index = 0; index < observation->string_count; index++) {
        text_add(out, index > 0 ? TEXT_SEPARATOR : "");
        text_add_item_content(out, observation->strings[index].value);
    }
}

void timeline_add_codes(struct text *out, const struct judgement *judgement)
{
    for (size_t index = 0; index < judgement->code_count; index++)
        text_add_item_format(out, CODE_FORMAT, judgement->codes[index]);
}

enum role timeline_role(const struct case_observation *found, const struct judgement *judgement)
{
    return found->role != ROLE_BY_ITSELF ? found->role : judgement->role;
}

bool timeline_is_in_window(const struct case_observation *found, const struct window *window)
{
    return found->wrong_clock ? found->placed_in_window
                              : window_contains(window, found->observation.event_filetime);
}

static struct timeline_row row_of(const struct case_observation *found, const struct window *window)
{
    const struct observation *observation = &found->observation;
    struct timeline_row row = {.found = found, .judgement = judgement_of(observation)};

    message_add(&row.message, observation, &row.judgement);
    filetime_add_text(&row.datetime, observation->event_filetime);
    if (observation->qualifiers != OBSERVATION_ABSENT)
        text_add_format(&row.qualifiers, "0x%04" PRIX32, (uint32_t)observation->qualifiers);
    timeline_add_strings(&row.strings, observation);
    timeline_add_codes(&row.codes, &row.judgement);
    row.in_window = timeline_is_in_window(found, window);
    row.role = timeline_role(found, &row.judgement);
    row.verified = verified_word(judgement_verified(&row.judgement, observation->verified));
    return row;
}

static bool has_time(const struct timeline_row *row)
{
    return row->datetime.length_bytes > 0;
}

const char *timeline_datetime(const struct timeline_row *row)
{
    return has_time(row) ? text_get(&row->datetime) : UNIX_EPOCH_TEXT;
}

const char *timeline_timestamp_desc(const struct timeline_row *row)
{
    return has_time(row) ? TIME_CREATED : TIME_NONE;
}

static const char *in_window_word(const struct timeline_row *row)
{
    return row->in_window ? "yes" : "no";
}

static void write_csv(struct csv_writer *csv, const struct timeline_row *row)
{
    const struct observation *observation = &row->found->observation;

    csv_cell(csv, text_get(&row->message));
    csv_cell(csv, text_get(&row->datetime));
    csv_cell(csv, timeline_timestamp_desc(row));
    csv_cell(csv, row->found->machine);
    csv_cell(csv, observation->provider);
    csv_number(csv, observation->event_id);
    csv_cell(csv, text_get(&row->qualifiers));
    if (observation->level != OBSERVATION_ABSENT)
        csv_number(csv, (uint64_t)observation->level);
    else
        csv_cell(csv, "");
    csv_cell(csv, observation->channel);
    csv_number(csv, observation->record_id);
    csv_cell(csv, role_word(row->role));
    csv_cell(csv, text_get(&row->codes));
    csv_cell(csv, in_window_word(row));
    csv_cell(csv, row->verified);
    csv_path(csv, row->found->path);
    csv_number(csv, observation->offset_bytes);
    csv_cell(csv, text_get(&row->strings));
    csv_cell(csv, DATA_TYPE);
    csv_end_row(csv);
}

void timeline_put_codes(struct json_writer *json, const struct judgement *judgement)
{
    struct text code = {0};

    if (judgement->code_count == 0)
        return;
    json_begin_list(json, "codes");
    for (size_t index = 0; index < judgement->code_count; index++) {
        text_free(&code);
        text_add_format(&code, CODE_FORMAT, judgement->codes[index]);
        json_text(json, NULL, text_get(&code));
    }
    json_end_list(json);
    text_free(&code);
}

void timeline_put_strings(struct json_writer *json, const struct observation *observation)
{
    json_begin_list(json, "strings");
    for (size_t index = 0; index < observation->string_count; index++)
        json_text(json, NULL, observation->strings[index].value);
    json_end_list(json);
}

/* An event without a time is put at 1970, and timestamp_desc tells, as Plaso does it. */
static void write_json_time(struct json_writer *json, const struct timeline_row *row)
{
    int64_t filetime =
        has_time(row) ? (int64_t)row->found->observation.event_filetime : UNIX_EPOCH_FILETIME;
    int64_t since_1970 = filetime - UNIX_EPOCH_FILETIME;
    int64_t microseconds = since_1970 / FILETIME_MICROSECOND;

    if (since_1970 % FILETIME_MICROSECOND < 0)
        microseconds--;
    json_text(json, "datetime", timeline_datetime(row));
    json_text(json, "timestamp_desc", timeline_timestamp_desc(row));
    json_signed(json, "timestamp", microseconds);
}

/* Our columns under their names; what is absent or empty is left out. */
static void write_json_columns(struct json_writer *json, const struct timeline_row *row)
{
    const struct observation *observation = &row->found->observation;

    json_text(json, "message", text_get(&row->message));
    write_json_time(json, row);
    json_text(json, "host", row->found->machine);
    json_text(json, "provider", observation->provider);
    json_number(json, "event_id", observation->event_id);
    if (observation->qualifiers != OBSERVATION_ABSENT)
        json_text(json, "qualifiers", text_get(&row->qualifiers));
    if (observation->level != OBSERVATION_ABSENT)
        json_number(json, "level", (uint64_t)observation->level);
    if (*observation->channel != '\0')
        json_text(json, "channel", observation->channel);
    json_number(json, "record_id", observation->record_id);
    json_text(json, "role", role_word(row->role));
    timeline_put_codes(json, &row->judgement);
    json_text(json, "in_window", in_window_word(row));
    if (*row->verified != '\0')
        json_text(json, "verified", row->verified);
    if (observation->other_reading != NULL)
        json_text(json, "other_reading", observation->other_reading);
    json_text(json, "source", row->found->path);
    json_number(json, "offset", observation->offset_bytes);
    timeline_put_strings(json, observation);
}

/* The names of Plaso's event log records, which Timesketch's analyzers look for (FACTS.md);
 * `offset` and `strings` are called the same there. */
static void write_json_plaso(struct json_writer *json, const struct observation *observation)
{
    json_text(json, "data_type", DATA_TYPE);
    json_text(json, "source_name", observation->provider);
    json_number(json, "event_identifier", observation->event_id);
    if (observation->level != OBSERVATION_ABSENT)
        json_number(json, "event_level", (uint64_t)observation->level);
    json_number(json, "record_number", observation->record_id);
    json_text(json, "computer_name", observation->computer);
    if (*observation->user_sid != '\0')
        json_text(json, "user_sid", observation->user_sid);
    json_bool(json, "recovered", observation->recovered);
}

static void write_json(struct json_writer *json, const struct timeline_row *row)
{
    json_begin_object(json);
    write_json_columns(json, row);
    write_json_plaso(json, &row->found->observation);
    json_end_object(json);
}

/* The files, in the order in which they are closed. */
enum timeline_form {
    FORM_CSV,
    FORM_JSON,
    FORM_ECS,
    FORM_COUNT,
};
static const char *const form_names[] = {"timeline.csv", "timeline.jsonl", TIMELINE_ECS_NAME};
static_assert(ARRAY_COUNT(form_names) == FORM_COUNT, "a name for each");

/* On a full disk the rest need not be gone through: closing says what happened. */
static bool has_failed(FILE *const *files)
{
    for (size_t form = 0; form < FORM_COUNT; form++)
        if (files[form] != NULL && ferror(files[form]))
            return true;
    return false;
}

static int write_rows(struct casedb_cursor *observations, const struct window *window,
                      FILE *const *files, struct error *err)
{
    struct csv_writer csv = {.file = files[FORM_CSV]};
    struct json_writer json = {.file = files[FORM_JSON]};
    struct json_writer ecs = {.file = files[FORM_ECS]};
    struct case_observation found;
    int next = 0;

    csv_row(&csv, columns, ARRAY_COUNT(columns));
    while (!has_failed(files) && (next = casedb_next_observation(observations, &found, err)) == 1) {
        struct timeline_row row = row_of(&found, window);

        write_csv(&csv, &row);
        write_json(&json, &row);
        if (ecs.file != NULL)
            ecs_write(&ecs, &row);
        row_free_content(&row);
    }
    csv_free_content(&csv);
    json_free_content(&json);
    json_free_content(&ecs);
    return next < 0 ? -1 : 0;
}

int timeline_write(struct casedb *db, const struct window *window, bool ecs, struct staging *out,
                   struct error *err)
{
    struct casedb_cursor *observations = NULL;
    FILE *files[FORM_COUNT] = {NULL};
    int result = casedb_timeline(db, &observations, err);

    for (size_t form = 0; result == 0 && form < FORM_COUNT; form++)
        if (form != FORM_ECS || ecs)
            result = staging_create(out, form_names[form], &files[form], err);
    if (result == 0)
        result = write_rows(observations, window, files, err);
    for (size_t form = 0; result == 0 && form < FORM_COUNT; form++)
        if (files[form] != NULL)
            result = staging_close(out, files[form], err);
    casedb_cursor_free(observations);
    return result;
}
