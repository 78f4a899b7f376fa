/* SPDX-License-Identifier: Apache-2.0 */
/* Edition and channel from listings of licences: by the activation id, else by the channel in the
 * product description and the partial product key (FACTS.md, Text listings); and from what the
 * registry has of them: product ids (FACTS-more.md, Product IDs) and edition ids. */
#include "verdict/item.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

struct channel_mark {
    const char *mark; /* in the description */
    enum licence_channel channel;
};

/* The first that is found counts. The mark of a KMS host begins that of its clients. */
static const struct channel_mark channel_marks[] = {
    {"VOLUME_KMSCLIENT", LICENCE_CHANNEL_VOLUME_KMS},
    {"VOLUME_KMS", LICENCE_CHANNEL_KMS_HOST},
    {"VOLUME_MAK", LICENCE_CHANNEL_VOLUME_MAK},
    {"RETAIL", LICENCE_CHANNEL_OTHER},
    {"OEM_", LICENCE_CHANNEL_OTHER},
    {"TIMEBASED_", LICENCE_CHANNEL_OTHER},
};

static enum licence_channel channel_in(const char *description)
{
    for (size_t index = 0; index < ARRAY_COUNT(channel_marks); index++)
        if (strcasestr(description, channel_marks[index].mark) != NULL)
            return channel_marks[index].channel;
    return LICENCE_CHANNEL_UNKNOWN;
}

/* Does the product's name, which is not translated, say that it is another system? It is
 * `Windows(R) 7, Enterprise edition`, `Windows Server(R), ServerStandard edition`. */
static bool names_other_system(const char *name)
{
    return strcasestr(name, "Windows") != NULL && strcasestr(name, "Windows(R) 7") == NULL &&
           strcasestr(name, "Windows 7") == NULL;
}

/* An id of the table tells all; of another kind of licence, the description tells more. */
static void read_activation_id(const struct incident_licence *licence, struct licence_item *out)
{
    out->decides_channel = true;
    out->decides_edition = licence->edition != NULL;
    out->channel = licence->channel;
    out->edition = licence->edition;
    out->tells_system = true;
    out->not_windows_7 = licence->not_windows_7;
    out->is_of_61 = licence->not_windows_7;
}

/* A KMS client whose edition is not known leaves it to older evidence, as its request does. */
static void read_description(const struct finding_licence *said, struct licence_item *out)
{
    out->channel = channel_in(said->description);
    out->not_windows_7 = names_other_system(said->name);
    out->is_of_61 = out->not_windows_7 && strcasestr(said->name, "2008 R2") != NULL;
    if (!out->not_windows_7 &&
        (out->channel == LICENCE_CHANNEL_UNKNOWN || out->channel == LICENCE_CHANNEL_VOLUME_KMS))
        out->edition = incident_find_partial_key(said->partial_product_key);
    if (out->edition != NULL)
        out->channel = LICENCE_CHANNEL_VOLUME_KMS;
    out->decides_channel = out->channel != LICENCE_CHANNEL_UNKNOWN;
    out->decides_edition = out->edition != NULL;
    out->tells_system = out->edition != NULL || strcasestr(said->name, "Windows") != NULL;
}

/* A licence for what comes on top of Windows, such as extended security updates, has Windows' own
 * application id, and a key beside that of Windows. */
static bool is_add_on(const struct finding_licence *said)
{
    const struct incident_licence *licence = incident_find_known_licence(said->activation_id);

    return (licence != NULL && licence->is_add_on) ||
           strcasestr(said->name, " add-on for ") != NULL;
}

/* Is it a licence of Windows, not of Office? `slmgr /dli` gives no application id: there the
 * product's name tells. */
static bool is_of_windows(const struct finding_licence *said)
{
    if (*said->application_id != '\0')
        return guid_equal(said->application_id, INCIDENT_WINDOWS_APPLICATION_ID);
    return strcasestr(said->name, "Windows") != NULL ||
           strcasestr(said->description, "Windows") != NULL;
}

/* Returns owned: the item for a person. */
static char *describe(const struct finding_licence *said)
{
    struct text out = {0};

    text_add(&out, *said->description != '\0' ? said->description : said->name);
    if (*said->partial_product_key != '\0')
        text_add_format(&out, ", key ending in %s", said->partial_product_key);
    if (isdigit((unsigned char)*said->license_status) && said->status != LICENSING_STATUS_NOT_TOLD)
        text_add_format(&out, ", %s", licensing_status_word(said->status));
    else if (*said->license_status != '\0')
        text_add_format(&out, ", %s", said->license_status);
    if (said->notification_code != FINDING_ABSENT)
        text_add_format(&out, ", " CODE_FORMAT, (uint32_t)said->notification_code);
    return text_take(&out);
}

static enum listed_state listed_state_of(enum licensing_status status, uint32_t reason_code)
{
    bool is_non_genuine = incident_is_non_genuine(reason_code);

    switch (status) {
    case LICENSING_STATUS_LICENSED:
        return LISTED_LICENSED;
    case LICENSING_STATUS_NON_GENUINE_GRACE:
        return LISTED_NON_GENUINE;
    case LICENSING_STATUS_UNLICENSED:
        return LISTED_UNLICENSED;
    case LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE:
    case LICENSING_STATUS_NOTIFICATION:
    case LICENSING_STATUS_EXTENDED_GRACE:
        return is_non_genuine ? LISTED_NON_GENUINE : LISTED_UNLICENSED;
    case LICENSING_STATUS_INITIAL_GRACE:
        return is_non_genuine ? LISTED_NON_GENUINE : LISTED_GRACE;
    case LICENSING_STATUS_NOT_TOLD:
        return is_non_genuine ? LISTED_NON_GENUINE : LISTED_NOTHING;
    }
    return LISTED_NOTHING;
}

void slmgr_items(const struct finding_licence *said, struct meaning *out)
{
    const struct incident_licence *licence;

    if (is_add_on(said) || !is_of_windows(said))
        return;
    licence = incident_find_known_licence(said->activation_id);
    if (licence != NULL)
        read_activation_id(licence, &out->licence);
    else
        read_description(said, &out->licence);
    out->on_licence = true;
    out->licence.status = said->status;
    if (said->notification_code != FINDING_ABSENT)
        out->licence.reason_code = (uint32_t)said->notification_code;
    out->licence.listed = listed_state_of(said->status, out->licence.reason_code);
    out->licence.activation_id = memory_copy_text(said->activation_id);
    out->licence.detail = describe(said);
}

/* ---- Product ids ---- */

/* Those of Windows 7 with a KMS client key, which end in three digits more. */
static const struct {
    const char *start;
    enum edition edition;
} kms_client_ids[] = {
    {"00392-918-5000002-85", EDITION_ENTERPRISE},
    {"00371-868-0000007-85", EDITION_PROFESSIONAL},
};
#define ID_DIGITS_LAST 3

static const struct incident_edition *kms_client_edition(const char *product_id)
{
    for (size_t index = 0; index < ARRAY_COUNT(kms_client_ids); index++) {
        size_t length = strlen(kms_client_ids[index].start);

        if (strncmp(product_id, kms_client_ids[index].start, length) == 0 &&
            strlen(product_id) == length + ID_DIGITS_LAST &&
            strspn(product_id + length, "0123456789") == ID_DIGITS_LAST)
            return &incident_editions[kms_client_ids[index].edition];
    }
    return NULL;
}

/* The edition that the registry names: NULL for one that is not of the incident's, such as
 * Ultimate, and where the product id is that of another. Other systems have editions of the same
 * names. */
static const struct incident_edition *edition_of(const struct finding_system *said,
                                                 const struct incident_edition *by_product_id,
                                                 bool *is_told)
{
    const struct incident_edition *edition = NULL;

    *is_told = *said->edition_id != '\0' && strcasestr(said->os_name, "Windows 7") != NULL;
    if (!*is_told)
        return by_product_id;
    for (size_t index = 0; index < EDITION_COUNT && edition == NULL; index++)
        if (text_equal_ascii(incident_editions[index].registry, said->edition_id))
            edition = &incident_editions[index];
    return by_product_id != NULL && by_product_id != edition ? NULL : edition;
}

static char *describe_registered(const struct finding_system *said, bool edition_is_told,
                                 bool channel_is_told)
{
    struct text out = {0};

    if (edition_is_told)
        text_add_format(&out, "EditionID %s", said->edition_id);
    if (channel_is_told)
        text_add_format(&out, "%sproduct id %s", edition_is_told ? ", " : "", said->product_id);
    return text_take(&out);
}

/* The registry names the edition; of the channel, product ids other than these say nothing. */
void registered_items(const struct finding_system *said, struct meaning *out)
{
    const struct incident_edition *by_product_id = kms_client_edition(said->product_id);
    bool channel_is_told = by_product_id != NULL || strstr(said->product_id, "-OEM-") != NULL;
    bool edition_is_told;
    const struct incident_edition *edition = edition_of(said, by_product_id, &edition_is_told);

    if (!channel_is_told && !edition_is_told)
        return;
    out->on_licence = true;
    out->licence = (struct licence_item){
        .decides_channel = channel_is_told,
        .decides_edition = edition_is_told || by_product_id != NULL,
        .tells_system = edition_is_told || by_product_id != NULL,
        .channel = by_product_id != NULL ? LICENCE_CHANNEL_VOLUME_KMS
                   : channel_is_told     ? LICENCE_CHANNEL_OTHER
                                         : LICENCE_CHANNEL_UNKNOWN,
        .edition = edition,
        .activation_id = memory_copy_text(""),
        .detail = describe_registered(said, edition_is_told, channel_is_told),
    };
}
