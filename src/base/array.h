/* SPDX-License-Identifier: Apache-2.0 */
/* array: how many items a constant table has, and where in an ordered one an item is. */
#ifndef SPPTRIAGE_BASE_ARRAY_H
#define SPPTRIAGE_BASE_ARRAY_H

#include <stddef.h>

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The index of the first item that does not come before the key; `count` where all do. The items
 * are in the order by which `compare` tells an item from the key: below 0 where it comes before.
 * For items that are equal to the key, bsearch finds any. */
static inline size_t array_lower_bound(const void *items, size_t count, size_t item_bytes,
                                       const void *key,
                                       int (*compare)(const void *item, const void *key))
{
    size_t first = 0, end = count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (compare((const char *)items + middle * item_bytes, key) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

#endif
