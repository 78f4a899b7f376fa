/* SPDX-License-Identifier: Apache-2.0 */
/* image: the parts of what takes disk images apart, from the files that were handed over up to the
 * member (unpacker.h): files, medium (image_medium.c), volumes (image_volumes.c), NTFS
 * (image_ntfs.c), the paths of interest (image_walk.c), unpacker (image.c).
 *
 * Of the libraries that read NTFS, libfsntfs and The Sleuth Kit, this uses libfsntfs. Both read the
 * same bytes of fragmented, sparse and compressed files, about equally fast; but of 600 damaged
 * volumes 7 crashed The Sleuth Kit 4.11.1 and none libfsntfs 20200921. libfsntfs also reads files
 * that Windows 10 compressed itself (WOF), takes a handle as the libraries of the image formats
 * do, and brings no other library along. */
#ifndef SPPTRIAGE_CONTAINER_IMAGE_H
#define SPPTRIAGE_CONTAINER_IMAGE_H

#include <libbfio.h>

#include "container/unpacker.h"

/* Bytes that can be read anywhere: of a file, of a medium, of a volume. */
struct image_bytes {
    uint64_t size_bytes;
    void *state;
    /* Reads all of a stretch that lies within them. -1 (ERROR_SOURCE) when it cannot be read. */
    int (*read)(void *state, uint64_t offset_bytes, void *buffer, size_t size_bytes,
                struct error *err);
};

/* Reads a stretch, wherever it lies: -1 as well when it passes the end. */
int image_read(const struct image_bytes *bytes, uint64_t offset_bytes, void *buffer,
               size_t size_bytes, struct error *err);

/* ---- libbfio's handles, and what libraries of libyal say (image_handle.c) ---- */

/* All of their types are intptr_t, so that tables can hold functions of several of them. */
struct image_library {
    const char *name;
    int (*print)(intptr_t *error, char *text, size_t size_bytes);
    void (*release)(intptr_t **error);
    /* Of its own copy of libbfio: each has one (script/alone), and takes the handles of no other.
     */
    int (*handle_initialize)(
        intptr_t **handle, intptr_t *state, int (*free_state)(intptr_t **, intptr_t **),
        int (*clone)(intptr_t **, intptr_t *, intptr_t **),
        int (*open)(intptr_t *, int, intptr_t **), int (*close)(intptr_t *, intptr_t **),
        ssize_t (*read)(intptr_t *, uint8_t *, size_t, intptr_t **),
        ssize_t (*write)(intptr_t *, const uint8_t *, size_t, intptr_t **),
        off64_t (*seek)(intptr_t *, off64_t, int, intptr_t **),
        int (*exists)(intptr_t *, intptr_t **), int (*is_open)(intptr_t *, intptr_t **),
        int (*get_size)(intptr_t *, size64_t *, intptr_t **), uint8_t flags, intptr_t **error);
    int (*handle_free)(intptr_t **handle, intptr_t **error);
};

/* Declares these two of a library: __typeof__ of libbfio's own. */
#define IMAGE_BFIO_DECLARE(name)                                                \
    extern __typeof__(libbfio_handle_initialize) name##_bfio_handle_initialize; \
    extern __typeof__(libbfio_handle_free) name##_bfio_handle_free

/* Fills *err with what the library says went wrong, and frees that. Returns -1. */
int image_fail(struct error *err, const struct image_library *library, intptr_t **error);

/* Returns owned: a handle of the library's libbfio over the bytes, which are borrowed as long as it
 * is used. Its reading callback keeps no error: the bytes' own reading function can. */
intptr_t *image_handle_new(const struct image_bytes *bytes, const struct image_library *library);

/* ---- The medium: the bytes that the disk had (image_medium.c, image_vmdk.c) ---- */

struct medium {
    struct image_bytes bytes;
    void (*close)(void *state);
};

/* Opens the medium of the image that the input's files are. -1 (ERROR_SOURCE) with the reason; what
 * the input points to is borrowed until it is closed. */
int medium_open(const struct container_input *input, struct container_notes *notes,
                struct medium *out, struct error *err);
void medium_close(struct medium *medium);

/* A file as bytes; borrows it. */
struct image_bytes image_bytes_of_file(const struct container_file *file);

/* ---- Volumes (image_volumes.c) ---- */

struct image_volume {
    uint64_t offset_bytes;
    uint64_t size_bytes; /* what there is of it on the medium */
};

/* Volumes above this number are not looked for. */
#define IMAGE_VOLUMES_MOST 128

struct image_volumes {
    struct image_volume items[IMAGE_VOLUMES_MOST]; /* in order of offset */
    size_t count;
};

/* Fills *out with the NTFS volumes of the medium. Whatever else lies on it, and could hold a
 * Windows, is noted. -1 (ERROR_SOURCE) when its first sectors cannot be read. */
int image_find_volumes(const struct image_bytes *medium, struct container_notes *notes,
                       struct image_volumes *out, struct error *err);

/* ---- NTFS (image_ntfs.c) ---- */

struct ntfs;

#define NTFS_ROOT_INDEX 5 /* of the MFT: the record of the root folder */

struct ntfs_entry {
    char *name;     /* owned: UTF-8 */
    uint64_t index; /* of its MFT record */
    bool is_folder; /* one that can be entered: links and mount points are not */
};

struct ntfs_folder {
    struct ntfs_entry *entries; /* owned */
    size_t count;
    size_t unnamed;     /* entries whose record or name cannot be read: they are not among them */
    bool is_over_limit; /* it was not read for having too many */
};

struct ntfs_file {
    uint64_t size_bytes;
    int64_t mtime_ns;
    char *why_unread; /* owned: NULL, or why its bytes cannot be had */
};

/* Opens the volume; the medium is borrowed. Returns owned, or NULL (ERROR_SOURCE). */
struct ntfs *ntfs_open(const struct image_bytes *medium, const struct image_volume *volume,
                       struct error *err);
void ntfs_free(struct ntfs *ntfs);

/* Fills *out (as zeros before; free it with ntfs_folder_free in any case) with the entries of the
 * folder. -1 (ERROR_SOURCE) when it cannot be read, is larger than a limit, or more was read of
 * all folders than another limit allows. */
int ntfs_read_folder(struct ntfs *ntfs, uint64_t index, struct ntfs_folder *out, struct error *err);
void ntfs_folder_free(struct ntfs_folder *folder);

/* Says what the file is; what cannot be told of it is in its why_unread. */
void ntfs_describe_file(struct ntfs *ntfs, uint64_t index, struct ntfs_file *out);

/* Opens the file for reading from its start, in place of the one before. */
int ntfs_open_file(struct ntfs *ntfs, uint64_t index, struct error *err);
/* Reads on in it: *got bytes, 0 at its end. */
int ntfs_read_file(struct ntfs *ntfs, void *buffer, size_t size_bytes, size_t *got,
                   struct error *err);

/* ---- The paths of interest (image_walk.c) ---- */

struct image_member {
    size_t volume;  /* number in the list of volumes */
    uint64_t index; /* of its MFT record */
    char *path;     /* owned: in its volume */
    struct ntfs_file file;
};

struct image_members {
    struct image_member *items; /* owned */
    size_t count;
};

/* Adds the files of interest of the volume. What of it cannot be read is noted. */
void image_find_members(struct ntfs *ntfs, size_t volume, struct container_notes *notes,
                        struct image_members *members);
void image_members_free(struct image_members *members);

#endif
