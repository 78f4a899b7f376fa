/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/name.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define NETBIOS_NAME_BYTES 15

void name_table_free_content(struct name_table *table)
{
    for (size_t index = 0; index < table->count; index++)
        free(table->folded[index]);
    free(table->folded);
    *table = (struct name_table){0};
}

void name_table_add(struct name_table *table, const char *name)
{
    table->folded = memory_grow(table->folded, table->count, sizeof(*table->folded));
    table->folded[table->count++] = text_fold(name);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

void name_table_seal(struct name_table *table)
{
    size_t kept = 0;

    if (table->count == 0)
        return;
    qsort(table->folded, table->count, sizeof(*table->folded), compare_texts);
    for (size_t index = 1; index < table->count; index++) {
        if (strcmp(table->folded[kept], table->folded[index]) == 0)
            free(table->folded[index]);
        else
            table->folded[++kept] = table->folded[index];
    }
    table->count = kept + 1;
}

/* The first key whose name is not below the text. */
static size_t lower_bound(const struct name_table *table, const char *folded)
{
    size_t first = 0, end = table->count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (strcmp(table->folded[middle], folded) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

size_t name_table_find(const struct name_table *table, const char *name)
{
    char *folded = text_fold(name);
    size_t key = lower_bound(table, folded);
    bool found = key < table->count && strcmp(table->folded[key], folded) == 0;

    free(folded);
    return found ? key : NAME_NONE;
}

/* The fully qualified names that begin with the folded short one. */
static struct name_range full_names_of(const struct name_table *table, const char *folded)
{
    struct name_range range = {0};
    char *first, *end;

    if (*folded == '\0' || strchr(folded, '.') != NULL)
        return range;
    /* `pc.` alone is no full name; '/' is the character after '.'. */
    first = memory_format("%s.\x01", folded);
    end = memory_format("%s/", folded);
    range.first = lower_bound(table, first);
    range.end = lower_bound(table, end);
    free(first);
    free(end);
    return range;
}

struct name_range name_table_full_names(const struct name_table *table, size_t key)
{
    return full_names_of(table, table->folded[key]);
}

size_t name_table_find_full(const struct name_table *table, const char *name)
{
    char *folded = text_fold(name);
    struct name_range range = full_names_of(table, folded);

    free(folded);
    return range.end - range.first == 1 ? range.first : NAME_NONE;
}

size_t name_table_meaning(const struct name_table *table, size_t key)
{
    struct name_range range = name_table_full_names(table, key);

    return range.end - range.first == 1 ? range.first : key;
}

bool name_table_is_shared(const struct name_table *table, size_t key)
{
    struct name_range range = name_table_full_names(table, key);

    return range.end - range.first > 1;
}

static bool may_be_cut_off(const char *host)
{
    return strlen(host) == NETBIOS_NAME_BYTES && strchr(host, '.') == NULL;
}

bool name_is_netbios_of(const char *name, const char *host)
{
    return may_be_cut_off(host) && strcspn(name, ".") > NETBIOS_NAME_BYTES &&
           strncmp(name, host, NETBIOS_NAME_BYTES) == 0;
}

size_t name_table_netbios_owner(const struct name_table *table, const size_t *owner_of,
                                const char *host, bool *several)
{
    char *folded = text_fold(host);
    size_t key = may_be_cut_off(folded) ? lower_bound(table, folded) : table->count;
    size_t found = NAME_NONE;

    *several = false;
    for (; key < table->count && strncmp(table->folded[key], folded, NETBIOS_NAME_BYTES) == 0 &&
           !*several;
         key++) {
        if (owner_of[key] == NAME_NONE || !name_is_netbios_of(table->folded[key], folded))
            continue;
        *several = found != NAME_NONE && found != owner_of[key];
        found = owner_of[key];
    }
    free(folded);
    return *several ? NAME_NONE : found;
}
