/* SPDX-License-Identifier: Apache-2.0 */
/* What KMS hosts saw of a machine: its requests, in order of time whichever host they went to, and
 * what each says beside those before and behind it (DESIGN section 6, "What the KMS host saw"). */
#include "verdict/evidence.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

/* A machine that is not licensed asks so, and is a second later: only one that asks again by then,
 * and still is not, was left without. What comes sooner is the same asking: again, or at another
 * host. */
#define NEXT_LATEST FILETIME_DAY
#define SAME_ASKING_MOST FILETIME_MINUTE
/* A licence was lost between two requests that are no further apart. */
#define LOST_WITHIN (15 * FILETIME_DAY)
/* The machine's own log has a request that is so near: clocks differ. */
#define OWN_DISTANCE_MOST FILETIME_HOUR

/* The items are freed by way of their list. */
static void keep(void *item)
{
    (void)item;
}

void seen_requests_free_content(struct seen_requests *requests)
{
    tdestroy(requests->sights_by_host, keep);
    for (size_t index = 0; index < requests->sight_count; index++) {
        free((char *)requests->sights[index]->host);
        free(requests->sights[index]);
    }
    free(requests->items);
    free(requests->client_machine_ids);
    free(requests->hrs);
    free(requests->own);
    free(requests->sights);
    *requests = (struct seen_requests){0};
}

/* ---- What each host saw ---- */

static int compare_sights(const void *left_item, const void *right_item)
{
    const struct case_kms_sight *left = left_item, *right = right_item;

    if (left->host_id != right->host_id)
        return left->host_id < right->host_id ? -1 : 1;
    return left->host_id != 0 ? 0 : strcmp(left->host, right->host);
}

/* A machine that is known counts as one host, whatever its events call it. */
static struct case_kms_sight *find_sight(struct seen_requests *requests,
                                         const struct case_observation *seen)
{
    struct case_kms_sight probe = {.host_id = seen->writer_id,
                                   .host = seen->observation.computer,
                                   .before = LICENSING_STATUS_NOT_TOLD,
                                   .within = LICENSING_STATUS_NOT_TOLD,
                                   .after = LICENSING_STATUS_NOT_TOLD};
    struct case_kms_sight **found =
        memory_require(tsearch(&probe, &requests->sights_by_host, compare_sights));
    struct case_kms_sight *sight = *found;

    if (sight != &probe)
        return sight;
    *found = sight = memory_allocate(1, sizeof(*sight));
    *sight = probe;
    sight->host = memory_copy_text(probe.host);
    requests->sights =
        memory_grow(requests->sights, requests->sight_count, sizeof(*requests->sights));
    requests->sights[requests->sight_count++] = sight;
    return sight;
}

static void note_sight(struct case_kms_sight *sight, const struct judged_event *event,
                       const struct window *window)
{
    uint64_t filetime = event->counts_filetime;

    sight->request_count++;
    if (filetime == 0)
        return;
    if (sight->first_filetime == 0)
        sight->first_filetime = filetime;
    sight->last_filetime = filetime;
    if (event->judgement.status == LICENSING_STATUS_NOT_TOLD)
        return;
    if (event->in_window)
        sight->within = event->judgement.status;
    else if (filetime < window->start_filetime)
        sight->before = event->judgement.status;
    else
        sight->after = event->judgement.status;
}

/* ---- Taking them in ---- */

static void add_own(struct seen_requests *requests, const struct kms_request *request,
                    uint64_t filetime)
{
    struct own_request *own;

    if (request->client_machine_id[0] == '\0' || filetime == 0)
        return;
    requests->own = memory_grow(requests->own, requests->own_count, sizeof(*requests->own));
    own = &requests->own[requests->own_count++];
    own->filetime = filetime;
    memcpy(own->client_machine_id, request->client_machine_id, GUID_TEXT_BYTES);
}

static void add_seen(struct seen_requests *requests, const struct kms_request *request,
                     const struct judged_event *event, const char *host)
{
    size_t count = requests->count;

    requests->items = memory_grow(requests->items, count, sizeof(*requests->items));
    requests->client_machine_ids =
        memory_grow(requests->client_machine_ids, count, sizeof(*requests->client_machine_ids));
    requests->hrs = memory_grow(requests->hrs, count, sizeof(*requests->hrs));
    requests->items[count] = (struct seen_request){
        .observation_id = event->observation_id,
        .host = host,
        .filetime = event->counts_filetime,
        .status = request->status,
        .verified = event->verified,
        .is_office = event->judgement.is_office,
        .is_windows_7 = kms_request_is_windows_7(request),
    };
    memcpy(requests->client_machine_ids[count], request->client_machine_id, GUID_TEXT_BYTES);
    requests->hrs[count] = request->hr;
    requests->count++;
    if (!event->judgement.is_office && event->counts_filetime > requests->last_filetime)
        requests->last_filetime = event->counts_filetime;
}

/* The request of a machine that is known; one that lacks its client is the host's own event. */
static void take_seen(struct seen_requests *requests, const struct case_observation *seen,
                      const struct judged_event *event, const struct window *window)
{
    struct kms_request request = kms_request_of(&seen->observation);
    struct case_kms_sight *sight = find_sight(requests, seen);

    if (!event->judgement.is_office)
        note_sight(sight, event, window);
    add_seen(requests, &request, event, sight->host);
}

void seen_requests_add(struct seen_requests *requests, const struct case_observation *seen,
                       const struct window *window)
{
    struct judged_event event = judged_event_of(seen, window);
    struct kms_request request;

    if (event.judgement.event == NULL)
        return;
    if (event.judgement.event->use == EVENT_USE_KMS_SEEN && seen->client_id != 0) {
        take_seen(requests, seen, &event, window);
    } else if (event.judgement.event->use == EVENT_USE_KMS_REQUEST && !event.judgement.is_office) {
        request = kms_request_of(&seen->observation);
        add_own(requests, &request, event.counts_filetime);
    }
}

/* ---- What they say beside each other ---- */

static int compare_own(const void *left_item, const void *right_item)
{
    const struct own_request *left = left_item, *right = right_item;
    int order = strcmp(left->client_machine_id, right->client_machine_id);

    return order != 0 ? order
                      : (left->filetime > right->filetime) - (left->filetime < right->filetime);
}

/* Has the machine's own log the request? */
static bool is_own(const struct seen_requests *requests, size_t index)
{
    uint64_t filetime = requests->items[index].filetime;
    struct own_request first = {
        .filetime = filetime > OWN_DISTANCE_MOST ? filetime - OWN_DISTANCE_MOST : 0};
    size_t place;

    memcpy(first.client_machine_id, requests->client_machine_ids[index], GUID_TEXT_BYTES);
    if (first.client_machine_id[0] == '\0' || filetime == 0)
        return false;
    place = array_lower_bound(requests->own, requests->own_count, sizeof(*requests->own), &first,
                              compare_own);
    return place < requests->own_count &&
           strcmp(requests->own[place].client_machine_id, first.client_machine_id) == 0 &&
           requests->own[place].filetime <= filetime + OWN_DISTANCE_MOST;
}

/* Can it be put beside others: is its time known, and its status? */
static bool is_told(const struct seen_request *request)
{
    return !request->is_office && request->filetime != 0 &&
           request->status != LICENSING_STATUS_NOT_TOLD;
}

/* Are they of two installations? What cannot be read tells nothing. */
static bool is_of_other(const struct seen_requests *requests, size_t left, size_t right)
{
    const char *one = requests->client_machine_ids[left];
    const char *other = requests->client_machine_ids[right];

    return *one != '\0' && *other != '\0' && strcmp(one, other) != 0;
}

/* Was the machine still not licensed when it asked again? */
static bool is_followed(const struct seen_requests *requests, size_t index)
{
    const struct seen_request *request = &requests->items[index];

    for (size_t later = index + 1; later < requests->count; later++) {
        const struct seen_request *next = &requests->items[later];

        if (!is_told(next))
            continue;
        if (next->status == LICENSING_STATUS_LICENSED || is_of_other(requests, index, later) ||
            next->filetime > request->filetime + NEXT_LATEST)
            return false;
        if (next->filetime > request->filetime + SAME_ASKING_MOST)
            return true;
    }
    return false;
}

static bool counts(const struct seen_requests *requests, size_t index)
{
    switch (requests->items[index].status) {
    case LICENSING_STATUS_LICENSED:
    case LICENSING_STATUS_NON_GENUINE_GRACE:
        return true;
    case LICENSING_STATUS_UNLICENSED:
    case LICENSING_STATUS_INITIAL_GRACE:
    case LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE:
    case LICENSING_STATUS_NOTIFICATION:
    case LICENSING_STATUS_EXTENDED_GRACE:
        return is_followed(requests, index);
    case LICENSING_STATUS_NOT_TOLD:
        break;
    }
    return false;
}

/* Does nothing tell whether it was licensed a second later? That is so of one that does not go on
 * where the request before it, if any, left off. */
static bool is_alone(const struct seen_request *request, const struct seen_request *before)
{
    return !request->counts && (before == NULL || before->status == LICENSING_STATUS_LICENSED ||
                                request->filetime > before->filetime + NEXT_LATEST);
}

/* Was the licence lost since that one, directly before it? */
static bool is_lost_since(const struct seen_request *request, const struct seen_request *before)
{
    return request->counts && !request->is_own && request->is_windows_7 && before->is_windows_7 &&
           (request->status == LICENSING_STATUS_NON_GENUINE_GRACE ||
            request->status == LICENSING_STATUS_NOTIFICATION) &&
           (before->status == LICENSING_STATUS_LICENSED ||
            before->status == LICENSING_STATUS_INITIAL_GRACE) &&
           request->filetime <= before->filetime + LOST_WITHIN;
}

static bool say_the_same(const struct seen_requests *requests, size_t left, size_t right)
{
    return requests->items[left].status == requests->items[right].status &&
           requests->hrs[left] == requests->hrs[right];
}

/* Of those that follow each other and say the same, the first two and the last are shown (DESIGN
 * section 5): those between have the same before and behind them. */
static void mark_repeats(struct seen_requests *requests, bool is_office)
{
    size_t last = 0;
    size_t alike = 0; /* of those up to the last one, at most three */

    for (size_t index = 0; index < requests->count; index++) {
        if (requests->items[index].is_office != is_office)
            continue;
        if (alike > 0 && !say_the_same(requests, last, index))
            alike = 0;
        if (alike == 3)
            requests->items[last].is_repeat = true;
        else
            alike++;
        last = index;
    }
}

void seen_requests_settle(struct seen_requests *requests)
{
    size_t before = requests->count; /* of the one before that is told; none yet */

    if (requests->own_count > 0)
        qsort(requests->own, requests->own_count, sizeof(*requests->own), compare_own);
    for (size_t index = 0; index < requests->count; index++) {
        struct seen_request *request = &requests->items[index];
        const struct seen_request *last =
            before < requests->count ? &requests->items[before] : NULL;

        if (!is_told(request))
            continue;
        request->is_own = is_own(requests, index);
        request->counts = counts(requests, index);
        request->is_alone = is_alone(request, last);
        if (last != NULL && is_lost_since(request, last) && !is_of_other(requests, before, index))
            request->lost_since = last;
        before = index;
    }
    mark_repeats(requests, false);
    mark_repeats(requests, true);
}

const struct seen_request *seen_requests_next(struct seen_requests *requests,
                                              int64_t observation_id)
{
    if (requests->taken == requests->count ||
        requests->items[requests->taken].observation_id != observation_id)
        return NULL;
    return &requests->items[requests->taken++];
}
