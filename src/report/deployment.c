/* SPDX-License-Identifier: Apache-2.0 */
/* The machines of the host lists are read once and kept: the waves are dealt over all of them, and
 * an inventory names a machine in each of its groups. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/template.h"
#include "report/writers.h"

#define README "README.txt"
#define COLLECTOR "collect.cmd"
#define PLAYBOOK "remediate.yml"
#define INVENTORY "ansible-inventory.ini"

/* Groups of every rebuilding script, and of a wave. */
#define GROUP_REBUILD "rebuild_activation"
#define GROUP_PILOT "pilot"
#define GROUP_WAVE "wave_"

struct deployment {
    struct casedb *db; /* borrowed, like the next two */
    const char *templates_path;
    struct staging *out;
    size_t wave_count; /* 0: without waves */
    struct deployed_machine *machines;
    size_t machine_count;
    size_t manual_count; /* machines that need a script and may be in no host list */
};

/* Waves to go through: the pilot, too. */
static size_t wave_end(const struct deployment *deployment)
{
    return deployment->wave_count > 0 ? deployment->wave_count + 1 : 0;
}

static bool runs(const struct deployed_machine *machine, size_t script)
{
    return script == SCRIPT_REMOVE ? machine->removal : machine->rebuilding == script;
}

/* How many machines of the script are in the wave. */
static size_t count_of_wave(const struct deployment *deployment, size_t script, size_t wave)
{
    size_t count = 0;

    for (size_t index = 0; index < deployment->machine_count; index++)
        count +=
            runs(&deployment->machines[index], script) && deployment->machines[index].wave == wave;
    return count;
}

/* In all waves. */
static size_t count_of_script(const struct deployment *deployment, size_t script)
{
    size_t count = 0;

    for (size_t index = 0; index < deployment->machine_count; index++)
        count += runs(&deployment->machines[index], script);
    return count;
}

/* ---- Groups of the inventory. Letters, digits and `_` make a valid name ---- */

/* Returns owned: the group of the script's machines, `rebuild_professional_n`. */
static char *group_of_script(size_t script)
{
    char *name = remediation_script_name(script);
    char *group = memory_copy_text(name + strcspn(name, "-") + 1);

    for (char *at = group; *at != '\0'; at++)
        if (*at == '-')
            *at = '_';
    free(name);
    return group;
}

/* Returns owned. */
static char *group_of_wave(size_t wave)
{
    return wave == DEPLOYMENT_PILOT ? memory_copy_text(GROUP_PILOT)
                                    : memory_format(GROUP_WAVE "%zu", wave);
}

bool deployment_is_group(const char *name)
{
    static const char *const fixed[] = {"all", "ungrouped", GROUP_REBUILD, GROUP_PILOT};
    const size_t length = strlen(GROUP_WAVE);
    bool found = false;

    for (size_t index = 0; index < ARRAY_COUNT(fixed) && !found; index++)
        found = text_equal_ascii(name, fixed[index]);
    for (size_t script = 0; script < SCRIPT_COUNT && !found; script++) {
        char *group = group_of_script(script);

        found = text_equal_ascii(name, group);
        free(group);
    }
    return found || (text_equal_ascii_bytes(name, GROUP_WAVE, length) &&
                     name[length + strspn(name + length, "0123456789")] == '\0');
}

static void write_script_group(const struct deployment *deployment, size_t script, FILE *file)
{
    char *group = group_of_script(script);

    fprintf(file, "\n[%s]\n", group);
    for (size_t index = 0; index < deployment->machine_count; index++)
        if (runs(&deployment->machines[index], script))
            fprintf(file, "%s\n", deployment->machines[index].name);
    if (script != SCRIPT_REMOVE) {
        char *name = remediation_script_name(script);

        fprintf(file, "\n[%s:vars]\nspptriage_rebuild=%s\n", group, name);
        free(name);
    }
    free(group);
}

static void write_wave_group(const struct deployment *deployment, size_t wave, FILE *file)
{
    char *group = group_of_wave(wave);

    fprintf(file, "\n[%s]\n", group);
    for (size_t index = 0; index < deployment->machine_count; index++)
        if (deployment->machines[index].wave == wave)
            fprintf(file, "%s\n", deployment->machines[index].name);
    free(group);
}

static void write_groups(const struct deployment *deployment, FILE *file)
{
    fputs("# The machines of the scripts for Ansible, in groups by what is to be done on them.\n"
          "# How it is used, with " PLAYBOOK " beside it, stands in " README ".\n"
          "\n[all:vars]\nansible_connection=winrm\n",
          file);
    write_script_group(deployment, SCRIPT_REMOVE, file);
    fputs("\n[" GROUP_REBUILD ":children]\n", file);
    for (size_t script = SCRIPT_REBUILD; script < SCRIPT_COUNT; script++) {
        char *group = group_of_script(script);

        if (count_of_script(deployment, script) > 0)
            fprintf(file, "%s\n", group);
        free(group);
    }
    for (size_t script = SCRIPT_REBUILD; script < SCRIPT_COUNT; script++)
        if (count_of_script(deployment, script) > 0)
            write_script_group(deployment, script, file);
    for (size_t wave = 0; wave < wave_end(deployment); wave++)
        write_wave_group(deployment, wave, file);
}

static int write_inventory(const struct deployment *deployment, struct error *err)
{
    FILE *file = NULL;

    if (staging_create(deployment->out, REMEDIATION_FOLDER INVENTORY, &file, err) != 0)
        return -1;
    write_groups(deployment, file);
    return staging_close(deployment->out, file, err);
}

/* ---- Host lists of the waves ---- */

static int write_wave_list(const struct deployment *deployment, size_t script, size_t wave,
                           struct error *err)
{
    char *name = remediation_script_name(script);
    char *path = wave == DEPLOYMENT_PILOT
                     ? memory_format(REMEDIATION_SCRIPT_FOLDER "%s.pilot.hosts.txt", name)
                     : memory_format(REMEDIATION_SCRIPT_FOLDER "%s.wave-%zu.hosts.txt", name, wave);
    FILE *file = NULL;
    int result = staging_create(deployment->out, path, &file, err);

    free(path);
    free(name);
    if (result != 0)
        return -1;
    for (size_t index = 0; index < deployment->machine_count; index++)
        if (runs(&deployment->machines[index], script) && deployment->machines[index].wave == wave)
            fprintf(file, "%s\r\n", deployment->machines[index].name);
    return staging_close(deployment->out, file, err);
}

/* A list without a machine could mean all machines, or this one, to what it is given to. */
static int write_wave_lists(const struct deployment *deployment, struct error *err)
{
    for (size_t script = 0; script < SCRIPT_COUNT; script++)
        for (size_t wave = 0; wave < wave_end(deployment); wave++)
            if (count_of_wave(deployment, script, wave) > 0 &&
                write_wave_list(deployment, script, wave, err) != 0)
                return -1;
    return 0;
}

/* ---- Files made of templates ---- */

/* Adds a line: the script, how many machines it has, and in which waves. */
static void describe_script(const struct deployment *deployment, size_t script, struct text *out)
{
    char *name = remediation_script_name(script);

    text_add_format(out, "%s    %s.cmd: %zu", out->length_bytes > 0 ? "\n" : "", name,
                    count_of_script(deployment, script));
    for (size_t wave = 0; wave < wave_end(deployment); wave++)
        text_add_format(out, "%s%zu",
                        wave == DEPLOYMENT_PILOT ? " (pilot "
                        : wave == 1              ? ", waves "
                                                 : " + ",
                        count_of_wave(deployment, script, wave));
    text_add(out, deployment->wave_count > 0 ? ")" : "");
    free(name);
}

static int fill_readme(const struct deployment *deployment, struct text *out, struct error *err)
{
    struct text scripts = {0};
    char *manual = memory_format("%zu", deployment->manual_count);
    char *template = NULL;
    int result = -1;

    for (size_t script = 0; script < SCRIPT_COUNT; script++)
        if (count_of_script(deployment, script) > 0)
            describe_script(deployment, script, &scripts);
    if (scripts.length_bytes == 0)
        text_add(&scripts, "    none");
    if (template_load(deployment->templates_path, README, &template, err) == 0) {
        const struct template_value values[] = {
            {"SCRIPTS", text_get(&scripts)},
            {"MANUAL", manual},
        };

        result = template_fill(README, template, values, ARRAY_COUNT(values), out, err);
    }
    free(template);
    free(manual);
    text_free(&scripts);
    return result;
}

static int write_readme(const struct deployment *deployment, struct error *err)
{
    struct text filled = {0};
    FILE *file = NULL;
    int result = -1;

    if (fill_readme(deployment, &filled, err) == 0 &&
        staging_create(deployment->out, REMEDIATION_FOLDER README, &file, err) == 0) {
        template_write_lines(text_get(&filled), file);
        result = staging_close(deployment->out, file, err);
    }
    text_free(&filled);
    return result;
}

/* Both are not filled: two braces mean something of its own in a playbook. */
static int write_unfilled(const struct deployment *deployment, const char *name,
                          void (*write)(const char *text, FILE *file), struct error *err)
{
    char *path = memory_format(REMEDIATION_FOLDER "%s", name);
    char *template = NULL;
    FILE *file = NULL;
    int result = -1;

    if (template_load(deployment->templates_path, name, &template, err) == 0 &&
        staging_create(deployment->out, path, &file, err) == 0) {
        write(template, file);
        result = staging_close(deployment->out, file, err);
    }
    free(template);
    free(path);
    return result;
}

static void write_as_it_is(const char *text, FILE *file)
{
    fputs(text, file);
}

int deployment_check_templates(const char *templates_path, struct error *err)
{
    static const char *const unfilled[] = {COLLECTOR, PLAYBOOK};
    const struct deployment none = {.templates_path = templates_path};
    struct text filled = {0};
    int result = fill_readme(&none, &filled, err);

    text_free(&filled);
    for (size_t index = 0; index < ARRAY_COUNT(unfilled) && result == 0; index++) {
        char *template = NULL;

        result = template_load(templates_path, unfilled[index], &template, err);
        free(template);
    }
    return result;
}

/* ---- All of it ---- */

static void add_machine(struct deployment *deployment, const struct case_machine *machine)
{
    struct deployed_machine deployed = {.rebuilding = SCRIPT_NONE};
    size_t scripts[ACTION_STEP_COUNT];
    bool manual;
    size_t count = remediation_scripts_of(machine, scripts, &manual);

    deployment->manual_count += manual;
    if (count == 0)
        return;
    for (size_t index = 0; index < count; index++) {
        if (scripts[index] == SCRIPT_REMOVE)
            deployed.removal = true;
        else
            deployed.rebuilding = scripts[index];
    }
    deployed.name = memory_copy_text(machine->name);
    deployment->machines =
        memory_grow(deployment->machines, deployment->machine_count, sizeof(*deployment->machines));
    deployment->machines[deployment->machine_count++] = deployed;
}

static int read_machines(struct deployment *deployment, struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int found = casedb_machines(deployment->db, &machines, err) == 0 ? 1 : -1;

    while (found == 1 && (found = casedb_next_machine(machines, &machine, err)) == 1)
        if (machine.has_verdict)
            add_machine(deployment, &machine);
    casedb_cursor_free(machines);
    return found;
}

int deployment_write(struct casedb *db, const char *templates_path, size_t wave_count,
                     struct staging *out, struct error *err)
{
    struct deployment deployment = {
        .db = db, .templates_path = templates_path, .out = out, .wave_count = wave_count};
    int result = read_machines(&deployment, err);

    if (result == 0 && wave_count > 0)
        waves_deal(deployment.machines, deployment.machine_count, wave_count);
    if (result == 0)
        result = write_wave_lists(&deployment, err);
    if (result == 0)
        result = write_inventory(&deployment, err);
    if (result == 0)
        result = write_readme(&deployment, err);
    if (result == 0)
        result = write_unfilled(&deployment, COLLECTOR, template_write_lines, err);
    if (result == 0)
        result = write_unfilled(&deployment, PLAYBOOK, write_as_it_is, err);
    for (size_t index = 0; index < deployment.machine_count; index++)
        free(deployment.machines[index].name);
    free(deployment.machines);
    return result;
}
