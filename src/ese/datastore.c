/* SPDX-License-Identifier: Apache-2.0 */
/* Whether it is a database, whether all of it is there, and what it is as a whole. */
#include "ese/datastore.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "ese/database.h"
#include "ese/history.h"

/* --- the database --- */

struct datastore {
    const struct reader_options *options;
    const struct sink *sink;
    struct source_facts *facts;
    struct edb_database database;
    struct edb_table table;
    uint64_t unreadable_count; /* rows without a title that can be read */
    bool is_dirty;
    bool is_cut;
    bool is_damaged; /* the table; damage to the rest of the database costs no row */
};

/* Compares the file with what the database says of its size. */
static void check_size(struct datastore *datastore)
{
    const struct edb_database *database = &datastore->database;
    uint64_t rest_bytes = database->size_bytes % database->page_size_bytes;
    uint32_t owned = edb_database_count_owned_pages(database, datastore->facts);

    if (rest_bytes != 0)
        source_facts_add_damage(datastore->facts, database->size_bytes - rest_bytes,
                                "file ends within a page of the database");
    datastore->is_cut = owned > database->page_count;
    if (datastore->is_cut)
        source_facts_add_damage(datastore->facts, database->size_bytes,
                                "file is cut: %" PRIu32 " of the %" PRIu32
                                " pages of the database are there",
                                database->page_count, owned);
}

/* Checks the pages that are not looked at for the history, too. */
static void check_every_page(struct datastore *datastore)
{
    const struct edb_database *database = &datastore->database;
    uint8_t *bytes = memory_allocate(database->page_size_bytes, 1);

    for (uint32_t number = 1; number <= database->page_count; number++) {
        struct error ignored = {0};
        struct edb_page page;

        if (edb_page_read(database, number, bytes, &page, &ignored) == 0 && page.checksum_is_wrong)
            source_facts_add_damage(datastore->facts, edb_page_offset(database, number),
                                    "page %" PRIu32 " of the database has a wrong checksum",
                                    number);
        error_clear(&ignored);
    }
    free(bytes);
}

static void check_state(struct datastore *datastore)
{
    datastore->is_dirty = datastore->database.state != EDB_STATE_CLEAN;
    if (datastore->is_dirty)
        source_facts_add_detail(datastore->facts,
                                "dirty: copied from a running system or not closed, so its newest "
                                "rows can be in edb.log alone");
}

/* Says what the history is as a whole. */
static int hand_on_history(struct datastore *datastore, struct error *err)
{
    struct source_facts *facts = datastore->facts;
    struct finding finding = finding_of(FINDING_HISTORY, FINDING_ORIGIN_DATASTORE);
    struct text missing = {0};
    int result;

    if (datastore->is_dirty)
        text_add_item(&missing, "dirty: its newest rows can be in edb.log alone");
    if (datastore->is_cut)
        text_add_item(&missing, "the file is cut");
    if (datastore->is_damaged)
        text_add_item(&missing, "the table is damaged");
    finding.filetime = facts->last_filetime;
    finding.history = (struct finding_history){.row_count = facts->record_count,
                                               .unreadable_count = datastore->unreadable_count,
                                               .missing = text_get(&missing)};
    result = datastore->sink->finding(datastore->sink->context, &finding, err);
    text_free(&missing);
    return result;
}

/* What is said of a database without the table. Where the catalog is damaged, it can have had it.
 */
static void note_no_history(struct datastore *datastore)
{
    struct source_facts *facts = datastore->facts;

    if (datastore->table.is_certain) {
        source_facts_add_detail(
            facts, "an ESE database without an update history (no table " HISTORY_TABLE ")");
        if (facts->status == SOURCE_STATUS_OK)
            facts->status = SOURCE_STATUS_SKIPPED;
    } else {
        check_size(datastore);
        check_state(datastore);
        source_facts_add_detail(facts,
                                "no table " HISTORY_TABLE " in what can be read of the catalog");
    }
}

static int read_database(struct datastore *datastore, struct error *err)
{
    uint64_t damage_count;

    edb_catalog_find_table(&datastore->database, HISTORY_TABLE, datastore->facts,
                           &datastore->table);
    if (!datastore->table.is_found) {
        note_no_history(datastore);
        return 0;
    }
    check_size(datastore);
    check_state(datastore);
    if (datastore->options->verify)
        check_every_page(datastore);
    damage_count = datastore->facts->damage.count;
    if (history_read(&datastore->database, &datastore->table, datastore->options->skip_reference,
                     datastore->sink, datastore->facts, &datastore->unreadable_count, err) != 0)
        return -1;
    datastore->is_damaged =
        !datastore->table.columns_fit || datastore->facts->damage.count > damage_count;
    return hand_on_history(datastore, err);
}

/* --- the reader --- */

static uint64_t datastore_count_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int datastore_read_part(const struct source *source, int descriptor, uint64_t part,
                               const struct reader_options *options, const struct sink *sink,
                               struct source_facts *facts, struct error *err)
{
    struct datastore datastore = {.options = options, .sink = sink, .facts = facts};
    uint64_t present_bytes = source_present_size(descriptor, source->size_bytes);
    int result;

    (void)part;
    reader_feed_byte_sink(source, descriptor, options, facts);
    if (present_bytes < source->size_bytes)
        source_facts_add_damage(facts, present_bytes, "became shorter while it was read");
    if (edb_database_open(descriptor, source->size_bytes, &datastore.database, facts, err) != 0)
        return -1;
    if (datastore.database.file_type != 0 && facts->status == SOURCE_STATUS_OK) {
        source_facts_add_detail(facts, "an ESE file that is not a database (type %" PRIu32 ")",
                                datastore.database.file_type);
        facts->status = SOURCE_STATUS_SKIPPED;
        return 0;
    }
    result = read_database(&datastore, err);
    edb_table_free_content(&datastore.table);
    return result;
}

static void datastore_finish(struct source_facts *facts)
{
    source_facts_finish(facts, datastore_reader.reference);
}

const struct reader datastore_reader = {
    .count_parts = datastore_count_parts,
    .read_part = datastore_read_part,
    .join = source_facts_join,
    .finish = datastore_finish,
    .reference = "libesedb",
};
