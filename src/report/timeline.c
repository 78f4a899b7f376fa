/* SPDX-License-Identifier: Apache-2.0 */
/* Each observation is made into a row once, and the row is written in both forms. What Timesketch
 * asks of them is from its importers (timesketch/lib/utils.py): every row needs message, datetime
 * and timestamp_desc, and one JSON line without a datetime ends the whole import. */
#include "report/writers.h"

#include <inttypes.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/format.h"
#include "verdict/signal.h"

/* 1970-01-01T00:00:00Z. */
#define UNIX_EPOCH_FILETIME INT64_C(116444736000000000)
#define UNIX_EPOCH_TEXT "1970-01-01T00:00:00Z"
#define FILETIME_MICROSECOND 10

/* Plaso's words, which Timesketch's searches and analyzers know: the first for TimeCreated of an
 * event log record, the second for an event without any time. */
#define TIME_CREATED "Creation Time"
#define TIME_NONE "Not a time"

static const char *const columns[] = {
    "message",    "datetime", "timestamp_desc", "host",      "provider", "event_id",
    "qualifiers", "level",    "channel",        "record_id", "role",     "codes",
    "in_window",  "verified", "source",         "offset",    "strings",
};

/* What both forms say of one observation, in text. */
struct timeline_row {
    const struct case_observation *found;
    struct judgement judgement;
    struct text message;
    struct text datetime; /* empty where the event has no time */
    struct text qualifiers;
    struct text strings; /* joined */
    struct text codes;   /* joined */
    const char *in_window;
    const char *verified;
};

static void row_free_content(struct timeline_row *row)
{
    text_free(&row->message);
    text_free(&row->datetime);
    text_free(&row->qualifiers);
    text_free(&row->strings);
    text_free(&row->codes);
}

/* An event whose clock was wrong is where its neighbours place it, whatever time it shows. */
static bool is_in_window(const struct case_observation *found, const struct window *window)
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
    for (size_t index = 0; index < observation->string_count; index++) {
        text_add(&row.strings, index > 0 ? TEXT_SEPARATOR : "");
        text_add_item_content(&row.strings, observation->strings[index].value);
    }
    for (size_t index = 0; index < row.judgement.code_count; index++)
        text_add_item_format(&row.codes, CODE_FORMAT, row.judgement.codes[index]);
    row.in_window = is_in_window(found, window) ? "yes" : "no";
    row.verified = verified_word(judgement_verified(&row.judgement, observation->verified));
    return row;
}

static bool has_time(const struct timeline_row *row)
{
    return row->datetime.length_bytes > 0;
}

static void write_csv(struct csv_writer *csv, const struct timeline_row *row)
{
    const struct observation *observation = &row->found->observation;

    csv_cell(csv, text_get(&row->message));
    csv_cell(csv, text_get(&row->datetime));
    csv_cell(csv, has_time(row) ? TIME_CREATED : TIME_NONE);
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
    csv_cell(csv, role_word(row->judgement.role));
    csv_cell(csv, text_get(&row->codes));
    csv_cell(csv, row->in_window);
    csv_cell(csv, row->verified);
    csv_path(csv, row->found->path);
    csv_number(csv, observation->offset_bytes);
    csv_cell(csv, text_get(&row->strings));
    csv_end_row(csv);
}

static void write_json_codes(struct json_writer *json, const struct judgement *judgement)
{
    struct text code = {0};

    json_begin_list(json, "codes");
    for (size_t index = 0; index < judgement->code_count; index++) {
        text_free(&code);
        text_add_format(&code, CODE_FORMAT, judgement->codes[index]);
        json_item(json, text_get(&code));
    }
    json_end_list(json);
    text_free(&code);
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
    json_text(json, "datetime", has_time(row) ? text_get(&row->datetime) : UNIX_EPOCH_TEXT);
    json_text(json, "timestamp_desc", has_time(row) ? TIME_CREATED : TIME_NONE);
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
    json_text(json, "role", role_word(row->judgement.role));
    if (row->judgement.code_count > 0)
        write_json_codes(json, &row->judgement);
    json_text(json, "in_window", row->in_window);
    if (*row->verified != '\0')
        json_text(json, "verified", row->verified);
    if (observation->other_reading != NULL)
        json_text(json, "other_reading", observation->other_reading);
    json_text(json, "source", row->found->path);
    json_number(json, "offset", observation->offset_bytes);
    json_begin_list(json, "strings");
    for (size_t index = 0; index < observation->string_count; index++)
        json_item(json, observation->strings[index].value);
    json_end_list(json);
}

/* The names of Plaso's event log records, which Timesketch's analyzers look for (FACTS.md);
 * `offset` and `strings` are called the same there. */
static void write_json_plaso(struct json_writer *json, const struct observation *observation)
{
    json_text(json, "data_type", "windows:evtx:record");
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

int timeline_write(struct casedb *db, const struct window *window, struct staging *out,
                   struct error *err)
{
    struct casedb_cursor *observations = NULL;
    struct case_observation found;
    struct csv_writer csv = {0};
    struct json_writer json = {0};
    int result = -1;
    int next = 0;

    if (casedb_timeline(db, &observations, err) != 0 ||
        staging_create(out, "timeline.csv", &csv.file, err) != 0 ||
        staging_create(out, "timeline.jsonl", &json.file, err) != 0)
        goto out;
    csv_row(&csv, columns, ARRAY_COUNT(columns));
    /* On a full disk the rest need not be gone through: closing says what happened. */
    while (!ferror(csv.file) && !ferror(json.file) &&
           (next = casedb_next_observation(observations, &found, err)) == 1) {
        struct timeline_row row = row_of(&found, window);

        write_csv(&csv, &row);
        write_json(&json, &row);
        row_free_content(&row);
    }
    if (next >= 0 && staging_close(out, csv.file, err) == 0)
        result = staging_close(out, json.file, err);
out:
    csv_free_content(&csv);
    json_free_content(&json);
    casedb_cursor_free(observations);
    return result;
}
