/* SPDX-License-Identifier: Apache-2.0 */
/* The machines are read once, in their order. Each goes into at most one CSV list of a class, into
 * the list of those not excluded, and into the host list of each script it needs; script and host
 * list begin with the first that does. */
#include "report/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/hostname.h"
#include "model/incident.h"
#include "report/format.h"
#include "report/report.h"
#include "report/template.h"

/* A DNS name has no more, and none of its labels (RFC 1035). */
#define NAME_BYTES_MOST 255
#define LABEL_BYTES_MOST 63
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

/* In `scripts`, for a machine whose name may not stand in a host list. */
#define SCRIPTS_MANUAL "manual"

#define TEMPLATE_START "common-start.cmd"
#define TEMPLATE_END "common-end.cmd"

/* The CSV lists by number: that of each class (enum classification), so that no machine is in two
 * of these, and the one that has machines of several classes beside them. */
enum list_number {
    LIST_NOT_EXCLUDED = CLASSIFICATION_COUNT,
    LIST_COUNT,
};

static const char *class_list(enum classification classification)
{
    switch (classification) {
    case CLASSIFICATION_AFFECTED:
        return REMEDIATION_FOLDER "affected-by-incident.csv";
    case CLASSIFICATION_OTHER_FAULT:
        return REMEDIATION_FOLDER "other-activation-fault.csv";
    case CLASSIFICATION_NO_FAULT:
        return REMEDIATION_FOLDER "remove-kb971033.csv";
    case CLASSIFICATION_NOT_COLLECTED:
        return REMEDIATION_FOLDER "not-collected.csv";
    }
    return NULL;
}

/* Is the machine in the list of its class? One without a fault is where it has to do with the
 * update. */
static bool is_in_class_list(const struct case_verdict *verdict)
{
    uint32_t steps = action_steps(verdict->action);

    return verdict->classification != CLASSIFICATION_NO_FAULT ||
           word_set_has(steps, ACTION_STEP_REMOVE) || word_set_has(steps, ACTION_STEP_CHECK);
}

/* One that is in none needs no script. */
static bool is_listed(const struct case_verdict *verdict)
{
    return is_in_class_list(verdict) || summary_is_not_excluded(verdict);
}

static const char *const columns[] = {
    "host",           "netbios_name", "aliases", "action", "state", "edition", "licence_channel",
    "kms_client_key", "scripts",      "reason",  "review",
};

bool remediation_has_column(const char *name)
{
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        if (text_equal_ascii(columns[index], name))
            return true;
    return false;
}

static const char *script_template(size_t script)
{
    return script == SCRIPT_REMOVE ? "1-remove-kb971033.cmd" : "2-rebuild.cmd";
}

char *remediation_script_name(size_t script)
{
    if (script == SCRIPT_REMOVE)
        return memory_copy_text("1-remove-kb971033");
    if (script == SCRIPT_REBUILD)
        return memory_copy_text("2-rebuild");
    return memory_format("2-rebuild-%s", incident_editions[script - SCRIPT_REBUILD_EDITION].slug);
}

static bool labels_are_short(const char *host)
{
    for (size_t length; *host != '\0'; host += length + (host[length] == '.')) {
        length = strcspn(host, ".");
        if (length > LABEL_BYTES_MOST)
            return false;
    }
    return true;
}

/* inet_aton takes it for an address, and with it whatever is given a list: one to four numbers,
 * decimal, octal or hexadecimal. Windows gives no computer such a name. */
static bool is_address(const char *host)
{
    while (*host != '\0') {
        bool is_hex = host[0] == '0' && (host[1] == 'x' || host[1] == 'X');
        size_t length =
            is_hex ? 2 + strspn(host + 2, "0123456789ABCDEFabcdef") : strspn(host, "0123456789");

        if (host[length] != '.' && host[length] != '\0')
            return false;
        host += length + (host[length] == '.');
    }
    return true;
}

/* The machine that a deployment tool runs on: there, Ansible does without a connection. */
static bool is_loopback(const char *host)
{
    static const char name[] = "localhost";
    const size_t length = strlen(name);

    return text_equal_ascii_bytes(host, name, length) && strchr(".", host[length]) != NULL;
}

bool remediation_is_plain_name(const char *host)
{
    size_t length = strlen(host);

    /* A name that begins like an option, or with an empty label, could mean something else to the
     * program that a list is given to: "." is the machine itself to wmic. So could these. */
    return length > 0 && length <= NAME_BYTES_MOST && strspn(host, NAME_CHARACTERS) == length &&
           strchr("-.", host[0]) == NULL && host[length - 1] != '.' && strstr(host, "..") == NULL &&
           labels_are_short(host) && !is_address(host) && !is_loopback(host) &&
           !deployment_is_group(host);
}

/* ---- Scripts ---- */

/* The texts that fill the templates; owned. */
struct script_texts {
    char *script;
    struct text edition_names;
    struct text editions; /* lines of the script, one an edition */
    struct text start;    /* the two common templates, filled */
    struct text end;
};

static void script_texts_free_content(struct script_texts *texts)
{
    free(texts->script);
    text_free(&texts->edition_names);
    text_free(&texts->editions);
    text_free(&texts->start);
    text_free(&texts->end);
}

/* Adds what the script needs to know of its editions: all, or the one it is for. */
static void add_editions(size_t script, struct script_texts *texts)
{
    for (size_t index = 0; index < EDITION_COUNT; index++) {
        const struct incident_edition *edition = &incident_editions[index];

        if (script != SCRIPT_REBUILD && script != SCRIPT_REBUILD_EDITION + index)
            continue;
        text_add_item(&texts->edition_names, edition->registry);
        text_add_format(&texts->editions, "%scall :offer_edition %s %s %s",
                        texts->editions.length_bytes > 0 ? "\n" : "", edition->registry,
                        edition->kms_client_key, edition->activation_id);
    }
}

/* Adds the template of that name, filled, to *out. */
static int fill_template(const char *templates_path, const char *name,
                         const struct script_texts *texts, struct text *out, struct error *err)
{
    const struct template_value values[] = {
        {"SCRIPT", texts->script},
        {"VERSION", PACKAGE_VERSION},
        {"PACKAGE", INCIDENT_PACKAGE_NAME "~"},
        {"UPDATE_PACKAGE", INCIDENT_UPDATE_PACKAGE_NAME "~"},
        {"APPLICATION_ID", INCIDENT_WINDOWS_APPLICATION_ID},
        {"MAK_ID", INCIDENT_MAK_ID},
        {"KMS_HOST_ID", INCIDENT_KMS_HOST_ID},
        {"EDITION_NAMES", text_get(&texts->edition_names)},
        {"EDITIONS", text_get(&texts->editions)},
        {"COMMON_START", text_get(&texts->start)},
        {"COMMON_END", text_get(&texts->end)},
    };
    char *template = NULL;
    int result;

    if (template_load(templates_path, name, &template, err) != 0)
        return -1;
    result = template_fill(name, template, values, ARRAY_COUNT(values), out, err);
    free(template);
    return result;
}

/* Adds the whole script to *out. */
static int fill_script(const char *templates_path, size_t script, struct text *out,
                       struct error *err)
{
    struct script_texts texts = {.script = remediation_script_name(script)};
    int result = -1;

    add_editions(script, &texts);
    if (fill_template(templates_path, TEMPLATE_START, &texts, &texts.start, err) == 0 &&
        fill_template(templates_path, TEMPLATE_END, &texts, &texts.end, err) == 0)
        result = fill_template(templates_path, script_template(script), &texts, out, err);
    script_texts_free_content(&texts);
    return result;
}

int remediation_check_templates(const char *templates_path, struct error *err)
{
    int result = 0;

    for (size_t script = 0; result == 0 && script < SCRIPT_COUNT; script++) {
        struct text filled = {0};

        result = fill_script(templates_path, script, &filled, err);
        text_free(&filled);
    }
    return result;
}

/* ---- Lists ---- */

/* One writing of lists and scripts. */
struct rollout {
    struct casedb *db; /* borrowed, like the next two */
    const char *templates_path;
    struct staging *out;
    struct joined joined;
    struct csv_writer csv[LIST_COUNT];
    FILE *host_lists[SCRIPT_COUNT]; /* NULL until a machine needs the script */
};

/* Opens remediation/scripts/NAME + suffix. */
static int create_script_file(struct rollout *rollout, size_t script, const char *suffix,
                              FILE **file, struct error *err)
{
    char *name = remediation_script_name(script);
    char *path = memory_format(REMEDIATION_SCRIPT_FOLDER "%s%s", name, suffix);
    int result = staging_create(rollout->out, path, file, err);

    free(path);
    free(name);
    return result;
}

/* Writes the script and opens its host list. */
static int begin_script(struct rollout *rollout, size_t script, struct error *err)
{
    struct text filled = {0};
    FILE *file = NULL;
    int result = -1;

    if (fill_script(rollout->templates_path, script, &filled, err) == 0 &&
        create_script_file(rollout, script, ".cmd", &file, err) == 0) {
        template_write_lines(text_get(&filled), file);
        result = staging_close(rollout->out, file, err);
    }
    text_free(&filled);
    if (result != 0)
        return -1;
    return create_script_file(rollout, script, ".hosts.txt", &rollout->host_lists[script], err);
}

/* The key of an edition is only in a script where the verdict gives it. */
static size_t rebuilding_script(const struct case_verdict *verdict)
{
    const struct incident_edition *edition = incident_find_edition(verdict->edition);

    if (edition == NULL || *verdict->kms_client_key == '\0')
        return SCRIPT_REBUILD;
    return SCRIPT_REBUILD_EDITION + (size_t)(edition - incident_editions);
}

/* The script that does the step, or SCRIPT_NONE. */
static size_t script_of_step(enum action_step step, const struct case_verdict *verdict)
{
    switch (step) {
    case ACTION_STEP_REMOVE:
    case ACTION_STEP_CHECK:
        return SCRIPT_REMOVE;
    case ACTION_STEP_REBUILD:
        return rebuilding_script(verdict);
    case ACTION_STEP_RESTART:
    case ACTION_STEP_TROUBLESHOOT:
    case ACTION_STEP_VERIFY:
    case ACTION_STEP_COLLECT:
    case ACTION_STEP_NONE:
        return SCRIPT_NONE;
    }
    return SCRIPT_NONE;
}

/* The scripts that a verdict asks for, in the order of its steps; returns how many. */
static size_t needed_scripts(const struct case_verdict *verdict, size_t needed[ACTION_STEP_COUNT])
{
    size_t count = 0;

    for (unsigned step = 0; step < ACTION_STEP_COUNT; step++) {
        size_t script = SCRIPT_NONE;

        if (word_set_has(action_steps(verdict->action), step))
            script = script_of_step((enum action_step)step, verdict);
        if (script != SCRIPT_NONE)
            needed[count++] = script;
    }
    return count;
}

/* May its name stand in a host list? One that stands for several machines would let the script run
 * on all of them. */
static bool is_name_of_one(const struct case_machine *machine)
{
    return !machine->shared_name && !word_set_has(machine->verdict.review, REVIEW_SHARED_NAME) &&
           remediation_is_plain_name(machine->name);
}

size_t remediation_scripts_of(const struct case_machine *machine, size_t scripts[ACTION_STEP_COUNT],
                              bool *manual)
{
    size_t count = needed_scripts(&machine->verdict, scripts);

    *manual = count > 0 && !is_name_of_one(machine);
    return *manual ? 0 : count;
}

/* Puts the machine into the host lists of its scripts and their names into *cell. */
static int add_to_scripts(struct rollout *rollout, const struct case_machine *machine,
                          struct text *cell, struct error *err)
{
    size_t needed[ACTION_STEP_COUNT];
    bool manual;
    size_t count = remediation_scripts_of(machine, needed, &manual);

    if (manual)
        text_add(cell, SCRIPTS_MANUAL);
    for (size_t index = 0; index < count; index++) {
        size_t script = needed[index];
        char *name = remediation_script_name(script);

        text_add_item_format(cell, "%s.cmd", name);
        free(name);
        if (rollout->host_lists[script] == NULL && begin_script(rollout, script, err) != 0)
            return -1;
        fprintf(rollout->host_lists[script], "%s\r\n", machine->name);
    }
    return 0;
}

/* Writes a row, of these cells and the inventory's, into the lists that have the machine. */
static void write_row(struct rollout *rollout, const struct case_verdict *verdict,
                      const char *const cells[ARRAY_COUNT(columns)], char *const *values)
{
    bool in_list[LIST_COUNT] = {[LIST_NOT_EXCLUDED] = summary_is_not_excluded(verdict)};

    in_list[verdict->classification] = is_in_class_list(verdict);
    for (size_t list = 0; list < LIST_COUNT; list++) {
        struct csv_writer *csv = &rollout->csv[list];

        if (!in_list[list])
            continue;
        for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
            csv_cell(csv, cells[index]);
        joined_write_values(&rollout->joined, values, csv);
        csv_end_row(csv);
    }
}

static int write_machine(struct rollout *rollout, const struct case_machine *machine,
                         struct error *err)
{
    const struct case_verdict *verdict = &machine->verdict;
    char *aliases = NULL;
    char *netbios_name = hostname_netbios(machine->name);
    char *review = word_set_list(&review_note_words, verdict->review);
    char **values = NULL;
    struct text scripts = {0};
    int result = -1;

    if (casedb_machine_aliases(rollout->db, machine->id, &aliases, err) == 0 &&
        joined_read_values(&rollout->joined, rollout->db, machine, &values, err) == 0 &&
        add_to_scripts(rollout, machine, &scripts, err) == 0) {
        const char *const cells[ARRAY_COUNT(columns)] = {
            machine->name,
            netbios_name,
            aliases,
            action_word(verdict->action),
            activation_state_word(verdict->state),
            verdict->edition,
            licence_channel_word(verdict->licence_channel),
            verdict->kms_client_key,
            text_get(&scripts),
            verdict->reason,
            review,
        };

        write_row(rollout, verdict, cells, values);
        result = 0;
    }
    text_free(&scripts);
    joined_free_values(&rollout->joined, values);
    free(review);
    free(netbios_name);
    free(aliases);
    return result;
}

static int begin_lists(struct rollout *rollout, struct error *err)
{
    for (unsigned index = 0; index < LIST_COUNT; index++) {
        struct csv_writer *csv = &rollout->csv[index];
        const char *file = index == LIST_NOT_EXCLUDED ? REMEDIATION_FOLDER "not-excluded.csv"
                                                      : class_list((enum classification)index);

        if (staging_create(rollout->out, file, &csv->file, err) != 0)
            return -1;
        for (size_t column = 0; column < ARRAY_COUNT(columns); column++)
            csv_cell(csv, columns[column]);
        joined_write_names(&rollout->joined, csv);
        csv_end_row(csv);
    }
    return 0;
}

static int finish_lists(struct rollout *rollout, struct error *err)
{
    for (size_t list = 0; list < LIST_COUNT; list++)
        if (staging_close(rollout->out, rollout->csv[list].file, err) != 0)
            return -1;
    for (size_t script = 0; script < SCRIPT_COUNT; script++)
        if (rollout->host_lists[script] != NULL &&
            staging_close(rollout->out, rollout->host_lists[script], err) != 0)
            return -1;
    return 0;
}

int remediation_write(struct casedb *db, const char *templates_path, struct staging *out,
                      struct error *err)
{
    struct rollout rollout = {.db = db, .templates_path = templates_path, .out = out};
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int result = -1;
    int found;

    if (joined_read(db, &rollout.joined, err) != 0 || casedb_machines(db, &machines, err) != 0 ||
        begin_lists(&rollout, err) != 0)
        goto out;
    while ((found = casedb_next_machine(machines, &machine, err)) == 1)
        if (machine.has_verdict && is_listed(&machine.verdict) &&
            write_machine(&rollout, &machine, err) != 0)
            goto out;
    if (found == 0)
        result = finish_lists(&rollout, err);
out:
    for (size_t list = 0; list < LIST_COUNT; list++)
        csv_free_content(&rollout.csv[list]);
    casedb_cursor_free(machines);
    joined_free_content(&rollout.joined);
    return result;
}
