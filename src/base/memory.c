/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int end_status; /* 0: as any failure */

void memory_end_at_once(int status)
{
    end_status = status;
}

void *memory_require(void *memory)
{
    if (memory == NULL) {
        fputs("spptriage: out of memory\n", stderr);
        if (end_status != 0)
            _exit(end_status);
        exit(EXIT_FAILURE);
    }
    return memory;
}

void *memory_allocate(size_t count, size_t size_bytes)
{
    return memory_require(calloc(count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1));
}

void *memory_resize(void *old, size_t count, size_t size_bytes)
{
    return memory_require(
        reallocarray(old, count > 0 ? count : 1, size_bytes > 0 ? size_bytes : 1));
}

void *memory_grow(void *items, size_t count, size_t size_bytes)
{
    if ((count & (count - 1)) != 0)
        return items;
    return memory_resize(items, count == 0 ? 1 : count * 2, size_bytes);
}

char *memory_copy_text(const char *text)
{
    return text == NULL ? NULL : memory_require(strdup(text));
}

char *memory_copy_bytes(const char *bytes, size_t length)
{
    char *copy = memory_allocate(length + 1, 1);

    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

uint64_t *memory_share_count(void)
{
    void *shared =
        mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return shared != MAP_FAILED ? shared : NULL;
}

void memory_unshare_count(uint64_t *count)
{
    if (count != NULL)
        munmap(count, sizeof(*count));
}

void memory_free_texts(char **texts, size_t count)
{
    for (size_t index = 0; texts != NULL && index < count; index++)
        free(texts[index]);
    free(texts);
}

char *memory_format_list(const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        memory_require(NULL);
    return text;
}

char *memory_format(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = memory_format_list(format, arguments);
    va_end(arguments);
    return text;
}
