/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/circumstances.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* ---- Damaged logs ---- */

/* Can something of the source not be read? Until a record can be decoded, it may be the one that
 * decides. */
static bool source_is_damaged(enum source_status status, uint64_t undecodable_count)
{
    switch (status) {
    case SOURCE_STATUS_OK:
    case SOURCE_STATUS_SKIPPED:
        return undecodable_count > 0;
    case SOURCE_STATUS_DAMAGED:
    case SOURCE_STATUS_UNREADABLE:
    case SOURCE_STATUS_CRASHED:
        return true;
    }
    return true;
}

/* Is the log, whose computers these are, one of channel Application, as far as can be told? Where
 * no record could be walked, nothing tells. */
static bool log_may_be_application(const struct assigned_computer *computers, size_t count)
{
    bool walked = false;

    for (size_t index = 0; index < count; index++) {
        if (computers[index].said->application_count > 0)
            return true;
        walked = walked || computers[index].said->record_count > 0;
    }
    return !walked;
}

/* Whose log it is that this computer is of: where that is nobody's, it may be that of the machine
 * it lies beside. What an earlier installation left damaged takes nothing from the present one. */
static bool find_log_machine(const struct assignment *assignment,
                             const struct assigned_computer *computer, size_t *machine)
{
    *machine = computer->machine;
    if (computer->machine == ASSIGNED_TO_NOBODY)
        return assignment_near(assignment, computer->said->path, machine);
    return computer->decides;
}

/* A name known from recovered records only goes by the rest of the log. What was searched for
 * chunks is passed over: it is made of remains, some of which always are beyond reading, and takes
 * nothing away from what the logs show; a machine without logs has coverage `unknown`. */
static void note_damaged_logs(const struct assignment *assignment, struct circumstances *all)
{
    const struct assigned_computer *computers = assignment->computers;
    size_t count = assignment->computer_count;
    bool may_be_application = false;

    for (size_t index = 0; index < count; index++) {
        const struct case_computer *said = computers[index].said;
        size_t machine;

        if (index == 0 || said->place_id != computers[index - 1].said->place_id) {
            size_t end = index + 1;

            while (end < count && computers[end].said->place_id == said->place_id)
                end++;
            may_be_application = log_may_be_application(&computers[index], end - index);
        }
        if (source_kind_is(said->kind, SOURCE_DAMAGE_IS_OF_LOG) &&
            source_is_damaged(said->status, said->undecodable_count) &&
            (said->application_count > 0 || (said->record_count == 0 && may_be_application)) &&
            find_log_machine(assignment, &computers[index], &machine))
            all[machine].log_damaged = true;
    }
}

/* A damaged log that names no machine may be an Application log of the one it lies beside. */
static int note_damaged_sources(struct casedb *db, const struct assignment *assignment,
                                struct circumstances *all, struct error *err)
{
    size_t place_count = assignment->computer_count;
    int64_t *places = memory_allocate(place_count, sizeof(*places));
    struct casedb_cursor *cursor = NULL;
    struct case_source source;
    int result = -1;

    for (size_t index = 0; index < place_count; index++)
        places[index] = assignment->computers[index].said->place_id;
    qsort(places, place_count, sizeof(*places), compare_i64_items);
    if (casedb_sources(db, &cursor, err) != 0)
        goto out;
    while ((result = casedb_next_source(cursor, &source, err)) == 1) {
        size_t machine;

        if (!source_kind_is(source.kind, SOURCE_DAMAGE_IS_OF_LOG) ||
            !source_is_damaged(source.status, source.undecodable_count) ||
            bsearch(&source.id, places, place_count, sizeof(*places), compare_i64_items) != NULL)
            continue;
        if (assignment_near(assignment, source.path, &machine))
            all[machine].log_damaged = true;
    }
out:
    casedb_cursor_free(cursor);
    free(places);
    return result;
}

/* ---- The records of a machine ---- */

/* The spans of one computer of a source. */
struct computer_spans {
    const struct case_span *first;
    size_t count;
};

static int compare_computers(const void *item, const void *key)
{
    const struct case_span *span = item;
    int64_t id = *(const int64_t *)key;

    return (span->computer_id > id) - (span->computer_id < id);
}

static struct computer_spans spans_of(const struct assignment *assignment, int64_t computer_id)
{
    size_t first = array_lower_bound(assignment->spans, assignment->span_count,
                                     sizeof(*assignment->spans), &computer_id, compare_computers);
    struct computer_spans spans = {.first = &assignment->spans[first]};

    while (first + spans.count < assignment->span_count &&
           spans.first[spans.count].computer_id == computer_id)
        spans.count++;
    return spans;
}

/* A stretch, of which channel, and with which others of it it is in one order. */
struct channel_stretch {
    const char *channel; /* borrowed */
    int64_t pool;        /* one of these, or the id of the mixed log that it is from */
    struct stretch stretch;
};

#define POOL_OWN 0
#define POOL_FORWARDED INT64_MAX

struct stretch_list {
    struct channel_stretch *items; /* owned */
    size_t count;
};

/* A log that lies in several places is there once. */
static bool is_listed(const struct assignment *assignment, const struct assigned_machine *machine,
                      size_t index)
{
    return index > 0 && assignment->computers[machine->computers[index]].said->id ==
                            assignment->computers[machine->computers[index - 1]].said->id;
}

static void list_computer(const struct assignment *assignment,
                          const struct assigned_computer *computer, struct stretch_list *list)
{
    struct computer_spans spans = spans_of(assignment, computer->said->id);

    for (size_t index = 0; index < spans.count; index++) {
        const struct case_span *span = &spans.first[index];

        list->items = memory_grow(list->items, list->count, sizeof(*list->items));
        list->items[list->count++] = (struct channel_stretch){
            .channel = span->channel,
            .pool = computer->own_log ? POOL_OWN : POOL_FORWARDED,
            .stretch = {.source_id = computer->said->source_id,
                        .own = computer->own_log,
                        .recovered = span->recovered,
                        .has_gaps =
                            span->record_count <= span->last_record_id - span->first_record_id,
                        .first_record_id = span->first_record_id,
                        .last_record_id = span->last_record_id,
                        .record_count = span->record_count,
                        .first_filetime = span->first_filetime,
                        .last_filetime = span->last_filetime},
        };
    }
}

static int compare_sources(const void *left_item, const void *right_item)
{
    const struct channel_stretch *left = left_item;
    const struct channel_stretch *right = right_item;

    if (left->stretch.source_id != right->stretch.source_id)
        return left->stretch.source_id < right->stretch.source_id ? -1 : 1;
    if (left->stretch.recovered != right->stretch.recovered)
        return left->stretch.recovered ? 1 : -1;
    return strcmp(left->channel, right->channel);
}

/* Are both of walked records of a log of the machine, but of different channels? */
static bool is_of_other_channel(const struct channel_stretch *left,
                                const struct channel_stretch *right)
{
    return left->stretch.own && !left->stretch.recovered && !right->stretch.recovered &&
           strcmp(left->channel, right->channel) != 0;
}

/* A log of the machine that holds records of several channels was put together by somebody: its ids
 * tell nothing beside those of the channel's log. */
static void find_mixed_logs(struct stretch_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare_sources);
    for (size_t first = 0, end; first < list->count; first = end) {
        const struct channel_stretch *log = &list->items[first];
        bool is_mixed = false;

        for (end = first;
             end < list->count && list->items[end].stretch.source_id == log->stretch.source_id;
             end++)
            is_mixed = is_mixed || is_of_other_channel(log, &list->items[end]);
        for (size_t index = first; index < end && is_mixed; index++)
            list->items[index].pool = log->stretch.source_id;
    }
}

/* The machine's own logs of a channel come first. */
static int compare_pools(const void *left_item, const void *right_item)
{
    const struct channel_stretch *left = left_item;
    const struct channel_stretch *right = right_item;
    int order = strcmp(left->channel, right->channel);

    return order != 0 ? order : (left->pool > right->pool) - (left->pool < right->pool);
}

/* ---- The clock ---- */

/* What circumstances are found for. */
struct finding_circumstances {
    struct casedb *db;
    const struct window *window;
    int64_t machine_id;
    struct circumstances *out;
};

/* Records of a channel that are in one order. */
struct channel_pool {
    const char *channel;
    int64_t id;
    struct stretch *stretches; /* by id, none of which is in two of them */
    size_t count;
};

/* An event of a wrong clock is in the window when its sane neighbours are; in order it comes behind
 * the one before it. */
static int place_stretch(struct finding_circumstances *finding, const struct channel_pool *pool,
                         const struct stretch *stretch, struct error *err)
{
    const struct window *window = finding->window;
    const struct case_placement placement = {
        .channel = pool->channel,
        .first_record_id = stretch->first_record_id,
        .last_record_id = stretch->last_record_id,
        .first_filetime = stretch->first_filetime > RECORD_SPAN_STEP_BACK_MOST
                              ? stretch->first_filetime - RECORD_SPAN_STEP_BACK_MOST
                              : 0,
        .last_filetime = stretch->last_filetime,
        .placed_filetime =
            stretch->after_filetime != 0 ? stretch->after_filetime : stretch->before_filetime,
        .in_window = window_contains(window, stretch->after_filetime) &&
                     window_contains(window, stretch->before_filetime),
        .source_id = pool->id == POOL_OWN || pool->id == POOL_FORWARDED ? 0 : pool->id,
    };
    bool shown_in_window = stretch->first_filetime <= window->end_filetime &&
                           stretch->last_filetime >= window->start_filetime;

    finding->out->wrong_clock = true;
    if (placement.in_window || shown_in_window)
        finding->out->wrong_clock_in_window = true;
    return casedb_place_observations(finding->db, finding->machine_id, &placement, err);
}

/* Of one of two logs the clock was wrong then; nothing tells of which, so that both keep their
 * times. */
static void note_doubtful_times(const struct window *window, const struct stretch *stretch,
                                struct circumstances *out)
{
    if (stretch->doubtful_filetime == 0)
        return;
    out->wrong_clock = true;
    if (stretch->doubtful_filetime <= window->end_filetime &&
        stretch->first_filetime >= window->start_filetime)
        out->wrong_clock_in_window = true;
}

static int note_stretch(struct finding_circumstances *finding, const struct channel_pool *pool,
                        const struct stretch *stretch, struct error *err)
{
    note_doubtful_times(finding->window, stretch, finding->out);
    if (stretch->wrong_clock)
        return place_stretch(finding, pool, stretch, err);
    if (stretch->last_filetime > finding->out->last_filetime)
        finding->out->last_filetime = stretch->last_filetime;
    return 0;
}

static int compare_last_ids(const void *item, const void *key)
{
    uint64_t last = ((const struct stretch *)item)->last_record_id;
    uint64_t sought = *(const uint64_t *)key;

    return (last > sought) - (last < sought);
}

/* Where the machine's own logs tell, what was forwarded does not: only what these have not is noted
 * of the stretch. */
static int note_rest(struct finding_circumstances *finding, const struct channel_pool *pool,
                     const struct stretch *stretch, const struct channel_pool *own,
                     struct error *err)
{
    struct stretch rest = *stretch;

    for (size_t index = array_lower_bound(own->stretches, own->count, sizeof(*own->stretches),
                                          &rest.first_record_id, compare_last_ids);
         index < own->count && own->stretches[index].first_record_id <= rest.last_record_id;
         index++) {
        struct stretch before = rest;

        before.last_record_id = own->stretches[index].first_record_id - 1;
        if (own->stretches[index].first_record_id > rest.first_record_id &&
            note_stretch(finding, pool, &before, err) != 0)
            return -1;
        if (own->stretches[index].last_record_id >= rest.last_record_id)
            return 0;
        rest.first_record_id = own->stretches[index].last_record_id + 1;
    }
    return note_stretch(finding, pool, &rest, err);
}

/* What lies behind all ids of the own logs, and before all their times, is of an earlier
 * installation: it contradicts nothing but the ids of the present one, and tells no clock. */
static void drop_earlier_ids(struct channel_pool *pool, const struct channel_pool *own)
{
    uint64_t first_filetime = UINT64_MAX, last_record_id;
    size_t kept = 0;

    if (own->count == 0)
        return;
    last_record_id = own->stretches[own->count - 1].last_record_id;
    for (size_t index = 0; index < own->count; index++)
        if (!own->stretches[index].wrong_clock &&
            own->stretches[index].first_filetime < first_filetime)
            first_filetime = own->stretches[index].first_filetime;
    for (size_t index = 0; index < pool->count; index++)
        if (pool->stretches[index].first_record_id <= last_record_id ||
            pool->stretches[index].last_filetime >= first_filetime)
            pool->stretches[kept++] = pool->stretches[index];
    pool->count = kept;
}

/* `own` is the one of the machine's own logs of the channel, this one or another. Where there are
 * such, a log of several channels tells no clock: whoever put it together may have turned it round.
 */
static int find_pool(struct finding_circumstances *finding, struct channel_pool *pool,
                     const struct channel_pool *own, struct error *err)
{
    bool is_mixed = pool->id != POOL_OWN && pool->id != POOL_FORWARDED;

    if (pool->id == POOL_FORWARDED)
        drop_earlier_ids(pool, own);
    pool->count = clock_find(pool->stretches, pool->count);
    for (size_t index = 0; index < pool->count; index++) {
        const struct stretch *stretch = &pool->stretches[index];
        int result;

        if (is_mixed && own->count > 0 && stretch->wrong_clock)
            continue;
        result = pool->id == POOL_FORWARDED ? note_rest(finding, pool, stretch, own, err)
                                            : note_stretch(finding, pool, stretch, err);
        if (result != 0)
            return -1;
    }
    return 0;
}

/* Finds the wrong clocks of a channel, each pool by itself. `stretches` has room for all. */
static int find_channel(struct finding_circumstances *finding, const struct channel_stretch *items,
                        size_t count, struct stretch *stretches, struct error *err)
{
    struct channel_pool own = {.channel = items[0].channel, .id = POOL_OWN, .stretches = stretches};

    for (size_t first = 0, end; first < count; first = end) {
        struct channel_pool other = {own.channel, items[first].pool, &stretches[own.count], 0};
        struct channel_pool *pool = other.id == POOL_OWN ? &own : &other;

        for (end = first; end < count && items[end].pool == pool->id; end++)
            pool->stretches[pool->count++] = items[end].stretch;
        if (find_pool(finding, pool, &own, err) != 0)
            return -1;
    }
    if (text_equal_ascii(own.channel, "Application"))
        coverage_find(own.stretches, own.count, &finding->out->covered);
    return 0;
}

static int find_channels(struct finding_circumstances *finding, struct stretch_list *list,
                         struct error *err)
{
    struct stretch *stretches = memory_allocate(list->count, sizeof(*stretches));
    int result = 0;

    for (size_t index = 0; index < list->count; index++)
        if (text_equal_ascii(list->items[index].channel, "System"))
            finding->out->has_system_log = true;
    find_mixed_logs(list);
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), compare_pools);
    for (size_t first = 0, end; first < list->count && result == 0; first = end) {
        const char *channel = list->items[first].channel;

        for (end = first; end < list->count && strcmp(list->items[end].channel, channel) == 0;
             end++)
            ;
        result = find_channel(finding, &list->items[first], end - first, stretches, err);
    }
    free(stretches);
    return result;
}

/* ---- All of them ---- */

/* Sources are listed once. */
static void settle_damaged(struct circumstances *out)
{
    size_t kept = 0;

    if (out->damaged_count == 0)
        return;
    qsort(out->damaged_ids, out->damaged_count, sizeof(*out->damaged_ids), compare_i64_items);
    for (size_t index = 1; index < out->damaged_count; index++)
        if (out->damaged_ids[index] != out->damaged_ids[kept])
            out->damaged_ids[++kept] = out->damaged_ids[index];
    out->damaged_count = kept + 1;
}

static void add_damaged(struct circumstances *out, int64_t source_id)
{
    out->damaged_ids = memory_grow(out->damaged_ids, out->damaged_count, sizeof(*out->damaged_ids));
    out->damaged_ids[out->damaged_count++] = source_id;
}

static void list_damaged(const struct assignment *assignment,
                         const struct assigned_machine *machine, struct circumstances *out)
{
    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct assigned_computer *computer =
            &assignment->computers[machine->computers[index]];
        const struct case_computer *said = computer->said;

        if (!computer->decides || !source_is_damaged(said->status, said->undecodable_count))
            continue;
        add_damaged(out, said->source_id);
    }
}

bool circumstances_have_damaged(const struct circumstances *circumstances, int64_t source_id)
{
    return circumstances->damaged_count > 0 &&
           bsearch(&source_id, circumstances->damaged_ids, circumstances->damaged_count,
                   sizeof(source_id), compare_i64_items) != NULL;
}

/* A damaged log of a KMS host is one of its clients, too. */
static void note_damaged_requests(const struct assignment *assignment, struct circumstances *all)
{
    struct circumstances damaged = {0};

    for (size_t index = 0; index < assignment->computer_count; index++) {
        const struct case_computer *said = assignment->computers[index].said;

        if (assignment->client_count > 0 &&
            source_is_damaged(said->status, said->undecodable_count))
            add_damaged(&damaged, said->source_id);
    }
    settle_damaged(&damaged);
    for (size_t index = 0; index < assignment->client_count; index++) {
        const struct assigned_client *client = &assignment->clients[index];

        if (circumstances_have_damaged(&damaged, client->source_id))
            add_damaged(&all[client->machine], client->source_id);
    }
    for (size_t index = 0; index < assignment->machine_count; index++)
        settle_damaged(&all[index]);
    free(damaged.damaged_ids);
}

/* Does some Application log tell what it covers; and are there records that cannot tell? */
static void note_logs(const struct assignment *assignment, const struct assigned_machine *machine,
                      const struct window *window, struct circumstances *out)
{
    bool own_records = false, other_application_records = false, any = false;

    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct assigned_computer *computer =
            &assignment->computers[machine->computers[index]];
        const struct case_computer *said = computer->said;

        if (!computer->decides)
            continue;
        any = true;
        own_records = own_records || (computer->own_log && said->record_count > 0);
        if (said->application_count > 0 && computer->own_log)
            out->has_application_log = true;
        else if (said->application_count > 0)
            other_application_records = true;
    }
    if (out->has_application_log)
        out->coverage = coverage_of(&out->covered, window);
    else if (machine->is_seen_alone || (any && (!own_records || other_application_records)))
        out->coverage = COVERAGE_UNKNOWN;
    else
        out->coverage = COVERAGE_NONE;
}

/* Where no sane record tells it. */
static uint64_t find_last_time(const struct assignment *assignment,
                               const struct assigned_machine *machine)
{
    uint64_t last = 0;

    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct assigned_computer *computer =
            &assignment->computers[machine->computers[index]];

        if (computer->decides && computer->said->last_filetime > last)
            last = computer->said->last_filetime;
    }
    return last;
}

static int find_machine(struct finding_circumstances *finding, const struct assignment *assignment,
                        const struct assigned_machine *machine, struct error *err)
{
    struct circumstances *out = finding->out;
    struct stretch_list list = {0};
    int result;

    *out = (struct circumstances){.shared_name = machine->shared_name,
                                  .is_seen_alone = machine->is_seen_alone,
                                  .in_inventory = machine->in_inventory,
                                  .earlier_installation = machine->earlier_installation};
    for (size_t index = 0; index < machine->computer_count; index++) {
        const struct assigned_computer *computer =
            &assignment->computers[machine->computers[index]];

        if (computer->decides && !is_listed(assignment, machine, index))
            list_computer(assignment, computer, &list);
    }
    result = find_channels(finding, &list, err);
    free(list.items);
    note_logs(assignment, machine, finding->window, out);
    list_damaged(assignment, machine, out);
    if (out->last_filetime == 0)
        out->last_filetime = find_last_time(assignment, machine);
    return result;
}

int circumstances_find(struct casedb *db, const struct window *window,
                       const struct assignment *assignment, struct circumstances **out,
                       struct error *err)
{
    struct circumstances *all = memory_allocate(assignment->machine_count, sizeof(*all));

    *out = all;
    for (size_t index = 0; index < assignment->machine_count; index++) {
        const struct assigned_machine *machine = &assignment->machines[index];
        struct finding_circumstances finding = {
            .db = db, .window = window, .machine_id = machine->id, .out = &all[index]};

        if (find_machine(&finding, assignment, machine, err) != 0)
            return -1;
    }
    note_damaged_requests(assignment, all);
    note_damaged_logs(assignment, all);
    return note_damaged_sources(db, assignment, all, err);
}

void circumstances_free(struct circumstances *circumstances, size_t count)
{
    for (size_t index = 0; circumstances != NULL && index < count; index++) {
        covered_free_content(&circumstances[index].covered);
        free(circumstances[index].damaged_ids);
    }
    free(circumstances);
}
