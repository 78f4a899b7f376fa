/* SPDX-License-Identifier: Apache-2.0 */
/* The page is the template with a part in each of its places. Prose and headings stand in the
 * template; a part writes only what comes from the case, row by row, so that the page may be of
 * any length. */
#include "report/writers.h"

#include <stdlib.h>

#include "base/memory.h"
#include "report/page_parts.h"
#include "report/template.h"

#define TEMPLATE_NAME "report.html"

static const struct template_part parts[] = {
    {"HOST_COUNT", page_put_host_count},
    {"TILES", page_put_tiles},
    {"CLASSES", page_put_classes},
    {"ACTIONS", page_put_actions},
    {"WINDOW", page_put_window},
    {"UNRELATED", page_put_unrelated},
    {"HOST_COLUMNS", page_put_host_columns},
    {"HOSTS", page_put_hosts},
    {"ROLLOUT", page_put_rollout},
    {"ROLLOUT_LINK", page_put_rollout_link},
    {"STATUSES", page_put_statuses},
    {"IMPAIRED", page_put_impaired},
    {"SKIPPED", page_put_skipped},
    {"KMS_HOSTS", page_put_kms_hosts},
    {"KMS_HOSTS_LINK", page_put_kms_hosts_link},
    {"CONFLICTS", page_put_conflicts},
    {"CONFLICTS_LINK", page_put_conflicts_link},
    {"CLASSIFICATION_WORDS", page_put_classification_words},
    {"STATE_WORDS", page_put_state_words},
    {"REVIEW_WORDS", page_put_review_words},
};

int page_check_template(const char *templates_path, struct error *err)
{
    const char *names[ARRAY_COUNT(parts)];
    char *text = NULL;
    int result;

    for (size_t index = 0; index < ARRAY_COUNT(parts); index++)
        names[index] = parts[index].name;
    if (template_load(templates_path, TEMPLATE_NAME, &text, err) != 0)
        return -1;
    result = template_check(TEMPLATE_NAME, text, names, ARRAY_COUNT(names), err);
    free(text);
    return result;
}

int page_write(struct casedb *db, const struct window *window, const char *templates_path,
               struct staging *out, struct error *err)
{
    struct page page = {.db = db, .window = window};
    char *text = NULL;
    FILE *file;
    int result = -1;

    if (template_load(templates_path, TEMPLATE_NAME, &text, err) == 0 &&
        summary_read(db, &page.summary, err) == 0 && joined_read(db, &page.joined, err) == 0 &&
        kms_hosts_read(db, &page.kms_hosts, err) == 0 &&
        staging_create(out, TEMPLATE_NAME, &file, err) == 0 &&
        template_write(TEMPLATE_NAME, text, parts, ARRAY_COUNT(parts), &page, file, err) == 0)
        result = staging_close(out, file, err);
    free(text);
    joined_free_content(&page.joined);
    kms_hosts_free_content(&page.kms_hosts);
    return result;
}
