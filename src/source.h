/* SPDX-License-Identifier: Apache-2.0 */
/* source: what passes between intake, readers and the case: where a source lies, what a reader
 * learnt of it beside its observations, and the sink that takes the observations. */
#ifndef SPPTRIAGE_SOURCE_H
#define SPPTRIAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "incident.h"
#include "observation.h"

enum source_status {
    SOURCE_STATUS_OK,
    SOURCE_STATUS_DAMAGED,
    SOURCE_STATUS_UNREADABLE,
    SOURCE_STATUS_SKIPPED,
    SOURCE_STATUS_CRASHED,
};

/* The words of sources.csv: ok, damaged, unreadable, skipped, crashed. */
const char *source_status_name(enum source_status status);

/* A place a source lies in, as intake found it. */
struct source {
    char *path;       /* owned: as given by the user, or below a folder as given */
    const char *kind; /* constant: "evtx", or what else the content is; "" when not looked at */
    uint64_t size_bytes;
    int64_t mtime_ns; /* since 1970 */
    char *sha256;     /* owned: 64 lower-case hex digits, or NULL where hashing is off */
};

void source_free_content(struct source *source);

/* What a log says of one computer name in it. Numbers are the record headers' (their order is
 * the order of writing); only walked records count for them, not recovered ones. */
struct computer_facts {
    char *name;             /* owned: as the events write it; names equal but for case are one */
    uint64_t record_count;  /* walked records of this name; 0 when only recovered ones have it */
    uint64_t first_number;  /* least record number */
    uint64_t last_number;   /* greatest */
    uint64_t last_filetime; /* latest event time of any channel */
    bool forwarded;         /* some record was forwarded: no template instance, or RenderingInfo */
    /* Of the walked records of channel Application that have a time, for window_coverage: */
    uint64_t application_count;
    uint64_t application_first_filetime; /* event times of the two records below */
    uint64_t application_last_filetime;
    uint64_t application_first_record_id; /* least and greatest EventRecordID */
    uint64_t application_last_record_id;
};

/* What a reader learnt of a source as a whole. Starts as zeros; owns what it points to. */
struct source_facts {
    enum source_status status;
    uint64_t record_count;    /* records walked, decodable or not; not the recovered ones */
    uint64_t recovered_count; /* decodable records found in unused parts of chunks */
    uint64_t selected_count;  /* records whose provider and id the event table names */
    uint64_t undecodable_count;
    uint64_t first_filetime; /* least and greatest event time of walked records, 0 for none */
    uint64_t last_filetime;
    bool header_times_shifted; /* the log was exported: headers bear the next record's time */
    struct computer_facts *computers; /* in order of first meeting */
    size_t computer_count;
    struct text detail;  /* for sources.csv, a "; " list */
    size_t damage_count; /* damage remarks so far; the first SOURCE_DAMAGE_LISTED are in detail */
};

#define SOURCE_DAMAGE_LISTED 8

void source_facts_free_content(struct source_facts *facts);

/* Adds a remark to the detail. */
void source_facts_add_detail(struct source_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes damage at a byte offset: the status becomes damaged, and the first
 * SOURCE_DAMAGE_LISTED remarks go into the detail as "at byte N: ...". */
void source_facts_add_damage(struct source_facts *facts, uint64_t offset_bytes, const char *format,
                             ...) __attribute__((format(printf, 3, 4)));

/* Finds or adds the computer; names compare without case. Borrowed until the next call. */
struct computer_facts *source_facts_computer(struct source_facts *facts, const char *name);

/* Where a reader puts its observations. A callback returns -1 (ERROR_RUN) to end the run. */
struct sink {
    void *context;
    int (*observation)(void *context, const struct incident_event *event,
                       const struct observation *observation, struct error *err);
};

struct reader_options {
    struct window window;
    bool verify; /* check every checksum, not only those of chunks that hold something */
};

/* The one interface of all readers: reads the open `descriptor` (a regular file of
 * source->size_bytes, borrowed) and hands every observation that the case keeps to the sink, in
 * the order of the file. Fills *facts, also on failure, with what was learnt so far. Returns -1
 * with ERROR_SOURCE when the source cannot be read at all, ERROR_RUN when the sink ended it;
 * damage is no failure but noted in *facts. */
struct reader {
    const char *kind; /* the kind of source it reads: source.kind */
    int (*read)(const struct source *source, int descriptor, const struct reader_options *options,
                const struct sink *sink, struct source_facts *facts, struct error *err);
};

#endif
