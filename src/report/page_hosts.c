/* SPDX-License-Identifier: Apache-2.0 */
/* The hosts of the page in their order: those of a class after those of another, so that those
 * that need something come first; and their plain table, for readers without the script. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/format.h"

/* Columns of ours in the plain table. */
static const char *const plain_columns[] = {
    "Host",     "Verdict", "State",  "Action", "First signal or fault",
    "KB971033", "Edition", "Review", "Reason"};

size_t page_host_count(const struct page *page)
{
    uint64_t hosts = page->summary.all.hosts;

    return hosts < PAGE_HOSTS_MOST ? (size_t)hosts : PAGE_HOSTS_MOST;
}

/* Hands out the hosts of a class, and moves *place on. */
static int each_of_class(const struct page *page, enum classification classification,
                         const struct host_user *user, size_t *place, struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    size_t count = page_host_count(page);
    int result = 0;

    if (casedb_machines_of_class(page->db, classification, &machines, err) != 0)
        return -1;
    while (*place < count && (result = casedb_next_machine(machines, &machine, err)) == 1) {
        result = user->take(user->context, &machine, *place, err);
        if (result != 0)
            break;
        ++*place;
    }
    casedb_cursor_free(machines);
    return result < 0 ? -1 : 0;
}

int page_each_host(const struct page *page, const struct host_user *user, struct error *err)
{
    size_t place = 0;

    for (unsigned index = 0; index < CLASSIFICATION_COUNT && place < page_host_count(page); index++)
        if (page->summary.classes[index].hosts > 0 &&
            each_of_class(page, (enum classification)index, user, &place, err) != 0)
            return -1;
    return 0;
}

void page_put_list(FILE *file, const char *tag, const char *class, const char *list)
{
    if (list == NULL || *list == '\0')
        return;
    fprintf(file, "<%s class=\"%s\">", tag, class);
    while (*list != '\0') {
        const char *end = strstr(list, TEXT_SEPARATOR);
        size_t length = end != NULL ? (size_t)(end - list) : strlen(list);
        char *item = memory_copy_bytes(list, length);

        html_put_between(file, "<li>", item, "</li>");
        free(item);
        list += end != NULL ? length + strlen(TEXT_SEPARATOR) : length;
    }
    fprintf(file, "</%s>", tag);
}

void page_put_members(FILE *file, const char *tag, const char *class, const struct word_set *set,
                      uint32_t members)
{
    char *list = word_set_list(set, members);

    page_put_list(file, tag, class, list);
    free(list);
}

/* ---- The plain table ---- */

struct plain_table {
    const struct page *page;
    FILE *file;
};

static void put_cell(FILE *file, const char *raw)
{
    fputs("<td>", file);
    html_put(file, raw);
    fputs("</td>", file);
}

/* The worst that the second reader says of what decides is told beside the reason. */
static void put_reason(FILE *file, const struct case_verdict *verdict)
{
    fputs("<td>", file);
    html_put(file, verdict->reason);
    html_put_between(file, " <small>(", verified_sentence(verdict->verified), ")</small>");
    fputs("</td>", file);
}

static void put_verdict_cells(FILE *file, const struct case_verdict *verdict)
{
    char *review = word_set_list(&review_note_words, verdict->review);

    fputs("<td>", file);
    html_put(file, classification_word(verdict->classification));
    html_put_between(file, ", ", confidence_word(verdict->confidence), "");
    fputs("</td>", file);
    put_cell(file, activation_state_word(verdict->state));
    put_cell(file, action_word(verdict->action));
    fputs("<td>", file);
    if (verdict->first_fault_filetime != 0)
        html_put_time(file, verdict->first_fault_filetime);
    fputs("</td>", file);
    put_cell(file, update_status_word(verdict->kb971033));
    put_cell(file, verdict->edition);
    put_cell(file, review);
    put_reason(file, verdict);
    free(review);
}

static int put_host(void *context, const struct case_machine *machine, size_t place,
                    struct error *err)
{
    const struct plain_table *table = context;
    const struct page *page = table->page;
    char *aliases = NULL;
    char **values = NULL;

    (void)place;
    if (casedb_machine_aliases(page->db, machine->id, &aliases, err) != 0)
        return -1;
    fputs("<tr><th scope=\"row\">", table->file);
    html_put(table->file, machine->name);
    html_put_between(table->file, " <small>(formerly ", aliases, ")</small>");
    fputs("</th>", table->file);
    free(aliases);
    put_verdict_cells(table->file, &machine->verdict);
    if (joined_read_values(&page->joined, page->db, machine, &values, err) != 0)
        return -1;
    for (size_t index = 0; index < page->joined.column_count; index++)
        put_cell(table->file, values[index]);
    fputs("</tr>\n", table->file);
    joined_free_values(&page->joined, values);
    return 0;
}

int page_put_hosts_static(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    struct plain_table table = {.page = page, .file = file};

    fputs("<table class=\"hosts\">\n<thead><tr>", file);
    for (size_t index = 0; index < ARRAY_COUNT(plain_columns); index++)
        fprintf(file, "<th scope=\"col\">%s</th>", plain_columns[index]);
    for (size_t index = 0; index < page->joined.column_count; index++)
        html_put_between(file, "<th scope=\"col\">", page->joined.columns[index], "</th>");
    fputs("</tr></thead>\n<tbody>\n", file);
    if (page_each_host(page, &(struct host_user){put_host, &table}, err) != 0)
        return -1;
    if (page_host_count(page) == 0)
        fprintf(file, "<tr><td colspan=\"%zu\">There are none.</td></tr>\n",
                ARRAY_COUNT(plain_columns) + page->joined.column_count);
    fputs("</tbody>\n</table>\n", file);
    return 0;
}
