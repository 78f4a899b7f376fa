/* SPDX-License-Identifier: Apache-2.0 */
/* The remediation lists, and the scripts checked by reading them: there is no Windows here. */
#include "report/writers.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/hostname.h"
#include "model/incident.h"
#include "run.h"
#include "scratch.h"

#define COLUMNS                                                               \
    "\"host\",\"netbios_name\",\"aliases\",\"action\",\"state\",\"edition\"," \
    "\"licence_channel\",\"kms_client_key\",\"scripts\",\"reason\",\"review\""
#define HEADER COLUMNS "\r\n"
#define REMOVE_AND_REBUILD "remove-kb971033; restart; rebuild-activation"
#define HOSTILE "PC& del C:\\ \"%PATH%\" ^|>x"
#define HOSTILE_EDITION "Windows 7\r\ndel C:\\"

/* cmd.exe takes 8191 characters; a person reads fewer. */
#define LINE_MOST 160

static char *templates;
static struct casedb *db;
static struct staging *out;
static struct error err;

static void run(const char *command)
{
    FILE *pipe = popen(command, "r");

    ck_assert_ptr_nonnull(pipe);
    ck_assert_int_eq(pclose(pipe), 0);
}

static void begin_case(void)
{
    templates = scratch_source_path("templates");
    scratch_begin();
    ck_assert_int_eq(mkdir("out", 0700), 0);
    err = (struct error){0};
    ck_assert_int_eq(casedb_open("case.db", true, &db, &err), 0);
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
}

static void end_case(void)
{
    casedb_close(db);
    error_clear(&err);
    scratch_end();
    free(templates);
}

struct row {
    const char *name;
    const char *alias; /* or NULL */
    const char *classification;
    const char *action;
    const char *edition;
    const char *key;
};

static unsigned member(const struct word_set *set, const char *word)
{
    unsigned found = 0;

    ck_assert_msg(word_set_find(set, word, &found), "no such word: %s", word);
    return found;
}

/* The verdict that a row makes. */
static struct case_verdict verdict_of(struct row row)
{
    return (struct case_verdict){
        .classification = member(&classification_words, row.classification),
        .reason = "because",
        .review = 1u << REVIEW_CLOCK_CHANGED,
        .state = ACTIVATION_STATE_NONE,
        .codes = "",
        .window_coverage = COVERAGE_FULL,
        .kb971033_evidence = "",
        .unrelated_updates = "",
        .edition = row.edition,
        .licence_evidence = "",
        .os_version = "",
        .action = member(&action_words, row.action),
        .kms_client_key = row.key,
        .remediation = "",
        .rollout_trace = "",
    };
}

static void add_verdict(struct row row, struct case_verdict verdict, bool shared_name,
                        int64_t inventory_id)
{
    ck_assert_int_eq(casedb_add_machine(db, row.name, true, shared_name, inventory_id,
                                        &verdict.machine_id, &err),
                     0);
    if (row.alias != NULL)
        ck_assert_int_eq(casedb_add_machine_alias(db, verdict.machine_id, 0, row.alias, &err), 0);
    ck_assert_int_eq(casedb_add_verdict(db, &verdict, &err), 0);
}

static void add_named(struct row row, bool shared_name)
{
    add_verdict(row, verdict_of(row), shared_name, 0);
}

static void add(struct row row)
{
    add_named(row, false);
}

/* The same with these notes. */
static void add_noted(struct row row, uint32_t review)
{
    struct case_verdict verdict = verdict_of(row);

    verdict.review = review;
    add_verdict(row, verdict, false, 0);
}

/* Makes the inventory that one of this host; returns its id. */
static int64_t add_inventory(const char *const *names, size_t count, const char *name,
                             const char *const *values)
{
    struct casedb_cursor *hosts = NULL;
    struct case_inventory_host host;
    bool added;

    ck_assert_int_eq(casedb_begin_inventory(db, names, count, &err), 0);
    ck_assert_int_eq(casedb_add_inventory_host(db, name, values, &added, &err), 0);
    ck_assert_int_eq(casedb_finish_inventory(db, &err), 0);
    ck_assert_int_eq(casedb_inventory(db, &hosts, &err), 0);
    ck_assert_int_eq(casedb_next_inventory_host(hosts, &host, &err), 1);
    casedb_cursor_free(hosts);
    return host.id;
}

static int write_reports(const char *folder)
{
    int result;

    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    ck_assert_int_eq(staging_begin("out", &out, &err), 0);
    result = remediation_write(db, folder, out, &err);
    if (result != 0)
        staging_abandon(out);
    else
        ck_assert_int_eq(staging_commit(out, NULL, &err), 0);
    return result;
}

/* The content of a file below remediation/, owned. */
static char *content(const char *name)
{
    char *path = memory_format("out/remediation/%s", name);
    char *bytes = scratch_read(path);

    free(path);
    return bytes;
}

static void expect_content(const char *name, const char *expected)
{
    char *bytes = content(name);

    ck_assert_str_eq(bytes, expected);
    free(bytes);
}

/* The hosts of a list in its order: "A B ". */
static void expect_hosts(const char *name, const char *expected)
{
    char *bytes = content(name);
    struct text found = {0};

    for (const char *row = strstr(bytes, "\r\n"); row[2] != '\0'; row = strstr(row + 2, "\r\n"))
        text_add_format(&found, "%.*s ", (int)strcspn(row + 3, "\""), row + 3);
    ck_assert_str_eq(text_get(&found), expected);
    text_free(&found);
    free(bytes);
}

static bool is_there(const char *name)
{
    char *path = memory_format("out/remediation/%s", name);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* One machine for each script: afterwards all of them are written. */
static const char *const script_names[] = {
    "1-remove-kb971033",        "2-rebuild",
    "2-rebuild-professional",   "2-rebuild-professional-n",
    "2-rebuild-professional-e", "2-rebuild-enterprise",
    "2-rebuild-enterprise-n",   "2-rebuild-enterprise-e",
};
#define FIRST_EDITION_SCRIPT 2

static void write_all_scripts(void)
{
    add((struct row){"PC0", HOSTILE, "affected-by-incident", REMOVE_AND_REBUILD, "unknown", ""});
    add((struct row){HOSTILE, NULL, "affected-by-incident", REMOVE_AND_REBUILD, HOSTILE_EDITION,
                     HOSTILE});
    for (size_t index = 0; index < EDITION_COUNT; index++) {
        char *name = memory_format("PC%zu", index + 1);

        add((struct row){name, NULL, "affected-by-incident", "rebuild-activation",
                         incident_editions[index].name, incident_editions[index].kms_client_key});
        free(name);
    }
    ck_assert_int_eq(write_reports(templates), 0);
}

static char *script(size_t index)
{
    char *name = memory_format("scripts/%s.cmd", script_names[index]);
    char *bytes = content(name);

    free(name);
    return bytes;
}

/* ---- Lists ---- */

START_TEST(lists_have_their_header_when_nobody_is_in_them)
{
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content("affected-by-incident.csv", HEADER);
    expect_content("other-activation-fault.csv", HEADER);
    expect_content("remove-kb971033.csv", HEADER);
    expect_content("not-collected.csv", HEADER);
    expect_content("not-excluded.csv", HEADER);
    ck_assert(!is_there("scripts"));
}
END_TEST

START_TEST(each_machine_is_in_one_list_at_most)
{
    add((struct row){"A", "OLD", "affected-by-incident", REMOVE_AND_REBUILD, "unknown", ""});
    add((struct row){"B", NULL, "other-activation-fault", "remove-kb971033; troubleshoot",
                     "unknown", ""});
    add((struct row){"C", NULL, "no-activation-fault", "remove-kb971033", "unknown", ""});
    add((struct row){"D", NULL, "no-activation-fault", "none", "unknown", ""});
    add((struct row){"E", NULL, "not-collected", "collect", "unknown", ""});
    add((struct row){"F", NULL, "other-activation-fault", "troubleshoot", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content("affected-by-incident.csv",
                   HEADER "\"A\",\"A\",\"OLD\",\"" REMOVE_AND_REBUILD
                          "\",\"none\",\"unknown\",\"unknown\",\"\","
                          "\"1-remove-kb971033.cmd; 2-rebuild.cmd\",\"because\","
                          "\"clock-changed\"\r\n");
    expect_content(
        "other-activation-fault.csv", HEADER
        "\"B\",\"B\",\"\",\"remove-kb971033; troubleshoot\",\"none\",\"unknown\",\"unknown\",\"\","
        "\"1-remove-kb971033.cmd\",\"because\",\"clock-changed\"\r\n"
        "\"F\",\"F\",\"\",\"troubleshoot\",\"none\",\"unknown\",\"unknown\",\"\",\"\",\"because\","
        "\"clock-changed\"\r\n");
    expect_content("remove-kb971033.csv", HEADER
                   "\"C\",\"C\",\"\",\"remove-kb971033\",\"none\",\"unknown\",\"unknown\",\"\","
                   "\"1-remove-kb971033.cmd\",\"because\",\"clock-changed\"\r\n");
    expect_content(
        "not-collected.csv", HEADER
        "\"E\",\"E\",\"\",\"collect\",\"none\",\"unknown\",\"unknown\",\"\",\"\",\"because\","
        "\"clock-changed\"\r\n");
}
END_TEST

/* Both steps that have to do with the update put a machine without a fault into its list. */
START_TEST(machines_without_a_fault_are_listed_for_the_update_alone)
{
    static const char *const actions[] = {"check-kb971033", "remove-kb971033; collect", "collect",
                                          "none", "verify"};

    for (size_t index = 0; index < ARRAY_COUNT(actions); index++) {
        char *name = memory_format("PC%zu", index);

        add((struct row){name, NULL, "no-activation-fault", actions[index], "unknown", ""});
        free(name);
    }
    ck_assert_int_eq(write_reports(templates), 0);
    expect_hosts("remove-kb971033.csv", "PC0 PC1 ");
    expect_content("scripts/1-remove-kb971033.hosts.txt", "PC0\r\nPC1\r\n");
}
END_TEST

START_TEST(machines_not_excluded_are_listed_whatever_other_list_has_them)
{
    const uint32_t not_covered = 1u << REVIEW_WINDOW_NOT_COVERED | 1u << REVIEW_CLOCK_CHANGED;

    add((struct row){"A", NULL, "affected-by-incident", "verify", "unknown", ""});
    add_noted((struct row){"B", NULL, "other-activation-fault", "troubleshoot", "unknown", ""},
              not_covered);
    add_noted((struct row){"C", NULL, "no-activation-fault", "collect", "unknown", ""},
              not_covered);
    add_noted(
        (struct row){"D", NULL, "no-activation-fault", "remove-kb971033; collect", "unknown", ""},
        not_covered);
    add_noted((struct row){"E", NULL, "no-activation-fault", "none", "unknown", ""},
              1u << REVIEW_LOG_DAMAGED);
    ck_assert_int_eq(write_reports(templates), 0);
    expect_hosts("not-excluded.csv", "B C D ");
    expect_hosts("other-activation-fault.csv", "B ");
    expect_hosts("remove-kb971033.csv", "D ");
    expect_content("scripts/1-remove-kb971033.hosts.txt", "D\r\n");
}
END_TEST

/* Columns of the inventory stand behind ours; one that is called like one of ours, here or in
 * hosts.csv, is renamed. */
START_TEST(rows_say_state_and_channel_and_have_the_columns_of_the_inventory)
{
    static const char *const names[] = {"owner", "Scripts", "reason", "os_version"};
    static const char *const values[] = {"=Zo\xC3\xAB", "a", "b", "c"};
    const struct row row = {"pc1.corp.example",        NULL,
                            "other-activation-fault",  "troubleshoot",
                            incident_editions[0].name, ""};
    struct case_verdict verdict = verdict_of(row);
    int64_t inventory_id;

    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    inventory_id = add_inventory(names, ARRAY_COUNT(names), "pc1", values);
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    verdict.state = ACTIVATION_STATE_FAULT_OPEN;
    verdict.licence_channel = LICENCE_CHANNEL_VOLUME_MAK;
    add_verdict(row, verdict, false, inventory_id);
    add((struct row){"PC2", NULL, "affected-by-incident", "verify", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content("other-activation-fault.csv",
                   COLUMNS ",\"owner\",\"inventory_Scripts\",\"inventory_reason\","
                           "\"inventory_os_version\"\r\n"
                           "\"pc1.corp.example\",\"PC1\",\"\",\"troubleshoot\",\"fault-open\","
                           "\"Windows 7 Professional\",\"volume-mak\",\"\",\"\",\"because\","
                           "\"clock-changed\",\"'=Zo\xC3\xAB\",\"a\",\"b\",\"c\"\r\n");
    expect_hosts("affected-by-incident.csv", "PC2 ");
}
END_TEST

START_TEST(netbios_name_is_the_first_label_in_capitals_cut_off)
{
    static const char *const names[][2] = {
        {"pc1", "PC1"},
        {"pc1.corp.example", "PC1"},
        {"laptop-accounts.corp", "LAPTOP-ACCOUNTS"},
        {"laptop-accounts-1", "LAPTOP-ACCOUNTS"},
        {"b\u00FCro-k\u00F6ln-mitte1", "B\u00DCRO-K\u00D6LN-MITTE"},
        {"7pc", "7PC"},
        {"10.0.0.7", ""},
        {"collected/day1", ""},
        {"C:\\collected", ""},
        {"", ""},
    };

    for (size_t row = 0; row < ARRAY_COUNT(names); row++) {
        char *netbios = hostname_netbios(names[row][0]);

        ck_assert_str_eq(netbios, names[row][1]);
        free(netbios);
    }
}
END_TEST

START_TEST(host_lists_hold_the_machines_in_order_and_no_one_else)
{
    const struct incident_edition *edition = &incident_editions[0];

    add((struct row){"pc2.corp.example", NULL, "affected-by-incident", REMOVE_AND_REBUILD,
                     edition->name, edition->kms_client_key});
    add((struct row){"PC10", NULL, "affected-by-incident", "remove-kb971033", "unknown", ""});
    add((struct row){"PC1", NULL, "no-activation-fault", "remove-kb971033", "unknown", ""});
    add((struct row){"PC3", NULL, "affected-by-incident", "verify", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content("scripts/1-remove-kb971033.hosts.txt", "PC1\r\nPC10\r\npc2.corp.example\r\n");
    expect_content("scripts/2-rebuild-professional.hosts.txt", "pc2.corp.example\r\n");
    ck_assert(is_there("scripts/2-rebuild-professional.cmd"));
    ck_assert(!is_there("scripts/2-rebuild.cmd"));
    ck_assert(!is_there("scripts/2-rebuild-enterprise.cmd"));
}
END_TEST

START_TEST(a_name_that_is_not_plain_is_left_to_a_person)
{
    add((struct row){"PC 1", NULL, "affected-by-incident", REMOVE_AND_REBUILD, "unknown", ""});
    add((struct row){"PC 2", NULL, "affected-by-incident", "verify", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content(
        "affected-by-incident.csv", HEADER
        "\"PC 1\",\"PC 1\",\"\",\"" REMOVE_AND_REBUILD "\",\"none\",\"unknown\",\"unknown\",\"\","
        "\"manual\",\"because\",\"clock-changed\"\r\n"
        "\"PC 2\",\"PC 2\",\"\",\"verify\",\"none\",\"unknown\",\"unknown\",\"\",\"\",\"because\","
        "\"clock-changed\"\r\n");
    ck_assert(!is_there("scripts"));
}
END_TEST

START_TEST(a_name_that_several_machines_may_have_is_left_to_a_person)
{
    add_named((struct row){"PC7", NULL, "affected-by-incident", REMOVE_AND_REBUILD, "unknown", ""},
              true);
    add_noted((struct row){"PC8", NULL, "no-activation-fault", "check-kb971033", "unknown", ""},
              1u << REVIEW_SHARED_NAME);
    ck_assert_int_eq(write_reports(templates), 0);
    expect_hosts("remove-kb971033.csv", "PC8 ");
    expect_content("affected-by-incident.csv",
                   HEADER "\"PC7\",\"PC7\",\"\",\"" REMOVE_AND_REBUILD
                          "\",\"none\",\"unknown\",\"unknown\",\"\","
                          "\"manual\",\"because\",\"clock-changed\"\r\n");
    ck_assert(!is_there("scripts"));
}
END_TEST

START_TEST(an_edition_without_its_key_gets_the_script_that_asks)
{
    add((struct row){"PC1", NULL, "affected-by-incident", "rebuild-activation",
                     incident_editions[0].name, ""});
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content("scripts/2-rebuild.hosts.txt", "PC1\r\n");
    ck_assert(!is_there("scripts/2-rebuild-professional.cmd"));
}
END_TEST

START_TEST(only_letters_digits_hyphen_underscore_and_point_are_plain)
{
    static const char *const bad[] = {"",      "PC 1",        "PC&1", "PC\r\nX", "PC%1", "PC\"",
                                      "../PC", ".",           "-PC",  "PC.",     "a..b", "PC\t1",
                                      "PC;1",  "PC\303\2041", "PC*",  "PC:1"};
    char longest[257];

    ck_assert(remediation_is_plain_name("Az09-_.corp"));
    for (size_t index = 0; index < ARRAY_COUNT(bad); index++)
        ck_assert_msg(!remediation_is_plain_name(bad[index]), "%s", bad[index]);
    memset(longest, 'a', sizeof(longest));
    longest[256] = '\0';
    for (size_t point = 64; point < 256; point += 64)
        longest[point] = '.';
    ck_assert(!remediation_is_plain_name(longest));
    ck_assert(remediation_is_plain_name(longest + 1));
    longest[128] = 'a';
    ck_assert(!remediation_is_plain_name(longest + 1));
}
END_TEST

/* ---- Templates ---- */

START_TEST(sound_templates_pass_the_check)
{
    ck_assert_int_eq(remediation_check_templates(templates, &err), 0);
}
END_TEST

START_TEST(a_missing_template_is_named)
{
    static const char *const names[] = {"1-remove-kb971033.cmd", "2-rebuild.cmd",
                                        "common-start.cmd", "common-end.cmd"};

    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        char *copy = memory_format("rm -rf t && cp -r '%s' t && chmod -R u+w t && rm t/%s",
                                   templates, names[index]);

        run(copy);
        free(copy);
        ck_assert_int_eq(remediation_check_templates("t", &err), -1);
        ck_assert_int_eq(err.kind, ERROR_RUN);
        ck_assert_ptr_nonnull(strstr(err.message, names[index]));
        error_clear(&err);
    }
    add((struct row){"PC1", NULL, "affected-by-incident", "remove-kb971033", "unknown", ""});
    ck_assert_int_eq(write_reports("t"), -1);
    ck_assert(!is_there(""));
}
END_TEST

START_TEST(templates_with_plain_line_ends_still_make_crlf_scripts)
{
    char *before;
    char *copy = memory_format("mkdir t && cd t && for f in '%s'/*.cmd; do "
                               "tr -d '\\r' < \"$f\" > \"$(basename \"$f\")\"; done",
                               templates);

    run(copy);
    free(copy);
    add((struct row){"PC1", NULL, "affected-by-incident", "remove-kb971033", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    before = content("scripts/1-remove-kb971033.cmd");
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    add((struct row){"PC1", NULL, "affected-by-incident", "remove-kb971033", "unknown", ""});
    ck_assert_int_eq(write_reports("t"), 0);
    expect_content("scripts/1-remove-kb971033.cmd", before);
    free(before);
}
END_TEST

/* ---- A small linter of cmd scripts ---- */

#define LABELS_MOST 128
#define LABEL_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

struct label {
    char name[64];
    bool used;
};

struct lint {
    const char *script; /* its name */
    struct label labels[LABELS_MOST];
    size_t label_count;
    int depth;    /* of parentheses */
    bool delayed; /* between `setlocal EnableDelayedExpansion` and `endlocal` */
};

/* Calls `each` with every line, without its CR LF. */
static void for_each_line(const char *bytes, struct lint *lint,
                          void (*each)(struct lint *, const char *line))
{
    for (const char *at = bytes; *at != '\0';) {
        size_t length = strcspn(at, "\r\n");
        char *line = memory_copy_bytes(at, length);

        ck_assert_msg(strncmp(at + length, "\r\n", 2) == 0, "%s: no CR LF: %s", lint->script, line);
        each(lint, line);
        free(line);
        at += length + 2;
    }
}

static bool is_remark(const char *line)
{
    return strncmp(line + strspn(line, " "), "rem ", 4) == 0;
}

static void check_text(struct lint *lint, const char *line)
{
    ck_assert_msg(strlen(line) <= LINE_MOST, "%s: too long: %s", lint->script, line);
    ck_assert_msg(strstr(line, "{{") == NULL && strstr(line, "}}") == NULL, "%s: placeholder: %s",
                  lint->script, line);
    for (const char *at = line; *at != '\0'; at++)
        ck_assert_msg(*at >= ' ' && *at <= '~', "%s: not ASCII: %s", lint->script, line);
    if (is_remark(line))
        ck_assert_msg(strpbrk(line, "&|<>^!") == NULL && strstr(line, "%~") == NULL,
                      "%s: special characters in a remark: %s", lint->script, line);
    if (strcmp(line, "setlocal EnableDelayedExpansion") == 0)
        lint->delayed = true;
    if (strcmp(line, "endlocal") == 0)
        lint->delayed = false;
    ck_assert_msg(lint->delayed || is_remark(line) || strchr(line, '!') == NULL,
                  "%s: delayed expansion: %s", lint->script, line);
}

static void collect_label(struct lint *lint, const char *line)
{
    struct label *label = &lint->labels[lint->label_count];

    if (*line != ':')
        return;
    ck_assert(lint->label_count < LABELS_MOST);
    ck_assert_msg(strspn(line + 1, LABEL_CHARACTERS) == strlen(line + 1), "%s: odd label: %s",
                  lint->script, line);
    for (size_t index = 0; index < lint->label_count; index++)
        ck_assert_msg(strcmp(lint->labels[index].name, line + 1) != 0, "%s: twice: %s",
                      lint->script, line);
    snprintf(label->name, sizeof(label->name), "%s", line + 1);
    label->used = false;
    lint->label_count++;
}

static void use_label(struct lint *lint, const char *name)
{
    size_t length = strspn(name, LABEL_CHARACTERS);

    for (size_t index = 0; index < lint->label_count; index++)
        if (strlen(lint->labels[index].name) == length &&
            strncmp(lint->labels[index].name, name, length) == 0) {
            lint->labels[index].used = true;
            return;
        }
    ck_abort_msg("%s: no label %s", lint->script, name);
}

static void follow_jumps(struct lint *lint, const char *line)
{
    if (is_remark(line))
        return;
    for (const char *at = line; (at = strstr(at, "goto ")) != NULL; at += strlen("goto "))
        use_label(lint, at + strlen("goto "));
    for (const char *at = line; (at = strstr(at, "call :")) != NULL; at += strlen("call :"))
        use_label(lint, at + strlen("call :"));
}

/* Within one line quotes are closed, and parentheses outside quotes are closed at the end. A
 * closing parenthesis within the text of a block would end the block. */
static void check_blocks(struct lint *lint, const char *line)
{
    bool quoted = false;

    if (is_remark(line))
        return;
    for (const char *at = line; *at != '\0'; at++) {
        quoted ^= *at == '"';
        if (!quoted)
            lint->depth += (*at == '(') - (*at == ')');
        ck_assert_msg(lint->depth >= 0, "%s: ) too many: %s", lint->script, line);
    }
    ck_assert_msg(!quoted, "%s: open quote: %s", lint->script, line);
    ck_assert_msg(*line != ':' || lint->depth == 0, "%s: label in a block: %s", lint->script, line);
}

/* Programs are called by their full path: cmd.exe looks into the current folder first. */
static void check_programs(struct lint *lint, const char *line)
{
    static const char *const programs[] = {"reg ",     "sc ",     "net ",      "wmic ",
                                           "cscript ", "dism ",   "wusa ",     "findstr ",
                                           "ping ",    "attrib ", "robocopy ", "nslookup "};

    for (size_t index = 0; index < ARRAY_COUNT(programs); index++)
        ck_assert_msg(strncmp(line + strspn(line, " "), programs[index], strlen(programs[index])) !=
                          0,
                      "%s: without its path: %s", lint->script, line);
}

static void lint_script(const char *name, const char *bytes)
{
    struct lint *lint = memory_allocate(1, sizeof(*lint));

    lint->script = name;
    for_each_line(bytes, lint, check_text);
    for_each_line(bytes, lint, collect_label);
    for_each_line(bytes, lint, follow_jumps);
    for_each_line(bytes, lint, check_blocks);
    for_each_line(bytes, lint, check_programs);
    ck_assert_int_eq(lint->depth, 0);
    ck_assert_uint_gt(lint->label_count, 0);
    for (size_t label = 0; label < lint->label_count; label++)
        ck_assert_msg(lint->labels[label].used, "%s: nobody goes to %s", lint->script,
                      lint->labels[label].name);
    free(lint);
}

START_TEST(scripts_are_sound_as_text)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        lint_script(script_names[index], bytes);
        free(bytes);
    }
}
END_TEST

/* Fails unless nothing runs into a subroutine of the script from above. */
static void expect_no_running_on(const char *name, const char *bytes)
{
    for (const char *at = bytes; (at = strstr(at, "call :")) != NULL; at++) {
        size_t length = strcspn(at + 6, " \r\n\")");
        char *label = memory_format("\r\n:%.*s\r\n", (int)length, at + 6);
        const char *place = strstr(bytes, label);
        const char *before = place;

        ck_assert_ptr_nonnull(place);
        do {
            while (before > bytes && strchr("\r\n", before[-1]) != NULL)
                before--;
            while (before > bytes && before[-1] != '\n')
                before--;
        } while (strncmp(before, "rem ", strlen("rem ")) == 0);
        ck_assert_msg(strncmp(before, "exit /b ", strlen("exit /b ")) == 0, "%s: %s", name, label);
        free(label);
    }
}

/* What stands above a label of a subroutine must not run on into it. */
START_TEST(no_subroutine_is_run_into)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        expect_no_running_on(script_names[index], bytes);
        free(bytes);
    }
}
END_TEST

/* It is used as it stands among the templates. What it says it collects, it does. */
START_TEST(the_script_that_collects_is_sound_as_text)
{
    static const char *const collected[] = {"qfe.txt", "dism.txt", "slmgr.txt", "systeminfo.txt",
                                            "spptriage.txt"};
    static const char *const exported[] = {"Application", "System", "Setup"};
    char *path = memory_format("%s/collect.cmd", templates);
    char *bytes = scratch_read(path);

    lint_script("collect.cmd", bytes);
    expect_no_running_on("collect.cmd", bytes);
    for (size_t index = 0; index < ARRAY_COUNT(collected); index++) {
        char *into = memory_format(
            ">\"%%out%%\\%s\"\r\nif not \"%%errorlevel%%\"==\"0\" call :failed %s\r\n",
            collected[index], collected[index]);

        ck_assert_msg(strstr(bytes, into) != NULL, "collect.cmd lacks %s", into);
        free(into);
    }
    for (size_t index = 0; index < ARRAY_COUNT(exported); index++) {
        char *export = memory_format("\r\ncall :export %s\r\n", exported[index]);

        ck_assert_msg(strstr(bytes, export) != NULL, "collect.cmd lacks %s", export);
        free(export);
    }
    ck_assert_ptr_nonnull(strstr(bytes, "%SystemRoot%\\Logs\\spptriage-remediation*.log\"\r\n"));
    /* What a KMS host has, and other machines may have. */
    ck_assert_ptr_nonnull(strstr(bytes, "\r\nset \"kms_log=Key Management Service\"\r\n"
                                        "if exist \"%system32%\\winevt\\Logs\\%kms_log%.evtx\" "
                                        "call :export \"%kms_log%\"\r\n"
                                        "for %%L in (Application System Setup \"%kms_log%\") do "
                                        "call :copy_archived %%L\r\n"));
    free(bytes);
    free(path);
}
END_TEST

/* The same scripts as write_all_scripts, for machines whose every text is hostile. */
static void write_all_scripts_for_others(void)
{
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    add((struct row){"OTHER0", HOSTILE, "affected-by-incident", REMOVE_AND_REBUILD, HOSTILE_EDITION,
                     HOSTILE});
    add((struct row){"OTHER-A", HOSTILE, "no-activation-fault", "remove-kb971033", HOSTILE_EDITION,
                     HOSTILE});
    for (size_t index = 0; index < EDITION_COUNT; index++) {
        char *name = memory_format("OTHER%zu.corp", index + 1);

        add((struct row){name, HOSTILE, "affected-by-incident", "rebuild-activation",
                         incident_editions[index].name, HOSTILE});
        free(name);
    }
    ck_assert_int_eq(write_reports(templates), 0);
}

START_TEST(nothing_from_the_logs_is_in_a_script)
{
    static const char *const never[] = {"PC0", "PC1", "PC&", "OTHER", "C:\\", "^|>x"};
    char *before[ARRAY_COUNT(script_names)];

    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++)
        before[index] = script(index);
    write_all_scripts_for_others();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *after = script(index);

        ck_assert_str_eq(before[index], after);
        for (size_t text = 0; text < ARRAY_COUNT(never); text++)
            ck_assert_msg(strstr(after, never[text]) == NULL, "%s: %s", script_names[index],
                          never[text]);
        free(after);
        free(before[index]);
    }
}
END_TEST

/* ---- What the scripts say and do ---- */

/* These stand in the script in this order, wherever other things stand between. */
static void expect_order(size_t index, const char *const *parts, size_t count)
{
    char *bytes = script(index);
    const char *at = bytes;

    for (size_t part = 0; part < count; part++) {
        const char *found = strstr(at, parts[part]);

        ck_assert_msg(found != NULL, "%s: not there or not in its place: %s", script_names[index],
                      parts[part]);
        at = found + strlen(parts[part]);
    }
    free(bytes);
}

static void expect_parts(size_t index, const char *const *parts, size_t count)
{
    char *bytes = script(index);

    for (size_t part = 0; part < count; part++)
        ck_assert_msg(strstr(bytes, parts[part]) != NULL, "%s: not there: %s", script_names[index],
                      parts[part]);
    free(bytes);
}

START_TEST(every_script_begins_with_the_checks)
{
    static const char *const start[] = {
        "setlocal EnableExtensions DisableDelayedExpansion\r\n",
        "if not defined PROCESSOR_ARCHITEW6432 goto native\r\n",
        ("\"%SystemRoot%\\Sysnative\\cmd.exe\" /d /c \"\"%%self%%\" %*\"\r\nexit /b "
         "%errorlevel%\r\n"),
        "if /i not \"%~1\"==\"/force\" goto wrong_use\r\n",
        "reg.exe query \"HKU\\S-1-5-19\" >nul 2>&1\r\nif errorlevel 1 goto not_elevated\r\n",
        "call :run 2>\"%lock%\"\r\n",
        "call :check_machine\r\n",
        ":work\r\n",
        "call :read_package_state\r\n",
        ":check_machine\r\n",
        "if not \"%version_found%\"==\"6.1\" goto not_windows_7\r\n",
        "if /i not \"%installation%\"==\"Client\" goto not_windows_7\r\n",
        "if /i not \"%product%\"==\"WinNT\" goto not_windows_7\r\n",
        "if not defined listed goto not_listed\r\n",
    };
    static const char *const names[] = {
        "set \"common_log=%logs%\\spptriage-remediation.log\"\r\n",
        "set \"memory=HKLM\\SOFTWARE\\spptriage\"\r\n",
        "set \"version=" PACKAGE_VERSION "\"\r\n",
        "set \"hosts=%~dpn0.hosts.txt\"\r\n",
        "%COMPUTERNAME%",
        "Hostname 2\r\n",
        "\"NV Hostname\" 3\r\n",
        "Domain 2\r\n",
        "\"NV Domain\" 3\r\n",
        "PrimaryDnsSuffix 2\r\n",
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters",
        "=" INCIDENT_PACKAGE_NAME "~\"\r\n",
    };

    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        expect_order(index, start, ARRAY_COUNT(start));
        expect_parts(index, names, ARRAY_COUNT(names));
    }
}
END_TEST

START_TEST(the_update_is_removed_by_wusa_else_dism_and_the_state_decides)
{
    static const char *const steps[] = {
        "if \"%package_state%\"==\"removing\" goto removing_already\r\n",
        "if \"%package_state%\"==\"absent\" goto not_installed\r\n",
        "call :check_licence\r\nif errorlevel 1 exit /b %errorlevel%\r\n",
        "%system32%\\wusa.exe /uninstall /kb:971033 /quiet /norestart <nul ",
        "call :read_package_state\r\n",
        "call :remove_packages\r\n",
        "if \"%package_state%\"==\"installed\" goto still_installed\r\n",
        "exit /b 3010\r\n",
        ":not_installed\r\n",
        "exit /b 0\r\n",
        ":still_installed\r\n",
        "exit /b 20\r\n",
        "dism.exe /online /Remove-Package /PackageName:%~1 /quiet /norestart ",
    };
    static const char *const never[] = {"shutdown", "/restart", "/forcerestart"};
    char *bytes;

    write_all_scripts();
    expect_order(0, steps, ARRAY_COUNT(steps));
    bytes = script(0);
    for (size_t index = 0; index < ARRAY_COUNT(never); index++)
        ck_assert_ptr_null(strstr(bytes, never[index]));
    free(bytes);
}
END_TEST

#define STORE_FILE "%windir%\\system32\\7B296FB0-376B-497e-B012-9C450E1B7327-5P-"
#define STORE_REST ".C7483456-A289-439d-8115-601632D005A0\"\r\n"

/* KB 4487266, Resolution. The files are cleared away by a subroutine, which is tried again while
 * something starts sppsvc. */
START_TEST(activation_is_rebuilt_in_the_order_of_the_article)
{
    static const char *const steps[] = {
        "if not \"%package_state%\"==\"absent\" goto package_there\r\n",
        "if not defined key goto other_edition\r\n",
        "call :check_licence\r\nif errorlevel 1 exit /b %errorlevel%\r\n",
        "call :check_means\r\nif errorlevel 1 exit /b %errorlevel%\r\n",
        "call :rebuild\r\n",
        "call :put_back\r\n",
        "\r\n:rebuild\r\n",
        "net.exe stop sppuinotify ",
        "sc.exe config sppuinotify start= disabled ",
        "do if not defined cleared call :set_files_aside\r\n",
        "net.exe start sppsvc ",
        "call :install_key\r\n",
        "slmgr.vbs /ato ",
        "if not defined licensed goto not_activated\r\n",
        "sc.exe config sppuinotify start= demand ",
        "del /f /q \"%aside%\\unfinished.txt\" ",
        "reg.exe add \"%memory%\" /v Rebuilt ",
        "exit /b 0\r\n",
    };
    static const char *const others[] = {
        ("set \"store=%windir%\\ServiceProfiles\\NetworkService\\AppData\\Roaming\\Microsoft\\"
         "SoftwareProtectionPlatform\"\r\n"),
        "set \"file_1=" STORE_FILE "0" STORE_REST,
        "set \"file_2=" STORE_FILE "1" STORE_REST,
        "set \"file_3=%store%\\tokens.dat\"\r\n",
        "set \"file_4=%store%\\cache\\cache.dat\"\r\n",
        "slmgr.vbs /ipk %key% ",
        "slmgr.vbs /rilc ",
        "\"" INCIDENT_KMS_HOST_ID "\"",
        "\"" INCIDENT_MAK_ID "\"",
        INCIDENT_WINDOWS_APPLICATION_ID,
    };

    write_all_scripts();
    for (size_t index = 1; index < ARRAY_COUNT(script_names); index++) {
        expect_order(index, steps, ARRAY_COUNT(steps));
        expect_parts(index, others, ARRAY_COUNT(others));
    }
    ck_assert_int_eq(incident_find_licence(INCIDENT_KMS_HOST_ID)->channel,
                     LICENCE_CHANNEL_KMS_HOST);
    ck_assert_int_eq(incident_find_licence(INCIDENT_MAK_ID)->channel, LICENCE_CHANNEL_VOLUME_MAK);
}
END_TEST

START_TEST(an_edition_script_knows_its_own_key_and_no_other)
{
    write_all_scripts();
    for (size_t index = 1; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        for (size_t edition = 0; edition < EDITION_COUNT; edition++) {
            const struct incident_edition *row = &incident_editions[edition];
            char *offer = memory_format("\r\ncall :offer_edition %s %s %s\r\n", row->registry,
                                        row->kms_client_key, row->activation_id);
            bool own = index < FIRST_EDITION_SCRIPT || index == FIRST_EDITION_SCRIPT + edition;

            ck_assert_msg((strstr(bytes, offer) != NULL) == own, "%s: %s", script_names[index],
                          row->name);
            ck_assert_int_eq(strstr(bytes, row->kms_client_key) != NULL, own);
            free(offer);
        }
        free(bytes);
    }
}
END_TEST

/* Every `exit /b NUMBER` of a script stands in its list of exit codes, and the other way round.
 * 1 is what subroutines tell their callers; 17 comes by way of `ended`. */
START_TEST(exit_codes_are_those_of_the_header)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        for (int code = 2; code <= 3010; code++) {
            char *documented = memory_format("\r\nrem     %-5d ", code);
            char *exited = memory_format("\r\nexit /b %d\r\n", code);
            char *ended = memory_format("set \"ended=%d\"\r\n", code);
            bool used = strstr(bytes, exited) != NULL || strstr(bytes, ended) != NULL;

            ck_assert_msg((strstr(bytes, documented) != NULL) == used, "%s: %d",
                          script_names[index], code);
            free(ended);
            free(exited);
            free(documented);
        }
        free(bytes);
    }
}
END_TEST

/* A command that puts back must not depend on a log, which can be locked. */
START_TEST(putting_back_needs_no_log)
{
    write_all_scripts();
    for (size_t index = 1; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);
        char *start = strstr(bytes, "\r\nrem ---- Putting back: ");
        char *end = start == NULL ? NULL : strstr(start, "\r\nrem ---- Services ----\r\n");

        ck_assert_ptr_nonnull(end);
        *end = '\0';
        ck_assert_ptr_nonnull(strstr(start, "slmgr.vbs /ipk %found_setup_key% <nul >nul 2>&1\r\n"));
        ck_assert_ptr_null(strstr(start, "%log%"));
        ck_assert_ptr_null(strstr(start, "%sink%"));
        free(bytes);
    }
}
END_TEST

/* /force lifts the host list and the early end of script 2, and nothing else. Where WMI tells of
 * no licence they ask for it: the list is what vouches for the machine there. */
START_TEST(force_is_asked_in_its_places_only)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);
        size_t count = 0;

        for (const char *at = bytes; (at = strstr(at, "defined force ")) != NULL; at++)
            count++;
        ck_assert_uint_eq(count, index == 0 ? 3 : 4); /* one of them for the line in the log */
        free(bytes);
    }
}
END_TEST

static Suite *remediation_suite(void)
{
    Suite *suite = suite_create("remediation");
    TCase *group = tcase_create("remediation");

    tcase_add_checked_fixture(group, begin_case, end_case);
    tcase_add_test(group, lists_have_their_header_when_nobody_is_in_them);
    tcase_add_test(group, each_machine_is_in_one_list_at_most);
    tcase_add_test(group, machines_without_a_fault_are_listed_for_the_update_alone);
    tcase_add_test(group, machines_not_excluded_are_listed_whatever_other_list_has_them);
    tcase_add_test(group, rows_say_state_and_channel_and_have_the_columns_of_the_inventory);
    tcase_add_test(group, netbios_name_is_the_first_label_in_capitals_cut_off);
    tcase_add_test(group, host_lists_hold_the_machines_in_order_and_no_one_else);
    tcase_add_test(group, a_name_that_is_not_plain_is_left_to_a_person);
    tcase_add_test(group, a_name_that_several_machines_may_have_is_left_to_a_person);
    tcase_add_test(group, an_edition_without_its_key_gets_the_script_that_asks);
    tcase_add_test(group, only_letters_digits_hyphen_underscore_and_point_are_plain);
    tcase_add_test(group, sound_templates_pass_the_check);
    tcase_add_test(group, a_missing_template_is_named);
    tcase_add_test(group, templates_with_plain_line_ends_still_make_crlf_scripts);
    tcase_add_test(group, scripts_are_sound_as_text);
    tcase_add_test(group, no_subroutine_is_run_into);
    tcase_add_test(group, the_script_that_collects_is_sound_as_text);
    tcase_add_test(group, nothing_from_the_logs_is_in_a_script);
    tcase_add_test(group, every_script_begins_with_the_checks);
    tcase_add_test(group, the_update_is_removed_by_wusa_else_dism_and_the_state_decides);
    tcase_add_test(group, activation_is_rebuilt_in_the_order_of_the_article);
    tcase_add_test(group, an_edition_script_knows_its_own_key_and_no_other);
    tcase_add_test(group, exit_codes_are_those_of_the_header);
    tcase_add_test(group, putting_back_needs_no_log);
    tcase_add_test(group, force_is_asked_in_its_places_only);
    suite_add_tcase(suite, group);
    return suite;
}

int main(void)
{
    return run_suite(remediation_suite());
}
