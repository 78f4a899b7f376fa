/* SPDX-License-Identifier: Apache-2.0 */
#include "casework.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "same.h"
#include "scratch.h"

struct casedb *db;
struct error err;

const struct incident_event kept_all = {.provider = "P", .keep = EVENT_KEEP_ALL};
const struct incident_event kept_first_and_last = {.provider = "P",
                                                   .keep = EVENT_KEEP_FIRST_AND_LAST};

void casework_open(void)
{
    must(casedb_open(CASE_PATH, true, &db, &err));
}

void casework_reopen(void)
{
    casedb_close(db);
    must(casedb_open(CASE_PATH, false, &db, &err));
}

bool casework_settle(const char *path)
{
    bool moved;

    must(casedb_settle(&db, path, &moved, &err));
    return moved;
}

void casework_keep(const char *path, const char *name)
{
    bool moved = casework_settle(path);

    derive_all();
    must(casedb_seal(db, &err));
    casedb_close(db);
    db = NULL;
    if (moved)
        unlink(CASE_PATH);
    ck_assert_int_eq(rename(moved ? path : CASE_PATH, name), 0);
}

void casework_begin(void)
{
    err = (struct error){.offset_bytes = ERROR_NO_OFFSET};
    scratch_begin();
    casework_open();
}

void casework_end(void)
{
    casedb_close(db);
    db = NULL;
    error_clear(&err);
    scratch_end();
}

void expect_failure(int result, const char *path, const char *words)
{
    ck_assert_int_eq(result, -1);
    ck_assert(err.kind == ERROR_RUN || err.kind == ERROR_CASE);
    ck_assert_msg(strstr(err.message, path) != NULL, "no path: %s", err.message);
    ck_assert_msg(strstr(err.message, words) != NULL, "no %s: %s", words, err.message);
    ck_assert_msg(strchr(err.message, '\n') == NULL, "lines: %s", err.message);
    error_clear(&err);
}

int64_t begin_log(const char *path)
{
    struct source source = {.path = (char *)path, .kind = SOURCE_KIND_EVTX, .size_bytes = 69632};
    int64_t id = 0;

    must(casedb_begin_source(db, &source, "window", &id, &err));
    return id;
}

struct observation sample_observation(const char *computer)
{
    static const struct observation_string strings[] = {{"", "hr=0xC004F200"}, {"id", "1"}};

    return (struct observation){.provider = "P",
                                .event_id = 8196,
                                .qualifiers = OBSERVATION_ABSENT,
                                .level = 4,
                                .event_filetime = 1000,
                                .record_id = 1,
                                .channel = "Application",
                                .computer = computer,
                                .user_sid = "",
                                .strings = strings,
                                .string_count = 2,
                                .offset_bytes = 4608};
}

void add_observation(int64_t source_id, const struct observation *observation)
{
    must(casedb_add_observation(db, source_id, &kept_all, observation, &err));
}

void finish_log(int64_t id, const char *computer)
{
    struct source_facts facts = {.status = SOURCE_STATUS_OK};

    if (computer != NULL)
        source_facts_computer(&facts, computer)->record_count = 1;
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
}

int64_t add_log(const char *path, const char *computer, size_t count)
{
    int64_t id = begin_log(path);

    for (size_t index = 0; index < count; index++) {
        struct observation observation = sample_observation(computer);

        observation.event_filetime += index;
        observation.record_id += index;
        observation.offset_bytes += 512 * index;
        add_observation(id, &observation);
    }
    finish_log(id, computer);
    return id;
}

void add_copy(const char *path, int64_t same_as)
{
    struct source_facts facts = {.status = SOURCE_STATUS_OK};
    int64_t id = begin_log(path);

    must(casedb_finish_source(db, id, &facts, same_as, &err));
}

void add_request(int64_t source_id, uint64_t record_id, const char *request)
{
    struct observation_string string = {"", request};
    struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                      .event_id = 12290,
                                      .qualifiers = 0x4000,
                                      .level = 4,
                                      .event_filetime = 1000 + record_id,
                                      .record_id = record_id,
                                      .channel = "Key Management Service",
                                      .computer = "KMS01",
                                      .user_sid = "",
                                      .strings = &string,
                                      .string_count = 1,
                                      .offset_bytes = record_id};

    must(casedb_add_observation(db, source_id, incident_find_event(INCIDENT_PROVIDER_SPP, 12290),
                                &observation, &err));
}

int64_t add_listing(const char *path)
{
    const struct finding of_none = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);
    int64_t id = begin_log(path);

    must(casedb_add_finding(db, id, &of_none, &err));
    for (unsigned kind = 0; kind < FINDING_KIND_COUNT; kind++) {
        const struct finding finding = sample_finding((enum finding_kind)kind);

        must(casedb_add_finding(db, id, &finding, &err));
    }
    finish_log(id, NULL);
    return id;
}

void derive_machines(void)
{
    struct casedb_cursor *cursor;
    struct case_computer computer;
    struct {
        char *folded_name;
        int64_t id;
    } machines[16];
    size_t count = 0;

    must(casedb_begin_derived(db, &err));
    must(casedb_computers(db, &cursor, &err));
    while (casedb_next_computer(cursor, &computer, &err) == 1) {
        char *folded = text_fold(computer.name);
        size_t index = 0;

        while (index < count && strcmp(machines[index].folded_name, folded) != 0)
            index++;
        if (index == count) {
            machines[count++].folded_name = memory_copy_text(folded);
            must(casedb_add_machine(db, computer.name, true, false, 0, &machines[index].id, &err));
        }
        must(casedb_assign_computer(db, computer.id, machines[index].id, true, &err));
        free(folded);
    }
    casedb_cursor_free(cursor);
    for (size_t index = 0; index < count; index++)
        free(machines[index].folded_name);
    must(casedb_mark_duplicates(db, &err));
}

void derive_all(void)
{
    derive_machines();
    must(casedb_commit_derived(db, &err));
}

/* The same, or 0. */
static int64_t look_for_machine(const char *name)
{
    struct casedb_cursor *cursor;
    struct case_machine machine;
    int64_t id = 0;

    must(casedb_machines(db, &cursor, &err));
    while (casedb_next_machine(cursor, &machine, &err) == 1)
        if (strcmp(machine.name, name) == 0)
            id = machine.id;
    casedb_cursor_free(cursor);
    return id;
}

int64_t find_machine(const char *name)
{
    int64_t id = look_for_machine(name);

    ck_assert_int_ne(id, 0);
    return id;
}

void derive_clients(void)
{
    struct casedb_cursor *cursor;
    struct case_client client;

    derive_machines();
    must(casedb_clients(db, &cursor, &err));
    while (casedb_next_client(cursor, &client, &err) == 1) {
        int64_t machine = look_for_machine(client.name);

        if (strncmp(client.folded_name, "pc", 2) != 0)
            continue;
        if (machine == 0)
            must(casedb_add_machine(db, client.name, false, false, 0, &machine, &err));
        must(casedb_assign_client(db, client.id, machine, &err));
    }
    casedb_cursor_free(cursor);
    must(casedb_mark_duplicates(db, &err));
    must(casedb_commit_derived(db, &err));
}

char *describe_timeline(void)
{
    struct casedb_cursor *cursor;
    struct case_observation item;
    struct text text = {0};
    int step;

    must(casedb_timeline(db, &cursor, &err));
    while ((step = casedb_next_observation(cursor, &item, &err)) == 1)
        text_add_format(&text, "%s@%d ", item.path, (int)item.observation.offset_bytes);
    must(step);
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 0);
    casedb_cursor_free(cursor);
    return text_take(&text);
}

void expect_timeline(const char *expected)
{
    char *found = describe_timeline();

    ck_assert_str_eq(found, expected);
    free(found);
}

void expect_sources(const char *expected)
{
    struct casedb_cursor *cursor;
    struct case_source source;
    struct text text = {0};
    int step;

    must(casedb_sources(db, &cursor, &err));
    while ((step = casedb_next_source(cursor, &source, &err)) == 1)
        text_add_format(&text, "%s ", source.path);
    must(step);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

int find_place(const char *path)
{
    struct case_source source;

    return casedb_find_source(db, path, &source, &err);
}

void add_alike(int64_t id, const char *computer, const char *value)
{
    static const uint64_t times[] = {105, 106, 107, 101, 102, 103, 104, 107, 101, 105};
    struct observation_string string = {"", value};
    struct observation observation = sample_observation(computer);

    observation.strings = &string;
    observation.string_count = 1;
    for (size_t index = 0; index < 10; index++) {
        observation.event_filetime = times[index];
        observation.record_id = times[index];
        observation.offset_bytes = 1 + index;
        observation.computer = index % 2 == 0 ? computer : "PC";
        must(casedb_add_observation(db, id, &kept_first_and_last, &observation, &err));
    }
}
