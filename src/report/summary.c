/* SPDX-License-Identifier: Apache-2.0 */
#include "report/summary.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "report/report.h"
#include "report/sources.h"

#define NOTE_NOT_COVERED "window-not-covered"
#define NOTE_DAMAGED "log-damaged"

/* The order in which a reader wants them. Actions are those of DESIGN section 6. */
static const char *const class_order[] = {CLASS_AFFECTED, CLASS_OTHER_FAULT, CLASS_NO_FAULT,
                                          CLASS_NOT_COLLECTED};
static const char *const confidence_order[] = {"confirmed", "probable"};
static const char *const action_order[] = {
    "remove-kb971033; restart; rebuild-activation",
    "rebuild-activation",
    "remove-kb971033; restart; troubleshoot",
    "remove-kb971033; troubleshoot",
    "troubleshoot",
    "remove-kb971033",
    "verify",
    "collect",
    "none",
};

static void name_words(struct word_counts *counts, const char *const *words, size_t word_count)
{
    for (size_t index = 0; index < word_count; index++)
        word_counts_add(counts, words[index], 0);
}

/* Is `word` a member of the "; " list? */
static bool list_has(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at != NULL; at = strstr(at, "; ")) {
        at += at == list ? 0 : strlen("; ");
        if (strncmp(at, word, length) == 0 && (at[length] == '\0' || at[length] == ';'))
            return true;
    }
    return false;
}

/* Can the logs not exclude the incident? A damaged log may cover the window and yet have lost the
 * fault, so it shows no host to be clean. */
static bool is_unsure(const struct case_verdict *verdict)
{
    return list_has(verdict->review, NOTE_NOT_COVERED) ||
           (strcmp(verdict->classification, CLASS_NO_FAULT) == 0 &&
            list_has(verdict->review, NOTE_DAMAGED));
}

static int count_machines(struct casedb *db, struct summary *out, struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int found;

    if (casedb_machines(db, &machines, err) != 0)
        return -1;
    while ((found = casedb_next_machine(machines, &machine, err)) == 1) {
        const struct case_verdict *verdict = &machine.verdict;

        out->host_count++;
        if (verdict->classification == NULL)
            continue;
        word_counts_add(&out->classes, verdict->classification, 1);
        word_counts_add(&out->actions, verdict->action, 1);
        if (*verdict->confidence != '\0')
            word_counts_add(&out->confidences, verdict->confidence, 1);
        if (is_unsure(verdict))
            word_counts_add(&out->not_covered, verdict->classification, 1);
    }
    casedb_cursor_free(machines);
    return found;
}

static int count_sources(struct casedb *db, struct summary *out, struct error *err)
{
    struct casedb_cursor *sources = NULL;
    struct case_source source;
    struct text detail = {0};
    int found;

    if (casedb_sources(db, &sources, err) != 0)
        return -1;
    while ((found = casedb_next_source(sources, &source, err)) == 1) {
        found = sources_complete(db, &source, &detail, NULL, err);
        if (found != 0)
            break;
        out->source_count++;
        out->undecodable_count += source.undecodable_count > 0;
        out->conflict_count += source.conflict_count > 0;
        word_counts_add(&out->statuses, source_status_name(source.status), 1);
        if (source.status == SOURCE_STATUS_SKIPPED)
            word_counts_add(&out->skipped, source.kind, 1);
    }
    casedb_cursor_free(sources);
    text_free(&detail);
    return found;
}

int summary_read(struct casedb *db, struct summary *out, struct error *err)
{
    *out = (struct summary){0};
    name_words(&out->classes, class_order, ARRAY_COUNT(class_order));
    name_words(&out->confidences, confidence_order, ARRAY_COUNT(confidence_order));
    name_words(&out->actions, action_order, ARRAY_COUNT(action_order));
    for (int status = SOURCE_STATUS_OK; status <= SOURCE_STATUS_CRASHED; status++)
        word_counts_add(&out->statuses, source_status_name((enum source_status)status), 0);
    return count_machines(db, out, err) != 0 || count_sources(db, out, err) != 0 ? -1 : 0;
}

void summary_free_content(struct summary *summary)
{
    word_counts_free_content(&summary->classes);
    word_counts_free_content(&summary->not_covered);
    word_counts_free_content(&summary->confidences);
    word_counts_free_content(&summary->actions);
    word_counts_free_content(&summary->statuses);
    word_counts_free_content(&summary->skipped);
}

/* The table: a line is a word, indented below its heading, and a number in one column. */
#define WORD_WIDTH 46
#define INDENT "  "

static void print_line(FILE *out, const char *indent, const char *word, uint64_t count)
{
    fprintf(out, "%s%-*s %8" PRIu64 "\n", indent, WORD_WIDTH - (int)strlen(indent), word, count);
}

static void print_met(FILE *out, const char *indent, const struct word_counts *counts)
{
    for (size_t index = 0; index < counts->row_count; index++)
        if (counts->rows[index].count > 0)
            print_line(out, indent, counts->rows[index].word, counts->rows[index].count);
}

static void print_classes(FILE *out, const struct summary *summary)
{
    for (size_t index = 0; index < summary->classes.row_count; index++) {
        const struct word_count *row = &summary->classes.rows[index];
        uint64_t not_covered = word_counts_get(&summary->not_covered, row->word);

        print_line(out, INDENT, row->word, row->count);
        if (strcmp(row->word, CLASS_AFFECTED) == 0)
            print_met(out, INDENT INDENT, &summary->confidences);
        if (strcmp(row->word, CLASS_NO_FAULT) == 0 && not_covered < row->count)
            print_line(out, INDENT INDENT, "shown to be clean", row->count - not_covered);
        if (not_covered > 0)
            print_line(out, INDENT INDENT, "the logs cannot exclude the incident", not_covered);
    }
}

int report_summary(struct casedb *db, FILE *out, struct error *err)
{
    struct summary summary;
    int result = summary_read(db, &summary, err);

    if (result == 0) {
        print_line(out, "", "Hosts", summary.host_count);
        print_classes(out, &summary);
        fputs("Action\n", out);
        print_met(out, INDENT, &summary.actions);
        print_line(out, "", "Sources", summary.source_count);
        print_met(out, INDENT, &summary.statuses);
        if (summary.undecodable_count > 0)
            print_line(out, INDENT, "with records that could not be decoded",
                       summary.undecodable_count);
        if (summary.conflict_count > 0)
            print_line(out, INDENT, "with records read differently by a second reader",
                       summary.conflict_count);
    }
    summary_free_content(&summary);
    return result;
}
