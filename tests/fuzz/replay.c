/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files that are named: `make check` has no libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "re");
    struct text content = {0};
    char part[4096];
    size_t got;

    if (file == NULL) {
        perror(path);
        return -1;
    }
    while ((got = fread(part, 1, sizeof(part), file)) > 0)
        text_add_bytes(&content, part, got);
    fclose(file);
    LLVMFuzzerTestOneInput((const uint8_t *)text_get(&content), content.length_bytes);
    text_free(&content);
    return 0;
}

int main(int count, char **paths)
{
    for (int index = 1; index < count; index++)
        if (replay(paths[index]) != 0)
            return EXIT_FAILURE;
    printf("%d inputs replayed\n", count - 1);
    return EXIT_SUCCESS;
}
