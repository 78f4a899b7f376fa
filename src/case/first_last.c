/* SPDX-License-Identifier: Apache-2.0 */
/* Of observations of one computer and event that follow each other and state the same
 * (model/licences.h), the first and the last, in order of (EventRecordID, event time, offset): in a
 * log that wrapped around, the order of the file is another. Those of Windows and those of other
 * applications do not part each other. They are held in memory until their source is finished, and
 * written then, so that nothing is deleted again (rewrite.c). A source with more of them than
 * memory is meant for has them all written, and those between deleted at its end. */
#include "case/internal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/licences.h"

#define HELD_BYTES_MOST (4u << 20)

#define OF_KIND "computer_id > ?1 AND provider_id IS nullif(?2, 0) AND event_id = ?3"
#define IN_ORDER "computer_id, record_id, event_filetime, offset_bytes, id"
static const char all_of_kind[] =
    "SELECT id, computer_id, strings FROM observation WHERE " OF_KIND " ORDER BY " IN_ORDER;
static const char delete_one[] = "DELETE FROM observation WHERE id = ?1";

/* An observation that is held. */
struct held_row {
    struct observation_row row;
    char *texts; /* owned: all of the row */
    size_t size_bytes;
};

/* Some that follow each other and state the same. */
struct held_run {
    struct licence_statement statement;
    struct held_row rows[2]; /* first and last */
    size_t count;
};

/* The runs of one computer, event and application, in order. */
struct held {
    int64_t computer_id;
    uint16_t event_id;
    char *provider; /* owned */
    bool is_windows;
    struct held_run *runs; /* owned */
    size_t run_count;
};

/* ---- Order and content ---- */

/* As SQLite orders what thin_out goes by: numbers are kept by their bits. */
static int compare_order(const struct observation_row *left, const struct observation_row *right)
{
    const struct observation *one = &left->seen.observation;
    const struct observation *other = &right->seen.observation;
    int order = compare_i64((int64_t)one->record_id, (int64_t)other->record_id);

    if (order == 0)
        order = compare_i64((int64_t)one->event_filetime, (int64_t)other->event_filetime);
    if (order == 0)
        order = compare_i64((int64_t)one->offset_bytes, (int64_t)other->offset_bytes);
    return order;
}

static int compare_held(const void *left, const void *right)
{
    const struct held *one = left, *other = right;
    int order = compare_i64(one->computer_id, other->computer_id);

    if (order == 0)
        order = compare_i64(one->event_id, other->event_id);
    if (order == 0)
        order = compare_i64(one->is_windows, other->is_windows);
    return order != 0 ? order : strcmp(one->provider, other->provider);
}

/* ---- Holding ---- */

/* Moves the text into the memory at *at. */
static void move_text(const char **text, char **at)
{
    size_t size;

    if (*text == NULL)
        return;
    size = strlen(*text) + 1;
    *text = memcpy(*at, *text, size);
    *at += size;
}

static void hold(struct first_last *all, struct held_row *held, const struct observation_row *row)
{
    struct observation *observation = &held->row.seen.observation;
    const char **texts[] = {&observation->provider,      &observation->channel,
                            &observation->computer,      &observation->user_sid,
                            &observation->other_reading, &held->row.names,
                            &held->row.strings};
    size_t size = 0;
    char *at;

    held->row = *row;
    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        size += *texts[index] != NULL ? strlen(*texts[index]) + 1 : 0;
    held->texts = at = memory_allocate(size, 1);
    held->size_bytes = size;
    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        move_text(texts[index], &at);
    all->held_bytes += size;
}

static void release(struct first_last *all, struct held_row *held)
{
    all->held_bytes -= held->size_bytes;
    free(held->texts);
    *held = (struct held_row){0};
}

/* Finds or begins those that the row is one of. */
static struct held *find_or_begin(struct first_last *all, const struct observation_row *row,
                                  bool is_windows)
{
    const struct observation *observation = &row->seen.observation;
    struct held probe = {.computer_id = row->computer_id,
                         .event_id = observation->event_id,
                         .provider = (char *)observation->provider,
                         .is_windows = is_windows};
    struct held **found = memory_require(tsearch(&probe, &all->by_content, compare_held));
    struct held *held;

    if (*found != &probe)
        return *found;
    *found = held = memory_allocate(1, sizeof(*held));
    *held = probe;
    held->provider = memory_copy_text(probe.provider);
    all->items = memory_grow(all->items, all->count, sizeof(*all->items));
    all->items[all->count++] = held;
    all->held_bytes += sizeof(*held);
    return held;
}

/* Puts a run without a row in front of the one at `index`. */
static struct held_run *insert_run(struct first_last *all, struct held *held, size_t index,
                                   const struct licence_statement *statement)
{
    struct held_run *run;

    held->runs = memory_grow(held->runs, held->run_count, sizeof(*held->runs));
    run = &held->runs[index];
    memmove(run + 1, run, (held->run_count++ - index) * sizeof(*run));
    *run = (struct held_run){.statement = *statement};
    all->held_bytes += sizeof(*run);
    return run;
}

static const struct observation_row *last_row(const struct held_run *run)
{
    return &run->rows[run->count - 1].row;
}

/* The first run that does not end before the row; most rows come behind all. */
static size_t find_place(const struct held *held, const struct observation_row *row)
{
    size_t index = held->run_count;

    while (index > 0 && compare_order(last_row(&held->runs[index - 1]), row) >= 0)
        index--;
    return index;
}

static bool states(const struct held *held, size_t index, const struct licence_statement *statement)
{
    return index < held->run_count &&
           licence_statements_equal(&held->runs[index].statement, statement);
}

/* Parts the run at `index`: its last row, of whatever came between, begins one of its own. */
static void part_run(struct first_last *all, struct held *held, size_t index)
{
    struct licence_statement statement = held->runs[index].statement;
    struct held_run *behind = insert_run(all, held, index + 1, &statement);
    struct held_run *run = &held->runs[index];

    behind->rows[0] = run->rows[1];
    behind->count = 1;
    run->rows[1] = (struct held_row){0};
    run->count = 1;
}

/* The row comes first or last in a run that states the same. */
static void extend_run(struct first_last *all, struct held_run *run,
                       const struct observation_row *row, bool at_front)
{
    struct held_row *place = at_front ? &run->rows[0] : &run->rows[1];

    if (run->count == 2)
        release(all, place);
    else if (at_front)
        run->rows[1] = run->rows[0];
    run->count = 2;
    hold(all, place, row);
}

static void add_to_held(struct first_last *all, const struct observation_row *row,
                        const struct licence_statement *statement)
{
    struct held *held = find_or_begin(all, row, statement->is_windows);
    size_t index = find_place(held, row);
    bool is_within =
        index < held->run_count && compare_order(&held->runs[index].rows[0].row, row) <= 0;
    struct held_run *run;

    if (is_within && states(held, index, statement))
        return;
    if (is_within)
        part_run(all, held, index++);
    if (index > 0 && states(held, index - 1, statement)) {
        extend_run(all, &held->runs[index - 1], row, false);
    } else if (states(held, index, statement)) {
        extend_run(all, &held->runs[index], row, true);
    } else {
        run = insert_run(all, held, index, statement);
        hold(all, &run->rows[0], row);
        run->count = 1;
    }
}

/* The items are freed by way of their list. */
static void keep(void *item)
{
    (void)item;
}

static void free_held(struct held *held)
{
    for (size_t index = 0; index < held->run_count; index++) {
        free(held->runs[index].rows[0].texts);
        free(held->runs[index].rows[1].texts);
    }
    free(held->runs);
    free(held->provider);
    free(held);
}

static void forget_held(struct first_last *all)
{
    tdestroy(all->by_content, keep);
    for (size_t index = 0; index < all->count; index++)
        free_held(all->items[index]);
    free(all->items);
    all->items = NULL;
    all->by_content = NULL;
    all->count = 0;
    all->held_bytes = 0;
}

void first_last_forget(struct first_last *all)
{
    forget_held(all);
    free(all->kinds);
    *all = (struct first_last){0};
}

/* ---- Into the case ---- */

static int write_run(struct casedb *db, struct held_run *run, struct error *err)
{
    int result = 0;

    for (size_t place = 0; place < run->count && result == 0; place++)
        result = observation_insert(db, &run->rows[place].row, err);
    return result;
}

static int write_held(struct casedb *db, struct error *err)
{
    struct first_last *all = &db->first_last;
    int result = 0;

    for (size_t index = 0; index < all->count && result == 0; index++)
        for (size_t run = 0; run < all->items[index]->run_count && result == 0; run++)
            result = write_run(db, &all->items[index]->runs[run], err);
    return result;
}

/* Remembers which kind of event is to be thinned out. */
static void note_kind(struct first_last *all, const struct observation_row *row)
{
    struct thinned_kind kind = {row->provider_id, row->seen.observation.event_id};

    for (size_t index = 0; index < all->kind_count; index++)
        if (all->kinds[index].provider_id == kind.provider_id &&
            all->kinds[index].event_id == kind.event_id)
            return;
    all->kinds = memory_grow(all->kinds, all->kind_count, sizeof(*all->kinds));
    all->kinds[all->kind_count++] = kind;
}

static int spill(struct casedb *db, struct error *err)
{
    struct first_last *all = &db->first_last;

    if (write_held(db, err) != 0)
        return -1;
    for (size_t index = 0; index < all->count; index++)
        note_kind(all, &all->items[index]->runs[0].rows[0].row);
    forget_held(all);
    all->is_over = true;
    return 0;
}

int first_last_add(struct casedb *db, struct observation_row *row, struct error *err)
{
    struct first_last *all = &db->first_last;
    struct licence_statement statement;

    if (all->is_over) {
        if (observation_insert(db, row, err) != 0)
            return -1;
        note_kind(all, row);
        return 0;
    }
    statement = licence_statement_of(&row->seen.observation);
    add_to_held(all, row, &statement);
    return all->held_bytes > HELD_BYTES_MOST ? spill(db, err) : 0;
}

/* Where in the order of its computer and application the search for those between is. */
struct thinning {
    int64_t computer_id; /* 0: nowhere yet */
    struct licence_statement statement;
    int64_t last_id;
    bool last_repeats; /* it states what the one before did */
};

/* What the strings of a row state. */
static struct licence_statement statement_of(struct string_list *list, const char *strings)
{
    struct observation_string values[2] = {{"", ""}, {"", ""}};
    struct observation observation = {.strings = values};

    if (!strings_read(list, strings))
        list->count = 0;
    for (size_t index = 0; index < list->count && index < ARRAY_COUNT(values); index++)
        values[observation.string_count++].value = list->items[index];
    return licence_statement_of(&observation);
}

/* Goes on to the row. Returns the id of the one before, where that lies between two that state the
 * same; else 0. */
static int64_t go_on(struct thinning *thinning, int64_t computer_id, int64_t id,
                     const struct licence_statement *statement)
{
    bool repeats = thinning->computer_id == computer_id &&
                   licence_statements_equal(&thinning->statement, statement);
    int64_t between = repeats && thinning->last_repeats ? thinning->last_id : 0;

    *thinning = (struct thinning){computer_id, *statement, id, repeats};
    return between;
}

static int delete_rows(struct casedb *db, const int64_t *ids, size_t count, struct error *err)
{
    int result = 0;

    for (size_t index = 0; index < count && result == 0; index++) {
        struct query query = query_of(db, delete_one);

        query_integer(&query, ids[index]);
        result = query_run(&query, err);
    }
    if (count > 0)
        db->in_order = false;
    return result;
}

static int thin_out(struct casedb *db, const struct thinned_kind *kind, struct error *err)
{
    struct thinning thinnings[2] = {0}; /* of other applications, and of Windows */
    struct string_list list = {0};
    struct query query = query_of(db, all_of_kind);
    int64_t *between = NULL;
    size_t count = 0;
    int step;

    query_integer(&query, db->source.last.computer); /* those of the open source come behind */
    query_integer(&query, kind->provider_id);
    query_integer(&query, kind->event_id);
    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);
        int64_t id = row_integer(&row);
        int64_t computer_id = row_integer(&row);
        struct licence_statement statement = statement_of(&list, row_text(&row));
        int64_t passed = go_on(&thinnings[statement.is_windows], computer_id, id, &statement);

        if (passed == 0)
            continue;
        between = memory_grow(between, count, sizeof(*between));
        between[count++] = passed;
    }
    if (step == 0)
        step = delete_rows(db, between, count, err);
    free(between);
    strings_free(&list);
    return step;
}

int first_last_finish(struct casedb *db, struct error *err)
{
    struct first_last *all = &db->first_last;
    int result = write_held(db, err);

    for (size_t index = 0; index < all->kind_count && result == 0; index++)
        result = thin_out(db, &all->kinds[index], err);
    first_last_forget(all);
    return result;
}
