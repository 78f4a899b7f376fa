/* SPDX-License-Identifier: Apache-2.0 */
/* finding: one thing that a source without events says of a machine: a row of an update history,
 * an entry of a listing, or what history or listing are as a whole. Like an observation it is
 * handed on by readers and kept by the case as it was read; what it proves, the verdict judges.
 * Open data: whoever made a finding owns what it points to; a receiver borrows it for the call.
 * Texts are never NULL, and empty where the source has none. */
#ifndef SPPTRIAGE_MODEL_FINDING_H
#define SPPTRIAGE_MODEL_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lookup.h"
#include "model/incident.h"
#include "model/words.h"

/* enumerator, word of the case, name in the union of struct finding */
#define FINDING_KINDS(ROW)                                                                         \
    ROW(FINDING_HISTORY, "history", history) /* an update history as a whole */                    \
    /* a row of it that names an update of the incident's table (incident.h) */                    \
    ROW(FINDING_HISTORY_ROW, "history-row", history_row)                                           \
    /* a listing of updates or packages as a whole; one a host of it, behind its entries */        \
    ROW(FINDING_LISTING, "listing", listing)                                                       \
    ROW(FINDING_ENTRY, "entry", entry) /* an entry of it that names an update of the table */      \
    /* what a listing says of a Windows licence: one with a product key, or one that was asked for \
     */                                                                                            \
    ROW(FINDING_LICENCE, "licence", licence)                                                       \
    ROW(FINDING_SYSTEM, "system", system) /* what a listing or a hive says of the system */        \
    /* names the machine of the folder tree that its source lies in (DESIGN section 3) */          \
    ROW(FINDING_COMPUTER, "computer", computer)                                                    \
    /* what MGADiag says of the last genuine validation, and of the update's parts */              \
    ROW(FINDING_VALIDATION, "validation", validation)                                              \
    /* what our own scripts wrote down of a run of theirs */                                       \
    ROW(FINDING_REMEDIATION, "remediation", remediation)

enum finding_kind { FINDING_KINDS(WORDS_ENUMERATOR) };
enum { FINDING_KIND_COUNT = 0 FINDING_KINDS(WORDS_ONE) };
extern const struct word_set finding_kind_words;
const char *finding_kind_word(enum finding_kind kind);

/* What a finding is of; enumerator, word of reports and case */
#define FINDING_ORIGINS(ROW)                                                               \
    ROW(FINDING_ORIGIN_DATASTORE, "DataStore.edb")                                         \
    ROW(FINDING_ORIGIN_WMIC, "wmic qfe")                                                   \
    ROW(FINDING_ORIGIN_GET_HOTFIX, "Get-HotFix")                                           \
    ROW(FINDING_ORIGIN_DISM, "dism")                                                       \
    ROW(FINDING_ORIGIN_SLMGR, "slmgr")                                                     \
    ROW(FINDING_ORIGIN_SYSTEMINFO, "systeminfo")                                           \
    /* Get-CimInstance, Get-WmiObject, wmic path */                                        \
    ROW(FINDING_ORIGIN_LICENSING_PRODUCT, "SoftwareLicensingProduct")                      \
    ROW(FINDING_ORIGIN_MGADIAG, "MGADiag")                                                 \
    ROW(FINDING_ORIGIN_REPORTING_EVENTS, "ReportingEvents.log")                            \
    ROW(FINDING_ORIGIN_SCRIPT_LOG, "spptriage-remediation.log")                            \
    ROW(FINDING_ORIGIN_SCRIPT_VALUES, "spptriage.txt") /* of the registry: the last run */ \
    ROW(FINDING_ORIGIN_SOFTWARE_HIVE, "SOFTWARE hive")                                     \
    ROW(FINDING_ORIGIN_SYSTEM_HIVE, "SYSTEM hive")                                         \
    ROW(FINDING_ORIGIN_CLIENT_INFO, "client_info.json")

enum finding_origin { FINDING_ORIGINS(WORDS_ENUMERATOR) };
enum { FINDING_ORIGIN_COUNT = 0 FINDING_ORIGINS(WORDS_ONE) };
extern const struct word_set finding_origin_words;
const char *finding_origin_word(enum finding_origin origin);

/* ---- What each kind says ---- */

/* A number that the source has not, or has as NULL. */
#define FINDING_ABSENT MEMBER_ABSENT

struct finding_history {
    uint64_t row_count;        /* readable or not */
    uint64_t unreadable_count; /* rows without a title that can be read: NULL, damaged, ... */
    const char *missing; /* empty, or why rows may be missing, for a person: a "; " list (dirty,
                          * cut, damaged) */
};

/* Under the names of its columns. The numbers are of 32 bits, with a sign. A row of
 * ReportingEvents.log is told in the same words. */
struct finding_history_row {
    int64_t status;
    int64_t mapped_result;
    int64_t unmapped_result;
    int64_t server_selection;
    enum update_id update_id; /* that the title names */
    const char *client_id;
    const char *title;
    uint64_t offset_bytes;     /* of the row in its source */
    const char *other_reading; /* of a conflict: the columns that the second reader reads
                                * differently, as it reads them, for a person; else empty */
};

struct finding_listing {
    const char
        *newest_date;     /* of installation of its entries of any kind, as it has it; or empty */
    uint64_t entry_count; /* updates or packages, each counted once */
    int64_t announced_count; /* as many as it says it has (systeminfo), less those that it has more
                              * than once; or FINDING_ABSENT */
    bool names_update;       /* an entry of any state names the update of the incident */
    const char *incomplete;  /* empty, or why it proves no absence, for a person: "it is cut: its
                              * last line does not end" */
};

/* enumerator, word: as dism has it in English */
#define PACKAGE_STATES(ROW)                                                                    \
    ROW(PACKAGE_STATE_NOT_TOLD, "") /* the listing has none: all that is in it is installed */ \
    ROW(PACKAGE_STATE_INSTALLED, "Installed")                                                  \
    ROW(PACKAGE_STATE_UNINSTALL_PENDING, "Uninstall Pending")                                  \
    ROW(PACKAGE_STATE_INSTALL_PENDING, "Install Pending")                                      \
    ROW(PACKAGE_STATE_STAGED, "Staged")                                                        \
    ROW(PACKAGE_STATE_SUPERSEDED, "Superseded")                                                \
    ROW(PACKAGE_STATE_NOT_PRESENT, "Not Present")                                              \
    ROW(PACKAGE_STATE_UNKNOWN, "unknown")       /* a word that is not known */                 \
    ROW(PACKAGE_STATE_PERMANENT, "Permanent")   /* installed, and cannot be removed */         \
    ROW(PACKAGE_STATE_ON_THE_WAY, "on the way") /* resolving to partially installed */

enum package_state { PACKAGE_STATES(WORDS_ENUMERATOR) };
enum { PACKAGE_STATE_COUNT = 0 PACKAGE_STATES(WORDS_ONE) };
extern const struct word_set package_state_words;
const char *package_state_word(enum package_state state);

struct finding_entry {
    enum update_id update_id; /* that it names */
    const char *name;         /* in the listing */
    enum package_state state;
    const char *state_text; /* as the listing has it */
    const char *date;       /* of installation, as the listing has it */
};

/* GUIDs are in lower case without braces. */
struct finding_licence {
    const char *name;
    const char *description;
    const char *activation_id;
    const char *application_id;
    const char *partial_product_key; /* what is shown of the key */
    enum licensing_status status;    /* by its word in English, its number, or a reason */
    const char *license_status;      /* this and the next as the listing has them */
    const char *notification_reason;
    int64_t notification_code; /* 32 bits: that in the reason, or FINDING_ABSENT */
};

struct finding_system {
    const char *os_name;           /* "Microsoft Windows 7 Enterprise" */
    const char *os_version;        /* "6.1.7601 Service Pack 1 Build 7601" */
    const char *product_id;        /* "00392-918-5000002-85123" */
    const char *edition_id;        /* of the registry: "ProfessionalN" */
    const char *installation_type; /* the same: "Client" or "Server" */
};

/* The finding's host is its full name. */
struct finding_computer {
    const char *name;
    const char *netbios_name; /* which is cut off after 15 characters */
    const char *domain;       /* of the DNS */
};

/* The codes are of 32 bits, or FINDING_ABSENT. */
struct finding_validation {
    int64_t hr_offline;
    int64_t hr_online;
    const char *day;               /* "2019-01-08": in local time, so no more than that counts */
    enum update_says update_parts; /* installed where they are registered, absent where not */
};

/* What a run of a script says; enumerator, word */
#define SCRIPT_SAYINGS(ROW)                                                                     \
    ROW(SCRIPT_SAYS_BEGUN, "begun")     /* it was at work */                                    \
    ROW(SCRIPT_SAYS_REMOVED, "removed") /* the update, seen gone or going with the restart */   \
    ROW(SCRIPT_SAYS_ABSENT, "absent")   /* the update is not there */                           \
    ROW(SCRIPT_SAYS_INSTALLED, "still installed") /* the update, after it tried */              \
    ROW(SCRIPT_SAYS_REBUILT, "rebuilt")           /* the token store was made anew, and kept */ \
    ROW(SCRIPT_SAYS_ACTIVATED, "activated")       /* LicenseStatus was seen to be 1 */          \
    ROW(SCRIPT_SAYS_PUT_BACK, "put back")         /* all that it had set aside */               \
    ROW(SCRIPT_SAYS_NOT_PUT_BACK, "not all put back")                                           \
    ROW(SCRIPT_SAYS_ENDED, "ended")

enum script_says { SCRIPT_SAYINGS(WORDS_ENUMERATOR) };
enum { SCRIPT_SAYS_COUNT = 0 SCRIPT_SAYINGS(WORDS_ONE) };
extern const struct word_set script_says_words;
const char *script_says_word(enum script_says says);

/* Of one line of a log: what it says, and of which run. */
struct finding_remediation {
    enum script_says says;
    const char *script;  /* its name without extension: "2-rebuild-enterprise" */
    const char *run;     /* by which its lines know each other: "20190120T100000Z-12345" */
    int64_t exit_status; /* of one that ended: 32 bits, with a sign; else FINDING_ABSENT */
};

/* ---- The finding ---- */

struct finding {
    enum finding_kind kind;
    enum finding_origin origin;
    const char *host;  /* the machine's name as the source itself gives it, or "" */
    uint64_t place;    /* in the source: the line of a text from 1, the IdEvent of a row; or 0 */
    uint64_t filetime; /* of a history row, of the newest row of a history, and of what a script
                        * wrote; 0 where it has none that can be read. Of a hive its last write: it
                        * was taken then at the latest. 0 for listings: they are of the time of
                        * collection */
    enum verified verified; /* what the second reader says of it */
    union {                 /* by its kind */
#define FINDING_MEMBER(kind, word, name) struct finding_##name name;
        FINDING_KINDS(FINDING_MEMBER)
    };
};

/* A finding that says nothing yet: its texts are empty, its numbers absent or 0, its status is not
 * told. */
struct finding finding_of(enum finding_kind kind, enum finding_origin origin);

/* Returns a copy whose texts are owned, to be freed with the next one. */
struct finding finding_copy(const struct finding *finding);
void finding_free_copy(struct finding *copy);

/* The day on which an entry of a listing was installed, as a FILETIME, by its date as the listing
 * has it: `1/20/2019`, `20.01.2019`, `2019-01-20`; of a day and a month that could be exchanged the
 * earlier day. 0 where there is none that can be read. */
uint64_t entry_day(const char *date);

/* What the struct of each kind consists of. */
extern const struct members finding_members[FINDING_KIND_COUNT];

/* Where the struct of its kind lies: what the members are of. */
static inline void *finding_content(const struct finding *finding)
{
    return (void *)&finding->history;
}

#endif
