/* SPDX-License-Identifier: Apache-2.0 */
/* listing_tally: what a listing of updates says, host by host: entries that name an update of the
 * table are handed on as they come (FINDING_ENTRY), and at the end what each host's listing is as a
 * whole (FINDING_LISTING), which `out` holds back. */
#ifndef SPPTRIAGE_TEXT_LISTING_TALLY_H
#define SPPTRIAGE_TEXT_LISTING_TALLY_H

#include "text/listing_out.h"

/* So much of a value is handed on; what listings have is shorter. */
#define LISTING_VALUE_MOST_BYTES 1024u

struct tally_entry {
    struct line name; /* borrowed, like the others: KB971033, a package identity */
    enum package_state state;
    struct line state_text;  /* may be empty */
    struct line date;        /* may be empty */
    struct line description; /* what the update is called, or begins so; may be empty */
};

/* A listing. Starts as zeros, but for `origin` and `line`. */
struct listing_tally {
    enum finding_origin origin;
    uint64_t line; /* where it begins */
    /* systeminfo's own number of entries, where it has one: */
    bool is_announced;
    uint64_t announced_count;
    struct tally_host **hosts; /* owned: in order of first meeting */
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
int listing_tally_add(struct listing_tally *tally, struct listing_out *out, struct line host,
                      const struct tally_entry *entry, struct error *err);

/* Makes the host known though no entry of it is. */
void listing_tally_add_host(struct listing_tally *tally, struct line host);

/* Adds a reason why the listing can prove no absence: of all hosts, or of the last one met. */
void listing_tally_say(struct listing_tally *tally, const char *reason);
void listing_tally_say_last(struct listing_tally *tally, const char *reason);

/* Says that the listing is cut, to whomever it may concern. */
#define TALLY_CUT_IN_LINE "it is cut: its last line does not end"
#define TALLY_CUT_AT_LINE "it is cut: no empty line ends it"
void listing_tally_say_cut(struct listing_tally *tally, const char *reason);

/* Hands what the listing is to `out`, once for each host, and frees what the tally owns. */
void listing_tally_finish(struct listing_tally *tally, struct listing_out *out);

#endif
