/* SPDX-License-Identifier: Apache-2.0 */
/* The first parts of the page: the numbers, what is to be done, and the incident. */
#include "base/memory.h"
#include "report/page_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"

void page_add_value(struct text *out, const char *value)
{
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;

        if (byte < 0x80 && (isalnum(byte) || strchr("-_.~", byte) != NULL))
            text_add_bytes(out, value, 1);
        else
            text_add_format(out, "%%%02X", byte);
    }
}

/* ---- The sentences ---- */

/* A number leads to the hosts that it counts. */
static void put_piece(void *context, const char *piece, const char *filter)
{
    FILE *file = context;

    if (filter == NULL) {
        html_put(file, piece);
        return;
    }
    fputs("<a href=\"#", file);
    html_put(file, filter);
    fputs("\">", file);
    html_put(file, piece);
    fputs("</a>", file);
}

int page_put_title_sentence(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    const struct sentence_user user = {.put = put_piece, .context = file};

    (void)err;
    sentence_hosts(&page->summary, &user);
    return 0;
}

int page_put_basis(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    const struct sentence_user user = {.put = put_piece, .context = file};

    (void)err;
    sentence_basis(&page->summary, &user);
    return 0;
}

/* ---- Numbers ---- */

/* Puts the cell of a number, which leads to the hosts that it counts: to those of the filter, which
 * is a name and a value, and, where `within` is not NULL, of that, too. */
static void put_linked_count(FILE *file, uint64_t count, const char *within, const char *filter)
{
    fputs("<td class=\"number\">", file);
    if (count == 0) {
        fputs("0</td>", file);
        return;
    }
    fputs("<a href=\"#", file);
    html_put(file, within);
    fputs(within != NULL && *filter != '\0' ? "&amp;" : "", file);
    html_put(file, filter);
    fprintf(file, "\">%" PRIu64 "</a></td>", count);
}

void page_put_count_row(FILE *file, const char *word, uint64_t count, const char *filter,
                        const char *sentence)
{
    fputs("<tr><th scope=\"row\">", file);
    html_put(file, word);
    fputs("</th>", file);
    put_linked_count(file, count, NULL, filter);
    fputs("<td>", file);
    html_put_sentence(file, sentence);
    fputs("</td></tr>\n", file);
}

static void put_counts(FILE *file, const char *title, const char *within,
                       const struct class_counts *counts)
{
    static const enum standing shown[] = {STANDING_BROKEN, STANDING_RECOVERED,
                                          STANDING_NOT_EXCLUDED};

    fputs("<tr><th scope=\"row\">", file);
    html_put(file, title);
    fputs("</th>", file);
    put_linked_count(file, counts->hosts, within != NULL ? within : "machines", "");
    for (size_t index = 0; index < ARRAY_COUNT(shown); index++) {
        char *filter = memory_format("is=%s", standing_word(shown[index]));

        put_linked_count(file, counts->standings[shown[index]], within, filter);
        free(filter);
    }
    fputs("</tr>\n", file);
}

int page_put_classes(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;

    (void)err;
    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++) {
        enum classification classification = (enum classification)index;
        char *within = memory_format("class=%s", classification_word(classification));

        put_counts(file, classification_title(classification), within, &summary->classes[index]);
        free(within);
    }
    put_counts(file, "In all", NULL, &summary->all);
    return 0;
}

/* Its word is a list: one filter, coded as a value of the page's address. */
static void put_action(FILE *file, enum action action, uint64_t count)
{
    struct text filter = {0};

    text_add(&filter, "action=");
    page_add_value(&filter, action_word(action));
    page_put_count_row(file, action_word(action), count, text_get(&filter),
                       action_sentence(action));
    text_free(&filter);
}

int page_put_actions(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;

    (void)err;
    for (unsigned index = 0; index < ACTION_COUNT; index++) {
        enum action action = (enum action)index;

        if (summary->actions[action] > 0)
            put_action(file, action, summary->actions[action]);
    }
    if (summary->all.hosts == 0)
        fputs("<tr><td colspan=\"3\">Nothing: no host is in this case.</td></tr>\n", file);
    return 0;
}

bool page_has_own_window(const struct page *page)
{
    return page->window->start_filetime == incident_window.start_filetime &&
           page->window->end_filetime == incident_window.end_filetime;
}

int page_put_window(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    html_put_time(file, page->window->start_filetime);
    fputs(" to ", file);
    html_put_time(file, page->window->end_filetime);
    if (!page_has_own_window(page))
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
