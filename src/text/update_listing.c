/* SPDX-License-Identifier: Apache-2.0 */
#include "text/emitter.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/hostname.h"
#include "model/incident.h"
#include "text/tokens.h"

/* Bounds on what a hostile text can make of itself. A machine has a few hundred updates and a few
 * thousand packages; a listing of many hosts has a row for each. */
#define HOSTS_MOST 100000u
#define ENTRIES_MOST 100000u
#define HANDED_MOST 64u
#define HOST_MOST_BYTES 255u

struct listed_host {
    char *name;    /* owned: as first written; "" when it is not known */
    char *folded;  /* owned */
    size_t index;  /* in the order of meeting */
    uint64_t *ids; /* owned: of each entry, a hash of its name */
    size_t id_count;
    size_t handed_count;
    char *newest_date; /* owned: of its entries, as it has it; or NULL */
    uint64_t newest_day;
    bool names_update;
    bool names_other;       /* an entry that is none of the table */
    bool has_own_kind;      /* an entry that is not said to be of another kind than the update */
    bool has_more;          /* entries than are counted */
    struct text incomplete; /* owned */
};

/* ---- Hosts ---- */

static int compare_hosts(const void *left, const void *right)
{
    return strcmp(((const struct listed_host *)left)->folded,
                  ((const struct listed_host *)right)->folded);
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

static struct listed_host *insert_host(struct update_listing *listing, char *name)
{
    struct listed_host *host = memory_allocate(1, sizeof(*host));

    *host =
        (struct listed_host){.name = name, .folded = text_fold(name), .index = listing->host_count};
    listing->hosts = memory_grow(listing->hosts, listing->host_count, sizeof(struct listed_host *));
    listing->recent = listing->host_count;
    listing->hosts[listing->host_count++] = host;
    memory_require(tsearch(host, &listing->by_name, compare_hosts));
    return host;
}

/* Finds or adds the host; NULL when there are too many. */
static struct listed_host *find_host(struct update_listing *listing, const struct line *given)
{
    char *name = copy_host(given);
    struct listed_host sought = {.folded = text_fold(name)};
    struct listed_host *const *found = tfind(&sought, &listing->by_name, compare_hosts);

    free(sought.folded);
    if (found == NULL && listing->host_count < HOSTS_MOST)
        return insert_host(listing, name);
    free(name);
    if (found == NULL)
        return NULL;
    listing->is_mixed = listing->is_mixed || (*found)->index != listing->recent;
    listing->recent = (*found)->index;
    return *found;
}

void update_listing_add_host(struct update_listing *listing, struct line host)
{
    find_host(listing, &host);
}

/* Is it the last one, written as that is? Most rows are of it. */
static bool is_recent(const struct update_listing *listing, const struct line *host)
{
    return listing->host_count > 0 && line_equals(host, listing->hosts[listing->recent]->name);
}

static struct listed_host *host_of(struct update_listing *listing, const struct line *host)
{
    struct listed_host *found;

    if (is_recent(listing, host))
        return listing->hosts[listing->recent];
    found = find_host(listing, host);
    if (found == NULL)
        listing->left_out_count++;
    return found;
}

/* ---- Entries ---- */

/* KB971033 is described as an Update. These words are the same in every language. */
static bool is_other_kind(const struct line *description)
{
    static const char *const kinds[] = {"Security Update", "Hotfix", "Service Pack"};

    for (size_t index = 0; index < ARRAY_COUNT(kinds); index++)
        if (line_starts_with(description, kinds[index]))
            return true;
    return false;
}

/* Letters without case. */
static uint64_t hash_name(const struct line *name)
{
    uint64_t hash = TEXT_HASH_START;

    for (size_t index = 0; index < name->length_bytes; index++) {
        unsigned char byte = (unsigned char)name->bytes[index];

        hash = text_hash_byte(hash, byte >= 'a' && byte <= 'z' ? byte - 0x20u : byte);
    }
    return hash;
}

static int hand_on(struct update_listing *listing, struct listed_host *host,
                   struct emitter *emitter, const struct listed_update *entry, const char *name,
                   const struct incident_update *update, struct error *err)
{
    char *state_text = line_copy(&entry->state_text, LISTING_VALUE_MOST_BYTES);
    char *date = line_copy(&entry->date, LISTING_VALUE_MOST_BYTES);
    struct finding finding = finding_of(FINDING_ENTRY, listing->origin);
    int result = 0;

    finding.host = host->name;
    finding.place = entry->name.number;
    finding.entry = (struct finding_entry){.update_id = update->id,
                                           .name = name,
                                           .state = entry->state,
                                           .state_text = state_text,
                                           .date = date};
    emitter->facts->selected_count++;
    if (host->handed_count++ < HANDED_MOST)
        result = emitter_add(emitter, &finding, err);
    else
        emitter->dropped_count++;
    free(state_text);
    free(date);
    return result;
}

static void note_date(struct listed_host *host, const struct line *given)
{
    char *date = line_copy(given, LISTING_VALUE_MOST_BYTES);
    uint64_t day = entry_day(date);

    if (day > host->newest_day) {
        free(host->newest_date);
        host->newest_date = date;
        host->newest_day = day;
    } else {
        free(date);
    }
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

int update_listing_add(struct update_listing *listing, struct emitter *emitter,
                       struct line host_name, const struct listed_update *entry, struct error *err)
{
    struct listed_host *host = host_of(listing, &host_name);
    const struct incident_update *update;
    char *name;
    int result = 0;

    emitter->facts->record_count++;
    name = line_copy(&entry->name, LISTING_VALUE_MOST_BYTES);
    update = find_update(&entry->name, name);
    if (update != NULL && !update->coincident)
        emitter_take_lines(emitter, entry->name.number, entry->name.number);
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
    note_date(host, &entry->date);
    host->names_other = host->names_other || update == NULL;
    host->has_own_kind = host->has_own_kind || !is_other_kind(&entry->description);
    host->names_update = host->names_update || (update != NULL && !update->coincident);
    if (update != NULL)
        result = hand_on(listing, host, emitter, entry, name, update, err);
    free(name);
    return result;
}

void update_listing_leave_out(struct emitter *emitter, uint64_t line)
{
    source_facts_add_undecodable(emitter->facts,
                                 "line %" PRIu64 ": whose update it is cannot be told", line);
}

/* ---- The whole ---- */

/* A reason is said once. */
static void add_reason(struct text *reasons, const char *reason)
{
    if (strstr(text_get(reasons), reason) == NULL)
        text_add_item(reasons, reason);
}

void update_listing_mark_incomplete(struct update_listing *listing, const char *reason)
{
    add_reason(&listing->incomplete, reason);
}

void update_listing_mark_last_incomplete(struct update_listing *listing, const char *reason)
{
    if (listing->host_count > 0)
        add_reason(&listing->hosts[listing->recent]->incomplete, reason);
    else
        update_listing_mark_incomplete(listing, reason);
}

/* Hosts are listed one after the other, so a cut concerns the last one, unless they are mixed. */
void update_listing_mark_cut(struct update_listing *listing, const char *reason)
{
    if (listing->is_mixed)
        update_listing_mark_incomplete(listing, reason);
    else
        update_listing_mark_last_incomplete(listing, reason);
}

static int compare_ids(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static uint64_t count_distinct(struct listed_host *host)
{
    uint64_t count = 0;

    if (host->id_count > 0)
        qsort(host->ids, host->id_count, sizeof(*host->ids), compare_ids);
    for (size_t index = 0; index < host->id_count; index++)
        count += index == 0 || host->ids[index] != host->ids[index - 1];
    return count;
}

/* Adds what the command above the listing and the entries themselves tell. */
static void add_reasons(const struct update_listing *listing, struct listed_host *host,
                        const struct emitter *emitter)
{
    struct text *reasons = &host->incomplete;

    if (listing->incomplete.length_bytes > 0)
        text_add_items(reasons, text_get(&listing->incomplete));
    if (listing->is_announced && listing->announced_count != host->id_count)
        text_add_item_format(reasons, "it announces %" PRIu64 " entries and has %zu",
                             listing->announced_count, host->id_count);
    if (host->id_count == 0)
        text_add_item(reasons, "it has no entry");
    else if (!host->names_other)
        text_add_item(reasons, "it has no entry but those that were looked for");
    else if (!host->has_own_kind)
        text_add_item(reasons, "it has no entry of the kind Update, which " INCIDENT_UPDATE " is");
    if (listing->is_selected)
        text_add_item(reasons, "the command above it leaves entries out");
    if (host->has_more)
        text_add_item(reasons, "it has more entries than are counted");
    if (emitter->damage != NULL)
        text_add_item(reasons, emitter->damage);
}

static void hand_on_whole(const struct update_listing *listing, struct listed_host *host,
                          struct emitter *emitter)
{
    uint64_t distinct = count_distinct(host);
    uint64_t repeated = host->id_count - distinct;
    uint64_t announced = listing->announced_count > repeated ? listing->announced_count - repeated
                                                             : listing->announced_count;
    struct finding finding = finding_of(FINDING_LISTING, listing->origin);

    add_reasons(listing, host, emitter);
    if (host->incomplete.length_bytes > 0)
        emitter_remark(emitter, listing->line, listing->origin, host->name,
                       text_get(&host->incomplete));
    finding.host = host->name;
    finding.place = listing->line;
    finding.listing = (struct finding_listing){
        .newest_date = host->newest_date != NULL ? host->newest_date : "",
        .entry_count = distinct,
        .announced_count = listing->is_announced ? (int64_t)announced : FINDING_ABSENT,
        .names_update = host->names_update,
        .incomplete = text_get(&host->incomplete)};
    emitter_hold(emitter, &finding);
}

static void ignore(void *host)
{
    (void)host;
}

void update_listing_finish(struct update_listing *listing, struct emitter *emitter)
{
    if (listing->host_count == 0)
        insert_host(listing, memory_copy_text(""));
    if (listing->left_out_count > 0) {
        emitter->facts->status = SOURCE_STATUS_DAMAGED;
        source_facts_add_detail(emitter->facts,
                                "line %" PRIu64 ": more than %u hosts: the entries of others were "
                                "left out, %" PRIu64,
                                listing->line, HOSTS_MOST, listing->left_out_count);
    }
    tdestroy(listing->by_name, ignore);
    listing->is_selected = command_above_selects(emitter->text, emitter->begun_at, listing->origin);
    for (size_t index = 0; index < listing->host_count; index++) {
        struct listed_host *host = listing->hosts[index];

        hand_on_whole(listing, host, emitter);
        text_free(&host->incomplete);
        free(host->newest_date);
        free(host->ids);
        free(host->name);
        free(host->folded);
        free(host);
    }
    free(listing->hosts);
    text_free(&listing->incomplete);
    *listing = (struct update_listing){0};
}
