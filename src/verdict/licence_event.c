/* SPDX-License-Identifier: Apache-2.0 */
/* Edition and channel from 12288, 12290, 1003 and 1016. Layouts of their strings: FACTS.md, "The
 * events, as they are stored". */
#include "verdict/item.h"

#include <string.h>

#include "base/memory.h"

/* What a licence of the table tells beside its channel. */
static void say_licence(const struct incident_licence *licence, struct licence_item *out)
{
    out->decides_edition = licence->edition != NULL;
    out->edition = licence->edition;
    out->tells_system = true;
    out->not_windows_7 = licence->not_windows_7;
    out->is_of_61 = licence->not_windows_7;
}

/* ---- 12288 and 12290 ---- */

/* Only a KMS client asks, so the channel is known whatever the id is. An id that says nothing
 * leaves the edition to older evidence: the request shows no change of it. */
static void read_kms_request(const struct observation *observation, struct licence_item *out)
{
    struct kms_request request = kms_request_of(observation);
    const struct incident_licence *licence = incident_find_known_licence(request.activation_id);

    out->decides_channel = true;
    out->channel = LICENCE_CHANNEL_VOLUME_KMS;
    out->activation_id = memory_copy_text(request.activation_id);
    if (licence == NULL) {
        out->detail = memory_copy_text(request.activation_id[0] == '\0'
                                           ? "KMS client, without a readable activation id"
                                           : "KMS client, with an unknown activation id");
        return;
    }
    say_licence(licence, out);
    out->detail = memory_format("KMS client of %s",
                                licence->edition != NULL ? licence->edition->name : licence->name);
}

void kms_request_items(const struct observation *observation, enum evidence_kind kind,
                       struct meaning *out)
{
    out->on_licence = true;
    out->origin.kind = kind;
    read_kms_request(observation, &out->licence);
}

/* ---- 1003 ---- */

/* A list with a line that cannot be read may hide the installed licence: it decides nothing. Of
 * several installed ones nothing tells which is in use (FACTS.md): what was known before is so no
 * more. */
static void read_licences(const struct observation *observation, struct licence_item *out)
{
    struct licence_statement said = licence_statement_of(observation);

    out->decides_channel = said.unreadable_count == 0 && said.installed_count > 0;
    out->decides_edition = out->decides_channel && said.installed_count > 1;
    if (out->decides_channel && said.installed_count == 1) {
        const struct incident_licence *licence = incident_find_licence(said.installed_id);

        out->channel = licence->channel;
        if (incident_find_known_licence(said.installed_id) != NULL)
            say_licence(licence, out);
        out->activation_id = memory_copy_text(said.installed_id);
        out->detail = memory_format(
            "installed: %s", licence->edition != NULL ? licence->edition->name : licence->name);
        return;
    }
    out->activation_id = memory_copy_text("");
    if (said.unreadable_count > 0)
        out->detail = memory_format("%zu of %zu licence lines cannot be read",
                                    said.unreadable_count, said.line_count);
    else if (said.installed_count > 1)
        out->detail = memory_format("%zu licences are installed", said.installed_count);
    else
        out->detail = memory_format("none of %zu licences is installed", said.line_count);
}

void licences_items(const struct observation *observation, struct meaning *out)
{
    out->on_licence = true;
    out->origin.kind = EVIDENCE_LICENCES;
    read_licences(observation, &out->licence);
}

/* ---- 1016 ---- */

/* A key of no table is one of another kind: retail, or a manufacturer's. */
void key_installed_items(const struct observation *observation, struct meaning *out)
{
    const char *id = observation_value(observation, 0);
    const struct incident_licence *licence;
    char guid[GUID_TEXT_BYTES] = "";

    if (id == NULL || !guid_read(id, strlen(id), guid))
        return;
    licence = incident_find_licence(guid);
    if (licence->is_add_on)
        return;
    out->on_licence = true;
    out->origin.kind = EVIDENCE_KEY_INSTALLED;
    out->licence.activation_id = memory_copy_text(guid);
    out->licence.decides_channel = true;
    out->licence.channel = licence->channel;
    if (incident_find_known_licence(guid) != NULL)
        say_licence(licence, &out->licence);
    out->licence.detail = memory_format(
        "key installed: %s", licence->edition != NULL ? licence->edition->name : licence->name);
}
