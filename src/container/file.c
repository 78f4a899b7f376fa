/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "container/unpacker.h"

int container_file_read(const struct container_file *file, uint64_t offset_bytes, void *buffer,
                        size_t size_bytes, size_t *got)
{
    int result =
        file_read_at(file->descriptor, buffer, size_bytes, file->start_bytes + offset_bytes, got);

    if (file->read_bytes != NULL)
        __atomic_fetch_add(file->read_bytes, *got, __ATOMIC_RELAXED);
    return result;
}
