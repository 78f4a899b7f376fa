/* SPDX-License-Identifier: Apache-2.0 */
/* timeline-ecs.jsonl: the timeline with the names of the Elastic Common Schema, nested objects, so
 * that any of Elastic's ways in takes it without a parser. Names and allowed values are those of
 * its field reference (elastic.co/docs/reference/ecs: base, ecs, event, host, log and user fields;
 * allowed values of event.kind, .category and .type, with the types that are expected of each
 * category). What ECS has no field for, the event log's own, is called as Winlogbeat calls it
 * (elastic/beats, winlogbeat/_meta/fields.common.yml), ids as texts as there; what is ours is below
 * `spptriage`. */
#include "report/timeline.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"

#define ECS_VERSION "8.17.0"

/* enum event_use: what kind of event it is; an outcome that its own words tell. The licence of a
 * system is its host's state. */
struct ecs_kind {
    const char *category;
    const char *type;
    const char *outcome; /* NULL: by its role */
};
#define KIND_OF_HOST {"host", "info", NULL}
#define KIND_OF_SETTING {"configuration", "change", NULL}
static const struct ecs_kind kinds[] = {
    [EVENT_USE_SPP_8196] = KIND_OF_HOST,
    [EVENT_USE_SPP_8208] = KIND_OF_HOST,
    [EVENT_USE_SPP_8209] = KIND_OF_HOST,
    [EVENT_USE_SPP_FAULT] = KIND_OF_HOST,
    [EVENT_USE_SPP_CODE] = KIND_OF_HOST,
    [EVENT_USE_SPP_TAMPERED] = KIND_OF_HOST,
    [EVENT_USE_SPP_RESET] = KIND_OF_HOST,
    [EVENT_USE_KEY_INSTALLED] = KIND_OF_SETTING,
    [EVENT_USE_SPP_TICKET_ACQUIRED] = KIND_OF_HOST,
    [EVENT_USE_SPP_GENUINE] = KIND_OF_HOST,
    [EVENT_USE_KMS_REQUEST] = KIND_OF_HOST,
    [EVENT_USE_KMS_ANSWER] = KIND_OF_HOST,
    [EVENT_USE_KMS_SEEN] = KIND_OF_HOST,
    [EVENT_USE_LICENCES] = KIND_OF_HOST,
    [EVENT_USE_WAT_13] = KIND_OF_HOST,
    [EVENT_USE_WAT_OTHER] = KIND_OF_HOST,
    [EVENT_USE_UPDATE_INSTALLED] = {"package", "installation", "success"},
    [EVENT_USE_UPDATE_FAILED] = {"package", "installation", "failure"},
    [EVENT_USE_PACKAGE_REACHED] = {"package", "change", NULL},
    [EVENT_USE_PACKAGE_CHANGE] = {"package", "change", NULL},
    [EVENT_USE_OS_VERSION] = KIND_OF_HOST,
    [EVENT_USE_CLOCK] = KIND_OF_SETTING,
};
static_assert(ARRAY_COUNT(kinds) == EVENT_USE_COUNT, "a kind for each use of an event");
static const struct ecs_kind kind_of_others = KIND_OF_HOST;

static const char *outcome_of_role(enum role role)
{
    if (role_is_signal(role) || role == ROLE_FAULT)
        return "failure";
    return role == ROLE_RECOVERY ? "success" : NULL;
}

/* The summary of the event table as one word: acquisition-of-genuine-ticket-failed. */
static void put_action(struct json_writer *json, const char *summary)
{
    struct text action = {0};

    for (const char *at = summary; *at != '\0'; at++)
        if (isalnum((unsigned char)*at))
            text_add_character(&action, (uint32_t)tolower((unsigned char)*at));
        else if (action.length_bytes > 0 && isalnum((unsigned char)at[1]))
            text_add(&action, "-");
    json_text(json, "action", text_get(&action));
    text_free(&action);
}

static void put_list_of_one(struct json_writer *json, const char *name, const char *value)
{
    json_begin_list(json, name);
    json_text(json, NULL, value);
    json_end_list(json);
}

static void put_event(struct json_writer *json, const struct timeline_row *row)
{
    const struct incident_event *event = row->judgement.event;
    const struct ecs_kind *kind = event != NULL ? &kinds[event->use] : &kind_of_others;
    const char *outcome = kind->outcome != NULL ? kind->outcome : outcome_of_role(row->role);
    char *code = memory_format("%u", (unsigned)row->found->observation.event_id);

    json_begin_member(json, "event");
    json_text(json, "kind", "event");
    put_list_of_one(json, "category", kind->category);
    put_list_of_one(json, "type", kind->type);
    json_text(json, "code", code);
    json_text(json, "provider", row->found->observation.provider);
    json_text(json, "module", "spptriage");
    json_text(json, "dataset", "spptriage.timeline");
    if (event != NULL)
        put_action(json, event->summary);
    if (outcome != NULL)
        json_text(json, "outcome", outcome);
    json_end_member(json);
    free(code);
}

/* What a KMS host wrote of a client is of the client: the name in the record is the host's. */
static void put_host(struct json_writer *json, const struct timeline_row *row)
{
    json_begin_member(json, "host");
    json_text(json, "name", row->found->machine);
    if (row->found->client_id == 0 && *row->found->observation.computer != '\0')
        json_text(json, "hostname", row->found->observation.computer);
    json_end_member(json);
}

/* The names that Windows shows for the standard levels, in lower case as Winlogbeat has them. */
static const char *level_name(int32_t level)
{
    static const char *const names[] = {"information", "critical",    "error",
                                        "warning",     "information", "verbose"};

    return level >= 0 && (size_t)level < ARRAY_COUNT(names) ? names[level] : NULL;
}

static void put_log(struct json_writer *json, const struct timeline_row *row)
{
    const struct observation *observation = &row->found->observation;
    const char *level = level_name(observation->level);

    json_begin_member(json, "log");
    json_begin_member(json, "file");
    json_text(json, "path", row->found->path);
    json_end_member(json);
    if (level != NULL)
        json_text(json, "level", level);
    json_end_member(json);
}

static void put_winlog(struct json_writer *json, const struct observation *observation)
{
    char *event_id = memory_format("%u", (unsigned)observation->event_id);
    char *record_id = memory_format("%" PRIu64, observation->record_id);

    json_begin_member(json, "winlog");
    if (*observation->channel != '\0')
        json_text(json, "channel", observation->channel);
    json_text(json, "event_id", event_id);
    json_text(json, "provider_name", observation->provider);
    json_text(json, "record_id", record_id);
    json_text(json, "computer_name", observation->computer);
    json_end_member(json);
    free(event_id);
    free(record_id);
}

static void put_user(struct json_writer *json, const char *sid)
{
    if (*sid == '\0')
        return;
    json_begin_member(json, "user");
    json_text(json, "id", sid);
    json_end_member(json);
}

static void put_ours(struct json_writer *json, const struct timeline_row *row)
{
    const struct observation *observation = &row->found->observation;

    json_begin_member(json, "spptriage");
    json_text(json, "role", role_word(row->role));
    timeline_put_codes(json, &row->judgement);
    json_bool(json, "in_window", row->in_window);
    if (*row->verified != '\0')
        json_text(json, "verified", row->verified);
    if (observation->other_reading != NULL)
        json_text(json, "other_reading", observation->other_reading);
    json_text(json, "timestamp_desc", timeline_timestamp_desc(row));
    if (observation->qualifiers != OBSERVATION_ABSENT)
        json_text(json, "qualifiers", text_get(&row->qualifiers));
    json_number(json, "offset", observation->offset_bytes);
    json_bool(json, "recovered", observation->recovered);
    timeline_put_strings(json, observation);
    json_end_member(json);
}

void ecs_write(struct json_writer *json, const struct timeline_row *row)
{
    json_begin_object(json);
    json_text(json, "@timestamp", timeline_datetime(row));
    json_begin_member(json, "ecs");
    json_text(json, "version", ECS_VERSION);
    json_end_member(json);
    json_text(json, "message", text_get(&row->message));
    put_event(json, row);
    put_host(json, row);
    put_log(json, row);
    put_winlog(json, &row->found->observation);
    put_user(json, row->found->observation.user_sid);
    put_ours(json, row);
    json_end_object(json);
}
