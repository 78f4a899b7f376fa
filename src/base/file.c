/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

static uint64_t fault_count;

uint64_t file_fault_count(void)
{
    return fault_count;
}

int file_read_at(int descriptor, void *buffer, size_t size_bytes, uint64_t offset_bytes,
                 size_t *read_bytes)
{
    ssize_t got = 1;

    *read_bytes = 0;
    while (got != 0 && *read_bytes < size_bytes) {
        got = pread(descriptor, (char *)buffer + *read_bytes, size_bytes - *read_bytes,
                    (off_t)(offset_bytes + *read_bytes));
        if (got < 0 && errno != EINTR) {
            fault_count++;
            return -1;
        }
        if (got > 0)
            *read_bytes += (size_t)got;
    }
    return 0;
}

int file_write(int descriptor, const void *bytes, size_t size_bytes)
{
    size_t done = 0;

    while (done < size_bytes) {
        ssize_t count = write(descriptor, (const char *)bytes + done, size_bytes - done);

        if (count < 0 && errno != EINTR)
            return -1;
        if (count > 0)
            done += (size_t)count;
    }
    return 0;
}

int file_sync(int descriptor)
{
    while (fsync(descriptor) != 0) {
        if (errno == EINVAL)
            return 0;
        if (errno != EINTR)
            return -1;
    }
    return 0;
}
