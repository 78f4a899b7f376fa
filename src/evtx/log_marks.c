/* SPDX-License-Identifier: Apache-2.0 */
/* Marks: records by which two logs of one name are compared (model/computer.h, struct record_mark).
 * All records of a small log have one; of a greater one those whose ids a power of two divides, so
 * that two logs have marks of the same ids. Forwarded records have none, nor have logs of several
 * channels: their ids are not those of one machine's channel. */
#include "evtx/log_summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Keeps the marks of ids that the distance divides, 0 none, but no forwarded ones'. */
static void keep_marks(struct source_facts *facts, uint64_t distance)
{
    size_t kept = 0;

    for (size_t index = 0; index < facts->mark_count; index++) {
        struct record_mark *mark = &facts->marks[index];

        if (distance != 0 && mark->record_id % distance == 0 &&
            !facts->computers[mark->computer].forwarded)
            facts->marks[kept++] = *mark;
        else
            free(mark->channel);
    }
    facts->mark_count = kept;
}

/* Doubles the distance until there are at most so many marks. Of equal ids without end none is
 * kept: the distance is 0 then. */
static void thin_out(struct source_facts *facts, uint64_t *distance)
{
    while (facts->mark_count > RECORD_MARKS_MOST) {
        *distance *= 2;
        keep_marks(facts, *distance);
    }
}

void log_marks_add(struct source_facts *facts, const struct record_span *span, const char *channel,
                   const uint64_t *filetimes, uint64_t *distance)
{
    for (uint64_t index = 0; *distance != 0; index++) {
        uint64_t past = (span->first_record_id + index) % *distance;

        index += past > 0 ? *distance - past : 0;
        if (index >= span->record_count)
            break;
        if (filetimes[index] == 0)
            continue;
        source_facts_add_mark(facts, &(struct record_mark){
                                         .computer = span->computer,
                                         .channel = memory_copy_text(channel),
                                         .record_id = span->first_record_id + index,
                                         .event_filetime = filetimes[index],
                                     });
        thin_out(facts, distance);
    }
}

/* ---- Of the whole log ---- */

static bool has_several_channels(const struct source_facts *facts)
{
    for (size_t index = 1; index < facts->mark_count; index++)
        if (strcmp(facts->marks[0].channel, facts->marks[index].channel) != 0)
            return true;
    return false;
}

static int compare_marks(const void *left, const void *right)
{
    const struct record_mark *one = left, *other = right;
    int order = (one->computer > other->computer) - (one->computer < other->computer);

    return order != 0 ? order
                      : (one->record_id > other->record_id) - (one->record_id < other->record_id);
}

static bool has_other_time(const struct record_mark *marks, size_t count)
{
    for (size_t index = 1; index < count; index++)
        if (marks[index].event_filetime != marks[0].event_filetime)
            return true;
    return false;
}

/* Keeps one mark of each id, but none where the log itself has several times of it. */
static void drop_equal_ids(struct source_facts *facts)
{
    struct record_mark *marks = facts->marks;
    size_t kept = 0;

    for (size_t first = 0, end; first < facts->mark_count; first = end) {
        bool is_kept;

        for (end = first + 1; end < facts->mark_count; end++)
            if (compare_marks(&marks[first], &marks[end]) != 0)
                break;
        is_kept = !has_other_time(&marks[first], end - first);
        for (size_t index = first + (is_kept ? 1 : 0); index < end; index++)
            free(marks[index].channel);
        if (is_kept)
            marks[kept++] = marks[first];
    }
    facts->mark_count = kept;
}

void log_marks_finish(struct source_facts *facts)
{
    uint64_t distance = has_several_channels(facts) ? 0 : 1;

    keep_marks(facts, distance);
    if (facts->mark_count == 0)
        return;
    qsort(facts->marks, facts->mark_count, sizeof(*facts->marks), compare_marks);
    drop_equal_ids(facts);
    thin_out(facts, &distance);
}
