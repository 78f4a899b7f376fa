/* SPDX-License-Identifier: Apache-2.0 */
/* Where records whose times run back are cut. A run is what follows each other without a step back.
 * A record of a run can be in order with all of a later run (it is not too late), with some of it,
 * or with none; the same with an earlier run. So runs are cut behind what is in order with all of a
 * later one and in front of what is in order with all of an earlier one. What is left lies in the
 * time of another run: where two such pieces cross, each of their records is one by itself. */
#include "evtx/log_summary.h"

#include <stdlib.h>

#include "base/memory.h"

/* With more steps back than that nothing but these is cut; the pieces are no more either, before
 * some are cut into their records. */
#define RUNS_MOST 1024u
#define PIECES_MOST 16384u

/* Some records behind each other. */
struct log_piece {
    size_t first;
    size_t count;
    size_t run;              /* which it is of */
    uint64_t least_filetime; /* of its records */
    uint64_t greatest_filetime;
    bool crosses;
};

struct log_pieces {
    struct log_piece *items; /* owned */
    size_t count;
};

/* At work on records that are in order of their ids. */
struct cutting {
    const uint64_t *filetimes;
    struct log_pieces runs;
    uint64_t *cuts; /* owned: the times behind which the run at hand is cut, ascending */
    size_t cut_count;
    struct log_pieces pieces;
};

static void add_piece(struct log_pieces *pieces, const uint64_t *filetimes, size_t first,
                      size_t end, size_t run)
{
    struct log_piece piece = {.first = first,
                              .count = end - first,
                              .run = run,
                              .least_filetime = filetimes[first],
                              .greatest_filetime = filetimes[first]};

    for (size_t index = first; index < end; index++) {
        if (filetimes[index] < piece.least_filetime)
            piece.least_filetime = filetimes[index];
        if (filetimes[index] > piece.greatest_filetime)
            piece.greatest_filetime = filetimes[index];
    }
    pieces->items = memory_grow(pieces->items, pieces->count, sizeof(*pieces->items));
    pieces->items[pieces->count++] = piece;
}

static void find_runs(struct cutting *cutting, size_t count)
{
    const uint64_t *filetimes = cutting->filetimes;
    uint64_t greatest = 0;
    size_t first = 0;

    for (size_t index = 0; index < count; index++) {
        if (record_span_is_step_back(greatest, filetimes[index])) {
            add_piece(&cutting->runs, filetimes, first, index, cutting->runs.count);
            first = index;
            greatest = 0;
        }
        if (filetimes[index] > greatest)
            greatest = filetimes[index];
    }
    add_piece(&cutting->runs, filetimes, first, count, cutting->runs.count);
}

static int compare_times(const void *left, const void *right)
{
    uint64_t one = *(const uint64_t *)left, other = *(const uint64_t *)right;

    return (one > other) - (one < other);
}

static void find_cuts(struct cutting *cutting, const struct log_piece *run)
{
    cutting->cut_count = 0;
    for (size_t number = 0; number < cutting->runs.count; number++) {
        const struct log_piece *other = &cutting->runs.items[number];
        uint64_t cut = number > run->run
                           ? other->least_filetime + RECORD_SPAN_STEP_BACK_MOST
                           : other->greatest_filetime - RECORD_SPAN_STEP_BACK_MOST - 1;

        if (number != run->run && cut >= run->least_filetime && cut < run->greatest_filetime)
            cutting->cuts[cutting->cut_count++] = cut;
    }
    qsort(cutting->cuts, cutting->cut_count, sizeof(*cutting->cuts), compare_times);
}

/* Cuts where the greatest time so far passes one of the cuts. */
static void cut_run(struct cutting *cutting, const struct log_piece *run)
{
    uint64_t greatest = 0;
    size_t first = run->first, next = 0;

    for (size_t index = run->first; index < run->first + run->count; index++) {
        size_t passed = next;

        if (cutting->filetimes[index] > greatest)
            greatest = cutting->filetimes[index];
        while (next < cutting->cut_count && cutting->cuts[next] < greatest)
            next++;
        if (next == passed || index == first || cutting->pieces.count >= PIECES_MOST)
            continue;
        add_piece(&cutting->pieces, cutting->filetimes, first, index, run->run);
        first = index;
    }
    add_piece(&cutting->pieces, cutting->filetimes, first, run->first + run->count, run->run);
}

static int compare_least(const void *left, const void *right)
{
    return compare_times(&((const struct log_piece *)left)->least_filetime,
                         &((const struct log_piece *)right)->least_filetime);
}

/* Can some records of the two be in order, and others not? */
static bool pieces_cross(const struct log_piece *one, const struct log_piece *other)
{
    const struct log_piece *earlier = one->run < other->run ? one : other;
    const struct log_piece *later = one->run < other->run ? other : one;

    return one->run != other->run &&
           record_span_is_step_back(earlier->greatest_filetime, later->least_filetime) &&
           !record_span_is_step_back(earlier->least_filetime, later->greatest_filetime);
}

/* Puts the pieces in order of their times, in which those that can cross are near each other. */
static void find_crossing(struct log_pieces *pieces)
{
    struct log_piece *items = pieces->items;

    qsort(items, pieces->count, sizeof(*items), compare_least);
    for (size_t index = 0; index < pieces->count; index++)
        for (size_t next = index + 1;
             next < pieces->count &&
             !record_span_is_step_back(items[next].least_filetime, items[index].greatest_filetime);
             next++)
            if (pieces_cross(&items[index], &items[next]))
                items[index].crosses = items[next].crosses = true;
}

static void mark(const struct log_pieces *pieces, bool *begins)
{
    for (size_t index = 0; index < pieces->count; index++) {
        const struct log_piece *piece = &pieces->items[index];

        for (size_t record = 0; record < (piece->crosses ? piece->count : 1); record++)
            begins[piece->first + record] = true;
    }
}

bool log_spans_cut(const uint64_t *filetimes, size_t count, bool *begins)
{
    struct cutting cutting = {.filetimes = filetimes};
    bool is_whole = false;

    find_runs(&cutting, count);
    mark(&cutting.runs, begins);
    if (cutting.runs.count <= RUNS_MOST) {
        cutting.cuts = memory_resize(NULL, cutting.runs.count, sizeof(*cutting.cuts));
        for (size_t number = 0; number < cutting.runs.count; number++) {
            find_cuts(&cutting, &cutting.runs.items[number]);
            cut_run(&cutting, &cutting.runs.items[number]);
        }
        if (cutting.pieces.count <= PIECES_MOST)
            find_crossing(&cutting.pieces);
        is_whole = cutting.pieces.count < PIECES_MOST;
        mark(&cutting.pieces, begins);
    }
    free(cutting.cuts);
    free(cutting.runs.items);
    free(cutting.pieces.items);
    return is_whole;
}
