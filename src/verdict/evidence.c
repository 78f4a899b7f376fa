/* SPDX-License-Identifier: Apache-2.0 */
/* Listings are of the time of collection, so findings come after all events; those of databases,
 * which have times of their own, are only evidence on the update, which takes them in any order. */
#include "verdict/evidence.h"

#include <stdlib.h>

#include "base/memory.h"

/* What evidence is gathered for, and where from. */
struct gathering {
    struct casedb *db;
    int64_t machine_id;
    struct dossier *dossier;
    struct update_context context;
};

static int keep_update(struct gathering *gathering, const struct update_piece *piece,
                       int64_t source_id, struct error *err)
{
    char *kind = piece->number != 0 ? memory_format("%s %u", piece->kind, piece->number)
                                    : memory_copy_text(piece->kind);
    const struct case_update_evidence row = {
        .machine_id = gathering->machine_id,
        .update_name = piece->update->name,
        .kind = kind,
        .says = update_says_word(piece->says),
        .with_collection = piece->with_collection,
        .filetime = piece->filetime,
        .detail = piece->detail,
        .source_id = source_id,
    };
    int result = casedb_add_update_evidence(gathering->db, &row, err);

    update_evidence_feed(&gathering->dossier->update, piece);
    free(kind);
    return result;
}

static int keep_licence(struct gathering *gathering, const struct licence_piece *piece,
                        int64_t source_id, struct error *err)
{
    const struct case_licence_evidence row = {
        .machine_id = gathering->machine_id,
        .kind = piece->kind,
        .activation_id = piece->activation_id,
        .edition = piece->edition != NULL ? piece->edition->name : "",
        .licence_channel = licence_channel_word(piece->channel),
        .with_collection = piece->with_collection,
        .filetime = piece->filetime,
        .detail = piece->detail,
        .source_id = source_id,
    };

    licence_evidence_feed(&gathering->dossier->licence, piece,
                          gathering->dossier->circumstances.last_filetime);
    return casedb_add_licence_evidence(gathering->db, &row, err);
}

static int take_event(struct gathering *gathering, const struct case_observation *seen,
                      struct error *err)
{
    struct update_piece update;
    struct licence_piece licence;
    int result = 0;

    dossier_feed_event(gathering->dossier, &seen->observation);
    if (update_piece_of_event(&seen->observation, &update)) {
        update.path = seen->path;
        result = keep_update(gathering, &update, seen->source_id, err);
        update_piece_free_content(&update);
    }
    if (result == 0 && licence_piece_of_event(&seen->observation, &licence)) {
        licence.path = seen->path;
        result = keep_licence(gathering, &licence, seen->source_id, err);
        licence_piece_free_content(&licence);
    }
    return result;
}

static int take_finding(struct gathering *gathering, const struct case_finding *found,
                        struct error *err)
{
    struct update_piece update;
    struct licence_piece licence;
    int result = 0;

    dossier_feed_finding(gathering->dossier, found);
    if (update_piece_of_finding(&found->finding, &gathering->context, &update)) {
        update.path = found->path;
        result = keep_update(gathering, &update, found->place_id, err);
        update_piece_free_content(&update);
    }
    if (result == 0 && licence_piece_of_finding(&found->finding, &licence)) {
        licence.path = found->path;
        result = keep_licence(gathering, &licence, found->place_id, err);
        licence_piece_free_content(&licence);
    }
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
    update_context_feed(&gathering->context, &found->finding);
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
                    struct dossier *dossier, struct error *err)
{
    struct gathering gathering = {.db = db, .machine_id = machine_id, .dossier = dossier};

    if (gather_events(&gathering, err) != 0)
        return -1;
    if (!has_findings)
        return 0;
    if (each_finding(&gathering, note_finding, err) != 0)
        return -1;
    return each_finding(&gathering, take_finding, err);
}
