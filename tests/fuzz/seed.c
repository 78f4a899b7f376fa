/* SPDX-License-Identifier: Apache-2.0 */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void seed_write(const char *folder, unsigned number, const void *bytes, size_t size_bytes)
{
    char *path = memory_format("%s/%03u", folder, number);
    FILE *file = fopen(path, "we");

    if (file == NULL || fwrite(bytes, 1, size_bytes, file) != size_bytes || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    free(path);
}
