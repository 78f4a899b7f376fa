/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that stand once: providers, channels, computers, users, names of strings. Those looked up
 * lately are remembered, each in the place that its hash has, so that memory is bounded and most
 * look-ups need no statement. */
#include "case/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Longer ones are hostile, and not remembered. */
#define CACHED_BYTES_MOST 1024

static const char find_text[] = "SELECT id FROM text WHERE value = ?1";
static const struct row_statement insert_text = INSERT_OF(&text_rows);

void texts_forget(struct text_cache *cache)
{
    for (size_t place = 0; place < TEXTS_CACHED; place++)
        free(cache->places[place].text);
    *cache = (struct text_cache){0};
}

static size_t place_of(const char *text, size_t *length)
{
    uint64_t hash = TEXT_HASH_START;
    const char *at = text;

    for (; *at != '\0'; at++)
        hash = text_hash_byte(hash, (unsigned char)*at);
    *length = (size_t)(at - text);
    return (hash ^ hash >> 32) % TEXTS_CACHED;
}

static int find_or_add(struct casedb *db, const char *text, int64_t *id, struct error *err)
{
    struct query query = query_of(db, find_text);
    struct text_row row = {.value = text};
    int step;

    query_text(&query, text);
    step = query_step(&query, err);
    if (step == 1) {
        struct row found = row_of(query.statement);

        *id = row_integer(&found);
        query_end(&query);
        return 0;
    }
    if (step < 0 || query_run_row(db, &insert_text, &row, err) != 0)
        return -1;
    *id = sqlite3_last_insert_rowid(db->sqlite);
    return 0;
}

int texts_id(struct casedb *db, const char *text, int64_t *id, struct error *err)
{
    size_t length, place;

    *id = 0;
    if (text == NULL || *text == '\0')
        return 0;
    place = place_of(text, &length);
    if (db->texts.places[place].text != NULL && strcmp(db->texts.places[place].text, text) == 0) {
        *id = db->texts.places[place].id;
        return 0;
    }
    if (find_or_add(db, text, id, err) != 0)
        return -1;
    if (length <= CACHED_BYTES_MOST) {
        free(db->texts.places[place].text);
        db->texts.places[place].text = memory_copy_bytes(text, length);
        db->texts.places[place].id = *id;
    }
    return 0;
}
