/* SPDX-License-Identifier: Apache-2.0 */
/* incident: the facts of the incident of 8/9 January 2019 as data: the window, the codes, the
 * events that matter, the editions with their keys, the update and its package. Facts are from
 * Microsoft KB 4487266, the message table of sppsvc.exe and the public activation id tables
 * (FACTS.md). Owns nothing; everything it hands out is constant. */
#ifndef SPPTRIAGE_MODEL_INCIDENT_H
#define SPPTRIAGE_MODEL_INCIDENT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/observation.h"
#include "model/words.h"

/* A span of time, both ends included, as FILETIMEs. */
struct window {
    uint64_t start_filetime;
    uint64_t end_filetime;
};

/* 2019-01-08T10:00:00Z to 2019-01-09T04:30:00Z (KB 4487266). */
extern const struct window incident_window;

/* Does the time lie in the window, ends included? 0, which means no time, never does. */
bool window_contains(const struct window *window, uint64_t filetime);

/* Providers, application and template ids, update and package names. */
#define INCIDENT_PROVIDER_SPP "Microsoft-Windows-Security-SPP"
/* The same before Windows 7: of hosts, KMS hosts among them, not of their clients. */
#define INCIDENT_PROVIDER_SLC "Microsoft-Windows-Security-Licensing-SLC"
#define INCIDENT_PROVIDER_WAT "Windows Activation Technologies"
#define INCIDENT_PROVIDER_UPDATE_CLIENT "Microsoft-Windows-WindowsUpdateClient"
#define INCIDENT_PROVIDER_SERVICING "Microsoft-Windows-Servicing"
#define INCIDENT_PROVIDER_EVENTLOG "EventLog"
#define INCIDENT_PROVIDER_KERNEL "Microsoft-Windows-Kernel-General"
#define INCIDENT_WINDOWS_APPLICATION_ID "55c92734-d682-4d71-983e-d6ec3f16059f"
#define INCIDENT_WINDOWS7_TEMPLATE_ID "66c92734-d682-4d71-983e-d6ec3f16059f"
#define INCIDENT_UPDATE "KB971033"
/* The name of its package; token, architecture and version follow, each after a tilde. */
#define INCIDENT_PACKAGE_NAME "Microsoft-Windows-Security-WindowsActivationTechnologies-Package"
/* What it is a part of; the same follows. */
#define INCIDENT_UPDATE_PACKAGE_NAME "Package_for_" INCIDENT_UPDATE
/* Licences of all volume editions of Windows 7, whose activation ids the scripts have to know. */
#define INCIDENT_MAK_ID "9abf5984-9c16-46f2-ad1e-7fe15931a8dd"
#define INCIDENT_KMS_HOST_ID "d188820a-cb63-4bad-a9a2-40b843ee23b7"

#define INCIDENT_CODE_REFUSED UINT32_C(0xC004C4A2)     /* of the validation server */
#define INCIDENT_CODE_NO_KMS UINT32_C(0xC004F074)      /* no KMS could be contacted */
#define INCIDENT_CODE_NON_GENUINE UINT32_C(0xC004F200) /* non-genuine */

/* How a code is written wherever it is (DESIGN section 7). */
#define CODE_FORMAT "0x%08" PRIX32

/* A refusal is a code 0xC004xxxx, but that no KMS could be contacted: the licensing side answered
 * no. Any other code but 0 is a failure to ask (DESIGN section 1). */
bool incident_is_refusal(uint32_t code);

/* A code that says that Windows is not genuine (DESIGN section 1). */
bool incident_is_non_genuine(uint32_t code);

/* What a code means in a few words, or NULL for a code the table does not have. */
const char *incident_code_meaning(uint32_t code);

/* Reads a code as the events write it: `0xC004F200`, `hr=0xC004F200`, blanks around. */
bool code_parse(const char *text, uint32_t *out);

/* What an event of the table is for. Which role one event then has, the verdict judges by its
 * strings (src/verdict/signal.h). Enumerator, whether an observation of it can be a signal or a
 * recovery (DESIGN section 6): those are read by both readers. */
#define EVENT_USES(ROW)                                                           \
    ROW(EVENT_USE_SPP_8196, true)                                                 \
    ROW(EVENT_USE_SPP_8208, true)                                                 \
    ROW(EVENT_USE_SPP_8209, true)                                                 \
    ROW(EVENT_USE_SPP_FAULT, false)           /* 8193, 8194, 8195 */              \
    ROW(EVENT_USE_SPP_CODE, true)             /* 1014, 8198, 8200: by its code */ \
    ROW(EVENT_USE_SPP_TAMPERED, false)        /* 1022, 1064 */                    \
    ROW(EVENT_USE_SPP_RESET, false)           /* 8205, 8206, 12306 */             \
    ROW(EVENT_USE_KEY_INSTALLED, false)       /* 1016 */                          \
    ROW(EVENT_USE_SPP_TICKET_ACQUIRED, false) /* 12304 */                         \
    ROW(EVENT_USE_SPP_GENUINE, true)          /* 12305 */                         \
    ROW(EVENT_USE_KMS_REQUEST, true)          /* 12288 */                         \
    ROW(EVENT_USE_KMS_ANSWER, true)           /* 12289 */                         \
    ROW(EVENT_USE_KMS_SEEN, true)             /* 12290 */                         \
    ROW(EVENT_USE_LICENCES, true)             /* 1003 */                          \
    ROW(EVENT_USE_WAT_13, true)                                                   \
    ROW(EVENT_USE_WAT_OTHER, false)                                               \
    ROW(EVENT_USE_UPDATE_INSTALLED, false) /* WindowsUpdateClient 19 */           \
    ROW(EVENT_USE_UPDATE_FAILED, false)    /* WindowsUpdateClient 20 */           \
    ROW(EVENT_USE_PACKAGE_REACHED, false)  /* Servicing 2 */                      \
    ROW(EVENT_USE_PACKAGE_CHANGE, false)   /* Servicing 1, 3, 4 */                \
    ROW(EVENT_USE_OS_VERSION, false)       /* EventLog 6009 */                    \
    ROW(EVENT_USE_CLOCK, false)            /* Kernel-General 1 */

enum event_use { EVENT_USES(WORDS_ENUMERATOR) };
enum { EVENT_USE_COUNT = 0 EVENT_USES(WORDS_ONE) };

/* Which observations of an event the case keeps (DESIGN section 5). */
enum event_keep {
    EVENT_KEEP_ALL,
    EVENT_KEEP_NAMED_UPDATES,  /* those that name one of the three updates */
    EVENT_KEEP_CLOCK_STEPS,    /* those that count for the column `clock` */
    EVENT_KEEP_FIRST_AND_LAST, /* of those in a row that say the same (model/licences.h) */
};

#define EVENT_ANY_ID (-1)

struct incident_event {
    const char *provider;
    int32_t event_id; /* or EVENT_ANY_ID, after the rows that name one */
    enum event_use use;
    enum event_keep keep;
    const char *summary; /* the event in a few words, for the timeline */
};

/* A provider with its rows of the event table. */
struct incident_provider {
    const char *name;
    const struct incident_event *events;
    size_t event_count;
};
extern const struct incident_provider incident_providers[];
extern const size_t incident_provider_count;

/* The row for this event id of the provider, or NULL: not of interest. */
const struct incident_event *incident_provider_event(const struct incident_provider *provider,
                                                     uint16_t event_id);

/* The row of the event table for this provider (exact) and id, or NULL: not of interest. */
const struct incident_event *incident_find_event(const char *provider, uint16_t event_id);

/* Does the case keep this observation, going by its own content? (EVENT_KEEP_FIRST_AND_LAST
 * passes here; the case sees to it.) `event` is the observation's row. */
bool incident_keeps(const struct incident_event *event, const struct observation *observation,
                    const struct window *window);

/* Reads NewTime and OldTime of a Kernel-General 1 and answers whether it is a step back of more
 * than five minutes whose old or new time lies in the window, or that jumps over it. */
bool incident_is_clock_change(const struct observation *observation, const struct window *window);

/* Can an observation of this row be a signal or a recovery? */
bool incident_may_decide(const struct incident_event *event);

/* The updates of the day: the one the incident turns on, and the two unrelated ones. */
/* enumerator, name, the part of its package's name that no other has (or NULL), whether it came out
 * the same day and is unrelated (KB 4487266) */
#define UPDATES(ROW)                                                                 \
    ROW(UPDATE_ID_KB971033, INCIDENT_UPDATE, "WindowsActivationTechnologies", false) \
    ROW(UPDATE_ID_KB4480960, "KB4480960", NULL, true)                                \
    ROW(UPDATE_ID_KB4480970, "KB4480970", NULL, true)

enum update_id { UPDATES(WORDS_ENUMERATOR) };
enum { UPDATE_ID_COUNT = 0 UPDATES(WORDS_ONE) };
extern const struct word_set update_id_words;
const char *update_id_word(enum update_id id);

struct incident_update {
    enum update_id id;
    const char *name;
    const char *package;
    bool coincident;
};
extern const struct incident_update incident_updates[UPDATE_ID_COUNT];

/* Does the text name KB971033, by its number or by its package? */
bool incident_names_kb971033(const char *text);

/* The update of the table that the text names so, KB971033 before the others, or NULL. */
const struct incident_update *incident_find_update(const char *text);

/* The update of the table that the observation names in any of its strings, or NULL. */
const struct incident_update *incident_named_update(const struct observation *observation);

/* The Windows editions that the incident concerned (KB 4487266); enumerator, and the members of
 * struct incident_edition */
#define EDITIONS(ROW)                                                                          \
    ROW(EDITION_PROFESSIONAL, "Windows 7 Professional", "Professional", "professional",        \
        "FJ82H-XT6CR-J8D7P-XQJJ2-GPDD4", "b92e9980-b9d5-4821-9c94-140f632f6312")               \
    ROW(EDITION_PROFESSIONAL_N, "Windows 7 Professional N", "ProfessionalN", "professional-n", \
        "MRPKT-YTG23-K7D7T-X2JMM-QY7MG", "54a09a0d-d57b-4c10-8b69-a842d6590ad5")               \
    ROW(EDITION_PROFESSIONAL_E, "Windows 7 Professional E", "ProfessionalE", "professional-e", \
        "W82YF-2Q76Y-63HXB-FGJG9-GF7QX", "5a041529-fef8-4d07-b06f-b59b573b32d2")               \
    ROW(EDITION_ENTERPRISE, "Windows 7 Enterprise", "Enterprise", "enterprise",                \
        "33PXH-7Y6KF-2VJC9-XBBR8-HVTHH", "ae2ee509-1b34-41c0-acb7-6d4650168915")               \
    ROW(EDITION_ENTERPRISE_N, "Windows 7 Enterprise N", "EnterpriseN", "enterprise-n",         \
        "YDRBP-3D83W-TY26F-D46B2-XCKRJ", "1cb6d605-11b3-4e14-bb30-da91c8e3983a")               \
    ROW(EDITION_ENTERPRISE_E, "Windows 7 Enterprise E", "EnterpriseE", "enterprise-e",         \
        "C29WB-22CC8-VJ326-GHFJW-H9DH4", "46bbed08-9c7b-48fc-a614-95250573f4ea")

enum edition { EDITIONS(WORDS_ENUMERATOR) };
enum { EDITION_COUNT = 0 EDITIONS(WORDS_ONE) };

/* With its KMS client setup key. */
struct incident_edition {
    const char *name;     /* "Windows 7 Professional N" */
    const char *registry; /* EditionID in the registry: "ProfessionalN" */
    const char *slug;     /* in file names: "professional-n" */
    const char *kms_client_key;
    const char *activation_id;
};
extern const struct incident_edition incident_editions[EDITION_COUNT];

/* The edition of that name (as written in hosts.csv), or NULL. */
const struct incident_edition *incident_find_edition(const char *name);

/* The edition whose KMS client setup key ends in this group, which slmgr shows of the installed key
 * (any case), or NULL. */
const struct incident_edition *incident_find_partial_key(const char *partial_key);

/* What an activation id tells: the channel, and the edition where it is one of the six. */
struct incident_licence {
    const char *activation_id;
    enum licence_channel channel;
    const struct incident_edition *edition; /* or NULL */
    bool not_windows_7;                     /* a licence of another system, such as a server's */
    bool is_add_on;                         /* not of the system, but of what comes on top of it */
    const char *name;                       /* of the licence, for a person */
};

/* What the activation id (any case, braces or not) tells; for an id of no table, channel other
 * and no edition. Never NULL. */
const struct incident_licence *incident_find_licence(const char *activation_id);

/* The same, but NULL for an id of no table. */
const struct incident_licence *incident_find_known_licence(const char *activation_id);

/* Is it the activation id (any case, braces or not) of a KMS client of Office? */
bool incident_is_office(const char *activation_id);

/* Are the two GUIDs equal? Case and braces are not regarded, nor blanks around them. */
bool guid_equal(const char *left, const char *right);

/* Reads the GUID that a text of that length is, blanks and braces around it aside, in lower case.
 * false where it is none. */
#define GUID_TEXT_BYTES 37
bool guid_read(const char *text, size_t length, char out[GUID_TEXT_BYTES]);

#endif
