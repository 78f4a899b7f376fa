/* SPDX-License-Identifier: Apache-2.0 */
/* The section on the roll-out: how far it came, by the verdicts (verdict/rollout.c). It is on the
 * page only where it left a trace on some machine, so its headings stand here and not in the
 * template. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/format.h"

#define ROLLOUT_COLUMNS 5
/* Machines of one result that are listed: all are among the hosts, and in hosts.csv. */
#define MACHINES_LISTED 500u

static const char section_start[] =
    "<section id=\"rollout\" aria-labelledby=\"rollout-title\">\n"
    "<h2 id=\"rollout-title\">Roll-out</h2>\n"
    "<p>What became of the machines that were broken, and of those on which a script ran: by their "
    "event logs, by what was collected since, and by what the scripts wrote down themselves.</p>\n"
    "<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" aria-label=\"Machines by "
    "result\">\n"
    "<table>\n<thead><tr><th scope=\"col\">Result</th>"
    "<th scope=\"col\" class=\"number\">Machines</th><th scope=\"col\">Meaning</th></tr></thead>\n"
    "<tbody>\n";
static const char machines_start[] =
    "</tbody>\n</table>\n</div>\n"
    "<p>Each of them, with what was done and what tells so; <em>no trace</em> where nothing of it "
    "was "
    "seen:</p>\n"
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Machines of the "
    "roll-out\">\n"
    "<table>\n<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Before</th>"
    "<th scope=\"col\">Now</th><th scope=\"col\">Done, and what tells it</th>"
    "<th scope=\"col\">Action</th></tr></thead>\n";
static const char section_end[] = "</table>\n</div>\n</section>\n\n";

static void put_counts(FILE *file, const struct summary *summary)
{
    uint64_t broken = summary->rollout[ROLLOUT_FIXED] + summary->rollout[ROLLOUT_STILL_BROKEN] +
                      summary->rollout[ROLLOUT_REFUSED] + summary->rollout[ROLLOUT_NOT_REACHED] +
                      summary->rollout[ROLLOUT_BY_HAND];

    page_put_count_row(file, "Were broken", broken,
                       "rollout=fixed,still-broken,refused,not-reached,by-hand",
                       "All of the next five.");
    for (unsigned index = ROLLOUT_NONE + 1; index < ROLLOUT_RESULT_COUNT; index++) {
        enum rollout_result result = (enum rollout_result)index;

        char *filter = memory_format("rollout=%s", rollout_result_word(result));

        page_put_count_row(file, rollout_result_title(result), summary->rollout[result], filter,
                           rollout_result_sentence(result));
        free(filter);
    }
}

static void put_time(FILE *file, const char *before, uint64_t filetime)
{
    if (filetime == 0)
        return;
    fprintf(file, "<div class=\"minor\">%s ", before);
    html_put_time(file, filetime);
    fputs("</div>", file);
}

static void put_machine(FILE *file, const struct case_machine *machine)
{
    const struct case_verdict *verdict = &machine->verdict;

    fputs("<tr><th scope=\"row\" class=\"text\">", file);
    html_put(file, machine->name);
    fputs("</th><td>", file);
    html_put_between(file, "<span class=\"word\">", classification_word(verdict->classification),
                     "</span>");
    put_time(file, "since", verdict->first_fault_filetime);
    fputs("</td><td>", file);
    html_put_between(file, "<span class=\"word\">", activation_state_word(verdict->state),
                     "</span>");
    put_time(file, "recovered", verdict->recovered_filetime);
    html_put_between(file, "<div class=\"minor\">KB971033 ", update_status_word(verdict->kb971033),
                     "</div>");
    fputs("</td><td>", file);
    if (*verdict->rollout_trace == '\0')
        fputs("<div class=\"minor\">no trace</div>", file);
    html_put(file, verdict->remediation);
    page_put_list(file, "ul", "minor", verdict->rollout_trace);
    fputs("</td><td>", file);
    page_put_members(file, "ol", "steps", &action_step_words, action_steps(verdict->action));
    fputs("</td></tr>\n", file);
}

/* Writes the machines of one result as a group of rows. */
static int put_result(const struct page *page, FILE *file, enum rollout_result result,
                      struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    uint64_t listed = 0;
    int found;

    if (casedb_machines(page->db, &machines, err) != 0)
        return -1;
    fprintf(file, "<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%d\">",
            ROLLOUT_COLUMNS);
    html_put(file, rollout_result_title(result));
    fprintf(file,
            " <span class=\"number\"><a href=\"#rollout=%s\">%" PRIu64 "</a></span></th></tr>\n",
            rollout_result_word(result), page->summary.rollout[result]);
    while ((found = casedb_next_machine(machines, &machine, err)) == 1)
        if (machine.has_verdict && machine.verdict.rollout == result && listed < MACHINES_LISTED) {
            put_machine(file, &machine);
            listed++;
        }
    if (page->summary.rollout[result] > listed)
        fprintf(file,
                "<tr><td colspan=\"%d\">And <a href=\"#rollout=%s\">%" PRIu64 " more</a>.</td>"
                "</tr>\n",
                ROLLOUT_COLUMNS, rollout_result_word(result),
                page->summary.rollout[result] - listed);
    fputs("</tbody>\n", file);
    casedb_cursor_free(machines);
    return found;
}

int page_put_rollout(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    if (!page->summary.has_rollout)
        return 0;
    fputs(section_start, file);
    put_counts(file, &page->summary);
    fputs(machines_start, file);
    for (unsigned index = ROLLOUT_NONE + 1; index < ROLLOUT_RESULT_COUNT; index++)
        if (page->summary.rollout[index] > 0 &&
            put_result(page, file, (enum rollout_result)index, err) != 0)
            return -1;
    fputs(section_end, file);
    return 0;
}

int page_put_rollout_link(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    if (page->summary.has_rollout)
        fputs("<li><a href=\"#rollout\">Roll-out</a></li>\n", file);
    return 0;
}
