/* SPDX-License-Identifier: Apache-2.0 */
/* `report` on changed copies of a case: bytes of its pages, and values of its rows. Each is run in
 * a process of its own. Whatever was changed, it ends with a status of its own; the case stays as
 * it is, nothing is made beside it, and where it is refused nothing is written at all. MUTANTS and
 * MUTANT_SEED in the environment say how many and which. */
#include <check.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "chance.h"
#include "fixtures/layout.h"
#include "mutant.h"
#include "reported.h"
#include "run.h"
#include "scratch.h"
#include "trial.h"

#define MUTANTS_USUAL 12u
#define CHANGES_MOST 4u
#define PAGE_BYTES 4096u

struct original {
    char *bytes; /* owned */
    size_t size_bytes;
};

static uint64_t below(uint64_t *chance, uint64_t limit)
{
    return (chance_next(chance) >> 16) % limit;
}

/* ---- Bytes ---- */

/* Near the beginning of a page, where its header and its list of cells are, or anywhere. */
static void change_bytes(const struct original *original, uint8_t *bytes, uint64_t *chance)
{
    static const uint64_t strange[] = {0,      1,          0x0D,       0x05,       0x0A,
                                       0x7F,   0x80,       0xFF,       0x7FFF,     0x8000,
                                       0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, UINT64_MAX};
    size_t page = (size_t)below(chance, original->size_bytes / PAGE_BYTES);
    size_t within = (size_t)below(chance, below(chance, 2) == 0 ? 128 : PAGE_BYTES - 8);
    size_t at = (below(chance, 4) == 0 ? 0 : page * PAGE_BYTES) + within;

    if (below(chance, 2) == 0)
        bytes[at] ^= (uint8_t)(1u << below(chance, 8));
    else
        layout_store(bytes + at, strange[below(chance, ARRAY_COUNT(strange))],
                     (size_t)1 << below(chance, 4));
}

/* ---- Values ---- */

static const char all_columns[] =
    "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_xinfo(t.name) AS c"
    " WHERE t.type = 'table' AND c.hidden = 0 ORDER BY t.name, c.cid";

/* Another value in a column, of some rows: of no type but the column's own, which STRICT tables
 * insist on. */
static char *choose_change(sqlite3 *sqlite, uint64_t *chance)
{
    static const char *const values[] = {
        "-1",
        "0",
        "1",
        "2",
        "9223372036854775807",
        "-9223372036854775808",
        "4294967296",
        "NULL",
        "''",
        "'zzz'",
        "'a' || char(0) || 'b'",
        "CAST(x'ff80c3' AS TEXT)",
        "hex(zeroblob(100000))",
        "'=cmd|x'",
        "'../../x'",
        "char(8238, 10, 27)",
        "'[\"a\", {}]'",
        "'[1e999]'",
        "printf('%.*c', 5000, '[')",
    };
    sqlite3_stmt *statement = NULL;
    char *change = NULL;
    uint64_t count = 0, chosen;

    if (sqlite3_prepare_v2(sqlite, all_columns, -1, &statement, NULL) != SQLITE_OK)
        abort();
    while (sqlite3_step(statement) == SQLITE_ROW)
        count++;
    sqlite3_reset(statement);
    chosen = below(chance, count);
    while (sqlite3_step(statement) == SQLITE_ROW && chosen > 0)
        chosen--;
    change =
        memory_format("UPDATE OR IGNORE %s SET %s = %s WHERE abs(random()) %% %d = 0",
                      sqlite3_column_text(statement, 0), sqlite3_column_text(statement, 1),
                      values[below(chance, ARRAY_COUNT(values))], below(chance, 2) == 0 ? 1 : 5);
    sqlite3_finalize(statement);
    return change;
}

static void change_values(const char *path, uint64_t *chance, char *story, size_t room)
{
    sqlite3 *sqlite = NULL;

    if (sqlite3_open(path, &sqlite) != SQLITE_OK)
        abort();
    for (uint64_t left = 1 + below(chance, CHANGES_MOST); left > 0; left--) {
        char *change = choose_change(sqlite, chance);
        size_t used = strlen(story);

        sqlite3_exec(sqlite, change, NULL, NULL, NULL); /* some are refused: other types */
        snprintf(story + used, room - used, "%s; ", change);
        free(change);
    }
    sqlite3_close(sqlite);
}

/* ---- A mutant ---- */

static void make_mutant(const struct original *original, struct trial_batch *batch,
                        uint64_t *chance)
{
    uint8_t *bytes = memory_allocate(1, original->size_bytes);

    memcpy(bytes, original->bytes, original->size_bytes);
    snprintf(batch->story, sizeof(batch->story), "bytes");
    if (batch->number % 2 == 0)
        for (uint64_t left = 1 + below(chance, CHANGES_MOST); left > 0; left--)
            change_bytes(original, bytes, chance);
    scratch_write("given/case.db", bytes, original->size_bytes);
    free(bytes);
    if (batch->number % 2 == 1) {
        batch->story[0] = '\0';
        change_values("given/case.db", chance, batch->story, sizeof(batch->story));
    }
}

static void try_mutant(struct trial_batch *batch, uint64_t seed, const void *context)
{
    uint64_t chance = (seed + batch->number) * UINT64_C(0x9E3779B97F4A7C15) | 1;
    struct stat before, after;
    char *said = NULL;
    int status;

    if (system("rm -rf given out") != 0 || mkdir("given", 0777) != 0)
        abort();
    make_mutant(context, batch, &chance);
    stat("given/case.db", &before);
    status = REPORTED_STATUS(report_command, &said, (char *)"-o", (char *)"out",
                             (char *)"given/case.db");
    stat("given/case.db", &after);
    if (status < 0)
        snprintf(batch->fault, sizeof(batch->fault), "ended otherwise: %d", status);
    else if (after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
             after.st_mtim.tv_nsec != before.st_mtim.tv_nsec || after.st_size != before.st_size ||
             unlink("given/case.db") != 0 || rmdir("given") != 0)
        snprintf(batch->fault, sizeof(batch->fault), "the given case was not left alone");
    else if (status == EXIT_STATUS_NOTHING_DONE &&
             (scratch_exists("out") || *said == '\0' || strchr(said, '\n') != NULL))
        snprintf(batch->fault, sizeof(batch->fault), "refused, but not as it should: %.900s", said);
    if (status == EXIT_STATUS_NOTHING_DONE)
        batch->refused++;
    else if (status > 0)
        batch->statuses[SOURCE_STATUS_DAMAGED]++;
    else
        batch->statuses[SOURCE_STATUS_OK]++;
    free(said);
}

START_TEST(changed_cases_come_to_an_end)
{
    struct original original = {0};
    struct stat status;

    reported_make_case("sound");
    ck_assert_int_eq(stat("sound/case.db", &status), 0);
    original.bytes = scratch_read("sound/case.db");
    original.size_bytes = (size_t)status.st_size;
    ck_assert_uint_eq(trial_in_children(MUTANTS_USUAL, try_mutant, &original), 0);
    free(original.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("case mutants");
    TCase *tests = tcase_create("case mutants");

    tcase_add_checked_fixture(tests, scratch_begin, scratch_end);
    tcase_add_test(tests, changed_cases_come_to_an_end);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
