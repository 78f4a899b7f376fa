/* SPDX-License-Identifier: Apache-2.0 */
/* Episodes of non-genuineness, and the state of the licence between them. While events come in,
 * only the current episode is open to change; when the next one opens, it is judged and kept only
 * if a column may need it. */
#include "verdict/episode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* A KMS answer repairs a machine that asked no longer before it, in a state that allows it. */
#define ANSWER_LATEST (24 * FILETIME_HOUR)
/* A machine that asked without a licence and has one so soon after was well. */
#define EXCUSE_LATEST FILETIME_MINUTE
/* A consistent strong signal so close to the window is worth a look. */
#define NEAR_WINDOW_MOST (15 * FILETIME_MINUTE)

void activation_history_begin(struct activation_history *history, const struct window *window,
                              const struct covered *covered)
{
    *history = (struct activation_history){
        .window = *window,
        .covered = covered,
        .statement.status = LICENSING_STATUS_NOT_TOLD,
    };
}

void activation_history_free_content(struct activation_history *history)
{
    free(history->codes);
    free(history->listed_path);
    free(history->activated_run);
    *history = (struct activation_history){0};
}

/* Is the event, which stands behind one of that time, no later than so long after it? */
static bool is_within(const struct judged_event *event, uint64_t filetime, uint64_t most)
{
    return event->counts_filetime != 0 && filetime != 0 &&
           event->counts_filetime <= filetime + most;
}

/* ---- Faults ---- */

void activation_history_add_code(struct activation_history *history, uint32_t code)
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

static void count_fault(struct activation_history *history, bool failed_to_ask)
{
    if (history->fault_count == 0)
        history->every_fault_failed_to_ask = true;
    history->fault_count++;
    if (!failed_to_ask)
        history->every_fault_failed_to_ask = false;
}

/* Is the failure to ask over as it comes? The machine was licensed all the while. */
static bool is_over_at_once(const struct activation_history *history,
                            const struct judgement *judgement)
{
    enum licensing_status status = judgement->status != LICENSING_STATUS_NOT_TOLD
                                       ? judgement->status
                                       : history->statement.status;

    return judgement->failure_to_ask && status == LICENSING_STATUS_LICENSED;
}

static void feed_fault(struct activation_history *history, const struct judged_event *event)
{
    const struct judgement *judgement = &event->judgement;

    count_fault(history, judgement->failure_to_ask && !judgement->status_is_fault);
    if (!history->has_fault_event || history->first_fault.filetime == 0)
        history->first_fault = *event;
    history->has_fault_event = true;
    if (history->first_fault_filetime == 0)
        history->first_fault_filetime = event->filetime;
    /* What is known by its day alone stands behind that day, but is shown as of its begin. */
    if (event->listing == NULL || event->filetime > history->last_fault_filetime)
        history->last_fault_filetime = event->filetime;
    if (!is_over_at_once(history, judgement)) {
        history->fault_is_open = true;
        history->last_open_fault = *event;
    }
    for (size_t index = 0; index < judgement->code_count; index++)
        activation_history_add_code(history, judgement->codes[index]);
}

/* ---- Repairs ---- */

/* Goes on in the repair that was begun, if this is its next step. */
static void note_repair(struct activation_history *history, enum repair_step step,
                        const struct judged_event *event)
{
    struct repair *repair = &history->repair;

    if (repair->step != step - 1)
        return;
    repair->step = step;
    repair->event_ids[step] = event->event_id;
}

/* ---- Statements on the licence ---- */

/* Keeps since when it is licensed, or is no more. */
static void note_licensed(struct activation_history *history, enum licensing_status status,
                          uint64_t filetime)
{
    if (status == LICENSING_STATUS_LICENSED) {
        history->licensed_filetime = filetime;
        history->unlicensed_filetime = 0;
        history->seen.refusal_is_open = false;
    } else if (licensing_status_is_lost(status) && history->unlicensed_filetime == 0) {
        history->unlicensed_filetime = filetime;
    }
}

static void note_statement(struct activation_history *history, enum licensing_status status,
                           const struct judged_event *event)
{
    if (status == LICENSING_STATUS_NOT_TOLD)
        return;
    history->statement = (struct statement){.status = status,
                                            .filetime = event->counts_filetime,
                                            .in_window = event->in_window,
                                            .seen = event->seen};
    history->listed = LISTED_NOTHING;
    history->seen.is_unclear = false;
    note_licensed(history, status, event->counts_filetime);
    if (status == LICENSING_STATUS_LICENSED) {
        if (history->fault_is_open || history->has_asked)
            history->over_by = *event;
        history->fault_is_open = false;
        history->licensed_since_asked = true;
    }
}

/* What was asked without a licence was a fault after all, though other events came since: they may
 * have said that it is over. */
static void settle_asked(struct activation_history *history)
{
    bool was_open = history->fault_is_open;
    struct judged_event last_open = history->last_open_fault;
    uint64_t first_filetime = history->first_fault_filetime;
    uint64_t last_filetime = history->last_fault_filetime;
    struct judged_event first = history->first_fault;
    bool had_fault = history->has_fault_event;
    uint64_t fault_count = history->fault_count;

    if (!history->has_asked)
        return;
    history->has_asked = false;
    feed_fault(history, &history->asked);
    if (had_fault && first.counts_filetime != 0 &&
        first.counts_filetime < history->asked.counts_filetime)
        history->first_fault = first;
    else
        history->first_fault = history->asked;
    if (first_filetime == 0 || history->faults_before_asked == 0)
        history->first_fault_filetime = history->asked.filetime;
    if (fault_count > history->faults_before_asked)
        history->last_fault_filetime = last_filetime;
    if (history->licensed_since_asked) {
        history->fault_is_open = was_open;
        history->last_open_fault = last_open;
    }
}

static void note_request(struct activation_history *history, const struct judged_event *event)
{
    settle_asked(history);
    history->last_request = *event;
    history->has_request = true;
    if (!event->judgement.is_office)
        note_repair(history, REPAIR_ASKED, event);
}

static void ask_without_licence(struct activation_history *history,
                                const struct judged_event *event)
{
    history->asked = *event;
    history->has_asked = true;
    history->licensed_since_asked = false;
    history->faults_before_asked = history->fault_count;
}

/* ---- Episodes ---- */

/* The rule of DESIGN section 6: opened in the window; its first strong signal there, if it has one,
 * is what the incident shows; and it was licensed before, unless it has one. */
bool episode_is_incident(const struct episode *episode)
{
    return episode->exists && episode->first.in_window &&
           (episode->strong_in_window ? episode->first_strong.judgement.incident_consistent
                                      : !episode->was_unlicensed);
}

bool episode_is_confirmed(const struct episode *episode)
{
    return episode->strong_in_window && episode->onset_covered && !episode->was_unlicensed;
}

/* Keeps the first ones. */
static void keep_incident(struct activation_history *history, const struct episode *episode)
{
    struct episode *last = &history->incidents[INCIDENTS_MOST - 1];

    if (history->incident_count < INCIDENTS_MOST)
        history->incidents[history->incident_count++] = *episode;
    else if (episode_is_confirmed(episode) > episode_is_confirmed(last) ||
             episode->onset_covered > last->onset_covered)
        *last = *episode;
}

/* Judges the current episode, after which it can be replaced. */
static void end_episode(struct activation_history *history)
{
    const struct episode *episode = &history->current;

    if (episode->exists && history->taker.take != NULL)
        history->taker.take(history->taker.context, episode);
    if (episode_is_incident(episode))
        keep_incident(history, episode);
    else if (episode->signal_in_window && !history->first_beside.exists)
        history->first_beside = *episode;
}

/* Was it not licensed before the window, by what was said last? (Non-genuine is an episode.) */
static bool was_unlicensed(const struct activation_history *history)
{
    const struct statement *statement = &history->statement;

    if (statement->in_window || statement->filetime >= history->window.start_filetime)
        return false;
    return statement->is_non_genuine || licensing_status_is_lost(statement->status);
}

static void open_episode(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;
    bool is_later = episode->exists;
    struct judged_event recovery = episode->recovery;

    end_episode(history);
    *episode = (struct episode){
        .exists = true,
        .first = *event,
        .is_later = is_later,
        .earlier_recovery = recovery,
        .faults_before = history->fault_count > 0,
        .onset_covered =
            history->well_in_window ||
            (event->counts_filetime != 0 &&
             covered_has(history->covered, history->window.start_filetime, event->counts_filetime)),
        .was_unlicensed = was_unlicensed(history),
        .before = history->statement,
        .update_was_absent = history->update_is_absent,
    };
    memcpy(episode->witness_before, history->witnesses, sizeof(episode->witness_before));
}

/* Is a signal of the right clock so close to the window? */
static bool is_near_window(const struct activation_history *history,
                           const struct judged_event *event)
{
    const struct window *window = &history->window;

    return event->judgement.role == ROLE_SIGNAL_STRONG && event->judgement.incident_consistent &&
           !event->in_window && !event->wrong_clock &&
           (filetime_distance(event->filetime, window->start_filetime) <= NEAR_WINDOW_MOST ||
            filetime_distance(event->filetime, window->end_filetime) <= NEAR_WINDOW_MOST);
}

static void note_strong(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;

    if (event->judgement.role != ROLE_SIGNAL_STRONG)
        return;
    history->strong_in_window = true;
    if (!episode->strong_in_window) {
        episode->strong_in_window = true;
        episode->first_strong = *event;
    }
}

static void feed_signal(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;

    settle_asked(history);
    if (!activation_history_is_open(history))
        open_episode(history, event);
    episode->is_reset = false;
    history->listed = LISTED_NOTHING;
    history->listed_licensed = false;
    if (!history->has_near_window && is_near_window(history, event)) {
        history->has_near_window = true;
        history->near_window = *event;
    }
    if (!event->in_window)
        return;
    history->in_window_events++;
    episode->signal_in_window = true;
    note_strong(history, event);
}

/* A recovery closes the open episode. */
static void feed_recovery(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;
    enum event_use use = event->judgement.event->use;

    if (event->in_window)
        history->well_in_window = true;
    if (activation_history_is_open(history)) {
        episode->closed = true;
        episode->recovery = *event;
        episode->reactivated = episode->is_reset || use == EVENT_USE_KMS_ANSWER;
    }
    note_statement(history, LICENSING_STATUS_LICENSED, event);
}

/* What follows a new key or a reset tells nothing of the time of the first signal. */
static void end_witnesses(struct activation_history *history, const struct judged_event *event)
{
    history->renewed_filetime = event->counts_filetime;
    history->current.witness_ended = true;
    for (size_t index = 0; index < history->incident_count; index++)
        history->incidents[index].witness_ended = true;
}

/* One that came before the window is of another story. */
static void begin_repair(struct activation_history *history, const struct judged_event *event)
{
    if (event->by_script || history->fault_count == 0 ||
        event->counts_filetime < history->window.start_filetime)
        return;
    history->repair = (struct repair){.filetime = event->counts_filetime};
    note_repair(history, REPAIR_RESET, event);
}

static void feed_reset(struct activation_history *history, const struct judged_event *event)
{
    end_witnesses(history, event);
    begin_repair(history, event);
    if (!activation_history_is_open(history))
        return;
    history->current.is_reset = true;
    history->current.reset = *event;
}

/* ---- The place of an event makes its role ---- */

/* Does the KMS answer, which says that it activated, say that a machine is well again that was not
 * genuine? Only when it asked in another state. */
static bool answer_repairs(const struct activation_history *history,
                           const struct judged_event *event)
{
    const struct judged_event *request = &history->last_request;
    enum licensing_status status = request->judgement.status;

    return history->has_request && is_within(event, request->counts_filetime, ANSWER_LATEST) &&
           status != LICENSING_STATUS_NOT_TOLD && status != LICENSING_STATUS_NON_GENUINE_GRACE &&
           status != LICENSING_STATUS_NOTIFICATION;
}

static enum role role_of_answer(const struct activation_history *history,
                                const struct judged_event *event)
{
    if (history->has_request && history->last_request.judgement.is_office)
        return ROLE_CONTEXT;
    if (!event->judgement.is_activation)
        return event->judgement.role;
    if (answer_repairs(history, event) ||
        (activation_history_is_open(history) && history->current.is_reset))
        return ROLE_RECOVERY;
    return activation_history_is_open(history) ? ROLE_CONTEXT : ROLE_LICENCE;
}

/* Whether a 1003 that says licensed always shows it of a machine that is not genuine is not known:
 * only one that said otherwise in the same episode can be believed. */
static enum role role_of_licences(const struct activation_history *history,
                                  const struct judged_event *event)
{
    const struct episode *episode = &history->current;

    if (!activation_history_is_open(history) || event->judgement.role == ROLE_SIGNAL_WEAK)
        return event->judgement.role;
    if (event->judgement.status != LICENSING_STATUS_LICENSED)
        return ROLE_LICENCE;
    return episode->said_not_licensed || episode->is_reset ? ROLE_RECOVERY : ROLE_LICENCE;
}

static enum role role_in_place(const struct activation_history *history,
                               const struct judged_event *event)
{
    switch (event->judgement.event->use) {
    case EVENT_USE_KMS_ANSWER:
        return role_of_answer(history, event);
    case EVENT_USE_LICENCES:
        return event->judgement.role == ROLE_CONTEXT ? ROLE_CONTEXT
                                                     : role_of_licences(history, event);
    case EVENT_USE_KMS_REQUEST:
        if (event->judgement.status_is_fault && event->judgement.code_count == 0 &&
            activation_history_is_open(history))
            return ROLE_LICENCE;
        return event->judgement.role;
    default:
        return event->judgement.role;
    }
}

/* ---- Feeding ---- */

static void count_event(struct activation_history *history, const struct incident_event *event)
{
    history->event_count++;
    history->events_8196 += event->use == EVENT_USE_SPP_8196;
    history->events_8208 += event->use == EVENT_USE_SPP_8208;
    history->events_8209 += event->use == EVENT_USE_SPP_8209;
    history->events_13 += event->use == EVENT_USE_WAT_13;
}

/* A request that is a fault by its code can say that the machine is licensed all the same. */
static void feed_statement(struct activation_history *history, const struct judged_event *event)
{
    const struct judgement *judgement = &event->judgement;
    enum event_use use = judgement->event->use;

    if (use == EVENT_USE_KMS_REQUEST && judgement->status == LICENSING_STATUS_LICENSED &&
        event->filetime != 0) {
        feed_recovery(history, event);
        return;
    }
    if (use == EVENT_USE_KMS_REQUEST && judgement->status == LICENSING_STATUS_INITIAL_GRACE &&
        event->in_window)
        history->well_in_window = true;
    if (use == EVENT_USE_LICENCES && activation_history_is_open(history)) {
        if (judgement->status == LICENSING_STATUS_LICENSED)
            return;
        if (judgement->status != LICENSING_STATUS_NOT_TOLD)
            history->current.said_not_licensed = true;
    }
    note_statement(history, judgement->status, event);
    if (judgement->is_activation && !activation_history_is_open(history))
        note_statement(history, LICENSING_STATUS_LICENSED, event);
}

static void feed_by_role(struct activation_history *history, const struct judged_event *event)
{
    switch (event->judgement.role) {
    case ROLE_SIGNAL_STRONG:
    case ROLE_SIGNAL_WEAK:
        if (event->filetime != 0)
            feed_signal(history, event);
        else
            history->has_untimed_signal = true;
        feed_fault(history, event);
        feed_statement(history, event);
        break;
    case ROLE_FAULT:
        /* Of a refusal its own statement does not say that it is over. */
        feed_statement(history, event);
        if (event->judgement.status_is_fault && !activation_history_is_open(history) &&
            event->judgement.event->use == EVENT_USE_KMS_REQUEST && event->filetime != 0)
            ask_without_licence(history, event);
        else
            feed_fault(history, event);
        break;
    case ROLE_RECOVERY:
        if (event->filetime != 0)
            feed_recovery(history, event);
        break;
    case ROLE_RESET:
        feed_reset(history, event);
        break;
    case ROLE_LICENCE:
        if (event->judgement.event->use == EVENT_USE_KEY_INSTALLED) {
            end_witnesses(history, event);
            note_repair(history, REPAIR_KEY, event);
        }
        feed_statement(history, event);
        break;
    case ROLE_BY_ITSELF:
    case ROLE_UPDATE:
    case ROLE_CONTEXT:
        break;
    }
}

static bool role_decides(enum role role)
{
    return role == ROLE_SIGNAL_STRONG || role == ROLE_SIGNAL_WEAK || role == ROLE_FAULT ||
           role == ROLE_RECOVERY;
}

/* Its status was no fault; its code can be one. */
static void excuse_status(struct activation_history *history)
{
    if (history->asked.judgement.code_count == 0) {
        history->excused_id = history->asked.observation_id;
        return;
    }
    history->asked.judgement.status_is_fault = false;
    history->has_asked = true;
    settle_asked(history);
}

/* The machine that asked without a licence has one by the answer. */
static void excuse_asked(struct activation_history *history, const struct judged_event *event)
{
    if (!history->has_asked)
        return;
    if (!is_within(event, history->asked.counts_filetime, EXCUSE_LATEST)) {
        settle_asked(history);
    } else if (event->judgement.is_activation) {
        history->has_asked = false;
        excuse_status(history);
    }
}

/* ---- What KMS hosts saw ---- */

/* Lies the time in which the licence was lost, as far as statements narrow it down, in the window?
 * What follows a new key or a reset is another story. */
static bool lost_over_window(const struct activation_history *history,
                             const struct judged_event *event)
{
    uint64_t since = event->seen->lost_since->filetime;
    uint64_t by = event->counts_filetime;

    if (history->renewed_filetime >= since)
        return false;
    if (history->licensed_filetime > since)
        since = history->licensed_filetime;
    if (history->unlicensed_filetime != 0 && history->unlicensed_filetime >= since)
        by = history->unlicensed_filetime;
    return since <= history->window.end_filetime && by >= history->window.start_filetime;
}

/* One whose status cannot be read is only counted while there is no other. */
static void note_seen(struct activation_history *history, const struct judged_event *event)
{
    struct seen_by_hosts *seen = &history->seen;
    enum licensing_status status = event->judgement.status;

    if (seen->count > 0 && status == LICENSING_STATUS_NOT_TOLD)
        return;
    seen->count = seen->last.judgement.status == LICENSING_STATUS_NOT_TOLD ? 1 : seen->count + 1;
    seen->last = *event;
    seen->is_unclear = seen->is_unclear || event->seen->is_alone;
    if (!event->seen->counts)
        return;
    seen->has_counting = true;
    seen->last_counting = *event;
    if (event->seen->lost_since != NULL && !seen->licence_was_lost &&
        lost_over_window(history, event)) {
        seen->licence_was_lost = true;
        seen->lost_since = event->seen->lost_since;
        seen->lost_by = *event;
    }
}

/* Did the host answer the newest request with a code? */
static void note_refusal(struct activation_history *history, const struct judged_event *event)
{
    const struct judgement *judgement = &event->judgement;

    history->seen.is_refused = judgement->code_count > 0 && !event->seen->is_own;
    history->seen.refusal_is_open =
        history->seen.is_refused &&
        !(judgement->failure_to_ask && judgement->status == LICENSING_STATUS_LICENSED);
}

static void state_seen(struct activation_history *history, const struct judged_event *event)
{
    enum licensing_status status = event->judgement.status;

    if (status == LICENSING_STATUS_LICENSED) {
        history->wrong_clock_decides = history->wrong_clock_decides ||
                                       (event->wrong_clock && activation_history_is_open(history));
        feed_recovery(history, event);
        return;
    }
    if (status == LICENSING_STATUS_INITIAL_GRACE && event->in_window)
        history->well_in_window = true;
    note_statement(history, status, event);
}

/* A KMS host says what the machine's own request would, but that it opens no episode and is no
 * fault. What its own log has, too, says no more than that it was the newest, when it was licensed.
 */
static void feed_seen(struct activation_history *history, const struct judged_event *event)
{
    const struct seen_request *request = event->seen;
    enum licensing_status status = event->judgement.status;

    if (request == NULL || event->counts_filetime == 0)
        return;
    /* What was lost before it asked so is not lost since. */
    if (status == LICENSING_STATUS_LICENSED || status == LICENSING_STATUS_INITIAL_GRACE)
        history->unlicensed_filetime = 0;
    if (request->is_own && status != LICENSING_STATUS_LICENSED)
        return;
    note_seen(history, event);
    if (status == LICENSING_STATUS_NOT_TOLD)
        return;
    if (request->counts && !request->is_own)
        state_seen(history, event);
    note_refusal(history, event);
}

void activation_history_feed(struct activation_history *history, struct judged_event *event)
{
    if (event->judgement.event == NULL)
        return;
    if (event->listing == NULL)
        count_event(history, event->judgement.event);
    if (event->judgement.event->use == EVENT_USE_KMS_SEEN) {
        feed_seen(history, event);
        return;
    }
    excuse_asked(history, event);
    if (event->judgement.event->use == EVENT_USE_KMS_REQUEST)
        note_request(history, event);
    if (event->judgement.is_activation && !history->last_request.judgement.is_office)
        note_repair(history, REPAIR_ACTIVATED, event);
    event->judgement.role = role_in_place(history, event);
    if (event->wrong_clock && role_decides(event->judgement.role))
        history->wrong_clock_decides = true;
    feed_by_role(history, event);
}

/* The listing is of that time, 0 for that of the collection. */
static void close_by_listing(struct activation_history *history, uint64_t filetime)
{
    history->listed_licensed = true;
    history->over_by = (struct judged_event){0};
    history->fault_is_open = false;
    if (!activation_history_is_open(history))
        return;
    history->current.closed = true;
    history->current.closed_by_listing = true;
    history->current.closed_filetime = filetime;
    history->current.reactivated = history->current.is_reset;
}

static void feed_listed_fault(struct activation_history *history,
                              const struct licence_listed *listed)
{
    if (history->first_fault_filetime == 0 ||
        (listed->filetime != 0 && listed->filetime < history->first_fault_filetime))
        history->first_fault_filetime = listed->filetime;
    if (listed->filetime > history->last_fault_filetime)
        history->last_fault_filetime = listed->filetime;
    if (history->fault_count == 0)
        history->first_fault_is_listed = true;
    count_fault(history, false);
    if (!history->fault_is_open)
        history->last_open_fault = (struct judged_event){0};
    history->fault_is_open = true;
    if (listed->reason_code != 0)
        activation_history_add_code(history, listed->reason_code);
}

void activation_history_feed_listing(struct activation_history *history,
                                     const struct licence_listed *listed)
{
    enum listed_state state = listed->state;

    if (state == LISTED_NOTHING)
        return;
    settle_asked(history);
    if (state == LISTED_UNLICENSED || state == LISTED_NON_GENUINE)
        feed_listed_fault(history, listed);
    if (listed->is_outdone)
        return;
    history->statement = (struct statement){
        .status = listed->status,
        .filetime = listed->at_collection ? UINT64_MAX : listed->filetime,
        .in_window = !listed->at_collection && window_contains(&history->window, listed->filetime),
        .is_non_genuine = state == LISTED_NON_GENUINE,
    };
    history->seen.is_unclear = false;
    if (!listed->at_collection)
        note_licensed(history,
                      state == LISTED_NON_GENUINE ? LICENSING_STATUS_NON_GENUINE_GRACE
                                                  : listed->status,
                      listed->filetime);
    else if (state == LISTED_LICENSED)
        history->seen.refusal_is_open = false;
    history->listed = state;
    history->listed_reason = listed->reason_code;
    history->listed_is_guess = listed->is_guess;
    history->listed_filetime = listed->at_collection ? 0 : listed->filetime;
    history->listed_zone_end = listed->zone_end;
    free(history->listed_path);
    history->listed_path = memory_copy_text(listed->path);
    if (state == LISTED_LICENSED)
        close_by_listing(history, history->listed_filetime);
}

/* ---- What our scripts saw ---- */

static void feed_activation(struct activation_history *history, const struct judged_event *event)
{
    struct episode *episode = &history->current;

    if (activation_history_is_open(history) && episode->is_reset) {
        episode->closed = true;
        episode->recovery = *event;
        episode->reactivated = true;
    }
    note_statement(history, LICENSING_STATUS_LICENSED, event);
}

/* A script put the old store back: what was made anew since it began is gone. */
static void undo_renewal(struct activation_history *history)
{
    struct episode *episode = &history->current;

    if (history->at_work_filetime == 0 || history->renewed_filetime < history->at_work_filetime)
        return;
    history->repair = (struct repair){0};
    episode->is_reset = false;
    if (episode->closed && episode->reactivated &&
        episode->recovery.counts_filetime >= history->at_work_filetime) {
        episode->closed = false;
        episode->reactivated = false;
        history->fault_is_open = true;
    }
}

/* Follows which run is at work. One that was cut off stays so until another has put back what it
 * left. */
static void note_at_work(struct activation_history *history, const struct script_item *said)
{
    if (said->says == SCRIPT_SAYS_BEGUN && history->at_work_filetime == 0)
        history->at_work_filetime = said->filetime;
    if (said->says == SCRIPT_SAYS_ENDED && script_exit_had_machine(said->exit_status))
        history->at_work_filetime = 0;
}

void activation_history_feed_script(struct activation_history *history,
                                    const struct script_item *said)
{
    const struct judged_event event = {
        .filetime = said->filetime,
        .counts_filetime = said->filetime,
        .in_window = window_contains(&history->window, said->filetime),
        .by_script = true,
    };

    note_at_work(history, said);
    if (said->says == SCRIPT_SAYS_PUT_BACK || said->says == SCRIPT_SAYS_NOT_PUT_BACK) {
        undo_renewal(history);
    } else if (said->says == SCRIPT_SAYS_REBUILT) {
        /* Said at the end of the run: the event of the reset, where it was seen, tells when. */
        if (history->at_work_filetime == 0 || history->renewed_filetime < history->at_work_filetime)
            feed_reset(history, &event);
        if (history->activated_run != NULL && strcmp(history->activated_run, said->run) == 0)
            feed_activation(history, &event);
    } else if (said->says == SCRIPT_SAYS_ACTIVATED) {
        free(history->activated_run);
        history->activated_run = memory_copy_text(said->run);
        feed_activation(history, &event);
    }
}

void activation_history_note_update(struct activation_history *history, bool is_absent)
{
    history->update_is_absent = is_absent;
}

/* Are they listings of one time that say different things? */
static bool contradicts(const struct witness *witness, const struct witness *other)
{
    const struct item_origin *a = &witness->origin, *b = &other->origin;

    return witness->exists && witness->is_other != other->is_other && a->event_id == 0 &&
           b->event_id == 0 && a->with_collection == b->with_collection &&
           (a->with_collection ? a->round == b->round : a->filetime == b->filetime);
}

/* Of listings of one time that contradict each other neither shows anything. */
static void void_witness(struct witness *witness)
{
    witness->is_other = false;
    witness->is_other_of_61 = false;
}

static void note_after(struct episode *episode, enum witness_kind kind,
                       const struct witness *witness)
{
    struct witness *after = &episode->witness_after[kind];

    if (!episode->exists || episode->witness_ended)
        return;
    if (!after->exists)
        *after = *witness;
    else if (contradicts(after, witness))
        void_witness(after);
}

void activation_history_note_witness(struct activation_history *history, enum witness_kind kind,
                                     const struct witness *witness)
{
    bool is_void = contradicts(&history->witnesses[kind], witness);

    history->witnesses[kind] = *witness;
    if (kind != WITNESS_CHANNEL)
        history->version_is_newest = kind == WITNESS_VERSION;
    if (kind == WITNESS_PRODUCT)
        history->product_is_doubtful = false;
    if (is_void)
        void_witness(&history->witnesses[kind]);
    note_after(&history->current, kind, witness);
    for (size_t index = 0; index < history->incident_count; index++)
        note_after(&history->incidents[index], kind, witness);
}

void activation_history_close(struct activation_history *history)
{
    settle_asked(history);
    end_episode(history);
}
