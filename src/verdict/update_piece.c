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
    out->update = &incident_updates[0];
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

/* The field as a count, 0 where it is none. */
static uint64_t count_in(const struct finding *finding, const char *name)
{
    uint64_t count = 0;

    text_parse_number(finding_value(finding, name), &count);
    return count;
}

/* Reads a signed decimal number of 32 bits; false for NULL, which is empty. */
static bool number_in(const struct finding *finding, const char *name, int64_t *out)
{
    const char *text = finding_value(finding, name);
    bool negative = *text == '-';
    uint64_t number;

    if (!text_parse_number(text + negative, &number) || number > UINT64_C(0x80000000))
        return false;
    *out = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool entry_is_of_kb971033(const struct finding *finding)
{
    return incident_names_kb971033(finding_value(finding, FIELD_UPDATE));
}

/* Listings of updates have no states: what is in them is installed. */
static bool entry_is_installed(const struct finding *finding)
{
    const char *state = finding_value(finding, FIELD_STATE);

    return *state == '\0' || strcmp(state, STATE_INSTALLED) == 0;
}

void update_context_feed(struct update_context *context, const struct finding *finding)
{
    if (finding->kind == FINDING_LISTING) {
        uint64_t announced = count_in(finding, FIELD_ANNOUNCED);

        if (announced > context->announced_count)
            context->announced_count = announced;
    } else if (finding->kind == FINDING_ENTRY) {
        context->is_undecided = context->is_undecided ||
                                (entry_is_of_kb971033(finding) && !entry_is_installed(finding));
    } else if (finding->kind == FINDING_HISTORY_ROW &&
               incident_names_kb971033(finding_value(finding, FIELD_TITLE))) {
        context->history_rows++;
    }
}

/* A row whose meaning is not known proves neither presence nor removal. */
static void judge_history_row(const struct finding *finding, struct update_piece *out)
{
    int64_t status, mapped;
    bool readable = number_in(finding, FIELD_STATUS, &status) &&
                    number_in(finding, FIELD_MAPPED_RESULT, &mapped);

    out->update = incident_find_update(finding_value(finding, FIELD_TITLE));
    out->unit = "row";
    out->filetime = finding->filetime;
    if (!readable) {
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
    const char *missing = finding_value(finding, FIELD_MISSING);
    uint64_t unreadable = count_in(finding, FIELD_UNREADABLE_ROWS);
    struct text detail = {0};

    if (context->history_rows > 0 && *missing == '\0' && unreadable == 0)
        return;
    out->update = &incident_updates[0];
    out->filetime = finding->filetime;
    text_add_format(&detail, "%" PRIu64 " of %s rows are of " INCIDENT_UPDATE,
                    context->history_rows, finding_value(finding, FIELD_ROWS));
    if (unreadable > 0)
        text_add_format(&detail, ", %" PRIu64 " cannot be read", unreadable);
    if (*missing != '\0')
        text_add_format(&detail, ", rows may be missing: %s", missing);
    out->detail = text_take(&detail);
}

static void judge_entry(const struct finding *finding, struct update_piece *out)
{
    const char *state = finding_value(finding, FIELD_STATE);
    const char *date = finding_value(finding, FIELD_DATE);

    out->update = incident_find_update(finding_value(finding, FIELD_UPDATE));
    out->with_collection = true;
    if (entry_is_installed(finding)) {
        out->says = UPDATE_SAYS_INSTALLED;
        if (*date != '\0')
            out->detail = memory_format("it gives the date %s", date);
    } else if (strcmp(state, STATE_UNKNOWN) == 0) {
        out->detail =
            memory_format("its state is not known: %s", finding_value(finding, FIELD_STATE_TEXT));
    } else {
        out->detail = memory_format("its state is %s", state);
    }
}

/* A listing of updates can be seen to be cut when systeminfo announces more of them; packages are
 * counted otherwise. */
static void judge_listing(const struct finding *finding, const struct update_context *context,
                          struct update_piece *out)
{
    const char *incomplete = finding_value(finding, FIELD_INCOMPLETE);
    uint64_t count = count_in(finding, FIELD_ENTRIES);
    bool is_of_packages = strcmp(finding->origin, ORIGIN_DISM) == 0;

    if (*finding_value(finding, FIELD_NAMES_UPDATE) != '\0')
        return;
    out->update = &incident_updates[0];
    out->with_collection = true;
    if (*incomplete != '\0') {
        out->detail = memory_format("not in it, but %s", incomplete);
    } else if (context->is_undecided) {
        out->detail = memory_copy_text("not in it, but another listing has it in a state between");
    } else if (!is_of_packages && count < context->announced_count) {
        out->detail = memory_format("not in it, but systeminfo announces %" PRIu64
                                    " updates and it has %" PRIu64,
                                    context->announced_count, count);
    } else {
        out->says = UPDATE_SAYS_ABSENT;
        out->detail = memory_format("not among its %" PRIu64 " %s%s", count,
                                    is_of_packages ? "package" : "update", text_plural(count));
    }
}

/* The origin as a constant: evidence keeps it longer than the finding lives. */
static const char *known_origin(const char *origin)
{
    static const char *const origins[] = {ORIGIN_DATASTORE, ORIGIN_WMIC,  ORIGIN_GET_HOTFIX,
                                          ORIGIN_DISM,      ORIGIN_SLMGR, ORIGIN_SYSTEMINFO};

    for (size_t index = 0; index < ARRAY_COUNT(origins); index++)
        if (strcmp(origins[index], origin) == 0)
            return origins[index];
    return "a listing";
}

bool update_piece_of_finding(const struct finding *finding, const struct update_context *context,
                             struct update_piece *out)
{
    *out = (struct update_piece){.kind = known_origin(finding->origin), .unit = "", .path = ""};
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
        judge_entry(finding, out);
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
