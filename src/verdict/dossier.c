/* SPDX-License-Identifier: Apache-2.0 */
/* Where the columns of hosts.csv come from:
 *   classification to codes      episodes (verdict/episode.h)
 *   window_coverage              circumstances
 *   kb971033 and its evidence    verdict/update.h
 *   edition, licence_channel     verdict/licence.h
 *   os_version, clock            verdict/system.h
 *   action, kms_client_key       verdict/action.h, from all of these
 *   review                       notes on all of these, in the order of DESIGN section 6 */
#include "verdict/dossier.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "verdict/action.h"

void dossier_begin(struct dossier *dossier, const struct window *window)
{
    *dossier = (struct dossier){
        .history = {.window = *window},
        .system = {.window = *window},
    };
}

void dossier_free_content(struct dossier *dossier)
{
    history_free_content(&dossier->history);
    update_evidence_free_content(&dossier->update);
    licence_evidence_free_content(&dossier->licence);
    system_facts_free_content(&dossier->system);
    free(dossier->guessed_path);
    *dossier = (struct dossier){0};
}

void dossier_feed_event(struct dossier *dossier, const struct observation *observation)
{
    struct sighting sighting = sighting_of(observation);
    struct circumstances *circumstances = &dossier->circumstances;

    if (observation->event_filetime > circumstances->last_filetime)
        circumstances->last_filetime = observation->event_filetime;
    history_feed(&dossier->history, &sighting);
    system_facts_feed_event(&dossier->system, observation);
}

void dossier_feed_finding(struct dossier *dossier, const struct case_finding *found)
{
    if (licence_is_of_windows(&found->finding))
        history_feed_licence(&dossier->history, &found->finding, found->path);
    system_facts_feed_finding(&dossier->system, &found->finding);
    if (found->is_guess && dossier->guessed_path == NULL)
        dossier->guessed_path = memory_copy_text(found->path);
}

void conclusion_free_content(struct conclusion *conclusion)
{
    free(conclusion->reason);
    free(conclusion->review);
    free(conclusion->codes);
    free(conclusion->update_evidence);
    free(conclusion->unrelated_updates);
    free(conclusion->licence_evidence);
    *conclusion = (struct conclusion){0};
}

/* Listings that do not agree on the system, or on the licence: then no edition is assumed. */
static bool dossier_edition_conflicts(const struct dossier *dossier)
{
    return licence_evidence_conflicts(&dossier->licence) || system_facts_conflict(&dossier->system);
}

/* systeminfo names the system itself, so it decides whether 6.1 is Windows 7 or the server. */
static bool dossier_is_not_windows_7(const struct dossier *dossier)
{
    const struct system_facts *system = &dossier->system;

    if (system->named_windows_7)
        return false;
    return system->named_other || system->other_than_6_1 || dossier->licence.not_windows_7;
}

static char *list_codes(const struct history *history)
{
    struct text out = {0};

    for (size_t index = 0; index < history->code_count; index++)
        text_add_format(&out, "%s0x%08" PRIX32, index > 0 ? "; " : "", history->codes[index]);
    return text_take(&out);
}

static bool note_applies(enum review_note note, const struct dossier *dossier,
                         const struct history_outcome *outcome)
{
    const struct circumstances *circumstances = &dossier->circumstances;

    switch (note) {
    case REVIEW_WINDOW_NOT_COVERED:
        return outcome->classification != CLASSIFICATION_AFFECTED &&
               circumstances->coverage != COVERAGE_FULL;
    case REVIEW_LOG_DAMAGED:
        return circumstances->log_damaged;
    case REVIEW_CLOCK_CHANGED:
        return dossier->system.clock_changed;
    case REVIEW_SHARED_NAME:
        return circumstances->shared_name;
    case REVIEW_UPDATE_CONFLICT:
        return update_evidence_conflicts(&dossier->update);
    case REVIEW_EDITION_CONFLICT:
        return dossier_edition_conflicts(dossier);
    case REVIEW_LISTING_NON_GENUINE:
        return outcome->listing_non_genuine;
    case REVIEW_REACTIVATED:
        return outcome->reactivated;
    case REVIEW_COULD_NOT_ASK:
        return outcome->could_not_ask;
    case REVIEW_NOT_VOLUME_LICENSED:
        return licence_evidence_channel(&dossier->licence) == LICENCE_CHANNEL_OTHER;
    case REVIEW_NOT_WINDOWS_7:
        return dossier_is_not_windows_7(dossier);
    }
    return false;
}

/* Returns a set of enum review_note. */
static uint32_t find_review(const struct dossier *dossier, const struct history_outcome *outcome)
{
    uint32_t review = 0;

    for (unsigned note = 0; note < REVIEW_NOTE_COUNT; note++)
        if (note_applies((enum review_note)note, dossier, outcome))
            review |= 1u << note;
    return review;
}

/* Adds to the reason what changed what the verdict says: what contradicts what, and what is the
 * machine's by a guess. */
static char *make_reason(const struct dossier *dossier, const struct history_outcome *outcome)
{
    struct text conflict = {0};
    struct text out = {0};

    text_add(&out, outcome->reason);
    update_evidence_add_conflict(&conflict, &dossier->update);
    if (conflict.length_bytes > 0)
        text_add_format(&out, "; %s", text_get(&conflict));
    text_clear(&conflict);
    licence_evidence_add_change(&conflict, &dossier->licence);
    if (conflict.length_bytes > 0)
        text_add_format(&out, "; %s", text_get(&conflict));
    text_free(&conflict);
    if (licence_evidence_conflicts(&dossier->licence)) {
        text_add(&out, "; edition-conflict: ");
        licence_evidence_add_conflict(&out, &dossier->licence);
    }
    if (system_facts_conflict(&dossier->system))
        text_add(&out, "; edition-conflict: systeminfo names Windows 7 and another system");
    if (dossier->guessed_path != NULL)
        text_add_format(&out, "; %s names no host, and is this one's by a guess",
                        dossier->guessed_path);
    return text_take(&out);
}

static void conclude_counts(const struct history *history, struct case_verdict *verdict)
{
    verdict->in_window_events = history->in_window_events;
    verdict->events_8196 = history->events_8196;
    verdict->events_8208 = history->events_8208;
    verdict->events_8209 = history->events_8209;
    verdict->events_13 = history->events_13;
}

static void conclude_action(const struct action_matter *matter, struct case_verdict *verdict)
{
    verdict->edition = matter->edition != NULL ? matter->edition->name : "unknown";
    verdict->licence_channel = licence_channel_word(matter->channel);
    verdict->kb971033 = update_status_word(matter->update);
    verdict->action = action_word(action_of(matter));
    verdict->kms_client_key = action_gives_key(matter) ? matter->edition->kms_client_key : "";
}

void dossier_conclude(struct dossier *dossier, struct conclusion *out)
{
    struct history_outcome outcome;
    struct action_matter matter;

    history_finish(&dossier->history, &outcome);
    matter = (struct action_matter){
        .classification = outcome.classification,
        .state = outcome.state,
        .update = update_evidence_status(&dossier->update),
        .channel = licence_evidence_channel(&dossier->licence),
        .edition = system_facts_conflict(&dossier->system)
                       ? NULL
                       : licence_evidence_edition(&dossier->licence),
        .not_windows_7 = dossier_is_not_windows_7(dossier),
    };
    *out = (struct conclusion){
        .reason = make_reason(dossier, &outcome),
        .review = word_set_list(&review_note_words, find_review(dossier, &outcome)),
        .codes = list_codes(&dossier->history),
        .update_evidence = update_evidence_text(&dossier->update),
        .unrelated_updates = update_evidence_unrelated_text(&dossier->update),
        .licence_evidence = licence_evidence_text(&dossier->licence),
    };
    out->verdict = (struct case_verdict){
        .classification = classification_word(outcome.classification),
        .confidence = confidence_word(outcome.confidence),
        .reason = out->reason,
        .review = out->review,
        .state = activation_state_word(outcome.state),
        .first_fault_filetime = outcome.first_fault_filetime,
        .last_fault_filetime = outcome.last_fault_filetime,
        .recovered_filetime = outcome.recovered_filetime,
        .codes = out->codes,
        .window_coverage = coverage_word(dossier->circumstances.coverage),
        .kb971033_evidence = out->update_evidence,
        .unrelated_updates = out->unrelated_updates,
        .licence_evidence = out->licence_evidence,
        .os_version = dossier->system.os_version != NULL ? dossier->system.os_version : "",
        .clock = clock_state_word(dossier->system.clock_changed ? CLOCK_CHANGED : CLOCK_OK),
        .verified = verified_word(outcome.verified),
    };
    conclude_counts(&dossier->history, &out->verdict);
    conclude_action(&matter, &out->verdict);
    free(outcome.reason);
}

void conclude_not_collected(const char *reason, bool shared_name, struct conclusion *out)
{
    const struct action_matter matter = {.classification = CLASSIFICATION_NOT_COLLECTED,
                                         .state = ACTIVATION_STATE_NONE};

    *out = (struct conclusion){0};
    out->verdict = (struct case_verdict){
        .classification = classification_word(matter.classification),
        .confidence = confidence_word(CONFIDENCE_NONE),
        .reason = reason,
        .review = shared_name ? review_note_word(REVIEW_SHARED_NAME) : "",
        .state = activation_state_word(ACTIVATION_STATE_NONE),
        .codes = "",
        .window_coverage = coverage_word(COVERAGE_NONE),
        .kb971033_evidence = "",
        .unrelated_updates = "",
        .licence_evidence = "",
        .os_version = "",
        .clock = clock_state_word(CLOCK_OK),
        .verified = verified_word(VERIFIED_NOT_ASKED),
    };
    conclude_action(&matter, &out->verdict);
}
