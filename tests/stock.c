/* SPDX-License-Identifier: Apache-2.0 */
#include "stock.h"

#include <fts.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "evtx/chunk.h"
#include "evtx/select.h"
#include "made.h"

/* So many chunks of a log stay together. */
#define CHUNKS_TOGETHER 3u

/* Has the log a record of the event table? */
static bool has_selected(const uint8_t *bytes, size_t size_bytes)
{
    struct source_facts facts = {0};
    struct selector *selector = selector_create(&facts);
    struct error ignored = {0};
    bool found = false;

    for (size_t at = FILE_HEADER_SIZE_BYTES; !found && at + CHUNK_SIZE_BYTES <= size_bytes;
         at += CHUNK_SIZE_BYTES) {
        uint32_t position = CHUNK_OFFSET_RECORDS;
        struct chunk chunk;
        struct record record;
        struct record_summary summary;

        chunk_open(span_of(bytes + at, CHUNK_SIZE_BYTES, at), 0, &chunk, &ignored);
        error_clear(&ignored);
        selector_begin_chunk(selector, &chunk);
        while (!found && chunk_next_record(&chunk, &position, &record, &ignored) > 0) {
            found = selector_summarise(selector, &record, &summary, &ignored) == 0 &&
                    summary.event != NULL;
            error_clear(&ignored);
        }
        error_clear(&ignored);
    }
    selector_free(selector);
    source_facts_free_content(&facts);
    return found;
}

static void add_cut(struct stock *stock, char *name, const uint8_t *log, size_t at,
                    size_t chunk_count)
{
    size_t chunks_bytes = chunk_count * CHUNK_SIZE_BYTES;
    struct stock_log *cut;

    stock->logs = memory_grow(stock->logs, stock->log_count, sizeof(*stock->logs));
    cut = &stock->logs[stock->log_count];
    *cut = (struct stock_log){.name = name, .size_bytes = FILE_HEADER_SIZE_BYTES + chunks_bytes};
    cut->bytes = memory_allocate(cut->size_bytes, 1);
    memcpy(cut->bytes, log, FILE_HEADER_SIZE_BYTES);
    memcpy(cut->bytes + FILE_HEADER_SIZE_BYTES, log + at, chunks_bytes);
    if (has_selected(cut->bytes, cut->size_bytes)) {
        stock->selected = memory_grow(stock->selected, stock->selected_count, sizeof(size_t));
        stock->selected[stock->selected_count++] = stock->log_count;
    }
    stock->log_count++;
}

void stock_add(struct stock *stock, const char *name, const uint8_t *bytes, size_t size_bytes)
{
    size_t at = FILE_HEADER_SIZE_BYTES;
    size_t left = size_bytes < at ? 0 : (size_bytes - at) / CHUNK_SIZE_BYTES;

    for (; left > 0; left -= left < CHUNKS_TOGETHER ? left : CHUNKS_TOGETHER) {
        size_t count = left < CHUNKS_TOGETHER ? left : CHUNKS_TOGETHER;
        struct span slots = span_of(bytes + at, count * CHUNK_SIZE_BYTES, at);

        if (!chunk_is_unused(slots))
            add_cut(stock, memory_format("%s@%zu", name, at), bytes, at, count);
        at += count * CHUNK_SIZE_BYTES;
    }
}

static int by_name(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static bool is_log(const FTSENT *entry)
{
    const char *dot = strrchr(entry->fts_name, '.');

    return entry->fts_info == FTS_F && dot != NULL && strcmp(dot, ".evtx") == 0;
}

/* Returns owned. */
static uint8_t *read_file(const char *path, size_t size_bytes)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes = memory_allocate(size_bytes + 1, 1);

    if (file == NULL || fread(bytes, 1, size_bytes, file) != size_bytes) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    return bytes;
}

size_t stock_each_log(const char *folder,
                      void (*use)(void *context, const char *name, const uint8_t *bytes,
                                  size_t size_bytes),
                      void *context)
{
    char *path = memory_copy_text(folder);
    char *paths[] = {path, NULL};
    FTS *walk = memory_require(fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name));
    size_t count = 0;

    for (FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk)) {
        size_t size_bytes = (size_t)entry->fts_statp->st_size;
        uint8_t *bytes;

        if (!is_log(entry))
            continue;
        bytes = read_file(entry->fts_path, size_bytes);
        use(context, entry->fts_path + strlen(folder) + 1, bytes, size_bytes);
        free(bytes);
        count++;
    }
    fts_close(walk);
    free(path);
    return count;
}

static void add_each(void *context, const char *name, const uint8_t *bytes, size_t size_bytes)
{
    stock_add(context, name, bytes, size_bytes);
}

size_t stock_add_folder(struct stock *stock, const char *folder)
{
    return stock_each_log(folder, add_each, stock);
}

void stock_add_made(struct stock *stock)
{
    for (size_t index = 0; index < made_log_count; index++) {
        struct evtx_image *image = made_logs[index].make();

        stock_add(stock, made_logs[index].name, image->bytes, image->size_bytes);
        evtx_image_free(image);
    }
}

void stock_free_content(struct stock *stock)
{
    for (size_t index = 0; index < stock->log_count; index++) {
        free(stock->logs[index].name);
        free(stock->logs[index].bytes);
    }
    free(stock->logs);
    free(stock->selected);
    *stock = (struct stock){0};
}
