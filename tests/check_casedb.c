/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the rows of the case: what goes in comes out as it was, in order, and counts once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/lookup.h"
#include "base/memory.h"
#include "casework.h"
#include "model/incident.h"
#include "run.h"
#include "same.h"

/* ---- Sources and settings ---- */

/* Their events are nobody's. */
START_TEST(events_of_names_beyond_the_bound_are_left_out_and_counted)
{
    struct observation observation = sample_observation("");
    struct source_facts facts = {0};
    struct case_source source;
    int64_t id = begin_log("a");
    size_t length = SOURCE_COMPUTER_NAMES_MOST_BYTES / 8;
    char *name = memory_allocate(length + 1, 1);

    memset(name, 'x', length);
    observation.computer = name;
    for (int number = 0; number < 8 + 3; number++) {
        name[0] = (char)('a' + number);
        add_observation(id, &observation);
    }
    free(name);
    must(casedb_finish_source(db, id, &facts, 0, &err));
    ck_assert_int_eq(casedb_find_source(db, "a", &source, &err), 1);
    ck_assert_int_eq(source.status, SOURCE_STATUS_DAMAGED);
    ck_assert_str_eq(source.detail, "3 events of further computer names left out");
}
END_TEST

START_TEST(settings_come_back)
{
    char first[] = "/evidence/a";
    char second[] = "b\xFF"; /* no UTF-8 */
    char *inputs[] = {first, second};
    struct case_settings settings = {.window = {12, 34}, .inputs = inputs, .input_count = 2};
    struct case_settings back;

    ck_assert_int_eq(casedb_read_settings(db, &back, &err), 0);
    must(casedb_write_settings(db, &settings, &err));
    settings.input_count = 1;
    settings.window = incident_window;
    must(casedb_write_settings(db, &settings, &err));
    casework_reopen();
    ck_assert_int_eq(casedb_read_settings(db, &back, &err), 1);
    ck_assert_uint_eq(back.window.start_filetime, incident_window.start_filetime);
    ck_assert_uint_eq(back.window.end_filetime, incident_window.end_filetime);
    ck_assert_uint_eq(back.input_count, 1);
    ck_assert_str_eq(back.inputs[0], "/evidence/a");
    case_settings_free_content(&back);
    settings.input_count = 2;
    must(casedb_write_settings(db, &settings, &err));
    ck_assert_int_eq(casedb_read_settings(db, &back, &err), 1);
    ck_assert_uint_eq(back.input_count, 2);
    ck_assert_str_eq(back.inputs[1], "b\xFF");
    case_settings_free_content(&back);
}
END_TEST

START_TEST(source_comes_back_with_every_field)
{
    char path[] = "in/\xC3\x28\xFF;'\"\n.evtx"; /* no UTF-8 */
    char sha256[] = "00ff";
    struct source source = {.path = path,
                            .kind = SOURCE_KIND_EVTX,
                            .size_bytes = INT64_MAX,
                            .mtime_ns = -5,
                            .mtime_is_local = true,
                            .sha256 = sha256};
    struct source_facts facts = {.status = SOURCE_STATUS_CRASHED,
                                 .record_count = 1,
                                 .recovered_count = 2,
                                 .selected_count = 3,
                                 .undecodable_count = 4,
                                 .conflict_count = 7,
                                 .first_filetime = 5,
                                 .last_filetime = FILETIME_MAX};
    struct case_source back;
    int64_t id;

    source_facts_add_detail(&facts, "a\tb");
    must(casedb_begin_source(db, &source, "options", &id, &err));
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
    casework_reopen();
    ck_assert_int_eq(casedb_find_source(db, "in/other", &back, &err), 0);
    ck_assert_int_eq(casedb_find_source(db, source.path, &back, &err), 1);
    ck_assert_int_eq(back.id, id);
    ck_assert_str_eq(back.path, source.path);
    ck_assert_uint_eq(back.kind, SOURCE_KIND_EVTX);
    ck_assert_uint_eq(back.size_bytes, INT64_MAX);
    ck_assert_int_eq(back.mtime_ns, -5);
    ck_assert(back.mtime_is_local);
    ck_assert_str_eq(back.sha256, "00ff");
    ck_assert_int_eq(back.same_as, 0);
    ck_assert_ptr_null(back.same_as_path);
    ck_assert_str_eq(back.read_options, "options");
    ck_assert_int_eq(back.status, SOURCE_STATUS_CRASHED);
    ck_assert_uint_eq(back.record_count, 1);
    ck_assert_uint_eq(back.recovered_count, 2);
    ck_assert_uint_eq(back.selected_count, 3);
    ck_assert_uint_eq(back.undecodable_count, 4);
    ck_assert_uint_eq(back.conflict_count, 7);
    ck_assert_uint_eq(back.first_filetime, 5);
    ck_assert_uint_eq(back.last_filetime, FILETIME_MAX);
    ck_assert_str_eq(back.detail, "a\tb");
}
END_TEST

START_TEST(sources_come_in_order_of_bytes)
{
    static const char *const paths[] = {"b", "a/z", "a.b", "\xC3\x84", "\xFF", "A", "a", "Z"};

    for (size_t index = 0; index < ARRAY_COUNT(paths); index++)
        add_log(paths[index], NULL, 0);
    expect_sources("A Z a a.b a/z b \xC3\x84 \xFF ");
}
END_TEST

START_TEST(source_read_again_replaces_its_rows_and_keeps_its_id)
{
    int64_t id = add_log("a", "PC", 3);

    add_log("b", "PC2", 1);
    ck_assert_int_eq(add_log("a", "OTHER", 1), id);
    derive_all();
    expect_timeline("a@4608 b@4608 ");
    expect_sources("a b ");
}
END_TEST

START_TEST(abandoned_source_leaves_nothing)
{
    struct observation observation = sample_observation("PC");
    int64_t id = begin_log("a");

    add_observation(id, &observation);
    casedb_abandon_source(db);
    ck_assert_int_eq(find_place("a"), 0);
    id = add_log("a", "PC", 1);
    ck_assert_int_eq(begin_log("a"), id);
    casedb_abandon_source(db);
    derive_all();
    expect_timeline("a@4608 ");
    begin_log("b");
    casework_reopen(); /* closing abandons, too */
    expect_sources("a ");
}
END_TEST

START_TEST(only_sources_of_the_inputs_are_kept)
{
    static const char *const kept[] = {"", "b", "bb", "d", "z"};
    static const char *const paths[] = {"a", "b", "c", "d", "e"};
    size_t deleted;

    for (size_t index = 0; index < 5; index++)
        add_log(paths[index], "PC", 1);
    must(casedb_keep_only_sources(db, kept, 5, &deleted, &err));
    ck_assert_uint_eq(deleted, 3);
    expect_sources("b d ");
    must(casedb_keep_only_sources(db, kept, 5, &deleted, &err));
    ck_assert_uint_eq(deleted, 0);
    must(casedb_keep_only_sources(db, NULL, 0, &deleted, &err));
    ck_assert_uint_eq(deleted, 2);
    expect_sources("");
}
END_TEST

/* ---- Copies ---- */

START_TEST(copy_counts_with_the_content_that_was_read)
{
    struct casedb_cursor *cursor;
    struct case_computer computer;
    struct case_source source;
    struct text text = {0};
    int64_t read_id = add_log("b", "PC", 1);
    char *list;

    add_copy("c", read_id);
    add_copy("a", read_id);
    add_log("d", "PC", 1);
    ck_assert_int_eq(casedb_find_source(db, "c", &source, &err), 1);
    ck_assert_int_eq(source.same_as, read_id);
    ck_assert_str_eq(source.same_as_path, "b");
    must(casedb_computers(db, &cursor, &err));
    while (casedb_next_computer(cursor, &computer, &err) == 1) {
        bool is_read = computer.source_id == read_id;

        ck_assert_int_eq(is_read, strcmp(computer.path, "d") != 0);
        ck_assert_int_eq(computer.place_id == computer.source_id,
                         strcmp(computer.path, "b") == 0 || strcmp(computer.path, "d") == 0);
        text_add(&text, computer.path);
    }
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), "abcd");
    text_free(&text);
    derive_all();
    expect_timeline("b@4608 ");
    must(casedb_machine_sources(db, find_machine("PC"), &list, &err));
    ck_assert_str_eq(list, "a; b; c; d");
    free(list);
    must(casedb_source_machines(db, source.id, &list, &err));
    ck_assert_str_eq(list, "PC");
    free(list);
}
END_TEST

/* The copy may be one that cannot be looked at in this run. */
START_TEST(copy_takes_over_what_was_read_when_its_original_goes)
{
    static const char *const kept[] = {"c", "d"};
    size_t deleted;
    int64_t id = add_log("a", "PC", 1);
    struct case_source source;

    add_copy("b", id);
    add_copy("d", id);
    ck_assert_int_ne(begin_log("a"), id);
    casedb_abandon_source(db);
    ck_assert_int_eq(casedb_find_source(db, "b", &source, &err), 1);
    ck_assert_int_eq(source.same_as, id);
    ck_assert_int_ne(add_log("a", "PC", 2), id);
    ck_assert_int_eq(casedb_find_source(db, "b", &source, &err), 1);
    ck_assert_int_eq(source.id, id);
    ck_assert_int_eq(source.same_as, 0);
    ck_assert_int_eq(casedb_find_source(db, "d", &source, &err), 1);
    ck_assert_int_eq(source.same_as, id);
    add_log("c", "PC", 1);
    must(casedb_keep_only_sources(db, kept, 2, &deleted, &err));
    ck_assert_uint_eq(deleted, 2);
    ck_assert_int_eq(casedb_find_source(db, "d", &source, &err), 1);
    ck_assert_int_eq(source.id, id);
    ck_assert_int_eq(source.same_as, 0);
    expect_sources("c d ");
    must(casedb_keep_only_sources(db, NULL, 0, &deleted, &err));
    expect_sources("");
}
END_TEST

/* ---- Computers ---- */

START_TEST(computer_comes_back_with_every_field)
{
    struct source_facts facts = {.status = SOURCE_STATUS_DAMAGED, .undecodable_count = 9};
    struct computer_facts *noted = source_facts_computer(&facts, "Pc");
    struct observation observation = sample_observation("pC");
    struct casedb_cursor *cursor;
    struct case_computer back;
    int64_t id = begin_log("a");

    *noted = (struct computer_facts){noted->name, 1, UINT64_MAX, 3, 4, 5, 6, true, 7};
    add_observation(id, &observation); /* a name that differs by case is the same computer */
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
    must(casedb_computers(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_computer(cursor, &back, &err), 1);
    ck_assert_int_eq(back.source_id, id);
    ck_assert_int_eq(back.place_id, id);
    ck_assert_str_eq(back.path, "a");
    ck_assert_uint_eq(back.kind, SOURCE_KIND_EVTX);
    ck_assert_int_eq(back.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(back.undecodable_count, 9);
    ck_assert_str_eq(back.name, "Pc");
    ck_assert_uint_eq(back.record_count, 1);
    ck_assert_uint_eq(back.first_number, UINT64_MAX);
    ck_assert_uint_eq(back.last_number, 3);
    ck_assert_uint_eq(back.first_number_filetime, 4);
    ck_assert_uint_eq(back.last_number_filetime, 5);
    ck_assert_uint_eq(back.last_filetime, 6);
    ck_assert(back.forwarded);
    ck_assert_uint_eq(back.application_count, 7);
    ck_assert_int_eq(casedb_next_computer(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(computer_of_an_image_is_carved_in_every_place)
{
    struct source source = {.path = (char[]){"image"}, .kind = SOURCE_KIND_CARVED};
    struct casedb_cursor *cursor;
    struct case_computer back;
    int64_t id;

    must(casedb_begin_source(db, &source, "", &id, &err));
    finish_log(id, "PC");
    add_copy("copy", id);
    must(casedb_computers(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_computer(cursor, &back, &err), 1);
    ck_assert_str_eq(back.path, "copy");
    ck_assert_uint_eq(back.kind, SOURCE_KIND_CARVED);
    ck_assert_int_eq(casedb_next_computer(cursor, &back, &err), 1);
    ck_assert_str_eq(back.path, "image");
    ck_assert_uint_eq(back.kind, SOURCE_KIND_CARVED);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(computers_come_in_order_of_path_number_and_name)
{
    static const struct {
        const char *path;
        const char *name;
        uint64_t first_number;
    } rows[] = {{"b", "x", 1}, {"a", "OLD", 7}, {"a", "NEW", 90}, {"a", "b", 10}, {"a", "A", 10}};
    struct casedb_cursor *cursor;
    struct case_computer computer;
    struct text text = {0};

    for (size_t index = 0; index < 5;) {
        struct source_facts facts = {0};
        const char *path = rows[index].path;
        int64_t id = begin_log(path);

        for (; index < 5 && strcmp(rows[index].path, path) == 0; index++)
            source_facts_computer(&facts, rows[index].name)->first_number =
                rows[index].first_number;
        must(casedb_finish_source(db, id, &facts, 0, &err));
        source_facts_free_content(&facts);
    }
    must(casedb_computers(db, &cursor, &err));
    while (casedb_next_computer(cursor, &computer, &err) == 1)
        text_add_format(&text, "%s:%s ", computer.path, computer.name);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), "a:OLD a:A a:b a:NEW b:x ");
    text_free(&text);
}
END_TEST

/* ---- Spans ---- */

static void add_span(struct source_facts *facts, const char *computer, const char *channel,
                     bool recovered, uint64_t first_record_id)
{
    size_t number = (size_t)(source_facts_computer(facts, computer) - facts->computers);

    source_facts_add_span(facts, &(struct record_span){number, memory_copy_text(channel), recovered,
                                                       first_record_id, first_record_id + 9, 8,
                                                       1000, 2000});
}

/* Adds a log with spans of two computers, of which the second was met first, and settles. */
static void add_log_with_spans(void)
{
    struct source_facts facts = {0};
    struct observation observation = sample_observation("PC-2");
    int64_t id = begin_log("a");

    add_observation(id, &observation);
    add_span(&facts, "PC-1", "System", false, 30);
    add_span(&facts, "PC-1", "Application", true, 1);
    add_span(&facts, "pc-2", "Application", false, 50);
    add_span(&facts, "PC-1", "Application", false, 20);
    add_span(&facts, "PC-1", "Application", false, 5);
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
}

static void expect_spans(const char *expected)
{
    struct casedb_cursor *cursor;
    struct case_span span;
    struct text text = {0};
    int step;

    must(casedb_spans(db, &cursor, &err));
    while ((step = casedb_next_span(cursor, &span, &err)) == 1) {
        text_add_format(&text, "%d %s%s %d; ", (int)span.computer_id, span.channel,
                        span.recovered ? " recovered" : "", (int)span.first_record_id);
        ck_assert_uint_eq(span.last_record_id, span.first_record_id + 9);
        ck_assert_uint_eq(span.record_count, 8);
        ck_assert_uint_eq(span.first_filetime, 1000);
        ck_assert_uint_eq(span.last_filetime, 2000);
    }
    must(step);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(spans_come_back_in_order_with_every_field)
{
    add_log_with_spans();
    expect_spans("1 Application 50; 2 Application 5; 2 Application 20; 2 Application recovered 1;"
                 " 2 System 30; ");
    casework_reopen();
    expect_spans("1 Application 50; 2 Application 5; 2 Application 20; 2 Application recovered 1;"
                 " 2 System 30; ");
}
END_TEST

START_TEST(spans_of_a_source_go_with_it)
{
    add_log_with_spans();
    add_log("a", "PC-1", 1);
    expect_spans("");
}
END_TEST

START_TEST(case_written_anew_has_the_spans)
{
    add_log("z", "PC-9", 1);
    add_log_with_spans(); /* behind the first, out of order: its computers get other ids */
    expect_spans("2 Application 50; 3 Application 5; 3 Application 20; 3 Application recovered 1;"
                 " 3 System 30; ");
    ck_assert(casework_settle("other"));
    expect_spans("1 Application 50; 2 Application 5; 2 Application 20; 2 Application recovered 1;"
                 " 2 System 30; ");
}
END_TEST

/* ---- Marks ---- */

static void add_log_with_mark(const char *path, const char *computer, uint64_t event_filetime)
{
    struct source_facts facts = {0};
    int64_t id = begin_log(path);

    add_span(&facts, computer, "Application", false, 1);
    source_facts_add_mark(&facts, &(struct record_mark){.channel = memory_copy_text("Application"),
                                                        .record_id = 4,
                                                        .event_filetime = event_filetime});
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
}

static void expect_clashes(const char *expected)
{
    struct case_id_clash *clashes;
    struct text text = {0};
    size_t count;

    must(casedb_read_id_clashes(db, &clashes, &count, &err));
    for (size_t index = 0; index < count; index++)
        text_add_format(&text, "%d-%d ", (int)clashes[index].left_id, (int)clashes[index].right_id);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
    free(clashes);
}

START_TEST(logs_of_a_name_clash_where_their_marks_do)
{
    add_log_with_mark("a", "PC", 1500);
    add_log_with_mark("b", "pc.example", 1501);
    add_log_with_mark("c", "PC", 1500);
    add_log_with_mark("d", "PC-2", 1502);
    expect_clashes("1-2 2-3 ");
}
END_TEST

START_TEST(case_written_anew_has_the_marks)
{
    add_log_with_mark("z", "PC", 1500);
    add_log("b", "PC-9", 1);
    add_log_with_mark("a", "PC", 1501);
    expect_clashes("1-3 ");
    ck_assert(casework_settle("other"));
    expect_clashes("1-3 ");
    add_log("a", "PC", 0);
    expect_clashes("");
}
END_TEST

/* ---- Observations ---- */

START_TEST(observations_come_back_as_they_were)
{
    static const struct observation_string hostile[] = {
        {"", ""}, {"na\nme", "\x01\t\r\n<&>'\";--"}, {"\xFF", "\xC0\x80 no UTF-8"}, {"n", "x"}};
    struct observation expected[3] = {sample_observation("PC"), sample_observation("pc"),
                                      sample_observation("PC")};
    struct casedb_cursor *cursor;
    struct case_observation back;
    int64_t id = begin_log("a");

    expected[1] = (struct observation){"Pr\xC3\xB6vider",
                                       UINT16_MAX,
                                       0xC000,
                                       0,
                                       1001,
                                       UINT64_MAX,
                                       "Ch",
                                       "pc",
                                       "S-1-5-18",
                                       hostile,
                                       4,
                                       INT64_MAX,
                                       UINT64_MAX - 1,
                                       true,
                                       false,
                                       VERIFIED_CONFLICT,
                                       "<b>\x01"};
    expected[2].event_filetime = 1002;
    expected[2].string_count = 0;
    expected[2].level = OBSERVATION_ABSENT;
    expected[2].verified = VERIFIED_YES;
    for (size_t index = 0; index < 3; index++)
        add_observation(id, &expected[index]);
    finish_log(id, "PC");
    derive_all();
    casework_reopen();
    must(casedb_machine_observations(db, find_machine("PC"), &cursor, &err));
    for (size_t index = 0; index < 3; index++) {
        ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 1);
        expect_observation(&back.observation, &expected[index]);
        ck_assert_str_eq(back.machine, "PC");
        ck_assert_int_eq(back.machine_id, find_machine("PC"));
        ck_assert_int_eq(back.source_id, id);
        ck_assert_str_eq(back.path, "a");
    }
    ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(only_a_conflict_has_another_reading)
{
    struct observation observation = sample_observation("PC");
    struct casedb_cursor *cursor;
    struct case_observation back;
    int64_t id = begin_log("a");

    observation.other_reading = "left over";
    for (int verified = VERIFIED_NOT_ASKED; verified <= VERIFIED_CONFLICT; verified++) {
        observation.verified = (enum verified)verified;
        observation.event_filetime++;
        add_observation(id, &observation);
    }
    finish_log(id, "PC");
    derive_all();
    must(casedb_timeline(db, &cursor, &err));
    for (int verified = VERIFIED_NOT_ASKED; verified <= VERIFIED_CONFLICT; verified++) {
        ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 1);
        ck_assert_int_eq(back.observation.verified, verified);
        ck_assert_pstr_eq(back.observation.other_reading,
                          verified == VERIFIED_CONFLICT ? "left over" : NULL);
    }
    casedb_cursor_free(cursor);
}
END_TEST

/* Of equal ones the one that counts has what was said of it; a conflict is listed even where its
 * event counts elsewhere. */
START_TEST(conflicts_are_listed_whether_or_not_they_count)
{
    static const struct {
        const char *path;
        enum verified verified;
    } rows[] = {{"a", VERIFIED_NO}, {"b", VERIFIED_CONFLICT}, {"c", VERIFIED_YES}};
    struct observation observation = sample_observation("PC");
    struct casedb_cursor *cursor;
    struct case_observation back;

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        int64_t id = begin_log(rows[index].path);

        observation.verified = rows[index].verified;
        observation.other_reading = "theirs";
        add_observation(id, &observation);
        finish_log(id, "PC");
    }
    derive_all();
    must(casedb_timeline(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 1);
    ck_assert_str_eq(back.path, "c");
    ck_assert_int_eq(back.observation.verified, VERIFIED_YES);
    ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
    must(casedb_conflicts(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 1);
    ck_assert_str_eq(back.path, "b");
    ck_assert_str_eq(back.machine, "PC");
    ck_assert_str_eq(back.observation.other_reading, "theirs");
    ck_assert_uint_eq(back.observation.string_count, 2);
    ck_assert_int_eq(casedb_next_observation(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(observations_come_in_order_of_time_record_path_and_offset)
{
    static const struct {
        const char *path;
        uint64_t event_filetime, record_id, offset_bytes;
    } rows[] = {{"b", 2, 1, 10}, {"b", 1, 9, 20}, {"b", 2, 2, 40}, {"b", 2, 2, 30},
                {"a", 2, 2, 90}, {"a", 2, 1, 99}, {"a", 3, 0, 1},  {"a", 0, 5, 7}};
    struct observation observation = sample_observation("PC");
    int64_t id = begin_log("b");

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        if (index == 4) {
            finish_log(id, "PC");
            id = begin_log("a");
        }
        observation.event_filetime = rows[index].event_filetime;
        observation.record_id = rows[index].record_id;
        observation.offset_bytes = rows[index].offset_bytes;
        observation.event_id++; /* none says what another says */
        add_observation(id, &observation);
    }
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@7 b@20 a@99 b@10 a@90 b@30 b@40 a@1 ");
}
END_TEST

/* What an SPP 1003 says of one installed licence. */
#define LICENCE(groups) "\r\n1: ae2ee509-1b34-41c0-acb7-6d4650168915, 1, 1 [" groups "]\r\n"
static const char *const licence_states[] = {
    ['l'] = LICENCE("(0 [0x00000000, 1, 0], [( 2 0x00000000 259200)])(1 )"),
    ['m'] = LICENCE("(0 [0x00000000, 1, 0], [( 2 0x00000000 257760)])(1 )"), /* minutes */
    ['n'] = LICENCE("(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F200)])"),
    ['k'] = LICENCE("(0 [0x00000000, 0, 0], [( 9 0x00000000 0xC004F056)])"),
};

/* Adds a 1003 whose EventRecordID and offset are that number. */
static void add_licence_state(int64_t id, const char *computer, const char *application,
                              uint64_t number, uint64_t time, char state)
{
    const struct observation_string strings[] = {{"", application},
                                                 {"", licence_states[(unsigned char)state]}};
    struct observation observation = sample_observation(computer);

    observation.strings = strings;
    observation.event_filetime = time;
    observation.record_id = observation.offset_bytes = number;
    must(casedb_add_observation(db, id, &kept_first_and_last, &observation, &err));
}

#define OFFICE_APPLICATION_ID "59a52881-a989-479d-af46-f275c6370663"

/* States in order of their ids, from 1 on; in which order they come; the ids that stay. */
static const struct {
    const char *states;
    int order[12];
    const char *stay;
} runs[] = {
    {"llll", {1, 2, 3, 4}, "1 4 "},
    {"l", {1}, "1 "},
    {"lmlm", {1, 2, 3, 4}, "1 4 "},
    {"lllnnnlll", {1, 2, 3, 4, 5, 6, 7, 8, 9}, "1 3 4 6 7 9 "},
    {"lllnnnlll", {5, 6, 7, 8, 9, 1, 2, 3, 4}, "1 3 4 6 7 9 "}, /* it wrapped around */
    {"lllnnnlll", {9, 8, 7, 6, 5, 4, 3, 2, 1}, "1 3 4 6 7 9 "},
    {"lllnnnlll", {1, 4, 7, 3, 6, 9}, "1 3 4 6 7 9 "}, /* as evtx/dedupe.c hands them on */
    {"lnl", {1, 3, 2}, "1 2 3 "},
    {"lllnl", {1, 2, 3, 5, 4}, "1 4 5 "}, /* 3 lay between 1 and 5 when it came */
    {"nkn", {1, 2, 3}, "1 2 3 "},         /* another reason */
    {"nnkk", {3, 1, 4, 2}, "1 2 3 4 "},
};

START_TEST(of_licence_states_in_a_row_first_and_last_stay)
{
    struct casedb_cursor *cursor;
    struct case_observation item;
    struct text text = {0};
    int64_t id = begin_log("a");

    for (size_t index = 0; index < ARRAY_COUNT(runs[_i].order) && runs[_i].order[index] > 0;
         index++) {
        uint64_t number = (uint64_t)runs[_i].order[index];

        add_licence_state(id, "PC", INCIDENT_WINDOWS_APPLICATION_ID, number, number,
                          runs[_i].states[number - 1]);
    }
    finish_log(id, "PC");
    ck_assert(!casework_settle("other")); /* nothing was deleted for it */
    derive_all();
    must(casedb_timeline(db, &cursor, &err));
    while (casedb_next_observation(cursor, &item, &err) == 1)
        text_add_format(&text, "%d ", (int)item.observation.record_id);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), runs[_i].stay);
    text_free(&text);
}
END_TEST

/* The ids are the log's order, whatever the clock said. */
START_TEST(licence_states_are_in_a_row_by_their_ids)
{
    static const uint64_t times[] = {500, 100, 400, 200, 300};
    struct observation observation = sample_observation("PC");
    const struct observation_string strings[] = {{"", INCIDENT_WINDOWS_APPLICATION_ID},
                                                 {"", licence_states['l']}};
    int64_t id = begin_log("a");

    observation.strings = strings;
    for (size_t index = 0; index < ARRAY_COUNT(times); index++) {
        observation.event_filetime = times[index];
        observation.record_id = observation.offset_bytes = index + 1;
        must(casedb_add_observation(db, id, &kept_first_and_last, &observation, &err));
    }
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@5 a@1 ");
}
END_TEST

START_TEST(applications_do_not_part_each_others_licence_states)
{
    int64_t id = begin_log("a");

    for (uint64_t number = 1; number <= 8; number++)
        add_licence_state(id, number % 2 == 0 ? "PC" : "pc",
                          number % 2 == 0 ? OFFICE_APPLICATION_ID : INCIDENT_WINDOWS_APPLICATION_ID,
                          number, number, 'l');
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@1 a@2 a@7 a@8 ");
}
END_TEST

START_TEST(other_computers_keep_their_own_licence_states)
{
    int64_t id = begin_log("a");
    struct observation observation = sample_observation("PC");

    for (int index = 0; index < 6; index++) {
        observation.computer = index % 2 == 0 ? "PC" : "PC2";
        observation.event_filetime++;
        observation.offset_bytes = (uint64_t)index;
        must(casedb_add_observation(db, id, &kept_first_and_last, &observation, &err));
    }
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@0 a@1 a@4 a@5 ");
}
END_TEST

/* More of them than are held in memory, so that they are thinned out in the case: the same stay. Of
 * each of many computers come the second, third and fourth, then the first, of which the last
 * states something else; and two of Office. Their clocks were wrong. */
START_TEST(too_many_licence_states_to_hold_give_the_same)
{
    enum { COMPUTERS = 3000, ROUNDS = 6 };
    static const unsigned numbers[ROUNDS] = {2, 3, 4, 1, 5, 6};
    size_t counts[ROUNDS + 1] = {0};
    struct casedb_cursor *cursor;
    struct case_observation back;
    int64_t id = begin_log("a");

    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned computer = 0; computer < COMPUTERS; computer++) {
            char *name = memory_format("PC-%04u", computer);

            add_licence_state(
                id, name,
                numbers[round] > 4 ? OFFICE_APPLICATION_ID : INCIDENT_WINDOWS_APPLICATION_ID,
                numbers[round], 1000 + numbers[round] * 7 % 5, numbers[round] == 4 ? 'n' : 'l');
            free(name);
        }
    finish_log(id, NULL);
    must(casedb_timeline(db, &cursor, &err));
    while (casedb_next_observation(cursor, &back, &err) == 1)
        counts[back.observation.record_id]++;
    casedb_cursor_free(cursor);
    for (unsigned number = 1; number <= ROUNDS; number++)
        ck_assert_uint_eq(counts[number], number == 2 ? 0 : COMPUTERS);
    ck_assert(casework_settle("other")); /* rows were deleted */
}
END_TEST

/* ---- What counts, and as of when ---- */

/* The observations of the machine: "record id, time that it counts as of, w in the window; ". */
static void expect_observations(const char *machine, const char *expected)
{
    struct casedb_cursor *cursor;
    struct case_observation item;
    struct text text = {0};
    int step;

    must(casedb_machine_observations(db, find_machine(machine), &cursor, &err));
    while ((step = casedb_next_observation(cursor, &item, &err)) == 1)
        text_add_format(&text, "%d %d%s%s; ", (int)item.observation.record_id,
                        (int)item.placed_filetime, item.wrong_clock ? "!" : "",
                        item.placed_in_window ? "w" : "");
    must(step);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

/* Event times 1000 to 1004, EventRecordIDs 1 to 5: those of 2 and 3 come to lie behind 4. */
START_TEST(placed_observations_stand_at_the_time_they_count_as_of)
{
    const struct case_placement late = {"Application", 2, 3, 1001, 1002, 1003, true, 0};
    const struct case_placement lost = {"Application", 5, 5, 1004, 1004, 0, false, 0};
    const struct case_placement elsewhen = {"Application", 1, 5, 1005, 2000, 9, true, 0};
    const struct case_placement other = {"System", 1, 5, 1000, 1004, 9, true, 0};
    const struct case_placement elsewhere = {"Application", 1, 5, 1000, 1004, 9, true, 99};

    add_log("a", "PC", 5);
    add_log("b", "PC-2", 2);
    derive_machines();
    must(casedb_place_observations(db, find_machine("PC"), &late, &err));
    must(casedb_place_observations(db, find_machine("PC"), &lost, &err));
    must(casedb_place_observations(db, find_machine("PC"), &other, &err));
    must(casedb_place_observations(db, find_machine("PC"), &elsewhen, &err));
    must(casedb_place_observations(db, find_machine("PC"), &elsewhere, &err));
    must(casedb_commit_derived(db, &err));
    expect_observations("PC", "5 0!; 1 1000; 2 1003!w; 3 1003!w; 4 1003; ");
    expect_observations("PC-2", "1 1000; 2 1001; ");
    expect_timeline("a@4608 b@4608 a@5120 b@5120 a@5632 a@6144 a@6656 ");
}
END_TEST

/* What is of an earlier installation stands in the timeline and decides nothing. */
START_TEST(observations_that_do_not_decide_are_not_the_machines)
{
    struct casedb_cursor *cursor;
    struct case_computer computer;
    struct case_observation item;
    int64_t machine;

    add_log("a", "PC", 1);
    add_log("b", "PC", 2);
    add_log("c", "GONE", 1);
    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", true, false, 0, &machine, &err));
    must(casedb_computers(db, &cursor, &err));
    while (casedb_next_computer(cursor, &computer, &err) == 1)
        must(casedb_assign_computer(db, computer.id, *computer.name == 'G' ? 0 : machine,
                                    *computer.path == 'b', &err));
    casedb_cursor_free(cursor);
    must(casedb_commit_derived(db, &err));
    expect_observations("PC", "1 1000; 2 1001; ");
    expect_timeline("a@4608 b@4608 c@4608 b@5120 ");
    must(casedb_timeline(db, &cursor, &err));
    for (size_t index = 0; index < 3; index++) {
        ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 1);
        ck_assert(item.decides == (index == 1));
        ck_assert_int_eq(item.machine_id, index == 2 ? 0 : machine);
        ck_assert_str_eq(item.machine, index == 2 ? "GONE" : "PC");
    }
    casedb_cursor_free(cursor);
}
END_TEST

/* ---- Clients of KMS hosts ---- */

#define LICENSED(client) REQUEST(client, REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7)
#define SERVER "68531fb9-5511-4989-97be-d11a0f55633f"

/* A log of KMS01 with these requests, whose EventRecordIDs are 1, 2, ... */
static int64_t add_kms_log(const char *path, const char *const *requests, size_t count)
{
    int64_t id = begin_log(path);

    for (size_t index = 0; index < count; index++)
        add_request(id, index + 1, requests[index]);
    finish_log(id, "KMS01");
    return id;
}

#define ADD_KMS_LOG(path, ...)                            \
    add_kms_log(path, (const char *const[]){__VA_ARGS__}, \
                ARRAY_COUNT(((const char *const[]){__VA_ARGS__})))

/* "id name of source requests 7? last; ": in the order in which they come. */
static void expect_clients(const char *expected)
{
    struct casedb_cursor *cursor;
    struct case_client client;
    struct text text = {0};
    int step;

    must(casedb_clients(db, &cursor, &err));
    while ((step = casedb_next_client(cursor, &client, &err)) == 1)
        text_add_format(&text, "%d %s of %d %d%s %d; ", (int)client.id, client.name,
                        (int)client.source_id, (int)client.request_count,
                        client.is_windows_7 ? " 7" : "", (int)client.last_filetime);
    must(step);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(client_comes_back_with_every_field)
{
    struct casedb_cursor *cursor;
    struct case_computer computer;
    struct case_client back;
    int64_t id = add_log("a", "OTHER", 1);

    id = ADD_KMS_LOG("b", REQUEST("P\xC3\x84.Corp.Example", REQUEST_MACHINE_1, "1", SERVER),
                     REQUEST(" p\xC3\xA4.corp.EXAMPLE. ", "{22222222-2FD5-440B-BE67-A09996D27A38}",
                             "1", REQUEST_WINDOWS_7),
                     REQUEST("P\xC3\x84.CORP.EXAMPLE", "x", "5", REQUEST_WINDOWS_10));
    must(casedb_computers(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_computer(cursor, &computer, &err), 1);
    ck_assert_int_eq(casedb_next_computer(cursor, &computer, &err), 1);
    casedb_cursor_free(cursor);
    casework_reopen();
    must(casedb_clients(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_client(cursor, &back, &err), 1);
    ck_assert_int_eq(back.id, 1);
    ck_assert_int_eq(back.source_id, id);
    ck_assert_int_eq(back.computer_id, computer.id);
    ck_assert_str_eq(back.name, "P\xC3\x84.Corp.Example"); /* as it is met first */
    ck_assert_str_eq(back.folded_name, "p\xC3\xA4.corp.example");
    ck_assert_str_eq(back.client_machine_id, REQUEST_MACHINE_2); /* the last that can be read */
    ck_assert_uint_eq(back.request_count, 3);
    ck_assert(back.is_windows_7);
    ck_assert_uint_eq(back.last_filetime, 1003);
    ck_assert_int_eq(back.machine_id, 0);
    ck_assert_int_eq(casedb_next_client(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(clients_come_in_order_of_name_with_ids_that_go_on)
{
    ADD_KMS_LOG("a", LICENSED("pc2"), LICENSED("PC1"), LICENSED("PC2"));
    ADD_KMS_LOG("b", LICENSED("PC3"), LICENSED("PC1"));
    expect_clients("2 PC1 of 1 1 7 1002; 4 PC1 of 2 1 7 1002; 1 pc2 of 1 2 7 1003; "
                   "3 PC3 of 2 1 7 1001; ");
    casework_reopen();
    ADD_KMS_LOG("c", LICENSED("PC0"));
    expect_clients("5 PC0 of 3 1 7 1001; 2 PC1 of 1 1 7 1002; 4 PC1 of 2 1 7 1002; "
                   "1 pc2 of 1 2 7 1003; 3 PC3 of 2 1 7 1001; ");
}
END_TEST

/* Forms of a name are told apart here: identity joins them. */
START_TEST(short_and_full_names_are_two_clients)
{
    ADD_KMS_LOG("a", LICENSED("PC1"), LICENSED("PC1.corp.example"), LICENSED("PC1."));
    expect_clients("1 PC1 of 1 2 7 1003; 2 PC1.corp.example of 1 1 7 1002; ");
}
END_TEST

/* The log of a KMS host that was renamed, or a forwarded one. */
START_TEST(computers_of_one_log_have_clients_of_their_own)
{
    struct observation_string string = {"", LICENSED("PC1")};
    struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                      .event_id = 12290,
                                      .channel = "Key Management Service",
                                      .computer = "KMS02",
                                      .user_sid = "",
                                      .strings = &string,
                                      .string_count = 1};
    const struct incident_event *event = incident_find_event(INCIDENT_PROVIDER_SPP, 12290);
    int64_t id = begin_log("a");

    must(casedb_add_observation(db, id, event, &observation, &err));
    observation.computer = "KMS01";
    must(casedb_add_observation(db, id, event, &observation, &err));
    observation.computer = "kms02";
    observation.event_filetime = 9; /* earlier ones come later in a log that wrapped around */
    must(casedb_add_observation(db, id, event, &observation, &err));
    observation.event_filetime = 7;
    must(casedb_add_observation(db, id, event, &observation, &err));
    finish_log(id, "KMS01");
    expect_clients("1 PC1 of 1 3 7 9; 2 PC1 of 1 1 7 0; ");
}
END_TEST

START_TEST(what_names_no_client_has_none)
{
    struct observation request = sample_observation("KMS01");
    struct observation_string string = {"", LICENSED("PC1")};
    int64_t id = begin_log("a");

    add_request(id, 1, "0x0,25");
    add_request(id, 2, REQUEST(" . ", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7));
    request.strings = &string;
    request.string_count = 1;
    request.event_id = 12288;
    must(casedb_add_observation(db, id, incident_find_event(INCIDENT_PROVIDER_SPP, 12288), &request,
                                &err));
    finish_log(id, "KMS01");
    expect_clients("");
    derive_all();
    expect_timeline("a@4608 a@1 a@2 ");
}
END_TEST

/* They may be of an earlier installation of the host, or of its disk's former owner. */
START_TEST(clients_of_remnants_alone_are_not_counted)
{
    struct observation_string string = {"", LICENSED("PC1")};
    struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                      .event_id = 12290,
                                      .event_filetime = 5000,
                                      .channel = "Key Management Service",
                                      .computer = "KMS01",
                                      .user_sid = "",
                                      .strings = &string,
                                      .string_count = 1,
                                      .recovered = true};
    const struct incident_event *event = incident_find_event(INCIDENT_PROVIDER_SPP, 12290);
    int64_t id = begin_log("a");

    must(casedb_add_observation(db, id, event, &observation, &err));
    string.value = LICENSED("PC2");
    must(casedb_add_observation(db, id, event, &observation, &err));
    add_request(id, 7, REQUEST("PC2", "", "1", SERVER));
    finish_log(id, "KMS01");
    expect_clients("1 PC1 of 1 0 0; 2 PC2 of 1 1 1007; ");
}
END_TEST

static void expect_counts(int64_t source_id, const char *expected)
{
    struct case_client_counts counts;
    struct text text = {0};

    must(casedb_count_clients(db, source_id, &counts, &err));
    text_add_format(&text, "%d, other %d, clones %d", (int)counts.all, (int)counts.other,
                    (int)counts.clones);
    ck_assert_str_eq(text_get(&text), expected);
    text_free(&text);
}

START_TEST(clients_of_a_source_and_of_its_copies_are_counted)
{
    int64_t none = add_log("a", "PC", 1);
    int64_t id = ADD_KMS_LOG("b", REQUEST("PC1", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7),
                             REQUEST("PC2", REQUEST_MACHINE_2, "1", REQUEST_WINDOWS_7),
                             REQUEST("SRV", "", "1", SERVER), REQUEST("W10", "", "1", "x"));
    int64_t other = ADD_KMS_LOG("c", REQUEST("PC9", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7));
    struct case_source copy;

    add_copy("d", id);
    ck_assert_int_eq(casedb_find_source(db, "d", &copy, &err), 1);
    expect_counts(none, "0, other 0, clones 0");
    expect_counts(id, "4, other 2, clones 0");
    expect_counts(copy.id, "4, other 2, clones 0");
    expect_counts(other, "1, other 0, clones 0");
}
END_TEST

START_TEST(clones_are_clients_with_one_client_machine_id)
{
    int64_t id = ADD_KMS_LOG(
        "a", REQUEST("PC1", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7),
        REQUEST("PC2", "{11111111-2FD5-440B-BE67-A09996D27A38}", "1", REQUEST_WINDOWS_7),
        REQUEST("SRV", REQUEST_MACHINE_1, "1", SERVER),
        REQUEST("PC3", REQUEST_MACHINE_2, "1", REQUEST_WINDOWS_7),
        REQUEST("PC4", "", "1", REQUEST_WINDOWS_7), REQUEST("PC5", "", "1", REQUEST_WINDOWS_7));

    expect_counts(id, "6, other 1, clones 3");
    add_request(begin_log("a"), 1, REQUEST("PC1", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7));
    finish_log(id, "KMS01");
    expect_counts(id, "1, other 0, clones 0");
}
END_TEST

/* Until it is known whose they are, the first label tells; then the machine. */
START_TEST(forms_of_a_name_are_counted_as_one_client)
{
    int64_t id = ADD_KMS_LOG("a", REQUEST("PC1", REQUEST_MACHINE_1, "1", SERVER),
                             REQUEST("pc1.corp.example", REQUEST_MACHINE_1, "1", REQUEST_WINDOWS_7),
                             REQUEST("PC1x", REQUEST_MACHINE_2, "1", SERVER),
                             REQUEST("OLD", REQUEST_MACHINE_2, "1", SERVER));
    struct casedb_cursor *cursor;
    struct case_client client;
    int64_t machine, other;

    expect_counts(id, "3, other 2, clones 2");
    derive_machines();
    must(casedb_add_machine(db, "NEW", true, false, 0, &machine, &err));
    must(casedb_add_machine(db, "PC1.CORP.EXAMPLE", true, false, 0, &other, &err));
    must(casedb_clients(db, &cursor, &err));
    while (casedb_next_client(cursor, &client, &err) == 1)
        must(casedb_assign_client(
            db, client.id,
            strncmp(client.folded_name, "pc1", 3) == 0 && client.name[3] != 'x' ? other : machine,
            &err));
    casedb_cursor_free(cursor);
    must(casedb_commit_derived(db, &err));
    expect_counts(id, "2, other 1, clones 0");
}
END_TEST

START_TEST(requests_are_of_the_machine_of_their_client)
{
    struct casedb_cursor *cursor;
    struct case_observation item;
    struct case_client client;
    char *list;
    int64_t id = add_log("a", "PC1", 1);

    id = ADD_KMS_LOG("b", LICENSED("PC1"), LICENSED("SERVER"), LICENSED("pc2"));
    add_copy("c", id);
    derive_clients();
    must(casedb_timeline(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 1);
    ck_assert_str_eq(item.path, "a");
    ck_assert_int_eq(item.client_id, 0);
    ck_assert_int_eq(item.writer_id, item.machine_id);
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 1);
    ck_assert_uint_eq(item.observation.record_id, 1);
    ck_assert_str_eq(item.machine, "PC1");
    ck_assert_str_eq(item.observation.computer, "KMS01");
    ck_assert_int_ne(item.client_id, 0);
    ck_assert_int_eq(item.writer_id, find_machine("KMS01"));
    ck_assert(item.decides);
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 1);
    ck_assert_uint_eq(item.observation.record_id, 3); /* nobody's is in no timeline */
    ck_assert_int_eq(item.machine_id, find_machine("pc2"));
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 0);
    casedb_cursor_free(cursor);
    must(casedb_machine_sources(db, find_machine("pc2"), &list, &err));
    ck_assert_str_eq(list, "b; c");
    free(list);
    must(casedb_source_machines(db, id, &list, &err));
    ck_assert_str_eq(list, "KMS01");
    free(list);
    must(casedb_clients(db, &cursor, &err));
    while (casedb_next_client(cursor, &client, &err) == 1)
        ck_assert_int_eq(client.machine_id,
                         strcmp(client.name, "SERVER") == 0 ? 0 : find_machine(client.name));
    casedb_cursor_free(cursor);
    must(casedb_begin_derived(db, &err));
    must(casedb_commit_derived(db, &err));
    must(casedb_clients(db, &cursor, &err));
    while (casedb_next_client(cursor, &client, &err) == 1)
        ck_assert_int_eq(client.machine_id, 0);
    casedb_cursor_free(cursor);
    expect_timeline("a@4608 ");
}
END_TEST

START_TEST(clients_are_taken_from_their_machine_again)
{
    struct casedb_cursor *cursor;
    struct case_client client;

    ADD_KMS_LOG("a", LICENSED("PC1"));
    derive_clients();
    must(casedb_clients(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_client(cursor, &client, &err), 1);
    must(casedb_assign_client(db, client.id, 0, &err));
    casedb_cursor_free(cursor);
    expect_timeline("");
}
END_TEST

/* What it says is the machine's all the same. */
START_TEST(hidden_requests_are_in_no_timeline)
{
    struct casedb_cursor *cursor;
    struct case_observation item;
    int64_t hidden = 0;

    ADD_KMS_LOG("a", LICENSED("PC1"), LICENSED("PC1"), LICENSED("PC1"));
    derive_clients();
    must(casedb_timeline(db, &cursor, &err));
    while (casedb_next_observation(cursor, &item, &err) == 1)
        if (item.observation.record_id == 2)
            hidden = item.id;
    casedb_cursor_free(cursor);
    must(casedb_hide_observation(db, hidden, &err));
    expect_timeline("a@1 a@3 ");
    expect_observations("PC1", "1 1001; 2 1002; 3 1003; ");
    casework_reopen();
    expect_timeline("a@1 a@3 ");
    derive_clients();
    expect_timeline("a@1 a@2 a@3 ");
}
END_TEST

/* Ids of the host's log are none of the machine's own logs, nor of another host's. */
START_TEST(requests_stand_among_the_machines_events_by_time)
{
    struct observation own = sample_observation("PC1");
    struct observation host = sample_observation("KMS01");
    int64_t id = begin_log("a");

    own.channel = host.channel = "Key Management Service";
    own.record_id = 2;
    own.event_filetime = 1001;
    add_observation(id, &own);
    own.record_id = 1;
    own.event_filetime = 1003; /* ids count: the next stands behind it */
    add_observation(id, &own);
    finish_log(id, "PC1");
    id = begin_log("b");
    host.record_id = 50;
    host.event_filetime = 1002;
    add_observation(id, &host);
    add_request(id, 4, LICENSED("PC1"));
    add_request(id, 1, LICENSED("PC1"));
    add_request(id, 2, LICENSED("PC2"));
    finish_log(id, "KMS01");
    derive_clients();
    expect_observations("PC1", "1 1001; 1 1003; 2 1001; 4 1004; ");
    expect_observations("PC2", "2 1002; ");
    expect_observations("KMS01", "50 1002; ");
}
END_TEST

/* Of each host, as of each log, the ids are the order; other clients of it do not count. */
START_TEST(requests_of_a_client_are_in_the_order_of_the_hosts_log)
{
    struct observation_string string = {"", LICENSED("PC1")};
    struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                      .event_id = 12290,
                                      .channel = "Key Management Service",
                                      .user_sid = "",
                                      .strings = &string,
                                      .string_count = 1};
    static const struct {
        const char *computer;
        uint64_t record_id, time;
        const char *request;
    } rows[] = {{"KMS01", 1, 2000, LICENSED("PC1")},
                {"KMS01", 2, 1500, LICENSED("PC1")},
                {"KMS02", 3, 1700, LICENSED("PC1")},
                {"KMS01", 4, 9000, LICENSED("PC2")},
                {"KMS01", 5, 2500, LICENSED("PC1")}};
    int64_t id = begin_log("a");

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        observation.computer = rows[index].computer;
        observation.record_id = rows[index].record_id;
        observation.event_filetime = rows[index].time;
        string.value = rows[index].request;
        must(casedb_add_observation(db, id, incident_find_event(INCIDENT_PROVIDER_SPP, 12290),
                                    &observation, &err));
    }
    finish_log(id, "KMS01");
    derive_clients();
    expect_observations("PC1", "3 1700; 1 2000; 2 1500; 5 2500; ");
}
END_TEST

START_TEST(requests_of_an_earlier_installation_of_the_host_are_none_of_it)
{
    struct casedb_cursor *cursor;
    struct case_computer computer;
    struct case_observation item;
    int64_t machine;

    ADD_KMS_LOG("a", LICENSED("PC1"));
    add_log("a2", "KMS01", 1);
    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "KMS01", true, false, 0, &machine, &err));
    must(casedb_computers(db, &cursor, &err));
    while (casedb_next_computer(cursor, &computer, &err) == 1)
        must(casedb_assign_computer(db, computer.id, machine, false, &err));
    casedb_cursor_free(cursor);
    must(casedb_commit_derived(db, &err));
    must(casedb_earlier_observations(db, machine, &cursor, &err));
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 1);
    ck_assert_str_eq(item.path, "a2");
    ck_assert_int_eq(casedb_next_observation(cursor, &item, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(same_request_in_two_logs_of_a_host_counts_once)
{
    ADD_KMS_LOG("a", LICENSED("PC1"), LICENSED("PC1"));
    ADD_KMS_LOG("b", LICENSED("PC1"), LICENSED("PC2"), LICENSED("PC1"));
    derive_clients();
    expect_timeline("a@1 a@2 b@2 b@3 ");
    expect_observations("PC1", "1 1001; 2 1002; 3 1003; ");
}
END_TEST

START_TEST(clients_of_a_source_go_with_it)
{
    static const char *const kept[] = {"b"};
    size_t deleted;

    ADD_KMS_LOG("a", LICENSED("PC1"), LICENSED("PC2"));
    ADD_KMS_LOG("b", LICENSED("PC1"));
    ADD_KMS_LOG("a", LICENSED("PC3"));
    derive_clients();
    expect_clients("3 PC1 of 2 1 7 1001; 4 PC3 of 1 1 7 1001; ");
    must(casedb_keep_only_sources(db, kept, 1, &deleted, &err));
    expect_clients("3 PC1 of 2 1 7 1001; ");
    begin_log("c");
    add_request(3, 1, LICENSED("PC4"));
    casedb_abandon_source(db);
    expect_clients("3 PC1 of 2 1 7 1001; ");
}
END_TEST

START_TEST(case_written_anew_has_the_clients)
{
    struct casedb_cursor *cursor;
    struct case_client client;

    ADD_KMS_LOG("z", LICENSED("PC9"));
    ADD_KMS_LOG("a", LICENSED("PC2"), REQUEST("PC1", "", "5", SERVER));
    derive_clients();
    expect_timeline("a@1 z@1 a@2 ");
    expect_clients("3 PC1 of 2 1 1002; 2 PC2 of 2 1 7 1001; 1 PC9 of 1 1 7 1001; ");
    ck_assert(casework_settle("other"));
    expect_clients("2 PC1 of 1 1 1002; 1 PC2 of 1 1 7 1001; 3 PC9 of 2 1 7 1001; ");
    expect_timeline("");
    must(casedb_clients(db, &cursor, &err));
    while (casedb_next_client(cursor, &client, &err) == 1)
        ck_assert_int_eq(client.machine_id, 0);
    casedb_cursor_free(cursor);
    derive_clients();
    expect_timeline("a@1 z@1 a@2 ");
    expect_observations("PC1", "2 1002; ");
    ADD_KMS_LOG("b", LICENSED("PC8"));
    expect_clients("2 PC1 of 1 1 1002; 1 PC2 of 1 1 7 1001; 4 PC8 of 3 1 7 1001; "
                   "3 PC9 of 2 1 7 1001; ");
}
END_TEST

/* ---- Duplicates ---- */

/* The same event in the logs a, b and c, and which of them counts. */
static const struct {
    struct {
        bool forwarded;
        enum verified verified;
    } logs[3];
    const char *counts;
} copies[] = {
    {{{false, VERIFIED_YES}, {false, VERIFIED_YES}, {false, VERIFIED_YES}}, "a@4608 "},
    {{{true, VERIFIED_YES}, {false, VERIFIED_NO}, {true, VERIFIED_YES}}, "b@4608 "},
    {{{false, VERIFIED_NO}, {true, VERIFIED_YES}, {false, VERIFIED_YES}}, "c@4608 "},
    {{{false, VERIFIED_CONFLICT}, {false, VERIFIED_NO}, {false, VERIFIED_NOT_ASKED}}, "a@4608 "},
    {{{true, VERIFIED_NO}, {true, VERIFIED_NO}, {true, VERIFIED_YES}}, "c@4608 "},
};

START_TEST(of_an_event_in_several_logs_the_own_then_the_verified_then_the_first_counts)
{
    struct observation observation = sample_observation("PC");

    for (size_t index = 0; index < 3; index++) {
        struct source_facts facts = {0};
        int64_t id = begin_log((const char *const[]){"a", "b", "c"}[index]);

        observation.verified = copies[_i].logs[index].verified;
        add_observation(id, &observation);
        source_facts_computer(&facts, "PC")->forwarded = copies[_i].logs[index].forwarded;
        must(casedb_finish_source(db, id, &facts, 0, &err));
        source_facts_free_content(&facts);
    }
    derive_all();
    expect_timeline(copies[_i].counts);
}
END_TEST

START_TEST(same_event_in_two_sources_of_a_machine_counts_once)
{
    add_log("b", "PC", 2);
    add_log("c", "pc", 3);
    add_log("a", "Pc", 1);
    derive_all();
    expect_timeline("a@4608 b@5120 c@5632 ");
    add_log("a", "Pc", 0); /* read again, and now empty */
    derive_all();
    expect_timeline("b@4608 b@5120 c@5632 ");
}
END_TEST

START_TEST(same_event_twice_in_one_source_counts_at_its_first_offset)
{
    struct observation observation = sample_observation("PC");
    int64_t id = begin_log("a");

    observation.recovered = true;
    add_observation(id, &observation);
    observation.recovered = false;
    observation.offset_bytes = 600;
    add_observation(id, &observation);
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@600 ");
}
END_TEST

START_TEST(across_machines_nothing_is_dropped)
{
    add_log("a", "PC1", 1);
    add_log("b", "PC2", 1);
    derive_all();
    expect_timeline("a@4608 b@4608 ");
}
END_TEST

/* Makes a machine of every source, or one of all. */
static void derive_by_source(bool one_machine)
{
    struct casedb_cursor *cursor;
    struct case_computer computer;
    int64_t machine = 0;

    must(casedb_begin_derived(db, &err));
    must(casedb_computers(db, &cursor, &err));
    while (casedb_next_computer(cursor, &computer, &err) == 1) {
        if (machine == 0 || !one_machine)
            must(casedb_add_machine(db, computer.path, true, false, 0, &machine, &err));
        must(casedb_assign_computer(db, computer.id, machine, true, &err));
    }
    casedb_cursor_free(cursor);
    must(casedb_mark_duplicates(db, &err));
    must(casedb_commit_derived(db, &err));
}

/* Machines set up from one medium have the events that it was made with, under its name. */
START_TEST(clones_keep_the_events_of_their_image)
{
    add_log("a", "37L4247F27-25", 1);
    add_log("b", "37L4247F27-25", 1);
    derive_by_source(false);
    expect_timeline("a@4608 b@4608 ");
    derive_by_source(true);
    expect_timeline("a@4608 ");
}
END_TEST

START_TEST(other_name_of_a_machine_makes_another_event)
{
    add_log("a", "OLD", 1);
    add_log("b", "NEW", 1);
    derive_by_source(true);
    expect_timeline("a@4608 b@4608 ");
}
END_TEST

static const struct observation_string apart[] = {{"", "ab"}, {"", "c"}};
static const struct observation_string shifted[] = {{"", "a"}, {"", "bc"}};
static const struct observation_string renamed[] = {{"x", "ab"}, {"y", "c"}};

/* Each differs from the first in one thing that is compared. */
static const struct observation different[] = {
    {"P", 1, -1, 4, 100, 7, "C", "PC", "", apart, 2, 0, 0, false, false, VERIFIED_NOT_ASKED, NULL},
    {"Q", 1, -1, 4, 100, 7, "C", "PC", "", apart, 2, 1, 0, false, false, VERIFIED_NOT_ASKED, NULL},
    {"P", 2, -1, 4, 100, 7, "C", "PC", "", apart, 2, 2, 0, false, false, VERIFIED_NOT_ASKED, NULL},
    {"P", 1, -1, 4, 101, 7, "C", "PC", "", apart, 2, 3, 0, false, false, VERIFIED_NOT_ASKED, NULL},
    {"P", 1, -1, 4, 100, 8, "C", "PC", "", apart, 2, 4, 0, false, false, VERIFIED_NOT_ASKED, NULL},
    {"P", 1, -1, 4, 100, 7, "c", "PC", "", apart, 2, 5, 0, false, false, VERIFIED_NOT_ASKED, NULL},
    {"P", 1, -1, 4, 100, 7, "C", "PC", "", shifted, 2, 6, 0, false, false, VERIFIED_NOT_ASKED,
     NULL},
    {"P", 1, -1, 4, 100, 7, "C", "PC", "", apart, 1, 7, 0, false, false, VERIFIED_NOT_ASKED, NULL},
};

START_TEST(events_that_differ_are_no_duplicates)
{
    int64_t id = begin_log("a");

    for (size_t index = 0; index < ARRAY_COUNT(different); index++)
        add_observation(id, &different[index]);
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@0 a@1 a@2 a@5 a@6 a@7 a@4 a@3 ");
}
END_TEST

START_TEST(what_is_not_compared_does_not_part_duplicates)
{
    struct observation other = different[0];
    int64_t id = begin_log("a");

    add_observation(id, &other);
    other.strings = renamed;
    other.level = 2;
    other.qualifiers = 0x4000;
    other.user_sid = "S-1-5-18";
    other.computer = "pc";
    other.offset_bytes = 9;
    other.record_number = 9;
    other.verified = VERIFIED_CONFLICT;
    other.other_reading = "another";
    add_observation(id, &other);
    finish_log(id, "PC");
    derive_all();
    expect_timeline("a@0 ");
}
END_TEST

/* ---- The inventory ---- */

START_TEST(inventory_comes_back_without_second_hosts)
{
    static const char *const columns[] = {"site", "owner"};
    static const char *const first[] = {"Oslo", ""};
    static const char *const second[] = {"Bergen", "x;y"};
    struct casedb_cursor *cursor;
    struct case_inventory_host host;
    char **texts;
    size_t count;
    bool added;

    must(casedb_begin_inventory(db, columns, 2, &err));
    must(casedb_add_inventory_host(db, "zeta", first, &added, &err));
    ck_assert(added);
    must(casedb_add_inventory_host(db, "ZETA", second, &added, &err));
    ck_assert(!added);
    must(casedb_add_inventory_host(db, "Alpha", second, &added, &err));
    ck_assert(added);
    must(casedb_finish_inventory(db, &err));
    must(casedb_begin_inventory(db, columns, 1, &err));
    casedb_abandon_inventory(db);
    must(casedb_read_inventory_columns(db, &texts, &count, &err));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(texts[1], "owner");
    free(texts[0]);
    free(texts[1]);
    free(texts);
    must(casedb_inventory(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_inventory_host(cursor, &host, &err), 1);
    ck_assert_str_eq(host.host, "zeta");
    ck_assert_int_eq(casedb_next_inventory_host(cursor, &host, &err), 1);
    ck_assert_str_eq(host.host, "Alpha");
    must(casedb_read_inventory_values(db, host.id, &texts, &count, &err));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(texts[0], "Bergen");
    ck_assert_str_eq(texts[1], "x;y");
    free(texts[0]);
    free(texts[1]);
    free(texts);
    ck_assert_int_eq(casedb_next_inventory_host(cursor, &host, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(inventory_is_replaced_whole)
{
    static const char *const column = "site";
    static const char *const value = "Oslo";
    struct casedb_cursor *cursor;
    struct case_inventory_host host;
    struct case_machine machine;
    char **columns;
    size_t count;
    int64_t id;
    bool added;

    must(casedb_begin_inventory(db, &column, 1, &err));
    must(casedb_add_inventory_host(db, "PC", &value, &added, &err));
    must(casedb_finish_inventory(db, &err));
    must(casedb_inventory(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_inventory_host(cursor, &host, &err), 1);
    casedb_cursor_free(cursor);
    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", false, true, host.id, &id, &err));
    must(casedb_commit_derived(db, &err));
    must(casedb_machines(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_machine(cursor, &machine, &err), 1);
    ck_assert_int_eq(machine.inventory_id, host.id);
    ck_assert(!machine.collected);
    ck_assert(machine.shared_name);
    casedb_cursor_free(cursor);
    must(casedb_begin_inventory(db, NULL, 0, &err));
    must(casedb_finish_inventory(db, &err));
    must(casedb_read_inventory_columns(db, &columns, &count, &err));
    ck_assert_uint_eq(count, 0);
    free(columns);
    must(casedb_machines(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_machine(cursor, &machine, &err), 1);
    ck_assert_int_eq(machine.inventory_id, 0);
    casedb_cursor_free(cursor);
}
END_TEST

/* ---- What is derived ---- */

static const struct case_verdict sample_verdict = {
    .classification = CLASSIFICATION_AFFECTED,
    .confidence = CONFIDENCE_CONFIRMED,
    .reason = "reason",
    .review = 1u << REVIEW_LOG_DAMAGED | 1u << REVIEW_NOT_WINDOWS_7,
    .state = ACTIVATION_STATE_RECOVERED,
    .first_fault_filetime = 1,
    .last_fault_filetime = 2,
    .recovered_filetime = 3,
    .in_window_events = 4,
    .events_8196 = 5,
    .events_8208 = 6,
    .events_8209 = 7,
    .events_13 = 8,
    .codes = "co",
    .window_coverage = COVERAGE_FULL,
    .kb971033 = UPDATE_STATUS_INSTALLED,
    .kb971033_evidence = "ev",
    .unrelated_updates = "un",
    .edition = "ed",
    .licence_channel = LICENCE_CHANNEL_OTHER,
    .licence_evidence = "le",
    .os_version = "os",
    .clock = CLOCK_CHANGED,
    .action = ACTION_VERIFY,
    .kms_client_key = "key",
    .remediation = "re",
    .rollout = ROLLOUT_REFUSED,
    .rollout_trace = "tr",
    .verified = VERIFIED_CONFLICT,
};

START_TEST(verdict_comes_back_with_every_field)
{
    struct case_verdict verdict = sample_verdict;
    struct casedb_cursor *cursor;
    struct case_machine back;

    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "PC", true, false, 0, &verdict.machine_id, &err));
    must(casedb_machines(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_machine(cursor, &back, &err), 1);
    ck_assert(!back.has_verdict);
    ck_assert(back.collected);
    ck_assert(!back.shared_name);
    ck_assert_int_eq(back.inventory_id, 0);
    casedb_cursor_free(cursor);
    must(casedb_add_verdict(db, &verdict, &err));
    must(casedb_commit_derived(db, &err));
    casework_reopen();
    must(casedb_machines(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_machine(cursor, &back, &err), 1);
    ck_assert(back.has_verdict);
    ck_assert_int_eq(back.verdict.machine_id, verdict.machine_id);
    ck_assert_int_eq(back.verdict.classification, CLASSIFICATION_AFFECTED);
    ck_assert_int_eq(back.verdict.confidence, CONFIDENCE_CONFIRMED);
    ck_assert_str_eq(back.verdict.reason, "reason");
    ck_assert_uint_eq(back.verdict.review, verdict.review);
    ck_assert_int_eq(back.verdict.state, ACTIVATION_STATE_RECOVERED);
    ck_assert_uint_eq(back.verdict.first_fault_filetime, 1);
    ck_assert_uint_eq(back.verdict.last_fault_filetime, 2);
    ck_assert_uint_eq(back.verdict.recovered_filetime, 3);
    ck_assert_uint_eq(back.verdict.in_window_events, 4);
    ck_assert_uint_eq(back.verdict.events_8196, 5);
    ck_assert_uint_eq(back.verdict.events_8208, 6);
    ck_assert_uint_eq(back.verdict.events_8209, 7);
    ck_assert_uint_eq(back.verdict.events_13, 8);
    ck_assert_str_eq(back.verdict.codes, "co");
    ck_assert_int_eq(back.verdict.window_coverage, COVERAGE_FULL);
    ck_assert_int_eq(back.verdict.kb971033, UPDATE_STATUS_INSTALLED);
    ck_assert_str_eq(back.verdict.kb971033_evidence, "ev");
    ck_assert_str_eq(back.verdict.unrelated_updates, "un");
    ck_assert_str_eq(back.verdict.edition, "ed");
    ck_assert_int_eq(back.verdict.licence_channel, LICENCE_CHANNEL_OTHER);
    ck_assert_str_eq(back.verdict.licence_evidence, "le");
    ck_assert_str_eq(back.verdict.os_version, "os");
    ck_assert_int_eq(back.verdict.clock, CLOCK_CHANGED);
    ck_assert_int_eq(back.verdict.action, ACTION_VERIFY);
    ck_assert_str_eq(back.verdict.kms_client_key, "key");
    ck_assert_str_eq(back.verdict.remediation, "re");
    ck_assert_int_eq(back.verdict.rollout, ROLLOUT_REFUSED);
    ck_assert_str_eq(back.verdict.rollout_trace, "tr");
    ck_assert_int_eq(back.verdict.verified, VERIFIED_CONFLICT);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(machines_come_in_order_of_folded_name)
{
    static const char *const names[] = {"b", "PC-2", "pc-10", "A", "B", "\xC3\x84"};
    struct casedb_cursor *cursor;
    struct case_machine machine;
    struct text text = {0};
    int64_t id;

    must(casedb_begin_derived(db, &err));
    for (size_t index = 0; index < ARRAY_COUNT(names); index++)
        must(casedb_add_machine(db, names[index], true, false, 0, &id, &err));
    must(casedb_commit_derived(db, &err));
    must(casedb_machines(db, &cursor, &err));
    while (casedb_next_machine(cursor, &machine, &err) == 1)
        text_add_item(&text, machine.name);
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), "A; B; b; pc-10; PC-2; \xC3\x84");
    text_free(&text);
}
END_TEST

START_TEST(aliases_come_oldest_first)
{
    int64_t id, other;
    char *list;

    must(casedb_begin_derived(db, &err));
    must(casedb_add_machine(db, "NEW", true, false, 0, &id, &err));
    must(casedb_add_machine(db, "OTHER", true, false, 0, &other, &err));
    must(casedb_add_machine_alias(db, id, 1, "A", &err));
    must(casedb_add_machine_alias(db, id, 0, "Z", &err));
    must(casedb_commit_derived(db, &err));
    must(casedb_machine_aliases(db, id, &list, &err));
    ck_assert_str_eq(list, "Z; A");
    free(list);
    must(casedb_machine_aliases(db, other, &list, &err));
    ck_assert_str_eq(list, "");
    free(list);
}
END_TEST

START_TEST(evidence_comes_in_order_of_time_path_and_kind)
{
    int64_t b = add_log("b", "PC", 0);
    int64_t a = add_log("a", "NONE", 0);
    struct case_update_evidence rows[] = {
        {0, UPDATE_ID_KB971033, EVIDENCE_DISM, 0, UPDATE_SAYS_ABSENT, true, 0, "", a, NULL},
        {0, UPDATE_ID_KB971033, EVIDENCE_WAT, 13, UPDATE_SAYS_INSTALLED, false, 9, "d", b, NULL},
        {0, UPDATE_ID_KB971033, EVIDENCE_WMIC, 0, UPDATE_SAYS_ABSENT, false, 5, "", b, NULL},
        {0, UPDATE_ID_KB4480970, EVIDENCE_SERVICING, 2, UPDATE_SAYS_NEITHER, false, 5, "why", b,
         NULL},
        {0, UPDATE_ID_KB971033, EVIDENCE_HISTORY, 0, UPDATE_SAYS_ABSENT, false, 5, "", a, NULL}};
    uint64_t count;
    struct casedb_cursor *cursor;
    struct case_update_evidence back = {0};
    struct text text = {0};
    int64_t pc;

    derive_machines();
    pc = find_machine("PC");
    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        rows[index].machine_id = pc;
        must(casedb_add_update_evidence(db, &rows[index], &err));
    }
    must(casedb_commit_derived(db, &err));
    must(casedb_update_evidence(db, pc, &cursor, &err));
    while (casedb_next_update_evidence(cursor, &back, &err) == 1) {
        text_add_format(&text, "%s %s %u %s %d %s %s; ", update_id_word(back.update),
                        evidence_kind_word(back.kind), back.event_id, update_says_word(back.says),
                        (int)back.filetime, back.detail, back.path);
        ck_assert_int_eq(back.with_collection, back.kind == EVIDENCE_DISM);
        ck_assert_int_eq(back.machine_id, pc);
        ck_assert_int_eq(back.source_id, strcmp(back.path, "a") == 0 ? a : b);
    }
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text),
                     "KB971033 DataStore.edb 0 absent 5  a; "
                     "KB4480970 Servicing 2 neither 5 why b; KB971033 wmic qfe 0 absent 5  b; "
                     "KB971033 WAT 13 installed 9 d b; KB971033 dism 0 absent 0  a; ");
    text_free(&text);
    must(casedb_count_update_machines(db, UPDATE_ID_KB971033, &count, &err));
    ck_assert_uint_eq(count, 1);
    must(casedb_count_update_machines(db, UPDATE_ID_KB4480970, &count, &err));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(licence_evidence_comes_back_with_every_field)
{
    int64_t id = add_log("a", "PC", 0);
    struct case_licence_evidence row = {0,
                                        EVIDENCE_LICENCES,
                                        "guid",
                                        "Windows 7 Professional",
                                        LICENCE_CHANNEL_OTHER,
                                        false,
                                        77,
                                        "detail",
                                        id,
                                        NULL};
    struct case_licence_evidence early = {
        0, EVIDENCE_KMS_REQUEST, "guid", "", LICENCE_CHANNEL_VOLUME_KMS, false, 3, "", id, NULL};
    struct case_licence_evidence listed = {
        0, EVIDENCE_SLMGR, "guid", "", LICENCE_CHANNEL_VOLUME_KMS, true, 0, "", id, NULL};
    struct casedb_cursor *cursor;
    struct case_licence_evidence back;

    derive_machines();
    row.machine_id = early.machine_id = listed.machine_id = find_machine("PC");
    must(casedb_add_licence_evidence(db, &listed, &err));
    must(casedb_add_licence_evidence(db, &row, &err));
    must(casedb_add_licence_evidence(db, &early, &err));
    must(casedb_commit_derived(db, &err));
    must(casedb_licence_evidence(db, row.machine_id, &cursor, &err));
    ck_assert_int_eq(casedb_next_licence_evidence(cursor, &back, &err), 1);
    ck_assert_uint_eq(back.filetime, 3);
    ck_assert_int_eq(casedb_next_licence_evidence(cursor, &back, &err), 1);
    ck_assert_int_eq(back.machine_id, row.machine_id);
    ck_assert_int_eq(back.kind, EVIDENCE_LICENCES);
    ck_assert_str_eq(back.activation_id, "guid");
    ck_assert_str_eq(back.edition, "Windows 7 Professional");
    ck_assert_int_eq(back.licence_channel, LICENCE_CHANNEL_OTHER);
    ck_assert_uint_eq(back.filetime, 77);
    ck_assert_str_eq(back.detail, "detail");
    ck_assert_int_eq(back.source_id, id);
    ck_assert_str_eq(back.path, "a");
    ck_assert(!back.with_collection);
    ck_assert_int_eq(casedb_next_licence_evidence(cursor, &back, &err), 1);
    ck_assert(back.with_collection);
    ck_assert_int_eq(casedb_next_licence_evidence(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(sights_come_in_order_of_host_suspicion_and_name)
{
    static const struct {
        const char *name;
        enum confidence confidence;
    } names[] = {{"kms02", CONFIDENCE_NONE},     {"PC-3", CONFIDENCE_NONE},
                 {"PC-2", CONFIDENCE_SUSPECTED}, {"pc-1", CONFIDENCE_NONE},
                 {"PC-4", CONFIDENCE_SUSPECTED}, {"PC-0", CONFIDENCE_CONFIRMED},
                 {"unjudged", CONFIDENCE_NONE}};
    struct case_kms_sight sight = {.before = LICENSING_STATUS_LICENSED,
                                   .within = LICENSING_STATUS_NOTIFICATION,
                                   .after = LICENSING_STATUS_NOT_TOLD,
                                   .request_count = 9,
                                   .first_filetime = 5,
                                   .last_filetime = 7};
    struct case_verdict verdict = sample_verdict;
    struct casedb_cursor *cursor;
    struct case_kms_sight back;
    struct text text = {0};
    int64_t kms = 0;

    must(casedb_begin_derived(db, &err));
    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        must(casedb_add_machine(db, names[index].name, false, false, 0, &sight.machine_id, &err));
        kms = index == 0 ? sight.machine_id : kms;
        verdict.machine_id = sight.machine_id;
        verdict.confidence = names[index].confidence;
        if (index + 1 < ARRAY_COUNT(names))
            must(casedb_add_verdict(db, &verdict, &err));
        sight.host_id = index % 2 == 1 ? kms : 0;
        sight.host = index % 2 == 1 ? "KMS-02" : "KMS01";
        must(casedb_add_kms_sight(db, &sight, &err));
    }
    must(casedb_commit_derived(db, &err));
    casework_reopen();
    must(casedb_kms_sights(db, &cursor, &err));
    while (casedb_next_kms_sight(cursor, &back, &err) == 1) {
        text_add_format(&text, "%s %s; ", back.host, back.name);
        ck_assert_int_eq(back.before, LICENSING_STATUS_LICENSED);
        ck_assert_int_eq(back.within, LICENSING_STATUS_NOTIFICATION);
        ck_assert_int_eq(back.after, LICENSING_STATUS_NOT_TOLD);
        ck_assert_uint_eq(back.request_count, 9);
        ck_assert_uint_eq(back.first_filetime, 5);
        ck_assert_uint_eq(back.last_filetime, 7);
        ck_assert_int_eq(back.classification, CLASSIFICATION_AFFECTED);
        ck_assert_int_eq(back.state, ACTIVATION_STATE_RECOVERED);
        ck_assert_int_eq(back.host_id, strcmp(back.host, "kms02") == 0 ? kms : 0);
        ck_assert_int_eq(back.machine_id, find_machine(back.name));
    }
    casedb_cursor_free(cursor);
    ck_assert_str_eq(text_get(&text), "KMS01 PC-2; KMS01 PC-4; KMS01 kms02; kms02 PC-0; "
                                      "kms02 pc-1; kms02 PC-3; ");
    text_free(&text);
    must(casedb_begin_derived(db, &err));
    must(casedb_commit_derived(db, &err));
    must(casedb_kms_sights(db, &cursor, &err));
    ck_assert_int_eq(casedb_next_kms_sight(cursor, &back, &err), 0);
    casedb_cursor_free(cursor);
}
END_TEST

START_TEST(abandoned_derivation_leaves_the_earlier_one)
{
    add_log("a", "PC", 1);
    add_log("b", "PC", 1);
    derive_all();
    must(casedb_begin_derived(db, &err));
    casedb_abandon_derived(db);
    find_machine("PC");
    expect_timeline("a@4608 ");
    must(casedb_begin_derived(db, &err));
    must(casedb_commit_derived(db, &err));
    expect_timeline("a@4608 b@4608 "); /* of nobody, so that none is a duplicate */
}
END_TEST

static Suite *casedb_suite(void)
{
    Suite *suite = suite_create("casedb");
    TCase *cases = tcase_create("casedb");

    tcase_add_checked_fixture(cases, casework_begin, casework_end);
    tcase_add_test(cases, events_of_names_beyond_the_bound_are_left_out_and_counted);
    tcase_add_test(cases, settings_come_back);
    tcase_add_test(cases, source_comes_back_with_every_field);
    tcase_add_test(cases, sources_come_in_order_of_bytes);
    tcase_add_test(cases, source_read_again_replaces_its_rows_and_keeps_its_id);
    tcase_add_test(cases, abandoned_source_leaves_nothing);
    tcase_add_test(cases, only_sources_of_the_inputs_are_kept);
    tcase_add_test(cases, copy_counts_with_the_content_that_was_read);
    tcase_add_test(cases, copy_takes_over_what_was_read_when_its_original_goes);
    tcase_add_test(cases, computer_comes_back_with_every_field);
    tcase_add_test(cases, computer_of_an_image_is_carved_in_every_place);
    tcase_add_test(cases, computers_come_in_order_of_path_number_and_name);
    tcase_add_test(cases, spans_come_back_in_order_with_every_field);
    tcase_add_test(cases, spans_of_a_source_go_with_it);
    tcase_add_test(cases, case_written_anew_has_the_spans);
    tcase_add_test(cases, logs_of_a_name_clash_where_their_marks_do);
    tcase_add_test(cases, case_written_anew_has_the_marks);
    tcase_add_test(cases, observations_come_back_as_they_were);
    tcase_add_test(cases, only_a_conflict_has_another_reading);
    tcase_add_test(cases, conflicts_are_listed_whether_or_not_they_count);
    tcase_add_test(cases, observations_come_in_order_of_time_record_path_and_offset);
    tcase_add_loop_test(cases, of_licence_states_in_a_row_first_and_last_stay, 0,
                        ARRAY_COUNT(runs));
    tcase_add_test(cases, licence_states_are_in_a_row_by_their_ids);
    tcase_add_test(cases, applications_do_not_part_each_others_licence_states);
    tcase_add_test(cases, too_many_licence_states_to_hold_give_the_same);
    tcase_add_test(cases, other_computers_keep_their_own_licence_states);
    tcase_add_test(cases, placed_observations_stand_at_the_time_they_count_as_of);
    tcase_add_test(cases, observations_that_do_not_decide_are_not_the_machines);
    tcase_add_test(cases, client_comes_back_with_every_field);
    tcase_add_test(cases, clients_come_in_order_of_name_with_ids_that_go_on);
    tcase_add_test(cases, short_and_full_names_are_two_clients);
    tcase_add_test(cases, computers_of_one_log_have_clients_of_their_own);
    tcase_add_test(cases, what_names_no_client_has_none);
    tcase_add_test(cases, clients_of_remnants_alone_are_not_counted);
    tcase_add_test(cases, clients_of_a_source_and_of_its_copies_are_counted);
    tcase_add_test(cases, clones_are_clients_with_one_client_machine_id);
    tcase_add_test(cases, forms_of_a_name_are_counted_as_one_client);
    tcase_add_test(cases, requests_are_of_the_machine_of_their_client);
    tcase_add_test(cases, clients_are_taken_from_their_machine_again);
    tcase_add_test(cases, hidden_requests_are_in_no_timeline);
    tcase_add_test(cases, requests_stand_among_the_machines_events_by_time);
    tcase_add_test(cases, requests_of_a_client_are_in_the_order_of_the_hosts_log);
    tcase_add_test(cases, requests_of_an_earlier_installation_of_the_host_are_none_of_it);
    tcase_add_test(cases, same_request_in_two_logs_of_a_host_counts_once);
    tcase_add_test(cases, clients_of_a_source_go_with_it);
    tcase_add_test(cases, case_written_anew_has_the_clients);
    tcase_add_loop_test(cases,
                        of_an_event_in_several_logs_the_own_then_the_verified_then_the_first_counts,
                        0, ARRAY_COUNT(copies));
    tcase_add_test(cases, same_event_in_two_sources_of_a_machine_counts_once);
    tcase_add_test(cases, same_event_twice_in_one_source_counts_at_its_first_offset);
    tcase_add_test(cases, across_machines_nothing_is_dropped);
    tcase_add_test(cases, clones_keep_the_events_of_their_image);
    tcase_add_test(cases, other_name_of_a_machine_makes_another_event);
    tcase_add_test(cases, events_that_differ_are_no_duplicates);
    tcase_add_test(cases, what_is_not_compared_does_not_part_duplicates);
    tcase_add_test(cases, inventory_comes_back_without_second_hosts);
    tcase_add_test(cases, inventory_is_replaced_whole);
    tcase_add_test(cases, verdict_comes_back_with_every_field);
    tcase_add_test(cases, machines_come_in_order_of_folded_name);
    tcase_add_test(cases, aliases_come_oldest_first);
    tcase_add_test(cases, evidence_comes_in_order_of_time_path_and_kind);
    tcase_add_test(cases, licence_evidence_comes_back_with_every_field);
    tcase_add_test(cases, sights_come_in_order_of_host_suspicion_and_name);
    tcase_add_test(cases, abandoned_derivation_leaves_the_earlier_one);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(casedb_suite());
}
