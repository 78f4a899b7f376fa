/* SPDX-License-Identifier: Apache-2.0 */
/* Disk images as an unpacker: the members are listed when the image is opened, and read as they
 * are asked for. */
#include "container/image.h"

#include <stdlib.h>

#include "base/memory.h"

struct image {
    bool carve;
    struct medium medium;
    struct image_volumes volumes;
    struct ntfs *ntfs[IMAGE_VOLUMES_MOST]; /* owned; NULL for those that could not be opened */
    struct image_members members;
    bool has_prefix;         /* several volumes have members */
    struct text path;        /* of the present member */
    size_t next;             /* number of the next member; the medium comes behind them */
    bool is_open;            /* the present member's file */
    uint64_t position_bytes; /* in the medium */
};

static void image_close(void *state)
{
    struct image *image = state;

    image_members_free(&image->members);
    for (size_t index = 0; index < image->volumes.count; index++)
        ntfs_free(image->ntfs[index]);
    medium_close(&image->medium);
    text_free(&image->path);
    free(image);
}

static int image_rewind(void *state, struct error *err)
{
    struct image *image = state;

    (void)err;
    image->next = 0;
    return 0;
}

static int image_next(void *state, struct container_member *out, struct error *err)
{
    struct image *image = state;
    const struct image_member *member;

    (void)err;
    image->is_open = false;
    image->position_bytes = 0;
    text_clear(&image->path);
    if (image->next == image->members.count && image->carve) {
        image->next++;
        *out = (struct container_member){
            .type = MEMBER_MEDIUM, .path = "", .size_bytes = image->medium.bytes.size_bytes};
        return 1;
    }
    if (image->next >= image->members.count)
        return 0;
    member = &image->members.items[image->next++];
    if (image->has_prefix)
        text_add_format(&image->path, "volume%zu/", member->volume + 1);
    text_add(&image->path, member->path);
    *out = (struct container_member){.type = MEMBER_FILE,
                                     .path = text_get(&image->path),
                                     .size_bytes = member->file.size_bytes,
                                     .mtime_ns = member->file.mtime_ns,
                                     .why_unread = member->file.why_unread};
    return 1;
}

static int read_medium(struct image *image, void *buffer, size_t size_bytes, size_t *got,
                       struct error *err)
{
    uint64_t left_bytes = image->medium.bytes.size_bytes - image->position_bytes;

    *got = 0;
    if (size_bytes > left_bytes)
        size_bytes = (size_t)left_bytes;
    if (size_bytes == 0)
        return 0;
    if (image_read(&image->medium.bytes, image->position_bytes, buffer, size_bytes, err) != 0)
        return -1;
    image->position_bytes += size_bytes;
    *got = size_bytes;
    return 0;
}

static int image_read_member(void *state, void *buffer, size_t size_bytes, size_t *got,
                             struct error *err)
{
    struct image *image = state;
    const struct image_member *member;

    if (image->next > image->members.count)
        return read_medium(image, buffer, size_bytes, got, err);
    member = &image->members.items[image->next - 1];
    if (!image->is_open && ntfs_open_file(image->ntfs[member->volume], member->index, err) != 0)
        return -1;
    image->is_open = true;
    return ntfs_read_file(image->ntfs[member->volume], buffer, size_bytes, got, err);
}

static void open_volume(struct image *image, size_t number, struct container_notes *notes)
{
    const struct image_volume *volume = &image->volumes.items[number];
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};

    image->ntfs[number] = ntfs_open(&image->medium.bytes, volume, &err);
    if (image->ntfs[number] == NULL)
        container_note(notes, true, "the NTFS volume at byte %llu cannot be read: %s",
                       (unsigned long long)volume->offset_bytes, err.message);
    else
        image_find_members(image->ntfs[number], number, notes, &image->members);
    error_clear(&err);
}

/* They are in order of their volumes. */
static bool are_of_several_volumes(const struct image_members *members)
{
    return members->count > 0 &&
           members->items[0].volume != members->items[members->count - 1].volume;
}

int image_open(const struct container_input *input, struct container_notes *notes,
               struct unpacker *out, struct error *err)
{
    struct image *image = memory_allocate(1, sizeof(*image));

    image->carve = input->carve;
    if (medium_open(input, notes, &image->medium, err) != 0 ||
        image_find_volumes(&image->medium.bytes, notes, &image->volumes, err) != 0) {
        image_close(image);
        return -1;
    }
    for (size_t number = 0; number < image->volumes.count; number++)
        open_volume(image, number, notes);
    image->has_prefix = are_of_several_volumes(&image->members);
    if (image->volumes.count > 0 && image->members.count == 0)
        container_note(notes, false, "its NTFS volumes hold none of the paths that are read");
    *out = (struct unpacker){.state = image,
                             .next = image_next,
                             .read = image_read_member,
                             .rewind = image_rewind,
                             .close = image_close};
    return 0;
}
