/* SPDX-License-Identifier: Apache-2.0 */
/* image_medium: what the openers of the formats share. */
#ifndef SPPTRIAGE_CONTAINER_IMAGE_MEDIUM_H
#define SPPTRIAGE_CONTAINER_IMAGE_MEDIUM_H

#include "container/image.h"

/* As much of a medium as one table of an EWF segment is about. A library that is opened again keeps
 * what belongs to so many of them in memory, at most. */
#ifndef IMAGE_REGION_BYTES /* a test has small ones */
#define IMAGE_REGION_BYTES ((uint64_t)512 * 1024 * 1024)
#endif
#define IMAGE_REGIONS_MOST 12

#define IMAGE_NEEDS_PARENT "needs its parent: it holds only what was changed since that image"

struct image_layers;

/* The functions of a library of libyal for its format. */
struct image_format {
    struct image_library library;
    int (*initialize)(intptr_t **reader, intptr_t **error);
    int (*release)(intptr_t **reader, intptr_t **error);
    int (*open)(intptr_t *reader, intptr_t *handle_or_pool, int access_flags, intptr_t **error);
    int (*close)(intptr_t *reader, intptr_t **error);
    int (*get_size)(intptr_t *reader, size64_t *size_bytes, intptr_t **error);
    ssize_t (*read)(intptr_t *reader, void *buffer, size_t size_bytes, off64_t offset_bytes,
                    intptr_t **error);
    /* Of its libbfio, for libraries that take pools. */
    int (*pool_initialize)(intptr_t **pool, int count, int open_most, intptr_t **error);
    int (*pool_free)(intptr_t **pool, intptr_t **error);
    int (*pool_append)(intptr_t *pool, int *entry, intptr_t *handle, int access_flags,
                       intptr_t **error);
    int (*handle_open)(intptr_t *handle, int access_flags, intptr_t **error);
    /* Opens it again, where it keeps more and more in memory as more of the medium is read. */
    int (*reopen)(struct image_layers *layers, struct error *err);
};

/* Declares those of a library that takes pools. */
#define IMAGE_POOL_DECLARE(name)                                                  \
    IMAGE_BFIO_DECLARE(name);                                                     \
    extern __typeof__(libbfio_pool_initialize) name##_bfio_pool_initialize;       \
    extern __typeof__(libbfio_pool_free) name##_bfio_pool_free;                   \
    extern __typeof__(libbfio_pool_append_handle) name##_bfio_pool_append_handle; \
    extern __typeof__(libbfio_handle_open) name##_bfio_handle_open

/* The files, libbfio's handles over them, and the library's reader above these. */
struct image_layers {
    const struct image_format *format;
    struct image_bytes *files; /* owned; each borrows the file that was handed over */
    size_t file_count;
    intptr_t *handle; /* owned: of the first file, for libraries that take one */
    intptr_t *pool;   /* owned: for those that take several */
    intptr_t *reader; /* owned */
    uint64_t regions[IMAGE_REGIONS_MOST]; /* of the medium, that were read since it was opened */
    size_t region_count;
};

/* Makes the layers, not opened yet; *out owns them. */
struct image_layers *image_layers_new(const struct container_input *input,
                                      const struct image_format *format, struct medium *out);

/* Adds the file of that number to the pool. */
void image_layers_add(struct image_layers *layers, size_t file);

/* Opens the reader on the handle or the pool. */
int image_layers_open(struct image_layers *layers, intptr_t *handle_or_pool, struct error *err);

/* Sets the size of the medium, which is open. */
int image_layers_measure(struct image_layers *layers, struct medium *medium, struct error *err);

/* Those of formats that need more than that (image_vmdk.c). */
int vmdk_open(const struct container_input *input, struct medium *out, struct error *err);

/* Opens a VHD that grows as it is written to; false for others, and where its header is not
 * sound (image_vhd.c). */
bool vhd_open_dynamic(const struct container_file *file, struct medium *out);

/* Notes that a VHDX has changes in its log, which libvhdi does not apply (image_vhdx.c). */
void vhdx_note_log(const struct container_file *file, struct container_notes *notes);

#endif
