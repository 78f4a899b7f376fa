/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

static char *folder;

void scratch_begin(void)
{
    const char *temporary = getenv("TMPDIR");

    folder = memory_format("%s/spptriage.XXXXXX", temporary != NULL ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_end(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(folder);
}

void scratch_write(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    ck_assert_msg(file != NULL, "%s cannot be written", path);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static struct text read_all(FILE *file)
{
    struct text content = {0};
    char buffer[4096];
    size_t count;

    while ((count = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_add_bytes(&content, buffer, count);
    return content;
}

static struct text read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    struct text content;

    ck_assert_msg(file != NULL, "%s cannot be read", path);
    content = read_all(file);
    fclose(file);
    return content;
}

char *scratch_read(const char *path)
{
    struct text content = read_file(path);

    return text_take(&content);
}

bool scratch_is_same(const char *left_path, const char *right_path)
{
    struct text left = read_file(left_path), right = read_file(right_path);
    bool same = left.length_bytes == right.length_bytes &&
                memcmp(text_get(&left), text_get(&right), left.length_bytes) == 0;

    text_free(&left);
    text_free(&right);
    return same;
}

bool scratch_exists(const char *path)
{
    struct stat found;

    return lstat(path, &found) == 0;
}

char *scratch_source_path(const char *name)
{
    const char *top = getenv("top_srcdir");

    return memory_format("%s/%s", top != NULL ? top : ".", name);
}

const char *scratch_python_path(void)
{
    const char *path = getenv("PYTHON");

    return path != NULL ? path : "/usr/bin/python3";
}

char *scratch_python(const char *code, const char *argument)
{
    const char *python = scratch_python_path();
    struct text output;
    int ends[2];
    int status;
    FILE *file;
    pid_t child;

    if (access(python, X_OK) != 0) {
        printf("SKIP: python3, another tool, is not installed\n");
        return NULL;
    }
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(python, python, "-c", code, argument, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    file = fdopen(ends[0], "r");
    output = read_all(file);
    fclose(file);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "Python failed");
    return text_take(&output);
}
