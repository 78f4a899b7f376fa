/* SPDX-License-Identifier: Apache-2.0 */
#include "model/words.h"

MAKE_WORDS(classification, CLASSIFICATIONS, CLASSIFICATION_COUNT)
MAKE_COLUMN(const char *, classification, title, CLASSIFICATIONS, WORDS_SECOND)
MAKE_COLUMN(const char *, classification, sentence, CLASSIFICATIONS, WORDS_THIRD)
MAKE_WORDS(confidence, CONFIDENCES, CONFIDENCE_COUNT)
MAKE_COLUMN(const char *, confidence, sentence, CONFIDENCES, WORDS_SECOND)
MAKE_WORDS(review_note, REVIEW_NOTES, REVIEW_NOTE_COUNT)
MAKE_COLUMN(const char *, review_note, sentence, REVIEW_NOTES, WORDS_SECOND)
MAKE_WORDS(activation_state, ACTIVATION_STATES, ACTIVATION_STATE_COUNT)
MAKE_COLUMN(const char *, activation_state, sentence, ACTIVATION_STATES, WORDS_SECOND)
MAKE_WORDS(rollout_result, ROLLOUTS, ROLLOUT_RESULT_COUNT)
MAKE_COLUMN(const char *, rollout_result, title, ROLLOUTS, WORDS_SECOND)
MAKE_COLUMN(const char *, rollout_result, sentence, ROLLOUTS, WORDS_THIRD)
MAKE_WORDS(episode_end, EPISODE_ENDS, EPISODE_END_COUNT)
MAKE_WORDS(coverage, COVERAGES, COVERAGE_COUNT)
MAKE_WORDS(update_status, UPDATE_STATUSES, UPDATE_STATUS_COUNT)
MAKE_WORDS(licence_channel, LICENCE_CHANNELS, LICENCE_CHANNEL_COUNT)
MAKE_WORDS(licensing_status, LICENSING_STATUSES, LICENSING_STATUS_COUNT)
MAKE_WORDS(clock_state, CLOCKS, CLOCK_STATE_COUNT)
MAKE_WORDS(standing, STANDINGS, STANDING_COUNT)
MAKE_COLUMN(const char *, standing, title, STANDINGS, WORDS_SECOND)
MAKE_COLUMN(const char *, standing, sentence, STANDINGS, WORDS_THIRD)
MAKE_WORDS(action_step, ACTION_STEPS, ACTION_STEP_COUNT)
MAKE_COLUMN(const char *, action_step, title, ACTION_STEPS, WORDS_SECOND)
MAKE_COLUMN(const char *, action_step, sentence, ACTION_STEPS, WORDS_THIRD)
MAKE_COLUMN(const char *, action_step, commands, ACTION_STEPS, WORDS_FOURTH)
MAKE_WORDS(action, ACTIONS, ACTION_COUNT)
MAKE_COLUMN(const char *, action, sentence, ACTIONS, WORDS_SECOND)
MAKE_COLUMN(uint32_t, action, steps, ACTIONS, WORDS_THIRD)
MAKE_WORDS(role, ROLES, ROLE_COUNT)
MAKE_WORDS(verified, VERIFICATIONS, VERIFIED_COUNT)
MAKE_COLUMN(const char *, verified, sentence, VERIFICATIONS, WORDS_SECOND)
MAKE_WORDS(update_says, UPDATE_SAYINGS, UPDATE_SAYS_COUNT)
MAKE_WORDS(evidence_kind, EVIDENCE_KINDS, EVIDENCE_KIND_COUNT)
MAKE_COLUMN(const char *, evidence_kind, label, EVIDENCE_KINDS, WORDS_SECOND)
MAKE_COLUMN(const char *, evidence_kind, unit, EVIDENCE_KINDS, WORDS_THIRD)

static_assert(REVIEW_NOTE_COUNT <= WORDS_MEMBERS_MOST && ACTION_STEP_COUNT <= WORDS_MEMBERS_MOST,
              "a set of members fits its bits");

bool activation_state_is_broken(enum activation_state state)
{
    switch (state) {
    case ACTIVATION_STATE_NON_GENUINE:
    case ACTIVATION_STATE_UNLICENSED:
    case ACTIVATION_STATE_FAULT_OPEN:
        return true;
    case ACTIVATION_STATE_RECOVERED:
    case ACTIVATION_STATE_NONE:
        return false;
    }
    return true;
}

/* ---- Exit statuses of our scripts (the head of each of templates/1-*.cmd and 2-*.cmd) ---- */

struct script_exit {
    int32_t status;
    enum {
        EXIT_DONE,       /* it did its work on the machine, */
        EXIT_FAILED,     /* or failed at it */
        EXIT_REFUSED,    /* it did nothing there */
        EXIT_BESIDE,     /* nor did it have the machine: another run was at work */
        EXIT_FOR_OTHERS, /* nor was it meant to */
    } kind;
    const char *meaning;
};

static const struct script_exit script_exits[] = {
    {0, EXIT_DONE, "done"},
    {10, EXIT_REFUSED, "wrong use"},
    {11, EXIT_REFUSED, "not elevated"},
    {12, EXIT_FOR_OTHERS, "not Windows 7"},
    {13, EXIT_FOR_OTHERS, "not in the host list"},
    {14, EXIT_REFUSED, "its 64-bit cmd.exe could not be used"},
    {15, EXIT_REFUSED, "the log could not be written"},
    {16, EXIT_REFUSED, "the state of the update's package could not be read"},
    {17, EXIT_BESIDE, "another run was at work"},
    {20, EXIT_FAILED, "the update is still installed, or cannot be told"},
    {21, EXIT_REFUSED, "the update is installed, or a restart is owed"},
    {22, EXIT_FOR_OTHERS, "another edition"},
    {23, EXIT_REFUSED, "a KMS host"},
    {24, EXIT_REFUSED, "another licence: left alone"},
    {25, EXIT_REFUSED, "WMI does not tell the licence"},
    {26, EXIT_REFUSED, "the state of the services could not be read"},
    {27, EXIT_REFUSED, "the script host is disabled, or slmgr does not answer"},
    {28, EXIT_REFUSED, "the name of its KMS host does not resolve"},
    {30, EXIT_FAILED, "a step failed"},
    {31, EXIT_FAILED, "not activated"},
    {3010, EXIT_DONE, "done, but for a restart"},
};

static const struct script_exit *find_exit(int64_t status)
{
    for (size_t index = 0; index < ARRAY_COUNT(script_exits); index++)
        if (script_exits[index].status == status)
            return &script_exits[index];
    return NULL;
}

const char *script_exit_meaning(int64_t status)
{
    const struct script_exit *row = find_exit(status);

    return row != NULL ? row->meaning : NULL;
}

bool script_exit_is_refusal(int64_t status)
{
    const struct script_exit *row = find_exit(status);

    return row != NULL && row->kind != EXIT_DONE && row->kind != EXIT_FAILED;
}

bool script_exit_is_failure(int64_t status)
{
    const struct script_exit *row = find_exit(status);

    return row != NULL && row->kind == EXIT_FAILED;
}

bool script_exit_is_for_others(int64_t status)
{
    const struct script_exit *row = find_exit(status);

    return row != NULL && row->kind == EXIT_FOR_OTHERS;
}

bool script_exit_had_machine(int64_t status)
{
    const struct script_exit *row = find_exit(status);

    return row == NULL || (row->kind != EXIT_BESIDE && row->kind != EXIT_FOR_OTHERS);
}
