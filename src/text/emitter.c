/* SPDX-License-Identifier: Apache-2.0 */
#include "text/emitter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/incident.h"
#include "text/tokens.h"

/* A text of a hundred thousand hosts has as many listings, and as many entries of the update. */
#define FINDINGS_MOST 400000u

struct held_finding {
    struct finding finding; /* owned: a copy */
    char *heading;          /* owned: above a licence, where it may be the host; or empty */
};

void emitter_begin(struct emitter *emitter, const struct sink *sink, struct source_facts *facts,
                   const char *text, size_t length_bytes)
{
    *emitter = (struct emitter){.sink = sink,
                                .facts = facts,
                                .text = text,
                                .behind = text,
                                .begun_at = text,
                                .asked = lines_of(text, length_bytes),
                                .number_at = text,
                                .package_at = text};
}

static bool has_room(struct emitter *emitter)
{
    if (emitter->handed_count >= FINDINGS_MOST) {
        emitter->dropped_count++;
        return false;
    }
    emitter->handed_count++;
    return true;
}

static int hand_on(struct emitter *emitter, const struct finding *finding, struct error *err)
{
    return emitter->sink->finding != NULL
               ? emitter->sink->finding(emitter->sink->context, finding, err)
               : 0;
}

int emitter_add(struct emitter *emitter, const struct finding *finding, struct error *err)
{
    return has_room(emitter) ? hand_on(emitter, finding, err) : 0;
}

static void hold(struct emitter *emitter, const struct finding *finding, char *heading)
{
    emitter->held = memory_grow(emitter->held, emitter->held_count, sizeof(*emitter->held));
    emitter->held[emitter->held_count++] =
        (struct held_finding){.finding = finding_copy(finding), .heading = heading};
}

void emitter_hold(struct emitter *emitter, const struct finding *finding)
{
    if (has_room(emitter))
        hold(emitter, finding, memory_copy_text(""));
}

int emitter_add_below(struct emitter *emitter, const struct finding *finding, struct error *err)
{
    struct finding own = *finding;
    bool is_sure;
    struct line above = heading_host(emitter->behind, emitter->begun_at, &is_sure);
    char *host;
    int result;

    if (!has_room(emitter))
        return 0;
    host = line_copy(&above, LISTING_VALUE_MOST_BYTES);
    if (!is_sure) {
        hold(emitter, finding, host);
        return 0;
    }
    own.host = host;
    result = hand_on(emitter, &own, err);
    free(host);
    return result;
}

/* The reasons are members of the detail's own list; the first says of what they are. */
void emitter_remark(struct emitter *emitter, uint64_t line, enum finding_origin origin,
                    const char *host, const char *reasons)
{
    const char *more = strstr(reasons, TEXT_SEPARATOR);
    char *first;

    if (emitter->incomplete_count++ >= SOURCE_REMARKS_LISTED)
        return;
    first = memory_copy_bytes(reasons, more != NULL ? (size_t)(more - reasons) : strlen(reasons));
    source_facts_add_detail(emitter->facts, "line %" PRIu64 ": %s%s%s: %s", line,
                            finding_origin_word(origin), *host != '\0' ? " of " : "", host, first);
    if (more != NULL)
        text_add_items(&emitter->facts->detail, more + strlen(TEXT_SEPARATOR));
    free(first);
}

/* ---- Lines that name the update ---- */

/* A rule with words in it, as collecting scripts print them above a listing. */
static bool is_heading(const struct line *line)
{
    return line->length_bytes >= 2 && line_count_of(line, "=-#*_") >= 2;
}

/* The first place of the words, without regard to case, or NULL. */
static const char *find(const char *at, const char *end, const char *words)
{
    size_t length = strlen(words);

    for (; (size_t)(end - at) >= length; at++)
        if ((*at | 0x20) == (*words | 0x20) && text_equal_ascii_bytes(at, words, length))
            return at;
    return NULL;
}

static bool lies_in(const char *at, const struct line *line)
{
    return at != NULL && at < line->bytes + line->length_bytes;
}

/* Does the line name the update? Each place in the text is looked for once. */
static bool names_update(struct emitter *emitter, const struct line *line)
{
    const char *digits = strpbrk(INCIDENT_UPDATE, "0123456789");
    bool names = false;
    char *text;

    if (emitter->number_at != NULL && emitter->number_at < line->bytes)
        emitter->number_at = find(line->bytes, emitter->asked.end, digits);
    if (emitter->package_at != NULL && emitter->package_at < line->bytes)
        emitter->package_at =
            find(line->bytes, emitter->asked.end, incident_updates[UPDATE_ID_KB971033].package);
    if (lies_in(emitter->number_at, line) || lies_in(emitter->package_at, line)) {
        text = memory_copy_bytes(line->bytes, line->length_bytes);
        names = incident_names_kb971033(text);
        free(text);
    }
    return names;
}

/* Asks the lines before this one. */
static void ask_lines_before(struct emitter *emitter, uint64_t number)
{
    struct line line;

    while (emitter->asked.number + 1 < number && lines_next(&emitter->asked, &line)) {
        struct line text = line_trim(line);

        if (!names_update(emitter, &line) || is_heading(&text) || command_is(text))
            continue;
        if (emitter->unread_count++ == 0)
            emitter->unread_line = line.number;
    }
}

void emitter_take_lines(struct emitter *emitter, uint64_t first, uint64_t last)
{
    struct line line;

    ask_lines_before(emitter, first);
    while (emitter->asked.number < last && lines_next(&emitter->asked, &line))
        ;
}

/* ---- The end ---- */

static int hand_on_listing(struct emitter *emitter, const struct finding *held, const char *reason,
                           struct error *err)
{
    struct finding finding = *held;
    struct text incomplete = {0};
    int result;

    text_add(&incomplete, held->listing.incomplete);
    if (reason != NULL)
        text_add_items(&incomplete, reason);
    finding.listing.incomplete = text_get(&incomplete);
    result = hand_on(emitter, &finding, err);
    text_free(&incomplete);
    return result;
}

/* Are the headings of what was held the hosts it is of? All of it has one then, and they differ: a
 * word that stands above what is of one machine can be anything. */
static bool headings_are_hosts(const struct emitter *emitter)
{
    const char *first = NULL;
    bool differ = false;

    for (size_t index = 0; index < emitter->held_count; index++) {
        const struct held_finding *held = &emitter->held[index];

        if (held->finding.kind == FINDING_LISTING)
            continue;
        if (*held->heading == '\0')
            return false;
        if (first == NULL)
            first = held->heading;
        differ = differ || strcmp(first, held->heading) != 0;
    }
    return differ;
}

static int hand_on_held(struct emitter *emitter, const struct held_finding *held,
                        bool has_host_above, const char *reason, struct error *err)
{
    struct finding finding = held->finding;

    if (finding.kind == FINDING_LISTING)
        return hand_on_listing(emitter, &finding, reason, err);
    if (has_host_above)
        finding.host = held->heading;
    return hand_on(emitter, &finding, err);
}

static void remark(struct emitter *emitter, const char *reason)
{
    if (emitter->incomplete_count > SOURCE_REMARKS_LISTED)
        source_facts_add_detail(emitter->facts, "and %" PRIu64 " more that are incomplete",
                                emitter->incomplete_count - SOURCE_REMARKS_LISTED);
    if (emitter->unread_count > 1)
        source_facts_add_detail(emitter->facts, "%s, nor could %" PRIu64 " more", reason,
                                emitter->unread_count - 1);
    else if (reason != NULL)
        source_facts_add_detail(emitter->facts, "%s", reason);
    if (emitter->dropped_count > 0) {
        emitter->facts->status = SOURCE_STATUS_DAMAGED;
        source_facts_add_detail(emitter->facts,
                                "it says too much: findings were left out, %" PRIu64,
                                emitter->dropped_count);
    }
}

int emitter_finish(struct emitter *emitter, int result, struct error *err)
{
    bool has_hosts_above = headings_are_hosts(emitter);
    char *reason = NULL;

    ask_lines_before(emitter, UINT64_MAX);
    if (emitter->unread_count > 0)
        reason = memory_format("the text names %s on line %" PRIu64
                               ", which could not be read as an entry",
                               INCIDENT_UPDATE, emitter->unread_line);
    remark(emitter, reason);
    for (size_t index = 0; index < emitter->held_count; index++) {
        struct held_finding *held = &emitter->held[index];

        if (result == 0)
            result = hand_on_held(emitter, held, has_hosts_above, reason, err);
        finding_free_copy(&held->finding);
        free(held->heading);
    }
    free(emitter->held);
    free(reason);
    emitter->held = NULL;
    emitter->held_count = 0;
    return result;
}
