/* SPDX-License-Identifier: Apache-2.0 */
/* Where the columns of hosts.csv come from:
 *   classification to codes      episodes (verdict/episode.h), the reason: reason.c
 *   window_coverage              circumstances
 *   kb971033 and its evidence    update.c
 *   edition, licence_channel     licence.c
 *   os_version, clock            system.c
 *   action, kms_client_key       action.c, from all of these
 *   remediation                  rollout.c
 *   review                       notes on all of these */
#include "verdict/conclude.h"

#include <stdlib.h>

void finished_verdict_free_content(struct finished_verdict *finished)
{
    free(finished->reason);
    free(finished->codes);
    free(finished->update_evidence);
    free(finished->unrelated_updates);
    free(finished->licence_evidence);
    free(finished->remediation);
    free(finished->rollout_trace);
    *finished = (struct finished_verdict){0};
}

/* Listings that do not agree on the system, or on the licence: then no edition is assumed. */
static bool edition_conflicts(const struct evidence *evidence)
{
    return licence_evidence_conflicts(&evidence->licence) ||
           system_evidence_conflicts(&evidence->system);
}

static char *list_codes(const struct activation_history *history)
{
    struct text out = {0};

    for (size_t index = 0; index < history->code_count; index++)
        text_add_item_format(&out, CODE_FORMAT, history->codes[index]);
    return text_take(&out);
}

/* Is the incident not excluded, by what the logs cover? */
static bool is_not_excluded(const struct evidence *evidence,
                            const struct activation_outcome *outcome)
{
    return outcome->classification != CLASSIFICATION_AFFECTED &&
           outcome->classification != CLASSIFICATION_NOT_COLLECTED &&
           evidence->circumstances->coverage != COVERAGE_FULL;
}

static bool origin_is_guess(const struct item_origin *origin)
{
    return origin != NULL && origin->is_guess;
}

/* Does what is the machine's by a guess decide its update status, edition, channel or state? */
static bool rests_on_guess(const struct evidence *evidence)
{
    const struct activation_history *history = &evidence->history;

    return origin_is_guess(update_evidence_origin(&evidence->update)) ||
           licence_evidence_is_guess(&evidence->licence) ||
           (history->listed != LISTED_NOTHING && history->listed_is_guess) ||
           (history->current.closed_by_listing && history->listed_is_guess);
}

static bool clock_is_changed(const struct evidence *evidence)
{
    const struct circumstances *circumstances = evidence->circumstances;

    return evidence->system.clock_changed || circumstances->wrong_clock_in_window ||
           evidence->history.wrong_clock_decides;
}

static enum clock_state find_clock(const struct evidence *evidence)
{
    const struct circumstances *circumstances = evidence->circumstances;

    if (clock_is_changed(evidence))
        return CLOCK_CHANGED;
    return circumstances->has_system_log || circumstances->wrong_clock ? CLOCK_OK : CLOCK_UNKNOWN;
}

static bool note_applies(enum review_note note, const struct evidence *evidence,
                         const struct activation_outcome *outcome)
{
    const struct circumstances *circumstances = evidence->circumstances;
    enum listed_state listed = evidence->history.listed;

    switch (note) {
    case REVIEW_WINDOW_NOT_COVERED:
        return is_not_excluded(evidence, outcome);
    case REVIEW_ONSET_NOT_COVERED:
        return outcome->onset_not_covered;
    case REVIEW_LOG_FILTERED:
        return circumstances->covered.filtered;
    case REVIEW_LOG_DAMAGED:
        return circumstances->log_damaged;
    case REVIEW_CLOCK_CHANGED:
        return clock_is_changed(evidence);
    case REVIEW_NEAR_WINDOW:
        return outcome->near_window;
    case REVIEW_FAULT_BEFORE:
        return outcome->fault_before;
    case REVIEW_SHARED_NAME:
        return circumstances->shared_name;
    case REVIEW_GUESSED_SOURCE:
        return rests_on_guess(evidence);
    case REVIEW_EARLIER_INSTALLATION:
        return evidence->earlier_signals;
    case REVIEW_UPDATE_CONFLICT:
        return update_evidence_conflicts(&evidence->update);
    case REVIEW_EDITION_CONFLICT:
        return edition_conflicts(evidence);
    case REVIEW_LISTING_NON_GENUINE:
        return listed == LISTED_NON_GENUINE;
    case REVIEW_LISTING_UNLICENSED:
        return listed == LISTED_UNLICENSED;
    case REVIEW_LISTING_LICENSED:
        return listed == LISTED_LICENSED;
    case REVIEW_REACTIVATED:
        return outcome->reactivated;
    case REVIEW_COULD_NOT_ASK:
        return outcome->could_not_ask;
    case REVIEW_WEAK_WITHOUT_UPDATE:
        return outcome->weak_without_update;
    case REVIEW_NOT_VOLUME_LICENSED:
        return licence_evidence_channel(&evidence->licence) == LICENCE_CHANNEL_OTHER;
    case REVIEW_NOT_WINDOWS_7:
        return activation_history_not_windows_7(&evidence->history);
    }
    return false;
}

/* Returns a set of enum review_note. */
static uint32_t find_review(const struct evidence *evidence,
                            const struct activation_outcome *outcome)
{
    uint32_t review = 0;

    for (unsigned note = 0; note < REVIEW_NOTE_COUNT; note++)
        if (note_applies((enum review_note)note, evidence, outcome))
            review |= 1u << note;
    return review;
}

static void finish_counts(const struct activation_history *history, struct case_verdict *verdict)
{
    verdict->in_window_events = history->in_window_events;
    verdict->events_8196 = history->events_8196;
    verdict->events_8208 = history->events_8208;
    verdict->events_8209 = history->events_8209;
    verdict->events_13 = history->events_13;
}

static void finish_activation(const struct activation_outcome *outcome,
                              struct case_verdict *verdict)
{
    verdict->classification = outcome->classification;
    verdict->confidence = outcome->confidence;
    verdict->state = outcome->state;
    verdict->first_fault_filetime = outcome->first_fault_filetime;
    verdict->last_fault_filetime = outcome->last_fault_filetime;
    verdict->recovered_filetime = outcome->recovered_filetime;
}

static void finish_action(const struct action_matter *matter, struct case_verdict *verdict)
{
    verdict->edition = matter->edition != NULL ? matter->edition->name : "unknown";
    verdict->licence_channel = matter->channel;
    verdict->kb971033 = matter->update;
    verdict->action = action_of(matter);
    verdict->kms_client_key = action_gives_key(matter) ? matter->edition->kms_client_key : "";
}

/* What a KMS host says makes no host of the inventory a collected one. */
static struct activation_outcome find_outcome(struct evidence *evidence)
{
    const struct circumstances *circumstances = evidence->circumstances;
    struct activation_outcome outcome = activation_history_finish(&evidence->history);

    if (circumstances->is_seen_alone && circumstances->in_inventory && !outcome.is_by_hosts)
        outcome.classification = CLASSIFICATION_NOT_COLLECTED;
    return outcome;
}

static struct action_matter matter_of(const struct evidence *evidence,
                                      const struct activation_outcome *outcome)
{
    bool is_suspected = outcome->confidence == CONFIDENCE_SUSPECTED;

    return (struct action_matter){
        .classification = outcome->classification,
        .is_suspected = is_suspected,
        .state = outcome->state,
        .update = update_evidence_status(&evidence->update),
        .channel = licence_evidence_channel(&evidence->licence),
        .edition = system_evidence_conflicts(&evidence->system)
                       ? NULL
                       : licence_evidence_edition(&evidence->licence),
        .edition_is_guess = licence_evidence_is_guess(&evidence->licence),
        .not_windows_7 = activation_history_not_windows_7(&evidence->history),
        .not_excluded = is_suspected ? outcome->state != ACTIVATION_STATE_RECOVERED
                                     : is_not_excluded(evidence, outcome),
        .listed_licensed = outcome->listing_licensed,
    };
}

static enum rollout_result find_rollout(const struct evidence *evidence,
                                        const struct activation_outcome *outcome,
                                        const struct action_matter *matter)
{
    const struct activation_history *history = &evidence->history;
    uint32_t steps = action_steps(action_of(matter));
    uint64_t recovery = history->current.closed ? history->current.recovery.counts_filetime : 0;

    return rollout_of(&(struct rollout_matter){
        .was_hit = outcome->classification == CLASSIFICATION_AFFECTED || history->current.exists,
        .is_for_a_script = word_set_has(steps, ACTION_STEP_REMOVE) ||
                           word_set_has(steps, ACTION_STEP_CHECK) ||
                           word_set_has(steps, ACTION_STEP_REBUILD),
        .state = outcome->state,
        .well_filetime =
            history->licensed_filetime > recovery ? history->licensed_filetime : recovery,
        .scripts = &evidence->scripts,
        .repair = &history->repair,
    });
}

void evidence_finish(struct evidence *evidence, struct finished_verdict *out)
{
    struct activation_outcome outcome = find_outcome(evidence);
    struct action_matter matter = matter_of(evidence, &outcome);

    *out = (struct finished_verdict){
        .reason = reason_of(evidence, &outcome),
        .codes = list_codes(&evidence->history),
        .update_evidence = groups_text(&evidence->update.groups),
        .unrelated_updates = groups_text(&evidence->update.unrelated),
        .licence_evidence = groups_text(&evidence->licence.groups),
        .remediation = script_evidence_text(&evidence->scripts),
        .rollout_trace = rollout_trace_text(&evidence->scripts, &evidence->history.repair),
    };
    out->verdict = (struct case_verdict){
        .reason = out->reason,
        .review = find_review(evidence, &outcome),
        .codes = out->codes,
        .window_coverage = evidence->circumstances->coverage,
        .kb971033_evidence = out->update_evidence,
        .unrelated_updates = out->unrelated_updates,
        .licence_evidence = out->licence_evidence,
        .os_version = evidence->system.os_version != NULL ? evidence->system.os_version : "",
        .clock = find_clock(evidence),
        .remediation = out->remediation,
        .rollout = find_rollout(evidence, &outcome, &matter),
        .rollout_trace = out->rollout_trace,
        .verified = reason_verified(&evidence->history, &outcome),
    };
    finish_activation(&outcome, &out->verdict);
    finish_counts(&evidence->history, &out->verdict);
    finish_action(&matter, &out->verdict);
}

void finish_not_collected(const char *reason, bool shared_name, struct finished_verdict *out)
{
    const struct activation_outcome outcome = {.classification = CLASSIFICATION_NOT_COLLECTED,
                                               .state = ACTIVATION_STATE_NONE};
    const struct action_matter matter = {.classification = outcome.classification,
                                         .state = outcome.state};

    *out = (struct finished_verdict){0};
    out->verdict = (struct case_verdict){
        .reason = reason,
        .review = shared_name ? 1u << REVIEW_SHARED_NAME : 0,
        .codes = "",
        .window_coverage = COVERAGE_NONE,
        .kb971033_evidence = "",
        .unrelated_updates = "",
        .licence_evidence = "",
        .os_version = "",
        .clock = CLOCK_UNKNOWN,
        .remediation = "",
        .rollout_trace = "",
        .verified = VERIFIED_NOT_ASKED,
    };
    finish_activation(&outcome, &out->verdict);
    finish_action(&matter, &out->verdict);
}
