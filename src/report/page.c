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
    {"STYLE", page_put_style},
    {"STYLE_HASH", page_put_style_hash},
    {"SCRIPT", page_put_script},
    {"SCRIPT_HASH", page_put_script_hash},
    {"TITLE_SENTENCE", page_put_title_sentence},
    {"BASIS", page_put_basis},
    {"NOTICE", page_put_notice},
    {"CHART_INCIDENT", page_put_chart_incident},
    {"CHART_CASE", page_put_chart_case},
    {"CHART_ONSETS", page_put_chart_onsets},
    {"CLASSES", page_put_classes},
    {"ACTIONS", page_put_actions},
    {"WINDOW", page_put_window},
    {"UNRELATED", page_put_unrelated},
    {"HOSTS_STATIC", page_put_hosts_static},
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
    {"METHOD", page_put_method},
    {"CASE_JSON", page_put_case_json},
    {"HOSTS_JSON", page_put_hosts_json},
    {"EVIDENCE", page_put_evidence},
};

int page_check_template(const char *templates_path, struct error *err)
{
    const char *names[ARRAY_COUNT(parts)];
    struct page_inlines inlines = {0};
    char *text = NULL;
    int result;

    for (size_t index = 0; index < ARRAY_COUNT(parts); index++)
        names[index] = parts[index].name;
    result = template_load(templates_path, TEMPLATE_NAME, &text, err);
    if (result == 0)
        result = template_check(TEMPLATE_NAME, text, names, ARRAY_COUNT(names), err);
    if (result == 0)
        result = page_inlines_read(templates_path, &inlines, err);
    page_inlines_free_content(&inlines);
    free(text);
    return result;
}

/* Reads what several parts need; *page is to be freed all the same. */
static int begin_page(struct page *page, const char *templates_path, struct staging *out,
                      struct error *err)
{
    struct casedb *db = page->db;

    return page_inlines_read(templates_path, &page->inlines, err) != 0 ||
                   casedb_read_settings(db, &page->settings, err) < 0 ||
                   summary_read(db, &page->summary, err) != 0 ||
                   joined_read(db, &page->joined, err) != 0 ||
                   kms_hosts_read(db, &page->kms_hosts, err) != 0 ||
                   charts_read(db, page->window, &page->charts, err) != 0 ||
                   page_evidence_make(page, out, err) != 0
               ? -1
               : 0;
}

static void page_free_content(struct page *page)
{
    page_inlines_free_content(&page->inlines);
    case_settings_free_content(&page->settings);
    joined_free_content(&page->joined);
    kms_hosts_free_content(&page->kms_hosts);
    charts_free_content(&page->charts);
    page_evidence_free_content(&page->evidence);
}

int page_write(struct casedb *db, const struct window *window, const char *templates_path,
               struct staging *out, struct error *err)
{
    struct page page = {.db = db, .window = window};
    char *text = NULL;
    FILE *file;
    int result = -1;

    if (template_load(templates_path, TEMPLATE_NAME, &text, err) == 0 &&
        begin_page(&page, templates_path, out, err) == 0 &&
        staging_create(out, TEMPLATE_NAME, &file, err) == 0 &&
        template_write(TEMPLATE_NAME, text, parts, ARRAY_COUNT(parts), &page, file, err) == 0)
        result = staging_close(out, file, err);
    free(text);
    page_free_content(&page);
    return result;
}
