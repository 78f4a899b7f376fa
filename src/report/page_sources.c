/* SPDX-License-Identifier: Apache-2.0 */
/* What the page says of the sources: how many, and which were not read whole. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/format.h"
#include "report/writers.h"

int page_put_statuses(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    const uint64_t *statuses = page->summary.statuses;
    const char *separator = "";

    (void)err;
    fprintf(file, "%" PRIu64 " source%s", page->summary.source_count,
            page->summary.source_count == 1 ? "" : "s");
    for (size_t status = 0; status < ARRAY_COUNT(page->summary.statuses); status++) {
        if (statuses[status] == 0)
            continue;
        fprintf(file, "%s%" PRIu64 " ", *separator == '\0' ? ": " : separator, statuses[status]);
        html_put(file, source_status_word((enum source_status)status));
        separator = ", ";
    }
    return 0;
}

/* So many sources are listed at most. */
#define SOURCES_LISTED 2000u

/* Could some of it not be read? */
static bool is_not_whole(const struct case_source *source)
{
    switch (source->status) {
    case SOURCE_STATUS_OK:
    case SOURCE_STATUS_SKIPPED:
        return false;
    case SOURCE_STATUS_DAMAGED:
    case SOURCE_STATUS_UNREADABLE:
    case SOURCE_STATUS_CRASHED:
        break;
    }
    return true;
}

static void put_count(FILE *file, uint64_t count)
{
    fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", count);
}

static int put_impaired(struct casedb *db, FILE *file, const struct case_source *source,
                        struct error *err)
{
    char *machines = NULL;

    if (casedb_source_machines(db, source->id, &machines, err) != 0)
        return -1;
    fputs("<tr><th scope=\"row\" class=\"text\">", file);
    html_put_path(file, source->path);
    fputs("</th>", file);
    html_put_cell(file, "status", source_status_word(source->status));
    html_put_cell(file, "text", machines);
    put_count(file, source->record_count);
    put_count(file, source->undecodable_count);
    put_count(file, source->conflict_count);
    html_put_cell(file, "detail", source->detail);
    fputs("</tr>\n", file);
    free(machines);
    return 0;
}

/* Of the sources to look at, puts those that could not be read whole, or the others; *listed counts
 * them. */
static int put_turn(const struct page *page, FILE *file, bool not_whole, uint64_t *listed,
                    struct error *err)
{
    struct casedb_cursor *sources = NULL;
    struct case_source source;
    struct text detail = {0};
    bool remarked;
    int found;

    if (casedb_sources(page->db, &sources, err) != 0)
        return -1;
    while ((found = casedb_next_source(sources, &source, err)) == 1) {
        found = sources_complete(page->db, &source, &detail, &remarked, err);
        if (found != 0)
            break;
        if (is_not_whole(&source) != not_whole ||
            (!not_whole && source.undecodable_count + source.conflict_count == 0 && !remarked) ||
            (*listed)++ >= SOURCES_LISTED)
            continue;
        found = put_impaired(page->db, file, &source, err);
        if (found != 0)
            break;
    }
    casedb_cursor_free(sources);
    text_free(&detail);
    return found;
}

int page_put_impaired(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    uint64_t listed = 0;

    if (put_turn(page, file, true, &listed, err) != 0 ||
        put_turn(page, file, false, &listed, err) != 0)
        return -1;
    if (listed == 0)
        fputs("<tr><td colspan=\"7\">There are none.</td></tr>\n", file);
    if (listed > SOURCES_LISTED)
        fprintf(file,
                "<tr><td colspan=\"7\">And %" PRIu64 " more: <code>sources.csv</code> has "
                "all.</td></tr>\n",
                listed - SOURCES_LISTED);
    return 0;
}

int page_put_skipped(void *context, FILE *file, struct error *err)
{
    const struct summary *summary = &((const struct page *)context)->summary;

    (void)err;
    if (summary->skipped_count == 0)
        fputs("<p>Nothing was skipped.</p>", file);
    for (size_t index = 0; index < summary->skipped_count; index++) {
        enum source_kind kind = summary->skipped[index].kind;
        const char *word = source_kind_word(kind);

        fputs(index == 0 ? "<p>Skipped, since there is nothing in them to read: " : ", ", file);
        fprintf(file, "%" PRIu64 " ", summary->skipped[index].count);
        html_put(file, *word != '\0' ? word : source_kind_name(kind));
        fputs(index + 1 == summary->skipped_count ? ".</p>" : "", file);
    }
    return 0;
}
