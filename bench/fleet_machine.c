/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet_machine.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "fixtures/events.h"
#include "fleet_noise.h"
#include "fleet_random.h"
#include "model/incident.h"

#define LOG_BEGINS UINT64_C(131722848000000000) /* 2018-06-01T00:00:00Z */
#define LOG_SPAN (365 * FILETIME_DAY)
#define SEQUENCE_EVENTS 6     /* of a sequence of noise, in the mean */
#define RECORDS_PER_CHUNK 105 /* about; the pace is corrected as chunks fill */

#define ACTIVATION_MINUTES UINT64_C(259200)

#define CODE_NONE "0x00000000"
#define CODE_INCIDENT "0xC004C4A2"
#define TEMPLATE_ID "66c92734-d682-4d71-983e-d6ec3f16059f"
#define APPLICATION_ID "55c92734-d682-4d71-983e-d6ec3f16059f"
#define QUALIFIERS_INFORMATION 0x4000

enum fleet_role {
    FLEET_AFFECTED,
    FLEET_AFFECTED_MENDED,
    FLEET_COULD_NOT_ASK, /* no KMS host was found at times */
    FLEET_WITH_UPDATE,
    FLEET_PLAIN,
};

static const char *const classifications[] = {
    [FLEET_AFFECTED] = "affected-by-incident",
    [FLEET_AFFECTED_MENDED] = "affected-by-incident",
    [FLEET_COULD_NOT_ASK] = "other-activation-fault",
    [FLEET_WITH_UPDATE] = "no-activation-fault",
    [FLEET_PLAIN] = "no-activation-fault",
};

struct fleet_edition {
    const char *activation_id;
    const char *other_id; /* of the edition that it is not */
};

/* Activation ids of the KMS client keys (public activation id tables). */
static const struct fleet_edition editions[] = {
    {"ae2ee509-1b34-41c0-acb7-6d4650168915", "b92e9980-b9d5-4821-9c94-140f632f6312"},
    {"b92e9980-b9d5-4821-9c94-140f632f6312", "ae2ee509-1b34-41c0-acb7-6d4650168915"},
};

enum fleet_act {
    ACT_KMS_REQUEST,
    ACT_KMS_ANSWER,
    ACT_LICENCES, /* 1003 */
    ACT_WAT_10,
    ACT_WAT_1,
    ACT_WAT_2,
    ACT_GENUINE, /* 12305 */
    ACT_TICKET,  /* 12304 */
    ACT_WAT_11,
    ACT_WAT_13_GENUINE,
    ACT_WAT_15,
    ACT_WAT_18,
    ACT_WAT_13_REFUSED,
    ACT_TICKET_REFUSED, /* 8208 */
    ACT_TICKET_DETAIL,  /* 8200 */
    ACT_NON_GENUINE,    /* 8209 */
    ACT_NOT_ACTIVATED,  /* 8196, non-genuine */
    ACT_NO_KMS,         /* 8196, the KMS host's name is not there */
};

/* What licensing writes, and when. */
struct fleet_entry {
    uint64_t filetime;
    enum fleet_act act;
};

/* Where in its log the machine is: a copy of it goes on in the same way. */
struct fleet_position {
    uint64_t random;
    uint64_t now; /* of the noise */
    struct noise_cursor noise;
    size_t entry;     /* the next one */
    bool noise_waits; /* the noise under the cursor is still to be written */
};

struct fleet_machine {
    enum fleet_role role;
    char *name;
    char *computer;
    char *client_id; /* of the KMS client */
    char *licence_lines;
    const struct fleet_edition *edition;
    struct fleet_entry *entries; /* by time */
    size_t entry_count;
    unsigned renewal_days;
    struct fleet_position at;
    struct fleet_position before; /* the event written last */
    uint64_t step;                /* mean time between two events */
};

static enum fleet_role role_of(unsigned number, unsigned affected_percent)
{
    if (number * affected_percent / 100 != (number - 1) * affected_percent / 100)
        return number * affected_percent / 100 % 3 == 0 ? FLEET_AFFECTED_MENDED : FLEET_AFFECTED;
    if (number % 16 == 7)
        return FLEET_COULD_NOT_ASK;
    return number % 3 == 0 ? FLEET_WITH_UPDATE : FLEET_PLAIN;
}

static void plan(struct fleet_machine *machine, uint64_t filetime, enum fleet_act act)
{
    machine->entries =
        memory_grow(machine->entries, machine->entry_count, sizeof *machine->entries);
    machine->entries[machine->entry_count++] = (struct fleet_entry){filetime, act};
}

/* Request and answer every so many days; none while the machine is refused. */
static void plan_renewals(struct fleet_machine *machine, uint64_t from, uint64_t to)
{
    if (machine->renewal_days == 0)
        return;
    for (uint64_t time = from; time < to; time += machine->renewal_days * FILETIME_DAY) {
        plan(machine, time, ACT_KMS_REQUEST);
        plan(machine, time + 2 * FILETIME_SECOND, ACT_KMS_ANSWER);
    }
}

/* Evenly over the day, as the service is started and asked. */
static void plan_licence_checks(struct fleet_machine *machine, unsigned a_day)
{
    for (unsigned check = 0; check < 365 * a_day; check++)
        plan(machine, LOG_BEGINS + check * FILETIME_DAY / a_day + FILETIME_HOUR, ACT_LICENCES);
}

/* The acts `from` to `to` in one second. */
static void plan_acts(struct fleet_machine *machine, uint64_t time, enum fleet_act from,
                      enum fleet_act to)
{
    for (enum fleet_act act = from; act <= to; act++)
        plan(machine, time, act);
}

/* The update's own validation: by the real log at its installation, then every 90 days. */
static void plan_validations(struct fleet_machine *machine, uint64_t from, uint64_t to)
{
    for (uint64_t time = from; time < to; time += 90 * FILETIME_DAY) {
        plan_acts(machine, time, ACT_WAT_10, ACT_WAT_2);
        plan_acts(machine, time + 16 * FILETIME_SECOND, ACT_GENUINE, ACT_WAT_18);
    }
}

/* Twice a day while it lasts. */
static void plan_repeated(struct fleet_machine *machine, uint64_t from, uint64_t to,
                          enum fleet_act act)
{
    for (uint64_t time = from; time < to; time += FILETIME_DAY / 2)
        plan(machine, time + random_below(&machine->at.random, 3600) * FILETIME_SECOND, act);
}

static void plan_incident(struct fleet_machine *machine, uint64_t end)
{
    uint64_t minutes =
        (incident_window.end_filetime - incident_window.start_filetime) / FILETIME_MINUTE;
    uint64_t refused = incident_window.start_filetime +
                       random_below(&machine->at.random, minutes - 60) * FILETIME_MINUTE;
    uint64_t mended = end;

    if (machine->role == FLEET_AFFECTED_MENDED)
        mended = refused + (2 + random_below(&machine->at.random, 20)) * FILETIME_DAY;
    plan_acts(machine, refused, ACT_WAT_13_REFUSED, ACT_TICKET_DETAIL);
    plan(machine, refused + FILETIME_SECOND, ACT_NON_GENUINE);
    plan(machine, refused + 30 * FILETIME_MINUTE, ACT_NOT_ACTIVATED);
    plan_repeated(machine, refused + FILETIME_DAY / 2, mended, ACT_NOT_ACTIVATED);
    plan_renewals(machine, LOG_BEGINS + random_below(&machine->at.random, 7 * 24) * FILETIME_HOUR,
                  refused);
    plan_renewals(machine, mended + FILETIME_HOUR, end);
    plan_validations(machine, LOG_BEGINS + 11 * FILETIME_DAY, refused);
}

static int compare_entries(const void *left, const void *right)
{
    const struct fleet_entry *one = left;
    const struct fleet_entry *other = right;

    if (one->filetime != other->filetime)
        return one->filetime < other->filetime ? -1 : 1;
    return (int)one->act - (int)other->act;
}

static void plan_all(struct fleet_machine *machine)
{
    uint64_t end = LOG_BEGINS + LOG_SPAN;

    if (machine->role == FLEET_AFFECTED || machine->role == FLEET_AFFECTED_MENDED) {
        plan_incident(machine, end);
    } else {
        plan_renewals(machine,
                      LOG_BEGINS + random_below(&machine->at.random, 7 * 24) * FILETIME_HOUR, end);
        if (machine->role == FLEET_WITH_UPDATE)
            plan_validations(machine, LOG_BEGINS + 20 * FILETIME_DAY, end);
        if (machine->role == FLEET_COULD_NOT_ASK)
            plan_repeated(machine, LOG_BEGINS + 100 * FILETIME_DAY, LOG_BEGINS + 110 * FILETIME_DAY,
                          ACT_NO_KMS);
    }
    qsort(machine->entries, machine->entry_count, sizeof *machine->entries, compare_entries);
}

static void add_absent_licence(struct text *lines, unsigned number, const char *id)
{
    text_add_format(lines, "%u: %s, 1, 0 [(0 [0xC004F014, 0, 0], [(?)(?)(?)(?)(?)(?)])(1 )(2 )]\n",
                    number, id);
}

/* As long as those of the real log: eight licences, one installed. */
static char *make_licence_lines(const struct fleet_edition *edition, uint64_t minutes_left)
{
    static const char *const further[] = {
        "8dffd6e4-0497-4c35-b7d7-e47cf464cf30", "9abf5984-9c16-46f2-ad1e-7fe15931a8dd",
        "b793ff2d-9d80-407c-b521-85111c51028c", "d188820a-cb63-4bad-a9a2-40b843ee23b7",
        "4a8149bb-7d61-49f4-8822-82c7bf88d64b", "afd5f68f-b70f-4000-a21d-28dbc8be8b07"};
    struct text lines = {0};

    text_add(&lines, "\n");
    add_absent_licence(&lines, 1, edition->other_id);
    text_add_format(&lines,
                    "2: %s, 1, 1 [(0 [0x00000000, 1, 0], [(?)(?)( 1 0x00000000 0 0 "
                    "msft:rm/algorithm/volume/1.0 0x00000000 %" PRIu64 ")(?)(?)(?)])(1 )(2 )]\n",
                    edition->activation_id, minutes_left);
    for (unsigned index = 0; index < ARRAY_COUNT(further); index++)
        add_absent_licence(&lines, index + 3, further[index]);
    text_add(&lines, "\n");
    return text_take(&lines);
}

struct fleet_machine *fleet_machine_new(unsigned number, const struct fleet_plan *fleet)
{
    struct fleet_machine *machine = memory_allocate(1, sizeof *machine);
    uint64_t *random = &machine->at.random;

    *random = number;
    machine->role = role_of(number, fleet->affected_percent);
    machine->renewal_days = fleet->renewal_days;
    machine->name = memory_format("PC-%04u", number);
    machine->computer = memory_format("%s.corp.example", machine->name);
    machine->client_id =
        memory_format("%08x-2fd5-440b-be67-%012x", (uint32_t)random_next(random), number);
    machine->edition = &editions[number % ARRAY_COUNT(editions)];
    machine->licence_lines = make_licence_lines(machine->edition, ACTIVATION_MINUTES);
    machine->at.now = LOG_BEGINS + random_below(random, 7 * 24 * 3600) * FILETIME_SECOND;
    plan_licence_checks(machine, fleet->licence_checks);
    plan_all(machine);
    machine->before = machine->at;
    return machine;
}

void fleet_machine_free(struct fleet_machine *machine)
{
    if (machine == NULL)
        return;
    free(machine->name);
    free(machine->computer);
    free(machine->client_id);
    free(machine->licence_lines);
    free(machine->entries);
    free(machine);
}

const char *fleet_machine_name(const struct fleet_machine *machine)
{
    return machine->name;
}

const char *fleet_machine_computer(const struct fleet_machine *machine)
{
    return machine->computer;
}

const char *fleet_machine_classification(const struct fleet_machine *machine)
{
    return classifications[machine->role];
}

void fleet_machine_pace(struct fleet_machine *machine, uint64_t chunks_left)
{
    uint64_t end = LOG_BEGINS + LOG_SPAN;
    uint64_t time_left = end > machine->at.now ? end - machine->at.now : FILETIME_SECOND;
    uint64_t planned = machine->entry_count - machine->at.entry;
    uint64_t records = chunks_left * RECORDS_PER_CHUNK;

    machine->step = time_left / (records > planned ? records - planned : 1);
}

/* The client's time in 12288 and 12289: "2019/01/08 10:30". */
static char *kms_time(uint64_t filetime)
{
    char *text = filetime_text(filetime);
    char *kms = memory_format("%.4s/%.2s/%.2s %.5s", text, text + 5, text + 8, text + 11);

    free(text);
    return kms;
}

static void add_kms(const struct fleet_machine *machine, struct evtx_writer *writer,
                    const struct event_stamp *stamp, bool request)
{
    char *time = kms_time(stamp->filetime);
    char *string =
        request ? memory_format("0x00000000, 0x00000000, kms.corp.example:1688, %s, %s, 0, 1, "
                                "249120, %s, 25",
                                machine->client_id, time, machine->edition->activation_id)
                : memory_format("0x00000000, 0x00000000, 1, 0, 50, 120, 10080, %s", time);

    if (request)
        events_add_spp_12288(writer, stamp, string);
    else
        events_add_spp_12289(writer, stamp, string);
    free(string);
    free(time);
}

/* What is left of the 180 days that an activation is good for, in minutes, as of a client that was
 * activated when its log begins. */
static void add_licences(const struct fleet_machine *machine, struct evtx_writer *writer,
                         const struct event_stamp *stamp)
{
    uint64_t minutes = (stamp->filetime - LOG_BEGINS) / FILETIME_MINUTE;
    char *lines =
        make_licence_lines(machine->edition, ACTIVATION_MINUTES - minutes % ACTIVATION_MINUTES);

    events_add_spp_1003(writer, stamp, APPLICATION_ID, lines);
    free(lines);
}

static void add_wat(struct evtx_writer *writer, const struct event_stamp *stamp, uint16_t event_id,
                    const char *string)
{
    const char *const strings[] = {string};

    events_add_wat(writer, stamp, event_id, strings, string != NULL ? 1 : 0);
}

static void add_entry(const struct fleet_machine *machine, struct evtx_writer *writer,
                      const struct event_stamp *stamp, enum fleet_act act)
{
    switch (act) {
    case ACT_KMS_REQUEST:
    case ACT_KMS_ANSWER:
        add_kms(machine, writer, stamp, act == ACT_KMS_REQUEST);
        break;
    case ACT_LICENCES:
        add_licences(machine, writer, stamp);
        break;
    case ACT_WAT_10:
        add_wat(writer, stamp, 10, NULL);
        break;
    case ACT_WAT_1:
        add_wat(writer, stamp, 1, NULL);
        break;
    case ACT_WAT_2:
        add_wat(writer, stamp, 2, NULL);
        break;
    case ACT_GENUINE:
        events_add_spp_12305(writer, stamp, APPLICATION_ID);
        break;
    case ACT_TICKET:
        events_add_spp_12304(writer, stamp, TEMPLATE_ID);
        break;
    case ACT_WAT_11:
        add_wat(writer, stamp, 11, NULL);
        break;
    case ACT_WAT_13_GENUINE:
        events_add_wat_13(writer, stamp, CODE_NONE, CODE_NONE);
        break;
    case ACT_WAT_15:
        add_wat(writer, stamp, 15, "129600");
        break;
    case ACT_WAT_18:
        add_wat(writer, stamp, 18, "1");
        break;
    case ACT_WAT_13_REFUSED:
        events_add_wat_13(writer, stamp, CODE_NONE, CODE_INCIDENT);
        break;
    case ACT_TICKET_REFUSED:
        events_add_spp_8208(writer, stamp, "hr=" CODE_INCIDENT, TEMPLATE_ID);
        break;
    case ACT_TICKET_DETAIL:
        events_add_spp_fault(writer, stamp, 8200, "hr=" CODE_INCIDENT);
        break;
    case ACT_NON_GENUINE:
        events_add_spp_8209(writer, stamp, CODE_NONE, APPLICATION_ID);
        break;
    case ACT_NOT_ACTIVATED:
        events_add_spp_8196(writer, stamp, QUALIFIERS_INFORMATION, "0xC004F200");
        break;
    case ACT_NO_KMS:
        events_add_spp_8196(writer, stamp, QUALIFIERS_INFORMATION, "0x8007232B");
        break;
    }
}

/* A sequence of noise comes after as much time as its events have in the mean, less what they take
 * themselves; its events follow each other within seconds, or faster in a log that is crowded. */
static void advance_noise(struct fleet_machine *machine)
{
    struct fleet_position *at = &machine->at;
    uint64_t close = machine->step < 2 * FILETIME_SECOND ? machine->step : 2 * FILETIME_SECOND;

    if (noise_advance(&at->noise, &at->random))
        at->now += random_below(&at->random, 2 * SEQUENCE_EVENTS * (machine->step - close) + 1);
    at->now += random_below(&at->random, 2 * close + 1);
}

void fleet_machine_add_next(struct fleet_machine *machine, struct evtx_writer *writer)
{
    struct fleet_position *at = &machine->at;
    struct event_stamp stamp = {.computer = machine->computer};

    machine->before = *at;
    if (!at->noise_waits)
        advance_noise(machine);
    if (at->entry < machine->entry_count && machine->entries[at->entry].filetime <= at->now) {
        const struct fleet_entry *entry = &machine->entries[at->entry++];

        at->noise_waits = true;
        stamp.filetime = entry->filetime;
        add_entry(machine, writer, &stamp, entry->act);
        return;
    }
    at->noise_waits = false;
    stamp.filetime = at->now;
    if (noise_has_whole_seconds(&at->noise))
        stamp.filetime -= stamp.filetime % FILETIME_SECOND;
    noise_add(&at->noise, writer, &stamp, machine->licence_lines, &at->random);
}

void fleet_machine_step_back(struct fleet_machine *machine)
{
    machine->at = machine->before;
}
