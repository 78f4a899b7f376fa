/* SPDX-License-Identifier: Apache-2.0 */
/* make-case: makes a finished case of many machines, without any logs: what reports of it cost is
 * measured by itself.
 *
 *     make-case FOLDER MACHINES EVENTS
 *
 * makes FOLDER/case.db of MACHINES machines with a log of EVENTS observations each, as the reader
 * gives them, an inventory with two columns, and verdicts as the program derives them. Of ten
 * machines three are broken by the incident, one recovered from it, one has another fault, one has
 * a log that begins behind the window, and four are clean; of the inventory one more in twenty is
 * not collected; with fewer than five EVENTS some have less to tell. Equal words make equal
 * cases. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "fleet_random.h"
#include "model/incident.h"
#include "verdict/verdict.h"

#define MACHINES_MOST 1000000
#define EVENTS_MOST 100000
#define EVENT_ROOM_BYTES 880 /* of a record and its part of the chunk's header */
#define RENEWAL (7 * FILETIME_DAY)
#define RETRY (2 * FILETIME_HOUR)
#define ANSWER FILETIME_SECOND
/* An own log begins so long before the window. */
#define BEFORE (4 * RENEWAL)

#define CLIENT_12288                                                                        \
    "0x00000000, 0x00000000, kms.corp.example:1688, 36f27b39-2fd5-440b-be67-a09996d27a38, " \
    "2019/01/08 10:30, 0, %c, 259200, ae2ee509-1b34-41c0-acb7-6d4650168915, 25"

enum plan {
    PLAN_BROKEN,
    PLAN_RECOVERED,
    PLAN_OTHER,
    PLAN_LATE,
    PLAN_CLEAN,
};

static const enum plan plans[] = {PLAN_BROKEN, PLAN_CLEAN,     PLAN_OTHER,  PLAN_CLEAN, PLAN_BROKEN,
                                  PLAN_LATE,   PLAN_RECOVERED, PLAN_BROKEN, PLAN_CLEAN, PLAN_CLEAN};

/* One machine's log while it is made. */
struct made_log {
    struct casedb *db;
    int64_t source_id;
    const char *computer;
    uint64_t random;
    uint64_t time;
    uint64_t record_id;
    uint64_t left; /* events still to come */
};

static int add_event(struct made_log *log, const char *provider, uint16_t event_id,
                     int32_t qualifiers, const char *first, const char *second, struct error *err)
{
    const struct observation_string strings[] = {{"", first}, {"", second != NULL ? second : ""}};
    const struct observation observation = {
        .provider = provider,
        .event_id = event_id,
        .qualifiers = qualifiers,
        .level = qualifiers == 0xC000 ? 2 : 4,
        .event_filetime = log->time,
        .record_id = log->record_id,
        .channel = "Application",
        .computer = log->computer,
        .user_sid = "",
        .strings = strings,
        .string_count = second != NULL ? 2 : 1,
        .verified = VERIFIED_YES,
        .offset_bytes = 4608 + EVENT_ROOM_BYTES * (log->record_id - 1),
        .record_number = log->record_id,
    };

    if (log->left == 0)
        return 0;
    log->left--;
    log->record_id++;
    return casedb_add_observation(log->db, log->source_id, incident_find_event(provider, event_id),
                                  &observation, err);
}

static int add_spp(struct made_log *log, uint16_t event_id, int32_t qualifiers, const char *first,
                   const char *second, struct error *err)
{
    return add_event(log, INCIDENT_PROVIDER_SPP, event_id, qualifiers, first, second, err);
}

/* A request of a licensed client and its answer. */
static int add_renewal(struct made_log *log, struct error *err)
{
    char *request = memory_format(CLIENT_12288, '1');
    int result = add_spp(log, 12288, 0x4000, request, NULL, err);

    free(request);
    log->time += ANSWER;
    if (result == 0)
        result =
            add_spp(log, 12289, 0x4000,
                    "0x00000000, 0x00000000, 1, 0, 50, 120, 10080, 2019/01/08 10:30", NULL, err);
    log->time += RENEWAL - ANSWER;
    return result;
}

/* Refused inside the window. */
static int add_onset(struct made_log *log, struct error *err)
{
    log->time = incident_window.start_filetime + random_below(&log->random, 18 * FILETIME_HOUR);
    if (add_event(log, INCIDENT_PROVIDER_WAT, 13, 0, "0x00000000", "0xC004C4A2", err) != 0 ||
        add_spp(log, 8208, 0xC000, "hr=0xC004C4A2", INCIDENT_WINDOWS7_TEMPLATE_ID, err) != 0)
        return -1;
    log->time += ANSWER;
    return add_spp(log, 8209, 0xC000, "0x00000000", INCIDENT_WINDOWS_APPLICATION_ID, err);
}

static int add_failures(struct made_log *log, const char *code, uint64_t count, struct error *err)
{
    int result = 0;

    for (; count > 0 && log->left > 0 && result == 0; count--) {
        log->time += RETRY + random_below(&log->random, FILETIME_HOUR);
        result = add_spp(log, 8196, 0x4000, code, NULL, err);
    }
    return result;
}

/* So many events of a log at least come after those of before the window: an onset, a failure and
 * a renewal. */
#define LATER_EVENTS 5

/* The whole log, of `left` events; the last ones renew. */
static int add_events(struct made_log *log, enum plan plan, struct error *err)
{
    int result = 0;

    log->time = plan == PLAN_LATE ? incident_window.end_filetime + RENEWAL
                                  : incident_window.start_filetime - BEFORE;
    while (result == 0 && log->left > LATER_EVENTS && log->time < incident_window.start_filetime)
        result = add_renewal(log, err);
    if (result == 0 && (plan == PLAN_BROKEN || plan == PLAN_RECOVERED))
        result = add_onset(log, err);
    if (result == 0 && plan == PLAN_BROKEN)
        result = add_failures(log, "0xC004F200", UINT64_MAX, err);
    if (result == 0 && plan == PLAN_RECOVERED)
        result = add_failures(log, "0xC004F200", log->left / 2, err);
    if (result == 0 && plan == PLAN_OTHER)
        result = add_failures(log, "0xC004C008", UINT64_MAX, err);
    while (result == 0 && log->left > 0)
        result = add_renewal(log, err);
    return result;
}

/* What a log that was read whole says of itself. */
static int finish_log(struct made_log *log, uint64_t first_filetime, struct error *err)
{
    uint64_t count = log->record_id - 1;
    uint64_t last_filetime =
        log->time > incident_window.end_filetime ? log->time : incident_window.end_filetime + 1;
    struct source_facts facts = {.record_count = count,
                                 .selected_count = count,
                                 .first_filetime = first_filetime,
                                 .last_filetime = last_filetime};
    struct computer_facts *computer = source_facts_computer(&facts, log->computer);
    const struct record_span span = {.channel = memory_copy_text("Application"),
                                     .first_record_id = 1,
                                     .last_record_id = count,
                                     .record_count = count,
                                     .first_filetime = first_filetime,
                                     .last_filetime = last_filetime};
    int result;

    computer->record_count = count;
    computer->application_count = count;
    computer->first_number = 1;
    computer->last_number = count;
    computer->first_number_filetime = first_filetime;
    computer->last_number_filetime = last_filetime;
    computer->last_filetime = last_filetime;
    source_facts_add_span(&facts, &span);
    source_facts_finish(&facts, "libevtx");
    result = casedb_finish_source(log->db, log->source_id, &facts, 0, err);
    source_facts_free_content(&facts);
    return result;
}

static int make_log(struct casedb *db, unsigned long number, unsigned long events,
                    struct error *err)
{
    enum plan plan = plans[number % ARRAY_COUNT(plans)];
    char *computer = memory_format("PC-%06lu.corp.example", number);
    char *path =
        memory_format("fleet/PC-%06lu/Windows/System32/winevt/Logs/Application.evtx", number);
    struct source source = {
        .path = path, .kind = SOURCE_KIND_EVTX, .size_bytes = 69632 + EVENT_ROOM_BYTES * events};
    struct made_log log = {
        .db = db, .computer = computer, .random = number, .record_id = 1, .left = events};
    uint64_t first = plan == PLAN_LATE ? incident_window.end_filetime + RENEWAL
                                       : incident_window.start_filetime - BEFORE;
    int result = casedb_begin_source(db, &source, "made", &log.source_id, err);

    if (result == 0)
        result = add_events(&log, plan, err);
    if (result == 0)
        result = finish_log(&log, first, err);
    free(path);
    free(computer);
    return result;
}

static int make_inventory(struct casedb *db, unsigned long machines, struct error *err)
{
    static const char *const columns[] = {"site", "owner"};
    static const char *const sites[] = {"Berlin", "Vilnius", "S\xC3\xA3o Paulo", "Osaka"};
    unsigned long count = machines + machines / 20;
    int result = casedb_begin_inventory(db, columns, ARRAY_COUNT(columns), err);
    bool added;

    for (unsigned long number = 1; result == 0 && number <= count; number++) {
        char *host = memory_format("PC-%06lu.corp.example", number);
        char *owner = memory_format("Team %lu", number % 37);
        const char *const values[] = {sites[number % ARRAY_COUNT(sites)], owner};

        result = casedb_add_inventory_host(db, host, values, &added, err);
        free(host);
        free(owner);
    }
    return result == 0 ? casedb_finish_inventory(db, err) : -1;
}

static int make_case(const char *folder, unsigned long machines, unsigned long events,
                     struct error *err)
{
    char *path = memory_format("%s/case.db", folder);
    char *settled = memory_format("%s/case.db.settled", folder);
    char input[] = "fleet", root[] = "/";
    char *inputs[] = {input};
    const struct case_settings settings = {
        .window = incident_window, .inputs = inputs, .input_count = 1, .folder = root};
    struct casedb *db = NULL;
    bool moved = false;
    int result = casedb_open(path, true, &db, err);

    if (result == 0)
        result = casedb_write_settings(db, &settings, err);
    if (result == 0)
        result = make_inventory(db, machines, err);
    for (unsigned long number = 1; result == 0 && number <= machines; number++)
        result = make_log(db, number, events, err);
    if (result == 0 && casedb_settle(&db, settled, &moved, err) == 0 &&
        verdict_derive(db, &incident_window, err) == 0)
        result = casedb_seal(db, err);
    casedb_close(db);
    if (result == 0 && err->kind == ERROR_NONE && moved && rename(settled, path) != 0)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: %m", path);
    free(settled);
    free(path);
    return err->kind == ERROR_NONE ? result : -1;
}

static bool take_number(const char *text, unsigned long most, unsigned long *out)
{
    char *end;

    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && *out >= 1 && *out <= most;
}

int main(int argc, char **argv)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    unsigned long machines, events;

    if (argc != 4 || !take_number(argv[2], MACHINES_MOST, &machines) ||
        !take_number(argv[3], EVENTS_MOST, &events)) {
        fprintf(stderr, "use: make-case FOLDER MACHINES EVENTS\n");
        return 1;
    }
    if (mkdir(argv[1], 0777) != 0 || make_case(argv[1], machines, events, &err) != 0) {
        if (err.kind == ERROR_NONE)
            error_set(&err, ERROR_RUN, ERROR_NO_OFFSET, "cannot make %s: %m", argv[1]);
        fprintf(stderr, "make-case: %s\n", err.message);
        error_clear(&err);
        return 1;
    }
    return 0;
}
