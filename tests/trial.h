/* SPDX-License-Identifier: Apache-2.0 */
/* trial: the reader on mutants (mutant.h). Of each mutant it is asked, in a process of its own:
 *   1. does our reader alone, without libevtx, come to its end without harm, in bounded time?
 *   2. does it with libevtx as its second reader?
 *   3. is every event of the event table that libevtx reads from a record of the walk, or recovers
 *      where the walk broke, handed on with the same fields, or told to be undecodable?
 * libevtx is asked only about records that are sound (record_is_sound), and harmed by some all the
 * same: when a process ends in it, that is counted apart, and the next mutant is tried. */
#ifndef SPPTRIAGE_TESTS_TRIAL_H
#define SPPTRIAGE_TESTS_TRIAL_H

#include <stdint.h>

#include "base/text.h"
#include "model/source.h"
#include "mutant.h"

/* Starts as zeros. */
struct trial {
    uint64_t mutants;
    uint64_t handed;          /* observations that our reader handed on */
    uint64_t compared;        /* of them, those that libevtx read from the same record */
    uint64_t undecodable;     /* events of libevtx that our reader tells to be undecodable */
    uint64_t duplicates;      /* events of libevtx that lie between two that were handed on */
    uint64_t excused;         /* events read otherwise where libevtx is known to be wrong */
    uint64_t libevtx_crashes; /* the process ended in libevtx, */
    uint64_t libevtx_hangs;   /* or was kept busy by it for too long */
    uint64_t longest_us;      /* the longest time that our reader alone took for a mutant */
    uint64_t failures;        /* what must not be: */
    struct text report;       /* a line or more for each of the first of them, */
    struct text notes;        /* and for each of the first crashes and hangs of libevtx */
};

/* Tries the mutants from number `first` on. */
void trial_run(const struct stock *stock, uint64_t seed, uint64_t first, uint64_t count,
               struct trial *trial);

/* The figures on one line. */
void trial_add_summary(const struct trial *trial, struct text *out);

/* ---- Readers of other files, on mutants of their own ---- */

/* What child processes and the test share. */
struct trial_batch {
    uint64_t number;                        /* of the mutant at hand */
    char story[1024];                       /* of which original, and what was done to it */
    char fault[1024];                       /* what must not be; or "" */
    uint64_t statuses[SOURCE_STATUS_COUNT]; /* of the mutants that could be read */
    uint64_t refused;                       /* the others */
};

/* How many mutants are tried: MUTANTS of the environment, or `usual`, and a quarter of that under a
 * sanitizer, where each takes several times as long (script/soak tries more there). */
uint64_t trial_mutants(uint64_t usual);

/* Has `try_one` try the mutants from number 0 on, trial_mutants(usual) of them, in child processes
 * that each have a while of processor time for a mutant. It fills the story, and the fault where
 * there is one. Prints what failed and the figures; returns how many failed. */
uint64_t trial_in_children(uint64_t usual,
                           void (*try_one)(struct trial_batch *batch, uint64_t seed,
                                           const void *context),
                           const void *context);

/* A number of the environment, as MUTANT_SEED, or what is given. */
uint64_t trial_setting(const char *name, uint64_t otherwise);

#endif
