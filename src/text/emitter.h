/* SPDX-License-Identifier: Apache-2.0 */
/* emitter: where the parsers of one text put what they find. Findings on whole listings are held
 * back to the end of the text: where a line names KB971033 and no parser took an entry from it, a
 * row was lost, and no listing of that text proves absence. So are licences without a host: where
 * those of several machines follow each other, only all their headings together tell that. */
#ifndef SPPTRIAGE_TEXT_EMITTER_H
#define SPPTRIAGE_TEXT_EMITTER_H

#include <inttypes.h>

#include "base/error.h"
#include "base/lines.h"
#include "model/reader.h"

/* So much of a value is handed on; what listings have is shorter. */
#define LISTING_VALUE_MOST_BYTES 1024u

struct held_finding;

/* One a text. */
struct emitter {
    const struct sink *sink;
    struct source_facts *facts;
    const char *text;          /* borrowed */
    const char *behind;        /* in it: where the listing before ended, */
    const char *begun_at;      /* and the start of the one that is being read */
    const char *damage;        /* NULL, or why nothing in the text is complete */
    uint64_t handed_count;     /* findings, */
    uint64_t dropped_count;    /* and those that were too many */
    uint64_t incomplete_count; /* listings; the first are remarked on in the facts */
    struct held_finding *held; /* owned */
    size_t held_count;
    /* Lines up to here were asked whether they name the update: */
    struct lines asked;
    const char *number_at;  /* the next place in the text with its number, and */
    const char *package_at; /* with its package; NULL: there is none */
    uint64_t unread_line;   /* the first line that names it and is not an entry, */
    uint64_t unread_count;  /* and how many there are */
};

/* Begins with a text that has no NUL and outlives *emitter. */
void emitter_begin(struct emitter *emitter, const struct sink *sink, struct source_facts *facts,
                   const char *text, size_t length_bytes);

/* Hands a finding on, unless there were too many of this source. */
int emitter_add(struct emitter *emitter, const struct finding *finding, struct error *err);

/* Keeps a copy of a finding on a whole listing (FINDING_LISTING) for the end. */
void emitter_hold(struct emitter *emitter, const struct finding *finding);

/* Hands on what is of no host, or of the host that the lines above the listing name; holds it back
 * where only a heading does, which may be one. */
int emitter_add_below(struct emitter *emitter, const struct finding *finding, struct error *err);

/* Says of the source that the listing at this line, of a host if that is known, is not whole, and
 * why, a list; of many listings, of the first. */
void emitter_remark(struct emitter *emitter, uint64_t line, enum finding_origin origin,
                    const char *host, const char *reasons);

/* Says that the lines from `first` to `last` were read as an entry that names the update. Entries
 * are handed on in the order of their lines. */
void emitter_take_lines(struct emitter *emitter, uint64_t first, uint64_t last);

/* Hands on what was held, unless `result` is not 0 already, says of the source what was left out,
 * and frees what *emitter owns. Returns `result`, or -1 when the sink ended the run. */
int emitter_finish(struct emitter *emitter, int result, struct error *err);

/* ---- A licence (licence.c) ---- */

/* A product as listings have it. Its lines are borrowed; those that the form has not are empty. */
struct listed_licence {
    enum finding_origin origin;
    uint64_t line;    /* where it begins */
    struct line host; /* that the listing names */
    struct line name;
    struct line description;
    struct line description_rest; /* where it was wrapped */
    struct line activation_id;
    struct line application_id;
    struct line partial_key;
    struct line status; /* in words, or its number */
    struct line reason; /* begins with its code: `0xC004F200`, or in decimal */
};

/* Hands the licence on when it has a key, and is not said to be of another application than
 * Windows. -1 when the sink ended the run. */
int licence_add(struct emitter *emitter, const struct listed_licence *licence, struct error *err);

/* Returns owned: the GUID as findings have them, in lower case without braces. */
char *licence_copy_guid(const struct line *value) __attribute__((warn_unused_result));

/* A listing of the class SoftwareLicensingProduct has this property. */
#define LICENCE_STATUS_PROPERTY "LicenseStatus"

/* The member that the property of that name is kept in, or NULL. */
struct line *licence_property(struct listed_licence *licence, const struct line *name);

/* Why none of the licences of a listing counts. */
#define LICENCE_KEY_UNKNOWN "it does not tell which licence has a product key"

/* Reads a code as licences have it: `0xC004F200 ...`, or 3221549568 alone; false for another. */
bool licence_read_code(const struct line *value, uint32_t *code);

/* ---- A listing of updates (update_listing.c) ---- */

struct listed_update {
    struct line name; /* borrowed, like the others: KB971033, a package identity */
    enum package_state state;
    struct line state_text;  /* may be empty */
    struct line date;        /* may be empty */
    struct line description; /* what the update is called, or begins so; may be empty */
};

/* What a listing of updates says, host by host: entries that name an update of the table are handed
 * on as they come (FINDING_ENTRY), and at the end what each host's listing is as a whole
 * (FINDING_LISTING), which the emitter holds back. Starts as zeros, but for `origin` and `line`. */
struct update_listing {
    enum finding_origin origin;
    uint64_t line; /* where it begins */
    /* systeminfo's own number of entries, where it has one: */
    bool is_announced;
    uint64_t announced_count;
    struct listed_host **hosts; /* owned: in order of first meeting */
    size_t host_count;
    size_t recent;
    void *by_name;           /* owned: a tree of <search.h> */
    uint64_t left_out_count; /* entries of hosts that were too many */
    bool is_mixed;           /* a host came again after another */
    bool is_selected;        /* the command above it leaves entries out; known at the end */
    struct text incomplete;  /* owned: reasons that concern all hosts */
};

/* Counts the entry for the host (empty: not known) and hands it on if it names an update of the
 * table. -1 when the sink ended the run. */
int update_listing_add(struct update_listing *listing, struct emitter *emitter, struct line host,
                       const struct listed_update *entry, struct error *err);

/* Makes the host known though no entry of it is. */
void update_listing_add_host(struct update_listing *listing, struct line host);

/* Says that an entry on this line is left out, as it cannot be told whose it is. */
void update_listing_leave_out(struct emitter *emitter, uint64_t line);

/* Adds a reason why the listing can prove no absence: of all hosts, or of the last one met. */
void update_listing_mark_incomplete(struct update_listing *listing, const char *reason);
void update_listing_mark_last_incomplete(struct update_listing *listing, const char *reason);

/* Says that the listing is cut, to whomever it may concern. */
#define LISTING_CUT_IN_LINE "it is cut: its last line does not end"
void update_listing_mark_cut(struct update_listing *listing, const char *reason);

/* Such as are made of the lines alone that a filter let through. */
#define LISTING_WITHOUT_HEADING "nothing stands above its rows, so others may have been left out"

/* Further reasons. Between its rows, or behind them where its end should be, are lines that are not
 * (errors, prompts); rows behind them are read all the same. */
#define LISTING_INTERRUPTED "lines that are none of its rows interrupt it"
#define LISTING_ROWS_UNREAD "%" PRIu64 " line%s among its rows could not be read as such"
#define LISTING_NAME_CUT "a cell with an update number is cut off"

/* Hands what the listing is to the emitter, once for each host, and frees what *listing owns. */
void update_listing_finish(struct update_listing *listing, struct emitter *emitter);

#endif
