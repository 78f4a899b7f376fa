/* SPDX-License-Identifier: Apache-2.0 */
/* Files on their way into the case, with a reader made for tests. It reads files that begin like a
 * log in parts of 64 KiB, and does with each part what the letter at its byte 8 says. */
#include <check.h>
#include <fcntl.h>
#include <libesedb.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ingest.h"
#include "base/filetime.h"
#include "base/memory.h"
#include "casework.h"
#include "ese/datastore.h"
#include "fixtures/ese_writer.h"
#include "hive/hive.h"
#include "run.h"
#include "scratch.h"
#include "text/text_reader.h"

#define PART_BYTES 65536
#define LETTER_OFFSET 8

static bool crashes = true; /* does the letter C do what it says? */

/* ---- The reader ---- */

static uint64_t count_parts(uint64_t size_bytes)
{
    return size_bytes <= PART_BYTES ? 1 : (size_bytes + PART_BYTES - 1) / PART_BYTES;
}

/* Says observations whose numbers go on from part to part. */
static void say(const struct sink *sink, uint64_t part, uint64_t count, size_t value_bytes)
{
    char *value = memory_allocate(value_bytes + 1, 1);
    struct observation_string string = {"", value};
    struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                      .event_id = 8209,
                                      .qualifiers = OBSERVATION_ABSENT,
                                      .level = OBSERVATION_ABSENT,
                                      .channel = "Application",
                                      .computer = "PC",
                                      .user_sid = "",
                                      .strings = &string,
                                      .string_count = 1};

    memset(value, 'x', value_bytes);
    for (uint64_t index = 0; index < count; index++) {
        observation.record_number = part * PART_BYTES + index;
        observation.record_id = observation.record_number;
        observation.offset_bytes = observation.record_number;
        sink->observation(sink->context, incident_find_event(observation.provider, 8209),
                          &observation, NULL);
    }
    free(value);
}

/* Has the hash made of another file: of that with a full stop for its letter. */
static void lie(int descriptor, const struct byte_sink *sink)
{
    char *bytes = memory_allocate(1, PART_BYTES);

    (void)!pread(descriptor, bytes, PART_BYTES, 0);
    bytes[LETTER_OFFSET] = '.';
    if (sink != NULL)
        sink->take(sink->context, bytes, PART_BYTES);
    free(bytes);
}

static int read_part(const struct source *source, int descriptor, uint64_t part,
                     const struct reader_options *options, const struct sink *sink,
                     struct source_facts *facts, struct error *reader_err)
{
    uint64_t start = part * PART_BYTES;
    char letter = 0;
    int grown;

    (void)pread(descriptor, &letter, 1, (off_t)(start + LETTER_OFFSET));
    switch (letter) {
    case 'c': /* crashes with libevtx */
    case 'C': /* crashes always */
        say(sink, part, 1, 8);
        if (crashes && (letter == 'C' || !options->skip_reference))
            raise(SIGKILL);
        say(sink, part, 0, 8);
        break;
    case 'F': /* a flood: more than is gathered at a time */
        say(sink, part, 3000, 200);
        break;
    case 'H':
        lie(descriptor, options->byte_sink);
        say(sink, part, 5, 8);
        break;
    case 'U':
        return error_set(reader_err, ERROR_SOURCE, start, "a broken disk");
    case 'G': /* the file grows meanwhile */
        grown = open(source->path, O_WRONLY | O_APPEND);
        (void)!write(grown, "x", 1);
        close(grown);
        break;
    default:
        say(sink, part, 2, 8);
    }
    facts->record_count = 1;
    source_facts_computer(facts, "PC")->record_count = 1;
    source_facts_add_detail(facts, "p%llu", (unsigned long long)part);
    return 0;
}

static void finish(struct source_facts *facts)
{
    source_facts_finish(facts, "libevtx");
}

static const struct reader test_reader = {
    .count_parts = count_parts,
    .read_part = read_part,
    .join = source_facts_join,
    .finish = finish,
    .reference = "libevtx",
};
static const struct reader *const readers[READER_COUNT] = {[READER_LOG] = &test_reader,
                                                           [READER_CARVE] = &test_reader,
                                                           [READER_DATASTORE] = &datastore_reader,
                                                           [READER_HIVE] = &hive_reader,
                                                           [READER_TEXT] = &text_reader};
static const struct reader *const carving[READER_COUNT] = {[READER_LOG] = &test_reader,
                                                           [READER_CARVE] = &test_reader,
                                                           [READER_TEXT] = &ingest_image_reader};

/* Stands before that of the library: whoever asks libesedb crashes. */
int libesedb_file_initialize(libesedb_file_t **file, libesedb_error_t **cause)
{
    (void)file;
    (void)cause;
    raise(SIGKILL);
    return -1;
}

/* ---- The fixture ---- */

static struct options options;

static void begin(void)
{
    casework_begin();
    options = (struct options){.window = incident_window,
                               .limits = unpack_default_limits,
                               .sandbox = sandbox_default,
                               .hash = true,
                               .jobs = 2,
                               .quiet = true};
    ck_assert_int_eq(mkdir("in", 0777), 0);
}

/* Writes a file of as many parts as there are letters. */
static void write_parts(const char *path, const char *letters)
{
    size_t count = strlen(letters);
    char *bytes = memory_allocate(count, PART_BYTES);

    memcpy(bytes, "ElfFile", 7);
    for (size_t part = 0; part < count; part++)
        bytes[part * PART_BYTES + LETTER_OFFSET] = letters[part];
    scratch_write(path, bytes, count * PART_BYTES);
    free(bytes);
}

static void read_input(void)
{
    const char *inputs[] = {"in"};
    struct walk walk;

    walk_collect(inputs, 1, NULL, false, &walk);
    ck_assert_msg(ingest_run_with(options.carve ? carving : readers, db, &walk, &options, &err) ==
                      0,
                  "%s", err.message);
    walk_free_content(&walk);
}

/* Returns owned what the statement, which gives one text, says of the case. */
static char *ask(const char *sql)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *statement = NULL;
    const unsigned char *text;
    char *answer;

    casedb_close(db);
    ck_assert_int_eq(sqlite3_open(CASE_PATH, &sqlite), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(sqlite));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    text = sqlite3_column_text(statement, 0);
    answer = memory_copy_text(text != NULL ? (const char *)text : "");
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
    casework_open();
    return answer;
}

static void expect(const char *sql, const char *expected)
{
    char *found = ask(sql);

    ck_assert_str_eq(found, expected);
    free(found);
}

#define SOURCES "SELECT group_concat(status || ': ' || detail, '|') FROM source"
#define OBSERVATIONS                                                                          \
    "SELECT group_concat(format('%d.%d', record_number / 65536, record_number % 65536), ' ')" \
    " FROM observation"
#define OBSERVATION_COUNT "SELECT count(*) FROM observation"

/* ---- Parts ---- */

/* Equal bytes, whatever the number of readers. */
START_TEST(the_case_does_not_depend_on_the_number_of_readers)
{
    static const size_t jobs[] = {1, 2, 7};

    write_parts("in/a", ".....F..F......c....C.......................");
    write_parts("in/b", "F");
    write_parts("in/c", "F"); /* a copy */
    write_parts("in/d", "U");
    write_parts("in/e", "..U.");
    scratch_write("in/f", "text", 4);
    scratch_write("in/h", "HotFixID\nKB971033\n\n", 19);
    scratch_write("in/i", "HotFixID\nKB971033\n\n", 19);
    scratch_write("in/j", "\1\2\3\4", 4);
    for (size_t index = 0; index < 12; index++) {
        char *path = memory_format("in/g%02zu", index);

        write_parts(path, index % 3 == 0 ? "." : "..");
        free(path);
    }
    options.hash = _i == 0;
    for (size_t index = 0; index < ARRAY_COUNT(jobs); index++) {
        static char first[] = "first.db", next[] = "next.db";

        options.jobs = jobs[index];
        read_input();
        casework_keep("other.db", index == 0 ? first : next);
        if (index > 0) {
            ck_assert(scratch_is_same(first, next));
            ck_assert_int_eq(unlink(next), 0);
        }
        casework_open();
    }
}
END_TEST

START_TEST(parts_are_joined_in_order_and_hashed_as_a_whole)
{
    write_parts("in/a", "....");
    read_input();
    expect(SOURCES, "ok: p0; p1; p2; p3");
    expect(OBSERVATIONS, "0.0 0.1 1.0 1.1 2.0 2.1 3.0 3.1");
    expect("SELECT record_count FROM source_computer", "4");
    /* `sha256sum` of the file */
    expect("SELECT sha256 FROM source",
           "ab1f45d85729cab0fd8fabac22e7ed6f8b977f3d43dbaa289e10a6b7446aebec");
}
END_TEST

/* ---- Crashes ---- */

START_TEST(a_part_that_ends_its_reader_twice_is_given_up_and_the_others_kept)
{
    write_parts("in/a", "..C.");
    read_input();
    expect(SOURCES, "crashed: p0; p1; part 3 of 4: its reader process ended twice (signal 9, "
                    "Killed), so it was given up and what lies beside it was kept, and the "
                    "same command tries again; p3");
    expect(OBSERVATIONS, "0.0 0.1 1.0 1.1 3.0 3.1");
    crashes = false;
    read_input();
    crashes = true;
    expect(SOURCES, "ok: p0; p1; p2; p3");
    expect(OBSERVATIONS, "0.0 0.1 1.0 1.1 2.0 3.0 3.1");
}
END_TEST

START_TEST(a_part_that_ends_its_reader_with_libevtx_is_read_without)
{
    write_parts("in/a", "c");
    read_input();
    expect(SOURCES, "crashed: p0; its reader process ended (signal 9, Killed), it seems by "
                    "libevtx: read again without that, so nothing in it is verified");
    expect(OBSERVATIONS, "0.0");
    expect("SELECT length(sha256) FROM source", "64");
}
END_TEST

START_TEST(a_database_that_ends_its_reader_with_libesedb_is_read_without)
{
    struct ese_history_row rows[] = {
        {.id_event = 1, .status = 1, .title.text = "Update for Windows 7 (KB971033)"},
        {.id_event = 2, .status = 1, .title.text = "KB4480970"},
        {.id_event = 3, .status = 1, .title.text = "another"},
    };
    struct ese_image *image = ese_write_datastore(rows, ARRAY_COUNT(rows), NULL);

    ck_assert_int_eq(ese_image_write(image, "in/a"), 0);
    read_input();
    expect(SOURCES, "crashed: its reader process ended (signal 9, Killed), it seems by libesedb: "
                    "read again without that, so nothing in it is verified");
    expect("SELECT group_concat(kind || ' ' || place || ' ' || verified, '|') FROM finding",
           "history-row 2 no|history-row 1 no|history 0 ");
    ese_image_free(image);
}
END_TEST

START_TEST(of_many_crashes_the_first_are_named)
{
    char *detail;

    write_parts("in/a", "CCCCCCCCCCCC");
    read_input();
    detail = ask(SOURCES);
    ck_assert_ptr_nonnull(strstr(detail, "part 8 of 12: "));
    ck_assert_ptr_null(strstr(detail, "part 9 of 12: "));
    ck_assert_ptr_nonnull(strstr(detail, "; and 4 more such parts"));
    free(detail);
}
END_TEST

/* ---- What cannot be read ---- */

START_TEST(a_source_of_which_no_part_can_be_read_is_unreadable_and_says_so_once)
{
    write_parts("in/a", "U");
    write_parts("in/b", "UU");
    write_parts("in/c", ".U");
    read_input();
    expect(SOURCES, "unreadable: a broken disk|unreadable: a broken disk|"
                    "damaged: at byte 65536: a broken disk; p0");
}
END_TEST

START_TEST(a_file_that_changes_while_it_is_read_is_damaged)
{
    options.sandbox.is_off = true; /* it is the reader that changes it */
    write_parts("in/a", "G");
    read_input();
    expect(SOURCES, "damaged: at byte 0: the file was changed while it was read; p0");
}
END_TEST

/* ---- What is there already ---- */

/* Of more observations than are gathered, some were put into the case already. */
START_TEST(copies_count_once_however_much_is_in_them)
{
    write_parts("in/a", "F.");
    write_parts("in/b", "F.");
    write_parts("in/c", ".");
    write_parts("in/d", ".");
    read_input();
    expect(OBSERVATION_COUNT, "3004");
    expect("SELECT group_concat(coalesce(same_as, 0)) FROM (SELECT * FROM source ORDER BY id)",
           "0,1,0,3");
    expect("SELECT count(distinct sha256) FROM source", "2");
}
END_TEST

#define SAME_AS "SELECT group_concat(coalesce(same_as, 0)) FROM (SELECT * FROM source ORDER BY id)"

/* A reader that was taken over says that its file has the hash of another. */
START_TEST(a_lying_hash_hides_nothing)
{
    write_parts("in/a", "H");
    write_parts("in/b", ".");
    write_parts("in/c", ".");
    read_input();
    expect(SAME_AS, "0,0,2");
    expect(OBSERVATION_COUNT, "7");
    expect(SOURCES,
           "ok: p0|ok: p0; in/a is listed with the same SHA-256, and does not have the same "
           "bytes now|ok: ");
}
END_TEST

START_TEST(a_source_whose_reader_lied_is_read_and_crashed)
{
    write_parts("in/a", ".");
    write_parts("in/b", "H");
    write_parts("in/c", ".");
    read_input();
    expect(SAME_AS, "0,0,1");
    expect(OBSERVATION_COUNT, "7");
    expect("SELECT count(DISTINCT sha256) FROM source", "2");
    expect("SELECT status FROM source WHERE path = 'in/b'", "crashed");
    read_input();
    expect(OBSERVATION_COUNT, "7");
}
END_TEST

START_TEST(what_has_not_changed_stays_and_what_has_is_read_again)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    options.hash = _i == 0;
    write_parts("in/a", "F");
    write_parts("in/b", "...");
    write_parts("in/c", "...");
    for (const char *path = "in/a"; path != NULL; path = path[3] == 'a' ? "in/b" : NULL)
        ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    read_input();
    read_input();
    expect(OBSERVATION_COUNT, "3006");
    /* With hashes, other content is seen though size and time are the same; without, that the copy
     * is none any more. */
    write_parts("in/b", "..F");
    ck_assert_int_eq(utimensat(AT_FDCWD, "in/b", times, 0), 0);
    read_input();
    expect(OBSERVATION_COUNT, options.hash ? "6010" : "3012");
}
END_TEST

/* Gives the file that time; does it then tell no time? A file system that does not keep such a time
 * keeps another one. */
static bool set_time(const char *path, int64_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    struct stat status;

    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    return time_to_nanoseconds(&status.st_mtim) == TIME_TOO_FAR;
}

START_TEST(a_file_whose_time_is_too_far_away_is_read_again)
{
    static const int64_t seconds[] = {INT64_C(13569465600), INT64_C(-62135596800)}; /* 2400, 0001 */
    bool tells_none;

    options.hash = false;
    write_parts("in/a", "...");
    set_time("in/a", seconds[_i]);
    read_input();
    expect(OBSERVATION_COUNT, "6");
    write_parts("in/a", "..F");
    tells_none = set_time("in/a", seconds[_i]);
    read_input();
    expect(OBSERVATION_COUNT, tells_none ? "3004" : "6");
}
END_TEST

/* ---- Files of which their reader tells what they are ---- */

#define KINDS                                                                             \
    "SELECT group_concat(kind || ' ' || status || ' ' || coalesce(same_as, 0) || ' ' || " \
    "(sha256 IS NOT NULL), '|') FROM (SELECT * FROM source ORDER BY path)"
#define FINDING_COUNT "SELECT count(*) FROM finding"

static void write_text(const char *path, const char *text)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    scratch_write(path, text, strlen(text));
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A copy of a listing counts once, one of another text is another text. */
START_TEST(texts_are_what_their_reader_tells)
{
    const char *expected;

    options.hash = _i % 2 == 0;
    options.carve = _i / 2 == 1;
    for (const char *path = "in/a"; path != NULL; path = path[3] == 'a' ? "in/b" : NULL)
        write_text(path, "Node,HotFixID\nPC1,KB971033\n");
    for (const char *path = "in/c"; path != NULL; path = path[3] == 'c' ? "in/d" : NULL)
        write_text(path, "a text that has as many bytes as the smallest sector and so on");
    scratch_write("in/e", "\1\2\3", 3);
    write_text("in/f", "PK\3\4 and as many bytes more as an observation must have at the least");
    expected =
        options.carve && options.hash ? "listing ok 0 1|listing ok 1 1|carved ok 0 1|carved ok "
                                        "3 1|carved ok 0 1|carved damaged 0 1"
        : options.carve ? "listing ok 0 0|listing ok 1 0|carved ok 0 0|carved ok 3 0|carved ok "
                          "0 0|carved damaged 0 0"
        : options.hash  ? "listing ok 0 1|listing ok 1 1|text skipped 0 0|text skipped 0 "
                          "0|unknown skipped 0 0|zip unreadable 0 1"
                        : "listing ok 0 0|listing ok 1 0|text skipped 0 0|text skipped 0 "
                          "0|unknown skipped 0 0|zip unreadable 0 0";
    for (unsigned run = 0; run < 2; run++) {
        read_input();
        expect(KINDS, expected);
        expect(FINDING_COUNT, "2");
    }
    /* The one that others were the same as goes, and the next one counts. */
    ck_assert_int_eq(unlink("in/a"), 0);
    read_input();
    expect("SELECT kind || ' ' || status || ' ' || coalesce(same_as, 0) FROM source WHERE "
           "path = 'in/b'",
           "listing ok 0");
}
END_TEST

/* Of the same size and time, without hashes: what a text became is seen all the same. */
START_TEST(a_text_that_becomes_a_listing_is_read)
{
    options.hash = _i == 0;
    write_text("in/a", "Note,HotFixID\nPC1,KB971033\n");
    read_input();
    expect(FINDING_COUNT, "0");
    write_text("in/a", "Node,HotFixID\nPC1,KB971033\n");
    read_input();
    expect(FINDING_COUNT, "2");
    write_text("in/a", "Note,HotFixID\nPC1,KB971033\n");
    read_input();
    expect(FINDING_COUNT, "0");
    expect("SELECT kind || ' ' || status FROM source", "text skipped");
}
END_TEST

/* A text that was a listing and is one has no time that tells of its change, either. */
START_TEST(a_listing_whose_time_is_too_far_away_is_read_again)
{
    static const int64_t seconds = INT64_C(13569465600); /* 2400 */
    bool tells_none;

    options.hash = false;
    write_text("in/a", "Node,HotFixID\nPC1,KB971033\n");
    set_time("in/a", seconds);
    read_input();
    expect(FINDING_COUNT, "2");
    write_text("in/a", "Node,HotFixID\nPC1,KB971034\n");
    tells_none = set_time("in/a", seconds);
    read_input();
    expect(FINDING_COUNT, tells_none ? "1" : "2");
}
END_TEST

/* ---- Carving ---- */

START_TEST(what_no_reader_takes_is_searched_only_when_asked)
{
    scratch_write("in/a", "a text that is as long as its observations need", 47);
    write_parts("in/b", ".");
    scratch_write("in/c", "", 0);
    read_input();
    expect("SELECT group_concat(kind || ' ' || status) FROM source",
           "text skipped,evtx ok,empty skipped");
    options.carve = true;
    read_input();
    expect("SELECT group_concat(kind || ' ' || status) FROM source",
           "carved ok,evtx ok,empty skipped");
    options.carve = false;
    read_input();
    expect("SELECT group_concat(kind || ' ' || status) FROM source",
           "text skipped,evtx ok,empty skipped");
}
END_TEST

static Suite *ingest_suite(void)
{
    Suite *suite = suite_create("ingest");
    TCase *cases = tcase_create("ingest");

    tcase_add_checked_fixture(cases, begin, casework_end);
    tcase_add_loop_test(cases, the_case_does_not_depend_on_the_number_of_readers, 0, 2);
    tcase_add_test(cases, parts_are_joined_in_order_and_hashed_as_a_whole);
    tcase_add_test(cases, a_part_that_ends_its_reader_twice_is_given_up_and_the_others_kept);
    tcase_add_test(cases, a_part_that_ends_its_reader_with_libevtx_is_read_without);
    tcase_add_test(cases, a_database_that_ends_its_reader_with_libesedb_is_read_without);
    tcase_add_test(cases, of_many_crashes_the_first_are_named);
    tcase_add_test(cases, a_source_of_which_no_part_can_be_read_is_unreadable_and_says_so_once);
    tcase_add_test(cases, a_file_that_changes_while_it_is_read_is_damaged);
    tcase_add_test(cases, copies_count_once_however_much_is_in_them);
    tcase_add_test(cases, a_lying_hash_hides_nothing);
    tcase_add_test(cases, a_source_whose_reader_lied_is_read_and_crashed);
    tcase_add_loop_test(cases, what_has_not_changed_stays_and_what_has_is_read_again, 0, 2);
    tcase_add_loop_test(cases, a_file_whose_time_is_too_far_away_is_read_again, 0, 2);
    tcase_add_loop_test(cases, texts_are_what_their_reader_tells, 0, 4);
    tcase_add_loop_test(cases, a_text_that_becomes_a_listing_is_read, 0, 2);
    tcase_add_test(cases, a_listing_whose_time_is_too_far_away_is_read_again);
    tcase_add_test(cases, what_no_reader_takes_is_searched_only_when_asked);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(ingest_suite());
}
