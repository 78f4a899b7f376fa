/* SPDX-License-Identifier: Apache-2.0 */
/* Of observations of one computer with equal content (provider, id and string values), the first
 * and the last in order of (event time, EventRecordID, offset), until their source is finished:
 * in a log that wrapped around, the order of the file is another. They are held in memory, and
 * written in order of first meeting, so that nothing is deleted again (rewrite.c). A source with
 * more of them than memory is meant for has them all written, and those between deleted at its
 * end. */
#include "case/internal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define HELD_BYTES_MOST (4u << 20)

#define IN_ORDER "event_filetime, record_id, offset_bytes, id"
#define IN_REVERSE "event_filetime DESC, record_id DESC, offset_bytes DESC, id DESC"
static const char delete_between[] =
    "DELETE FROM observation WHERE id IN (SELECT id FROM (SELECT id,"
    " row_number() OVER (PARTITION BY computer_id, strings ORDER BY " IN_ORDER ") AS from_first,"
    " row_number() OVER (PARTITION BY computer_id, strings ORDER BY " IN_REVERSE ") AS from_last"
    " FROM observation WHERE computer_id > ?1 AND provider_id IS nullif(?2, 0) AND event_id = ?3)"
    " WHERE from_first > 1 AND from_last > 1)";

struct held_row {
    struct observation_row row;
    char *texts; /* owned: all of the row, but for the strings */
    size_t size_bytes;
};

struct held {
    struct held_row rows[2]; /* first and last */
    size_t count;
    char *strings; /* owned: those of both */
};

/* ---- Order and content ---- */

static int compare_numbers(int64_t left, int64_t right)
{
    return left < right ? -1 : left > right;
}

/* As SQLite orders what thin_out goes by: numbers are kept by their bits. */
static int compare_order(const struct observation_row *left, const struct observation_row *right)
{
    const struct observation *one = &left->seen.observation;
    const struct observation *other = &right->seen.observation;
    int order = compare_numbers((int64_t)one->event_filetime, (int64_t)other->event_filetime);

    if (order == 0)
        order = compare_numbers((int64_t)one->record_id, (int64_t)other->record_id);
    if (order == 0)
        order = compare_numbers((int64_t)one->offset_bytes, (int64_t)other->offset_bytes);
    return order;
}

static int compare_content(const void *left_held, const void *right_held)
{
    const struct observation_row *left = &((const struct held *)left_held)->rows[0].row;
    const struct observation_row *right = &((const struct held *)right_held)->rows[0].row;
    int order = compare_numbers(left->computer_id, right->computer_id);

    if (order == 0)
        order = compare_numbers(left->seen.observation.event_id, right->seen.observation.event_id);
    if (order == 0)
        order = strcmp(left->strings, right->strings);
    if (order == 0)
        order = strcmp(left->seen.observation.provider, right->seen.observation.provider);
    return order;
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
                            &observation->other_reading, &held->row.names};
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

static struct held *begin_held(struct first_last *all, const struct observation_row *row)
{
    struct held *held = memory_allocate(1, sizeof(*held));

    all->items = memory_grow(all->items, all->count, sizeof(*all->items));
    all->items[all->count++] = held;
    held->strings = memory_copy_text(row->strings);
    hold(all, &held->rows[0], row);
    held->rows[0].row.strings = held->strings;
    held->count = 1;
    all->held_bytes += sizeof(*held) + strlen(held->strings);
    return held;
}

/* Finds or begins the one of that content. */
static struct held *find_or_begin(struct first_last *all, const struct observation_row *row,
                                  bool *is_new)
{
    struct held probe = {.rows[0].row = *row};
    struct held **found = memory_require(tsearch(&probe, &all->by_content, compare_content));

    *is_new = *found == &probe;
    if (*is_new)
        *found = begin_held(all, row);
    return *found;
}

/* Where the newcomer belongs: what is there gives way. NULL: between the two. */
static struct held_row *place_of(struct held *held, const struct observation_row *row)
{
    struct held_row *first = &held->rows[0];
    struct held_row *last = &held->rows[1];

    if (held->count == 2 && compare_order(&last->row, row) < 0)
        return last;
    if (held->count == 2)
        return compare_order(&first->row, row) < 0 ? NULL : first;
    held->count = 2;
    if (compare_order(row, &first->row) >= 0)
        return last;
    *last = *first;
    *first = (struct held_row){0};
    return first;
}

static void add_to_held(struct first_last *all, const struct observation_row *row)
{
    bool is_new;
    struct held *held = find_or_begin(all, row, &is_new);
    struct held_row *place = is_new ? NULL : place_of(held, row);

    if (place == NULL)
        return;
    release(all, place);
    hold(all, place, row);
    place->row.strings = held->strings;
}

/* The items are freed by way of their list. */
static void keep(void *item)
{
    (void)item;
}

static void forget_held(struct first_last *all)
{
    tdestroy(all->by_content, keep);
    for (size_t index = 0; index < all->count; index++) {
        free(all->items[index]->rows[0].texts);
        free(all->items[index]->rows[1].texts);
        free(all->items[index]->strings);
        free(all->items[index]);
    }
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

static int write_held(struct casedb *db, struct error *err)
{
    struct first_last *all = &db->first_last;
    int result = 0;

    for (size_t index = 0; index < all->count && result == 0; index++) {
        struct held *held = all->items[index];

        for (size_t place = 0; place < held->count && result == 0; place++)
            result = observation_insert(db, &held->rows[place].row, err);
    }
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
        note_kind(all, &all->items[index]->rows[0].row);
    forget_held(all);
    all->is_over = true;
    return 0;
}

int first_last_add(struct casedb *db, struct observation_row *row, struct error *err)
{
    struct first_last *all = &db->first_last;

    if (all->is_over) {
        if (observation_insert(db, row, err) != 0)
            return -1;
        note_kind(all, row);
        return 0;
    }
    add_to_held(all, row);
    return all->held_bytes > HELD_BYTES_MOST ? spill(db, err) : 0;
}

static int thin_out(struct casedb *db, const struct thinned_kind *kind, struct error *err)
{
    struct query query = query_of(db, delete_between);

    query_integer(&query, db->source.last.computer); /* those of the open source come behind */
    query_integer(&query, kind->provider_id);
    query_integer(&query, kind->event_id);
    if (query_run(&query, err) != 0)
        return -1;
    if (sqlite3_changes(db->sqlite) > 0)
        db->in_order = false;
    return 0;
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
