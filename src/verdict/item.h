/* SPDX-License-Identifier: Apache-2.0 */
/* group: pieces of evidence in words. Pieces of one kind that say the same and are from one source
 * are a group: `installed: WAT 1, 13 (7 events) from TIME to TIME in PATH`. Pure; what it keeps
 * grows with the number of sources and of distinct sayings, not with that of pieces. */
#ifndef SPPTRIAGE_VERDICT_ITEM_H
#define SPPTRIAGE_VERDICT_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of evidence, whatever it is evidence of. Borrows its texts. */
struct group_piece {
    const char *says;     /* "installed"; "volume-kms, Windows 7 Enterprise" */
    const char *kind;     /* "WAT", "SPP 1003", "wmic qfe" */
    uint16_t number;      /* which of its kind: the event id; 0 for none */
    const char *unit;     /* what is counted: "event", "row"; "" where nothing is */
    bool with_collection; /* it has no time of its own: it is of the time of collection */
    uint64_t filetime;    /* 0 when unknown, or with the collection */
    const char *path;     /* of the source */
    const char *detail;   /* for a person, or "" */
};

/* Starts as zeros; owns everything. */
struct groups {
    struct group *items;
    size_t count;
};

void groups_free_content(struct groups *groups);

/* Takes a piece in, in any order. */
void groups_feed(struct groups *groups, const struct group_piece *piece);

/* Returns owned: the groups as a "; " list, in order of each group's first piece, those of the time
 * of collection last. */
char *groups_text(const struct groups *groups) __attribute__((warn_unused_result));

#endif
