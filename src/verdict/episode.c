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
    *history = (struct activation_history){0};
}

static bool is_open(const struct activation_history *history)
{
    return history->current.exists && !history->current.closed;
}

/* Is the event, which stands behind one of that time, no later than so long after it? */
static bool is_within(const struct judged_event *event, uint64_t filetime, uint64_t most)
{
    return event->counts_filetime != 0 && filetime != 0 &&
           event->counts_filetime <= filetime + most;
}

/* ---- Faults ---- */

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
        add_code(history, judgement->codes[index]);
}

/* ---- Statements on the licence ---- */

static void note_statement(struct activation_history *history, enum licensing_status status,
                           const struct judged_event *event)
{
    if (status == LICENSING_STATUS_NOT_TOLD)
        return;
    history->statement = (struct statement){
        .status = status, .filetime = event->counts_filetime, .in_window = event->in_window};
    history->listed = LISTED_NOTHING;
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

    if (!history->has_asked)
        return;
    history->has_asked = false;
    feed_fault(history, &history->asked);
    if (had_fault && first.counts_filetime != 0 &&
        first.counts_filetime < history->asked.counts_filetime)
        history->first_fault = first;
    else
        history->first_fault = history->asked;
    if (first_filetime != 0 && first_filetime < history->asked.filetime)
        history->first_fault_filetime = first_filetime;
    else
        history->first_fault_filetime = history->asked.filetime;
    if (last_filetime > history->last_fault_filetime)
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
}

static void ask_without_licence(struct activation_history *history,
                                const struct judged_event *event)
{
    history->asked = *event;
    history->has_asked = true;
    history->licensed_since_asked = false;
}

/* ---- Episodes ---- */

/* The rule of DESIGN section 6: opened in the window; its first strong signal there, if it has one,
 * is what the incident shows; and it was licensed before, unless it has one. */
static bool episode_is_incident(const struct episode *episode)
{
    return episode->exists && episode->first.in_window &&
           (episode->strong_in_window ? episode->first_strong.judgement.incident_consistent
                                      : !episode->was_unlicensed);
}

static bool episode_is_confirmed(const struct episode *episode)
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
    return statement->is_non_genuine ||
           statement->status == LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE ||
           statement->status == LICENSING_STATUS_NOTIFICATION ||
           statement->status == LICENSING_STATUS_EXTENDED_GRACE;
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
    if (!is_open(history))
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
    if (is_open(history)) {
        episode->closed = true;
        episode->recovery = *event;
        episode->reactivated = episode->is_reset || use == EVENT_USE_KMS_ANSWER;
    }
    note_statement(history, LICENSING_STATUS_LICENSED, event);
}

/* What follows a new key or a reset tells nothing of the time of the first signal. */
static void end_witnesses(struct activation_history *history)
{
    history->current.witness_ended = true;
    for (size_t index = 0; index < history->incident_count; index++)
        history->incidents[index].witness_ended = true;
}

static void feed_reset(struct activation_history *history, const struct judged_event *event)
{
    end_witnesses(history);
    if (!is_open(history))
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
    if (answer_repairs(history, event) || (is_open(history) && history->current.is_reset))
        return ROLE_RECOVERY;
    return is_open(history) ? ROLE_CONTEXT : ROLE_LICENCE;
}

/* Whether a 1003 that says licensed always shows it of a machine that is not genuine is not known:
 * only one that said otherwise in the same episode can be believed. */
static enum role role_of_licences(const struct activation_history *history,
                                  const struct judged_event *event)
{
    const struct episode *episode = &history->current;

    if (!is_open(history) || event->judgement.role == ROLE_SIGNAL_WEAK)
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
            is_open(history))
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
    if (use == EVENT_USE_LICENCES && is_open(history)) {
        if (judgement->status == LICENSING_STATUS_LICENSED)
            return;
        if (judgement->status != LICENSING_STATUS_NOT_TOLD)
            history->current.said_not_licensed = true;
    }
    note_statement(history, judgement->status, event);
    if (judgement->is_activation && !is_open(history))
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
        if (event->judgement.status_is_fault && !is_open(history) &&
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
        if (event->judgement.event->use == EVENT_USE_KEY_INSTALLED)
            end_witnesses(history);
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

void activation_history_feed(struct activation_history *history, struct judged_event *event)
{
    if (event->judgement.event == NULL)
        return;
    if (event->listing == NULL)
        count_event(history, event->judgement.event);
    excuse_asked(history, event);
    if (event->judgement.event->use == EVENT_USE_KMS_REQUEST)
        note_request(history, event);
    event->judgement.role = role_in_place(history, event);
    if (event->wrong_clock && role_decides(event->judgement.role))
        history->wrong_clock_decides = true;
    feed_by_role(history, event);
}

static void close_by_listing(struct activation_history *history)
{
    history->listed_licensed = true;
    history->over_by = (struct judged_event){0};
    history->fault_is_open = false;
    if (!is_open(history))
        return;
    history->current.closed = true;
    history->current.closed_by_listing = true;
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
        add_code(history, listed->reason_code);
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
    history->listed = state;
    history->listed_reason = listed->reason_code;
    history->listed_is_guess = listed->is_guess;
    history->listed_filetime = listed->at_collection ? 0 : listed->filetime;
    free(history->listed_path);
    history->listed_path = memory_copy_text(listed->path);
    if (state == LISTED_LICENSED)
        close_by_listing(history);
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

/* ---- The end ---- */

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

static bool says_unlicensed(const struct statement *statement, enum listed_state listed)
{
    switch (statement->status) {
    case LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE:
    case LICENSING_STATUS_NOTIFICATION:
    case LICENSING_STATUS_EXTENDED_GRACE:
        return true;
    case LICENSING_STATUS_UNLICENSED:
        return listed == LISTED_UNLICENSED;
    case LICENSING_STATUS_LICENSED:
    case LICENSING_STATUS_INITIAL_GRACE:
    case LICENSING_STATUS_NON_GENUINE_GRACE:
    case LICENSING_STATUS_NOT_TOLD:
        break;
    }
    return false;
}

static enum activation_state find_state(const struct activation_history *history)
{
    if (is_open(history) || history->listed == LISTED_NON_GENUINE)
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

struct activation_outcome activation_history_finish(struct activation_history *history)
{
    struct activation_outcome outcome = {.classification = CLASSIFICATION_NO_FAULT,
                                         .confidence = CONFIDENCE_NONE};
    const struct episode *deciding;

    settle_asked(history);
    end_episode(history);
    if (history->fault_count > 0)
        outcome.classification = CLASSIFICATION_OTHER_FAULT;
    weigh_incidents(history, &outcome);
    deciding = outcome.incident != NULL ? outcome.incident : &history->current;
    outcome.state = find_state(history);
    outcome.first_fault_filetime =
        deciding->exists ? deciding->first.filetime : history->first_fault_filetime;
    outcome.last_fault_filetime = history->last_fault_filetime;
    outcome.recovered_filetime = recovered_at(deciding, outcome.state);
    outcome.near_window = outcome.incident == NULL && history->has_near_window;
    outcome.reactivated = history->current.closed && history->current.reactivated;
    outcome.could_not_ask = history->fault_count > 0 && history->every_fault_failed_to_ask;
    outcome.listing_licensed = history->listed_licensed;
    return outcome;
}
