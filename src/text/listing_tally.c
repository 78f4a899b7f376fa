/* SPDX-License-Identifier: Apache-2.0 */
#include "text/listing_tally.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "model/hostname.h"
#include "model/incident.h"
#include "text/command.h"

/* Bounds on what a hostile text can make of itself. A machine has a few hundred updates and a few
 * thousand packages; a listing of many hosts has a row for each. */
#define HOSTS_MOST 100000u
#define ENTRIES_MOST 100000u
#define HANDED_MOST 64u
#define HOST_MOST_BYTES 255u

struct tally_host {
    char *name;    /* owned: as first written; "" when it is not known */
    char *folded;  /* owned */
    size_t index;  /* in the order of meeting */
    uint64_t *ids; /* owned: of each entry, a hash of its name */
    size_t id_count;
    size_t handed_count;
    bool names_update;
    bool names_other;       /* an entry that is none of the table */
    bool names_other_kind;  /* an entry that is not said to be a security update */
    bool has_more;          /* entries than are counted */
    struct text incomplete; /* owned */
};

/* ---- Hosts ---- */

static int compare_hosts(const void *left, const void *right)
{
    return strcmp(((const struct tally_host *)left)->folded,
                  ((const struct tally_host *)right)->folded);
}

/* Does the name end in three dots, or in one character of three? Then it was cut off; sets
 * *length_bytes to that of what there is of it. */
static bool is_cut_off(const struct line *host, size_t *length_bytes)
{
    static const char ellipsis[] = "\xE2\x80\xA6";

    *length_bytes = host->length_bytes;
    if (line_ends_with(host, ellipsis))
        *length_bytes -= sizeof(ellipsis) - 1;
    else if (line_ends_with(host, HOSTNAME_CUT_OFF))
        *length_bytes -= sizeof(HOSTNAME_CUT_OFF) - 1;
    return *length_bytes < host->length_bytes;
}

/* Returns owned: the name as it is written; one that was cut off, there or here, ends in dots. */
static char *copy_host(const struct line *given)
{
    struct line host = *given;
    bool is_cut = is_cut_off(given, &host.length_bytes) || host.length_bytes > HOST_MOST_BYTES;
    char *name = line_copy(&host, HOST_MOST_BYTES);
    char *whole = is_cut ? memory_format("%s%s", name, HOSTNAME_CUT_OFF) : memory_copy_text(name);

    free(name);
    return whole;
}

static struct tally_host *insert_host(struct listing_tally *tally, char *name)
{
    struct tally_host *host = memory_allocate(1, sizeof(*host));

    *host =
        (struct tally_host){.name = name, .folded = text_fold(name), .index = tally->host_count};
    tally->hosts = memory_grow(tally->hosts, tally->host_count, sizeof(struct tally_host *));
    tally->recent = tally->host_count;
    tally->hosts[tally->host_count++] = host;
    memory_require(tsearch(host, &tally->by_name, compare_hosts));
    return host;
}

/* Finds or adds the host; NULL when there are too many. */
static struct tally_host *find_host(struct listing_tally *tally, const struct line *given)
{
    char *name = copy_host(given);
    struct tally_host sought = {.folded = text_fold(name)};
    struct tally_host *const *found = tfind(&sought, &tally->by_name, compare_hosts);

    free(sought.folded);
    if (found == NULL && tally->host_count < HOSTS_MOST)
        return insert_host(tally, name);
    free(name);
    if (found == NULL)
        return NULL;
    tally->is_mixed = tally->is_mixed || (*found)->index != tally->recent;
    tally->recent = (*found)->index;
    return *found;
}

void listing_tally_add_host(struct listing_tally *tally, struct line host)
{
    find_host(tally, &host);
}

/* Is it the last one, written as that is? Most rows are of it. */
/* Is it the last one, written as that is? Most rows are of it. */
static bool is_recent(const struct listing_tally *tally, const struct line *host)
{
    return tally->host_count > 0 && line_equals(host, tally->hosts[tally->recent]->name);
}

static struct tally_host *host_of(struct listing_tally *tally, const struct line *host)
{
    struct tally_host *found;

    if (is_recent(tally, host))
        return tally->hosts[tally->recent];
    found = find_host(tally, host);
    if (found == NULL)
        tally->left_out_count++;
    return found;
}

/* ---- Entries ---- */

/* FNV-1a, letters without case. */
static uint64_t hash_name(const struct line *name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (size_t index = 0; index < name->length_bytes; index++) {
        unsigned char byte = (unsigned char)name->bytes[index];

        hash =
            (hash ^ (byte >= 'a' && byte <= 'z' ? byte - 0x20u : byte)) * UINT64_C(0x100000001B3);
    }
    return hash;
}

static int hand_on(struct listing_tally *tally, struct tally_host *host, struct listing_out *out,
                   const struct tally_entry *entry, const char *name,
                   const struct incident_update *update, struct error *err)
{
    char *state_text = line_copy(&entry->state_text, LISTING_VALUE_MOST_BYTES);
    char *date = line_copy(&entry->date, LISTING_VALUE_MOST_BYTES);
    struct finding finding = finding_of(FINDING_ENTRY, tally->origin);
    int result = 0;

    finding.host = host->name;
    finding.place = entry->name.number;
    finding.entry = (struct finding_entry){.update_id = update->id,
                                           .name = name,
                                           .state = entry->state,
                                           .state_text = state_text,
                                           .date = date};
    out->facts->selected_count++;
    if (host->handed_count++ < HANDED_MOST)
        result = listing_out_add(out, &finding, err);
    else
        out->dropped_count++;
    free(state_text);
    free(date);
    return result;
}

/* The update that the entry's name names: HotFixID can have the number alone. */
static const struct incident_update *find_update(const struct line *name, const char *text)
{
    const struct incident_update *update;
    char *number;

    if (name->length_bytes == 0 || line_count_of(name, "0123456789") < name->length_bytes)
        return incident_find_update(text);
    number = memory_format("KB%s", text);
    update = incident_find_update(number);
    free(number);
    return update;
}

int listing_tally_add(struct listing_tally *tally, struct listing_out *out, struct line host_name,
                      const struct tally_entry *entry, struct error *err)
{
    struct tally_host *host = host_of(tally, &host_name);
    const struct incident_update *update;
    char *name;
    int result = 0;

    out->facts->record_count++;
    name = line_copy(&entry->name, LISTING_VALUE_MOST_BYTES);
    update = find_update(&entry->name, name);
    if (update != NULL && !update->coincident)
        listing_out_take_lines(out, entry->name.number, entry->name.number);
    if (host == NULL) {
        free(name);
        return 0;
    }
    if (host->id_count < ENTRIES_MOST) {
        host->ids = memory_grow(host->ids, host->id_count, sizeof(*host->ids));
        host->ids[host->id_count++] = hash_name(&entry->name);
    } else {
        host->has_more = true;
    }
    host->names_other = host->names_other || update == NULL;
    host->names_other_kind =
        host->names_other_kind || !line_starts_with(&entry->description, "Security Update");
    host->names_update = host->names_update || (update != NULL && !update->coincident);
    if (update != NULL)
        result = hand_on(tally, host, out, entry, name, update, err);
    free(name);
    return result;
}

/* ---- The whole ---- */

/* A reason is said once. */
static void add_reason(struct text *reasons, const char *reason)
{
    if (strstr(text_get(reasons), reason) == NULL)
        text_add_item(reasons, reason);
}

void listing_tally_say(struct listing_tally *tally, const char *reason)
{
    add_reason(&tally->incomplete, reason);
}

void listing_tally_say_last(struct listing_tally *tally, const char *reason)
{
    if (tally->host_count > 0)
        add_reason(&tally->hosts[tally->recent]->incomplete, reason);
    else
        listing_tally_say(tally, reason);
}

/* Hosts are listed one after the other, so a cut concerns the last one, unless they are mixed. */
void listing_tally_say_cut(struct listing_tally *tally, const char *reason)
{
    if (tally->is_mixed)
        listing_tally_say(tally, reason);
    else
        listing_tally_say_last(tally, reason);
}

static int compare_ids(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static uint64_t count_distinct(struct tally_host *host)
{
    uint64_t count = 0;

    if (host->id_count > 0)
        qsort(host->ids, host->id_count, sizeof(*host->ids), compare_ids);
    for (size_t index = 0; index < host->id_count; index++)
        count += index == 0 || host->ids[index] != host->ids[index - 1];
    return count;
}

/* Adds what the command above the listing and the entries themselves tell. */
static void add_reasons(const struct listing_tally *tally, struct tally_host *host,
                        const struct listing_out *out)
{
    struct text *reasons = &host->incomplete;

    if (tally->incomplete.length_bytes > 0)
        text_add_items(reasons, text_get(&tally->incomplete));
    if (tally->is_announced && tally->announced_count != host->id_count) {
        char *reason = memory_format("it announces %" PRIu64 " entries and has %zu",
                                     tally->announced_count, host->id_count);

        text_add_item(reasons, reason);
        free(reason);
    }
    if (host->id_count == 0)
        text_add_item(reasons, "it has no entry");
    else if (!host->names_other)
        text_add_item(reasons, "it has no entry but those that were looked for");
    else if (!host->names_other_kind)
        text_add_item(reasons, "it has security updates only, which " INCIDENT_UPDATE " is not");
    if (tally->is_selected)
        text_add_item(reasons, "the command above it leaves entries out");
    if (host->has_more)
        text_add_item(reasons, "it has more entries than are counted");
    if (out->damage != NULL)
        text_add_item(reasons, out->damage);
}

static void hand_on_whole(const struct listing_tally *tally, struct tally_host *host,
                          struct listing_out *out)
{
    uint64_t distinct = count_distinct(host);
    uint64_t repeated = host->id_count - distinct;
    uint64_t announced = tally->announced_count > repeated ? tally->announced_count - repeated
                                                           : tally->announced_count;
    struct finding finding = finding_of(FINDING_LISTING, tally->origin);

    add_reasons(tally, host, out);
    if (host->incomplete.length_bytes > 0)
        listing_out_remark(out, tally->line, tally->origin, host->name,
                           text_get(&host->incomplete));
    finding.host = host->name;
    finding.place = tally->line;
    finding.listing = (struct finding_listing){
        .entry_count = distinct,
        .announced_count = tally->is_announced ? (int64_t)announced : FINDING_ABSENT,
        .names_update = host->names_update,
        .incomplete = text_get(&host->incomplete)};
    listing_out_hold(out, &finding);
}

static void ignore(void *host)
{
    (void)host;
}

void listing_tally_finish(struct listing_tally *tally, struct listing_out *out)
{
    if (tally->host_count == 0)
        insert_host(tally, memory_copy_text(""));
    if (tally->left_out_count > 0) {
        out->facts->status = SOURCE_STATUS_DAMAGED;
        source_facts_add_detail(out->facts,
                                "line %" PRIu64 ": more than %u hosts: the entries of others were "
                                "left out, %" PRIu64,
                                tally->line, HOSTS_MOST, tally->left_out_count);
    }
    tdestroy(tally->by_name, ignore);
    tally->is_selected = command_above_selects(out->text, out->begun_at, tally->origin);
    for (size_t index = 0; index < tally->host_count; index++) {
        struct tally_host *host = tally->hosts[index];

        hand_on_whole(tally, host, out);
        text_free(&host->incomplete);
        free(host->ids);
        free(host->name);
        free(host->folded);
        free(host);
    }
    free(tally->hosts);
    text_free(&tally->incomplete);
    *tally = (struct listing_tally){0};
}
