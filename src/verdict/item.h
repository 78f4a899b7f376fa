/* SPDX-License-Identifier: Apache-2.0 */
/* item: what one event or finding says of a machine, typed: of an update, of the licence, of the
 * system. The adapter of its kind makes it, once; what items amount to is weighed in evidence.h.
 * Pure. */
#ifndef SPPTRIAGE_VERDICT_ITEM_H
#define SPPTRIAGE_VERDICT_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/finding.h"
#include "model/incident.h"
#include "verdict/signal.h"

/* At which end of what it can be a time without a zone counts, where that decides: a listing that
 * leaves the machine broken, or has the update there, at its latest; one that says otherwise at its
 * earliest (DESIGN section 6, "The time of what has none"). */
enum zone_end {
    ZONE_END_NONE, /* its zone is told, or nothing depends on it */
    ZONE_END_EARLIEST,
    ZONE_END_LATEST,
};

/* `the earliest that a time without a zone can be`; "" for none. */
const char *zone_end_text(enum zone_end end);

/* Where an item is from. Borrows its path. */
struct item_origin {
    enum evidence_kind kind;
    uint16_t event_id;    /* 0 for what is not an event */
    bool with_collection; /* a listing: of the time of collection, newer than every event: */
    unsigned round;       /* of collection, then: the greater the later */
    bool is_guess;        /* that its source is of this machine */
    uint64_t filetime;    /* of a listing that of its file; 0 when unknown */
    bool has_no_zone;     /* that time */
    enum zone_end zone_end;
    const char *path; /* of the source */
};

struct update_item {
    enum update_id update;
    enum update_says says;
    bool is_removal; /* of absence: it tells that the update was removed */
    char *detail;    /* owned: for a person, such as why it says neither; or NULL */
};

/* What a listing says of a licence: the worse the later. Of listings of one time the worst counts.
 */
enum listed_state {
    LISTED_NOTHING,
    LISTED_LICENSED,
    LISTED_GRACE,
    LISTED_UNLICENSED,
    LISTED_NON_GENUINE,
};

/* One that decides neither channel nor edition is kept for a person only. */
struct licence_item {
    bool decides_channel;
    bool decides_edition; /* also where it says that the edition is unknown */
    bool tells_system;    /* Windows 7, or another one (not_windows_7) */
    char *activation_id;  /* owned: lower case without braces, "" where it is not known */
    enum licence_channel channel;
    const struct incident_edition *edition; /* or NULL */
    bool not_windows_7;
    bool is_of_61;                /* not Windows 7, but of its version: a server */
    enum listed_state listed;     /* by a listing; with it: */
    enum licensing_status status; /* that it gives, or NOT_TOLD */
    uint32_t reason_code;         /* that it gives, or 0 */
    char *detail;                 /* owned: for a person */
};

struct system_item {
    char *os_version;     /* owned: "6.1.7601 Service Pack 1", or NULL where it does not say */
    bool other_than_6_1;  /* that version is neither Windows 7 nor Server 2008 R2 */
    bool names_windows_7; /* it has the system's name, which is that, */
    bool names_other;     /* or another one */
    bool clock_changed;
};

/* What a script of ours wrote of a run. Only what its log has at a time decides something; that it
 * ran, its values in the registry tell, too. */
struct script_item {
    enum script_says says;
    bool is_of_log;
    uint64_t filetime;   /* 0: not told */
    int64_t exit_status; /* or FINDING_ABSENT */
    char *script;        /* owned, like the next */
    char *run;
};

/* All that one event or finding means; starts as zeros. */
struct meaning {
    struct item_origin origin;
    bool on_update; /* it says something of an update: */
    struct update_item update;
    bool on_licence;
    struct licence_item licence;
    bool on_system;
    struct system_item system;
    bool on_validation; /* a listing has the last validation, refused with the incident's code: */
    uint64_t validation_filetime; /* the day of that */
    bool on_script;
    struct script_item script;
};

void meaning_free_content(struct meaning *meaning);

/* What an observation means that was judged so. */
void meaning_of_event(const struct observation *observation, const struct judgement *judgement,
                      const struct window *window, const char *path, struct meaning *out);

/* What one finding on a machine is seen beside: the others. Starts as zeros. */
struct finding_context {
    int64_t announced_count; /* the greatest number of updates that a systeminfo announces */
    uint64_t history_rows;   /* rows of update histories that name KB 971033 */
    bool is_undecided;       /* a listing has it in a state that decides nothing, such as pending */
    /* Owned: the listings that name it of some host that is this machine. One can have the machine
     * by its short and by its full name. */
    struct listing_place *naming;
    size_t naming_count;
};

void finding_context_free_content(struct finding_context *context);

/* The times at which findings were taken that can be of one time: those of their files, in rounds.
 * Less than an hour after the first of a round counts as one time. Starts as zeros; owns its
 * rounds. */
struct finding_round {
    unsigned number;         /* from 0, in order of time */
    uint64_t first_filetime; /* 0 where files have no time that is known */
    struct finding_context context;
};
struct finding_times {
    uint64_t *filetimes; /* owned: of all files, until they are settled */
    size_t filetime_count;
    struct finding_round *rounds; /* owned */
    size_t round_count;
};

void finding_times_free_content(struct finding_times *times);

/* Times of files are added, then settled, then asked for their round. A file without a known time
 * is of the last round. */
void finding_times_add(struct finding_times *times, uint64_t filetime);
void finding_times_settle(struct finding_times *times);
struct finding_round *finding_times_round(struct finding_times *times, uint64_t filetime);

/* What a finding can leave broken: what it says of one thing is newer or older than what others say
 * of that. */
enum finding_matter {
    FINDING_ON_LICENCE, /* and on the system */
    FINDING_ON_UPDATE,
};
enum finding_matter finding_matter_of(enum finding_kind kind);

/* What files without a zone say of a matter, each container by itself: the times in one are of one
 * zone, so what is newer in it is newer whatever that is. Starts as zeros; owns its claims. */
struct finding_zones {
    struct zone_claim *claims; /* owned */
    size_t count;
};

void finding_zones_free_content(struct finding_zones *zones);

/* Notes that the source at the path, of that time, says that the machine is broken, or the update
 * there; or the contrary. */
void finding_zones_note(struct finding_zones *zones, const char *path, enum finding_matter matter,
                        uint64_t filetime, bool leaves_broken);

/* At which end all counts that the container of the source says of the matter: by the newest of it.
 */
enum zone_end finding_zones_end(const struct finding_zones *zones, const char *path,
                                enum finding_matter matter);

/* Is shown every finding of the machine that is of one time, with the path of its source, before
 * any of them is asked for its meaning. */
void finding_context_feed(struct finding_context *context, const struct finding *finding,
                          const char *path);

/* What a finding means. A listing without the update is evidence of absence when it is whole
 * (FACTS.md, Text listings). */
void meaning_of_finding(const struct finding *finding, const struct finding_context *context,
                        const char *path, struct meaning *out);

/* ---- Adapters that event.c and finding.c call ---- */

void kms_request_items(const struct observation *observation, enum evidence_kind kind,
                       struct meaning *out);
void licences_items(const struct observation *observation, struct meaning *out);
void key_installed_items(const struct observation *observation, struct meaning *out);
void os_version_items(const struct observation *observation, struct meaning *out);
void slmgr_items(const struct finding_licence *said, struct meaning *out);
void system_items(const struct finding_system *said, struct meaning *out);
void registered_items(const struct finding_system *said, struct meaning *out);

/* ---- Items in words ---- */

/* Items that say the same of one thing, are of one kind and from one source are a group:
 * `installed: WAT 1, 13 (7 events) from TIME to TIME in PATH`. What groups keep grows with the
 * number of sources and of distinct sayings, not with that of items. */

/* Owns its groups; starts with what adds a saying in words. */
struct groups {
    void (*add_saying)(struct text *out, unsigned saying);
    struct group *items;
    size_t count;
};

void groups_free_content(struct groups *groups);

/* Takes an item in, in any order. Its saying is any number that stands for what it says; its
 * detail is for a person, NULL for none. */
void groups_feed(struct groups *groups, unsigned saying, const struct item_origin *origin,
                 const char *detail);

/* Returns owned: the groups as a "; " list, in order of each group's first item, those of the time
 * of collection last. */
char *groups_text(const struct groups *groups) __attribute__((warn_unused_result));

#endif
