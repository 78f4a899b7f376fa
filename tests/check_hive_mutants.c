/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of hives on changed copies of hives, with their checksums made right again, so that
 * the changes get past them. Each is read in a child process: whatever was changed, the reader must
 * come to its end in time, with a status, and must not take a list for whole that lacks the
 * package. MUTANTS and MUTANT_SEED in the environment say how many and which. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "chance.h"
#include "findings.h"
#include "fixtures/hive_writer.h"
#include "fixtures/layout.h"
#include "hive/hive.h"
#include "mutant.h"
#include "readout.h"
#include "run.h"
#include "trial.h"

#define MUTANTS_USUAL 2000u
/* Of processor time; a mutant takes some milliseconds. */
#define SECONDS_MOST 60
#define CHANGES_MOST 4u
#define FIRST_BIN 4096u

/* libregf leaks where it gives up in the middle of a key; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libregf\n";
}

/* --- what mutants are made of --- */

static struct hive_file *make_software(const struct hive_options *options, size_t packages)
{
    static const struct hive_system system = {.product_name = "Windows 7 Professional",
                                              .edition_id = "Professional",
                                              .product_id = "00371-868-0000007-85123",
                                              .version = "6.1",
                                              .build = "7601",
                                              .service_pack = "Service Pack 1",
                                              .installation_type = "Client"};
    struct hive_writer *writer = hive_writer_new();

    hive_writer_add_key(writer, "Classes\\CLSID");
    hive_writer_set_system(writer, &system);
    hive_writer_add_packages(writer, packages);
    hive_writer_add_package(writer, HIVE_WAT_PACKAGE, 0x70, READOUT_START);
    return hive_writer_finish(writer, options);
}

static struct hive_file *make_system(const struct hive_options *options)
{
    static const struct hive_computer computer = {
        .hostname = "PC1", .domain = "corp.example", .computer_name = "PC1", .control_set = 1};
    struct hive_writer *writer = hive_writer_new();

    hive_writer_set_computer(writer, &computer);
    hive_writer_add_key(writer, "ControlSet002\\Control");
    return hive_writer_finish(writer, options);
}

static size_t make_originals(struct hive_file **originals)
{
    struct hive_options options = {.last_write_filetime = READOUT_START};
    struct hive_options parted = options, plain = options;

    parted.most_per_list = 10;
    plain.form = HIVE_LIST_PLAIN;
    originals[0] = make_software(&options, 5);
    originals[1] = make_software(&options, 200);
    originals[2] = make_software(&parted, 200);
    originals[3] = make_software(&plain, 50);
    originals[4] = make_system(&options);
    return 5;
}
#define ORIGINALS 5
#define PLAIN_LISTS 3 /* without hashes: a changed name cannot be told from another package's */

/* --- changes --- */

struct making {
    uint64_t random;
    struct hive_file file;
    struct text story;
};

static uint32_t below(struct making *making, uint64_t limit)
{
    return (uint32_t)((chance_next(&making->random) >> 16) % limit);
}

/* Where the content of a cell in use begins. */
static size_t choose_cell(struct making *making)
{
    const struct hive_file *file = &making->file;
    uint32_t nth = below(making, 64);
    size_t found = FIRST_BIN + 32 + 4;
    size_t start = FIRST_BIN + 32 + below(making, (file->size_bytes - FIRST_BIN) / 8 - 8) * 8;

    for (size_t at = start; at + 8 < file->size_bytes && nth > 0; at += 8) {
        const uint8_t *letters = file->bytes + at + 4;

        if (memcmp(letters, "nk", 2) != 0 && memcmp(letters, "vk", 2) != 0 && letters[0] != 'l' &&
            memcmp(letters, "ri", 2) != 0)
            continue;
        found = at + 4;
        nth -= nth > 8 ? 8 : nth;
    }
    return found;
}

/* Numbers that stand for much: limits, and the places of cells. */
static uint32_t strange_number(struct making *making)
{
    static const uint32_t strange[] = {0,          1,      2,          8,          0x20,
                                       0x7F,       0xFF,   0x7FFF,     0xFFFF,     0x7FFFFFFF,
                                       0x80000000, 0x1000, 0xFFFFFFFF, 0xFFFFFFF8, 0x80000004};
    uint32_t chosen = below(making, ARRAY_COUNT(strange) + 5);

    return chosen < ARRAY_COUNT(strange)    ? strange[chosen]
           : chosen == ARRAY_COUNT(strange) ? (uint32_t)chance_next(&making->random)
                                            : (uint32_t)(choose_cell(making) - 4 - FIRST_BIN);
}

static void change_number(struct making *making, size_t at, size_t size_bytes)
{
    uint32_t number = strange_number(making);

    if (at + size_bytes > making->file.size_bytes)
        return;
    layout_store(making->file.bytes + at, number, size_bytes);
    text_add_format(&making->story, " %zu:=%" PRIu32, at, number);
}

static void change_bit(struct making *making, size_t at)
{
    uint32_t bit = below(making, 8);

    making->file.bytes[at] ^= (uint8_t)(1u << bit);
    text_add_format(&making->story, " %zu^%" PRIu32, at, bit);
}

static void change(struct making *making)
{
    size_t cell = choose_cell(making), bytes = making->file.size_bytes;

    switch (below(making, 8)) {
    case 0:
        change_number(making, cell - 4, 4); /* its size */
        break;
    case 1:
    case 2:
        change_number(making, cell + below(making, 20) * 4, 4);
        break;
    case 3:
        change_number(making, cell + below(making, 40) * 2, 2);
        break;
    case 4:
        change_bit(making, cell + below(making, 64) < bytes ? cell + below(making, 8) : cell);
        break;
    case 5:
        change_bit(making, below(making, bytes));
        break;
    case 6:
        change_number(making, below(making, bytes / FIRST_BIN) * FIRST_BIN + below(making, 12) * 4,
                      4); /* base block or a bin's header */
        break;
    case 7:
        cell = below(making, bytes / 512) * 512;
        memset(making->file.bytes + cell, 0, 512);
        text_add_format(&making->story, " %zu zeros", cell);
        break;
    }
}

static void make_mutant(const struct hive_file *original, uint64_t seed, uint64_t number,
                        struct making *out)
{
    uint32_t changes;

    *out = (struct making){.random = seed * UINT64_C(0x9E3779B97F4A7C15) + number + 1};
    for (int turn = 0; turn < 8; turn++)
        chance_next(&out->random);
    out->file.size_bytes = original->size_bytes;
    out->file.bytes = memory_allocate(original->size_bytes, 1);
    memcpy(out->file.bytes, original->bytes, original->size_bytes);
    for (changes = 1 + below(out, CHANGES_MOST); changes > 0; changes--)
        change(out);
    if (below(out, 8) != 0)
        hive_file_sign(&out->file);
    if (below(out, 16) == 0) {
        out->file.size_bytes = below(out, (uint32_t)original->size_bytes);
        text_add_format(&out->story, " cut to %zu", out->file.size_bytes);
    }
}

/* A list that is said to be whole has the package, unless its state was changed. */
static bool lacks_package(const char *lines)
{
    return strstr(lines, "|names_update=no|incomplete=\n") != NULL &&
           strstr(lines, "|state=Not Present|") == NULL;
}

static void try_mutant(struct trial_batch *batch, const struct making *making, bool has_hashes)
{
    static char path[] = "mutant";
    struct source source = {
        .path = path, .kind = SOURCE_KIND_REGISTRY, .size_bytes = making->file.size_bytes};
    struct reader_options options = {.window = incident_window};
    int descriptor = readout_make_file(making->file.bytes, making->file.size_bytes);
    struct source_facts facts = {0};
    struct error err = {0};
    struct text lines = {0};
    struct sink sink = findings_sink(&lines);
    int result = reader_read(&hive_reader, &source, descriptor, &options, &sink, &facts, &err);

    if (result == 0)
        batch->statuses[facts.status]++;
    else
        batch->refused++;
    if (result != 0 && (err.kind != ERROR_SOURCE || err.message == NULL))
        snprintf(batch->fault, sizeof(batch->fault), "refused without a reason");
    if (facts.status != SOURCE_STATUS_OK && facts.detail.length_bytes == 0 && result == 0)
        snprintf(batch->fault, sizeof(batch->fault), "not ok without a reason");
    if (has_hashes && lacks_package(text_get(&lines)))
        snprintf(batch->fault, sizeof(batch->fault), "a whole list without the package");
    close(descriptor);
    text_free(&lines);
    error_clear(&err);
    source_facts_free_content(&facts);
}

/* The originals, as what is made of them wants them. */
struct originals {
    struct hive_file *items[ORIGINALS];
    size_t count;
};

static void make_and_try(struct trial_batch *batch, uint64_t seed, const void *context)
{
    const struct originals *originals = context;
    size_t original = batch->number % originals->count;
    struct making making;

    make_mutant(originals->items[original], seed, batch->number, &making);
    snprintf(batch->story, sizeof(batch->story), "original %zu: %.900s", original,
             text_get(&making.story));
    try_mutant(batch, &making, original != PLAIN_LISTS);
    text_free(&making.story);
    free(making.file.bytes);
}

START_TEST(mutants_are_read_to_their_end)
{
    struct originals originals = {0};

    originals.count = make_originals(originals.items);
    ck_assert_uint_eq(trial_in_children(MUTANTS_USUAL, make_and_try, &originals), 0);
    for (size_t index = 0; index < originals.count; index++)
        hive_file_free(originals.items[index]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hive mutants");
    TCase *tests = tcase_create("hive mutants");

    tcase_add_test(tests, mutants_are_read_to_their_end);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
