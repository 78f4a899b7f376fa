/* SPDX-License-Identifier: Apache-2.0 */
/* The section on events and rows that the two readers read differently. It is on the page only
 * where there are some, so its headings stand here and not in the template. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/format.h"

static const char section_start[] =
    "<section id=\"conflicts\" aria-labelledby=\"conflicts-title\">\n"
    "<h2 id=\"conflicts-title\">Conflicts</h2>\n"
    "<p class=\"note\">Events that decide, and rows of update histories that name an update, are "
    "read "
    "by two decoders that have nothing in common (libevtx and libesedb are the second ones). Of "
    "these they read something different: verdicts and lists go by our reading, and a person "
    "should look at the record itself, which begins at the offset in its source.</p>\n"
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Conflicts\">\n"
    "<table>\n"
    "<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">Time</th><th scope=\"col\">Source</th>"
    "<th scope=\"col\" class=\"number\">Offset</th><th scope=\"col\">Our reading</th>"
    "<th scope=\"col\">The second decoder reads instead</th></tr></thead>\n"
    "<tbody>\n";

/* So many are on the page, and so much of each reading: the case has all. */
#define CONFLICTS_MOST 500
#define READING_MOST_BYTES 4096

/* What the two compare (DESIGN section 4), a list as the other reading is one. */
static void add_reading(struct text *out, const struct observation *observation)
{
    text_add_item_format(out, "%s %u", observation->provider, (unsigned)observation->event_id);
    if (observation->qualifiers != OBSERVATION_ABSENT)
        text_add_item_format(out, "qualifiers 0x%04" PRIX32, (uint32_t)observation->qualifiers);
    text_add_item_format(out, "channel %s", observation->channel);
    text_add_item_format(out, "computer %s", observation->computer);
    for (size_t index = 0; index < observation->string_count; index++)
        text_add_item_format(out, "string %zu: %s", index + 1, observation->strings[index].value);
}

/* The section, as far as it is written. */
struct section {
    const struct page *page;
    FILE *file;
    uint64_t count; /* of conflicts so far */
};

struct conflict {
    const char *machine;
    const char *path;
    uint64_t filetime;
    uint64_t offset_bytes;
    const char *our_reading;
    const char *other_reading;
};

static void put_reading(FILE *file, const char *reading)
{
    char *kept;

    if (strlen(reading) <= READING_MOST_BYTES) {
        html_put_cell(file, "detail", reading);
        return;
    }
    kept = memory_format("%.*s [cut: case.db has all]",
                         (int)text_cut_length(reading, READING_MOST_BYTES), reading);
    html_put_cell(file, "detail", kept);
    free(kept);
}

static void put_conflict(struct section *section, const struct conflict *conflict)
{
    FILE *file = section->file;

    if (section->count++ >= CONFLICTS_MOST)
        return;
    fputs(section->count > 1 ? "" : section_start, file);
    fputs("<tr><th scope=\"row\" class=\"text\">", file);
    html_put(file, conflict->machine);
    fputs("</th><td>", file);
    if (conflict->filetime != 0)
        html_put_time(file, conflict->filetime);
    fputs("</td>", file);
    fputs("<td class=\"text\">", file);
    html_put_path(file, conflict->path);
    fputs("</td>", file);
    fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", conflict->offset_bytes);
    put_reading(file, conflict->our_reading);
    put_reading(file, conflict->other_reading);
    fputs("</tr>\n", file);
}

static int put_events(struct section *section, struct error *err)
{
    struct casedb_cursor *conflicts = NULL;
    struct case_observation found;
    int next;

    if (casedb_conflicts(section->page->db, &conflicts, err) != 0)
        return -1;
    while ((next = casedb_next_observation(conflicts, &found, err)) == 1) {
        struct text reading = {0};

        add_reading(&reading, &found.observation);
        put_conflict(section, &(struct conflict){.machine = found.machine,
                                                 .path = found.path,
                                                 .filetime = found.observation.event_filetime,
                                                 .offset_bytes = found.observation.offset_bytes,
                                                 .our_reading = text_get(&reading),
                                                 .other_reading = found.observation.other_reading});
        text_free(&reading);
    }
    casedb_cursor_free(conflicts);
    return next;
}

static void add_number(struct text *out, const char *column, int64_t number)
{
    if (number == FINDING_ABSENT)
        text_add_item_format(out, "%s (empty)", column);
    else
        text_add_item_format(out, "%s %" PRId64, column, number);
}

/* Under the names that the columns have there. */
static void put_row(struct section *section, const char *machine, const struct case_finding *found)
{
    const struct finding_history_row *row = &found->finding.history_row;
    struct text reading = {0};

    text_add_item_format(&reading, "IdEvent %" PRIu64, found->finding.place);
    add_number(&reading, "Status", row->status);
    add_number(&reading, "MappedResult", row->mapped_result);
    add_number(&reading, "UnmappedResult", row->unmapped_result);
    add_number(&reading, "ServerSelection", row->server_selection);
    text_add_item_format(&reading, "ClientId %s", row->client_id);
    text_add_item_format(&reading, "Title %s", row->title);
    put_conflict(section, &(struct conflict){.machine = machine,
                                             .path = found->path,
                                             .filetime = found->finding.filetime,
                                             .offset_bytes = row->offset_bytes,
                                             .our_reading = text_get(&reading),
                                             .other_reading = row->other_reading});
    text_free(&reading);
}

/* Puts a finding that two readers read differently. */
static void put_finding(struct section *section, const char *machine,
                        const struct case_finding *found)
{
    switch (found->finding.kind) {
    case FINDING_HISTORY_ROW:
        put_row(section, machine, found);
        break;
    case FINDING_HISTORY: /* and these have one reader */
    case FINDING_LISTING:
    case FINDING_ENTRY:
    case FINDING_LICENCE:
    case FINDING_SYSTEM:
    case FINDING_COMPUTER:
    case FINDING_VALIDATION:
    case FINDING_REMEDIATION:
        break;
    }
}

static int put_rows_of(struct section *section, const struct case_machine *machine,
                       struct error *err)
{
    struct casedb_cursor *findings = NULL;
    struct case_finding found;
    int next;

    if (casedb_machine_findings(section->page->db, machine->id, &findings, err) != 0)
        return -1;
    while ((next = casedb_next_finding(findings, &found, err)) == 1)
        if (found.finding.verified == VERIFIED_CONFLICT)
            put_finding(section, machine->name, &found);
    casedb_cursor_free(findings);
    return next;
}

static int put_rows(struct section *section, struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int next;

    if (casedb_machines(section->page->db, &machines, err) != 0)
        return -1;
    while ((next = casedb_next_machine(machines, &machine, err)) == 1) {
        next = put_rows_of(section, &machine, err);
        if (next != 0)
            break;
    }
    casedb_cursor_free(machines);
    return next;
}

static void put_end(const struct section *section)
{
    if (section->count == 0)
        return;
    fputs("</tbody>\n</table>\n</div>\n", section->file);
    if (section->count > CONFLICTS_MOST)
        fprintf(section->file,
                "<p class=\"note\">And %" PRIu64 " more: <code>case.db</code> has all.</p>\n",
                section->count - CONFLICTS_MOST);
    fputs("</section>\n", section->file);
}

int page_put_conflicts(void *context, FILE *file, struct error *err)
{
    struct section section = {.page = context, .file = file};

    if (put_events(&section, err) != 0)
        return -1;
    /* There is a look at all machines only where some source has a conflict. */
    if (section.page->summary.conflict_count > 0 && put_rows(&section, err) != 0)
        return -1;
    put_end(&section);
    return 0;
}

int page_put_conflicts_link(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    if (page->summary.conflict_count > 0)
        fputs("<li><a href=\"#conflicts\">Conflicts</a></li>\n", file);
    return 0;
}
