/* SPDX-License-Identifier: Apache-2.0 */
/* A small made-up case, with what hostile logs may bring into one, is written as reports. */
#include "base/memory.h"
#include "report/report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filetime.h"
#include "report/format.h"
#include "run.h"
#include "scratch.h"
#include "verdict/item.h"

/* 2019-01-08T11:02:17Z. */
#define IN_WINDOW UINT64_C(131914189370000000)
#define HOSTILE_HOST "=cmd\"</th><script>alert(1)</script>\xE2\x80\xAE"
#define HOSTILE_READING "string 2: =2</td><img src=x onerror=alert(2)>\r\n\x01 \xE2\x80\xAE"
#define HOSTILE_STRING "=1+1;\r\n\"</td>\x01\x1B[31m \xE2\x80\xA8 \xF0\x9F\x98\x80"

static struct error err;
static struct casedb *db;
static char *templates_path;

/* ---- The case ---- */

struct made_event {
    const char *computer;
    const char *provider;
    uint16_t event_id;
    int32_t qualifiers;
    int32_t level;
    uint64_t filetime;
    uint64_t record_id;
    struct observation_string strings[3];
    size_t string_count;
    enum verified verified;
    const char *other_reading;
};

static const struct made_event events[] = {
    {"PC-1",
     INCIDENT_PROVIDER_SPP,
     8208,
     0xC000,
     2,
     IN_WINDOW,
     41,
     {{"", "hr=0xC004C4A2"}, {"", "{" INCIDENT_WINDOWS7_TEMPLATE_ID "}"}},
     2,
     VERIFIED_YES,
     NULL},
    {"PC-1",
     INCIDENT_PROVIDER_UPDATE_CLIENT,
     19,
     OBSERVATION_ABSENT,
     4,
     IN_WINDOW + 1,
     42,
     {{"", ""}, {"updateTitle", "2019-01 Security (KB4480970)"}},
     2,
     VERIFIED_YES, /* it was asked for, but is neither signal nor recovery */
     NULL},
    {HOSTILE_HOST,
     INCIDENT_PROVIDER_WAT,
     13,
     0,
     OBSERVATION_ABSENT,
     0,
     UINT64_C(9000000000),
     {{"", "0x00000000"}, {"", "0xC004C4A2"}, {"", HOSTILE_STRING}},
     3,
     VERIFIED_CONFLICT,
     HOSTILE_READING},
    {"OLD",
     INCIDENT_PROVIDER_SPP,
     12305,
     0x4000,
     4,
     UINT64_C(116444736000000000) - 1,
     43,
     {{"", INCIDENT_WINDOWS_APPLICATION_ID}, {"", ""}},
     2,
     VERIFIED_NOT_ASKED,
     NULL},
};

static int64_t begin_source(const char *path, enum source_kind kind)
{
    char *owned_path = memory_copy_text(path);
    struct source source = {.path = owned_path, .kind = kind, .size_bytes = 69632};
    int64_t id = 0;

    ck_assert_int_eq(casedb_begin_source(db, &source, "", &id, &err), 0);
    free(owned_path);
    return id;
}

static void finish_source(int64_t id, struct source_facts *facts, int64_t same_as)
{
    source_facts_finish(facts, "libevtx");
    ck_assert_int_eq(casedb_finish_source(db, id, facts, same_as, &err), 0);
    source_facts_free_content(facts);
}

static void add_events(int64_t source_id)
{
    for (size_t index = 0; index < ARRAY_COUNT(events); index++) {
        const struct made_event *made = &events[index];
        struct observation observation = {
            .provider = made->provider,
            .event_id = made->event_id,
            .qualifiers = made->qualifiers,
            .level = made->level,
            .event_filetime = made->filetime,
            .record_id = made->record_id,
            .channel = "Application",
            .computer = made->computer,
            .user_sid = "",
            .strings = made->strings,
            .string_count = made->string_count,
            .offset_bytes = 4608 + index * 512,
            .verified = made->verified,
            .other_reading = made->other_reading,
        };

        ck_assert_int_eq(casedb_add_observation(db, source_id,
                                                incident_find_event(made->provider, made->event_id),
                                                &observation, &err),
                         0);
    }
}

static void add_sources(void)
{
    struct source_facts facts = {.record_count = 7,
                                 .selected_count = ARRAY_COUNT(events),
                                 .first_filetime = UINT64_C(116444736000000000) - 1,
                                 .last_filetime = IN_WINDOW + 1};
    int64_t read = begin_source("logs/a/Application.evtx", SOURCE_KIND_EVTX);

    add_events(read);
    for (size_t index = 0; index < ARRAY_COUNT(events); index++)
        source_facts_computer(&facts, events[index].computer)->record_count++;
    source_facts_add_damage(&facts, 69632, "record is cut short");
    source_facts_add_undecodable(&facts, "9 at byte 8192");
    source_facts_add_conflict(&facts, "9000000000 at byte 5632");
    finish_source(read, &facts, 0);
    finish_source(begin_source("logs/b/copy <2>.evtx", SOURCE_KIND_EVTX), &facts, read);
    facts.status = SOURCE_STATUS_SKIPPED;
    finish_source(begin_source("logs/notes.txt", SOURCE_KIND_TEXT), &facts, 0);
}

static void add_inventory(void)
{
    static const char *const columns[] = {"owner", "State"};
    bool added;

    ck_assert_int_eq(casedb_begin_inventory(db, columns, 2, &err), 0);
    ck_assert_int_eq(casedb_add_inventory_host(
                         db, "GONE", (const char *const[]){"Zo\xC3\xAB & Co", "BW"}, &added, &err),
                     0);
    ck_assert_int_eq(casedb_finish_inventory(db, &err), 0);
}

static const struct case_verdict verdicts[] = {
    {.classification = CLASSIFICATION_AFFECTED,
     .confidence = CONFIDENCE_CONFIRMED,
     .reason = "SPP 8208 at 2019-01-08T11:02:17Z: 0xC004C4A2, first fault, inside the window",
     .review = 1u << REVIEW_LOG_DAMAGED,
     .state = ACTIVATION_STATE_NON_GENUINE,
     .first_fault_filetime = IN_WINDOW,
     .last_fault_filetime = IN_WINDOW,
     .in_window_events = 1,
     .events_8208 = 1,
     .codes = "0xC004C4A2",
     .window_coverage = COVERAGE_FULL,
     .kb971033 = UPDATE_STATUS_UNKNOWN,
     .edition = "Windows 7 Professional",
     .licence_channel = LICENCE_CHANNEL_VOLUME_KMS,
     .os_version = "6.1.7601 Service Pack 1",
     .action = ACTION_REMOVE_REBUILD,
     .kms_client_key = "FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4",
     .remediation = "2-rebuild 2019-01-20T10:00:00Z 31",
     .verified = VERIFIED_YES},
    {.classification = CLASSIFICATION_OTHER_FAULT,
     .reason = "WAT 13: hrOnline 0xC004C4A2, at no time",
     .review = 1u << REVIEW_WINDOW_NOT_COVERED | 1u << REVIEW_LOG_DAMAGED,
     .state = ACTIVATION_STATE_NON_GENUINE,
     .events_13 = 1,
     .codes = "0xC004C4A2",
     .window_coverage = COVERAGE_PARTIAL,
     .kb971033 = UPDATE_STATUS_INSTALLED,
     .action = ACTION_REMOVE_TROUBLESHOOT,
     .remediation = "=2-rebuild - not ended",
     .verified = VERIFIED_CONFLICT},
    {.classification = CLASSIFICATION_NO_FAULT,
     .reason = "no fault",
     .review = 1u << REVIEW_WINDOW_NOT_COVERED,
     .state = ACTIVATION_STATE_NONE,
     .window_coverage = COVERAGE_NONE,
     .kb971033 = UPDATE_STATUS_UNKNOWN,
     .action = ACTION_NONE},
    {.classification = CLASSIFICATION_NOT_COLLECTED,
     .reason = "in the inventory, nothing was collected",
     .state = ACTIVATION_STATE_NONE,
     .window_coverage = COVERAGE_NONE,
     .kb971033 = UPDATE_STATUS_UNKNOWN,
     .action = ACTION_COLLECT},
};

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Completes a verdict by empty texts and adds it. */
static void add_verdict(const struct case_verdict *made, int64_t machine_id)
{
    struct case_verdict verdict = *made;

    verdict.machine_id = machine_id;
    verdict.reason = or_empty(verdict.reason);
    verdict.codes = or_empty(verdict.codes);
    verdict.kb971033_evidence = "";
    verdict.licence_evidence = or_empty(verdict.licence_evidence);
    verdict.unrelated_updates = or_empty(verdict.unrelated_updates);
    verdict.edition = verdict.edition != NULL ? verdict.edition : "unknown";
    verdict.os_version = or_empty(verdict.os_version);
    verdict.kms_client_key = or_empty(verdict.kms_client_key);
    verdict.remediation = or_empty(verdict.remediation);
    verdict.rollout_trace = or_empty(verdict.rollout_trace);
    ck_assert_int_eq(casedb_add_verdict(db, &verdict, &err), 0);
}

/* The id of the computer of that name in the source that was read. */
static int64_t find_computer(const char *name)
{
    struct casedb_cursor *computers = NULL;
    struct case_computer computer;
    int64_t id = 0;

    ck_assert_int_eq(casedb_computers(db, &computers, &err), 0);
    while (casedb_next_computer(computers, &computer, &err) == 1)
        if (strcmp(computer.name, name) == 0)
            id = computer.id;
    casedb_cursor_free(computers);
    ck_assert_int_ne(id, 0);
    return id;
}

/* Evidence on two of the updates: that one of them was installed, and nothing of the other. */
static void add_update_evidence(int64_t machine_id)
{
    struct case_update_evidence row = {.machine_id = machine_id,
                                       .update = UPDATE_ID_KB4480970,
                                       .kind = EVIDENCE_UPDATE_CLIENT,
                                       .event_id = 19,
                                       .says = UPDATE_SAYS_INSTALLED,
                                       .detail = "",
                                       .source_id = 1};

    ck_assert_int_eq(casedb_add_update_evidence(db, &row, &err), 0);
    ck_assert_int_eq(casedb_add_update_evidence(db, &row, &err), 0);
    row.update = UPDATE_ID_KB4480960;
    row.says = UPDATE_SAYS_NEITHER;
    ck_assert_int_eq(casedb_add_update_evidence(db, &row, &err), 0);
}

static int64_t find_inventory_host(void)
{
    struct casedb_cursor *hosts = NULL;
    struct case_inventory_host host;

    ck_assert_int_eq(casedb_inventory(db, &hosts, &err), 0);
    ck_assert_int_eq(casedb_next_inventory_host(hosts, &host, &err), 1);
    casedb_cursor_free(hosts);
    return host.id;
}

static void add_machines(void)
{
    static const char *const names[] = {"PC-1", HOSTILE_HOST, "OLD"};
    int64_t inventory_id = find_inventory_host();
    int64_t id = 0;

    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        ck_assert_int_eq(casedb_add_machine(db, names[index], true, false, 0, &id, &err), 0);
        if (index == 0) {
            ck_assert_int_eq(casedb_add_machine_alias(db, id, 0, "37L4247F27-25", &err), 0);
            add_update_evidence(id);
        }
        ck_assert_int_eq(casedb_assign_computer(db, find_computer(names[index]), id, true, &err),
                         0);
        add_verdict(&verdicts[index], id);
    }
    ck_assert_int_eq(casedb_add_machine(db, "GONE", false, false, inventory_id, &id, &err), 0);
    add_verdict(&verdicts[ARRAY_COUNT(names)], id);
    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
}

static void begin(void)
{
    templates_path = scratch_source_path("templates");
    scratch_begin();
    ck_assert_int_eq(mkdir("out", 0700), 0);
    err = (struct error){0};
    ck_assert_int_eq(casedb_open("case.db", true, &db, &err), 0);
    add_sources();
    add_inventory();
    add_machines();
}

static void end(void)
{
    casedb_close(db);
    error_clear(&err);
    free(templates_path);
    scratch_end();
}

static void write_reports(void)
{
    struct report_options options = {
        .output_path = "out", .templates_path = templates_path, .window = incident_window};

    ck_assert_msg(report_write(db, &options, &err) == 0, "%s", or_empty(err.message));
}

static void expect_file(const char *path, const char *expected)
{
    char *found = scratch_read(path);

    ck_assert_str_eq(found, expected);
    free(found);
}

/* ---- The reports ---- */

START_TEST(hosts_csv_has_the_columns_in_order_and_the_inventorys_after_them)
{
    write_reports();
    expect_file(
        "out/hosts.csv",
        "\"host\",\"aliases\",\"classification\",\"confidence\",\"reason\",\"review\",\"state\","
        "\"first_fault_utc\",\"last_fault_utc\",\"recovered_utc\",\"in_window_events\","
        "\"events_8196\",\"events_8208\",\"events_8209\",\"events_13\",\"codes\","
        "\"window_coverage\",\"kb971033\",\"kb971033_evidence\",\"edition\",\"licence_channel\","
        "\"os_version\",\"clock\",\"action\",\"kms_client_key\",\"remediation\",\"sources\","
        "\"owner\","
        "\"inventory_State\"\r\n"
        "\"'=cmd\"\"</th><script>alert(1)</script>\xE2\x80\xAE\",\"\",\"other-activation-fault\","
        "\"\",\"WAT 13: hrOnline 0xC004C4A2, at no time\",\"window-not-covered; log-damaged\","
        "\"non-genuine\",\"\",\"\",\"\",\"0\",\"0\",\"0\",\"0\",\"1\",\"0xC004C4A2\",\"partial\","
        "\"installed\",\"\",\"unknown\",\"unknown\",\"\",\"\",\"remove-kb971033; troubleshoot\","
        "\"\",\"'=2-rebuild - not ended\",\"logs/a/Application.evtx; logs/b/copy "
        "<2>.evtx\",\"\",\"\"\r\n"
        "\"GONE\",\"\",\"not-collected\",\"\",\"in the inventory, nothing was collected\",\"\","
        "\"none\",\"\",\"\",\"\",\"0\",\"0\",\"0\",\"0\",\"0\",\"\",\"none\",\"unknown\",\"\","
        "\"unknown\",\"unknown\",\"\",\"\",\"collect\",\"\",\"\",\"\",\"Zo\xC3\xAB & "
        "Co\",\"BW\"\r\n"
        "\"OLD\",\"\",\"no-activation-fault\",\"\",\"no fault\",\"window-not-covered\",\"none\","
        "\"\",\"\",\"\",\"0\",\"0\",\"0\",\"0\",\"0\",\"\",\"none\",\"unknown\",\"\",\"unknown\","
        "\"unknown\",\"\",\"\",\"none\",\"\",\"\","
        "\"logs/a/Application.evtx; logs/b/copy <2>.evtx\",\"\",\"\"\r\n"
        "\"PC-1\",\"37L4247F27-25\",\"affected-by-incident\",\"confirmed\","
        "\"SPP 8208 at 2019-01-08T11:02:17Z: 0xC004C4A2, first fault, inside the window\","
        "\"log-damaged\",\"non-genuine\",\"2019-01-08T11:02:17Z\",\"2019-01-08T11:02:17Z\",\"\","
        "\"1\",\"0\",\"1\",\"0\",\"0\",\"0xC004C4A2\",\"full\",\"unknown\",\"\","
        "\"Windows 7 Professional\",\"volume-kms\",\"6.1.7601 Service Pack 1\",\"\","
        "\"remove-kb971033; restart; rebuild-activation\",\"FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4\","
        "\"2-rebuild 2019-01-20T10:00:00Z 31\","
        "\"logs/a/Application.evtx; logs/b/copy <2>.evtx\",\"\",\"\"\r\n");
}
END_TEST

START_TEST(timeline_csv_has_a_row_an_event_in_order_of_time)
{
    write_reports();
    expect_file(
        "out/timeline.csv",
        "\"message\",\"datetime\",\"timestamp_desc\",\"host\",\"provider\",\"event_id\","
        "\"qualifiers\",\"level\",\"channel\",\"record_id\",\"role\",\"codes\",\"in_window\","
        "\"verified\",\"source\",\"offset\",\"strings\",\"data_type\"\r\n"
        "\"Windows Activation Technologies 13: genuine validation result, hrOnline 0xC004C4A2 "
        "(product key blocked, says the validation server: the code of the incident)\",\"\",\"Not "
        "a time\","
        "\"'=cmd\"\"</th><script>alert(1)</script>\xE2\x80\xAE\","
        "\"Windows Activation Technologies\",\"13\",\"0x0000\",\"\",\"Application\","
        "\"9000000000\",\"signal-strong\",\"0xC004C4A2\",\"no\",\"conflict\","
        "\"logs/a/Application.evtx\",\"5632\","
        "\"0x00000000; 0xC004C4A2; '=1+1\\x3B \"\"</td>  [31m   "
        "\xF0\x9F\x98\x80\",\"windows:evtx:record\"\r\n"
        "\"Security-SPP 12305: genuine state set to genuine\",\"1969-12-31T23:59:59.9999999Z\","
        "\"Creation Time\",\"OLD\",\"Microsoft-Windows-Security-SPP\",\"12305\",\"0x4000\",\"4\","
        "\"Application\",\"43\",\"recovery\",\"\",\"no\",\"no\",\"logs/a/Application.evtx\","
        "\"6144\",\"55c92734-d682-4d71-983e-d6ec3f16059f; \",\"windows:evtx:record\"\r\n"
        "\"Security-SPP 8208: acquisition of genuine ticket failed, 0xC004C4A2 (product key "
        "blocked, says the validation server: the code of the incident)\","
        "\"2019-01-08T11:02:17Z\","
        "\"Creation Time\",\"PC-1\",\"Microsoft-Windows-Security-SPP\",\"8208\",\"0xC000\",\"2\","
        "\"Application\",\"41\",\"signal-strong\",\"0xC004C4A2\",\"yes\",\"yes\","
        "\"logs/a/Application.evtx\",\"4608\","
        "\"hr=0xC004C4A2; {66c92734-d682-4d71-983e-d6ec3f16059f}\",\"windows:evtx:record\"\r\n"
        "\"WindowsUpdateClient 19: update installed, KB4480970 (unrelated to the incident: it only "
        "came out the same day)\",\"2019-01-08T11:02:17.0000001Z\",\"Creation Time\",\"PC-1\","
        "\"Microsoft-Windows-WindowsUpdateClient\",\"19\",\"\",\"4\",\"Application\",\"42\","
        "\"update\",\"\",\"yes\",\"\",\"logs/a/Application.evtx\",\"5120\","
        "\"; 2019-01 Security (KB4480970)\",\"windows:evtx:record\"\r\n");
}
END_TEST

/* Every line must hold what Timesketch's importer asks for; the strings are given back as read,
 * and the times are as Python computes them. */
static const char timeline_reader[] =
    "import datetime, json, sys\n"
    "for line in open(sys.argv[1], encoding='utf-8', newline='\\n'):\n"
    "    row = json.loads(line)\n"
    "    assert row['message'] and row['timestamp_desc'] and row['data_type'], row\n"
    "    text = row['datetime'].rstrip('Z')\n"
    "    whole, _, part = text.partition('.')\n"
    "    moment = datetime.datetime.fromisoformat(whole + '+00:00')\n"
    "    seconds = int((moment - datetime.datetime.fromtimestamp(0, datetime.timezone.utc))\n"
    "                  .total_seconds())\n"
    "    assert row['timestamp'] == seconds * 1000000 + int((part or '0')[:6]), row\n"
    "    assert row['event_id'] == row['event_identifier'], row\n"
    "    assert row['record_id'] == row['record_number'], row\n"
    "    print(row['timestamp_desc'], row['timestamp'], row['record_id'], row.get('level'),\n"
    "          row.get('qualifiers'), row.get('codes'), row.get('verified'), flush=True)\n"
    "    texts = [row['computer_name']] + row['strings']\n"
    "    if 'other_reading' in row:\n"
    "        texts.append('other: ' + row['other_reading'])\n"
    "    sys.stdout.buffer.write('|'.join(texts).encode())\n"
    "    print(flush=True)\n";

START_TEST(timeline_jsonl_gives_exactly_what_went_in)
{
    char *read_back;

    write_reports();
    read_back = scratch_python(timeline_reader, "out/timeline.jsonl");
    if (read_back == NULL)
        return;
    ck_assert_str_eq(read_back,
                     "Not a time 0 9000000000 None 0x0000 ['0xC004C4A2'] conflict\n" HOSTILE_HOST
                     "|0x00000000|0xC004C4A2|" HOSTILE_STRING "|other: " HOSTILE_READING "\n"
                     "Creation Time -1 43 4 0x4000 None no\n"
                     "OLD|55c92734-d682-4d71-983e-d6ec3f16059f|\n"
                     "Creation Time 1546945337000000 41 2 0xC000 ['0xC004C4A2'] yes\n"
                     "PC-1|hr=0xC004C4A2|{66c92734-d682-4d71-983e-d6ec3f16059f}\n"
                     "Creation Time 1546945337000000 42 4 None None None\n"
                     "PC-1||2019-01 Security (KB4480970)\n");
    free(read_back);
}
END_TEST

START_TEST(sources_csv_says_of_a_copy_what_was_read_of_its_content)
{
    write_reports();
    expect_file(
        "out/sources.csv",
        "\"path\",\"kind\",\"bytes\",\"sha256\",\"machines\",\"records\",\"selected\","
        "\"first_event_utc\",\"last_event_utc\",\"status\",\"detail\"\r\n"
        "\"logs/a/Application.evtx\",\"evtx\",\"69632\",\"\","
        "\"'=cmd\"\"</th><script>alert(1)</script>\xE2\x80\xAE; OLD; PC-1\",\"7\",\"4\","
        "\"1969-12-31T23:59:59.9999999Z\",\"2019-01-08T11:02:17.0000001Z\",\"damaged\","
        "\"at byte 69632: record is cut short; 1 record could not be decoded: 9 at byte 8192; "
        "1 record read differently by libevtx: 9000000000 at byte 5632\"\r\n"
        "\"logs/b/copy <2>.evtx\",\"evtx\",\"69632\",\"\","
        "\"'=cmd\"\"</th><script>alert(1)</script>\xE2\x80\xAE; OLD; PC-1\",\"7\",\"4\","
        "\"1969-12-31T23:59:59.9999999Z\",\"2019-01-08T11:02:17.0000001Z\",\"damaged\","
        "\"same content as logs/a/Application.evtx; at byte 69632: record is cut short; "
        "1 record could not be decoded: 9 at byte 8192; "
        "1 record read differently by libevtx: 9000000000 at byte 5632\"\r\n"
        "\"logs/notes.txt\",\"text\",\"69632\",\"\",\"\",\"0\",\"0\",\"\",\"\",\"skipped\","
        "\"\"\r\n");
}
END_TEST

static void expect_in(const char *page, const char *expected)
{
    ck_assert_msg(strstr(page, expected) != NULL, "the page lacks %s", expected);
}

static size_t count_in(const char *page, const char *expected)
{
    size_t count = 0;

    for (const char *at = page; (at = strstr(at, expected)) != NULL; at++)
        count++;
    return count;
}

START_TEST(page_holds_the_case_and_nothing_of_it_as_markup)
{
    char *page;

    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_ptr_null(strstr(page, "<script>alert"));
    ck_assert_ptr_null(strstr(page, "{{"));
    ck_assert_ptr_null(strstr(page, "\xE2\x80\xAE"));
    /* the name of a namespace in the script, which nothing fetches */
    ck_assert_uint_eq(count_in(page, "http://"), count_in(page, "'http://www.w3.org/2000/svg'"));
    ck_assert_ptr_null(strstr(page, "https://"));
    expect_in(page, "<th scope=\"row\">=cmd&quot;&lt;/th&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
                    "[U+202E]</th>");
    expect_in(page, "<small>(formerly 37L4247F27-25)</small>");
    expect_in(page, "Zo\xC3\xAB &amp; Co");
    expect_in(page, "<th scope=\"row\" class=\"text\">logs/b/copy &lt;2&gt;.evtx</th>");
    expect_in(page, "nothing to do with the incident were installed too: KB4480970 (1 host).</p>");
    expect_in(page, "<a href=\"#is=broken\">2</a> are still broken, "
                    "<a href=\"#class=affected-by-incident&amp;is=broken\">1</a> of them by the "
                    "incident; ");
    expect_in(page, "; <a href=\"#is=clean\">none</a> are shown to be clean; ");
    expect_in(page, "3 sources: 2 damaged, 1 skipped");
    expect_in(page, "1 text.");
    free(page);
}
END_TEST

START_TEST(page_shows_both_readings_of_a_conflict)
{
    char *page;

    write_reports();
    page = scratch_read("out/report.html");
    expect_in(page, "<li><a href=\"#conflicts\">Conflicts</a></li>");
    expect_in(page, "<section id=\"conflicts\"");
    expect_in(page, "[U+202E]</th><td></td><td class=\"text\">logs/a/Application.evtx</td>"
                    "<td class=\"number\">5632</td><td class=\"detail\">"
                    "Windows Activation Technologies 13; qualifiers 0x0000; channel Application; "
                    "computer =cmd&quot;&lt;/th&gt;");
    expect_in(page, "; string 1: 0x00000000; string 2: 0xC004C4A2; string 3: =1+1\\x3B");
    expect_in(page, "</td><td class=\"detail\">string 2: =2&lt;/td&gt;&lt;img src=x "
                    "onerror=alert(2)&gt;\xE2\x90\x8D\xE2\x90\x8A\xE2\x90\x81 [U+202E]</td></tr>\n"
                    "</tbody>");
    ck_assert_ptr_null(strstr(page, "<img"));
    ck_assert_uint_eq(count_in(page, "<section "), count_in(page, "</section>"));
    expect_in(page, "inside the window <small>(read alike by two decoders)</small></td>");
    expect_in(page, "at no time <small>(read differently by two decoders)</small></td>");
    expect_in(page, "<td>no fault</td>");
    expect_in(page, "<td class=\"number\">7</td><td class=\"number\">1</td><td "
                    "class=\"number\">1</td><td class=\"detail\">same content as");
    free(page);
}
END_TEST

/* Hosts of a new case, each with these words. */
static void replace_machines(const struct case_verdict *made, size_t count)
{
    int64_t id = 0;

    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    for (size_t index = 0; index < count; index++) {
        char *name = memory_format("PC-%zu", index);

        ck_assert_int_eq(casedb_add_machine(db, name, true, false, 0, &id, &err), 0);
        free(name);
        add_verdict(&made[index], id);
    }
    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
}

START_TEST(page_without_conflicts_does_not_speak_of_them)
{
    static const struct case_verdict made[] = {
        {.classification = CLASSIFICATION_AFFECTED, .reason = "one", .verified = VERIFIED_NO}};
    size_t deleted;
    char *page;

    ck_assert_int_eq(casedb_keep_only_sources(db, NULL, 0, &deleted, &err), 0);
    replace_machines(made, ARRAY_COUNT(made));
    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_ptr_null(strstr(page, "href=\"#conflicts\""));
    ck_assert_ptr_null(strstr(page, "id=\"conflicts\""));
    ck_assert_uint_eq(count_in(page, "<section "), count_in(page, "</section>"));
    expect_in(page, "<td>one <small>(read by one decoder only)</small></td>");
    free(page);
}
END_TEST

/* A log that is whole is listed for its conflict alone. */
START_TEST(page_lists_a_source_for_its_conflict)
{
    struct source_facts facts = {.record_count = 1};
    char *page;

    source_facts_add_conflict(&facts, "1 at byte 4608");
    finish_source(begin_source("logs/whole.evtx", SOURCE_KIND_EVTX), &facts, 0);
    write_reports();
    page = scratch_read("out/report.html");
    expect_in(page, "<th scope=\"row\" class=\"text\">logs/whole.evtx</th>");
    free(page);
}
END_TEST

/* A host with an update history, of which the two readers read a row differently. */
static void add_history_conflict(void)
{
    struct source_facts facts = {.record_count = 1};
    struct finding finding = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_DATASTORE);
    int64_t read = begin_source("pc/DataStore.edb", SOURCE_KIND_DATABASE), id = 0;
    struct casedb_cursor *hosts = NULL;
    struct case_source_host host;

    finding.place = 7;
    finding.filetime = IN_WINDOW;
    finding.verified = VERIFIED_CONFLICT;
    finding.history_row.status = 1;
    finding.history_row.mapped_result = -1;
    finding.history_row.title = "<KB971033>";
    finding.history_row.offset_bytes = 122943;
    finding.history_row.other_reading = "Status 2; Title <KB971034>";
    ck_assert_int_eq(casedb_add_finding(db, read, &finding, &err), 0);
    source_facts_add_conflict(&facts, "row 1");
    finish_source(read, &facts, 0);
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    ck_assert_int_eq(casedb_add_machine(db, "PC-9", true, false, 0, &id, &err), 0);
    add_verdict(&verdicts[2], id);
    ck_assert_int_eq(casedb_source_hosts(db, &hosts, &err), 0);
    ck_assert_int_eq(casedb_next_source_host(hosts, &host, &err), 1);
    ck_assert_int_eq(casedb_assign_source_host(
                         db, &host,
                         &(struct case_host_place){.machine_id = id, .remark = "", .decides = true},
                         &err),
                     0);
    casedb_cursor_free(hosts);
    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
}

START_TEST(page_shows_both_readings_of_a_row_of_an_update_history)
{
    char *page;

    add_history_conflict();
    write_reports();
    page = scratch_read("out/report.html");
    expect_in(page, "PC-9</th><td><time datetime=\"2019-01-08T11:02:17Z\">");
    expect_in(page, "<td class=\"text\">pc/DataStore.edb</td><td class=\"number\">122943</td>"
                    "<td class=\"detail\">IdEvent 7; Status 1; MappedResult -1; UnmappedResult "
                    "(empty); ServerSelection (empty); ClientId ; Title &lt;KB971033&gt;</td>"
                    "<td class=\"detail\">Status 2; Title &lt;KB971034&gt;</td></tr>\n</tbody>");
    free(page);
}
END_TEST

START_TEST(page_says_when_the_window_is_not_the_incidents)
{
    struct report_options options = {
        .output_path = "out",
        .templates_path = templates_path,
        .window = {.start_filetime = incident_window.start_filetime + FILETIME_HOUR,
                   .end_filetime = incident_window.end_filetime}};
    char *page;

    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_ptr_null(strstr(page, "chosen for this case"));
    free(page);
    ck_assert_int_eq(report_write(db, &options, &err), 0);
    page = scratch_read("out/report.html");
    expect_in(page, "2019-01-08T11:00:00Z</time>");
    expect_in(page, "chosen for this case");
    free(page);
}
END_TEST

START_TEST(same_case_gives_the_same_bytes)
{
    static const char *const names[] = {"out/hosts.csv", "out/timeline.csv", "out/timeline.jsonl",
                                        "out/sources.csv", "out/report.html"};
    char *before[ARRAY_COUNT(names)];

    write_reports();
    for (size_t index = 0; index < ARRAY_COUNT(names); index++)
        before[index] = scratch_read(names[index]);
    write_reports();
    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        expect_file(names[index], before[index]);
        free(before[index]);
    }
}
END_TEST

START_TEST(scripts_no_longer_needed_are_removed)
{
    write_reports();
    ck_assert(scratch_exists("out/remediation/scripts/2-rebuild-professional.cmd"));
    scratch_write("out/remediation/scripts/2-rebuild-enterprise-n.cmd", "old", 3);
    scratch_write("out/remediation/scripts/2-rebuild-enterprise-n.hosts.txt", "old", 3);
    write_reports();
    ck_assert(scratch_exists("out/remediation/scripts/2-rebuild-professional.cmd"));
    ck_assert(!scratch_exists("out/remediation/scripts/2-rebuild-enterprise-n.cmd"));
    ck_assert(!scratch_exists("out/remediation/scripts/2-rebuild-enterprise-n.hosts.txt"));
}
END_TEST

START_TEST(missing_template_is_told_and_leaves_the_folder_alone)
{
    struct report_options options = {
        .output_path = "out", .templates_path = "none", .window = incident_window};

    ck_assert_int_eq(report_check_templates(templates_path, &err), 0);
    ck_assert_int_eq(report_check_templates("none", &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_str_eq(err.message,
                     "cannot read template none/report.html: No such file or directory");
    error_clear(&err);
    ck_assert_int_eq(report_write(db, &options, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUN);
    ck_assert_int_eq(rmdir("out"), 0);
}
END_TEST

START_TEST(template_with_an_unknown_placeholder_is_refused)
{
    static const char template[] = "<p>\n{{CLASSES}}\n{{COLOUR}}";

    ck_assert_int_eq(mkdir("own", 0700), 0);
    scratch_write("own/report.html", template, strlen(template));
    ck_assert_int_eq(report_check_templates("own", &err), -1);
    ck_assert_str_eq(err.message, "template report.html, line 3: nothing fills {{COLOUR}}");
}
END_TEST

/* Returns owned: what the summary prints. */
static char *summary_table(void)
{
    char *table = NULL;
    size_t length;
    FILE *file = open_memstream(&table, &length);

    ck_assert_int_eq(report_summary(db, file, &err), 0);
    fclose(file);
    return table;
}

START_TEST(summary_counts_hosts_and_sources)
{
    char *table = summary_table();

    ck_assert_str_eq(table,
                     "Hosts                                                 4\n"
                     "  affected-by-incident                                1\n"
                     "    confirmed                                         1\n"
                     "    still broken                                      1\n"
                     "  other-activation-fault                              1\n"
                     "    still broken                                      1\n"
                     "    not excluded                                      1\n"
                     "  no-activation-fault                                 1\n"
                     "    not excluded                                      1\n"
                     "  not-collected                                       1\n"
                     "In all classes\n"
                     "  still broken                                        2\n"
                     "  recovered                                           0\n"
                     "  not excluded                                        2\n"
                     "Action\n"
                     "  remove-kb971033; restart; rebuild-activation        1\n"
                     "  remove-kb971033; troubleshoot                       1\n"
                     "  collect                                             1\n"
                     "  none                                                1\n"
                     "Sources                                               3\n"
                     "  damaged                                             2\n"
                     "  skipped                                             1\n"
                     "  with records that could not be decoded              2\n"
                     "  with records read differently by a second reader        2\n"
                     "\n"
                     "4 hosts: 2 are still broken, 1 of them by the incident; 1 has or had "
                     "another activation fault; 2 are not excluded; none are shown to be "
                     "clean; 1 was not collected.\n"
                     "This rests on 3 sources, collected from 3 hosts, with 68.0 KiB and 7 records "
                     "from 1969-12-31T23:59:59.9999999Z to 2019-01-08T11:02:17.0000001Z; 2 "
                     "sources damaged.\n");
    free(table);
}
END_TEST

static void keep_piece(void *context, const char *piece, const char *filter)
{
    (void)filter;
    text_add(context, piece);
}

START_TEST(what_was_skipped_was_not_read)
{
    static const struct {
        uint64_t skipped;
        const char *end;
    } rows[] = {{0, "; every source was read whole."},
                {2, "; all but 2 skipped were read whole."},
                {3, "; nothing of that is read."}};
    struct summary summary = {.source_count = 3};
    struct text said = {0};
    const struct sentence_user user = {.put = keep_piece, .context = &said};
    const char *end;

    summary.statuses[SOURCE_STATUS_SKIPPED] = rows[_i].skipped;
    sentence_basis(&summary, &user);
    end = strchr(text_get(&said), ';');
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, rows[_i].end);
    text_free(&said);
}
END_TEST

/* Without a state of its own a verdict is one of a broken host. */
#define NO_FAULT .classification = CLASSIFICATION_NO_FAULT, .state = ACTIVATION_STATE_NONE

START_TEST(damaged_logs_show_no_host_to_be_clean)
{
    static const struct case_verdict made[] = {
        {NO_FAULT},
        {NO_FAULT, .review = 1u << REVIEW_LOG_DAMAGED},
        {NO_FAULT, .review = 1u << REVIEW_LOG_DAMAGED | 1u << REVIEW_CLOCK_CHANGED},
        {NO_FAULT, .review = 1u << REVIEW_WINDOW_NOT_COVERED | 1u << REVIEW_LOG_DAMAGED},
        {NO_FAULT, .review = 1u << REVIEW_WINDOW_NOT_COVERED},
        {NO_FAULT, .review = 1u << REVIEW_CLOCK_CHANGED},
        {.classification = CLASSIFICATION_OTHER_FAULT, .review = 1u << REVIEW_LOG_DAMAGED},
        {.classification = CLASSIFICATION_AFFECTED, .review = 1u << REVIEW_LOG_DAMAGED},
    };
    char *table, *page;

    replace_machines(made, ARRAY_COUNT(made));
    table = summary_table();
    expect_in(table, "  no-activation-fault                                 6\n"
                     "    shown to be clean                                 2\n"
                     "    with damaged logs                                 2\n"
                     "    not excluded                                      2\n");
    free(table);
    write_reports();
    page = scratch_read("out/report.html");
    expect_in(page, "<a href=\"#is=not-excluded\">2</a> are not excluded; "
                    "<a href=\"#is=log-damaged\">2</a> show no fault, but in damaged logs; "
                    "<a href=\"#is=clean\">2</a> are shown to be clean.");
    free(page);
}
END_TEST

#define SUMMARY                                                 \
    "  affected-by-incident                                6\n" \
    "    still broken                                      4\n" \
    "    recovered                                         2\n" \
    "  other-activation-fault                              6\n" \
    "    still broken                                      1\n" \
    "    recovered                                         4\n" \
    "    not excluded                                      3\n" \
    "  no-activation-fault                                 6\n" \
    "    shown to be clean                                 1\n" \
    "    not excluded                                      5\n" \
    "  not-collected                                       0\n" \
    "In all classes\n"                                          \
    "  still broken                                        5\n" \
    "  recovered                                           6\n" \
    "  not excluded                                        8\n"
#define NUMBER(number) "<td class=\"number\">" number "</td>"
#define LINKED(filter, number) "<td class=\"number\"><a href=\"#" filter "\">" number "</a></td>"
#define NONE "<td class=\"number\">0</td>"
#define AFFECTED "class=affected-by-incident"
#define OTHER "class=other-activation-fault"
#define NO_FAULTS "class=no-activation-fault"
#define COUNTS(title, hosts, broken, recovered, not_excluded) \
    "<tr><th scope=\"row\">" title "</th>" hosts broken recovered not_excluded "</tr>"

/* Of each class some in each state, so that no number is another's. */
START_TEST(summary_and_page_count_the_broken_the_recovered_and_those_not_excluded)
{
    static const enum activation_state states[CLASSIFICATION_COUNT][6] = {
        [CLASSIFICATION_AFFECTED] = {ACTIVATION_STATE_NON_GENUINE, ACTIVATION_STATE_UNLICENSED,
                                     ACTIVATION_STATE_FAULT_OPEN, ACTIVATION_STATE_NON_GENUINE,
                                     ACTIVATION_STATE_RECOVERED, ACTIVATION_STATE_RECOVERED},
        [CLASSIFICATION_OTHER_FAULT] = {ACTIVATION_STATE_FAULT_OPEN, ACTIVATION_STATE_RECOVERED,
                                        ACTIVATION_STATE_RECOVERED, ACTIVATION_STATE_RECOVERED,
                                        ACTIVATION_STATE_RECOVERED, ACTIVATION_STATE_NONE},
        [CLASSIFICATION_NO_FAULT] = {ACTIVATION_STATE_NONE, ACTIVATION_STATE_NONE,
                                     ACTIVATION_STATE_NONE, ACTIVATION_STATE_NONE,
                                     ACTIVATION_STATE_NONE, ACTIVATION_STATE_NONE},
    };
    static const size_t not_excluded[] = {
        [CLASSIFICATION_OTHER_FAULT] = 3, [CLASSIFICATION_NO_FAULT] = 5};
    struct case_verdict made[18];
    char *table, *page, *list;

    for (size_t index = 0; index < ARRAY_COUNT(made); index++)
        made[index] = (struct case_verdict){
            .classification = (enum classification)(index / 6),
            .state = states[index / 6][index % 6],
            .review = index % 6 < not_excluded[index / 6] ? 1u << REVIEW_WINDOW_NOT_COVERED : 0};
    replace_machines(made, ARRAY_COUNT(made));
    table = summary_table();
    expect_in(table, SUMMARY);
    free(table);
    write_reports();
    page = scratch_read("out/report.html");
    expect_in(page, COUNTS("Affected by the incident", LINKED(AFFECTED, "6"),
                           LINKED(AFFECTED "&amp;is=broken", "4"),
                           LINKED(AFFECTED "&amp;is=recovered", "2"), NONE));
    expect_in(page,
              COUNTS("Another activation fault", LINKED(OTHER, "6"),
                     LINKED(OTHER "&amp;is=broken", "1"), LINKED(OTHER "&amp;is=recovered", "4"),
                     LINKED(OTHER "&amp;is=not-excluded", "3")));
    expect_in(page, COUNTS("No activation fault", LINKED(NO_FAULTS, "6"), NONE, NONE,
                           LINKED(NO_FAULTS "&amp;is=not-excluded", "5")));
    expect_in(page, COUNTS("Not collected", NONE, NONE, NONE, NONE));
    expect_in(page, COUNTS("In all", LINKED("machines", "18"), LINKED("is=broken", "5"),
                           LINKED("is=recovered", "6"), LINKED("is=not-excluded", "8")));
    free(page);
    list = scratch_read("out/remediation/not-excluded.csv");
    ck_assert_uint_eq(count_in(list, "\r\n"), 1 + 8);
    free(list);
}
END_TEST

static void expect_word(const char *page, const char *word, const char *sentence)
{
    struct text expected = {0};

    html_add_escaped(&expected, word);
    expect_in(page, text_get(&expected));
    text_clear(&expected);
    for (const char *at = sentence; *at != '\0';) {
        size_t plain = strcspn(at, "`");
        char *part = memory_copy_bytes(at, plain);

        html_add_escaped(&expected, part);
        free(part);
        at += plain;
        if (*at == '`')
            text_add(&expected,
                     count_in(text_get(&expected), "code>") % 2 == 0 ? "<code>" : "</code>");
        at += *at == '`';
    }
    expect_in(page, text_get(&expected));
    text_free(&expected);
}

/* A member of a set that the page does not explain is met by nobody who looks for it there. */
START_TEST(page_explains_every_word_of_a_verdict)
{
    struct case_verdict made[ACTION_COUNT];
    char *page;

    for (unsigned index = 0; index < ACTION_COUNT; index++)
        made[index] = (struct case_verdict){.action = (enum action)index};
    replace_machines(made, ARRAY_COUNT(made));
    write_reports();
    page = scratch_read("out/report.html");
    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++)
        expect_word(page, classification_word(index), classification_sentence(index));
    for (unsigned index = CONFIDENCE_NONE + 1; index < CONFIDENCE_COUNT; index++)
        expect_word(page, confidence_word(index), confidence_sentence(index));
    for (unsigned index = 0; index < ACTIVATION_STATE_COUNT; index++)
        expect_word(page, activation_state_word(index), activation_state_sentence(index));
    for (unsigned index = 0; index < REVIEW_NOTE_COUNT; index++)
        expect_word(page, review_note_word(index), review_note_sentence(index));
    for (unsigned index = 0; index < ACTION_COUNT; index++)
        expect_word(page, action_word(index), action_sentence(index));
    free(page);
}
END_TEST

/* Derives anew: all events of PC-1 and OLD are of NEW-PC, those of OLD perhaps of an earlier
 * installation, and the others nobody's; the events of that EventRecordID have a wrong clock. */
static void assign_to_one(bool old_decides, uint64_t wrong_record_id, bool in_window)
{
    const struct case_placement placement = {.channel = "Application",
                                             .first_record_id = wrong_record_id,
                                             .last_record_id = wrong_record_id,
                                             .last_filetime = FILETIME_MAX,
                                             .in_window = in_window};
    int64_t id = 0;

    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    ck_assert_int_eq(casedb_add_machine(db, "NEW-PC", true, false, 0, &id, &err), 0);
    add_verdict(&verdicts[0], id);
    ck_assert_int_eq(casedb_assign_computer(db, find_computer("PC-1"), id, true, &err), 0);
    ck_assert_int_eq(casedb_assign_computer(db, find_computer("OLD"), id, old_decides, &err), 0);
    ck_assert_int_eq(casedb_assign_computer(db, find_computer(HOSTILE_HOST), 0, false, &err), 0);
    ck_assert_int_eq(casedb_place_observations(db, id, &placement, &err), 0);
    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    write_reports();
}

START_TEST(events_of_nobody_and_of_an_earlier_installation_are_in_the_timeline)
{
    char *timeline;

    assign_to_one(false, 9, false);
    timeline = scratch_read("out/timeline.csv");
    expect_in(timeline, "\"Not a time\",\"'=cmd\"\"</th>");
    expect_in(timeline, "\"1969-12-31T23:59:59.9999999Z\",\"Creation Time\",\"NEW-PC\"");
    expect_in(timeline, "\"2019-01-08T11:02:17Z\",\"Creation Time\",\"NEW-PC\"");
    free(timeline);
}
END_TEST

/* Their own time is shown all the same, and they stand by it. */
START_TEST(events_of_a_wrong_clock_are_in_the_window_where_they_are_placed)
{
    char *timeline;

    assign_to_one(true, 43, true);
    timeline = scratch_read("out/timeline.csv");
    expect_in(timeline, "\"1969-12-31T23:59:59.9999999Z\"");
    expect_in(timeline, "\"43\",\"recovery\",\"\",\"yes\"");
    expect_in(timeline, "\"41\",\"signal-strong\",\"0xC004C4A2\",\"yes\"");
    free(timeline);
    assign_to_one(true, 41, false);
    timeline = scratch_read("out/timeline.csv");
    expect_in(timeline, "\"2019-01-08T11:02:17Z\"");
    expect_in(timeline, "\"43\",\"recovery\",\"\",\"no\"");
    expect_in(timeline, "\"41\",\"signal-strong\",\"0xC004C4A2\",\"no\"");
    free(timeline);
    timeline = scratch_read("out/timeline.jsonl");
    expect_in(timeline, "\"in_window\":\"no\",\"verified\":\"yes\"");
    free(timeline);
}
END_TEST

static void add_saying(struct text *out, unsigned saying)
{
    text_add(out, update_says_word((enum update_says)saying));
}

/* As hosts.csv and the page have it: to the second, where the time is known. */
START_TEST(evidence_of_a_listing_has_the_time_of_its_file)
{
    struct groups groups = {.add_saying = add_saying};
    struct item_origin origin = {.kind = EVIDENCE_WMIC, .filetime = IN_WINDOW, .path = "a"};
    char *list;

    groups_feed(&groups, UPDATE_SAYS_ABSENT, &origin, NULL);
    origin.with_collection = true;
    origin.path = "b";
    groups_feed(&groups, UPDATE_SAYS_ABSENT, &origin, NULL);
    origin.filetime += 9999999;
    origin.path = "c";
    groups_feed(&groups, UPDATE_SAYS_INSTALLED, &origin, "why");
    origin.filetime = 0;
    groups_feed(&groups, UPDATE_SAYS_NEITHER, &origin, NULL);
    list = groups_text(&groups);
    ck_assert_str_eq(list,
                     "absent: wmic qfe at 2019-01-08T11:02:17Z in a; neither: wmic qfe in c; "
                     "absent: wmic qfe with the collection (file of 2019-01-08T11:02:17Z) in b; "
                     "installed: wmic qfe with the collection (file of "
                     "2019-01-08T11:02:17Z) in c: why");
    free(list);
    groups_free_content(&groups);
}
END_TEST

/* ---- The roll-out ---- */

static const struct case_verdict rolled_out[] = {
    {.classification = CLASSIFICATION_AFFECTED,
     .state = ACTIVATION_STATE_RECOVERED,
     .first_fault_filetime = IN_WINDOW,
     .recovered_filetime = IN_WINDOW + 60 * FILETIME_MINUTE,
     .kb971033 = UPDATE_STATUS_REMOVED,
     .action = ACTION_VERIFY,
     .rollout = ROLLOUT_FIXED,
     .rollout_trace = "SPP 8206 at <b>; then"},
    {.classification = CLASSIFICATION_OTHER_FAULT,
     .rollout = ROLLOUT_STILL_BROKEN,
     .remediation = "2-rebuild<script> 2019-01-20T10:00:00Z 31",
     .rollout_trace = "2-rebuild<script> ended with 31: not activated"},
    {.classification = CLASSIFICATION_AFFECTED, .rollout = ROLLOUT_REFUSED},
    {.classification = CLASSIFICATION_AFFECTED, .rollout = ROLLOUT_NOT_REACHED},
    {.classification = CLASSIFICATION_AFFECTED, .rollout = ROLLOUT_NOT_REACHED},
    {.classification = CLASSIFICATION_NO_FAULT,
     .state = ACTIVATION_STATE_NONE,
     .rollout = ROLLOUT_NOT_BROKEN},
    {.classification = CLASSIFICATION_NO_FAULT, .state = ACTIVATION_STATE_NONE},
};

#define RESULT(title, results, count)                                                      \
    "<tr><th scope=\"row\">" title "</th><td class=\"number\"><a href=\"#rollout=" results \
    "\">" count "</a></td>"
#define GROUP(title, result, count)                                            \
    "<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"5\">" title \
    " <span class=\"number\"><a href=\"#rollout=" result "\">" count "</a></span></th></tr>\n"
#define FIRST_CELL(name) "<tr><th scope=\"row\" class=\"text\">" name "</th>"

START_TEST(page_tells_how_far_the_rollout_came)
{
    char *page, *section, *table;

    replace_machines(rolled_out, ARRAY_COUNT(rolled_out));
    write_reports();
    page = scratch_read("out/report.html");
    section = strstr(page, "<section id=\"rollout\"");
    ck_assert_ptr_nonnull(section);
    *strstr(section, "</section>") = '\0';
    ck_assert_ptr_nonnull(strstr(page, "<li><a href=\"#rollout\">Roll-out</a></li>"));
    expect_in(section,
              RESULT("Were broken", "fixed,still-broken,refused,not-reached,by-hand", "5"));
    expect_in(section, RESULT("Fixed", "fixed", "1"));
    expect_in(section, RESULT("Still broken", "still-broken", "1"));
    expect_in(section, RESULT("Refused", "refused", "1"));
    expect_in(section, RESULT("Not reached", "not-reached", "2"));
    expect_in(section, RESULT("Was not broken", "not-broken", "1"));
    expect_in(section, GROUP("Fixed", "fixed", "1") FIRST_CELL("PC-0"));
    expect_in(section, GROUP("Still broken", "still-broken", "1") FIRST_CELL("PC-1"));
    expect_in(section, GROUP("Refused", "refused", "1") FIRST_CELL("PC-2"));
    expect_in(section, GROUP("Not reached", "not-reached", "2") FIRST_CELL("PC-3"));
    expect_in(section, GROUP("Was not broken", "not-broken", "1") FIRST_CELL("PC-5"));
    ck_assert_ptr_null(strstr(section, "PC-6"));
    ck_assert_uint_eq(count_in(section, "<td><div class=\"minor\">no trace</div></td>"), 4);
    expect_in(section, ">recovered</span>");
    expect_in(section, "<div class=\"minor\">KB971033 removed</div>");
    expect_in(section, "<td>2-rebuild&lt;script&gt; 2019-01-20T10:00:00Z 31<ul class=\"minor\">"
                       "<li>2-rebuild&lt;script&gt; ended with 31: not activated</li></ul></td>");
    expect_in(section, "<li>SPP 8206 at &lt;b&gt;</li>");
    ck_assert_uint_eq(count_in(section, "<tbody>"), count_in(section, "</tbody>"));
    free(page);
    table = summary_table();
    expect_in(table, "Roll-out\n"
                     "  fixed                                               1\n"
                     "  still-broken                                        1\n"
                     "  refused                                             1\n"
                     "  not-reached                                         2\n"
                     "  not-broken                                          1\n"
                     "Sources");
    free(table);
}
END_TEST

/* Some are broken, but nobody came yet. */
START_TEST(page_without_a_trace_does_not_speak_of_a_rollout)
{
    char *page, *table;

    replace_machines(&rolled_out[2], ARRAY_COUNT(rolled_out) - 2);
    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_ptr_null(strstr(page, "id=\"rollout\""));
    ck_assert_ptr_null(strstr(page, "href=\"#rollout\""));
    free(page);
    table = summary_table();
    ck_assert_ptr_null(strstr(table, "Roll-out"));
    free(table);
}
END_TEST

/* ---- What KMS hosts saw ---- */

#define HOSTILE_KMS "<b>KMS</b>&\"\xE2\x80\xAE"

struct made_sight {
    const char *machine;
    const char *host;
    enum confidence confidence;
    enum licensing_status before, within, after;
    uint64_t request_count;
    uint64_t first_filetime;
};

static void add_sight(const struct made_sight *made)
{
    struct case_verdict verdict = verdicts[2];
    struct case_kms_sight sight = {.host = made->host,
                                   .before = made->before,
                                   .within = made->within,
                                   .after = made->after,
                                   .request_count = made->request_count,
                                   .first_filetime = made->first_filetime,
                                   .last_filetime = made->first_filetime};

    ck_assert_int_eq(
        casedb_add_machine(db, made->machine, false, false, 0, &sight.machine_id, &err), 0);
    verdict.confidence = made->confidence;
    if (made->confidence == CONFIDENCE_SUSPECTED) {
        verdict.classification = CLASSIFICATION_AFFECTED;
        verdict.state = ACTIVATION_STATE_UNLICENSED;
    }
    add_verdict(&verdict, sight.machine_id);
    ck_assert_int_eq(casedb_add_kms_sight(db, &sight, &err), 0);
}

/* Returns owned: the section on KMS hosts on the page of a case that has these alone. */
static char *kms_section(const struct made_sight *sights, size_t count)
{
    char *page, *start, *section;

    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    for (size_t index = 0; index < count; index++)
        add_sight(&sights[index]);
    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_uint_eq(count_in(page, "<a href=\"#kms\">"), 1);
    ck_assert_uint_eq(count_in(page, "<section id=\"kms\""), 1);
    start = strstr(page, "<section id=\"kms\"");
    section = memory_copy_bytes(start, (size_t)(strstr(start, "</section>") - start));
    free(page);
    return section;
}

static void expect_before(const char *page, const char *first, const char *second)
{
    expect_in(page, first);
    expect_in(page, second);
    ck_assert_msg(strstr(page, first) < strstr(page, second), "%s behind %s", first, second);
}

START_TEST(page_without_kms_hosts_does_not_speak_of_them)
{
    char *page;

    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_ptr_null(strstr(page, "#kms"));
    ck_assert_ptr_null(strstr(page, "id=\"kms"));
    ck_assert_ptr_null(strstr(page, "Seen by KMS hosts"));
    free(page);
}
END_TEST

#define STATES(zero, one, two, three, four, five, six) \
    NUMBER(zero)                                       \
    NUMBER(one) NUMBER(two) NUMBER(three) NUMBER(four) NUMBER(five) NUMBER(six)
#define NOT_TOLD LICENSING_STATUS_NOT_TOLD

START_TEST(page_counts_the_clients_of_each_kms_host_by_state)
{
    static const struct made_sight sights[] = {
        {"PC-1", "KMS01", CONFIDENCE_SUSPECTED, 1, 5, NOT_TOLD, 3, IN_WINDOW},
        {"PC-2", "KMS01", CONFIDENCE_NONE, 1, 1, 1, 4, IN_WINDOW},
        {"PC-3", "KMS01", CONFIDENCE_NONE, NOT_TOLD, 4, 6, 4, IN_WINDOW},
        {"PC-4", "KMS01", CONFIDENCE_NONE, NOT_TOLD, NOT_TOLD, NOT_TOLD, 1, 0},
        {"PC-5", "KMS02", CONFIDENCE_NONE, 0, 2, 3, 1234, IN_WINDOW},
    };
    char *section = kms_section(sights, ARRAY_COUNT(sights));
    const char *second;

    expect_before(section, "<h3>KMS01</h3>\n<p>4 clients, 1 suspected.</p>",
                  "<h3>KMS02</h3>\n<p>1 client, 0 suspected.</p>");
    expect_in(section, "<th scope=\"row\">before the window</th>" NUMBER("2")
                           STATES("0", "2", "0", "0", "0", "0", "0") "</tr>");
    expect_in(section, "<th scope=\"row\">in the window</th>" NUMBER("3")
                           STATES("0", "1", "0", "0", "1", "1", "0") "</tr>");
    expect_in(section, "<th scope=\"row\">after it</th>" NUMBER("2")
                           STATES("0", "1", "0", "0", "0", "0", "1") "</tr>");
    second = strstr(section, "<h3>KMS02");
    expect_in(second, "<th scope=\"row\">before the window</th>" NUMBER("1")
                          STATES("1", "0", "0", "0", "0", "0", "0") "</tr>");
    expect_in(second, "<th scope=\"row\">in the window</th>" NUMBER("1")
                          STATES("0", "0", "1", "0", "0", "0", "0") "</tr>");
    expect_in(second, "<th scope=\"row\">after it</th>" NUMBER("1")
                          STATES("0", "0", "0", "1", "0", "0", "0") "</tr>");
    ck_assert_ptr_null(strstr(second, "PC-4"));
    expect_in(second, NUMBER("1234"));
    free(section);
}
END_TEST

START_TEST(page_lists_the_suspected_clients_first)
{
    static const struct made_sight sights[] = {
        {"PC-1", "KMS01", CONFIDENCE_NONE, 1, NOT_TOLD, 5, 7, IN_WINDOW},
        {"PC-2", "KMS01", CONFIDENCE_SUSPECTED, 1, 5, NOT_TOLD, 3, IN_WINDOW},
        {"PC-0", "KMS01", CONFIDENCE_NONE, 1, 1, 1, 1, 0},
    };
    char *section = kms_section(sights, ARRAY_COUNT(sights));

    expect_before(section, ">PC-2</th>", ">PC-0</th>");
    expect_before(section, ">PC-0</th>", ">PC-1</th>");
    expect_in(section,
              "<tr><th scope=\"row\" class=\"text\">PC-2</th><td><span class=\"word\">affected-by-"
              "incident</span><div class=\"minor\">suspected</div><div class=\"minor\">state: "
              "unlicensed</div></td><td class=\"text\">licensed</td><td "
              "class=\"text\">notification</td><td class=\"text\"></td>" NUMBER("3") "<td>");
    expect_in(section, "state: none</div></td><td class=\"text\">licensed</td>"
                       "<td class=\"text\">licensed</td><td class=\"text\">licensed</td>" NUMBER(
                           "1") "<td></td><td></td></tr>");
    ck_assert_uint_eq(count_in(section, "2019-01-08T11:02:17Z\">"), 4);
    ck_assert_uint_eq(count_in(section, "suspected</div>"), 1);
    ck_assert_ptr_null(strstr(section, "more, none of which"));
    free(section);
}
END_TEST

/* All that are suspected, and 200 others of each host. */
START_TEST(page_lists_so_many_clients_and_counts_the_others)
{
    enum { SUSPECTED = 205, OTHERS = 203, EXACT = 200 };
    struct made_sight sights[SUSPECTED + OTHERS + EXACT];
    char *section;
    const char *second;

    for (size_t index = 0; index < ARRAY_COUNT(sights); index++)
        sights[index] =
            (struct made_sight){memory_format("PC-%04u", (unsigned)index),
                                index < SUSPECTED + OTHERS ? "KMS01" : "KMS02",
                                index < SUSPECTED ? CONFIDENCE_SUSPECTED : CONFIDENCE_NONE,
                                1,
                                5,
                                NOT_TOLD,
                                2,
                                IN_WINDOW};
    section = kms_section(sights, ARRAY_COUNT(sights));
    second = strstr(section, "<h3>KMS02</h3>");
    expect_in(section, "<p>408 clients, 205 suspected.</p>");
    ck_assert_uint_eq(count_in(section, ">PC-"), SUSPECTED + 200 + EXACT);
    ck_assert_uint_eq(count_in(second, ">PC-"), EXACT);
    expect_in(section, ">PC-0404</th>");
    ck_assert_ptr_null(strstr(section, ">PC-0405</th>"));
    ck_assert_uint_eq(count_in(section, "<p>And "), 1);
    expect_before(section, "<p>And 3 more, none of which is suspected: <code>hosts.csv</code> and ",
                  "<h3>KMS02</h3>");
    for (size_t index = 0; index < ARRAY_COUNT(sights); index++)
        free((char *)sights[index].machine);
    free(section);
}
END_TEST

START_TEST(names_of_kms_hosts_and_clients_are_no_markup)
{
    static const struct made_sight sights[] = {
        {HOSTILE_HOST, HOSTILE_KMS, CONFIDENCE_SUSPECTED, 1, 5, NOT_TOLD, 3, IN_WINDOW},
        {"\x01\x1B[31m'\xFF", "KMS\x01\xFF", CONFIDENCE_NONE, 1, 5, NOT_TOLD, 3, IN_WINDOW},
    };
    char *section = kms_section(sights, ARRAY_COUNT(sights));

    expect_in(section, "<h3>&lt;b&gt;KMS&lt;/b&gt;&amp;&quot;[U+202E]</h3>");
    expect_in(section, ">=cmd&quot;&lt;/th&gt;&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]</th>");
    ck_assert_ptr_null(strstr(section, "<script"));
    ck_assert_ptr_null(strstr(section, "<b>"));
    ck_assert_ptr_null(strchr(section, '\x01'));
    ck_assert_ptr_null(strchr(section, '\x1B'));
    ck_assert_ptr_null(strchr(section, '\xFF'));
    ck_assert_ptr_null(strstr(section, "\xE2\x80\xAE"));
    free(section);
}
END_TEST

/* One that the case knows as a machine is one host, and is called as that. */
START_TEST(kms_hosts_of_one_name_are_told_apart_by_their_machine)
{
    static const struct made_sight sights[] = {
        {"PC-1", "KMS01", CONFIDENCE_NONE, 1, 5, NOT_TOLD, 3, IN_WINDOW},
    };
    struct case_kms_sight other = {
        .host = "KMS", .before = NOT_TOLD, .within = NOT_TOLD, .after = LICENSING_STATUS_LICENSED};
    char *page;

    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    add_sight(&sights[0]);
    ck_assert_int_eq(casedb_add_machine(db, "KMS01", true, false, 0, &other.host_id, &err), 0);
    other.machine_id = other.host_id; /* it asked itself */
    add_verdict(&verdicts[2], other.machine_id);
    ck_assert_int_eq(casedb_add_kms_sight(db, &other, &err), 0);
    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    write_reports();
    page = scratch_read("out/report.html");
    ck_assert_uint_eq(count_in(page, "<h3>KMS01</h3>\n<p>1 client, 0 suspected.</p>"), 2);
    free(page);
}
END_TEST

START_TEST(sources_csv_counts_the_clients_of_a_kms_host)
{
    static const char *const requests[] = {
        "0x0,25,PC-1,11111111-2fd5-440b-be67-a09996d27a38,,0,1,0,ae2ee509-1b34-41c0-acb7-"
        "6d4650168915",
        "0x0,25,PC-2,11111111-2fd5-440b-be67-a09996d27a38,,0,1,0,ae2ee509-1b34-41c0-acb7-"
        "6d4650168915",
        "0x0,25,SRV,,,0,1,0,68531fb9-5511-4989-97be-d11a0f55633f",
    };
    static const struct {
        size_t count;
        const char *detail;
    } cases[] = {
        {0, ""},
        {1, "requests of 1 KMS client"},
        {2, "requests of 2 KMS clients; 2 of these clients are clones, which have one "
            "client machine id with others and do not count as several for the host"},
        {3, "requests of 3 KMS clients; 1 of these clients not Windows 7 by what they "
            "asked for: no row for them alone; 2 of these clients are clones, which have one "
            "client machine id with others and do not count as several for the host"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct source_facts facts = {.selected_count = cases[index].count};
        int64_t id = begin_source("y/kms.evtx", SOURCE_KIND_EVTX);
        char *detail = memory_format("\"ok\",\"%s\"\r\n", cases[index].detail);
        char *of_copy = memory_format("\"ok\",\"same content as y/kms.evtx%s%s\"\r\n",
                                      cases[index].count > 0 ? "; " : "", cases[index].detail);
        char *sources;

        for (size_t request = 0; request < cases[index].count; request++) {
            struct observation_string string = {"", requests[request]};
            struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                              .event_id = 12290,
                                              .record_id = request,
                                              .channel = "Key Management Service",
                                              .computer = "KMS01",
                                              .user_sid = "",
                                              .strings = &string,
                                              .string_count = 1};

            ck_assert_int_eq(
                casedb_add_observation(db, id, incident_find_event(INCIDENT_PROVIDER_SPP, 12290),
                                       &observation, &err),
                0);
        }
        finish_source(id, &facts, 0);
        finish_source(begin_source("z/copy.evtx", SOURCE_KIND_EVTX), &facts, id);
        ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
        ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
        write_reports();
        sources = scratch_read("out/sources.csv");
        expect_in(strstr(sources, "\"y/kms.evtx\""), detail);
        expect_in(strstr(sources, "\"z/copy.evtx\""), of_copy);
        free(detail);
        free(of_copy);
        free(sources);
    }
}
END_TEST

static Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *cases = tcase_create("report");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, hosts_csv_has_the_columns_in_order_and_the_inventorys_after_them);
    tcase_add_test(cases, timeline_csv_has_a_row_an_event_in_order_of_time);
    tcase_add_test(cases, timeline_jsonl_gives_exactly_what_went_in);
    tcase_add_test(cases, sources_csv_says_of_a_copy_what_was_read_of_its_content);
    tcase_add_test(cases, page_holds_the_case_and_nothing_of_it_as_markup);
    tcase_add_test(cases, page_shows_both_readings_of_a_conflict);
    tcase_add_test(cases, page_shows_both_readings_of_a_row_of_an_update_history);
    tcase_add_test(cases, page_without_conflicts_does_not_speak_of_them);
    tcase_add_test(cases, page_lists_a_source_for_its_conflict);
    tcase_add_test(cases, page_says_when_the_window_is_not_the_incidents);
    tcase_add_test(cases, same_case_gives_the_same_bytes);
    tcase_add_test(cases, scripts_no_longer_needed_are_removed);
    tcase_add_test(cases, missing_template_is_told_and_leaves_the_folder_alone);
    tcase_add_test(cases, template_with_an_unknown_placeholder_is_refused);
    tcase_add_test(cases, summary_counts_hosts_and_sources);
    tcase_add_loop_test(cases, what_was_skipped_was_not_read, 0, 3);
    tcase_add_test(cases, damaged_logs_show_no_host_to_be_clean);
    tcase_add_test(cases, summary_and_page_count_the_broken_the_recovered_and_those_not_excluded);
    tcase_add_test(cases, page_explains_every_word_of_a_verdict);
    tcase_add_test(cases, events_of_nobody_and_of_an_earlier_installation_are_in_the_timeline);
    tcase_add_test(cases, events_of_a_wrong_clock_are_in_the_window_where_they_are_placed);
    tcase_add_test(cases, evidence_of_a_listing_has_the_time_of_its_file);
    tcase_add_test(cases, page_tells_how_far_the_rollout_came);
    tcase_add_test(cases, page_without_a_trace_does_not_speak_of_a_rollout);
    tcase_add_test(cases, page_without_kms_hosts_does_not_speak_of_them);
    tcase_add_test(cases, page_counts_the_clients_of_each_kms_host_by_state);
    tcase_add_test(cases, page_lists_the_suspected_clients_first);
    tcase_add_test(cases, page_lists_so_many_clients_and_counts_the_others);
    tcase_add_test(cases, names_of_kms_hosts_and_clients_are_no_markup);
    tcase_add_test(cases, kms_hosts_of_one_name_are_told_apart_by_their_machine);
    tcase_add_test(cases, sources_csv_counts_the_clients_of_a_kms_host);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(report_suite());
}
