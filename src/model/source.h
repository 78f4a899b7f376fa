/* SPDX-License-Identifier: Apache-2.0 */
/* source: what passes between intake, readers and the case: where a source lies, what a reader
 * learnt of it beside its observations, and the sink that takes the observations. */
#ifndef SPPTRIAGE_MODEL_SOURCE_H
#define SPPTRIAGE_MODEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/finding.h"
#include "model/incident.h"
#include "model/observation.h"
#include "model/words.h"

enum source_status {
    SOURCE_STATUS_OK,
    SOURCE_STATUS_DAMAGED,
    SOURCE_STATUS_UNREADABLE,
    SOURCE_STATUS_SKIPPED,
    SOURCE_STATUS_CRASHED,
};
enum { SOURCE_STATUS_COUNT = SOURCE_STATUS_CRASHED + 1 };

/* The words of sources.csv: ok, damaged, unreadable, skipped, crashed. */
extern const struct word_set source_status_words;
const char *source_status_name(enum source_status status);

/* The kind of a source that is no log, but was searched for chunks (raw images, memory dumps). */
#define SOURCE_KIND_CARVED "carved"

/* The kinds of sources without events: update databases, and texts that list updates or licences.
 */
#define SOURCE_KIND_DATABASE "ese"
#define SOURCE_KIND_LISTING "listing"

/* The kinds of files without a magic that are not read: text without listings, and what is not
 * text. Before it was asked what it is, such a file is of the latter kind. */
#define SOURCE_KIND_TEXT "text"
#define SOURCE_KIND_UNKNOWN "unknown"

/* The kind of an input that is a folder without a file. */
#define SOURCE_KIND_FOLDER "folder"

/* Is it the kind of a file that was opened? What could not be opened has none. */
bool source_kind_is_of_file(const char *kind);

/* The constant of the kinds above that a reader can find a source of SOURCE_KIND_UNKNOWN to be;
 * NULL for other words. */
const char *source_kind_found(const char *word);

/* A place a source lies in, as intake found it. */
struct source {
    char *path;       /* owned: as given by the user, or below a folder as given */
    const char *kind; /* constant: "evtx", SOURCE_KIND_CARVED, or what else the content is;
                         SOURCE_KIND_FOLDER; "" when not looked at */
    uint64_t size_bytes;
    int64_t mtime_ns; /* since 1970; TIME_TOO_FAR (base/filetime.h) */
    char *sha256;     /* owned: 64 lower-case hex digits, or NULL where hashing is off */
};

void source_free_content(struct source *source);

/* How far an open file of `size_bytes` reaches now, should it have become shorter. A device tells
 * no size. */
uint64_t source_present_size(int descriptor, uint64_t size_bytes);

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

/* Remarks of one kind: all are counted, the first SOURCE_REMARKS_LISTED are kept. */
#define SOURCE_REMARKS_LISTED 8
struct remarks {
    uint64_t count;
    char *listed[SOURCE_REMARKS_LISTED]; /* owned */
};

/* Where two parts of a source meet: what the next part, or the end, is needed for to tell. Filled
 * and read by the reader of logs alone (evtx/log_summary.h, evtx/log.c), but for has_chunks, which
 * the one of images has too. */
struct partial_state {
    bool has_records;               /* the part has a walked record; the next three are of such */
    uint64_t first_filetime;        /* event time of the first, 0 when it cannot tell */
    uint64_t last_filetime;         /* event time of the last, 0 when it cannot tell */
    uint64_t last_written_filetime; /* time in its header */
    uint64_t own_votes;             /* for header times that are the events' own, */
    uint64_t shifted_votes;         /* and for shifted ones */
    bool has_chunks;                /* the part has a chunk (slot that is not empty) */
    uint64_t leading_empty;         /* empty slots before the first such, or all of them */
    uint64_t trailing_empty;        /* empty slots behind the last such; 0 without one */
    uint64_t leading_empty_offset_bytes; /* of the first of these slots, where there are some */
    uint64_t trailing_empty_offset_bytes;
    uint16_t chunk_count; /* as the file header says */
};

/* The computers of a source by their names: a forwarded log has hundreds, in turn. For
 * source_facts_computer alone. */
struct computer_index {
    void *by_name;        /* owned: a tree of <search.h> */
    void *by_folded_name; /* owned: the same */
    size_t count;         /* of the first computers, how many are in it */
    size_t recent;        /* nearly always that of the record before, where there is one */
};

/* What a reader learnt of a source, or of a part of it. Starts as zeros; owns what it points
 * to. */
struct source_facts {
    enum source_status status;
    const char
        *kind; /* constant: what a source of SOURCE_KIND_UNKNOWN was found to be; else NULL */
    uint64_t record_count;    /* records walked, decodable or not; not the recovered ones */
    uint64_t recovered_count; /* records in unused parts of chunks whose System can be read */
    uint64_t selected_count;  /* records whose provider and id the event table names */
    uint64_t undecodable_count;
    uint64_t conflict_count; /* observations that the two readers read differently */
    uint64_t first_filetime; /* least and greatest event time of walked records, 0 for none */
    uint64_t last_filetime;
    bool header_times_shifted; /* the log was exported: headers bear the next record's time */
    struct computer_facts *computers; /* in order of first meeting */
    size_t computer_count;
    struct computer_index index;
    struct remarks damage;
    struct remarks undecodable;
    struct remarks conflicts;
    struct partial_state partial;
    struct text detail; /* for sources.csv, a "; " list; whole after source_facts_finish */
};

void source_facts_free_content(struct source_facts *facts);

/* Was the source found to be text without listings, or what no reader knows? Then only its head was
 * looked at: it has no hash, and is not compared with others. */
bool source_facts_tell_unread(const struct source_facts *facts);

/* Adds a remark to the detail. */
void source_facts_add_detail(struct source_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes damage at a byte offset: the status becomes damaged, and the detail will say "at byte N:
 * ...". */
void source_facts_add_damage(struct source_facts *facts, uint64_t offset_bytes, const char *format,
                             ...) __attribute__((format(printf, 3, 4)));

/* Notes a record that cannot be decoded, and one that the two readers read differently; `format`
 * makes what the detail will say of it. */
void source_facts_add_undecodable(struct source_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void source_facts_add_conflict(struct source_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds what a part says to `whole`, which has what the parts before it say. Takes what *part
 * owns and leaves it empty. The partial states are joined by the reader (struct reader). */
void source_facts_join(struct source_facts *whole, struct source_facts *part);

/* Completes the detail of facts to which nothing will be added any more. `reference` is that of the
 * reader. */
void source_facts_finish(struct source_facts *facts, const char *reference);

/* Finds or adds the computer; names compare without case. Borrowed until the next call. */
struct computer_facts *source_facts_computer(struct source_facts *facts, const char *name);

/* Where a reader puts its observations and findings. A callback returns -1 (ERROR_RUN) to end the
 * run. */
struct sink {
    void *context;
    int (*observation)(void *context, const struct incident_event *event,
                       const struct observation *observation, struct error *err);
    int (*finding)(void *context, const struct finding *finding, struct error *err);
};

/* Is handed the bytes of a source. */
struct byte_sink {
    void *context;
    void (*take)(void *context, const void *bytes, size_t size_bytes);
};

struct reader_options {
    struct window window;
    bool verify;         /* check every checksum, not only those of chunks that hold something */
    bool skip_reference; /* do not ask the second reader (it ended a reader process) */
    const struct byte_sink *byte_sink; /* NULL, or: gets every byte of the part once, in order */
};

/* The one interface of all readers. A source is read in parts, each on its own and in any order,
 * by any process; what they say is put together in order of parts. How a source is parted depends
 * on its size alone, so that the result does not depend on who reads what. The parts together
 * are the whole source, byte for byte. */
struct reader {
    const char *kind; /* the kind of source it reads: source.kind */
    /* How many parts a source of this size has, 1 at least. */
    uint64_t (*count_parts)(uint64_t size_bytes);
    /* Reads a part (from 0) of the open `descriptor` (borrowed; what lies in it may change or
     * vanish meanwhile) and hands every observation and finding that the case keeps to the sink, in
     * the order of the file. Of the source only size and kind are looked at. Fills *facts, also on
     * failure, with what was learnt so far. Returns -1 with ERROR_SOURCE when the part cannot be
     * read at all, ERROR_RUN when the sink ended it; damage is no failure but noted in *facts. */
    int (*read_part)(const struct source *source, int descriptor, uint64_t part,
                     const struct reader_options *options, const struct sink *sink,
                     struct source_facts *facts, struct error *err);
    /* Joins the part that follows (source_facts_join, and the partial state). Takes what *part
     * owns. */
    void (*join)(struct source_facts *whole, struct source_facts *part);
    /* Adds what can be told once all parts are joined, and completes the detail. */
    void (*finish)(struct source_facts *facts);
    const char *reference; /* "libevtx": the second, independent reader that it asks, unless told to
                            * skip that, as a second try is; NULL for none */
};

/* Reads the whole source, part by part, in this process. -1 as read_part, when no part can be read
 * at all. A part that cannot be read while others can is damage. */
int reader_read(const struct reader *reader, const struct source *source, int descriptor,
                const struct reader_options *options, const struct sink *sink,
                struct source_facts *facts, struct error *err);

#endif
