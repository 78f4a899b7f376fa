/* SPDX-License-Identifier: Apache-2.0 */
/* client_info.json of a Velociraptor collection: of which machine all of it is. An object with
 * `Hostname` and `Fqdn`, as the collector writes it, or with these as `hostname` and `fqdn` in
 * `os_info`, as the server does. It is the whole text. */
#include "text/forms.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/hostname.h"
#include "text/tokens.h"

/* Those of real collections have less than 2 KiB. */
#define CLIENT_INFO_MOST_BYTES ((size_t)64 * 1024)

/* Returns owned: the object that the text is, or NULL. */
static json_t *load(const struct lines *lines)
{
    size_t length_bytes = (size_t)(lines->end - lines->at);
    json_t *root;

    if (length_bytes > CLIENT_INFO_MOST_BYTES)
        return NULL;
    root = json_loadb(lines->at, length_bytes, 0, NULL);
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}

/* The two names, "" for what it lacks; borrowed from the object. */
struct client_names {
    const char *host;
    const char *full;
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* False for an object that is not of Velociraptor: `Hostname` alone has many a configuration. */
static bool find_names(const json_t *root, struct client_names *out)
{
    const json_t *os_info = json_object_get(root, "os_info");

    if (json_is_object(os_info)) {
        *out = (struct client_names){text_of(os_info, "hostname"), text_of(os_info, "fqdn")};
        return *out->host != '\0' || *out->full != '\0';
    }
    *out = (struct client_names){text_of(root, "Hostname"), text_of(root, "Fqdn")};
    return *out->full != '\0' ||
           (*out->host != '\0' &&
            (json_object_get(root, "Fqdn") != NULL || json_object_get(root, "BuildTime") != NULL ||
             json_object_get(root, "KernelVersion") != NULL));
}

bool client_info_is_at(struct lines lines)
{
    struct client_names names;
    json_t *root = load(&lines);
    bool is = root != NULL && find_names(root, &names);

    json_decref(root);
    return is;
}

/* Returns owned: the full name where it is one of that host. A machine without a domain has an
 * address or nothing there. */
static char *copy_full_name(const struct client_names *names)
{
    char *host = text_fold(names->host);
    char *full = text_fold(names->full);
    bool is_full = *host == '\0' || hostname_is_form(full, host);
    char *copy = is_full && *full != '\0'
                     ? memory_copy_bytes(names->full, hostname_rootless_bytes(names->full))
                     : memory_copy_text(names->host);

    free(host);
    free(full);
    return copy;
}

static bool is_plausible(const char *name)
{
    const struct line cell = {.bytes = name, .length_bytes = strlen(name)};

    return cell.length_bytes <= LISTING_VALUE_MOST_BYTES && host_cell_is_plausible(&cell);
}

static int hand_on_names(const struct client_names *names, uint64_t line, struct emitter *emitter,
                         struct error *err)
{
    char *full = copy_full_name(names);
    size_t label_bytes = hostname_label_bytes(full);
    char *label = memory_copy_bytes(full, label_bytes);
    const struct finding finding = {
        .kind = FINDING_COMPUTER,
        .origin = FINDING_ORIGIN_CLIENT_INFO,
        .host = full,
        .place = line,
        .computer = {.name = label,
                     .netbios_name = "",
                     .domain = full[label_bytes] == '.' ? full + label_bytes + 1 : ""},
    };
    int result = 0;

    if (is_plausible(full))
        result = emitter_add(emitter, &finding, err);
    else
        emitter_remark(emitter, line, FINDING_ORIGIN_CLIENT_INFO, "",
                       "it does not tell a name that a host can have");
    free(label);
    free(full);
    return result;
}

int client_info_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    uint64_t line = walk->lines.number + 1;
    struct client_names names;
    json_t *root = load(&walk->lines);
    int result = 0;

    if (root != NULL && find_names(root, &names)) {
        emitter->facts->record_count++;
        result = hand_on_names(&names, line, emitter, err);
        walk->lines.at = walk->lines.end;
    }
    json_decref(root);
    return result;
}
