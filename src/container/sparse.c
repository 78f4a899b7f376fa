/* SPDX-License-Identifier: Apache-2.0 */
#include "container/sparse.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "container/unpacker.h"

bool sparse_is_map_name(const char *path)
{
    size_t length = strlen(path), suffix = strlen(SPARSE_SUFFIX);

    return length > suffix && strcmp(path + length - suffix, SPARSE_SUFFIX) == 0 &&
           path[length - suffix - 1] != '/';
}

/* A number, which some versions write as text. What is missing is 0. */
static bool take_number(const json_t *range, const char *key, uint64_t *out)
{
    const json_t *value = json_object_get(range, key);

    *out = 0;
    if (value == NULL)
        return true;
    if (json_is_string(value))
        return text_parse_number(json_string_value(value), out) && *out <= INT64_MAX;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

/* Adds what lies before the next range and is not told, as a hole, and the range. */
static void add_range(struct sparse_map *map, uint64_t start_bytes, uint64_t size_bytes,
                      bool is_hole)
{
    struct sparse_range gap = {map->size_bytes, start_bytes - map->size_bytes, true};
    struct sparse_range range = {start_bytes, size_bytes, is_hole};

    if (gap.size_bytes > 0) {
        map->ranges = memory_grow(map->ranges, map->count, sizeof(*map->ranges));
        map->ranges[map->count++] = gap;
    }
    if (size_bytes == 0)
        return;
    map->ranges = memory_grow(map->ranges, map->count, sizeof(*map->ranges));
    map->ranges[map->count++] = range;
    map->size_bytes = start_bytes + size_bytes;
}

/* Takes the next range: what is stored comes in one go, so both offsets have to grow together. */
static bool take_range(struct sparse_map *map, const json_t *range)
{
    uint64_t start_bytes, size_bytes, stored_at_bytes, stored_bytes, end_bytes;

    if (!json_is_object(range) || !take_number(range, "original_offset", &start_bytes) ||
        !take_number(range, "length", &size_bytes) ||
        !take_number(range, "file_offset", &stored_at_bytes) ||
        !take_number(range, "file_length", &stored_bytes) || start_bytes < map->size_bytes ||
        __builtin_add_overflow(start_bytes, size_bytes, &end_bytes) || end_bytes > INT64_MAX)
        return false;
    if (stored_bytes == 0) {
        add_range(map, start_bytes, size_bytes, true);
        return true;
    }
    if (stored_at_bytes != map->stored_bytes || stored_bytes > size_bytes)
        return false;
    add_range(map, start_bytes, stored_bytes, false);
    map->stored_bytes += stored_bytes;
    if (stored_bytes < size_bytes)
        add_range(map, start_bytes + stored_bytes, size_bytes - stored_bytes, true);
    return true;
}

bool sparse_map_parse(const char *text, size_t length, const char *path, struct sparse_map *out)
{
    json_t *root = json_loadb(text, length, 0, NULL);
    const json_t *ranges = json_object_get(root, "ranges");
    bool is_map = json_is_array(ranges) && sparse_is_map_name(path);

    *out = (struct sparse_map){0};
    for (size_t index = 0; is_map && index < json_array_size(ranges); index++)
        is_map = take_range(out, json_array_get(ranges, index));
    json_decref(root);
    if (is_map && out->count > 0) {
        out->path = memory_copy_bytes(path, strlen(path) - strlen(SPARSE_SUFFIX));
        return true;
    }
    sparse_map_free_content(out);
    return false;
}

void sparse_map_free_content(struct sparse_map *map)
{
    free(map->path);
    free(map->ranges);
    *map = (struct sparse_map){0};
}

/* Is the position behind the range? */
static int compare_position(const void *item, const void *key)
{
    const struct sparse_range *range = item;
    const uint64_t *position_bytes = key;

    return range->start_bytes + range->size_bytes <= *position_bytes ? -1 : 1;
}

uint64_t sparse_map_run(const struct sparse_map *map, uint64_t position_bytes, bool *is_hole)
{
    size_t index = array_lower_bound(map->ranges, map->count, sizeof(*map->ranges), &position_bytes,
                                     compare_position);

    if (index == map->count)
        return 0;
    *is_hole = map->ranges[index].is_hole;
    return map->ranges[index].start_bytes + map->ranges[index].size_bytes - position_bytes;
}

/* ---- A file in a folder ---- */

struct sparse_reading {
    const struct container_file *file;
    struct container_notes *notes;
    struct sparse_map map;
    uint64_t position_bytes;  /* in the file with its holes, */
    uint64_t stored_at_bytes; /* and in what is stored */
    bool is_given;
};

static int sparse_next(void *state, struct container_member *out, struct error *err)
{
    struct sparse_reading *reading = state;

    (void)err;
    if (reading->is_given)
        return 0;
    reading->is_given = true;
    *out = (struct container_member){
        .type = MEMBER_FILE, .path = "file", .size_bytes = reading->map.size_bytes};
    return 1;
}

static int sparse_read(void *state, void *buffer, size_t size_bytes, size_t *got, struct error *err)
{
    struct sparse_reading *reading = state;
    bool is_hole = false;
    uint64_t run_bytes = sparse_map_run(&reading->map, reading->position_bytes, &is_hole);
    size_t wanted = run_bytes < size_bytes ? (size_t)run_bytes : size_bytes;

    *got = wanted;
    if (is_hole)
        memset(buffer, 0, wanted);
    else if (container_file_read(reading->file, reading->stored_at_bytes, buffer, wanted, got) != 0)
        return error_set(err, ERROR_SOURCE, reading->stored_at_bytes, "cannot be read: %m");
    if (*got == 0 && wanted > 0)
        return error_set(err, ERROR_SOURCE, reading->stored_at_bytes,
                         "ends before its map (" SPARSE_SUFFIX ") does");
    reading->position_bytes += *got;
    reading->stored_at_bytes += is_hole ? 0 : *got;
    reading->notes->read_bytes += is_hole ? 0 : *got;
    return 0;
}

static int sparse_rewind(void *state, struct error *err)
{
    struct sparse_reading *reading = state;

    (void)err;
    reading->position_bytes = reading->stored_at_bytes = 0;
    reading->is_given = false;
    return 0;
}

static void sparse_close(void *state)
{
    struct sparse_reading *reading = state;

    sparse_map_free_content(&reading->map);
    free(reading);
}

int sparse_open(const struct container_input *input, struct container_notes *notes,
                struct unpacker *out, struct error *err)
{
    const struct container_file *file = &input->files[1];
    struct sparse_reading *reading = memory_allocate(1, sizeof(*reading));
    bool is_small = file->size_bytes <= SPARSE_MAP_MOST_BYTES;
    char *text = memory_allocate(is_small ? (size_t)file->size_bytes + 1 : 1, 1);
    size_t got = 0;

    reading->notes = notes;
    *out = (struct unpacker){.state = reading,
                             .next = sparse_next,
                             .read = sparse_read,
                             .rewind = sparse_rewind,
                             .close = sparse_close};
    reading->file = &input->files[0];
    if (is_small && file_read_at(file->descriptor, text, (size_t)file->size_bytes, 0, &got) == 0 &&
        sparse_map_parse(text, got, file->name, &reading->map)) {
        free(text);
        return 0;
    }
    free(text);
    free(reading);
    return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "%s is no map of it", file->name);
}
