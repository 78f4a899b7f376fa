/* SPDX-License-Identifier: Apache-2.0 */
/* Handles of libbfio over bytes that are read by callbacks: so the libraries of libyal read from
 * descriptors alone, and open nothing by name. */
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "container/image.h"

#define BACKTRACE_BYTES 16384u

struct image_handle {
    const struct image_bytes *bytes; /* borrowed */
    uint64_t position_bytes;
    bool is_open;
};

int image_read(const struct image_bytes *bytes, uint64_t offset_bytes, void *buffer,
               size_t size_bytes, struct error *err)
{
    if (offset_bytes > bytes->size_bytes || size_bytes > bytes->size_bytes - offset_bytes)
        return error_set(err, ERROR_SOURCE, offset_bytes, "it ends before byte %llu",
                         (unsigned long long)offset_bytes + size_bytes);
    return bytes->read(bytes->state, offset_bytes, buffer, size_bytes, err);
}

int image_fail(struct error *err, const struct image_library *library, intptr_t **error)
{
    char *reason = memory_allocate(1, BACKTRACE_BYTES);

    if (*error == NULL || library->print(*error, reason, BACKTRACE_BYTES) == -1)
        memcpy(reason, "unknown", sizeof("unknown"));
    library->release(error);
    error_set_library(err, library->name, reason);
    free(reason);
    return -1;
}

static int handle_free(intptr_t **state, intptr_t **error)
{
    (void)error;
    free(*state);
    *state = NULL;
    return 1;
}

static int handle_clone(intptr_t **out, intptr_t *state, intptr_t **error)
{
    struct image_handle *copy = memory_allocate(1, sizeof(*copy));

    (void)error;
    *copy = *(struct image_handle *)state;
    *out = (intptr_t *)copy;
    return 1;
}

static int handle_open(intptr_t *state, int access_flags, intptr_t **error)
{
    struct image_handle *handle = (struct image_handle *)state;

    (void)error;
    handle->is_open = true;
    handle->position_bytes = 0;
    return access_flags == LIBBFIO_OPEN_READ ? 1 : -1;
}

static int handle_close(intptr_t *state, intptr_t **error)
{
    (void)error;
    ((struct image_handle *)state)->is_open = false;
    return 0;
}

static ssize_t handle_read(intptr_t *state, uint8_t *buffer, size_t size_bytes, intptr_t **error)
{
    struct image_handle *handle = (struct image_handle *)state;
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint64_t left_bytes = handle->position_bytes < handle->bytes->size_bytes
                              ? handle->bytes->size_bytes - handle->position_bytes
                              : 0;

    (void)error;
    if (size_bytes > left_bytes)
        size_bytes = (size_t)left_bytes;
    if (size_bytes > 0 &&
        image_read(handle->bytes, handle->position_bytes, buffer, size_bytes, &err) != 0) {
        error_clear(&err);
        return -1;
    }
    handle->position_bytes += size_bytes;
    return (ssize_t)size_bytes;
}

static ssize_t handle_write(intptr_t *state, const uint8_t *buffer, size_t size_bytes,
                            intptr_t **error)
{
    (void)state, (void)buffer, (void)size_bytes, (void)error;
    return -1;
}

static off64_t handle_seek(intptr_t *state, off64_t offset, int whence, intptr_t **error)
{
    struct image_handle *handle = (struct image_handle *)state;
    int64_t base_bytes = whence == SEEK_CUR   ? (int64_t)handle->position_bytes
                         : whence == SEEK_END ? (int64_t)handle->bytes->size_bytes
                                              : 0;

    (void)error;
    if (__builtin_add_overflow(base_bytes, offset, &base_bytes) || base_bytes < 0)
        return -1;
    handle->position_bytes = (uint64_t)base_bytes;
    return base_bytes;
}

static int handle_exists(intptr_t *state, intptr_t **error)
{
    (void)state, (void)error;
    return 1;
}

static int handle_is_open(intptr_t *state, intptr_t **error)
{
    (void)error;
    return ((struct image_handle *)state)->is_open;
}

static int handle_get_size(intptr_t *state, size64_t *size_bytes, intptr_t **error)
{
    (void)error;
    *size_bytes = ((struct image_handle *)state)->bytes->size_bytes;
    return 1;
}

intptr_t *image_handle_new(const struct image_bytes *bytes, const struct image_library *library)
{
    struct image_handle *handle = memory_allocate(1, sizeof(*handle));
    intptr_t *made = NULL;

    handle->bytes = bytes;
    if (library->handle_initialize(&made, (intptr_t *)handle, handle_free, handle_clone,
                                   handle_open, handle_close, handle_read, handle_write,
                                   handle_seek, handle_exists, handle_is_open, handle_get_size,
                                   LIBBFIO_FLAG_IO_HANDLE_MANAGED, NULL) != 1)
        abort();
    return made;
}
