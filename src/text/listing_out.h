/* SPDX-License-Identifier: Apache-2.0 */
/* listing_out: where parsers put what they find in one text. Findings on whole listings are held
 * back to the end of the text: where a line names KB971033 and no parser took an entry from it, a
 * row was lost, and no listing of that text proves absence. */
#ifndef SPPTRIAGE_TEXT_LISTING_OUT_H
#define SPPTRIAGE_TEXT_LISTING_OUT_H

#include "base/error.h"
#include "base/lines.h"
#include "model/reader.h"

struct held_listing;

/* One a source; fields are read by listing_tally alone. */
struct listing_out {
    const struct sink *sink;
    struct source_facts *facts;
    const char *text;          /* borrowed */
    const char *begun_at;      /* in it: the start of the listing that is being read */
    const char *damage;        /* NULL, or why nothing in the text is complete */
    uint64_t handed_count;     /* findings, */
    uint64_t dropped_count;    /* and those that were too many */
    uint64_t incomplete_count; /* listings; the first are remarked on in the facts */
    struct held_listing *held; /* owned */
    size_t held_count;
    /* Lines up to here were asked whether they name the update: */
    struct lines asked;
    const char *number_at;  /* the next place in the text with its number, and */
    const char *package_at; /* with its package; NULL: there is none */
    uint64_t unread_line;   /* the first line that names it and is no entry, */
    uint64_t unread_count;  /* and how many there are */
};

/* Begins with a text that has no NUL and outlives *out. */
void listing_out_begin(struct listing_out *out, const struct sink *sink, struct source_facts *facts,
                       const char *text, size_t length_bytes);

/* Hands a finding on, unless there were too many of this source. */
int listing_out_add(struct listing_out *out, const struct finding *finding, struct error *err);

/* Keeps a copy of a finding on a whole listing (FINDING_LISTING) for the end. */
void listing_out_hold(struct listing_out *out, const struct finding *finding);

/* Says of the source that the listing at this line, of a host if that is known, is not whole, and
 * why; of many listings, of the first. */
void listing_out_remark(struct listing_out *out, uint64_t line, enum finding_origin origin,
                        const char *host, const char *reason);

/* Says that the lines from `first` to `last` were read as an entry that names the update. Entries
 * are handed on in the order of their lines. */
void listing_out_take_lines(struct listing_out *out, uint64_t first, uint64_t last);

/* Hands on what was held, unless `result` is not 0 already, says of the source what was left out,
 * and frees what *out owns. Returns `result`, or -1 when the sink ended the run. */
int listing_out_finish(struct listing_out *out, int result, struct error *err);

#endif
