/* SPDX-License-Identifier: Apache-2.0 */
/* source: what passes between intake, readers and the case: where a source lies, and what a reader
 * learnt of it beside its observations and findings. */
#ifndef SPPTRIAGE_MODEL_SOURCE_H
#define SPPTRIAGE_MODEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lookup.h"
#include "base/text.h"
#include "model/computer.h"

/* enumerator, word of sources.csv */
#define SOURCE_STATUSES(ROW)                    \
    ROW(SOURCE_STATUS_OK, "ok")                 \
    ROW(SOURCE_STATUS_DAMAGED, "damaged")       \
    ROW(SOURCE_STATUS_UNREADABLE, "unreadable") \
    ROW(SOURCE_STATUS_SKIPPED, "skipped")       \
    ROW(SOURCE_STATUS_CRASHED, "crashed")

enum source_status { SOURCE_STATUSES(WORDS_ENUMERATOR) };
enum { SOURCE_STATUS_COUNT = 0 SOURCE_STATUSES(WORDS_ONE) };
extern const struct word_set source_status_words;
const char *source_status_word(enum source_status status);

/* The readers that there are (model/reader.h). */
enum reader_id {
    READER_NONE, /* of kinds that are not read */
    READER_LOG,
    READER_CARVE,
    READER_DATASTORE,
    READER_HIVE,
    READER_TEXT, /* of what no magic tells: it finds out what that is */
    READER_COUNT,
};

/* What a kind of source is: some of these; the last is either of two. */
enum source_trait {
    SOURCE_IS_FILE = 1 << 0,    /* that was opened; what could not be opened has no kind */
    SOURCE_IS_OF_LOGS = 1 << 1, /* its events are those of an event log, or of remains of some */
    /* Damage of it may be that of a log; so is that of what could not be opened. */
    SOURCE_DAMAGE_IS_OF_LOG = 1 << 2,
    SOURCE_IS_FOUND = 1 << 3,  /* a reader can find a source of SOURCE_KIND_UNKNOWN to be that */
    SOURCE_IS_UNREAD = 1 << 4, /* and then it is not read: only its head was looked at */
    SOURCE_IS_LOG = 1 << 5,    /* one event log: one machine can have written all of it */
    /* Containers: sources lie in it. */
    SOURCE_IS_ARCHIVE = 1 << 6, /* libarchive opens it */
    SOURCE_IS_IMAGE = 1 << 7,   /* of a disk or volume */
    SOURCE_IS_CONTAINER = SOURCE_IS_ARCHIVE | SOURCE_IS_IMAGE,
};

/* enumerator, word of sources.csv, name for a person, reader, traits. Before a file without a magic
 * was asked what it is, it is of SOURCE_KIND_UNKNOWN; and so it stays when it is not text. */
#define SOURCE_KINDS(ROW)                                                                          \
    ROW(SOURCE_KIND_NONE, "", "not looked at", READER_NONE, SOURCE_DAMAGE_IS_OF_LOG)               \
    ROW(SOURCE_KIND_FOLDER, "folder", "folder without a file", READER_NONE, 0)                     \
    ROW(SOURCE_KIND_EVTX, "evtx", "event log", READER_LOG,                                         \
        SOURCE_IS_FILE | SOURCE_IS_LOG | SOURCE_IS_OF_LOGS | SOURCE_DAMAGE_IS_OF_LOG)              \
    ROW(SOURCE_KIND_CARVED, "carved", "file or device searched for remains of event logs",         \
        READER_CARVE, SOURCE_IS_FILE | SOURCE_IS_OF_LOGS | SOURCE_IS_FOUND)                        \
    ROW(SOURCE_KIND_DATABASE, "ese", "ESE database", READER_DATASTORE, SOURCE_IS_FILE)             \
    ROW(SOURCE_KIND_LISTING, "listing", "text with listings", READER_TEXT,                         \
        SOURCE_IS_FILE | SOURCE_IS_FOUND)                                                          \
    ROW(SOURCE_KIND_TEXT, "text", "text", READER_TEXT,                                             \
        SOURCE_IS_FILE | SOURCE_IS_FOUND | SOURCE_IS_UNREAD)                                       \
    ROW(SOURCE_KIND_UNKNOWN, "unknown", "file of an unknown kind", READER_TEXT,                    \
        SOURCE_IS_FILE | SOURCE_IS_FOUND | SOURCE_IS_UNREAD)                                       \
    ROW(SOURCE_KIND_EMPTY, "empty", "empty file", READER_NONE, SOURCE_IS_FILE)                     \
    ROW(SOURCE_KIND_EVT, "evt", "event log of Windows XP or 2003 (.evt)", READER_NONE,             \
        SOURCE_IS_FILE)                                                                            \
    ROW(SOURCE_KIND_SQLITE, "sqlite", "SQLite database", READER_NONE, SOURCE_IS_FILE)              \
    ROW(SOURCE_KIND_REGISTRY, "registry", "registry hive", READER_HIVE, SOURCE_IS_FILE)            \
    ROW(SOURCE_KIND_ZIP, "zip", "zip archive", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)    \
    ROW(SOURCE_KIND_7Z, "7z", "7z archive", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)       \
    ROW(SOURCE_KIND_CAB, "cab", "cabinet archive", READER_NONE,                                    \
        SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)                                                        \
    ROW(SOURCE_KIND_RAR, "rar", "rar archive", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)    \
    ROW(SOURCE_KIND_GZIP, "gzip", "gzip file", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)    \
    ROW(SOURCE_KIND_BZIP2, "bzip2", "bzip2 file", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE) \
    ROW(SOURCE_KIND_XZ, "xz", "xz file", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)          \
    ROW(SOURCE_KIND_ZSTD, "zstd", "zstd file", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)    \
    ROW(SOURCE_KIND_TAR, "tar", "tar archive", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_ARCHIVE)    \
    ROW(SOURCE_KIND_EWF, "ewf", "EnCase image (E01)", READER_NONE,                                 \
        SOURCE_IS_FILE | SOURCE_IS_IMAGE)                                                          \
    ROW(SOURCE_KIND_VHD, "vhd", "VHD image", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_IMAGE)        \
    ROW(SOURCE_KIND_VHDX, "vhdx", "VHDX image", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_IMAGE)     \
    ROW(SOURCE_KIND_VMDK, "vmdk", "VMDK image", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_IMAGE)     \
    ROW(SOURCE_KIND_QCOW, "qcow2", "QCOW2 image", READER_NONE, SOURCE_IS_FILE | SOURCE_IS_IMAGE)   \
    ROW(SOURCE_KIND_RAW_IMAGE, "image", "image of a disk or volume", READER_NONE,                  \
        SOURCE_IS_FILE | SOURCE_IS_IMAGE)

enum source_kind { SOURCE_KINDS(WORDS_ENUMERATOR) };
enum { SOURCE_KIND_COUNT = 0 SOURCE_KINDS(WORDS_ONE) };
extern const struct word_set source_kind_words;
const char *source_kind_word(enum source_kind kind);
const char *source_kind_name(enum source_kind kind);
enum reader_id source_kind_reader(enum source_kind kind);
bool source_kind_is(enum source_kind kind, enum source_trait trait);

/* A place a source lies in, as intake found it. */
struct source {
    char *path; /* owned: as given by the user, or below a folder as given */
    enum source_kind kind;
    uint64_t size_bytes;
    int64_t mtime_ns;    /* since 1970; TIME_TOO_FAR (base/filetime.h) */
    bool mtime_is_local; /* its zone is not told, as in a zip: mtime_ns is the time of a clock on a
                          * wall taken for UTC (base/filetime.h, FILETIME_ZONES) */
    char *sha256;        /* owned: 64 lower-case hex digits, or NULL where hashing is off */
};

void source_free_content(struct source *source);

/* What stands between the path of a container and that of a member in it. */
#define SOURCE_MEMBER_MARK "!/"

/* The length of the path of the innermost container that the source lies in, without the mark; 0
 * for one that lies in none. */
size_t source_path_container_length(const char *path);

/* How far an open file of `size_bytes` reaches now, should it have become shorter. A device tells
 * no size. */
uint64_t source_present_size(int descriptor, uint64_t size_bytes);

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

/* What a reader learnt of a source, or of a part of it. Starts as zeros; owns what it points
 * to. */
struct source_facts {
    enum source_status status;
    enum source_kind kind;    /* what a source of SOURCE_KIND_UNKNOWN was found to be; else none */
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
    size_t name_bytes;         /* of the names of those that source_facts_meet added */
    bool computers_are_cut;    /* there were more names than a source may have */
    struct record_span *spans; /* owned; in the order of the file, until they are settled */
    size_t span_count;
    bool spans_are_rough;      /* there were too many: coverage and wrong clocks are not all told */
    struct record_mark *marks; /* owned; in the order of the file, until they are settled */
    size_t mark_count;
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

/* Adds a span, of which it takes what it owns. */
void source_facts_add_span(struct source_facts *facts, const struct record_span *span);

/* Adds a mark, of which it takes what it owns. */
void source_facts_add_mark(struct source_facts *facts, const struct record_mark *mark);

/* Finds or adds the computer; names compare without case. Borrowed until the next call. */
struct computer_facts *source_facts_computer(struct source_facts *facts, const char *name);

/* What is kept of a source has no more names, and these no more bytes: memory does not grow with
 * what a log may say. Forwarded events of ten thousands of machines have room. */
#define SOURCE_COMPUTERS_MOST 100000
#define SOURCE_COMPUTER_NAMES_MOST_BYTES (8 * 1024 * 1024)

/* The same within these bounds: NULL for a new name beyond them, which computers_are_cut notes. */
struct computer_facts *source_facts_meet(struct source_facts *facts, const char *name);

#endif
