/* SPDX-License-Identifier: Apache-2.0 */
#include "work.h"

#include <stddef.h>
#include <string.h>

static uint64_t count;

uint64_t work_count(void)
{
    return count;
}

/* Called at the start of each block. */
void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
    count++;
}

/* The linker puts those of __wrap_ in the place of the functions, and these in that of __real_. */
void *__real_memchr(const void *bytes, int byte, size_t size_bytes);
void *__wrap_memchr(const void *bytes, int byte, size_t size_bytes);
void *__real_memrchr(const void *bytes, int byte, size_t size_bytes);
void *__wrap_memrchr(const void *bytes, int byte, size_t size_bytes);
void *__real_memmem(const void *bytes, size_t size_bytes, const void *part, size_t part_bytes);
void *__wrap_memmem(const void *bytes, size_t size_bytes, const void *part, size_t part_bytes);
char *__real_strstr(const char *text, const char *part);
char *__wrap_strstr(const char *text, const char *part);
char *__real_strcasestr(const char *text, const char *part);
char *__wrap_strcasestr(const char *text, const char *part);

/* Counts what was gone through: up to what was found, or all. */
static void add(const void *start, const void *found, size_t size_bytes)
{
    count += found != NULL ? (size_t)((const char *)found - (const char *)start) : size_bytes;
}

void *__wrap_memchr(const void *bytes, int byte, size_t size_bytes)
{
    void *found = __real_memchr(bytes, byte, size_bytes);

    add(bytes, found, size_bytes);
    return found;
}

void *__wrap_memrchr(const void *bytes, int byte, size_t size_bytes)
{
    void *found = __real_memrchr(bytes, byte, size_bytes);

    count += found != NULL ? (size_t)((const char *)bytes + size_bytes - (const char *)found)
                           : size_bytes;
    return found;
}

void *__wrap_memmem(const void *bytes, size_t size_bytes, const void *part, size_t part_bytes)
{
    void *found = __real_memmem(bytes, size_bytes, part, part_bytes);

    add(bytes, found, size_bytes);
    return found;
}

char *__wrap_strstr(const char *text, const char *part)
{
    char *found = __real_strstr(text, part);

    add(text, found, strlen(text));
    return found;
}

char *__wrap_strcasestr(const char *text, const char *part)
{
    char *found = __real_strcasestr(text, part);

    add(text, found, strlen(text));
    return found;
}
