/* SPDX-License-Identifier: Apache-2.0 */
/* page_parts: what fills the places of templates/report.html; for page.c alone. A part is called
 * with the struct page as its context (report/template.h). */
#ifndef SPPTRIAGE_REPORT_PAGE_PARTS_H
#define SPPTRIAGE_REPORT_PAGE_PARTS_H

#include <stdio.h>

#include "case/casedb.h"
#include "report/chart.h"
#include "report/report.h"
#include "report/writers.h"
#include "worker/hash.h"

/* ---- What KMS hosts saw (page_kms.c) ---- */

enum kms_part {
    KMS_PART_BEFORE,
    KMS_PART_WITHIN,
    KMS_PART_AFTER,
    KMS_PART_COUNT,
};

struct kms_host {
    int64_t id; /* of its machine, or 0 */
    char *name; /* owned */
    uint64_t client_count;
    uint64_t suspected_count;
    /* Clients by the status in which they asked last in each part of time. */
    uint64_t counts[KMS_PART_COUNT][LICENSING_STATUS_COUNT];
};

/* In the order of casedb_kms_sights. Starts as zeros. */
struct kms_hosts {
    struct kms_host *items; /* owned */
    size_t count;
};

/* Counts what the case has. -1 is ERROR_RUN; *out is to be freed all the same. */
int kms_hosts_read(struct casedb *db, struct kms_hosts *out, struct error *err);
void kms_hosts_free_content(struct kms_hosts *hosts);

/* ---- What is inlined (page_script.c) ---- */

/* A file of the templates that stands in the page as it is, and its hash for the page's
 * Content-Security-Policy. */
struct page_inline {
    char *text; /* owned */
    char hash[HASH_BASE64_SIZE];
};

/* Reads the style and the script, with line ends as a browser has them. ERROR_RUN that names the
 * template where one cannot be read or could end its own element. */
struct page_inlines {
    struct page_inline style, script;
};
int page_inlines_read(const char *templates_path, struct page_inlines *out, struct error *err);
void page_inlines_free_content(struct page_inlines *inlines);

/* ---- The evidence on each machine (page_evidence.c) ---- */

/* So many hosts are on the page, in its order, and so much evidence. */
#define PAGE_HOSTS_MOST 25000
#define PAGE_EVIDENCE_MOST_BYTES ((size_t)72 * 1024 * 1024)
#define PAGE_CHUNK_BYTES ((size_t)256 * 1024)

/* Where the evidence on a machine stands. */
struct evidence_place {
    int32_t chunk; /* -1: it is not on the page */
    uint32_t line;
};

/* Starts as zeros; owns its list. */
struct page_evidence {
    struct evidence_place *places; /* of the hosts of the page, in its order */
    size_t count;
    FILE *file; /* the chunks, as they stand in the page; the staging's */
    size_t chunk_count;
    uint64_t left_out; /* machines of the page whose evidence is not on it; */
    uint64_t cut;      /* those of which a part is not */
};

/* What the parts of one page are made from. */
struct page {
    struct casedb *db;
    const struct window *window;
    struct summary summary;
    struct case_settings settings;
    struct joined joined;
    struct kms_hosts kms_hosts;
    struct charts charts;
    struct page_inlines inlines;
    struct page_evidence evidence;
};

/* Writes the evidence on the hosts of the page into a scratch file: first of those that are
 * affected and broken, then of the others that are affected, the others that are broken, and the
 * rest, until it is too much. */
int page_evidence_make(struct page *page, struct staging *out, struct error *err);
void page_evidence_free_content(struct page_evidence *evidence);

/* ---- The hosts of the page (page_hosts.c) ---- */

/* How many they are. */
size_t page_host_count(const struct page *page);

/* Adds what the page leaves out, and where that is; nothing where it leaves nothing out. */
void page_add_limits(struct text *out, const struct page *page);

/* Is given each of them in the order of the page, by class and then by name, with its place in that
 * order; -1 ends it. */
struct host_user {
    int (*take)(void *context, const struct case_machine *machine, size_t place, struct error *err);
    void *context;
};
int page_each_host(const struct page *page, const struct host_user *user, struct error *err);

/* ---- Pieces that several parts have ---- */

/* Puts a "; " list, or the words of some members of a set, as an HTML list of that tag and class;
 * nothing for an empty one. */
void page_put_list(FILE *file, const char *tag, const char *class, const char *list);
void page_put_members(FILE *file, const char *tag, const char *class, const struct word_set *set,
                      uint32_t members);

/* Is the window that of the incident itself? */
bool page_has_own_window(const struct page *page);

/* Adds a value as encodeURIComponent codes it, for a filter in the page's address. */
void page_add_value(struct text *out, const char *value);

/* Puts a row: a word, how many are so, which leads to those (`filter` as in struct sentence_user),
 * and the sentence on it. */
void page_put_count_row(FILE *file, const char *word, uint64_t count, const char *filter,
                        const char *sentence);

/* ---- Parts ---- */

/* Parts that need the case; they fail with an ERROR_RUN of it. */
int page_put_hosts_static(void *context, FILE *file, struct error *err);
int page_put_hosts_json(void *context, FILE *file, struct error *err);
int page_put_rollout(void *context, FILE *file, struct error *err);
int page_put_kms_hosts(void *context, FILE *file, struct error *err);
int page_put_conflicts(void *context, FILE *file, struct error *err);
int page_put_unrelated(void *context, FILE *file, struct error *err);
int page_put_impaired(void *context, FILE *file, struct error *err);
int page_put_method(void *context, FILE *file, struct error *err);

/* The pictures (chart.c): a whole <figure class="chart"> each, with a sentence instead of the
 * picture where there is nothing to show. They cannot fail. */
int page_put_chart_incident(void *context, FILE *file, struct error *err);
int page_put_chart_case(void *context, FILE *file, struct error *err);
int page_put_chart_onsets(void *context, FILE *file, struct error *err);

/* Copies what page_evidence_make made; fails where that cannot be read back. */
int page_put_evidence(void *context, FILE *file, struct error *err);

/* Parts that cannot fail. */
int page_put_title_sentence(void *context, FILE *file, struct error *err);
int page_put_basis(void *context, FILE *file, struct error *err);
int page_put_notice(void *context, FILE *file, struct error *err);
int page_put_case_json(void *context, FILE *file, struct error *err);
int page_put_style(void *context, FILE *file, struct error *err);
int page_put_style_hash(void *context, FILE *file, struct error *err);
int page_put_script(void *context, FILE *file, struct error *err);
int page_put_script_hash(void *context, FILE *file, struct error *err);
int page_put_rollout_link(void *context, FILE *file, struct error *err);
int page_put_kms_hosts_link(void *context, FILE *file, struct error *err);
int page_put_conflicts_link(void *context, FILE *file, struct error *err);
int page_put_classes(void *context, FILE *file, struct error *err);
int page_put_actions(void *context, FILE *file, struct error *err);
int page_put_window(void *context, FILE *file, struct error *err);
int page_put_statuses(void *context, FILE *file, struct error *err);
int page_put_skipped(void *context, FILE *file, struct error *err);
int page_put_classification_words(void *context, FILE *file, struct error *err);
int page_put_state_words(void *context, FILE *file, struct error *err);
int page_put_review_words(void *context, FILE *file, struct error *err);

#endif
