/* SPDX-License-Identifier: Apache-2.0 */
/* What findings say: of updates here (histories: FACTS-ese.md, "tbHistory"; listings: FACTS.md,
 * "Text listings"), of licence and system in the adapters of those. */
#include "verdict/item.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The words of tbHistory.Status that are known; 2 is a failure or an uninstallation. */
#define HISTORY_STATUS_DONE 1
#define HISTORY_STATUS_OTHER 2

/* Listings of updates have no states: what is in them is installed. */
static bool entry_is_installed(const struct finding_entry *entry)
{
    return entry->state == PACKAGE_STATE_NOT_TOLD || entry->state == PACKAGE_STATE_INSTALLED ||
           entry->state == PACKAGE_STATE_PERMANENT;
}

/* Of a package that is not there any more, hives can keep the key with the state `absent`: that is
 * as good as none. */
static bool entry_is_absent(const struct finding *finding)
{
    return finding->origin == FINDING_ORIGIN_SOFTWARE_HIVE &&
           finding->entry.state == PACKAGE_STATE_NOT_PRESENT;
}

/* Where a listing is. */
struct listing_place {
    char *path; /* owned */
    uint64_t place;
};

void finding_context_free_content(struct finding_context *context)
{
    for (size_t index = 0; index < context->naming_count; index++)
        free(context->naming[index].path);
    free(context->naming);
    *context = (struct finding_context){0};
}

static void add_naming(struct finding_context *context, const char *path, uint64_t place)
{
    context->naming = memory_grow(context->naming, context->naming_count, sizeof(*context->naming));
    context->naming[context->naming_count++] =
        (struct listing_place){memory_copy_text(path), place};
}

static bool is_naming(const struct finding_context *context, const char *path, uint64_t place)
{
    for (size_t index = 0; index < context->naming_count; index++)
        if (context->naming[index].place == place && strcmp(context->naming[index].path, path) == 0)
            return true;
    return false;
}

void finding_context_feed(struct finding_context *context, const struct finding *finding,
                          const char *path)
{
    switch (finding->kind) {
    case FINDING_LISTING:
        if (finding->listing.announced_count > context->announced_count)
            context->announced_count = finding->listing.announced_count;
        if (finding->listing.names_update)
            add_naming(context, path, finding->place);
        break;
    case FINDING_ENTRY:
        if (finding->entry.update_id == UPDATE_ID_KB971033 &&
            !entry_is_installed(&finding->entry) && !entry_is_absent(finding))
            context->is_undecided = true;
        break;
    case FINDING_HISTORY_ROW:
        if (finding->history_row.update_id == UPDATE_ID_KB971033 &&
            finding->origin == FINDING_ORIGIN_DATASTORE)
            context->history_rows++;
        break;
    case FINDING_HISTORY:
    case FINDING_LICENCE:
    case FINDING_SYSTEM:
    case FINDING_COMPUTER:
    case FINDING_VALIDATION:
    case FINDING_REMEDIATION:
        break;
    }
}

/* ---- Updates ---- */

/* Takes the detail. */
static void say_update(struct meaning *out, enum update_id update, enum update_says says,
                       char *detail)
{
    out->on_update = true;
    out->update = (struct update_item){.update = update, .says = says, .detail = detail};
}

/* A row whose meaning is not known proves neither presence nor removal. */
static void history_row_items(const struct finding_history_row *row, struct meaning *out)
{
    int64_t status = row->status;
    int64_t mapped = row->mapped_result;

    if (status == FINDING_ABSENT || mapped == FINDING_ABSENT)
        say_update(out, row->update_id, UPDATE_SAYS_NEITHER,
                   memory_copy_text("its status or result cannot be read"));
    else if (status == HISTORY_STATUS_DONE && mapped >= 0)
        say_update(out, row->update_id, UPDATE_SAYS_INSTALLED, NULL);
    else if (status == HISTORY_STATUS_OTHER && mapped < 0)
        say_update(out, row->update_id, UPDATE_SAYS_NEITHER,
                   memory_format("a failed operation (" CODE_FORMAT ")", (uint32_t)mapped));
    else
        say_update(out, row->update_id, UPDATE_SAYS_NEITHER,
                   memory_format("Status %" PRId64 " with MappedResult " CODE_FORMAT
                                 " proves neither presence nor removal",
                                 status, (uint32_t)mapped));
}

/* No row does not prove absence: a history is begun anew by a common repair, and not all that
 * installs writes one. */
static void history_items(const struct finding_history *history,
                          const struct finding_context *context, struct meaning *out)
{
    struct text detail = {0};

    if (context->history_rows > 0 && *history->missing == '\0' && history->unreadable_count == 0)
        return;
    text_add_format(&detail, "%" PRIu64 " of %" PRIu64 " rows are of " INCIDENT_UPDATE,
                    context->history_rows, history->row_count);
    if (history->unreadable_count > 0)
        text_add_format(&detail, ", %" PRIu64 " cannot be read", history->unreadable_count);
    if (*history->missing != '\0')
        text_add_format(&detail, ", rows may be missing: %s", history->missing);
    say_update(out, UPDATE_ID_KB971033, UPDATE_SAYS_NEITHER, text_take(&detail));
}

static void entry_items(const struct finding_entry *entry, struct meaning *out)
{
    if (entry_is_installed(entry))
        say_update(out, entry->update_id, UPDATE_SAYS_INSTALLED,
                   *entry->date != '\0' ? memory_format("it gives the date %s", entry->date)
                                        : NULL);
    else if (entry->state == PACKAGE_STATE_UNKNOWN && *entry->state_text == '\0')
        say_update(out, entry->update_id, UPDATE_SAYS_NEITHER,
                   memory_copy_text("it is known there, but its state is not told"));
    else if (entry->state == PACKAGE_STATE_UNKNOWN)
        say_update(out, entry->update_id, UPDATE_SAYS_NEITHER,
                   memory_format("its state is not known: %s", entry->state_text));
    else
        say_update(out, entry->update_id, UPDATE_SAYS_NEITHER,
                   memory_format("its state is %s", *entry->state_text != '\0'
                                                        ? entry->state_text
                                                        : package_state_word(entry->state)));
}

/* A listing of updates can be seen to be cut when systeminfo announces more of them; packages are
 * counted otherwise. */
static void listing_items(const struct finding *finding, const struct finding_context *context,
                          const char *path, struct meaning *out)
{
    const struct finding_listing *listing = &finding->listing;
    uint64_t count = listing->entry_count;
    bool is_of_packages =
        finding->origin == FINDING_ORIGIN_DISM || finding->origin == FINDING_ORIGIN_SOFTWARE_HIVE;
    enum update_says says = UPDATE_SAYS_NEITHER;
    char *detail;

    if (listing->names_update || is_naming(context, path, finding->place))
        return;
    if (*listing->incomplete != '\0') {
        detail = memory_format("not in it, but %s", listing->incomplete);
    } else if (context->is_undecided) {
        detail = memory_copy_text("not in it, but another listing has it in a state between");
    } else if (!is_of_packages && context->announced_count > 0 &&
               count < (uint64_t)context->announced_count) {
        detail = memory_format("not in it, but systeminfo announces %" PRId64
                               " updates and it has %" PRIu64,
                               context->announced_count, count);
    } else {
        says = UPDATE_SAYS_ABSENT;
        detail = memory_format("not among its %" PRIu64 " %s%s", count,
                               is_of_packages ? "package" : "update", text_plural(count));
    }
    say_update(out, UPDATE_ID_KB971033, says, detail);
}

/* The two parts that the update brings are registered with it, and not without it. */
static void validation_items(const struct finding_validation *validation, struct meaning *out)
{
    char *detail = NULL;

    switch (validation->update_parts) {
    case UPDATE_SAYS_INSTALLED:
        detail = memory_copy_text("its ActiveX and Admin Service are registered");
        break;
    case UPDATE_SAYS_ABSENT:
        detail = memory_copy_text("its ActiveX and Admin Service are not registered");
        break;
    case UPDATE_SAYS_NEITHER:
        detail = memory_copy_text("it does not say that both its parts are registered, or neither");
        break;
    }
    say_update(out, UPDATE_ID_KB971033, validation->update_parts, detail);
    out->validation_filetime = entry_day(validation->day);
    out->on_validation =
        validation->hr_online == (int64_t)INCIDENT_CODE_REFUSED && out->validation_filetime != 0;
}

/* ---- What our scripts wrote ---- */

static enum update_says update_said(enum script_says says)
{
    switch (says) {
    case SCRIPT_SAYS_REMOVED:
    case SCRIPT_SAYS_ABSENT:
        return UPDATE_SAYS_ABSENT;
    case SCRIPT_SAYS_INSTALLED:
        return UPDATE_SAYS_INSTALLED;
    case SCRIPT_SAYS_BEGUN:
    case SCRIPT_SAYS_REBUILT:
    case SCRIPT_SAYS_ACTIVATED:
    case SCRIPT_SAYS_PUT_BACK:
    case SCRIPT_SAYS_NOT_PUT_BACK:
    case SCRIPT_SAYS_ENDED:
        break;
    }
    return UPDATE_SAYS_NEITHER;
}

/* What is said without a time is evidence of nothing: it can be older than all else. */
static void script_items(const struct finding *finding, struct meaning *out)
{
    const struct finding_remediation *said = &finding->remediation;
    enum update_says update = update_said(said->says);

    out->on_script = true;
    out->script = (struct script_item){
        .says = said->says,
        .is_of_log = finding->origin == FINDING_ORIGIN_SCRIPT_LOG,
        .filetime = finding->filetime,
        .exit_status = said->exit_status,
        .script = memory_copy_text(said->script),
        .run = memory_copy_text(said->run),
    };
    if (!out->script.is_of_log || finding->filetime == 0 || update == UPDATE_SAYS_NEITHER)
        return;
    say_update(out, UPDATE_ID_KB971033, update,
               memory_format("%s: %s", said->script, script_says_word(said->says)));
    out->update.is_removal = said->says == SCRIPT_SAYS_REMOVED;
}

/* ---- By kind and origin ---- */

static enum evidence_kind evidence_kind_of(const struct finding *finding)
{
    switch (finding->origin) {
    case FINDING_ORIGIN_DATASTORE:
        return finding->kind == FINDING_HISTORY_ROW ? EVIDENCE_HISTORY_ROW : EVIDENCE_HISTORY;
    case FINDING_ORIGIN_WMIC:
        return EVIDENCE_WMIC;
    case FINDING_ORIGIN_GET_HOTFIX:
        return EVIDENCE_GET_HOTFIX;
    case FINDING_ORIGIN_DISM:
        return EVIDENCE_DISM;
    case FINDING_ORIGIN_SLMGR:
        return EVIDENCE_SLMGR;
    case FINDING_ORIGIN_SYSTEMINFO:
        return EVIDENCE_SYSTEMINFO;
    case FINDING_ORIGIN_LICENSING_PRODUCT:
        return EVIDENCE_LICENSING_PRODUCT;
    case FINDING_ORIGIN_MGADIAG:
        return EVIDENCE_MGADIAG;
    case FINDING_ORIGIN_REPORTING_EVENTS:
        return EVIDENCE_REPORTING_EVENTS;
    case FINDING_ORIGIN_SCRIPT_LOG:
    case FINDING_ORIGIN_SCRIPT_VALUES:
        return EVIDENCE_SCRIPT;
    case FINDING_ORIGIN_SOFTWARE_HIVE:
    case FINDING_ORIGIN_SYSTEM_HIVE:
        return EVIDENCE_HIVE;
    case FINDING_ORIGIN_CLIENT_INFO: /* it is evidence of nothing but whose the others are */
        break;
    }
    return EVIDENCE_HISTORY;
}

void meaning_of_finding(const struct finding *finding, const struct finding_context *context,
                        const char *path, struct meaning *out)
{
    *out = (struct meaning){
        .origin = {.kind = evidence_kind_of(finding), .with_collection = true, .path = path}};
    switch (finding->kind) {
    case FINDING_HISTORY:
    case FINDING_HISTORY_ROW:
        out->origin.with_collection = false;
        out->origin.filetime = finding->filetime;
        if (finding->kind == FINDING_HISTORY)
            history_items(&finding->history, context, out);
        else
            history_row_items(&finding->history_row, out);
        break;
    case FINDING_LISTING:
        listing_items(finding, context, path, out);
        break;
    case FINDING_ENTRY:
        entry_items(&finding->entry, out);
        break;
    case FINDING_LICENCE:
        slmgr_items(&finding->licence, out);
        break;
    case FINDING_SYSTEM:
        system_items(&finding->system, out);
        break;
    case FINDING_COMPUTER: /* it says whose the others are (src/identity) */
        break;
    case FINDING_VALIDATION:
        validation_items(&finding->validation, out);
        break;
    case FINDING_REMEDIATION:
        out->origin.with_collection = false;
        out->origin.filetime = finding->filetime;
        script_items(finding, out);
        break;
    }
}
