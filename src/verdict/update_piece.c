/* SPDX-License-Identifier: Apache-2.0 */
/* What one event or finding proves of an update. Events: FACTS.md, "The events, as they are
 * stored"; update histories: FACTS-ese.md, "tbHistory"; listings: FACTS.md, "Text listings". */
#include "verdict/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "verdict/signal.h"

/* The words of tbHistory.Status that are known; 2 is a failure or an uninstallation. */
#define HISTORY_STATUS_DONE 1
#define HISTORY_STATUS_OTHER 2

void update_piece_free_content(struct update_piece *piece)
{
    free(piece->detail);
    *piece = (struct update_piece){0};
}

/* ---- Events ---- */

/* The string of that name, or else the one at `index`: a rewritten log may have lost the names. */
static const char *named_or_at(const struct observation *observation, const char *name,
                               size_t index)
{
    const char *value = observation_named(observation, name);

    return value != NULL ? value : observation_value(observation, index);
}

/* The update that the text names, or NULL. */
static const struct incident_update *update_in(const char *text)
{
    return text != NULL ? incident_find_update(text) : NULL;
}

/* Each judge fills update and says; it returns why that says neither, constant. */
static const char *judge_wat(const struct observation *observation, struct update_piece *out)
{
    (void)observation;
    /* The source exists only where the update is. */
    out->update = &incident_updates[UPDATE_ID_KB971033];
    out->says = UPDATE_SAYS_INSTALLED;
    return "";
}

static const char *judge_update_installed(const struct observation *observation,
                                          struct update_piece *out)
{
    out->update = update_in(named_or_at(observation, "updateTitle", 0));
    out->says = UPDATE_SAYS_INSTALLED;
    return "";
}

static const char *judge_update_failed(const struct observation *observation,
                                       struct update_piece *out)
{
    out->update = update_in(named_or_at(observation, "updateTitle", 1));
    return "the installation failed";
}

static const char *judge_package_change(const struct observation *observation,
                                        struct update_piece *out)
{
    out->update = update_in(observation_named(observation, "PackageIdentifier"));
    return "no state was reached";
}

/* Newer systems give the state's word in IntendedPackageStateTextized, older ones in
 * IntendedPackageState. */
static const char *judge_package_reached(const struct observation *observation,
                                         struct update_piece *out)
{
    const char *state = observation_named(observation, "IntendedPackageStateTextized");
    const char *error = observation_named(observation, "ErrorCode");
    uint32_t code;

    if (state == NULL)
        state = observation_named(observation, "IntendedPackageState");
    out->update = update_in(observation_named(observation, "PackageIdentifier"));
    if (error == NULL || !code_parse(error, &code) || code != 0)
        return "with an error, or without a readable code";
    if (state != NULL && text_equal_ascii(state, "Installed"))
        out->says = UPDATE_SAYS_INSTALLED;
    else if (state != NULL && text_equal_ascii(state, "Absent"))
        out->says = UPDATE_SAYS_ABSENT;
    else
        return "another state than Installed or Absent";
    return "";
}

typedef const char *judge_event(const struct observation *observation, struct update_piece *out);

static judge_event *choose_judge(enum event_use use)
{
    static judge_event *const judges[] = {
        [EVENT_USE_WAT_13] = judge_wat,
        [EVENT_USE_WAT_OTHER] = judge_wat,
        [EVENT_USE_UPDATE_INSTALLED] = judge_update_installed,
        [EVENT_USE_UPDATE_FAILED] = judge_update_failed,
        [EVENT_USE_PACKAGE_REACHED] = judge_package_reached,
        [EVENT_USE_PACKAGE_CHANGE] = judge_package_change,
        [EVENT_USE_CLOCK] = NULL, /* the last of them */
    };

    return judges[use];
}

bool update_piece_of_event(const struct observation *observation, struct update_piece *out)
{
    const struct incident_event *event =
        incident_find_event(observation->provider, observation->event_id);
    judge_event *judge = event != NULL ? choose_judge(event->use) : NULL;
    const char *detail;

    if (judge == NULL)
        return false;
    *out = (struct update_piece){
        .kind = provider_label(observation->provider),
        .number = observation->event_id,
        .unit = "event",
        .filetime = observation->event_filetime,
        .path = "",
    };
    detail = judge(observation, out);
    if (out->update == NULL)
        return false;
    out->detail = memory_copy_text(detail);
    return true;
}

/* ---- Findings ---- */

static bool entry_is_installed(const struct finding_entry *entry)
{
    return entry->state == PACKAGE_STATE_NOT_TOLD || entry->state == PACKAGE_STATE_INSTALLED;
}

void update_context_feed(struct update_context *context, const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_LISTING:
        if (finding->listing.announced_count > context->announced_count)
            context->announced_count = finding->listing.announced_count;
        break;
    case FINDING_ENTRY:
        if (finding->entry.update_id == UPDATE_ID_KB971033 && !entry_is_installed(&finding->entry))
            context->is_undecided = true;
        break;
    case FINDING_HISTORY_ROW:
        if (finding->history_row.update_id == UPDATE_ID_KB971033)
            context->history_rows++;
        break;
    case FINDING_HISTORY:
    case FINDING_LICENCE:
    case FINDING_SYSTEM:
        break;
    }
}

/* A row whose meaning is not known proves neither presence nor removal. */
static void judge_history_row(const struct finding *finding, struct update_piece *out)
{
    int64_t status = finding->history_row.status;
    int64_t mapped = finding->history_row.mapped_result;

    out->update = &incident_updates[finding->history_row.update_id];
    out->unit = "row";
    out->filetime = finding->filetime;
    if (status == FINDING_ABSENT || mapped == FINDING_ABSENT) {
        out->detail = memory_copy_text("its status or result cannot be read");
    } else if (status == HISTORY_STATUS_DONE && mapped >= 0) {
        out->says = UPDATE_SAYS_INSTALLED;
    } else if (status == HISTORY_STATUS_OTHER && mapped < 0) {
        out->detail = memory_format("a failed operation (0x%08" PRIX32 ")", (uint32_t)mapped);
    } else {
        out->detail = memory_format("Status %" PRId64 " with MappedResult 0x%08" PRIX32
                                    " proves neither presence nor removal",
                                    status, (uint32_t)mapped);
    }
}

/* No row is no evidence of absence: a history is begun anew by a common repair, and not all that
 * installs writes one. */
static void judge_history(const struct finding *finding, const struct update_context *context,
                          struct update_piece *out)
{
    const char *missing = finding->history.missing;
    uint64_t unreadable = finding->history.unreadable_count;
    struct text detail = {0};

    if (context->history_rows > 0 && *missing == '\0' && unreadable == 0)
        return;
    out->update = &incident_updates[UPDATE_ID_KB971033];
    out->filetime = finding->filetime;
    text_add_format(&detail, "%" PRIu64 " of %" PRIu64 " rows are of " INCIDENT_UPDATE,
                    context->history_rows, finding->history.row_count);
    if (unreadable > 0)
        text_add_format(&detail, ", %" PRIu64 " cannot be read", unreadable);
    if (*missing != '\0')
        text_add_format(&detail, ", rows may be missing: %s", missing);
    out->detail = text_take(&detail);
}

static void judge_entry(const struct finding_entry *entry, struct update_piece *out)
{
    out->update = &incident_updates[entry->update_id];
    out->with_collection = true;
    if (entry_is_installed(entry)) {
        out->says = UPDATE_SAYS_INSTALLED;
        if (*entry->date != '\0')
            out->detail = memory_format("it gives the date %s", entry->date);
    } else if (entry->state == PACKAGE_STATE_UNKNOWN) {
        out->detail = memory_format("its state is not known: %s", entry->state_text);
    } else {
        out->detail = memory_format("its state is %s", package_state_word(entry->state));
    }
}

/* A listing of updates can be seen to be cut when systeminfo announces more of them; packages are
 * counted otherwise. */
static void judge_listing(const struct finding *finding, const struct update_context *context,
                          struct update_piece *out)
{
    const char *incomplete = finding->listing.incomplete;
    uint64_t count = finding->listing.entry_count;
    bool is_of_packages = finding->origin == FINDING_ORIGIN_DISM;

    if (finding->listing.names_update)
        return;
    out->update = &incident_updates[UPDATE_ID_KB971033];
    out->with_collection = true;
    if (*incomplete != '\0') {
        out->detail = memory_format("not in it, but %s", incomplete);
    } else if (context->is_undecided) {
        out->detail = memory_copy_text("not in it, but another listing has it in a state between");
    } else if (!is_of_packages && context->announced_count > 0 &&
               count < (uint64_t)context->announced_count) {
        out->detail = memory_format("not in it, but systeminfo announces %" PRId64
                                    " updates and it has %" PRIu64,
                                    context->announced_count, count);
    } else {
        out->says = UPDATE_SAYS_ABSENT;
        out->detail = memory_format("not among its %" PRIu64 " %s%s", count,
                                    is_of_packages ? "package" : "update", text_plural(count));
    }
}

bool update_piece_of_finding(const struct finding *finding, const struct update_context *context,
                             struct update_piece *out)
{
    *out =
        (struct update_piece){.kind = finding_origin_word(finding->origin), .unit = "", .path = ""};
    switch (finding->kind) {
    case FINDING_HISTORY:
        judge_history(finding, context, out);
        break;
    case FINDING_HISTORY_ROW:
        judge_history_row(finding, out);
        break;
    case FINDING_LISTING:
        judge_listing(finding, context, out);
        break;
    case FINDING_ENTRY:
        judge_entry(&finding->entry, out);
        break;
    case FINDING_LICENCE:
    case FINDING_SYSTEM:
        break;
    }
    if (out->update == NULL) {
        update_piece_free_content(out);
        return false;
    }
    if (out->detail == NULL)
        out->detail = memory_copy_text("");
    return true;
}
