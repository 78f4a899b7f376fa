/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what the case has of one machine. Listings are of the time of collection, so findings
 * come after all events; those of databases, which have times of their own, are only evidence on
 * the update, which takes items in any order. */
#include "verdict/evidence.h"

#include <stdlib.h>

#include "base/memory.h"

void evidence_begin(struct evidence *evidence, const struct window *window,
                    const struct circumstances *circumstances)
{
    *evidence = (struct evidence){.circumstances = *circumstances, .history = {.window = *window}};
    update_evidence_begin(&evidence->update);
    licence_evidence_begin(&evidence->licence);
}

void evidence_free_content(struct evidence *evidence)
{
    activation_history_free_content(&evidence->history);
    update_evidence_free_content(&evidence->update);
    licence_evidence_free_content(&evidence->licence);
    system_evidence_free_content(&evidence->system);
    free(evidence->guessed_path);
    *evidence = (struct evidence){0};
}

/* What evidence is gathered for, and where from. */
struct gathering {
    struct casedb *db;
    int64_t machine_id;
    struct evidence *evidence;
    struct finding_context context;
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

/* Weighs what it says, and keeps what is evidence on updates and licence. */
static int take_meaning(struct gathering *gathering, const struct meaning *meaning,
                        int64_t source_id, struct error *err)
{
    struct evidence *evidence = gathering->evidence;

    if (meaning->on_update)
        update_evidence_feed(&evidence->update, &meaning->update, &meaning->origin);
    if (meaning->on_licence) {
        licence_evidence_feed(&evidence->licence, &meaning->licence, &meaning->origin,
                              evidence->circumstances.last_filetime);
        if (meaning->licence.says_non_genuine)
            activation_history_feed_listing(&evidence->history, meaning->origin.path);
    }
    if (meaning->on_system)
        system_evidence_feed(&evidence->system, &meaning->system, &meaning->origin);
    if (meaning->on_update && keep_update(gathering, meaning, source_id, err) != 0)
        return -1;
    return meaning->on_licence ? keep_licence(gathering, meaning, source_id, err) : 0;
}

static int take_event(struct gathering *gathering, const struct case_observation *seen,
                      struct error *err)
{
    const struct observation *observation = &seen->observation;
    struct evidence *evidence = gathering->evidence;
    struct judged_event event = judged_event_of(observation);
    struct meaning meaning;
    int result;

    if (event.filetime > evidence->circumstances.last_filetime)
        evidence->circumstances.last_filetime = event.filetime;
    activation_history_feed(&evidence->history, &event);
    meaning_of_event(observation, &event.judgement, &evidence->history.window, seen->path,
                     &meaning);
    result = take_meaning(gathering, &meaning, seen->source_id, err);
    meaning_free_content(&meaning);
    return result;
}

static int take_finding(struct gathering *gathering, const struct case_finding *found,
                        struct error *err)
{
    struct evidence *evidence = gathering->evidence;
    struct meaning meaning;
    int result;

    if (found->is_guess && evidence->guessed_path == NULL)
        evidence->guessed_path = memory_copy_text(found->path);
    meaning_of_finding(&found->finding, &gathering->context, found->path, &meaning);
    result = take_meaning(gathering, &meaning, found->place_id, err);
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

static int note_finding(struct gathering *gathering, const struct case_finding *found,
                        struct error *err)
{
    (void)err;
    finding_context_feed(&gathering->context, &found->finding, found->path);
    return 0;
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
    while ((result = casedb_next_finding(cursor, &found, err)) == 1)
        if (take(gathering, &found, err) != 0) {
            result = -1;
            break;
        }
    casedb_cursor_free(cursor);
    return result;
}

int evidence_gather(struct casedb *db, int64_t machine_id, bool has_findings,
                    struct evidence *evidence, struct error *err)
{
    struct gathering gathering = {.db = db, .machine_id = machine_id, .evidence = evidence};
    int result = gather_events(&gathering, err);

    if (result == 0 && has_findings)
        result = each_finding(&gathering, note_finding, err);
    if (result == 0 && has_findings)
        result = each_finding(&gathering, take_finding, err);
    finding_context_free_content(&gathering.context);
    return result;
}
