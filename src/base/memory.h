/* SPDX-License-Identifier: Apache-2.0 */
/* memory: allocation that never fails. Running out of memory ends the process with one line on
 * standard error, so a size from the input is compared with a named limit before it gets here.
 * Everything returned is owned by the caller and freed with free(). */
#ifndef SPPTRIAGE_BASE_MEMORY_H
#define SPPTRIAGE_BASE_MEMORY_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* From now on a process that has no memory left ends with that status, and does nothing else. */
void memory_end_at_once(int status);

/* Returns `memory`, or ends the process when it is NULL: for allocations of the C library. */
void *memory_require(void *memory);

/* Returns owned, zeroed memory for `count` items of `size_bytes` each. */
void *memory_allocate(size_t count, size_t size_bytes) __attribute__((malloc, warn_unused_result));

/* Resizes `old` (NULL allowed) to `count` items of `size_bytes`; new bytes are not zeroed. */
void *memory_resize(void *old, size_t count, size_t size_bytes) __attribute__((warn_unused_result));

/* Makes room for one more item in the array `items` that holds `count` of them; its capacity
 * grows by doubling at powers of two, so callers keep only the count. */
void *memory_grow(void *items, size_t count, size_t size_bytes) __attribute__((warn_unused_result));

/* Returns an owned copy of the text, or NULL for NULL. */
char *memory_copy_text(const char *text) __attribute__((warn_unused_result));

/* Returns an owned copy of the first `length` bytes, ended by a NUL. */
char *memory_copy_bytes(const char *bytes, size_t length) __attribute__((warn_unused_result));

/* A number, 0 at first, that this process and those that it forks from now on share; NULL where
 * there can be none. It is used with __atomic_ operations, and unshared by its owner. */
uint64_t *memory_share_count(void) __attribute__((warn_unused_result));
void memory_unshare_count(uint64_t *count);

/* Frees the array of texts, and each of them; NULL is accepted. */
void memory_free_texts(char **texts, size_t count);

/* Are the two equal? Either may be NULL where the length is 0. */
static inline bool memory_equal(const void *left, const void *right, size_t length_bytes)
{
    return length_bytes == 0 || memcmp(left, right, length_bytes) == 0;
}

/* Returns owned text made by printf's rules. */
char *memory_format(const char *format, ...)
    __attribute__((format(printf, 1, 2), warn_unused_result));
char *memory_format_list(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0), warn_unused_result));

/* ---- Arrays: how many items a constant table has, and where in an ordered one an item is ---- */

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Orders of numbers, and of items that are numbers, as qsort and bsearch want them. */
static inline int compare_u64(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static inline int compare_i64(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

static inline int compare_u64_items(const void *left, const void *right)
{
    return compare_u64(*(const uint64_t *)left, *(const uint64_t *)right);
}

static inline int compare_i64_items(const void *left, const void *right)
{
    return compare_i64(*(const int64_t *)left, *(const int64_t *)right);
}

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
