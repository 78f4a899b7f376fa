/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict/action.h"
#include "base/array.h"

#include <assert.h>
#include <stdbool.h>

/* Where the update is there, or could be, as against where it is known not to be. */
#define INSTALLED (1u << UPDATE_STATUS_INSTALLED)
#define INSTALLED_OR_UNKNOWN (INSTALLED | 1u << UPDATE_STATUS_UNKNOWN)
#define ANY_UPDATE_STATUS \
    (INSTALLED_OR_UNKNOWN | 1u << UPDATE_STATUS_REMOVED | 1u << UPDATE_STATUS_ABSENT)

#define NON_GENUINE (1u << ACTIVATION_STATE_NON_GENUINE)
#define RECOVERED (1u << ACTIVATION_STATE_RECOVERED)
#define ANY_STATE (NON_GENUINE | RECOVERED | 1u << ACTIVATION_STATE_NONE)

struct action_row {
    enum classification classification;
    unsigned states;  /* a set of enum activation_state */
    unsigned updates; /* a set of enum update_status */
    bool rebuilds;    /* the action rebuilds the activation */
    const char *words;
    const char *words_without_key; /* where a KMS client key must not be set */
};

/* The table of DESIGN section 6; the first row that fits counts. */
static const struct action_row rows[] = {
    {CLASSIFICATION_AFFECTED, NON_GENUINE, INSTALLED_OR_UNKNOWN, true,
     "remove-kb971033; restart; rebuild-activation", "remove-kb971033; restart; troubleshoot"},
    {CLASSIFICATION_AFFECTED, NON_GENUINE, ANY_UPDATE_STATUS, true, "rebuild-activation",
     "troubleshoot"},
    {CLASSIFICATION_AFFECTED, ANY_STATE, INSTALLED_OR_UNKNOWN, false, "remove-kb971033",
     "remove-kb971033"},
    {CLASSIFICATION_AFFECTED, ANY_STATE, ANY_UPDATE_STATUS, false, "verify", "verify"},
    {CLASSIFICATION_OTHER_FAULT, ANY_STATE, INSTALLED, false, "remove-kb971033; troubleshoot",
     "remove-kb971033; troubleshoot"},
    {CLASSIFICATION_OTHER_FAULT, ANY_STATE, ANY_UPDATE_STATUS, false, "troubleshoot",
     "troubleshoot"},
    {CLASSIFICATION_NO_FAULT, ANY_STATE, INSTALLED, false, "remove-kb971033", "remove-kb971033"},
    {CLASSIFICATION_NO_FAULT, ANY_STATE, ANY_UPDATE_STATUS, false, "none", "none"},
    {CLASSIFICATION_NOT_COLLECTED, ANY_STATE, ANY_UPDATE_STATUS, false, "collect", "collect"},
};

static const struct action_row *find_row(const struct action_matter *matter)
{
    for (size_t index = 0; index < ARRAY_COUNT(rows); index++)
        if (rows[index].classification == matter->classification &&
            (rows[index].states >> matter->state & 1u) != 0 &&
            (rows[index].updates >> matter->update & 1u) != 0)
            return &rows[index];
    assert(!"every classification has a row for all states");
    return &rows[0];
}

/* Only a volume-licensed Windows 7 is concerned by the update (KB 4487266). */
static bool update_may_stay(const struct action_matter *matter)
{
    return matter->channel == LICENCE_CHANNEL_OTHER || matter->not_windows_7;
}

/* A client key would break a KMS host and replace a MAK. */
static bool key_would_harm(const struct action_matter *matter)
{
    return matter->channel == LICENCE_CHANNEL_VOLUME_MAK ||
           matter->channel == LICENCE_CHANNEL_KMS_HOST;
}

const char *action_of(const struct action_matter *matter)
{
    const struct action_row *row = find_row(matter);

    if (matter->classification == CLASSIFICATION_NOT_COLLECTED)
        return row->words;
    if (update_may_stay(matter))
        return matter->classification == CLASSIFICATION_NO_FAULT ? "none" : "troubleshoot";
    return key_would_harm(matter) ? row->words_without_key : row->words;
}

const char *action_kms_client_key(const struct action_matter *matter)
{
    if (matter->edition == NULL || update_may_stay(matter) || key_would_harm(matter) ||
        !find_row(matter)->rebuilds)
        return "";
    return matter->edition->kms_client_key;
}
