/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/name.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/hostname.h"

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
    return array_lower_bound(table->folded, table->count, sizeof(*table->folded), &folded,
                             compare_texts);
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
    /* `pc.` alone is not a full name; '/' is the character after '.'. */
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

bool name_range_has(struct name_range range, size_t key)
{
    return key >= range.first && key < range.end;
}

size_t name_table_meaning(const struct name_table *table, size_t key)
{
    struct name_range range = name_table_full_names(table, key);

    return range.end - range.first == 1 ? range.first : key;
}

size_t name_table_short_name(const struct name_table *table, size_t key)
{
    const char *full = table->folded[key];
    char *label = memory_copy_bytes(full, hostname_label_bytes(full));
    size_t label_key = lower_bound(table, label);
    bool means = strcmp(table->folded[label_key], label) == 0 && label_key != key &&
                 name_table_meaning(table, label_key) == key;

    free(label);
    return means ? label_key : NAME_NONE;
}

bool name_table_is_shared(const struct name_table *table, size_t key)
{
    struct name_range range = name_table_full_names(table, key);

    return range.end - range.first > 1;
}

bool name_table_means_several(const struct name_table *table, const char *name)
{
    char *folded = text_fold(name);
    struct name_range range = full_names_of(table, folded);

    free(folded);
    return range.end - range.first > 1;
}

size_t name_table_netbios_owner(const struct name_table *table, const size_t *owner_of,
                                const char *host, bool *several)
{
    char *folded = text_fold(host);
    size_t length = strlen(folded);
    size_t key = hostname_may_be_netbios(folded) ? lower_bound(table, folded) : table->count;
    size_t found = NAME_NONE;

    *several = false;
    for (; key < table->count && strncmp(table->folded[key], folded, length) == 0 && !*several;
         key++) {
        if (owner_of[key] == NAME_NONE || !hostname_is_netbios_of(folded, table->folded[key]))
            continue;
        *several = found != NAME_NONE && found != owner_of[key];
        found = owner_of[key];
    }
    free(folded);
    return *several ? NAME_NONE : found;
}

/* Bytes that are not UTF-8 count as letters. */
static bool is_of_name(const uint8_t *at, size_t length_bytes)
{
    ucs4_t character;

    return u8_mbtoucr(&character, at, length_bytes) <= 0 || uc_is_alnum(character);
}

bool name_has_character(const char *text, size_t at)
{
    return is_of_name((const uint8_t *)text + at, strnlen(text + at, 4));
}

bool name_stands_alone(const char *text, size_t start, size_t end)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t before = start;

    while (before > 0 && text_is_within_character(text[--before]))
        ;
    return (start == 0 || !is_of_name(bytes + before, start - before)) &&
           (text[end] == '\0' || !is_of_name(bytes + end, strlen(text + end)));
}
