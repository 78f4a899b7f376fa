/* SPDX-License-Identifier: Apache-2.0 */
/* What the script of the page is given: blocks of JSON that agree with the other reports, in which
 * nothing of the case is markup; a style and a script that the page's policy allows by their
 * hashes; and what is left out of a page that would be too long. */
#include "report/report.h"

#include <check.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/options.h"
#include "base/memory.h"
#include "casework.h"
#include "model/incident.h"
#include "reported.h"
#include "run.h"
#include "scratch.h"
#include "worker/hash.h"

#define EVIDENCE_START "<script type=\"text/plain\" class=\"evidence\" id=\"evidence-"
#define SCRIPT_END "</script>"

static char *templates_path;

static void begin(void)
{
    templates_path = scratch_source_path("templates");
    casework_begin();
    ck_assert_int_eq(mkdir("out", 0700), 0);
}

static void end(void)
{
    casework_end();
    free(templates_path);
}

/* Returns owned: the page of the open case. */
static char *write_page(void)
{
    const struct report_options options = {
        .output_path = "out", .templates_path = templates_path, .window = incident_window};

    must(report_write(db, &options, &err));
    return scratch_read("out/report.html");
}

/* Returns owned what stands between the first `start` and the `end` behind it. */
static char *between(const char *page, const char *start, const char *end)
{
    const char *from = strstr(page, start), *to;

    ck_assert_msg(from != NULL, "the page lacks %s", start);
    from += strlen(start);
    to = strstr(from, end);
    ck_assert_ptr_nonnull(to);
    return memory_copy_bytes(from, (size_t)(to - from));
}

/* Returns owned what the text is as JSON; it has only ASCII, and nothing in which HTML could see
 * markup. */
static json_t *json_of(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    ck_assert_msg(value != NULL, "%s at %d: %.200s", error.text, error.position, text);
    ck_assert_ptr_null(strpbrk(text, "<>&"));
    for (const char *at = text; *at != '\0'; at++)
        ck_assert_uint_lt((unsigned char)*at, 0x7F);
    return value;
}

static json_t *block_of(const char *page, const char *start)
{
    char *text = between(page, start, SCRIPT_END);
    json_t *value = json_of(text);

    free(text);
    return value;
}

static json_t *case_of(const char *page)
{
    return block_of(page, "<script type=\"application/json\" id=\"case\">");
}

static json_t *hosts_of(const char *page)
{
    return block_of(page, "<script type=\"application/json\" id=\"hosts\">");
}

/* The cell of that column of a host. */
static json_t *cell_of(json_t *description, json_t *host, const char *name)
{
    json_t *columns = json_object_get(description, "columns"), *column;
    size_t index;

    ck_assert_uint_eq(json_array_size(columns), json_array_size(host));
    json_array_foreach(columns, index, column) if (strcmp(json_string_value(column), name) ==
                                                   0) return json_array_get(host, index);
    ck_abort_msg("no column %s", name);
}

static const char *text_of(json_t *description, json_t *host, const char *name)
{
    return json_string_value(cell_of(description, host, name));
}

static int64_t number_of(json_t *description, json_t *host, const char *name)
{
    return json_integer_value(cell_of(description, host, name));
}

/* Returns owned: that line of that chunk of the evidence. */
static json_t *evidence_at(const char *page, int64_t chunk, int64_t line)
{
    char *start = memory_format(EVIDENCE_START "%" PRId64 "\">\n", chunk);
    char *text = between(page, start, SCRIPT_END);
    char *at = text;
    json_t *value;

    for (; line > 0; line--) {
        at = strchr(at, '\n');
        ck_assert_ptr_nonnull(at);
        at++;
    }
    at[strcspn(at, "\n")] = '\0';
    value = json_of(at);
    free(text);
    free(start);
    return value;
}

static json_t *evidence_of(const char *page, json_t *description, json_t *host)
{
    return evidence_at(page, number_of(description, host, "evidence"),
                       number_of(description, host, "line"));
}

/* Is the word a member of the "; " list? */
static bool list_has(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at != NULL; at = strstr(at, "; ")) {
        at += at == list ? 0 : 2;
        if (strncmp(at, word, length) == 0 && (at[length] == '\0' || at[length] == ';'))
            return true;
        if (*at == '\0')
            break;
    }
    return false;
}

/* ---- The page of the samples ---- */

/* Makes all reports of the sample collection in `made`, and opens their case. */
static char *make_samples(void)
{
    reported_make_case("made");
    casedb_close(db);
    must(casedb_open("made/case.db", false, &db, &err));
    return scratch_read("made/report.html");
}

START_TEST(hosts_of_the_page_are_those_of_the_case)
{
    char *page = make_samples();
    json_t *description = case_of(page), *hosts = hosts_of(page), *host;
    uint64_t standings[STANDING_COUNT] = {0}, classes[CLASSIFICATION_COUNT] = {0};
    struct summary summary;
    size_t index;

    must(summary_read(db, &summary, &err));
    ck_assert_uint_eq(json_array_size(hosts), summary.all.hosts);
    json_array_foreach(hosts, index, host)
    {
        unsigned class = 0;

        ck_assert(word_set_find(&classification_words, text_of(description, host, "classification"),
                                &class));
        classes[class]++;
        for (unsigned standing = 0; standing < STANDING_COUNT; standing++)
            standings[standing] +=
                list_has(text_of(description, host, "is"), standing_word((enum standing)standing));
    }
    for (unsigned standing = 0; standing < STANDING_COUNT; standing++)
        ck_assert_uint_eq(standings[standing], summary.all.standings[standing]);
    for (unsigned class = 0; class < CLASSIFICATION_COUNT; class ++)
        ck_assert_uint_eq(classes[class], summary.classes[class].hosts);
    json_decref(hosts);
    json_decref(description);
    free(page);
}
END_TEST

/* How many events of a machine the timeline has. */
static size_t count_events(int64_t machine_id)
{
    struct casedb_cursor *events = NULL;
    struct case_observation found;
    size_t count = 0;

    must(casedb_machine_timeline(db, machine_id, &events, &err));
    while (casedb_next_observation(events, &found, &err) == 1)
        count++;
    casedb_cursor_free(events);
    return count;
}

START_TEST(every_host_has_its_evidence)
{
    char *page = make_samples();
    json_t *description = case_of(page), *hosts = hosts_of(page), *host;
    size_t events = 0, index;

    json_array_foreach(hosts, index, host)
    {
        json_t *evidence = evidence_of(page, description, host);

        events += json_array_size(json_object_get(evidence, "events"));
        ck_assert_uint_eq((uint64_t)number_of(description, host, "sources"),
                          json_array_size(json_object_get(evidence, "sources")));
        ck_assert_int_eq(json_integer_value(json_object_get(evidence, "events_left_out")), 0);
        json_decref(evidence);
    }
    ck_assert_uint_gt(events, 100);
    {
        struct casedb_cursor *machines = NULL;
        struct case_machine machine;

        must(casedb_machines(db, &machines, &err));
        while (casedb_next_machine(machines, &machine, &err) == 1)
            events -= count_events(machine.id);
        casedb_cursor_free(machines);
    }
    ck_assert_uint_eq(events, 0);
    json_decref(hosts);
    json_decref(description);
    free(page);
}
END_TEST

/* Nothing that was read is markup, and nothing of ours needs what the policy does not allow. */
START_TEST(page_has_only_its_own_scripts)
{
    char *page = make_samples();
    size_t scripts = 0, ends = 0, data = 0;

    for (const char *at = page; (at = strstr(at, "<script")) != NULL; at++)
        scripts++;
    for (const char *at = page; (at = strstr(at, SCRIPT_END)) != NULL; at++)
        ends++;
    for (const char *at = page; (at = strstr(at, EVIDENCE_START)) != NULL; at++)
        data++;
    ck_assert_uint_ge(data, 1);
    ck_assert_uint_eq(scripts, data + 3);
    ck_assert_uint_eq(ends, scripts);
    ck_assert_ptr_null(strstr(page, " style=\""));
    free(page);
}
END_TEST

/* ---- Style and script ---- */

static void expect_allowed(const char *page, const char *start, const char *end,
                           const char *directive)
{
    char *text = between(page, start, end);
    char *policy = between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    uint8_t digest[HASH_BYTES];
    char base64[HASH_BASE64_SIZE];
    struct hash *hash = hash_new(&err);
    char *allowed;

    hash_begin(hash);
    hash_take(hash, text, strlen(text));
    must(hash_finish(hash, digest, &err));
    hash_write_base64(digest, base64);
    hash_free(hash);
    allowed = memory_format("%s 'sha256-%s';", directive, base64);
    ck_assert_msg(strstr(policy, allowed) != NULL, "%s does not allow %s", policy, allowed);
    free(allowed);
    free(policy);
    free(text);
}

START_TEST(style_and_script_are_allowed_by_their_hashes)
{
    char *page = write_page();

    expect_allowed(page, "<style>", "</style>", "style-src");
    expect_allowed(page, "<script>", "</script>", "script-src");
    ck_assert_ptr_null(strstr(page, "unsafe-inline"));
    free(page);
}
END_TEST

/* Templates of one's own, with that style and that script. */
static void make_templates(const char *style, const char *script)
{
    static const char page[] = "<meta http-equiv=\"Content-Security-Policy\" content=\"style-src "
                               "'sha256-{{STYLE_HASH}}'; script-src 'sha256-{{SCRIPT_HASH}}';\">"
                               "<style>{{STYLE}}</style><script>{{SCRIPT}}</script>";

    scratch_write("own/report.html", page, strlen(page));
    scratch_write("own/report.css", style, strlen(style));
    scratch_write("own/report.js", script, strlen(script));
}

static void expect_refused(const char *style, const char *script, const char *message)
{
    make_templates(style, script);
    ck_assert_int_eq(report_check_templates("own", &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message, message);
    error_clear(&err);
}

#define REFUSED(name, ender) \
    "template report." name ": " ender " must not stand in it, as the page holds it as it is"

START_TEST(style_or_script_that_ends_its_element_is_refused)
{
    ck_assert_int_eq(mkdir("own", 0700), 0);
    expect_refused("a{}</STYLE >", "", REFUSED("css", "</style"));
    expect_refused("", "'</Script'", REFUSED("js", "</script"));
    expect_refused("", "a <!-- b", REFUSED("js", "<!--"));
    expect_refused("", "'<script'", REFUSED("js", "<script"));
    unlink("own/report.js");
    ck_assert_int_eq(report_check_templates("own", &err), -1);
    ck_assert_str_eq(err.message, "cannot read template own/report.js: No such file or directory");
    error_clear(&err);
}
END_TEST

/* A browser hashes what it has parsed, in which a line ends in LF. */
START_TEST(line_ends_of_style_and_script_are_those_of_a_browser)
{
    static const char page[] = "<style>{{STYLE}}</style>{{STYLE_HASH}}";
    static const char lf_style[] = "a{{\n\n}\n", cr_lf_style[] = "a{{\r\n\r}\r\n";
    char *lf, *cr_lf,
        *command = memory_format("cp -r '%s' own && chmod -R u+w own", templates_path);

    ck_assert_int_eq(system(command), 0);
    free(command);
    free(templates_path);
    templates_path = memory_copy_text("own");
    scratch_write("own/report.html", page, strlen(page));
    scratch_write("own/report.css", lf_style, strlen(lf_style));
    lf = write_page();
    scratch_write("own/report.css", cr_lf_style, strlen(cr_lf_style));
    cr_lf = write_page();
    ck_assert_str_eq(lf, cr_lf);
    ck_assert_ptr_nonnull(strstr(lf, "<style>a{{\n\n}\n</style>"));
    free(cr_lf);
    free(lf);
}
END_TEST

/* ---- What is left out ---- */

static void add_verdict_of(int64_t machine_id, enum classification classification,
                           enum activation_state state)
{
    const struct case_verdict verdict = {.machine_id = machine_id,
                                         .classification = classification,
                                         .reason = "",
                                         .state = state,
                                         .codes = "",
                                         .kb971033_evidence = "",
                                         .unrelated_updates = "",
                                         .edition = "unknown",
                                         .licence_evidence = "",
                                         .os_version = "",
                                         .kms_client_key = "",
                                         .remediation = "",
                                         .rollout_trace = ""};

    must(casedb_add_verdict(db, &verdict, &err));
}

static void add_verdict(int64_t machine_id, enum activation_state state)
{
    add_verdict_of(machine_id, CLASSIFICATION_OTHER_FAULT, state);
}

#define MANY 3000
#define SIGNAL_AT 1500
#define KEPT 2000

/* Adds a log of PC-1 of many updates, one signal among them. */
static void add_long_log(void)
{
    static const struct observation_string refused[] = {{"", "hr=0xC004C4A2"},
                                                        {"", INCIDENT_WINDOWS7_TEMPLATE_ID}};
    int64_t id = begin_log("a/Application.evtx");

    for (size_t index = 0; index < MANY; index++) {
        struct observation observation = sample_observation("PC-1");

        observation.provider = INCIDENT_PROVIDER_EVENTLOG;
        observation.event_id = 6009;
        if (index == SIGNAL_AT) {
            observation.provider = INCIDENT_PROVIDER_SPP;
            observation.event_id = 8208;
            observation.strings = refused;
        }
        observation.event_filetime = incident_window.start_filetime + index;
        observation.record_id = 1 + index;
        observation.offset_bytes = 512 * index;
        add_observation(id, &observation);
    }
    finish_log(id, "PC-1");
    derive_machines();
    add_verdict(find_machine("PC-1"), ACTIVATION_STATE_NON_GENUINE);
    must(casedb_commit_derived(db, &err));
}

START_TEST(of_many_events_the_first_and_the_last_are_kept_and_every_signal)
{
    char *page;
    json_t *evidence, *events, *event;
    size_t index, signals = 0;
    int64_t last = 0;

    add_long_log();
    page = write_page();
    evidence = evidence_at(page, 0, 0);
    events = json_object_get(evidence, "events");
    ck_assert_uint_eq(json_array_size(events), KEPT);
    ck_assert_int_eq(json_integer_value(json_object_get(evidence, "events_left_out")), MANY - KEPT);
    json_array_foreach(events, index, event)
    {
        int64_t record_id = strtoll(json_string_value(json_array_get(event, 6)), NULL, 10);

        ck_assert_int_gt(record_id, last);
        last = record_id;
        signals += record_id == SIGNAL_AT + 1;
        ck_assert(record_id <= KEPT / 2 || record_id > MANY - KEPT / 2 ||
                  record_id == SIGNAL_AT + 1);
    }
    ck_assert_uint_eq(signals, 1);
    ck_assert_int_eq(last, MANY);
    json_decref(evidence);
    free(page);
}
END_TEST

START_TEST(long_text_of_an_event_is_cut_between_characters)
{
    struct text value = {0};
    struct observation observation = sample_observation("PC-1");
    int64_t id = begin_log("a/Application.evtx");
    json_t *evidence, *texts, *text;
    size_t index, cut = 0;
    char *page;

    text_add(&value, "x");
    while (value.length_bytes < 9000)
        text_add(&value, "\xC3\xA9");
    observation.strings = &(struct observation_string){"", text_get(&value)};
    observation.string_count = 1;
    add_observation(id, &observation);
    finish_log(id, "PC-1");
    derive_machines();
    add_verdict(find_machine("PC-1"), ACTIVATION_STATE_NON_GENUINE);
    must(casedb_commit_derived(db, &err));
    page = write_page();
    evidence = evidence_at(page, 0, 0);
    texts = json_object_get(evidence, "texts");
    json_array_foreach(texts, index, text)
    {
        const char *shown = json_string_value(text);
        const char *mark = strstr(shown, " [cut: timeline.csv has all]");

        cut += mark != NULL && mark - shown == 4095 && mark[-1] == '\xA9';
    }
    ck_assert_uint_eq(cut, 1);
    json_decref(evidence);
    free(page);
    text_free(&value);
}
END_TEST

#define ROWS 700
#define ROWS_KEPT 500

START_TEST(of_many_rows_of_evidence_the_page_says_how_many_are_elsewhere)
{
    struct case_licence_evidence said = {.kind = EVIDENCE_KMS_REQUEST,
                                         .activation_id = "",
                                         .filetime = incident_window.start_filetime,
                                         .edition = "unknown"};
    json_t *evidence, *licences;
    struct text detail = {0};
    const char *last;
    char *page;

    said.source_id = begin_log("a/Application.evtx");
    finish_log(said.source_id, "PC-1");
    derive_machines();
    said.machine_id = find_machine("PC-1");
    while (detail.length_bytes < 1 << 16)
        text_add(&detail, "long ");
    for (size_t index = 0; index < ROWS; index++) {
        said.filetime++;
        said.detail = index == ROWS - 1 ? text_get(&detail) : "short";
        must(casedb_add_licence_evidence(db, &said, &err));
        must(casedb_add_episode(db,
                                &(struct case_episode){.machine_id = said.machine_id,
                                                       .first_filetime = said.filetime,
                                                       .provider = ""},
                                &err));
    }
    add_verdict(said.machine_id, ACTIVATION_STATE_NON_GENUINE);
    must(casedb_commit_derived(db, &err));
    page = write_page();
    evidence = evidence_at(page, 0, 0);
    licences = json_object_get(evidence, "licences");
    ck_assert_uint_eq(json_array_size(licences), ROWS_KEPT);
    last = json_string_value(json_array_get(json_array_get(licences, ROWS_KEPT - 1), 5));
    ck_assert_uint_lt(strlen(last), 5000);
    ck_assert_ptr_nonnull(strstr(last, " [cut: case.db has all]"));
    ck_assert_int_eq(json_integer_value(json_object_get(evidence, "licences_left_out")),
                     ROWS - ROWS_KEPT);
    ck_assert_int_eq(json_integer_value(json_object_get(evidence, "episodes_left_out")),
                     ROWS - ROWS_KEPT);
    ck_assert_int_eq(json_integer_value(json_object_get(evidence, "updates_left_out")), 0);
    ck_assert_ptr_nonnull(strstr(page, "<p class=\"note\">Of 1 host on this page a part of the "
                                       "evidence is left out: opened, it says where the rest is."));
    json_decref(evidence);
    free(page);
    text_free(&detail);
}
END_TEST

START_TEST(conflicts_beyond_what_the_page_holds_are_counted)
{
    struct observation observation = sample_observation("PC-1");
    int64_t id = begin_log("a/Application.evtx");
    struct source_facts facts = {0};
    struct text other = {0};
    char *page;

    while (other.length_bytes < 1 << 16)
        text_add(&other, "long ");
    observation.verified = VERIFIED_CONFLICT;
    observation.other_reading = text_get(&other);
    for (size_t index = 0; index < ROWS; index++) {
        observation.record_id = 1 + index;
        add_observation(id, &observation);
        observation.other_reading = "another";
    }
    source_facts_computer(&facts, "PC-1")->application_count = ROWS;
    source_facts_add_conflict(&facts, "1 at byte 5632");
    must(casedb_finish_source(db, id, &facts, 0, &err));
    source_facts_free_content(&facts);
    derive_machines();
    add_verdict(find_machine("PC-1"), ACTIVATION_STATE_NON_GENUINE);
    must(casedb_commit_derived(db, &err));
    page = write_page();
    ck_assert_ptr_nonnull(strstr(page, "<p class=\"note\">And 200 more: <code>case.db</code>"));
    ck_assert_ptr_nonnull(strstr(page, " [cut: case.db has all]</td>"));
    ck_assert_ptr_nonnull(strstr(page, " [cut: timeline.jsonl has all]"));
    ck_assert_ptr_null(strstr(page, text_get(&other)));
    free(page);
    text_free(&other);
}
END_TEST

/* Adds a log of events each of which has a text of its own, that is six times as long on the page:
 * as much of the texts of three such machines as the page takes is as much evidence as fits. */
#define WIDE 1600
static void add_wide_log(const char *computer)
{
    char *path = memory_format("%s/Application.evtx", computer);
    int64_t id = begin_log(path);

    for (size_t index = 0; index < WIDE; index++) {
        struct observation observation = sample_observation(computer);
        struct text value = {0};

        text_add_format(&value, "%s %zu ", computer, index);
        while (value.length_bytes < 4096)
            text_add(&value, "<");
        observation.strings = &(struct observation_string){"", text_get(&value)};
        observation.string_count = 1;
        observation.record_id = 1 + index;
        observation.event_filetime += index;
        add_observation(id, &observation);
        text_free(&value);
    }
    finish_log(id, computer);
    free(path);
}

START_TEST(affected_and_broken_hosts_get_their_evidence_onto_a_page_that_has_no_room_for_all)
{
    static const char *const names[] = {"PC-0", "PC-1", "PC-2", "PC-3"};
    static const int64_t first_chunks[] = {1, 1, -1, 0};
    json_t *description, *hosts, *host;
    size_t index;
    char *page;

    for (index = 0; index < ARRAY_COUNT(names); index++)
        add_wide_log(names[index]);
    derive_machines();
    add_verdict(find_machine("PC-0"), ACTIVATION_STATE_RECOVERED);
    add_verdict(find_machine("PC-1"), ACTIVATION_STATE_RECOVERED);
    add_verdict(find_machine("PC-2"), ACTIVATION_STATE_RECOVERED);
    add_verdict_of(find_machine("PC-3"), CLASSIFICATION_AFFECTED, ACTIVATION_STATE_NON_GENUINE);
    must(casedb_commit_derived(db, &err));
    page = write_page();
    description = case_of(page);
    hosts = hosts_of(page);
    json_array_foreach(hosts, index, host)
    {
        int64_t chunk = number_of(description, host, "evidence");
        const char *name = text_of(description, host, "host");
        int64_t expected = first_chunks[name[3] - '0'];

        ck_assert_msg(expected > 0 ? chunk >= expected : chunk == expected,
                      "%s is in chunk %" PRId64, name, chunk);
    }
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(description, "limits"),
                                                        "evidence_left_out")),
                     1);
    ck_assert_ptr_nonnull(
        strstr(page, "The events of 1 host on this page are in <code>timeline.csv</code> alone. "
                     "Of 3 hosts on this page a part of the evidence is left out: "));
    json_decref(hosts);
    json_decref(description);
    free(page);
}
END_TEST

#define HOSTS_MOST 25000

START_TEST(page_holds_so_many_hosts_and_says_where_the_others_are)
{
    static const char sentence[] = "2 hosts of 25002 are not on this page: `hosts.csv` has all.";
    json_t *description, *limits, *hosts;
    char *page;

    must(casedb_begin_derived(db, &err));
    for (size_t index = 0; index < HOSTS_MOST + 2; index++) {
        char *name = memory_format("PC-%zu", index);
        int64_t id = 0;

        must(casedb_add_machine(db, name, true, false, 0, &id, &err));
        add_verdict(id, ACTIVATION_STATE_RECOVERED);
        free(name);
    }
    must(casedb_commit_derived(db, &err));
    page = write_page();
    description = case_of(page);
    hosts = hosts_of(page);
    limits = json_object_get(description, "limits");
    ck_assert_uint_eq(json_array_size(hosts), HOSTS_MOST);
    ck_assert_int_eq(json_integer_value(json_object_get(limits, "hosts_left_out")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(limits, "evidence_left_out")), 0);
    ck_assert_str_eq(json_string_value(json_object_get(limits, "sentence")), sentence);
    ck_assert_ptr_nonnull(strstr(page, "2 hosts of 25002 are not on this page: "
                                       "<code>hosts.csv</code> has all."));
    json_decref(hosts);
    json_decref(description);
    free(page);
}
END_TEST

/* ---- Words ---- */

START_TEST(every_word_of_a_verdict_and_every_step_is_explained)
{
    char *page = write_page();
    json_t *description = case_of(page), *steps = json_object_get(description, "steps");
    json_t *words = json_object_get(description, "words");

    for (unsigned step = 0; step < ACTION_STEP_COUNT; step++) {
        json_t *told = json_object_get(steps, action_step_word((enum action_step)step));

        ck_assert_str_ne(json_string_value(json_object_get(told, "title")), "");
        ck_assert_int_eq(json_array_size(json_object_get(told, "commands")) > 0,
                         step != ACTION_STEP_NONE);
    }
    for (unsigned note = 0; note < REVIEW_NOTE_COUNT; note++) {
        json_t *told = json_object_get(json_object_get(words, "review"),
                                       review_note_word((enum review_note)note));

        ck_assert_str_eq(json_string_value(json_array_get(told, 1)),
                         review_note_sentence((enum review_note)note));
    }
    json_decref(description);
    free(page);
}
END_TEST

/* ---- The sentence ---- */

static void add_piece(void *context, const char *piece, const char *filter)
{
    struct text *out = context;

    text_add_format(out, filter != NULL ? "[%s|" : "%s", filter != NULL ? filter : piece);
    if (filter != NULL)
        text_add_format(out, "%s]", piece);
}

static void expect_sentence(const struct summary *summary, const char *expected)
{
    struct text out = {0};
    const struct sentence_user user = {add_piece, &out};

    sentence_hosts(summary, &user);
    ck_assert_str_eq(text_get(&out), expected);
    text_free(&out);
}

START_TEST(sentence_reads_well_of_no_host_of_one_and_of_many)
{
    struct summary summary = {0};

    expect_sentence(&summary, "No host is in this case.");
    summary.all = (struct class_counts){.hosts = 1, .standings = {[STANDING_BROKEN] = 1}};
    summary.classes[CLASSIFICATION_AFFECTED] = summary.all;
    expect_sentence(&summary, "[machines|1] host: [is=broken|1] is still broken, by the incident; "
                              "[is=clean|none] are shown to be clean.");
    summary.classes[CLASSIFICATION_AFFECTED] = (struct class_counts){0};
    summary.classes[CLASSIFICATION_OTHER_FAULT] = summary.all;
    expect_sentence(&summary,
                    "[machines|1] host: [is=broken|1] is still broken, not by the incident; "
                    "[class=other-activation-fault|1] has or had another activation fault; "
                    "[is=clean|none] are shown to be clean.");
    summary.all = (struct class_counts){
        .hosts = 90, .standings = {[STANDING_CLEAN] = 40, [STANDING_NOT_COLLECTED] = 50}};
    summary.classes[CLASSIFICATION_OTHER_FAULT] = (struct class_counts){0};
    expect_sentence(
        &summary, "[machines|90] hosts: [is=broken|none] are still broken; [is=clean|40] are shown "
                  "to be clean; [is=not-collected|50] were not collected.");
    summary.all.standings[STANDING_BROKEN] = 30;
    summary.classes[CLASSIFICATION_AFFECTED].standings[STANDING_BROKEN] = 30;
    summary.all.standings[STANDING_RECOVERED] = 1;
    summary.all.standings[STANDING_NOT_EXCLUDED] = 2;
    summary.all.standings[STANDING_LOG_DAMAGED] = 1;
    summary.all.standings[STANDING_NOT_COLLECTED] = 0;
    expect_sentence(&summary,
                    "[machines|90] hosts: [is=broken|30] are still broken, all by the incident; "
                    "[is=recovered|1] has recovered; [is=not-excluded|2] are not excluded; "
                    "[is=log-damaged|1] shows no fault, but in damaged logs; [is=clean|40] are "
                    "shown to be clean.");
}
END_TEST

START_TEST(what_was_not_collected_or_not_covered_is_never_clean)
{
    for (unsigned class = 0; class < CLASSIFICATION_COUNT; class ++)
        for (unsigned review = 0; review <= REVIEW_NOTE_COUNT; review++) {
            const struct case_verdict verdict = {.classification = (enum classification) class,
                                                 .state = ACTIVATION_STATE_NONE,
                                                 .review =
                                                     review < REVIEW_NOTE_COUNT ? 1u << review : 0};
            bool is_clean = class == CLASSIFICATION_NO_FAULT &&
                            review != REVIEW_WINDOW_NOT_COVERED && review != REVIEW_LOG_DAMAGED;

            ck_assert_int_eq(word_set_has(summary_standings(&verdict), STANDING_CLEAN), is_clean);
        }
}
END_TEST

static Suite *page_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *cases = tcase_create("page");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, hosts_of_the_page_are_those_of_the_case);
    tcase_add_test(cases, every_host_has_its_evidence);
    tcase_add_test(cases, page_has_only_its_own_scripts);
    tcase_add_test(cases, style_and_script_are_allowed_by_their_hashes);
    tcase_add_test(cases, style_or_script_that_ends_its_element_is_refused);
    tcase_add_test(cases, line_ends_of_style_and_script_are_those_of_a_browser);
    tcase_add_test(cases, of_many_events_the_first_and_the_last_are_kept_and_every_signal);
    tcase_add_test(cases, long_text_of_an_event_is_cut_between_characters);
    tcase_add_test(cases, of_many_rows_of_evidence_the_page_says_how_many_are_elsewhere);
    tcase_add_test(cases, conflicts_beyond_what_the_page_holds_are_counted);
    tcase_add_test(
        cases, affected_and_broken_hosts_get_their_evidence_onto_a_page_that_has_no_room_for_all);
    tcase_add_test(cases, page_holds_so_many_hosts_and_says_where_the_others_are);
    tcase_add_test(cases, every_word_of_a_verdict_and_every_step_is_explained);
    tcase_add_test(cases, sentence_reads_well_of_no_host_of_one_and_of_many);
    tcase_add_test(cases, what_was_not_collected_or_not_covered_is_never_clean);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(page_suite());
}
