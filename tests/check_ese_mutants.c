/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of update histories on changed copies of databases, made and real, with their
 * checksums made right again, so that the changes get past them. Each is read in a child process:
 * whatever was changed, the reader must come to its end in time, with a status; libesedb may fail
 * on a row, but must not read it differently; and what is changed in one leaf must not cost the
 * rows of another. MUTANTS and MUTANT_SEED in the environment say how many and which. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "chance.h"
#include "ese/datastore.h"
#include "findings.h"
#include "fixtures/ese_layout.h"
#include "fixtures/ese_writer.h"
#include "mutant.h"
#include "readout.h"
#include "real.h"
#include "run.h"
#include "trial.h"

#define MUTANTS_USUAL 1500u
#define CHANGES_MOST 4u
#define ROWS 60u
#define ROWS_PER_LEAF 4u

/* libesedb leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libesedb\n";
}

/* --- what mutants are made of --- */

/* A database; where it is made here, all of its rows name the update. */
struct original {
    struct ese_image *image; /* owned */
    bool is_made;
};

static struct ese_image *make_image(uint32_t page_size_bytes, bool is_high)
{
    struct ese_writer_options options = {.page_size_bytes = page_size_bytes,
                                         .most_rows_per_leaf = is_high ? ROWS_PER_LEAF : 0,
                                         .most_pages_per_branch = is_high ? 5 : 0};
    struct ese_history_row rows[ROWS] = {0};

    for (size_t index = 0; index < ROWS; index++) {
        rows[index].id_event = (int32_t)index + 1;
        rows[index].status = 1;
        rows[index].date_filetime = READOUT_START + index * FILETIME_HOUR;
        rows[index].update_id = "9482f4b4-e343-43b6-b170-9a65bc822c77";
        rows[index].null_columns = index % 3 == 0 ? ESE_NULL(ESE_HISTORY_MAPPED_RESULT) : 0;
        rows[index].client_id.text = "AutomaticUpdates";
        rows[index].title.text = "Update for Windows 7 (KB971033)";
        rows[index].title.form = index % 3 == 1   ? ESE_TEXT_7BIT_UTF16
                                 : index % 3 == 2 ? ESE_TEXT_7BIT_ASCII
                                                  : ESE_TEXT_PLAIN;
        rows[index].description.text = "A description";
        rows[index].description.form = index % 4 == 0 ? ESE_TEXT_LONG_VALUE : ESE_TEXT_PLAIN;
    }
    return ese_write_datastore(rows, ROWS, &options);
}

/* The real database beside the checkout, if it is there: one of its tables under the name of the
 * history. NULL where it is not. */
static struct ese_image *read_real(void)
{
    struct text bytes = {0};
    struct ese_image *image;
    uint8_t *at;

    if (!real_read_database(&bytes))
        return NULL;
    image = memory_allocate(1, sizeof(*image));
    *image = (struct ese_image){.size_bytes = bytes.length_bytes, .page_size_bytes = 4096};
    image->page_count = (uint32_t)(bytes.length_bytes / 4096 - 2);
    image->bytes = (uint8_t *)text_take(&bytes);
    while ((at = memmem(image->bytes, image->size_bytes, "namespace", 9)) != NULL)
        memcpy(at, "tbHistory", 9);
    return image;
}

static size_t make_originals(struct original *originals)
{
    static const uint32_t page_sizes[] = {4096, 8192, 16384, 32768};
    struct ese_image *real = read_real();
    size_t count = 0;

    for (size_t index = 0; index < ARRAY_COUNT(page_sizes); index++) {
        originals[count++] = (struct original){make_image(page_sizes[index], false), true};
        originals[count++] = (struct original){make_image(page_sizes[index], true), true};
    }
    if (real != NULL)
        originals[count++] = (struct original){real, false};
    return count;
}

/* --- a mutant --- */

struct making {
    uint64_t random;
    struct ese_image *image; /* owned: a copy */
    uint32_t only_leaf;      /* nothing but this page of tbHistory was changed; 0: not so */
    uint64_t least_rows;     /* that lie elsewhere then */
    struct text story;
};

static uint32_t below(struct making *making, uint64_t limit)
{
    return (uint32_t)((chance_next(&making->random) >> 16) % limit);
}

/* Numbers that stand for much: limits, flags, small ones. */
static uint32_t strange_number(struct making *making)
{
    static const uint32_t strange[] = {0,      1,      2,      4,      0x7F,
                                       0x80,   0xFF,   0x1FFF, 0x2000, 0x3FFF,
                                       0x4000, 0x7FFF, 0x8000, 0xFFFF, 0xFFFFFFFF};
    uint32_t chosen = below(making, ARRAY_COUNT(strange) + 3);

    return chosen < ARRAY_COUNT(strange)    ? strange[chosen]
           : chosen == ARRAY_COUNT(strange) ? (uint32_t)chance_next(&making->random)
                                            : below(making, 600);
}

static uint8_t *page_bytes(const struct making *making, uint32_t page)
{
    return making->image->bytes + ((size_t)page + 1) * making->image->page_size_bytes;
}

/* A page that the reader looks at, mostly. */
static uint32_t choose_page(struct making *making)
{
    const struct ese_image *image = making->image;
    uint32_t last = image->page_count;

    switch (below(making, 8)) {
    case 0:
        return ESE_CATALOG_ROOT;
    case 1:
        return ESE_CATALOG_PAGES + below(making, ESE_CATALOG_LAST - ESE_CATALOG_PAGES + 1);
    case 2:
        return 1 + below(making, last);
    case 3:
        return image->history_root != 0 ? image->history_root : 1 + below(making, last);
    }
    if (image->history_root == 0)
        return 1 + below(making, last);
    return image->history_root + below(making, last - image->history_root + 1);
}

static void write_number(uint8_t *at, uint32_t number, size_t size_bytes)
{
    for (size_t index = 0; index < size_bytes; index++)
        at[index] = (uint8_t)(number >> 8 * index);
}

/* Where in the page the data of a tag begin; somewhere in it where that is out of the page. */
static size_t find_node(struct making *making, uint32_t page)
{
    const struct ese_image *image = making->image;
    const uint8_t *bytes = page_bytes(making, page);
    size_t header_bytes = image->page_size_bytes > ESE_SMALL_PAGE_MOST ? ESE_LARGE_PAGE_HEADER_SIZE
                                                                       : ESE_PAGE_HEADER_SIZE;
    size_t tag_count = bytes[ESE_PAGE_TAG_COUNT_AT] + 1u;
    const uint8_t *tag =
        bytes + image->page_size_bytes - (below(making, tag_count) + 1) * ESE_TAG_SIZE;
    size_t at = header_bytes + ((size_t)(tag[2] | tag[3] << 8) &
                                (image->page_size_bytes > ESE_SMALL_PAGE_MOST ? ESE_LARGE_TAG_MASK
                                                                              : ESE_TAG_MASK));

    return at < image->page_size_bytes - 64 ? at : below(making, image->page_size_bytes - 64);
}

static void change_page(struct making *making, uint32_t page)
{
    static const size_t header_fields[] = {
        ESE_PAGE_PREVIOUS_AT, ESE_PAGE_NEXT_AT,      ESE_PAGE_OBJECT_AT, ESE_PAGE_FREE_AT,
        ESE_PAGE_END_AT,      ESE_PAGE_TAG_COUNT_AT, ESE_PAGE_FLAGS_AT,  ESE_PAGE_FLAGS_AT};
    uint32_t page_size_bytes = making->image->page_size_bytes;
    uint8_t *bytes = page_bytes(making, page);
    size_t at, size_bytes = (size_t)1 << below(making, 3);

    switch (below(making, 8)) {
    case 0: /* a field of the page header */
        at = header_fields[below(making, ARRAY_COUNT(header_fields))];
        break;
    case 1: /* a tag */
        at = page_size_bytes - 2 - 2 * (size_t)below(making, 20);
        size_bytes = 2;
        break;
    case 2: /* the page becomes a copy of another */
        text_add_format(&making->story, "page %u copied; ", page);
        memcpy(bytes, page_bytes(making, 1 + below(making, making->image->page_count)),
               page_size_bytes);
        return;
    case 3: /* any place */
        at = below(making, page_size_bytes - 4);
        break;
    default: /* a node: its lengths, its record's head, its columns' ends */
        at = find_node(making, page) + below(making, 56);
        break;
    }
    if (below(making, 3) == 0) {
        bytes[at] ^= (uint8_t)(1u << below(making, 8));
        text_add_format(&making->story, "page %u bit at %zu; ", page, at);
    } else {
        uint32_t number = strange_number(making);

        write_number(bytes + at, number, size_bytes);
        text_add_format(&making->story, "page %u at %zu: %#x, %zu bytes; ", page, at, number,
                        size_bytes);
    }
}

static void change_header(struct making *making)
{
    static const size_t fields[] = {ESE_HEADER_SIGNATURE_AT, ESE_HEADER_VERSION_AT,
                                    ESE_HEADER_STATE_AT,     ESE_HEADER_REVISION_AT,
                                    ESE_HEADER_PAGE_SIZE_AT, ESE_HEADER_FILE_TYPE_AT};
    size_t at = fields[below(making, ARRAY_COUNT(fields))];
    uint32_t number = below(making, 2) == 0 ? 1024u << below(making, 8) : strange_number(making);

    write_number(making->image->bytes + at, number, 4);
    if (below(making, 2) == 0)
        write_number(making->image->bytes + making->image->page_size_bytes + at, number, 4);
    text_add_format(&making->story, "header at %zu: %#x; ", at, number);
}

static void change(struct making *making)
{
    struct ese_image *image = making->image;
    uint32_t page;

    switch (below(making, 24)) {
    case 0:
        change_header(making);
        return;
    case 1:
        image->size_bytes = 1 + below(making, image->size_bytes);
        text_add_format(&making->story, "cut to %zu; ", image->size_bytes);
        return;
    case 2:
        page = choose_page(making);
        memset(page_bytes(making, page), below(making, 2) == 0 ? 0 : 0xFF, image->page_size_bytes);
        text_add_format(&making->story, "page %u filled; ", page);
        return;
    }
    change_page(making, choose_page(making));
}

static void seal(struct making *making, size_t whole_bytes)
{
    struct ese_image *image = making->image;

    if (image->size_bytes >= 2 * (size_t)image->page_size_bytes)
        ese_image_seal_headers(image);
    for (uint32_t number = 1; number <= image->page_count; number++) {
        struct ese_page page = {page_bytes(making, number), image->page_size_bytes, number};

        if (((size_t)number + 2) * image->page_size_bytes <= whole_bytes &&
            !ese_page_is_sealed(&page))
            ese_page_seal(&page);
    }
}

static void make_mutant(const struct original *original, uint64_t seed, uint64_t number,
                        struct making *making)
{
    size_t size_bytes = original->image->size_bytes;
    uint32_t changes;

    *making = (struct making){.random = (seed + number) * UINT64_C(0x9E3779B97F4A7C15) | 1};
    for (int index = 0; index < 8; index++)
        chance_next(&making->random);
    making->image = memory_allocate(1, sizeof(*making->image));
    *making->image = *original->image;
    making->image->rows = NULL;
    making->image->bytes = memory_allocate(size_bytes, 1);
    memcpy(making->image->bytes, original->image->bytes, size_bytes);
    changes = 1 + below(making, CHANGES_MOST);
    if (original->is_made && original->image->history_level_count > 1 && below(making, 3) == 0) {
        making->only_leaf = original->image->rows[below(making, ROWS)].page;
        for (size_t index = 0; index < ROWS; index++)
            making->least_rows += original->image->rows[index].page != making->only_leaf ? 1 : 0;
        for (; changes > 0; changes--)
            change_page(making, making->only_leaf);
    }
    for (; changes > 0; changes--)
        change(making);
    if (below(making, 4) != 0)
        seal(making, size_bytes);
}

static void try_mutant(struct trial_batch *batch, const struct making *making)
{
    static char path[] = "mutant";
    const struct ese_image *image = making->image;
    struct source source = {
        .path = path, .kind = SOURCE_KIND_DATABASE, .size_bytes = image->size_bytes};
    struct reader_options options = {.window = incident_window};
    int descriptor = readout_make_file(image->bytes, image->size_bytes);
    struct source_facts facts = {0};
    struct error err = {0};
    struct text lines = {0};
    struct sink sink = findings_sink(&lines);
    int result = reader_read(&datastore_reader, &source, descriptor, &options, &sink, &facts, &err);

    if (result == 0)
        batch->statuses[facts.status]++;
    else
        batch->refused++;
    if (result != 0 && (err.kind != ERROR_SOURCE || err.message == NULL))
        snprintf(batch->fault, sizeof(batch->fault), "refused without a reason");
    if (facts.status == SOURCE_STATUS_DAMAGED && facts.detail.length_bytes == 0)
        snprintf(batch->fault, sizeof(batch->fault), "damaged without a reason");
    if (facts.conflict_count > 0)
        snprintf(batch->fault, sizeof(batch->fault), "%.500s", text_get(&facts.detail));
    if (facts.selected_count < making->least_rows)
        snprintf(batch->fault, sizeof(batch->fault), "%" PRIu64 " rows, though others are sound",
                 facts.selected_count);
    close(descriptor);
    text_free(&lines);
    error_clear(&err);
    source_facts_free_content(&facts);
}

/* The originals, as what is made of them wants them. */
struct originals {
    struct original items[9];
    size_t count;
};

static void make_and_try(struct trial_batch *batch, uint64_t seed, const void *context)
{
    const struct originals *originals = context;
    uint64_t original = batch->number % originals->count;
    struct making making;

    make_mutant(&originals->items[original], seed, batch->number, &making);
    snprintf(batch->story, sizeof(batch->story), "original %" PRIu64 ": %.900s", original,
             text_get(&making.story));
    try_mutant(batch, &making);
    text_free(&making.story);
    ese_image_free(making.image);
}

START_TEST(mutants_are_read_to_their_end)
{
    struct originals originals = {0};

    originals.count = make_originals(originals.items);
    ck_assert_uint_eq(trial_in_children(MUTANTS_USUAL, make_and_try, &originals), 0);
    for (size_t index = 0; index < originals.count; index++)
        ese_image_free(originals.items[index].image);
}
END_TEST

static Suite *mutants_suite(void)
{
    Suite *suite = suite_create("ese mutants");
    TCase *tests = tcase_create("ese mutants");

    tcase_add_test(tests, mutants_are_read_to_their_end);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(mutants_suite());
}
