/* SPDX-License-Identifier: Apache-2.0 */
#include "text/listing_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/memory.h"
#include "model/incident.h"
#include "text/command.h"

/* A text of a hundred thousand hosts has as many listings, and as many entries of the update. */
#define FINDINGS_MOST 400000u

/* A listing as a whole. */
struct held_listing {
    struct finding finding; /* borrows the next two */
    char *host;             /* owned */
    char *incomplete;       /* owned */
};

void listing_out_begin(struct listing_out *out, const struct sink *sink, struct source_facts *facts,
                       const char *text, size_t length_bytes)
{
    *out = (struct listing_out){.sink = sink,
                                .facts = facts,
                                .text = text,
                                .asked = lines_of(text, length_bytes),
                                .number_at = text,
                                .package_at = text};
}

static bool has_room(struct listing_out *out)
{
    if (out->handed_count >= FINDINGS_MOST) {
        out->dropped_count++;
        return false;
    }
    out->handed_count++;
    return true;
}

static int hand_on(struct listing_out *out, const struct finding *finding, struct error *err)
{
    return out->sink->finding != NULL ? out->sink->finding(out->sink->context, finding, err) : 0;
}

int listing_out_add(struct listing_out *out, const struct finding *finding, struct error *err)
{
    return has_room(out) ? hand_on(out, finding, err) : 0;
}

void listing_out_hold(struct listing_out *out, const struct finding *finding)
{
    struct held_listing *held;

    if (!has_room(out))
        return;
    out->held = memory_grow(out->held, out->held_count, sizeof(*out->held));
    held = &out->held[out->held_count++];
    *held = (struct held_listing){.finding = *finding,
                                  .host = memory_copy_text(finding->host),
                                  .incomplete = memory_copy_text(finding->listing.incomplete)};
    held->finding.host = held->host;
    held->finding.listing.incomplete = held->incomplete;
}

void listing_out_remark(struct listing_out *out, uint64_t line, enum finding_origin origin,
                        const char *host, const char *reason)
{
    if (out->incomplete_count++ < SOURCE_REMARKS_LISTED)
        source_facts_add_detail(out->facts, "line %" PRIu64 ": %s%s%s: %s", line,
                                finding_origin_word(origin), *host != '\0' ? " of " : "", host,
                                reason);
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
        if ((*at | 0x20) == (*words | 0x20) && strncasecmp(at, words, length) == 0)
            return at;
    return NULL;
}

static bool lies_in(const char *at, const struct line *line)
{
    return at != NULL && at < line->bytes + line->length_bytes;
}

/* Does the line name the update? Each place in the text is looked for once. */
static bool names_update(struct listing_out *out, const struct line *line)
{
    const char *digits = strpbrk(INCIDENT_UPDATE, "0123456789");
    bool names = false;
    char *text;

    if (out->number_at != NULL && out->number_at < line->bytes)
        out->number_at = find(line->bytes, out->asked.end, digits);
    if (out->package_at != NULL && out->package_at < line->bytes)
        out->package_at =
            find(line->bytes, out->asked.end, incident_updates[UPDATE_ID_KB971033].package);
    if (lies_in(out->number_at, line) || lies_in(out->package_at, line)) {
        text = memory_copy_bytes(line->bytes, line->length_bytes);
        names = incident_names_kb971033(text);
        free(text);
    }
    return names;
}

/* Asks the lines before this one. */
static void ask_lines_before(struct listing_out *out, uint64_t number)
{
    struct line line;

    while (out->asked.number + 1 < number && lines_next(&out->asked, &line)) {
        struct line text = line_trim(line);

        if (!names_update(out, &line) || is_heading(&text) || command_is(text))
            continue;
        if (out->unread_count++ == 0)
            out->unread_line = line.number;
    }
}

void listing_out_take_lines(struct listing_out *out, uint64_t first, uint64_t last)
{
    struct line line;

    ask_lines_before(out, first);
    while (out->asked.number < last && lines_next(&out->asked, &line))
        ;
}

/* ---- The end ---- */

static int hand_on_held(struct listing_out *out, const struct held_listing *held,
                        const char *reason, struct error *err)
{
    struct finding finding = held->finding;
    struct text incomplete = {0};
    int result;

    text_add(&incomplete, held->incomplete);
    if (reason != NULL)
        text_add_items(&incomplete, reason);
    finding.listing.incomplete = text_get(&incomplete);
    result = hand_on(out, &finding, err);
    text_free(&incomplete);
    return result;
}

static void remark(struct listing_out *out, const char *reason)
{
    if (out->incomplete_count > SOURCE_REMARKS_LISTED)
        source_facts_add_detail(out->facts, "and %" PRIu64 " more that are incomplete",
                                out->incomplete_count - SOURCE_REMARKS_LISTED);
    if (out->unread_count > 1)
        source_facts_add_detail(out->facts, "%s, nor could %" PRIu64 " more", reason,
                                out->unread_count - 1);
    else if (reason != NULL)
        source_facts_add_detail(out->facts, "%s", reason);
    if (out->dropped_count > 0) {
        out->facts->status = SOURCE_STATUS_DAMAGED;
        source_facts_add_detail(out->facts, "it says too much: findings were left out, %" PRIu64,
                                out->dropped_count);
    }
}

int listing_out_finish(struct listing_out *out, int result, struct error *err)
{
    char *reason = NULL;

    ask_lines_before(out, UINT64_MAX);
    if (out->unread_count > 0)
        reason = memory_format("the text names %s on line %" PRIu64
                               ", which could not be read as an entry",
                               INCIDENT_UPDATE, out->unread_line);
    remark(out, reason);
    for (size_t index = 0; index < out->held_count; index++) {
        struct held_listing *held = &out->held[index];

        if (result == 0)
            result = hand_on_held(out, held, reason, err);
        free(held->incomplete);
        free(held->host);
    }
    free(out->held);
    free(reason);
    out->held = NULL;
    out->held_count = 0;
    return result;
}
