/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

static const char *const origins[] = {
    [FINDING_ORIGIN_DATASTORE] = "DataStore.edb",
    [FINDING_ORIGIN_WMIC] = "wmic qfe",
    [FINDING_ORIGIN_GET_HOTFIX] = "Get-HotFix",
    [FINDING_ORIGIN_DISM] = "dism",
    [FINDING_ORIGIN_SLMGR] = "slmgr",
    [FINDING_ORIGIN_SYSTEMINFO] = "systeminfo",
};
_Static_assert(ARRAY_COUNT(origins) == FINDING_ORIGIN_COUNT, "an origin has no word");
const struct word_table finding_origin_words = WORDS_OF_LIST(origins);

static const char *const package_states[] = {
    [PACKAGE_STATE_NOT_TOLD] = "",
    [PACKAGE_STATE_INSTALLED] = "Installed",
    [PACKAGE_STATE_UNINSTALL_PENDING] = "Uninstall Pending",
    [PACKAGE_STATE_INSTALL_PENDING] = "Install Pending",
    [PACKAGE_STATE_STAGED] = "Staged",
    [PACKAGE_STATE_SUPERSEDED] = "Superseded",
    [PACKAGE_STATE_NOT_PRESENT] = "Not Present",
    [PACKAGE_STATE_UNKNOWN] = "unknown",
};
_Static_assert(ARRAY_COUNT(package_states) == PACKAGE_STATE_COUNT, "a state has no word");
const struct word_table package_state_words = WORDS_OF_LIST(package_states);

/* ---- What the kinds consist of ---- */

/* A number of 32 bits in a row of a database. */
#define MEMBER_INT32(owner, member) MEMBER(owner, member), .least = INT32_MIN, .greatest = INT32_MAX

static const struct member history_members[] = {
    {MEMBER(struct finding_history, row_count)},
    {MEMBER(struct finding_history, unreadable_count)},
    {MEMBER(struct finding_history, missing)},
};

static const struct member history_row_members[] = {
    {MEMBER_INT32(struct finding_history_row, status)},
    {MEMBER_INT32(struct finding_history_row, mapped_result)},
    {MEMBER_INT32(struct finding_history_row, unmapped_result)},
    {MEMBER_INT32(struct finding_history_row, server_selection)},
    {MEMBER(struct finding_history_row, update_id), .words = &update_id_words},
    {MEMBER(struct finding_history_row, client_id)},
    {MEMBER(struct finding_history_row, title)},
};

static const struct member listing_members[] = {
    {MEMBER(struct finding_listing, entry_count)},
    {MEMBER(struct finding_listing, announced_count), .greatest = INT32_MAX},
    {MEMBER(struct finding_listing, names_update)},
    {MEMBER(struct finding_listing, incomplete)},
};

static const struct member entry_members[] = {
    {MEMBER(struct finding_entry, update_id), .words = &update_id_words},
    {MEMBER(struct finding_entry, name)},
    {MEMBER(struct finding_entry, state), .words = &package_state_words},
    {MEMBER(struct finding_entry, state_text)},
    {MEMBER(struct finding_entry, date)},
};

static const struct member licence_members[] = {
    {MEMBER(struct finding_licence, name)},
    {MEMBER(struct finding_licence, description)},
    {MEMBER(struct finding_licence, activation_id)},
    {MEMBER(struct finding_licence, application_id)},
    {MEMBER(struct finding_licence, partial_product_key)},
    {MEMBER(struct finding_licence, license_status)},
    {MEMBER(struct finding_licence, notification_reason)},
    {MEMBER(struct finding_licence, notification_code), .greatest = UINT32_MAX},
};

static const struct member system_members[] = {
    {MEMBER(struct finding_system, os_name)},
    {MEMBER(struct finding_system, os_version)},
};

#define KIND(its_word, its_members)                                                            \
    {                                                                                          \
        .word = (its_word), .members = (its_members), .member_count = ARRAY_COUNT(its_members) \
    }

const struct finding_kind_row finding_kinds[] = {
    [FINDING_HISTORY] = KIND("history", history_members),
    [FINDING_HISTORY_ROW] = KIND("history-row", history_row_members),
    [FINDING_LISTING] = KIND("listing", listing_members),
    [FINDING_ENTRY] = KIND("entry", entry_members),
    [FINDING_LICENCE] = KIND("licence", licence_members),
    [FINDING_SYSTEM] = KIND("system", system_members),
};
_Static_assert(ARRAY_COUNT(finding_kinds) == FINDING_KIND_COUNT, "a kind has no row");
const struct word_table finding_kind_words = WORDS_OF_ROWS(finding_kinds, word);

/* ---- Findings ---- */

struct finding finding_of(enum finding_kind kind, enum finding_origin origin)
{
    const struct finding_kind_row *row = &finding_kinds[kind];
    struct finding finding = {.kind = kind, .origin = origin, .host = ""};

    for (size_t index = 0; index < row->member_count; index++) {
        void *member = member_at(&row->members[index], finding_content(&finding));

        if (row->members[index].type == MEMBER_TEXT)
            *(const char **)member = "";
        else if (row->members[index].type == MEMBER_NUMBER)
            *(int64_t *)member = MEMBER_ABSENT;
    }
    return finding;
}
