/* SPDX-License-Identifier: Apache-2.0 */
/* The reason of a verdict: the one text that the verdict itself composes, for a person who checks
 * it. All its sentences stand in one list; what is named in them is filled in where they have a
 * {name}. */
#include "verdict/conclude.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* enumerator, text */
#define SENTENCES(ROW)                                                                            \
    /* what KMS hosts saw */                                                                      \
    ROW(SENTENCE_LOST, "by what KMS hosts saw alone: asked as {asked}, then as {seen}")           \
    ROW(SENTENCE_SEEN_FAULT, "by what KMS hosts saw alone: asked as {seen}")                      \
    ROW(SENTENCE_SEEN_REFUSED, "by what KMS hosts saw alone: the newest request failed: {event}") \
    ROW(SENTENCE_OWN_LOGS, "; in its own logs, ")                                                 \
    ROW(SENTENCE_NOTHING_COLLECTED, "nothing was collected for this host")                        \
    ROW(SENTENCE_SEEN, "; KMS hosts saw {count} request{s}, the last as {seen}")                  \
    ROW(SENTENCE_UNCLEAR, "; KMS hosts saw {count} request{s}, the last, alone, as {seen}: new, " \
                          "re-imaged or broken: state unknown")                                   \
    /* an episode of the incident */                                                              \
    ROW(SENTENCE_FIRST, "{event}, first {this}{since}, inside the window")                        \
    ROW(SENTENCE_NOT_WINDOWS_7, "; signals of the incident, but then it was no volume-licensed "  \
                                "Windows 7, by {now}")                                            \
    ROW(SENTENCE_FAULT_BEFORE, "; not licensed before the window: {this}{at}")                    \
    ROW(SENTENCE_ONSET, "; the logs do not show the time before it")                              \
    ROW(SENTENCE_WEAK, "; " INCIDENT_UPDATE " was not there before it")                           \
    ROW(SENTENCE_NOT_CONFIRMED, "; no strong signal in the window")                               \
    ROW(SENTENCE_CONFIRMED, "; confirmed by {event}")                                             \
    ROW(SENTENCE_CONFIRMED_LATER, "; confirmed in a later episode by {event}")                    \
    /* another episode */                                                                         \
    ROW(SENTENCE_OTHER_STRONG_PAIR,                                                               \
        "first strong signal in the window{since} is {event}, not the "                           \
        "incident's hrOffline 0x00000000 with hrOnline 0xC004C4A2")                               \
    ROW(SENTENCE_OTHER_STRONG,                                                                    \
        "first strong signal in the window{since} is {event}, not the incident's code")           \
    ROW(SENTENCE_WRONG_CLOCK, "non-genuine since {event}")                                        \
    ROW(SENTENCE_BEFORE_WINDOW, "non-genuine since {moment} ({name}), before the window")         \
    ROW(SENTENCE_AFTER_WINDOW, "non-genuine since {moment} ({name}), after the window")           \
    ROW(SENTENCE_UNTIL, ", until {moment}")                                                       \
    ROW(SENTENCE_EARLIER, "; earlier, ")                                                          \
    /* no episode */                                                                              \
    ROW(SENTENCE_FAILED_TO_ASK, "only failures to ask ({count} fault{s}), the first {event}")     \
    ROW(SENTENCE_UNTIMED_SIGNALS,                                                                 \
        "no genuineness signal with a readable time; {count} fault{s}, the first {this}{event}")  \
    ROW(SENTENCE_FAULTS, "no genuineness signal; {count} fault{s}, the first {this}{event}")      \
    ROW(SENTENCE_NO_EVENT_OF_FAULT, "no fault in {count} event{s} of interest")                   \
    ROW(SENTENCE_NO_FAULT, "no activation fault in {count} event{s} of interest")                 \
    /* the state */                                                                               \
    ROW(SENTENCE_NEAR_WINDOW, "; near the window: {event}")                                       \
    ROW(SENTENCE_RESET, "; the activation was made anew: {event}")                                \
    ROW(SENTENCE_NOT_LICENSED, "; not licensed by the newest statement: {this}{at}")              \
    ROW(SENTENCE_NOT_LICENSED_BY_HOST, "; not licensed by the newest statement: {asked}")         \
    ROW(SENTENCE_LICENSED, "; licensed by the newest statement{at}")                              \
    ROW(SENTENCE_FAULT_OPEN, "; not over: {event}")                                               \
    ROW(SENTENCE_FAULT_OF_LISTING_OPEN, "; not over: the fault that a listing has")               \
    ROW(SENTENCE_RECOVERED, "; recovered by {event}")                                             \
    ROW(SENTENCE_FAULTS_OVER_BY, "; all over by {event}")                                         \
    ROW(SENTENCE_FAULTS_OVER, "; all over")                                                       \
    ROW(SENTENCE_LISTED, "; listed as {this} in {path}, of {time}")                               \
    ROW(SENTENCE_LISTED_AT_COLLECTION, "; listed as {this} in {path}, of the time of collection") \
    ROW(SENTENCE_ZONE_END, ", {this}")                                                            \
    /* what the logs cover */                                                                     \
    ROW(SENTENCE_NO_LOG, "; no Application log was collected")                                    \
    ROW(SENTENCE_SEEN_ALONE, "; nothing was collected of it: what is covered is not known")       \
    ROW(SENTENCE_NOT_OWN_LOG, "; no Application log of its own: what is covered is not known")    \
    ROW(SENTENCE_NOTHING_COVERED, "; Application log without records in order: {this}")           \
    ROW(SENTENCE_LOG, "; Application log")                                                        \
    ROW(SENTENCE_LOG_FROM, " from {time}")                                                        \
    ROW(SENTENCE_LOG_UNTIL, " until {end}")                                                       \
    ROW(SENTENCE_LOG_FROM_UNTIL, " from {time} to {end}")                                         \
    ROW(SENTENCE_LOG_WITHOUT, " without {time} to {end}")                                         \
    ROW(SENTENCE_LOG_FURTHER_GAPS, " and {count} further gap{s}")                                 \
    ROW(SENTENCE_LOG_COVERS, ": {this}")                                                          \
    ROW(SENTENCE_EARLIER_SIGNALS, "; signals of an earlier installation decide nothing")          \
    /* the update */                                                                              \
    ROW(SENTENCE_UPDATE_CONFLICT,                                                                 \
        "; update-evidence-conflict: " INCIDENT_UPDATE " installed by {now}, absent by {before}") \
    ROW(SENTENCE_UPDATE_REMOVED,                                                                  \
        "; " INCIDENT_UPDATE " removed: absent by {now}, installed before by {before}")           \
    ROW(SENTENCE_UPDATE_INSTALLED,                                                                \
        "; " INCIDENT_UPDATE " installed by {now}, absent before by {before}")                    \
    /* licence and system */                                                                      \
    ROW(SENTENCE_CHANNEL_CHANGED, "; licence channel {this} by {now}, {that} before by {before}") \
    ROW(SENTENCE_EDITION_CONFLICT,                                                                \
        "; edition-conflict: {this} by {now} against {that} by {before}")                         \
    ROW(SENTENCE_CHANNEL_CONFLICT, "; edition-conflict: {this} against {that} by listings")       \
    ROW(SENTENCE_LICENCE_SYSTEM_CONFLICT,                                                         \
        "; edition-conflict: Windows 7 against another system by listings")                       \
    ROW(SENTENCE_SYSTEM_CONFLICT,                                                                 \
        "; edition-conflict: systeminfo or SOFTWARE hive names Windows 7 and another system")     \
    /* the source */                                                                              \
    ROW(SENTENCE_GUESSED, "; {path} names no host, and is this one's by a guess")                 \
    ROW(SENTENCE_GUESSED_TOO, ", as is {path}")

enum sentence { SENTENCES(WORDS_ENUMERATOR) };

static const char *const sentences[] = {SENTENCES(WORDS_WORD)};

/* What a sentence names; each sentence has what it needs. */
struct named {
    /* {event}: with its time and codes, {name}: without its time, {moment}: that time, {seen}: its
     * status, that, and who saw it */
    const struct judged_event *event;
    const struct seen_request *asked; /* {asked}: its status, its time, and who saw it */
    const struct episode *since;   /* {since}: behind what it began, where an earlier one is over */
    uint64_t filetime;             /* {time}; {at}: ` at ` that time, where it is known */
    uint64_t end_filetime;         /* {end} */
    uint64_t count;                /* {count}, and {s} for its plural */
    const char *path;              /* {path} */
    const struct item_origin *now; /* {now} and {before}: the evidence */
    const struct item_origin *before;
    const char *this; /* {this} and {that}: what the two say */
    const char *that;
};

/* ---- What is named ---- */

/* The short name of a provider of the event table. */
static const char *provider_label(const char *provider)
{
    static const char *const labels[][2] = {
        {INCIDENT_PROVIDER_SPP, "SPP"},
        {INCIDENT_PROVIDER_SLC, "SLC"},
        {INCIDENT_PROVIDER_WAT, "WAT"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(labels); index++)
        if (strcmp(labels[index][0], provider) == 0)
            return labels[index][1];
    return provider;
}

static void add_code(struct text *out, uint32_t code)
{
    const char *meaning = incident_code_meaning(code);

    text_add_format(out, CODE_FORMAT, code);
    if (meaning != NULL)
        text_add_format(out, " (%s)", meaning);
}

/* `WAT 13`, `SPP 12290 of KMS01` */
static void add_event_name(struct text *out, const struct judged_event *event)
{
    if (event->listing != NULL || event->by_script) {
        text_add(out, event->by_script ? evidence_kind_label(EVIDENCE_SCRIPT) : event->listing);
        return;
    }
    text_add_format(out, "%s %" PRIu16, provider_label(event->judgement.event->provider),
                    event->event_id);
    if (event->seen != NULL)
        text_add_format(out, " of %s", event->seen->host);
}

/* `: hrOnline 0xC004C4A2 (its meaning)`; nothing where it has no code. */
static void add_event_codes(struct text *out, const struct judged_event *event)
{
    const struct judgement *judgement = &event->judgement;

    for (size_t index = 0; index < judgement->code_count; index++) {
        text_add_format(out, "%s %s ", index == 0 ? ":" : ",", judgement->code_names[index]);
        add_code(out, judgement->codes[index]);
    }
}

/* Says when an event came whose own time is wrong. */
static void add_place(struct text *out, const struct judged_event *event)
{
    if (!event->wrong_clock)
        return;
    text_add(out, " (of a wrong clock");
    if (event->counts_filetime != 0) {
        text_add(out, ": it stands beside ");
        filetime_add_text(out, event->counts_filetime);
    }
    text_add(out, ")");
}

/* `2019-01-08T11:02:17Z`; of what a listing has of an event the day. */
static void add_own_time(struct text *out, const struct judged_event *event)
{
    char *time = filetime_text(event->filetime);

    text_add_bytes(out, time, event->listing != NULL ? strcspn(time, "T") : strlen(time));
    free(time);
}

/* That, and when the event really came. */
static void add_moment(struct text *out, const struct judged_event *event)
{
    add_own_time(out, event);
    add_place(out, event);
}

/* Nothing for a time that is not known. */
static void add_at(struct text *out, uint64_t filetime)
{
    if (filetime == 0)
        return;
    text_add(out, " at ");
    filetime_add_text(out, filetime);
}

/* `WAT 13 at 2019-01-08T11:02:17Z: hrOnline 0xC004C4A2 (its meaning)`, `MGADiag on 2019-01-08: ..`
 */
static void add_event(struct text *out, const struct judged_event *event)
{
    add_event_name(out, event);
    if (event->filetime != 0) {
        text_add(out, event->listing != NULL ? " on " : " at ");
        add_moment(out, event);
    } else {
        text_add(out, " without a readable time");
    }
    add_event_codes(out, event);
}

/* `WAT 13 at TIME`, `wmic qfe in PATH` */
static void add_origin(struct text *out, const struct item_origin *origin)
{
    text_add(out, evidence_kind_label(origin->kind));
    if (origin->event_id != 0)
        text_add_format(out, " %" PRIu16, origin->event_id);
    if (!origin->with_collection)
        add_at(out, origin->filetime);
    else if (*origin->path != '\0')
        text_add_format(out, " in %s", origin->path);
    if (origin->zone_end != ZONE_END_NONE)
        text_add_format(out, " (%s)", zone_end_text(origin->zone_end));
}

/* ---- Sentences ---- */

static void fill_event(struct text *out, const struct named *named)
{
    add_event(out, named->event);
}

static void fill_name(struct text *out, const struct named *named)
{
    add_event_name(out, named->event);
    add_event_codes(out, named->event);
}

static void fill_moment(struct text *out, const struct named *named)
{
    add_moment(out, named->event);
}

static void fill_since(struct text *out, const struct named *named)
{
    const struct episode *episode = named->since;

    if (!episode->is_later)
        return;
    if (episode->earlier_recovery.filetime == 0) {
        text_add(out, " after it was listed as licensed");
        return;
    }
    text_add(out, " after the recovery of ");
    add_moment(out, &episode->earlier_recovery);
}

/* A status that cannot be read is said to be unknown. */
static void add_status(struct text *out, enum licensing_status status)
{
    text_add(out, status != LICENSING_STATUS_NOT_TOLD ? licensing_status_word(status)
                                                      : "unknown status");
}

static void fill_asked(struct text *out, const struct named *named)
{
    add_status(out, named->asked->status);
    add_at(out, named->asked->filetime);
    text_add_format(out, " (seen by %s)", named->asked->host);
}

static void fill_seen(struct text *out, const struct named *named)
{
    const struct judged_event *event = named->event;

    add_status(out, event->judgement.status);
    text_add(out, " at ");
    add_moment(out, event);
    text_add_format(out, " (seen by %s)", event->seen->host);
}

static void fill_at(struct text *out, const struct named *named)
{
    add_at(out, named->filetime);
}

static void fill_time(struct text *out, const struct named *named)
{
    filetime_add_text(out, named->filetime);
}

static void fill_end(struct text *out, const struct named *named)
{
    filetime_add_text(out, named->end_filetime);
}

static void fill_count(struct text *out, const struct named *named)
{
    text_add_format(out, "%" PRIu64, named->count);
}

static void fill_plural(struct text *out, const struct named *named)
{
    text_add(out, text_plural(named->count));
}

static void fill_path(struct text *out, const struct named *named)
{
    text_add(out, named->path);
}

static void fill_now(struct text *out, const struct named *named)
{
    add_origin(out, named->now);
}

static void fill_before(struct text *out, const struct named *named)
{
    add_origin(out, named->before);
}

static void fill_this(struct text *out, const struct named *named)
{
    text_add(out, named->this);
}

static void fill_that(struct text *out, const struct named *named)
{
    text_add(out, named->that);
}

struct filler {
    const char *name;
    void (*fill)(struct text *out, const struct named *named);
};

static const struct filler fillers[] = {
    {"{event}", fill_event}, {"{name}", fill_name},   {"{moment}", fill_moment},
    {"{since}", fill_since}, {"{at}", fill_at},       {"{time}", fill_time},
    {"{end}", fill_end},     {"{count}", fill_count}, {"{s}", fill_plural},
    {"{path}", fill_path},   {"{now}", fill_now},     {"{before}", fill_before},
    {"{this}", fill_this},   {"{that}", fill_that},   {"{asked}", fill_asked},
    {"{seen}", fill_seen},
};

/* The filler whose name stands there, or NULL. */
static const struct filler *filler_at(const char *at)
{
    for (size_t index = 0; index < ARRAY_COUNT(fillers); index++)
        if (strncmp(at, fillers[index].name, strlen(fillers[index].name)) == 0)
            return &fillers[index];
    return NULL;
}

static void say(struct text *out, enum sentence sentence, const struct named *named)
{
    const char *at = sentences[sentence];

    while (*at != '\0') {
        size_t plain = strcspn(at, "{");
        const struct filler *filler;

        text_add_bytes(out, at, plain);
        at += plain;
        if (*at == '\0')
            break;
        filler = filler_at(at);
        assert(filler != NULL);
        filler->fill(out, named);
        at += strlen(filler->name);
    }
}

/* ---- The activation ---- */

static bool same_event(const struct judged_event *left, const struct judged_event *right)
{
    return left->filetime == right->filetime && left->event_id == right->event_id &&
           left->judgement.event == right->judgement.event &&
           left->judgement.role == right->judgement.role;
}

static void say_fault_before(struct text *out, const struct statement *before)
{
    const char *status = licensing_status_word(before->status);

    say(out, SENTENCE_FAULT_BEFORE,
        &(struct named){.this = *status != '\0' ? status : "non-genuine",
                        .filetime = before->filetime});
}

static void say_incident(struct text *out, const struct activation_history *history,
                         const struct activation_outcome *outcome)
{
    const struct episode *episode = outcome->incident;

    say(out, SENTENCE_FIRST,
        &(struct named){.event = &episode->first,
                        .this = episode->faults_before ? "signal" : "fault",
                        .since = episode});
    if (outcome->other.exists) {
        say(out, SENTENCE_NOT_WINDOWS_7, &(struct named){.now = &outcome->other.origin});
        return;
    }
    if (!history->strong_in_window)
        say(out, SENTENCE_NOT_CONFIRMED, NULL);
    else if (outcome->confirmed_by != NULL && !same_event(outcome->confirmed_by, &episode->first))
        say(out,
            outcome->confirmed_by == &episode->first_strong ? SENTENCE_CONFIRMED
                                                            : SENTENCE_CONFIRMED_LATER,
            &(struct named){.event = outcome->confirmed_by});
    if (episode->was_unlicensed)
        say_fault_before(out, &episode->before);
    if (outcome->onset_not_covered)
        say(out, SENTENCE_ONSET, NULL);
    if (outcome->weak_without_update)
        say(out, SENTENCE_WEAK, NULL);
}

/* Says why a strong signal is not that of the incident: its code beside another one, or none. */
static void say_other_strong(struct text *out, const struct episode *episode)
{
    const struct judged_event *event = &episode->first_strong;
    const struct judgement *judgement = &event->judgement;
    enum sentence sentence = SENTENCE_OTHER_STRONG;

    for (size_t index = 0; index < judgement->code_count; index++)
        if (judgement->codes[index] == INCIDENT_CODE_REFUSED)
            sentence = SENTENCE_OTHER_STRONG_PAIR;
    say(out, sentence, &(struct named){.event = event, .since = episode});
}

static bool closed_by_event(const struct episode *episode)
{
    return episode->closed && !episode->closed_by_listing;
}

/* Says why an episode is not of the incident. */
static void say_other_episode(struct text *out, const struct activation_history *history,
                              const struct episode *episode)
{
    if (episode->first.in_window && episode->strong_in_window) {
        say_other_strong(out, episode);
        return;
    }
    if (episode->first.in_window) {
        say(out, SENTENCE_FIRST,
            &(struct named){.event = &episode->first, .this = "signal", .since = episode});
        say_fault_before(out, &episode->before);
        return;
    }
    say(out,
        episode->first.wrong_clock                                        ? SENTENCE_WRONG_CLOCK
        : episode->first.counts_filetime < history->window.start_filetime ? SENTENCE_BEFORE_WINDOW
                                                                          : SENTENCE_AFTER_WINDOW,
        &(struct named){.event = &episode->first});
    if (closed_by_event(episode))
        say(out, SENTENCE_UNTIL, &(struct named){.event = &episode->recovery});
}

static void say_faults(struct text *out, const struct activation_history *history)
{
    enum sentence sentence = history->every_fault_failed_to_ask ? SENTENCE_FAILED_TO_ASK
                             : history->has_untimed_signal      ? SENTENCE_UNTIMED_SIGNALS
                                                                : SENTENCE_FAULTS;

    say(out, sentence,
        &(struct named){.event = &history->first_fault,
                        .this = history->first_fault_is_listed ? "event " : "",
                        .count = history->fault_count});
}

/* Says what of that which KMS hosts saw decides; returns whether something does. */
static bool say_by_hosts(struct text *out, const struct seen_by_hosts *seen,
                         const struct activation_outcome *outcome)
{
    if (outcome->is_by_hosts && seen->licence_was_lost)
        say(out, SENTENCE_LOST,
            &(struct named){.asked = seen->lost_since, .event = &seen->lost_by});
    else if (outcome->is_by_hosts && seen->is_refused)
        say(out, SENTENCE_SEEN_REFUSED, &(struct named){.event = &seen->last});
    else if (outcome->is_by_hosts)
        say(out, SENTENCE_SEEN_FAULT, &(struct named){.event = &seen->last_counting});
    else if (outcome->classification == CLASSIFICATION_NOT_COLLECTED)
        say(out, SENTENCE_NOTHING_COLLECTED, NULL);
    else
        return false;
    return true;
}

static void say_activation(struct text *out, const struct activation_history *history,
                           const struct activation_outcome *outcome)
{
    if (say_by_hosts(out, &history->seen, outcome)) {
        if (!history->has_fault_event)
            return;
        say(out, SENTENCE_OWN_LOGS, NULL);
    }
    if (outcome->incident != NULL) {
        say_incident(out, history, outcome);
    } else if (history->current.exists) {
        say_other_episode(out, history, &history->current);
        if (history->first_beside.exists &&
            history->first_beside.first.filetime != history->current.first.filetime) {
            say(out, SENTENCE_EARLIER, NULL);
            say_other_episode(out, history, &history->first_beside);
        }
    } else if (history->has_fault_event) {
        say_faults(out, history);
    } else {
        say(out, history->fault_count > 0 ? SENTENCE_NO_EVENT_OF_FAULT : SENTENCE_NO_FAULT,
            &(struct named){.count = history->event_count});
    }
}

/* ---- The state ---- */

/* Returns owned: `notification, 0xC004F200`. */
static char *name_listed(const struct activation_history *history)
{
    struct text out = {0};
    const char *status = licensing_status_word(history->statement.status);

    text_add(&out, status);
    if (history->listed_reason != 0 && history->listed != LISTED_LICENSED)
        text_add_format(&out, "%s" CODE_FORMAT, *status != '\0' ? ", " : "",
                        history->listed_reason);
    return text_take(&out);
}

static void say_listed(struct text *out, const struct activation_history *history)
{
    struct named named = {.path = history->listed_path, .filetime = history->listed_filetime};
    char *state;

    if (history->listed == LISTED_NOTHING)
        return;
    state = name_listed(history);
    named.this = state;
    say(out, named.filetime != 0 ? SENTENCE_LISTED : SENTENCE_LISTED_AT_COLLECTION, &named);
    if (history->listed_zone_end != ZONE_END_NONE)
        say(out, SENTENCE_ZONE_END,
            &(struct named){.this = zone_end_text(history->listed_zone_end)});
    free(state);
}

/* What ended the episode, where its clock was wrong, or a KMS host or our script saw it; else NULL.
 */
static const struct judged_event *odd_recovery(const struct episode *episode)
{
    return closed_by_event(episode) &&
                   (episode->recovery.wrong_clock || episode->recovery.seen != NULL ||
                    episode->recovery.by_script)
               ? &episode->recovery
               : NULL;
}

static bool same_recovery(const struct episode *left, const struct episode *right)
{
    return left->recovery.observation_id == right->recovery.observation_id &&
           left->recovery.filetime == right->recovery.filetime;
}

/* That of the last episode, where it is not named yet, or only by its time. */
static const struct judged_event *last_odd_recovery(const struct activation_history *history,
                                                    const struct activation_outcome *outcome)
{
    const struct episode *last = &history->current;
    bool is_named = outcome->incident != NULL ? same_recovery(outcome->incident, last)
                                              : !last->first.in_window && !last->recovery.by_script;

    return is_named ? NULL : odd_recovery(last);
}

/* That of the incident's episode; nothing of a machine that is non-genuine again. */
static const struct judged_event *incident_odd_recovery(const struct activation_outcome *outcome)
{
    if (outcome->incident == NULL || outcome->state == ACTIVATION_STATE_NON_GENUINE)
        return NULL;
    return odd_recovery(outcome->incident);
}

static void say_recoveries(struct text *out, const struct activation_history *history,
                           const struct activation_outcome *outcome)
{
    const struct judged_event *const recoveries[] = {incident_odd_recovery(outcome),
                                                     last_odd_recovery(history, outcome)};

    for (size_t index = 0; index < ARRAY_COUNT(recoveries); index++)
        if (recoveries[index] != NULL)
            say(out, SENTENCE_RECOVERED, &(struct named){.event = recoveries[index]});
}

/* By the newest statement. A listing is named before, and what KMS hosts saw where they decide. */
static void say_not_licensed(struct text *out, const struct activation_history *history,
                             const struct activation_outcome *outcome)
{
    const struct statement *statement = &history->statement;

    if (statement->seen != NULL && outcome->is_by_hosts)
        return;
    if (statement->seen != NULL)
        say(out, SENTENCE_NOT_LICENSED_BY_HOST, &(struct named){.asked = statement->seen});
    else if (history->listed == LISTED_NOTHING)
        say(out, SENTENCE_NOT_LICENSED,
            &(struct named){.this = licensing_status_word(statement->status),
                            .filetime = statement->filetime});
}

/* By what its own logs say: a listing is named before, and what KMS hosts saw last behind. */
static void say_licensed(struct text *out, const struct activation_history *history)
{
    if (history->statement.seen == NULL && history->listed == LISTED_NOTHING)
        say(out, SENTENCE_LICENSED, &(struct named){.filetime = history->statement.filetime});
}

static void say_state(struct text *out, const struct activation_history *history,
                      const struct activation_outcome *outcome)
{
    if (outcome->near_window)
        say(out, SENTENCE_NEAR_WINDOW, &(struct named){.event = &history->near_window});
    if (history->current.is_reset)
        say(out, SENTENCE_RESET, &(struct named){.event = &history->current.reset});
    say_recoveries(out, history, outcome);
    say_listed(out, history);
    switch (outcome->state) {
    case ACTIVATION_STATE_UNLICENSED:
        say_not_licensed(out, history, outcome);
        break;
    case ACTIVATION_STATE_FAULT_OPEN:
        if (!history->fault_is_open)
            break;
        say(out,
            history->last_open_fault.judgement.event != NULL ? SENTENCE_FAULT_OPEN
                                                             : SENTENCE_FAULT_OF_LISTING_OPEN,
            &(struct named){.event = &history->last_open_fault});
        break;
    case ACTIVATION_STATE_RECOVERED:
        if (outcome->is_by_hosts)
            say_licensed(out, history);
        else if (!history->current.exists)
            say(out,
                history->over_by.wrong_clock || history->over_by.by_script ? SENTENCE_FAULTS_OVER_BY
                                                                           : SENTENCE_FAULTS_OVER,
                &(struct named){.event = &history->over_by});
        break;
    case ACTIVATION_STATE_NON_GENUINE:
        if (history->statement.seen != NULL && !activation_history_is_open(history))
            say_not_licensed(out, history, outcome);
        break;
    case ACTIVATION_STATE_NONE:
        break;
    }
}

/* Says what KMS hosts saw last, where the machine's own logs cannot tell all. */
static void say_seen(struct text *out, const struct evidence *evidence)
{
    const struct seen_by_hosts *seen = &evidence->history.seen;
    const struct named named = {.count = seen->count, .event = &seen->last};

    if (seen->count == 0)
        return;
    if (seen->is_unclear)
        say(out, SENTENCE_UNCLEAR, &named);
    else if (evidence->circumstances->coverage != COVERAGE_FULL)
        say(out, SENTENCE_SEEN, &named);
}

/* ---- What the logs cover ---- */

/* Names the ends of what is covered that do not reach over the window. */
static void say_ends(struct text *out, const struct covered *covered, const struct window *window)
{
    const struct named named = {.filetime = covered->items[0].first_filetime,
                                .end_filetime = covered->items[covered->count - 1].last_filetime};
    bool begins_late = named.filetime > window->start_filetime;
    bool ends_early = named.end_filetime < window->end_filetime;

    if (begins_late && ends_early)
        say(out, SENTENCE_LOG_FROM_UNTIL, &named);
    else if (begins_late)
        say(out, SENTENCE_LOG_FROM, &named);
    else if (ends_early)
        say(out, SENTENCE_LOG_UNTIL, &named);
}

/* Names the first gap that touches the window, and says how many others do. */
static void say_gaps(struct text *out, const struct covered *covered, const struct window *window)
{
    struct named gap = {0};
    uint64_t count = 0;

    for (size_t index = 1; index < covered->count; index++) {
        uint64_t first = covered->items[index - 1].last_filetime;
        uint64_t last = covered->items[index].first_filetime;

        if (last < window->start_filetime || first > window->end_filetime)
            continue;
        if (count++ == 0)
            gap = (struct named){.filetime = first, .end_filetime = last};
    }
    if (count > 0)
        say(out, SENTENCE_LOG_WITHOUT, &gap);
    if (count > 1)
        say(out, SENTENCE_LOG_FURTHER_GAPS, &(struct named){.count = count - 1});
}

/* Says what of the window is missing. */
static void say_covered(struct text *out, const struct covered *covered,
                        const struct window *window, const char *how_much)
{
    const struct named named = {.this = how_much};

    if (covered->count == 0) {
        say(out, SENTENCE_NOTHING_COVERED, &named);
        return;
    }
    say(out, SENTENCE_LOG, NULL);
    say_ends(out, covered, window);
    say_gaps(out, covered, window);
    say(out, SENTENCE_LOG_COVERS, &named);
}

static void say_coverage(struct text *out, const struct evidence *evidence)
{
    const struct circumstances *circumstances = evidence->circumstances;
    const struct window *window = &evidence->history.window;

    switch (circumstances->coverage) {
    case COVERAGE_FULL:
        break;
    case COVERAGE_UNKNOWN:
        say(out, circumstances->is_seen_alone ? SENTENCE_SEEN_ALONE : SENTENCE_NOT_OWN_LOG, NULL);
        break;
    case COVERAGE_PARTIAL:
        say_covered(out, &circumstances->covered, window, "the window is covered in part");
        break;
    case COVERAGE_NONE:
        if (circumstances->has_application_log)
            say_covered(out, &circumstances->covered, window, "the window is not covered");
        else
            say(out, SENTENCE_NO_LOG, NULL);
        break;
    }
}

/* ---- Update, licence, system ---- */

/* Says what contradicts what; nothing where all evidence says the same. */
static void say_update(struct text *out, const struct update_evidence *update)
{
    const struct item_origin *installed = &update->installed.origin;
    const struct item_origin *absent = &update->absent.origin;

    if (!update->installed.exists || !update->absent.exists)
        return;
    if (update_evidence_conflicts(update))
        say(out, SENTENCE_UPDATE_CONFLICT, &(struct named){.now = installed, .before = absent});
    else if (update_evidence_status(update) == UPDATE_STATUS_REMOVED)
        say(out, SENTENCE_UPDATE_REMOVED, &(struct named){.now = absent, .before = installed});
    else
        say(out, SENTENCE_UPDATE_INSTALLED, &(struct named){.now = installed, .before = absent});
}

/* Says that a listing gives another channel than the events before it. */
static void say_channel_change(struct text *out, const struct licence_evidence *licence)
{
    const struct channel_latest *now = &licence->channel;
    const struct channel_latest *before = &licence->event_channel;

    if (!now->origin.with_collection || !before->exists || licence->channel_conflict ||
        now->channel == before->channel)
        return;
    say(out, SENTENCE_CHANNEL_CHANGED,
        &(struct named){.this = licence_channel_word(now->channel),
                        .now = &now->origin,
                        .that = licence_channel_word(before->channel),
                        .before = &before->origin});
}

static void say_licence_conflict(struct text *out, const struct licence_evidence *licence)
{
    const struct edition_latest *newest = &licence->newest;
    const struct edition_latest *other = licence_evidence_other_edition(licence);

    if (other != NULL)
        say(out, SENTENCE_EDITION_CONFLICT,
            &(struct named){.this = newest->edition->name,
                            .now = &newest->origin,
                            .that = other->edition->name,
                            .before = &other->origin});
    else if (licence->channel_conflict)
        say(out, SENTENCE_CHANNEL_CONFLICT,
            &(struct named){.this = licence_channel_word(licence->channel.channel),
                            .that = licence_channel_word(licence->other_channel)});
    else if (licence->system_conflict)
        say(out, SENTENCE_LICENCE_SYSTEM_CONFLICT, NULL);
}

/* Names what is the machine's by a guess: all that decides its state, its update status, its
 * edition or its channel; else the first of it. */
static void say_guessed(struct text *out, const struct evidence *evidence)
{
    const struct item_origin *update = update_evidence_origin(&evidence->update);
    const struct activation_history *history = &evidence->history;
    bool state_is_guess = history->listed != LISTED_NOTHING && history->listed_is_guess;
    const char *paths[] = {
        state_is_guess ? history->listed_path : NULL,
        update != NULL && update->is_guess ? update->path : NULL,
        evidence->licence.edition_guess,
        evidence->licence.channel_guess,
    };
    enum sentence sentence = SENTENCE_GUESSED;

    for (size_t index = 0; index < ARRAY_COUNT(paths); index++) {
        bool is_said = paths[index] == NULL;

        for (size_t before = 0; before < index && !is_said; before++)
            is_said = paths[before] != NULL && strcmp(paths[before], paths[index]) == 0;
        if (is_said)
            continue;
        say(out, sentence, &(struct named){.path = paths[index]});
        sentence = SENTENCE_GUESSED_TOO;
    }
    if (sentence == SENTENCE_GUESSED && evidence->guessed_path != NULL)
        say(out, SENTENCE_GUESSED, &(struct named){.path = evidence->guessed_path});
}

char *reason_of(const struct evidence *evidence, const struct activation_outcome *outcome)
{
    struct text out = {0};

    say_activation(&out, &evidence->history, outcome);
    say_state(&out, &evidence->history, outcome);
    say_seen(&out, evidence);
    if (outcome->classification != CLASSIFICATION_NOT_COLLECTED)
        say_coverage(&out, evidence);
    say_update(&out, &evidence->update);
    say_channel_change(&out, &evidence->licence);
    say_licence_conflict(&out, &evidence->licence);
    if (system_evidence_conflicts(&evidence->system))
        say(&out, SENTENCE_SYSTEM_CONFLICT, NULL);
    if (evidence->earlier_signals)
        say(&out, SENTENCE_EARLIER_SIGNALS, NULL);
    say_guessed(&out, evidence);
    return text_take(&out);
}

/* ---- What the second reader says of it ---- */

/* Conflict is worse than no, and no than yes: so their values stand. */
static void note_verified(enum verified *worst, const struct judged_event *event)
{
    if (event->verified > *worst)
        *worst = event->verified;
}

static void note_other_episode(enum verified *worst, const struct episode *episode)
{
    if (episode->first.in_window && episode->strong_in_window) {
        note_verified(worst, &episode->first_strong);
        return;
    }
    note_verified(worst, &episode->first);
    if (closed_by_event(episode))
        note_verified(worst, &episode->recovery);
}

static void note_recoveries(enum verified *worst, const struct activation_history *history,
                            const struct activation_outcome *outcome)
{
    const struct judged_event *const recoveries[] = {incident_odd_recovery(outcome),
                                                     last_odd_recovery(history, outcome)};

    for (size_t index = 0; index < ARRAY_COUNT(recoveries); index++)
        if (recoveries[index] != NULL)
            note_verified(worst, recoveries[index]);
}

static void note_seen(enum verified *worst, const struct seen_by_hosts *seen)
{
    if (seen->licence_was_lost) {
        note_verified(worst, &seen->lost_by);
        if (seen->lost_since->verified > *worst)
            *worst = seen->lost_since->verified;
    } else {
        note_verified(worst, seen->is_refused ? &seen->last : &seen->last_counting);
    }
}

enum verified reason_verified(const struct activation_history *history,
                              const struct activation_outcome *outcome)
{
    enum verified worst = VERIFIED_NOT_ASKED;

    note_recoveries(&worst, history, outcome);
    if (outcome->is_by_hosts)
        note_seen(&worst, &history->seen);
    if (outcome->incident != NULL) {
        note_verified(&worst, &outcome->incident->first);
        if (outcome->confirmed_by != NULL)
            note_verified(&worst, outcome->confirmed_by);
    } else if (history->current.exists) {
        note_other_episode(&worst, &history->current);
        if (history->first_beside.exists)
            note_other_episode(&worst, &history->first_beside);
    } else if (history->has_fault_event) {
        note_verified(&worst, &history->first_fault);
    }
    return worst;
}
