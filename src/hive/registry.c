/* SPDX-License-Identifier: Apache-2.0 */
/* libregf behind a plain interface. It reads the mended view of the hive, through a handle of
 * libbfio whose functions are those here: a reader process has no files. */
#include "hive/registry.h"

#include <errno.h>
#include <inttypes.h>
#include <libbfio.h>
#include <libregf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"

/* Names of keys have 255 characters at most. */
#define NAME_BYTES_MOST 1024u
/* The values that are asked for are names and numbers. */
#define VALUE_BYTES_MOST 65536u
/* libregf's messages, one line for each of its functions on the way to the failure. */
#define BACKTRACE_BYTES 16384u

/* Keys are come to once for each path that begins with them; so many that are damaged are told
 * apart from those that were met before. */
#define NOTED_MOST 256u

#define TYPE_TEXT 1u
#define TYPE_EXPANDED_TEXT 2u
#define TYPE_NUMBER 4u

/* Those of its own libbfio: script/alone. */
extern __typeof__(libbfio_handle_initialize) libregf_bfio_handle_initialize;
extern __typeof__(libbfio_handle_free) libregf_bfio_handle_free;

/* What libbfio's handle is of. */
struct view {
    const struct hive_image *image;
    uint64_t position;
};

struct hive {
    struct hive_image *image;
    struct source_facts *facts;
    struct view view;
    libbfio_handle_t *handle;
    libregf_file_t *file;
    uint64_t noted[NOTED_MOST]; /* where damage was noted first */
    size_t noted_count;
};

struct hive_key {
    struct hive *hive;
    libregf_key_t *key;
    char name[NAME_BYTES_MOST];
    uint64_t offset_bytes;
    bool is_listed;           /* the list was read: */
    struct hive_listed *list; /* owned */
    size_t count;
};

/* ---- The view as libbfio asks for it ---- */

static int view_free(intptr_t **handle, libbfio_error_t **error)
{
    (void)error;
    *handle = NULL;
    return 1;
}

static int view_clone(intptr_t **clone, intptr_t *handle, libbfio_error_t **error)
{
    (void)error;
    *clone = handle;
    return 1;
}

static int view_open(intptr_t *handle, int flags, libbfio_error_t **error)
{
    (void)handle;
    (void)flags;
    (void)error;
    return 1;
}

static int view_close(intptr_t *handle, libbfio_error_t **error)
{
    (void)handle;
    (void)error;
    return 0;
}

static ssize_t view_read(intptr_t *handle, uint8_t *buffer, size_t size, libbfio_error_t **error)
{
    struct view *view = (struct view *)handle;
    uint64_t end = hive_image_size(view->image);
    uint64_t left = view->position < end ? end - view->position : 0;
    size_t taken = size < left ? size : (size_t)left;

    (void)error;
    if (!hive_image_read(view->image, view->position, buffer, taken))
        return -1;
    view->position += taken;
    return (ssize_t)taken;
}

static ssize_t view_write(intptr_t *handle, const uint8_t *buffer, size_t size,
                          libbfio_error_t **error)
{
    (void)handle;
    (void)buffer;
    (void)size;
    (void)error;
    return -1;
}

static off64_t view_seek(intptr_t *handle, off64_t offset, int whence, libbfio_error_t **error)
{
    struct view *view = (struct view *)handle;
    int64_t base = whence == SEEK_CUR   ? (int64_t)view->position
                   : whence == SEEK_END ? (int64_t)hive_image_size(view->image)
                                        : 0;

    (void)error;
    if (__builtin_add_overflow(base, offset, &base) || base < 0 ||
        (uint64_t)base > hive_image_size(view->image))
        return -1;
    view->position = (uint64_t)base;
    return base;
}

static int view_exists(intptr_t *handle, libbfio_error_t **error)
{
    (void)handle;
    (void)error;
    return 1;
}

static int view_size(intptr_t *handle, size64_t *size, libbfio_error_t **error)
{
    (void)error;
    *size = hive_image_size(((struct view *)handle)->image);
    return 1;
}

/* ---- The hive ---- */

/* Fills *err from libregf's error and frees that. */
static int fail(libregf_error_t **cause, struct error *err)
{
    char *reason = memory_allocate(BACKTRACE_BYTES, 1);

    if (*cause == NULL || libregf_error_backtrace_sprint(*cause, reason, BACKTRACE_BYTES) == -1)
        memcpy(reason, "unknown", sizeof("unknown"));
    libregf_error_free(cause);
    error_set_library(err, "libregf", reason);
    free(reason);
    return -1;
}

int hive_open(struct hive_image *image, struct source_facts *facts, struct hive **out,
              struct error *err)
{
    struct hive *hive = memory_allocate(1, sizeof(*hive));
    libregf_error_t *cause = NULL;

    *hive = (struct hive){.image = image, .facts = facts, .view = {.image = image}};
    if (libregf_bfio_handle_initialize(
            &hive->handle, (intptr_t *)&hive->view, view_free, view_clone, view_open, view_close,
            view_read, view_write, view_seek, view_exists, view_exists, view_size, 0, NULL) != 1 ||
        libregf_file_initialize(&hive->file, NULL) != 1)
        abort();
    if (libregf_file_open_file_io_handle(hive->file, hive->handle, LIBREGF_OPEN_READ, &cause) !=
        1) {
        fail(&cause, err);
        hive_close(hive);
        return -1;
    }
    *out = hive;
    return 0;
}

void hive_close(struct hive *hive)
{
    if (hive == NULL)
        return;
    libregf_file_close(hive->file, NULL);
    libregf_file_free(&hive->file, NULL);
    libregf_bfio_handle_free(&hive->handle, NULL);
    free(hive);
}

/* ---- Keys ---- */

/* Is it the first time that damage is met there? */
static bool is_news(struct hive *hive, uint64_t offset_bytes)
{
    for (size_t index = 0; index < hive->noted_count; index++)
        if (hive->noted[index] == offset_bytes)
            return false;
    if (hive->noted_count < NOTED_MOST)
        hive->noted[hive->noted_count++] = offset_bytes;
    return true;
}

/* Takes libregf's key. Returns owned; NULL where its name or place cannot be read. */
static struct hive_key *take_key(struct hive *hive, libregf_key_t *regf_key)
{
    struct hive_key *key = memory_allocate(1, sizeof(*key));
    off64_t offset_bytes = 0;
    size_t name_bytes = 0;

    key->hive = hive;
    key->key = regf_key;
    if (libregf_key_get_offset(regf_key, &offset_bytes, NULL) == 1 && offset_bytes >= 0 &&
        libregf_key_get_utf8_name_size(regf_key, &name_bytes, NULL) == 1 &&
        name_bytes <= NAME_BYTES_MOST &&
        (name_bytes == 0 ||
         libregf_key_get_utf8_name(regf_key, (uint8_t *)key->name, name_bytes, NULL) == 1)) {
        key->name[NAME_BYTES_MOST - 1] = '\0';
        key->offset_bytes = (uint64_t)offset_bytes;
        return key;
    }
    hive_key_free(key);
    return NULL;
}

/* libregf reads the lists of a key with the key: it would follow one that leads to itself without
 * end, and read values for as long as they are announced. */
static bool list_is_whole(struct hive *hive, uint64_t key_offset_bytes)
{
    struct hive_listed *list;
    uint64_t damage_at;
    size_t count;
    bool is_whole = hive_list_read(hive->image, key_offset_bytes, &list, &count, &damage_at);

    free(list);
    if (!is_whole && is_news(hive, damage_at))
        source_facts_add_damage(hive->facts, damage_at,
                                "key, or the list of those below it, cannot be read");
    return is_whole;
}

struct hive_key *hive_root(struct hive *hive)
{
    libregf_key_t *regf_key = NULL;
    struct hive_key *key = NULL;

    if (!list_is_whole(hive, hive_image_root(hive->image)))
        return NULL;
    if (libregf_file_get_root_key(hive->file, &regf_key, NULL) == 1)
        key = take_key(hive, regf_key);
    if (key == NULL)
        source_facts_add_damage(hive->facts, HIVE_BASE_BLOCK_BYTES,
                                "the key at the root cannot be read");
    return key;
}

void hive_key_free(struct hive_key *key)
{
    if (key == NULL)
        return;
    libregf_key_free(&key->key, NULL);
    free(key->list);
    free(key);
}

/* Reads the list of the keys below, once; libregf is asked for them when it has as many. */
static void list_keys(struct hive_key *key)
{
    struct hive *hive = key->hive;
    uint64_t damage_at;
    int count = -1;

    key->is_listed = true;
    if (!hive_list_read(hive->image, key->offset_bytes, &key->list, &key->count, &damage_at)) {
        source_facts_add_damage(hive->facts, damage_at, "list of the keys below %s is not whole",
                                key->name);
        return;
    }
    if (key->count == 0 || (libregf_key_get_number_of_sub_keys(key->key, &count, NULL) == 1 &&
                            (size_t)count == key->count))
        return;
    source_facts_add_damage(hive->facts, key->offset_bytes,
                            "libregf cannot read the list of the keys below %s", key->name);
    key->count = 0;
}

size_t hive_key_count(struct hive_key *key)
{
    if (key == NULL)
        return 0;
    if (!key->is_listed)
        list_keys(key);
    return key->count;
}

const char *hive_key_name(const struct hive_key *key)
{
    return key->name;
}

/* The library of Debian 12 has no other name for it, that of Debian 13 a newer one beside it. */
static libregf_key_t *get_sub_key(libregf_key_t *key, size_t index)
{
    libregf_key_t *sub_key = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return libregf_key_get_sub_key(key, (int)index, &sub_key, NULL) == 1 ? sub_key : NULL;
#pragma GCC diagnostic pop
}

struct hive_key *hive_key_at(struct hive_key *key, size_t index)
{
    const struct hive_listed *listed = &key->list[index];
    libregf_key_t *regf_key;
    struct hive_key *found = NULL;

    if (!list_is_whole(key->hive, listed->offset_bytes))
        return NULL;
    regf_key = get_sub_key(key->key, index);
    if (regf_key != NULL)
        found = take_key(key->hive, regf_key);
    if (found != NULL && found->offset_bytes == listed->offset_bytes &&
        hive_listed_fits(listed, found->name))
        return found;
    if (is_news(key->hive, listed->offset_bytes))
        source_facts_add_damage(key->hive->facts, listed->offset_bytes,
                                found == NULL ? "a key below %s cannot be read"
                                              : "name of a key below %s is not that of the list",
                                key->name);
    hive_key_free(found);
    return NULL;
}

struct hive_key *hive_key_find(struct hive_key *key, const char *name)
{
    size_t count = hive_key_count(key);

    for (size_t index = 0; index < count; index++) {
        struct hive_key *found = hive_key_at(key, index);

        if (found != NULL && text_equal_ascii(found->name, name))
            return found;
        hive_key_free(found);
    }
    return NULL;
}

struct hive_key *hive_key_find_path(struct hive_key *key, const char *path)
{
    struct hive_key *above = NULL;

    for (const char *end; key != NULL; path = end + (*end != '\0')) {
        size_t length = strcspn(path, "\\");
        char *name = memory_copy_bytes(path, length);

        end = path + length;
        key = hive_key_find(key, name);
        free(name);
        hive_key_free(above);
        above = key;
        if (*end == '\0')
            break;
    }
    return key;
}

/* ---- Values ---- */

/* Returns owned: the bytes of the value, *type and *size_bytes; NULL where there is none. One that
 * cannot be read is noted. */
static uint8_t *read_value(struct hive_key *key, const char *name, uint32_t *type,
                           size_t *size_bytes)
{
    libregf_value_t *value = NULL;
    uint8_t *bytes = NULL;
    int result = libregf_key_get_value_by_utf8_name(key->key, (const uint8_t *)name, strlen(name),
                                                    &value, NULL);

    if (result == 0)
        return NULL;
    if (result == 1 && libregf_value_get_value_type(value, type, NULL) == 1 &&
        libregf_value_get_value_data_size(value, size_bytes, NULL) == 1 &&
        *size_bytes <= VALUE_BYTES_MOST) {
        bytes = memory_allocate(*size_bytes + 1, 1);
        if (*size_bytes > 0 && libregf_value_get_value_data(value, bytes, *size_bytes, NULL) != 1) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (bytes == NULL)
        source_facts_add_damage(key->hive->facts, key->offset_bytes,
                                "value %s of %s cannot be read", name, key->name);
    libregf_value_free(&value, NULL);
    return bytes;
}

char *hive_key_text(struct hive_key *key, const char *value)
{
    size_t size_bytes;
    uint32_t type;
    uint8_t *bytes = key != NULL ? read_value(key, value, &type, &size_bytes) : NULL;
    struct text out = {0};

    if (bytes != NULL && (type == TYPE_TEXT || type == TYPE_EXPANDED_TEXT))
        text_add_utf16(&out, span_of(bytes, size_bytes, 0));
    free(bytes);
    return text_take(&out);
}

bool hive_key_number(struct hive_key *key, const char *value, uint32_t *out)
{
    size_t size_bytes;
    uint32_t type;
    uint8_t *bytes = key != NULL ? read_value(key, value, &type, &size_bytes) : NULL;
    bool is_number = bytes != NULL && type == TYPE_NUMBER && size_bytes == sizeof(*out);

    if (is_number) {
        memcpy(out, bytes, sizeof(*out));
        *out = le32toh(*out);
    }
    free(bytes);
    return is_number;
}
