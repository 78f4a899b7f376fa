/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the system, for LD_PRELOAD: one call of the C library fails with an error that the
 * environment tells, for files whose path has a text in it.
 *
 *   INJECT_CALL   the call: open, opendir, readdir, stat, fstat, read, pread, mmap, write, fsync,
 *                 rename; calls that do the same under another name count as it
 *   INJECT_BELOW  what the path has in it
 *   INJECT_AT     which of these calls fails, from 1 on, counted over all processes
 *   INJECT_LASTS  1: so do all behind it
 *   INJECT_ERRNO  the number of the error
 *   INJECT_LOG    a file that gets the number of such calls, when the program ends
 *
 * An open file is known again by its number on the disk: descriptors are handed to other processes,
 * which may not ask for their paths. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MOST 4096

/* What all processes know: it is mapped before the first is forked. */
struct shared {
    atomic_size_t count; /* of the calls */
    atomic_size_t file_count;
    ino_t files[FILES_MOST]; /* that were opened */
};

static struct shared *shared;
static const char *call, *below;
static size_t fails_at;
static bool lasts;
static int error_number;
static pid_t first_process;

static size_t number_of(const char *name)
{
    const char *value = getenv(name);

    return value != NULL ? strtoul(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void prepare(void)
{
    void *memory = (void *)syscall(SYS_mmap, NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, (off_t)0);

    call = getenv("INJECT_CALL");
    below = getenv("INJECT_BELOW");
    fails_at = number_of("INJECT_AT");
    lasts = number_of("INJECT_LASTS") != 0;
    error_number = (int)number_of("INJECT_ERRNO");
    first_process = getpid();
    if (memory != MAP_FAILED && call != NULL && below != NULL)
        shared = memory;
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("INJECT_LOG");
    FILE *log =
        shared != NULL && path != NULL && getpid() == first_process ? fopen(path, "w") : NULL;

    if (log == NULL)
        return;
    fprintf(log, "%zu\n", atomic_load(&shared->count));
    fclose(log);
}

/* Is the call, of a file that is concerned, one that fails? */
static bool fails(const char *name, bool is_concerned)
{
    size_t count;

    if (!is_concerned || strcmp(name, call) != 0)
        return false;
    count = atomic_fetch_add(&shared->count, 1) + 1;
    if (count != fails_at && (!lasts || count < fails_at))
        return false;
    errno = error_number;
    return true;
}

static bool is_path(const char *path)
{
    return shared != NULL && path != NULL && strstr(path, below) != NULL;
}

static ino_t number_on_disk(int descriptor)
{
    struct stat status;

    return syscall(SYS_fstat, descriptor, &status) == 0 ? status.st_ino : 0;
}

static bool is_file(int descriptor)
{
    int kept = errno;
    ino_t number = shared != NULL ? number_on_disk(descriptor) : 0;
    size_t count = number != 0 ? atomic_load(&shared->file_count) : 0;

    errno = kept;
    for (size_t index = 0; index < count && index < FILES_MOST; index++)
        if (shared->files[index] == number)
            return true;
    return false;
}

static int remember(const char *path, int descriptor)
{
    if (descriptor >= 0 && is_path(path) && !is_file(descriptor)) {
        size_t place = atomic_fetch_add(&shared->file_count, 1);

        if (place < FILES_MOST)
            shared->files[place] = number_on_disk(descriptor);
    }
    return descriptor;
}

#define NEXT(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

/* ---- The calls ---- */

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    if (fails("open", is_path(path)))
        return -1;
    return remember(path, (int)syscall(SYS_openat, folder, path, flags, mode));
}

#define OPEN_MODE(flags, mode)                        \
    do {                                              \
        va_list arguments;                            \
                                                      \
        va_start(arguments, flags);                   \
        if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) \
            (mode) = va_arg(arguments, mode_t);       \
        va_end(arguments);                            \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return open_at(folder, path, flags, mode);
}

DIR *opendir(const char *path)
{
    return fails("opendir", is_path(path)) ? NULL : NEXT(opendir)(path);
}

DIR *fdopendir(int descriptor)
{
    return fails("opendir", is_file(descriptor)) ? NULL : NEXT(fdopendir)(descriptor);
}

struct dirent *readdir(DIR *listing)
{
    return fails("readdir", is_file(dirfd(listing))) ? NULL : NEXT(readdir)(listing);
}

int stat(const char *path, struct stat *status)
{
    return fails("stat", is_path(path)) ? -1 : NEXT(stat)(path, status);
}

int lstat(const char *path, struct stat *status)
{
    return fails("stat", is_path(path)) ? -1 : NEXT(lstat)(path, status);
}

int fstat(int descriptor, struct stat *status)
{
    return fails("fstat", is_file(descriptor)) ? -1 : NEXT(fstat)(descriptor, status);
}

ssize_t read(int descriptor, void *buffer, size_t size_bytes)
{
    return fails("read", is_file(descriptor)) ? -1
                                              : syscall(SYS_read, descriptor, buffer, size_bytes);
}

ssize_t pread(int descriptor, void *buffer, size_t size_bytes, off_t start)
{
    return fails("pread", is_file(descriptor))
               ? -1
               : syscall(SYS_pread64, descriptor, buffer, size_bytes, start);
}

ssize_t pread64(int descriptor, void *buffer, size_t size_bytes, off64_t start)
{
    return pread(descriptor, buffer, size_bytes, start);
}

void *mmap(void *address, size_t size_bytes, int protection, int flags, int descriptor, off_t start)
{
    if (fails("mmap", descriptor >= 0 && is_file(descriptor)))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size_bytes, protection, flags, descriptor, start);
}

ssize_t write(int descriptor, const void *bytes, size_t size_bytes)
{
    return fails("write", is_file(descriptor)) ? -1
                                               : syscall(SYS_write, descriptor, bytes, size_bytes);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size_bytes, off64_t start)
{
    return fails("write", is_file(descriptor))
               ? -1
               : syscall(SYS_pwrite64, descriptor, bytes, size_bytes, start);
}

int fsync(int descriptor)
{
    return fails("fsync", is_file(descriptor)) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
    return fails("fsync", is_file(descriptor)) ? -1 : (int)syscall(SYS_fdatasync, descriptor);
}

int rename(const char *from, const char *to)
{
    return fails("rename", is_path(to)) ? -1 : NEXT(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return fails("rename", is_path(to)) ? -1 : NEXT(renameat)(from_folder, from, to_folder, to);
}
