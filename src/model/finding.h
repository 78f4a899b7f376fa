/* SPDX-License-Identifier: Apache-2.0 */
/* finding: one thing that a source without events says of a machine: a row of an update history,
 * an entry of a listing, or what history or listing are as a whole. Like an observation it is
 * handed on by readers and kept by the case as it was read; what it proves, the verdict judges.
 * Open data: whoever made a finding owns what it points to; a receiver borrows it for the call. */
#ifndef SPPTRIAGE_MODEL_FINDING_H
#define SPPTRIAGE_MODEL_FINDING_H

#include <stddef.h>
#include <stdint.h>

enum finding_kind {
    FINDING_HISTORY,     /* an update history as a whole */
    FINDING_HISTORY_ROW, /* a row of it that names an update of the table (incident.h) */
    FINDING_LISTING,     /* a listing of updates or packages as a whole; one a host of it, behind
                          * its entries */
    FINDING_ENTRY,       /* an entry of it that names an update of the table */
    FINDING_LICENCE,     /* what slmgr says of a Windows licence that has a product key */
    FINDING_SYSTEM,      /* what systeminfo says of the system */
};

/* The words of the case: history, history-row, listing, entry, licence, system. */
const char *finding_kind_name(enum finding_kind kind);

struct finding_field {
    const char *name;  /* one of FIELD_..., below */
    const char *value; /* UTF-8; "" where it is empty or NULL */
};

struct finding {
    enum finding_kind kind;
    const char *origin; /* what it is of, as reports call it: one of ORIGIN_..., below */
    const char *host;   /* the machine's name as the source itself gives it, or "" */
    uint64_t place;    /* in the source: the line of a listing from 1, the IdEvent of a row; or 0 */
    uint64_t filetime; /* of a history row, and of the newest row of a history; 0 where it has none
                        * that can be read. 0 for listings: they are of the time of collection */
    const struct finding_field *fields;
    size_t field_count;
};

/* The value of that name, "" where the finding has no such field. Borrowed. */
const char *finding_value(const struct finding *finding, const char *name);

#define ORIGIN_DATASTORE "DataStore.edb"
#define ORIGIN_WMIC "wmic qfe"
#define ORIGIN_GET_HOTFIX "Get-HotFix"
#define ORIGIN_DISM "dism"
#define ORIGIN_SLMGR "slmgr"
#define ORIGIN_SYSTEMINFO "systeminfo"

/* Of a history: how many rows it has, readable or not, and how many of them have no title that can
 * be read: NULL, a long value, damaged. Empty, or why rows may be missing from it, for a person: a
 * "; " list (dirty, cut, damaged). */
#define FIELD_ROWS "Rows"
#define FIELD_UNREADABLE_ROWS "UnreadableRows"
#define FIELD_MISSING "Missing"

/* Of a history row, under the names of its columns: signed decimal numbers, empty for NULL. */
#define FIELD_STATUS "Status"
#define FIELD_MAPPED_RESULT "MappedResult"
#define FIELD_UNMAPPED_RESULT "UnmappedResult"
#define FIELD_SERVER_SELECTION "ServerSelection"
#define FIELD_CLIENT_ID "ClientId"
#define FIELD_TITLE "Title"

/* Of a listing: how many updates or packages it has, each counted once; how many it announces
 * itself (systeminfo), less those it has more than once, else empty; the update of the incident
 * when an entry of any state names it, else empty; and empty, or why it proves no absence, for a
 * person: "it is cut: its last line does not end". */
#define FIELD_ENTRIES "Entries"
#define FIELD_ANNOUNCED "Announced"
#define FIELD_NAMES_UPDATE "NamesUpdate"
#define FIELD_INCOMPLETE "Incomplete"

/* Of an entry: the update it names, as the table has it ("KB971033"); its name in the listing; its
 * state as a word below, empty where the listing has no states (all are installed) and
 * STATE_UNKNOWN for words that are not known, and the state as the listing has it; the date of
 * installation as the listing has it, or empty. */
#define FIELD_UPDATE "Update"
#define FIELD_NAME "Name"
#define FIELD_STATE "State"
#define FIELD_STATE_TEXT "StateText"
#define FIELD_DATE "Date"
#define STATE_INSTALLED "Installed"
#define STATE_UNINSTALL_PENDING "Uninstall Pending"
#define STATE_INSTALL_PENDING "Install Pending"
#define STATE_STAGED "Staged"
#define STATE_SUPERSEDED "Superseded"
#define STATE_NOT_PRESENT "Not Present"
#define STATE_UNKNOWN "unknown"

/* Of a licence, beside FIELD_NAME: GUIDs in lower case without braces; the product description; the
 * part of the key that slmgr shows; the status and the reason as the listing has them; and the code
 * in the reason as `0x%08X`. Each is empty where the listing has none. */
#define FIELD_ACTIVATION_ID "ActivationId"
#define FIELD_APPLICATION_ID "ApplicationId"
#define FIELD_DESCRIPTION "Description"
#define FIELD_PARTIAL_KEY "PartialProductKey"
#define FIELD_LICENCE_STATUS "LicenseStatus"
#define FIELD_REASON "NotificationReason"
#define FIELD_REASON_CODE "NotificationCode"

/* Of a system, as systeminfo has them: "Microsoft Windows 7 Enterprise", "6.1.7601 Service Pack 1
 * Build 7601". */
#define FIELD_OS_NAME "OSName"
#define FIELD_OS_VERSION "OSVersion"

#endif
