/* SPDX-License-Identifier: Apache-2.0 */
/* The remediation lists, and the scripts checked by reading them: there is no Windows here. */
#include "report/remediation.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "incident.h"
#include "run.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEADER                                                                    \
    "\"host\",\"aliases\",\"action\",\"edition\",\"kms_client_key\",\"scripts\"," \
    "\"reason\",\"review\"\r\n"
#define REMOVE_AND_REBUILD "remove-kb971033; restart; rebuild-activation"
#define HOSTILE "PC& del C:\\ \"%PATH%\" ^|>x"
#define HOSTILE_EDITION "Windows 7\r\ndel C:\\"

/* cmd.exe takes 8191 characters; a person reads fewer. */
#define LINE_MOST 160

static char top[64];
static char *templates;
static struct casedb *db;
static struct outdir *out;
static struct error err;

static void run(const char *command)
{
    FILE *pipe = popen(command, "r");

    ck_assert_ptr_nonnull(pipe);
    ck_assert_int_eq(pclose(pipe), 0);
}

static void begin_case(void)
{
    const char *temporary = getenv("TMPDIR");
    const char *source = getenv("top_srcdir");

    templates = memory_format("%s/templates", source != NULL ? source : ".");
    if (*templates != '/') {
        char *absolute = realpath(templates, NULL);

        ck_assert_ptr_nonnull(absolute);
        free(templates);
        templates = absolute;
    }
    snprintf(top, sizeof(top), "%s/check_remediation.XXXXXX",
             temporary != NULL ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(top));
    ck_assert_int_eq(chdir(top), 0);
    ck_assert_int_eq(mkdir("out", 0700), 0);
    err = (struct error){0};
    ck_assert_int_eq(casedb_open("case.db", true, &db, &err), 0);
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
}

static void end_case(void)
{
    char *command = memory_format("rm -rf '%s'", top);

    casedb_close(db);
    error_clear(&err);
    ck_assert_int_eq(chdir("/"), 0);
    run(command);
    free(command);
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

static void add(struct row row)
{
    struct case_verdict verdict = {
        .classification = row.classification,
        .confidence = "",
        .reason = "because",
        .review = "clock-changed",
        .state = "none",
        .codes = "",
        .window_coverage = "full",
        .kb971033 = "unknown",
        .kb971033_evidence = "",
        .edition = row.edition,
        .licence_channel = "unknown",
        .os_version = "",
        .clock = "ok",
        .action = row.action,
        .kms_client_key = row.key,
    };

    ck_assert_int_eq(casedb_add_machine(db, row.name, true, false, 0, &verdict.machine_id, &err),
                     0);
    if (row.alias != NULL)
        ck_assert_int_eq(casedb_add_machine_alias(db, verdict.machine_id, 0, row.alias, &err), 0);
    ck_assert_int_eq(casedb_add_verdict(db, &verdict, &err), 0);
}

static int write_reports(const char *folder)
{
    int result;

    ck_assert_int_eq(casedb_commit_derived(db, &err), 0);
    ck_assert_int_eq(outdir_begin("out", &out, &err), 0);
    result = remediation_write(db, folder, out, &err);
    if (result != 0)
        outdir_abandon(out);
    else
        ck_assert_int_eq(outdir_commit(out, NULL, &err), 0);
    return result;
}

/* The content of a file below remediation/, owned. */
static char *content(const char *name)
{
    char *path = memory_format("out/remediation/%s", name);
    FILE *file = fopen(path, "rb");
    struct text bytes = {0};
    int character;

    ck_assert_msg(file != NULL, "%s is not there", path);
    while ((character = fgetc(file)) != EOF)
        text_add_bytes(&bytes, &(char){(char)character}, 1);
    fclose(file);
    free(path);
    return text_take(&bytes);
}

static void expect_content(const char *name, const char *expected)
{
    char *bytes = content(name);

    ck_assert_str_eq(bytes, expected);
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
    for (size_t index = 0; index < incident_edition_count; index++) {
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
    add((struct row){"D2", NULL, "no-activation-fault", "no-remove-kb971033; remove-kb9710331",
                     "unknown", ""});
    add((struct row){"E", NULL, "not-collected", "collect", "unknown", ""});
    add((struct row){"F", NULL, "other-activation-fault", "troubleshoot", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    expect_content("affected-by-incident.csv",
                   HEADER "\"A\",\"OLD\",\"" REMOVE_AND_REBUILD "\",\"unknown\",\"\","
                          "\"1-remove-kb971033.cmd; 2-rebuild.cmd\",\"because\","
                          "\"clock-changed\"\r\n");
    expect_content("other-activation-fault.csv",
                   HEADER "\"B\",\"\",\"remove-kb971033; troubleshoot\",\"unknown\",\"\","
                          "\"1-remove-kb971033.cmd\",\"because\",\"clock-changed\"\r\n"
                          "\"F\",\"\",\"troubleshoot\",\"unknown\",\"\",\"\",\"because\","
                          "\"clock-changed\"\r\n");
    expect_content("remove-kb971033.csv",
                   HEADER "\"C\",\"\",\"remove-kb971033\",\"unknown\",\"\","
                          "\"1-remove-kb971033.cmd\",\"because\",\"clock-changed\"\r\n");
    expect_content("not-collected.csv",
                   HEADER "\"E\",\"\",\"collect\",\"unknown\",\"\",\"\",\"because\","
                          "\"clock-changed\"\r\n");
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
    expect_content("affected-by-incident.csv",
                   HEADER "\"PC 1\",\"\",\"" REMOVE_AND_REBUILD "\",\"unknown\",\"\","
                          "\"manual\",\"because\",\"clock-changed\"\r\n"
                          "\"PC 2\",\"\",\"verify\",\"unknown\",\"\",\"\",\"because\","
                          "\"clock-changed\"\r\n");
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
    static const char *const bad[] = {"",      "PC 1",  "PC&1", "PC\r\nX",     "PC%1", "PC\"",
                                      "../PC", "PC\t1", "PC;1", "PC\303\2041", "PC*",  "PC:1"};
    char longest[257];

    ck_assert(remediation_is_plain_name("Az09-_.corp"));
    for (size_t index = 0; index < ARRAY_COUNT(bad); index++)
        ck_assert_msg(!remediation_is_plain_name(bad[index]), "%s", bad[index]);
    memset(longest, 'a', sizeof(longest));
    longest[256] = '\0';
    ck_assert(!remediation_is_plain_name(longest));
    ck_assert(remediation_is_plain_name(longest + 1));
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
    int depth; /* of parentheses */
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
    else
        ck_assert_msg(strchr(line, '!') == NULL, "%s: delayed expansion: %s", lint->script, line);
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
    static const char *const programs[] = {"reg ",  "sc ",   "net ",     "wmic ", "cscript ",
                                           "dism ", "wusa ", "findstr ", "ping "};

    for (size_t index = 0; index < ARRAY_COUNT(programs); index++)
        ck_assert_msg(strncmp(line + strspn(line, " "), programs[index], strlen(programs[index])) !=
                          0,
                      "%s: without its path: %s", lint->script, line);
}

START_TEST(scripts_are_sound_as_text)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        struct lint *lint = memory_allocate(1, sizeof(*lint));
        char *bytes = script(index);

        lint->script = script_names[index];
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
        free(bytes);
        free(lint);
    }
}
END_TEST

/* What stands above a label of a subroutine must not run on into it. */
START_TEST(no_subroutine_is_run_into)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        for (const char *at = bytes; (at = strstr(at, "call :")) != NULL; at++) {
            size_t length = strcspn(at + 6, " \r\n\")");
            char *label = memory_format("\r\n:%.*s\r\n", (int)length, at + 6);
            const char *place = strstr(bytes, label);
            const char *before = place;

            ck_assert_ptr_nonnull(place);
            while (before > bytes && strchr("\r\n", before[-1]) != NULL)
                before--;
            while (before > bytes && before[-1] != '\n')
                before--;
            ck_assert_msg(strncmp(before, "exit /b ", strlen("exit /b ")) == 0, "%s: %s",
                          script_names[index], label);
            free(label);
        }
        free(bytes);
    }
}
END_TEST

START_TEST(nothing_from_the_logs_is_in_a_script)
{
    char *all;
    char *fresh;

    write_all_scripts();
    all = script(0);
    ck_assert_ptr_null(strstr(all, "PC0"));
    ck_assert_ptr_null(strstr(all, "PC&"));
    ck_assert_int_eq(casedb_begin_derived(db, &err), 0);
    add((struct row){"other", NULL, "no-activation-fault", "remove-kb971033", "unknown", ""});
    ck_assert_int_eq(write_reports(templates), 0);
    fresh = script(0);
    ck_assert_str_eq(all, fresh);
    free(fresh);
    free(all);
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
        "call :check_machine\r\nif errorlevel 1 exit /b %errorlevel%\r\n",
        "call :read_package_state\r\n",
        ":check_machine\r\n",
        "reg.exe query \"HKU\\S-1-5-19\" >nul 2>&1\r\nif errorlevel 1 goto not_elevated\r\n",
        "if not \"%version%\"==\"6.1\" goto not_windows_7\r\n",
        "if /i not \"%installation%\"==\"Client\" goto not_windows_7\r\n",
        "if /i not \"%product%\"==\"WinNT\" goto not_windows_7\r\n",
        "if not defined listed goto not_listed\r\n",
        "if /i \"%%~L\"==\"%%~N\" set \"listed=1\"\r\n",
    };
    static const char *const names[] = {
        "set \"log=%SystemRoot%\\Logs\\spptriage-remediation.log\"\r\n",
        "set \"hosts=%~dpn0.hosts.txt\"\r\n",
        "%COMPUTERNAME%",
        "Hostname 2\r\n",
        "\"NV Hostname\" 3\r\n",
        "Domain 2\r\n",
        "\"NV Domain\" 3\r\n",
        "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters",
        "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~amd64~~"
        "7.1.7600.16395",
        "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~x86~~"
        "7.1.7600.16395",
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
        "if \"%package_state%\"==\"removing\" goto restart_needed\r\n",
        "if \"%package_state%\"==\"absent\" goto not_installed\r\n",
        "start \"\" /wait %system32%\\wusa.exe /uninstall /kb:971033 /quiet /norestart\r\n",
        "call :read_package_state\r\n",
        "if not \"%package_state%\"==\"installed\" goto judge\r\n",
        "dism.exe /online /Remove-Package /PackageName:%package% /quiet /norestart ",
        "call :read_package_state\r\n",
        ":judge\r\n",
        "if \"%package_state%\"==\"installed\" goto still_installed\r\n",
        ":not_installed\r\n",
        "exit /b 0\r\n",
        ":restart_needed\r\n",
        "exit /b 3010\r\n",
        ":still_installed\r\n",
        "exit /b 20\r\n",
        "dism.exe /online /get-packages ",
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
        "net.exe stop sppuinotify ",
        "sc.exe config sppuinotify start= disabled ",
        "do if not defined cleared call :clear_store\r\n",
        "net.exe start sppsvc ",
        "call :install_key\r\n",
        "slmgr.vbs /ato ",
        "if not defined licensed goto not_activated\r\n",
        "sc.exe config sppuinotify start= demand ",
        "exit /b 0\r\n",
        ":failed\r\n",
        "call :put_back\r\n",
        "exit /b %result%\r\n",
    };
    static const char *const clearing[] = {
        ":clear_store\r\n",
        "net.exe stop sppsvc ",
        "call :delete_file \"" STORE_FILE "0" STORE_REST,
        "call :delete_file \"" STORE_FILE "1" STORE_REST,
        "call :set_aside tokens_aside \"%store%\\tokens.dat\"",
        "call :set_aside cache_aside \"%store%\\cache\\cache.dat\"",
        "set \"cleared=1\"\r\n",
        "del /f /q /ah \"%~1\" ",
    };
    static const char *const others[] = {
        ("set \"store=%windir%\\ServiceProfiles\\NetworkService\\AppData\\Roaming\\Microsoft\\"
         "SoftwareProtectionPlatform\"\r\n"),
        "slmgr.vbs /ipk %key% ",
        "d188820a-cb63-4bad-a9a2-40b843ee23b7",
        "9abf5984-9c16-46f2-ad1e-7fe15931a8dd",
        INCIDENT_WINDOWS_APPLICATION_ID,
    };

    write_all_scripts();
    for (size_t index = 1; index < ARRAY_COUNT(script_names); index++) {
        expect_order(index, steps, ARRAY_COUNT(steps));
        expect_order(index, clearing, ARRAY_COUNT(clearing));
        expect_parts(index, others, ARRAY_COUNT(others));
    }
    ck_assert_int_eq(incident_find_licence(others[2])->channel, LICENCE_CHANNEL_KMS_HOST);
    ck_assert_int_eq(incident_find_licence(others[3])->channel, LICENCE_CHANNEL_VOLUME_MAK);
}
END_TEST

START_TEST(an_edition_script_knows_its_own_key_and_no_other)
{
    write_all_scripts();
    for (size_t index = 1; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        for (size_t edition = 0; edition < incident_edition_count; edition++) {
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
 * 1 is what subroutines tell their callers; 30 and 31 come by way of `result`. */
START_TEST(exit_codes_are_those_of_the_header)
{
    write_all_scripts();
    for (size_t index = 0; index < ARRAY_COUNT(script_names); index++) {
        char *bytes = script(index);

        for (int code = 2; code <= 3010; code++) {
            char *documented = memory_format("\r\nrem     %-5d ", code);
            char *exited = memory_format("\r\nexit /b %d\r\n", code);
            char *result = memory_format("set \"result=%d\"\r\n", code);
            bool used = strstr(bytes, exited) != NULL || strstr(bytes, result) != NULL;

            ck_assert_msg((strstr(bytes, documented) != NULL) == used, "%s: %d",
                          script_names[index], code);
            free(result);
            free(exited);
            free(documented);
        }
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
    tcase_add_test(group, host_lists_hold_the_machines_in_order_and_no_one_else);
    tcase_add_test(group, a_name_that_is_not_plain_is_left_to_a_person);
    tcase_add_test(group, an_edition_without_its_key_gets_the_script_that_asks);
    tcase_add_test(group, only_letters_digits_hyphen_underscore_and_point_are_plain);
    tcase_add_test(group, sound_templates_pass_the_check);
    tcase_add_test(group, a_missing_template_is_named);
    tcase_add_test(group, templates_with_plain_line_ends_still_make_crlf_scripts);
    tcase_add_test(group, scripts_are_sound_as_text);
    tcase_add_test(group, no_subroutine_is_run_into);
    tcase_add_test(group, nothing_from_the_logs_is_in_a_script);
    tcase_add_test(group, every_script_begins_with_the_checks);
    tcase_add_test(group, the_update_is_removed_by_wusa_else_dism_and_the_state_decides);
    tcase_add_test(group, activation_is_rebuilt_in_the_order_of_the_article);
    tcase_add_test(group, an_edition_script_knows_its_own_key_and_no_other);
    tcase_add_test(group, exit_codes_are_those_of_the_header);
    suite_add_tcase(suite, group);
    return suite;
}

int main(void)
{
    return run_suite(remediation_suite());
}
