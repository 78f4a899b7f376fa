/* SPDX-License-Identifier: Apache-2.0 */
/* Observations are held as their frames, in which what makes them equal stands last, as bytes. */
#include "worker/thin.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "worker/wire.h"

/* One that is held. */
struct held {
    struct pack frame; /* owned; empty: none */
    /* As the case compares them, with a sign. */
    int64_t event_filetime;
    int64_t record_id;
    int64_t offset_bytes;
};

/* Equal ones. */
struct kind {
    struct held first;
    struct held last; /* with only one, there is none */
    size_t content_at;
};

struct thin {
    struct kind kinds[THIN_KINDS_MOST];
    size_t kind_count; /* in use; the frames of the others are room for later ones */
    struct held newcomer;
};

struct thin *thin_new(void)
{
    return memory_allocate(1, sizeof(struct thin));
}

void thin_free(struct thin *thin)
{
    if (thin == NULL)
        return;
    for (size_t index = 0; index < THIN_KINDS_MOST; index++) {
        pack_free(&thin->kinds[index].first.frame);
        pack_free(&thin->kinds[index].last.frame);
    }
    pack_free(&thin->newcomer.frame);
    free(thin);
}

static bool is_before(const struct held *left, const struct held *right)
{
    if (left->event_filetime != right->event_filetime)
        return left->event_filetime < right->event_filetime;
    if (left->record_id != right->record_id)
        return left->record_id < right->record_id;
    return left->offset_bytes < right->offset_bytes;
}

static void swap(struct held *left, struct held *right)
{
    struct held held = *left;

    *left = *right;
    *right = held;
}

/* Finds the kind of the frame, or begins one; NULL when there is no room for one more. The kind
 * that was met last is mostly the one. */
static struct kind *find_kind(struct thin *thin, const struct pack *frame, size_t content_at)
{
    size_t length = frame->length_bytes - content_at;

    for (size_t index = thin->kind_count; index > 0; index--) {
        struct kind *kind = &thin->kinds[index - 1];
        const struct pack *first = &kind->first.frame;

        if (first->length_bytes - kind->content_at == length &&
            memcmp(first->bytes + kind->content_at, frame->bytes + content_at, length) == 0)
            return kind;
    }
    if (thin->kind_count == THIN_KINDS_MOST)
        return NULL;
    return &thin->kinds[thin->kind_count++];
}

/* Puts the newcomer where it belongs; what gives way is overwritten by the next one. */
static void place(struct thin *thin, struct kind *kind, size_t content_at)
{
    struct held *newcomer = &thin->newcomer;

    if (kind->first.frame.length_bytes == 0) {
        swap(&kind->first, newcomer);
        kind->content_at = content_at;
        return;
    }
    if (is_before(newcomer, &kind->first)) {
        swap(&kind->first, newcomer);
        kind->content_at = content_at;
    }
    if (kind->last.frame.length_bytes == 0 || is_before(&kind->last, newcomer))
        swap(&kind->last, newcomer);
}

bool thin_hold(struct thin *thin, const struct incident_event *event,
               const struct observation *observation)
{
    struct held *newcomer = &thin->newcomer;
    struct kind *kind;
    size_t content_at;

    if (event->keep != EVENT_KEEP_FIRST_AND_LAST)
        return false;
    newcomer->frame.length_bytes = 0;
    if (!wire_add_observation(&newcomer->frame, observation, &content_at) ||
        newcomer->frame.length_bytes > THIN_LONGEST_BYTES)
        return false;
    kind = find_kind(thin, &newcomer->frame, content_at);
    if (kind == NULL)
        return false;
    newcomer->event_filetime = (int64_t)observation->event_filetime;
    newcomer->record_id = (int64_t)observation->record_id;
    newcomer->offset_bytes = (int64_t)observation->offset_bytes;
    place(thin, kind, content_at);
    return true;
}

static void release(struct held *held, struct pack *out)
{
    pack_bytes(out, held->frame.bytes, held->frame.length_bytes);
    held->frame.length_bytes = 0;
}

void thin_release(struct thin *thin, struct pack *out)
{
    for (size_t index = 0; index < thin->kind_count; index++) {
        release(&thin->kinds[index].first, out);
        release(&thin->kinds[index].last, out);
    }
    thin->kind_count = 0;
}
