/* SPDX-License-Identifier: Apache-2.0 */
/* What EventLog 6009, systeminfo and hives say of the system. 6009 gives the version as `6.01.`,
 * the build as `7601` and the service pack, which may be empty (FACTS.md; seen as `10.00.`,
 * `15063`, empty in logs of Windows 10). systeminfo gives all in one, with a translated word where
 * there is no service pack: `6.1.7601 Service Pack 1 Build 7601`, `6.1.7600 N/A Build 7600`; so
 * does the reader of hives, `6.1.7601 Service Pack 1`. */
#include "verdict/item.h"

#include <ctype.h>
#include <string.h>

#define SERVICE_PACK "Service Pack "

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

/* Takes the text. */
static void say_version(struct meaning *out, struct text *version, unsigned major, unsigned minor)
{
    out->on_system = true;
    out->system.os_version = text_take(version);
    out->system.other_than_6_1 = major != 6 || minor != 1;
}

void os_version_items(const struct observation *observation, struct meaning *out)
{
    const char *version = observation_value(observation, 0);
    const char *build = observation_value(observation, 1);
    const char *pack = observation_value(observation, 2);
    struct text text = {0};
    unsigned major, minor, build_number;

    out->origin.kind = EVIDENCE_OS_VERSION;
    if (version == NULL || build == NULL || !read_version(version, &major, &minor) ||
        !read_number(&build, &build_number) || *build != '\0')
        return;
    text_add_format(&text, "%u.%u.%u", major, minor, build_number);
    if (pack != NULL && pack[strspn(pack, " ")] != '\0')
        text_add_format(&text, " %s", pack + strspn(pack, " "));
    say_version(out, &text, major, minor);
}

static void read_listed_version(const char *version, struct meaning *out)
{
    unsigned major, minor, build, pack_number;
    const char *at = version;
    const char *pack = strstr(version, SERVICE_PACK);
    struct text text = {0};

    if (!read_number(&at, &major) || *at++ != '.' || !read_number(&at, &minor) || *at++ != '.' ||
        !read_number(&at, &build) || (*at != '\0' && *at != ' '))
        return;
    text_add_format(&text, "%u.%u.%u", major, minor, build);
    if (pack != NULL) {
        pack += strlen(SERVICE_PACK);
        if (read_number(&pack, &pack_number))
            text_add_format(&text, " " SERVICE_PACK "%u", pack_number);
    }
    say_version(out, &text, major, minor);
}

/* It names the system itself; a version that is another, and a server, name another one, too. */
void system_items(const struct finding_system *said, struct meaning *out)
{
    out->on_system = true;
    read_listed_version(said->os_version, out);
    out->system.names_other =
        out->system.other_than_6_1 || text_equal_ascii(said->installation_type, "Server");
    if (strcasestr(said->os_name, "Windows 7") != NULL)
        out->system.names_windows_7 = true;
    else if (strcasestr(said->os_name, "Windows") != NULL)
        out->system.names_other = true;
    registered_items(said, out);
}
