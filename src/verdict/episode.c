/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes of non-genuineness. While observations come in, only the current episode is open to
 * change; when the next one opens, it is judged and kept only if a column may need it. */
#include "verdict/episode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

void history_free_content(struct history *history)
{
    free(history->codes);
    free(history->listing_path);
    *history = (struct history){0};
}

static void add_code(struct history *history, uint32_t code)
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
static bool episode_is_incident(const struct history *history, const struct episode *episode)
{
    return episode->exists && window_contains(&history->window, episode->first.filetime) &&
           (!episode->strong_in_window || episode->first_strong.judgement.incident_consistent);
}

/* Judges the current episode, after which it can be replaced. */
static void end_episode(struct history *history)
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

static void feed_signal(struct history *history, const struct sighting *sighting)
{
    struct episode *episode = &history->current;

    if (!episode->exists || episode->closed) {
        uint64_t recovery = episode->closed ? episode->recovery.filetime : 0;

        end_episode(history);
        *episode = (struct episode){
            .exists = true, .first = *sighting, .earlier_recovery_filetime = recovery};
    }
    if (!window_contains(&history->window, sighting->filetime))
        return;
    history->in_window_events++;
    episode->signal_in_window = true;
    if (sighting->judgement.role == ROLE_SIGNAL_STRONG && !episode->strong_in_window) {
        episode->strong_in_window = true;
        episode->first_strong = *sighting;
    }
}

static void feed_fault(struct history *history, const struct sighting *sighting)
{
    const struct judgement *judgement = &sighting->judgement;

    if (history->fault_count == 0)
        history->every_fault_failed_to_ask = true;
    if (history->fault_count == 0 || history->first_fault.filetime == 0)
        history->first_fault = *sighting;
    history->fault_count++;
    if (!judgement->failure_to_ask)
        history->every_fault_failed_to_ask = false;
    history->last_fault_filetime = sighting->filetime;
    for (size_t index = 0; index < judgement->code_count; index++)
        add_code(history, judgement->codes[index]);
}

/* A recovery closes the open episode; later ones, up to the next signal, only tell of which kind
 * the recovery was. */
static void feed_recovery(struct history *history, const struct sighting *sighting)
{
    struct episode *episode = &history->current;

    if (!episode->exists)
        return;
    if (!episode->closed) {
        episode->closed = true;
        episode->recovery = *sighting;
    }
    if (sighting->judgement.event->use != EVENT_USE_KMS_ANSWER)
        episode->recovery_of_other_kind = true;
}

static void count_event(struct history *history, const struct incident_event *event)
{
    history->events_8196 += event->use == EVENT_USE_SPP_8196;
    history->events_8208 += event->use == EVENT_USE_SPP_8208;
    history->events_8209 += event->use == EVENT_USE_SPP_8209;
    history->events_13 += event->use == EVENT_USE_WAT_13;
}

void history_feed(struct history *history, const struct sighting *sighting)
{
    bool timed = sighting->filetime != 0;

    if (sighting->judgement.event == NULL)
        return;
    history->observation_count++;
    count_event(history, sighting->judgement.event);
    switch (sighting->judgement.role) {
    case ROLE_SIGNAL_STRONG:
    case ROLE_SIGNAL_WEAK:
        feed_fault(history, sighting);
        if (timed)
            feed_signal(history, sighting);
        else
            history->has_untimed_signal = true;
        break;
    case ROLE_FAULT:
        feed_fault(history, sighting);
        break;
    case ROLE_RECOVERY:
        if (timed)
            feed_recovery(history, sighting);
        break;
    case ROLE_UPDATE:
    case ROLE_LICENCE:
    case ROLE_CONTEXT:
        break;
    }
}

void history_feed_licence(struct history *history, const struct finding *finding, const char *path)
{
    if (finding->licence.notification_code != INCIDENT_CODE_NON_GENUINE)
        return;
    if (history->listing_path == NULL)
        history->listing_path = memory_copy_text(path);
    add_code(history, INCIDENT_CODE_NON_GENUINE);
}

/* ---- The reason ---- */

static bool same_sighting(const struct sighting *left, const struct sighting *right)
{
    return left->filetime == right->filetime && left->event_id == right->event_id &&
           left->judgement.event == right->judgement.event &&
           left->judgement.role == right->judgement.role;
}

static void add_incident_reason(struct text *out, const struct history *history)
{
    const struct episode *episode = &history->first_incident;

    sighting_add_text(out, &episode->first);
    text_add(out, ", first fault");
    if (episode->earlier_recovery_filetime != 0) {
        text_add(out, " after the recovery of ");
        filetime_add_text(out, episode->earlier_recovery_filetime);
    }
    text_add(out, ", inside the window");
    if (history->confidence != CONFIDENCE_CONFIRMED) {
        text_add(out, "; no strong signal in the window");
    } else if (!same_sighting(&history->confirmed_by, &episode->first)) {
        text_add(out, episode->strong_in_window ? "; confirmed by "
                                                : "; confirmed in a later episode by ");
        sighting_add_text(out, &history->confirmed_by);
    }
}

/* Adds why the strong signal is not that of the incident. */
static void add_inconsistency(struct text *out, const struct judgement *judgement)
{
    for (size_t index = 0; index < judgement->code_count; index++)
        if (judgement->codes[index] == INCIDENT_CODE_REFUSED) {
            text_add(out, ", not the incident's hrOffline 0x00000000 with hrOnline 0xC004C4A2");
            return;
        }
    text_add(out, ", not the incident's code");
}

/* Adds why an episode is none of the incident. */
static void add_other_episode(struct text *out, const struct history *history,
                              const struct episode *episode)
{
    if (window_contains(&history->window, episode->first.filetime)) {
        text_add(out, "first strong signal in the window is ");
        sighting_add_text(out, &episode->first_strong);
        add_inconsistency(out, &episode->first_strong.judgement);
        return;
    }
    text_add(out, "non-genuine since ");
    filetime_add_text(out, episode->first.filetime);
    text_add(out, " (");
    sighting_add_name(out, &episode->first);
    sighting_add_codes(out, &episode->first);
    text_add_format(out, "), %s the window",
                    episode->first.filetime < history->window.start_filetime ? "before" : "after");
    if (episode->closed) {
        text_add(out, ", until ");
        filetime_add_text(out, episode->recovery.filetime);
    }
}

static void add_fault_reason(struct text *out, const struct history *history)
{
    const char *plural = history->fault_count == 1 ? "" : "s";

    if (history->every_fault_failed_to_ask)
        text_add_format(out, "only failures to ask (%" PRIu64 " fault%s), the first ",
                        history->fault_count, plural);
    else
        text_add_format(out, "no genuineness signal%s; %" PRIu64 " fault%s, the first ",
                        history->has_untimed_signal ? " with a readable time" : "",
                        history->fault_count, plural);
    sighting_add_text(out, &history->first_fault);
}

static char *make_reason(const struct history *history)
{
    struct text out = {0};

    if (history->first_incident.exists) {
        add_incident_reason(&out, history);
    } else if (history->current.exists) {
        add_other_episode(&out, history, &history->current);
        if (history->first_beside.exists &&
            history->first_beside.first.filetime != history->current.first.filetime) {
            text_add(&out, "; earlier, ");
            add_other_episode(&out, history, &history->first_beside);
        }
    } else if (history->fault_count > 0) {
        add_fault_reason(&out, history);
    } else {
        text_add_format(&out, "no activation fault in %" PRIu64 " event%s of interest",
                        history->observation_count, history->observation_count == 1 ? "" : "s");
    }
    if (history->listing_path != NULL)
        text_add_format(&out,
                        "%s slmgr gives 0x%08" PRIX32 " (%s) in %s, of the time of collection",
                        history->fault_count > 0 ? ";" : ", but", INCIDENT_CODE_NON_GENUINE,
                        incident_code_meaning(INCIDENT_CODE_NON_GENUINE), history->listing_path);
    return text_take(&out);
}

/* Conflict is worse than no, and no than yes: so their values stand. */
static void note_verified(enum verified *worst, const struct sighting *sighting)
{
    if (sighting->verified > *worst)
        *worst = sighting->verified;
}

static void note_other_episode(enum verified *worst, const struct history *history,
                               const struct episode *episode)
{
    if (window_contains(&history->window, episode->first.filetime)) {
        note_verified(worst, &episode->first_strong);
        return;
    }
    note_verified(worst, &episode->first);
    if (episode->closed)
        note_verified(worst, &episode->recovery);
}

/* Of the events that make_reason names. */
static enum verified find_verified(const struct history *history)
{
    enum verified worst = VERIFIED_NOT_ASKED;

    if (history->first_incident.exists) {
        note_verified(&worst, &history->first_incident.first);
        if (history->confidence == CONFIDENCE_CONFIRMED)
            note_verified(&worst, &history->confirmed_by);
    } else if (history->current.exists) {
        note_other_episode(&worst, history, &history->current);
        if (history->first_beside.exists)
            note_other_episode(&worst, history, &history->first_beside);
    } else if (history->fault_count > 0) {
        note_verified(&worst, &history->first_fault);
    }
    return worst;
}

void history_finish(struct history *history, struct history_outcome *out)
{
    const struct episode *last = &history->current;
    const struct episode *deciding;
    bool listed; /* as non-genuine */

    end_episode(history);
    deciding = history->first_incident.exists ? &history->first_incident : last;
    listed = history->listing_path != NULL;
    *out = (struct history_outcome){
        .classification = history->first_incident.exists       ? CLASSIFICATION_AFFECTED
                          : history->fault_count > 0 || listed ? CLASSIFICATION_OTHER_FAULT
                                                               : CLASSIFICATION_NO_FAULT,
        .confidence = history->confidence,
        .state = listed          ? ACTIVATION_STATE_NON_GENUINE
                 : !last->exists ? ACTIVATION_STATE_NONE
                 : last->closed  ? ACTIVATION_STATE_RECOVERED
                                 : ACTIVATION_STATE_NON_GENUINE,
        .first_fault_filetime =
            deciding->exists ? deciding->first.filetime : history->first_fault.filetime,
        .last_fault_filetime = history->last_fault_filetime,
        .recovered_filetime = deciding->closed ? deciding->recovery.filetime : 0,
        .reactivated = deciding->closed && !deciding->recovery_of_other_kind,
        .could_not_ask = history->fault_count > 0 && history->every_fault_failed_to_ask && !listed,
        .listing_non_genuine = listed,
        .reason = make_reason(history),
        .verified = find_verified(history),
    };
}
