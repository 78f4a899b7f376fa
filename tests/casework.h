/* SPDX-License-Identifier: Apache-2.0 */
/* casework: the case that a test works on, and the common ways to fill it and to look at it. */
#ifndef SPPTRIAGE_TESTS_CASEWORK_H
#define SPPTRIAGE_TESTS_CASEWORK_H

#include <check.h>

#include "case/casedb.h"

#define CASE_PATH "case.db"

extern struct casedb *db;
extern struct error err;

extern const struct incident_event kept_all;
extern const struct incident_event kept_first_and_last;

#define must(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.message)

/* A new case in a scratch folder, and its end: the fixture of every test. */
void casework_begin(void);
void casework_end(void);

void casework_open(void);   /* makes one where there is none */
void casework_reopen(void); /* closes the case first */

/* Settles the case, to that path where it has to be written anew: did it? */
bool casework_settle(const char *path);

/* Settles, derives and seals the case, and gives its file that name. */
void casework_keep(const char *path, const char *name);

/* The failure is of the run, names the path and has these words. */
void expect_failure(int result, const char *path, const char *words);

/* ---- Filling ---- */

int64_t begin_log(const char *path);

struct observation sample_observation(const char *computer);

void add_observation(int64_t source_id, const struct observation *observation);

/* Commits the source with one computer, or none for NULL. */
void finish_log(int64_t id, const char *computer);

/* A log with `count` observations, at event times 1000, 1001, ... */
int64_t add_log(const char *path, const char *computer, size_t count);

void add_copy(const char *path, int64_t same_as);

/* Adds an SPP 12290 of KMS01 with that string, EventRecordID and offset, at event time 1000 plus
 * it; and its string: who asked, his client machine id, as what, and for what. */
void add_request(int64_t source_id, uint64_t record_id, const char *request);
#define REQUEST(client, client_machine_id, status, activation_id) \
    "0x0,25," client "," client_machine_id ",2019/1/8 21:46,0," status ",0," activation_id
#define REQUEST_MACHINE_1 "11111111-2fd5-440b-be67-a09996d27a38"
#define REQUEST_MACHINE_2 "22222222-2fd5-440b-be67-a09996d27a38"
#define REQUEST_WINDOWS_7 "ae2ee509-1b34-41c0-acb7-6d4650168915"
#define REQUEST_WINDOWS_10 "73111121-5638-40f6-bc11-f1d7b0d64300"

/* A source with a row of a history that says nothing, of no host, and a sample_finding
 * (tests/same.h) of each kind, of "Host". */
int64_t add_listing(const char *path);

/* ---- Deriving ---- */

/* Makes a machine of every computer name (in the order of the computers), in a transaction that
 * is left open. */
void derive_machines(void);

/* The same, committed. */
void derive_all(void);

/* The same, and a machine of every client of a KMS host whose name begins with PC, that of its name
 * where there is one. */
void derive_clients(void);

/* The id of the machine of that name. */
int64_t find_machine(const char *name);

/* ---- Looking ---- */

/* The timeline as text: "path@offset ". */
char *describe_timeline(void);

void expect_timeline(const char *expected);

/* The paths of all sources: "path ". */
void expect_sources(const char *expected);

/* As casedb_find_source. */
int find_place(const char *path);

/* Adds ten of the same content that are kept first and last, not in the order of their times; the
 * computer is that one and "PC" in turn. */
void add_alike(int64_t id, const char *computer, const char *value);

#endif
