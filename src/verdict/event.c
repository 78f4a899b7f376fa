/* SPDX-License-Identifier: Apache-2.0 */
/* What events say of updates and of the system. Strings: FACTS.md, "The events, as they are
 * stored". What they are for the activation: signal.c. */
#include "verdict/item.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- Updates ---- */

/* Says the same of the update that the text names; nothing where it names none. */
static void say_update(struct meaning *out, const char *text, enum update_says says,
                       const char *detail)
{
    const struct incident_update *update = text != NULL ? incident_find_update(text) : NULL;

    if (update == NULL)
        return;
    out->on_update = true;
    out->update = (struct update_item){
        .update = update->id,
        .says = says,
        .is_removal = says == UPDATE_SAYS_ABSENT, /* of a package, that is what an event tells */
        .detail = detail != NULL ? memory_copy_text(detail) : NULL,
    };
}

/* The provider exists only where the update is. */
static void wat_items(const struct observation *observation, struct meaning *out)
{
    (void)observation;
    out->origin.kind = EVIDENCE_WAT;
    say_update(out, INCIDENT_UPDATE, UPDATE_SAYS_INSTALLED, NULL);
}

/* The string of that name, or else the one at `index`: a rewritten log may have lost the names. */
static const char *named_or_at(const struct observation *observation, const char *name,
                               size_t index)
{
    const char *value = observation_named(observation, name);

    return value != NULL ? value : observation_value(observation, index);
}

static void update_installed_items(const struct observation *observation, struct meaning *out)
{
    out->origin.kind = EVIDENCE_UPDATE_CLIENT;
    say_update(out, named_or_at(observation, "updateTitle", 0), UPDATE_SAYS_INSTALLED, NULL);
}

static void update_failed_items(const struct observation *observation, struct meaning *out)
{
    out->origin.kind = EVIDENCE_UPDATE_CLIENT;
    say_update(out, named_or_at(observation, "updateTitle", 1), UPDATE_SAYS_NEITHER,
               "the installation failed");
}

static void package_change_items(const struct observation *observation, struct meaning *out)
{
    out->origin.kind = EVIDENCE_SERVICING;
    say_update(out, observation_named(observation, "PackageIdentifier"), UPDATE_SAYS_NEITHER,
               "no state was reached");
}

static void package_reached_items(const struct observation *observation, struct meaning *out)
{
    const char *package = observation_named(observation, "PackageIdentifier");
    const char *state = event_package_state(observation);
    const char *error = observation_named(observation, "ErrorCode");
    uint32_t code;

    out->origin.kind = EVIDENCE_SERVICING;
    if (error == NULL || !code_parse(error, &code) || code != 0)
        say_update(out, package, UPDATE_SAYS_NEITHER, "with an error, or without a readable code");
    else if (state != NULL && text_equal_ascii(state, "Installed"))
        say_update(out, package, UPDATE_SAYS_INSTALLED, NULL);
    else if (state != NULL && text_equal_ascii(state, "Absent"))
        say_update(out, package, UPDATE_SAYS_ABSENT, NULL);
    else
        say_update(out, package, UPDATE_SAYS_NEITHER, "another state than Installed or Absent");
}

/* ---- The clock ---- */

static void clock_items(const struct observation *observation, const struct window *window,
                        struct meaning *out)
{
    out->on_system = text_equal_ascii(observation->channel, "System") &&
                     incident_is_clock_change(observation, window);
    out->system.clock_changed = out->on_system;
}

/* ---- By use ---- */

void meaning_of_event(const struct observation *observation, const struct judgement *judgement,
                      const struct window *window, const char *path, struct meaning *out)
{
    *out = (struct meaning){.origin = {.event_id = observation->event_id,
                                       .filetime = observation->event_filetime,
                                       .path = path}};
    if (judgement->event == NULL)
        return;
    switch (judgement->event->use) {
    case EVENT_USE_SPP_8196:
    case EVENT_USE_SPP_8208:
    case EVENT_USE_SPP_8209:
    case EVENT_USE_SPP_FAULT:
    case EVENT_USE_SPP_CODE:
    case EVENT_USE_SPP_TAMPERED:
    case EVENT_USE_SPP_RESET:
    case EVENT_USE_SPP_TICKET_ACQUIRED:
    case EVENT_USE_SPP_GENUINE:
    case EVENT_USE_KMS_ANSWER:
        break;
    case EVENT_USE_KMS_REQUEST:
        if (!judgement->is_office)
            kms_request_items(observation, EVIDENCE_KMS_REQUEST, out);
        break;
    case EVENT_USE_KMS_SEEN:
        if (judgement->role != ROLE_CONTEXT)
            kms_request_items(observation, EVIDENCE_KMS_HOST, out);
        break;
    case EVENT_USE_KEY_INSTALLED:
        if (judgement->role == ROLE_LICENCE)
            key_installed_items(observation, out);
        break;
    case EVENT_USE_LICENCES:
        if (judgement->role != ROLE_CONTEXT)
            licences_items(observation, out);
        break;
    case EVENT_USE_WAT_13:
    case EVENT_USE_WAT_OTHER:
        wat_items(observation, out);
        break;
    case EVENT_USE_UPDATE_INSTALLED:
        update_installed_items(observation, out);
        break;
    case EVENT_USE_UPDATE_FAILED:
        update_failed_items(observation, out);
        break;
    case EVENT_USE_PACKAGE_REACHED:
        package_reached_items(observation, out);
        break;
    case EVENT_USE_PACKAGE_CHANGE:
        package_change_items(observation, out);
        break;
    case EVENT_USE_OS_VERSION:
        os_version_items(observation, out);
        break;
    case EVENT_USE_CLOCK:
        clock_items(observation, window, out);
        break;
    }
}

void meaning_free_content(struct meaning *meaning)
{
    free(meaning->update.detail);
    free(meaning->licence.activation_id);
    free(meaning->licence.detail);
    free(meaning->system.os_version);
    free(meaning->script.script);
    free(meaning->script.run);
    *meaning = (struct meaning){0};
}
