/* SPDX-License-Identifier: Apache-2.0 */
/* progress: how far a run has come, on standard error: on a terminal one line, rewritten at most
 * ten times a second; elsewhere, where it is asked for, a line every ten seconds and a last one.
 * What it counts are sources and their bytes as they lie there, and the machines, by the names in
 * the events, that have a genuineness signal in the window so far: verdicts are made once all is
 * read. */
#ifndef SPPTRIAGE_APP_PROGRESS_H
#define SPPTRIAGE_APP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/options.h"
#include "base/text.h"
#include "intake/walk.h"
#include "model/observation.h"

/* What the line says. */
struct progress_facts {
    uint64_t sources_done;
    uint64_t sources_known; /* what lies in containers is known once it is unpacked */
    uint64_t bytes_done;
    uint64_t bytes_known;
    uint64_t rate_bytes;   /* a second; 0: not known yet */
    uint64_t left_seconds; /* 0: not known */
    uint64_t machine_count;
    const char *item; /* the path of a large source at work, or NULL; borrowed */
    uint64_t item_done_bytes;
    uint64_t item_bytes; /* 0: it is not known how many of them will be read */
};

/* Adds the line: of what does not fit into so many columns the less important is left out, all
 * parts as they are or not at all. */
void progress_add_line(struct text *out, const struct progress_facts *facts, size_t columns);

struct progress;

/* Begins, for the entries of the walk; NULL where no progress is to be shown, which all functions
 * accept. Borrows the options as long as it lives. */
struct progress *progress_new(const struct options *options, const struct walk *walk);

/* Shows the last of it, and frees it. */
void progress_end(struct progress *progress);

/* One more source is known: a member of a container. */
void progress_add_source(struct progress *progress);

/* A source is in the case; `size_bytes` of it were among those known from the start. */
void progress_count_done(struct progress *progress, uint64_t size_bytes);

/* Looks whether the observation is a signal in the window. */
void progress_look_at(struct progress *progress, const struct observation *observation);

/* A source that is at work, as progress_facts has it. */
struct progress_item {
    const char *path; /* NULL: none */
    uint64_t done_bytes;
    uint64_t size_bytes;
    bool is_partial; /* it is not known how much of it will be read */
};

/* Shows how far it is, if it is time to; `item` is what is at work. */
void progress_show(struct progress *progress, const struct progress_item *item);

/* Says on a terminal what is done once all is read. */
void progress_show_step(const struct options *options, const char *words);

#endif
