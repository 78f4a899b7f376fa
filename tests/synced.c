/* SPDX-License-Identifier: Apache-2.0 */
#include "synced.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"

/* Of the file or folder with this number. */
struct deed {
    ino_t file;
    bool is_rename; /* or a sync */
};

static struct deed *deeds;
static size_t deed_count;
static int sync_count;
static int failing;

void synced_begin(void)
{
    deed_count = 0;
    sync_count = 0;
    failing = 0;
}

void synced_fail(int number)
{
    failing = number;
}

static void remember(ino_t file, bool is_rename)
{
    deeds = memory_grow(deeds, deed_count, sizeof(*deeds));
    deeds[deed_count++] = (struct deed){.file = file, .is_rename = is_rename};
}

int fsync(int descriptor)
{
    struct stat status;

    if (++sync_count == failing) {
        errno = EIO;
        return -1;
    }
    if (fstat(descriptor, &status) == 0)
        remember(status.st_ino, false);
    return (int)syscall(SYS_fsync, descriptor);
}

int renameat(int old_folder, const char *old_name, int new_folder, const char *new_name)
{
    struct stat status;

    if (fstatat(old_folder, old_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        remember(status.st_ino, true);
    return (int)syscall(SYS_renameat2, old_folder, old_name, new_folder, new_name, 0);
}

int rename(const char *old_path, const char *new_path)
{
    return renameat(AT_FDCWD, old_path, AT_FDCWD, new_path);
}

/* The number of the last such deed before `end`, from 1; 0 where there is none. */
static size_t find_last(ino_t file, bool is_rename, size_t end)
{
    while (end > 0 && (deeds[end - 1].file != file || deeds[end - 1].is_rename != is_rename))
        end--;
    return end;
}

bool synced_in_order(const char *path, const char *folder)
{
    struct stat file, above;
    size_t named;

    if (stat(path, &file) != 0 || stat(folder, &above) != 0)
        return false;
    named = find_last(file.st_ino, true, deed_count);
    return named > 0 && find_last(file.st_ino, false, named) > 0 &&
           find_last(above.st_ino, false, deed_count) > named;
}
