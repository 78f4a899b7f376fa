/* SPDX-License-Identifier: Apache-2.0 */
/* The section on events that the two readers read differently. It is on the page only where there
 * are some, so its headings stand here and not in the template. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "report/html.h"

static const char section_start[] =
    "<section id=\"conflicts\" aria-labelledby=\"conflicts-title\">\n"
    "<h2 id=\"conflicts-title\">Conflicts</h2>\n"
    "<p class=\"note\">Events that decide are read by two decoders that have nothing in common. Of "
    "these they read something different: verdicts and lists go by our reading, and a person "
    "should look at the record itself, which begins at the offset in its source.</p>\n"
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Conflicts\">\n"
    "<table>\n"
    "<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Time</th><th scope=\"col\">Source</th>"
    "<th scope=\"col\" class=\"number\">Offset</th><th scope=\"col\">Our reading</th>"
    "<th scope=\"col\">libevtx reads instead</th></tr></thead>\n"
    "<tbody>\n";
static const char section_end[] = "</tbody>\n</table>\n</div>\n</section>\n";

/* What the two compare (DESIGN section 4). */
static void add_reading(struct text *out, const struct observation *observation)
{
    text_add_format(out, "%s %u", observation->provider, (unsigned)observation->event_id);
    if (observation->qualifiers != OBSERVATION_ABSENT)
        text_add_format(out, "; qualifiers 0x%04" PRIX32, (uint32_t)observation->qualifiers);
    text_add_format(out, "; channel %s; computer %s", observation->channel, observation->computer);
    for (size_t index = 0; index < observation->string_count; index++)
        text_add_format(out, "; string %zu: %s", index + 1, observation->strings[index].value);
}

static void put_conflict(FILE *file, const struct case_observation *found)
{
    const struct observation *observation = &found->observation;
    struct text reading = {0};

    add_reading(&reading, observation);
    fputs("<tr><th scope=\"row\" class=\"text\">", file);
    html_put(file, found->machine);
    fputs("</th><td>", file);
    if (observation->event_filetime != 0)
        html_put_time(file, observation->event_filetime);
    fputs("</td>", file);
    html_put_cell(file, "text", found->path);
    fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", observation->offset_bytes);
    html_put_cell(file, "detail", text_get(&reading));
    html_put_cell(file, "detail", observation->other_reading);
    fputs("</tr>\n", file);
    text_free(&reading);
}

int page_put_conflicts(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    struct casedb_cursor *conflicts = NULL;
    struct case_observation found;
    bool any = false;
    int next;

    if (casedb_conflicts(page->db, &conflicts, err) != 0)
        return -1;
    while ((next = casedb_next_observation(conflicts, &found, err)) == 1) {
        fputs(any ? "" : section_start, file);
        any = true;
        put_conflict(file, &found);
    }
    fputs(any ? section_end : "", file);
    casedb_cursor_free(conflicts);
    return next;
}

int page_put_conflicts_link(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    if (page->summary.conflict_count > 0)
        fputs("<li><a href=\"#conflicts\">Conflicts</a></li>\n", file);
    return 0;
}
