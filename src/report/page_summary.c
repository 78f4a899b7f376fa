/* SPDX-License-Identifier: Apache-2.0 */
/* The first parts of the page: the numbers, what is to be done, and the incident. */
#include "base/memory.h"
#include "report/page_parts.h"

#include <inttypes.h>
#include <string.h>

#include "report/format.h"

void page_put_count_row(FILE *file, const char *word, uint64_t count, const char *sentence)
{
    fputs("<tr><th scope=\"row\">", file);
    html_put(file, word);
    fprintf(file, "</th><td class=\"number\">%" PRIu64 "</td><td>", count);
    html_put_sentence(file, sentence);
    fputs("</td></tr>\n", file);
}

static void put_tile(FILE *file, const char *style, uint64_t count, const char *label,
                     const char *note)
{
    fprintf(file,
            "<div class=\"tile %s\"><dt>%s</dt><dd><strong>%" PRIu64 "</strong> <span>%s</span>"
            "</dd></div>\n",
            count > 0 ? style : "zero", label, count, note);
}

static void put_class_tile(FILE *file, const char *style, const struct summary *summary,
                           enum classification classification, const char *note)
{
    put_tile(file, style, summary->classes[classification].hosts,
             classification_title(classification), note);
}

static void add_states(struct text *note, const struct class_counts *counts)
{
    text_add_format(note, "%" PRIu64 " still broken, %" PRIu64 " recovered", counts->broken,
                    counts->recovered);
    if (counts->not_excluded > 0)
        text_add_format(note, ", %" PRIu64 " not excluded", counts->not_excluded);
}

static void put_affected_tile(FILE *file, const struct summary *summary)
{
    struct text note = {0};

    for (unsigned sure = CONFIDENCE_COUNT - 1; sure > CONFIDENCE_NONE; sure--)
        text_add_format(&note, "%" PRIu64 " %s%s", summary->confidences[sure],
                        confidence_word((enum confidence)sure),
                        sure - 1 > CONFIDENCE_NONE ? ", " : "; ");
    add_states(&note, &summary->classes[CLASSIFICATION_AFFECTED]);
    put_class_tile(file, "bad", summary, CLASSIFICATION_AFFECTED, text_get(&note));
    text_free(&note);
}

static void put_other_fault_tile(FILE *file, const struct summary *summary)
{
    struct text note = {0};

    text_add(&note, "broken by something else; ");
    add_states(&note, &summary->classes[CLASSIFICATION_OTHER_FAULT]);
    put_class_tile(file, "warn", summary, CLASSIFICATION_OTHER_FAULT, text_get(&note));
    text_free(&note);
}

/* Hosts without a fault are two tiles: whose logs show it, and whose logs cannot. */
static void put_no_fault_tiles(FILE *file, const struct summary *summary)
{
    uint64_t not_excluded = summary->classes[CLASSIFICATION_NO_FAULT].not_excluded;
    struct text note = {0};

    put_tile(file, "good", summary_clean(summary), "Shown to be clean",
             "no activation fault, and undamaged logs cover the whole window");
    text_add_format(&note,
                    "no activation fault seen; %" PRIu64 " not excluded, as the logs do not cover "
                    "the whole window",
                    not_excluded);
    if (summary->log_damaged > 0)
        text_add_format(&note, ", %" PRIu64 " with damaged logs", summary->log_damaged);
    put_tile(file, "unsure", not_excluded + summary->log_damaged, "Not shown to be clean",
             text_get(&note));
    text_free(&note);
}

static void put_tiles(FILE *file, const struct summary *summary, enum classification classification)
{
    switch (classification) {
    case CLASSIFICATION_AFFECTED:
        put_affected_tile(file, summary);
        break;
    case CLASSIFICATION_OTHER_FAULT:
        put_other_fault_tile(file, summary);
        break;
    case CLASSIFICATION_NO_FAULT:
        put_no_fault_tiles(file, summary);
        break;
    case CLASSIFICATION_NOT_COLLECTED:
        put_class_tile(file, "unsure", summary, classification,
                       "in the inventory, but nothing was collected");
        break;
    }
}

int page_put_tiles(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;

    (void)err;
    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++)
        put_tiles(file, summary, (enum classification)index);
    return 0;
}

static void put_counts(FILE *file, const char *title, const struct class_counts *counts)
{
    const uint64_t cells[] = {counts->hosts, counts->broken, counts->recovered,
                              counts->not_excluded};

    fputs("<tr><th scope=\"row\">", file);
    html_put(file, title);
    fputs("</th>", file);
    for (size_t index = 0; index < ARRAY_COUNT(cells); index++)
        fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", cells[index]);
    fputs("</tr>\n", file);
}

int page_put_classes(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;

    (void)err;
    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++)
        put_counts(file, classification_title((enum classification)index),
                   &summary->classes[index]);
    put_counts(file, "In all", &summary->all);
    return 0;
}

int page_put_host_count(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    fprintf(file, "%" PRIu64, page->summary.all.hosts);
    return 0;
}

int page_put_actions(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;

    (void)err;
    for (unsigned index = 0; index < ACTION_COUNT; index++) {
        enum action action = (enum action)index;

        if (summary->actions[action] > 0)
            page_put_count_row(file, action_word(action), summary->actions[action],
                               action_sentence(action));
    }
    return 0;
}

int page_put_window(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    html_put_time(file, page->window->start_filetime);
    fputs(" to ", file);
    html_put_time(file, page->window->end_filetime);
    if (page->window->start_filetime != incident_window.start_filetime ||
        page->window->end_filetime != incident_window.end_filetime)
        fputs(" <strong>(chosen for this case: not the incident&#39;s own)</strong>", file);
    return 0;
}

/* Adds how many hosts have the update, nothing where none has. */
static int add_unrelated(struct text *out, const struct page *page,
                         const struct incident_update *update, struct error *err)
{
    uint64_t count;

    if (casedb_count_update_machines(page->db, update->id, &count, err) != 0)
        return -1;
    if (count > 0)
        text_add_format(out, "%s%s (%" PRIu64 " host%s)", out->length_bytes > 0 ? " and " : "",
                        update->name, count, text_plural(count));
    return 0;
}

int page_put_unrelated(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    struct text named = {0};
    int result = 0;

    for (size_t index = 0; result == 0 && index < UPDATE_ID_COUNT; index++)
        if (incident_updates[index].coincident)
            result = add_unrelated(&named, page, &incident_updates[index], err);
    if (result == 0 && named.length_bytes > 0) {
        fputs("<p class=\"note\">Updates of the same day that have nothing to do with the "
              "incident were installed too: ",
              file);
        html_put(file, text_get(&named));
        fputs(".</p>", file);
    }
    text_free(&named);
    return result;
}
