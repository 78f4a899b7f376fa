/* SPDX-License-Identifier: Apache-2.0 */
/* The log reader on the real logs beside the checkout: the figures of tests/cases/corpus-logs.txt,
 * and the events of the event table as libevtx's own evtxexport shows them. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/readers.h"
#include "identity/logset.h"
#include "real.h"
#include "run.h"
#include "scratch.h"

/* An event as both sides tell it: "EventRecordID|provider|id|time". */
struct names {
    char **names;
    size_t count;
};

static void names_add(struct names *names, char *name)
{
    names->names = memory_grow(names->names, names->count, sizeof(*names->names));
    names->names[names->count++] = name;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorts and drops what is there twice (a record and its copy in unused space). */
static void names_sort(struct names *names)
{
    size_t kept = 0;

    if (names->count > 0)
        qsort(names->names, names->count, sizeof(*names->names), compare_names);
    for (size_t index = 0; index < names->count; index++) {
        if (kept > 0 && strcmp(names->names[kept - 1], names->names[index]) == 0)
            free(names->names[index]);
        else
            names->names[kept++] = names->names[index];
    }
    names->count = kept;
}

static bool names_have(const struct names *names, char *name)
{
    return names->count > 0 &&
           bsearch(&name, names->names, names->count, sizeof(*names->names), compare_names) != NULL;
}

static void names_free(struct names *names)
{
    for (size_t index = 0; index < names->count; index++)
        free(names->names[index]);
    free(names->names);
    *names = (struct names){0};
}

static char *event_name(uint64_t record_id, const char *provider, unsigned event_id,
                        uint64_t filetime)
{
    char *time = filetime_text(filetime);
    char *name = memory_format("%" PRIu64 "|%s|%u|%s", record_id, provider, event_id, time);

    free(time);
    return name;
}

/* Is every event of this row handed on, so that the sink sees all that evtxexport shows? */
static bool all_are_kept(const struct incident_event *event)
{
    return event != NULL && event->keep == EVENT_KEEP_ALL;
}

static int take(void *context, const struct incident_event *event,
                const struct observation *observation, struct error *err)
{
    (void)err;
    if (all_are_kept(event))
        names_add(context, event_name(observation->record_id, observation->provider,
                                      observation->event_id, observation->event_filetime));
    return 0;
}

/* Reads one log of the corpus. */
static void read_log(const char *path, struct names *names, struct source_facts *facts)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    struct source source = {.kind = SOURCE_KIND_EVTX};
    struct reader_options options = {.window = incident_window, .verify = true};
    struct sink sink = {.context = names, .observation = take};
    struct error err = {0};

    ck_assert_msg(descriptor >= 0 && fstat(descriptor, &status) == 0, "%s", path);
    source.path = memory_copy_text(path);
    source.size_bytes = (uint64_t)status.st_size;
    ck_assert_int_eq(
        reader_read(&evtx_log_reader, &source, descriptor, &options, &sink, facts, &err), 0);
    source_free_content(&source);
    close(descriptor);
}

/* How many of its records a wrong clock wrote, by the spans of each channel (DESIGN 6, "Time that
 * runs back"). */
static uint64_t count_wrong_clock(const struct source_facts *facts)
{
    struct stretch *stretches = memory_allocate(facts->span_count, sizeof(*stretches));
    uint64_t wrong = 0;

    for (size_t first = 0; first < facts->span_count; first++) {
        const char *channel = facts->spans[first].channel;
        bool is_known = false;
        size_t count = 0;

        for (size_t index = 0; index < first; index++)
            is_known = is_known || strcmp(facts->spans[index].channel, channel) == 0;
        for (size_t index = first; !is_known && index < facts->span_count; index++) {
            const struct record_span *span = &facts->spans[index];

            if (!span->recovered && strcmp(span->channel, channel) == 0)
                stretches[count++] = (struct stretch){.own = true,
                                                      .first_record_id = span->first_record_id,
                                                      .last_record_id = span->last_record_id,
                                                      .record_count = span->record_count,
                                                      .first_filetime = span->first_filetime,
                                                      .last_filetime = span->last_filetime};
        }
        count = clock_find(stretches, count);
        for (size_t index = 0; index < count; index++)
            wrong += stretches[index].wrong_clock ? stretches[index].record_count : 0;
    }
    free(stretches);
    return wrong;
}

/* A line of the table of figures. */
struct figures {
    char status[16];
    char times[16];
    uint64_t records, selected, undecodable, recovered, wrong_clock;
    char file[PATH_MAX];
};

/* Reads the next line that is no comment. */
static bool figures_next(FILE *table, struct figures *out)
{
    char line[PATH_MAX];

    while (fgets(line, sizeof(line), table) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        ck_assert_msg(sscanf(line,
                             "%15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                             " %15s %4095[^\n]",
                             out->status, &out->records, &out->selected, &out->undecodable,
                             &out->recovered, &out->wrong_clock, out->times, out->file) == 8,
                      "%s", line);
        return true;
    }
    return false;
}

static FILE *open_table(void)
{
    char *path = scratch_source_path("tests/cases/corpus-logs.txt");
    FILE *table = fopen(path, "re");

    ck_assert_msg(table != NULL, "%s", path);
    free(path);
    return table;
}

START_TEST(figures_of_each_log_are_as_pinned)
{
    const char *folder = real_folder();
    FILE *table = open_table();
    struct figures figures;
    size_t logs = 0;

    for (; folder != NULL && figures_next(table, &figures); logs++) {
        char *path = memory_format("%s/%s", folder, figures.file);
        struct source_facts facts = {0};
        struct names names = {0};

        read_log(path, &names, &facts);
        ck_assert_msg(
            strcmp(source_status_word(facts.status), figures.status) == 0 &&
                facts.record_count == figures.records && facts.selected_count == figures.selected &&
                facts.undecodable_count == figures.undecodable &&
                facts.recovered_count == figures.recovered &&
                count_wrong_clock(&facts) == figures.wrong_clock &&
                strcmp(facts.header_times_shifted ? "shifted" : "own", figures.times) == 0,
            "%s: %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d", figures.file,
            source_status_word(facts.status), facts.record_count, facts.selected_count,
            facts.undecodable_count, facts.recovered_count, count_wrong_clock(&facts),
            facts.header_times_shifted);
        names_free(&names);
        source_facts_free_content(&facts);
        free(path);
    }
    fclose(table);
    ck_assert(folder == NULL || logs > 100);
}
END_TEST

/* Copies what stands between `before` and the character `end` in the line; false: not there. */
static bool cut_out(const char *line, const char *before, char end, char *out, size_t size_bytes)
{
    const char *start = strstr(line, before);
    size_t length;

    if (start == NULL)
        return false;
    start += strlen(before);
    length = strcspn(start, (char[]){end, '\0'});
    ck_assert_uint_lt(length, size_bytes);
    memcpy(out, start, length);
    out[length] = '\0';
    return true;
}

static bool has_evtxexport(void)
{
    FILE *output = popen("command -v evtxexport", "re");
    bool found = output != NULL && fgetc(output) != EOF;

    if (output != NULL)
        pclose(output);
    return found;
}

/* Collects the events of the event table that evtxexport shows of the log: those of which all are
 * kept by name, the others as a number. Returns whether it went through the log without giving up
 * on a record. */
static bool export_log(const char *path, struct names *names, uint64_t *other_count)
{
    char *command = memory_format("evtxexport -f xml -m all '%s' 2>&1", path);
    FILE *output = popen(command, "re");
    char *line = NULL;
    size_t capacity = 0;
    char provider[1024] = "", id[32] = "", time[64] = "", record_id[32] = "";
    bool clean = true;

    ck_assert_ptr_nonnull(output);
    while (getline(&line, &capacity, output) > 0) {
        const struct incident_event *event;
        char *start = strstr(line, "    <EventID");
        uint64_t filetime = 0;

        clean = clean && strstr(line, "Unable to export") != line;
        if (strncmp(line, "    <Provider ", 14) == 0)
            cut_out(line, " Name=\"", '"', provider, sizeof(provider));
        else if (start == line)
            cut_out(line, ">", '<', id, sizeof(id));
        else if (strncmp(line, "    <TimeCreated", 16) == 0)
            cut_out(line, "SystemTime=\"", '"', time, sizeof(time));
        if (strncmp(line, "    <EventRecordID>", 19) != 0)
            continue;
        cut_out(line, ">", '<', record_id, sizeof(record_id));
        event = incident_find_event(provider, (uint16_t)strtoul(id, NULL, 10));
        filetime_parse(time, &filetime);
        if (all_are_kept(event))
            names_add(names, event_name(strtoull(record_id, NULL, 10), provider,
                                        (unsigned)strtoul(id, NULL, 10), filetime));
        else if (event != NULL)
            *other_count += 1;
    }
    free(line);
    free(command);
    return pclose(output) == 0 && clean;
}

/* What evtxexport shows must be there. What we have beyond that is right only where it fails, or
 * where the log is damaged: it goes by the counts of the headers then. */
static void compare_log(const char *path, const char *file)
{
    struct names ours = {0}, theirs = {0};
    struct source_facts facts = {0};
    uint64_t other_count = 0;
    size_t own_count;
    bool clean;

    read_log(path, &ours, &facts);
    own_count = ours.count;
    clean = export_log(path, &theirs, &other_count);
    names_sort(&ours);
    names_sort(&theirs);
    for (size_t index = 0; index < theirs.count; index++)
        ck_assert_msg(names_have(&ours, theirs.names[index]), "%s: %s is missing", file,
                      theirs.names[index]);
    if (clean && facts.status == SOURCE_STATUS_OK) {
        ck_assert_msg(ours.count == theirs.count, "%s: %zu events against %zu", file, ours.count,
                      theirs.count);
        ck_assert_msg(own_count == ours.count, "%s: an event was handed on twice", file);
        ck_assert_msg(facts.selected_count == ours.count + other_count || facts.recovered_count > 0,
                      "%s: %" PRIu64 " selected against %" PRIu64, file, facts.selected_count,
                      ours.count + other_count);
    }
    names_free(&ours);
    names_free(&theirs);
    source_facts_free_content(&facts);
}

START_TEST(events_are_those_that_evtxexport_shows)
{
    const char *folder = real_folder();
    FILE *table = open_table();
    struct figures figures;
    bool can_compare = folder != NULL && has_evtxexport();

    while (can_compare && figures_next(table, &figures)) {
        char *path = memory_format("%s/%s", folder, figures.file);

        compare_log(path, figures.file);
        free(path);
    }
    fclose(table);
}
END_TEST

START_TEST(time_is_the_events_own_whatever_the_header_says)
{
    const char *folder = real_folder();
    struct source_facts facts = {0};
    struct names names = {0};
    char *path;
    uint64_t last;

    if (folder == NULL)
        return;
    path = memory_format("%s/hayabusa-samples/many-events-application.evtx", folder);
    read_log(path, &names, &facts);
    /* Record 2216, the last one; its header says 0. */
    ck_assert(filetime_parse("2016-09-20T13:15:31Z", &last));
    ck_assert_uint_eq(facts.last_filetime, last);
    ck_assert(facts.header_times_shifted);
    ck_assert_uint_eq(facts.computer_count, 4);
    ck_assert_str_eq(facts.computers[0].name, "37L4247D28-05");
    ck_assert_uint_eq(facts.computers[0].first_number, 1);
    ck_assert_str_eq(facts.computers[3].name, "IE10Win7");
    ck_assert_uint_eq(facts.computers[3].last_number, 2216);
    ck_assert_uint_eq(facts.computers[3].last_number_filetime, last);
    names_free(&names);
    source_facts_free_content(&facts);
    free(path);
}
END_TEST

static Suite *log_corpus_suite(void)
{
    Suite *suite = suite_create("log_corpus");
    TCase *tests = tcase_create("log_corpus");

    tcase_add_test(tests, figures_of_each_log_are_as_pinned);
    tcase_add_test(tests, events_are_those_that_evtxexport_shows);
    tcase_add_test(tests, time_is_the_events_own_whatever_the_header_says);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    if (real_folder() != NULL && !has_evtxexport())
        puts("SKIP: evtxexport, another tool, is not installed: nothing to compare with");
    return run_suite(log_corpus_suite());
}
