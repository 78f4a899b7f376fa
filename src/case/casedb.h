/* SPDX-License-Identifier: Apache-2.0 */
/* casedb: the case, one SQLite file, and every statement on it. Readers' results stream in, one
 * transaction a source; machines, evidence and verdicts are derived from them, in one transaction
 * for all, and can be derived again at any time. Reports are made from the case alone.
 *
 * Ownership: every insert borrows what it is given. A cursor hands out rows whose pointers are
 * borrowed until its next call. Texts are any bytes but NUL and come back as they went in. Times
 * are FILETIMEs, 0 for none. SQLite's integers are signed: numbers above INT64_MAX (hostile record
 * ids) come back unchanged, but stand before all others in an order.
 * Every failure is an ERROR_RUN with one line that names the case: without it a run cannot go on.
 * A transaction stays open when something in it fails, until it is abandoned. */
#ifndef SPPTRIAGE_CASE_CASEDB_H
#define SPPTRIAGE_CASE_CASEDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/finding.h"
#include "model/observation.h"
#include "model/source.h"

/* PRAGMA user_version of the schema. A case of another version is refused. */
#define CASEDB_SCHEMA_VERSION 9

struct casedb;

/* Opens the case at `path`; with `create`, makes an empty one where there is none (no file, or one
 * without a byte). Fails with a message that names the path when it is not a case, one of another
 * schema version, or one that is not sound: it may come from elsewhere, so a link is not followed,
 * only a regular file is opened, and schema, pages and types are checked (guard.c). From the first
 * write on no other process gets at the case, and what is committed outlives a killed process,
 * whose case is whole again when next opened. A case that is only read is not changed by a byte,
 * unless the write-ahead log of a killed process lies beside it, which is worked off; it may be one
 * that cannot be written. */
int casedb_open(const char *path, bool create, struct casedb **out, struct error *err);

/* Opens a case that a run finished, or a copy of it to work on, at `path`. Where it is the content
 * that is wrong, messages name the finished one, `finished_path`: a copy may be gone by then. They
 * say that its logs are to be read again into another folder; of a case that casedb_open opened, a
 * run's own, they say that it is to be deleted. */
int casedb_open_finished(const char *path, const char *finished_path, struct casedb **out,
                         struct error *err);

/* Opens a finished case, to read its settings where it lies: not a byte of it changes, nothing is
 * made beside it, and what lies there is not looked at. Only its schema is checked. */
int casedb_look(const char *path, struct casedb **out, struct error *err);

/* Closes the case, whose cursors were freed before; NULL is accepted. An open transaction is
 * rolled back. The case is then one file, without sidecar files. */
void casedb_close(struct casedb *db);

/* Between the reading of sources and what is derived: readies the case for both deriving and
 * keeping. Equal content gives equal bytes once it was derived and sealed, whatever sources were
 * read, read again or deleted on the way, in whatever order. Content is everything but ids; what is
 * derived and the inventory count in the order they were added in. A new case into which all was
 * written in one go, in order of paths, is so as it is. Any other is written anew to `path`, where
 * no file may be, or an empty one: *db is then that case, *moved says so, and the former one is
 * closed and stays as it is. Ids handed out before are void then, and no cursor and no transaction
 * may be open. On failure nothing is left at `path`, unless a file that was not empty was there,
 * and *db is the former case. A killed process can leave half a case there. */
int casedb_settle(struct casedb **db, const char *path, bool *moved, struct error *err);

/* Makes one file of the case, the last thing that is written into it: reading goes on, and closing
 * changes nothing. To outlive a power cut it needs a sync, once it is closed. */
int casedb_seal(struct casedb *db, struct error *err);

/* ---- The run: inputs and options ---- */

struct case_settings {
    struct window window;
    char **inputs; /* owned: as given on the command line, sorted, each once */
    size_t input_count;
    char *folder; /* owned: what relative inputs are relative to; "" or NULL without any */
};

void case_settings_free_content(struct case_settings *settings);

/* Reads the settings: 1 when the case has some, 0 when it is new, -1. *out is then owned, and
 * freed with case_settings_free_content. */
int casedb_read_settings(struct casedb *db, struct case_settings *out, struct error *err);

/* Replaces the settings. */
int casedb_write_settings(struct casedb *db, const struct case_settings *settings,
                          struct error *err);

/* ---- Sources ---- */

/* Sources are added in order of their paths (bytes). One with the content of another that was
 * read has a row of its own that refers to that one (same_as), which comes before it. Once the
 * source that was read is deleted or begun again, the rows that refer to it are gone as if never
 * read: casedb_find_source does not find them, and they are read again when their turn comes. So
 * casedb_keep_only_sources is called before sources are looked up. */

/* A source as the case keeps it. */
struct case_source {
    int64_t id;
    const char *path;
    enum source_kind kind;
    uint64_t size_bytes;
    int64_t mtime_ns;
    bool mtime_is_local;      /* of no zone (model/source.h) */
    const char *sha256;       /* or NULL */
    int64_t same_as;          /* id of the source that has the same content and was read, or 0 */
    const char *same_as_path; /* of that source, or NULL */
    const char *read_options; /* under which it was read: see casedb_begin_source */
    enum source_status status;
    uint64_t record_count;
    uint64_t recovered_count;
    uint64_t selected_count;
    uint64_t undecodable_count;
    uint64_t conflict_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
    const char *detail; /* without the remark on same content, which the report adds */
};

/* Looks the source at `path` up: 1 and *out filled (strings borrowed until the next call on db),
 * 0 where there is none, -1. */
int casedb_find_source(struct casedb *db, const char *path, struct case_source *out,
                       struct error *err);

/* Opens a transaction, deletes what an earlier run read from the same path, and adds the source.
 * `read_options` is any text that differs when a source has to be read again (window, verify).
 * A source that was read before under the same path keeps its id. Sets *id. On failure no
 * transaction is open. */
int casedb_begin_source(struct casedb *db, const struct source *source, const char *read_options,
                        int64_t *id, struct error *err);

/* Adds an observation to the source whose transaction is open. Of EVENT_KEEP_FIRST_AND_LAST ones
 * that follow each other and state the same (model/licences.h; equal computer without regard to
 * case, provider, id and application) only the first and the last stay, in order of
 * (EventRecordID, event time, offset): in a log that wrapped around, the order of the file is
 * another. */
int casedb_add_observation(struct casedb *db, int64_t source_id, const struct incident_event *event,
                           const struct observation *observation, struct error *err);

/* Adds a finding to the source whose transaction is open. */
int casedb_add_finding(struct casedb *db, int64_t source_id, const struct finding *finding,
                       struct error *err);

/* Gives the source whose transaction is open its kind and its SHA-256 (or NULL), where these were
 * not known when it was begun. */
void casedb_set_source_content(struct casedb *db, enum source_kind kind, const char *sha256);

/* Notes what was learnt of the source and commits it with everything read from it. `same_as` is
 * the id of the source with the same content that was read, or 0; with it, computers are not
 * noted, for those of that source count. */
int casedb_finish_source(struct casedb *db, int64_t source_id, const struct source_facts *facts,
                         int64_t same_as, struct error *err);

/* The open source is read again by the next run, whatever that finds: not all of its bytes could be
 * read this time. */
void casedb_let_read_again(struct casedb *db);

/* Notes of a source that it cannot be read now; what was read of it stays. */
int casedb_note_unreadable(struct casedb *db, int64_t id, const char *detail, struct error *err);

/* Rolls an open source back. */
void casedb_abandon_source(struct casedb *db);

/* Of places with the same content, makes the first in order of paths the one that was read, as it
 * is where sources are added in that order: members of an archive come in its own. */
int casedb_order_places(struct casedb *db, struct error *err);

/* Deletes every source whose path is not among the `paths`, sorted by bytes, with all that was
 * read from it: the case then holds what the inputs hold now. A path that ends with `/` stands for
 * all that lies below that folder, with `!/` in that container. Sets *deleted to how many. */
int casedb_keep_only_sources(struct casedb *db, const char *const *paths, size_t path_count,
                             size_t *deleted, struct error *err);

/* ---- The inventory (--inventory) ---- */

struct case_inventory {
    const char *const *columns; /* the other columns' names, in the file's order */
    size_t column_count;
};

/* Replaces the inventory by an empty one with these columns, in a transaction. */
int casedb_begin_inventory(struct casedb *db, const char *const *columns, size_t column_count,
                           struct error *err);
/* Adds a host; `values` has one value a column ("" for an empty one). A host that is there
 * already (without regard to case) is left alone and *added says so. */
int casedb_add_inventory_host(struct casedb *db, const char *host, const char *const *values,
                              bool *added, struct error *err);
int casedb_finish_inventory(struct casedb *db, struct error *err);
void casedb_abandon_inventory(struct casedb *db);

/* Reads the inventory's column names in order: returns owned in *columns (each and the array
 * freed with free). */
int casedb_read_inventory_columns(struct casedb *db, char ***columns, size_t *column_count,
                                  struct error *err);

/* Reads the values of one inventory host by id, as many as there are columns; returned owned. */
int casedb_read_inventory_values(struct casedb *db, int64_t inventory_id, char ***values,
                                 size_t *value_count, struct error *err);

struct case_inventory_host {
    int64_t id;
    const char *host;
    const char *folded_host; /* in lower case */
};

/* ---- What the logs say of computers: the matter of machine identity ---- */

/* One computer name in one place a log lies in. Where several places have the same content,
 * each gives rows of its own (with equal source_id), so that folders can be compared. */
struct case_computer {
    int64_t id;            /* of the name in the source: what observations refer to */
    int64_t source_id;     /* that was read */
    int64_t place_id;      /* the source row of this place; equal to source_id for the first */
    const char *path;      /* of this place */
    enum source_kind kind; /* of the source */
    enum source_status status;
    uint64_t undecodable_count; /* of the source */
    const char *name;
    const char *folded_name; /* in lower case */
    int64_t machine_id;      /* whose it is once that is known, or 0 */
    bool decides;            /* see casedb_assign_computer */
    uint64_t record_count;
    uint64_t first_number;
    uint64_t last_number;
    uint64_t first_number_filetime;
    uint64_t last_number_filetime;
    uint64_t last_filetime;
    bool forwarded;
    uint64_t application_count;
};

/* A stretch of the records of a computer (model/computer.h). */
struct case_span {
    int64_t computer_id; /* case_computer.id */
    const char *channel;
    bool recovered;
    uint64_t first_record_id;
    uint64_t last_record_id;
    uint64_t record_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
};

/* A record that stands for others of its log (model/computer.h). */
struct case_mark {
    int64_t computer_id; /* case_computer.id */
    const char *channel;
    uint64_t record_id;
    uint64_t event_filetime;
};

/* Two computers of one name, or of one first label, of two sources, of which one EventRecordID of
 * one channel stands for two events: observations with other time, provider or id (other strings
 * are of a damaged copy), or, of the greatest id of which both have marks, other times (where
 * greater ids agree, it is a damaged copy, too). Not of recovered records. */
struct case_id_clash {
    int64_t left_id, right_id; /* case_computer.id */
};

/* A client that a KMS host was asked by (SPP 12290), as one computer of a source has it. */
struct case_client {
    int64_t id;
    int64_t source_id;
    int64_t computer_id; /* of the KMS host: case_computer.id */
    const char *name;
    const char *folded_name;       /* in lower case */
    const char *client_machine_id; /* of the last request that has one; or "" */
    uint64_t request_count;        /* in walked records; 0: only recovered ones name it */
    bool is_windows_7;             /* some of these are for a Windows 7 */
    uint64_t last_filetime;        /* greatest event time of these, 0 for none */
    int64_t machine_id;            /* whose they are once that is known, or 0 */
};

/* One host of a source without events, in one place that has its content: each place is judged by
 * itself, as equal listings can be of two machines. */
struct case_source_host {
    int64_t id;        /* of the host in the source: what findings refer to */
    int64_t source_id; /* that was read */
    int64_t place_id;  /* the source row of this place */
    const char *path;  /* of this place */
    const char *name;  /* of the host, "" where the source does not say */
    const char *folded_name;
    bool names_tree; /* the source names it as the machine of its folder tree (FINDING_COMPUTER), */
    bool names_all;  /* and a collector wrote that down, of all that it collected */
};

/* ---- Derived: machines, evidence, verdicts ---- */

/* Opens the transaction in which everything derived is made anew; it is empty then. */
int casedb_begin_derived(struct casedb *db, struct error *err);

/* Adds a machine with its newest name. `inventory_id` is the inventory host it is, or 0.
 * `collected` is false for a host of the inventory for which nothing was collected. */
int casedb_add_machine(struct casedb *db, const char *name, bool collected, bool shared_name,
                       int64_t inventory_id, int64_t *machine_id, struct error *err);

/* Adds an earlier name; position counts from 0, oldest first. */
int casedb_add_machine_alias(struct casedb *db, int64_t machine_id, size_t position,
                             const char *name, struct error *err);

/* Says whose the observations of this computer (case_computer.id) are: 0 for nobody's, which stand
 * in the timeline under the name that they bear. Where they do not decide, they are of an earlier
 * installation of the machine. */
int casedb_assign_computer(struct casedb *db, int64_t computer_id, int64_t machine_id, bool decides,
                           struct error *err);

/* Says whose the requests of this client (case_client.id) are: 0 for nobody's, which are in no
 * timeline. */
int casedb_assign_client(struct casedb *db, int64_t client_id, int64_t machine_id,
                         struct error *err);

/* Whose a host is in one place. */
struct case_host_place {
    int64_t machine_id;
    const char *remark; /* how that was found, for a person, where it is not plain; or "" */
    bool is_guess;
    bool decides; /* false: it is of an earlier installation of the machine */
};
int casedb_assign_source_host(struct casedb *db, const struct case_source_host *host,
                              const struct case_host_place *place, struct error *err);

/* Places the observations of a machine in this channel whose EventRecordIDs, and whose own times,
 * lie in the ranges, ends included: their clock was wrong. They count as of the time
 * `placed_filetime` (0: without one), and as in the window or not. */
struct case_placement {
    const char *channel;
    uint64_t first_record_id;
    uint64_t last_record_id;
    uint64_t first_filetime;
    uint64_t last_filetime;
    uint64_t placed_filetime;
    bool in_window;
    int64_t source_id; /* those of this source alone; 0 for all */
};
int casedb_place_observations(struct casedb *db, int64_t machine_id,
                              const struct case_placement *placement, struct error *err);

/* Once all are assigned: marks the observations that say what another of the same machine, of what
 * a KMS host saw of the client, says (equal computer, by its first label where that is a KMS host,
 * channel, EventRecordID, event time, provider, id and strings). One from the
 * machine's own log counts before a forwarded one, then one that the second reader confirms, then
 * the first in order of path and offset. Marked ones are in no cursor but casedb_conflicts. */
int casedb_mark_duplicates(struct casedb *db, struct error *err);

/* Leaves the observation, a request that says what those beside it say, out of the timeline. */
int casedb_hide_observation(struct casedb *db, int64_t observation_id, struct error *err);

/* What one KMS host saw of a machine: with which licensing status it asked last in each part of
 * time, or NOT_TOLD. */
struct case_kms_sight {
    int64_t machine_id;
    int64_t host_id;  /* machine of the KMS host, or 0 */
    const char *host; /* its name: written as its events have it, read as that of the machine */
    enum licensing_status before; /* the window */
    enum licensing_status within;
    enum licensing_status after;
    uint64_t request_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
    /* Only read: */
    const char *name; /* of the machine */
    enum classification classification;
    enum confidence confidence;
    enum activation_state state;
};
int casedb_add_kms_sight(struct casedb *db, const struct case_kms_sight *sight, struct error *err);

/* Notes the role that an observation has by its place among the others. */
int casedb_set_role(struct casedb *db, int64_t observation_id, enum role role, struct error *err);

/* A piece of evidence on KB 971033, or on one of the unrelated updates of that day. */
struct case_update_evidence {
    int64_t machine_id;
    enum update_id update;
    enum evidence_kind kind;
    uint16_t event_id;     /* of an event, else 0 */
    enum update_says says; /* neither: with the why in `detail` */
    bool with_collection;  /* a listing: newer than every event; by its time among these */
    uint64_t filetime;
    const char *detail; /* for a person, may be "" */
    int64_t source_id;
    const char *path; /* of the source; only read, not written */
};
int casedb_add_update_evidence(struct casedb *db, const struct case_update_evidence *evidence,
                               struct error *err);

/* A piece of evidence on edition and licence channel. */
struct case_licence_evidence {
    int64_t machine_id;
    enum evidence_kind kind;
    const char *activation_id;
    const char *edition; /* or "" */
    enum licence_channel licence_channel;
    bool with_collection; /* as above */
    uint64_t filetime;
    const char *detail;
    int64_t source_id;
    const char *path; /* only read */
};
int casedb_add_licence_evidence(struct casedb *db, const struct case_licence_evidence *evidence,
                                struct error *err);

/* An episode of a machine: of one machine they are added, and read, in their order. */
struct case_episode {
    int64_t machine_id;
    uint64_t first_filetime; /* that its first signal counts as of */
    uint64_t end_filetime;   /* 0: it is open, or its end is of the time of collection */
    enum episode_end end;
    const char *provider; /* of the event that ended it, or "" */
    uint16_t event_id;    /* of the same, or 0 */
    bool is_incident;     /* of the incident, if the machine is one that this can hit */
};
int casedb_add_episode(struct casedb *db, const struct case_episode *episode, struct error *err);

/* A time that the Application logs of a machine cover without a gap; the same of their order. */
struct case_covered_time {
    int64_t machine_id;
    uint64_t first_filetime;
    uint64_t last_filetime;
};
int casedb_add_covered_time(struct casedb *db, const struct case_covered_time *time,
                            struct error *err);

/* The verdict on a machine: the columns of hosts.csv, and what the page has beside them. */
struct case_verdict {
    int64_t machine_id;
    enum classification classification;
    enum confidence confidence;
    const char *reason;
    uint32_t review; /* a set of enum review_note */
    enum activation_state state;
    uint64_t first_fault_filetime;
    uint64_t last_fault_filetime;
    uint64_t recovered_filetime;
    uint64_t in_window_events;
    uint64_t events_8196;
    uint64_t events_8208;
    uint64_t events_8209;
    uint64_t events_13;
    const char *codes; /* a "; " list, or "" */
    enum coverage window_coverage;
    enum update_status kb971033;
    const char *kb971033_evidence; /* a "; " list for a person */
    const char *unrelated_updates; /* the same of the other updates of that day, not in hosts.csv */
    const char *edition;           /* its name, or "unknown" */
    enum licence_channel licence_channel;
    const char *licence_evidence; /* a "; " list for a person, not in hosts.csv */
    const char *os_version;       /* or "" */
    enum clock_state clock;
    enum action action;
    const char *kms_client_key;  /* or "" */
    const char *remediation;     /* the last run of a script of ours, or "" */
    enum rollout_result rollout; /* how far the roll-out came, not in hosts.csv */
    const char *rollout_trace;   /* what it left, a "; " list for a person, not in hosts.csv */
    enum verified verified;      /* of the events that the reason names, what the second reader says
                                  * at worst */
};
int casedb_add_verdict(struct casedb *db, const struct case_verdict *verdict, struct error *err);

/* Fails, too, where a row of the case refers to one that is not there. */
int casedb_commit_derived(struct casedb *db, struct error *err);
void casedb_abandon_derived(struct casedb *db);

/* ---- Cursors ---- */

/* One kind of cursor for all that is read in order. casedb_cursor_free accepts NULL. */
struct casedb_cursor;
void casedb_cursor_free(struct casedb_cursor *cursor);

/* Sources in path order (bytes). */
int casedb_sources(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_source(struct casedb_cursor *cursor, struct case_source *out, struct error *err);

/* Computers in order of (path of the place, least record number, folded name). */
int casedb_computers(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_computer(struct casedb_cursor *cursor, struct case_computer *out,
                         struct error *err);

/* Spans in order of (computer, channel, recovered, first record id). */
int casedb_spans(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_span(struct casedb_cursor *cursor, struct case_span *out, struct error *err);

/* Reads all clashes, each once, or CASEDB_CLASHES_MOST of them; *out is owned, and freed with
 * free. */
#define CASEDB_CLASHES_MOST 100000
int casedb_read_id_clashes(struct casedb *db, struct case_id_clash **out, size_t *count,
                           struct error *err);

/* Clients of KMS hosts in order of (folded name, id). */
int casedb_clients(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_client(struct casedb_cursor *cursor, struct case_client *out, struct error *err);

/* How many clients of KMS hosts the source names, each once, and how many of them not for a Windows
 * 7; and how many are clones, with the client machine id of another one. */
struct case_client_counts {
    uint64_t all;
    uint64_t other;
    uint64_t clones;
};
int casedb_count_clients(struct casedb *db, int64_t source_id, struct case_client_counts *counts,
                         struct error *err);

/* Hosts of sources without events in order of (path of the place, folded name). */
int casedb_source_hosts(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_source_host(struct casedb_cursor *cursor, struct case_source_host *out,
                            struct error *err);

/* Inventory hosts in the order of the file. */
int casedb_inventory(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_inventory_host(struct casedb_cursor *cursor, struct case_inventory_host *out,
                               struct error *err);

/* A machine, with its verdict once that is in. Names in order: folded, then by bytes. */
struct case_machine {
    int64_t id;
    const char *name;
    const char *folded_name; /* in lower case */
    bool collected;
    bool shared_name;
    int64_t inventory_id; /* or 0 */
    bool has_verdict;     /* it is in, and then: */
    struct case_verdict verdict;
};
int casedb_machines(struct casedb *db, struct casedb_cursor **out, struct error *err);
/* Those of one class, in the same order. */
int casedb_machines_of_class(struct casedb *db, enum classification classification,
                             struct casedb_cursor **out, struct error *err);
int casedb_next_machine(struct casedb_cursor *cursor, struct case_machine *out, struct error *err);

/* Lists of one machine or source, each joined with "; ", returned owned:
 * aliases oldest first; paths of all places that say something of the machine, sorted; names of
 * the machines that the source says something of, sorted; the first remarks on how these were
 * found. */
int casedb_machine_aliases(struct casedb *db, int64_t machine_id, char **out, struct error *err);
int casedb_machine_sources(struct casedb *db, int64_t machine_id, char **out, struct error *err);
int casedb_source_machines(struct casedb *db, int64_t source_id, char **out, struct error *err);
int casedb_source_remarks(struct casedb *db, int64_t source_id, char **out, struct error *err);

/* An observation as the case keeps it; the strings are borrowed like the rest. */
struct case_observation {
    int64_t id;
    struct observation observation;
    enum role role;      /* that its place among the others gives it; ROLE_BY_ITSELF: none other */
    const char *machine; /* its newest name; the name that it bears where it is nobody's */
    int64_t machine_id;  /* 0: nobody's */
    bool decides;        /* false: of an earlier installation, or nobody's */
    int64_t client_id;   /* a KMS host says it of this client, whose the machine is; or 0 */
    int64_t writer_id;   /* the machine whose log it is in, or 0 */
    bool forwarded;      /* the source has it from elsewhere: its log is not the machine's own */
    bool wrong_clock;    /* its own time is wrong, and: */
    uint64_t
        placed_filetime; /* the time that it counts as of; its own, where the clock was right */
    bool placed_in_window;
    int64_t source_id;
    const char *path; /* of the source */
};

/* Observations of one machine that decide, as its logs have them: those of one channel of its own
 * logs, and what each KMS host has of it, in order of EventRecordID, these by time. */
int casedb_machine_observations(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                                struct error *err);
/* Those of earlier installations of it, in order of time. */
int casedb_earlier_observations(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                                struct error *err);
/* All observations, in the same order; but for requests of clients of KMS hosts that are
 * nobody's. */
int casedb_timeline(struct casedb *db, struct casedb_cursor **out, struct error *err);
/* The same unsorted, for what only counts them. */
int casedb_unordered_timeline(struct casedb *db, struct casedb_cursor **out, struct error *err);
/* Those of one machine, in the order of time, whether or not they decide; and how many these are at
 * most: those that another source has, too, are counted here. */
int casedb_machine_timeline(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err);
int casedb_count_observations(struct casedb *db, int64_t machine_id, uint64_t *most,
                              struct error *err);
/* All conflicts in the same order, whether or not they count once: each is a reading that one of
 * the two readers has wrong. */
int casedb_conflicts(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_observation(struct casedb_cursor *cursor, struct case_observation *out,
                            struct error *err);

/* What KMS hosts saw of machines that have a verdict, in order of (host, suspected ones first,
 * name).
 */
int casedb_kms_sights(struct casedb *db, struct casedb_cursor **out, struct error *err);
int casedb_next_kms_sight(struct casedb_cursor *cursor, struct case_kms_sight *out,
                          struct error *err);

/* A finding as the case keeps it; what it says is borrowed like the rest. */
struct case_finding {
    struct finding finding;
    int64_t place_id;    /* the source row of the first place that says so of this machine */
    const char *path;    /* of it */
    int64_t mtime_ns;    /* of the file there: since 1970; TIME_TOO_FAR (base/filetime.h) */
    bool mtime_is_local; /* of no zone (model/source.h) */
    bool is_guess;       /* that it says so of this machine */
};

/* Findings of one machine that decide, in order of (path, order of adding). The machine may have
 * their source in several places: each is given once for those of one mtime. */
int casedb_machine_findings(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err);
int casedb_next_finding(struct casedb_cursor *cursor, struct case_finding *out, struct error *err);

/* Evidence of one machine in order of (listings last, time, path, kind). */
int casedb_update_evidence(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                           struct error *err);
int casedb_next_update_evidence(struct casedb_cursor *cursor, struct case_update_evidence *out,
                                struct error *err);
/* Episodes and covered times of one machine. */
int casedb_episodes(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                    struct error *err);
int casedb_next_episode(struct casedb_cursor *cursor, struct case_episode *out, struct error *err);
int casedb_covered_times(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                         struct error *err);
int casedb_next_covered_time(struct casedb_cursor *cursor, struct case_covered_time *out,
                             struct error *err);
/* On how many machines some evidence says that this update is or was installed. */
int casedb_count_update_machines(struct casedb *db, enum update_id update, uint64_t *count,
                                 struct error *err);
int casedb_licence_evidence(struct casedb *db, int64_t machine_id, struct casedb_cursor **out,
                            struct error *err);
int casedb_next_licence_evidence(struct casedb_cursor *cursor, struct case_licence_evidence *out,
                                 struct error *err);

#endif
