/* SPDX-License-Identifier: Apache-2.0 */
/* logset: the computer names of each log, whether one machine wrote it, and whose are logs that end
 * with a name which another machine had earlier (DESIGN section 3, the first steps to a machine).
 * Names are keys of a table (identity/name.h). Pure; borrows the computers it is made from. */
#ifndef SPPTRIAGE_IDENTITY_LOGSET_H
#define SPPTRIAGE_IDENTITY_LOGSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case/casedb.h"
#include "identity/name.h"

/* One name in one log: the records of all its spellings, short and full. */
struct name_run {
    size_t key; /* what the name means; see meaning_in_log */
    uint64_t record_count;
    uint64_t first_number;
    uint64_t last_number;
    uint64_t first_number_filetime; /* event times of these two records, 0 where unreadable */
    uint64_t last_number_filetime;
    uint64_t last_filetime;
    bool short_form; /* a short name that stands for the newest of the full ones in its log */
};

struct log {
    size_t first_row; /* its rows in `order`: those of one computer id stand together */
    size_t row_count;
    const char *path;      /* of its first place */
    struct name_run *runs; /* owned; when `own`, short forms first, then oldest first */
    size_t run_count;
    bool own; /* one machine wrote all of it */
    uint64_t last_filetime;
    size_t owner_key; /* the newest name of its machine, when `own` and named */
    bool shared;      /* its newest name is an earlier one of several machines */
    bool circular;    /* see struct rename_place */
    bool used_later;  /* it goes on under a name that its machine gave up before */
    bool earlier;     /* of an earlier installation of its machine: it decides nothing */
    size_t part;      /* which of several machines with the name owner_key it belongs to, from 0 */
};

/* All logs of a case. */
struct logset {
    const struct case_computer *computers;
    size_t *keys;     /* of each computer: its name as it is, NAME_NONE for an empty one, for one
                         met in remnants alone, and in a log that is kept aside */
    size_t *meanings; /* of each computer: what its name means, or NAME_NONE */
    size_t *order; /* indexes of computers by (source, computer id, place), those of logs that are
                      kept aside behind the others */
    size_t count;
    size_t ordered_count; /* without those that are kept aside */
    struct name_table names;
    struct log *logs; /* by source id */
    size_t log_count;
    const struct case_computer **spellings; /* of each key: the row whose spelling is shown */
    uint64_t *spelling_filetimes;           /* of the log it is from */
};

/* Was the name met in remnants alone, the unused parts of chunks? Such a one makes no machine. */
bool computer_is_remnant(const struct case_computer *computer);

/* Reads the logs out of `computers`, which are in the order of casedb_computers. Logs of an earlier
 * installation are kept aside where there are logs of the present one: they name no machine. */
void logset_read(struct logset *set, const struct case_computer *computers, size_t count);
void logset_free_content(struct logset *set);

/* The index into computers of the log's row number `row`. */
size_t log_row(const struct logset *set, const struct log *log, size_t row);

/* The newest name in a log of one machine; NAME_NONE where the log has no names. */
size_t log_newest_key(const struct log *log);

/* ---- Logs of several installations ---- */

/* What tells installations of one name apart. */
struct installation_signs {
    const struct case_span *spans; /* by computer id, as casedb_spans gives them */
    size_t span_count;
    const struct case_id_clash *clashes;
    size_t clash_count;
};

/* Of the logs of each name: marks those of earlier installations, after which ids began again, and
 * gives the others the number of the machine with that name that they belong to. */
void logset_tell_apart(struct logset *set, const struct installation_signs *signs);

/* ---- Logs of renamed machines ---- */

/* A log in one of the places it lies in. */
struct rename_place {
    const char *path; /* borrowed */
    size_t log;       /* the caller's number of the log */
    size_t key;       /* its newest name */
    uint64_t last_filetime;
    size_t tree_length; /* filled in: of the folder's path (machine_tree_length) */
    size_t owner_key;   /* filled in: the newest name of the machine it belongs to there */
    bool shared;        /* filled in: its name is an earlier one of several machines there */
    bool circular;      /* filled in: its machine has names that are earlier than each other, which
                           could also be machines that swapped theirs */
};

/* The machine with the newest name `later` had the name `earlier`. */
struct rename_pair {
    size_t earlier;
    size_t later;
};

/* A log whose newest name is an earlier name of one machine in the same folder belongs to that
 * machine. Fills in owner_key, shared and circular of every place. Sorts both arrays. */
void rename_resolve(struct rename_place *places, size_t place_count, struct rename_pair *pairs,
                    size_t pair_count);

/* ---- The order of the records of one channel of one machine (clock.c) ---- */

/* Some that follow each other (model/computer.h), of one source. */
struct stretch {
    int64_t source_id;
    bool own;       /* the machine wrote the log itself: it can tell what it covers */
    bool recovered; /* found in unused parts of chunks */
    bool has_gaps;  /* ids are missing in it: it covers nothing */
    uint64_t first_record_id;
    uint64_t last_record_id;
    uint64_t record_count;
    uint64_t first_filetime;
    uint64_t last_filetime;
    bool wrong_clock;         /* filled in by clock_find: its times are wrong; and then */
    uint64_t after_filetime;  /* the records before it are of this time at the latest; 0 for none */
    uint64_t before_filetime; /* those behind it of this time at the earliest; 0 for none */
    uint64_t doubtful_filetime; /* filled in: from here to first_filetime its own times contradict
                                   those of the log that it goes on with; 0 where none do */
};

/* Sorts them by id, drops what two sources have both, and finds those whose clock was wrong: all
 * but the longest run of records whose times are in order (of equally long ones that of later
 * times). Returns how many are left. */
size_t clock_find(struct stretch *stretches, size_t count);

#endif
