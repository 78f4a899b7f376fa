/* SPDX-License-Identifier: Apache-2.0 */
#include "imaged.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define FILES_MOST 64u
/* Odd, so that reads end in the middle of clusters. */
#define READ_BYTES 70001u

static void read_member(struct unpacker *unpacker, const struct container_member *member,
                        struct imaged_member *out)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    size_t got = 0;

    *out = (struct imaged_member){.path = memory_copy_text(member->path),
                                  .mtime_ns = member->mtime_ns,
                                  .why_unread = memory_copy_text(member->why_unread),
                                  .type = member->type};
    if (member->why_unread != NULL)
        return;
    do {
        out->bytes = memory_resize(out->bytes, out->size_bytes + READ_BYTES, 1);
        if (unpacker->read(unpacker->state, out->bytes + out->size_bytes, READ_BYTES, &got, &err) !=
            0) {
            out->why_unread = memory_copy_text(err.message);
            error_clear(&err);
            return;
        }
        out->size_bytes += got;
    } while (got > 0);
    ck_assert_uint_eq(out->size_bytes, member->size_bytes);
}

/* The members come again from the first when it is gone back to it. */
static void expect_again(struct unpacker *unpacker, const struct imaged *imaged)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct container_member member;

    ck_assert_int_eq(unpacker->rewind(unpacker->state, &err), 0);
    for (size_t index = 0; index < imaged->count; index++) {
        ck_assert_int_eq(unpacker->next(unpacker->state, &member, &err), 1);
        ck_assert_str_eq(member.path, imaged->members[index].path);
    }
    ck_assert_int_eq(unpacker->next(unpacker->state, &member, &err), 0);
}

static void read_input(const struct container_input *input, struct imaged *out)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct container_notes notes = {0};
    struct container_member member;
    struct unpacker unpacker;

    *out = (struct imaged){0};
    if (image_open(input, &notes, &unpacker, &err) != 0) {
        ck_assert_int_eq(err.kind, ERROR_SOURCE);
        out->error = memory_copy_text(err.message);
        error_clear(&err);
    } else {
        while (unpacker.next(unpacker.state, &member, &err) == 1) {
            out->members = memory_grow(out->members, out->count, sizeof(*out->members));
            read_member(&unpacker, &member, &out->members[out->count++]);
        }
        ck_assert_int_eq(err.kind, ERROR_NONE);
        expect_again(&unpacker, out);
        unpacker.close(unpacker.state);
    }
    out->notes = text_take(&notes.detail);
    out->is_incomplete = notes.is_incomplete;
}

void imaged_read(enum source_kind kind, const char *const *paths, size_t count, bool carve,
                 struct imaged *out)
{
    struct container_file files[FILES_MOST];
    struct container_input input = {
        .kind = kind, .files = files, .file_count = count, .carve = carve};

    ck_assert_uint_le(count, FILES_MOST);
    for (size_t index = 0; index < count; index++) {
        const char *slash = strrchr(paths[index], '/');
        struct stat status;

        files[index] =
            (struct container_file){.descriptor = open(paths[index], O_RDONLY | O_CLOEXEC),
                                    .name = slash != NULL ? slash + 1 : paths[index]};
        ck_assert_int_ge(files[index].descriptor, 0);
        ck_assert_int_eq(fstat(files[index].descriptor, &status), 0);
        files[index].size_bytes = (uint64_t)status.st_size;
    }
    read_input(&input, out);
    for (size_t index = 0; index < count; index++)
        close(files[index].descriptor);
}

/* It lies within a file, with other bytes before and behind. */
void imaged_read_bytes(enum source_kind kind, const uint8_t *bytes, size_t size_bytes, bool carve,
                       struct imaged *out)
{
    static const char around[] = "what lies before and behind it";
    struct container_file file = {.descriptor = memfd_create("image", MFD_CLOEXEC),
                                  .start_bytes = sizeof(around),
                                  .size_bytes = size_bytes,
                                  .name = "image"};
    struct container_input input = {.kind = kind, .files = &file, .file_count = 1, .carve = carve};

    ck_assert_int_ge(file.descriptor, 0);
    ck_assert_int_eq(file_write(file.descriptor, around, sizeof(around)), 0);
    ck_assert_int_eq(file_write(file.descriptor, bytes, size_bytes), 0);
    ck_assert_int_eq(file_write(file.descriptor, around, sizeof(around)), 0);
    read_input(&input, out);
    close(file.descriptor);
}

void imaged_free_content(struct imaged *imaged)
{
    for (size_t index = 0; index < imaged->count; index++) {
        free(imaged->members[index].path);
        free(imaged->members[index].bytes);
        free(imaged->members[index].why_unread);
    }
    free(imaged->members);
    free(imaged->error);
    free(imaged->notes);
    *imaged = (struct imaged){0};
}

const struct imaged_member *imaged_find(const struct imaged *imaged, const char *path)
{
    for (size_t index = 0; index < imaged->count; index++)
        if (strcmp(imaged->members[index].path, path) == 0)
            return &imaged->members[index];
    return NULL;
}

char *imaged_paths(const struct imaged *imaged)
{
    struct text paths = {0};

    for (size_t index = 0; index < imaged->count; index++)
        text_add_format(&paths, "%s\n", imaged->members[index].path);
    return text_take(&paths);
}

bool imaged_run(const char *command)
{
    const char *path = getenv("PATH");
    char *line = memory_format("PATH=%s:/usr/sbin:/sbin; command -v %.*s >found.out || exit 127; "
                               "%s >tool.out 2>&1 || { cat tool.out; exit 1; }",
                               path != NULL ? path : "/usr/bin:/bin", (int)strcspn(command, " "),
                               command, command);
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    free(line);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        printf("SKIP: %.*s, another tool, is not installed: no image of it was read\n",
               (int)strcspn(command, " "), command);
        return false;
    }
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", command);
    return true;
}
