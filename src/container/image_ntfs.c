/* SPDX-License-Identifier: Apache-2.0 */
/* Folders and files of an NTFS volume, through libfsntfs. */
#include <libfsntfs.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/span.h"
#include "container/image.h"

/* A folder's index is read as a whole into memory, so it has a limit: some 50,000 long names, or
 * 150,000 short ones. A volume has one for the entries of all folders that are looked at: a
 * Windows has less than 10,000 there. */
#define INDEX_BYTES_MOST ((uint64_t)16 * 1024 * 1024)
#define ENTRIES_MOST 200000u
#define ATTRIBUTES_MOST 4096
/* 255 UTF-16 units of up to three bytes, and the end. */
#define NAME_BYTES_MOST (255u * 3 + 1)

/* [MS-FSCC] 2.6 */
#define FLAG_REPARSE_POINT 0x400u
#define FLAG_ENCRYPTED 0x4000u
/* [MS-FSCC] 2.1.2.1: a file that Windows compressed itself; libfsntfs reads it. */
#define TAG_WOF 0x80000017u

IMAGE_BFIO_DECLARE(libfsntfs);
static const struct image_library library = {"libfsntfs", libfsntfs_error_backtrace_sprint,
                                             libfsntfs_error_free, libfsntfs_bfio_handle_initialize,
                                             libfsntfs_bfio_handle_free};

struct ntfs {
    const struct image_bytes *medium; /* borrowed */
    struct image_volume volume;
    struct image_bytes bytes;
    struct error fault; /* of the medium, the first that was met: it says more than the library */
    intptr_t *handle;
    libfsntfs_volume_t *reader;
    libfsntfs_file_entry_t *file; /* the one that is read, or NULL */
    uint64_t size_bytes;          /* of it, */
    uint64_t position_bytes;      /* and where in it */
    uint64_t entries;             /* of all folders that were read */
};

static int volume_read(void *state, uint64_t offset_bytes, void *buffer, size_t size_bytes,
                       struct error *err)
{
    struct ntfs *ntfs = state;

    (void)err;
    return image_read(ntfs->medium, ntfs->volume.offset_bytes + offset_bytes, buffer, size_bytes,
                      &ntfs->fault);
}

static int fail(struct ntfs *ntfs, libfsntfs_error_t **error, struct error *err)
{
    if (ntfs->fault.kind != ERROR_NONE)
        error_set(err, ERROR_SOURCE, ntfs->fault.offset_bytes, "%s", ntfs->fault.message);
    error_clear(&ntfs->fault);
    return image_fail(err, &library, error);
}

struct ntfs *ntfs_open(const struct image_bytes *medium, const struct image_volume *volume,
                       struct error *err)
{
    struct ntfs *ntfs = memory_allocate(1, sizeof(*ntfs));
    libfsntfs_error_t *error = NULL;

    ntfs->medium = medium;
    ntfs->volume = *volume;
    ntfs->bytes = (struct image_bytes){volume->size_bytes, ntfs, volume_read};
    ntfs->handle = image_handle_new(&ntfs->bytes, &library);
    if (libfsntfs_volume_initialize(&ntfs->reader, NULL) != 1)
        abort();
    if (libfsntfs_volume_open_file_io_handle(ntfs->reader, ntfs->handle, LIBFSNTFS_OPEN_READ,
                                             &error) != 1) {
        fail(ntfs, &error, err);
        ntfs_free(ntfs);
        return NULL;
    }
    return ntfs;
}

static void close_file(struct ntfs *ntfs)
{
    if (ntfs->file != NULL)
        libfsntfs_file_entry_free(&ntfs->file, NULL);
}

void ntfs_free(struct ntfs *ntfs)
{
    if (ntfs == NULL)
        return;
    close_file(ntfs);
    libfsntfs_volume_close(ntfs->reader, NULL);
    libfsntfs_volume_free(&ntfs->reader, NULL);
    library.handle_free(&ntfs->handle, NULL);
    error_clear(&ntfs->fault);
    free(ntfs);
}

/* Calls `visit` for each attribute of the type, until it returns true. */
static bool find_attribute(libfsntfs_file_entry_t *entry, uint32_t type,
                           bool (*visit)(libfsntfs_attribute_t *attribute, void *state),
                           void *state)
{
    int count;
    bool found = false;

    if (libfsntfs_file_entry_get_number_of_attributes(entry, &count, NULL) != 1)
        return false;
    for (int index = 0; index < count && index < ATTRIBUTES_MOST && !found; index++) {
        libfsntfs_attribute_t *attribute = NULL;
        uint32_t its_type;

        if (libfsntfs_file_entry_get_attribute_by_index(entry, index, &attribute, NULL) != 1)
            continue;
        found = libfsntfs_attribute_get_type(attribute, &its_type, NULL) == 1 && its_type == type &&
                visit(attribute, state);
        libfsntfs_attribute_free(&attribute, NULL);
    }
    return found;
}

/* libfsntfs format document, "MFT entry", "MFT attribute header". */
#define RECORD_BYTES_MOST 4096u
#define RECORD_OFFSET_ATTRIBUTES 20u
#define ATTRIBUTE_OFFSET_SIZE 4u
#define ATTRIBUTE_OFFSET_NONRESIDENT 8u
#define ATTRIBUTE_OFFSET_DATA 20u

/* The tag in the record of a reparse point. */
static bool find_tag(struct span record, uint32_t *tag)
{
    struct span at;
    uint16_t start, data;
    uint32_t type, size_bytes;

    if (!span_u16_at(&record, RECORD_OFFSET_ATTRIBUTES, &start) || !span_skip(&record, start))
        return false;
    while (span_u32_at(&record, 0, &type) &&
           span_u32_at(&record, ATTRIBUTE_OFFSET_SIZE, &size_bytes) && size_bytes > 0 &&
           span_take(&record, size_bytes, &at))
        if (type == LIBFSNTFS_ATTRIBUTE_TYPE_REPARSE_POINT)
            return size_bytes > ATTRIBUTE_OFFSET_NONRESIDENT &&
                   at.bytes[ATTRIBUTE_OFFSET_NONRESIDENT] == 0 &&
                   span_u16_at(&at, ATTRIBUTE_OFFSET_DATA, &data) && span_u32_at(&at, data, tag);
    return false;
}

/* The tag of a file that stands for something else; 0 for others. libfsntfs 20200921 is not asked
 * for it: it crashes on links without a target. */
static uint32_t reparse_tag(struct ntfs *ntfs, libfsntfs_file_entry_t *entry, uint64_t index)
{
    uint8_t record[RECORD_BYTES_MOST];
    libfsntfs_file_entry_t *table = NULL;
    uint32_t flags, tag = 0;
    size32_t size_bytes;
    ssize_t got = -1;

    if (libfsntfs_file_entry_get_file_attribute_flags(entry, &flags, NULL) != 1 ||
        (flags & FLAG_REPARSE_POINT) == 0)
        return 0;
    if (libfsntfs_volume_get_mft_entry_size(ntfs->reader, &size_bytes, NULL) == 1 &&
        size_bytes <= sizeof(record) &&
        libfsntfs_volume_get_file_entry_by_index(ntfs->reader, 0, &table, NULL) == 1) {
        got = libfsntfs_file_entry_read_buffer_at_offset(table, record, size_bytes,
                                                         (off64_t)(index * size_bytes), NULL);
        libfsntfs_file_entry_free(&table, NULL);
    }
    return got == (ssize_t)size_bytes && find_tag(span_of(record, size_bytes, 0), &tag)
               ? tag
               : UINT32_MAX;
}

/* Does it stand for something else? */
static bool is_reparse_point(libfsntfs_file_entry_t *entry)
{
    uint32_t flags;

    return libfsntfs_file_entry_get_file_attribute_flags(entry, &flags, NULL) != 1 ||
           (flags & FLAG_REPARSE_POINT) != 0;
}

static bool is_too_large(libfsntfs_attribute_t *attribute, void *state)
{
    size64_t size_bytes;

    (void)state;
    return libfsntfs_attribute_get_data_size(attribute, &size_bytes, NULL) != 1 ||
           size_bytes > INDEX_BYTES_MOST;
}

static bool read_name(libfsntfs_file_entry_t *entry, struct ntfs_entry *out)
{
    uint8_t name[NAME_BYTES_MOST];
    size_t size_bytes;

    if (libfsntfs_file_entry_get_utf8_name_size(entry, &size_bytes, NULL) != 1 || size_bytes < 2 ||
        size_bytes > sizeof(name) ||
        libfsntfs_file_entry_get_utf8_name(entry, name, size_bytes, NULL) != 1)
        return false;
    out->name = memory_copy_bytes((const char *)name, size_bytes - 1);
    return true;
}

/* What lies at the number of the folder. An entry of the folder itself is none. */
static bool read_entry(libfsntfs_file_entry_t *folder, int number, struct ntfs_entry *out)
{
    libfsntfs_file_entry_t *entry = NULL;
    uint64_t reference;
    bool got = false;

    if (libfsntfs_file_entry_get_sub_file_entry_by_index(folder, number, &entry, NULL) != 1)
        return false;
    if (libfsntfs_file_entry_is_allocated(entry, NULL) == 1 &&
        libfsntfs_file_entry_get_file_reference(entry, &reference, NULL) == 1 &&
        read_name(entry, out)) {
        out->index = reference & UINT64_C(0xFFFFFFFFFFFF);
        out->is_folder = libfsntfs_file_entry_has_directory_entries_index(entry, NULL) == 1 &&
                         !is_reparse_point(entry);
        got = true;
    }
    libfsntfs_file_entry_free(&entry, NULL);
    return got;
}

static int read_entries(struct ntfs *ntfs, libfsntfs_file_entry_t *folder, struct ntfs_folder *out,
                        struct error *err)
{
    libfsntfs_error_t *error = NULL;
    int count;

    out->is_over_limit =
        find_attribute(folder, LIBFSNTFS_ATTRIBUTE_TYPE_INDEX_ALLOCATION, is_too_large, NULL);
    if (out->is_over_limit)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "has too many entries");
    if (libfsntfs_file_entry_get_number_of_sub_file_entries(folder, &count, &error) != 1)
        return fail(ntfs, &error, err);
    ntfs->entries += (uint64_t)count;
    out->is_over_limit = ntfs->entries > ENTRIES_MOST;
    if (out->is_over_limit)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "has more entries than are looked at");
    out->entries = memory_allocate((size_t)count + 1, sizeof(*out->entries));
    for (int number = 0; number < count; number++)
        if (read_entry(folder, number, &out->entries[out->count]))
            out->count++;
        else
            out->unnamed++;
    error_clear(&ntfs->fault);
    return 0;
}

int ntfs_read_folder(struct ntfs *ntfs, uint64_t index, struct ntfs_folder *out, struct error *err)
{
    libfsntfs_file_entry_t *folder = NULL;
    libfsntfs_error_t *error = NULL;
    int result;

    if (libfsntfs_volume_get_file_entry_by_index(ntfs->reader, index, &folder, &error) != 1)
        return fail(ntfs, &error, err);
    result = read_entries(ntfs, folder, out, err);
    libfsntfs_file_entry_free(&folder, NULL);
    return result;
}

void ntfs_folder_free(struct ntfs_folder *folder)
{
    for (size_t index = 0; index < folder->count; index++)
        free(folder->entries[index].name);
    free(folder->entries);
    *folder = (struct ntfs_folder){0};
}

/* Times before 1970 and beyond what nanoseconds can say are none. */
static int64_t nanoseconds_of(uint64_t filetime)
{
    uint64_t since;

    if (filetime < FILETIME_OF_1970)
        return 0;
    since = filetime - FILETIME_OF_1970;
    return since > INT64_MAX / 100 ? 0 : (int64_t)(since * 100);
}

static void describe(struct ntfs *ntfs, libfsntfs_file_entry_t *entry, uint64_t index,
                     struct ntfs_file *out)
{
    uint64_t filetime;
    uint32_t flags, tag = reparse_tag(ntfs, entry, index);

    if (libfsntfs_file_entry_get_modification_time(entry, &filetime, NULL) == 1)
        out->mtime_ns = nanoseconds_of(filetime);
    if (libfsntfs_file_entry_get_size(entry, &out->size_bytes, NULL) != 1)
        out->why_unread = memory_copy_text("its data are not to be found");
    else if (libfsntfs_file_entry_get_file_attribute_flags(entry, &flags, NULL) == 1 &&
             (flags & FLAG_ENCRYPTED) != 0)
        out->why_unread = memory_copy_text("is encrypted by Windows (EFS)");
    else if (tag != 0 && tag != TAG_WOF)
        out->why_unread =
            memory_format("stands for a file that lies elsewhere (reparse point 0x%08X)", tag);
    error_clear(&ntfs->fault);
}

void ntfs_describe_file(struct ntfs *ntfs, uint64_t index, struct ntfs_file *out)
{
    libfsntfs_file_entry_t *entry = NULL;

    *out = (struct ntfs_file){0};
    if (libfsntfs_volume_get_file_entry_by_index(ntfs->reader, index, &entry, NULL) != 1) {
        out->why_unread = memory_copy_text("its record cannot be read");
        return;
    }
    describe(ntfs, entry, index, out);
    libfsntfs_file_entry_free(&entry, NULL);
}

int ntfs_open_file(struct ntfs *ntfs, uint64_t index, struct error *err)
{
    libfsntfs_error_t *error = NULL;

    close_file(ntfs);
    ntfs->position_bytes = 0;
    if (libfsntfs_volume_get_file_entry_by_index(ntfs->reader, index, &ntfs->file, &error) != 1 ||
        libfsntfs_file_entry_get_size(ntfs->file, &ntfs->size_bytes, &error) != 1)
        return fail(ntfs, &error, err);
    return 0;
}

int ntfs_read_file(struct ntfs *ntfs, void *buffer, size_t size_bytes, size_t *got,
                   struct error *err)
{
    uint64_t left_bytes = ntfs->size_bytes - ntfs->position_bytes;
    libfsntfs_error_t *error = NULL;
    ssize_t count;

    *got = 0;
    if (size_bytes > left_bytes)
        size_bytes = (size_t)left_bytes;
    if (size_bytes == 0)
        return 0;
    count = libfsntfs_file_entry_read_buffer(ntfs->file, buffer, size_bytes, &error);
    if (count <= 0 || (size_t)count > size_bytes)
        return fail(ntfs, &error, err);
    ntfs->position_bytes += (size_t)count;
    *got = (size_t)count;
    return 0;
}
