/* SPDX-License-Identifier: Apache-2.0 */
/* Checks cases that come from elsewhere and mean harm: each is refused or harmless, says why in one
 * line, and stays as it is, byte for byte, with nothing made beside it. */
#include <check.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "case/casedb.h"
#include "fixtures/layout.h"
#include "reported.h"
#include "run.h"
#include "scratch.h"

#define GIVEN "given/case.db"

static void make_sound(void)
{
    scratch_begin();
    reported_make_case("sound");
}

static void clear(void)
{
    ck_assert_int_eq(system("rm -rf given out"), 0);
    ck_assert_int_eq(mkdir("given", 0777), 0);
}

/* ---- What is given ---- */

static void copy_file(const char *from, const char *to)
{
    struct stat status;
    char *bytes = scratch_read(from);

    ck_assert_int_eq(stat(from, &status), 0);
    scratch_write(to, bytes, (size_t)status.st_size);
    free(bytes);
}

/* Gives a copy of the sound case, changed so. */
static void give(const char *sql)
{
    sqlite3 *sqlite = NULL;
    char *why = NULL;

    copy_file("sound/case.db", GIVEN);
    ck_assert_int_eq(sqlite3_open(GIVEN, &sqlite), SQLITE_OK);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    ck_assert_msg(sqlite3_exec(sqlite, sql, NULL, NULL, &why) == SQLITE_OK, "%s: %s", sql, why);
    sqlite3_close(sqlite);
}

/* What lies in the folder: names, and of files their sizes; owned. */
static char *list(const char *folder)
{
    struct dirent **entries;
    struct text names = {0};
    int count = scandir(folder, &entries, NULL, alphasort);

    ck_assert_int_ge(count, 0);
    for (int index = 0; index < count; index++) {
        text_add_format(&names, "%s ", entries[index]->d_name);
        free(entries[index]);
    }
    free(entries);
    return text_take(&names);
}

/* `report` refuses what is given, in one line with these words, and `analyze`, where it is asked
 * for, too; and nothing changes. */
static void expect_refused(const char *words, bool by_analyze)
{
    char *before = list("given"), *after, *said;
    bool is_file = access(GIVEN, F_OK) == 0 && strstr(words, "not a regular") == NULL &&
                   strstr(words, "a link") == NULL && strstr(words, "this folder") == NULL;

    if (is_file)
        copy_file(GIVEN, "before");
    ck_assert_int_eq(REPORTED(report_command, &said, (char *)"-o", (char *)"out", (char *)GIVEN),
                     EXIT_STATUS_NOTHING_DONE);
    ck_assert_msg(strstr(said, words) != NULL && strchr(said, '\n') == NULL, "no %s: %s", words,
                  said);
    ck_assert_msg(strstr(said, GIVEN) != NULL, "no path: %s", said);
    ck_assert(!scratch_exists("out"));
    free(said);
    if (by_analyze) {
        ck_assert_int_eq(
            REPORTED(analyze_command, &said, (char *)"-o", (char *)"given", (char *)"sound"),
            EXIT_STATUS_NOTHING_DONE);
        ck_assert_msg(strstr(said, "given") != NULL && strchr(said, '\n') == NULL, "%s", said);
        free(said);
    }
    if (is_file)
        ck_assert(scratch_is_same(GIVEN, "before"));
    after = list("given");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}

static void take_away(void)
{
    if (rmdir(GIVEN) != 0)
        ck_assert_int_eq(unlink(GIVEN), 0);
}

/* ---- Schemas ---- */

#define SCHEMA_OF "UPDATE sqlite_schema SET sql = replace(sql, "

/* Each with what is said of it. */
static const struct {
    const char *sql;
    const char *words;
} changed[] = {
    {"CREATE TRIGGER mine AFTER INSERT ON machine BEGIN DELETE FROM observation; END",
     "its schema has another mine"},
    {"CREATE TRIGGER mine BEFORE DELETE ON verdict BEGIN SELECT RAISE(IGNORE); END",
     "its schema has another mine"},
    {"ALTER TABLE run_input RENAME TO kept; CREATE VIEW run_input AS SELECT * FROM kept",
     "its schema has another kept"},
    {"DROP TABLE run_input; CREATE VIEW run_input AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
     " SELECT x + 1 FROM n) SELECT x AS position, 'p' AS path FROM n",
     "its schema has another run_input"},
    {"DROP VIEW event; CREATE VIEW event AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
     " SELECT x + 1 FROM n) SELECT x FROM n",
     "its schema has another event"},
    {"ALTER TABLE run ADD COLUMN mine TEXT AS (hex(zeroblob(1000))) VIRTUAL",
     "its schema has another run"},
    {"ALTER TABLE source ADD COLUMN mine TEXT DEFAULT 'x'", "its schema has another source"},
    {"CREATE VIRTUAL TABLE mine USING fts5(x)", "its schema has another mine"},
    {"CREATE TABLE mine (x)", "its schema has another mine"},
    {"CREATE INDEX mine ON run(abs(id))", "its schema has another mine"},
    {"ANALYZE", "its schema has another sqlite_stat1"},
    {"DROP TABLE run", "its schema does not have run"},
    {"DROP VIEW event", "its schema does not have event"},
    {"PRAGMA writable_schema = ON; " SCHEMA_OF "'TEXT NOT NULL', 'TEXT') WHERE name = 'source'",
     "its schema has another source"},
    {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE source(' WHERE"
     " name = 'source'",
     "the case is damaged"},
    {"PRAGMA user_version = 7", "the case has schema version 7"},
    {"PRAGMA user_version = -1", "the case has schema version -1"},
    {"PRAGMA application_id = 1", "this is not a case"},
    {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM"
     " sqlite_schema WHERE name = 'run') WHERE name = 'run_input'",
     "the case is damaged"},
    {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 4000000000 WHERE name ="
     " 'run_input'",
     "the case is damaged"},
    /* Values of other types, which a table that is not STRICT takes. */
    {"PRAGMA writable_schema = ON; " SCHEMA_OF "') STRICT', ')') WHERE name = 'run';"
     "PRAGMA writable_schema = RESET; UPDATE run SET window_start_filetime = 'soon';"
     "PRAGMA writable_schema = ON;"
     "UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'run'",
     "the case is damaged"},
    {"UPDATE source SET detail = CAST(hex(zeroblob(40000000)) AS TEXT) WHERE id = 1",
     "the case is damaged"},
    {"UPDATE source SET detail = 'a' || char(0) || 'b'", "source.detail has a value that no case"},
    {"UPDATE source SET kind = 'zzz'", "source.kind has a value that no case has"},
    {"UPDATE source SET record_count = -1", "source.record_count has a value that no case has"},
    {"UPDATE run SET window_end_filetime = -1", "run.window_end_filetime has a value"},
    {"UPDATE run SET window_start_filetime = window_end_filetime + 1",
     "its window does not end after"},
    {"UPDATE run SET window_start_filetime = 0", "its window does not end after"},
    {"UPDATE observation SET level = 70000", "observation.level has a value that no case has"},
    {"UPDATE observation SET strings = '[1, {}]'", "the strings of an observation are not a list"},
    {"UPDATE observation SET computer_id = 999999", "refers to one of source_computer that is not"},
    {"DELETE FROM source WHERE id = 1", "that is not there"},
    {"INSERT INTO inventory_column VALUES (0, 'a'), (1, 'b'), (2, 'c');"
     "INSERT INTO inventory_host (id, host, folded_host) VALUES (1, 'PC', 'pc')",
     "a host of the inventory has not a value a column"},
};

START_TEST(changed_case_is_refused)
{
    for (size_t index = 0; index < ARRAY_COUNT(changed); index++) {
        give(changed[index].sql);
        expect_refused(changed[index].words, index % 6 == 0);
        take_away();
    }
}
END_TEST

/* ---- Files ---- */

START_TEST(what_is_not_a_regular_file_is_refused)
{
    ck_assert_int_eq(mkfifo(GIVEN, 0600), 0);
    expect_refused("not a regular file", true);
    take_away();
    ck_assert_int_eq(mkdir(GIVEN, 0700), 0);
    expect_refused("no case.db in this folder", true);
    take_away();
    ck_assert_int_eq(symlink("../sound/case.db", GIVEN), 0);
    expect_refused("a link, which is not followed", true);
    take_away();
    ck_assert_int_eq(symlink("/dev/zero", GIVEN), 0);
    expect_refused("a link, which is not followed", true);
    take_away();
}
END_TEST

START_TEST(device_is_refused)
{
    char *said;

    ck_assert_int_eq(
        REPORTED(report_command, &said, (char *)"-o", (char *)"out", (char *)"/dev/zero"),
        EXIT_STATUS_NOTHING_DONE);
    ck_assert_msg(strstr(said, "/dev/zero: cannot open the case: it is not a regular") != NULL,
                  "%s", said);
    free(said);
}
END_TEST

START_TEST(case_below_a_linked_folder_is_read)
{
    give("SELECT 1");
    ck_assert_int_eq(symlink("given", "linked"), 0);
    ck_assert_int_ne(
        REPORTED(report_command, NULL, (char *)"-o", (char *)"out", (char *)"linked/case.db"),
        EXIT_STATUS_NOTHING_DONE);
    ck_assert(scratch_is_same("out/hosts.csv", "sound/hosts.csv"));
}
END_TEST

START_TEST(cut_case_is_refused)
{
    struct stat status;

    ck_assert_int_eq(stat("sound/case.db", &status), 0);
    for (off_t size = 4096; size < status.st_size; size += status.st_size / 7) {
        copy_file("sound/case.db", GIVEN);
        ck_assert_int_eq(truncate(GIVEN, size), 0);
        expect_refused("damaged", false);
        take_away();
    }
}
END_TEST

#define PAGE_BYTES 4096

static void store(uint8_t *at, uint32_t number)
{
    for (size_t byte = 0; byte < 4; byte++)
        at[byte] = (uint8_t)(number >> (24 - 8 * byte));
}

/* Makes an inner page of a table whose 300 children are all the one page. */
static void make_inner_page(uint8_t *page, uint32_t child)
{
    size_t first = PAGE_BYTES - 300 * 5;

    memset(page, 0, PAGE_BYTES);
    page[0] = 0x05;
    page[3] = 300 >> 8;
    page[4] = 300 & 0xFF;
    page[5] = (uint8_t)(first >> 8);
    page[6] = (uint8_t)first;
    store(page + 8, child);
    for (size_t cell = 0; cell < 300; cell++) {
        size_t at = first + 5 * cell;

        page[12 + 2 * cell] = (uint8_t)(at >> 8);
        page[13 + 2 * cell] = (uint8_t)at;
        store(page + at, child);
        page[at + 4] = 1;
    }
}

/* Makes a leaf with a row of the schema that may come again and again: that of an index that a
 * constraint makes, which names its first page. */
static void make_leaf(uint8_t *page, uint32_t root)
{
    static const char row[] = "\x06\x17\x3f\x19\x04\x00"
                              "indexsqlite_autoindex_source_1source";
    size_t length = sizeof(row) - 1 + 4, at = PAGE_BYTES - length - 2;

    memset(page, 0, PAGE_BYTES);
    page[0] = 0x0D;
    page[4] = 1;
    page[5] = page[8] = (uint8_t)(at >> 8);
    page[6] = page[9] = (uint8_t)at;
    page[at] = (uint8_t)length;
    page[at + 1] = 1; /* rowid */
    memcpy(page + at + 2, row, sizeof(row) - 1);
    store(page + at + 2 + sizeof(row) - 1, root);
}

static uint32_t ask(const char *path, const char *sql)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *statement = NULL;
    uint32_t answer;

    ck_assert_int_eq(sqlite3_open(path, &sqlite), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    answer = (uint32_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    return answer;
}

/* Pages that lead to each other: 300 to the power of 15 rows of a schema. */
#define PAGES_ADDED 16
START_TEST(schema_without_an_end_is_refused)
{
    uint32_t root = ask("sound/case.db", "SELECT rootpage FROM sqlite_schema"
                                         " WHERE name = 'sqlite_autoindex_source_1'");
    uint32_t count = ask("sound/case.db", "PRAGMA page_count");
    size_t size_bytes = (size_t)(count + PAGES_ADDED) * PAGE_BYTES;
    uint8_t *bytes = (uint8_t *)scratch_read("sound/case.db"), *added;

    bytes = memory_resize(bytes, size_bytes, 1);
    added = bytes + (size_t)count * PAGE_BYTES;
    make_leaf(added, root);
    for (uint32_t page = 1; page < PAGES_ADDED; page++)
        make_inner_page(added + (size_t)page * PAGE_BYTES, count + page);
    ck_assert_int_eq(bytes[100], 0x05); /* the schema has several pages: this is behind the last */
    store(bytes + 108, count + PAGES_ADDED);
    store(bytes + 28, count + PAGES_ADDED);
    scratch_write(GIVEN, bytes, size_bytes);
    free(bytes);
    expect_refused("reading it finds no end", false);
}
END_TEST

/* ---- What lies beside it ---- */

/* What a process that was killed had committed counts, and is taken in where the copy is. */
START_TEST(write_ahead_log_is_read_and_left)
{
    sqlite3 *sqlite = NULL;
    char *hosts;

    copy_file("sound/case.db", "work.db");
    ck_assert_int_eq(sqlite3_open("work.db", &sqlite), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(sqlite,
                                  "PRAGMA journal_mode = WAL;"
                                  "UPDATE source SET detail = 'said later'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    copy_file("work.db", GIVEN);
    copy_file("work.db-wal", GIVEN "-wal");
    copy_file("work.db-wal", "wal.before");
    copy_file(GIVEN, "before");
    sqlite3_close(sqlite);
    ck_assert_int_ne(REPORTED(report_command, NULL, (char *)"-o", (char *)"out", (char *)GIVEN),
                     EXIT_STATUS_NOTHING_DONE);
    ck_assert(scratch_is_same(GIVEN, "before"));
    ck_assert(scratch_is_same(GIVEN "-wal", "wal.before"));
    ck_assert(!scratch_exists(GIVEN "-shm"));
    ck_assert(!scratch_exists("out/case.db-wal"));
    hosts = scratch_read("out/sources.csv");
    ck_assert_ptr_nonnull(strstr(hosts, "said later"));
    free(hosts);
}
END_TEST

/* Writes a journal that names `victim` as that of a transaction over several databases. Layout:
 * "The Database File Format", section 3. */
static void write_journal(const char *path, const char *victim)
{
    static const uint8_t magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    size_t length = strlen(victim), at = 512;
    uint8_t *bytes = memory_allocate(1, 1024 + length);
    uint32_t sum = 0;
    struct stat status;
    const uint32_t head[] = {0, 0, 0, 512, PAGE_BYTES};

    ck_assert_int_eq(stat("sound/case.db", &status), 0);
    memcpy(bytes, magic, sizeof(magic));
    for (size_t index = 0; index < ARRAY_COUNT(head); index++)
        store(bytes + 8 + 4 * index,
              index == 2 ? (uint32_t)(status.st_size / PAGE_BYTES) : head[index]);
    bytes[at + 1] = 4; /* 0x40000000 / 4096 + 1 */
    bytes[at + 3] = 1;
    memcpy(bytes + at + 4, victim, length);
    for (size_t index = 0; index < length; index++)
        sum += (uint32_t)victim[index];
    at += 4 + length;
    store(bytes + at, (uint32_t)length);
    store(bytes + at + 4, sum);
    memcpy(bytes + at + 8, magic, sizeof(magic));
    scratch_write(path, bytes, at + 16);
    free(bytes);
}

START_TEST(journal_of_several_databases_deletes_nothing)
{
    struct casedb *db = NULL;
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};

    scratch_write("victim", "somebody's work", 15);
    copy_file("sound/case.db", GIVEN);
    write_journal(GIVEN "-journal", "victim");
    expect_refused("it is the journal of several databases", true);
    ck_assert(scratch_exists("victim"));
    copy_file(GIVEN, GIVEN ".partial");
    write_journal(GIVEN ".partial-journal", "victim");
    ck_assert_int_eq(casedb_open(GIVEN ".partial", true, &db, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.message, "it is the journal of several databases"));
    error_clear(&err);
    ck_assert(scratch_exists("victim"));
}
END_TEST

START_TEST(sidecar_that_is_not_a_file_is_refused)
{
    copy_file("sound/case.db", GIVEN);
    ck_assert_int_eq(symlink("../sound/hosts.csv", GIVEN "-wal"), 0);
    expect_refused("a link, which is not followed", true);
    ck_assert_int_eq(unlink(GIVEN "-wal"), 0);
    ck_assert_int_eq(mkfifo(GIVEN "-journal", 0600), 0);
    expect_refused("not a regular file", true);
}
END_TEST

static Suite *hostile_suite(void)
{
    Suite *suite = suite_create("hostile case");
    TCase *tests = tcase_create("hostile case");

    tcase_add_unchecked_fixture(tests, make_sound, scratch_end);
    tcase_add_checked_fixture(tests, clear, NULL);
    tcase_add_test(tests, changed_case_is_refused);
    tcase_add_test(tests, what_is_not_a_regular_file_is_refused);
    tcase_add_test(tests, device_is_refused);
    tcase_add_test(tests, case_below_a_linked_folder_is_read);
    tcase_add_test(tests, cut_case_is_refused);
    tcase_add_test(tests, schema_without_an_end_is_refused);
    tcase_add_test(tests, write_ahead_log_is_read_and_left);
    tcase_add_test(tests, journal_of_several_databases_deletes_nothing);
    tcase_add_test(tests, sidecar_that_is_not_a_file_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(hostile_suite());
}
