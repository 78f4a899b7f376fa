/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what the case has of one machine, in order of time: events as its logs have them, between
 * them what findings say, and behind all what was taken at the time of collection. */
#include "verdict/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"

void evidence_begin(struct evidence *evidence, const struct window *window,
                    const struct circumstances *circumstances)
{
    *evidence = (struct evidence){.circumstances = circumstances,
                                  .last_filetime = circumstances->last_filetime};
    activation_history_begin(&evidence->history, window, &circumstances->covered);
    update_evidence_begin(&evidence->update);
    licence_evidence_begin(&evidence->licence);
}

void evidence_free_content(struct evidence *evidence)
{
    activation_history_free_content(&evidence->history);
    update_evidence_free_content(&evidence->update);
    licence_evidence_free_content(&evidence->licence);
    system_evidence_free_content(&evidence->system);
    script_evidence_free_content(&evidence->scripts);
    seen_requests_free_content(&evidence->requests);
    free(evidence->guessed_path);
    *evidence = (struct evidence){0};
}

/* What a finding says, where its time puts it. Owns its path and its meaning. */
struct placed_finding {
    struct meaning meaning;
    char *path;
    int64_t place_id;
    size_t number; /* in the order of the case */
};

/* A place in which something was installed later than the time of its file. */
struct dated_place {
    int64_t place_id;
    uint64_t filetime; /* the day of that */
};

/* Times that say nothing of each other: only what was collected comes in rounds that are newer or
 * older. */
enum taken {
    TAKEN_AT_COLLECTION, /* or when is not known */
    TAKEN_BEFORE,        /* a listing that is older than the machine's last event */
    TAKEN_OTHERWISE,     /* it has a time of its own */
    TAKEN_COUNT,
};

/* What evidence is gathered for, and where from. */
struct gathering {
    struct casedb *db;
    int64_t machine_id;
    struct evidence *evidence;
    struct dated_place *dated; /* owned */
    size_t dated_count;
    struct finding_times times[TAKEN_COUNT];
    struct finding_zones zones;
    struct finding_times ends; /* of what is of the collection: where it counts among the others */
    struct placed_finding *findings; /* owned: in order of time, once sorted */
    size_t finding_count;
    size_t taken_count; /* of these */
    int64_t *outdone;   /* owned, ascending: observations of which another copy counts */
    size_t outdone_count;
};

static int keep_update(struct gathering *gathering, const struct meaning *meaning,
                       int64_t source_id, struct error *err)
{
    const struct update_item *item = &meaning->update;
    const struct case_update_evidence row = {
        .machine_id = gathering->machine_id,
        .update = item->update,
        .kind = meaning->origin.kind,
        .event_id = meaning->origin.event_id,
        .says = item->says,
        .with_collection = meaning->origin.with_collection,
        .filetime = meaning->origin.filetime,
        .detail = item->detail != NULL ? item->detail : "",
        .source_id = source_id,
    };

    return casedb_add_update_evidence(gathering->db, &row, err);
}

static int keep_licence(struct gathering *gathering, const struct meaning *meaning,
                        int64_t source_id, struct error *err)
{
    const struct licence_item *item = &meaning->licence;
    const struct case_licence_evidence row = {
        .machine_id = gathering->machine_id,
        .kind = meaning->origin.kind,
        .activation_id = item->activation_id,
        .edition = item->edition != NULL ? item->edition->name : "",
        .licence_channel = item->channel,
        .with_collection = meaning->origin.with_collection,
        .filetime = meaning->origin.filetime,
        .detail = item->detail,
        .source_id = source_id,
    };

    return casedb_add_licence_evidence(gathering->db, &row, err);
}

static void note_channel(struct evidence *evidence, const struct meaning *meaning)
{
    const struct licence_item *item = &meaning->licence;
    struct witness witness = {.exists = true,
                              .is_other = item->channel == LICENCE_CHANNEL_OTHER,
                              .origin = meaning->origin};

    witness.origin.path = "";
    if (item->decides_channel)
        activation_history_note_witness(&evidence->history, WITNESS_CHANNEL, &witness);
    witness.is_other = item->not_windows_7;
    witness.is_other_of_61 = item->is_of_61;
    if (item->tells_system)
        activation_history_note_witness(&evidence->history, WITNESS_PRODUCT, &witness);
    else if (item->decides_edition)
        evidence->history.product_is_doubtful = true;
}

static void note_system(struct evidence *evidence, const struct meaning *meaning)
{
    const struct system_item *item = &meaning->system;
    struct witness witness = {
        .exists = true, .is_other = item->other_than_6_1, .origin = meaning->origin};

    witness.origin.path = "";
    if (item->os_version != NULL)
        activation_history_note_witness(&evidence->history, WITNESS_VERSION, &witness);
    witness.is_other = item->names_other && !item->names_windows_7;
    witness.is_other_of_61 = witness.is_other && !item->other_than_6_1;
    if (item->names_windows_7 || item->names_other)
        activation_history_note_witness(&evidence->history, WITNESS_PRODUCT, &witness);
}

static void note_listed(struct evidence *evidence, const struct meaning *meaning, bool is_outdone)
{
    const struct licence_item *item = &meaning->licence;
    const struct item_origin *origin = &meaning->origin;

    activation_history_feed_listing(
        &evidence->history, &(struct licence_listed){.state = item->listed,
                                                     .status = item->status,
                                                     .reason_code = item->reason_code,
                                                     .filetime = origin->filetime,
                                                     .at_collection = origin->with_collection,
                                                     .is_outdone = is_outdone,
                                                     .is_guess = origin->is_guess,
                                                     .zone_end = origin->zone_end,
                                                     .path = origin->path});
}

static bool update_is_absent(const struct update_evidence *update)
{
    enum update_status status = update_evidence_status(update);

    return status == UPDATE_STATUS_REMOVED || status == UPDATE_STATUS_ABSENT;
}

static void weigh_script(struct evidence *evidence, const struct script_item *said)
{
    script_evidence_feed(&evidence->scripts, said);
    if (said->is_of_log && said->filetime != 0)
        activation_history_feed_script(&evidence->history, said);
}

/* Weighs what it says. */
static void weigh(struct evidence *evidence, const struct meaning *meaning)
{
    if (meaning->on_update) {
        update_evidence_feed(&evidence->update, &meaning->update, &meaning->origin);
        activation_history_note_update(&evidence->history, update_is_absent(&evidence->update));
    }
    if (meaning->on_licence) {
        licence_evidence_feed(&evidence->licence, &meaning->licence, &meaning->origin,
                              evidence->last_filetime);
        note_channel(evidence, meaning);
    }
    if (meaning->on_validation) {
        struct judged_event event =
            judged_event_of_day(evidence_kind_label(meaning->origin.kind),
                                meaning->validation_filetime, &evidence->history.window);

        activation_history_feed(&evidence->history, &event);
    }
    if (meaning->on_script)
        weigh_script(evidence, &meaning->script);
    if (meaning->on_system) {
        system_evidence_feed(&evidence->system, &meaning->system, &meaning->origin);
        note_system(evidence, meaning);
    }
}

/* Weighs what it says, and keeps what is evidence on updates and licence. */
static int take_meaning(struct gathering *gathering, const struct meaning *meaning,
                        int64_t source_id, struct error *err)
{
    weigh(gathering->evidence, meaning);
    if (meaning->on_update && keep_update(gathering, meaning, source_id, err) != 0)
        return -1;
    return meaning->on_licence ? keep_licence(gathering, meaning, source_id, err) : 0;
}

/* ---- Findings ---- */

/* Where it stands among the events. Our scripts know the second alone in which they saw what the
 * events of that second made so. */
static uint64_t stands_at(const struct item_origin *origin)
{
    bool is_rounded = origin->kind == EVIDENCE_SCRIPT && origin->filetime != 0;

    return origin->filetime + (is_rounded ? FILETIME_SECOND - 1 : 0);
}

static int compare_times(const struct item_origin *left, const struct item_origin *right)
{
    if (left->with_collection != right->with_collection)
        return left->with_collection ? 1 : -1;
    if (left->with_collection)
        return (left->round > right->round) - (left->round < right->round);
    return (stands_at(left) > stands_at(right)) - (stands_at(left) < stands_at(right));
}

/* By time; of one time those that leave the machine broken last. */
static int compare_findings(const void *left_item, const void *right_item)
{
    const struct placed_finding *left = left_item;
    const struct placed_finding *right = right_item;
    const struct item_origin *a = &left->meaning.origin, *b = &right->meaning.origin;
    int order = compare_times(a, b);

    if (order == 0)
        order = (int)left->meaning.licence.listed - (int)right->meaning.licence.listed;
    if (order == 0)
        order = (a->filetime > b->filetime) - (a->filetime < b->filetime);
    return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

static struct dated_place *find_dated(const struct gathering *gathering, int64_t place_id)
{
    for (size_t index = 0; index < gathering->dated_count; index++)
        if (gathering->dated[index].place_id == place_id)
            return &gathering->dated[index];
    return NULL;
}

/* Has it a time of its own, as a row of an update history and a line of our scripts' log have? */
static bool has_own_time(const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_HISTORY:
    case FINDING_HISTORY_ROW:
    case FINDING_REMEDIATION:
        return true;
    case FINDING_LISTING:
    case FINDING_ENTRY:
    case FINDING_LICENCE:
    case FINDING_SYSTEM:
    case FINDING_COMPUTER:
    case FINDING_VALIDATION:
        break;
    }
    return false;
}

/* When the finding was collected, as far as that is known: at the latest when its file was written,
 * a hive at its last write, but not before something in it was installed. 0 where that is not
 * known. `earliest` and `latest` are others where the time of its file counts and has no zone. */
struct time_taken {
    uint64_t filetime;
    uint64_t earliest_filetime;
    uint64_t latest_filetime;
    bool has_no_zone;
};

static uint64_t later_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

static struct time_taken when_taken(const struct gathering *gathering,
                                    const struct case_finding *found)
{
    const struct dated_place *dated = find_dated(gathering, found->place_id);
    uint64_t written = filetime_of_nanoseconds(found->mtime_ns);
    uint64_t zones = found->mtime_is_local && written > FILETIME_ZONES ? FILETIME_ZONES : 0;
    uint64_t last_write = has_own_time(&found->finding) ? 0 : found->finding.filetime;
    uint64_t installed = dated != NULL ? dated->filetime : 0;

    if (last_write != 0 && (written == 0 || last_write < written + zones)) {
        written = last_write;
        zones = 0;
    }
    return (struct time_taken){.filetime = later_of(written, installed),
                               .earliest_filetime = later_of(written - zones, installed),
                               .latest_filetime = later_of(written + zones, installed),
                               .has_no_zone = zones > 0};
}

static uint64_t time_taken(const struct gathering *gathering, const struct case_finding *found)
{
    return when_taken(gathering, found).filetime;
}

static bool is_of_collection(const struct gathering *gathering, uint64_t taken)
{
    return taken == 0 || taken >= gathering->evidence->last_filetime;
}

static enum taken taken_of(const struct gathering *gathering, const struct case_finding *found)
{
    if (has_own_time(&found->finding))
        return TAKEN_OTHERWISE;
    return is_of_collection(gathering, when_taken(gathering, found).latest_filetime)
               ? TAKEN_AT_COLLECTION
               : TAKEN_BEFORE;
}

static struct finding_times *times_of(struct gathering *gathering, const struct case_finding *found)
{
    return &gathering->times[taken_of(gathering, found)];
}

/* A machine that is still at work writes events between two listings of one collection: what its
 * first listings say bears on the later ones, too. */
static struct finding_round *round_of(struct gathering *gathering, const struct case_finding *found)
{
    struct finding_round *first = gathering->times[TAKEN_AT_COLLECTION].rounds;
    uint64_t taken = time_taken(gathering, found);

    if (taken_of(gathering, found) == TAKEN_BEFORE && first->first_filetime != 0 &&
        first->first_filetime < taken + FILETIME_HOUR)
        return first;
    return finding_times_round(times_of(gathering, found), taken);
}

/* By what the finding has of it; 0 where it has nothing. */
static uint64_t day_of_installation(const struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_LISTING:
        return entry_day(finding->listing.newest_date);
    case FINDING_ENTRY:
        return entry_day(finding->entry.date);
    default:
        return 0;
    }
}

/* Notes what a file without a zone leaves broken, or not. What others say beside it does not matter
 * here. */
static void note_claim(struct gathering *gathering, const struct case_finding *found)
{
    static const struct finding_context alone = {0};
    struct time_taken taken = when_taken(gathering, found);
    enum finding_matter matter = finding_matter_of(found->finding.kind);
    struct meaning meaning;

    if (!taken.has_no_zone || has_own_time(&found->finding))
        return;
    meaning_of_finding(&found->finding, &alone, found->path, &meaning);
    if (meaning.licence.listed != LISTED_NOTHING && meaning.licence.listed != LISTED_GRACE)
        finding_zones_note(&gathering->zones, found->path, matter, taken.filetime,
                           meaning.licence.listed != LISTED_LICENSED);
    if (meaning.on_update && meaning.update.update == UPDATE_ID_KB971033 &&
        meaning.update.says != UPDATE_SAYS_NEITHER)
        finding_zones_note(&gathering->zones, found->path, matter, taken.filetime,
                           meaning.update.says == UPDATE_SAYS_INSTALLED);
    meaning_free_content(&meaning);
}

/* Where the finding stands among the events, and among what else was collected: a time without a
 * zone at the end that leaves the machine broken. */
static uint64_t time_at_end(const struct gathering *gathering, const struct case_finding *found,
                            enum zone_end *end)
{
    struct time_taken taken = when_taken(gathering, found);

    *end = ZONE_END_NONE;
    if (taken.has_no_zone)
        *end = finding_zones_end(&gathering->zones, found->path,
                                 finding_matter_of(found->finding.kind));
    switch (*end) {
    case ZONE_END_NONE:
        break;
    case ZONE_END_EARLIEST:
        return taken.earliest_filetime;
    case ZONE_END_LATEST:
        return taken.latest_filetime;
    }
    return taken.filetime;
}

/* Notes what listings can be older or newer than: an installation in them, and what a script of
 * ours saw on the machine, which is as good as an event there. */
static int note_date(struct gathering *gathering, const struct case_finding *found,
                     struct error *err)
{
    uint64_t day = day_of_installation(&found->finding);
    uint64_t taken = when_taken(gathering, found).earliest_filetime;
    struct dated_place *dated = find_dated(gathering, found->place_id);

    (void)err;
    note_claim(gathering, found);
    if (found->finding.kind == FINDING_REMEDIATION &&
        found->finding.filetime > gathering->evidence->last_filetime)
        gathering->evidence->last_filetime = found->finding.filetime;
    if (taken == 0 || day <= taken)
        return 0;
    if (dated == NULL) {
        gathering->dated =
            memory_grow(gathering->dated, gathering->dated_count, sizeof(*gathering->dated));
        dated = &gathering->dated[gathering->dated_count++];
    }
    *dated = (struct dated_place){found->place_id, day};
    return 0;
}

static void add_placed(struct gathering *gathering, const struct placed_finding *placed)
{
    gathering->findings =
        memory_grow(gathering->findings, gathering->finding_count, sizeof(*gathering->findings));
    gathering->findings[gathering->finding_count++] = *placed;
}

/* Where the validation that a listing has stands: behind the events of its day, which is one of
 * local time, but not behind the listing, nor behind the window in which it counts. */
static uint64_t validation_time(const struct meaning *meaning, const struct window *window)
{
    uint64_t day = meaning->validation_filetime;
    uint64_t end = day + FILETIME_DAY - FILETIME_SECOND;
    uint64_t taken = meaning->origin.filetime;

    if (day <= window->end_filetime && window->end_filetime < end)
        end = window->end_filetime;
    return taken < end && taken > day - FILETIME_DAY ? taken : end;
}

/* The validation that a listing has is of its own day, not of the listing's. */
static void add_validation(struct gathering *gathering, const struct placed_finding *of)
{
    const struct placed_finding placed = {
        .meaning = {.origin = {.kind = of->meaning.origin.kind,
                               .filetime = validation_time(&of->meaning,
                                                           &gathering->evidence->history.window)},
                    .on_validation = true,
                    .validation_filetime = of->meaning.validation_filetime},
        .path = memory_copy_text(of->path),
        .place_id = of->place_id,
        .number = gathering->finding_count,
    };

    gathering->findings[gathering->finding_count - 1].meaning.on_validation = false;
    add_placed(gathering, &placed);
}

/* What has no time of its own is of that of its file, where that is before the machine's last
 * event; else of the collection. */
static void set_time(struct gathering *gathering, const struct case_finding *found,
                     struct item_origin *origin)
{
    struct time_taken taken = when_taken(gathering, found);
    uint64_t filetime = time_at_end(gathering, found, &origin->zone_end);

    origin->has_no_zone = taken.has_no_zone;
    origin->with_collection = is_of_collection(gathering, filetime);
    origin->filetime = origin->with_collection ? taken.filetime : filetime;
    if (origin->with_collection)
        origin->round = finding_times_round(&gathering->ends, filetime)->number;
    if (is_of_collection(gathering, taken.earliest_filetime))
        origin->zone_end = ZONE_END_NONE;
}

static int place_finding(struct gathering *gathering, const struct case_finding *found,
                         struct error *err)
{
    struct evidence *evidence = gathering->evidence;
    struct placed_finding placed = {.path = memory_copy_text(found->path),
                                    .place_id = found->place_id,
                                    .number = gathering->finding_count};
    struct item_origin *origin = &placed.meaning.origin;
    const struct finding_round *round = round_of(gathering, found);

    (void)err;
    if (found->is_guess && evidence->guessed_path == NULL)
        evidence->guessed_path = memory_copy_text(found->path);
    meaning_of_finding(&found->finding, &round->context, placed.path, &placed.meaning);
    origin->is_guess = found->is_guess;
    if (origin->with_collection)
        set_time(gathering, found, origin);
    add_placed(gathering, &placed);
    if (placed.meaning.on_validation)
        add_validation(gathering, &placed);
    return 0;
}

/* Does another listing of the same time leave the machine as broken, or more? That one counts. */
static bool is_outdone(const struct gathering *gathering, const struct placed_finding *finding)
{
    const struct placed_finding *next = finding + 1;

    return next < &gathering->findings[gathering->finding_count] &&
           compare_times(&next->meaning.origin, &finding->meaning.origin) == 0 &&
           next->meaning.licence.listed != LISTED_NOTHING;
}

#define ALL_FINDINGS UINT64_MAX

/* Takes in those that are of a time before this one, or all that are left; none before an event
 * whose time is not known (0). */
static int take_findings_before(struct gathering *gathering, uint64_t filetime, struct error *err)
{
    while (gathering->taken_count < gathering->finding_count) {
        struct placed_finding *next = &gathering->findings[gathering->taken_count];
        const struct item_origin *origin = &next->meaning.origin;

        if (filetime != ALL_FINDINGS && (origin->with_collection || stands_at(origin) >= filetime))
            break;
        gathering->taken_count++;
        if (next->meaning.licence.listed != LISTED_NOTHING)
            note_listed(gathering->evidence, &next->meaning, is_outdone(gathering, next));
        if (take_meaning(gathering, &next->meaning, next->place_id, err) != 0)
            return -1;
    }
    return 0;
}

static int note_time(struct gathering *gathering, const struct case_finding *found,
                     struct error *err)
{
    enum zone_end end;
    uint64_t filetime = time_at_end(gathering, found, &end);

    (void)err;
    finding_times_add(times_of(gathering, found), time_taken(gathering, found));
    if (!has_own_time(&found->finding) && is_of_collection(gathering, filetime))
        finding_times_add(&gathering->ends, filetime);
    return 0;
}

static int note_finding(struct gathering *gathering, const struct case_finding *found,
                        struct error *err)
{
    (void)err;
    finding_context_feed(&round_of(gathering, found)->context, &found->finding, found->path);
    return 0;
}

/* What our scripts wrote is not newer than the file that has it, but for the zone of times in an
 * archive: a time that is was of a wrong clock, or made up, and would outlast all that is true. It
 * counts as not told. */
static void doubt_time(struct case_finding *found)
{
    uint64_t written = filetime_of_nanoseconds(found->mtime_ns);

    if (found->finding.kind == FINDING_REMEDIATION && written != 0 &&
        found->finding.filetime > written + FILETIME_DAY)
        found->finding.filetime = 0;
}

static int each_finding(struct gathering *gathering,
                        int (*take)(struct gathering *, const struct case_finding *,
                                    struct error *),
                        struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_finding found;
    int result;

    if (casedb_machine_findings(gathering->db, gathering->machine_id, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_finding(cursor, &found, err)) == 1) {
        doubt_time(&found);
        if (take(gathering, &found, err) != 0) {
            result = -1;
            break;
        }
    }
    casedb_cursor_free(cursor);
    return result;
}

static int gather_findings(struct gathering *gathering, struct error *err)
{
    if (each_finding(gathering, note_date, err) != 0 ||
        each_finding(gathering, note_time, err) != 0)
        return -1;
    for (size_t index = 0; index < TAKEN_COUNT; index++)
        finding_times_settle(&gathering->times[index]);
    finding_times_settle(&gathering->ends);
    if (each_finding(gathering, note_finding, err) != 0 ||
        each_finding(gathering, place_finding, err) != 0)
        return -1;
    if (gathering->finding_count > 0)
        qsort(gathering->findings, gathering->finding_count, sizeof(*gathering->findings),
              compare_findings);
    return 0;
}

/* ---- Copies of one event that differ in their strings ---- */

/* What one source has of the event. */
struct event_copy {
    int64_t observation_id;
    int64_t source_id;
    unsigned trust;
};

/* Copies of one event; owns all. */
struct event_copies {
    struct observation event; /* texts owned; the computer's name is folded */
    struct event_copy *items;
    size_t count;
};

static void free_event(struct observation *event)
{
    free((char *)event->provider);
    free((char *)event->channel);
    free((char *)event->computer);
    *event = (struct observation){0};
}

static bool is_of_event(const struct observation *event, const struct observation *observation,
                        const char *folded)
{
    return event->record_id == observation->record_id &&
           event->event_filetime == observation->event_filetime &&
           event->event_id == observation->event_id && strcmp(event->computer, folded) == 0 &&
           strcmp(event->channel, observation->channel) == 0 &&
           strcmp(event->provider, observation->provider) == 0;
}

/* Of a source that is not damaged it can be trusted, then when two decoders read it alike. */
static unsigned trust_in(const struct gathering *gathering, const struct case_observation *seen)
{
    bool damaged = circumstances_have_damaged(gathering->evidence->circumstances, seen->source_id);

    return 2u * !damaged + (seen->observation.verified == VERIFIED_YES);
}

/* All copies but those that can be trusted most are outdone; of one source none outdoes another. */
static void settle_copies(struct gathering *gathering, struct event_copies *copies)
{
    const struct event_copy *best = copies->items;

    for (size_t index = 1; index < copies->count; index++)
        if (copies->items[index].trust > best->trust)
            best = &copies->items[index];
    for (size_t index = 0; index < copies->count; index++) {
        const struct event_copy *copy = &copies->items[index];

        if (copy->trust >= best->trust || copy->source_id == best->source_id)
            continue;
        gathering->outdone =
            memory_grow(gathering->outdone, gathering->outdone_count, sizeof(*gathering->outdone));
        gathering->outdone[gathering->outdone_count++] = copy->observation_id;
    }
    copies->count = 0;
}

/* Adds it to the copies of its event, which come one after the other. */
static void add_copy(struct gathering *gathering, struct event_copies *copies,
                     const struct case_observation *seen)
{
    const struct observation *observation = &seen->observation;
    char *folded = text_fold(observation->computer);

    if (copies->count == 0 || !is_of_event(&copies->event, observation, folded)) {
        settle_copies(gathering, copies);
        free_event(&copies->event);
        copies->event = (struct observation){
            .provider = memory_copy_text(observation->provider),
            .event_id = observation->event_id,
            .event_filetime = observation->event_filetime,
            .record_id = observation->record_id,
            .channel = memory_copy_text(observation->channel),
            .computer = memory_copy_text(folded),
        };
    }
    copies->items = memory_grow(copies->items, copies->count, sizeof(*copies->items));
    copies->items[copies->count++] =
        (struct event_copy){seen->id, seen->source_id, trust_in(gathering, seen)};
    free(folded);
}

/* Finds the copies that do not count. What is equal counts once already; only where a source is
 * damaged do others differ. */
static int find_outdone(struct gathering *gathering, struct error *err)
{
    struct event_copies copies = {0};
    struct casedb_cursor *cursor = NULL;
    struct case_observation seen;
    int result;

    if (gathering->evidence->circumstances->damaged_count == 0)
        return 0;
    if (casedb_machine_observations(gathering->db, gathering->machine_id, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_observation(cursor, &seen, err)) == 1)
        if (!seen.observation.recovered)
            add_copy(gathering, &copies, &seen);
    casedb_cursor_free(cursor);
    settle_copies(gathering, &copies);
    free_event(&copies.event);
    free(copies.items);
    if (gathering->outdone_count > 0)
        qsort(gathering->outdone, gathering->outdone_count, sizeof(*gathering->outdone),
              compare_i64_items);
    return result;
}

static bool is_copy_outdone(const struct gathering *gathering, int64_t observation_id)
{
    return gathering->outdone_count > 0 &&
           bsearch(&observation_id, gathering->outdone, gathering->outdone_count,
                   sizeof(observation_id), compare_i64_items) != NULL;
}

/* ---- Events ---- */

/* Keeps the role that its place gives the event, where that is another than by itself. */
static int keep_role(struct gathering *gathering, const struct judged_event *event,
                     enum role by_itself, struct error *err)
{
    struct activation_history *history = &gathering->evidence->history;

    if (history->excused_id != 0 &&
        casedb_set_role(gathering->db, history->excused_id, ROLE_LICENCE, err) != 0)
        return -1;
    history->excused_id = 0;
    if (event->judgement.role == by_itself)
        return 0;
    return casedb_set_role(gathering->db, event->observation_id, event->judgement.role, err);
}

static int take_event(struct gathering *gathering, const struct case_observation *seen,
                      struct error *err)
{
    const struct observation *observation = &seen->observation;
    struct evidence *evidence = gathering->evidence;
    const struct window *window = &evidence->history.window;
    struct judged_event event = judged_event_of(seen, window);
    enum role by_itself = event.judgement.role;
    struct meaning meaning;
    int result;

    if (is_copy_outdone(gathering, seen->id))
        return casedb_set_role(gathering->db, seen->id, ROLE_CONTEXT, err);
    event.seen = seen_requests_next(&evidence->requests, seen->id);
    if (event.seen != NULL && event.seen->is_repeat &&
        casedb_hide_observation(gathering->db, seen->id, err) != 0)
        return -1;
    if (take_findings_before(gathering, event.counts_filetime, err) != 0)
        return -1;
    if (event.seen != NULL && event.seen->is_office)
        return 0;
    if (!event.wrong_clock && event.filetime > evidence->last_filetime)
        evidence->last_filetime = event.filetime;
    activation_history_feed(&evidence->history, &event);
    if (keep_role(gathering, &event, by_itself, err) != 0)
        return -1;
    if (event.seen != NULL && event.seen->is_own)
        return 0;
    meaning_of_event(observation, &event.judgement, window, seen->path, &meaning);
    meaning.origin.filetime = event.counts_filetime;
    result = take_meaning(gathering, &meaning, seen->source_id, err);
    meaning_free_content(&meaning);
    return result;
}

static int gather_events(struct gathering *gathering, struct error *err)
{
    struct casedb_cursor *cursor = NULL;
    struct case_observation seen;
    int result;

    if (casedb_machine_observations(gathering->db, gathering->machine_id, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_observation(cursor, &seen, err)) == 1)
        if (take_event(gathering, &seen, err) != 0) {
            result = -1;
            break;
        }
    casedb_cursor_free(cursor);
    return result;
}

/* ---- Requests that KMS hosts saw ---- */

/* Takes in what the cursor gives, if it could be opened, and frees it. */
static int add_requests(struct gathering *gathering, int opened, struct casedb_cursor *cursor,
                        struct error *err)
{
    struct evidence *evidence = gathering->evidence;
    struct case_observation seen;
    int result = opened;

    while (result == 0 && (result = casedb_next_observation(cursor, &seen, err)) == 1) {
        if (!is_copy_outdone(gathering, seen.id))
            seen_requests_add(&evidence->requests, &seen, &evidence->history.window);
        result = 0;
    }
    casedb_cursor_free(cursor);
    return result;
}

/* Its own requests are those of an earlier installation, too. */
static int gather_requests(struct gathering *gathering, struct error *err)
{
    struct evidence *evidence = gathering->evidence;
    struct seen_requests *requests = &evidence->requests;
    struct casedb_cursor *cursor = NULL;
    int result = casedb_machine_observations(gathering->db, gathering->machine_id, &cursor, err);

    result = add_requests(gathering, result, cursor, err);
    if (result == 0 && evidence->circumstances->earlier_installation) {
        cursor = NULL;
        result = casedb_earlier_observations(gathering->db, gathering->machine_id, &cursor, err);
        result = add_requests(gathering, result, cursor, err);
    }
    seen_requests_settle(requests);
    if (requests->last_filetime > evidence->last_filetime)
        evidence->last_filetime = requests->last_filetime;
    for (size_t index = 0; index < requests->sight_count && result == 0; index++) {
        requests->sights[index]->machine_id = gathering->machine_id;
        result = casedb_add_kms_sight(gathering->db, requests->sights[index], err);
    }
    return result;
}

/* Has an earlier installation of the machine signals? */
static int look_for_earlier_signals(struct gathering *gathering, struct error *err)
{
    struct evidence *evidence = gathering->evidence;
    struct casedb_cursor *cursor = NULL;
    struct case_observation seen;
    int result;

    if (!evidence->circumstances->earlier_installation)
        return 0;
    if (casedb_earlier_observations(gathering->db, gathering->machine_id, &cursor, err) != 0)
        return -1;
    while ((result = casedb_next_observation(cursor, &seen, err)) == 1 &&
           !evidence->earlier_signals)
        evidence->earlier_signals = role_is_signal(judgement_of(&seen.observation).role);
    casedb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

static void gathering_free_content(struct gathering *gathering)
{
    for (size_t index = 0; index < gathering->finding_count; index++) {
        meaning_free_content(&gathering->findings[index].meaning);
        free(gathering->findings[index].path);
    }
    free(gathering->findings);
    free(gathering->dated);
    free(gathering->outdone);
    for (size_t index = 0; index < TAKEN_COUNT; index++)
        finding_times_free_content(&gathering->times[index]);
    finding_times_free_content(&gathering->ends);
    finding_zones_free_content(&gathering->zones);
}

int evidence_gather(struct casedb *db, const struct machine_matter *matter,
                    struct evidence *evidence, struct error *err)
{
    struct gathering gathering = {.db = db, .machine_id = matter->machine_id, .evidence = evidence};
    int result = find_outdone(&gathering, err);

    if (result == 0 && matter->has_requests)
        result = gather_requests(&gathering, err);
    if (result == 0 && matter->has_findings)
        result = gather_findings(&gathering, err);
    if (result == 0)
        result = gather_events(&gathering, err);
    if (result == 0)
        result = take_findings_before(&gathering, ALL_FINDINGS, err);
    if (result == 0)
        result = look_for_earlier_signals(&gathering, err);
    gathering_free_content(&gathering);
    return result;
}
