/* SPDX-License-Identifier: Apache-2.0 */
/* A collector's log: the events of hundreds of machines in turn. The case, the machines and the
 * reports are made of it in a time that grows no faster than the log, and each machine is told
 * apart. */
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "casework.h"
#include "model/incident.h"
#include "report/report.h"
#include "run.h"
#include "scratch.h"
#include "verdict/verdict.h"

#define MACHINES 500
#define ROUNDS 20
#define AFFECTED_EVERY 10 /* one machine in that many */

/* 2019-01-08T10:30:00Z */
#define FIRST_FILETIME UINT64_C(131914170000000000)

static char *machine_name(unsigned number)
{
    return memory_format("HOST-%04u.corp.example", number);
}

/* One event of the machine; of those that are affected, the first is the incident's. */
static void add_event(int64_t source_id, const char *computer, unsigned number, unsigned round)
{
    bool affected = round == 0 && number % AFFECTED_EVERY == 0;
    struct observation_string strings[] = {{"", "0x00000000"}, {"", "0xC004C4A2"}};
    struct observation observation = {
        .provider = affected ? INCIDENT_PROVIDER_WAT : INCIDENT_PROVIDER_SPP,
        .event_id = affected ? 13 : 12304,
        .qualifiers = OBSERVATION_ABSENT,
        .level = 4,
        .event_filetime =
            FIRST_FILETIME + ((uint64_t)round * MACHINES + number) * UINT64_C(10000000),
        .record_id = 100 + round, /* each machine counts for itself */
        .channel = "Application",
        .computer = computer,
        .user_sid = "",
        .strings = strings,
        .string_count = 2,
        .offset_bytes = 4608 + 512 * ((uint64_t)round * MACHINES + number),
        .record_number = 1 + (uint64_t)round * MACHINES + number,
        .verified = VERIFIED_NO,
    };

    must(casedb_add_observation(db, source_id,
                                incident_find_event(observation.provider, observation.event_id),
                                &observation, &err));
}

/* One record of channel Application. */
static void note_span(struct source_facts *facts, uint64_t computer, uint64_t record_id,
                      uint64_t filetime)
{
    source_facts_add_span(facts, &(struct record_span){.computer = computer,
                                                       .channel = memory_copy_text("Application"),
                                                       .first_record_id = record_id,
                                                       .last_record_id = record_id,
                                                       .record_count = 1,
                                                       .first_filetime = filetime,
                                                       .last_filetime = filetime});
}

static void note_record(struct source_facts *facts, const char *computer, uint64_t number)
{
    struct computer_facts *noted = source_facts_computer(facts, computer);

    if (noted->record_count++ == 0)
        noted->first_number = number;
    noted->last_number = number;
    noted->last_filetime = FIRST_FILETIME + number;
    noted->forwarded = true;
    noted->application_count++;
    note_span(facts, (uint64_t)(noted - facts->computers), 100 + number / MACHINES,
              noted->last_filetime);
    facts->record_count++;
    facts->selected_count++;
}

static void add_collector(const char *path)
{
    struct source_facts facts = {0};
    int64_t id = begin_log(path);

    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned number = 0; number < MACHINES; number++) {
            char *name = machine_name(number);

            if (round % 2 == 1) /* case does not part them */
                memcpy(name, "host", 4);
            add_event(id, name, number, round);
            note_record(&facts, name, 1 + (uint64_t)round * MACHINES + number);
            free(name);
        }
    ck_assert_uint_eq(facts.computer_count, MACHINES);
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
}

static size_t count_lines(const char *path)
{
    char *text = scratch_read(path);
    size_t count = 0;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void expect_machine(const struct case_machine *machine, unsigned number)
{
    bool affected = number % AFFECTED_EVERY == 0;
    char *name = machine_name(number);
    char *aliases = NULL;

    ck_assert_str_eq(machine->name, name);
    ck_assert(!machine->shared_name);
    ck_assert_int_eq(machine->verdict.classification,
                     affected ? CLASSIFICATION_AFFECTED : CLASSIFICATION_NO_FAULT);
    ck_assert_int_eq(machine->verdict.window_coverage, COVERAGE_UNKNOWN);
    ck_assert_uint_eq(machine->verdict.review,
                      1u << (affected ? REVIEW_ONSET_NOT_COVERED : REVIEW_WINDOW_NOT_COVERED));
    ck_assert_int_eq(machine->verdict.verified, affected ? VERIFIED_NO : VERIFIED_NOT_ASKED);
    must(casedb_machine_aliases(db, machine->id, &aliases, &err));
    ck_assert_str_eq(aliases, "");
    free(aliases);
    free(name);
}

START_TEST(each_machine_of_a_collector_is_told_apart)
{
    struct casedb_cursor *cursor;
    struct case_machine machine;
    unsigned number = 0;

    add_collector("ForwardedEvents.evtx");
    must(verdict_derive(db, &incident_window, &err));
    must(casedb_machines(db, &cursor, &err));
    while (casedb_next_machine(cursor, &machine, &err) == 1)
        expect_machine(&machine, number++);
    casedb_cursor_free(cursor);
    ck_assert_uint_eq(number, MACHINES);
}
END_TEST

START_TEST(reports_have_each_machine_and_each_event)
{
    char *templates = scratch_source_path("templates");
    struct report_options options = {
        .output_path = ".", .templates_path = templates, .window = incident_window};

    add_collector("ForwardedEvents.evtx");
    must(verdict_derive(db, &incident_window, &err));
    must(report_write(db, &options, &err));
    ck_assert_uint_eq(count_lines("hosts.csv"), 1 + MACHINES);
    ck_assert_uint_eq(count_lines("timeline.csv"), 1 + MACHINES * ROUNDS);
    ck_assert_uint_eq(count_lines("remediation/affected-by-incident.csv"),
                      1 + MACHINES / AFFECTED_EVERY);
    ck_assert_uint_eq(count_lines("sources.csv"), 2);
    free(templates);
}
END_TEST

/* Its own log covers the window; what was forwarded of it counts with it, once. */
START_TEST(machine_with_a_log_of_its_own_keeps_its_coverage)
{
    struct source_facts facts = {0};
    struct computer_facts *own = source_facts_computer(&facts, "HOST-0000");
    char *name = machine_name(0);
    struct casedb_cursor *cursor;
    struct case_machine machine;
    int64_t id;

    add_collector("ForwardedEvents.evtx");
    id = begin_log("HOST-0000/Application.evtx");
    own->record_count = own->last_number = 5;
    own->first_number = 1;
    own->application_count = 5;
    source_facts_add_span(&facts, &(struct record_span){
                                      .channel = memory_copy_text("Application"),
                                      .first_record_id = 1,
                                      .last_record_id = 5,
                                      .record_count = 5,
                                      .first_filetime = incident_window.start_filetime,
                                      .last_filetime = incident_window.end_filetime,
                                  });
    add_event(id, name, 0, 0);
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
    must(verdict_derive(db, &incident_window, &err));
    must(casedb_machines(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_machine(cursor, &machine, &err), 1);
    ck_assert_str_eq(machine.name, name);
    ck_assert_int_eq(machine.verdict.window_coverage, COVERAGE_FULL);
    ck_assert_uint_eq(machine.verdict.events_13, 1);
    ck_assert_int_eq(casedb_next_machine(cursor, &machine, &err), 1);
    ck_assert_int_eq(machine.verdict.window_coverage, COVERAGE_UNKNOWN);
    casedb_cursor_free(cursor);
    free(name);
}
END_TEST

static Suite *forwarded_suite(void)
{
    Suite *suite = suite_create("forwarded");
    TCase *cases = tcase_create("forwarded");

    tcase_add_checked_fixture(cases, casework_begin, casework_end);
    tcase_add_test(cases, each_machine_of_a_collector_is_told_apart);
    tcase_add_test(cases, reports_have_each_machine_and_each_event);
    tcase_add_test(cases, machine_with_a_log_of_its_own_keeps_its_coverage);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(forwarded_suite());
}
