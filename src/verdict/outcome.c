/* SPDX-License-Identifier: Apache-2.0 */
/* What an activation history amounts to: which class the machine is in, how sure that is, and what
 * state it is in. The rules of what happened in it, and of its episodes: episode.c. */
#include "verdict/episode.h"

#include "base/filetime.h"

/* ---- What the machine was ---- */

static uint64_t distance_to(const struct witness *witness, const struct judged_event *event)
{
    if (!witness->exists)
        return UINT64_MAX;
    return filetime_distance(witness->origin.filetime, event->counts_filetime);
}

/* The one of that kind that is nearest to the first signal; of equally near ones that before. */
static const struct witness *nearest_of(const struct episode *episode, enum witness_kind kind)
{
    const struct witness *before = &episode->witness_before[kind];
    const struct witness *after = &episode->witness_after[kind];

    return distance_to(after, &episode->first) < distance_to(before, &episode->first) ? after
                                                                                      : before;
}

/* Returns what says that the machine was another Windows, or NULL; `version_first`: the version
 * tells it sooner than the product. A version 6.1 is also that of servers, which the product tells.
 */
static const struct witness *other_system(const struct witness *version,
                                          const struct witness *product, bool version_first)
{
    if (!version_first)
        return product->exists && product->is_other ? product : NULL;
    if (version->is_other)
        return version;
    return product->exists && product->is_other_of_61 ? product : NULL;
}

/* By what is nearest to the first signal. */
static const struct witness *find_other_system(const struct episode *episode)
{
    const struct witness *version = nearest_of(episode, WITNESS_VERSION);
    const struct witness *product = nearest_of(episode, WITNESS_PRODUCT);

    return other_system(version, product,
                        distance_to(version, &episode->first) <
                            distance_to(product, &episode->first));
}

bool activation_history_not_windows_7(const struct activation_history *history)
{
    static const struct witness nothing = {0};
    bool is_doubtful = history->product_is_doubtful;

    return other_system(&history->witnesses[WITNESS_VERSION],
                        is_doubtful ? &nothing : &history->witnesses[WITNESS_PRODUCT],
                        is_doubtful || history->version_is_newest) != NULL;
}

static const struct witness *find_other(const struct episode *episode)
{
    const struct witness *channel = nearest_of(episode, WITNESS_CHANNEL);

    return channel->exists && channel->is_other ? channel : find_other_system(episode);
}

/* ---- The state ---- */

/* Status 4 of its own opens an episode; that of a KMS host does not. */
static bool says_unlicensed(const struct statement *statement, enum listed_state listed)
{
    switch (statement->status) {
    case LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE:
    case LICENSING_STATUS_NOTIFICATION:
    case LICENSING_STATUS_EXTENDED_GRACE:
        return true;
    case LICENSING_STATUS_UNLICENSED:
        return listed == LISTED_UNLICENSED;
    case LICENSING_STATUS_NON_GENUINE_GRACE:
        return statement->seen != NULL;
    case LICENSING_STATUS_LICENSED:
    case LICENSING_STATUS_INITIAL_GRACE:
    case LICENSING_STATUS_NOT_TOLD:
        break;
    }
    return false;
}

static enum activation_state find_state(const struct activation_history *history)
{
    if (activation_history_is_open(history) || history->listed == LISTED_NON_GENUINE)
        return ACTIVATION_STATE_NON_GENUINE;
    if (says_unlicensed(&history->statement, history->listed))
        return ACTIVATION_STATE_UNLICENSED;
    if (history->fault_is_open)
        return ACTIVATION_STATE_FAULT_OPEN;
    return history->fault_count > 0 ? ACTIVATION_STATE_RECOVERED : ACTIVATION_STATE_NONE;
}

/* 0 where a listing closed it, of which no event is known. */
static uint64_t recovered_at(const struct episode *deciding, enum activation_state state)
{
    return deciding->closed && state != ACTIVATION_STATE_NON_GENUINE ? deciding->recovery.filetime
                                                                     : 0;
}

/* ---- The incident ---- */

/* Returns NULL where there is no incident episode. */
static const struct episode *choose_incident(const struct activation_history *history)
{
    for (size_t index = 0; index < history->incident_count; index++)
        if (find_other(&history->incidents[index]) == NULL)
            return &history->incidents[index];
    return history->incident_count > 0 ? &history->incidents[0] : NULL;
}

/* Takes in one more of the incident episodes that count. */
static void weigh_incident(const struct episode *episode, struct activation_outcome *outcome)
{
    if (episode->onset_covered)
        outcome->onset_not_covered = false;
    if (episode->was_unlicensed)
        outcome->fault_before = true;
    if (outcome->confirmed_by == NULL && episode_is_confirmed(episode))
        outcome->confirmed_by = &episode->first_strong;
}

/* What the incident episodes amount to: those of another machine than can be affected count only
 * where there are no others. */
static void weigh_incidents(const struct activation_history *history,
                            struct activation_outcome *outcome)
{
    const struct episode *incident = choose_incident(history);
    const struct witness *other;

    if (incident == NULL)
        return;
    other = find_other(incident);
    outcome->incident = incident;
    outcome->onset_not_covered = true;
    for (size_t index = 0; index < history->incident_count; index++)
        if (other != NULL || find_other(&history->incidents[index]) == NULL)
            weigh_incident(&history->incidents[index], outcome);
    if (other != NULL) {
        outcome->other = *other;
        outcome->confirmed_by = NULL;
        return;
    }
    outcome->classification = CLASSIFICATION_AFFECTED;
    outcome->confidence =
        outcome->confirmed_by != NULL ? CONFIDENCE_CONFIRMED : CONFIDENCE_PROBABLE;
    outcome->weak_without_update = !history->strong_in_window && incident->update_was_absent;
}

/* ---- What KMS hosts saw ---- */

/* Is what KMS hosts saw last a fault of another kind? */
static bool hosts_saw_fault(const struct seen_by_hosts *seen)
{
    return seen->is_refused ||
           (seen->has_counting && licensing_status_is_lost(seen->last_counting.judgement.status));
}

/* The state of a machine that is broken by what KMS hosts saw. */
static enum activation_state state_by_hosts(const struct activation_history *history,
                                            enum activation_state found)
{
    const struct seen_by_hosts *seen = &history->seen;
    enum licensing_status status = history->statement.status;

    if (found == ACTIVATION_STATE_NON_GENUINE ||
        (status == LICENSING_STATUS_NON_GENUINE_GRACE && history->statement.seen != NULL))
        return ACTIVATION_STATE_NON_GENUINE;
    if (found == ACTIVATION_STATE_UNLICENSED)
        return found;
    if (!seen->licence_was_lost && (found == ACTIVATION_STATE_FAULT_OPEN || seen->refusal_is_open))
        return ACTIVATION_STATE_FAULT_OPEN;
    if (status == LICENSING_STATUS_LICENSED && found != ACTIVATION_STATE_FAULT_OPEN)
        return ACTIVATION_STATE_RECOVERED;
    return seen->licence_was_lost ? ACTIVATION_STATE_UNLICENSED : ACTIVATION_STATE_FAULT_OPEN;
}

/* Where the machine's own logs cannot tell whether the incident hit it, KMS hosts may. */
static void judge_by_hosts(struct activation_history *history, struct activation_outcome *outcome)
{
    const struct seen_by_hosts *seen = &history->seen;
    const struct judgement *last = &seen->last.judgement;

    if (history->current.exists ||
        covered_has(history->covered, history->window.start_filetime, history->window.end_filetime))
        return;
    outcome->is_by_hosts =
        seen->licence_was_lost || (hosts_saw_fault(seen) && history->fault_count == 0);
    if (!seen->licence_was_lost && !hosts_saw_fault(seen))
        return;
    outcome->classification = CLASSIFICATION_OTHER_FAULT;
    if (seen->licence_was_lost) {
        outcome->classification = CLASSIFICATION_AFFECTED;
        outcome->confidence = CONFIDENCE_SUSPECTED;
    }
    outcome->state = state_by_hosts(history, outcome->state);
    outcome->could_not_ask = false;
    for (size_t index = 0; seen->is_refused && index < last->code_count; index++)
        activation_history_add_code(history, last->codes[index]);
}

/* ---- All of it ---- */

struct activation_outcome activation_history_finish(struct activation_history *history)
{
    struct activation_outcome outcome = {.classification = CLASSIFICATION_NO_FAULT,
                                         .confidence = CONFIDENCE_NONE};
    const struct episode *deciding;

    activation_history_close(history);
    if (history->fault_count > 0)
        outcome.classification = CLASSIFICATION_OTHER_FAULT;
    weigh_incidents(history, &outcome);
    deciding = outcome.incident != NULL ? outcome.incident : &history->current;
    outcome.state = find_state(history);
    outcome.could_not_ask = history->fault_count > 0 && history->every_fault_failed_to_ask;
    judge_by_hosts(history, &outcome);
    outcome.first_fault_filetime =
        deciding->exists ? deciding->first.filetime : history->first_fault_filetime;
    outcome.last_fault_filetime = history->last_fault_filetime;
    outcome.recovered_filetime = recovered_at(deciding, outcome.state);
    outcome.near_window = outcome.incident == NULL && history->has_near_window;
    outcome.reactivated = history->current.closed && history->current.reactivated;
    outcome.listing_licensed = history->listed_licensed;
    return outcome;
}
