/* SPDX-License-Identifier: Apache-2.0 */
/* The list of the keys below a key: a cell with references to them, or to such cells. */
#include "hive/registry.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "base/memory.h"
#include "base/span.h"
#include "base/text.h"

/* Of a key's own cell. */
#define KEY_SIGNATURE "nk"
#define KEY_COUNT_AT 20u
#define KEY_LIST_AT 28u
#define KEY_VALUE_COUNT_AT 36u
#define KEY_VALUES_AT 40u
#define KEY_FIELDS_BYTES 44u
#define VALUE_REFERENCE_BYTES 4u
/* Of a list: two letters, and the number of references. */
#define LIST_HEAD_BYTES 4u

/* The forms of lists: those of keys, and those of lists of keys. */
enum list_form {
    LIST_OF_KEYS,
    LIST_WITH_HINTS,  /* the first four characters of each name */
    LIST_WITH_HASHES, /* of the names */
    LIST_OF_LISTS,
    LIST_FORM_COUNT,
};

static const struct {
    const char *letters;
    size_t reference_bytes;
} list_forms[LIST_FORM_COUNT] = {
    [LIST_OF_KEYS] = {"li", 4},
    [LIST_WITH_HINTS] = {"lf", 8},
    [LIST_WITH_HASHES] = {"lh", 8},
    [LIST_OF_LISTS] = {"ri", 4},
};

struct list {
    const struct hive_image *image;
    struct hive_listed *keys; /* owned */
    size_t count;
    uint64_t damage_at;
};

static bool fail(struct list *list, uint64_t offset_bytes)
{
    list->damage_at = offset_bytes;
    return false;
}

/* Returns owned: what a list's cell holds, which lies at that offset of the bins; NULL where it is
 * none. *out is the references, their number is *count. */
static uint8_t *read_list_cell(const struct hive_image *image, uint32_t offset,
                               enum list_form *form, uint16_t *count, struct span *out)
{
    uint64_t at = HIVE_BASE_BLOCK_BYTES + (uint64_t)offset;
    uint8_t head[HIVE_CELL_SIZE_BYTES + LIST_HEAD_BYTES];
    struct span in = span_of(head, sizeof(head), at);
    uint32_t size;
    struct span letters;
    uint8_t *references;
    size_t size_bytes;

    if (!hive_image_read(image, at, head, sizeof(head)) || !span_u32(&in, &size) ||
        !span_take(&in, 2, &letters) || !span_u16(&in, count))
        return NULL;
    for (*form = 0; *form < LIST_FORM_COUNT; (*form)++)
        if (memcmp(letters.bytes, list_forms[*form].letters, 2) == 0)
            break;
    if (*form == LIST_FORM_COUNT)
        return NULL;
    size_bytes = *count * list_forms[*form].reference_bytes;
    if ((int32_t)size >= 0 || (int64_t)(sizeof(head) + size_bytes) > -(int64_t)(int32_t)size)
        return NULL;
    references = memory_allocate(size_bytes + 1, 1);
    if (!hive_image_read(image, at + sizeof(head), references, size_bytes)) {
        free(references);
        return NULL;
    }
    *out = span_of(references, size_bytes, at + sizeof(head));
    return references;
}

static bool add_key(struct list *list, uint32_t offset, const struct span *hash)
{
    struct hive_listed key = {.offset_bytes =
                                  HIVE_BASE_BLOCK_BYTES + (uint64_t)offset + HIVE_CELL_SIZE_BYTES};
    struct span rest = hash != NULL ? *hash : (struct span){0};

    if (list->count >= HIVE_KEYS_MOST)
        return false;
    key.has_hash = hash != NULL && span_u32(&rest, &key.hash);
    list->keys = memory_grow(list->keys, list->count, sizeof(*list->keys));
    list->keys[list->count++] = key;
    return true;
}

static bool read_list(struct list *list, uint32_t offset, bool is_below_list);

static bool read_reference(struct list *list, enum list_form form, struct span reference)
{
    uint32_t offset;

    if (!span_u32(&reference, &offset))
        return false;
    switch (form) {
    case LIST_OF_LISTS:
        return read_list(list, offset, true);
    case LIST_WITH_HASHES:
        return add_key(list, offset, &reference);
    case LIST_OF_KEYS:
    case LIST_WITH_HINTS:
    case LIST_FORM_COUNT:
        break;
    }
    return add_key(list, offset, NULL);
}

/* A list of lists has no further one below it. */
static bool read_list(struct list *list, uint32_t offset, bool is_below_list)
{
    struct span rest, reference;
    enum list_form form;
    uint16_t count;
    uint8_t *references = read_list_cell(list->image, offset, &form, &count, &rest);
    bool is_whole = references != NULL && !(is_below_list && form == LIST_OF_LISTS);

    if (!is_whole)
        fail(list, HIVE_BASE_BLOCK_BYTES + (uint64_t)offset);
    while (is_whole && span_take(&rest, list_forms[form].reference_bytes, &reference))
        is_whole = read_reference(list, form, reference);
    free(references);
    return is_whole;
}

/* Can the list of that many values be in the cell there? libregf reads as many as are announced. */
static bool values_fit(const struct hive_image *image, uint32_t count, uint32_t offset)
{
    uint64_t at = HIVE_BASE_BLOCK_BYTES + (uint64_t)offset;
    uint8_t field[HIVE_CELL_SIZE_BYTES];
    struct span in = span_of(field, sizeof(field), at);
    uint32_t size;

    return count == 0 || (hive_image_read(image, at, field, sizeof(field)) &&
                          span_u32(&in, &size) && (int32_t)size < 0 &&
                          (int64_t)count * VALUE_REFERENCE_BYTES + HIVE_CELL_SIZE_BYTES <=
                              -(int64_t)(int32_t)size &&
                          at + (uint64_t)(-(int64_t)(int32_t)size) <= hive_image_size(image));
}

/* Reads how many keys the key says it has, and where their list is; its list of values must be
 * possible, too. */
static bool read_key(const struct hive_image *image, uint64_t offset_bytes, uint32_t *count,
                     uint32_t *list_offset)
{
    uint8_t fields[KEY_FIELDS_BYTES];
    struct span all = span_of(fields, sizeof(fields), offset_bytes), in;
    uint32_t value_count, values_offset;

    return hive_image_read(image, offset_bytes, fields, sizeof(fields)) &&
           memcmp(fields, KEY_SIGNATURE, strlen(KEY_SIGNATURE)) == 0 &&
           span_at(&all, KEY_COUNT_AT, &in) && span_u32(&in, count) &&
           span_at(&all, KEY_LIST_AT, &in) && span_u32(&in, list_offset) &&
           span_at(&all, KEY_VALUE_COUNT_AT, &in) && span_u32(&in, &value_count) &&
           span_at(&all, KEY_VALUES_AT, &in) && span_u32(&in, &values_offset) &&
           values_fit(image, value_count, values_offset);
}

bool hive_list_read(const struct hive_image *image, uint64_t key_offset_bytes,
                    struct hive_listed **keys, size_t *count, uint64_t *damage_at)
{
    struct list list = {.image = image, .damage_at = key_offset_bytes};
    uint32_t announced, list_offset;
    bool is_whole = read_key(image, key_offset_bytes, &announced, &list_offset) &&
                    (announced == 0 || read_list(&list, list_offset, false));

    if (is_whole && list.count != announced) {
        list.damage_at = HIVE_BASE_BLOCK_BYTES + (uint64_t)list_offset;
        is_whole = false;
    }
    if (!is_whole) {
        free(list.keys);
        list = (struct list){.damage_at = list.damage_at};
    }
    *keys = list.keys;
    *count = list.count;
    *damage_at = list.damage_at;
    return is_whole;
}

/* The hash is of the UTF-16 units of the name in upper case, letter by letter: of those beyond the
 * basic plane as they are. Windows' own table of upper case may be older than the library's, so a
 * key with a rare name may be taken for damaged, never a damaged one for whole. */
bool hive_listed_fits(const struct hive_listed *key, const char *name)
{
    uint32_t hash = 0, character;

    while (*name != '\0') {
        if (!text_next_character(&name, &character))
            return !key->has_hash;
        if (character > 0xFFFF) {
            hash = hash * 37 + (0xD7C0u + (character >> 10));
            hash = hash * 37 + (0xDC00u | (character & 0x3FF));
        } else {
            hash = hash * 37 + uc_toupper(character);
        }
    }
    return !key->has_hash || key->hash == hash;
}
