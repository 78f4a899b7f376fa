/* SPDX-License-Identifier: Apache-2.0 */
/* The section on what KMS hosts saw of their clients. It is on the page only where there is
 * something, so its headings stand here and not in the template. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/format.h"

/* Clients of a host that are listed beside those that are suspected: all are in hosts.csv. */
#define CLIENTS_LISTED 200u
/* Hosts that are listed beside those that have some of these. */
#define HOSTS_LISTED 100u

static const char section_start[] =
    "<section id=\"kms\" aria-labelledby=\"kms-title\">\n"
    "<h2 id=\"kms-title\">Seen by KMS hosts</h2>\n"
    "<p>Each request of a client, with the licensing status in which it asked, stands in the log "
    "of its KMS host. A machine that is not licensed asks so, and is licensed a second later: one "
    "request tells little, two in a row that the licence was lost. The tables say in which status "
    "each client asked last before the window, in it and after it.</p>\n";
static const char section_end[] = "</section>\n";

static const char counts_start[] =
    "<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" aria-label=\"Clients by state\">\n"
    "<table>\n<thead><tr><th scope=\"col\">Clients that asked</th>"
    "<th scope=\"col\" class=\"number\">in all</th>";
static const char clients_start[] =
    "<p>Each client, those that are suspected first:</p>\n"
    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Clients\">\n"
    "<table>\n<thead><tr><th scope=\"col\">Client</th><th scope=\"col\">Verdict</th>"
    "<th scope=\"col\">Before the window</th><th scope=\"col\">In the window</th>"
    "<th scope=\"col\">After it</th><th scope=\"col\" class=\"number\">Requests</th>"
    "<th scope=\"col\">First</th><th scope=\"col\">Last</th></tr></thead>\n<tbody>\n";
static const char table_end[] = "</tbody>\n</table>\n</div>\n";

/* ---- Counting ---- */

static bool is_of_host(const struct kms_host *host, const struct case_kms_sight *sight)
{
    return host->id == sight->host_id && strcmp(host->name, sight->host) == 0;
}

/* Those of one host come one after the other. */
static struct kms_host *find_host(struct kms_hosts *hosts, const struct case_kms_sight *sight)
{
    struct kms_host *host;

    if (hosts->count > 0 && is_of_host(&hosts->items[hosts->count - 1], sight))
        return &hosts->items[hosts->count - 1];
    hosts->items = memory_grow(hosts->items, hosts->count, sizeof(*hosts->items));
    host = &hosts->items[hosts->count++];
    *host = (struct kms_host){.id = sight->host_id, .name = memory_copy_text(sight->host)};
    return host;
}

static void count_sight(struct kms_hosts *hosts, const struct case_kms_sight *sight)
{
    struct kms_host *host = find_host(hosts, sight);

    host->client_count++;
    host->suspected_count += sight->confidence == CONFIDENCE_SUSPECTED;
    host->counts[KMS_PART_BEFORE][sight->before]++;
    host->counts[KMS_PART_WITHIN][sight->within]++;
    host->counts[KMS_PART_AFTER][sight->after]++;
}

int kms_hosts_read(struct casedb *db, struct kms_hosts *out, struct error *err)
{
    struct casedb_cursor *sights = NULL;
    struct case_kms_sight sight;
    int found;

    if (casedb_kms_sights(db, &sights, err) != 0)
        return -1;
    while ((found = casedb_next_kms_sight(sights, &sight, err)) == 1)
        count_sight(out, &sight);
    casedb_cursor_free(sights);
    return found;
}

void kms_hosts_free_content(struct kms_hosts *hosts)
{
    for (size_t index = 0; index < hosts->count; index++)
        free(hosts->items[index].name);
    free(hosts->items);
    *hosts = (struct kms_hosts){0};
}

/* ---- Writing ---- */

static void put_counts(FILE *file, const struct kms_host *host)
{
    static const char *const parts[] = {"before the window", "in the window", "after it"};

    fputs(counts_start, file);
    for (unsigned status = 0; status < LICENSING_STATUS_NOT_TOLD; status++)
        html_put_between(file, "<th scope=\"col\" class=\"number\">",
                         licensing_status_word((enum licensing_status)status), "</th>");
    fputs("</tr></thead>\n<tbody>\n", file);
    for (unsigned part = 0; part < KMS_PART_COUNT; part++) {
        const uint64_t *counts = host->counts[part];

        fprintf(file, "<tr><th scope=\"row\">%s</th><td class=\"number\">%" PRIu64 "</td>",
                parts[part], host->client_count - counts[LICENSING_STATUS_NOT_TOLD]);
        for (unsigned status = 0; status < LICENSING_STATUS_NOT_TOLD; status++)
            fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", counts[status]);
        fputs("</tr>\n", file);
    }
    fputs(table_end, file);
}

static void put_time_cell(FILE *file, uint64_t filetime)
{
    fputs("<td>", file);
    if (filetime != 0)
        html_put_time(file, filetime);
    fputs("</td>", file);
}

static void put_client(FILE *file, const struct case_kms_sight *sight)
{
    const enum licensing_status statuses[] = {sight->before, sight->within, sight->after};

    fputs("<tr><th scope=\"row\" class=\"text\">", file);
    html_put(file, sight->name);
    fputs("</th><td>", file);
    html_put_between(file, "<span class=\"word\">", classification_word(sight->classification),
                     "</span>");
    html_put_between(file, "<div class=\"minor\">", confidence_word(sight->confidence), "</div>");
    html_put_between(file, "<div class=\"minor\">state: ", activation_state_word(sight->state),
                     "</div>");
    fputs("</td>", file);
    for (size_t index = 0; index < ARRAY_COUNT(statuses); index++)
        html_put_cell(file, "text", licensing_status_word(statuses[index]));
    fprintf(file, "<td class=\"number\">%" PRIu64 "</td>", sight->request_count);
    put_time_cell(file, sight->first_filetime);
    put_time_cell(file, sight->last_filetime);
    fputs("</tr>\n", file);
}

static void begin_host(FILE *file, const struct kms_host *host)
{
    html_put_between(file, "<h3>", host->name, "</h3>\n");
    fprintf(file, "<p>%" PRIu64 " client%s, %" PRIu64 " suspected.</p>\n", host->client_count,
            text_plural(host->client_count), host->suspected_count);
    put_counts(file, host);
    fputs(clients_start, file);
}

static void end_host(FILE *file, uint64_t left_out)
{
    fputs(table_end, file);
    if (left_out > 0)
        fprintf(file,
                "<p>And %" PRIu64 " more, none of which is suspected: <code>hosts.csv</code> and "
                "<code>timeline.csv</code> have all.</p>\n",
                left_out);
}

/* Writes the clients of the host, which come next; without a file, passes them over. */
static int put_host(FILE *file, const struct kms_host *host, struct casedb_cursor *sights,
                    struct error *err)
{
    struct case_kms_sight sight;
    uint64_t others = 0, left_out = 0;

    if (file != NULL)
        begin_host(file, host);
    for (uint64_t client = 0; client < host->client_count; client++) {
        if (casedb_next_kms_sight(sights, &sight, err) != 1)
            return -1;
        others += sight.confidence != CONFIDENCE_SUSPECTED;
        if (file != NULL && (sight.confidence == CONFIDENCE_SUSPECTED || others <= CLIENTS_LISTED))
            put_client(file, &sight);
        else
            left_out++;
    }
    if (file != NULL)
        end_host(file, left_out);
    return 0;
}

static int put_hosts(FILE *file, const struct kms_hosts *hosts, struct casedb_cursor *sights,
                     struct error *err)
{
    uint64_t others = 0, left_out = 0;

    for (size_t index = 0; index < hosts->count; index++) {
        const struct kms_host *host = &hosts->items[index];
        bool is_listed;

        others += host->suspected_count == 0;
        is_listed = host->suspected_count > 0 || others <= HOSTS_LISTED;
        left_out += !is_listed;
        if (put_host(is_listed ? file : NULL, host, sights, err) != 0)
            return -1;
    }
    if (left_out > 0)
        fprintf(file,
                "<p>And %" PRIu64 " more KMS hosts, none of whose clients is suspected.</p>\n",
                left_out);
    return 0;
}

int page_put_kms_hosts(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    struct casedb_cursor *sights = NULL;
    int result;

    if (page->kms_hosts.count == 0)
        return 0;
    if (casedb_kms_sights(page->db, &sights, err) != 0)
        return -1;
    fputs(section_start, file);
    result = put_hosts(file, &page->kms_hosts, sights, err);
    fputs(section_end, file);
    casedb_cursor_free(sights);
    return result;
}

int page_put_kms_hosts_link(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;

    (void)err;
    if (page->kms_hosts.count > 0)
        fputs("<li><a href=\"#kms\">KMS hosts</a></li>\n", file);
    return 0;
}
