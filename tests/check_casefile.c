/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the file of the case: a killed run and a full disk leave it whole, cases of equal
 * content are equal, and a case that cannot be used says why. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/output_directory.h"
#include "base/memory.h"
#include "casework.h"
#include "run.h"
#include "same.h"
#include "scratch.h"

/* One number that a statement gives on the closed case. */
static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t answer;

    ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(sqlite));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return answer;
}

static void change(const char *path, const char *sql)
{
    sqlite3 *sqlite = NULL;

    ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(sqlite));
    sqlite3_close(sqlite);
}

/* Changes the open case from outside, and opens it again. */
static void change_case(const char *sql)
{
    casedb_close(db);
    change(CASE_PATH, sql);
    must(casedb_open(CASE_PATH, false, &db, &err));
}

/* Changes the open case so that it says in these words that its first event is damaged. */
static void expect_damaged_event(const char *sql, const char *words)
{
    struct casedb_cursor *cursor;
    struct case_observation item;

    change_case(sql);
    must(casedb_timeline(db, &cursor, &err));
    expect_failure(casedb_next_observation(cursor, &item, &err), CASE_PATH, words);
    casedb_cursor_free(cursor);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    char *bytes;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    *size = (size_t)status.st_size;
    bytes = memory_allocate(*size, 1);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* Closes the case: it is one file, in which nothing of a write-ahead log is left. */
static void expect_one_file(void)
{
    size_t size;
    char *bytes;

    casedb_close(db);
    db = NULL;
    ck_assert(!scratch_exists(CASE_PATH "-wal"));
    ck_assert(!scratch_exists(CASE_PATH "-shm"));
    ck_assert(!scratch_exists(CASE_PATH "-journal"));
    bytes = read_file(CASE_PATH, &size);
    ck_assert_int_eq(bytes[18], 1); /* SQLite's file format: 1 for a rollback journal, 2 for WAL */
    ck_assert_int_eq(bytes[19], 1);
    free(bytes);
}

/* ---- Killed runs ---- */

START_TEST(killed_process_leaves_whole_sources)
{
    int pipes[2];
    char ready;
    int status;
    pid_t child;

    casedb_close(db);
    ck_assert_int_eq(pipe(pipes), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct observation observation = sample_observation("PC");
        char *long_value = memory_allocate(60001, 1);
        struct observation_string string = {"", memset(long_value, 'x', 60000)};
        int64_t id;

        casework_open();
        add_log("a", "PC", 2);
        add_log("b", "PC", 3);
        observation.strings = &string;
        observation.string_count = 1;
        id = begin_log("c");
        for (int index = 0; index < 1000; index++) /* more than the page cache holds */
            add_observation(id, &observation);
        ck_assert_int_eq(write(pipes[1], "r", 1), 1);
        pause();
        _exit(0);
    }
    ck_assert_int_eq(read(pipes[0], &ready, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    close(pipes[0]);
    close(pipes[1]);
    ck_assert(scratch_exists(CASE_PATH "-wal"));
    must(casedb_open(CASE_PATH, false, &db, &err));
    expect_sources("a b ");
    expect_one_file();
    casework_open();
    add_log("c", "PC", 1);
    derive_all();
    casework_reopen();
    ck_assert_int_eq(find_place("c"), 1);
    expect_timeline("a@4608 a@5120 b@5632 ");
}
END_TEST

/* ---- The file ---- */

/* Writes what the other two tests have, too, in one go. */
static void write_in_order(void)
{
    static const char *const columns[] = {"site"};
    static const char *const values[] = {"Oslo"};
    struct observation observation = sample_observation("PC");
    int64_t id = add_log("a", "PC", 3);
    bool added;

    add_copy("b", id);
    id = begin_log("c");
    add_alike(id, "PC", "one"); /* kept first and last */
    finish_log(id, "PC");
    id = begin_log("d"); /* which is begun again, as one that is found to be unchanged */
    add_observation(id, &observation);
    casedb_abandon_source(db);
    add_log("d", "PC2", 20);
    add_listing("f");
    add_listing("g");
    must(casedb_begin_inventory(db, columns, 1, &err));
    must(casedb_add_inventory_host(db, "PC", values, &added, &err));
    must(casedb_finish_inventory(db, &err));
}

START_TEST(case_written_in_order_is_kept_as_it_is)
{
    write_in_order();
    ck_assert(!casework_settle("other"));
    ck_assert(!scratch_exists("other"));
    expect_sources("a b c d f g ");
    derive_all();
    must(casedb_seal(db, &err));
    expect_sources("a b c d f g ");
    expect_one_file();
    casework_open();
    ck_assert(casework_settle("other")); /* another process may have written anything */
}
END_TEST

START_TEST(equal_content_gives_equal_bytes)
{
    static const char *const kept[] = {"a", "b", "c", "d", "f", "g"};
    static const char *const columns[] = {"site", "owner"};
    static const char *const values[] = {"Oslo", "me"};
    size_t deleted;
    int64_t id;
    bool added;

    write_in_order();
    casework_keep("other", "one");

    casework_open();
    add_log("d", "PC9", 400);
    add_listing("g");
    must(casedb_begin_inventory(db, columns, 2, &err));
    must(casedb_add_inventory_host(db, "PC7", values, &added, &err));
    must(casedb_finish_inventory(db, &err));
    add_listing("e2");
    add_listing("f");
    add_listing("g");
    id = begin_log("c");
    add_alike(id, "PC", "one");
    finish_log(id, "PC");
    add_log("e", "PC", 50);
    casework_reopen();
    derive_all();
    id = add_log("a", "PC", 7);
    add_log("d", "PC2", 20);
    add_copy("b", id);
    id = add_log("a", "PC", 3);
    add_copy("b", id);
    must(casedb_begin_inventory(db, columns, 1, &err));
    must(casedb_add_inventory_host(db, "PC", values, &added, &err));
    must(casedb_finish_inventory(db, &err));
    must(casedb_keep_only_sources(db, kept, ARRAY_COUNT(kept), &deleted, &err));
    derive_all();
    casework_keep("other", "two");
    ck_assert(scratch_is_same("one", "two"));

    must(casedb_open("two", false, &db, &err));
    add_log("d", "PC2", 21);
    casework_keep("other", "three");
    ck_assert(!scratch_is_same("one", "three"));
    must(casedb_open("three", false, &db, &err));
    add_log("d", "PC2", 20);
    casework_keep("other", "four");
    ck_assert(scratch_is_same("one", "four"));
}
END_TEST

static int64_t add_kms_log(const char *path)
{
    int64_t id = begin_log(path);

    add_request(id, 2, REQUEST("PC2", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7));
    add_request(id, 1, REQUEST("PC1.corp.example", "", "5", REQUEST_WINDOWS_10));
    add_request(id, 3, REQUEST("pc2", REQUEST_MACHINE_2, "5", REQUEST_WINDOWS_7));
    finish_log(id, "KMS01");
    return id;
}

START_TEST(clients_of_kms_hosts_give_equal_bytes_in_any_order)
{
    static const char *const kept[] = {"a", "b", "c"};
    size_t deleted;
    int64_t id;

    add_kms_log("a");
    add_log("b", "PC1.corp.example", 1);
    add_kms_log("c");
    casework_keep("other", "one");

    casework_open();
    add_log("b", "PC1.corp.example", 1);
    id = begin_log("c");
    add_request(id, 9, REQUEST("GONE", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7));
    finish_log(id, "KMS01");
    add_kms_log("d");
    derive_clients();
    casework_reopen();
    add_kms_log("c");
    add_kms_log("a");
    must(casedb_keep_only_sources(db, kept, ARRAY_COUNT(kept), &deleted, &err));
    ck_assert_uint_eq(deleted, 1);
    derive_clients();
    casework_keep("other", "two");
    ck_assert(scratch_is_same("one", "two"));
    ck_assert_int_eq(ask("two", "SELECT count(*) FROM kms_client"), 4);
    ck_assert_int_eq(ask("two", "SELECT count(*) FROM observation WHERE client_id NOTNULL"), 6);
    ck_assert_int_eq(ask("two", "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}
END_TEST

/* A run that was killed, and goes on. */
START_TEST(case_that_was_gone_on_with_has_equal_bytes)
{
    write_in_order();
    casework_keep("other", "one");
    for (int when = 0; when < 3; when++) {
        casework_open();
        if (when == 0)
            casework_reopen();
        write_in_order();
        if (when == 1)
            casework_reopen();
        if (when == 2)
            ck_assert(!casework_settle("other"));
        derive_all(); /* twice, the second time below */
        casework_keep("other", "two");
        ck_assert(scratch_is_same("one", "two"));
    }
}
END_TEST

START_TEST(case_written_anew_is_the_same_case)
{
    static const char path[] = "other";
    char *timelines[2];
    int64_t id = add_log("z", "PC", 3);
    struct case_source source;
    bool moved;

    add_log("b", "PC2", 2);
    id = add_log("a", "PC", 4);
    add_copy("c", id);
    derive_all();
    timelines[0] = describe_timeline();
    scratch_write(path, "somebody's", 10);
    expect_failure(casedb_settle(&db, path, &moved, &err), path, "there is a file already");
    expect_sources("a b c z ");
    scratch_write(path, "", 0);
    ck_assert(casework_settle(path));
    derive_all();
    timelines[1] = describe_timeline();
    ck_assert_str_eq(timelines[0], timelines[1]);
    ck_assert_int_eq(casedb_find_source(db, "c", &source, &err), 1);
    ck_assert_str_eq(source.same_as_path, "a");
    casedb_close(db);
    ck_assert_int_eq(ask(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    ck_assert_int_eq(ask(path, "SELECT count(*) = 1 AND max(integrity_check) = 'ok'"
                               " FROM pragma_integrity_check"),
                     1);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM source"), 4);
    casework_open();
    free(timelines[0]);
    free(timelines[1]);
}
END_TEST

/* What a had is there as long as b has the same. */
START_TEST(what_is_replaced_leaves_no_rows_behind)
{
    static const struct {
        bool has_copy;
        int sources, computers, observations, strings;
    } cases[] = {{false, 2, 2, 2, 4}, {true, 3, 3, 5, 10}};
    int64_t id = add_log("a", "PC", 3);

    if (cases[_i].has_copy)
        add_copy("b", id);
    add_log("c", "PC2", 1);
    add_log("a", "OTHER", 1);
    derive_all();
    casedb_close(db);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM source"), cases[_i].sources);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM source_computer"), cases[_i].computers);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM observation"), cases[_i].observations);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM event_string"), cases[_i].strings);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    casework_open();
}
END_TEST

START_TEST(closed_case_is_one_file)
{
    add_log("a", "PC", 100);
    ck_assert(scratch_exists(CASE_PATH "-wal"));
    expect_one_file();
}
END_TEST

START_TEST(reading_does_not_change_a_byte)
{
    size_t size;
    char *bytes;

    add_log("a", "PC", 3);
    derive_all();
    casedb_close(db);
    bytes = read_file(CASE_PATH, &size);
    scratch_write("copy", bytes, size);
    free(bytes);
    must(casedb_open(CASE_PATH, true, &db, &err));
    expect_timeline("a@4608 a@5120 a@5632 ");
    ck_assert_int_eq(find_place("a"), 1);
    casedb_close(db);
    db = NULL;
    ck_assert(scratch_is_same(CASE_PATH, "copy"));
}
END_TEST

START_TEST(tables_tell_a_person_what_they_are)
{
    int64_t id = begin_log("a");
    struct observation observation = sample_observation("PC");

    observation.event_filetime = incident_window.start_filetime;
    add_observation(id, &observation);
    finish_log(id, "PC");
    casedb_close(db);
    db = NULL;
    ck_assert_int_eq(ask(CASE_PATH,
                         "SELECT count(*) FROM sqlite_schema WHERE type IN"
                         " ('table', 'view') AND sql NOT LIKE '%  -- %' || char(10) || '%'"),
                     0);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT event_utc = '2019-01-08T10:00:00Z' FROM observation"),
                     1);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT first_event_utc IS NULL FROM source"), 1);
}
END_TEST

/* As docs/reports.md shows it. */
START_TEST(strings_are_read_with_json_each)
{
    static const struct observation_string strings[] = {
        {"", "hr=0xC004F200"},
        {"param2", "a \"quoted\" \\ line\r\n\t\x01\x7F"},
        {"", "\xC3\xA9\xFF"}};
    struct observation observation = sample_observation("PC");
    int64_t id = begin_log("a");

    add_observation(id, &observation);
    observation.strings = strings;
    observation.string_count = ARRAY_COUNT(strings);
    add_observation(id, &observation);
    observation.string_count = 0;
    add_observation(id, &observation);
    finish_log(id, "PC");
    casedb_close(db);
    db = NULL;
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM observation"
                                    " WHERE json_valid(strings) AND typeof(strings) = 'text'"),
                     3);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM event AS e, json_each(e.strings) AS s"
                                    " WHERE e.provider = 'P' AND s.value = 'hr=0xC004F200'"),
                     2);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT strings = '[\"hr=0xC004F200\",\"1\"]'"
                                    " FROM observation WHERE id = 1"),
                     1);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT strings LIKE '%\"\xC3\xA9\\udcff\"]'"
                                    " FROM observation WHERE id = 2"),
                     1);
    ck_assert_int_eq(ask(CASE_PATH,
                         "SELECT value = 'a \"quoted\" \\ line' || char(13, 10, 9, 1, 127)"
                         " FROM event_string WHERE observation_id = 2 AND name = 'param2'"),
                     1);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM event_string WHERE name IS NULL"), 3);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM text WHERE value = 'P'"), 1);
}
END_TEST

/* ---- Cases that cannot be used ---- */

START_TEST(schema_says_what_the_time_of_a_file_is)
{
    casedb_close(db);
    db = NULL;
    ck_assert_int_eq(ask(CASE_PATH,
                         "SELECT instr(sql, 'nanoseconds since 1970; 9223372036854775807:"
                         " before 1677-09-21 or after 2262-04-11') > 0"
                         " FROM sqlite_schema WHERE name = 'source'"),
                     1);
}
END_TEST

START_TEST(other_schema_version_is_refused)
{
    casedb_close(db);
    change(CASE_PATH, "PRAGMA user_version = 1");
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH, "schema version 1");
    ck_assert_ptr_null(db);
    change(CASE_PATH, "PRAGMA user_version = 1000");
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH,
                   "schema version 1000, and this program needs");
    ck_assert_ptr_null(db);
}
END_TEST

START_TEST(unknown_words_are_damage)
{
    struct case_source source;

    add_log("a", "PC", 1);
    derive_all();
    expect_damaged_event("UPDATE observation SET verified = 'perhaps';"
                         "UPDATE source SET status = 'perhaps' WHERE path = 'a'",
                         "observation.verified has");
    expect_failure(casedb_find_source(db, "a", &source, &err), CASE_PATH, "source.status has");
    change_case("UPDATE source SET status = 'ok', kind = 'perhaps' WHERE path = 'a'");
    expect_failure(casedb_find_source(db, "a", &source, &err), CASE_PATH, "source.kind has");
}
END_TEST

START_TEST(numbers_of_an_event_that_none_can_have_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"UPDATE observation SET event_id = 65536", "observation.event_id has"},
        {"UPDATE observation SET event_id = 1, qualifiers = 65536", "observation.qualifiers has"},
        {"UPDATE observation SET qualifiers = 4295032832", "observation.qualifiers has"},
        {"UPDATE observation SET qualifiers = 65535, level = -77", "observation.level has"},
        {"UPDATE observation SET level = 256", "observation.level has"},
        {"UPDATE observation SET level = 255, recovered = 2", "observation.recovered has"},
        {"UPDATE observation SET recovered = -1", "observation.recovered has"},
        {"UPDATE observation SET recovered = 1, offset_bytes = -1", "observation.offset_bytes has"},
        {"UPDATE observation SET offset_bytes = 0, event_filetime = 2650467744000000000",
         "observation.event_filetime has"},
    };
    struct casedb_cursor *cursor;
    struct case_observation item;

    add_log("a", "PC", 1);
    derive_all();
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        expect_damaged_event(cases[index].sql, cases[index].words);
    }
    change_case("UPDATE observation SET event_filetime = 2650467743999999999");
    must(casedb_timeline(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 1);
    ck_assert_int_eq(item.observation.qualifiers, 65535);
    ck_assert_int_eq(item.observation.level, 255);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(numbers_of_a_source_that_none_can_have_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"UPDATE source SET size_bytes = -1", "source.size_bytes has"},
        {"UPDATE source SET size_bytes = 1, record_count = -1", "source.record_count has"},
        {"UPDATE source SET record_count = 1, last_filetime = -1", "source.last_filetime has"},
    };
    struct case_source source;

    add_log("a", "PC", 1);
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        change_case(cases[index].sql);
        expect_failure(casedb_find_source(db, "a", &source, &err), CASE_PATH, cases[index].words);
    }
}
END_TEST

/* While a fresh case is filled, nothing looks at its references. */
START_TEST(references_to_what_is_not_there_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"DELETE FROM source_computer", "a row of observation refers to one of source_computer"},
        {"DELETE FROM observation; UPDATE source SET same_as = 7", "a row of source refers to"},
    };

    add_log("a", "PC", 1);
    derive_all();
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        change_case(cases[index].sql);
        derive_machines();
        expect_failure(casedb_commit_derived(db, &err), CASE_PATH, cases[index].words);
        casedb_abandon_derived(db);
    }
}
END_TEST

START_TEST(references_of_clients_to_what_is_not_there_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"DELETE FROM kms_client WHERE id = 2", "a row of observation refers to one of kms_client"},
        {"UPDATE observation SET client_id = NULL WHERE client_id = 2;"
         " UPDATE kms_client SET computer_id = 77",
         "a row of kms_client refers to one of source_computer"},
        {"UPDATE kms_client SET computer_id = 1, source_id = 77",
         "a row of kms_client refers to one of source"},
    };

    add_kms_log("a");
    derive_clients();
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        change_case(cases[index].sql);
        derive_machines();
        expect_failure(casedb_commit_derived(db, &err), CASE_PATH, cases[index].words);
        casedb_abandon_derived(db);
    }
}
END_TEST

START_TEST(clients_that_none_can_be_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"UPDATE kms_client SET request_count = -1", "kms_client.request_count has"},
        {"UPDATE kms_client SET request_count = 1, is_windows_7 = 2",
         "kms_client.is_windows_7 has"},
        {"UPDATE kms_client SET is_windows_7 = 1, last_filetime = -1",
         "kms_client.last_filetime has"},
        {"UPDATE kms_client SET last_filetime = 2650467744000000000",
         "kms_client.last_filetime has"},
    };
    struct casedb_cursor *cursor;
    struct case_client client;

    add_kms_log("a");
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        change_case(cases[index].sql);
        must(casedb_clients(db, &cursor, &err));
        expect_failure(casedb_next_client(cursor, &client, &err), CASE_PATH, cases[index].words);
        casedb_cursor_free(cursor);
    }
}
END_TEST

START_TEST(sights_that_none_can_have_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"UPDATE kms_sight SET \"before\" = 'perhaps'", "kms_sight.before has"},
        {"UPDATE kms_sight SET \"before\" = '', within = 'perhaps'", "kms_sight.within has"},
        {"UPDATE kms_sight SET within = '', \"after\" = 'perhaps'", "kms_sight.after has"},
        {"UPDATE kms_sight SET \"after\" = '', request_count = -1", "kms_sight.request_count has"},
        {"UPDATE kms_sight SET request_count = 1, first_filetime = -1",
         "kms_sight.first_filetime has"},
    };
    struct case_kms_sight sight = {.host = "KMS01",
                                   .before = LICENSING_STATUS_LICENSED,
                                   .within = LICENSING_STATUS_NOT_TOLD,
                                   .after = LICENSING_STATUS_NOT_TOLD};
    struct case_verdict verdict = {.reason = "",
                                   .codes = "",
                                   .kb971033_evidence = "",
                                   .unrelated_updates = "",
                                   .edition = "",
                                   .licence_evidence = "",
                                   .os_version = "",
                                   .kms_client_key = "",
                                   .remediation = "",
                                   .rollout_trace = ""};
    struct casedb_cursor *cursor;

    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", false, false, 0, &sight.machine_id, &err));
    verdict.machine_id = sight.machine_id;
    must(casedb_add_verdict(db, &verdict, &err));
    must(casedb_add_kms_sight(db, &sight, &err));
    must(casedb_commit_derived(db, &err));
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        change_case(cases[index].sql);
        must(casedb_kms_sights(db, &cursor, &err));
        expect_failure(casedb_next_kms_sight(cursor, &sight, &err), CASE_PATH, cases[index].words);
        casedb_cursor_free(cursor);
    }
}
END_TEST

START_TEST(strings_that_are_not_a_list_are_damage)
{
    static const char *const strings[] = {"",
                                          "[",
                                          "[\"a\"",
                                          "[\"a]",
                                          "[\"a\",]",
                                          "[\"a\"]]",
                                          "[1]",
                                          "[\"\\x\"]",
                                          "[\"\\u00\"]",
                                          "[\"\\u0000\"]",
                                          "[\"\\udc7f\"]",
                                          "[\"\\udd00\"]",
                                          "[\"a\" \"b\"]",
                                          "{}"};

    add_log("a", "PC", 1);
    derive_all();
    for (size_t index = 0; index < ARRAY_COUNT(strings); index++) {
        char *sql = memory_format("UPDATE observation SET strings = '%s'", strings[index]);

        expect_damaged_event(sql, "not a list");
        free(sql);
    }
    /* It has two names. */
    expect_damaged_event("UPDATE observation SET strings = '[\"a\"]'", "not a list");
}
END_TEST

/* A word that is not of the set, a number out of range, and a finding without its content. */
START_TEST(findings_that_none_can_be_are_damage)
{
    static const struct {
        const char *sql;
        const char *words;
    } cases[] = {
        {"UPDATE finding SET kind = 'perhaps'", "finding.kind has"},
        {"UPDATE finding SET kind = 'entry', origin = 'perhaps'", "finding.origin has"},
        {"UPDATE finding SET origin = 'dism', verified = 'perhaps'", "finding.verified has"},
        {"UPDATE finding SET verified = '', kind = 'entry'", "a finding says nothing"},
        {"UPDATE finding SET kind = 'history-row'; UPDATE finding_history_row SET status = 1 << 31",
         "finding_history_row."},
        {"UPDATE finding_history_row SET status = 1, update_id = 'KB1'", "finding_history_row."},
    };
    struct casedb_cursor *cursor;
    struct case_finding item;
    struct case_source_host host;
    int64_t machine;

    add_listing("a");
    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", true, false, 0, &machine, &err));
    must(casedb_source_hosts(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_source_host(cursor, &host, &err), 1);
    must(casedb_assign_source_host(
        db, &host, &(struct case_host_place){.machine_id = machine, .remark = "", .decides = true},
        &err));
    casedb_cursor_free(cursor);
    must(casedb_commit_derived(db, &err));
    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        change_case(cases[index].sql);
        must(casedb_machine_findings(db, machine, &cursor, &err));
        expect_failure(casedb_next_finding(cursor, &item, &err), CASE_PATH, cases[index].words);
        casedb_cursor_free(cursor);
    }
}
END_TEST

static const char *const verdict_words[] = {
    "classification",  "confidence", "review", "state",   "window_coverage", "kb971033",
    "licence_channel", "clock",      "action", "rollout", "verified",
};

START_TEST(unknown_words_of_a_verdict_are_damage)
{
    const char *column = verdict_words[_i];
    struct case_verdict verdict = {.reason = "",
                                   .codes = "",
                                   .kb971033_evidence = "",
                                   .unrelated_updates = "",
                                   .edition = "",
                                   .licence_evidence = "",
                                   .os_version = "",
                                   .kms_client_key = "",
                                   .remediation = "",
                                   .rollout_trace = ""};
    char *sql = memory_format("UPDATE verdict SET %s = 'perhaps'", column);
    char *complaint = memory_format("verdict.%s has", column);
    struct casedb_cursor *cursor;
    struct case_machine machine;

    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", true, false, 0, &verdict.machine_id, &err));
    must(casedb_add_verdict(db, &verdict, &err));
    must(casedb_commit_derived(db, &err));
    casework_reopen();
    must(casedb_machines(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_machine(cursor, &machine, &err), 1);
    casedb_cursor_free(cursor);
    change_case(sql);
    must(casedb_machines(db, &cursor, &err));
    expect_failure(casedb_next_machine(cursor, &machine, &err), CASE_PATH, complaint);
    casedb_cursor_free(cursor);
    free(complaint);
    free(sql);
}
END_TEST

/* Makes the case of one log and what `sql` makes of it, and gives it that name. */
static void make_changed_case(const char *name, const char *sql)
{
    add_log("a", "PC", 1);
    derive_all();
    casedb_close(db);
    db = NULL;
    change(CASE_PATH, sql);
    ck_assert_int_eq(mkdir("mine", 0777), 0);
    ck_assert_int_eq(rename(CASE_PATH, name), 0);
}

#define UNKNOWN_KIND "UPDATE source SET kind = 'zzz'"
#define UNKNOWN_KIND_SAYS "the case is damaged: source.kind has a value that no case has; "
#define READ_AGAIN "read the logs into a new output folder"

/* The folder is open, and so is the case in it: settling it fails with that message. */
static void expect_unsettled(struct output_directory *directory, const char *message)
{
    ck_assert_int_eq(output_directory_settle(directory, &db, &err), -1);
    ck_assert_str_eq(err.message, message);
    error_clear(&err);
    output_directory_close(directory);
}

START_TEST(damage_of_a_finished_case_names_that_and_not_its_copy)
{
    struct output_directory directory;
    bool old;

    make_changed_case("mine/case.db", UNKNOWN_KIND);
    must(output_directory_open("out", &directory, &err));
    must(output_directory_copy_case(&directory, "mine/case.db", &db, &err));
    expect_unsettled(&directory, "mine/case.db: " UNKNOWN_KIND_SAYS READ_AGAIN);
    casedb_close(db);
    ck_assert_int_eq(unlink("out/case.db.partial"), 0);
    must(output_directory_open("mine", &directory, &err));
    must(output_directory_open_case(&directory, &db, &old, &err));
    expect_unsettled(&directory, "mine/case.db: " UNKNOWN_KIND_SAYS READ_AGAIN);
}
END_TEST

/* What is in a case comes to the one that is written anew as it is, and is read of that. */
START_TEST(damage_of_a_case_written_anew_names_the_finished_one)
{
    struct output_directory directory;
    struct casedb_cursor *cursor;
    struct case_observation item;

    make_changed_case("mine/case.db", "UPDATE observation SET strings = '7'");
    must(output_directory_open("out", &directory, &err));
    must(output_directory_copy_case(&directory, "mine/case.db", &db, &err));
    must(output_directory_settle(&directory, &db, &err));
    derive_all();
    must(casedb_timeline(db, &cursor, &err));
    expect_failure(casedb_next_observation(cursor, &item, &err), "mine/case.db: the case is",
                   READ_AGAIN);
    casedb_cursor_free(cursor);
    output_directory_close(&directory);
}
END_TEST

START_TEST(a_finished_case_that_cannot_be_used_is_named)
{
    static const struct {
        const char *sql;
        const char *says;
    } cases[] = {
        {"PRAGMA user_version = 3", "mine/case.db: the case has schema version 3, "},
        {"PRAGMA application_id = 7", "mine/case.db: this is not a case: "},
        {"DROP TABLE run",
         "mine/case.db: this is not a case as this program writes them: its schema does not have "
         "run; name another, or " READ_AGAIN},
    };
    struct output_directory directory;
    struct case_settings settings;
    bool old;
    int result;

    make_changed_case("mine/case.db", cases[_i].sql);
    must(output_directory_open("mine", &directory, &err));
    result = output_directory_open_case(&directory, &db, &old, &err);
    if (result == 0)
        result = casedb_read_settings(db, &settings, &err);
    expect_failure(result, cases[_i].says, "");
    output_directory_close(&directory);
}
END_TEST

/* A run that was killed before it wrote a byte is gone on with. */
START_TEST(unfinished_case_without_a_byte_is_a_new_one)
{
    struct output_directory directory;
    struct case_settings settings;
    bool old;

    ck_assert_int_eq(mkdir("mine", 0777), 0);
    scratch_write("mine/case.db.partial", "", 0);
    casedb_close(db);
    must(output_directory_open("mine", &directory, &err));
    must(output_directory_open_case(&directory, &db, &old, &err));
    ck_assert_int_eq(casedb_read_settings(db, &settings, &err), 0);
    add_log("a", "PC", 1);
    derive_all();
    output_directory_close(&directory);
}
END_TEST

/* One that has no byte beside a finished case does not stand for that. */
START_TEST(unfinished_case_without_a_byte_does_not_hide_a_finished_one)
{
    struct output_directory directory;
    bool old;

    make_changed_case("mine/case.db", "SELECT 1");
    scratch_write("mine/case.db.partial", "", 0);
    must(output_directory_open("mine", &directory, &err));
    must(output_directory_open_case(&directory, &db, &old, &err));
    ck_assert(old);
    expect_sources("a ");
    output_directory_close(&directory);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = read_file(from, &size);

    scratch_write(to, bytes, size);
    free(bytes);
}

/* As a process that was killed leaves them: what it had written is taken in where the case is
 * worked on, and comes into no other case. */
START_TEST(sidecar_files_of_a_finished_case_are_worked_off_in_its_copy)
{
    struct output_directory directory;
    sqlite3 *sqlite = NULL;
    bool old;

    make_changed_case("mine/case.db", "SELECT 1");
    ck_assert_int_eq(sqlite3_open("mine/case.db", &sqlite), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(sqlite,
                                  "PRAGMA journal_mode = WAL; UPDATE source SET detail = 'later'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(mkdir("killed", 0777), 0);
    copy_file("mine/case.db", "killed/case.db");
    copy_file("mine/case.db-wal", "killed/case.db-wal");
    copy_file("mine/case.db", "before");
    copy_file("mine/case.db-wal", "before-wal");
    ck_assert_int_eq(
        sqlite3_exec(sqlite, "UPDATE source SET detail = 'elsewhere'", NULL, NULL, NULL),
        SQLITE_OK);
    copy_file("mine/case.db-wal", "killed/case.db.partial-wal");
    sqlite3_close(sqlite);
    must(output_directory_open("killed", &directory, &err));
    must(output_directory_open_case(&directory, &db, &old, &err));
    ck_assert(scratch_is_same("killed/case.db", "before"));
    ck_assert(scratch_is_same("killed/case.db-wal", "before-wal"));
    casedb_close(db);
    db = NULL;
    ck_assert_int_eq(ask("killed/case.db.partial", "SELECT detail = 'later' FROM source"), 1);
    output_directory_close(&directory);
}
END_TEST

/* What belongs to it would be left behind as the case is written anew. */
START_TEST(loose_references_of_a_finished_case_are_damage)
{
    struct output_directory directory;

    make_changed_case("mine/case.db", "UPDATE observation SET computer_id = 999");
    must(output_directory_open("out", &directory, &err));
    must(output_directory_copy_case(&directory, "mine/case.db", &db, &err));
    expect_unsettled(&directory, "mine/case.db: the case is damaged: a row of observation refers "
                                 "to one of source_computer that is not there; " READ_AGAIN);
}
END_TEST

START_TEST(damage_of_an_unfinished_case_names_that)
{
    struct output_directory directory;
    bool old;

    make_changed_case("mine/case.db.partial", UNKNOWN_KIND);
    must(output_directory_open("mine", &directory, &err));
    must(output_directory_open_case(&directory, &db, &old, &err));
    expect_unsettled(&directory,
                     "mine/case.db.partial: " UNKNOWN_KIND_SAYS "delete it and run again");
}
END_TEST

START_TEST(database_of_something_else_is_refused)
{
    casedb_close(db);
    change(CASE_PATH, "PRAGMA application_id = 7");
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH, "this is not a case");
    ck_assert_int_eq(unlink(CASE_PATH), 0);
    change(CASE_PATH, "CREATE TABLE theirs (x)");
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH, "this is not a case");
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM sqlite_schema"), 1);
}
END_TEST

START_TEST(file_that_is_no_database_is_refused)
{
    static const char text[] = "host,owner\r\nThese are somebody's notes and no database at all.";

    casedb_close(db);
    scratch_write(CASE_PATH, text, sizeof(text));
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH, "this is not a case");
    scratch_write(CASE_PATH, "short", 5);
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH, "this is not a case");
    ck_assert_int_eq(unlink(CASE_PATH), 0);
    ck_assert_int_eq(mkdir(CASE_PATH, 0700), 0);
    expect_failure(casedb_open(CASE_PATH, true, &db, &err), CASE_PATH, "cannot open the case");
}
END_TEST

START_TEST(missing_case_is_not_made_unasked)
{
    casedb_close(db);
    ck_assert_int_eq(unlink(CASE_PATH), 0);
    expect_failure(casedb_open(CASE_PATH, false, &db, &err), CASE_PATH, "No such file");
    ck_assert_int_ne(access(CASE_PATH, F_OK), 0);
    scratch_write(CASE_PATH, "", 0); /* what a run killed at its start leaves */
    expect_failure(casedb_open(CASE_PATH, false, &db, &err), CASE_PATH, "this is not a case");
    casework_open();
}
END_TEST

START_TEST(damaged_case_says_so)
{
    size_t size;
    char *bytes;

    add_log("a", "PC", 500);
    derive_all();
    casedb_close(db);
    bytes = read_file(CASE_PATH, &size);
    for (size_t at = size - 4096 * 8; at < size; at++) /* pages of observations */
        bytes[at] ^= 0x5A;
    scratch_write(CASE_PATH, bytes, size);
    free(bytes);
    expect_failure(casedb_open(CASE_PATH, false, &db, &err), CASE_PATH, "the case is damaged: ");
    expect_failure(casedb_open(CASE_PATH, false, &db, &err), CASE_PATH, "; delete it");
}
END_TEST

START_TEST(case_in_use_is_refused)
{
    struct casedb *second = NULL;
    int status;
    pid_t child;

    add_log("a", "PC", 1);
    expect_failure(casedb_open(CASE_PATH, false, &second, &err), CASE_PATH, "in use");
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int result = casedb_open(CASE_PATH, false, &second, &err);

        _exit(result == -1 && strstr(err.message, "in use") != NULL ? 0 : 1);
    }
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
}
END_TEST

#define OUT_OF_REACH 77

/* Runs as nobody where the test runs as root, who may write to anything: not where the folder lies
 * in one that is root's alone. */
static int write_to_read_only_case(const char *folder)
{
    char path[] = "b";
    struct source source = {.path = path};
    int64_t id;

    if (geteuid() == 0 && seteuid(65534) != 0)
        return 1;
    if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0)
        return OUT_OF_REACH;
    if (casedb_open(CASE_PATH, false, &db, &err) != 0 || find_place("a") != 1)
        return 2;
    if (casedb_begin_source(db, &source, "", &id, &err) == 0 ||
        strstr(err.message, CASE_PATH) == NULL || strstr(err.message, "cannot be written") == NULL)
        return 3;
    error_clear(&err);
    casedb_close(db);
    return 0;
}

START_TEST(read_only_case_is_read_and_not_written)
{
    char *folder;
    int status;
    pid_t child;

    add_log("a", "PC", 1);
    casedb_close(db);
    db = NULL;
    ck_assert_int_eq(chmod(CASE_PATH, 0444), 0);
    ck_assert_int_eq(chmod(".", 0755), 0);
    folder = getcwd(NULL, 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(write_to_read_only_case(folder));
    waitpid(child, &status, 0);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) == OUT_OF_REACH)
        printf("SKIP: %s is out of reach of any user but root\n", folder);
    else
        ck_assert_int_eq(WEXITSTATUS(status), 0);
    free(folder);
}
END_TEST

/* ---- Full disk ---- */

/* No file may grow above this; that is what a full disk looks like from here. */
static void limit_files(rlim_t limit_bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit_bytes == 0 ? limit.rlim_max : limit_bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Adds as many large observations; the first failure ends it. */
static int add_large_log(const char *path, int count)
{
    struct source source = {.path = (char *)path, .kind = SOURCE_KIND_EVTX};
    struct observation observation = sample_observation("PC");
    char *value = memory_allocate(50001, 1);
    struct observation_string string = {"", memset(value, 'x', 50000)};
    struct source_facts facts = {0};
    int64_t id;
    int result = casedb_begin_source(db, &source, "", &id, &err);

    observation.strings = &string;
    observation.string_count = 1;
    for (int index = 0; index < count && result == 0; index++)
        result = casedb_add_observation(db, id, &kept_all, &observation, &err);
    if (result == 0)
        result = casedb_finish_source(db, id, &facts, 0, &err);
    free(value);
    return result;
}

START_TEST(full_disk_costs_only_the_open_source)
{
    add_log("a", "PC", 2);
    limit_files(400000);
    expect_failure(add_large_log("b", 100), CASE_PATH, "File too large");
    casedb_abandon_source(db);
    ck_assert_int_eq(find_place("a"), 1);
    ck_assert_int_eq(find_place("b"), 0);
    expect_failure(add_large_log("b", 1000), CASE_PATH, "run again"); /* more than the cache */
    casework_reopen();
    limit_files(0);
    expect_sources("a ");
    must(add_large_log("b", 100));
    derive_all();
    casedb_close(db);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) FROM observation"), 102);
    ck_assert_int_eq(ask(CASE_PATH, "SELECT count(*) = 1 AND max(integrity_check) = 'ok'"
                                    " FROM pragma_integrity_check"),
                     1);
    casework_open();
}
END_TEST

START_TEST(full_disk_leaves_no_half_case)
{
    static const char path[] = "copy";
    struct casedb *other;

    bool moved;

    must(add_large_log("b", 100));
    must(add_large_log("a", 1));
    ck_assert(casework_settle("first"));
    add_log("a", "PC", 1); /* there is room for that where the other was */
    casedb_close(db);
    must(casedb_open("first", false, &db, &err));
    limit_files(8192);
    expect_failure(casedb_settle(&db, path, &moved, &err), path, "run again");
    ck_assert_int_ne(access(path, F_OK), 0);
    expect_failure(casedb_open(path, true, &other, &err), path, "run again");
    ck_assert_int_ne(access(path, F_OK), 0);
    expect_sources("a b ");
    limit_files(0);
    ck_assert(casework_settle(path));
}
END_TEST

START_TEST(full_disk_does_not_seal_a_case)
{
    bool moved;

    must(add_large_log("a", 10));
    must(casedb_settle(&db, "other", &moved, &err));
    ck_assert(!moved);
    limit_files(200000);
    expect_failure(casedb_seal(db, &err), CASE_PATH, "run again");
    limit_files(0);
    expect_sources("a ");
    must(casedb_seal(db, &err));
    expect_one_file();
}
END_TEST

/* No kind of source gives both now; the order of their rows would not be told by the case. */
START_TEST(source_of_events_and_findings_is_written_anew)
{
    struct observation observation = sample_observation("PC");

    for (int run = 0; run < 2; run++) {
        int64_t id = begin_log("a");
        const struct finding finding = sample_finding(FINDING_ENTRY);

        if (run == 0)
            add_observation(id, &observation);
        must(casedb_add_finding(db, id, &finding, &err));
        if (run == 1)
            add_observation(id, &observation);
        finish_log(id, "PC");
        ck_assert(casework_settle("other"));
        derive_all();
        must(casedb_seal(db, &err));
        casedb_close(db);
        ck_assert_int_eq(rename("other", run == 0 ? "one" : "two"), 0);
        ck_assert_int_eq(unlink(CASE_PATH), 0);
        casework_open();
    }
    ck_assert(scratch_is_same("one", "two"));
}
END_TEST

static Suite *casefile_suite(void)
{
    Suite *suite = suite_create("casefile");
    TCase *cases = tcase_create("casefile");

    tcase_add_checked_fixture(cases, casework_begin, casework_end);
    tcase_add_test(cases, killed_process_leaves_whole_sources);
    tcase_add_test(cases, case_written_in_order_is_kept_as_it_is);
    tcase_add_test(cases, equal_content_gives_equal_bytes);
    tcase_add_test(cases, clients_of_kms_hosts_give_equal_bytes_in_any_order);
    tcase_add_test(cases, case_that_was_gone_on_with_has_equal_bytes);
    tcase_add_test(cases, case_written_anew_is_the_same_case);
    tcase_add_loop_test(cases, what_is_replaced_leaves_no_rows_behind, 0, 2);
    tcase_add_test(cases, closed_case_is_one_file);
    tcase_add_test(cases, reading_does_not_change_a_byte);
    tcase_add_test(cases, tables_tell_a_person_what_they_are);
    tcase_add_test(cases, strings_are_read_with_json_each);
    tcase_add_test(cases, schema_says_what_the_time_of_a_file_is);
    tcase_add_test(cases, other_schema_version_is_refused);
    tcase_add_test(cases, numbers_of_an_event_that_none_can_have_are_damage);
    tcase_add_test(cases, numbers_of_a_source_that_none_can_have_are_damage);
    tcase_add_test(cases, references_to_what_is_not_there_are_damage);
    tcase_add_test(cases, references_of_clients_to_what_is_not_there_are_damage);
    tcase_add_test(cases, clients_that_none_can_be_are_damage);
    tcase_add_test(cases, sights_that_none_can_have_are_damage);
    tcase_add_test(cases, strings_that_are_not_a_list_are_damage);
    tcase_add_test(cases, unknown_words_are_damage);
    tcase_add_test(cases, findings_that_none_can_be_are_damage);
    tcase_add_loop_test(cases, unknown_words_of_a_verdict_are_damage, 0,
                        ARRAY_COUNT(verdict_words));
    tcase_add_test(cases, damage_of_a_finished_case_names_that_and_not_its_copy);
    tcase_add_test(cases, damage_of_a_case_written_anew_names_the_finished_one);
    tcase_add_loop_test(cases, a_finished_case_that_cannot_be_used_is_named, 0, 3);
    tcase_add_test(cases, damage_of_an_unfinished_case_names_that);
    tcase_add_test(cases, unfinished_case_without_a_byte_is_a_new_one);
    tcase_add_test(cases, unfinished_case_without_a_byte_does_not_hide_a_finished_one);
    tcase_add_test(cases, sidecar_files_of_a_finished_case_are_worked_off_in_its_copy);
    tcase_add_test(cases, loose_references_of_a_finished_case_are_damage);
    tcase_add_test(cases, database_of_something_else_is_refused);
    tcase_add_test(cases, file_that_is_no_database_is_refused);
    tcase_add_test(cases, missing_case_is_not_made_unasked);
    tcase_add_test(cases, damaged_case_says_so);
    tcase_add_test(cases, case_in_use_is_refused);
    tcase_add_test(cases, read_only_case_is_read_and_not_written);
    tcase_add_test(cases, full_disk_costs_only_the_open_source);
    tcase_add_test(cases, full_disk_leaves_no_half_case);
    tcase_add_test(cases, full_disk_does_not_seal_a_case);
    tcase_add_test(cases, source_of_events_and_findings_is_written_anew);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(casefile_suite());
}
