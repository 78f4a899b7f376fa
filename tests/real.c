/* SPDX-License-Identifier: Apache-2.0 */
#include "real.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

const char *real_folder(void)
{
    const char *corpus = getenv("CORPUS");

    return corpus != NULL && access(corpus, R_OK) == 0 ? corpus : NULL;
}

bool real_read_database(struct text *out)
{
    char part[65536];
    char *path;
    FILE *file;
    size_t got;

    if (real_folder() == NULL)
        return false;
    path = memory_format("%s/plaso/Catalog1.edb", real_folder());
    file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    while ((got = fread(part, 1, sizeof(part), file)) > 0)
        text_add_bytes(out, part, got);
    fclose(file);
    free(path);
    return true;
}
