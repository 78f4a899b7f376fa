/* SPDX-License-Identifier: Apache-2.0 */
/* EventLog 6009 gives the version as `6.01.`, the build as `7601` and the service pack, which may
 * be empty (FACTS.md; seen as `10.00.`, `15063`, empty in logs of Windows 10). systeminfo gives all
 * in one, with a translated word where there is no service pack: `6.1.7601 Service Pack 1 Build
 * 7601`, `6.1.7600 N/A Build 7600`. */
#include "verdict/system.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void system_facts_free_content(struct system_facts *facts)
{
    free(facts->os_version);
    facts->os_version = NULL;
}

/* Reads a number of one to five digits. */
static bool read_number(const char **at, unsigned *out)
{
    size_t digits = 0;

    for (*out = 0; isdigit((unsigned char)**at); (*at)++, digits++)
        *out = digits < 5 ? *out * 10 + (unsigned)(**at - '0') : 0;
    return digits > 0 && digits <= 5;
}

/* Reads `6.01.`. */
static bool read_version(const char *text, unsigned *major, unsigned *minor)
{
    if (!read_number(&text, major) || *text++ != '.' || !read_number(&text, minor))
        return false;
    return *text == '\0' || strcmp(text, ".") == 0;
}

static void take_os_version(struct system_facts *facts, const struct observation *observation)
{
    const char *version = observation_value(observation, 0);
    const char *build = observation_value(observation, 1);
    const char *pack = observation_value(observation, 2);
    struct text out = {0};
    unsigned major, minor, build_number;

    if (facts->os_version != NULL && observation->event_filetime < facts->os_version_filetime)
        return;
    if (version == NULL || build == NULL || !read_version(version, &major, &minor) ||
        !read_number(&build, &build_number) || *build != '\0')
        return;
    text_add_format(&out, "%u.%u.%u", major, minor, build_number);
    if (pack != NULL && pack[strspn(pack, " ")] != '\0')
        text_add_format(&out, " %s", pack + strspn(pack, " "));
    free(facts->os_version);
    facts->os_version = text_take(&out);
    facts->os_version_filetime = observation->event_filetime;
    facts->other_than_6_1 = major != 6 || minor != 1;
}

void system_facts_feed_event(struct system_facts *facts, const struct observation *observation)
{
    const struct incident_event *event =
        incident_find_event(observation->provider, observation->event_id);

    if (event == NULL)
        return;
    if (event->use == EVENT_USE_OS_VERSION)
        take_os_version(facts, observation);
    else if (event->use == EVENT_USE_CLOCK && text_equal_ascii(observation->channel, "System") &&
             incident_is_clock_change(observation, &facts->window))
        facts->clock_changed = true;
}

#define SERVICE_PACK "Service Pack "

static void take_listed_version(struct system_facts *facts, const char *version)
{
    unsigned major, minor, build, pack_number;
    const char *at = version;
    const char *pack = strstr(version, SERVICE_PACK);
    struct text out = {0};

    if (!read_number(&at, &major) || *at++ != '.' || !read_number(&at, &minor) || *at++ != '.' ||
        !read_number(&at, &build) || (*at != '\0' && *at != ' '))
        return;
    text_add_format(&out, "%u.%u.%u", major, minor, build);
    if (pack != NULL) {
        pack += strlen(SERVICE_PACK);
        if (read_number(&pack, &pack_number))
            text_add_format(&out, " " SERVICE_PACK "%u", pack_number);
    }
    free(facts->os_version);
    facts->os_version = text_take(&out);
    facts->other_than_6_1 = major != 6 || minor != 1;
    facts->named_other = facts->named_other || facts->other_than_6_1;
}

bool system_facts_conflict(const struct system_facts *facts)
{
    return facts->named_windows_7 && facts->named_other;
}

void system_facts_feed_finding(struct system_facts *facts, const struct finding *finding)
{
    const char *name;

    if (finding->kind != FINDING_SYSTEM)
        return;
    name = finding->system.os_name;
    take_listed_version(facts, finding->system.os_version);
    if (strcasestr(name, "Windows") == NULL)
        return;
    if (strcasestr(name, "Windows 7") != NULL)
        facts->named_windows_7 = true;
    else
        facts->named_other = true;
}
