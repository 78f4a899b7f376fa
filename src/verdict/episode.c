/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes of non-genuineness. While observations come in, only the current episode is open to
 * change; when the next one opens, it is judged and kept only if a column may need it. */
#include "verdict/episode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

void activation_history_free_content(struct activation_history *history)
{
    free(history->codes);
    free(history->listing_path);
    *history = (struct activation_history){0};
}

static void add_code(struct activation_history *history, uint32_t code)
{
    size_t place = 0;

    while (place < history->code_count && history->codes[place] < code)
        place++;
    if (place < history->code_count && history->codes[place] == code)
        return;
    history->codes = memory_grow(history->codes, history->code_count, sizeof(*history->codes));
    memmove(&history->codes[place + 1], &history->codes[place],
            (history->code_count - place) * sizeof(*history->codes));
    history->codes[place] = code;
    history->code_count++;
}

/* The rule of DESIGN section 6: opened in the window, and its first strong signal there, if it
 * has one, is what the incident shows. */
static bool episode_is_incident(const struct activation_history *history,
                                const struct episode *episode)
{
    return episode->exists && window_contains(&history->window, episode->first.filetime) &&
           (!episode->strong_in_window || episode->first_strong.judgement.incident_consistent);
}

/* Judges the current episode, after which it can be replaced. */
static void end_episode(struct activation_history *history)
{
    const struct episode *episode = &history->current;

    if (episode_is_incident(history, episode)) {
        if (!history->first_incident.exists)
            history->first_incident = *episode;
        if (episode->strong_in_window && history->confidence < CONFIDENCE_CONFIRMED) {
            history->confidence = CONFIDENCE_CONFIRMED;
            history->confirmed_by = episode->first_strong;
        }
        if (history->confidence == CONFIDENCE_NONE)
            history->confidence = CONFIDENCE_PROBABLE;
    } else if (episode->signal_in_window && !history->first_beside.exists) {
        history->first_beside = *episode;
    }
}

static void feed_signal(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;

    if (!episode->exists || episode->closed) {
        uint64_t recovery = episode->closed ? episode->recovery.filetime : 0;

        end_episode(history);
        *episode = (struct episode){
            .exists = true, .first = *event, .earlier_recovery_filetime = recovery};
    }
    if (!window_contains(&history->window, event->filetime))
        return;
    history->in_window_events++;
    episode->signal_in_window = true;
    if (event->judgement.role == ROLE_SIGNAL_STRONG && !episode->strong_in_window) {
        episode->strong_in_window = true;
        episode->first_strong = *event;
    }
}

static void feed_fault(struct activation_history *history, const struct judged_event *event)
{
    const struct judgement *judgement = &event->judgement;

    if (history->fault_count == 0)
        history->every_fault_failed_to_ask = true;
    if (history->fault_count == 0 || history->first_fault.filetime == 0)
        history->first_fault = *event;
    history->fault_count++;
    if (!judgement->failure_to_ask)
        history->every_fault_failed_to_ask = false;
    history->last_fault_filetime = event->filetime;
    for (size_t index = 0; index < judgement->code_count; index++)
        add_code(history, judgement->codes[index]);
}

/* A recovery closes the open episode; later ones, up to the next signal, only tell of which kind
 * the recovery was. */
static void feed_recovery(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;

    if (!episode->exists)
        return;
    if (!episode->closed) {
        episode->closed = true;
        episode->recovery = *event;
    }
    if (event->judgement.event->use != EVENT_USE_KMS_ANSWER)
        episode->recovery_of_other_kind = true;
}

static void count_event(struct activation_history *history, const struct incident_event *event)
{
    history->events_8196 += event->use == EVENT_USE_SPP_8196;
    history->events_8208 += event->use == EVENT_USE_SPP_8208;
    history->events_8209 += event->use == EVENT_USE_SPP_8209;
    history->events_13 += event->use == EVENT_USE_WAT_13;
}

void activation_history_feed(struct activation_history *history, const struct judged_event *event)
{
    bool timed = event->filetime != 0;

    if (event->judgement.event == NULL)
        return;
    history->event_count++;
    count_event(history, event->judgement.event);
    switch (event->judgement.role) {
    case ROLE_SIGNAL_STRONG:
    case ROLE_SIGNAL_WEAK:
        feed_fault(history, event);
        if (timed)
            feed_signal(history, event);
        else
            history->has_untimed_signal = true;
        break;
    case ROLE_FAULT:
        feed_fault(history, event);
        break;
    case ROLE_RECOVERY:
        if (timed)
            feed_recovery(history, event);
        break;
    case ROLE_RESET:
    case ROLE_UPDATE:
    case ROLE_LICENCE:
    case ROLE_CONTEXT:
        break;
    }
}

void activation_history_feed_listing(struct activation_history *history, const char *path)
{
    if (history->listing_path == NULL)
        history->listing_path = memory_copy_text(path);
    add_code(history, INCIDENT_CODE_NON_GENUINE);
}

static enum classification classify(const struct activation_history *history)
{
    if (history->first_incident.exists)
        return CLASSIFICATION_AFFECTED;
    if (history->fault_count > 0 || history->listing_path != NULL)
        return CLASSIFICATION_OTHER_FAULT;
    return CLASSIFICATION_NO_FAULT;
}

static enum activation_state find_state(const struct activation_history *history)
{
    const struct episode *last = &history->current;

    if (history->listing_path != NULL)
        return ACTIVATION_STATE_NON_GENUINE;
    if (!last->exists)
        return ACTIVATION_STATE_NONE;
    return last->closed ? ACTIVATION_STATE_RECOVERED : ACTIVATION_STATE_NON_GENUINE;
}

struct activation_outcome activation_history_finish(struct activation_history *history)
{
    const struct episode *deciding;
    bool listed = history->listing_path != NULL; /* as non-genuine */

    end_episode(history);
    deciding = history->first_incident.exists ? &history->first_incident : &history->current;
    return (struct activation_outcome){
        .classification = classify(history),
        .confidence = history->confidence,
        .state = find_state(history),
        .first_fault_filetime =
            deciding->exists ? deciding->first.filetime : history->first_fault.filetime,
        .last_fault_filetime = history->last_fault_filetime,
        .recovered_filetime = deciding->closed ? deciding->recovery.filetime : 0,
        .reactivated = deciding->closed && !deciding->recovery_of_other_kind,
        .could_not_ask = history->fault_count > 0 && history->every_fault_failed_to_ask && !listed,
        .listing_non_genuine = listed,
    };
}
