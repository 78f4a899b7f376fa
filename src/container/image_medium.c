/* SPDX-License-Identifier: Apache-2.0 */
/* The medium of an image: raw files one behind the other, or through the library of its format. */
#include "container/image_medium.h"

#include <errno.h>
#include <libewf.h>
#include <libqcow.h>
#include <libvhdi.h>
#include <stdlib.h>

#include "base/memory.h"

static int file_read(void *state, uint64_t offset_bytes, void *buffer, size_t size_bytes,
                     struct error *err)
{
    const struct container_file *file = state;
    size_t got;

    if (container_file_read(file, offset_bytes, buffer, size_bytes, &got) != 0)
        return error_set(err, ERROR_SOURCE, offset_bytes + got, "cannot be read: %m");
    if (got < size_bytes)
        return error_set(err, ERROR_SOURCE, offset_bytes + got, "became shorter during the run");
    return 0;
}

struct image_bytes image_bytes_of_file(const struct container_file *file)
{
    return (struct image_bytes){
        .size_bytes = file->size_bytes, .state = (void *)(uintptr_t)file, .read = file_read};
}

/* ---- Raw: in one file or split ---- */

struct raw {
    const struct container_file *files; /* borrowed */
    size_t count;
};

static int raw_read(void *state, uint64_t offset_bytes, void *buffer, size_t size_bytes,
                    struct error *err)
{
    const struct raw *raw = state;
    uint8_t *out = buffer;

    for (size_t index = 0; index < raw->count && size_bytes > 0; index++) {
        struct image_bytes file = image_bytes_of_file(&raw->files[index]);
        size_t here = size_bytes;

        if (offset_bytes >= file.size_bytes) {
            offset_bytes -= file.size_bytes;
            continue;
        }
        if (here > file.size_bytes - offset_bytes)
            here = (size_t)(file.size_bytes - offset_bytes);
        if (image_read(&file, offset_bytes, out, here, err) != 0)
            return -1;
        out += here;
        size_bytes -= here;
        offset_bytes = 0;
    }
    return 0;
}

static int raw_open(const struct container_input *input, struct medium *out, struct error *err)
{
    struct raw *raw = memory_allocate(1, sizeof(*raw));
    uint64_t size_bytes = 0;

    *raw = (struct raw){.files = input->files, .count = input->file_count};
    *out = (struct medium){.bytes = {.state = raw, .read = raw_read}, .close = free};
    for (size_t index = 0; index < raw->count; index++)
        if (__builtin_add_overflow(size_bytes, raw->files[index].size_bytes, &size_bytes))
            return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "its files are too large");
    out->bytes.size_bytes = size_bytes;
    return 0;
}

/* ---- Through a library ---- */

static void close_reader(struct image_layers *layers)
{
    if (layers->reader != NULL) {
        layers->format->close(layers->reader, NULL);
        layers->format->release(&layers->reader, NULL);
    }
    /* The pool frees the handles in it. */
    if (layers->pool != NULL)
        layers->format->pool_free(&layers->pool, NULL);
}

static void layers_close(void *state)
{
    struct image_layers *layers = state;

    close_reader(layers);
    if (layers->handle != NULL)
        layers->format->library.handle_free(&layers->handle, NULL);
    free(layers->files);
    free(layers);
}

static void begin_reader(struct image_layers *layers)
{
    const struct image_format *format = layers->format;

    layers->region_count = 0;
    if (format->initialize(&layers->reader, NULL) != 1 ||
        (format->pool_initialize != NULL &&
         format->pool_initialize(&layers->pool, 0, LIBBFIO_POOL_UNLIMITED_NUMBER_OF_OPEN_HANDLES,
                                 NULL) != 1))
        abort();
}

/* Keeps account of what is read, and opens the reader again when that is too much. */
static int visit_region(struct image_layers *layers, uint64_t region, struct error *err)
{
    for (size_t index = 0; index < layers->region_count; index++)
        if (layers->regions[index] == region)
            return 0;
    if (layers->region_count == IMAGE_REGIONS_MOST) {
        close_reader(layers);
        begin_reader(layers);
        if (layers->format->reopen(layers, err) != 0)
            return -1;
    }
    layers->regions[layers->region_count++] = region;
    return 0;
}

static int layers_read(void *state, uint64_t offset_bytes, void *buffer, size_t size_bytes,
                       struct error *err)
{
    struct image_layers *layers = state;
    uint8_t *out = buffer;
    intptr_t *error = NULL;

    while (size_bytes > 0) {
        ssize_t got;

        if (layers->format->reopen != NULL &&
            visit_region(layers, offset_bytes / IMAGE_REGION_BYTES, err) != 0)
            return -1;
        got = layers->format->read(layers->reader, out, size_bytes, (off64_t)offset_bytes, &error);
        if (got <= 0 || (size_t)got > size_bytes)
            return image_fail(err, &layers->format->library, &error);
        out += got;
        offset_bytes += (size_t)got;
        size_bytes -= (size_t)got;
    }
    return 0;
}

struct image_layers *image_layers_new(const struct container_input *input,
                                      const struct image_format *format, struct medium *out)
{
    struct image_layers *layers = memory_allocate(1, sizeof(*layers));

    layers->format = format;
    layers->file_count = input->file_count;
    layers->files = memory_allocate(input->file_count, sizeof(*layers->files));
    for (size_t index = 0; index < input->file_count; index++)
        layers->files[index] = image_bytes_of_file(&input->files[index]);
    *out = (struct medium){.bytes = {.state = layers, .read = layers_read}, .close = layers_close};
    begin_reader(layers);
    return layers;
}

void image_layers_add(struct image_layers *layers, size_t file)
{
    const struct image_format *format = layers->format;
    intptr_t *handle = image_handle_new(&layers->files[file], &format->library);
    int entry;

    if (format->handle_open(handle, LIBBFIO_OPEN_READ, NULL) != 1 ||
        format->pool_append(layers->pool, &entry, handle, LIBBFIO_OPEN_READ, NULL) != 1)
        abort();
}

int image_layers_open(struct image_layers *layers, intptr_t *handle_or_pool, struct error *err)
{
    intptr_t *error = NULL;

    if (layers->format->open(layers->reader, handle_or_pool, LIBBFIO_OPEN_READ, &error) != 1)
        return image_fail(err, &layers->format->library, &error);
    return 0;
}

int image_layers_measure(struct image_layers *layers, struct medium *medium, struct error *err)
{
    intptr_t *error = NULL;

    if (layers->format->get_size(layers->reader, &medium->bytes.size_bytes, &error) != 1)
        return image_fail(err, &layers->format->library, &error);
    if (medium->bytes.size_bytes > INT64_MAX)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "its medium is too large");
    return 0;
}

/* EWF: a segment ends with a section that has no data, and is `next` in all but the last: libewf
 * format document, "Section". */
#define EWF_SECTION_BYTES 76u
#define EWF_SECTION_NEXT "next"

static void note_missing_segment(const struct container_input *input, struct container_notes *notes)
{
    struct image_bytes last = image_bytes_of_file(&input->files[input->file_count - 1]);
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    char section[EWF_SECTION_BYTES];

    if (last.size_bytes > sizeof(section) &&
        image_read(&last, last.size_bytes - sizeof(section), section, sizeof(section), &err) == 0 &&
        memcmp(section, EWF_SECTION_NEXT, sizeof(EWF_SECTION_NEXT)) == 0)
        container_note(notes, true, "the segment behind %s is missing: put it beside the others",
                       input->files[input->file_count - 1].name);
    error_clear(&err);
}

static int ewf_open_segments(struct image_layers *layers, struct error *err)
{
    for (size_t index = 0; index < layers->file_count; index++)
        image_layers_add(layers, index);
    return image_layers_open(layers, layers->pool, err);
}

IMAGE_POOL_DECLARE(libewf);
static const struct image_format ewf_format = {
    .library = {"libewf", libewf_error_backtrace_sprint, libewf_error_free,
                libewf_bfio_handle_initialize, libewf_bfio_handle_free},
    .initialize = libewf_handle_initialize,
    .release = libewf_handle_free,
    .open = libewf_handle_open_file_io_pool,
    .close = libewf_handle_close,
    .get_size = libewf_handle_get_media_size,
    .read = libewf_handle_read_random,
    .pool_initialize = libewf_bfio_pool_initialize,
    .pool_free = libewf_bfio_pool_free,
    .pool_append = libewf_bfio_pool_append_handle,
    .handle_open = libewf_bfio_handle_open,
    .reopen = ewf_open_segments,
};

static int ewf_open(const struct container_input *input, struct medium *out, struct error *err)
{
    struct image_layers *layers = image_layers_new(input, &ewf_format, out);

    if (ewf_open_segments(layers, err) != 0)
        return -1;
    return image_layers_measure(layers, out, err);
}

IMAGE_BFIO_DECLARE(libvhdi);
static const struct image_format vhd_format = {
    .library = {"libvhdi", libvhdi_error_backtrace_sprint, libvhdi_error_free,
                libvhdi_bfio_handle_initialize, libvhdi_bfio_handle_free},
    .initialize = libvhdi_file_initialize,
    .release = libvhdi_file_free,
    .open = libvhdi_file_open_file_io_handle,
    .close = libvhdi_file_close,
    .get_size = libvhdi_file_get_media_size,
    .read = libvhdi_file_read_buffer_at_offset,
};

static int vhd_open(const struct container_input *input, struct medium *out, struct error *err)
{
    struct image_layers *layers;
    uint32_t type;

    if (vhd_open_dynamic(&input->files[0], out))
        return 0;
    layers = image_layers_new(input, &vhd_format, out);
    layers->handle = image_handle_new(&layers->files[0], &layers->format->library);
    if (image_layers_open(layers, layers->handle, err) != 0)
        return -1;
    if (libvhdi_file_get_disk_type(layers->reader, &type, NULL) == 1 &&
        type == LIBVHDI_DISK_TYPE_DIFFERENTIAL)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, IMAGE_NEEDS_PARENT);
    return image_layers_measure(layers, out, err);
}

/* QEMU documentation, "Qcow2 Image File Format": what the library does not look at. Numbers are big
 * endian. */
#define QCOW_OFFSET_VERSION 4u
#define QCOW_OFFSET_BACKING 8u
#define QCOW_OFFSET_ENCRYPTION 32u
#define QCOW1_OFFSET_ENCRYPTION 36u
#define QCOW_OFFSET_FEATURES 72u
#define QCOW_HEADER_BYTES 80u
/* Dirty and corrupt; the others change where or how the data lie. */
#define QCOW_FEATURES_READ UINT64_C(3)

static int qcow_check(const struct image_bytes *file, struct error *err)
{
    uint8_t header[QCOW_HEADER_BYTES];
    uint32_t version, encryption;
    uint64_t backing, features;

    if (image_read(file, 0, header, sizeof(header), err) != 0)
        return -1;
    memcpy(&version, header + QCOW_OFFSET_VERSION, sizeof(version));
    memcpy(&encryption,
           header + (be32toh(version) == 1 ? QCOW1_OFFSET_ENCRYPTION : QCOW_OFFSET_ENCRYPTION),
           sizeof(encryption));
    memcpy(&backing, header + QCOW_OFFSET_BACKING, sizeof(backing));
    memcpy(&features, header + QCOW_OFFSET_FEATURES, sizeof(features));
    if (backing != 0)
        return error_set(err, ERROR_SOURCE, QCOW_OFFSET_BACKING, IMAGE_NEEDS_PARENT);
    if (encryption != 0)
        return error_set(err, ERROR_SOURCE, QCOW_OFFSET_ENCRYPTION,
                         "is encrypted: make an open copy of it first (qemu-img convert)");
    if (be32toh(version) >= 3 && (be64toh(features) & ~QCOW_FEATURES_READ) != 0)
        return error_set(err, ERROR_SOURCE, QCOW_OFFSET_FEATURES,
                         "is written in a way that is not read (features 0x%llx)",
                         (unsigned long long)be64toh(features));
    return 0;
}

IMAGE_BFIO_DECLARE(libqcow);
static const struct image_format qcow_format = {
    .library = {"libqcow", libqcow_error_backtrace_sprint, libqcow_error_free,
                libqcow_bfio_handle_initialize, libqcow_bfio_handle_free},
    .initialize = libqcow_file_initialize,
    .release = libqcow_file_free,
    .open = libqcow_file_open_file_io_handle,
    .close = libqcow_file_close,
    .get_size = libqcow_file_get_media_size,
    .read = libqcow_file_read_buffer_at_offset,
};

static int qcow_open(const struct container_input *input, struct medium *out, struct error *err)
{
    struct image_layers *layers = image_layers_new(input, &qcow_format, out);

    layers->handle = image_handle_new(&layers->files[0], &layers->format->library);
    if (qcow_check(&layers->files[0], err) != 0 ||
        image_layers_open(layers, layers->handle, err) != 0)
        return -1;
    return image_layers_measure(layers, out, err);
}

int medium_open(const struct container_input *input, struct container_notes *notes,
                struct medium *out, struct error *err)
{
    static int (*const openers[SOURCE_KIND_COUNT])(const struct container_input *, struct medium *,
                                                   struct error *) = {
        [SOURCE_KIND_EWF] = ewf_open,   [SOURCE_KIND_VHD] = vhd_open,
        [SOURCE_KIND_VHDX] = vhd_open,  [SOURCE_KIND_VMDK] = vmdk_open,
        [SOURCE_KIND_QCOW] = qcow_open, [SOURCE_KIND_RAW_IMAGE] = raw_open,
    };

    *out = (struct medium){0};
    if (openers[input->kind] == NULL)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "is not an image of a disk");
    if (openers[input->kind](input, out, err) != 0) {
        medium_close(out);
        return -1;
    }
    if (input->kind == SOURCE_KIND_VHDX)
        vhdx_note_log(&input->files[0], notes);
    if (input->kind == SOURCE_KIND_EWF)
        note_missing_segment(input, notes);
    return 0;
}

void medium_close(struct medium *medium)
{
    if (medium->close != NULL)
        medium->close(medium->bytes.state);
    *medium = (struct medium){0};
}
