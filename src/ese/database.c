/* SPDX-License-Identifier: Apache-2.0 */
#include "ese/database.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

/* Of the header and of a page's, what only reading needs; the rest is in database.h. */
#define HEADER_ATTRIBUTES_AT 12u
#define HEADER_STATE_AT 52u
#define FILE_TYPE_DATABASE 1u

#define PAGE_SIZE_USUAL 4096u
/* From here on pages have the large form. */
#define PAGE_SIZE_LARGE 16384u

#define PAGE_OBJECT_AT 24u
#define PAGE_DATA_END_AT 32u
#define PAGE_MORE_CHECKSUMS_AT 40u
#define PAGE_NUMBER_AT 64u
#define QUARTERS 4u

#define TAG_MASK 0x1FFFu
#define TAG_LARGE_MASK 0x7FFFu
#define TAG_FLAGS_SHIFT 13
#define NODE_LENGTH_MASK 0x1FFFu
#define TAG_DELETED 0x2u
#define TAG_PREFIXED 0x4u
/* From this revision on the upper bits of the tag count have another use. */
#define REVISION_SHORT_TAG_COUNT 0x122u
#define SHORT_TAG_COUNT_MASK 0x0FFFu

/* Revisions before it have another form of tagged columns; no Windows that could have the updates
 * of the incident wrote them. */
#define REVISION_LEAST 0x9u

/* A database of so many pages holds no update history: the limit bounds what is kept a page. */
#define PAGES_MOST (UINT32_C(1) << 27)

/* --- bytes --- */

/* Reads as many of the bytes as there are: *got. Returns -1 where they cannot be read. */
static int read_bytes(const struct edb_database *database, uint64_t offset_bytes, void *buffer,
                      size_t size_bytes, size_t *got, struct error *err)
{
    *got = 0;
    if (offset_bytes >= database->size_bytes)
        return 0;
    if (size_bytes > database->size_bytes - offset_bytes)
        size_bytes = (size_t)(database->size_bytes - offset_bytes);
    if (file_read_at(database->descriptor, buffer, size_bytes, offset_bytes, got) != 0)
        return error_set(err, ERROR_SOURCE, offset_bytes + *got, "cannot be read: %m");
    return 0;
}

static uint32_t fold_words(struct span words)
{
    uint32_t folded = 0, word;

    while (span_u32(&words, &word))
        folded ^= word;
    return folded;
}

/* --- header --- */

enum header_state { HEADER_WRONG, HEADER_DOUBTFUL, HEADER_SOUND };

static bool is_page_size(uint32_t size_bytes)
{
    return size_bytes == 4096 || size_bytes == 8192 || size_bytes == 16384 || size_bytes == 32768;
}

/* Reads the header at `offset_bytes` into the numbers of *database. It is doubtful when only its
 * checksum is wrong. */
static enum header_state header_read(struct edb_database *database, uint64_t offset_bytes,
                                     struct error *err)
{
    uint8_t bytes[EDB_PAGE_BYTES_MOST];
    size_t got;
    int result = read_bytes(database, offset_bytes, bytes, sizeof(bytes), &got, err);
    struct span header = span_of(bytes, got, offset_bytes), words;
    uint32_t checksum, signature, version;
    uint8_t file_type;

    if (result != 0)
        return HEADER_WRONG;
    if (!span_u32_at(&header, 0, &checksum) ||
        !span_u32_at(&header, EDB_HEADER_SIGNATURE_AT, &signature) ||
        !span_u32_at(&header, EDB_HEADER_VERSION_AT, &version) ||
        !span_u32_at(&header, HEADER_ATTRIBUTES_AT, &database->file_type) ||
        !span_u32_at(&header, HEADER_STATE_AT, &database->state) ||
        !span_u32_at(&header, EDB_HEADER_REVISION_AT, &database->revision) ||
        !span_u32_at(&header, EDB_HEADER_PAGE_SIZE_AT, &database->page_size_bytes) ||
        !span_at(&header, EDB_HEADER_FILE_TYPE_AT, &words) || !span_u8(&words, &file_type)) {
        error_set(err, ERROR_SOURCE, offset_bytes, "header of the database is cut short");
        return HEADER_WRONG;
    }
    /* Older revisions do not set the second number. */
    if (database->file_type == 0 && file_type > FILE_TYPE_DATABASE)
        database->file_type = file_type;
    if (database->page_size_bytes == 0)
        database->page_size_bytes = PAGE_SIZE_USUAL;
    database->is_large = database->page_size_bytes >= PAGE_SIZE_LARGE;
    if (signature != EDB_HEADER_SIGNATURE || version != EDB_VERSION ||
        database->revision < REVISION_LEAST || !is_page_size(database->page_size_bytes) ||
        (database->is_large && database->revision < EDB_REVISION_LARGE_PAGES)) {
        error_set(
            err, ERROR_SOURCE, offset_bytes,
            "header is not that of a known ESE database: version 0x%x, revision 0x%x, page size %u",
            version, database->revision, database->page_size_bytes);
        return HEADER_WRONG;
    }
    if (!span_take(&header, database->page_size_bytes, &words) ||
        !span_skip(&words, sizeof(checksum)) || (EDB_CHECKSUM_SEED ^ fold_words(words)) != checksum)
        return HEADER_DOUBTFUL;
    return HEADER_SOUND;
}

/* The copy lies one page behind the header; its own page size confirms that. */
static bool find_copy(struct edb_database *database)
{
    for (uint32_t size_bytes = PAGE_SIZE_USUAL; size_bytes <= EDB_PAGE_BYTES_MOST;
         size_bytes *= 2) {
        struct error ignored = {0};
        struct edb_database copy = *database;
        bool is_sound = header_read(&copy, size_bytes, &ignored) == HEADER_SOUND &&
                        copy.page_size_bytes == size_bytes;

        error_clear(&ignored);
        if (is_sound) {
            *database = copy;
            return true;
        }
    }
    return false;
}

/* Chooses between the header and its copy. */
static int choose_header(struct edb_database *database, struct source_facts *facts,
                         struct error *err)
{
    struct error wrong = {0};
    struct edb_database first = *database;
    enum header_state state = header_read(&first, 0, &wrong);
    int result = 0;

    if (state == HEADER_SOUND) {
        struct error ignored = {0};
        struct edb_database copy = first;

        if (header_read(&copy, first.page_size_bytes, &ignored) != HEADER_SOUND)
            source_facts_add_damage(facts, first.page_size_bytes,
                                    "copy of the database's header is wrong");
        error_clear(&ignored);
        *database = first;
    } else if (find_copy(database)) {
        source_facts_add_damage(facts, 0, "header of the database is wrong, its copy is used");
    } else if (state == HEADER_DOUBTFUL) {
        source_facts_add_damage(facts, 0, "checksums of the database's header and copy are wrong");
        *database = first;
    } else {
        result = error_set(err, ERROR_SOURCE, wrong.offset_bytes, "%s", wrong.message);
    }
    error_clear(&wrong);
    return result;
}

int edb_database_open(int descriptor, uint64_t size_bytes, struct edb_database *out,
                      struct source_facts *facts, struct error *err)
{
    struct edb_database database = {.descriptor = descriptor,
                                    .size_bytes = source_present_size(descriptor, size_bytes)};
    uint64_t page_count;

    if (choose_header(&database, facts, err) != 0)
        return -1;
    page_count = database.size_bytes / database.page_size_bytes;
    page_count = page_count > 2 ? page_count - 2 : 0;
    if (page_count > PAGES_MOST)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                         "database of %" PRIu64 " pages is larger than any update history",
                         page_count);
    database.page_count = (uint32_t)page_count;
    *out = database;
    return 0;
}

/* --- pages --- */

uint64_t edb_page_offset(const struct edb_database *database, uint32_t number)
{
    return ((uint64_t)number + 1) * database->page_size_bytes;
}

/* The new checksum of a block: its low half is compared, the parity of each bit; the high half is
 * an error-correcting code over the same words, and adds nothing for a page that is not mended. */
static bool block_is_right(struct span block, uint32_t page_number, uint32_t checksum)
{
    return (fold_words(block) ^ page_number) == checksum;
}

/* Large pages: four blocks, of which the first counts the checksums of the others. */
static bool large_page_is_right(struct span page, uint32_t number)
{
    size_t block_bytes = page.left_bytes / QUARTERS;
    uint32_t checksum;

    for (uint32_t quarter = 0; quarter < QUARTERS; quarter++) {
        size_t checksum_at =
            quarter == 0 ? 0 : PAGE_MORE_CHECKSUMS_AT + (quarter - 1) * sizeof(uint64_t);
        struct span rest, block;

        if (!span_at(&page, quarter * block_bytes, &rest) ||
            !span_take(&rest, block_bytes, &block) || !span_u32_at(&page, checksum_at, &checksum) ||
            (quarter == 0 && !span_skip(&block, sizeof(uint64_t))) ||
            !block_is_right(block, number, checksum))
            return false;
    }
    return true;
}

static bool page_is_right(const struct edb_database *database, struct span page, uint32_t number,
                          uint32_t flags)
{
    struct span words = page;
    uint32_t checksum, own_number;

    if (database->is_large)
        return large_page_is_right(page, number);
    if (!span_u32(&words, &checksum) || !span_u32(&words, &own_number))
        return false;
    if ((flags & EDB_PAGE_NEW_CHECKSUM) != 0)
        return block_is_right(words, number, checksum);
    return own_number == number && (EDB_CHECKSUM_SEED ^ own_number ^ fold_words(words)) == checksum;
}

/* Divides what is behind the header between body and tags. A count of tags that cannot be is taken
 * for all that fit behind the data; those that are not tags are empty then. */
static bool page_find_tags(struct edb_page *page, struct span room, uint16_t data_end)
{
    size_t most = room.left_bytes / EDB_TAG_BYTES;

    if (page->tag_count > most && data_end <= room.left_bytes)
        page->tag_count = (uint16_t)((room.left_bytes - data_end) / EDB_TAG_BYTES);
    return page->tag_count > 0 && page->tag_count <= most &&
           span_take(&room, room.left_bytes - (size_t)page->tag_count * EDB_TAG_BYTES,
                     &page->body) &&
           span_take(&room, room.left_bytes, &page->tags);
}

static bool page_read_header(const struct edb_database *database, struct span bytes,
                             struct edb_page *page)
{
    size_t header_bytes = database->is_large ? EDB_PAGE_LARGE_HEADER_BYTES : EDB_PAGE_HEADER_BYTES;
    uint64_t own_number;
    uint16_t data_end;

    if (!span_u32_at(&bytes, EDB_PAGE_NEXT_AT, &page->next) ||
        !span_u32_at(&bytes, PAGE_OBJECT_AT, &page->object_id) ||
        !span_u16_at(&bytes, PAGE_DATA_END_AT, &data_end) ||
        !span_u16_at(&bytes, EDB_PAGE_TAG_COUNT_AT, &page->tag_count) ||
        !span_u32_at(&bytes, EDB_PAGE_FLAGS_AT, &page->flags) ||
        !span_u64_at(&bytes, PAGE_NUMBER_AT, &own_number) ||
        (database->is_large && own_number != page->number) || !span_skip(&bytes, header_bytes))
        return false;
    if (database->revision >= REVISION_SHORT_TAG_COUNT)
        page->tag_count &= SHORT_TAG_COUNT_MASK;
    return page_find_tags(page, bytes, data_end);
}

int edb_page_read(const struct edb_database *database, uint32_t number, uint8_t *buffer,
                  struct edb_page *out, struct error *err)
{
    uint64_t offset_bytes = edb_page_offset(database, number);
    struct edb_page page = {.number = number, .is_large = database->is_large};
    struct span bytes = span_of(buffer, database->page_size_bytes, offset_bytes);
    size_t got;

    if (number == 0 || number > database->page_count)
        return error_set(err, ERROR_SOURCE, offset_bytes, "lies past the end of the file");
    if (read_bytes(database, offset_bytes, buffer, database->page_size_bytes, &got, err) != 0)
        return -1;
    if (got < database->page_size_bytes)
        return error_set(err, ERROR_SOURCE, offset_bytes, "became shorter while it was read");
    if (span_is_zero(bytes))
        return error_set(err, ERROR_SOURCE, offset_bytes, "is zeros");
    if (!page_read_header(database, bytes, &page))
        return error_set(err, ERROR_SOURCE, offset_bytes, "has no sound header");
    page.checksum_is_wrong = !page_is_right(database, bytes, number, page.flags);
    *out = page;
    return 0;
}

/* --- nodes --- */

/* The bytes of a tag, and its flags; in the large form these are in the bytes. */
static bool take_tag(const struct edb_page *page, uint16_t tag, struct span *bytes, unsigned *flags)
{
    size_t at = page->tags.left_bytes - ((size_t)tag + 1) * EDB_TAG_BYTES;
    uint16_t mask = page->is_large ? TAG_LARGE_MASK : TAG_MASK;
    uint16_t size_bytes, offset_bytes, first;

    if (!span_u16_at(&page->tags, at, &size_bytes) ||
        !span_u16_at(&page->tags, at + sizeof(size_bytes), &offset_bytes))
        return false;
    *flags = page->is_large ? 0 : offset_bytes >> TAG_FLAGS_SHIFT;
    if (!span_at(&page->body, offset_bytes & mask, bytes) ||
        !span_take(bytes, size_bytes & mask, bytes))
        return false;
    if (page->is_large && span_u16_at(bytes, 0, &first))
        *flags = first >> TAG_FLAGS_SHIFT;
    return true;
}

static bool take_key_part(struct span *bytes, struct span *out)
{
    uint16_t length;

    return span_u16(bytes, &length) && span_take(bytes, length & NODE_LENGTH_MASK, out);
}

int edb_page_node(const struct edb_page *page, uint16_t tag, struct edb_node *out,
                  struct error *err)
{
    struct edb_node node = {0};
    struct span bytes, prefix;
    unsigned flags, prefix_flags;
    uint16_t shared = 0;

    if (tag >= page->tag_count || !take_tag(page, tag, &bytes, &flags))
        return error_set(err, ERROR_SOURCE, page->body.offset_bytes, "lies out of the page");
    node.is_empty = bytes.left_bytes == 0;
    node.is_deleted = (flags & TAG_DELETED) != 0;
    if (!node.is_deleted && !node.is_empty) {
        uint64_t offset_bytes = bytes.offset_bytes;

        if ((flags & TAG_PREFIXED) != 0 &&
            (!span_u16(&bytes, &shared) || !take_tag(page, 0, &prefix, &prefix_flags) ||
             !span_take(&prefix, shared & NODE_LENGTH_MASK, &node.prefix)))
            return error_set(err, ERROR_SOURCE, offset_bytes,
                             "shares a key prefix that is not there");
        if (!take_key_part(&bytes, &node.key))
            return error_set(err, ERROR_SOURCE, offset_bytes, "has a key that runs out of it");
        node.data = bytes;
    }
    *out = node;
    return 0;
}
