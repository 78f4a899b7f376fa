/* SPDX-License-Identifier: Apache-2.0 */
/* The table of DESIGN section 6, and what a licence or system that it is not for changes of it. */
#include "verdict/conclude.h"

enum presence {
    PRESENCE_YES,
    PRESENCE_POSSIBLE,
    PRESENCE_NO,
};

/* Is the update on the machine? */
static enum presence presence_of(enum update_status update)
{
    switch (update) {
    case UPDATE_STATUS_INSTALLED:
        return PRESENCE_YES;
    case UPDATE_STATUS_UNKNOWN:
        return PRESENCE_POSSIBLE;
    case UPDATE_STATUS_REMOVED:
    case UPDATE_STATUS_ABSENT:
        return PRESENCE_NO;
    }
    return PRESENCE_POSSIBLE;
}

static enum action plan_for_affected(const struct action_matter *matter, enum presence update)
{
    bool gone = update == PRESENCE_NO;

    switch (matter->state) {
    case ACTIVATION_STATE_NON_GENUINE:
        return gone ? ACTION_REBUILD : ACTION_REMOVE_REBUILD;
    case ACTIVATION_STATE_UNLICENSED:
    case ACTIVATION_STATE_FAULT_OPEN:
        return gone ? ACTION_TROUBLESHOOT : ACTION_REMOVE_RESTART_TROUBLESHOOT;
    case ACTIVATION_STATE_RECOVERED:
    case ACTIVATION_STATE_NONE:
        if (!gone)
            return ACTION_REMOVE;
        return matter->listed_licensed ? ACTION_NONE : ACTION_VERIFY;
    }
    return ACTION_VERIFY;
}

/* Nothing is broken now. */
static enum action plan_for_well(const struct action_matter *matter, enum presence update)
{
    bool is_volume = matter->channel == LICENCE_CHANNEL_VOLUME_KMS ||
                     matter->channel == LICENCE_CHANNEL_VOLUME_MAK ||
                     matter->channel == LICENCE_CHANNEL_KMS_HOST;

    if (matter->not_excluded)
        return update == PRESENCE_YES ? ACTION_REMOVE_COLLECT : ACTION_COLLECT;
    if (update == PRESENCE_YES)
        return ACTION_REMOVE;
    return update == PRESENCE_POSSIBLE && is_volume ? ACTION_CHECK : ACTION_NONE;
}

/* What is to be done on a KMS client of Windows 7. */
static enum action plan(const struct action_matter *matter)
{
    enum presence update = presence_of(matter->update);

    switch (matter->classification) {
    case CLASSIFICATION_AFFECTED:
        return matter->is_suspected ? plan_for_well(matter, update)
                                    : plan_for_affected(matter, update);
    case CLASSIFICATION_OTHER_FAULT:
    case CLASSIFICATION_NO_FAULT:
        if (!activation_state_is_broken(matter->state))
            return plan_for_well(matter, update);
        return update == PRESENCE_YES ? ACTION_REMOVE_TROUBLESHOOT : ACTION_TROUBLESHOOT;
    case CLASSIFICATION_NOT_COLLECTED:
        return ACTION_COLLECT;
    }
    return ACTION_NONE;
}

/* Where the update may stay: only a volume-licensed Windows 7 is concerned by it (KB 4487266). */
static enum action plan_with_update(const struct action_matter *matter)
{
    if (matter->classification == CLASSIFICATION_NOT_COLLECTED)
        return ACTION_COLLECT;
    if (activation_state_is_broken(matter->state))
        return ACTION_TROUBLESHOOT;
    return matter->not_excluded ? ACTION_COLLECT : ACTION_NONE;
}

/* Where a KMS client key must not be set. */
static enum action plan_without_key(enum action action)
{
    switch (action) {
    case ACTION_REMOVE_REBUILD:
        return ACTION_REMOVE_RESTART_TROUBLESHOOT;
    case ACTION_REBUILD:
        return ACTION_TROUBLESHOOT;
    case ACTION_REMOVE_RESTART_TROUBLESHOOT:
    case ACTION_REMOVE_TROUBLESHOOT:
    case ACTION_TROUBLESHOOT:
    case ACTION_REMOVE:
    case ACTION_REMOVE_COLLECT:
    case ACTION_CHECK:
    case ACTION_VERIFY:
    case ACTION_COLLECT:
    case ACTION_NONE:
        return action;
    }
    return action;
}

enum licence_fit {
    LICENCE_FIT_KEY,    /* a KMS client key fits it, or may */
    LICENCE_FIT_NO_KEY, /* one would break a KMS host and replace a MAK */
    LICENCE_FIT_NEITHER /* the update does not concern it either */
};

static enum licence_fit licence_fit(const struct action_matter *matter)
{
    if (matter->not_windows_7)
        return LICENCE_FIT_NEITHER;
    switch (matter->channel) {
    case LICENCE_CHANNEL_UNKNOWN:
    case LICENCE_CHANNEL_VOLUME_KMS:
        return LICENCE_FIT_KEY;
    case LICENCE_CHANNEL_VOLUME_MAK:
    case LICENCE_CHANNEL_KMS_HOST:
        return LICENCE_FIT_NO_KEY;
    case LICENCE_CHANNEL_OTHER:
        return LICENCE_FIT_NEITHER;
    }
    return LICENCE_FIT_NEITHER;
}

enum action action_of(const struct action_matter *matter)
{
    switch (licence_fit(matter)) {
    case LICENCE_FIT_KEY:
        return plan(matter);
    case LICENCE_FIT_NO_KEY:
        return plan_without_key(plan(matter));
    case LICENCE_FIT_NEITHER:
        return plan_with_update(matter);
    }
    return ACTION_NONE;
}

bool action_gives_key(const struct action_matter *matter)
{
    return matter->edition != NULL && !matter->edition_is_guess &&
           word_set_has(action_steps(action_of(matter)), ACTION_STEP_REBUILD);
}
