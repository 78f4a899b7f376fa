/* SPDX-License-Identifier: Apache-2.0 */
/* The first parts of the page: the numbers, what is to be done, and the incident. */
#include "base/array.h"
#include "report/page_parts.h"

#include <inttypes.h>
#include <string.h>

#include "report/html.h"

static void put_count_row(FILE *file, const char *word, uint64_t count, const char *meaning)
{
    fputs("<tr><th scope=\"row\">", file);
    html_put(file, word);
    fprintf(file, "</th><td class=\"number\">%" PRIu64 "</td><td>%s</td></tr>\n", count, meaning);
}

static void put_tile(FILE *file, const char *style, uint64_t count, const char *label,
                     const char *note)
{
    fprintf(file,
            "<div class=\"tile %s\"><dt>%s</dt><dd><strong>%" PRIu64 "</strong> <span>%s</span>"
            "</dd></div>\n",
            count > 0 ? style : "zero", label, count, note);
}

static void put_affected_tile(FILE *file, const struct summary *summary)
{
    struct text note = {0};

    text_add_format(&note, "%" PRIu64 " confirmed, %" PRIu64 " probable",
                    word_counts_get(&summary->confidences, "confirmed"),
                    word_counts_get(&summary->confidences, "probable"));
    put_tile(file, "bad", word_counts_get(&summary->classes, CLASS_AFFECTED),
             "Affected by the incident", text_get(&note));
    text_free(&note);
}

static void put_other_fault_tile(FILE *file, const struct summary *summary)
{
    uint64_t not_covered = word_counts_get(&summary->not_covered, CLASS_OTHER_FAULT);
    struct text note = {0};

    text_add(&note, "broken by something else");
    if (not_covered > 0)
        text_add_format(&note, "; the logs of %" PRIu64 " cannot exclude the incident",
                        not_covered);
    put_tile(file, "warn", word_counts_get(&summary->classes, CLASS_OTHER_FAULT),
             "Another activation fault", text_get(&note));
    text_free(&note);
}

/* Hosts without a fault are two tiles: whose logs show it, and whose logs cannot. */
int page_put_tiles(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;
    uint64_t no_fault = word_counts_get(&summary->classes, CLASS_NO_FAULT);
    uint64_t not_covered = word_counts_get(&summary->not_covered, CLASS_NO_FAULT);

    (void)err;
    put_affected_tile(file, summary);
    put_other_fault_tile(file, summary);
    put_tile(file, "good", no_fault - not_covered, "Shown to be clean",
             "no activation fault, and undamaged logs cover the whole window");
    put_tile(file, "unsure", not_covered, "Not excluded",
             "no activation fault seen, but the logs do not cover the whole window or are damaged");
    put_tile(file, "unsure", word_counts_get(&summary->classes, CLASS_NOT_COLLECTED),
             "Not collected", "in the inventory, but nothing was collected");
    return 0;
}

int page_put_host_count(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    fprintf(file, "%" PRIu64, page->summary.host_count);
    return 0;
}

struct meaning {
    const char *word;
    const char *meaning; /* HTML */
};

/* What the actions of DESIGN section 6 ask for. */
static const struct meaning action_meanings[] = {
    {"remove-kb971033; restart; rebuild-activation",
     "Run <code>1-remove-kb971033.cmd</code>, restart, then run the <code>2-rebuild</code> "
     "script of the edition."},
    {"rebuild-activation", "The update is gone already: run the <code>2-rebuild</code> script."},
    {"remove-kb971033; restart; troubleshoot",
     "Remove the update and restart; activate by the means of this licence (MAK or KMS host), "
     "not with a KMS client key."},
    {"remove-kb971033; troubleshoot",
     "The fault has another cause: standard activation troubleshooting. Remove the update too."},
    {"troubleshoot", "Standard activation troubleshooting."},
    {"remove-kb971033",
     "Not broken now: remove the update, as from all volume-licensed Windows 7."},
    {"verify", "Recovered, and the update is gone: check that it is activated."},
    {"collect", "Collect the logs of these hosts and run again with <code>--add</code>."},
    {"none", "Nothing to do."},
};

int page_put_actions(void *context, FILE *file, struct error *err)
{
    const struct word_counts *actions = &((const struct page *)context)->summary.actions;

    (void)err;
    for (size_t row = 0; row < actions->row_count; row++) {
        const char *meaning = "";

        for (size_t index = 0; index < ARRAY_COUNT(action_meanings); index++)
            if (strcmp(action_meanings[index].word, actions->rows[row].word) == 0)
                meaning = action_meanings[index].meaning;
        if (actions->rows[row].count > 0)
            put_count_row(file, actions->rows[row].word, actions->rows[row].count, meaning);
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

    if (casedb_count_update_machines(page->db, update->name, &count, err) != 0)
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
