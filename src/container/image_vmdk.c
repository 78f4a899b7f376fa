/* SPDX-License-Identifier: Apache-2.0 */
/* VMDK: a descriptor names the extents, which are matched by these names to the files that were
 * handed over. The descriptor of a disk in one file lies within it, and names that file as it was
 * called when it was made. */
#include <libvmdk.h>
#include <stdlib.h>

#include "base/memory.h"
#include "container/image_medium.h"

/* More extents than a disk of 60 TB has in files of 2 GB. */
#define EXTENTS_MOST 32768
#define NAME_BYTES_MOST 4096u
#define NO_PARENT UINT32_MAX

IMAGE_POOL_DECLARE(libvmdk);
static const struct image_format vmdk_format = {
    .library = {"libvmdk", libvmdk_error_backtrace_sprint, libvmdk_error_free,
                libvmdk_bfio_handle_initialize, libvmdk_bfio_handle_free},
    .initialize = libvmdk_handle_initialize,
    .release = libvmdk_handle_free,
    .open = libvmdk_handle_open_file_io_handle,
    .close = libvmdk_handle_close,
    .get_size = libvmdk_handle_get_media_size,
    .read = libvmdk_handle_read_buffer_at_offset,
    .pool_initialize = libvmdk_bfio_pool_initialize,
    .pool_free = libvmdk_bfio_pool_free,
    .pool_append = libvmdk_bfio_pool_append_handle,
    .handle_open = libvmdk_bfio_handle_open,
};

/* Returns owned: the file name of the extent without folders, or NULL where it has none. */
static char *extent_name(intptr_t *reader, int index)
{
    libvmdk_extent_descriptor_t *extent = NULL;
    size_t size_bytes = 0;
    char *path = NULL, *name = NULL;

    if (libvmdk_handle_get_extent_descriptor(reader, index, &extent, NULL) != 1)
        return NULL;
    if (libvmdk_extent_descriptor_get_utf8_filename_size(extent, &size_bytes, NULL) == 1 &&
        size_bytes > 0 && size_bytes <= NAME_BYTES_MOST) {
        path = memory_allocate(1, size_bytes);
        if (libvmdk_extent_descriptor_get_utf8_filename(extent, (uint8_t *)path, size_bytes,
                                                        NULL) == 1) {
            size_t start = size_bytes - 1;

            while (start > 0 && path[start - 1] != '/' && path[start - 1] != '\\')
                start--;
            name = memory_copy_text(path + start);
        }
    }
    free(path);
    libvmdk_extent_descriptor_free(&extent, NULL);
    return name;
}

/* Names in descriptors keep the case of the system that wrote them, those of files not always. */
static bool find_file(const struct container_input *input, const char *name, size_t *file)
{
    for (*file = 0; *file < input->file_count; (*file)++)
        if (text_equal_ascii(input->files[*file].name, name))
            return true;
    return false;
}

/* Is the descriptor a file of its own, so that it cannot be the extent that it names? */
static bool is_text(const struct image_bytes *file)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    char first = 0;
    bool begins_with_hash = image_read(file, 0, &first, 1, &err) == 0 && first == '#';

    error_clear(&err);
    return begins_with_hash;
}

static int add_extent(struct image_layers *layers, const struct container_input *input, int index,
                      bool is_only, struct error *err)
{
    char *name = extent_name(layers->reader, index);
    size_t file;
    int result = 0;

    if (name == NULL)
        result = error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "extent %d has no file", index + 1);
    else if (find_file(input, name, &file))
        image_layers_add(layers, file);
    else if (is_only && input->file_count == 1 && !is_text(&layers->files[0]))
        image_layers_add(layers, 0);
    else
        result = error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "its extent %s is missing", name);
    free(name);
    return result;
}

static int open_extents(struct image_layers *layers, const struct container_input *input,
                        struct error *err)
{
    intptr_t *error = NULL;
    int count;

    if (libvmdk_handle_get_number_of_extents(layers->reader, &count, &error) != 1)
        return image_fail(err, &vmdk_format.library, &error);
    if (count < 1 || count > EXTENTS_MOST)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "names %d extents", count);
    for (int index = 0; index < count; index++)
        if (add_extent(layers, input, index, count == 1, err) != 0)
            return -1;
    if (libvmdk_handle_open_extent_data_files_file_io_pool(layers->reader, layers->pool, &error) !=
        1)
        return image_fail(err, &vmdk_format.library, &error);
    return 0;
}

int vmdk_open(const struct container_input *input, struct medium *out, struct error *err)
{
    struct image_layers *layers = image_layers_new(input, &vmdk_format, out);
    uint32_t parent;

    layers->handle = image_handle_new(&layers->files[0], &layers->format->library);
    if (image_layers_open(layers, layers->handle, err) != 0)
        return -1;
    if (libvmdk_handle_get_parent_content_identifier(layers->reader, &parent, NULL) == 1 &&
        parent != NO_PARENT)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, IMAGE_NEEDS_PARENT);
    if (open_extents(layers, input, err) != 0)
        return -1;
    return image_layers_measure(layers, out, err);
}
