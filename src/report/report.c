/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include "base/memory.h"
#include "report/staging.h"
#include "report/writers.h"

/* What an earlier report may have written, and this one has no need of. */
static const char *const script_patterns[] = {
    "1-remove-kb971033.cmd",
    "1-remove-kb971033*.hosts.txt",
    "2-rebuild*.cmd",
    "2-rebuild*.hosts.txt",
};
static const char *const file_patterns[] = {TIMELINE_ECS_NAME};
static const struct staging_leftovers leftovers[] = {
    {"remediation/scripts", script_patterns, ARRAY_COUNT(script_patterns)},
    {".", file_patterns, ARRAY_COUNT(file_patterns)},
    {NULL, NULL, 0},
};

static int write_all(struct casedb *db, const struct report_options *options, struct staging *out,
                     struct error *err)
{
    if (hosts_write(db, out, err) != 0 ||
        timeline_write(db, &options->window, options->ecs, out, err) != 0 ||
        sources_write(db, out, err) != 0 ||
        remediation_write(db, options->templates_path, out, err) != 0 ||
        deployment_write(db, options->templates_path, options->wave_count, out, err) != 0)
        return -1;
    return page_write(db, &options->window, options->templates_path, out, err);
}

int report_write(struct casedb *db, const struct report_options *options, struct error *err)
{
    struct staging *out = NULL;

    if (staging_begin(options->output_path, &out, err) != 0)
        return -1;
    if (write_all(db, options, out, err) != 0) {
        staging_abandon(out);
        return -1;
    }
    return staging_commit(out, leftovers, err);
}

int report_check_templates(const char *templates_path, struct error *err)
{
    if (page_check_template(templates_path, err) != 0 ||
        remediation_check_templates(templates_path, err) != 0)
        return -1;
    return deployment_check_templates(templates_path, err);
}
