/* SPDX-License-Identifier: Apache-2.0 */
/* The table of hosts: a group of rows for each classification, so that the hosts that need
 * something come first. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/format.h"

/* Columns of ours in the table of hosts. */
#define HOST_COLUMNS 7

int page_put_host_columns(void *context, FILE *file, struct error *err)
{
    const struct joined *joined = &((const struct page *)context)->joined;

    (void)err;
    for (size_t index = 0; index < joined->column_count; index++) {
        fputs("<th scope=\"col\">", file);
        html_put(file, joined->columns[index]);
        fputs("</th>", file);
    }
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

/* Says whether two decoders agree on the events that the reason names. */
static void put_verified(FILE *file, enum verified verified)
{
    html_put_between(file, "<div class=\"minor\">", verified_sentence(verified),
                     verified == VERIFIED_CONFLICT
                         ? ": see <a href=\"#conflicts\">Conflicts</a></div>"
                         : "</div>");
}

static void put_verdict_cells(FILE *file, const struct case_verdict *verdict)
{
    fputs("<td>", file);
    html_put_between(file, "<span class=\"word\">", classification_word(verdict->classification),
                     "</span>");
    html_put_between(file, "<div class=\"minor\">", confidence_word(verdict->confidence), "</div>");
    html_put_between(file, "<div class=\"minor\">state: ", activation_state_word(verdict->state),
                     "</div>");
    fputs("</td><td>", file);
    page_put_members(file, "ol", "steps", &action_step_words, action_steps(verdict->action));
    html_put_between(file, "<div class=\"minor\">KMS client key <code>", verdict->kms_client_key,
                     "</code></div>");
    fputs("</td><td class=\"reason\">", file);
    html_put(file, verdict->reason);
    put_verified(file, verdict->verified);
    fputs("</td><td>", file);
    page_put_members(file, "ul", "notes", &review_note_words, verdict->review);
    fputs("</td>", file);
}

static void put_evidence_cells(FILE *file, const struct case_verdict *verdict)
{
    fputs("<td class=\"update\">", file);
    html_put_between(file, "<span class=\"word\">", update_status_word(verdict->kb971033),
                     "</span>");
    page_put_list(file, "ul", "minor", verdict->kb971033_evidence);
    if (*verdict->unrelated_updates != '\0') {
        fputs("<div class=\"minor\">unrelated, of the same day:</div>", file);
        page_put_list(file, "ul", "minor", verdict->unrelated_updates);
    }
    fputs("</td><td class=\"edition\">", file);
    html_put(file, verdict->edition);
    html_put_between(file, "<div class=\"minor\">", licence_channel_word(verdict->licence_channel),
                     "</div>");
    html_put_between(file, "<div class=\"minor\">", verdict->os_version, "</div>");
    page_put_list(file, "ul", "minor", verdict->licence_evidence);
    fputs("</td>", file);
}

static void put_host_cells(FILE *file, const struct case_machine *machine, const char *aliases)
{
    fputs("<tr><th scope=\"row\" class=\"text\">", file);
    html_put(file, machine->name);
    html_put_between(file, "<div class=\"minor\">formerly ", aliases, "</div>");
    fputs("</th>", file);
    put_verdict_cells(file, &machine->verdict);
    put_evidence_cells(file, &machine->verdict);
}

static int put_host(const struct page *page, FILE *file, const struct case_machine *machine,
                    struct error *err)
{
    char *aliases = NULL;
    char **values = NULL;

    if (casedb_machine_aliases(page->db, machine->id, &aliases, err) != 0)
        return -1;
    put_host_cells(file, machine, aliases);
    free(aliases);
    if (joined_read_values(&page->joined, page->db, machine, &values, err) != 0)
        return -1;
    for (size_t index = 0; index < page->joined.column_count; index++)
        html_put_cell(file, "text", values[index]);
    fputs("</tr>\n", file);
    joined_free_values(&page->joined, values);
    return 0;
}

/* Writes the hosts of one classification as a group of rows. */
static int put_class(const struct page *page, FILE *file, enum classification classification,
                     struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int found;

    if (casedb_machines(page->db, &machines, err) != 0)
        return -1;
    fprintf(file, "<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">",
            HOST_COLUMNS + page->joined.column_count);
    html_put(file, classification_title(classification));
    fprintf(file, " <span class=\"number\">%" PRIu64 "</span></th></tr>\n",
            page->summary.classes[classification].hosts);
    while ((found = casedb_next_machine(machines, &machine, err)) == 1) {
        if (!machine.has_verdict || machine.verdict.classification != classification)
            continue;
        found = put_host(page, file, &machine, err);
        if (found != 0)
            break;
    }
    fputs("</tbody>\n", file);
    casedb_cursor_free(machines);
    return found;
}

int page_put_hosts(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++)
        if (page->summary.classes[index].hosts > 0 &&
            put_class(page, file, (enum classification)index, err) != 0)
            return -1;
    return 0;
}
