/* SPDX-License-Identifier: Apache-2.0 */
#include "model/computer.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static uint64_t greatest(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

void computer_facts_join(struct computer_facts *whole, const struct computer_facts *part)
{
    if (part->record_count > 0) {
        if (whole->record_count == 0 || part->first_number < whole->first_number) {
            whole->first_number = part->first_number;
            whole->first_number_filetime = part->first_number_filetime;
        }
        if (part->last_number > whole->last_number) {
            whole->last_number = part->last_number;
            whole->last_number_filetime = part->last_number_filetime;
        }
        whole->record_count += part->record_count;
    }
    whole->last_filetime = greatest(whole->last_filetime, part->last_filetime);
    whole->forwarded = whole->forwarded || part->forwarded;
    whole->application_count += part->application_count;
}

bool record_span_has_gaps(const struct record_span *span)
{
    return span->record_count <= span->last_record_id - span->first_record_id;
}

/* ---- Computers by name ---- */

/* A name in the index: the computer's number in the list of all. */
struct named_computer {
    const char *name; /* in the tree, it stands behind this struct */
    size_t number;
};

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct named_computer *)left)->name,
                  ((const struct named_computer *)right)->name);
}

void computer_index_free_content(struct computer_index *index)
{
    tdestroy(index->by_name, free);
    tdestroy(index->by_folded_name, free);
    *index = (struct computer_index){0};
}

/* Puts the name into the tree, unless the tree has it. */
static void index_name(void **tree, const char *name, size_t number)
{
    size_t size_bytes = strlen(name) + 1;
    struct named_computer *named = memory_allocate(1, sizeof(*named) + size_bytes);
    struct named_computer *const *found;

    *named = (struct named_computer){memcpy(named + 1, name, size_bytes), number};
    found = memory_require(tsearch(named, tree, compare_names));
    if (*found != named)
        free(named);
}

/* Puts in what the index has not: the list can have been filled by other ways. */
static void add_names(struct computer_index *index, const struct computer_facts *computers,
                      size_t count)
{
    for (; index->count < count; index->count++) {
        const char *name = computers[index->count].name;
        char *folded_name = text_fold(name);

        index_name(&index->by_name, name, index->count);
        index_name(&index->by_folded_name, folded_name, index->count);
        free(folded_name);
    }
}

/* Returns the computer's number; the count when there is none. */
static size_t find_name(const struct computer_index *index, void *const *tree, const char *name)
{
    struct named_computer key = {.name = name};
    struct named_computer *const *found = tfind(&key, tree, compare_names);

    return found != NULL ? (*found)->number : index->count;
}

static size_t find_number(struct computer_index *index, const struct computer_facts *computers,
                          size_t count, const char *name)
{
    char *folded_name;
    size_t number;

    if (index->recent < count && strcmp(computers[index->recent].name, name) == 0)
        return index->recent;
    add_names(index, computers, count);
    number = find_name(index, &index->by_name, name);
    if (number < count)
        return number;
    folded_name = text_fold(name);
    number = find_name(index, &index->by_folded_name, folded_name);
    free(folded_name);
    return number;
}

/* One that is not there is added behind the others, and then the recent one, too. */
size_t computer_index_find(struct computer_index *index, const struct computer_facts *computers,
                           size_t count, const char *name)
{
    index->recent = find_number(index, computers, count, name);
    return index->recent;
}
